//! Pieces of WebSocket messages in, whole messages out.

use core::fmt;

use heapless::Vec;

/// Joins the pieces that a WebSocket library hands out into whole messages of at most `N` bytes.
///
/// A message may come in frames, and a frame in as many pieces as the network likes. Each piece of
/// a text or binary message is pushed in its order, with `fin` if it is the message's last: that
/// which ends the frame with the FIN bit. However a message was cut, the result is the same. A
/// message that comes in one piece is lent as it came; only what has to wait for more is copied,
/// into memory that is part of this. Control frames (close, ping, pong), which may come in between,
/// are not pushed.
///
/// ```
/// use ivs_chat_proto::{MessageAssembler, subscribe::Subscribe};
///
/// let mut fragments = MessageAssembler::<{ 32 * 1024 }>::new();
/// let pieces = [(r#"{"Type":"ERR"#, false), (r#"OR","ErrorCode":429}"#, true), (r#"{"Type":"POLL"}"#, true)];
/// let mut types = Vec::new();
/// for (piece, fin) in pieces {
///     match fragments.push(piece.as_bytes(), fin) {
///         Some(Ok(message)) => types.push(Subscribe::decode(message)?.type_name().to_string()),
///         Some(Err(oversize)) => eprintln!("{oversize}"),
///         None => {}
///     }
/// }
/// assert_eq!(types, ["ERROR", "POLL"]);
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
///
/// # How large
///
/// Most payloads have less than 1 KiB. The longest that can be expected, with every character
/// written as an escape, are a `MESSAGE` of about 20 KiB and an `EVENT` of about 25 KiB: an `N` of
/// 32 KiB takes them all. Where memory is short, a smaller one loses only what is longer.
///
/// The limit is the same for a message that would have been lent. One that is longer is reported
/// once, as soon as that is known, and the rest of it is skipped, up to its `fin`; the next message
/// is not affected. So there is nothing to be done about an
/// [`MessageTooLong`] but to log it, or to close the connection with 1009, "message too big".
#[derive(Clone, Default)]
pub struct MessageAssembler<const N: usize> {
    joined: Vec<u8, N>,
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// What is joined waits for more.
    #[default]
    Waiting,
    /// What is joined was handed out whole.
    Delivered,
    /// The rest of a message that is too long.
    Skipping,
}

impl<const N: usize> MessageAssembler<N> {
    /// Nothing waiting. It takes no stack where it is the value of a `static`.
    #[must_use]
    pub const fn new() -> Self {
        Self { joined: Vec::new(), state: State::Waiting }
    }

    /// Takes the next piece of a message, and gives the message if that was the last one.
    pub fn push<'s>(
        &'s mut self,
        piece: &'s [u8],
        fin: bool,
    ) -> Option<Result<&'s [u8], MessageTooLong>> {
        if self.skips(fin) {
            return None;
        }
        if self.state == State::Delivered {
            self.clear();
        }
        if piece.len() > N.saturating_sub(self.joined.len()) {
            self.joined.clear();
            self.state = if fin { State::Waiting } else { State::Skipping };
            return Some(Err(MessageTooLong { max_bytes: N }));
        }
        if fin && self.joined.is_empty() {
            return Some(Ok(piece));
        }
        // A byte is a store; a slice of any length, a call.
        match piece {
            [byte] => self.joined.push(*byte).ok()?,
            _ => self.joined.extend_from_slice(piece).ok()?,
        }
        fin.then(|| {
            self.state = State::Delivered;
            Ok(self.joined.as_slice())
        })
    }

    /// Forgets what is waiting: the connection is gone, and what the next one sends is not the rest
    /// of it.
    pub fn clear(&mut self) {
        self.joined.clear();
        self.state = State::Waiting;
    }

    /// Whether a piece is of a message that is skipped.
    pub(crate) fn skips(&mut self, fin: bool) -> bool {
        let skips = self.state == State::Skipping;
        if skips && fin {
            self.state = State::Waiting;
        }
        skips
    }

    /// What there is of a message that is not yet whole.
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

/// A message is longer than the [`MessageAssembler`] may grow.
///
/// ```
/// use ivs_chat_proto::MessageAssembler;
///
/// let error = MessageAssembler::<4>::new().push(b"hello", true).unwrap().unwrap_err();
/// assert_eq!(error.max_bytes(), 4);
/// assert_eq!(error.to_string(), "a message of more than 4 bytes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a message of more than {max_bytes} bytes")]
pub struct MessageTooLong {
    max_bytes: usize,
}

impl MessageTooLong {
    /// How many bytes a message may have.
    #[must_use]
    pub const fn max_bytes(&self) -> usize {
        self.max_bytes
    }
}
