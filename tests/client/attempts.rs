//! Attempts to connect: token fetches, waits and limits.

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, DisconnectReason, FetchError,
    Output, TokenInfo,
};
use ivs_chat_proto::publish::DeleteMessage;

use crate::auto_host::{AutoHost, Service};
use crate::transcript::{play, play_each};

#[test]
fn failed_attempts_are_retried() {
    play(
        "
        0       connect                  => state connecting; fetch f0; wait 30_000
        0       token f0                 => c0; wait 30_000
        9       closed c0 broken         => wait 1_009
        1_009   poll                     => fetch f1; wait 31_009
        1_010   no_token f1 for now      => wait 2_010
        2_010   poll                     => fetch f2; wait 32_010
        2_010   token f2                 => c1; wait 32_010
        # The handshake is not answered.
        32_010  poll                     => close c1 3008; wait 33_010
        33_010  poll                     => fetch f3; wait 63_010
        33_010  token f3                 => c2; wait 63_010
        33_011  open c0                  => wait 63_010
        33_011  open c1                  => wait 63_010
        33_011  open c2                  => state connected; wait 63_011
        ",
    );
}

#[test]
fn a_token_fetch_has_a_timeout() {
    let client = play(
        "
        0       connect                  => state connecting; fetch f0; wait 30_000
        30_000  poll                     => wait 31_000
        31_000  poll                     => fetch f1; wait 61_000
        # Late answers to the first fetch are ignored.
        31_001  token f0                 => ignored; wait 61_000
        31_002  no_token f0 ever         => wait 61_000
        31_003  token f1                 => c0; wait 61_003
        31_004  token f1                 => ignored; wait 61_003
        31_005  no_token f1 ever         => wait 61_003
        ",
    );
    assert_eq!(client.counters().token_timeouts, 1);
    // The same holds beside a connection.
    play(
        "
        set token_timeout_ms 2_000
        30_100  stable                   => wait 60_000
        40_000  recv c0 error 401        => error 401; fetch f1; wait 42_000
        42_000  poll                     => wait 43_000
        43_000  poll                     => fetch f2; wait 45_000
        43_001  token f1                 => ignored; wait 45_000
        43_002  token f2                 => c1; wait 60_000
        ",
    );
}

#[test]
fn answers_to_nonexistent_fetches_are_ignored() {
    play_each(
        &["f0", "f1", "f2", "f18446744073709551615"],
        "
        0       token {}                 => ignored
        0       no_token {} ever         =>
        0       no_token {} for now      =>
        ",
    );
    play_each(
        &["f1", "f2", "f18446744073709551615"],
        "
        0       connect                  => state connecting; fetch f0; wait 30_000
        0       token {}                 => ignored; wait 30_000
        0       no_token {} ever         => wait 30_000
        0       no_token {} for now      => wait 30_000
        ",
    );
}

#[test]
fn an_outstanding_fetch_serves_the_next_session() {
    play(
        "
        0       disconnect               =>
        0       connect                  => state connecting; fetch f0; wait 30_000
        0       connect                  => wait 30_000
        1       disconnect               => state disconnected: not wanted; wait 30_000
        2       connect                  => state connecting; wait 30_000
        3       token f0                 => c0; wait 30_003
        4       disconnect               => close c0 1000; state disconnected: not wanted
        5       open c0                  =>
        6       connect                  => state connecting; fetch f1; wait 30_006
        7       disconnect               => state disconnected: not wanted; wait 30_006
        8       token f1                 => ignored
        9       connect                  => state connecting; fetch f2; wait 30_009
        ",
    );
}

/// A connection that is not stable yet, during a refresh.
const REFRESHING: &str = "
    0       connected                => wait 30_000
    1_000   refresh                  => ping c0 1; wait 2_000
    1_001   pong c0 1                => wait 2_000
    2_000   poll                     => fetch f1; wait 31_000
    ";

#[test]
fn a_permanent_fetch_error_ends_the_session() {
    play(
        "
        0       connect                  => state connecting; fetch f0; wait 30_000
        1       no_token f0 ever         => state disconnected: no token
        2       connect                  => state connecting; fetch f1; wait 30_002
        ",
    );
    // Beside a connection, the session ends with that connection.
    play_each(
        &["broken", "1001", "3000"],
        &format!(
            "{REFRESHING}
            2_001   no_token f1 ever         => wait 31_000
            9_000   closed c0 {{}}             => state disconnected: no token
            "
        ),
    );
    play(
        "
        0       connected                => wait 30_000
        1_000   recv c0 error 401        => error 401; wait 2_000
        2_000   poll                     => fetch f1; wait 30_000
        2_001   no_token f1 ever         => close c0 1000; state disconnected: no token
        ",
    );
    play(&format!(
        "{REFRESHING}
        2_001   no_token f1 ever         => wait 31_000
        9_000   recv c0 error 401        => error 401; close c0 1000; state disconnected: no token
        "
    ));
    // The caller can connect again.
    play(&format!(
        "{REFRESHING}
        2_001   no_token f1 ever         => wait 31_000
        9_000   connect                  => fetch f2; wait 31_000
        "
    ));
}

#[test]
fn retry_after_prolongs_the_wait() {
    play(
        "
        0       connect                          => state connecting; fetch f0; wait 30_000
        1       no_token f0 for now after 20s    => wait 21_001
        21_001  poll                             => fetch f1; wait 51_001
        21_002  token f1                         => c0; wait 51_002
        21_003  closed c0 http 503 after 60s     => wait 82_003
        82_003  poll                             => fetch f2; wait 112_003
        82_004  token f2                         => c1; wait 112_004
        # `retry_after` is limited to one hour.
        82_005  closed c1 http 429 after 999999s => wait 3_683_005
        ",
    );
    play(
        "
        0       connected                        => wait 30_000
        1       closed c0 1001 after 20s         => state connecting; wait 21_001
        ",
    );
}

#[test]
fn max_attempts_limits_failures_without_a_connection() {
    play(
        "
        set max_attempts 2
        0       connect                  => state connecting; fetch f0; wait 30_000
        1       no_token f0 for now      => wait 1_001
        1_001   poll                     => fetch f1; wait 31_001
        1_002   token f1                 => c0; wait 31_002
        1_003   closed c0 http 503       => state disconnected: attempts exhausted
        # A new session counts its own attempts.
        1_004   connect                  => state connecting; fetch f2; wait 31_004
        31_004  poll                     => wait 32_004
        32_004  poll                     => fetch f3; wait 62_004
        32_005  token f3                 => c1; wait 62_005
        62_005  poll                     => close c1 3008; state disconnected: attempts exhausted
        ",
    );
    // A connection that closes before it is stable counts as a failure. A stable one does not.
    play(
        "
        set max_attempts 2
        0       connected                => wait 30_000
        1       closed c0 broken         => state connecting; wait 1_001
        1_001   poll                     => fetch f1; wait 31_001
        1_001   token f1                 => c1; wait 31_001
        1_001   open c1                  => state connected; possible gap; wait 31_001
        1_002   closed c1 broken         => state disconnected: attempts exhausted
        ",
    );
    play(
        "
        set max_attempts 2
        0       connected                => wait 30_000
        1       closed c0 broken         => state connecting; wait 1_001
        1_001   poll                     => fetch f1; wait 31_001
        1_001   token f1                 => c1; wait 31_001
        1_001   open c1                  => state connected; possible gap; wait 31_001
        31_001  poll                     => ping c1 1; wait 41_001
        31_002  pong c1 1                => wait 61_001
        31_003  closed c1 broken         => state connecting; wait 32_003
        32_003  poll                     => fetch f2; wait 62_003
        32_004  no_token f2 for now      => wait 33_004
        33_004  poll                     => fetch f3; wait 63_004
        33_005  no_token f3 for now      => state disconnected: attempts exhausted
        ",
    );
}

#[test]
fn max_attempts_does_not_count_beside_a_working_connection() {
    play(&format!(
        "
        set max_attempts 1
        {REFRESHING}
        2_001   no_token f1 for now      => wait 3_001
        3_001   poll                     => fetch f2; wait 31_000
        3_002   token f2                 => c1; wait 31_000
        3_003   closed c1 http 503       => wait 4_003
        4_003   poll                     => fetch f3; wait 31_000
        "
    ));
    // The failures beside it do not count after its end either.
    play(&format!(
        "
        set max_attempts 2
        {REFRESHING}
        2_001   no_token f1 for now      => wait 3_001
        3_001   poll                     => fetch f2; wait 31_000
        3_002   no_token f2 for now      => wait 4_002
        3_003   closed c0 broken         => state connecting; wait 4_002
        4_002   poll                     => fetch f3; wait 34_002
        4_003   no_token f3 for now      => wait 5_003
        5_003   poll                     => fetch f4; wait 35_003
        5_004   no_token f4 for now      => state disconnected: attempts exhausted
        "
    ));
    // Beside an expired connection, failures count.
    play(
        "
        set max_attempts 1
        30_100  stable                   => wait 60_000
        40_000  recv c0 error 401        => error 401; fetch f1; wait 60_000
        40_001  no_token f1 for now      => close c0 1000; state disconnected: attempts exhausted
        ",
    );
}

const fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// Polls until `Wait`, and returns its time.
fn wait(client: &mut Client, now: Instant) -> Option<Instant> {
    loop {
        if let Output::Wait(moment) = client.poll(now) {
            return moment;
        }
    }
}

/// Answers the next token fetch and opens the connection.
fn open(client: &mut Client, now: Instant, info: TokenInfo<'_>) -> ConnectionId {
    loop {
        match client.poll(now) {
            Output::FetchToken(fetch) => {
                let connection = client.handle_token(now, fetch, info).unwrap();
                client.handle_open(now, connection);
                return connection;
            }
            Output::Wait(_) => panic!("expected FetchToken"),
            _ => {}
        }
    }
}

fn connected(seed: u8, info: TokenInfo<'_>) -> (Client, ConnectionId) {
    let mut client: Client = Client::new(Config::without_pings(), [seed; 16]);
    client.connect(at(0));
    let connection = open(&mut client, at(0), info);
    (client, connection)
}

/// Returns the waits before ten failing attempts, after a connection that was open this long.
fn backoffs(seed: u8, lasted_ms: u64) -> Vec<u64> {
    let (mut client, connection) = connected(seed, TokenInfo::new());
    let mut now = at(lasted_ms);
    client.handle_close(now, connection, CloseEvent::abnormal());
    let mut waits = Vec::new();
    while waits.len() < 10 {
        match client.poll(now) {
            Output::Wait(moment) => {
                waits.push(moment.unwrap().as_millis() - now.as_millis());
                now = moment.unwrap();
            }
            // Fetches and handshakes fail alternately.
            Output::FetchToken(fetch) if waits.len() % 2 == 0 => {
                client.handle_token_error(now, fetch, FetchError::Temporary { retry_after: None });
            }
            Output::FetchToken(fetch) => {
                let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
                client.handle_close(now, connection, CloseEvent::handshake_rejected(503));
            }
            _ => {}
        }
    }
    waits
}

#[test]
fn backoff_doubles_up_to_its_limit_with_full_jitter() {
    let all: Vec<_> = (0..=u8::MAX).map(|seed| backoffs(seed, 60_000)).collect();
    for attempt in 0..10 {
        let limit = (1_000 << attempt).min(60_000);
        let waits = || all.iter().map(|waits| waits[attempt]);
        let (least, most) = (waits().min().unwrap(), waits().max().unwrap());
        assert!((250..250 + limit / 10).contains(&least), "{attempt}: {least}");
        assert!((limit - limit / 10..=limit).contains(&most), "{attempt}: {most}");
        let mean = waits().sum::<u64>() / 256;
        assert!(mean.abs_diff(u64::midpoint(250, limit)) < limit / 12, "{attempt}: {mean}");
    }
}

#[test]
fn only_a_stable_connection_resets_the_backoff() {
    let second = |lasted_ms: u64| {
        let longest = (0..=u8::MAX).map(|seed| {
            let (mut client, connection) = connected(seed, TokenInfo::new());
            client.handle_close(at(0), connection, CloseEvent::abnormal());
            let now = wait(&mut client, at(0)).unwrap();
            let connection = open(&mut client, now, TokenInfo::new());
            let now = at(now.as_millis() + lasted_ms);
            client.handle_close(now, connection, CloseEvent::abnormal());
            wait(&mut client, now).unwrap().as_millis() - now.as_millis()
        });
        longest.max().unwrap()
    };
    assert!((1_800..=2_000).contains(&second(29_999)));
    assert!((900..=1_000).contains(&second(30_000)));
}

#[test]
fn a_restart_of_the_service_spreads_its_clients_over_5_to_30_seconds() {
    let waits = |event: CloseEvent, lasted_ms: u64| {
        let wait_of = move |seed| {
            let (mut client, connection) = connected(seed, TokenInfo::new());
            let now = at(lasted_ms);
            client.handle_close(now, connection, event);
            wait(&mut client, now).unwrap().as_millis() - now.as_millis()
        };
        let mut waits: Vec<_> = (0..=u8::MAX).map(wait_of).collect();
        waits.sort_unstable();
        waits
    };
    for code in [1012, 1013] {
        for lasted_ms in [10, 100_000] {
            let waits = waits(CloseEvent::frame(code, ""), lasted_ms);
            assert!(
                (5_000..5_500).contains(&waits[0]) && (29_500..=30_000).contains(&waits[255]),
                "{waits:?}"
            );
            assert!((16_000..19_000).contains(&waits[128]), "{waits:?}");
        }
        // A longer `retry_after` is obeyed, and the clients are still spread.
        let event =
            CloseEvent::frame(code, "").with_retry_after(core::time::Duration::from_secs(100));
        let waits = waits(event, 100_000);
        assert!(
            (105_000..105_500).contains(&waits[0]) && (129_500..=130_000).contains(&waits[255]),
            "{waits:?}"
        );
    }
    for event in
        [CloseEvent::frame(1001, ""), CloseEvent::frame(1011, ""), CloseEvent::frame(1014, "")]
    {
        assert!(waits(event, 100_000)[255] <= 1_000);
    }
}

/// Returns the sorted refresh times of 1,000 clients whose sessions start together.
fn refreshes(session_ms: u64) -> Vec<u64> {
    let mut info = TokenInfo::new();
    info.session_ms = Some(session_ms);
    let refresh_of = |seed: u16| {
        let [first, second] = seed.to_be_bytes();
        let mut key = [7; 16];
        (key[0], key[1]) = (first, second);
        let mut client: Client = Client::new(Config::without_pings(), key);
        client.connect(at(0));
        open(&mut client, at(0), info);
        wait(&mut client, at(0)).map_or(u64::MAX, Instant::as_millis)
    };
    let mut moments: Vec<_> = (0..1_000).map(refresh_of).collect();
    moments.sort_unstable();
    moments
}

#[test]
fn refreshes_are_spread_in_proportion_to_the_session() {
    for session_ms in [900_000, 3_600_000, 10_800_000] {
        let moments = refreshes(session_ms);
        let (latest, spread) = (session_ms - 120_000, session_ms / 10);
        let (least, most) = (moments[0], moments[999]);
        assert!(
            (latest - spread..latest - spread + spread / 50).contains(&least),
            "{session_ms}: {least}"
        );
        assert!((latest - spread / 50..=latest).contains(&most), "{session_ms}: {most}");
        // No second has much more than the average number of refreshes.
        let fullest = (0..session_ms / 1_000)
            .map(|second| moments.iter().filter(|it| **it / 1_000 == second).count());
        let share = 1_000_000 / spread;
        assert!(fullest.max().unwrap() as u64 <= share * 3 + 8, "{session_ms}");
    }
}

#[test]
fn sessions_shorter_than_the_refresh_floor_are_not_refreshed() {
    // Such a session may be longer than stated, but not longer than 180 minutes.
    let three_hours = 10_800_000 - 120_000;
    for session_ms in [60_000, 299_999, 300_000] {
        let moments = refreshes(session_ms);
        assert!(
            moments.iter().all(|moment| (three_hours - 1_080_000..=three_hours).contains(moment))
        );
    }
    assert!(refreshes(400_000).iter().all(|moment| (300_000..400_000).contains(moment)));
}

#[test]
fn a_client_without_a_seed_stays_disconnected() {
    let config = Config::with_pings();
    let mut client: Client = Client::unseeded(config);
    client.connect(at(0));
    assert_eq!(
        client.poll(at(0)),
        Output::State(ConnectionState::Disconnected(DisconnectReason::Unseeded))
    );
    assert_eq!(client.poll(at(0)), Output::Wait(None));
    client.refresh(at(1));
    client.disconnect_when_settled(at(2));
    client.disconnect(at(2));
    wait(&mut client, at(2));
    // After `seed`, it behaves like a client that was created with the seed.
    client.seed([7; 16]);
    client.seed([8; 16]);
    let mut seeded: Client = Client::new(config, [7; 16]);
    for client in [&mut client, &mut seeded] {
        client.connect(at(3));
        open(client, at(3), TokenInfo::new());
    }
    assert_eq!(request_id(&mut client), request_id(&mut seeded));
    assert_ne!(request_id(&mut client), request_id(&mut connected(8, TokenInfo::new()).0));
}

fn request_id(client: &mut Client) -> String {
    let delete = DeleteMessage::new("m1");
    client.send(at(3), delete, (), &mut [0; 128]).unwrap().request_id.to_string()
}

#[test]
fn a_service_that_accepts_and_drops_costs_few_tokens() {
    let service = Service { session_ms: 1, ..Service::default() };
    let mut host = AutoHost::new(Config::with_pings(), 1, service);
    host.run_until(3_600_000);
    let tokens = host.moments(|output| matches!(output, Output::FetchToken(_)));
    assert!((100..250).contains(&tokens.len()), "{}", tokens.len());
}
