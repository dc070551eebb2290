//! Splitting of a byte stream into JSON objects.

use core::mem;

use super::MessageAssembler;
use crate::json::{Chunk, ObjectScanner};

/// A splitter that divides a byte stream into JSON objects of at most `N` bytes.
///
/// The stream may be a pipe or a file of captured frames. The objects may be on one line each, span
/// several lines, or follow each other without separators. The results do not depend on how the
/// stream is divided into inputs. An object that lies within one input is borrowed from it. All
/// other objects are copied into the `JsonStream`, which never allocates.
///
/// # Object boundaries
///
/// An object extends from a `{` to the matching `}`. Its JSON is not validated, because the decoder
/// does that. White space between objects is skipped. Anything else between objects is skipped up
/// to the next `{`, and is reported once.
///
/// An unfinished object does not hide the next one. An object is cut off, and reported as
/// [unfinished](StreamErrorKind::Unfinished), in two cases:
///
/// - before a line feed in a string, which JSON does not allow;
/// - before a `{` that is the first character on its line other than white space, unless it follows
///   a `:`, `,` or `[`, because JSON allows an object inside an object only there.
///
/// Nothing else cuts an object off, so an object nested in a broken one is never returned as an
/// object of the stream.
///
/// An object that exceeds `N` bytes is reported once, as soon as it exceeds the limit, and is
/// skipped to its end. The next object is not affected. See [`MessageAssembler`] for [choosing
/// `N`](MessageAssembler#choosing-n).
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{JsonStream, StreamErrorKind, subscribe::Subscribe};
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonStream<const N: usize> {
    scanner: ObjectScanner,
    object: MessageAssembler<N>,
    /// The number of bytes of the stream that have been consumed.
    position: u64,
}

impl<const N: usize> JsonStream<N> {
    /// Creates a splitter at the start of a stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::JsonStream;
    ///
    /// let mut stream = JsonStream::<1024>::new();
    /// assert!(stream.finish().is_ok());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { scanner: ObjectScanner::new(), object: MessageAssembler::new(), position: 0 }
    }

    /// Returns the next object, and advances `input` past it.
    ///
    /// Returns `None` when all of `input` has been consumed. Call this again with the next input of
    /// the stream, or call [`finish`](Self::finish) at its end.
    ///
    /// # Errors
    ///
    /// Returns an error in place of an object that is unfinished or exceeds `N` bytes, and for
    /// bytes between objects that are not white space. The stream can be used after an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::{JsonStream, StreamErrorKind};
    ///
    /// let mut stream = JsonStream::<8>::new();
    /// let mut input = br#"{"a":1} ? {"a":"too long"} {"b":"#.as_slice();
    /// assert_eq!(stream.next(&mut input), Some(Ok(br#"{"a":1}"#.as_slice())));
    /// let error = stream.next(&mut input).unwrap().unwrap_err();
    /// assert_eq!(error.kind(), StreamErrorKind::NotAnObject);
    /// let error = stream.next(&mut input).unwrap().unwrap_err();
    /// assert_eq!(error.kind(), StreamErrorKind::MessageTooLong);
    /// assert_eq!(stream.next(&mut input), None);
    ///
    /// let mut input = b"2}".as_slice();
    /// assert_eq!(stream.next(&mut input), Some(Ok(br#"{"b":2}"#.as_slice())));
    /// ```
    #[must_use = "the result may be an object"]
    pub fn next<'s, 'c: 's>(
        &'s mut self,
        input: &mut &'c [u8],
    ) -> Option<Result<&'s [u8], StreamError>> {
        while !input.is_empty() {
            let (length, chunk) = self.scanner.next(input);
            let (bytes, rest) = input.split_at_checked(length)?;
            let offset = self.begin();
            *input = rest;
            self.position = self.position.wrapping_add(count(bytes));
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
            return match self.object.push(bytes, fin)? {
                Err(_) => error(StreamErrorKind::MessageTooLong),
                Ok(_) if chunk == Chunk::Truncated => error(StreamErrorKind::Unfinished),
                Ok(object) => Some(Ok(object)),
            };
        }
        None
    }

    /// Ends the stream.
    ///
    /// The caller may pass more input afterwards. It starts between objects, and offsets continue
    /// to count from the start of the stream.
    ///
    /// # Errors
    ///
    /// Returns an error if the last object is unfinished, unless it has already been reported as
    /// too long.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::{JsonStream, StreamErrorKind};
    ///
    /// let mut stream = JsonStream::<1024>::new();
    /// assert_eq!(stream.next(&mut br#" {"Type":"#.as_slice()), None);
    /// let error = stream.finish().unwrap_err();
    /// assert_eq!(error.kind(), StreamErrorKind::Unfinished);
    /// assert_eq!(error.offset(), 1);
    /// ```
    pub fn finish(&mut self) -> Result<(), StreamError> {
        let error = StreamError { kind: StreamErrorKind::Unfinished, offset: self.begin() };
        let is_unfinished = mem::take(&mut self.scanner).is_inside() && !self.object.skips(true);
        self.object.clear();
        if is_unfinished { Err(error) } else { Ok(()) }
    }

    /// Returns the offset of the incomplete object, or the current offset if there is none.
    fn begin(&self) -> u64 {
        self.position.wrapping_sub(count(self.object.waiting()))
    }
}

fn count(bytes: &[u8]) -> u64 {
    bytes.len().try_into().unwrap_or(u64::MAX)
}

/// An error in a [`JsonStream`]: its kind and its byte offset.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::JsonStream;
///
/// let error = JsonStream::<16>::new().next(&mut b"  hello".as_slice()).unwrap().unwrap_err();
/// assert_eq!(error.to_string(), "not an object, at byte 2");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind}, at byte {offset}")]
pub struct StreamError {
    kind: StreamErrorKind,
    offset: u64,
}

/// The kind of a [`StreamError`].
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{JsonStream, StreamErrorKind};
///
/// let error = JsonStream::<4>::new().next(&mut b"{    }".as_slice()).unwrap().unwrap_err();
/// assert_eq!(error.kind(), StreamErrorKind::MessageTooLong);
/// assert_eq!(error.kind().to_string(), "object too long");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum StreamErrorKind {
    /// Bytes between objects that are not white space. They are skipped up to the next `{`.
    #[error("not an object")]
    NotAnObject,
    /// An object without a closing brace.
    #[error("unfinished object")]
    Unfinished,
    /// An object that exceeds the limit of the stream. It is skipped.
    #[error("object too long")]
    MessageTooLong,
}

impl StreamError {
    /// Returns the kind of the error.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::{JsonStream, StreamErrorKind};
    ///
    /// let error = JsonStream::<16>::new().next(&mut b"  hello".as_slice()).unwrap().unwrap_err();
    /// assert_eq!(error.kind(), StreamErrorKind::NotAnObject);
    /// ```
    #[must_use]
    pub const fn kind(&self) -> StreamErrorKind {
        self.kind
    }

    /// Returns the offset of the first byte of the object, or of the bytes that are not one.
    ///
    /// The offset is counted in bytes from the start of the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::JsonStream;
    ///
    /// let error = JsonStream::<16>::new().next(&mut b"  hello".as_slice()).unwrap().unwrap_err();
    /// assert_eq!(error.offset(), 2);
    /// ```
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }
}
