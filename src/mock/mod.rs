//! A room in memory: the service, for tests of what talks to it.
//!
//! A [`Room`] takes what clients send and says what to deliver to whom, and when. It does no I/O and reads no clock: the sockets and the time are
//! the caller's, real ones as in the example `mock_room`, or none at all. What it does is that of [`server`](crate::server); what it does by
//! mistake, [`Faults`] say. The same seed and the same calls give the same deliveries.
//!
//! ```
//! use ivs_chat_proto::Instant;
//! use ivs_chat_proto::mock::{Config, Delivery, Room, User};
//!
//! let now = Instant::from_millis(0);
//! let mut room = Room::new(Config::new(), [0; 16]);
//! let token = room.create_token(now, User::new("astrid"));
//! let conn = room.connect(now, &token).unwrap();
//! assert_eq!(room.connect(now, &token), Err(401), "a token is good for one connection");
//!
//! room.receive(now, conn, br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej"}"#);
//! let Some((to, Delivery::Piece { bytes, fin: true })) = room.poll(now) else { panic!() };
//! assert_eq!(to, conn);
//! assert!(bytes.starts_with(br#"{"Type":"MESSAGE","Id":""#));
//! assert_eq!(room.poll(now), None);
//! ```

mod chance;
mod faults;
mod room;

pub use crate::client::ConnectionId;
pub use faults::Faults;
pub use room::{Accepted, Config, Delivery, Room, User};
