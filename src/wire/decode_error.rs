//! What was wrong with what a peer sent, and where.

use core::str;

use super::field::Field;
use crate::json::{self, Cursor, ErrorKind};

/// A payload that could not be decoded: why, and at which byte.
///
/// It is small and holds nothing of what the peer sent, so that it can be logged as it is.
///
/// ```
/// use ivs_chat_proto::{DecodeErrorKind, Field, subscribe::Subscribe};
///
/// let error = Subscribe::decode(br#"{"Type":"MESSAGE","Content":7}"#).unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::WrongType(Field::Content));
/// assert_eq!(error.offset(), 28);
/// assert_eq!(error.to_string(), "the value of Content is of another type, at byte 28");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind}, at byte {offset}")]
pub struct DecodeError {
    kind: DecodeErrorKind,
    offset: usize,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $(($field:ident))? = $wording:literal,)*) => {
        /// Why a payload could not be decoded.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum DecodeErrorKind {
            $($(#[$doc])* #[error($wording)] $kind $(($field))?,)*
        }

        impl DecodeErrorKind {
            /// The name of the kind, without its field: for a log or a counter.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind $((kinds!(@ignore $field)))? => stringify!($kind),)*
                }
            }
        }
    };
    (@ignore $field:ident) => { _ };
}

kinds! {
    /// The payload is cut short: with more bytes it might have been one.
    UnexpectedEnd = "unexpected end",
    /// A byte that JSON does not allow where it stands.
    UnexpectedByte = "unexpected byte",
    /// Bytes that are not UTF-8.
    InvalidUtf8 = "invalid UTF-8",
    /// A byte order mark, which JSON text does not begin with.
    ByteOrderMark = "byte order mark",
    /// A control character inside a string, not escaped.
    ControlCharacter = "control character in a string",
    /// A backslash with something behind it that makes no escape.
    InvalidEscape = "invalid escape",
    /// Half of a surrogate pair, written as an escape: it stands for no character.
    LoneSurrogate = "lone surrogate",
    /// A number that does not fit: an `ErrorCode` outside 0 to 65535, any other beyond the range of a double.
    NumberOutOfRange = "number out of range",
    /// Too many arrays and objects inside each other: the 128th.
    NestedTooDeep = "nested too deep",
    /// Something behind the end of the payload.
    TrailingBytes = "trailing bytes",
    /// JSON, but not an object.
    NotAnObject = "not an object",
    /// A field that the payload must have is missing; the offset is that of the brace closing the object without it.
    MissingField(Field) = "{0} is missing",
    /// A field stands there for the second time.
    DuplicateField(Field) = "{0} is there twice",
    /// The value of a field is of another JSON type than the reference gives it.
    WrongType(Field) = "the value of {0} is of another type",
    /// The `Action` of a publish is none of the reference's.
    UnknownAction = "unknown Action",
    /// The `Content` to send has no characters.
    EmptyContent = "Content is empty",
    /// The `Content` to send has more than 500 code points.
    ContentTooLong = "Content is too long",
}

impl DecodeErrorKind {
    /// The field that it is about, where there is one.
    #[must_use]
    pub const fn field(self) -> Option<Field> {
        match self {
            Self::MissingField(field) | Self::DuplicateField(field) | Self::WrongType(field) => Some(field),
            Self::UnknownAction => Some(Field::Action),
            Self::EmptyContent | Self::ContentTooLong => Some(Field::Content),
            _ => None,
        }
    }
}

impl DecodeError {
    #[cold]
    pub(crate) const fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// What was wrong.
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// The place of the cause, in bytes from the beginning of what was given to decode.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The error of reading the value of `field`.
    #[cold]
    pub(crate) const fn in_field(self, field: Field) -> Self {
        match self.kind {
            DecodeErrorKind::NotAnObject => Self::new(DecodeErrorKind::WrongType(field), self.offset),
            _ => self,
        }
    }
}

impl From<json::Error> for DecodeError {
    #[cold]
    fn from(error: json::Error) -> Self {
        let kind = match error.kind {
            ErrorKind::UnexpectedEnd => DecodeErrorKind::UnexpectedEnd,
            ErrorKind::UnexpectedByte => DecodeErrorKind::UnexpectedByte,
            ErrorKind::ByteOrderMark => DecodeErrorKind::ByteOrderMark,
            ErrorKind::ControlCharacter => DecodeErrorKind::ControlCharacter,
            ErrorKind::InvalidEscape => DecodeErrorKind::InvalidEscape,
            ErrorKind::LoneSurrogate => DecodeErrorKind::LoneSurrogate,
            ErrorKind::NumberOutOfRange => DecodeErrorKind::NumberOutOfRange,
            ErrorKind::NestedTooDeep => DecodeErrorKind::NestedTooDeep,
            ErrorKind::TrailingBytes => DecodeErrorKind::TrailingBytes,
            // The value of a field is another matter: the pass over the members knows which.
            ErrorKind::WrongType => DecodeErrorKind::NotAnObject,
        };
        Self::new(kind, error.offset)
    }
}

/// Decodes bytes, which have to be UTF-8.
#[inline]
pub(crate) fn decode_utf8<'a, T>(
    payload: &'a [u8],
    decode: impl FnOnce(Cursor<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    match str::from_utf8(payload) {
        Ok(text) => decode(Cursor::new(text)),
        Err(error) => Err(not_utf8(payload, error, decode)),
    }
}

/// The error of a payload that is not UTF-8: the first one, which may come before that place.
#[cold]
fn not_utf8<'a, T>(
    payload: &'a [u8],
    error: str::Utf8Error,
    decode: impl FnOnce(Cursor<'a>) -> Result<T, DecodeError>,
) -> DecodeError {
    let valid = payload.get(..error.valid_up_to()).unwrap_or_default();
    let text = str::from_utf8(valid).unwrap_or_default();
    match decode(Cursor::new(text)) {
        Ok(_) => DecodeError::new(DecodeErrorKind::TrailingBytes, text.len()),
        Err(earlier) if earlier.kind != DecodeErrorKind::UnexpectedEnd => earlier,
        Err(_) if error.error_len().is_some() => DecodeError::new(DecodeErrorKind::InvalidUtf8, text.len()),
        Err(_) => json::cut_character(text, payload).into(),
    }
}
