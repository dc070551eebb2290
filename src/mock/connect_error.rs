/// Why a room refuses a handshake.
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::mock::{Config, ConnectError, Probability, Room, User};
///
/// let mut config = Config::new();
/// config.faults.refuse_429 = Probability::ALWAYS;
/// config.faults.retry_after_s = Some(30);
/// let mut room = Room::new(config, [0; 16]);
/// let error = room.admit(Instant::from_millis(0), User::new("astrid")).unwrap_err();
/// assert_eq!((error.status(), error.retry_after_s()), (429, Some(30)));
/// assert_eq!(error.to_string(), "the handshake is refused with HTTP status 429");
/// assert_eq!(ConnectError::InvalidToken.status(), 401);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The token is not known, or has been used: HTTP status 401.
    #[error("the token is not known, or has been used")]
    InvalidToken,
    /// The handshake is refused by a fault.
    #[error("the handshake is refused with HTTP status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The value of the header `Retry-After`, in seconds. Only 429 and 503 have it.
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

    /// Returns the value of the header `Retry-After` in seconds, if the answer has it.
    #[must_use]
    pub const fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::InvalidToken => None,
            Self::Refused { retry_after_s, .. } => *retry_after_s,
        }
    }
}
