//! The client's side of a chat session.
//!
//! A [`Client`] does no I/O and reads no clock. The host reports what the application wants, what
//! happened and what time it is, and the client answers what to do.
//!
//! **After every call, and at the time that it last returned, the host calls
//! [`poll`](Client::poll) until it returns [`Wait`](Output::Wait), and does what each output says.**
//! Polling too often, too early or too late is harmless. Reports about a connection that the client
//! has closed are ignored.
//!
//! # Duties of a host
//!
//! - Do what each [`Output`] says, and keep one timer for the time of `Wait`.
//! - Report the events of a connection in the order in which they happen.
//! - Look for outcomes in both places: [`Received::settled`] and [`Output::Settled`].
//! - Choose between [`Config::with_pings`] and [`Config::without_pings`].
//! - Call [`refresh`](Client::refresh) after a change of the network and after a sleep of the device.
//! - Keep the token out of logs.
//!
//! # Outputs
//!
//! Outputs at one time are returned in this order: `Close`, `Ping`, `Settled`, `State`, `Replaced`,
//! `PossibleGap`, `FetchToken`, `Wait`. The time of `Wait` is later than the current time. The same
//! seed and the same calls lead to the same outputs.
//!
//! # Outcomes
//!
//! Each request that [`send`](Client::send) accepts has exactly one [`Outcome`], unless it is
//! [abandoned](Client::abandon).
//!
//! | Outcome | Reason |
//! |:---|:---|
//! | `Confirmed` | a message with the `RequestId`, from a sender who can be the user |
//! | | an event with the `RequestId` or without any, about the same message or user |
//! | `Rejected` | an error with the `RequestId`, on the connection of the request |
//! | | an error without any, about the message of the only deletion in flight |
//! | `Assumed` | evidence that the request has arrived, and no answer |
//! | `Unknown` | no evidence in time, the end of the connection, or doubt |
//!
//! - [`Assumed`](Outcome::Assumed) is a success according to [the reference]. After
//!   [`settle_ms`](Config::settle_ms) without an answer, the client sends a ping. Evidence is the
//!   pong of a ping that was sent after the request, or an answer to a later request on the same
//!   connection. The client waits for one more second, because a rejection may follow the evidence.
//! - Without evidence within [`ping_timeout_ms`](Config::ping_timeout_ms), the outcome is
//!   [`Unknown`](Outcome::Unknown).
//! - Without pings, a frame that is received at least one second after the request is evidence.
//!   Without one, the outcome is `Unknown` 30 seconds after the request.
//! - An error that matches no request, an error 401, and a message that cannot be decoded may have
//!   been the rejection of any request. They raise doubt: requests in flight on the connection become
//!   `Unknown` in time, unless they are answered.
//! - An error without a `RequestId` does not reject a deletion if an earlier deletion of the same
//!   message can be meant.
//!
//! # Liveness
//!
//! With pings, the client sends a ping every [`ping_interval_ms`](Config::ping_interval_ms). If one is
//! not answered, it sends another one and opens a replacement beside the silent connection. It closes
//! the silent connection when the replacement is open, or when the second ping is not answered
//! either.
//!
//! Without pings, a connection is replaced when an outcome is `Unknown` for lack of evidence, or
//! after [`idle_ms`](Config::idle_ms) without a frame. It is never closed for silence.
//!
//! Both happen at most four times per hour.
//!
//! # What a close means
//!
//! [`CloseEvent::frame`] and [`CloseEvent::handshake_rejected`] list the codes and statuses. A close
//! is an expiry, after which the client reconnects, if the connection was told 401, if the known end
//! of its session has passed, or if the reason indicates it. The event that disconnects the client's
//! own user ends the session, whether or not a close follows. [`CloseEvent::with_action`] overrides
//! every decision.
//!
//! # Replacing a connection
//!
//! The client replaces a connection before the end of its session, after an error 401, on
//! [`refresh`](Client::refresh), and when it may be dead. It opens the new connection beside the
//! current one:
//!
//! - A failed attempt does not affect the current connection. It does not count towards
//!   [`max_attempts`](Config::max_attempts), and neither do rejected tokens.
//! - Requests go to the new connection as soon as it is open.
//! - The old connection is kept for at least [`drain_ms`](Config::drain_ms), until its requests have
//!   outcomes and the new connection is stable. If the new one breaks before that, the old one is
//!   current again. If the service closes the new one on purpose, the session ends.
//! - The state remains [`Connected`](ConnectionState::Connected).
//! - A message or event that both connections deliver is returned once. Errors are always returned,
//!   except for the error 401 of a replaced connection that answers no request.
//!
//! # Gaps
//!
//! [`PossibleGap`](Output::PossibleGap) reports that messages may have been missed:
//!
//! - after any time without a connection;
//! - after replacing a connection that was told 401, was past its end, or did not answer a ping;
//! - when a replaced connection ends before it has proved that it delivered everything up to the
//!   time at which the new one was open. The proof is a pong of a ping that was sent after that
//!   time, or a message that was received on both. Without pings, this applies only to connections
//!   that the client did not close itself, and to connections in doubt.
//!
//! # Tokens
//!
//! Each attempt needs its own token. Only one fetch is in progress at a time. It has a number, so
//! that a report after [`token_timeout_ms`](Config::token_timeout_ms) is recognized and ignored.
//! Between attempts, the client waits for a random time that grows with every failure, until a
//! connection has lasted for [`stable_ms`](Config::stable_ms). The number of tokens per hour is
//! therefore bounded for every service and every clock.
//!
//! # Clocks and sleep
//!
//! [`Instant`](crate::Instant) is the caller's monotonic clock. Only differences count. If the clock
//! steps back, no time has passed. A single wild reading counts as at most 49 days.
//!
//! The best clock keeps running while the device sleeps, such as `CLOCK_BOOTTIME` on Linux. The client
//! then notices a late call and checks its connections at once: with pings, by a ping and one ping
//! timeout; without pings, by a refresh if the call is more than 90 seconds late (browsers fire the
//! timers of background tabs once per minute). Requests get one more ping timeout, because an answer
//! may be unread in the socket.
//!
//! A clock that stops during sleep, as `std::time::Instant` does on Linux and macOS, hides the sleep.
//! The client then keeps a dead connection until the next ping fails, and assumes a later end of the
//! session. The host must call [`refresh`](Client::refresh) after the sleep.
//!
//! # States
//!
//! A client has two regions: the current connection, perhaps with a draining one, and the way to the
//! next connection.
//!
//! ```text
//!  connect, time, refresh, ERROR 401
//!       |
//!       v        handle_token             handle_open
//!  +---------+               +---------+              +----------+
//!  |  token  |-------------->| opening |------------->| current  |
//!  +---------+               +---------+              +----------+
//!    ^    |                       |           replaced  |     ^
//!    |    | handle_token_error    | handle_close        |     | new one
//!    |    v                       |                     v     | breaks
//!  +---------+                    |                   +----------+
//!  | backoff |<-------------------+                   | draining |--> Close
//!  +---------+                                        +----------+
//! ```
//!
//! The tables list the effect of every event in every state. `·` means no change, and "restart" that
//! the attempt starts again. In "time passes", every ping is answered and nothing else happens.
//! [`ReconnectAction::NewToken`] leads to an immediate attempt only once.
//!
#![doc = include_str!("table.md")]
//!
//! # A complete session
//!
//! ```
//! use core::time::Duration;
//! use ivs_chat_proto::Instant;
//! use ivs_chat_proto::client::{
//!     Client, CloseEvent, Config, ConnectionState, DisconnectReason, FetchError, Outcome, Output,
//!     TokenInfo,
//! };
//! use ivs_chat_proto::publish::{DeleteMessage, SendMessage};
//! use ivs_chat_proto::{Capabilities, Content};
//!
//! // Up to 16 requests in flight, each with a number. The seed must be random.
//! let mut client: Client<u32> = Client::new(Config::with_pings(), *b"not random, alas");
//! let at = Instant::from_millis;
//!
//! // Connecting requires a token.
//! client.connect(at(0));
//! assert_eq!(client.poll(at(0)), Output::State(ConnectionState::Connecting));
//! let Output::FetchToken(fetch) = client.poll(at(0)) else { panic!() };
//!
//! // A temporary failure: the client waits before it fetches again.
//! client.handle_token_error(at(100), fetch, FetchError::Temporary { retry_after: None });
//! let Output::Wait(Some(next)) = client.poll(at(100)) else { panic!() };
//! assert!(next > at(100) && next <= at(1_100));
//! let Output::FetchToken(fetch) = client.poll(next) else { panic!() };
//!
//! // The host opens the WebSocket with the token.
//! let info = TokenInfo::new()
//!     .with_session_ms(3_600_000)
//!     .with_capabilities(Capabilities::ALL)
//!     .with_user_id("astrid");
//! let first = client.handle_token(at(2_000), fetch, info).unwrap();
//! assert_eq!(client.poll(at(2_000)), Output::Wait(Some(at(32_000))));
//! client.handle_open(at(2_100), first);
//! assert_eq!(client.poll(at(2_100)), Output::State(ConnectionState::Connected));
//!
//! // A message is sent, and its echo confirms it.
//! let mut buffer = [0; 4_096];
//! let send = SendMessage::new(Content::new("Good morning 🌞")?);
//! let sent = client.send(at(3_000), send, 1, &mut buffer)?;
//! assert_eq!(sent.connection, first);
//! let echo = format!(
//!     r#"{{"Type":"MESSAGE","Id":"m1","RequestId":"{}","Attributes":null,"Content":"Good morning 🌞",
//!     "SendTime":"2026-11-22T10:00:00Z","Sender":{{"UserId":"astrid","Attributes":{{}}}}}}"#,
//!     sent.request_id
//! );
//! let received = client.handle_message(at(3_050), first, echo.as_bytes())?.unwrap();
//! let settled = received.settled.unwrap();
//! assert_eq!((settled.data, settled.outcome), (1, Outcome::Confirmed));
//!
//! // Another request is not answered. A pong proves that it has arrived. One second later, it is
//! // assumed to have succeeded.
//! let _ = client.send(at(4_000), DeleteMessage::new("m1"), 2, &mut buffer)?;
//! assert_eq!(client.poll(at(4_000)), Output::Wait(Some(at(9_000))));
//! let Output::Ping { connection, payload } = client.poll(at(9_000)) else { panic!() };
//! client.handle_pong(at(9_040), connection, &payload);
//! assert_eq!(client.poll(at(9_040)), Output::Wait(Some(at(10_040))));
//! let Output::Settled(settled) = client.poll(at(10_040)) else { panic!() };
//! assert_eq!((settled.data, settled.outcome), (2, Outcome::Assumed));
//!
//! // A silent connection is replaced.
//! let mut now = at(10_040);
//! let fetch = loop {
//!     match client.poll(now) {
//!         Output::Wait(Some(moment)) => now = moment,
//!         Output::Ping { .. } => {} // No pong comes.
//!         Output::FetchToken(fetch) => break fetch,
//!         other => panic!("{other:?}"),
//!     }
//! };
//! // The ping interval of 30 s, the ping timeout of 10 s, and a short wait.
//! assert!(now > at(49_000) && now < at(50_000));
//! let second = client.handle_token(now, fetch, info).unwrap();
//! client.handle_open(now, second);
//! let close = Output::Close { connection: first, code: 3008 };
//! assert_eq!(client.poll(now), close);
//! assert_eq!(client.poll(now), Output::Replaced { from: first, to: second });
//! assert_eq!(client.poll(now), Output::PossibleGap);
//!
//! // The server restarts while a message is in flight.
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
//! **An asynchronous task**: the terminal client `chat` in `tools/` runs on tokio.
//!
//! **Callbacks**, as in a browser. The client is in a cell that is borrowed for one call at a time.
//! A received payload borrows the message and not the client, so that a handler may send or
//! disconnect.
//!
//! ```
//! use std::cell::RefCell;
//!
//! use ivs_chat_proto::client::{Client, Config, ConnectionId, Output, Received, TokenInfo};
//! use ivs_chat_proto::{Content, Instant};
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
//!     fn log(&self, line: String) {
//!         self.log.borrow_mut().push(line);
//!     }
//!
//!     /// The WebSocket's `onmessage`.
//!     fn on_message(&self, connection: ConnectionId, data: &str) {
//!         // The borrow ends before the handler is called.
//!         let received = self.client.borrow_mut().handle_message_str(self.now(), connection, data);
//!         match received {
//!             Ok(Some(received)) => (self.on_payload)(self, &received),
//!             Ok(None) => {}
//!             Err(error) => self.log(error.to_string()),
//!         }
//!         self.drive();
//!     }
//!
//!     /// Sends a message. The promise is returned with the outcome.
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
//!     fn drive(&self) {
//!         loop {
//!             // The borrow ends here too, because handling an output may call the client.
//!             let output = self.client.borrow_mut().poll(self.now());
//!             match output {
//!                 Output::Wait(_) => return, // clearTimeout, setTimeout
//!                 Output::FetchToken(fetch) => {
//!                     // When fetch() has the token:
//!                     let mut client = self.client.borrow_mut();
//!                     let connection = client.handle_token(self.now(), fetch, TokenInfo::new());
//!                     if let Some(connection) = connection {
//!                         client.handle_open(self.now(), connection); // In onopen.
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
//! let message = r#"{"Type":"MESSAGE","Id":"m1","Content":"hello?",
//!     "SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"bo"}}"#;
//! room.on_message(ConnectionId::from_number(0), message);
//! assert_eq!(room.log.borrow().last().unwrap(), "socket.send, 106 bytes");
//! assert_eq!(room.client.borrow().in_flight_len(), 1);
//! ```
//!
//! **A main loop without an allocator**: a microcontroller with a modem that implements the
//! WebSocket and delivers seven bytes at a time. The sizes of the client and of the stream are known
//! at compile time.
//!
//! ```
//! use ivs_chat_proto::client::{Client, Config, ConnectionId, Output, TokenInfo};
//! use ivs_chat_proto::{Instant, JsonStream};
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
//!             if let Ok(Some(received)) = received {
//!                 if let Subscribe::Event(event) = received.payload {
//!                     board.lamp = event.event_name == "lamp:on";
//!                 }
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
//! [the reference]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-sendmessage-publish.html

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
