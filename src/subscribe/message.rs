use crate::json::{BufferFull, Sink};
use crate::value::Attributes;
use crate::value::SendTime;
use crate::value::Text;
use crate::wire::encode::Encode;
use crate::wire::{Field, FromValue, Level, Values, members};

/// [Message (Subscribe)]: a message that a client sent to the room. Its sender gets it back, too.
///
/// [Message (Subscribe)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-message-subscribe.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message<'a> {
    /// An identifier that the service generated.
    pub id: Text<'a>,
    /// The identifier that the sender gave its `SEND_MESSAGE`, if it did. Everyone in the room sees
    /// it.
    pub request_id: Option<Text<'a>>,
    /// The attributes that came with the message.
    pub attributes: Attributes<'a>,
    /// The text. A message review may have changed it on its way.
    pub content: Text<'a>,
    /// When the service received the message.
    pub send_time: SendTime<'a>,
    /// Who sent it.
    pub sender: Sender<'a>,
}

/// The `Sender` of a [`Message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sender<'a> {
    /// The application's own identifier of the user.
    pub user_id: Text<'a>,
    /// The attributes of the sender's token: a name, an avatar and the like.
    pub attributes: Attributes<'a>,
}

impl<'a> Message<'a> {
    /// The `Type` of the payload.
    pub const TYPE: &'static str = "MESSAGE";

    /// A message without a `RequestId` and without attributes.
    #[must_use]
    pub const fn new(
        id: Text<'a>,
        content: Text<'a>,
        send_time: SendTime<'a>,
        sender: Sender<'a>,
    ) -> Self {
        Self { id, request_id: None, attributes: Attributes::NONE, content, send_time, sender }
    }
}

members! {
    Message at Payload tagged Message::TYPE;
    required { id: Id, content: Content, send_time: SendTime, sender: Sender, }
    optional { request_id: RequestId, attributes: Attributes, }
}

impl<'a> Sender<'a> {
    /// A sender without attributes.
    #[must_use]
    pub const fn new(user_id: Text<'a>) -> Self {
        Self { user_id, attributes: Attributes::NONE }
    }
}

members! {
    Sender at Sender;
    required { user_id: UserId, }
    optional { attributes: Attributes, }
}

impl<'a> FromValue<'a> for Sender<'a> {
    #[inline]
    fn from_value(values: &Values<'a>, _: Level, _: Field) -> Self {
        Self::from_values(values)
    }
}

impl Encode for Message<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        let Self { id, request_id, attributes, content, send_time, sender } = self;
        let Sender { user_id, attributes: sender_attributes } = sender;
        sink.put(r#"{"Type":"MESSAGE","Id":""#)?;
        sink.string_body(id.to_json())?;
        sink.put(r#"","RequestId":""#)?;
        sink.string_body(request_id.unwrap_or_default().to_json())?;
        sink.put(r#"","Attributes":"#)?;
        attributes.write(sink, "null")?;
        sink.put(r#","Content":""#)?;
        sink.string_body(content.to_json())?;
        sink.put(r#"","SendTime":""#)?;
        sink.string_body(send_time.text().to_json())?;
        sink.put(r#"","Sender":{"UserId":""#)?;
        sink.string_body(user_id.to_json())?;
        sink.put(r#"","Attributes":"#)?;
        sender_attributes.write(sink, "{}")?;
        sink.put("}}")
    }
}
