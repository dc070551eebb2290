//! From the members of an object to payloads and back.
//!
//! A [`Shape`] lists the members of the payloads of one direction; [`read`](Shape::read) collects
//! their values in one pass, whatever their order, and each payload is built from them.

mod decode_error;
mod field;
mod field_set;
mod members;
mod shape;
mod values;

pub use decode_error::{DecodeError, DecodeErrorKind};
pub use field::Field;

pub(crate) use field::Key;
pub(crate) use members::{Members, Pass, State, Stopped, read, usual_members};

pub(crate) use decode_error::decode_utf8;
pub(crate) use shape::{Direction, Payload, Shape};
pub(crate) use values::{FromValue, Level, Values, members};
