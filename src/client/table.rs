//! The tables of the module's documentation, cell by cell.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::connection::Next;
use super::{
    Client, CloseEvent, Config, ConnectionId, DisconnectReason, FetchError, FetchId, Output,
    TokenInfo,
};
use crate::instant::Instant;
use crate::publish::DeleteMessage;

const TABLES: &str = include_str!("table.md");
const ERROR_401: &str = r#"{"Type":"ERROR","ErrorCode":401,"ErrorMessage":"connection expired"}"#;
const DISCONNECTED: &str = concat!(
    r#"{"Type":"EVENT","Id":"e1","EventName":"aws:DISCONNECT_USER","#,
    r#""Attributes":{"UserId":"me"},"SendTime":""}"#,
);
/// No state lasts longer, unless it lasts for ever.
const LONG_MS: u64 = 4_000_000;

/// Pings are fast, and everything else takes longer.
fn config() -> Config {
    let mut config = Config::with_pings();
    (config.ping_interval_ms, config.ping_timeout_ms) = (2_000, 1_000);
    (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms) =
        (20_000, 20_000, 20_000);
    config.stable_ms = 5_000;
    config.settle_ms = 20_000;
    config
}

/// A client, and what its host knows.
#[derive(Clone)]
struct World {
    client: Client,
    now: Instant,
    fetch: FetchId,
    old: Option<ConnectionId>,
    new: Option<ConnectionId>,
    next: Option<ConnectionId>,
    answers_pings: bool,
}

impl World {
    fn new() -> Self {
        Self {
            client: Client::new(config(), [7; 16]),
            now: Instant::from_millis(0),
            fetch: FetchId::from_number(0),
            old: None,
            new: None,
            next: None,
            answers_pings: true,
        }
    }

    /// A world that has come to a state on the shortest way.
    fn in_state(state: &str) -> Self {
        const CONNECT: [&str; 4] = ["connect", "handle_token", "handle_open", "lasts"];
        const REPLACE: [&str; 4] = ["refresh", "handle_token", "handle_open", "pongs"];
        let (connections, way): (usize, &[&str]) = match state {
            "disconnected" => (0, &[]),
            "awaiting token" => (0, &["connect"]),
            "backoff" => (0, &["connect", "handle_token_error, temporary"]),
            "connecting" => (0, &["connect", "handle_token"]),
            "current" => (1, &[]),
            "+ awaiting token" => (1, &["refresh"]),
            "+ backoff" => (1, &["refresh", "handle_token_error, temporary"]),
            "+ connecting" => (1, &["refresh", "handle_token"]),
            "+ stopped" => (1, &["refresh", "handle_token_error, permanent"]),
            "leaving" => (1, &["disconnect_when_settled, requests in flight"]),
            "old usable" => (2, &[]),
            "old unusable" => (2, &["ERROR 401 on old"]),
            other => panic!("no state {other:?}"),
        };
        let mut world = Self::new();
        let ways: [&[&str]; 3] = [
            if connections > 0 { &CONNECT } else { &[] },
            if connections > 1 { &REPLACE } else { &[] },
            way,
        ];
        for input in ways.concat() {
            world.prepare(input);
            world.input(input);
        }
        world.settle();
        world
    }

    fn input(&mut self, input: &str) {
        let (client, now) = (&mut self.client, self.now);
        match input {
            "connect" => client.connect(now),
            "disconnect" => client.disconnect(now),
            "disconnect_when_settled, requests in flight" => {
                let _ = client.send(now, DeleteMessage::new("m1"), (), &mut [0; 128]);
                client.disconnect_when_settled(now);
            }
            "disconnect_when_settled, none in flight" | "disconnect_when_settled" => {
                (0..client.in_flight_len()).for_each(|number| {
                    let handle = super::RequestHandle::from_number(u64::try_from(number).unwrap());
                    assert!(client.abandon(handle).is_some());
                });
                client.disconnect_when_settled(now);
            }
            "refresh" => client.refresh(now),
            "handle_token" => {
                let mut info = TokenInfo::new();
                info.session_ms = Some(3_600_000);
                info.user_id = Some("me");
                self.next = client.handle_token(now, self.fetch, info).or(self.next);
            }
            "handle_token_error, temporary" => {
                client.handle_token_error(
                    now,
                    self.fetch,
                    FetchError::Temporary { retry_after: None },
                );
            }
            "handle_token_error, permanent" => {
                client.handle_token_error(now, self.fetch, FetchError::Permanent);
            }
            "handle_open" => {
                client.handle_open(now, nobody_or(self.next));
                if client.current().is_some() && client.current() == self.next {
                    (self.old, self.new, self.next) = (self.new, self.next, None);
                }
            }
            "lasts" => self.pass(6_000),
            "pongs" => {}
            "one missed ping" => self.miss(1),
            "two missed pings" | "two missed pings on new" => self.miss(2),
            "ERROR 401" | "ERROR 401 on new" => self.receive(self.new, ERROR_401),
            "ERROR 401 on old" => self.receive(self.old, ERROR_401),
            "ERROR 401, then handle_close, end" => {
                self.receive(self.new, ERROR_401);
                self.settle();
                self.client.handle_close(now, nobody_or(self.new), CloseEvent::frame(1000, ""));
            }
            "EVENT that disconnects this user" => self.receive(self.new, DISCONNECTED),
            "EVENT that disconnects this user, on old" => self.receive(self.old, DISCONNECTED),
            "time" => self.wait_for_change(),
            close => {
                let (which, event) = close_of(close);
                let connection = match which {
                    "handle_close of old" => self.old,
                    "handle_close of new" => self.new,
                    "handle_close" if self.new.is_some() => self.new,
                    _ => self.next,
                };
                client.handle_close(now, nobody_or(connection), event);
            }
        }
        self.settle();
    }

    /// An attempt is stuck only after 5 s.
    fn prepare(&mut self, input: &str) {
        if input == "refresh" {
            self.pass(5_500);
        }
    }

    fn receive(&mut self, connection: Option<ConnectionId>, frame: &str) {
        let received = self.client.handle_message_str(self.now, nobody_or(connection), frame);
        assert!(received.is_ok());
    }

    /// Polls until there is nothing more to do, and returns the moment to wait for.
    fn settle(&mut self) -> Option<Instant> {
        for _ in 0..20 {
            match self.client.poll(self.now) {
                Output::Wait(moment) => return moment,
                Output::FetchToken(fetch) => self.fetch = fetch,
                Output::Ping { connection, payload } if self.answers_pings => {
                    self.client.handle_pong(self.now, connection, &payload);
                }
                _ => {}
            }
        }
        panic!("no end of outputs");
    }

    /// Serves the timers of a time in which the state must not change.
    fn pass(&mut self, millis: u64) {
        let (end, state) = (self.now.after(millis), self.state());
        while let Some(moment) = self.settle().filter(|moment| *moment < end) {
            self.now = moment;
            assert_eq!(self.state(), state, "{millis} ms are too long");
        }
        self.now = end;
        self.settle();
    }

    fn wait_for_change(&mut self) {
        let (end, state) = (self.now.after(LONG_MS), self.state());
        while let Some(moment) =
            self.settle().filter(|moment| *moment < end && self.state() == state)
        {
            self.now = moment;
        }
    }

    /// Waits until so many pings of the current connection have had no answer.
    fn miss(&mut self, pings: u32) {
        let missed = self.client.counters().missed_pings;
        self.answers_pings = false;
        while self.client.counters().missed_pings < missed.wrapping_add(pings) {
            self.now = self.settle().unwrap();
            self.settle();
        }
    }

    /// The state, as the tables call it.
    fn state(&self) -> String {
        let Client { current, draining, next, .. } = &self.client;
        let way = match next {
            Next::Idle => "",
            Next::Backoff { .. } => "backoff",
            Next::AwaitingToken => "awaiting token",
            Next::Connecting { .. } => "connecting",
            Next::Stopped(DisconnectReason::NotWanted) if current.is_some() => {
                return "leaving".to_string();
            }
            Next::Stopped(_) if current.is_some() => "stopped",
            Next::Stopped(_) => return "disconnected".to_string(),
        };
        let name = |id: ConnectionId| if Some(id) == self.old { "old" } else { "new" };
        let current = current.as_ref().map(|link| match self.old {
            Some(_) => name(link.id),
            None => "",
        });
        let state = match (current, way) {
            (None, way) => way.to_string(),
            (Some(""), "") => "current".to_string(),
            (Some(current), "") => current.to_string(),
            (Some(current), way) => format!("{current} + {way}").trim_start().to_string(),
        };
        match draining {
            Some(draining) => format!("{state}, {} draining", name(draining.link.id)),
            None => state,
        }
    }
}

/// A connection, or one that never was.
fn nobody_or(connection: Option<ConnectionId>) -> ConnectionId {
    connection.unwrap_or(ConnectionId::from_number(1_000))
}

fn close_of(input: &str) -> (&str, CloseEvent) {
    match input.split_once(", ") {
        Some((which, "retry")) => (which, CloseEvent::abnormal()),
        Some((which, "new token")) => (which, CloseEvent::frame(3000, "")),
        Some((which, "end")) => (which, CloseEvent::frame(1000, "")),
        _ => panic!("no input {input:?}"),
    }
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|').replace('`', "");
    row.split('|').map(|cell| cell.trim().to_string()).collect()
}

/// What may change something inside the client even if the state stays.
const NOTED: [&str; 4] = ["ERROR 401", "ERROR 401 on old", "one missed ping", "time"];

#[test]
fn every_input_in_every_state() {
    let mut tried = Vec::new();
    let mut lines = TABLES.lines().filter(|line| line.starts_with('|')).peekable();
    let mut states = Vec::new();
    while let Some(line) = lines.next() {
        if lines.next_if(|line| line.starts_with("|---")).is_some() {
            states = cells(line).split_off(1);
            tried.push(0);
            continue;
        }
        let row = cells(line);
        let (input, expected) = row.split_first().unwrap();
        assert_eq!(expected.len(), states.len(), "{input}");
        for (state, expected) in states.iter().zip(expected) {
            try_cell(state, input, expected);
            *tried.last_mut().unwrap() += 1;
        }
    }
    assert_eq!(tried, [4 * 12, 6 * 21, 2 * 12]);
}

fn try_cell(state: &str, input: &str, expected: &str) {
    let mut world = World::in_state(state);
    world.prepare(input);
    let before = world.clone();
    if !state.starts_with("old") {
        assert_eq!(before.state(), state);
    }
    world.input(input);
    match expected {
        "·" => {
            assert_eq!(world.state(), before.state(), "{state}: {input}");
            assert!(
                NOTED.contains(&input) || world.client == before.client,
                "{state}: {input} has changed something"
            );
        }
        "anew" => {
            assert_eq!(world.state(), before.state(), "{state}: {input}");
            assert_ne!(world.fetch, before.fetch, "{state}: {input}");
        }
        expected => assert_eq!(world.state(), expected, "{state}: {input}"),
    }
}
