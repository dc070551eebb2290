//! The inputs of a session, and the payloads that its service sends.

use core::time::Duration;

use ivs_chat_proto::Capabilities;
use ivs_chat_proto::client::{
    CloseEvent, DisconnectReason, Outcome, Output, ReconnectAction, SendErrorKind,
};

pub(super) const MYSELF: &str = "astrid";
pub(super) const STRANGER: &str = "bela";

/// One input of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    /// The clock moves, and nothing else happens.
    Pass(Passing),
    Connect,
    Disconnect,
    DisconnectWhenSettled,
    Refresh,
    Token(Fetch, Info),
    TokenError(Fetch, Failure),
    Open(Who),
    Close(Who, How),
    Pong(Who, Pong),
    Message(Who, What),
    Send(Sending, Naming, Room),
    /// The n-th request in flight, or a handle that does not exist.
    Abandon(usize),
    PollOnce,
    /// Until `Wait`.
    Poll,
}

/// How the caller's clock moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Passing {
    By(u64),
    /// To just before the moment of `Wait`.
    NearlyToWait,
    /// To so many milliseconds after the moment of `Wait`.
    PastWait(u64),
    Back(u64),
    /// The next reading is at the end of time, and the one after it is normal.
    WildReading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Current,
    Draining,
    Connecting,
    /// The last connection that ended.
    Over,
    /// A connection that never was.
    NoConnection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fetch {
    Latest,
    Stale,
    Future,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Info {
    pub(crate) session_ms: Option<u64>,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) user_id: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Failure {
    Temporary,
    RetryAfter(u64),
    Permanent,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum How {
    Frame(u16),
    /// A frame whose reason is about expiry.
    Expired(u16, &'static str),
    Handshake(u16),
    Abnormal,
    RetryAfter(u16, u64),
    /// Frame 1000, but with this action.
    Action(ReconnectAction),
    /// A frame about expiry, but the session ends.
    ExpiredButEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pong {
    /// To the latest ping.
    Latest,
    /// To the oldest ping without an answer.
    Oldest,
    /// To a ping that was answered already.
    Answered,
    Wrong,
    Empty,
}

/// A payload. Numbers are of the requests in flight, oldest first, or of the payloads received,
/// newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    Echo(usize),
    EscapedEcho(usize),
    /// An echo from another user.
    StrangerEcho(usize),
    /// With the `RequestId`, but a message instead of an event and the other way round.
    OtherKind(usize),
    /// With the `RequestId`, but about another target.
    OtherTarget(usize),
    /// The event about the request's target, without a `RequestId`.
    TargetEvent(usize),
    ErrorFor(usize, u16),
    /// Without a `RequestId`, but with the `Id` of the message to delete.
    ErrorById(usize, u16),
    Error(u16),
    /// An error for a request that does not exist.
    StrangerError(u16),
    Message,
    MessageWithoutId,
    Event,
    /// This user is disconnected.
    Leave,
    /// A payload that was received before.
    Again(usize),
    /// With an `Id` that was received before, but a message instead of an event and the other way
    /// round.
    OtherKindAgain(usize),
    Unknown,
    Garbage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sending {
    /// As long as the room allows.
    Message,
    LongMessage,
    Delete(&'static str),
    Disconnect(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Naming {
    Generated,
    Empty,
    Own,
    /// One character.
    Short,
    /// Decoded from a payload in which it was escaped.
    Escaped,
    /// The `RequestId` of the n-th request in flight.
    Again(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Room {
    Enough,
    /// One byte less than enough.
    TooLittle,
    Growing,
}

/// What a client did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    Output(Output<u32>),
    /// With a payload.
    Settled(Outcome),
    Withheld,
    Refused(SendErrorKind),
    Accepted,
}

impl How {
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

    /// The action by the code or status alone, or by the caller's decision.
    pub(super) const fn action(self) -> ReconnectAction {
        match self {
            Self::Frame(1000 | 1008 | 3003 | 4000..=4999)
            | Self::Handshake(404)
            | Self::ExpiredButEnd => ReconnectAction::End,
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

/// A payload as the service would write it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Said {
    pub(super) what: Saying,
    pub(super) id: String,
    pub(super) request_id: String,
    pub(super) is_escaped: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Saying {
    Message { user_id: &'static str },
    Event(Target),
    Error(u16),
    Unknown,
    Garbage,
}

/// What a request asks for, and what a payload says has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target {
    Sent,
    Deleted(&'static str),
    Disconnected(&'static str),
    Something,
}

impl Said {
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
                r#"{{"Type":"EVENT","Id":"{id}","RequestId":"{request_id}","EventName":"{name}","Attributes":{attributes},"SendTime":"{time}"}}"#
            )
        };
        match &self.what {
            Saying::Message { user_id } => format!(
                r#"{{"Type":"MESSAGE","Id":"{id}","RequestId":"{request_id}","Attributes":null,"Content":"x","SendTime":"{time}","Sender":{{"UserId":"{}","Attributes":{{}}}}}}"#,
                escaped(user_id)
            ),
            Saying::Event(Target::Deleted(id)) => event(
                "aws:DELETE_MESSAGE",
                &format!(r#"{{"MessageID":"{}","Reason":""}}"#, escaped(id)),
            ),
            Saying::Event(Target::Disconnected(id)) => event(
                "aws:DISCONNECT_USER",
                &format!(r#"{{"Reason":"","UserId":"{}"}}"#, escaped(id)),
            ),
            Saying::Event(_) => event("poll:open", "null"),
            Saying::Error(code) => format!(
                r#"{{"Type":"ERROR","Id":"{id}","RequestId":"{request_id}","ErrorCode":{code},"ErrorMessage":"no"}}"#
            ),
            Saying::Unknown => {
                format!(r#"{{"Type":"POLL","Id":"{id}","RequestId":"{request_id}"}}"#)
            }
            Saying::Garbage => {
                format!(r#"{{"Type":"ERROR","Id":"{id}","RequestId":"{request_id}","#)
            }
        }
    }
}
