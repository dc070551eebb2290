use super::{write_option, write_request_id};
use crate::json::{BufferFull, Sink};
use crate::value::{Capability, Text};
use crate::wire::encode::Encode;
use crate::wire::members;

/// A request to delete a message on all clients: [DeleteMessage (Publish)].
///
/// The service answers with an event to the whole room,
/// [`EventKind::DeletedMessage`](crate::subscribe::EventKind::DeletedMessage).
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::publish::DeleteMessage;
///
/// let delete = DeleteMessage::new("Ub3xYd7cQm0a").with_reason("off topic");
/// let mut buffer = [0; 128];
/// assert_eq!(
///     delete.encode(&mut buffer)?,
///     br#"{"Action":"DELETE_MESSAGE","Id":"Ub3xYd7cQm0a","Reason":"off topic"}"#
/// );
/// # Ok::<(), ivs_chat_proto::BufferTooSmall>(())
/// ```
///
/// [DeleteMessage (Publish)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-deletemessage-publish.html
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeleteMessage<'a> {
    /// An identifier chosen by the client. The event or error that answers the request repeats it.
    /// An empty identifier is equivalent to none.
    pub request_id: Option<Text<'a>>,
    /// The `Id` of the message to delete.
    pub id: Text<'a>,
    /// The reason, which the whole room receives.
    pub reason: Option<Text<'a>>,
}

impl<'a> DeleteMessage<'a> {
    /// The `Action` of the payload.
    pub const ACTION: &'static str = "DELETE_MESSAGE";
    /// The capability that the connection needs.
    pub const REQUIRED_CAPABILITY: Capability = Capability::DeleteMessage;

    /// Creates a request without a `RequestId` and without a reason.
    #[must_use]
    pub fn new(id: impl Into<Text<'a>>) -> Self {
        Self { request_id: None, id: id.into(), reason: None }
    }

    /// Sets the `RequestId`.
    ///
    /// An empty `RequestId` is equivalent to none.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<Text<'a>>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Sets the reason.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<Text<'a>>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

members! {
    DeleteMessage at Payload tagged DeleteMessage::ACTION;
    required { id: Id, }
    optional { request_id: RequestId, reason: Reason, }
}

impl Encode for DeleteMessage<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        let Self { request_id, id, reason } = self;
        sink.put(r#"{"Action":"DELETE_MESSAGE""#)?;
        write_request_id(sink, *request_id)?;
        sink.member(r#","Id":"#, id.to_json())?;
        write_option(sink, r#","Reason":"#, *reason)?;
        sink.put("}")
    }
}
