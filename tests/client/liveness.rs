//! The detection and replacement of dead connections.

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Config, Output};

use crate::auto_host::{AutoHost, Service};
use crate::transcript::{play, play_each};

#[test]
fn pings_are_sent_at_the_interval() {
    play(
        "
        0        connected                  => wait 30_000
        30_000   poll                       => ping c0 1; wait 40_000
        30_050   pong c0 1                  => wait 60_000
        60_000   poll                       => ping c0 2; wait 70_000
        69_999   pong c0 2                  => wait 90_000
        ",
    );
    play(
        "
        set ping_interval_ms 7_000
        set ping_timeout_ms 2_000
        0        connected                  => wait 7_000
        7_000    poll                       => ping c0 1; wait 9_000
        7_001    pong c0 1                  => wait 14_000
        14_000   poll                       => ping c0 2; wait 16_000
        ",
    );
}

#[test]
fn the_first_ping_is_sent_in_time_to_prove_stability() {
    play(
        "
        set ping_interval_ms 240_000
        0        connected                  => wait 30_000
        30_000   poll                       => ping c0 1; wait 40_000
        30_050   pong c0 1                  => wait 270_000
        ",
    );
}

#[test]
fn without_pings_no_ping_is_requested() {
    play(
        r#"
        set without_pings
        set idle_ms 60_000
        0        connected                  => wait 60_000
        10_000   send "hi"                  => r0 on c0; wait 15_000
        15_000   poll                       => wait 40_000
        16_000   recv c0 message m1 of bo   => message; r0 assumed; wait 76_000
        35_000   refresh                    => fetch f1; wait 65_000
        "#,
    );
}

#[test]
fn pongs_that_answer_no_ping_are_ignored() {
    play_each(
        &["c0 0", "c0 2", "c0 4294967295", "c0 hello", "c0 x", "c1 1", "c9 1"],
        "
        0        connected                  => wait 30_000
        10       pong {}                    => wait 30_000
        30_000   poll                       => ping c0 1; wait 40_000
        30_010   pong {}                    => wait 40_000
        40_000   poll                       => ping c0 2; wait 41_000
        ",
    );
    // A repeated pong changes nothing.
    play(
        "
        0        connected                  => wait 30_000
        30_000   poll                       => ping c0 1; wait 40_000
        30_010   pong c0 1                  => wait 60_000
        60_000   poll                       => ping c0 2; wait 70_000
        60_001   pong c0 1                  => wait 70_000
        ",
    );
}

/// A stable connection that misses a ping at 70 s.
const MISSED: &str = "
    0        connected of me                => wait 30_000
    30_000   poll                           => ping c0 1; wait 40_000
    30_100   pong c0 1                      => wait 60_000
    60_000   poll                           => ping c0 2; wait 70_000
    70_000   poll                           => ping c0 3; fetch f1; wait 80_000
    ";

#[test]
fn a_missed_ping_leads_to_another_and_a_new_connection() {
    play(&format!(
        "{MISSED}
        70_100   token f1                   => c1; wait 80_000
        70_200   open c1                => close c0 3008; replaced c0 c1; possible gap; wait 100_200
        "
    ));
}

#[test]
fn a_second_missed_ping_drops_the_connection() {
    play(&format!(
        "{MISSED}
        80_000   poll                       => close c0 3008; state connecting; wait 100_000
        80_100   token f1                   => c1; wait 110_100
        80_200   open c1                    => state connected; possible gap; wait 110_200
        "
    ));
}

#[test]
fn a_connection_that_answers_again_stays_open() {
    // No new connection is possible.
    play(&format!(
        "{MISSED}
        70_100   no_token f1 ever           => wait 80_000
        79_999   pong c0 3                  => wait 100_000
        100_000  poll                       => ping c0 4; wait 110_000
        "
    ));
    // The old ping is answered late. The newer one has its own timeout.
    play(&format!(
        "{MISSED}
        70_100   no_token f1 ever           => wait 80_000
        70_200   pong c0 2                  => wait 80_000
        80_000   poll                       => ping c0 4; wait 90_000
        80_100   pong c0 4                  => wait 110_000
        "
    ));
    // The new connection still opens, and the old one drains.
    play(&format!(
        "{MISSED}
        70_100   pong c0 3                  => wait 100_000
        70_200   token f1                   => c1; wait 100_000
        70_300   open c1                    => ping c0 4; replaced c0 c1; wait 80_300
        "
    ));
}

#[test]
fn the_time_spent_waiting_for_an_answer_is_not_stability() {
    // An attempt counts as failed if its connection was not stable.
    for (answer, closed) in [
        ("30_001 poll => wait 40_000", "state disconnected: attempts exhausted"),
        ("30_001 pong c0 1 => wait 60_000", "state connecting; wait 40_999"),
    ] {
        play(&format!(
            "
            set max_attempts 1
            0        connected              => wait 30_000
            30_000   poll                   => ping c0 1; wait 40_000
            {answer}
            39_999   closed c0 broken       => {closed}
            "
        ));
    }
    // Only a ping sent after `stable_ms` proves stability.
    play(
        "
        set max_attempts 1
        set ping_interval_ms 20_000
        0        connected                  => wait 20_000
        20_000   poll                       => ping c0 1; wait 30_000
        20_001   pong c0 1                  => wait 40_000
        39_999   closed c0 broken           => state disconnected: attempts exhausted
        ",
    );
}

#[test]
fn without_pings_silence_replaces_but_never_drops_a_connection() {
    play(
        "
        set without_pings
        set idle_ms 60_000
        0        connected                  => wait 60_000
        # Every frame resets the limit.
        10_000   recv c0 message m1 of bo   => message; wait 70_000
        20_000   recv c0 error 400          => error 400; wait 80_000
        30_000   recv c0 garbage            => error: unexpected byte, at byte 0; wait 90_000
        # Nothing is received for a minute.
        90_000   poll                       => fetch f1; wait 120_000
        90_100   token f1                   => c1; wait 120_100
        90_200   open c1                    => replaced c0 c1; wait 120_200
        90_300   recv c0 message m2 of bo   => message; wait 120_200
        120_200  poll                       => close c0 1000; possible gap; wait 150_200
        ",
    );
    play(
        "
        set without_pings
        set idle_ms 60_000
        0        connected                  => wait 60_000
        60_000   poll                       => fetch f1; wait 90_000
        60_100   no_token f1 ever           => wait 120_000
        120_000  poll                       => wait 180_000
        180_000  poll                       => wait 240_000
        ",
    );
}

#[test]
fn without_pings_missing_evidence_replaces_the_connection() {
    play(
        r#"
        set without_pings
        0        connected                  => wait 10_680_000
        100      send "hi"                  => r0 on c0; wait 5_100
        5_100    poll                       => wait 30_100
        30_100   poll                       => r0 unknown; fetch f1; wait 60_100
        30_200   no_token f1 ever           => wait 10_800_000
        # The old connection is still usable.
        40_000   send "ho" #b               => r1 on c0; wait 45_000
        40_100   recv c0 message m1 of me #b  => message, r1 confirmed; wait 10_800_000
        # It is closed after the longest possible session.
        10_800_000  poll                    => close c0 1000; state disconnected: no token
        "#,
    );
    // A doubt is not missing evidence.
    play(
        r#"
        set without_pings
        0        connected                  => wait 10_680_000
        100      send "hi"                  => r0 on c0; wait 5_100
        200      recv c0 error 400          => error 400; wait 5_100
        5_100    poll                       => r0 unknown; wait 10_680_000
        "#,
    );
}

#[test]
fn suspect_connections_are_replaced_at_most_four_times_per_hour() {
    // A silent host.
    let mut config = Config::without_pings();
    config.idle_ms = Some(60_000);
    let mut host = AutoHost::new(config, 1, Service::default());
    host.run_until(10 * 3_600_000);
    let replaced = host.moments(|output| matches!(output, Output::Replaced { .. }));
    assert!(replaced.len() > 35, "{replaced:?}");
    assert!(most_per_hour(&replaced) <= 4, "{replaced:?}");
    assert_eq!(host.client.counters().lost_connections, 0);

    // A link that loses every other pong.
    let service = Service { answers_ping: |ping| ping % 2 == 0, ..Service::default() };
    let mut host = AutoHost::new(Config::with_pings(), 1, service);
    host.run_until(10 * 3_600_000);
    let replaced = host.moments(|output| matches!(output, Output::Replaced { .. }));
    assert!(replaced.len() > 35, "{replaced:?}");
    assert!(most_per_hour(&replaced) <= 4, "{replaced:?}");
}

/// Returns the maximum number of times within an hour.
fn most_per_hour(moments: &[Instant]) -> usize {
    let from = |start: &Instant| {
        moments.iter().filter(|it| (0..3_600_000).contains(&since(**it, *start))).count()
    };
    moments.iter().map(from).max().unwrap_or(0)
}

/// Returns the milliseconds since `start`, or a very large number if `moment` is earlier.
const fn since(moment: Instant, start: Instant) -> u64 {
    moment.as_millis().wrapping_sub(start.as_millis())
}
