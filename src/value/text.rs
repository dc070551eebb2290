//! A text of a payload, its escapes left alone until it is read.

use core::cmp::Ordering;
use core::fmt::{self, Write as _};
use core::hash::{Hash, Hasher};

use crate::json::{self, Str};
use crate::value::BufferTooSmall;

/// The text of a field.
///
/// A text that was decoded may still hold JSON escapes as they came. They were validated then, so
/// reading them cannot fail: [`chars`](Self::chars), [`decode_into`](Self::decode_into),
/// [`Display`](fmt::Display), comparison and hashing all speak of the decoded text. Where there is
/// no escape, and mostly there is none, [`as_str`](Self::as_str) lends the text.
///
/// Any `&str` is a `Text`; what has to be escaped is escaped when it is encoded. An escaped text is
/// encoded as it came.
///
/// ```
/// use ivs_chat_proto::{Text, subscribe::Subscribe};
///
/// let payload = r#"{"Type":"ERROR","ErrorCode":406,"ErrorMessage":"say \"please\""}"#;
/// let Ok(Subscribe::Error(error)) = Subscribe::decode_str(payload) else { panic!() };
/// let text: Text = error.error_message.unwrap();
/// assert_eq!(text, "say \"please\"");
/// assert_eq!(text.as_str(), None);
/// assert_eq!(text.code_point_count(), 12);
/// assert_eq!(text.decode_into(&mut [0; 32]), Ok("say \"please\""));
/// ```
#[derive(Clone, Copy)]
pub struct Text<'a>(Str<'a>);

impl<'a> Text<'a> {
    /// A text that is written here.
    #[must_use]
    #[inline]
    pub const fn new(text: &'a str) -> Self {
        Self(Str::Unescaped(text))
    }

    #[inline]
    pub(crate) const fn from_json(text: Str<'a>) -> Self {
        Self(text)
    }

    /// The text, unless it is empty.
    #[inline]
    pub(crate) fn not_empty(self) -> Option<Self> {
        Some(self).filter(|text| !text.is_empty())
    }

    #[inline]
    pub(crate) const fn to_json(self) -> Str<'a> {
        self.0
    }

    /// The text, unless it holds an escape and so has to be decoded first.
    #[must_use]
    #[inline]
    pub const fn as_str(&self) -> Option<&'a str> {
        self.0.as_str()
    }

    /// The characters of the text.
    #[must_use]
    #[inline]
    pub const fn chars(&self) -> TextChars<'a> {
        TextChars(self.0.chars())
    }

    /// How many Unicode code points the text has: the unit of every length in the reference.
    #[must_use]
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn code_point_count(&self) -> usize {
        match self.as_str() {
            // This only saves time, and the test takes flash.
            Some(text) if cfg!(not(target_os = "none")) && text.is_ascii() => text.len(),
            // Each code point has one byte that continues no other.
            Some(text) => text.bytes().filter(|byte| byte & 0xc0 != 0x80).count(),
            None => self.chars().count(),
        }
    }

    /// Returns the length of the text as it is written, which is at least the number of code
    /// points.
    #[inline]
    pub(crate) const fn byte_len(&self) -> usize {
        self.0.byte_len()
    }

    /// Whether the text has no characters.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        match self.as_str() {
            Some(text) => text.is_empty(),
            None => false,
        }
    }

    /// Copies the text, decoded, to the beginning of `buffer`, and lends it from there. As many
    /// bytes as the payload has are always enough.
    ///
    /// # Errors
    ///
    /// If `buffer` is too small; what it holds then is not specified.
    pub fn decode_into<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b str, BufferTooSmall> {
        let length = self.0.decode_into(buffer);
        // The bytes are UTF-8: only a lack of room makes this an error.
        buffer
            .get(..length)
            .and_then(|text| core::str::from_utf8(text).ok())
            .ok_or_else(|| BufferTooSmall::new(length))
    }

    /// The text, borrowed where that is possible.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_cow(&self) -> alloc::borrow::Cow<'a, str> {
        match self.as_str() {
            Some(text) => text.into(),
            None => self.chars().collect::<alloc::string::String>().into(),
        }
    }
}

/// The characters of a [`Text`]; see [`Text::chars`].
#[derive(Clone, Debug)]
pub struct TextChars<'a>(json::Chars<'a>);

impl Iterator for TextChars<'_> {
    type Item = char;

    #[inline]
    fn next(&mut self) -> Option<char> {
        self.0.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl core::iter::FusedIterator for TextChars<'_> {}

impl<'a> From<&'a str> for Text<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::new(text)
    }
}

#[cfg(feature = "alloc")]
impl<'a> From<&'a alloc::string::String> for Text<'a> {
    #[inline]
    fn from(text: &'a alloc::string::String) -> Self {
        Self::new(text)
    }
}

#[cfg(feature = "alloc")]
impl From<Text<'_>> for alloc::string::String {
    fn from(text: Text<'_>) -> Self {
        text.to_cow().into_owned()
    }
}

/// The empty text.
impl Default for Text<'_> {
    fn default() -> Self {
        Self::new("")
    }
}

impl PartialEq for Text<'_> {
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    fn eq(&self, other: &Self) -> bool {
        match (self.as_str(), other.as_str()) {
            (Some(one), Some(other)) => one == other,
            _ => self.chars().eq(other.chars()),
        }
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        *self == Text::new(other)
    }
}

impl PartialEq<&str> for Text<'_> {
    #[inline]
    fn eq(&self, other: &&str) -> bool {
        *self == Text::new(other)
    }
}

impl PartialEq<Text<'_>> for str {
    #[inline]
    fn eq(&self, other: &Text<'_>) -> bool {
        other == self
    }
}

impl PartialEq<Text<'_>> for &str {
    #[inline]
    fn eq(&self, other: &Text<'_>) -> bool {
        other == self
    }
}

/// The order of `str`: by code points.
impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.as_str(), other.as_str()) {
            (Some(one), Some(other)) => one.cmp(other),
            _ => self.chars().cmp(other.chars()),
        }
    }
}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // One call for each character, since a hasher may tell one long write from several short
        // ones.
        self.chars().for_each(|character| character.hash(state));
        state.write_u8(0xff);
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.as_str() {
            return f.pad(text);
        }
        let shown = f.precision().unwrap_or(usize::MAX);
        let padding = f.width().unwrap_or(0).saturating_sub(self.chars().take(shown).count());
        let before = match f.align() {
            Some(fmt::Alignment::Right) => padding,
            Some(fmt::Alignment::Center) => padding / 2,
            _ => 0,
        };
        let fill = f.fill();
        let write_fill = |f: &mut fmt::Formatter<'_>, times: usize| {
            (0..times).try_for_each(|_| f.write_char(fill))
        };
        write_fill(f, before)?;
        self.chars().take(shown).try_for_each(|character| f.write_char(character))?;
        write_fill(f, padding.saturating_sub(before))
    }
}

/// The text as a string literal.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.chars() {
            match character {
                '\'' => f.write_char('\'')?,
                _ => write!(f, "{}", character.escape_debug())?,
            }
        }
        f.write_char('"')
    }
}
