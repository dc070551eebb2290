use alloc::string::String;
use alloc::sync::Arc;

/// What the caller must do with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Send a fragment of a text message.
    Fragment {
        /// The bytes.
        bytes: Arc<[u8]>,
        /// Whether it is the last fragment of the message.
        fin: bool,
    },
    /// Answer the first ping that has not been answered yet, of those for which
    /// [`Room::handle_ping`](super::Room::handle_ping) returned `true`. It may come between the
    /// fragments of a message.
    Pong,
    /// Close the connection, which does not exist any more, with this code and reason.
    Close {
        /// The code. 1005 means a close frame without a code.
        code: u16,
        /// The reason. Empty if there is no code.
        reason: String,
    },
    /// Break the connection, which does not exist any more, without a close frame.
    Abort,
}
