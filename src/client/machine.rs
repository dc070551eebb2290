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
/// one that is being opened. A fourth would need a token, which the client requests only after it
/// has reported these.
const CLOSING: usize = 3;

/// A chat session: its connections to a room, one after another, and the requests on them.
///
/// The [module](super) explains how a host drives it.
///
/// `T` is the caller's data for a request. It is returned with the outcome. At most `INFLIGHT`
/// requests can be without an outcome. While two connections overlap, the client remembers the last
/// `DEDUP` messages and events, at 12 bytes each. This should be the number of messages in the time
/// by which one connection can lag behind the other. The default suffices for 10 seconds at 100
/// messages per second, the maximum rate of a room.
///
/// # Methods
///
/// Call these to express what the application wants:
///
/// - [`connect`](Self::connect), [`disconnect`](Self::disconnect),
///   [`disconnect_when_settled`](Self::disconnect_when_settled) and [`refresh`](Self::refresh);
/// - [`send`](Self::send), `send_in_string` (with the feature `alloc`) and
///   [`abandon`](Self::abandon).
///
/// Call these to report events:
///
/// - [`handle_token`](Self::handle_token) and [`handle_token_error`](Self::handle_token_error),
///   the answers to [`Output::FetchToken`];
/// - [`handle_open`](Self::handle_open), [`handle_message`](Self::handle_message),
///   [`handle_message_str`](Self::handle_message_str), [`handle_pong`](Self::handle_pong) and
///   [`handle_close`](Self::handle_close), for each connection.
///
/// After any of these, and at the time that it last returned, call [`poll`](Self::poll) until it
/// returns [`Output::Wait`].
///
/// Call these at any time: [`state`](Self::state), [`current`](Self::current),
/// [`reconnect_at`](Self::reconnect_at), [`in_flight_len`](Self::in_flight_len),
/// [`counters`](Self::counters) and [`config`](Self::config).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client<T = (), const INFLIGHT: usize = 16, const DEDUP: usize = 1024> {
    pub(super) config: Config,
    pub(super) hasher: KeyedHasher,
    pub(super) clock: Clock,
    /// The time until which the caller was told to wait.
    pub(super) wait: Instant,

    // The open connections.
    pub(super) current: Option<Link>,
    pub(super) draining: Option<Draining>,
    pub(super) closing: [Option<(ConnectionId, u16)>; CLOSING],

    // The next connection.
    pub(super) next: Next,
    pub(super) fetch: Option<Fetch>,
    fetches: u64,
    connections: u64,
    /// The side of the connection that was opened last.
    side: Side,
    /// The number of failed attempts since a connection was stable. They lengthen the wait.
    pub(super) failures: u32,
    /// The number of attempts that failed while there was no connection. They are limited.
    pub(super) attempts: u32,
    /// Whether a rejected token is replaced without a wait.
    pub(super) may_replace_token: bool,
    /// The start of the current attempt.
    pub(super) attempt_at: Instant,
    /// The time of the call that requested a refresh, until the refresh starts.
    pub(super) refresh_asked_at: Instant,
    /// The start of the last refresh that the caller requested.
    pub(super) refreshed_at: Instant,
    /// The times at which the client replaced suspect connections.
    pub(super) replacements: Rate<REPLACEMENTS, HOUR_MS>,

    // The state that `poll` has reported.
    reported: ConnectionState,
    reported_current: Option<ConnectionId>,
    /// Whether a possible gap has to be reported.
    pub(super) has_gap: bool,

    pub(super) in_flight: InFlight<T, INFLIGHT>,
    requests: u64,
    rate: Rate<10>,
    pub(super) dedup: DedupWindow<DEDUP>,
    /// The time until which a connection may deliver duplicates.
    pub(super) overlap_until: Instant,
    pub(super) counters: Counters,
}

impl<T, const INFLIGHT: usize, const DEDUP: usize> Client<T, INFLIGHT, DEDUP> {
    /// Creates a client that is disconnected.
    ///
    /// The `seed` makes the generated `RequestId`s unguessable, and spreads the reconnects of many
    /// clients over time. It must be 16 bytes from a cryptographic random source, different for each
    /// client and each start. The same seed and the same calls give the same outputs.
    ///
    /// Settings out of range are [clamped](Config).
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

    /// Creates a client without a seed, for a `static` that is initialized before random numbers
    /// are available.
    ///
    /// [`seed`](Self::seed) must be called before [`connect`](Self::connect).
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

    /// Sets the seed of an [unseeded](Self::unseeded) client.
    ///
    /// A client that has a seed keeps it.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{Client, Config};
    ///
    /// let mut client: Client = Client::unseeded(Config::with_pings());
    /// client.seed(*b"not random, alas");
    /// ```
    pub const fn seed(&mut self, seed: [u8; 16]) {
        if !self.hasher.is_seeded() {
            self.hasher = KeyedHasher::new(seed);
        }
    }

    // Queries.

    /// Returns the settings, [clamped](Config) to their ranges.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::{Client, Config};
    ///
    /// let client: Client = Client::new(Config::with_pings().with_max_code_points(9_999), [7; 16]);
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
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// use ivs_chat_proto::client::ConnectionState;
    ///
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

    /// Returns the connection on which requests are sent, or `None` if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// assert_eq!(client.current(), Some(connection));
    /// ```
    #[must_use]
    pub const fn current(&self) -> Option<ConnectionId> {
        match &self.current {
            Some(link) => Some(link.id),
            None => None,
        }
    }

    /// Returns the time of the next attempt to connect if the client waits for it.
    ///
    /// Applications use it to display "reconnecting in 3 s".
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// use ivs_chat_proto::client::CloseEvent;
    ///
    /// assert_eq!(client.reconnect_at(), None);
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

    /// Returns the number of requests whose outcome has not been reported.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// use ivs_chat_proto::publish::DeleteMessage;
    ///
    /// let mut buffer = [0; 128];
    /// let sent = client.send(now, DeleteMessage::new("m1"), 1, &mut buffer)?;
    /// assert_eq!(client.in_flight_len(), 1);
    /// # let _ = sent;
    /// # Ok::<(), ivs_chat_proto::client::SendError<u32>>(())
    /// ```
    #[must_use]
    pub const fn in_flight_len(&self) -> usize {
        self.in_flight.len()
    }

    /// Returns the number of unusual events.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// assert!(client.handle_message(now, connection, b"not JSON").is_err());
    /// assert_eq!(client.counters().not_decoded, 1);
    /// ```
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    // What the application wants.

    /// Starts the session: the client keeps a connection from now on, until the session ends.
    ///
    /// Earlier failures no longer count. If the client is connected or connecting, the only effect
    /// is to cancel [`disconnect_when_settled`](Self::disconnect_when_settled). Without a
    /// [seed](Self::seed), the client stays disconnected.
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

    /// Ends the session at once. Requests in flight become [`Unknown`](super::Outcome::Unknown).
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

    /// Ends the session when every request in flight has its outcome.
    ///
    /// It ends at once if no request is in flight or if there is no connection. Until then, the
    /// client [does not accept](SendErrorKind::Disconnecting) requests. [`connect`](Self::connect)
    /// cancels it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// use ivs_chat_proto::client::{ConnectionState, DisconnectReason};
    ///
    /// client.disconnect_when_settled(now);
    /// let not_wanted = ConnectionState::Disconnected(DisconnectReason::NotWanted);
    /// assert_eq!(client.state(), not_wanted);
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

    /// Requests a new connection beside the current one.
    ///
    /// The host must call this after a change of the network or after a sleep of the device. The
    /// current connection is kept until the new one is open. A wait for the next attempt is cut
    /// short, and an attempt that started at least 5 seconds ago is restarted. Calls within 5
    /// seconds count as one. There is no effect if the client is disconnected or if the connection
    /// was opened less than one second ago.
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

    /// Accepts a request and encodes it into `buffer`.
    ///
    /// The host must send the returned payload on the returned connection, and call
    /// [`poll`](Self::poll). `data` is returned with the outcome of the request. The client generates
    /// a `RequestId` if the request has none. It queues nothing: a request that cannot be sent now is
    /// not accepted.
    ///
    /// A buffer of [`SendMessage::MAX_PLAIN_LEN`](crate::publish::SendMessage::MAX_PLAIN_LEN) bytes
    /// is enough for every message with plain content and without attributes. A buffer of
    /// [`encoded_len`](Publish::encoded_len) plus 51 bytes is enough for any request. With the
    /// feature `alloc`, `send_in_string` grows its buffer as needed.
    ///
    /// A `RequestId` chosen by the caller must be as hard to guess as a version 4 UUID, unless
    /// [the user's own ID](TokenInfo::user_id) is known, because every client in the room can use it.
    ///
    /// # Errors
    ///
    /// Returns an error with the [reason](SendErrorKind) and `data` if the request is not accepted.
    /// The client is then unchanged.
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

    /// Accepts a request and encodes it into a string, replacing its content.
    ///
    /// The string grows as needed. Apart from that, this is [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send), except for
    /// [`BufferTooSmall`](SendErrorKind::BufferTooSmall).
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// use ivs_chat_proto::publish::DeleteMessage;
    ///
    /// let mut buffer = String::new();
    /// let sent = client.send_in_string(now, DeleteMessage::new("m1"), 7, &mut buffer)?;
    /// assert!(sent.payload.starts_with(r#"{"Action":"DELETE_MESSAGE","RequestId":""#));
    /// # Ok::<(), ivs_chat_proto::client::SendError<u32>>(())
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

    /// Checks a request for every error except a buffer that is too small.
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

    /// Forgets a request. Its outcome is not reported, and its slot is free again.
    ///
    /// Returns its data, or `None` if its outcome has been reported already.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// use ivs_chat_proto::publish::DeleteMessage;
    ///
    /// let mut buffer = [0; 128];
    /// let handle = client.send(now, DeleteMessage::new("m1"), 7, &mut buffer)?.handle;
    /// assert_eq!(client.abandon(handle), Some(7));
    /// assert_eq!(client.abandon(handle), None);
    /// # Ok::<(), ivs_chat_proto::client::SendError<u32>>(())
    /// ```
    pub fn abandon(&mut self, handle: RequestHandle) -> Option<T> {
        self.in_flight.take(handle).map(|request| request.data)
    }

    // What has happened.

    /// Reports a token that was fetched, and returns the connection to open with it.
    ///
    /// The token itself is not passed to the client. Returns `None` if no connection is wanted any
    /// more, or if `fetch` is not the [latest fetch](Output::FetchToken). The token is then unused.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// let connection = client.handle_token(now, fetch, TokenInfo::new());
    /// assert!(connection.is_some());
    /// assert_eq!(client.handle_token(now, fetch, TokenInfo::new()), None);
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

    /// Reports that a token could not be fetched.
    ///
    /// After a [`Temporary`](FetchError::Temporary) failure, the client waits and fetches again.
    /// After a [`Permanent`](FetchError::Permanent) one, the session ends when no connection is left.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// use ivs_chat_proto::client::{ConnectionState, DisconnectReason, FetchError};
    ///
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

    /// Takes the current fetch if `id` names it.
    fn take_fetch(&mut self, now: Instant, id: FetchId) -> bool {
        if self.fetch.as_ref().is_none_or(|fetch| fetch.id != id) {
            return false;
        }
        self.tick(now);
        self.fetch.take().is_some()
    }

    /// Reports that a connection is open.
    ///
    /// The server must have answered the handshake with status 101 and the token as the subprotocol.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
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

    /// Reports that a connection has ended or could not be opened.
    ///
    /// [`CloseEvent`] determines what the client does next.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// use ivs_chat_proto::client::{CloseEvent, ConnectionState};
    ///
    /// client.handle_close(now, connection, CloseEvent::frame(1012, "restart"));
    /// assert_eq!(client.state(), ConnectionState::Connecting);
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

    /// Reports a WebSocket pong and its application data.
    ///
    /// A pong that does not answer a [`Ping`](Output::Ping) of the client has no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// let Output::Wait(Some(ping_at)) = ({ let _ = client.poll(now); client.poll(now) }) else { panic!() };
    /// let Output::Ping { connection, payload } = client.poll(ping_at) else { panic!() };
    /// client.handle_pong(ping_at, connection, &payload);
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

    /// Returns the next thing to do.
    ///
    /// The host must call this until it returns [`Wait`](Output::Wait), after every other call and
    /// at the time that `Wait` contains. Additional calls have no effect. Outputs at one time are
    /// returned in the order of the variants of [`Output`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use ivs_chat_proto::{Instant, client::{Client, Config, Output, TokenInfo}};
    /// # let mut client: Client<u32> = Client::new(Config::with_pings(), [7; 16]);
    /// # let now = Instant::from_millis(0);
    /// # client.connect(now);
    /// # let _ = client.poll(now);
    /// # let Output::FetchToken(fetch) = client.poll(now) else { panic!() };
    /// # let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
    /// # client.handle_open(now, connection);
    /// use ivs_chat_proto::client::ConnectionState;
    ///
    /// assert_eq!(client.poll(now), Output::State(ConnectionState::Connected));
    /// assert!(matches!(client.poll(now), Output::Wait(Some(_))));
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
