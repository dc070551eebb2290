//! All that can happen to a client in so many steps: every sequence of inputs from a small alphabet, the laws checked after each, from
//! several states to start from. What comes out must be all that can.

#[path = "oracle/session.rs"]
mod session;

use core::hash::{BuildHasher as _, BuildHasherDefault};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::DefaultHasher;
use std::panic::resume_unwind;
use std::thread;
use std::time::Instant;

use ivs_chat_proto::client::{
    Config, ConnectionState, DisconnectReason, Outcome, Output, ReconnectAction, SendErrorKind,
};
use ivs_chat_proto::{Capabilities, Capability};

use session::{Happened, How, Input, Naming, Passing, Room, Sending, What, Who, World};

/// With a session, so that it is refreshed.
const TOKEN: Input = Input::TokenOk { session_ms: Some(9_000), capabilities: None, user_id: Some("astrid") };
const OPENED: Input = Input::Opened(Who::Connecting);
const MESSAGE: Input = Input::Send(Sending::Message, Naming::Made, Room::Enough);
const DELETE: Input = Input::Send(Sending::Delete("m-a"), Naming::Made, Room::Enough);
const NOTHING: Input = Input::Pass(Passing::By(0));
const WAITED: Input = Input::Pass(Passing::PastWait(0));

const CONNECTED: &[Input] = &[Input::Connect, Input::Poll, TOKEN, OPENED, Input::Poll];
const REFRESHED: &[Input] = &[WAITED, Input::Poll, TOKEN];

/// Times that are far enough apart, and a client that is soon full.
const fn config() -> Config {
    let mut config = Config::new();
    config.max_code_points = 5;
    config.requests_per_second = core::num::NonZero::new(2);
    config.settle_ms = 2_500;
    config.connect_timeout_ms = 3_000;
    config.idle_ms = Some(8_000);
    (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms) = (200, 400, 1_500);
    config.stable_ms = 4_000;
    (config.refresh_lead_ms, config.refresh_jitter_ms, config.refresh_floor_ms) = (2_000, 500, 3_500);
    config.drain_ms = 2_000;
    config
}

/// The inputs that are worth trying: of those that change nothing, one of each kind.
fn alphabet(world: &World) -> Vec<Input> {
    let mut inputs = vec![
        Input::Close,
        Input::Closed(Who::Over, How::Broken),
        Input::Recv(Who::Over, What::Error(401)),
        Input::Opened(Who::Nobody),
        MESSAGE,
    ];
    let mut these = |condition: bool, more: &[Input]| {
        if condition {
            inputs.extend(more);
        }
    };
    let has_failed = matches!(world.client().state(), ConnectionState::Disconnected(_));
    these(has_failed || !world.is_there(Who::Connecting), &[Input::Connect]);
    these(world.is_fetching(), &[TOKEN, Input::TokenErr { fatal: false }, Input::TokenErr { fatal: true }]);
    let connecting = Who::Connecting;
    these(
        world.is_there(connecting),
        &[
            OPENED,
            Input::Closed(connecting, How::Handshake(401)),
            Input::Closed(connecting, How::Handshake(403)),
            Input::Closed(connecting, How::Broken),
        ],
    );
    let current = Who::Current;
    these(
        world.is_there(current),
        &[
            DELETE,
            Input::Send(Sending::LongMessage, Naming::Made, Room::Enough),
            Input::Send(Sending::Message, Naming::Made, Room::TooLittle),
            Input::Closed(current, How::Broken),
            Input::Closed(current, How::Frame(1000)),
            Input::Closed(current, How::Then(ReconnectAction::NewToken)),
            Input::Alive(current),
            Input::Recv(current, What::Leave),
            Input::Recv(current, What::Error(401)),
            Input::Recv(current, What::Message),
        ],
    );
    these(world.is_there(current) && world.has_said(), &[Input::Recv(current, What::Again(0))]);
    these(
        world.is_there(current) && world.in_flight() > 0,
        &[
            Input::Send(Sending::Message, Naming::Again(0), Room::Enough),
            Input::Recv(current, What::Echo(0)),
            Input::Recv(current, What::Stranger(0)),
            Input::Recv(current, What::ErrorFor(0, 406)),
            Input::Recv(current, What::ErrorById(0, 400)),
            Input::Forget(0),
        ],
    );
    let draining = Who::Draining;
    these(
        world.is_there(draining),
        &[
            Input::Closed(draining, How::Broken),
            Input::Recv(draining, What::Echo(0)),
            Input::Recv(draining, What::ErrorFor(0, 401)),
            Input::Recv(draining, What::Again(0)),
        ],
    );
    inputs
}

/// What may be between one input and the next.
const BETWEEN: &[&[Input]] = &[
    &[],
    &[Input::Poll],
    &[WAITED, Input::Poll],
    &[Input::Pass(Passing::PastWait(1_001)), Input::Poll],
    &[Input::Pass(Passing::NearlyToWait)],
];

/// The walk so far.
#[derive(Default)]
struct Walk {
    /// The states that have been seen, and how many steps have been taken from there.
    seen: HashMap<u64, usize>,
    clients: HashSet<u64>,
    transitions: u64,
    reached: BTreeSet<&'static str>,
    path: Vec<Input>,
}

impl Drop for Walk {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("after {:?}", self.path);
        }
    }
}

fn hash(value: &impl core::hash::Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

impl Walk {
    /// All that can follow some inputs within so many steps.
    fn from(name: &str, inputs: &[Input], steps: usize) -> Self {
        let mut walk = Self::default();
        let mut world = World::new(config(), 0);
        let start = Instant::now();
        walk.apply(&mut world, inputs);
        walk.on(&world, steps);
        let (states, clients, seconds) = (walk.seen.len(), walk.clients.len(), start.elapsed().as_secs_f32());
        println!("{name}: {states} states, {clients} of the client, {} transitions, {seconds:.1} s", walk.transitions);
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

    /// All that can follow within so many steps.
    fn on(&mut self, world: &World, steps: usize) {
        let taken = self.seen.entry(hash(world)).or_default();
        if *taken > steps {
            return;
        }
        *taken = steps + 1;
        self.clients.insert(hash(world.client()));
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

const fn name(happened: &Happened) -> &'static str {
    match happened {
        Happened::Output(Output::Close { code: 1000, .. }) => "Close 1000",
        Happened::Output(Output::Close { code: 3008, .. }) => "Close 3008",
        Happened::Output(Output::Settled(settled)) => match settled.outcome {
            Outcome::Assumed => "Assumed",
            Outcome::Lost => "Lost",
            _ => "an outcome that poll does not tell",
        },
        Happened::Output(Output::State(ConnectionState::Connecting)) => "Connecting",
        Happened::Output(Output::State(ConnectionState::Connected)) => "Connected",
        Happened::Output(Output::State(ConnectionState::Disconnected(reason))) => match reason {
            DisconnectReason::NotWanted => "NotWanted",
            DisconnectReason::NoToken => "NoToken",
            DisconnectReason::Refused(_) => "Refused",
            DisconnectReason::Closed(_) => "Closed",
            DisconnectReason::DisconnectedUser => "DisconnectedUser",
            _ => "another reason",
        },
        Happened::Output(Output::FetchToken) => "FetchToken",
        Happened::Output(Output::Wait(Some(_))) => "Wait",
        Happened::Output(Output::Wait(None)) => "Wait for ever",
        Happened::Output(_) => "another output",
        Happened::Settled(Outcome::Confirmed) => "Confirmed",
        Happened::Settled(Outcome::Rejected(_)) => "Rejected",
        Happened::Settled(_) => "an outcome that recv does not tell",
        Happened::Swallowed => "swallowed",
        Happened::Accepted(_) => "accepted",
        Happened::Refused(kind) => match kind {
            SendErrorKind::NotConnected => "NotConnected",
            SendErrorKind::NotPermitted(_) => "NotPermitted",
            SendErrorKind::TooLong(_) => "TooLong",
            SendErrorKind::RequestIdInFlight => "RequestIdInFlight",
            SendErrorKind::TooManyInFlight => "TooManyInFlight",
            SendErrorKind::TooManyRequests { .. } => "TooManyRequests",
            SendErrorKind::BufferTooSmall(_) => "BufferTooSmall",
            _ => "another refusal",
        },
    }
}

const ALL: &[&str] = &[
    "Assumed",
    "BufferTooSmall",
    "Close 1000",
    "Close 3008",
    "Closed",
    "Confirmed",
    "Connected",
    "Connecting",
    "DisconnectedUser",
    "FetchToken",
    "Lost",
    "NoToken",
    "NotConnected",
    "NotPermitted",
    "NotWanted",
    "Refused",
    "Rejected",
    "RequestIdInFlight",
    "TooLong",
    "TooManyInFlight",
    "TooManyRequests",
    "Wait",
    "Wait for ever",
    "accepted",
    "swallowed",
];

/// Walks so many steps from each state.
fn walk(steps: usize) {
    let message_only = Capabilities::NONE.with(Capability::SendMessage);
    let limited = Input::TokenOk { session_ms: None, capabilities: Some(message_only), user_id: None };
    let in_flight = &[MESSAGE, DELETE];
    let starts: [(&str, &[&[Input]]); 9] = [
        ("new", &[]),
        ("connected", &[CONNECTED]),
        ("limited", &[&[Input::Connect, Input::Poll, limited, OPENED, Input::Poll]]),
        ("in flight", &[CONNECTED, in_flight]),
        ("full", &[CONNECTED, in_flight, &[Input::Pass(Passing::By(1_000)), MESSAGE, Input::Poll]]),
        ("refreshing", &[CONNECTED, REFRESHED]),
        ("overlapping", &[CONNECTED, REFRESHED, in_flight, &[OPENED, MESSAGE, Input::Poll]]),
        ("backing off", &[CONNECTED, &[Input::Closed(Who::Current, How::Broken), Input::Poll]]),
        ("late", &[CONNECTED, in_flight, &[Input::Poll, Input::Pass(Passing::PastWait(2_000)), Input::Poll, NOTHING]]),
    ];
    let walks = thread::scope(|scope| {
        let walks = starts.map(|(name, inputs)| scope.spawn(move || Walk::from(name, &inputs.concat(), steps)));
        walks.map(|walk| walk.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let reached: BTreeSet<_> = walks.iter().flat_map(|walk| &walk.reached).copied().collect();
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), ALL);
    let states: usize = walks.iter().map(|walk| walk.seen.len()).sum();
    let transitions: u64 = walks.iter().map(|walk| walk.transitions).sum();
    println!("{steps} steps: {states} states, {transitions} transitions");
}

#[test]
fn two_steps() {
    walk(2);
}

/// `cargo test --release --test walk -- --ignored --nocapture`: about a minute.
#[test]
#[ignore = "takes a minute, and a release build"]
fn four_steps() {
    walk(4);
}
