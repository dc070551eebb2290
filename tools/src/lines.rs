//! Standard input, line by line.

use std::io::{self, BufRead};
use std::thread;

use tokio::sync::mpsc;

/// The lines of standard input, as they come. They are read by a thread that nobody waits for,
/// since reading cannot be called off.
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
