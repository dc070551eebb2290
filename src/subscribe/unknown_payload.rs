use crate::json::{BufferFull, Sink};
use crate::value::Text;
use crate::wire::encode::Encode;

/// A payload whose `Type` is not in the reference, kept as received.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::subscribe::Subscribe;
///
/// let Subscribe::Unknown(poll) = Subscribe::decode_str(r#" {"Type":"POLL","Votes":3} "#)? else {
///     panic!()
/// };
/// assert_eq!(poll.type_name(), "POLL");
/// assert_eq!(poll.raw(), r#"{"Type":"POLL","Votes":3}"#);
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnknownPayload<'a> {
    type_name: Text<'a>,
    raw: &'a str,
}

impl<'a> UnknownPayload<'a> {
    pub(crate) const fn new(type_name: Text<'a>, raw: &'a str) -> Self {
        Self { type_name, raw }
    }

    /// Returns the `Type`.
    #[must_use]
    pub const fn type_name(&self) -> Text<'a> {
        self.type_name
    }

    /// Returns the payload, a JSON object without surrounding white space.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.raw
    }
}

impl Encode for UnknownPayload<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        sink.put(self.raw)
    }
}
