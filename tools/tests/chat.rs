//! Tests of the `chat` binary as a process, against a WebSocket server that can be stopped and
//! restarted.

#[cfg(target_os = "linux")]
mod flood;
mod terminal;

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
#[cfg(unix)]
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
#[cfg(unix)]
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use futures_util::{SinkExt, StreamExt};
use ivs_chat_proto::client::SendErrorKind;
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::{Event, Message, Sender, ServiceError, Subscribe, SystemEvent};
use ivs_chat_proto::{Content, ErrorCode, Text, Token};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{broadcast, mpsc as tokio_mpsc};
use tokio_tungstenite::accept_hdr_async;
#[cfg(target_os = "linux")]
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use terminal::{TIMEOUT, Terminal};

/// A token. This room takes the part before the dot as the user ID.
const TOKEN: &str = "astrid.AQICAHhP-2mZ_q1w!#7";
const SEND_TIME: &str = "2026-11-22T10:00:00Z";

// The server.

/// A server with one room. Dropping it stops the server and aborts its connections.
struct Room {
    port: u16,
    commands: Option<tokio_mpsc::UnboundedSender<Command>>,
    observations: mpsc::Receiver<Observation>,
    thread: Option<thread::JoinHandle<()>>,
}

/// A command of a test to the server, for all connections.
#[derive(Clone, Debug)]
enum Command {
    Payload(String),
    Close(u16, &'static str),
}

/// An observation of the server.
#[derive(Debug, PartialEq)]
enum Observation {
    Token(String),
    /// A request with this action.
    Request(&'static str),
    /// A close frame with this code.
    Closed(u16),
}

impl Room {
    fn open() -> Self {
        Self::start(TcpListener::bind("127.0.0.1:0").unwrap(), 101)
    }

    /// Opens a room on the port of a stopped one.
    fn reopen(port: u16) -> Self {
        Self::start(TcpListener::bind(("127.0.0.1", port)).unwrap(), 101)
    }

    /// Opens a room that responds to the handshake with this status.
    fn refusing(status: u16) -> Self {
        Self::start(TcpListener::bind("127.0.0.1:0").unwrap(), status)
    }

    fn start(listener: TcpListener, status: u16) -> Self {
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let (command_sender, commands) = tokio_mpsc::unbounded_channel();
        let (observation_sender, observations) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, status, commands, observation_sender));
        });
        Self { port, commands: Some(command_sender), observations, thread: Some(thread) }
    }

    fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    fn command(&self, command: Command) {
        self.commands.as_ref().unwrap().send(command).unwrap();
    }

    fn broadcast(&self, payload: impl Into<String>) {
        self.command(Command::Payload(payload.into()));
    }

    /// Waits for the next observation.
    fn observe(&self) -> Observation {
        self.observations.recv_timeout(TIMEOUT).unwrap()
    }

    /// Stops the server and aborts all connections, without close frames. Returns the port.
    fn stop(self) -> u16 {
        self.port
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.commands = None;
        let _ = self.thread.take().unwrap().join();
    }
}

async fn serve(
    listener: TcpListener,
    status: u16,
    mut commands: tokio_mpsc::UnboundedReceiver<Command>,
    observations: mpsc::Sender<Observation>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let connections = broadcast::Sender::new(64);
    let messages = Arc::new(AtomicU32::new(0));
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                let messages = Arc::clone(&messages);
                let (connections, observations) = (connections.clone(), observations.clone());
                let client = serve_client(stream, status, connections, messages, observations);
                tokio::spawn(client);
            }
            command = commands.recv() => match command {
                // It fails if there are no connections.
                Some(command) => drop(connections.send(command)),
                None => return,
            },
        }
    }
}

/// Serves one client until it is disconnected.
async fn serve_client(
    stream: TcpStream,
    status: u16,
    connections: broadcast::Sender<Command>,
    messages: Arc<AtomicU32>,
    observations: mpsc::Sender<Observation>,
) {
    let mut user_id = String::new();
    #[expect(clippy::result_large_err, reason = "the signature of the library's callback")]
    let handshake = |request: &Request, mut response: Response| {
        let token = request.headers().get(Token::HEADER_NAME).unwrap().clone();
        user_id = token.to_str().unwrap().split('.').next().unwrap().into();
        observations.send(Observation::Token(token.to_str().unwrap().into())).unwrap();
        response.headers_mut().insert(Token::HEADER_NAME, token);
        if status == 101 {
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = status.try_into().unwrap();
        Err(refusal)
    };
    let Ok(mut stream) = accept_hdr_async(stream, handshake).await else { return };
    let mut commands = connections.subscribe();
    loop {
        let frame = tokio::select! {
            received = stream.next() => match received {
                Some(Ok(Frame::Text(payload))) => {
                    let publish = Publish::decode_str(&payload).unwrap();
                    observations.send(Observation::Request(publish.action())).unwrap();
                    let error = respond(&publish, &user_id, &connections, &messages);
                    let Some(error) = error else { continue };
                    Frame::text(error)
                }
                Some(Ok(Frame::Close(frame))) => {
                    let _ = observations.send(Observation::Closed(frame.unwrap().code.into()));
                    continue;
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
            command = commands.recv() => match command.unwrap() {
                Command::Payload(payload) => Frame::text(payload),
                Command::Close(code, reason) => {
                    Frame::Close(Some(CloseFrame { code: code.into(), reason: reason.into() }))
                }
            },
        };
        if stream.send(frame).await.is_err() {
            return;
        }
    }
}

/// Executes a request, or returns an ERROR for the message "rude". The message "nothing?" gets no
/// response.
fn respond(
    publish: &Publish<'_>,
    user_id: &str,
    connections: &broadcast::Sender<Command>,
    messages: &AtomicU32,
) -> Option<String> {
    let payload = match publish {
        Publish::SendMessage(send) if send.content == "nothing?" => return None,
        Publish::SendMessage(send) if send.content == "rude" => {
            let mut error = ServiceError::new(ErrorCode::NOT_ACCEPTABLE);
            error.request_id = send.request_id;
            error.error_message = Some("be polite".into());
            return Some(error.encode_to_string());
        }
        Publish::SendMessage(send) => {
            let id = format!("m{:011}", messages.fetch_add(1, Ordering::Relaxed));
            let sender = Sender::new(user_id);
            let mut message = Message::new(Text::from(&id), send.content.text(), SEND_TIME, sender);
            message.request_id = send.request_id;
            message.encode_to_string()
        }
        Publish::DeleteMessage(delete) => {
            let deletion = SystemEvent::delete_message(delete.id, delete.reason);
            let mut event = Event::system("eAaaaaaaaaa1", &deletion, SEND_TIME);
            event.request_id = delete.request_id;
            event.encode_to_string()
        }
        Publish::DisconnectUser(disconnect) => {
            let disconnection = SystemEvent::disconnect_user(disconnect.user_id, disconnect.reason);
            let mut event = Event::system("eAaaaaaaaaa2", &disconnection, SEND_TIME);
            event.request_id = disconnect.request_id;
            connections.send(Command::Payload(event.encode_to_string())).unwrap();
            connections.send(Command::Close(1000, "Kicked by moderator")).unwrap();
            return None;
        }
        _ => return None,
    };
    connections.send(Command::Payload(payload)).unwrap();
    None
}

// The process.

static CHAT: &str = env!("CARGO_BIN_EXE_chat");

/// A running `chat`.
struct Chat(Terminal);

impl Chat {
    fn start(arguments: &[&str]) -> Self {
        Self(Terminal::start(CHAT, arguments))
    }

    /// Connects to a room.
    fn enter(room: &Room) -> Self {
        let mut chat = Self::start(&[&room.url(), TOKEN]);
        chat.wait_for("connected");
        assert_eq!(room.observe(), Observation::Token(TOKEN.into()));
        chat
    }

    /// Types a line.
    fn type_line(&mut self, line: &str) {
        self.0.type_line(line);
    }

    /// Waits for a line that contains `text`, and returns it.
    fn wait_for(&mut self, text: &str) -> String {
        self.0.wait_for(text)
    }

    /// Waits for the next connection and the notice of a gap.
    fn wait_for_gap(&mut self) {
        self.wait_for("~  connected");
        self.wait_for("~  gap               messages may have been missed");
    }

    /// Closes the standard input, and waits for the exit code and all output.
    fn end(mut self) -> (Option<i32>, String) {
        self.0.end_input();
        self.wait()
    }

    /// Waits for the exit code and all output. Asserts that the output contains no token.
    fn wait(self) -> (Option<i32>, String) {
        let (status, output) = self.0.wait();
        assert!(!output.contains("AQICAHhP"), "{output}");
        (status, output)
    }
}

// Sessions.

#[test]
fn connects_and_quits() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.type_line("/quit");
    let (status, output) = chat.wait();
    assert_eq!(status, Some(0), "{output}");
    assert!(output.contains("disconnected      at your request\n"), "{output}");
    assert_eq!(room.observe(), Observation::Closed(1000));
}

#[test]
fn sends_lines_and_prints_echoes() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.type_line("héllo 🌞");
    assert_eq!(room.observe(), Observation::Request("SEND_MESSAGE"));
    assert_eq!(chat.wait_for("héllo"), "10:00:00  m00000000000  astrid            héllo 🌞");
    chat.type_line("//two slashes");
    assert_eq!(chat.wait_for("slashes"), "10:00:00  m00000000001  astrid            /two slashes");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn settles_all_requests_at_end_of_input() {
    let room = Room::open();
    // More lines than requests per second are allowed, typed before the connection is open.
    let mut chat = Chat::start(&[&room.url(), TOKEN]);
    (0..15).for_each(|number| chat.type_line(&format!("line {number:02}")));
    let (status, output) = chat.end();
    assert_eq!(status, Some(0), "{output}");
    let messages = output.lines().filter(|line| line.contains("  astrid  "));
    let expected = (0..15).map(|n| format!("10:00:00  m{n:011}  astrid            line {n:02}"));
    assert!(messages.eq(expected), "{output}");
    assert!(output.contains("too many requests per second; retrying in "), "{output}");
}

#[test]
fn rejected_request() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.type_line("rude");
    chat.wait_for("!  rejected          rude");
    chat.wait_for("406 Not Acceptable: message review rejected the request");
    chat.wait_for("“be polite”");
    // Other requests are not affected.
    chat.type_line("polite");
    chat.wait_for("astrid            polite");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn unsendable_lines_are_reported() {
    let room = Room::open();
    let mut chat = Chat::start(&["--max-code-points", "5", &room.url(), TOKEN]);
    let too_long = Content::with_limit("🌞🌞🌞🌞🌞🌞", 5).unwrap_err();
    for (line, cause) in [
        ("🌞🌞🌞🌞🌞🌞", &*SendErrorKind::TooLong(too_long).to_string()),
        ("/delete", "/delete requires an ID"),
        ("/disconnect ", "/disconnect requires an ID"),
        (
            "/dance all night",
            "unknown command; to send a message that starts with a slash, type two",
        ),
    ] {
        chat.type_line(line);
        chat.wait_for(&format!("!  not sent          {}", line.trim_end()));
        chat.wait_for(cause);
    }
    let reason = "why ".repeat(10_000);
    chat.type_line(&format!("/delete m00000000000 {reason}"));
    chat.wait_for("!  not sent          /delete m00000000000 why");
    chat.wait_for("buffer");
    chat.type_line("🌞🌞🌞🌞🌞");
    chat.wait_for("astrid            🌞🌞🌞🌞🌞");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn deletes_a_message() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.type_line("typo");
    let line = chat.wait_for("astrid            typo");
    let id = line.split_whitespace().nth(1).unwrap();
    chat.type_line(&format!("/delete {id} was  wrong"));
    chat.wait_for(&format!("-  deleted           message {id}: was  wrong"));
    chat.type_line(&format!("/delete {id}"));
    assert!(chat.wait_for("-  deleted ").ends_with(&format!("message {id}")));
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn request_without_response_is_assumed() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.type_line("nothing?");
    chat.wait_for("~  assumed           nothing?");
    chat.wait_for("no response; the request is assumed to have succeeded");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn reconnects_after_a_lost_connection() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.type_line("nothing?");
    assert_eq!(room.observe(), Observation::Request("SEND_MESSAGE"));
    let port = room.stop();
    chat.wait_for("connection 0      lost: ");
    chat.wait_for("!  unknown           nothing?");
    chat.wait_for("the request may or may not have succeeded");
    chat.wait_for("reconnecting");
    // The port is closed.
    chat.wait_for("failed to open: ");
    chat.type_line("still there?");
    chat.wait_for("waiting           still there?");
    chat.wait_for(&SendErrorKind::NotConnected.to_string());

    let room = Room::reopen(port);
    chat.wait_for_gap();
    chat.wait_for("astrid            still there?");
    room.broadcast(r#"{"Type":"MESSAGE","Id":"mAaaaaaaaaa1","Content":"yes","SendTime":"2026-11-22T10:00:01Z","Sender":{"UserId":"birk"}}"#);
    chat.wait_for("10:00:01  mAaaaaaaaaa1  birk              yes");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn waits_after_a_service_restart() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    room.command(Command::Close(1012, "restarting"));
    chat.wait_for("connection 0      closed with 1012: restarting");
    let line = chat.wait_for("~  reconnecting      in ");
    let seconds: u32 = line.trim_end_matches(" s").rsplit(' ').next().unwrap().parse().unwrap();
    // The delay is 5 to 30 s, rounded down.
    assert!((4..=30).contains(&seconds), "{line}");
    chat.type_line("/quit");
    assert_eq!(chat.wait().0, Some(0));
}

#[test]
fn expired_session_is_replaced() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    room.broadcast(r#"{"Type":"ERROR","ErrorCode":401,"ErrorMessage":"connection expired"}"#);
    let description = ErrorCode::UNAUTHORIZED.description().unwrap();
    chat.wait_for(&format!("!  error             401 Unauthorized: {description}"));
    chat.wait_for("“connection expired”");
    assert_eq!(room.observe(), Observation::Token(TOKEN.into()));
    chat.wait_for("gap               messages may have been missed");
    // The old and the new connection both receive it.
    chat.type_line("twice");
    chat.wait_for("twice");
    chat.type_line("/quit");
    let (status, output) = chat.wait();
    assert_eq!(status, Some(0));
    assert_eq!(output.matches("twice").count(), 1, "{output}");
    // Users see one connection.
    assert!(!output.contains("reconnecting"), "{output}");
    assert_eq!(
        output.matches(" connected ").count() + output.matches(" connected\n").count(),
        1,
        "{output}"
    );
    assert_eq!(room.observe(), Observation::Request("SEND_MESSAGE"));
    assert_eq!(
        (room.observe(), room.observe()),
        (Observation::Closed(1000), Observation::Closed(1000))
    );
}

#[test]
fn session_ends() {
    let room = Room::refusing(403);
    let (status, output) = Chat::start(&[&room.url(), TOKEN]).wait();
    assert_eq!(status, Some(1), "{output}");
    // After the first refusal, the client tries a new token, as the first may have been used.
    assert_eq!(output.matches("refused with HTTP status 403 Forbidden\n").count(), 2, "{output}");
    assert!(
        output.contains(
            "disconnected      the service refused the connection with HTTP status 403\n"
        ),
        "{output}"
    );

    let room = Room::open();
    let chat = Chat::enter(&room);
    room.command(Command::Close(4000, r#"{"ErrorMessage":"closed for good","ErrorCode":404}"#));
    let (status, output) = chat.wait();
    assert_eq!(status, Some(1), "{output}");
    assert!(output.contains("closed with 4000: 404 Not Found: closed for good\n"), "{output}");
    assert!(
        output.contains("disconnected      the service ended the session with close code 4000\n"),
        "{output}"
    );
}

#[test]
fn disconnected_user() {
    let room = Room::open();
    for (arguments, reason) in [
        (&["--user-id", "astrid"][..], "you were disconnected from the room"),
        (&[], "the service ended the session with close code 1000"),
    ] {
        let mut chat = Chat::start(&[arguments, &[&room.url(), TOKEN]].concat());
        chat.wait_for("connected");
        chat.type_line("/disconnect astrid too loud");
        let (status, output) = chat.wait();
        assert_eq!(status, Some(1), "{output}");
        assert!(output.contains("-  disconnected      user astrid: too loud\n"), "{output}");
        assert!(output.contains(&format!("~  disconnected      {reason}\n")), "{output}");
        // With a known user ID, the event alone ends the session, before the close frame.
        let is_closed_by_room = output.contains("closed with 1000: Kicked by moderator\n");
        assert_eq!(is_closed_by_room, arguments.is_empty(), "{output}");
    }
}

#[test]
fn other_payloads() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    for payload in [
        r#"{"Type":"MESSAGE","Id":"mAaaaaaaaaa1","RequestId":"","Attributes":{"mood":"calm"},"Content":"hello\nthere","SendTime":"2026-11-22T10:00:00.5Z","Sender":{"UserId":"u-1","Attributes":{"displayName":"ねこ"}}}"#,
        r#"{"Type":"MESSAGE","Id":"mAaaaaaaaaa2","RequestId":"","Attributes":null,"Content":"again","SendTime":"now","Sender":{"UserId":"u-1","Attributes":{"displayName":"ねこ"}}}"#,
        r#"{"Type":"EVENT","Id":"eAaaaaaaaaa1","RequestId":"","EventName":"poll","Attributes":{"a":"1","b":"2"},"SendTime":"2026-11-22T10:00:01Z"}"#,
        r#"{"Type":"LATER","More":[1]}"#,
        r#"{"Type":"ERROR","ErrorCode":418}"#,
        r#"{"Type":"MESSAGE","Id":nil}"#,
    ] {
        room.broadcast(payload);
    }
    chat.wait_for("10:00:00  mAaaaaaaaaa1  ねこ              hello⏎there");
    chat.wait_for("                                          user u-1 · mood: calm");
    chat.wait_for("??:??:??  mAaaaaaaaaa2  ねこ              again");
    chat.wait_for("10:00:01             *  poll");
    chat.wait_for("                                          a: 1 · b: 2");
    chat.wait_for(r#"?  LATER             {"Type":"LATER","More":[1]}"#);
    chat.wait_for("!  error             418: undocumented error code");
    let invalid = r#"{"Type":"MESSAGE","Id":nil}"#;
    let error = Subscribe::decode_str(invalid).unwrap_err();
    chat.wait_for(&format!("✗  not decoded       {error}"));
    chat.wait_for(invalid);
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn retry_after_is_respected() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let mut chat = Chat::start(&[&url, TOKEN]);
    let (mut stream, _) = listener.accept().unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        request.extend(byte);
    }
    let refused = Instant::now();
    stream
        .write_all(
            b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n",
        )
        .unwrap();
    chat.wait_for("refused with HTTP status 503 Service Unavailable");
    let _second = listener.accept().unwrap();
    // Without `Retry-After`, the client reconnects within a second.
    assert!(refused.elapsed() >= Duration::from_secs(3), "{:?}", refused.elapsed());
    chat.type_line("/quit");
    assert_eq!(chat.wait().0, Some(0));
}

#[test]
fn too_long_message_loses_the_connection() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    room.broadcast("x".repeat(70_000));
    chat.wait_for("connection 0      lost: ");
    chat.wait_for_gap();
    assert_eq!(chat.end().0, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn unread_pongs_take_little_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let mut chat = Chat::start(&[&url, TOKEN]);
    let (stream, _) = listener.accept().unwrap();
    #[expect(clippy::result_large_err, reason = "the signature of the library's callback")]
    let callback = |request: &Request, mut response: Response| {
        let token = request.headers()[Token::HEADER_NAME].clone();
        response.headers_mut().insert(Token::HEADER_NAME, token);
        Ok(response)
    };
    let mut socket = tungstenite::accept_hdr(stream, callback).unwrap();
    chat.wait_for("connected");
    let before = chat.0.peak_memory();
    flood::send_without_reading(socket.get_mut(), &flood::pings(false));
    // The next payload is printed, so all pings have been read.
    socket.get_mut().set_write_timeout(None).unwrap();
    socket.write(Frame::text(r#"{"Type":"LATER"}"#)).unwrap();
    socket.flush().unwrap();
    chat.wait_for("LATER");
    let grown = chat.0.peak_memory() - before;
    println!("{} KiB of pings cost {} KiB", flood::FLOOD >> 10, grown >> 10);
    assert!(grown < flood::MARGIN, "{grown} bytes");
}

#[test]
fn payloads_cannot_control_the_terminal() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    let escaped = r"a\u001b[2J\u009b2J\u202e\u2066\u0007\r\n\t\u2028\u0085\u0000\u007f\u200bz";
    for template in [
        r#"{"Type":"MESSAGE","Id":"@","RequestId":"@","Attributes":{"@":"@"},"Content":"@","SendTime":"@","Sender":{"UserId":"@","Attributes":{"name":"@","@":"@"}}}"#,
        r#"{"Type":"EVENT","Id":"@","RequestId":"@","EventName":"@","Attributes":{"@":"@"},"SendTime":"@"}"#,
        r#"{"Type":"EVENT","Id":"@1","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageId":"@","Reason":"@"},"SendTime":"@"}"#,
        r#"{"Type":"EVENT","Id":"@2","EventName":"aws:DISCONNECT_USER","Attributes":{"UserId":"@","Reason":"@"},"SendTime":"@"}"#,
        r#"{"Type":"ERROR","ErrorCode":400,"ErrorMessage":"@","Id":"@","RequestId":"@"}"#,
        r#"{"Type":"@","@":"@"}"#,
        r#"{"Type":"@"} @"#,
    ] {
        room.broadcast(template.replace('@', escaped));
    }
    room.broadcast("\u{1b}[2J\u{9b}2J");
    room.command(Command::Close(4000, "\u{1b}[2J\u{9b}2J\u{202e}\n"));
    chat.wait_for(r"closed with 4000: \u{1b}[2J\u{9b}2J\u{202e}⏎");
    let (_, output) = chat.wait();
    assert!(
        output.contains(
            r"a\u{1b}[2J\u{9b}2J\u{202e}\u{2066}\u{7}\r⏎\t\u{2028}\u{85}\u{0}\u{7f}\u{200b}z"
        ),
        "{output}"
    );
    let is_control = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2066}')
    };
    assert_eq!(output.chars().find(|&character| character != '\n' && is_control(character)), None);
}

#[cfg(unix)]
#[test]
fn each_connection_fetches_a_token() {
    let room = Room::open();
    let count = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokens");
    let _ = fs::remove_file(&count);
    // The first run fails, and the second prints no token.
    let command = format!(
        r#"echo >> {0}; n=$(wc -l < {0}); n=$((n)); case $n in 1) exit 3;; 2) echo 'no token'; exit;; esac
        echo '{{"token":"birk.AQICAHhP!#'$n'","tokenExpirationTime":"x","sessionExpirationTime":"2099-01-01T00:00:00+00:00"}}'"#,
        count.display()
    );
    let mut chat = Chat::start(&["--token-command", &command, &room.url()]);
    chat.wait_for("!  no token          the token command failed: exit status: 3");
    let error = Token::new("no token").unwrap_err();
    chat.wait_for(&format!("!  no token          invalid token from the token command: {error}"));
    chat.wait_for("connected");
    room.command(Command::Close(1001, ""));
    chat.wait_for("connected");
    chat.type_line("/quit");
    assert_eq!(chat.wait().0, Some(0));
    assert_eq!(room.observe(), Observation::Token("birk.AQICAHhP!#3".into()));
    assert_eq!(room.observe(), Observation::Closed(1001));
    assert_eq!(room.observe(), Observation::Token("birk.AQICAHhP!#4".into()));
}

#[cfg(unix)]
#[test]
fn invalid_expiration_time_is_reported() {
    let room = Room::open();
    for (end, expected) in [
        (r#""2099-01-01 00:00:00+00:00""#, None),
        ("4070908800", None),
        (
            r#""2099-01-01 00:00:00""#,
            Some(
                "invalid expiration time: expected a time zone; the end of the session is unknown",
            ),
        ),
        (
            r#""birk.AQICAHhP""#,
            Some(
                "invalid expiration time: expected an RFC 3339 date and time; the end of the session is unknown",
            ),
        ),
    ] {
        let command =
            format!(r#"echo '{{"token":"birk.AQICAHhP","sessionExpirationTime":{end}}}'"#);
        let mut chat = Chat::start(&["--token-command", &command, &room.url()]);
        chat.wait_for("connected");
        chat.type_line("/quit");
        let (status, output) = chat.wait();
        assert_eq!(status, Some(0), "{output}");
        let warning =
            output.lines().find_map(|line| Some(line.split_once("!  token             ")?.1));
        assert_eq!(warning, expected, "{output}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn endless_token_command_takes_little_memory() {
    let mut chat = Chat::start(&["--token-command", "yes", "us-west-2"]);
    chat.wait_for("connecting");
    chat.wait_for("no token          the token command failed: ");
    assert!(chat.0.peak_memory() < 32 << 20, "{} bytes", chat.0.peak_memory());
}

#[cfg(target_os = "linux")]
#[test]
fn slow_token_command_is_killed() {
    let pid = Path::new(env!("CARGO_TARGET_TMPDIR")).join("token-command-pid");
    let command = format!("echo $$ > {}; exec sleep 300", pid.display());
    let mut chat = Chat::start(&["--token-command", &command, "us-west-2"]);
    chat.wait_for("!  no token          the token command timed out");
    let process = format!("/proc/{}", fs::read_to_string(pid).unwrap().trim());
    let is_running =
        || fs::read_to_string(format!("{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    let deadline = Instant::now() + TIMEOUT;
    while is_running() {
        assert!(Instant::now() < deadline, "{process} is running");
        thread::sleep(Duration::from_millis(20));
    }
    chat.type_line("/quit");
    assert_eq!(chat.wait().0, Some(0));
}

#[cfg(unix)]
#[test]
fn token_command_failures() {
    let (status, output) = Chat::start(&["--token-command", "exit 127", "us-west-2"]).wait();
    assert_eq!(status, Some(1), "{output}");
    assert!(output.contains("no token          the token command could not be run\n"), "{output}");
    assert!(output.contains("disconnected      no token is available\n"), "{output}");

    let response = r#"echo '{"token":{"AQICAHhP": 1}, "sessionExpirationTime": null}'"#;
    let mut chat = Chat::start(&["--token-command", response, "us-west-2"]);
    chat.wait_for("invalid response from the token command: invalid type for token: expected a string, at byte 9");
    chat.type_line("not connected yet");
    chat.type_line("/quit");
    chat.wait_for("!  not sent          not connected yet");
    assert_eq!(chat.wait().0, Some(0));
}

#[test]
fn misplaced_token_is_not_printed() {
    let not_a_region = "invalid ENDPOINT: expected a region or a ws:// or wss:// URL";
    for (arguments, error) in [
        // One token that is not a valid host name, and two that are.
        (&[TOKEN, "us-west-2"][..], not_a_region),
        (&["AQICAHhP-2mZ", "us-west-2"], not_a_region),
        (&["lobby.AQICAHhP.send.3600", "ws://127.0.0.1:6789"], not_a_region),
        (&["--AQICAHhP", "us-west-2"], "unknown option\n"),
        (&["--token", TOKEN, "us-west-2"], "unknown option \"--token\""),
        (&["--token=AQICAHhP", "us-west-2"], "unknown option \"--token\""),
        (&["us-west-2", "AQICAHhP, AQICAHhP"], "invalid TOKEN: "),
        (&["us-west-2", TOKEN, TOKEN], "unexpected argument after ENDPOINT and TOKEN"),
        (
            &["--user-id", "astrid", "--max-code-points", TOKEN],
            "--max-code-points requires a number",
        ),
        (&["\u{1b}[2J", TOKEN], not_a_region),
        (&["--\u{1b}[2J", TOKEN], "unknown option\n"),
    ] {
        // `wait` asserts that the output contains no token.
        let (status, output) = Chat::start(arguments).wait();
        assert_eq!(status, Some(2), "{output}");
        assert!(output.starts_with(&format!("chat: {error}")), "{output}");
        assert!(!output.contains('\u{1b}'), "{output:?}");
    }
}

#[test]
fn regions() {
    for region in ["us-west-2", "ap-northeast-1", "eu-central-1", "us-gov-west-1"] {
        // No token is fetched, so no host name is resolved.
        let (status, output) = Chat::start(&["--token-command", "exit 127", region]).wait();
        assert_eq!(status, Some(1), "{output}");
    }
}

#[test]
fn command_line() {
    let (status, help) = Chat::start(&["--help"]).wait();
    assert_eq!(status, Some(0));
    assert_eq!(help, include_str!("../src/bin/chat/usage.txt"));
    let token_error = Token::new("AQICAHhP, AQICAHhP").unwrap_err();
    for (arguments, error) in [
        (&[][..], "missing ENDPOINT"),
        (&["us-west-2"], "missing TOKEN or --token-command"),
        (
            &["us west 2", TOKEN],
            "invalid ENDPOINT: expected a region or a ws:// or wss:// URL, followed by TOKEN\n",
        ),
        (
            &["https://example.com", TOKEN],
            "invalid ENDPOINT: expected a region or a ws:// or wss:// URL",
        ),
        (&["ws://", TOKEN], "invalid ENDPOINT: expected a region or a ws:// or wss:// URL"),
        (&["us-west-2", "AQICAHhP, AQICAHhP"], &format!("invalid TOKEN: {token_error}\n")),
        (&["us-west-2", TOKEN, TOKEN], "unexpected argument after ENDPOINT and TOKEN\n"),
        (
            &["--token-command", "echo", "us-west-2", TOKEN],
            "TOKEN and --token-command cannot be used together",
        ),
        (&["--token-command"], "--token-command requires a command"),
        (&["--user-id", ""], "--user-id requires a user ID"),
        (
            &["--max-code-points", "501", "us-west-2", TOKEN],
            "--max-code-points requires a number from 1 to 500",
        ),
        (&["--verbose"], "unknown option \"--verbose\""),
    ] {
        let (status, output) = Chat::start(arguments).wait();
        assert_eq!(status, Some(2), "{output}");
        assert!(output.starts_with(&format!("chat: {error}")), "{output}");
        assert!(output.contains("\nUsage: chat "), "{output}");
    }
}
