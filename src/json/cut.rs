//! JSON text that ends within a UTF-8 sequence.

use super::escape::skip_escaped;
use super::scan::skip_plain;
use super::{Error, ErrorKind};

/// Returns the error of `input`, which ends within the UTF-8 sequence of a character.
///
/// `text` is the valid part of `input`, and is incomplete as JSON. More bytes can complete `input`
/// only if the character is inside a string, because only strings may contain it.
pub(crate) fn cut_character(text: &str, input: &[u8]) -> Error {
    let unfinished = unfinished_string(text).and_then(|start| input.get(start..));
    match unfinished.map(|inside| skip_escaped(skip_plain(inside))) {
        Some(Err((kind, rest))) => Error { kind, offset: input.len().wrapping_sub(rest.len()) },
        _ => Error { kind: ErrorKind::UnexpectedByte, offset: text.len() },
    }
}

/// Returns the offset of the body of the unterminated string in `text`, the start of a JSON text.
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
