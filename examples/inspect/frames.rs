//! From bytes to frames.

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

/// The frames that are part of this program.
const CAPTURE: &[u8] = include_bytes!("../capture.jsonl");
/// Their piece, unless `--chunk` says otherwise: short and odd, so that frames are cut anywhere, in
/// characters as well.
const CAPTURE_PIECE: usize = 17;
/// The piece of other inputs, unless `--chunk` says otherwise.
const PIECE: usize = 64 << 10;
/// A piece is never longer: a larger `--chunk` is read in several.
const MAX_PIECE: usize = 1 << 20;
/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// A frame is never longer: any that the service or a client may send is far shorter.
const MAX_FRAME: usize = 4 << 20;

/// Where the pieces of a frame are joined. It is too large for a stack; inputs take turns.
static FRAGMENTS: Mutex<MessageAssembler<MAX_FRAME>> = Mutex::new(MessageAssembler::new());

/// The frames of one input. One is held at a time, and a piece of the input after it.
pub(crate) struct Frames {
    input: Box<dyn Read>,
    piece: Vec<u8>,
    /// The unread part of the piece.
    rest: Range<usize>,
    fragments: MutexGuard<'static, MessageAssembler<MAX_FRAME>>,
    splitter: Splitter,
    /// Whether the frame under way was reported as too long.
    is_skipping: bool,
    /// How many bytes of the input were read, before decompression.
    bytes_read: Rc<Cell<u64>>,
}

/// What the next frame needs.
enum Next {
    /// This piece, its last, without the end of its line.
    Last(Range<usize>, Part),
    /// To be shorter.
    MessageTooLong(MessageTooLong),
    /// Nothing: the input has ended.
    Nothing,
}

impl Frames {
    pub(crate) fn open(input: &Input, options: &Options) -> io::Result<Self> {
        let bytes_read = Rc::default();
        let (input, usual): (Box<dyn Read>, usize) = match input {
            Input::Capture => (Box::new(CAPTURE), CAPTURE_PIECE),
            Input::Stdin => (unzipped(io::stdin().lock(), &bytes_read)?, PIECE),
            Input::File(path) => (unzipped(File::open(path)?, &bytes_read)?, PIECE),
        };
        let mut fragments = FRAGMENTS.lock().unwrap_or_else(PoisonError::into_inner);
        // The input before may have failed in the middle of a frame.
        fragments.clear();
        Ok(Self {
            input,
            piece: vec![0; options.chunk.map_or(usual, NonZeroUsize::get).min(MAX_PIECE)],
            rest: 0..0,
            fragments,
            splitter: if options.whole { Splitter::whole() } else { Splitter::lines() },
            is_skipping: false,
            bytes_read,
        })
    }

    /// Returns the next frame, without the end of its line.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<&[u8], MessageTooLong>>> {
        let (last, part) = match self.gather()? {
            Next::Last(last, part) => (last, part),
            Next::MessageTooLong(error) => return Ok(Some(Err(error))),
            Next::Nothing => return Ok(None),
        };
        let frame = self.fragments.push(&self.piece[last], true);
        Ok(frame.map(|frame| {
            frame.map(
                |frame| if part == Part::Line { without_carriage_return(frame) } else { frame },
            )
        }))
    }

    /// Returns `true` if the next frame can only come from more input.
    pub(crate) fn is_drained(&self) -> bool {
        self.piece[self.rest.clone()].iter().all(|byte| is_blank(*byte))
    }

    /// Returns how many bytes of the input were read so far.
    pub(crate) fn position(&self) -> u64 {
        self.bytes_read.get()
    }

    /// Gathers all of a frame but its last piece, which can be borrowed.
    fn gather(&mut self) -> io::Result<Next> {
        loop {
            if self.rest.is_empty() && !self.read()? {
                let is_frame = self.splitter.finish() && !self.is_skipping;
                return Ok(if is_frame { Next::Last(0..0, Part::Complete) } else { Next::Nothing });
            }
            let (piece, part) = self.cut();
            let bytes = &self.piece[piece.clone()];
            match part {
                Part::Space => {}
                Part::TimeStamp => self.fragments.clear(),
                Part::Partial => {
                    if let Some(Err(error)) = self.fragments.push(bytes, false) {
                        self.is_skipping = true;
                        return Ok(Next::MessageTooLong(error));
                    }
                }
                Part::Complete | Part::Line if self.is_skipping => {
                    self.is_skipping = false;
                    // The error has already been returned, so this only ends the message.
                    let _ = self.fragments.push(bytes, true);
                }
                Part::Complete | Part::Line => return Ok(Next::Last(piece, part)),
            }
        }
    }

    /// Takes the bytes that belong together from what is left of the piece.
    fn cut(&mut self) -> (Range<usize>, Part) {
        let start = self.rest.start;
        let (length, part) = self.splitter.next(&self.piece[self.rest.clone()]);
        self.rest.start += length;
        (start..start + length, part)
    }

    /// Reads another piece. Returns `false` at the end of the input.
    fn read(&mut self) -> io::Result<bool> {
        let length = loop {
            match self.input.read(&mut self.piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                length => break length?,
            }
        };
        if length == 0 {
            // At a terminal, to read again would be to wait again.
            self.input = Box::new(io::empty());
        }
        self.rest = 0..length;
        Ok(length > 0)
    }
}

/// Decompresses an input that starts as gzip does (RFC 1952, section 2.3.1). No frame starts that
/// way.
fn unzipped(input: impl Read + 'static, bytes_read: &Rc<Cell<u64>>) -> io::Result<Box<dyn Read>> {
    let mut input = Counted { input, count: Rc::clone(bytes_read) };
    let mut start = Vec::new();
    // A byte is not waited for unless the one before it matches.
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
    // Firehose and log rotation append one gzip file to another.
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) })
}

/// Counts the bytes that are read.
struct Counted<R> {
    input: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.count.set(self.count.get() + length as u64);
        Ok(length)
    }
}

fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
