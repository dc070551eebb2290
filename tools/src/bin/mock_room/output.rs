//! Standard output, written by a thread of its own.
//!
//! A terminal or pipe that is not read blocks only this thread.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{self, Write};
use std::sync::{Arc, mpsc};
use std::thread;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// The maximum size of the queue, in bytes. Further lines are dropped and counted.
const MAX_QUEUED: usize = 1 << 20;
/// The size of a line in addition to its bytes.
const LINE_OVERHEAD: usize = 64;
/// The timeout for printing the last lines.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) struct Output {
    lines: mpsc::Sender<String>,
    /// The size of the queue, in bytes.
    queued: Arc<AtomicUsize>,
    dropped_lines: u64,
    /// Resolves when the last line has been printed.
    finished: oneshot::Receiver<()>,
}

impl Output {
    /// Starts the thread.
    pub(crate) fn start() -> Self {
        let (lines, received) = mpsc::channel();
        let (finished_sender, finished) = oneshot::channel::<()>();
        let queued = Arc::new(AtomicUsize::new(0));
        let thread_queued = Arc::clone(&queued);
        thread::spawn(move || {
            print_all(&received, &thread_queued);
            drop(finished_sender);
        });
        Self { lines, queued, dropped_lines: 0, finished }
    }

    /// Prints a line, or drops it if the queue is full.
    pub(crate) fn print(&mut self, line: &str) {
        let line = match self.dropped_lines {
            0 => format!("{line}\n"),
            count => format!("! {count} lines were not printed\n{line}\n"),
        };
        let size = line.len() + LINE_OVERHEAD;
        if self.queued.load(Ordering::Relaxed) + size > MAX_QUEUED {
            self.dropped_lines += 1;
            return;
        }
        self.dropped_lines = 0;
        self.queued.fetch_add(size, Ordering::Relaxed);
        // The thread holds the receiver for as long as this sender exists.
        let _ = self.lines.send(line);
    }

    /// Waits until all lines have been printed, for at most [`CLOSE_TIMEOUT`].
    pub(crate) async fn close(self) {
        drop(self.lines);
        let _ = timeout(CLOSE_TIMEOUT, self.finished).await;
    }
}

/// Prints lines until the channel is closed. Errors are ignored, so that the rooms stay open when
/// standard output is closed.
fn print_all(lines: &mpsc::Receiver<String>, queued: &AtomicUsize) {
    let mut out = io::stdout();
    for line in lines {
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        queued.fetch_sub(line.len() + LINE_OVERHEAD, Ordering::Relaxed);
    }
}
