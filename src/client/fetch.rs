use core::time::Duration;

use crate::instant::Instant;

/// The number of one token fetch. Later fetches have greater numbers, and none is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(u64);

impl FetchId {
    /// Creates the identifier with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number, for a foreign function interface or a log.
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
