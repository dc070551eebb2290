use super::closed::{CloseEvent, DisconnectReason, ReconnectAction};
use super::config::{Config, TokenInfo};
use super::connection::{ConnectionId, Current, Draining, Next, Session};
use super::counters::{Counters, count};
use super::in_flight::{InFlight, Request, Target, Waiting, mark};
use super::output::{ConnectionState, Output};
use super::secret::{Secret, Use};
use super::seen::Seen;
use super::send_error::{SendError, SendErrorKind};
use super::settled::{Outcome, Received, RequestHandle, Sent, Settled};
use crate::error_code::ErrorCode;
use crate::instant::Instant;
use crate::publish::Publish;
use crate::rate::Rate;
use crate::subscribe::{Event, EventKind, Message, ServiceError, Subscribe};
use crate::text::Text;
use crate::wire::DecodeError;

/// The code of a close that is meant.
const NORMAL: u16 = 1000;
/// The code of a close for want of an answer (IANA's registry of WebSocket close codes).
const TIMEOUT: u16 = 3008;
/// Connections that can be waiting to be closed: one open, one draining, one being opened. No fourth can come about before these are
/// told, for it takes a token, and that is asked for only afterwards.
const CLOSING: usize = 3;
/// How much later than it was to be a caller may come without having been asleep.
const LATE_MS: u64 = 1_000;
/// How often in a row being late is taken for having been asleep: whoever always comes late shall have outcomes, too.
const LATE_IN_A_ROW: u8 = 3;
/// How long after the event that says so a disconnected user's connection is expected to be closed.
const DISCONNECTION_MS: u64 = 10_000;

/// One chat session: the connections to a room, one after the other, and the requests on them. See the [module](super).
///
/// `T` is what the caller wants back with the outcome of a request; up to `INFLIGHT` requests can be without one at a time. While two
/// connections overlap, the last `DEDUP` messages and events are remembered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client<T = (), const INFLIGHT: usize = 16, const DEDUP: usize = 64> {
    config: Config,
    secret: Secret,
    now: Instant,
    /// Until when the caller was told to wait.
    wait: Instant,
    late_in_a_row: u8,

    // The connections that are there.
    pub(super) current: Option<Current>,
    draining: Option<Draining>,
    closing: [Option<(ConnectionId, u16)>; CLOSING],

    // The one to come.
    pub(super) next: Next,
    fetching: bool,
    /// How many attempts have failed since a connection lasted.
    failures: u32,
    /// Whether a refused token may be replaced at once.
    may_replace_token: bool,
    connections: u64,
    /// Until when a close means that the user has been disconnected.
    disconnection_until: Instant,

    reported: ConnectionState,
    /// Whether there has been no connection since that was reported.
    had_gap: bool,
    in_flight: InFlight<T, INFLIGHT>,
    requests: u64,
    rate: Rate<10>,
    seen: Seen<DEDUP>,
    /// Until when what comes may have come before.
    overlap_until: Instant,
    counters: Counters,
}

impl<T, const INFLIGHT: usize, const DEDUP: usize> Client<T, INFLIGHT, DEDUP> {
    /// A client that is not connected, and does not want to be yet.
    ///
    /// The `seed` makes the `RequestId`s unguessable and spreads the reconnects of many clients: take 16 bytes of a cryptographic
    /// random source, others for each client and each start. The same seed and the same calls give the same results.
    #[must_use]
    pub const fn new(config: Config, seed: [u8; 16]) -> Self {
        Self {
            config,
            secret: Secret::new(seed),
            now: Instant::from_millis(0),
            wait: Instant::NEVER,
            late_in_a_row: 0,
            current: None,
            draining: None,
            closing: [None; CLOSING],
            next: Next::Stopped(DisconnectReason::NotWanted),
            fetching: false,
            failures: 0,
            may_replace_token: true,
            connections: 0,
            disconnection_until: Instant::from_millis(0),
            reported: ConnectionState::Disconnected(DisconnectReason::NotWanted),
            had_gap: false,
            in_flight: InFlight::new(),
            requests: 0,
            rate: Rate::new(),
            seen: Seen::new(),
            overlap_until: Instant::from_millis(0),
            counters: Counters {
                not_decoded: 0,
                unknown: 0,
                duplicates: 0,
                unsolicited_errors: 0,
                mismatched: 0,
                lost_connections: 0,
                steps_back: 0,
                late: 0,
            },
        }
    }

    /// How it was told to behave.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Whether there is a connection, as of now.
    #[must_use]
    pub const fn state(&self) -> ConnectionState {
        match (&self.current, &self.next) {
            (Some(current), _) => ConnectionState::Connected(current.conn),
            (None, Next::Stopped(reason)) => ConnectionState::Disconnected(*reason),
            (None, _) => ConnectionState::Connecting,
        }
    }

    /// When the next attempt at a connection begins, if it has to wait: for whoever says "again in 3 s".
    #[must_use]
    pub const fn next_attempt_at(&self) -> Option<Instant> {
        match self.next {
            Next::Backoff { until } => Some(until),
            _ => None,
        }
    }

    /// How many requests have no outcome that has been told.
    #[must_use]
    pub const fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// How often something happened that should not.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    // What the caller wants.

    /// A connection is wanted, from now on and until the session ends. If one is wanted already, nothing changes.
    ///
    /// What failed before counts no more; so [`close`](Self::close) and this one, when the network is known to be back,
    /// need not wait for the next attempt.
    pub fn connect(&mut self, now: Instant) {
        self.tick(now);
        if let Next::Stopped(_) = self.next {
            self.forgive();
            self.disconnection_until = Instant::from_millis(0);
            self.next = Next::Want;
        }
    }

    /// No connection is wanted any more. What is in flight is [`Lost`](Outcome::Lost).
    pub fn close(&mut self, now: Instant) {
        self.tick(now);
        if let Some(Current { conn, .. }) = self.current.take() {
            self.had_gap = true;
            self.disconnect(conn, NORMAL);
        }
        self.stop(DisconnectReason::NotWanted);
    }

    /// Sends a request: checks it, gives it a `RequestId` if it has none, and encodes it into `buffer`. What is lent is to be
    /// written to the connection; `data` comes back with the outcome.
    ///
    /// Nothing waits in a queue: what cannot be sent now is refused now. When it can be, is told by what [`poll`](Self::poll) and [`recv`](Self::recv)
    /// give: a state, an outcome. `poll` is to be called after this, too, since there is one more moment to wait for.
    ///
    /// A `RequestId` of the caller's own should be as hard to guess as a UUID of version 4 is, unless the
    /// [user's own id](TokenInfo::user_id) is known.
    ///
    /// # Errors
    ///
    /// If it cannot be sent, for one of [these reasons](SendErrorKind). Nothing has changed then, and the error has `data`.
    pub fn send<'b>(
        &mut self,
        now: Instant,
        publish: &Publish<'_>,
        data: T,
        buffer: &'b mut [u8],
    ) -> Result<Sent<'b>, SendError<T>> {
        match self.prepare(now.max(self.now), publish, buffer) {
            Ok(Prepared { conn, tag, mark, payload }) => {
                let now = self.tick(now);
                let handle = RequestHandle::from_number(self.requests);
                let target = Target::of_publish(publish, &self.secret);
                let waiting = Waiting::Until(now.after(self.config.settle_ms.into()));
                self.in_flight.insert(Request { handle, conn, tag, mark, target, waiting, data });
                self.requests = self.requests.wrapping_add(1);
                self.rate.note(now);
                Ok(Sent { handle, conn, payload })
            }
            Err(kind) => Err(SendError { kind, data }),
        }
    }

    /// All that can be refused of a request, and nothing that changes anything.
    fn prepare<'b>(
        &self,
        now: Instant,
        publish: &Publish<'_>,
        buffer: &'b mut [u8],
    ) -> Result<Prepared<'b>, SendErrorKind> {
        let Some(current) = &self.current else { return Err(SendErrorKind::NotConnected) };
        let capability = publish.required_capability();
        if current.session.capabilities.is_some_and(|capabilities| !capabilities.permits(capability)) {
            return Err(SendErrorKind::NotPermitted(capability));
        }
        if let Publish::SendMessage(send) = publish {
            send.content.check(self.config.max_code_points).map_err(SendErrorKind::TooLong)?;
        }
        let made = self.secret.request_id(self.requests);
        let request_id = publish.request_id().and_then(Text::not_empty).unwrap_or(made.text());
        let tag = self.secret.tag(Use::RequestId, request_id);
        if self.in_flight.has(tag) {
            return Err(SendErrorKind::RequestIdInFlight);
        }
        if self.in_flight.is_full() {
            return Err(SendErrorKind::TooManyInFlight);
        }
        if let Some(retry_at) = self.rate.retry_at(self.config.requests_per_second, now) {
            return Err(SendErrorKind::TooManyRequests { retry_at });
        }
        let payload = publish.with_request_id(request_id).encode(buffer).map_err(SendErrorKind::BufferTooSmall)?;
        Ok(Prepared { conn: current.conn, tag, mark: mark(request_id), payload })
    }

    /// Gives up a request: it has no outcome any more, and its place is free. `None` if it has its outcome already.
    pub fn forget(&mut self, handle: RequestHandle) -> Option<T> {
        self.in_flight.take(handle).map(|request| request.data)
    }

    // What has become of what the client wanted.

    /// The token that was [asked for](Output::FetchToken) has come. It is to be used, once, for the connection that is given; if none
    /// is given, nobody wants one any more, and the token is of no use.
    pub fn token_ok(&mut self, now: Instant, info: TokenInfo<'_>) -> Option<ConnectionId> {
        if !self.fetching {
            return None;
        }
        let now = self.tick(now);
        self.fetching = false;
        let Next::Want = self.next else { return None };
        let conn = ConnectionId::from_number(self.connections);
        self.connections = self.connections.wrapping_add(1);
        let session = Session::new(now, info, &self.secret);
        self.next = Next::Connecting { conn, session, until: now.after(self.config.connect_timeout_ms.into()) };
        Some(conn)
    }

    /// The token that was [asked for](Output::FetchToken) cannot be had: now, or, if that is `fatal`, ever.
    pub fn token_err(&mut self, now: Instant, fatal: bool) {
        if !self.fetching {
            return;
        }
        self.tick(now);
        self.fetching = false;
        let Next::Want = self.next else { return };
        count(&mut self.counters.lost_connections);
        if fatal {
            self.stop(DisconnectReason::NoToken);
        } else {
            self.back_off();
        }
    }

    /// The connection is open: its handshake was answered with 101, and with the token.
    pub fn opened(&mut self, now: Instant, conn: ConnectionId) {
        let Next::Connecting { conn: connecting, session, .. } = self.next else { return };
        if connecting != conn {
            return;
        }
        let now = self.tick(now);
        if self.current.is_some() || self.is_overlapping() {
            self.overlap_until = now.after(self.config.drain_ms.into());
        }
        self.next = Next::Off;
        self.drained();
        let opened = Current::new(now, conn, session, &self.config, &mut self.secret);
        if let Some(Current { conn, session, .. }) = self.current.replace(opened) {
            // With its session over, it may have been out of the room for a while.
            self.had_gap |= session.ends_at.is_due(now);
            self.draining = Some(Draining { conn, session, until: self.drained_at(now) });
        }
    }

    /// The connection has ended, or could not be opened.
    pub fn closed(&mut self, now: Instant, conn: ConnectionId, closed: CloseEvent) {
        if matches!(self.next, Next::Connecting { conn: connecting, .. } if connecting == conn) {
            self.tick(now);
            self.not_opened(closed);
        } else if self.current.as_ref().is_some_and(|current| current.conn == conn) {
            self.tick(now);
            self.lost(closed);
        } else if self.draining.as_ref().is_some_and(|draining| draining.conn == conn) {
            let now = self.tick(now);
            self.draining = None;
            self.in_flight.lose(conn, now);
            self.overlap_until = now.after(self.config.drain_ms.into());
        }
    }

    /// The connection has shown that it is alive, by something that is not a payload: a WebSocket ping or pong.
    pub fn alive(&mut self, now: Instant, conn: ConnectionId) {
        if self.current.as_ref().is_some_and(|current| current.conn == conn) {
            let now = self.tick(now);
            self.heard(now);
        }
    }

    /// A text message has been received. `None` if it need not be looked at: it has been received on another connection before, or this connection
    /// [exists no more](Output::Close).
    ///
    /// # Errors
    ///
    /// If it cannot be decoded. The connection goes on, and so does everything else.
    #[inline]
    pub fn recv<'m>(
        &mut self,
        now: Instant,
        conn: ConnectionId,
        message: &'m [u8],
    ) -> Result<Option<Received<'m, T>>, DecodeError> {
        if !self.receive(now, conn) {
            return Ok(None);
        }
        match Subscribe::decode(message) {
            Ok(payload) => Ok(self.answered(conn, &payload).ok().map(|settled| Received { payload, settled })),
            Err(error) => Err(self.not_decoded(error)),
        }
    }

    /// As [`recv`](Self::recv), for a text message that is known to be UTF-8.
    ///
    /// # Errors
    ///
    /// If it cannot be decoded.
    #[inline]
    pub fn recv_str<'m>(
        &mut self,
        now: Instant,
        conn: ConnectionId,
        message: &'m str,
    ) -> Result<Option<Received<'m, T>>, DecodeError> {
        if !self.receive(now, conn) {
            return Ok(None);
        }
        match Subscribe::decode_str(message) {
            Ok(payload) => Ok(self.answered(conn, &payload).ok().map(|settled| Received { payload, settled })),
            Err(error) => Err(self.not_decoded(error)),
        }
    }

    /// Whether a connection is there to receive on. If so, it is alive.
    #[inline]
    fn receive(&mut self, now: Instant, conn: ConnectionId) -> bool {
        if self.current.as_ref().is_some_and(|current| current.conn == conn) {
            let now = self.tick(now);
            self.heard(now);
            true
        } else if self.draining.as_ref().is_some_and(|draining| draining.conn == conn) {
            self.tick(now);
            true
        } else {
            false
        }
    }

    #[cold]
    const fn not_decoded(&mut self, error: DecodeError) -> DecodeError {
        count(&mut self.counters.not_decoded);
        error
    }

    /// The request that a payload answers, if it answers one.
    #[inline]
    fn answered(&mut self, conn: ConnectionId, payload: &Subscribe<'_>) -> Result<Option<Settled<T>>, Duplicate> {
        match payload {
            Subscribe::Message(_) if self.in_flight.len() == 0 && !self.is_overlapping() => Ok(None),
            Subscribe::Message(message) if self.is_duplicate(Use::Message, message.id) => Err(Duplicate),
            Subscribe::Message(message) => Ok(self.echo(conn, message)),
            Subscribe::Event(event) if self.is_duplicate(Use::Event, event.id) => Err(Duplicate),
            Subscribe::Event(event) => Ok(self.event(conn, event)),
            Subscribe::Error(error) => Ok(self.error(conn, error)),
            Subscribe::Unknown(_) => {
                count(&mut self.counters.unknown);
                Ok(None)
            }
        }
    }

    /// Whether what comes may have come before, or may come again.
    #[cfg_attr(target_os = "none", inline(never))]
    const fn is_overlapping(&self) -> bool {
        let is_opening_beside = matches!((&self.next, &self.current), (Next::Connecting { .. }, Some(_)));
        is_opening_beside || self.draining.is_some() || self.now.as_millis() < self.overlap_until.as_millis()
    }

    /// Whether a message or an event has come before. Errors never have.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    fn is_duplicate(&mut self, kind: Use, id: Text<'_>) -> bool {
        let is_duplicate = self.is_overlapping() && !id.is_empty() && self.seen.note(self.secret.tag(kind, id));
        if is_duplicate {
            count(&mut self.counters.duplicates);
        }
        is_duplicate
    }

    /// The request that a message answers: one that was sent, with its `RequestId`, and not by somebody else.
    #[inline]
    fn echo(&mut self, conn: ConnectionId, message: &Message<'_>) -> Option<Settled<T>> {
        let session = self.session(conn)?;
        let from_us = |secret: &Secret| session.may_be(message.sender.user_id, secret);
        self.confirm(message.request_id?, |secret| from_us(secret).then_some(Target::Sent))
    }

    /// The request that an event answers: one for just this, with its `RequestId`. If it is this user who is disconnected, the connection is
    /// about to be closed.
    fn event(&mut self, conn: ConnectionId, event: &Event<'_>) -> Option<Settled<T>> {
        let session = self.session(conn)?;
        if session.is_known() && is_disconnection(event, |user_id| session.may_be(user_id, &self.secret)) {
            self.disconnection_until = self.now.after(DISCONNECTION_MS);
        }
        self.confirm(event.request_id?, |secret| Target::of_event(event, secret))
    }

    /// Confirms the request with this `RequestId`, if what has happened is what it asked for.
    fn confirm(
        &mut self,
        request_id: Text<'_>,
        happened: impl FnOnce(&Secret) -> Option<Target>,
    ) -> Option<Settled<T>> {
        if !self.in_flight.may_have(request_id) {
            return None;
        }
        let tag = self.secret.tag(Use::RequestId, request_id);
        let (handle, target) = self.in_flight.waiting_as(tag)?;
        if happened(&self.secret) != Some(target) {
            count(&mut self.counters.mismatched);
            return None;
        }
        self.in_flight.settle(handle, Outcome::Confirmed)
    }

    /// The request that an error answers: one that was sent on the same connection.
    fn error(&mut self, conn: ConnectionId, error: &ServiceError<'_>) -> Option<Settled<T>> {
        let settled = self.reject(conn, error);
        if settled.is_none() {
            count(&mut self.counters.unsolicited_errors);
        }
        if error.error_code == ErrorCode::UNAUTHORIZED {
            self.expired(conn);
        }
        settled
    }

    fn reject(&mut self, conn: ConnectionId, error: &ServiceError<'_>) -> Option<Settled<T>> {
        let handle = match error.request_id {
            Some(request_id) => self.in_flight.waiting_on(conn, self.secret.tag(Use::RequestId, request_id))?,
            None => self.in_flight.lone_deletion(conn, self.secret.tag(Use::Target, error.id?))?,
        };
        self.in_flight.settle(handle, Outcome::Rejected(error.error_code))
    }

    /// What is to be done next. To be asked until it is to [`Wait`](Output::Wait), after anything has happened and when the moment that was waited for has
    /// come; being asked more often, later or earlier does no harm.
    pub fn poll(&mut self, now: Instant) -> Output<T> {
        let now = self.tick(now);
        self.run_timers(now);
        if let Some((conn, code)) = self.closing.iter_mut().find_map(Option::take) {
            return Output::Close { conn, code };
        }
        if let Some(settled) = self.in_flight.next_due(now) {
            return Output::Settled(settled);
        }
        let state = self.state_to_report();
        if state != self.reported {
            self.reported = state;
            self.had_gap = false;
            return Output::State(state);
        }
        if self.next == Next::Want && !self.fetching {
            self.fetching = true;
            return Output::FetchToken;
        }
        self.wait = self.next_deadline(now);
        Output::Wait(Some(self.wait).filter(|wait| *wait != Instant::NEVER))
    }

    /// The state; but after a gap one connection does not follow another as if there had been none.
    const fn state_to_report(&self) -> ConnectionState {
        match (self.reported, self.state()) {
            (ConnectionState::Connected(_), ConnectionState::Connected(_)) if self.had_gap => {
                ConnectionState::Connecting
            }
            (_, state) => state,
        }
    }

    // Time.

    /// Takes note of the time. A clock that steps back is held; one that has leapt far beyond the moment that was waited for means that the
    /// caller has been asleep, and may have received what it has not yet told.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    fn tick(&mut self, now: Instant) -> Instant {
        if now < self.now {
            count(&mut self.counters.steps_back);
            return self.now;
        }
        if self.wait.is_due(now) {
            if now > self.wait.after(LATE_MS) && self.late_in_a_row < LATE_IN_A_ROW {
                self.late_in_a_row = self.late_in_a_row.saturating_add(1);
                self.wait_anew(now);
            } else {
                self.late_in_a_row = 0;
            }
            self.wait = Instant::NEVER;
        }
        self.now = now;
        now
    }

    /// What the service is waited for, it is given the whole time for once more.
    #[cold]
    fn wait_anew(&mut self, now: Instant) {
        count(&mut self.counters.late);
        self.in_flight.wait_until(now.after(self.config.settle_ms.into()));
        self.heard(now);
        if self.now < self.overlap_until {
            self.overlap_until = self.overlap_until.max(now.after(self.config.drain_ms.into()));
        }
        let drained_at = self.drained_at(now);
        if let Some(draining) = &mut self.draining {
            draining.until = drained_at;
        }
    }

    /// When a connection has been listened to for long enough that is replaced now.
    fn drained_at(&self, now: Instant) -> Instant {
        now.after(self.config.drain_ms.max(self.config.settle_ms).into())
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn heard(&mut self, now: Instant) {
        if let Some(current) = &mut self.current {
            current.heard(now, &self.config);
        }
    }

    /// Does what is due.
    fn run_timers(&mut self, now: Instant) {
        match self.next {
            Next::Connecting { conn, until, .. } if until.is_due(now) => {
                self.disconnect(conn, TIMEOUT);
                self.not_opened(CloseEvent::abnormal());
            }
            _ => {}
        }
        match self.current {
            Some(Current { conn, idle_at, .. }) if idle_at.is_due(now) => {
                self.disconnect(conn, TIMEOUT);
                self.lost(CloseEvent::abnormal());
            }
            _ => {}
        }
        match self.draining {
            Some(Draining { conn, until, .. }) if until.is_due(now) && !self.in_flight.is_waiting_on(conn, now) => {
                self.drained();
            }
            _ => {}
        }
        match (&self.next, &self.current) {
            (Next::Off, Some(current)) if current.refresh_at.is_due(now) => self.refresh(),
            (Next::Backoff { until }, _) if until.is_due(now) => self.next = Next::Want,
            _ => {}
        }
    }

    /// When something is due next.
    fn next_deadline(&self, now: Instant) -> Instant {
        let next = match (&self.next, &self.current) {
            (Next::Connecting { until, .. } | Next::Backoff { until }, _) => *until,
            (Next::Off, Some(current)) => current.refresh_at,
            _ => Instant::NEVER,
        };
        let idle_at = self.current.as_ref().map(|current| current.idle_at);
        // Once that has passed, it is the requests that are waited for.
        let drained_at = self.draining.as_ref().map(|draining| draining.until).filter(|until| !until.is_due(now));
        [idle_at, drained_at, self.in_flight.next_deadline()].into_iter().flatten().fold(next, Instant::min)
    }

    // Transitions.

    /// The session of a connection that is there.
    fn session(&self, conn: ConnectionId) -> Option<Session> {
        match (&self.current, &self.draining) {
            (Some(current), _) if current.conn == conn => Some(current.session),
            (_, Some(draining)) if draining.conn == conn => Some(draining.session),
            _ => None,
        }
    }

    /// Whether the current connection has lasted. If so, what failed before it counts no more.
    fn has_lasted(&mut self) -> bool {
        let lasted = self
            .current
            .as_ref()
            .is_some_and(|current| self.now.since(current.opened_at) >= self.config.stable_ms.into());
        if lasted {
            self.forgive();
        }
        lasted
    }

    const fn forgive(&mut self) {
        self.failures = 0;
        self.may_replace_token = true;
    }

    /// The session is about to end: the next connection is to be there before.
    fn refresh(&mut self) {
        self.has_lasted();
        self.next = Next::Want;
    }

    /// The service says that the connection has expired. It is about to close it, and until then it is no worse than none.
    fn expired(&mut self, conn: ConnectionId) {
        if self.next != Next::Off || self.current.as_ref().is_none_or(|current| current.conn != conn) {
            return;
        }
        if self.has_lasted() {
            self.next = Next::Want;
        } else {
            self.back_off();
        }
    }

    /// The current connection has ended. If the next one is on its way already, it is that which follows.
    fn lost(&mut self, closed: CloseEvent) {
        if self.next == Next::Off {
            self.has_lasted();
        }
        if self.is_overlapping() {
            // What it has delivered, the next connection may deliver again, whenever that opens.
            self.overlap_until = Instant::NEVER;
        }
        let Some(Current { conn, .. }) = self.current.take() else { return };
        self.had_gap = true;
        count(&mut self.counters.lost_connections);
        self.in_flight.lose(conn, self.now);
        if self.now < self.disconnection_until && !closed.is_overridden() {
            self.stop(DisconnectReason::DisconnectedUser);
        } else if self.next == Next::Off || closed.action() == ReconnectAction::End {
            self.follow(closed);
        } else if let Next::Stopped(_) = self.next {
            self.drained();
        }
    }

    /// An attempt at a connection has failed. The one that is there, if there is one, stays.
    fn not_opened(&mut self, closed: CloseEvent) {
        self.next = Next::Off;
        count(&mut self.counters.lost_connections);
        self.follow(closed);
    }

    /// Does what a connection has left to be done.
    fn follow(&mut self, closed: CloseEvent) {
        match closed.action() {
            ReconnectAction::Retry => self.back_off(),
            ReconnectAction::NewToken if self.may_replace_token => {
                self.may_replace_token = false;
                self.next = Next::Want;
            }
            ReconnectAction::NewToken | ReconnectAction::End => self.stop(closed.reason()),
        }
    }

    /// Waits until the next attempt: at random, and longer each time.
    fn back_off(&mut self) {
        let Config { backoff_min_ms, backoff_base_ms, backoff_max_ms, .. } = self.config;
        let doubled = backoff_base_ms.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        let spread = doubled.min(backoff_max_ms).saturating_sub(backoff_min_ms);
        let wait_ms = backoff_min_ms.saturating_add(self.secret.chance(spread));
        count(&mut self.failures);
        self.next = Next::Backoff { until: self.now.after(wait_ms.into()) };
    }

    /// No connection follows. The one that is there, if there is one, stays.
    fn stop(&mut self, reason: DisconnectReason) {
        if let Next::Connecting { conn, .. } = self.next {
            self.disconnect(conn, NORMAL);
        }
        self.next = Next::Stopped(reason);
        if self.current.is_none() {
            self.drained();
        }
    }

    /// The connection that has been replaced has nothing more to say.
    fn drained(&mut self) {
        if let Some(Draining { conn, .. }) = self.draining.take() {
            self.disconnect(conn, NORMAL);
            self.overlap_until = self.now.after(self.config.drain_ms.into());
        }
    }

    /// A connection is to be closed; what is in flight on it is lost.
    fn disconnect(&mut self, conn: ConnectionId, code: u16) {
        self.in_flight.lose(conn, self.now);
        if let Some(slot) = self.closing.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some((conn, code));
        }
    }
}

/// Whether an event is the disconnection of such a user.
fn is_disconnection(event: &Event<'_>, is_it: impl FnOnce(Text<'_>) -> bool) -> bool {
    matches!(event.kind(), EventKind::DisconnectedUser { user_id, .. } if is_it(user_id))
}

/// The payload has been received before.
struct Duplicate;

/// A request that can be sent.
struct Prepared<'b> {
    conn: ConnectionId,
    tag: u64,
    mark: u64,
    payload: &'b [u8],
}
