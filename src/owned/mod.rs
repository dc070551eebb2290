//! The payloads with texts of their own, for keeping.
//!
//! Each comes [`From`] the borrowed payload of the same name, and lends it again with
//! `as_borrowed`; encoding is there.
//!
//! What is kept is what a payload says: texts without their escapes, attributes as a map in which
//! the last of a repeated name counts, and no difference between the ways of having none.
//!
//! # serde
//!
//! With the feature `serde`, payloads are written and read in the shape that they have on the wire.
//!
//! They can be written to other formats, including those that need the length of a map first. They
//! can be read back only from formats that describe themselves and keep the names of fields,
//! because the `Type` or `Action` decides what the other fields are. JSON, CBOR, YAML and RON are
//! such formats, and so is `MessagePack` if it is written with field names
//! (`rmp_serde::to_vec_named`). TOML works except for an [`UnknownPayload`] that contains `null`,
//! which TOML does not have. Postcard and bincode do not describe themselves: to keep payloads in
//! them, store the encoded JSON as a string.
//!
//! An [`UnknownPayload`] that was read through serde keeps its values, but not its white space. Its
//! numbers are 64-bit integers or doubles. With the feature `arbitrary_precision` of `serde_json`,
//! [`UnknownPayload::raw`] has all of their digits; serializing them again still rounds to a
//! double.

use alloc::collections::BTreeMap;
use alloc::string::String;

use crate::value;
use crate::value::ErrorCode;
use crate::value::Text;
use crate::value::{Content, ContentLengthError};
use crate::{publish, subscribe};

/// Names and values, sorted by name.
pub type Attributes = BTreeMap<String, String>;

fn owned_attributes(attributes: value::Attributes<'_>) -> Attributes {
    attributes.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// No attributes are lent as attributes of which nothing was said.
fn borrowed_attributes(attributes: &Attributes) -> value::Attributes<'_> {
    if attributes.is_empty() { value::Attributes::NONE } else { attributes.into() }
}

fn owned_text(text: Option<Text<'_>>) -> Option<String> {
    text.map(String::from)
}

fn borrowed_text(text: Option<&String>) -> Option<Text<'_>> {
    text.map(Text::from)
}

/// [`publish::SendMessage`], kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SendMessage {
    /// An identifier of the client's own.
    pub request_id: Option<String>,
    /// The text: 1 to 500 code points, or the message cannot be lent.
    pub content: String,
    /// Whatever else the application wants to say with the message.
    pub attributes: Attributes,
}

impl From<publish::SendMessage<'_>> for SendMessage {
    fn from(send: publish::SendMessage<'_>) -> Self {
        let publish::SendMessage { request_id, content, attributes } = send;
        Self {
            request_id: owned_text(request_id),
            content: content.text().into(),
            attributes: owned_attributes(attributes),
        }
    }
}

impl SendMessage {
    /// The message, borrowed.
    ///
    /// # Errors
    ///
    /// If `content` cannot be sent.
    pub fn as_borrowed(&self) -> Result<publish::SendMessage<'_>, ContentLengthError> {
        let Self { request_id, content, attributes } = self;
        let mut send = publish::SendMessage::new(Content::new(content)?);
        send.request_id = borrowed_text(request_id.as_ref());
        send.attributes = borrowed_attributes(attributes);
        Ok(send)
    }
}

/// [`publish::DeleteMessage`], kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeleteMessage {
    /// An identifier of the client's own.
    pub request_id: Option<String>,
    /// The `Id` of the message.
    pub id: String,
    /// Why.
    pub reason: Option<String>,
}

impl From<publish::DeleteMessage<'_>> for DeleteMessage {
    fn from(delete: publish::DeleteMessage<'_>) -> Self {
        let publish::DeleteMessage { request_id, id, reason } = delete;
        Self { request_id: owned_text(request_id), id: id.into(), reason: owned_text(reason) }
    }
}

impl DeleteMessage {
    /// The deletion, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> publish::DeleteMessage<'_> {
        let Self { request_id, id, reason } = self;
        let mut delete = publish::DeleteMessage::new(id.into());
        delete.request_id = borrowed_text(request_id.as_ref());
        delete.reason = borrowed_text(reason.as_ref());
        delete
    }
}

/// [`publish::DisconnectUser`], kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DisconnectUser {
    /// An identifier of the client's own.
    pub request_id: Option<String>,
    /// Who.
    pub user_id: String,
    /// Why.
    pub reason: Option<String>,
}

impl From<publish::DisconnectUser<'_>> for DisconnectUser {
    fn from(disconnect: publish::DisconnectUser<'_>) -> Self {
        let publish::DisconnectUser { request_id, user_id, reason } = disconnect;
        Self {
            request_id: owned_text(request_id),
            user_id: user_id.into(),
            reason: owned_text(reason),
        }
    }
}

impl DisconnectUser {
    /// The disconnection, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> publish::DisconnectUser<'_> {
        let Self { request_id, user_id, reason } = self;
        let mut disconnect = publish::DisconnectUser::new(user_id.into());
        disconnect.request_id = borrowed_text(request_id.as_ref());
        disconnect.reason = borrowed_text(reason.as_ref());
        disconnect
    }
}

/// [`publish::Publish`], kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Publish {
    /// [`publish::SendMessage`].
    SendMessage(SendMessage),
    /// [`publish::DeleteMessage`].
    DeleteMessage(DeleteMessage),
    /// [`publish::DisconnectUser`].
    DisconnectUser(DisconnectUser),
}

impl From<publish::Publish<'_>> for Publish {
    fn from(publish: publish::Publish<'_>) -> Self {
        match publish {
            publish::Publish::SendMessage(send) => Self::SendMessage(send.into()),
            publish::Publish::DeleteMessage(delete) => Self::DeleteMessage(delete.into()),
            publish::Publish::DisconnectUser(disconnect) => Self::DisconnectUser(disconnect.into()),
        }
    }
}

impl Publish {
    /// The payload, borrowed.
    ///
    /// # Errors
    ///
    /// If the `content` of a [`SendMessage`] cannot be sent.
    pub fn as_borrowed(&self) -> Result<publish::Publish<'_>, ContentLengthError> {
        Ok(match self {
            Self::SendMessage(send) => send.as_borrowed()?.into(),
            Self::DeleteMessage(delete) => delete.as_borrowed().into(),
            Self::DisconnectUser(disconnect) => disconnect.as_borrowed().into(),
        })
    }
}

/// [`subscribe::Message`], kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Message {
    /// An identifier that the service generated.
    pub id: String,
    /// The identifier that the sender gave its `SEND_MESSAGE`, if it did.
    pub request_id: Option<String>,
    /// The attributes that came with the message.
    pub attributes: Attributes,
    /// The text.
    pub content: String,
    /// When the service received the message.
    pub send_time: String,
    /// Who sent it.
    pub sender: Sender,
}

impl From<subscribe::Message<'_>> for Message {
    fn from(message: subscribe::Message<'_>) -> Self {
        let subscribe::Message { id, request_id, attributes, content, send_time, sender } = message;
        Self {
            id: id.into(),
            request_id: owned_text(request_id),
            attributes: owned_attributes(attributes),
            content: content.into(),
            send_time: send_time.text().into(),
            sender: sender.into(),
        }
    }
}

impl Message {
    /// The message, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> subscribe::Message<'_> {
        let Self { id, request_id, attributes, content, send_time, sender } = self;
        let send_time = Text::from(send_time).into();
        let mut message =
            subscribe::Message::new(id.into(), content.into(), send_time, sender.as_borrowed());
        message.request_id = borrowed_text(request_id.as_ref());
        message.attributes = borrowed_attributes(attributes);
        message
    }
}

/// [`subscribe::Sender`], kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Sender {
    /// The application's own identifier of the user.
    pub user_id: String,
    /// The attributes of the sender's token.
    pub attributes: Attributes,
}

impl From<subscribe::Sender<'_>> for Sender {
    fn from(sender: subscribe::Sender<'_>) -> Self {
        let subscribe::Sender { user_id, attributes } = sender;
        Self { user_id: user_id.into(), attributes: owned_attributes(attributes) }
    }
}

impl Sender {
    /// The sender, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> subscribe::Sender<'_> {
        let Self { user_id, attributes } = self;
        let mut sender = subscribe::Sender::new(user_id.into());
        sender.attributes = borrowed_attributes(attributes);
        sender
    }
}

/// [`subscribe::Event`], kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Event {
    /// An identifier that the service generated.
    pub id: String,
    /// An identifier that the application specified.
    pub request_id: Option<String>,
    /// What the event is called.
    pub event_name: String,
    /// The details of the event.
    pub attributes: Attributes,
    /// When the service received the event.
    pub send_time: String,
}

impl From<subscribe::Event<'_>> for Event {
    fn from(event: subscribe::Event<'_>) -> Self {
        let subscribe::Event { id, request_id, event_name, attributes, send_time } = event;
        Self {
            id: id.into(),
            request_id: owned_text(request_id),
            event_name: event_name.into(),
            attributes: owned_attributes(attributes),
            send_time: send_time.text().into(),
        }
    }
}

impl Event {
    /// The event, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> subscribe::Event<'_> {
        let Self { id, request_id, event_name, attributes, send_time } = self;
        let mut event =
            subscribe::Event::new(id.into(), event_name.into(), Text::from(send_time).into());
        event.request_id = borrowed_text(request_id.as_ref());
        event.attributes = borrowed_attributes(attributes);
        event
    }
}

/// [`subscribe::ServiceError`], kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ServiceError {
    /// What failed, as a number.
    pub error_code: ErrorCode,
    /// What failed, in words.
    pub error_message: Option<String>,
    /// The identifier of the operation.
    pub id: Option<String>,
    /// The identifier that the client gave its operation, if it did.
    pub request_id: Option<String>,
}

impl From<subscribe::ServiceError<'_>> for ServiceError {
    fn from(error: subscribe::ServiceError<'_>) -> Self {
        let subscribe::ServiceError { error_code, error_message, id, request_id } = error;
        Self {
            error_code,
            error_message: owned_text(error_message),
            id: owned_text(id),
            request_id: owned_text(request_id),
        }
    }
}

impl ServiceError {
    /// The error, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> subscribe::ServiceError<'_> {
        let Self { error_code, error_message, id, request_id } = self;
        let mut error = subscribe::ServiceError::new(*error_code);
        error.error_message = borrowed_text(error_message.as_ref());
        error.id = borrowed_text(id.as_ref());
        error.request_id = borrowed_text(request_id.as_ref());
        error
    }
}

/// [`subscribe::UnknownPayload`], kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnknownPayload {
    pub(crate) type_name: String,
    pub(crate) raw: String,
}

impl From<subscribe::UnknownPayload<'_>> for UnknownPayload {
    fn from(unknown: subscribe::UnknownPayload<'_>) -> Self {
        Self { type_name: unknown.type_name().into(), raw: unknown.raw().into() }
    }
}

impl UnknownPayload {
    /// The `Type`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The payload: a JSON object.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The payload, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> subscribe::UnknownPayload<'_> {
        let Self { type_name, raw } = self;
        subscribe::UnknownPayload::new(type_name.into(), raw)
    }
}

/// [`subscribe::Subscribe`], kept.
///
/// ```
/// use ivs_chat_proto::{owned, subscribe::Subscribe};
///
/// let kept: owned::Subscribe = {
///     let payload = String::from(r#"{"Type":"ERROR","ErrorCode":429,"RequestId":"r-1"}"#);
///     Subscribe::decode_str(&payload)?.into()
/// };
/// let owned::Subscribe::Error(error) = &kept else { panic!() };
/// assert_eq!(error.request_id.as_deref(), Some("r-1"));
/// assert_eq!(kept.as_borrowed().encode_to_string(), r#"{"ErrorCode":429,"RequestId":"r-1","Type":"ERROR"}"#);
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subscribe {
    /// [`subscribe::Message`].
    Message(Message),
    /// [`subscribe::Event`].
    Event(Event),
    /// [`subscribe::ServiceError`].
    Error(ServiceError),
    /// [`subscribe::UnknownPayload`].
    Unknown(UnknownPayload),
}

impl From<subscribe::Subscribe<'_>> for Subscribe {
    fn from(subscribe: subscribe::Subscribe<'_>) -> Self {
        match subscribe {
            subscribe::Subscribe::Message(message) => Self::Message(message.into()),
            subscribe::Subscribe::Event(event) => Self::Event(event.into()),
            subscribe::Subscribe::Error(error) => Self::Error(error.into()),
            subscribe::Subscribe::Unknown(unknown) => Self::Unknown(unknown.into()),
        }
    }
}

impl Subscribe {
    /// The payload, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> subscribe::Subscribe<'_> {
        match self {
            Self::Message(message) => subscribe::Subscribe::Message(message.as_borrowed()),
            Self::Event(event) => subscribe::Subscribe::Event(event.as_borrowed()),
            Self::Error(error) => subscribe::Subscribe::Error(error.as_borrowed()),
            Self::Unknown(unknown) => subscribe::Subscribe::Unknown(unknown.as_borrowed()),
        }
    }
}
