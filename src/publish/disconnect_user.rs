use super::{write_option, write_request_id};
use crate::capability::Capability;
use crate::decode_error::DecodeError;
use crate::encode::Write;
use crate::field::Field;
use crate::json::{Full, Reader, Sink};
use crate::slot::Slot;
use crate::text::Text;

/// [DisconnectUser (Publish)]: disconnect a user from the room, on all of their connections.
///
/// The room is told with an event: [`EventKind::DisconnectedUser`](crate::subscribe::EventKind::DisconnectedUser). It bans
/// nobody: for that, the application stops creating tokens for the user.
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

    /// Reads the object, however it is written.
    pub(super) fn read(mut reader: Reader<'a>) -> Result<Self, DecodeError> {
        let mut action = Slot::new(Field::Action);
        let mut request_id = Slot::new(Field::RequestId);
        let mut user_id = Slot::new(Field::UserId);
        let mut reason = Slot::new(Field::Reason);

        let mut member = reader.first_member(1, Field::of_any_case)?;
        while let Some((field, offset)) = member {
            match field {
                Field::Action => action.read(&mut reader, offset, Text::read)?,
                Field::RequestId => request_id.read(&mut reader, offset, Text::read_request_id)?,
                Field::UserId => user_id.read(&mut reader, offset, Text::read)?,
                Field::Reason => reason.read(&mut reader, offset, Text::read_optional)?,
                _ => {
                    reader.skip(1)?;
                }
            }
            member = reader.next_member(1, Field::of_any_case)?;
        }
        let end = reader.offset();
        reader.end()?;
        Ok(Self { request_id: request_id.optional(), user_id: user_id.required(end)?, reason: reason.optional() })
    }
}

impl Write for DisconnectUser<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), Full> {
        let Self { request_id, user_id, reason } = self;
        sink.put(r#"{"Action":"DISCONNECT_USER""#)?;
        write_request_id(sink, *request_id)?;
        sink.put(r#","UserId":"#)?;
        sink.string(user_id.to_json())?;
        write_option(sink, r#","Reason":"#, *reason)?;
        sink.put("}")
    }
}
