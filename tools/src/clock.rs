//! The monotonic clock of a process.

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

    /// Waits until `moment`, or forever if there is none.
    pub async fn wait_until(self, moment: Option<Instant>) {
        let moment = moment
            .and_then(|moment| self.start.checked_add(Duration::from_millis(moment.as_millis())));
        match moment {
            Some(moment) => sleep_until(moment).await,
            None => future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::Clock;

    #[tokio::test]
    async fn a_wait_ends_at_its_moment() {
        let clock = Clock::start();
        let moment = clock.now() + Duration::from_millis(50);
        clock.wait_until(Some(moment)).await;
        assert!(clock.now() >= moment);
    }
}
