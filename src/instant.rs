//! The time type of the state machines.

use core::fmt;
use core::ops::{Add, AddAssign};
use core::time::Duration;

/// A point in time on the caller's monotonic clock, in milliseconds.
///
/// The origin of the clock is arbitrary, such as the start of the program or the boot of the
/// device. Only differences between instants matter.
///
/// # Examples
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
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The instant that is never [due](Self::is_due).
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// Creates an instant from a number of milliseconds since the clock's origin.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use ivs_chat_proto::Instant;
    ///
    /// assert_eq!(Instant::from_millis(1_500), Instant::from(Duration::from_millis(1_500)));
    /// ```
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Returns the number of milliseconds since the clock's origin.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use ivs_chat_proto::Instant;
    ///
    /// let now = Instant::from_millis(1_500) + Duration::from_secs(1);
    /// assert_eq!(now.as_millis(), 2_500);
    /// ```
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns the time elapsed since `earlier`, or zero if `earlier` is later than `self`.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use ivs_chat_proto::Instant;
    ///
    /// let (first, second) = (Instant::from_millis(10), Instant::from_millis(15));
    /// assert_eq!(second.saturating_duration_since(first), Duration::from_millis(5));
    /// assert_eq!(first.saturating_duration_since(second), Duration::ZERO);
    /// ```
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.since(earlier))
    }

    /// Returns the instant `millis` later. Saturates at [`NEVER`](Self::NEVER).
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) const fn after(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Returns the instant `millis` earlier. Saturates at the origin.
    pub(crate) const fn before(self, millis: u64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// Returns the number of milliseconds since `earlier`, or 0 if `earlier` is later than `self`.
    pub(crate) const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns `true` if `now` has reached this instant.
    pub(crate) const fn is_due(self, now: Self) -> bool {
        self.0 <= now.0 && self.0 != Self::NEVER.0
    }
}

/// Converts a duration since the clock's origin, rounded down to milliseconds. Saturates.
impl From<Duration> for Instant {
    fn from(elapsed: Duration) -> Self {
        Self(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Adds a duration, rounded down to milliseconds. Saturates.
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
