use core::fmt;

use super::closed::DisconnectReason;
use super::connection::ConnectionId;
use super::settled::Settled;
use crate::instant::Instant;

/// What a client wants done, or has to tell. At one moment these come in the order that they have here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Output<T> {
    /// Close this connection, or stop opening it. For the client it exists no more: nothing need be reported of it, and nothing
    /// that is changes anything.
    Close {
        /// Which connection.
        conn: ConnectionId,
        /// The code for the close frame: 1000, or 3008 (timeout). Both may be given to a browser's `close`.
        code: u16,
    },
    /// A request has an outcome that no payload gave it: [`Assumed`](super::Outcome::Assumed) or [`Lost`](super::Outcome::Lost).
    Settled(Settled<T>),
    /// The state is another than before.
    State(ConnectionState),
    /// Fetch a token and answer with [`token_ok`](super::Client::token_ok) or [`token_err`](super::Client::token_err), once, even if
    /// no connection is wanted any more by then. Until it is answered this does not come again, however long that takes: give
    /// the fetch a timeout of its own.
    FetchToken,
    /// There is nothing to do until this moment, which is later than now; without one, until something happens.
    Wait(Option<Instant>),
}

/// Whether there is a connection, for whoever looks at the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionState {
    /// There is none, and none is to come. Nothing is in flight.
    Disconnected(DisconnectReason),
    /// There is none, but one is to come.
    Connecting,
    /// This one is open, and requests can be sent. If it is another one than before and there was [`Connecting`](Self::Connecting)
    /// between, then what was said in the room meanwhile has been missed: the service does not repeat it.
    Connected(ConnectionId),
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected(reason) => write!(f, "disconnected: {reason}"),
            Self::Connecting => f.write_str("connecting"),
            Self::Connected(_) => f.write_str("connected"),
        }
    }
}
