//! The model of the server side of a connection.
//!
//! [`PeerCheck`] gives each message to a [`Peer`] and compares the result with the documented
//! rules. `serde_json` reads the messages for the model.
//!
//! # Invariants
//!
//! - A publish is accepted if all of these conditions hold:
//!   - It is JSON with an action and the members of that action.
//!   - The session has not ended.
//!   - The token permits the action.
//!   - The content has at least one code point and at most the configured number.
//!   - The message is not too large.
//!   - The rate limit is not reached.
//! - An accepted publish has the values of its JSON. It is accepted again in its encoded form.
//! - Otherwise the first condition that fails is the cause of the rejection. The error has the code
//!   of the cause, the `RequestId` if it precedes the error in the JSON, and the `Id` of the
//!   message to delete. It is unchanged after encoding and decoding. The peer is unchanged.
//! - Member names are read in any ASCII case.

#![allow(dead_code, reason = "each driver uses a part")]

use core::num::NonZeroU8;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::server::{Close, Config, Peer, Rejection, RejectionCause, RoomRateLimiter};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Attributes, Capabilities, Capability, CloseReason, ErrorCode, Instant, Text};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The separator of two messages.
pub(crate) const SEPARATOR: u8 = 0xff;
const WINDOW_MS: u64 = 1_000;
/// The steps of the clock between two messages.
const STEPS_MS: [u64; 16] =
    [0, 0, 0, 1, 2, 99, 100, 101, 333, 499, 500, 998, 999, 1_000, 1_001, 60_000];

/// The members that `serde_json` reads before the end or the first error of a message.
#[derive(Debug, Default)]
struct Reading {
    members: Vec<(String, Value)>,
    request_id: Option<String>,
    is_whole: bool,
}

impl Reading {
    fn new(message: &[u8]) -> Self {
        let mut reading = Self::default();
        let mut deserializer = serde_json::Deserializer::from_slice(message);
        let is_object = reading.deserialize(&mut deserializer).is_ok();
        reading.is_whole = is_object && deserializer.end().is_ok();
        reading
    }

    fn all(&self, name: &str) -> Vec<&Value> {
        let named = self.members.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value).collect()
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.all(name)[..] {
            [Value::String(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns `true` if the member is absent, `null`, or occurs once and satisfies `is_valid`.
    fn has_at_most_one(&self, name: &str, is_valid: impl Fn(&Value) -> bool) -> bool {
        match self.all(name)[..] {
            [] => true,
            [value] => value.is_null() || is_valid(value),
            _ => false,
        }
    }

    /// Returns the action, if the message has all members of that action.
    fn action(&self) -> Option<Capability> {
        let are_strings = |value: &Value| {
            value.as_object().is_some_and(|object| object.values().all(Value::is_string))
        };
        let action = Capability::from_name(self.text("Action")?)?;
        let has_members = match action {
            Capability::SendMessage => {
                self.text("Content").is_some() && self.has_at_most_one("Attributes", are_strings)
            }
            Capability::DeleteMessage => {
                self.text("Id").is_some() && self.has_at_most_one("Reason", Value::is_string)
            }
            Capability::DisconnectUser => {
                self.text("UserId").is_some() && self.has_at_most_one("Reason", Value::is_string)
            }
            other => panic!("{other}"),
        };
        (self.is_whole && has_members && self.has_at_most_one("RequestId", Value::is_string))
            .then_some(action)
    }

    /// Returns `true` for a message whose content length is never valid, even if an error follows.
    fn has_invalid_content_length(&self) -> bool {
        let contents = self.all("Content");
        let length = contents
            .first()
            .and_then(|content| content.as_str())
            .map(|content| content.chars().count());
        self.all("Action").first().is_none_or(|action| *action == "SEND_MESSAGE")
            && length.is_some_and(|length| !(1..=500).contains(&length))
    }
}

impl<'de> DeserializeSeed<'de> for &mut Reading {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reading {
    type Value = ();

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut is_named = false;
        while let Some(name) = map.next_key::<String>()? {
            let value: Value = map.next_value()?;
            if name.eq_ignore_ascii_case("RequestId") && !is_named {
                is_named = true;
                self.request_id = value.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
            }
            self.members.push((name, value));
        }
        Ok(())
    }
}

/// A peer and the state that its documentation describes.
struct PeerCheck {
    peer: Peer,
    config: Config,
    now: u64,
    /// The times of the requests accepted in the last second.
    accepted: Vec<u64>,
    room: RoomRateLimiter,
    per_second: NonZeroU8,
    /// The times of the messages that the rate limiter accepted in the last second.
    taken: Vec<u64>,
}

/// Returns the first time at which fewer than `limit` times lie in the last second, if not now.
fn retry_at(times: &[u64], limit: usize, now: u64) -> Option<u64> {
    let is_free =
        |moment: u64| times.iter().filter(|time| **time + WINDOW_MS > moment).count() < limit;
    if is_free(now) {
        return None;
    }
    times.iter().map(|time| time + WINDOW_MS).filter(|moment| is_free(*moment)).min()
}

/// Checks a connection whose configuration, messages and clock are derived from the bytes.
pub(crate) fn any_bytes(bytes: &[u8]) {
    let Some((&[permitted, session, length, size, rate, room], script)) = bytes.split_first_chunk()
    else {
        return;
    };
    let mut config = Config::new();
    let is_permitted = |place: &usize| permitted & 1 << place != 0;
    let permits = (0..3).filter(is_permitted).map(|place| Capability::ALL[place]);
    config.capabilities = permits.collect::<Capabilities>();
    config.session_ms = u32::from(session) * 100;
    config.max_code_points = u16::from(length) * 4;
    config.max_bytes = usize::from(size) * 8;
    config.requests_per_second = NonZeroU8::new(rate);
    let per_second = NonZeroU8::new(room).unwrap_or(NonZeroU8::MIN);
    let start = Instant::from_millis(5);
    let mut check = PeerCheck {
        peer: Peer::new(start, config),
        config,
        now: start.as_millis(),
        accepted: Vec::new(),
        room: RoomRateLimiter::new(per_second),
        per_second,
        taken: Vec::new(),
    };
    assert_eq!(
        (check.peer.config(), check.peer.expires_at()),
        (&config, start + core::time::Duration::from_millis(config.session_ms.into()))
    );
    for message in script.split(|byte| *byte == SEPARATOR) {
        let Some((&how, message)) = message.split_first() else { continue };
        let reading = Reading::new(message);
        for _ in 0..=how / 16 {
            check.now += STEPS_MS[usize::from(how % 16)];
            let is_recent = |time: &u64| time + WINDOW_MS > check.now;
            check.accepted.retain(is_recent);
            check.taken.retain(is_recent);
            check.receive(message, &reading);
        }
        check_close_reason(message);
    }
}

impl PeerCheck {
    /// Returns the code of the error that answers a message, if any, and an alternative code.
    fn expected(&self, message: &[u8], reading: &Reading) -> (Option<u16>, Option<u16>) {
        let session = |capability| {
            if self.now >= self.peer.expires_at().as_millis() {
                Some(401)
            } else if self.config.capabilities.permits(capability) {
                None
            } else {
                Some(403)
            }
        };
        let Some(action) = reading.action() else {
            // With several errors, the first one in the message decides.
            let is_message = reading.has_invalid_content_length();
            return (Some(400), is_message.then(|| session(Capability::SendMessage)).flatten());
        };
        let most = usize::from(self.config.max_code_points).min(500);
        let length = reading.text("Content").map_or(0, |content| content.chars().count());
        let limit = self
            .config
            .requests_per_second
            .map_or(usize::MAX, |limit| usize::from(limit.get()).min(10));
        let code = session(action)
            .or_else(|| {
                (action == Capability::SendMessage && !(1..=most).contains(&length)).then_some(400)
            })
            .or_else(|| (message.len() > self.config.max_bytes).then_some(413))
            .or_else(|| retry_at(&self.accepted, limit, self.now).map(|_| 429));
        (code, None)
    }

    fn receive(&mut self, message: &[u8], reading: &Reading) {
        let (expected, instead) = self.expected(message, reading);
        let before = self.peer.clone();
        let now = Instant::from_millis(self.now);
        match self.peer.handle_message(now, message) {
            Ok(publish) => {
                assert_eq!(expected, None, "accepted: {publish:?}");
                self.accepted.push(self.now);
                check_values(&publish, reading);
                self.check_encoded_form(&publish, message);
                self.check_room_rate(&publish);
            }
            Err(rejection) => {
                let code = Some(rejection.error.error_code.as_u16());
                assert!(
                    code == expected || instead.is_some() && code == instead,
                    "{rejection:?}, but {expected:?}"
                );
                self.check_rejection(&rejection, reading);
                assert!(self.peer == before, "a rejected publish changed the peer");
            }
        }
        // A clock that steps back must not panic.
        let _ = before.clone().handle_message(Instant::from_millis(self.now / 2), message);
    }

    /// Checks that a new connection accepts the encoded form of an accepted publish.
    fn check_encoded_form(&self, publish: &Publish<'_>, message: &[u8]) {
        let mut buffer = vec![0; publish.encoded_len()];
        let encoded = publish.encode(&mut buffer).expect("a buffer of encoded_len");
        assert!(encoded.len() <= message.len(), "longer than the received form: {publish:?}");
        let mut peer = Peer::new(Instant::from_millis(self.now), self.config);
        let again = peer.handle_message(Instant::from_millis(self.now), encoded);
        assert_eq!(again.map_err(|rejection| rejection.cause), Ok(*publish));
    }

    /// Checks that the rate limiter limits messages, and no other requests.
    fn check_room_rate(&mut self, publish: &Publish<'_>) {
        let now = Instant::from_millis(self.now);
        let is_message = matches!(publish, Publish::SendMessage(_));
        let limit = usize::from(self.per_second.get()).min(100);
        let expected = retry_at(&self.taken, limit, self.now).filter(|_| is_message);
        match self.room.check(now, publish) {
            Ok(()) => {
                assert_eq!(expected, None);
                if is_message {
                    self.taken.push(self.now);
                }
            }
            Err(rejection) => {
                let retry_at = Instant::from_millis(expected.expect("a reason"));
                assert_eq!(rejection, Rejection::too_many_requests(publish, retry_at));
                check_identifiers(&rejection, publish);
            }
        }
        let reason = publish.request_id();
        let rejection = Rejection::not_acceptable(publish, reason);
        assert_eq!(
            (rejection.cause, rejection.error.error_code),
            (RejectionCause::NotAcceptable, ErrorCode::NOT_ACCEPTABLE)
        );
        assert!(reason.is_none() || rejection.error.error_message == reason);
        check_identifiers(&rejection, publish);
    }

    /// Checks the code and the identifiers of an error.
    fn check_rejection(&self, rejection: &Rejection<'_>, reading: &Reading) {
        let error = &rejection.error;
        let code = match rejection.cause {
            RejectionCause::NotDecoded(_) | RejectionCause::ContentTooLong => 400,
            RejectionCause::Expired => 401,
            RejectionCause::NotPermitted(capability) => {
                assert!(!self.config.capabilities.permits(capability));
                assert!(reading.action().is_none_or(|action| action == capability));
                403
            }
            RejectionCause::TooLarge => 413,
            RejectionCause::TooManyRequests { retry_at: moment } => {
                let limit = self.config.requests_per_second.expect("a limit");
                let expected = retry_at(&self.accepted, usize::from(limit.get()).min(10), self.now);
                assert_eq!(Some(moment.as_millis()), expected);
                429
            }
            other => panic!("{other}"),
        };
        assert_eq!(error.error_code, code);
        assert_eq!(error.request_id.map(|name| name.to_string()), reading.request_id);
        let is_delete = reading.action() == Some(Capability::DeleteMessage);
        let id = reading.text("Id").filter(|_| is_delete);
        assert_eq!(error.id.map(|id| id.to_string()).as_deref(), id);
        check_round_trip(rejection);
    }
}

/// Checks that a publish has the values of its JSON.
fn check_values(publish: &Publish<'_>, reading: &Reading) {
    let is = |text: Option<Text<'_>>, name: &str| {
        assert_eq!(text.map(|text| text.to_string()).as_deref(), reading.text(name), "{name}");
    };
    assert_eq!(Some(publish.required_capability()), reading.action());
    assert_eq!(publish.request_id().map(|name| name.to_string()), reading.request_id);
    match publish {
        Publish::SendMessage(send) => {
            is(Some(send.content.text()), "Content");
            let attributes = reading.all("Attributes");
            let expected = attributes.first().and_then(|value| value.as_object());
            let names = expected.into_iter().flatten();
            let last = |attributes: Attributes<'_>, name: &str| {
                attributes.get(name).map(|value| value.to_string())
            };
            assert!(
                names
                    .clone()
                    .all(|(name, value)| last(send.attributes, name).as_deref() == value.as_str())
            );
            assert!(
                send.attributes
                    .iter()
                    .all(|(name, _)| names.clone().any(|(other, _)| name == **other))
            );
        }
        Publish::DeleteMessage(delete) => {
            is(Some(delete.id), "Id");
            is(delete.reason, "Reason");
        }
        Publish::DisconnectUser(disconnect) => {
            is(Some(disconnect.user_id), "UserId");
            is(disconnect.reason, "Reason");
        }
        other => panic!("{other:?}"),
    }
}

/// Checks that an error names the identifiers of this publish.
fn check_identifiers(rejection: &Rejection<'_>, publish: &Publish<'_>) {
    let id = if let Publish::DeleteMessage(delete) = publish { Some(delete.id) } else { None };
    assert_eq!((rejection.error.request_id, rejection.error.id), (publish.request_id(), id));
    check_round_trip(rejection);
}

/// Checks that an error is unchanged after encoding and decoding.
fn check_round_trip(rejection: &Rejection<'_>) {
    assert!(!rejection.cause.to_string().is_empty());
    let mut buffer = vec![0; rejection.error.encoded_len()];
    let encoded = rejection.error.encode(&mut buffer).expect("a buffer of encoded_len");
    assert!(serde_json::from_slice::<IgnoredAny>(encoded).is_ok());
    match Subscribe::decode(encoded) {
        Ok(Subscribe::Error(error)) => assert_eq!(error, rejection.error),
        other => panic!("{other:?}"),
    }
}

/// Checks that a close frame carries as much of any reason as fits.
fn check_close_reason(reason: &[u8]) {
    let Ok(reason) = core::str::from_utf8(reason) else { return };
    let close = Close::disconnected(reason);
    assert_eq!(close.code(), 1000);
    assert!(reason.starts_with(close.reason()) && close.reason().len() <= 123);
    let next = reason[close.reason().len()..].chars().next();
    assert!(
        next.is_none_or(|next| close.reason().len() + next.len_utf8() > 123),
        "the reason was cut too short"
    );
    let _ = CloseReason::parse(close.reason());
}
