use core::time::Duration;

use crate::instant::Instant;

/// The identifier of a token fetch.
///
/// Numbers increase and are never reused.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::FetchId;
///
/// assert_eq!(FetchId::from_number(7).number(), 7);
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(u64);

impl FetchId {
    /// Creates the identifier with this number.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::FetchId;
    ///
    /// assert!(FetchId::from_number(1) < FetchId::from_number(2));
    /// ```
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number, for a foreign function interface or a log.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::FetchId;
    ///
    /// assert_eq!(FetchId::from_number(7).number(), 7);
    /// ```
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// The error of a token fetch.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use ivs_chat_proto::client::FetchError;
///
/// // The application's server answered 503 with `Retry-After: 20`.
/// let busy = FetchError::Temporary { retry_after: Some(Duration::from_secs(20)) };
/// // It answered 403: the user may not enter the room.
/// let refused = FetchError::Permanent;
/// assert_ne!(busy, refused);
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// A later fetch may succeed: there is no network, or the server is busy.
    #[error("the token could not be fetched")]
    Temporary {
        /// The minimum time until the next fetch, if the server stated one. At most one hour
        /// counts.
        retry_after: Option<Duration>,
    },
    /// No later fetch will succeed: the user may not enter the room.
    #[error("the token was refused")]
    Permanent,
}

/// The outstanding fetch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fetch {
    pub(super) id: FetchId,
    pub(super) until: Instant,
}
