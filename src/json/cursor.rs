//! A cursor over a JSON text, with typed reads for the values that the caller needs, and
//! [`Cursor::value`] for all other values.
//!
//! Functions are named after the grammar of RFC 8259 and read a production from the current
//! position. White space is skipped after each structural character, and before the end of a member
//! or an element. Functions that run for every member are inlined into the few loops that use them,
//! which work on a copy of the cursor.

use super::escape::skip_escaped;
use super::scan::{is_plain, skip_plain};
use super::skip::{
    Notation, Step, mistyped, skip_literal, skip_nested, skip_number, skip_string_map, skip_value,
    unexpected,
};
use super::string::Str;
use super::{Error, ErrorKind};

type Result<T> = core::result::Result<T, Error>;

/// A position in a JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    /// The unread text.
    rest: &'a str,
    /// The length of the whole text.
    len: usize,
}

impl<'a> Cursor<'a> {
    /// Creates a cursor at the start of `text`.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text, len: text.len() }
    }

    /// Returns the number of bytes read so far.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) const fn offset(&self) -> usize {
        self.len.wrapping_sub(self.rest.len())
    }

    /// Returns the text from the position of `earlier` to this position.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn since(&self, earlier: Self) -> &'a str {
        earlier.rest.get(..earlier.rest.len().wrapping_sub(self.rest.len())).unwrap_or_default()
    }

    /// Moves to the position of a copy of this cursor.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) const fn seek(&mut self, to: Self) {
        self.rest = to.rest;
    }

    /// Returns the next 16 bytes without reading them, or `None` if fewer are unread.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn window(&self) -> Option<u128> {
        self.rest.as_bytes().first_chunk().map(|window| u128::from_le_bytes(*window))
    }

    /// Moves past `count` bytes, which must end at a character boundary.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// Returns the next byte without reading it.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) const fn next(&self) -> Option<u8> {
        match self.rest.as_bytes() {
            [byte, ..] => Some(*byte),
            [] => None,
        }
    }

    /// Skips white space (RFC 8259, section 2). Compact JSON has none, and most other JSON has a
    /// single space.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn skip_space(&mut self) {
        if let Some(b' ' | b'\t' | b'\n' | b'\r') = self.next() {
            self.advance(1);
            if let Some(b' ' | b'\t' | b'\n' | b'\r') = self.next() {
                self.rest = without_space(self.rest);
            }
        }
    }

    /// Skips white space unless the next byte is `expected`, the first byte of a value.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn skip_space_before(&mut self, expected: u8) {
        if self.next() != Some(expected) {
            self.skip_space();
        }
    }

    /// Reads the next character if it is `expected`, which must be ASCII.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn eat(&mut self, expected: char) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads the next character and the white space after it if the character is `expected`.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn eat_token(&mut self, expected: char) -> bool {
        let found = self.eat(expected);
        if found {
            self.skip_space();
        }
        found
    }

    /// Returns an error at this position.
    #[cold]
    const fn error(self, kind: ErrorKind) -> Error {
        Error { kind, offset: self.offset() }
    }

    /// Returns the error of input that the grammar does not allow: its end, or an unexpected byte.
    #[cold]
    pub(crate) const fn unexpected(self) -> Error {
        self.error(unexpected(self.rest.as_bytes()))
    }

    /// Returns the error of input that is not of the requested type: a value of another type, or
    /// input that is not a value.
    ///
    /// A byte order mark at the start of the text (RFC 8259, section 8.1) has a separate error.
    #[cold]
    pub(crate) fn mistyped(self) -> Error {
        let has_mark = self.offset() == 0 && self.rest.starts_with('\u{feff}');
        self.error(if has_mark { ErrorKind::ByteOrderMark } else { mistyped(self.rest.as_bytes()) })
    }

    /// Converts the error of a [`Step`].
    #[cold]
    const fn failed(self, (kind, rest): (ErrorKind, &[u8])) -> Error {
        Error { kind, offset: self.len.wrapping_sub(rest.len()) }
    }

    /// Reads the end of the text, and white space before it.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn end(&mut self) -> Result<()> {
        self.skip_space();
        if self.rest.is_empty() { Ok(()) } else { Err(self.error(ErrorKind::TrailingBytes)) }
    }

    /// Reads the opening brace of an object. If the object is empty, also reads its closing brace
    /// and returns `true`.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn open_object(&mut self) -> Result<bool> {
        if !self.eat('{') {
            return Err(self.mistyped());
        }
        self.skip_space_before(b'"');
        Ok(self.eat('}'))
    }

    /// Reads the comma or closing brace after a member. Returns `true` for the brace.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn close_object(&mut self) -> Result<bool> {
        if let [b',', b'"', ..] = self.rest.as_bytes() {
            self.advance(1);
            return Ok(false);
        }
        self.skip_space();
        if self.eat_token(',') {
            Ok(false)
        } else if self.eat('}') {
            Ok(true)
        } else {
            Err(self.unexpected())
        }
    }

    /// Reads a key and its colon, and returns the key.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn key(&mut self) -> Result<Str<'a>> {
        if self.next() != Some(b'"') {
            return Err(self.unexpected());
        }
        let key = self.string()?;
        self.skip_space();
        if self.eat_token(':') { Ok(key) } else { Err(self.unexpected()) }
    }

    /// Reads a string.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn string(&mut self) -> Result<Str<'a>> {
        let Some(body) = self.rest.strip_prefix('"') else { return Err(self.mistyped()) };
        let (inside, after) = split(body, skip_plain(body.as_bytes()));
        if let Some(rest) = after.strip_prefix('"') {
            self.rest = rest;
            return Ok(Str::Verbatim(inside));
        }
        match skip_escaped(after.as_bytes()) {
            Ok(closing) => {
                let (inside, after) = split(body, closing);
                self.rest = after.get(1..).unwrap_or_default();
                Ok(Str::Escaped(inside))
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Reads a string of exactly `N` bytes without escapes. Reads nothing and returns `None` if the
    /// next value is not such a string. `N` must be at least 8.
    ///
    /// If most strings have the same length, this fast path avoids the search for the end of the
    /// string, which would delay everything after it.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn fixed_len_string<const N: usize>(&mut self) -> Option<Str<'a>> {
        let (inside, after) = self.rest.strip_prefix('"')?.split_at_checked(N)?;
        let rest = after.strip_prefix('"')?;
        if !is_plain::<N>(inside.as_bytes().first_chunk()?) {
            return None;
        }
        self.rest = rest;
        Some(Str::Verbatim(inside))
    }

    /// Moves past a skipped production and returns its text.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn step(&mut self, step: Step<'_>) -> Result<&'a str> {
        match step {
            Ok(rest) => {
                let (read, rest) = split(self.rest, rest);
                self.rest = rest;
                Ok(read)
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Reads `null`, and returns its text.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn null(&mut self) -> Result<&'a str> {
        self.step(skip_literal(self.rest.as_bytes(), b"null"))
    }

    /// Reads a 16-bit unsigned integer, and returns it with the cursor after it. The text must not
    /// end with the integer.
    #[inline(never)]
    pub(crate) fn u16(mut self) -> Result<(u16, Self)> {
        let error = |kind| Error { kind, offset: self.offset() };
        let (rest, notation) = match skip_number(self.rest.as_bytes()) {
            Ok(number) => number,
            Err((ErrorKind::UnexpectedByte, rest)) if rest.len() == self.rest.len() => {
                return Err(self.mistyped());
            }
            Err(error) => return Err(self.failed(error)),
        };
        if notation != Notation::Integer {
            return Err(error(ErrorKind::WrongType));
        }
        let (digits, rest) = split(self.rest, rest);
        let number = digits.bytes().try_fold(0_u16, |number, digit| {
            // The code of the minus sign is less than that of `0`, so `-0` is also out of range.
            number.checked_mul(10)?.checked_add(digit.checked_sub(b'0')?.into())
        });
        let number = number.ok_or(error(ErrorKind::NumberOutOfRange))?;
        self.rest = rest;
        Ok((number, self))
    }

    /// Reads an object whose values are strings, and returns its text.
    ///
    /// If a value is not a string, the error is [`ErrorKind::WrongType`] at that value, and the
    /// cursor is left at that value.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn string_map(&mut self) -> Result<&'a str> {
        let step = skip_string_map(self.rest.as_bytes());
        if let Err((ErrorKind::WrongType, rest)) = step {
            self.rest = split(self.rest, rest).1;
            return Err(self.error(ErrorKind::WrongType));
        }
        self.step(step)
    }

    /// Reads any value, and returns its text.
    ///
    /// The value is validated as strictly as by the typed reads. `open` is the number of enclosing
    /// arrays and objects.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn value(&mut self, open: u32) -> Result<&'a str> {
        self.step(skip_value(self.rest.as_bytes(), open))
    }

    /// Reads the rest of an object from one of its values, and returns its text.
    ///
    /// `open` is the number of arrays and objects that enclose that object.
    #[cold]
    pub(crate) fn finish_object(&mut self, open: u32) -> Result<&'a str> {
        self.step(skip_nested(self.rest.as_bytes(), open, 1))
    }

    /// Returns `true` if an array whose opening bracket has been read has an element. Otherwise,
    /// reads its closing bracket.
    #[cfg(feature = "serde")]
    pub(crate) fn has_first_element(&mut self) -> bool {
        self.skip_space();
        !self.eat(']')
    }

    /// Returns `true` if a validated array has another element. Otherwise, reads its closing
    /// bracket.
    #[cfg(feature = "serde")]
    pub(crate) fn has_next_element(&mut self) -> bool {
        self.skip_space();
        self.eat_token(',') || !self.eat(']')
    }
}

/// Splits `text` before `rest`, which must be a suffix of it.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn split<'a>(text: &'a str, rest: &[u8]) -> (&'a str, &'a str) {
    text.split_at_checked(text.len().wrapping_sub(rest.len())).unwrap_or_default()
}

/// Returns the text after any amount of white space.
#[inline(never)]
fn without_space(rest: &str) -> &str {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    rest.get(rest.bytes().take_while(is_space).count()..).unwrap_or_default()
}
