//! Entries of a chat log.

use crate::json::{BufferFull, Cursor, Sink};
use crate::subscribe::Subscribe;
use crate::value::SendTime;
use crate::value::Text;
use crate::wire::encode::{Encode, encoders};
use crate::wire::{
    self, DecodeError, DecodeErrorKind, Direction, Field, Level, Members, Payload, Shape, Values,
    decode_utf8,
};

enum Order {}

impl Members for Order {
    const SHAPE: Shape = Shape {
        direction: Direction::Subscribe,
        tag: None,
        payloads: &[Payload::new(
            "",
            &[Field::Payload],
            &[Field::EventTimestamp, Field::LogType, Field::Version],
        )],
        sender: Payload::NONE,
    };
}

/// An entry of a chat log: a payload in an envelope.
///
/// The service writes such entries to S3, `CloudWatch` or Firehose ([Chat Logging]).
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{ChatLogEntry, subscribe::Subscribe};
///
/// let entry = r#"{
///     "event_timestamp": "2026-11-22T10:00:00Z",
///     "type": "MESSAGE",
///     "payload": {
///         "Type": "MESSAGE", "Id": "Ub3xYd7cQm0a", "Content": "hej!",
///         "SendTime": "2026-11-22T10:00:00Z", "Sender": {"UserId": "astrid"}
///     },
///     "version": "1.0"
/// }"#;
/// let entry = ChatLogEntry::decode_str(entry)?;
/// assert!(matches!(entry.payload, Subscribe::Message(message) if message.content == "hej!"));
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
///
/// [Chat Logging]: https://docs.aws.amazon.com/ivs/latest/ChatUserGuide/chat-logging.html
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ChatLogEntry<'a> {
    /// The time at which the entry was written.
    pub event_timestamp: Option<SendTime<'a>>,
    /// The `Type` of the payload.
    pub type_name: Option<Text<'a>>,
    /// The payload that clients received.
    pub payload: Subscribe<'a>,
    /// The version of the format.
    pub version: Option<Text<'a>>,
}

impl<'a> ChatLogEntry<'a> {
    /// Creates an entry with a payload and its `Type`.
    #[must_use]
    pub const fn new(payload: Subscribe<'a>) -> Self {
        Self { event_timestamp: None, type_name: Some(payload.type_name()), payload, version: None }
    }

    /// Sets the time at which the entry was written.
    #[must_use]
    pub fn with_event_timestamp(mut self, event_timestamp: impl Into<SendTime<'a>>) -> Self {
        self.event_timestamp = Some(event_timestamp.into());
        self
    }

    /// Sets the version of the format.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<Text<'a>>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Decodes one entry.
    ///
    /// # Errors
    ///
    /// Returns an error if the entry is not valid JSON (RFC 8259), has no `payload`, or has one
    /// that [`Subscribe::decode`] rejects.
    pub fn decode(entry: &'a [u8]) -> Result<Self, DecodeError> {
        decode_utf8(entry, Self::read)
    }

    /// Decodes one entry that is known to be UTF-8.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`decode`](Self::decode).
    pub fn decode_str(entry: &'a str) -> Result<Self, DecodeError> {
        Self::read(Cursor::new(entry))
    }

    fn read(mut cursor: Cursor<'a>) -> Result<Self, DecodeError> {
        let mut values = Values::new();
        let mut payload = None;
        let mut read_payload = |mut cursor: Cursor<'a>| {
            payload = Some(Subscribe::read(&mut cursor, 1)?);
            Ok(cursor)
        };
        let object = wire::read::<Order>(&mut cursor, 0, &mut values, Some(&mut read_payload))?;
        let missing =
            DecodeError::new(DecodeErrorKind::MissingField(Field::Payload), object.json.len());
        Ok(Self {
            event_timestamp: values.get(Level::Payload, Field::EventTimestamp),
            type_name: values.get(Level::Payload, Field::LogType),
            payload: payload.ok_or(missing)?,
            version: values.get(Level::Payload, Field::Version),
        })
    }
}

impl Encode for ChatLogEntry<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        sink.put("{")?;
        if let Some(event_timestamp) = self.event_timestamp {
            sink.member(r#""event_timestamp":"#, event_timestamp.text().to_json())?;
            sink.put(",")?;
        }
        if let Some(type_name) = self.type_name {
            sink.member(r#""type":"#, type_name.to_json())?;
            sink.put(",")?;
        }
        sink.put(r#""payload":"#)?;
        self.payload.write(sink)?;
        if let Some(version) = self.version {
            sink.member(r#","version":"#, version.to_json())?;
        }
        sink.put("}")
    }
}

encoders!(ChatLogEntry);
