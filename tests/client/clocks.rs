//! Wrong wall clocks and monotonic clocks.

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Config, Output};

use crate::auto_host::{AutoHost, Service};
use crate::transcript::{play, play_each};

const DAY_MS: u64 = 24 * 3_600_000;

/// Returns the tokens per day if sessions last an hour and the token states `stated_ms`.
fn tokens_per_day(config: Config, stated_ms: u64) -> usize {
    let service =
        Service { session_ms: 3_600_000, stated_ms: Some(stated_ms), ..Service::default() };
    let mut host = AutoHost::new(config, 3, service);
    host.run_until(DAY_MS);
    host.moments(|output| matches!(output, Output::FetchToken(_))).len()
}

#[test]
fn a_wrong_wall_clock_costs_at_most_12_tokens_an_hour() {
    for config in [Config::with_pings(), Config::without_pings()] {
        // A correct clock costs 24. With a clock that is 59 minutes fast, a minute is left.
        assert!((24..=28).contains(&tokens_per_day(config, 3_600_000)));
        assert!((23..=25).contains(&tokens_per_day(config, 60_000)));
        for stated_ms in [
            0,
            1,
            59_999,
            60_001,
            120_000,
            299_999,
            300_000,
            300_001,
            301_000,
            330_000,
            419_999,
            420_000,
            500_000,
            1_800_000,
            3_599_000,
            3_601_000,
            7_200_000,
            10_800_000,
            10_800_001,
            1 << 40,
            u64::MAX,
        ] {
            let tokens = tokens_per_day(config, stated_ms);
            assert!((23..=12 * 24 + 1).contains(&tokens), "{stated_ms}: {tokens}");
        }
    }
}

#[test]
fn an_implausible_session_length_counts_as_unknown() {
    play_each(
        &["0", "1", "59_999", "10_800_001", "end"],
        "
        set without_pings
        0            connected {}           => wait 10_680_000
        # A close on purpose is not an expiry.
        100_000_000  closed c0 1000         => state disconnected: closed 1000
        ",
    );
    play(
        "
        set without_pings
        0            connected 10_800_000   => wait 10_680_000
        ",
    );
    play(
        "
        set without_pings
        0            connected 60_000       => wait 10_680_000
        60_000       closed c0 1000         => state connecting; wait 61_000
        ",
    );
}

#[test]
fn no_single_reading_freezes_the_client() {
    for (wild, wait) in [
        ("end", ""),
        ("18446744073709551614", ""),
        ("9223372036854775808", "; wait 9223372036854776808"),
        ("5_000_000_000", "; wait 5_000_001_000"),
    ] {
        let client = play(&format!(
            r#"
            0        connected                => wait 30_000
            10_000   poll                     => wait 30_000
            {wild}   poll                     => ping c0 1{wait}
            # No reading is later than the end of the clock, but the next one is correct again.
            # The longest possible session has ended, so the next connection is due.
            20_000   poll                     => wait 21_000
            20_100   pong c0 1                => wait 21_000
            21_000   send "hi"                => r0 on c0; fetch f1; wait 26_000
            26_000   poll                     => ping c0 2; wait 36_000
            26_100   pong c0 2                => wait 27_100
            27_100   poll                     => r0 assumed; wait 51_000
            28_000   refresh                  => ping c0 3; fetch f2; wait 38_000
            "#
        ));
        assert_eq!(client.counters().steps_back, 1);
    }
    // The first reading can be wrong too.
    play(
        "
        end          connected                =>
        0            poll                     => wait 30_000
        30_000       poll                     => ping c0 1; wait 40_000
        ",
    );
}

#[test]
fn a_clock_that_steps_back_keeps_the_remaining_time() {
    let client = play(
        r#"
        1_000_000  connected                  => wait 1_030_000
        1_001_000  send "hi"                  => r0 on c0; wait 1_006_000
        1_002_000  poll                       => wait 1_006_000
        # The clock steps back by 17 minutes. 4 s are left.
        2_000      poll                       => wait 6_000
        6_000      poll                       => ping c0 1; wait 16_000
        6_100      pong c0 1                  => wait 7_100
        0          poll                       => wait 1_000
        1_000      poll                       => r0 assumed; wait 29_900
        "#,
    );
    assert_eq!(client.counters().steps_back, 2);
}

#[test]
fn a_clock_that_only_steps_back_passes_no_time() {
    let client = play(
        "
        1_000      connect                    => state connecting; fetch f0; wait 31_000
        900        token f0 3_600_000         => c0; wait 30_900
        800        open c0                    => state connected; wait 30_800
        700        poll                       => wait 30_700
        600        poll                       => wait 30_600
        ",
    );
    assert_eq!(client.counters().steps_back, 4);
}

#[test]
fn reconnect_at_is_on_the_callers_clock() {
    let client = play(
        "
        5_000      connect                    => state connecting; fetch f0; wait 35_000
        5_001      no_token f0 for now        => wait 6_001
        3_001      poll                       => wait 4_001
        ",
    );
    assert_eq!(client.reconnect_at(), Some(Instant::from_millis(4_001)));
}
