use core::fmt;
use core::ops::{Add, AddAssign};
use core::time::Duration;

/// A moment in milliseconds on the caller's monotonic clock.
///
/// The origin is arbitrary: the start of the program, or the boot of the device. Only differences
/// count.
///
/// ```
/// use core::time::Duration;
/// use ivs_chat_proto::Instant;
///
/// let start = std::time::Instant::now();
/// let now = Instant::from(start.elapsed());
/// let later = now + Duration::from_millis(5);
/// assert_eq!(later.saturating_duration_since(now), Duration::from_millis(5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// A moment that never comes.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// Creates a moment from the number of milliseconds since the clock's origin.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Returns the number of milliseconds since the clock's origin.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns the time that has passed since `earlier`, or zero if `earlier` is later.
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.since(earlier))
    }

    /// Returns the moment `millis` later, at most [`NEVER`](Self::NEVER).
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) const fn after(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Returns the moment `millis` earlier, or the origin if there is none.
    pub(crate) const fn before(self, millis: u64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// Returns the number of milliseconds since `earlier`, or 0 if `earlier` is later.
    pub(crate) const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns `true` if this moment has come.
    pub(crate) const fn is_due(self, now: Self) -> bool {
        self.0 <= now.0 && self.0 != Self::NEVER.0
    }
}

/// Converts the time since the clock's origin, rounded down to milliseconds.
impl From<Duration> for Instant {
    fn from(elapsed: Duration) -> Self {
        Self(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Adds a duration, rounded down to milliseconds. The sum saturates.
impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.after(Self::from(duration).0)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = self.add(duration);
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}
