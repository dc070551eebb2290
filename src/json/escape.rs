//! In-place validation of the escapes in a string (RFC 8259, section 7).

use super::ErrorKind;
use super::scan::skip_plain;
use super::skip::Step;

/// Skips the body of a string from its first [special](super::scan::is_special) byte up to its
/// closing quote.
#[inline(never)]
pub(super) fn skip_escaped(mut rest: &[u8]) -> Step<'_> {
    loop {
        rest = match rest {
            [b'\\', b'u', ..] => skip_unicode_escape(rest)?,
            [b'\\', escaped, after @ ..] if is_short_escape(*escaped) => after,
            [b'"', ..] => return Ok(rest),
            _ => return Err(unescaped(rest)),
        };
        // Escapes often follow each other directly, so the search is skipped if one does.
        if rest.first() != Some(&b'\\') {
            rest = skip_plain(rest);
        }
    }
}

/// Returns the error of a special byte that starts no valid escape, or of the end of the input.
#[cold]
const fn unescaped(rest: &[u8]) -> (ErrorKind, &[u8]) {
    match rest {
        [] | [b'\\'] => (ErrorKind::UnexpectedEnd, &[]),
        [b'\\', ..] => (ErrorKind::InvalidEscape, rest),
        _ => (ErrorKind::ControlCharacter, rest),
    }
}

/// Returns `true` if a backslash followed by `byte` is an escape.
///
/// A bit set replaces a `match`, whose branches would be mispredicted.
#[inline]
const fn is_short_escape(byte: u8) -> bool {
    const LOW: u64 = 1 << b'"' | 1 << b'/';
    const HIGH: u64 = 1 << (b'\\' - 64)
        | 1 << (b'b' - 64)
        | 1 << (b'f' - 64)
        | 1 << (b'n' - 64)
        | 1 << (b'r' - 64)
        | 1 << (b't' - 64);
    let set = if byte < 64 { LOW } else { HIGH };
    byte < 128 && set >> (byte % 64) & 1 == 1
}

/// The role of a UTF-16 code unit.
#[derive(PartialEq, Eq)]
enum Unit {
    Character,
    LeadingSurrogate,
    TrailingSurrogate,
}

/// Skips the escape of a UTF-16 code unit, or the two escapes of a surrogate pair.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn skip_unicode_escape(escape: &[u8]) -> Step<'_> {
    match code_unit(escape)? {
        (Unit::Character, rest) => Ok(rest),
        (Unit::TrailingSurrogate, _) => Err((ErrorKind::LoneSurrogate, escape)),
        (Unit::LeadingSurrogate, second) => match second {
            [b'\\', b'u', ..] => match code_unit(second)? {
                (Unit::TrailingSurrogate, rest) => Ok(rest),
                _ => Err((ErrorKind::LoneSurrogate, escape)),
            },
            [] | [b'\\'] => Err((ErrorKind::UnexpectedEnd, &[])),
            _ => Err((ErrorKind::LoneSurrogate, escape)),
        },
    }
}

/// Returns the role of the UTF-16 code unit in an escape, and the bytes after the escape.
#[inline]
fn code_unit(escape: &[u8]) -> Step<'_, (Unit, &[u8])> {
    let digits = escape.get(2..).unwrap_or_default();
    let Some((digits, rest)) = digits.split_first_chunk::<4>() else {
        let is_cut_short = digits.iter().all(u8::is_ascii_hexdigit);
        return Err(if is_cut_short {
            (ErrorKind::UnexpectedEnd, &[])
        } else {
            (ErrorKind::InvalidEscape, escape)
        });
    };
    if !are_hex_digits(*digits) {
        return Err((ErrorKind::InvalidEscape, escape));
    }
    let unit = match digits {
        [b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..] => Unit::LeadingSurrogate,
        [b'd' | b'D', b'c'..=b'f' | b'C'..=b'F', ..] => Unit::TrailingSurrogate,
        _ => Unit::Character,
    };
    Ok((unit, rest))
}

/// Returns `true` if all four bytes are hexadecimal digits.
///
/// All bytes are compared at once. The high bit of each minuend byte is set before the subtraction,
/// so no byte borrows from the next. It remains set exactly if the byte was not less than its
/// subtrahend. The oracle in the tests is [`u8::is_ascii_hexdigit`].
#[inline]
const fn are_hex_digits(bytes: [u8; 4]) -> bool {
    const HIGH: u32 = u32::from_ne_bytes([0x80; 4]);
    const fn broadcast(byte: u8) -> u32 {
        u32::from_ne_bytes([byte; 4])
    }
    const fn is_between(word: u32, least: u8, most: u8) -> u32 {
        (word | HIGH).wrapping_sub(broadcast(least)) & (broadcast(most) | HIGH).wrapping_sub(word)
    }
    let word = u32::from_ne_bytes(bytes);
    if word & HIGH != 0 {
        return false;
    }
    let decimal = is_between(word, b'0', b'9');
    let letter = is_between(word | broadcast(0x20), b'a', b'f');
    (decimal | letter) & HIGH == HIGH
}

#[cfg(test)]
mod tests {
    use super::{are_hex_digits, is_short_escape};

    #[test]
    fn short_escapes() {
        for byte in 0..=u8::MAX {
            assert_eq!(is_short_escape(byte), b"\"\\/bfnrt".contains(&byte), "{byte:#x}");
        }
    }

    #[test]
    fn hexadecimal_digits() {
        for byte in 0..=u8::MAX {
            for place in 0..4 {
                for filler in *b"09afAF" {
                    let mut bytes = [filler; 4];
                    bytes[place] = byte;
                    assert_eq!(are_hex_digits(bytes), byte.is_ascii_hexdigit(), "{bytes:x?}");
                }
            }
        }
    }
}
