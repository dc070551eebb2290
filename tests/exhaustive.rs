//! Every sequence of a few inputs from a small alphabet, from several states, with the invariants
//! checked after each input. What comes out must be everything that can.
//!
//! `refresh` and `disconnect_when_settled` are not in the alphabet: the model does not follow them
//! in combination with everything else. The transcripts and the simulation do.

#[path = "oracle/session.rs"]
mod session;

use core::hash::{BuildHasher as _, BuildHasherDefault};
use std::collections::{BTreeSet, HashMap};
use std::hash::DefaultHasher;
use std::panic::resume_unwind;
use std::thread;
use std::time::Instant;

use ivs_chat_proto::client::{
    Config, ConnectionState, DisconnectReason, Outcome, Output, ReconnectAction,
};

use session::{
    Failure, Fetch, Happened, How, Info, Input, Naming, Passing, Pong, Room, Sending, What, Who,
    World,
};

const TOKEN: Input = Input::Token(
    Fetch::Latest,
    Info { session_ms: Some(600_000), capabilities: None, user_id: Some("astrid") },
);
const OPEN: Input = Input::Open(Who::Connecting);
const MESSAGE: Input = Input::Send(Sending::Message, Naming::Generated, Room::Enough);
const DELETE: Input = Input::Send(Sending::Delete("m-a"), Naming::Generated, Room::Enough);
const WAITED: Input = Input::Pass(Passing::PastWait(0));
const ERROR_401: Input = Input::Message(Who::Current, What::Error(401));

const CONNECTED: &[Input] = &[Input::Connect, Input::Poll, TOKEN, OPEN, Input::Poll];
const IN_FLIGHT: &[Input] = &[MESSAGE, DELETE, Input::Poll];
/// With pings: a ping and its answer.
const PINGED: &[Input] =
    &[WAITED, Input::Poll, Input::Pong(Who::Current, Pong::Latest), Input::Poll];
const EXPIRED: &[Input] = &[ERROR_401, Input::Poll];
const REPLACED: &[Input] = &[WAITED, Input::Poll, TOKEN, OPEN, Input::Poll];

/// The inputs that are worth trying: of those that change nothing, one of each kind.
fn alphabet(world: &World) -> Vec<Input> {
    let (current, draining, connecting) = (Who::Current, Who::Draining, Who::Connecting);
    let mut inputs = vec![
        Input::Disconnect,
        Input::Close(Who::Over, How::Abnormal),
        Input::Message(Who::Over, What::Error(401)),
        Input::Open(Who::NoConnection),
        MESSAGE,
    ];
    let mut these = |condition: bool, more: &[Input]| {
        if condition {
            inputs.extend(more);
        }
    };
    these(!world.is_there(connecting), &[Input::Connect]);
    these(
        world.is_fetching(),
        &[
            TOKEN,
            Input::TokenError(Fetch::Latest, Failure::Temporary),
            Input::TokenError(Fetch::Latest, Failure::Permanent),
            Input::TokenError(Fetch::Stale, Failure::Permanent),
        ],
    );
    these(
        world.is_there(connecting),
        &[
            OPEN,
            Input::Close(connecting, How::Handshake(403)),
            Input::Close(connecting, How::Handshake(404)),
            Input::Close(connecting, How::Abnormal),
        ],
    );
    these(
        world.is_there(current),
        &[
            DELETE,
            Input::Send(Sending::LongMessage, Naming::Generated, Room::Enough),
            Input::Send(Sending::Message, Naming::Generated, Room::TooLittle),
            Input::Close(current, How::Abnormal),
            Input::Close(current, How::Frame(1000)),
            Input::Close(current, How::Frame(1012)),
            Input::Close(current, How::Expired(1000, "session expired")),
            Input::Close(current, How::Action(ReconnectAction::NewToken)),
            Input::Pong(current, Pong::Latest),
            Input::Pong(current, Pong::Wrong),
            Input::Message(current, What::Leave),
            ERROR_401,
            Input::Message(current, What::Message),
            Input::Message(current, What::Garbage),
        ],
    );
    these(
        world.is_there(current) && world.has_received(),
        &[Input::Message(current, What::Again(0))],
    );
    these(
        world.is_there(current) && world.in_flight() > 0,
        &[
            Input::Message(current, What::Echo(0)),
            Input::Message(current, What::StrangerEcho(0)),
            Input::Message(current, What::TargetEvent(0)),
            Input::Message(current, What::ErrorFor(0, 406)),
            Input::Message(current, What::ErrorById(0, 400)),
            Input::Abandon(0),
        ],
    );
    these(
        world.is_there(draining),
        &[
            Input::Close(draining, How::Abnormal),
            Input::Pong(draining, Pong::Latest),
            Input::Message(draining, What::Echo(0)),
            Input::Message(draining, What::Error(401)),
            Input::Message(draining, What::Again(0)),
        ],
    );
    inputs
}

/// What may come between one input and the next. A host polls after each.
const BETWEEN: &[&[Input]] = &[
    &[Input::Poll],
    &[Input::Poll, WAITED, Input::Poll],
    &[Input::Poll, Input::Pass(Passing::PastWait(1_001)), Input::Poll],
    &[Input::Poll, Input::Pass(Passing::PastWait(90_001)), Input::Poll],
    &[Input::Poll, Input::Pass(Passing::NearlyToWait)],
    &[Input::Poll, Input::Pass(Passing::Back(5_000)), Input::Poll],
];

/// The walk so far.
#[derive(Default)]
struct Walk {
    /// The states that have been seen, and how many steps have been taken from there.
    seen: HashMap<u64, usize>,
    transitions: u64,
    reached: BTreeSet<String>,
    path: Vec<Input>,
}

impl Drop for Walk {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("after {:?}", self.path);
        }
    }
}

impl Walk {
    fn from(name: &str, config: Config, inputs: &[Input], steps: usize) -> Self {
        let mut walk = Self::default();
        let mut world = World::new(config, 0);
        let start = Instant::now();
        walk.apply(&mut world, inputs);
        walk.on(&world, steps);
        let (states, seconds) = (walk.seen.len(), start.elapsed().as_secs_f32());
        println!("{name}: {states} states, {} transitions, {seconds:.1} s", walk.transitions);
        walk
    }

    fn apply(&mut self, world: &mut World, inputs: &[Input]) {
        for input in inputs {
            self.path.push(*input);
            self.transitions += 1;
            for happened in world.apply(*input) {
                self.reached.insert(name(&happened));
            }
        }
    }

    /// Everything that can follow within so many steps.
    fn on(&mut self, world: &World, steps: usize) {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(world.essence());
        let taken = self.seen.entry(hash).or_default();
        if *taken > steps {
            return;
        }
        *taken = steps + 1;
        if steps == 0 {
            return;
        }
        let length = self.path.len();
        for between in BETWEEN {
            let mut world = world.clone();
            self.apply(&mut world, between);
            let after = self.path.len();
            for input in alphabet(&world) {
                let mut world = world.clone();
                self.apply(&mut world, &[input]);
                self.on(&world, steps - 1);
                self.path.truncate(after);
            }
            self.path.truncate(length);
        }
    }
}

/// What happened, without its numbers.
fn name(happened: &Happened) -> String {
    match happened {
        Happened::Output(Output::Close { code, .. }) => format!("Close {code}"),
        Happened::Output(Output::Ping { .. }) => "Ping".to_owned(),
        Happened::Output(Output::Settled(settled)) => format!("{:?} by poll", settled.outcome),
        Happened::Output(Output::State(ConnectionState::Disconnected(reason))) => match reason {
            DisconnectReason::Refused(_) => "Disconnected: Refused".to_owned(),
            DisconnectReason::Closed(_) => "Disconnected: Closed".to_owned(),
            other => format!("Disconnected: {other:?}"),
        },
        Happened::Output(Output::State(state)) => format!("{state:?}"),
        Happened::Output(Output::Replaced { .. }) => "Replaced".to_owned(),
        Happened::Output(Output::PossibleGap) => "PossibleGap".to_owned(),
        Happened::Output(Output::FetchToken(_)) => "FetchToken".to_owned(),
        Happened::Output(Output::Wait(Some(_))) => "Wait".to_owned(),
        Happened::Output(Output::Wait(None)) => "Wait for anything".to_owned(),
        Happened::Output(other) => panic!("{other:?}"),
        Happened::Settled(Outcome::Rejected(_)) => "Rejected".to_owned(),
        Happened::Settled(outcome) => format!("{outcome:?}"),
        Happened::Withheld => "withheld".to_owned(),
        Happened::Accepted => "accepted".to_owned(),
        Happened::Refused(kind) => {
            format!("{kind:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned()
        }
    }
}

const ALL: &[&str] = &[
    "Assumed by poll",
    "BufferTooSmall",
    "Close 1000",
    "Close 3008",
    "Confirmed",
    "Connected",
    "Connecting",
    "Disconnected: Closed",
    "Disconnected: DisconnectedUser",
    "Disconnected: NoToken",
    "Disconnected: NotWanted",
    "Disconnected: Refused",
    "FetchToken",
    "NotConnected",
    "Ping",
    "PossibleGap",
    "Rejected",
    "Replaced",
    "TooLong",
    "TooManyInFlight",
    "Unknown by poll",
    "Wait",
    "Wait for anything",
    "accepted",
    "withheld",
];

/// Walks so many steps from each state.
fn walk(steps: usize) {
    let mut with_pings = Config::with_pings();
    with_pings.max_code_points = 5;
    let mut without_pings = Config::without_pings();
    (without_pings.max_code_points, without_pings.idle_ms) = (5, Some(40_000));
    let late = &[Input::Pass(Passing::PastWait(2_000)), Input::Poll];
    let broken = &[Input::Close(Who::Current, How::Abnormal), Input::Poll];
    let starts: [(&str, Config, &[&[Input]]); 12] = [
        ("new", with_pings, &[]),
        ("connected", with_pings, &[CONNECTED]),
        ("in flight", with_pings, &[CONNECTED, IN_FLIGHT]),
        ("overdue", with_pings, &[CONNECTED, IN_FLIGHT, &[WAITED, Input::Poll]]),
        ("expired", with_pings, &[CONNECTED, PINGED, EXPIRED, &[TOKEN]]),
        (
            "overlapping",
            with_pings,
            &[CONNECTED, PINGED, PINGED, EXPIRED, &[TOKEN], IN_FLIGHT, &[OPEN, Input::Poll]],
        ),
        (
            "ping missed",
            with_pings,
            &[CONNECTED, IN_FLIGHT, &[WAITED, Input::Poll, WAITED, Input::Poll]],
        ),
        ("backing off", with_pings, &[CONNECTED, broken]),
        ("late", with_pings, &[CONNECTED, IN_FLIGHT, late]),
        ("without pings", without_pings, &[CONNECTED, IN_FLIGHT]),
        ("without pings, replaced", without_pings, &[CONNECTED, REPLACED, IN_FLIGHT]),
        ("without pings, late", without_pings, &[CONNECTED, IN_FLIGHT, late]),
    ];
    let walks = thread::scope(|scope| {
        let walks = starts.map(|(name, config, inputs)| {
            scope.spawn(move || Walk::from(name, config, &inputs.concat(), steps))
        });
        walks.map(|walk| walk.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let reached: BTreeSet<_> =
        walks.iter().flat_map(|walk| &walk.reached).map(String::as_str).collect();
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), ALL);
    let states: usize = walks.iter().map(|walk| walk.seen.len()).sum();
    let transitions: u64 = walks.iter().map(|walk| walk.transitions).sum();
    println!("{steps} steps: {states} states, {transitions} transitions");
}

#[test]
fn two_steps() {
    walk(2);
}

/// `cargo test --release --test exhaustive -- --ignored --nocapture`
#[test]
#[ignore = "takes a while, and a release build"]
fn three_steps() {
    walk(3);
}
