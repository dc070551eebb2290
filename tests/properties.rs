//! The laws of the oracles, and those of the values, of whatever proptest thinks of.
#![cfg(feature = "alloc")]

mod oracle;

use core::hash::BuildHasher as _;
use core::ops::{Range, RangeInclusive};
use std::hash::RandomState;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Endpoint, ErrorCode, SendTime, Timestamp, Token};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use oracle::build::{self, Words};

fn all_of_any_bytes(bytes: &[u8]) {
    oracle::any_bytes::<Subscribe<'_>>(bytes);
    oracle::any_bytes::<Publish<'_>>(bytes);
    oracle::chat_log(bytes);
    oracle::close_reason(bytes);
    oracle::peek_request_id(bytes);
    #[cfg(feature = "serde")]
    oracle::differential::any_bytes(bytes);
}

// Texts, and JSON of all kinds.

fn text() -> impl Strategy<Value = String> {
    let character =
        prop_oneof![any::<char>(), select(build::REMARKABLE.chars().collect::<Vec<_>>())];
    vec(character, 0..12).prop_map(String::from_iter)
}

fn choices() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..12)
}

fn string() -> impl Strategy<Value = String> {
    (text(), choices()).prop_map(|(text, choices)| build::written(&text, &choices))
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,4})",
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?"
    ]
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just(""), 1 => select(&[" ", "\n", "\t\r\n "])]
}

/// Members between braces.
fn object(members: &[(String, String)], space: &str) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| [space, key, space, ":", space, value].concat())
        .collect();
    format!("{{{}{space}}}", members.join(&format!("{space},")))
}

fn value() -> impl Strategy<Value = String> {
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

/// The payloads of the reference: what says so, and what else they have.
const PAYLOADS: &[(&str, &str, &[&str])] = &[
    ("Type", "MESSAGE", &["Id", "Content", "SendTime", "Sender", "Attributes", "RequestId"]),
    ("Type", "EVENT", &["Id", "EventName", "SendTime", "Attributes", "RequestId"]),
    ("Type", "ERROR", &["ErrorCode", "ErrorMessage", "Id", "RequestId"]),
    ("Action", "SEND_MESSAGE", &["Content", "RequestId", "Attributes"]),
    ("Action", "DELETE_MESSAGE", &["Id", "Reason", "RequestId"]),
    ("Action", "DISCONNECT_USER", &["UserId", "Reason", "RequestId"]),
];

/// A name, written as it is, or with escapes, or in another case.
fn named(name: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        30 => Just(format!("\"{name}\"")),
        1 => choices().prop_map(move |choices| build::written(name, &choices)),
        1 => select(vec![name.to_ascii_lowercase(), name.to_ascii_uppercase()]).prop_map(|name| format!("\"{name}\"")),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![select(NAMES).prop_flat_map(named), string()]
}

fn attributes() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just("null".to_owned()),
        4 => (vec((string(), string()), 0..4), space()).prop_map(|(members, space)| object(&members, space)),
    ]
}

/// A value as the reference has it for a name.
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

fn with_values(names: &[&'static str]) -> Vec<(BoxedStrategy<String>, BoxedStrategy<String>)> {
    names.iter().map(|name| (named(name).boxed(), value_of(name))).collect()
}

fn member() -> impl Strategy<Value = (String, String)> {
    let known = select(NAMES).prop_flat_map(|name| (named(name), value_of(name)));
    prop_oneof![(key(), value()), known]
}

/// The members of a payload, in any order, with some that may not fit.
fn members() -> impl Strategy<Value = Vec<(String, String)>> {
    let usual = select(PAYLOADS).prop_flat_map(|(tag, value, names)| {
        let tag = (named(tag), choices().prop_map(|choices| build::written(value, &choices)));
        (tag, with_values(names))
    });
    (usual, vec(member(), 0..2))
        .prop_map(|((tag, usual), more)| [vec![tag], usual, more].concat())
        .prop_shuffle()
}

fn frame() -> impl Strategy<Value = String> {
    (members(), space()).prop_map(|(members, space)| object(&members, space))
}

/// What is left of a frame when something has happened to it.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        select(&[
            "\"", "\\", "{", "}", "[", "]", ":", ",", "0", "-", "\\ud800", "\\u", " ", "null",
            "\u{feff}", "é"
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
        vec(any::<u8>(), 0..3),
        frame().prop_map(String::into_bytes),
    ];
    (frame(), any::<[Index; 2]>(), piece).prop_map(|(frame, places, piece)| {
        let mut places = places.map(|place| place.index(frame.len() + 1));
        places.sort_unstable();
        [&frame.as_bytes()[..places[0]], &piece, &frame.as_bytes()[places[1]..]].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..64)) {
        all_of_any_bytes(&bytes);
    }

    #[test]
    fn frames(frame in frame()) {
        all_of_any_bytes(frame.as_bytes());
    }

    #[test]
    fn frames_in_a_log(frame in frame(), before in vec(member(), 0..2), after in vec(member(), 0..2), space in space()) {
        let line = [before, vec![("\"payload\"".to_owned(), frame)], after].concat();
        oracle::chat_log(object(&line, space).as_bytes());
    }

    #[test]
    fn mangled_frames(frame in mangled()) {
        all_of_any_bytes(&frame);
    }

    #[test]
    fn one_frame_behind_another(one in frame(), other in mangled()) {
        all_of_any_bytes(&[one.as_bytes(), &other].concat());
    }

    #[test]
    fn values(value in value()) {
        let frame = format!(r#"{{"Type":"POLL","x":{value}}}"#);
        all_of_any_bytes(frame.as_bytes());
        let is_read = serde_json::from_str::<serde_json::Value>(&frame).is_ok();
        prop_assert_eq!(Subscribe::decode_str(&frame).is_ok(), is_read);
    }

    #[test]
    fn nested_values(kinds in vec(any::<bool>(), 1..8), levels in 118..134_usize, is_in_sender in any::<bool>()) {
        let kinds: Vec<_> = kinds.into_iter().cycle().take(levels).collect();
        let opened: String = kinds.iter().map(|is_object| if *is_object { r#"{"x":"# } else { "[" }).collect();
        let closed: String = kinds.iter().rev().map(|is_object| if *is_object { "}" } else { "]" }).collect();
        let (before, after, outside) =
            if is_in_sender { (r#""Sender":{"UserId":"","x":"#, "}", 2) } else { (r#""Sender":{"UserId":""},"x":"#, "", 1) };
        let frame =
            format!(r#"{{"Type":"MESSAGE","Id":"","Content":"","SendTime":"",{before}{opened}0{closed}{after}}}"#);
        all_of_any_bytes(frame.as_bytes());
        prop_assert_eq!(Subscribe::decode_str(&frame).is_ok(), outside + levels <= 127);
    }

    #[test]
    fn escaped_code_units(units in vec(prop_oneof![any::<u16>(), 0xd7f0..0xe010_u16], 0..8), in_lower_case in any::<bool>()) {
        let units = units.as_slice();
        let escape = |unit: &u16| if in_lower_case { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
        let written = units.iter().map(escape).collect::<Vec<_>>().concat();
        let frame = format!(r#"{{"Type":"POLL","Type2":"{written}"}}"#);
        all_of_any_bytes(frame.as_bytes());
        let frame = format!(r#"{{"ErrorCode":0,"ErrorMessage":"{written}","Type":"ERROR"}}"#);
        all_of_any_bytes(frame.as_bytes());
        let found = match Subscribe::decode_str(&frame) {
            Ok(Subscribe::Error(error)) => error.error_message.map(|text| text.to_string()),
            _ => None,
        };
        prop_assert_eq!(found, String::from_utf16(units).ok());
    }

    #[test]
    fn built_payloads(bytes in vec(any::<u8>(), 0..200)) {
        build::subscribe(&bytes);
        build::publish(&bytes);
        build::attributes(&bytes);
    }

    #[test]
    fn the_service_reads_names_in_any_case(members in members(), flips in vec(any::<bool>(), 0..12)) {
        let mut flips = flips.into_iter().cycle();
        let flipped: Vec<_> = members
            .iter()
            .map(|(key, value)| {
                let flip = flips.next().unwrap_or_default() && !key.contains('\\');
                (if flip { swap_case(key) } else { key.clone() }, value.clone())
            })
            .collect();
        let [frame, flipped] = [members, flipped].map(|members| object(&members, ""));
        prop_assert_eq!(Publish::decode_str(&flipped), Publish::decode_str(&frame));
    }

    #[test]
    fn clients_read_names_to_the_letter(members in members(), place in any::<Index>()) {
        let place = place.index(members.len());
        let [mut flipped, mut strange] = [members.clone(), members];
        prop_assume!(!flipped[place].0.contains('\\'));
        flipped[place].0 = swap_case(&flipped[place].0);
        // As long, so that an error stands in the same place.
        strange[place].0 = format!("\"{}\"", "x".repeat(strange[place].0.len() - 2));
        let [flipped, strange] = [flipped, strange].map(|members| object(&members, ""));
        match (Subscribe::decode_str(&flipped), Subscribe::decode_str(&strange)) {
            (Ok(Subscribe::Unknown(one)), Ok(Subscribe::Unknown(other))) => prop_assert_eq!(one.type_name(), other.type_name()),
            (one, other) => prop_assert_eq!(one, other),
        }
    }

    #[test]
    fn texts_are_compared_as_str([one, other] in [text(), text()], common in text(), choices in [choices(), choices()]) {
        let said = [common.clone() + &one, common + &other];
        let words = |of: usize| {
            let written = build::written(&said[of], &choices[of]);
            [Words::new(said[of].clone(), None), Words::new(said[of].clone(), Some(written))]
        };
        let hasher = RandomState::new();
        let (ones, others) = (words(0), words(1));
        for one in ones.iter().map(Words::text) {
            oracle::text(one);
            prop_assert_eq!(format!("{one:?}"), format!("{:?}", said[0]));
            prop_assert!(one == said[0].as_str() && *said[0] == one);
            let (least, most) = one.chars().size_hint();
            prop_assert!(least <= one.code_point_count() && most.is_none_or(|most| one.code_point_count() <= most));
            for same in ones.iter().map(Words::text) {
                prop_assert_eq!(one, same);
                prop_assert_eq!(hasher.hash_one(one), hasher.hash_one(same));
            }
            for other in others.iter().map(Words::text) {
                prop_assert_eq!(one == other, said[0] == said[1]);
                prop_assert_eq!(one.cmp(&other), said[0].cmp(&said[1]));
                prop_assert_eq!(hasher.hash_one([one, other]), hasher.hash_one([said[0].as_str().into(), other]));
            }
        }
    }

    #[test]
    fn contents_are_counted_in_code_points(
        part in text(), filler in any::<char>(), length in 0..520_u16, choices in choices(),
        limit in prop_oneof![(0..=2_u16).prop_map(Err), any::<u16>().prop_map(Ok)],
    ) {
        let limit = limit.unwrap_or_else(|beyond| (length + beyond).saturating_sub(1));
        let length = usize::from(length);
        let filling = length.saturating_sub(part.chars().count());
        let said: String = part.chars().take(length).chain(core::iter::repeat_n(filler, filling)).collect();
        let words = Words::new(said.clone(), Some(build::written(&said, &choices)));
        let plain = oracle::content(said.as_str().into(), &said, limit);
        let escaped = oracle::content(words.text(), &said, limit);
        prop_assert_eq!(plain, escaped);
        prop_assert_eq!(plain.is_some(), 1 <= length && length <= usize::from(limit.min(500)));
    }

    #[test]
    fn error_codes_are_integers(number in number()) {
        let frame = format!(r#"{{"Type":"ERROR","ErrorCode":{number}}}"#);
        let found = match Subscribe::decode_str(&frame) {
            Ok(Subscribe::Error(error)) => Some(error.error_code.as_u16()),
            _ => None,
        };
        prop_assert_eq!(found, number.parse().ok());
    }

    #[test]
    fn tokens_are_what_a_header_can_hold(text in prop_oneof![text(), "[ -~]{0,8}", "[!#-'*+.0-9A-Z^-z|~-]{1,8}"]) {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let refused = text.find(|c| !is_allowed(c)).or_else(|| text.is_empty().then_some(0));
        prop_assert_eq!(Token::new(&text).err().map(|error| error.offset()), refused);
        if let Ok(token) = Token::new(&text) {
            prop_assert_eq!(token.header_value(), &text);
            prop_assert_eq!(format!("{token:?}"), "Token(redacted)");
        }
    }

    #[test]
    fn endpoints_are_of_names_of_regions(text in prop_oneof![text(), "[ -~]{0,8}", "[0-9A-Za-z._~-]{1,8}"]) {
        let is_region = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
        let endpoint = Endpoint::new(&text).ok().map(|endpoint| (endpoint.region(), endpoint.to_string()));
        let url = format!("wss://edge.ivschat.{text}.amazonaws.com");
        prop_assert_eq!(endpoint, is_region.then_some((text.as_str(), url)));
    }
}

fn swap_case(text: &str) -> String {
    text.chars()
        .map(
            |c| {
                if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
            },
        )
        .collect()
}

#[test]
fn any_number_is_an_error_code() {
    for number in 0..=u16::MAX {
        let code = ErrorCode::new(number);
        let is_listed = ErrorCode::ALL.contains(&code);
        assert_eq!((code.name().is_some(), code.description().is_some()), (is_listed, is_listed));
        let frame = format!(r#"{{"ErrorCode":{number},"RequestId":"","Type":"ERROR"}}"#);
        let Ok(Subscribe::Error(error)) = Subscribe::decode_str(&frame) else { panic!("{frame}") };
        assert_eq!((error.error_code, error.error_code.as_u16()), (code, number));
        assert_eq!(error.encode_to_string(), frame);
    }
}

// Points in time.

const YEARS_0_TO_9999: RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

fn timestamp() -> impl Strategy<Value = Timestamp> {
    let seconds = prop_oneof![4 => YEARS_0_TO_9999, 1 => -90_000..90_000_i64, 1 => select(vec![
        *YEARS_0_TO_9999.start(), *YEARS_0_TO_9999.end(), -1, 0, 951_782_399, 951_868_800, 4_107_542_400,
    ])];
    let nanoseconds =
        prop_oneof![Just(0), select(&[1, 10, 250_000_000, 999_999_999]), 0..1_000_000_000_u32];
    (seconds, nanoseconds)
        .prop_map(|(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds).expect("in range"))
}

/// A text that has the form of a date and a time, if nothing more: two digits for most numbers.
fn date_and_time() -> impl Strategy<Value = String> {
    let offset = prop_oneof![Just("Z".to_owned()), "[+-][0-2][0-9]:[0-6][0-9]"];
    let date = prop_oneof!["[0-9]{4}-[01][0-9]-[0-3][0-9]", "(1900|2000|2023|2024)-02-(28|29|30)"];
    let time = prop_oneof!["[0-2][0-9]:[0-6][0-9]:[0-6][0-9]", "23:59:(59|60|61)", "22:59:60"];
    (date, "[Tt]", time, "(\\.[0-9]{1,11})?", offset)
        .prop_map(|(date, t, time, fraction, offset)| [date, t, time, fraction, offset].concat())
}

/// The seconds and nanoseconds since 1970 that such a text says, counted year by year.
fn counted(text: &str) -> Option<(i64, u32)> {
    let number = |range: Range<usize>| text[range].parse::<i64>().expect("digits");
    let [year, month, day] = [number(0..4), number(5..7), number(8..10)];
    let [hour, minute, second] = [number(11..13), number(14..16), number(17..19)];
    let (fraction, offset) =
        text[19..].split_at(text[19..].find(['Z', '+', '-']).expect("an offset"));
    let seconds_ahead = match offset.as_bytes()[0] {
        b'Z' => 0,
        sign => {
            let place = text.len() - 5;
            let [hours, minutes] = [number(place..place + 2), number(place + 3..place + 5)];
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if sign == b'-' { -60 } else { 60 }
        }
    };

    let is_leap = |year: i64| year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    let months = [31, 28 + i64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months_before = &months[..usize::try_from(month - 1).ok().filter(|before| *before < 12)?];
    let is_date = 1 <= day && day <= months[months_before.len()];
    let years_before: i64 = (0..year).map(|year| 365 + i64::from(is_leap(year))).sum();
    let days = years_before + months_before.iter().sum::<i64>() + day - 1;

    let seconds =
        YEARS_0_TO_9999.start() + ((days * 24 + hour) * 60 + minute) * 60 + second - seconds_ahead;
    let is_time =
        hour <= 23 && minute <= 59 && (second <= 59 || second == 60 && seconds % 86_400 == 0);
    let digits = fraction.trim_start_matches('.');
    let nanoseconds = format!("{digits:0<9}").parse().ok().filter(|_| digits.len() <= 9)?;
    (is_date && is_time && YEARS_0_TO_9999.contains(&seconds)).then_some((seconds, nanoseconds))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn times_come_back(time in timestamp()) {
        let text = time.to_string();
        prop_assert_eq!(Timestamp::parse(&text), Ok(time));
        prop_assert_eq!(counted(&text), Some((time.seconds(), time.nanoseconds())));
        #[cfg(feature = "std")]
        prop_assert_eq!(Timestamp::try_from(std::time::SystemTime::from(time)), Ok(time));
    }

    #[test]
    fn times_with_an_offset(time in timestamp(), minutes in -1439..=1439_i64) {
        let sign = if minutes < 0 { '-' } else { '+' };
        let offset = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        let text = time.to_string().replace('Z', &offset);
        let expected = Timestamp::new(time.seconds() - minutes * 60, time.nanoseconds());
        prop_assert_eq!(Timestamp::parse(&text).ok(), expected);
    }

    #[test]
    fn times_are_counted_as_by_hand(text in date_and_time(), choices in choices()) {
        let found = Timestamp::parse(&text);
        prop_assert_eq!(found.ok().map(|time| (time.seconds(), time.nanoseconds())), counted(&text));
        let words = Words::new(text.clone(), Some(build::written(&text, &choices)));
        prop_assert_eq!(SendTime::from(words.text()).parse(), found);
    }

    #[test]
    fn what_is_no_time_is_refused(time in date_and_time(), place in any::<Index>(), wrong in prop_oneof![text(), "[0-9.:tTzZ+-]{0,2}"]) {
        let place = place.index(time.len());
        let text = [&time[..place], &wrong, &time[place + 1..]].concat();
        if let Ok(time) = Timestamp::parse(&text) {
            let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c.to_ascii_uppercase() }).collect();
            let form = form.replacen('-', "+", 3).replace('Z', "+00:00");
            let fraction = form.strip_prefix("0000+00+00T00:00:00").and_then(|rest| rest.strip_suffix("+00:00"));
            let zeros = fraction.map(|fraction| fraction.strip_prefix('.').unwrap_or(fraction));
            prop_assert!(zeros.is_some_and(|zeros| zeros.is_empty() == (fraction == Some("")) && zeros.len() <= 9), "{text}");
            prop_assert!(zeros.is_some_and(|zeros| zeros.bytes().all(|byte| byte == b'0')), "{text}");
            prop_assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
        }
    }

    #[test]
    fn a_timestamp_is_in_its_years(seconds in prop_oneof![any::<i64>(), YEARS_0_TO_9999], nanoseconds in 0..2_000_000_000_u32) {
        let time = Timestamp::new(seconds, nanoseconds);
        prop_assert_eq!(time.is_some(), YEARS_0_TO_9999.contains(&seconds) && nanoseconds < 1_000_000_000);
        let found = time.map(|time| (time.seconds(), time.nanoseconds()));
        prop_assert_eq!(found.unwrap_or((seconds, nanoseconds)), (seconds, nanoseconds));
    }
}
