use crate::capability::Capability;
use crate::content::LengthError;
use crate::encode_error::EncodeError;
use crate::instant::Instant;

/// Why a request was not accepted, and what was given with it. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct SendError<T> {
    /// Why.
    pub kind: SendErrorKind,
    /// What was given with the request.
    pub data: T,
}

/// Why a request was not accepted, in the order in which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// There is no connection to send on.
    #[error("not connected")]
    NotConnected,
    /// The token does not permit it: the service would answer with an error 403.
    #[error("the token does not permit {0}")]
    NotPermitted(Capability),
    /// The content is longer than the room takes: the service would answer with an error 400.
    #[error("the content has {0}")]
    TooLong(LengthError),
    /// A request with this `RequestId` has no outcome yet.
    #[error("the RequestId is in flight already")]
    RequestIdInFlight,
    /// As many requests as there is room for have no outcome yet.
    #[error("too many requests in flight")]
    TooManyInFlight,
    /// The service would answer with an error 429.
    #[error("too many requests in a second")]
    TooManyRequests {
        /// From when on it would not.
        retry_at: Instant,
    },
    /// The buffer is too small for the payload.
    #[error(transparent)]
    BufferTooSmall(EncodeError),
}
