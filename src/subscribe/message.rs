use crate::attributes::Attributes;
use crate::decode_error::DecodeError;
use crate::encode::Write;
use crate::field::Field;
use crate::json::{Full, Reader, Sink, Usual};
use crate::slot::Slot;
use crate::text::Text;
use crate::time::SendTime;

/// [Message (Subscribe)]: a message that a client sent to the room. Its sender gets it back, too.
///
/// [Message (Subscribe)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-message-subscribe.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message<'a> {
    /// An identifier that the service generated.
    pub id: Text<'a>,
    /// The identifier that the sender gave its `SEND_MESSAGE`, if it did. Everyone in the room sees it.
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
    pub const fn new(id: Text<'a>, content: Text<'a>, send_time: SendTime<'a>, sender: Sender<'a>) -> Self {
        Self { id, request_id: None, attributes: Attributes::NONE, content, send_time, sender }
    }

    /// Reads the payload as the service writes it.
    #[inline]
    pub(super) fn read_usual(payload: &'a str) -> Option<Self> {
        let mut usual = Usual::new(payload);
        usual.expect(r#"{"Type":"MESSAGE","Id":""#)?;
        let id = usual.string_body_of::<12>()?;
        usual.expect(r#"","RequestId":""#)?;
        // A UUID, as all official SDKs send.
        let request_id = usual.string_body_of::<36>()?;
        usual.expect(r#"","Attributes":"#)?;
        let attributes = usual.optional_string_map()?;
        usual.expect(r#","Content":""#)?;
        let content = usual.string_body()?;
        usual.expect(r#"","SendTime":""#)?;
        // To the nanosecond, and the last digit is no zero.
        let send_time = usual.string_body_of::<30>()?;
        usual.expect(r#"","Sender":{"UserId":""#)?;
        // A UUID, as in all captures that are known.
        let user_id = usual.string_body_of::<36>()?;
        usual.expect(r#"","Attributes":"#)?;
        let sender_attributes = usual.optional_string_map()?;
        usual.expect("}}")?;
        usual.end()?;
        Some(Self {
            id: Text::from_json(id),
            request_id: Text::from_json(request_id).not_empty(),
            attributes: Attributes::from_json(attributes),
            content: Text::from_json(content),
            send_time: Text::from_json(send_time).into(),
            sender: Sender { user_id: Text::from_json(user_id), attributes: Attributes::from_json(sender_attributes) },
        })
    }

    /// Reads the object, however it is written.
    #[inline]
    pub(super) fn read(mut reader: Reader<'a>) -> Result<Self, DecodeError> {
        let mut r#type = Slot::new(Field::Type);
        let mut id = Slot::new(Field::Id);
        let mut request_id = Slot::new(Field::RequestId);
        let mut attributes = Slot::new(Field::Attributes);
        let mut content = Slot::new(Field::Content);
        let mut send_time = Slot::new(Field::SendTime);
        let mut sender = Slot::new(Field::Sender);

        let mut member = reader.first_member(1, Field::of)?;
        while let Some((field, offset)) = member {
            match field {
                Field::Type => r#type.read(&mut reader, offset, Text::read)?,
                Field::Id => id.read(&mut reader, offset, Text::read)?,
                Field::RequestId => request_id.read(&mut reader, offset, Text::read_request_id)?,
                Field::Attributes => attributes.read(&mut reader, offset, Attributes::read)?,
                Field::Content => content.read(&mut reader, offset, Text::read)?,
                Field::SendTime => send_time.read(&mut reader, offset, SendTime::read)?,
                Field::Sender => sender.read(&mut reader, offset, Sender::read)?,
                _ => {
                    reader.skip(1)?;
                }
            }
            member = reader.next_member(1, Field::of)?;
        }
        let end = reader.offset();
        reader.end()?;
        Ok(Self {
            id: id.required(end)?,
            request_id: request_id.optional(),
            attributes: attributes.optional(),
            content: content.required(end)?,
            send_time: send_time.required(end)?,
            sender: sender.required(end)?,
        })
    }
}

impl<'a> Sender<'a> {
    /// A sender without attributes.
    #[must_use]
    pub const fn new(user_id: Text<'a>) -> Self {
        Self { user_id, attributes: Attributes::NONE }
    }

    #[inline]
    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let mut user_id = Slot::new(Field::UserId);
        let mut attributes = Slot::new(Field::Attributes);

        let mut member = reader.first_member(2, Field::of)?;
        while let Some((field, offset)) = member {
            match field {
                Field::UserId => user_id.read(reader, offset, Text::read)?,
                Field::Attributes => attributes.read(reader, offset, Attributes::read)?,
                _ => {
                    reader.skip(2)?;
                }
            }
            member = reader.next_member(2, Field::of)?;
        }
        Ok(Self { user_id: user_id.required(reader.offset())?, attributes: attributes.optional() })
    }
}

impl Write for Message<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), Full> {
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
