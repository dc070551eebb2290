//! Reassembly of WebSocket messages from fragments.

use core::fmt;

use heapless::Vec;

/// A buffer that assembles fragments into complete WebSocket messages of at most `N` bytes.
///
/// A WebSocket library may deliver a message in several fragments: one per frame, or several per
/// frame. Pass every fragment of a text or binary message to [`push`](Self::push), in order. Do not
/// push control frames (close, ping, pong), even if they arrive between the fragments of a message.
///
/// The result does not depend on how a message is split. A message in a single fragment is borrowed
/// from the input. All other messages are copied into the assembler, which never allocates.
///
/// # Choosing `N`
///
/// Most payloads are smaller than 1 KiB. The largest payloads to expect, with every character
/// written as an escape, are a `MESSAGE` of about 20 KiB and an `EVENT` of about 25 KiB. An `N` of
/// 32 KiB accepts all of them. If memory is scarce, choose a smaller `N`: only longer messages are
/// lost.
///
/// The limit applies to every message, including a message in a single fragment. A longer message
/// is reported once, as soon as it exceeds the limit, and the rest of it is skipped up to its last
/// fragment. The next message is not affected. After a [`MessageTooLong`], the caller can log the
/// error and continue, or close the connection with code 1009, "message too big".
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{MessageAssembler, subscribe::Subscribe};
///
/// let mut assembler = MessageAssembler::<{ 32 * 1024 }>::new();
/// let mut types = Vec::new();
/// for (fragment, fin) in [
///     (r#"{"Type":"ERR"#, false),
///     (r#"OR","ErrorCode":429}"#, true),
///     (r#"{"Type":"POLL"}"#, true),
/// ] {
///     match assembler.push(fragment.as_bytes(), fin) {
///         Some(Ok(message)) => types.push(Subscribe::decode(message)?.type_name().to_string()),
///         Some(Err(error)) => eprintln!("{error}"),
///         None => {}
///     }
/// }
/// assert_eq!(types, ["ERROR", "POLL"]);
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
#[derive(Clone, Default)]
pub struct MessageAssembler<const N: usize> {
    joined: Vec<u8, N>,
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// `joined` holds the start of an incomplete message, or nothing.
    #[default]
    Waiting,
    /// `joined` holds a message that has been returned to the caller.
    Delivered,
    /// The rest of a message that is too long is being skipped.
    Skipping,
}

impl<const N: usize> MessageAssembler<N> {
    /// Creates an empty assembler.
    ///
    /// The function is `const`, so a large assembler can be a `static` that uses no stack.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::MessageAssembler;
    ///
    /// const EMPTY: MessageAssembler<1024> = MessageAssembler::new();
    /// assert_eq!(EMPTY.clone().push(b"{}", true), Some(Ok(b"{}".as_slice())));
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { joined: Vec::new(), state: State::Waiting }
    }

    /// Adds the next fragment of a message, and returns the message if the fragment completes it.
    ///
    /// Set `fin` on the last fragment of a message: the fragment that ends the frame with the FIN
    /// bit (RFC 6455, section 5.4). Returns `None` while the message is incomplete or is being
    /// skipped.
    ///
    /// # Errors
    ///
    /// Returns an error if the message exceeds `N` bytes. Each such message causes a single error.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::MessageAssembler;
    ///
    /// let mut assembler = MessageAssembler::<8>::new();
    /// assert_eq!(assembler.push(b"{\"Type\"", false), None);
    /// let error = assembler.push(b":\"POLL\"", false).unwrap().unwrap_err();
    /// assert_eq!(error.max_bytes(), 8);
    /// assert_eq!(assembler.push(b"}", true), None);
    /// assert_eq!(assembler.push(b"{}", true), Some(Ok(b"{}".as_slice())));
    /// ```
    #[must_use = "the result may be a complete message"]
    pub fn push<'s>(
        &'s mut self,
        fragment: &'s [u8],
        fin: bool,
    ) -> Option<Result<&'s [u8], MessageTooLong>> {
        if self.skips(fin) {
            return None;
        }
        if self.state == State::Delivered {
            self.clear();
        }
        if fragment.len() > N.saturating_sub(self.joined.len()) {
            self.joined.clear();
            self.state = if fin { State::Waiting } else { State::Skipping };
            return Some(Err(MessageTooLong { max_bytes: N }));
        }
        if fin && self.joined.is_empty() {
            return Some(Ok(fragment));
        }
        // Pushing a single byte is a store. Extending by a slice is a function call.
        match fragment {
            [byte] => self.joined.push(*byte).ok()?,
            _ => self.joined.extend_from_slice(fragment).ok()?,
        }
        fin.then(|| {
            self.state = State::Delivered;
            Ok(self.joined.as_slice())
        })
    }

    /// Discards the incomplete message.
    ///
    /// Call this when the connection is lost: the next connection does not continue the message.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::MessageAssembler;
    ///
    /// let mut assembler = MessageAssembler::<1024>::new();
    /// assert_eq!(assembler.push(b"{\"Type\":", false), None);
    /// assembler.clear();
    /// assert_eq!(assembler.push(b"{}", true), Some(Ok(b"{}".as_slice())));
    /// ```
    pub fn clear(&mut self) {
        self.joined.clear();
        self.state = State::Waiting;
    }

    /// Returns `true` if the next fragment belongs to a message that is being skipped.
    pub(crate) fn skips(&mut self, fin: bool) -> bool {
        let skips = self.state == State::Skipping;
        if skips && fin {
            self.state = State::Waiting;
        }
        skips
    }

    /// Returns the start of the incomplete message; empty if there is none.
    pub(crate) fn waiting(&self) -> &[u8] {
        if self.state == State::Waiting { &self.joined } else { &[] }
    }
}

impl<const N: usize> PartialEq for MessageAssembler<N> {
    fn eq(&self, other: &Self) -> bool {
        (self.state == State::Skipping, self.waiting())
            == (other.state == State::Skipping, other.waiting())
    }
}

impl<const N: usize> Eq for MessageAssembler<N> {}

impl<const N: usize> fmt::Debug for MessageAssembler<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_skipping = self.state == State::Skipping;
        f.debug_struct("MessageAssembler")
            .field("waiting_bytes", &self.waiting().len())
            .field("is_skipping", &is_skipping)
            .finish_non_exhaustive()
    }
}

/// The error of a message that exceeds the limit of a [`MessageAssembler`].
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::MessageAssembler;
///
/// let error = MessageAssembler::<4>::new().push(b"hello", true).unwrap().unwrap_err();
/// assert_eq!(error.to_string(), "message exceeds 4 bytes");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("message exceeds {max_bytes} bytes")]
pub struct MessageTooLong {
    max_bytes: usize,
}

impl MessageTooLong {
    /// Returns the maximum length of a message, in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::MessageAssembler;
    ///
    /// let error = MessageAssembler::<4>::new().push(b"hello", true).unwrap().unwrap_err();
    /// assert_eq!(error.max_bytes(), 4);
    /// ```
    #[must_use]
    pub const fn max_bytes(&self) -> usize {
        self.max_bytes
    }
}
