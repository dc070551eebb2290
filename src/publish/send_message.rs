use super::write_request_id;
use crate::attributes::Attributes;
use crate::capability::Capability;
use crate::content::Content;
use crate::encode::Write;
use crate::json::{Full, Sink};
use crate::text::Text;
use crate::wire::members;

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
}

members! {
    SendMessage at Payload tagged SendMessage::ACTION;
    required { content: Content, }
    optional { request_id: RequestId, attributes: Attributes, }
}

impl Write for SendMessage<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), Full> {
        let Self { request_id, content, attributes } = self;
        sink.put(r#"{"Action":"SEND_MESSAGE""#)?;
        write_request_id(sink, *request_id)?;
        sink.member(r#","Content":"#, content.text().to_json())?;
        if !attributes.is_absent() {
            sink.put(r#","Attributes":"#)?;
            attributes.write(sink, "{}")?;
        }
        sink.put("}")
    }
}
