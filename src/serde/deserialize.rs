//! `Deserialize` for the owned payloads.
//!
//! It follows the same rules as the decoder, but is written for legibility, and serves as the
//! decoder's oracle in tests.

use alloc::string::String;
use alloc::vec::Vec;

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

use super::raw_value::{NUMBER, Value};
use crate::owned::{
    Attributes, ChatLogEntry, Content, DeleteMessage, DisconnectUser, Event, Message, Publish,
    SendMessage, Sender, ServiceError, Subscribe, UnknownPayload,
};
use crate::value::ErrorCode;
use crate::wire::{Direction, Field};
use crate::{publish, subscribe};

/// The members of an object that are known fields.
struct Members(Vec<(Field, Value)>);

impl Members {
    fn new<E: Error>(object: Value, field_of: impl Fn(&str) -> Option<Field>) -> Result<Self, E> {
        match object {
            Value::Object(members) => {
                let known = members
                    .into_iter()
                    .filter_map(|(name, value)| field_of(&name).map(|field| (field, value)));
                Ok(Self(known.collect()))
            }
            other => Err(other.mistyped("an object")),
        }
    }

    /// Removes and returns the value of a field, which may occur only once.
    fn take<E: Error>(&mut self, field: Field) -> Result<Option<Value>, E> {
        let place =
            |members: &Vec<(Field, Value)>| members.iter().position(|(name, _)| *name == field);
        let value = place(&self.0).map(|place| self.0.swap_remove(place).1);
        match place(&self.0) {
            None => Ok(value),
            Some(_) => Err(E::duplicate_field(field.name())),
        }
    }

    fn string<E: Error>(&mut self, field: Field) -> Result<String, E> {
        match self.take(field)? {
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(other.mistyped("a string")),
            None => Err(E::missing_field(field.name())),
        }
    }

    fn optional_string<E: Error>(&mut self, field: Field) -> Result<Option<String>, E> {
        match self.take(field)? {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(other.mistyped("a string or null")),
        }
    }

    fn request_id<E: Error>(&mut self) -> Result<Option<String>, E> {
        Ok(self.optional_string(Field::RequestId)?.filter(|text| !text.is_empty()))
    }

    fn attributes<E: Error>(&mut self) -> Result<Attributes, E> {
        match self.take(Field::Attributes)? {
            None | Some(Value::Null) => Ok(Attributes::new()),
            Some(Value::Object(members)) => members
                .into_iter()
                .map(|(name, value)| match value {
                    Value::String(text) => Ok((name, text)),
                    other => Err(other.mistyped("a string")),
                })
                .collect(),
            // Attributes cannot be a number, so this was an object.
            Some(Value::Number(text)) => Ok(Attributes::from([(NUMBER.into(), text)])),
            Some(other) => Err(other.mistyped("an object or null")),
        }
    }
}

impl<'de> Deserialize<'de> for Publish {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Members::new(Value::deserialize(deserializer)?, |name| {
            Field::named(name, Direction::Publish)
        })?;
        match members.string::<D::Error>(Field::Action)?.as_str() {
            publish::SendMessage::ACTION => {
                let content = Content::new(members.string(Field::Content)?);
                let content = content.map_err(D::Error::custom)?;
                Ok(Self::SendMessage(SendMessage {
                    request_id: members.request_id()?,
                    content,
                    attributes: members.attributes()?,
                }))
            }
            publish::DeleteMessage::ACTION => Ok(Self::DeleteMessage(DeleteMessage {
                request_id: members.request_id()?,
                id: members.string(Field::Id)?,
                reason: members.optional_string(Field::Reason)?,
            })),
            publish::DisconnectUser::ACTION => Ok(Self::DisconnectUser(DisconnectUser {
                request_id: members.request_id()?,
                user_id: members.string(Field::UserId)?,
                reason: members.optional_string(Field::Reason)?,
            })),
            other => Err(D::Error::unknown_variant(
                other,
                &[
                    publish::SendMessage::ACTION,
                    publish::DeleteMessage::ACTION,
                    publish::DisconnectUser::ACTION,
                ],
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Subscribe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?)
    }
}

impl Subscribe {
    fn from_value<E: Error>(value: &Value) -> Result<Self, E> {
        let mut members =
            Members::new(value.clone(), |name| Field::named(name, Direction::Subscribe))?;
        match members.string::<E>(Field::Type)?.as_str() {
            subscribe::Message::TYPE => Ok(Self::Message(Message {
                id: members.string(Field::Id)?,
                request_id: members.request_id()?,
                attributes: members.attributes()?,
                content: members.string(Field::Content)?,
                send_time: members.string(Field::SendTime)?,
                sender: match members.take(Field::Sender)? {
                    Some(sender) => Sender::from_value(sender)?,
                    None => return Err(E::missing_field(Field::Sender.name())),
                },
            })),
            subscribe::Event::TYPE => Ok(Self::Event(Event {
                id: members.string(Field::Id)?,
                request_id: members.request_id()?,
                event_name: members.string(Field::EventName)?,
                attributes: members.attributes()?,
                send_time: members.string(Field::SendTime)?,
            })),
            subscribe::ServiceError::TYPE => Ok(Self::Error(ServiceError {
                error_code: match members.take(Field::ErrorCode)? {
                    Some(Value::Unsigned(number)) => match u16::try_from(number) {
                        Ok(number) => ErrorCode::new(number),
                        Err(_) => {
                            return Err(E::invalid_value(
                                Unexpected::Unsigned(number),
                                &"0 to 65535",
                            ));
                        }
                    },
                    Some(other) => return Err(other.mistyped("a number from 0 to 65535")),
                    None => return Err(E::missing_field(Field::ErrorCode.name())),
                },
                error_message: members.optional_string(Field::ErrorMessage)?,
                id: members.optional_string(Field::Id)?,
                request_id: members.request_id()?,
            })),
            other => {
                let mut raw = String::new();
                value.write(&mut raw).map_err(|_| E::custom("number out of range"))?;
                Ok(Self::Unknown(UnknownPayload { type_name: other.into(), raw }))
            }
        }
    }
}

impl Sender {
    fn from_value<E: Error>(sender: Value) -> Result<Self, E> {
        let mut members = Members::new(sender, |name| Field::named(name, Direction::Subscribe))?;
        Ok(Self { user_id: members.string(Field::UserId)?, attributes: members.attributes()? })
    }
}

impl<'de> Deserialize<'de> for Sender {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?)
    }
}

/// Implements `Deserialize` for one action by deserializing any of them.
macro_rules! actions {
    ($($action:ident: $all:ident::$variant:ident,)*) => {$(
        impl<'de> Deserialize<'de> for $action {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match $all::deserialize(deserializer)? {
                    $all::$variant(action) => Ok(action),
                    _ => Err(D::Error::custom(concat!("expected ", stringify!($action)))),
                }
            }
        }
    )*};
}

actions! {
    SendMessage: Publish::SendMessage,
    DeleteMessage: Publish::DeleteMessage,
    DisconnectUser: Publish::DisconnectUser,
    Message: Subscribe::Message,
    Event: Subscribe::Event,
    ServiceError: Subscribe::Error,
    UnknownPayload: Subscribe::Unknown,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ChatLogEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Value::deserialize(deserializer)?;
        let mut members = Members::new(object, |name| Field::named(name, Direction::Subscribe))?;
        let payload = members.take(Field::Payload)?;
        let payload = payload.ok_or_else(|| D::Error::missing_field(Field::Payload.name()))?;
        Ok(Self {
            event_timestamp: members.optional_string(Field::EventTimestamp)?,
            type_name: members.optional_string(Field::LogType)?,
            payload: Subscribe::from_value(&payload)?,
            version: members.optional_string(Field::Version)?,
        })
    }
}
