//! Is the response of `CreateChatToken` decoded in every form that servers use, without leaking the
//! token?

use ivs_chat_proto::client::TokenInfo;
use ivs_chat_proto::{
    ChatToken, ChatTokenErrorKind, DecodeErrorKind, ExpirationError, Timestamp, Token,
};
use serde_json::{Value, json};

/// 2026-11-22T10:00:00Z.
const SECONDS: i64 = 1_795_341_600;

fn parse(end: &Value) -> Result<Option<Timestamp>, ExpirationError> {
    let response = json!({ "token": "AQICAHhP", "sessionExpirationTime": end }).to_string();
    let token = ChatToken::decode_str(&response).expect("a token");
    let other = json!({ "tokenExpirationTime": end, "token": "AQICAHhP" }).to_string();
    let other = ChatToken::decode(other.as_bytes()).expect("a token");
    assert_eq!(token.session_expiration_time(), other.token_expiration_time());
    assert_eq!(other.session_expiration_time(), Ok(None));
    token.session_expiration_time()
}

fn parse_seconds(end: &Value) -> Result<Option<(i64, u32)>, ExpirationError> {
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
        assert_eq!(parse(&json!(end)), Err(ExpirationError::NoTimeZone), "{end}");
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
        assert_eq!(parse(&end), Err(ExpirationError::NotATime), "{end}");
    }
}

#[test]
fn info_is_relative_to_now() {
    let now = Timestamp::new(SECONDS, 0).expect("a time");
    let info = |response: &str| ChatToken::decode_str(response).expect("a token").info(now);
    let end = r#"{"token":"t","sessionExpirationTime":"2026-11-22T11:00:00Z"}"#;
    assert_eq!(info(end), TokenInfo::new().with_session_ms(3_600_000));
    assert_eq!(info(r#"{"token":"t","sessionExpirationTime":"soon"}"#), TokenInfo::new());
    assert_eq!(info(r#"{"token":"t"}"#), TokenInfo::new());
}

#[test]
fn tokens_with_escapes_are_decoded() {
    let response = r#" { "\u0074oken" : "AQIC\u002bHhP" , "more" : [{}] } "#;
    let token = ChatToken::decode_str(response).expect("a token");
    assert_eq!(token.token(), None);
    let mut buffer = [0; 9];
    assert_eq!(token.decode_token_into(&mut buffer), Ok(Token::new("AQIC+HhP").unwrap()));
    assert_eq!(token.decode_token_into(&mut buffer[..7]).unwrap_err().needed(), 8);
}

#[test]
fn invalid_responses_have_a_kind_and_an_offset() {
    use ChatTokenErrorKind::{DuplicateMember, InvalidToken, Json, MissingToken, WrongType};

    for (response, kind, offset) in [
        ("", Json(DecodeErrorKind::UnexpectedEnd), 0),
        (r#""AQICAHhP""#, Json(DecodeErrorKind::NotAnObject), 0),
        (r#"{"token":"t"}}"#, Json(DecodeErrorKind::TrailingBytes), 13),
        (r#"{"token":"t",}"#, Json(DecodeErrorKind::UnexpectedByte), 13),
        (r#"{"message":"Forbidden"}"#, MissingToken, 22),
        (r#"{"token":null}"#, WrongType, 9),
        (r#"{"token": {"t":1}}"#, WrongType, 10),
        (r#"{"token":""}"#, InvalidToken, 9),
        (r#"{"token":"two, tokens"}"#, InvalidToken, 9),
        (r#"{"token":"t","token":"t"}"#, DuplicateMember, 13),
        (r#"{"token":"t","tokenExpirationTime":1,"tokenExpirationTime":1}"#, DuplicateMember, 37),
    ] {
        for error in [
            ChatToken::decode_str(response).unwrap_err(),
            ChatToken::decode(response.as_bytes()).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.offset()), (kind, offset), "{response}");
            assert!(!error.to_string().contains("tokens"), "{error}");
        }
    }
    let invalid_utf8 = ChatToken::decode(b"{\"token\":\"\xff\"}").unwrap_err();
    assert_eq!(invalid_utf8.kind(), Json(DecodeErrorKind::InvalidUtf8));
    assert_eq!(invalid_utf8.offset(), 10);
}

#[test]
fn every_prefix_is_an_unexpected_end() {
    let response = r#" {"token":"AQIC\u002b","sessionExpirationTime":1795341600,"more":[{"a":1}]}"#;
    assert!(ChatToken::decode_str(response).is_ok());
    for length in 0..response.len() {
        let error = ChatToken::decode_str(&response[..length]).unwrap_err();
        let expected = ChatTokenErrorKind::Json(DecodeErrorKind::UnexpectedEnd);
        assert_eq!((error.kind(), error.offset()), (expected, length), "{}", &response[..length]);
    }
}

#[test]
fn debug_does_not_show_the_token() {
    let response = r#"{"token":"AQICAHhP","sessionExpirationTime":"AQICAHhP"}"#;
    let token = ChatToken::decode_str(response).expect("a token");
    let shown = format!("{token:?} {:?}", token.session_expiration_time());
    assert!(!shown.contains("AQIC"), "{shown}");
}
