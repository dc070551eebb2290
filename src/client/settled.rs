use core::fmt;

use super::connection::ConnectionId;
use crate::subscribe::Subscribe;
use crate::value::ErrorCode;
use crate::value::Text;

/// The number of a request.
///
/// Numbers increase, and none is used twice.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::RequestHandle;
///
/// assert_eq!(RequestHandle::from_number(7).number(), 7);
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestHandle(u64);

impl RequestHandle {
    /// Creates the handle with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number, for bindings and logs.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// The outcome of a request. Each accepted request has exactly one.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{ErrorCode, client::Outcome};
///
/// let outcome = Outcome::Rejected(ErrorCode::FORBIDDEN);
/// assert_eq!(outcome.to_string(), "rejected: 403 Forbidden");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The service has performed it: the message, or the requested event, was received.
    Confirmed,
    /// The service has rejected it with this error.
    Rejected(ErrorCode),
    /// The request has arrived, and the service has not returned an error. According to the
    /// reference, this is a success.
    Assumed,
    /// It is unknown whether the service has performed it. The connection ended or became silent
    /// before an answer, or a received payload may have been the answer.
    Unknown,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirmed => f.write_str("confirmed"),
            Self::Rejected(code) => write!(f, "rejected: {code}"),
            Self::Assumed => f.write_str("assumed to have succeeded"),
            Self::Unknown => f.write_str("unknown: it may or may not have been done"),
        }
    }
}

/// A request and its outcome.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{Outcome, Output};
///
/// fn log(output: &Output<&str>) {
///     if let Output::Settled(settled) = output {
///         println!("{}: {}", settled.data, settled.outcome);
///     }
/// }
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Settled<T> {
    /// The request.
    pub handle: RequestHandle,
    /// The outcome.
    pub outcome: Outcome,
    /// The caller's data.
    pub data: T,
}

/// A received payload, returned by [`Client::handle_message`](super::Client::handle_message).
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the request that the payload settles is not reported again"]
pub struct Received<'m, T> {
    /// The payload.
    pub payload: Subscribe<'m>,
    /// The request that the payload settles, if any. A message or an event confirms it, and an error
    /// rejects it.
    pub settled: Option<Settled<T>>,
}

/// A request that the client has accepted, returned by [`Client::send`](super::Client::send).
///
/// The host must send the payload.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the payload has yet to be sent"]
pub struct Sent<'b> {
    /// The request. Its outcome has the same handle.
    pub handle: RequestHandle,
    /// The connection on which to send the payload.
    pub connection: ConnectionId,
    /// The `RequestId` in the payload: the caller's, or a generated UUID.
    pub request_id: Text<'b>,
    /// The payload, to be sent as one text message.
    pub payload: &'b str,
}
