/// How likely a fault is each time that it could happen, in steps of 1/256.
///
/// ```
/// use ivs_chat_proto::mock::Probability;
///
/// assert_eq!(Probability::of_256(0), Probability::NEVER);
/// assert_eq!(Probability::of_256(256), Probability::ALWAYS);
/// assert_eq!(Probability::of_256(64).in_256(), 64);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Probability(u16);

impl Probability {
    /// The fault never happens. This is the default.
    pub const NEVER: Self = Self(0);
    /// The fault happens each time that it could.
    pub const ALWAYS: Self = Self(256);

    /// The fault happens `times` of 256 times on average. More than 256 count as 256.
    #[must_use]
    pub const fn of_256(times: u16) -> Self {
        if times > 256 { Self::ALWAYS } else { Self(times) }
    }

    /// Returns how many times of 256 the fault happens on average.
    #[must_use]
    pub const fn in_256(self) -> u16 {
        self.0
    }
}
