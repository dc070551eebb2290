//! Errors in members that may not belong to the payload.
//!
//! An invalid or duplicate value is an error only if the payload has that member. Before the tag
//! has been read, the payload is unknown, so the error is deferred and the value is skipped. When
//! the tag is read, the first deferred error that applies to its payload becomes the error of the
//! pass. The result therefore does not depend on the position of the tag, with one exception:
//! invalid JSON before the tag is always an error.

use super::decode_error::{DecodeError, DecodeErrorKind};
use super::field::{Field, Kind};
use super::field_set::FieldSet;
use super::members::{Pass, Result, State, Stopped};
use super::shape::Payload;
use super::values::Level;
use crate::json::{self, Cursor, ErrorKind};

/// The first error due to `null` and the first other error of each member, in order of occurrence.
pub(super) type DeferredErrors = heapless::Vec<MemberError, { 2 * Field::COUNT }>;

/// An error in a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemberError {
    /// The member of the payload, which is `Sender` for all errors inside a `Sender`.
    pub(super) member: Field,
    /// `true` if the value is `null`, which is an error only if the member is required.
    pub(super) is_null: bool,
    pub(super) error: DecodeError,
}

impl MemberError {
    /// Returns `true` if this is an error in `payload`.
    const fn applies_to(&self, payload: &Payload) -> bool {
        if self.is_null {
            payload.required.contains(self.member)
        } else {
            payload.known.contains(self.member)
        }
    }
}

impl<'a> Pass<'_, 'a> {
    /// Stops the pass with an error.
    #[cold]
    #[inline(never)]
    pub(super) fn stop(&mut self, error: impl Into<DecodeError>) -> Stopped {
        self.error = Some(error.into());
        Stopped
    }

    /// Reports that the value at `start` is invalid for its field, and skips it.
    ///
    /// The cursor must be at `start` or, for attributes, at the value in them that is the cause.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(super) fn invalid_value(
        &mut self,
        state: &mut State<'a>,
        start: Cursor<'a>,
        level: Level,
        field: Field,
        error: json::Error,
    ) -> Result<()> {
        state.cursor.seek(self.skip_invalid_value(
            state.cursor,
            start.offset(),
            level,
            field,
            error,
        )?);
        Ok(())
    }

    /// Does the same as [`invalid_value`](Self::invalid_value), and returns the cursor after the
    /// value.
    #[cold]
    #[inline(never)]
    fn skip_invalid_value(
        &mut self,
        mut cause: Cursor<'a>,
        start: usize,
        level: Level,
        field: Field,
        error: json::Error,
    ) -> Result<Cursor<'a>> {
        let kind = match error.kind {
            ErrorKind::WrongType => DecodeErrorKind::WrongType(field),
            ErrorKind::NumberOutOfRange => DecodeErrorKind::NumberOutOfRange,
            _ => return Err(self.stop(error)),
        };
        let error = DecodeError::new(kind, error.offset);
        if field.kind() == Kind::Tag {
            return Err(self.stop(error));
        }
        let is_whole = cause.offset() == start;
        self.report(MemberError {
            member: level.member(field),
            is_null: is_whole && cause.next() == Some(b'n'),
            error,
        })?;
        if is_whole {
            return self.skip(cause, level);
        }
        match cause.finish_object(self.open(level)) {
            Ok(_) => Ok(cause),
            Err(error) => Err(self.stop(error)),
        }
    }

    /// Returns the members that the object of a level can have. Before the tag has been read, these
    /// are the members of all payloads.
    pub(super) fn known(&self, level: Level) -> FieldSet {
        match (level, self.decided) {
            (Level::Sender, _) => self.shape.sender.known,
            (Level::Payload, None) => self.shape.known(),
            (Level::Payload, Some(index)) => {
                let payload = self.shape.payloads.get(index);
                payload.map_or(FieldSet::EMPTY, |payload| payload.known).union(self.shape.tag())
            }
        }
    }

    /// Reports a duplicate field whose second key is at offset `key`.
    #[cold]
    pub(super) fn duplicate(&mut self, level: Level, field: Field, key: usize) -> Result<()> {
        let error = DecodeError::new(DecodeErrorKind::DuplicateField(field), key);
        self.report(MemberError { member: level.member(field), is_null: false, error })
    }

    /// Skips a value.
    #[inline(never)]
    fn skip(&mut self, mut cursor: Cursor<'a>, level: Level) -> Result<Cursor<'a>> {
        match cursor.value(self.open(level)) {
            Ok(_) => Ok(cursor),
            Err(error) => Err(self.stop(error)),
        }
    }

    /// Reports an error in a member.
    ///
    /// Stops the pass if the payload is known. Otherwise, defers the error to
    /// [`check_deferred`](Self::check_deferred).
    #[cold]
    #[inline(never)]
    pub(super) fn report(&mut self, error: MemberError) -> Result<()> {
        match self.decided {
            // Once the payload is known, only its members are read.
            Some(_) if error.is_null && !self.required().contains(error.member) => Ok(()),
            Some(_) => Err(self.stop(error.error)),
            None => {
                if !self
                    .deferred
                    .iter()
                    .any(|other| (other.member, other.is_null) == (error.member, error.is_null))
                {
                    // The vector has capacity for both errors of each field.
                    let _ = self.deferred.push(error);
                }
                Ok(())
            }
        }
    }

    /// Stops the pass with the first deferred error that applies to `payload`.
    #[cold]
    #[inline(never)]
    pub(super) fn check_deferred(&mut self, payload: &Payload) -> Result<()> {
        let error =
            self.deferred.iter().find(|error| error.applies_to(payload)).map(|error| error.error);
        match error {
            Some(error) => Err(self.stop(error)),
            None => Ok(()),
        }
    }

    /// Returns the required members of the payload, or none if the payload is unknown.
    #[inline]
    pub(super) fn required(&self) -> FieldSet {
        let payload = self.decided.and_then(|index| self.shape.payloads.get(index));
        payload.map_or(FieldSet::EMPTY, |payload| payload.required)
    }
}

impl Level {
    /// Returns the member of the payload that contains a field of this level.
    const fn member(self, field: Field) -> Field {
        match self {
            Self::Payload => field,
            Self::Sender => Field::Sender,
        }
    }
}

/// Returns the error of the first missing field of an object that ends at offset `end`.
#[cold]
#[inline(never)]
pub(super) fn missing_field(missing: FieldSet, end: usize) -> DecodeError {
    let field = missing.first().unwrap_or(Field::Type);
    DecodeError::new(DecodeErrorKind::MissingField(field), end)
}
