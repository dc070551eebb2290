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
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
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

/// The outcome of an accepted request.
///
/// Each accepted request has exactly one. The [module](super#outcomes) lists the evidence for each.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::Outcome;
///
/// assert_eq!(Outcome::Confirmed.to_string(), "confirmed");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The service executed the request: its message or event was received.
    Confirmed,
    /// The service rejected the request with this error.
    Rejected(ErrorCode),
    /// The request arrived, and the service did not reject it. The reference calls this a success.
    Assumed,
    /// The service may or may not have executed the request.
    ///
    /// The connection ended or fell silent before an answer, or an ambiguous answer was received.
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

/// A request with its outcome.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "the outcome is not reported again"]
pub struct Settled<T> {
    /// The request.
    pub handle: RequestHandle,
    /// The outcome.
    pub outcome: Outcome,
    /// The caller's data.
    pub data: T,
}

/// A received payload.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the request that the payload settles is not reported again"]
pub struct Received<'m, T> {
    /// The payload.
    pub payload: Subscribe<'m>,
    /// The request that the payload settles, if any: confirmed by its message or event, or rejected
    /// by an error.
    pub settled: Option<Settled<T>>,
}

/// An accepted request. The host must send its payload.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the host must send the payload"]
pub struct Sent<'b> {
    /// The identifier of the request, which its outcome repeats.
    pub handle: RequestHandle,
    /// The connection on which to send the payload.
    pub connection: ConnectionId,
    /// The `RequestId` in the payload: the caller's or a generated UUID.
    pub request_id: Text<'b>,
    /// The payload, which the host must send as one text message.
    pub payload: &'b str,
}
