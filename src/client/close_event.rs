use core::fmt;
use core::time::Duration;

use crate::value;

/// The way in which a connection ended or failed to open.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
///
/// // A close frame was received.
/// assert_eq!(CloseEvent::frame(1012, "").action(), ReconnectAction::Retry);
/// // The handshake was answered with a status other than 101.
/// assert_eq!(CloseEvent::handshake_rejected(404).action(), ReconnectAction::End);
/// // The connection broke. A browser reports a failed handshake in the same way.
/// assert_eq!(CloseEvent::abnormal().action(), ReconnectAction::Retry);
/// // The application overrides the decision.
/// let moving = CloseEvent::frame(4000, "room is moving").with_action(ReconnectAction::Retry);
/// assert_eq!(moving.action(), ReconnectAction::Retry);
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseEvent {
    how: How,
    action: ReconnectAction,
    is_expiry: bool,
    is_overridden: bool,
    retry_after: Duration,
}

#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum How {
    Frame(u16),
    Handshake(u16),
}

/// The action of the client after a connection has ended.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
///
/// assert_eq!(CloseEvent::frame(3000, "").action(), ReconnectAction::NewToken);
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReconnectAction {
    /// Reconnects with a new token, after a wait that grows with each failure.
    Retry,
    /// Reconnects with a new token at once, unless the client already waits for an attempt. The next
    /// rejection ends the session if no connection has become stable in between.
    NewToken,
    /// Ends the session.
    End,
}

impl CloseEvent {
    /// Creates the event for a close frame from the service.
    ///
    /// `code` is 1005 for a frame without a code.
    ///
    /// | code | action |
    /// |---|---|
    /// | 1000, 1008, 3003, 4000 to 4999 | `End`, because these codes are sent on purpose |
    /// | 3000 | `NewToken` |
    /// | 1012, 1013 | `Retry` after 5 to 30 s, as their [registration] recommends |
    /// | any other | `Retry` |
    ///
    /// If `reason` indicates [expiry](crate::CloseReason::is_expiry), the action is `Retry` for every
    /// code.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
    ///
    /// assert_eq!(CloseEvent::frame(1000, "").action(), ReconnectAction::End);
    /// assert_eq!(CloseEvent::frame(1000, "session expired").action(), ReconnectAction::Retry);
    /// ```
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
    /// 401 and 403 lead to `NewToken`, because the token may have been used or may have expired. 404
    /// leads to `End`, because the room does not exist. Any other status leads to `Retry`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
    ///
    /// assert_eq!(CloseEvent::handshake_rejected(403).action(), ReconnectAction::NewToken);
    /// assert_eq!(CloseEvent::handshake_rejected(404).action(), ReconnectAction::End);
    /// ```
    #[must_use]
    pub const fn handshake_rejected(status: u16) -> Self {
        let action = match status {
            401 | 403 => ReconnectAction::NewToken,
            404 => ReconnectAction::End,
            _ => ReconnectAction::Retry,
        };
        Self::new(How::Handshake(status), action)
    }

    /// Creates the event for a connection that broke or could not be opened.
    ///
    /// It is equivalent to the code 1006. The action is `Retry`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
    ///
    /// assert_eq!(CloseEvent::abnormal().action(), ReconnectAction::Retry);
    /// ```
    #[must_use]
    pub const fn abnormal() -> Self {
        Self::new(How::Frame(1006), ReconnectAction::Retry)
    }

    const fn new(how: How, action: ReconnectAction) -> Self {
        Self { how, action, is_expiry: false, is_overridden: false, retry_after: Duration::ZERO }
    }

    /// Overrides the action that the code, the status or the reason implies.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
    ///
    /// let event = CloseEvent::frame(1006, "").with_action(ReconnectAction::End);
    /// assert_eq!(event.action(), ReconnectAction::End);
    /// ```
    #[must_use]
    pub const fn with_action(self, action: ReconnectAction) -> Self {
        Self { action, is_overridden: true, ..self }
    }

    /// Sets the minimum time until the next attempt, such as that of a `Retry-After` header.
    ///
    /// It is capped at one hour. Defaults to zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use ivs_chat_proto::client::CloseEvent;
    ///
    /// let event = CloseEvent::handshake_rejected(503).with_retry_after(Duration::from_secs(20));
    /// # let _ = event;
    /// ```
    #[must_use]
    pub const fn with_retry_after(self, retry_after: Duration) -> Self {
        Self { retry_after, ..self }
    }

    /// Returns the action.
    ///
    /// A client that knows that the session has expired retries anyway, unless
    /// [`with_action`](Self::with_action) was called.
    #[must_use]
    pub const fn action(self) -> ReconnectAction {
        self.action
    }

    /// Returns `true` if the caller has overridden the action.
    pub(super) const fn is_overridden(self) -> bool {
        self.is_overridden
    }

    /// Returns the minimum time until the next attempt.
    pub(super) const fn retry_after(self) -> Duration {
        self.retry_after
    }

    /// Returns `true` if the service is restarting or overloaded.
    pub(super) const fn is_restart(self) -> bool {
        matches!(self.how, How::Frame(1012 | 1013)) && !self.is_expiry
    }

    /// Returns `true` if the service requests a longer wait.
    pub(super) const fn asks_for_wait(self) -> bool {
        self.is_restart() || !self.retry_after.is_zero()
    }

    /// Returns the reason of the session's end, if it ended with this event.
    pub(super) const fn reason(self) -> DisconnectReason {
        match self.how {
            How::Frame(code) => DisconnectReason::Closed(code),
            How::Handshake(status) => DisconnectReason::Refused(status),
        }
    }
}

/// The reason why the client is disconnected.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::DisconnectReason;
///
/// let reason = DisconnectReason::Closed(4000);
/// assert_eq!(reason.to_string(), "the connection was closed with code 4000");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The caller has called [`disconnect`](super::Client::disconnect), or has not called
    /// [`connect`](super::Client::connect) yet.
    NotWanted,
    /// A token fetch failed [permanently](super::FetchError::Permanent).
    NoToken,
    /// The handshake was rejected with this HTTP status.
    Refused(u16),
    /// The connection was closed with this code.
    Closed(u16),
    /// A moderator or the application disconnected this user.
    DisconnectedUser,
    /// The number of failed attempts has reached [`max_attempts`](super::Config::max_attempts).
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
