//! Corrections of out-of-range settings.

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Client, Config, Output, TokenInfo};

/// Returns the settings that the client uses.
fn clamped(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::with_pings();
    change(&mut config);
    let client: Client = Client::new(config, [1; 16]);
    assert_eq!(Client::<()>::unseeded(config).config(), client.config());
    *client.config()
}

#[test]
fn defaults_are_not_changed() {
    assert_eq!(clamped(|_| ()), Config::with_pings());
    let client: Client = Client::new(Config::without_pings(), [1; 16]);
    assert_eq!(*client.config(), Config::without_pings());
    assert!(Config::with_pings().can_ping() && !Config::without_pings().can_ping());
}

#[test]
fn max_code_points_is_clamped_to_1_to_500() {
    for (given, used) in [(0, 1), (1, 1), (499, 499), (500, 500), (501, 500), (u16::MAX, 500)] {
        assert_eq!(clamped(|config| config.max_code_points = given).max_code_points, used);
    }
}

#[test]
fn backoff_settings_are_ordered() {
    for (given, used) in [
        ((0, 0, 0), (100, 100, 100)),
        ((99, 50, 99), (100, 100, 100)),
        ((100, 100, 100), (100, 100, 100)),
        ((90_000, 1_000, 60_000), (90_000, 90_000, 90_000)),
        ((250, 90_000, 60_000), (250, 60_000, 60_000)),
        ((250, 100, 60_000), (250, 250, 60_000)),
        ((u32::MAX, 0, 0), (u32::MAX, u32::MAX, u32::MAX)),
        ((0, u32::MAX, u32::MAX), (100, u32::MAX, u32::MAX)),
    ] {
        let config = clamped(|config| {
            (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms) = given;
        });
        assert_eq!(
            (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms),
            used,
            "{given:?}"
        );
    }
}

#[test]
fn timeouts_have_minimums() {
    type Field = fn(&mut Config) -> &mut u32;
    let fields: [(Field, u32); 7] = [
        (|config| &mut config.connect_timeout_ms, 1_000),
        (|config| &mut config.token_timeout_ms, 1_000),
        (|config| &mut config.ping_interval_ms, 1_000),
        (|config| &mut config.ping_timeout_ms, 1_000),
        (|config| &mut config.stable_ms, 1_000),
        (|config| &mut config.refresh_floor_ms, 30_000),
        (|config| &mut config.settle_ms, 1),
    ];
    for (field, least) in fields {
        for (given, used) in [
            (0, least),
            (least - 1, least),
            (least, least),
            (least + 1, least + 1),
            (u32::MAX, u32::MAX),
        ] {
            let mut config = clamped(|config| *field(config) = given);
            assert_eq!(*field(&mut config), used);
        }
    }
    for (given, used) in [
        (None, None),
        (Some(0), Some(1_000)),
        (Some(999), Some(1_000)),
        (Some(90_000), Some(90_000)),
    ] {
        assert_eq!(clamped(|config| config.idle_ms = given).idle_ms, used);
    }
}

#[test]
fn refresh_jitter_is_at_most_50_percent() {
    for (given, used) in [(0, 0), (50, 50), (51, 50), (100, 50), (u8::MAX, 50)] {
        assert_eq!(
            clamped(|config| config.refresh_jitter_percent = given).refresh_jitter_percent,
            used
        );
    }
}

/// Tries every setting at both ends of its range, with a short session and an unknown one.
#[test]
fn poll_reaches_wait_with_every_setting() {
    for bits in 0..1_u32 << 15 {
        let is_set = |bit: u32| bits >> bit & 1 == 1;
        let end = |bit: u32| if is_set(bit) { u32::MAX } else { 0 };
        let mut config = if is_set(0) { Config::with_pings() } else { Config::without_pings() };
        config.settle_ms = end(1);
        config.connect_timeout_ms = end(2);
        config.token_timeout_ms = end(3);
        config.ping_interval_ms = end(4);
        config.ping_timeout_ms = end(5);
        config.idle_ms = is_set(6).then_some(0);
        config.backoff_min_ms = end(7);
        config.backoff_max_ms = end(8);
        config.stable_ms = end(9);
        config.refresh_lead_ms = end(10);
        config.refresh_jitter_percent = if is_set(11) { u8::MAX } else { 0 };
        config.refresh_floor_ms = end(12);
        config.drain_ms = end(13);
        let mut info = TokenInfo::new();
        info.session_ms = is_set(14).then_some(60_000);
        wait_ten_times(&mut Client::new(config, [1; 16]), info, bits);
    }
}

fn wait_ten_times(client: &mut Client<(), 2, 2>, info: TokenInfo<'_>, bits: u32) {
    let mut now = Instant::from_millis(0);
    client.connect(now);
    for _ in 0..10 {
        for calls in 0.. {
            assert!(calls < 20, "{bits:b}: no Wait");
            match client.poll(now) {
                Output::Wait(Some(moment)) => {
                    assert!(moment > now, "{bits:b}");
                    now = moment;
                    break;
                }
                Output::Wait(None) => return,
                Output::FetchToken(fetch) => {
                    let connection = client.handle_token(now, fetch, info).unwrap();
                    client.handle_open(now, connection);
                }
                _ => {}
            }
        }
    }
}
