//! The search for the end of a string's plain run.

/// A byte in every place of a word.
const fn broadcast(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Whether a byte cannot stand for itself inside a JSON string (RFC 8259, section 7).
pub(super) const fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0x00..=0x1f)
}

/// Returns `true` if any byte cannot stand for itself inside a JSON string.
///
/// As in [`special_in_word`], one comparison covers the quote and the control characters. With two
/// comparisons per byte and no branch, the compiler turns 16 bytes into vector instructions.
#[expect(clippy::needless_bitwise_bool, reason = "a branch would keep it from being vectorized")]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn has_special(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, byte| found | (byte ^ 2 < 0x21) | (*byte == b'\\'))
}

/// Flags every byte that cannot stand for itself inside a JSON string, by the high bit of its place
/// in the word.
///
/// Additions replace the subtractions of [`special_in_word`]: for a byte `b` below 0x80,
/// `b + (0x80 - n)` sets the high bit exactly when `b >= n`, and never carries into the next byte.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) const fn all_specials_in_word(word: u64) -> u64 {
    const LOW: u64 = broadcast(0x7f);
    let not_control_or_quote = ((word ^ broadcast(2)) & LOW).wrapping_add(broadcast(0x80 - 0x21));
    let not_backslash = ((word ^ broadcast(b'\\')) & LOW).wrapping_add(broadcast(0x80 - 1));
    !((not_control_or_quote & not_backslash) | word) & broadcast(0x80)
}

/// Returns the number of bytes before the first backslash, 8 if there is none, in the order of
/// [`u64::from_le_bytes`].
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn bytes_before_backslash(word: u64) -> usize {
    let difference = word ^ broadcast(b'\\');
    let backslash = difference.wrapping_sub(broadcast(1)) & !difference & broadcast(0x80);
    usize::try_from(backslash.trailing_zeros() / 8).unwrap_or_default()
}

/// Returns the last bytes of `text`, fewer than eight, as the low bytes of a word.
///
/// `rest` is these bytes. A load that overlaps the bytes before them replaces a loop.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn last_word(text: &[u8], rest: &[u8]) -> u64 {
    match text.last_chunk() {
        Some(word) => {
            let bits = u32::try_from(rest.len()).unwrap_or_default().wrapping_mul(8);
            u64::from_le_bytes(*word).wrapping_shr(64_u32.wrapping_sub(bits))
        }
        None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Flags, by the high bit of its place in the word, the first byte that cannot stand for itself
/// inside a JSON string; none if there is no such byte. Bytes behind the first may be flagged or
/// not.
///
/// For a byte `b` below 0x80, `b - n` borrows, and so sets the high bit, exactly when `b < n`.
/// After an exclusive or with a backslash, only a backslash is below 1. After an exclusive or with
/// 2, only the control characters, which it merely shuffles, and the quote, which it makes 0x20,
/// are below 0x21. `& !word` drops the bytes of longer characters, whose high bit was set before. A
/// borrow may run into the *next higher* byte and flag that wrongly, but it starts only in a byte
/// that is flagged itself, so the lowest flag is always right; and in little-endian order the
/// lowest is the first.
///
/// [`is_special`], byte by byte, is the same without the trick, and its oracle in the tests.
#[inline]
const fn special_in_word(bytes: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(bytes);
    let control_or_quote = (word ^ broadcast(2)).wrapping_sub(broadcast(0x21));
    let backslash = (word ^ broadcast(b'\\')).wrapping_sub(broadcast(1));
    (control_or_quote | backslash) & !word & broadcast(0x80)
}

/// How many of eight bytes come before the first that cannot stand for itself inside a JSON string;
/// `None` if they all can.
#[inline]
pub(super) fn plain_in_word(bytes: [u8; 8]) -> Option<usize> {
    let special = special_in_word(bytes);
    if special == 0 { None } else { usize::try_from(special.trailing_zeros() / 8).ok() }
}

/// Returns `true` if all bytes, of which there must be at least 8, can stand for themselves inside
/// a JSON string.
///
/// The last word overlaps the one before it.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn is_plain<const N: usize>(bytes: &[u8; N]) -> bool {
    let mut special = 0;
    let mut rest = bytes.as_slice();
    while let Some((word, after)) = rest.split_first_chunk() {
        special |= special_in_word(*word);
        rest = after;
    }
    bytes.last_chunk().is_some_and(|word| special | special_in_word(*word) == 0)
}

/// Returns the bytes from the first one on that cannot stand for itself inside a JSON string.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn skip_plain(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        if let Some(plain) = plain_in_word(*word) {
            return rest.get(plain..).unwrap_or_default();
        }
        rest = after;
    }
    skip_few_plain(rest)
}

/// The same, byte by byte.
#[inline(never)]
fn skip_few_plain(bytes: &[u8]) -> &[u8] {
    bytes.get(bytes.iter().take_while(|byte| !is_special(**byte)).count()..).unwrap_or_default()
}

/// Returns the number of bytes before the first one that cannot stand for itself inside a JSON
/// string.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn plain_len(bytes: &[u8]) -> usize {
    bytes.len().wrapping_sub(skip_plain(bytes).len())
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::{
        all_specials_in_word, bytes_before_backslash, has_special, is_plain, is_special, last_word,
        plain_len,
    };

    fn plain_len_bytewise(bytes: &[u8]) -> usize {
        bytes.iter().take_while(|byte| !is_special(**byte)).count()
    }

    #[test]
    fn agrees_with_its_slow_twin_for_every_byte_in_every_place() {
        for filler in [b'a', 0x7f, 0x80, 0xff, b' ', b'!', b'#', b'[', b']'] {
            for byte in 0..=u8::MAX {
                for (place, length) in
                    (0..20).flat_map(|place| (place + 1..=20).map(move |n| (place, n)))
                {
                    let mut text = [filler; 20];
                    text[place] = byte;
                    assert_eq!(is_plain(&text), plain_len_bytewise(&text) == 20, "{text:x?}");
                    let text = &text[..length];
                    assert_eq!(plain_len(text), plain_len_bytewise(text), "{text:x?}");
                }
            }
        }
    }

    #[test]
    fn a_borrow_never_hides_the_first_special_byte() {
        for first in [0x00, 0x1f, b'"', b'\\'] {
            for after in 0..=u8::MAX {
                let text = [b'a', first, after, after, after, after, after, after, after];
                assert_eq!(plain_len(&text), 1, "{text:x?}");
            }
        }
    }

    #[test]
    fn has_special_agrees_with_is_special() {
        for length in 0..20 {
            for (place, byte) in
                (0..length).flat_map(|place| (0..=u8::MAX).map(move |byte| (place, byte)))
            {
                for filler in [b'a', 0x7f, 0x80, 0xff, b' ', b'!', b'#', b'[', b']'] {
                    let mut text = vec![filler; length];
                    text[place] = byte;
                    assert_eq!(has_special(&text), is_special(byte), "{text:x?}");
                }
            }
            assert!(!has_special(&vec![b'a'; length]));
        }
    }

    #[test]
    fn all_specials_are_flagged_and_nothing_else() {
        for pair in 0..=u16::MAX {
            let [first, second] = pair.to_le_bytes();
            for bytes in [[first, second, first, first, second, second, first, second], [second; 8]]
            {
                let expected = bytes.map(|byte| if is_special(byte) { 0x80 } else { 0 });
                let flags = all_specials_in_word(u64::from_le_bytes(bytes));
                assert_eq!(flags.to_le_bytes(), expected, "{bytes:x?}");
            }
        }
    }

    #[test]
    fn the_first_backslash() {
        for pair in 0..=u16::MAX {
            let [first, second] = pair.to_le_bytes();
            let bytes = [first, second, b'a', first, second, 0x5b, second, first];
            let expected = bytes.iter().take_while(|byte| **byte != b'\\').count();
            assert_eq!(bytes_before_backslash(u64::from_le_bytes(bytes)), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn the_last_word() {
        let text: Vec<u8> = (1..=20).collect();
        for length in 0..text.len() {
            for rest in 1..=length.min(7) {
                let mut expected = [0; 8];
                expected[..rest].copy_from_slice(&text[length - rest..length]);
                let text = &text[..length];
                assert_eq!(last_word(text, &text[length - rest..]).to_le_bytes(), expected);
            }
        }
    }
}
