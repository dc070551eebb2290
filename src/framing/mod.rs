//! Whole messages from pieces.

mod assembler;
mod json_stream;

pub use assembler::{MessageAssembler, MessageTooLong};
pub use json_stream::{JsonStream, StreamError, StreamErrorKind};
