//! Detection of system sleep.
//!
//! Not every system has a monotonic clock that keeps running during sleep, so the detector compares
//! the monotonic clock with the wall clock. If the wall clock has gained several seconds, the
//! device has slept, or the wall clock has been set. The runtime's timers stop during sleep, so the
//! host compares the clocks at least every [`CHECK_INTERVAL`].

use core::time::Duration;
use std::time::{Instant, SystemTime};

/// The maximum time between two comparisons of the clocks.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// The maximum gain of the wall clock between two comparisons without a sleep. Daemons that adjust
/// a clock gradually stay far below it.
const MAX_DRIFT: Duration = Duration::from_secs(3);

/// The readings of both clocks at the latest comparison.
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
        let has_slept = elapsed > now.monotonic.duration_since(self.monotonic) + MAX_DRIFT;
        *self = now;
        has_slept
    }
}

#[cfg(test)]
mod tests {
    use super::{CHECK_INTERVAL, MAX_DRIFT, SleepDetector};
    use core::time::Duration;

    /// Returns the verdict after the given times have passed on the two clocks.
    fn has_slept(monotonic: Duration, wall: Duration) -> bool {
        let mut detector = SleepDetector::new();
        detector.monotonic -= monotonic;
        detector.wall -= wall;
        let has_slept = detector.has_slept();
        assert!(!detector.has_slept(), "a sleep is reported once");
        has_slept
    }

    #[test]
    fn sleep_is_detected() {
        let second = Duration::from_secs(1);
        assert!(!has_slept(second, second));
        assert!(!has_slept(CHECK_INTERVAL, CHECK_INTERVAL + MAX_DRIFT / 2));
        assert!(has_slept(CHECK_INTERVAL, CHECK_INTERVAL + MAX_DRIFT + second));
        assert!(has_slept(Duration::ZERO, Duration::from_secs(3_600)));
    }

    #[test]
    fn setting_the_wall_clock_back_is_not_sleep() {
        let mut detector = SleepDetector::new();
        detector.wall += Duration::from_secs(3_600);
        assert!(!detector.has_slept());
    }
}
