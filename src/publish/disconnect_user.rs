use super::{write_option, write_request_id};
use crate::json::{BufferFull, Sink};
use crate::value::Capability;
use crate::value::Text;
use crate::wire::encode::Encode;
use crate::wire::members;

/// [DisconnectUser (Publish)]: disconnect a user from the room, on all of their connections.
///
/// The room is told with an event:
/// [`EventKind::DisconnectedUser`](crate::subscribe::EventKind::DisconnectedUser). It bans nobody:
/// for that, the application stops creating tokens for the user.
///
/// [DisconnectUser (Publish)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-disconnectuser-publish.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DisconnectUser<'a> {
    /// An identifier of the client's own; it comes back in the event or the error that answers.
    /// An empty one is none.
    pub request_id: Option<Text<'a>>,
    /// Who, by the `UserId` of their messages.
    pub user_id: Text<'a>,
    /// Why, for the others in the room.
    pub reason: Option<Text<'a>>,
}

impl<'a> DisconnectUser<'a> {
    /// The `Action` of the payload.
    pub const ACTION: &'static str = "DISCONNECT_USER";
    /// What the connection must be permitted to do.
    pub const REQUIRED_CAPABILITY: Capability = Capability::DisconnectUser;

    /// A disconnection without a `RequestId` and without a reason.
    #[must_use]
    pub const fn new(user_id: Text<'a>) -> Self {
        Self { request_id: None, user_id, reason: None }
    }
}

members! {
    DisconnectUser at Payload tagged DisconnectUser::ACTION;
    required { user_id: UserId, }
    optional { request_id: RequestId, reason: Reason, }
}

impl Encode for DisconnectUser<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        let Self { request_id, user_id, reason } = self;
        sink.put(r#"{"Action":"DISCONNECT_USER""#)?;
        write_request_id(sink, *request_id)?;
        sink.member(r#","UserId":"#, user_id.to_json())?;
        write_option(sink, r#","Reason":"#, *reason)?;
        sink.put("}")
    }
}
