//! Decoding errors.

use core::fmt;
use core::str;

use super::field::Field;
use crate::json::{self, Cursor, ErrorKind};

/// An error from decoding a payload: its kind and its byte offset.
///
/// The error is small and contains no input data, so it is safe to log.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::subscribe::Subscribe;
///
/// let error = Subscribe::decode(br#"{"Type":"MESSAGE","Content":7}"#).unwrap_err();
/// assert_eq!(error.to_string(), "invalid type for Content: expected a string, at byte 28");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind}, at byte {offset}")]
pub struct DecodeError {
    kind: DecodeErrorKind,
    offset: usize,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $(($field:ident))? $(= $wording:literal)?,)*) => {
        /// The kind of a [`DecodeError`].
        ///
        /// # Examples
        ///
        /// ```
        /// use ivs_chat_proto::{DecodeErrorKind, Field, subscribe::Subscribe};
        ///
        /// let error = Subscribe::decode(br#"{"Type":"ERROR"}"#).unwrap_err();
        /// assert_eq!(error.kind(), DecodeErrorKind::MissingField(Field::ErrorCode));
        /// assert_eq!(error.kind().to_string(), "ErrorCode is missing");
        /// ```
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum DecodeErrorKind {
            $($(#[$doc])* $kind $(($field))?,)*
        }

        impl DecodeErrorKind {
            /// Returns the message of a kind without a field.
            const fn message(self) -> &'static str {
                match self {
                    $(Self::$kind $((kinds!(@ignore $field)))? => concat!($($wording)?),)*
                }
            }

            /// Returns the name of the kind without its field, for logs and metrics.
            ///
            /// # Examples
            ///
            /// ```
            /// use ivs_chat_proto::{DecodeErrorKind, Field};
            ///
            /// assert_eq!(DecodeErrorKind::WrongType(Field::Content).name(), "WrongType");
            /// ```
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
    /// The payload is incomplete: additional bytes could make it valid.
    UnexpectedEnd = "unexpected end",
    /// A byte that the JSON grammar does not allow at this position.
    UnexpectedByte = "unexpected byte",
    /// Bytes that are not valid UTF-8.
    InvalidUtf8 = "invalid UTF-8",
    /// A byte order mark at the start of the payload (RFC 8259, section 8.1).
    ByteOrderMark = "byte order mark",
    /// An unescaped control character in a string.
    ControlCharacter = "control character in a string",
    /// A backslash that does not start a valid escape.
    InvalidEscape = "invalid escape",
    /// An escaped surrogate that is not part of a surrogate pair.
    LoneSurrogate = "lone surrogate",
    /// A number that is out of range.
    ///
    /// An `ErrorCode` ranges from 0 to 65535. All other numbers must be in the range of an `f64`.
    NumberOutOfRange = "number out of range",
    /// Arrays and objects that are nested more than 127 levels deep.
    NestedTooDeep = "nested too deep",
    /// Something other than white space after the payload.
    TrailingBytes = "trailing bytes",
    /// A JSON value that is not an object.
    NotAnObject = "not an object",
    /// A required field is missing.
    ///
    /// The offset is that of the closing brace of the object that lacks the field.
    MissingField(Field),
    /// A field occurs more than once.
    DuplicateField(Field),
    /// The JSON type of a field's value differs from the type in the reference.
    WrongType(Field),
    /// The `Action` of a publish payload is not in the reference.
    UnknownAction = "unknown Action",
    /// The `Content` of a publish payload is empty.
    EmptyContent = "Content is empty",
    /// The `Content` of a publish payload exceeds 500 code points.
    ContentTooLong = "Content is too long",
}

impl DecodeErrorKind {
    /// Returns the field that caused the error, or `None` if the error is not specific to a field.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::{DecodeErrorKind, Field};
    ///
    /// assert_eq!(DecodeErrorKind::DuplicateField(Field::Id).field(), Some(Field::Id));
    /// assert_eq!(DecodeErrorKind::UnknownAction.field(), Some(Field::Action));
    /// assert_eq!(DecodeErrorKind::TrailingBytes.field(), None);
    /// ```
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

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingField(field) => write!(f, "{field} is missing"),
            Self::DuplicateField(field) => write!(f, "{field} occurs twice"),
            Self::WrongType(field) => {
                write!(f, "invalid type for {field}: expected {}", field.expected())
            }
            other => f.write_str(other.message()),
        }
    }
}

impl core::error::Error for DecodeErrorKind {}

impl DecodeError {
    #[cold]
    pub(crate) const fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// Returns the kind of the error.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::{DecodeErrorKind, Field, subscribe::Subscribe};
    ///
    /// let error = Subscribe::decode(br#"{"Type":"MESSAGE","Content":7}"#).unwrap_err();
    /// assert_eq!(error.kind(), DecodeErrorKind::WrongType(Field::Content));
    /// ```
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Returns the offset of the error, in bytes from the start of the input.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::subscribe::Subscribe;
    ///
    /// let error = Subscribe::decode(br#"{"Type":"MESSAGE","Content":7}"#).unwrap_err();
    /// assert_eq!(error.offset(), 28);
    /// ```
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Converts the error of an object that is the value of `field`.
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
            // For the value of a field, the decoder reports `WrongType` instead.
            ErrorKind::WrongType => DecodeErrorKind::NotAnObject,
        };
        Self::new(kind, error.offset)
    }
}

/// Validates `payload` as UTF-8 and decodes it.
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

/// Returns the first error of a payload that is not UTF-8. It may precede the invalid bytes.
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
