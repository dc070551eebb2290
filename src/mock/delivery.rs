use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;

/// An operation that the caller must perform on a connection.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::mock::{Config, Delivery, Room, User};
///
/// let now = Instant::from_millis(0);
/// let mut room = Room::new(Config::new(), [0; 16]);
/// let conn = room.admit(now, User::new("astrid"))?;
/// room.disconnect_user(now, "astrid", None);
///
/// let mut log = Vec::new();
/// while let Some((to, delivery)) = room.poll(now) {
///     assert_eq!(to, conn);
///     log.push(match delivery {
///         Delivery::Fragment { bytes, fin: true } => String::from_utf8_lossy(&bytes).into_owned(),
///         Delivery::Close { code, reason } => format!("close {code} {reason:?}"),
///         other => panic!("{other:?}"),
///     });
/// }
/// assert!(log[0].contains("aws:DISCONNECT_USER"));
/// assert_eq!(log[1], r#"close 1000 """#);
/// # Ok::<(), ivs_chat_proto::mock::ConnectError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Delivery {
    /// Send a fragment of a text message.
    Fragment {
        /// The bytes of the fragment.
        bytes: Arc<[u8]>,
        /// `true` for the last fragment of the message.
        fin: bool,
    },
    /// Answer a ping: the oldest unanswered one for which [`handle_ping`](super::Room::handle_ping)
    /// returned `true`. A pong may be due between two fragments of a message.
    Pong,
    /// Send a close frame. The room no longer has this connection.
    Close {
        /// The close code. 1005 stands for a close frame without a code.
        code: u16,
        /// The close reason. Empty if there is no code.
        reason: String,
    },
    /// Break the connection without a close frame. The room no longer has this connection.
    Abort,
}

impl Delivery {
    /// Creates a close. A close frame without a code has no reason either.
    pub(super) fn close(code: u16, reason: &str) -> Self {
        let reason = if code == 1005 { "" } else { reason };
        Self::Close { code, reason: reason.to_owned() }
    }
}
