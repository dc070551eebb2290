//! The service's side of the protocol, for gateways, proxies and test doubles.
//!
//! **A [`Peer`] is one connection to a client.** The server passes each text message to
//! [`Peer::handle_message`]. The result is either a publish to perform or a [`Rejection`] to send
//! back. The server is responsible for identifiers, the clock, the members of the room and
//! deliveries to them. The payloads to deliver are in [`subscribe`](crate::subscribe).
//!
//! ```
//! use ivs_chat_proto::publish::Publish;
//! use ivs_chat_proto::server::{Config, Peer, RoomRateLimiter};
//! use ivs_chat_proto::subscribe::{Message, Sender};
//! use ivs_chat_proto::{Capabilities, Capability, Instant};
//!
//! let config = Config::new()
//!     .with_capabilities(Capabilities::NONE.with(Capability::SendMessage));
//! let mut peer = Peer::new(Instant::from_millis(0), config);
//! let mut room = RoomRateLimiter::new(10.try_into()?);
//!
//! let mut answer = |now, message: &[u8]| {
//!     let accepted = peer
//!         .handle_message(now, message)
//!         .and_then(|publish| room.check(now, &publish).map(|()| publish));
//!     match accepted {
//!         Ok(Publish::SendMessage(send)) => {
//!             let (id, content, sender) = ("m1", send.content.text(), Sender::new("astrid"));
//!             let mut message = Message::new(id, content, "2026-11-22T10:00:00Z", sender);
//!             message.request_id = send.request_id;
//!             message.attributes = send.attributes;
//!             message.encode_to_string() // for every connection in the room
//!         }
//!         Ok(_) => unreachable!("the token permits no other action"),
//!         Err(rejection) => {
//!             // for this connection only
//!             rejection.to_error("pT4nQ8sVw1Lz").encode_to_string()
//!         }
//!     }
//! };
//!
//! let send = br#"{"action":"SEND_MESSAGE","requestid":"r-1","content":"hej"}"#;
//! let message = answer(Instant::from_millis(5), send);
//! assert!(message.starts_with(r#"{"Type":"MESSAGE","Id":"m1","RequestId":"r-1""#));
//!
//! let delete = br#"{"Action":"DELETE_MESSAGE","RequestId":"r-2","Id":"m1"}"#;
//! let error = answer(Instant::from_millis(6), delete);
//! assert!(error.starts_with(r#"{"ErrorCode":403"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Checks
//!
//! The checks are made in this order, and the first that fails determines the answer. The error
//! codes are those of the reference's section "WebSocket Errors".
//!
//! | check | error | [`RejectionCause`] |
//! |---|---|---|
//! | The message is JSON, and one of the three actions with its required fields. | 400 | [`NotDecoded`](RejectionCause::NotDecoded) |
//! | The session has not expired. | 401 | [`Expired`](RejectionCause::Expired) |
//! | The token permits the action. | 403 | [`NotPermitted`](RejectionCause::NotPermitted) |
//! | The content has 1 to 500 code points, and at most the room's maximum. | 400 | [`NotDecoded`](RejectionCause::NotDecoded), [`ContentTooLong`](RejectionCause::ContentTooLong) |
//! | The message has at most [`max_bytes`](Config::max_bytes) bytes. | 413 | [`TooLarge`](RejectionCause::TooLarge) |
//! | The connection is within its request rate. | 429 | [`TooManyRequests`](RejectionCause::TooManyRequests) |
//! | The room is within its message rate ([`RoomRateLimiter`]). | 429 | [`TooManyRequests`](RejectionCause::TooManyRequests) |
//! | Message review accepts the message ([`Rejection::not_acceptable`]). | 406 | [`NotAcceptable`](RejectionCause::NotAcceptable) |
//!
//! - A message that is both too large and not JSON fails the first check. Servers should therefore
//!   set a higher limit of their own on the size of WebSocket messages.
//! - An error carries the `RequestId` of the publish if it could be read, whatever else is wrong
//!   with the publish.
//! - A publish that fails a check counts neither against the rate of that check nor against those
//!   after it. A publish that the room's rate or message review rejects has already counted
//!   against the rate of its connection.
//!
//! # Behavior of the service
//!
//! A server should behave like the service where the service's behavior is known:
//!
//! - **Handshake.** The client offers the token as the only subprotocol, and the server must answer
//!   with the same subprotocol. Browsers fail a connection that is answered with another.
//!   [`Token::new`](crate::Token::new) reads the value of the header, and
//!   [`header_value`](crate::Token::header_value) returns the value to answer with. A token is
//!   valid for one connection. The HTTP status with which the service refuses a token is not known.
//!   Clients expect 401.
//! - **Field names** are read in any ASCII case. Unknown fields are ignored.
//! - **Errors** have the texts observed from the service, as far as any were: for content that is
//!   too long (400), for the end of a session (401) and for rate limits (429). The `Id` of an error
//!   is that of the message if a deletion was rejected, and generated by the server otherwise, as
//!   the reference states.
//! - **Messages** are delivered to every connection in the room, including the sender's, with the
//!   `RequestId` of the publish.
//! - **Deletions and disconnections** are announced to every connection as
//!   [events](crate::subscribe::SystemEvent) with the attributes that the service uses and the
//!   `RequestId` of the publish. A disconnected user receives the event too. After it, the server
//!   [closes](Close::disconnected) every connection of that user.
//! - **Rejected deletions** are answered with the message's `Id`, as the reference states. The
//!   official JavaScript SDK 1.1.1 discards the error as a duplicate if it has received that
//!   message, and its request never settles. This is a defect of the SDK.
//! - **The end of a session** is an unprompted error 401, followed by a close:
//!   [`Rejection::expired`] and [`Close::EXPIRED`] at [`Peer::expires_at`].
//!
//! A server must not end a session with a close frame alone. Whatever its code, the official
//! JavaScript SDK treats such a close as final. It reconnects after a connection that breaks
//! without a close frame.
//!
//! The following is not known of the service and was chosen here: the texts of all other errors,
//! the order of the checks, the limit in bytes (16 KiB), the close code at the end of a session,
//! and whether rejected publishes count against a rate.

mod close;
mod peer;
mod rejection;

pub use close::Close;
pub use peer::{Config, Peer, RoomRateLimiter};
pub use rejection::{Rejection, RejectionCause};
