use core::num::NonZeroU8;

use crate::capability::Capabilities;
use crate::content::Content;
use crate::time::Timestamp;

/// How a [`Client`](super::Client) behaves, where the protocol leaves that open. Times are in milliseconds.
///
/// ```
/// use ivs_chat_proto::client::Config;
///
/// const CONFIG: Config = {
///     let mut config = Config::new();
///     config.max_code_points = 200;
///     config
/// };
/// assert_eq!(CONFIG.settle_ms, 5_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// The room's `maximumMessageLength`, in code points: 1 to 500. No payload tells it. 500.
    pub max_code_points: u16,
    /// How many requests the service takes in any one second, all actions together: 1 to 10, where more is taken for 10. Without it nothing is
    /// held back, and the service answers what is too much with an error 429. 10.
    pub requests_per_second: Option<NonZeroU8>,
    /// How long to wait for the answer to a request, until it is taken for a success. 5 s.
    pub settle_ms: u32,
    /// How long a connection may take to open. 30 s.
    pub connect_timeout_ms: u32,
    /// How long a connection may be silent until it is given up. Silence is nothing received and no
    /// [`alive`](super::Client::alive): only with WebSocket pings is a room that says nothing not silent. None.
    pub idle_ms: Option<u32>,
    /// The least time between the end of an attempt and the next. 250 ms.
    pub backoff_min_ms: u32,
    /// The first wait until the next attempt is no longer than this, and each further one than twice the one before. 1 s.
    pub backoff_base_ms: u32,
    /// No wait is longer. 60 s.
    pub backoff_max_ms: u32,
    /// How long a connection must have lasted, so that what failed before it no longer counts. 30 s.
    pub stable_ms: u32,
    /// How long before the end of its session a connection is replaced. 60 s.
    pub refresh_lead_ms: u32,
    /// At random, up to so much earlier: so that a room does not reconnect all at once. 10 s.
    pub refresh_jitter_ms: u32,
    /// But not before a connection has lasted this long: if a clock is wrong, each session seems to be over at once. 30 s.
    pub refresh_floor_ms: u32,
    /// How long a connection that has been replaced is still listened to: at the least, until its requests have settled. 10 s.
    pub drain_ms: u32,
}

impl Config {
    /// What suits most: the default of each field stands at the end of its description.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_code_points: Content::MAX_CODE_POINTS,
            requests_per_second: NonZeroU8::new(10),
            settle_ms: 5_000,
            connect_timeout_ms: 30_000,
            idle_ms: None,
            backoff_min_ms: 250,
            backoff_base_ms: 1_000,
            backoff_max_ms: 60_000,
            stable_ms: 30_000,
            refresh_lead_ms: 60_000,
            refresh_jitter_ms: 10_000,
            refresh_floor_ms: 30_000,
            drain_ms: 10_000,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// What is known of a token that has been fetched; not the token, which goes into the handshake and nowhere else.
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
    /// How long the session has until its `sessionExpirationTime`. If it is not known, the service ends the session, and a
    /// new connection follows instead of coming before.
    pub session_ms: Option<u64>,
    /// What the token permits. If it is not known, everything is sent, and the service answers what it does not permit with
    /// an error 403.
    pub capabilities: Option<Capabilities>,
    /// The user's own id. If it is known, only messages of this sender are taken for an echo.
    pub user_id: Option<&'a str>,
}

impl TokenInfo<'_> {
    /// Nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self { session_ms: None, capabilities: None, user_id: None }
    }

    /// What `CreateChatToken` answers: the session ends at `session_expiration_time`, and it is `today`. If one is over
    /// already, or seems so by a clock that is wrong, nothing bad comes of it.
    ///
    /// ```
    /// use ivs_chat_proto::Timestamp;
    /// use ivs_chat_proto::client::TokenInfo;
    ///
    /// let today = Timestamp::parse("2026-11-22T10:00:00Z")?;
    /// let info = TokenInfo::until(Timestamp::parse("2026-11-22T11:00:00.250+00:00")?, today);
    /// assert_eq!(info.session_ms, Some(3_600_250));
    /// # Ok::<(), ivs_chat_proto::TimeError>(())
    /// ```
    #[must_use]
    pub fn until(session_expiration_time: Timestamp, today: Timestamp) -> Self {
        let millis = |time: Timestamp| {
            time.seconds().saturating_mul(1_000).saturating_add(i64::from(time.nanoseconds() / 1_000_000))
        };
        let left = millis(session_expiration_time).saturating_sub(millis(today));
        Self { session_ms: Some(u64::try_from(left).unwrap_or(0)), ..Self::new() }
    }
}
