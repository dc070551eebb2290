//! Strategies of proptest for payloads and their parts.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::oracle::build;

/// Strings, often with special characters.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let character =
        prop_oneof![any::<char>(), select(build::SPECIAL_CHARACTERS.chars().collect::<Vec<_>>())];
    vec(character, 0..12).prop_map(String::from_iter)
}

/// Bytes that choose how a string is escaped.
pub(crate) fn choices() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..12)
}

/// JSON strings.
fn string() -> impl Strategy<Value = String> {
    (text(), choices()).prop_map(|(text, choices)| build::json_string(&text, &choices))
}

/// JSON numbers.
pub(crate) fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,4})",
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?"
    ]
}

/// JSON white space, mostly none.
pub(crate) fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just(""), 1 => select(&[" ", "\n", "\t\r\n "])]
}

/// Joins members to an object, with `space` before each token.
pub(crate) fn object(members: &[(String, String)], space: &str) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| [space, key, space, ":", space, value].concat())
        .collect();
    format!("{{{}{space}}}", members.join(&format!("{space},")))
}

/// JSON values of all types.
pub(crate) fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        select(&["null", "true", "false", "{}", "[]"]).prop_map(String::from),
        number(),
        string()
    ];
    scalar.prop_recursive(6, 24, 4, |value| {
        let array = (vec(value.clone(), 0..4), space())
            .prop_map(|(values, space)| format!("[{space}{}]", values.join(&format!("{space},"))));
        let members = (vec((key(), value), 0..4), space());
        prop_oneof![array, members.prop_map(|(members, space)| object(&members, space))]
    })
}

const NAMES: &[&str] = &[
    "Action",
    "Type",
    "Id",
    "RequestId",
    "Attributes",
    "Content",
    "SendTime",
    "Sender",
    "UserId",
    "EventName",
    "ErrorCode",
    "ErrorMessage",
    "Reason",
    "payload",
    "version",
];

/// The payloads of the reference: the member that names each, its value, and the other fields.
const PAYLOADS: &[(&str, &str, &[&str])] = &[
    ("Type", "MESSAGE", &["Id", "Content", "SendTime", "Sender", "Attributes", "RequestId"]),
    ("Type", "EVENT", &["Id", "EventName", "SendTime", "Attributes", "RequestId"]),
    ("Type", "ERROR", &["ErrorCode", "ErrorMessage", "Id", "RequestId"]),
    ("Action", "SEND_MESSAGE", &["Content", "RequestId", "Attributes"]),
    ("Action", "DELETE_MESSAGE", &["Id", "Reason", "RequestId"]),
    ("Action", "DISCONNECT_USER", &["UserId", "Reason", "RequestId"]),
];

/// Keys of a field: mostly its name as it is, sometimes with escapes or in another letter case.
fn key_of(name: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        30 => Just(format!("\"{name}\"")),
        1 => choices().prop_map(move |choices| build::json_string(name, &choices)),
        1 => select(vec![name.to_ascii_lowercase(), name.to_ascii_uppercase()])
            .prop_map(|name| format!("\"{name}\"")),
    ]
}

/// Keys of fields, and other keys.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![select(NAMES).prop_flat_map(key_of), string()]
}

/// `null`, or objects of strings.
fn attributes() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just("null".to_owned()),
        4 => (vec((string(), string()), 0..4), space())
            .prop_map(|(members, space)| object(&members, space)),
    ]
}

/// Valid values of a field.
fn value_of(name: &'static str) -> BoxedStrategy<String> {
    let one_of = |values: &'static [&'static str]| {
        select(values).prop_map(|value| format!("\"{value}\"")).boxed()
    };
    match name {
        "Action" => one_of(&["SEND_MESSAGE", "DELETE_MESSAGE", "DISCONNECT_USER"]),
        "Type" => one_of(&["MESSAGE", "EVENT", "ERROR", "POLL"]),
        "EventName" => one_of(&["aws:DELETE_MESSAGE", "aws:DISCONNECT_USER", "poll:open"]),
        "Attributes" => attributes().boxed(),
        "ErrorCode" => any::<u16>().prop_map(|code| code.to_string()).boxed(),
        "RequestId" | "Reason" | "ErrorMessage" => {
            prop_oneof![4 => string(), 1 => select(&["null", r#""""#]).prop_map(String::from)]
                .boxed()
        }
        "Sender" => {
            let members = with_values(&["UserId", "Attributes"]);
            (members, space()).prop_map(|(members, space)| object(&members, space)).boxed()
        }
        _ => string().boxed(),
    }
}

/// Keys and valid values of these fields.
fn with_values(names: &[&'static str]) -> Vec<(BoxedStrategy<String>, BoxedStrategy<String>)> {
    names.iter().map(|name| (key_of(name).boxed(), value_of(name))).collect()
}

/// Members: any key and value, or a field and a valid value.
pub(crate) fn member() -> impl Strategy<Value = (String, String)> {
    let known = select(NAMES).prop_flat_map(|name| (key_of(name), value_of(name)));
    prop_oneof![(key(), value()), known]
}

/// The members of a payload, and at most one other member, in any order.
pub(crate) fn members() -> impl Strategy<Value = Vec<(String, String)>> {
    let fields = select(PAYLOADS).prop_flat_map(|(tag, value, names)| {
        let tag = (key_of(tag), choices().prop_map(|choices| build::json_string(value, &choices)));
        (tag, with_values(names))
    });
    (fields, vec(member(), 0..2))
        .prop_map(|((tag, fields), more)| [vec![tag], fields, more].concat())
        .prop_shuffle()
}

/// Payloads.
pub(crate) fn payload() -> impl Strategy<Value = String> {
    (members(), space()).prop_map(|(members, space)| object(&members, space))
}

/// Payloads with a part removed or replaced.
pub(crate) fn mutated_payload() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        select(&[
            "\"", "\\", "{", "}", "[", "]", ":", ",", "0", "-", "\\ud800", "\\u", " ", "null",
            "\u{feff}", "é"
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
        vec(any::<u8>(), 0..3),
        payload().prop_map(String::into_bytes),
    ];
    (payload(), any::<[Index; 2]>(), piece).prop_map(|(payload, cuts, piece)| {
        let mut cuts = cuts.map(|cut| cut.index(payload.len() + 1));
        cuts.sort_unstable();
        [&payload.as_bytes()[..cuts[0]], &piece, &payload.as_bytes()[cuts[1]..]].concat()
    })
}
