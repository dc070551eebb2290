use crate::json::{BufferFull, Sink};
use crate::value::ErrorCode;
use crate::value::Text;
use crate::wire::encode::Encode;
use crate::wire::members;

/// [WebSocket Errors]: an operation failed. It reaches only the client whose operation it was.
///
/// It can come without any operation as well: the end of a session shows as
/// [`ErrorCode::UNAUTHORIZED`].
///
/// [WebSocket Errors]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/error-messages.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceError<'a> {
    /// What failed, as a number.
    pub error_code: ErrorCode,
    /// What failed, in words.
    pub error_message: Option<Text<'a>>,
    /// The identifier of the operation: the one it has from the service, such as that of the
    /// message to be deleted, or else one generated for the error.
    pub id: Option<Text<'a>>,
    /// The identifier that the client gave its operation, if it did.
    pub request_id: Option<Text<'a>>,
}

impl ServiceError<'_> {
    /// The `Type` of the payload.
    pub const TYPE: &'static str = "ERROR";

    /// An error that says nothing but its number.
    #[must_use]
    pub const fn new(error_code: ErrorCode) -> Self {
        Self { error_code, error_message: None, id: None, request_id: None }
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
