//! The payloads that clients send: the publish actions of the reference.
//!
//! They are encoded in the member order of the official SDKs. Servers and proxies decode them. As
//! in the service, the names of fields are accepted in any ASCII case.

mod delete_message;
mod disconnect_user;
mod send_message;

pub use delete_message::DeleteMessage;
pub use disconnect_user::DisconnectUser;
pub use send_message::SendMessage;

use crate::json::{BufferFull, Cursor, Sink};
use crate::value::{Capability, Text};
use crate::wire::encode::{Encode, encoders};
use crate::wire::{
    self, DecodeError, Direction, Field, Level, Members, Payload, Shape, Values, decode_utf8,
    fast_path_members,
};

/// The payloads, in the order of the indexes in [`Publish::read`].
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

/// A payload of any kind, of which only the `RequestId` is read.
enum OnlyRequestId {}

impl Members for OnlyRequestId {
    const SHAPE: Shape = Shape {
        direction: Direction::Publish,
        tag: None,
        payloads: &[Payload::new("", &[], &[Field::RequestId])],
        sender: Payload::NONE,
    };
}

/// A payload that a client sends.
///
/// # Examples
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
/// Each action converts to a `Publish`, by value or by reference, so that a function can accept any
/// of them:
///
/// ```
/// use ivs_chat_proto::publish::{DeleteMessage, Publish};
///
/// fn name_of<'a>(publish: impl Into<Publish<'a>>) -> &'static str {
///     publish.into().action()
/// }
///
/// let deletions = [DeleteMessage::new("Ub3xYd7cQm0a")];
/// for delete in &deletions {
///     assert_eq!(name_of(delete), "DELETE_MESSAGE");
/// }
/// assert_eq!(name_of(Publish::from(&deletions[0])), "DELETE_MESSAGE");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Decodes one payload, the content of one WebSocket message.
    ///
    /// # Errors
    ///
    /// Returns an error if the payload is not valid JSON (RFC 8259) or is not one of the publish
    /// actions of the reference.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::publish::Publish;
    ///
    /// let error = Publish::decode(br#"{"Action":"SEND_MESSAGE","Content":42}"#).unwrap_err();
    /// assert_eq!(error.offset(), 35);
    /// ```
    #[inline]
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        decode_utf8(payload, Self::read)
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

    /// Returns the `RequestId` of a payload even if the payload cannot be decoded.
    ///
    /// A server repeats it in the error that answers the payload. Returns `None` if the `RequestId`
    /// is absent or follows a JSON syntax error.
    ///
    /// # Examples
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
        // A `RequestId` that was read before an error is valid.
        let _ = wire::read::<OnlyRequestId>(&mut cursor, 0, &mut values, None);
        values.get(Level::Payload, Field::RequestId)
    }

    /// Returns the `Action` of the payload.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::SendMessage(_) => SendMessage::ACTION,
            Self::DeleteMessage(_) => DeleteMessage::ACTION,
            Self::DisconnectUser(_) => DisconnectUser::ACTION,
        }
    }

    /// Returns the capability that the connection needs.
    #[must_use]
    pub const fn required_capability(&self) -> Capability {
        match self {
            Self::SendMessage(_) => SendMessage::REQUIRED_CAPABILITY,
            Self::DeleteMessage(_) => DeleteMessage::REQUIRED_CAPABILITY,
            Self::DisconnectUser(_) => DisconnectUser::REQUIRED_CAPABILITY,
        }
    }

    /// Returns the `RequestId`, or `None` if there is none.
    #[must_use]
    pub const fn request_id(&self) -> Option<Text<'a>> {
        match self {
            Self::SendMessage(send) => send.request_id,
            Self::DeleteMessage(delete) => delete.request_id,
            Self::DisconnectUser(disconnect) => disconnect.request_id,
        }
    }

    /// Returns the payload with a different `RequestId`.
    pub(crate) const fn with_request_id(mut self, request_id: Text<'a>) -> Self {
        match &mut self {
            Self::SendMessage(send) => send.request_id = Some(request_id),
            Self::DeleteMessage(delete) => delete.request_id = Some(request_id),
            Self::DisconnectUser(disconnect) => disconnect.request_id = Some(request_id),
        }
        self
    }

    /// Encodes the payload into `buffer`, replacing its content.
    #[cfg(feature = "alloc")]
    pub(crate) fn encode_in_string(&self, buffer: &mut alloc::string::String) {
        buffer.clear();
        buffer.reserve(self.encoded_len());
        // Writing to a string does not fail.
        let _ = self.write(buffer);
    }

    /// Returns the `RequestId` in the encoded form of this payload, where it follows `Action`.
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

/// Writes a `RequestId` after another member. An empty one is omitted, as the decoder ignores it.
#[inline]
fn write_request_id<S: Sink>(sink: &mut S, request_id: Option<Text<'_>>) -> Result<(), BufferFull> {
    write_option(sink, r#","RequestId":"#, request_id.and_then(Text::not_empty))
}

/// Writes an optional member after another member.
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

/// Implements the conversion of each action, and of a reference to it, to a [`Publish`].
macro_rules! conversions {
    ($($action:ident),*) => {$(
        impl<'a> From<$action<'a>> for Publish<'a> {
            #[inline]
            fn from(action: $action<'a>) -> Self {
                Self::$action(action)
            }
        }

        impl<'a> From<&$action<'a>> for Publish<'a> {
            #[inline]
            fn from(action: &$action<'a>) -> Self {
                Self::$action(*action)
            }
        }
    )*};
}

conversions!(SendMessage, DeleteMessage, DisconnectUser);

/// Copies the payload.
impl<'a> From<&Publish<'a>> for Publish<'a> {
    #[inline]
    fn from(publish: &Publish<'a>) -> Self {
        *publish
    }
}
