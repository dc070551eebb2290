//! The laws of a session: of whatever proptest thinks of, of what once broke them, and of what only many seeds can show.

#[path = "oracle/session.rs"]
mod session;

use ivs_chat_proto::client::{Config, Output};
use proptest::collection::vec;
use proptest::prelude::*;

use session::{Happened, How, Input, Naming, Passing, Room, Sending, What, Who, World};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn short_sessions(bytes in vec(any::<u8>(), 0..60)) {
        session::any_session(&bytes);
    }

    #[test]
    fn long_sessions(bytes in vec(any::<u8>(), 500..3_000)) {
        session::any_session(&bytes);
    }
}

const TOKEN: Input = Input::TokenOk { session_ms: None, capabilities: None, user_id: Some("astrid") };
const OPENED: Input = Input::Opened(Who::Connecting);
const MESSAGE: Input = Input::Send(Sending::Message, Naming::Made, Room::Enough);
const BROKEN: Input = Input::Closed(Who::Current, How::Broken);
const EXPIRED: Input = Input::Recv(Who::Current, What::Error(401));
const REFUSED: Input = Input::Closed(Who::Connecting, How::Handshake(401));
const CONNECTED: &[Input] = &[Input::Connect, Input::Poll, TOKEN, OPENED, Input::Poll];

const fn after(millis: u64) -> Input {
    Input::Pass(Passing::By(millis))
}

/// Puts in inputs, from a client that is connected on.
fn session(inputs: &[Input]) {
    let mut world = World::new(Config::new(), 0);
    for input in [CONNECTED, inputs].concat() {
        world.apply(input);
    }
}

#[test]
fn what_is_assumed_is_not_waited_for_anew() {
    // The connection ends when the request is due, and the next poll is so late that the waiting starts anew.
    let mut world = World::new(session::config(0), 0);
    let ends = Input::Closed(Who::Current, How::Frame(1000));
    for input in [CONNECTED, &[MESSAGE, after(6_000), ends, after(60_000), Input::Poll]].concat() {
        world.apply(input);
    }
}

#[test]
fn a_gap_is_told_however_late() {
    session(&[after(40_000), EXPIRED, Input::Poll, TOKEN, BROKEN, OPENED, Input::Poll]);
}

#[test]
fn a_user_who_comes_back_is_not_disconnected_any_more() {
    let leave = Input::Recv(Who::Current, What::Leave);
    session(&[
        leave,
        BROKEN,
        Input::Poll,
        Input::Connect,
        Input::Poll,
        TOKEN,
        OPENED,
        Input::Poll,
        BROKEN,
        Input::Poll,
    ]);
}

#[test]
fn a_connection_makes_up_for_what_failed_before_it_alone() {
    session(&[after(40_000), EXPIRED, Input::Poll, TOKEN, REFUSED, Input::Poll, TOKEN, BROKEN, REFUSED, Input::Poll]);
}

/// How long clients wait between attempts that all fail, by their number.
fn waits(config: Config) -> [Vec<u64>; 10] {
    let mut waits = [const { Vec::new() }; 10];
    for seed in 0..=u8::MAX {
        let mut world = World::new(config, seed);
        world.apply(Input::Connect);
        let mut now = 0;
        for waits in &mut waits {
            world.apply(Input::Poll);
            world.apply(Input::TokenErr { fatal: false });
            let Some(Happened::Output(Output::Wait(Some(wait)))) = world.apply(Input::Poll).pop() else { panic!() };
            waits.push(wait.get() - now);
            world.apply(Input::Pass(Passing::PastWait(0)));
            now = wait.get();
        }
    }
    waits
}

#[test]
fn waits_are_spread_and_grow() {
    for (number, waits) in waits(Config::new()).iter().enumerate() {
        let longest = (1_000 << number).min(60_000);
        let (least, most) = (waits.iter().min().expect("some"), waits.iter().max().expect("some"));
        let mean = waits.iter().sum::<u64>() / 256;
        assert!((250..250 + longest / 20).contains(least), "{least} of {longest}");
        assert!((longest - longest / 20..=longest).contains(most), "{most} of {longest}");
        assert!((longest * 4 / 10..longest * 7 / 10).contains(&mean), "{mean} of {longest}");
    }
}
