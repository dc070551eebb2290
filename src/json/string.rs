//! JSON strings, before and after encoding.

use super::scan::{bytes_before_backslash, last_word};

/// The text of a JSON string.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Str<'a> {
    /// Arbitrary text, which must be escaped when it is written.
    Unescaped(&'a str),
    /// Text that was read from a JSON string without escapes, and can be written as it is.
    Verbatim(&'a str),
    /// The validated body of a JSON string, with its escapes.
    Escaped(&'a str),
}

impl<'a> Str<'a> {
    /// Returns the text, or `None` if it contains escapes that must be decoded.
    #[inline]
    pub(crate) const fn as_str(self) -> Option<&'a str> {
        match self {
            Self::Unescaped(text) | Self::Verbatim(text) => Some(text),
            Self::Escaped(_) => None,
        }
    }

    /// Returns the number of bytes, without decoding escapes.
    #[inline]
    pub(crate) const fn byte_len(self) -> usize {
        match self {
            Self::Unescaped(text) | Self::Verbatim(text) | Self::Escaped(text) => text.len(),
        }
    }

    /// Returns an iterator over the decoded characters.
    #[inline]
    pub(crate) const fn chars(self) -> Chars<'a> {
        match self {
            Self::Unescaped(text) | Self::Verbatim(text) => Chars { rest: text, escaped: false },
            Self::Escaped(inside) => Chars { rest: inside, escaped: true },
        }
    }

    /// Decodes the text into the start of `buffer`, and returns its length.
    ///
    /// If the length exceeds that of `buffer`, the contents of `buffer` are unspecified.
    pub(crate) fn decode_into(self, buffer: &mut [u8]) -> usize {
        match self {
            Self::Unescaped(text) | Self::Verbatim(text) => {
                if let Some(target) = buffer.get_mut(..text.len()) {
                    target.copy_from_slice(text.as_bytes());
                }
                text.len()
            }
            // The fast path takes too much flash for bare metal.
            Self::Escaped(inside) if cfg!(target_os = "none") => {
                unescape_bytewise(inside.as_bytes(), buffer)
            }
            Self::Escaped(inside) => unescape_into(inside.as_bytes(), buffer),
        }
    }
}

/// Decodes the body of a string; see [`Str::decode_into`].
///
/// The loop copies a whole word before it determines how many of its bytes precede an escape. The
/// next iterations overwrite the other bytes.
#[inline(never)]
fn unescape_into(inside: &[u8], buffer: &mut [u8]) -> usize {
    let capacity = buffer.len();
    let mut to = buffer;
    let mut rest = inside;
    while !rest.is_empty() {
        let (word, length) = match rest.first_chunk() {
            Some(word) => (u64::from_le_bytes(*word), 8),
            None => (last_word(inside, rest), rest.len()),
        };
        let written = capacity.wrapping_sub(to.len());
        match to.first_chunk_mut() {
            Some(target) => *target = word.to_le_bytes(),
            None => return written.wrapping_add(unescape_bytewise(rest, to)),
        }
        let plain = bytes_before_backslash(word).min(length);
        rest = rest.get(plain..).unwrap_or_default();
        to = to.get_mut(plain..).unwrap_or_default();
        // Escapes often follow each other directly.
        while let Some((character, after)) = split_escape(rest) {
            let Some(target) = to.first_chunk_mut::<4>() else { break };
            let length = character.encode_utf8(target).len();
            to = to.get_mut(length..).unwrap_or_default();
            rest = after;
        }
    }
    capacity.wrapping_sub(to.len())
}

/// Does the same byte by byte, for a buffer that may be shorter than a word.
#[cold]
#[inline(never)]
fn unescape_bytewise(inside: &[u8], buffer: &mut [u8]) -> usize {
    let mut length = 0_usize;
    let mut rest = inside;
    while let Some((byte, after)) = rest.split_first() {
        let mut utf8 = [0; 4];
        let decoded = if let Some((character, after)) = split_escape(rest) {
            rest = after;
            character.encode_utf8(&mut utf8).as_bytes()
        } else {
            rest = after;
            core::slice::from_ref(byte)
        };
        if let Some(target) =
            buffer.get_mut(length..).and_then(|free| free.get_mut(..decoded.len()))
        {
            target.copy_from_slice(decoded);
        }
        length = length.saturating_add(decoded.len());
    }
    length
}

/// An iterator over the decoded characters of a text. It ends at a truncated escape.
#[derive(Clone, Debug)]
pub(crate) struct Chars<'a> {
    rest: &'a str,
    escaped: bool,
}

impl Iterator for Chars<'_> {
    type Item = char;

    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    fn next(&mut self) -> Option<char> {
        let first = self.rest.chars().next()?;
        let (character, length) = if self.escaped && first == '\\' {
            let (character, after) = split_escaped(self.rest.as_bytes().get(1..)?)?;
            (character, self.rest.len().wrapping_sub(after.len()))
        } else {
            (first, first.len_utf8())
        };
        self.rest = self.rest.get(length..)?;
        Some(character)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.rest.chars().size_hint();
        // The longest escape is a surrogate pair: twelve characters that encode one.
        (if self.escaped { least.div_ceil(12) } else { least }, most)
    }
}

/// Splits an escape off the start of `text`, or returns `None` if `text` does not start with a
/// backslash.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn split_escape(text: &[u8]) -> Option<(char, &[u8])> {
    let after = text.strip_prefix(b"\\")?;
    // The reader accepts only valid escapes, so the replacement character is never returned.
    Some(split_escaped(after).unwrap_or((char::REPLACEMENT_CHARACTER, after)))
}

/// Splits an escape without its backslash off the start of `text`, or returns `None` if the escape
/// is invalid.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn split_escaped(text: &[u8]) -> Option<(char, &[u8])> {
    let (&escaped, after) = text.split_first()?;
    if escaped != b'u' {
        let character = SHORT_ESCAPES.get(usize::from(escaped & 0x7f)).copied()?;
        return Some((char::from(character), after));
    }
    let (unit, after) = split_code_unit(after)?;
    if !matches!(unit, 0xd800..=0xdbff) {
        return Some((char::from_u32(unit)?, after));
    }
    let (trailing, after) = split_code_unit(after.strip_prefix(b"\\u")?)?;
    let code_point = 0x1_0000_u32.wrapping_add((unit & 0x3ff) << 10 | trailing & 0x3ff);
    Some((char::from_u32(code_point)?, after))
}

/// Splits four hexadecimal digits, which encode a UTF-16 code unit, off the start of `text`.
///
/// All four digits are decoded at once. The low four bits of a decimal digit are its value. Those
/// of a letter are its value minus nine, and only letters have bit 6 set. Two shifts then combine
/// the four values.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn split_code_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, after) = text.split_first_chunk()?;
    let digits = u32::from_be_bytes(*digits);
    let letters = digits >> 6 & 0x0101_0101;
    let values = (digits & 0x0f0f_0f0f).wrapping_add(letters.wrapping_mul(9));
    let pairs = (values | values >> 4) & 0x00ff_00ff;
    Some(((pairs | pairs >> 8) & 0xffff, after))
}

/// The short escapes: a map from each escaped character to the character after the backslash, and
/// vice versa. A `/` need not be escaped, but may be.
///
/// Different escapes often alternate, so a branch for each escape would be mispredicted.
#[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "evaluated by the compiler")]
pub(super) const SHORT_ESCAPES: [u8; 128] = {
    let mut counterparts = [0; 128];
    let pairs = [
        (b'"', b'"'),
        (b'\\', b'\\'),
        (b'/', b'/'),
        (0x08, b'b'),
        (0x0c, b'f'),
        (b'\n', b'n'),
        (b'\r', b'r'),
        (b'\t', b't'),
    ];
    let mut index = 0;
    while index < pairs.len() {
        let (character, escaped) = pairs[index];
        counterparts[character as usize] = escaped;
        counterparts[escaped as usize] = character;
        index += 1;
    }
    counterparts
};

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;
    use std::vec;
    use std::vec::Vec;

    use super::Str;

    /// Compares the decoded body of a string with `serde_json`, for every relevant buffer length.
    fn check(inside: &str) {
        let expected: String = serde_json::from_str(&format!("\"{inside}\"")).unwrap();
        let text = Str::Escaped(inside);
        assert!(text.chars().eq(expected.chars()), "{inside}");
        let (least, most) = text.chars().size_hint();
        assert!(least <= expected.chars().count() && expected.chars().count() <= most.unwrap());
        for length in (0..expected.len() + 18).chain([inside.len(), inside.len() + 100]) {
            let mut buffer = vec![0xff; length];
            assert_eq!(text.decode_into(&mut buffer), expected.len(), "{inside}, {length}");
            if length >= expected.len() {
                assert_eq!(&buffer[..expected.len()], expected.as_bytes(), "{inside}, {length}");
            }
        }
    }

    const ESCAPES: &[&str] = &[
        r#"\""#,
        r"\\",
        r"\/",
        r"\b",
        r"\f",
        r"\n",
        r"\r",
        r"\t",
        r"\u0000",
        r"\u001f",
        r"\u005c",
        r"\u0022",
        r"\u00e9",
        r"\u07ff",
        r"\u0800",
        r"\ud7ff",
        r"\uE000",
        r"\uffff",
        r"\ud800\udc00",
        r"\uDBFF\uDFFF",
        r"\ud83d\ude00",
    ];

    #[test]
    fn every_escape_at_every_offset() {
        for escape in ESCAPES {
            for filler in ["a", "é", "日", "😀", "/", "u", "]"] {
                for before in 0..18 {
                    for after in 0..10 {
                        check(&[&filler.repeat(before), *escape, &filler.repeat(after)].concat());
                    }
                }
            }
        }
    }

    #[test]
    fn every_pair_of_escapes_at_every_distance() {
        for first in ESCAPES {
            for second in ESCAPES {
                for distance in 0..10 {
                    check(&[first, &*"n".repeat(distance), second].concat());
                }
            }
        }
    }

    #[test]
    fn every_code_unit_in_either_case() {
        let mut buffer = [0; 16];
        for character in (0..=u16::MAX).filter_map(|unit| char::from_u32(unit.into())) {
            let expected = String::from(character);
            let unit = u32::from(character);
            for inside in [format!(r"\u{unit:04x}"), format!(r"\u{unit:04X}")] {
                let text = Str::Escaped(&inside);
                let length = text.decode_into(&mut buffer);
                assert_eq!(&buffer[..length], expected.as_bytes(), "{inside}");
                assert!(text.chars().eq([character]), "{inside}");
            }
        }
    }

    #[test]
    fn every_surrogate_pair() {
        let mut buffer = [0; 16];
        for character in ('\u{10000}'..=char::MAX).step_by(61).chain([char::MAX]) {
            let inside: Vec<_> = character
                .encode_utf16(&mut [0; 2])
                .iter()
                .map(|unit| format!(r"\u{unit:04x}"))
                .collect();
            let inside = inside.concat();
            let length = Str::Escaped(&inside).decode_into(&mut buffer);
            assert_eq!(
                &buffer[..length],
                character.encode_utf8(&mut [0; 4]).as_bytes(),
                "{inside}"
            );
            assert!(Str::Escaped(&inside).chars().eq([character]), "{inside}");
        }
    }
}
