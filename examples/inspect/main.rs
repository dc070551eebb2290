//! Reads frames of Amazon IVS Chat, from files or a pipe, and prints what was said: `cargo run
//! --example inspect`.
//!
//! The transcript is for people. Neither payloads nor file names can drive their terminal:
//! `visible` escapes both. `--json` is for programs. It prints, for each frame that was decoded,
//!
//! ```json
//! {"frame":1,"ok":true,"type":"MESSAGE","wire":"…the payload encoded again…","content_code_points":6}
//! ```
//!
//! where `type` is the `Type` or `Action`, and only messages have `content_code_points`; and for
//! each that was not,
//!
//! ```json
//! {"frame":2,"ok":false,"error":"unexpected end, at byte 17","kind":"UnexpectedEnd","offset":17}
//! ```
//!
//! Frames are numbered from 1 over all inputs. However long the input, one frame, of 4 MiB at most,
//! is in memory at a time.
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

/// The exit status of a wrong command line, and of input or output that fails.
const FAILED: u8 = 2;
/// The exit status, under `--strict`, of a frame that could not be decoded.
const NOT_DECODED: u8 = 1;

fn main() -> ExitCode {
    match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Inspect(options)) => {
            let mut inspection = Inspection::new(&options, BufWriter::new(io::stdout().lock()));
            let printed = inspection.run();
            exit_code(printed, inspection.status())
        }
        Ok(Command::Help) => exit_code(io::stdout().lock().write_all(USAGE.as_bytes()), 0),
        Err(error) => {
            complain(format_args!("{error}\n\n{}", USAGE.trim_end()));
            FAILED.into()
        }
    }
}

/// The status to end with: `status`, unless the output failed.
fn exit_code(printed: io::Result<()>, status: u8) -> ExitCode {
    match printed {
        // A reader that has gone away has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(format_args!("standard output: {error}"));
            FAILED.into()
        }
        _ => status.into(),
    }
}

/// Says on standard error what is wrong; if even that fails, there is nobody left to tell.
fn complain(what: impl Display) {
    let _ = writeln!(io::stderr(), "inspect: {what}");
}

/// What went wrong with an input: reading it, or printing what was read.
enum Failure {
    Input(io::Error),
    Output(io::Error),
}

/// A run over all inputs.
struct Inspection<'a, W> {
    options: &'a Options,
    out: W,
    transcript: Transcript,
    frames: u64,
    not_decoded: u64,
    unreadable: bool,
}

impl<'a, W: Write> Inspection<'a, W> {
    fn new(options: &'a Options, out: W) -> Self {
        Self {
            options,
            out,
            transcript: Transcript::default(),
            frames: 0,
            not_decoded: 0,
            unreadable: false,
        }
    }

    /// Prints what all inputs hold. An input that cannot be read does not stop the others.
    ///
    /// # Errors
    ///
    /// If the output fails.
    fn run(&mut self) -> io::Result<()> {
        for input in &self.options.inputs {
            match self.input(input) {
                Ok(()) => {}
                Err(Failure::Input(error)) => {
                    self.out.flush()?;
                    complain(format_args!("{input}: {error}"));
                    self.unreadable = true;
                }
                Err(Failure::Output(error)) => return Err(error),
            }
        }
        if !self.options.json {
            self.transcript.summary(&mut self.out)?;
        }
        self.out.flush()
    }

    fn input(&mut self, input: &Input) -> Result<(), Failure> {
        let mut frames = Frames::open(input, self.options).map_err(Failure::Input)?;
        let mut progress = Progress::of(input);
        while let Some(frame) = frames.next().map_err(Failure::Input)? {
            self.frame(frame).map_err(Failure::Output)?;
            // Reading on may mean to wait for someone who types: what they said should be seen by
            // then.
            if frames.is_drained() {
                self.out.flush().map_err(Failure::Output)?;
            }
            if let Some(progress) = &mut progress {
                progress.show(frames.position(), self.frames);
            }
        }
        Ok(())
    }

    fn frame(&mut self, frame: Result<&[u8], MessageTooLong>) -> io::Result<()> {
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

    const fn status(&self) -> u8 {
        match self {
            Self { unreadable: true, .. } => FAILED,
            Self { options: Options { strict: true, .. }, not_decoded: 1.., .. } => NOT_DECODED,
            _ => 0,
        }
    }
}
