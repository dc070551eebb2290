//! The in-memory room: what it does by itself, and each of its faults.
//!
//! A room is driven through one script, and all that comes of it is compared. Payloads are read by
//! `serde_json`, which knows nothing of this crate's decoder.
#![cfg(all(feature = "std", feature = "mock"))]

use core::mem;
use std::collections::{BTreeMap, BTreeSet};

use ivs_chat_proto::mock::{
    AfterExpiry, Config, ConnectError, ConnectionId, Delivery, Direction, Disconnection,
    ExpiryReason, Faults, Probability, Room, SessionEnd, User,
};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{CloseReason, Instant};
use serde_json::Value;

const SESSION_MS: u64 = 60_000;

/// One thing that a client sees.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Message(String),
    /// A message that is not UTF-8 or was cut short.
    Noise(usize),
    Pong,
    Close(u16, String),
    Abort,
}

/// All that comes of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Trace {
    refusals: Vec<ConnectError>,
    /// What is seen on which connection at which time.
    seen: Vec<(u64, u64, Seen)>,
    /// The codes of the verdicts: 200 for an accepted publish, 0 for none.
    verdicts: Vec<u16>,
    /// Whether each ping is to be answered.
    pings: Vec<bool>,
    fragments: usize,
    connections: usize,
}

impl Trace {
    fn on(&self, conn: u64) -> Vec<&Seen> {
        self.seen.iter().filter(|(_, to, _)| *to == conn).map(|(_, _, seen)| seen).collect()
    }

    fn times_on(&self, conn: u64) -> Vec<u64> {
        self.seen.iter().filter(|(_, to, _)| *to == conn).map(|(at, _, _)| *at).collect()
    }

    fn payloads(&self) -> Vec<&str> {
        let seen = self.seen.iter().map(|(_, _, seen)| seen);
        seen.filter_map(
            |seen| if let Seen::Message(text) = seen { Some(text.as_str()) } else { None },
        )
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

    /// Whether an event of the application is seen on a connection, last in the script.
    fn sees_event(&self, conn: u64) -> bool {
        self.on(conn)
            .iter()
            .any(|seen| matches!(seen, Seen::Message(text) if text.contains("app:score")))
    }
}

/// A room, and what has come of it.
struct Driver {
    room: Room,
    trace: Trace,
    begun: BTreeMap<u64, Vec<u8>>,
}

impl Driver {
    fn new(config: Config, seed: u8) -> Self {
        Self {
            room: Room::new(config, [seed; 16]),
            trace: Trace::default(),
            begun: BTreeMap::new(),
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
                // There is none with this number.
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

    /// Takes all that is due until `end`, each at its time.
    fn run_until(&mut self, end: u64) {
        loop {
            let now = self.room.next_at().map_or(end, Instant::as_millis).min(end);
            while let Some((conn, delivery)) = self.room.poll(at(now)) {
                self.take(now, conn.number(), delivery);
            }
            if now == end {
                return;
            }
        }
    }

    fn take(&mut self, now: u64, conn: u64, delivery: Delivery) {
        let seen = match delivery {
            Delivery::Fragment { bytes, fin } => {
                self.trace.fragments += 1;
                let message = self.begun.entry(conn).or_default();
                message.extend(&*bytes);
                if !fin {
                    return;
                }
                let message = mem::take(message);
                let length = message.len();
                String::from_utf8(message).map_or(Seen::Noise(length), Seen::Message)
            }
            Delivery::Pong => Seen::Pong,
            Delivery::Close { code, reason } => Seen::Close(code, reason),
            Delivery::Abort => Seen::Abort,
            other => panic!("{other:?}"),
        };
        self.trace.seen.push((now, conn, seen));
    }

    /// All that came on a connection since the last call.
    fn news(&mut self, conn: ConnectionId) -> Vec<Seen> {
        let (mine, others) = mem::take(&mut self.trace.seen)
            .into_iter()
            .partition(|(_, to, _)| *to == conn.number());
        self.trace.seen = others;
        let mine: Vec<(u64, u64, Seen)> = mine;
        mine.into_iter().map(|(_, _, seen)| seen).collect()
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

const HELLO: &str = r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej 🌞 <b>","Attributes":{"b":"{\"x\":1}","a":"1 2"}}"#;

/// The connections of the script.
const ASTRID: u64 = 0;
const BIRK: u64 = 1;

/// Two users, two pings, two messages, one publish that is malformed, and one event.
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

/// A fault: its name, how it is set, and how it shows in the script.
type Fault = (&'static str, fn(&mut Faults, Probability), fn(&Trace) -> bool);

const FAULTS: &[Fault] = &[
    ("refuse_401", |faults, p| faults.refuse_401 = p, |trace| is_refused(trace, 401)),
    ("refuse_403", |faults, p| faults.refuse_403 = p, |trace| is_refused(trace, 403)),
    ("refuse_404", |faults, p| faults.refuse_404 = p, |trace| is_refused(trace, 404)),
    ("refuse_429", |faults, p| faults.refuse_429 = p, |trace| is_refused(trace, 429)),
    ("refuse_503", |faults, p| faults.refuse_503 = p, |trace| is_refused(trace, 503)),
    (
        "accept_then_drop",
        |faults, p| faults.accept_then_drop = p,
        |trace| {
            trace.seen == [(0, ASTRID, Seen::Abort), (0, BIRK, Seen::Abort)]
                && trace.connections == 0
        },
    ),
    (
        "shuffle",
        |faults, p| faults.shuffle = p,
        |trace| {
            trace
                .payloads()
                .iter()
                .any(|payload| !payload.starts_with("{\"Type") && !payload.starts_with("{\"Er"))
        },
    ),
    (
        "white_space",
        |faults, p| faults.white_space = p,
        |trace| trace.payloads().iter().all(|payload| payload.starts_with(' ')),
    ),
    (
        "escape",
        |faults, p| faults.escape = p,
        |trace| trace.payloads().iter().all(|payload| payload.contains("\\u")),
    ),
    (
        "unknown_member",
        |faults, p| faults.unknown_member = p,
        |trace| {
            let known = |value: &Value| {
                value.as_object().unwrap().keys().all(|key| KNOWN.contains(&key.as_str()))
            };
            trace.values().iter().all(|value| {
                !known(value) && value.get("Sender").is_none_or(|sender| !known(sender))
            })
        },
    ),
    (
        "duplicate",
        |faults, p| faults.duplicate = p,
        |trace| {
            let texts: Vec<_> = trace.on(BIRK);
            texts.len() == 6
                && texts.chunks(2).all(|pair| pair[0] == pair[1])
                && comes_at(trace, &[100, 200, 300, 400])
        },
    ),
    (
        "duplicate_later",
        |faults, p| {
            faults.duplicate_later = p;
            faults.max_duplicate_delay_ms = 3_000;
        },
        |trace| {
            // An ERROR comes twice, too.
            let mut texts = trace.on(ASTRID);
            texts.retain(|seen| matches!(seen, Seen::Message(_)));
            let twice = |text: &&Seen| texts.iter().filter(|other| *other == text).count() == 2;
            texts.len() == 8 && texts.iter().all(twice) && !comes_at(trace, &[100, 200, 300, 400])
        },
    ),
    (
        "delay",
        |faults, p| {
            faults.delay = p;
            faults.max_delay_ms = 3_000;
        },
        |trace| is_as_without_faults_but_late(trace),
    ),
    ("fragment", |faults, p| faults.fragment = p, |trace| trace.fragments > 500),
    (
        "oversize",
        |faults, p| faults.oversize = p,
        |trace| trace.payloads().iter().filter(|payload| payload.len() == 40_000).count() == 7,
    ),
    (
        "garbage",
        |faults, p| faults.garbage = p,
        |trace| {
            trace.payloads().len() == 14
                && trace.payloads().chunks(2).all(|pair| pair[1].starts_with(pair[0]))
        },
    ),
    (
        "unknown_type",
        |faults, p| faults.unknown_type = p,
        |trace| trace.values().iter().filter(|value| value["Type"] == "POLL").count() == 7,
    ),
    (
        "unknown_code",
        |faults, p| faults.unknown_code = p,
        |trace| trace.verdicts == [499, 499, 400],
    ),
    ("burst_429", |faults, p| faults.burst_429 = p, |trace| trace.verdicts == [429, 429, 400]),
    (
        "error_without_request_id",
        |faults, p| faults.error_without_request_id = p,
        |trace| {
            trace.has_error(400) && trace.values().iter().all(|value| value["RequestId"] != "r-3")
        },
    ),
    (
        "drop_after_accept",
        |faults, p| faults.drop_after_accept = p,
        |trace| {
            // The other gets the message.
            let [Seen::Message(payload), Seen::Abort] = trace.on(BIRK)[..] else { return false };
            trace.verdicts == [200, 200, 0]
                && trace.on(ASTRID) == [&Seen::Pong, &Seen::Abort]
                && payload.contains(r#""RequestId":"r-1""#)
        },
    ),
    (
        "drop",
        |faults, p| faults.drop = p,
        |trace| {
            trace.verdicts == [0, 0, 0]
                && trace.on(BIRK) == [&Seen::Abort]
                && trace.connections == 0
        },
    ),
    (
        "unprompted_401",
        |faults, p| faults.unprompted_401 = p,
        |trace| trace.has_error(401) && trace.connections == 2 && trace.verdicts == [200, 200, 400],
    ),
    (
        "end_session",
        |faults, p| faults.end_session = p,
        |trace| {
            let last = trace.on(BIRK).into_iter().last();
            trace.has_error(401)
                && matches!(last, Some(Seen::Close(1000, _)))
                && trace.connections == 0
        },
    ),
    (
        "restart",
        |faults, p| faults.restart = p,
        |trace| {
            let is_restart = |conn| matches!(trace.on(conn).last(), Some(Seen::Close(1012, reason)) if reason == "service restart");
            trace.verdicts == [200, 0, 0] && is_restart(ASTRID) && is_restart(BIRK)
        },
    ),
    (
        "kick",
        |faults, p| faults.kick = p,
        |trace| {
            let kicks = trace
                .values()
                .into_iter()
                .filter(|value| value["EventName"] == "aws:DISCONNECT_USER");
            kicks.count() == 3
                && trace.on(ASTRID).last() == Some(&&Seen::Close(1000, String::new()))
        },
    ),
    (
        "stall",
        |faults, p| {
            faults.stall = p;
            faults.max_stall_ms = 3_000;
        },
        |trace| is_as_without_faults_but_late(trace),
    ),
    (
        "lose_link_to_client",
        |faults, p| faults.lose_link_to_client = p,
        |trace| {
            // The first message reaches the other, the second none. The second ping is not
            // answered.
            let is_birk_told = trace.on(BIRK).len() == 1 && trace.on(ASTRID) == [&Seen::Pong];
            trace.verdicts == [200, 200, 400]
                && is_birk_told
                && trace.pings == [true, false]
                && trace.connections == 2
                && !trace.sees_event(ASTRID)
        },
    ),
    (
        "lose_link_from_client",
        |faults, p| faults.lose_link_from_client = p,
        |trace| {
            trace.verdicts == [0, 0, 0]
                && trace.pings == [true, false]
                && trace.connections == 2
                && trace.sees_event(ASTRID)
        },
    ),
    (
        "lose_link",
        |faults, p| faults.lose_link = p,
        |trace| {
            trace.verdicts == [0, 0, 0]
                && trace.pings == [true, false]
                && trace.connections == 2
                && !trace.sees_event(ASTRID)
        },
    ),
    (
        "lose_pong",
        |faults, p| faults.lose_pong = p,
        |trace| {
            trace.pings == [false, false]
                && !trace.on(ASTRID).contains(&&Seen::Pong)
                && trace.sees_event(ASTRID)
        },
    ),
];

/// The members of the reference.
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

/// Whether payloads come at these times and no other.
fn comes_at(trace: &Trace, times: &[u64]) -> bool {
    trace.seen.iter().all(|(at, _, seen)| !matches!(seen, Seen::Message(_)) || times.contains(at))
}

/// Whether each connection sees what it would without faults, in the same order, but some of it
/// later.
fn is_as_without_faults_but_late(trace: &Trace) -> bool {
    let plain = run(Faults::none(), 7);
    let is_late = [ASTRID, BIRK].iter().all(|conn| trace.times_on(*conn).iter().max() > Some(&400));
    is_late && [ASTRID, BIRK].iter().all(|conn| trace.on(*conn) == plain.on(*conn))
}

#[test]
fn each_fault_happens_always_or_never() {
    let plain = run(Faults::none(), 7);
    for (name, set, shows) in FAULTS {
        let mut faults = Faults::none();
        set(&mut faults, Probability::ALWAYS);
        let trace = run(faults, 7);
        assert!(shows(&trace), "{name} does not happen: {trace:#?}");
        assert!(!shows(&plain), "{name} happens without faults");
        set(&mut faults, Probability::NEVER);
        assert_eq!(run(faults, 7), plain, "{name}");
        // And now and then, if it is neither.
        set(&mut faults, Probability::of_256(64));
        let different =
            (0..40).filter(|seed| run(faults, *seed) != run(Faults::none(), *seed)).count();
        assert!((5..40).contains(&different), "{name} happens in {different} of 40 runs");
    }
}

/// If a field is added to the faults, it has to be in the table, too.
#[test]
fn the_table_has_all_faults() {
    let debug = format!("{:?}", Faults::none());
    let fields: BTreeSet<&str> = debug
        .split([' ', '{', ','])
        .filter_map(|word| word.strip_suffix(':'))
        .filter(|word| !OF_ENDS.contains(word))
        .collect();
    let table: BTreeSet<&str> = FAULTS.iter().map(|(name, ..)| *name).collect();
    let elsewhere: BTreeSet<&str> = fields.difference(&table).copied().collect();
    assert_eq!(
        elsewhere,
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

/// The fields of what some fields of the faults hold.
const OF_ENDS: [&str; 6] = ["has_error", "then", "code", "reason", "has_event", "close_code"];

#[test]
fn the_same_seed_gives_the_same_deliveries() {
    let mut faults = Faults::none();
    for (_, set, _) in FAULTS {
        set(&mut faults, Probability::of_256(20));
    }
    let mut traces = BTreeSet::new();
    for seed in 0..50 {
        assert_eq!(run(faults, seed), run(faults, seed));
        traces.insert(format!("{:?}", run(faults, seed)));
    }
    // Some are alike, because no handshake succeeds.
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
        Seen::Pong,
        Seen::Message(hello),
        Seen::Pong,
        Seen::Message(_),
        Seen::Message(error),
        Seen::Message(_),
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
fn a_refusal_may_say_when_to_retry() {
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
        let told: Vec<_> = driver
            .trace
            .refusals
            .iter()
            .map(|error| (error.status(), error.retry_after_s()))
            .collect();
        assert_eq!(told, [(status, None), (status, retry_after_s)]);
    }
    let mut room = Room::new(Config::new(), [0; 16]);
    let error = room.connect(at(0), "unknown").unwrap_err();
    assert_eq!(
        (error, error.status(), error.retry_after_s()),
        (ConnectError::InvalidToken, 401, None)
    );
    assert_eq!(error.to_string(), "token is unknown or has already been used");
}

/// Other spellings have the same values, for `serde_json` and for the decoder.
#[test]
fn another_spelling_means_the_same() {
    let plain = run(Faults::none(), 7);
    let mut faults = Faults::none();
    for (name, set, _) in FAULTS {
        if ["shuffle", "white_space", "escape", "unknown_member"].contains(name) {
            set(&mut faults, Probability::of_256(128));
        }
    }
    let mut spellings = BTreeSet::new();
    for seed in 0..200 {
        // The injector has a generator of its own, but the room's has this seed: so that the
        // identifiers are the same, the faults vary.
        let mut driver = Driver::with(faults);
        for _ in 0..seed {
            // Turns the injector's generator, and nothing else.
            let mut refusing = faults;
            refusing.refuse_401 = Probability::ALWAYS;
            driver.room.set_faults(refusing);
            assert!(driver.room.admit(at(0), User::new("nobody")).is_err());
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
        let on_astrid: Vec<_> = driver.news(astrid);
        let expected: Vec<_> =
            plain.on(ASTRID).into_iter().filter(|seen| **seen != Seen::Pong).collect();
        assert_eq!(on_astrid.len(), expected.len());
        for (other, plain) in on_astrid.iter().zip(expected) {
            let (Seen::Message(other), Seen::Message(plain)) = (other, plain) else {
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

/// Whether an object has all members of another, and the values of the others are the same.
fn has_members_of(value: &Value, other: &Value) -> bool {
    match (value, other) {
        (Value::Object(members), Value::Object(others)) => others
            .iter()
            .all(|(key, other)| members.get(key).is_some_and(|value| has_members_of(value, other))),
        _ => value == other,
    }
}

// How sessions end.

const JSON: &str = r#"{"ErrorMessage":"session expired","ErrorCode":401}"#;

const fn with_session_end(end: SessionEnd) -> Faults {
    let mut faults = Faults::none();
    faults.session_end = end;
    faults
}

#[test]
fn a_session_ends_in_each_way() {
    let close = |code, reason| SessionEnd::new(AfterExpiry::Close { code, reason });
    let closed = |code, reason: &str| Some(Seen::Close(code, reason.to_owned()));
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
        (SessionEnd::new(AfterExpiry::Abort), Some(Seen::Abort)),
        (SessionEnd::new(AfterExpiry::StayOpen), None),
        (SessionEnd::new(AfterExpiry::Silence), None),
    ] {
        for end in [end, end.without_error()] {
            let mut driver = Driver::with(with_session_end(end));
            let astrid = driver.connect(0, "astrid");
            driver.run_until(SESSION_MS - 1);
            assert_eq!(driver.news(astrid), [], "{end:?}");
            driver.run_until(SESSION_MS);
            let mut seen = driver.news(astrid);
            if end.has_error {
                let Seen::Message(error) = seen.remove(0) else { panic!("{end:?}") };
                let error: Value = serde_json::from_str(&error).unwrap();
                assert_eq!((&error["ErrorCode"], &error["RequestId"]), (&401.into(), &"".into()));
            }
            assert_eq!(seen, Vec::from_iter(last.clone()), "{end:?}");
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
    let Some(Seen::Close(1000, reason)) = driver.news(astrid).pop() else { panic!() };
    assert_eq!(reason.len(), 123);
    assert!(
        reason.starts_with(r#"{"ErrorMessage":"The session of this connection has expired"#),
        "{reason}"
    );
    assert_eq!(CloseReason::parse(&reason), CloseReason::Text(&reason));
}

#[test]
fn what_is_left_of_a_session_that_stays_open() {
    for (then, answer) in [(AfterExpiry::StayOpen, 401), (AfterExpiry::Silence, 0)] {
        // At its time, or early.
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
            let is_told = driver.news(astrid).len();
            assert_eq!(is_told, usize::from(is_early), "{then:?}");
            driver.news(birk);
            assert_eq!(driver.publish(now, astrid, HELLO), answer);
            assert!(driver.ping(now, astrid));
            driver.publish(now, birk, r#"{"Action":"SEND_MESSAGE","Content":"who is there?"}"#);
            driver.run_until(now);
            assert_eq!(driver.news(birk).len(), 1);
            let mut seen = driver.news(astrid);
            assert_eq!(seen.pop(), Some(Seen::Pong));
            match (answer, &seen[..]) {
                (0, []) => {}
                (_, [Seen::Message(error)]) => {
                    let error: Value = serde_json::from_str(error).unwrap();
                    assert_eq!(
                        (&error["ErrorCode"], &error["RequestId"]),
                        (&401.into(), &"r-1".into())
                    );
                }
                (_, seen) => panic!("{then:?}: {seen:?}"),
            }
            // It is not ended again, and can be left.
            driver.run_until(3 * SESSION_MS);
            assert_eq!((driver.news(astrid), driver.room.connections()), (vec![], 2));
            driver.room.handle_close(at(3 * SESSION_MS), astrid);
            assert_eq!(driver.room.connections(), 1);
        }
    }
}

#[test]
fn a_publish_after_the_end_of_its_session_is_not_handled() {
    let mut driver = Driver::with(Faults::none());
    let astrid = driver.connect(0, "astrid");
    // The room has not been polled since.
    assert_eq!(driver.publish(SESSION_MS, astrid, HELLO), 0);
    assert!(!driver.ping(SESSION_MS, astrid));
    driver.run_until(SESSION_MS);
    assert_eq!(driver.news(astrid).len(), 2);
}

#[test]
fn random_ends_of_a_session_are_of_every_kind() {
    let mut faults = Faults::none();
    faults.random_session_end = Probability::ALWAYS;
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
            let seen = driver.news(last);
            errors += usize::from(matches!(seen.first(), Some(Seen::Message(_))));
            match seen.last() {
                Some(Seen::Close(code, reason)) => {
                    assert!(reason.len() <= 123);
                    codes.insert(*code);
                    reasons.insert(reason.clone());
                }
                Some(Seen::Abort) => _ = lasts.insert("abort"),
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

// How users are disconnected.

const KICK: &str =
    r#"{"Action":"DISCONNECT_USER","RequestId":"r-9","UserId":"birk","Reason":"too loud"}"#;

#[test]
fn a_user_is_disconnected_in_each_way() {
    for how in [
        Disconnection::DEFAULT,
        Disconnection::new(Some(1001)),
        Disconnection::new(Some(1005)),
        Disconnection::new(None),
        Disconnection::new(Some(1000)).without_event(),
        Disconnection::new(None).without_event(),
    ] {
        let mut faults = Faults::none();
        faults.disconnection = how;
        let mut driver = Driver::with(faults);
        let (astrid, birk, birk_too) =
            (driver.connect(0, "astrid"), driver.connect(0, "birk"), driver.connect(0, "birk"));
        assert_eq!(driver.publish(10, astrid, KICK), 200);
        driver.run_until(10);
        let [Seen::Message(event)] = &driver.news(astrid)[..] else { panic!("{how:?}") };
        assert!(
            event.contains("aws:DISCONNECT_USER") && event.contains(r#""RequestId":"r-9""#),
            "{event}"
        );
        for conn in [birk, birk_too] {
            let reason = if how.close_code == Some(1005) { "" } else { "too loud" };
            let mut expected = Vec::new();
            expected.extend(how.has_event.then(|| Seen::Message(event.clone())));
            expected.extend(how.close_code.map(|code| Seen::Close(code, reason.to_owned())));
            assert_eq!(driver.news(conn), expected, "{how:?}");
            // The connection that stays open is not served any more.
            assert_eq!(driver.publish(20, conn, HELLO), 0);
            assert_eq!(driver.ping(20, conn), how.close_code.is_none());
        }
        driver.publish(30, astrid, HELLO);
        driver.run_until(2 * SESSION_MS);
        let news = driver.news(birk);
        assert!(news.iter().all(|seen| *seen == Seen::Pong), "{news:?}");
    }
}

#[test]
fn random_disconnections_are_of_every_kind() {
    let mut faults = Faults::none();
    faults.random_disconnection = Probability::ALWAYS;
    let mut kinds = BTreeSet::new();
    for seed in 0..100 {
        let mut driver = Driver::new(config(faults), seed);
        let birk = driver.connect(0, "birk");
        driver.room.disconnect_user(at(0), "birk", None);
        driver.run_until(0);
        let seen = driver.news(birk);
        let code = match seen.last() {
            Some(Seen::Close(code, _)) => *code,
            _ => 0,
        };
        kinds.insert((matches!(seen.first(), Some(Seen::Message(_))), code));
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
fn whether_events_of_the_service_have_a_request_id() {
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
    let mut faults = Faults::none();
    faults.delay = Probability::ALWAYS;
    faults.max_delay_ms = 500;
    for seed in 0..20 {
        let mut driver = Driver::new(config(faults), seed);
        let astrid = driver.connect(0, "astrid");
        for time in 0..5 {
            driver.publish(time, astrid, HELLO);
            assert!(driver.ping(time, astrid));
        }
        driver.run_until(5_000);
        let seen = driver.news(astrid);
        assert_eq!(seen.len(), 10);
        assert!(
            seen.chunks(2).all(|pair| matches!(pair, [Seen::Message(_), Seen::Pong])),
            "{seen:?}"
        );
    }
}

#[test]
fn nothing_comes_after_the_end_of_a_connection() {
    let mut faults = Faults::none();
    faults.duplicate_later = Probability::ALWAYS;
    faults.max_duplicate_delay_ms = 5_000;
    faults.delay = Probability::of_256(64);
    faults.max_delay_ms = 1_000;
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
        let before = driver.news(cleo).len();
        driver.run_until(20_000);
        let seen = driver.news(birk);
        duplicates += seen.len() - 7;
        assert!(matches!(seen.last(), Some(Seen::Close(1000, _))), "{seen:?}");
        assert!(before > 0 && driver.news(cleo).is_empty());
    }
    assert!(duplicates > 50, "{duplicates}");
}

#[test]
fn a_link_dies_without_a_sign() {
    for (direction, to_client, from_client) in [
        (Direction::ToClient, false, true),
        (Direction::FromClient, true, false),
        (Direction::Both, false, false),
    ] {
        let mut faults = Faults::none();
        faults.delay = Probability::ALWAYS;
        faults.max_delay_ms = 1_000;
        let mut driver = Driver::with(faults);
        let (astrid, birk) = (driver.connect(0, "astrid"), driver.connect(0, "birk"));
        // This is on its way.
        driver.publish(0, astrid, HELLO);
        driver.room.lose_link(at(0), astrid, direction);
        driver.run_until(2_000);
        assert_eq!(driver.news(astrid).len(), usize::from(to_client), "{direction:?}");
        assert_eq!(driver.news(birk).len(), 1);
        // What is sent now.
        assert_eq!(driver.publish(2_000, astrid, HELLO) == 200, from_client);
        assert!(!driver.ping(2_000, astrid));
        driver.run_until(4_000);
        assert_eq!(driver.news(birk).len(), usize::from(from_client));
        assert_eq!(driver.news(astrid).len(), usize::from(to_client && from_client));
        // Not even the end is delivered, but there is one.
        assert_eq!(driver.room.connections(), 2);
        driver.run_until(2 * SESSION_MS);
        assert_eq!(driver.news(astrid).len(), if to_client { 2 } else { 0 });
        assert_eq!((driver.news(birk).len(), driver.room.connections()), (2, 0));
    }
}

#[test]
fn an_error_comes_after_the_link_has_stalled() {
    let mut faults = Faults::none();
    faults.stall = Probability::ALWAYS;
    faults.max_stall_ms = 30_000;
    let mut times = BTreeSet::new();
    for seed in 0..30 {
        let mut driver = Driver::new(config(faults), seed);
        let astrid = driver.connect(0, "astrid");
        driver.publish(0, astrid, r#"{"Action":"DANCE","RequestId":"r-3"}"#);
        driver.run_until(30_000);
        let [(time, _, Seen::Message(error))] = &driver.trace.seen[..] else { panic!() };
        assert!(error.starts_with(r#"{"ErrorCode":400"#) && (1..=30_000).contains(time));
        times.insert(*time);
    }
    assert!(times.last() > Some(&20_000));
}

#[test]
fn identifiers_do_not_depend_on_the_faults() {
    let mut faults = Faults::none();
    faults.duplicate = Probability::of_256(128);
    faults.shuffle = Probability::of_256(128);
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
fn inputs_of_connections_that_are_gone_change_nothing() {
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
    assert_eq!(driver.news(astrid).len(), 1);
}
