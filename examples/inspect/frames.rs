//! From bytes to frames.

use core::mem;
use core::num::NonZeroUsize;
use core::ops::Range;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ivs_chat_proto::{Fragments, Oversize};

use crate::options::{Input, Options};

/// The frames that are part of this program.
const CAPTURE: &[u8] = include_bytes!("../capture.jsonl");
/// Their piece, unless `--chunk` says otherwise: short and odd, so that frames are cut anywhere, in characters as well.
const CAPTURE_PIECE: usize = 17;
/// The piece of other inputs, unless `--chunk` says otherwise.
const PIECE: usize = 64 << 10;
/// A piece is never longer: a larger `--chunk` is read in several.
const MAX_PIECE: usize = 1 << 20;
/// A frame is never longer: any that the service or a client may send is far shorter.
const MAX_FRAME: usize = 4 << 20;

/// Where the pieces of a frame are joined. It is too large for a stack; inputs take turns.
static FRAGMENTS: Mutex<Fragments<MAX_FRAME>> = Mutex::new(Fragments::new());

/// The frames of one input. One is held at a time, and a piece of what follows it.
pub(crate) struct Frames {
    input: Box<dyn Read>,
    piece: Vec<u8>,
    /// What of the piece has yet to be looked at.
    rest: Range<usize>,
    fragments: MutexGuard<'static, Fragments<MAX_FRAME>>,
    line: Line,
    /// Whether the whole input is one frame.
    whole: bool,
    position: u64,
}

/// What has come of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Nothing but white space.
    Blank,
    /// A frame, or its beginning.
    Frame,
    /// Too much, as was said.
    Oversize,
}

/// What the next frame needs.
enum Next {
    /// This piece, the last; and whether a line feed ends it.
    Last(Range<usize>, bool),
    /// To be a good deal shorter.
    Oversize(Oversize),
    /// To exist.
    Nothing,
}

impl Frames {
    pub(crate) fn open(input: &Input, options: &Options) -> io::Result<Self> {
        let (input, usual): (Box<dyn Read>, usize) = match input {
            Input::Capture => (Box::new(CAPTURE), CAPTURE_PIECE),
            Input::Stdin => (Box::new(io::stdin().lock()), PIECE),
            Input::File(path) => (Box::new(File::open(path)?), PIECE),
        };
        let mut fragments = FRAGMENTS.lock().unwrap_or_else(PoisonError::into_inner);
        // The input before may have failed in the middle of a frame.
        fragments.clear();
        Ok(Self {
            input,
            piece: vec![0; options.chunk.map_or(usual, NonZeroUsize::get).min(MAX_PIECE)],
            rest: 0..0,
            fragments,
            line: if options.whole { Line::Frame } else { Line::Blank },
            whole: options.whole,
            position: 0,
        })
    }

    /// The next frame, without the end of its line.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<&[u8], Oversize>>> {
        let (last, is_line) = match self.gather()? {
            Next::Last(last, is_line) => (last, is_line),
            Next::Oversize(error) => return Ok(Some(Err(error))),
            Next::Nothing => return Ok(None),
        };
        let frame = self.fragments.push(&self.piece[last], true);
        Ok(frame.map(|frame| frame.map(|frame| if is_line { without_carriage_return(frame) } else { frame })))
    }

    /// Whether the next frame will have to be read for.
    pub(crate) fn is_drained(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes were looked at so far.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// Gathers all of a frame but its last piece, which can be lent.
    fn gather(&mut self) -> io::Result<Next> {
        loop {
            if self.rest.is_empty() && !self.read()? {
                let line = mem::replace(&mut self.line, Line::Blank);
                return Ok(if line == Line::Frame { Next::Last(0..0, false) } else { Next::Nothing });
            }
            let (piece, is_line) = self.cut();
            let bytes = &self.piece[piece.clone()];
            if self.line == Line::Blank && !is_blank(bytes) {
                self.line = Line::Frame;
            }
            match (self.line, is_line) {
                (Line::Frame, true) => {
                    self.line = Line::Blank;
                    return Ok(Next::Last(piece, true));
                }
                (_, true) => {
                    self.line = Line::Blank;
                    self.fragments.push(bytes, true);
                }
                (_, false) => {
                    if let Some(Err(error)) = self.fragments.push(bytes, false) {
                        self.line = Line::Oversize;
                        return Ok(Next::Oversize(error));
                    }
                }
            }
        }
    }

    /// What is left of the piece up to the end of a line, and whether there is one.
    fn cut(&mut self) -> (Range<usize>, bool) {
        let Range { start, end } = self.rest;
        let line_end = if self.whole { None } else { self.piece[start..end].iter().position(|byte| *byte == b'\n') };
        let length = line_end.unwrap_or(end - start);
        self.rest.start += length + usize::from(line_end.is_some());
        self.position += (self.rest.start - start) as u64;
        (start..start + length, line_end.is_some())
    }

    /// Reads another piece, and says whether there was one.
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

/// Whether a line holds nothing but the white space of JSON (RFC 8259, section 2).
fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
