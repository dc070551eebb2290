//! Errors in members that may turn out not to belong to the payload.
//!
//! A value that does not suit its member, or a second value, is only an error if the payload has
//! that member. Before the tag has been read, the error is therefore noted, and the value is
//! skipped. When the tag is read, the first note that applies to its payload becomes the error of
//! the pass. So the verdict does not depend on the place of the tag, with one exception: invalid
//! JSON before the tag is always an error.

use super::decode_error::{DecodeError, DecodeErrorKind};
use super::field::{Field, Kind};
use super::field_set::FieldSet;
use super::members::{Pass, Result, State, Stopped};
use super::shape::Payload;
use super::values::Level;
use crate::json::{self, Cursor, ErrorKind};

/// For each member the first note about `null` and the first about anything else, in the order in
/// which they occurred.
pub(super) type Notes = heapless::Vec<Note, { 2 * Field::COUNT }>;

/// Something wrong with a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// The member of the payload: `Sender` for an error anywhere inside a `Sender`.
    pub(super) member: Field,
    /// Whether the value is `null`, which is only wrong if the member is required.
    pub(super) is_null: bool,
    pub(super) error: DecodeError,
}

impl Note {
    const fn applies_to(&self, payload: &Payload) -> bool {
        if self.is_null {
            payload.required.contains(self.member)
        } else {
            payload.known.contains(self.member)
        }
    }
}

impl<'a> Pass<'_, 'a> {
    #[cold]
    #[inline(never)]
    pub(super) fn stop(&mut self, error: impl Into<DecodeError>) -> Stopped {
        self.error = Some(error.into());
        Stopped
    }

    /// Notes that the value at `start` does not suit its field, and skips it.
    ///
    /// The cursor is at `start` or, in attributes, at the value inside them that is the cause.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(super) fn unsuitable(
        &mut self,
        state: &mut State<'a>,
        start: Cursor<'a>,
        level: Level,
        field: Field,
        error: json::Error,
    ) -> Result<()> {
        state.cursor.seek(self.skip_unsuitable(
            state.cursor,
            start.offset(),
            level,
            field,
            error,
        )?);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn skip_unsuitable(
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
        self.note(Note {
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

    /// Returns the members that the object of a level can have, given what is known of the payload.
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

    #[cold]
    pub(super) fn duplicate(&mut self, level: Level, field: Field, key: usize) -> Result<()> {
        let error = DecodeError::new(DecodeErrorKind::DuplicateField(field), key);
        self.note(Note { member: level.member(field), is_null: false, error })
    }

    /// Skips a value.
    #[inline(never)]
    fn skip(&mut self, mut cursor: Cursor<'a>, level: Level) -> Result<Cursor<'a>> {
        match cursor.value(self.open(level)) {
            Ok(_) => Ok(cursor),
            Err(error) => Err(self.stop(error)),
        }
    }

    /// Records an error in a member: it ends the pass if the payload is known, and is kept for
    /// [`check_notes`](Self::check_notes) otherwise.
    #[cold]
    #[inline(never)]
    pub(super) fn note(&mut self, note: Note) -> Result<()> {
        match self.decided {
            // Once the payload is known, only its own members are read.
            Some(_) if note.is_null && !self.required().contains(note.member) => Ok(()),
            Some(_) => Err(self.stop(note.error)),
            None => {
                if !self
                    .notes
                    .iter()
                    .any(|other| (other.member, other.is_null) == (note.member, note.is_null))
                {
                    // Never full: there is room for both notes of each field.
                    let _ = self.notes.push(note);
                }
                Ok(())
            }
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn check_notes(&mut self, payload: &Payload) -> Result<()> {
        let error = self.notes.iter().find(|note| note.applies_to(payload)).map(|note| note.error);
        match error {
            Some(error) => Err(self.stop(error)),
            None => Ok(()),
        }
    }

    /// Returns the required members of the payload.
    #[inline]
    pub(super) fn required(&self) -> FieldSet {
        let payload = self.decided.and_then(|index| self.shape.payloads.get(index));
        payload.map_or(FieldSet::EMPTY, |payload| payload.required)
    }
}

impl Level {
    /// Returns the member of the payload to which a field belongs.
    const fn member(self, field: Field) -> Field {
        match self {
            Self::Payload => field,
            Self::Sender => Field::Sender,
        }
    }
}

/// The error of the first field that is missing from an object that ends at offset `end`.
#[cold]
#[inline(never)]
pub(super) fn missing_field(missing: FieldSet, end: usize) -> DecodeError {
    let field = missing.first().unwrap_or(Field::Type);
    DecodeError::new(DecodeErrorKind::MissingField(field), end)
}
