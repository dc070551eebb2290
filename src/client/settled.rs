use core::fmt;

use super::connection::ConnectionId;
use crate::subscribe::Subscribe;
use crate::value::ErrorCode;
use crate::value::Text;

/// The identifier of an accepted request.
///
/// Numbers increase and are never reused.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::RequestHandle;
///
/// assert_eq!(RequestHandle::from_number(7).number(), 7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestHandle(u64);

impl RequestHandle {
    /// Creates the handle with this number.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::RequestHandle;
    ///
    /// assert!(RequestHandle::from_number(1) < RequestHandle::from_number(2));
    /// ```
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number, for a foreign function interface or a log.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::RequestHandle;
    ///
    /// assert_eq!(RequestHandle::from_number(7).number(), 7);
    /// ```
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What became of a request. Each accepted request has exactly one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The service has done it: the message came back, or the event that the request asked for.
    Confirmed,
    /// The service has refused it with this error.
    Rejected(ErrorCode),
    /// The request has arrived, and the service has not refused it. By the reference, that is a
    /// success.
    Assumed,
    /// The service may have done it or not: the connection ended or fell silent before an answer,
    /// or something came that may have been the answer.
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

/// A request that has its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Settled<T> {
    /// The request.
    pub handle: RequestHandle,
    /// What became of it.
    pub outcome: Outcome,
    /// The data that the caller gave with it.
    pub data: T,
}

/// A payload that has been received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the request that the payload settles is not reported again"]
pub struct Received<'m, T> {
    /// The payload.
    pub payload: Subscribe<'m>,
    /// The request that the payload settles, if it settles one: confirmed by its echo or by the
    /// event that it asked for, or rejected by an error.
    pub settled: Option<Settled<T>>,
}

/// A request that the client has accepted. The host has to send its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the payload has yet to be sent"]
pub struct Sent<'b> {
    /// The request, as its outcome will name it.
    pub handle: RequestHandle,
    /// The connection on which to send the payload.
    pub connection: ConnectionId,
    /// The `RequestId`, which is also in the payload: the caller's own or a generated UUID.
    pub request_id: Text<'b>,
    /// The payload, to be sent as one text message.
    pub payload: &'b str,
}
