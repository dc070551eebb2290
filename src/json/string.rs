//! A JSON string, as it came or as it will be written.

use core::str;

/// The text of a JSON string.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Str<'a> {
    /// Any text: what JSON cannot hold as it stands is escaped when it is written.
    Plain(&'a str),
    /// Text read from JSON without an escape: it can be written as it stands.
    Clean(&'a str),
    /// What stood between the quotes, escapes and all, validated.
    Escaped(&'a str),
}

impl<'a> Str<'a> {
    /// The text, if it can be had without decoding an escape.
    #[inline]
    pub(crate) const fn as_plain(self) -> Option<&'a str> {
        match self {
            Self::Plain(text) | Self::Clean(text) => Some(text),
            Self::Escaped(_) => None,
        }
    }

    /// How many bytes it has, its escapes as they are.
    #[inline]
    pub(crate) const fn byte_len(self) -> usize {
        match self {
            Self::Plain(text) | Self::Clean(text) | Self::Escaped(text) => text.len(),
        }
    }

    #[inline]
    pub(crate) fn chars(self) -> Chars<'a> {
        match self {
            Self::Plain(text) | Self::Clean(text) => Chars { rest: text.chars(), escaped: false },
            Self::Escaped(inside) => Chars { rest: inside.chars(), escaped: true },
        }
    }

    /// The text in pieces, each a run without an escape or the one character that an escape stands for.
    pub(crate) const fn pieces(self) -> Pieces<'a> {
        match self {
            Self::Plain(text) | Self::Clean(text) => Pieces { rest: text, escaped: false },
            Self::Escaped(inside) => Pieces { rest: inside, escaped: true },
        }
    }
}

/// A run of a text that needs no decoding, or a character that was escaped.
pub(crate) enum Piece<'a> {
    Run(&'a str),
    Char(char),
}

/// See [`Str::pieces`].
pub(crate) struct Pieces<'a> {
    rest: &'a str,
    escaped: bool,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        if !self.escaped {
            return Some(Piece::Run(core::mem::take(&mut self.rest)));
        }
        if let Some(escape) = self.rest.strip_prefix('\\') {
            let mut rest = escape.chars();
            let decoded = unescape(&mut rest);
            self.rest = rest.as_str();
            return Some(Piece::Char(decoded));
        }
        let run = self.rest.bytes().take_while(|byte| *byte != b'\\').count();
        let (run, rest) = self.rest.split_at_checked(run)?;
        self.rest = rest;
        Some(Piece::Run(run))
    }
}

/// The characters of a text, its escapes decoded.
#[derive(Clone, Debug)]
pub(crate) struct Chars<'a> {
    rest: str::Chars<'a>,
    escaped: bool,
}

impl Iterator for Chars<'_> {
    type Item = char;

    #[inline]
    fn next(&mut self) -> Option<char> {
        match self.rest.next() {
            Some('\\') if self.escaped => Some(unescape(&mut self.rest)),
            other => other,
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.rest.size_hint();
        // A surrogate pair, twelve characters for one, is the longest escape.
        (if self.escaped { least.div_ceil(12) } else { least }, most)
    }
}

/// The character that an escape stands for; `rest` is behind its backslash. The reader has let only valid escapes in,
/// so the replacement character is never seen.
fn unescape(rest: &mut str::Chars<'_>) -> char {
    match rest.next() {
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => match code_unit(rest) {
            leading if is_leading_surrogate(leading) => {
                // The backslash and the `u` of the second half.
                let trailing = code_unit(&mut rest.skip(2));
                char::decode_utf16([leading, trailing]).next().and_then(Result::ok)
            }
            unit => char::from_u32(unit.into()),
        }
        .unwrap_or(char::REPLACEMENT_CHARACTER),
        Some(itself) => itself,
        None => char::REPLACEMENT_CHARACTER,
    }
}

/// The UTF-16 code unit that four hexadecimal digits stand for.
fn code_unit(digits: &mut impl Iterator<Item = char>) -> u16 {
    let digits = digits.take(4).map(|digit| digit.to_digit(16).and_then(|value| u16::try_from(value).ok()));
    digits.fold(0, |unit, value| (unit << 4) | value.unwrap_or_default())
}

const fn is_leading_surrogate(unit: u16) -> bool {
    matches!(unit, 0xd800..=0xdbff)
}
