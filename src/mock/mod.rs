//! An in-memory room that stands in for the service in tests of clients.
//!
//! A [`Room`] handles the messages and pings of clients and returns the deliveries for each
//! connection at their due time. It does no I/O and reads no clock. The caller provides the time,
//! and sockets if it needs any, as the tool `mock_room` does.
//!
//! The room behaves as described in [`server`](crate::server), apart from the [`Faults`] that the
//! caller asks for. The same seed and the same calls produce the same deliveries.
//!
//! # Examples
//!
//! ```
//! use ivs_chat_proto::Instant;
//! use ivs_chat_proto::mock::{Config, ConnectError, Delivery, Room, User};
//!
//! let now = Instant::from_millis(0);
//! let mut room = Room::new(Config::new(), [0; 16]);
//! let token = room.create_token(now, User::new("astrid"));
//! let conn = room.connect(now, &token)?;
//! // A token is valid for one connection.
//! assert_eq!(room.connect(now, &token), Err(ConnectError::InvalidToken));
//!
//! let publish = br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej"}"#;
//! room.handle_message(now, conn, publish);
//! let Some((to, Delivery::Fragment { bytes, fin: true })) = room.poll(now) else { panic!() };
//! assert_eq!(to, conn);
//! assert!(bytes.starts_with(br#"{"Type":"MESSAGE","Id":""#));
//! assert_eq!(room.poll(now), None);
//! # Ok::<(), ConnectError>(())
//! ```

mod config;
mod connect_error;
mod delivery;
mod disconnection;
mod fault_injection;
mod faults;
mod links;
mod probability;
mod rng;
mod room;
mod session_end;
mod spelling;

pub use config::{Config, User};
pub use connect_error::ConnectError;
pub use delivery::Delivery;
pub use disconnection::Disconnection;
pub use faults::Faults;
pub use links::Direction;
pub use probability::Probability;
pub use room::{Accepted, Room};
pub use session_end::{AfterExpiry, ExpiryReason, SessionEnd};
