//! Strings of every length: the decoder and the encoder process several bytes at a time, so each
//! special character must be found at each offset.

use ivs_chat_proto::publish::DeleteMessage;

use crate::for_each_replaced_value;
use crate::oracle::spelling::{Object, Random};
use crate::oracle::{Payload, agrees_with_model};
use crate::vectors::Vector;

test_both_tables! { agrees_with_the_model_on_strings_of_every_length }

/// Tries strings of up to 70 bytes in place of every value: plain, and with a special character at
/// a random offset. In the first vector, which takes the fast path, strings of up to 40 bytes have
/// special characters at every offset.
fn agrees_with_the_model_on_strings_of_every_length<P: Payload>(vectors: &[Vector<P>]) {
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
                for_each_replaced_value(&object, value.as_bytes(), |wire| {
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

/// The encoder may use spare space in the buffer, but the result must not depend on it.
#[test]
fn encodes_escapes_into_exact_and_larger_buffers() {
    for special in ["\u{1}", "\"", "\n\u{1f}", "a\u{1}", "\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}a"] {
        for count in 1..=60 {
            let text: String = special.chars().cycle().take(count).collect();
            let message = DeleteMessage::new(text.as_str());
            let expected = serde_json::to_string(&text).expect("JSON");
            let expected = format!(r#"{{"Action":"DELETE_MESSAGE","Id":{expected}}}"#);
            let mut buffer = vec![0; expected.len() + 130];
            for spare in 0..=130 {
                let encoded = message.encode(&mut buffer[..expected.len() + spare]);
                assert_eq!(encoded, Ok(expected.as_bytes()), "{text:?}, {spare}");
            }
        }
    }
}
