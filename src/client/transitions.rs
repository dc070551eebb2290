//! Timers, and what follows from everything that happens to connections and attempts.

use core::num::NonZeroU8;
use core::time::Duration;

use super::close_event::{CloseEvent, DisconnectReason, ReconnectAction};
use super::connection::{ConnectionId, Draining, Link, Next};
use super::counters::count;
use super::machine::Client;
use crate::instant::Instant;

/// The code of a close on purpose.
const NORMAL: u16 = 1000;
/// The code of a close for lack of an answer, from IANA's registry of WebSocket close codes.
const TIMEOUT: u16 = 3008;
/// A call that comes more than this after its moment is late: the device may have been asleep.
const LATE_MS: u64 = 1_000;
/// Without pings: a call that comes more than this after its moment tells of a sleep. Browsers fire
/// the timers of a tab in the background once a minute.
const ASLEEP_MS: u64 = 90_000;
/// The least time between refreshes that the caller asks for, and the time that an attempt gets
/// before one restarts it.
const REFRESH_MS: u64 = 5_000;
/// A connection that has opened within this time needs no refresh.
pub(super) const FRESH_MS: u64 = 1_000;
/// By how much one connection may lag behind another, at the least.
const OVERLAP_MS: u32 = 10_000;
/// How many connections that may be dead are replaced beside in an hour.
pub(super) const REPLACEMENTS: usize = 4;
pub(super) const HOUR_MS: u64 = 3_600_000;
/// How long to wait when the service restarts or is overloaded (codes 1012 and 1013).
const RESTART_MS: (u32, u32) = (5_000, 30_000);

impl<T, const INFLIGHT: usize, const DEDUP: usize> Client<T, INFLIGHT, DEDUP> {
    // Time.

    /// Records the time. A call that comes late may come after a sleep, and before what was
    /// received meanwhile is reported.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn tick(&mut self, now: Instant) {
        let before = self.clock.now();
        if self.clock.advance(now) {
            count(&mut self.counters.steps_back);
        }
        let now = self.clock.now();
        if self.wait.is_due(now) {
            let late_ms = now.since(self.wait);
            self.wait = Instant::NEVER;
            if late_ms > LATE_MS {
                self.on_late(before, late_ms);
            }
        }
    }

    /// Checks the connections at once, and gives what would be decided now a little more time,
    /// once.
    #[cold]
    fn on_late(&mut self, before: Instant, late_ms: u64) {
        count(&mut self.counters.late);
        let now = self.clock.now();
        if before < self.overlap_until {
            self.overlap_until = self.overlap_until.max(self.overlap_end());
        }
        let Self { current, draining, in_flight, config, .. } = self;
        // A tab in the background is always late. It receives all the same.
        if let Some(draining) =
            draining.as_mut().filter(|_| config.can_ping() || late_ms > ASLEEP_MS)
        {
            draining.put_off(now, config);
        }
        let draining = draining.as_mut().map(|draining| &mut draining.link);
        for link in current.iter_mut().chain(draining) {
            in_flight.put_off(now, link, config);
            link.pings.put_off(now, config);
            link.pings.want(config);
        }
        if !self.config.can_ping() && late_ms > ASLEEP_MS {
            self.replace_suspect();
        }
    }

    /// Does what is due.
    pub(super) fn run_timers(&mut self, now: Instant) {
        self.run_attempt_timers(now);
        self.run_connection_timers(now);
        self.decide_requests(now);
        self.run_draining_timers(now);
        match (&self.next, &self.current) {
            (Next::Idle, Some(link)) if link.refresh_at.is_due(now) => self.get_next(),
            (Next::Backoff { until }, _) if until.is_due(now) => self.await_token(),
            // No other connection will come, and this one cannot be of use any more.
            (Next::Stopped(reason), Some(link)) if link.outlived_at().is_due(now) => {
                self.end_session(*reason);
            }
            _ => {}
        }
        if self.refresh_due_at().is_due(now) {
            self.run_refresh(now);
        }
        self.disconnect_if_settled();
    }

    fn run_attempt_timers(&mut self, now: Instant) {
        if self.fetch.as_ref().is_some_and(|fetch| fetch.until.is_due(now)) {
            self.fetch = None;
            count(&mut self.counters.token_timeouts);
            if self.next == Next::AwaitingToken {
                count(&mut self.counters.lost_connections);
                self.retry_later(Duration::ZERO, false);
            }
        }
        match self.next {
            Next::Connecting { id, until, .. } if until.is_due(now) => {
                self.queue_close(id, TIMEOUT);
                self.on_connect_failed(CloseEvent::abnormal());
            }
            _ => {}
        }
    }

    fn run_connection_timers(&mut self, now: Instant) {
        // First, since a connection that does not answer is no fallback.
        let draining = self.draining.as_mut().map(|draining| &mut draining.link.pings);
        if let Some(pings) = draining.filter(|pings| pings.answer_until.is_due(now)) {
            pings.miss();
            count(&mut self.counters.missed_pings);
        }
        let Some(link) = &mut self.current else { return };
        if link.pings.next_at.is_due(now) {
            link.pings.want(&self.config);
        }
        if link.idle_at.is_due(now) {
            link.heard(now, &self.config);
            self.replace_suspect();
            return;
        }
        if !link.pings.answer_until.is_due(now) {
            return;
        }
        link.pings.miss();
        count(&mut self.counters.missed_pings);
        if link.pings.missed > 1 {
            let id = link.id;
            self.queue_close(id, TIMEOUT);
            self.on_closed(CloseEvent::abnormal());
        } else {
            link.pings.want(&self.config);
            self.replace_suspect();
        }
    }

    fn decide_requests(&mut self, now: Instant) {
        let Self { current, draining, in_flight, config, .. } = self;
        if let Some(draining) = draining {
            draining.link.is_suspect |= in_flight.decide(now, &mut draining.link, config);
        }
        let is_unproven = current.as_mut().is_some_and(|link| in_flight.decide(now, link, config));
        if is_unproven && !config.can_ping() {
            self.replace_suspect();
        }
    }

    fn run_draining_timers(&mut self, now: Instant) {
        if self.drained_at(now).is_due(now) {
            self.finish_draining();
        }
    }

    /// When the draining connection is no longer needed: as a fallback, for its requests, or
    /// because it may lag.
    fn drained_at(&self, now: Instant) -> Instant {
        let Some(draining) = &self.draining else { return Instant::NEVER };
        let link = &draining.link;
        if self.in_flight.is_waiting_on(link.id) {
            return Instant::NEVER;
        }
        let Some(current) = self.current.as_ref().filter(|_| link.is_usable(now)) else {
            return draining.until;
        };
        if current.has_lasted(now, &self.config) {
            return draining.until;
        }
        let lasts_at = if self.config.can_ping() {
            // An event, the answer to a ping, tells that it has.
            Instant::NEVER
        } else {
            current.opened_at.after(self.config.stable_ms.into())
        };
        draining.until.max(lasts_at.min(link.session.ends_at))
    }

    /// When the refresh that the caller has asked for begins.
    fn refresh_due_at(&self) -> Instant {
        let earliest = match (&self.next, self.refreshed_at) {
            (Next::AwaitingToken | Next::Connecting { .. }, _) => self.attempt_at.after(REFRESH_MS),
            (Next::Stopped(_), _) => Instant::NEVER,
            (_, Instant::NEVER) => self.refresh_asked_at,
            (_, refreshed_at) => refreshed_at.after(REFRESH_MS),
        };
        self.refresh_asked_at.max(earliest)
    }

    /// When something is next due.
    pub(super) fn next_deadline(&self, now: Instant) -> Instant {
        let next = match (&self.next, &self.current) {
            (Next::Connecting { until, .. } | Next::Backoff { until }, _) => *until,
            (Next::Idle, Some(link)) => link.refresh_at,
            (Next::Stopped(_), Some(link)) => link.outlived_at(),
            _ => Instant::NEVER,
        };
        let fetch = self.fetch.as_ref().map_or(Instant::NEVER, |fetch| fetch.until);
        let current = self.current.as_ref().map_or(Instant::NEVER, |link| {
            link.idle_at.min(link.pings.next_at).min(link.pings.answer_until)
        });
        let draining =
            self.draining.as_ref().map_or(Instant::NEVER, |it| it.link.pings.answer_until);
        [
            fetch,
            current,
            draining,
            self.drained_at(now),
            self.in_flight.next_deadline(),
            self.refresh_due_at(),
        ]
        .into_iter()
        .fold(next, Instant::min)
    }

    // Transitions.

    pub(super) const fn forget_failures(&mut self) {
        self.failures = 0;
        self.attempts = 0;
        self.may_replace_token = true;
    }

    /// Forgets earlier failures if the current connection has lasted. Returns `true` if it has.
    fn note_stable(&mut self) -> bool {
        let now = self.clock.now();
        let has_lasted =
            self.current.as_ref().is_some_and(|link| link.has_lasted(now, &self.config));
        if has_lasted {
            self.forget_failures();
        }
        has_lasted
    }

    /// Returns `true` if there is a connection that works, as far as is known. Failures to replace
    /// it are neither limited nor final.
    fn has_connection(&self) -> bool {
        self.current.as_ref().is_some_and(|link| !link.is_expired)
    }

    /// Gets the next connection beside the current one: at once if that has lasted, otherwise after
    /// a wait.
    pub(super) fn get_next(&mut self) {
        if self.note_stable() {
            self.await_token();
        } else {
            self.retry_later(Duration::ZERO, false);
        }
    }

    pub(super) const fn await_token(&mut self) {
        self.next = Next::AwaitingToken;
        self.attempt_at = self.clock.now();
        self.refresh_asked_at = Instant::NEVER;
    }

    /// Replaces the current connection, which may be dead, unless another is at hand.
    pub(super) fn replace_suspect(&mut self) {
        let now = self.clock.now();
        if let Some(link) = &mut self.current {
            link.is_suspect = true;
        }
        let limit = NonZeroU8::new(u8::try_from(REPLACEMENTS).unwrap_or(1));
        let is_limited = self.replacements.retry_at(limit, now).is_some();
        if self.next == Next::Idle && !self.has_fallback() && !is_limited {
            self.replacements.note(now);
            self.get_next();
        }
    }

    /// Begins the refresh that the caller has asked for.
    fn run_refresh(&mut self, now: Instant) {
        self.refresh_asked_at = Instant::NEVER;
        self.refreshed_at = now;
        if let Some(link) = &mut self.current {
            link.is_suspect |= !self.config.can_ping();
            link.pings.want(&self.config);
        }
        match self.next {
            Next::Idle => self.get_next(),
            Next::Backoff { .. } => self.await_token(),
            Next::AwaitingToken => {
                if self.fetch.take().is_some() {
                    count(&mut self.failures);
                }
                self.await_token();
            }
            Next::Connecting { id, .. } => {
                self.queue_close(id, NORMAL);
                count(&mut self.failures);
                self.await_token();
            }
            Next::Stopped(_) => {}
        }
    }

    /// Until when a connection may deliver what another delivers now.
    pub(super) fn overlap_end(&self) -> Instant {
        self.clock.now().after(self.config.drain_ms.max(OVERLAP_MS).into())
    }

    /// The service says that a connection has expired. Returns `true` if it has been replaced.
    pub(super) fn on_expired(&mut self, connection: ConnectionId) -> bool {
        if let Some(draining) =
            self.draining.as_mut().filter(|draining| draining.link.id == connection)
        {
            draining.link.is_expired = true;
            return true;
        }
        let has_fallback = self.has_fallback();
        if let Some(link) = &mut self.current {
            link.is_expired = true;
        }
        if has_fallback {
            self.swap_back();
            return false;
        }
        match self.next {
            Next::Idle => self.get_next(),
            // Nothing more can be sent, and there will be no other connection.
            Next::Stopped(reason) if reason != DisconnectReason::NotWanted => {
                self.end_session(reason);
            }
            _ => {}
        }
        false
    }

    /// A connection has been replaced. It is kept for what it may still deliver, and as a fallback.
    pub(super) fn drain(&mut self, link: Link) {
        let now = self.clock.now();
        let is_over = link.is_expired || link.is_past_end(now);
        if link.pings.missed > 0 {
            // It does not answer: it is not kept.
            self.has_gap = true;
            self.queue_close(link.id, TIMEOUT);
            return;
        }
        let mut draining = Draining::new(now, link, &self.config);
        draining.is_reported = is_over;
        self.has_gap |= is_over;
        self.dedup.mark();
        self.draining = Some(draining);
    }

    /// Returns `true` if the connection that was replaced could serve again.
    fn has_fallback(&self) -> bool {
        let now = self.clock.now();
        let has_lasted =
            self.current.as_ref().is_some_and(|link| link.has_lasted(now, &self.config));
        !has_lasted && self.draining.as_ref().is_some_and(|draining| draining.link.is_usable(now))
    }

    /// The current connection has ended.
    pub(super) fn on_closed(&mut self, event: CloseEvent) {
        let now = self.clock.now();
        let has_fallback = self.has_fallback();
        let has_lasted = self.next == Next::Idle && self.note_stable();
        if self.is_overlapping() {
            // What it has delivered, the next connection may deliver again, whenever that opens.
            self.overlap_until = Instant::NEVER;
        }
        let Some(link) = self.current.take() else { return };
        count(&mut self.counters.lost_connections);
        self.in_flight.end(now, link.id, &self.config);
        let is_expired = (link.is_expired || link.is_past_end(now)) && !event.is_overridden();
        let action = if is_expired { ReconnectAction::Retry } else { event.action() };
        if action == ReconnectAction::End {
            self.has_gap = true;
            let is_leaving = self.next == Next::Stopped(DisconnectReason::NotWanted);
            self.stop(if is_leaving { DisconnectReason::NotWanted } else { event.reason() });
            return;
        }
        if has_fallback {
            self.fall_back(now);
        }
        self.has_gap |= self.current.is_none();
        match self.next {
            Next::Idle => self.follow(event, action, has_lasted),
            // The wait under way may be shorter than the service asks for.
            Next::Backoff { .. } if event.asks_for_wait() => {
                self.back_off(event.retry_after(), event.is_restart());
            }
            Next::Stopped(_) if self.current.is_none() => self.finish_draining(),
            _ => {}
        }
    }

    /// A connection has expired before it has lasted. The one that it replaced becomes current
    /// again, and it drains instead.
    fn swap_back(&mut self) {
        let now = self.clock.now();
        let Some(link) = self.current.take() else { return };
        self.fall_back(now);
        let mut draining = Draining::new(now, link, &self.config);
        draining.is_reported = true;
        self.draining = Some(draining);
        if self.next == Next::Idle {
            self.retry_later(Duration::ZERO, false);
        }
    }

    /// Makes the connection that was replaced the current one again.
    fn fall_back(&mut self, now: Instant) {
        let Some(Draining { mut link, .. }) = self.draining.take() else { return };
        self.overlap_until = self.overlap_end();
        // Without pings, nothing else would tell that it may have been dead.
        self.has_gap |= link.is_suspect && !self.config.can_ping();
        link.refresh_at = now;
        if self.config.can_ping() {
            link.pings.next_at = now;
        }
        link.heard(now, &self.config);
        self.current = Some(link);
    }

    /// An attempt at a connection has failed. The current connection stays.
    pub(super) fn on_connect_failed(&mut self, event: CloseEvent) {
        self.next = Next::Idle;
        count(&mut self.counters.lost_connections);
        self.follow(event, event.action(), false);
    }

    /// Does what the end of a connection or of an attempt calls for.
    fn follow(&mut self, event: CloseEvent, action: ReconnectAction, has_lasted: bool) {
        match action {
            ReconnectAction::End => self.stop(event.reason()),
            ReconnectAction::NewToken if !self.has_connection() => {
                if core::mem::take(&mut self.may_replace_token) {
                    self.await_token();
                } else {
                    self.stop(event.reason());
                }
            }
            ReconnectAction::Retry | ReconnectAction::NewToken => {
                self.count_attempt(has_lasted);
                if self.has_attempts_left() {
                    self.back_off(event.retry_after(), event.is_restart());
                } else {
                    self.stop(DisconnectReason::AttemptsExhausted);
                }
            }
        }
    }

    /// An attempt has failed before it had a connection. Another follows, if any are left.
    pub(super) fn retry_later(&mut self, retry_after: Duration, has_lasted: bool) {
        self.count_attempt(has_lasted);
        if self.has_attempts_left() {
            self.back_off(retry_after, false);
        } else {
            self.stop(DisconnectReason::AttemptsExhausted);
        }
    }

    fn count_attempt(&mut self, has_lasted: bool) {
        if !has_lasted && !self.has_connection() {
            count(&mut self.attempts);
        }
    }

    fn has_attempts_left(&self) -> bool {
        self.has_connection()
            || self.config.max_attempts.is_none_or(|most| self.attempts < most.get())
    }

    /// Waits until the next attempt: at random, and longer each time.
    fn back_off(&mut self, retry_after: Duration, is_restart: bool) {
        let least = self.config.backoff_min_ms;
        let doubled = self
            .config
            .backoff_base_ms
            .saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        let most = doubled.min(self.config.backoff_max_ms);
        let (least, most) = if is_restart {
            (RESTART_MS.0.max(least), RESTART_MS.1.max(most))
        } else {
            (least, most)
        };
        let wait_ms = least.saturating_add(self.hasher.roll(most.saturating_sub(least)));
        // Many clients may have been told the same time.
        let asked_ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX).min(HOUR_MS);
        let wait_ms = u64::from(wait_ms).saturating_add(asked_ms);
        count(&mut self.failures);
        self.next = Next::Backoff { until: self.clock.now().after(wait_ms) };
    }

    /// Stops looking for a next connection. The current connection stays, unless it has expired.
    pub(super) fn stop(&mut self, reason: DisconnectReason) {
        if let Next::Connecting { id, .. } = self.next {
            self.queue_close(id, NORMAL);
        }
        self.next = Next::Stopped(reason);
        self.refresh_asked_at = Instant::NEVER;
        if !self.has_connection() && reason != DisconnectReason::NotWanted || self.current.is_none()
        {
            self.end_session(reason);
        }
    }

    /// Closes every connection.
    pub(super) fn end_session(&mut self, reason: DisconnectReason) {
        if let Next::Connecting { id, .. } = self.next {
            self.queue_close(id, NORMAL);
        }
        self.next = Next::Stopped(reason);
        self.refresh_asked_at = Instant::NEVER;
        if let Some(Link { id, .. }) = self.current.take() {
            self.has_gap = true;
            self.queue_close(id, NORMAL);
        }
        self.finish_draining();
    }

    /// Ends the session if the caller wants that, and every request has its outcome.
    pub(super) fn disconnect_if_settled(&mut self) {
        let is_leaving =
            self.next == Next::Stopped(DisconnectReason::NotWanted) && self.current.is_some();
        if is_leaving && !self.in_flight.is_waiting() {
            self.end_session(DisconnectReason::NotWanted);
        }
    }

    /// Closes the connection that has been replaced.
    pub(super) fn finish_draining(&mut self) {
        let Some(draining) = self.draining.take() else { return };
        let may_have_missed = self.config.can_ping() || draining.link.is_suspect;
        self.note_gap(&draining, may_have_missed);
        self.queue_close(draining.link.id, NORMAL);
        self.overlap_until = self.overlap_until.max(self.overlap_end());
    }

    /// The connection that has been replaced has ended.
    pub(super) fn on_draining_closed(&mut self) {
        let Some(draining) = self.draining.take() else { return };
        let now = self.clock.now();
        self.note_gap(&draining, true);
        self.in_flight.end(now, draining.link.id, &self.config);
        self.overlap_until = self.overlap_until.max(self.overlap_end());
    }

    /// Notes that messages may have been missed, unless the draining connection has delivered
    /// everything up to a moment at which its replacement was open.
    const fn note_gap(&mut self, draining: &Draining, may_have_missed: bool) {
        self.has_gap |= may_have_missed && !draining.is_reported && !draining.is_seamless();
    }

    /// Asks the caller to close a connection. What is in flight on it ends.
    pub(super) fn queue_close(&mut self, connection: ConnectionId, code: u16) {
        self.in_flight.end(self.clock.now(), connection, &self.config);
        if let Some(slot) = self.closing.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some((connection, code));
        }
    }
}
