//! Complete messages from fragments and byte streams.

mod assembler;
mod json_stream;

pub use assembler::{MessageAssembler, MessageTooLong};
pub use json_stream::{JsonStream, StreamError, StreamErrorKind};
