use crate::instant::Instant;
use crate::value::BufferTooSmall;
use crate::value::Capability;
use crate::value::ContentLengthError;

/// The error for a request that the client refused. The client is unchanged.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{Client, Config, SendErrorKind};
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::publish::DeleteMessage;
///
/// let mut client: Client<u32> = Client::new(Config::with_pings(), *b"not random, alas");
/// let delete = DeleteMessage::new("m1");
/// let error = client.send(Instant::from_millis(0), delete, 7, &mut [0; 128]).unwrap_err();
/// assert_eq!((error.kind, error.data), (SendErrorKind::NotConnected, 7));
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct SendError<T> {
    /// The reason for the refusal.
    pub kind: SendErrorKind,
    /// The caller's data.
    pub data: T,
}

/// The reason why the client refused a request.
///
/// The client checks in the order of these variants.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::SendErrorKind;
///
/// assert_eq!(SendErrorKind::NotConnected.to_string(), "not connected");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// There is no connection, or the service reported that it has expired.
    #[error("not connected")]
    NotConnected,
    /// The client [disconnects](super::Client::disconnect_when_settled) as soon as every request
    /// has its outcome.
    #[error("disconnecting")]
    Disconnecting,
    /// The token does not permit the action. The service would answer with error 403.
    #[error("the token does not permit {0}")]
    NotPermitted(Capability),
    /// The content is longer than the room allows. The service would answer with error 400.
    #[error(transparent)]
    TooLong(ContentLengthError),
    /// A request with this `RequestId` has no outcome yet.
    #[error("a request with the same RequestId is in flight")]
    RequestIdInFlight,
    /// The maximum number of requests is in flight.
    #[error("too many requests in flight")]
    TooManyInFlight,
    /// The client has sent too many requests in the last second. The service would answer with
    /// error 429.
    #[error("too many requests per second")]
    TooManyRequests {
        /// The earliest moment at which the client accepts the request.
        retry_at: Instant,
    },
    /// The buffer is too small for the payload.
    #[error(transparent)]
    BufferTooSmall(BufferTooSmall),
}
