//! The hosts' end: everything that is reported to a client, and everything that it says, with the
//! checks of both.

use core::time::Duration;

use ivs_chat_proto::client::{
    CloseEvent, ConnectionId, ConnectionState, DisconnectReason, FetchError, FetchId, Outcome,
    Output, ReconnectAction, Settled, TokenInfo,
};
use ivs_chat_proto::mock::{Delivery, Probability};
use ivs_chat_proto::subscribe::{EventKind, Subscribe};
use ivs_chat_proto::{ErrorCode, Instant};

use crate::host::{Arrival, EndCauses, Fate, Phase, RequestKind, Socket, place};
use crate::simulation::{Event, Simulation, log};

/// Without pings, a frame that comes this long after a request is taken for evidence.
const EVIDENCE_MS: u64 = 1_000;
/// What the service may take for an answer, for `Assumed` to be strictly true.
pub(crate) const PROMPT_MS: u64 = 1_000;

impl Simulation {
    // What the user wants.

    pub(crate) fn connect(&mut self, number: usize) {
        log!(self, "{number}: connect");
        let now = self.now;
        let host = &mut self.hosts[number];
        let reading = host.read(now);
        let was_over = matches!(host.client.state(), ConnectionState::Disconnected(_));
        host.client.connect(reading);
        if was_over {
            host.causes = EndCauses::default();
        }
        host.is_wanted = true;
        host.is_leaving = false;
        host.needs_poll = true;
        host.connect_calls += 1;
    }

    pub(crate) fn disconnect(&mut self, number: usize, when_settled: bool) {
        log!(self, "{number}: disconnect{}", if when_settled { " when settled" } else { "" });
        let now = self.now;
        let host = &mut self.hosts[number];
        let reading = host.read(now);
        host.is_wanted = false;
        host.needs_poll = true;
        if when_settled {
            host.is_leaving = true;
            host.client.disconnect_when_settled(reading);
        } else {
            host.client.disconnect(reading);
        }
    }

    pub(crate) fn refresh(&mut self, number: usize) {
        log!(self, "{number}: refresh");
        let now = self.now;
        let host = &mut self.hosts[number];
        let reading = host.read(now);
        host.client.refresh(reading);
        host.refreshed_at = Some(now);
        host.connect_calls += 1;
        host.needs_poll = true;
    }

    // What the client says.

    /// Polls the client until it waits, and does what it says.
    pub(crate) fn drive(&mut self, number: usize) {
        let mut rank = 0;
        let mut needs_gap = false;
        for _ in 0..40 {
            let now = self.now;
            let host = &mut self.hosts[number];
            host.needs_poll = false;
            let is_outlier_next = host.clock.is_outlier_next;
            let reading = host.read(now);
            let output = host.client.poll(reading);
            let next = order(&output);
            assert!(next >= rank || is_outlier_next, "{number}: out of order: {output:?}");
            rank = if is_outlier_next { 0 } else { next };
            let is_covered = !needs_gap || next <= order::<usize>(&Output::PossibleGap);
            assert!(is_covered, "{number}: connected again, and no gap");
            match output {
                Output::Wait(until) => {
                    assert!(
                        until.is_none_or(|until| until > reading),
                        "{number}: waits for the past"
                    );
                    let millis = until.map(|until| until.as_millis() - reading.as_millis());
                    // A clock that reads the end of its range cannot show a later moment.
                    let is_at_end = reading.as_millis() == u64::MAX;
                    host.set_timer(now, if is_at_end { Some(1_000) } else { millis });
                    return;
                }
                Output::Close { connection, code } => self.close(number, connection, code),
                Output::Ping { connection, payload } => {
                    assert!(host.can_ping());
                    assert_eq!(host.sockets[place(connection)].phase, Phase::Open);
                    log!(self, "{number}: ping on {}", connection.number());
                    self.coverage.note("ping");
                    self.up(number, connection, Event::Ping(number, connection, payload));
                }
                Output::Settled(settled) => {
                    assert!(matches!(settled.outcome, Outcome::Assumed | Outcome::Unknown));
                    self.settle(number, &settled);
                }
                Output::State(state) => {
                    needs_gap = self.reported(number, state);
                }
                Output::Replaced { from, to } => {
                    log!(self, "{number}: {} replaces {}", to.number(), from.number());
                    assert_eq!(host.client.current(), Some(to));
                    assert!(from != to && host.state == ConnectionState::Connected);
                    host.replaced += 1;
                    self.coverage.note(if from < to { "replaced" } else { "replaced: fell back" });
                }
                Output::PossibleGap => {
                    log!(self, "{number}: possible gap");
                    needs_gap = false;
                    host.accounting.disclose(now);
                    host.accounting.gaps.push(now);
                    self.coverage.note("gap");
                }
                Output::FetchToken(fetch) => self.fetch(number, fetch),
                other => panic!("{other:?}"),
            }
        }
        panic!("{number}: no end of outputs");
    }

    /// The state has changed. Returns `true` if a gap must follow.
    fn reported(&mut self, number: usize, state: ConnectionState) -> bool {
        log!(self, "{number}: {state}");
        let host = &mut self.hosts[number];
        assert_ne!(state, host.state);
        let was_over = matches!(host.state, ConnectionState::Disconnected(_));
        let mut needs_gap = false;
        match state {
            ConnectionState::Connected => {
                assert!(host.is_wanted || host.is_leaving);
                assert!(host.current_socket().is_some_and(|socket| socket.phase == Phase::Open));
                self.coverage.note(if host.was_connected {
                    "state: connected again"
                } else {
                    "state: connected"
                });
                needs_gap = host.was_connected;
                host.was_connected = true;
            }
            ConnectionState::Connecting => {
                assert!(host.is_wanted || host.is_leaving);
                self.coverage.note(if was_over {
                    "state: connecting"
                } else {
                    "state: connecting again"
                });
                host.accounting.disclose(self.now);
            }
            ConnectionState::Disconnected(reason) => {
                host.accounting.disclose(self.now);
                assert_eq!(host.client.in_flight_len(), 0);
                assert!(
                    host.sockets.iter().all(|socket| socket.phase == Phase::Closed),
                    "a connection is left"
                );
                let session = &host.causes;
                let has =
                    |codes: fn(u16) -> bool| session.closed_with.iter().any(|code| codes(*code));
                let (is_right, what) = match reason {
                    DisconnectReason::NotWanted => (!host.is_wanted, "disconnected: NotWanted"),
                    DisconnectReason::NoToken => (session.has_no_token, "disconnected: NoToken"),
                    DisconnectReason::Refused(404) => {
                        (session.refused_404, "disconnected: Refused(404)")
                    }
                    DisconnectReason::Refused(401 | 403) => (
                        session.refusals
                            + session
                                .closed_with
                                .iter()
                                .map(|code| u32::from(*code == 3000))
                                .sum::<u32>()
                            > 1,
                        "disconnected: Refused(401 or 403)",
                    ),
                    DisconnectReason::Closed(3000) => {
                        (has(|code| code == 3000), "disconnected: Closed(3000)")
                    }
                    DisconnectReason::Closed(code) => {
                        (session.closed_with.contains(&code), "disconnected: Closed, on purpose")
                    }
                    DisconnectReason::DisconnectedUser => {
                        (session.was_disconnected, "disconnected: DisconnectedUser")
                    }
                    DisconnectReason::AttemptsExhausted => {
                        let most = host.client.config().max_attempts.expect("a limit").get();
                        let timeout = u64::from(host.client.config().token_timeout_ms);
                        let is_timeout = host.fetch.is_some_and(|(_, since)| {
                            self.now >= since + timeout || host.was_disturbed_since(since)
                        });
                        (
                            session.failures + u32::from(is_timeout) >= most,
                            "disconnected: AttemptsExhausted",
                        )
                    }
                    other => panic!("{other:?}"),
                };
                assert!(is_right, "{number}: {reason}? {session:?}");
                host.is_leaving = false;
                self.coverage.note(what);
            }
            other => panic!("{other:?}"),
        }
        host.state_changes += 1;
        host.state = state;
        needs_gap
    }

    /// The client kind for a token. At most one fetch is under way.
    fn fetch(&mut self, number: usize, fetch: FetchId) {
        log!(self, "{number}: fetch a token");
        let now = self.now;
        let host = &mut self.hosts[number];
        assert!(host.is_wanted || host.is_leaving);
        assert!(
            !matches!(host.state, ConnectionState::Disconnected(_)),
            "{number}: reconnects by itself"
        );
        if let Some((before, since)) = host.fetch {
            assert!(fetch > before);
            let timeout = u64::from(host.client.config().token_timeout_ms);
            let may_be = now >= since + timeout
                || host.was_disturbed_since(since)
                || host.refreshed_at.is_some_and(|at| at + 5_000 >= since);
            assert!(may_be, "{number}: two fetches at a time");
            self.coverage.note("token: fetched again, without an answer");
            host.causes.failures += 1;
        }
        host.fetch = Some((fetch, now));
        host.fetched_at.push(now);
        let tokens = host.plan.tokens;
        if !self.in_recovery && self.rng.one_in(tokens.has_no_answer) {
            return self.coverage.note("token: no answer");
        }
        let takes_ms = if !self.in_recovery && self.rng.one_in(tokens.is_late) {
            self.rng.between(5_000, 60_000)
        } else {
            self.rng.between(10, 400)
        };
        self.after(takes_ms, Event::Token(number, fetch));
    }

    /// The client wants a connection closed: one that is there.
    fn close(&mut self, number: usize, connection: ConnectionId, code: u16) {
        log!(self, "{number}: closes {}, {code}", connection.number());
        let socket = &mut self.hosts[number].sockets[place(connection)];
        if socket.closed_by_remote {
            return;
        }
        self.coverage.note(match code {
            1000 => "close: 1000",
            3008 => "close: 3008",
            other => panic!("{other}"),
        });
        assert_ne!(socket.phase, Phase::Closed, "{number}: closed twice");
        socket.phase = Phase::Closed;
        socket.inbox.clear();
        self.hosts[number].causes.failures += u32::from(code == 3008);
        self.schedule_connection_gone(number, connection);
        if self.rng.one_in(8) {
            self.ignores(number, connection);
        }
    }

    /// The service learns in the order of what was sent, or by a timeout, that a connection is
    /// over.
    fn schedule_connection_gone(&mut self, number: usize, connection: ConnectionId) {
        let Some(route) = self.hosts[number].sockets[place(connection)].route else { return };
        if self.routes[route].is_dead() {
            self.after(30_000, Event::ConnectionGone(route));
        } else {
            self.up(number, connection, Event::ConnectionGone(route));
        }
    }

    /// Nothing that is reported of a connection that is over changes anything.
    fn ignores(&mut self, number: usize, connection: ConnectionId) {
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
        assert!(client == before, "{number}: a connection that is over has changed something");
        self.coverage.note("reports of a connection that is over");
    }

    // What happens.

    pub(crate) fn token(&mut self, number: usize, fetch: FetchId) {
        let now = self.now;
        let plan = self.hosts[number].plan.tokens;
        let fails = !self.in_recovery && self.rng.one_in(plan.fails);
        let is_permanent = fails && self.rng.one_in(plan.is_permanent);
        let host = &mut self.hosts[number];
        let reading = host.read(now);
        host.needs_poll = true;
        let is_latest = host.fetch.is_some_and(|(latest, _)| latest == fetch);
        let since = host.fetch.map_or(0, |(_, since)| since);
        let is_late = is_latest && now > since + u64::from(host.client.config().token_timeout_ms);
        if fails {
            let retry_after = plan.retry_after_s.map(Duration::from_secs);
            let error = if is_permanent {
                FetchError::Permanent
            } else {
                FetchError::Temporary { retry_after }
            };
            log!(self, "{number}: {error}");
            let before = host.client.clone();
            host.client.handle_token_error(reading, fetch, error);
            if is_latest {
                host.fetch = None;
                host.causes.failures += 1;
                host.causes.has_no_token |= is_permanent;
                self.coverage.note(if is_permanent {
                    "token: permanent failure"
                } else {
                    "token: temporary failure"
                });
            } else {
                assert!(host.client == before, "{number}: a stale answer has changed something");
                self.coverage.note("token: stale failure");
            }
            return;
        }
        let mut info = TokenInfo::new();
        let session_ms = i64::from(host.plan.user.session_ms) + host.plan.wall_error_ms;
        info.session_ms = host.plan.knows_session.then_some(u64::try_from(session_ms).unwrap_or(0));
        info.capabilities = host.plan.knows_capabilities.then_some(host.plan.user.capabilities);
        info.user_id = host.plan.knows_user.then_some(&*host.plan.user.id);
        let known_end = info.session_ms.filter(|length| (60_000..=10_800_000).contains(length));
        let user = host.plan.user.clone();
        let Some(connection) = host.client.handle_token(reading, fetch, info) else {
            self.coverage.note(if is_latest && !is_late {
                "token: not needed any more"
            } else {
                "token: stale"
            });
            if is_latest {
                host.fetch = None;
                host.causes.failures += u32::from(is_late || host.was_disturbed_since(since));
            }
            return;
        };
        assert!(is_latest && (host.is_wanted || host.is_leaving));
        host.fetch = None;
        assert_eq!(place(connection), host.sockets.len());
        host.sockets.push(Socket::new(now, known_end.map(|length| now + length)));
        let token = self.room.create_token(Instant::from_millis(now), user);
        if !self.in_recovery && self.rng.one_in(self.network.loses_handshakes) {
            return self.coverage.note("network: handshake without an answer");
        }
        self.up(number, connection, Event::Handshake(number, connection, token));
    }

    /// Something arrives on a socket.
    pub(crate) fn arrives(&mut self, number: usize, connection: ConnectionId) {
        let now = self.now;
        let host = &mut self.hosts[number];
        let socket = &mut host.sockets[place(connection)];
        let Some(arrival) = socket.inbox.pop_front() else { return };
        match arrival {
            Arrival::Open => {
                assert_eq!(socket.phase, Phase::Opening);
                socket.phase = Phase::Open;
                socket.opened_at = now;
                let reading = host.read(now);
                log!(self, "{number}: {} opens", connection.number());
                host.client.handle_open(reading, connection);
                host.needs_poll = true;
            }
            Arrival::Refused { status, retry_after_s } => {
                log!(self, "{number}: {} is refused, {status}", connection.number());
                let mut event = CloseEvent::abnormal();
                if host.plan.sees_status {
                    event = CloseEvent::handshake_rejected(status);
                    host.causes.refusals += u32::from(matches!(status, 401 | 403));
                    host.causes.refused_404 |= status == 404;
                }
                if let Some(seconds) = retry_after_s {
                    event = event.with_retry_after(Duration::from_secs(seconds.into()));
                }
                self.ended(number, connection, event, None);
            }
            Arrival::Pong(payload) => {
                let reading = host.read(now);
                log!(self, "{number}: pong on {}", connection.number());
                host.client.handle_pong(reading, connection, &payload);
                host.needs_poll = true;
            }
            Arrival::Delivery(Delivery::Fragment { bytes, fin }) => {
                self.fragment(number, connection, &bytes, fin);
            }
            Arrival::Delivery(Delivery::Close { code, reason }) => {
                log!(self, "{number}: {} is closed, {code} {reason:?}", connection.number());
                let mut event = CloseEvent::frame(code, &reason);
                if self.rng.one_in(30) {
                    self.coverage.note("host: overrides a close");
                    event = event.with_action(ReconnectAction::Retry);
                    self.ended(number, connection, event, None);
                } else {
                    self.ended(number, connection, event, Some((code, &reason)));
                }
            }
            Arrival::Delivery(Delivery::Abort) => {
                log!(self, "{number}: {} breaks", connection.number());
                self.ended(number, connection, CloseEvent::abnormal(), None);
            }
            Arrival::Delivery(other) => panic!("{other:?}"),
        }
    }

    /// A connection has ended, by this close frame if there was one.
    pub(crate) fn ended(
        &mut self,
        number: usize,
        connection: ConnectionId,
        event: CloseEvent,
        frame: Option<(u16, &str)>,
    ) {
        let now = self.now;
        let host = &mut self.hosts[number];
        let was_current = host.client.current() == Some(connection);
        let socket = &mut host.sockets[place(connection)];
        socket.phase = Phase::Closed;
        socket.closed_by_remote = true;
        socket.inbox.clear();
        let (told, known_end, opened_at) =
            (socket.received_401, socket.known_end, socket.opened_at);
        let reading = host.read(now);
        host.causes.failures += 1;
        if let Some((code, _)) = frame {
            host.causes.closed_with.push(code);
        }
        host.client.handle_close(reading, connection, event);
        host.needs_poll = true;
        let state = host.client.state();
        let Some((code, reason)) = frame.filter(|_| was_current) else { return };
        let is_on_purpose = matches!(code, 1000 | 1008 | 3003 | 4000..=4999);
        let says_expired = says_expired(reason);
        let is_past_end = known_end.is_some_and(|end| end <= now);
        // Close to the known end, or if the clock was wrong, either is right.
        let is_clear = !host.was_disturbed_since(opened_at)
            && known_end.is_none_or(|end| now < end.saturating_sub(1_000) || now > end + 1_000);
        let has_ended = matches!(state, ConnectionState::Disconnected(_));
        if told || says_expired || is_past_end && is_clear {
            let closed = ConnectionState::Disconnected(DisconnectReason::Closed(code));
            assert_ne!(state, closed, "{number}: an expired session ended with {code} {reason:?}");
            if is_on_purpose {
                self.coverage.note("close on purpose after expiry: reconnects");
            }
        } else if is_on_purpose && is_clear && !is_cut(reason) {
            assert!(has_ended, "{number}: {code} {reason:?}, and {state}");
        }
    }

    /// A fragment of a message, which hosts with small buffers read in two or three pieces.
    fn fragment(&mut self, number: usize, connection: ConnectionId, bytes: &[u8], fin: bool) {
        let cuts = if self.plan.room.record_accepted && self.rng.one_in(4) {
            self.rng.between(1, 2)
        } else {
            0
        };
        let mut rest = bytes;
        for _ in 0..cuts {
            let length = self.rng.between(0, u64::try_from(rest.len()).expect("short"));
            let (piece, after) = rest.split_at(usize::try_from(length).expect("short"));
            self.push(number, connection, piece, false);
            rest = after;
        }
        self.push(number, connection, rest, fin);
    }

    fn push(&mut self, number: usize, connection: ConnectionId, piece: &[u8], fin: bool) {
        let mut assembler =
            core::mem::take(&mut self.hosts[number].sockets[place(connection)].assembler);
        match assembler.push(piece, fin) {
            Some(Ok(message)) if !self.in_recovery && self.rng.one_in(self.network.corrupts) => {
                self.coverage.note("network: corrupt");
                if let Some(broadcast) =
                    Subscribe::decode(message).ok().and_then(|payload| broadcast_of(&payload))
                {
                    self.hosts[number].accounting.entry(broadcast).is_corrupt = true;
                }
                self.receive(number, connection, &message[..message.len() / 2]);
            }
            Some(Ok(message)) => self.receive(number, connection, message),
            Some(Err(_)) => self.coverage.note("fault: oversize"),
            None => {}
        }
        self.hosts[number].sockets[place(connection)].assembler = assembler;
    }

    /// A whole message.
    fn receive(&mut self, number: usize, connection: ConnectionId, message: &[u8]) {
        log!(self, "{number}: on {}: {}", connection.number(), String::from_utf8_lossy(message));
        let now = self.now;
        let host = &mut self.hosts[number];
        let is_current = host.client.current() == Some(connection);
        let reading = host.read(now);
        let received = host.client.handle_message(reading, connection, message);
        host.needs_poll = true;
        let (payload, received) = match (Subscribe::decode(message), received) {
            (Ok(payload), Ok(received)) => (payload, received),
            (Err(_), Ok(None)) => return,
            (Err(error), Err(found)) => {
                assert_eq!(error, found);
                host.not_decoded += 1;
                return self.coverage.note("fault: garbage");
            }
            (payload, received) => panic!("{payload:?} {received:?}"),
        };
        let is_returned = received.is_some();
        assert!(received.as_ref().is_none_or(|received| received.payload == payload));
        if !is_returned {
            self.coverage.note("received: withheld");
        }
        if let Subscribe::Message(message) = &payload {
            host.last_message = Some(message.id.to_string());
        }
        if let Subscribe::Error(error) = &payload {
            if error.error_code == ErrorCode::UNAUTHORIZED {
                host.causes.failures += u32::from(is_current);
                host.sockets[place(connection)].received_401 |= is_current;
            }
            if received.as_ref().is_some_and(|received| received.settled.is_none()) {
                self.coverage.note("received: error without a request");
            }
        }
        if let Some(broadcast) = broadcast_of(&payload) {
            assert!(self.broadcasts[broadcast].is_some(), "received, but never sent");
            host.accounting.entry(broadcast).is_reported |= is_current;
            if is_returned {
                self.coverage.note("received: handed over");
                host.event_came_through |= self.in_recovery && is_current;
                if host.accounting.record_return(broadcast, connection) {
                    self.check_repeated_return(number, broadcast);
                }
            }
        }
        if let Some(settled) = received.and_then(|received| received.settled) {
            assert!(matches!(settled.outcome, Outcome::Confirmed | Outcome::Rejected(_)));
            self.settle(number, &settled);
        }
        if let Subscribe::Event(event) = &payload {
            let host = &mut self.hosts[number];
            if let EventKind::DisconnectedUser { user_id, .. } = event.kind() {
                if is_returned && host.plan.knows_user && user_id == *host.plan.user.id {
                    host.causes.was_disconnected = true;
                    let ended = ConnectionState::Disconnected(DisconnectReason::DisconnectedUser);
                    let state = host.client.state();
                    let is_closed = matches!(state, ConnectionState::Disconnected(_));
                    assert!(
                        state == ended || is_closed,
                        "{number}: {state}, although this user was disconnected"
                    );
                    self.coverage.note("kicked: told");
                }
            }
        }
        if self.plan.room.record_accepted {
            self.borrow_request_id(number, &payload);
        }
    }

    /// Returns `true` if payloads may be delivered twice on one connection.
    fn has_duplicates(&self) -> bool {
        let faults = &self.plan.room.faults;
        faults.duplicate != Probability::NEVER || faults.duplicate_later != Probability::NEVER
    }

    /// A broadcast was handed over on one connection, and again on another.
    fn check_repeated_return(&mut self, number: usize, broadcast: usize) {
        let host = &self.hosts[number];
        let since = self.broadcasts[broadcast].expect("it was accepted");
        self.coverage.note(if self.has_duplicates() {
            "handed over twice: duplicates are injected"
        } else if self.lag_ms() >= host.client.config().drain_ms.into() {
            "handed over twice: the lag is longer than the window"
        } else if host.plan.is_small {
            "handed over twice: small window"
        } else if host.was_disturbed_since(since) {
            "handed over twice: sleep, or the clock"
        } else {
            panic!("{number}: {broadcast} was handed over twice")
        });
    }

    /// Another user takes a `RequestId` of this room for a request of its own: once, and only if
    /// the client that made it can log the two users apart.
    fn borrow_request_id(&mut self, number: usize, payload: &Subscribe<'_>) {
        let (request_id, sender) = match payload {
            Subscribe::Message(message) => (message.request_id, Some(message.sender.user_id)),
            Subscribe::Event(event) => (event.request_id, None),
            _ => return,
        };
        let Some(request_id) = request_id else { return };
        let host = &self.hosts[number];
        let user = &host.plan.user.id;
        let is_other = |sender: ivs_chat_proto::Text<'_>| sender != **user;
        if host.foreign_request_id.is_some()
            || !host.plan.knows_user
            || !sender.is_none_or(is_other)
            || !self.rng.one_in(8)
        {
            return;
        }
        let request_id = request_id.to_string();
        let is_own = |host: &crate::host::Host| {
            host.request_ids.contains(&request_id)
                || host.foreign_request_id.as_ref() == Some(&request_id)
        };
        let may_be_told =
            self.hosts.iter().enumerate().filter(|(_, host)| is_own(host)).all(|(other, host)| {
                other != number && host.plan.user.id != *user && host.plan.knows_user
            });
        if may_be_told {
            self.hosts[number].foreign_request_id = Some(request_id);
        }
    }

    /// A request has its outcome: its only one, and one that agrees with the truth.
    pub(crate) fn settle(&mut self, number: usize, settled: &Settled<usize>) {
        let now = self.now;
        let host = &mut self.hosts[number];
        let request = &mut host.requests[settled.data];
        log!(self, "{number}: {}: {}", request.kind, settled.outcome);
        assert_eq!(request.handle, settled.handle);
        let pending = host.pending.iter().position(|pending| *pending == settled.data);
        host.pending.swap_remove(
            pending.unwrap_or_else(|| panic!("{number}: {settled:?} again: {request:?}")),
        );
        request.outcome = Some((settled.outcome, now));
        let is_accepted = request.fate == Fate::Accepted;
        let took_ms = now - request.sent_at;
        let mut is_false = false;
        match settled.outcome {
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
                self.coverage.note(if is_accepted {
                    "outcome: confirmed"
                } else {
                    "outcome: confirmed, another did it"
                });
            }
            Outcome::Rejected(code) => {
                is_false = is_accepted;
                self.coverage.note(match code.as_u16() {
                    400 => "outcome: rejected 400",
                    401 => "outcome: rejected 401",
                    403 => "outcome: rejected 403",
                    406 => "outcome: rejected 406",
                    429 => "outcome: rejected 429",
                    499 => "outcome: rejected 499",
                    other => panic!("{other}: {request:?}"),
                });
            }
            // `check_requests` compares it with the truth in the end: the request may still arrive.
            Outcome::Assumed => {
                let settle_ms = u64::from(host.client.config().settle_ms);
                let request = &host.requests[settled.data];
                let is_early = took_ms < settle_ms && !host.was_disturbed_since(request.sent_at);
                assert!(!is_early, "{number}: assumed too early: {request:?}");
                self.coverage.note("outcome: assumed");
            }
            Outcome::Unknown => {
                self.coverage.note(if is_accepted {
                    "outcome: unknown, accepted"
                } else {
                    "outcome: unknown"
                });
            }
            other => panic!("{other:?}"),
        }
        assert!(
            !is_false,
            "{number}: rejected, but accepted: {:?}",
            self.hosts[number].requests[settled.data]
        );
        let host = &self.hosts[number];
        let request = &host.requests[settled.data];
        if !host.was_disturbed_since(request.sent_at) {
            self.coverage.most(
                match (host.can_ping(), host.plan.throttle_ms) {
                    (true, 0) => "at most: ms until an outcome, with pings",
                    (false, 0) => "at most: ms until an outcome, without pings",
                    _ => "at most: ms until an outcome, throttled",
                },
                took_ms,
            );
        }
    }

    /// Returns `true` if the link of a connection died towards the client.
    fn is_deaf(&self, number: usize, connection: ConnectionId) -> bool {
        let route = self.hosts[number].sockets[place(connection)].route;
        route.is_some_and(|route| !self.routes[route].carries_to_client)
    }

    /// Compares every outcome with what became of the request.
    pub(crate) fn check_requests(&mut self, number: usize) {
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
            let what = match (host.can_ping(), request.fate) {
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
                    if self.is_deaf(number, request.connection) =>
                {
                    "assumed, not accepted: pings, the link died before the answer"
                }
                (false, Fate::LinkDead { .. }) => "assumed, not accepted: no pings, dead link",
                (false, Fate::Unserved) => "assumed, not accepted: no pings, no service",
                (false, _) if host.was_disturbed_since(request.sent_at) => {
                    "assumed, not accepted: no pings, sleep or the clock"
                }
                (false, _) if held_back_ms >= EVIDENCE_MS => {
                    "assumed, not accepted: no pings, slow"
                }
                _ => panic!("{number}: assumed at {at}, but not accepted: {request:?}"),
            };
            self.coverage.note(what);
        }
    }
}

/// Returns the number of the broadcast that a payload is.
fn broadcast_of(payload: &Subscribe<'_>) -> Option<usize> {
    match payload {
        Subscribe::Message(message) => {
            let content = message.content.to_cow();
            content.strip_prefix('#').and_then(|text| text.split(' ').next()?.parse().ok())
        }
        Subscribe::Event(event) => {
            event.attributes.get("n").and_then(|text| text.to_cow().parse().ok())
        }
        _ => None,
    }
}

/// Returns `true` if a reason is an object that was cut, so that it may or may not say anything.
fn is_cut(reason: &str) -> bool {
    reason.starts_with('{') && !reason.ends_with('}')
}

/// Returns `true` if a reason certainly says that a session or a token has expired.
fn says_expired(reason: &str) -> bool {
    match reason.strip_prefix('{') {
        Some(object) => object.contains("401") || object.contains("session exp"),
        None => matches!(reason, "connection expired" | "session expired" | "token expired"),
    }
}

/// Returns the place of an output in the promised order.
const fn order<T>(output: &Output<T>) -> u8 {
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
