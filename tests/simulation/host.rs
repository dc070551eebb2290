//! A host: a client, its clock and sockets, and the truth about its requests.

use core::fmt;
use std::collections::{HashSet, VecDeque};

use ivs_chat_proto::client::{
    ConnectionId, ConnectionState, DisconnectReason, FetchId, Outcome, RequestHandle,
};
use ivs_chat_proto::mock::Delivery;
use ivs_chat_proto::{Instant, MessageAssembler};

use crate::accounting::Accounting;
use crate::any_client::AnyClient;
use crate::clock::HostClock;
use crate::plan::HostPlan;

/// An assembler that holds every payload, but no injected oversized message.
type Assembler = MessageAssembler<4096>;

#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub(crate) struct Host {
    pub(crate) plan: HostPlan,
    pub(crate) client: AnyClient,
    pub(crate) clock: HostClock,

    /// The time of the next poll.
    pub(crate) timer_at: u64,
    /// Whether the host must poll at once.
    pub(crate) needs_poll: bool,
    pub(crate) asleep_until: u64,
    /// The end of the latest sleep.
    pub(crate) slept_at: Option<u64>,
    /// The latest reported state.
    pub(crate) state: ConnectionState,
    /// The sockets, by the number of their `ConnectionId`.
    pub(crate) sockets: Vec<Socket>,

    pub(crate) requests: Vec<Request>,
    /// The requests without an outcome.
    pub(crate) pending: Vec<usize>,
    /// The `RequestId`s of all requests.
    pub(crate) request_ids: HashSet<String>,
    /// A `RequestId` of another user, to be reused.
    pub(crate) foreign_request_id: Option<String>,
    pub(crate) accounting: Accounting,
    /// The `Id` of the latest message received.
    pub(crate) last_message: Option<String>,
    pub(crate) not_decoded: u32,

    // The token endpoint.
    /// The outstanding fetch and its start.
    pub(crate) fetch: Option<(FetchId, u64)>,
    /// The times of all fetches.
    pub(crate) fetched_at: Vec<u64>,
    pub(crate) replaced: u32,
    pub(crate) state_changes: u32,

    // The latest calls of the user.
    pub(crate) is_wanted: bool,
    pub(crate) is_disconnecting: bool,
    pub(crate) was_connected: bool,
    pub(crate) causes: EndCauses,
    /// The number of calls of `connect` and `refresh`.
    pub(crate) connect_calls: u64,
    pub(crate) refreshed_at: Option<u64>,

    // The recovery.
    /// Whether the service has answered a request since the recovery began.
    pub(crate) request_came_through: bool,
    /// Whether a broadcast was received since the recovery began.
    pub(crate) event_came_through: bool,
}

/// The causes that occurred for the end of a session, since the latest `connect`.
#[derive(Clone, Debug, Default)]
pub(crate) struct EndCauses {
    pub(crate) has_no_token: bool,
    pub(crate) refusals: u32,
    pub(crate) refused_404: bool,
    pub(crate) closed_with: Vec<u16>,
    pub(crate) was_disconnected: bool,
    pub(crate) failures: u32,
}

pub(crate) struct Socket {
    pub(crate) phase: Phase,
    /// The number of the room's end of the connection.
    pub(crate) route: Option<usize>,
    pub(crate) opened_at: u64,
    /// The end of the session according to the token.
    pub(crate) known_end: Option<u64>,
    /// Whether an error 401 was received while the connection was current.
    pub(crate) received_401: bool,
    /// Whether the connection was closed by the service or the network.
    pub(crate) closed_by_remote: bool,
    /// The latest arrival at the service, at the client, and at the backend. Nothing overtakes.
    pub(crate) up_at: u64,
    pub(crate) down_at: u64,
    pub(crate) backend_at: u64,
    pub(crate) inbox: VecDeque<Arrival>,
    pub(crate) assembler: Box<Assembler>,
}

/// An arrival at the client's end of a socket.
pub(crate) enum Arrival {
    Open,
    Refused { status: u16, retry_after_s: Option<u32> },
    Delivery(Delivery),
    Pong([u8; 4]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Opening,
    Open,
    Closed,
}

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) handle: RequestHandle,
    pub(crate) connection: ConnectionId,
    pub(crate) kind: RequestKind,
    pub(crate) sent_at: u64,
    pub(crate) fate: Fate,
    pub(crate) outcome: Option<(Outcome, u64)>,
    pub(crate) is_abandoned: bool,
    /// Whether the request was sent during the recovery and must come through.
    pub(crate) is_probe: bool,
}

/// The actual result of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Pending,
    Accepted,
    /// The room rejected it this long after its arrival.
    Rejected {
        held_ms: u64,
    },
    /// The link was dead at its arrival, or died while the service held the request back.
    LinkDead {
        was_held: bool,
    },
    /// The service answered only pings on the connection.
    Unserved,
    /// The connection was closed before, or by this request.
    ConnectionClosed,
}

/// The purpose of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// Sends the broadcast with this number.
    Send(usize, String),
    Delete(String),
    Disconnect(String),
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(_, text) => write!(f, "send {text:?}"),
            Self::Delete(id) => write!(f, "delete {id}"),
            Self::Disconnect(id) => write!(f, "disconnect {id}"),
        }
    }
}

impl Socket {
    pub(crate) fn new(now: u64, known_end: Option<u64>) -> Self {
        Self {
            phase: Phase::Opening,
            route: None,
            opened_at: now,
            known_end,
            received_401: false,
            closed_by_remote: false,
            up_at: now,
            down_at: now,
            backend_at: now,
            inbox: VecDeque::new(),
            assembler: Box::default(),
        }
    }
}

pub(crate) fn place(connection: ConnectionId) -> usize {
    usize::try_from(connection.number()).expect("few connections")
}

impl Host {
    pub(crate) fn new(plan: HostPlan, client: AnyClient) -> Self {
        let mut clock = HostClock::new(plan.clock_origin_ms);
        clock.stops_in_sleep = plan.stops_in_sleep;
        Self {
            plan,
            client,
            clock,
            timer_at: u64::MAX,
            needs_poll: true,
            asleep_until: 0,
            slept_at: None,
            state: ConnectionState::Disconnected(DisconnectReason::NotWanted),
            sockets: Vec::new(),
            requests: Vec::new(),
            pending: Vec::new(),
            request_ids: HashSet::new(),
            foreign_request_id: None,
            accounting: Accounting::default(),
            last_message: None,
            not_decoded: 0,
            fetch: None,
            fetched_at: Vec::new(),
            replaced: 0,
            state_changes: 0,
            is_wanted: false,
            is_disconnecting: false,
            was_connected: false,
            causes: EndCauses::default(),
            connect_calls: 0,
            refreshed_at: None,
            request_came_through: false,
            event_came_through: false,
        }
    }

    pub(crate) const fn is_awake(&self, now: u64) -> bool {
        self.asleep_until <= now
    }

    pub(crate) const fn read(&mut self, now: u64) -> Instant {
        self.clock.read(now)
    }

    pub(crate) fn can_ping(&self) -> bool {
        self.client.config().can_ping()
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.state == ConnectionState::Connected
    }

    /// Returns `true` if the host slept or its clock was wrong at `time` or later.
    pub(crate) fn was_disturbed_since(&self, time: u64) -> bool {
        self.clock.disturbed_at.is_some_and(|at| at >= time)
            || self.slept_at.is_some_and(|at| at >= time)
    }

    /// Returns the socket of the current connection.
    pub(crate) fn current_socket(&self) -> Option<&Socket> {
        self.client.current().map(|connection| &self.sockets[place(connection)])
    }

    /// Sets the timer to this many milliseconds from now, or disables it.
    pub(crate) fn set_timer(&mut self, now: u64, millis: Option<u64>) {
        let due = millis.map_or(u64::MAX, |millis| now.saturating_add(millis));
        let throttle = self.plan.throttle_ms;
        self.timer_at = match due.checked_next_multiple_of(throttle.max(1)) {
            Some(fires_at) if throttle > 0 => fires_at,
            _ => due,
        };
    }

    /// Returns the maximum number of tokens fetched within an hour.
    pub(crate) fn most_tokens_per_hour(&self) -> usize {
        let within = |(first, from): (usize, &u64)| {
            self.fetched_at[first..]
                .iter()
                .take_while(|at| **at < from + crate::plan::HOUR_MS)
                .count()
        };
        self.fetched_at.iter().enumerate().map(within).max().unwrap_or(0)
    }
}
