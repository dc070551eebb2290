//! Writing JSON: where it goes, and the escaping of strings.

use super::scan::{is_special, plain_in_word, plain_len};
use super::string::Str;

/// There was no room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Full;

/// Where JSON is written: a payload has one description, and its length, its bytes and its `String` all come from it.
pub(crate) trait Sink {
    /// Writes `text` as it stands.
    fn put(&mut self, text: &str) -> Result<(), Full>;

    /// Writes a string without its quotes.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn string_body(&mut self, text: Str<'_>) -> Result<(), Full> {
        match text {
            Str::Plain(text) => self.escape(text),
            Str::Clean(text) | Str::Escaped(text) => self.put(text),
        }
    }

    /// Writes a string.
    #[inline]
    fn string(&mut self, text: Str<'_>) -> Result<(), Full> {
        self.put("\"")?;
        self.string_body(text)?;
        self.put("\"")
    }

    /// Writes `text` as the inside of a string, what cannot stand for itself escaped.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn escape(&mut self, text: &str) -> Result<(), Full> {
        let mut rest = text;
        loop {
            let (plain, special) = rest.split_at_checked(plain_len(rest.as_bytes())).unwrap_or((rest, ""));
            self.put(plain)?;
            let Some(&byte) = special.as_bytes().first() else { return Ok(()) };
            self.put_escape(byte)?;
            rest = special.get(1..).unwrap_or_default();
        }
    }

    /// Writes an escape: the short one or, where there is none, that of the code point.
    #[inline(never)]
    fn put_escape(&mut self, special: u8) -> Result<(), Full> {
        match special {
            b'"' => self.put("\\\""),
            b'\\' => self.put("\\\\"),
            0x08 => self.put("\\b"),
            0x0c => self.put("\\f"),
            b'\n' => self.put("\\n"),
            b'\r' => self.put("\\r"),
            b'\t' => self.put("\\t"),
            control => {
                self.put(if control < 0x10 { "\\u000" } else { "\\u001" })?;
                let low = char::from_digit(u32::from(control & 0x0f), 16).unwrap_or('0');
                self.put(low.encode_utf8(&mut [0; 4]))
            }
        }
    }

    /// Writes an integer.
    fn u16(&mut self, number: u16) -> Result<(), Full> {
        for power in [10_000, 1_000, 100, 10, 1] {
            if number >= power || power == 1 {
                let digit =
                    char::from_digit(u32::from(number.checked_div(power).unwrap_or_default() % 10), 10).unwrap_or('0');
                self.put(digit.encode_utf8(&mut [0; 4]))?;
            }
        }
        Ok(())
    }
}

/// Writes into a slice, of which the first `length` bytes have been written.
pub(crate) struct Slice<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

impl<'b> Slice<'b> {
    pub(crate) const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    /// What has been written.
    pub(crate) fn written(self) -> &'b [u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    /// Writes what of `bytes` can stand for itself in a string, up to something else, and says how much it was.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn put_plain(&mut self, bytes: &[u8]) -> Result<usize, Full> {
        let room = self.buffer.get_mut(self.length..).unwrap_or_default();
        let plain = if let Some(room) = room.get_mut(..bytes.len()) {
            copy_plain(bytes, room)
        } else {
            // Less room than there may be need of, so that not even a byte may be copied in vain.
            let plain = plain_len(bytes);
            let (Some(from), Some(to)) = (bytes.get(..plain), room.get_mut(..plain)) else { return Err(Full) };
            to.copy_from_slice(from);
            plain
        };
        self.length = self.length.wrapping_add(plain);
        Ok(plain)
    }
}

/// Copies what of `from` can stand for itself in a string, up to something else, and says how much it was. Behind that,
/// `to`, which is as long as `from`, may be written to as well.
///
/// A word is copied while it is looked at, and the last overlaps the one before.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn copy_plain(from: &[u8], to: &mut [u8]) -> usize {
    let (mut from_rest, mut to_rest) = (from, &mut *to);
    while let (Some((word, from_after)), Some((place, to_after))) =
        (from_rest.split_first_chunk(), to_rest.split_first_chunk_mut())
    {
        *place = *word;
        if let Some(plain) = plain_in_word(*word) {
            return from.len().wrapping_sub(from_rest.len()).wrapping_add(plain);
        }
        (from_rest, to_rest) = (from_after, to_after);
    }
    if from_rest.is_empty() {
        return from.len();
    }
    // Of less than eight bytes it is before the first, and comes back when the place in the word is added.
    let before_last = from.len().wrapping_sub(8);
    if let (Some(word), Some(place)) = (from.last_chunk(), to.last_chunk_mut()) {
        *place = *word;
        return plain_in_word(*word).map_or(from.len(), |plain| before_last.wrapping_add(plain));
    }
    if let (Some(&[a, b, c, d]), Some(&[e, f, g, h])) = (from.first_chunk(), from.last_chunk()) {
        if let Some(place) = to.first_chunk_mut() {
            *place = [a, b, c, d];
        }
        if let Some(place) = to.last_chunk_mut() {
            *place = [e, f, g, h];
        }
        return match plain_in_word([a, b, c, d, e, f, g, h]) {
            Some(plain @ 0..4) => plain,
            Some(plain) => before_last.wrapping_add(plain),
            None => from.len(),
        };
    }
    let plain = from.iter().take_while(|byte| !is_special(**byte)).count();
    if let (Some(from), Some(to)) = (from.get(..plain), to.get_mut(..plain)) {
        to.copy_from_slice(from);
    }
    plain
}

impl Sink for Slice<'_> {
    #[inline]
    fn put(&mut self, text: &str) -> Result<(), Full> {
        let end = self.length.wrapping_add(text.len());
        let place = self.buffer.get_mut(self.length..end).ok_or(Full)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn escape(&mut self, text: &str) -> Result<(), Full> {
        let mut rest = text.as_bytes();
        loop {
            let plain = self.put_plain(rest)?;
            match rest.get(plain..) {
                Some([special, after @ ..]) => {
                    self.put_escape(*special)?;
                    rest = after;
                }
                _ => return Ok(()),
            }
        }
    }
}

/// Counts the bytes that would be written.
pub(crate) struct Counter(pub(crate) usize);

impl Sink for Counter {
    #[inline]
    fn put(&mut self, text: &str) -> Result<(), Full> {
        self.0 = self.0.saturating_add(text.len());
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl Sink for alloc::string::String {
    #[inline]
    fn put(&mut self, text: &str) -> Result<(), Full> {
        self.push_str(text);
        Ok(())
    }
}
