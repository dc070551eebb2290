//! A binary as its users see it: typed input and printed output.

use core::time::Duration;
#[cfg(target_os = "linux")]
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

/// The timeout of every wait. A working program needs far less.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// A process that is killed when this is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) struct Terminal {
    process: Process,
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    /// The standard output so far.
    output: String,
    stderr: thread::JoinHandle<String>,
}

impl Terminal {
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || stdout.lines().try_for_each(|line| sender.send(line.unwrap())));
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Self {
            input: child.stdin.take(),
            process: Process(child),
            lines,
            output: String::new(),
            stderr,
        }
    }

    /// Returns the peak resident memory of the process, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Closes the standard input.
    pub(crate) fn end_input(&mut self) {
        self.input = None;
    }

    /// Waits for a line that contains `text`, and returns it.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.output.push_str(&line);
                    self.output.push('\n');
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => {
                    panic!("no line contains {text:?}: {error}; the output is:\n{}", self.output)
                }
            }
        }
    }

    /// Waits for the end of the process. Returns its exit code and all output, with the standard
    /// error at the end.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) => self.output += &(line + "\n"),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("{error}; the output is:\n{}", self.output),
            }
        }
        let stderr = self.stderr.join().unwrap();
        (self.process.0.wait().unwrap().code(), self.output + &stderr)
    }
}
