//! The content of a message to send, its length known to be allowed.

use core::fmt;

use crate::value::Text;

/// The text of a message to send: not empty, and no longer than the room takes.
///
/// Its length is counted in Unicode code points, as the reference does: not in bytes, not in the
/// UTF-16 units that JavaScript counts, not in what a reader sees as one character.
///
/// ```
/// use ivs_chat_proto::Content;
///
/// let flag = Content::new("🏴‍☠️").unwrap();
/// assert_eq!(flag.code_point_count(), 4);
/// assert!(Content::with_limit("hello", 4).is_err());
/// assert!(Content::new("").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content<'a>(Text<'a>);

impl<'a> Content<'a> {
    /// The most code points that any room takes ([SendMessage (Publish)]: `Content`).
    ///
    /// [SendMessage (Publish)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-sendmessage-publish.html
    pub const MAX_CODE_POINTS: u16 = 500;

    /// A content of 1 to 500 code points.
    ///
    /// # Errors
    ///
    /// If `text` is empty or longer.
    pub fn new(text: impl Into<Text<'a>>) -> Result<Self, ContentLengthError> {
        Self::with_limit(text, Self::MAX_CODE_POINTS)
    }

    /// A content for a room with a maximum of its own, its `maximumMessageLength`: 1 to
    /// `max_code_points`, but no more than 500, code points.
    ///
    /// # Errors
    ///
    /// If `text` is empty or longer.
    pub fn with_limit(
        text: impl Into<Text<'a>>,
        max_code_points: u16,
    ) -> Result<Self, ContentLengthError> {
        let content = Self(text.into());
        content.check(max_code_points)?;
        Ok(content)
    }

    /// Whether a room takes it.
    pub(crate) fn check(&self, max_code_points: u16) -> Result<(), ContentLengthError> {
        let Self(text) = self;
        let max_code_points = max_code_points.min(Self::MAX_CODE_POINTS);
        let allowed = 1..=usize::from(max_code_points);
        // No text has more code points than bytes, and none but the empty one has no bytes, so the
        // code points of short texts need not be counted.
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

    /// A text whose length has been checked.
    #[inline]
    pub(crate) const fn from_checked(text: Text<'a>) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    #[inline]
    pub const fn text(&self) -> Text<'a> {
        self.0
    }

    /// How many code points it has: 1 to 500.
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

impl PartialEq<str> for Content<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&str> for Content<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == **other
    }
}

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

/// A text that cannot be the content of a message.
///
/// ```
/// use ivs_chat_proto::Content;
///
/// let error = Content::with_limit("hello", 4).unwrap_err();
/// assert_eq!((error.code_point_count(), error.max_code_points()), (5, 4));
/// assert_eq!(error.to_string(), "5 code points where 1 to 4 are allowed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{code_points} code points where 1 to {max_code_points} are allowed")]
pub struct ContentLengthError {
    code_points: usize,
    max_code_points: u16,
}

impl ContentLengthError {
    /// How many code points the text has.
    #[must_use]
    pub const fn code_point_count(&self) -> usize {
        self.code_points
    }

    /// How many it may have.
    #[must_use]
    pub const fn max_code_points(&self) -> u16 {
        self.max_code_points
    }
}
