//! The consequences of a closed connection.

use crate::transcript::{play, play_each};

/// The plausible ways to close a connection after an error 401.
const CLOSES_AFTER_EXPIRY: &[&str] = &[
    "broken",
    "1000",
    "1001",
    "1005",
    "1006",
    "1008",
    "3000",
    "3003",
    "4001",
    "4999",
    "1000 goodbye",
    "1008 policy violation",
    "4001 removed by a moderator",
    r#"1000 {"ErrorCode":401,"ErrorMessage":"connection expired"}"#,
    r#"1008 {"ErrorCode":403,"ErrorMessage":"denied"}"#,
    r#"4001 {"ErrorCode":401,"ErrorMessage":"connection ex"#,
    "3003 {",
];

#[test]
fn a_close_after_error_401_is_an_expiry() {
    play_each(
        CLOSES_AFTER_EXPIRY,
        "
        0       connected               => wait 30_000
        10      recv c0 error 401       => error 401; wait 1_010
        11      closed c0 {}            => state connecting; wait 1_010
        1_010   poll                    => fetch f1; wait 31_010
        1_020   token f1                => c1; wait 31_020
        1_030   open c1                 => state connected; possible gap; wait 31_030
        ",
    );
}

#[test]
fn the_current_attempt_survives_a_close_after_error_401() {
    play_each(
        CLOSES_AFTER_EXPIRY,
        "
        30_100  stable                  => wait 60_000
        30_200  recv c0 error 401       => error 401; fetch f1; wait 60_000
        30_300  closed c0 {}            => state connecting; wait 60_200
        30_400  token f1                => c1; wait 60_400
        30_500  open c1                 => state connected; possible gap; wait 60_500
        ",
    );
    play_each(
        CLOSES_AFTER_EXPIRY,
        "
        30_100  stable                  => wait 60_000
        30_200  recv c0 error 401       => error 401; fetch f1; wait 60_000
        30_300  token f1                => c1; wait 60_000
        30_400  closed c0 {}            => state connecting; wait 60_300
        30_500  open c1                 => state connected; possible gap; wait 60_500
        ",
    );
}

#[test]
fn the_caller_can_end_an_expired_session() {
    for (how, code) in [("broken", 1006), ("1000", 1000), ("1001 bye", 1001), ("4001", 4001)] {
        play(&format!(
            "
            0       connected                  => wait 30_000
            10      recv c0 error 401          => error 401; wait 1_010
            11      closed c0 {how} then end   => state disconnected: closed {code}
            "
        ));
        play(&format!(
            "
            0       connected                  => wait 30_000
            10      recv c0 error 401          => error 401; wait 1_010
            1_010   poll                       => fetch f1; wait 30_000
            1_020   token f1                   => c1; wait 30_000
            1_030   closed c0 {how} then end   => close c1 1000; state disconnected: closed {code}
            "
        ));
    }
}

#[test]
fn the_disconnection_of_this_user_ends_an_expired_session() {
    play(
        "
        0       connected of me                  => wait 30_000
        10      recv c0 error 401                => error 401; wait 1_010
        20      recv c0 disconnected me as e1 => event;
                close c0 1000; state disconnected: disconnected user
        30      closed c0 1001                   =>
        ",
    );
}

#[test]
fn a_close_after_the_known_end_is_an_expiry() {
    play_each(
        CLOSES_AFTER_EXPIRY,
        "
        30_100  stable 60_000           => wait 60_000
        60_000  closed c0 {}            => state connecting; wait 61_000
        ",
    );
    play(
        "
        30_100  stable 60_000           => wait 60_000
        59_999  closed c0 1000          => state disconnected: closed 1000
        ",
    );
}

#[test]
fn a_close_whose_reason_states_expiry_is_an_expiry() {
    for code in [1000, 1008, 3000, 3003, 4001] {
        play_each(
            &[
                "connection expired",
                "session expired",
                "token expired",
                r#"{"ErrorCode":401,"ErrorMessage":"connection expired"}"#,
                r#"{"ErrorCode":"401"}"#,
                r#"{"ErrorMessage":"The session has expired."}"#,
                r#"{"ErrorMessage":"session exp"#,
                r#"{"ErrorCode":401,"ErrorM"#,
            ],
            &format!(
                "
                0   connected                => wait 30_000
                2   closed c0 {code} {{}}    => state connecting; wait 1_002
                "
            ),
        );
    }
}

#[test]
fn the_text_of_a_moderator_is_not_searched() {
    play_each(
        &[
            "your trial has expired",
            "session expired, says the moderator",
            "401",
            r#"{"ErrorCode":403,"ErrorMessage":"kicked"}"#,
            r#"{"ErrorCode":403,"ErrorMessage":"kick"#,
        ],
        "
        0   connected           => wait 30_000
        2   closed c0 1000 {}   => state disconnected: closed 1000
        ",
    );
}

#[test]
fn a_refused_token_is_replaced_once() {
    for (how, reason) in
        [("http 401", "refused 401"), ("http 403", "refused 403"), ("3000", "closed 3000")]
    {
        play(&format!(
            "
            0   connect            => state connecting; fetch f0; wait 30_000
            0   token f0           => c0; wait 30_000
            1   closed c0 {how}    => fetch f1; wait 30_001
            2   token f1           => c1; wait 30_002
            3   closed c1 {how}    => state disconnected: {reason}
            # A new session may replace its token again.
            4   connect            => state connecting; fetch f2; wait 30_004
            4   token f2           => c2; wait 30_004
            5   closed c2 {how}    => fetch f3; wait 30_005
            "
        ));
    }
    play(
        "
        0   connected           => wait 30_000
        1   closed c0 3000      => state connecting; fetch f1; wait 30_001
        2   token f1            => c1; wait 30_002
        3   closed c1 http 403  => state disconnected: refused 403
        ",
    );
}

#[test]
fn after_a_stable_connection_a_refused_token_is_replaced_again() {
    play(
        "
        0       connect              => state connecting; fetch f0; wait 30_000
        0       token f0             => c0; wait 30_000
        0       closed c0 http 403   => fetch f1; wait 30_000
        0       token f1             => c1; wait 30_000
        0       open c1              => state connected; wait 30_000
        30_000  poll                 => ping c1 1; wait 40_000
        30_001  pong c1 1            => wait 60_000
        30_002  closed c1 broken     => state connecting; wait 31_002
        31_002  poll                 => fetch f2; wait 61_002
        31_002  token f2             => c2; wait 61_002
        31_003  closed c2 http 401   => fetch f3; wait 61_003
        31_004  token f3             => c3; wait 61_004
        # The next connection closes before it is stable.
        31_005  open c3              => state connected; possible gap; wait 61_005
        31_006  closed c3 broken     => state connecting; wait 32_006
        32_006  poll                 => fetch f4; wait 62_006
        32_006  token f4             => c4; wait 62_006
        32_007  closed c4 http 403   => state disconnected: refused 403
        ",
    );
}

#[test]
fn a_refusal_beside_a_working_connection_does_not_count() {
    play_each(
        &["http 401", "http 403", "3000"],
        "
        30_100  stable               => wait 60_000
        40_000  refresh              => ping c0 2; fetch f1; wait 50_000
        40_001  pong c0 2            => wait 70_000
        40_010  token f1             => c1; wait 70_000
        40_020  closed c1 {}         => wait 41_020
        41_020  poll                 => fetch f2; wait 70_000
        41_030  token f2             => c2; wait 70_000
        41_040  closed c2 {}         => wait 42_040
        # Without a connection, a refused token is still replaced once.
        42_040  poll                 => fetch f3; wait 70_000
        42_050  closed c0 broken     => state connecting; wait 72_040
        42_060  token f3             => c3; wait 72_060
        42_070  closed c3 {}         => fetch f4; wait 72_070
        ",
    );
}

#[test]
fn closes_on_purpose_end_the_session() {
    for (how, reason) in [
        ("http 404", "refused 404"),
        ("http 503 then end", "refused 503"),
        ("broken then end", "closed 1006"),
    ] {
        play(&format!(
            "
            0  connect          => state connecting; fetch f0; wait 30_000
            0  token f0         => c0; wait 30_000
            1  closed c0 {how}  => state disconnected: {reason}
            "
        ));
    }
    for (how, code) in [
        ("1000", 1000),
        ("1000 removed by a moderator", 1000),
        (r#"1008 {"ErrorCode":403}"#, 1008),
        ("3003", 3003),
        ("4000", 4000),
        ("4999", 4999),
        ("1012 then end", 1012),
    ] {
        play(&format!(
            r#"
            0  connected        => wait 30_000
            1  send "hi"        => r0 on c0; wait 5_001
            2  closed c0 {how}  => r0 unknown; state disconnected: closed {code}
            "#
        ));
    }
}

#[test]
fn all_other_closes_are_retried() {
    play_each(
        &[
            "http 400",
            "http 408",
            "http 429",
            "http 500",
            "http 503",
            "broken",
            "1001",
            "1006",
            "http 404 then retry",
        ],
        "
        0  connect          => state connecting; fetch f0; wait 30_000
        0  token f0         => c0; wait 30_000
        1  closed c0 {}     => wait 1_001
        ",
    );
    play_each(
        &[
            "broken",
            "1001",
            "1002",
            "1005",
            "1006",
            "1007",
            "1009",
            "1010",
            "1011",
            "1014",
            "1015",
            "2999",
            "3001",
            "3002",
            "3004",
            "3999",
            "5000",
            "0",
            "1000 then retry",
            "4999 then retry",
        ],
        r#"
        0  connected        => wait 30_000
        1  send "hi"        => r0 on c0; wait 5_001
        2  closed c0 {}     => r0 unknown; state connecting; wait 1_002
        "#,
    );
    play(
        "
        0  connected                    => wait 30_000
        2  closed c0 1001 then new token  => state connecting; fetch f1; wait 30_002
        ",
    );
}

#[test]
fn the_disconnection_of_this_user_ends_the_session() {
    // A close is not required, and does not change the result.
    play_each(
        &["1001", "broken", "1000 then retry", "1000 session expired"],
        r#"
        0      connected of me                  => wait 30_000
        1      send "hi"                        => r0 on c0; wait 5_001
        5      recv c0 disconnected bo as e1    => event; wait 5_001
        6      recv c0 disconnected me as e2 => event;
                close c0 1000; r0 unknown; state disconnected: disconnected user
        7      closed c0 {}                     =>
        8      recv c0 message m1 of bo         => dropped
        9      connect                          => state connecting; fetch f1; wait 30_009
        "#,
    );
    // An application event does not end the session, whatever its `Id`.
    play(
        "
        0      connected of me                  => wait 30_000
        5      recv c0 event quiz as me         => event; wait 30_000
        ",
    );
}

#[test]
fn without_a_user_id_the_close_ends_the_session() {
    play(
        "
        0      connected                        => wait 30_000
        6      recv c0 disconnected me as e1    => event; wait 30_000
        7      closed c0 1000 kicked            => state disconnected: closed 1000
        ",
    );
}

#[test]
fn the_disconnection_of_this_user_closes_all_connections() {
    play(
        "
        30_100  stable of me                    => wait 60_000
        40_000  refresh                         => ping c0 2; fetch f1; wait 50_000
        40_001  pong c0 2                       => wait 70_000
        40_010  token f1 of me                  => c1; wait 70_000
        40_020  open c1                         => ping c0 3; replaced c0 c1; wait 50_020
        45_000  refresh                         => ping c1 1; wait 46_000
        46_000  poll                            => fetch f2; wait 50_020
        46_001  token f2                        => c2; wait 50_020
        46_002  recv c0 disconnected me as e1 => event;
                close c2 1000; close c1 1000; close c0 1000; state disconnected: disconnected user
        ",
    );
}
