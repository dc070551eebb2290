//! The fields of a payload while it is being read: each at most once, in any order.

use crate::decode_error::{DecodeError, DecodeErrorKind};
use crate::field::Field;
use crate::json::Reader;

/// A field, and its value once it has been read.
pub(crate) struct Slot<T> {
    field: Field,
    value: Option<T>,
}

impl<T> Slot<T> {
    #[inline]
    pub(crate) const fn new(field: Field) -> Self {
        Self { field, value: None }
    }

    /// Reads the value, whose key is at `offset`.
    #[inline]
    pub(crate) fn read<'a, E: Into<DecodeError>>(
        &mut self,
        reader: &mut Reader<'a>,
        offset: usize,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, E>,
    ) -> Result<(), DecodeError> {
        if self.value.is_some() {
            return Err(DecodeError::new(DecodeErrorKind::DuplicateField(self.field), offset));
        }
        self.value = Some(read(reader).map_err(|error| error.into().in_field(self.field))?);
        Ok(())
    }

    /// The value of a field that the payload must have; its object ends in front of `end`.
    #[inline]
    pub(crate) fn required(self, end: usize) -> Result<T, DecodeError> {
        match self.value {
            Some(value) => Ok(value),
            None => Err(DecodeError::new(DecodeErrorKind::MissingField(self.field), end.saturating_sub(1))),
        }
    }

    /// The value of a field that the payload can be without.
    #[inline]
    pub(crate) fn optional(self) -> T
    where
        T: Default,
    {
        self.value.unwrap_or_default()
    }
}
