use super::write_request_id;
use crate::json::{BufferFull, MAX_CHARACTER_LEN, Sink};
use crate::value::{Attributes, Capability, Content, Text};
use crate::wire::encode::Encode;
use crate::wire::members;

/// A request to send a message to the room: [SendMessage (Publish)].
///
/// The service answers with a [`Message`](crate::subscribe::Message) to the whole room, or with an
/// error to the sender.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{Content, publish::SendMessage};
///
/// let send = SendMessage::new(Content::new("Good \"morning\"")?)
///     .with_request_id("r-1")
///     .with_attributes(&[("mood", "happy")]);
/// let mut buffer = [0; 256];
/// assert_eq!(
///     send.encode(&mut buffer)?,
///     concat!(
///         r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"Good \"morning\"","#,
///         r#""Attributes":{"mood":"happy"}}"#
///     )
///     .as_bytes()
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [SendMessage (Publish)]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/actions-sendmessage-publish.html
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SendMessage<'a> {
    /// An identifier chosen by the client. The message or error that answers the request repeats
    /// it. An empty identifier is equivalent to none.
    pub request_id: Option<Text<'a>>,
    /// The content.
    pub content: Content<'a>,
    /// Names and values defined by the application. The reference states no limit for them. The
    /// limit for the attributes of a token is 1 KB.
    pub attributes: Attributes<'a>,
}

impl<'a> SendMessage<'a> {
    /// The `Action` of the payload.
    pub const ACTION: &'static str = "SEND_MESSAGE";
    /// The capability that the connection needs.
    pub const REQUIRED_CAPABILITY: Capability = Capability::SendMessage;

    /// The length in bytes of a buffer that is enough for every message with plain content, without
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

    /// Creates a request without a `RequestId` and without attributes.
    #[must_use]
    pub const fn new(content: Content<'a>) -> Self {
        Self { request_id: None, content, attributes: Attributes::NONE }
    }

    /// Sets the `RequestId`.
    ///
    /// An empty `RequestId` is equivalent to none.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<Text<'a>>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Sets the attributes.
    #[must_use]
    pub fn with_attributes(mut self, attributes: impl Into<Attributes<'a>>) -> Self {
        self.attributes = attributes.into();
        self
    }
}

#[expect(clippy::as_conversions, reason = "the only way to widen an integer in a constant")]
const MAX_CONTENT_LEN: usize = MAX_CHARACTER_LEN * Content::MAX_CODE_POINTS as usize;

/// An encoded message with a generated `RequestId` and empty content.
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
