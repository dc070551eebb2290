use crate::instant::Instant;
use crate::value::BufferTooSmall;
use crate::value::Capability;
use crate::value::ContentLengthError;

/// A request that the client has not accepted. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct SendError<T> {
    /// Why it was not accepted.
    pub kind: SendErrorKind,
    /// The data that the caller gave with the request.
    pub data: T,
}

/// Why a request was not accepted. The client checks in the order of these variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// There is no connection, or the service has said that the connection has expired.
    #[error("not connected")]
    NotConnected,
    /// The client [disconnects](super::Client::disconnect_when_settled) as soon as every request
    /// has its outcome.
    #[error("disconnecting")]
    Disconnecting,
    /// The token does not permit it. The service would answer with error 403.
    #[error("the token does not permit {0}")]
    NotPermitted(Capability),
    /// The content is longer than the room allows. The service would answer with error 400.
    #[error(transparent)]
    TooLong(ContentLengthError),
    /// A request with this `RequestId` has no outcome yet.
    #[error("the RequestId is in flight already")]
    RequestIdInFlight,
    /// As many requests as the client has room for have no outcome yet.
    #[error("too many requests in flight")]
    TooManyInFlight,
    /// The service would answer with error 429.
    #[error("too many requests in a second")]
    TooManyRequests {
        /// When the request can be sent.
        retry_at: Instant,
    },
    /// The buffer is too small for the payload.
    #[error(transparent)]
    BufferTooSmall(BufferTooSmall),
}
