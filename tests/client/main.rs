//! The client, tested with transcripts of sessions. Each file covers one subject.

#[path = "../transcript/mod.rs"]
mod transcript;

mod attempts;
mod auto_host;
mod clocks;
mod closes;
mod config;
mod disconnect;
mod gaps;
mod liveness;
mod outcomes;
mod refresh;
mod replacement;
mod requests;
mod sleep;

use transcript::play;

#[test]
fn a_complete_session() {
    play(
        r#"
        0          connect                           => state connecting; fetch f0; wait 30_000
        40         token f0 3_600_000 of me          => c0; wait 30_040
        90         open c0                           => state connected; wait 30_090
        100        send "good morning"               => r0 on c0; wait 5_100
        150        send "anybody here?" #r-1         => r1 on c0; wait 5_100
        160        recv c0 message m1 of bo          => message; wait 5_100
        200        recv c0 message m2 of me #r-1     => message, r1 confirmed; wait 5_100
        5_100      poll                              => r0 assumed; wait 30_090
        30_090     poll                              => ping c0 1; wait 40_090
        30_150     pong c0 1                         => wait 60_090
        # The session lasts an hour. The next token is fetched two minutes before its end.
        3_480_000  quiet                             => wait 3_480_040
        3_480_040  poll                              => fetch f1; wait 3_480_090
        3_480_060  token f1 3_600_000 of me          => c1; wait 3_480_090
        3_480_080  open c1                           => ping c0 116; replaced c0 c1; wait 3_490_080
        3_480_100  pong c0 116                       => wait 3_510_080
        3_480_160  send "still here"  #r-2           => r2 on c1; wait 3_485_160
        3_480_170  recv c0 message m3 of me #r-2     => message, r2 confirmed; wait 3_510_080
        3_480_180  recv c1 message m3 of me #r-2     => dropped; wait 3_510_080
        # The old connection stays open until the new one is stable.
        3_510_080  poll                              => ping c1 1; wait 3_520_080
        3_510_100  pong c1 1                         => close c0 1000; wait 3_540_080
        4_000_000  quiet                             => wait 4_020_080
        4_000_000  send "bye" #r-3                   => r3 on c1; wait 4_005_000
        4_000_001  disconnect           => close c1 1000; r3 unknown; state disconnected: not wanted
        "#,
    );
}
