//! One WebSocket connection, run by a task of its own.
//!
//! The task answers the handshake, transfers messages in both directions, and reports events. Of
//! the chat protocol, it knows only the header for the token.

use core::future;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use ivs_chat_proto::Token;
use ivs_chat_tools::websocket::{self, BUFFER_LEN, describe_error};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::http::header::RETRY_AFTER;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::link::{Link, LinkFailure};
use crate::options::Refuse;
use crate::token::MockToken;

type Stream<'a> = WebSocketStream<Link<'a>>;
type Sink<'a> = SplitSink<Stream<'a>, Message>;

/// The timeout for the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout for writing [`BUFFER_LEN`] bytes.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout for closing a connection.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The maximum size of a connection's queue, in bytes.
pub(crate) const MAX_QUEUED: usize = 4 << 20;
/// The maximum size of the queue at which messages of the client are read, in bytes.
const MAX_QUEUED_TO_READ: usize = 256 << 10;
/// The size of a queued payload in addition to its bytes.
const PAYLOAD_OVERHEAD: usize = 64;

/// A handle to a connection.
pub(crate) struct Socket {
    /// The queue of the connection. `backlog` limits its size.
    queue: mpsc::UnboundedSender<Outgoing>,
    backlog: Arc<Backlog>,
    abort: oneshot::Sender<()>,
}

/// The size of a connection's queue.
#[derive(Default)]
struct Backlog {
    bytes: AtomicUsize,
    shrunk: Notify,
}

enum Outgoing {
    Payload(Utf8Bytes),
    /// A close frame, or `None` for one without a code.
    Close(Option<CloseFrame>),
}

/// An event on a connection. [`Refused`](Self::Refused) and [`Closed`](Self::Closed) are the last
/// ones.
pub(crate) enum SocketEvent {
    /// The handshake succeeded.
    Opened(MockToken, Socket),
    /// The handshake failed or was refused, for this reason.
    Refused(String),
    /// A text message was received.
    Message(Utf8Bytes),
    /// The link failed.
    LinkFailed(LinkFailure),
    /// The connection was closed or lost. The log shows these texts.
    Closed { label: &'static str, details: String },
}

/// The rules for admission, and the fault injection, for all connections.
pub(crate) struct Policy {
    pub(crate) refuse: Option<Refuse>,
    /// The `Retry-After` header of refusals, in seconds.
    pub(crate) retry_after: Option<u32>,
    pub(crate) link_failure: Option<LinkFailure>,
    pub(crate) handshake_count: AtomicU64,
}

/// A sender of the events of one connection.
pub(crate) struct EventSender {
    pub(crate) number: u64,
    pub(crate) events: mpsc::Sender<(u64, SocketEvent)>,
}

impl Socket {
    /// Queues a payload. Returns `false` if the queue is full.
    pub(crate) fn send(&self, payload: Utf8Bytes) -> bool {
        if !self.backlog.add(&payload) {
            return false;
        }
        // If the connection is closed, the event for that is on its way.
        let _ = self.queue.send(Outgoing::Payload(payload));
        true
    }

    /// Closes the connection after the queued payloads. The code 1005 stands for no code.
    pub(crate) fn close(self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        let _ = self.queue.send(Outgoing::Close((code != 1005).then_some(frame)));
    }

    /// Aborts the connection and discards the queued payloads.
    ///
    /// Dropping the socket aborts the connection after the queued payloads.
    pub(crate) fn abort(self) {
        let _ = self.abort.send(());
    }
}

impl Backlog {
    /// Counts a payload that enters the queue. Returns `false` if the queue is full.
    fn add(&self, payload: &str) -> bool {
        let bytes = payload.len() + PAYLOAD_OVERHEAD;
        self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= MAX_QUEUED
    }

    /// Counts a payload that leaves the queue.
    fn remove(&self, payload: &str) {
        self.bytes.fetch_sub(payload.len() + PAYLOAD_OVERHEAD, Ordering::Relaxed);
        self.shrunk.notify_one();
    }

    /// Waits until the queue is short enough to read more messages of the client.
    async fn wait_until_short(&self) {
        while self.bytes.load(Ordering::Relaxed) > MAX_QUEUED_TO_READ {
            self.shrunk.notified().await;
        }
    }
}

impl EventSender {
    async fn send(&self, event: SocketEvent) {
        // The channel is closed only while the program ends.
        let _ = self.events.send((self.number, event)).await;
    }
}

impl Policy {
    /// Returns the token of a handshake.
    ///
    /// # Errors
    ///
    /// Returns the status and the body of the response if the handshake is refused.
    fn check(&self, request: &Request) -> Result<MockToken, (StatusCode, &'static str)> {
        let count = self.handshake_count.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(refuse) = self.refuse.filter(|refuse| count.is_multiple_of(refuse.every.get()))
        {
            return Err((refuse.status, "refused by --refuse"));
        }
        let token = request
            .headers()
            .get(Token::HEADER_NAME)
            .ok_or((StatusCode::UNAUTHORIZED, "missing token"))?;
        let token = token.to_str().ok().and_then(|token| token.parse().ok());
        token.ok_or((
            StatusCode::UNAUTHORIZED,
            "invalid token: expected ROOM.USER.CAPABILITIES.SECONDS",
        ))
    }
}

/// Runs a connection from the handshake until it is closed.
pub(crate) async fn run(
    mut stream: TcpStream,
    addr: SocketAddr,
    policy: Arc<Policy>,
    events: EventSender,
    _permit: OwnedSemaphorePermit,
) {
    // Nagle's algorithm would delay small messages. An error is harmless.
    let _ = stream.set_nodelay(true);
    let opened = timeout(HANDSHAKE_TIMEOUT, open(&mut stream, &policy)).await;
    let (websocket, token) = match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(Refusal { reason, response })) => {
            events.send(SocketEvent::Refused(format!("{addr}: {reason}"))).await;
            if let Some(status) = response {
                let _ = timeout(CLOSE_TIMEOUT, respond(&mut stream, status)).await;
            }
            return;
        }
        Err(_) => {
            let reason = format!("{addr}: the handshake timed out");
            return events.send(SocketEvent::Refused(reason)).await;
        }
    };
    let (queue, outgoing) = mpsc::unbounded_channel();
    let backlog = Arc::new(Backlog::default());
    let (abort, aborted) = oneshot::channel();
    let socket = Socket { queue, backlog: Arc::clone(&backlog), abort };
    events.send(SocketEvent::Opened(token, socket)).await;
    let failure = websocket.get_ref().failure();
    tokio::select! {
        (end, mut websocket) = transfer(websocket, outgoing, &backlog, &events) => {
            let Ending { label, details, handshake } = end;
            events.send(SocketEvent::Closed { label, details }).await;
            if let Some(handshake) = handshake {
                // Errors are ignored, because the connection ends here in any case.
                let _ = timeout(CLOSE_TIMEOUT, close(&mut websocket, handshake)).await;
            }
        }
        Ok(()) = aborted => {}
        () = report_link_failure(failure, &events) => {}
    }
    if failure.is_some_and(|(at, failure)| failure.loses_sent && at <= Instant::now()) {
        // Closing the stream would reveal the failure, so that is left to the client.
        let _ = copy(&mut stream, &mut sink()).await;
    }
}

/// Reports the link failure when it occurs. Never returns.
async fn report_link_failure(failure: Option<(Instant, LinkFailure)>, events: &EventSender) {
    if let Some((at, failure)) = failure {
        sleep_until(at).await;
        events.send(SocketEvent::LinkFailed(failure)).await;
    }
    future::pending::<()>().await;
}

/// A refused handshake.
struct Refusal {
    reason: String,
    /// The HTTP status to respond with, unless the library has responded.
    response: Option<StatusCode>,
}

impl Refusal {
    /// Returns the refusal for an error. The library responds only to valid WebSocket handshakes.
    fn by_error(error: &Error) -> Self {
        let response = match error {
            Error::Protocol(ProtocolError::HandshakeIncomplete) => None,
            Error::Protocol(
                ProtocolError::MissingConnectionUpgradeHeader
                | ProtocolError::MissingUpgradeWebSocketHeader
                | ProtocolError::MissingSecWebSocketVersionHeader,
            ) => Some(StatusCode::UPGRADE_REQUIRED),
            Error::Protocol(_) | Error::HttpFormat(_) | Error::Utf8(_) => {
                Some(StatusCode::BAD_REQUEST)
            }
            Error::Capacity(_) | Error::AttackAttempt => {
                Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
            }
            _ => None,
        };
        let status = response.map(|status| format!("{status}: ")).unwrap_or_default();
        Self { reason: status + &describe_error(error), response }
    }
}

/// Responds to a request that is not a WebSocket handshake.
async fn respond(stream: &mut TcpStream, status: StatusCode) -> io::Result<()> {
    let upgrade = match status {
        StatusCode::UPGRADE_REQUIRED => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        _ => "",
    };
    let body = "expected a WebSocket handshake\n";
    let response = format!(
        "HTTP/1.1 {status}\r\n{upgrade}Connection: {connection}\r\nContent-Type: text/plain\r\n\
         Content-Length: {length}\r\n\r\n{body}",
        connection = if upgrade.is_empty() { "close" } else { "upgrade, close" },
        length = body.len(),
    );
    stream.write_all(response.as_bytes()).await?;
    finish(stream).await
}

/// Shuts a stream down and reads to its end.
///
/// The operating system resets a connection with unread data, and written data can then be lost.
async fn finish(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    stream.shutdown().await?;
    copy(stream, &mut sink()).await?;
    Ok(())
}

/// Performs the handshake. The response repeats the requested subprotocol, which is the token.
async fn open<'a>(
    stream: &'a mut TcpStream,
    policy: &Policy,
) -> Result<(Stream<'a>, MockToken), Refusal> {
    let mut admitted = Err(String::new());
    #[expect(clippy::result_large_err, reason = "the signature of the library's callback")]
    let callback = |request: &Request, mut response: Response| match policy.check(request) {
        Ok(token) => {
            let header = request.headers()[Token::HEADER_NAME].clone();
            response.headers_mut().insert(Token::HEADER_NAME, header);
            admitted = Ok(token);
            Ok(response)
        }
        Err((status, reason)) => {
            admitted = Err(format!("{status}: {reason}"));
            let mut refusal = ErrorResponse::new(Some(format!("{reason}\n")));
            *refusal.status_mut() = status;
            if let Some(seconds) =
                policy.retry_after.filter(|_| matches!(status.as_u16(), 429 | 503))
            {
                refusal.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            Err(refusal)
        }
    };
    let link = Link::new(stream, policy.link_failure);
    let config = websocket::config();
    let stream = accept_hdr_async_with_config(link, callback, Some(config)).await;
    match (stream, admitted) {
        (Ok(mut stream), Ok(token)) => {
            stream.get_mut().set_open();
            Ok((stream, token))
        }
        (Ok(_) | Err(Error::Http(_)), Err(reason)) => Err(Refusal { reason, response: None }),
        (Err(error), _) => Err(Refusal::by_error(&error)),
    }
}

/// The end of a connection: texts for the log, and the closing handshake to perform.
struct Ending {
    label: &'static str,
    details: String,
    /// The closing handshake, or `None` if the connection is lost.
    handshake: Option<ClosingHandshake>,
}

enum ClosingHandshake {
    /// The server sends a close frame, or one without a code.
    Start(Option<CloseFrame>),
    /// The client has sent a close frame.
    Answer,
}

/// Transfers messages until the connection ends.
///
/// The two directions are independent: each continues while the other waits for the host or for
/// the client.
async fn transfer<'a>(
    stream: Stream<'a>,
    mut outgoing: mpsc::UnboundedReceiver<Outgoing>,
    backlog: &Backlog,
    events: &EventSender,
) -> (Ending, Stream<'a>) {
    let (mut sink, mut source) = stream.split();
    let end = tokio::select! {
        // Writing comes first, because reading may exhaust the task's budget of operations.
        biased;
        end = write_all(&mut sink, &mut outgoing, backlog) => end,
        end = read_all(&mut source, backlog, events) => end,
    };
    (end, source.reunite(sink).expect("both are halves of `stream`"))
}

/// Reads and reports messages until the connection ends.
async fn read_all(
    source: &mut SplitStream<Stream<'_>>,
    backlog: &Backlog,
    events: &EventSender,
) -> Ending {
    loop {
        backlog.wait_until_short().await;
        match source.next().await {
            Some(Ok(Message::Text(text))) => events.send(SocketEvent::Message(text)).await,
            Some(Ok(Message::Binary(_))) => {
                return Ending::rejected(1003, "binary messages are not supported");
            }
            Some(Ok(Message::Close(frame))) => return Ending::by_frame(frame),
            Some(Ok(_)) => {}
            Some(Err(Error::Capacity(_))) => {
                return Ending::rejected(1009, "the message is too long");
            }
            Some(Err(Error::Utf8(_))) => return Ending::rejected(1007, "the text is not UTF-8"),
            Some(Err(error)) => return Ending::by_error(&error),
            None => return Ending::lost("unexpected end of the stream".into()),
        }
    }
}

/// Writes the queue until the connection ends.
async fn write_all(
    sink: &mut Sink<'_>,
    outgoing: &mut mpsc::UnboundedReceiver<Outgoing>,
    backlog: &Backlog,
) -> Ending {
    loop {
        let first = outgoing.recv().await;
        match timeout(WRITE_TIMEOUT, write(sink, first, outgoing, backlog)).await {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(end))) => return end,
            Ok(Err(error)) => return Ending::lost(describe_error(&error)),
            Err(_) => return Ending::lost("the client does not read".into()),
        }
    }
}

/// Writes the first part of the queue. Returns the ending if it is reached.
async fn write(
    sink: &mut Sink<'_>,
    first: Option<Outgoing>,
    outgoing: &mut mpsc::UnboundedReceiver<Outgoing>,
    backlog: &Backlog,
) -> Result<Option<Ending>, Error> {
    // The library's buffer may be full of pongs that the client has not read.
    sink.flush().await?;
    let mut next = first;
    let mut written = 0;
    let end = loop {
        match next {
            Some(Outgoing::Payload(payload)) => {
                backlog.remove(&payload);
                written += payload.len();
                sink.feed(Message::Text(payload)).await?;
            }
            Some(Outgoing::Close(frame)) => break Some(Ending::closed(frame)),
            None => break Some(Ending::lost(String::new())),
        }
        // `WRITE_TIMEOUT` applies to this much.
        if written > BUFFER_LEN {
            break None;
        }
        next = match outgoing.try_recv() {
            Ok(payload) => Some(payload),
            Err(mpsc::error::TryRecvError::Empty) => break None,
            Err(mpsc::error::TryRecvError::Disconnected) => None,
        };
    };
    sink.flush().await?;
    Ok(end)
}

/// Performs the closing handshake.
async fn close(stream: &mut Stream<'_>, handshake: ClosingHandshake) -> Result<(), Error> {
    if let ClosingHandshake::Start(frame) = handshake {
        stream.close(frame).await?;
    }
    // Reading writes the answer to a close frame, or waits for it.
    while let Some(message) = stream.next().await {
        message?;
    }
    // The remainder of a message that is too long must be read as well.
    finish(stream.get_mut()).await?;
    Ok(())
}

impl Ending {
    const fn closed(frame: Option<CloseFrame>) -> Self {
        let handshake = Some(ClosingHandshake::Start(frame));
        Self { label: "closed", details: String::new(), handshake }
    }

    fn rejected(code: u16, reason: &'static str) -> Self {
        let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(reason) };
        Self { details: format!("with {code}: {reason}"), ..Self::closed(Some(frame)) }
    }

    fn by_frame(frame: Option<CloseFrame>) -> Self {
        let details = frame.map(|frame| format!("with {}", u16::from(frame.code)));
        let handshake = Some(ClosingHandshake::Answer);
        Self { label: "left", details: details.unwrap_or_default(), handshake }
    }

    fn by_error(error: &Error) -> Self {
        let description = describe_error(error);
        match error {
            // The client is gone.
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::lost(description),
            Error::Protocol(_) => Self {
                details: format!("with 1002: {description}"),
                ..Self::rejected(1002, "protocol error")
            },
            _ => Self::lost(description),
        }
    }

    const fn lost(details: String) -> Self {
        Self { label: "lost", details, handshake: None }
    }
}
