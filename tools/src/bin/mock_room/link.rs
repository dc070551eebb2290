//! A TCP stream that can fail silently: data is lost, and neither side is notified.

use core::pin::Pin;
use core::str::FromStr;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The time and the directions of a link failure, from `--silent-after`.
#[derive(Clone, Copy)]
pub(crate) struct LinkFailure {
    /// The delay after the handshake.
    pub(crate) after: Duration,
    /// Whether data from the client is lost.
    pub(crate) loses_received: bool,
    /// Whether data to the client is lost.
    pub(crate) loses_sent: bool,
}

/// An error for a string that is not `SECONDS[:in|out|both]`.
pub(crate) struct InvalidLinkFailure;

impl FromStr for LinkFailure {
    type Err = InvalidLinkFailure;

    fn from_str(text: &str) -> Result<Self, InvalidLinkFailure> {
        let (seconds, directions) = text.split_once(':').unwrap_or((text, "both"));
        let (loses_received, loses_sent) = match directions {
            "in" => (true, false),
            "out" => (false, true),
            "both" => (true, true),
            _ => return Err(InvalidLinkFailure),
        };
        let seconds: u32 = seconds.parse().map_err(|_| InvalidLinkFailure)?;
        Ok(Self { after: Duration::from_secs(seconds.into()), loses_received, loses_sent })
    }
}

impl LinkFailure {
    /// Describes the directions for the log.
    pub(crate) const fn description(self) -> &'static str {
        match (self.loses_received, self.loses_sent) {
            (true, true) => "all data is lost from now on",
            (true, false) => "data from the client is lost from now on",
            _ => "data to the client is lost from now on",
        }
    }
}

/// A TCP stream with an optional failure.
pub(crate) struct Link<'a> {
    stream: &'a mut TcpStream,
    failure: Option<LinkFailure>,
    opened_at: Option<Instant>,
}

impl<'a> Link<'a> {
    pub(crate) const fn new(stream: &'a mut TcpStream, failure: Option<LinkFailure>) -> Self {
        Self { stream, failure, opened_at: None }
    }

    /// Starts the delay before the failure. Call it after the handshake.
    pub(crate) fn set_open(&mut self) {
        self.opened_at = Some(Instant::now());
    }

    /// Returns the time of the failure and the failure.
    pub(crate) fn failure(&self) -> Option<(Instant, LinkFailure)> {
        let failure = self.failure?;
        Some((self.opened_at? + failure.after, failure))
    }

    /// Returns the failure if it has occurred.
    fn current_failure(&self) -> Option<LinkFailure> {
        self.failure().filter(|(at, _)| *at <= Instant::now()).map(|(_, failure)| failure)
    }

    fn loses_received(&self) -> bool {
        self.current_failure().is_some_and(|failure| failure.loses_received)
    }

    fn loses_sent(&self) -> bool {
        self.current_failure().is_some_and(|failure| failure.loses_sent)
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
                Poll::Ready(Ok(())) if is_lost && length > 0 => buf.set_filled(before),
                // The end of the stream is not hidden. Otherwise, connections would outlive their
                // clients.
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
