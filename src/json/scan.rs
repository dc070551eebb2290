//! The search for the first byte of a string that is not plain text.
//!
//! A byte is *special* if a JSON string cannot contain it unescaped (RFC 8259, section 7): the
//! quote, the backslash and the control characters. All other bytes are *plain*. A *word* is eight
//! bytes as a `u64`, in the order of [`u64::from_le_bytes`].

/// Returns a word of eight copies of `byte`.
const fn broadcast(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Returns `true` if a JSON string cannot contain `byte` unescaped (RFC 8259, section 7).
pub(super) const fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0x00..=0x1f)
}

/// Returns `true` if any byte is [special](is_special).
///
/// As in [`special_in_word`], one comparison covers the quote and the control characters. With two
/// comparisons per byte and no branch, the compiler uses vector instructions for 16 bytes.
#[expect(clippy::needless_bitwise_bool, reason = "a branch would keep it from being vectorized")]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn has_special(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, byte| found | (byte ^ 2 < 0x21) | (*byte == b'\\'))
}

/// Flags every [special](is_special) byte of a word by setting its high bit, and no other byte.
///
/// The comparisons are those of [`special_in_word`], but use additions: for a byte `b` below 0x80,
/// `b + (0x80 - n)` sets the high bit exactly if `b >= n`, and never carries into the next byte.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) const fn all_specials_in_word(word: u64) -> u64 {
    const LOW: u64 = broadcast(0x7f);
    let not_control_or_quote = ((word ^ broadcast(2)) & LOW).wrapping_add(broadcast(0x80 - 0x21));
    let not_backslash = ((word ^ broadcast(b'\\')) & LOW).wrapping_add(broadcast(0x80 - 1));
    !((not_control_or_quote & not_backslash) | word) & broadcast(0x80)
}

/// Returns the number of bytes before the first backslash of a word, or 8 if it contains none.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn bytes_before_backslash(word: u64) -> usize {
    let difference = word ^ broadcast(b'\\');
    let backslash = difference.wrapping_sub(broadcast(1)) & !difference & broadcast(0x80);
    usize::try_from(backslash.trailing_zeros() / 8).unwrap_or_default()
}

/// Returns the last bytes of `text` as the low bytes of a word.
///
/// `rest` is the last bytes, fewer than eight. If `text` has at least eight bytes, a single load
/// that also covers the bytes before `rest` replaces a loop.
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

/// Flags the first [special](is_special) byte of a word by setting its high bit.
///
/// Returns 0 if no byte is special. Bytes after the first flagged byte may be flagged wrongly.
///
/// The function tests the eight bytes of a `u64` at once ("SIMD within a register"):
///
/// 1. For a byte `b` below 0x80 and a constant `n` of at most 0x80, `b - n` modulo 256 has its high
///    bit set exactly if `b < n`. One subtraction on the word compares all eight bytes with `n`.
/// 2. Backslash: `b ^ b'\\'` is 0 exactly if `b` is a backslash, so the test is
///    `(b ^ b'\\') < 1`.
/// 3. Control characters and quote: `b ^ 2` permutes the control characters 0x00 to 0x1f, because
///    it changes only a low bit, and maps the quote, 0x22, to 0x20. It maps no other byte below
///    0x21. One test, `(b ^ 2) < 0x21`, therefore covers both.
/// 4. The bytes of non-ASCII characters are 0x80 and above, and are never special. Step 1 does not
///    apply to them, so `& !word` clears their flags. It keeps the flags of ASCII bytes, because
///    their high bit is clear in `word`.
/// 5. The subtraction works on the whole word, so a byte that is less than `n` borrows from the
///    next higher byte, which may then be flagged wrongly. A chain of borrows starts only at a byte
///    that is less than `n`. That byte is flagged correctly, so every wrong flag is above a correct
///    one, and the lowest flag is always correct.
/// 6. The word is loaded in little-endian order, so the lowest byte of the word is the first byte
///    of the text. [`plain_in_word`] uses only the lowest flag.
///
/// The oracle in the tests is [`is_special`], applied byte by byte.
#[inline]
const fn special_in_word(bytes: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(bytes);
    let control_or_quote = (word ^ broadcast(2)).wrapping_sub(broadcast(0x21));
    let backslash = (word ^ broadcast(b'\\')).wrapping_sub(broadcast(1));
    (control_or_quote | backslash) & !word & broadcast(0x80)
}

/// Returns the number of plain bytes before the first special byte, or `None` if all are plain.
#[inline]
pub(super) fn plain_in_word(bytes: [u8; 8]) -> Option<usize> {
    let special = special_in_word(bytes);
    if special == 0 { None } else { usize::try_from(special.trailing_zeros() / 8).ok() }
}

/// Returns `true` if all bytes are plain. There must be at least eight.
///
/// A load that overlaps the last whole word covers the bytes after it.
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

/// Returns the rest of `bytes` from the first special byte.
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

/// Does the same as [`skip_plain`], byte by byte.
#[inline(never)]
fn skip_few_plain(bytes: &[u8]) -> &[u8] {
    bytes.get(bytes.iter().take_while(|byte| !is_special(**byte)).count()..).unwrap_or_default()
}

/// Returns the number of bytes before the first special byte.
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
    fn agrees_with_the_oracle_for_every_byte_at_every_offset() {
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
