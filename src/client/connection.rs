use super::close_event::DisconnectReason;
use super::config::Config;
use super::dedup::Side;
use super::keyed_hasher::{HashDomain, KeyedHasher};
use super::token_info::TokenInfo;
use crate::instant::Instant;
use crate::value::Capabilities;
use crate::value::Text;

/// The shortest session of the service. A shorter one comes from a clock that is wrong.
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

/// What is kept of a [`TokenInfo`].
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

    /// Returns `true` unless the user is known to be another than the session's.
    pub(super) fn may_be(&self, user_id: Text<'_>, hasher: &KeyedHasher) -> bool {
        self.user_id.is_none_or(|own| own == hasher.id_hash(HashDomain::UserId, user_id))
    }

    /// Returns `true` if the user is known to be the session's.
    pub(super) fn is(&self, user_id: Text<'_>, hasher: &KeyedHasher) -> bool {
        self.user_id.is_some() && self.may_be(user_id, hasher)
    }

    /// Chooses when to get the next connection, for one that opens now: a random part of the
    /// session before its lead, but not before the floor.
    ///
    /// A session that ends before that, or is of unknown length, may in truth be the longest
    /// possible: the host's wall clock may be wrong.
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
    /// When to get the next connection.
    pub(super) refresh_at: Instant,
    /// Whether the service has said that the connection has expired.
    pub(super) is_expired: bool,
    /// Whether there is reason to doubt that the connection still works.
    pub(super) is_suspect: bool,
    pub(super) pings: Pings,
    /// Without pings: when the connection has received nothing for too long.
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

    /// Returns `true` if the connection has worked for so long that earlier failures no longer
    /// count.
    pub(super) fn has_lasted(&self, now: Instant, config: &Config) -> bool {
        let worked_until = if config.can_ping() { self.pings.answered_at } else { now };
        worked_until.since(self.opened_at) >= config.stable_ms.into()
    }

    /// Returns `true` if the session is over, as far as is known.
    pub(super) const fn is_past_end(&self, now: Instant) -> bool {
        self.session.ends_at.is_due(now)
    }

    /// When even the longest session is over.
    pub(super) fn outlived_at(&self) -> Instant {
        self.opened_at.after(MAX_SESSION_MS.into())
    }

    /// Returns `true` if the connection could serve in place of another that has broken.
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
    /// Whether one has to be sent at once.
    pub(super) is_wanted: bool,
    /// When the next regular one is due.
    pub(super) next_at: Instant,
    /// When the latest was sent.
    sent_at: Instant,
    /// Until when the answer to the oldest one without an answer may come.
    pub(super) answer_until: Instant,
    /// Whether that moment has been put off because the caller came late.
    was_put_off: bool,
    /// When the latest answer came, or the connection opened.
    answered_at: Instant,
    /// How many in a row have had no answer in time.
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
            was_put_off: false,
            answered_at: now,
            missed: 0,
        }
    }

    /// Asks for a ping, if the host can send one.
    pub(super) const fn want(&mut self, config: &Config) {
        self.is_wanted |= config.can_ping();
    }

    /// Records that the caller is told to send a ping, and returns the ping's payload.
    pub(super) fn send(&mut self, now: Instant, config: &Config) -> [u8; 4] {
        self.sent = self.sent.wrapping_add(1);
        self.is_wanted = false;
        self.sent_at = now;
        if self.next_at != Instant::NEVER {
            self.next_at = now.after(config.ping_interval_ms.into());
        }
        if self.answer_until == Instant::NEVER {
            self.answer_until = now.after(config.ping_timeout_ms.into());
            self.was_put_off = false;
        }
        self.sent.to_be_bytes()
    }

    /// Records an answer. Returns `false` if it answers no ping that waits for one.
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

    /// Records that an answer has not come in time.
    pub(super) const fn miss(&mut self) {
        self.answer_until = Instant::NEVER;
        self.missed = self.missed.saturating_add(1);
    }

    /// Gives the answer time from now on, once: it may lie unread in the socket.
    pub(super) fn put_off(&mut self, now: Instant, config: &Config) {
        if self.answer_until.is_due(now) && !self.was_put_off {
            self.was_put_off = true;
            self.answer_until = now.after(config.ping_timeout_ms.into());
        }
    }
}

/// A connection that has been replaced, and is kept for a while.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Draining {
    pub(super) link: Link,
    /// Until when it is kept at the least.
    pub(super) until: Instant,
    /// Whether that moment has been put off because the caller came late.
    was_put_off: bool,
    /// How many pings had been sent when it was replaced.
    pings_before: u32,
    /// Whether the same payload has come on both connections.
    pub(super) has_overlapped: bool,
    /// Whether the gap that it may have left has been reported.
    pub(super) is_reported: bool,
}

impl Draining {
    pub(super) fn new(now: Instant, mut link: Link, config: &Config) -> Self {
        let answer_ms = if config.can_ping() { config.ping_timeout_ms } else { 0 };
        link.pings.next_at = Instant::NEVER;
        link.pings.want(config);
        Self {
            until: now.after(config.drain_ms.max(answer_ms).into()),
            was_put_off: false,
            pings_before: link.pings.sent,
            link,
            has_overlapped: false,
            is_reported: false,
        }
    }

    /// Keeps it longer, once: what it has delivered may lie unread in the socket.
    pub(super) fn put_off(&mut self, now: Instant, config: &Config) {
        if !self.was_put_off {
            self.was_put_off = true;
            self.until = self.until.max(now.after(config.drain_ms.into()));
        }
    }

    /// Returns `true` if the connection has shown that it delivered everything up to some moment at
    /// which the next one was open.
    pub(super) const fn is_seamless(&self) -> bool {
        self.has_overlapped || self.link.pings.answered > self.pings_before
    }
}

/// The way to the next connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    /// None is needed yet.
    Idle,
    /// An attempt has failed.
    Backoff { until: Instant },
    /// It needs a token.
    AwaitingToken,
    /// It has its token, and is being opened.
    Connecting { id: ConnectionId, session: Session, until: Instant },
    /// There will be none.
    Stopped(DisconnectReason),
}
