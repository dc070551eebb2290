//! Properties of timestamps, with inputs from proptest. The model counts days year by year.

use core::ops::{Range, RangeInclusive};

use ivs_chat_proto::{SendTime, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::oracle::build::{self, TextSource};
use crate::strategies::{choices, text};

const YEARS_0_TO_9999: RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

fn timestamp() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (*YEARS_0_TO_9999.start(), *YEARS_0_TO_9999.end());
    let seconds = prop_oneof![
        4 => YEARS_0_TO_9999,
        1 => -90_000..90_000_i64,
        1 => select(vec![first, last, -1, 0, 951_782_399, 951_868_800, 4_107_542_400]),
    ];
    let nanoseconds =
        prop_oneof![Just(0), select(&[1, 10, 250_000_000, 999_999_999]), 0..1_000_000_000_u32];
    (seconds, nanoseconds)
        .prop_map(|(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds).expect("in range"))
}

/// Texts in the form of a date and a time, with numbers that may be out of range.
fn date_and_time() -> impl Strategy<Value = String> {
    let offset = prop_oneof![Just("Z".to_owned()), "[+-][0-2][0-9]:[0-6][0-9]"];
    let date = prop_oneof!["[0-9]{4}-[01][0-9]-[0-3][0-9]", "(1900|2000|2023|2024)-02-(28|29|30)"];
    let time = prop_oneof!["[0-2][0-9]:[0-6][0-9]:[0-6][0-9]", "23:59:(59|60|61)", "22:59:60"];
    (date, "[Tt]", time, "(\\.[0-9]{1,11})?", offset)
        .prop_map(|(date, t, time, fraction, offset)| [date, t, time, fraction, offset].concat())
}

/// The model: the seconds and nanoseconds since 1970 of a text in the form of a date and a time, or
/// `None` if a number is out of range.
fn model(text: &str) -> Option<(i64, u32)> {
    let number = |range: Range<usize>| text[range].parse::<i64>().expect("digits");
    let [year, month, day] = [number(0..4), number(5..7), number(8..10)];
    let [hour, minute, second] = [number(11..13), number(14..16), number(17..19)];
    let (fraction, offset) =
        text[19..].split_at(text[19..].find(['Z', '+', '-']).expect("an offset"));
    let seconds_ahead = match offset.as_bytes()[0] {
        b'Z' => 0,
        sign => {
            let start = text.len() - 5;
            let [hours, minutes] = [number(start..start + 2), number(start + 3..start + 5)];
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
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn timestamps_survive_a_round_trip(time in timestamp()) {
        let text = time.to_string();
        prop_assert_eq!(Timestamp::parse(&text), Ok(time));
        prop_assert_eq!(model(&text), Some((time.seconds(), time.nanoseconds())));
        #[cfg(feature = "std")]
        prop_assert_eq!(Timestamp::try_from(std::time::SystemTime::from(time)), Ok(time));
    }

    #[test]
    fn offsets_are_subtracted(time in timestamp(), minutes in -1439..=1439_i64) {
        let sign = if minutes < 0 { '-' } else { '+' };
        let offset = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        let text = time.to_string().replace('Z', &offset);
        let expected = Timestamp::new(time.seconds() - minutes * 60, time.nanoseconds());
        prop_assert_eq!(Timestamp::parse(&text).ok(), expected);
    }

    #[test]
    fn parsing_agrees_with_the_model(text in date_and_time(), choices in choices()) {
        let found = Timestamp::parse(&text);
        let pair = found.ok().map(|time| (time.seconds(), time.nanoseconds()));
        prop_assert_eq!(pair, model(&text));
        let source = TextSource::new(text.clone(), Some(build::json_string(&text, &choices)));
        prop_assert_eq!(SendTime::from(source.text()).parse(), found);
    }

    /// One character of a date and time is replaced by another text. If the result is accepted, it
    /// must have the form of a date and time.
    #[test]
    fn accepts_only_the_form_of_rfc_3339(
        time in date_and_time(),
        index in any::<Index>(),
        replacement in prop_oneof![text(), "[0-9.:tTzZ+-]{0,2}"],
    ) {
        let index = index.index(time.len());
        let text = [&time[..index], &replacement, &time[index + 1..]].concat();
        if let Ok(time) = Timestamp::parse(&text) {
            let form = |c: char| if c.is_ascii_digit() { '0' } else { c.to_ascii_uppercase() };
            let form: String = text.chars().map(form).collect();
            let form = form.replacen('-', "+", 3).replace('Z', "+00:00");
            let fraction = form
                .strip_prefix("0000+00+00T00:00:00")
                .and_then(|rest| rest.strip_suffix("+00:00"));
            let zeros = fraction.map(|fraction| fraction.strip_prefix('.').unwrap_or(fraction));
            let is_fraction = |zeros: &str| {
                zeros.is_empty() == (fraction == Some("")) && zeros.len() <= 9
            };
            prop_assert!(zeros.is_some_and(is_fraction), "{text}");
            prop_assert!(
                zeros.is_some_and(|zeros| zeros.bytes().all(|byte| byte == b'0')),
                "{text}"
            );
            prop_assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
        }
    }

    #[test]
    fn timestamps_are_limited_to_years_0_to_9999(
        seconds in prop_oneof![any::<i64>(), YEARS_0_TO_9999],
        nanoseconds in 0..2_000_000_000_u32,
    ) {
        let time = Timestamp::new(seconds, nanoseconds);
        let is_in_range = YEARS_0_TO_9999.contains(&seconds) && nanoseconds < 1_000_000_000;
        prop_assert_eq!(time.is_some(), is_in_range);
        let found = time.map(|time| (time.seconds(), time.nanoseconds()));
        prop_assert_eq!(found.unwrap_or((seconds, nanoseconds)), (seconds, nanoseconds));
    }
}
