//! RFC 8259, strictly: reading and writing, without memory of its own and without recursion.
//!
//! This is the only module that knows JSON, and it knows nothing of chat.
//!
//! Code that runs for every byte is always inlined, because only then does a cursor stay in
//! registers and the next load does not wait for the last store. On bare metal, where code size
//! matters more, inlining is left to the optimiser.

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

/// Why a text could not be read, and where.
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
    /// The text is cut short.
    UnexpectedEnd,
    /// A byte that the grammar does not allow here.
    UnexpectedByte,
    /// A byte order mark at the beginning.
    ByteOrderMark,
    /// A control character that is not escaped.
    ControlCharacter,
    /// A backslash that does not start a valid escape.
    InvalidEscape,
    /// An escaped half of a surrogate pair without its other half.
    LoneSurrogate,
    /// A number beyond the range of a double.
    NumberOutOfRange,
    /// Too many arrays and objects inside each other.
    NestedTooDeep,
    /// Something other than white space after the end of the value.
    TrailingBytes,
    /// A value of another type than the requested one.
    WrongType,
}
