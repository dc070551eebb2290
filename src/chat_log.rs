//! A line of a chat log: a payload that the service sent, in an envelope.

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

/// A line of a chat log, as the service writes it to S3, `CloudWatch` or Firehose ([Chat Logging]).
///
/// ```
/// use ivs_chat_proto::{ChatLogEntry, subscribe::Subscribe};
///
/// let line = r#"{"event_timestamp":"2026-11-22T10:00:00Z","type":"MESSAGE","payload":{"Type":"MESSAGE",
///     "Id":"Ub3xYd7cQm0a","RequestId":"","Attributes":null,"Content":"hej!","SendTime":"2026-11-22T10:00:00Z",
///     "Sender":{"UserId":"astrid","Attributes":{}}},"version":"1.0"}"#;
/// let log = ChatLogEntry::decode_str(line)?;
/// assert!(matches!(log.payload, Subscribe::Message(message) if message.content == "hej!"));
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
///
/// [Chat Logging]: https://docs.aws.amazon.com/ivs/latest/ChatUserGuide/chat-logging.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChatLogEntry<'a> {
    /// When the line was written.
    pub event_timestamp: Option<SendTime<'a>>,
    /// The `Type` of the payload.
    pub type_name: Option<Text<'a>>,
    /// What clients were sent.
    pub payload: Subscribe<'a>,
    /// The version of the format.
    pub version: Option<Text<'a>>,
}

impl<'a> ChatLogEntry<'a> {
    /// A line that holds `payload` and says nothing else of it than its `Type`.
    #[must_use]
    pub const fn new(payload: Subscribe<'a>) -> Self {
        Self { event_timestamp: None, type_name: Some(payload.type_name()), payload, version: None }
    }

    /// Decodes one line.
    ///
    /// # Errors
    ///
    /// If the line is not the JSON of RFC 8259, has no `payload`, or one that [`Subscribe::decode`]
    /// refuses.
    pub fn decode(line: &'a [u8]) -> Result<Self, DecodeError> {
        decode_utf8(line, Self::read)
    }

    /// Decodes one line that is known to be UTF-8.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_str(line: &'a str) -> Result<Self, DecodeError> {
        Self::read(Cursor::new(line))
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
