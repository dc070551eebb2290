//! A remote side that sends a lot and reads none of the answers.

use core::time::Duration;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;

/// How many bytes are sent.
pub(crate) const FLOOD: usize = 24 << 20;
/// How much more memory they may cost, which is much less.
pub(crate) const MARGIN: usize = 4 << 20;

/// The pings of a client, which masks its frames, or of a server, which does not. A mask of zeros
/// leaves the bytes as they are.
pub(crate) fn pings(is_client: bool) -> Vec<u8> {
    let mut ping = vec![0x89, 125];
    if is_client {
        ping[1] |= 0x80;
        ping.extend([0; 4]);
    }
    ping.extend([b'x'; 125]);
    ping.repeat(512)
}

/// Sends these frames until `FLOOD` bytes are written, or the remote side has not taken any for a
/// second.
pub(crate) fn send_without_reading(stream: &mut TcpStream, frames: &[u8]) {
    stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    for _ in 0..FLOOD.div_ceil(frames.len()) {
        match stream.write_all(frames) {
            Ok(()) => {}
            // The connection is held back or broken, as it may be.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return;
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) =>
            {
                return;
            }
            Err(error) => panic!("{error}"),
        }
    }
}
