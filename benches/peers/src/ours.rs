//! What is measured of this crate.
//!
//! Functions that go once over a corpus keep their names, so that their instructions can be counted.

use std::hint::black_box;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::server::{Config, Peer};
use ivs_chat_proto::subscribe::{Message, Sender, Subscribe};
use ivs_chat_proto::{Attributes, Capabilities, Fragments, JsonStream, Millis, Text};

use crate::build::{build, build_send};
use crate::room::Room;
use crate::typed::{Plain, PlainPublish};

/// As much as any message may have.
pub(crate) type Joined = Fragments<{ 32 * 1024 }>;
pub(crate) type Stream = JsonStream<{ 32 * 1024 }>;

/// More than the longest payload of a corpus.
pub(crate) const BUFFER: usize = 8192;

/// Every field, attributes not looked into.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_decode(payloads: &[String]) -> usize {
    payloads.iter().map(|payload| fields(&Subscribe::decode_str(black_box(payload)).unwrap())).sum()
}

/// As [`measured_decode`], from bytes that have yet to be found UTF-8.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_decode_bytes(payloads: &[String]) -> usize {
    payloads.iter().map(|payload| fields(&Subscribe::decode(black_box(payload.as_bytes())).unwrap())).sum()
}

/// Every field, and every name and value of the attributes.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_decode_attributes(payloads: &[String]) -> usize {
    let read = |payload: &String| {
        let payload = Subscribe::decode_str(black_box(payload)).unwrap();
        let [first, second] = attributes(&payload);
        fields(&payload) + pairs(first) + pairs(second)
    };
    payloads.iter().map(read).sum()
}

/// As [`measured_decode_attributes`], and every text that holds escapes is decoded to a buffer.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_decode_texts(payloads: &[String]) -> usize {
    let mut buffer = [0; BUFFER];
    let mut sum = 0;
    for payload in payloads {
        let payload = Subscribe::decode_str(black_box(payload)).unwrap();
        let attributes = attributes(&payload).into_iter().flat_map(|attributes| attributes.iter());
        for text in texts(&payload).into_iter().chain(attributes.flat_map(|(name, value)| [name, value])) {
            sum += match text.as_plain() {
                Some(text) => text.len(),
                None => black_box(text.copy_to(&mut buffer).unwrap()).len(),
            };
        }
    }
    sum
}

/// As [`measured_decode_bytes`], from pieces of at most 64 bytes.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_fragments(payloads: &[String], joined: &mut Joined) -> usize {
    payloads.iter().map(|payload| fields(&Subscribe::decode(join(payload, 64, joined)).unwrap())).sum()
}

/// As [`measured_decode_bytes`], from pieces of one byte.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_fragments_bytewise(payloads: &[String], joined: &mut Joined) -> usize {
    payloads.iter().map(|payload| fields(&Subscribe::decode(join(payload, 1, joined)).unwrap())).sum()
}

/// A payload from pieces of at most `length` bytes.
#[inline]
fn join<'a>(payload: &'a str, length: usize, joined: &'a mut Joined) -> &'a [u8] {
    let payload = black_box(payload.as_bytes());
    let [more, fin] = black_box([false, true]);
    let (before, last) = payload.split_at((payload.len() - 1) / length * length);
    for piece in before.chunks_exact(length) {
        assert!(joined.push(piece, more).is_none());
    }
    joined.push(last, fin).unwrap().unwrap()
}

/// As [`measured_decode_bytes`], from payloads that stand behind each other.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_stream(payloads: &str, stream: &mut Stream) -> usize {
    objects(black_box(payloads.as_bytes()), stream)
}

/// As [`measured_stream`], byte by byte.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_stream_bytewise(payloads: &str, stream: &mut Stream) -> usize {
    black_box(payloads.as_bytes()).chunks_exact(1).map(|byte| objects(byte, stream)).sum()
}

#[inline]
fn objects(mut input: &[u8], stream: &mut Stream) -> usize {
    let mut sum = 0;
    while let Some(object) = stream.next(&mut input) {
        sum += fields(&Subscribe::decode(object.unwrap()).unwrap());
    }
    sum
}

/// A payload made to be slow.
pub(crate) fn hostile(payload: &str) -> usize {
    fields(&Subscribe::decode_str(black_box(payload)).unwrap())
}

/// As [`hostile`], to be published.
pub(crate) fn hostile_publish(payload: &str) -> usize {
    let Ok(Publish::SendMessage(send)) = Publish::decode_str(black_box(payload)) else { panic!() };
    text(send.content.text())
}

/// What was decoded, once more to bytes.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_encode(payloads: &[Subscribe<'_>]) -> usize {
    let mut buffer = [0; BUFFER];
    payloads.iter().map(|payload| black_box(black_box(payload).encode(&mut buffer).unwrap()).len()).sum()
}

/// Payloads made from plain texts, each of which has to be searched for what must be escaped.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_build(payloads: &[Plain<'_>]) -> usize {
    let mut buffer = [0; BUFFER];
    payloads.iter().map(|payload| black_box(build(black_box(payload)).encode(&mut buffer).unwrap()).len()).sum()
}

/// `SEND_MESSAGE` made from plain texts, its content's code points counted.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_send(payloads: &[PlainPublish<'_>]) -> usize {
    let mut buffer = [0; BUFFER];
    payloads.iter().map(|payload| black_box(build_send(black_box(payload)).encode(&mut buffer).unwrap()).len()).sum()
}

/// What clients send, as a server decodes it.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_decode_send(payloads: &[String]) -> usize {
    let read = |payload: &String| {
        let Ok(Publish::SendMessage(send)) = Publish::decode_str(black_box(payload)) else { panic!() };
        text(send.request_id.unwrap_or_default()) + text(send.content.text())
    };
    payloads.iter().map(read).sum()
}

/// As [`measured_decode_send`], from bytes that have yet to be found UTF-8.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_decode_send_bytes(payloads: &[String]) -> usize {
    let read = |payload: &String| sent(&Publish::decode(black_box(payload.as_bytes())).unwrap());
    payloads.iter().map(read).sum()
}

/// As [`measured_decode_send_bytes`], received by a server.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_peer_recv(payloads: &[String], door: &mut Door) -> usize {
    payloads.iter().map(|payload| sent(&door.recv(payload))).sum()
}

/// What clients send, received by a server, and the message that it becomes.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_serve(payloads: &[String], door: &mut Door) -> usize {
    let mut buffer = [0; BUFFER];
    payloads.iter().map(|payload| black_box(serve(payload, door, &mut buffer)).len()).sum()
}

#[inline]
pub(crate) fn serve<'b>(payload: &str, door: &mut Door, buffer: &'b mut [u8]) -> &'b [u8] {
    let Publish::SendMessage(send) = door.recv(payload) else { panic!() };
    let mut sender = Sender::new(door::USER_ID.into());
    sender.attributes = Attributes::from(black_box(door::ATTRIBUTES));
    let mut message = Message::new(door::ID.into(), send.content.text(), door::SEND_TIME.into(), sender);
    message.request_id = send.request_id;
    message.attributes = send.attributes;
    message.encode(buffer).unwrap()
}

/// A connection at the server's end, on which as much comes as may.
pub(crate) struct Door {
    peer: Peer,
    now: Millis,
}

impl Door {
    pub(crate) fn new() -> Self {
        let mut config = Config::new();
        config.capabilities = Capabilities::ALL;
        config.session_ms = u32::MAX;
        Self { peer: Peer::new(Millis::new(0), config), now: Millis::new(0) }
    }

    #[inline]
    fn recv<'m>(&mut self, payload: &'m str) -> Publish<'m> {
        self.now = self.now.after(100);
        self.peer.recv(self.now, black_box(payload.as_bytes())).unwrap()
    }
}

/// What a server adds to what was sent.
pub(crate) mod door {
    pub(crate) const ID: &str = "Ub3xYd7cQm0a";
    pub(crate) const SEND_TIME: &str = "2026-11-22T10:00:00.123456789Z";
    pub(crate) const USER_ID: &str = "0d5e8c4a-7f21-4b9e-a6c3-1f0b2d3e4a5c";
    pub(crate) const ATTRIBUTES: &[(&str, &str)] =
        &[("avatar", "https://example.com/avatars/0d5e8c4a.png"), ("color", "#ff9900"), ("username", "astrid")];
}

/// As [`measured_decode`], received by a client.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_recv(payloads: &[String], room: &mut Room) -> usize {
    let Room { client, conn } = room;
    let receive = |payload: &String| {
        let received = client.recv_str(Room::NOW, *conn, black_box(payload)).unwrap().unwrap();
        fields(&received.payload)
    };
    payloads.iter().map(receive).sum()
}

/// As [`measured_send`], sent by a client.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) fn measured_client_send(payloads: &[PlainPublish<'_>], room: &mut Room) -> usize {
    let mut buffer = [0; BUFFER];
    let send = |payload| {
        let sent = room.client.send(Room::NOW, &build_send(black_box(payload)).into(), (), &mut buffer).unwrap();
        let (handle, length) = (sent.handle, black_box(sent.payload).len());
        room.client.forget(handle).unwrap();
        length
    };
    payloads.iter().map(send).sum()
}

/// Something of every field of a message that is sent.
#[inline]
fn sent(publish: &Publish<'_>) -> usize {
    let Publish::SendMessage(send) = publish else { panic!() };
    text(send.request_id.unwrap_or_default()) + text(send.content.text())
}

/// Something of every field.
#[inline]
fn fields(payload: &Subscribe<'_>) -> usize {
    let code = if let Subscribe::Error(error) = payload { error.error_code.get() } else { 0 };
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
            [event.id, event.request_id.unwrap_or_default(), event.event_name, event.send_time.text(), none]
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

/// The length of a text, or of its beginning if it holds escapes.
#[inline]
fn text(text: Text<'_>) -> usize {
    match text.as_plain() {
        Some(text) => text.len(),
        None => text.chars().next().map_or(0, char::len_utf8),
    }
}
