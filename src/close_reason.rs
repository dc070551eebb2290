//! Why the service closed a connection, as far as it says.

use crate::error_code::ErrorCode;
use crate::field::Field;
use crate::json::Reader;
use crate::slot::Slot;
use crate::text::Text;

/// The reason in a WebSocket close frame.
///
/// The service writes plain text when a user is disconnected, and a JSON object when a token or a session has expired. A
/// close frame has room for 123 bytes, so that the object can be cut short; what is cut short is plain text.
///
/// ```
/// use ivs_chat_proto::{CloseReason, ErrorCode};
///
/// let CloseReason::Error { error_code, error_message } =
///     CloseReason::parse(r#"{"ErrorCode":401,"ErrorMessage":"session expired"}"#) else { panic!() };
/// assert_eq!(error_code, Some(ErrorCode::UNAUTHORIZED));
/// assert_eq!(error_message.unwrap(), "session expired");
/// assert_eq!(CloseReason::parse("Kicked by moderator"), CloseReason::Text("Kicked by moderator"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason<'a> {
    /// No reason was given.
    None,
    /// Plain text, or an object that could not be read.
    Text(&'a str),
    /// An object with one of these members at least.
    Error {
        /// What happened, as a number.
        error_code: Option<ErrorCode>,
        /// What happened, in words.
        error_message: Option<Text<'a>>,
    },
}

impl<'a> CloseReason<'a> {
    /// Reads the reason of a close frame. Whatever it is, it is readable.
    #[must_use]
    pub fn parse(reason: &'a str) -> Self {
        if reason.is_empty() {
            return Self::None;
        }
        match error_members(reason) {
            Some((error_code, error_message)) if error_code.is_some() || error_message.is_some() => {
                Self::Error { error_code, error_message }
            }
            _ => Self::Text(reason),
        }
    }
}

/// The members of the object that the whole `reason` is, if it is one.
fn error_members(reason: &str) -> Option<(Option<ErrorCode>, Option<Text<'_>>)> {
    let mut reader = Reader::new(reason);
    let mut error_code = Slot::new(Field::ErrorCode);
    let mut error_message = Slot::new(Field::ErrorMessage);

    let mut member = reader.first_member(1, Field::of).ok()?;
    while let Some((field, offset)) = member {
        match field {
            Field::ErrorCode => {
                error_code.read(&mut reader, offset, |reader| reader.optional(ErrorCode::read)).ok()?;
            }
            Field::ErrorMessage => error_message.read(&mut reader, offset, Text::read_optional).ok()?,
            _ => {
                reader.skip(1).ok()?;
            }
        }
        member = reader.next_member(1, Field::of).ok()?;
    }
    reader.end().ok()?;
    Some((error_code.optional(), error_message.optional()))
}
