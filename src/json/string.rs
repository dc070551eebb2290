//! A JSON string, as it came or as it will be written.

use super::scan::{bytes_before_backslash, last_word};

/// The text of a JSON string.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Str<'a> {
    /// Any text: what JSON cannot hold as it stands is escaped when it is written.
    Unescaped(&'a str),
    /// Text read from JSON without an escape: it can be written as it stands.
    Verbatim(&'a str),
    /// What stood between the quotes, escapes and all, validated.
    Escaped(&'a str),
}

impl<'a> Str<'a> {
    /// The text, if it can be had without decoding an escape.
    #[inline]
    pub(crate) const fn as_str(self) -> Option<&'a str> {
        match self {
            Self::Unescaped(text) | Self::Verbatim(text) => Some(text),
            Self::Escaped(_) => None,
        }
    }

    /// How many bytes it has, its escapes as they are.
    #[inline]
    pub(crate) const fn byte_len(self) -> usize {
        match self {
            Self::Unescaped(text) | Self::Verbatim(text) | Self::Escaped(text) => text.len(),
        }
    }

    #[inline]
    pub(crate) const fn chars(self) -> Chars<'a> {
        match self {
            Self::Unescaped(text) | Self::Verbatim(text) => Chars { rest: text, escaped: false },
            Self::Escaped(inside) => Chars { rest: inside, escaped: true },
        }
    }

    /// Copies the text, its escapes decoded, to the beginning of `buffer`.
    ///
    /// Returns the length of the decoded text. If it is greater than the length of `buffer`, the
    /// contents of `buffer` are unspecified.
    pub(crate) fn decode_into(self, buffer: &mut [u8]) -> usize {
        match self {
            Self::Unescaped(text) | Self::Verbatim(text) => {
                if let Some(place) = buffer.get_mut(..text.len()) {
                    place.copy_from_slice(text.as_bytes());
                }
                text.len()
            }
            // The fast way is for hosted targets: it takes flash.
            Self::Escaped(inside) if cfg!(target_os = "none") => {
                unescape_bytewise(inside.as_bytes(), buffer)
            }
            Self::Escaped(inside) => unescape_into(inside.as_bytes(), buffer),
        }
    }
}

/// Decodes the inside of a string; see [`Str::decode_into`].
///
/// A whole word is copied before it is known how many of its bytes precede an escape. The bytes
/// after them are overwritten by what follows.
#[inline(never)]
fn unescape_into(inside: &[u8], buffer: &mut [u8]) -> usize {
    let room = buffer.len();
    let mut to = buffer;
    let mut rest = inside;
    while !rest.is_empty() {
        let (word, length) = match rest.first_chunk() {
            Some(word) => (u64::from_le_bytes(*word), 8),
            None => (last_word(inside, rest), rest.len()),
        };
        let written = room.wrapping_sub(to.len());
        match to.first_chunk_mut() {
            Some(place) => *place = word.to_le_bytes(),
            None => return written.wrapping_add(unescape_bytewise(rest, to)),
        }
        let plain = bytes_before_backslash(word).min(length);
        rest = rest.get(plain..).unwrap_or_default();
        to = to.get_mut(plain..).unwrap_or_default();
        // Escapes tend to follow each other.
        while let Some((character, after)) = split_escape(rest) {
            let Some(place) = to.first_chunk_mut::<4>() else { break };
            let length = character.encode_utf8(place).len();
            to = to.get_mut(length..).unwrap_or_default();
            rest = after;
        }
    }
    room.wrapping_sub(to.len())
}

/// Does the same where there may be less room than a word needs.
#[cold]
#[inline(never)]
fn unescape_bytewise(inside: &[u8], buffer: &mut [u8]) -> usize {
    let mut length = 0_usize;
    let mut rest = inside;
    while let Some((byte, after)) = rest.split_first() {
        let mut utf8 = [0; 4];
        let piece = if let Some((character, after)) = split_escape(rest) {
            rest = after;
            character.encode_utf8(&mut utf8).as_bytes()
        } else {
            rest = after;
            core::slice::from_ref(byte)
        };
        if let Some(place) = buffer.get_mut(length..).and_then(|free| free.get_mut(..piece.len())) {
            place.copy_from_slice(piece);
        }
        length = length.saturating_add(piece.len());
    }
    length
}

/// The characters of a text, its escapes decoded. They end at an escape that is cut short.
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
        // A surrogate pair, twelve characters for one, is the longest escape.
        (if self.escaped { least.div_ceil(12) } else { least }, most)
    }
}

/// Splits an escape off the beginning of `text`; `None` if `text` does not begin with a backslash.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn split_escape(text: &[u8]) -> Option<(char, &[u8])> {
    let after = text.strip_prefix(b"\\")?;
    // The reader accepts only valid escapes, so the replacement character is never seen.
    Some(split_escaped(after).unwrap_or((char::REPLACEMENT_CHARACTER, after)))
}

/// Splits the part of an escape that follows its backslash off the beginning of `text`; `None` if
/// there is no such escape.
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

/// Splits the UTF-16 code unit that four hexadecimal digits stand for off the beginning of `text`.
///
/// The low four bits of a digit are its value, and those of a letter, whose bit 6 is set, are nine
/// less. The values are then moved together in two steps.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn split_code_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, after) = text.split_first_chunk()?;
    let digits = u32::from_be_bytes(*digits);
    let letters = digits >> 6 & 0x0101_0101;
    let values = (digits & 0x0f0f_0f0f).wrapping_add(letters.wrapping_mul(9));
    let pairs = (values | values >> 4) & 0x00ff_00ff;
    Some(((pairs | pairs >> 8) & 0xffff, after))
}

/// The short escapes: the character after the backslash by the character that it stands for, and
/// the other way round. `/` needs no escape, but may have one.
///
/// Escapes of different kinds alternate, so a branch on the kind would be mispredicted.
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

    /// Checks the inside of a string against `serde_json`, with every buffer length that could
    /// matter.
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
    fn every_escape_in_every_place() {
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
