use core::num::{NonZeroU8, NonZeroU32};

use crate::value::Content;

/// The settings of a [`Client`](super::Client). Times are in milliseconds.
///
/// Start with [`with_pings`](Self::with_pings) if the host can send WebSocket pings, and with
/// [`without_pings`](Self::without_pings) if it cannot, as in a browser.
///
/// [`Client::new`](super::Client::new) replaces values that cannot be right:
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// The room's `maximumMessageLength` in code points, 1 to 500. No payload states it. Defaults
    /// to 500.
    pub max_code_points: u16,
    /// How many requests the client sends in any second, all actions together: 1 to 10, where a
    /// greater number counts as 10. `None` holds nothing back; the service answers what is too much
    /// with error 429. Defaults to 10, the service's limit for a connection.
    pub requests_per_second: Option<NonZeroU8>,
    /// How long the client waits for the answer to a request before it looks for evidence that the
    /// request has arrived. Defaults to 5 s.
    pub settle_ms: u32,
    /// How long a connection may take to open. Defaults to 30 s.
    pub connect_timeout_ms: u32,
    /// How long a token fetch may take. Defaults to 30 s.
    pub token_timeout_ms: u32,
    can_ping: bool,
    /// With pings: how often the client asks for a ping. Defaults to 30 s.
    pub ping_interval_ms: u32,
    /// With pings: how long the answer to a ping may take. Defaults to 10 s.
    pub ping_timeout_ms: u32,
    /// Without pings: how long a connection may receive nothing before it is replaced, at most four
    /// times an hour. A room in which nobody speaks is silent too, and each replacement then
    /// reports a
    /// [`PossibleGap`](super::Output::PossibleGap). Defaults to `None`.
    pub idle_ms: Option<u32>,
    /// The least wait between a failed attempt and the next. Defaults to 250 ms.
    pub backoff_min_ms: u32,
    /// The longest wait after the first failed attempt; it doubles with each further failure.
    /// Defaults to 1 s. For rooms with thousands of clients, [RFC 6455, section 7.2.3] suggests 5
    /// s.
    ///
    /// [RFC 6455, section 7.2.3]: https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3
    pub backoff_base_ms: u32,
    /// The longest wait of all, unless a server asks for more. Defaults to 60 s.
    pub backoff_max_ms: u32,
    /// How many attempts in a row may fail while there is no connection. After that, the session
    /// ends with [`AttemptsExhausted`](super::DisconnectReason::AttemptsExhausted). Defaults to
    /// `None`.
    pub max_attempts: Option<NonZeroU32>,
    /// How long a connection must have worked for earlier failures to be forgotten. With pings, the
    /// answer to a ping is the proof that it has. Defaults to 30 s.
    pub stable_ms: u32,
    /// How long before the end of its session a connection is replaced. Defaults to 120 s: the
    /// timers of a browser tab in the background fire once a minute.
    pub refresh_lead_ms: u32,
    /// A random part of the session by which the replacement comes even earlier, in percent of the
    /// session's length, so that the clients of a room do not all reconnect at once. Defaults to
    /// 10.
    pub refresh_jitter_percent: u8,
    /// How long a connection must have lasted to be replaced ahead of its session's end. A session
    /// that is shorter ends before that, and the client reconnects. However wrong the host's wall
    /// clock is, the client fetches no more than one token in this time. Defaults to 5 minutes.
    pub refresh_floor_ms: u32,
    /// How long a connection that has been replaced is kept, at the least. Defaults to 10 s.
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
