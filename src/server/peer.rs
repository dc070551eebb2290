use core::num::NonZeroU8;

use super::rejection::{Rejection, RejectionCause};
use crate::instant::Instant;
use crate::publish::Publish;
use crate::rate::Rate;
use crate::value::Content;
use crate::value::{Capabilities, Capability};
use crate::wire::DecodeErrorKind;

/// What a connection is allowed: what its token and its room say. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// What the token permits. Nothing.
    pub capabilities: Capabilities,
    /// How long the session lasts: 1 to 180 minutes, says the service. 60 minutes.
    pub session_ms: u32,
    /// The room's `maximumMessageLength`, in code points: 1 to 500. 500.
    pub max_code_points: u16,
    /// How many bytes a publish may have. The service has a limit, but does not publish it. 16 KiB.
    pub max_bytes: usize,
    /// How many requests the connection may make in any one second, all actions together: 1 to 10,
    /// where more is taken for 10; without it, any number. 10.
    pub requests_per_second: Option<NonZeroU8>,
}

impl Config {
    /// What the service does by default: it stands at the end of each field's description.
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
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// One connection, at the service's end. See the [module](super).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    config: Config,
    expires_at: Instant,
    requests: Rate<10>,
}

impl Peer {
    /// A connection whose handshake has been answered with 101.
    #[must_use]
    pub fn new(now: Instant, config: Config) -> Self {
        Self { config, expires_at: now.after(config.session_ms.into()), requests: Rate::new() }
    }

    /// When the session is over. Then send [`Rejection::expired`] and close with
    /// [`Close::EXPIRED`](super::Close::EXPIRED).
    #[must_use]
    pub const fn expires_at(&self) -> Instant {
        self.expires_at
    }

    /// What the connection is allowed.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// A text message has been received: the publish that it is, to be done as it says.
    ///
    /// # Errors
    ///
    /// If it is not to be done. The checks come in the order of the [module](super)'s table, and
    /// the first that fails decides. Nothing is read behind a content that has too many code points
    /// for any room.
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
                // As far as it has been read, it is a message, and has to be one that may be sent.
                let before = if is_content {
                    self.check_session(now, Capability::SendMessage)
                } else {
                    Ok(())
                };
                return Err(Rejection::unread(
                    message,
                    before.err().unwrap_or(RejectionCause::NotDecoded(error)),
                ));
            }
        };
        self.check(now, &publish, message.len()).map_err(|cause| Rejection::of(&publish, cause))?;
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

/// How many messages a room takes in a second, of all who send together: its
/// `maximumMessageRatePerSecond`.
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
    /// So many in any one second: 1 to 100, where more is taken for 100.
    #[must_use]
    pub const fn new(per_second: NonZeroU8) -> Self {
        Self { per_second, messages: Rate::new() }
    }

    /// Whether the room takes a publish now. Only messages are counted, and only those that are
    /// taken.
    ///
    /// # Errors
    ///
    /// If there have been too many.
    pub fn check<'m>(&mut self, now: Instant, publish: &Publish<'m>) -> Result<(), Rejection<'m>> {
        if !matches!(publish, Publish::SendMessage(_)) {
            return Ok(());
        }
        if let Some(retry_at) = self.messages.retry_at(Some(self.per_second), now) {
            return Err(Rejection::of(publish, RejectionCause::TooManyRequests { retry_at }));
        }
        self.messages.note(now);
        Ok(())
    }
}
