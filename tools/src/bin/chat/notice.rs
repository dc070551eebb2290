//! What the host reports to the application.

use core::time::Duration;

use ivs_chat_proto::DecodeError;
use ivs_chat_proto::client::{ConnectionId, ConnectionState, Received, Settled};

use crate::tokens::FetchFailure;

/// A report from the [`Host`](crate::host::Host) to the application.
pub(crate) enum Notice<'n, T> {
    /// A payload was received. It may carry the outcome of a request.
    Received(Received<'n, T>),
    /// A message was received that could not be decoded.
    NotDecoded(&'n str, DecodeError),
    /// A request has an outcome that no payload carried.
    Settled(Settled<T>),
    /// The state changed. The duration is the delay before the next attempt to connect.
    State(ConnectionState, Duration),
    /// Messages may have been missed.
    PossibleGap,
    /// No token could be fetched.
    FetchFailed(FetchFailure),
    /// A token was fetched, but the rest of the response is invalid.
    TokenWarning(String),
    /// The remote side closed a connection, or the connection failed.
    Closed(ConnectionId, String),
}
