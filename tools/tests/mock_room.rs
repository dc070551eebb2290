//! Tests of the `mock_room` binary as a process, with WebSocket clients and with the `chat` binary.

#[cfg(target_os = "linux")]
mod flood;
mod load;
mod terminal;

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use ivs_chat_proto::subscribe::{Event, EventKind, Message, ServiceError, Subscribe};
use ivs_chat_proto::{CloseReason, ErrorCode, Text, Token};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Error, HandshakeError, Message as Frame, WebSocket};

use load::{Load, Pace};
use terminal::{TIMEOUT, Terminal};

const ASTRID: &str = "lobby.astrid.send-delete-disconnect.3600";
const BIRK: &str = "lobby.birk.send.3600";
const CLEO: &str = "lobby.cleo.none.3600";
const DAG: &str = "attic.dag.send-delete.60";

static MOCK_ROOM: &str = env!("CARGO_BIN_EXE_mock_room");
static CHAT: &str = env!("CARGO_BIN_EXE_chat");

/// A running `mock_room`.
struct MockRoom {
    terminal: Terminal,
    addr: SocketAddr,
}

impl MockRoom {
    fn open(arguments: &[&str]) -> Self {
        let mut terminal =
            Terminal::start(MOCK_ROOM, &[&["--addr", "127.0.0.1:0"], arguments].concat());
        let url = terminal.wait_for("");
        let addr = url.strip_prefix("ws://").unwrap().parse().unwrap();
        Self { terminal, addr }
    }

    fn url(&self) -> String {
        format!("ws://{}", self.addr)
    }

    /// Connects, or returns the HTTP status of the refusal.
    fn connect(&self, token: Option<&str>) -> Result<Client, u16> {
        connect(self.addr, token)
    }

    /// Returns `true` if a new connection stays open for now.
    fn accepts_a_connection(&self) -> bool {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let peeked = stream.peek(&mut [0]).map_err(|error| error.kind());
        matches!(peeked, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    /// Connects, and waits until the room has admitted the client.
    fn enter(&mut self, token: &str) -> Client {
        let client = self.connect(Some(token)).unwrap();
        self.terminal.wait_for("  connected  ");
        client
    }

    fn chat(&self, token: &str) -> Terminal {
        let mut chat = Terminal::start(CHAT, &[&self.url(), token]);
        chat.wait_for("connected");
        chat
    }
}

/// Connects, or returns the HTTP status of the refusal.
fn connect(addr: SocketAddr, token: Option<&str>) -> Result<Client, u16> {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut request = format!("ws://{addr}/any/path").into_client_request().unwrap();
    if let Some(token) = token {
        request.headers_mut().insert(Token::HEADER_NAME, HeaderValue::from_str(token).unwrap());
    }
    match tungstenite::client(request, stream) {
        Ok((socket, answer)) => {
            let echo = answer.headers().get(Token::HEADER_NAME).map(|echo| echo.to_str().unwrap());
            assert_eq!(echo, token);
            Ok(Client(socket))
        }
        Err(HandshakeError::Failure(Error::Http(answer))) => Err(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

/// A connection of a client.
struct Client(WebSocket<TcpStream>);

impl Client {
    fn send(&mut self, payload: &str) {
        self.0.send(Frame::text(payload)).unwrap();
    }

    /// Waits for the next payload.
    fn receive(&mut self) -> String {
        match self.0.read().unwrap() {
            Frame::Text(payload) => payload.as_str().into(),
            other => panic!("{other:?}"),
        }
    }

    /// Sends a ping. Returns `false` if nothing is received within half a second.
    ///
    /// # Panics
    ///
    /// Panics if anything other than the pong is received first.
    fn ping(&mut self) -> bool {
        self.0.send(Frame::Ping("ping".into())).unwrap();
        self.0.get_mut().set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let next = self.0.read();
        self.0.get_mut().set_read_timeout(Some(TIMEOUT)).unwrap();
        match next {
            Ok(Frame::Pong(_)) => true,
            Err(Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
            {
                false
            }
            other => panic!("{other:?}"),
        }
    }

    /// Waits for the close frame and the end of the stream. Returns the code and the reason, or
    /// `None` if the connection is aborted.
    fn wait_for_close(&mut self) -> Option<(u16, String)> {
        let frame = match self.0.read() {
            Ok(Frame::Close(frame)) => frame,
            Err(Error::Io(_) | Error::Protocol(_)) => return None,
            other => panic!("{other:?}"),
        };
        // This writes the answer to the close frame.
        assert!(matches!(self.0.read(), Err(Error::ConnectionClosed)));
        let CloseFrame { code, reason } = frame.unwrap();
        Some((code.into(), reason.as_str().into()))
    }
}

/// Tests cases in parallel, because they spend most of their time waiting.
fn in_parallel<T: Copy + Send, const N: usize>(cases: [T; N], test: impl Fn(T) + Copy + Send) {
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || test(case));
        }
    });
}

fn message(payload: &str) -> Message<'_> {
    let Ok(Subscribe::Message(message)) = Subscribe::decode_str(payload) else {
        panic!("{payload}")
    };
    message
}

fn event(payload: &str) -> Event<'_> {
    let Ok(Subscribe::Event(event)) = Subscribe::decode_str(payload) else { panic!("{payload}") };
    event
}

fn error(payload: &str) -> ServiceError<'_> {
    let Ok(Subscribe::Error(error)) = Subscribe::decode_str(payload) else { panic!("{payload}") };
    error
}

fn assert_is_id(id: Text<'_>) {
    assert!(
        id.chars().count() == 12 && id.chars().all(|character| character.is_ascii_alphanumeric()),
        "{id}"
    );
}

// Admission.

#[test]
fn printed_tokens_are_valid() {
    let mut server = MockRoom::open(&[]);
    for token in [ASTRID, BIRK, CLEO, DAG] {
        let line = server.terminal.wait_for(token);
        let user = token.split('.').nth(1).unwrap();
        assert_eq!(line.split_whitespace().take(2).collect::<Vec<_>>(), [user, token]);
        // A token can be used again, even concurrently.
        let clients = [server.connect(Some(token)), server.connect(Some(token))];
        assert!(clients.iter().all(Result::is_ok));
    }
}

#[test]
fn invalid_token_is_answered_with_401() {
    let mut server = MockRoom::open(&[]);
    for token in [
        "lobby",
        "lobby.astrid.send",
        "lobby.astrid.send.3600.7",
        "lobby..send.3600",
        ".astrid.send.3600",
        "lobby.astrid..3600",
        "lobby.astrid.send-dance.3600",
        "lobby.astrid.none-send.3600",
        "lobby.astrid.Send.3600",
        "lobby.astrid.send.0",
        "lobby.astrid.send.10801",
        "lobby.astrid.send.1h",
        "lobby.astrid.send.3600, lobby.birk.send.3600",
    ] {
        assert_eq!(server.connect(Some(token)).err(), Some(401), "{token}");
        server
            .terminal
            .wait_for("401 Unauthorized: invalid token: expected ROOM.USER.CAPABILITIES.SECONDS");
    }
    assert_eq!(server.connect(None).err(), Some(401));
    server.terminal.wait_for("401 Unauthorized: missing token");
    // A token with every allowed character.
    server.enter("!#$%&'*+-^_`|~.Az09.disconnect-send-delete.10800");
}

#[test]
fn refuse() {
    let mut server = MockRoom::open(&["--refuse", "503"]);
    for _ in 0..3 {
        assert_eq!(server.connect(Some(ASTRID)).err(), Some(503));
        server.terminal.wait_for("503 Service Unavailable: refused by --refuse");
    }
    let server = MockRoom::open(&["--refuse", "429:3"]);
    let refused = (0..6).map(|_| server.connect(Some(ASTRID)).err());
    assert!(refused.eq([None, None, Some(429), None, None, Some(429)]));
}

#[test]
fn retry_after() {
    for (arguments, token, status, expected) in [
        (&["--refuse", "503", "--retry-after", "30"][..], ASTRID, 503, Some("30")),
        (&["--refuse", "429", "--retry-after", "0"], ASTRID, 429, Some("0")),
        (&["--refuse", "503"], ASTRID, 503, None),
        // The header is not added to responses to invalid tokens.
        (&["--refuse", "503:2", "--retry-after", "30"], "lobby", 401, None),
    ] {
        let server = MockRoom::open(arguments);
        let mut request = server.url().into_client_request().unwrap();
        request.headers_mut().insert(Token::HEADER_NAME, HeaderValue::from_static(token));
        let answer = tungstenite::client(request, TcpStream::connect(server.addr).unwrap());
        let Err(HandshakeError::Failure(Error::Http(answer))) = answer else {
            panic!("{arguments:?}")
        };
        let retry_after =
            answer.headers().get("Retry-After").map(|seconds| seconds.to_str().unwrap());
        assert_eq!((answer.status().as_u16(), retry_after), (status, expected), "{arguments:?}");
    }
}

#[test]
fn connection_limit() {
    let mut server = MockRoom::open(&["--connections", "2"]);
    let mut astrid = server.enter(ASTRID);
    let silent = TcpStream::connect(server.addr).unwrap();
    let mut third = TcpStream::connect(server.addr).unwrap();
    server.terminal.wait_for("the limit of 2 connections is reached");
    assert_eq!(third.read(&mut [0]).unwrap_or(0), 0);
    drop(silent);
    server.terminal.wait_for("  refused  ");
    astrid.0.close(None).unwrap();
    server.terminal.wait_for("  left");
    // The server may need a moment to release the connection.
    while !server.accepts_a_connection() {}
}

#[test]
fn incomplete_handshake() {
    let mut server = MockRoom::open(&[]);
    let mut silent = TcpStream::connect(server.addr).unwrap();
    silent.set_read_timeout(Some(TIMEOUT)).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    server.terminal.wait_for("the handshake timed out");
}

#[test]
fn invalid_handshake() {
    let mut server = MockRoom::open(&[]);
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 426),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", upgrade.replace("13", "8")), 426),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\n{upgrade}\r\n"), 400),
        (format!("POST / HTTP/1.1\r\nHost: localhost\r\n{upgrade}\r\n"), 400),
        ("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}".to_owned(), 400),
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), 400),
        ("\x16\x03\x01\x02\0\x01\0\x01\x7c\x03\x03\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200)), 431),
    ] {
        let mut stream = TcpStream::connect(server.addr).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer:?}");
        assert_eq!(answer.contains("\r\nUpgrade: websocket\r\n"), status == 426, "{answer:?}");
        server.terminal.wait_for(&format!(
            "refused       127.0.0.1:{}: {status} ",
            stream.local_addr().unwrap().port()
        ));
    }
}

// Accepted publishes, and commands.

#[test]
fn message_is_sent_to_its_room() {
    let mut server = MockRoom::open(&[]);
    let (mut astrid, mut cleo, mut dag) =
        (server.enter(ASTRID), server.enter(CLEO), server.enter(DAG));
    astrid.send(
        r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"h\u00e9j 🌞","Attributes":{"b":"{\"x\":1}","a":"\u003c"}}"#,
    );
    let payload = astrid.receive();
    assert_eq!(cleo.receive(), payload);
    let received = message(&payload);
    assert_is_id(received.id);
    assert_eq!(received.content, "héj 🌞");
    assert_eq!(received.request_id, Some("r-1".into()));
    assert_eq!(
        (received.attributes.get("b"), received.attributes.get("a")),
        (Some(r#"{"x":1}"#.into()), Some("<".into()))
    );
    assert_eq!(received.sender.user_id, "astrid");
    assert_eq!(received.sender.attributes.get("name"), Some("astrid".into()));
    received.send_time.parse().unwrap();
    server.terminal.wait_for(&format!(
        "  lobby       astrid            message       {}  héj 🌞",
        received.id
    ));
    // The other room received nothing before its own message.
    dag.send(r#"{"Action":"SEND_MESSAGE","Content":"dust"}"#);
    let payload = dag.receive();
    assert_eq!(
        (message(&payload).content.to_string(), message(&payload).request_id),
        ("dust".into(), None)
    );
}

#[test]
fn publish_members_in_any_case() {
    let mut server = MockRoom::open(&[]);
    let mut astrid = server.enter(ASTRID);
    astrid.send(r#"{"action":"SEND_MESSAGE","requestid":"r-1","CONTENT":"hej","attributes":null,"More":[1]}"#);
    let payload = astrid.receive();
    assert_eq!(
        (message(&payload).content, message(&payload).request_id),
        ("hej".into(), Some("r-1".into()))
    );
}

#[test]
fn delete_message() {
    let mut server = MockRoom::open(&[]);
    let (mut astrid, mut cleo) = (server.enter(ASTRID), server.enter(CLEO));
    let deletion = |payload: &str, request_id: Option<&str>, reason: &str| {
        let event = event(payload);
        assert_is_id(event.id);
        assert_eq!(
            (event.event_name, event.request_id),
            ("aws:DELETE_MESSAGE".into(), request_id.map(Text::from))
        );
        let attributes =
            ["MessageId", "MessageID", "Reason"].map(|name| event.attributes.get(name).unwrap());
        assert_eq!(attributes, ["Kq83hZpLw0Xc", "Kq83hZpLw0Xc", reason]);
    };
    astrid.send(
        r#"{"Action":"DELETE_MESSAGE","RequestId":"r-1","Id":"Kq83hZpLw0Xc","Reason":"off topic"}"#,
    );
    let payload = astrid.receive();
    deletion(&payload, Some("r-1"), "off topic");
    assert_eq!(cleo.receive(), payload);
    server.terminal.wait_for("deleted       Kq83hZpLw0Xc: off topic");
    server.terminal.type_line("  delete Kq83hZpLw0Xc typed  reason ");
    let payload = astrid.receive();
    deletion(&payload, None, "typed  reason");
    assert_eq!(cleo.receive(), payload);
    server.terminal.wait_for("deleted       Kq83hZpLw0Xc: typed  reason");
}

#[test]
fn disconnect_user() {
    let mut server = MockRoom::open(&[]);
    let mut astrid = server.enter(ASTRID);
    let (mut birk, mut birk_too) = (server.enter(BIRK), server.enter(BIRK));
    astrid.send(
        r#"{"Action":"DISCONNECT_USER","RequestId":"r-1","UserId":"birk","Reason":"too loud"}"#,
    );
    for client in [&mut astrid, &mut birk, &mut birk_too] {
        let payload = client.receive();
        let event = event(&payload);
        assert_eq!(
            (event.event_name, event.request_id),
            ("aws:DISCONNECT_USER".into(), Some("r-1".into()))
        );
        let EventKind::DisconnectedUser { user_id, reason } = event.kind() else {
            panic!("{payload}")
        };
        assert_eq!((user_id, reason), ("birk".into(), Some("too loud".into())));
    }
    for client in [&mut birk, &mut birk_too] {
        assert_eq!(client.wait_for_close(), Some((1000, "too loud".into())));
        server.terminal.wait_for("birk              closed        with 1000: too loud");
    }
    server.terminal.type_line("disconnect astrid");
    assert!(matches!(event(&astrid.receive()).kind(), EventKind::DisconnectedUser { .. }));
    assert_eq!(astrid.wait_for_close().unwrap().0, 1000);
}

#[test]
fn kick_close() {
    let mut server = MockRoom::open(&["--kick-close", "1001"]);
    let mut birk = server.enter(BIRK);
    server.terminal.type_line("disconnect birk too loud");
    assert_eq!(event(&birk.receive()).event_name, "aws:DISCONNECT_USER");
    assert_eq!(birk.wait_for_close(), Some((1001, "too loud".into())));

    let mut server = MockRoom::open(&["--kick-close", "none"]);
    let (mut astrid, mut birk) = (server.enter(ASTRID), server.enter(BIRK));
    astrid.send(r#"{"Action":"DISCONNECT_USER","UserId":"birk"}"#);
    assert_eq!(event(&astrid.receive()).event_name, "aws:DISCONNECT_USER");
    assert_eq!(event(&birk.receive()).event_name, "aws:DISCONNECT_USER");
    birk.send(r#"{"Action":"SEND_MESSAGE","Content":"still there?"}"#);
    astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"peace"}"#);
    assert_eq!(message(&astrid.receive()).content, "peace");
    // The connection is open, but received nothing else.
    assert!(birk.ping());
}

#[test]
fn shuffle() {
    let mut server = MockRoom::open(&["--shuffle", "--rate", "0", "--messages-per-second", "0"]);
    let (mut astrid, mut birk) = (server.enter(ASTRID), server.enter(BIRK));
    let mut starts = BTreeSet::new();
    for number in 0..50 {
        astrid.send(&format!(
            r#"{{"Action":"SEND_MESSAGE","RequestId":"r-{number}","Content":"hej"}}"#
        ));
        let payload = astrid.receive();
        assert_eq!(birk.receive(), payload);
        assert_eq!(message(&payload).request_id, Some(Text::from(&*format!("r-{number}"))));
        assert_eq!(message(&payload).sender.attributes.get("name"), Some("astrid".into()));
        starts.insert(payload[..4].to_owned());
        server.terminal.wait_for("  message  ");
    }
    // Each of the seven members comes first at times. Some names start with the same letters.
    assert!(starts.len() > 4, "{starts:?}");
}

#[test]
fn duplicate() {
    let mut server = MockRoom::open(&["--duplicate", "3"]);
    let (mut astrid, mut birk) = (server.enter(ASTRID), server.enter(BIRK));
    for number in 1..=4 {
        astrid.send(&format!(r#"{{"Action":"SEND_MESSAGE","Content":"{number}"}}"#));
        server.terminal.wait_for("  message  ");
    }
    for client in [&mut astrid, &mut birk] {
        let payloads: Vec<_> = (0..5).map(|_| client.receive()).collect();
        let contents: Vec<_> =
            payloads.iter().map(|payload| message(payload).content.to_string()).collect();
        assert_eq!(contents, ["1", "2", "3", "3", "4"]);
        assert_eq!(payloads[2], payloads[3]);
    }
    // Errors count as payloads.
    birk.send("{}");
    assert_eq!(error(&birk.receive()).error_code, ErrorCode::BAD_REQUEST);
    birk.send("{}");
    let payload = birk.receive();
    assert_eq!(birk.receive(), payload);
    assert!(birk.ping());
}

#[test]
fn application_events() {
    let mut server = MockRoom::open(&[]);
    let (mut astrid, mut dag) = (server.enter(ASTRID), server.enter(DAG));
    server.terminal.type_line("event poll question=Why? answer=a=b");
    for client in [&mut astrid, &mut dag] {
        let payload = client.receive();
        let event = event(&payload);
        assert_is_id(event.id);
        assert_eq!((event.event_name, event.request_id), ("poll".into(), None));
        let attributes: Vec<_> =
            event.attributes.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        assert_eq!(attributes, ["answer: a=b", "question: Why?"]);
    }
    server.terminal.type_line("@attic event later");
    server.terminal.type_line("@lobby event sooner");
    assert_eq!(event(&astrid.receive()).event_name, "sooner");
    assert_eq!(event(&dag.receive()).event_name, "later");
    for (line, error) in [
        ("@cellar event poll", "! no such room is open"),
        ("event", "! event requires a NAME"),
        (
            "event aws:DELETE_MESSAGE",
            "! event names that start with aws: are reserved for the service",
        ),
        ("event poll question", "! invalid attribute: expected KEY=VALUE, found question"),
        ("delete", "! delete requires an ID"),
        ("@lobby disconnect ", "! disconnect requires an ID"),
        ("event poll \u{1b}[2J", r"! invalid attribute: expected KEY=VALUE, found \u{1b}[2J"),
        ("dance", "! unknown command: expected event, delete, disconnect or quit"),
    ] {
        server.terminal.type_line(line);
        assert_eq!(server.terminal.wait_for("! "), error);
    }
}

// Rejected publishes.

#[test]
fn rejections() {
    let mut server = MockRoom::open(&["--forbid", "rude", "--rate", "0"]);
    let (mut astrid, mut cleo) = (server.enter(ASTRID), server.enter(CLEO));
    let too_long = format!(
        r#"{{"Action":"SEND_MESSAGE","RequestId":"r-6","Content":"{}"}}"#,
        "🌞".repeat(501)
    );
    let longest = format!(
        r#"{{"Action":"SEND_MESSAGE","RequestId":"r-6","Content":"{}"}}"#,
        "🌞".repeat(500)
    );
    let too_large = format!(
        r#"{{"Action":"SEND_MESSAGE","RequestId":"r-8","Content":"hej","Attributes":{{"a":"{}"}}}}"#,
        "x".repeat(16 << 10)
    );
    for (publish, code, request_id) in [
        ("hej", 400, None),
        (r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej""#, 400, Some("r-1")),
        (r#"{"Type":"EVENT","EventName":"PING"}"#, 400, None),
        (r#"{"Action":"DANCE","RequestId":"r-2"}"#, 400, Some("r-2")),
        (r#"{"Action":"SEND_MESSAGE","RequestId":"r-3"}"#, 400, Some("r-3")),
        (r#"{"Action":"SEND_MESSAGE","RequestId":"r-4","Content":7}"#, 400, Some("r-4")),
        (r#"{"Action":"SEND_MESSAGE","RequestId":"r-5","Content":""}"#, 400, Some("r-5")),
        (&too_long, 400, Some("r-6")),
        (
            r#"{"Action":"SEND_MESSAGE","RequestId":"r-7","Content":"how \u0072ude"}"#,
            406,
            Some("r-7"),
        ),
        (&too_large, 413, Some("r-8")),
    ] {
        astrid.send(publish);
        let payload = astrid.receive();
        let error = error(&payload);
        assert_eq!(
            (error.error_code, error.request_id),
            (ErrorCode::new(code), request_id.map(Text::from)),
            "{payload}"
        );
        assert_is_id(error.id.unwrap());
        assert!(error.error_message.is_some_and(|text| !text.is_empty()));
        let line = server.terminal.wait_for("  rejected  ");
        assert!(line.contains(&format!("astrid            rejected      {code} ")), "{line}");
        assert!(request_id.is_none_or(|id| line.contains(&format!("request {id}"))), "{line}");
    }
    for (publish, id) in [
        (r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej"}"#, None),
        (
            r#"{"Action":"DELETE_MESSAGE","RequestId":"r-2","Id":"Kq83hZpLw0Xc"}"#,
            Some("Kq83hZpLw0Xc"),
        ),
        (r#"{"Action":"DISCONNECT_USER","RequestId":"r-3","UserId":"astrid"}"#, None),
    ] {
        cleo.send(publish);
        let payload = cleo.receive();
        assert_eq!(error(&payload).error_code, ErrorCode::FORBIDDEN);
        assert_eq!(error(&payload).id.filter(|_| id.is_some()), id.map(Text::from));
    }
    // Other clients received nothing.
    astrid.send(&longest);
    assert_eq!(message(&cleo.receive()).content.chars().count(), 500);
    assert_eq!(message(&astrid.receive()).content.chars().count(), 500);
}

#[test]
fn rate_limits() {
    for (arguments, is_limited) in [
        (&[][..], true),
        (&["--rate", "0", "--messages-per-second", "3"], true),
        (&["--rate", "0", "--messages-per-second", "0"], false),
    ] {
        let mut server = MockRoom::open(arguments);
        let mut astrid = server.enter(ASTRID);
        for number in 0..200 {
            astrid.send(&format!(
                r#"{{"Action":"SEND_MESSAGE","RequestId":"r-{number}","Content":"hej"}}"#
            ));
        }
        // The rejected ones depend on timing.
        let is_rejected = |number: u32| {
            let payload = astrid.receive();
            if matches!(Subscribe::decode_str(&payload), Ok(Subscribe::Message(_))) {
                return false;
            }
            assert_eq!(error(&payload).error_code, ErrorCode::TOO_MANY_REQUESTS);
            assert_eq!(error(&payload).request_id.unwrap(), *format!("r-{number}"));
            true
        };
        assert_eq!((0..200).any(is_rejected), is_limited);
    }
}

// Ends of connections.

#[test]
fn session_end() {
    for (arguments, token) in [
        (&["--expire-after", "1"][..], ASTRID),
        (&[], "lobby.astrid.send.1"),
        (&["--expire-after", "9999"], "lobby.astrid.send.1"),
    ] {
        let mut server = MockRoom::open(arguments);
        let mut astrid = server.enter(token);
        let payload = astrid.receive();
        let error = error(&payload);
        assert_eq!((error.error_code, error.request_id), (ErrorCode::UNAUTHORIZED, None));
        assert_eq!(error.error_message, Some("connection expired".into()));
        let (code, reason) = astrid.wait_for_close().unwrap();
        assert_eq!(code, 1000);
        let CloseReason::Error { error_code, .. } = CloseReason::parse(&reason) else {
            panic!("{reason}")
        };
        assert_eq!(error_code, Some(ErrorCode::UNAUTHORIZED));
        server.terminal.wait_for("astrid            closed        with 1000: ");
    }
}

#[test]
fn session_end_with_close_frame() {
    in_parallel(
        [
            ("1001", Some(1001), Some("")),
            ("no-error,4401", Some(4401), Some("")),
            ("1008:expired", Some(1008), Some("connection expired")),
            (
                "1000:json",
                Some(1000),
                Some(r#"{"ErrorMessage":"session expired","ErrorCode":401}"#),
            ),
            ("3000:code", Some(3000), Some(r#"{"ErrorCode":401,"ErrorMessage":"Unauthorized"}"#)),
            (
                "1011:string",
                Some(1011),
                Some(r#"{"ErrorCode":"401","ErrorMessage":"Unauthorized"}"#),
            ),
            ("no-error,1012:cut", Some(1012), Some(r#"{"ErrorMessage":"session expir"#)),
            ("4001:other", Some(4001), None),
            ("1000:long", Some(1000), None),
            ("no-code", None, None),
            ("no-error,no-code", None, None),
        ],
        |(kind, code, reason): (&str, Option<u16>, Option<&str>)| {
            let mut server = MockRoom::open(&["--session-end", kind]);
            let mut astrid = server.enter("lobby.astrid.send.1");
            if !kind.starts_with("no-error,") {
                assert_eq!(error(&astrid.receive()).error_code, ErrorCode::UNAUTHORIZED, "{kind}");
            }
            let Ok(Frame::Close(frame)) = astrid.0.read() else { panic!("{kind}") };
            assert_eq!(frame.as_ref().map(|frame| frame.code.into()), code, "{kind}");
            let found = frame.map(|frame| frame.reason.as_str().to_owned()).unwrap_or_default();
            match kind {
                "1000:long" => assert_eq!((found.len(), &found[..1]), (123, "{")),
                "4001:other" => assert!(!found.is_empty() && !found.contains("expire"), "{found}"),
                _ => assert_eq!(found, reason.unwrap_or(""), "{kind}"),
            }
            let with = code.map_or("without a code".into(), |code| format!("with {code}:"));
            server.terminal.wait_for(&format!("astrid            closed        {with}"));
        },
    );
}

#[test]
fn session_end_without_close_frame() {
    for (kind, has_error) in [("abort", true), ("no-error,abort", false)] {
        let mut server = MockRoom::open(&["--session-end", kind]);
        // Ten connections, because the error could be lost in a race.
        for mut astrid in [(); 10].map(|()| server.enter("lobby.astrid.send.1")) {
            if has_error {
                assert_eq!(error(&astrid.receive()).error_code, ErrorCode::UNAUTHORIZED);
            }
            assert_eq!(astrid.wait_for_close(), None, "{kind}");
            server.terminal.wait_for("astrid            aborted       by the room");
        }
    }
    in_parallel(
        [
            ("open", true, true),
            ("no-error,open", false, true),
            ("silence", true, false),
            ("no-error,silence", false, false),
        ],
        |(kind, has_error, is_answered)| {
            let mut server = MockRoom::open(&["--session-end", kind]);
            let (mut astrid, mut birk) = (server.enter("lobby.astrid.send.1"), server.enter(BIRK));
            if has_error {
                assert_eq!(error(&astrid.receive()).error_code, ErrorCode::UNAUTHORIZED);
            }
            thread::sleep(Duration::from_millis(1_200));
            birk.send(r#"{"Action":"SEND_MESSAGE","Content":"who is there?"}"#);
            birk.receive();
            astrid.send(r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej"}"#);
            if is_answered {
                let payload = astrid.receive();
                assert_eq!(
                    (error(&payload).error_code, error(&payload).request_id),
                    (401.into(), Some("r-1".into()))
                );
            }
            assert!(astrid.ping(), "{kind}");
        },
    );
}

#[test]
fn silent_after() {
    in_parallel(
        [("2", true, true), ("2:in", true, false), ("2:out", false, true)],
        |(after, loses_received, loses_sent)| {
            let mut server = MockRoom::open(&["--silent-after", after]);
            let mut astrid = server.enter("lobby.astrid.send.4");
            assert!(astrid.ping());
            server.terminal.wait_for("astrid            link failed   ");
            // This link is younger and has not failed.
            let mut birk = server.enter(BIRK);
            birk.send(r#"{"Action":"SEND_MESSAGE","Content":"hello?"}"#);
            birk.receive();
            if !loses_sent {
                assert_eq!(message(&astrid.receive()).content, "hello?");
            }
            astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"hej"}"#);
            if !loses_received {
                assert_eq!(message(&birk.receive()).content, "hej");
            }
            assert!(birk.ping());
            // Neither a pong nor anything else is received.
            assert!(!astrid.ping(), "{after}");
            // The client learns of the end of the session only if data to it is not lost.
            server.terminal.wait_for("astrid            closed        with 1000: ");
            if loses_sent {
                thread::sleep(Duration::from_secs(3));
                assert!(!astrid.ping(), "{after}");
            } else {
                astrid.0.get_mut().set_read_timeout(Some(TIMEOUT)).unwrap();
                assert_eq!(error(&astrid.receive()).error_code, ErrorCode::UNAUTHORIZED);
                assert!(matches!(astrid.0.read(), Ok(Frame::Close(Some(_)))));
            }
        },
    );
}

#[test]
fn failed_link_is_released_with_its_client() {
    for direction in ["in", "out", "both"] {
        let mut server =
            MockRoom::open(&["--silent-after", &format!("0:{direction}"), "--connections", "1"]);
        let astrid = server.enter(ASTRID);
        server.terminal.wait_for("  link failed  ");
        drop(astrid);
        server.terminal.wait_for("astrid            lost");
        // After the end of the session, the stream is still open.
        let astrid = server.enter("lobby.astrid.none.1");
        server.terminal.wait_for("  closed  ");
        drop(astrid);
        while !server.accepts_a_connection() {}
    }
}

#[test]
fn drop_every() {
    let mut server = MockRoom::open(&["--drop-every", "3"]);
    let mut cleo = server.enter(CLEO);
    for round in 1..=2 {
        let mut astrid = server.enter(ASTRID);
        for _ in 0..2 {
            astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"hej"}"#);
            assert_eq!(astrid.receive(), cleo.receive());
        }
        astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"lost"}"#);
        assert_eq!(astrid.wait_for_close(), None);
        server
            .terminal
            .wait_for(&format!("astrid            aborted       at publish {}", 3 * round));
    }
}

#[test]
fn client_that_does_not_read_is_aborted() {
    let mut server = MockRoom::open(&["--rate", "0", "--messages-per-second", "0"]);
    let (mut astrid, mut birk, _cleo) =
        (server.enter(ASTRID), server.enter(BIRK), server.enter(CLEO));
    let filling = "x".repeat(15 << 10);
    // More data than the buffers of the system and of the server hold.
    for number in 0..3_000 {
        astrid.send(&format!(
            r#"{{"Action":"SEND_MESSAGE","Content":"{number}","Attributes":{{"a":"{filling}"}}}}"#
        ));
        let payload = astrid.receive();
        assert_eq!(message(&payload).content, *number.to_string());
        assert_eq!(birk.receive(), payload);
    }
    server.terminal.wait_for(
        "cleo              aborted       the client does not read; more than 4 MiB are queued",
    );
}

/// Each client sends all its messages at once, and reads all payloads.
#[test]
fn burst_aborts_no_client_that_reads() {
    for (connections, messages, attribute) in [(100, 10, 0), (40, 4, 15 << 10)] {
        let server = MockRoom::open(&["--rate", "0", "--messages-per-second", "0"]);
        let pace = Pace::Every(Duration::ZERO);
        let load = Load { connections, rooms: 1, messages, attribute, pace };
        println!("{}", load.run(server.addr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn unread_responses_take_little_memory() {
    // The error repeats the RequestId.
    let length = 15_000;
    let mut request = vec![0x81, 0xfe];
    request.extend([0x3a, 0x98, 0, 0, 0, 0]);
    let start = br#"{"Action":"SEND_MESSAGE","Content":"","RequestId":""#;
    request.extend(start);
    request.resize(8 + length - 2, b'x');
    request.extend(br#""}"#);
    for (name, frames) in [("pings", flood::pings(true)), ("requests", request)] {
        let mut server = MockRoom::open(&[]);
        let (mut astrid, mut birk) = (server.enter(ASTRID), server.enter(BIRK));
        let before = server.terminal.peak_memory();
        flood::send_without_reading(astrid.0.get_mut(), &frames);
        birk.send(r#"{"Action":"SEND_MESSAGE","Content":"still there?"}"#);
        assert_eq!(message(&birk.receive()).content, "still there?");
        let grown = server.terminal.peak_memory() - before;
        println!("{} KiB of {name} cost {} KiB", flood::FLOOD >> 10, grown >> 10);
        assert!(grown < flood::MARGIN, "{grown} bytes");
    }
}

#[test]
fn binary_and_too_long_messages() {
    let mut server = MockRoom::open(&[]);
    let mut astrid = server.enter(ASTRID);
    astrid.0.send(Frame::binary(&b"{}"[..])).unwrap();
    assert_eq!(astrid.wait_for_close().unwrap().0, 1003);
    server.terminal.wait_for("astrid            closed        with 1003");
    let mut astrid = server.enter(ASTRID);
    astrid.send(&"x".repeat((64 << 10) + 1));
    assert_eq!(astrid.wait_for_close().unwrap().0, 1009);
    server.terminal.wait_for("astrid            closed        with 1009");
}

#[test]
fn protocol_violations() {
    let mut server = MockRoom::open(&[]);
    for (frame, code) in [
        // A reserved bit, a reserved opcode, a continuation without a start, a ping that is too
        // long, and a fragmented ping.
        (&[0xc1, 0x80, 0, 0, 0, 0][..], 1002),
        (&[0x83, 0x80, 0, 0, 0, 0], 1002),
        (&[0x80, 0x80, 0, 0, 0, 0], 1002),
        (&[&[0x89, 0xfe, 0, 126, 0, 0, 0, 0], &[0; 126][..]].concat(), 1002),
        (&[0x09, 0x80, 0, 0, 0, 0], 1002),
        // Not masked.
        (&[0x81, 0x02, b'{', b'}'], 1002),
        // Not UTF-8.
        (&[0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28], 1007),
    ] {
        let mut astrid = server.enter(ASTRID);
        astrid.0.get_mut().write_all(frame).unwrap();
        assert_eq!(astrid.wait_for_close().map(|(code, _)| code), Some(code), "{frame:x?}");
        server.terminal.wait_for(&format!("astrid            closed        with {code}: "));
    }
}

#[test]
fn rate_limit_precedes_review() {
    let mut server = MockRoom::open(&["--forbid", "rude"]);
    let (mut astrid, mut birk) = (server.enter(ASTRID), server.enter(BIRK));
    // The room accepts 10 messages per second from all clients together.
    let clients = [&mut astrid, &mut birk].map(|client| {
        for _ in 0..8 {
            client.send(r#"{"Action":"SEND_MESSAGE","Content":"rude"}"#);
        }
        client
    });
    let mut codes: Vec<_> = clients
        .into_iter()
        .flat_map(|client| [(); 8].map(|()| error(&client.receive()).error_code.as_u16()))
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [[406; 10].as_slice(), &[429; 6]].concat());
}

#[test]
fn client_closes() {
    let mut server = MockRoom::open(&[]);
    let mut astrid = server.enter(ASTRID);
    let frame = CloseFrame { code: 1000.into(), reason: "".into() };
    astrid.0.close(Some(frame)).unwrap();
    assert!(matches!(astrid.0.read(), Ok(Frame::Close(_))));
    server.terminal.wait_for("astrid            left          with 1000");
    drop(server.enter(BIRK));
    server.terminal.wait_for("birk              lost");
}

#[test]
fn rooms_stay_open_until_quit() {
    let mut server = MockRoom::open(&[]);
    let mut astrid = server.enter(ASTRID);
    server.terminal.type_line("quit");
    assert_eq!(astrid.wait_for_close(), Some((1001, "the room is closed".into())));
    assert_eq!(server.terminal.wait().0, Some(0));

    let mut server = MockRoom::open(&[]);
    server.terminal.end_input();
    let mut astrid = server.enter(ASTRID);
    astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"still there?"}"#);
    astrid.receive();
    drop(server);
    assert_eq!(astrid.wait_for_close(), None);
}

// With `chat`.

#[test]
fn two_chats() {
    let mut server = MockRoom::open(&["--forbid", "rude"]);
    let (mut astrid, mut birk) = (server.chat(ASTRID), server.chat(BIRK));
    astrid.type_line("héllo 🌞");
    let line = birk.wait_for("astrid            héllo 🌞");
    assert_eq!(astrid.wait_for("héllo"), line);
    let id = line.split_whitespace().nth(1).unwrap();
    birk.type_line("how rude");
    birk.wait_for("!  rejected          how rude");
    birk.wait_for("406 Not Acceptable");
    birk.type_line(&format!("/delete {id}"));
    birk.wait_for("403 Forbidden");
    astrid.type_line(&format!("/delete {id} a typo"));
    birk.wait_for(&format!("-  deleted           message {id}: a typo"));
    server.terminal.type_line("event poll question=Why?");
    birk.wait_for("*  poll");
    birk.wait_for("question: Why?");
    astrid.type_line("/disconnect birk too loud");
    birk.wait_for("-  disconnected      user birk: too loud");
    let (status, output) = birk.wait();
    assert_eq!(status, Some(1));
    assert!(output.contains("closed with 1000: too loud"), "{output}");
    astrid.wait_for("-  disconnected      user birk: too loud");
    astrid.type_line("/quit");
    assert_eq!(astrid.wait().0, Some(0));
    server.terminal.wait_for("astrid            left          with 1000");
}

#[test]
fn chat_with_expiring_session() {
    let server = MockRoom::open(&["--expire-after", "2"]);
    let mut astrid = server.chat(ASTRID);
    astrid.wait_for("“connection expired”");
    astrid.wait_for("closed with 1000: 401 Unauthorized: session expired");
    astrid.wait_for("gap               messages may have been missed");
    astrid.type_line("still there?");
    astrid.wait_for("astrid            still there?");
    astrid.type_line("/quit");
    assert_eq!(astrid.wait().0, Some(0));
}

#[test]
fn chat_with_aborted_connection() {
    let server = MockRoom::open(&["--drop-every", "2"]);
    let mut astrid = server.chat(ASTRID);
    astrid.type_line("hej");
    astrid.wait_for("astrid            hej");
    astrid.type_line("lost");
    astrid.wait_for("!  unknown           lost");
    astrid.wait_for("gap               messages may have been missed");
    astrid.type_line("still there?");
    astrid.wait_for("astrid            still there?");
    astrid.type_line("/quit");
    assert_eq!(astrid.wait().0, Some(0));
}

// Output and command line.

#[test]
fn payloads_cannot_control_the_terminal() {
    let mut server = MockRoom::open(&["--rate", "0"]);
    let mut astrid = server.enter(ASTRID);
    let escaped = r"a\u001b[2J\u009b2J\u202e\u2066\u0007\r\n\t\u2028\u0085\u0000\u007f\u200bz";
    for template in [
        r#"{"Action":"SEND_MESSAGE","RequestId":"@","Content":"@","Attributes":{"@":"@"}}"#,
        r#"{"Action":"DELETE_MESSAGE","RequestId":"@","Id":"@","Reason":"@"}"#,
        r#"{"Action":"DISCONNECT_USER","RequestId":"@","UserId":"@","Reason":"@"}"#,
        r#"{"Action":"@","RequestId":"@"}"#,
    ] {
        astrid.send(&template.replace('@', escaped));
    }
    astrid.send("\u{1b}[2J\u{9b}2J\u{202e}\n");
    astrid.send(r#"{"Action":"DISCONNECT_USER","UserId":"astrid","Reason":"@"}"#.replace('@', escaped).as_str());
    server.terminal.wait_for("  closed  ");
    server.terminal.type_line("quit");
    let (_, output) = server.terminal.wait();
    let visible = r"a\u{1b}[2J\u{9b}2J\u{202e}\u{2066}\u{7}\r⏎\t\u{2028}\u{85}\u{0}\u{7f}\u{200b}z";
    assert_eq!(output.matches(visible).count(), 7, "{output}");
    assert!(output.contains(r"400 Bad Request: unexpected byte, at byte 0 · "), "{output}");
    let is_control = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2066}')
    };
    assert_eq!(output.chars().find(|&character| character != '\n' && is_control(character)), None);
}

#[test]
fn output_need_not_be_read() {
    let filling = "x".repeat(400);
    // The output is closed after the first line, or open and not read.
    for is_closed in [true, false] {
        let mut command = Command::new(MOCK_ROOM);
        command.args(["--addr", "127.0.0.1:0", "--rate", "0", "--messages-per-second", "0"]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut url = String::new();
        output.read_line(&mut url).unwrap();
        let addr = url.trim().strip_prefix("ws://").unwrap().parse().unwrap();
        let output = (!is_closed).then_some(output);
        let mut astrid = connect(addr, Some(ASTRID)).unwrap();
        // The lines have 2 MiB, which is more than the pipe and the queue hold.
        for number in 0..5_000 {
            astrid.send(&format!(r#"{{"Action":"SEND_MESSAGE","Content":"{number} {filling}"}}"#));
            assert!(
                message(&astrid.receive()).content.to_string().starts_with(&number.to_string())
            );
        }
        let mut input = process.stdin.take().unwrap();
        if let Some(output) = output {
            // When the queue has space again, the number of dropped lines is printed.
            let (sender, lines) = mpsc::channel();
            thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
            let mut printed = 0;
            let missing: usize = loop {
                match lines.recv_timeout(Duration::from_millis(100)) {
                    Ok(line) => match line.strip_suffix(" lines were not printed") {
                        Some(count) => break count.strip_prefix("! ").unwrap().parse().unwrap(),
                        None => printed += usize::from(line.contains("  message  ")),
                    },
                    Err(_) => writeln!(input, "dance").unwrap(),
                }
            };
            assert_eq!(printed + missing, 5_000);
        }
        writeln!(input, "quit").unwrap();
        assert_eq!(astrid.wait_for_close(), Some((1001, "the room is closed".into())));
        assert_eq!(process.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn quiet() {
    let mut server = MockRoom::open(&["--quiet"]);
    let mut astrid = server.connect(Some(ASTRID)).unwrap();
    astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"hej"}"#);
    astrid.receive();
    server.terminal.type_line("quit");
    let (status, output) = server.terminal.wait();
    assert_eq!((status, output.lines().count()), (Some(0), 5), "{output}");
}

#[test]
fn command_line() {
    let (status, help) = Terminal::start(MOCK_ROOM, &["--help"]).wait();
    assert_eq!(status, Some(0));
    assert_eq!(help, include_str!("../src/bin/mock_room/usage.txt"));
    for (arguments, error) in [
        (&["--addr", "localhost"][..], "--addr requires an IP address and a port"),
        (&["--addr"], "--addr requires an IP address and a port"),
        (&["--connections", "many"], "--connections requires a number from 0 to 65535"),
        (&["--expire-after", "0"], "--expire-after requires a number of seconds"),
        (&["--drop-every", "0"], "--drop-every requires a number of at least 1"),
        (&["--refuse", "200"], "--refuse requires an HTTP status from 400 to 599"),
        (&["--refuse", "503:0"], "--refuse requires an HTTP status from 400 to 599"),
        (&["--retry-after", "soon"], "--retry-after requires a number of seconds"),
        (&["--retry-after", "5"], "--retry-after requires --refuse 429 or --refuse 503"),
        (
            &["--refuse", "403", "--retry-after", "5"],
            "--retry-after requires --refuse 429 or --refuse 503",
        ),
        (&["--session-end"], "--session-end requires a KIND"),
        (&["--session-end", "bang"], "--session-end requires a KIND"),
        (&["--session-end", "1000:because"], "--session-end requires a KIND"),
        (&["--session-end", "1006"], "--session-end requires a KIND"),
        (&["--session-end", "no-error"], "--session-end requires a KIND"),
        (&["--kick-close", "999"], "--kick-close requires a close code or \"none\""),
        (&["--kick-close", "5000"], "--kick-close requires a close code or \"none\""),
        (&["--duplicate", "0"], "--duplicate requires a number of at least 1"),
        (&["--silent-after", "x"], "--silent-after requires SECONDS[:in|out|both]"),
        (&["--silent-after", "1:up"], "--silent-after requires SECONDS[:in|out|both]"),
        (&["--forbid", ""], "--forbid requires a word"),
        (&["--rate", "11"], "--rate requires a number from 0 to 10"),
        (
            &["--messages-per-second", "101"],
            "--messages-per-second requires a number from 0 to 100",
        ),
        (&["--loud"], "unknown option \"--loud\""),
        (&["lobby"], "unknown option \"lobby\""),
    ] {
        let (status, output) = Terminal::start(MOCK_ROOM, arguments).wait();
        assert_eq!(status, Some(2), "{output}");
        assert!(output.starts_with(&format!("mock_room: {error}")), "{output}");
        assert!(output.contains("\nUsage: mock_room "), "{output}");
    }
    let taken = MockRoom::open(&[]);
    let (status, output) = Terminal::start(MOCK_ROOM, &["--addr", &taken.addr.to_string()]).wait();
    assert_eq!(status, Some(1));
    assert!(output.starts_with("mock_room: "), "{output}");
}

// Load.

/// Prints throughput and delays, and asserts that nothing is lost. Run it with `cargo test
/// --release -p ivs-chat-tools --test mock_room -- --ignored --nocapture`.
#[test]
#[ignore = "takes half a minute and two cores"]
fn load_test() {
    for (rooms, messages, pace) in [
        // 10,000 deliveries per second.
        (1, 10, Pace::Every(Duration::from_secs(1))),
        // 10,000 publishes per second.
        (50, 1_000, Pace::Every(Duration::from_millis(10))),
        (1, 100, Pace::MaxPending(1)),
        (50, 1_000, Pace::MaxPending(4)),
    ] {
        let mut server = MockRoom::open(&["--quiet", "--rate", "0", "--messages-per-second", "0"]);
        let load = Load { connections: 100, rooms, messages, attribute: 0, pace };
        println!("{}", load.run(server.addr));
        server.terminal.type_line("quit");
        assert_eq!(server.terminal.wait().0, Some(0));
    }
}
