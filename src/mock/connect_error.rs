/// An error that refuses a handshake.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::mock::{Config, ConnectError, Faults, Probability, Room, User};
///
/// let faults = Faults::none()
///     .with_refuse_429(Probability::ALWAYS)
///     .with_retry_after_s(Some(30));
/// let mut room = Room::new(Config::new().with_faults(faults), [0; 16]);
/// let error = room.admit(Instant::from_millis(0), User::new("astrid")).unwrap_err();
/// assert_eq!((error.status(), error.retry_after_s()), (429, Some(30)));
/// assert_eq!(error.to_string(), "handshake refused with HTTP status 429");
/// assert_eq!(ConnectError::InvalidToken.status(), 401);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The token is unknown or has already been used: HTTP status 401.
    #[error("token is unknown or has already been used")]
    InvalidToken,
    /// A fault refused the handshake.
    #[error("handshake refused with HTTP status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The value of the `Retry-After` header, in seconds. Only 429 and 503 have it.
        retry_after_s: Option<u32>,
    },
}

impl ConnectError {
    /// Returns the HTTP status that answers the handshake.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::InvalidToken => 401,
            Self::Refused { status, .. } => *status,
        }
    }

    /// Returns the value of the `Retry-After` header in seconds, if the answer has one.
    #[must_use]
    pub const fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::InvalidToken => None,
            Self::Refused { retry_after_s, .. } => *retry_after_s,
        }
    }
}
