//! The clock of the host.
//!
//! `std` has no monotonic clock that keeps running while the device sleeps, on every system. So the
//! clock also looks at the wall clock: if that has gained several seconds on the monotonic clock, the
//! device has slept, or somebody has set the wall clock. The timers of the runtime stop during sleep
//! too, so no wait is longer than [`CHECK`].

use core::time::Duration;
use std::time::SystemTime;

use ivs_chat_proto::Instant;
use tokio::time::sleep_until;

/// How often the two clocks are compared at the least.
const CHECK: Duration = Duration::from_secs(5);
/// How far the wall clock may gain on the monotonic clock between two looks at them. Daemons that
/// correct a clock gradually stay far below this.
const DRIFT: Duration = Duration::from_secs(3);

/// The time since the program was started.
pub(crate) struct Clock {
    start: tokio::time::Instant,
    /// The two clocks, as they were last compared.
    compared: (tokio::time::Instant, SystemTime),
}

impl Clock {
    pub(crate) fn start() -> Self {
        let start = tokio::time::Instant::now();
        Self { start, compared: (start, SystemTime::now()) }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from(self.start.elapsed())
    }

    /// Returns `true` if the device seems to have slept since the last call.
    pub(crate) fn has_slept(&mut self) -> bool {
        let (monotonic, wall) = (tokio::time::Instant::now(), SystemTime::now());
        let elapsed = wall.duration_since(self.compared.1).unwrap_or_default();
        let has_slept = elapsed > monotonic.duration_since(self.compared.0) + DRIFT;
        self.compared = (monotonic, wall);
        has_slept
    }

    /// Waits until a moment has come, or until the clocks have to be compared.
    pub(crate) async fn wait_until(&self, moment: Option<Instant>) {
        let check = tokio::time::Instant::now() + CHECK;
        let moment = moment.and_then(|moment| self.start.checked_add(Duration::from_millis(moment.as_millis())));
        sleep_until(moment.map_or(check, |moment| moment.min(check))).await;
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::time::SystemTime;

    use super::{CHECK, Clock, DRIFT};

    /// A clock that was compared `ago`, when the wall clock showed a time `wall_ago`.
    fn has_slept(ago: Duration, wall_ago: Duration) -> bool {
        let mut clock = Clock::start();
        clock.compared.0 -= ago;
        clock.compared.1 = SystemTime::now() - wall_ago;
        let has_slept = clock.has_slept();
        assert!(!clock.has_slept(), "once is enough");
        has_slept
    }

    #[test]
    fn a_sleep_shows_in_the_wall_clock() {
        let second = Duration::from_secs(1);
        assert!(!has_slept(second, second));
        assert!(!has_slept(CHECK, CHECK + DRIFT / 2));
        assert!(has_slept(CHECK, CHECK + DRIFT + second));
        assert!(has_slept(Duration::ZERO, Duration::from_secs(3_600)));
        // A wall clock that is set back is no sleep.
        let mut clock = Clock::start();
        clock.compared.1 += Duration::from_secs(3_600);
        assert!(!clock.has_slept());
    }

    #[tokio::test]
    async fn a_wait_ends_at_its_moment_or_for_the_check() {
        let clock = Clock::start();
        let moment = clock.now() + Duration::from_millis(50);
        clock.wait_until(Some(moment)).await;
        assert!(clock.now() >= moment && clock.now() < moment + CHECK);
        let check = clock.now() + CHECK;
        clock.wait_until(None).await;
        assert!(clock.now() >= check);
    }
}
