//! The end of a run: nothing goes wrong any more, and everything must be right again.

use ivs_chat_proto::client::ConnectionState;
use ivs_chat_proto::mock::{AfterExpiry, ExpiryReason, SessionEnd};
use ivs_chat_proto::{Capability, Instant};

use crate::accounting::Entry;
use crate::coverage::Coverage;
use crate::host::{Host, RequestKind, place};
use crate::plan::{HOUR_MS, MINUTE_MS};
use crate::simulation::{Simulation, log};

/// Until the client learns that a connection is of no use on which pings are answered and nothing
/// else happens, or, without pings, whose link is dead: the longest session, and what it takes to
/// get another connection.
const UNAWARE_MS: u64 = 3 * HOUR_MS + 10 * MINUTE_MS;
/// Until a gap must have been reported, with pings: two pings have no answer, or a connection
/// drains.
const DISCLOSURE_MS: u64 = 150_000;

impl Simulation {
    /// From the beginning to the end.
    pub(crate) fn run(mut self) -> Coverage {
        let end = self.plan.duration_ms;
        self.pass_until(end);
        self.begin_recovery();
        self.all_connect();
        // Links that died just before are noticed meanwhile.
        let is_throttled = self.hosts.iter().any(|host| host.plan.throttle_ms > 0);
        self.pass_until(self.now + if is_throttled { 10 } else { 2 } * MINUTE_MS);
        self.all_leave();
        for number in 0..self.hosts.len() {
            self.check_requests(number);
            self.check_deliveries(number);
            self.check_gaps(number);
            self.check_tokens(number);
        }
        self.coverage
    }

    fn begin_recovery(&mut self) {
        log!(self, "now nothing goes wrong any more");
        self.in_recovery = true;
        let reason = ExpiryReason::Json;
        self.session_end = SessionEnd::new(AfterExpiry::Close { code: 1000, reason });
        self.set_session_end();
        for host in &self.hosts {
            if !matches!(host.client.state(), ConnectionState::Disconnected(_)) {
                self.coverage.note("end: wants to be connected");
            }
        }
    }

    /// Until a client is connected again, from now on.
    fn bound(&self, host: &Host) -> u64 {
        let config = host.client.config();
        let retry_after_s = self.plan.room.faults.retry_after_s.unwrap_or(0);
        let asked_ms =
            1_000 * u64::from(retry_after_s).max(host.plan.tokens.retry_after_s.unwrap_or(0));
        let noticed_ms = u64::from(config.ping_interval_ms) + 2 * u64::from(config.ping_timeout_ms);
        // A wait (the longest, or that of a restart), a token and a handshake without an answer,
        // and another wait after each.
        let wait_ms = u64::from(config.backoff_max_ms).max(30_000) + asked_ms;
        let attempt_ms = u64::from(config.token_timeout_ms) + u64::from(config.connect_timeout_ms);
        let throttled_ms = 8 * host.plan.throttle_ms;
        host.asleep_until.saturating_sub(self.now)
            + noticed_ms
            + 3 * wait_ms
            + attempt_ms
            + throttled_ms
            + 60_000
    }

    /// Returns `true` if the client cannot know that its connection is of no use.
    fn is_unaware(&self, host: &Host) -> bool {
        let Some(route) = host.current_socket().and_then(|socket| socket.route) else {
            return false;
        };
        let route = &self.routes[route];
        route.is_unserved() || route.is_dead() && !host.can_ping()
    }

    /// Each client that the service or the user disconnected is asked to connect again. All others
    /// do so by themselves. All are heard, and hear.
    fn all_connect(&mut self) {
        let start = self.now;
        let mut bounds: Vec<_> = self.hosts.iter().map(|host| start + self.bound(host)).collect();
        loop {
            for (number, bound) in bounds.iter_mut().enumerate() {
                let host = &self.hosts[number];
                if host.is_awake(self.now) && matches!(host.state, ConnectionState::Disconnected(_))
                {
                    self.coverage.note("end: connected when asked to");
                    *bound = (*bound).max(self.now + self.bound(&self.hosts[number]));
                    self.connect(number);
                }
                if self.is_unaware(&self.hosts[number]) {
                    *bound = (*bound).max(start + UNAWARE_MS + self.bound(&self.hosts[number]));
                }
            }
            self.probe();
            let elapsed = self.now - start;
            self.pass_until(self.now + if elapsed < 20 * MINUTE_MS { 15_000 } else { 67_000 });
            let mut is_done = true;
            for (number, bound) in bounds.iter().enumerate() {
                let host = &self.hosts[number];
                if host.request_came_through && host.event_came_through {
                    continue;
                }
                is_done = false;
                assert!(
                    self.now < *bound,
                    "{number} is stuck: {}, heard: {}, event_came_through: {}, calm since {start}",
                    host.state,
                    host.request_came_through,
                    host.event_came_through
                );
            }
            if is_done {
                break;
            }
        }
        self.coverage.most("at most: s until all were connected again", (self.now - start) / 1_000);
    }

    /// Sends something both ways.
    fn probe(&mut self) {
        self.send_event();
        for number in 0..self.hosts.len() {
            let host = &mut self.hosts[number];
            if !host.plan.user.capabilities.permits(Capability::SendMessage) {
                host.request_came_through = true;
            }
            if host.is_connected() && !host.request_came_through && host.is_awake(self.now) {
                let broadcast = self.broadcasts.len();
                self.broadcasts.push(None);
                let _ = self.send(
                    number,
                    RequestKind::Send(broadcast, format!("#{broadcast} hello")),
                    true,
                );
                // Less than the room's rate.
                self.pass_until(self.now + 1_100);
            }
        }
    }

    /// All clients leave, and nothing is left of them.
    fn all_leave(&mut self) {
        self.left_at = self.now;
        for number in 0..self.hosts.len() {
            let when_settled = self.rng.one_in(2);
            self.disconnect(number, when_settled);
        }
        self.pass_until(self.now + 4 * MINUTE_MS);
        for host in &self.hosts {
            assert!(matches!(host.state, ConnectionState::Disconnected(_)), "{}", host.state);
            assert!(host.pending.is_empty());
            assert_eq!(host.timer_at, u64::MAX, "it waits for something");
            let counters = host.client.counters();
            assert_eq!(counters.not_decoded, host.not_decoded);
            self.coverage.notes("counter: duplicates", counters.duplicates.into());
            self.coverage.notes("counter: mismatched", counters.mismatched.into());
            self.coverage.notes("counter: late", counters.late.into());
            self.coverage.notes("counter: steps back", counters.steps_back.into());
            self.coverage.notes("counter: token timeouts", counters.token_timeouts.into());
            self.coverage.notes("counter: missed pings", counters.missed_pings.into());
        }
        self.pass_until(self.now + MINUTE_MS);
        assert_eq!(
            (self.room.connections(), self.room.next_at()),
            (0, None::<Instant>),
            "a connection is left"
        );
    }

    /// Every broadcast that the client was owed was handed over, or the client said that it may
    /// have missed something.
    fn check_deliveries(&mut self, number: usize) {
        for (broadcast, accepted_at) in self.broadcasts.iter().enumerate() {
            let Some(accepted_at) = *accepted_at else { continue };
            let host = &self.hosts[number];
            let entry: Entry = host.accounting.get(broadcast);
            if !entry.is_due {
                continue;
            }
            if entry.times > 0 {
                self.coverage.note("owed: handed over");
                continue;
            }
            if entry.is_corrupt {
                self.coverage.note("owed: came corrupt");
                continue;
            }
            let route = entry.route.map(|route| &self.routes[usize::try_from(route).expect("few")]);
            let is_dead = entry.was_dead || route.is_some_and(|route| !route.carries_to_client);
            let was_disturbed = host.was_disturbed_since(accepted_at);
            // A client that was told that the session is over knows that it misses messages.
            let was_told =
                route.is_some_and(|route| host.sockets[place(route.connection)].received_401);
            let is_excused = entry.is_unserved && !was_told;
            let disclosed_at =
                host.accounting.disclosed_at(accepted_at).filter(|at| *at < self.left_at);
            if let Some(disclosed_at) = disclosed_at {
                self.coverage.note("owed: missed, and covered");
                let is_bounded = !entry.is_unserved && !was_disturbed && host.plan.throttle_ms == 0;
                let took_ms = disclosed_at - accepted_at;
                if is_bounded && (host.can_ping() || !is_dead) {
                    let what = if host.can_ping() {
                        "at most: ms until a gap was reported, with pings"
                    } else {
                        "at most: ms until a gap was reported, without pings, link alive"
                    };
                    self.coverage.most(what, took_ms);
                    assert!(
                        took_ms <= DISCLOSURE_MS,
                        "{number}: {broadcast} of {accepted_at}, covered at {disclosed_at}"
                    );
                }
                continue;
            }
            assert!(!entry.is_reported, "{number}: {broadcast} was swallowed");
            self.coverage.note(match (is_excused, host.can_ping()) {
                (true, _) => "owed: missed unnoticed, pings answered and nothing else",
                (false, false) if is_dead => "owed: missed unnoticed, no pings, dead link",
                (false, false) if self.lag_ms() > u64::from(host.client.config().drain_ms) => {
                    "owed: missed unnoticed, no pings, lag"
                }
                (false, false) if was_disturbed => {
                    "owed: missed unnoticed, no pings, sleep or the clock"
                }
                _ => panic!(
                    "{number}: {broadcast}, accepted at {accepted_at}, was missed: {entry:?}"
                ),
            });
        }
    }

    /// Returns by how much one connection may lag behind another.
    pub(crate) fn lag_ms(&self) -> u64 {
        let faults = &self.plan.room.faults;
        let never = ivs_chat_proto::mock::Probability::NEVER;
        let delay = if faults.delay == never { 0 } else { faults.max_delay_ms };
        let stall = if faults.stall == never { 0 } else { faults.max_stall_ms };
        self.network.max_latency_ms + u64::from(delay) + u64::from(stall)
    }

    /// Counts the gaps that were reported although nothing was missed.
    fn check_gaps(&mut self, number: usize) {
        let mut from = 0;
        for gap in self.hosts[number].accounting.gaps.clone() {
            let is_missed = |(broadcast, at): (usize, &Option<u64>)| {
                at.is_some_and(|at| (from..=gap).contains(&at))
                    && self.hosts[number].accounting.get(broadcast).times == 0
            };
            let is_needed = self.broadcasts.iter().enumerate().any(is_missed);
            self.coverage.note(if is_needed { "gap: needed" } else { "gap: nothing was missed" });
            from = gap;
        }
    }

    /// Tokens are bounded, whatever happens: see the bound of `check`.
    fn check_tokens(&mut self, number: usize) {
        let host = &self.hosts[number];
        let most = u64::try_from(host.most_tokens_per_hour()).expect("few");
        let asked = most.saturating_sub(2 * host.connect_calls);
        self.coverage.most("at most: tokens in an hour", most);
        self.coverage
            .most("at most: tokens in an hour, less 2 for each time that the user asked", asked);
        assert!(
            asked <= 300,
            "{number}: {most} tokens in an hour, {} asked for",
            host.connect_calls
        );
    }
}
