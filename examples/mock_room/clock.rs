//! The time since the program was started.

use core::future;
use core::time::Duration;

use ivs_chat_proto::Instant;
use tokio::time::{self, sleep_until};

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

    /// Waits until a moment has come, or forever without one.
    pub(crate) async fn wait_until(self, moment: Option<Instant>) {
        let moment = moment.and_then(|moment| self.start.checked_add(Duration::from_millis(moment.as_millis())));
        match moment {
            Some(moment) => sleep_until(moment).await,
            None => future::pending().await,
        }
    }
}
