use core::fmt;

use super::close_event::DisconnectReason;
use super::connection::ConnectionId;
use super::fetch::FetchId;
use super::settled::Settled;
use crate::instant::Instant;

/// An instruction to the host, or a notification for the application.
///
/// [`Client::poll`](super::Client::poll) returns the outputs of one time in the order of the
/// variants.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::client::{Client, Config, ConnectionState, Output};
///
/// let mut client: Client = Client::new(Config::with_pings(), [7; 16]);
/// let now = Instant::from_millis(0);
/// client.connect(now);
/// assert_eq!(client.poll(now), Output::State(ConnectionState::Connecting));
/// assert!(matches!(client.poll(now), Output::FetchToken(_)));
/// assert!(matches!(client.poll(now), Output::Wait(Some(_))));
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "the host must do what an output says"]
pub enum Output<T> {
    /// Close this connection, or stop opening it. The client ignores further reports about it.
    Close {
        /// The connection.
        connection: ConnectionId,
        /// The code for the close frame: 1000, or 3008 (timeout). A browser's `close` accepts both.
        code: u16,
    },
    /// Send a WebSocket ping with this payload on this connection, and report the pong with
    /// [`handle_pong`](super::Client::handle_pong). Only returned with
    /// [`Config::with_pings`](super::Config::with_pings).
    Ping {
        /// The connection.
        connection: ConnectionId,
        /// The application data of the ping. The pong repeats it.
        payload: [u8; 4],
    },
    /// A request has an outcome without an answer: [`Assumed`](super::Outcome::Assumed) or
    /// [`Unknown`](super::Outcome::Unknown).
    Settled(Settled<T>),
    /// The state has changed.
    State(ConnectionState),
    /// Another connection is now the [current](super::Client::current) one. The state is unchanged,
    /// so applications can ignore this.
    Replaced {
        /// The previous connection.
        from: ConnectionId,
        /// The current connection.
        to: ConnectionId,
    },
    /// Messages and events may have been missed. The service does not repeat them.
    PossibleGap,
    /// Fetch a token, and report it with [`handle_token`](super::Client::handle_token) or
    /// [`handle_token_error`](super::Client::handle_token_error). A report after
    /// [`token_timeout_ms`](super::Config::token_timeout_ms) is ignored.
    FetchToken(FetchId),
    /// Wait until this time, which is later than now, or until something happens. Without a time,
    /// wait until something happens. (If the caller's clock is close to the end of its range, there
    /// may be no later time. Poll again when it has a sensible value.)
    Wait(Option<Instant>),
}

/// The state of the client, for display in an application.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{ConnectionState, DisconnectReason};
///
/// let state = ConnectionState::Disconnected(DisconnectReason::NoToken);
/// assert_eq!(state.to_string(), "disconnected: the token was refused");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionState {
    /// There is no connection, and the client does not connect. No request is in flight.
    Disconnected(DisconnectReason),
    /// There is no connection, and the client connects.
    Connecting,
    /// There is a connection. Replacing a connection does not change the state.
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
