//! The TCP stream of a connection, which can die without a sign: what is sent or received after
//! that is thrown away, and neither side hears of it.

use core::pin::Pin;
use core::str::FromStr;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// When links die, and in which directions.
#[derive(Clone, Copy)]
pub(crate) struct Silence {
    /// The time from the handshake on.
    pub(crate) after: Duration,
    /// Whether what the client sends is lost.
    pub(crate) is_in: bool,
    /// Whether what is sent to the client is lost.
    pub(crate) is_out: bool,
}

/// A text that is not `SECONDS[:in|out|both]`.
pub(crate) struct NoSilence;

impl FromStr for Silence {
    type Err = NoSilence;

    fn from_str(text: &str) -> Result<Self, NoSilence> {
        let (seconds, directions) = text.split_once(':').unwrap_or((text, "both"));
        let (is_in, is_out) = match directions {
            "in" => (true, false),
            "out" => (false, true),
            "both" => (true, true),
            _ => return Err(NoSilence),
        };
        let seconds: u32 = seconds.parse().map_err(|_| NoSilence)?;
        Ok(Self { after: Duration::from_secs(seconds.into()), is_in, is_out })
    }
}

impl Silence {
    /// Returns what the log says.
    pub(crate) const fn words(self) -> &'static str {
        match (self.is_in, self.is_out) {
            (true, true) => "the link dies in both directions",
            (true, false) => "nothing that is sent by the client arrives",
            _ => "nothing that is sent to the client arrives",
        }
    }
}

pub(crate) struct Link<'a> {
    stream: &'a mut TcpStream,
    silence: Option<Silence>,
    opened_at: Option<Instant>,
}

impl<'a> Link<'a> {
    pub(crate) const fn new(stream: &'a mut TcpStream, silence: Option<Silence>) -> Self {
        Self { stream, silence, opened_at: None }
    }

    /// The handshake is done.
    pub(crate) fn set_open(&mut self) {
        self.opened_at = Some(Instant::now());
    }

    /// Returns when the link dies, and how.
    pub(crate) fn dies_at(&self) -> Option<(Instant, Silence)> {
        let silence = self.silence?;
        Some((self.opened_at? + silence.after, silence))
    }

    /// Returns in which directions the link is dead.
    fn silence(&self) -> Option<Silence> {
        self.dies_at().filter(|(at, _)| *at <= Instant::now()).map(|(_, silence)| silence)
    }

    fn loses_received(&self) -> bool {
        self.silence().is_some_and(|silence| silence.is_in)
    }

    /// Whether what is sent to the client is lost.
    pub(crate) fn loses_sent(&self) -> bool {
        self.silence().is_some_and(|silence| silence.is_out)
    }
}

impl AsyncRead for Link<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let before = buf.filled().len();
            let is_lost = self.loses_received();
            let result = Pin::new(&mut *self.stream).poll_read(cx, buf);
            let length = buf.filled().len() - before;
            match result {
                // The end of the stream is not hidden: the client has gone, and the connection
                // would be kept for nothing.
                Poll::Ready(Ok(())) if is_lost && length > 0 => buf.set_filled(before),
                other => return other,
            }
        }
    }
}

impl AsyncWrite for Link<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.loses_sent() {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut *self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.loses_sent() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut *self.stream).poll_shutdown(cx)
    }
}
