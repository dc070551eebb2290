//! Other spellings of the vectors decode to the same value.
//!
//! A respelled invalid vector must give the error of the reference decoder.

use core::fmt::Write as _;

use crate::oracle::spelling::{self, Object, Random, SPACES, UNKNOWN_KEYS, VALUES, spaced, tokens};
use crate::oracle::{Payload, agrees_with_model, model};
use crate::vectors::Vector;
use crate::{check_value, for_each, for_each_valid};

test_both_tables! {
    accepts_members_in_any_order
    accepts_sender_members_in_any_order
    accepts_json_white_space_in_every_gap
    rejects_other_white_space_in_every_gap
    ignores_unknown_members
    ignores_members_of_other_payloads
    accepts_escaped_keys
    agrees_with_the_model_on_letter_case
}

/// Checks another spelling of a vector: it has the same value, or the error of the reference
/// decoder.
fn check_respelled<P: Payload>(vector: &Vector<P>, wire: &[u8]) {
    match vector.value {
        Ok(expected) => check_value(wire, &expected, Some(vector.encoded())),
        Err(_) => drop(agrees_with_model::<P>(wire)),
    }
}

/// Calls `test` with every order of the items from index `fixed` on.
fn for_each_permutation<T>(items: &mut [T], fixed: usize, test: &mut impl FnMut(&[T])) {
    if fixed == items.len() {
        return test(items);
    }
    for index in fixed..items.len() {
        items.swap(fixed, index);
        for_each_permutation(items, fixed + 1, test);
        items.swap(fixed, index);
    }
}

/// Calls `test` with every order of up to `max_items` items, or with `count` random orders of more.
fn for_each_order<T: Clone>(
    items: &[T],
    max_items: usize,
    count: usize,
    mut test: impl FnMut(&[T]),
) {
    let mut items = items.to_vec();
    if items.len() <= max_items {
        return for_each_permutation(&mut items, 0, &mut test);
    }
    let mut random = Random(11);
    for _ in 0..count {
        random.shuffle(&mut items);
        test(&items);
    }
}

/// The seven members of a message have 5040 orders.
fn accepts_members_in_any_order<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| {
        let Some(object) = Object::split(&vector.wire) else { return };
        let max_items = if vector.value.is_ok() { 7 } else { 4 };
        for_each_order(&object.members, max_items, 50, |members| {
            check_respelled(vector, &object.with(members));
        });
    });
}

/// Tries the members of a sender, with an unknown one, in every order, for some orders of the other
/// members.
fn accepts_sender_members_in_any_order<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| {
        let Some(mut object) = Object::split(&vector.wire) else { return };
        for (turn, key) in UNKNOWN_KEYS.iter().enumerate().take(object.members.len()) {
            object.members.rotate_left(1);
            let Some((index, mut sender)) = object.sender() else { return };
            sender.members.push(format!("{key}:{}", VALUES[VALUES.len() - 1 - turn]).into());
            for_each_order(&sender.members, 4, 24, |members| {
                check_respelled(vector, &object.with_value(index, &sender.with(members)));
            });
        }
    });
}

/// Tries each kind of white space in all gaps at once, and in each gap alone.
fn accepts_json_white_space_in_every_gap<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| {
        let check = |wire: &[u8]| match vector.value {
            // The encoding keeps white space inside the attributes, so it is not compared.
            Ok(expected) => check_value(wire, &expected, None),
            Err(_) => drop(agrees_with_model::<P>(wire)),
        };
        let tokens = tokens(&vector.wire);
        let gaps = tokens.len();
        for space in SPACES {
            check(&spaced(&vector.wire, || space));
            for gap in (0..=gaps).step_by(gaps / 100 + 1) {
                let (before, after) = tokens.split_at(gap);
                check(&[before.concat().as_slice(), space.as_bytes(), &after.concat()].concat());
            }
        }
    });
}

/// Tries characters that other definitions count as white space in each gap alone, also after and
/// between JSON white space.
fn rejects_other_white_space_in_every_gap<P: Payload>(vectors: &[Vector<P>]) {
    const PIECES: &[&str] = &[
        "\u{c}",
        " \u{c}",
        "  \u{c}",
        "  \u{c} ",
        "  \u{b}",
        "  \u{85}",
        "  \u{a0}",
        "  \u{2028}",
        "  \u{feff}",
    ];
    let nested = r#""x":[{"a":[1,"b"],"c":{"d":null}},[]]"#;
    for_each_valid(vectors, |vector, _| {
        let object = Object::split(&vector.wire).expect("an object");
        let wire = object.with_members(&[(object.members.len() / 2, nested)]);
        let tokens = tokens(&wire);
        let gaps = tokens.len();
        for piece in PIECES {
            for gap in (0..=gaps).step_by(gaps / 100 + 1) {
                let (before, after) = tokens.split_at(gap);
                let wire = [before.concat().as_slice(), piece.as_bytes(), &after.concat()].concat();
                assert!(agrees_with_model::<P>(&wire).is_err());
            }
        }
    });
}

/// Inserts values of every type under unknown keys, at every position of the object and the sender.
fn ignores_unknown_members<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| {
        let mut keys = UNKNOWN_KEYS.iter().cycle();
        at_every_position(vector, |check| {
            for value in VALUES {
                let key = keys.next().expect("a cycle");
                check(&[&format!("{key}:{value}")]);
            }
        });
    });
}

/// Calls `test` for each position in the object and its sender, with a function that inserts
/// members there and checks the result.
fn at_every_position<P: Payload>(
    vector: &Vector<P>,
    mut test: impl FnMut(&mut dyn FnMut(&[&str])),
) {
    let Some(object) = Object::split(&vector.wire) else { return };
    for position in 0..=object.members.len() {
        test(&mut |more| {
            let more: Vec<_> = more.iter().map(|member| (position, *member)).collect();
            check_respelled(vector, &object.with_members(&more));
        });
    }
    let Some((sender_index, sender)) = object.sender() else { return };
    for position in 0..=sender.members.len() {
        test(&mut |more| {
            let more: Vec<_> = more.iter().map(|member| (position, *member)).collect();
            let sender = sender.with_members(&more);
            check_respelled(vector, &object.with_value(sender_index, &sender));
        });
    }
}

/// Inserts members that only other payloads have, with values of every type, once and twice, at
/// every position.
fn ignores_members_of_other_payloads<P: Payload>(vectors: &[Vector<P>]) {
    for_each_valid(vectors, |vector, payload| {
        let object = Object::split(&vector.wire).expect("an object");
        let keys = model::foreign_to(&payload.to_decoded().name);
        let check = |wire: &[u8]| check_value(wire, &payload, Some(vector.encoded()));
        with_foreign_members(&object, &keys, check);
        let Some((index, sender)) = object.sender() else { return };
        with_foreign_members(&sender, &model::foreign_to_sender(), |sender| {
            check(&object.with_value(index, sender));
        });
    });
}

/// Calls `check` with the object and one or two foreign members at every position.
fn with_foreign_members(object: &Object, keys: &[&str], check: impl Fn(&[u8])) {
    let positions = object.members.len() + 1;
    for position in 0..positions {
        for (turn, value) in VALUES.iter().enumerate() {
            for (offset, key) in keys.iter().enumerate() {
                let member = format!("\"{key}\":{value}");
                let other = format!("\"{key}\":{}", VALUES[(turn + offset) % VALUES.len()]);
                match turn % 3 {
                    0 => check(&object.with_members(&[(position, &member)])),
                    1 => check(&object.with_members(&[(position, &member), (position, &other)])),
                    _ => {
                        let far = (position + offset) % positions;
                        check(&object.with_members(&[(position, &member), (far, &other)]));
                    }
                }
            }
        }
    }
}

/// Escapes the first letter, and then all letters, of every key.
fn accepts_escaped_keys<P: Payload>(vectors: &[Vector<P>]) {
    for_each_valid(vectors, |vector, expected| {
        for count in [1, usize::MAX] {
            let mut object = Object::split(&vector.wire).expect("an object");
            for member in &mut object.members {
                let (key, value) = spelling::split_member(member).expect("a member");
                let key = core::str::from_utf8(key).expect("text").trim_matches('"');
                if key.contains('\\') {
                    continue;
                }
                let mut escaped = String::new();
                for (index, character) in key.char_indices() {
                    match u16::try_from(u32::from(character)) {
                        Ok(unit) if index < count => {
                            write!(escaped, "\\u{unit:04X}").expect("room");
                        }
                        _ => escaped.push(character),
                    }
                }
                *member = [b"\"", escaped.as_bytes(), b"\":", value].concat();
            }
            check_value(&object.join(), &expected, Some(vector.encoded()));
        }
    });
}

/// Changes the letter case of a key, in place of the member and in addition to it. Only `Publish`
/// accepts such keys.
fn agrees_with_the_model_on_letter_case<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| {
        let Some(object) = Object::split(&vector.wire) else { return };
        for (index, member) in object.members.iter().enumerate() {
            let Some((key, value)) = spelling::split_member(member) else { continue };
            let swapped = key.iter().map(|byte| byte ^ (u8::from(byte.is_ascii_alphabetic()) << 5));
            for key in [key.to_ascii_lowercase(), key.to_ascii_uppercase(), swapped.collect()] {
                let mut members = object.members.clone();
                members[index] = [&key, &b":"[..], value].concat();
                let _ = agrees_with_model::<P>(&object.with(&members));
                members.insert(index, member.clone());
                let _ = agrees_with_model::<P>(&object.with(&members));
                members.swap(index, index + 1);
                let _ = agrees_with_model::<P>(&object.with(&members));
            }
        }
    });
}
