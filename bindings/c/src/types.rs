//! Types that all parts of the interface use.

use core::ffi::c_char;
use core::ptr;

/// The version of this header: major, minor and patch in one byte each.
///
/// A program should compare the major number with that of `ivs_chat_version()`. While it is 0, it
/// should compare the minor number too.
pub const IVS_CHAT_VERSION: u32 = 0x00_01_00;

/// Returns the version of the library, in the form of `IVS_CHAT_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn ivs_chat_version() -> u32 {
    IVS_CHAT_VERSION
}

/// A string of UTF-8. It is not terminated by a NUL.
///
/// Input: `data` may be NULL if `len` is 0. Output: it points into a buffer that the caller passed
/// to the same function, or to static memory. An absent string has a `data` of NULL. An empty one
/// does not.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_str {
    /// The first byte.
    pub data: *const c_char,
    /// The length in bytes.
    pub len: usize,
}

impl ivs_chat_str {
    pub(crate) const ABSENT: Self = Self { data: ptr::null(), len: 0 };

    pub(crate) const fn new(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), len: text.len() }
    }

    pub(crate) fn optional(text: Option<&str>) -> Self {
        text.map_or(Self::ABSENT, Self::new)
    }
}

/// The result of a function.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ivs_chat_result {
    /// Success.
    IVS_CHAT_OK = 0,
    /// There is nothing to return. This is not an error.
    IVS_CHAT_NONE = 1,
    /// A pointer is NULL that must not be, a length is too large, or a number is out of range.
    IVS_CHAT_INVALID_ARGUMENT = 2,
    /// A string is not UTF-8.
    IVS_CHAT_INVALID_UTF8 = 3,
    /// A buffer is too small. The length that is needed is returned where the function says so.
    IVS_CHAT_BUFFER_TOO_SMALL = 4,
    /// JSON could not be decoded. The error is in the `ivs_chat_error`, if the function has one.
    IVS_CHAT_DECODE_ERROR = 5,
    /// The content of a message is empty or too long.
    IVS_CHAT_CONTENT_LENGTH = 6,
    /// The client does not accept the request. The reason is in the `ivs_chat_send_error`.
    IVS_CHAT_NOT_SENT = 7,
}

/// Why an input could not be decoded, and where.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct ivs_chat_error {
    /// The number of the `DecodeErrorKind`. See `docs/numbers.md`.
    pub kind: u8,
    /// The number of the `Field` that the error is about, or 0.
    pub field: u8,
    /// The offset in bytes of the cause, from the start of the input.
    pub offset: usize,
}

impl From<ivs_chat_proto::DecodeError> for ivs_chat_error {
    fn from(error: ivs_chat_proto::DecodeError) -> Self {
        Self {
            kind: error.kind().number(),
            field: error.kind().field().map_or(0, |field| field.number()),
            offset: error.offset(),
        }
    }
}
