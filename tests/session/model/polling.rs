//! The outputs that `poll` may return, and those that it must return before `Wait`.

use ivs_chat_proto::client::{Config, ConnectionState, Output};

use super::rules::output_rank;
use super::state::{
    Certainty, Conn, Fetching, LONGEST_SESSION, Model, NEVER, Next, Observed, Phase, Ping, SECOND,
    conn_id, later,
};

impl Model {
    /// Checks all outputs up to `Wait`. The client has just returned the first of them.
    pub(super) fn polled(&mut self, outputs: &[Output<u32>], observed: &Observed) {
        for conn in [self.current(), self.find(Phase::Draining)].into_iter().flatten() {
            self.note_missed_pings(conn);
        }
        self.run_timers(outputs);
        self.note_overdue();
        // Outcomes that are due do not depend on the closes. All others follow from a close.
        let settled = || {
            outputs.iter().filter_map(|output| match output {
                Output::Settled(settled) => Some(settled),
                _ => None,
            })
        };
        let (own, rest): (Vec<_>, Vec<_>) =
            settled().partition(|settled| self.may_decide_alone(settled.handle, settled.outcome));
        for settled in own {
            self.decide(settled.handle, settled.outcome, settled.data);
        }
        for output in outputs {
            if let Output::Close { connection, code } = output {
                self.closes(number(connection.number()), *code, observed);
            }
        }
        for settled in rest {
            self.decide(settled.handle, settled.outcome, settled.data);
        }
        self.note_silence();
        let fetches = outputs.iter().any(|output| matches!(output, Output::FetchToken(_)));
        self.attempt_started(fetches, observed);
        self.conns.iter_mut().for_each(|conn| conn.asks_for_next = Certainty::No);
        self.reconcile(observed);
        for conn in 0..self.conns.len() {
            self.conns[conn].had_reason |=
                self.conns[conn].is_open() && self.has_reason_to_ping(conn);
        }
        let order = outputs.iter().map(output_rank);
        assert!(order.is_sorted(), "not in the documented order: {outputs:?}");
    }

    // Timers.

    fn run_timers(&mut self, outputs: &[Output<u32>]) {
        if let Next::Backoff(at, _) = self.next {
            if at <= self.now {
                self.want_token();
            }
        }
        if let (Next::Stopped(reason), Some(current)) = (self.next, self.current()) {
            if self.conns[current].opened_at + LONGEST_SESSION <= self.now {
                self.end_session(reason);
            }
        }
        if self.fetch.is_some_and(|fetch| fetch.until <= self.now) {
            self.fetch = None;
            self.counters.token_timeouts += 1;
            if self.next == Next::AwaitingToken {
                self.back_off(0, false);
            }
        }
        if let Next::Connecting(conn) = self.next {
            let is_closed = outputs.iter().any(|output| is_close(output, conn, 3008));
            assert_eq!(
                is_closed,
                self.conns[conn].until <= self.now,
                "connecting until {}",
                self.conns[conn].until
            );
            if is_closed {
                self.start_close(conn, 3008);
                self.back_off(0, false);
            }
        }
    }

    fn note_missed_pings(&mut self, conn: usize) {
        let timeout = u64::from(self.config.ping_timeout_ms);
        let now = self.now;
        let conn = &mut self.conns[conn];
        let is_certain = conn.unanswered().next().is_some_and(|ping| ping.until + SECOND <= now);
        let may_be = conn.unanswered().next().is_some_and(|ping| ping.at + timeout <= now);
        let suspect = if is_certain { Certainty::Yes } else { Certainty::Maybe };
        if is_certain || may_be {
            conn.suspect(suspect);
        }
    }

    fn note_silence(&mut self) {
        let (Some(idle_ms), false) = (self.config.idle_ms, self.config.can_ping()) else { return };
        let Some(current) = self.current() else { return };
        if later(self.conns[current].received_at, idle_ms) <= self.now {
            self.conns[current].received_at = self.now;
            self.conns[current].suspect(Certainty::Yes);
        }
    }

    // Closes.

    /// Checks that the client may close a connection with this code.
    fn closes(&mut self, conn: usize, code: u16, observed: &Observed) {
        assert!(code == 1000 || code == 3008);
        if let Some(expected) = self.conns[conn].closing {
            // A disconnecting client may detect a dead connection in the same poll.
            let is_dead = expected == 1000 && code == 3008 && self.config.can_ping();
            assert!(
                expected == code || expected == 0 || is_dead,
                "connection {conn} is closed with {code}, expected {expected}"
            );
            return;
        }
        match self.conns[conn].phase {
            Phase::Closed => {
                panic!("connection {conn} is already closed, and closed again with {code}")
            }
            Phase::Connecting => panic!("connection {conn} is closed with {code} while connecting"),
            Phase::Current => self.current_dropped(conn, code, observed),
            Phase::Draining => self.draining_closed(conn, code),
        }
        self.conns[conn].closing = Some(code);
    }

    /// Checks the close of the current connection after two missed pings.
    fn current_dropped(&mut self, conn: usize, code: u16, observed: &Observed) {
        assert_eq!(code, 3008);
        assert!(
            self.conns[conn].has_missed_two_pings(self.now, &self.config),
            "{:?}",
            self.conns[conn]
        );
        let is_stable = self.conns[conn].is_stable(self.now, &self.config) == Certainty::Yes;
        self.extend_overlap();
        self.end(conn);
        if self.fall_back(conn, observed) {
            if self.next == Next::Idle {
                self.back_off(0, false);
            }
            return;
        }
        match self.next {
            Next::Stopped(reason) => self.end_session(reason),
            Next::Idle if observed.reconnect_at.is_none() && is_stable => self.want_token(),
            Next::Idle => self.back_off(0, false),
            _ => {}
        }
    }

    /// Checks the close of the draining connection.
    fn draining_closed(&mut self, conn: usize, code: u16) {
        let this = &self.conns[conn];
        if code == 3008 {
            let timeout = u64::from(self.config.ping_timeout_ms);
            assert!(
                this.unanswered().any(|ping| ping.at + timeout <= self.now),
                "closed with 3008, but no ping was missed: {this:?}"
            );
        } else {
            let timeout = u64::from(self.config.ping_timeout_ms);
            let has_missed = this.unanswered().any(|ping| ping.at + timeout <= self.now);
            let is_over = this.is_expired || this.is_past_end(self.now) || has_missed;
            let current = self.current().map(|current| &self.conns[current]);
            let is_stable =
                current.is_none_or(|conn| conn.is_stable(self.now, &self.config) != Certainty::No);
            let drained_at = later(this.replaced_at, self.config.drain_ms);
            assert!(
                self.now >= drained_at,
                "drained at {}, expected {drained_at} or later",
                self.now
            );
            assert!(is_over || is_stable, "closed before the new connection is stable");
            let pending =
                self.requests.iter().find(|request| request.conn == conn && !request.is_decided());
            assert!(pending.is_none(), "closed before the outcome of {pending:?}");
        }
        self.draining_ended(conn, true);
    }

    // The next connection.

    /// Handles the start of an attempt beside the current connection.
    fn attempt_started(&mut self, fetches: bool, observed: &Observed) {
        if self.next != Next::Idle {
            return;
        }
        assert!(self.current().is_some(), "idle without a connection");
        if observed.reconnect_at.is_some() || (fetches && self.fetch.is_none()) {
            self.start_beside(observed);
        }
    }

    pub(super) fn start_beside(&mut self, observed: &Observed) {
        let Some(current) = self.current() else { panic!("idle without a connection") };
        let conn = &self.conns[current];
        let has_reason = conn.refresh.0 <= self.now || conn.asks_for_next != Certainty::No;
        assert!(has_reason, "attempt without a reason beside {conn:?}");
        let is_stable = conn.is_stable(self.now, &self.config) == Certainty::Yes;
        if observed.reconnect_at.is_some() {
            assert!(!is_stable, "the client waits although the connection is stable");
            self.back_off(0, false);
        } else {
            self.want_token();
        }
    }

    // Returned outputs.

    pub(super) fn returned(&mut self, output: &Output<u32>) {
        match output {
            Output::Close { connection, .. } => {
                self.conns[number(connection.number())].closing = None;
            }
            Output::Ping { connection, payload } => {
                self.ping_returned(number(connection.number()), *payload);
            }
            Output::Settled(settled) => {
                let place =
                    self.requests.iter().position(|request| request.handle == settled.handle);
                let request = self.requests.remove(place.expect("in flight"));
                self.retire(&request);
            }
            Output::State(state) => {
                assert_eq!((*state, *state == self.reported), (self.state(), false));
                (self.reported, self.reported_current) = (*state, self.current());
                if let ConnectionState::Disconnected(_) = state {
                    assert!(self.requests.is_empty());
                    assert!(
                        self.conns
                            .iter()
                            .all(|conn| conn.phase == Phase::Closed && conn.closing.is_none())
                    );
                }
            }
            Output::Replaced { from, to } => {
                let expected = (self.reported_current.map(conn_id), self.current().map(conn_id));
                assert_eq!((Some(*from), Some(*to)), expected);
                assert_ne!(from, to);
                assert_eq!(
                    (self.reported, self.state()),
                    (ConnectionState::Connected, ConnectionState::Connected)
                );
                self.reported_current = self.current();
            }
            Output::PossibleGap => {
                assert_ne!(self.gap, Certainty::No, "PossibleGap, but nothing can be missing");
                assert_eq!(self.reported, ConnectionState::Connected);
                self.gap = Certainty::No;
            }
            Output::FetchToken(fetch) => self.fetch_returned(fetch.number()),
            Output::Wait(_) => self.check_wait(),
            _ => panic!("{output:?}"),
        }
    }

    fn fetch_returned(&mut self, id: u64) {
        assert!(self.fetch.is_none(), "two fetches outstanding");
        assert_eq!((self.next, id), (Next::AwaitingToken, self.fetches));
        if let Some(before) = self.fetched_at {
            let soonest = later(before, self.config.backoff_min_ms);
            assert!(
                self.now >= soonest || self.may_fetch_at_once,
                "a fetch too soon after another"
            );
        }
        self.may_fetch_at_once = false;
        self.fetched_at = Some(self.now);
        self.fetches += 1;
        self.fetch = Some(Fetching { id, until: later(self.now, self.config.token_timeout_ms) });
    }

    fn ping_returned(&mut self, conn: usize, payload: [u8; 4]) {
        assert!(self.config.can_ping(), "Ping without ping support");
        assert!(self.conns[conn].is_open());
        assert!(
            self.conns[conn].pings.iter().all(|ping| ping.payload != payload),
            "ping payload used before"
        );
        let has_reason =
            self.has_reason_to_ping(conn) || core::mem::take(&mut self.conns[conn].had_reason);
        assert!(has_reason, "Ping without a reason on {:?} at {}", self.conns[conn], self.now);
        self.order += 1;
        let until = later(self.now, self.config.ping_timeout_ms);
        self.conns[conn].had_reason = false;
        let ping = Ping { payload, order: self.order, at: self.now, is_answered: false, until };
        self.conns[conn].pings.push(ping);
    }

    fn has_reason_to_ping(&self, conn: usize) -> bool {
        let this = &self.conns[conn];
        let last = this.pings.last();
        let last_at = last.map_or(this.opened_at, |ping| ping.at);
        let order = last.map_or(0, |ping| ping.order);
        let Config { ping_interval_ms, stable_ms, .. } = self.config;
        let interval_ms =
            if last.is_none() { ping_interval_ms.min(stable_ms) } else { ping_interval_ms };
        let interval = later(last_at, interval_ms) <= self.now;
        let fell_back = this.fell_back_at.is_some_and(|at| at >= last_at);
        let request = self.requests.iter().any(|request| {
            let settles_at = later(request.sent_at, self.config.settle_ms);
            request.conn == conn && request.ping_order >= order && settles_at <= self.now
        });
        let late = self.late_at.is_some_and(|late_at| late_at >= last_at);
        let missed = this.is_suspect != Certainty::No;
        let probe = this.phase == Phase::Draining && order <= this.replaced_order;
        // A pong may be received between the reason and the poll.
        let has_just_answered = this.answered_at == Some(self.now);
        interval || fell_back || request || late || missed || probe || has_just_answered
    }

    /// Checks that nothing due is left at `Wait`.
    fn check_wait(&mut self) {
        assert!(
            self.conns.iter().all(|conn| conn.closing.is_none()),
            "Wait before a required Close"
        );
        let undone = self.requests.iter().find(|request| request.is_decided());
        assert!(undone.is_none(), "Wait before the outcome of {undone:?}");
        assert_eq!(self.reported, self.state());
        assert_eq!(self.reported_current, self.current());
        assert!(
            self.gap != Certainty::Yes || self.current().is_none(),
            "Wait before a required PossibleGap"
        );
        if self.current().is_some() {
            self.gap = Certainty::No;
        }
        assert!(
            self.next != Next::AwaitingToken || self.fetch.is_some(),
            "Wait before a required FetchToken"
        );
        self.check_refresh_started();
        self.check_pings_sent();
        for (moment, what) in self.deadlines() {
            assert!(moment > self.now, "{what} was due at {moment}, now is {}", self.now);
        }
    }

    /// Returns the deadlines that are known exactly, with their names.
    fn deadlines(&self) -> Vec<(u64, String)> {
        let mut deadlines = Vec::new();
        let mut add = |moment: u64, what: String| deadlines.push((moment, what));
        match self.next {
            Next::Backoff(_, to) => add(to, "the next attempt".to_owned()),
            Next::Connecting(conn) => {
                add(self.conns[conn].until, "the end of the attempt".to_owned());
            }
            _ => {}
        }
        if let Some(fetch) = self.fetch {
            add(fetch.until, "the end of the fetch".to_owned());
        }
        for request in &self.requests {
            add(self.decided_by(request), format!("the outcome of {request:?}"));
        }
        if let Some(drained_at) = self.drained_by() {
            add(drained_at, "the end of draining".to_owned());
        }
        deadlines
    }

    /// Returns the next deadline that is certain. `Wait` must not be later.
    pub(super) fn due_by(&self) -> u64 {
        let mut moments: Vec<_> = self.deadlines().into_iter().map(|(moment, _)| moment).collect();
        if self.config.can_ping() {
            let settles = self.requests.iter().filter(|request| self.wants_ping(request));
            moments.extend(settles.map(|request| later(request.sent_at, self.config.settle_ms)));
            moments.extend(self.current().map(|current| self.ping_due(current)));
        }
        if let (Next::Idle, Some(current)) = (self.next, self.current()) {
            moments.push(self.conns[current].refresh.1);
        }
        moments.into_iter().filter(|moment| *moment > self.now).min().unwrap_or(NEVER)
    }

    fn ping_due(&self, conn: usize) -> u64 {
        let conn = &self.conns[conn];
        let last_at = conn.pings.last().map_or(conn.opened_at, |ping| ping.at);
        later(last_at, self.config.ping_interval_ms.max(self.config.ping_timeout_ms))
    }

    /// Returns the deadline for closing the draining connection, unless something keeps it open.
    fn drained_by(&self) -> Option<u64> {
        let draining = &self.conns[self.find(Phase::Draining)?];
        let current = &self.conns[self.current()?];
        let is_waiting =
            self.requests.iter().any(|request| self.conns[request.conn].phase == Phase::Draining);
        let is_pinged = draining.unanswered().next().is_some();
        if is_waiting || is_pinged || current.is_stable(self.now, &self.config) != Certainty::Yes {
            return None;
        }
        Some(draining.drained_at.max(later(draining.replaced_at, self.config.drain_ms)))
    }

    /// Checks that the planned refresh has started an attempt.
    fn check_refresh_started(&self) {
        let (Next::Idle, Some(current)) = (self.next, self.current()) else { return };
        let conn = &self.conns[current];
        assert!(conn.refresh.1 > self.now, "the planned refresh was due at {}", conn.refresh.1);
    }

    /// Checks that every reason for a ping has led to one.
    fn check_pings_sent(&self) {
        if !self.config.can_ping() {
            return;
        }
        for request in &self.requests {
            let is_due = later(request.sent_at, self.config.settle_ms) <= self.now;
            assert!(!is_due || !self.wants_ping(request), "no ping for the overdue {request:?}");
        }
        let Some(current) = self.current() else { return };
        assert!(
            self.ping_due(current) > self.now,
            "no regular ping since {:?}",
            self.conns[current].pings.last()
        );
        let conn = &self.conns[current];
        if let Some(late_at) = self.late_at {
            let is_pinged = conn.opened_at >= late_at
                || conn.pings.last().is_some_and(|ping| ping.at >= late_at);
            assert!(is_pinged, "no ping after a late call at {late_at}");
        }
    }
}

impl Conn {
    /// Returns `true` if a ping was missed, and then a ping that was sent after the first miss.
    fn has_missed_two_pings(&self, now: u64, config: &Config) -> bool {
        let timeout = u64::from(config.ping_timeout_ms);
        let Some(first) = self.unanswered().next() else { return false };
        let missed_at = first.at + timeout;
        self.unanswered().any(|second| second.at >= missed_at && second.at + timeout <= now)
    }
}

fn number(number: u64) -> usize {
    usize::try_from(number).expect("few")
}

fn is_close(output: &Output<u32>, conn: usize, with: u16) -> bool {
    match output {
        Output::Close { connection, code } => *connection == conn_id(conn) && *code == with,
        _ => false,
    }
}
