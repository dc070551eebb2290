//! Builds payloads of this crate from plain texts.

use ivs_chat_proto::publish::SendMessage;
use ivs_chat_proto::subscribe::{Event, Message, Sender, ServiceError, Subscribe};
use ivs_chat_proto::{Attributes, Content, Text};

use crate::typed::{Pairs, Plain, PlainPublish};

#[inline]
pub fn build<'a>(payload: &'a Plain<'a>) -> Subscribe<'a> {
    match *payload {
        Plain::Message { id, request_id, ref attributes, content, send_time, ref sender } => {
            let mut from = Sender::new(sender.user_id);
            from.attributes = to_attributes(sender.attributes.as_ref());
            let mut message = Message::new(id, content, send_time, from);
            message.request_id = to_request_id(request_id);
            message.attributes = to_attributes(attributes.as_ref());
            message.into()
        }
        Plain::Event { id, request_id, event_name, ref attributes, send_time } => {
            let mut event = Event::new(id, event_name, send_time);
            event.request_id = to_request_id(request_id);
            event.attributes = to_attributes(attributes.as_ref());
            event.into()
        }
        Plain::Error { error_code, error_message, id, request_id } => {
            let mut error = ServiceError::new(error_code.into());
            error.error_message = Some(error_message.into());
            error.id = Some(id.into());
            error.request_id = to_request_id(request_id);
            error.into()
        }
    }
}

#[inline]
pub fn build_send<'a>(payload: &'a PlainPublish<'a>) -> SendMessage<'a> {
    let mut send = SendMessage::new(Content::new(payload.content).unwrap());
    send.request_id = Some(payload.request_id.into());
    send.attributes = to_attributes(Some(&payload.attributes));
    send
}

/// The service writes an empty `RequestId` for an absent one.
#[inline]
fn to_request_id(request_id: &str) -> Option<Text<'_>> {
    (!request_id.is_empty()).then(|| request_id.into())
}

#[inline]
fn to_attributes<'a>(pairs: Option<&'a Pairs<&'a str>>) -> Attributes<'a> {
    pairs.map_or(Attributes::NONE, |pairs| Attributes::from(pairs.0.as_slice()))
}
