//! Checks the server's end of a connection, with every cause of rejection.

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::server::{Close, Config, Peer, Rejection, RejectionCause, RoomRateLimiter};
use ivs_chat_proto::{Capabilities, Capability, CloseReason, DecodeErrorKind, ErrorCode, Instant};

use super::{encodes, unknown};

/// Returns a point in time that is opaque to the optimizer.
fn at(millis: u64) -> Instant {
    Instant::from_millis(*unknown(&millis))
}

fn config() -> Config {
    let mut config = Config::new();
    config.capabilities =
        Capabilities::NONE.with(*unknown(&Capability::SendMessage)).with(Capability::DeleteMessage);
    config.session_ms = *unknown(&60_000);
    config.max_code_points = *unknown(&5);
    config.max_bytes = *unknown(&128);
    config.requests_per_second = (*unknown(&2)).try_into().ok();
    config
}

/// Returns `true` if a publish is rejected for this cause, with the expected error.
fn is_rejected(
    peer: &mut Peer,
    now: u64,
    message: &str,
    cause: fn(RejectionCause) -> bool,
    expected: &str,
) -> bool {
    let Err(rejection) = peer.handle_message(at(now), unknown(message.as_bytes())) else {
        return false;
    };
    cause(rejection.cause)
        && encodes(expected, rejection.error.encoded_len(), |buffer| rejection.error.encode(buffer))
}

pub fn peer() -> Option<bool> {
    let mut peer = Peer::new(at(0), *unknown(&config()));
    let send =
        r#"{"action":"SEND_MESSAGE","requestid":"r-\u0031","content":"h\u00e9j👋","new":[0]}"#;
    let publish = peer.handle_message(at(10), unknown(send.as_bytes())).ok()?;
    let delete = peer
        .handle_message(at(11), unknown(br#"{"Action":"DELETE_MESSAGE","Id":"m1"}"#.as_slice()))
        .ok()?;
    let expired =
        r#"{"ErrorCode":401,"ErrorMessage":"connection expired","RequestId":"","Type":"ERROR"}"#;
    let expires = Rejection::expired().error;
    Some(
        encodes(
            r#"{"Action":"SEND_MESSAGE","RequestId":"r-\u0031","Content":"h\u00e9j👋"}"#,
            publish.encoded_len(),
            |buffer| publish.encode(buffer),
        ) && delete.required_capability() == Capability::DeleteMessage
            && peer.expires_at() == at(60_000)
            && peer.config().max_bytes == 128
            && encodes(expired, expires.encoded_len(), |buffer| expires.encode(buffer)),
    )
}

/// The time of a publish, its payload, the cause of the rejection, and the encoded error.
type Case = (u64, &'static str, fn(RejectionCause) -> bool, &'static str);

pub fn rejects() -> Option<bool> {
    let mut peer = Peer::new(at(0), *unknown(&config()));
    let send = r#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"hej"}"#;
    let _ = peer.handle_message(at(1), unknown(send.as_bytes())).ok()?;
    let _ = peer.handle_message(at(1), unknown(send.as_bytes())).ok()?;
    let cases: [Case; 10] = [
        (
            2,
            r#"{"RequestId":"r","Action":"SEND_MESSAGE","Content":"\ud800"}"#,
            |cause| matches!(cause, RejectionCause::NotDecoded(error) if error.kind() == DecodeErrorKind::LoneSurrogate),
            r#"{"ErrorCode":400,"ErrorMessage":"request is not valid JSON","RequestId":"r","Type":"ERROR"}"#,
        ),
        (
            2,
            r#"{"Action":"JOIN"}"#,
            |cause| matches!(cause, RejectionCause::NotDecoded(error) if error.kind() == DecodeErrorKind::UnknownAction),
            r#"{"ErrorCode":400,"ErrorMessage":"unknown Action","RequestId":"","Type":"ERROR"}"#,
        ),
        (
            2,
            r#"{"Action":"DELETE_MESSAGE","RequestId":"r"}"#,
            |cause| matches!(cause, RejectionCause::NotDecoded(_)),
            r#"{"ErrorCode":400,"ErrorMessage":"a required field is missing","RequestId":"r","Type":"ERROR"}"#,
        ),
        (
            2,
            r#"{"Action":"SEND_MESSAGE","Content":7,"REQUESTID":"r"}"#,
            |cause| matches!(cause, RejectionCause::NotDecoded(_)),
            r#"{"ErrorCode":400,"ErrorMessage":"a field is invalid","RequestId":"r","Type":"ERROR"}"#,
        ),
        (
            2,
            r#"{"Action":"SEND_MESSAGE","Content":""}"#,
            |cause| matches!(cause, RejectionCause::NotDecoded(error) if error.kind() == DecodeErrorKind::EmptyContent),
            r#"{"ErrorCode":400,"ErrorMessage":"Message is empty","RequestId":"","Type":"ERROR"}"#,
        ),
        (
            2,
            r#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"hej hej"}"#,
            |cause| cause == RejectionCause::ContentTooLong,
            r#"{"ErrorCode":400,"ErrorMessage":"Message exceeds maximum length","RequestId":"r","Type":"ERROR"}"#,
        ),
        (
            60_000,
            r#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"hej"}"#,
            |cause| cause == RejectionCause::Expired,
            r#"{"ErrorCode":401,"ErrorMessage":"connection expired","RequestId":"r","Type":"ERROR"}"#,
        ),
        (
            2,
            r#"{"Action":"DISCONNECT_USER","RequestId":"r","UserId":"bo"}"#,
            |cause| cause == RejectionCause::NotPermitted(Capability::DisconnectUser),
            r#"{"ErrorCode":403,"ErrorMessage":"DISCONNECT_USER is not permitted","RequestId":"r","Type":"ERROR"}"#,
        ),
        (
            2,
            r#"{"Action":"DELETE_MESSAGE","RequestId":"r","Id":"m1","Reason":"so long a reason that it is more than the hundred and twenty-eight bytes"}"#,
            |cause| cause == RejectionCause::TooLarge,
            r#"{"ErrorCode":413,"ErrorMessage":"request is too large","Id":"m1","RequestId":"r","Type":"ERROR"}"#,
        ),
        (
            1_000,
            r#"{"Action":"DELETE_MESSAGE","RequestId":"r","Id":"m1"}"#,
            |cause| cause == RejectionCause::TooManyRequests { retry_at: at(1_001) },
            r#"{"ErrorCode":429,"ErrorMessage":"rate limit exceeded","Id":"m1","RequestId":"r","Type":"ERROR"}"#,
        ),
    ];
    for &(now, message, cause, expected) in unknown(cases.as_slice()) {
        if !is_rejected(&mut peer, now, message, cause, expected) {
            return None;
        }
    }
    Some(
        peer.handle_message(at(1_001), unknown(send.as_bytes())).is_ok()
            && peer.handle_message(at(0), unknown(b"\xff".as_slice())).is_err(),
    )
}

pub fn review() -> Option<bool> {
    let publish =
        unknown(br#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"hej"}"#.as_slice());
    let publish = Publish::decode(publish).ok()?;
    let silent = Rejection::not_acceptable(unknown(&publish), None);
    let reason =
        Rejection::not_acceptable(unknown(&publish), Some(unknown("say \"please\"").into()));
    let mut room = RoomRateLimiter::new((*unknown(&1)).try_into().ok()?);
    room.check(at(0), &publish).ok()?;
    let too_many = room.check(at(999), &publish).err()?;
    Some(
        silent.cause == RejectionCause::NotAcceptable
            && silent.error.error_message? == "rejected by message review"
            && encodes(
                r#"{"ErrorCode":406,"ErrorMessage":"say \"please\"","RequestId":"r","Type":"ERROR"}"#,
                reason.error.encoded_len(),
                |buffer| reason.error.encode(buffer),
            )
            && too_many == Rejection::too_many_requests(&publish, at(1_000))
            && room.check(at(1_000), &publish).is_ok(),
    )
}

pub fn closes() -> Option<bool> {
    let expired = unknown(&Close::EXPIRED);
    let CloseReason::Error { error_code, .. } = CloseReason::parse(expired.reason()) else {
        return None;
    };
    let long = unknown([b'x'; 200].as_slice());
    let long = core::str::from_utf8(long).ok()?;
    let cut = unknown("éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé");
    Some(
        error_code? == ErrorCode::UNAUTHORIZED
            && expired.code() == 1000
            && Close::disconnected(unknown("Kicked")).reason() == "Kicked"
            && Close::disconnected(long).reason().len() == 123
            && Close::disconnected(cut).reason().len() == 122,
    )
}
