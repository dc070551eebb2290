//! A sans-I/O client for one chat session: tokens, connections, and requests with their outcomes.
//!
//! A [`Client`] decides when to fetch a token, open a connection, send a ping, reconnect and close,
//! and determines the outcome of each request. It does no I/O and reads no clock. The host owns the
//! sockets, the clock and the tokens.
//!
//! # The host loop
//!
//! The host tells the client what the application wants and what happened, together with the
//! current time. After each such call, and when the moment of the last [`Wait`](Output::Wait) is
//! reached, the host calls [`poll`](Client::poll) until it returns `Wait`, and carries out each
//! output:
//!
//! | [`Output`] | What the host does |
//! |:---|:---|
//! | `Close` | Closes the connection. |
//! | `Ping` | Sends a WebSocket ping; reports the pong with [`handle_pong`]. |
//! | `Settled` | Tells the application the outcome of a request. |
//! | `State` | Tells the application that the connection state changed. |
//! | `Replaced` | Nothing. Requests now go to another connection. |
//! | `PossibleGap` | Tells the application that it may have missed messages. |
//! | `FetchToken` | Fetches a token; answers with [`handle_token`] or [`handle_token_error`]. |
//! | `Wait` | Sets its timer to this moment and waits for the next event. |
//!
//! Outputs that are due at the same moment are returned in the order of this table. The moment of
//! `Wait` is always later than now. The same seed and the same calls produce the same outputs.
//!
//! Any number of calls may be made between two polls. Polling too often, too early or too late is
//! harmless. Events of a connection that the client has closed change nothing.
//!
//! A host must also:
//!
//! - report the events of a connection in the order in which they occur;
//! - take outcomes from both [`Received::settled`] and [`Output::Settled`];
//! - choose between [`Config::with_pings`] and [`Config::without_pings`];
//! - call [`refresh`](Client::refresh) when the network changes or the device wakes up;
//! - keep the token out of logs.
//!
//! # Rules
//!
//! ## Outcomes
//!
//! Each request that [`send`](Client::send) accepts has exactly one [`Outcome`], unless it is
//! [abandoned](Client::abandon).
//!
//! | Outcome | Evidence |
//! |:---|:---|
//! | [`Confirmed`] | A message with its `RequestId`, unless its sender is known to be another user. |
//! | [`Confirmed`] | An event about the same message or user, with its `RequestId` or with none. |
//! | [`Rejected`] | An error with its `RequestId`, received on the connection it was sent on. |
//! | [`Rejected`] | An error without a `RequestId` that names the message of a deletion. |
//! | [`Assumed`] | The request arrived, and no answer followed. |
//! | [`Unknown`] | There is no evidence, or the evidence is ambiguous. |
//!
//! - An error without a `RequestId` rejects a deletion only if no other deletion is in flight on
//!   the connection, and only if it cannot refer to an earlier deletion of that message.
//! - [The reference] tells clients to assume success if no error is returned. The client requires
//!   evidence that the request arrived. After [`settle_ms`] without an answer, it requests a ping.
//! - With pings, two events are evidence: the pong of a ping that was sent after the request, and
//!   an answer with the `RequestId` of a later request on the same connection. The client then
//!   waits one more second, because a rejection may follow. Without evidence within
//!   [`ping_timeout_ms`], the outcome is `Unknown`.
//! - Without pings, any frame that is received a second or more after the request is evidence.
//!   Without such a frame, the outcome is `Unknown` 30 seconds after the request.
//! - The outcome is also `Unknown` if the connection ends first, or if the client receives a
//!   possible rejection: an error that matches no request, an error 401, or a message that it
//!   cannot decode. An answer that is received before the request's deadline still counts.
//!
//! ## Sending
//!
//! - Nothing is queued. A request that cannot be sent now is [refused](SendErrorKind), and the
//!   refusal changes nothing.
//! - The client refuses requests that the service would reject: for a missing capability, for
//!   content that is too long, and for more than 10 requests per second.
//! - Requests are refused as not connected after the service has reported with an error 401 that
//!   the connection has expired.
//!
//! ## Liveness
//!
//! - With pings, the client requests a ping every [`ping_interval_ms`]. After one missed pong it
//!   requests another ping and opens a new connection beside the silent one. It drops the silent
//!   connection when the new one opens or when the second pong is missed too.
//! - Without pings, the client opens a new connection beside the current one when an outcome is
//!   `Unknown` for lack of evidence, and after [`idle_ms`] of silence. It never drops the current
//!   one for silence.
//! - In both cases, it does so at most four times per hour.
//!
//! ## What a close means
//!
//! | Close code or handshake status | [`ReconnectAction`] |
//! |:---|:---|
//! | codes 1000, 1008, 3003, 4000–4999 | `End`: the service closed the connection on purpose. |
//! | code 3000 | `NewToken`: once. The next refusal ends the session. |
//! | codes 1012, 1013 | `Retry` after 5 to 30 seconds. |
//! | every other code, and a broken connection | `Retry` after a wait that grows with each failure. |
//! | statuses 401, 403 | `NewToken`: once. The next refusal ends the session. |
//! | status 404 | `End`: the room does not exist. |
//! | every other status | `Retry` after a wait that grows with each failure. |
//!
//! - A close is an expiry, and the client retries, if the connection received an error 401, if its
//!   session has ended, or if the close reason says so.
//! - The event that disconnects this user ends the session, whether or not a close follows.
//! - [`CloseEvent::with_action`] overrides every decision about a close.
//!
//! ## Replacing a connection
//!
//! - The client opens a new connection beside the current one before its session ends, after an
//!   error 401, on [`refresh`](Client::refresh), and when the current one may be dead.
//! - A failed attempt does not affect a connection that works. Neither [`max_attempts`] nor refused
//!   tokens count while there is one.
//! - Requests are sent on the new connection as soon as it is open. The state stays
//!   [`Connected`](ConnectionState::Connected).
//! - The old connection drains for at least [`drain_ms`], until its requests have outcomes and the
//!   new one is [stable](Config::stable_ms).
//! - If the new connection breaks before that, the old one becomes current again. If the service
//!   closes the new one on purpose, the session ends.
//!
//! ## Duplicates
//!
//! - A message or event that both connections deliver is returned once.
//! - Errors are never treated as duplicates. An error 401 of a draining connection is not returned,
//!   unless it answers a request.
//!
//! ## Gaps
//!
//! [`PossibleGap`](Output::PossibleGap) reports that messages may have been missed:
//!
//! - after any time without a connection;
//! - after replacing a connection that received an error 401, was past its end, or missed a pong;
//! - when a draining connection ends without proof that it delivered everything up to a moment at
//!   which the new one was open. The proof is the pong of a ping sent after that moment, or a
//!   message that both connections delivered. Without pings, this rule applies only to a connection
//!   that the client did not close itself, or that may have been dead.
//!
//! ## Tokens
//!
//! - Each attempt needs a new token. At most one fetch is outstanding.
//! - Each fetch has a [number](FetchId). An answer after [`token_timeout_ms`] is recognized by it
//!   and ignored.
//! - A random wait separates attempts until a connection is [stable](Config::stable_ms). It grows
//!   with each failure. The number of tokens per hour is therefore bounded for every server and
//!   every clock.
//!
//! ## Clocks
//!
//! - [`Instant`](crate::Instant) is the host's monotonic clock. Only differences between readings
//!   count.
//! - A step back counts as no time. A single reading adds at most 49 days.
//! - A clock that keeps running while the device sleeps is best: `CLOCK_BOOTTIME` on Linux.
//!
//! ## Sleep
//!
//! - With a clock that runs during sleep, the client detects a late call and checks its connections
//!   at once. With pings, it requests a ping and allows one ping timeout. Without pings, it
//!   refreshes if the call is more than 90 seconds late (browsers fire timers in background tabs
//!   once a minute).
//! - Requests get one additional ping timeout, because an answer may be unread in the socket.
//! - With a clock that stops during sleep, such as `std::time::Instant` on Linux and macOS, the
//!   client detects nothing. It keeps a dead connection until the next ping fails, and expects the
//!   end of the session too late. The host must call [`refresh`](Client::refresh) after waking up.
//!
//! # States
//!
//! Two regions change independently: the connections that are open, and the attempt to open the
//! next one.
//!
//! ```text
//!  connect, refresh, refresh due,
//!     ERROR 401, missed ping
//!              │
//!              ▼
//!      ┌───────────────┐ handle_token_error   ┌───────────────┐
//!      │     token     ├─────────────────────▶│    backoff    │
//!      │               │◀─────────────────────┤               │
//!      └───────┬───────┘     time passes      └───▲───────▲───┘
//!              │ handle_token                     │       │
//!              ▼                                  │       │
//!      ┌───────────────┐   handle_close           │       │
//!      │    opening    ├──────────────────────────┘       │
//!      └───────┬───────┘                                  │
//!              │ handle_open                              │
//!              ▼                                          │
//!      ┌───────────────┐   handle_close                   │
//!      │    current    ├──────────────────────────────────┘
//!      └───┬───────▲───┘
//! replaced │       │ the new connection breaks
//!      ┌───▼───────┴───┐
//!      │   draining    ├──▶ Close
//!      └───────────────┘
//! ```
//!
//! The tables below state the effect of every event in every state. A dot means that the state does
//! not change. "restart" starts the attempt again. "time passes" means that every ping is answered
//! and nothing else is received. [`ReconnectAction::NewToken`] starts an attempt at once only the
//! first time.
//!
#![doc = include_str!("table.md")]
//!
//! # A complete session
//!
//! ```
//! use core::time::Duration;
//! use ivs_chat_proto::client::{Client, CloseEvent, Config, ConnectionState, DisconnectReason};
//! use ivs_chat_proto::client::{FetchError, Outcome, Output, TokenInfo};
//! use ivs_chat_proto::Instant;
//! use ivs_chat_proto::publish::{DeleteMessage, SendMessage};
//! use ivs_chat_proto::{Capabilities, Content};
//!
//! // Each request carries a `u32` of the application. The seed must come from a random source.
//! let mut client: Client<u32> = Client::new(Config::with_pings(), *b"not random, alas");
//! let at = Instant::from_millis;
//!
//! // The application asks for a connection. The client asks for a token.
//! client.connect(at(0));
//! assert_eq!(client.poll(at(0)), Output::State(ConnectionState::Connecting));
//! let Output::FetchToken(fetch) = client.poll(at(0)) else { panic!() };
//!
//! // The fetch fails. The client waits before it asks again.
//! client.handle_token_error(at(100), fetch, FetchError::Temporary { retry_after: None });
//! let Output::Wait(Some(next)) = client.poll(at(100)) else { panic!() };
//! assert!(next > at(100) && next <= at(1_100));
//! let Output::FetchToken(fetch) = client.poll(next) else { panic!() };
//!
//! // The second fetch succeeds. The host opens the WebSocket with the token.
//! let info = TokenInfo::new()
//!     .with_session_ms(3_600_000)
//!     .with_capabilities(Capabilities::ALL)
//!     .with_user_id("astrid");
//! let first = client.handle_token(at(2_000), fetch, info).unwrap();
//! assert_eq!(client.poll(at(2_000)), Output::Wait(Some(at(32_000))));
//! client.handle_open(at(2_100), first);
//! assert_eq!(client.poll(at(2_100)), Output::State(ConnectionState::Connected));
//!
//! // The application sends a message. Its echo confirms it.
//! let mut buffer = [0; 4_096];
//! let send = SendMessage::new(Content::new("Good morning 🌞")?);
//! let sent = client.send(at(3_000), send, 1, &mut buffer)?;
//! assert_eq!(sent.connection, first);
//! let echo = format!(
//!     r#"{{"Type":"MESSAGE","Id":"m1","RequestId":"{}","Attributes":null,
//!     "Content":"Good morning 🌞","SendTime":"2026-11-22T10:00:00Z",
//!     "Sender":{{"UserId":"astrid","Attributes":{{}}}}}}"#,
//!     sent.request_id
//! );
//! let received = client.handle_message(at(3_050), first, echo.as_bytes())?.unwrap();
//! let settled = received.settled.unwrap();
//! assert_eq!((settled.data, settled.outcome), (1, Outcome::Confirmed));
//!
//! // Another request gets no answer. A pong proves that it arrived, and a second later the client
//! // assumes success.
//! let _ = client.send(at(4_000), DeleteMessage::new("m1"), 2, &mut buffer)?;
//! assert_eq!(client.poll(at(4_000)), Output::Wait(Some(at(9_000))));
//! let Output::Ping { connection, payload } = client.poll(at(9_000)) else { panic!() };
//! client.handle_pong(at(9_040), connection, &payload);
//! assert_eq!(client.poll(at(9_040)), Output::Wait(Some(at(10_040))));
//! let Output::Settled(settled) = client.poll(at(10_040)) else { panic!() };
//! assert_eq!((settled.data, settled.outcome), (2, Outcome::Assumed));
//!
//! // The connection falls silent. The client replaces it.
//! let mut now = at(10_040);
//! let fetch = loop {
//!     match client.poll(now) {
//!         Output::Wait(Some(moment)) => now = moment,
//!         Output::Ping { .. } => {} // No pong comes.
//!         Output::FetchToken(fetch) => break fetch,
//!         other => panic!("{other:?}"),
//!     }
//! };
//! // 30 s after the last ping, 10 s for the pong, and a short wait.
//! assert!(now > at(49_000) && now < at(50_000));
//! let second = client.handle_token(now, fetch, info).unwrap();
//! client.handle_open(now, second);
//! let close = Output::Close { connection: first, code: 3008 };
//! assert_eq!(client.poll(now), close);
//! assert_eq!(client.poll(now), Output::Replaced { from: first, to: second });
//! assert_eq!(client.poll(now), Output::PossibleGap);
//!
//! // The service restarts while a request is in flight.
//! let _ = client.send(now, send, 3, &mut buffer)?;
//! client.handle_close(now, second, CloseEvent::frame(1012, ""));
//! let Output::Settled(settled) = client.poll(now) else { panic!() };
//! assert_eq!((settled.data, settled.outcome), (3, Outcome::Unknown));
//! assert_eq!(client.poll(now), Output::State(ConnectionState::Connecting));
//! assert!(client.reconnect_at().unwrap() >= now + Duration::from_secs(5));
//!
//! // The application disconnects.
//! client.disconnect(now);
//! let disconnected = ConnectionState::Disconnected(DisconnectReason::NotWanted);
//! assert_eq!(client.poll(now), Output::State(disconnected));
//! assert_eq!(client.poll(now), Output::Wait(None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Host loops
//!
//! ## An asynchronous task
//!
//! The `chat` tool of the repository is a terminal client on tokio.
//!
//! ## Callbacks
//!
//! In a browser, the client is kept in a cell that is borrowed for one call at a time. A received
//! payload borrows the message and not the client, so a handler may call `send` or `disconnect`.
//!
//! ```
//! use std::cell::RefCell;
//!
//! use ivs_chat_proto::Content;
//! use ivs_chat_proto::client::{Client, Config, ConnectionId, Output, Received, TokenInfo};
//! use ivs_chat_proto::Instant;
//! use ivs_chat_proto::publish::SendMessage;
//! use ivs_chat_proto::subscribe::Subscribe;
//!
//! struct Room {
//!     client: RefCell<Client<String>>,
//!     on_payload: fn(&Room, &Received<'_, String>),
//!     log: RefCell<Vec<String>>,
//! }
//!
//! impl Room {
//!     fn now(&self) -> Instant {
//!         Instant::from_millis(0) // performance.now()
//!     }
//!
//!     /// The WebSocket's `onmessage`.
//!     fn on_message(&self, connection: ConnectionId, data: &str) {
//!         // The borrow must end before the handler runs.
//!         let now = self.now();
//!         let received = self.client.borrow_mut().handle_message_str(now, connection, data);
//!         match received {
//!             Ok(Some(received)) => (self.on_payload)(self, &received),
//!             Ok(None) => {}
//!             Err(error) => self.log(error.to_string()),
//!         }
//!         self.drive();
//!     }
//!
//!     /// Sends a message. The client returns the promise with the outcome.
//!     fn send(&self, text: &str, promise: String) {
//!         let Ok(content) = Content::new(text) else { return };
//!         let mut buffer = String::new();
//!         let send = SendMessage::new(content);
//!         match self.client.borrow_mut().send_in_string(self.now(), send, promise, &mut buffer) {
//!             Ok(sent) => self.log(format!("socket.send, {} bytes", sent.payload.len())),
//!             Err(error) => self.log(format!("{}: {}", error.kind, error.data)),
//!         }
//!         self.drive();
//!     }
//!
//!     fn log(&self, line: String) {
//!         self.log.borrow_mut().push(line);
//!     }
//!
//!     fn drive(&self) {
//!         loop {
//!             // The borrow must end here too: handling an output may call the client again.
//!             let output = self.client.borrow_mut().poll(self.now());
//!             match output {
//!                 Output::Wait(_) => return, // clearTimeout, setTimeout
//!                 Output::FetchToken(fetch) => {
//!                     // In the callback of fetch():
//!                     let mut client = self.client.borrow_mut();
//!                     if let Some(id) = client.handle_token(self.now(), fetch, TokenInfo::new()) {
//!                         client.handle_open(self.now(), id); // In the callback `onopen`.
//!                     }
//!                 }
//!                 other => self.log(format!("{other:?}")),
//!             }
//!         }
//!     }
//! }
//!
//! let room = Room {
//!     client: RefCell::new(Client::new(Config::without_pings(), *b"not random, alas")),
//!     on_payload: |room, received| {
//!         if let Subscribe::Message(_) = received.payload {
//!             room.send("I have heard that", "a promise".to_string());
//!         }
//!     },
//!     log: RefCell::default(),
//! };
//! room.client.borrow_mut().connect(room.now());
//! room.drive();
//! let message = r#"{"Type":"MESSAGE","Id":"m1","RequestId":"","Attributes":null,
//!     "Content":"hello?","SendTime":"2026-11-22T10:00:00Z",
//!     "Sender":{"UserId":"bo","Attributes":{}}}"#;
//! room.on_message(ConnectionId::from_number(0), message);
//! assert_eq!(room.log.borrow().last().unwrap(), "socket.send, 106 bytes");
//! assert_eq!(room.client.borrow().in_flight_len(), 1);
//! ```
//!
//! ## A main loop without an allocator
//!
//! The modem of this microcontroller implements the WebSocket and delivers received bytes, seven at
//! a time. The sizes of the client and of the receive buffer are known at compile time.
//!
//! ```
//! use ivs_chat_proto::JsonStream;
//! use ivs_chat_proto::client::{Client, Config, ConnectionId, Output, TokenInfo};
//! use ivs_chat_proto::Instant;
//! use ivs_chat_proto::subscribe::Subscribe;
//!
//! struct Board<'a> {
//!     millis: u64,
//!     uart: core::slice::Chunks<'a, u8>,
//!     lamp: bool,
//! }
//!
//! impl Board<'_> {
//!     fn now(&self) -> Instant {
//!         Instant::from_millis(self.millis)
//!     }
//! }
//!
//! fn run(board: &mut Board<'_>, client: &mut Client<(), 2, 8>, stream: &mut JsonStream<2048>) {
//!     let mut connection: Option<ConnectionId> = None;
//!     client.seed(*b"from the chip...");
//!     client.connect(board.now());
//!     while let Some(mut bytes) = board.uart.next() {
//!         board.millis += 1;
//!         loop {
//!             match client.poll(board.now()) {
//!                 Output::Wait(_) => break,
//!                 Output::FetchToken(fetch) => {
//!                     // The modem fetches a token and connects.
//!                     connection = client.handle_token(board.now(), fetch, TokenInfo::new());
//!                     if let Some(connection) = connection {
//!                         client.handle_open(board.now(), connection);
//!                     }
//!                 }
//!                 _ => {}
//!             }
//!         }
//!         while let Some(message) = stream.next(&mut bytes) {
//!             let (Ok(message), Some(connection)) = (message, connection) else { continue };
//!             let received = client.handle_message(board.now(), connection, message);
//!             let Ok(Some(received)) = received else { continue };
//!             if let Subscribe::Event(event) = received.payload {
//!                 board.lamp = event.event_name == "lamp:on";
//!             }
//!         }
//!     }
//! }
//!
//! const CLIENT: Client<(), 2, 8> = Client::unseeded(Config::with_pings());
//! static INCOMING: &[u8] =
//!     br#"{"Type":"EVENT","Id":"e1","RequestId":"","EventName":"lamp:on","SendTime":""}"#;
//! let mut board = Board { millis: 0, uart: INCOMING.chunks(7), lamp: false };
//! run(&mut board, &mut { CLIENT }, &mut const { JsonStream::new() });
//! assert!(board.lamp);
//! ```
//!
//! [`Assumed`]: Outcome::Assumed
//! [`Confirmed`]: Outcome::Confirmed
//! [`Rejected`]: Outcome::Rejected
//! [`Unknown`]: Outcome::Unknown
//! [`drain_ms`]: Config::drain_ms
//! [`handle_pong`]: Client::handle_pong
//! [`handle_token`]: Client::handle_token
//! [`handle_token_error`]: Client::handle_token_error
//! [`idle_ms`]: Config::idle_ms
//! [`max_attempts`]: Config::max_attempts
//! [`ping_interval_ms`]: Config::ping_interval_ms
//! [`ping_timeout_ms`]: Config::ping_timeout_ms
//! [`settle_ms`]: Config::settle_ms
//! [`token_timeout_ms`]: Config::token_timeout_ms
//! [The reference]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-sendmessage-publish.html

mod clock;
mod close_event;
mod config;
mod connection;
mod counters;
mod dedup;
mod fetch;
mod in_flight;
mod keyed_hasher;
mod machine;
mod output;
mod receive;
mod request_id;
mod send_error;
mod settled;
#[cfg(test)]
mod table;
mod token_info;
mod transitions;

pub use close_event::{CloseEvent, DisconnectReason, ReconnectAction};
pub use config::Config;
pub use connection::ConnectionId;
pub use counters::Counters;
pub use fetch::{FetchError, FetchId};
pub use machine::Client;
pub use output::{ConnectionState, Output};
pub use send_error::{SendError, SendErrorKind};
pub use settled::{Outcome, Received, RequestHandle, Sent, Settled};
pub use token_info::TokenInfo;
