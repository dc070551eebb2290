use alloc::string::String;
use core::fmt;
use core::ops::Deref;

use crate::value;
use crate::value::ContentLengthError;

/// An owned [`Content`](crate::Content): the content of a message to send.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::owned::Content;
///
/// let content = Content::new("hej!")?;
/// assert_eq!(content, "hej!");
/// assert_eq!(content.as_borrowed(), "hej!");
/// assert!(Content::try_from("x".repeat(501)).is_err());
/// # Ok::<(), ivs_chat_proto::ContentLengthError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content(String);

impl Content {
    /// Creates content of 1 to 500 code points.
    ///
    /// # Errors
    ///
    /// Returns an error if `text` is empty or longer than 500 code points.
    pub fn new(text: impl Into<String>) -> Result<Self, ContentLengthError> {
        Self::with_limit(text, value::Content::MAX_CODE_POINTS)
    }

    /// Creates content for a room with its own `maximumMessageLength`.
    ///
    /// `max_code_points` is capped at 500.
    ///
    /// # Errors
    ///
    /// Returns an error if `text` is empty or longer than `max_code_points`.
    pub fn with_limit(
        text: impl Into<String>,
        max_code_points: u16,
    ) -> Result<Self, ContentLengthError> {
        let text = text.into();
        value::Content::with_limit(&text, max_code_points)?;
        Ok(Self(text))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Borrows the content.
    #[must_use]
    pub fn as_borrowed(&self) -> value::Content<'_> {
        value::Content::from_checked(self.as_str().into())
    }

    /// Returns the text, without copying it.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl value::Content<'_> {
    /// Copies the content into one that owns its text.
    #[must_use]
    pub fn into_owned(self) -> Content {
        Content(self.text().into())
    }
}

impl From<value::Content<'_>> for Content {
    fn from(content: value::Content<'_>) -> Self {
        content.into_owned()
    }
}

impl From<Content> for String {
    fn from(content: Content) -> Self {
        content.0
    }
}

impl TryFrom<String> for Content {
    type Error = ContentLengthError;

    fn try_from(text: String) -> Result<Self, ContentLengthError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Content {
    type Error = ContentLengthError;

    fn try_from(text: &str) -> Result<Self, ContentLengthError> {
        Self::new(text)
    }
}

impl core::str::FromStr for Content {
    type Err = ContentLengthError;

    fn from_str(text: &str) -> Result<Self, ContentLengthError> {
        Self::new(text)
    }
}

impl Deref for Content {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Content {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Content {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Content {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<String> for Content {
    fn eq(&self, other: &String) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
