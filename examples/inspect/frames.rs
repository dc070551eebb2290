//! From bytes to frames.

use core::mem;
use core::num::NonZeroUsize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use crate::options::{Input, Options};

/// The frames that are part of this program.
const CAPTURE: &[u8] = include_bytes!("../capture.jsonl");
/// Their piece, unless `--chunk` says otherwise: short and odd, so that frames are cut anywhere, in characters as well.
const CAPTURE_PIECE: usize = 17;
/// The piece of other inputs, unless `--chunk` says otherwise.
const PIECE: usize = 64 << 10;
/// A piece is never longer: a larger `--chunk` is read in several.
const MAX_PIECE: usize = 1 << 20;

/// The frames of one input. One is held at a time, and a piece of what follows it.
pub(crate) struct Frames {
    input: BufReader<Box<dyn Read>>,
    /// Whether the whole input is one frame, and whether it has been read as one.
    whole: bool,
    whole_read: bool,
    frame: Vec<u8>,
    position: u64,
}

impl Frames {
    pub(crate) fn open(input: &Input, options: &Options) -> io::Result<Self> {
        let (input, usual): (Box<dyn Read>, usize) = match input {
            Input::Capture => (Box::new(CAPTURE), CAPTURE_PIECE),
            Input::Stdin => (Box::new(io::stdin().lock()), PIECE),
            Input::File(path) => (Box::new(File::open(path)?), PIECE),
        };
        let piece = options.chunk.map_or(usual, NonZeroUsize::get).min(MAX_PIECE);
        Ok(Self {
            input: BufReader::with_capacity(piece, input),
            whole: options.whole,
            whole_read: false,
            frame: Vec::new(),
            position: 0,
        })
    }

    /// The next frame, without the end of its line.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if self.whole {
            return if mem::replace(&mut self.whole_read, true) { Ok(None) } else { self.rest().map(Some) };
        }
        while self.read_line()? {
            if !is_blank(&self.frame) {
                return Ok(Some(without_line_end(&self.frame)));
            }
        }
        Ok(None)
    }

    /// Whether the next frame will have to be read for.
    pub(crate) fn is_drained(&self) -> bool {
        self.input.buffer().is_empty()
    }

    /// How many bytes the frames so far took.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// Everything that is left.
    fn rest(&mut self) -> io::Result<&[u8]> {
        self.frame.clear();
        while self.append_line()? {}
        Ok(&self.frame)
    }

    /// Reads a line in place of the frame before it.
    fn read_line(&mut self) -> io::Result<bool> {
        self.frame.clear();
        self.append_line()
    }

    /// Reads a line, and says whether there was one.
    fn append_line(&mut self) -> io::Result<bool> {
        let length = self.input.read_until(b'\n', &mut self.frame)?;
        self.position += length as u64;
        Ok(length > 0)
    }
}

/// Whether a line holds nothing but the white space of JSON (RFC 8259, section 2).
fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let Some(line) = line.strip_suffix(b"\n") else { return line };
    line.strip_suffix(b"\r").unwrap_or(line)
}
