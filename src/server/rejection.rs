use core::fmt;

use crate::instant::Instant;
use crate::publish::Publish;
use crate::subscribe::ServiceError;
use crate::value::Capability;
use crate::value::ErrorCode;
use crate::value::Text;
use crate::wire::{DecodeError, DecodeErrorKind};

/// A publish that is not accepted, and the `ERROR` that says so.
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::server::{Config, Peer};
///
/// let mut peer = Peer::new(Instant::from_millis(0), Config::new());
/// let rejection = peer.handle_message(Instant::from_millis(5), br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hi"}"#).unwrap_err();
/// assert_eq!(
///     rejection.to_error("pT4nQ8sVw1Lz".into()).encode_to_string(),
///     concat!(
///         r#"{"ErrorCode":403,"ErrorMessage":"SEND_MESSAGE is not permitted","#,
///         r#""Id":"pT4nQ8sVw1Lz","RequestId":"r-1","Type":"ERROR"}"#
///     )
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection<'m> {
    /// What to send back, on the same connection; but [with an `Id`](Self::to_error).
    pub error: ServiceError<'m>,
    /// Why, for a log.
    pub cause: RejectionCause,
}

/// Why a publish is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionCause {
    /// It is not a publish: error 400. That its content is too long is one of these.
    NotDecoded(DecodeError),
    /// Its content is longer than the room takes: error 400.
    ContentTooLong,
    /// The session is over: error 401.
    Expired,
    /// The token does not permit it: error 403.
    NotPermitted(Capability),
    /// The review does not accept it: error 406.
    NotAcceptable,
    /// It has too many bytes: error 413.
    TooLarge,
    /// There have been too many in a second, of this connection or in the room: error 429.
    TooManyRequests {
        /// From when on there are not.
        retry_at: Instant,
    },
}

impl<'m> Rejection<'m> {
    /// The session of a connection is over: to be sent by itself, in front of
    /// [`Close::EXPIRED`](super::Close::EXPIRED). It is this that makes the official JavaScript SDK
    /// connect anew; it takes a close that comes without it for final, whatever its code.
    #[must_use]
    pub const fn expired() -> Self {
        Self::new(RejectionCause::Expired)
    }

    /// The review does not accept a publish; its reason, if there is one, is for the client to see.
    #[must_use]
    pub fn not_acceptable(publish: &Publish<'m>, reason: Option<Text<'m>>) -> Self {
        let mut rejection = Self::of(publish, RejectionCause::NotAcceptable);
        rejection.error.error_message = reason.or(rejection.error.error_message);
        rejection
    }

    /// The error to send back: with an `Id` of your making, another for each, unless it has that of
    /// a message to delete. The service has one in every error, and the official JavaScript SDK
    /// takes none for an error that has no `Id`, or one that it has seen.
    #[must_use]
    pub const fn to_error<'e>(&self, id: Text<'e>) -> ServiceError<'e>
    where
        'm: 'e,
    {
        let mut error = self.error;
        if error.id.is_none() {
            error.id = Some(id);
        }
        error
    }

    /// There have been too many, until this moment.
    #[must_use]
    pub const fn too_many_requests(publish: &Publish<'m>, retry_at: Instant) -> Self {
        Self::of(publish, RejectionCause::TooManyRequests { retry_at })
    }

    pub(super) const fn of(publish: &Publish<'m>, cause: RejectionCause) -> Self {
        let mut rejection = Self::new(cause);
        rejection.error.request_id = publish.request_id();
        if let Publish::DeleteMessage(delete) = publish {
            rejection.error.id = Some(delete.id);
        }
        rejection
    }

    pub(super) fn unread(message: &'m [u8], cause: RejectionCause) -> Self {
        let mut rejection = Self::new(cause);
        rejection.error.request_id = Publish::peek_request_id(message);
        rejection
    }

    const fn new(cause: RejectionCause) -> Self {
        let (error_code, error_message) = cause.error();
        let mut error = ServiceError::new(error_code);
        error.error_message = Some(Text::new(error_message));
        Self { error, cause }
    }
}

impl RejectionCause {
    /// The number of the error, and its words: those that the service has been seen to use, where
    /// any have.
    const fn error(self) -> (ErrorCode, &'static str) {
        match self {
            Self::NotDecoded(error) => (ErrorCode::BAD_REQUEST, words(error.kind())),
            Self::ContentTooLong => {
                (ErrorCode::BAD_REQUEST, words(DecodeErrorKind::ContentTooLong))
            }
            Self::Expired => (ErrorCode::UNAUTHORIZED, "connection expired"),
            Self::NotPermitted(Capability::SendMessage) => {
                (ErrorCode::FORBIDDEN, "SEND_MESSAGE is not permitted")
            }
            Self::NotPermitted(Capability::DeleteMessage) => {
                (ErrorCode::FORBIDDEN, "DELETE_MESSAGE is not permitted")
            }
            Self::NotPermitted(Capability::DisconnectUser) => {
                (ErrorCode::FORBIDDEN, "DISCONNECT_USER is not permitted")
            }
            Self::NotAcceptable => (ErrorCode::NOT_ACCEPTABLE, "rejected by message review"),
            Self::TooLarge => (ErrorCode::PAYLOAD_TOO_LARGE, "request is too large"),
            Self::TooManyRequests { .. } => (ErrorCode::TOO_MANY_REQUESTS, "rate limit exceeded"),
        }
    }
}

const fn words(kind: DecodeErrorKind) -> &'static str {
    match kind {
        DecodeErrorKind::ContentTooLong => "Message exceeds maximum length",
        DecodeErrorKind::EmptyContent => "Message is empty",
        DecodeErrorKind::UnknownAction => "unknown Action",
        DecodeErrorKind::MissingField(_) => "a required field is missing",
        DecodeErrorKind::DuplicateField(_) | DecodeErrorKind::WrongType(_) => "a field is invalid",
        _ => "request is not valid JSON",
    }
}

impl fmt::Display for RejectionCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDecoded(error) => error.fmt(f),
            cause => f.write_str(cause.error().1),
        }
    }
}
