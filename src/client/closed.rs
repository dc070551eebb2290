use core::fmt;

use crate::close_reason::CloseReason;
use crate::error_code::ErrorCode;

/// How a connection ended, or did not come about.
///
/// ```
/// use ivs_chat_proto::client::{ReconnectAction, CloseEvent};
///
/// // A close frame was received.
/// assert_eq!(CloseEvent::frame(1012, "").after(), ReconnectAction::Retry);
/// // The handshake was answered with something else than 101.
/// assert_eq!(CloseEvent::handshake_rejected(403).after(), ReconnectAction::End);
/// // The connection broke; or all that is known is that it could not be opened, as in a browser.
/// assert_eq!(CloseEvent::abnormal().after(), ReconnectAction::Retry);
/// // The application knows better.
/// assert_eq!(CloseEvent::frame(4000, "room is moving").with_action(ReconnectAction::Retry).after(), ReconnectAction::Retry);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseEvent {
    how: How,
    after: ReconnectAction,
    overridden: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum How {
    Frame(u16),
    Handshake(u16),
}

/// What follows the end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReconnectAction {
    /// Another token and connection, after a while that is longer each time.
    Retry,
    /// Another token and connection at once: but if that does not lead to a connection that lasts, the next time is the end.
    NewToken,
    /// The end of the session.
    End,
}

impl CloseEvent {
    /// By a close frame with this code and reason, from the service. A frame without a code counts as 1005.
    ///
    /// Codes 1000, 1008, 3003 and 4000 to 4999 end the session: they say that somebody meant it. All others retry. So does a [reason](CloseReason)
    /// with the `ErrorCode` 401, whatever the code: the session has expired, and another can be had.
    #[must_use]
    pub fn frame(code: u16, reason: &str) -> Self {
        let expired =
            matches!(CloseReason::parse(reason), CloseReason::Error { error_code: Some(ErrorCode::UNAUTHORIZED), .. });
        let after = match code {
            1000 | 1008 | 3003 | 4000..=4999 if !expired => ReconnectAction::End,
            _ => ReconnectAction::Retry,
        };
        Self { how: How::Frame(code), after, overridden: false }
    }

    /// By an HTTP answer to the handshake with this status.
    ///
    /// 401 asks for one new token; 403 and 404 end the session; all others retry, for it is not known how the service refuses a token.
    #[must_use]
    pub const fn handshake_rejected(status: u16) -> Self {
        let after = match status {
            401 => ReconnectAction::NewToken,
            403 | 404 => ReconnectAction::End,
            _ => ReconnectAction::Retry,
        };
        Self { how: How::Handshake(status), after, overridden: false }
    }

    /// Without a word: the connection broke, or could not be made. It counts as code 1006.
    #[must_use]
    pub const fn abnormal() -> Self {
        Self { how: How::Frame(1006), after: ReconnectAction::Retry, overridden: false }
    }

    /// The same, but with something else to follow.
    #[must_use]
    pub const fn with_action(self, after: ReconnectAction) -> Self {
        Self { how: self.how, after, overridden: true }
    }

    /// What is to follow.
    #[must_use]
    pub const fn action(self) -> ReconnectAction {
        self.after
    }

    /// Whether that has been decided by whoever reports it.
    pub(super) const fn is_overridden(self) -> bool {
        self.overridden
    }

    /// Why a session ends that ends with this.
    pub(super) const fn reason(self) -> DisconnectReason {
        match self.how {
            How::Frame(code) => DisconnectReason::Closed(code),
            How::Handshake(status) => DisconnectReason::Refused(status),
        }
    }
}

/// Why there is no connection, nor to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// This end wants none: it has called [`close`](super::Client::close), or not yet [`connect`](super::Client::connect).
    NotWanted,
    /// No token can be had: [`token_err`](super::Client::token_err) was fatal.
    NoToken,
    /// The handshake was answered with this HTTP status.
    Refused(u16),
    /// The connection was closed with this code.
    Closed(u16),
    /// The user has been made to leave the room, by a `DISCONNECT_USER` of a moderator or the application.
    DisconnectedUser,
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWanted => f.write_str("no connection is wanted"),
            Self::NoToken => f.write_str("no token can be had"),
            Self::Refused(status) => write!(f, "the connection was refused with HTTP status {status}"),
            Self::Closed(code) => write!(f, "the connection was closed with code {code}"),
            Self::DisconnectedUser => f.write_str("the user was disconnected"),
        }
    }
}
