//! Standard output, written by a thread, so that a terminal that does not read holds up nothing
//! else.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{self, Write};
use std::sync::{Arc, mpsc};
use std::thread;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// The most bytes that may wait to be printed. Lines above that are counted instead.
const MAX_WAITING: usize = 1 << 20;
/// What a line counts for in addition to its bytes.
const OVERHEAD: usize = 64;
/// How long to wait for the last lines.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Output {
    lines: mpsc::Sender<String>,
    waiting: Arc<AtomicUsize>,
    not_printed: u64,
    /// Ends when the last line has been printed.
    end: oneshot::Receiver<()>,
}

impl Output {
    pub(crate) fn start() -> Self {
        let (lines, received) = mpsc::channel();
        let (end_sender, end) = oneshot::channel::<()>();
        let waiting = Arc::new(AtomicUsize::new(0));
        let still_waiting = Arc::clone(&waiting);
        thread::spawn(move || {
            print_all(&received, &still_waiting);
            drop(end_sender);
        });
        Self { lines, waiting, not_printed: 0, end }
    }

    /// Prints a line, unless too much waits already.
    pub(crate) fn print(&mut self, line: &str) {
        let line = match self.not_printed {
            0 => format!("{line}\n"),
            lines => format!("! {lines} lines were not printed\n{line}\n"),
        };
        let bytes = line.len() + OVERHEAD;
        if self.waiting.load(Ordering::Relaxed) + bytes > MAX_WAITING {
            self.not_printed += 1;
            return;
        }
        self.not_printed = 0;
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
        // The thread ends after this end of the channel.
        let _ = self.lines.send(line);
    }

    /// Waits until all lines have been printed, but not for long.
    pub(crate) async fn close(self) {
        drop(self.lines);
        let _ = timeout(PATIENCE, self.end).await;
    }
}

/// Prints lines until there will be no more. An output that is closed takes them as well as any.
fn print_all(lines: &mpsc::Receiver<String>, waiting: &AtomicUsize) {
    let mut out = io::stdout();
    for line in lines {
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        waiting.fetch_sub(line.len() + OVERHEAD, Ordering::Relaxed);
    }
}
