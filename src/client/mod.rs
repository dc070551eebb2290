//! What a client of this protocol has to do beside encoding and decoding: tokens, connections one after the other, requests and
//! their answers. A state machine without I/O: it is told what has happened and the time, and says what to do.
//!
//! **ReconnectAction every input, and when the moment has come that it names, [`poll`](Client::poll) the client until it says
//! [`Wait`](Output::Wait), and do what each output says.** That is all that whoever embeds it has to get right: any number of inputs may come
//! between two polls, a poll too many, too early or too late does no harm, and what is said of a connection that exists no more
//! changes nothing.
//!
//! # Rules
//!
//! 1. *One driving verb.* What is to be done comes from `poll`, at one moment in this order: connections to close, outcomes of
//!    requests, the state, a token to fetch, until when to wait. The moment to wait for is always later than now.
//! 2. *One outcome.* Each request that [`send`](Client::send) accepts has exactly one [`Outcome`], unless it is [forgotten](Client::forget):
//!    [`Confirmed`](Outcome::Confirmed) or [`Rejected`](Outcome::Rejected) with the payload that answers it, from [`recv`](Client::recv);
//!    [`Assumed`](Outcome::Assumed) or [`Lost`](Outcome::Lost) from `poll`. It lies in the request's own place until it is taken, so that none can
//!    be dropped for want of room. One that `send` refuses has changed nothing.
//! 3. *Nobody else's answer.* A message confirms what was sent with its `RequestId`, and not if its sender is known to be another; an event
//!    confirms the deletion or disconnection with its `RequestId` of just that message or user; an error rejects what was sent on its own connection. `RequestId`s are public
//!    in the room, so they are made of a seed such that nobody who has seen all before can guess the next. An error without one can only be about the one
//!    deletion that is waiting, if it names its message.
//! 4. *Silence is success*, by the reference ([SendMessage (Publish)]): after [`settle_ms`](Config::settle_ms) on a connection that stayed up. If the caller
//!    is much later than it was to be, its device has been asleep and an error may lie unread in the socket: the waiting starts anew.
//! 5. *A connection that works is left alone.* The next one is got beside it, ahead of the end of the session, and if that fails nothing happens to the one
//!    that is there. When the next one is open, the one before is listened to for a while; what both deliver is
//!    received once. An error is never taken for a duplicate.
//! 6. *No token twice.* Each attempt asks for a token of its own, and for one at a time. The token never comes in here: only how long its session lasts
//!    and what it permits.
//! 7. *No hurry.* Between an attempt that failed and the next there is a wait, at random and longer each time, until a connection has lasted. So no server,
//!    whatever it does, makes a client ask for tokens faster.
//! 8. *What is meant is heeded.* A close with code 1000, 1008, 3003 or 4000 to 4999, a handshake answered with 403 or 404, or the disconnection of this user end the
//!    session; a server that goes away, restarts or breaks does not. [`Closed::then`] decides otherwise.
//! 9. *Nothing by chance.* The same seed and the same calls give the same outputs. The clock is the caller's; one that steps back is held.
//!
//! # States
//!
//! There are two regions, and they do not depend on each other: the connection that is there, perhaps with one before it that is draining; and
//! the way to the next one.
//!
//! ```text
//!             connect           FetchToken, token_ok               opened
//!   stopped ───────────▶ want ─────────────────────────▶ connecting ───────▶ open ──── replaced ───▶ draining ───▶ Close
//!      ▲                  ▲ ▲                                  │              │
//!      │             time │ │ session ends soon, ERROR 401     │              │
//!      │                  │ └─────────────────────── open      │              │
//!      │               backoff ◀── token_err, closed: retry ───┴──────────────┤
//!      └────────────────── token_err: fatal, closed: end, close ──────────────┘
//! ```
//!
//! What every input leads to, in every state. `open, want` is an open connection beside which the next one wants a token; `next closed` is the
//! end of the attempt, `closed` that of the open connection; `·` changes nothing. Not in the table: an `ERROR` 401 on a connection that has not yet lasted, and
//! whatever else follows too soon, leads to a backoff first; [`ReconnectAction::NewToken`] leads to `want` at once, the first time; and a draining connection,
//! which can be there in any `open` state, does not outlive the session.
//!
#![doc = include_str!("table.md")]
//!
//! [`State`] tells of this what an application needs: `open` is [`Connected`](ConnectionState::Connected) whatever is beside it.
//!
//! # From beginning to end
//!
//! ```
//! use ivs_chat_proto::client::{Client, CloseEvent, Config, Instant, Outcome, Output, DisconnectReason, ConnectionState, TokenInfo};
//! use ivs_chat_proto::publish::{DeleteMessage, Publish, SendMessage};
//! use ivs_chat_proto::{Capabilities, Content};
//!
//! // A place for 16 requests, each with a number of ours. The seed is from a source of randomness.
//! let mut client: Client<u32> = Client::new(Config::new(), *b"not random, alas");
//! let at = Instant::from_millis;
//!
//! // disconnected, want: a connection is wanted, and for that a token.
//! client.connect(at(0));
//! assert_eq!(client.poll(at(0)), Output::State(ConnectionState::Connecting));
//! assert_eq!(client.poll(at(0)), Output::FetchToken);
//! assert_eq!(client.poll(at(0)), Output::Wait(None));
//!
//! // backoff: it cannot be had just now.
//! client.token_err(at(100), false);
//! let Output::Wait(Some(next)) = client.poll(at(100)) else { panic!() };
//! assert!(next > at(100) && next <= at(1_100));
//! assert_eq!(client.poll(next), Output::FetchToken);
//!
//! // connecting: here it is. The WebSocket is opened with it, and from now on called `first`.
//! let mut info = TokenInfo::new();
//! info.session_ms = Some(3_600_000);
//! info.capabilities = Some(Capabilities::ALL);
//! info.user_id = Some("astrid");
//! let first = client.token_ok(at(2_000), info).unwrap();
//! assert_eq!(client.poll(at(2_000)), Output::Wait(Some(at(32_000))));
//!
//! // open.
//! client.opened(at(2_100), first);
//! assert_eq!(client.poll(at(2_100)), Output::State(ConnectionState::Connected));
//!
//! // A message is sent, and comes back.
//! let mut buffer = [0; 1024];
//! let send = SendMessage::new(Content::new("Good morning 🌞")?).into();
//! let sent = client.send(at(3_000), &send, 1, &mut buffer)?;
//! assert_eq!(sent.conn, first);
//! let request_id = Publish::decode(sent.payload)?.request_id().unwrap();
//! let echo = format!(
//!     r#"{{"Type":"MESSAGE","Id":"m1","RequestId":"{request_id}","Attributes":null,"Content":"Good morning 🌞",
//!     "SendTime":"2026-11-22T10:00:00Z","Sender":{{"UserId":"astrid","Attributes":{{}}}}}}"#
//! );
//! let received = client.recv(at(3_050), first, echo.as_bytes())?.unwrap();
//! let settled = received.settled.unwrap();
//! assert_eq!((settled.data, settled.outcome), (1, Outcome::Confirmed));
//!
//! // Another request. Nothing is heard of it: it has succeeded.
//! let delete = DeleteMessage::new("m1".into()).into();
//! client.send(at(4_000), &delete, 2, &mut buffer)?;
//! assert_eq!(client.poll(at(4_000)), Output::Wait(Some(at(9_000))));
//! let Output::Settled(settled) = client.poll(at(9_000)) else { panic!() };
//! assert_eq!((settled.data, settled.outcome), (2, Outcome::Assumed));
//!
//! // open, want: the session is to end in little more than a minute.
//! let Output::Wait(Some(refresh)) = client.poll(at(9_000)) else { panic!() };
//! assert!(refresh >= at(3_532_000) && refresh <= at(3_542_000));
//! assert_eq!(client.poll(refresh), Output::FetchToken);
//!
//! // open, connecting; then open, with the first connection draining.
//! let second = client.token_ok(refresh, info).unwrap();
//! client.opened(refresh, second);
//! assert_eq!(client.poll(refresh), Output::State(ConnectionState::Connected));
//! assert!(client.recv(refresh, second, echo.as_bytes())?.is_some());
//! assert!(client.recv(refresh, first, echo.as_bytes())?.is_none(), "that has been received");
//! assert_eq!(client.poll(refresh), Output::Wait(Some(refresh.after(10_000))));
//! assert_eq!(client.poll(refresh.after(10_000)), Output::Close { conn: first, code: 1000 });
//!
//! // backoff: the server is restarted while a message is on its way.
//! client.send(at(4_000_000), &send, 3, &mut buffer)?;
//! client.closed(at(4_000_001), second, CloseEvent::frame(1012, ""));
//! let Output::Settled(settled) = client.poll(at(4_000_001)) else { panic!() };
//! assert_eq!((settled.data, settled.outcome), (3, Outcome::Lost));
//! assert_eq!(client.poll(at(4_000_001)), Output::State(ConnectionState::Connecting));
//!
//! // disconnected: it is enough.
//! client.close(at(4_000_002));
//! assert_eq!(client.poll(at(4_000_002)), Output::State(ConnectionState::Disconnected(DisconnectReason::NotWanted)));
//! assert_eq!(client.poll(at(4_000_002)), Output::Wait(None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Loops to put it in
//!
//! *A task*, where everything can be awaited: the example `chat`, a client for a terminal on tokio and a WebSocket.
//!
//! *Callbacks*, as in a browser: the client is in a cell that is borrowed for one call at a time. What is received borrows the
//! message and not the client, so that a handler may send, or close, in its turn.
//!
//! ```
//! use std::cell::RefCell;
//!
//! use ivs_chat_proto::Content;
//! use ivs_chat_proto::client::{Client, Config, ConnectionId, Instant, Output, Received, TokenInfo};
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
//!     fn on_message(&self, conn: ConnectionId, data: &str) {
//!         // The borrow ends here, before the handler begins.
//!         let received = self.client.borrow_mut().recv_str(self.now(), conn, data);
//!         match received {
//!             Ok(Some(received)) => (self.on_payload)(self, &received),
//!             Ok(None) => {}
//!             Err(error) => self.log.borrow_mut().push(error.to_string()),
//!         }
//!         self.drive();
//!     }
//!
//!     /// Sends `text`; the promise of it is what comes back as `T`.
//!     fn send(&self, text: &str, promise: String) {
//!         let Ok(content) = Content::new(text) else { return };
//!         let mut buffer = [0; 4096];
//!         match self.client.borrow_mut().send(self.now(), &SendMessage::new(content).into(), promise, &mut buffer) {
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
//!                 Output::FetchToken => {
//!                     let conn = self.client.borrow_mut().token_ok(self.now(), TokenInfo::new()); // once fetch() has it
//!                     if let Some(conn) = conn {
//!                         self.client.borrow_mut().opened(self.now(), conn); // onopen, later
//!                     }
//!                 }
//!                 other => self.log.borrow_mut().push(format!("{other:?}")),
//!             }
//!         }
//!     }
//! }
//!
//! let room = Room {
//!     client: RefCell::new(Client::new(Config::new(), *b"not random, alas")),
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
//! assert_eq!(room.client.borrow().in_flight(), 1);
//! ```
//!
//! *A main loop*, without an allocator: a microcontroller whose modem does the WebSocket, and hands over bytes as they come in, seven at a
//! time. The client, the buffers and the receiver are all of a size that is known when this is compiled.
//!
//! ```
//! use ivs_chat_proto::client::{Client, Config, ConnectionId, Instant, Output, TokenInfo};
//! use ivs_chat_proto::subscribe::Subscribe;
//! use ivs_chat_proto::JsonStream;
//!
//! /// What there is of hardware here.
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
//!     let mut conn: Option<ConnectionId> = None;
//!     client.connect(board.now());
//!     while let Some(mut bytes) = board.uart.next() {
//!         board.millis += 1;
//!         loop {
//!             match client.poll(board.now()) {
//!                 Output::Wait(_) => break,
//!                 Output::FetchToken => {
//!                     // The modem has been told to fetch a token and to connect, and has done so.
//!                     conn = client.token_ok(board.now(), TokenInfo::new());
//!                     if let Some(conn) = conn {
//!                         client.opened(board.now(), conn);
//!                     }
//!                 }
//!                 _ => {}
//!             }
//!         }
//!         while let Some(message) = stream.next(&mut bytes) {
//!             let (Ok(message), Some(conn)) = (message, conn) else { continue };
//!             let Ok(Some(received)) = client.recv(board.now(), conn, message) else { continue };
//!             if let Subscribe::Event(event) = received.payload {
//!                 board.lamp = event.event_name == "lamp:on";
//!             }
//!         }
//!     }
//! }
//!
//! static INCOMING: &[u8] = br#"{"Type":"EVENT","Id":"e1","RequestId":"","EventName":"lamp:on","SendTime":""}"#;
//! let mut board = Board { millis: 0, uart: INCOMING.chunks(7), lamp: false };
//! run(&mut board, &mut const { Client::new(Config::new(), [0; 16]) }, &mut const { JsonStream::new() });
//! assert!(board.lamp);
//! ```
//!
//! [SendMessage (Publish)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-sendmessage-publish.html

mod closed;
mod config;
mod connection;
mod counters;
mod in_flight;
mod machine;
mod output;
mod request_id;
mod secret;
mod seen;
mod send_error;
mod settled;
#[cfg(test)]
mod table;

pub use crate::instant::Instant;
pub use closed::{CloseEvent, DisconnectReason, ReconnectAction};
pub use config::{Config, TokenInfo};
pub use connection::ConnectionId;
pub use counters::Counters;
pub use machine::Client;
pub use output::{ConnectionState, Output};
pub use send_error::{SendError, SendErrorKind};
pub use settled::{Outcome, Received, RequestHandle, Sent, Settled};
