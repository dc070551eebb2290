//! A remote side that sends much data and does not read the responses.

use core::time::Duration;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;

/// The number of bytes to send.
pub(crate) const FLOOD: usize = 24 << 20;
/// The maximum growth of memory, in bytes. It is far below [`FLOOD`].
pub(crate) const MARGIN: usize = 4 << 20;

/// Returns pings of a client, which masks its frames, or of a server, which does not. The mask is
/// zero, so the bytes stay the same.
pub(crate) fn pings(is_client: bool) -> Vec<u8> {
    let mut ping = vec![0x89, 125];
    if is_client {
        ping[1] |= 0x80;
        ping.extend([0; 4]);
    }
    ping.extend([b'x'; 125]);
    ping.repeat(512)
}

/// Sends the frames until [`FLOOD`] bytes are written, or until the remote side reads nothing for a
/// second.
pub(crate) fn send_without_reading(stream: &mut TcpStream, frames: &[u8]) {
    stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    for _ in 0..FLOOD.div_ceil(frames.len()) {
        match stream.write_all(frames) {
            Ok(()) => {}
            // The remote side may stop reading or abort the connection.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock
                        | ErrorKind::TimedOut
                        | ErrorKind::BrokenPipe
                        | ErrorKind::ConnectionReset
                ) =>
            {
                return;
            }
            Err(error) => panic!("{error}"),
        }
    }
}
