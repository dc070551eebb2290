use crate::decode_error::DecodeError;
use crate::encode::Write;
use crate::field::Field;
use crate::json::{Full, Reader, Sink};
use crate::slot::Slot;
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

    /// Reads the object, however it is written.
    pub(super) fn read(mut reader: Reader<'a>) -> Result<Self, DecodeError> {
        let mut r#type = Slot::new(Field::Type);

        reader.value_offset();
        let object = reader;
        let mut member = reader.first_member(1, Field::of)?;
        while let Some((field, offset)) = member {
            match field {
                Field::Type => r#type.read(&mut reader, offset, Text::read)?,
                _ => {
                    reader.skip(1)?;
                }
            }
            member = reader.next_member(1, Field::of)?;
        }
        let raw = reader.text_since(&object);
        let end = reader.offset();
        reader.end()?;
        Ok(Self::new(r#type.required(end)?, raw))
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
