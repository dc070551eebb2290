use super::{write_option, write_request_id};
use crate::json::{BufferFull, Sink};
use crate::value::Capability;
use crate::value::Text;
use crate::wire::encode::Encode;
use crate::wire::members;

/// [DeleteMessage (Publish)]: tell the other clients to delete a message.
///
/// The room is told with an event:
/// [`EventKind::DeletedMessage`](crate::subscribe::EventKind::DeletedMessage).
///
/// [DeleteMessage (Publish)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-deletemessage-publish.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeleteMessage<'a> {
    /// An identifier of the client's own; it comes back in the event or the error that answers.
    /// An empty one is none.
    pub request_id: Option<Text<'a>>,
    /// The `Id` of the message, as it was received.
    pub id: Text<'a>,
    /// Why, for the others in the room.
    pub reason: Option<Text<'a>>,
}

impl<'a> DeleteMessage<'a> {
    /// The `Action` of the payload.
    pub const ACTION: &'static str = "DELETE_MESSAGE";
    /// What the connection must be permitted to do.
    pub const REQUIRED_CAPABILITY: Capability = Capability::DeleteMessage;

    /// A deletion without a `RequestId` and without a reason.
    #[must_use]
    pub const fn new(id: Text<'a>) -> Self {
        Self { request_id: None, id, reason: None }
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
