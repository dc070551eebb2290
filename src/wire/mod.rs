//! From the members of an object to payloads and back.
//!
//! A [`Shape`] lists the members of the payloads of one direction. [`read`] collects their values
//! in one pass, whatever their order, and each payload is built from them.
//!
//! As in [`json`](crate::json), code on the path of each member is always inlined, but not on bare
//! metal.

#![cfg_attr(
    not(target_os = "none"),
    expect(
        clippy::inline_always,
        reason = "measured: the state of the pass has to stay in registers"
    )
)]

mod decode_error;
pub(crate) mod encode;
mod field;
mod field_set;
mod key;
mod members;
mod notes;
mod shape;
mod values;

pub use decode_error::{DecodeError, DecodeErrorKind};
pub use field::Field;

pub(crate) use key::Key;
pub(crate) use members::{Members, Pass, State, Stopped, read, usual_members};

pub(crate) use decode_error::decode_utf8;
pub(crate) use shape::{Direction, Payload, Shape};
pub(crate) use values::{FromValue, Level, Values, members};
