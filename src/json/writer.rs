//! JSON output: sinks and the escaping of strings.

use super::scan::{
    all_specials_in_word, has_special, is_special, last_word, plain_len, skip_plain,
};
use super::string::{SHORT_ESCAPES, Str};

/// The error of a sink that is full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BufferFull;

/// A destination for JSON: a slice or a `String`.
///
/// The length of a payload, its bytes and its `String` all come from one description of the
/// payload.
pub(crate) trait Sink {
    /// Writes `text` without changes.
    fn put(&mut self, text: &str) -> Result<(), BufferFull>;

    /// Writes `text` as the body of a string, and escapes characters as needed.
    fn escape(&mut self, text: &str) -> Result<(), BufferFull>;

    /// Writes a string without its quotes.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn string_body(&mut self, text: Str<'_>) -> Result<(), BufferFull> {
        match text {
            Str::Unescaped(text) => self.escape(text),
            Str::Verbatim(text) | Str::Escaped(text) => self.put(text),
        }
    }

    /// Writes a member whose value is a string. `key` is everything before the value.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    fn member(&mut self, key: &str, value: Str<'_>) -> Result<(), BufferFull> {
        self.put(key)?;
        self.string(value)
    }

    /// Writes a string.
    #[inline]
    fn string(&mut self, text: Str<'_>) -> Result<(), BufferFull> {
        self.put("\"")?;
        self.string_body(text)?;
        self.put("\"")
    }

    /// Writes an integer.
    fn u16(&mut self, number: u16) -> Result<(), BufferFull> {
        for power in [10_000, 1_000, 100, 10, 1] {
            if number >= power || power == 1 {
                let digit = char::from_digit(
                    u32::from(number.checked_div(power).unwrap_or_default() % 10),
                    10,
                )
                .unwrap_or('0');
                self.put(digit.encode_utf8(&mut [0; 4]))?;
            }
        }
        Ok(())
    }
}

/// A sink that writes to the start of a slice. When the slice is full, it counts the missing bytes.
pub(crate) struct SliceWriter<'b> {
    /// The part of the slice that has not been written.
    free: &'b mut [u8],
    /// The number of bytes that did not fit.
    missing: usize,
}

impl<'b> SliceWriter<'b> {
    /// Creates a writer at the start of `buffer`.
    pub(crate) const fn new(buffer: &'b mut [u8]) -> Self {
        Self { free: buffer, missing: 0 }
    }

    /// Returns the number of bytes that have not been written.
    pub(crate) const fn free_len(&self) -> usize {
        self.free.len()
    }

    /// Returns the number of bytes by which the slice is too short.
    pub(crate) const fn missing(&self) -> usize {
        self.missing
    }

    /// Counts `length` bytes, which must exceed the free bytes, and leaves no free bytes.
    ///
    /// Inlined on hosted targets, because passing the writer to a function would force it out of
    /// registers.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    const fn overflow(&mut self, length: usize) {
        self.missing = self.missing.wrapping_add(length.wrapping_sub(self.free.len()));
        self.free = &mut [];
    }

    /// Moves past the next `length` bytes.
    #[inline]
    fn advance(&mut self, length: usize) {
        self.free = core::mem::take(&mut self.free).get_mut(length..).unwrap_or_default();
    }
}

impl Sink for SliceWriter<'_> {
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    fn put(&mut self, text: &str) -> Result<(), BufferFull> {
        match self.free.get_mut(..text.len()) {
            Some(place) => {
                place.copy_from_slice(text.as_bytes());
                self.advance(text.len());
            }
            None => self.overflow(text.len()),
        }
        Ok(())
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn escape(&mut self, text: &str) -> Result<(), BufferFull> {
        if cfg!(target_os = "none") {
            return escape_runs(self, text);
        }
        let text = text.as_bytes();
        let Some(place) = self.free.get_mut(..text.len()) else {
            self.overflow(escaped_len(text));
            return Ok(());
        };
        let plain = copy_plain(text, place);
        if plain == text.len() {
            self.advance(text.len());
            return Ok(());
        }
        self.advance(plain);
        match escape_from(text, plain, self.free) {
            Some(written) => self.advance(written),
            None => self.overflow(escaped_len(text.get(plain..).unwrap_or_default())),
        }
        Ok(())
    }
}

/// Escapes `text`, one run of plain bytes at a time.
///
/// This is the small implementation, for a `String` and for bare metal. The fast implementation
/// takes 800 bytes of flash.
fn escape_runs(sink: &mut impl Sink, text: &str) -> Result<(), BufferFull> {
    let mut rest = text;
    loop {
        let (plain, special) =
            rest.split_at_checked(plain_len(rest.as_bytes())).unwrap_or((rest, ""));
        sink.put(plain)?;
        let Some(&byte) = special.as_bytes().first() else { return Ok(()) };
        sink.put(escape_of(byte))?;
        rest = special.get(1..).unwrap_or_default();
    }
}

/// Returns the length of `text` after escaping.
#[cold]
fn escaped_len(text: &[u8]) -> usize {
    let mut length = text.len();
    let mut rest = text;
    while let [special, after @ ..] = skip_plain(rest) {
        length = length.saturating_add(escape_of(*special).len().saturating_sub(1));
        rest = after;
    }
    length
}

/// The number of bytes that are searched at once, which fit a vector register of common processors.
const CHUNK: usize = 16;

/// Copies `from` to `to`, which must have the same length, up to the first chunk that needs an
/// escape.
///
/// Returns the number of bytes before that chunk, a multiple of [`CHUNK`], or the length of `from`
/// if no chunk needs an escape.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn copy_plain(from: &[u8], to: &mut [u8]) -> usize {
    let mut plain = 0_usize;
    let mut from_rest = from;
    let mut to_rest = &mut *to;
    while let Some((chunk, from_after)) = from_rest.split_first_chunk::<CHUNK>() {
        let Some((place, to_after)) = to_rest.split_first_chunk_mut() else { break };
        if has_special(chunk) {
            return plain;
        }
        copy_chunk(chunk, place);
        plain = plain.wrapping_add(CHUNK);
        (from_rest, to_rest) = (from_after, to_after);
    }
    // A chunk that overlaps the copied bytes replaces a loop over the remaining bytes.
    let is_rest_plain =
        if let (Some(last), Some(place)) = (from.last_chunk::<CHUNK>(), to.last_chunk_mut()) {
            *place = *last;
            !has_special(last)
        } else {
            match from.len() {
                8.. => copy_ends::<8>(from, to),
                4.. => copy_ends::<4>(from, to),
                2.. => copy_ends::<2>(from, to),
                _ => copy_ends::<1>(from, to),
            }
        };
    if is_rest_plain { from.len() } else { plain }
}

/// Copies a chunk as an integer. On bare metal, copying an array in a loop would compile to a call
/// of `memmove`.
#[cfg_attr(not(target_os = "none"), inline(always))]
const fn copy_chunk(from: &[u8; CHUNK], to: &mut [u8; CHUNK]) {
    *to = u128::from_ne_bytes(*from).to_ne_bytes();
}

/// Copies the first and the last `N` bytes. Returns `true` if they need no escapes.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn copy_ends<const N: usize>(from: &[u8], to: &mut [u8]) -> bool {
    let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) else {
        return true;
    };
    if let Some(place) = to.first_chunk_mut() {
        *place = *first;
    }
    if let Some(place) = to.last_chunk_mut() {
        *place = *last;
    }
    !(has_special(first) | has_special(last))
}

/// Escapes `text` from offset `start`.
///
/// Returns the number of bytes written, or `None` if `to` is too short.
#[inline(never)]
fn escape_from(text: &[u8], start: usize, to: &mut [u8]) -> Option<usize> {
    let capacity = to.len();
    let mut to = to;
    let mut rest = text.get(start..)?;
    while to.len() >= ESCAPED_CHUNK {
        if let Some((chunk, after)) = rest.split_first_chunk::<CHUNK>() {
            if has_special(chunk) {
                let (first, second) = chunk.split_at_checked(8)?;
                to = escape_word(u64::from_le_bytes(*first.first_chunk()?), 8, to)?;
                to = escape_word(u64::from_le_bytes(*second.first_chunk()?), 8, to)?;
            } else {
                let (place, to_after) = to.split_first_chunk_mut()?;
                copy_chunk(chunk, place);
                to = to_after;
            }
            rest = after;
        } else if rest.is_empty() {
            return Some(capacity.wrapping_sub(to.len()));
        } else {
            let (word, length) = match rest.first_chunk() {
                Some(word) => (u64::from_le_bytes(*word), 8),
                None => (last_word(text, rest), rest.len()),
            };
            to = escape_word(word, length, to)?;
            rest = rest.get(length..)?;
        }
    }
    let written = capacity.wrapping_sub(to.len());
    Some(written.wrapping_add(escape_bytewise(rest, to)?))
}

/// The capacity required for a chunk in which every byte is escaped.
///
/// Each escape takes at most six bytes, and the last is written to a window of sixteen.
const ESCAPED_CHUNK: usize = (CHUNK - 1) * 6 + 16;

/// Escapes the first `length` bytes of a word, in the order of [`u64::from_le_bytes`].
///
/// Returns the rest of `to`. For each special byte, the function writes the rest of the word, and
/// then the escape over the special byte. Both writes are eight bytes in a window of sixteen. Only
/// the start of the next window depends on the number of plain bytes and the length of the escape.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn escape_word(word: u64, length: usize, mut to: &mut [u8]) -> Option<&mut [u8]> {
    let bits = u32::try_from(length.wrapping_mul(8)).ok()?;
    let mut specials =
        all_specials_in_word(word) & u64::MAX.wrapping_shr(64_u32.wrapping_sub(bits));
    // The number of bits of the word that have been written.
    let mut written = 0_u32;
    while specials != 0 {
        // The bit offset of the special byte. Its flag is the high bit of the byte.
        let place = specials.trailing_zeros() & 0x38;
        let (escape, escape_length) = padded_escape_of(word.wrapping_shr(place).to_le_bytes()[0]);
        let plain = usize::try_from(place.wrapping_sub(written) / 8).ok()? & 7;
        let window = to.first_chunk_mut::<16>()?;
        *window.first_chunk_mut()? = word.wrapping_shr(written).to_le_bytes();
        *window.get_mut(plain..)?.first_chunk_mut()? = escape.to_le_bytes();
        to = to.get_mut(plain.wrapping_add(escape_length)..)?;
        written = place.wrapping_add(8);
        specials &= specials.wrapping_sub(1);
    }
    *to.first_chunk_mut()? = word.wrapping_shr(written).to_le_bytes();
    to.get_mut(length.wrapping_sub(usize::try_from(written / 8).ok()?)..)
}

/// Escapes `text` byte by byte, for a buffer that may be shorter than [`ESCAPED_CHUNK`].
///
/// Returns the number of bytes written, or `None` if `to` is too short.
#[inline(never)]
fn escape_bytewise(text: &[u8], to: &mut [u8]) -> Option<usize> {
    let mut end = 0_usize;
    for byte in text {
        let encoded = if is_special(*byte) {
            escape_of(*byte).as_bytes()
        } else {
            core::slice::from_ref(byte)
        };
        to.get_mut(end..)?.get_mut(..encoded.len())?.copy_from_slice(encoded);
        end = end.wrapping_add(encoded.len());
    }
    Some(end)
}

/// The maximum length of an encoded character: a control character without a short escape.
pub(crate) const MAX_CHARACTER_LEN: usize = r"\u0000".len();

/// The escapes of the control characters, each padded to eight bytes.
const CONTROL_ESCAPES: &str = concat!(
    r"\u0000  \u0001  \u0002  \u0003  \u0004  \u0005  \u0006  \u0007  ",
    r"\b      \t      \n      \u000b  \f      \r      \u000e  \u000f  ",
    r"\u0010  \u0011  \u0012  \u0013  \u0014  \u0015  \u0016  \u0017  ",
    r"\u0018  \u0019  \u001a  \u001b  \u001c  \u001d  \u001e  \u001f  ",
);

/// Returns the escape of a [special](is_special) byte.
fn escape_of(special: u8) -> &'static str {
    match special {
        b'"' => r#"\""#,
        b'\\' => r"\\",
        _ => {
            let start = usize::from(special).wrapping_mul(8);
            CONTROL_ESCAPES.get(start..start.wrapping_add(8)).unwrap_or_default().trim_ascii_end()
        }
    }
}

/// Returns the escape of a [special](is_special) byte as a word, in the order of
/// [`u64::from_le_bytes`], and its length.
///
/// Short escapes come from a table. Quotes and backslashes often alternate with line feeds, so a
/// branch for each escape would be mispredicted.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn padded_escape_of(special: u8) -> (u64, usize) {
    match SHORT_ESCAPES.get(usize::from(special & 0x7f)) {
        Some(&short @ 1..) => (u64::from(short) << 8 | u64::from(b'\\'), 2),
        _ => (long_escape_of(special), 6),
    }
}

/// Returns the escape of a control character as a word.
#[cold]
fn long_escape_of(control: u8) -> u64 {
    let escape = CONTROL_ESCAPES.as_bytes().get(usize::from(control).wrapping_mul(8)..);
    escape.and_then(|escape| escape.first_chunk()).map_or(0, |escape| u64::from_le_bytes(*escape))
}

#[cfg(feature = "alloc")]
impl Sink for alloc::string::String {
    #[inline]
    fn put(&mut self, text: &str) -> Result<(), BufferFull> {
        self.push_str(text);
        Ok(())
    }

    fn escape(&mut self, text: &str) -> Result<(), BufferFull> {
        escape_runs(self, text)
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;
    use std::vec;

    use super::{Sink, SliceWriter};

    /// Escapes `text` by the grammar of RFC 8259, section 7, character by character.
    ///
    /// This is the oracle of the fast implementations.
    fn escape_slowly(text: &str) -> String {
        let escape = |character| match character {
            '"' => r#"\""#.into(),
            '\\' => r"\\".into(),
            '\u{8}' => r"\b".into(),
            '\u{c}' => r"\f".into(),
            '\n' => r"\n".into(),
            '\r' => r"\r".into(),
            '\t' => r"\t".into(),
            '\0'..' ' => format!(r"\u{:04x}", u32::from(character)),
            _ => String::from(character),
        };
        text.chars().map(escape).collect()
    }

    /// Escapes `text` into a buffer of `length` bytes, or returns the number of missing bytes.
    fn escape_into(text: &str, length: usize) -> Result<String, usize> {
        let mut buffer = vec![0xff; length];
        let mut writer = SliceWriter::new(&mut buffer);
        assert!(writer.escape(text).is_ok());
        let (free, missing) = (writer.free_len(), writer.missing());
        if missing > 0 {
            assert_eq!(free, 0);
            return Err(missing);
        }
        buffer.truncate(length - free);
        Ok(String::from_utf8(buffer).unwrap())
    }

    /// Compares the escaped `text` with the oracle, for every relevant buffer length.
    fn check(text: &str) {
        let expected = escape_slowly(text);
        for spare in [0, 1, 7, 8, 15, 16, 55, 56, 103, 104, 105, 106, 200] {
            assert_eq!(
                escape_into(text, expected.len() + spare).as_ref(),
                Ok(&expected),
                "{text:?}, {spare}"
            );
        }
        for length in (0..expected.len()).rev().take(9).chain([0]) {
            let missing = expected.len() - length;
            let expected = if missing > 0 { Err(missing) } else { Ok(String::new()) };
            assert_eq!(escape_into(text, length), expected, "{text:?}, {length}");
        }
        #[cfg(feature = "alloc")]
        {
            let mut string = String::new();
            assert!(string.escape(text).is_ok());
            assert_eq!(string, expected, "{text:?}");
        }
    }

    #[test]
    fn every_character_at_every_offset_of_every_length() {
        let specials = (0..=0x7f)
            .map(char::from)
            .filter(|c| c.is_ascii_control() || r#" "\/#[]!a"#.contains(*c));
        for special in specials.chain(['\u{80}', '\u{a2}', '\u{5c22}', '\u{10ffff}']) {
            for length in 1..=40 {
                for place in 0..length {
                    let text: String =
                        (0..length).map(|i| if i == place { special } else { 'a' }).collect();
                    check(&text);
                }
            }
        }
    }

    #[test]
    fn every_pattern_of_escapes_in_eighteen_bytes() {
        for fillers in ["\"a", "\\\n", "\u{1f}\u{7f}"] {
            let mut fillers = fillers.chars();
            let (special, other) = (fillers.next().unwrap(), fillers.next().unwrap());
            for pattern in (0..1 << 18).step_by(7) {
                let text: String =
                    (0..18).map(|i| if pattern >> i & 1 == 1 { special } else { other }).collect();
                let expected = escape_slowly(&text);
                for spare in [0, 120] {
                    assert_eq!(
                        escape_into(&text, expected.len() + spare).as_ref(),
                        Ok(&expected),
                        "{text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn runs_of_every_length_between_escapes() {
        for run in 0..50 {
            for count in 0..12 {
                for special in ["\"", "\\\"", "\n", "\u{0}", "\u{1f600}\t"] {
                    check(
                        &["é".repeat(run / 2), "a".repeat(run % 2), special.into()]
                            .concat()
                            .repeat(count),
                    );
                    check(&[special, &"a".repeat(run)].concat().repeat(count));
                }
            }
        }
    }
}
