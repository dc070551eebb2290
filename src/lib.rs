//! The Amazon IVS Chat messaging protocol, without I/O.
//!
//! Clients hold a WebSocket to a chat room. They publish `SEND_MESSAGE`, `DELETE_MESSAGE` and
//! `DISCONNECT_USER`, and the service pushes `MESSAGE`, `EVENT` and `ERROR`. Each is a small JSON
//! object in a WebSocket text message, as described in the [Chat Messaging API Reference] ("the
//! reference").
//!
//! This crate has a type, a decoder and an encoder for every payload in both directions, and state
//! machines for both ends: a [client] that decides when to fetch a token, connect, ping and
//! reconnect, and the [server] side of a connection. It does not open sockets, read clocks or
//! allocate.
//!
//! # Decode
//!
//! A payload borrows from the bytes that it was decoded from. The decoder validates it, so reading
//! it afterwards cannot fail. A [`DecodeError`] has a kind and an offset, and no input data.
//!
//! ```
//! use ivs_chat_proto::subscribe::{EventKind, Message, Subscribe};
//!
//! # let payload = br#"{"Type":"ERROR","ErrorCode":429,"RequestId":"r-1"}"#;
//! match Subscribe::decode(payload)? {
//!     Subscribe::Message(Message { sender, content, .. }) => {
//!         println!("{}: {content}", sender.user_id);
//!     }
//!     Subscribe::Event(event) => match event.kind() {
//!         EventKind::DeletedMessage { message_id, .. } => println!("deleted {message_id}"),
//!         EventKind::DisconnectedUser { user_id, .. } => println!("disconnected {user_id}"),
//!         _ => println!("event {}", event.event_name),
//!     },
//!     Subscribe::Error(error) => println!("{error}"),
//!     other => println!("unknown payload {}", other.type_name()),
//! }
//! # Ok::<(), ivs_chat_proto::DecodeError>(())
//! ```
//!
//! # Encode
//!
//! [`Content`] always has a valid length, so encoding fails only if the buffer is too small.
//!
//! ```
//! use ivs_chat_proto::{Content, publish::SendMessage};
//!
//! let send = SendMessage::new(Content::new("Good morning 🌞")?)
//!     .with_request_id("r-1")
//!     .with_attributes(&[("mood", "happy")]);
//!
//! let mut buffer = [0; 256];
//! let payload: &[u8] = send.encode(&mut buffer)?;
//! assert!(payload.starts_with(br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Run a session
//!
//! The host tells a [`Client`](client::Client) what happens and asks it what to do. The socket, the
//! clock and the tokens belong to the host.
//!
//! ```
//! use ivs_chat_proto::client::{Client, CloseEvent, Config, Output, TokenInfo};
//! use ivs_chat_proto::{Endpoint, Instant, Token};
//!
//! # let seed = [0; 16];
//! # let now = Instant::from_millis(0);
//! let mut client: Client = Client::new(Config::with_pings(), seed);
//! client.connect(now);
//! loop {
//!     match client.poll(now) {
//!         Output::FetchToken(fetch) => {
//!             // The application's server calls CreateChatToken.
//!             let token = Token::new("AQICAHhP-2mZ.q1w!#7")?;
//!             let url = Endpoint::new("eu-central-1")?.to_string();
//!             let header = (Token::HEADER_NAME, token.header_value());
//!             // The host opens a WebSocket to the URL with this header.
//!             # assert!(url.starts_with("wss://") && header.0.starts_with("Sec-"));
//!             if let Some(connection) = client.handle_token(now, fetch, TokenInfo::new()) {
//!                 client.handle_open(now, connection);
//!             }
//!         }
//!         Output::State(state) => println!("{state}"),
//!         // Wait until this time, or until a message, a pong or a close arrives.
//!         Output::Wait(_) => break,
//!         output => println!("{output:?}"),
//!     }
//! }
//! let connection = client.current().expect("a connection");
//! # let message = br#"{"Type":"ERROR","ErrorCode":429,"RequestId":"r-1"}"#;
//! if let Some(received) = client.handle_message(now, connection, message)? {
//!     println!("{:?}", received.payload);
//! }
//! client.handle_close(now, connection, CloseEvent::abnormal());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Scope
//!
//! The crate covers:
//!
//! - the payloads of the messaging API, for clients, servers, proxies and test doubles;
//! - the endpoint, the token header and the reason of a close;
//! - entries of a chat log, as [`ChatLogEntry`];
//! - framing: [`MessageAssembler`] joins the fragments of a WebSocket message, and [`JsonStream`]
//!   finds payloads in a byte stream;
//! - the behavior of a [client] and of the [service](server).
//!
//! It does not cover I/O, TLS, clocks, threads, the HTTP API for managing rooms, or moderation.
//!
//! Where the reference is silent or ambiguous, the page [Reading of the
//! specification](_reading_of_the_specification) lists the choices and their reasons.
//!
//! # Features
//!
//! The crate is always `#![no_std]`. Features are additive.
//!
//! | feature | adds |
//! |---|---|
//! | none | everything except the following, without allocation |
//! | `alloc` | `owned` payloads, `Text::to_cow`, `encode_to_string` |
//! | `std` (default) | `alloc`, and conversions between [`Timestamp`] and `SystemTime` |
//! | `serde` | `Serialize` for all payloads, and `Deserialize` for the owned ones (with `alloc`) |
//! | `defmt` | `defmt::Format` for payloads, outputs and errors, for logging on bare metal |
//! | `mock` | `alloc`, and an in-memory room for tests |
//!
//! # Links
//!
//! [Chat Messaging API Reference], [Chat User Guide]
//!
//! [Chat Messaging API Reference]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/welcome.html
//! [Chat User Guide]: https://docs.aws.amazon.com/ivs/latest/ChatUserGuide/what-is.html

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::as_conversions,
        clippy::arithmetic_side_effects
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

/// Tests the examples of the README.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doc)]
#[doc = include_str!("../docs/specification.md")]
pub mod _reading_of_the_specification {}

mod chat_log;
mod chat_token;
pub mod client;
mod framing;
mod instant;
mod json;
#[cfg(feature = "mock")]
pub mod mock;
mod numbers;
#[cfg(feature = "alloc")]
pub mod owned;
pub mod publish;
mod rate;
#[cfg(feature = "serde")]
mod serde;
pub mod server;
pub mod subscribe;
mod value;
mod wire;

pub use chat_log::ChatLogEntry;
pub use chat_token::{ChatToken, ChatTokenError, ChatTokenErrorKind, ExpirationError};
pub use framing::{JsonStream, MessageAssembler, MessageTooLong, StreamError, StreamErrorKind};
pub use instant::Instant;
pub use value::{
    Attributes, AttributesIter, BufferTooSmall, Capabilities, CapabilitiesIter, Capability,
    CloseReason, Content, ContentLengthError, Endpoint, ErrorCode, ParseCapabilityError,
    ParseTimestampError, REGIONS, RegionError, SendTime, Text, TextChars, Timestamp, Token,
    TokenError,
};
pub use wire::{DecodeError, DecodeErrorKind, Field};
