use core::fmt;

use super::connection::ConnectionId;
use crate::error_code::ErrorCode;
use crate::subscribe::Subscribe;

/// One request of a client. Later ones are greater; none is ever there twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestHandle(u64);

impl RequestHandle {
    /// The request with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number of the request: for a foreign function interface, or a log.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What became of a request. Each request has exactly one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The service has done it: the message came back, or the event that was asked for.
    Confirmed,
    /// The service has refused it, with this error.
    Rejected(ErrorCode),
    /// Nothing was heard of it, on a connection that stayed up: that is a success, by the reference.
    Assumed,
    /// The connection ended before anything was heard. It may have been done, or not.
    Lost,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirmed => f.write_str("confirmed"),
            Self::Rejected(code) => write!(f, "rejected: {code}"),
            Self::Assumed => f.write_str("assumed to have succeeded"),
            Self::Lost => f.write_str("lost: the connection ended before an answer"),
        }
    }
}

/// A request that has its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Settled<T> {
    /// Which request.
    pub handle: RequestHandle,
    /// What became of it.
    pub outcome: Outcome,
    /// What was given with it.
    pub data: T,
}

/// A payload that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received<'m, T> {
    /// The payload.
    pub payload: Subscribe<'m>,
    /// The request that it answers, if it answers one: confirmed by its echo or rejected by an error.
    pub settled: Option<Settled<T>>,
}

/// A request that has been accepted: its payload is to be written to the connection, as one text message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "the payload has yet to be written to the connection"]
pub struct Sent<'b> {
    /// Which request: it will be settled under this name.
    pub handle: RequestHandle,
    /// Where to write the payload.
    pub conn: ConnectionId,
    /// What to write, encoded, with a `RequestId`.
    pub payload: &'b [u8],
}
