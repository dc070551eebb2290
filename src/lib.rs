//! The Amazon IVS Chat messaging protocol: a type for every payload, a decoder and an encoder for
//! each in both directions, and a client as a state machine, with the other end to test it against.
//!
//! A client publishes `SEND_MESSAGE`, `DELETE_MESSAGE` and `DISCONNECT_USER`; the service pushes
//! `MESSAGE`, `EVENT` and `ERROR`. Each is a small JSON object in a WebSocket text message,
//! described by the [Chat Messaging API Reference] ("the reference" below).
//!
//! # Decode
//!
//! ```
//! use ivs_chat_proto::subscribe::{EventKind, Subscribe};
//!
//! # fn show(_: impl std::fmt::Display) {}
//! # let payload = br#"{"Type":"ERROR","ErrorCode":429,"RequestId":"r-1"}"#;
//! match Subscribe::decode(payload)? {
//!     Subscribe::Message(message) => show(format_args!("{}: {}", message.sender.user_id, message.content)),
//!     Subscribe::Event(event) => match event.kind() {
//!         EventKind::DeletedMessage { message_id, .. } => show(format_args!("{message_id} is gone")),
//!         EventKind::DisconnectedUser { user_id, .. } => show(format_args!("{user_id} has been made to leave")),
//!         _ => show(event.event_name),
//!     },
//!     Subscribe::Error(error) => show(error.error_code),
//!     _ => show("a payload of a later day"),
//! }
//! # Ok::<(), ivs_chat_proto::DecodeError>(())
//! ```
//!
//! A payload borrows from the bytes it was decoded from, is `Copy`, and has been validated whole:
//! what is read of it later cannot fail. An error says what was wrong and
//! [where](DecodeError::offset), in 16 bytes that hold nothing of the peer's.
//!
//! # Encode
//!
//! ```
//! use ivs_chat_proto::{Attributes, Content, publish::{Publish, SendMessage}};
//!
//! let mut send = SendMessage::new(Content::new("Good morning 🌞")?);
//! send.request_id = Some("r-1".into());
//! send.attributes = Attributes::from(&[("tone", "warm")]);
//!
//! let mut buffer = [0; 256];
//! let payload = Publish::from(send).encode(&mut buffer)?;
//! assert_eq!(
//!     payload,
//!     r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"Good morning 🌞","Attributes":{"tone":"warm"}}"#.as_bytes()
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A session
//!
//! A [`Client`](client::Client) decides when to fetch a token, to connect, to ping and to
//! reconnect, and says what has become of each request. The host tells it what happens and asks it
//! what to do. The socket, the clock and the tokens are the host's.
//!
//! ```
//! use ivs_chat_proto::client::{Client, CloseEvent, Config, ConnectionState, Instant, Output, TokenInfo};
//! use ivs_chat_proto::{Endpoint, Token};
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
//!             assert_eq!(url, "wss://edge.ivschat.eu-central-1.amazonaws.com");
//!             let header = (Token::HEADER_NAME, token.header_value());
//! #           assert_eq!(header.0, "Sec-WebSocket-Protocol");
//!             // The host opens the WebSocket with this header.
//!             if let Some(connection) = client.handle_token(now, fetch, TokenInfo::new()) {
//!                 client.handle_open(now, connection);
//!             }
//!         }
//!         Output::State(state) => println!("{state}"),
//!         // Wait for what comes first: a message, a pong, the end of a connection, or this moment.
//!         Output::Wait(_) => break,
//!         output => println!("{output:?}"),
//!     }
//! }
//! let connection = client.current().expect("it is connected");
//! # let message = br#"{"Type":"ERROR","ErrorCode":429,"RequestId":"r-1"}"#;
//! if let Some(received) = client.handle_message(now, connection, message)? {
//!     println!("{:?}", received.payload);
//! }
//! client.handle_close(now, connection, CloseEvent::abnormal());
//! # assert_eq!(client.state(), ConnectionState::Connecting);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`MessageAssembler`] joins the pieces of a WebSocket message; [`JsonStream`] finds payloads in a stream of bytes.
//!
//! # Scope
//!
//! In: the payloads of the messaging API in both directions, so that a client, a server, a proxy
//! and a test double can all be built on them; the values in them; the endpoint, the token's header
//! and the reason of a close; the lines of a [chat log](ChatLogEntry); whole payloads from pieces;
//! what a [client] does beside sending and receiving, and what the [service](server) does with what
//! it is sent.
//!
//! Out: I/O, sockets, TLS, clocks and threads, which belong to whoever embeds this; the HTTP API
//! beside the messaging API; rooms, users and moderation.
//!
//! # Features
//!
//! Features only add; none changes what is there without it. `#![no_std]` whichever are on.
//!
//! | feature | adds |
//! |---|---|
//! | none | everything but what follows; no allocation |
//! | `alloc` | `owned` payloads, `Text::to_cow`, `encode_to_string` |
//! | `std` (default) | `alloc`; conversions between [`Timestamp`] and `SystemTime` |
//! | `serde` | `Serialize` for the payloads; with `alloc`, also `Deserialize` for the `owned` ones |
//! | `mock` | `alloc`; a room in memory, to test against |
//!
//! # Reading of the specification
//!
//! Where the reference is silent, or says two things, this is how it is read here.
//!
//! **JSON** is that of [RFC 8259], strictly, in members that nobody reads, too. A lone surrogate, a
//! byte order mark, a raw control character and anything behind the object are errors. So is what
//! `serde_json` does not read: 128 arrays and objects inside each other (127 are read), and a
//! number that rounds to more than the largest double.
//!
//! **Members** may come in any order, with white space anywhere, and with escapes in their names.
//! Those that are not known are validated and ignored. A known one that is there twice is an error.
//! `Type` and `Action` decide which are known: an `EventName` in a `MESSAGE` is not. The names that
//! the service writes are read to the letter; those that clients write, in any ASCII case, as the
//! service reads them. The values of `Type` and `Action` are read to the letter.
//!
//! **Required** of a `MESSAGE` are `Id`, `Content`, `SendTime` and `Sender.UserId`; of an `EVENT`,
//! `Id`, `EventName` and `SendTime`; of an `ERROR`, `ErrorCode` alone, so that no error is lost for
//! want of its decoration. Of what clients publish, what the reference marks so. `null` is not a
//! value for these; an empty text is, but not of a `Content` to send.
//!
//! **Optional** members may be missing or `null`, which is the same. An empty `RequestId` is none,
//! for that is how the service writes none.
//!
//! **An unknown `Type`** is not an error but [`Unknown`](subscribe::UnknownPayload), since the
//! service may learn new ones. **An unknown `Action`** is an error, since a server must answer it
//! with one.
//!
//! **Attributes** are strings by name; another type of value is an error. A name that is there
//! twice is shown twice, and
//! [`get`](Attributes::get) takes the last, as JSON objects do elsewhere. No attributes, as a missing member, `null` or `{}`,
//! are equal. `null` and `{}` are encoded as they came; a missing member, as the writer of such
//! payloads would have it.
//!
//! **`Content`** to send is 1 to 500 code points, or up to the room's own `maximumMessageLength`,
//! that many included (the reference says "shorter than", and "Maximum: 500"). Received content has
//! no limit. The other limits that are known of the service, such as 1 KB of a token's attributes,
//! are not this crate's to enforce; that of 10 requests a second, only a [client] keeps.
//!
//! **`aws:DELETE_MESSAGE`** names its message as `MessageId`, or else as the deprecated
//! `MessageID`; an event that is [built](subscribe::SystemEvent::delete_message) has both.
//! **`aws:DISCONNECT_USER`** is not in the reference but is sent. An identifier that is empty or
//! missing makes either an [application's event](subscribe::EventKind::Application). It is not
//! known whether the service, with no reason to give, leaves `Reason` out or empty: both are read,
//! and an empty one is written.
//!
//! **`ErrorCode`** is a whole number of 16 bits, without a fraction or an exponent. Numbers that
//! the reference does not list are kept.
//!
//! **`SendTime`** is kept as text, whatever it says. Its [parser](SendTime::parse) takes [RFC 3339]
//! with 0 to 9 digits of a fraction; a leap second is taken for the second after it.
//!
//! **Canonical form.** A publish is written in the order of members that the official SDKs have,
//! without options that are not set. A subscribe is written as the service does, which is not the
//! order that the reference prints; an `ERROR`, of which nobody has published a capture, as in the
//! reference's sample. Texts and attributes that were decoded are written as they came. So a frame
//! of the service that is decoded and encoded again is the same, byte for byte. Another frame need
//! not be: members that are not known are not written, and what is missing may be written as empty.
//! A proxy passes on the bytes that it was given.
//!
//! **A line of a chat log** must have its `payload`; the rest of the envelope may be missing.
//!
//! **Success** of a request "should be assumed if an error is not returned", says the reference,
//! and does not say when. The client assumes it when it has [evidence](client#rules) that the
//! request has arrived, 5 seconds after the request at the earliest. A message that comes back and
//! an event about the request's target confirm it. If the connection ends or falls silent before,
//! the outcome is [unknown](client::Outcome::Unknown).
//!
//! **A request is answered** by a payload with its `RequestId`, of its kind and about its target.
//! The service's own events often have no `RequestId`; those confirm the oldest request about their
//! target. An error without a `RequestId` answers a deletion if no other is waiting and its `Id` is
//! that of the message.
//!
//! **The end of a connection** ends the session if it was on purpose: close codes 1000, 1008, 3003
//! and 4000 to 4999, and status 404 of the handshake. The event that disconnects this user ends the
//! session by itself. Code 3000 and the statuses 401 and 403 ask for one new token. Everything
//! else, 1001 included, is followed by another connection. So is every close of a connection that
//! had been told 401 or was past its session's end, and every close whose [reason](CloseReason)
//! says that the session has expired: what code and reason the service sends in that case is not
//! documented.
//!
//! **The service's checks** are in an [order](server#what-is-checked) that the reference does not
//! give. Every error has an `Id`, and the end of a session is told by an error 401 before the
//! connection is closed.
//!
//! **10 requests a second** are counted in every window of a second, over all connections of a
//! client.
//!
//! **The token** is opaque: of the characters that a header's token may have, and otherwise as it
//! came. **A region** is of letters, digits, `-`, `.`, `_` and `~`, as the official SDKs have it.
//!
//! **A close reason** that is not a whole JSON object with an `ErrorCode` or an `ErrorMessage` is
//! plain text.
//!
//! [Chat Messaging API Reference]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/welcome.html
//! [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339#section-5.6
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259

#![no_std]
#![forbid(unsafe_code)]
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

/// The README's examples are tests, too.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod chat_log;
pub mod client;
mod framing;
mod instant;
mod json;
#[cfg(feature = "mock")]
pub mod mock;
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
pub use framing::{JsonStream, MessageAssembler, MessageTooLong, StreamError, StreamErrorKind};
pub use instant::Instant;
pub use value::{
    Attributes, AttributesIter, BufferTooSmall, Capabilities, CapabilitiesIter, Capability,
    CloseReason, Content, ContentLengthError, Endpoint, ErrorCode, ParseCapabilityError,
    ParseTimestampError, REGIONS, RegionError, SendTime, Text, TextChars, Timestamp, Token,
    TokenError,
};
pub use wire::{DecodeError, DecodeErrorKind, Field};
