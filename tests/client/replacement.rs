//! The replacement of a connection: requests, the fallback, and duplicates.

use std::collections::{HashSet, VecDeque};

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Client, Config, ConnectionId, Output, TokenInfo};

use crate::transcript::{play, play_each};

/// `c1` has replaced `c0`, which is draining and has answered all pings.
const REPLACED: &str = "
    30_100   stable of me                   => wait 60_000
    40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
    40_001   pong c0 2                      => wait 70_000
    40_010   token f1 of me                 => c1; wait 70_000
    40_020   open c1                        => ping c0 3; replaced c0 c1; wait 50_020
    40_030   pong c0 3                      => wait 70_020
    ";

#[test]
fn requests_use_the_new_connection_and_stay_on_theirs() {
    play(
        r#"
        30_100   stable of me                   => wait 60_000
        40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
        40_001   pong c0 2                      => wait 70_000
        40_002   send "old" #a                  => r0 on c0; wait 45_002
        40_010   token f1 of me                 => c1; wait 45_002
        40_020   open c1                        => ping c0 3; replaced c0 c1; wait 45_002
        40_021   send "new" #b                  => r1 on c1; wait 45_002
        # An error answers only requests of its own connection. The others may be another user's.
        40_022   recv c1 error 406 #a           => error 406; wait 45_002
        40_023   recv c0 error 406 #b           => error 406; wait 45_002
        40_024   recv c0 error 406 #a           => error 406, r0 rejected 406; wait 45_021
        # An echo may be received on either connection.
        40_025   recv c0 message m1 of me #b    => message, r1 confirmed; wait 50_020
        "#,
    );
}

#[test]
fn an_answer_is_no_evidence_on_another_connection() {
    play(
        r#"
        30_100   stable of me                   => wait 60_000
        40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
        40_001   send "old" #a                  => r0 on c0; wait 45_001
        40_010   token f1 of me                 => c1; wait 45_001
        40_020   open c1                        => ping c0 3; replaced c0 c1; wait 45_001
        40_021   send "new" #b                  => r1 on c1; wait 45_001
        40_022   recv c1 message m1 of me #b    => message, r1 confirmed; wait 45_001
        45_001   poll                           => wait 50_000
        # A pong on another connection is no evidence either.
        50_000   poll                           => wait 55_001
        55_001   poll                        => close c0 1000; r0 unknown; possible gap; wait 70_020
        "#,
    );
}

#[test]
fn the_old_connection_is_current_again_if_the_new_one_breaks() {
    play_each(
        &["broken", "1001", "3000", "1006", "1000 session expired", "4000 then retry"],
        &format!(
            r#"{REPLACED}
            40_040   send "hi"                      => r0 on c1; wait 45_040
            40_050   closed c1 {{}}            => ping c0 4; r0 unknown; replaced c1 c0; wait 41_050
            40_060   pong c0 4                      => wait 41_050
            "#
        ),
    );
}

#[test]
fn a_fallback_is_replaced_and_its_failures_do_not_count() {
    play(&format!(
        r#"
        set max_attempts 1
        {REPLACED}
        40_050   closed c1 broken               => ping c0 4; replaced c1 c0; wait 41_050
        40_060   pong c0 4                      => wait 41_050
        40_070   send "hi"                      => r0 on c0; wait 41_050
        41_050   poll                           => fetch f2; wait 45_070
        41_060   token f2                       => c2; wait 45_070
        41_070   open c2                        => ping c0 5; replaced c0 c2; wait 45_070
        "#
    ));
}

#[test]
fn an_unusable_connection_is_no_fallback() {
    // It received an error 401.
    play(&format!(
        "{REPLACED}
        40_040   recv c0 error 401              => dropped; wait 50_020
        40_050   closed c1 broken               => state connecting; wait 41_050
        41_050   poll                           => fetch f2; wait 50_020
        50_020   poll                           => close c0 1000; wait 71_050
        "
    ));
    // It missed a ping.
    play(
        "
        30_100   stable                         => wait 60_000
        40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
        40_001   pong c0 2                      => wait 70_000
        40_010   token f1                       => c1; wait 70_000
        40_020   open c1                        => ping c0 3; replaced c0 c1; wait 50_020
        50_020   poll                           => close c0 1000; possible gap; wait 70_020
        50_030   closed c1 broken               => state connecting; wait 51_030
        ",
    );
    // It is past its known end.
    play(
        "
        30_100   stable 60_000                  => wait 60_000
        40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
        40_001   pong c0 2                      => wait 70_000
        40_010   token f1                       => c1; wait 70_000
        51_000   open c1                        => ping c0 3; replaced c0 c1; wait 61_000
        51_001   pong c0 3                      => wait 61_000
        60_001   closed c1 broken               => state connecting; wait 61_000
        61_000   poll                           => close c0 1000; wait 61_001
        ",
    );
    // The new connection is stable, so the old one is closed.
    play(&format!(
        "{REPLACED}
        70_020   poll                           => ping c1 1; wait 80_020
        70_030   pong c1 1                      => close c0 1000; wait 100_020
        70_040   closed c1 broken               => state connecting; wait 71_040
        "
    ));
}

#[test]
fn the_old_connection_is_current_again_if_the_new_one_expires() {
    play(&format!(
        r#"{REPLACED}
        40_040   send "new" #b                  => r0 on c1; wait 45_040
        40_050   recv c1 error 401   => error 401; ping c0 4; ping c1 1; replaced c1 c0; wait 41_050
        40_051   pong c0 4                      => wait 41_050
        40_052   send "old" #a                  => r1 on c0; wait 41_050
        # The new connection is draining.
        40_053   recv c1 message m1 of me #b    => message, r0 confirmed; wait 41_050
        40_054   recv c1 error 401              => dropped; wait 41_050
        40_055   closed c1 1000                 => wait 41_050
        41_050   poll                           => fetch f2; wait 45_052
        "#
    ));
    // An expired old connection is not current again.
    play(&format!(
        "{REPLACED}
        40_040   recv c0 error 401              => dropped; wait 50_020
        40_050   recv c1 error 401              => error 401; wait 41_050
        40_051   closed c1 1000                 => state connecting; wait 41_050
        "
    ));
    // A stable new connection is replaced instead.
    play(&format!(
        "{REPLACED}
        70_020   poll                           => ping c1 1; wait 80_020
        70_030   pong c1 1                      => close c0 1000; wait 100_020
        70_040   recv c1 error 401              => error 401; fetch f2; wait 100_020
        "
    ));
}

#[test]
fn without_pings_the_old_connection_is_a_fallback_too() {
    play(
        "
        set without_pings
        0        connected                      => wait 10_680_000
        40_000   refresh                        => fetch f1; wait 70_000
        40_010   token f1                       => c1; wait 70_010
        40_020   open c1                        => replaced c0 c1; wait 70_020
        # Without pings, `refresh` means that the old connection may be dead.
        70_019   closed c1 broken               => replaced c1 c0; possible gap; wait 71_019
        71_019   poll                           => fetch f2; wait 101_019
        ",
    );
    play(
        "
        set without_pings
        0        connected                      => wait 10_680_000
        40_000   refresh                        => fetch f1; wait 70_000
        40_010   token f1                       => c1; wait 70_010
        40_020   open c1                        => replaced c0 c1; wait 70_020
        70_020   closed c1 broken               => close c0 1000; state connecting; wait 71_020
        ",
    );
}

#[test]
fn a_new_connection_closed_on_purpose_ends_the_session() {
    for how in [
        "1000",
        "1000 kicked",
        "1008",
        "3003",
        "4000",
        "4999",
        r#"1000 {"ErrorCode":403}"#,
        "1001 then end",
    ] {
        let code = &how[..4];
        play(&format!(
            "{REPLACED}
            40_050   closed c1 {how}             => close c0 1000; state disconnected: closed {code}
            "
        ));
    }
    // A handshake rejected with 404 ends the attempts. The current connection stays open.
    play(
        "
        30_100   stable                         => wait 60_000
        40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
        40_001   pong c0 2                      => wait 70_000
        40_010   token f1                       => c1; wait 70_000
        40_020   closed c1 http 404             => wait 70_000
        40_030   closed c0 1001                 => state disconnected: refused 404
        ",
    );
}

#[test]
fn an_error_401_of_a_replaced_connection_is_withheld() {
    let client = play(&format!(
        "{REPLACED}
        40_040   recv c0 error 401              => dropped; wait 50_020
        40_041   recv c0 error 401 #other       => dropped; wait 50_020
        # Any other error is returned.
        40_042   recv c0 error 400              => error 400; wait 50_020
        50_020   poll                           => close c0 1000; wait 70_020
        "
    ));
    assert_eq!(client.counters().unsolicited_errors, 3);
    // An error 401 that answers a request is returned.
    play(
        r#"
        30_100   stable                         => wait 60_000
        40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
        40_001   send "a" #a                    => r0 on c0; wait 45_001
        40_001   send "b" #b                    => r1 on c0; wait 45_001
        40_010   token f1                       => c1; wait 45_001
        40_020   open c1                        => ping c0 3; replaced c0 c1; wait 45_001
        40_021   recv c0 error 401 #a           => error 401, r0 rejected 401; wait 45_001
        40_022   recv c0 error 401              => dropped; wait 45_001
        # The other request is in doubt.
        40_023   pong c0 3                      => wait 45_001
        45_001   poll                           => r1 unknown; wait 50_020
        "#,
    );
}

#[test]
fn a_replaced_connection_stays_open_for_its_requests() {
    play(
        r#"
        set settle_ms 40_000
        30_100   stable of me                   => wait 60_000
        40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
        40_001   pong c0 2                      => wait 70_000
        40_002   send "old" #a                  => r0 on c0; wait 70_000
        40_010   token f1 of me                 => c1; wait 70_000
        40_020   open c1                        => ping c0 3; replaced c0 c1; wait 50_020
        40_030   pong c0 3                      => wait 70_020
        70_020   poll                           => ping c1 1; wait 80_002
        70_030   pong c1 1                      => wait 80_002
        80_001   recv c0 message m1 of me #a   => message, r0 confirmed; close c0 1000; wait 100_020
        "#,
    );
}

#[test]
fn without_pings_the_old_connection_stays_open_until_the_new_one_is_stable() {
    play(
        "
        set without_pings
        set refresh_floor_ms 30_000
        set refresh_lead_ms 20_000
        0        connected 60_000               => wait 40_000
        40_000   poll                           => fetch f1; wait 70_000
        40_010   token f1                       => c1; wait 70_010
        40_020   open c1                        => replaced c0 c1; wait 60_000
        60_000   poll                           => close c0 1000; wait 10_820_020
        ",
    );
    play(
        "
        set without_pings
        set drain_ms 50_000
        0        connected                      => wait 10_680_000
        40_000   refresh                        => fetch f1; wait 70_000
        40_010   token f1                       => c1; wait 70_010
        40_020   open c1                        => replaced c0 c1; wait 90_020
        ",
    );
}

#[test]
fn at_most_two_connections_are_open() {
    play(&format!(
        "{REPLACED}
        50_000   refresh                        => ping c1 1; wait 51_000
        50_001   pong c1 1                      => wait 51_000
        51_000   poll                           => fetch f2; wait 80_000
        51_001   token f2                       => c2; wait 80_000
        51_002   open c2                    => close c0 1000; ping c1 2; replaced c1 c2; wait 61_002
        "
    ));
}

#[test]
fn duplicates_on_two_connections_are_returned_once() {
    let client = play(
        "
        set without_pings
        0        connected                     => wait 10_680_000
        # With a single connection, duplicates are returned.
        1        recv c0 message m1 of bo      => message; wait 10_680_000
        2        recv c0 message m1 of bo      => message; wait 10_680_000
        40_000   refresh                       => fetch f1; wait 70_000
        40_001   recv c0 message m1 of bo      => message; wait 70_000
        40_002   token f1                      => c1; wait 70_002
        # The service may deliver on the new connection before the client knows that it is open.
        40_003   recv c0 message m2 of bo      => message; wait 70_002
        40_004   open c1                       => replaced c0 c1; wait 70_004
        40_005   recv c1 message m2 of bo      => dropped; wait 70_004
        40_006   recv c1 message m3 of bo      => message; wait 70_004
        40_007   recv c0 message m3 of bo      => dropped; wait 70_004
        # An event and a message may have the same identifier.
        40_008   recv c0 event quiz as m3      => event; wait 70_004
        40_009   recv c1 event quiz as m3      => dropped; wait 70_004
        # Without an identifier, duplicates are not recognized.
        40_010   recv c0 event quiz as         => event; wait 70_004
        40_010   recv c1 event quiz as         => event; wait 70_004
        # Errors are never duplicates.
        40_011   recv c0 error 400 about m3    => error 400; wait 70_004
        40_012   recv c1 error 400 about m3    => error 400; wait 70_004
        70_003   recv c0 message m4 of bo      => message; wait 70_004
        70_004   poll                          => close c0 1000; wait 10_720_004
        # The new connection may lag.
        80_003   recv c1 message m4 of bo      => dropped; wait 10_720_004
        80_004   recv c1 message m4 of bo      => message; wait 10_720_004
        ",
    );
    assert_eq!(client.counters().duplicates, 4);
}

#[test]
fn duplicates_around_a_broken_connection_are_returned_once() {
    // The old connection breaks during the handshake of the new one.
    play(
        "
        set without_pings
        0        connected                     => wait 10_680_000
        40_000   refresh                       => fetch f1; wait 70_000
        40_001   token f1                      => c1; wait 70_001
        40_002   recv c0 message m1 of bo      => message; wait 70_001
        40_003   closed c0 broken              => state connecting; wait 70_001
        69_999   open c1                       => state connected; possible gap; wait 10_749_999
        70_000   recv c1 message m1 of bo      => dropped; wait 10_749_999
        79_998   recv c1 message m1 of bo      => dropped; wait 10_749_999
        79_999   recv c1 message m1 of bo      => message; wait 10_749_999
        ",
    );
    // The new connection breaks, and the old one lags.
    play(
        "
        set without_pings
        0        connected                     => wait 10_680_000
        40_000   refresh                       => fetch f1; wait 70_000
        40_001   token f1                      => c1; wait 70_001
        40_002   open c1                       => replaced c0 c1; wait 70_002
        40_003   recv c1 message m1 of bo      => message; wait 70_002
        40_004   closed c1 broken              => replaced c1 c0; possible gap; wait 41_004
        40_005   recv c0 message m1 of bo      => dropped; wait 41_004
        ",
    );
}

/// Returns how many messages were returned, and how many of them twice.
///
/// The room sends 100 messages per second. The second connection to deliver one lags by `lag_ms`.
fn returned<const DEDUP: usize>(lag_ms: u64) -> (usize, u32) {
    let mut client: Client<(), 2, DEDUP> = Client::new(Config::without_pings(), [7; 16]);
    let mut open: Vec<ConnectionId> = Vec::new();
    let mut late: VecDeque<(u64, ConnectionId, String)> = VecDeque::new();
    let (mut seen, mut twice) = (HashSet::new(), 0);
    client.connect(Instant::from_millis(0));
    for millis in (0..200_000).step_by(10) {
        let now = Instant::from_millis(millis);
        if millis % 60_000 == 50_000 {
            client.refresh(now);
        }
        loop {
            match client.poll(now) {
                Output::FetchToken(fetch) => {
                    let connection = client.handle_token(now, fetch, TokenInfo::new()).unwrap();
                    client.handle_open(now, connection);
                    open.push(connection);
                }
                Output::Close { connection, .. } => open.retain(|it| *it != connection),
                Output::Wait(_) => break,
                _ => {}
            }
        }
        let id = millis.to_string();
        // The old connection and the new one lag alternately.
        let (first, second) = match (open.first(), open.last()) {
            (Some(old), Some(new)) if millis / 1_000 % 2 == 0 => (*old, *new),
            (Some(old), Some(new)) => (*new, *old),
            _ => continue,
        };
        let mut deliveries = vec![(first, id.clone())];
        if first != second {
            late.push_back((millis + lag_ms, second, id));
        }
        while late.front().is_some_and(|(due, ..)| *due <= millis) {
            deliveries.extend(late.pop_front().map(|(_, connection, id)| (connection, id)));
        }
        for (connection, id) in deliveries {
            let frame = format!(
                concat!(
                    r#"{{"Type":"MESSAGE","Id":"{}","Content":"…","SendTime":"","#,
                    r#""Sender":{{"UserId":"bo"}}}}"#
                ),
                id
            );
            if client.handle_message_str(now, connection, &frame).unwrap().is_some()
                && !seen.insert(id)
            {
                twice += 1;
            }
        }
    }
    assert!(client.counters().duplicates + twice > 6_000, "connections overlap");
    (seen.len(), twice)
}

#[test]
fn the_dedup_window_covers_seconds_of_lag_at_100_messages_per_second() {
    for lag_ms in [0, 1_000, 5_000, 9_900] {
        assert_eq!(returned::<1_024>(lag_ms), (20_000, 0), "{lag_ms}");
    }
    // The window must be as large as the lag times the rate.
    assert_ne!(returned::<64>(5_000).1, 0);
    assert_eq!(returned::<64>(500), (20_000, 0));
}
