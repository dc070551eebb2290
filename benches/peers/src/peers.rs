//! What is measured of the others.

use std::hint::black_box;

use serde::Serialize;
use simd_json::Buffers;

use crate::ours::door;
use crate::typed::{Borrowed, BorrowedPublish, Owned, Pairs, Sender, Tagged, Text};

pub(crate) fn serde_json_owned(payloads: &[String]) -> usize {
    payloads.iter().map(|payload| owned(&serde_json::from_str(black_box(payload)).unwrap())).sum()
}

pub(crate) fn serde_json_borrowed(payloads: &[String]) -> usize {
    payloads.iter().map(|payload| borrowed(&serde_json::from_str(black_box(payload)).unwrap())).sum()
}

pub(crate) fn sonic_rs_borrowed(payloads: &[String]) -> usize {
    payloads.iter().map(|payload| borrowed(&sonic_rs::from_str(black_box(payload)).unwrap())).sum()
}

/// It decodes in place, and so needs a copy.
pub(crate) fn simd_json_borrowed(payloads: &[String], copy: &mut Vec<u8>, buffers: &mut Buffers) -> usize {
    let mut read = |payload: &String| {
        copy.clear();
        copy.extend_from_slice(black_box(payload.as_bytes()));
        borrowed(&simd_json::serde::from_slice_with_buffers(copy, buffers).unwrap())
    };
    payloads.iter().map(&mut read).sum()
}

/// The least that can be done with bytes that should be text.
pub(crate) fn from_utf8(payloads: &[String]) -> usize {
    payloads.iter().map(|payload| str::from_utf8(black_box(payload.as_bytes())).unwrap().len()).sum()
}

pub(crate) fn copy(payloads: &[String], buffer: &mut [u8]) -> usize {
    let mut copy = |payload: &String| {
        buffer[..payload.len()].copy_from_slice(black_box(payload.as_bytes()));
        black_box(&mut *buffer).len()
    };
    payloads.iter().map(&mut copy).sum()
}

pub(crate) fn serde_json_decode_send(payloads: &[String]) -> usize {
    payloads.iter().map(|payload| borrowed_publish(&serde_json::from_str(black_box(payload)).unwrap())).sum()
}

pub(crate) fn sonic_rs_decode_send(payloads: &[String]) -> usize {
    payloads.iter().map(|payload| borrowed_publish(&sonic_rs::from_str(black_box(payload)).unwrap())).sum()
}

pub(crate) fn serde_json_serve_all(payloads: &[String], sender: &Pairs<Text<'_>>, buffer: &mut Vec<u8>) -> usize {
    let mut serve = |payload| black_box(serde_json_serve(payload, sender, buffer)).len();
    payloads.iter().map(|payload| serve(payload)).sum()
}

/// What a client sends, and the message that it becomes.
#[inline]
pub(crate) fn serde_json_serve<'b>(payload: &str, sender: &Pairs<Text<'_>>, buffer: &'b mut Vec<u8>) -> &'b [u8] {
    let publish: BorrowedPublish<'_> = serde_json::from_slice(black_box(payload.as_bytes())).unwrap();
    assert_eq!(publish.action.0, "SEND_MESSAGE");
    let message = Tagged::Message {
        id: door::ID,
        request_id: &publish.request_id.0,
        attributes: Some(&publish.attributes),
        content: &publish.content.0,
        send_time: door::SEND_TIME,
        sender: Sender { user_id: door::USER_ID, attributes: Some(black_box(sender)) },
    };
    buffer.clear();
    serde_json::to_writer(&mut *buffer, &message).unwrap();
    buffer
}

/// The attributes of a sender, as they are serialized.
pub(crate) fn sender_attributes() -> Pairs<Text<'static>> {
    Pairs(door::ATTRIBUTES.iter().map(|(name, value)| (Text((*name).into()), Text((*value).into()))).collect())
}

pub(crate) fn serde_json_encode(payloads: &[impl Serialize], buffer: &mut Vec<u8>) -> usize {
    let mut write = |payload| {
        buffer.clear();
        serde_json::to_writer(&mut *buffer, black_box(payload)).unwrap();
        black_box(&*buffer).len()
    };
    payloads.iter().map(&mut write).sum()
}

pub(crate) fn sonic_rs_encode(payloads: &[impl Serialize], buffer: &mut Vec<u8>) -> usize {
    let mut write = |payload| {
        buffer.clear();
        sonic_rs::to_writer(&mut *buffer, black_box(payload)).unwrap();
        black_box(&*buffer).len()
    };
    payloads.iter().map(&mut write).sum()
}

/// Something of every field.
#[inline]
fn owned(payload: &Owned) -> usize {
    match payload {
        Owned::Message { id, request_id, attributes, content, send_time, sender } => {
            let attributes =
                [attributes, &sender.attributes].map(|attributes| attributes.as_ref().map_or(0, |a| a.len()));
            [id, request_id, content, send_time, &sender.user_id].map(String::len).iter().chain(&attributes).sum()
        }
        Owned::Event { id, request_id, event_name, attributes, send_time } => {
            let attributes = attributes.as_ref().map_or(0, |attributes| attributes.len());
            [id, request_id, event_name, send_time].map(String::len).iter().sum::<usize>() + attributes
        }
        Owned::Error { error_code, error_message, id, request_id } => {
            [error_message, id, request_id].map(String::len).iter().sum::<usize>() + usize::from(*error_code)
        }
    }
}

/// Something of every field.
#[inline]
fn borrowed(payload: &Borrowed<'_>) -> usize {
    let Borrowed { r#type, id, request_id, content, send_time, event_name, error_message, .. } = payload;
    let count = |attributes: Option<&Pairs<_>>| attributes.map_or(0, |pairs| pairs.0.len());
    match &*r#type.0 {
        "MESSAGE" => {
            let sender = payload.sender.as_ref().unwrap();
            [id, request_id, content, send_time, &sender.user_id].map(|text| text.0.len()).iter().sum::<usize>()
                + count(payload.attributes.as_ref())
                + count(sender.attributes.as_ref())
        }
        "EVENT" => {
            [id, request_id, event_name, send_time].map(|text| text.0.len()).iter().sum::<usize>()
                + count(payload.attributes.as_ref())
        }
        "ERROR" => {
            [error_message, id, request_id].map(|text| text.0.len()).iter().sum::<usize>()
                + usize::from(payload.error_code)
        }
        _ => 0,
    }
}

#[inline]
fn borrowed_publish(payload: &BorrowedPublish<'_>) -> usize {
    payload.request_id.0.len() + payload.content.0.len() + payload.attributes.0.len()
}
