use core::fmt;

use crate::json::{BufferFull, Sink};
use crate::value::{ErrorCode, Text};
use crate::wire::encode::Encode;
use crate::wire::members;

/// An error from the service to one client: [WebSocket Errors].
///
/// The service sends it to the client whose request failed. It also sends one without a request:
/// [`ErrorCode::UNAUTHORIZED`] when a session expires.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::ErrorCode;
/// use ivs_chat_proto::subscribe::ServiceError;
///
/// let error = ServiceError::new(ErrorCode::TOO_MANY_REQUESTS)
///     .with_error_message("rate limit exceeded")
///     .with_request_id("r-1");
/// assert_eq!(error.to_string(), "429 Too Many Requests: rate limit exceeded");
/// ```
///
/// [WebSocket Errors]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/error-messages.html
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ServiceError<'a> {
    /// The code of the error.
    pub error_code: ErrorCode,
    /// The message of the error.
    pub error_message: Option<Text<'a>>,
    /// An identifier from the service: the `Id` of the request's target, such as the message to
    /// delete, or else an identifier generated for the error.
    pub id: Option<Text<'a>>,
    /// The `RequestId` of the request that failed, if it had one.
    pub request_id: Option<Text<'a>>,
}

impl<'a> ServiceError<'a> {
    /// The `Type` of the payload.
    pub const TYPE: &'static str = "ERROR";

    /// Creates an error with only a code.
    #[must_use]
    pub const fn new(error_code: ErrorCode) -> Self {
        Self { error_code, error_message: None, id: None, request_id: None }
    }

    /// Sets the message.
    #[must_use]
    pub fn with_error_message(mut self, error_message: impl Into<Text<'a>>) -> Self {
        self.error_message = Some(error_message.into());
        self
    }

    /// Sets the identifier.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<Text<'a>>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the `RequestId` of the request that failed.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<Text<'a>>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }
}

members! {
    ServiceError at Payload tagged ServiceError::TYPE;
    required { error_code: ErrorCode, }
    optional { error_message: ErrorMessage, id: Id, request_id: RequestId, }
}

impl Encode for ServiceError<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        let Self { error_code, error_message, id, request_id } = self;
        sink.put(r#"{"ErrorCode":"#)?;
        sink.u16(error_code.as_u16())?;
        if let Some(error_message) = error_message {
            sink.member(r#","ErrorMessage":"#, error_message.to_json())?;
        }
        if let Some(id) = id {
            sink.member(r#","Id":"#, id.to_json())?;
        }
        sink.member(r#","RequestId":"#, request_id.unwrap_or_default().to_json())?;
        sink.put(r#","Type":"ERROR"}"#)
    }
}

/// Formats the code, and the message if there is one.
impl fmt::Display for ServiceError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error_code.fmt(f)?;
        match self.error_message {
            Some(message) if !message.is_empty() => write!(f, ": {message}"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for ServiceError<'_> {}
