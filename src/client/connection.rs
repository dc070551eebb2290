use super::closed::Reason;
use super::config::{Config, TokenInfo};
use super::secret::{Secret, Use};
use crate::capability::Capabilities;
use crate::millis::Millis;
use crate::text::Text;

/// One connection of a client, from the token on that opens it. Later ones are greater; none is ever there twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(u64);

impl ConnId {
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
    pub(super) ends_at: Millis,
    pub(super) capabilities: Option<Capabilities>,
    /// The tag of the user's own id.
    pub(super) user_id: Option<u64>,
}

impl Session {
    pub(super) fn new(now: Millis, info: TokenInfo<'_>, secret: &Secret) -> Self {
        Self {
            ends_at: info.session_ms.map_or(Millis::NEVER, |left| now.after(left)),
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
    pub(super) conn: ConnId,
    pub(super) session: Session,
    pub(super) opened_at: Millis,
    /// When to get the next one.
    pub(super) refresh_at: Millis,
    /// When it has been silent for too long.
    pub(super) idle_at: Millis,
}

impl Current {
    pub(super) fn new(now: Millis, conn: ConnId, session: Session, config: &Config, secret: &mut Secret) -> Self {
        let early = u64::from(config.refresh_lead_ms).saturating_add(secret.chance(config.refresh_jitter_ms).into());
        let refresh_at = match session.ends_at {
            Millis::NEVER => Millis::NEVER,
            ends_at => ends_at.before(early).max(now.after(config.refresh_floor_ms.into())),
        };
        let mut current = Self { conn, session, opened_at: now, refresh_at, idle_at: Millis::NEVER };
        current.heard(now, config);
        current
    }

    /// The connection has shown that it is alive.
    pub(super) fn heard(&mut self, now: Millis, config: &Config) {
        self.idle_at = config.idle_ms.map_or(Millis::NEVER, |silence| now.after(silence.into()));
    }
}

/// A connection that has been replaced, but may still have something to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Draining {
    pub(super) conn: ConnId,
    pub(super) session: Session,
    pub(super) until: Millis,
}

/// The way to the next connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    /// None is needed yet.
    Off,
    /// An attempt failed.
    Backoff { until: Millis },
    /// It needs a token.
    Want,
    /// It has its token, and is being opened.
    Connecting { conn: ConnId, session: Session, until: Millis },
    /// There will be none.
    Stopped(Reason),
}
