//! A strict JSON reader and writer (RFC 8259), without allocation or recursion.
//!
//! All JSON syntax is handled in this module, which is independent of the chat protocol.
//!
//! Code that runs for every byte is always inlined. This keeps the cursor in registers, so that
//! the next load does not wait for the last store. On bare metal, where code size matters more,
//! inlining is left to the optimizer.

#![cfg_attr(
    not(target_os = "none"),
    expect(clippy::inline_always, reason = "measured: up to two and a half times the speed")
)]

mod cursor;
mod cut;
mod escape;
mod number;
mod object_scanner;
mod scan;
mod skip;
mod string;
mod writer;

pub(crate) use cursor::Cursor;
pub(crate) use cut::cut_character;
pub(crate) use object_scanner::{Chunk, ObjectScanner};
pub(crate) use string::{Chars, Str};
pub(crate) use writer::{BufferFull, MAX_CHARACTER_LEN, Sink, SliceWriter};

/// A syntax or type error: its kind and its byte offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) kind: ErrorKind,
    pub(crate) offset: usize,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} at byte {}", self.kind, self.offset)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The text is incomplete.
    UnexpectedEnd,
    /// A byte that the grammar does not allow at this position.
    UnexpectedByte,
    /// A byte order mark at the start of the text.
    ByteOrderMark,
    /// An unescaped control character in a string.
    ControlCharacter,
    /// A backslash that does not start a valid escape.
    InvalidEscape,
    /// An escaped surrogate that is not part of a surrogate pair.
    LoneSurrogate,
    /// A number outside the range of the requested type, which is an `f64` for skipped numbers.
    NumberOutOfRange,
    /// Arrays and objects that are nested too deeply.
    NestedTooDeep,
    /// Something other than white space after the end of the value.
    TrailingBytes,
    /// A value whose type differs from the requested type.
    WrongType,
}
