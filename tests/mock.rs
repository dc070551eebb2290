//! The in-memory room: its own behavior and each of its faults.
//!
//! Most tests drive a room through a script and compare the trace of its deliveries. `serde_json`
//! reads the payloads, so that the tests do not depend on this crate's decoder.
#![cfg(all(feature = "std", feature = "mock"))]

use core::error::Error;
use core::mem;
use std::collections::{BTreeMap, BTreeSet};

use ivs_chat_proto::client::ConnectionId;
use ivs_chat_proto::mock::{
    AfterExpiry, Config, ConnectError, Delivery, Direction, Disconnection, ExpiryReason, Faults,
    Probability, Room, SessionEnd, User,
};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Capabilities, CloseReason, Instant, Timestamp};
use serde_json::Value;

const SESSION_MS: u64 = 60_000;

/// An item that a client receives.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Received {
    Message(String),
    /// A message that is not UTF-8, with its length.
    Invalid(usize),
    Pong,
    Close(u16, String),
    Abort,
}

/// The results of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Trace {
    refusals: Vec<ConnectError>,
    /// The time and the connection of each received item.
    received: Vec<(u64, u64, Received)>,
    /// The codes of the verdicts: 200 for an accepted publish, 0 for one that was not handled.
    verdicts: Vec<u16>,
    /// `true` for each ping that the room answers.
    pings: Vec<bool>,
    fragments: usize,
    connections: usize,
}

impl Trace {
    fn on(&self, conn: u64) -> Vec<&Received> {
        self.received.iter().filter(|(_, to, _)| *to == conn).map(|(_, _, item)| item).collect()
    }

    fn times_on(&self, conn: u64) -> Vec<u64> {
        self.received.iter().filter(|(_, to, _)| *to == conn).map(|(at, _, _)| *at).collect()
    }

    fn payloads(&self) -> Vec<&str> {
        self.received
            .iter()
            .filter_map(|(_, _, item)| match item {
                Received::Message(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    fn values(&self) -> Vec<Value> {
        self.payloads()
            .into_iter()
            .filter_map(|payload| serde_json::from_str(payload).ok())
            .collect()
    }

    fn has_error(&self, code: u16) -> bool {
        self.values().iter().any(|value| value["ErrorCode"] == code)
    }

    /// Returns `true` if the connection received the application's event, the last of the script.
    fn has_event_on(&self, conn: u64) -> bool {
        self.on(conn)
            .iter()
            .any(|item| matches!(item, Received::Message(text) if text.contains("app:score")))
    }
}

/// A room, and the trace of its script so far.
struct Driver {
    room: Room,
    trace: Trace,
    /// The fragments of incomplete messages, by connection.
    incomplete: BTreeMap<u64, Vec<u8>>,
}

impl Driver {
    fn new(config: Config, seed: u8) -> Self {
        Self {
            room: Room::new(config, [seed; 16]),
            trace: Trace::default(),
            incomplete: BTreeMap::new(),
        }
    }

    fn with(faults: Faults) -> Self {
        Self::new(config(faults), 7)
    }

    fn connect(&mut self, now: u64, user: &str) -> ConnectionId {
        let mut user = User::new(user);
        user.session_ms = SESSION_MS.try_into().unwrap();
        let token = self.room.create_token(at(now), user);
        match self.room.connect(at(now), &token) {
            Ok(conn) => conn,
            Err(error) => {
                self.trace.refusals.push(error);
                // A number that no connection has.
                ConnectionId::from_number(99)
            }
        }
    }

    fn publish(&mut self, now: u64, conn: ConnectionId, publish: &str) -> u16 {
        let verdict = match self.room.handle_message(at(now), conn, publish.as_bytes()) {
            Some(Ok(_)) => 200,
            Some(Err(rejection)) => rejection.error.error_code.as_u16(),
            None => 0,
        };
        self.trace.verdicts.push(verdict);
        verdict
    }

    fn ping(&mut self, now: u64, conn: ConnectionId) -> bool {
        let is_answered = self.room.handle_ping(at(now), conn);
        self.trace.pings.push(is_answered);
        is_answered
    }

    /// Polls all deliveries until `end`, each at its due time.
    fn run_until(&mut self, end: u64) {
        loop {
            let now = self.room.next_at().map_or(end, Instant::as_millis).min(end);
            while let Some((conn, delivery)) = self.room.poll(at(now)) {
                self.record(now, conn.number(), delivery);
            }
            if now == end {
                return;
            }
        }
    }

    fn record(&mut self, now: u64, conn: u64, delivery: Delivery) {
        let item = match delivery {
            Delivery::Fragment { bytes, fin } => {
                self.trace.fragments += 1;
                let message = self.incomplete.entry(conn).or_default();
                message.extend(&*bytes);
                if !fin {
                    return;
                }
                let message = mem::take(message);
                let length = message.len();
                String::from_utf8(message).map_or(Received::Invalid(length), Received::Message)
            }
            Delivery::Pong => Received::Pong,
            Delivery::Close { code, reason } => Received::Close(code, reason),
            Delivery::Abort => Received::Abort,
            other => panic!("{other:?}"),
        };
        self.trace.received.push((now, conn, item));
    }

    /// Removes and returns the items that a connection has received since the last call.
    fn drain(&mut self, conn: ConnectionId) -> Vec<Received> {
        let (mine, others) = mem::take(&mut self.trace.received)
            .into_iter()
            .partition(|(_, to, _)| *to == conn.number());
        self.trace.received = others;
        let mine: Vec<(u64, u64, Received)> = mine;
        mine.into_iter().map(|(_, _, item)| item).collect()
    }
}

const fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn config(faults: Faults) -> Config {
    let mut config = Config::new();
    config.faults = faults;
    config
}

const HELLO: &str = concat!(
    r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej 🌞 <b>","#,
    r#""Attributes":{"b":"{\"x\":1}","a":"1 2"}}"#
);

/// The connections of the script.
const ASTRID: u64 = 0;
const BIRK: u64 = 1;

/// Runs the script: two users, two pings, two messages, one malformed publish and one event.
fn run(faults: Faults, seed: u8) -> Trace {
    let mut driver = Driver::new(config(faults), seed);
    let (astrid, birk) = (driver.connect(0, "astrid"), driver.connect(0, "birk"));
    driver.run_until(10);
    driver.ping(10, astrid);
    driver.run_until(100);
    driver.publish(100, astrid, HELLO);
    driver.ping(100, astrid);
    driver.run_until(200);
    driver.publish(200, birk, r#"{"Action":"SEND_MESSAGE","RequestId":"r-2","Content":"hello"}"#);
    driver.run_until(300);
    driver.publish(300, astrid, r#"{"Action":"DANCE","RequestId":"r-3"}"#);
    driver.run_until(400);
    driver.room.send_event(
        at(400),
        "app:score",
        &BTreeMap::from([("home".to_owned(), "3".to_owned())]),
    );
    driver.run_until(20_000);
    driver.trace.connections = driver.room.connections();
    driver.trace
}

/// A fault: its name, its setter, and a predicate that is true if it shows in the trace.
type Fault = (&'static str, fn(Faults, Probability) -> Faults, fn(&Trace) -> bool);

const FAULTS: &[Fault] = &[
    ("refuse_401", Faults::with_refuse_401, |trace| is_refused(trace, 401)),
    ("refuse_403", Faults::with_refuse_403, |trace| is_refused(trace, 403)),
    ("refuse_404", Faults::with_refuse_404, |trace| is_refused(trace, 404)),
    ("refuse_429", Faults::with_refuse_429, |trace| is_refused(trace, 429)),
    ("refuse_503", Faults::with_refuse_503, |trace| is_refused(trace, 503)),
    ("accept_then_drop", Faults::with_accept_then_drop, |trace| {
        trace.received == [(0, ASTRID, Received::Abort), (0, BIRK, Received::Abort)]
            && trace.connections == 0
    }),
    ("shuffle", Faults::with_shuffle, |trace| {
        trace
            .payloads()
            .iter()
            .any(|payload| !payload.starts_with("{\"Type") && !payload.starts_with("{\"Er"))
    }),
    ("white_space", Faults::with_white_space, |trace| {
        trace.payloads().iter().all(|payload| payload.starts_with(' '))
    }),
    ("escape", Faults::with_escape, |trace| {
        trace.payloads().iter().all(|payload| payload.contains("\\u"))
    }),
    ("unknown_member", Faults::with_unknown_member, |trace| {
        let known = |value: &Value| {
            value.as_object().unwrap().keys().all(|key| KNOWN.contains(&key.as_str()))
        };
        trace
            .values()
            .iter()
            .all(|value| !known(value) && value.get("Sender").is_none_or(|sender| !known(sender)))
    }),
    ("duplicate", Faults::with_duplicate, |trace| {
        let texts: Vec<_> = trace.on(BIRK);
        texts.len() == 6
            && texts.chunks(2).all(|pair| pair[0] == pair[1])
            && is_received_at(trace, &[100, 200, 300, 400])
    }),
    (
        "duplicate_later",
        |faults, p| faults.with_duplicate_later(p).with_max_duplicate_delay_ms(3_000),
        |trace| {
            // An error is delivered twice, too.
            let mut texts = trace.on(ASTRID);
            texts.retain(|item| matches!(item, Received::Message(_)));
            let twice = |text: &&Received| texts.iter().filter(|other| *other == text).count() == 2;
            texts.len() == 8
                && texts.iter().all(twice)
                && !is_received_at(trace, &[100, 200, 300, 400])
        },
    ),
    ("delay", |faults, p| faults.with_delay(p).with_max_delay_ms(3_000), is_only_delayed),
    ("fragment", Faults::with_fragment, |trace| trace.fragments > 500),
    ("oversize", Faults::with_oversize, |trace| {
        trace.payloads().iter().filter(|payload| payload.len() == 40_000).count() == 7
    }),
    ("garbage", Faults::with_garbage, |trace| {
        trace.payloads().len() == 14
            && trace.payloads().chunks(2).all(|pair| pair[1].starts_with(pair[0]))
    }),
    ("unknown_type", Faults::with_unknown_type, |trace| {
        trace.values().iter().filter(|value| value["Type"] == "POLL").count() == 7
    }),
    ("unknown_code", Faults::with_unknown_code, |trace| trace.verdicts == [499, 499, 400]),
    ("burst_429", Faults::with_burst_429, |trace| trace.verdicts == [429, 429, 400]),
    ("error_without_request_id", Faults::with_error_without_request_id, |trace| {
        trace.has_error(400) && trace.values().iter().all(|value| value["RequestId"] != "r-3")
    }),
    ("drop_after_accept", Faults::with_drop_after_accept, |trace| {
        // The other user receives the message.
        let [Received::Message(payload), Received::Abort] = trace.on(BIRK)[..] else {
            return false;
        };
        trace.verdicts == [200, 200, 0]
            && trace.on(ASTRID) == [&Received::Pong, &Received::Abort]
            && payload.contains(r#""RequestId":"r-1""#)
    }),
    ("drop", Faults::with_drop, |trace| {
        trace.verdicts == [0, 0, 0]
            && trace.on(BIRK) == [&Received::Abort]
            && trace.connections == 0
    }),
    ("unprompted_401", Faults::with_unprompted_401, |trace| {
        trace.has_error(401) && trace.connections == 2 && trace.verdicts == [200, 200, 400]
    }),
    ("end_session", Faults::with_end_session, |trace| {
        let last = trace.on(BIRK).into_iter().last();
        trace.has_error(401)
            && matches!(last, Some(Received::Close(1000, _)))
            && trace.connections == 0
    }),
    ("restart", Faults::with_restart, |trace| {
        let close = Received::Close(1012, "service restart".to_owned());
        trace.verdicts == [200, 0, 0]
            && [ASTRID, BIRK].iter().all(|conn| trace.on(*conn).last() == Some(&&close))
    }),
    ("kick", Faults::with_kick, |trace| {
        let kicks =
            trace.values().into_iter().filter(|value| value["EventName"] == "aws:DISCONNECT_USER");
        kicks.count() == 3
            && trace.on(ASTRID).last() == Some(&&Received::Close(1000, String::new()))
    }),
    ("stall", |faults, p| faults.with_stall(p).with_max_stall_ms(3_000), is_only_delayed),
    ("lose_link_to_client", Faults::with_lose_link_to_client, |trace| {
        // The first message reaches the other user, the second no user. The second ping is not
        // answered.
        trace.verdicts == [200, 200, 400]
            && trace.on(BIRK).len() == 1
            && trace.on(ASTRID) == [&Received::Pong]
            && trace.pings == [true, false]
            && trace.connections == 2
            && !trace.has_event_on(ASTRID)
    }),
    ("lose_link_from_client", Faults::with_lose_link_from_client, |trace| {
        trace.verdicts == [0, 0, 0]
            && trace.pings == [true, false]
            && trace.connections == 2
            && trace.has_event_on(ASTRID)
    }),
    ("lose_link", Faults::with_lose_link, |trace| {
        trace.verdicts == [0, 0, 0]
            && trace.pings == [true, false]
            && trace.connections == 2
            && !trace.has_event_on(ASTRID)
    }),
    ("lose_pong", Faults::with_lose_pong, |trace| {
        trace.pings == [false, false]
            && !trace.on(ASTRID).contains(&&Received::Pong)
            && trace.has_event_on(ASTRID)
    }),
];

/// The members that the reference defines.
const KNOWN: [&str; 11] = [
    "Type",
    "Id",
    "RequestId",
    "EventName",
    "Attributes",
    "Content",
    "SendTime",
    "Sender",
    "UserId",
    "ErrorCode",
    "ErrorMessage",
];

fn is_refused(trace: &Trace, status: u16) -> bool {
    trace.refusals.len() == 2 && trace.refusals.iter().all(|error| error.status() == status)
}

/// Returns `true` if payloads are received at these times only.
fn is_received_at(trace: &Trace, times: &[u64]) -> bool {
    trace
        .received
        .iter()
        .all(|(at, _, item)| !matches!(item, Received::Message(_)) || times.contains(at))
}

/// Returns `true` if each connection receives the same items in the same order as without faults,
/// some of them later.
fn is_only_delayed(trace: &Trace) -> bool {
    let plain = run(Faults::none(), 7);
    let is_late = [ASTRID, BIRK].iter().all(|conn| trace.times_on(*conn).iter().max() > Some(&400));
    is_late && [ASTRID, BIRK].iter().all(|conn| trace.on(*conn) == plain.on(*conn))
}

#[test]
fn each_fault_occurs_as_often_as_its_probability_demands() {
    let plain = run(Faults::none(), 7);
    for (name, set, shows) in FAULTS {
        let mut faults = Faults::none();
        faults = set(faults, Probability::ALWAYS);
        let trace = run(faults, 7);
        assert!(shows(&trace), "{name} does not occur: {trace:#?}");
        assert!(!shows(&plain), "{name} occurs without faults");
        faults = set(faults, Probability::NEVER);
        assert_eq!(run(faults, 7), plain, "{name}");
        // In between, it occurs in some runs.
        faults = set(faults, Probability::of_256(64));
        let different =
            (0..40).filter(|seed| run(faults, *seed) != run(Faults::none(), *seed)).count();
        assert!((5..40).contains(&different), "{name} occurs in {different} of 40 runs");
    }
}

/// Fails if a field of [`Faults`] is missing from the table.
#[test]
fn the_table_has_all_faults() {
    let debug = format!("{:?}", Faults::none());
    let fields: BTreeSet<&str> = debug
        .split([' ', '{', ','])
        .filter_map(|word| word.strip_suffix(':'))
        .filter(|word| !NESTED_FIELDS.contains(word))
        .collect();
    let table: BTreeSet<&str> = FAULTS.iter().map(|(name, ..)| *name).collect();
    let not_in_table: BTreeSet<&str> = fields.difference(&table).copied().collect();
    assert_eq!(
        not_in_table,
        BTreeSet::from([
            "disconnection",
            "max_delay_ms",
            "max_duplicate_delay_ms",
            "max_stall_ms",
            "random_disconnection",
            "random_session_end",
            "retry_after_s",
            "session_end",
        ])
    );
}

/// The fields of the structs inside [`Faults`].
const NESTED_FIELDS: [&str; 6] = ["has_error", "then", "code", "reason", "has_event", "close_code"];

#[test]
fn the_same_seed_gives_the_same_deliveries() {
    let mut faults = Faults::none();
    for (_, set, _) in FAULTS {
        faults = set(faults, Probability::of_256(20));
    }
    let mut traces = BTreeSet::new();
    for seed in 0..50 {
        assert_eq!(run(faults, seed), run(faults, seed));
        traces.insert(format!("{:?}", run(faults, seed)));
    }
    // Some traces are equal, because no handshake succeeds.
    assert!(traces.len() > 40, "{}", traces.len());
}

#[test]
fn a_room_without_faults() {
    let trace = run(Faults::none(), 7);
    assert_eq!(
        (&trace.verdicts[..], &trace.pings[..], trace.connections),
        (&[200, 200, 400][..], &[true, true][..], 2)
    );
    assert_eq!(trace.times_on(ASTRID), [10, 100, 100, 200, 300, 400]);
    assert_eq!(trace.times_on(BIRK), [100, 200, 400]);
    let [
        Received::Pong,
        Received::Message(hello),
        Received::Pong,
        Received::Message(_),
        Received::Message(error),
        Received::Message(_),
    ] = trace.on(ASTRID)[..]
    else {
        panic!("{trace:#?}")
    };
    assert!(hello.starts_with(r#"{"Type":"MESSAGE","Id":""#));
    let value: Value = serde_json::from_str(hello).unwrap();
    assert_eq!((&value["Content"], &value["RequestId"]), (&"hej 🌞 <b>".into(), &"r-1".into()));
    assert_eq!(
        (&value["Sender"]["UserId"], &value["SendTime"]),
        (&"astrid".into(), &"2026-01-01T00:00:00.1Z".into())
    );
    assert!(error.starts_with(r#"{"ErrorCode":400,"#) && error.contains(r#""RequestId":"r-3""#));
}

#[test]
fn a_refusal_may_carry_retry_after() {
    for (set, status, retry_after_s) in [
        ((|faults| faults.refuse_429 = Probability::ALWAYS) as fn(&mut Faults), 429, Some(30)),
        (|faults| faults.refuse_503 = Probability::ALWAYS, 503, Some(30)),
        (|faults| faults.refuse_403 = Probability::ALWAYS, 403, None),
    ] {
        let mut faults = Faults::none();
        set(&mut faults);
        let mut driver = Driver::with(faults);
        driver.connect(0, "astrid");
        faults.retry_after_s = Some(30);
        driver.room.set_faults(faults);
        driver.connect(0, "astrid");
        let answers: Vec<_> = driver
            .trace
            .refusals
            .iter()
            .map(|error| (error.status(), error.retry_after_s()))
            .collect();
        assert_eq!(answers, [(status, None), (status, retry_after_s)]);
    }
    let mut room = Room::new(Config::new(), [0; 16]);
    let error = room.connect(at(0), "unknown").unwrap_err();
    assert_eq!(
        (error, error.status(), error.retry_after_s()),
        (ConnectError::InvalidToken, 401, None)
    );
    let error: Box<dyn Error> = error.into();
    assert_eq!(error.to_string(), "token is unknown or has already been used");
}

/// `serde_json` and the decoder read the same values from every spelling.
#[test]
fn every_spelling_has_the_same_values() {
    let plain = run(Faults::none(), 7);
    let mut faults = Faults::none();
    for (name, set, _) in FAULTS {
        if ["shuffle", "white_space", "escape", "unknown_member"].contains(name) {
            faults = set(faults, Probability::of_256(128));
        }
    }
    let mut spellings = BTreeSet::new();
    for seed in 0..200 {
        // The identifiers depend on the seed of the room, which is constant. The faults depend on
        // the state of the injector's generator, which varies.
        let mut driver = Driver::with(faults);
        for _ in 0..seed {
            // Advances the injector's generator and nothing else.
            let mut refusing = faults;
            refusing.refuse_401 = Probability::ALWAYS;
            driver.room.set_faults(refusing);
            assert!(driver.room.admit(at(0), User::new("refused")).is_err());
        }
        driver.room.set_faults(faults);
        let (astrid, birk) = (driver.connect(0, "astrid"), driver.connect(0, "birk"));
        driver.publish(100, astrid, HELLO);
        driver.publish(
            200,
            birk,
            r#"{"Action":"SEND_MESSAGE","RequestId":"r-2","Content":"hello"}"#,
        );
        driver.publish(300, astrid, r#"{"Action":"DANCE","RequestId":"r-3"}"#);
        driver.room.send_event(
            at(400),
            "app:score",
            &BTreeMap::from([("home".to_owned(), "3".to_owned())]),
        );
        driver.run_until(400);
        let on_astrid: Vec<_> = driver.drain(astrid);
        let expected: Vec<_> =
            plain.on(ASTRID).into_iter().filter(|item| **item != Received::Pong).collect();
        assert_eq!(on_astrid.len(), expected.len());
        for (other, plain) in on_astrid.iter().zip(expected) {
            let (Received::Message(other), Received::Message(plain)) = (other, plain) else {
                panic!("{other:?}")
            };
            let (value, expected): (Value, Value) =
                (serde_json::from_str(other).unwrap(), serde_json::from_str(plain).unwrap());
            assert!(has_members_of(&value, &expected), "{other}\n{plain}");
            let decoded =
                (Subscribe::decode_str(other).unwrap(), Subscribe::decode_str(plain).unwrap());
            assert_eq!(decoded.0, decoded.1);
            spellings.insert(other.clone());
        }
    }
    assert!(spellings.len() > 500, "{}", spellings.len());
    for part in ["\\uD83C\\uDF1E", "\\ud83c\\udf1e", "\r\n", "\t", "\"RoomArn\""] {
        assert!(spellings.iter().any(|spelling| spelling.contains(part)), "{part:?}");
    }
}

/// Returns `true` if an object has all members of another with the same values, or if two other
/// values are equal.
fn has_members_of(value: &Value, other: &Value) -> bool {
    match (value, other) {
        (Value::Object(members), Value::Object(others)) => others
            .iter()
            .all(|(key, other)| members.get(key).is_some_and(|value| has_members_of(value, other))),
        _ => value == other,
    }
}

// The ends of sessions.

const JSON: &str = r#"{"ErrorMessage":"session expired","ErrorCode":401}"#;

const fn with_session_end(end: SessionEnd) -> Faults {
    Faults::none().with_session_end(end)
}

#[test]
fn a_session_ends_in_each_way() {
    let close = |code, reason| SessionEnd::new(AfterExpiry::Close { code, reason });
    let closed = |code, reason: &str| Some(Received::Close(code, reason.to_owned()));
    for (end, last) in [
        (SessionEnd::DEFAULT, closed(1000, JSON)),
        (close(1001, ExpiryReason::Empty), closed(1001, "")),
        (close(1005, ExpiryReason::Json), closed(1005, "")),
        (close(1008, ExpiryReason::ConnectionExpired), closed(1008, "connection expired")),
        (
            close(4401, ExpiryReason::JsonCode),
            closed(4401, r#"{"ErrorCode":401,"ErrorMessage":"Unauthorized"}"#),
        ),
        (
            close(3000, ExpiryReason::JsonStringCode),
            closed(3000, r#"{"ErrorCode":"401","ErrorMessage":"Unauthorized"}"#),
        ),
        (close(1011, ExpiryReason::CutJson(17)), closed(1011, r#"{"ErrorMessage":""#)),
        (close(1012, ExpiryReason::CutJson(0)), closed(1012, "")),
        (close(4001, ExpiryReason::CutJson(200)), closed(4001, JSON)),
        (SessionEnd::new(AfterExpiry::Abort), Some(Received::Abort)),
        (SessionEnd::new(AfterExpiry::StayOpen), None),
        (SessionEnd::new(AfterExpiry::Silence), None),
    ] {
        for end in [end, end.without_error()] {
            let mut driver = Driver::with(with_session_end(end));
            let astrid = driver.connect(0, "astrid");
            driver.run_until(SESSION_MS - 1);
            assert_eq!(driver.drain(astrid), [], "{end:?}");
            driver.run_until(SESSION_MS);
            let mut received = driver.drain(astrid);
            if end.has_error {
                let Received::Message(error) = received.remove(0) else { panic!("{end:?}") };
                let error: Value = serde_json::from_str(&error).unwrap();
                assert_eq!((&error["ErrorCode"], &error["RequestId"]), (&401.into(), &"".into()));
            }
            assert_eq!(received, Vec::from_iter(last.clone()), "{end:?}");
            assert_eq!(driver.room.connections(), usize::from(last.is_none()), "{end:?}");
            assert_eq!(driver.room.next_at(), None, "{end:?}");
        }
    }
}

#[test]
fn a_long_reason_is_cut_at_123_bytes() {
    let end = SessionEnd::new(AfterExpiry::Close { code: 1000, reason: ExpiryReason::LongJson });
    let mut driver = Driver::with(with_session_end(end));
    let astrid = driver.connect(0, "astrid");
    driver.run_until(SESSION_MS);
    let Some(Received::Close(1000, reason)) = driver.drain(astrid).pop() else { panic!() };
    assert_eq!(reason.len(), 123);
    assert!(
        reason.starts_with(r#"{"ErrorMessage":"The session of this connection has expired"#),
        "{reason}"
    );
    assert_eq!(CloseReason::parse(&reason), CloseReason::Text(&reason));
}

#[test]
fn an_expired_connection_that_stays_open_is_served_in_part() {
    for (then, answer) in [(AfterExpiry::StayOpen, 401), (AfterExpiry::Silence, 0)] {
        // The session expires, or a fault ends it early.
        for is_early in [false, true] {
            let mut faults = with_session_end(SessionEnd::new(then).without_error());
            let mut driver = Driver::with(faults);
            let (astrid, birk) = (driver.connect(0, "astrid"), driver.connect(30_000, "birk"));
            if is_early {
                faults.end_session = Probability::ALWAYS;
                driver.room.set_faults(faults);
                driver.publish(40_000, astrid, HELLO);
                faults.end_session = Probability::NEVER;
                driver.room.set_faults(faults);
            }
            driver.run_until(if is_early { 40_000 } else { SESSION_MS });
            let now = SESSION_MS + 10;
            assert_eq!(driver.drain(astrid).len(), usize::from(is_early), "{then:?}");
            driver.drain(birk);
            assert_eq!(driver.publish(now, astrid, HELLO), answer);
            assert!(driver.ping(now, astrid));
            driver.publish(now, birk, r#"{"Action":"SEND_MESSAGE","Content":"who is there?"}"#);
            driver.run_until(now);
            assert_eq!(driver.drain(birk).len(), 1);
            let mut received = driver.drain(astrid);
            assert_eq!(received.pop(), Some(Received::Pong));
            match (answer, &received[..]) {
                (0, []) => {}
                (_, [Received::Message(error)]) => {
                    let error: Value = serde_json::from_str(error).unwrap();
                    assert_eq!(
                        (&error["ErrorCode"], &error["RequestId"]),
                        (&401.into(), &"r-1".into())
                    );
                }
                (_, received) => panic!("{then:?}: {received:?}"),
            }
            // The session does not end again, and the client can close the connection.
            driver.run_until(3 * SESSION_MS);
            assert_eq!((driver.drain(astrid), driver.room.connections()), (vec![], 2));
            driver.room.handle_close(at(3 * SESSION_MS), astrid);
            assert_eq!(driver.room.connections(), 1);
        }
    }
}

#[test]
fn a_publish_after_the_end_of_its_session_is_not_handled() {
    let mut driver = Driver::with(Faults::none());
    let astrid = driver.connect(0, "astrid");
    // The room has not been polled since the end of the session.
    assert_eq!(driver.publish(SESSION_MS, astrid, HELLO), 0);
    assert!(!driver.ping(SESSION_MS, astrid));
    driver.run_until(SESSION_MS);
    assert_eq!(driver.drain(astrid).len(), 2);
}

#[test]
fn random_session_ends_are_of_every_kind() {
    let faults = Faults::none().with_random_session_end(Probability::ALWAYS);
    let (mut codes, mut reasons, mut lasts) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut errors = 0;
    for seed in 0..=255 {
        for number in 0..8 {
            let mut driver = Driver::new(config(faults), seed);
            for _ in 0..number {
                driver.connect(0, "astrid");
            }
            let last = driver.connect(0, "astrid");
            driver.run_until(SESSION_MS);
            let is_answered = driver.publish(SESSION_MS, last, HELLO) == 401;
            let received = driver.drain(last);
            errors += usize::from(matches!(received.first(), Some(Received::Message(_))));
            match received.last() {
                Some(Received::Close(code, reason)) => {
                    assert!(reason.len() <= 123);
                    codes.insert(*code);
                    reasons.insert(reason.clone());
                }
                Some(Received::Abort) => _ = lasts.insert("abort"),
                _ if is_answered => _ = lasts.insert("stay open"),
                _ => _ = lasts.insert("silence"),
            }
        }
    }
    assert_eq!(codes, BTreeSet::from(SessionEnd::CODES));
    assert_eq!(lasts, BTreeSet::from(["abort", "silence", "stay open"]));
    assert!((256 * 4..256 * 7).contains(&errors), "{errors}");
    for reason in ["", "connection expired", JSON, "your time is up", "{", &JSON[..JSON.len() - 1]]
    {
        assert!(reasons.contains(reason), "{reason:?}");
    }
    assert!(reasons.iter().any(|reason| reason.contains(r#""401""#)));
    assert!(reasons.iter().any(|reason| reason.len() == 123));
}

// The disconnection of users.

const KICK: &str =
    r#"{"Action":"DISCONNECT_USER","RequestId":"r-9","UserId":"birk","Reason":"too loud"}"#;

#[test]
fn a_user_is_disconnected_in_each_way() {
    for disconnection in [
        Disconnection::DEFAULT,
        Disconnection::new(Some(1001)),
        Disconnection::new(Some(1005)),
        Disconnection::new(None),
        Disconnection::new(Some(1000)).without_event(),
        Disconnection::new(None).without_event(),
    ] {
        let faults = Faults::none().with_disconnection(disconnection);
        let mut driver = Driver::with(faults);
        let (astrid, birk, birk_too) =
            (driver.connect(0, "astrid"), driver.connect(0, "birk"), driver.connect(0, "birk"));
        assert_eq!(driver.publish(10, astrid, KICK), 200);
        driver.run_until(10);
        let [Received::Message(event)] = &driver.drain(astrid)[..] else {
            panic!("{disconnection:?}")
        };
        assert!(
            event.contains("aws:DISCONNECT_USER") && event.contains(r#""RequestId":"r-9""#),
            "{event}"
        );
        for conn in [birk, birk_too] {
            let reason = if disconnection.close_code == Some(1005) { "" } else { "too loud" };
            let mut expected = Vec::new();
            expected.extend(disconnection.has_event.then(|| Received::Message(event.clone())));
            expected.extend(
                disconnection.close_code.map(|code| Received::Close(code, reason.to_owned())),
            );
            assert_eq!(driver.drain(conn), expected, "{disconnection:?}");
            // A connection that stays open is no longer served.
            assert_eq!(driver.publish(20, conn, HELLO), 0);
            assert_eq!(driver.ping(20, conn), disconnection.close_code.is_none());
        }
        driver.publish(30, astrid, HELLO);
        driver.run_until(2 * SESSION_MS);
        let received = driver.drain(birk);
        assert!(received.iter().all(|item| *item == Received::Pong), "{received:?}");
    }
}

#[test]
fn random_disconnections_are_of_every_kind() {
    let faults = Faults::none().with_random_disconnection(Probability::ALWAYS);
    let mut kinds = BTreeSet::new();
    for seed in 0..100 {
        let mut driver = Driver::new(config(faults), seed);
        let birk = driver.connect(0, "birk");
        driver.room.disconnect_user(at(0), "birk", None);
        driver.run_until(0);
        let received = driver.drain(birk);
        let code = match received.last() {
            Some(Received::Close(code, _)) => *code,
            _ => 0,
        };
        kinds.insert((matches!(received.first(), Some(Received::Message(_))), code));
    }
    assert_eq!(
        kinds,
        BTreeSet::from([
            (true, 1000),
            (true, 1001),
            (true, 0),
            (false, 1000),
            (false, 1001),
            (false, 0)
        ])
    );
}

#[test]
fn the_request_id_of_system_events_is_optional() {
    for (has_request_id, expected) in [(true, ["r-8", "r-9"]), (false, ["", ""])] {
        let mut config = Config::new();
        assert!(config.event_has_request_id, "the default");
        config.event_has_request_id = has_request_id;
        let mut driver = Driver::new(config, 7);
        let astrid = driver.connect(0, "astrid");
        driver.publish(
            0,
            astrid,
            r#"{"Action":"DELETE_MESSAGE","RequestId":"r-8","Id":"Kq83hZpLw0Xc"}"#,
        );
        driver.publish(0, astrid, KICK);
        driver.publish(0, astrid, HELLO);
        driver.run_until(0);
        let ids: Vec<_> =
            driver.trace.values().iter().map(|value| value["RequestId"].clone()).collect();
        assert_eq!(ids, [expected[0], expected[1], "r-1"]);
    }
}

// Links.

#[test]
fn a_pong_does_not_overtake_a_payload() {
    let faults = Faults::none().with_delay(Probability::ALWAYS).with_max_delay_ms(500);
    for seed in 0..20 {
        let mut driver = Driver::new(config(faults), seed);
        let astrid = driver.connect(0, "astrid");
        for time in 0..5 {
            driver.publish(time, astrid, HELLO);
            assert!(driver.ping(time, astrid));
        }
        driver.run_until(5_000);
        let received = driver.drain(astrid);
        assert_eq!(received.len(), 10);
        assert!(
            received.chunks(2).all(|pair| matches!(pair, [Received::Message(_), Received::Pong])),
            "{received:?}"
        );
    }
}

#[test]
fn nothing_is_delivered_after_the_end_of_a_connection() {
    let faults = Faults::none()
        .with_duplicate_later(Probability::ALWAYS)
        .with_max_duplicate_delay_ms(5_000)
        .with_delay(Probability::of_256(64))
        .with_max_delay_ms(1_000);
    let mut duplicates = 0;
    for seed in 0..50 {
        let mut driver = Driver::new(config(faults), seed);
        let (birk, cleo) = (driver.connect(0, "birk"), driver.connect(0, "cleo"));
        for time in 0..5 {
            driver.publish(time * 500, birk, HELLO);
        }
        driver.run_until(2_500);
        driver.room.disconnect_user(at(2_500), "birk", None);
        driver.room.handle_close(at(2_500), cleo);
        let before = driver.drain(cleo).len();
        driver.run_until(20_000);
        let received = driver.drain(birk);
        duplicates += received.len() - 7;
        assert!(matches!(received.last(), Some(Received::Close(1000, _))), "{received:?}");
        assert!(before > 0 && driver.drain(cleo).is_empty());
    }
    assert!(duplicates > 50, "{duplicates}");
}

#[test]
fn a_link_breaks_silently_in_each_direction() {
    for (direction, to_client, from_client) in [
        (Direction::ToClient, false, true),
        (Direction::FromClient, true, false),
        (Direction::Both, false, false),
    ] {
        let faults = Faults::none().with_delay(Probability::ALWAYS).with_max_delay_ms(1_000);
        let mut driver = Driver::with(faults);
        let (astrid, birk) = (driver.connect(0, "astrid"), driver.connect(0, "birk"));
        // The message is in transit when the link breaks.
        driver.publish(0, astrid, HELLO);
        driver.room.lose_link(at(0), astrid, direction);
        driver.run_until(2_000);
        assert_eq!(driver.drain(astrid).len(), usize::from(to_client), "{direction:?}");
        assert_eq!(driver.drain(birk).len(), 1);
        // The link stays broken for later messages.
        assert_eq!(driver.publish(2_000, astrid, HELLO) == 200, from_client);
        assert!(!driver.ping(2_000, astrid));
        driver.run_until(4_000);
        assert_eq!(driver.drain(birk).len(), usize::from(from_client));
        assert_eq!(driver.drain(astrid).len(), usize::from(to_client && from_client));
        // The session ends, but its close is lost.
        assert_eq!(driver.room.connections(), 2);
        driver.run_until(2 * SESSION_MS);
        assert_eq!(driver.drain(astrid).len(), if to_client { 2 } else { 0 });
        assert_eq!((driver.drain(birk).len(), driver.room.connections()), (2, 0));
    }
}

#[test]
fn a_stalled_link_delays_the_error() {
    let faults = Faults::none().with_stall(Probability::ALWAYS).with_max_stall_ms(30_000);
    let mut times = BTreeSet::new();
    for seed in 0..30 {
        let mut driver = Driver::new(config(faults), seed);
        let astrid = driver.connect(0, "astrid");
        driver.publish(0, astrid, r#"{"Action":"DANCE","RequestId":"r-3"}"#);
        driver.run_until(30_000);
        let [(time, _, Received::Message(error))] = &driver.trace.received[..] else { panic!() };
        assert!(error.starts_with(r#"{"ErrorCode":400"#) && (1..=30_000).contains(time));
        times.insert(*time);
    }
    assert!(times.last() > Some(&20_000));
}

#[test]
fn identifiers_do_not_depend_on_the_faults() {
    let faults = Faults::none()
        .with_duplicate(Probability::of_256(128))
        .with_shuffle(Probability::of_256(128));
    let ids = |faults| -> BTreeSet<String> {
        run(faults, 7)
            .values()
            .iter()
            .map(|value| value["Id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(faults), ids(Faults::none()));
}

#[test]
fn inputs_for_closed_connections_change_nothing() {
    let mut driver = Driver::with(Faults::none());
    let (astrid, birk) = (driver.connect(0, "astrid"), driver.connect(0, "birk"));
    driver.room.handle_close(at(0), birk);
    for conn in [birk, ConnectionId::from_number(99)] {
        assert_eq!(driver.publish(1, conn, HELLO), 0);
        assert!(!driver.ping(1, conn));
        driver.room.lose_link(at(1), conn, Direction::Both);
        driver.room.handle_close(at(1), conn);
    }
    assert_eq!((driver.room.connections(), driver.room.next_at()), (1, Some(at(SESSION_MS))));
    driver.publish(1, astrid, HELLO);
    driver.run_until(1);
    assert_eq!(driver.drain(astrid).len(), 1);
}

// Settings.

#[test]
fn each_setter_sets_its_field_and_no_other() {
    let faults = Faults::none()
        .with_retry_after_s(Some(1))
        .with_max_duplicate_delay_ms(2)
        .with_max_delay_ms(3)
        .with_max_stall_ms(4)
        .with_session_end(SessionEnd::DEFAULT.with_then(AfterExpiry::Abort).without_error())
        .with_random_session_end(Probability::of_256(5))
        .with_disconnection(Disconnection::DEFAULT.with_close_code(None).without_event())
        .with_random_disconnection(Probability::of_256(6));
    let mut expected = Faults::none();
    expected.retry_after_s = Some(1);
    expected.max_duplicate_delay_ms = 2;
    expected.max_delay_ms = 3;
    expected.max_stall_ms = 4;
    expected.session_end.has_error = false;
    expected.session_end.then = AfterExpiry::Abort;
    expected.random_session_end = Probability::of_256(5);
    expected.disconnection.has_event = false;
    expected.disconnection.close_code = None;
    expected.random_disconnection = Probability::of_256(6);
    assert_eq!(faults, expected);
    assert_eq!(Faults::default(), Faults::none());

    let start = Timestamp::new(0, 0).unwrap();
    let config = Config::new()
        .with_max_code_points(1)
        .with_messages_per_second(2.try_into().ok())
        .with_requests_per_second(None)
        .with_blocked_words(["spam"])
        .without_event_request_id()
        .with_start(start)
        .with_record_accepted()
        .with_faults(faults);
    let mut expected = Config::new();
    expected.max_code_points = 1;
    expected.messages_per_second = 2.try_into().ok();
    expected.requests_per_second = None;
    expected.blocked_words = vec!["spam".to_owned()];
    expected.event_has_request_id = false;
    expected.start = start;
    expected.record_accepted = true;
    expected.faults = faults;
    assert_eq!(config, expected);

    let user = User::new("astrid")
        .with_attributes([("name", "Astrid")])
        .with_capabilities(Capabilities::NONE)
        .with_session_ms(1);
    let mut expected = User::new("astrid");
    expected.attributes.insert("name".to_owned(), "Astrid".to_owned());
    expected.capabilities = Capabilities::NONE;
    expected.session_ms = 1;
    assert_eq!(user, expected);
}
