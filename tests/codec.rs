//! The vectors through every driver.

mod oracle;
mod vectors;

use core::fmt::Write as _;

use ivs_chat_proto::publish::{DeleteMessage, Publish};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{ChatLogEntry, DecodeErrorKind};
use oracle::spelling::{self, Object, Random, SPACES, UNKNOWN_KEYS, VALUES, spaced, tokens};
use oracle::{Payload, agrees_with_model, model};
use vectors::Vector;

/// Calls `test` with each vector, and says which one it was that failed.
fn each<P: Payload>(vectors: &[Vector<P>], test: impl Fn(&Vector<P>)) {
    for vector in vectors {
        let result = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| test(vector)));
        assert!(result.is_ok(), "{}: {}", vector.name, String::from_utf8_lossy(&vector.wire));
    }
}

fn each_good<P: Payload>(vectors: &[Vector<P>], test: impl Fn(&Vector<P>, P)) {
    each(vectors, |vector| {
        if let Ok(payload) = vector.value {
            test(vector, payload);
        }
    });
}

fn verdict<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| match (P::decode(&vector.wire), vector.value) {
        (Ok(found), Ok(expected)) => {
            assert!(expected.equals(&found), "{found:?} is not {expected:?}");
        }
        (Err(found), Err(expected)) => assert_eq!((found.kind(), found.offset()), expected),
        (found, expected) => panic!("{found:?} is not {expected:?}"),
    });
}

fn encoded<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, _| {
        let decoded = P::decode(&vector.wire).expect("a payload");
        assert_eq!(decoded.encode_to_string().as_bytes(), vector.encoded());
    });
}

fn laws<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| oracle::any_bytes::<P>(&vector.wire));
    each_good(vectors, |_, built| {
        built.read();
        oracle::encodes(&built);
    });
}

fn prefixes<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, _| oracle::prefixes::<P>(&vector.wire));
}

fn trailing<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, _| {
        for byte in 0..=u8::MAX {
            let wire = [vector.wire.as_slice(), &[byte]].concat();
            match P::decode(&wire) {
                Ok(_) => assert!(b" \t\r\n".contains(&byte)),
                Err(error) => {
                    assert_eq!(
                        (error.kind(), error.offset()),
                        (DecodeErrorKind::TrailingBytes, vector.wire.len())
                    );
                }
            }
        }
    });
}

fn small_buffers<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |_, built| {
        let length = built.encoded_len();
        let mut buffer = vec![0; length];
        for size in 0..length {
            assert_eq!(built.encode(&mut buffer[..size]).unwrap_err().needed(), length);
        }
    });
}

/// A payload in another spelling says the same, and is encoded as `encoded`, if that is given.
fn same<P: Payload>(wire: &[u8], expected: &P, encoded: Option<&[u8]>) {
    let wire = core::str::from_utf8(wire).expect("text");
    match P::decode_str(wire) {
        Ok(found) => {
            assert!(expected.equals(&found), "{found:?} is not {expected:?}: {wire}");
            if let Some(encoded) = encoded {
                assert_eq!(found.encode_to_string().as_bytes(), encoded, "{wire}");
            }
        }
        Err(error) => panic!("{error}: {wire}"),
    }
}

/// Another spelling of a vector: the same values, or the error that the reference decoder finds.
fn same_or_model<P: Payload>(vector: &Vector<P>, wire: &[u8]) {
    match vector.value {
        Ok(expected) => same(wire, &expected, Some(vector.encoded())),
        Err(_) => drop(agrees_with_model::<P>(wire)),
    }
}

fn model_verdict<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| match (P::model(&vector.wire), vector.value) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected.says()),
        (Err(found), Err(expected)) => assert_eq!(found, expected),
        (found, expected) => panic!("{found:?} is not {expected:?}"),
    });
}

/// Calls `test` with every order of the items behind the first `fixed`.
fn permutations<T>(items: &mut [T], fixed: usize, test: &mut impl FnMut(&[T])) {
    if fixed == items.len() {
        return test(items);
    }
    for place in fixed..items.len() {
        items.swap(fixed, place);
        permutations(items, fixed + 1, test);
        items.swap(fixed, place);
    }
}

/// Calls `test` with every order of up to `max_items` items,
/// or with `count` random orders of more.
fn orders<T: Clone>(items: &[T], max_items: usize, count: usize, mut test: impl FnMut(&[T])) {
    let mut items = items.to_vec();
    if items.len() <= max_items {
        return permutations(&mut items, 0, &mut test);
    }
    let mut random = Random(11);
    for _ in 0..count {
        random.shuffle(&mut items);
        test(&items);
    }
}

/// Members in every order. Seven, as a message has, have 5040 orders.
fn order<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| {
        let Some(object) = Object::split(&vector.wire) else { return };
        let max_items = if vector.value.is_ok() { 7 } else { 4 };
        orders(&object.members, max_items, 50, |members| {
            same_or_model(vector, &object.with(members));
        });
    });
}

/// The members of a sender in every order, an unknown one among them, for some orders of the rest.
fn sender_order<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| {
        let Some(mut object) = Object::split(&vector.wire) else { return };
        for (turn, key) in UNKNOWN_KEYS.iter().enumerate().take(object.members.len()) {
            object.members.rotate_left(1);
            let Some((place, mut sender)) = object.sender() else { return };
            sender.members.push(format!("{key}:{}", VALUES[VALUES.len() - 1 - turn]).into());
            orders(&sender.members, 4, 24, |members| {
                same_or_model(vector, &object.with_value(place, &sender.with(members)));
            });
        }
    });
}

/// Every white space in all gaps at once, and in each gap alone.
fn white_space<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| {
        let check = |wire: &[u8]| match vector.value {
            // What is encoded again has the white space that was among the attributes.
            Ok(expected) => same(wire, &expected, None),
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

/// What other definitions of white space allow, in each gap alone, also after and among the white
/// space of JSON.
fn no_white_space<P: Payload>(vectors: &[Vector<P>]) {
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
    each_good(vectors, |vector, _| {
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

/// Values of every type under unknown keys, in every place of the object and of the sender.
fn unknown_members<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| {
        let mut keys = UNKNOWN_KEYS.iter().cycle();
        in_every_place(vector, |check| {
            for value in VALUES {
                let key = keys.next().expect("a cycle");
                check(&[&format!("{key}:{value}")]);
            }
        });
    });
}

/// Calls `members` with what checks a vector with more members, in each place of its object.
fn in_every_place<P: Payload>(
    vector: &Vector<P>,
    mut members: impl FnMut(&mut dyn FnMut(&[&str])),
) {
    let Some(object) = Object::split(&vector.wire) else { return };
    for place in 0..=object.members.len() {
        members(&mut |more| {
            let more: Vec<_> = more.iter().map(|member| (place, *member)).collect();
            same_or_model(vector, &object.with_members(&more));
        });
    }
    let Some((sender_place, sender)) = object.sender() else { return };
    for place in 0..=sender.members.len() {
        members(&mut |more| {
            let more: Vec<_> = more.iter().map(|member| (place, *member)).collect();
            let sender = sender.with_members(&more);
            same_or_model(vector, &object.with_value(sender_place, &sender));
        });
    }
}

/// Members that only other payloads have, of every type, once and twice, in every place.
fn foreign_members<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, payload| {
        let object = Object::split(&vector.wire).expect("an object");
        let keys = model::foreign_to(&payload.says().name);
        let check = |wire: &[u8]| same(wire, &payload, Some(vector.encoded()));
        in_every_place_foreign(&object, &keys, check);
        let Some((place, sender)) = object.sender() else { return };
        in_every_place_foreign(&sender, &model::foreign_to_sender(), |sender| {
            check(&object.with_value(place, sender));
        });
    });
}

fn in_every_place_foreign(object: &Object, keys: &[&str], check: impl Fn(&[u8])) {
    let places = object.members.len() + 1;
    for place in 0..places {
        for (turn, value) in VALUES.iter().enumerate() {
            for (offset, key) in keys.iter().enumerate() {
                let member = format!("\"{key}\":{value}");
                let other = format!("\"{key}\":{}", VALUES[(turn + offset) % VALUES.len()]);
                match turn % 3 {
                    0 => check(&object.with_members(&[(place, &member)])),
                    1 => check(&object.with_members(&[(place, &member), (place, &other)])),
                    _ => {
                        let far = (place + offset) % places;
                        check(&object.with_members(&[(place, &member), (far, &other)]));
                    }
                }
            }
        }
    }
}

/// Every member with a value of every type, its payload named before it and after it.
fn mistyped<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, _| {
        let mut object = Object::split(&vector.wire).expect("an object");
        for _ in 0..2 {
            for value in VALUES {
                with_each_value(&object, value.as_bytes(), |wire| {
                    let _ = agrees_with_model::<P>(wire);
                });
            }
            object.members.reverse();
        }
    });
}

/// Every member twice, the second one in every place, with the same value and with others.
fn duplicated<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, _| {
        let mut object = Object::split(&vector.wire).expect("an object");
        let mut values = VALUES.iter().cycle();
        for _ in 0..2 {
            for member in object.members.clone() {
                let member = core::str::from_utf8(&member).expect("text");
                let (key, _) = spelling::split_member(member.as_bytes()).expect("a member");
                let key = core::str::from_utf8(key).expect("text");
                for place in 0..=object.members.len() {
                    let _ = agrees_with_model::<P>(&object.with_members(&[(place, member)]));
                    for value in values.by_ref().take(5) {
                        let other = format!("{key}:{value}");
                        let _ = agrees_with_model::<P>(&object.with_members(&[(place, &other)]));
                    }
                }
            }
            object.members.reverse();
        }
    });
}

/// Keys in another letter case, instead of a member and in addition to it. Only publishes know
/// them.
fn letter_case<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| {
        let Some(object) = Object::split(&vector.wire) else { return };
        for (place, member) in object.members.iter().enumerate() {
            let Some((key, value)) = spelling::split_member(member) else { continue };
            let swapped = key.iter().map(|byte| byte ^ (u8::from(byte.is_ascii_alphabetic()) << 5));
            for key in [key.to_ascii_lowercase(), key.to_ascii_uppercase(), swapped.collect()] {
                let mut members = object.members.clone();
                members[place] = [&key, &b":"[..], value].concat();
                let _ = agrees_with_model::<P>(&object.with(&members));
                members.insert(place, member.clone());
                let _ = agrees_with_model::<P>(&object.with(&members));
                members.swap(place, place + 1);
                let _ = agrees_with_model::<P>(&object.with(&members));
            }
        }
    });
}

/// Texts of every length up to 70, plain and with something else in a random place. In the first
/// vector, which is written as usual, it is in every place of the texts up to 40 bytes.
fn lengths<P: Payload>(vectors: &[Vector<P>]) {
    const SPECIAL: &[&str] = &[
        "\\\"",
        "\\\\",
        "\\u0041",
        "\\ud83d\\ude00",
        "é",
        "🏳",
        "\u{7f}",
        "\n",
        "\"",
        "\\",
        "\\x",
        "\\ud83d",
    ];
    let mut random = Random(3);
    for (number, vector) in vectors.iter().filter(|vector| vector.value.is_ok()).enumerate() {
        let object = Object::split(&vector.wire).expect("an object");
        let check = |before: usize, special: &str, after: usize| {
            let text = format!("\"{}{special}{}\"", "x".repeat(before), "x".repeat(after));
            let attributes = format!("{{\"a\":{text},{text}:\"b\"}}");
            for value in [text, attributes] {
                with_each_value(&object, value.as_bytes(), |wire| {
                    let _ = agrees_with_model::<P>(wire);
                });
            }
        };
        for length in 0..=70 {
            check(length, "", 0);
            let before = random.below(length + 1);
            check(before, random.pick(SPECIAL), length - before);
            for special in ["\"", "\n", "\\n"].into_iter().filter(|_| number == 0 && length <= 40) {
                for before in 0..=length.saturating_sub(special.len()) {
                    check(before, special, length.saturating_sub(before + special.len()));
                }
            }
        }
    }
}

/// Calls `test` with the value in place of each member's, and of each of the sender's.
fn with_each_value(object: &Object, value: &[u8], test: impl Fn(&[u8])) {
    for place in 0..object.members.len() {
        test(&object.with_value(place, value));
    }
    let Some((sender_place, sender)) = object.sender() else { return };
    for place in 0..sender.members.len() {
        test(&object.with_value(sender_place, &sender.with_value(place, value)));
    }
}

/// Makes one random change to an object, such as a member lost, cut, mistyped or duplicated.
fn damage(object: &mut Object, random: &mut Random) {
    let place = random.below(object.members.len() + 1);
    let Some(member) = object.members.get(place).cloned() else {
        let foreign = model::foreign_to("");
        let member = format!("\"{}\":{}", random.pick(&foreign), random.pick(VALUES));
        return object.members.insert(random.below(place + 1), member.into());
    };
    let key = spelling::split_member(&member).map_or(&b"0"[..], |(key, _)| key);
    let other = [key, b":", random.pick(VALUES).as_bytes()].concat();
    match random.below(6) {
        0 => drop(object.members.remove(place)),
        1 => object.members[place] = other,
        2 => object.members.insert(random.below(place + 1), other),
        3 => object.members.insert(random.below(place + 1), member),
        4 => object.members[place] = member[..random.below(member.len() + 1)].into(),
        _ => {
            let byte = member.get(random.below(member.len() + 1)).copied().unwrap_or(b',');
            object.members[place].insert(random.below(member.len() + 1), byte);
        }
    }
}

/// Payloads with up to three random changes, in random order, cut short and with white space.
fn damaged<P: Payload>(vectors: &[Vector<P>]) {
    damaged_times(vectors, 200);
}

/// Returns the number of payloads.
fn damaged_times<P: Payload>(vectors: &[Vector<P>], times: usize) -> usize {
    let mut random = Random(7);
    let mut count = 0;
    for vector in vectors.iter().filter(|vector| vector.value.is_ok()) {
        for _ in 0..times {
            let mut object = Object::split(&vector.wire).expect("an object");
            if let Some((place, mut sender)) = object.sender().filter(|_| random.below(3) == 0) {
                damage(&mut sender, &mut random);
                random.shuffle(&mut sender.members);
                object =
                    Object::split(&object.with_value(place, &sender.join())).expect("an object");
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

/// Prefixes of every vector in another spelling.
fn cut_short<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| {
        let Some(wire) = spelling::other(&vector.wire) else { return };
        for length in (0..wire.len()).step_by(wire.len() / 500 + 1) {
            let _ = agrees_with_model::<P>(&wire[..length]);
        }
    });
}

/// Keys with their first letter escaped, and with all letters escaped.
fn escaped_keys<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, expected| {
        for count in [1, usize::MAX] {
            let mut object = Object::split(&vector.wire).expect("an object");
            for member in &mut object.members {
                let (key, value) = spelling::split_member(member).expect("a member");
                let key = core::str::from_utf8(key).expect("text").trim_matches('"');
                if key.contains('\\') {
                    continue;
                }
                let mut escaped = String::new();
                for (place, character) in key.char_indices() {
                    match u16::try_from(u32::from(character)) {
                        Ok(unit) if place < count => {
                            write!(escaped, "\\u{unit:04X}").expect("room");
                        }
                        _ => escaped.push(character),
                    }
                }
                *member = [b"\"", escaped.as_bytes(), b"\":", value].concat();
            }
            same(&object.join(), &expected, Some(vector.encoded()));
        }
    });
}

/// Payloads with `§` wherever a value can be that contains others, known or not, wanted or not.
const NESTED: &[&str] = &[
    r#"{"x":§,"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Type":"ERROR","x":§,"ErrorCode":400}"#,
    r#"{"Content":§,"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Attributes":§,"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Attributes":{"a":§},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Attributes":{"a":"b","c":§,"d":"e"},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Sender":§,"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Sender":{"x":§},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Sender":{"UserId":§},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Sender":{"Attributes":{"a":§}},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Type":"ERROR","Sender":{"Attributes":{"a":§}},"ErrorCode":400}"#,
    r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t","Sender":{"UserId":"u","x":§}}"#,
    r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t","Sender":{"x":§,"UserId":"u"}}"#,
    r#"{"Sender":{"x":§,"UserId":"u"},"Id":"i","Content":"c","SendTime":"t","Type":"MESSAGE"}"#,
    r#"{"Type":"LATER","x":§}"#,
    r#"{"x":§,"Type":"LATER"}"#,
    r#"{"Action":"DELETE_MESSAGE","Id":"i","x":§}"#,
    r#"{"Content":§,"Action":"DELETE_MESSAGE","Id":"i"}"#,
    r#"{"Attributes":{"a":§},"Action":"DELETE_MESSAGE","Id":"i"}"#,
];

/// 127 arrays and objects may be open at once, counted from the outermost object of the input.
#[test]
fn levels() {
    let mut are_good = [0, 0];
    for template in NESTED {
        let (before, _) = template.split_once('§').expect("a place");
        let outside = before.matches('{').count() - before.matches('}').count();
        for total in [outside + 1, 125, 126, 127, 128, 129] {
            for envelope in [0, 1] {
                let count = total - outside - envelope.min(total - outside);
                for (open, inside, close) in
                    [("[", "", "]"), (r#"{"":"#, "{}", "}"), (r#"[{"x":["#, "{}", "]}]")]
                {
                    let unit = open.matches(['[', '{']).count();
                    let value =
                        [open.repeat(count / unit), "[".repeat(count % unit), inside.into()]
                            .concat();
                    let value =
                        [value, "]".repeat(count % unit), close.repeat(count / unit)].concat();
                    let wire = template.replace('§', &value);
                    let verdict = match envelope {
                        0 if wire.contains("Action") => {
                            agrees_with_model::<Publish<'_>>(wire.as_bytes())
                        }
                        0 => agrees_with_model::<Subscribe<'_>>(wire.as_bytes()),
                        _ => {
                            for line in [
                                format!(r#"{{"payload":{wire}}}"#),
                                format!(r#"{{"x":{value},"payload":{{"Type":"LATER"}}}}"#),
                            ] {
                                let _ = agrees_with_model::<ChatLogEntry<'_>>(line.as_bytes());
                            }
                            continue;
                        }
                    };
                    let levels = total + inside.len() / 2;
                    let is_too_deep = matches!(verdict, Err((DecodeErrorKind::NestedTooDeep, _)));
                    assert_eq!(is_too_deep, levels > 127, "{wire}");
                    are_good[usize::from(verdict.is_ok())] += 1;
                }
            }
        }
    }
    assert!(are_good.iter().all(|count| *count > 50), "{are_good:?}");
}

/// Texts that are all escapes, or nearly, are encoded in exactly the room that they need, and in
/// any that is larger.
#[test]
fn escapes_in_every_room() {
    for special in ["\u{1}", "\"", "\n\u{1f}", "a\u{1}", "\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}a"] {
        for count in 1..=60 {
            let text: String = special.chars().cycle().take(count).collect();
            let message = DeleteMessage::new(text.as_str().into());
            let expected = serde_json::to_string(&text).expect("JSON");
            let expected = format!(r#"{{"Action":"DELETE_MESSAGE","Id":{expected}}}"#);
            let mut buffer = vec![0; expected.len() + 130];
            for room in 0..=130 {
                let encoded = message.encode(&mut buffer[..expected.len() + room]);
                assert_eq!(encoded, Ok(expected.as_bytes()), "{text:?}, {room}");
            }
        }
    }
}

/// Whatever `serde_json` refuses to read at all is refused here as well.
fn as_strict_as_serde_json<P: Payload>(vectors: &[Vector<P>]) {
    each(vectors, |vector| match serde_json::from_slice::<serde_json::Value>(&vector.wire) {
        Ok(_) => {}
        Err(_) => assert!(P::decode(&vector.wire).is_err()),
    });
}

macro_rules! drivers {
    ($($driver:ident)*) => {
        mod subscribe {
            $(
                #[test]
                fn $driver() {
                    super::$driver(&super::vectors::subscribe());
                }
            )*
        }

        mod publish {
            $(
                #[test]
                fn $driver() {
                    super::$driver(&super::vectors::publish());
                }
            )*
        }
    };
}

drivers! {
    verdict model_verdict encoded laws prefixes trailing small_buffers as_strict_as_serde_json
    order sender_order white_space no_white_space unknown_members foreign_members escaped_keys
    letter_case lengths mistyped duplicated damaged cut_short
}

#[cfg(all(feature = "alloc", feature = "serde"))]
#[test]
fn serde_json_agrees() {
    each(&vectors::subscribe(), |vector| oracle::differential::any_bytes(&vector.wire));
    each(&vectors::publish(), |vector| oracle::differential::any_bytes(&vector.wire));
}

#[test]
fn the_table_has_no_name_twice() {
    for names in [
        vectors::subscribe().iter().map(|vector| vector.name).collect::<Vec<_>>(),
        vectors::publish().iter().map(|vector| vector.name).collect(),
    ] {
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
    }
}

#[test]
#[ignore = "millions of payloads: for the release mode"]
fn damaged_millions_of_times() {
    println!("{} subscribes", damaged_times(&vectors::subscribe(), 100_000));
    println!("{} publishes", damaged_times(&vectors::publish(), 100_000));
}
