use super::clock::Clock;
use super::close_event::{CloseEvent, DisconnectReason};
use super::config::Config;
use super::connection::{ConnectionId, Draining, Link, Next, Session};
use super::counters::{Counters, count};
use super::dedup::{DedupWindow, Side};
use super::fetch::{Fetch, FetchError, FetchId};
use super::in_flight::{ExpectedEcho, InFlight, Request, Waiting, bloom_bit};
use super::keyed_hasher::{HashDomain, KeyedHasher};
use super::output::{ConnectionState, Output};
use super::send_error::{SendError, SendErrorKind};
use super::settled::{RequestHandle, Sent};
use super::token_info::TokenInfo;
use super::transitions::{FRESH_MS, HOUR_MS, REPLACEMENTS};
use crate::instant::Instant;
use crate::publish::Publish;
use crate::rate::Rate;
use crate::value::Text;

/// How many connections can be waiting to be closed: the current one, a draining one, and one that
/// is being opened. No fourth can come about before these are reported, because it needs a token,
/// and that is asked for only afterwards.
const CLOSING: usize = 3;

/// One chat session: its connections to a room, one after the other, and the requests on them. The
/// [module](super) explains how a host drives it.
///
/// `T` is the data that the caller gets back with the outcome of a request. At most `INFLIGHT`
/// requests can be without an outcome. While two connections overlap, the last `DEDUP` messages and
/// events are remembered, at 12 bytes each: choose the number of messages that the room has in the
/// time by which one connection can lag behind the other. The default suffices for 10 s at 100
/// messages a second, the most that a room allows.
///
/// # Methods
///
/// - What the application wants: [`connect`](Self::connect), [`disconnect`](Self::disconnect),
///   [`disconnect_when_settled`](Self::disconnect_when_settled), [`refresh`](Self::refresh),
///   [`send`](Self::send), [`abandon`](Self::abandon).
/// - What has happened: [`handle_token`](Self::handle_token),
///   [`handle_token_error`](Self::handle_token_error), [`handle_open`](Self::handle_open),
///   [`handle_message`](Self::handle_message), [`handle_pong`](Self::handle_pong),
///   [`handle_close`](Self::handle_close).
/// - What to do: [`poll`](Self::poll), after each of these and when its moment has come.
/// - Queries: [`state`](Self::state), [`current`](Self::current),
///   [`reconnect_at`](Self::reconnect_at), [`in_flight_len`](Self::in_flight_len),
///   [`counters`](Self::counters), [`config`](Self::config).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client<T = (), const INFLIGHT: usize = 16, const DEDUP: usize = 1024> {
    pub(super) config: Config,
    pub(super) hasher: KeyedHasher,
    pub(super) clock: Clock,
    /// Until when the caller was told to wait.
    pub(super) wait: Instant,

    // The connections that are there.
    pub(super) current: Option<Link>,
    pub(super) draining: Option<Draining>,
    pub(super) closing: [Option<(ConnectionId, u16)>; CLOSING],

    // The one to come.
    pub(super) next: Next,
    pub(super) fetch: Option<Fetch>,
    fetches: u64,
    connections: u64,
    /// The side of the connection that was opened last.
    side: Side,
    /// How many attempts have failed since a connection lasted: they lengthen the wait.
    pub(super) failures: u32,
    /// How many of them have failed while there was no connection: they are limited.
    pub(super) attempts: u32,
    /// Whether a refused token may be replaced at once.
    pub(super) may_replace_token: bool,
    /// When the attempt under way began.
    pub(super) attempt_at: Instant,
    /// When the caller asked for a refresh that has not begun.
    pub(super) refresh_asked_at: Instant,
    /// When the last refresh that the caller asked for began.
    pub(super) refreshed_at: Instant,
    /// When the client replaced connections that may have been dead.
    pub(super) replacements: Rate<REPLACEMENTS, HOUR_MS>,

    // What has been reported.
    reported: ConnectionState,
    reported_current: Option<ConnectionId>,
    /// Whether messages may have been missed, which has not been reported.
    pub(super) has_gap: bool,

    pub(super) in_flight: InFlight<T, INFLIGHT>,
    requests: u64,
    rate: Rate<10>,
    pub(super) dedup: DedupWindow<DEDUP>,
    /// Until when a connection may deliver what another has delivered before.
    pub(super) overlap_until: Instant,
    pub(super) counters: Counters,
}

impl<T, const INFLIGHT: usize, const DEDUP: usize> Client<T, INFLIGHT, DEDUP> {
    /// Creates a client that is disconnected.
    ///
    /// The `seed` makes the generated `RequestId`s unguessable, and spreads the reconnects of many
    /// clients. Take 16 bytes from a cryptographic random source for each client and each start.
    /// The same seed and the same calls give the same outputs.
    ///
    /// Settings that cannot be right are [replaced](Config).
    ///
    /// ```
    /// use ivs_chat_proto::client::{Client, Config, ConnectionState, DisconnectReason};
    ///
    /// let client: Client = Client::new(Config::with_pings(), *b"not random, alas");
    /// let not_wanted = ConnectionState::Disconnected(DisconnectReason::NotWanted);
    /// assert_eq!(client.state(), not_wanted);
    /// ```
    #[must_use]
    pub const fn new(config: Config, seed: [u8; 16]) -> Self {
        Self::with_hasher(config, KeyedHasher::new(seed))
    }

    /// Creates a client without a seed, for a `static` that is initialized before random numbers
    /// can be had. [`seed`](Self::seed) it before [`connect`](Self::connect).
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::client::{Client, Config, ConnectionState};
    ///
    /// const CLIENT: Client<(), 2, 8> = Client::unseeded(Config::with_pings());
    ///
    /// let mut client = CLIENT;
    /// client.seed(*b"not random, alas");
    /// client.connect(Instant::from_millis(0));
    /// assert_eq!(client.state(), ConnectionState::Connecting);
    /// ```
    #[must_use]
    pub const fn unseeded(config: Config) -> Self {
        Self::with_hasher(config, KeyedHasher::unseeded())
    }

    const fn with_hasher(config: Config, hasher: KeyedHasher) -> Self {
        Self {
            config: config.clamped(),
            hasher,
            clock: Clock::new(),
            wait: Instant::NEVER,
            current: None,
            draining: None,
            closing: [None; CLOSING],
            next: Next::Stopped(DisconnectReason::NotWanted),
            fetch: None,
            fetches: 0,
            connections: 0,
            side: Side::Left,
            failures: 0,
            attempts: 0,
            may_replace_token: true,
            attempt_at: Instant::from_millis(0),
            refresh_asked_at: Instant::NEVER,
            refreshed_at: Instant::NEVER,
            replacements: Rate::new(),
            reported: ConnectionState::Disconnected(DisconnectReason::NotWanted),
            reported_current: None,
            has_gap: false,
            in_flight: InFlight::new(),
            requests: 0,
            rate: Rate::new(),
            dedup: DedupWindow::new(),
            overlap_until: Instant::from_millis(0),
            counters: Counters::new(),
        }
    }

    /// Gives an [unseeded](Self::unseeded) client its seed. A client that has a seed keeps it.
    pub const fn seed(&mut self, seed: [u8; 16]) {
        if !self.hasher.is_seeded() {
            self.hasher = KeyedHasher::new(seed);
        }
    }

    // Queries.

    /// Returns the settings, with those replaced that [could not be right](Config).
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the state as of now, whether or not [`poll`](Self::poll) has reported it.
    #[must_use]
    pub const fn state(&self) -> ConnectionState {
        match (&self.current, &self.next) {
            (Some(_), _) => ConnectionState::Connected,
            (None, Next::Stopped(reason)) => ConnectionState::Disconnected(*reason),
            (None, _) => ConnectionState::Connecting,
        }
    }

    /// Returns the connection on which requests are sent.
    #[must_use]
    pub const fn current(&self) -> Option<ConnectionId> {
        match &self.current {
            Some(link) => Some(link.id),
            None => None,
        }
    }

    /// Returns when the next attempt begins, if it has to wait: for "reconnecting in 3 s".
    #[must_use]
    pub fn reconnect_at(&self) -> Option<Instant> {
        match self.next {
            Next::Backoff { until } => self.clock.reading_at(until),
            _ => None,
        }
    }

    /// Returns the number of requests without an outcome that has been reported.
    #[must_use]
    pub const fn in_flight_len(&self) -> usize {
        self.in_flight.len()
    }

    /// Returns how often unusual things have happened.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    // What the application wants.

    /// Asks for a connection, from now on and until the session ends. Changes nothing if the client
    /// is connected or connecting, except that it cancels
    /// [`disconnect_when_settled`](Self::disconnect_when_settled).
    ///
    /// Failures before no longer count. Without a [seed](Self::seed), the client stays
    /// disconnected.
    ///
    /// ```
    /// # use ivs_chat_proto::Instant;
    /// # use ivs_chat_proto::client::{Client, Config, ConnectionState, Output};
    /// # let mut client: Client = Client::new(Config::with_pings(), *b"not random, alas");
    /// let now = Instant::from_millis(0);
    /// client.connect(now);
    /// assert_eq!(client.poll(now), Output::State(ConnectionState::Connecting));
    /// assert!(matches!(client.poll(now), Output::FetchToken(_)));
    /// ```
    pub fn connect(&mut self, now: Instant) {
        self.tick(now);
        let Next::Stopped(reason) = self.next else { return };
        if !self.hasher.is_seeded() {
            self.next = Next::Stopped(DisconnectReason::Unseeded);
            return;
        }
        self.forget_failures();
        match &self.current {
            Some(link) if reason == DisconnectReason::NotWanted && !link.is_expired => {
                let is_suspect = link.is_suspect;
                self.next = Next::Idle;
                if is_suspect {
                    self.replace_suspect();
                }
            }
            _ => self.await_token(),
        }
    }

    /// Closes the connection and stops. What is in flight becomes
    /// [`Unknown`](super::Outcome::Unknown).
    ///
    /// ```
    /// # use ivs_chat_proto::Instant;
    /// # use ivs_chat_proto::client::{Client, Config, ConnectionState, DisconnectReason};
    /// # let mut client: Client = Client::new(Config::with_pings(), *b"not random, alas");
    /// # let now = Instant::from_millis(0);
    /// client.connect(now);
    /// client.disconnect(now);
    /// let not_wanted = ConnectionState::Disconnected(DisconnectReason::NotWanted);
    /// assert_eq!(client.state(), not_wanted);
    /// ```
    pub fn disconnect(&mut self, now: Instant) {
        self.tick(now);
        self.end_session(DisconnectReason::NotWanted);
    }

    /// Disconnects as soon as every request in flight has its outcome: at once if there is none, or
    /// if there is no connection.
    ///
    /// Until then, requests are [refused](SendErrorKind::Disconnecting), and
    /// [`connect`](Self::connect) cancels it.
    pub fn disconnect_when_settled(&mut self, now: Instant) {
        self.tick(now);
        if self.current.is_some() {
            self.stop(DisconnectReason::NotWanted);
        }
        self.disconnect_if_settled();
        if self.current.is_none() {
            self.end_session(DisconnectReason::NotWanted);
        }
    }

    /// Asks for a new connection beside the current one: the network has changed, or the device has
    /// been asleep.
    ///
    /// The current connection is kept until the new one is open. A wait for the next attempt is cut
    /// short, and an attempt that has been under way for 5 s is restarted. Calls within 5 s of each
    /// other count as one. Changes nothing if the client is disconnected, or if the connection has
    /// been open for less than a second.
    ///
    /// ```
    /// # use ivs_chat_proto::Instant;
    /// # use ivs_chat_proto::client::{Client, CloseEvent, Config, FetchError, Output};
    /// # let mut client: Client = Client::new(Config::with_pings(), *b"not random, alas");
    /// # let now = Instant::from_millis(0);
    /// client.connect(now);
    /// # let _ = client.poll(now);
    /// let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// client.handle_token_error(now, fetch, FetchError::Temporary { retry_after: None });
    /// assert!(client.reconnect_at().is_some());
    ///
    /// // The operating system says that there is a network again.
    /// client.refresh(now);
    /// assert!(matches!(client.poll(now), Output::FetchToken(_)));
    /// ```
    pub fn refresh(&mut self, now: Instant) {
        self.tick(now);
        let now = self.clock.now();
        let is_fresh = match (&self.next, &self.current) {
            (Next::Stopped(_), _) => true,
            (Next::Idle, Some(link)) => now.since(link.opened_at) < FRESH_MS,
            _ => false,
        };
        if !is_fresh && self.refresh_asked_at == Instant::NEVER {
            self.refresh_asked_at = now;
        }
    }

    /// Checks a request, gives it a `RequestId` if it has none, and encodes it into `buffer`. The
    /// host then sends the payload that is returned; `data` comes back with the request's outcome.
    ///
    /// Nothing is queued: a request that cannot be sent now is refused. Call [`poll`](Self::poll)
    /// afterwards, because there is a new moment to wait for.
    ///
    /// A buffer of [`SendMessage::MAX_PLAIN_LEN`](crate::publish::SendMessage::MAX_PLAIN_LEN) bytes
    /// is enough for every message without attributes, and [`encoded_len`](Publish::encoded_len)
    /// plus 51 bytes for any request. With `alloc`, `send_in_string` makes room itself.
    ///
    /// A `RequestId` of the caller's own must be as hard to guess as a version 4 UUID, unless
    /// [the user's own ID](TokenInfo::user_id) is known: everybody in the room can use it.
    ///
    /// # Errors
    ///
    /// Returns an error for one of [these reasons](SendErrorKind), with `data`. Nothing has changed
    /// in that case.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::Instant;
    /// # use ivs_chat_proto::client::{Client, Config, Output, TokenInfo};
    /// use ivs_chat_proto::Content;
    /// use ivs_chat_proto::publish::SendMessage;
    ///
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), *b"not random, alas");
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// let mut buffer = [0; SendMessage::MAX_PLAIN_LEN];
    /// let hello = SendMessage::new(Content::new("Hello 👋")?);
    /// let sent = client.send(now, hello, 7, &mut buffer)?;
    /// assert_eq!(sent.connection, connection);
    /// assert!(sent.payload.contains(&sent.request_id.to_string()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send<'p, 'b>(
        &mut self,
        now: Instant,
        request: impl Into<Publish<'p>>,
        data: T,
        buffer: &'b mut [u8],
    ) -> Result<Sent<'b>, SendError<T>> {
        self.send_with(now, &request.into(), data, |publish| {
            let payload = publish.encode(buffer).map_err(SendErrorKind::BufferTooSmall)?;
            Ok(core::str::from_utf8(payload).unwrap_or_default())
        })
    }

    /// Does the same as [`send`](Self::send), but encodes the request into a string that grows as
    /// needed. What `buffer` held before is removed.
    ///
    /// # Errors
    ///
    /// Returns an error as [`send`](Self::send) does, except for lack of room.
    #[cfg(feature = "alloc")]
    pub fn send_in_string<'p, 'b>(
        &mut self,
        now: Instant,
        request: impl Into<Publish<'p>>,
        data: T,
        buffer: &'b mut alloc::string::String,
    ) -> Result<Sent<'b>, SendError<T>> {
        self.send_with(now, &request.into(), data, |publish| {
            publish.encode_in_string(buffer);
            Ok(buffer.as_str())
        })
    }

    #[inline]
    fn send_with<'b>(
        &mut self,
        now: Instant,
        publish: &Publish<'_>,
        data: T,
        encode: impl FnOnce(&Publish<'_>) -> Result<&'b str, SendErrorKind>,
    ) -> Result<Sent<'b>, SendError<T>> {
        let made = self.hasher.request_id(self.requests);
        let request_id = publish.request_id().and_then(Text::not_empty).unwrap_or(made.text());
        let id = self.hasher.id_hash(HashDomain::RequestId, request_id);
        let publish = publish.with_request_id(request_id);
        let checked = self.check(now, &publish, id);
        let payload = match checked.and_then(|()| encode(&publish)) {
            Ok(payload) => payload,
            Err(kind) => return Err(SendError { kind, data }),
        };
        self.tick(now);
        let now = self.clock.now();
        let Some(link) = &self.current else {
            return Err(SendError { kind: SendErrorKind::NotConnected, data });
        };
        let (handle, connection) = (RequestHandle::from_number(self.requests), link.id);
        self.in_flight.insert(Request {
            handle,
            connection,
            id,
            bloom: bloom_bit(request_id),
            echo: ExpectedEcho::of_publish(&publish, &self.hasher),
            waiting: Waiting::new(now, link, &self.config),
            data,
        });
        self.requests = self.requests.wrapping_add(1);
        self.rate.note(now);
        Ok(Sent { handle, connection, request_id: publish.written_request_id(payload), payload })
    }

    /// Looks for all reasons to refuse a request but the lack of room, and changes nothing.
    fn check(&self, now: Instant, publish: &Publish<'_>, id: u64) -> Result<(), SendErrorKind> {
        let Some(link) = self.current.as_ref().filter(|link| !link.is_expired) else {
            return Err(SendErrorKind::NotConnected);
        };
        if self.next == Next::Stopped(DisconnectReason::NotWanted) {
            return Err(SendErrorKind::Disconnecting);
        }
        let capability = publish.required_capability();
        if link.session.capabilities.is_some_and(|capabilities| !capabilities.permits(capability)) {
            return Err(SendErrorKind::NotPermitted(capability));
        }
        if let Publish::SendMessage(send) = publish {
            send.content.check(self.config.max_code_points).map_err(SendErrorKind::TooLong)?;
        }
        if self.in_flight.has(id) {
            return Err(SendErrorKind::RequestIdInFlight);
        }
        if self.in_flight.is_full() {
            return Err(SendErrorKind::TooManyInFlight);
        }
        let own = self.clock.at(now);
        match self.rate.retry_at(self.config.requests_per_second, own) {
            Some(retry_at) => {
                Err(SendErrorKind::TooManyRequests { retry_at: now.after(retry_at.since(own)) })
            }
            None => Ok(()),
        }
    }

    /// Gives up a request: it gets no outcome, and its place is free. Returns its data, or `None`
    /// if it has its outcome already.
    pub fn abandon(&mut self, handle: RequestHandle) -> Option<T> {
        self.in_flight.take(handle).map(|request| request.data)
    }

    // What has happened.

    /// Reports that a token has been fetched. Returns the connection to open with it.
    ///
    /// Returns `None` if the token is of no use: nobody wants a connection any more, or this is not
    /// the answer to the [latest fetch](Output::FetchToken).
    pub fn handle_token(
        &mut self,
        now: Instant,
        fetch: FetchId,
        info: TokenInfo<'_>,
    ) -> Option<ConnectionId> {
        if !self.take_fetch(now, fetch) {
            return None;
        }
        let Next::AwaitingToken = self.next else { return None };
        let now = self.clock.now();
        let id = ConnectionId::from_number(self.connections);
        self.connections = self.connections.wrapping_add(1);
        let session = Session::new(now, info, &self.hasher);
        self.next = Next::Connecting {
            id,
            session,
            until: now.after(self.config.connect_timeout_ms.into()),
        };
        Some(id)
    }

    /// Reports that a token could not be fetched.
    ///
    /// After a [`Temporary`](FetchError::Temporary) failure, the client asks again after a wait.
    /// After a [`Permanent`](FetchError::Permanent) one, the session ends when there is no
    /// connection any more.
    pub fn handle_token_error(&mut self, now: Instant, fetch: FetchId, error: FetchError) {
        if !self.take_fetch(now, fetch) || self.next != Next::AwaitingToken {
            return;
        }
        count(&mut self.counters.lost_connections);
        match error {
            FetchError::Temporary { retry_after } => {
                self.retry_later(retry_after.unwrap_or_default(), false);
            }
            FetchError::Permanent => self.stop(DisconnectReason::NoToken),
        }
    }

    /// Takes the fetch if it is the one under way. An answer to any other changes nothing.
    fn take_fetch(&mut self, now: Instant, id: FetchId) -> bool {
        if self.fetch.as_ref().is_none_or(|fetch| fetch.id != id) {
            return false;
        }
        self.tick(now);
        self.fetch.take().is_some()
    }

    /// Reports that a connection is open: its handshake was answered with 101 and with the token.
    pub fn handle_open(&mut self, now: Instant, connection: ConnectionId) {
        let Next::Connecting { id, session, .. } = self.next else { return };
        if id != connection {
            return;
        }
        self.tick(now);
        let now = self.clock.now();
        if self.current.is_some() || self.is_overlapping() {
            self.overlap_until = self.overlap_end();
        }
        self.next = Next::Idle;
        self.refresh_asked_at = Instant::NEVER;
        self.side = self.side.other();
        self.finish_draining();
        let opened = Link::new(now, id, session, self.side, &self.config, &mut self.hasher);
        if let Some(replaced) = self.current.replace(opened) {
            self.drain(replaced);
        }
    }

    /// Reports that a connection has ended or could not be opened.
    pub fn handle_close(&mut self, now: Instant, connection: ConnectionId, event: CloseEvent) {
        if matches!(self.next, Next::Connecting { id, .. } if id == connection) {
            self.tick(now);
            self.on_connect_failed(event);
        } else if self.current() == Some(connection) {
            self.tick(now);
            self.on_closed(event);
        } else if self.draining.as_ref().is_some_and(|draining| draining.link.id == connection) {
            self.tick(now);
            self.on_draining_closed();
        }
    }

    /// Reports a WebSocket pong, with its application data. A pong that answers no
    /// [`Ping`](Output::Ping) of the client changes nothing.
    pub fn handle_pong(&mut self, now: Instant, connection: ConnectionId, payload: &[u8]) {
        if self.link(connection).is_none() {
            return;
        }
        self.tick(now);
        let now = self.clock.now();
        let Self { current, draining, in_flight, config, .. } = self;
        let draining = draining.as_mut().map(|draining| &mut draining.link);
        let links = current.iter_mut().chain(draining);
        for link in links.filter(|link| link.id == connection) {
            if link.pings.answer(now, payload, config) {
                link.is_suspect = false;
                in_flight.ping_answered(now, link);
            }
        }
    }

    /// Returns what to do next. Call it until it returns [`Wait`](Output::Wait): after anything has
    /// happened, and when the moment to wait for has come. Further calls do no harm.
    pub fn poll(&mut self, now: Instant) -> Output<T> {
        self.tick(now);
        let now = self.clock.now();
        self.run_timers(now);
        if let Some((connection, code)) = self.closing.iter_mut().find_map(Option::take) {
            return Output::Close { connection, code };
        }
        if let Some((connection, payload)) = self.next_ping(now) {
            return Output::Ping { connection, payload };
        }
        if let Some(settled) = self.in_flight.next_settled() {
            return Output::Settled(settled);
        }
        let state = self.state();
        let current = self.current();
        if state != self.reported {
            self.reported = state;
            self.reported_current = current;
            return Output::State(state);
        }
        if let (Some(from), Some(to)) = (self.reported_current, current) {
            self.reported_current = current;
            if from != to {
                return Output::Replaced { from, to };
            }
            if core::mem::take(&mut self.has_gap) {
                return Output::PossibleGap;
            }
        }
        if self.next == Next::AwaitingToken && self.fetch.is_none() {
            let id = FetchId::from_number(self.fetches);
            self.fetches = self.fetches.wrapping_add(1);
            self.fetch = Some(Fetch { id, until: now.after(self.config.token_timeout_ms.into()) });
            return Output::FetchToken(id);
        }
        self.wait = self.next_deadline(now);
        Output::Wait(self.clock.reading_at(self.wait))
    }

    fn next_ping(&mut self, now: Instant) -> Option<(ConnectionId, [u8; 4])> {
        let Self { current, draining, config, .. } = self;
        let draining = draining.as_mut().map(|draining| &mut draining.link);
        let link = current.iter_mut().chain(draining).find(|link| link.pings.is_wanted)?;
        Some((link.id, link.pings.send(now, config)))
    }
}
