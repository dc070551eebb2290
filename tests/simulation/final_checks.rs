//! The end of a run: all faults stop, and the final invariants are checked.
//!
//! - Every client that wants a connection has one again within a bounded time. Its requests and the
//!   room's events come through ([`Simulation::recover`]).
//! - After all clients have disconnected, no timer, request or connection is left
//!   ([`Simulation::disconnect_all`]).
//! - An `Assumed` request was accepted, unless an injected fault excuses the error
//!   ([`Simulation::check_requests`]).
//! - A client received every broadcast that was due to it, or disclosed in time that it may have
//!   missed messages ([`Simulation::check_deliveries`]).
//! - The tokens per hour are bounded ([`Simulation::check_tokens`]).

use ivs_chat_proto::client::{ConnectionId, ConnectionState, Outcome};
use ivs_chat_proto::mock::{AfterExpiry, ExpiryReason, Probability, SessionEnd};
use ivs_chat_proto::{Capability, Instant};

use crate::accounting::Entry;
use crate::coverage::Coverage;
use crate::host::{Fate, Host, RequestKind, place};
use crate::plan::{HOUR_MS, MINUTE_MS};
use crate::simulation::{Simulation, log};

/// The time in which a client replaces a connection that is useless without its knowledge.
///
/// That is the longest session and the time to get another connection.
const UNAWARE_MS: u64 = 3 * HOUR_MS + 10 * MINUTE_MS;
/// The time in which a client must disclose a gap: two missed pings, or the draining of a
/// connection.
const DISCLOSURE_MS: u64 = 150_000;
/// Without pings, a frame received this long after a request counts as evidence.
const EVIDENCE_MS: u64 = 1_000;
/// The time within which the service must answer for `Assumed` to be strictly true.
const PROMPT_MS: u64 = 1_000;

impl Simulation {
    /// Runs from start to end and checks all invariants.
    pub(crate) fn run(mut self) -> Coverage {
        let end = self.plan.duration_ms;
        self.run_until(end);
        self.begin_recovery();
        self.recover();
        // In this time, clients notice links that died just before.
        let is_throttled = self.hosts.iter().any(|host| host.plan.throttle_ms > 0);
        self.run_until(self.now + if is_throttled { 10 } else { 2 } * MINUTE_MS);
        self.disconnect_all();
        for number in 0..self.hosts.len() {
            self.check_requests(number);
            self.check_deliveries(number);
            self.count_gaps(number);
            self.check_tokens(number);
        }
        self.coverage
    }

    /// Stops all faults.
    fn begin_recovery(&mut self) {
        log!(self, "all faults stop");
        self.in_recovery = true;
        let reason = ExpiryReason::Json;
        self.session_end = SessionEnd::new(AfterExpiry::Close { code: 1000, reason });
        self.set_session_end();
        for host in &self.hosts {
            if !matches!(host.client.state(), ConnectionState::Disconnected(_)) {
                self.coverage.note("recovery: not disconnected");
            }
        }
    }

    /// Returns the time in which a client must be connected again.
    fn recovery_ms(&self, host: &Host) -> u64 {
        let config = host.client.config();
        let retry_after_s = self.plan.room.faults.retry_after_s.unwrap_or(0);
        let server_wait_ms =
            1_000 * u64::from(retry_after_s).max(host.plan.tokens.retry_after_s.unwrap_or(0));
        let noticed_ms = u64::from(config.ping_interval_ms) + 2 * u64::from(config.ping_timeout_ms);
        // The longest wait, a fetch and a handshake without an answer, and a wait after each.
        let wait_ms = u64::from(config.backoff_max_ms).max(30_000) + server_wait_ms;
        let attempt_ms = u64::from(config.token_timeout_ms) + u64::from(config.connect_timeout_ms);
        let throttled_ms = 8 * host.plan.throttle_ms;
        host.asleep_until.saturating_sub(self.now)
            + noticed_ms
            + 3 * wait_ms
            + attempt_ms
            + throttled_ms
            + 60_000
    }

    /// Returns `true` if the client cannot know that its connection is useless: only pings are
    /// answered, or the link is dead and the client does not ping.
    fn is_unaware(&self, host: &Host) -> bool {
        let Some(route) = host.current_socket().and_then(|socket| socket.route) else {
            return false;
        };
        let route = &self.routes[route];
        route.is_unserved() || route.is_dead() && !host.can_ping()
    }

    /// Waits until all clients are connected, and requests and events come through.
    ///
    /// The user reconnects clients that are disconnected. All others must reconnect by themselves.
    fn recover(&mut self) {
        let start = self.now;
        let mut bounds: Vec<_> =
            self.hosts.iter().map(|host| start + self.recovery_ms(host)).collect();
        loop {
            for (number, bound) in bounds.iter_mut().enumerate() {
                let host = &self.hosts[number];
                if host.is_awake(self.now) && matches!(host.state, ConnectionState::Disconnected(_))
                {
                    self.coverage.note("recovery: connected by the user");
                    *bound = (*bound).max(self.now + self.recovery_ms(&self.hosts[number]));
                    self.connect(number);
                }
                if self.is_unaware(&self.hosts[number]) {
                    *bound =
                        (*bound).max(start + UNAWARE_MS + self.recovery_ms(&self.hosts[number]));
                }
            }
            self.probe();
            let elapsed = self.now - start;
            self.run_until(self.now + if elapsed < 20 * MINUTE_MS { 15_000 } else { 67_000 });
            let mut is_done = true;
            for (number, bound) in bounds.iter().enumerate() {
                let host = &self.hosts[number];
                if host.request_came_through && host.event_came_through {
                    continue;
                }
                is_done = false;
                assert!(
                    self.now < *bound,
                    "{number} is stuck: {}, request: {}, event: {}, in recovery since {start}",
                    host.state,
                    host.request_came_through,
                    host.event_came_through
                );
            }
            if is_done {
                break;
            }
        }
        self.coverage.maximum("at most: s until all clients recovered", (self.now - start) / 1_000);
    }

    /// Sends an event to all clients, and a request from each.
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
                // Stays below the room's rate.
                self.run_until(self.now + 1_100);
            }
        }
    }

    /// Disconnects all clients, and checks that nothing is left of them.
    fn disconnect_all(&mut self) {
        self.disconnected_at = self.now;
        for number in 0..self.hosts.len() {
            let when_settled = self.rng.one_in(2);
            self.disconnect(number, when_settled);
        }
        self.run_until(self.now + 4 * MINUTE_MS);
        for host in &self.hosts {
            assert!(matches!(host.state, ConnectionState::Disconnected(_)), "{}", host.state);
            assert!(host.pending.is_empty());
            assert_eq!(host.timer_at, u64::MAX, "a timer is left");
            let counters = host.client.counters();
            assert_eq!(counters.not_decoded, host.not_decoded);
            self.coverage.notes("counter: duplicates", counters.duplicates.into());
            self.coverage.notes("counter: mismatched", counters.mismatched.into());
            self.coverage.notes("counter: late", counters.late.into());
            self.coverage.notes("counter: steps back", counters.steps_back.into());
            self.coverage.notes("counter: token timeouts", counters.token_timeouts.into());
            self.coverage.notes("counter: missed pings", counters.missed_pings.into());
        }
        self.run_until(self.now + MINUTE_MS);
        assert_eq!(
            (self.room.connections(), self.room.next_at()),
            (0, None::<Instant>),
            "a connection is left"
        );
    }

    /// Returns `true` if the link of a connection no longer carries data to the client.
    fn is_link_to_client_dead(&self, number: usize, connection: ConnectionId) -> bool {
        let route = self.hosts[number].sockets[place(connection)].route;
        route.is_some_and(|route| !self.routes[route].carries_to_client)
    }

    /// Compares every outcome with the fate of the request.
    fn check_requests(&mut self, number: usize) {
        let host = &self.hosts[number];
        assert!(host.pending.is_empty());
        let faults = &self.plan.room.faults;
        let mut held_back_ms = 2 * self.network.max_latency_ms + self.service.backend_lag_ms;
        if faults.delay != Probability::NEVER {
            held_back_ms += u64::from(faults.max_delay_ms);
        }
        if faults.stall != Probability::NEVER {
            held_back_ms += u64::from(faults.max_stall_ms);
        }
        for request in &host.requests {
            assert!(request.outcome.is_some() != request.is_abandoned, "{number}: {request:?}");
            let Some((outcome, at)) = request.outcome else { continue };
            if outcome != Outcome::Assumed || request.fate == Fate::Accepted {
                continue;
            }
            let is_late_answer = self.service.backend_lag_ms > 0 && held_back_ms > PROMPT_MS;
            let name = match (host.can_ping(), request.fate) {
                (true, Fate::Unserved) => {
                    "assumed, not accepted: pings, the service answers nothing else"
                }
                (true, Fate::LinkDead { was_held: true }) => {
                    "assumed, not accepted: pings, answers held back"
                }
                (true, Fate::Rejected { .. } | Fate::ConnectionClosed) if is_late_answer => {
                    "assumed, not accepted: pings, answers held back"
                }
                (true, Fate::Rejected { held_ms: 1.. })
                    if self.is_link_to_client_dead(number, request.connection) =>
                {
                    "assumed, not accepted: pings, the link died before the answer"
                }
                (false, Fate::LinkDead { .. }) => "assumed, not accepted: no pings, dead link",
                (false, Fate::Unserved) => "assumed, not accepted: no pings, no service",
                (false, _) if host.was_disturbed_since(request.sent_at) => {
                    "assumed, not accepted: no pings, sleep or clock"
                }
                (false, _) if held_back_ms >= EVIDENCE_MS => {
                    "assumed, not accepted: no pings, slow"
                }
                _ => panic!("{number}: assumed at {at}, but not accepted: {request:?}"),
            };
            self.coverage.note(name);
        }
    }

    /// Checks that every due broadcast was returned, or that the client disclosed a possible gap.
    fn check_deliveries(&mut self, number: usize) {
        for (broadcast, accepted_at) in self.broadcasts.iter().enumerate() {
            let Some(accepted_at) = *accepted_at else { continue };
            let host = &self.hosts[number];
            let entry: Entry = host.accounting.get(broadcast);
            if !entry.is_due {
                continue;
            }
            if entry.times > 0 {
                self.coverage.note("due: returned");
                continue;
            }
            if entry.is_corrupt {
                self.coverage.note("due: corrupted");
                continue;
            }
            let route = entry.route.map(|route| &self.routes[usize::try_from(route).expect("few")]);
            let is_dead = entry.was_dead || route.is_some_and(|route| !route.carries_to_client);
            let was_disturbed = host.was_disturbed_since(accepted_at);
            // After an error 401, a client knows that it misses messages.
            let knows_end =
                route.is_some_and(|route| host.sockets[place(route.connection)].received_401);
            let is_excused = entry.is_unserved && !knows_end;
            let disclosed_at =
                host.accounting.disclosed_at(accepted_at).filter(|at| *at < self.disconnected_at);
            if let Some(disclosed_at) = disclosed_at {
                self.coverage.note("due: missed, and disclosed");
                let is_bounded = !entry.is_unserved && !was_disturbed && host.plan.throttle_ms == 0;
                let took_ms = disclosed_at - accepted_at;
                if is_bounded && (host.can_ping() || !is_dead) {
                    let name = if host.can_ping() {
                        "at most: ms until a gap was reported, with pings"
                    } else {
                        "at most: ms until a gap was reported, without pings, link alive"
                    };
                    self.coverage.maximum(name, took_ms);
                    assert!(
                        took_ms <= DISCLOSURE_MS,
                        "{number}: {broadcast} of {accepted_at}, disclosed at {disclosed_at}"
                    );
                }
                continue;
            }
            assert!(
                !entry.is_reported,
                "{number}: broadcast {broadcast} was reported, but not returned"
            );
            self.coverage.note(match (is_excused, host.can_ping()) {
                (true, _) => "due: missed without notice, pings answered and nothing else",
                (false, false) if is_dead => "due: missed without notice, no pings, dead link",
                (false, false) if self.lag_ms() > u64::from(host.client.config().drain_ms) => {
                    "due: missed without notice, no pings, lag"
                }
                (false, false) if was_disturbed => {
                    "due: missed without notice, no pings, sleep or clock"
                }
                _ => {
                    panic!("{number}: broadcast {broadcast} of {accepted_at} was missed: {entry:?}")
                }
            });
        }
    }

    /// Returns the maximum lag of one connection behind another.
    pub(crate) fn lag_ms(&self) -> u64 {
        let faults = &self.plan.room.faults;
        let never = Probability::NEVER;
        let delay = if faults.delay == never { 0 } else { faults.max_delay_ms };
        let stall = if faults.stall == never { 0 } else { faults.max_stall_ms };
        self.network.max_latency_ms + u64::from(delay) + u64::from(stall)
    }

    /// Counts the reported gaps with and without a missed broadcast.
    fn count_gaps(&mut self, number: usize) {
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

    /// Checks that the tokens per hour are bounded.
    fn check_tokens(&mut self, number: usize) {
        let host = &self.hosts[number];
        let most = u64::try_from(host.most_tokens_per_hour()).expect("few");
        let unprompted = most.saturating_sub(2 * host.connect_calls);
        self.coverage.maximum("at most: tokens in an hour", most);
        self.coverage
            .maximum("at most: tokens in an hour, less 2 per call of the user", unprompted);
        assert!(
            unprompted <= 300,
            "{number}: {most} tokens in an hour after {} calls",
            host.connect_calls
        );
    }
}
