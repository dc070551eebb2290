//! The end-to-end invariants of a run.
//!
//! This list is not a second model of the client. It predicts no output and no state. Each
//! invariant is a necessary condition that relates the client's behavior to the ground truth of the
//! simulation: the requests that the room accepted, the broadcasts that it sent, the links that are
//! dead, and the events that the host reported.
//!
//! The model of the client in `tests/session` cannot replace the list, and the list cannot replace
//! the model:
//!
//! - The model predicts a client from its inputs alone. It cannot tell whether an `Assumed` request
//!   was accepted or whether a message was missed without notice, because no client can know that.
//! - The model does not cover `refresh`, `disconnect_when_settled` and `max_attempts`, which the
//!   users of the simulation call and set. It limits neither token rates nor the time to recover.
//! - The list accepts every client that satisfies the conditions. Only the model checks each output
//!   and its time.
//!
//! Both share the documented rules that need no state, in `tests/session/model/rules.rs`.
//!
//! # During a run
//!
//! - Outputs are returned in the documented order, and `Wait` is in the future ([`OutputCheck`]).
//! - A reconnection reports `PossibleGap` ([`OutputCheck`]).
//! - The client connects only while the user wants it to. At `Disconnected`, no request is in
//!   flight and no connection is open ([`Simulation::check_state_change`]).
//! - A session ends only for a reason that occurred ([`Simulation::check_disconnect_reason`]).
//! - At most one token fetch is outstanding ([`Simulation::check_fetch`]).
//! - A close after expiry never ends the session as closed on purpose. A close on purpose ends it
//!   ([`Simulation::check_close_meaning`]).
//! - Reports about a closed connection change nothing
//!   ([`Simulation::check_closed_connection_is_ignored`]).
//! - A request is accepted only if it may be sent, and refused only for a reason that occurred
//!   ([`SendFacts`]).
//! - A `Confirmed` request was accepted, a `Rejected` one was not, and an `Assumed` one was not
//!   assumed before `settle_ms` ([`Simulation::check_outcome`]).
//! - A broadcast is returned once, unless duplicates are excused
//!   ([`Simulation::check_repeated_return`]).
//! - The event that disconnects this user ends the session
//!   ([`Simulation::check_user_disconnected`]).
//! - With pings, a dead link is noticed in time ([`Simulation::check_dead_link_noticed`]).
//!
//! The module `final_checks` lists the invariants that hold at the end of a run.

use core::fmt::Debug;

use ivs_chat_proto::Capability;
use ivs_chat_proto::client::{
    CloseEvent, ConnectionId, ConnectionState, DisconnectReason, FetchId, Outcome, Output,
    SendErrorKind, Settled,
};
use ivs_chat_proto::mock::Probability;

use crate::host::{Fate, Phase, RequestKind};
use crate::rules::{is_closed_on_purpose, output_rank};
use crate::simulation::Simulation;

/// The check of all outputs from one poll to `Wait`.
#[derive(Default)]
pub(crate) struct OutputCheck {
    rank: u8,
    /// `true` from a reconnection until `PossibleGap`.
    pub(crate) needs_gap: bool,
}

impl OutputCheck {
    /// Checks the next output. An outlier reading restarts the order.
    pub(crate) fn check<T: Debug>(&mut self, number: usize, output: &Output<T>, is_outlier: bool) {
        let rank = output_rank(output);
        assert!(rank >= self.rank || is_outlier, "{number}: out of order: {output:?}");
        self.rank = if is_outlier { 0 } else { rank };
        let is_in_time = !self.needs_gap || rank <= output_rank::<T>(&Output::PossibleGap);
        assert!(is_in_time, "{number}: reconnected without PossibleGap");
    }
}

/// The facts that decide whether a request may be sent.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub(crate) struct SendFacts {
    pub(crate) capability: Capability,
    pub(crate) is_permitted: bool,
    pub(crate) was_connected: bool,
    pub(crate) received_401: bool,
    pub(crate) was_disconnecting: bool,
    pub(crate) is_wanted: bool,
}

impl SendFacts {
    /// Checks that an accepted request may be sent.
    pub(crate) fn check_accepted(&self) {
        assert!(self.is_permitted && self.was_connected);
        assert!(!self.received_401 && !self.was_disconnecting);
    }

    /// Checks that the reason of a refusal occurred. Returns its name for the coverage.
    pub(crate) fn check_refused(&self, kind: SendErrorKind) -> &'static str {
        match kind {
            SendErrorKind::NotConnected => {
                assert!(!self.was_connected || self.received_401 || !self.is_wanted);
                if self.received_401 { "not sent: expired" } else { "not sent: not connected" }
            }
            SendErrorKind::Disconnecting => {
                assert!(self.was_disconnecting);
                "not sent: disconnecting"
            }
            SendErrorKind::NotPermitted(refused) => {
                assert!(!self.is_permitted && refused == self.capability);
                "not sent: not permitted"
            }
            SendErrorKind::TooLong(_) => "not sent: too long",
            SendErrorKind::TooManyInFlight => "not sent: too many in flight",
            SendErrorKind::TooManyRequests { .. } => "not sent: too many in a second",
            other => panic!("{other}"),
        }
    }
}

/// The facts about a connection that decide the meaning of its close.
pub(crate) struct CloseFacts {
    pub(crate) received_401: bool,
    pub(crate) known_end: Option<u64>,
    pub(crate) opened_at: u64,
}

impl Simulation {
    /// Checks a state before it is recorded.
    pub(crate) fn check_state_change(&mut self, number: usize, state: ConnectionState) {
        let host = &self.hosts[number];
        assert_ne!(state, host.state);
        let name = match state {
            ConnectionState::Connected => {
                assert!(host.is_wanted || host.is_disconnecting);
                assert!(host.current_socket().is_some_and(|socket| socket.phase == Phase::Open));
                if host.was_connected { "state: connected again" } else { "state: connected" }
            }
            ConnectionState::Connecting => {
                assert!(host.is_wanted || host.is_disconnecting);
                match host.state {
                    ConnectionState::Disconnected(_) => "state: connecting",
                    _ => "state: connecting again",
                }
            }
            ConnectionState::Disconnected(reason) => {
                assert_eq!(host.client.in_flight_len(), 0);
                let is_closed = host.sockets.iter().all(|socket| socket.phase == Phase::Closed);
                assert!(is_closed, "{number}: disconnected with an open connection");
                self.check_disconnect_reason(number, reason)
            }
            other => panic!("{other:?}"),
        };
        self.coverage.note(name);
    }

    /// Checks that the reason of a disconnection occurred. Returns its name for the coverage.
    fn check_disconnect_reason(&self, number: usize, reason: DisconnectReason) -> &'static str {
        let host = &self.hosts[number];
        let causes = &host.causes;
        let closes_with = |code: u16| causes.closed_with.iter().filter(move |it| **it == code);
        let (has_occurred, name) = match reason {
            DisconnectReason::NotWanted => (!host.is_wanted, "disconnected: NotWanted"),
            DisconnectReason::NoToken => (causes.has_no_token, "disconnected: NoToken"),
            DisconnectReason::Refused(404) => (causes.refused_404, "disconnected: Refused(404)"),
            DisconnectReason::Refused(401 | 403) => {
                let refusals = usize::try_from(causes.refusals).expect("few");
                let has_occurred = refusals + closes_with(3000).count() > 1;
                (has_occurred, "disconnected: Refused(401 or 403)")
            }
            DisconnectReason::Closed(3000) => {
                (closes_with(3000).count() > 0, "disconnected: Closed(3000)")
            }
            DisconnectReason::Closed(code) => {
                (closes_with(code).count() > 0, "disconnected: Closed, on purpose")
            }
            DisconnectReason::DisconnectedUser => {
                (causes.was_disconnected, "disconnected: DisconnectedUser")
            }
            DisconnectReason::AttemptsExhausted => {
                let limit = host.client.config().max_attempts.expect("a limit").get();
                let timeout = u64::from(host.client.config().token_timeout_ms);
                let is_timeout = host.fetch.is_some_and(|(_, since)| {
                    self.now >= since + timeout || host.was_disturbed_since(since)
                });
                let failures = causes.failures + u32::from(is_timeout);
                (failures >= limit, "disconnected: AttemptsExhausted")
            }
            other => panic!("{other:?}"),
        };
        assert!(has_occurred, "{number}: disconnected by {reason}, but {causes:?}");
        name
    }

    /// Checks that a new token fetch is wanted, and that no other is outstanding.
    pub(crate) fn check_fetch(&mut self, number: usize, fetch: FetchId) {
        let host = &self.hosts[number];
        assert!(host.is_wanted || host.is_disconnecting);
        assert!(
            !matches!(host.state, ConnectionState::Disconnected(_)),
            "{number}: fetches while disconnected"
        );
        let Some((before, since)) = host.fetch else { return };
        assert!(fetch > before);
        let timeout = u64::from(host.client.config().token_timeout_ms);
        let is_abandoned = self.now >= since + timeout
            || host.was_disturbed_since(since)
            || host.refreshed_at.is_some_and(|at| at + 5_000 >= since);
        assert!(is_abandoned, "{number}: two fetches outstanding");
        self.coverage.note("token: fetched again, without an answer");
    }

    /// Checks that reports about a closed connection change nothing.
    pub(crate) fn check_closed_connection_is_ignored(
        &mut self,
        number: usize,
        connection: ConnectionId,
    ) {
        let now = self.now;
        let host = &mut self.hosts[number];
        if host.clock.is_outlier_next {
            return;
        }
        let reading = host.read(now);
        let before = host.client.clone();
        let mut client = before.clone();
        client.handle_open(reading, connection);
        client.handle_pong(reading, connection, &[0, 0, 0, 1]);
        let message =
            br#"{"Type":"ERROR","Id":"","RequestId":"","ErrorCode":401,"ErrorMessage":""}"#;
        assert_eq!(client.handle_message(reading, connection, message), Ok(None));
        client.handle_close(reading, connection, CloseEvent::frame(1000, ""));
        assert!(client == before, "{number}: a report about a closed connection had an effect");
        self.coverage.note("reports about a closed connection");
    }

    /// Checks the state after the service closed the current connection with this code and reason.
    pub(crate) fn check_close_meaning(
        &mut self,
        number: usize,
        facts: &CloseFacts,
        (code, reason): (u16, &str),
        state: ConnectionState,
    ) {
        let host = &self.hosts[number];
        let now = self.now;
        let is_past_end = facts.known_end.is_some_and(|end| end <= now);
        // Close to the known end, or after a disturbance of the clock, either reading is right.
        let is_clear = !host.was_disturbed_since(facts.opened_at)
            && facts
                .known_end
                .is_none_or(|end| now < end.saturating_sub(1_000) || now > end + 1_000);
        if facts.received_401 || states_expiry(reason) || is_past_end && is_clear {
            let closed = ConnectionState::Disconnected(DisconnectReason::Closed(code));
            assert_ne!(state, closed, "{number}: {code} {reason:?} ended an expired session");
            if is_closed_on_purpose(code) {
                self.coverage.note("close on purpose after expiry: reconnects");
            }
        } else if is_closed_on_purpose(code) && is_clear && !is_cut(reason) {
            let has_ended = matches!(state, ConnectionState::Disconnected(_));
            assert!(has_ended, "{number}: {code} {reason:?} left the session {state}");
        }
    }

    /// Checks that the event that disconnects this user ended the session.
    pub(crate) fn check_user_disconnected(&mut self, number: usize) {
        let state = self.hosts[number].client.state();
        assert!(
            matches!(state, ConnectionState::Disconnected(_)),
            "{number}: {state} although this user was disconnected"
        );
        self.coverage.note("disconnected user: notified");
    }

    /// Returns `true` if payloads may be delivered twice on one connection.
    fn has_duplicates(&self) -> bool {
        let faults = &self.plan.room.faults;
        faults.duplicate != Probability::NEVER || faults.duplicate_later != Probability::NEVER
    }

    /// Checks that a broadcast returned again, on another connection, is excused.
    pub(crate) fn check_repeated_return(&mut self, number: usize, broadcast: usize) {
        let host = &self.hosts[number];
        let since = self.broadcasts[broadcast].expect("accepted");
        self.coverage.note(if self.has_duplicates() {
            "returned twice: duplicates are injected"
        } else if self.lag_ms() >= host.client.config().drain_ms.into() {
            "returned twice: the lag is longer than the window"
        } else if host.plan.is_small {
            "returned twice: small window"
        } else if host.was_disturbed_since(since) {
            "returned twice: sleep or clock"
        } else {
            panic!("{number}: broadcast {broadcast} was returned twice")
        });
    }

    /// Compares an outcome with the known truth about the request.
    pub(crate) fn check_outcome(&mut self, number: usize, settled: &Settled<usize>) {
        let host = &self.hosts[number];
        let request = &host.requests[settled.data];
        let is_accepted = request.fate == Fate::Accepted;
        let was_disturbed = host.was_disturbed_since(request.sent_at);
        let took_ms = self.now - request.sent_at;
        let name = match settled.outcome {
            Outcome::Confirmed => {
                let is_done = match &request.kind {
                    RequestKind::Send(..) => false,
                    RequestKind::Delete(id) => self.deleted.contains(id),
                    RequestKind::Disconnect(user) => self.disconnected.contains(user),
                };
                assert!(
                    is_accepted || is_done,
                    "{number}: confirmed, but not accepted: {request:?}"
                );
                if is_accepted {
                    "outcome: confirmed"
                } else {
                    "outcome: confirmed, caused by another request"
                }
            }
            Outcome::Rejected(code) => {
                assert!(!is_accepted, "{number}: rejected, but accepted: {request:?}");
                match code.as_u16() {
                    400 => "outcome: rejected 400",
                    401 => "outcome: rejected 401",
                    403 => "outcome: rejected 403",
                    406 => "outcome: rejected 406",
                    429 => "outcome: rejected 429",
                    499 => "outcome: rejected 499",
                    other => panic!("{other}: {request:?}"),
                }
            }
            // The request may still arrive, so the final checks compare it with the truth.
            Outcome::Assumed => {
                let settle_ms = u64::from(host.client.config().settle_ms);
                let is_early = took_ms < settle_ms && !was_disturbed;
                assert!(!is_early, "{number}: assumed too early: {request:?}");
                "outcome: assumed"
            }
            Outcome::Unknown if is_accepted => "outcome: unknown, accepted",
            Outcome::Unknown => "outcome: unknown",
            other => panic!("{other:?}"),
        };
        self.coverage.note(name);
        if !was_disturbed {
            self.coverage.maximum(
                match (host.can_ping(), host.plan.throttle_ms) {
                    (true, 0) => "at most: ms until an outcome, with pings",
                    (false, 0) => "at most: ms until an outcome, without pings",
                    _ => "at most: ms until an outcome, throttled",
                },
                took_ms,
            );
        }
    }

    /// Checks that a connection whose link died at `since` is no longer current.
    pub(crate) fn check_dead_link_noticed(
        &mut self,
        number: usize,
        connection: ConnectionId,
        since: u64,
    ) {
        let host = &self.hosts[number];
        if host.was_disturbed_since(since) || !host.is_awake(self.now) {
            return self.coverage.note("dead link: not checked, because of sleep or clock");
        }
        assert_ne!(
            host.client.current(),
            Some(connection),
            "{number}: the link died at {since}, and the connection is still current"
        );
        self.coverage.note("dead link: noticed in time");
    }
}

/// Returns `true` if a reason is a cut JSON object, which may or may not state expiry.
fn is_cut(reason: &str) -> bool {
    reason.starts_with('{') && !reason.ends_with('}')
}

/// Returns `true` if a reason certainly states that a session or a token has expired.
fn states_expiry(reason: &str) -> bool {
    match reason.strip_prefix('{') {
        Some(object) => object.contains("401") || object.contains("session exp"),
        None => matches!(reason, "connection expired" | "session expired" | "token expired"),
    }
}
