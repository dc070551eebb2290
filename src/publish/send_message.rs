use super::write_request_id;
use crate::attributes::Attributes;
use crate::capability::Capability;
use crate::content::Content;
use crate::decode_error::DecodeError;
use crate::encode::Write;
use crate::field::Field;
use crate::json::{Full, Reader, Sink, Usual};
use crate::slot::Slot;
use crate::text::Text;

/// [SendMessage (Publish)]: send a message to everyone in the room.
///
/// ```
/// use ivs_chat_proto::{Content, publish::SendMessage};
///
/// let mut send = SendMessage::new(Content::new("Good \"morning\"").unwrap());
/// send.request_id = Some("r-1".into());
/// let mut buffer = [0; 128];
/// assert_eq!(
///     send.encode(&mut buffer).unwrap(),
///     br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"Good \"morning\""}"#
/// );
/// ```
///
/// [SendMessage (Publish)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-sendmessage-publish.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendMessage<'a> {
    /// An identifier of the client's own; it comes back in the message or the error that answers.
    /// An empty one is none.
    pub request_id: Option<Text<'a>>,
    /// The text.
    pub content: Content<'a>,
    /// Whatever else the application wants to say with the message. The service does not publish a limit; that of
    /// neighbouring attributes is 1 KB.
    pub attributes: Attributes<'a>,
}

impl<'a> SendMessage<'a> {
    /// The `Action` of the payload.
    pub const ACTION: &'static str = "SEND_MESSAGE";
    /// What the connection must be permitted to do.
    pub const REQUIRED_CAPABILITY: Capability = Capability::SendMessage;

    /// A message without a `RequestId` and without attributes.
    #[must_use]
    pub const fn new(content: Content<'a>) -> Self {
        Self { request_id: None, content, attributes: Attributes::NONE }
    }

    /// Reads the payload as the official SDKs write it.
    #[inline]
    pub(super) fn read_usual(payload: &'a str) -> Option<Self> {
        let mut usual = Usual::new(payload);
        usual.expect(r#"{"Action":"SEND_MESSAGE","#)?;
        let mut request_id = None;
        if usual.eat(r#""RequestId":""#) {
            // A UUID, as all official SDKs send.
            request_id = Text::from_json(usual.string_body_of::<36>()?).not_empty();
            usual.expect(r#"","#)?;
        }
        usual.expect(r#""Content":""#)?;
        let content = usual.string_body()?;
        usual.expect("\"")?;
        let mut attributes = Attributes::NONE;
        if usual.eat(r#","Attributes":"#) {
            attributes = Attributes::from_json(usual.optional_string_map()?);
        }
        usual.expect("}")?;
        usual.end()?;
        Some(Self { request_id, content: Content::new(Text::from_json(content)).ok()?, attributes })
    }

    /// Reads the object, however it is written.
    pub(super) fn read(mut reader: Reader<'a>) -> Result<Self, DecodeError> {
        let mut action = Slot::new(Field::Action);
        let mut request_id = Slot::new(Field::RequestId);
        let mut content = Slot::new(Field::Content);
        let mut attributes = Slot::new(Field::Attributes);

        let mut member = reader.first_member(1, Field::of_any_case)?;
        while let Some((field, offset)) = member {
            match field {
                Field::Action => action.read(&mut reader, offset, Text::read)?,
                Field::RequestId => request_id.read(&mut reader, offset, Text::read_request_id)?,
                Field::Content => content.read(&mut reader, offset, Content::read)?,
                Field::Attributes => attributes.read(&mut reader, offset, Attributes::read)?,
                _ => {
                    reader.skip(1)?;
                }
            }
            member = reader.next_member(1, Field::of_any_case)?;
        }
        let end = reader.offset();
        reader.end()?;
        Ok(Self {
            request_id: request_id.optional(),
            content: content.required(end)?,
            attributes: attributes.optional(),
        })
    }
}

impl Write for SendMessage<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), Full> {
        let Self { request_id, content, attributes } = self;
        sink.put(r#"{"Action":"SEND_MESSAGE""#)?;
        write_request_id(sink, *request_id)?;
        sink.put(r#","Content":"#)?;
        sink.string(content.text().to_json())?;
        if !attributes.is_absent() {
            sink.put(r#","Attributes":"#)?;
            attributes.write(sink, "{}")?;
        }
        sink.put("}")
    }
}
