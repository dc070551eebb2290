//! Splitting of an input into frames.

/// The maximum length of a time stamp with the white space after it, in bytes.
const MAX_TIME_STAMP: usize = 64;

/// Splits an input into frames. The input can be passed in chunks of any length.
///
/// Each object on a line is a frame. Anything else on the line is also a frame, except white space
/// between objects and a time stamp before an object, as in `CloudWatch` exports. A line feed ends
/// every frame, so an invalid object affects only the rest of its line.
///
/// Objects are not validated here. Only their braces and strings are considered.
pub(crate) struct Splitter {
    state: State,
    /// The first bytes of a frame that is not an object.
    other: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between frames.
    Between,
    /// In an object with this many open braces.
    Object(usize),
    /// In a string of an object with this many open braces.
    String(usize),
    /// After a backslash in such a string.
    Escape(usize),
    /// In a frame that is not an object.
    Other,
    /// In an input that is a single frame.
    Whole,
}

/// The role of a range of bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// White space between frames.
    Space,
    /// Part of a frame that continues.
    Partial,
    /// A complete frame, or the rest of one.
    Complete,
    /// A complete frame, or the rest of one, before a line feed.
    Line,
    /// A time stamp, or the rest of one. The preceding `Partial` ranges belong to it.
    TimeStamp,
}

impl Splitter {
    pub(crate) const fn lines() -> Self {
        Self { state: State::Between, other: Vec::new() }
    }

    pub(crate) const fn whole() -> Self {
        Self { state: State::Whole, other: Vec::new() }
    }

    /// Returns the length and the role of the first range of `bytes`, which must not be empty.
    pub(crate) fn next(&mut self, bytes: &[u8]) -> (usize, Part) {
        match (self.state, bytes) {
            (State::Whole, _) => (bytes.len(), Part::Partial),
            (State::Other, _) => self.other(bytes),
            (State::Between, [byte, ..]) if is_blank(*byte) => {
                (bytes.iter().take_while(|byte| is_blank(**byte)).count(), Part::Space)
            }
            (State::Between, [byte, ..]) if *byte != b'{' => self.other(bytes),
            _ => self.object(bytes),
        }
    }

    /// Handles the end of the input. Returns `true` if it ends a frame.
    pub(crate) fn finish(&mut self) -> bool {
        let is_inside = self.state != State::Between;
        self.end();
        is_inside
    }

    fn end(&mut self) {
        self.state = State::Between;
        self.other.clear();
    }

    fn object(&mut self, bytes: &[u8]) -> (usize, Part) {
        for (index, &byte) in bytes.iter().enumerate() {
            self.state = match (self.state, byte) {
                (_, b'\n') => {
                    self.end();
                    return (index, Part::Line);
                }
                (State::Between, _) => State::Object(1),
                (State::Object(1), b'}') => {
                    self.end();
                    return (index + 1, Part::Complete);
                }
                (State::Object(depth), b'{') => State::Object(depth + 1),
                (State::Object(depth), b'}') => State::Object(depth - 1),
                (State::Object(depth), b'"') | (State::Escape(depth), _) => State::String(depth),
                (State::String(depth), b'"') => State::Object(depth),
                (State::String(depth), b'\\') => State::Escape(depth),
                (state, _) => state,
            };
        }
        (bytes.len(), Part::Partial)
    }

    fn other(&mut self, bytes: &[u8]) -> (usize, Part) {
        let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'{'));
        let length = end.unwrap_or(bytes.len());
        // One byte more than the maximum suffices to recognize that this is not a time stamp.
        self.other.extend(bytes[..length].iter().take(MAX_TIME_STAMP + 1 - self.other.len()));
        let part = match end.map(|end| bytes[end]) {
            None => {
                self.state = State::Other;
                return (length, Part::Partial);
            }
            Some(b'\n') => Part::Line,
            Some(_) if is_time_stamp(&self.other) => Part::TimeStamp,
            Some(_) => Part::Complete,
        };
        self.end();
        (length, part)
    }
}

/// Returns `true` for the white space of JSON (RFC 8259, section 2).
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Returns `true` for a date and time in ISO 8601 format. Seconds, fraction and time zone are
/// optional. A space can replace the `T`.
fn is_time_stamp(text: &[u8]) -> bool {
    if text.len() > MAX_TIME_STAMP {
        return false;
    }
    let Some(rest) = strip(text.trim_ascii_end(), b"0000-00-00T00:00") else { return false };
    match strip(rest, b":00").map_or(rest, strip_fraction) {
        [] | b"Z" => true,
        [b'+' | b'-', offset @ ..] => [&b"00:00"[..], b"0000", b"00"]
            .iter()
            .any(|pattern| strip(offset, pattern) == Some(&[])),
        _ => false,
    }
}

/// Strips a pattern from the start of a text. `0` matches any digit, and `T` a `T` or a space.
fn strip<'a>(text: &'a [u8], pattern: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(pattern.len())?;
    let is_match = |(byte, pattern): (&u8, &u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b' '),
        literal => byte == literal,
    };
    start.iter().zip(pattern).all(is_match).then_some(rest)
}

fn strip_fraction(text: &[u8]) -> &[u8] {
    let [b'.' | b',', fraction @ ..] = text else { return text };
    match fraction.iter().take_while(|byte| byte.is_ascii_digit()).count() {
        0 => text,
        digits => &fraction[digits..],
    }
}
