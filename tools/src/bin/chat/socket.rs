//! One WebSocket connection, run by a task of its own.
//!
//! The task opens the connection, transfers messages in both directions, and reports events. Of
//! the chat protocol, it knows only the header for the token.

use core::time::Duration;
use std::io;

use futures_util::{SinkExt, StreamExt};
use ivs_chat_proto::client::{CloseEvent, ConnectionId};
use ivs_chat_proto::{CloseReason, Text, Token};
use ivs_chat_tools::websocket;
use terminal_text::Visible;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, Uri, header};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The timeout for closing a connection.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The timeout for writing a message.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// A handle to a connection.
pub(crate) struct Socket {
    outgoing: mpsc::UnboundedSender<Message>,
    close: oneshot::Sender<u16>,
}

/// An event on a connection. [`Closed`](Self::Closed) is the last one.
pub(crate) enum SocketEvent {
    /// The handshake succeeded.
    Opened,
    /// A text message was received.
    Message(Utf8Bytes),
    /// A pong with this payload was received.
    Pong(Bytes),
    /// The remote side closed the connection, or the connection failed.
    Closed(Closed),
}

/// The cause of a closed connection, for the client and for users.
pub(crate) struct Closed {
    pub(crate) event: CloseEvent,
    pub(crate) description: String,
}

impl Socket {
    /// Starts to open a connection. The task sends its events to `events`.
    pub(crate) fn open(
        id: ConnectionId,
        endpoint: Uri,
        token: HeaderValue,
        events: mpsc::Sender<(ConnectionId, SocketEvent)>,
    ) -> Self {
        // The channel is unbounded so that the host never waits for a connection that waits for
        // the host. It stays short, because the client limits requests and pings per second, and
        // because a server that does not read for `WRITE_TIMEOUT` is disconnected.
        let (outgoing, messages) = mpsc::unbounded_channel();
        let (close, close_request) = oneshot::channel();
        let events = EventSender { id, events };
        tokio::spawn(run(endpoint, token, messages, close_request, events));
        Self { outgoing, close }
    }

    /// Sends a text message. It has no effect if the connection is closed.
    pub(crate) fn send(&self, text: &str) {
        let _ = self.outgoing.send(Message::text(text));
    }

    /// Sends a ping. It has no effect if the connection is closed.
    pub(crate) fn ping(&self, payload: [u8; 4]) {
        let _ = self.outgoing.send(Message::Ping(Bytes::copy_from_slice(&payload)));
    }

    /// Closes the connection, or stops opening it. The client ignores any later events.
    pub(crate) fn close(self, code: u16) {
        let _ = self.close.send(code);
    }
}

struct EventSender {
    id: ConnectionId,
    events: mpsc::Sender<(ConnectionId, SocketEvent)>,
}

impl EventSender {
    async fn send(&self, event: SocketEvent) {
        // The channel is closed only while the program ends.
        let _ = self.events.send((self.id, event)).await;
    }
}

/// Runs a connection from the handshake until it is closed.
async fn run(
    endpoint: Uri,
    token: HeaderValue,
    messages: mpsc::UnboundedReceiver<Message>,
    mut close_request: oneshot::Receiver<u16>,
    events: EventSender,
) {
    let opened = tokio::select! {
        opened = open(endpoint, token) => opened,
        _ = &mut close_request => return,
    };
    let mut stream = match opened {
        Ok(stream) => stream,
        Err(error) => {
            return events.send(SocketEvent::Closed(Closed::handshake_failed(&error))).await;
        }
    };
    events.send(SocketEvent::Opened).await;
    let frame = tokio::select! {
        closed = transfer(&mut stream, messages, &events) => {
            events.send(SocketEvent::Closed(closed)).await;
            None
        }
        Ok(code) = close_request => {
            Some(CloseFrame { code: code.into(), reason: Utf8Bytes::default() })
        }
    };
    // Errors are ignored, because the connection ends here in any case.
    let _ = timeout(CLOSE_TIMEOUT, close(&mut stream, frame)).await;
}

/// Performs the handshake.
///
/// The library logs the request, including the token, at level `trace`. This program installs no
/// logger.
async fn open(endpoint: Uri, token: HeaderValue) -> Result<Stream, Error> {
    let mut request = endpoint.into_client_request()?;
    request.headers_mut().insert(Token::HEADER_NAME, token);
    let config = websocket::config();
    let (stream, _) = connect_async_with_config(request, Some(config), true).await?;
    Ok(stream)
}

/// Transfers messages in both directions until the connection is closed.
async fn transfer(
    stream: &mut Stream,
    mut messages: mpsc::UnboundedReceiver<Message>,
    events: &EventSender,
) -> Closed {
    loop {
        let result = tokio::select! {
            received = stream.next() => match received {
                Some(Ok(message)) => {
                    match message {
                        Message::Text(text) => events.send(SocketEvent::Message(text)).await,
                        Message::Pong(payload) => events.send(SocketEvent::Pong(payload)).await,
                        Message::Close(frame) => return Closed::by_frame(frame),
                        // The library answers pings, and the protocol has no binary messages.
                        _ => {}
                    }
                    Ok(())
                }
                Some(Err(error)) => Err(error),
                None => Err(Error::ConnectionClosed),
            },
            Some(message) = messages.recv() => write(stream, message).await,
        };
        if let Err(error) = result {
            return Closed::by_error(&error);
        }
    }
}

/// Writes a message, after the unwritten data in the library's buffer.
async fn write(stream: &mut Stream, message: Message) -> Result<(), Error> {
    let write = async {
        // The buffer may be full of pongs that the server has not read.
        stream.flush().await?;
        stream.send(message).await
    };
    let timed_out =
        |_| Err(io::Error::new(io::ErrorKind::TimedOut, "the server has stopped reading").into());
    timeout(WRITE_TIMEOUT, write).await.unwrap_or_else(timed_out)
}

/// Performs the closing handshake. `frame` is `None` if the remote side has closed the connection.
async fn close(stream: &mut Stream, frame: Option<CloseFrame>) -> Result<(), Error> {
    if frame.is_some() {
        stream.close(frame).await?;
    }
    // Reading writes the answer to a close frame, or waits for it.
    while let Some(message) = stream.next().await {
        message?;
    }
    Ok(())
}

impl Closed {
    fn handshake_failed(error: &Error) -> Self {
        match error {
            Error::Http(response) => {
                let status = response.status();
                let event = CloseEvent::handshake_rejected(status.as_u16());
                Self {
                    event: retry_after(response.headers())
                        .map_or(event, |delay| event.with_retry_after(delay)),
                    description: format!("refused with HTTP status {status}"),
                }
            }
            error => Self {
                event: CloseEvent::abnormal(),
                description: format!("failed to open: {}", websocket::describe_error(error)),
            },
        }
    }

    fn by_frame(frame: Option<CloseFrame>) -> Self {
        // RFC 6455, section 7.1.5: a close frame without a code counts as 1005.
        let (code, reason) =
            frame.map_or((1005, Utf8Bytes::default()), |frame| (frame.code.into(), frame.reason));
        let suffix = match CloseReason::parse(&reason) {
            CloseReason::Empty => String::new(),
            CloseReason::Error { error_code, error_message } => {
                let code = error_code.map(|error_code| format!(": {error_code}"));
                let message = error_message.map(|message| format!(": {}", Visible(message)));
                code.into_iter().chain(message).collect()
            }
            _ => format!(": {}", Visible(Text::from(&*reason))),
        };
        Self {
            event: CloseEvent::frame(code, &reason),
            description: format!("closed with {code}{suffix}"),
        }
    }

    fn by_error(error: &Error) -> Self {
        Self {
            event: CloseEvent::abnormal(),
            description: format!("lost: {}", websocket::describe_error(error)),
        }
    }
}

/// Returns the delay in a `Retry-After` header. The form with a date is not supported.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
