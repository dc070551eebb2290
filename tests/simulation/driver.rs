//! The driver of the hosts: it calls the clients, and follows their outputs.

use core::time::Duration;

use ivs_chat_proto::client::{
    CloseEvent, ConnectionId, ConnectionState, FetchError, FetchId, Outcome, Output,
    ReconnectAction, Settled, TokenInfo,
};
use ivs_chat_proto::mock::Delivery;
use ivs_chat_proto::subscribe::{EventKind, Subscribe};
use ivs_chat_proto::{ErrorCode, Instant};

use crate::host::{Arrival, EndCauses, Phase, Socket, place};
use crate::invariants::{CloseFacts, OutputCheck};
use crate::rules::is_plausible_session;
use crate::simulation::{Event, Simulation, log};

impl Simulation {
    // Calls of the user.

    pub(crate) fn connect(&mut self, number: usize) {
        log!(self, "{number}: connect");
        let now = self.now;
        let host = &mut self.hosts[number];
        let reading = host.read(now);
        let was_disconnected = matches!(host.client.state(), ConnectionState::Disconnected(_));
        host.client.connect(reading);
        if was_disconnected {
            host.causes = EndCauses::default();
        }
        host.is_wanted = true;
        host.is_disconnecting = false;
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
            host.is_disconnecting = true;
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

    // Outputs of the client.

    /// Polls the client until `Wait`, and follows its outputs.
    pub(crate) fn drive(&mut self, number: usize) {
        let mut outputs = OutputCheck::default();
        for _ in 0..40 {
            let now = self.now;
            let host = &mut self.hosts[number];
            host.needs_poll = false;
            let is_outlier = host.clock.is_outlier_next;
            let reading = host.read(now);
            let output = host.client.poll(reading);
            outputs.check(number, &output, is_outlier);
            match output {
                Output::Wait(until) => {
                    assert!(
                        until.is_none_or(|until| until > reading),
                        "{number}: Wait is not in the future"
                    );
                    let millis = until.map(|until| until.as_millis() - reading.as_millis());
                    // No reading is later than `u64::MAX`.
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
                    self.check_state_change(number, state);
                    outputs.needs_gap = self.state_changed(number, state);
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
                    outputs.needs_gap = false;
                    host.accounting.disclose(now);
                    host.accounting.gaps.push(now);
                    self.coverage.note("gap");
                }
                Output::FetchToken(fetch) => self.fetch(number, fetch),
                other => panic!("{other:?}"),
            }
        }
        panic!("{number}: no Wait after 40 outputs");
    }

    /// Records a reported state. Returns `true` if `PossibleGap` must follow.
    fn state_changed(&mut self, number: usize, state: ConnectionState) -> bool {
        log!(self, "{number}: {state}");
        let host = &mut self.hosts[number];
        let is_connected = state == ConnectionState::Connected;
        let needs_gap = is_connected && host.was_connected;
        if is_connected {
            host.was_connected = true;
        } else {
            host.accounting.disclose(self.now);
        }
        if matches!(state, ConnectionState::Disconnected(_)) {
            host.is_disconnecting = false;
        }
        host.state_changes += 1;
        host.state = state;
        needs_gap
    }

    /// Starts a token fetch.
    fn fetch(&mut self, number: usize, fetch: FetchId) {
        log!(self, "{number}: fetch a token");
        self.check_fetch(number, fetch);
        let host = &mut self.hosts[number];
        host.causes.failures += u32::from(host.fetch.is_some());
        host.fetch = Some((fetch, self.now));
        host.fetched_at.push(self.now);
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

    /// Closes a connection for the client.
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
            self.check_closed_connection_is_ignored(number, connection);
        }
    }

    /// Records the outcome of a request.
    fn settle(&mut self, number: usize, settled: &Settled<usize>) {
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
        self.check_outcome(number, settled);
    }

    /// Schedules the time at which the service learns that a connection is gone: after everything
    /// sent before, or by a timeout.
    fn schedule_connection_gone(&mut self, number: usize, connection: ConnectionId) {
        let Some(route) = self.hosts[number].sockets[place(connection)].route else { return };
        if self.routes[route].is_dead() {
            self.after(30_000, Event::ConnectionGone(route));
        } else {
            self.up(number, connection, Event::ConnectionGone(route));
        }
    }

    // Events of the host.

    /// Reports the answer of the token endpoint.
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
                assert!(host.client == before, "{number}: a stale answer had an effect");
                self.coverage.note("token: stale failure");
            }
            return;
        }
        let mut info = TokenInfo::new();
        let session_ms = i64::from(host.plan.user.session_ms) + host.plan.wall_error_ms;
        info.session_ms = host.plan.knows_session.then_some(u64::try_from(session_ms).unwrap_or(0));
        info.capabilities = host.plan.knows_capabilities.then_some(host.plan.user.capabilities);
        info.user_id = host.plan.knows_user.then_some(&*host.plan.user.id);
        let known_end = info.session_ms.filter(|length| is_plausible_session(*length));
        let user = host.plan.user.clone();
        let Some(connection) = host.client.handle_token(reading, fetch, info) else {
            self.coverage.note(if is_latest && !is_late {
                "token: no longer needed"
            } else {
                "token: stale"
            });
            if is_latest {
                host.fetch = None;
                host.causes.failures += u32::from(is_late || host.was_disturbed_since(since));
            }
            return;
        };
        assert!(is_latest && (host.is_wanted || host.is_disconnecting));
        host.fetch = None;
        assert_eq!(place(connection), host.sockets.len());
        host.sockets.push(Socket::new(now, known_end.map(|length| now + length)));
        let token = self.room.create_token(Instant::from_millis(now), user);
        if !self.in_recovery && self.rng.one_in(self.network.loses_handshakes) {
            return self.coverage.note("network: handshake without an answer");
        }
        self.up(number, connection, Event::Handshake(number, connection, token));
    }

    /// Reports the next arrival on a socket.
    pub(crate) fn arrival(&mut self, number: usize, connection: ConnectionId) {
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

    /// Reports the end of a connection, with the close frame if there was one.
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
        let facts = CloseFacts {
            received_401: socket.received_401,
            known_end: socket.known_end,
            opened_at: socket.opened_at,
        };
        let reading = host.read(now);
        host.causes.failures += 1;
        if let Some((code, _)) = frame {
            host.causes.closed_with.push(code);
        }
        host.client.handle_close(reading, connection, event);
        host.needs_poll = true;
        let state = host.client.state();
        let Some((code, reason)) = frame.filter(|_| was_current) else { return };
        self.check_close_meaning(number, &facts, (code, reason), state);
    }

    /// Reads a fragment of a message. Hosts with small buffers read it in two or three pieces.
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

    /// Reports a complete message.
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
            assert!(
                self.broadcasts[broadcast].is_some(),
                "{number}: received broadcast {broadcast}, which was never sent"
            );
            host.accounting.entry(broadcast).is_reported |= is_current;
            if is_returned {
                self.coverage.note("received: returned");
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
                    self.check_user_disconnected(number);
                }
            }
        }
        if self.plan.room.record_accepted {
            self.borrow_request_id(number, &payload);
        }
    }

    /// Makes another user reuse a `RequestId` of this room: once per host, and only if the client
    /// that generated the `RequestId` can distinguish the two users.
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
        let is_distinguishable =
            self.hosts.iter().enumerate().filter(|(_, host)| is_own(host)).all(|(other, host)| {
                other != number && host.plan.user.id != *user && host.plan.knows_user
            });
        if is_distinguishable {
            self.hosts[number].foreign_request_id = Some(request_id);
        }
    }
}

/// Returns the number of the broadcast in a payload.
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
