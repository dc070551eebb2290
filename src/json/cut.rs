//! JSON that ends in the first bytes of a character.

use super::escape::skip_escaped;
use super::scan::skip_plain;
use super::{Error, ErrorKind};

/// Returns the error of `input`, which consists of `text`, the start of a JSON text, and the first
/// bytes of a character.
///
/// More bytes can only help if the character is in a string, where any character may be.
pub(crate) fn cut_character(text: &str, input: &[u8]) -> Error {
    let unfinished = unfinished_string(text).and_then(|start| input.get(start..));
    match unfinished.map(|inside| skip_escaped(skip_plain(inside))) {
        Some(Err((kind, rest))) => Error { kind, offset: input.len().wrapping_sub(rest.len()) },
        _ => Error { kind: ErrorKind::UnexpectedByte, offset: text.len() },
    }
}

/// Returns the offset of the inside of a string that starts but does not end in `text`, the start
/// of a JSON text.
fn unfinished_string(text: &str) -> Option<usize> {
    let mut start = None;
    let mut is_escaped = false;
    for (offset, byte) in text.bytes().enumerate() {
        if is_escaped {
            is_escaped = false;
        } else if byte == b'\\' {
            is_escaped = true;
        } else if byte == b'"' {
            start = if start.is_none() { Some(offset.wrapping_add(1)) } else { None };
        }
    }
    start
}
