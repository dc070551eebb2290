//! A naive scanner of JSON texts (RFC 8259): one byte at a time, recursive, with exact errors.
//!
//! It shares no code with the crate. Doubles are parsed by the standard library.

use ivs_chat_proto::DecodeErrorKind as Kind;

/// The kind of an error and its offset.
pub(crate) type Error = (Kind, usize);

type Result<T> = core::result::Result<T, Error>;

/// How many arrays and objects may be open at once.
const MAX_OPEN: usize = 127;

/// A text, and the offset of what is to be read next.
#[derive(Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    pub at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The text from `start` up to here.
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

    /// The error of a byte that the grammar does not allow here, or of the end.
    pub(crate) fn unexpected(&self) -> Error {
        (if self.peek().is_none() { Kind::UnexpectedEnd } else { Kind::UnexpectedByte }, self.at)
    }

    /// The error of a value that begins as one of another type, which is `kind`, or as none.
    pub(crate) fn mistyped(&self, kind: Kind) -> Error {
        match self.peek() {
            Some(b'"' | b'{' | b'[' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => (kind, self.at),
            _ => self.unexpected(),
        }
    }

    /// The beginning of a text.
    pub(crate) fn begin(&self) -> Result<()> {
        if self.text.starts_with('\u{feff}') { Err((Kind::ByteOrderMark, 0)) } else { Ok(()) }
    }

    /// The end of a text.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.space();
        if self.peek().is_none() { Ok(()) } else { Err((Kind::TrailingBytes, self.at)) }
    }

    /// The opening brace of an object. A value of another type is an error of the kind `mistyped`.
    pub(crate) fn open(&mut self, mistyped: Kind) -> Result<()> {
        self.space();
        if self.eat(b'{') { Ok(()) } else { Err(self.mistyped(mistyped)) }
    }

    /// The key of the next member, with its colon, and the key's offset; or the closing brace.
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

    /// A string, decoded. A value of another type is an error of the kind `mistyped`.
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

    /// The digits of an escape whose backslash is at `start`, and all of the one that completes a
    /// surrogate pair.
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

    /// Four hexadecimal digits of the escape whose backslash is at `start`.
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

    /// `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, literal: &str) -> Result<()> {
        for byte in literal.bytes() {
            if !self.eat(byte) {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    /// A number, as written. At the end of the text more digits could follow.
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

    /// Any value, with `open` arrays and objects around it.
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
