//! The content of a message to send.

use core::fmt;

use crate::value::{Text, eq_str};

/// The content of a message to send, whose length has been checked.
///
/// The length is counted in Unicode code points, as in the reference. It is not counted in bytes,
/// in UTF-16 code units (as in JavaScript) or in grapheme clusters.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Content;
///
/// let flag = Content::new("🏴‍☠️")?;
/// assert_eq!(flag.code_point_count(), 4);
/// assert_eq!(flag, "🏴‍☠️");
/// assert!(Content::new("").is_err());
/// # Ok::<(), ivs_chat_proto::ContentLengthError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content<'a>(Text<'a>);

impl<'a> Content<'a> {
    /// The maximum number of code points in any room ([SendMessage (Publish)], `Content`).
    ///
    /// [SendMessage (Publish)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-sendmessage-publish.html
    pub const MAX_CODE_POINTS: u16 = 500;

    /// Creates content of 1 to 500 code points.
    ///
    /// # Errors
    ///
    /// Returns an error if `text` is empty or longer than 500 code points.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Content;
    ///
    /// assert_eq!(Content::new("hello")?.text(), "hello");
    /// assert_eq!(Content::try_from(&String::from("hello"))?, "hello");
    /// # Ok::<(), ivs_chat_proto::ContentLengthError>(())
    /// ```
    pub fn new(text: impl Into<Text<'a>>) -> Result<Self, ContentLengthError> {
        Self::with_limit(text, Self::MAX_CODE_POINTS)
    }

    /// Creates content for a room with its own `maximumMessageLength`.
    ///
    /// `max_code_points` is capped at 500.
    ///
    /// # Errors
    ///
    /// Returns an error if `text` is empty or longer than `max_code_points`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Content;
    ///
    /// assert!(Content::with_limit("hello", 5).is_ok());
    /// assert!(Content::with_limit("hello", 4).is_err());
    /// ```
    pub fn with_limit(
        text: impl Into<Text<'a>>,
        max_code_points: u16,
    ) -> Result<Self, ContentLengthError> {
        let content = Self(text.into());
        content.check(max_code_points)?;
        Ok(content)
    }

    /// Checks the length against a room's limit.
    pub(crate) fn check(&self, max_code_points: u16) -> Result<(), ContentLengthError> {
        let Self(text) = self;
        let max_code_points = max_code_points.min(Self::MAX_CODE_POINTS);
        let allowed = 1..=usize::from(max_code_points);
        // A text has at most as many code points as bytes, and at least one if it has a byte. The
        // code points of a short text need not be counted.
        if allowed.contains(&text.byte_len()) {
            return Ok(());
        }
        let code_points = text.code_point_count();
        if allowed.contains(&code_points) {
            Ok(())
        } else {
            Err(ContentLengthError { code_points, max_code_points })
        }
    }

    /// Creates content from a text whose length has been checked.
    #[inline]
    pub(crate) const fn from_checked(text: Text<'a>) -> Self {
        Self(text)
    }

    /// Returns the text.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Content;
    ///
    /// assert_eq!(Content::new("hello")?.text().as_str(), Some("hello"));
    /// # Ok::<(), ivs_chat_proto::ContentLengthError>(())
    /// ```
    #[must_use]
    #[inline]
    pub const fn text(&self) -> Text<'a> {
        self.0
    }

    /// Returns the number of code points, from 1 to 500.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Content;
    ///
    /// assert_eq!(Content::new("🇯🇵")?.code_point_count(), 2);
    /// # Ok::<(), ivs_chat_proto::ContentLengthError>(())
    /// ```
    #[must_use]
    pub fn code_point_count(&self) -> u16 {
        u16::try_from(self.0.code_point_count()).unwrap_or(Self::MAX_CODE_POINTS)
    }
}

impl<'a> From<Content<'a>> for Text<'a> {
    #[inline]
    fn from(content: Content<'a>) -> Self {
        content.0
    }
}

impl<'a> TryFrom<&'a str> for Content<'a> {
    type Error = ContentLengthError;

    fn try_from(text: &'a str) -> Result<Self, ContentLengthError> {
        Self::new(text)
    }
}

#[cfg(feature = "alloc")]
impl<'a> TryFrom<&'a alloc::string::String> for Content<'a> {
    type Error = ContentLengthError;

    fn try_from(text: &'a alloc::string::String) -> Result<Self, ContentLengthError> {
        Self::new(text)
    }
}

impl<'a> TryFrom<Text<'a>> for Content<'a> {
    type Error = ContentLengthError;

    fn try_from(text: Text<'a>) -> Result<Self, ContentLengthError> {
        Self::new(text)
    }
}

eq_str!(Content);

impl fmt::Display for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The error for content that is empty or too long.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Content;
///
/// let error = Content::with_limit("hello", 4).unwrap_err();
/// assert_eq!((error.code_point_count(), error.max_code_points()), (5, 4));
/// assert_eq!(error.to_string(), "invalid content length: expected 1 to 4 code points, found 5");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("invalid content length: expected 1 to {max_code_points} code points, found {code_points}")]
pub struct ContentLengthError {
    code_points: usize,
    max_code_points: u16,
}

impl ContentLengthError {
    /// Returns the number of code points of the rejected text.
    #[must_use]
    pub const fn code_point_count(&self) -> usize {
        self.code_points
    }

    /// Returns the limit that applied, from 0 to 500 code points.
    #[must_use]
    pub const fn max_code_points(&self) -> u16 {
        self.max_code_points
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Content<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}
