//! Payloads from any format: the same rules as the decoder's, written for legibility alone. It is
//! the decoder's oracle.

use alloc::string::String;
use alloc::vec::Vec;

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

use super::raw_value::{NUMBER, Value};
use crate::owned::{
    Attributes, DeleteMessage, DisconnectUser, Event, Message, Publish, SendMessage, Sender,
    ServiceError, Subscribe, UnknownPayload,
};
use crate::value::Content;
use crate::value::ErrorCode;
use crate::wire::{Direction, Field};
use crate::{publish, subscribe};

/// The members of an object that are fields of the reference.
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

    /// The value of a field, which may be there once.
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
            // Attributes are never a number, so this one was an object.
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
                let content = members.string(Field::Content)?;
                Content::new(&content).map_err(D::Error::custom)?;
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
        let value = Value::deserialize(deserializer)?;
        let mut members =
            Members::new(value.clone(), |name| Field::named(name, Direction::Subscribe))?;
        match members.string::<D::Error>(Field::Type)?.as_str() {
            subscribe::Message::TYPE => Ok(Self::Message(Message {
                id: members.string(Field::Id)?,
                request_id: members.request_id()?,
                attributes: members.attributes()?,
                content: members.string(Field::Content)?,
                send_time: members.string(Field::SendTime)?,
                sender: match members.take(Field::Sender)? {
                    Some(sender) => Sender::from_value(sender)?,
                    None => return Err(D::Error::missing_field(Field::Sender.name())),
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
                            return Err(D::Error::invalid_value(
                                Unexpected::Unsigned(number),
                                &"0 to 65535",
                            ));
                        }
                    },
                    Some(other) => return Err(other.mistyped("a number from 0 to 65535")),
                    None => return Err(D::Error::missing_field(Field::ErrorCode.name())),
                },
                error_message: members.optional_string(Field::ErrorMessage)?,
                id: members.optional_string(Field::Id)?,
                request_id: members.request_id()?,
            })),
            other => {
                let mut raw = String::new();
                value.write(&mut raw).map_err(|_| D::Error::custom("number out of range"))?;
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

/// Payloads that are read as the operation that they must turn out to be.
macro_rules! operations {
    ($($operation:ident: $all:ident::$variant:ident,)*) => {$(
        impl<'de> Deserialize<'de> for $operation {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match $all::deserialize(deserializer)? {
                    $all::$variant(operation) => Ok(operation),
                    _ => Err(D::Error::custom(concat!("not of the operation ", stringify!($operation)))),
                }
            }
        }
    )*};
}

operations! {
    SendMessage: Publish::SendMessage,
    DeleteMessage: Publish::DeleteMessage,
    DisconnectUser: Publish::DisconnectUser,
    Message: Subscribe::Message,
    Event: Subscribe::Event,
    ServiceError: Subscribe::Error,
    UnknownPayload: Subscribe::Unknown,
}
