//! The payloads that the service sends: the subscribe actions of the reference.
//!
//! They are encoded as the service encodes them. Decoding a payload of the service and encoding it
//! again returns the same bytes.

mod event;
mod message;
mod service_error;
mod unknown_payload;

pub use event::{Event, EventKind, SystemEvent};
pub use message::{Message, Sender};
pub use service_error::ServiceError;
pub use unknown_payload::UnknownPayload;

use crate::json::{BufferFull, Cursor, Sink};
use crate::value::Text;
use crate::wire::encode::{Encode, encoders};
use crate::wire::{
    self, DecodeError, Direction, Field, Level, Members, Shape, Values, decode_utf8,
    fast_path_members,
};

/// The payloads, in the order of the indexes in [`Subscribe::read`].
enum Order {}

impl Members for Order {
    const SHAPE: Shape = Shape {
        direction: Direction::Subscribe,
        tag: Some(Field::Type),
        payloads: &[Message::MEMBERS, Event::MEMBERS, ServiceError::MEMBERS],
        sender: Sender::MEMBERS,
    };

    fast_path_members!(
        Type, Id, RequestId, EventName, Attributes, Content, SendTime or Sender,
        ErrorCode or ErrorMessage
    );
}

/// A payload that the service sends to a client.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::subscribe::Subscribe;
///
/// let payload = br#"{
///     "Type": "MESSAGE", "Id": "Ub3xYd7cQm0a", "RequestId": "", "Attributes": null,
///     "Content": "hej!", "SendTime": "2026-11-22T10:00:00.5Z",
///     "Sender": {"UserId": "astrid", "Attributes": {}}
/// }"#;
/// match Subscribe::decode(payload)? {
///     Subscribe::Message(message) => assert_eq!(message.content, "hej!"),
///     Subscribe::Event(event) => println!("{:?}", event.kind()),
///     Subscribe::Error(error) => println!("{}", error.error_code),
///     other => println!("unknown payload: {:?}", other.type_name()),
/// }
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subscribe<'a> {
    /// [Message (Subscribe)](Message).
    Message(Message<'a>),
    /// [Event (Subscribe)](Event).
    Event(Event<'a>),
    /// [WebSocket error](ServiceError).
    Error(ServiceError<'a>),
    /// A payload whose `Type` is not in the reference. This is not an error.
    Unknown(UnknownPayload<'a>),
}

impl<'a> Subscribe<'a> {
    /// Decodes one payload, the content of one WebSocket message.
    ///
    /// # Errors
    ///
    /// Returns an error if the payload is not valid JSON (RFC 8259), or if its members do not match
    /// its `Type`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::{DecodeErrorKind, Field, subscribe::Subscribe};
    ///
    /// let error = Subscribe::decode(br#"{"Type":"ERROR"}"#).unwrap_err();
    /// assert_eq!(error.kind(), DecodeErrorKind::MissingField(Field::ErrorCode));
    /// assert_eq!(error.offset(), 15); // The closing brace.
    /// ```
    #[inline]
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        decode_utf8(payload, |mut cursor| Self::read(&mut cursor, 0))
    }

    /// Decodes one payload that is known to be UTF-8.
    ///
    /// Most WebSocket libraries have validated the UTF-8 of a text message already.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`decode`](Self::decode).
    #[inline]
    pub fn decode_str(payload: &'a str) -> Result<Self, DecodeError> {
        Self::read(&mut Cursor::new(payload), 0)
    }

    /// Decodes a payload nested in `open` arrays and objects.
    #[inline(never)]
    pub(crate) fn read(cursor: &mut Cursor<'a>, open: u32) -> Result<Self, DecodeError> {
        let mut values = Values::new();
        let object = wire::read::<Order>(cursor, open, &mut values, None)?;
        Ok(match object.payload {
            0 => Message::from_values(&values).into(),
            1 => Event::from_values(&values).into(),
            2 => ServiceError::from_values(&values).into(),
            _ => UnknownPayload::new(values.get(Level::Payload, Field::Type), object.json).into(),
        })
    }

    /// Returns the `Id`, or `None` if the payload has none.
    #[must_use]
    pub const fn id(&self) -> Option<Text<'a>> {
        match self {
            Self::Message(message) => Some(message.id),
            Self::Event(event) => Some(event.id),
            Self::Error(error) => error.id,
            Self::Unknown(_) => None,
        }
    }

    /// Returns the `RequestId` of the request that the payload answers, or `None` if it has none.
    #[must_use]
    pub const fn request_id(&self) -> Option<Text<'a>> {
        match self {
            Self::Message(message) => message.request_id,
            Self::Event(event) => event.request_id,
            Self::Error(error) => error.request_id,
            Self::Unknown(_) => None,
        }
    }

    /// Returns the `Type` of the payload.
    #[must_use]
    pub const fn type_name(&self) -> Text<'a> {
        match self {
            Self::Message(_) => Text::new(Message::TYPE),
            Self::Event(_) => Text::new(Event::TYPE),
            Self::Error(_) => Text::new(ServiceError::TYPE),
            Self::Unknown(unknown) => unknown.type_name(),
        }
    }
}

impl Encode for Subscribe<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        match self {
            Self::Message(message) => message.write(sink),
            Self::Event(event) => event.write(sink),
            Self::Error(error) => error.write(sink),
            Self::Unknown(unknown) => unknown.write(sink),
        }
    }
}

encoders!(Subscribe, Message, Event, ServiceError, UnknownPayload);

impl<'a> From<Message<'a>> for Subscribe<'a> {
    fn from(message: Message<'a>) -> Self {
        Self::Message(message)
    }
}

impl<'a> From<Event<'a>> for Subscribe<'a> {
    fn from(event: Event<'a>) -> Self {
        Self::Event(event)
    }
}

impl<'a> From<UnknownPayload<'a>> for Subscribe<'a> {
    fn from(unknown: UnknownPayload<'a>) -> Self {
        Self::Unknown(unknown)
    }
}

impl<'a> From<ServiceError<'a>> for Subscribe<'a> {
    fn from(error: ServiceError<'a>) -> Self {
        Self::Error(error)
    }
}
