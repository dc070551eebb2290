use super::write_request_id;
use crate::json::{BufferFull, MAX_CHARACTER_LEN, Sink};
use crate::value::Attributes;
use crate::value::Capability;
use crate::value::Content;
use crate::value::Text;
use crate::wire::encode::Encode;
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
    /// Whatever else the application wants to say with the message. The service does not publish a
    /// limit; that of neighbouring attributes is 1 KB.
    pub attributes: Attributes<'a>,
}

impl<'a> SendMessage<'a> {
    /// The `Action` of the payload.
    pub const ACTION: &'static str = "SEND_MESSAGE";
    /// What the connection must be permitted to do.
    pub const REQUIRED_CAPABILITY: Capability = Capability::SendMessage;

    /// The length of a buffer that is enough for every message with plain content, without
    /// attributes, and with a generated `RequestId` of 36 characters.
    ///
    /// Content is plain if it was created from a `&str`. It has up to 500 code points, of which a
    /// control character takes six bytes, as in `\u0001`. No other character takes more than four.
    /// A buffer of 1024 bytes is not enough: 500 emoji alone take 2000 bytes.
    ///
    /// Decoded content may still contain escapes, which are encoded as they were received. They
    /// take up to twelve bytes for each code point. For such content, and for a message with
    /// attributes, [`encoded_len`](Self::encoded_len) returns the length.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::{Content, publish::SendMessage};
    ///
    /// let emoji = "😀".repeat(500);
    /// let mut send = SendMessage::new(Content::new(emoji.as_str())?);
    /// send.request_id = Some("8f0e3c52-6f6f-4b58-9d07-0d3fc6a2a8c1".into());
    /// assert!(send.encode(&mut [0; 1024]).is_err());
    /// assert!(send.encode(&mut [0; SendMessage::MAX_PLAIN_LEN]).is_ok());
    /// # Ok::<(), ivs_chat_proto::ContentLengthError>(())
    /// ```
    pub const MAX_PLAIN_LEN: usize = WITHOUT_CONTENT.len() + MAX_CONTENT_LEN;

    /// A message without a `RequestId` and without attributes.
    #[must_use]
    pub const fn new(content: Content<'a>) -> Self {
        Self { request_id: None, content, attributes: Attributes::NONE }
    }
}

#[expect(clippy::as_conversions, reason = "the only way to widen an integer in a constant")]
const MAX_CONTENT_LEN: usize = MAX_CHARACTER_LEN * Content::MAX_CODE_POINTS as usize;

/// A message with a generated `RequestId`, as it is written but for the inside of its content.
const WITHOUT_CONTENT: &str =
    r#"{"Action":"SEND_MESSAGE","RequestId":"00000000-0000-4000-8000-000000000000","Content":""}"#;

members! {
    SendMessage at Payload tagged SendMessage::ACTION;
    required { content: Content, }
    optional { request_id: RequestId, attributes: Attributes, }
}

impl Encode for SendMessage<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        let Self { request_id, content, attributes } = self;
        sink.put(r#"{"Action":"SEND_MESSAGE""#)?;
        write_request_id(sink, *request_id)?;
        sink.member(r#","Content":"#, content.text().to_json())?;
        if !attributes.is_omitted() {
            sink.put(r#","Attributes":"#)?;
            attributes.write(sink, "{}")?;
        }
        sink.put("}")
    }
}
