//! The clock of a host, which may be wrong.

use ivs_chat_proto::Instant;

/// A monotonic clock as hosts really have them, derived from the true time.
#[derive(Clone, Debug)]
pub(crate) struct HostClock {
    /// The reading at the true time 0.
    origin_ms: u64,
    /// By how much it has fallen behind: it has stepped back, or stood still.
    behind_ms: u64,
    /// Whether it stands still while the device sleeps.
    pub(crate) stops_in_sleep: bool,
    /// Whether its next reading is outlier.
    pub(crate) is_outlier_next: bool,
    /// When it last did anything that a clock should not do.
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

    /// Reads the clock at a true time.
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

    /// The device sleeps from now on for this time.
    pub(crate) const fn sleep(&mut self, millis: u64) {
        if self.stops_in_sleep {
            self.behind_ms += millis;
        }
    }
}
