//! `disconnect`, `disconnect_when_settled`, and `connect` after them.

use crate::transcript::{play, play_each};

#[test]
fn with_nothing_in_flight_the_client_disconnects_at_once() {
    play(
        "
        0       connected                        => wait 30_000
        10      leave                            => close c0 1000; state disconnected: not wanted
        20      leave                            =>
        ",
    );
    play(
        "
        0       leave                            =>
        0       connect                          => state connecting; fetch f0; wait 30_000
        1       leave                            => state disconnected: not wanted; wait 30_000
        2       connect                          => state connecting; wait 30_000
        3       token f0                         => c0; wait 30_003
        4       leave                            => close c0 1000; state disconnected: not wanted
        5       connect                          => state connecting; fetch f1; wait 30_005
        6       no_token f1 for now              => wait 1_006
        7       leave                            => state disconnected: not wanted
        ",
    );
}

#[test]
fn the_client_disconnects_with_the_last_outcome() {
    for (answer, outcome) in [
        ("recv c0 message m1 of me #b", "message, r1 confirmed"),
        ("recv c0 error 406 #b", "error 406, r1 rejected 406"),
        ("abandon r1", "r1 abandoned"),
    ] {
        play(&format!(
            r#"
            0       connected of me              => wait 30_000
            1       delete m9 #a                 => r0 on c0; wait 5_001
            2       send "b" #b                  => r1 on c0; wait 5_001
            10      leave                        => wait 5_001
            11      send "c"                     => refused: disconnecting; wait 5_001
            12      recv c0 deleted m9 as e1 #a  => event, r0 confirmed; wait 5_002
            13      {answer}             => {outcome}; close c0 1000; state disconnected: not wanted
            "#
        ));
    }
    // The last outcome is `Assumed`.
    play(
        r#"
        0       connected                        => wait 30_000
        1       send "b"                         => r0 on c0; wait 5_001
        10      leave                            => wait 5_001
        5_001   poll                             => ping c0 1; wait 15_001
        5_002   pong c0 1                        => wait 6_002
        6_002   poll                    => close c0 1000; r0 assumed; state disconnected: not wanted
        "#,
    );
    // The last outcome is `Unknown`. The suspect connection is not replaced.
    play(
        r#"
        0       connected                        => wait 30_000
        1       send "b"                         => r0 on c0; wait 5_001
        10      leave                            => wait 5_001
        5_001   poll                             => ping c0 1; wait 15_001
        15_001  poll                    => close c0 1000; r0 unknown; state disconnected: not wanted
        "#,
    );
}

#[test]
fn while_disconnecting_no_token_is_fetched() {
    play_each(
        &["broken", "1001", "3000", "1000 session expired", "1012"],
        r#"
        0       connected                        => wait 30_000
        1       send "b"                         => r0 on c0; wait 5_001
        10      leave                            => wait 5_001
        11      closed c0 {} then retry          => r0 unknown; state disconnected: not wanted
        "#,
    );
    play(
        r#"
        0       connected                        => wait 30_000
        1       send "b" #b                      => r0 on c0; wait 5_001
        10      leave                            => wait 5_001
        11      recv c0 error 401                => error 401; wait 5_001
        5_001   poll                    => close c0 1000; r0 unknown; state disconnected: not wanted
        "#,
    );
    // The current attempt is abandoned.
    play(
        r#"
        0       connected                        => wait 30_000
        1_000   refresh                          => ping c0 1; wait 2_000
        1_001   pong c0 1                        => wait 2_000
        2_000   poll                             => fetch f1; wait 31_000
        2_001   token f1                         => c1; wait 31_000
        2_002   send "b" #b                      => r0 on c0; wait 7_002
        2_003   leave                            => close c1 1000; wait 7_002
        2_004   open c1                          => wait 7_002
        2_005   recv c0 error 406 #b => error 406, r0 rejected 406;
                close c0 1000; state disconnected: not wanted
        "#,
    );
}

#[test]
fn connect_cancels_disconnect_when_settled() {
    play(
        r#"
        0       connected                        => wait 30_000
        1       send "b" #b                      => r0 on c0; wait 5_001
        10      leave                            => wait 5_001
        11      connect                          => wait 5_001
        12      send "c" #c                      => r1 on c0; wait 5_001
        13      recv c0 error 406 #b             => error 406, r0 rejected 406; wait 5_012
        14      recv c0 error 406 #c             => error 406, r1 rejected 406; wait 30_000
        "#,
    );
    // The connection has expired in the meantime.
    play(
        r#"
        0       connected                        => wait 30_000
        1       send "b" #b                      => r0 on c0; wait 5_001
        10      leave                            => wait 5_001
        11      recv c0 error 401                => error 401; wait 5_001
        12      connect                          => fetch f1; wait 5_001
        "#,
    );
}

#[test]
fn disconnect_is_immediate() {
    play(
        r#"
        0       connected                        => wait 30_000
        1       send "b" #b                      => r0 on c0; wait 5_001
        10      leave                            => wait 5_001
        11      disconnect              => close c0 1000; r0 unknown; state disconnected: not wanted
        "#,
    );
}

#[test]
fn requests_on_a_draining_connection_must_settle_too() {
    play(
        r#"
        30_100   stable                          => wait 60_000
        40_000   send "b" #b                     => r0 on c0; wait 45_000
        40_001   recv c0 error 401               => error 401; fetch f1; wait 45_000
        40_002   token f1                        => c1; wait 45_000
        40_003   open c1                     => ping c0 2; replaced c0 c1; possible gap; wait 45_000
        40_004   pong c0 2                       => wait 45_000
        40_005   leave                           => wait 45_000
        40_006   recv c0 error 406 #b => error 406, r0 rejected 406;
                close c1 1000; close c0 1000; state disconnected: not wanted
        "#,
    );
}
