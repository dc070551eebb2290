//! An example as those who run it see it: what they type, and what is printed.

use core::time::Duration;
#[cfg(target_os = "linux")]
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

/// Nothing here takes as long as this, unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A process that ends when a test does.
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
    shown: String,
    complaints: thread::JoinHandle<String>,
}

impl Terminal {
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut errors = child.stderr.take().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
        let complaints = thread::spawn(move || {
            let mut complaints = String::new();
            errors.read_to_string(&mut complaints).unwrap();
            complaints
        });
        Self {
            input: child.stdin.take(),
            process: Process(child),
            lines,
            shown: String::new(),
            complaints,
        }
    }

    /// The most memory that the process has had resident, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
    }

    pub(crate) fn write(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Nothing more is typed.
    pub(crate) fn end_input(&mut self) {
        self.input = None;
    }

    /// The next line that says this.
    pub(crate) fn see(&mut self, what: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.shown.push_str(&line);
                    self.shown.push('\n');
                    if line.contains(what) {
                        return line;
                    }
                }
                Err(error) => {
                    panic!("{what:?} is not shown, {error}, but this is:\n{}", self.shown)
                }
            }
        }
    }

    /// The status in the end, and what was shown until then: first as output, then as complaints.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.shown += &(line + "\n"),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("{error}; shown is\n{}", self.shown),
            }
        }
        let complaints = self.complaints.join().unwrap();
        (self.process.0.wait().unwrap().code(), self.shown + &complaints)
    }
}
