use core::fmt;

use super::close_event::DisconnectReason;
use super::connection::ConnectionId;
use super::fetch::FetchId;
use super::settled::Settled;
use crate::instant::Instant;

/// What the host has to do, or the application wants to know. At one moment, outputs come in the
/// order of these variants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "the host has to do what an output says"]
pub enum Output<T> {
    /// Close this connection, or stop opening it. The client has forgotten it: nothing that is
    /// reported of it changes anything.
    Close {
        /// The connection.
        connection: ConnectionId,
        /// The code for the close frame: 1000, or 3008 (timeout). A browser's `close` accepts both.
        code: u16,
    },
    /// Send a WebSocket ping with this payload on this connection, and report the answer with
    /// [`handle_pong`](super::Client::handle_pong). Comes only with
    /// [`Config::with_pings`](super::Config::with_pings).
    Ping {
        /// The connection.
        connection: ConnectionId,
        /// The ping's application data, which the pong repeats.
        payload: [u8; 4],
    },
    /// A request has an outcome that no payload gave it: [`Assumed`](super::Outcome::Assumed) or
    /// [`Unknown`](super::Outcome::Unknown).
    Settled(Settled<T>),
    /// The state has changed.
    State(ConnectionState),
    /// Another connection has become the [current](super::Client::current) one. The state has not
    /// changed, so applications need not know.
    Replaced {
        /// The connection that was current before.
        from: ConnectionId,
        /// The connection that is current now.
        to: ConnectionId,
    },
    /// Messages and events may have been missed. The service does not repeat them.
    PossibleGap,
    /// Fetch a token, and answer with [`handle_token`](super::Client::handle_token) or
    /// [`handle_token_error`](super::Client::handle_token_error). An answer that comes after
    /// [`token_timeout_ms`](super::Config::token_timeout_ms) changes nothing.
    FetchToken(FetchId),
    /// There is nothing to do until this moment, which is later than now. Without a moment, there
    /// is nothing to do until something happens. (If the caller's clock reads close to the end of
    /// its range, it cannot show a later moment: poll again when it reads something sensible.)
    Wait(Option<Instant>),
}

/// Whether the client is connected, as an application shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionState {
    /// There is no connection, and the client does not try to get one. Nothing is in flight.
    Disconnected(DisconnectReason),
    /// There is no connection, and the client tries to get one.
    Connecting,
    /// There is a connection. While one connection replaces another, the state stays the same.
    Connected,
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected(reason) => write!(f, "disconnected: {reason}"),
            Self::Connecting => f.write_str("connecting"),
            Self::Connected => f.write_str("connected"),
        }
    }
}
