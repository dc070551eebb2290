use core::num::NonZeroU8;

use super::rejection::{Rejection, RejectionCause};
use crate::instant::Instant;
use crate::publish::Publish;
use crate::rate::Rate;
use crate::value::Content;
use crate::value::{Capabilities, Capability};
use crate::wire::DecodeErrorKind;

/// The limits of one connection, which its token and its room determine.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Capabilities;
/// use ivs_chat_proto::server::Config;
///
/// const MODERATOR: Config =
///     Config::new().with_capabilities(Capabilities::ALL).with_session_ms(180 * 60_000);
/// assert_eq!(MODERATOR.max_code_points, 500);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// The actions that the token permits. Defaults to none.
    pub capabilities: Capabilities,
    /// The length of the session, in milliseconds. The service allows 1 to 180 minutes. Defaults to
    /// 60 minutes.
    pub session_ms: u32,
    /// The room's `maximumMessageLength`, 1 to 500 code points. Defaults to 500.
    pub max_code_points: u16,
    /// The maximum size of a publish, in bytes. The service has such a limit but does not document
    /// it. Defaults to 16 KiB.
    pub max_bytes: usize,
    /// The maximum number of requests in any window of one second, counting all actions: 1 to 10. A
    /// greater number counts as 10, and `None` means no limit. Defaults to 10.
    pub requests_per_second: Option<NonZeroU8>,
}

impl Config {
    /// Creates the limits that the service has by default, with a token that permits no action.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            capabilities: Capabilities::NONE,
            session_ms: 3_600_000,
            max_code_points: Content::MAX_CODE_POINTS,
            max_bytes: 16 << 10,
            requests_per_second: NonZeroU8::new(10),
        }
    }

    /// Sets [`capabilities`](Self::capabilities).
    #[must_use]
    pub const fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Sets [`session_ms`](Self::session_ms).
    #[must_use]
    pub const fn with_session_ms(mut self, session_ms: u32) -> Self {
        self.session_ms = session_ms;
        self
    }

    /// Sets [`max_code_points`](Self::max_code_points).
    #[must_use]
    pub const fn with_max_code_points(mut self, max_code_points: u16) -> Self {
        self.max_code_points = max_code_points;
        self
    }

    /// Sets [`max_bytes`](Self::max_bytes).
    #[must_use]
    pub const fn with_max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Sets [`requests_per_second`](Self::requests_per_second).
    #[must_use]
    pub const fn with_requests_per_second(
        mut self,
        requests_per_second: Option<NonZeroU8>,
    ) -> Self {
        self.requests_per_second = requests_per_second;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// One client's connection, as the server sees it.
///
/// A peer decodes the client's publishes and checks them against the limits of the connection. The
/// [module documentation](super) describes the checks and the server's duties.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::publish::Publish;
/// use ivs_chat_proto::server::{Config, Peer};
/// use ivs_chat_proto::{Capabilities, Instant};
///
/// let config = Config::new().with_capabilities(Capabilities::ALL);
/// let mut peer = Peer::new(Instant::from_millis(0), config);
/// let message = br#"{"Action":"SEND_MESSAGE","Content":"hej"}"#;
/// match peer.handle_message(Instant::from_millis(5), message) {
///     Ok(Publish::SendMessage(send)) => assert_eq!(send.content, "hej"),
///     Ok(_) => unreachable!(),
///     Err(rejection) => panic!("{rejection}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    config: Config,
    expires_at: Instant,
    requests: Rate<10>,
}

impl Peer {
    /// Creates the peer of a connection whose handshake succeeded at `now`.
    ///
    /// The session starts at `now`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::server::{Config, Peer};
    ///
    /// let peer = Peer::new(Instant::from_millis(0), Config::new());
    /// assert_eq!(peer.config(), &Config::new());
    /// ```
    #[must_use]
    pub fn new(now: Instant, config: Config) -> Self {
        Self { config, expires_at: now.after(config.session_ms.into()), requests: Rate::new() }
    }

    /// Returns the end of the session.
    ///
    /// At this time, the server must send [`Rejection::expired`] and then close the connection with
    /// [`Close::EXPIRED`](super::Close::EXPIRED).
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::server::{Config, Peer};
    ///
    /// let config = Config::new().with_session_ms(60_000);
    /// let peer = Peer::new(Instant::from_millis(5), config);
    /// assert_eq!(peer.expires_at(), Instant::from_millis(60_005));
    /// ```
    #[must_use]
    pub const fn expires_at(&self) -> Instant {
        self.expires_at
    }

    /// Returns the limits of the connection.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::server::{Config, Peer};
    /// use ivs_chat_proto::{Capabilities, Capability, Instant};
    ///
    /// let config = Config::new().with_capabilities(Capabilities::ALL);
    /// let peer = Peer::new(Instant::from_millis(0), config);
    /// assert!(peer.config().capabilities.permits(Capability::DeleteMessage));
    /// ```
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Decodes and checks a text message from the client.
    ///
    /// Returns the publish that the server must perform. It counts against the connection's request
    /// rate.
    ///
    /// # Errors
    ///
    /// Returns a [`Rejection`] if one of the module's [checks](super#checks) fails. The first
    /// failure determines the cause. The message is read no further than a content that is too long
    /// for any room. A rejected message does not change the peer.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::server::{Config, Peer, RejectionCause};
    /// use ivs_chat_proto::{Capabilities, Capability, Instant};
    ///
    /// let guest = Capabilities::NONE.with(Capability::SendMessage);
    /// let config = Config::new().with_capabilities(guest);
    /// let mut peer = Peer::new(Instant::from_millis(0), config);
    ///
    /// let now = Instant::from_millis(5);
    /// let send = br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej"}"#;
    /// let publish = peer.handle_message(now, send).unwrap();
    /// assert_eq!(publish.request_id().unwrap(), "r-1");
    ///
    /// let delete = br#"{"Action":"DELETE_MESSAGE","RequestId":"r-2","Id":"Ub3xYd7cQm0a"}"#;
    /// let rejection = peer.handle_message(now, delete).unwrap_err();
    /// assert_eq!(rejection.cause, RejectionCause::NotPermitted(Capability::DeleteMessage));
    /// assert_eq!(rejection.error.request_id.unwrap(), "r-2");
    /// ```
    pub fn handle_message<'m>(
        &mut self,
        now: Instant,
        message: &'m [u8],
    ) -> Result<Publish<'m>, Rejection<'m>> {
        let publish = match Publish::decode(message) {
            Ok(publish) => publish,
            Err(error) => {
                let is_content = matches!(
                    error.kind(),
                    DecodeErrorKind::ContentTooLong | DecodeErrorKind::EmptyContent
                );
                // A content of invalid length belongs to a `SEND_MESSAGE`, and the checks of the
                // session and the capability come before that of the length.
                let earlier_check = if is_content {
                    self.check_session(now, Capability::SendMessage)
                } else {
                    Ok(())
                };
                return Err(Rejection::for_undecoded(
                    message,
                    earlier_check.err().unwrap_or(RejectionCause::NotDecoded(error)),
                ));
            }
        };
        self.check(now, &publish, message.len())
            .map_err(|cause| Rejection::for_publish(&publish, cause))?;
        self.requests.note(now);
        Ok(publish)
    }

    fn check(
        &self,
        now: Instant,
        publish: &Publish<'_>,
        bytes: usize,
    ) -> Result<(), RejectionCause> {
        self.check_session(now, publish.required_capability())?;
        if let Publish::SendMessage(send) = publish {
            send.content
                .check(self.config.max_code_points)
                .map_err(|_| RejectionCause::ContentTooLong)?;
        }
        if bytes > self.config.max_bytes {
            return Err(RejectionCause::TooLarge);
        }
        match self.requests.retry_at(self.config.requests_per_second, now) {
            Some(retry_at) => Err(RejectionCause::TooManyRequests { retry_at }),
            None => Ok(()),
        }
    }

    const fn check_session(
        &self,
        now: Instant,
        capability: Capability,
    ) -> Result<(), RejectionCause> {
        if self.expires_at.is_due(now) {
            return Err(RejectionCause::Expired);
        }
        if self.config.capabilities.permits(capability) {
            Ok(())
        } else {
            Err(RejectionCause::NotPermitted(capability))
        }
    }
}

/// The message rate limit of a room, its `maximumMessageRatePerSecond`.
///
/// The limit covers the messages of all connections in the room together.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::publish::Publish;
/// use ivs_chat_proto::server::RoomRateLimiter;
///
/// let mut room = RoomRateLimiter::new(1.try_into()?);
/// let publish = Publish::decode(br#"{"Action":"SEND_MESSAGE","Content":"hi"}"#)?;
/// assert!(room.check(Instant::from_millis(0), &publish).is_ok());
/// assert_eq!(room.check(Instant::from_millis(999), &publish).unwrap_err().error.error_code, 429);
/// assert!(room.check(Instant::from_millis(1_000), &publish).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomRateLimiter {
    per_second: NonZeroU8,
    messages: Rate<100>,
}

impl RoomRateLimiter {
    /// Creates a limiter that accepts `per_second` messages in any window of one second.
    ///
    /// The limit is 1 to 100. A greater number counts as 100.
    #[must_use]
    pub const fn new(per_second: NonZeroU8) -> Self {
        Self { per_second, messages: Rate::new() }
    }

    /// Checks a publish against the room's message rate.
    ///
    /// Accepted messages count against the rate. Other actions are always accepted and never count.
    ///
    /// # Errors
    ///
    /// Returns a [`Rejection`] with the cause [`TooManyRequests`](RejectionCause::TooManyRequests)
    /// if the room has accepted too many messages in the last second.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::publish::Publish;
    /// use ivs_chat_proto::server::{RejectionCause, RoomRateLimiter};
    ///
    /// let mut room = RoomRateLimiter::new(1.try_into()?);
    /// let publish = Publish::decode(br#"{"Action":"SEND_MESSAGE","Content":"hi"}"#)?;
    /// assert!(room.check(Instant::from_millis(0), &publish).is_ok());
    /// let rejection = room.check(Instant::from_millis(10), &publish).unwrap_err();
    /// let retry_at = Instant::from_millis(1_000);
    /// assert_eq!(rejection.cause, RejectionCause::TooManyRequests { retry_at });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check<'m>(&mut self, now: Instant, publish: &Publish<'m>) -> Result<(), Rejection<'m>> {
        if !matches!(publish, Publish::SendMessage(_)) {
            return Ok(());
        }
        if let Some(retry_at) = self.messages.retry_at(Some(self.per_second), now) {
            return Err(Rejection::too_many_requests(publish, retry_at));
        }
        self.messages.note(now);
        Ok(())
    }
}
