//! The client's side of a chat session: tokens, one connection after another, and requests with
//! their outcomes.
//!
//! A [`Client`] does no I/O and reads no clock. The host tells it what the application wants, what
//! has happened and what time it is, and the client says what to do.
//!
//! **After every call, and when the moment has come that it names, [`poll`](Client::poll) the
//! client until it returns [`Wait`](Output::Wait), and do what each output says.** Any number of
//! calls may come between two polls. Polling too often, too early or too late does no harm, and
//! reports about a connection that the client has closed change nothing.
//!
//! # A host's duties
//!
//! - Do what each [`Output`] says, and set one timer for the moment of `Wait`.
//! - Report what happens on a connection in the order in which it happens.
//! - Look for outcomes in both places: [`Received::settled`] and [`Output::Settled`].
//! - Choose between [`Config::with_pings`] and [`Config::without_pings`].
//! - Call [`refresh`](Client::refresh) when the network has changed or the device has woken up.
//! - Keep the token out of logs.
//!
//! # Rules
//!
//! **Outputs.** At one moment they come in this order: `Close`, `Ping`, `Settled`, `State`,
//! `Replaced`, `PossibleGap`, `FetchToken`, `Wait`. The moment of `Wait` is later than now. The
//! same seed and the same calls give the same outputs.
//!
//! **Outcomes.** Each request that [`send`](Client::send) accepts has exactly one [`Outcome`],
//! unless it is [abandoned](Client::abandon):
//!
//! - [`Confirmed`](Outcome::Confirmed) by a message with its `RequestId`, unless the sender is
//!   known to be another user. A deletion or disconnection is confirmed by the event about the same
//!   message or user that has its `RequestId`, or has none.
//! - [`Rejected`](Outcome::Rejected) by an error with its `RequestId` on its own connection. An
//!   error without a `RequestId` rejects the deletion whose message it names, if that is the only
//!   one in flight on the connection, and if no earlier deletion of that message can be meant.
//! - [`Assumed`](Outcome::Assumed), which [the reference] calls a success, needs evidence that the
//!   request has arrived. After [`settle_ms`](Config::settle_ms) without an answer, the client asks
//!   for a ping. The answer to a ping that was sent after the request is evidence, and so is an
//!   answer with the `RequestId` of a later request on that connection. A rejection may follow
//!   close behind, so the client waits another second. Without evidence within
//!   [`ping_timeout_ms`](Config::ping_timeout_ms), the outcome is `Unknown`.
//! - Without pings, a frame that comes a second or more after the request is the evidence. Without
//!   one, the outcome is `Unknown` 30 s after the request.
//! - [`Unknown`](Outcome::Unknown) also if the connection ends first, or if something came on it
//!   that may have been the rejection: an error that matches no request, an error 401, or a message
//!   that cannot be decoded. An answer still counts until the request's time has come.
//!
//! **Liveness.** With pings, the client asks for a ping every
//! [`ping_interval_ms`](Config::ping_interval_ms). After one without an answer, it asks for another, and
//! gets a new connection beside the silent one. It drops the silent one when the new one opens, or
//! when the second ping has no answer either. Without pings, a connection is replaced beside, never
//! dropped, when an outcome is `Unknown` for lack of evidence, or after
//! [`idle_ms`](Config::idle_ms). Either way, that happens at most four times an hour.
//!
//! **What a close means.** [`CloseEvent`] lists the codes and statuses. A close is an expiry, and
//! the client reconnects, if the connection was told 401, if its known end has come, or if the
//! reason says so. The event that disconnects this user ends the session, whether or not a close
//! follows.
//! [`CloseEvent::with_action`] overrides every decision about a close.
//!
//! **Replacing a connection.** Ahead of its end, after an error 401, on
//! [`refresh`](Client::refresh), and when it may be dead, the client gets a new connection beside
//! the current one. If an attempt fails, nothing happens to the connection that works, and neither
//! [`max_attempts`](Config::max_attempts) nor refused tokens count. Requests go to the new connection as
//! soon as it is open. The old one is kept for [`drain_ms`](Config::drain_ms), until its requests
//! have outcomes and the new one has lasted. If the new one breaks before that, the old one becomes
//! current again. If the service closes the new one on purpose, the session ends. The state stays
//! [`Connected`](ConnectionState::Connected) throughout.
//!
//! **Duplicates.** What both connections deliver is handed over once. Errors are never taken for
//! duplicates, but an error 401 of a connection that has been replaced is not handed over, unless
//! it answers a request.
//!
//! **Gaps.** [`PossibleGap`](Output::PossibleGap) says that messages may have been missed: after
//! any time without a connection; after replacing a connection that had been told 401, was past its
//! end or did not answer a ping; and when a replaced connection ends without having shown that it
//! delivered everything up to the time when the new one was open. It has shown that when it has
//! answered a ping sent after that time, or when one message has come on both. Without pings, this
//! last rule holds for connections that did not end by the client's own close, or were in doubt.
//!
//! **Tokens.** Each attempt needs a token of its own, and one fetch is under way at a time. The
//! fetch has a number, so that an answer that comes after
//! [`token_timeout_ms`](Config::token_timeout_ms) is recognized and ignored. A wait, which is random and
//! grows with every failure, separates attempts until a connection has lasted
//! [`stable_ms`](Config::stable_ms). So whatever the service does, and whatever any clock shows, the
//! number of tokens per hour is bounded.
//!
//! # The clock and sleep
//!
//! [`Instant`] is the caller's monotonic clock. Only differences between readings count. If the clock
//! steps back, no time has passed; if one reading is wild, at most 49 days have.
//!
//! Choose a clock that keeps running while the device sleeps, such as `CLOCK_BOOTTIME` on Linux.
//! The client then sees that a call comes late, and checks its connections at once: with pings, by
//! a ping and one ping timeout; without pings, by a refresh if the call is more than 90 s late
//! (browsers fire timers in background tabs once a minute). Requests get one ping timeout more
//! before they are decided about, because an answer may lie unread in the socket.
//!
//! With a clock that stops during sleep, as `std::time::Instant` does on Linux and macOS, the
//! client does not notice. It keeps a dead connection until the next ping fails, and takes the
//! session's end for later than it is. Call [`refresh`](Client::refresh) on waking up.
//!
//! # States
//!
//! There are two regions: the current connection, perhaps with one before it that is draining, and
//! the way to the next connection.
//!
//! ```text
//!                        connect, time, refresh due, ERROR 401
//!                                       │
//!  ┌──────────────┐  time     ┌─────────▼──────┐ handle_token  ┌────────────┐
//!  │   backoff    ├──────────▶│ awaiting token ├──────────────▶│ connecting │
//!  └──────────────┘           └────────────────┘               └──────┬─────┘
//!         ▲   handle_token_error,                                     │ handle_open
//!         │   handle_close                                            ▼
//!         └──────────────────────────────────────────────────── ┌───────────┐ replaced ┌──────────┐
//!                                                               │  current  ├─────────▶│ draining ├─▶ Close
//!                                                               └───────────┘◀─────────┴──────────┘
//!                                                                     new connection breaks
//! ```
//!
//! The tables say what every input leads to in every state. `·` stays in the state; `anew` starts
//! the attempt again; `time` is what happens next if every ping is answered and nothing else comes.
//! [`ReconnectAction::NewToken`] leads to an attempt at once only the first time.
//!
#![doc = include_str!("table.md")]
//!
//! # From beginning to end
//!
//! ```
//! use core::time::Duration;
//! use ivs_chat_proto::client::{Client, CloseEvent, Config, ConnectionState, DisconnectReason, FetchError, Outcome, Output, TokenInfo};
//! use ivs_chat_proto::Instant;
//! use ivs_chat_proto::publish::{DeleteMessage, SendMessage};
//! use ivs_chat_proto::{Capabilities, Content};
//!
//! // Room for 16 requests, each with a number of the application's. Take the seed from a source of
//! // randomness.
//! let mut client: Client<u32> = Client::new(Config::with_pings(), *b"not random, alas");
//! let at = Instant::from_millis;
//!
//! // A connection is wanted, and for that a token.
//! client.connect(at(0));
//! assert_eq!(client.poll(at(0)), Output::State(ConnectionState::Connecting));
//! let Output::FetchToken(fetch) = client.poll(at(0)) else { panic!() };
//!
//! // It cannot be had at present: the client waits before it asks again.
//! client.handle_token_error(at(100), fetch, FetchError::Temporary { retry_after: None });
//! let Output::Wait(Some(next)) = client.poll(at(100)) else { panic!() };
//! assert!(next > at(100) && next <= at(1_100));
//! let Output::FetchToken(fetch) = client.poll(next) else { panic!() };
//!
//! // Here it is. The host opens the WebSocket with it.
//! let mut info = TokenInfo::new();
//! info.session_ms = Some(3_600_000);
//! info.capabilities = Some(Capabilities::ALL);
//! info.user_id = Some("astrid");
//! let first = client.handle_token(at(2_000), fetch, info).unwrap();
//! assert_eq!(client.poll(at(2_000)), Output::Wait(Some(at(32_000))));
//! client.handle_open(at(2_100), first);
//! assert_eq!(client.poll(at(2_100)), Output::State(ConnectionState::Connected));
//!
//! // A message is sent, and comes back.
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
//! // Nothing is heard of another request. A ping proves that it has arrived, and a second later it
//! // counts as done.
//! let _ = client.send(at(4_000), DeleteMessage::new("m1"), 2, &mut buffer)?;
//! assert_eq!(client.poll(at(4_000)), Output::Wait(Some(at(9_000))));
//! let Output::Ping { connection, payload } = client.poll(at(9_000)) else { panic!() };
//! client.handle_pong(at(9_040), connection, &payload);
//! assert_eq!(client.poll(at(9_040)), Output::Wait(Some(at(10_040))));
//! let Output::Settled(settled) = client.poll(at(10_040)) else { panic!() };
//! assert_eq!((settled.data, settled.outcome), (2, Outcome::Assumed));
//!
//! // A connection that is never heard of again is replaced.
//! let mut now = at(10_040);
//! let fetch = loop {
//!     match client.poll(now) {
//!         Output::Wait(Some(moment)) => now = moment,
//!         Output::Ping { .. } => {} // No pong comes.
//!         Output::FetchToken(fetch) => break fetch,
//!         other => panic!("{other:?}"),
//!     }
//! };
//! // 30 s after the last ping, 10 s for the answer, and a short wait.
//! assert!(now > at(49_000) && now < at(50_000));
//! let second = client.handle_token(now, fetch, info).unwrap();
//! client.handle_open(now, second);
//! let close = Output::Close { connection: first, code: 3008 };
//! assert_eq!(client.poll(now), close);
//! assert_eq!(client.poll(now), Output::Replaced { from: first, to: second });
//! assert_eq!(client.poll(now), Output::PossibleGap);
//!
//! // The server restarts while a message is on its way.
//! let _ = client.send(now, send, 3, &mut buffer)?;
//! client.handle_close(now, second, CloseEvent::frame(1012, ""));
//! let Output::Settled(settled) = client.poll(now) else { panic!() };
//! assert_eq!((settled.data, settled.outcome), (3, Outcome::Unknown));
//! assert_eq!(client.poll(now), Output::State(ConnectionState::Connecting));
//! assert!(client.reconnect_at().unwrap() >= now + Duration::from_secs(5));
//!
//! // The application leaves.
//! client.disconnect(now);
//! let disconnected = ConnectionState::Disconnected(DisconnectReason::NotWanted);
//! assert_eq!(client.poll(now), Output::State(disconnected));
//! assert_eq!(client.poll(now), Output::Wait(None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Loops to put it in
//!
//! *A task that can await everything*: the `chat` example, a terminal client on tokio.
//!
//! *Callbacks*, as in a browser. The client is in a cell that is borrowed for one call at a time.
//! What is received borrows the message and not the client, so that a handler may send or
//! disconnect.
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
//!         // The borrow ends here, before the handler begins.
//!         let received = self.client.borrow_mut().handle_message_str(self.now(), connection, data);
//!         match received {
//!             Ok(Some(received)) => (self.on_payload)(self, &received),
//!             Ok(None) => {}
//!             Err(error) => self.log.borrow_mut().push(error.to_string()),
//!         }
//!         self.drive();
//!     }
//!
//!     /// Sends a message. The promise comes back with its outcome.
//!     fn send(&self, text: &str, promise: String) {
//!         let Ok(content) = Content::new(text) else { return };
//!         let mut buffer = String::new();
//!         let send = SendMessage::new(content);
//!         match self.client.borrow_mut().send_in_string(self.now(), send, promise, &mut buffer) {
//!             Ok(sent) => self.log.borrow_mut().push(format!("socket.send, {} bytes", sent.payload.len())),
//!             Err(error) => self.log.borrow_mut().push(format!("{}: {}", error.kind, error.data)),
//!         }
//!         self.drive();
//!     }
//!
//!     fn drive(&self) {
//!         loop {
//!             // Here, too: whatever an output leads to may come back to this client.
//!             let output = self.client.borrow_mut().poll(self.now());
//!             match output {
//!                 Output::Wait(_) => return, // clearTimeout, setTimeout
//!                 Output::FetchToken(fetch) => {
//!                     // Once fetch() has it:
//!                     let connection = self.client.borrow_mut().handle_token(self.now(), fetch, TokenInfo::new());
//!                     if let Some(connection) = connection {
//!                         self.client.borrow_mut().handle_open(self.now(), connection); // onopen, later
//!                     }
//!                 }
//!                 other => self.log.borrow_mut().push(format!("{other:?}")),
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
//! let message = r#"{"Type":"MESSAGE","Id":"m1","RequestId":"","Attributes":null,"Content":"hello?",
//!     "SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"bo","Attributes":{}}}"#;
//! room.on_message(ConnectionId::from_number(0), message);
//! assert_eq!(room.log.borrow().last().unwrap(), "socket.send, 106 bytes");
//! assert_eq!(room.client.borrow().in_flight_len(), 1);
//! ```
//!
//! *A main loop without an allocator*: a microcontroller whose modem does the WebSocket and hands
//! over bytes as they come in, seven at a time. The sizes of the client and the receiver are known
//! at compile time.
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
//!                     // The modem has been told to fetch a token and to connect, and has done so.
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
//!             let Ok(Some(received)) = client.handle_message(board.now(), connection, message) else { continue };
//!             if let Subscribe::Event(event) = received.payload {
//!                 board.lamp = event.event_name == "lamp:on";
//!             }
//!         }
//!     }
//! }
//!
//! const CLIENT: Client<(), 2, 8> = Client::unseeded(Config::with_pings());
//! static INCOMING: &[u8] = br#"{"Type":"EVENT","Id":"e1","RequestId":"","EventName":"lamp:on","SendTime":""}"#;
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
