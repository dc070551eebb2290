//! What the documentation says of a session: a [`Model`] that knows every connection, fetch and
//! request, and nothing of the client's own code.
//!
//! Where the documentation leaves a choice, such as a random wait, the model holds the bounds, and
//! takes over what the client has chosen.

use ivs_chat_proto::Capabilities;
use ivs_chat_proto::client::{
    Config, ConnectionId, ConnectionState, Counters, DisconnectReason, ReconnectAction,
};

use super::input::{How, Info, Target};
use super::requests::InFlight;

/// No moment.
pub(super) const NEVER: u64 = u64::MAX;
pub(super) const SECOND: u64 = 1_000;
/// A reading adds at most 49 days.
const LONGEST_STEP: u64 = 0xffff_ffff;
const HOUR: u64 = 3_600_000;
/// How many connections are replaced in an hour because they may be dead.
pub(super) const REPLACEMENTS: usize = 4;
/// Calls of `refresh` within this time count as one.
pub(super) const BURST: u64 = 5_000;
/// Without pings, a call that is later than this leads to a refresh.
const SLEEP: u64 = 90_000;
pub(super) const LONGEST_SESSION: u64 = 10_800_000;

#[derive(Clone, Debug, Hash)]
pub(super) struct Model {
    pub(super) config: Config,
    reading: Option<u64>,
    /// The client's own time.
    pub(super) now: u64,
    /// The moment of the latest `Wait`, and whether it has been seen to come late.
    pub(super) told: u64,
    is_first_call: bool,
    pub(super) late_at: Option<u64>,
    pub(super) conns: Vec<Conn>,
    pub(super) next: Next,
    /// When the attempt under way began.
    pub(super) attempt_at: u64,
    pub(super) fetch: Option<Fetching>,
    pub(super) fetches: u64,
    pub(super) fetched_at: Option<u64>,
    /// Whether something allows a fetch without a wait before it.
    pub(super) may_fetch_at_once: bool,
    pub(super) asked: Option<Asked>,
    pub(super) refreshed_at: Option<u64>,
    /// Attempts that failed: at most so many since a connection lasted, and while there was no
    /// connection; and surely so many in a row.
    pub(super) failures: u32,
    attempts: (u32, u32),
    /// Whether a refused token has been replaced since a connection lasted.
    pub(super) has_replaced: Tri,
    /// When a connection that may have been dead was replaced, surely or perhaps.
    pub(super) replacements: Vec<(u64, bool)>,
    pub(super) reported: ConnectionState,
    pub(super) reported_current: Option<usize>,
    pub(super) gap: Tri,
    pub(super) requests: Vec<InFlight>,
    /// The targets of the deletions that are no longer in flight.
    pub(super) past_deletions: Vec<Target>,
    pub(super) accepted: u64,
    /// Requests and pings in the order in which they left.
    pub(super) order: u64,
    pub(super) sent_at: Vec<u64>,
    pub(super) noted: Vec<Noted>,
    pub(super) overlap_until: u64,
    pub(super) counters: Counters,
}

/// No, perhaps, or yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tri {
    No,
    Perhaps,
    Yes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Connecting,
    Current,
    Draining,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    Idle,
    /// The attempt begins at some moment between these.
    Backoff(u64, u64),
    Token,
    Connecting(usize),
    Stopped(DisconnectReason),
}

#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Fetching {
    pub(super) id: u64,
    pub(super) until: u64,
}

#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Asked {
    pub(super) is_sure: bool,
}

/// A message or an event that was received.
#[derive(Clone, Debug, Hash)]
pub(super) struct Noted {
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
    /// Not missed before this moment.
    pub(super) until: u64,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Conn {
    pub(super) phase: Phase,
    pub(super) capabilities: Option<Capabilities>,
    pub(super) user_id: Option<&'static str>,
    /// The length that is known, if it can be right.
    session_ms: Option<u64>,
    /// The known end.
    pub(super) ends_at: u64,
    /// Until when it may take to open.
    pub(super) until: u64,
    pub(super) opened_at: u64,
    /// When it is replaced ahead of its end: from then until then, at random.
    pub(super) refresh: (u64, u64),
    pub(super) is_expired: bool,
    pub(super) heard_at: u64,
    pub(super) pings: Vec<Ping>,
    /// Whether there was a reason for a ping at an earlier poll, since the last ping.
    pub(super) had_reason: bool,
    /// When the latest answer to a ping came.
    pub(super) answered_at: Option<u64>,
    /// Whether it may be dead: a ping was missed, or evidence was missing.
    pub(super) is_suspect: Tri,
    /// Whether that asks for a new connection beside it, at the next poll.
    pub(super) asks_for_next: Tri,
    /// When it became current again.
    pub(super) fell_back_at: Option<u64>,
    pub(super) replaced_at: u64,
    pub(super) replaced_order: u64,
    pub(super) drained_at: u64,
    /// Whether it has shown that it delivered everything up to the time when the next was open.
    pub(super) has_shown: Tri,
    /// Whether the gap that it leaves has been counted.
    pub(super) gap_is_counted: bool,
    /// The code with which the client is to close it; 0 for any.
    pub(super) closing: Option<u16>,
}

/// What the client's queries say after a call, in its own time.
pub(super) struct Seen {
    pub(super) state: ConnectionState,
    pub(super) current: Option<usize>,
    pub(super) reconnect_at: Option<u64>,
    pub(super) late: u32,
}

pub(super) fn later(moment: u64, millis: u32) -> u64 {
    moment.saturating_add(millis.into())
}

pub(super) fn conn_id(number: usize) -> ConnectionId {
    ConnectionId::from_number(number.try_into().expect("few"))
}

/// The settings as the documentation of `Config` says that they are replaced.
fn replaced(mut config: Config) -> Config {
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
    pub(super) fn new(now: u64, info: Info, config: &Config) -> Self {
        let session_ms = info.session_ms.filter(|ms| (60_000..=LONGEST_SESSION).contains(ms));
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
            heard_at: 0,
            pings: Vec::new(),
            had_reason: false,
            answered_at: None,
            is_suspect: Tri::No,
            asks_for_next: Tri::No,
            fell_back_at: None,
            replaced_at: NEVER,
            replaced_order: 0,
            drained_at: NEVER,
            has_shown: Tri::No,
            gap_is_counted: false,
            closing: None,
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Current | Phase::Draining)
    }

    pub(super) fn suspect(&mut self, how: Tri) {
        self.is_suspect = self.is_suspect.max(how);
        self.asks_for_next = self.asks_for_next.max(how);
    }

    pub(super) const fn is_past_end(&self, now: u64) -> bool {
        self.ends_at <= now
    }

    fn open(&mut self, now: u64, config: &Config) {
        (self.phase, self.opened_at, self.heard_at) = (Phase::Current, now, now);
        // What ends before the floor may be longer in truth.
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

    /// Whether it has worked for so long that earlier failures no longer count.
    pub(super) fn has_lasted(&self, now: u64, config: &Config) -> Tri {
        if self.opened_at == NEVER {
            return Tri::No;
        }
        let proven = if config.can_ping() { self.answered_at } else { Some(now) };
        if proven
            .is_some_and(|proven| proven.saturating_sub(self.opened_at) >= config.stable_ms.into())
        {
            Tri::Yes
        } else {
            Tri::No
        }
    }

    pub(super) fn unanswered(&self) -> impl Iterator<Item = &Ping> {
        self.pings.iter().filter(|ping| !ping.is_answered)
    }
}

impl Model {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config: replaced(config),
            reading: None,
            now: 0,
            told: NEVER,
            is_first_call: true,
            late_at: None,
            conns: Vec::new(),
            next: Next::Stopped(DisconnectReason::NotWanted),
            attempt_at: 0,
            fetch: None,
            fetches: 0,
            fetched_at: None,
            may_fetch_at_once: true,
            asked: None,
            refreshed_at: None,
            failures: 0,
            attempts: (0, 0),
            has_replaced: Tri::No,
            replacements: Vec::new(),
            reported: ConnectionState::Disconnected(DisconnectReason::NotWanted),
            reported_current: None,
            gap: Tri::No,
            requests: Vec::new(),
            past_deletions: Vec::new(),
            accepted: 0,
            order: 0,
            sent_at: Vec::new(),
            noted: Vec::new(),
            overlap_until: 0,
            counters: Counters::default(),
        }
    }

    pub(super) fn find(&self, phase: Phase) -> Option<usize> {
        let mut found = (0..self.conns.len()).filter(|conn| self.conns[*conn].phase == phase);
        let last = found.next_back();
        assert!(phase == Phase::Over || found.next().is_none(), "two are {phase:?}");
        last
    }

    pub(super) fn current(&self) -> Option<usize> {
        self.find(Phase::Current)
    }

    /// Whether there is a connection that works. Failures beside it are neither limited nor final.
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

    /// The client's own time at a reading.
    pub(super) fn at(&self, reading: u64) -> u64 {
        self.now + reading.saturating_sub(self.reading.unwrap_or(reading)).min(LONGEST_STEP)
    }

    /// What the caller's clock shows at a moment.
    pub(super) fn reading_at(&self, moment: u64) -> Option<u64> {
        let reading = self.reading?.saturating_add(moment.checked_sub(self.now)?);
        (reading != NEVER).then_some(reading)
    }

    /// A call that counts, which saw the client count it as late or not.
    pub(super) fn tick(&mut self, reading: u64, late: u32) {
        let before = self.now;
        self.now = self.at(reading);
        self.counters.steps_back += u32::from(self.reading.is_some_and(|last| reading < last));
        self.reading = Some(reading);
        let is_late = self.told != NEVER && self.now > self.told + SECOND;
        let was_counted = late != self.counters.late;
        assert!(late <= self.counters.late + 1, "one call is late twice");
        assert!(is_late || !was_counted, "a call at {} is not late for {}", self.now, self.told);
        assert!(
            !is_late || was_counted || !self.is_first_call,
            "a call at {} is late for {}",
            self.now,
            self.told
        );
        self.is_first_call &= self.told == NEVER || self.now < self.told;
        if was_counted {
            self.counters.late = late;
            self.come_late(before);
        }
    }

    fn come_late(&mut self, before: u64) {
        if before < self.overlap_until {
            self.overlap_until = self.overlap_until.max(self.overlap_end());
        }
        self.late_at = Some(self.now);
        let is_sleep = self.now > self.told + SLEEP;
        self.told = NEVER;
        self.put_off_requests();
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
            self.conns[current].suspect(Tri::Yes);
            self.replacements.push((self.now, false));
        }
    }

    // What the application wants.

    pub(super) fn connect(&mut self) {
        let Next::Stopped(reason) = self.next else { return };
        (self.failures, self.attempts, self.has_replaced) = (0, (0, 0), Tri::No);
        self.may_fetch_at_once = true;
        match self.current() {
            Some(conn) if reason == DisconnectReason::NotWanted && !self.conns[conn].is_expired => {
                self.next = Next::Idle;
                // What could not be replaced meanwhile is replaced now.
                let conn = &mut self.conns[conn];
                conn.asks_for_next = conn.asks_for_next.max(conn.is_suspect);
            }
            _ => self.want_token(),
        }
    }

    pub(super) fn disconnect_when_settled(&mut self) {
        if self.current().is_none() {
            self.end_session(DisconnectReason::NotWanted);
            return;
        }
        if let Some(connecting) = self.find(Phase::Connecting) {
            self.tell_to_close(connecting, 1000);
        }
        self.next = Next::Stopped(DisconnectReason::NotWanted);
        self.leave_if_settled();
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.next == Next::Stopped(DisconnectReason::NotWanted) && self.current().is_some()
    }

    pub(super) fn leave_if_settled(&mut self) {
        if self.is_leaving() && self.requests.iter().all(InFlight::is_decided) {
            self.end_session(DisconnectReason::NotWanted);
        }
    }

    pub(super) fn ask(&mut self, is_sure: bool) {
        let is_fresh = match (self.next, self.current()) {
            (Next::Stopped(_), _) => true,
            (Next::Idle, Some(conn)) => self.now - self.conns[conn].opened_at < SECOND,
            _ => false,
        };
        let is_sure = is_sure && !is_fresh;
        if !matches!(self.next, Next::Stopped(_)) {
            let was_sure = self.asked.is_some_and(|asked| asked.is_sure);
            self.asked = Some(Asked { is_sure: is_sure || was_sure });
        }
    }

    // The way to the next connection.

    pub(super) const fn want_token(&mut self) {
        self.next = Next::Token;
        self.attempt_at = self.now;
        self.asked = None;
    }

    /// Waits: at least `backoff_min_ms`, what the server asks for, or 5 s for a restart.
    pub(super) fn back_off(&mut self, retry_after: u64, is_restart: bool) {
        let Config { backoff_min_ms, backoff_max_ms, .. } = self.config;
        // How waits grow with failures is the transcripts' subject.
        let longest = u64::from(backoff_max_ms);
        self.failures += 1;
        let asked = retry_after.min(HOUR).max(if is_restart { 5_000 } else { 0 });
        let most = longest.max(if is_restart { 30_000 } else { 0 });
        let from = self.now + asked.max(backoff_min_ms.into());
        let to = self.now + most.max(asked + longest);
        self.next = match self.next {
            // A wait that is under way may go on, unless the server asks for a longer one.
            Next::Backoff(_, until) if asked == 0 => Next::Backoff(from.min(until), to.max(until)),
            Next::Backoff(_, until) => Next::Backoff(from, to.max(until)),
            _ => Next::Backoff(from, to),
        };
    }

    /// An attempt, or a connection that has not lasted, has failed.
    pub(super) fn failed(
        &mut self,
        retry_after: u64,
        is_restart: bool,
        is_attempt: bool,
        seen: &Seen,
    ) {
        if !self.has_connection() {
            self.attempts.0 += u32::from(is_attempt);
            self.attempts.1 += 1;
        }
        let exhausted = ConnectionState::Disconnected(DisconnectReason::AttemptsExhausted);
        let limit = self.config.max_attempts.map_or(u32::MAX, core::num::NonZero::get);
        if !self.has_connection() && seen.state == exhausted {
            assert!(
                self.attempts.1 >= limit,
                "only {} of {limit} attempts have failed",
                self.attempts.1
            );
            self.end_session(DisconnectReason::AttemptsExhausted);
        } else {
            assert!(
                self.has_connection() || self.attempts.0 < limit,
                "{limit} attempts have failed"
            );
            self.back_off(retry_after, is_restart);
        }
    }

    pub(super) fn token(&mut self, info: Info) {
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

    pub(super) fn attempt_ended(&mut self, conn: usize, how: How, seen: &Seen) {
        self.end(conn);
        let has_current = self.has_connection();
        match how.action() {
            ReconnectAction::End if has_current => self.next = Next::Stopped(how.reason()),
            ReconnectAction::End => self.end_session(how.reason()),
            ReconnectAction::NewToken => self.token_spent(how, seen),
            _ => self.failed(how.retry_after(), how.is_restart(), true, seen),
        }
    }

    /// The token of a connection was refused.
    fn token_spent(&mut self, how: How, seen: &Seen) {
        let is_over = seen.state == ConnectionState::Disconnected(how.reason());
        let is_waiting = seen.reconnect_at.is_some();
        if is_over && !self.has_connection() {
            self.end_session(how.reason());
        } else if is_waiting && (self.has_connection() || matches!(self.next, Next::Backoff(..))) {
            // Beside a connection there is no hurry, and a wait that is under way goes on.
            self.failed(how.retry_after(), false, true, seen);
        } else if is_waiting {
            self.failed(how.retry_after(), false, true, seen);
        } else {
            self.has_replaced = Tri::Yes;
            self.may_fetch_at_once = true;
            self.want_token();
        }
    }

    /// What a connection that ends has delivered, the next may deliver again, whenever that opens.
    pub(super) fn keep_overlap(&mut self) {
        if self.is_overlapping() {
            self.overlap_until = NEVER;
        }
    }

    /// The service has closed the current connection, or it broke.
    pub(super) fn current_ended(&mut self, conn: usize, how: How, seen: &Seen) {
        self.keep_overlap();
        let is_expiry = self.conns[conn].is_expired
            || self.conns[conn].is_past_end(self.now)
            || matches!(how, How::Expired(..));
        let action =
            if is_expiry && !how.is_overridden() { ReconnectAction::Retry } else { how.action() };
        if self.next == Next::Idle {
            self.note_lasted(conn);
        }
        let has_lasted = self.conns[conn].has_lasted(self.now, &self.config) == Tri::Yes;
        self.end(conn);
        if action == ReconnectAction::End {
            let is_leaving = self.next == Next::Stopped(DisconnectReason::NotWanted);
            self.end_session(if is_leaving { DisconnectReason::NotWanted } else { how.reason() });
            return;
        }
        let is_replaced = self.conns[conn].asks_for_next != Tri::No;
        if self.fall_back(conn, seen) {
            self.go_on((has_lasted, is_replaced), how, action, seen);
            return;
        }
        if let Next::Stopped(reason) = self.next {
            let reason = if reason == DisconnectReason::NotWanted {
                reason
            } else {
                Self::stop_reason(reason, how, seen)
            };
            self.end_session(reason);
            return;
        }
        self.go_on((has_lasted, is_replaced), how, action, seen);
    }

    /// Either reason is right: why there is no next connection, or why this one ended.
    fn stop_reason(reason: DisconnectReason, how: How, seen: &Seen) -> DisconnectReason {
        if seen.state == ConnectionState::Disconnected(how.reason()) {
            how.reason()
        } else {
            reason
        }
    }

    fn go_on(
        &mut self,
        (has_lasted, is_replaced): (bool, bool),
        how: How,
        action: ReconnectAction,
        seen: &Seen,
    ) {
        match (self.next, action) {
            (Next::Stopped(_) | Next::Token | Next::Connecting(_), _) => {}
            (_, ReconnectAction::NewToken)
                if !self.has_connection() || seen.reconnect_at.is_none() =>
            {
                self.token_spent(how, seen);
            }
            // The call came so late that the connection was being replaced already.
            (Next::Idle, _) if is_replaced && Self::is_going_on(seen) => self.want_token(),
            _ => {
                let is_restart = how.is_restart();
                self.failed(how.retry_after(), is_restart, false, seen);
                if has_lasted {
                    self.attempts = (0, 0);
                }
            }
        }
    }

    const fn is_going_on(seen: &Seen) -> bool {
        seen.reconnect_at.is_none() && !matches!(seen.state, ConnectionState::Disconnected(_))
    }

    /// The connection that drains becomes current again, if it is usable.
    pub(super) fn fall_back(&mut self, ended: usize, seen: &Seen) -> bool {
        let Some(old) = self.find(Phase::Draining) else { return false };
        let conn = &self.conns[old];
        let is_usable = !conn.is_expired && !conn.is_past_end(self.now);
        let has_lasted = self.conns[ended].has_lasted(self.now, &self.config) != Tri::No;
        let is_taken = seen.current == Some(old);
        // Nothing replaces it any more, and even the longest session is over: it ends at the next
        // poll.
        let is_outlived = matches!(self.next, Next::Stopped(_))
            && self.now >= conn.opened_at.saturating_add(LONGEST_SESSION);
        assert!(is_usable || !is_taken, "a connection that is over is current again");
        let is_suspect = self.conns[old].is_suspect != Tri::No;
        assert!(
            !is_usable || is_taken || has_lasted || is_suspect || is_outlived,
            "the old connection is not current again"
        );
        if is_taken {
            self.overlap_until = self.overlap_end();
            if !self.config.can_ping() {
                // Nothing else would tell that it may have been dead.
                self.gap = self.gap.max(self.conns[old].is_suspect);
            }
            let old = &mut self.conns[old];
            old.phase = Phase::Current;
            (old.fell_back_at, old.heard_at, old.refresh) =
                (Some(self.now), self.now, (self.now, self.now));
        }
        is_taken
    }

    /// Earlier failures no longer count once a connection has lasted.
    pub(super) fn note_lasted(&mut self, conn: usize) {
        if self.conns[conn].has_lasted(self.now, &self.config) == Tri::Yes {
            (self.failures, self.attempts, self.has_replaced) = (0, (0, 0), Tri::No);
        }
    }

    /// ERROR 401 on a connection.
    pub(super) fn expired(&mut self, conn: usize, seen: &Seen) {
        self.conns[conn].is_expired = true;
        if self.conns[conn].phase != Phase::Current {
            return;
        }
        if self.next == Next::Idle {
            self.note_lasted(conn);
        }
        let has_lasted = self.conns[conn].has_lasted(self.now, &self.config) == Tri::Yes;
        let drains = self.find(Phase::Draining);
        if drains.is_some() && seen.current == drains {
            assert!(!has_lasted, "a connection that has lasted is replaced, not given up");
            self.conns[conn].phase = Phase::Over;
            assert!(self.fall_back(conn, seen));
            self.start_draining(conn);
            self.conns[conn].gap_is_counted = true;
        } else if let Some(old) = drains {
            let usable = !self.conns[old].is_expired && !self.conns[old].is_past_end(self.now);
            let is_suspect = self.conns[old].is_suspect != Tri::No;
            assert!(!usable || has_lasted || is_suspect, "the old connection is not current again");
        }
        if let (Next::Stopped(reason), None) = (self.next, seen.current) {
            // Nothing more can be sent, and there will be no other connection.
            assert_ne!(reason, DisconnectReason::NotWanted);
            self.end_session(reason);
        } else if self.next == Next::Idle {
            let exhausted = ConnectionState::Disconnected(DisconnectReason::AttemptsExhausted);
            if seen.reconnect_at.is_some() || seen.state == exhausted {
                assert!(!has_lasted, "the connection has lasted, and the client waits");
                self.failed(0, false, false, seen);
            } else {
                assert!(has_lasted, "the connection has not lasted, and the client does not wait");
                self.want_token();
            }
        }
    }

    // Connections.

    /// A connection is there no more.
    pub(super) fn end(&mut self, conn: usize) {
        let was_draining = self.conns[conn].phase == Phase::Draining;
        let connecting = self.conns[conn].phase == Phase::Connecting;
        self.conns[conn].phase = Phase::Over;
        self.conns[conn].pings.clear();
        self.connection_ended(conn);
        if was_draining {
            self.overlap_until = self.overlap_until.max(self.overlap_end());
        }
        self.counters.lost_connections += u32::from(connecting);
    }

    /// A draining connection has ended, by the client's own close or otherwise.
    pub(super) fn draining_ended(&mut self, conn: usize, is_own: bool) {
        let Conn { gap_is_counted, has_shown, is_suspect, is_expired, .. } = self.conns[conn];
        let is_in_doubt =
            is_suspect != Tri::No || is_expired || self.conns[conn].is_past_end(self.now);
        self.end(conn);
        if gap_is_counted || has_shown == Tri::Yes {
            return;
        }
        let is_sure = has_shown == Tri::No && (self.config.can_ping() || !is_own);
        let may_be = is_sure || self.config.can_ping() || !is_own || is_in_doubt;
        let gap = if is_sure { Tri::Yes } else { Tri::Perhaps };
        if may_be && self.current().is_some() {
            self.gap = self.gap.max(gap);
        }
    }

    pub(super) fn tell_to_close(&mut self, conn: usize, code: u16) {
        self.end(conn);
        self.conns[conn].closing = Some(code);
    }

    pub(super) fn end_session(&mut self, reason: DisconnectReason) {
        for phase in [Phase::Current, Phase::Draining, Phase::Connecting] {
            if let Some(conn) = self.find(phase) {
                self.tell_to_close(conn, 1000);
            }
        }
        self.next = Next::Stopped(reason);
        self.asked = None;
    }

    pub(super) fn opened(&mut self, conn: usize, is_old_dropped: bool) {
        let was_open = self.conns.iter().any(|conn| conn.opened_at != NEVER);
        self.next = Next::Idle;
        self.attempts.0 = 0;
        self.asked = None;
        if self.current().is_some()
            || self.find(Phase::Draining).is_some()
            || self.now < self.overlap_until
        {
            self.overlap_until = self.overlap_end();
        }
        let drained = self.find(Phase::Draining);
        let old = self.current();
        if old.is_none() && was_open {
            self.gap = self.gap.max(if drained.is_some() { Tri::Perhaps } else { Tri::Yes });
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

    /// Another connection is current now. The old one is dropped if it has missed a ping.
    fn replaced(&mut self, old: usize, is_dropped: bool) {
        let has_missed = if self.config.can_ping() { self.conns[old].is_suspect } else { Tri::No };
        assert!(has_missed != Tri::No || !is_dropped, "a connection that answers is dropped");
        // A late answer to an earlier ping shows that it works.
        let is_silent = has_missed == Tri::Yes && self.conns[old].answered_at.is_none();
        assert!(!is_silent || is_dropped, "a connection that does not answer is kept");
        if is_dropped || self.conns[old].is_expired || self.conns[old].is_past_end(self.now) {
            self.gap = Tri::Yes;
            self.conns[old].gap_is_counted = true;
        }
        self.start_draining(old);
        if is_dropped {
            self.tell_to_close(old, 3008);
        }
    }

    pub(super) fn start_draining(&mut self, old: usize) {
        let Self { now, order, .. } = *self;
        let answer_ms = if self.config.can_ping() { self.config.ping_timeout_ms } else { 0 };
        let drained_at = later(now, self.config.drain_ms.max(answer_ms));
        let old = &mut self.conns[old];
        (old.phase, old.replaced_at, old.replaced_order, old.drained_at) =
            (Phase::Draining, now, order, drained_at);
        old.has_shown = Tri::No;
    }

    /// Until when a connection may deliver what another delivers now.
    fn overlap_end(&self) -> u64 {
        later(self.now, self.config.drain_ms.max(10_000))
    }

    /// Whether a connection was surely, or perhaps, replaced too often in the last hour.
    pub(super) fn may_replace(&self) -> Tri {
        let recent = self.replacements.iter().filter(|(at, _)| self.now - at < HOUR);
        let (all, sure) = (recent.clone().count(), recent.filter(|(_, is_sure)| *is_sure).count());
        match (sure < REPLACEMENTS, all < REPLACEMENTS) {
            (false, _) => Tri::No,
            (true, false) => Tri::Perhaps,
            (true, true) => Tri::Yes,
        }
    }

    /// When the next attempt begins, if it waits.
    pub(super) fn find_reconnect(&self) -> Option<u64> {
        match self.next {
            Next::Backoff(at, _) => Some(at.max(self.now)),
            _ => None,
        }
    }

    /// `poll` has returned `Wait` with this moment.
    pub(super) const fn waits_until(&mut self, moment: u64) {
        (self.told, self.is_first_call) = (moment, true);
    }

    /// Compares with the queries, and takes over the moment that the client has chosen to wait
    /// until.
    pub(super) fn reconcile(&mut self, seen: &Seen) {
        // A call after a sleep need not wait for the next poll.
        if self.next == Next::Idle && seen.reconnect_at.is_some() {
            self.next_begins_beside(seen);
        }
        if let (Next::Backoff(from, to), Some(at)) = (self.next, seen.reconnect_at) {
            let is_past = to <= self.now && at == self.now;
            assert!(
                is_past || (from..=to).contains(&at),
                "the next attempt is at {at}, not within {from}..={to}"
            );
            let at = if is_past { to } else { at };
            self.next = Next::Backoff(at, at);
        }
        let waits = matches!(self.next, Next::Backoff(..));
        assert_eq!(seen.reconnect_at.is_some(), waits, "reconnect_at, while {:?}", self.next);
        assert_eq!(seen.current, self.current(), "current");
        assert_eq!(seen.state, self.state());
    }
}
