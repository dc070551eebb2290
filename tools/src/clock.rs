//! A monotonic clock.

use core::future;
use core::time::Duration;

use ivs_chat_proto::Instant;
use tokio::time::{self, sleep_until};

/// A monotonic clock that starts at zero.
///
/// It stops while the device sleeps, on Linux and macOS.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: time::Instant,
}

impl Clock {
    /// Starts a clock.
    #[must_use]
    pub fn start() -> Self {
        Self { start: time::Instant::now() }
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(self) -> Instant {
        Instant::from(self.start.elapsed())
    }

    /// Waits until `deadline`, or forever if it is `None`.
    pub async fn wait_until(self, deadline: Option<Instant>) {
        let deadline = deadline.and_then(|deadline| {
            self.start.checked_add(Duration::from_millis(deadline.as_millis()))
        });
        match deadline {
            Some(deadline) => sleep_until(deadline).await,
            None => future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::Clock;

    #[tokio::test]
    async fn wait_ends_at_deadline() {
        let clock = Clock::start();
        let deadline = clock.now() + Duration::from_millis(50);
        clock.wait_until(Some(deadline)).await;
        assert!(clock.now() >= deadline);
    }
}
