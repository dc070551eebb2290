use core::fmt;

use super::close_event::DisconnectReason;
use super::connection::ConnectionId;
use super::fetch::FetchId;
use super::settled::Settled;
use crate::instant::Instant;

/// An instruction for the host, or news for the application.
///
/// Outputs that are due at the same moment are returned in the order of these variants.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{Client, Config, Output};
/// use ivs_chat_proto::Instant;
///
/// let mut client: Client = Client::new(Config::with_pings(), *b"not random, alas");
/// assert_eq!(client.poll(Instant::from_millis(0)), Output::Wait(None));
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "the host must carry out each output"]
pub enum Output<T> {
    /// Close this connection, or stop opening it. Its further events change nothing.
    Close {
        /// The connection.
        connection: ConnectionId,
        /// The code for the close frame: 1000, or 3008 (timeout). A browser's `close` accepts both.
        code: u16,
    },
    /// Send a WebSocket ping, and report the pong with [`handle_pong`](super::Client::handle_pong).
    ///
    /// Returned only with [`Config::with_pings`](super::Config::with_pings).
    Ping {
        /// The connection.
        connection: ConnectionId,
        /// The application data of the ping, which the pong repeats.
        payload: [u8; 4],
    },
    /// A request has an outcome without an answer: [`Assumed`](super::Outcome::Assumed) or
    /// [`Unknown`](super::Outcome::Unknown).
    Settled(Settled<T>),
    /// The state has changed.
    State(ConnectionState),
    /// Another connection has become the [current](super::Client::current) one.
    ///
    /// The state has not changed, so the host need not tell the application.
    Replaced {
        /// The connection that was current before.
        from: ConnectionId,
        /// The connection that is current now.
        to: ConnectionId,
    },
    /// Messages and events may have been missed. The service does not resend them.
    PossibleGap,
    /// Fetch a token, and call [`handle_token`](super::Client::handle_token) or
    /// [`handle_token_error`](super::Client::handle_token_error).
    ///
    /// A call after [`token_timeout_ms`](super::Config::token_timeout_ms) changes nothing.
    FetchToken(FetchId),
    /// Wait for the next event or until this moment, which is later than now.
    ///
    /// Without a moment, wait for the next event. If the caller's clock is close to the end of its
    /// range and cannot represent the moment, the moment is missing too.
    Wait(Option<Instant>),
}

/// The connection state, for the application.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{ConnectionState, DisconnectReason};
///
/// let state = ConnectionState::Disconnected(DisconnectReason::NotWanted);
/// assert_eq!(state.to_string(), "disconnected: no connection is wanted");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionState {
    /// There is no connection and no attempt to open one. No request is in flight.
    Disconnected(DisconnectReason),
    /// There is no connection, and the client tries to open one.
    Connecting,
    /// A connection is open. A refresh does not change the state.
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
