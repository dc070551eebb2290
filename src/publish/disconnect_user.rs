use super::{write_option, write_request_id};
use crate::json::{BufferFull, Sink};
use crate::value::{Capability, Text};
use crate::wire::encode::Encode;
use crate::wire::members;

/// A request to close all of a user's connections to the room: [DisconnectUser (Publish)].
///
/// The service answers with an event to the whole room,
/// [`EventKind::DisconnectedUser`](crate::subscribe::EventKind::DisconnectedUser). This does not
/// ban the user. To ban a user, the application must stop creating tokens for them.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::publish::DisconnectUser;
///
/// let disconnect = DisconnectUser::new("birk").with_request_id("r-1");
/// assert_eq!(
///     disconnect.encode_to_string(),
///     r#"{"Action":"DISCONNECT_USER","RequestId":"r-1","UserId":"birk"}"#
/// );
/// ```
///
/// [DisconnectUser (Publish)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-disconnectuser-publish.html
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DisconnectUser<'a> {
    /// An identifier chosen by the client. The event or error that answers the request repeats it.
    /// An empty identifier is equivalent to none.
    pub request_id: Option<Text<'a>>,
    /// The `UserId` of the user to disconnect.
    pub user_id: Text<'a>,
    /// The reason, which the whole room receives.
    pub reason: Option<Text<'a>>,
}

impl<'a> DisconnectUser<'a> {
    /// The `Action` of the payload.
    pub const ACTION: &'static str = "DISCONNECT_USER";
    /// The capability that the connection needs.
    pub const REQUIRED_CAPABILITY: Capability = Capability::DisconnectUser;

    /// Creates a request without a `RequestId` and without a reason.
    #[must_use]
    pub fn new(user_id: impl Into<Text<'a>>) -> Self {
        Self { request_id: None, user_id: user_id.into(), reason: None }
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
