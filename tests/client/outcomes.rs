//! The outcomes of requests, and the evidence for them.

use crate::transcript::{play, play_each};

#[test]
fn an_answer_must_match_kind_request_id_and_target() {
    let client = play(
        r#"
        0    connected of me                       => wait 30_000
        0    delete m1 #d                          => r0 on c0; wait 5_000
        0    disconnect_user bo #k                 => r1 on c0; wait 5_000
        0    send "hi" #s                          => r2 on c0; wait 5_000
        # Another sender, wrong kinds, and other targets.
        1    recv c0 message x1 of bo #s           => message; wait 5_000
        1    recv c0 message x2 of me #d           => message; wait 5_000
        1    recv c0 deleted m2 as x3 #d           => event; wait 5_000
        1    recv c0 disconnected m1 as x4 #d      => event; wait 5_000
        1    recv c0 disconnected cy as x5 #k      => event; wait 5_000
        1    recv c0 event quiz as x6 #k           => event; wait 5_000
        1    recv c0 deleted s as x7 #s            => event; wait 5_000
        # The right ones.
        2    recv c0 deleted m1 as x8 #d           => event, r0 confirmed; wait 5_000
        2    recv c0 disconnected bo as x9 #k      => event, r1 confirmed; wait 5_000
        2    recv c0 message x0 of me #s           => message, r2 confirmed; wait 30_000
        # Each is confirmed only once.
        3    recv c0 deleted m1 as y8 #d           => event; wait 30_000
        3    recv c0 disconnected bo as y9 #k      => event; wait 30_000
        3    recv c0 message y0 of me #s           => message; wait 30_000
        "#,
    );
    assert_eq!(client.counters().mismatched, 7);
}

#[test]
fn a_service_event_without_a_request_id_confirms_the_oldest_request_about_its_target() {
    play(
        "
        0    connected of me                       => wait 30_000
        0    delete m1                             => r0 on c0; wait 5_000
        0    delete m1                             => r1 on c0; wait 5_000
        0    disconnect_user bo                    => r2 on c0; wait 5_000
        # Other targets, wrong kinds, and requests of another moderator.
        1    recv c0 deleted m2 as x1              => event; wait 5_000
        1    recv c0 disconnected cy as x2         => event; wait 5_000
        1    recv c0 disconnected m1 as x3         => event; wait 5_000
        1    recv c0 event m1 as x4                => event; wait 5_000
        1    recv c0 deleted m1 as x5 #another     => event; wait 5_000
        1    recv c0 disconnected bo as x6 #another => event; wait 5_000
        # The right ones.
        2    recv c0 deleted m1 as x7              => event, r0 confirmed; wait 5_000
        2    recv c0 disconnected bo as x8         => event, r2 confirmed; wait 5_000
        2    recv c0 deleted m1 as x9              => event, r1 confirmed; wait 30_000
        ",
    );
}

#[test]
fn a_message_without_a_request_id_confirms_nothing() {
    play(
        r#"
        0      connected of me                     => wait 30_000
        0      send "hi"                           => r0 on c0; wait 5_000
        1      recv c0 message m1 of me            => message; wait 5_000
        "#,
    );
}

#[test]
fn errors_reject_by_request_id_or_by_the_only_deletion() {
    let client = play(
        r#"
        0    connected                             => wait 30_000
        0    send "hi" #s                          => r0 on c0; wait 5_000
        0    delete m1 #d                          => r1 on c0; wait 5_000
        1    recv c0 error 429 #other              => error 429; wait 5_000
        1    recv c0 error 429                     => error 429; wait 5_000
        1    recv c0 error 429 about m2            => error 429; wait 5_000
        1    recv c0 error 406 #s                  => error 406, r0 rejected 406; wait 5_000
        2    delete m2 #e                          => r2 on c0; wait 5_000
        # Two deletions are in flight.
        2    recv c0 error 404 about m1            => error 404; wait 5_000
        2    recv c0 error 404 about m1 #e         => error 404, r2 rejected 404; wait 5_000
        2    recv c0 error 403 about m1            => error 403, r1 rejected 403; wait 30_000
        3    recv c0 error 418 #s                  => error 418; wait 30_000
        "#,
    );
    assert_eq!(client.counters().unsolicited_errors, 5);
}

#[test]
fn a_request_on_a_silent_link_is_unknown() {
    play(
        r#"
        0        connected                         => wait 30_000
        100      send "hi"                         => r0 on c0; wait 5_100
        200      delete m1                         => r1 on c0; wait 5_100
        300      disconnect_user bo                => r2 on c0; wait 5_100
        5_100    poll                              => ping c0 1; wait 5_200
        5_200    poll                              => wait 5_300
        5_300    poll                              => wait 15_100
        15_100   poll                              => ping c0 2; r0 unknown; wait 15_200
        15_200   poll                              => r1 unknown; wait 15_300
        15_300   poll                              => r2 unknown; wait 16_100
        "#,
    );
}

#[test]
fn with_pings_other_frames_are_no_evidence() {
    play(
        r#"
        0        connected                         => wait 30_000
        100      send "hi"                         => r0 on c0; wait 5_100
        4_000    recv c0 message m1 of bo          => message; wait 5_100
        5_100    poll                              => ping c0 1; wait 15_100
        6_000    recv c0 message m2 of bo          => message; wait 15_100
        15_000   recv c0 event quiz as e1          => event; wait 15_100
        15_100   poll                              => ping c0 2; r0 unknown; wait 16_100
        "#,
    );
}

#[test]
fn the_answer_to_a_ping_is_evidence() {
    play(
        r#"
        0        connected                         => wait 30_000
        100      send "hi"                         => r0 on c0; wait 5_100
        5_100    poll                              => ping c0 1; wait 15_100
        5_200    pong c0 1                         => wait 6_200
        6_200    poll                              => r0 assumed; wait 35_100
        "#,
    );
    // The pong may be late. A rejection may follow within a second.
    play(
        r#"
        0        connected                         => wait 30_000
        100      send "hi" #r                      => r0 on c0; wait 5_100
        5_100    poll                              => ping c0 1; wait 15_100
        15_099   pong c0 1                         => wait 16_099
        16_098   recv c0 error 406 #r              => error 406, r0 rejected 406; wait 35_100
        "#,
    );
    // A regular ping sent after the request is enough.
    play(
        r#"
        0        connected                         => wait 30_000
        29_999   send "hi"                         => r0 on c0; wait 30_000
        30_000   poll                              => ping c0 1; wait 34_999
        30_010   pong c0 1                         => wait 34_999
        34_999   poll                              => r0 assumed; wait 60_000
        "#,
    );
}

#[test]
fn the_answer_to_an_earlier_ping_is_no_evidence() {
    play(
        r#"
        0        connected                         => wait 30_000
        30_000   poll                              => ping c0 1; wait 40_000
        30_001   send "hi"                         => r0 on c0; wait 35_001
        35_001   poll                              => ping c0 2; wait 40_000
        35_002   pong c0 1                         => wait 45_001
        45_001   poll                              => ping c0 3; r0 unknown; fetch f1; wait 55_001
        "#,
    );
}

#[test]
fn the_answer_to_a_later_request_is_evidence() {
    for (answer, settled) in [
        ("error 406 #b", "error 406, r1 rejected 406"),
        ("message m1 of me #b", "message, r1 confirmed"),
    ] {
        play(&format!(
            r#"
            0        connected of me               => wait 30_000
            0        send "a" #a                   => r0 on c0; wait 5_000
            1        send "b" #b                   => r1 on c0; wait 5_000
            2        send "c" #c                   => r2 on c0; wait 5_000
            10       recv c0 {answer}              => {settled}; wait 5_000
            5_000    poll                          => r0 assumed; wait 5_002
            # It is no evidence for a later request.
            5_002    poll                          => ping c0 1; wait 15_002
            15_002   poll                          => ping c0 2; r2 unknown; wait 16_002
            "#
        ));
    }
    // The rejection of the earlier request may follow within a second.
    play(
        r#"
        0        connected of me                   => wait 30_000
        0        delete m1 #a                      => r0 on c0; wait 5_000
        1        send "b" #b                       => r1 on c0; wait 5_000
        4_999    recv c0 message m1 of me #b       => message, r1 confirmed; wait 5_999
        5_998    recv c0 error 403 #a              => error 403, r0 rejected 403; wait 30_000
        "#,
    );
}

#[test]
fn without_pings_a_frame_a_second_later_is_evidence() {
    play_each(
        &[
            "message m1 of bo => message",
            "event quiz as e1 => event",
            "error 429 #other => error 429",
        ],
        r#"
        set without_pings
        0        connected                         => wait 10_680_000
        0        send "hi"                         => r0 on c0; wait 5_000
        999      recv c0 {}; wait 5_000
        "#,
    );
    for (moment, outcome) in [(1_000, "assumed"), (4_999, "assumed"), (999, "waiting")] {
        let then = match outcome {
            "assumed" => "r0 assumed; wait 10_680_000",
            _ => "wait 30_000",
        };
        play(&format!(
            r#"
            set without_pings
            0        connected                       => wait 10_680_000
            0        send "hi"                       => r0 on c0; wait 5_000
            {moment} recv c0 message m1 of bo        => message; wait 5_000
            5_000    poll                            => {then}
            "#
        ));
    }
    // The frame may be received up to 30 s after the request.
    play(
        r#"
        set without_pings
        0        connected                         => wait 10_680_000
        0        send "hi"                         => r0 on c0; wait 5_000
        5_000    poll                              => wait 30_000
        29_999   recv c0 message m1 of bo          => message; r0 assumed; wait 10_680_000
        "#,
    );
    play(
        r#"
        set without_pings
        0        connected                         => wait 10_680_000
        0        send "hi"                         => r0 on c0; wait 5_000
        5_000    poll                              => wait 30_000
        30_000   poll                              => r0 unknown; fetch f1; wait 60_000
        "#,
    );
}

/// Frames that may be the rejection of any request on the connection.
const DOUBTFUL: &[(&str, &str)] = &[
    ("error 400", "error 400"),
    ("error 429 #other", "error 429"),
    ("error 404 about m9", "error 404"),
    ("error 599 about m1 #other", "error 599"),
    ("garbage", "error: unexpected byte, at byte 0"),
    (r#"{"Type":"ERROR""#, "error: unexpected end, at byte 15"),
    (r#"{"Type":"ERROR"}"#, "error: ErrorCode is missing, at byte 15"),
];

#[test]
fn after_a_possible_rejection_the_outcome_is_unknown() {
    for (frame, received) in DOUBTFUL {
        play(&format!(
            r#"
            0        connected of me               => wait 30_000
            0        send "hi"                     => r0 on c0; wait 5_000
            1        recv c0 {frame}               => {received}; wait 5_000
            # A later request is not in doubt.
            2        send "ho" #b                  => r1 on c0; wait 5_000
            3        recv c0 message m1 of me #b   => message, r1 confirmed; wait 5_000
            5_000    poll                          => r0 unknown; wait 30_000
            "#
        ));
    }
    play(
        r#"
        0        connected                         => wait 30_000
        0        send "hi"                         => r0 on c0; wait 5_000
        1        recv c0 error 401                 => error 401; wait 1_001
        1_001    poll                              => fetch f1; wait 5_000
        5_000    poll                              => r0 unknown; wait 30_000
        "#,
    );
    // An error 401 that answers one request casts doubt on the others.
    play(
        r#"
        0        connected                         => wait 30_000
        0        send "hi"                         => r0 on c0; wait 5_000
        0        send "ho" #b                      => r1 on c0; wait 5_000
        1        recv c0 error 401 #b              => error 401, r1 rejected 401; wait 1_001
        1_001    poll                              => fetch f1; wait 5_000
        5_000    poll                              => r0 unknown; wait 30_000
        "#,
    );
}

#[test]
fn in_doubt_evidence_does_not_count() {
    for (frame, received) in DOUBTFUL {
        play(&format!(
            r#"
            0        connected                     => wait 30_000
            29_000   send "hi"                     => r0 on c0; wait 30_000
            30_000   poll                          => ping c0 1; wait 34_000
            30_001   recv c0 {frame}               => {received}; wait 34_000
            30_002   pong c0 1                     => wait 34_000
            34_000   poll                          => r0 unknown; wait 60_000
            "#
        ));
        play(&format!(
            r#"
            set without_pings
            0        connected                     => wait 10_680_000
            0        send "hi"                     => r0 on c0; wait 5_000
            1        recv c0 {frame}               => {received}; wait 5_000
            2_000    recv c0 message m1 of bo      => message; wait 5_000
            5_000    poll                          => r0 unknown; wait 10_680_000
            "#
        ));
    }
}

#[test]
fn in_doubt_an_answer_still_counts() {
    for (frame, received) in DOUBTFUL {
        for (answer, settled) in [
            ("message m1 of me #r", "message, r0 confirmed"),
            ("error 406 #r", "error 406, r0 rejected 406"),
        ] {
            play(&format!(
                r#"
                0        connected of me           => wait 30_000
                0        send "hi" #r              => r0 on c0; wait 5_000
                1        recv c0 {frame}           => {received}; wait 5_000
                4_999    recv c0 {answer}          => {settled}; wait 30_000
                "#
            ));
        }
    }
}

#[test]
fn an_unknown_payload_casts_no_doubt() {
    play(
        r#"
        0        connected                         => wait 30_000
        29_000   send "hi"                         => r0 on c0; wait 30_000
        30_000   poll                              => ping c0 1; wait 34_000
        30_001   recv c0 {"Type":"PRESENCE"}       => PRESENCE; wait 34_000
        30_002   pong c0 1                         => wait 34_000
        34_000   poll                              => r0 assumed; wait 60_000
        "#,
    );
}

#[test]
fn requests_settle_when_their_connection_closes() {
    play_each(
        &["broken", "1001", "3000", "1000 session expired"],
        r#"
        0        connected                         => wait 30_000
        0        send "hi"                         => r0 on c0; wait 5_000
        4_999    closed c0 {} then retry           => r0 unknown; state connecting; wait 5_999
        5_000    recv c0 message m1 of me          => dropped; wait 5_999
        "#,
    );
    // An `Assumed` that was due before the close is reported.
    play(
        r#"
        0        connected                         => wait 30_000
        29_000   send "hi"                         => r0 on c0; wait 30_000
        30_000   poll                              => ping c0 1; wait 34_000
        30_001   pong c0 1                         => wait 34_000
        34_500   closed c0 broken                  => r0 assumed; state connecting; wait 35_500
        "#,
    );
}

/// Another user may have deleted the same message, or the answer was on another connection.
#[test]
fn an_answer_that_another_user_may_have_caused_is_no_evidence() {
    play(
        r#"
        0        connected                    => wait 30_000
        40       send "hi" #a                 => r0 on c0; wait 5_040
        50       delete m1 #d                 => r1 on c0; wait 5_040
        60       recv c0 deleted m1 as e1     => event, r1 confirmed; wait 5_040
        5_040    poll                         => ping c0 1; wait 15_040
        15_040   poll                         => ping c0 2; r0 unknown; wait 16_040
        "#,
    );
    play(
        r#"
        30_010   stable                       => wait 60_000
        30_020   send "hi" #a                 => r0 on c0; wait 35_020
        30_030   send "ho" #b                 => r1 on c0; wait 35_020
        30_040   refresh                      => ping c0 2; fetch f1; wait 35_020
        30_050   token f1                     => c1; wait 35_020
        30_060   open c1                      => ping c0 3; replaced c0 c1; wait 35_020
        # The echo is received on the new connection.
        30_070   recv c1 message m1 of me #b  => message, r1 confirmed; wait 35_020
        35_020   poll                         => wait 40_040
        40_040   poll                         => wait 45_020
        45_020   poll                     => close c0 1000; r0 unknown; possible gap; wait 60_060
        "#,
    );
}

/// The service has not answered the first deletion, so the error may be its rejection.
#[test]
fn an_error_without_request_id_does_not_reject_a_second_deletion() {
    play(
        "
        set without_pings
        0        connected                    => wait 10_680_000
        0        delete m1 #d                 => r0 on c0; wait 5_000
        0        abandon r0                   => r0 abandoned; wait 10_680_000
        1        delete m1 #e                 => r1 on c0; wait 5_001
        2        recv c0 error 404 about m1   => error 404; wait 5_001
        5_001    poll                         => r1 unknown; wait 10_680_000
        ",
    );
}
