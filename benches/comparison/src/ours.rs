//! Measured functions of this crate.

use std::hint::black_box;
use std::time::Duration;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::server::{Config, Peer};
use ivs_chat_proto::subscribe::{Message, Sender, Subscribe};
use ivs_chat_proto::{Attributes, Capabilities, Instant, JsonStream, MessageAssembler, Text};

use ivs_chat_benches::build::{build, build_send};
use ivs_chat_benches::client::ConnectedClient;
use ivs_chat_benches::typed::{Plain, PlainPublish};

/// The capacity is that of the longest message that the service can send.
pub(crate) type Assembler = MessageAssembler<{ 32 * 1024 }>;
pub(crate) type Stream = JsonStream<{ 32 * 1024 }>;

/// More than the encoded length of every payload of a corpus.
pub(crate) const BUFFER: usize = 16 * 1024;

/// Decodes payloads and reads every field except the attributes.
#[inline(never)]
pub(crate) fn decode(payloads: &[String]) -> usize {
    let decode = |json: &String| fields(&Subscribe::decode_str(black_box(json)).unwrap());
    payloads.iter().map(decode).sum()
}

/// As [`decode`], from bytes.
#[inline(never)]
pub(crate) fn decode_bytes(payloads: &[String]) -> usize {
    let decode = |json: &String| fields(&Subscribe::decode(black_box(json.as_bytes())).unwrap());
    payloads.iter().map(decode).sum()
}

/// Runs the UTF-8 check of the standard library, then [`decode`]: the reference for
/// [`decode_bytes`].
#[inline(never)]
pub(crate) fn check_and_decode(payloads: &[String]) -> usize {
    let decode = |json: &String| {
        let json = str::from_utf8(black_box(json.as_bytes())).unwrap();
        fields(&Subscribe::decode_str(json).unwrap())
    };
    payloads.iter().map(decode).sum()
}

/// As [`decode`], and reads every name and value of the attributes.
#[inline(never)]
pub(crate) fn decode_attributes(payloads: &[String]) -> usize {
    let decode = |json: &String| {
        let payload = Subscribe::decode_str(black_box(json)).unwrap();
        let [first, second] = attributes(&payload);
        fields(&payload) + pairs(first) + pairs(second)
    };
    payloads.iter().map(decode).sum()
}

/// As [`decode_attributes`], and decodes every text with escapes into a buffer.
#[inline(never)]
pub(crate) fn decode_texts(payloads: &[String]) -> usize {
    let mut buffer = [0; BUFFER];
    let mut sum = 0;
    for payload in payloads {
        let payload = Subscribe::decode_str(black_box(payload)).unwrap();
        let attributes = attributes(&payload).into_iter().flat_map(|attributes| attributes.iter());
        let attributes = attributes.flat_map(|(name, value)| [name, value]);
        for text in texts(&payload).into_iter().chain(attributes) {
            sum += match text.as_str() {
                Some(text) => text.len(),
                None => black_box(text.decode_into(&mut buffer).unwrap()).len(),
            };
        }
    }
    sum
}

/// As [`decode_bytes`], from WebSocket messages in pieces of at most `length` bytes.
#[inline(never)]
pub(crate) fn assemble(payloads: &[String], length: usize, assembler: &mut Assembler) -> usize {
    let mut decode = |json| {
        let message = assembled(json, length, assembler);
        fields(&Subscribe::decode(message).unwrap())
    };
    payloads.iter().map(|json| decode(json)).sum()
}

#[inline]
fn assembled<'a>(payload: &'a str, length: usize, assembler: &'a mut Assembler) -> &'a [u8] {
    let payload = black_box(payload.as_bytes());
    let [more, last_piece] = black_box([false, true]);
    let (before, last) = payload.split_at((payload.len() - 1) / length * length);
    for piece in before.chunks_exact(length) {
        assert!(assembler.push(piece, more).is_none());
    }
    assembler.push(last, last_piece).unwrap().unwrap()
}

/// As [`decode_bytes`], from a stream of payloads in pieces of at most `length` bytes.
#[inline(never)]
pub(crate) fn stream(payloads: &str, length: usize, stream: &mut Stream) -> usize {
    let mut sum = 0;
    for mut piece in black_box(payloads.as_bytes()).chunks(length) {
        while let Some(object) = stream.next(&mut piece) {
            sum += fields(&Subscribe::decode(object.unwrap()).unwrap());
        }
    }
    sum
}

/// Encodes decoded payloads.
#[inline(never)]
pub(crate) fn encode(payloads: &[Subscribe<'_>]) -> usize {
    let mut buffer = [0; BUFFER];
    let mut encode = |payload| black_box(payload_bytes(payload, &mut buffer)).len();
    payloads.iter().map(&mut encode).sum()
}

#[inline]
fn payload_bytes<'b>(payload: &Subscribe<'_>, buffer: &'b mut [u8]) -> &'b [u8] {
    black_box(payload).encode(buffer).unwrap()
}

/// Encodes payloads built from plain texts, which the encoder searches for characters to escape.
#[inline(never)]
pub(crate) fn encode_plain(payloads: &[Plain<'_>]) -> usize {
    let mut buffer = [0; BUFFER];
    let mut encode = |payload| {
        let encoded = build(black_box(payload)).encode(&mut buffer).unwrap();
        black_box(encoded).len()
    };
    payloads.iter().map(&mut encode).sum()
}

/// Encodes `SEND_MESSAGE` built from plain texts, including the count of code points.
#[inline(never)]
pub(crate) fn encode_send(payloads: &[PlainPublish<'_>]) -> usize {
    let mut buffer = [0; BUFFER];
    let mut encode = |payload| {
        let encoded = build_send(black_box(payload)).encode(&mut buffer).unwrap();
        black_box(encoded).len()
    };
    payloads.iter().map(&mut encode).sum()
}

/// Decodes publish payloads, as a server does.
#[inline(never)]
pub(crate) fn decode_publish(payloads: &[String]) -> usize {
    let decode = |json: &String| published(&Publish::decode_str(black_box(json)).unwrap());
    payloads.iter().map(decode).sum()
}

/// As [`decode_publish`], from bytes.
#[inline(never)]
pub(crate) fn decode_publish_bytes(payloads: &[String]) -> usize {
    let decode = |json: &String| published(&Publish::decode(black_box(json.as_bytes())).unwrap());
    payloads.iter().map(decode).sum()
}

/// As [`decode_publish_bytes`], through a `Peer`.
#[inline(never)]
pub(crate) fn peer(payloads: &[String], server: &mut Server) -> usize {
    payloads.iter().map(|payload| published(&server.accept(payload))).sum()
}

/// As [`peer`], and encodes the `MESSAGE` for each `SEND_MESSAGE`.
#[inline(never)]
pub(crate) fn serve_all(payloads: &[String], server: &mut Server) -> usize {
    let mut buffer = [0; BUFFER];
    payloads.iter().map(|payload| black_box(serve(payload, server, &mut buffer)).len()).sum()
}

#[inline]
pub(crate) fn serve<'b>(payload: &str, server: &mut Server, buffer: &'b mut [u8]) -> &'b [u8] {
    let Publish::SendMessage(send) = server.accept(payload) else { panic!() };
    let mut sender = Sender::new(server_fields::USER_ID);
    sender.attributes = Attributes::from(black_box(server_fields::ATTRIBUTES));
    let (id, send_time) = (server_fields::ID, server_fields::SEND_TIME);
    let mut message = Message::new(id, send.content.text(), send_time, sender);
    message.request_id = send.request_id;
    message.attributes = send.attributes;
    message.encode(buffer).unwrap()
}

/// A server with one connection, which has all capabilities.
pub(crate) struct Server {
    peer: Peer,
    now: Instant,
}

impl Server {
    pub(crate) fn new() -> Self {
        let mut config = Config::new();
        config.capabilities = Capabilities::ALL;
        config.session_ms = u32::MAX;
        Self { peer: Peer::new(Instant::from_millis(0), config), now: Instant::from_millis(0) }
    }

    #[inline]
    fn accept<'m>(&mut self, payload: &'m str) -> Publish<'m> {
        self.now += Duration::from_millis(100);
        self.peer.handle_message(self.now, black_box(payload.as_bytes())).unwrap()
    }
}

/// The fields that a server adds to a `SEND_MESSAGE`.
pub(crate) mod server_fields {
    pub(crate) const ID: &str = "Ub3xYd7cQm0a";
    pub(crate) const SEND_TIME: &str = "2026-11-22T10:00:00.123456789Z";
    pub(crate) const USER_ID: &str = "0d5e8c4a-7f21-4b9e-a6c3-1f0b2d3e4a5c";
    pub(crate) const ATTRIBUTES: &[(&str, &str)] = &[
        ("avatar", "https://example.com/avatars/0d5e8c4a.png"),
        ("color", "#ff9900"),
        ("username", "astrid"),
    ];
}

/// As [`decode`], through a `Client`.
#[inline(never)]
pub(crate) fn client(payloads: &[String], connected: &mut ConnectedClient) -> usize {
    let ConnectedClient { client, connection } = connected;
    let receive = |payload: &String| {
        let received =
            client.handle_message_str(ConnectedClient::NOW, *connection, black_box(payload));
        let received = received.unwrap().unwrap();
        fields(&received.payload)
    };
    payloads.iter().map(receive).sum()
}

/// As [`encode_send`], through a `Client`.
#[inline(never)]
pub(crate) fn client_send(payloads: &[PlainPublish<'_>], connected: &mut ConnectedClient) -> usize {
    let mut buffer = [0; BUFFER];
    let send = |payload| {
        let send = build_send(black_box(payload));
        let sent = connected.client.send(ConnectedClient::NOW, send, (), &mut buffer).unwrap();
        let (handle, length) = (sent.handle, black_box(sent.payload).len());
        connected.client.abandon(handle).unwrap();
        length
    };
    payloads.iter().map(send).sum()
}

/// Reads every field of a publish payload.
#[inline]
fn published(publish: &Publish<'_>) -> usize {
    let none = Text::default();
    let texts = match publish {
        Publish::SendMessage(send) => [send.request_id, Some(send.content.text()), None],
        Publish::DeleteMessage(delete) => [delete.request_id, Some(delete.id), delete.reason],
        Publish::DisconnectUser(user) => [user.request_id, Some(user.user_id), user.reason],
        _ => [None; 3],
    };
    texts.into_iter().map(|optional| text(optional.unwrap_or(none))).sum()
}

/// Reads every field of a subscribe payload.
#[inline]
fn fields(payload: &Subscribe<'_>) -> usize {
    let code = if let Subscribe::Error(error) = payload { error.error_code.as_u16() } else { 0 };
    texts(payload).into_iter().map(text).sum::<usize>() + usize::from(code)
}

#[inline]
fn texts<'a>(payload: &Subscribe<'a>) -> [Text<'a>; 5] {
    let none = Text::default();
    match payload {
        Subscribe::Message(message) => [
            message.id,
            message.request_id.unwrap_or_default(),
            message.content,
            message.send_time.text(),
            message.sender.user_id,
        ],
        Subscribe::Event(event) => {
            let request_id = event.request_id.unwrap_or_default();
            [event.id, request_id, event.event_name, event.send_time.text(), none]
        }
        Subscribe::Error(error) => {
            let [message, id] = [error.error_message, error.id].map(Option::unwrap_or_default);
            [message, id, error.request_id.unwrap_or_default(), none, none]
        }
        _ => [none; 5],
    }
}

#[inline]
fn attributes<'a>(payload: &Subscribe<'a>) -> [Attributes<'a>; 2] {
    match payload {
        Subscribe::Message(message) => [message.attributes, message.sender.attributes],
        Subscribe::Event(event) => [event.attributes, Attributes::NONE],
        _ => [Attributes::NONE; 2],
    }
}

#[inline]
fn pairs(attributes: Attributes<'_>) -> usize {
    attributes.iter().map(|(name, value)| text(name) + text(value)).sum()
}

/// Returns the length of a text, or of its first code point if it has escapes.
#[inline]
fn text(text: Text<'_>) -> usize {
    match text.as_str() {
        Some(text) => text.len(),
        None => text.chars().next().map_or(0, char::len_utf8),
    }
}
