/// The probability of a fault each time it can occur, in steps of 1/256.
///
/// Defaults to [`NEVER`](Self::NEVER).
///
/// # Examples
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
    /// The fault never occurs.
    pub const NEVER: Self = Self(0);
    /// The fault occurs each time it can.
    pub const ALWAYS: Self = Self(256);

    /// Creates the probability `times` / 256. Numbers above 256 count as 256.
    #[must_use]
    pub const fn of_256(times: u16) -> Self {
        if times > 256 { Self::ALWAYS } else { Self(times) }
    }

    /// Returns the numerator of the probability over 256.
    #[must_use]
    pub const fn in_256(self) -> u16 {
        self.0
    }
}
