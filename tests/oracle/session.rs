//! What must hold of any session, whatever the service, the caller and the clock do: a [`World`] puts inputs into a client and
//! checks all that comes out of it against a naive twin, which forgets nothing and knows the documentation only.
//!
//! The laws:
//!
//! - Every request that was accepted has one outcome, under its own handle and with its own data, unless it is forgotten; nothing
//!   else has one. It is `Confirmed` by what it asked for, with its `RequestId`, on a connection that is there; `Rejected` by an ERROR
//!   with its `RequestId` on its own connection, or by one without any if it is the only deletion there and has that `Id`;
//!   `Assumed` at the first poll `settle_ms` after it was sent and not before, if its connection had not ended by then; `Lost` if it had.
//!   To come more than a second after the moment to wait for starts the waiting anew, three times in a row at most.
//! - What is refused, and what names a connection that is not there, changes nothing. Refused are the requests that the documentation
//!   says, for the first of its reasons, and the data comes back.
//! - An ERROR is never swallowed, nor is a MESSAGE or an EVENT that comes for the first time. One that comes again while
//!   connections overlap, with fewer than `DEDUP` others between, is.
//! - A connection is told to close once: 1000 if this end wants it no more or it has been drained, 3008 if it did not open in time or has
//!   been silent for too long; for no other reason, and when it is so. A failed attempt leaves the current connection alone.
//! - `Disconnected`: nothing is in flight, and every connection was told to close or reported closed; and it has the reason.
//!   `Connected`: that connection was reported open. `Connected` straight after `Connected` with another: there was no gap.
//! - One `FetchToken` at a time. Each has its cause: `connect`; an attempt that failed, or a connection that was lost or expired, by now at
//!   least `backoff_min_ms` ago; a refresh, not before a connection's `refresh_floor_ms`; an expired connection that had lasted
//!   `stable_ms`; or a refused token, of which one is replaced at once, and no other until a connection has lasted that opened later.
//!   Each comes, at the latest when the longest wait is over that can be: `backoff_base_ms`, doubled with each failure since
//!   a connection lasted, up to `backoff_max_ms`.
//! - `poll` tells Close, Settled, State, `FetchToken` and Wait in this order, and reaches Wait in few calls. Wait is for the next moment at
//!   which anything is due, and later than now. To ask again changes nothing; to ask earlier does no harm.
//! - The same inputs give the same outputs and the same client. A clock that steps back is one that stands still.

#![allow(dead_code, reason = "each caller takes what it needs")]

#[path = "session/input.rs"]
mod input;
#[path = "session/twin.rs"]
mod twin;

use core::fmt::Debug;
use std::collections::BTreeSet;

use ivs_chat_proto::client::SendErrorKind;
use ivs_chat_proto::client::{
    Client, Config, ConnectionState, DisconnectReason, Instant, Output, RequestHandle, TokenInfo,
};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::{Capabilities, Content};

use input::{Choices, MYSELF, SOMEBODY, Said, Saying, Target};
pub(crate) use input::{Happened, How, Input, Naming, Passing, Room, Sending, What, Who, config};
use twin::{Conn, InFlight, NEVER, Next, Phase, Twin, conn_id, later};

const INFLIGHT: usize = 3;
const DEDUP: usize = 4;
/// The client that is looked at: small, so that its limits are met.
pub(crate) type Small = Client<u32, INFLIGHT, DEDUP>;

/// A client, and what there is around it.
#[derive(Clone, Debug, Hash)]
pub(crate) struct World {
    client: Small,
    twin: Twin,
    /// The caller's clock, which may step back.
    clock: u64,
    /// What was received last.
    said: Vec<Said>,
    /// How many names have been given.
    names: u32,
    /// The `RequestId`s that the client has made.
    made: BTreeSet<String>,
}

/// A version 4 UUID, in lower case.
fn is_uuid(text: &str) -> bool {
    let shape = text.bytes().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'4',
        19 => b"89ab".contains(&byte),
        _ => b"0123456789abcdef".contains(&byte),
    });
    text.len() == 36 && shape
}

impl World {
    pub(crate) fn new(config: Config, seed: u8) -> Self {
        let client = Small::new(config, [seed; 16]);
        assert_eq!(client.state(), ConnectionState::Disconnected(DisconnectReason::NotWanted));
        Self { client, twin: Twin::new(config), clock: 0, said: Vec::new(), names: 0, made: BTreeSet::new() }
    }

    pub(crate) const fn client(&self) -> &Small {
        &self.client
    }

    pub(crate) const fn is_fetching(&self) -> bool {
        self.twin.is_fetching
    }

    pub(crate) fn is_there(&self, who: Who) -> bool {
        match who {
            Who::Current => self.twin.find(Phase::Current).is_some(),
            Who::Draining => self.twin.find(Phase::Draining).is_some(),
            Who::Connecting => self.twin.find(Phase::Connecting).is_some(),
            Who::Over | Who::Nobody => false,
        }
    }

    pub(crate) const fn in_flight(&self) -> usize {
        self.twin.requests.len()
    }

    /// Whether anything has been received.
    pub(crate) const fn has_said(&self) -> bool {
        !self.said.is_empty()
    }

    /// Puts in one input, and checks the laws.
    pub(crate) fn apply(&mut self, input: Input) -> Vec<Happened> {
        let before = self.client.clone();
        let mut happened = Vec::new();
        let counts = match input {
            Input::Pass(passing) => {
                self.pass(passing);
                false
            }
            Input::Connect => self.connect(),
            Input::Close => self.close(),
            Input::TokenOk { session_ms, capabilities, user_id } => self.token_ok(session_ms, capabilities, user_id),
            Input::TokenErr { fatal } => self.token_err(fatal),
            Input::Opened(who) => self.opened(who),
            Input::Closed(who, how) => self.closed(who, how),
            Input::Alive(who) => self.alive(who),
            Input::Recv(who, what) => self.recv(who, what, &mut happened),
            Input::Send(sending, naming, room) => self.send(sending, naming, room, &mut happened),
            Input::Forget(number) => self.forget(number),
            Input::PollOnce => {
                happened.push(Happened::Output(self.poll_once()));
                true
            }
            Input::Poll => {
                self.poll(&mut happened);
                true
            }
        };
        assert!(counts || self.client == before, "{input:?} changes {before:?} into {:?}", self.client);
        let twin = &mut self.twin;
        twin.had_gap |= twin.find(Phase::Current).is_none();
        assert_eq!(self.client.state(), twin.state());
        assert_eq!(self.client.in_flight(), twin.requests.len());
        assert_eq!(self.client.counters(), twin.counters);
        twin.attempts_at(self.client.next_attempt_at().map(Instant::as_millis));
        happened
    }

    /// Calls the client; and another like it, whose clock stands still where this one's steps back. They stay alike.
    fn call<R: PartialEq + Debug>(&mut self, call: impl Fn(&mut Small, Instant) -> R) -> R {
        let mut other = self.client.clone();
        let held = self.clock.max(self.twin.now);
        let expected = call(&mut other, Instant::from_millis(held));
        let result = call(&mut self.client, Instant::from_millis(self.clock));
        assert_eq!(result, expected);
        if held == self.clock {
            assert_eq!(self.client, other);
        } else {
            let but_for_that = |client: &Small| {
                let steps_back = format!("steps_back: {},", client.counters().steps_back);
                format!("{client:?}").replace(&steps_back, "")
            };
            assert_eq!(but_for_that(&self.client), but_for_that(&other));
        }
        result
    }

    fn pass(&mut self, passing: Passing) {
        // Without a moment to wait for, half a second will do.
        let wait = match self.twin.wait {
            NEVER => self.clock.saturating_add(500),
            wait => wait,
        };
        self.clock = match passing {
            Passing::By(millis) => self.clock.saturating_add(millis),
            Passing::NearlyToWait => self.clock.max(wait - 1),
            Passing::PastWait(millis) => self.clock.max(wait.saturating_add(millis)),
            Passing::Back(millis) => self.clock.saturating_sub(millis),
            Passing::ToTheEnd => NEVER,
        };
    }

    fn number(&self, who: Who) -> usize {
        let phase = match who {
            Who::Current => Phase::Current,
            Who::Draining => Phase::Draining,
            Who::Connecting => Phase::Connecting,
            Who::Over => Phase::Over,
            Who::Nobody => return self.twin.conns.len(),
        };
        self.twin.find(phase).unwrap_or(self.twin.conns.len())
    }

    fn phase(&self, conn: usize) -> Phase {
        self.twin.conns.get(conn).map_or(Phase::Over, |conn| conn.phase)
    }

    fn connect(&mut self) -> bool {
        self.call(Small::connect);
        self.twin.tick(self.clock);
        if let Next::Stopped(_) = self.twin.next {
            self.twin.next = Next::Wanted;
            (self.twin.failures, self.twin.has_replaced) = (0, false);
            (self.twin.fetched_at, self.twin.was_refused, self.twin.replaced) = (None, false, 0);
            self.twin.leaving_until = 0;
        }
        true
    }

    fn close(&mut self) -> bool {
        self.call(Small::close);
        self.twin.tick(self.clock);
        self.twin.find(Phase::Current).into_iter().for_each(|conn| self.twin.tell_to_close(conn, 1000));
        self.twin.stop(DisconnectReason::NotWanted);
        assert!(self.twin.conns.iter().all(|conn| conn.phase == Phase::Over));
        true
    }

    fn token_ok(
        &mut self,
        session_ms: Option<u64>,
        capabilities: Option<Capabilities>,
        user_id: Option<&'static str>,
    ) -> bool {
        let mut info = TokenInfo::new();
        (info.session_ms, info.capabilities, info.user_id) = (session_ms, capabilities, user_id);
        let given = self.call(|client, now| client.token_ok(now, info));
        let twin = &mut self.twin;
        let was_fetching = core::mem::take(&mut twin.is_fetching);
        let expected = (was_fetching && twin.next == Next::Wanted).then(|| conn_id(twin.conns.len()));
        assert_eq!(given, expected);
        if was_fetching {
            twin.tick(self.clock);
        }
        if given.is_some() {
            twin.next = Next::Connecting;
            twin.is_beside = twin.find(Phase::Current).is_some();
            twin.conns.push(Conn {
                phase: Phase::Connecting,
                capabilities,
                user_id,
                ends_at: session_ms.map_or(NEVER, |session_ms| twin.now.saturating_add(session_ms)),
                until: later(twin.now, twin.config.connect_timeout_ms),
                opened_at: NEVER,
                ended_at: None,
                heard_at: 0,
                refresh: (NEVER, NEVER),
            });
        }
        was_fetching
    }

    fn token_err(&mut self, fatal: bool) -> bool {
        self.call(|client, now| client.token_err(now, fatal));
        let twin = &mut self.twin;
        let was_fetching = core::mem::take(&mut twin.is_fetching);
        if was_fetching {
            twin.tick(self.clock);
        }
        if was_fetching && twin.next == Next::Wanted {
            twin.counters.lost_connections += 1;
            if fatal {
                twin.stop(DisconnectReason::NoToken);
            } else {
                twin.back_off();
            }
        }
        was_fetching
    }

    fn opened(&mut self, who: Who) -> bool {
        let conn = self.number(who);
        self.call(|client, now| client.opened(now, conn_id(conn)));
        let counts = self.phase(conn) == Phase::Connecting;
        if counts {
            self.twin.tick(self.clock);
            self.twin.opened(conn);
            assert_eq!(self.client.state(), ConnectionState::Connected(conn_id(conn)));
        }
        counts
    }

    fn closed(&mut self, who: Who, how: How) -> bool {
        let conn = self.number(who);
        let closed = how.closed();
        assert_eq!(closed.after(), how.after());
        self.call(|client, now| client.closed(now, conn_id(conn), closed));
        let phase = self.phase(conn);
        if phase != Phase::Over {
            self.twin.tick(self.clock);
        }
        match phase {
            Phase::Connecting => {
                self.twin.end(conn);
                self.twin.not_opened(how);
            }
            Phase::Current => self.twin.lost(how),
            Phase::Draining => {
                self.twin.end(conn);
                self.twin.overlap_until = later(self.twin.now, self.twin.config.drain_ms);
            }
            Phase::Over => return false,
        }
        true
    }

    fn alive(&mut self, who: Who) -> bool {
        let conn = self.number(who);
        self.call(|client, now| client.alive(now, conn_id(conn)));
        let counts = self.phase(conn) == Phase::Current;
        if counts {
            self.twin.tick(self.clock);
            self.twin.conns[conn].heard_at = self.twin.now;
        }
        counts
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// What is received.
    fn saying(&mut self, conn: usize, what: What) -> Said {
        let is_escaped = matches!(what, What::EscapedEcho(_));
        let user_id = self.twin.conns.get(conn).and_then(|conn| conn.user_id).unwrap_or(MYSELF);
        let (request_id, target) = match what {
            What::Echo(number)
            | What::EscapedEcho(number)
            | What::Stranger(number)
            | What::OtherKind(number)
            | What::OtherTarget(number)
            | What::ErrorFor(number, _)
            | What::ErrorById(number, _) => match self.twin.requests.get(number) {
                Some(request) => (request.request_id.clone(), request.target),
                None => ("nobody's".to_owned(), Target::Deleted("m-a")),
            },
            _ => (String::new(), Target::Sent),
        };
        let other = |one: &str, ids: [&'static str; 2]| if one == ids[0] { ids[1] } else { ids[0] };
        let (what, id) = match what {
            What::Echo(_) | What::EscapedEcho(_) if target == Target::Sent => (Saying::Message { user_id }, None),
            What::Echo(_) | What::EscapedEcho(_) => (Saying::Event(target), None),
            What::Stranger(_) => (Saying::Message { user_id: other(user_id, [SOMEBODY, MYSELF]) }, None),
            What::OtherKind(_) if target == Target::Sent => (Saying::Event(Target::Something), None),
            What::OtherKind(_) => (Saying::Message { user_id }, None),
            What::OtherTarget(_) => match target {
                Target::Deleted(id) => (Saying::Event(Target::Deleted(other(id, ["m-a", "m-b"]))), None),
                Target::Disconnected(id) => (Saying::Event(Target::Disconnected(other(id, ["carla", "dora"]))), None),
                Target::Sent | Target::Something => (Saying::Event(Target::Deleted("m-a")), None),
            },
            What::ErrorFor(_, code) | What::Error(code) => (Saying::Error(code), None),
            What::ErrorById(_, code) => match target {
                Target::Deleted(id) => (Saying::Error(code), Some(id.to_owned())),
                _ => (Saying::Error(code), Some("m-a".to_owned())),
            },
            What::Message => (Saying::Message { user_id: SOMEBODY }, None),
            What::MessageWithoutId => (Saying::Message { user_id: SOMEBODY }, Some(String::new())),
            What::Event => (Saying::Event(Target::Something), None),
            What::Leave => (Saying::Event(Target::Disconnected(user_id)), None),
            What::Again(number) => match self.said.iter().rev().nth(number) {
                Some(said) => return said.clone(),
                None => (Saying::Unknown, None),
            },
            What::OtherKindAgain(number) => match self.said.iter().rev().nth(number) {
                Some(Said { what: Saying::Message { .. }, id, .. }) => {
                    (Saying::Event(Target::Something), Some(id.clone()))
                }
                Some(said) => (Saying::Message { user_id: SOMEBODY }, Some(said.id.clone())),
                None => (Saying::Unknown, None),
            },
            What::Unknown => (Saying::Unknown, None),
            What::Garbage => (Saying::Garbage, None),
        };
        let request_id = if id.is_some() { String::new() } else { request_id };
        let id = id.unwrap_or_else(|| self.name("i-"));
        Said { what, id, request_id, is_escaped }
    }

    fn recv(&mut self, who: Who, what: What, happened: &mut Vec<Happened>) -> bool {
        let conn = self.number(who);
        let said = self.saying(conn, what);
        self.said.push(said.clone());
        let first = self.said.len().saturating_sub(2 * DEDUP);
        self.said.drain(..first);
        let wire = said.wire();
        // As text and as bytes in turn.
        let result = self.call(|client, now| {
            if wire.len().is_multiple_of(2) {
                client.recv_str(now, conn_id(conn), &wire)
            } else {
                client.recv(now, conn_id(conn), wire.as_bytes())
            }
        });
        if !matches!(self.phase(conn), Phase::Current | Phase::Draining) {
            assert_eq!(result, Ok(None));
            return false;
        }
        self.twin.tick(self.clock);
        if self.phase(conn) == Phase::Current {
            self.twin.conns[conn].heard_at = self.twin.now;
        }
        let is_swallowed = matches!(result, Ok(None));
        assert!(
            !is_swallowed || matches!(said.what, Saying::Message { .. } | Saying::Event(_)),
            "{said:?} is swallowed"
        );
        assert_eq!(result.is_err(), said.what == Saying::Garbage, "{said:?}");
        let expected = self.twin.received(conn, &said, is_swallowed);
        let settled = result.ok().flatten().and_then(|received| {
            assert_eq!(received.payload.r#type(), wire.split('"').nth(3).unwrap_or_default());
            received.settled.map(|settled| (settled.handle, settled.outcome, settled.data))
        });
        assert_eq!(settled, expected, "by {said:?}");
        happened.extend(is_swallowed.then_some(Happened::Swallowed));
        happened.extend(settled.map(|(_, outcome, _)| Happened::Settled(outcome)));
        true
    }

    fn send(&mut self, sending: Sending, naming: Naming, room: Room, happened: &mut Vec<Happened>) -> bool {
        let limit = self.twin.config.max_code_points.into();
        let content = "é".repeat(if sending == Sending::LongMessage { limit + 1 } else { limit });
        let own = match naming {
            Naming::Made => None,
            Naming::Empty => Some(String::new()),
            Naming::Own | Naming::Escaped => Some(self.name("r-")),
            Naming::Short => Some("r".to_owned()),
            Naming::Again(number) => self.twin.requests.get(number).map(|request| request.request_id.clone()),
        };
        let publish = |request_id| match sending {
            Sending::Message | Sending::LongMessage => {
                let mut send = SendMessage::new(Content::new(content.as_str()).expect("not that long"));
                send.request_id = request_id;
                Publish::from(send)
            }
            Sending::Delete(id) => {
                let mut delete = DeleteMessage::new(id.into());
                delete.request_id = request_id;
                Publish::from(delete)
            }
            Sending::Disconnect(id) => {
                let mut disconnect = DisconnectUser::new(id.into());
                disconnect.request_id = request_id;
                Publish::from(disconnect)
            }
        };
        let own = own.as_deref();
        // As a proxy has it that decoded somebody else's.
        let decoded = own.map(|own| {
            format!(r#"{{"Action":"DELETE_MESSAGE","Id":"","RequestId":"\u0072{}"}}"#, own.trim_start_matches('r'))
        });
        let decoded = decoded.as_deref().filter(|_| naming == Naming::Escaped);
        let decoded = decoded.and_then(|decoded| Publish::decode_str(decoded).ok()?.request_id());
        let publish_as = publish;
        let publish = publish_as(decoded.or(own.map(Into::into)));
        let made = "00000000-0000-4000-8000-000000000000";
        let written = own.filter(|own| !own.is_empty());
        let with_id = publish_as(decoded.or(Some(written.unwrap_or(made).into())));
        let length = with_id.encoded_len() - usize::from(room == Room::TooLittle);
        let data = self.names;
        let result = self.call(|client, now| {
            let mut buffer = vec![0; length];
            let sent = client.send(now, &publish, data, &mut buffer);
            sent.map(|sent| (sent.handle, sent.conn, sent.payload.to_vec()))
        });

        let mut then = self.twin.clone();
        then.tick(self.clock);
        let too_small = || with_id.encode(&mut vec![0; length]).err().map(SendErrorKind::BufferTooSmall);
        match (result, then.refusal(&publish).or_else(too_small)) {
            (Err(error), Some(kind)) => {
                assert_eq!((error.kind, error.data), (kind, data));
                happened.push(Happened::Refused(kind));
                false
            }
            (Ok((handle, conn, payload)), None) => {
                assert_eq!((ConnectionState::Connected, handle.number()), (then.state(), then.accepted));
                let Ok(sent) = Publish::decode(&payload) else { panic!("{payload:?}") };
                let request_id = sent.request_id().map(|text| text.to_string()).unwrap_or_default();
                match written {
                    Some(own) => assert_eq!(request_id, own),
                    None => assert!(is_uuid(&request_id) && self.made.insert(request_id.clone()), "{request_id}"),
                }
                assert_eq!(payload.len(), length);
                let target = match (sending, sent) {
                    (Sending::Message, Publish::SendMessage(sent)) if sent.content.text() == content.as_str() => {
                        Target::Sent
                    }
                    (Sending::Delete(id), Publish::DeleteMessage(sent)) if sent.id == id => Target::Deleted(id),
                    (Sending::Disconnect(id), Publish::DisconnectUser(sent)) if sent.user_id == id => {
                        Target::Disconnected(id)
                    }
                    other => panic!("{other:?}"),
                };
                let due = later(then.now, then.config.settle_ms);
                let conn = self.number(Who::Current);
                then.requests.push(InFlight { handle, data, conn, request_id, target, due, outcome: None });
                then.accepted += 1;
                then.sent_at.push(then.now);
                let first = then.sent_at.len().saturating_sub(10);
                then.sent_at.drain(..first);
                self.twin = then;
                self.names += 1;
                happened.push(Happened::Accepted(handle));
                true
            }
            (result, refusal) => panic!("{publish:?} gives {result:?}, not {refusal:?}"),
        }
    }

    fn forget(&mut self, number: usize) -> bool {
        let handle = self.twin.requests.get(number).map(|request| request.handle);
        let data = self.call(|client, _| client.forget(handle.unwrap_or(RequestHandle::from_number(u64::MAX))));
        assert_eq!(data, handle.map(|_| self.twin.requests.remove(number).data));
        handle.is_some()
    }

    fn poll_once(&mut self) -> Output<u32> {
        let output = self.call(Small::poll);
        let twin = &mut self.twin;
        twin.tick(self.clock);
        twin.run_timers();
        if will_fetch(&self.client, &output, twin.now) {
            twin.seeks();
        }
        if let Output::Close { conn, code } = output {
            let place = twin.closing.iter().position(|closing| (conn_id(closing.0), closing.1) == (conn, code));
            let Some(place) = place else { panic!("{output:?} of {:?}", twin.closing) };
            twin.closing.remove(place);
            return output;
        }
        assert_eq!(twin.closing, [], "at {output:?}");
        if let Output::Settled(settled) = &output {
            let expected = twin.told().find(|(request, _)| request.handle == settled.handle);
            let expected = expected.map(|(request, outcome)| (request.data, outcome));
            assert_eq!(Some((settled.data, settled.outcome)), expected, "{settled:?}");
            twin.requests.retain(|request| request.handle != settled.handle);
            return output;
        }
        assert_eq!(twin.told().count(), 0, "at {output:?}");
        if let Output::State(state) = output {
            let expected = match (twin.reported, twin.state()) {
                (ConnectionState::Connected, ConnectionState::Connected) if twin.had_gap => ConnectionState::Connecting,
                (_, state) => state,
            };
            assert_eq!(state, expected);
            assert_ne!(state, twin.reported);
            if let ConnectionState::Disconnected(_) = state {
                assert_eq!(self.client.in_flight(), 0);
                assert!(twin.conns.iter().all(|conn| conn.phase == Phase::Over));
            }
            (twin.reported, twin.had_gap) = (state, false);
            return output;
        }
        assert_eq!(twin.state(), twin.reported, "at {output:?}");
        match output {
            Output::FetchToken => twin.fetches(),
            Output::Wait(wait) => twin.waits(wait.map_or(NEVER, Instant::as_millis)),
            _ => panic!("{output:?}"),
        }
        output
    }

    fn poll(&mut self, happened: &mut Vec<Happened>) {
        let most = INFLIGHT + 8;
        for _ in 0..most {
            let output = self.poll_once();
            happened.push(Happened::Output(output.clone()));
            if let Output::Wait(wait) = output {
                self.polls_again(wait);
                return;
            }
        }
        panic!("no Wait in {most} calls of poll: {happened:?}");
    }

    /// To be asked again changes nothing, and to be asked too early does not either.
    fn polls_again(&self, wait: Option<Instant>) {
        let mut again = self.client.clone();
        let now = self.twin.now;
        assert_eq!(again.poll(Instant::from_millis(now)), Output::Wait(wait));
        assert_eq!(again, self.client);

        let mut straight = again.clone();
        let then = wait.map_or(now.saturating_add(1_000_000_000), Instant::as_millis);
        for early in [now + (then - now) / 2, then - 1] {
            assert_eq!(again.poll(Instant::from_millis(early.max(now))), Output::Wait(wait));
        }
        assert_eq!(again.poll(Instant::from_millis(then)), straight.poll(Instant::from_millis(then)));
        assert_eq!(again, straight);
    }
}

/// Whether a token is fetched now, when the rest has been told.
fn will_fetch(client: &Small, output: &Output<u32>, now: u64) -> bool {
    let (mut client, mut output) = (client.clone(), output.clone());
    loop {
        match output {
            Output::FetchToken => return true,
            Output::Wait(_) => return false,
            _ => output = client.poll(Instant::from_millis(now)),
        }
    }
}

/// Any session: the bytes say what happens in it. With `TRANSCRIPT` in the environment, it is told.
pub(crate) fn any_session(bytes: &[u8]) {
    let is_told = std::env::var_os("TRANSCRIPT").is_some();
    let mut choices = Choices(bytes);
    let mut world = World::new(config(choices.byte()), choices.byte());
    while !choices.0.is_empty() {
        for input in choices.inputs(&world) {
            if is_told {
                eprintln!("{:>8} {input:?}", world.clock);
            }
            let happened = world.apply(input);
            if is_told {
                for happened in happened {
                    eprintln!("             -> {happened:?}");
                }
            }
        }
    }
}
