use crate::value::Capabilities;
use crate::value::Timestamp;

/// What is known of a token that has been fetched.
///
/// The token itself goes into the handshake and nowhere else; the client never sees it.
///
/// ```
/// use ivs_chat_proto::client::TokenInfo;
/// use ivs_chat_proto::{Capabilities, Capability};
///
/// let mut info = TokenInfo::new();
/// info.session_ms = Some(60 * 60 * 1_000);
/// info.capabilities = Some(Capabilities::NONE.with(Capability::SendMessage));
/// info.user_id = Some("astrid");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TokenInfo<'a> {
    /// The time until the `sessionExpirationTime`, in milliseconds. If it is unknown, the service
    /// ends the session, and the client reconnects; or the client replaces the connection ahead of
    /// the longest session that there is, 180 minutes.
    ///
    /// Sessions have 1 to 180 minutes. Any other time comes from a clock that is wrong, and counts
    /// as unknown.
    pub session_ms: Option<u64>,
    /// What the token permits. If it is unknown, every request is sent, and the service answers
    /// what the token does not permit with error 403.
    pub capabilities: Option<Capabilities>,
    /// The user's own ID. If it is known, only this sender's messages confirm requests, and the
    /// event that disconnects this user ends the session.
    pub user_id: Option<&'a str>,
}

impl<'a> TokenInfo<'a> {
    /// Creates a value in which nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self { session_ms: None, capabilities: None, user_id: None }
    }

    /// Sets the remaining time of the session, in milliseconds.
    #[must_use]
    pub const fn with_session_ms(mut self, session_ms: u64) -> Self {
        self.session_ms = Some(session_ms);
        self
    }

    /// Sets the capabilities of the token.
    #[must_use]
    pub const fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// Sets the user's own ID.
    #[must_use]
    pub const fn with_user_id(mut self, user_id: &'a str) -> Self {
        self.user_id = Some(user_id);
        self
    }

    /// Creates a value from the `sessionExpirationTime` that `CreateChatToken` returns, and the
    /// time `now` on the host's wall clock.
    ///
    /// ```
    /// use ivs_chat_proto::Timestamp;
    /// use ivs_chat_proto::client::TokenInfo;
    ///
    /// let now = Timestamp::parse("2026-11-22T10:00:00Z")?;
    /// let info = TokenInfo::until(Timestamp::parse("2026-11-22T11:00:00.250+00:00")?, now);
    /// assert_eq!(info.session_ms, Some(3_600_250));
    /// # Ok::<(), ivs_chat_proto::ParseTimestampError>(())
    /// ```
    #[must_use]
    pub fn until(session_expiration_time: Timestamp, now: Timestamp) -> Self {
        let millis = |time: Timestamp| {
            time.seconds()
                .saturating_mul(1_000)
                .saturating_add(i64::from(time.nanoseconds() / 1_000_000))
        };
        let left = millis(session_expiration_time).saturating_sub(millis(now));
        Self { session_ms: Some(u64::try_from(left).unwrap_or(0)), ..Self::new() }
    }
}
