//! A client with what there is around it: its sockets, and all that it was told and has told, so that it can be held to it.

use core::fmt;
use std::collections::{HashMap, HashSet, VecDeque};

use ivs_chat_proto::Fragments;
use ivs_chat_proto::client::{
    Client, ConnectionId, ConnectionState, DisconnectReason, Instant, Outcome, Received, RequestHandle, Settled,
};
use ivs_chat_proto::mock::{Delivery, User};
use ivs_chat_proto::subscribe::{EventKind, Subscribe};

use crate::tally::Tally;

/// Remembers more than is ever said while connections overlap.
pub(crate) type Chat = Client<usize, 6, 256>;
/// Longer than anything that is said, and shorter than what is said to be too long.
type Joined = Fragments<4096>;

/// For how long the disconnection of a user explains the end of a connection.
const DISCONNECTION_MS: u64 = 10_000;

#[expect(clippy::struct_excessive_bools, reason = "they are what has happened, each by itself")]
pub(crate) struct Device {
    pub(crate) client: Chat,
    pub(crate) user: User,
    pub(crate) knows_session: bool,
    pub(crate) knows_capabilities: bool,
    pub(crate) knows_user: bool,
    /// Whether every answer comes in time, if it comes at all.
    pub(crate) is_prompt: bool,

    /// Until when it was told to wait, and whether it has to be polled at once.
    pub(crate) wait: u64,
    pub(crate) is_due: bool,
    pub(crate) awake_at: u64,
    pub(crate) state: ConnectionState,
    /// In the order of their `ConnectionId`.
    pub(crate) sockets: Vec<Socket>,

    pub(crate) requests: Vec<Request>,
    /// Those without an outcome.
    pending: Vec<usize>,
    /// The `RequestId`s of all.
    pub(crate) named: HashSet<String>,
    /// The `RequestId` of somebody else, to be used again.
    pub(crate) stolen: Option<String>,
    received: HashMap<String, Reception>,
    /// The `Id`s of the messages that confirmed requests.
    pub(crate) said: HashMap<usize, String>,
    /// The `Id` of the message that came last.
    pub(crate) last_message: Option<String>,
    pub(crate) not_decoded: u32,
    pub(crate) unknown: u32,

    // Since a connection was asked for.
    pub(crate) wants: bool,
    pub(crate) was_connected: bool,
    pub(crate) has_fatal_token: bool,
    pub(crate) refusals: u32,
    /// Those since a connection was opened.
    pub(crate) refusals_in_a_row: u32,
    pub(crate) was_told_to_go: bool,
    pub(crate) disconnected_at: Option<u64>,
    /// Whether something was missed, or may have been.
    pub(crate) has_gap: bool,

    // What a token may be fetched for.
    pub(crate) is_fetching: bool,
    pub(crate) may_fetch_at_once: bool,
    failed_at: Option<u64>,
    pub(crate) fetches: u64,
    /// Whether the connection has expired, and the next is to be got at once.
    has_expired: bool,
}

pub(crate) struct Socket {
    pub(crate) phase: Phase,
    /// What the room calls it.
    pub(crate) room: Option<ConnectionId>,
    pub(crate) opened_at: u64,
    /// When its session is over, as the token has it.
    pub(crate) ends_at: u64,
    /// How many tokens had been fetched when it was opened.
    pub(crate) fetches: u64,
    /// Whether it was over when the client had not yet said what it wanted.
    pub(crate) has_crossed: bool,
    /// When the last comes that is on its way there, or here: nothing overtakes.
    pub(crate) up_at: u64,
    pub(crate) down_at: u64,
    pub(crate) inbox: VecDeque<Delivery>,
    /// Nothing comes through any more, and nobody says so.
    pub(crate) is_silent: bool,
    pub(crate) fragments: Box<Joined>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Opening,
    Open,
    Over,
}

#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "that is what the protocol calls it")]
pub(crate) struct Request {
    handle: RequestHandle,
    conn: ConnectionId,
    request_id: String,
    pub(crate) asks: Asks,
    sent_at: u64,
    pub(crate) is_accepted: bool,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) is_forgotten: bool,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    Send(String),
    Delete(String),
    Disconnect(String),
}

impl fmt::Display for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(text) => write!(f, "to say {text:?}"),
            Self::Delete(id) => write!(f, "to delete {id}"),
            Self::Disconnect(id) => write!(f, "to disconnect {id}"),
        }
    }
}

/// A message or an event that has come.
struct Reception {
    first: ConnectionId,
    last: ConnectionId,
    is_on_two: bool,
    /// When it was handed on last.
    at: u64,
    /// How often it was handed on.
    times: u32,
}

impl Socket {
    pub(crate) fn new(now: u64, session_ms: u64) -> Self {
        Self {
            ends_at: now + session_ms,
            fetches: 0,
            has_crossed: false,
            phase: Phase::Opening,
            room: None,
            opened_at: now,
            up_at: now,
            down_at: now,
            inbox: VecDeque::new(),
            is_silent: false,
            fragments: Box::default(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }
}

pub(crate) fn place(conn: ConnectionId) -> usize {
    usize::try_from(conn.number()).expect("few connections")
}

impl Device {
    pub(crate) fn new(client: Chat, user: User) -> Self {
        Self {
            client,
            user,
            knows_session: true,
            knows_capabilities: true,
            knows_user: true,
            is_prompt: false,
            wait: u64::MAX,
            is_due: true,
            awake_at: 0,
            state: ConnectionState::Disconnected(DisconnectReason::NotWanted),
            sockets: Vec::new(),
            requests: Vec::new(),
            pending: Vec::new(),
            named: HashSet::new(),
            stolen: None,
            received: HashMap::new(),
            said: HashMap::new(),
            last_message: None,
            not_decoded: 0,
            unknown: 0,
            wants: false,
            was_connected: false,
            has_fatal_token: false,
            refusals: 0,
            refusals_in_a_row: 0,
            was_told_to_go: false,
            disconnected_at: None,
            has_gap: true,
            is_fetching: false,
            may_fetch_at_once: false,
            failed_at: None,
            fetches: 0,
            has_expired: false,
        }
    }

    pub(crate) const fn is_awake(&self, now: u64) -> bool {
        self.awake_at <= now
    }

    /// The client has no more to say, and should not have: a session that ends is followed by another before it does.
    pub(crate) fn waits(&mut self, now: u64, until: u64) {
        self.wait = until;
        let ConnectionState::Connected = self.state else {
            self.has_expired = false;
            return;
        };
        assert!(!self.has_expired, "the connection has expired, and no other is got");
        let config = self.client.config();
        let socket = &self.sockets[place(conn)];
        let is_ending = now + u64::from(config.refresh_lead_ms) >= socket.ends_at;
        let may_end = now >= socket.opened_at + u64::from(config.refresh_floor_ms);
        let is_fetched = self.fetches > socket.fetches || self.failed_at.is_some();
        assert!(!(self.knows_session && is_ending && may_end) || is_fetched, "no other connection is got in time");
    }

    /// A connection is asked for.
    pub(crate) fn connect(&mut self, now: u64) {
        assert!(matches!(self.client.state(), ConnectionState::Disconnected(_)));
        self.client.connect(Instant::from_millis(now));
        self.wants = true;
        self.is_due = true;
        self.may_fetch_at_once = true;
        self.has_fatal_token = false;
        self.refusals = 0;
        self.refusals_in_a_row = 0;
        self.was_told_to_go = false;
        self.disconnected_at = None;
    }

    /// A request has been accepted by the client.
    pub(crate) fn sent(&mut self, now: u64, handle: RequestHandle, conn: ConnectionId, request_id: String, asks: Asks) {
        assert_eq!(self.client.state(), ConnectionState::Connected);
        assert!(self.named.insert(request_id.clone()), "{request_id} again");
        self.pending.push(self.requests.len());
        self.requests.push(Request {
            handle,
            conn,
            request_id,
            asks,
            sent_at: now,
            is_accepted: false,
            outcome: None,
            is_forgotten: false,
        });
        assert_eq!(self.client.in_flight(), self.pending.len());
    }

    /// A request is given up.
    pub(crate) fn forget(&mut self, tally: &mut Tally) {
        let Some(number) = self.pending.pop() else { return };
        let request = &mut self.requests[number];
        assert_eq!(self.client.forget(request.handle), Some(number));
        request.is_forgotten = true;
        tally.note("outcome: forgotten");
    }

    /// A request has its outcome: its only one, and one that agrees with what the room has done.
    pub(crate) fn settle(&mut self, now: u64, settled: &Settled<usize>, tally: &mut Tally) {
        let request = &mut self.requests[settled.data];
        assert_eq!(request.handle, settled.handle);
        let place_of_it = self.pending.iter().position(|number| *number == settled.data);
        self.pending.remove(place_of_it.unwrap_or_else(|| panic!("again {settled:?}: {request:?}")));
        request.outcome = Some(settled.outcome);
        let socket = &self.sockets[place(request.conn)];
        match settled.outcome {
            Outcome::Confirmed => {
                assert!(request.is_accepted, "confirmed, but not accepted: {request:?}");
                tally.note("outcome: confirmed");
            }
            Outcome::Rejected(code) => {
                assert!(!request.is_accepted, "rejected, but accepted: {request:?}");
                tally.note(match code.get() {
                    400 => "outcome: rejected 400",
                    401 => "outcome: rejected 401",
                    403 => "outcome: rejected 403",
                    406 => "outcome: rejected 406",
                    429 => "outcome: rejected 429",
                    499 => "outcome: rejected 499",
                    other => panic!("{other}: {request:?}"),
                });
            }
            Outcome::Assumed => {
                let settle_ms = u64::from(self.client.config().settle_ms);
                assert!(now >= request.sent_at + settle_ms, "assumed too early: {request:?}");
                assert!(!self.is_prompt, "assumed, but it has been answered: {request:?}");
                tally.note("outcome: assumed");
                tally.note(if request.is_accepted { "accepted, and assumed" } else { "not accepted, but assumed" });
            }
            Outcome::Lost => {
                assert_eq!(socket.phase, Phase::Over, "lost, but the connection is there: {request:?}");
                tally.note("outcome: lost");
                if request.is_accepted {
                    tally.note("accepted, but lost");
                }
            }
            other => panic!("{other:?}"),
        }
    }

    /// The request that a payload has to settle, and how.
    fn expected(&self, conn: ConnectionId, payload: &Subscribe<'_>) -> Option<(usize, Outcome)> {
        let request_id = match payload {
            Subscribe::Message(message) => message.request_id?,
            Subscribe::Event(event) => event.request_id?,
            Subscribe::Error(error) => error.request_id?,
            _ => return None,
        };
        let is_it = |number: &&usize| request_id == *self.requests[**number].request_id;
        let number = *self.pending.iter().find(is_it)?;
        let request = &self.requests[number];
        let confirms = match (payload, &request.asks) {
            (Subscribe::Message(message), Asks::Send(_)) => !self.knows_user || message.sender.user_id == *self.user.id,
            (Subscribe::Event(event), Asks::Delete(id)) => {
                matches!(event.kind(), EventKind::DeletedMessage { message_id, .. } if message_id == **id)
            }
            (Subscribe::Event(event), Asks::Disconnect(id)) => {
                matches!(event.kind(), EventKind::DisconnectedUser { user_id, .. } if user_id == **id)
            }
            (Subscribe::Error(error), _) => {
                return (request.conn == conn).then_some((number, Outcome::Rejected(error.error_code)));
            }
            _ => false,
        };
        confirms.then_some((number, Outcome::Confirmed))
    }

    /// A whole message has come on a connection that is there.
    pub(crate) fn receive(&mut self, now: u64, conn: ConnectionId, message: &[u8], tally: &mut Tally) {
        // Nothing has happened that the client has not been asked about.
        let is_settled = !self.is_due && now < self.wait;
        let received = self.client.recv(Instant::from_millis(now), conn, message);
        self.is_due = true;
        let payload = match (Subscribe::decode(message), received) {
            (Ok(payload), Ok(received)) => {
                let expected = self.expected(conn, &payload);
                let settled = received.as_ref().and_then(|received| received.settled.as_ref());
                let found = settled.map(|settled| (settled.data, settled.outcome));
                assert!(
                    found == expected || !is_settled && found.is_none(),
                    "{found:?} is not {expected:?}: {payload:?}"
                );
                if let Some(settled) = settled {
                    self.settle(now, settled, tally);
                    if let Subscribe::Message(message) = &payload {
                        self.said.insert(settled.data, message.id.to_string());
                    }
                }
                if received.is_some() || is_settled {
                    self.account(now, conn, &payload, received.as_ref(), tally);
                }
                payload
            }
            (Err(_), Ok(None)) if !is_settled => return,
            (Err(error), Err(found)) => {
                assert_eq!(error, found);
                self.not_decoded += 1;
                tally.note("fault: garbage");
                return;
            }
            (payload, received) => panic!("{payload:?} {received:?}"),
        };
        if let Subscribe::Message(message) = payload {
            self.last_message = Some(message.id.to_string());
        }
    }

    /// Nothing that comes for the first time is swallowed, and no error ever; and nothing that comes on two connections is handed on twice.
    fn account(
        &mut self,
        now: u64,
        conn: ConnectionId,
        payload: &Subscribe<'_>,
        received: Option<&Received<'_, usize>>,
        tally: &mut Tally,
    ) {
        assert!(received.is_none_or(|received| received.payload == *payload));
        let is_current = self.client.state() == ConnectionState::Connected;
        let id = match payload {
            Subscribe::Message(message) => message.id,
            Subscribe::Event(event) => event.id,
            Subscribe::Error(error) => {
                let received = received.expect("an ERROR is never swallowed");
                if received.settled.is_none() {
                    tally.note("received: error without a request");
                }
                if error.error_code == 401 && is_current {
                    let stable_ms = u64::from(self.client.config().stable_ms);
                    let socket = &self.sockets[place(conn)];
                    let has_lasted = now >= socket.opened_at + stable_ms;
                    self.may_fetch_at_once |= has_lasted;
                    self.has_expired |= has_lasted && self.fetches == socket.fetches && self.failed_at.is_none();
                    self.failed(now);
                }
                return;
            }
            _ => {
                assert!(received.is_some());
                self.unknown += 1;
                return tally.note("fault: unknown_type");
            }
        };
        let new = Reception { first: conn, last: conn, is_on_two: false, at: now, times: 0 };
        let reception = self.received.entry(id.to_string()).or_insert(new);
        let is_new = reception.times == 0;
        if !is_new && reception.last == conn {
            tally.note("fault: duplicate");
        }
        if reception.first != conn && !reception.is_on_two {
            reception.is_on_two = true;
            tally.note("received on two connections");
        }
        reception.last = conn;
        if received.is_none() {
            assert!(!is_new, "swallowed, though new: {payload:?}");
            return tally.note("received: swallowed as a duplicate");
        }
        if reception.is_on_two && reception.at <= self.awake_at {
            // Asleep with nothing to wait for meanwhile, it does not notice how long connections overlap.
            tally.note("received twice, and asleep between");
        } else {
            assert!(is_new || !reception.is_on_two, "twice, on {:?} and {conn:?}: {payload:?}", reception.first);
        }
        reception.at = now;
        reception.times += 1;
        tally.note("received");
        let Subscribe::Event(event) = payload else { return };
        if let EventKind::DisconnectedUser { user_id, reason } = event.kind() {
            if user_id == *self.user.id && self.knows_user {
                self.disconnected_at = Some(now);
            }
            if event.request_id.is_none() && reason.is_none_or(|reason| reason.is_empty()) {
                tally.note("fault: kick");
            }
        }
    }

    /// How often a message or an event was handed on.
    pub(crate) fn times_received(&self, id: &str) -> u32 {
        self.received.get(id).map_or(0, |reception| reception.times)
    }

    /// A connection is over: what has to follow does.
    pub(crate) fn closed(
        &mut self,
        now: u64,
        conn: ConnectionId,
        how: ivs_chat_proto::client::CloseEvent,
        is_meant: bool,
    ) {
        let was_current = self.client.state() == ConnectionState::Connected;
        let socket = &mut self.sockets[place(conn)];
        let was_opening = socket.phase == Phase::Opening;
        socket.phase = Phase::Over;
        socket.has_crossed = self.is_due;
        socket.inbox.clear();
        self.client.closed(Instant::from_millis(now), conn, how);
        self.is_due = true;
        if was_current || was_opening {
            self.failed(now);
        }
        if !was_current {
            return;
        }
        self.was_told_to_go |= is_meant;
        let is_leaving = self.disconnected_at.is_some_and(|at| now < at + DISCONNECTION_MS);
        match self.client.state() {
            ConnectionState::Disconnected(DisconnectReason::DisconnectedUser) => {
                assert!(is_leaving, "nobody has disconnected this user")
            }
            ConnectionState::Disconnected(DisconnectReason::Closed(code)) => {
                assert_eq!((code, is_meant, is_leaving), (1000, true, false))
            }
            ConnectionState::Disconnected(_) => assert!(!is_meant && !is_leaving),
            state => assert!(!is_meant && !is_leaving, "{state:?}, though it was told to go"),
        }
    }

    /// The client says that its state is another: with reason.
    pub(crate) fn reported(&mut self, now: u64, state: ConnectionState, tally: &mut Tally) {
        assert_ne!(state, self.state);
        match state {
            ConnectionState::Connected => {
                assert!(self.wants && self.sockets[place(conn)].is_open());
                tally.note(match self.state {
                    ConnectionState::Connected if self.sockets[place(before)].ends_at <= now => {
                        // The room may have been left for a while, and nobody says so.
                        self.has_gap = true;
                        "state: handed over when the session was over"
                    }
                    ConnectionState::Connected => "state: handed over",
                    _ if self.was_connected => "state: connected again",
                    _ => "state: connected",
                });
                self.was_connected = true;
            }
            ConnectionState::Connecting => {
                assert!(self.wants);
                tally.note("state: connecting");
            }
            ConnectionState::Disconnected(reason) => {
                assert_eq!(self.client.in_flight(), 0);
                assert!(self.sockets.iter().all(|socket| socket.phase == Phase::Over), "a connection is left over");
                let (is_right, what) = match reason {
                    DisconnectReason::NotWanted => (!self.wants, "disconnected: NotWanted"),
                    DisconnectReason::NoToken => (self.wants && self.has_fatal_token, "disconnected: NoToken"),
                    DisconnectReason::Refused(401) => (self.wants && self.refusals > 1, "disconnected: Refused"),
                    DisconnectReason::Closed(1000) => (self.wants && self.was_told_to_go, "disconnected: CloseEvent"),
                    DisconnectReason::DisconnectedUser => {
                        (self.wants && self.disconnected_at.is_some(), "disconnected: DisconnectedUser")
                    }
                    other => panic!("{other:?}"),
                };
                assert!(is_right, "{reason}? not for that");
                tally.note(what);
            }
            other => panic!("{other:?}"),
        }
        self.has_gap |= !matches!(state, ConnectionState::Connected);
        self.state = state;
    }

    /// An attempt has failed, or a connection: the first since a token was fetched counts.
    pub(crate) fn failed(&mut self, now: u64) {
        self.failed_at.get_or_insert(now);
    }

    /// A token is to be fetched: once, and not without a cause.
    pub(crate) fn fetch(&mut self, now: u64) {
        assert!(!self.is_fetching && self.wants);
        assert!(self.refusals_in_a_row < 2, "refused twice, and still at it");
        let config = self.client.config();
        let lasting_ms = config.stable_ms.min(config.refresh_floor_ms);
        let is_replaced = match self.state {
            ConnectionState::Connected => now >= self.sockets[place(conn)].opened_at + u64::from(lasting_ms),
            _ => false,
        };
        let has_waited = self.failed_at.is_some_and(|at| now >= at + u64::from(config.backoff_min_ms));
        assert!(self.may_fetch_at_once || is_replaced || has_waited, "a token, and no reason to fetch one");
        self.failed_at = None;
        self.has_expired = false;
        self.is_fetching = true;
        self.may_fetch_at_once = false;
        self.fetches += 1;
    }

    /// All has been told that there was to tell.
    pub(crate) fn check_end(&self) {
        assert!(self.pending.is_empty());
        assert!(self.requests.iter().all(|request| request.outcome.is_some() != request.is_forgotten));
        let counters = self.client.counters();
        assert_eq!((counters.not_decoded, counters.unknown), (self.not_decoded, self.unknown));
        assert_eq!(counters.steps_back, 0);
    }
}
