//! The vectors through every driver.

mod oracle;
mod vectors;

use ivs_chat_proto::DecodeErrorKind;
use oracle::Payload;
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
        (Ok(found), Ok(expected)) => assert!(expected.equals(&found), "{found:?} is not {expected:?}"),
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
                    assert_eq!((error.kind(), error.offset()), (DecodeErrorKind::TrailingBytes, vector.wire.len()));
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

/// The pieces of a JSON text: strings with their quotes, structural characters, and whatever else stands together.
fn tokens(json: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let mut escaped = false;
                let is_end = |(_, c): &(usize, char)| {
                    let ends = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    ends
                };
                rest.char_indices().skip(1).find(is_end).expect("a closing quote").0 + 1
            }
            '{' | '}' | '[' | ']' | ':' | ',' => 1,
            _ => rest.find(['"', '{', '}', '[', ']', ':', ',']).expect("an end"),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// The members of an object, as they stand.
fn members(object: &str) -> Vec<String> {
    let tokens = tokens(object);
    let mut depth = 0;
    let mut members = vec![String::new()];
    for token in &tokens[1..tokens.len() - 1] {
        match *token {
            "{" | "[" => depth += 1,
            "}" | "]" => depth -= 1,
            "," if depth == 0 => {
                members.push(String::new());
                continue;
            }
            _ => {}
        }
        members.last_mut().expect("a member").push_str(token);
    }
    members
}

fn same<P: Payload>(payload: &str, expected: &P) {
    match P::decode_str(payload) {
        Ok(found) => assert!(expected.equals(&found), "{found:?} is not {expected:?}: {payload}"),
        Err(error) => panic!("{error}: {payload}"),
    }
}

fn white_space<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, expected| {
        let wire = core::str::from_utf8(&vector.wire).expect("text");
        for space in [" ", "\t", "\r\n", " \n\t\r  "] {
            same(&tokens(wire).iter().flat_map(|token| [space, token]).chain([space]).collect::<String>(), &expected);
        }
    });
}

fn order<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, expected| {
        let mut members = members(core::str::from_utf8(&vector.wire).expect("text"));
        for _ in 0..members.len() {
            members.rotate_left(1);
            same(&format!("{{{}}}", members.join(",")), &expected);
        }
        members.reverse();
        for _ in 0..members.len() {
            members.rotate_left(1);
            same(&format!("{{{}}}", members.join(",")), &expected);
        }
    });
}

fn escaped_keys<P: Payload>(vectors: &[Vector<P>]) {
    each_good(vectors, |vector, expected| {
        let wire = core::str::from_utf8(&vector.wire).expect("text");
        let mut members = members(wire);
        for member in &mut members {
            if let Some(key) = member.strip_prefix('"').filter(|key| key.starts_with(|c: char| c.is_ascii_alphabetic()))
            {
                *member = format!(r#""\u{:04X}{}"#, u32::from(key.as_bytes()[0]), &key[1..]);
            }
        }
        same(&format!("{{{}}}", members.join(",")), &expected);
    });
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
    verdict encoded laws prefixes trailing small_buffers white_space order escaped_keys as_strict_as_serde_json
}

#[cfg(all(feature = "alloc", feature = "serde"))]
#[test]
fn serde_json_agrees() {
    each(&vectors::subscribe(), |vector| oracle::differential::subscribe(&vector.wire));
    each(&vectors::publish(), |vector| oracle::differential::publish(&vector.wire));
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
