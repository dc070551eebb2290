//! `Serialize` for the owned payloads, which serialize as the payloads that they borrow.

use serde::ser::{Serialize, Serializer};

use crate::owned::{
    ChatLogEntry, Content, DeleteMessage, DisconnectUser, Event, Message, Publish, SendMessage,
    Sender, ServiceError, Subscribe, UnknownPayload,
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

serialize!(Content, SendMessage, DeleteMessage, DisconnectUser, Publish);
serialize!(Message, Sender, Event, ServiceError, UnknownPayload, Subscribe, ChatLogEntry);
