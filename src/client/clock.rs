use crate::instant::Instant;

/// The maximum time that one reading adds.
///
/// A wild reading then adds 49 days, which is longer than every deadline, and the client's own time
/// cannot overflow.
const LONGEST_STEP_MS: u64 = 0xffff_ffff;

/// The client's own monotonic time.
///
/// It sums the differences between the caller's readings. A step back counts as no time, so every
/// deadline keeps its remaining time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Clock {
    reading: Option<Instant>,
    now: Instant,
}

impl Clock {
    pub(super) const fn new() -> Self {
        Self { reading: None, now: Instant::from_millis(0) }
    }

    /// Returns the client's own time.
    pub(super) const fn now(&self) -> Instant {
        self.now
    }

    /// Returns the client's own time at a reading, without recording it.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn at(&self, reading: Instant) -> Instant {
        let last = self.reading.unwrap_or(reading);
        self.now.after(reading.since(last).min(LONGEST_STEP_MS))
    }

    /// Records a reading. Returns `true` if the caller's clock has stepped back.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn advance(&mut self, reading: Instant) -> bool {
        self.now = self.at(reading);
        self.reading.replace(reading).is_some_and(|last| reading < last)
    }

    /// Converts a moment of the client's own time to the caller's clock.
    ///
    /// Returns `None` for `NEVER`, or if the caller's clock cannot represent the moment.
    pub(super) fn reading_at(&self, moment: Instant) -> Option<Instant> {
        let reading = self.reading?.after(moment.since(self.now));
        (moment != Instant::NEVER && reading != Instant::NEVER).then_some(reading)
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Instant, LONGEST_STEP_MS};

    fn clock(readings: &[u64]) -> u64 {
        let mut clock = Clock::new();
        for reading in readings {
            let reading = Instant::from_millis(*reading);
            let at = clock.at(reading);
            clock.advance(reading);
            assert_eq!(clock.now(), at);
        }
        clock.now().as_millis()
    }

    #[test]
    fn only_differences_count() {
        assert_eq!(clock(&[]), 0);
        assert_eq!(clock(&[1_767_225_600_000]), 0);
        assert_eq!(clock(&[1_767_225_600_000, 1_767_225_600_005]), 5);
    }

    #[test]
    fn a_step_back_is_no_time_and_a_leap_is_bounded() {
        assert_eq!(clock(&[1_000, 2_000, 500, 600]), 1_100);
        assert_eq!(clock(&[0, u64::MAX, 10, 20]), LONGEST_STEP_MS + 10);
    }

    #[test]
    fn moments_are_told_on_the_callers_clock() {
        let mut clock = Clock::new();
        assert_eq!(clock.reading_at(Instant::from_millis(7)), None);
        assert!(!clock.advance(Instant::from_millis(5_000)));
        assert!(clock.advance(Instant::from_millis(4_000)));
        let after = |millis| Some(Instant::from_millis(millis));
        assert_eq!(clock.reading_at(Instant::from_millis(7)), after(4_007));
        assert_eq!(clock.reading_at(Instant::NEVER), None);
        clock.advance(Instant::from_millis(u64::MAX - 3));
        let now = clock.now();
        assert_eq!(clock.reading_at(now.after(2)), after(u64::MAX - 1));
        assert_eq!(clock.reading_at(now.after(3)), None, "nothing is later than the clock's end");
    }
}
