//! What must hold of any session, whatever the service, the caller and the clock do. A [`World`]
//! puts inputs into a client and checks everything that comes out against a naive model of the
//! documentation.
//!
//! The invariants:
//!
//! - Every accepted request has one outcome, under its own handle and with its own data, unless it
//!   is abandoned. `Confirmed` and `Rejected` come with the right payload only. `Assumed` needs
//!   evidence, the second after it, and no doubt. `Unknown` needs a connection that ended, a doubt,
//!   or the lack of evidence in time. A late call puts the decision off by one ping timeout.
//! - A refused request, and an input that names a dead connection or a stale fetch, changes
//!   nothing.
//! - An error is never withheld, except for a 401 of a replaced connection that answers no request.
//!   A message or event is withheld only if it has come before while connections overlap, and then
//!   surely if fewer than `DEDUP` others came between.
//! - A connection is told to close once, with 1000 or 3008, and for a reason that the documentation
//!   states. A failed attempt leaves the current connection alone.
//! - `State`, `Replaced` and `PossibleGap` come exactly when the rules say, and outputs in their
//!   promised order. `Disconnected` means that nothing is in flight and no connection is open.
//! - At most one token fetch has neither an answer nor timed out. Each fetch has a reason, and
//!   comes after a wait unless the documentation says that it comes at once.
//! - `poll` reaches `Wait` in few calls. `Wait` is later than now, and not later than the next
//!   moment at which something is due. Polling again, or early, changes nothing.
//! - Only differences between readings count: a second client, whose clock is steady where the
//!   first one's steps back or leaps, does the same throughout.
//!
//! The model does not judge `refresh`, `disconnect_when_settled` and `max_attempts`, which no
//! session here uses; waits beyond `backoff_max_ms`; how often a connection is replaced; whether a
//! refused token is replaced only once; and whether a dead connection is given up. It accepts a
//! ping whose reason has gone since an earlier poll. `tests/client` and `tests/simulation` cover
//! these.

#![allow(dead_code, reason = "each caller uses a part of it")]

#[path = "session/choices.rs"]
mod choices;
#[path = "session/input.rs"]
mod input;
#[path = "session/model.rs"]
mod model;
#[path = "session/polling.rs"]
mod polling;
#[path = "session/requests.rs"]
mod requests;
#[path = "session/sending.rs"]
mod sending;

use core::time::Duration;
use std::collections::BTreeSet;

use ivs_chat_proto::client::{
    Client, Config, ConnectionState, DisconnectReason, FetchError, FetchId, Instant, Output,
    RequestHandle, TokenInfo,
};

use choices::Choices;
pub(crate) use choices::config;
#[allow(unused_imports, reason = "each caller uses a part of it")]
pub(crate) use input::{
    Failure, Fetch, Happened, How, Info, Input, Naming, Passing, Pong, Room, Sending, What, Who,
};
use input::{MYSELF, STRANGER, Said, Saying, Target};
use model::{Model, NEVER, Next, Phase, Seen, conn_id};

const INFLIGHT: usize = 3;
const DEDUP: usize = 4;
/// `poll` reaches `Wait` within so many calls: three closes, two pings, the outcomes, and one each
/// of the rest.
const MOST_POLLS: usize = 3 + 2 + INFLIGHT + 5;
/// Where the steady clock begins.
const ORIGIN: u64 = 1_767_225_600_000;

/// The client under test: small, so that its limits are met.
pub(crate) type Small = Client<u32, INFLIGHT, DEDUP>;

/// A client and its surroundings.
#[derive(Clone, Debug)]
pub(crate) struct World {
    client: Small,
    /// A client that gets the same inputs, but whose clock is steady.
    steady: Small,
    model: Model,
    /// The caller's clock.
    clock: u64,
    /// Whether the next reading is at the end of time.
    is_wild: bool,
    /// The moment of the latest `Wait`.
    wait: Option<u64>,
    /// The payloads that were received.
    said: Vec<Said>,
    /// How many names have been given.
    names: u32,
    /// The `RequestId`s that the client has generated.
    generated: BTreeSet<String>,
}

impl World {
    pub(crate) fn new(config: Config, seed: u8) -> Self {
        let client = Small::new(config, [seed; 16]);
        assert_eq!(client.state(), ConnectionState::Disconnected(DisconnectReason::NotWanted));
        let model = Model::new(config);
        assert_eq!(*client.config(), model.config);
        Self {
            steady: client.clone(),
            client,
            model,
            clock: 1_000,
            is_wild: false,
            wait: None,
            said: Vec::new(),
            names: 0,
            generated: BTreeSet::new(),
        }
    }

    pub(crate) const fn client(&self) -> &Small {
        &self.client
    }

    pub(crate) const fn clock(&self) -> u64 {
        self.clock
    }

    /// What the future depends on, for a walk that visits each state once.
    pub(crate) fn essence(&self) -> impl core::hash::Hash + '_ {
        (&self.client, &self.model, self.clock)
    }

    pub(crate) const fn is_fetching(&self) -> bool {
        self.model.fetch.is_some()
    }

    pub(crate) fn is_there(&self, who: Who) -> bool {
        match who {
            Who::Current => self.model.find(Phase::Current).is_some(),
            Who::Draining => self.model.find(Phase::Draining).is_some(),
            Who::Connecting => self.model.find(Phase::Connecting).is_some(),
            Who::Over => self.model.find(Phase::Over).is_some(),
            Who::NoConnection => false,
        }
    }

    pub(crate) const fn in_flight(&self) -> usize {
        self.model.requests.len()
    }

    pub(crate) fn has_unanswered_ping(&self, who: Who) -> bool {
        self.model
            .conns
            .get(self.number(who))
            .is_some_and(|conn| conn.unanswered().next().is_some())
    }

    pub(crate) const fn has_received(&self) -> bool {
        !self.said.is_empty()
    }

    /// Puts in one input, and checks the invariants.
    pub(crate) fn apply(&mut self, input: Input) -> Vec<Happened> {
        let before = self.client.clone();
        let mut happened = Vec::new();
        let counts = match input {
            Input::Pass(passing) => {
                self.pass(passing);
                return happened;
            }
            Input::Connect => self.wants(Small::connect, |model, _| model.connect()),
            Input::Disconnect => self.wants(Small::disconnect, |model, _| {
                model.end_session(DisconnectReason::NotWanted);
            }),
            Input::DisconnectWhenSettled => self
                .wants(Small::disconnect_when_settled, |model, _| model.disconnect_when_settled()),
            Input::Refresh => self.wants(Small::refresh, |model, _| model.ask(true)),
            Input::Token(fetch, info) => self.token(fetch, info),
            Input::TokenError(fetch, failure) => self.token_error(fetch, failure),
            Input::Open(who) => self.open(who),
            Input::Close(who, how) => self.close(who, how),
            Input::Pong(who, pong) => self.pong(who, pong),
            Input::Message(who, what) => self.message(who, what, &mut happened),
            Input::Send(sending, naming, room) => self.send(sending, naming, room, &mut happened),
            Input::Abandon(number) => self.abandon(number),
            Input::PollOnce => {
                happened.push(Happened::Output(self.poll_once()));
                true
            }
            Input::Poll => {
                self.poll(&mut happened);
                true
            }
        };
        assert!(
            counts || self.client == before,
            "{input:?} changes {before:?} into {:?}",
            self.client
        );
        self.check_queries();
        happened
    }

    fn check_queries(&mut self) {
        self.model.reconcile(&self.seen());
        assert_eq!(self.client.in_flight_len(), self.model.requests.len());
        let (counters, mut expected) = (self.client.counters(), self.model.counters);
        assert!(
            counters.missed_pings >= expected.missed_pings && counters.lost_connections < u32::MAX
        );
        expected.missed_pings = counters.missed_pings;
        expected.lost_connections = counters.lost_connections;
        self.model.counters = expected;
        assert_eq!(counters, expected);
        let at = self
            .model
            .find_reconnect()
            .and_then(|at| self.model.reading_at(at))
            .map(Instant::from_millis);
        assert_eq!(self.client.reconnect_at(), at);
    }

    /// What the queries say, in the client's own time.
    fn seen(&self) -> Seen {
        let steady = &self.steady;
        Seen {
            state: steady.state(),
            current: steady.current().map(|conn| usize::try_from(conn.number()).expect("few")),
            reconnect_at: steady.reconnect_at().map(|at| at.as_millis() - ORIGIN),
            late: steady.counters().late,
        }
    }

    /// Calls both clients, one at the caller's time and one at its own.
    fn call<R>(&mut self, mut call: impl FnMut(&mut Small, Instant) -> R) -> (R, R, u64) {
        let reading = if core::mem::take(&mut self.is_wild) { NEVER } else { self.clock };
        let own = self.model.at(reading);
        let steady = call(&mut self.steady, Instant::from_millis(ORIGIN + own));
        let result = call(&mut self.client, Instant::from_millis(reading));
        assert_eq!(self.client.state(), self.steady.state());
        assert_eq!(self.client.current(), self.steady.current());
        (result, steady, reading)
    }

    fn tick(&mut self, reading: u64) {
        self.model.tick(reading, self.steady.counters().late);
    }

    fn pass(&mut self, passing: Passing) {
        // Without a moment to wait for, half a second.
        let wait = self.wait.unwrap_or(self.clock.saturating_add(500));
        self.clock = match passing {
            Passing::By(millis) => self.clock.saturating_add(millis),
            Passing::NearlyToWait => self.clock.max(wait.saturating_sub(1)),
            Passing::PastWait(millis) => self.clock.max(wait.saturating_add(millis)),
            Passing::Back(millis) => self.clock.saturating_sub(millis),
            Passing::WildReading => {
                self.is_wild = true;
                self.clock
            }
        };
    }

    fn number(&self, who: Who) -> usize {
        let phase = match who {
            Who::Current => Phase::Current,
            Who::Draining => Phase::Draining,
            Who::Connecting => Phase::Connecting,
            Who::Over => Phase::Over,
            Who::NoConnection => return self.model.conns.len(),
        };
        self.model.find(phase).unwrap_or(self.model.conns.len())
    }

    fn phase(&self, conn: usize) -> Phase {
        self.model.conns.get(conn).map_or(Phase::Over, |conn| conn.phase)
    }

    // What the application wants.

    fn wants(
        &mut self,
        call: impl Fn(&mut Small, Instant),
        then: impl Fn(&mut Model, &Seen),
    ) -> bool {
        let ((), (), reading) = self.call(call);
        self.tick(reading);
        let seen = self.seen();
        then(&mut self.model, &seen);
        true
    }

    fn abandon(&mut self, number: usize) -> bool {
        let handle = self.model.requests.get(number).map(|request| request.handle);
        let named = handle.unwrap_or(RequestHandle::from_number(u64::MAX));
        let (data, steady, _) = self.call(|client, _| client.abandon(named));
        assert_eq!(data, steady);
        let abandoned = handle.map(|_| self.model.requests.remove(number));
        if let Some(request) = &abandoned {
            self.model.past(request);
        }
        assert_eq!(data, abandoned.map(|request| request.data));
        handle.is_some()
    }

    // What has happened.

    const fn fetch_id(&self, fetch: Fetch) -> u64 {
        match fetch {
            Fetch::Latest => self.model.fetches.saturating_sub(1),
            Fetch::Stale => self.model.fetches.saturating_sub(2),
            Fetch::Future => self.model.fetches,
        }
    }

    /// Whether this is the answer to the fetch under way.
    fn takes_fetch(&mut self, id: u64, reading: u64) -> bool {
        let takes = self.model.fetch.is_some_and(|fetch| fetch.id == id);
        if takes {
            self.tick(reading);
            self.model.fetch = None;
        }
        takes
    }

    fn token(&mut self, fetch: Fetch, told: Info) -> bool {
        let id = self.fetch_id(fetch);
        let mut info = TokenInfo::new();
        (info.session_ms, info.capabilities, info.user_id) =
            (told.session_ms, told.capabilities, told.user_id);
        let (given, steady, reading) =
            self.call(|client, now| client.handle_token(now, FetchId::from_number(id), info));
        assert_eq!(given, steady);
        let takes = self.takes_fetch(id, reading);
        let is_wanted = takes && self.model.next == Next::Token;
        assert_eq!(given, is_wanted.then(|| conn_id(self.model.conns.len())));
        if is_wanted {
            self.model.token(told);
        }
        takes
    }

    fn token_error(&mut self, fetch: Fetch, failure: Failure) -> bool {
        let id = self.fetch_id(fetch);
        let (error, retry_after) = match failure {
            Failure::Temporary => (FetchError::Temporary { retry_after: None }, 0),
            Failure::RetryAfter(millis) => {
                (FetchError::Temporary { retry_after: Some(Duration::from_millis(millis)) }, millis)
            }
            Failure::Permanent => (FetchError::Permanent, 0),
        };
        let ((), (), reading) = self
            .call(|client, now| client.handle_token_error(now, FetchId::from_number(id), error));
        let takes = self.takes_fetch(id, reading);
        if takes && self.model.next == Next::Token {
            let seen = self.seen();
            match failure {
                Failure::Permanent => self.model.token_refused(),
                _ => self.model.failed(retry_after, false, true, &seen),
            }
        }
        takes
    }

    fn open(&mut self, who: Who) -> bool {
        let conn = self.number(who);
        let ((), (), reading) = self.call(|client, now| client.handle_open(now, conn_id(conn)));
        let counts = self.phase(conn) == Phase::Connecting;
        if counts {
            self.tick(reading);
            let old = self.model.current();
            let is_dropped = old.is_some_and(|old| self.is_about_to_close(old, 3008));
            self.model.opened(conn, is_dropped);
            assert_eq!(self.client.current(), Some(conn_id(conn)));
        }
        counts
    }

    /// Whether the next poll tells to close a connection with this code.
    fn is_about_to_close(&self, conn: usize, code: u16) -> bool {
        let mut clone = self.steady.clone();
        let now = Instant::from_millis(ORIGIN + self.model.now);
        loop {
            match clone.poll(now) {
                Output::Close { connection, code: with }
                    if (connection, with) == (conn_id(conn), code) =>
                {
                    return true;
                }
                Output::Close { .. } => {}
                _ => return false,
            }
        }
    }

    fn close(&mut self, who: Who, how: How) -> bool {
        let conn = self.number(who);
        let event = how.event();
        let ((), (), reading) =
            self.call(|client, now| client.handle_close(now, conn_id(conn), event));
        let phase = self.phase(conn);
        if phase != Phase::Over {
            self.tick(reading);
        }
        let seen = self.seen();
        match phase {
            Phase::Connecting => self.model.attempt_ended(conn, how, &seen),
            Phase::Current => self.model.current_ended(conn, how, &seen),
            Phase::Draining => self.model.draining_ended(conn, false),
            Phase::Over => return false,
        }
        true
    }

    fn pong(&mut self, who: Who, pong: Pong) -> bool {
        let connection = self.number(who);
        let sent = self.model.conns.get(connection).map_or(&[][..], |it| &it.pings);
        let answered = match pong {
            Pong::Latest => sent.last(),
            Pong::Oldest => sent.iter().find(|ping| !ping.is_answered),
            Pong::Answered => sent.iter().rfind(|ping| ping.is_answered),
            Pong::Wrong | Pong::Empty => None,
        };
        let wrong =
            if pong == Pong::Empty { Vec::new() } else { b"\xff\xff\xff\xffwrong".to_vec() };
        let payload = answered.map_or(wrong, |ping| ping.payload.to_vec());
        let ((), (), reading) =
            self.call(|client, now| client.handle_pong(now, conn_id(connection), &payload));
        let counts = matches!(self.phase(connection), Phase::Current | Phase::Draining);
        if counts {
            self.tick(reading);
            self.model.pong(connection, &payload);
        }
        counts
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// The payload that is received.
    fn saying(&mut self, conn: usize, what: What) -> Said {
        let is_escaped = matches!(what, What::EscapedEcho(_));
        let user_id = self.model.conns.get(conn).and_then(|conn| conn.user_id).unwrap_or(MYSELF);
        let (request_id, target) = self.request_of(what);
        let other =
            |this: &str, ids: [&'static str; 2]| if this == ids[0] { ids[1] } else { ids[0] };
        let (what, id) = match what {
            What::Echo(_) | What::EscapedEcho(_) if target == Target::Sent => {
                (Saying::Message { user_id }, None)
            }
            What::StrangerEcho(_) => {
                (Saying::Message { user_id: other(user_id, [STRANGER, MYSELF]) }, None)
            }
            What::OtherKind(_) if target == Target::Sent => {
                (Saying::Event(Target::Something), None)
            }
            What::OtherKind(_) => (Saying::Message { user_id }, None),
            What::OtherTarget(_) => match target {
                Target::Deleted(id) => {
                    (Saying::Event(Target::Deleted(other(id, ["m-a", "m-b"]))), None)
                }
                Target::Disconnected(id) => {
                    (Saying::Event(Target::Disconnected(other(id, ["carla", "dora"]))), None)
                }
                Target::Sent | Target::Something => (Saying::Event(Target::Deleted("m-a")), None),
            },
            What::TargetEvent(_) if target == Target::Sent => {
                (Saying::Event(Target::Deleted("m-a")), None)
            }
            What::Echo(_) | What::EscapedEcho(_) | What::TargetEvent(_) => {
                (Saying::Event(target), None)
            }
            What::ErrorFor(_, code) | What::Error(code) | What::StrangerError(code) => {
                (Saying::Error(code), None)
            }
            What::ErrorById(_, code) => match target {
                Target::Deleted(id) => (Saying::Error(code), Some(id.to_owned())),
                _ => (Saying::Error(code), Some("m-a".to_owned())),
            },
            What::Message => (Saying::Message { user_id: STRANGER }, None),
            What::MessageWithoutId => (Saying::Message { user_id: STRANGER }, Some(String::new())),
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
                Some(said) => (Saying::Message { user_id: STRANGER }, Some(said.id.clone())),
                None => (Saying::Unknown, None),
            },
            What::Unknown => (Saying::Unknown, None),
            What::Garbage => (Saying::Garbage, None),
        };
        let request_id = if id.is_some() { String::new() } else { request_id };
        let id = id.unwrap_or_else(|| self.name("i-"));
        Said { what, id, request_id, is_escaped }
    }

    fn request_of(&self, what: What) -> (String, Target) {
        let (number, has_id) = match what {
            What::Echo(number)
            | What::EscapedEcho(number)
            | What::StrangerEcho(number)
            | What::OtherKind(number)
            | What::OtherTarget(number)
            | What::ErrorFor(number, _)
            | What::ErrorById(number, _) => (number, true),
            What::TargetEvent(number) => (number, false),
            What::StrangerError(_) => return ("of nothing".to_owned(), Target::Sent),
            _ => return (String::new(), Target::Sent),
        };
        match self.model.requests.get(number) {
            Some(request) if has_id => (request.request_id.clone(), request.target),
            Some(request) => (String::new(), request.target),
            None => ("of nothing".to_owned(), Target::Deleted("m-a")),
        }
    }

    fn message(&mut self, who: Who, what: What, happened: &mut Vec<Happened>) -> bool {
        let conn = self.number(who);
        let said = self.saying(conn, what);
        self.said.push(said.clone());
        let first = self.said.len().saturating_sub(2 * DEDUP);
        self.said.drain(..first);
        let wire = said.wire();
        // As text and as bytes in turn.
        let is_text = wire.len().is_multiple_of(2);
        let (result, steady, reading) = self.call(|client, now| {
            let received = if is_text {
                client.handle_message_str(now, conn_id(conn), &wire)
            } else {
                client.handle_message(now, conn_id(conn), wire.as_bytes())
            };
            received.map(|received| {
                received
                    .map(|received| (received.payload.type_name().to_string(), received.settled))
            })
        });
        assert_eq!(result, steady);
        if !matches!(self.phase(conn), Phase::Current | Phase::Draining) {
            assert_eq!(result, Ok(None));
            return false;
        }
        self.tick(reading);
        let is_withheld = matches!(result, Ok(None));
        assert_eq!(result.is_err(), said.what == Saying::Garbage, "{said:?}");
        let seen = self.seen();
        let has_settled = matches!(&result, Ok(Some((_, Some(_)))));
        let expected = self.model.received(conn, &said, (is_withheld, has_settled), &seen);
        let settled = result.ok().flatten().and_then(|(type_name, settled)| {
            assert_eq!(type_name, wire.split('"').nth(3).unwrap_or_default());
            settled.map(|settled| (settled.handle, settled.outcome, settled.data))
        });
        assert_eq!(settled, expected, "by {said:?}");
        happened.extend(is_withheld.then_some(Happened::Withheld));
        happened.extend(settled.map(|(_, outcome, _)| Happened::Settled(outcome)));
        true
    }

    // Polling.

    fn poll_once(&mut self) -> Output<u32> {
        let (output, steady, reading) = self.call(Small::poll);
        self.tick(reading);
        let mut ahead = vec![steady.clone()];
        let mut clone = self.steady.clone();
        while !matches!(ahead.last(), Some(Output::Wait(_))) {
            ahead.push(clone.poll(Instant::from_millis(ORIGIN + self.model.now)));
            assert!(ahead.len() <= MOST_POLLS, "no Wait in {ahead:?}");
        }
        let seen = self.seen();
        self.model.polled(&ahead, &seen);
        self.model.returned(&output, &seen);
        if let (Output::Wait(wait), Output::Wait(steady)) = (&output, &steady) {
            self.waits(*wait, *steady);
        } else {
            assert_eq!(output, steady);
        }
        output
    }

    fn waits(&mut self, wait: Option<Instant>, steady: Option<Instant>) {
        let own = steady.map_or(NEVER, |moment| moment.as_millis() - ORIGIN);
        let (now, due_by) = (self.model.now, self.model.due_by());
        assert!(own > now, "to wait until {own}, and it is {now}");
        assert!(own <= due_by, "to wait until {own}, and something is due by {due_by}");
        let expected =
            Some(own).filter(|own| *own != NEVER).and_then(|own| self.model.reading_at(own));
        assert_eq!(wait.map(Instant::as_millis), expected);
        self.model.waits_until(own);
        self.wait = expected;
        self.polls_again(steady);
    }

    fn poll(&mut self, happened: &mut Vec<Happened>) {
        for _ in 0..MOST_POLLS {
            let output = self.poll_once();
            let is_last = matches!(output, Output::Wait(_));
            happened.push(Happened::Output(output));
            if is_last {
                return;
            }
        }
        panic!("no Wait in {happened:?}");
    }

    /// Polling again, or before the moment of `Wait`, changes nothing.
    fn polls_again(&self, wait: Option<Instant>) {
        let mut again = self.steady.clone();
        let now = ORIGIN + self.model.now;
        assert_eq!(again.poll(Instant::from_millis(now)), Output::Wait(wait));
        assert_eq!(again, self.steady);
        let mut straight = again.clone();
        let then = wait.map_or(now + 1_000_000_000, Instant::as_millis);
        for early in [now + (then - now) / 2, then - 1] {
            assert_eq!(again.poll(Instant::from_millis(early.max(now))), Output::Wait(wait));
        }
        assert_eq!(
            again.poll(Instant::from_millis(then)),
            straight.poll(Instant::from_millis(then))
        );
        assert_eq!(again, straight);
    }
}

/// Any session: the bytes decide what happens. With `TRANSCRIPT` in the environment, it is printed.
pub(crate) fn any_session(bytes: &[u8]) {
    let is_printed = std::env::var_os("TRANSCRIPT").is_some();
    let mut choices = Choices(bytes);
    let mut world = World::new(config(choices.byte()), choices.byte());
    while !choices.0.is_empty() {
        for input in choices.inputs(&world) {
            if is_printed {
                eprintln!("{:>8} {input:?}", world.clock);
            }
            let happened = world.apply(input);
            if is_printed {
                for happened in &happened {
                    eprintln!("             -> {happened:?}");
                }
            }
        }
    }
}
