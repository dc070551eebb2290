//! One WebSocket connection: a task that answers its handshake, carries messages both ways and says
//! how it ended. It knows nothing of chat but where the token is.

use core::future;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use ivs_chat_proto::{Text, Token};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::http::header::RETRY_AFTER;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::link::{Link, Silence};
use crate::options::Refuse;
use crate::pass::Pass;
use terminal_text::Visible;

type Stream<'a> = WebSocketStream<Link<'a>>;
type Sink<'a> = SplitSink<Stream<'a>, Message>;

/// How long a handshake may take, and a client to read what it is sent.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the closing of a connection may take.
pub(crate) const GOODBYE: Duration = Duration::from_secs(2);
/// The most bytes of payloads that may wait for a client to read them.
pub(crate) const MAX_WAITING: usize = 4 << 20;
/// While more bytes than this wait for a client, nothing is read from it.
const READ_BELOW: usize = 256 << 10;
/// What a payload counts for in addition to its bytes.
const OVERHEAD: usize = 64;
/// The longest message that is received: longer than the longest publish that is, so that what is
/// too long for a publish gets its answer.
const MAX_MESSAGE: usize = 64 << 10;
/// How much is read and written at once. The library has such buffers for every connection.
const BUFFER: usize = 16 << 10;
/// The most that the library keeps of what could not be written yet. Above this it keeps only the
/// last pong, which is all that RFC 6455, section 5.5.3, requires.
const MAX_UNWRITTEN: usize = BUFFER + 2 * MAX_MESSAGE;

/// The near end of a connection.
pub(crate) struct Socket {
    /// `backlog` limits what is in it.
    queue: mpsc::UnboundedSender<Outgoing>,
    backlog: Arc<Backlog>,
    cut: oneshot::Sender<()>,
}

/// How much waits for a client to read it.
#[derive(Default)]
struct Backlog {
    bytes: AtomicUsize,
    shrunk: Notify,
}

enum Outgoing {
    Payload(Utf8Bytes),
    /// Without a frame, the close has no code.
    Close(Option<CloseFrame>),
}

/// What happened on a connection. Nothing follows [`Ended`](Self::Ended).
pub(crate) enum News {
    Opened(Pass, Socket),
    /// Why, in words. Nothing follows this, either.
    NotOpened(String),
    Received(Utf8Bytes),
    /// The link has died.
    Silenced(Silence),
    /// How, in a word and in more.
    Ended(&'static str, String),
}

/// Who is let in.
pub(crate) struct Entrance {
    pub(crate) refuse: Option<Refuse>,
    /// The `Retry-After` of refusals, in seconds.
    pub(crate) retry_after: Option<u32>,
    pub(crate) silence: Option<Silence>,
    pub(crate) handshakes: AtomicU64,
}

/// Who tells what happened on which connection.
pub(crate) struct Reporter {
    pub(crate) number: u64,
    pub(crate) news: mpsc::Sender<(u64, News)>,
}

impl Socket {
    /// Sends a payload, after those before it. Returns `false` if too much waits already.
    pub(crate) fn write(&self, payload: Utf8Bytes) -> bool {
        if !self.backlog.add(&payload) {
            return false;
        }
        // If the connection has ended, that is on its way to be told.
        let _ = self.queue.send(Outgoing::Payload(payload));
        true
    }

    /// Closes the connection when what waits has been written. 1005 means no code.
    pub(crate) fn close(self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        let _ = self.queue.send(Outgoing::Close((code != 1005).then_some(frame)));
    }

    /// Breaks the connection, at once and whatever waits. One that is dropped is broken, too, when
    /// what waits has been written.
    pub(crate) fn cut(self) {
        let _ = self.cut.send(());
    }
}

impl Backlog {
    /// Counts a payload that is to be queued. Returns `false` if too much waits already.
    fn add(&self, payload: &str) -> bool {
        let bytes = payload.len() + OVERHEAD;
        self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= MAX_WAITING
    }

    /// A payload has left the queue.
    fn remove(&self, payload: &str) {
        self.bytes.fetch_sub(payload.len() + OVERHEAD, Ordering::Relaxed);
        self.shrunk.notify_one();
    }

    /// Waits until little waits.
    async fn is_short(&self) {
        while self.bytes.load(Ordering::Relaxed) > READ_BELOW {
            self.shrunk.notified().await;
        }
    }
}

impl Reporter {
    async fn tell(&self, news: News) {
        // When nobody listens any more, the program is about to end.
        let _ = self.news.send((self.number, news)).await;
    }
}

impl Entrance {
    /// What is not let in is answered with this status, and why.
    fn admit(&self, request: &Request) -> Result<Pass, (StatusCode, &'static str)> {
        let handshakes = self.handshakes.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(refuse) =
            self.refuse.filter(|refuse| handshakes.is_multiple_of(refuse.every.get()))
        {
            return Err((refuse.status, "by --refuse"));
        }
        let token = request
            .headers()
            .get(Token::HEADER_NAME)
            .ok_or((StatusCode::UNAUTHORIZED, "there is no token"))?;
        let pass = token.to_str().ok().and_then(|token| token.parse().ok());
        pass.ok_or((StatusCode::UNAUTHORIZED, "the token is not ROOM.USER.CAPABILITIES.SECONDS"))
    }
}

/// A connection, from the first byte to the last.
pub(crate) async fn run(
    mut stream: TcpStream,
    from: SocketAddr,
    entrance: Arc<Entrance>,
    reporter: Reporter,
    _permit: OwnedSemaphorePermit,
) {
    // Small messages are not to wait for each other. If that cannot be had, they do.
    let _ = stream.set_nodelay(true);
    let opened = timeout(PATIENCE, open(&mut stream, &entrance)).await;
    let (websocket, pass) = match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(NotOpened { words, answer })) => {
            reporter.tell(News::NotOpened(format!("{from}: {words}"))).await;
            if let Some(status) = answer {
                let _ = timeout(GOODBYE, refuse(&mut stream, status)).await;
            }
            return;
        }
        Err(_) => {
            return reporter
                .tell(News::NotOpened(format!("{from}: the handshake takes too long")))
                .await;
        }
    };
    let (queue, outgoing) = mpsc::unbounded_channel();
    let backlog = Arc::new(Backlog::default());
    let (cut, is_cut) = oneshot::channel();
    let socket = Socket { queue, backlog: Arc::clone(&backlog), cut };
    reporter.tell(News::Opened(pass, socket)).await;
    let dies_at = websocket.get_ref().dies_at();
    tokio::select! {
        (end, mut websocket) = converse(websocket, outgoing, &backlog, &reporter) => {
            reporter.tell(News::Ended(end.how, end.words)).await;
            if end.how != BROKEN {
                // However it goes, the connection ends here.
                let _ = timeout(GOODBYE, say_goodbye(&mut websocket, end.goodbye)).await;
            }
        }
        Ok(()) = is_cut => {}
        () = tell_of_silence(dies_at, &reporter) => {}
    }
    if dies_at.is_some_and(|(at, silence)| silence.is_out && at <= Instant::now()) {
        // The end of the stream would be a sign: it is left to the client.
        let _ = copy(&mut stream, &mut sink()).await;
    }
}

/// Reports that the link has died, and never ends.
async fn tell_of_silence(dies_at: Option<(Instant, Silence)>, reporter: &Reporter) {
    if let Some((at, silence)) = dies_at {
        sleep_until(at).await;
        reporter.tell(News::Silenced(silence)).await;
    }
    future::pending::<()>().await;
}

/// Why a connection is not opened.
struct NotOpened {
    words: String,
    /// The HTTP status that the request is still to be answered with.
    answer: Option<StatusCode>,
}

impl NotOpened {
    /// The library answers a request only if it is a WebSocket handshake.
    fn by_error(error: &Error) -> Self {
        let answer = match error {
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
        let answered = answer.map(|status| format!("{status}: ")).unwrap_or_default();
        Self { words: answered + &words(error), answer }
    }
}

/// Answers a request that is not a WebSocket handshake.
async fn refuse(stream: &mut TcpStream, status: StatusCode) -> io::Result<()> {
    let upgrade = match status {
        StatusCode::UPGRADE_REQUIRED => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        _ => "",
    };
    let body = "this is not a WebSocket handshake\n";
    let answer = format!(
        "HTTP/1.1 {status}\r\n{upgrade}Connection: {connection}\r\nContent-Type: text/plain\r\n\
         Content-Length: {length}\r\n\r\n{body}",
        connection = if upgrade.is_empty() { "close" } else { "upgrade, close" },
        length = body.len(),
    );
    stream.write_all(answer.as_bytes()).await?;
    finish(stream).await
}

/// Reads to the end, after all is written. A connection with something unread is reset, and what
/// was written may be lost with it.
async fn finish(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    stream.shutdown().await?;
    copy(stream, &mut sink()).await?;
    Ok(())
}

/// The handshake: answered with the subprotocol that was asked for, which is the token.
async fn open<'a>(
    stream: &'a mut TcpStream,
    entrance: &Entrance,
) -> Result<(Stream<'a>, Pass), NotOpened> {
    let mut admitted = Err(String::new());
    #[expect(clippy::result_large_err, reason = "the library asks for it")]
    let answer = |request: &Request, mut response: Response| match entrance.admit(request) {
        Ok(pass) => {
            let token = request.headers()[Token::HEADER_NAME].clone();
            response.headers_mut().insert(Token::HEADER_NAME, token);
            admitted = Ok(pass);
            Ok(response)
        }
        Err((status, why)) => {
            admitted = Err(format!("{status}: {why}"));
            let mut refusal = ErrorResponse::new(Some(format!("{why}\n")));
            *refusal.status_mut() = status;
            if let Some(seconds) =
                entrance.retry_after.filter(|_| matches!(status.as_u16(), 429 | 503))
            {
                refusal.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            Err(refusal)
        }
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(MAX_UNWRITTEN)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let link = Link::new(stream, entrance.silence);
    let stream = accept_hdr_async_with_config(link, answer, Some(config)).await;
    match (stream, admitted) {
        (Ok(mut stream), Ok(pass)) => {
            stream.get_mut().set_open();
            Ok((stream, pass))
        }
        (Ok(_) | Err(Error::Http(_)), Err(words)) => Err(NotOpened { words, answer: None }),
        (Err(error), _) => Err(NotOpened::by_error(&error)),
    }
}

/// How a connection ends.
struct End {
    how: &'static str,
    words: String,
    goodbye: Goodbye,
}

/// Which side closes a connection.
enum Goodbye {
    /// This one, with a code and a reason or without.
    Close(Option<CloseFrame>),
    /// The client has.
    Closed,
}

const BROKEN: &str = "broken";

/// Carries messages, until the connection ends.
///
/// Both directions run at once: while one waits, to report or for the client to read, the other
/// goes on.
async fn converse<'a>(
    stream: Stream<'a>,
    mut outgoing: mpsc::UnboundedReceiver<Outgoing>,
    backlog: &Backlog,
    reporter: &Reporter,
) -> (End, Stream<'a>) {
    let (mut sink, mut source) = stream.split();
    let end = tokio::select! {
        // In this order: reading may use up the time that the runtime gives a task at once.
        biased;
        end = write_all(&mut sink, &mut outgoing, backlog) => end,
        end = read_all(&mut source, backlog, reporter) => end,
    };
    (end, source.reunite(sink).expect("the halves of one stream"))
}

/// Reports what is received.
async fn read_all(
    source: &mut SplitStream<Stream<'_>>,
    backlog: &Backlog,
    reporter: &Reporter,
) -> End {
    loop {
        backlog.is_short().await;
        match source.next().await {
            Some(Ok(Message::Text(text))) => reporter.tell(News::Received(text)).await,
            Some(Ok(Message::Binary(_))) => {
                return End::refused(1003, "binary messages are not supported");
            }
            Some(Ok(Message::Close(frame))) => return End::by_frame(frame),
            Some(Ok(_)) => {}
            Some(Err(Error::Capacity(_))) => return End::refused(1009, "the message is too long"),
            Some(Err(Error::Utf8(_))) => return End::refused(1007, "the text is not UTF-8"),
            Some(Err(error)) => return End::by_error(&error),
            None => return End::broken("ended".into()),
        }
    }
}

/// Writes what is to be sent.
async fn write_all(
    sink: &mut Sink<'_>,
    outgoing: &mut mpsc::UnboundedReceiver<Outgoing>,
    backlog: &Backlog,
) -> End {
    loop {
        let first = outgoing.recv().await;
        match timeout(PATIENCE, write(sink, first, outgoing, backlog)).await {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(end))) => return end,
            Ok(Err(error)) => return End::broken(words(&error)),
            Err(_) => return End::broken("does not read what is sent".into()),
        }
    }
}

/// Writes what waits, and how the connection is to end if that waits, too.
async fn write(
    sink: &mut Sink<'_>,
    first: Option<Outgoing>,
    outgoing: &mut mpsc::UnboundedReceiver<Outgoing>,
    backlog: &Backlog,
) -> Result<Option<End>, Error> {
    // Pongs that the client has not read may fill the library's buffer.
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
            Some(Outgoing::Close(frame)) => break Some(End::closed(frame)),
            None => break Some(End::broken(String::new())),
        }
        // The client has `PATIENCE` for this much.
        if written > BUFFER {
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

async fn say_goodbye(stream: &mut Stream<'_>, goodbye: Goodbye) -> Result<(), Error> {
    if let Goodbye::Close(frame) = goodbye {
        stream.close(frame).await?;
    }
    // Reading on is what writes the answer to a close frame, or waits for it.
    while let Some(message) = stream.next().await {
        message?;
    }
    // All that comes after a message that is too long has to be taken.
    finish(stream.get_mut()).await?;
    Ok(())
}

impl End {
    const fn closed(frame: Option<CloseFrame>) -> Self {
        Self { how: "closed", words: String::new(), goodbye: Goodbye::Close(frame) }
    }

    fn refused(code: u16, why: &'static str) -> Self {
        let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(why) };
        Self { words: format!("with {code}: {why}"), ..Self::closed(Some(frame)) }
    }

    fn by_frame(frame: Option<CloseFrame>) -> Self {
        let code = frame.map(|frame| format!("with {}", u16::from(frame.code)));
        Self { how: "left", words: code.unwrap_or_default(), goodbye: Goodbye::Closed }
    }

    fn by_error(error: &Error) -> Self {
        let words = words(error);
        match error {
            // The client is not there any more.
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::broken(words),
            Error::Protocol(_) => Self {
                words: format!("with 1002: {words}"),
                ..Self::refused(1002, "protocol error")
            },
            _ => Self::broken(words),
        }
    }

    const fn broken(words: String) -> Self {
        Self { how: BROKEN, words, goodbye: Goodbye::Closed }
    }
}

/// An error, in words that may be the other end's.
fn words(error: &Error) -> String {
    Visible(Text::from(&error.to_string())).to_string()
}
