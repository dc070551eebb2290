use crate::value::{Capabilities, Timestamp};

/// The known properties of a fetched token.
///
/// The token itself belongs in the handshake only. The client never receives it.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::TokenInfo;
/// use ivs_chat_proto::{Capabilities, Capability};
///
/// let info = TokenInfo::new()
///     .with_session_ms(60 * 60 * 1_000)
///     .with_capabilities(Capabilities::from([Capability::SendMessage]))
///     .with_user_id("astrid");
/// assert_eq!(info.user_id, Some("astrid"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TokenInfo<'a> {
    /// The time until the `sessionExpirationTime`, in milliseconds.
    ///
    /// If it is unknown, the client replaces the connection before the end of the longest possible
    /// session, 180 minutes, or reconnects when the service ends the session. Sessions last 1 to
    /// 180 minutes. Any other value comes from a wrong clock and counts as unknown.
    pub session_ms: Option<u64>,
    /// The capabilities of the token.
    ///
    /// If they are unknown, the client sends every request, and the service rejects those that the
    /// token does not permit with error 403.
    pub capabilities: Option<Capabilities>,
    /// The user's own ID.
    ///
    /// If it is known, only messages of this sender confirm requests, and the event that
    /// disconnects this user ends the session.
    pub user_id: Option<&'a str>,
}

impl<'a> TokenInfo<'a> {
    /// Creates a value without any known property.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::TokenInfo;
    ///
    /// assert_eq!(TokenInfo::new().session_ms, None);
    /// ```
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

    /// Creates a value from the `sessionExpirationTime` of `CreateChatToken`.
    ///
    /// `now` is the time on the host's wall clock.
    ///
    /// # Examples
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
