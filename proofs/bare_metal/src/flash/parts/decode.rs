//! Decodes a subscribe payload and uses all its values, as a device that displays messages does.

use core::hint::black_box;

use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Attributes, Text};

/// Decodes an opaque payload, so the optimizer must keep every `Type` and every error.
pub fn run() {
    match Subscribe::decode(black_box::<&[u8]>(&[])) {
        Ok(payload) => show(&payload),
        Err(error) => _ = black_box((error.kind(), error.offset())),
    }
}

/// Uses every value of a payload: decoded texts, all attributes, and the kind of an event.
pub fn show(payload: &Subscribe<'_>) {
    match payload {
        Subscribe::Message(message) => {
            text(message.id);
            message.request_id.map(text);
            attributes(message.attributes);
            text(message.content);
            text(message.send_time.text());
            text(message.sender.user_id);
            attributes(message.sender.attributes);
        }
        Subscribe::Event(event) => {
            text(event.id);
            event.request_id.map(text);
            text(event.event_name);
            attributes(event.attributes);
            text(event.send_time.text());
            black_box(event.kind());
        }
        Subscribe::Error(error) => {
            black_box(error.error_code);
            error.error_message.map(text);
            error.id.map(text);
            error.request_id.map(text);
        }
        Subscribe::Unknown(unknown) => {
            text(unknown.type_name());
            black_box(unknown.raw());
        }
        _ => {}
    }
}

#[inline(never)]
fn text(text: Text<'_>) {
    _ = black_box(text.decode_into(black_box::<&mut [u8]>(&mut [])));
}

#[inline(never)]
fn attributes(attributes: Attributes<'_>) {
    for (name, value) in attributes {
        text(name);
        text(value);
    }
}
