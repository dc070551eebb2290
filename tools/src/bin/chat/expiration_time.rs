//! Parsing of `sessionExpirationTime`, in the formats that servers use.
//!
//! `CreateChatToken` responds with an RFC 3339 date and time. An application's server passes it on
//! as its language prints it: Python with a space, Java without seconds, others as a number.

use core::fmt::{self, Display};
use core::ops::Range;
use core::time::Duration;

use ivs_chat_proto::Timestamp;
use serde_json::Value;

/// Epoch seconds with ten digits, from 2001 to 2286.
const SECONDS: Range<u64> = 1_000_000_000..10_000_000_000;
/// Epoch milliseconds with thirteen digits, from 2001 to 2286.
const MILLISECONDS: Range<u64> = 1_000_000_000_000..10_000_000_000_000;

/// An invalid expiration time.
///
/// The error does not contain the input, because a server that mixes up the members of its response
/// may have sent the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExpirationTimeError {
    NoTimeZone,
    NotATime,
}

impl Display for ExpirationTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTimeZone => "missing time zone in sessionExpirationTime",
            Self::NotATime => "invalid sessionExpirationTime",
        })?;
        f.write_str("; the end of the session is unknown")
    }
}

/// Parses an expiration time. Returns `None` if it is absent.
///
/// # Errors
///
/// Returns an error if the value is not a time, or has no time zone.
pub(crate) fn parse(value: &Value) -> Result<Option<Timestamp>, ExpirationTimeError> {
    let time = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => {
            parse_epoch(&number.to_string()).ok_or(ExpirationTimeError::NotATime)
        }
        Value::String(text) => match parse_epoch(text.trim()) {
            Some(time) => Ok(time),
            None => parse_date_time(text.trim()),
        },
        _ => Err(ExpirationTimeError::NotATime),
    };
    time.map(Some)
}

/// Parses seconds or milliseconds since the Unix epoch. Their ranges do not overlap.
fn parse_epoch(number: &str) -> Option<Timestamp> {
    let since_epoch = if let Ok(integer) = number.parse() {
        match integer {
            integer if SECONDS.contains(&integer) => Duration::from_secs(integer),
            integer if MILLISECONDS.contains(&integer) => Duration::from_millis(integer),
            _ => return None,
        }
    } else {
        let number: f64 = number.parse().ok()?;
        let in_unit = |unit| Duration::try_from_secs_f64(number / unit).ok();
        in_unit(1.0)
            .filter(|time| SECONDS.contains(&time.as_secs()))
            .or_else(|| in_unit(1_000.0).filter(|time| SECONDS.contains(&time.as_secs())))?
    };
    Timestamp::new(i64::try_from(since_epoch.as_secs()).ok()?, since_epoch.subsec_nanos())
}

/// Parses a date and time in RFC 3339 format or in a similar format.
fn parse_date_time(text: &str) -> Result<Timestamp, ExpirationTimeError> {
    const NOT_A_TIME: ExpirationTimeError = ExpirationTimeError::NotATime;
    Timestamp::parse(text).or_else(|_| {
        let (date, rest) = text.split_at_checked("2026-11-22".len()).ok_or(NOT_A_TIME)?;
        let time = rest.strip_prefix(['T', 't', ' ']).ok_or(NOT_A_TIME)?;
        let zone = time.find(|character: char| !matches!(character, '0'..='9' | ':' | '.'));
        let (time, zone) = time.split_at(zone.unwrap_or(time.len()));
        let seconds = if time.len() == "20:15".len() { ":00" } else { "" };
        let parse = |offset: &str| Timestamp::parse(&[date, "T", time, seconds, offset].concat());
        let zone = zone.trim_start();
        if zone.is_empty() {
            let is_time = parse("Z").is_ok();
            return Err(if is_time { ExpirationTimeError::NoTimeZone } else { NOT_A_TIME });
        }
        rfc_3339_offset(zone).and_then(|offset| parse(&offset).ok()).ok_or(NOT_A_TIME)
    })
}

/// Converts `UTC`, `GMT` or an ISO 8601 offset to an RFC 3339 offset.
fn rfc_3339_offset(zone: &str) -> Option<String> {
    if matches!(zone, "Z" | "z" | "UTC" | "GMT") {
        return Some("Z".into());
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = match minutes.strip_prefix(':').unwrap_or(minutes) {
        "" if minutes.is_empty() => "00",
        minutes => minutes,
    };
    Some([sign, hours, ":", minutes].concat())
}

#[cfg(test)]
mod tests {
    use ivs_chat_proto::Timestamp;
    use serde_json::{Value, json};

    use super::{ExpirationTimeError, parse};

    /// 2026-11-22T10:00:00Z.
    const SECONDS: i64 = 1_795_341_600;

    fn parse_seconds(end: &Value) -> Result<Option<(i64, u32)>, ExpirationTimeError> {
        parse(end).map(|end| end.map(|time| (time.seconds(), time.nanoseconds())))
    }

    #[test]
    fn dates_and_times() {
        assert_eq!(Timestamp::parse("2026-11-22T10:00:00Z").map(Timestamp::seconds), Ok(SECONDS));
        for (end, nanoseconds) in [
            ("2026-11-22T10:00:00Z", 0),
            ("2026-11-22T10:00:00+00:00", 0),
            ("2026-11-22T10:00:00-00:00", 0),
            ("2026-11-22T10:00:00.000Z", 0),
            ("2026-11-22T10:00:00.25Z", 250_000_000),
            ("2026-11-22T10:00:00.123456+00:00", 123_456_000),
            ("2026-11-22T10:00:00.1234567Z", 123_456_700),
            ("2026-11-22T10:00:00.123456789Z", 123_456_789),
            ("2026-11-22T15:30:00+05:30", 0),
            ("2026-11-21T22:00:00.5-12:00", 500_000_000),
            ("2026-11-22t10:00:00z", 0),
            ("2026-11-22 10:00:00Z", 0),
            ("2026-11-22 10:00:00+00:00", 0),
            ("2026-11-22 12:00:00.123456+02:00", 123_456_000),
            ("2026-11-22 10:00:00 UTC", 0),
            ("2026-11-22 12:00:00 +0200", 0),
            ("2026-11-22T12:00:00+0200", 0),
            ("2026-11-22 12:00:00.5+02", 500_000_000),
            ("2026-11-22T10:00Z", 0),
            ("2026-11-22T11:00+01:00", 0),
            (" 2026-11-22T10:00:00Z\n", 0),
        ] {
            assert_eq!(parse_seconds(&json!(end)), Ok(Some((SECONDS, nanoseconds))), "{end}");
        }
    }

    #[test]
    fn numbers() {
        for (end, nanoseconds) in [
            (json!(1_795_341_600), 0),
            (json!(1_795_341_600.0), 0),
            (json!(1_795_341_600.25), 250_000_000),
            (json!(1_795_341_600_000_u64), 0),
            (json!(1_795_341_600_250_u64), 250_000_000),
            (json!(1_795_341_600_250.0), 250_000_000),
            (json!("1795341600"), 0),
            (json!("1795341600.5"), 500_000_000),
            (json!("1795341600250"), 250_000_000),
            (json!(" 1795341600000.0 "), 0),
            (json!("1.7953416e9"), 0),
            (serde_json::from_str("1.79534160025e12").unwrap(), 250_000_000),
        ] {
            assert_eq!(parse_seconds(&end), Ok(Some((SECONDS, nanoseconds))), "{end}");
        }
        for (end, expected) in [
            (json!(1_000_000_000), 1_000_000_000),
            (json!(9_999_999_999_u64), 9_999_999_999),
            (json!(1_000_000_000_000_u64), 1_000_000_000),
            (json!(9_999_999_999_999_u64), 9_999_999_999),
        ] {
            let found = parse(&end).map(|time| time.map(Timestamp::seconds));
            assert_eq!(found, Ok(Some(expected)), "{end}");
        }
    }

    #[test]
    fn absent() {
        assert_eq!(parse(&Value::Null), Ok(None));
        assert_eq!(parse(&Value::default()), Ok(None));
    }

    #[test]
    fn no_time_zone() {
        for end in [
            "2026-11-22T10:00:00",
            "2026-11-22 10:00:00",
            "2026-11-22 10:00:00.123456",
            "2026-11-22T10:00",
            "2026-11-22T10:00:00 ",
        ] {
            assert_eq!(parse(&json!(end)), Err(ExpirationTimeError::NoTimeZone), "{end}");
        }
    }

    #[test]
    fn not_a_time() {
        for end in [
            json!(""),
            json!("soon"),
            json!("AQICAHhP!#1"),
            json!("nan"),
            json!("inf"),
            json!("2026-11-22"),
            json!("2026-13-22T10:00:00"),
            json!("2026-11-22T25:00:00 UTC"),
            json!("2026-11-22_10:00:00Z"),
            json!("2026-11-22T10:00:00.1234567890Z"),
            json!("2026-11-22T10:00:00 CET"),
            json!("2026-11-22T10:00:00+"),
            json!("2026-11-22T10:00:00+1"),
            json!("2026-11-22T10:00:00+01:"),
            json!("2026-11-22T10:00:00+010"),
            json!("2026-11-22T10:00:00é"),
            json!("2026-11-2é"),
            json!("20261122100000"),
            json!(0),
            json!(-1_795_341_600),
            json!(3_600),
            json!(999_999_999),
            json!(10_000_000_000_u64),
            json!(999_999_999_999_u64),
            json!(10_000_000_000_000_u64),
            json!(10_000_000_000.5),
            json!(u64::MAX),
            json!(1e300),
            json!(true),
            json!([1_795_341_600]),
            json!({"seconds": 1_795_341_600}),
        ] {
            assert_eq!(parse(&end), Err(ExpirationTimeError::NotATime), "{end}");
        }
    }

    #[test]
    fn messages_are_one_line() {
        for error in [ExpirationTimeError::NoTimeZone, ExpirationTimeError::NotATime] {
            let message = error.to_string();
            assert!(
                !message.contains(char::is_control) && message.contains("unknown"),
                "{message}"
            );
        }
    }
}
