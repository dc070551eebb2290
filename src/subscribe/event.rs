use crate::json::{BufferFull, Sink};
use crate::value::Attributes;
use crate::value::SendTime;
use crate::value::Text;
use crate::wire::encode::Encode;
use crate::wire::members;

/// [Event (Subscribe)]: something that the service or the application tells the room.
///
/// [`kind`](Self::kind) reads the events of the service, whose names begin with `aws:`.
///
/// [Event (Subscribe)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-event-subscribe.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event<'a> {
    /// An identifier that the service generated for the event; of a deletion it is not the deleted
    /// message's.
    pub id: Text<'a>,
    /// An identifier that the application specified.
    pub request_id: Option<Text<'a>>,
    /// What the event is called.
    pub event_name: Text<'a>,
    /// The details of the event.
    pub attributes: Attributes<'a>,
    /// When the service received the event.
    pub send_time: SendTime<'a>,
}

/// What an [`Event`] means, as far as the protocol says.
///
/// ```
/// use ivs_chat_proto::subscribe::{EventKind, Subscribe};
///
/// let payload = r#"{"Type":"EVENT","Id":"pT4nQ8sVw1Lz","RequestId":"","EventName":"aws:DELETE_MESSAGE",
///     "Attributes":{"MessageID":"Ub3xYd7cQm0a","Reason":"off topic"},"SendTime":"2026-11-22T10:00:09Z"}"#;
/// let Ok(Subscribe::Event(event)) = Subscribe::decode_str(payload) else { panic!() };
/// let EventKind::DeletedMessage { message_id, reason } = event.kind() else { panic!() };
/// assert_eq!(message_id, "Ub3xYd7cQm0a");
/// assert_eq!(reason.unwrap(), "off topic");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// `aws:DELETE_MESSAGE`: clients should no longer show a message.
    DeletedMessage {
        /// The `Id` of the message: the attribute `MessageId` or, without it, the deprecated
        /// `MessageID`.
        message_id: Text<'a>,
        /// Why the message was deleted.
        reason: Option<Text<'a>>,
    },
    /// `aws:DISCONNECT_USER`: a user is made to leave. All clients are told, the user's own before
    /// they are closed.
    DisconnectedUser {
        /// The user's `UserId`.
        user_id: Text<'a>,
        /// Why the user is made to leave.
        reason: Option<Text<'a>>,
    },
    /// An event of the application: its name and attributes mean what the application has them
    /// mean. An event of the service whose attributes do not fit its name is shown like this, too.
    Application,
}

/// An event of the service's own, for [`Event::system`]: its name and its attributes, sorted as the
/// service sorts them.
#[derive(Clone, Copy, Debug)]
pub struct SystemEvent<'a>(System<'a>);

#[derive(Clone, Copy, Debug)]
enum System<'a> {
    DeleteMessage([(Text<'a>, Text<'a>); 3]),
    DisconnectUser([(Text<'a>, Text<'a>); 2]),
}

impl<'a> SystemEvent<'a> {
    /// `aws:DELETE_MESSAGE`. The message is named twice, as `MessageId` and as the deprecated
    /// `MessageID`: there are clients that read only the one or only the other.
    #[must_use]
    pub fn delete_message(message_id: Text<'a>, reason: Option<Text<'a>>) -> Self {
        Self(System::DeleteMessage([
            ("MessageID".into(), message_id),
            ("MessageId".into(), message_id),
            ("Reason".into(), reason.unwrap_or_default()),
        ]))
    }

    /// `aws:DISCONNECT_USER`.
    #[must_use]
    pub fn disconnect_user(user_id: Text<'a>, reason: Option<Text<'a>>) -> Self {
        Self(System::DisconnectUser([
            ("Reason".into(), reason.unwrap_or_default()),
            ("UserId".into(), user_id),
        ]))
    }
}

impl<'a> Event<'a> {
    /// The `Type` of the payload.
    pub const TYPE: &'static str = "EVENT";
    /// The `EventName` of a deletion.
    pub const DELETE_MESSAGE: &'static str = "aws:DELETE_MESSAGE";
    /// The `EventName` of a disconnection.
    pub const DISCONNECT_USER: &'static str = "aws:DISCONNECT_USER";

    /// An event without a `RequestId` and without attributes.
    #[must_use]
    pub const fn new(id: Text<'a>, event_name: Text<'a>, send_time: SendTime<'a>) -> Self {
        Self { id, request_id: None, event_name, attributes: Attributes::NONE, send_time }
    }

    /// An event of the service's own.
    ///
    /// ```
    /// use ivs_chat_proto::subscribe::{Event, SystemEvent};
    ///
    /// let deletion = SystemEvent::delete_message("Ub3xYd7cQm0a".into(), Some("spam".into()));
    /// let event = Event::system("pT4nQ8sVw1Lz".into(), &deletion, "2026-11-22T10:00:09Z".into());
    /// assert_eq!(
    ///     event.encode_to_string(),
    ///     concat!(
    ///         r#"{"Type":"EVENT","Id":"pT4nQ8sVw1Lz","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":"#,
    ///         r#"{"MessageID":"Ub3xYd7cQm0a","MessageId":"Ub3xYd7cQm0a","Reason":"spam"},"#,
    ///         r#""SendTime":"2026-11-22T10:00:09Z"}"#
    ///     )
    /// );
    /// ```
    #[must_use]
    pub fn system(id: Text<'a>, event: &'a SystemEvent<'a>, send_time: SendTime<'a>) -> Self {
        let (name, attributes) = match &event.0 {
            System::DeleteMessage(attributes) => {
                (Self::DELETE_MESSAGE, Attributes::from(attributes))
            }
            System::DisconnectUser(attributes) => {
                (Self::DISCONNECT_USER, Attributes::from(attributes))
            }
        };
        Self { attributes, ..Self::new(id, Text::new(name), send_time) }
    }

    /// What the event means.
    #[must_use]
    pub fn kind(&self) -> EventKind<'a> {
        let reason = self.attributes.get("Reason");
        // An empty identifier identifies nothing.
        let identifier = |name| self.attributes.get(name).and_then(Text::not_empty);
        if self.event_name == Self::DELETE_MESSAGE {
            if let Some(message_id) = identifier("MessageId").or_else(|| identifier("MessageID")) {
                return EventKind::DeletedMessage { message_id, reason };
            }
        } else if self.event_name == Self::DISCONNECT_USER {
            if let Some(user_id) = identifier("UserId") {
                return EventKind::DisconnectedUser { user_id, reason };
            }
        }
        EventKind::Application
    }
}

members! {
    Event at Payload tagged Event::TYPE;
    required { id: Id, event_name: EventName, send_time: SendTime, }
    optional { request_id: RequestId, attributes: Attributes, }
}

impl Encode for Event<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        let Self { id, request_id, event_name, attributes, send_time } = self;
        sink.put(r#"{"Type":"EVENT","Id":""#)?;
        sink.string_body(id.to_json())?;
        sink.put(r#"","RequestId":""#)?;
        sink.string_body(request_id.unwrap_or_default().to_json())?;
        sink.put(r#"","EventName":""#)?;
        sink.string_body(event_name.to_json())?;
        sink.put(r#"","Attributes":"#)?;
        attributes.write(sink, "null")?;
        sink.put(r#","SendTime":""#)?;
        sink.string_body(send_time.text().to_json())?;
        sink.put("\"}")
    }
}
