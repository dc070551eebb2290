//! The exhaustive driver: every short sequence of inputs from a small alphabet.
//!
//! An exploration starts from each of several states and checks the invariants after every input.
//! Together, the explorations must reach every effect in [`ALL_EFFECTS`].
//!
//! `refresh` and `disconnect_when_settled` are not in the alphabet, because the model does not
//! cover their combinations with all other inputs. `tests/client` and `tests/simulation` do.

use core::hash::{BuildHasher as _, BuildHasherDefault};
use std::collections::{BTreeSet, HashMap};
use std::hash::DefaultHasher;
use std::panic::resume_unwind;
use std::thread;
use std::time::Instant;

use ivs_chat_proto::client::{
    Config, ConnectionState, DisconnectReason, Outcome, Output, ReconnectAction,
};

use crate::model::{
    BufferSize, ClockStep, CloseKind, ConnectionRef, Effect, FetchFailure, FetchRef, Incoming,
    Input, ModelCheck, PongKind, RequestIdChoice, RequestKind, TokenFields,
};

const TOKEN: Input = Input::Token(
    FetchRef::Latest,
    TokenFields { session_ms: Some(600_000), capabilities: None, user_id: Some("astrid") },
);
const OPEN: Input = Input::Open(ConnectionRef::Connecting);
const MESSAGE: Input =
    Input::Send(RequestKind::Message, RequestIdChoice::Generated, BufferSize::Enough);
const DELETE: Input =
    Input::Send(RequestKind::Delete("m-a"), RequestIdChoice::Generated, BufferSize::Enough);
const WAITED: Input = Input::Clock(ClockStep::AfterWait(0));
const ERROR_401: Input = Input::Message(ConnectionRef::Current, Incoming::Error(401));

const CONNECTED: &[Input] = &[Input::Connect, Input::Poll, TOKEN, OPEN, Input::Poll];
const IN_FLIGHT: &[Input] = &[MESSAGE, DELETE, Input::Poll];
/// With pings: a ping and its pong.
const PINGED: &[Input] =
    &[WAITED, Input::Poll, Input::Pong(ConnectionRef::Current, PongKind::Latest), Input::Poll];
const EXPIRED: &[Input] = &[ERROR_401, Input::Poll];
const REPLACED: &[Input] = &[WAITED, Input::Poll, TOKEN, OPEN, Input::Poll];

/// Returns the inputs to try in a state. Of inputs without effect, one of each kind is enough.
fn alphabet(check: &ModelCheck) -> Vec<Input> {
    let (current, draining, connecting) =
        (ConnectionRef::Current, ConnectionRef::Draining, ConnectionRef::Connecting);
    let mut inputs = vec![
        Input::Disconnect,
        Input::Close(ConnectionRef::Closed, CloseKind::Abnormal),
        Input::Message(ConnectionRef::Closed, Incoming::Error(401)),
        Input::Open(ConnectionRef::Nonexistent),
        MESSAGE,
    ];
    let mut add_if = |condition: bool, more: &[Input]| {
        if condition {
            inputs.extend(more);
        }
    };
    add_if(!check.exists(connecting), &[Input::Connect]);
    add_if(
        check.is_fetching(),
        &[
            TOKEN,
            Input::TokenError(FetchRef::Latest, FetchFailure::Temporary),
            Input::TokenError(FetchRef::Latest, FetchFailure::Permanent),
            Input::TokenError(FetchRef::Stale, FetchFailure::Permanent),
        ],
    );
    add_if(
        check.exists(connecting),
        &[
            OPEN,
            Input::Close(connecting, CloseKind::Handshake(403)),
            Input::Close(connecting, CloseKind::Handshake(404)),
            Input::Close(connecting, CloseKind::Abnormal),
        ],
    );
    add_if(
        check.exists(current),
        &[
            DELETE,
            Input::Send(RequestKind::LongMessage, RequestIdChoice::Generated, BufferSize::Enough),
            Input::Send(RequestKind::Message, RequestIdChoice::Generated, BufferSize::TooSmall),
            Input::Close(current, CloseKind::Abnormal),
            Input::Close(current, CloseKind::Frame(1000)),
            Input::Close(current, CloseKind::Frame(1012)),
            Input::Close(current, CloseKind::Expired(1000, "session expired")),
            Input::Close(current, CloseKind::Action(ReconnectAction::NewToken)),
            Input::Pong(current, PongKind::Latest),
            Input::Pong(current, PongKind::Wrong),
            Input::Message(current, Incoming::Leave),
            ERROR_401,
            Input::Message(current, Incoming::Message),
            Input::Message(current, Incoming::Garbage),
        ],
    );
    add_if(
        check.exists(current) && check.has_received(),
        &[Input::Message(current, Incoming::Again(0))],
    );
    add_if(
        check.exists(current) && check.in_flight() > 0,
        &[
            Input::Message(current, Incoming::Echo(0)),
            Input::Message(current, Incoming::StrangerEcho(0)),
            Input::Message(current, Incoming::TargetEvent(0)),
            Input::Message(current, Incoming::ErrorFor(0, 406)),
            Input::Message(current, Incoming::ErrorById(0, 400)),
            Input::Abandon(0),
        ],
    );
    add_if(
        check.exists(draining),
        &[
            Input::Close(draining, CloseKind::Abnormal),
            Input::Pong(draining, PongKind::Latest),
            Input::Message(draining, Incoming::Echo(0)),
            Input::Message(draining, Incoming::Error(401)),
            Input::Message(draining, Incoming::Again(0)),
        ],
    );
    inputs
}

/// The inputs between two inputs of the alphabet. A host polls after each input.
const BETWEEN: &[&[Input]] = &[
    &[Input::Poll],
    &[Input::Poll, WAITED, Input::Poll],
    &[Input::Poll, Input::Clock(ClockStep::AfterWait(1_001)), Input::Poll],
    &[Input::Poll, Input::Clock(ClockStep::AfterWait(90_001)), Input::Poll],
    &[Input::Poll, Input::Clock(ClockStep::BeforeWait)],
    &[Input::Poll, Input::Clock(ClockStep::Back(5_000)), Input::Poll],
];

/// The exploration from one starting state.
#[derive(Default)]
struct Exploration {
    /// The visited states, by hash, and one more than the number of steps explored from there.
    visited: HashMap<u64, usize>,
    transitions: u64,
    /// The names of all effects.
    reached: BTreeSet<String>,
    /// The inputs that led to the current state.
    path: Vec<Input>,
}

impl Drop for Exploration {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("after {:?}", self.path);
        }
    }
}

impl Exploration {
    fn from(name: &str, config: Config, inputs: &[Input], steps: usize) -> Self {
        let mut exploration = Self::default();
        let mut check = ModelCheck::new(config, 0);
        let start = Instant::now();
        exploration.apply(&mut check, inputs);
        exploration.explore(&check, steps);
        let (states, seconds) = (exploration.visited.len(), start.elapsed().as_secs_f32());
        println!(
            "{name}: {states} states, {} transitions, {seconds:.1} s",
            exploration.transitions
        );
        exploration
    }

    fn apply(&mut self, check: &mut ModelCheck, inputs: &[Input]) {
        for input in inputs {
            self.path.push(*input);
            self.transitions += 1;
            for effect in check.apply(*input) {
                self.reached.insert(name(&effect));
            }
        }
    }

    /// Explores everything that can follow within this many steps.
    fn explore(&mut self, check: &ModelCheck, steps: usize) {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(check.state_key());
        let taken = self.visited.entry(hash).or_default();
        if *taken > steps {
            return;
        }
        *taken = steps + 1;
        if steps == 0 {
            return;
        }
        let length = self.path.len();
        for between in BETWEEN {
            let mut check = check.clone();
            self.apply(&mut check, between);
            let after = self.path.len();
            for input in alphabet(&check) {
                let mut check = check.clone();
                self.apply(&mut check, &[input]);
                self.explore(&check, steps - 1);
                self.path.truncate(after);
            }
            self.path.truncate(length);
        }
    }
}

/// Returns the name of an effect, without its numbers.
fn name(effect: &Effect) -> String {
    match effect {
        Effect::Output(Output::Close { code, .. }) => format!("Close {code}"),
        Effect::Output(Output::Ping { .. }) => "Ping".to_owned(),
        Effect::Output(Output::Settled(settled)) => format!("{:?} by poll", settled.outcome),
        Effect::Output(Output::State(ConnectionState::Disconnected(reason))) => match reason {
            DisconnectReason::Refused(_) => "Disconnected: Refused".to_owned(),
            DisconnectReason::Closed(_) => "Disconnected: Closed".to_owned(),
            other => format!("Disconnected: {other:?}"),
        },
        Effect::Output(Output::State(state)) => format!("{state:?}"),
        Effect::Output(Output::Replaced { .. }) => "Replaced".to_owned(),
        Effect::Output(Output::PossibleGap) => "PossibleGap".to_owned(),
        Effect::Output(Output::FetchToken(_)) => "FetchToken".to_owned(),
        Effect::Output(Output::Wait(Some(_))) => "Wait".to_owned(),
        Effect::Output(Output::Wait(None)) => "Wait without a deadline".to_owned(),
        Effect::Output(other) => panic!("{other:?}"),
        Effect::Settled(Outcome::Rejected(_)) => "Rejected".to_owned(),
        Effect::Settled(outcome) => format!("{outcome:?}"),
        Effect::Withheld => "withheld".to_owned(),
        Effect::Accepted => "accepted".to_owned(),
        Effect::Refused(kind) => {
            format!("{kind:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned()
        }
    }
}

/// The effects that the explorations must reach.
const ALL_EFFECTS: &[&str] = &[
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
    "Wait without a deadline",
    "accepted",
    "withheld",
];

/// Explores this many steps from each starting state.
fn explore_all(steps: usize) {
    let mut with_pings = Config::with_pings();
    with_pings.max_code_points = 5;
    let mut without_pings = Config::without_pings();
    (without_pings.max_code_points, without_pings.idle_ms) = (5, Some(40_000));
    let late = &[Input::Clock(ClockStep::AfterWait(2_000)), Input::Poll];
    let broken = &[Input::Close(ConnectionRef::Current, CloseKind::Abnormal), Input::Poll];
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
    let explorations = thread::scope(|scope| {
        let explorations = starts.map(|(name, config, inputs)| {
            scope.spawn(move || Exploration::from(name, config, &inputs.concat(), steps))
        });
        explorations
            .map(|exploration| exploration.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let reached: BTreeSet<_> = explorations
        .iter()
        .flat_map(|exploration| &exploration.reached)
        .map(String::as_str)
        .collect();
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), ALL_EFFECTS);
    let states: usize = explorations.iter().map(|exploration| exploration.visited.len()).sum();
    let transitions: u64 = explorations.iter().map(|exploration| exploration.transitions).sum();
    println!("{steps} steps: {states} states, {transitions} transitions");
}

#[test]
fn all_sequences_of_two_steps_match_the_model() {
    explore_all(2);
}

/// `cargo test --release --test session exhaustive -- --ignored --nocapture`
#[test]
#[ignore = "takes a while and needs a release build"]
fn all_sequences_of_three_steps_match_the_model() {
    explore_all(3);
}
