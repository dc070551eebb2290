use super::close_event::DisconnectReason;
use super::config::Config;
use super::dedup::Side;
use super::keyed_hasher::{HashDomain, KeyedHasher};
use super::token_info::TokenInfo;
use crate::instant::Instant;
use crate::value::Capabilities;
use crate::value::Text;

/// The shortest session of the service. A shorter one comes from a wrong clock.
const MIN_SESSION_MS: u32 = 60_000;
/// The longest session of the service.
const MAX_SESSION_MS: u32 = 10_800_000;

/// The identifier of a connection.
///
/// The client assigns it when the token is reported. Numbers increase and are never reused.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::ConnectionId;
///
/// assert_eq!(ConnectionId::from_number(7).number(), 7);
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// Creates the identifier with this number.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::ConnectionId;
    ///
    /// assert!(ConnectionId::from_number(1) < ConnectionId::from_number(2));
    /// ```
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number, for a foreign function interface or a log.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::ConnectionId;
    ///
    /// assert_eq!(ConnectionId::from_number(7).number(), 7);
    /// ```
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// The stored part of a [`TokenInfo`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Session {
    /// The length, or 0 if it is unknown.
    length_ms: u32,
    pub(super) ends_at: Instant,
    pub(super) capabilities: Option<Capabilities>,
    /// The hash of the user's own ID.
    user_id: Option<u64>,
}

impl Session {
    pub(super) fn new(now: Instant, info: TokenInfo<'_>, hasher: &KeyedHasher) -> Self {
        let stated = info.session_ms.and_then(|length| u32::try_from(length).ok());
        let length = stated.filter(|length| (MIN_SESSION_MS..=MAX_SESSION_MS).contains(length));
        Self {
            length_ms: length.unwrap_or(0),
            ends_at: length.map_or(Instant::NEVER, |length| now.after(length.into())),
            capabilities: info.capabilities,
            user_id: info.user_id.map(|user_id| hasher.id_hash(HashDomain::UserId, user_id.into())),
        }
    }

    /// Returns `true` unless the user is known not to be the session's.
    pub(super) fn may_be(&self, user_id: Text<'_>, hasher: &KeyedHasher) -> bool {
        self.user_id.is_none_or(|own| own == hasher.id_hash(HashDomain::UserId, user_id))
    }

    /// Returns `true` if the user is known to be the session's.
    pub(super) fn is(&self, user_id: Text<'_>, hasher: &KeyedHasher) -> bool {
        self.user_id.is_some() && self.may_be(user_id, hasher)
    }

    /// Returns the refresh time of a connection that opens now: the lead and a random jitter before
    /// the end of the session, but not before the floor.
    ///
    /// A session that ends before the floor, or of unknown length, counts as the longest possible,
    /// because the host's wall clock may be wrong.
    fn refresh_at(&self, now: Instant, config: &Config, hasher: &mut KeyedHasher) -> Instant {
        let floor = now.after(config.refresh_floor_ms.into());
        let is_known = self.ends_at != Instant::NEVER && floor < self.ends_at;
        let ends_at = if is_known { self.ends_at } else { now.after(MAX_SESSION_MS.into()) };
        let length_ms = if is_known { self.length_ms } else { MAX_SESSION_MS };
        let most = (length_ms / 100).saturating_mul(config.refresh_jitter_percent.into());
        let jitter = u64::from(hasher.roll(most));
        let wanted = ends_at.before(jitter.saturating_add(config.refresh_lead_ms.into()));
        if wanted >= floor { wanted } else { floor.after(jitter) }
    }
}

/// A connection that is open.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Link {
    pub(super) id: ConnectionId,
    pub(super) session: Session,
    pub(super) side: Side,
    pub(super) opened_at: Instant,
    /// The time of the refresh.
    pub(super) refresh_at: Instant,
    /// `true` if the service has reported that the connection has expired.
    pub(super) is_expired: bool,
    /// `true` if the connection may be dead.
    pub(super) is_suspect: bool,
    pub(super) pings: Pings,
    /// The idle deadline without pings.
    pub(super) idle_at: Instant,
}

impl Link {
    pub(super) fn new(
        now: Instant,
        id: ConnectionId,
        session: Session,
        side: Side,
        config: &Config,
        hasher: &mut KeyedHasher,
    ) -> Self {
        let mut link = Self {
            id,
            session,
            side,
            opened_at: now,
            refresh_at: session.refresh_at(now, config, hasher),
            is_expired: false,
            is_suspect: false,
            pings: Pings::new(now, config),
            idle_at: Instant::NEVER,
        };
        link.heard(now, config);
        link
    }

    /// Returns `true` if the connection has worked long enough to reset earlier failures.
    pub(super) fn is_stable(&self, now: Instant, config: &Config) -> bool {
        let worked_until = if config.can_ping() { self.pings.answered_at } else { now };
        worked_until.since(self.opened_at) >= config.stable_ms.into()
    }

    /// Returns `true` if the session is over, as far as is known.
    pub(super) const fn is_past_end(&self, now: Instant) -> bool {
        self.session.ends_at.is_due(now)
    }

    /// Returns the end of the longest possible session.
    pub(super) fn outlived_at(&self) -> Instant {
        self.opened_at.after(MAX_SESSION_MS.into())
    }

    /// Returns `true` if the connection can become current again.
    pub(super) const fn is_usable(&self, now: Instant) -> bool {
        !self.is_expired && !self.is_past_end(now) && self.pings.missed == 0
    }

    /// Records that something has been received.
    pub(super) fn heard(&mut self, now: Instant, config: &Config) {
        if let (false, Some(silence)) = (config.can_ping(), config.idle_ms) {
            self.idle_at = now.after(silence.into());
        }
    }
}

/// The pings of a connection. They are numbered from 1, and the number is their payload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pings {
    /// The number of the latest ping.
    pub(super) sent: u32,
    /// The number of the latest ping that was answered.
    pub(super) answered: u32,
    /// `true` if a ping must be sent at once.
    pub(super) is_wanted: bool,
    /// The time of the next regular ping.
    pub(super) next_at: Instant,
    /// The time of the latest ping.
    sent_at: Instant,
    /// The deadline for the pong of the oldest unanswered ping.
    pub(super) answer_until: Instant,
    /// `true` if that deadline has been extended after a late call.
    was_extended: bool,
    /// The time of the latest pong, or of opening.
    answered_at: Instant,
    /// The number of consecutive missed pongs.
    pub(super) missed: u8,
}

impl Pings {
    fn new(now: Instant, config: &Config) -> Self {
        let first = config.ping_interval_ms.min(config.stable_ms);
        Self {
            sent: 0,
            answered: 0,
            is_wanted: false,
            next_at: if config.can_ping() { now.after(first.into()) } else { Instant::NEVER },
            sent_at: now,
            answer_until: Instant::NEVER,
            was_extended: false,
            answered_at: now,
            missed: 0,
        }
    }

    /// Requests a ping if the host can send one.
    pub(super) const fn want(&mut self, config: &Config) {
        self.is_wanted |= config.can_ping();
    }

    /// Records a ping and returns its payload.
    pub(super) fn send(&mut self, now: Instant, config: &Config) -> [u8; 4] {
        self.sent = self.sent.wrapping_add(1);
        self.is_wanted = false;
        self.sent_at = now;
        if self.next_at != Instant::NEVER {
            self.next_at = now.after(config.ping_interval_ms.into());
        }
        if self.answer_until == Instant::NEVER {
            self.answer_until = now.after(config.ping_timeout_ms.into());
            self.was_extended = false;
        }
        self.sent.to_be_bytes()
    }

    /// Records a pong. Returns `false` if it answers no outstanding ping.
    pub(super) fn answer(&mut self, now: Instant, payload: &[u8], config: &Config) -> bool {
        let Ok(number) = payload.try_into().map(u32::from_be_bytes) else { return false };
        if number <= self.answered || number > self.sent {
            return false;
        }
        self.answered = number;
        self.answered_at = now;
        self.missed = 0;
        self.answer_until = if number == self.sent {
            Instant::NEVER
        } else {
            self.sent_at.after(config.ping_timeout_ms.into())
        };
        true
    }

    /// Records a missed pong.
    pub(super) const fn miss(&mut self) {
        self.answer_until = Instant::NEVER;
        self.missed = self.missed.saturating_add(1);
    }

    /// Extends the deadline once, because the pong may be unread in the socket.
    pub(super) fn extend_once(&mut self, now: Instant, config: &Config) {
        if self.answer_until.is_due(now) && !self.was_extended {
            self.was_extended = true;
            self.answer_until = now.after(config.ping_timeout_ms.into());
        }
    }
}

/// A replaced connection that is still open.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Draining {
    pub(super) link: Link,
    /// The earliest time of its close.
    pub(super) until: Instant,
    /// `true` if that deadline has been extended after a late call.
    was_extended: bool,
    /// The number of pings sent before it was replaced.
    pings_before: u32,
    /// `true` if both connections delivered the same payload.
    pub(super) has_overlapped: bool,
    /// `true` if its possible gap has been reported.
    pub(super) is_reported: bool,
}

impl Draining {
    pub(super) fn new(now: Instant, mut link: Link, config: &Config) -> Self {
        let answer_ms = if config.can_ping() { config.ping_timeout_ms } else { 0 };
        link.pings.next_at = Instant::NEVER;
        link.pings.want(config);
        Self {
            until: now.after(config.drain_ms.max(answer_ms).into()),
            was_extended: false,
            pings_before: link.pings.sent,
            link,
            has_overlapped: false,
            is_reported: false,
        }
    }

    /// Extends the drain time once, because payloads may be unread in the socket.
    pub(super) fn extend_once(&mut self, now: Instant, config: &Config) {
        if !self.was_extended {
            self.was_extended = true;
            self.until = self.until.max(now.after(config.drain_ms.into()));
        }
    }

    /// Returns `true` if the connection provably delivered everything up to a moment at which its
    /// replacement was open.
    pub(super) const fn is_seamless(&self) -> bool {
        self.has_overlapped || self.link.pings.answered > self.pings_before
    }
}

/// The attempt to open the next connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    /// No attempt is needed yet.
    Idle,
    /// The next attempt waits.
    Backoff { until: Instant },
    /// The attempt needs a token.
    AwaitingToken,
    /// The host opens the connection.
    Connecting { id: ConnectionId, session: Session, until: Instant },
    /// No attempt will follow.
    Stopped(DisconnectReason),
}
