//! What `poll` may return, and what it must have returned before `Wait`.

use ivs_chat_proto::client::{Config, ConnectionState, Output};

use super::model::{
    Asked, BURST, Conn, Fetching, LONGEST_SESSION, Model, NEVER, Next, Phase, Ping, SECOND, Seen,
    Tri, conn_id, later,
};

impl Model {
    /// Takes the outputs that follow at this time, the first of which has just been returned.
    pub(super) fn polled(&mut self, outputs: &[Output<u32>], seen: &Seen) {
        for conn in [self.current(), self.find(Phase::Draining)].into_iter().flatten() {
            self.note_missed_pings(conn);
        }
        self.run_timers(outputs, seen);
        self.note_overdue();
        // A client that leaves closes when the last outcome is there, and reports the close first.
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
        self.leave_if_settled();
        for output in outputs {
            if let Output::Close { connection, code } = output {
                self.closes(number(connection.number()), *code, seen);
            }
        }
        for settled in rest {
            self.decide(settled.handle, settled.outcome, settled.data);
        }
        self.note_silence();
        self.leave_if_settled();
        let fetches = outputs.iter().any(|output| matches!(output, Output::FetchToken(_)));
        self.next_begins(fetches, seen);
        self.conns.iter_mut().for_each(|conn| conn.asks_for_next = Tri::No);
        self.reconcile(seen);
        for conn in 0..self.conns.len() {
            self.conns[conn].had_reason |=
                self.conns[conn].is_open() && self.has_reason_to_ping(conn);
        }
        let order = outputs.iter().map(rank);
        assert!(order.is_sorted(), "the order of {outputs:?}");
    }

    // Timers.

    fn run_timers(&mut self, outputs: &[Output<u32>], seen: &Seen) {
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
            if self.next == Next::Token {
                self.failed(0, false, true, seen);
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
                self.tell_to_close(conn, 3008);
                self.failed(0, false, true, seen);
            }
        }
    }

    fn note_missed_pings(&mut self, conn: usize) {
        let timeout = u64::from(self.config.ping_timeout_ms);
        let now = self.now;
        let conn = &mut self.conns[conn];
        let is_sure = conn.unanswered().next().is_some_and(|ping| ping.until + SECOND <= now);
        let may_be = conn.unanswered().next().is_some_and(|ping| ping.at + timeout <= now);
        let suspect = if is_sure { Tri::Yes } else { Tri::Perhaps };
        if is_sure || may_be {
            conn.suspect(suspect);
        }
    }

    fn note_silence(&mut self) {
        let (Some(idle_ms), false) = (self.config.idle_ms, self.config.can_ping()) else { return };
        let Some(current) = self.current() else { return };
        if later(self.conns[current].heard_at, idle_ms) <= self.now {
            self.conns[current].heard_at = self.now;
            self.conns[current].suspect(Tri::Yes);
        }
    }

    // Closes.

    /// The client is about to close a connection.
    fn closes(&mut self, conn: usize, code: u16, seen: &Seen) {
        assert!(code == 1000 || code == 3008);
        if let Some(expected) = self.conns[conn].closing {
            // A client that leaves may find at the same moment that the connection is dead.
            let is_dead = expected == 1000 && code == 3008 && self.config.can_ping();
            assert!(
                expected == code || expected == 0 || is_dead,
                "{conn} is closed with {code}, not {expected}"
            );
            return;
        }
        match self.conns[conn].phase {
            Phase::Over => panic!("{conn} is over, and closed with {code}"),
            Phase::Connecting => self.restarts(conn, code),
            Phase::Current => self.drops(conn, code, seen),
            Phase::Draining => self.drained(conn, code),
        }
        self.conns[conn].closing = Some(code);
    }

    /// A refresh restarts an attempt that is stuck.
    fn restarts(&mut self, conn: usize, code: u16) {
        assert_eq!(code, 1000);
        assert!(self.asked.is_some(), "nobody has asked for a refresh");
        assert!(
            self.now - self.attempt_at >= BURST,
            "the attempt has been under way since {}",
            self.attempt_at
        );
        self.end(conn);
        self.failures += 1;
        self.refresh_begins();
    }

    /// The current connection has not answered two pings.
    fn drops(&mut self, conn: usize, code: u16, seen: &Seen) {
        assert_eq!(code, 3008);
        assert!(self.conns[conn].has_missed_two(self.now, &self.config), "{:?}", self.conns[conn]);
        let has_lasted = self.conns[conn].has_lasted(self.now, &self.config) == Tri::Yes;
        self.keep_overlap();
        self.end(conn);
        if self.fall_back(conn, seen) {
            if self.next == Next::Idle {
                self.failed(0, false, false, seen);
            }
            return;
        }
        match self.next {
            Next::Stopped(reason) => self.end_session(reason),
            Next::Idle if seen.reconnect_at.is_none() && has_lasted => self.want_token(),
            Next::Idle => self.failed(0, false, false, seen),
            _ => {}
        }
    }

    fn drained(&mut self, conn: usize, code: u16) {
        let this = &self.conns[conn];
        if code == 3008 {
            let timeout = u64::from(self.config.ping_timeout_ms);
            assert!(
                this.unanswered().any(|ping| ping.at + timeout <= self.now),
                "no ping was missed: {this:?}"
            );
        } else {
            let timeout = u64::from(self.config.ping_timeout_ms);
            let has_missed = this.unanswered().any(|ping| ping.at + timeout <= self.now);
            let is_over = this.is_expired || this.is_past_end(self.now) || has_missed;
            let current = self.current().map(|current| &self.conns[current]);
            let has_lasted =
                current.is_none_or(|conn| conn.has_lasted(self.now, &self.config) != Tri::No);
            let drained_at = later(this.replaced_at, self.config.drain_ms);
            assert!(self.now >= drained_at, "drained at {}, and not {drained_at}", self.now);
            assert!(is_over || has_lasted, "the new connection has not lasted");
            let pending =
                self.requests.iter().find(|request| request.conn == conn && !request.is_decided());
            assert!(pending.is_none(), "closed before the outcome of {pending:?}");
        }
        self.draining_ended(conn, true);
    }

    // The next connection.

    /// Whether the client begins to get a connection beside the current one, or cuts its wait
    /// short.
    fn next_begins(&mut self, fetches: bool, seen: &Seen) {
        let begins = seen.reconnect_at.is_some() || (fetches && self.fetch.is_none());
        match self.next {
            Next::Idle if begins => self.next_begins_beside(seen),
            Next::Idle => assert!(self.current().is_some(), "no connection, and none is wanted"),
            Next::Token if fetches && self.fetch.is_some() => {
                assert!(self.asked.is_some(), "the fetch is given up");
                assert!(
                    self.now - self.attempt_at >= BURST,
                    "the attempt has been under way since {}",
                    self.attempt_at
                );
                self.fetch = None;
                self.failures += 1;
                self.refresh_begins();
            }
            Next::Token if self.asked.is_some() && self.now - self.attempt_at >= BURST => {
                self.refresh_begins();
            }
            Next::Backoff(..) if seen.reconnect_at.is_none() => {
                assert!(self.asked.is_some(), "the wait is cut short");
                self.refresh_begins();
            }
            _ => {}
        }
    }

    fn refresh_begins(&mut self) {
        self.asked = None;
        assert!(
            self.refreshed_at.is_none_or(|at| self.now - at >= BURST),
            "refreshed at {:?} already",
            self.refreshed_at
        );
        self.refreshed_at = Some(self.now);
        self.may_fetch_at_once = true;
        if let (false, Some(current)) = (self.config.can_ping(), self.current()) {
            self.conns[current].is_suspect = Tri::Yes;
        }
        self.want_token();
    }

    pub(super) fn next_begins_beside(&mut self, seen: &Seen) {
        let Some(current) = self.current() else { panic!("no connection, and none is wanted") };
        let conn = &self.conns[current];
        let (is_due, is_suspect) = (conn.refresh.0 <= self.now, conn.asks_for_next);
        let is_asked =
            self.asked.is_some() && self.refreshed_at.is_none_or(|at| self.now - at >= BURST);
        if is_asked {
            let has_lasted = conn.has_lasted(self.now, &self.config) == Tri::Yes;
            self.refresh_begins();
            if seen.reconnect_at.is_some() {
                assert!(!has_lasted, "the client waits, although the connection has lasted");
                self.back_off(0, false);
            }
        } else if is_due {
            self.begin_beside(current, seen);
        } else {
            assert!(is_suspect != Tri::No, "a new connection for no reason beside {conn:?}");
            self.begin_beside(current, seen);
        }
        if is_suspect != Tri::No {
            self.replacements.push((self.now, is_suspect == Tri::Yes && !is_due && !is_asked));
        }
    }

    fn begin_beside(&mut self, current: usize, seen: &Seen) {
        self.note_lasted(current);
        let has_lasted = self.conns[current].has_lasted(self.now, &self.config) == Tri::Yes;
        if seen.reconnect_at.is_some() {
            assert!(!has_lasted, "the client waits, although the connection has lasted");
            self.back_off(0, false);
        } else {
            self.want_token();
        }
    }

    // The output that was returned.

    pub(super) fn returned(&mut self, output: &Output<u32>, seen: &Seen) {
        match output {
            Output::Close { connection, .. } => {
                self.conns[number(connection.number())].closing = None;
            }
            Output::Ping { connection, payload } => {
                self.pings(number(connection.number()), *payload);
            }
            Output::Settled(settled) => {
                let place =
                    self.requests.iter().position(|request| request.handle == settled.handle);
                let request = self.requests.remove(place.expect("it is in flight"));
                self.past(&request);
            }
            Output::State(state) => {
                assert_eq!((*state, *state == self.reported), (self.state(), false));
                (self.reported, self.reported_current) = (*state, self.current());
                if let ConnectionState::Disconnected(_) = state {
                    assert!(self.requests.is_empty());
                    assert!(
                        self.conns
                            .iter()
                            .all(|conn| conn.phase == Phase::Over && conn.closing.is_none())
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
                assert_ne!(self.gap, Tri::No, "nothing can have been missed");
                assert_eq!(self.reported, ConnectionState::Connected);
                self.gap = Tri::No;
            }
            Output::FetchToken(fetch) => self.fetches(fetch.number()),
            Output::Wait(_) => self.waits(seen),
            _ => panic!("{output:?}"),
        }
    }

    fn fetches(&mut self, id: u64) {
        assert!(self.fetch.is_none(), "a second fetch at once");
        assert_eq!((self.next, id), (Next::Token, self.fetches));
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

    fn pings(&mut self, conn: usize, payload: [u8; 4]) {
        assert!(self.config.can_ping(), "a ping");
        assert!(self.conns[conn].is_open());
        assert!(
            self.conns[conn].pings.iter().all(|ping| ping.payload != payload),
            "the payload has been used"
        );
        let has_reason =
            self.has_reason_to_ping(conn) || core::mem::take(&mut self.conns[conn].had_reason);
        assert!(has_reason, "no reason to ping {:?} at {}", self.conns[conn], self.now);
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
        let asked =
            [this.fell_back_at, self.refreshed_at].into_iter().flatten().any(|at| at >= last_at);
        let request = self.requests.iter().any(|request| {
            let settles_at = later(request.sent_at, self.config.settle_ms);
            request.conn == conn && request.ping_order >= order && settles_at <= self.now
        });
        let late = self.late_at.is_some_and(|late_at| late_at >= last_at);
        let missed = this.is_suspect != Tri::No;
        let probe = this.phase == Phase::Draining && order <= this.replaced_order;
        // An answer may come between the reason and the poll.
        let has_just_answered = this.answered_at == Some(self.now);
        interval || asked || request || late || missed || probe || has_just_answered
    }

    /// Nothing that is due may be left, and nothing may come due before the moment to wait for.
    fn waits(&mut self, seen: &Seen) {
        assert!(self.conns.iter().all(|conn| conn.closing.is_none()), "a close is missing");
        let undone = self.requests.iter().find(|request| request.is_decided());
        assert!(undone.is_none(), "no outcome of {undone:?}");
        assert_eq!(self.reported, self.state());
        assert_eq!(self.reported_current, self.current());
        assert!(self.gap != Tri::Yes || self.current().is_none(), "a gap is missing");
        if self.current().is_some() {
            self.gap = Tri::No;
        }
        assert!(self.next != Next::Token || self.fetch.is_some(), "a fetch is missing");
        self.begins_in_time(seen);
        self.pings_in_time();
        for (moment, what) in self.deadlines() {
            assert!(moment > self.now, "{what} was due at {moment}, and it is {}", self.now);
        }
    }

    /// The moments by which something must happen.
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

    /// The next moment at which something is surely due, for the moment of `Wait`.
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

    /// When the draining connection must be closed, if nothing keeps it any more.
    fn drained_by(&self) -> Option<u64> {
        let draining = &self.conns[self.find(Phase::Draining)?];
        let current = &self.conns[self.current()?];
        let is_waiting =
            self.requests.iter().any(|request| self.conns[request.conn].phase == Phase::Draining);
        let is_pinged = draining.unanswered().next().is_some();
        if is_waiting || is_pinged || current.has_lasted(self.now, &self.config) != Tri::Yes {
            return None;
        }
        Some(draining.drained_at.max(later(draining.replaced_at, self.config.drain_ms)))
    }

    /// Whatever asks for a new connection has led to one.
    fn begins_in_time(&mut self, seen: &Seen) {
        let is_burst = self.refreshed_at.is_some_and(|at| self.now - at < BURST);
        let is_stuck =
            matches!(self.next, Next::Connecting(_)) && self.now - self.attempt_at >= BURST;
        let can_begin = matches!(self.next, Next::Idle | Next::Backoff(..)) || is_stuck;
        let is_asked = self.asked.is_some_and(|asked| asked.is_sure);
        let can_begin =
            can_begin || (self.next == Next::Token && self.now - self.attempt_at >= BURST);
        assert!(
            !is_asked || is_burst || !can_begin,
            "the refresh has not begun: {:?}",
            seen.reconnect_at
        );
        if !is_burst {
            self.asked = self.asked.filter(|_| !can_begin).map(|_| Asked { is_sure: false });
        }
        let (Next::Idle, Some(current)) = (self.next, self.current()) else { return };
        let conn = &self.conns[current];
        assert!(conn.refresh.1 > self.now, "the refresh was due at {}", conn.refresh.1);
    }

    fn pings_in_time(&self) {
        if !self.config.can_ping() {
            return;
        }
        for request in &self.requests {
            let is_due = later(request.sent_at, self.config.settle_ms) <= self.now;
            assert!(!is_due || !self.wants_ping(request), "no ping for {request:?}");
        }
        let Some(current) = self.current() else { return };
        assert!(
            self.ping_due(current) > self.now,
            "no ping since {:?}",
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
    /// Whether a ping was missed, and another that was sent after that.
    fn has_missed_two(&self, now: u64, config: &Config) -> bool {
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
    matches!(output, Output::Close { connection, code } if *connection == conn_id(conn) && *code == with)
}

/// The promised order of the outputs.
const fn rank(output: &Output<u32>) -> u8 {
    match output {
        Output::Close { .. } => 0,
        Output::Ping { .. } => 1,
        Output::Settled(_) => 2,
        Output::State(_) => 3,
        Output::Replaced { .. } => 4,
        Output::PossibleGap => 5,
        Output::FetchToken(_) => 6,
        _ => 7,
    }
}
