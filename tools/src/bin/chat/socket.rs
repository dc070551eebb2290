//! One WebSocket connection: a task that opens it, carries messages both ways and says how it
//! ended. It knows nothing of chat but where the token goes.

use core::time::Duration;
use std::io;

use futures_util::{SinkExt, StreamExt};
use ivs_chat_proto::client::{CloseEvent, ConnectionId};
use ivs_chat_proto::{CloseReason, Text, Token};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, Uri, header};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use terminal_text::Visible;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long the closing of a connection may take.
pub(crate) const GOODBYE: Duration = Duration::from_secs(1);
/// The longest message that is received: more than twice the longest of the service, with
/// everything escaped.
const MAX_MESSAGE: usize = 64 << 10;
/// How long the server may take to read what it is sent.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much is read and written at once.
const BUFFER: usize = 16 << 10;
/// The most that the library keeps of what could not be written yet. Above this it keeps only the
/// last pong, which is all that RFC 6455, section 5.5.3, requires.
const MAX_UNWRITTEN: usize = BUFFER + 2 * MAX_MESSAGE;

/// The near end of a connection.
pub(crate) struct Socket {
    outgoing: mpsc::UnboundedSender<Message>,
    close: oneshot::Sender<u16>,
}

/// What happened on a connection. Nothing follows [`Ended`](Self::Ended).
pub(crate) enum News {
    Opened,
    Received(Utf8Bytes),
    /// A pong was received, with this payload.
    Pong(Bytes),
    Ended(End),
}

/// How a connection ended, for the client and in words.
pub(crate) struct End {
    pub(crate) event: CloseEvent,
    pub(crate) words: String,
}

impl Socket {
    /// Begins to open a connection. What happens on it is reported to `news`.
    pub(crate) fn open(
        conn: ConnectionId,
        endpoint: Uri,
        token: HeaderValue,
        news: mpsc::Sender<(ConnectionId, News)>,
    ) -> Self {
        // Without a bound, so that the host never waits for a connection that waits for the host.
        // It holds little: the client limits the requests per second and the pings, and a server
        // that does not read for `PATIENCE` is disconnected.
        let (outgoing, messages) = mpsc::unbounded_channel();
        let (close, closing) = oneshot::channel();
        tokio::spawn(run(endpoint, token, messages, closing, Reporter { conn, news }));
        Self { outgoing, close }
    }

    /// Writes a text message. If the connection has ended, that has been reported.
    pub(crate) fn write(&self, text: &str) {
        let _ = self.outgoing.send(Message::text(text));
    }

    /// Sends a ping.
    pub(crate) fn ping(&self, payload: [u8; 4]) {
        let _ = self.outgoing.send(Message::Ping(Bytes::copy_from_slice(&payload)));
    }

    /// Closes the connection, or stops opening it. Nothing more is told of it, or nothing that
    /// counts.
    pub(crate) fn close(self, code: u16) {
        let _ = self.close.send(code);
    }
}

struct Reporter {
    conn: ConnectionId,
    news: mpsc::Sender<(ConnectionId, News)>,
}

impl Reporter {
    async fn tell(&self, news: News) {
        // When nobody listens any more, the program is about to end.
        let _ = self.news.send((self.conn, news)).await;
    }
}

async fn run(
    endpoint: Uri,
    token: HeaderValue,
    messages: mpsc::UnboundedReceiver<Message>,
    mut closing: oneshot::Receiver<u16>,
    reporter: Reporter,
) {
    let opened = tokio::select! {
        opened = open(endpoint, token) => opened,
        _ = &mut closing => return,
    };
    let mut stream = match opened {
        Ok(stream) => stream,
        Err(error) => return reporter.tell(News::Ended(End::before_it_opened(&error))).await,
    };
    reporter.tell(News::Opened).await;
    let frame = tokio::select! {
        end = converse(&mut stream, messages, &reporter) => {
            reporter.tell(News::Ended(end)).await;
            None
        }
        Ok(code) = closing => Some(CloseFrame { code: code.into(), reason: Utf8Bytes::default() }),
    };
    let goodbye = async {
        if frame.is_some() {
            stream.close(frame).await?;
        }
        // Reading on is what writes the answer to a close frame, or waits for it.
        while let Some(message) = stream.next().await {
            message?;
        }
        Ok::<(), Error>(())
    };
    // However it goes, the connection ends here.
    let _ = timeout(GOODBYE, goodbye).await;
}

/// The handshake. The library writes the request to its log, at the level `trace`, and the token
/// with it: this program has no logger.
async fn open(endpoint: Uri, token: HeaderValue) -> Result<Stream, Error> {
    let mut request = endpoint.into_client_request()?;
    request.headers_mut().insert(Token::HEADER_NAME, token);
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(MAX_UNWRITTEN)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let (stream, _) = connect_async_with_config(request, Some(config), true).await?;
    Ok(stream)
}

/// Carries messages, until the connection ends.
async fn converse(
    stream: &mut Stream,
    mut messages: mpsc::UnboundedReceiver<Message>,
    reporter: &Reporter,
) -> End {
    loop {
        let written = tokio::select! {
            received = stream.next() => match received {
                Some(Ok(message)) => {
                    match message {
                        Message::Text(text) => reporter.tell(News::Received(text)).await,
                        Message::Pong(payload) => reporter.tell(News::Pong(payload)).await,
                        Message::Close(frame) => return End::by_frame(frame),
                        // The library answers pings, and binary messages are not of this protocol.
                        _ => {}
                    }
                    Ok(())
                }
                Some(Err(error)) => Err(error),
                None => Err(Error::ConnectionClosed),
            },
            Some(message) = messages.recv() => write(stream, message).await,
        };
        if let Err(error) = written {
            return End::without_frame(&error);
        }
    }
}

/// Writes a message, after what the library still has to write.
async fn write(stream: &mut Stream, message: Message) -> Result<(), Error> {
    let write = async {
        // Pongs that the server has not read may fill the library's buffer.
        stream.flush().await?;
        stream.send(message).await
    };
    let too_late =
        |_| Err(io::Error::new(io::ErrorKind::TimedOut, "the server does not read").into());
    timeout(PATIENCE, write).await.unwrap_or_else(too_late)
}

impl End {
    fn before_it_opened(error: &Error) -> Self {
        match error {
            Error::Http(answer) => {
                let status = answer.status();
                let event = CloseEvent::handshake_rejected(status.as_u16());
                Self {
                    event: retry_after(answer.headers())
                        .map_or(event, |after| event.with_retry_after(after)),
                    words: format!("refused with HTTP status {status}"),
                }
            }
            error => Self {
                event: CloseEvent::abnormal(),
                words: format!("not opened: {}", words(error)),
            },
        }
    }

    fn by_frame(frame: Option<CloseFrame>) -> Self {
        // A frame without a code counts as this one.
        let (code, reason) =
            frame.map_or((1005, Utf8Bytes::default()), |frame| (frame.code.into(), frame.reason));
        let why = match CloseReason::parse(&reason) {
            CloseReason::Empty => String::new(),
            CloseReason::Error { error_code, error_message } => {
                let what = error_code.map(|error_code| format!(": {error_code}"));
                let words = error_message.map(|words| format!(": {}", Visible(words)));
                what.into_iter().chain(words).collect()
            }
            _ => format!(": {}", Visible(Text::from(&*reason))),
        };
        Self { event: CloseEvent::frame(code, &reason), words: format!("closed with {code}{why}") }
    }

    fn without_frame(error: &Error) -> Self {
        Self { event: CloseEvent::abnormal(), words: format!("broken: {}", words(error)) }
    }
}

/// The seconds of a `Retry-After` header. Dates, its other form, are not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// An error, in words that may be the other end's.
fn words(error: &Error) -> String {
    Visible(Text::from(&error.to_string())).to_string()
}
