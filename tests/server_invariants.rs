//! The invariants of the server's side of a connection, for random limits and messages.

#[path = "oracle/peer.rs"]
mod peer;
mod vectors;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Generates a member, often an invalid one.
fn member() -> impl Strategy<Value = String> {
    let name = select(
        &["Action", "RequestId", "Content", "Attributes", "Id", "Reason", "UserId", "New"][..],
    );
    let value = select(
        &[
            r#""SEND_MESSAGE""#,
            r#""DELETE_MESSAGE""#,
            r#""DISCONNECT\u005fUSER""#,
            r#""JOIN""#,
            r#""""#,
            "null",
            r#""r-1""#,
            r#""\ud83d\udc4b \"hej\"""#,
            r#""\ud83d""#,
            "{}",
            r#"{"a":"1","a":"\u0032","b":""}"#,
            r#"{"a":null}"#,
            "[1e5]",
            "1e999",
        ][..],
    );
    (name, any::<u16>(), value).prop_map(|(name, upper, value)| {
        let mut bit = 0;
        let cased: String = name
            .chars()
            .map(|letter| {
                bit += 1;
                if upper >> bit & 3 == 3 {
                    letter.to_ascii_uppercase()
                } else {
                    letter.to_ascii_lowercase()
                }
            })
            .collect();
        format!("\"{cased}\":{value}")
    })
}

/// Generates an object, often a valid publish.
fn object() -> impl Strategy<Value = Vec<u8>> {
    let required = select(
        &[
            r#""Action":"SEND_MESSAGE","Content":"hej""#,
            r#""content":"hej","action":"SEND_MESSAGE""#,
            r#""Action":"DELETE_MESSAGE","ID":"Ub3xYd7cQm0a""#,
            r#""Action":"DISCONNECT_USER","userId":"bo""#,
            r#""New":{}"#,
        ][..],
    );
    (required, vec(member(), 0..4), any::<bool>()).prop_map(|(required, members, is_first)| {
        let mut all = members;
        all.insert(if is_first { 0 } else { all.len() }, required.to_owned());
        format!("{{{}}}", all.join(",")).into_bytes()
    })
}

/// Generates a message whose content has a length near one of the limits.
fn message_near_limit() -> impl Strategy<Value = Vec<u8>> {
    (
        select(&[0, 1, 3, 4, 5, 19, 20, 21, 499, 500, 501][..]),
        select(&["x", "é", "👋", "\\n", "\\u00e9"][..]),
    )
        .prop_map(|(length, letter)| {
            format!(r#"{{"Action":"SEND_MESSAGE","Content":"{}"}}"#, letter.repeat(length))
                .into_bytes()
        })
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let vectors: Vec<_> = vectors::publish().into_iter().map(|vector| vector.wire).collect();
    prop_oneof![
        4 => object(),
        1 => message_near_limit(),
        2 => select(vectors),
        1 => (object(), any::<prop::sample::Index>()).prop_map(|(mut object, end)| {
            object.truncate(end.index(object.len()));
            object
        }),
        1 => vec(any::<u8>(), 0..30),
    ]
}

/// Generates the encoded limits of a connection, mostly generous ones.
fn limits() -> impl Strategy<Value = [u8; 6]> {
    (
        prop_oneof![3 => Just(7), 1 => 0..8_u8],
        prop_oneof![3 => Just(255), 3 => select(&[0, 1, 2, 5, 10, 20][..])],
        prop_oneof![2 => Just(255), 1 => 0..7_u8],
        prop_oneof![3 => Just(255), 1 => any::<u8>()],
        0..14_u8,
        any::<u8>(),
    )
        .prop_map(|(permitted, session, length, size, rate, room)| {
            [permitted, session, length, size, rate, room]
        })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn invariants_hold_for_random_publishes(
        limits in limits(),
        messages in vec((any::<u8>(), message()), 0..12),
    ) {
        let script = messages
            .into_iter()
            .flat_map(|(schedule, message)| [&[schedule], &*message, &[peer::SEPARATOR]].concat());
        peer::any_bytes(&limits.into_iter().chain(script).collect::<Vec<_>>());
    }
}
