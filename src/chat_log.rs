//! A line of a chat log: a payload that the service sent, in an envelope.

use crate::decode_error::{DecodeError, decode_utf8};
use crate::encode::{Write, encoders};
use crate::field::Field;
use crate::json::{Full, Reader, Sink};
use crate::slot::Slot;
use crate::subscribe::Subscribe;
use crate::text::Text;
use crate::time::SendTime;

/// A line of a chat log, as the service writes it to S3, `CloudWatch` or Firehose ([Chat Logging]).
///
/// ```
/// use ivs_chat_proto::{ChatLog, subscribe::Subscribe};
///
/// let line = r#"{"event_timestamp":"2026-11-22T10:00:00Z","type":"MESSAGE","payload":{"Type":"MESSAGE",
///     "Id":"Ub3xYd7cQm0a","RequestId":"","Attributes":null,"Content":"hej!","SendTime":"2026-11-22T10:00:00Z",
///     "Sender":{"UserId":"astrid","Attributes":{}}},"version":"1.0"}"#;
/// let log = ChatLog::decode_str(line)?;
/// assert!(matches!(log.payload, Subscribe::Message(message) if message.content == "hej!"));
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
///
/// [Chat Logging]: https://docs.aws.amazon.com/ivs/latest/ChatUserGuide/chat-logging.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChatLog<'a> {
    /// When the line was written.
    pub event_timestamp: Option<SendTime<'a>>,
    /// The `Type` of the payload.
    pub r#type: Option<Text<'a>>,
    /// What clients were sent.
    pub payload: Subscribe<'a>,
    /// The version of the format.
    pub version: Option<Text<'a>>,
}

impl<'a> ChatLog<'a> {
    /// A line that holds `payload` and says nothing else of it than its `Type`.
    #[must_use]
    pub const fn new(payload: Subscribe<'a>) -> Self {
        Self { event_timestamp: None, r#type: Some(payload.r#type()), payload, version: None }
    }

    /// Decodes one line.
    ///
    /// # Errors
    ///
    /// If the line is not the JSON of RFC 8259, has no `payload`, or one that [`Subscribe::decode`] refuses.
    pub fn decode(line: &'a [u8]) -> Result<Self, DecodeError> {
        decode_utf8(line, Self::decode_str)
    }

    /// Decodes one line that is known to be UTF-8.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_str(line: &'a str) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(line);
        let mut event_timestamp = Slot::new(Field::EventTimestamp);
        let mut r#type = Slot::new(Field::LogType);
        let mut payload = Slot::new(Field::Payload);
        let mut version = Slot::new(Field::Version);

        reader.begin()?;
        let mut member = reader.first_member(1, Field::of)?;
        while let Some((field, offset)) = member {
            match field {
                Field::EventTimestamp => event_timestamp.read(&mut reader, offset, Text::read_optional)?,
                Field::LogType => r#type.read(&mut reader, offset, Text::read_optional)?,
                Field::Payload => payload.read(&mut reader, offset, |reader| {
                    let offset = reader.value_offset();
                    let payload = reader.skip(1)?;
                    Subscribe::decode_str(payload).map_err(|error| error.inside(offset))
                })?,
                Field::Version => version.read(&mut reader, offset, Text::read_optional)?,
                _ => {
                    reader.skip(1)?;
                }
            }
            member = reader.next_member(1, Field::of)?;
        }
        let payload = payload.required(reader.offset())?;
        reader.end()?;
        Ok(Self {
            event_timestamp: event_timestamp.optional().map(SendTime::from),
            r#type: r#type.optional(),
            payload,
            version: version.optional(),
        })
    }
}

impl Write for ChatLog<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), Full> {
        sink.put("{")?;
        if let Some(event_timestamp) = self.event_timestamp {
            sink.put(r#""event_timestamp":"#)?;
            sink.string(event_timestamp.text().to_json())?;
            sink.put(",")?;
        }
        if let Some(r#type) = self.r#type {
            sink.put(r#""type":"#)?;
            sink.string(r#type.to_json())?;
            sink.put(",")?;
        }
        sink.put(r#""payload":"#)?;
        self.payload.write(sink)?;
        if let Some(version) = self.version {
            sink.put(r#","version":"#)?;
            sink.string(version.to_json())?;
        }
        sink.put("}")
    }
}

encoders!(ChatLog);
