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

/// Why a token could not be fetched.
///
/// ```
/// use core::time::Duration;
/// use ivs_chat_proto::client::FetchError;
///
/// // The application's server answered 503 with `Retry-After: 20`.
/// let busy = FetchError::Temporary { retry_after: Some(Duration::from_secs(20)) };
/// // It answered 403: this user may not enter the room.
/// let refused = FetchError::Permanent;
/// assert_ne!(busy, refused);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The fetch may succeed later: there is no network, or the server is busy.
    #[error("the token could not be fetched")]
    Temporary {
        /// The least time until the next fetch, if the server stated one. At most one hour counts.
        retry_after: Option<Duration>,
    },
    /// The fetch will not succeed later either: this user may not enter the room.
    #[error("the token was refused")]
    Permanent,
}

/// A fetch that has no answer yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fetch {
    pub(super) id: FetchId,
    pub(super) until: Instant,
}
