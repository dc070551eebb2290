//! A cursor over one JSON text: typed reads for the values a caller wants, [`Cursor::value`] for
//! the rest.
//!
//! Functions are named after the grammar of RFC 8259 and start where their production starts. White
//! space is skipped after each structural character, and before the end of a member or an element.
//! Functions on the path of every member are inlined into the few loops that use them, which work
//! on a copy of the cursor.

use super::escape::skip_escaped;
use super::scan::{is_plain, skip_plain};
use super::skip::{
    Notation, Step, mistyped, skip_literal, skip_nested, skip_number, skip_string_map, skip_value,
    unexpected,
};
use super::string::Str;
use super::{Error, ErrorKind};

type Result<T> = core::result::Result<T, Error>;

/// A JSON text of which `rest` is unread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a str,
    /// The length of the whole text.
    len: usize,
}

impl<'a> Cursor<'a> {
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text, len: text.len() }
    }

    /// Returns the number of bytes read so far.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) const fn offset(&self) -> usize {
        self.len.wrapping_sub(self.rest.len())
    }

    /// Returns the text from an earlier position to this one.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn since(&self, earlier: Self) -> &'a str {
        earlier.rest.get(..earlier.rest.len().wrapping_sub(self.rest.len())).unwrap_or_default()
    }

    /// Moves to the position of a copy of this cursor.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) const fn seek(&mut self, to: Self) {
        self.rest = to.rest;
    }

    /// Returns the next 16 bytes without reading them.
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

    /// Skips white space (RFC 8259, section 2), of which compact JSON has none and most other JSON
    /// a single space.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn skip_space(&mut self) {
        if let Some(b' ' | b'\t' | b'\n' | b'\r') = self.next() {
            self.advance(1);
            if let Some(b' ' | b'\t' | b'\n' | b'\r') = self.next() {
                self.rest = without_space(self.rest);
            }
        }
    }

    /// Skips white space unless a value that starts with `expected` is next.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn skip_space_before(&mut self, expected: u8) {
        if self.next() != Some(expected) {
            self.skip_space();
        }
    }

    /// Reads an ASCII character if it is next.
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

    /// Reads an ASCII character and the white space after it, if it is next.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn eat_token(&mut self, expected: char) -> bool {
        let found = self.eat(expected);
        if found {
            self.skip_space();
        }
        found
    }

    #[cold]
    const fn error(self, kind: ErrorKind) -> Error {
        Error { kind, offset: self.offset() }
    }

    /// The error of finding something other than the grammar allows: the end, or another byte.
    #[cold]
    pub(crate) const fn unexpected(self) -> Error {
        self.error(unexpected(self.rest.as_bytes()))
    }

    /// The error of finding something other than the requested type: a value of another type, or
    /// no value at all.
    ///
    /// A byte order mark is not part of JSON (RFC 8259, section 8.1), and has an error of its own.
    #[cold]
    pub(crate) fn mistyped(self) -> Error {
        let has_mark = self.offset() == 0 && self.rest.starts_with('\u{feff}');
        self.error(if has_mark { ErrorKind::ByteOrderMark } else { mistyped(self.rest.as_bytes()) })
    }

    #[cold]
    const fn failed(self, (kind, rest): (ErrorKind, &[u8])) -> Error {
        Error { kind, offset: self.len.wrapping_sub(rest.len()) }
    }

    /// The end of the text: nothing but white space.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn end(&mut self) -> Result<()> {
        self.skip_space();
        if self.rest.is_empty() { Ok(()) } else { Err(self.error(ErrorKind::TrailingBytes)) }
    }

    /// The opening brace of an object, or all of it if it is empty: then it returns `true`.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn open_object(&mut self) -> Result<bool> {
        if !self.eat('{') {
            return Err(self.mistyped());
        }
        self.skip_space_before(b'"');
        Ok(self.eat('}'))
    }

    /// The comma or the closing brace after a member. Returns `true` if it is the brace.
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

    /// A key and its colon. Returns the key.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn key(&mut self) -> Result<Str<'a>> {
        if self.next() != Some(b'"') {
            return Err(self.unexpected());
        }
        let key = self.string()?;
        self.skip_space();
        if self.eat_token(':') { Ok(key) } else { Err(self.unexpected()) }
    }

    /// A string.
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

    /// A string of exactly `N` bytes without escapes, or nothing. `N` must be at least 8.
    ///
    /// Where nearly all strings have one length, this saves the search for their end, on which
    /// everything after it would have to wait.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn usual_string<const N: usize>(&mut self) -> Option<Str<'a>> {
        let (inside, after) = self.rest.strip_prefix('"')?.split_at_checked(N)?;
        let rest = after.strip_prefix('"')?;
        if !is_plain::<N>(inside.as_bytes().first_chunk()?) {
            return None;
        }
        self.rest = rest;
        Some(Str::Verbatim(inside))
    }

    /// Moves to the end of a step over the text. Returns the text in between.
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

    /// `null`, as it is written.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn null(&mut self) -> Result<&'a str> {
        self.step(skip_literal(self.rest.as_bytes(), b"null"))
    }

    /// An integer of 16 bits without a sign. Returns it and the cursor after it. The text must not
    /// end with it.
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
            // A minus sign is below all digits, so `-0` is out of range, too.
            number.checked_mul(10)?.checked_add(digit.checked_sub(b'0')?.into())
        });
        let number = number.ok_or(error(ErrorKind::NumberOutOfRange))?;
        self.rest = rest;
        Ok((number, self))
    }

    /// An object whose values are strings, as it is written.
    ///
    /// If a value is not a string, the error is [`ErrorKind::WrongType`] at that value, and the
    /// cursor is there, too.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn string_map(&mut self) -> Result<&'a str> {
        let step = skip_string_map(self.rest.as_bytes());
        if let Err((ErrorKind::WrongType, rest)) = step {
            self.rest = split(self.rest, rest).1;
            return Err(self.error(ErrorKind::WrongType));
        }
        self.step(step)
    }

    /// Any value, as it is written. It is validated as strictly as the values that are read. `open`
    /// is the number of arrays and objects around it.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn value(&mut self, open: u32) -> Result<&'a str> {
        self.step(skip_value(self.rest.as_bytes(), open))
    }

    /// The rest of an object, from one of its values on. `open` is the number of arrays and objects
    /// around that object.
    #[cold]
    pub(crate) fn finish_object(&mut self, open: u32) -> Result<&'a str> {
        self.step(skip_nested(self.rest.as_bytes(), open, 1))
    }

    /// Returns `true` if an array that has just been opened has an element, and reads its closing
    /// bracket otherwise.
    #[cfg(feature = "serde")]
    pub(crate) fn has_first_element(&mut self) -> bool {
        self.skip_space();
        !self.eat(']')
    }

    /// Returns `true` if a validated array has another element, and reads its closing bracket
    /// otherwise.
    #[cfg(feature = "serde")]
    pub(crate) fn has_next_element(&mut self) -> bool {
        self.skip_space();
        self.eat_token(',') || !self.eat(']')
    }
}

/// Splits a text where `rest`, an end of it, starts.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn split<'a>(text: &'a str, rest: &[u8]) -> (&'a str, &'a str) {
    text.split_at_checked(text.len().wrapping_sub(rest.len())).unwrap_or_default()
}

#[inline(never)]
fn without_space(rest: &str) -> &str {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    rest.get(rest.bytes().take_while(is_space).count()..).unwrap_or_default()
}
