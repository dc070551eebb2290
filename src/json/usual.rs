//! JSON as its usual writers have it: compact, and its members in the writer's own order.
//!
//! Nothing here knows an error, or that JSON could be written otherwise. Whatever is not as expected is `None`, and the
//! reader, which knows all that JSON allows, begins again and has the say.

use super::escape::skip_escaped;
use super::scan::{is_plain, plain_len};
use super::string::Str;

/// What of a text is still to be read.
#[derive(Clone, Copy)]
pub(crate) struct Usual<'a>(&'a str);

impl<'a> Usual<'a> {
    #[inline]
    pub(crate) const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Reads exactly `expected`, if it is there.
    #[inline]
    pub(crate) fn eat(&mut self, expected: &str) -> bool {
        match self.0.strip_prefix(expected) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// Reads exactly `expected`.
    #[inline]
    pub(crate) fn expect(&mut self, expected: &str) -> Option<()> {
        self.eat(expected).then_some(())
    }

    /// The end of the text.
    #[inline]
    pub(crate) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    /// The inside of a string, up to its closing quote.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn string_body(&mut self) -> Option<Str<'a>> {
        let (text, rest) = self.0.split_at_checked(plain_len(self.0.as_bytes()))?;
        if rest.as_bytes().first() == Some(&b'"') {
            self.0 = rest;
            return Some(Str::Clean(text));
        }
        let (text, rest) = escaped_body(self.0, rest)?;
        self.0 = rest;
        Some(Str::Escaped(text))
    }

    /// The inside of a string that is `N` bytes long, as nearly all in its place are; or of another, as
    /// [`string_body`](Self::string_body).
    ///
    /// What follows can then be looked at without waiting for the end of the string to be found.
    #[inline]
    pub(crate) fn string_body_of<const N: usize>(&mut self) -> Option<Str<'a>> {
        match self.0.as_bytes().split_first_chunk::<N>() {
            Some((bytes, [b'"', ..])) if is_plain(bytes) => {
                let (text, rest) = self.0.split_at_checked(N)?;
                self.0 = rest;
                Some(Str::Clean(text))
            }
            _ => self.string_body(),
        }
    }

    /// An object whose values are strings, or `null`, as it stands.
    #[inline]
    pub(crate) fn optional_string_map(&mut self) -> Option<&'a str> {
        let json = self.0.as_bytes();
        let after = json.strip_prefix(b"null").or_else(|| skip_string_map(json))?;
        let (json, rest) = self.0.split_at_checked(json.len().wrapping_sub(after.len()))?;
        self.0 = rest;
        Some(json)
    }
}

/// The inside of the string that begins with `body`, and what follows it, the first byte that cannot stand for itself at `rest`.
#[inline(never)]
fn escaped_body<'a>(body: &'a str, rest: &str) -> Option<(&'a str, &'a str)> {
    let closing = skip_escaped(rest.as_bytes()).ok()?;
    body.split_at_checked(body.len().wrapping_sub(closing.len()))
}

/// Goes over an object whose values are strings.
#[inline(never)]
pub(super) fn skip_string_map(object: &[u8]) -> Option<&[u8]> {
    if let Some(after) = object.strip_prefix(b"{}") {
        return Some(after);
    }
    let mut rest = object.strip_prefix(b"{\"")?;
    loop {
        rest = skip_string_body(rest)?.strip_prefix(b"\":\"")?;
        rest = skip_string_body(rest)?;
        match rest.strip_prefix(b"\",\"") {
            Some(after) => rest = after,
            None => return rest.strip_prefix(b"\"}"),
        }
    }
}

/// Goes over the inside of a string, up to its closing quote.
#[inline]
fn skip_string_body(body: &[u8]) -> Option<&[u8]> {
    let rest = body.get(plain_len(body)..)?;
    if rest.first() == Some(&b'"') { Some(rest) } else { skip_escaped(rest).ok() }
}
