use core::error::Error;
use core::fmt;

use crate::instant::Instant;
use crate::publish::Publish;
use crate::subscribe::ServiceError;
use crate::value::Capability;
use crate::value::ErrorCode;
use crate::value::Text;
use crate::wire::{DecodeError, DecodeErrorKind};

/// A rejected publish, with the `ERROR` payload that answers it.
///
/// [`Display`](fmt::Display) formats the error code and the cause, for logs.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::server::{Config, Peer};
///
/// let mut peer = Peer::new(Instant::from_millis(0), Config::new());
/// let message = br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hi"}"#;
/// let rejection = peer.handle_message(Instant::from_millis(5), message).unwrap_err();
/// assert_eq!(rejection.to_string(), "403 Forbidden: SEND_MESSAGE is not permitted");
/// assert_eq!(
///     rejection.to_error("pT4nQ8sVw1Lz").encode_to_string(),
///     concat!(
///         r#"{"ErrorCode":403,"ErrorMessage":"SEND_MESSAGE is not permitted","#,
///         r#""Id":"pT4nQ8sVw1Lz","RequestId":"r-1","Type":"ERROR"}"#
///     )
/// );
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection<'m> {
    /// The error to send on the same connection. It may lack an `Id`, which
    /// [`to_error`](Self::to_error) adds.
    pub error: ServiceError<'m>,
    /// The cause, for logs.
    pub cause: RejectionCause,
}

/// The reason why a publish was rejected.
///
/// [`Display`](fmt::Display) formats a short description for logs, without input data.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::server::{Config, Peer, RejectionCause};
///
/// let mut peer = Peer::new(Instant::from_millis(0), Config::new().with_session_ms(60_000));
/// let message = br#"{"Action":"SEND_MESSAGE","Content":"hi"}"#;
/// let rejection = peer.handle_message(Instant::from_millis(60_000), message).unwrap_err();
/// assert_eq!(rejection.cause, RejectionCause::Expired);
/// assert_eq!(rejection.cause.to_string(), "connection expired");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionCause {
    /// The message is not a valid publish: error 400. This includes content that is empty or has
    /// more than 500 code points.
    NotDecoded(DecodeError),
    /// The content has more code points than the room allows: error 400.
    ContentTooLong,
    /// The session has expired: error 401.
    Expired,
    /// The token does not permit the action: error 403. The field is the missing capability.
    NotPermitted(Capability),
    /// Message review rejected the message: error 406.
    NotAcceptable,
    /// The message has too many bytes: error 413.
    TooLarge,
    /// The connection or the room has exceeded its rate: error 429.
    TooManyRequests {
        /// The earliest time at which the publish would be within the rate again.
        retry_at: Instant,
    },
}

impl<'m> Rejection<'m> {
    /// Creates the unprompted rejection that ends a session.
    ///
    /// The server sends it before [`Close::EXPIRED`](super::Close::EXPIRED). It makes the official
    /// JavaScript SDK reconnect. The SDK treats a close without this error as final, whatever its
    /// code.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::server::Rejection;
    ///
    /// let rejection = Rejection::expired();
    /// assert_eq!(rejection.error.error_code, 401);
    /// assert_eq!(rejection.error.request_id, None);
    /// ```
    #[must_use]
    pub const fn expired() -> Self {
        Self::new(RejectionCause::Expired)
    }

    /// Creates the rejection of a publish by message review.
    ///
    /// The reason, if any, becomes the `ErrorMessage` that the client receives.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::publish::Publish;
    /// use ivs_chat_proto::server::Rejection;
    ///
    /// let publish = Publish::decode(br#"{"Action":"SEND_MESSAGE","Content":"hi"}"#)?;
    /// let rejection = Rejection::not_acceptable(&publish, Some("be nice".into()));
    /// assert_eq!(rejection.error.error_code, 406);
    /// assert_eq!(rejection.error.error_message.unwrap(), "be nice");
    /// # Ok::<(), ivs_chat_proto::DecodeError>(())
    /// ```
    #[must_use]
    pub fn not_acceptable(publish: &Publish<'m>, reason: Option<Text<'m>>) -> Self {
        let mut rejection = Self::for_publish(publish, RejectionCause::NotAcceptable);
        rejection.error.error_message = reason.or(rejection.error.error_message);
        rejection
    }

    /// Returns the error to send, with `id` as its `Id` unless it has one.
    ///
    /// The `Id` of a rejected deletion is that of the message. Any other error takes `id`, and the
    /// server must generate a new one for each error. Every error of the service has an `Id`. The
    /// official JavaScript SDK ignores an error without an `Id` or with one that it has already
    /// seen.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::server::Rejection;
    ///
    /// let error = Rejection::expired().to_error("pT4nQ8sVw1Lz");
    /// assert_eq!(error.id.unwrap(), "pT4nQ8sVw1Lz");
    /// ```
    #[must_use]
    pub fn to_error<'e>(&self, id: impl Into<Text<'e>>) -> ServiceError<'e>
    where
        'm: 'e,
    {
        let mut error = self.error;
        if error.id.is_none() {
            error.id = Some(id.into());
        }
        error
    }

    /// Creates the rejection of a publish that exceeds a rate until `retry_at`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::publish::Publish;
    /// use ivs_chat_proto::server::Rejection;
    ///
    /// let publish = Publish::decode(br#"{"Action":"SEND_MESSAGE","Content":"hi"}"#)?;
    /// let rejection = Rejection::too_many_requests(&publish, Instant::from_millis(1_000));
    /// assert_eq!(rejection.to_string(), "429 Too Many Requests: rate limit exceeded");
    /// # Ok::<(), ivs_chat_proto::DecodeError>(())
    /// ```
    #[must_use]
    pub const fn too_many_requests(publish: &Publish<'m>, retry_at: Instant) -> Self {
        Self::for_publish(publish, RejectionCause::TooManyRequests { retry_at })
    }

    pub(super) const fn for_publish(publish: &Publish<'m>, cause: RejectionCause) -> Self {
        let mut rejection = Self::new(cause);
        rejection.error.request_id = publish.request_id();
        if let Publish::DeleteMessage(delete) = publish {
            rejection.error.id = Some(delete.id);
        }
        rejection
    }

    pub(super) fn for_undecoded(message: &'m [u8], cause: RejectionCause) -> Self {
        let mut rejection = Self::new(cause);
        rejection.error.request_id = Publish::peek_request_id(message);
        rejection
    }

    const fn new(cause: RejectionCause) -> Self {
        let (error_code, error_message) = cause.code_and_message();
        let mut error = ServiceError::new(error_code);
        error.error_message = Some(Text::new(error_message));
        Self { error, cause }
    }
}

impl fmt::Display for Rejection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error.error_code, self.cause)
    }
}

/// Has no [`source`](Error::source), because [`Display`](fmt::Display) already includes the cause.
impl Error for Rejection<'_> {}

impl RejectionCause {
    /// Returns the `ErrorCode` and the `ErrorMessage`. The messages are those observed from the
    /// service, as far as any were.
    const fn code_and_message(self) -> (ErrorCode, &'static str) {
        match self {
            Self::NotDecoded(error) => (ErrorCode::BAD_REQUEST, decode_message(error.kind())),
            Self::ContentTooLong => {
                (ErrorCode::BAD_REQUEST, decode_message(DecodeErrorKind::ContentTooLong))
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

const fn decode_message(kind: DecodeErrorKind) -> &'static str {
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
            cause => f.write_str(cause.code_and_message().1),
        }
    }
}

/// Has no [`source`](Error::source), because [`Display`](fmt::Display) already includes the decode
/// error.
impl Error for RejectionCause {}
