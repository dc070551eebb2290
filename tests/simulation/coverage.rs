//! Counts of everything that occurred in a run.

use core::fmt;
use std::collections::BTreeMap;

/// Counts and maxima, by name. The name of a maximum begins with `at most`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coverage(BTreeMap<&'static str, u64>);

/// The names that must occur in a run of many seeds, so that every check is exercised.
const REQUIRED: &[&str] = &[
    // Outcomes.
    "outcome: assumed",
    "outcome: confirmed",
    "outcome: confirmed, caused by another request",
    "outcome: rejected 400",
    "outcome: rejected 401",
    "outcome: rejected 403",
    "outcome: rejected 406",
    "outcome: rejected 429",
    "outcome: rejected 499",
    "outcome: unknown",
    "outcome: unknown, accepted",
    // Wrong `Assumed` outcomes, each with the fault that excuses it.
    "assumed, not accepted: no pings, dead link",
    "assumed, not accepted: no pings, sleep or clock",
    "assumed, not accepted: no pings, slow",
    "assumed, not accepted: pings, answers held back",
    "assumed, not accepted: pings, the service answers nothing else",
    // Broadcasts and requests.
    "due: returned",
    "due: missed, and disclosed",
    "gap",
    "gap: needed",
    "gap: nothing was missed",
    "received: error without a request",
    "received: returned",
    "received: withheld",
    "request: abandoned",
    "request: arrives after it was abandoned",
    "request: with the RequestId of another user",
    "not sent: disconnecting",
    "not sent: expired",
    "not sent: not connected",
    "not sent: not permitted",
    "not sent: too long",
    "not sent: too many in flight",
    "state: connected",
    "state: connected again",
    "state: connecting",
    "state: connecting again",
    // Disconnections and closes.
    "disconnected: AttemptsExhausted",
    "disconnected: Closed, on purpose",
    "disconnected: DisconnectedUser",
    "disconnected: NoToken",
    "disconnected: NotWanted",
    "disconnected: Refused(401 or 403)",
    "disconnected: Refused(404)",
    "close: 1000",
    "close: 3008",
    "close on purpose after expiry: reconnects",
    "replaced",
    "replaced: fell back",
    "dead link: not checked, because of sleep or clock",
    "dead link: noticed in time",
    "user disconnected: event",
    "user disconnected: event, then close",
    "disconnected user: notified",
    // Ends of sessions by the service.
    "session ended: 401, then abort",
    "session ended: 401, then close",
    "session ended: 401, then silence",
    "session ended: close",
    "session ended: stays open",
    // Faults of the room.
    "fault: accept_then_drop",
    "fault: drop",
    "fault: drop_after_accept",
    "fault: end_session",
    "fault: garbage",
    "fault: lose_pong",
    "fault: oversize",
    "fault: refuse_401",
    "fault: refuse_403",
    "fault: refuse_404",
    "fault: refuse_429",
    "fault: refuse_503",
    "fault: restart",
    "fault: unknown_code",
    "service: publish forwarded late",
    // Faults of networks and hosts.
    "network: broken",
    "network: corrupt",
    "network: handshake without an answer",
    "network: link dies",
    "network: link from the client dies",
    "network: link to the client dies",
    "host: overrides a close",
    "host: sleeps",
    "clock: steps back",
    "clock: outlier",
    "refresh",
    "token: fetched again, without an answer",
    "token: no answer",
    "token: no longer needed",
    "token: permanent failure",
    "token: stale",
    "token: temporary failure",
    "ping",
    // The recovery.
    "recovery: connected by the user",
    "recovery: not disconnected",
    "reports about a closed connection",
];

/// The names that must occur in a run of very many seeds.
const RARE: &[&str] = &[
    "assumed, not accepted: no pings, no service",
    "due: missed without notice, pings answered and nothing else",
    "due: missed without notice, no pings, dead link",
    "token: stale failure",
    "user disconnected: close",
    "user disconnected: silence",
    "session ended: abort",
    "session ended: silence",
];

impl Coverage {
    pub(crate) fn note(&mut self, what: &'static str) {
        self.notes(what, 1);
    }

    pub(crate) fn notes(&mut self, what: &'static str, times: u64) {
        *self.0.entry(what).or_default() += times;
    }

    /// Records a value of which the maximum is kept.
    pub(crate) fn maximum(&mut self, what: &'static str, number: u64) {
        let most = self.0.entry(what).or_default();
        *most = number.max(*most);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (what, number) in &other.0 {
            if what.starts_with("at most") {
                self.maximum(what, *number);
            } else {
                self.notes(what, *number);
            }
        }
    }

    pub(crate) fn check(&self) {
        self.require(REQUIRED);
    }

    pub(crate) fn check_rare(&self) {
        self.require(RARE);
    }

    fn require(&self, what: &[&str]) {
        let missing: Vec<_> = what.iter().filter(|what| !self.0.contains_key(*what)).collect();
        assert!(missing.is_empty(), "never: {missing:#?}");
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, number)| writeln!(f, "{number:12} {what}"))
    }
}
