//! The error for a buffer that is too small.

/// The error for an output buffer that is too small.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{Content, publish::SendMessage};
///
/// let message = SendMessage::new(Content::new("hello").unwrap());
/// let error = message.encode(&mut [0; 8]).unwrap_err();
/// assert_eq!(error.needed(), message.encoded_len());
/// assert_eq!(error.to_string(), "buffer too small: 43 bytes are needed");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("buffer too small: {needed} bytes are needed")]
pub struct BufferTooSmall {
    needed: usize,
}

impl BufferTooSmall {
    #[cold]
    pub(crate) const fn new(needed: usize) -> Self {
        Self { needed }
    }

    /// Returns the length in bytes of a buffer that is large enough.
    #[must_use]
    pub const fn needed(&self) -> usize {
        self.needed
    }
}
