//! Mutations of members: mistyped, duplicated, removed, damaged and truncated ones. The decoder
//! must give the result of the reference decoder.

use crate::oracle::spelling::{self, Object, Random, SPACES, VALUES, spaced};
use crate::oracle::{Payload, agrees_with_model, model};
use crate::vectors::{self, Vector};
use crate::{for_each, for_each_replaced_value, for_each_valid};

test_both_tables! {
    agrees_with_the_model_on_mistyped_members
    agrees_with_the_model_on_duplicate_members
    agrees_with_the_model_on_damaged_members
    agrees_with_the_model_on_truncated_spellings
}

/// Gives every member a value of every type, with the name of the payload before it and after it.
fn agrees_with_the_model_on_mistyped_members<P: Payload>(vectors: &[Vector<P>]) {
    for_each_valid(vectors, |vector, _| {
        let mut object = Object::split(&vector.wire).expect("an object");
        for _ in 0..2 {
            for value in VALUES {
                for_each_replaced_value(&object, value.as_bytes(), |wire| {
                    let _ = agrees_with_model::<P>(wire);
                });
            }
            object.members.reverse();
        }
    });
}

/// Duplicates every member at every position, with the same value and with others.
fn agrees_with_the_model_on_duplicate_members<P: Payload>(vectors: &[Vector<P>]) {
    for_each_valid(vectors, |vector, _| {
        let mut object = Object::split(&vector.wire).expect("an object");
        let mut values = VALUES.iter().cycle();
        for _ in 0..2 {
            for member in object.members.clone() {
                let member = core::str::from_utf8(&member).expect("text");
                let (key, _) = spelling::split_member(member.as_bytes()).expect("a member");
                let key = core::str::from_utf8(key).expect("text");
                for position in 0..=object.members.len() {
                    let _ = agrees_with_model::<P>(&object.with_members(&[(position, member)]));
                    for value in values.by_ref().take(5) {
                        let other = format!("{key}:{value}");
                        let _ = agrees_with_model::<P>(&object.with_members(&[(position, &other)]));
                    }
                }
            }
            object.members.reverse();
        }
    });
}

/// Tries payloads with up to three random changes, in random order, truncated and with white space.
fn agrees_with_the_model_on_damaged_members<P: Payload>(vectors: &[Vector<P>]) {
    check_damaged(vectors, 200);
}

/// Tries `times` damaged payloads for each valid vector. Returns the number of payloads.
fn check_damaged<P: Payload>(vectors: &[Vector<P>], times: usize) -> usize {
    let mut random = Random(7);
    let mut count = 0;
    for vector in vectors.iter().filter(|vector| vector.value.is_ok()) {
        for _ in 0..times {
            let mut object = Object::split(&vector.wire).expect("an object");
            if let Some((index, mut sender)) = object.sender().filter(|_| random.below(3) == 0) {
                damage(&mut sender, &mut random);
                random.shuffle(&mut sender.members);
                object =
                    Object::split(&object.with_value(index, &sender.join())).expect("an object");
            }
            for _ in 0..random.below(3) {
                damage(&mut object, &mut random);
            }
            random.shuffle(&mut object.members);
            let wire = object.join();
            let cut = &wire[..random.below(wire.len() + 1)];
            for wire in [&wire, cut, &spaced(&wire, || random.pick(SPACES))] {
                let _ = agrees_with_model::<P>(wire);
                count += 1;
            }
        }
    }
    count
}

/// Makes one random change to an object. The change removes, replaces, duplicates, truncates or
/// corrupts a member, or inserts a new one.
fn damage(object: &mut Object, random: &mut Random) {
    let index = random.below(object.members.len() + 1);
    let Some(member) = object.members.get(index).cloned() else {
        let foreign = model::foreign_to("");
        let member = format!("\"{}\":{}", random.pick(&foreign), random.pick(VALUES));
        return object.members.insert(random.below(index + 1), member.into());
    };
    let key = spelling::split_member(&member).map_or(&b"0"[..], |(key, _)| key);
    let other = [key, b":", random.pick(VALUES).as_bytes()].concat();
    match random.below(6) {
        0 => drop(object.members.remove(index)),
        1 => object.members[index] = other,
        2 => object.members.insert(random.below(index + 1), other),
        3 => object.members.insert(random.below(index + 1), member),
        4 => object.members[index] = member[..random.below(member.len() + 1)].into(),
        _ => {
            let byte = member.get(random.below(member.len() + 1)).copied().unwrap_or(b',');
            object.members[index].insert(random.below(member.len() + 1), byte);
        }
    }
}

/// Tries prefixes of another spelling of every vector.
fn agrees_with_the_model_on_truncated_spellings<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| {
        let Some(wire) = spelling::respelled(&vector.wire) else { return };
        for length in (0..wire.len()).step_by(wire.len() / 500 + 1) {
            let _ = agrees_with_model::<P>(&wire[..length]);
        }
    });
}

#[test]
#[ignore = "millions of payloads; run in release mode"]
fn agrees_with_the_model_on_millions_of_damaged_payloads() {
    println!("{} payloads of the service", check_damaged(&vectors::subscribe(), 100_000));
    println!("{} payloads of clients", check_damaged(&vectors::publish(), 100_000));
}
