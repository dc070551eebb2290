//! Decodes Amazon IVS Chat frames from files or a pipe: `cargo run --example inspect`.
//!
//! By default, it prints a transcript. Payloads and file names cannot control the terminal, because
//! `terminal_text` escapes both. With `--json`, it prints a line per frame. For a decoded frame:
//!
//! ```json
//! {"frame":1,"ok":true,"type":"MESSAGE","wire":"…the re-encoded payload…","content_code_points":6}
//! ```
//!
//! `type` is the `Type` or `Action`, and only messages have `content_code_points`. For a frame that
//! failed to decode:
//!
//! ```json
//! {"frame":2,"ok":false,"error":"unexpected end, at byte 17","kind":"UnexpectedEnd","offset":17}
//! ```
//!
//! Frames are numbered from 1 across all inputs. One frame of at most 4 MiB is in memory at a time,
//! regardless of the length of the input.
//!
//! ```text
#![doc = include_str!("usage.txt")]
//! ```

mod frames;
mod json;
mod options;
mod payload;
mod progress;
mod split;
mod transcript;

use core::fmt::Display;
use std::env;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use ivs_chat_proto::MessageTooLong;

use frames::Frames;
use options::{Command, Input, Options, USAGE};
use payload::{Error, Payload};
use progress::Progress;
use transcript::Transcript;

/// The exit code for an invalid command line, and for input or output that failed.
const FAILED: u8 = 2;
/// The exit code for a frame that failed to decode, with `--strict`.
const NOT_DECODED: u8 = 1;

fn main() -> ExitCode {
    match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Inspect(options)) => {
            let mut inspection = Inspection::new(&options, BufWriter::new(io::stdout().lock()));
            let printed = inspection.run();
            exit_code(printed, inspection.code())
        }
        Ok(Command::Help) => exit_code(io::stdout().lock().write_all(USAGE.as_bytes()), 0),
        Err(error) => {
            print_error(format_args!("{error}\n\n{}", USAGE.trim_end()));
            FAILED.into()
        }
    }
}

/// Returns the exit code: `code`, unless the output failed.
fn exit_code(printed: io::Result<()>, code: u8) -> ExitCode {
    match printed {
        // The reader of a pipe may stop reading early, as `head` does.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            print_error(format_args!("standard output: {error}"));
            FAILED.into()
        }
        _ => code.into(),
    }
}

/// Prints an error to standard error. Failures to do so are ignored.
fn print_error(error: impl Display) {
    let _ = writeln!(io::stderr(), "inspect: {error}");
}

/// A failure to read an input, or to print its frames.
enum Failure {
    Input(io::Error),
    Output(io::Error),
}

/// A run of the program over all inputs.
struct Inspection<'a, W> {
    options: &'a Options,
    out: W,
    transcript: Transcript,
    frames: u64,
    not_decoded: u64,
    has_unreadable_input: bool,
}

impl<'a, W: Write> Inspection<'a, W> {
    fn new(options: &'a Options, out: W) -> Self {
        Self {
            options,
            out,
            transcript: Transcript::default(),
            frames: 0,
            not_decoded: 0,
            has_unreadable_input: false,
        }
    }

    /// Prints the frames of all inputs. An input that cannot be read is reported and skipped.
    ///
    /// # Errors
    ///
    /// Returns an error if the output fails.
    fn run(&mut self) -> io::Result<()> {
        for input in &self.options.inputs {
            match self.inspect_input(input) {
                Ok(()) => {}
                Err(Failure::Input(error)) => {
                    self.out.flush()?;
                    print_error(format_args!("{input}: {error}"));
                    self.has_unreadable_input = true;
                }
                Err(Failure::Output(error)) => return Err(error),
            }
        }
        if !self.options.json {
            self.transcript.summary(&mut self.out)?;
        }
        self.out.flush()
    }

    fn inspect_input(&mut self, input: &Input) -> Result<(), Failure> {
        let mut frames = Frames::open(input, self.options).map_err(Failure::Input)?;
        let mut progress = Progress::new(input);
        while let Some(frame) = frames.next().map_err(Failure::Input)? {
            self.inspect_frame(frame).map_err(Failure::Output)?;
            // The next read may wait for interactive input, so the output must be visible first.
            if frames.is_drained() {
                self.out.flush().map_err(Failure::Output)?;
            }
            if let Some(progress) = &mut progress {
                progress.update(frames.position(), self.frames);
            }
        }
        Ok(())
    }

    fn inspect_frame(&mut self, frame: Result<&[u8], MessageTooLong>) -> io::Result<()> {
        self.frames += 1;
        let decoded = match frame {
            Ok(frame) => Payload::decode(frame, self.options.direction).map_err(Error::from),
            Err(error) => Err(error.into()),
        };
        self.not_decoded += u64::from(decoded.is_err());
        if self.options.json {
            return json::write_line(&mut self.out, self.frames, &decoded);
        }
        match decoded {
            Ok(payload) => self.transcript.payload(&mut self.out, &payload),
            Err(error) => {
                self.transcript.not_decoded(&mut self.out, self.frames, frame.ok(), &error)
            }
        }
    }

    const fn code(&self) -> u8 {
        match self {
            Self { has_unreadable_input: true, .. } => FAILED,
            Self { options: Options { strict: true, .. }, not_decoded: 1.., .. } => NOT_DECODED,
            _ => 0,
        }
    }
}
