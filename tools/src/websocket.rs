//! Settings and errors of WebSocket connections.

use ivs_chat_proto::Text;
use terminal_text::Visible;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// The number of bytes that are read or written at once. Each connection has a buffer of this size
/// in each direction.
pub const BUFFER_LEN: usize = 16 << 10;
/// The maximum length of a received message, in bytes.
///
/// This is more than twice the longest message of the service with every character escaped. It is
/// also longer than the longest publish, so that a server can answer a publish that is too long.
const MAX_MESSAGE_LEN: usize = 64 << 10;
/// The maximum length of unwritten data in the WebSocket library, in bytes. Beyond it, the library
/// keeps only the latest pong, which is all that RFC 6455, section 5.5.3, requires.
const MAX_UNWRITTEN_LEN: usize = BUFFER_LEN + 2 * MAX_MESSAGE_LEN;

/// Returns the settings for every connection.
#[must_use]
pub fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER_LEN)
        .write_buffer_size(BUFFER_LEN)
        .max_write_buffer_size(MAX_UNWRITTEN_LEN)
        .max_message_size(Some(MAX_MESSAGE_LEN))
        .max_frame_size(Some(MAX_MESSAGE_LEN))
}

/// Describes an error for display on a terminal. Hidden characters are escaped, because the
/// description may quote data of the remote side.
#[must_use]
pub fn describe_error(error: &Error) -> String {
    Visible(Text::from(&error.to_string())).to_string()
}
