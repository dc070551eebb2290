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

/// The maximum number of connections that wait to be closed: the current one, a draining one, and
/// one that is being opened. A fourth would need a token, and `poll` reports these first.
const CLOSING: usize = 3;

/// A client for one chat session.
///
/// It outlives its connections. The [module](super) explains how a host drives it.
///
/// `T` is the caller's data for a request, which is returned with the outcome. `INFLIGHT` is the
/// maximum number of requests without an outcome. `DEDUP` is the number of messages and events that
/// are remembered while two connections overlap, at 12 bytes each. It should be the number of
/// messages that the room can produce in the time by which one connection may lag behind the other.
/// The default suffices for 10 seconds at 100 messages per second, the maximum of a room.
///
/// # Intents
///
/// The host calls these for the application:
///
/// - [`connect`](Self::connect) opens a connection and keeps one open.
/// - [`disconnect`](Self::disconnect) closes it at once;
///   [`disconnect_when_settled`](Self::disconnect_when_settled) waits for outcomes first.
/// - [`refresh`](Self::refresh) replaces the connection.
/// - [`send`](Self::send) and `send_in_string` encode a request; [`abandon`](Self::abandon) gives
///   one up.
///
/// # Events
///
/// The host calls these when something happened:
///
/// - [`handle_token`](Self::handle_token) and [`handle_token_error`](Self::handle_token_error)
///   answer [`Output::FetchToken`].
/// - [`handle_open`](Self::handle_open) and [`handle_close`](Self::handle_close) report the
///   beginning and the end of a connection.
/// - [`handle_message`](Self::handle_message) and [`handle_message_str`](Self::handle_message_str)
///   report a text message.
/// - [`handle_pong`](Self::handle_pong) reports a pong.
///
/// # Poll
///
/// After each of these, and when the moment of the last [`Output::Wait`] is reached, the host calls
/// [`poll`](Self::poll) until it returns `Wait`. Outputs that are due at the same moment are
/// returned in this order: `Close`, `Ping`, `Settled`, `State`, `Replaced`, `PossibleGap`,
/// `FetchToken`, `Wait`.
///
/// # Queries
///
/// These change nothing: [`state`](Self::state), [`current`](Self::current),
/// [`reconnect_at`](Self::reconnect_at), [`in_flight_len`](Self::in_flight_len),
/// [`counters`](Self::counters), [`config`](Self::config).
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{Client, Config};
///
/// // Four requests in flight, each with a `u32`, and 64 remembered payloads.
/// let client: Client<u32, 4, 64> = Client::new(Config::with_pings(), *b"not random, alas");
/// assert_eq!(client.in_flight_len(), 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client<T = (), const INFLIGHT: usize = 16, const DEDUP: usize = 1024> {
    pub(super) config: Config,
    pub(super) hasher: KeyedHasher,
    pub(super) clock: Clock,
    /// The moment of the last `Wait`.
    pub(super) wait: Instant,

    // Open connections.
    pub(super) current: Option<Link>,
    pub(super) draining: Option<Draining>,
    pub(super) closing: [Option<(ConnectionId, u16)>; CLOSING],

    // The next connection.
    pub(super) next: Next,
    pub(super) fetch: Option<Fetch>,
    fetches: u64,
    connections: u64,
    /// The side of the latest connection.
    side: Side,
    /// The failed attempts since a connection was stable. They lengthen the wait.
    pub(super) failures: u32,
    /// Those of them that failed without a connection. They are limited.
    pub(super) attempts: u32,
    /// `true` if a refused token may be replaced at once.
    pub(super) may_replace_token: bool,
    /// The start of the current attempt.
    pub(super) attempt_at: Instant,
    /// The time of the call for a refresh that has not begun.
    pub(super) refresh_asked_at: Instant,
    /// The start of the last refresh that the caller requested.
    pub(super) refreshed_at: Instant,
    /// The replacements of connections that may have been dead.
    pub(super) replacements: Rate<REPLACEMENTS, HOUR_MS>,

    // Reported state.
    reported: ConnectionState,
    reported_current: Option<ConnectionId>,
    /// `true` if a possible gap has not been reported.
    pub(super) has_gap: bool,

    pub(super) in_flight: InFlight<T, INFLIGHT>,
    requests: u64,
    rate: Rate<10>,
    pub(super) dedup: DedupWindow<DEDUP>,
    /// The end of the time in which connections may deliver duplicates.
    pub(super) overlap_until: Instant,
    pub(super) counters: Counters,
}

impl<T, const INFLIGHT: usize, const DEDUP: usize> Client<T, INFLIGHT, DEDUP> {
    /// Creates a client that is disconnected.
    ///
    /// The `seed` makes the generated `RequestId`s unguessable and spreads the reconnects of many
    /// clients. It must be 16 bytes from a cryptographic random source, new for each client and
    /// each start. The same seed and the same calls produce the same outputs.
    ///
    /// Invalid settings are [replaced](Config#valid-ranges).
    ///
    /// # Examples
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

    /// Creates a client without a seed, for a `static`.
    ///
    /// The host must call [`seed`](Self::seed) before [`connect`](Self::connect).
    ///
    /// # Examples
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

    /// Sets the seed of an [unseeded](Self::unseeded) client. A client that has a seed keeps it.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{Client, Config};
    ///
    /// let mut client: Client = Client::unseeded(Config::with_pings());
    /// client.seed(*b"not random, alas");
    /// assert_eq!(client, Client::new(Config::with_pings(), *b"not random, alas"));
    /// ```
    pub const fn seed(&mut self, seed: [u8; 16]) {
        if !self.hasher.is_seeded() {
            self.hasher = KeyedHasher::new(seed);
        }
    }

    // Queries.

    /// Returns the settings, with invalid values [replaced](Config#valid-ranges).
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{Client, Config};
    ///
    /// let mut config = Config::with_pings();
    /// config.max_code_points = 5_000;
    /// let client: Client = Client::new(config, *b"not random, alas");
    /// assert_eq!(client.config().max_code_points, 500);
    /// ```
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the current state, even if [`poll`](Self::poll) has not reported it yet.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// assert_eq!(client.state(), ConnectionState::Connected);
    /// ```
    #[must_use]
    pub const fn state(&self) -> ConnectionState {
        match (&self.current, &self.next) {
            (Some(_), _) => ConnectionState::Connected,
            (None, Next::Stopped(reason)) => ConnectionState::Disconnected(*reason),
            (None, _) => ConnectionState::Connecting,
        }
    }

    /// Returns the connection on which requests are sent.
    ///
    /// A refresh changes it without changing the [state](Self::state).
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// assert_eq!(client.current(), Some(connection));
    /// ```
    #[must_use]
    pub const fn current(&self) -> Option<ConnectionId> {
        match &self.current {
            Some(link) => Some(link.id),
            None => None,
        }
    }

    /// Returns the start of the next attempt while the client waits for it.
    ///
    /// An application can show it as "reconnecting in 3 s".
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// client.handle_close(now, connection, CloseEvent::abnormal());
    /// assert!(client.reconnect_at().unwrap() > now);
    /// ```
    #[must_use]
    pub fn reconnect_at(&self) -> Option<Instant> {
        match self.next {
            Next::Backoff { until } => self.clock.reading_at(until),
            _ => None,
        }
    }

    /// Returns the number of requests without a reported outcome.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// use ivs_chat_proto::publish::DeleteMessage;
    ///
    /// let _ = client.send(now, DeleteMessage::new("m1"), 7, &mut [0; 128])?;
    /// assert_eq!(client.in_flight_len(), 1);
    /// # Ok::<(), SendError<u32>>(())
    /// ```
    #[must_use]
    pub const fn in_flight_len(&self) -> usize {
        self.in_flight.len()
    }

    /// Returns the counts of unusual events.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// assert!(client.handle_message(now, connection, b"no JSON").is_err());
    /// assert_eq!(client.counters().not_decoded, 1);
    /// ```
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    // Intents.

    /// Opens a connection, and keeps one open until the session ends.
    ///
    /// Earlier failures no longer count. The call changes nothing if the client is connected or
    /// connecting, except that it cancels
    /// [`disconnect_when_settled`](Self::disconnect_when_settled). Without a [seed](Self::seed),
    /// the client stays disconnected.
    ///
    /// # Examples
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
        self.reset_backoff();
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

    /// Closes all connections and ends the session.
    ///
    /// Requests in flight become [`Unknown`](super::Outcome::Unknown).
    ///
    /// # Examples
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

    /// Disconnects as soon as every request in flight has an outcome.
    ///
    /// The client disconnects at once if no request is in flight or if there is no connection.
    /// Until then it [refuses](SendErrorKind::Disconnecting) requests, and
    /// [`connect`](Self::connect) cancels the call.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// client.disconnect_when_settled(now);
    /// let close = Output::Close { connection, code: 1000 };
    /// assert_eq!(client.poll(now), close);
    /// ```
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

    /// Opens a new connection beside the current one, after a network change or a sleep.
    ///
    /// The current connection stays until the new one is open. The call ends a wait for the next
    /// attempt, and restarts an attempt that is older than 5 seconds. Calls within 5 seconds count
    /// as one. The call changes nothing if the client is disconnected, or if the connection has
    /// been open for less than a second.
    ///
    /// # Examples
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
    /// // The operating system reports that the network is back.
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

    /// Checks a request and encodes it into `buffer`.
    ///
    /// The host must send the returned payload on the returned connection, and then call
    /// [`poll`](Self::poll), because the moment to wait for may have changed. The client returns
    /// `data` with the outcome of the request. A request without a `RequestId` gets a generated
    /// one. Nothing is queued: the client refuses a request that cannot be sent now.
    ///
    /// A buffer of [`SendMessage::MAX_PLAIN_LEN`](crate::publish::SendMessage::MAX_PLAIN_LEN) bytes
    /// is enough for every message without attributes. [`encoded_len`](Publish::encoded_len) plus
    /// 51 bytes is enough for any request. With `alloc`, `send_in_string` grows its buffer.
    ///
    /// Every user in the room can use any `RequestId`. The caller's `RequestId` must therefore be
    /// as hard to guess as a version 4 UUID, unless [the user's own ID](TokenInfo::user_id) is
    /// known.
    ///
    /// # Errors
    ///
    /// Returns an error, with `data`, if one of [these checks](SendErrorKind) fails. The client is
    /// then unchanged.
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

    /// Checks a request and encodes it into a string, like [`send`](Self::send).
    ///
    /// The string grows as needed. Its previous contents are removed.
    ///
    /// # Errors
    ///
    /// Returns an error like [`send`](Self::send), except that the buffer is never too small.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// use ivs_chat_proto::publish::DeleteMessage;
    ///
    /// let mut buffer = String::new();
    /// let sent = client.send_in_string(now, DeleteMessage::new("m1"), 7, &mut buffer)?;
    /// assert!(sent.payload.starts_with(r#"{"Action":"DELETE_MESSAGE""#));
    /// # Ok::<(), SendError<u32>>(())
    /// ```
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

    /// Makes every check of a request except for the size of the buffer.
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

    /// Gives up a request and returns its data.
    ///
    /// The request gets no outcome, and another can take its place. Returns `None` if its outcome
    /// has been reported.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// use ivs_chat_proto::publish::DeleteMessage;
    ///
    /// let mut buffer = [0; 128];
    /// let handle = client.send(now, DeleteMessage::new("m1"), 7, &mut buffer)?.handle;
    /// assert_eq!(client.abandon(handle), Some(7));
    /// assert_eq!(client.abandon(handle), None);
    /// # Ok::<(), SendError<u32>>(())
    /// ```
    pub fn abandon(&mut self, handle: RequestHandle) -> Option<T> {
        self.in_flight.take(handle).map(|request| request.data)
    }

    // Events.

    /// Reports a fetched token, and returns the connection to open with it.
    ///
    /// Returns `None` if the host must discard the token: the application no longer wants a
    /// connection, or `fetch` is not the [outstanding fetch](Output::FetchToken).
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{Client, Config, Output, TokenInfo};
    /// use ivs_chat_proto::Instant;
    ///
    /// let mut client: Client = Client::new(Config::with_pings(), *b"not random, alas");
    /// let now = Instant::from_millis(0);
    /// client.connect(now);
    /// let fetch = loop {
    ///     if let Output::FetchToken(fetch) = client.poll(now) {
    ///         break fetch;
    ///     }
    /// };
    /// assert!(client.handle_token(now, fetch, TokenInfo::new()).is_some());
    /// assert!(client.handle_token(now, fetch, TokenInfo::new()).is_none());
    /// ```
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

    /// Reports that a token fetch failed.
    ///
    /// After a [`Temporary`](FetchError::Temporary) error, the client waits and requests a token
    /// again. After a [`Permanent`](FetchError::Permanent) error, the session ends when no
    /// connection is left.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{Client, Config, ConnectionState, DisconnectReason};
    /// use ivs_chat_proto::client::{FetchError, Output};
    /// use ivs_chat_proto::Instant;
    ///
    /// let mut client: Client = Client::new(Config::with_pings(), *b"not random, alas");
    /// let now = Instant::from_millis(0);
    /// client.connect(now);
    /// let fetch = loop {
    ///     if let Output::FetchToken(fetch) = client.poll(now) {
    ///         break fetch;
    ///     }
    /// };
    /// client.handle_token_error(now, fetch, FetchError::Permanent);
    /// let no_token = ConnectionState::Disconnected(DisconnectReason::NoToken);
    /// assert_eq!(client.state(), no_token);
    /// ```
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

    /// Takes the outstanding fetch. Returns `false`, and changes nothing, if it has another number.
    fn take_fetch(&mut self, now: Instant, id: FetchId) -> bool {
        if self.fetch.as_ref().is_none_or(|fetch| fetch.id != id) {
            return false;
        }
        self.tick(now);
        self.fetch.take().is_some()
    }

    /// Reports that a connection is open.
    ///
    /// The service must have answered the handshake with status 101 and with the token.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{Client, Config, FetchId, Output, TokenInfo};
    /// use ivs_chat_proto::Instant;
    ///
    /// let mut client: Client = Client::new(Config::with_pings(), *b"not random, alas");
    /// let now = Instant::from_millis(0);
    /// client.connect(now);
    /// let fetch = loop {
    ///     if let Output::FetchToken(fetch) = client.poll(now) {
    ///         break fetch;
    ///     }
    /// };
    /// let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// client.handle_open(now, connection);
    /// assert_eq!(client.current(), Some(connection));
    /// ```
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

    /// Reports that a connection ended or could not be opened.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// client.handle_close(now, connection, CloseEvent::frame(1000, ""));
    /// let closed = ConnectionState::Disconnected(DisconnectReason::Closed(1000));
    /// assert_eq!(client.state(), closed);
    /// ```
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

    /// Reports a WebSocket pong with its application data.
    ///
    /// A pong that answers no [`Ping`](Output::Ping) of the client changes nothing.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// let Output::Wait(Some(later)) = client.poll(now) else { panic!() };
    /// let Output::Ping { connection, payload } = client.poll(later) else { panic!() };
    /// client.handle_pong(later, connection, &payload);
    /// assert_eq!(client.counters().missed_pings, 0);
    /// ```
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

    /// Returns the next output.
    ///
    /// The host must call it until it returns [`Wait`](Output::Wait): after every other call, and
    /// when the moment of the last `Wait` is reached. Further calls are harmless. Outputs that are
    /// due at the same moment are returned in this order: `Close`, `Ping`, `Settled`, `State`,
    /// `Replaced`, `PossibleGap`, `FetchToken`, `Wait`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{Client, Config, ConnectionState, Output};
    /// use ivs_chat_proto::Instant;
    ///
    /// let mut client: Client = Client::new(Config::with_pings(), *b"not random, alas");
    /// let now = Instant::from_millis(0);
    /// assert_eq!(client.poll(now), Output::Wait(None));
    /// client.connect(now);
    /// assert_eq!(client.poll(now), Output::State(ConnectionState::Connecting));
    /// assert!(matches!(client.poll(now), Output::FetchToken(_)));
    /// ```
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
