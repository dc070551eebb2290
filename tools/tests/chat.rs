//! The `chat` example as those who run it see it: as a process, in a room on a real WebSocket,
//! which goes away and comes back.

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
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::{Event, Message, Sender, ServiceError, SystemEvent};
use ivs_chat_proto::{ErrorCode, Text, Token};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{broadcast, mpsc as tokio_mpsc};
use tokio_tungstenite::accept_hdr_async;
#[cfg(target_os = "linux")]
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use terminal::{PATIENCE, Terminal};

/// Whose it is, in this room, stands before the dot.
const TOKEN: &str = "astrid.AQICAHhP-2mZ_q1w!#7";
const SEND_TIME: &str = "2026-11-22T10:00:00Z";

// The room.

/// A server with one room. It is stopped, and its connections broken, when this is dropped.
struct Room {
    port: u16,
    orders: Option<tokio_mpsc::UnboundedSender<Order>>,
    seen: mpsc::Receiver<Seen>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What everyone in the room is to be told.
#[derive(Clone, Debug)]
enum Order {
    Payload(String),
    Close(u16, &'static str),
}

/// What the room sees of its clients.
#[derive(Debug, PartialEq)]
enum Seen {
    Token(String),
    /// A request, by its action.
    Request(&'static str),
    /// A close frame, with its code.
    Left(u16),
}

impl Room {
    fn open() -> Self {
        Self::answering(TcpListener::bind("127.0.0.1:0").unwrap(), 101)
    }

    /// A room where there was one before.
    fn reopen(port: u16) -> Self {
        Self::answering(TcpListener::bind(("127.0.0.1", port)).unwrap(), 101)
    }

    /// A room that answers the handshake with this status.
    fn refusing(status: u16) -> Self {
        Self::answering(TcpListener::bind("127.0.0.1:0").unwrap(), status)
    }

    fn answering(listener: TcpListener, status: u16) -> Self {
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let (orders, received) = tokio_mpsc::unbounded_channel();
        let (seen, seen_here) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, status, received, seen));
        });
        Self { port, orders: Some(orders), seen: seen_here, thread: Some(thread) }
    }

    fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    fn order(&self, order: Order) {
        self.orders.as_ref().unwrap().send(order).unwrap();
    }

    fn say(&self, payload: impl Into<String>) {
        self.order(Order::Payload(payload.into()));
    }

    fn see(&self) -> Seen {
        self.seen.recv_timeout(PATIENCE).unwrap()
    }

    /// Breaks all connections, without a close frame, and does not answer any more.
    fn stop(self) -> u16 {
        self.port
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.thread.take().unwrap().join();
    }
}

async fn serve(
    listener: TcpListener,
    status: u16,
    mut orders: tokio_mpsc::UnboundedReceiver<Order>,
    seen: mpsc::Sender<Seen>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let everyone = broadcast::Sender::new(64);
    let messages = Arc::new(AtomicU32::new(0));
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                tokio::spawn(attend(stream, status, everyone.clone(), Arc::clone(&messages), seen.clone()));
            }
            order = orders.recv() => match order {
                // Without a client there is nobody to tell.
                Some(order) => drop(everyone.send(order)),
                None => return,
            },
        }
    }
}

/// Attends to one client, until they are gone.
async fn attend(
    stream: TcpStream,
    status: u16,
    everyone: broadcast::Sender<Order>,
    messages: Arc<AtomicU32>,
    seen: mpsc::Sender<Seen>,
) {
    let mut user_id = String::new();
    #[expect(clippy::result_large_err, reason = "the library asks for it")]
    let handshake = |request: &Request, mut response: Response| {
        let token = request.headers().get(Token::HEADER_NAME).unwrap().clone();
        user_id = token.to_str().unwrap().split('.').next().unwrap().into();
        seen.send(Seen::Token(token.to_str().unwrap().into())).unwrap();
        response.headers_mut().insert(Token::HEADER_NAME, token);
        if status == 101 {
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = status.try_into().unwrap();
        Err(refusal)
    };
    let Ok(mut stream) = accept_hdr_async(stream, handshake).await else { return };
    let mut orders = everyone.subscribe();
    loop {
        let frame = tokio::select! {
            received = stream.next() => match received {
                Some(Ok(Frame::Text(payload))) => {
                    let publish = Publish::decode_str(&payload).unwrap();
                    seen.send(Seen::Request(publish.action())).unwrap();
                    let Some(refusal) = answer(&publish, &user_id, &everyone, &messages) else { continue };
                    Frame::text(refusal)
                }
                Some(Ok(Frame::Close(frame))) => {
                    let _ = seen.send(Seen::Left(frame.unwrap().code.into()));
                    continue;
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
            order = orders.recv() => match order.unwrap() {
                Order::Payload(payload) => Frame::text(payload),
                Order::Close(code, reason) => Frame::Close(Some(CloseFrame { code: code.into(), reason: reason.into() })),
            },
        };
        if stream.send(frame).await.is_err() {
            return;
        }
    }
}

/// Does what is asked for, or refuses it, or, if it asks for that, does nothing.
fn answer(
    publish: &Publish<'_>,
    user_id: &str,
    everyone: &broadcast::Sender<Order>,
    messages: &AtomicU32,
) -> Option<String> {
    let payload = match publish {
        Publish::SendMessage(send) if send.content == "nothing?" => return None,
        Publish::SendMessage(send) if send.content == "rude" => {
            let mut error = ServiceError::new(ErrorCode::NOT_ACCEPTABLE);
            error.request_id = send.request_id;
            error.error_message = Some("mind your words".into());
            return Some(error.encode_to_string());
        }
        Publish::SendMessage(send) => {
            let id = format!("m{:011}", messages.fetch_add(1, Ordering::Relaxed));
            let sender = Sender::new(user_id.into());
            let mut message =
                Message::new(Text::from(&id), send.content.text(), SEND_TIME.into(), sender);
            message.request_id = send.request_id;
            message.encode_to_string()
        }
        Publish::DeleteMessage(delete) => {
            let deletion = SystemEvent::delete_message(delete.id, delete.reason);
            let mut event = Event::system("eAaaaaaaaaa1".into(), &deletion, SEND_TIME.into());
            event.request_id = delete.request_id;
            event.encode_to_string()
        }
        Publish::DisconnectUser(disconnect) => {
            let disconnection = SystemEvent::disconnect_user(disconnect.user_id, disconnect.reason);
            let mut event = Event::system("eAaaaaaaaaa2".into(), &disconnection, SEND_TIME.into());
            event.request_id = disconnect.request_id;
            everyone.send(Order::Payload(event.encode_to_string())).unwrap();
            everyone.send(Order::Close(1000, "Kicked by moderator")).unwrap();
            return None;
        }
        _ => return None,
    };
    everyone.send(Order::Payload(payload)).unwrap();
    None
}

// The process.

static CHAT: &str = env!("CARGO_BIN_EXE_chat");

/// The example at work.
struct Chat(Terminal);

impl Chat {
    fn start(arguments: &[&str]) -> Self {
        Self(Terminal::start(CHAT, arguments))
    }

    /// In a room, with a token for it.
    fn enter(room: &Room) -> Self {
        let mut chat = Self::start(&[&room.url(), TOKEN]);
        chat.see("connected");
        assert_eq!(room.see(), Seen::Token(TOKEN.into()));
        chat
    }

    fn write(&mut self, line: &str) {
        self.0.write(line);
    }

    /// The next line that says this.
    fn see(&mut self, what: &str) -> String {
        self.0.see(what)
    }

    /// The next connection, and that there was a time without one.
    fn see_gap(&mut self) {
        self.see("~  connected");
        self.see("~  gap               messages may have been missed");
    }

    /// The status in the end, and what was shown until then.
    fn end(mut self) -> (Option<i32>, String) {
        self.0.end_input();
        self.wait()
    }

    /// As [`end`](Self::end), but without an end of the input.
    fn wait(self) -> (Option<i32>, String) {
        let (status, shown) = self.0.wait();
        assert!(!shown.contains("AQICAHhP"), "{shown}");
        (status, shown)
    }
}

// What they do.

#[test]
fn comes_and_goes() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.write("/quit");
    let (status, shown) = chat.wait();
    assert_eq!(status, Some(0), "{shown}");
    assert!(shown.contains("disconnected      as you wished\n"), "{shown}");
    assert_eq!(room.see(), Seen::Left(1000));
}

#[test]
fn what_is_typed_is_sent_and_shown_when_it_comes_back() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.write("héllo 🌞");
    assert_eq!(room.see(), Seen::Request("SEND_MESSAGE"));
    assert_eq!(chat.see("héllo"), "10:00:00  m00000000000  astrid            héllo 🌞");
    chat.write("//two slashes");
    assert_eq!(chat.see("slashes"), "10:00:00  m00000000001  astrid            /two slashes");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn all_of_the_input_is_answered_before_the_end() {
    let room = Room::open();
    // More than can be sent in a second, and it may be there before a connection is.
    let mut chat = Chat::start(&[&room.url(), TOKEN]);
    (0..15).for_each(|number| chat.write(&format!("line {number:02}")));
    let (status, shown) = chat.end();
    assert_eq!(status, Some(0), "{shown}");
    let said = shown.lines().filter(|line| line.contains("  astrid  "));
    let expected = (0..15).map(|n| format!("10:00:00  m{n:011}  astrid            line {n:02}"));
    assert!(said.eq(expected), "{shown}");
    assert!(shown.contains("too many requests in a second, for another "), "{shown}");
}

#[test]
fn a_request_that_is_refused() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.write("rude");
    chat.see("!  refused           rude");
    chat.see("406 Not Acceptable: message review rejected the request");
    chat.see("“mind your words”");
    // It was this one only.
    chat.write("polite");
    chat.see("astrid            polite");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn what_cannot_be_sent_is_told() {
    let room = Room::open();
    let mut chat = Chat::start(&["--max-code-points", "5", &room.url(), TOKEN]);
    for (line, why) in [
        ("🌞🌞🌞🌞🌞🌞", "the content has 6 code points where 1 to 5 are allowed"),
        ("/delete", "/delete needs an ID"),
        ("/disconnect ", "/disconnect needs an ID"),
        (
            "/dance all night",
            "there is no such command: a message that begins with a slash is typed with two",
        ),
    ] {
        chat.write(line);
        chat.see(&format!("!  not sent          {}", line.trim_end()));
        chat.see(why);
    }
    let reason = "why ".repeat(10_000);
    chat.write(&format!("/delete m00000000000 {reason}"));
    chat.see("!  not sent          /delete m00000000000 why");
    chat.see("a buffer of 4");
    chat.write("🌞🌞🌞🌞🌞");
    chat.see("astrid            🌞🌞🌞🌞🌞");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn a_message_is_deleted() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.write("typo");
    let line = chat.see("astrid            typo");
    let id = line.split_whitespace().nth(1).unwrap();
    chat.write(&format!("/delete {id} was  wrong"));
    chat.see(&format!("-  deleted           message {id}: was  wrong"));
    chat.write(&format!("/delete {id}"));
    assert!(chat.see("-  deleted ").ends_with(&format!("message {id}")));
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn a_request_without_an_answer() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.write("nothing?");
    chat.see("~  no answer         nothing?");
    chat.see("it is taken for done");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn the_server_breaks_off_and_comes_back() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    chat.write("nothing?");
    assert_eq!(room.see(), Seen::Request("SEND_MESSAGE"));
    let port = room.stop();
    chat.see("connection 0      broken: ");
    chat.see("!  unknown           nothing?");
    chat.see("it is unknown whether it has been done");
    chat.see("reconnecting");
    // Nobody is there.
    chat.see("not opened: ");
    chat.write("still there?");
    chat.see("waits             still there?");
    chat.see("not connected");

    let room = Room::reopen(port);
    chat.see_gap();
    chat.see("astrid            still there?");
    room.say(r#"{"Type":"MESSAGE","Id":"mAaaaaaaaaa1","Content":"yes","SendTime":"2026-11-22T10:00:01Z","Sender":{"UserId":"birk"}}"#);
    chat.see("10:00:01  mAaaaaaaaaa1  birk              yes");
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn the_server_is_restarted() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    room.order(Order::Close(1012, "back in a minute"));
    chat.see("connection 0      closed with 1012: back in a minute");
    let line = chat.see("~  reconnecting      in ");
    let seconds: u32 = line.trim_end_matches(" s").rsplit(' ').next().unwrap().parse().unwrap();
    // 5 to 30 s, rounded down.
    assert!((4..=30).contains(&seconds), "{line}");
    chat.write("/quit");
    assert_eq!(chat.wait().0, Some(0));
}

#[test]
fn a_session_that_has_expired_is_replaced() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    room.say(r#"{"Type":"ERROR","ErrorCode":401,"ErrorMessage":"connection expired"}"#);
    chat.see("!  error             401 Unauthorized: the connection has expired, or the chat token is missing");
    chat.see("“connection expired”");
    assert_eq!(room.see(), Seen::Token(TOKEN.into()));
    chat.see("gap               messages may have been missed");
    // Both connections get it.
    chat.write("twice");
    chat.see("twice");
    chat.write("/quit");
    let (status, shown) = chat.wait();
    assert_eq!(status, Some(0));
    assert_eq!(shown.matches("twice").count(), 1, "{shown}");
    // To those who chat, it is one connection.
    assert!(!shown.contains("reconnecting"), "{shown}");
    assert_eq!(
        shown.matches(" connected ").count() + shown.matches(" connected\n").count(),
        1,
        "{shown}"
    );
    assert_eq!(room.see(), Seen::Request("SEND_MESSAGE"));
    assert_eq!((room.see(), room.see()), (Seen::Left(1000), Seen::Left(1000)));
}

#[test]
fn a_session_that_ends() {
    let room = Room::refusing(403);
    let (status, shown) = Chat::start(&[&room.url(), TOKEN]).wait();
    assert_eq!(status, Some(1), "{shown}");
    // The token may have been used, so another is tried.
    assert_eq!(shown.matches("refused with HTTP status 403 Forbidden\n").count(), 2, "{shown}");
    assert!(
        shown.contains(
            "disconnected      the service refuses the connection, with HTTP status 403\n"
        ),
        "{shown}"
    );

    let room = Room::open();
    let chat = Chat::enter(&room);
    room.order(Order::Close(4000, r#"{"ErrorMessage":"closed for good","ErrorCode":404}"#));
    let (status, shown) = chat.wait();
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("closed with 4000: 404 Not Found: closed for good\n"), "{shown}");
    assert!(
        shown.contains("disconnected      the service has ended the session, with code 4000\n"),
        "{shown}"
    );
}

#[test]
fn a_user_who_is_made_to_leave() {
    let room = Room::open();
    for (arguments, why) in [
        (&["--user-id", "astrid"][..], "you have been made to leave the room"),
        (&[], "the service has ended the session, with code 1000"),
    ] {
        let mut chat = Chat::start(&[arguments, &[&room.url(), TOKEN]].concat());
        chat.see("connected");
        chat.write("/disconnect astrid too loud");
        let (status, shown) = chat.wait();
        assert_eq!(status, Some(1), "{shown}");
        assert!(shown.contains("-  disconnected      user astrid: too loud\n"), "{shown}");
        assert!(shown.contains(&format!("~  disconnected      {why}\n")), "{shown}");
        // Who is known not to be wanted does not wait for the close frame.
        let is_closed_by_room = shown.contains("closed with 1000: Kicked by moderator\n");
        assert_eq!(is_closed_by_room, arguments.is_empty(), "{shown}");
    }
}

#[test]
fn what_else_is_said_in_a_room() {
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
        room.say(payload);
    }
    chat.see("10:00:00  mAaaaaaaaaa1  ねこ              hello⏎there");
    chat.see("                                          user u-1 · mood: calm");
    chat.see("??:??:??  mAaaaaaaaaa2  ねこ              again");
    chat.see("10:00:01             *  poll");
    chat.see("                                          a: 1 · b: 2");
    chat.see(r#"?  LATER             {"Type":"LATER","More":[1]}"#);
    chat.see("!  error             418: not a code of the reference");
    chat.see("✗  not decoded       invalid type for Id, at byte 23");
    chat.see(r#"{"Type":"MESSAGE","Id":nil}"#);
    assert_eq!(chat.end().0, Some(0));
}

#[test]
fn a_busy_server_says_when_to_come_back() {
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
    chat.see("refused with HTTP status 503 Service Unavailable");
    let _again = listener.accept().unwrap();
    // Without being told, it comes back within a second.
    assert!(refused.elapsed() >= Duration::from_secs(3), "{:?}", refused.elapsed());
    chat.write("/quit");
    assert_eq!(chat.wait().0, Some(0));
}

#[test]
fn a_message_without_end_is_not_received() {
    let room = Room::open();
    let mut chat = Chat::enter(&room);
    room.say("x".repeat(70_000));
    chat.see("connection 0      broken: ");
    chat.see_gap();
    assert_eq!(chat.end().0, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn pings_whose_answers_are_not_read_cost_no_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let mut chat = Chat::start(&[&url, TOKEN]);
    let (stream, _) = listener.accept().unwrap();
    #[expect(clippy::result_large_err, reason = "the library asks for it")]
    let answer = |request: &Request, mut response: Response| {
        let token = request.headers()[Token::HEADER_NAME].clone();
        response.headers_mut().insert(Token::HEADER_NAME, token);
        Ok(response)
    };
    let mut socket = tungstenite::accept_hdr(stream, answer).unwrap();
    chat.see("connected");
    let before = chat.0.peak_memory();
    flood::send_without_reading(socket.get_mut(), &flood::pings(false));
    // What comes after the pings is shown, so all of them have been taken.
    socket.get_mut().set_write_timeout(None).unwrap();
    socket.write(Frame::text(r#"{"Type":"LATER"}"#)).unwrap();
    socket.flush().unwrap();
    chat.see("LATER");
    let grown = chat.0.peak_memory() - before;
    println!("{} KiB of pings cost {} KiB", flood::FLOOD >> 10, grown >> 10);
    assert!(grown < flood::MARGIN, "{grown} bytes");
}

#[test]
fn nothing_of_the_wire_acts_on_a_terminal() {
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
        room.say(template.replace('@', escaped));
    }
    room.say("\u{1b}[2J\u{9b}2J");
    room.order(Order::Close(4000, "\u{1b}[2J\u{9b}2J\u{202e}\n"));
    chat.see(r"closed with 4000: \u{1b}[2J\u{9b}2J\u{202e}⏎");
    let (_, shown) = chat.wait();
    assert!(
        shown.contains(
            r"a\u{1b}[2J\u{9b}2J\u{202e}\u{2066}\u{7}\r⏎\t\u{2028}\u{85}\u{0}\u{7f}\u{200b}z"
        ),
        "{shown}"
    );
    let acts = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2066}')
    };
    assert_eq!(shown.chars().find(|&character| character != '\n' && acts(character)), None);
}

#[cfg(unix)]
#[test]
fn each_connection_has_a_token_of_its_own() {
    let room = Room::open();
    let count = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokens");
    let _ = fs::remove_file(&count);
    // The first time it fails, and the second time it prints something else.
    let command = format!(
        r#"echo >> {0}; n=$(wc -l < {0}); n=$((n)); case $n in 1) exit 3;; 2) echo 'no token'; exit;; esac
        echo '{{"token":"birk.AQICAHhP!#'$n'","tokenExpirationTime":"x","sessionExpirationTime":"2099-01-01T00:00:00+00:00"}}'"#,
        count.display()
    );
    let mut chat = Chat::start(&["--token-command", &command, &room.url()]);
    chat.see("!  no token          the token command failed: exit status: 3");
    chat.see("!  no token          what the token command printed is not a token, at byte 2");
    chat.see("connected");
    room.order(Order::Close(1001, ""));
    chat.see("connected");
    chat.write("/quit");
    assert_eq!(chat.wait().0, Some(0));
    assert_eq!(room.see(), Seen::Token("birk.AQICAHhP!#3".into()));
    assert_eq!(room.see(), Seen::Left(1001));
    assert_eq!(room.see(), Seen::Token("birk.AQICAHhP!#4".into()));
}

#[cfg(unix)]
#[test]
fn an_end_of_the_session_that_cannot_be_read_is_told() {
    let room = Room::open();
    for (end, why) in [
        (r#""2099-01-01 00:00:00+00:00""#, None),
        ("4070908800", None),
        (
            r#""2099-01-01 00:00:00""#,
            Some("sessionExpirationTime has no time zone, so the session's length is unknown"),
        ),
        (
            r#""birk.AQICAHhP""#,
            Some("sessionExpirationTime cannot be read, so the session's length is unknown"),
        ),
    ] {
        let command =
            format!(r#"echo '{{"token":"birk.AQICAHhP","sessionExpirationTime":{end}}}'"#);
        let mut chat = Chat::start(&["--token-command", &command, &room.url()]);
        chat.see("connected");
        chat.write("/quit");
        let (status, shown) = chat.wait();
        assert_eq!(status, Some(0), "{shown}");
        let warning =
            shown.lines().find_map(|line| Some(line.split_once("!  token             ")?.1));
        assert_eq!(warning, why, "{shown}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_token_command_without_end_costs_no_memory() {
    let mut chat = Chat::start(&["--token-command", "yes", "us-west-2"]);
    chat.see("connecting");
    chat.see("no token          the token command failed: ");
    assert!(chat.0.peak_memory() < 32 << 20, "{} bytes", chat.0.peak_memory());
}

#[cfg(target_os = "linux")]
#[test]
fn a_token_command_that_takes_too_long_is_killed() {
    let pid = Path::new(env!("CARGO_TARGET_TMPDIR")).join("token-command-pid");
    let command = format!("echo $$ > {}; exec sleep 300", pid.display());
    let mut chat = Chat::start(&["--token-command", &command, "us-west-2"]);
    chat.see("!  no token          the token command takes too long");
    let process = format!("/proc/{}", fs::read_to_string(pid).unwrap().trim());
    let is_running =
        || fs::read_to_string(format!("{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    let deadline = Instant::now() + PATIENCE;
    while is_running() {
        assert!(Instant::now() < deadline, "{process} is running");
        thread::sleep(Duration::from_millis(20));
    }
    chat.write("/quit");
    assert_eq!(chat.wait().0, Some(0));
}

#[cfg(unix)]
#[test]
fn without_tokens_there_is_no_session() {
    let (status, shown) = Chat::start(&["--token-command", "exit 127", "us-west-2"]).wait();
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("no token          the token command cannot be run\n"), "{shown}");
    assert!(shown.contains("disconnected      no token can be had\n"), "{shown}");

    let answer = r#"echo '{"token":{"AQICAHhP": 1}, "sessionExpirationTime": null}'"#;
    let mut chat = Chat::start(&["--token-command", answer, "us-west-2"]);
    chat.see("no token          the token command printed no answer, at line 1, column ");
    chat.write("too early");
    chat.write("/quit");
    chat.see("!  not sent          too early");
    assert_eq!(chat.wait().0, Some(0));
}

#[test]
fn a_token_in_a_wrong_place_is_not_shown() {
    let not_a_region = "ENDPOINT, which comes before TOKEN, is neither a region nor a URL";
    for (arguments, complaint) in [
        // A token that cannot be the name of a host, and two that can.
        (&[TOKEN, "us-west-2"][..], not_a_region),
        (&["AQICAHhP-2mZ", "us-west-2"], not_a_region),
        (&["lobby.AQICAHhP.send.3600", "ws://127.0.0.1:6789"], not_a_region),
        (&["--AQICAHhP", "us-west-2"], "there is no such option"),
        (&["--token", TOKEN, "us-west-2"], "there is no option \"--token\""),
        (&["--token=AQICAHhP", "us-west-2"], "there is no option \"--token\""),
        (&["us-west-2", "AQICAHhP, AQICAHhP"], "TOKEN is not a token"),
        (&["us-west-2", TOKEN, TOKEN], "there is something behind"),
        (&["--user-id", "astrid", "--max-code-points", TOKEN], "--max-code-points needs a number"),
        (&["\u{1b}[2J", TOKEN], not_a_region),
        (&["--\u{1b}[2J", TOKEN], "there is no such option"),
    ] {
        // This also looks for the token in what is shown.
        let (status, shown) = Chat::start(arguments).wait();
        assert_eq!(status, Some(2), "{shown}");
        assert!(shown.starts_with(&format!("chat: {complaint}")), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}

#[test]
fn regions() {
    for region in ["us-west-2", "ap-northeast-1", "eu-central-1", "us-gov-west-1"] {
        // No token is fetched, so nothing is looked up.
        let (status, shown) = Chat::start(&["--token-command", "exit 127", region]).wait();
        assert_eq!(status, Some(1), "{shown}");
    }
}

#[test]
fn the_command_line() {
    let (status, help) = Chat::start(&["--help"]).wait();
    assert_eq!(status, Some(0));
    assert_eq!(help, include_str!("../src/bin/chat/usage.txt"));
    for (arguments, complaint) in [
        (&[][..], "there is no ENDPOINT"),
        (&["us-west-2"], "there is neither a TOKEN nor a --token-command"),
        (
            &["us west 2", TOKEN],
            "ENDPOINT, which comes before TOKEN, is neither a region nor a URL of ws:// or wss://\n",
        ),
        (&["https://example.com", TOKEN], "ENDPOINT, which comes before TOKEN, is neither"),
        (&["ws://", TOKEN], "ENDPOINT, which comes before TOKEN, is neither"),
        (&["us-west-2", "AQICAHhP, AQICAHhP"], "TOKEN is not a token, at byte 8"),
        (&["us-west-2", TOKEN, TOKEN], "there is something behind ENDPOINT and TOKEN"),
        (
            &["--token-command", "echo", "us-west-2", TOKEN],
            "TOKEN and --token-command exclude each other",
        ),
        (&["--token-command"], "--token-command needs a command"),
        (&["--user-id", ""], "--user-id needs the ID of a user"),
        (
            &["--max-code-points", "501", "us-west-2", TOKEN],
            "--max-code-points needs a number from 1 to 500",
        ),
        (&["--verbose"], "there is no option \"--verbose\""),
    ] {
        let (status, shown) = Chat::start(arguments).wait();
        assert_eq!(status, Some(2), "{shown}");
        assert!(shown.starts_with(&format!("chat: {complaint}")), "{shown}");
        assert!(shown.contains("\nUsage: chat "), "{shown}");
    }
}
