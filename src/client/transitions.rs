//! Timers, and the state transitions of connections and attempts.

use core::num::NonZeroU8;
use core::time::Duration;

use super::close_event::{CloseEvent, DisconnectReason, ReconnectAction};
use super::connection::{ConnectionId, Draining, Link, Next};
use super::counters::count;
use super::machine::Client;
use crate::instant::Instant;

/// The close code for a normal closure.
const NORMAL: u16 = 1000;
/// The close code for a timeout, from IANA's registry of WebSocket close codes.
const TIMEOUT: u16 = 3008;
/// The delay after which a call is late. The device may have been asleep.
const LATE_MS: u64 = 1_000;
/// The delay that indicates a sleep without pings. Browsers fire the timers of a background tab
/// once a minute.
const ASLEEP_MS: u64 = 90_000;
/// The minimum time between requested refreshes, and the age at which a refresh restarts an
/// attempt.
const REFRESH_MS: u64 = 5_000;
/// The age below which a connection needs no refresh.
pub(super) const FRESH_MS: u64 = 1_000;
/// The minimum time by which one connection may lag behind another.
const OVERLAP_MS: u32 = 10_000;
/// The maximum number of possibly dead connections that are replaced per hour.
pub(super) const REPLACEMENTS: usize = 4;
pub(super) const HOUR_MS: u64 = 3_600_000;
/// The minimum and maximum wait after a restart or an overload (close codes 1012 and 1013).
const RESTART_MS: (u32, u32) = (5_000, 30_000);

impl<T, const INFLIGHT: usize, const DEDUP: usize> Client<T, INFLIGHT, DEDUP> {
    // Time.

    /// Records the time. A late call may follow a sleep, with received data still unread.
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

    /// Checks the connections at once, and extends each deadline that is due, once.
    #[cold]
    fn on_late(&mut self, before: Instant, late_ms: u64) {
        count(&mut self.counters.late);
        let now = self.clock.now();
        if before < self.overlap_until {
            self.overlap_until = self.overlap_until.max(self.overlap_end());
        }
        let Self { current, draining, in_flight, config, .. } = self;
        // A background tab is always late, but it receives data in time.
        if let Some(draining) =
            draining.as_mut().filter(|_| config.can_ping() || late_ms > ASLEEP_MS)
        {
            draining.extend_once(now, config);
        }
        let draining = draining.as_mut().map(|draining| &mut draining.link);
        for link in current.iter_mut().chain(draining) {
            in_flight.restart_deadlines(now, link, config);
            link.pings.extend_once(now, config);
            link.pings.want(config);
        }
        if !self.config.can_ping() && late_ms > ASLEEP_MS {
            self.replace_suspect();
        }
    }

    /// Runs all timers that are due.
    pub(super) fn run_timers(&mut self, now: Instant) {
        self.run_attempt_timers(now);
        self.run_connection_timers(now);
        self.decide_requests(now);
        self.run_draining_timers(now);
        match (&self.next, &self.current) {
            (Next::Idle, Some(link)) if link.refresh_at.is_due(now) => self.start_replacement(),
            (Next::Backoff { until }, _) if until.is_due(now) => self.await_token(),
            // No other connection will follow, and this one has outlived every session.
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
        // This comes first because a connection that misses a pong is no fallback.
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

    /// Returns the end of draining: the connection is no longer a fallback, has no waiting requests
    /// and cannot lag.
    fn drained_at(&self, now: Instant) -> Instant {
        let Some(draining) = &self.draining else { return Instant::NEVER };
        let link = &draining.link;
        if self.in_flight.is_waiting_on(link.id) {
            return Instant::NEVER;
        }
        let Some(current) = self.current.as_ref().filter(|_| link.is_usable(now)) else {
            return draining.until;
        };
        if current.is_stable(now, &self.config) {
            return draining.until;
        }
        let lasts_at = if self.config.can_ping() {
            // A pong makes the connection stable, not a timer.
            Instant::NEVER
        } else {
            current.opened_at.after(self.config.stable_ms.into())
        };
        draining.until.max(lasts_at.min(link.session.ends_at))
    }

    /// Returns the start of the requested refresh.
    fn refresh_due_at(&self) -> Instant {
        let earliest = match (&self.next, self.refreshed_at) {
            (Next::AwaitingToken | Next::Connecting { .. }, _) => self.attempt_at.after(REFRESH_MS),
            (Next::Stopped(_), _) => Instant::NEVER,
            (_, Instant::NEVER) => self.refresh_asked_at,
            (_, refreshed_at) => refreshed_at.after(REFRESH_MS),
        };
        self.refresh_asked_at.max(earliest)
    }

    /// Returns the next deadline.
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

    pub(super) const fn reset_backoff(&mut self) {
        self.failures = 0;
        self.attempts = 0;
        self.may_replace_token = true;
    }

    /// Resets the back-off if the current connection is stable. Returns `true` if it is.
    fn note_stable(&mut self) -> bool {
        let now = self.clock.now();
        let is_stable = self.current.as_ref().is_some_and(|link| link.is_stable(now, &self.config));
        if is_stable {
            self.reset_backoff();
        }
        is_stable
    }

    /// Returns `true` if there is an unexpired connection. Failures to replace it are neither
    /// limited nor final.
    fn has_connection(&self) -> bool {
        self.current.as_ref().is_some_and(|link| !link.is_expired)
    }

    /// Starts an attempt beside the current connection: at once if that is stable, otherwise after
    /// a wait.
    pub(super) fn start_replacement(&mut self) {
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

    /// Replaces the current connection, which may be dead, unless there is a fallback.
    pub(super) fn replace_suspect(&mut self) {
        let now = self.clock.now();
        if let Some(link) = &mut self.current {
            link.is_suspect = true;
        }
        let limit = NonZeroU8::new(u8::try_from(REPLACEMENTS).unwrap_or(1));
        let is_limited = self.replacements.retry_at(limit, now).is_some();
        if self.next == Next::Idle && !self.has_fallback() && !is_limited {
            self.replacements.note(now);
            self.start_replacement();
        }
    }

    /// Begins the requested refresh.
    fn run_refresh(&mut self, now: Instant) {
        self.refresh_asked_at = Instant::NEVER;
        self.refreshed_at = now;
        if let Some(link) = &mut self.current {
            link.is_suspect |= !self.config.can_ping();
            link.pings.want(&self.config);
        }
        match self.next {
            Next::Idle => self.start_replacement(),
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

    /// Returns the end of the time in which connections may deliver duplicates.
    pub(super) fn overlap_end(&self) -> Instant {
        self.clock.now().after(self.config.drain_ms.max(OVERLAP_MS).into())
    }

    /// Handles the expiry of a connection. Returns `true` if the connection is draining.
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
            Next::Idle => self.start_replacement(),
            // The connection accepts no more requests, and no other will follow.
            Next::Stopped(reason) if reason != DisconnectReason::NotWanted => {
                self.end_session(reason);
            }
            _ => {}
        }
        false
    }

    /// Keeps a replaced connection for its remaining payloads and as a fallback.
    pub(super) fn drain(&mut self, link: Link) {
        let now = self.clock.now();
        let is_over = link.is_expired || link.is_past_end(now);
        if link.pings.missed > 0 {
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

    /// Returns `true` if the draining connection can become current again.
    fn has_fallback(&self) -> bool {
        let now = self.clock.now();
        let is_stable = self.current.as_ref().is_some_and(|link| link.is_stable(now, &self.config));
        !is_stable && self.draining.as_ref().is_some_and(|draining| draining.link.is_usable(now))
    }

    /// Handles the end of the current connection.
    pub(super) fn on_closed(&mut self, event: CloseEvent) {
        let now = self.clock.now();
        let has_fallback = self.has_fallback();
        let is_stable = self.next == Next::Idle && self.note_stable();
        if self.is_overlapping() {
            // The next connection may deliver duplicates, whenever it opens.
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
            Next::Idle => self.apply_action(event, action, is_stable),
            // The current wait may be shorter than the service asks for.
            Next::Backoff { .. } if event.asks_for_wait() => {
                self.back_off(event.retry_after(), event.is_restart());
            }
            Next::Stopped(_) if self.current.is_none() => self.finish_draining(),
            _ => {}
        }
    }

    /// Makes the draining connection current again, and drains the current one, which has expired
    /// before it was stable.
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

    /// Makes the draining connection current again.
    fn fall_back(&mut self, now: Instant) {
        let Some(Draining { mut link, .. }) = self.draining.take() else { return };
        self.overlap_until = self.overlap_end();
        // Without pings, nothing else reports that it may have been dead.
        self.has_gap |= link.is_suspect && !self.config.can_ping();
        link.refresh_at = now;
        if self.config.can_ping() {
            link.pings.next_at = now;
        }
        link.heard(now, &self.config);
        self.current = Some(link);
    }

    /// Handles a failed attempt. The current connection stays.
    pub(super) fn on_connect_failed(&mut self, event: CloseEvent) {
        self.next = Next::Idle;
        count(&mut self.counters.lost_connections);
        self.apply_action(event, event.action(), false);
    }

    /// Applies the reaction to the end of a connection or of an attempt.
    fn apply_action(&mut self, event: CloseEvent, action: ReconnectAction, is_stable: bool) {
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
                self.count_attempt(is_stable);
                if self.has_attempts_left() {
                    self.back_off(event.retry_after(), event.is_restart());
                } else {
                    self.stop(DisconnectReason::AttemptsExhausted);
                }
            }
        }
    }

    /// Schedules another attempt, or stops if none are left.
    pub(super) fn retry_later(&mut self, retry_after: Duration, is_stable: bool) {
        self.count_attempt(is_stable);
        if self.has_attempts_left() {
            self.back_off(retry_after, false);
        } else {
            self.stop(DisconnectReason::AttemptsExhausted);
        }
    }

    fn count_attempt(&mut self, is_stable: bool) {
        if !is_stable && !self.has_connection() {
            count(&mut self.attempts);
        }
    }

    fn has_attempts_left(&self) -> bool {
        self.has_connection()
            || self.config.max_attempts.is_none_or(|most| self.attempts < most.get())
    }

    /// Schedules the next attempt after a random wait that grows with each failure.
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
        // The random wait is added because many clients may get the same time.
        let asked_ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX).min(HOUR_MS);
        let wait_ms = u64::from(wait_ms).saturating_add(asked_ms);
        count(&mut self.failures);
        self.next = Next::Backoff { until: self.clock.now().after(wait_ms) };
    }

    /// Stops all attempts. The current connection stays, unless it has expired.
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

    /// Ends the session if the caller is leaving and every request has an outcome.
    pub(super) fn disconnect_if_settled(&mut self) {
        let is_leaving =
            self.next == Next::Stopped(DisconnectReason::NotWanted) && self.current.is_some();
        if is_leaving && !self.in_flight.is_waiting() {
            self.end_session(DisconnectReason::NotWanted);
        }
    }

    /// Closes the draining connection.
    pub(super) fn finish_draining(&mut self) {
        let Some(draining) = self.draining.take() else { return };
        let may_have_missed = self.config.can_ping() || draining.link.is_suspect;
        self.note_gap(&draining, may_have_missed);
        self.queue_close(draining.link.id, NORMAL);
        self.overlap_until = self.overlap_until.max(self.overlap_end());
    }

    /// Handles the end of the draining connection.
    pub(super) fn on_draining_closed(&mut self) {
        let Some(draining) = self.draining.take() else { return };
        let now = self.clock.now();
        self.note_gap(&draining, true);
        self.in_flight.end(now, draining.link.id, &self.config);
        self.overlap_until = self.overlap_until.max(self.overlap_end());
    }

    /// Records a possible gap, unless the draining connection delivered everything up to a moment
    /// at which its replacement was open.
    const fn note_gap(&mut self, draining: &Draining, may_have_missed: bool) {
        self.has_gap |= may_have_missed && !draining.is_reported && !draining.is_seamless();
    }

    /// Queues a `Close` for a connection, and ends its requests.
    pub(super) fn queue_close(&mut self, connection: ConnectionId, code: u16) {
        self.in_flight.end(self.clock.now(), connection, &self.config);
        if let Some(slot) = self.closing.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some((connection, code));
        }
    }
}
