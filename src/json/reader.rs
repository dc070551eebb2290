//! A cursor over one JSON text: typed reads for what is wanted, [`Reader::skip`] for the rest.
//!
//! Functions are named for the grammar of RFC 8259 and begin where their production begins. Those that every member passes
//! through are inlined into the few loops, which work on a copy of the reader.

use super::escape::skip_escaped;
use super::scan::plain_len;
use super::string::Str;
use super::usual::skip_string_map;
use super::{Error, Fault, number};

/// How many arrays and objects may be open at once: as many as `serde_json`, whose limit is called 128, still reads.
const MAX_OPEN: u32 = 127;

type Result<T> = core::result::Result<T, Error>;

/// The name of a member, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    pub(crate) name: Str<'a>,
    pub(crate) offset: usize,
}

/// A JSON text, of which `rest` is still to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a str,
    length: usize,
}

impl<'a> Reader<'a> {
    #[inline]
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text, length: text.len() }
    }

    /// How many bytes have been read.
    #[inline]
    pub(crate) const fn offset(&self) -> usize {
        self.length.wrapping_sub(self.rest.len())
    }

    /// What has been read since `start`.
    #[inline]
    fn since(&self, start: &'a str) -> &'a str {
        start.get(..start.len().wrapping_sub(self.rest.len())).unwrap_or_default()
    }

    /// What has been read since `earlier`, a copy of this reader.
    pub(crate) fn text_since(&self, earlier: &Self) -> &'a str {
        self.since(earlier.rest)
    }

    /// Goes on to where `rest`, an end of the text, begins.
    fn advance_to(&mut self, rest: &[u8]) {
        self.rest = self.rest.get(self.rest.len().wrapping_sub(rest.len())..).unwrap_or_default();
    }

    /// Reads exactly `expected`, or nothing.
    #[inline]
    pub(crate) fn eat(&mut self, expected: &str) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads what may stand in a string as it stands, up to something else.
    #[inline]
    fn plain(&mut self) -> &'a str {
        let (plain, rest) = self.rest.split_at_checked(plain_len(self.rest.as_bytes())).unwrap_or((self.rest, ""));
        self.rest = rest;
        plain
    }

    /// The first byte of what follows the white space here.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        if let Some(b' ' | b'\t' | b'\n' | b'\r') = self.rest.as_bytes().first() {
            self.rest = without_space(self.rest);
        }
        self.rest.as_bytes().first().copied()
    }

    /// Reads `expected` behind white space, or nothing but white space.
    #[inline]
    fn eat_token(&mut self, expected: &str) -> bool {
        self.eat(expected) || {
            self.peek();
            self.eat(expected)
        }
    }

    /// Where the value begins that is to be read next.
    #[inline]
    pub(crate) fn value_offset(&mut self) -> usize {
        self.peek();
        self.offset()
    }

    #[cold]
    const fn fault(self, fault: Fault) -> Error {
        Error { fault, offset: self.offset() }
    }

    /// The fault where something was expected and is not: the end, or a byte that may not be there.
    #[cold]
    const fn unexpected(self) -> Error {
        self.fault(if self.rest.is_empty() { Fault::End } else { Fault::Byte })
    }

    /// The fault of a value that is not of the type that was asked for, if it is a value at all.
    #[cold]
    const fn mistyped(self) -> Error {
        match self.rest.as_bytes() {
            [b'"' | b'{' | b'[' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9', ..] => self.fault(Fault::Type),
            _ => self.unexpected(),
        }
    }

    /// The beginning of the text: a byte order mark is not part of JSON (RFC 8259, section 8.1).
    #[inline]
    pub(crate) fn begin(&self) -> Result<()> {
        if self.rest.starts_with('\u{feff}') { Err(self.fault(Fault::ByteOrderMark)) } else { Ok(()) }
    }

    /// The end of the text: nothing but white space.
    #[inline]
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fault(Fault::Trailing)),
        }
    }

    /// An object as far as its first member that is known by its name, with the key, whose place is given too, and its
    /// colon; `None` is the object's end. Members that are not known are gone over. `open` is how many arrays and
    /// objects are open in it, itself included.
    pub(crate) fn first_member<K>(
        &mut self,
        open: u32,
        known: impl Fn(Str<'a>) -> Option<K>,
    ) -> Result<Option<(K, usize)>> {
        let first = self.open_object()?;
        self.known_member(first, open, known)
    }

    /// The member after a value that is known by its name: as [`first_member`](Self::first_member).
    pub(crate) fn next_member<K>(
        &mut self,
        open: u32,
        known: impl Fn(Str<'a>) -> Option<K>,
    ) -> Result<Option<(K, usize)>> {
        let next = self.next_key()?;
        self.known_member(next, open, known)
    }

    /// The first member that is known by its name, from the one whose key has been read.
    #[inline(never)]
    fn known_member<K>(
        &mut self,
        mut key: Option<Key<'a>>,
        open: u32,
        known: impl Fn(Str<'a>) -> Option<K>,
    ) -> Result<Option<(K, usize)>> {
        let mut reader = *self;
        let mut found = None;
        while let Some(Key { name, offset }) = key {
            found = known(name).map(|known| (known, offset));
            if found.is_some() {
                break;
            }
            reader.value(open)?;
            key = reader.key_behind_comma()?;
        }
        *self = reader;
        Ok(found)
    }

    /// An object as far as its first key, with its colon; `None` if it has no members.
    #[inline(never)]
    pub(crate) fn open_object(&mut self) -> Result<Option<Key<'a>>> {
        if !self.eat_token("{") {
            return Err(self.mistyped());
        }
        if self.eat_token("}") { Ok(None) } else { self.key().map(Some) }
    }

    /// The key after a value, with its comma and its colon; `None` is the closing brace.
    #[inline(never)]
    pub(crate) fn next_key(&mut self) -> Result<Option<Key<'a>>> {
        self.key_behind_comma()
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn key_behind_comma(&mut self) -> Result<Option<Key<'a>>> {
        if self.eat_token(",") {
            self.key().map(Some)
        } else if self.eat("}") {
            Ok(None)
        } else {
            Err(self.unexpected())
        }
    }

    /// A key and its colon.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn key(&mut self) -> Result<Key<'a>> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected());
        }
        let offset = self.offset();
        let name = self.quoted()?;
        if self.eat_token(":") { Ok(Key { name, offset }) } else { Err(self.unexpected()) }
    }

    /// A string.
    #[inline(never)]
    pub(crate) fn string(&mut self) -> Result<Str<'a>> {
        self.quoted()
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn quoted(&mut self) -> Result<Str<'a>> {
        if !self.eat_token("\"") {
            return Err(self.mistyped());
        }
        let start = self.rest;
        let text = self.plain();
        if self.eat("\"") {
            return Ok(Str::Clean(text));
        }
        let (rest, result) = match skip_escaped(self.rest.as_bytes()) {
            Ok(rest) => (rest, Ok(())),
            Err((fault, rest)) => (rest, Err(fault)),
        };
        self.advance_to(rest);
        if let Err(fault) = result {
            return Err(self.fault(fault));
        }
        let text = self.since(start);
        self.eat("\"");
        Ok(Str::Escaped(text))
    }

    /// `null`, or what `read` reads.
    #[inline]
    pub(crate) fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.peek() == Some(b'n') { self.literal("null").map(|()| None) } else { read(self).map(Some) }
    }

    /// `true`, `false` or `null`.
    #[inline]
    fn literal(&mut self, expected: &str) -> Result<()> {
        for expected in expected.chars() {
            match self.rest.strip_prefix(expected) {
                Some(rest) => self.rest = rest,
                None => return Err(self.unexpected()),
            }
        }
        Ok(())
    }

    /// One digit or more.
    #[inline]
    fn digits(&mut self) -> Result<()> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(self.unexpected());
        }
        self.rest = self.rest.get(digits..).unwrap_or_default();
        Ok(())
    }

    /// A number; gives its text, and whether it is an integer.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn number(&mut self) -> Result<(&'a str, bool)> {
        let start = self.rest;
        self.eat("-");
        if !self.eat("0") {
            self.digits()?;
        }
        let mut is_integer = true;
        if self.eat(".") {
            is_integer = false;
            self.digits()?;
        }
        if self.eat("e") || self.eat("E") {
            is_integer = false;
            let _ = self.eat("+") || self.eat("-");
            self.digits()?;
        }
        Ok((self.since(start), is_integer))
    }

    /// An integer of sixteen bits without a sign.
    pub(crate) fn u16(&mut self) -> Result<u16> {
        let Some(b'-' | b'0'..=b'9') = self.peek() else { return Err(self.mistyped()) };
        let number = *self;
        let (digits, is_integer) = self.number()?;
        if self.rest.is_empty() {
            return Err(self.fault(Fault::End));
        }
        if !is_integer {
            return Err(number.fault(Fault::Type));
        }
        // A sign never fits: JSON writes no `+`.
        let fitting = if digits.starts_with('-') { None } else { number::u16_of(digits.as_bytes()) };
        fitting.ok_or_else(|| number.fault(Fault::Range))
    }

    /// An object whose values are strings, or `null`, as it stands.
    pub(crate) fn optional_string_map(&mut self) -> Result<&'a str> {
        let first = self.peek();
        let start = self.rest;
        if first == Some(b'n') {
            self.literal("null")?;
        } else if let Some(rest) = skip_string_map(start.as_bytes()) {
            self.advance_to(rest);
        } else {
            let mut key = self.open_object()?;
            while key.is_some() {
                self.string()?;
                key = self.next_key()?;
            }
        }
        Ok(self.since(start))
    }

    /// Whether an array that has just been opened has a value; otherwise its bracket is read.
    #[cfg(feature = "serde")]
    pub(crate) fn has_first_element(&mut self) -> bool {
        !self.eat_token("]")
    }

    /// Whether an array that has been validated has another value; otherwise its bracket is read.
    #[cfg(feature = "serde")]
    pub(crate) fn has_next_element(&mut self) -> bool {
        self.eat_token(",") || !self.eat("]")
    }

    /// Any value, validated as strictly as those that are read, as it stands. `open` is how many arrays and objects it
    /// is in.
    pub(crate) fn skip(&mut self, open: u32) -> Result<&'a str> {
        self.peek();
        let start = self.rest;
        self.value(open)?;
        Ok(self.since(start))
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn value(&mut self, open: u32) -> Result<()> {
        if let Some(b'{' | b'[') = self.peek() {
            *self = self.behind_nested(open)?;
            return Ok(());
        }
        self.scalar()
    }

    /// This reader behind an array or an object, which it goes over without recursion.
    #[inline(never)]
    fn behind_nested(mut self, open: u32) -> Result<Self> {
        // A bit for each array or object opened here, the innermost lowest: 1 for an object.
        let mut kinds = 0_u128;
        let mut depth = open;
        loop {
            if let Some(bracket @ (b'{' | b'[')) = self.peek() {
                if depth >= MAX_OPEN {
                    return Err(self.fault(Fault::Depth));
                }
                let is_object = bracket == b'{';
                depth = depth.saturating_add(1);
                kinds = (kinds << 1) | u128::from(is_object);
                self.eat(if is_object { "{" } else { "[" });
                let is_empty = self.eat_token(if is_object { "}" } else { "]" });
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
            // A value has ended, and with it whatever closes here.
            loop {
                if depth == open {
                    return Ok(self);
                }
                let is_object = kinds & 1 == 1;
                if self.eat_token(",") {
                    if is_object {
                        self.key()?;
                    }
                    break;
                }
                if !self.eat(if is_object { "}" } else { "]" }) {
                    return Err(self.unexpected());
                }
                depth = depth.saturating_sub(1);
                kinds >>= 1;
            }
        }
    }

    /// A value that holds no others.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn scalar(&mut self) -> Result<()> {
        match self.rest.as_bytes().first() {
            Some(b'"') => self.quoted().map(|_| ()),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => {
                let number = *self;
                let (digits, is_integer) = self.number()?;
                // An integer of so few digits need not be looked at.
                let is_small = is_integer && digits.len() <= 300;
                if self.rest.is_empty() {
                    // No text that is read here ends in a number: there might have been more of it.
                    Err(self.fault(Fault::End))
                } else if is_small || !number::is_beyond_double(digits.as_bytes()) {
                    Ok(())
                } else {
                    Err(number.fault(Fault::Range))
                }
            }
            _ => Err(self.unexpected()),
        }
    }
}

#[cold]
#[inline(never)]
fn without_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r'])
}
