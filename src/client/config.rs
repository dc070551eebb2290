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

/// The settings of a [`Client`](super::Client). Times are in milliseconds.
///
/// Start with [`with_pings`](Self::with_pings) if the host can send WebSocket pings, and with
/// [`without_pings`](Self::without_pings) if it cannot, as in a browser.
///
/// [`Client::new`](super::Client::new) clamps values that are out of range:
///
/// - `max_code_points` is at least 1 and at most 500;
/// - `backoff_min_ms` is at least 100 ms, `backoff_max_ms` at least `backoff_min_ms`, and
///   `backoff_base_ms` lies between the two;
/// - `settle_ms` is at least 1 ms;
/// - `connect_timeout_ms`, `token_timeout_ms`, `ping_interval_ms`, `ping_timeout_ms`, `idle_ms` and
///   `stable_ms` are at least 1 s;
/// - `refresh_floor_ms` is at least 30 s;
/// - `refresh_jitter_percent` is at most 50.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{Client, Config};
///
/// const CONFIG: Config =
///     Config::with_pings().with_max_code_points(200).with_backoff_min_ms(90_000);
///
/// let client: Client = Client::new(CONFIG, *b"not random, alas");
/// assert_eq!(client.config().backoff_max_ms, 90_000, "raised from 60 s");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// The room's `maximumMessageLength`, from 1 to 500 code points. Defaults to 500.
    ///
    /// No payload states it.
    pub max_code_points: u16,
    /// The maximum number of requests in any second, over all actions. Defaults to 10, the
    /// service's limit for a connection.
    ///
    /// A greater number counts as 10. With `None`, the client does not limit the rate, and the
    /// service answers excess requests with error 429.
    pub requests_per_second: Option<NonZeroU8>,
    /// The time to wait for the answer to a request before the client looks for evidence that the
    /// request has arrived. Defaults to 5 s.
    pub settle_ms: u32,
    /// The time that a connection may take to open. Defaults to 30 s.
    pub connect_timeout_ms: u32,
    /// The time that a token fetch may take. Defaults to 30 s.
    pub token_timeout_ms: u32,
    can_ping: bool,
    /// With pings: the interval between pings. Defaults to 30 s.
    pub ping_interval_ms: u32,
    /// With pings: the time that a pong may take. Defaults to 10 s.
    pub ping_timeout_ms: u32,
    /// Without pings: the time without a received frame after which a connection is replaced, at
    /// most four times per hour. Defaults to `None`.
    ///
    /// A quiet room is silent too, and each replacement then reports a
    /// [`PossibleGap`](super::Output::PossibleGap).
    pub idle_ms: Option<u32>,
    /// The minimum wait after a failed attempt. Defaults to 250 ms.
    pub backoff_min_ms: u32,
    /// The maximum wait after the first failed attempt. It doubles with each failure. Defaults to
    /// 1 s.
    ///
    /// For rooms with thousands of clients, [RFC 6455, section 7.2.3] suggests 5 s.
    ///
    /// [RFC 6455, section 7.2.3]: https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3
    pub backoff_base_ms: u32,
    /// The maximum wait, unless a server requests a longer one. Defaults to 60 s.
    pub backoff_max_ms: u32,
    /// The number of consecutive failed attempts, while there is no connection, after which the
    /// session ends with [`AttemptsExhausted`](super::DisconnectReason::AttemptsExhausted). Defaults
    /// to `None`.
    pub max_attempts: Option<NonZeroU32>,
    /// The time for which a connection must have worked until earlier failures no longer count.
    /// Defaults to 30 s.
    ///
    /// With pings, the answer to a ping proves that it works.
    pub stable_ms: u32,
    /// The time before the end of its session at which a connection is replaced. Defaults to
    /// 120 s, because the timers of a background browser tab fire only once per minute.
    pub refresh_lead_ms: u32,
    /// The maximum random time by which the replacement is earlier, in percent of the session's
    /// length. Defaults to 10.
    ///
    /// It prevents the clients of a room from reconnecting at the same time.
    pub refresh_jitter_percent: u8,
    /// The minimum age of a connection that is replaced ahead of its session's end. Defaults to 5
    /// minutes.
    ///
    /// A shorter session ends first, and the client reconnects. However wrong the host's wall clock
    /// is, the client fetches at most one token in this time.
    pub refresh_floor_ms: u32,
    /// The minimum time for which a replaced connection is kept. Defaults to 10 s.
    pub drain_ms: u32,
}

impl Config {
    /// Creates the settings for a host that can send WebSocket pings and sees the pongs.
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
    #[must_use]
    pub const fn can_ping(&self) -> bool {
        self.can_ping
    }

    /// Returns the settings with every value replaced that cannot be right.
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
