//! The command line.

use core::fmt;
use core::num::NonZeroUsize;
use std::ffi::OsString;
use std::path::PathBuf;

use terminal_text::escape_bytes;

/// The text for `--help`.
pub(crate) const USAGE: &str = include_str!("usage.txt");

/// A parsed command line.
pub(crate) enum Command {
    Inspect(Options),
    Help,
}

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) strict: bool,
    /// The direction of all frames, or `None` to detect it for each.
    pub(crate) direction: Option<Direction>,
    pub(crate) whole: bool,
    pub(crate) chunk: Option<NonZeroUsize>,
    pub(crate) inputs: Vec<Input>,
}

/// The direction of frames.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From a client to the service.
    Publish,
    /// From the service to a client.
    Subscribe,
}

/// A source of frames.
pub(crate) enum Input {
    /// The built-in capture.
    Capture,
    Stdin,
    File(PathBuf),
}

impl Command {
    /// Parses the arguments after the program name.
    ///
    /// # Errors
    ///
    /// Returns a message for the user if the arguments are invalid.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Options::default();
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--json") => options.json = true,
                Some("--strict") => options.strict = true,
                Some("--publish") => options.set_direction(Direction::Publish)?,
                Some("--subscribe") => options.set_direction(Direction::Subscribe)?,
                Some("--whole") => options.whole = true,
                Some("--chunk") => options.chunk = Some(parse_chunk(arguments.next())?),
                Some("--help") => return Ok(Self::Help),
                Some("--") => options.inputs.extend(arguments.by_ref().map(Input::from)),
                Some(option) if option.len() > 1 && option.starts_with('-') => {
                    return Err(format!("unknown option {option:?}"));
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
                Err("--publish and --subscribe cannot be used together".into())
            }
            _ => Ok(()),
        }
    }
}

fn parse_chunk(value: Option<OsString>) -> Result<NonZeroUsize, String> {
    let value = value.ok_or("--chunk requires a number of bytes")?;
    let number = value.to_str().and_then(|value| value.parse().ok());
    number.ok_or_else(|| {
        format!(
            "--chunk requires a number of bytes of at least 1, found {}",
            escape_bytes(value.as_encoded_bytes())
        )
    })
}

impl From<OsString> for Input {
    fn from(file: OsString) -> Self {
        if file == "-" { Self::Stdin } else { Self::File(file.into()) }
    }
}

/// Displays the input in error messages. File names may contain anything, so they are escaped.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capture => f.write_str("built-in capture"),
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => f.write_str(&escape_bytes(path.as_os_str().as_encoded_bytes())),
        }
    }
}
