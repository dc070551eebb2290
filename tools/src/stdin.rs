//! Standard input, line by line.

use std::io::{self, BufRead};
use std::thread;

use tokio::sync::mpsc;

/// Returns a channel of the lines of standard input, without their line ends.
///
/// A detached thread reads them, because a blocking read cannot be cancelled.
pub fn lines() -> mpsc::Receiver<io::Result<String>> {
    let (sender, lines) = mpsc::channel(1);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let line = match input.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).into()),
                Err(error) => Err(error),
            };
            let is_last = line.is_err();
            if sender.blocking_send(line).is_err() || is_last {
                break;
            }
        }
    });
    lines
}

/// Splits a line into its first word and the remainder, without the white space around them.
#[must_use]
pub fn split_first_word(line: &str) -> (&str, &str) {
    let (word, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    (word, rest.trim_start())
}
