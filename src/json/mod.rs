//! RFC 8259, strictly: reading and writing, without memory of its own and without recursion.
//!
//! This is the only place that knows JSON, and it knows nothing of chat.
//!
//! What is on the way of every byte is inlined whatever the optimiser thinks of it: only then does a cursor stay in registers,
//! and the next load does not have to wait for the last store. On bare metal, where the code has to fit, it is left to the
//! optimiser.

#![cfg_attr(
    not(target_os = "none"),
    expect(clippy::inline_always, reason = "measured: up to two and a half times the speed")
)]

mod boundary;
mod escape;
mod number;
mod reader;
mod scan;
mod string;
mod usual;
mod writer;

pub(crate) use boundary::{Boundary, Part};
pub(crate) use reader::{Key, Reader};
pub(crate) use string::{Chars, Piece, Str};
pub(crate) use usual::Usual;
pub(crate) use writer::{Counter, Full, Sink, Slice};

/// Why a text could not be read, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) fault: Fault,
    pub(crate) offset: usize,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} at byte {}", self.fault, self.offset)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text is cut short.
    End,
    /// A byte order mark at the beginning.
    ByteOrderMark,
    /// A byte that the grammar does not allow here.
    Byte,
    /// A control character that is not escaped.
    Control,
    /// An escape that there is not.
    Escape,
    /// Half of a surrogate pair.
    Surrogate,
    /// A number too large to represent.
    Range,
    /// Too many arrays and objects inside each other.
    Depth,
    /// Something after the end of the value.
    Trailing,
    /// A value of another type than the one asked for.
    Type,
}
