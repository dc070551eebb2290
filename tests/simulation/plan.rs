//! The plan of a run: a room, its network and its hosts.

use core::num::{NonZeroU8, NonZeroU32};

use ivs_chat_proto::client;
use ivs_chat_proto::mock::{
    AfterExpiry, Config, Disconnection, ExpiryReason, Faults, Probability, SessionEnd, User,
};
use ivs_chat_proto::{Capabilities, Capability};

use crate::rng::Rng;

pub(crate) const BLOCKED: &str = "spam";
pub(crate) const MINUTE_MS: u64 = 60_000;
pub(crate) const HOUR_MS: u64 = 60 * MINUTE_MS;

/// All decisions made before a run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) room: Config,
    pub(crate) service: Service,
    pub(crate) network: Network,
    pub(crate) hosts: Vec<HostPlan>,
    /// The time until all faults stop.
    pub(crate) duration_ms: u64,
    /// The minimum and the maximum time between application events.
    pub(crate) events_ms: Option<(u64, u64)>,
}

/// Faults of the service in addition to the [`Faults`] of the room. Counts are for `Rng::one_in`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Service {
    /// Whether the way in which sessions end and users are disconnected is random.
    pub(crate) has_random_end: bool,
    pub(crate) ends_early: u64,
    pub(crate) restarts: u64,
    pub(crate) user_disconnections: u64,
    /// The maximum delay between the gateway, which answers pings, and the backend, which handles
    /// publishes.
    pub(crate) backend_lag_ms: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) min_latency_ms: u64,
    pub(crate) max_latency_ms: u64,
    /// Whether connections break, which the client notices.
    pub(crate) breaks: bool,
    /// Whether links die, which the client does not notice.
    pub(crate) loses_links: bool,
    /// How often a message is cut in half.
    pub(crate) corrupts: u64,
    /// How often a handshake has no answer.
    pub(crate) loses_handshakes: u64,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub(crate) struct HostPlan {
    pub(crate) user: User,
    pub(crate) config: client::Config,
    pub(crate) is_small: bool,
    pub(crate) knows_session: bool,
    pub(crate) knows_capabilities: bool,
    pub(crate) knows_user: bool,
    /// Whether the host can read the HTTP status of a refused handshake. Browsers cannot.
    pub(crate) sees_status: bool,
    /// The error of the wall clock from which `TokenInfo::session_ms` is computed.
    pub(crate) wall_error_ms: i64,
    /// Timers fire only at multiples of this time, or exactly if it is 0.
    pub(crate) throttle_ms: u64,
    pub(crate) clock_origin_ms: u64,
    pub(crate) steps_back: bool,
    pub(crate) has_outliers: bool,
    /// The time between outlier readings, in addition to those among the user's actions.
    pub(crate) outlier_interval_ms: Option<u64>,
    pub(crate) stops_in_sleep: bool,
    /// The longest sleep.
    pub(crate) sleep_ms: Option<u64>,
    /// The time between sleeps, in addition to those among the user's actions.
    pub(crate) sleep_interval_ms: Option<u64>,
    pub(crate) refreshes_on_waking: bool,
    pub(crate) refreshes: bool,
    /// The minimum and the maximum time between random actions of the user.
    pub(crate) action_interval_ms: Option<(u64, u64)>,
    /// The time between regular messages of the user.
    pub(crate) message_interval_ms: Option<u64>,
    pub(crate) tokens: TokenPlan,
}

/// Faults of the token endpoint. Counts are for `Rng::one_in`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TokenPlan {
    pub(crate) fails: u64,
    /// How often a failure is permanent.
    pub(crate) is_permanent: u64,
    pub(crate) has_no_answer: u64,
    pub(crate) is_late: u64,
    pub(crate) retry_after_s: Option<u64>,
}

impl HostPlan {
    /// Returns a host without faults.
    pub(crate) fn healthy(name: &str, config: client::Config) -> Self {
        Self {
            user: User::new(name),
            config,
            is_small: false,
            knows_session: true,
            knows_capabilities: true,
            knows_user: true,
            sees_status: config.can_ping(),
            wall_error_ms: 0,
            throttle_ms: 0,
            clock_origin_ms: 0,
            steps_back: false,
            has_outliers: false,
            outlier_interval_ms: None,
            stops_in_sleep: false,
            sleep_ms: None,
            sleep_interval_ms: None,
            refreshes_on_waking: false,
            refreshes: false,
            action_interval_ms: None,
            message_interval_ms: None,
            tokens: TokenPlan::default(),
        }
    }
}

impl Plan {
    /// Returns a room, a service and a network without faults.
    pub(crate) fn healthy(hosts: Vec<HostPlan>) -> Self {
        let mut room = Config::new();
        room.record_accepted = false;
        Self {
            room,
            service: Service::default(),
            network: Network {
                min_latency_ms: 20,
                max_latency_ms: 120,
                breaks: false,
                loses_links: false,
                corrupts: 0,
                loses_handshakes: 0,
            },
            hosts,
            duration_ms: 6 * HOUR_MS,
            events_ms: None,
        }
    }

    /// Returns a plan with random faults.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let is_slow = rng.one_in(2);
        let faults = faults(rng, is_slow);
        let room = room(rng, faults);
        let max_latency_ms =
            if rng.one_in(4) { rng.between(300, 3_500) } else { rng.between(2, 300) };
        let network = Network {
            min_latency_ms: rng.between(1, max_latency_ms),
            max_latency_ms,
            breaks: rng.one_in(2),
            loses_links: rng.one_in(2),
            corrupts: if rng.one_in(3) { 60 } else { 0 },
            loses_handshakes: if rng.one_in(2) { 40 } else { 0 },
        };
        let mut often = |times: u64| if rng.one_in(2) { times } else { 0 };
        let service = Service {
            has_random_end: often(1) == 1,
            ends_early: often(40),
            restarts: often(80),
            user_disconnections: often(80),
            backend_lag_ms: match often(1) * often(1) {
                0 => 0,
                _ => rng.pick(&[100, 500, 900, 3_000, 8_000]),
            },
        };
        let hosts = hosts(rng, is_slow, room.max_code_points);
        let duration_ms =
            if is_slow { rng.between(20, 90) * MINUTE_MS } else { rng.between(60_000, 180_000) };
        let events_ms = match (rng.between(0, 2), is_slow) {
            (0, _) => None,
            (_, true) => Some((1_000, 60_000)),
            (_, false) => Some((100, 4_000)),
        };
        Self { room, service, network, hosts, duration_ms, events_ms }
    }
}

/// Returns half of all faults of the room, each with a random probability.
fn faults(rng: &mut Rng, is_slow: bool) -> Faults {
    let mut some = |most: u64| {
        let often = rng.between(1, most);
        Probability::of_256(u16::try_from(if rng.one_in(2) { often } else { 0 }).expect("few"))
    };
    let mut faults = Faults::none();
    faults.refuse_401 = some(60);
    faults.refuse_403 = some(60);
    faults.refuse_404 = some(4);
    faults.refuse_429 = some(40);
    faults.refuse_503 = some(60);
    faults.accept_then_drop = some(60);
    faults.shuffle = some(250);
    faults.white_space = some(100);
    faults.escape = some(100);
    faults.unknown_member = some(100);
    faults.duplicate = some(40);
    faults.duplicate_later = some(40);
    faults.delay = some(60);
    faults.fragment = some(20);
    faults.oversize = some(2);
    faults.garbage = some(30);
    faults.unknown_type = some(30);
    faults.unknown_code = some(30);
    faults.burst_429 = some(10);
    faults.error_without_request_id = some(80);
    faults.drop_after_accept = some(10);
    faults.drop = some(10);
    faults.unprompted_401 = some(if is_slow { 4 } else { 10 });
    faults.stall = some(20);
    faults.lose_pong = some(30);
    faults.retry_after_s = rng.pick(&[None, Some(1), Some(20), Some(90)]);
    faults.max_duplicate_delay_ms = u32::try_from(rng.between(1, 20_000)).expect("short");
    faults.max_delay_ms = u32::try_from(rng.between(1, 3_000)).expect("short");
    faults.max_stall_ms = u32::try_from(rng.between(1, 15_000)).expect("short");
    if faults.oversize != Probability::NEVER {
        // Fragments of oversized messages, which are dropped, would take most of the run.
        faults.fragment = Probability::NEVER;
    }
    faults
}

fn room(rng: &mut Rng, faults: Faults) -> Config {
    let mut config = Config::new();
    config.max_code_points = if rng.one_in(4) { 30 } else { 500 };
    if rng.one_in(4) {
        config.messages_per_second = NonZeroU8::new(2);
    }
    if rng.one_in(4) {
        config.requests_per_second = NonZeroU8::new(1);
    }
    config.blocked_words.push(BLOCKED.to_owned());
    config.event_has_request_id = rng.one_in(2);
    config.record_accepted = true;
    config.faults = faults;
    config
}

/// Returns up to four hosts. Two may belong to the same user.
fn hosts(rng: &mut Rng, is_slow: bool, max_code_points: u16) -> Vec<HostPlan> {
    let names: &[&str] = match rng.between(0, 4) {
        0 => &["astrid"],
        1 => &["astrid", "astrid"],
        2 => &["astrid", "bela"],
        3 => &["astrid", "bela", "bela"],
        _ => &["astrid", "bela", "chaya", "dov"],
    };
    names.iter().map(|name| host(rng, name, is_slow, max_code_points)).collect()
}

fn host(rng: &mut Rng, name: &str, is_slow: bool, max_code_points: u16) -> HostPlan {
    let mut user = User::new(name);
    let session_ms =
        if is_slow { rng.between(2, 60) * MINUTE_MS } else { rng.between(60_000, 150_000) };
    user.session_ms = u32::try_from(session_ms).expect("short");
    user.capabilities = match rng.between(0, 7) {
        0 => Capabilities::NONE,
        1 => Capabilities::NONE.with(Capability::SendMessage),
        2 => Capabilities::NONE.with(Capability::SendMessage).with(Capability::DeleteMessage),
        _ => Capabilities::ALL,
    };
    let mut config = client_config(rng);
    if rng.one_in(2) {
        config.max_code_points = max_code_points;
    }
    let can_ping = config.can_ping();
    let wall_error_ms = i64::try_from(rng.between(1, 300) * MINUTE_MS).expect("short");
    HostPlan {
        user,
        is_small: rng.one_in(4),
        knows_session: !rng.one_in(4),
        knows_capabilities: !rng.one_in(3),
        knows_user: !rng.one_in(3),
        sees_status: can_ping || rng.one_in(2),
        wall_error_ms: match rng.between(0, 7) {
            0 => wall_error_ms,
            1 => -wall_error_ms,
            2 => rng.pick(&[-30_000, 30_000, -600_000, 600_000]),
            _ => 0,
        },
        throttle_ms: if rng.one_in(if can_ping { 10 } else { 4 }) { MINUTE_MS } else { 0 },
        clock_origin_ms: rng.pick(&[0, 0, 5_000, 1_767_225_600_000, u64::MAX >> 1]),
        steps_back: rng.one_in(6),
        has_outliers: rng.one_in(10),
        outlier_interval_ms: None,
        stops_in_sleep: rng.one_in(2),
        sleep_ms: rng.one_in(3).then(|| rng.pick(&[2_000, 40_000, 20 * MINUTE_MS])),
        sleep_interval_ms: None,
        refreshes_on_waking: rng.one_in(2),
        refreshes: rng.one_in(3),
        message_interval_ms: None,
        action_interval_ms: Some(if is_slow { (500, 60_000) } else { (100, 3_000) }),
        tokens: TokenPlan {
            fails: if rng.one_in(2) { 8 } else { 0 },
            is_permanent: 8,
            has_no_answer: if rng.one_in(3) { 8 } else { 0 },
            is_late: if rng.one_in(3) { 5 } else { 0 },
            retry_after_s: rng.pick(&[None, Some(3), Some(60)]),
        },
        config,
    }
}

/// Returns the default settings, or settings with shorter timeouts.
fn client_config(rng: &mut Rng) -> client::Config {
    let mut config =
        if rng.one_in(3) { client::Config::without_pings() } else { client::Config::with_pings() };
    if rng.one_in(2) {
        config.stable_ms = 8_000;
        config.refresh_lead_ms = 20_000;
        config.refresh_floor_ms = 30_000;
        config.backoff_max_ms = 5_000;
        config.connect_timeout_ms = 10_000;
        config.token_timeout_ms = 10_000;
    }
    if rng.one_in(2) {
        config.settle_ms = 2_000;
        config.ping_interval_ms = 12_000;
        config.ping_timeout_ms = 5_000;
    }
    if rng.one_in(2) {
        config.idle_ms = Some(rng.pick(&[20_000, 90_000]));
    }
    if rng.one_in(8) {
        config.requests_per_second = None;
    }
    if rng.one_in(6) {
        config.max_attempts = NonZeroU32::new(u32::try_from(rng.between(1, 8)).expect("few"));
    }
    if rng.one_in(6) {
        config.drain_ms = rng.pick(&[0, 3_000, 30_000]);
    }
    config
}

/// Returns a random end of a session.
pub(crate) fn session_end(rng: &mut Rng) -> SessionEnd {
    let cut = u8::try_from(rng.between(0, 46)).expect("few");
    let reasons = [
        ExpiryReason::Empty,
        ExpiryReason::ConnectionExpired,
        ExpiryReason::OtherText,
        ExpiryReason::Json,
        ExpiryReason::JsonCode,
        ExpiryReason::JsonStringCode,
        ExpiryReason::LongJson,
        ExpiryReason::CutJson(cut),
    ];
    let then = match rng.between(0, 7) {
        0 => AfterExpiry::Abort,
        1 => AfterExpiry::StayOpen,
        2 => AfterExpiry::Silence,
        _ => AfterExpiry::Close { code: rng.pick(&SessionEnd::CODES), reason: rng.pick(&reasons) },
    };
    let end = SessionEnd::new(then);
    if rng.one_in(3) { end.without_error() } else { end }
}

/// Returns a random way to disconnect a user.
pub(crate) fn disconnection(rng: &mut Rng) -> Disconnection {
    let disconnection = Disconnection::new(rng.pick(&[Some(1000), Some(1001), Some(1005), None]));
    if rng.one_in(3) { disconnection.without_event() } else { disconnection }
}
