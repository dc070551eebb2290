use alloc::string::String;

use super::{
    Attributes, Content, borrowed_attributes, borrowed_text, owned_attributes, owned_text,
    payloads, setters,
};
use crate::publish;

/// An owned [`publish::SendMessage`].
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::owned::{Content, SendMessage};
///
/// let send = SendMessage::new(Content::new("hej!")?).with_request_id("r-1");
/// assert_eq!(send.as_borrowed().content, "hej!");
/// # Ok::<(), ivs_chat_proto::ContentLengthError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SendMessage {
    /// An identifier chosen by the client.
    pub request_id: Option<String>,
    /// The content.
    pub content: Content,
    /// Names and values defined by the application.
    pub attributes: Attributes,
}

impl SendMessage {
    /// Creates a request without a `RequestId` and without attributes.
    #[must_use]
    pub const fn new(content: Content) -> Self {
        Self { request_id: None, content, attributes: Attributes::new() }
    }

    setters! {
        /// Sets the `RequestId`.
        with_request_id: request_id;
    }
    setters!(attributes);

    /// Borrows the request.
    #[must_use]
    pub fn as_borrowed(&self) -> publish::SendMessage<'_> {
        let Self { request_id, content, attributes } = self;
        let mut send = publish::SendMessage::new(content.as_borrowed());
        send.request_id = borrowed_text(request_id.as_ref());
        send.attributes = borrowed_attributes(attributes);
        send
    }
}

impl From<publish::SendMessage<'_>> for SendMessage {
    fn from(send: publish::SendMessage<'_>) -> Self {
        let publish::SendMessage { request_id, content, attributes } = send;
        Self {
            request_id: owned_text(request_id),
            content: content.into_owned(),
            attributes: owned_attributes(attributes),
        }
    }
}

/// An owned [`publish::DeleteMessage`].
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::owned::DeleteMessage;
///
/// let delete = DeleteMessage::new("Ub3xYd7cQm0a").with_reason("off topic");
/// assert_eq!(delete.as_borrowed().id, "Ub3xYd7cQm0a");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeleteMessage {
    /// An identifier chosen by the client.
    pub request_id: Option<String>,
    /// The `Id` of the message to delete.
    pub id: String,
    /// The reason, which the whole room receives.
    pub reason: Option<String>,
}

impl DeleteMessage {
    /// Creates a request without a `RequestId` and without a reason.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { request_id: None, id: id.into(), reason: None }
    }

    setters! {
        /// Sets the `RequestId`.
        with_request_id: request_id;
        /// Sets the reason.
        with_reason: reason;
    }

    /// Borrows the request.
    #[must_use]
    pub fn as_borrowed(&self) -> publish::DeleteMessage<'_> {
        let Self { request_id, id, reason } = self;
        let mut delete = publish::DeleteMessage::new(id);
        delete.request_id = borrowed_text(request_id.as_ref());
        delete.reason = borrowed_text(reason.as_ref());
        delete
    }
}

impl From<publish::DeleteMessage<'_>> for DeleteMessage {
    fn from(delete: publish::DeleteMessage<'_>) -> Self {
        let publish::DeleteMessage { request_id, id, reason } = delete;
        Self { request_id: owned_text(request_id), id: id.into(), reason: owned_text(reason) }
    }
}

/// An owned [`publish::DisconnectUser`].
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::owned::DisconnectUser;
///
/// let disconnect = DisconnectUser::new("birk").with_reason("spam");
/// assert_eq!(disconnect.as_borrowed().user_id, "birk");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DisconnectUser {
    /// An identifier chosen by the client.
    pub request_id: Option<String>,
    /// The `UserId` of the user to disconnect.
    pub user_id: String,
    /// The reason, which the whole room receives.
    pub reason: Option<String>,
}

impl DisconnectUser {
    /// Creates a request without a `RequestId` and without a reason.
    #[must_use]
    pub fn new(user_id: impl Into<String>) -> Self {
        Self { request_id: None, user_id: user_id.into(), reason: None }
    }

    setters! {
        /// Sets the `RequestId`.
        with_request_id: request_id;
        /// Sets the reason.
        with_reason: reason;
    }

    /// Borrows the request.
    #[must_use]
    pub fn as_borrowed(&self) -> publish::DisconnectUser<'_> {
        let Self { request_id, user_id, reason } = self;
        let mut disconnect = publish::DisconnectUser::new(user_id);
        disconnect.request_id = borrowed_text(request_id.as_ref());
        disconnect.reason = borrowed_text(reason.as_ref());
        disconnect
    }
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

/// An owned [`publish::Publish`].
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{owned, publish::Publish};
///
/// let json = r#"{"Action":"DELETE_MESSAGE","Id":"Ub3xYd7cQm0a"}"#;
/// let publish: owned::Publish = Publish::decode_str(json)?.into_owned();
/// assert_eq!(publish.encode_to_string(), json);
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Publish {
    /// A [`publish::SendMessage`].
    SendMessage(SendMessage),
    /// A [`publish::DeleteMessage`].
    DeleteMessage(DeleteMessage),
    /// A [`publish::DisconnectUser`].
    DisconnectUser(DisconnectUser),
}

impl Publish {
    /// Borrows the payload.
    #[must_use]
    pub fn as_borrowed(&self) -> publish::Publish<'_> {
        match self {
            Self::SendMessage(send) => send.as_borrowed().into(),
            Self::DeleteMessage(delete) => delete.as_borrowed().into(),
            Self::DisconnectUser(disconnect) => disconnect.as_borrowed().into(),
        }
    }
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

macro_rules! conversions {
    ($($action:ident),*) => {$(
        impl From<$action> for Publish {
            fn from(action: $action) -> Self {
                Self::$action(action)
            }
        }

        impl<'a> From<&'a $action> for publish::Publish<'a> {
            fn from(action: &'a $action) -> Self {
                action.as_borrowed().into()
            }
        }
    )*};
}

conversions!(SendMessage, DeleteMessage, DisconnectUser);

impl<'a> From<&'a Publish> for publish::Publish<'a> {
    fn from(publish: &'a Publish) -> Self {
        publish.as_borrowed()
    }
}

payloads! {
    SendMessage: publish::SendMessage<'_>;
    DeleteMessage: publish::DeleteMessage<'_>;
    DisconnectUser: publish::DisconnectUser<'_>;
    Publish: publish::Publish<'_>;
}
