//! Where the objects of a stream begin and end.

use super::scan;

/// Finds the ends of objects, in whatever pieces they come, and sees every byte once.
///
/// It does not validate: of what is inside an object it knows braces, strings, the escapes in them,
/// and the two signs that the object was cut short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObjectScanner {
    state: ScanState,
    /// How many braces are open.
    depth: u64,
}

/// What some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// White space between objects, or the rest of what is none.
    Skipped,
    /// The beginning of what is no object.
    Garbage,
    /// Bytes of an object that has not ended.
    Partial,
    /// An object, or the rest of one.
    Complete,
    /// The same, but cut short.
    Truncated,
}

impl ObjectScanner {
    pub(crate) const fn new() -> Self {
        Self { state: ScanState::Between, depth: 0 }
    }

    /// Whether there is an object that has not ended.
    pub(crate) const fn is_inside(&self) -> bool {
        self.depth > 0
    }

    /// How many of the bytes, of which there must be one, belong together, and what they are.
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

/// What the next byte stands behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ScanState {
    /// An object, or nothing.
    #[default]
    Between,
    /// Between objects, something other than white space.
    Garbage,
    /// In an object, `:`, `,` or `[`, perhaps with white space: an object may follow.
    Value,
    /// In an object, anything else, perhaps with white space on the same line.
    Other,
    /// The same, with a line feed: where JSON has no object. It is the next one that follows.
    OtherLine,
    /// In a string, anything but the backslash of an escape.
    String,
    /// In a string, the backslash of an escape.
    Escape,
}

impl ScanState {
    /// Whether a byte is not of this object: JSON has no line feed in a string, and no object
    /// behind [`Self::OtherLine`].
    const fn is_cut_by(self, byte: u8) -> bool {
        matches!((self, byte), (Self::String | Self::Escape, b'\n') | (Self::OtherLine, b'{'))
    }

    /// Where in an object the byte behind this one is.
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

/// White space (RFC 8259, section 2).
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// How many bytes come before the first of another class.
fn length(bytes: &[u8], class: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| class(**byte)).count()
}
