//! Functions that validate and skip JSON.
//!
//! Each function expects a production of RFC 8259 at the start of its input, and returns the bytes
//! after it.

use super::ErrorKind;
use super::escape::skip_escaped;
use super::number::is_beyond_double;
use super::scan::skip_plain;

/// The maximum nesting depth of arrays and objects.
///
/// `serde_json`, with its limit of 128, accepts the same depth.
const MAX_OPEN: u32 = 127;

/// The bytes after a production, or an error and the bytes from the position of the error.
pub(super) type Step<'a, T = &'a [u8]> = Result<T, (ErrorKind, &'a [u8])>;

/// Returns the error of input that the grammar does not allow: its end, or an unexpected byte.
#[cold]
pub(super) const fn unexpected(rest: &[u8]) -> ErrorKind {
    if rest.is_empty() { ErrorKind::UnexpectedEnd } else { ErrorKind::UnexpectedByte }
}

/// Returns the error of input that is not of the requested type: a value of another type, or input
/// that is not a value.
#[cold]
pub(super) const fn mistyped(rest: &[u8]) -> ErrorKind {
    match rest {
        [b'"' | b'{' | b'[' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9', ..] => ErrorKind::WrongType,
        _ => unexpected(rest),
    }
}

/// Skips white space. Compact JSON has none, and most other JSON has a single space.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn skip_space(rest: &[u8]) -> &[u8] {
    match rest {
        [b' ' | b'\t' | b'\n' | b'\r', after @ ..] => match after {
            [b' ' | b'\t' | b'\n' | b'\r', ..] => skip_more_space(after),
            _ => after,
        },
        _ => rest,
    }
}

/// Skips any amount of white space.
#[inline(never)]
const fn skip_more_space(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', after @ ..] = rest {
        rest = after;
    }
    rest
}

/// Skips any value. `open` is the number of enclosing arrays and objects.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn skip_value(value: &[u8], open: u32) -> Step<'_> {
    match value {
        [b'{' | b'[', ..] => skip_nested(value, open, 0),
        _ => skip_scalar(value),
    }
}

/// Skips an array or object without recursion, or the rest of an object from one of its values.
///
/// `entered` is 1 for the rest of an object, and 0 otherwise. `open` is the number of arrays and
/// objects that enclose the array or object.
#[inline(never)]
pub(super) fn skip_nested(mut rest: &[u8], open: u32, entered: u32) -> Step<'_> {
    // One bit per open array (0) or object (1). The lowest bit is the innermost.
    let mut kinds = u128::from(entered);
    let mut depth = open.saturating_add(entered);
    loop {
        rest = match rest {
            [b'{' | b'[', ..] if depth >= MAX_OPEN => return Err((ErrorKind::NestedTooDeep, rest)),
            [bracket @ (b'{' | b'['), inside @ ..] => {
                let is_object = *bracket == b'{';
                match skip_space(inside) {
                    [b'}', after @ ..] if is_object => after,
                    [b']', after @ ..] if !is_object => after,
                    first => {
                        depth = depth.saturating_add(1);
                        kinds = (kinds << 1) | u128::from(is_object);
                        rest = if is_object { skip_key(first)? } else { first };
                        continue;
                    }
                }
            }
            _ => skip_scalar(rest)?,
        };
        // A value has ended. Close every array and object that ends after it.
        loop {
            if depth == open {
                return Ok(rest);
            }
            let is_object = kinds & 1 == 1;
            rest = match skip_space(rest) {
                [b',', after @ ..] => {
                    let next = skip_space(after);
                    rest = if is_object { skip_key(next)? } else { next };
                    break;
                }
                [b'}', after @ ..] if is_object => after,
                [b']', after @ ..] if !is_object => after,
                other => return Err((unexpected(other), other)),
            };
            depth = depth.saturating_sub(1);
            kinds >>= 1;
        }
    }
}

/// Skips a key, its colon, and the white space around the colon.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn skip_key(key: &[u8]) -> Step<'_> {
    let [b'"', body @ ..] = key else { return Err((unexpected(key), key)) };
    match skip_space(skip_string_body(body)?) {
        [b':', value @ ..] => Ok(skip_space(value)),
        other => Err((unexpected(other), other)),
    }
}

/// Skips a string, number or literal.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn skip_scalar(value: &[u8]) -> Step<'_> {
    match value {
        [b'"', body @ ..] => skip_string_body(body),
        [b't', ..] => skip_literal(value, b"true"),
        [b'f', ..] => skip_literal(value, b"false"),
        [b'n', ..] => skip_literal(value, b"null"),
        _ => skip_double(value),
    }
}

/// Skips `literal`: `true`, `false` or `null`.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn skip_literal<'a>(value: &'a [u8], literal: &[u8]) -> Step<'a> {
    match value.strip_prefix(literal) {
        Some(after) => Ok(after),
        None => Err(misspelled(value, literal)),
    }
}

/// Returns the error of a misspelled literal, at the first byte that differs.
#[cold]
fn misspelled<'a>(value: &'a [u8], literal: &[u8]) -> (ErrorKind, &'a [u8]) {
    let common = value.iter().zip(literal).take_while(|(one, other)| one == other).count();
    let rest = value.get(common..).unwrap_or_default();
    (unexpected(rest), rest)
}

/// Skips a number, which must be within the range of an `f64`.
#[inline(never)]
fn skip_double(number: &[u8]) -> Step<'_> {
    let (rest, notation) = skip_number(number)?;
    let len = number.len().wrapping_sub(rest.len());
    // Up to 300 digits without an exponent are always in range.
    let is_small = notation != Notation::Exponent && len <= 300;
    if !is_small && is_beyond_double(number.get(..len).unwrap_or_default()) {
        return Err((ErrorKind::NumberOutOfRange, number));
    }
    Ok(rest)
}

/// The notation of a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Integer,
    Fraction,
    Exponent,
}

/// Skips a number of any magnitude.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn skip_number(number: &[u8]) -> Step<'_, (&[u8], Notation)> {
    let digits = match number {
        [b'-', digits @ ..] => digits,
        _ => number,
    };
    let mut notation = Notation::Integer;
    let mut rest = match digits {
        [b'0', after @ ..] => after,
        _ => skip_digits(digits)?,
    };
    if let [b'.', fraction @ ..] = rest {
        notation = Notation::Fraction;
        rest = skip_digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        notation = Notation::Exponent;
        rest = skip_digits(match exponent {
            [b'+' | b'-', digits @ ..] => digits,
            _ => exponent,
        })?;
    }
    if rest.is_empty() {
        // The number may be incomplete. A complete one is followed by the rest of an object.
        return Err((ErrorKind::UnexpectedEnd, rest));
    }
    Ok((rest, notation))
}

/// Skips one or more digits.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn skip_digits(digits: &[u8]) -> Step<'_> {
    let [b'0'..=b'9', rest @ ..] = digits else { return Err((unexpected(digits), digits)) };
    let mut rest = rest;
    while let [b'0'..=b'9', after @ ..] = rest {
        rest = after;
    }
    Ok(rest)
}

/// Skips an object whose values are strings (a *string map*).
///
/// If a value is not a string, the error is [`ErrorKind::WrongType`] at that value.
#[inline(never)]
pub(super) fn skip_string_map(object: &[u8]) -> Step<'_> {
    let [b'{', inside @ ..] = object else { return Err((mistyped(object), object)) };
    let mut rest = skip_space(inside);
    if let [b'}', after @ ..] = rest {
        return Ok(after);
    }
    loop {
        let [b'"', name @ ..] = rest else { return Err((unexpected(rest), rest)) };
        rest = match skip_string_body(name)? {
            [b':', b'"', value @ ..] => value,
            other => skip_to_value(other)?,
        };
        rest = match skip_string_body(rest)? {
            [b',', after @ ..] if after.first() == Some(&b'"') => after,
            [b'}', after @ ..] => return Ok(after),
            other => match skip_space(other) {
                [b',', after @ ..] => skip_space(after),
                [b'}', after @ ..] => return Ok(after),
                other => return Err((unexpected(other), other)),
            },
        };
    }
}

/// Skips from the end of a name in a [string map](skip_string_map) to the body of its value.
///
/// Handles the white space around the colon, which the caller's fast path does not.
#[inline(never)]
fn skip_to_value(rest: &[u8]) -> Step<'_> {
    let colon = skip_space(rest);
    let [b':', after @ ..] = colon else { return Err((unexpected(colon), colon)) };
    let value = skip_space(after);
    let [b'"', inside @ ..] = value else { return Err((mistyped(value), value)) };
    Ok(inside)
}

/// Skips the body of a string and its closing quote.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn skip_string_body(body: &[u8]) -> Step<'_> {
    match skip_plain(body) {
        [b'"', after @ ..] => Ok(after),
        special => skip_escaped(special).map(|closing| closing.get(1..).unwrap_or_default()),
    }
}
