//! A clock that only goes forwards.

use core::future;
use core::time::Duration;

use ivs_chat_proto::Instant;
use tokio::time::{self, sleep_until};

/// The time since the program was started.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    start: time::Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: time::Instant::now() }
    }

    pub(crate) fn now(self) -> Instant {
        Instant::from(self.start.elapsed())
    }

    /// Waits until a moment has come; without one, for ever.
    pub(crate) async fn wait_until(self, moment: Option<Instant>) {
        match moment.and_then(|moment| self.start.checked_add(Duration::from_millis(moment.as_millis()))) {
            Some(moment) => sleep_until(moment).await,
            None => future::pending().await,
        }
    }
}
