//! A stream of JSON objects in, one object after the other out.

use core::mem;

use super::MessageAssembler;
use crate::json::{Chunk, ObjectScanner};

/// Takes a stream of bytes, such as a pipe or a file of captured frames, apart into JSON objects of
/// at most `N` bytes.
///
/// The objects may stand on lines of their own, take several, or follow each other with nothing
/// between them. However the stream is cut into inputs, the results are the same. An object that
/// lies whole in one input is lent from there; only what has to wait for more is copied, into
/// memory that is chunk of this.
///
/// ```
/// use ivs_chat_proto::{JsonStream, StreamError, StreamErrorKind, subscribe::Subscribe};
///
/// let mut stream = JsonStream::<{ 32 * 1024 }>::new();
/// let mut types = Vec::new();
/// for input in [r#"{"Type":"POLL"} # {"Type":"E"#, r#"RROR","ErrorCode":429}{"Type":"#] {
///     let mut input = input.as_bytes();
///     while let Some(next) = stream.next(&mut input) {
///         match next {
///             Ok(object) => types.push(Subscribe::decode(object)?.type_name().to_string()),
///             Err(error) => assert_eq!(error.to_string(), "not an object, at byte 16"),
///         }
///     }
/// }
/// assert_eq!(types, ["POLL", "ERROR"]);
/// assert_eq!(stream.finish().map_err(|error| error.kind()), Err(StreamErrorKind::Unfinished));
/// # Ok::<(), ivs_chat_proto::DecodeError>(())
/// ```
///
/// # What is an object
///
/// Everything from a `{` to the `}` that closes it. Whether it is JSON, the decoder says. Between
/// objects there may be white space; anything else, up to the next `{`, is reported once.
///
/// An object that breaks off does not take the next one with it. It has ended, if not before, at a
/// line feed inside a string, and in front of a `{` that is the first on its line where JSON has no
/// object: behind anything but `:`, `,` and `[`. Nothing else ends it, so that an object inside a
/// broken one is never taken for one of the stream's.
///
/// An object of more than `N` bytes is reported once, as soon as that is known, and skipped to its
/// end; the next one is not affected. As for `N`, see
/// [`MessageAssembler`](MessageAssembler#how-large).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonStream<const N: usize> {
    scanner: ObjectScanner,
    object: MessageAssembler<N>,
    /// How many bytes of the stream were used up.
    position: u64,
}

impl<const N: usize> JsonStream<N> {
    /// The beginning of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self { scanner: ObjectScanner::new(), object: MessageAssembler::new(), position: 0 }
    }

    /// The next object, or what is there instead of one; `input` is moved on behind it. `None` if
    /// `input` is used up.
    pub fn next<'s, 'c: 's>(
        &'s mut self,
        input: &mut &'c [u8],
    ) -> Option<Result<&'s [u8], StreamError>> {
        while !input.is_empty() {
            let (length, chunk) = self.scanner.next(input);
            let (piece, rest) = input.split_at_checked(length)?;
            let offset = self.begin();
            *input = rest;
            self.position = self.position.wrapping_add(count(piece));
            let error = |kind| Some(Err(StreamError { kind, offset }));
            let fin = match chunk {
                Chunk::Skipped => continue,
                Chunk::Garbage => return error(StreamErrorKind::NotAnObject),
                Chunk::Partial => false,
                Chunk::Complete | Chunk::Truncated => true,
            };
            if self.object.skips(fin) {
                continue;
            }
            return match self.object.push(piece, fin)? {
                Err(_) => error(StreamErrorKind::MessageTooLong),
                Ok(_) if chunk == Chunk::Truncated => error(StreamErrorKind::Unfinished),
                Ok(object) => Some(Ok(object)),
            };
        }
        None
    }

    /// Ends the stream. What follows, if anything does, begins between objects; offsets are counted
    /// on.
    ///
    /// # Errors
    ///
    /// If there is an object that has not ended.
    pub fn finish(&mut self) -> Result<(), StreamError> {
        let error = StreamError { kind: StreamErrorKind::Unfinished, offset: self.begin() };
        let is_unfinished = mem::take(&mut self.scanner).is_inside() && !self.object.skips(true);
        self.object.clear();
        if is_unfinished { Err(error) } else { Ok(()) }
    }

    /// Where the object under way begins; without one, where the stream goes on.
    fn begin(&self) -> u64 {
        self.position.wrapping_sub(count(self.object.waiting()))
    }
}

fn count(bytes: &[u8]) -> u64 {
    bytes.len().try_into().unwrap_or(u64::MAX)
}

/// What is in a [`JsonStream`] instead of an object: why it is none, and at which byte it begins.
///
/// ```
/// use ivs_chat_proto::{JsonStream, StreamErrorKind};
///
/// let error = JsonStream::<16>::new().next(&mut b"  hello".as_slice()).unwrap().unwrap_err();
/// assert_eq!(error.kind(), StreamErrorKind::NotAnObject);
/// assert_eq!(error.offset(), 2);
/// assert_eq!(error.to_string(), "not an object, at byte 2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind}, at byte {offset}")]
pub struct StreamError {
    kind: StreamErrorKind,
    offset: u64,
}

/// Why something in a stream is no object to hand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum StreamErrorKind {
    /// Something between objects that is not white space. It is skipped, up to the next `{`.
    #[error("not an object")]
    NotAnObject,
    /// An object that breaks off.
    #[error("unfinished object")]
    Unfinished,
    /// An object that is longer than the stream may hold. It is skipped.
    #[error("object too long")]
    MessageTooLong,
}

impl StreamError {
    /// What was wrong.
    #[must_use]
    pub const fn kind(&self) -> StreamErrorKind {
        self.kind
    }

    /// Where it begins, in bytes from the beginning of the stream.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }
}
