//! The boundaries of JSON objects in a byte stream.

use super::scan;

/// A scanner that finds the boundaries of objects in a stream and examines every byte once.
///
/// The stream may be divided into inputs anywhere. The scanner does not validate objects: it
/// recognizes braces, strings, escapes in strings, and the two signs of a truncated object (see
/// [`ScanState::is_cut_by`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObjectScanner {
    state: ScanState,
    /// The number of open braces.
    depth: u64,
}

/// The classification of consecutive bytes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// White space between objects, or the continuation of [`Self::Garbage`].
    Skipped,
    /// The start of bytes between objects that are not white space.
    Garbage,
    /// A part of an object, without its end.
    Partial,
    /// An object, or the last part of one.
    Complete,
    /// A truncated object, or the last part of one.
    Truncated,
}

impl ObjectScanner {
    pub(crate) const fn new() -> Self {
        Self { state: ScanState::Between, depth: 0 }
    }

    /// Returns `true` if an object has started but has not ended.
    pub(crate) const fn is_inside(&self) -> bool {
        self.depth > 0
    }

    /// Returns the length and the classification of the first chunk of `bytes`, which must not be
    /// empty.
    #[inline]
    pub(crate) fn next(&mut self, bytes: &[u8]) -> (usize, Chunk) {
        match (self.state, bytes.first()) {
            (ScanState::Between, Some(byte)) if is_blank(*byte) => {
                (length(bytes, is_blank), Chunk::Skipped)
            }
            (ScanState::Between | ScanState::Garbage, Some(byte)) if *byte != b'{' => {
                let chunk =
                    if self.state == ScanState::Between { Chunk::Garbage } else { Chunk::Skipped };
                self.state = ScanState::Garbage;
                (length(bytes, |byte| byte != b'{'), chunk)
            }
            _ => self.object(bytes),
        }
    }

    /// Does the same as [`next`](Self::next) for the bytes of an object.
    fn object(&mut self, bytes: &[u8]) -> (usize, Chunk) {
        let mut seen = 0_usize;
        while let Some(&byte) = bytes.get(seen) {
            if self.state.is_cut_by(byte) {
                *self = Self::new();
                return (seen, Chunk::Truncated);
            }
            self.state = self.state.after(byte);
            seen = seen.wrapping_add(1);
            match (self.state, byte) {
                (ScanState::String, _) => {
                    seen =
                        seen.wrapping_add(scan::plain_len(bytes.get(seen..).unwrap_or_default()));
                }
                (ScanState::Other, b'{') => self.depth = self.depth.wrapping_add(1),
                (ScanState::Other, b'}') if self.depth > 1 => {
                    self.depth = self.depth.wrapping_sub(1);
                }
                (ScanState::Other, b'}') => {
                    *self = Self::new();
                    return (seen, Chunk::Complete);
                }
                _ => {}
            }
        }
        (seen, Chunk::Partial)
    }
}

/// The context of the next byte: its position, and the bytes before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ScanState {
    /// Between objects, at the start of the stream or after an object.
    #[default]
    Between,
    /// Between objects, after bytes that are not white space.
    Garbage,
    /// In an object, after `:`, `,` or `[` and optional white space. An object may follow.
    Value,
    /// In an object, after anything else and optional white space without a line feed.
    Other,
    /// In an object, after anything else and white space with a line feed.
    ///
    /// JSON does not allow an object here, so a `{` starts the next object of the stream.
    OtherLine,
    /// In a string, not directly after the backslash of an escape.
    String,
    /// In a string, directly after the backslash of an escape.
    Escape,
}

impl ScanState {
    /// Returns `true` if `byte` shows that the object is truncated before it.
    ///
    /// JSON allows neither a line feed in a string nor an object after [`Self::OtherLine`].
    const fn is_cut_by(self, byte: u8) -> bool {
        matches!((self, byte), (Self::String | Self::Escape, b'\n') | (Self::OtherLine, b'{'))
    }

    /// Returns the state after `byte`, which belongs to an object.
    const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::String, b'\\') => Self::Escape,
            (Self::String, b'"') => Self::Other,
            (Self::String | Self::Escape, _) | (_, b'"') => Self::String,
            (_, b':' | b',' | b'[') => Self::Value,
            (Self::Other, b'\n') => Self::OtherLine,
            _ if is_blank(byte) => self,
            _ => Self::Other,
        }
    }
}

/// Returns `true` for white space (RFC 8259, section 2).
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Returns the number of bytes before the first byte that is not in `class`.
fn length(bytes: &[u8], class: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| class(**byte)).count()
}
