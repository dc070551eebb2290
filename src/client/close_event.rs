use core::fmt;
use core::time::Duration;

use crate::value;

/// The end of a connection, or a failed attempt to open one.
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
/// // The connection broke. Browsers report a failed handshake like this too.
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

/// The client's reaction to the end of a connection.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
///
/// assert_eq!(CloseEvent::handshake_rejected(403).action(), ReconnectAction::NewToken);
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReconnectAction {
    /// Reconnects with a new token, after a wait that grows with each failure.
    Retry,
    /// Reconnects with a new token at once, unless the client already waits for an attempt.
    ///
    /// If this does not lead to a stable connection, the next refusal ends the session.
    NewToken,
    /// Ends the session.
    End,
}

impl CloseEvent {
    /// Creates the event for a close frame from the service.
    ///
    /// The code of a frame without a code is 1005. Codes 1000, 1008, 3003 and 4000 to 4999 end the
    /// session, because the service sends them on purpose. Code 3000 requests one new token. All
    /// others retry, 1012 and 1013 after 5 to 30 seconds, as their [registration] recommends.
    ///
    /// If `reason` says that the session or the token has expired, the client retries, whatever the
    /// code.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
    ///
    /// assert_eq!(CloseEvent::frame(1000, "").action(), ReconnectAction::End);
    /// let expired = CloseEvent::frame(1000, "token expired");
    /// assert_eq!(expired.action(), ReconnectAction::Retry);
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
    /// Statuses 401 and 403 request one new token, because the token may have been used or may have
    /// expired. Status 404 ends the session, because the room does not exist. All others retry.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
    ///
    /// let event = CloseEvent::handshake_rejected(503);
    /// assert_eq!(event.action(), ReconnectAction::Retry);
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
    /// It counts as code 1006, and the client retries.
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

    /// Overrides the client's reaction.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
    ///
    /// let event = CloseEvent::abnormal().with_action(ReconnectAction::End);
    /// assert_eq!(event.action(), ReconnectAction::End);
    /// ```
    #[must_use]
    pub const fn with_action(self, action: ReconnectAction) -> Self {
        Self { action, is_overridden: true, ..self }
    }

    /// Sets the minimum time until the next attempt, from a `Retry-After` header.
    ///
    /// At most one hour counts. Defaults to zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
    ///
    /// let busy = CloseEvent::handshake_rejected(503).with_retry_after(Duration::from_secs(20));
    /// assert_eq!(busy.action(), ReconnectAction::Retry);
    /// ```
    #[must_use]
    pub const fn with_retry_after(self, retry_after: Duration) -> Self {
        Self { retry_after, ..self }
    }

    /// Returns the client's reaction.
    ///
    /// If the client knows that the session of the connection had expired, it retries instead. Only
    /// [`with_action`](Self::with_action) overrides that.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{CloseEvent, ReconnectAction};
    ///
    /// assert_eq!(CloseEvent::frame(1001, "").action(), ReconnectAction::Retry);
    /// ```
    #[must_use]
    pub const fn action(self) -> ReconnectAction {
        self.action
    }

    /// Returns `true` if the caller has overridden the reaction.
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

    /// Returns `true` if the service asks for a longer wait than usual.
    pub(super) const fn asks_for_wait(self) -> bool {
        self.is_restart() || !self.retry_after.is_zero()
    }

    /// Returns the reason to report if this event ends the session.
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
/// let reason = DisconnectReason::Closed(1000);
/// assert_eq!(reason.to_string(), "the connection was closed with code 1000");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The caller has called [`disconnect`](super::Client::disconnect), or has not called
    /// [`connect`](super::Client::connect) yet.
    NotWanted,
    /// The token fetch failed [permanently](super::FetchError::Permanent).
    NoToken,
    /// The handshake was answered with this HTTP status.
    Refused(u16),
    /// The connection was closed with this code.
    Closed(u16),
    /// A moderator or the application disconnected this user.
    DisconnectedUser,
    /// [`max_attempts`](super::Config::max_attempts) consecutive attempts failed.
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
