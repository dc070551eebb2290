//! Measured functions of other libraries.

use std::hint::black_box;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use simd_json::Buffers;
use sonic_rs::LazyValue;

use crate::ours::server_fields;
use ivs_chat_benches::typed::{
    Borrowed, BorrowedPublish, CamelCasePublish, LowerCasePublish, Owned, Pairs, Sender, Tagged,
    Text,
};

pub(crate) type Decoded<'a> = Borrowed<'a, Pairs<Text<'a>>>;
/// As in this crate, attributes are validated but not decoded.
pub(crate) type Raw<'a> = Borrowed<'a, &'a RawValue>;
pub(crate) type Lazy<'a> = Borrowed<'a, LazyValue<'a>>;

/// A payload whose fields can all be read.
pub(crate) trait Payload {
    fn read(&self) -> usize;
}

/// Attributes that can be read.
pub(crate) trait Attributes {
    fn read(&self) -> usize;
}

#[inline]
pub(crate) fn serde_json<'a, T: Deserialize<'a> + Payload>(payloads: &'a [String]) -> usize {
    payloads.iter().map(|json| serde_json::from_str::<T>(black_box(json)).unwrap().read()).sum()
}

#[inline]
pub(crate) fn sonic_rs<'a, T: Deserialize<'a> + Payload>(payloads: &'a [String]) -> usize {
    payloads.iter().map(|json| sonic_rs::from_str::<T>(black_box(json)).unwrap().read()).sum()
}

/// Decodes a copy of each payload, because `simd-json` decodes in place.
#[inline]
pub(crate) fn simd_json(payloads: &[String], copy: &mut Vec<u8>, buffers: &mut Buffers) -> usize {
    let mut read = |json: &String| {
        copy.clear();
        copy.extend_from_slice(black_box(json.as_bytes()));
        let payload: Decoded<'_> =
            simd_json::serde::from_slice_with_buffers(copy, buffers).unwrap();
        payload.read()
    };
    payloads.iter().map(&mut read).sum()
}

/// Checks the UTF-8 only. A lower bound.
#[inline]
pub(crate) fn from_utf8(payloads: &[String]) -> usize {
    payloads.iter().map(|json| str::from_utf8(black_box(json.as_bytes())).unwrap().len()).sum()
}

/// Copies each payload. A lower bound.
#[inline]
pub(crate) fn copy(payloads: &[String], buffer: &mut [u8]) -> usize {
    let mut copy = |payload: &String| {
        buffer[..payload.len()].copy_from_slice(black_box(payload.as_bytes()));
        black_box(&mut *buffer).len()
    };
    payloads.iter().map(&mut copy).sum()
}

#[inline]
pub(crate) fn serve_all(
    payloads: &[String],
    sender: &Pairs<Text<'_>>,
    buffer: &mut Vec<u8>,
) -> usize {
    payloads.iter().map(|payload| black_box(serve(payload, sender, buffer)).len()).sum()
}

/// Decodes a `SEND_MESSAGE` and encodes the resulting `MESSAGE`, with `serde_json`.
#[inline]
pub(crate) fn serve<'b>(
    payload: &str,
    sender: &Pairs<Text<'_>>,
    buffer: &'b mut Vec<u8>,
) -> &'b [u8] {
    let publish: BorrowedPublish<'_, Pairs<Text<'_>>> =
        serde_json::from_slice(black_box(payload.as_bytes())).unwrap();
    assert_eq!(publish.action.0, "SEND_MESSAGE");
    let message = Tagged::Message {
        id: server_fields::ID,
        request_id: &publish.request_id.0,
        attributes: publish.attributes.as_ref(),
        content: &publish.content.0,
        send_time: server_fields::SEND_TIME,
        sender: Sender { user_id: server_fields::USER_ID, attributes: Some(black_box(sender)) },
    };
    buffer.clear();
    serde_json::to_writer(&mut *buffer, &message).unwrap();
    buffer
}

/// Returns the attributes of the sender for serialization.
pub(crate) fn sender_attributes() -> Pairs<Text<'static>> {
    let pairs = server_fields::ATTRIBUTES.iter();
    Pairs(pairs.map(|(name, value)| (Text((*name).into()), Text((*value).into()))).collect())
}

#[inline]
pub(crate) fn serde_json_encode(payloads: &[impl Serialize], buffer: &mut Vec<u8>) -> usize {
    let mut write = |payload| {
        buffer.clear();
        serde_json::to_writer(&mut *buffer, black_box(payload)).unwrap();
        black_box(&*buffer).len()
    };
    payloads.iter().map(&mut write).sum()
}

#[inline]
pub(crate) fn sonic_rs_encode(payloads: &[impl Serialize], buffer: &mut Vec<u8>) -> usize {
    let mut write = |payload| {
        buffer.clear();
        sonic_rs::to_writer(&mut *buffer, black_box(payload)).unwrap();
        black_box(&*buffer).len()
    };
    payloads.iter().map(&mut write).sum()
}

impl Attributes for Pairs<Text<'_>> {
    #[inline]
    fn read(&self) -> usize {
        self.0.len()
    }
}

impl Attributes for &RawValue {
    #[inline]
    fn read(&self) -> usize {
        self.get().len()
    }
}

impl Attributes for LazyValue<'_> {
    #[inline]
    fn read(&self) -> usize {
        self.as_raw_str().len()
    }
}

impl Payload for Owned {
    #[inline]
    fn read(&self) -> usize {
        match self {
            Self::Message { id, request_id, attributes, content, send_time, sender } => {
                let attributes = [attributes, &sender.attributes]
                    .map(|attributes| attributes.as_ref().map_or(0, |a| a.len()));
                let texts = [id, request_id, content, send_time, &sender.user_id].map(String::len);
                texts.iter().chain(&attributes).sum()
            }
            Self::Event { id, request_id, event_name, attributes, send_time } => {
                let attributes = attributes.as_ref().map_or(0, |attributes| attributes.len());
                let texts = [id, request_id, event_name, send_time].map(String::len);
                texts.iter().sum::<usize>() + attributes
            }
            Self::Error { error_code, error_message, id, request_id } => {
                let texts = [error_message, id, request_id].map(String::len);
                texts.iter().sum::<usize>() + usize::from(*error_code)
            }
        }
    }
}

impl<A: Attributes> Payload for Borrowed<'_, A> {
    #[inline]
    fn read(&self) -> usize {
        let Self { id, request_id, content, send_time, event_name, error_message, .. } = self;
        let read = |attributes: &Option<A>| attributes.as_ref().map_or(0, A::read);
        match &*self.r#type.0 {
            "MESSAGE" => {
                let sender = self.sender.as_ref().unwrap();
                length([id, request_id, content, send_time, &sender.user_id])
                    + read(&self.attributes)
                    + read(&sender.attributes)
            }
            "EVENT" => length([id, request_id, event_name, send_time]) + read(&self.attributes),
            "ERROR" => length([error_message, id, request_id]) + usize::from(self.error_code),
            _ => 0,
        }
    }
}

macro_rules! publish_payload {
    ($($name:ident),*) => {$(
        impl<A: Attributes> Payload for $name<'_, A> {
            #[inline]
            fn read(&self) -> usize {
                let Self { request_id, content, id, user_id, reason, .. } = self;
                match &*self.action.0 {
                    "SEND_MESSAGE" => {
                        let attributes = self.attributes.as_ref().map_or(0, A::read);
                        length([request_id, content]) + attributes
                    }
                    "DELETE_MESSAGE" => length([request_id, id, reason]),
                    "DISCONNECT_USER" => length([request_id, user_id, reason]),
                    _ => 0,
                }
            }
        }
    )*};
}

publish_payload!(BorrowedPublish, CamelCasePublish, LowerCasePublish);

#[inline]
fn length<const N: usize>(texts: [&Text<'_>; N]) -> usize {
    texts.map(|text| text.0.len()).iter().sum()
}
