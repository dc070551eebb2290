//! The text of a field.

use core::cmp::Ordering;
use core::fmt::{self, Write as _};
use core::hash::{Hash, Hasher};

use crate::json::{self, Str};
use crate::value::BufferTooSmall;
use crate::value::eq_str;

/// The text of a field.
///
/// Decoded text borrows from the payload and may still contain JSON escapes. The decoder has
/// validated them, so reading the text cannot fail. Everything that reads a `Text` sees the decoded
/// characters: [`chars`](Self::chars), [`decode_into`](Self::decode_into),
/// [`Display`](fmt::Display), comparison and hashing. Most texts contain no escape, and
/// [`as_str`](Self::as_str) returns those without copying.
///
/// Every string converts to a `Text`: a reference to any type that is `AsRef<str>`, such as
/// `&str`, `&String` or `&heapless::String<N>`. The encoder escapes what must be escaped, and
/// copies text that is already escaped.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{Text, subscribe::Subscribe};
///
/// let payload = r#"{"Type":"ERROR","ErrorCode":406,"ErrorMessage":"say \"please\""}"#;
/// let Ok(Subscribe::Error(error)) = Subscribe::decode_str(payload) else { panic!() };
/// let text: Text = error.error_message.unwrap();
/// assert_eq!(text, "say \"please\"");
/// assert_eq!(text.as_str(), None); // It contains an escape.
/// assert_eq!(text.decode_into(&mut [0; 32]), Ok("say \"please\""));
/// assert_eq!(text.to_string(), "say \"please\"");
/// ```
#[derive(Clone, Copy)]
pub struct Text<'a>(Str<'a>);

impl<'a> Text<'a> {
    /// Creates a text from a string.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Text;
    ///
    /// const GREETING: Text = Text::new("Good morning");
    /// assert_eq!(GREETING, "Good morning");
    /// assert_eq!(GREETING, Text::from(&String::from("Good morning")));
    /// ```
    #[must_use]
    #[inline]
    pub const fn new(text: &'a str) -> Self {
        Self(Str::Unescaped(text))
    }

    #[inline]
    pub(crate) const fn from_json(text: Str<'a>) -> Self {
        Self(text)
    }

    /// Returns the text, or `None` if it is empty.
    #[inline]
    pub(crate) fn not_empty(self) -> Option<Self> {
        Some(self).filter(|text| !text.is_empty())
    }

    #[inline]
    pub(crate) const fn to_json(self) -> Str<'a> {
        self.0
    }

    /// Returns the text as a string slice, or `None` if it contains an escape and must be decoded
    /// first.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Text;
    ///
    /// assert_eq!(Text::new("hello").as_str(), Some("hello"));
    /// ```
    #[must_use]
    #[inline]
    pub const fn as_str(&self) -> Option<&'a str> {
        self.0.as_str()
    }

    /// Returns an iterator over the characters.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Text;
    ///
    /// let mut chars = Text::new("né").chars();
    /// assert_eq!((chars.next(), chars.next(), chars.next()), (Some('n'), Some('é'), None));
    /// ```
    #[must_use]
    #[inline]
    pub const fn chars(&self) -> TextChars<'a> {
        TextChars(self.0.chars())
    }

    /// Returns the number of Unicode code points, the unit of every length in the reference.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Text;
    ///
    /// assert_eq!(Text::new("🇯🇵").code_point_count(), 2);
    /// ```
    #[must_use]
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn code_point_count(&self) -> usize {
        match self.as_str() {
            // A shortcut for speed. On bare metal, flash matters more.
            Some(text) if cfg!(not(target_os = "none")) && text.is_ascii() => text.len(),
            // Every code point has exactly one byte that is not a continuation byte.
            Some(text) => text.bytes().filter(|byte| byte & 0xc0 != 0x80).count(),
            None => self.chars().count(),
        }
    }

    /// Returns the length in bytes of the decoded text, as UTF-8.
    ///
    /// [`decode_into`](Self::decode_into) needs a buffer of this length. Text that contains an
    /// escape is decoded to measure it.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Text;
    ///
    /// assert_eq!(Text::new("né").len(), 3);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        match self.as_str() {
            Some(text) => text.len(),
            None => self.chars().map(char::len_utf8).fold(0, usize::saturating_add),
        }
    }

    /// Returns the length of the text as it is stored, which is at least the number of code points.
    #[inline]
    pub(crate) const fn byte_len(&self) -> usize {
        self.0.byte_len()
    }

    /// Returns `true` if the text has no characters.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Text;
    ///
    /// assert!(Text::new("").is_empty());
    /// ```
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        match self.as_str() {
            Some(text) => text.is_empty(),
            None => false,
        }
    }

    /// Decodes the text into the start of `buffer` and returns it as a string slice.
    ///
    /// A buffer of the payload's length is always large enough.
    ///
    /// # Errors
    ///
    /// Returns an error if `buffer` is shorter than [`len`](Self::len). The content of `buffer` is
    /// then unspecified.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Text;
    ///
    /// assert_eq!(Text::new("hello").decode_into(&mut [0; 8]), Ok("hello"));
    /// assert_eq!(Text::new("hello").decode_into(&mut [0; 4]).unwrap_err().needed(), 5);
    /// ```
    pub fn decode_into<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b str, BufferTooSmall> {
        let length = self.0.decode_into(buffer);
        // The bytes are valid UTF-8, so the only possible error is a lack of space.
        buffer
            .get(..length)
            .and_then(|text| core::str::from_utf8(text).ok())
            .ok_or_else(|| BufferTooSmall::new(length))
    }

    /// Returns the text as a string, borrowed if it contains no escape.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::borrow::Cow;
    /// use ivs_chat_proto::Text;
    ///
    /// assert!(matches!(Text::new("hello").to_cow(), Cow::Borrowed("hello")));
    /// ```
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_cow(&self) -> alloc::borrow::Cow<'a, str> {
        match self.as_str() {
            Some(text) => text.into(),
            None => self.chars().collect::<alloc::string::String>().into(),
        }
    }
}

/// An iterator over the characters of a [`Text`], created by [`Text::chars`].
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

impl<'a, T: AsRef<str> + ?Sized> From<&'a T> for Text<'a> {
    #[inline]
    fn from(text: &'a T) -> Self {
        Self::new(text.as_ref())
    }
}

#[cfg(feature = "alloc")]
impl From<Text<'_>> for alloc::string::String {
    fn from(text: Text<'_>) -> Self {
        text.to_cow().into_owned()
    }
}

/// Returns an empty text.
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

eq_str!(Text);

/// Orders texts as `str` does, by code points.
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
        // One call per character, because a hasher may distinguish one long write from several
        // short ones.
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

/// Formats the decoded text as a string literal.
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

#[cfg(feature = "defmt")]
impl defmt::Format for Text<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}
