use super::closed::DisconnectReason;
use super::config::{Config, TokenInfo};
use super::secret::{Secret, Use};
use crate::capability::Capabilities;
use crate::instant::Instant;
use crate::text::Text;

/// One connection of a client, from the token on that opens it. Later ones are greater; none is ever there twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// The connection with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number of the connection: for a foreign function interface, or a log.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What is kept of a [`TokenInfo`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Session {
    pub(super) ends_at: Instant,
    pub(super) capabilities: Option<Capabilities>,
    /// The tag of the user's own id.
    pub(super) user_id: Option<u64>,
}

impl Session {
    pub(super) fn new(now: Instant, info: TokenInfo<'_>, secret: &Secret) -> Self {
        Self {
            ends_at: info.session_ms.map_or(Instant::NEVER, |left| now.after(left)),
            capabilities: info.capabilities,
            user_id: info.user_id.map(|user_id| secret.tag(Use::UserId, user_id.into())),
        }
    }

    /// Whether a user may be this session's: they may, if it is not known whose it is.
    pub(super) fn may_be(&self, user_id: Text<'_>, secret: &Secret) -> bool {
        self.user_id.is_none_or(|own| own == secret.tag(Use::UserId, user_id))
    }

    /// Whether it is known whose session this is.
    pub(super) const fn is_known(&self) -> bool {
        self.user_id.is_some()
    }
}

/// A connection that is open, and has not been replaced.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Current {
    pub(super) conn: ConnectionId,
    pub(super) session: Session,
    pub(super) opened_at: Instant,
    /// When to get the next one.
    pub(super) refresh_at: Instant,
    /// When it has been silent for too long.
    pub(super) idle_at: Instant,
}

impl Current {
    pub(super) fn new(
        now: Instant,
        conn: ConnectionId,
        session: Session,
        config: &Config,
        secret: &mut Secret,
    ) -> Self {
        let early = u64::from(config.refresh_lead_ms).saturating_add(secret.chance(config.refresh_jitter_ms).into());
        let refresh_at = match session.ends_at {
            Instant::NEVER => Instant::NEVER,
            ends_at => ends_at.before(early).max(now.after(config.refresh_floor_ms.into())),
        };
        let mut current = Self { conn, session, opened_at: now, refresh_at, idle_at: Instant::NEVER };
        current.heard(now, config);
        current
    }

    /// The connection has shown that it is alive.
    pub(super) fn heard(&mut self, now: Instant, config: &Config) {
        self.idle_at = config.idle_ms.map_or(Instant::NEVER, |silence| now.after(silence.into()));
    }
}

/// A connection that has been replaced, but may still have something to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Draining {
    pub(super) conn: ConnectionId,
    pub(super) session: Session,
    pub(super) until: Instant,
}

/// The way to the next connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    /// None is needed yet.
    Off,
    /// An attempt failed.
    Backoff { until: Instant },
    /// It needs a token.
    Want,
    /// It has its token, and is being opened.
    Connecting { conn: ConnectionId, session: Session, until: Instant },
    /// There will be none.
    Stopped(DisconnectReason),
}
