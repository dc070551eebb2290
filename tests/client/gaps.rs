//! `PossibleGap` is reported exactly when messages may have been missed.

use crate::transcript::{play, play_each};

#[test]
fn the_first_connection_leaves_no_gap() {
    play(
        "
        0       connect                      => state connecting; fetch f0; wait 30_000
        1       no_token f0 for now          => wait 1_001
        1_001   poll                         => fetch f1; wait 31_001
        1_002   token f1                     => c0; wait 31_002
        1_003   closed c0 http 503           => wait 2_003
        2_003   poll                         => fetch f2; wait 32_003
        2_004   token f2                     => c1; wait 32_004
        2_005   open c1                      => state connected; wait 32_005
        ",
    );
}

#[test]
fn time_without_a_connection_leaves_one_gap() {
    play_each(
        &["broken", "1001", "1000 session expired"],
        "
        0       connected                    => wait 30_000
        1       closed c0 {}                 => state connecting; wait 1_001
        1_001   poll                         => fetch f1; wait 31_001
        1_002   token f1                     => c1; wait 31_002
        1_003   open c1                      => state connected; possible gap; wait 31_003
        1_004   poll                         => wait 31_003
        ",
    );
    // The time may be short, and without a poll in between.
    play(
        "
        30_100  stable                       => wait 60_000
        40_000  recv c0 error 401            => error 401; fetch f1; wait 60_000
        40_001  token f1                     => c1; wait 60_000
        40_002  closed c0 1000               => state connecting; wait 70_001
        40_002  open c1                      => state connected; possible gap; wait 70_002
        ",
    );
    // The reason does not matter.
    play(
        "
        0       connected                    => wait 30_000
        1       disconnect                   => close c0 1000; state disconnected: not wanted
        2       connect                      => state connecting; fetch f1; wait 30_002
        3       token f1                     => c1; wait 30_003
        4       open c1                      => state connected; possible gap; wait 30_004
        ",
    );
    play(
        "
        0       connected                    => wait 30_000
        1       closed c0 4000               => state disconnected: closed 4000
        2       connect                      => state connecting; fetch f1; wait 30_002
        3       token f1                     => c1; wait 30_003
        4       open c1                      => state connected; possible gap; wait 30_004
        ",
    );
}

#[test]
fn replacing_an_expired_connection_leaves_a_gap() {
    play(
        "
        30_100  stable                       => wait 60_000
        40_000  recv c0 error 401            => error 401; fetch f1; wait 60_000
        40_001  token f1                     => c1; wait 60_000
        40_002  open c1                      => ping c0 2; replaced c0 c1; possible gap; wait 50_002
        # It is reported once.
        40_003  closed c0 1000               => wait 70_002
        ",
    );
    for (open, gap) in [(59_999, ""), (60_000, "possible gap; ")] {
        play(&format!(
            "
            set without_pings
            set refresh_floor_ms 30_000
            set refresh_lead_ms 20_000
            0        connected 60_000        => wait 40_000
            40_000   poll                    => fetch f1; wait 70_000
            40_010   token f1                => c1; wait 70_010
            {open}   open c1                 => replaced c0 c1; {gap}wait {}
            ",
            if open < 60_000 { 69_999 } else { 70_000 }
        ));
    }
}

/// `c1` has replaced `c0`, whose last ping is not answered yet.
const REPLACED: &str = "
    30_100   stable                         => wait 60_000
    40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
    40_010   token f1                       => c1; wait 50_000
    40_020   open c1                        => ping c0 3; replaced c0 c1; wait 50_000
    ";

#[test]
fn a_replaced_connection_without_proof_of_delivery_leaves_a_gap() {
    play_each(
        &["broken", "1000", "1001", "1000 session expired", "4000 then end"],
        &format!(
            "{REPLACED}
            40_030   closed c0 {{}}                 => possible gap; wait 70_020
            "
        ),
    );
    // A pong for a ping from before the replacement proves nothing.
    play(&format!(
        "{REPLACED}
        40_030   pong c0 2                      => wait 50_020
        40_040   closed c0 broken               => possible gap; wait 70_020
        "
    ));
    // A message delivered only by the old connection proves nothing.
    play(&format!(
        "{REPLACED}
        40_030   recv c0 message m1 of bo       => message; wait 50_000
        40_040   closed c0 broken               => possible gap; wait 70_020
        "
    ));
    // The client's own close proves nothing.
    play(
        "
        30_100   stable                         => wait 60_000
        40_000   refresh                        => ping c0 2; fetch f1; wait 50_000
        40_001   pong c0 2                      => wait 70_000
        40_010   token f1                       => c1; wait 70_000
        40_020   open c1                        => ping c0 3; replaced c0 c1; wait 50_020
        50_020   poll                           => close c0 1000; possible gap; wait 70_020
        ",
    );
}

#[test]
fn a_replaced_connection_with_proof_of_delivery_leaves_no_gap() {
    // A pong proves the delivery.
    play_each(
        &["broken", "1000", "1001", "1000 session expired"],
        &format!(
            "{REPLACED}
            40_030   pong c0 3                      => wait 70_020
            40_040   closed c0 {{}}                 => wait 70_020
            "
        ),
    );
    // The same message on both connections, in either order, proves the delivery.
    for (first, second) in [("c0", "c1"), ("c1", "c0")] {
        play(&format!(
            "{REPLACED}
            40_030   recv {first} message m1 of bo  => message; wait 50_000
            40_031   recv {second} message m1 of bo => dropped; wait 50_000
            40_040   closed c0 broken               => wait 70_020
            "
        ));
    }
    // A message received twice on one connection proves nothing about the other.
    play(&format!(
        "{REPLACED}
        40_030   recv c1 message m1 of bo       => message; wait 50_000
        40_031   recv c1 message m1 of bo       => dropped; wait 50_000
        40_040   closed c0 broken               => possible gap; wait 70_020
        "
    ));
}

#[test]
fn without_pings_a_planned_replacement_leaves_no_gap() {
    play(
        "
        set without_pings
        0           connected 3_600_000         => wait 3_480_000
        3_480_000   poll                        => fetch f1; wait 3_510_000
        3_480_010   token f1 3_600_000          => c1; wait 3_510_010
        3_480_020   open c1                     => replaced c0 c1; wait 3_510_020
        3_510_020   poll                        => close c0 1000; wait 6_960_010
        ",
    );
}

#[test]
fn without_pings_a_close_by_the_service_leaves_a_gap() {
    play_each(
        &["broken", "1000", "1001", "1000 session expired"],
        "
        set without_pings
        0           connected 3_600_000         => wait 3_480_000
        3_480_000   poll                        => fetch f1; wait 3_510_000
        3_480_010   token f1 3_600_000          => c1; wait 3_510_010
        3_480_020   open c1                     => replaced c0 c1; wait 3_510_020
        3_500_000   closed c0 {}                => possible gap; wait 6_960_010
        ",
    );
    play(
        "
        set without_pings
        0           connected 3_600_000         => wait 3_480_000
        3_480_000   poll                        => fetch f1; wait 3_510_000
        3_480_010   token f1 3_600_000          => c1; wait 3_510_010
        3_480_020   open c1                     => replaced c0 c1; wait 3_510_020
        3_480_030   recv c0 message m1 of bo    => message; wait 3_510_020
        3_480_040   recv c1 message m1 of bo    => dropped; wait 3_510_020
        3_500_000   closed c0 broken            => wait 6_960_010
        ",
    );
}

#[test]
fn falling_back_leaves_no_gap() {
    play(&format!(
        "{REPLACED}
        40_040   closed c1 broken               => ping c0 4; replaced c1 c0; wait 41_040
        "
    ));
}

#[test]
fn a_gap_is_reported_after_the_next_connection_opens() {
    play(
        "
        0       connected                    => wait 30_000
        1       closed c0 broken             => state connecting; wait 1_001
        2       disconnect                   => state disconnected: not wanted
        3       connect                      => state connecting; fetch f1; wait 30_003
        4       no_token f1 for now          => wait 1_004
        1_004   poll                         => fetch f2; wait 31_004
        1_005   token f2                     => c1; wait 31_005
        1_006   open c1                      => state connected; possible gap; wait 31_006
        ",
    );
}
