//! The pass over the members of an object.
//!
//! The pass collects the values of the members that any payload of the shape has, in any order, and
//! skips all others. Once it has read the tag (`Type` or `Action`), the payload is known, and the
//! pass collects only the members of that payload.
//!
//! An invalid value of a member is an error only if the payload has that member; see
//! [`deferred`](super::deferred).

use super::decode_error::{DecodeError, DecodeErrorKind};
use super::deferred::{DeferredErrors, MemberError, missing_field};
use super::field::{Field, ID_LEN, Kind, TIME_LEN, UUID_LEN};
use super::field_set::FieldSet;
use super::key::Key;
use super::shape::{Direction, Shape};
use super::values::{Level, Value, Values};
use crate::json::{Cursor, Str};
use crate::value::Content;
use crate::value::Text;

/// The error of a pass that has stopped. The details are in [`Pass::error`], so that a result fits
/// in one register.
#[derive(Debug)]
pub(crate) struct Stopped;

pub(super) type Result<T, E = Stopped> = core::result::Result<T, E>;

/// A function that reads the payload in an entry of a chat log.
pub(crate) type ReadPayload<'p, 'a> =
    &'p mut dyn FnMut(Cursor<'a>) -> Result<Cursor<'a>, DecodeError>;

/// An object whose members have been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    /// The index of the payload in its shape, or the number of payloads if the tag is unknown.
    pub(crate) payload: usize,
    /// The text of the object.
    pub(crate) json: &'a str,
}

/// Reads one object, enclosed in `open` arrays and objects. If `open` is 0, only white space may
/// follow the object.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) fn read<'p, 'a, M: Members>(
    cursor: &mut Cursor<'a>,
    open: u32,
    values: &'p mut Values<'a>,
    read_payload: Option<ReadPayload<'p, 'a>>,
) -> Result<Object<'a>, DecodeError> {
    let shape = const { &M::SHAPE };
    cursor.skip_space_before(b'{');
    let start = *cursor;
    let mut pass = Pass {
        shape,
        open,
        values,
        read_payload,
        decided: if shape.tag.is_some() { None } else { Some(0) },
        deferred: DeferredErrors::new(),
        error: None,
    };
    let is_closed = cursor.open_object()?;
    let mut state = State { cursor: *cursor, open: const { M::SHAPE.known() }, is_closed };
    match pass.members::<M>(&mut state) {
        Ok(()) => {}
        Err(Stopped) => {
            return Err(pass.error.unwrap_or(DecodeError::new(DecodeErrorKind::UnexpectedEnd, 0)));
        }
    }
    let json = state.cursor.since(start);
    let end = state.cursor.offset().wrapping_sub(1);
    if open == 0 {
        state.cursor.end()?;
    }
    cursor.seek(state.cursor);
    let missing = match pass.decided {
        Some(_) => pass.required().and(state.open),
        None => shape.tag(),
    };
    if !missing.is_empty() {
        return Err(missing_field(missing, end));
    }
    Ok(Object { payload: pass.decided.unwrap_or_default(), json })
}

/// The shape of an object and the fast path for its members.
pub(crate) trait Members {
    const SHAPE: Shape;

    /// Reads the next member if the fast path supports it, and returns `false` otherwise.
    ///
    /// The fast path supports listed fields whose keys contain no escapes and are not followed by
    /// white space before the colon.
    fn fast_path_member<'a>(_: &mut Pass<'_, 'a>, _: &mut State<'a>) -> Result<bool> {
        Ok(false)
    }
}

/// Implements [`Members::fast_path_member`] for the listed fields.
///
/// Fields whose keys share a [slot](Key::slot) must be joined by `or`. The next bytes are compared
/// only with the keys of their slot. Each comparison has its own copy of the code that reads the
/// member, so the speed does not depend on the order of the members. The slow path reads all other
/// fields.
macro_rules! fast_path_members {
    ($($first:ident $(or $other:ident)*),*) => {
        #[cfg_attr(not(target_os = "none"), inline(always))]
        fn fast_path_member<'a>(
            pass: &mut $crate::wire::Pass<'_, 'a>,
            state: &mut $crate::wire::State<'a>,
        ) -> Result<bool, $crate::wire::Stopped> {
            use $crate::wire::{Field, Key};
            let Some(window) = state.window() else { return Ok(false) };
            let slot = Key::slot(window, Self::SHAPE.direction);
            $(
                if slot == const { Key::own_slot(Field::$first, Self::SHAPE.direction) } {
                    $crate::wire::fast_path_members!(@try pass, state, window, $first);
                    $($crate::wire::fast_path_members!(@try pass, state, window, $other);)*
                    return Ok(false);
                }
            )*
            Ok(false)
        }
    };
    (@try $pass:ident, $state:ident, $window:ident, $field:ident) => {
        if $state.eat_key(
            $window,
            Field::$field,
            const { Key::new(Field::$field, Self::SHAPE.direction) },
        ) {
            $pass.member(const { &Self::SHAPE }, $state, Field::$field)?;
            return Ok(true);
        }
    };
}

pub(crate) use fast_path_members;

/// The part of the pass that every member changes, separate from [`Pass`] to stay in registers.
#[derive(Clone, Copy)]
pub(crate) struct State<'a> {
    pub(super) cursor: Cursor<'a>,
    /// The members that can still be read. All others are unknown or have been read.
    open: FieldSet,
    /// `true` if the closing brace has been read.
    is_closed: bool,
}

impl State<'_> {
    #[cfg_attr(not(target_os = "none"), inline(always))]
    const fn replace(&mut self, by: Self) {
        self.cursor.seek(by.cursor);
        self.open = by.open;
        self.is_closed = by.is_closed;
    }

    /// Returns the next 16 bytes, the maximum length of a [`Key`], or `None` if fewer are unread.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn window(&self) -> Option<u128> {
        self.cursor.window()
    }

    /// Reads the key of `field` if `window`, the next 16 bytes, starts with it and the field can
    /// still be read.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn eat_key(&mut self, window: u128, field: Field, key: Key) -> bool {
        let found = key.matches(window) && self.open.contains(field);
        if found {
            self.cursor.advance(key.len);
        }
        found
    }
}

/// The pass over the members of an object, and its results so far.
pub(crate) struct Pass<'p, 'a> {
    pub(super) shape: &'static Shape,
    /// The number of arrays and objects that enclose the object.
    open: u32,
    values: &'p mut Values<'a>,
    read_payload: Option<ReadPayload<'p, 'a>>,
    /// The index of the payload, once it is known.
    pub(super) decided: Option<usize>,
    pub(super) deferred: DeferredErrors,
    pub(super) error: Option<DecodeError>,
}

impl<'a> Pass<'_, 'a> {
    /// Reads all members.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn members<M: Members>(&mut self, state: &mut State<'a>) -> Result<()> {
        while !state.is_closed {
            if cfg!(target_os = "none") || !M::fast_path_member(self, state)? {
                state.replace(self.any_member(*state, Level::Payload)?);
            }
        }
        Ok(())
    }

    /// Reads a member of the payload from its value to the comma or brace after it.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn member(
        &mut self,
        shape: &Shape,
        state: &mut State<'a>,
        field: Field,
    ) -> Result<()> {
        state.open = state.open.without(field);
        match field.kind() {
            Kind::Tag => self.tag(shape, state, field)?,
            Kind::Text => self.text(shape, state, Level::Payload, field)?,
            Kind::Attributes => self.attributes(state, Level::Payload, field)?,
            Kind::ErrorCode => self.error_code(state, field)?,
            Kind::Sender => self.sender(shape, state, field)?,
            Kind::Payload => self.payload(state, field)?,
        }
        self.end_member(state)
    }

    /// Reads a member of a `Sender` from its value to the comma or brace after it.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn sender_member(&mut self, shape: &Shape, state: &mut State<'a>, field: Field) -> Result<()> {
        state.open = state.open.without(field);
        if field.kind() == Kind::Attributes {
            self.attributes(state, Level::Sender, field)?;
        } else {
            self.text(shape, state, Level::Sender, field)?;
        }
        self.end_member(state)
    }

    /// Reads any member from its key to the comma or brace after it. This is the slow path.
    #[inline(never)]
    fn any_member(&mut self, mut state: State<'a>, level: Level) -> Result<State<'a>> {
        let offset = state.cursor.offset();
        let key = state.cursor.key().map_err(|error| self.stop(error))?;
        match Field::with_key(key, self.shape.direction) {
            Some(field) if state.open.contains(field) => match level {
                Level::Payload => self.member(self.shape, &mut state, field)?,
                Level::Sender => self.sender_member(self.shape, &mut state, field)?,
            },
            field => {
                if let Some(field) = field.filter(|field| self.known(level).contains(*field)) {
                    self.duplicate(level, field, offset)?;
                }
                if let Err(error) = state.cursor.value(self.open(level)) {
                    return Err(self.stop(error));
                }
                self.end_member(&mut state)?;
            }
        }
        Ok(state)
    }

    /// Reads the comma or closing brace after a value.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn end_member(&mut self, state: &mut State<'a>) -> Result<()> {
        match state.cursor.close_object() {
            Ok(is_closed) => {
                state.is_closed = is_closed;
                Ok(())
            }
            Err(error) => Err(self.stop(error)),
        }
    }

    /// Reads a `Type` or `Action`, which determines the payload.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn tag(&mut self, shape: &Shape, state: &mut State<'a>, field: Field) -> Result<()> {
        state.cursor.skip_space_before(b'"');
        let start = state.cursor;
        let tag = match state.cursor.string() {
            Ok(tag) => tag,
            Err(error) => return self.invalid_value(state, start, Level::Payload, field, error),
        };
        self.values.set(Level::Payload, field, Value::Text(tag));
        let found = match tag.as_str() {
            Some(tag) => shape.payloads.iter().position(|payload| payload.tag == tag),
            None => shape.payloads.iter().position(|payload| Text::from_json(tag) == *payload.tag),
        };
        self.decided = Some(found.unwrap_or(shape.payloads.len()));
        state.open = match found.and_then(|index| shape.payloads.get(index)) {
            Some(payload) => {
                if !self.deferred.is_empty() {
                    self.check_deferred(payload)?;
                }
                state.open.and(payload.known)
            }
            None if shape.direction == Direction::Subscribe => FieldSet::EMPTY,
            None => {
                return Err(
                    self.stop(DecodeError::new(DecodeErrorKind::UnknownAction, start.offset()))
                );
            }
        };
        Ok(())
    }

    /// Reads a string.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn text(
        &mut self,
        shape: &Shape,
        state: &mut State<'a>,
        level: Level,
        field: Field,
    ) -> Result<()> {
        state.cursor.skip_space_before(b'"');
        let start = state.cursor;
        let fixed_len = match field.common_len() {
            _ if cfg!(target_os = "none") => None,
            ID_LEN => state.cursor.fixed_len_string::<ID_LEN>(),
            TIME_LEN => state.cursor.fixed_len_string::<TIME_LEN>(),
            UUID_LEN => state.cursor.fixed_len_string::<UUID_LEN>(),
            _ => None,
        };
        let text = match fixed_len {
            Some(text) => text,
            None => match state.cursor.string() {
                Ok(text) => text,
                Err(error) => return self.invalid_value(state, start, level, field, error),
            },
        };
        self.values.set(level, field, Value::Text(text));
        if field == Field::Content && shape.direction == Direction::Publish {
            self.check_content(start, text)?;
        }
        Ok(())
    }

    /// Reads an object whose values are strings, or `null`.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn attributes(&mut self, state: &mut State<'a>, level: Level, field: Field) -> Result<()> {
        state.cursor.skip_space_before(b'{');
        let start = state.cursor;
        let result = match state.cursor.next() {
            Some(b'n') => state.cursor.null(),
            _ => state.cursor.string_map(),
        };
        match result {
            Ok(json) => {
                self.values.set(level, field, Value::Attributes(json));
                Ok(())
            }
            Err(error) => self.invalid_value(state, start, level, field, error),
        }
    }

    /// Reads an `ErrorCode`.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn error_code(&mut self, state: &mut State<'a>, field: Field) -> Result<()> {
        state.cursor.skip_space();
        match state.cursor.u16() {
            Ok((code, after)) => {
                self.values.set_error_code(code);
                state.cursor.seek(after);
                Ok(())
            }
            Err(error) => self.invalid_value(state, state.cursor, Level::Payload, field, error),
        }
    }

    /// Reads a `Sender` with its members in any order.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn sender(&mut self, shape: &Shape, payload: &mut State<'a>, field: Field) -> Result<()> {
        payload.cursor.skip_space_before(b'{');
        let start = payload.cursor;
        let mut cursor = start;
        let is_closed = match cursor.open_object() {
            Ok(is_closed) => is_closed,
            Err(error) => return self.invalid_value(payload, start, Level::Payload, field, error),
        };
        let mut state = State { cursor, open: shape.sender.known, is_closed };
        while !state.is_closed {
            let user_id = const { Key::new(Field::UserId, Direction::Subscribe) };
            let attributes = const { Key::new(Field::Attributes, Direction::Subscribe) };
            match state.window() {
                _ if cfg!(target_os = "none") => {
                    state.replace(self.any_member(state, Level::Sender)?);
                }
                Some(window) if state.eat_key(window, Field::UserId, user_id) => {
                    self.sender_member(shape, &mut state, Field::UserId)?;
                }
                Some(window) if state.eat_key(window, Field::Attributes, attributes) => {
                    self.sender_member(shape, &mut state, Field::Attributes)?;
                }
                _ => state.replace(self.any_member(state, Level::Sender)?),
            }
        }
        let missing = shape.sender.required.and(state.open);
        if !missing.is_empty() {
            let error = missing_field(missing, state.cursor.offset().wrapping_sub(1));
            self.report(MemberError { member: field, is_null: false, error })?;
        }
        payload.cursor.seek(state.cursor);
        Ok(())
    }

    /// Reads the payload in an entry of a chat log.
    #[inline]
    fn payload(&mut self, state: &mut State<'a>, field: Field) -> Result<()> {
        if let Some(read_payload) = self.read_payload.as_mut() {
            match read_payload(state.cursor) {
                Ok(after) => state.cursor.seek(after),
                Err(error) => return Err(self.stop(error.in_field(field))),
            }
        }
        Ok(())
    }

    /// Checks the length of the `Content` of a publish payload.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn check_content(&mut self, start: Cursor<'a>, content: Str<'a>) -> Result<()> {
        let kind = match Content::new(Text::from_json(content)) {
            Ok(_) => return Ok(()),
            Err(error) if error.code_point_count() == 0 => DecodeErrorKind::EmptyContent,
            Err(_) => DecodeErrorKind::ContentTooLong,
        };
        let error = DecodeError::new(kind, start.offset());
        self.report(MemberError { member: Field::Content, is_null: false, error })
    }

    /// Returns the number of arrays and objects that enclose the values of a level.
    pub(super) const fn open(&self, level: Level) -> u32 {
        match level {
            Level::Payload => self.open.saturating_add(1),
            Level::Sender => self.open.saturating_add(2),
        }
    }
}
