//! Properties of payloads and values, with inputs from proptest.

use core::hash::BuildHasher as _;
use std::hash::RandomState;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Endpoint, ErrorCode, Token};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::oracle;
use crate::oracle::build::{self, TextSource};
use crate::strategies::{
    choices, member, members, mutated_payload, number, object, payload, space, text, value,
};

/// Checks bytes with every oracle.
fn check_all(bytes: &[u8]) {
    oracle::check_bytes::<Subscribe<'_>>(bytes);
    oracle::check_bytes::<Publish<'_>>(bytes);
    oracle::check_chat_log(bytes);
    oracle::check_close_reason(bytes);
    oracle::check_peek_request_id(bytes);
    #[cfg(feature = "serde")]
    oracle::differential::check_bytes(bytes);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 800,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn oracles_agree_on_any_bytes(bytes in vec(any::<u8>(), 0..64)) {
        check_all(&bytes);
    }

    #[test]
    fn oracles_agree_on_payloads(payload in payload()) {
        check_all(payload.as_bytes());
    }

    #[test]
    fn oracles_agree_on_chat_log_entries(
        payload in payload(),
        before in vec(member(), 0..2),
        after in vec(member(), 0..2),
        space in space(),
    ) {
        let line = [before, vec![("\"payload\"".to_owned(), payload)], after].concat();
        oracle::check_chat_log(object(&line, space).as_bytes());
    }

    #[test]
    fn oracles_agree_on_mutated_payloads(payload in mutated_payload()) {
        check_all(&payload);
    }

    #[test]
    fn oracles_agree_on_two_payloads(first in payload(), second in mutated_payload()) {
        check_all(&[first.as_bytes(), &second].concat());
    }

    #[test]
    fn accepts_the_values_that_serde_json_accepts(value in value()) {
        let payload = format!(r#"{{"Type":"POLL","x":{value}}}"#);
        check_all(payload.as_bytes());
        let is_json = serde_json::from_str::<serde_json::Value>(&payload).is_ok();
        prop_assert_eq!(Subscribe::decode_str(&payload).is_ok(), is_json);
    }

    #[test]
    fn accepts_127_levels_and_no_more(
        kinds in vec(any::<bool>(), 1..8),
        levels in 118..134_usize,
        is_in_sender in any::<bool>(),
    ) {
        let kinds: Vec<_> = kinds.into_iter().cycle().take(levels).collect();
        let opened: String =
            kinds.iter().map(|is_object| if *is_object { r#"{"x":"# } else { "[" }).collect();
        let closed: String =
            kinds.iter().rev().map(|is_object| if *is_object { "}" } else { "]" }).collect();
        let (before, after, outside) = if is_in_sender {
            (r#""Sender":{"UserId":"","x":"#, "}", 2)
        } else {
            (r#""Sender":{"UserId":""},"x":"#, "", 1)
        };
        let required = r#""Type":"MESSAGE","Id":"","Content":"","SendTime":"""#;
        let payload = format!("{{{required},{before}{opened}0{closed}{after}}}");
        check_all(payload.as_bytes());
        prop_assert_eq!(Subscribe::decode_str(&payload).is_ok(), outside + levels <= 127);
    }

    #[test]
    fn reads_escaped_code_units_as_utf_16(
        units in vec(prop_oneof![any::<u16>(), 0xd7f0..0xe010_u16], 0..8),
        is_lower_case in any::<bool>(),
    ) {
        let units = units.as_slice();
        let escape = |unit: &u16| {
            if is_lower_case { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") }
        };
        let escaped = units.iter().map(escape).collect::<Vec<_>>().concat();
        let payload = format!(r#"{{"Type":"POLL","Type2":"{escaped}"}}"#);
        check_all(payload.as_bytes());
        let payload = format!(r#"{{"ErrorCode":0,"ErrorMessage":"{escaped}","Type":"ERROR"}}"#);
        check_all(payload.as_bytes());
        let found = match Subscribe::decode_str(&payload) {
            Ok(Subscribe::Error(error)) => error.error_message.map(|text| text.to_string()),
            _ => None,
        };
        prop_assert_eq!(found, String::from_utf16(units).ok());
    }

    #[test]
    fn built_payloads_encode_their_values(bytes in vec(any::<u8>(), 0..200)) {
        build::check_subscribe(&bytes);
        build::check_publish(&bytes);
        build::check_attributes(&bytes);
    }

    #[test]
    fn publish_ignores_the_case_of_keys(
        members in members(),
        flips in vec(any::<bool>(), 0..12),
    ) {
        let mut flips = flips.into_iter().cycle();
        let flipped: Vec<_> = members
            .iter()
            .map(|(key, value)| {
                let flip = flips.next().unwrap_or_default() && !key.contains('\\');
                (if flip { swap_case(key) } else { key.clone() }, value.clone())
            })
            .collect();
        let [payload, flipped] = [members, flipped].map(|members| object(&members, ""));
        prop_assert_eq!(Publish::decode_str(&flipped), Publish::decode_str(&payload));
    }

    #[test]
    fn subscribe_ignores_keys_in_another_case(members in members(), index in any::<Index>()) {
        let index = index.index(members.len());
        let [mut flipped, mut unknown] = [members.clone(), members];
        prop_assume!(!flipped[index].0.contains('\\'));
        flipped[index].0 = swap_case(&flipped[index].0);
        // The same length keeps the offsets of errors.
        unknown[index].0 = format!("\"{}\"", "x".repeat(unknown[index].0.len() - 2));
        let [flipped, unknown] = [flipped, unknown].map(|members| object(&members, ""));
        match (Subscribe::decode_str(&flipped), Subscribe::decode_str(&unknown)) {
            (Ok(Subscribe::Unknown(one)), Ok(Subscribe::Unknown(other))) => {
                prop_assert_eq!(one.type_name(), other.type_name());
            }
            (one, other) => prop_assert_eq!(one, other),
        }
    }

    #[test]
    fn texts_compare_and_hash_by_their_characters(
        [one, other] in [text(), text()],
        common in text(),
        choices in [choices(), choices()],
    ) {
        let values = [common.clone() + &one, common + &other];
        let sources = |index: usize| {
            let value = &values[index];
            let json = build::json_string(value, &choices[index]);
            [TextSource::new(value.clone(), None), TextSource::new(value.clone(), Some(json))]
        };
        let hasher = RandomState::new();
        let (ones, others) = (sources(0), sources(1));
        for one in ones.iter().map(TextSource::text) {
            oracle::check_text(one);
            prop_assert_eq!(format!("{one:?}"), format!("{:?}", values[0]));
            prop_assert!(one == values[0].as_str() && *values[0] == one);
            let (min, max) = one.chars().size_hint();
            let count = one.code_point_count();
            prop_assert!(min <= count && max.is_none_or(|max| count <= max));
            for same in ones.iter().map(TextSource::text) {
                prop_assert_eq!(one, same);
                prop_assert_eq!(hasher.hash_one(one), hasher.hash_one(same));
            }
            for other in others.iter().map(TextSource::text) {
                prop_assert_eq!(one == other, values[0] == values[1]);
                prop_assert_eq!(one.cmp(&other), values[0].cmp(&values[1]));
                let plain = values[0].as_str().into();
                prop_assert_eq!(hasher.hash_one([one, other]), hasher.hash_one([plain, other]));
            }
        }
    }

    #[test]
    fn content_length_is_counted_in_code_points(
        part in text(),
        filler in any::<char>(),
        length in 0..520_u16,
        choices in choices(),
        limit in prop_oneof![(0..=2_u16).prop_map(Err), any::<u16>().prop_map(Ok)],
    ) {
        let limit = limit.unwrap_or_else(|beyond| (length + beyond).saturating_sub(1));
        let length = usize::from(length);
        let missing = length.saturating_sub(part.chars().count());
        let value: String =
            part.chars().take(length).chain(core::iter::repeat_n(filler, missing)).collect();
        let source = TextSource::new(value.clone(), Some(build::json_string(&value, &choices)));
        let plain = oracle::check_content(value.as_str().into(), &value, limit);
        let escaped = oracle::check_content(source.text(), &value, limit);
        prop_assert_eq!(plain, escaped);
        prop_assert_eq!(plain.is_some(), 1 <= length && length <= usize::from(limit.min(500)));
    }

    #[test]
    fn error_codes_are_unsigned_16_bit_integers(number in number()) {
        let payload = format!(r#"{{"Type":"ERROR","ErrorCode":{number}}}"#);
        let found = match Subscribe::decode_str(&payload) {
            Ok(Subscribe::Error(error)) => Some(error.error_code.as_u16()),
            _ => None,
        };
        prop_assert_eq!(found, number.parse().ok());
    }

    #[test]
    fn tokens_are_valid_header_values(
        text in prop_oneof![text(), "[ -~]{0,8}", "[!#-'*+.0-9A-Z^-z|~-]{1,8}"],
    ) {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let refused = text.find(|c| !is_allowed(c)).or_else(|| text.is_empty().then_some(0));
        prop_assert_eq!(Token::new(&text).err().map(|error| error.offset()), refused);
        if let Ok(token) = Token::new(&text) {
            prop_assert_eq!(token.header_value(), &text);
            prop_assert_eq!(format!("{token:?}"), "Token(redacted)");
        }
    }

    #[test]
    fn endpoints_have_valid_region_names(
        text in prop_oneof![text(), "[ -~]{0,8}", "[0-9A-Za-z._~-]{1,8}"],
    ) {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let is_region = !text.is_empty() && text.chars().all(is_allowed);
        let endpoint =
            Endpoint::new(&text).ok().map(|endpoint| (endpoint.region(), endpoint.to_string()));
        let url = format!("wss://edge.ivschat.{text}.amazonaws.com");
        prop_assert_eq!(endpoint, is_region.then_some((text.as_str(), url)));
    }
}

fn swap_case(text: &str) -> String {
    let swap = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    text.chars().map(swap).collect()
}

#[test]
fn every_error_code_survives_a_round_trip() {
    for number in 0..=u16::MAX {
        let code = ErrorCode::new(number);
        let is_listed = ErrorCode::ALL.contains(&code);
        assert_eq!((code.name().is_some(), code.description().is_some()), (is_listed, is_listed));
        let payload = format!(r#"{{"ErrorCode":{number},"RequestId":"","Type":"ERROR"}}"#);
        let Ok(Subscribe::Error(error)) = Subscribe::decode_str(&payload) else {
            panic!("{payload}")
        };
        assert_eq!((error.error_code, error.error_code.as_u16()), (code, number));
        assert_eq!(error.encode_to_string(), payload);
    }
}
