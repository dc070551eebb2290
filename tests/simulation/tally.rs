//! How often everything happened.

use core::fmt;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<&'static str, u64>);

/// What has to happen in a run of many seeds: a check of what never happens is none.
const ALL: &[&str] = &[
    // What is told of requests.
    "outcome: confirmed",
    "outcome: rejected 400",
    "outcome: rejected 403",
    "outcome: rejected 406",
    "outcome: rejected 429",
    "outcome: rejected 499",
    "outcome: assumed",
    "outcome: lost",
    "outcome: forgotten",
    "accepted, but lost",
    "accepted, and assumed",
    "not accepted, but assumed",
    // What goes wrong in the room.
    "fault: refuse",
    "fault: refuse_token",
    "fault: accept_then_drop",
    "fault: duplicate",
    "fault: delay",
    "fault: cut",
    "fault: oversize",
    "fault: garbage",
    "fault: unknown_type",
    "fault: unknown_code",
    "fault: burst_429",
    "fault: drop_after_accept",
    "fault: drop",
    "fault: expire",
    "fault: restart",
    "fault: kick",
    // What goes wrong on the way, and with a device.
    "network: broken",
    "network: silent",
    "network: handshake without an answer",
    "device: asleep",
    "device: token not to be had",
    "device: token never to be had",
    "device: told of a connection that is over",
    "device: RequestId of somebody else",
    // How the states follow each other.
    "state: connected",
    "state: connected again",
    "state: handed over",
    "state: connecting",
    "disconnected: NotWanted",
    "disconnected: NoToken",
    "disconnected: Refused",
    "disconnected: Closed",
    "disconnected: DisconnectedUser",
    "close: 1000",
    "close: 3008",
    // What is received.
    "received",
    "received on two connections",
    "received: swallowed as a duplicate",
    "received: error without a request",
    "end: connected by itself",
    "end: connected when asked to",
    "end: confirmed",
    "end: received by all",
];

impl Tally {
    pub(crate) fn note(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(crate) fn most(&mut self, what: &'static str, number: u64) {
        let most = self.0.entry(what).or_default();
        *most = number.max(*most);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (what, number) in &other.0 {
            if what.starts_with("at most") {
                self.most(what, *number);
            } else {
                *self.0.entry(what).or_default() += number;
            }
        }
    }

    pub(crate) fn check(&self) {
        for what in ALL {
            assert!(self.0.contains_key(what), "never: {what}");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, number)| writeln!(f, "{number:10} {what}"))
    }
}
