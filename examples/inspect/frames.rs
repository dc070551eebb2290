//! Reading of frames from an input.

use core::cell::Cell;
use core::num::NonZeroUsize;
use core::ops::Range;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::read::MultiGzDecoder;
use ivs_chat_proto::{MessageAssembler, MessageTooLong};

use crate::options::{Input, Options};
use crate::split::{Part, Splitter, is_blank};

/// The built-in capture.
const CAPTURE: &[u8] = include_bytes!("../capture.jsonl");
/// The default chunk length for the capture. It is short and odd, so that the chunks end at all
/// places, even inside characters.
const CAPTURE_CHUNK_LEN: usize = 17;
/// The default chunk length for other inputs.
const CHUNK_LEN: usize = 64 << 10;
/// The maximum chunk length. A larger `--chunk` is read in several chunks.
const MAX_CHUNK_LEN: usize = 1 << 20;
/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The maximum length of a frame. The frames of the service and of clients are far shorter.
const MAX_FRAME_LEN: usize = 4 << 20;

/// The buffer in which the chunks of a frame are joined. It is static because it is too large for
/// the stack. One input uses it at a time.
static ASSEMBLER: Mutex<MessageAssembler<MAX_FRAME_LEN>> = Mutex::new(MessageAssembler::new());

/// The frames of one input. One frame and one chunk are in memory at a time.
pub(crate) struct Frames {
    input: Box<dyn Read>,
    chunk: Vec<u8>,
    /// The unread part of the chunk.
    rest: Range<usize>,
    assembler: MutexGuard<'static, MessageAssembler<MAX_FRAME_LEN>>,
    splitter: Splitter,
    /// Whether the current frame has been reported as too long.
    is_skipping: bool,
    /// The number of bytes read, before decompression.
    bytes_read: Rc<Cell<u64>>,
}

/// The result of gathering a frame.
enum Gathered {
    /// The frame ends with this range of the chunk, without its line feed.
    Last(Range<usize>, Part),
    /// The frame is too long.
    TooLong(MessageTooLong),
    /// The input has ended.
    End,
}

impl Frames {
    pub(crate) fn open(input: &Input, options: &Options) -> io::Result<Self> {
        let bytes_read = Rc::default();
        let (input, default_len): (Box<dyn Read>, usize) = match input {
            Input::Capture => (Box::new(CAPTURE), CAPTURE_CHUNK_LEN),
            Input::Stdin => (decompress(io::stdin().lock(), &bytes_read)?, CHUNK_LEN),
            Input::File(path) => (decompress(File::open(path)?, &bytes_read)?, CHUNK_LEN),
        };
        let mut assembler = ASSEMBLER.lock().unwrap_or_else(PoisonError::into_inner);
        // The previous input may have failed inside a frame.
        assembler.clear();
        Ok(Self {
            input,
            chunk: vec![0; options.chunk.map_or(default_len, NonZeroUsize::get).min(MAX_CHUNK_LEN)],
            rest: 0..0,
            assembler,
            splitter: if options.whole { Splitter::whole() } else { Splitter::lines() },
            is_skipping: false,
            bytes_read,
        })
    }

    /// Returns the next frame, without its line end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<&[u8], MessageTooLong>>> {
        let (last, part) = match self.gather()? {
            Gathered::Last(last, part) => (last, part),
            Gathered::TooLong(error) => return Ok(Some(Err(error))),
            Gathered::End => return Ok(None),
        };
        let frame = self.assembler.push(&self.chunk[last], true);
        Ok(frame.map(|frame| {
            frame.map(|frame| if part == Part::Line { strip_carriage_return(frame) } else { frame })
        }))
    }

    /// Returns `true` if the chunk contains no further frame.
    pub(crate) fn is_drained(&self) -> bool {
        self.chunk[self.rest.clone()].iter().all(|byte| is_blank(*byte))
    }

    /// Returns the number of bytes read so far, before decompression.
    pub(crate) fn position(&self) -> u64 {
        self.bytes_read.get()
    }

    /// Gathers a frame except its last part, which can be borrowed from the chunk.
    fn gather(&mut self) -> io::Result<Gathered> {
        loop {
            if self.rest.is_empty() && !self.read()? {
                let is_frame = self.splitter.finish() && !self.is_skipping;
                return Ok(if is_frame {
                    Gathered::Last(0..0, Part::Complete)
                } else {
                    Gathered::End
                });
            }
            let (range, part) = self.split();
            let bytes = &self.chunk[range.clone()];
            match part {
                Part::Space => {}
                Part::TimeStamp => self.assembler.clear(),
                Part::Partial => {
                    if let Some(Err(error)) = self.assembler.push(bytes, false) {
                        self.is_skipping = true;
                        return Ok(Gathered::TooLong(error));
                    }
                }
                Part::Complete | Part::Line if self.is_skipping => {
                    self.is_skipping = false;
                    // The error has already been returned, so this only ends the message.
                    let _ = self.assembler.push(bytes, true);
                }
                Part::Complete | Part::Line => return Ok(Gathered::Last(range, part)),
            }
        }
    }

    /// Splits the next part from the rest of the chunk.
    fn split(&mut self) -> (Range<usize>, Part) {
        let start = self.rest.start;
        let (length, part) = self.splitter.next(&self.chunk[self.rest.clone()]);
        self.rest.start += length;
        (start..start + length, part)
    }

    /// Reads another chunk. Returns `false` at the end of the input.
    fn read(&mut self) -> io::Result<bool> {
        let length = loop {
            match self.input.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                length => break length?,
            }
        };
        if length == 0 {
            // Reading from a terminal again would wait for more input.
            self.input = Box::new(io::empty());
        }
        self.rest = 0..length;
        Ok(length > 0)
    }
}

/// Decompresses an input that starts with the gzip header (RFC 1952, section 2.3.1). No frame
/// starts with it.
fn decompress(input: impl Read + 'static, bytes_read: &Rc<Cell<u64>>) -> io::Result<Box<dyn Read>> {
    let mut input = CountingReader { input, count: Rc::clone(bytes_read) };
    let mut start = Vec::new();
    // The second byte is read only if the first one matches, because reading it may block.
    for magic in GZIP {
        if input.by_ref().take(1).read_to_end(&mut start)? == 0 {
            return Ok(Box::new(io::Cursor::new(start)));
        }
        if start.last() != Some(&magic) {
            break;
        }
    }
    let is_gzip = start == GZIP;
    let input = io::Cursor::new(start).chain(input);
    // Firehose and log rotation concatenate gzip files.
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) })
}

/// A reader that counts the bytes read.
struct CountingReader<R> {
    input: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.count.set(self.count.get() + length as u64);
        Ok(length)
    }
}

fn strip_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
