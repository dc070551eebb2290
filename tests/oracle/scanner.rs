//! A naive scanner for JSON texts (RFC 8259): recursive, one byte at a time, with exact errors.
//!
//! It shares no code with the crate. The standard library parses doubles.

use ivs_chat_proto::DecodeErrorKind as Kind;

/// The kind and offset of an error.
pub(crate) type Error = (Kind, usize);

type Result<T> = core::result::Result<T, Error>;

/// The maximum number of open arrays and objects.
const MAX_OPEN: usize = 127;

/// A text, and the offset of the unread input.
#[derive(Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    pub at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the text from `start` to the current offset.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Skips white space.
    pub(crate) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Returns the error for the next byte, or for the end of the text.
    pub(crate) fn unexpected(&self) -> Error {
        (if self.peek().is_none() { Kind::UnexpectedEnd } else { Kind::UnexpectedByte }, self.at)
    }

    /// Returns the error for a value of another type: `kind` if the next byte can begin a value.
    pub(crate) fn mistyped(&self, kind: Kind) -> Error {
        match self.peek() {
            Some(b'"' | b'{' | b'[' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => (kind, self.at),
            _ => self.unexpected(),
        }
    }

    /// Reads the beginning of a text.
    pub(crate) fn begin(&self) -> Result<()> {
        if self.text.starts_with('\u{feff}') { Err((Kind::ByteOrderMark, 0)) } else { Ok(()) }
    }

    /// Reads the end of a text.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.space();
        if self.peek().is_none() { Ok(()) } else { Err((Kind::TrailingBytes, self.at)) }
    }

    /// Reads the opening brace of an object. A value of another type is an error of kind
    /// `mistyped`.
    pub(crate) fn open(&mut self, mistyped: Kind) -> Result<()> {
        self.space();
        if self.eat(b'{') { Ok(()) } else { Err(self.mistyped(mistyped)) }
    }

    /// Reads the key of the next member and its colon. Returns the key and its offset, or `None`
    /// after the closing brace.
    pub(crate) fn key(&mut self, is_first: &mut bool) -> Result<Option<(String, usize)>> {
        let follows_value = !core::mem::replace(is_first, false);
        self.space();
        if self.eat(b'}') {
            return Ok(None);
        }
        if follows_value {
            if !self.eat(b',') {
                return Err(self.unexpected());
            }
            self.space();
        }
        if self.peek() != Some(b'"') {
            return Err(self.unexpected());
        }
        let offset = self.at;
        let key = self.quoted()?;
        self.space();
        if self.eat(b':') { Ok(Some((key, offset))) } else { Err(self.unexpected()) }
    }

    /// Reads and unescapes a string. A value of another type is an error of kind `mistyped`.
    pub(crate) fn string(&mut self, mistyped: Kind) -> Result<String> {
        self.space();
        if self.peek() == Some(b'"') { self.quoted() } else { Err(self.mistyped(mistyped)) }
    }

    fn quoted(&mut self) -> Result<String> {
        self.at += 1;
        let mut decoded = String::new();
        loop {
            match self.text[self.at..].chars().next() {
                None => return Err(self.unexpected()),
                Some('"') => {
                    self.at += 1;
                    return Ok(decoded);
                }
                Some('\\') => decoded.push(self.escape()?),
                Some(control) if control < ' ' => return Err((Kind::ControlCharacter, self.at)),
                Some(character) => {
                    decoded.push(character);
                    self.at += character.len_utf8();
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let start = self.at;
        self.at += 1;
        let letter = self.peek().ok_or_else(|| self.unexpected())?;
        self.at += 1;
        match letter {
            b'"' | b'\\' | b'/' => Ok(char::from(letter)),
            b'b' => Ok('\u{8}'),
            b'f' => Ok('\u{c}'),
            b'n' => Ok('\n'),
            b'r' => Ok('\r'),
            b't' => Ok('\t'),
            b'u' => self.unicode_escape(start),
            _ => Err((Kind::InvalidEscape, start)),
        }
    }

    /// Reads the digits of the escape that starts at `start` and, after a leading surrogate, the
    /// second escape of the pair.
    fn unicode_escape(&mut self, start: usize) -> Result<char> {
        let lone = (Kind::LoneSurrogate, start);
        let unit = self.code_unit(start)?;
        if !(0xd800..=0xdbff).contains(&unit) {
            return char::from_u32(unit.into()).ok_or(lone);
        }
        let second = self.at;
        for expected in *b"\\u" {
            if !self.eat(expected) {
                return Err(if self.peek().is_none() { self.unexpected() } else { lone });
            }
        }
        let pair = [unit, self.code_unit(second)?];
        char::decode_utf16(pair).next().and_then(core::result::Result::ok).ok_or(lone)
    }

    /// Reads the four hexadecimal digits of the escape that starts at `start`.
    fn code_unit(&mut self, start: usize) -> Result<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().ok_or_else(|| self.unexpected())?;
            let value = char::from(digit).to_digit(16).ok_or((Kind::InvalidEscape, start))?;
            unit = unit * 16 + u16::try_from(value).expect("a digit");
            self.at += 1;
        }
        Ok(unit)
    }

    /// Reads `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, literal: &str) -> Result<()> {
        for byte in literal.bytes() {
            if !self.eat(byte) {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    /// Reads a number, and returns its text. A number at the end of the text is an unexpected end,
    /// because more digits could follow.
    pub(crate) fn number(&mut self) -> Result<&'a str> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        if self.peek().is_none() { Err(self.unexpected()) } else { Ok(self.since(start)) }
    }

    fn digits(&mut self) -> Result<()> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected());
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    /// Skips any value inside `open` arrays and objects.
    pub(crate) fn skip(&mut self, open: usize) -> Result<()> {
        self.space();
        let start = self.at;
        match self.peek() {
            Some(b'{' | b'[') if open >= MAX_OPEN => Err((Kind::NestedTooDeep, start)),
            Some(b'{') => {
                self.at += 1;
                let mut is_first = true;
                while self.key(&mut is_first)?.is_some() {
                    self.skip(open + 1)?;
                }
                Ok(())
            }
            Some(b'[') => {
                self.at += 1;
                self.elements(open + 1)
            }
            Some(b'"') => self.quoted().map(drop),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => {
                let number: f64 = self.number()?.parse().expect("a number");
                if number.is_infinite() { Err((Kind::NumberOutOfRange, start)) } else { Ok(()) }
            }
            _ => Err(self.unexpected()),
        }
    }

    fn elements(&mut self, open: usize) -> Result<()> {
        self.space();
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            self.skip(open)?;
            self.space();
            if self.eat(b']') {
                return Ok(());
            }
            if !self.eat(b',') {
                return Err(self.unexpected());
            }
        }
    }
}
