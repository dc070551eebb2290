//! Late calls, after a sleep of the device or with throttled timers.

use ivs_chat_proto::client::{Config, Output};

use crate::auto_host::{AutoHost, Service};
use crate::transcript::play;

#[test]
fn after_a_sleep_one_ping_decides() {
    // The connection is alive.
    play(
        "
        0        connected                     => wait 30_000
        500_000  poll                          => ping c0 1; wait 510_000
        500_010  pong c0 1                     => wait 530_000
        ",
    );
    // The connection is dead.
    play(
        "
        0        connected                     => wait 30_000
        30_000   poll                          => ping c0 1; wait 40_000
        30_100   pong c0 1                     => wait 60_000
        500_000  poll                          => ping c0 2; wait 510_000
        510_000  poll                          => ping c0 3; fetch f1; wait 520_000
        510_100  token f1                      => c1; wait 520_000
        510_200  open c1                => close c0 3008; replaced c0 c1; possible gap; wait 540_200
        ",
    );
    // An answer may be unread in the socket.
    play(
        "
        0        connected                     => wait 30_000
        30_000   poll                          => ping c0 1; wait 40_000
        500_000  poll                          => ping c0 2; wait 510_000
        500_001  pong c0 1                     => wait 510_000
        500_100  pong c0 2                     => wait 530_000
        ",
    );
    // The host may read the socket before it polls.
    play(
        "
        0        connected                     => wait 30_000
        500_000  recv c0 message m1 of bo      => message; ping c0 1; wait 510_000
        ",
    );
}

#[test]
fn a_call_counts_as_late_after_more_than_a_second() {
    let client = play(
        "
        0        connected                     => wait 30_000
        30_000   poll                          => ping c0 1; wait 40_000
        41_000   poll                          => ping c0 2; wait 42_000
        ",
    );
    assert_eq!(client.counters().late, 0);
    let client = play(
        "
        0        connected                     => wait 30_000
        30_000   poll                          => ping c0 1; wait 40_000
        41_001   poll                          => ping c0 2; wait 51_001
        ",
    );
    assert_eq!(client.counters().late, 1);
}

#[test]
fn after_a_sleep_decisions_are_postponed_by_one_ping_timeout() {
    play(
        r#"
        0        connected                     => wait 30_000
        100      send "hi" #r                  => r0 on c0; wait 5_100
        500_000  poll                          => ping c0 1; wait 510_000
        500_010  recv c0 error 406 #r          => error 406, r0 rejected 406; wait 510_000
        "#,
    );
    play(
        r#"
        0        connected                     => wait 30_000
        100      send "hi"                     => r0 on c0; wait 5_100
        500_000  poll                          => ping c0 1; wait 510_000
        500_010  pong c0 1                     => wait 501_010
        501_010  poll                          => r0 assumed; wait 530_000
        "#,
    );
    // The extension is granted once, so a host that is always late gets an outcome too.
    play(
        r#"
        0        connected                     => wait 30_000
        100      send "hi"                     => r0 on c0; wait 5_100
        60_000   poll                          => ping c0 1; wait 70_000
        120_000  poll                          => ping c0 2; r0 unknown; wait 130_000
        "#,
    );
    // Evidence from before the sleep is older than the unread input.
    play(
        r#"
        0        connected                     => wait 30_000
        29_000   send "hi" #r                  => r0 on c0; wait 30_000
        30_000   poll                          => ping c0 1; wait 34_000
        30_010   pong c0 1                     => wait 34_000
        500_000  poll                          => ping c0 2; wait 510_000
        500_010  recv c0 error 406 #r          => error 406, r0 rejected 406; wait 510_000
        "#,
    );
}

#[test]
fn without_pings_decisions_are_postponed_too() {
    play(
        r#"
        set without_pings
        0        connected                     => wait 10_680_000
        100      send "hi" #r                  => r0 on c0; wait 5_100
        60_000   poll                          => wait 70_000
        60_010   recv c0 error 406 #r          => error 406, r0 rejected 406; wait 10_680_000
        "#,
    );
    // No input was unread, and silence is no evidence.
    play(
        r#"
        set without_pings
        0        connected                     => wait 10_680_000
        100      send "hi" #r                  => r0 on c0; wait 5_100
        60_000   poll                          => wait 70_000
        70_000   poll                          => wait 70_001
        70_001   poll                          => r0 unknown; fetch f1; wait 100_001
        "#,
    );
}

#[test]
fn without_pings_a_long_sleep_causes_a_refresh() {
    play(
        "
        set without_pings
        set idle_ms 60_000
        0        connected                     => wait 60_000
        50_000   recv c0 message m1 of bo      => message; wait 110_000
        200_001  recv c0 message m2 of bo      => message; fetch f1; wait 230_001
        200_100  token f1                      => c1; wait 230_100
        200_200  open c1                       => replaced c0 c1; wait 230_200
        ",
    );
    // A throttled timer of a background tab, which fires once a minute, is not a sleep.
    play(
        "
        set without_pings
        set idle_ms 60_000
        0        connected                     => wait 60_000
        50_000   recv c0 message m1 of bo      => message; wait 110_000
        200_000  recv c0 message m2 of bo      => message; wait 260_000
        ",
    );
}

#[test]
fn a_sleep_extends_the_overlap() {
    play(
        "
        set without_pings
        set refresh_floor_ms 30_000
        0        connected 180_000             => wait 60_000
        60_000   poll                          => fetch f1; wait 90_000
        60_000   token f1 3_600_000            => c1; wait 90_000
        60_001   open c1                       => replaced c0 c1; wait 90_001
        60_002   recv c0 message m1 of bo      => message; wait 90_001
        # The device sleeps for two minutes.
        200_000  poll                          => fetch f2; wait 210_000
        200_001  recv c1 message m1 of bo      => dropped; wait 210_000
        200_002  recv c0 message m2 of bo      => message; wait 210_000
        210_000  poll                          => close c0 1000; wait 230_000
        ",
    );
    // After a throttled timer, all input since the last call has been received.
    play(
        "
        set without_pings
        set refresh_floor_ms 30_000
        0        connected 180_000             => wait 60_000
        60_000   poll                          => fetch f1; wait 90_000
        60_000   token f1 3_600_000            => c1; wait 90_000
        60_001   open c1                       => replaced c0 c1; wait 90_001
        120_000  poll                          => close c0 1000; wait 3_540_000
        ",
    );
    // With pings, a throttled timer is not distinguished from a sleep.
    play(
        "
        set refresh_floor_ms 30_000
        0        connected 180_000             => wait 30_000
        30_000   poll                          => ping c0 1; wait 40_000
        30_100   pong c0 1                     => wait 60_000
        60_000   poll                          => ping c0 2; fetch f1; wait 70_000
        60_001   pong c0 2                     => wait 90_000
        60_002   token f1 3_600_000            => c1; wait 90_000
        60_003   open c1                       => ping c0 3; replaced c0 c1; wait 70_003
        61_000   pong c0 3                     => wait 90_003
        90_003   poll                          => ping c1 1; wait 100_003
        300_000  pong c1 1                     => ping c1 2; ping c0 4; wait 310_000
        ",
    );
}

/// Returns the time at which a connection that is always dead is replaced or dropped.
fn given_up_after(config: Config, timer_ms: u64) -> u64 {
    let mut host =
        AutoHost::new(config, 1, Service { answers_ping: |_| false, ..Service::default() });
    host.timer_ms = timer_ms;
    host.run_until(3_600_000);
    let given_up =
        host.moments(|output| matches!(output, Output::Replaced { .. } | Output::Close { .. }));
    given_up.first().expect("a close").as_millis()
}

#[test]
fn throttled_timers_do_not_keep_a_dead_connection() {
    let mut config = Config::without_pings();
    config.idle_ms = Some(90_000);
    assert!(given_up_after(config, 1) <= 92_000);
    assert!(given_up_after(config, 60_000) <= 120_000);
    assert!(given_up_after(Config::with_pings(), 1) <= 60_000);
    assert!(given_up_after(Config::with_pings(), 60_000) <= 240_000);
}

#[test]
fn throttled_timers_do_not_replace_a_healthy_connection() {
    for config in [Config::with_pings(), Config::without_pings()] {
        let service =
            Service { stated_ms: Some(3_600_000), session_ms: 3_600_000, ..Service::default() };
        let mut host = AutoHost::new(config, 1, service);
        host.timer_ms = 60_000;
        host.run_until(10 * 3_600_000);
        let tokens = host.moments(|output| matches!(output, Output::FetchToken(_)));
        assert!((10..=12).contains(&tokens.len()), "{tokens:?}");
        assert!(
            host.moments(|output| matches!(output, Output::PossibleGap)).is_empty(),
            "{:?}",
            host.outputs
        );
        assert_eq!(host.client.counters().lost_connections, 0);
    }
}
