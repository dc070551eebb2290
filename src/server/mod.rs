//! The other end: what the service does with what clients publish. For a gateway, a proxy, a test
//! double.
//!
//! **A [`Peer`] is one connection: each text message goes into
//! [`handle_message`](Peer::handle_message), and what comes out is either a publish to be done or a
//! [`Rejection`] to be sent back.** Identifiers, the time, who else is in the room and what is to be delivered to them stay with the caller; the
//! payloads for that are those of [`subscribe`](crate::subscribe).
//!
//! ```
//! use ivs_chat_proto::publish::Publish;
//! use ivs_chat_proto::server::{Config, RoomRateLimiter, Peer};
//! use ivs_chat_proto::subscribe::{Message, Sender, Subscribe};
//! use ivs_chat_proto::{Capabilities, Capability, Instant};
//!
//! let mut config = Config::new();
//! config.capabilities = Capabilities::NONE.with(Capability::SendMessage);
//! let (mut peer, mut room) = (Peer::new(Instant::from_millis(0), config), RoomRateLimiter::new(10.try_into()?));
//!
//! let mut answer = |now, message: &[u8]| {
//!     let accepted = peer.handle_message(now, message).and_then(|publish| room.check(now, &publish).map(|()| publish));
//!     match accepted {
//!         Ok(Publish::SendMessage(send)) => {
//!             let sender = Sender::new("astrid".into());
//!             let mut message = Message::new("Ub3xYd7cQm0a".into(), send.content.text(), "2026-11-22T10:00:00Z".into(), sender);
//!             message.request_id = send.request_id;
//!             message.attributes = send.attributes;
//!             message.encode_to_string() // to everybody in the room
//!         }
//!         Ok(_) => unreachable!("nothing else is permitted"),
//!         Err(rejection) => rejection.to_error("pT4nQ8sVw1Lz".into()).encode_to_string(), // to this connection
//!     }
//! };
//! let message = answer(Instant::from_millis(5), br#"{"action":"SEND_MESSAGE","requestid":"r-1","content":"hej"}"#);
//! assert!(message.starts_with(r#"{"Type":"MESSAGE","Id":"Ub3xYd7cQm0a","RequestId":"r-1""#));
//! let error = answer(Instant::from_millis(6), br#"{"Action":"DELETE_MESSAGE","RequestId":"r-2","Id":"Ub3xYd7cQm0a"}"#);
//! assert!(error.starts_with(r#"{"ErrorCode":403"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is checked
//!
//! In this order; the first that fails decides. The numbers are those of the reference's section
//! "WebSocket Errors".
//!
//! | | error | [`RejectionCause`] |
//! |---|---|---|
//! | it is JSON, and one of the three actions with what that requires | 400 | [`NotDecoded`](RejectionCause::NotDecoded) |
//! | the session is not over | 401 | [`Expired`](RejectionCause::Expired) |
//! | the token permits it | 403 | [`NotPermitted`](RejectionCause::NotPermitted) |
//! | the content has 1 to 500 code points, and no more than the room takes | 400 | [`NotDecoded`](RejectionCause::NotDecoded), [`ContentTooLong`](RejectionCause::ContentTooLong) |
//! | it has no more bytes than may be | 413 | [`TooLarge`](RejectionCause::TooLarge) |
//! | the connection has not made too many requests in a second | 429 | [`TooManyRequests`](RejectionCause::TooManyRequests) |
//! | nor has the room too many messages: [`RoomRateLimiter`] | 429 | the same |
//! | the review accepts it: [`Rejection::not_acceptable`] | 406 | [`NotAcceptable`](RejectionCause::NotAcceptable) |
//!
//! A publish that is too large and not JSON is not JSON: give the WebSocket a limit of its own
//! above [`max_bytes`](Config::max_bytes). The `RequestId` is in the error wherever it could be
//! read, whatever else is wrong. What a check rejects is not counted against its own rate nor any
//! below it; what the room or the review rejects has been counted for the connection.
//!
//! # As the service does, as far as that is known
//!
//! - *The handshake* offers the token as the only subprotocol, and is answered with the same:
//!   [`Token::new`](crate::Token::new) reads the header's value, and
//!   [`header_value`](crate::Token::header_value) is what to answer with. Browsers refuse a
//!   connection that is answered otherwise. A token is good for one connection. With which HTTP
//!   status the service refuses one is not known; 401 is what a client expects.
//! - *Names* of fields are read in any ASCII case. Members that are not known are ignored.
//! - *Errors* have the texts that have been seen of the service, where any have: those of 400 for a
//!   content that is too long, of 401 and of 429. Their `Id` is that of the message for a deletion,
//!   and one of the caller's making otherwise, as the reference has it.
//! - *A message* goes to everybody in the room, its sender among them, with the `RequestId` it came
//!   with.
//! - *A deletion* and *a disconnection* are told to everybody as events,
//!   [built](crate::subscribe::SystemEvent) to have what the service's have; with the `RequestId`
//!   of the client that asked for it. The user who is disconnected is told, too, and then
//!   [closed](Close::disconnected), on every connection.
//! - *A deletion that is rejected* is answered with the message's `Id`, as the reference has it.
//!   The official JavaScript SDK 1.1.1 drops that as a duplicate if it has received the message,
//!   and its request never settles; that is a fault of the SDK's.
//! - *The end of a session* is an error 401 that nobody asked for, and then a close:
//!   [`Rejection::expired`] and [`Close::EXPIRED`] at
//!   [`expires_at`](Peer::expires_at).
//!
//! Never end a session by a close frame alone: with any code, the official JavaScript SDK takes
//! that for good. A connection that breaks without one, it makes again.
//!
//! Not known, and chosen here: the words of all other errors; the order of the checks; the limit in
//! bytes (16 KiB); the close code at the end of a session; whether what is rejected counts against
//! a rate.

mod close;
mod peer;
mod rejection;

pub use close::Close;
pub use peer::{Config, Peer, RoomRateLimiter};
pub use rejection::{Rejection, RejectionCause};
