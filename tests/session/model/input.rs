//! The inputs of a session and the payloads of its service.

use core::time::Duration;

use ivs_chat_proto::Capabilities;
use ivs_chat_proto::client::{
    CloseEvent, DisconnectReason, Outcome, Output, ReconnectAction, SendErrorKind,
};

use super::rules::is_closed_on_purpose;

pub(super) const MYSELF: &str = "astrid";
pub(super) const STRANGER: &str = "bela";

/// One input of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    /// A change of the clock alone.
    Clock(ClockStep),
    Connect,
    Disconnect,
    Token(FetchRef, TokenFields),
    TokenError(FetchRef, FetchFailure),
    Open(ConnectionRef),
    Close(ConnectionRef, CloseKind),
    Pong(ConnectionRef, PongKind),
    Message(ConnectionRef, Incoming),
    Send(RequestKind, RequestIdChoice, BufferSize),
    /// Abandons the n-th request in flight, or a nonexistent handle.
    Abandon(usize),
    PollOnce,
    /// Polls until `Wait`.
    Poll,
}

/// A change of the caller's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClockStep {
    /// Advances by this many milliseconds.
    By(u64),
    /// Advances to one millisecond before `Wait`.
    BeforeWait,
    /// Advances to this many milliseconds after `Wait`.
    AfterWait(u64),
    /// Steps back by this many milliseconds.
    Back(u64),
    /// Makes the next reading `u64::MAX`. The reading after it is correct again.
    OutlierReading,
}

/// The connection that an input names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ConnectionRef {
    Current,
    Draining,
    Connecting,
    /// The connection that closed last.
    Closed,
    /// A connection that never existed.
    Nonexistent,
}

/// The token fetch that an input answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FetchRef {
    Latest,
    Stale,
    Future,
}

/// The fields of a `TokenInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenFields {
    pub(crate) session_ms: Option<u64>,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) user_id: Option<&'static str>,
}

/// The failure of a token fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FetchFailure {
    Temporary,
    RetryAfter(u64),
    Permanent,
}

/// The end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CloseKind {
    Frame(u16),
    /// A close frame whose reason states expiry.
    Expired(u16, &'static str),
    Handshake(u16),
    Abnormal,
    RetryAfter(u16, u64),
    /// A close frame with code 1000 and the caller's own action.
    Action(ReconnectAction),
    /// A close frame whose reason states expiry, with the caller's action `End`.
    ExpiredButEnd,
}

/// The ping that a pong answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PongKind {
    /// The latest ping.
    Latest,
    /// The oldest unanswered ping.
    Oldest,
    /// A ping that is already answered.
    Answered,
    Wrong,
    Empty,
}

/// An incoming payload.
///
/// Numbers count the requests in flight, oldest first, or the payloads received, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Incoming {
    Echo(usize),
    EscapedEcho(usize),
    /// An echo from another user.
    StrangerEcho(usize),
    /// Has the `RequestId`, but is a message instead of an event, or an event instead of a message.
    OtherKind(usize),
    /// Has the `RequestId`, but another target.
    OtherTarget(usize),
    /// The event for the request's target, without a `RequestId`.
    TargetEvent(usize),
    ErrorFor(usize, u16),
    /// Has no `RequestId`, but the `Id` of the message to delete.
    ErrorById(usize, u16),
    Error(u16),
    /// An error for a nonexistent request.
    StrangerError(u16),
    Message,
    MessageWithoutId,
    Event,
    /// The event that disconnects this user.
    Leave,
    /// A duplicate of an earlier payload.
    Again(usize),
    /// Has the `Id` of an earlier payload, but is a message instead of an event, or an event
    /// instead of a message.
    OtherKindAgain(usize),
    Unknown,
    Garbage,
}

/// The request to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RequestKind {
    /// A message of the maximum length.
    Message,
    /// A message that is one code point too long.
    LongMessage,
    Delete(&'static str),
    Disconnect(&'static str),
}

/// The `RequestId` of a request to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RequestIdChoice {
    Generated,
    Empty,
    Own,
    /// A single character.
    Short,
    /// A decoded `Text` with an escape.
    Escaped,
    /// The `RequestId` of the n-th request in flight.
    Again(usize),
}

/// The buffer for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BufferSize {
    Enough,
    /// One byte too short.
    TooSmall,
    /// A `String`.
    Growing,
}

/// An observable effect of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Output(Output<u32>),
    /// A received payload settled a request.
    Settled(Outcome),
    Withheld,
    Refused(SendErrorKind),
    Accepted,
}

impl CloseKind {
    pub(super) fn event(self) -> CloseEvent {
        match self {
            Self::Frame(code) => CloseEvent::frame(code, "Kicked"),
            Self::Expired(code, reason) => CloseEvent::frame(code, reason),
            Self::Handshake(status) => CloseEvent::handshake_rejected(status),
            Self::Abnormal => CloseEvent::abnormal(),
            Self::RetryAfter(status, millis) => CloseEvent::handshake_rejected(status)
                .with_retry_after(Duration::from_millis(millis)),
            Self::Action(action) => CloseEvent::frame(1000, "").with_action(action),
            Self::ExpiredButEnd => {
                CloseEvent::frame(3000, "token expired").with_action(ReconnectAction::End)
            }
        }
    }

    /// Returns the caller's action, or the action that the code or status implies.
    pub(super) const fn action(self) -> ReconnectAction {
        match self {
            Self::Frame(code) if is_closed_on_purpose(code) => ReconnectAction::End,
            Self::Handshake(404) | Self::ExpiredButEnd => ReconnectAction::End,
            Self::Frame(3000) | Self::Handshake(401 | 403) | Self::RetryAfter(401 | 403, _) => {
                ReconnectAction::NewToken
            }
            Self::Action(action) => action,
            _ => ReconnectAction::Retry,
        }
    }

    pub(super) const fn is_overridden(self) -> bool {
        matches!(self, Self::Action(_) | Self::ExpiredButEnd)
    }

    pub(super) const fn is_restart(self) -> bool {
        matches!(self, Self::Frame(1012 | 1013))
    }

    pub(super) const fn retry_after(self) -> u64 {
        match self {
            Self::RetryAfter(_, millis) => millis,
            _ => 0,
        }
    }

    pub(super) const fn reason(self) -> DisconnectReason {
        match self {
            Self::Frame(code) | Self::Expired(code, _) => DisconnectReason::Closed(code),
            Self::Handshake(status) | Self::RetryAfter(status, _) => {
                DisconnectReason::Refused(status)
            }
            Self::Abnormal => DisconnectReason::Closed(1006),
            Self::Action(_) => DisconnectReason::Closed(1000),
            Self::ExpiredButEnd => DisconnectReason::Closed(3000),
        }
    }
}

/// A payload of the service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Payload {
    pub(super) kind: PayloadKind,
    pub(super) id: String,
    pub(super) request_id: String,
    pub(super) is_escaped: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum PayloadKind {
    Message { user_id: &'static str },
    Event(Target),
    Error(u16),
    Unknown,
    Garbage,
}

/// The purpose of a request, or the subject of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target {
    Sent,
    Deleted(&'static str),
    Disconnected(&'static str),
    Something,
}

impl Payload {
    pub(super) fn wire(&self) -> String {
        let escaped = |text: &str| match text.chars().next() {
            Some(first) if self.is_escaped => {
                format!("\\u{:04x}{}", u32::from(first), &text[first.len_utf8()..])
            }
            _ => text.to_owned(),
        };
        let [id, request_id] = [&self.id, &self.request_id].map(|text| escaped(text));
        let time = "2026-11-22T10:00:00Z";
        let event = |name: &str, attributes: &str| {
            format!(
                concat!(
                    r#"{{"Type":"EVENT","Id":"{}","RequestId":"{}","EventName":"{}","#,
                    r#""Attributes":{},"SendTime":"{}"}}"#
                ),
                id, request_id, name, attributes, time
            )
        };
        match &self.kind {
            PayloadKind::Message { user_id } => format!(
                concat!(
                    r#"{{"Type":"MESSAGE","Id":"{}","RequestId":"{}","Attributes":null,"#,
                    r#""Content":"x","SendTime":"{}","#,
                    r#""Sender":{{"UserId":"{}","Attributes":{{}}}}}}"#
                ),
                id,
                request_id,
                time,
                escaped(user_id)
            ),
            PayloadKind::Event(Target::Deleted(id)) => event(
                "aws:DELETE_MESSAGE",
                &format!(r#"{{"MessageID":"{}","Reason":""}}"#, escaped(id)),
            ),
            PayloadKind::Event(Target::Disconnected(id)) => event(
                "aws:DISCONNECT_USER",
                &format!(r#"{{"Reason":"","UserId":"{}"}}"#, escaped(id)),
            ),
            PayloadKind::Event(_) => event("poll:open", "null"),
            PayloadKind::Error(code) => format!(
                concat!(
                    r#"{{"Type":"ERROR","Id":"{}","RequestId":"{}","#,
                    r#""ErrorCode":{},"ErrorMessage":"no"}}"#
                ),
                id, request_id, code
            ),
            PayloadKind::Unknown => {
                format!(r#"{{"Type":"POLL","Id":"{id}","RequestId":"{request_id}"}}"#)
            }
            PayloadKind::Garbage => {
                format!(r#"{{"Type":"ERROR","Id":"{id}","RequestId":"{request_id}","#)
            }
        }
    }
}
