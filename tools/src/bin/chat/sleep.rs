//! Notices that the device has slept.
//!
//! Not every system has a monotonic clock that keeps running during sleep, so the wall clock is
//! compared with it. If the wall clock has gained several seconds, the device has slept, or the
//! wall clock has been set. The runtime's timers stop during sleep, so the host compares the clocks
//! at least every [`CHECK`].

use core::time::Duration;
use std::time::{Instant, SystemTime};

/// The longest time between two comparisons of the clocks.
pub(crate) const CHECK: Duration = Duration::from_secs(5);
/// How much the wall clock may gain on the monotonic clock between two comparisons. Daemons that
/// correct a clock gradually stay far below this.
const DRIFT: Duration = Duration::from_secs(3);

/// Both clocks, as of the last comparison.
pub(crate) struct SleepDetector {
    monotonic: Instant,
    wall: SystemTime,
}

impl SleepDetector {
    pub(crate) fn new() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// Returns `true` if the device seems to have slept since the last call.
    pub(crate) fn has_slept(&mut self) -> bool {
        let now = Self::new();
        let elapsed = now.wall.duration_since(self.wall).unwrap_or_default();
        let has_slept = elapsed > now.monotonic.duration_since(self.monotonic) + DRIFT;
        *self = now;
        has_slept
    }
}

#[cfg(test)]
mod tests {
    use super::{CHECK, DRIFT, SleepDetector};
    use core::time::Duration;

    /// Returns the verdict after `monotonic` has passed on one clock and `wall` on the other.
    fn has_slept(monotonic: Duration, wall: Duration) -> bool {
        let mut detector = SleepDetector::new();
        detector.monotonic -= monotonic;
        detector.wall -= wall;
        let has_slept = detector.has_slept();
        assert!(!detector.has_slept(), "a sleep is reported once");
        has_slept
    }

    #[test]
    fn a_sleep_shows_in_the_wall_clock() {
        let second = Duration::from_secs(1);
        assert!(!has_slept(second, second));
        assert!(!has_slept(CHECK, CHECK + DRIFT / 2));
        assert!(has_slept(CHECK, CHECK + DRIFT + second));
        assert!(has_slept(Duration::ZERO, Duration::from_secs(3_600)));
    }

    #[test]
    fn a_wall_clock_that_is_set_back_is_no_sleep() {
        let mut detector = SleepDetector::new();
        detector.wall += Duration::from_secs(3_600);
        assert!(!detector.has_slept());
    }
}
