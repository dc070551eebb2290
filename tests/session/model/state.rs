//! The state of the [`Model`], and its transitions for everything except requests and polls.

use ivs_chat_proto::Capabilities;
use ivs_chat_proto::client::{
    Config, ConnectionId, ConnectionState, Counters, DisconnectReason, ReconnectAction,
};

use super::input::{CloseKind, Target, TokenFields};
use super::requests::InFlight;
use super::rules::is_plausible_session;

/// A time that is never reached.
pub(super) const NEVER: u64 = u64::MAX;
pub(super) const SECOND: u64 = 1_000;
/// The most time that one reading adds: 49 days.
const LONGEST_STEP: u64 = 0xffff_ffff;
const HOUR: u64 = 3_600_000;
/// The lateness of a call that causes a refresh, without pings.
const SLEEP: u64 = 90_000;
pub(super) const LONGEST_SESSION: u64 = 10_800_000;

/// The documented state of a session: every connection, fetch and request.
#[derive(Clone, Debug, Hash)]
pub(super) struct Model {
    pub(super) config: Config,
    reading: Option<u64>,
    /// The client's own time, to which all times below refer.
    pub(super) now: u64,
    /// The time of the latest `Wait`.
    pub(super) wait_until: u64,
    /// `true` until a call at or after `wait_until`, the only one that must count as late.
    is_first_call: bool,
    /// The time of the latest late call.
    pub(super) late_at: Option<u64>,
    pub(super) conns: Vec<Conn>,
    pub(super) next: Next,
    pub(super) fetch: Option<Fetching>,
    pub(super) fetches: u64,
    pub(super) fetched_at: Option<u64>,
    /// `true` if the next fetch needs no wait before it.
    pub(super) may_fetch_at_once: bool,
    pub(super) reported: ConnectionState,
    pub(super) reported_current: Option<usize>,
    pub(super) gap: Certainty,
    pub(super) requests: Vec<InFlight>,
    /// The targets of deletions that are no longer in flight.
    pub(super) past_deletions: Vec<Target>,
    pub(super) accepted: u64,
    /// The number of requests and pings sent, which orders them.
    pub(super) order: u64,
    pub(super) sent_at: Vec<u64>,
    pub(super) delivered: Vec<Delivered>,
    pub(super) overlap_until: u64,
    pub(super) counters: Counters,
}

/// The certainty of a fact where the documentation leaves the client a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Certainty {
    No,
    Maybe,
    Yes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Connecting,
    Current,
    Draining,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    Idle,
    /// The attempt starts at a random time in this range.
    Backoff(u64, u64),
    AwaitingToken,
    Connecting(usize),
    Stopped(DisconnectReason),
}

#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Fetching {
    pub(super) id: u64,
    pub(super) until: u64,
}

/// A message or an event that the client returned.
#[derive(Clone, Debug, Hash)]
pub(super) struct Delivered {
    pub(super) is_message: bool,
    pub(super) id: String,
    pub(super) conn: usize,
    pub(super) was_overlapping: bool,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Ping {
    pub(super) payload: [u8; 4],
    pub(super) order: u64,
    pub(super) at: u64,
    pub(super) is_answered: bool,
    /// The time before which the ping does not count as missed.
    pub(super) until: u64,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Conn {
    pub(super) phase: Phase,
    pub(super) capabilities: Option<Capabilities>,
    pub(super) user_id: Option<&'static str>,
    /// The session length from the token, if it is plausible.
    session_ms: Option<u64>,
    /// The known end of the session.
    pub(super) ends_at: u64,
    /// The deadline for the handshake.
    pub(super) until: u64,
    pub(super) opened_at: u64,
    /// The range of the planned refresh, which is at a random time in it.
    pub(super) refresh: (u64, u64),
    pub(super) is_expired: bool,
    pub(super) received_at: u64,
    pub(super) pings: Vec<Ping>,
    /// `true` if an earlier poll had a reason for a ping and none was sent since.
    pub(super) had_reason: bool,
    /// The time of the latest pong.
    pub(super) answered_at: Option<u64>,
    /// Whether the connection may be dead, because a ping was missed or evidence is missing.
    pub(super) is_suspect: Certainty,
    /// Whether the next poll must start an attempt because of that.
    pub(super) asks_for_next: Certainty,
    /// The time at which the connection became current again.
    pub(super) fell_back_at: Option<u64>,
    pub(super) replaced_at: u64,
    pub(super) replaced_order: u64,
    pub(super) drained_at: u64,
    /// Whether it has proven that it delivered everything sent before the next one opened.
    pub(super) is_proven_drained: Certainty,
    /// `true` if the gap after this connection is already counted.
    pub(super) gap_is_counted: bool,
    /// The code with which the client must close it, or 0 for any code.
    pub(super) closing: Option<u16>,
}

/// The results of the client's queries after a call, in its own time.
pub(super) struct Observed {
    pub(super) state: ConnectionState,
    pub(super) current: Option<usize>,
    pub(super) reconnect_at: Option<u64>,
}

pub(super) fn later(moment: u64, millis: u32) -> u64 {
    moment.saturating_add(millis.into())
}

pub(super) fn conn_id(number: usize) -> ConnectionId {
    ConnectionId::from_number(number.try_into().expect("few"))
}

/// Returns the settings after the corrections that the documentation of `Config` states.
fn corrected(mut config: Config) -> Config {
    config.max_code_points = config.max_code_points.clamp(1, 500);
    config.backoff_min_ms = config.backoff_min_ms.max(100);
    config.backoff_max_ms = config.backoff_max_ms.max(config.backoff_min_ms);
    config.backoff_base_ms =
        config.backoff_base_ms.clamp(config.backoff_min_ms, config.backoff_max_ms);
    config.settle_ms = config.settle_ms.max(1);
    config.idle_ms = config.idle_ms.map(|idle_ms| idle_ms.max(1_000));
    for second in [
        &mut config.connect_timeout_ms,
        &mut config.token_timeout_ms,
        &mut config.ping_interval_ms,
        &mut config.ping_timeout_ms,
        &mut config.stable_ms,
    ] {
        *second = (*second).max(1_000);
    }
    config.refresh_floor_ms = config.refresh_floor_ms.max(30_000);
    config.refresh_jitter_percent = config.refresh_jitter_percent.min(50);
    config
}

impl Conn {
    pub(super) fn new(now: u64, info: TokenFields, config: &Config) -> Self {
        let session_ms = info.session_ms.filter(|ms| is_plausible_session(*ms));
        Self {
            phase: Phase::Connecting,
            capabilities: info.capabilities,
            user_id: info.user_id,
            session_ms,
            ends_at: session_ms.map_or(NEVER, |ms| now + ms),
            until: later(now, config.connect_timeout_ms),
            opened_at: NEVER,
            refresh: (NEVER, NEVER),
            is_expired: false,
            received_at: 0,
            pings: Vec::new(),
            had_reason: false,
            answered_at: None,
            is_suspect: Certainty::No,
            asks_for_next: Certainty::No,
            fell_back_at: None,
            replaced_at: NEVER,
            replaced_order: 0,
            drained_at: NEVER,
            is_proven_drained: Certainty::No,
            gap_is_counted: false,
            closing: None,
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Current | Phase::Draining)
    }

    pub(super) fn suspect(&mut self, certainty: Certainty) {
        self.is_suspect = self.is_suspect.max(certainty);
        self.asks_for_next = self.asks_for_next.max(certainty);
    }

    pub(super) const fn is_past_end(&self, now: u64) -> bool {
        self.ends_at <= now
    }

    fn open(&mut self, now: u64, config: &Config) {
        (self.phase, self.opened_at, self.received_at) = (Phase::Current, now, now);
        // A session that ends before the floor may be longer than stated.
        let is_known = self.ends_at != NEVER && later(now, config.refresh_floor_ms) < self.ends_at;
        let known = self.session_ms.filter(|_| is_known);
        let ends_at = if is_known { self.ends_at } else { now + LONGEST_SESSION };
        let length = known.unwrap_or(LONGEST_SESSION);
        let jitter = length / 100 * u64::from(config.refresh_jitter_percent);
        let lead = u64::from(config.refresh_lead_ms);
        let floor = later(now, config.refresh_floor_ms);
        let from = ends_at.saturating_sub(lead + jitter).max(floor);
        let to = ends_at.saturating_sub(lead).max(floor + jitter);
        self.refresh = (from, to);
    }

    /// Returns whether the connection has been open for `stable_ms`, so that earlier failures no
    /// longer count.
    pub(super) fn is_stable(&self, now: u64, config: &Config) -> Certainty {
        if self.opened_at == NEVER {
            return Certainty::No;
        }
        let proven = if config.can_ping() { self.answered_at } else { Some(now) };
        if proven
            .is_some_and(|proven| proven.saturating_sub(self.opened_at) >= config.stable_ms.into())
        {
            Certainty::Yes
        } else {
            Certainty::No
        }
    }

    pub(super) fn unanswered(&self) -> impl Iterator<Item = &Ping> {
        self.pings.iter().filter(|ping| !ping.is_answered)
    }
}

impl Model {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config: corrected(config),
            reading: None,
            now: 0,
            wait_until: NEVER,
            is_first_call: true,
            late_at: None,
            conns: Vec::new(),
            next: Next::Stopped(DisconnectReason::NotWanted),
            fetch: None,
            fetches: 0,
            fetched_at: None,
            may_fetch_at_once: true,
            reported: ConnectionState::Disconnected(DisconnectReason::NotWanted),
            reported_current: None,
            gap: Certainty::No,
            requests: Vec::new(),
            past_deletions: Vec::new(),
            accepted: 0,
            order: 0,
            sent_at: Vec::new(),
            delivered: Vec::new(),
            overlap_until: 0,
            counters: Counters::default(),
        }
    }

    pub(super) fn find(&self, phase: Phase) -> Option<usize> {
        let mut found = (0..self.conns.len()).filter(|conn| self.conns[*conn].phase == phase);
        let last = found.next_back();
        assert!(phase == Phase::Closed || found.next().is_none(), "two connections are {phase:?}");
        last
    }

    pub(super) fn current(&self) -> Option<usize> {
        self.find(Phase::Current)
    }

    /// Returns `true` if the current connection works. Failures beside it are neither limited nor
    /// final.
    pub(super) fn has_connection(&self) -> bool {
        self.current().is_some_and(|conn| !self.conns[conn].is_expired)
    }

    pub(super) fn state(&self) -> ConnectionState {
        match (self.current(), self.next) {
            (Some(_), _) => ConnectionState::Connected,
            (None, Next::Stopped(reason)) => ConnectionState::Disconnected(reason),
            (None, _) => ConnectionState::Connecting,
        }
    }

    // Time.

    /// Returns the client's own time at a reading.
    pub(super) fn at(&self, reading: u64) -> u64 {
        self.now + reading.saturating_sub(self.reading.unwrap_or(reading)).min(LONGEST_STEP)
    }

    /// Returns the reading of the caller's clock at a time.
    pub(super) fn reading_at(&self, moment: u64) -> Option<u64> {
        let reading = self.reading?.saturating_add(moment.checked_sub(self.now)?);
        (reading != NEVER).then_some(reading)
    }

    /// Processes the time of a call, given the client's counter of late calls after it.
    pub(super) fn tick(&mut self, reading: u64, late: u32) {
        let before = self.now;
        self.now = self.at(reading);
        self.counters.steps_back += u32::from(self.reading.is_some_and(|last| reading < last));
        self.reading = Some(reading);
        let is_late = self.wait_until != NEVER && self.now > self.wait_until + SECOND;
        let was_counted = late != self.counters.late;
        assert!(late <= self.counters.late + 1, "one call is counted as late twice");
        assert!(
            is_late || !was_counted,
            "a call at {} is counted as late, with Wait at {}",
            self.now,
            self.wait_until
        );
        assert!(
            !is_late || was_counted || !self.is_first_call,
            "a call at {} is not counted as late, with Wait at {}",
            self.now,
            self.wait_until
        );
        self.is_first_call &= self.wait_until == NEVER || self.now < self.wait_until;
        if was_counted {
            self.counters.late = late;
            self.note_late_call(before);
        }
    }

    fn note_late_call(&mut self, before: u64) {
        if before < self.overlap_until {
            self.overlap_until = self.overlap_until.max(self.overlap_end());
        }
        self.late_at = Some(self.now);
        let is_sleep = self.now > self.wait_until + SLEEP;
        self.wait_until = NEVER;
        self.postpone_decisions();
        let until = later(self.now, self.config.ping_timeout_ms);
        let drained = later(self.now, self.config.drain_ms);
        for conn in self.conns.iter_mut().filter(|conn| conn.is_open()) {
            for ping in conn.pings.iter_mut().filter(|ping| !ping.is_answered) {
                ping.until = ping.until.max(until);
            }
            if conn.phase == Phase::Draining {
                conn.drained_at = conn.drained_at.max(drained).max(until);
            }
        }
        if let (true, false, Some(current)) = (is_sleep, self.config.can_ping(), self.current()) {
            self.conns[current].suspect(Certainty::Yes);
        }
    }

    // Calls of the application.

    pub(super) const fn connect(&mut self) {
        if matches!(self.next, Next::Stopped(_)) {
            self.may_fetch_at_once = true;
            self.want_token();
        }
    }

    // Attempts.

    pub(super) const fn want_token(&mut self) {
        self.next = Next::AwaitingToken;
    }

    /// Starts a wait of at least `backoff_min_ms`, `retry_after`, and 5 s for a restart.
    pub(super) fn back_off(&mut self, retry_after: u64, is_restart: bool) {
        let Config { backoff_min_ms, backoff_max_ms, .. } = self.config;
        // The transcripts check how waits grow with failures.
        let longest = u64::from(backoff_max_ms);
        let required = retry_after.min(HOUR).max(if is_restart { 5_000 } else { 0 });
        let most = longest.max(if is_restart { 30_000 } else { 0 });
        let from = self.now + required.max(backoff_min_ms.into());
        let to = self.now + most.max(required + longest);
        self.next = match self.next {
            // The current wait may continue, unless the server requires a longer one.
            Next::Backoff(_, until) if required == 0 => {
                Next::Backoff(from.min(until), to.max(until))
            }
            Next::Backoff(_, until) => Next::Backoff(from, to.max(until)),
            _ => Next::Backoff(from, to),
        };
    }

    pub(super) fn token(&mut self, info: TokenFields) {
        self.conns.push(Conn::new(self.now, info, &self.config));
        self.next = Next::Connecting(self.conns.len() - 1);
    }

    pub(super) fn token_refused(&mut self) {
        if self.has_connection() {
            self.next = Next::Stopped(DisconnectReason::NoToken);
        } else {
            self.end_session(DisconnectReason::NoToken);
        }
    }

    pub(super) fn attempt_ended(&mut self, conn: usize, kind: CloseKind, observed: &Observed) {
        self.end(conn);
        let has_current = self.has_connection();
        match kind.action() {
            ReconnectAction::End if has_current => self.next = Next::Stopped(kind.reason()),
            ReconnectAction::End => self.end_session(kind.reason()),
            ReconnectAction::NewToken => self.token_spent(kind, observed),
            _ => self.back_off(kind.retry_after(), kind.is_restart()),
        }
    }

    /// Processes the refusal of a connection's token.
    fn token_spent(&mut self, kind: CloseKind, observed: &Observed) {
        let is_over = observed.state == ConnectionState::Disconnected(kind.reason());
        let is_waiting = observed.reconnect_at.is_some();
        if is_over && !self.has_connection() {
            self.end_session(kind.reason());
        } else if is_waiting {
            // Beside a connection the client waits, and a current wait continues.
            self.back_off(kind.retry_after(), false);
        } else {
            self.may_fetch_at_once = true;
            self.want_token();
        }
    }

    /// Extends the overlap until the next connection opens, which may repeat deliveries.
    pub(super) fn extend_overlap(&mut self) {
        if self.is_overlapping() {
            self.overlap_until = NEVER;
        }
    }

    /// Processes a close of the current connection by the service or the network.
    pub(super) fn current_ended(&mut self, conn: usize, kind: CloseKind, observed: &Observed) {
        self.extend_overlap();
        let is_expiry = self.conns[conn].is_expired
            || self.conns[conn].is_past_end(self.now)
            || matches!(kind, CloseKind::Expired(..));
        let action =
            if is_expiry && !kind.is_overridden() { ReconnectAction::Retry } else { kind.action() };
        self.end(conn);
        if action == ReconnectAction::End {
            self.end_session(kind.reason());
            return;
        }
        let is_replaced = self.conns[conn].asks_for_next != Certainty::No;
        if self.fall_back(conn, observed) {
            self.continue_after_close(is_replaced, kind, action, observed);
            return;
        }
        if let Next::Stopped(reason) = self.next {
            self.end_session(Self::stop_reason(reason, kind, observed));
            return;
        }
        self.continue_after_close(is_replaced, kind, action, observed);
    }

    /// Returns the reported reason: either no next connection was possible, or this one ended.
    fn stop_reason(
        reason: DisconnectReason,
        kind: CloseKind,
        observed: &Observed,
    ) -> DisconnectReason {
        if observed.state == ConnectionState::Disconnected(kind.reason()) {
            kind.reason()
        } else {
            reason
        }
    }

    fn continue_after_close(
        &mut self,
        is_replaced: bool,
        kind: CloseKind,
        action: ReconnectAction,
        observed: &Observed,
    ) {
        match (self.next, action) {
            (Next::Stopped(_) | Next::AwaitingToken | Next::Connecting(_), _) => {}
            (_, ReconnectAction::NewToken)
                if !self.has_connection() || observed.reconnect_at.is_none() =>
            {
                self.token_spent(kind, observed);
            }
            // The call was so late that the connection was already being replaced.
            (Next::Idle, _) if is_replaced && Self::has_no_backoff(observed) => self.want_token(),
            _ => self.back_off(kind.retry_after(), kind.is_restart()),
        }
    }

    const fn has_no_backoff(observed: &Observed) -> bool {
        observed.reconnect_at.is_none()
            && !matches!(observed.state, ConnectionState::Disconnected(_))
    }

    /// Makes the draining connection current again if it is usable.
    pub(super) fn fall_back(&mut self, ended: usize, observed: &Observed) -> bool {
        let Some(old) = self.find(Phase::Draining) else { return false };
        let conn = &self.conns[old];
        let is_usable = !conn.is_expired && !conn.is_past_end(self.now);
        let is_stable = self.conns[ended].is_stable(self.now, &self.config) != Certainty::No;
        let is_taken = observed.current == Some(old);
        // No attempt will replace it and the longest session is over, so the next poll ends it.
        let is_outlived = matches!(self.next, Next::Stopped(_))
            && self.now >= conn.opened_at.saturating_add(LONGEST_SESSION);
        assert!(is_usable || !is_taken, "an expired connection is current again");
        let is_suspect = self.conns[old].is_suspect != Certainty::No;
        assert!(
            !is_usable || is_taken || is_stable || is_suspect || is_outlived,
            "the old connection is not current again"
        );
        if is_taken {
            self.overlap_until = self.overlap_end();
            if !self.config.can_ping() {
                // Without pings, only `PossibleGap` indicates that it may have been dead.
                self.gap = self.gap.max(self.conns[old].is_suspect);
            }
            let old = &mut self.conns[old];
            old.phase = Phase::Current;
            (old.fell_back_at, old.received_at, old.refresh) =
                (Some(self.now), self.now, (self.now, self.now));
        }
        is_taken
    }

    /// Processes an ERROR 401 on a connection.
    pub(super) fn expired(&mut self, conn: usize, observed: &Observed) {
        self.conns[conn].is_expired = true;
        if self.conns[conn].phase != Phase::Current {
            return;
        }
        let is_stable = self.conns[conn].is_stable(self.now, &self.config) == Certainty::Yes;
        let drains = self.find(Phase::Draining);
        if drains.is_some() && observed.current == drains {
            assert!(!is_stable, "a stable connection must be replaced, not dropped");
            self.conns[conn].phase = Phase::Closed;
            assert!(self.fall_back(conn, observed));
            self.start_draining(conn);
            self.conns[conn].gap_is_counted = true;
        } else if let Some(old) = drains {
            let usable = !self.conns[old].is_expired && !self.conns[old].is_past_end(self.now);
            let is_suspect = self.conns[old].is_suspect != Certainty::No;
            assert!(!usable || is_stable || is_suspect, "the old connection is not current again");
        }
        if let (Next::Stopped(reason), None) = (self.next, observed.current) {
            // No more requests can be sent, and no attempt will follow.
            assert_ne!(reason, DisconnectReason::NotWanted);
            self.end_session(reason);
        } else if self.next == Next::Idle {
            if observed.reconnect_at.is_some() {
                assert!(!is_stable, "the client waits although the connection is stable");
                self.back_off(0, false);
            } else {
                assert!(
                    is_stable,
                    "the client does not wait although the connection is not stable"
                );
                self.want_token();
            }
        }
    }

    // Connections.

    /// Removes a connection.
    pub(super) fn end(&mut self, conn: usize) {
        let was_draining = self.conns[conn].phase == Phase::Draining;
        let connecting = self.conns[conn].phase == Phase::Connecting;
        self.conns[conn].phase = Phase::Closed;
        self.conns[conn].pings.clear();
        self.connection_ended(conn);
        if was_draining {
            self.overlap_until = self.overlap_until.max(self.overlap_end());
        }
        self.counters.lost_connections += u32::from(connecting);
    }

    /// Processes the end of a draining connection, by the client's own close or otherwise.
    pub(super) fn draining_ended(&mut self, conn: usize, is_own: bool) {
        let Conn { gap_is_counted, is_proven_drained, is_suspect, is_expired, .. } =
            self.conns[conn];
        let is_in_doubt =
            is_suspect != Certainty::No || is_expired || self.conns[conn].is_past_end(self.now);
        self.end(conn);
        if gap_is_counted || is_proven_drained == Certainty::Yes {
            return;
        }
        let is_certain = is_proven_drained == Certainty::No && (self.config.can_ping() || !is_own);
        let may_be = is_certain || self.config.can_ping() || !is_own || is_in_doubt;
        let gap = if is_certain { Certainty::Yes } else { Certainty::Maybe };
        if may_be && self.current().is_some() {
            self.gap = self.gap.max(gap);
        }
    }

    pub(super) fn start_close(&mut self, conn: usize, code: u16) {
        self.end(conn);
        self.conns[conn].closing = Some(code);
    }

    pub(super) fn end_session(&mut self, reason: DisconnectReason) {
        for phase in [Phase::Current, Phase::Draining, Phase::Connecting] {
            if let Some(conn) = self.find(phase) {
                self.start_close(conn, 1000);
            }
        }
        self.next = Next::Stopped(reason);
    }

    pub(super) fn opened(&mut self, conn: usize, is_old_dropped: bool) {
        let was_open = self.conns.iter().any(|conn| conn.opened_at != NEVER);
        self.next = Next::Idle;
        if self.current().is_some()
            || self.find(Phase::Draining).is_some()
            || self.now < self.overlap_until
        {
            self.overlap_until = self.overlap_end();
        }
        let drained = self.find(Phase::Draining);
        let old = self.current();
        if old.is_none() && was_open {
            self.gap =
                self.gap.max(if drained.is_some() { Certainty::Maybe } else { Certainty::Yes });
        }
        if let Some(drained) = drained {
            self.draining_ended(drained, true);
            self.conns[drained].closing = Some(0);
        }
        if let Some(old) = old {
            self.replaced(old, is_old_dropped);
        }
        let order = self.order;
        self.conns[conn].open(self.now, &self.config);
        self.conns[conn].replaced_order = order;
    }

    /// Processes the replacement of a connection, which is dropped if it missed a ping.
    fn replaced(&mut self, old: usize, is_dropped: bool) {
        let has_missed =
            if self.config.can_ping() { self.conns[old].is_suspect } else { Certainty::No };
        assert!(has_missed != Certainty::No || !is_dropped, "dropped although it answers pings");
        // A late pong for an earlier ping proves that the connection works.
        let is_silent = has_missed == Certainty::Yes && self.conns[old].answered_at.is_none();
        assert!(!is_silent || is_dropped, "kept although it does not answer pings");
        if is_dropped || self.conns[old].is_expired || self.conns[old].is_past_end(self.now) {
            self.gap = Certainty::Yes;
            self.conns[old].gap_is_counted = true;
        }
        self.start_draining(old);
        if is_dropped {
            self.start_close(old, 3008);
        }
    }

    pub(super) fn start_draining(&mut self, old: usize) {
        let Self { now, order, .. } = *self;
        let answer_ms = if self.config.can_ping() { self.config.ping_timeout_ms } else { 0 };
        let drained_at = later(now, self.config.drain_ms.max(answer_ms));
        let old = &mut self.conns[old];
        (old.phase, old.replaced_at, old.replaced_order, old.drained_at) =
            (Phase::Draining, now, order, drained_at);
        old.is_proven_drained = Certainty::No;
    }

    /// Returns the time until which a connection may repeat current deliveries of another.
    fn overlap_end(&self) -> u64 {
        later(self.now, self.config.drain_ms.max(10_000))
    }

    /// Returns the start of the next attempt during a wait.
    pub(super) fn find_reconnect(&self) -> Option<u64> {
        match self.next {
            Next::Backoff(at, _) => Some(at.max(self.now)),
            _ => None,
        }
    }

    /// Records a `Wait` of `poll`.
    pub(super) const fn waits_until(&mut self, moment: u64) {
        (self.wait_until, self.is_first_call) = (moment, true);
    }

    /// Compares the state with the client's queries, and adopts the client's random wait.
    pub(super) fn reconcile(&mut self, observed: &Observed) {
        // A call after a sleep may start an attempt before the next poll.
        if self.next == Next::Idle && observed.reconnect_at.is_some() {
            self.start_beside(observed);
        }
        if let (Next::Backoff(from, to), Some(at)) = (self.next, observed.reconnect_at) {
            let is_past = to <= self.now && at == self.now;
            assert!(
                is_past || (from..=to).contains(&at),
                "the next attempt is at {at}, expected {from}..={to}"
            );
            let at = if is_past { to } else { at };
            self.next = Next::Backoff(at, at);
        }
        let waits = matches!(self.next, Next::Backoff(..));
        assert_eq!(observed.reconnect_at.is_some(), waits, "reconnect_at during {:?}", self.next);
        assert_eq!(observed.current, self.current(), "current");
        assert_eq!(observed.state, self.state());
    }
}
