use crate::json::{BufferFull, Sink};
use crate::value::Text;
use crate::wire::encode::Encode;

/// A payload of a `Type` that the reference does not have, kept as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPayload<'a> {
    type_name: Text<'a>,
    raw: &'a str,
}

impl<'a> UnknownPayload<'a> {
    pub(crate) const fn new(type_name: Text<'a>, raw: &'a str) -> Self {
        Self { type_name, raw }
    }

    /// The `Type`.
    #[must_use]
    pub const fn type_name(&self) -> Text<'a> {
        self.type_name
    }

    /// The payload: a JSON object, without the white space around it.
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
