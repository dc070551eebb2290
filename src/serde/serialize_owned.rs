//! Owned payloads are written as what they lend.

use serde::ser::{Error, Serialize, Serializer};

use crate::owned::{
    DeleteMessage, DisconnectUser, Event, Message, Publish, SendMessage, Sender, ServiceError,
    Subscribe, UnknownPayload,
};

macro_rules! serialize {
    ($($payload:ident),*) => {$(
        impl Serialize for $payload {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.as_borrowed().serialize(serializer)
            }
        }
    )*};
}

serialize!(
    DeleteMessage,
    DisconnectUser,
    Message,
    Sender,
    Event,
    ServiceError,
    UnknownPayload,
    Subscribe
);

impl Serialize for SendMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_borrowed().map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl Serialize for Publish {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_borrowed().map_err(S::Error::custom)?.serialize(serializer)
    }
}
