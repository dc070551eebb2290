//! A cursor over one JSON text: typed reads for the values a caller wants, [`Cursor::skip`] for the
//! rest.
//!
//! Functions are named after the grammar of RFC 8259 and start where their production starts. White
//! space is skipped after each structural character, and before the end of a member or an element.
//! Functions on the path of every member are inlined into the few loops that use them, which work
//! on a copy of the cursor.

use super::escape::skip_escaped;
use super::scan::{is_plain, skip_plain};
use super::string::Str;
use super::{Error, ErrorKind, number};

/// The number of arrays and objects that may be open at once: as many as `serde_json`, whose limit
/// is called 128, still reads.
const MAX_OPEN: u32 = 127;

type Result<T> = core::result::Result<T, Error>;

/// A step over some bytes that only says where it ends: the bytes after it, or an error and the
/// bytes from its cause on.
pub(super) type Step<'a> = core::result::Result<&'a [u8], (ErrorKind, &'a [u8])>;

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

    /// Goes to where a copy of this cursor is.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) const fn seek(&mut self, to: Self) {
        self.rest = to.rest;
    }

    /// Returns the next 16 bytes without reading them.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn window(&self) -> Option<u128> {
        self.rest.as_bytes().first_chunk().map(|window| u128::from_le_bytes(*window))
    }

    /// Reads `count` bytes that the caller has already looked at.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// Returns the next byte without reading it.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn next(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
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
            return Ok(Str::Clean(inside));
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
    /// Where nearly all strings have one length, their end need not be searched for, and the
    /// processor can go on with what follows.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn usual_string<const N: usize>(&mut self) -> Option<Str<'a>> {
        let (inside, after) = self.rest.strip_prefix('"')?.split_at_checked(N)?;
        let rest = after.strip_prefix('"')?;
        if !is_plain::<N>(inside.as_bytes().first_chunk()?) {
            return None;
        }
        self.rest = rest;
        Some(Str::Clean(inside))
    }

    /// `true`, `false` or `null`.
    #[inline]
    pub(crate) fn literal(&mut self, expected: &str) -> Result<()> {
        if let Some(rest) = self.rest.strip_prefix(expected) {
            self.rest = rest;
            return Ok(());
        }
        // As far as it goes.
        for expected in expected.chars() {
            if !self.eat(expected) {
                break;
            }
        }
        Err(self.unexpected())
    }

    /// One digit or more.
    #[inline]
    fn digits(&mut self) -> Result<()> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(self.unexpected());
        }
        self.advance(digits);
        Ok(())
    }

    /// A number. Returns its text, and whether it is an integer.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn number(&mut self) -> Result<(&'a str, bool)> {
        let start = *self;
        self.eat('-');
        if !self.eat('0') {
            self.digits()?;
        }
        let mut is_integer = true;
        if self.eat('.') {
            is_integer = false;
            self.digits()?;
        }
        if self.eat('e') || self.eat('E') {
            is_integer = false;
            let _ = self.eat('+') || self.eat('-');
            self.digits()?;
        }
        if self.rest.is_empty() {
            // No text that is read here ends in a number: there might have been more of it.
            return Err(self.unexpected());
        }
        Ok((self.since(start), is_integer))
    }

    /// An object whose values are strings, as it is written.
    ///
    /// If a value is not a string, the error is [`ErrorKind::WrongType`] at that value, and the
    /// cursor is there, too.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn string_map(&mut self) -> Result<&'a str> {
        match skip_string_map(self.rest.as_bytes()) {
            Ok(rest) => {
                let (object, rest) = split(self.rest, rest);
                self.rest = rest;
                Ok(object)
            }
            Err((kind, rest)) => {
                self.rest = split(self.rest, rest).1;
                Err(self.error(kind))
            }
        }
    }

    /// Any value, validated as strictly as the values that are read. `open` is the number of arrays
    /// and objects around it.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn skip(&mut self, open: u32) -> Result<()> {
        if let Some(b'{' | b'[') = self.next() {
            self.seek(self.after_nested(open, 0)?);
            return Ok(());
        }
        self.scalar()
    }

    /// The rest of an object, from one of its values on. `open` is the number of arrays and objects
    /// around that object.
    #[cold]
    pub(crate) fn finish_object(&mut self, open: u32) -> Result<()> {
        self.seek(self.after_nested(open, 1)?);
        Ok(())
    }

    /// Returns this cursor after an array or an object, which it reads without recursion.
    ///
    /// `entered` is the number of objects among them, 0 or 1, whose opening has already been read.
    #[inline(never)]
    fn after_nested(mut self, open: u32, entered: u32) -> Result<Self> {
        // A bit for each array or object opened here, the innermost lowest: 1 for an object.
        let mut kinds = u128::from(entered);
        let mut depth = open.saturating_add(entered);
        loop {
            if let Some(bracket @ (b'{' | b'[')) = self.next() {
                if depth >= MAX_OPEN {
                    return Err(self.error(ErrorKind::NestedTooDeep));
                }
                let is_object = bracket == b'{';
                depth = depth.saturating_add(1);
                kinds = (kinds << 1) | u128::from(is_object);
                self.advance(1);
                self.skip_space();
                let is_empty = self.eat(if is_object { '}' } else { ']' });
                if !is_empty {
                    if is_object {
                        self.key()?;
                    }
                    continue;
                }
                depth = depth.saturating_sub(1);
                kinds >>= 1;
            } else {
                self.scalar()?;
            }
            // A value has ended, and with it every array and object that closes here.
            loop {
                if depth == open {
                    return Ok(self);
                }
                let is_object = kinds & 1 == 1;
                self.skip_space();
                if self.eat_token(',') {
                    if is_object {
                        self.key()?;
                    }
                    break;
                }
                if !self.eat(if is_object { '}' } else { ']' }) {
                    return Err(self.unexpected());
                }
                depth = depth.saturating_sub(1);
                kinds >>= 1;
            }
        }
    }

    /// A value that contains no others.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn scalar(&mut self) -> Result<()> {
        match self.next() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => {
                let number = *self;
                let (digits, is_integer) = self.number()?;
                // So few digits are always within the range of a double.
                let is_small = digits.len() <= 300 && (is_integer || !digits.contains(['e', 'E']));
                if is_small || !number::is_beyond_double(digits.as_bytes()) {
                    Ok(())
                } else {
                    Err(number.error(ErrorKind::NumberOutOfRange))
                }
            }
            _ => Err(self.unexpected()),
        }
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

#[cold]
const fn unexpected(rest: &[u8]) -> ErrorKind {
    if rest.is_empty() { ErrorKind::UnexpectedEnd } else { ErrorKind::UnexpectedByte }
}

#[cold]
const fn mistyped(rest: &[u8]) -> ErrorKind {
    match rest {
        [b'"' | b'{' | b'[' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9', ..] => ErrorKind::WrongType,
        _ => unexpected(rest),
    }
}

/// White space (RFC 8259, section 2), of which compact JSON has none and most other JSON one space.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn skip_space(rest: &[u8]) -> &[u8] {
    match rest {
        [b' ' | b'\t' | b'\n' | b'\r', after @ ..] => match after {
            [b' ' | b'\t' | b'\n' | b'\r', ..] => skip_more_space(after),
            _ => after,
        },
        _ => rest,
    }
}

/// Splits a text where `rest`, an end of it, starts.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn split<'a>(text: &'a str, rest: &[u8]) -> (&'a str, &'a str) {
    text.split_at_checked(text.len().wrapping_sub(rest.len())).unwrap_or_default()
}

#[inline(never)]
fn without_space(rest: &str) -> &str {
    rest.trim_start_matches([' ', '\t', '\n', '\r'])
}

#[inline(never)]
fn skip_more_space(rest: &[u8]) -> &[u8] {
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    rest.get(rest.iter().take_while(is_space).count()..).unwrap_or_default()
}

/// An object whose values are strings, from its opening brace on.
#[inline(never)]
fn skip_string_map(object: &[u8]) -> Step<'_> {
    let [b'{', inside @ ..] = object else { return Err((mistyped(object), object)) };
    let mut rest = skip_space(inside);
    if let [b'}', after @ ..] = rest {
        return Ok(after);
    }
    loop {
        let [b'"', name @ ..] = rest else { return Err((unexpected(rest), rest)) };
        rest = match skip_string_body(name)? {
            [b'"', b':', b'"', value @ ..] => value,
            [_, spaced @ ..] => after_colon(spaced)?,
            [] => return Err((ErrorKind::UnexpectedEnd, &[])),
        };
        rest = match skip_string_body(rest)? {
            [b'"', b',', after @ ..] if after.first() == Some(&b'"') => after,
            [b'"', b'}', after @ ..] => return Ok(after),
            [_, spaced @ ..] => match skip_space(spaced) {
                [b',', after @ ..] => skip_space(after),
                [b'}', after @ ..] => return Ok(after),
                other => return Err((unexpected(other), other)),
            },
            [] => return Err((ErrorKind::UnexpectedEnd, &[])),
        };
    }
}

/// The inside of a string value, from the colon before it on, with white space around the colon.
#[inline(never)]
fn after_colon(rest: &[u8]) -> Step<'_> {
    let colon = skip_space(rest);
    let [b':', after @ ..] = colon else { return Err((unexpected(colon), colon)) };
    let value = skip_space(after);
    let [b'"', inside @ ..] = value else { return Err((mistyped(value), value)) };
    Ok(inside)
}

/// The inside of a string, as far as its closing quote.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn skip_string_body(body: &[u8]) -> Step<'_> {
    let rest = skip_plain(body);
    if let [b'"', ..] = rest { Ok(rest) } else { skip_escaped(rest) }
}
