//! The payload of a frame, in either direction.

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{ChatLogEntry, DecodeError, DecodeErrorKind, Field, MessageTooLong, Text};

use crate::options::Direction;

pub(crate) enum Payload<'a> {
    Publish(Publish<'a>),
    Subscribe(Subscribe<'a>),
}

impl<'a> Payload<'a> {
    /// Decodes a frame.
    ///
    /// A frame without `Type` and `Action` may be a line of a chat log.
    ///
    /// # Errors
    ///
    /// Returns the decoding error of the payload. If the frame is none of the three, the error is
    /// the missing `Type`.
    pub(crate) fn decode(
        frame: &'a [u8],
        direction: Option<Direction>,
    ) -> Result<Self, DecodeError> {
        if direction == Some(Direction::Publish) {
            return Publish::decode(frame).map(Self::Publish);
        }
        let first = match Subscribe::decode(frame) {
            Err(error) if is_missing(error, Field::Type) => error,
            decoded => return decoded.map(Self::Subscribe),
        };
        if direction.is_none() {
            match Publish::decode(frame) {
                Err(error) if is_missing(error, Field::Action) => {}
                decoded => return decoded.map(Self::Publish),
            }
        }
        match ChatLogEntry::decode(frame) {
            Err(error) if is_missing(error, Field::Payload) => Err(first),
            decoded => decoded.map(|log| Self::Subscribe(log.payload)),
        }
    }

    /// Returns the `Type` or `Action`.
    pub(crate) fn name(&self) -> Text<'a> {
        match self {
            Self::Publish(publish) => publish.action().into(),
            Self::Subscribe(subscribe) => subscribe.type_name(),
        }
    }

    /// Returns the content of a sent or received message.
    pub(crate) const fn content(&self) -> Option<Text<'a>> {
        match self {
            Self::Publish(Publish::SendMessage(send)) => Some(send.content.text()),
            Self::Subscribe(Subscribe::Message(message)) => Some(message.content),
            _ => None,
        }
    }

    pub(crate) fn encode_to_string(&self) -> String {
        match self {
            Self::Publish(publish) => publish.encode_to_string(),
            Self::Subscribe(subscribe) => subscribe.encode_to_string(),
        }
    }
}

/// An error for a frame that failed to decode.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) enum Error {
    Decode(#[from] DecodeError),
    MessageTooLong(#[from] MessageTooLong),
}

impl Error {
    /// Returns the name of the error kind.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Decode(error) => error.kind().name(),
            Self::MessageTooLong(_) => "MessageTooLong",
        }
    }

    /// Returns the offset of the cause in the frame.
    pub(crate) const fn offset(&self) -> usize {
        match self {
            Self::Decode(error) => error.offset(),
            Self::MessageTooLong(error) => error.max_bytes(),
        }
    }
}

fn is_missing(error: DecodeError, field: Field) -> bool {
    error.kind() == DecodeErrorKind::MissingField(field)
}
