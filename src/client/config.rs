use core::num::{NonZeroU8, NonZeroU32};

use crate::value::Content;

/// Defines a setter for each field.
macro_rules! setters {
    ($($setter:ident: $field:ident: $type:ty,)*) => {$(
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub const fn $setter(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        }
    )*};
}

/// The settings of a [`Client`](super::Client).
///
/// Hosts that can send WebSocket pings start with [`with_pings`](Self::with_pings). Other hosts,
/// such as browsers, start with [`without_pings`](Self::without_pings). Times are in milliseconds.
///
/// # Valid ranges
///
/// [`Client::new`](super::Client::new) replaces values outside these ranges by the nearest bound:
///
/// | Field | Range |
/// |:---|:---|
/// | `max_code_points` | 1 to 500 |
/// | `settle_ms` | at least 1 |
/// | `connect_timeout_ms`, `token_timeout_ms`, `stable_ms` | at least 1 000 |
/// | `ping_interval_ms`, `ping_timeout_ms`, `idle_ms` | at least 1 000 |
/// | `backoff_min_ms` | at least 100 |
/// | `backoff_max_ms` | at least `backoff_min_ms` |
/// | `backoff_base_ms` | `backoff_min_ms` to `backoff_max_ms` |
/// | `refresh_floor_ms` | at least 30 000 |
/// | `refresh_jitter_percent` | at most 50 |
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{Client, Config};
///
/// const CONFIG: Config = {
///     let mut config = Config::with_pings();
///     config.max_code_points = 200;
///     config.backoff_min_ms = 90_000;
///     config
/// };
/// let client: Client = Client::new(CONFIG, *b"not random, alas");
/// assert_eq!(client.config().backoff_max_ms, 90_000, "raised from 60 s");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// The room's `maximumMessageLength`, in code points.
    ///
    /// No payload states it. Defaults to 500.
    pub max_code_points: u16,
    /// The maximum number of requests per second, over all actions.
    ///
    /// Numbers above 10 count as 10. `None` disables the limit, and the service rejects excess
    /// requests with error 429. Defaults to 10, the service's limit for a connection.
    pub requests_per_second: Option<NonZeroU8>,
    /// The time without an answer after which the client looks for evidence that a request arrived.
    ///
    /// Defaults to 5 seconds.
    pub settle_ms: u32,
    /// The timeout for opening a connection. Defaults to 30 seconds.
    pub connect_timeout_ms: u32,
    /// The timeout for fetching a token. Defaults to 30 seconds.
    pub token_timeout_ms: u32,
    can_ping: bool,
    /// The interval between pings. Ignored without pings. Defaults to 30 seconds.
    pub ping_interval_ms: u32,
    /// The timeout for a pong. Defaults to 10 seconds.
    ///
    /// It also limits the wait for evidence that a request arrived, and the extra time after a late
    /// call.
    pub ping_timeout_ms: u32,
    /// The silence after which a connection is replaced. Ignored with pings.
    ///
    /// A quiet room is silent too, and each replacement then reports a
    /// [`PossibleGap`](super::Output::PossibleGap). There are at most four replacements per hour.
    /// Defaults to `None`, which disables it.
    pub idle_ms: Option<u32>,
    /// The minimum wait after a failed attempt. Defaults to 250 milliseconds.
    pub backoff_min_ms: u32,
    /// The maximum wait after the first failed attempt. It doubles with each further failure.
    ///
    /// Defaults to 1 second. For rooms with thousands of clients, [RFC 6455, section 7.2.3]
    /// suggests 5 seconds.
    ///
    /// [RFC 6455, section 7.2.3]: https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3
    pub backoff_base_ms: u32,
    /// The maximum wait after any failed attempt, unless a server asks for more.
    ///
    /// Defaults to 60 seconds.
    pub backoff_max_ms: u32,
    /// The number of consecutive attempts that may fail without a connection.
    ///
    /// The session then ends with
    /// [`AttemptsExhausted`](super::DisconnectReason::AttemptsExhausted). Defaults to `None`, which
    /// means no limit.
    pub max_attempts: Option<NonZeroU32>,
    /// The time for which a connection must work before it is stable and resets earlier failures.
    ///
    /// With pings, the time counts up to the last pong. Defaults to 30 seconds.
    pub stable_ms: u32,
    /// The time before the end of its session at which a connection is replaced.
    ///
    /// Defaults to 120 seconds, because the timers of a background browser tab fire once a minute.
    pub refresh_lead_ms: u32,
    /// The maximum random time by which the replacement comes earlier, in percent of the session.
    ///
    /// It prevents the clients of a room from reconnecting at the same time. Defaults to 10.
    pub refresh_jitter_percent: u8,
    /// The minimum age at which a connection is replaced because its session ends.
    ///
    /// A shorter session ends first, and the client reconnects. The client fetches at most one
    /// token in this time, however wrong the host's wall clock is. Defaults to 5 minutes.
    pub refresh_floor_ms: u32,
    /// The minimum time for which a replaced connection is kept. Defaults to 10 seconds.
    pub drain_ms: u32,
}

impl Config {
    /// Creates the settings for a host that can send WebSocket pings and sees the pongs.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::Config;
    ///
    /// assert_eq!(Config::with_pings().ping_interval_ms, 30_000);
    /// ```
    #[must_use]
    pub const fn with_pings() -> Self {
        Self {
            max_code_points: Content::MAX_CODE_POINTS,
            requests_per_second: NonZeroU8::new(10),
            settle_ms: 5_000,
            connect_timeout_ms: 30_000,
            token_timeout_ms: 30_000,
            can_ping: true,
            ping_interval_ms: 30_000,
            ping_timeout_ms: 10_000,
            idle_ms: None,
            backoff_min_ms: 250,
            backoff_base_ms: 1_000,
            backoff_max_ms: 60_000,
            max_attempts: None,
            stable_ms: 30_000,
            refresh_lead_ms: 120_000,
            refresh_jitter_percent: 10,
            refresh_floor_ms: 300_000,
            drain_ms: 10_000,
        }
    }

    /// Creates the settings for a host that cannot send WebSocket pings, such as a browser.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::Config;
    ///
    /// let mut config = Config::without_pings();
    /// config.idle_ms = Some(300_000);
    /// assert!(!config.can_ping());
    /// ```
    #[must_use]
    pub const fn without_pings() -> Self {
        Self { can_ping: false, ..Self::with_pings() }
    }

    setters! {
        with_max_code_points: max_code_points: u16,
        with_requests_per_second: requests_per_second: Option<NonZeroU8>,
        with_settle_ms: settle_ms: u32,
        with_connect_timeout_ms: connect_timeout_ms: u32,
        with_token_timeout_ms: token_timeout_ms: u32,
        with_ping_interval_ms: ping_interval_ms: u32,
        with_ping_timeout_ms: ping_timeout_ms: u32,
        with_idle_ms: idle_ms: Option<u32>,
        with_backoff_min_ms: backoff_min_ms: u32,
        with_backoff_base_ms: backoff_base_ms: u32,
        with_backoff_max_ms: backoff_max_ms: u32,
        with_max_attempts: max_attempts: Option<NonZeroU32>,
        with_stable_ms: stable_ms: u32,
        with_refresh_lead_ms: refresh_lead_ms: u32,
        with_refresh_jitter_percent: refresh_jitter_percent: u8,
        with_refresh_floor_ms: refresh_floor_ms: u32,
        with_drain_ms: drain_ms: u32,
    }

    /// Returns `true` if the host can send WebSocket pings.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::client::Config;
    ///
    /// assert!(Config::with_pings().can_ping());
    /// ```
    #[must_use]
    pub const fn can_ping(&self) -> bool {
        self.can_ping
    }

    /// Returns the settings with each value clamped to its valid range.
    pub(super) const fn clamped(self) -> Self {
        let backoff_min_ms = at_least(100, self.backoff_min_ms);
        let backoff_max_ms = at_least(backoff_min_ms, self.backoff_max_ms);
        let max_code_points = match self.max_code_points {
            0 => 1,
            Content::MAX_CODE_POINTS.. => Content::MAX_CODE_POINTS,
            within => within,
        };
        Self {
            max_code_points,
            settle_ms: at_least(1, self.settle_ms),
            connect_timeout_ms: at_least(1_000, self.connect_timeout_ms),
            token_timeout_ms: at_least(1_000, self.token_timeout_ms),
            ping_interval_ms: at_least(1_000, self.ping_interval_ms),
            ping_timeout_ms: at_least(1_000, self.ping_timeout_ms),
            idle_ms: match self.idle_ms {
                Some(idle_ms) => Some(at_least(1_000, idle_ms)),
                None => None,
            },
            backoff_min_ms,
            backoff_base_ms: at_most(
                backoff_max_ms,
                at_least(backoff_min_ms, self.backoff_base_ms),
            ),
            backoff_max_ms,
            stable_ms: at_least(1_000, self.stable_ms),
            refresh_jitter_percent: if self.refresh_jitter_percent > 50 {
                50
            } else {
                self.refresh_jitter_percent
            },
            refresh_floor_ms: at_least(30_000, self.refresh_floor_ms),
            ..self
        }
    }
}

const fn at_least(least: u32, value: u32) -> u32 {
    if value < least { least } else { value }
}

const fn at_most(most: u32, value: u32) -> u32 {
    if value > most { most } else { value }
}
