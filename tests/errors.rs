//! What does each error say, and does it leak what the remote side sent?

mod vectors;

use std::collections::BTreeMap;

use ivs_chat_proto::client::{
    Client, Config, ConnectionState, DisconnectReason, FetchError, Outcome, SendError,
    SendErrorKind,
};
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::{ServiceError, Subscribe};
use ivs_chat_proto::{
    BufferTooSmall, Capability, Content, ContentLengthError, DecodeError, DecodeErrorKind as Kind,
    Endpoint, ErrorCode, Field, Instant, SendTime, Token,
};

/// Each kind, its name, its wording, and its field.
const KINDS: [(Kind, &str, &str, Option<Field>); 17] = [
    (Kind::UnexpectedEnd, "UnexpectedEnd", "unexpected end", None),
    (Kind::UnexpectedByte, "UnexpectedByte", "unexpected byte", None),
    (Kind::InvalidUtf8, "InvalidUtf8", "invalid UTF-8", None),
    (Kind::ByteOrderMark, "ByteOrderMark", "byte order mark", None),
    (Kind::ControlCharacter, "ControlCharacter", "control character in a string", None),
    (Kind::InvalidEscape, "InvalidEscape", "invalid escape", None),
    (Kind::LoneSurrogate, "LoneSurrogate", "lone surrogate", None),
    (Kind::NumberOutOfRange, "NumberOutOfRange", "number out of range", None),
    (Kind::NestedTooDeep, "NestedTooDeep", "nested too deep", None),
    (Kind::TrailingBytes, "TrailingBytes", "trailing bytes", None),
    (Kind::NotAnObject, "NotAnObject", "not an object", None),
    (Kind::MissingField(Field::Id), "MissingField", "Id is missing", Some(Field::Id)),
    (
        Kind::DuplicateField(Field::SendTime),
        "DuplicateField",
        "SendTime occurs twice",
        Some(Field::SendTime),
    ),
    (
        Kind::WrongType(Field::Sender),
        "WrongType",
        "invalid type for Sender: expected an object",
        Some(Field::Sender),
    ),
    (Kind::UnknownAction, "UnknownAction", "unknown Action", Some(Field::Action)),
    (Kind::EmptyContent, "EmptyContent", "Content is empty", Some(Field::Content)),
    (Kind::ContentTooLong, "ContentTooLong", "Content is too long", Some(Field::Content)),
];

#[test]
fn kinds_have_a_fixed_wording() {
    for (kind, name, wording, field) in KINDS {
        assert_eq!(kind.to_string(), wording);
        assert_eq!(kind.name(), name);
        assert!(format!("{kind:?}").starts_with(name));
        assert_eq!(kind.field(), field);
    }
}

#[test]
fn vectors_have_an_error_of_every_kind() {
    let mut seen: BTreeMap<_, usize> = KINDS.iter().map(|(_, name, ..)| (*name, 0)).collect();
    let errors = vectors::subscribe().into_iter().filter_map(|vector| vector.value.err());
    for (kind, _) in
        errors.chain(vectors::publish().into_iter().filter_map(|vector| vector.value.err()))
    {
        *seen.get_mut(kind.name()).expect("a kind of the list") += 1;
    }
    assert!(seen.values().all(|times| *times > 0), "{seen:?}");
}

#[test]
fn errors_have_a_fixed_wording() {
    let error = Subscribe::decode(br#"{"Type":"EVENT""#).unwrap_err();
    assert_eq!(error.to_string(), "unexpected end, at byte 15");
    let error = Publish::decode(br#"{"Action":"SEND_MESSAGE","content":""}"#).unwrap_err();
    assert_eq!(error.to_string(), "Content is empty, at byte 35");
    assert_eq!(
        Content::new("").unwrap_err().to_string(),
        "invalid content length: expected 1 to 500 code points, found 0"
    );
    let error = ServiceError::new(ErrorCode::FORBIDDEN).encode(&mut []).unwrap_err();
    assert_eq!(error.to_string(), "buffer too small: 47 bytes are needed");
    assert_eq!(
        Token::new("a b").unwrap_err().to_string(),
        "invalid token: expected an HTTP token character, at byte 1"
    );
    assert_eq!(
        Endpoint::new("").unwrap_err().to_string(),
        "invalid region: expected letters, digits, '-', '.', '_' or '~'"
    );
    assert_eq!(
        SendTime::from("now").parse().unwrap_err().to_string(),
        "invalid time: expected an RFC 3339 date and time"
    );
    assert_eq!(ErrorCode::from(418).to_string(), "418");
    assert_eq!(format!("{:?}", ErrorCode::FORBIDDEN), "ErrorCode(403 Forbidden)");
}

#[test]
fn client_has_a_fixed_wording() {
    use DisconnectReason as Reason;
    for (reason, wording) in [
        (Reason::NotWanted, "no connection is wanted"),
        (Reason::NoToken, "the token was refused"),
        (Reason::Refused(403), "the handshake was rejected with HTTP status 403"),
        (Reason::Closed(4000), "the connection was closed with code 4000"),
        (Reason::DisconnectedUser, "the user was disconnected"),
        (Reason::AttemptsExhausted, "too many attempts have failed"),
        (Reason::Unseeded, "the client has no seed"),
    ] {
        assert_eq!(reason.to_string(), wording);
        assert_eq!(
            ConnectionState::Disconnected(reason).to_string(),
            format!("disconnected: {wording}")
        );
    }
    assert_eq!(ConnectionState::Connecting.to_string(), "connecting");
    assert_eq!(ConnectionState::Connected.to_string(), "connected");
    for (outcome, wording) in [
        (Outcome::Confirmed, "confirmed"),
        (Outcome::Rejected(406.into()), "rejected: 406 Not Acceptable"),
        (Outcome::Assumed, "assumed to have succeeded"),
        (Outcome::Unknown, "unknown: it may or may not have been done"),
    ] {
        assert_eq!(outcome.to_string(), wording);
    }
    assert_eq!(FetchError::Permanent.to_string(), "the token was refused");
    assert_eq!(
        FetchError::Temporary { retry_after: None }.to_string(),
        "the token could not be fetched"
    );
    let retry_at = Instant::from_millis(5);
    for (kind, wording) in [
        (SendErrorKind::NotConnected, "not connected"),
        (SendErrorKind::Disconnecting, "disconnecting"),
        (
            SendErrorKind::NotPermitted(Capability::DeleteMessage),
            "the token does not permit DELETE_MESSAGE",
        ),
        (SendErrorKind::RequestIdInFlight, "a request with the same RequestId is in flight"),
        (SendErrorKind::TooManyInFlight, "too many requests in flight"),
        (SendErrorKind::TooManyRequests { retry_at }, "too many requests per second"),
    ] {
        assert_eq!(kind.to_string(), wording);
    }
    assert_eq!(retry_at.to_string(), "5 ms");
}

#[test]
fn errors_contain_no_remote_data_and_no_secrets() {
    for payload in
        [r#"{"Type":"ERROR","ErrorCode":"s3cret"}"#, r#"{"Type":"s3cret""#, r#"{"s3cret":"\x"}"#]
    {
        let error = Subscribe::decode_str(payload).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
    let token = Token::new("s3cret").expect("a token");
    assert!(!format!("{token:?} {token:#?}").contains("s3cret"));
    assert!(!format!("{:?}", Token::new("s3cret s3cret")).contains("s3cret"));
    // The seed makes RequestIds predictable.
    let client: Client = Client::new(Config::with_pings(), *b"s3cret s3cret 16");
    assert!(format!("{client:?}").contains("redacted"));
    assert!(!format!("{client:?}").contains(&u64::from_le_bytes(*b"s3cret s").to_string()));
}

#[test]
fn errors_implement_error() {
    fn is_error<E: core::error::Error + Copy + Send + Sync + 'static>() {}
    is_error::<DecodeError>();
    is_error::<Kind>();
    is_error::<BufferTooSmall>();
    is_error::<ContentLengthError>();
    is_error::<SendError<u32>>();
    is_error::<SendErrorKind>();
    is_error::<FetchError>();
}
