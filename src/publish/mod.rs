//! What clients send: the publish operations of the reference.
//!
//! Each is encoded as the official SDKs write it. Decoding is for the other end, a server or a
//! proxy, and reads the names of fields in any ASCII case, as the service does.

mod delete_message;
mod disconnect_user;
mod send_message;

pub use delete_message::DeleteMessage;
pub use disconnect_user::DisconnectUser;
pub use send_message::SendMessage;

use crate::json::{BufferFull, Cursor, Sink};
use crate::value::Capability;
use crate::value::Text;
use crate::wire::encode::{Encode, encoders};
use crate::wire::{
    self, DecodeError, Direction, Field, Level, Members, Payload, Shape, Values, decode_utf8,
    fast_path_members,
};

/// The payloads, in the order in which [`Publish::read`] tells them apart.
enum Order {}

impl Members for Order {
    const SHAPE: Shape = Shape {
        direction: Direction::Publish,
        tag: Some(Field::Action),
        payloads: &[SendMessage::MEMBERS, DeleteMessage::MEMBERS, DisconnectUser::MEMBERS],
        sender: Payload::NONE,
    };

    fast_path_members!(Action, RequestId, Content, Id, UserId, Attributes, Reason);
}

/// Any payload, of which only the `RequestId` is read.
enum OnlyRequestId {}

impl Members for OnlyRequestId {
    const SHAPE: Shape = Shape {
        direction: Direction::Publish,
        tag: None,
        payloads: &[Payload::new("", &[], &[Field::RequestId])],
        sender: Payload::NONE,
    };
}

/// A payload that a client publishes.
///
/// ```
/// use ivs_chat_proto::publish::Publish;
///
/// let publish = Publish::decode(br#"{"action":"DELETE_MESSAGE","id":"Ub3xYd7cQm0a"}"#)?;
/// let Publish::DeleteMessage(delete) = publish else { panic!() };
/// assert_eq!(delete.id, "Ub3xYd7cQm0a");
/// assert_eq!(publish.encode_to_string(), r#"{"Action":"DELETE_MESSAGE","Id":"Ub3xYd7cQm0a"}"#);
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
///
/// Each operation converts to a `Publish`, by value or by reference. A function can take any of
/// them:
///
/// ```
/// use ivs_chat_proto::publish::{DeleteMessage, Publish};
///
/// fn name_of<'a>(publish: impl Into<Publish<'a>>) -> &'static str {
///     publish.into().action()
/// }
///
/// let deletions = [DeleteMessage::new("Ub3xYd7cQm0a".into())];
/// for delete in &deletions {
///     assert_eq!(name_of(delete), "DELETE_MESSAGE");
/// }
/// assert_eq!(name_of(Publish::from(&deletions[0])), "DELETE_MESSAGE");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Publish<'a> {
    /// [`SendMessage` (Publish)](SendMessage).
    SendMessage(SendMessage<'a>),
    /// [`DeleteMessage` (Publish)](DeleteMessage).
    DeleteMessage(DeleteMessage<'a>),
    /// [`DisconnectUser` (Publish)](DisconnectUser).
    DisconnectUser(DisconnectUser<'a>),
}

impl<'a> Publish<'a> {
    /// Decodes one whole payload: what one WebSocket message holds.
    ///
    /// # Errors
    ///
    /// If the payload is not the JSON of RFC 8259, or not a publish operation as the reference
    /// describes them.
    #[inline]
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        decode_utf8(payload, Self::read)
    }

    /// Decodes one whole payload that is known to be UTF-8, as text messages of most WebSocket
    /// libraries are.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    #[inline]
    pub fn decode_str(payload: &'a str) -> Result<Self, DecodeError> {
        Self::read(Cursor::new(payload))
    }

    #[inline(never)]
    fn read(mut cursor: Cursor<'a>) -> Result<Self, DecodeError> {
        let mut values = Values::new();
        let object = wire::read::<Order>(&mut cursor, 0, &mut values, None)?;
        Ok(match object.payload {
            0 => SendMessage::from_values(&values).into(),
            1 => DeleteMessage::from_values(&values).into(),
            _ => DisconnectUser::from_values(&values).into(),
        })
    }

    /// The `RequestId` of a payload, whether or not the payload can be decoded: an error that
    /// answers it should carry it.
    ///
    /// It is found if nothing in front of it breaks the JSON.
    ///
    /// ```
    /// use ivs_chat_proto::publish::Publish;
    ///
    /// let payload = br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":42}"#;
    /// assert!(Publish::decode(payload).is_err());
    /// assert_eq!(Publish::peek_request_id(payload).unwrap(), "r-1");
    /// ```
    #[must_use]
    pub fn peek_request_id(payload: &'a [u8]) -> Option<Text<'a>> {
        let text = match core::str::from_utf8(payload) {
            Ok(text) => text,
            Err(error) => core::str::from_utf8(payload.get(..error.valid_up_to())?).ok()?,
        };
        let mut cursor = Cursor::new(text);
        let mut values = Values::new();
        // An error after the `RequestId` does not take it back.
        let _ = wire::read::<OnlyRequestId>(&mut cursor, 0, &mut values, None);
        values.get(Level::Payload, Field::RequestId)
    }

    /// The `Action` of the payload.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::SendMessage(_) => SendMessage::ACTION,
            Self::DeleteMessage(_) => DeleteMessage::ACTION,
            Self::DisconnectUser(_) => DisconnectUser::ACTION,
        }
    }

    /// What the connection must be permitted to do.
    #[must_use]
    pub const fn required_capability(&self) -> Capability {
        match self {
            Self::SendMessage(_) => SendMessage::REQUIRED_CAPABILITY,
            Self::DeleteMessage(_) => DeleteMessage::REQUIRED_CAPABILITY,
            Self::DisconnectUser(_) => DisconnectUser::REQUIRED_CAPABILITY,
        }
    }

    /// The identifier that the client gave its operation, if it did.
    #[must_use]
    pub const fn request_id(&self) -> Option<Text<'a>> {
        match self {
            Self::SendMessage(send) => send.request_id,
            Self::DeleteMessage(delete) => delete.request_id,
            Self::DisconnectUser(disconnect) => disconnect.request_id,
        }
    }

    /// The same payload with this `RequestId`.
    pub(crate) const fn with_request_id(mut self, request_id: Text<'a>) -> Self {
        match &mut self {
            Self::SendMessage(send) => send.request_id = Some(request_id),
            Self::DeleteMessage(delete) => delete.request_id = Some(request_id),
            Self::DisconnectUser(disconnect) => disconnect.request_id = Some(request_id),
        }
        self
    }

    /// Encodes the payload in place of what `buffer` holds.
    #[cfg(feature = "alloc")]
    pub(crate) fn encode_in_string(&self, buffer: &mut alloc::string::String) {
        buffer.clear();
        buffer.reserve(self.encoded_len());
        // A string always has room.
        let _ = self.write(buffer);
    }

    /// Returns the `RequestId` in the encoded form of this payload, which comes right after
    /// `Action`.
    pub(crate) fn written_request_id<'b>(&self, payload: &'b str) -> Text<'b> {
        let start = [r#"{"Action":""#, self.action(), r#"","RequestId":"#].map(str::len);
        let start = start.into_iter().fold(0, usize::wrapping_add);
        let string = payload.get(start..).and_then(|rest| Cursor::new(rest).string().ok());
        string.map(Text::from_json).unwrap_or_default()
    }
}

impl Encode for Publish<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        match self {
            Self::SendMessage(send) => send.write(sink),
            Self::DeleteMessage(delete) => delete.write(sink),
            Self::DisconnectUser(disconnect) => disconnect.write(sink),
        }
    }
}

/// Writes a `RequestId` behind others. An empty one is none, as it is when it is read.
#[inline]
fn write_request_id<S: Sink>(sink: &mut S, request_id: Option<Text<'_>>) -> Result<(), BufferFull> {
    write_option(sink, r#","RequestId":"#, request_id.and_then(Text::not_empty))
}

/// Writes an optional member behind others.
#[inline]
fn write_option<S: Sink>(
    sink: &mut S,
    key: &str,
    value: Option<Text<'_>>,
) -> Result<(), BufferFull> {
    let Some(value) = value else { return Ok(()) };
    sink.member(key, value.to_json())
}

encoders!(Publish, SendMessage, DeleteMessage, DisconnectUser);

/// Converts each operation, and a reference to it, to a [`Publish`].
macro_rules! conversions {
    ($($operation:ident),*) => {$(
        impl<'a> From<$operation<'a>> for Publish<'a> {
            #[inline]
            fn from(operation: $operation<'a>) -> Self {
                Self::$operation(operation)
            }
        }

        impl<'a> From<&$operation<'a>> for Publish<'a> {
            #[inline]
            fn from(operation: &$operation<'a>) -> Self {
                Self::$operation(*operation)
            }
        }
    )*};
}

conversions!(SendMessage, DeleteMessage, DisconnectUser);

/// A copy.
impl<'a> From<&Publish<'a>> for Publish<'a> {
    #[inline]
    fn from(publish: &Publish<'a>) -> Self {
        *publish
    }
}
