//! `refresh`, for a changed network or a device that woke up.

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Client, Config, FetchError, Output};

use crate::auto_host::{AutoHost, Service};
use crate::transcript::play;

#[test]
fn a_refresh_opens_a_connection_beside_the_current_one() {
    play(
        "
        30_100   stable                        => wait 60_000
        40_000   refresh                       => ping c0 2; fetch f1; wait 50_000
        40_001   pong c0 2                     => wait 70_000
        40_010   token f1                      => c1; wait 70_000
        40_020   recv c0 message m1 of bo      => message; wait 70_000
        40_030   open c1                       => ping c0 3; replaced c0 c1; wait 50_030
        40_040   pong c0 3                     => wait 70_030
        70_030   poll                          => ping c1 1; wait 80_030
        70_040   pong c1 1                     => close c0 1000; wait 100_030
        ",
    );
    play(
        "
        set without_pings
        0        connected                     => wait 10_680_000
        40_000   refresh                       => fetch f1; wait 70_000
        40_010   token f1                      => c1; wait 70_010
        40_030   open c1                       => replaced c0 c1; wait 70_030
        70_030   poll                          => close c0 1000; possible gap; wait 10_720_030
        ",
    );
}

#[test]
fn a_failed_refresh_does_not_affect_the_connection() {
    play(
        "
        30_100   stable                        => wait 60_000
        40_000   refresh                       => ping c0 2; fetch f1; wait 50_000
        40_001   pong c0 2                     => wait 70_000
        40_002   no_token f1 for now           => wait 41_002
        41_002   poll                          => fetch f2; wait 70_000
        41_010   token f2                      => c1; wait 70_000
        41_020   closed c1 broken              => wait 42_020
        42_020   poll                          => fetch f3; wait 70_000
        42_030   no_token f3 ever              => wait 70_000
        70_000   poll                          => ping c0 3; wait 80_000
        ",
    );
}

#[test]
fn a_refresh_of_an_unstable_connection_waits() {
    play(
        "
        0        connected                     => wait 30_000
        1_000    refresh                       => ping c0 1; wait 2_000
        1_001    pong c0 1                     => wait 2_000
        2_000    poll                          => fetch f1; wait 31_000
        ",
    );
}

#[test]
fn a_refresh_right_after_opening_is_ignored() {
    play(
        "
        0        connected                     => wait 30_000
        0        refresh                       => wait 30_000
        999      refresh                       => wait 30_000
        5_000    poll                          => wait 30_000
        ",
    );
}

#[test]
fn a_refresh_of_an_ended_session_is_ignored() {
    play(
        r#"
        0        refresh                       =>
        0        connected                     => wait 30_000
        1        closed c0 1000                => state disconnected: closed 1000
        2        refresh                       =>
        10_000   refresh                       =>
        10_000   connect                       => state connecting; fetch f1; wait 40_000
        10_001   token f1                      => c1; wait 40_001
        10_002   open c1                       => state connected; possible gap; wait 40_002
        # Disconnecting.
        20_000   send "hi"                     => r0 on c1; wait 25_000
        20_001   leave                         => wait 25_000
        20_002   refresh                       => wait 25_000
        "#,
    );
    // After a permanent fetch error, no token is fetched.
    play(
        "
        0        connected                     => wait 30_000
        1_000    recv c0 error 400             => error 400; wait 30_000
        10_000   refresh                       => ping c0 1; wait 11_000
        10_001   pong c0 1                     => wait 11_000
        11_000   poll                          => fetch f1; wait 40_000
        11_001   no_token f1 ever              => wait 40_000
        20_000   refresh                       => wait 40_000
        ",
    );
}

#[test]
fn a_burst_of_refreshes_counts_as_one() {
    play(
        "
        30_100   stable                        => wait 60_000
        40_000   refresh                       => ping c0 2; fetch f1; wait 50_000
        40_001   refresh                       => wait 45_000
        40_002   pong c0 2                     => wait 45_000
        40_003   refresh                       => wait 45_000
        40_010   token f1                      => c1; wait 45_000
        40_020   refresh                       => wait 45_000
        # The connection has opened in the meantime.
        40_030   open c1                       => ping c0 3; replaced c0 c1; wait 50_030
        40_031   pong c0 3                     => wait 70_030
        40_032   refresh                       => wait 70_030
        45_000   poll                          => wait 70_030
        ",
    );
}

#[test]
fn refreshes_are_at_least_five_seconds_apart() {
    play(
        "
        30_100   stable                        => wait 60_000
        40_000   refresh                       => ping c0 2; fetch f1; wait 50_000
        40_001   pong c0 2                     => wait 70_000
        40_010   token f1                      => c1; wait 70_000
        40_030   open c1                       => ping c0 3; replaced c0 c1; wait 50_030
        40_040   pong c0 3                     => wait 70_030
        41_030   refresh                       => wait 45_000
        45_000   poll                          => ping c1 1; wait 46_000
        ",
    );
}

#[test]
fn a_stuck_token_fetch_is_restarted() {
    play(
        "
        0        connect                       => state connecting; fetch f0; wait 30_000
        1_000    refresh                       => wait 5_000
        5_000    poll                          => fetch f1; wait 35_000
        # The answer to the first fetch is late.
        5_001    token f0                      => ignored; wait 35_000
        5_002    no_token f0 ever              => wait 35_000
        5_003    token f1                      => c0; wait 35_003
        ",
    );
    play(
        "
        0        connect                       => state connecting; fetch f0; wait 30_000
        20_000   refresh                       => fetch f1; wait 50_000
        ",
    );
    // An answer in time is used.
    play(
        "
        0        connect                       => state connecting; fetch f0; wait 30_000
        1_000    refresh                       => wait 5_000
        4_000    token f0                      => c0; wait 5_000
        4_500    open c0                       => state connected; wait 34_500
        ",
    );
}

#[test]
fn a_stuck_handshake_is_restarted() {
    play(
        "
        0        connect                       => state connecting; fetch f0; wait 30_000
        10       token f0                      => c0; wait 30_010
        1_000    refresh                       => wait 5_000
        5_000    poll                          => close c0 1000; fetch f1; wait 35_000
        5_001    open c0                       => wait 35_000
        ",
    );
    // The same holds beside a connection.
    play(
        "
        30_100   stable                        => wait 60_000
        40_000   recv c0 error 401             => error 401; fetch f1; wait 60_000
        40_010   token f1                      => c1; wait 60_000
        50_000   refresh                       => close c1 1000; ping c0 2; fetch f2; wait 60_000
        ",
    );
}

#[test]
fn a_refresh_shortens_a_backoff() {
    play(
        "
        set backoff_min_ms 50_000
        0        connect                       => state connecting; fetch f0; wait 30_000
        1        no_token f0 for now           => wait 50_001
        2        refresh                       => fetch f1; wait 30_002
        3        no_token f1 for now           => wait 50_003
        # Refreshes are at least 5 s apart.
        4        refresh                       => wait 5_002
        5_002    poll                          => fetch f2; wait 35_002
        ",
    );
    play(
        "
        set backoff_min_ms 50_000
        0        connected                     => wait 30_000
        10       recv c0 error 401             => error 401; wait 30_000
        2_000    refresh                       => ping c0 1; fetch f1; wait 12_000
        ",
    );
    // `retry_after` does not apply to another network.
    play(
        "
        0        connect                       => state connecting; fetch f0; wait 30_000
        1        no_token f0 for now after 600s  => wait 601_001
        10_000   refresh                       => fetch f1; wait 40_000
        ",
    );
}

#[test]
fn a_shortened_backoff_still_counts_as_a_failure() {
    // Among many clients, the longest wait doubles with each failure.
    let mut config = Config::with_pings();
    (config.backoff_min_ms, config.backoff_base_ms) = (6_000, 6_000);
    let longest = |refreshes: u32| {
        let waits = (0..=u8::MAX).map(|seed| {
            let mut client: Client = Client::new(config, [seed; 16]);
            let mut now = Instant::from_millis(0);
            client.connect(now);
            let mut failures = 0;
            loop {
                match client.poll(now) {
                    Output::FetchToken(fetch) => {
                        client.handle_token_error(
                            now,
                            fetch,
                            FetchError::Temporary { retry_after: None },
                        );
                        failures += 1;
                    }
                    Output::Wait(Some(moment)) if failures > refreshes => {
                        return moment.as_millis() - now.as_millis();
                    }
                    Output::Wait(Some(_)) => {
                        now = Instant::from_millis(now.as_millis() + 5_000);
                        client.refresh(now);
                    }
                    _ => {}
                }
            }
        });
        waits.max().unwrap()
    };
    assert_eq!(longest(0), 6_000);
    assert!((11_000..=12_000).contains(&longest(1)));
    assert!((22_000..=24_000).contains(&longest(2)));
}

#[test]
fn continuous_refreshes_cost_at_most_a_token_every_five_seconds() {
    for config in [Config::with_pings(), Config::without_pings()] {
        let mut host = AutoHost::new(config, 1, Service::default());
        host.run_with(3_600_000, 100, Client::refresh);
        let tokens = host.moments(|output| matches!(output, Output::FetchToken(_)));
        assert!((10..=720).contains(&tokens.len()), "{}", tokens.len());
    }
}

#[test]
fn a_restarted_attempt_counts_as_a_failure() {
    // Among many clients, the longest wait after the next failure has doubled.
    let mut config = Config::with_pings();
    (config.backoff_min_ms, config.backoff_base_ms) = (1_000, 4_000);
    let at = Instant::from_millis;
    let wait_of = |seed| {
        let mut client: Client = Client::new(config, [seed; 16]);
        client.connect(at(0));
        let mut fetches = 0;
        loop {
            match client.poll(at(fetches * 5_000)) {
                Output::FetchToken(_) if fetches == 0 => {
                    fetches = 1;
                    client.refresh(at(5_000));
                }
                Output::FetchToken(fetch) => {
                    let error = FetchError::Temporary { retry_after: None };
                    client.handle_token_error(at(5_000), fetch, error);
                    return client.reconnect_at().unwrap().as_millis() - 5_000;
                }
                Output::Wait(_) => panic!("expected a restarted fetch"),
                _ => {}
            }
        }
    };
    let longest = (0..=u8::MAX).map(wait_of).max().unwrap();
    assert!((7_500..=8_000).contains(&longest), "{longest}");
}
