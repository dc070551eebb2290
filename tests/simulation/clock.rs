//! The clock of a host.

use ivs_chat_proto::Instant;

/// A monotonic clock with realistic defects, derived from the true time.
#[derive(Clone, Debug)]
pub(crate) struct HostClock {
    /// The reading at the true time 0.
    origin_ms: u64,
    /// The sum of all steps back and stops.
    behind_ms: u64,
    /// Whether the clock stops while the device sleeps.
    pub(crate) stops_in_sleep: bool,
    /// Whether the next reading is `u64::MAX`.
    pub(crate) is_outlier_next: bool,
    /// The time of the latest step back or outlier.
    pub(crate) disturbed_at: Option<u64>,
}

impl HostClock {
    pub(crate) const fn new(origin_ms: u64) -> Self {
        Self {
            origin_ms,
            behind_ms: 0,
            stops_in_sleep: false,
            is_outlier_next: false,
            disturbed_at: None,
        }
    }

    /// Returns the reading at a true time.
    pub(crate) const fn read(&mut self, now: u64) -> Instant {
        if self.is_outlier_next {
            self.is_outlier_next = false;
            self.disturbed_at = Some(now);
            return Instant::from_millis(u64::MAX);
        }
        Instant::from_millis((self.origin_ms + now).saturating_sub(self.behind_ms))
    }

    pub(crate) const fn step_back(&mut self, now: u64, millis: u64) {
        let most = self.origin_ms + now;
        self.behind_ms =
            if self.behind_ms + millis < most { self.behind_ms + millis } else { most };
        self.disturbed_at = Some(now);
    }

    /// Records that the device starts to sleep for this time.
    pub(crate) const fn sleep(&mut self, millis: u64) {
        if self.stops_in_sleep {
            self.behind_ms += millis;
        }
    }
}
