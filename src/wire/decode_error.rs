//! The errors of decoding.

use core::str;

use super::field::Field;
use crate::json::{self, Cursor, ErrorKind};

/// Why a payload could not be decoded, and at which byte.
///
/// It is small and contains no input data, so it can be logged as it is.
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
            /// Returns the name of the kind without its field, for logs and counters.
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
    /// The payload is cut short: more bytes could make it valid.
    UnexpectedEnd = "unexpected end",
    /// A byte that JSON does not allow in its place.
    UnexpectedByte = "unexpected byte",
    /// Bytes that are not UTF-8.
    InvalidUtf8 = "invalid UTF-8",
    /// A byte order mark, which JSON text does not begin with.
    ByteOrderMark = "byte order mark",
    /// An unescaped control character in a string.
    ControlCharacter = "control character in a string",
    /// A backslash that does not start a valid escape.
    InvalidEscape = "invalid escape",
    /// An escaped half of a surrogate pair without its other half.
    LoneSurrogate = "lone surrogate",
    /// A number that does not fit: an `ErrorCode` outside 0 to 65535, any other beyond the range of
    /// a double.
    NumberOutOfRange = "number out of range",
    /// The 128th of the arrays and objects that are open at once.
    NestedTooDeep = "nested too deep",
    /// Something other than white space after the payload.
    TrailingBytes = "trailing bytes",
    /// JSON, but not an object.
    NotAnObject = "not an object",
    /// A field that the payload must have is missing; the offset is that of the brace closing the
    /// object without it.
    MissingField(Field) = "{0} is missing",
    /// A field occurs a second time.
    DuplicateField(Field) = "{0} is there twice",
    /// The value of a field does not have the JSON type that the reference states.
    WrongType(Field) = "the value of {0} is of another type",
    /// The `Action` of a publish is not in the reference.
    UnknownAction = "unknown Action",
    /// The `Content` to send has no characters.
    EmptyContent = "Content is empty",
    /// The `Content` to send has more than 500 code points.
    ContentTooLong = "Content is too long",
}

impl DecodeErrorKind {
    /// Returns the field that the error is about, if it is about one.
    #[must_use]
    pub const fn field(self) -> Option<Field> {
        match self {
            Self::MissingField(field) | Self::DuplicateField(field) | Self::WrongType(field) => {
                Some(field)
            }
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

    /// Returns what is wrong.
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Returns the offset of the cause, in bytes from the start of the input.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The error of reading the value of `field`.
    #[cold]
    pub(crate) const fn in_field(self, field: Field) -> Self {
        match self.kind {
            DecodeErrorKind::NotAnObject => {
                Self::new(DecodeErrorKind::WrongType(field), self.offset)
            }
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
            // For the value of a field, the pass over the members reports `WrongType` instead.
            ErrorKind::WrongType => DecodeErrorKind::NotAnObject,
        };
        Self::new(kind, error.offset)
    }
}

/// Decodes bytes, which must be UTF-8.
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

/// Returns the error of a payload that is not UTF-8, which may come before the invalid bytes.
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
        Err(_) if error.error_len().is_some() => {
            DecodeError::new(DecodeErrorKind::InvalidUtf8, text.len())
        }
        Err(_) => json::cut_character(text, payload).into(),
    }
}
