use core::fmt;
use core::time::Duration;

use crate::value;

/// How a connection ended, or failed to open.
///
/// ```
/// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
///
/// // A close frame was received.
/// assert_eq!(CloseEvent::frame(1012, "").action(), ReconnectAction::Retry);
/// // The handshake was answered with a status other than 101.
/// assert_eq!(CloseEvent::handshake_rejected(404).action(), ReconnectAction::End);
/// // The connection broke. In a browser, this is also all that is known of a failed handshake.
/// assert_eq!(CloseEvent::abnormal().action(), ReconnectAction::Retry);
/// // The application knows better.
/// let moving = CloseEvent::frame(4000, "room is moving").with_action(ReconnectAction::Retry);
/// assert_eq!(moving.action(), ReconnectAction::Retry);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseEvent {
    how: How,
    action: ReconnectAction,
    is_expiry: bool,
    is_overridden: bool,
    retry_after: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum How {
    Frame(u16),
    Handshake(u16),
}

/// What the client does after a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReconnectAction {
    /// Reconnects with a new token, after a wait that grows with each failure.
    Retry,
    /// Reconnects with a new token at once, unless the client already waits for an attempt. If that
    /// does not lead to a connection that lasts, the next refusal ends the session.
    NewToken,
    /// Ends the session.
    End,
}

impl CloseEvent {
    /// Creates the event for a close frame from the service. Use 1005 for a frame without a code.
    ///
    /// Codes 1000, 1008, 3003 and 4000 to 4999 end the session, because they are sent on purpose.
    /// Code 3000 asks for one new token. All others retry, 1012 and 1013 after 5 to 30 s, as their
    /// [registration] recommends.
    ///
    /// A `reason` that says that the session or the token has expired retries, whatever the code.
    ///
    /// [registration]: https://www.iana.org/assignments/websocket/websocket.xhtml
    #[must_use]
    pub fn frame(code: u16, reason: &str) -> Self {
        let is_expiry = value::is_expiry(reason);
        let action = match code {
            _ if is_expiry => ReconnectAction::Retry,
            1000 | 1008 | 3003 | 4000..=4999 => ReconnectAction::End,
            3000 => ReconnectAction::NewToken,
            _ => ReconnectAction::Retry,
        };
        Self { is_expiry, ..Self::new(How::Frame(code), action) }
    }

    /// Creates the event for a handshake that was answered with an HTTP status other than 101.
    ///
    /// 401 and 403 ask for one new token, because the token may have been used or have expired.
    /// 404 ends the session: the room does not exist. All others retry.
    #[must_use]
    pub const fn handshake_rejected(status: u16) -> Self {
        let action = match status {
            401 | 403 => ReconnectAction::NewToken,
            404 => ReconnectAction::End,
            _ => ReconnectAction::Retry,
        };
        Self::new(How::Handshake(status), action)
    }

    /// Creates the event for a connection that broke or could not be opened. It counts as code
    /// 1006, and retries.
    #[must_use]
    pub const fn abnormal() -> Self {
        Self::new(How::Frame(1006), ReconnectAction::Retry)
    }

    const fn new(how: How, action: ReconnectAction) -> Self {
        Self { how, action, is_expiry: false, is_overridden: false, retry_after: Duration::ZERO }
    }

    /// Decides what the client does, instead of the code, the status or the reason.
    #[must_use]
    pub const fn with_action(self, action: ReconnectAction) -> Self {
        Self { action, is_overridden: true, ..self }
    }

    /// Sets the least time until the next attempt, as a `Retry-After` header states it. At most one
    /// hour counts. Defaults to zero.
    #[must_use]
    pub const fn with_retry_after(self, retry_after: Duration) -> Self {
        Self { retry_after, ..self }
    }

    /// Returns what the client does, unless it knows that the session of the connection had
    /// expired: in that case it retries, and [`with_action`](Self::with_action) alone can change
    /// that.
    #[must_use]
    pub const fn action(self) -> ReconnectAction {
        self.action
    }

    /// Returns `true` if the caller has decided what the client does.
    pub(super) const fn is_overridden(self) -> bool {
        self.is_overridden
    }

    /// Returns the least time until the next attempt.
    pub(super) const fn retry_after(self) -> Duration {
        self.retry_after
    }

    /// Returns `true` if the service is restarting or overloaded.
    pub(super) const fn is_restart(self) -> bool {
        matches!(self.how, How::Frame(1012 | 1013)) && !self.is_expiry
    }

    /// Returns `true` if the service asks for a longer wait than usual.
    pub(super) const fn asks_for_wait(self) -> bool {
        self.is_restart() || !self.retry_after.is_zero()
    }

    /// Returns why the session ended, if it ended with this event.
    pub(super) const fn reason(self) -> DisconnectReason {
        match self.how {
            How::Frame(code) => DisconnectReason::Closed(code),
            How::Handshake(status) => DisconnectReason::Refused(status),
        }
    }
}

/// Why the client has no connection and does not try to get one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The caller wants no connection: it has called [`disconnect`](super::Client::disconnect), or
    /// has not called [`connect`](super::Client::connect) yet.
    NotWanted,
    /// The token fetch failed [for good](super::FetchError::Permanent).
    NoToken,
    /// The handshake was answered with this HTTP status.
    Refused(u16),
    /// The connection was closed with this code.
    Closed(u16),
    /// A moderator or the application has disconnected this user.
    DisconnectedUser,
    /// As many attempts have failed as [`max_attempts`](super::Config::max_attempts) allows.
    AttemptsExhausted,
    /// [`connect`](super::Client::connect) was called before [`seed`](super::Client::seed).
    Unseeded,
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWanted => f.write_str("no connection is wanted"),
            Self::NoToken => f.write_str("the token was refused"),
            Self::Refused(status) => {
                write!(f, "the handshake was rejected with HTTP status {status}")
            }
            Self::Closed(code) => write!(f, "the connection was closed with code {code}"),
            Self::DisconnectedUser => f.write_str("the user was disconnected"),
            Self::AttemptsExhausted => f.write_str("too many attempts have failed"),
            Self::Unseeded => f.write_str("the client has no seed"),
        }
    }
}
