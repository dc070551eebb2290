//! Why the service closed a connection, as far as it says.

use crate::error_code::ErrorCode;
use crate::json::Cursor;
use crate::text::Text;
use crate::wire::{self, Direction, Field, Level, Members, Payload, Shape, Values};

enum Order {}

impl Members for Order {
    const SHAPE: Shape = Shape {
        direction: Direction::Subscribe,
        tag: None,
        payloads: &[Payload::new("", &[], &[Field::ErrorCode, Field::ErrorMessage])],
        sender: Payload::NONE,
    };
}

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
    let mut cursor = Cursor::new(reason);
    let mut values = Values::new();
    wire::read::<Order>(&mut cursor, 0, &mut values, None).ok()?;
    Some((values.get(Level::Payload, Field::ErrorCode), values.get(Level::Payload, Field::ErrorMessage)))
}
