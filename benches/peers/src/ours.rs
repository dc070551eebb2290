//! What is measured of this crate.
//!
//! Functions that go once over a corpus keep their names, so that their instructions can be counted.

use std::hint::black_box;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Attributes, Text};

use crate::build::{build, build_send};
use crate::typed::{Plain, PlainPublish};

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
