//! What stops an encoder: room, and nothing else.

/// The buffer that was given to encode into is too small.
///
/// ```
/// use ivs_chat_proto::{Content, publish::SendMessage};
///
/// let message = SendMessage::new(Content::new("hello").unwrap());
/// let error = message.encode(&mut [0; 8]).unwrap_err();
/// assert_eq!(error.needed(), message.encoded_len());
/// assert_eq!(error.to_string(), "a buffer of 43 bytes is needed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a buffer of {needed} bytes is needed")]
pub struct BufferTooSmall {
    needed: usize,
}

impl BufferTooSmall {
    #[cold]
    pub(crate) const fn new(needed: usize) -> Self {
        Self { needed }
    }

    /// How many bytes would have been enough: the payload's `encoded_len()`.
    #[must_use]
    pub const fn needed(&self) -> usize {
        self.needed
    }
}
