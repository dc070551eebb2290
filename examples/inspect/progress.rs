//! Progress display for long files.

use core::fmt;
use core::time::Duration;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use crate::options::Input;

/// The minimum length of a file with a progress display, in bytes. Shorter files take little time.
const MIN_LENGTH: u64 = 16 << 20;
/// The time between updates.
const INTERVAL: Duration = Duration::from_millis(250);
/// Enough spaces to erase the display.
const BLANK: &str = "                                        ";

pub(crate) struct Progress {
    length: u64,
    updated_at: Instant,
}

impl Progress {
    /// Returns a display for a long file, if standard error is a terminal and standard output is
    /// not.
    pub(crate) fn new(input: &Input) -> Option<Self> {
        let Input::File(path) = input else { return None };
        if !io::stderr().is_terminal() || io::stdout().is_terminal() {
            return None;
        }
        let file = fs::metadata(path).ok()?;
        (file.is_file() && file.len() >= MIN_LENGTH)
            .then(|| Self { length: file.len(), updated_at: Instant::now() })
    }

    /// Updates the display, unless the last update is recent.
    pub(crate) fn update(&mut self, position: u64, frames: u64) {
        if self.updated_at.elapsed() >= INTERVAL {
            self.updated_at = Instant::now();
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

/// Prints to standard error. Failures are ignored.
fn print(text: fmt::Arguments<'_>) {
    let _ = io::stderr().write_fmt(text);
}
