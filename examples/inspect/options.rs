//! The command line.

use core::fmt;
use core::num::NonZeroUsize;
use std::ffi::OsString;
use std::path::PathBuf;

use terminal_text::escape_bytes;

/// What `--help` prints.
pub(crate) const USAGE: &str = include_str!("usage.txt");

/// What the command line asks for.
pub(crate) enum Command {
    Inspect(Options),
    Help,
}

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) strict: bool,
    /// If it is not to be found out.
    pub(crate) direction: Option<Direction>,
    pub(crate) whole: bool,
    pub(crate) chunk: Option<NonZeroUsize>,
    pub(crate) inputs: Vec<Input>,
}

/// Who sent the frames.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Clients.
    Publish,
    /// The service.
    Subscribe,
}

/// Where frames come from.
pub(crate) enum Input {
    /// The capture that is part of this program.
    Capture,
    Stdin,
    File(PathBuf),
}

impl Command {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    ///
    /// What is wrong with them, to be told to whoever wrote them.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Options::default();
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--json") => options.json = true,
                Some("--strict") => options.strict = true,
                Some("--publish") => options.set_direction(Direction::Publish)?,
                Some("--subscribe") => options.set_direction(Direction::Subscribe)?,
                Some("--whole") => options.whole = true,
                Some("--chunk") => options.chunk = Some(chunk(arguments.next())?),
                Some("--help") => return Ok(Self::Help),
                Some("--") => options.inputs.extend(arguments.by_ref().map(Input::from)),
                Some(option) if option.len() > 1 && option.starts_with('-') => {
                    return Err(format!("there is no option {option:?}"));
                }
                _ => options.inputs.push(argument.into()),
            }
        }
        if options.inputs.is_empty() {
            options.inputs.push(Input::Capture);
        }
        Ok(Self::Inspect(options))
    }
}

impl Options {
    fn set_direction(&mut self, direction: Direction) -> Result<(), String> {
        match self.direction.replace(direction) {
            Some(other) if other != direction => {
                Err("--publish and --subscribe exclude each other".into())
            }
            _ => Ok(()),
        }
    }
}

/// The value of `--chunk`.
fn chunk(value: Option<OsString>) -> Result<NonZeroUsize, String> {
    let value = value.ok_or("--chunk needs a number of bytes")?;
    let number = value.to_str().and_then(|value| value.parse().ok());
    number.ok_or_else(|| {
        format!(
            "--chunk needs a number of bytes, 1 or more, not {}",
            escape_bytes(value.as_encoded_bytes())
        )
    })
}

impl From<OsString> for Input {
    fn from(file: OsString) -> Self {
        if file == "-" { Self::Stdin } else { Self::File(file.into()) }
    }
}

/// The name for messages. A file name may contain anything, so it is shown as text of the wire is.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capture => f.write_str("the capture of this program"),
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => f.write_str(&escape_bytes(path.as_os_str().as_encoded_bytes())),
        }
    }
}
