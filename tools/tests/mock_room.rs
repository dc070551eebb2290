//! The `mock_room` example as clients see it: as a process, with real sockets; and with the `chat`
//! example.

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
use terminal::{PATIENCE, Terminal};

const ASTRID: &str = "lobby.astrid.send-delete-disconnect.3600";
const BIRK: &str = "lobby.birk.send.3600";
const CLEO: &str = "lobby.cleo.none.3600";
const DAG: &str = "attic.dag.send-delete.60";

static MOCK_ROOM: &str = env!("CARGO_BIN_EXE_mock_room");
static CHAT: &str = env!("CARGO_BIN_EXE_chat");

/// The example at work.
struct Rooms {
    terminal: Terminal,
    addr: SocketAddr,
}

impl Rooms {
    fn open(arguments: &[&str]) -> Self {
        let mut terminal =
            Terminal::start(MOCK_ROOM, &[&["--addr", "127.0.0.1:0"], arguments].concat());
        let url = terminal.see("");
        let addr = url.strip_prefix("ws://").unwrap().parse().unwrap();
        Self { terminal, addr }
    }

    fn url(&self) -> String {
        format!("ws://{}", self.addr)
    }

    /// Or the status that refuses it.
    fn connect(&self, token: Option<&str>) -> Result<Client, u16> {
        connect(self.addr, token)
    }

    /// Whether a connection that says nothing is kept, for the time being.
    fn holds_a_connection(&self) -> bool {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        matches!(stream.peek(&mut [0]), Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    /// The connection of somebody who is let in.
    fn enter(&mut self, token: &str) -> Client {
        let client = self.connect(Some(token)).unwrap();
        // The handshake is answered before the room knows.
        self.terminal.see("  connected  ");
        client
    }

    fn chat(&self, token: &str) -> Terminal {
        let mut chat = Terminal::start(CHAT, &[&self.url(), token]);
        chat.see("connected");
        chat
    }
}

/// Connects, or returns the status that refuses it.
fn connect(addr: SocketAddr, token: Option<&str>) -> Result<Client, u16> {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
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

/// A client that speaks the protocol to the letter, and to no purpose.
struct Client(WebSocket<TcpStream>);

impl Client {
    fn send(&mut self, payload: &str) {
        self.0.send(Frame::text(payload)).unwrap();
    }

    /// The next payload.
    fn see(&mut self) -> String {
        match self.0.read().unwrap() {
            Frame::Text(payload) => payload.as_str().into(),
            other => panic!("{other:?}"),
        }
    }

    /// Whether the next that comes is the answer to a ping. If nothing comes within half a second,
    /// it is not.
    fn is_ponged(&mut self) -> bool {
        self.0.send(Frame::Ping("are you there?".into())).unwrap();
        self.0.get_mut().set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let next = self.0.read();
        self.0.get_mut().set_read_timeout(Some(PATIENCE)).unwrap();
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

    /// How the connection ends now: with a frame, or without.
    fn end(&mut self) -> Option<(u16, String)> {
        let frame = match self.0.read() {
            Ok(Frame::Close(frame)) => frame,
            Err(Error::Io(_) | Error::Protocol(_)) => return None,
            other => panic!("{other:?}"),
        };
        // Once the answer is written, there is nothing more.
        assert!(matches!(self.0.read(), Err(Error::ConnectionClosed)));
        let CloseFrame { code, reason } = frame.unwrap();
        Some((code.into(), reason.as_str().into()))
    }
}

/// Tests several cases at once, most of whose time is waiting.
fn at_once<T: Copy + Send, const N: usize>(cases: [T; N], test: impl Fn(T) + Copy + Send) {
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

// Who is let in.

#[test]
fn the_tokens_that_are_printed_are_good() {
    let mut rooms = Rooms::open(&[]);
    for token in [ASTRID, BIRK, CLEO, DAG] {
        let line = rooms.terminal.see(token);
        let user = token.split('.').nth(1).unwrap();
        assert_eq!(line.split_whitespace().take(2).collect::<Vec<_>>(), [user, token]);
        // It can be used again, and by several at once.
        let clients = [rooms.connect(Some(token)), rooms.connect(Some(token))];
        assert!(clients.iter().all(Result::is_ok));
    }
}

#[test]
fn what_is_not_a_token_is_answered_with_401() {
    let mut rooms = Rooms::open(&[]);
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
        assert_eq!(rooms.connect(Some(token)).err(), Some(401), "{token}");
        rooms.terminal.see("401 Unauthorized: the token is not ROOM.USER.CAPABILITIES.SECONDS");
    }
    assert_eq!(rooms.connect(None).err(), Some(401));
    rooms.terminal.see("401 Unauthorized: there is no token");
    // All that can stand in one.
    rooms.enter("!#$%&'*+-^_`|~.Az09.disconnect-send-delete.10800");
}

#[test]
fn handshakes_that_are_refused() {
    let mut rooms = Rooms::open(&["--refuse", "503"]);
    for _ in 0..3 {
        assert_eq!(rooms.connect(Some(ASTRID)).err(), Some(503));
        rooms.terminal.see("503 Service Unavailable: by --refuse");
    }
    let rooms = Rooms::open(&["--refuse", "429:3"]);
    let refused = (0..6).map(|_| rooms.connect(Some(ASTRID)).err());
    assert!(refused.eq([None, None, Some(429), None, None, Some(429)]));
}

#[test]
fn a_refusal_says_when_to_retry() {
    for (arguments, token, status, expected) in [
        (&["--refuse", "503", "--retry-after", "30"][..], ASTRID, 503, Some("30")),
        (&["--refuse", "429", "--retry-after", "0"], ASTRID, 429, Some("0")),
        (&["--refuse", "503"], ASTRID, 503, None),
        // A token that is not good is another matter.
        (&["--refuse", "503:2", "--retry-after", "30"], "lobby", 401, None),
    ] {
        let rooms = Rooms::open(arguments);
        let mut request = rooms.url().into_client_request().unwrap();
        request.headers_mut().insert(Token::HEADER_NAME, HeaderValue::from_static(token));
        let answer = tungstenite::client(request, TcpStream::connect(rooms.addr).unwrap());
        let Err(HandshakeError::Failure(Error::Http(answer))) = answer else {
            panic!("{arguments:?}")
        };
        let retry_after =
            answer.headers().get("Retry-After").map(|seconds| seconds.to_str().unwrap());
        assert_eq!((answer.status().as_u16(), retry_after), (status, expected), "{arguments:?}");
    }
}

#[test]
fn there_are_only_so_many_connections() {
    let mut rooms = Rooms::open(&["--connections", "2"]);
    let mut astrid = rooms.enter(ASTRID);
    let silent = TcpStream::connect(rooms.addr).unwrap();
    let mut third = TcpStream::connect(rooms.addr).unwrap();
    rooms.terminal.see("there are 2 connections");
    assert_eq!(third.read(&mut [0]).unwrap_or(0), 0);
    drop(silent);
    rooms.terminal.see("  not opened  ");
    astrid.0.close(None).unwrap();
    rooms.terminal.see("  left");
    // There may be a moment in between.
    while !rooms.holds_a_connection() {}
}

#[test]
fn a_handshake_that_is_not_finished() {
    let mut rooms = Rooms::open(&[]);
    let mut silent = TcpStream::connect(rooms.addr).unwrap();
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    rooms.terminal.see("the handshake takes too long");
}

#[test]
fn a_request_that_is_not_a_websocket_handshake() {
    let mut rooms = Rooms::open(&[]);
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
        let mut stream = TcpStream::connect(rooms.addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer:?}");
        assert_eq!(answer.contains("\r\nUpgrade: websocket\r\n"), status == 426, "{answer:?}");
        rooms.terminal.see(&format!(
            "not opened    127.0.0.1:{}: {status} ",
            stream.local_addr().unwrap().port()
        ));
    }
}

// What is done.

#[test]
fn a_message_goes_to_all_in_its_room() {
    let mut rooms = Rooms::open(&[]);
    let (mut astrid, mut cleo, mut dag) =
        (rooms.enter(ASTRID), rooms.enter(CLEO), rooms.enter(DAG));
    astrid.send(
        r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"h\u00e9j 🌞","Attributes":{"b":"{\"x\":1}","a":"\u003c"}}"#,
    );
    let payload = astrid.see();
    assert_eq!(cleo.see(), payload);
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
    rooms
        .terminal
        .see(&format!("  lobby       astrid            message       {}  héj 🌞", received.id));
    // In the other room they speak of other things.
    dag.send(r#"{"Action":"SEND_MESSAGE","Content":"dust"}"#);
    let payload = dag.see();
    assert_eq!(
        (message(&payload).content.to_string(), message(&payload).request_id),
        ("dust".into(), None)
    );
}

#[test]
fn a_publish_may_have_its_keys_in_any_case() {
    let mut rooms = Rooms::open(&[]);
    let mut astrid = rooms.enter(ASTRID);
    astrid.send(r#"{"action":"SEND_MESSAGE","requestid":"r-1","CONTENT":"hej","attributes":null,"More":[1]}"#);
    let payload = astrid.see();
    assert_eq!(
        (message(&payload).content, message(&payload).request_id),
        ("hej".into(), Some("r-1".into()))
    );
}

#[test]
fn a_message_is_deleted() {
    let mut rooms = Rooms::open(&[]);
    let (mut astrid, mut cleo) = (rooms.enter(ASTRID), rooms.enter(CLEO));
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
    let payload = astrid.see();
    deletion(&payload, Some("r-1"), "off topic");
    assert_eq!(cleo.see(), payload);
    rooms.terminal.see("deleted       Kq83hZpLw0Xc: off topic");
    rooms.terminal.write("  delete Kq83hZpLw0Xc as  typed ");
    let payload = astrid.see();
    deletion(&payload, None, "as  typed");
    assert_eq!(cleo.see(), payload);
    rooms.terminal.see("deleted       Kq83hZpLw0Xc: as  typed");
}

#[test]
fn a_user_is_disconnected() {
    let mut rooms = Rooms::open(&[]);
    let mut astrid = rooms.enter(ASTRID);
    let (mut birk, mut birk_too) = (rooms.enter(BIRK), rooms.enter(BIRK));
    astrid.send(
        r#"{"Action":"DISCONNECT_USER","RequestId":"r-1","UserId":"birk","Reason":"too loud"}"#,
    );
    for client in [&mut astrid, &mut birk, &mut birk_too] {
        let payload = client.see();
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
        assert_eq!(client.end(), Some((1000, "too loud".into())));
        rooms.terminal.see("birk              closed        with 1000: too loud");
    }
    rooms.terminal.write("disconnect astrid");
    assert!(matches!(event(&astrid.see()).kind(), EventKind::DisconnectedUser { .. }));
    assert_eq!(astrid.end().unwrap().0, 1000);
}

#[test]
fn a_user_is_disconnected_with_another_code() {
    let mut rooms = Rooms::open(&["--kick-close", "1001"]);
    let mut birk = rooms.enter(BIRK);
    rooms.terminal.write("disconnect birk too loud");
    assert_eq!(event(&birk.see()).event_name, "aws:DISCONNECT_USER");
    assert_eq!(birk.end(), Some((1001, "too loud".into())));

    let mut rooms = Rooms::open(&["--kick-close", "none"]);
    let (mut astrid, mut birk) = (rooms.enter(ASTRID), rooms.enter(BIRK));
    astrid.send(r#"{"Action":"DISCONNECT_USER","UserId":"birk"}"#);
    assert_eq!(event(&astrid.see()).event_name, "aws:DISCONNECT_USER");
    assert_eq!(event(&birk.see()).event_name, "aws:DISCONNECT_USER");
    birk.send(r#"{"Action":"SEND_MESSAGE","Content":"still there?"}"#);
    astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"peace"}"#);
    assert_eq!(message(&astrid.see()).content, "peace");
    // The connection is open, but has been told nothing else.
    assert!(birk.is_ponged());
}

#[test]
fn members_come_in_a_random_order() {
    let mut rooms = Rooms::open(&["--shuffle", "--rate", "0", "--messages-per-second", "0"]);
    let (mut astrid, mut birk) = (rooms.enter(ASTRID), rooms.enter(BIRK));
    let mut starts = BTreeSet::new();
    for number in 0..50 {
        astrid.send(&format!(
            r#"{{"Action":"SEND_MESSAGE","RequestId":"r-{number}","Content":"hej"}}"#
        ));
        let payload = astrid.see();
        assert_eq!(birk.see(), payload);
        assert_eq!(message(&payload).request_id, Some(Text::from(&*format!("r-{number}"))));
        assert_eq!(message(&payload).sender.attributes.get("name"), Some("astrid".into()));
        starts.insert(payload[..4].to_owned());
        rooms.terminal.see("  message  ");
    }
    // Each of the seven members comes first now and then; some begin with the same letters.
    assert!(starts.len() > 4, "{starts:?}");
}

#[test]
fn every_third_payload_comes_twice() {
    let mut rooms = Rooms::open(&["--duplicate", "3"]);
    let (mut astrid, mut birk) = (rooms.enter(ASTRID), rooms.enter(BIRK));
    for number in 1..=4 {
        astrid.send(&format!(r#"{{"Action":"SEND_MESSAGE","Content":"{number}"}}"#));
        rooms.terminal.see("  message  ");
    }
    for client in [&mut astrid, &mut birk] {
        let payloads: Vec<_> = (0..5).map(|_| client.see()).collect();
        let contents: Vec<_> =
            payloads.iter().map(|payload| message(payload).content.to_string()).collect();
        assert_eq!(contents, ["1", "2", "3", "3", "4"]);
        assert_eq!(payloads[2], payloads[3]);
    }
    // Errors are counted, too.
    birk.send("{}");
    assert_eq!(error(&birk.see()).error_code, ErrorCode::BAD_REQUEST);
    birk.send("{}");
    let payload = birk.see();
    assert_eq!(birk.see(), payload);
    assert!(birk.is_ponged());
}

#[test]
fn an_event_of_the_application() {
    let mut rooms = Rooms::open(&[]);
    let (mut astrid, mut dag) = (rooms.enter(ASTRID), rooms.enter(DAG));
    rooms.terminal.write("event poll question=Why? answer=a=b");
    for client in [&mut astrid, &mut dag] {
        let payload = client.see();
        let event = event(&payload);
        assert_is_id(event.id);
        assert_eq!((event.event_name, event.request_id), ("poll".into(), None));
        let attributes: Vec<_> =
            event.attributes.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        assert_eq!(attributes, ["answer: a=b", "question: Why?"]);
    }
    rooms.terminal.write("@attic event later");
    rooms.terminal.write("@lobby event sooner");
    assert_eq!(event(&astrid.see()).event_name, "sooner");
    assert_eq!(event(&dag.see()).event_name, "later");
    for (line, complaint) in [
        ("@cellar event poll", "! there is nobody"),
        ("event", "! event needs a NAME"),
        ("event aws:DELETE_MESSAGE", "! names that begin with aws: are the service's"),
        ("event poll question", "! question is not KEY=VALUE"),
        ("delete", "! delete needs an ID"),
        ("@lobby disconnect ", "! disconnect needs an ID"),
        ("event poll \u{1b}[2J", r"! \u{1b}[2J is not KEY=VALUE"),
        ("dance", "! this is not event, delete, disconnect or quit"),
    ] {
        rooms.terminal.write(line);
        assert_eq!(rooms.terminal.see("! "), complaint);
    }
}

// What is not.

#[test]
fn each_reason_to_reject_a_publish() {
    let mut rooms = Rooms::open(&["--forbid", "rude", "--rate", "0"]);
    let (mut astrid, mut cleo) = (rooms.enter(ASTRID), rooms.enter(CLEO));
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
        let payload = astrid.see();
        let error = error(&payload);
        assert_eq!(
            (error.error_code, error.request_id),
            (ErrorCode::new(code), request_id.map(Text::from)),
            "{payload}"
        );
        assert_is_id(error.id.unwrap());
        assert!(error.error_message.is_some_and(|words| !words.is_empty()));
        let line = rooms.terminal.see("  rejected  ");
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
        let payload = cleo.see();
        assert_eq!(error(&payload).error_code, ErrorCode::FORBIDDEN);
        assert_eq!(error(&payload).id.filter(|_| id.is_some()), id.map(Text::from));
    }
    // Nobody else has been told anything.
    astrid.send(&longest);
    assert_eq!(message(&cleo.see()).content.chars().count(), 500);
    assert_eq!(message(&astrid.see()).content.chars().count(), 500);
}

#[test]
fn too_many_in_a_second() {
    for (arguments, are_too_many) in [
        (&[][..], true),
        (&["--rate", "0", "--messages-per-second", "3"], true),
        (&["--rate", "0", "--messages-per-second", "0"], false),
    ] {
        let mut rooms = Rooms::open(arguments);
        let mut astrid = rooms.enter(ASTRID);
        for number in 0..200 {
            astrid.send(&format!(
                r#"{{"Action":"SEND_MESSAGE","RequestId":"r-{number}","Content":"hej"}}"#
            ));
        }
        // Which ones, is a matter of time.
        let is_rejected = |number: u32| {
            let payload = astrid.see();
            if matches!(Subscribe::decode_str(&payload), Ok(Subscribe::Message(_))) {
                return false;
            }
            assert_eq!(error(&payload).error_code, ErrorCode::TOO_MANY_REQUESTS);
            assert_eq!(error(&payload).request_id.unwrap(), *format!("r-{number}"));
            true
        };
        assert_eq!((0..200).any(is_rejected), are_too_many);
    }
}

// How it ends.

#[test]
fn a_session_ends() {
    for (arguments, token) in [
        (&["--expire-after", "1"][..], ASTRID),
        (&[], "lobby.astrid.send.1"),
        (&["--expire-after", "9999"], "lobby.astrid.send.1"),
    ] {
        let mut rooms = Rooms::open(arguments);
        let mut astrid = rooms.enter(token);
        let payload = astrid.see();
        let error = error(&payload);
        assert_eq!((error.error_code, error.request_id), (ErrorCode::UNAUTHORIZED, None));
        assert_eq!(error.error_message, Some("connection expired".into()));
        let (code, reason) = astrid.end().unwrap();
        assert_eq!(code, 1000);
        let CloseReason::Error { error_code, .. } = CloseReason::parse(&reason) else {
            panic!("{reason}")
        };
        assert_eq!(error_code, Some(ErrorCode::UNAUTHORIZED));
        rooms.terminal.see("astrid            closed        with 1000: ");
    }
}

#[test]
fn a_session_ends_with_each_close_frame() {
    at_once(
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
            let mut rooms = Rooms::open(&["--session-end", kind]);
            let mut astrid = rooms.enter("lobby.astrid.send.1");
            if !kind.starts_with("no-error,") {
                assert_eq!(error(&astrid.see()).error_code, ErrorCode::UNAUTHORIZED, "{kind}");
            }
            let Ok(Frame::Close(frame)) = astrid.0.read() else { panic!("{kind}") };
            assert_eq!(frame.as_ref().map(|frame| frame.code.into()), code, "{kind}");
            let said = frame.map(|frame| frame.reason.as_str().to_owned()).unwrap_or_default();
            match kind {
                "1000:long" => assert_eq!((said.len(), &said[..1]), (123, "{")),
                "4001:other" => assert!(!said.is_empty() && !said.contains("expire"), "{said}"),
                _ => assert_eq!(said, reason.unwrap_or(""), "{kind}"),
            }
            let with = code.map_or("without a code".into(), |code| format!("with {code}:"));
            rooms.terminal.see(&format!("astrid            closed        {with}"));
        },
    );
}

#[test]
fn a_session_ends_without_a_close_frame() {
    for (kind, has_error) in [("abort", true), ("no-error,abort", false)] {
        let mut rooms = Rooms::open(&["--session-end", kind]);
        // Several, since the error could be lost in a race.
        for mut astrid in [(); 10].map(|()| rooms.enter("lobby.astrid.send.1")) {
            if has_error {
                assert_eq!(error(&astrid.see()).error_code, ErrorCode::UNAUTHORIZED);
            }
            assert_eq!(astrid.end(), None, "{kind}");
            rooms.terminal.see("astrid            broken        by the room");
        }
    }
    at_once(
        [
            ("open", true, true),
            ("no-error,open", false, true),
            ("silence", true, false),
            ("no-error,silence", false, false),
        ],
        |(kind, has_error, is_answered)| {
            let mut rooms = Rooms::open(&["--session-end", kind]);
            let (mut astrid, mut birk) = (rooms.enter("lobby.astrid.send.1"), rooms.enter(BIRK));
            if has_error {
                assert_eq!(error(&astrid.see()).error_code, ErrorCode::UNAUTHORIZED);
            }
            thread::sleep(Duration::from_millis(1_200));
            birk.send(r#"{"Action":"SEND_MESSAGE","Content":"who is there?"}"#);
            birk.see();
            astrid.send(r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej"}"#);
            if is_answered {
                let payload = astrid.see();
                assert_eq!(
                    (error(&payload).error_code, error(&payload).request_id),
                    (401.into(), Some("r-1".into()))
                );
            }
            assert!(astrid.is_ponged(), "{kind}");
        },
    );
}

#[test]
fn a_link_dies_without_a_sign() {
    at_once(
        [("2", true, true), ("2:in", true, false), ("2:out", false, true)],
        |(after, is_in, is_out)| {
            let mut rooms = Rooms::open(&["--silent-after", after]);
            let mut astrid = rooms.enter("lobby.astrid.send.4");
            assert!(astrid.is_ponged());
            rooms.terminal.see("astrid            silent        ");
            // This one's lives.
            let mut birk = rooms.enter(BIRK);
            birk.send(r#"{"Action":"SEND_MESSAGE","Content":"hello?"}"#);
            birk.see();
            if !is_out {
                assert_eq!(message(&astrid.see()).content, "hello?");
            }
            astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"hej"}"#);
            if !is_in {
                assert_eq!(message(&birk.see()).content, "hej");
            }
            assert!(birk.is_ponged());
            // There is no pong, and nothing else.
            assert!(!astrid.is_ponged(), "{after}");
            // The end of the session shows only if what is sent arrives.
            rooms.terminal.see("astrid            closed        with 1000: ");
            if is_out {
                thread::sleep(Duration::from_secs(3));
                assert!(!astrid.is_ponged(), "{after}");
            } else {
                astrid.0.get_mut().set_read_timeout(Some(PATIENCE)).unwrap();
                assert_eq!(error(&astrid.see()).error_code, ErrorCode::UNAUTHORIZED);
                assert!(matches!(astrid.0.read(), Ok(Frame::Close(Some(_)))));
            }
        },
    );
}

#[test]
fn a_connection_whose_link_has_died_ends_with_its_client() {
    for direction in ["in", "out", "both"] {
        let mut rooms =
            Rooms::open(&["--silent-after", &format!("0:{direction}"), "--connections", "1"]);
        let astrid = rooms.enter(ASTRID);
        rooms.terminal.see("  silent  ");
        drop(astrid);
        rooms.terminal.see("astrid            broken");
        // The session has ended, but the stream has not.
        let astrid = rooms.enter("lobby.astrid.none.1");
        rooms.terminal.see("  closed  ");
        drop(astrid);
        while !rooms.holds_a_connection() {}
    }
}

#[test]
fn a_connection_is_dropped_with_every_third_publish() {
    let mut rooms = Rooms::open(&["--drop-every", "3"]);
    let mut cleo = rooms.enter(CLEO);
    for round in 1..=2 {
        let mut astrid = rooms.enter(ASTRID);
        for _ in 0..2 {
            astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"hej"}"#);
            assert_eq!(astrid.see(), cleo.see());
        }
        astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"lost"}"#);
        assert_eq!(astrid.end(), None);
        rooms.terminal.see(&format!("astrid            broken        with publish {}", 3 * round));
    }
}

#[test]
fn who_does_not_read_is_dropped_and_the_others_go_on() {
    let mut rooms = Rooms::open(&["--rate", "0", "--messages-per-second", "0"]);
    let (mut astrid, mut birk, _cleo) = (rooms.enter(ASTRID), rooms.enter(BIRK), rooms.enter(CLEO));
    let filling = "x".repeat(15 << 10);
    // More than the system may hold back of a connection, and the room.
    for number in 0..3_000 {
        astrid.send(&format!(
            r#"{{"Action":"SEND_MESSAGE","Content":"{number}","Attributes":{{"a":"{filling}"}}}}"#
        ));
        let payload = astrid.see();
        assert_eq!(message(&payload).content, *number.to_string());
        assert_eq!(birk.see(), payload);
    }
    rooms
        .terminal
        .see("cleo              broken        does not read what is sent: more than 4 MiB wait");
}

/// Each client sends all that it has to say at once, and reads what comes.
#[test]
fn a_burst_disconnects_no_client_that_reads() {
    for (connections, messages, attribute) in [(100, 10, 0), (40, 4, 15 << 10)] {
        let server = Rooms::open(&["--rate", "0", "--messages-per-second", "0"]);
        let pace = Pace::Every(Duration::ZERO);
        let load = Load { connections, rooms: 1, messages, attribute, pace };
        println!("{}", load.run(server.addr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn answers_that_are_not_read_cost_little_memory() {
    // Its answer has the RequestId, too.
    let length = 15_000;
    let mut request = vec![0x81, 0xfe];
    request.extend([0x3a, 0x98, 0, 0, 0, 0]);
    let start = br#"{"Action":"SEND_MESSAGE","Content":"","RequestId":""#;
    request.extend(start);
    request.resize(8 + length - 2, b'x');
    request.extend(br#""}"#);
    for (what, frames) in [("pings", flood::pings(true)), ("requests", request)] {
        let mut rooms = Rooms::open(&[]);
        let (mut astrid, mut birk) = (rooms.enter(ASTRID), rooms.enter(BIRK));
        let before = rooms.terminal.peak_memory();
        flood::send_without_reading(astrid.0.get_mut(), &frames);
        birk.send(r#"{"Action":"SEND_MESSAGE","Content":"still there?"}"#);
        assert_eq!(message(&birk.see()).content, "still there?");
        let grown = rooms.terminal.peak_memory() - before;
        println!("{} KiB of {what} cost {} KiB", flood::FLOOD >> 10, grown >> 10);
        assert!(grown < flood::MARGIN, "{grown} bytes");
    }
}

#[test]
fn what_is_no_text_message_or_too_long() {
    let mut rooms = Rooms::open(&[]);
    let mut astrid = rooms.enter(ASTRID);
    astrid.0.send(Frame::binary(&b"{}"[..])).unwrap();
    assert_eq!(astrid.end().unwrap().0, 1003);
    rooms.terminal.see("astrid            closed        with 1003");
    let mut astrid = rooms.enter(ASTRID);
    astrid.send(&"x".repeat((64 << 10) + 1));
    assert_eq!(astrid.end().unwrap().0, 1009);
    rooms.terminal.see("astrid            closed        with 1009");
}

#[test]
fn a_broken_frame() {
    let mut rooms = Rooms::open(&[]);
    for (frame, code) in [
        // A reserved bit; a reserved opcode; a continuation of nothing; a long and a fragmented
        // ping.
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
        let mut astrid = rooms.enter(ASTRID);
        astrid.0.get_mut().write_all(frame).unwrap();
        assert_eq!(astrid.end().map(|(code, _)| code), Some(code), "{frame:x?}");
        rooms.terminal.see(&format!("astrid            closed        with {code}: "));
    }
}

#[test]
fn the_room_limits_messages_before_it_reviews_them() {
    let mut rooms = Rooms::open(&["--forbid", "rude"]);
    let (mut astrid, mut birk) = (rooms.enter(ASTRID), rooms.enter(BIRK));
    // The room takes 10 messages a second from all together.
    let clients = [&mut astrid, &mut birk].map(|client| {
        for _ in 0..8 {
            client.send(r#"{"Action":"SEND_MESSAGE","Content":"rude"}"#);
        }
        client
    });
    let mut codes: Vec<_> = clients
        .into_iter()
        .flat_map(|client| [(); 8].map(|()| error(&client.see()).error_code.as_u16()))
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [[406; 10].as_slice(), &[429; 6]].concat());
}

#[test]
fn who_leaves() {
    let mut rooms = Rooms::open(&[]);
    let mut astrid = rooms.enter(ASTRID);
    let frame = CloseFrame { code: 1000.into(), reason: "".into() };
    astrid.0.close(Some(frame)).unwrap();
    assert!(matches!(astrid.0.read(), Ok(Frame::Close(_))));
    rooms.terminal.see("astrid            left          with 1000");
    drop(rooms.enter(BIRK));
    rooms.terminal.see("birk              broken");
}

#[test]
fn the_rooms_stay_open_until_they_are_closed() {
    let mut rooms = Rooms::open(&[]);
    let mut astrid = rooms.enter(ASTRID);
    rooms.terminal.write("quit");
    assert_eq!(astrid.end(), Some((1001, "the room is closed".into())));
    assert_eq!(rooms.terminal.wait().0, Some(0));

    let mut rooms = Rooms::open(&[]);
    rooms.terminal.end_input();
    let mut astrid = rooms.enter(ASTRID);
    astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"still there?"}"#);
    astrid.see();
    drop(rooms);
    assert_eq!(astrid.end(), None);
}

// Together.

#[test]
fn two_who_chat() {
    let mut rooms = Rooms::open(&["--forbid", "rude"]);
    let (mut astrid, mut birk) = (rooms.chat(ASTRID), rooms.chat(BIRK));
    astrid.write("héllo 🌞");
    let line = birk.see("astrid            héllo 🌞");
    assert_eq!(astrid.see("héllo"), line);
    let id = line.split_whitespace().nth(1).unwrap();
    birk.write("how rude");
    birk.see("!  refused           how rude");
    birk.see("406 Not Acceptable");
    birk.write(&format!("/delete {id}"));
    birk.see("403 Forbidden");
    astrid.write(&format!("/delete {id} a typo"));
    birk.see(&format!("-  deleted           message {id}: a typo"));
    rooms.terminal.write("event poll question=Why?");
    birk.see("*  poll");
    birk.see("question: Why?");
    astrid.write("/disconnect birk too loud");
    birk.see("-  disconnected      user birk: too loud");
    let (status, shown) = birk.wait();
    assert_eq!(status, Some(1));
    assert!(shown.contains("closed with 1000: too loud"), "{shown}");
    astrid.see("-  disconnected      user birk: too loud");
    astrid.write("/quit");
    assert_eq!(astrid.wait().0, Some(0));
    rooms.terminal.see("astrid            left          with 1000");
}

#[test]
fn a_chat_that_outlives_its_session() {
    let rooms = Rooms::open(&["--expire-after", "2"]);
    let mut astrid = rooms.chat(ASTRID);
    astrid.see("“connection expired”");
    astrid.see("closed with 1000: 401 Unauthorized: session expired");
    astrid.see("gap               messages may have been missed");
    astrid.write("still there?");
    astrid.see("astrid            still there?");
    astrid.write("/quit");
    assert_eq!(astrid.wait().0, Some(0));
}

#[test]
fn a_chat_whose_connection_breaks() {
    let rooms = Rooms::open(&["--drop-every", "2"]);
    let mut astrid = rooms.chat(ASTRID);
    astrid.write("hej");
    astrid.see("astrid            hej");
    astrid.write("lost");
    astrid.see("!  unknown           lost");
    astrid.see("gap               messages may have been missed");
    astrid.write("still there?");
    astrid.see("astrid            still there?");
    astrid.write("/quit");
    assert_eq!(astrid.wait().0, Some(0));
}

// The terminal.

#[test]
fn nothing_of_the_wire_acts_on_the_terminal() {
    let mut rooms = Rooms::open(&["--rate", "0"]);
    let mut astrid = rooms.enter(ASTRID);
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
    rooms.terminal.see("  closed  ");
    rooms.terminal.write("quit");
    let (_, shown) = rooms.terminal.wait();
    let visible = r"a\u{1b}[2J\u{9b}2J\u{202e}\u{2066}\u{7}\r⏎\t\u{2028}\u{85}\u{0}\u{7f}\u{200b}z";
    assert_eq!(shown.matches(visible).count(), 7, "{shown}");
    assert!(shown.contains(r"400 Bad Request: unexpected byte, at byte 0 · "), "{shown}");
    let acts = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2066}')
    };
    assert_eq!(shown.chars().find(|&character| character != '\n' && acts(character)), None);
}

#[test]
fn its_output_need_not_be_read() {
    let filling = "x".repeat(400);
    // Closed after the first line, or open and not read.
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
        // 2 MiB of lines, which is more than the pipe and the queue hold.
        for number in 0..5_000 {
            astrid.send(&format!(r#"{{"Action":"SEND_MESSAGE","Content":"{number} {filling}"}}"#));
            assert!(message(&astrid.see()).content.to_string().starts_with(&number.to_string()));
        }
        let mut input = process.stdin.take().unwrap();
        if let Some(output) = output {
            // When there is room again, the lines that are missing are counted.
            let (sender, lines) = mpsc::channel();
            thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
            let mut shown = 0;
            let missing: usize = loop {
                match lines.recv_timeout(Duration::from_millis(100)) {
                    Ok(line) => match line.strip_suffix(" lines were not printed") {
                        Some(count) => break count.strip_prefix("! ").unwrap().parse().unwrap(),
                        None => shown += usize::from(line.contains("  message  ")),
                    },
                    Err(_) => writeln!(input, "dance").unwrap(),
                }
            };
            assert_eq!(shown + missing, 5_000);
        }
        writeln!(input, "quit").unwrap();
        assert_eq!(astrid.end(), Some((1001, "the room is closed".into())));
        assert_eq!(process.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn it_can_be_quiet() {
    let mut rooms = Rooms::open(&["--quiet"]);
    let mut astrid = rooms.connect(Some(ASTRID)).unwrap();
    astrid.send(r#"{"Action":"SEND_MESSAGE","Content":"hej"}"#);
    astrid.see();
    rooms.terminal.write("quit");
    let (status, shown) = rooms.terminal.wait();
    assert_eq!((status, shown.lines().count()), (Some(0), 5), "{shown}");
}

#[test]
fn the_command_line() {
    let (status, help) = Terminal::start(MOCK_ROOM, &["--help"]).wait();
    assert_eq!(status, Some(0));
    assert_eq!(help, include_str!("../src/bin/mock_room/usage.txt"));
    for (arguments, complaint) in [
        (&["--addr", "localhost"][..], "--addr needs an IP address with a port"),
        (&["--addr"], "--addr needs an IP address with a port"),
        (&["--connections", "many"], "--connections needs a number"),
        (&["--expire-after", "0"], "--expire-after needs a number of seconds"),
        (&["--drop-every", "0"], "--drop-every needs a number"),
        (&["--refuse", "200"], "--refuse needs an HTTP status from 400 to 599"),
        (&["--refuse", "503:0"], "--refuse needs an HTTP status from 400 to 599"),
        (&["--retry-after", "soon"], "--retry-after needs a number of seconds"),
        (&["--retry-after", "5"], "--retry-after needs --refuse 429 or 503"),
        (&["--refuse", "403", "--retry-after", "5"], "--retry-after needs --refuse 429 or 503"),
        (&["--session-end"], "--session-end needs a KIND"),
        (&["--session-end", "bang"], "--session-end needs a KIND"),
        (&["--session-end", "1000:because"], "--session-end needs a KIND"),
        (&["--session-end", "1006"], "--session-end needs a KIND"),
        (&["--session-end", "no-error"], "--session-end needs a KIND"),
        (&["--kick-close", "999"], "--kick-close needs a close code or \"none\""),
        (&["--kick-close", "5000"], "--kick-close needs a close code or \"none\""),
        (&["--duplicate", "0"], "--duplicate needs a number from 1"),
        (&["--silent-after", "x"], "--silent-after needs SECONDS, SECONDS:in, :out or :both"),
        (&["--silent-after", "1:up"], "--silent-after needs SECONDS, SECONDS:in, :out or :both"),
        (&["--forbid", ""], "--forbid needs a word"),
        (&["--rate", "11"], "--rate needs a number from 0 to 10"),
        (&["--messages-per-second", "101"], "--messages-per-second needs a number from 0 to 100"),
        (&["--loud"], "there is no option \"--loud\""),
        (&["lobby"], "there is no option \"lobby\""),
    ] {
        let (status, shown) = Terminal::start(MOCK_ROOM, arguments).wait();
        assert_eq!(status, Some(2), "{shown}");
        assert!(shown.starts_with(&format!("mock_room: {complaint}")), "{shown}");
        assert!(shown.contains("\nUsage: mock_room "), "{shown}");
    }
    let taken = Rooms::open(&[]);
    let (status, shown) = Terminal::start(MOCK_ROOM, &["--addr", &taken.addr.to_string()]).wait();
    assert_eq!(status, Some(1));
    assert!(shown.starts_with("mock_room: "), "{shown}");
}

// How much it bears.

/// Prints figures, which are of this machine: `cargo test --release --features mock --test
/// mock_room -- --ignored --nocapture`. It asserts that nothing is lost.
#[test]
#[ignore = "takes half a minute and two cores"]
fn under_load() {
    for (rooms, messages, pace) in [
        // Ten thousand deliveries a second.
        (1, 10, Pace::Every(Duration::from_secs(1))),
        // Ten thousand publishes a second.
        (50, 1_000, Pace::Every(Duration::from_millis(10))),
        (1, 100, Pace::Unanswered(1)),
        (50, 1_000, Pace::Unanswered(4)),
    ] {
        let mut server = Rooms::open(&["--quiet", "--rate", "0", "--messages-per-second", "0"]);
        let load = Load { connections: 100, rooms, messages, attribute: 0, pace };
        println!("{}", load.run(server.addr));
        server.terminal.write("quit");
        assert_eq!(server.terminal.wait().0, Some(0));
    }
}
