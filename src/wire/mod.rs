//! Conversion between the members of an object and payloads.
//!
//! A [`Shape`] lists the members of all payloads of one direction. [`read`] collects their values
//! in one pass, in any order, and the payload is built from these values.
//!
//! As in [`json`](crate::json), code that runs for every member is always inlined, except on bare
//! metal.

#![cfg_attr(
    not(target_os = "none"),
    expect(clippy::inline_always, reason = "measured: keeps the state of the pass in registers")
)]

mod decode_error;
mod deferred;
pub(crate) mod encode;
mod field;
mod field_set;
mod key;
mod members;
mod shape;
mod values;

pub use decode_error::{DecodeError, DecodeErrorKind};
pub use field::Field;

pub(crate) use key::Key;
pub(crate) use members::{Members, Pass, State, Stopped, fast_path_members, read};

pub(crate) use decode_error::decode_utf8;
pub(crate) use shape::{Direction, Payload, Shape};
pub(crate) use values::{FromValue, Level, Values, members};
