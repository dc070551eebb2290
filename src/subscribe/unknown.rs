use crate::encode::Write;
use crate::json::{Full, Sink};
use crate::text::Text;

/// A payload of a `Type` that the reference does not have, kept as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown<'a> {
    r#type: Text<'a>,
    raw: &'a str,
}

impl<'a> Unknown<'a> {
    pub(crate) const fn new(r#type: Text<'a>, raw: &'a str) -> Self {
        Self { r#type, raw }
    }

    /// The `Type`.
    #[must_use]
    pub const fn r#type(&self) -> Text<'a> {
        self.r#type
    }

    /// The payload: a JSON object, without the white space around it.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.raw
    }
}

impl Write for Unknown<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), Full> {
        sink.put(self.raw)
    }
}
