//! `Serialize` for the borrowed payloads, with the members and the member order of the encoder.
//!
//! Maps and sequences are serialized with their length, which many binary formats write first. It
//! takes another pass to count it.

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use crate::chat_log::ChatLogEntry;
use crate::json::Cursor;
use crate::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use crate::subscribe::{Event, Message, Sender, ServiceError, Subscribe, UnknownPayload};
use crate::value::{Attributes, Content, ErrorCode, SendTime, Text};

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text().serialize(serializer)
    }
}

impl Serialize for SendTime<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text().serialize(serializer)
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.as_u16())
    }
}

/// Serializes a map, or `null` if the attributes were received as `null`.
impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_null() {
            return serializer.serialize_none();
        }
        let mut members = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self {
            members.serialize_entry(&name, &value)?;
        }
        members.end()
    }
}

/// Serializes absent attributes as `null`, as in the payloads of the service.
struct OrNull<'a>(Attributes<'a>);

impl Serialize for OrNull<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_absent() { serializer.serialize_none() } else { self.0.serialize(serializer) }
    }
}

// The service sends an empty `RequestId` if there is none.

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { id, request_id, attributes, content, send_time, sender } = self;
        let mut members = serializer.serialize_struct("Message", 7)?;
        members.serialize_field("Type", Self::TYPE)?;
        members.serialize_field("Id", id)?;
        members.serialize_field("RequestId", &request_id.unwrap_or_default())?;
        members.serialize_field("Attributes", &OrNull(*attributes))?;
        members.serialize_field("Content", content)?;
        members.serialize_field("SendTime", send_time)?;
        members.serialize_field("Sender", sender)?;
        members.end()
    }
}

impl Serialize for Sender<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { user_id, attributes } = self;
        let mut members = serializer.serialize_struct("Sender", 2)?;
        members.serialize_field("UserId", user_id)?;
        members.serialize_field("Attributes", attributes)?;
        members.end()
    }
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { id, request_id, event_name, attributes, send_time } = self;
        let mut members = serializer.serialize_struct("Event", 6)?;
        members.serialize_field("Type", Self::TYPE)?;
        members.serialize_field("Id", id)?;
        members.serialize_field("RequestId", &request_id.unwrap_or_default())?;
        members.serialize_field("EventName", event_name)?;
        members.serialize_field("Attributes", &OrNull(*attributes))?;
        members.serialize_field("SendTime", send_time)?;
        members.end()
    }
}

impl Serialize for ServiceError<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { error_code, error_message, id, request_id } = self;
        let length = [error_message, id].into_iter().flatten().count().saturating_add(3);
        let mut members = serializer.serialize_struct("ServiceError", length)?;
        members.serialize_field("ErrorCode", error_code)?;
        optional(&mut members, "ErrorMessage", *error_message)?;
        optional(&mut members, "Id", *id)?;
        members.serialize_field("RequestId", &request_id.unwrap_or_default())?;
        members.serialize_field("Type", Self::TYPE)?;
        members.end()
    }
}

impl Serialize for UnknownPayload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Raw(self.raw()).serialize(serializer)
    }
}

impl Serialize for Subscribe<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Message(message) => message.serialize(serializer),
            Self::Event(event) => event.serialize(serializer),
            Self::Error(error) => error.serialize(serializer),
            Self::Unknown(unknown) => unknown.serialize(serializer),
        }
    }
}

impl Serialize for ChatLogEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { event_timestamp, type_name, payload, version } = self;
        let options = [event_timestamp.is_some(), type_name.is_some(), version.is_some()];
        let mut members = serializer.serialize_struct("ChatLogEntry", length_with(1, &options))?;
        optional(&mut members, "event_timestamp", event_timestamp.map(|time| time.text()))?;
        optional(&mut members, "type", *type_name)?;
        members.serialize_field("payload", payload)?;
        optional(&mut members, "version", *version)?;
        members.end()
    }
}

/// Serializes an optional member, or skips it.
fn optional<S: SerializeStruct>(
    members: &mut S,
    name: &'static str,
    value: Option<Text<'_>>,
) -> Result<(), S::Error> {
    match value {
        Some(value) => members.serialize_field(name, &value),
        None => members.skip_field(name),
    }
}

impl Serialize for SendMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { request_id, content, attributes } = self;
        let options = [request_id.and_then(Text::not_empty).is_some(), !attributes.is_omitted()];
        let mut members = serializer.serialize_struct("SendMessage", length_with(2, &options))?;
        members.serialize_field("Action", Self::ACTION)?;
        optional(&mut members, "RequestId", request_id.and_then(Text::not_empty))?;
        members.serialize_field("Content", content)?;
        if attributes.is_omitted() {
            members.skip_field("Attributes")?;
        } else {
            members.serialize_field("Attributes", attributes)?;
        }
        members.end()
    }
}

impl Serialize for DeleteMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { request_id, id, reason } = self;
        let options = [request_id.and_then(Text::not_empty).is_some(), reason.is_some()];
        let mut members = serializer.serialize_struct("DeleteMessage", length_with(2, &options))?;
        members.serialize_field("Action", Self::ACTION)?;
        optional(&mut members, "RequestId", request_id.and_then(Text::not_empty))?;
        members.serialize_field("Id", id)?;
        optional(&mut members, "Reason", *reason)?;
        members.end()
    }
}

impl Serialize for DisconnectUser<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { request_id, user_id, reason } = self;
        let options = [request_id.and_then(Text::not_empty).is_some(), reason.is_some()];
        let mut members =
            serializer.serialize_struct("DisconnectUser", length_with(2, &options))?;
        members.serialize_field("Action", Self::ACTION)?;
        optional(&mut members, "RequestId", request_id.and_then(Text::not_empty))?;
        members.serialize_field("UserId", user_id)?;
        optional(&mut members, "Reason", *reason)?;
        members.end()
    }
}

impl Serialize for Publish<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::SendMessage(send) => send.serialize(serializer),
            Self::DeleteMessage(delete) => delete.serialize(serializer),
            Self::DisconnectUser(disconnect) => disconnect.serialize(serializer),
        }
    }
}

/// Returns the number of members, given which of the optional ones are present.
fn length_with(required: usize, options: &[bool]) -> usize {
    options.iter().filter(|is_present| **is_present).count().saturating_add(required)
}

/// A validated JSON value, to be serialized to any format.
struct Raw<'a>(&'a str);

// The value is valid, so reading it does not fail.
impl<'a> Raw<'a> {
    /// Calls `visit` for each member of an object.
    fn members<E: Error>(
        &self,
        mut visit: impl FnMut(Text<'a>, Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut cursor = Cursor::new(self.0);
        let mut is_closed = cursor.open_object().map_err(E::custom)?;
        while !is_closed {
            let name = cursor.key().map_err(E::custom)?;
            visit(Text::from_json(name), Raw(cursor.value(0).map_err(E::custom)?))?;
            is_closed = cursor.close_object().map_err(E::custom)?;
        }
        Ok(())
    }

    /// Calls `visit` for each element of an array.
    fn elements<E: Error>(&self, mut visit: impl FnMut(Self) -> Result<(), E>) -> Result<(), E> {
        let mut cursor = Cursor::new(self.0);
        cursor.eat('[');
        let mut is_there = cursor.has_first_element();
        while is_there {
            visit(Raw(cursor.value(0).map_err(E::custom)?))?;
            is_there = cursor.has_next_element();
        }
        Ok(())
    }
}

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_bytes().first() {
            Some(b'{') => {
                let mut length = 0_usize;
                self.members(|_, _| {
                    length = length.saturating_add(1);
                    Ok(())
                })?;
                let mut members = serializer.serialize_map(Some(length))?;
                self.members(|name, value| members.serialize_entry(&name, &value))?;
                members.end()
            }
            Some(b'[') => {
                let mut length = 0_usize;
                self.elements(|_| {
                    length = length.saturating_add(1);
                    Ok(())
                })?;
                let mut values = serializer.serialize_seq(Some(length))?;
                self.elements(|value| values.serialize_element(&value))?;
                values.end()
            }
            Some(b'"') => Cursor::new(self.0)
                .string()
                .map(Text::from_json)
                .map_err(S::Error::custom)?
                .serialize(serializer),
            Some(b't') => serializer.serialize_bool(true),
            Some(b'f') => serializer.serialize_bool(false),
            Some(b'n') => serializer.serialize_unit(),
            _ => serialize_number(self.0, serializer),
        }
    }
}

fn serialize_number<S: Serializer>(number: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(number) = number.parse::<u64>() {
        serializer.serialize_u64(number)
    } else if let Some(number) = number.parse::<i64>().ok().filter(|number| *number != 0) {
        serializer.serialize_i64(number)
    } else {
        serializer.serialize_f64(number.parse().map_err(S::Error::custom)?)
    }
}
