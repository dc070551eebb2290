use core::fmt;
use core::time::Duration;

/// A moment, in milliseconds, on a clock of the caller's that only goes forwards. Where it starts is all one.
///
/// ```
/// use ivs_chat_proto::Instant;
///
/// let start = std::time::Instant::now();
/// let now = Instant::from(start.elapsed());
/// assert_eq!(now.after(5).since(now), 5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// No moment: nothing is ever due then.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// So many milliseconds after the clock's start.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// How many milliseconds after the clock's start.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment `millis` later.
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub const fn after(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The moment `millis` earlier, if there was one.
    pub(crate) const fn before(self, millis: u64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// How many milliseconds have passed since an earlier moment.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whether it has come.
    pub(crate) const fn is_due(self, now: Self) -> bool {
        self.0 <= now.0 && self.0 != Self::NEVER.0
    }
}

/// So long after the clock's start, less than a millisecond left out.
impl From<Duration> for Instant {
    fn from(elapsed: Duration) -> Self {
        Self(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}
