//! How far the reading of a long file has come, on a terminal.

use core::fmt;
use core::time::Duration;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use crate::options::Input;

/// Shorter files are read before anyone asks.
const MIN_LENGTH: u64 = 16 << 20;
const INTERVAL: Duration = Duration::from_millis(250);
/// Spaces enough to hide what was shown.
const BLANK: &str = "                                        ";

pub(crate) struct Progress {
    length: u64,
    shown: Instant,
}

impl Progress {
    /// The progress of a long file, if there is a terminal to show it on that the frames are not
    /// printed to.
    pub(crate) fn of(input: &Input) -> Option<Self> {
        let Input::File(path) = input else { return None };
        if !io::stderr().is_terminal() || io::stdout().is_terminal() {
            return None;
        }
        let file = fs::metadata(path).ok()?;
        (file.is_file() && file.len() >= MIN_LENGTH)
            .then(|| Self { length: file.len(), shown: Instant::now() })
    }

    /// Shows how far it is, unless it was shown just now.
    pub(crate) fn show(&mut self, position: u64, frames: u64) {
        if self.shown.elapsed() >= INTERVAL {
            self.shown = Instant::now();
            let percent = position.min(self.length) * 100 / self.length;
            print(format_args!("\r{percent:3} % · {frames} frames"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        print(format_args!("\r{BLANK}\r"));
    }
}

/// Progress that cannot be shown is none to worry about.
fn print(text: fmt::Arguments<'_>) {
    let _ = io::stderr().write_fmt(text);
}
