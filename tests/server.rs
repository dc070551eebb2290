//! The server's side of a connection: known publishes with their expected verdicts.

use core::error::Error;
use core::mem::size_of;
use core::num::NonZeroU8;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::server::{Close, Config, Peer, Rejection, RejectionCause, RoomRateLimiter};
use ivs_chat_proto::subscribe::{Event, EventKind, Subscribe, SystemEvent};
use ivs_chat_proto::{
    Capabilities, Capability, CloseReason, DecodeErrorKind, ErrorCode, Field, Instant, Token,
};

const NOW: Instant = Instant::from_millis(1_000);

const fn config() -> Config {
    Config::new().with_capabilities(Capabilities::ALL)
}

fn json(payload: Subscribe<'_>) -> String {
    String::from_utf8(payload.encode(&mut [0; 512]).unwrap().into()).unwrap()
}

/// Returns the `ErrorCode`, `ErrorMessage` and `RequestId` of the error that answers a publish,
/// after a round trip through the encoder and the decoder.
fn rejected(peer: &mut Peer, now: Instant, message: &str) -> (u16, String, Option<String>) {
    let rejection = peer.handle_message(now, message.as_bytes()).expect_err(message);
    let mut buffer = [0; 512];
    let encoded = rejection.error.encode(&mut buffer).unwrap();
    let Ok(Subscribe::Error(error)) = Subscribe::decode(encoded) else {
        panic!("no error: {encoded:?}")
    };
    assert_eq!(error, rejection.error);
    let error_message = error.error_message.unwrap().to_string();
    assert!(
        matches!(rejection.cause, RejectionCause::NotDecoded(_))
            || error_message == rejection.cause.to_string()
    );
    (error.error_code.as_u16(), error_message, error.request_id.map(|id| id.to_string()))
}

#[test]
fn each_rejection_has_its_code_message_and_request_id() {
    let long =
        format!(r#"{{"Action":"SEND_MESSAGE","RequestId":"r","Content":"{}"}}"#, "é".repeat(501));
    let large = format!(
        r#"{{"Action":"SEND_MESSAGE","RequestId":"r","Content":"hi","X":"{}"}}"#,
        "x".repeat(16 << 10)
    );
    let limited = config().with_max_code_points(5);
    let guest = config().with_capabilities(Capabilities::NONE);
    for (config, message, code, error_message, request_id) in [
        (config(), "", 400, "request is not valid JSON", None),
        (
            config(),
            r#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"hi""#,
            400,
            "request is not valid JSON",
            Some("r"),
        ),
        (config(), r#"{"RequestId":"r","Action":"JOIN"}"#, 400, "unknown Action", Some("r")),
        (config(), r#"{"RequestId":"r"}"#, 400, "a required field is missing", Some("r")),
        (
            config(),
            r#"{"Type":"EVENT","EventName":"PING"}"#,
            400,
            "a required field is missing",
            None,
        ),
        (
            config(),
            r#"{"Action":"SEND_MESSAGE","REQUESTID":"r"}"#,
            400,
            "a required field is missing",
            Some("r"),
        ),
        (
            config(),
            r#"{"Action":"DELETE_MESSAGE","Id":7,"RequestId":"r"}"#,
            400,
            "a field is invalid",
            Some("r"),
        ),
        (
            config(),
            r#"{"Action":"SEND_MESSAGE","Content":"","RequestId":"r"}"#,
            400,
            "Message is empty",
            Some("r"),
        ),
        (config(), &long, 400, "Message exceeds maximum length", Some("r")),
        (
            limited,
            r#"{"Action":"SEND_MESSAGE","Content":"hello!","RequestId":"r"}"#,
            400,
            "Message exceeds maximum length",
            Some("r"),
        ),
        (
            guest,
            r#"{"Action":"SEND_MESSAGE","Content":"hi","RequestId":"r"}"#,
            403,
            "SEND_MESSAGE is not permitted",
            Some("r"),
        ),
        (
            guest,
            r#"{"Action":"DELETE_MESSAGE","Id":"m","RequestId":"r"}"#,
            403,
            "DELETE_MESSAGE is not permitted",
            Some("r"),
        ),
        (
            guest,
            r#"{"Action":"DISCONNECT_USER","UserId":"u","RequestId":"r"}"#,
            403,
            "DISCONNECT_USER is not permitted",
            Some("r"),
        ),
        (guest, &long, 403, "SEND_MESSAGE is not permitted", Some("r")),
        (config(), &large, 413, "request is too large", Some("r")),
    ] {
        let expected = (code, error_message.to_string(), request_id.map(str::to_string));
        assert_eq!(rejected(&mut Peer::new(NOW, config), NOW, message), expected, "{message}");
    }
}

#[test]
fn the_first_failing_check_determines_the_cause() {
    let mut config = Config::new()
        .with_max_code_points(1)
        .with_max_bytes(10)
        .with_requests_per_second(NonZeroU8::new(1))
        .with_session_ms(5);
    let message = br#"{"Action":"SEND_MESSAGE","Content":"hi"}"#;
    let cause = |config, now| {
        Peer::new(Instant::from_millis(0), config)
            .handle_message(Instant::from_millis(now), message)
            .map_err(|rejection| rejection.cause)
    };
    assert_eq!(cause(config, 5), Err(RejectionCause::Expired));
    assert_eq!(cause(config, 4), Err(RejectionCause::NotPermitted(Capability::SendMessage)));
    config.capabilities = Capabilities::ALL;
    assert_eq!(cause(config, 4), Err(RejectionCause::ContentTooLong));
    config.max_code_points = 2;
    assert_eq!(cause(config, 4), Err(RejectionCause::TooLarge));
    config.max_bytes = message.len();
    assert!(cause(config, 4).is_ok());
    // Decoding comes first, even after the end of the session.
    let error = Peer::new(Instant::from_millis(0), config)
        .handle_message(Instant::from_millis(9), b"{}")
        .unwrap_err();
    let RejectionCause::NotDecoded(error) = error.cause else { panic!() };
    assert_eq!(error.kind(), DecodeErrorKind::MissingField(Field::Action));
    // The length of the content is checked after the session and the capability, even if it is
    // invalid in every room.
    let empty = br#"{"Action":"SEND_MESSAGE","Content":""}"#;
    assert_eq!(
        Peer::new(Instant::from_millis(0), config)
            .handle_message(Instant::from_millis(9), empty)
            .unwrap_err()
            .cause,
        RejectionCause::Expired
    );
}

#[test]
fn at_most_ten_requests_per_second_are_accepted_and_rejected_ones_do_not_count() {
    let mut peer = Peer::new(Instant::from_millis(0), config());
    let message = br#"{"Action":"DELETE_MESSAGE","Id":"m","RequestId":"r"}"#;
    for now in 0..10 {
        assert!(peer.handle_message(Instant::from_millis(now), b"{}").is_err());
        assert!(peer.handle_message(Instant::from_millis(now), message).is_ok());
    }
    let rejection = peer.handle_message(Instant::from_millis(999), message).unwrap_err();
    assert_eq!(
        rejection.cause,
        RejectionCause::TooManyRequests { retry_at: Instant::from_millis(1_000) }
    );
    assert_eq!(rejection.error.error_message.unwrap(), "rate limit exceeded");
    // The error about a deletion has the `Id` of the message.
    assert_eq!(
        (rejection.error.id.unwrap(), rejection.error.request_id.unwrap()),
        ("m".into(), "r".into())
    );
    assert!(peer.handle_message(Instant::from_millis(1_000), message).is_ok());
    assert!(peer.handle_message(Instant::from_millis(1_000), message).is_err());
}

#[test]
fn the_room_limits_messages_only() {
    let mut room = RoomRateLimiter::new(NonZeroU8::MIN.saturating_add(199));
    let send = Publish::decode(br#"{"Action":"SEND_MESSAGE","Content":"hi"}"#).unwrap();
    let delete = Publish::decode(br#"{"Action":"DELETE_MESSAGE","Id":"m"}"#).unwrap();
    assert_eq!((0..200).filter(|_| room.check(NOW, &send).is_ok()).count(), 100);
    assert!(room.check(NOW, &delete).is_ok());
    assert!(room.check(NOW + core::time::Duration::from_secs(1), &send).is_ok());
}

#[test]
fn names_match_in_any_case_and_unknown_members_are_ignored() {
    let mut peer = Peer::new(NOW, config());
    let publish = peer
        .handle_message(
            NOW,
            br#"{"ACTION":"DISCONNECT_USER","userId":"bo","rEaSoN":"spam","Type":[1]}"#,
        )
        .unwrap();
    let Publish::DisconnectUser(disconnect) = publish else { panic!() };
    assert_eq!((disconnect.user_id, disconnect.reason.unwrap()), ("bo".into(), "spam".into()));
}

#[test]
fn message_review_states_its_reason() {
    let publish =
        Publish::decode(br#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"hi"}"#).unwrap();
    let rejection = Rejection::not_acceptable(&publish, Some("be nice".into()));
    assert_eq!(
        json(Subscribe::from(rejection.error)),
        r#"{"ErrorCode":406,"ErrorMessage":"be nice","RequestId":"r","Type":"ERROR"}"#
    );
    assert_eq!(
        Rejection::not_acceptable(&publish, None).error.error_message.unwrap(),
        "rejected by message review"
    );
}

#[test]
fn the_session_ends_after_60_minutes_by_default() {
    let peer = Peer::new(NOW, config());
    assert_eq!(peer.expires_at(), Instant::from_millis(3_601_000));
    assert_eq!(
        json(Subscribe::from(Rejection::expired().error)),
        r#"{"ErrorCode":401,"ErrorMessage":"connection expired","RequestId":"","Type":"ERROR"}"#
    );
    let CloseReason::Error { error_code, .. } = CloseReason::parse(Close::EXPIRED.reason()) else {
        panic!()
    };
    assert_eq!(error_code, Some(ErrorCode::UNAUTHORIZED));
}

#[test]
fn a_close_reason_is_truncated_to_fit_its_frame() {
    for (reason, length) in [
        ("", 0),
        ("spam", 4),
        (&"é".repeat(61), 122),
        (&"é".repeat(62), 122),
        (&"x".repeat(124), 123),
    ] {
        let close = Close::disconnected(reason);
        assert_eq!((close.code(), close.reason().len()), (1000, length));
        assert!(reason.starts_with(close.reason()));
    }
}

#[test]
fn events_carry_the_request_id_of_the_request() {
    let mut peer = Peer::new(NOW, config());
    let Ok(Publish::DeleteMessage(delete)) = peer.handle_message(
        NOW,
        br#"{"Action":"DELETE_MESSAGE","RequestId":"r-1","Id":"m1","Reason":"spam"}"#,
    ) else {
        panic!()
    };
    let deletion = SystemEvent::delete_message(delete.id, delete.reason);
    let mut event = Event::system("e1", &deletion, "2026-11-22T10:00:00Z");
    event.request_id = delete.request_id;
    let encoded = json(Subscribe::from(event));
    let Ok(Subscribe::Event(event)) = Subscribe::decode_str(&encoded) else { panic!() };
    assert_eq!(event.request_id.unwrap(), "r-1");
    assert_eq!(
        event.kind(),
        EventKind::DeletedMessage { message_id: "m1".into(), reason: Some("spam".into()) }
    );
}

#[test]
fn the_subprotocol_is_echoed() {
    // A browser offers the token for `new WebSocket(url, token)` and expects it in the answer.
    let offered = "lobby.astrid!#1";
    assert_eq!(Token::new(offered).unwrap().header_value(), offered);
}

#[test]
fn sizes_are_bounded() {
    assert!(size_of::<Peer>() <= 128);
    assert!(size_of::<RoomRateLimiter>() <= 816);
}

#[test]
fn rejections_and_their_causes_are_errors() {
    let mut peer = Peer::new(NOW, Config::new());
    let message = br#"{"Action":"DELETE_MESSAGE","Id":"m"}"#;
    let rejection = peer.handle_message(NOW, message).unwrap_err();
    let error: &dyn Error = &rejection;
    assert_eq!(error.to_string(), "403 Forbidden: DELETE_MESSAGE is not permitted");
    assert!(error.source().is_none(), "the cause would be displayed twice");
    let error: Box<dyn Error> = rejection.cause.into();
    assert_eq!(error.to_string(), "DELETE_MESSAGE is not permitted");

    // A decode error is displayed with its offset, which the client does not receive.
    let rejection = peer.handle_message(NOW, b"{").unwrap_err();
    let RejectionCause::NotDecoded(decode_error) = rejection.cause else { panic!() };
    assert_eq!(rejection.to_string(), format!("400 Bad Request: {decode_error}"));
    assert_eq!(rejection.error.error_message.unwrap(), "request is not valid JSON");
    assert!(rejection.cause.source().is_none());

    // Neither a reason for the client nor an unlisted code hides the cause.
    let publish = Publish::decode(message).unwrap();
    let mut rejection = Rejection::not_acceptable(&publish, Some("be nice".into()));
    assert_eq!(rejection.to_string(), "406 Not Acceptable: rejected by message review");
    rejection.error.error_code = ErrorCode::new(499);
    assert_eq!(rejection.to_string(), "499: rejected by message review");
}

#[test]
fn each_setter_sets_its_field_and_no_other() {
    const CONFIG: Config = Config::new()
        .with_capabilities(Capabilities::ALL)
        .with_session_ms(1)
        .with_max_code_points(2)
        .with_max_bytes(3)
        .with_requests_per_second(None);
    let mut expected = Config::new();
    expected.capabilities = Capabilities::ALL;
    expected.session_ms = 1;
    expected.max_code_points = 2;
    expected.max_bytes = 3;
    expected.requests_per_second = None;
    assert_eq!(CONFIG, expected);
}
