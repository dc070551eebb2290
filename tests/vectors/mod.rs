//! The table of test vectors: wire bytes, and the value or the error kind and offset that decoding
//! must give.

#![allow(dead_code, reason = "no test uses every item")]

mod publish;
mod subscribe;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::{Message, Sender, Subscribe};
use ivs_chat_proto::{Attributes, DecodeErrorKind, Text};

/// A payload on the wire, and the result of decoding it.
pub(crate) struct Vector<P> {
    /// The name of the case, unique in its table.
    pub name: &'static str,
    /// The bytes to decode.
    pub wire: Vec<u8>,
    /// The value, or the kind and offset of the error.
    pub value: Result<P, (DecodeErrorKind, usize)>,
    /// The encoding of the value, if it differs from `wire`.
    pub canonical: Option<&'static str>,
}

impl<P> Vector<P> {
    /// Returns the encoding of the value.
    pub(crate) fn encoded(&self) -> &[u8] {
        self.canonical.map_or(&self.wire, str::as_bytes)
    }
}

/// Returns the payloads of the service.
pub(crate) fn subscribe() -> Vec<Vector<Subscribe<'static>>> {
    subscribe::all()
}

/// Returns the payloads of clients.
pub(crate) fn publish() -> Vec<Vector<Publish<'static>>> {
    publish::all()
}

/// A payload that encodes to the same bytes.
fn valid<P>(name: &'static str, wire: &'static str, value: impl Into<P>) -> Vector<P> {
    Vector { name, wire: wire.into(), value: Ok(value.into()), canonical: None }
}

/// A payload that encodes to other bytes.
fn noncanonical<P>(
    name: &'static str,
    wire: &'static str,
    canonical: &'static str,
    value: impl Into<P>,
) -> Vector<P> {
    Vector { name, wire: wire.into(), value: Ok(value.into()), canonical: Some(canonical) }
}

/// An invalid payload. `§` marks the offset of the error and is not a part of the payload.
fn invalid<P>(name: &'static str, wire: &str, kind: DecodeErrorKind) -> Vector<P> {
    let (before, after) = wire.split_once('§').expect("a mark at the error");
    Vector {
        name,
        wire: [before, after].concat().into(),
        value: Err((kind, before.len())),
        canonical: None,
    }
}

/// An invalid payload in pieces. The error is at the end of the first piece.
fn invalid_bytes<P>(name: &'static str, wire: &[&[u8]], kind: DecodeErrorKind) -> Vector<P> {
    Vector { name, wire: wire.concat(), value: Err((kind, wire[0].len())), canonical: None }
}

fn pairs(pairs: &'static [(&'static str, &'static str)]) -> Attributes<'static> {
    pairs.into()
}

fn message(
    id: &'static str,
    content: &'static str,
    send_time: &'static str,
    user_id: &'static str,
    sender_attributes: &'static [(&'static str, &'static str)],
) -> Message<'static> {
    let mut sender = Sender::new(user_id);
    sender.attributes = pairs(sender_attributes);
    Message::new(id, content, send_time, sender)
}

fn with<T>(mut payload: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut payload);
    payload
}

#[expect(clippy::unnecessary_wraps, reason = "the type of optional fields")]
fn text(text: &'static str) -> Option<Text<'static>> {
    Some(text.into())
}
