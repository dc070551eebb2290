//! Tests every cell of the state tables in the module's documentation (`table.md`).

use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::connection::Next;
use super::{
    Client, CloseEvent, Config, ConnectionId, DisconnectReason, FetchError, FetchId, Instant,
    Output, TokenInfo,
};
use crate::publish::DeleteMessage;

const TABLES: &str = include_str!("table.md");
const ERROR_401: &str = r#"{"Type":"ERROR","ErrorCode":401,"ErrorMessage":"connection expired"}"#;
const DISCONNECTED: &str = concat!(
    r#"{"Type":"EVENT","Id":"e1","EventName":"aws:DISCONNECT_USER","#,
    r#""Attributes":{"UserId":"me"},"SendTime":""}"#,
);
/// An upper bound on the duration of every state that ends by itself.
const LONG_MS: u64 = 4_000_000;

/// Makes pings fast and everything else slow, so that missed pings change nothing else.
fn config() -> Config {
    let mut config = Config::with_pings();
    (config.ping_interval_ms, config.ping_timeout_ms) = (2_000, 1_000);
    (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms) =
        (20_000, 20_000, 20_000);
    config.stable_ms = 5_000;
    config.settle_ms = 20_000;
    config
}

/// A client and the state that its host keeps.
#[derive(Clone)]
struct Host {
    client: Client,
    now: Instant,
    fetch: FetchId,
    old: Option<ConnectionId>,
    new: Option<ConnectionId>,
    next: Option<ConnectionId>,
    answers_pings: bool,
}

impl Host {
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

    /// Creates a host and brings its client into a state by the shortest path.
    fn in_state(state: &str) -> Self {
        const CONNECT: [&str; 4] = ["connect", "handle_token", "handle_open", "lasts"];
        const REPLACE: [&str; 4] = ["refresh", "handle_token", "handle_open", "pongs"];
        let (connections, path): (usize, &[&str]) = match state {
            "off" => (0, &[]),
            "token" => (0, &["connect"]),
            "backoff" => (0, &["connect", "handle_token_error, temporary"]),
            "opening" => (0, &["connect", "handle_token"]),
            "current" => (1, &[]),
            "+ token" => (1, &["refresh"]),
            "+ backoff" => (1, &["refresh", "handle_token_error, temporary"]),
            "+ opening" => (1, &["refresh", "handle_token"]),
            "+ stopped" => (1, &["refresh", "handle_token_error, permanent"]),
            "leaving" => (1, &["disconnect_when_settled, requests in flight"]),
            "old usable" => (2, &[]),
            "old expired" => (2, &["ERROR 401 on old"]),
            other => panic!("unknown state {other:?}"),
        };
        let mut host = Self::new();
        let paths: [&[&str]; 3] = [
            if connections > 0 { &CONNECT } else { &[] },
            if connections > 1 { &REPLACE } else { &[] },
            path,
        ];
        for input in paths.concat() {
            host.prepare(input);
            host.input(input);
        }
        host.settle();
        host
    }

    fn input(&mut self, input: &str) {
        let (client, now) = (&mut self.client, self.now);
        match input {
            "connect" => client.connect(now),
            "disconnect" => client.disconnect(now),
            "disconnect_when_settled, requests in flight" => {
                let _ = client.send(now, DeleteMessage::new("m1".into()), (), &mut [0; 128]);
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
                client.handle_open(now, or_unknown(self.next));
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
                self.client.handle_close(now, or_unknown(self.new), CloseEvent::frame(1000, ""));
            }
            "EVENT that disconnects this user" => self.receive(self.new, DISCONNECTED),
            "EVENT that disconnects this user, on old" => self.receive(self.old, DISCONNECTED),
            "time passes" => self.wait_for_change(),
            close => {
                let (which, event) = close_of(close);
                let connection = match which {
                    "handle_close of old" => self.old,
                    "handle_close of new" => self.new,
                    "handle_close" if self.new.is_some() => self.new,
                    _ => self.next,
                };
                client.handle_close(now, or_unknown(connection), event);
            }
        }
        self.settle();
    }

    /// Lets 5 s pass before a refresh, since it restarts only older attempts.
    fn prepare(&mut self, input: &str) {
        if input == "refresh" {
            self.pass(5_500);
        }
    }

    fn receive(&mut self, connection: Option<ConnectionId>, frame: &str) {
        let received = self.client.handle_message_str(self.now, or_unknown(connection), frame);
        assert!(received.is_ok());
    }

    /// Polls until `Wait`, and returns its moment.
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
        panic!("`poll` does not reach `Wait`");
    }

    /// Lets time pass, during which the state must not change.
    fn pass(&mut self, millis: u64) {
        let (end, state) = (self.now.after(millis), self.state());
        while let Some(moment) = self.settle().filter(|moment| *moment < end) {
            self.now = moment;
            assert_eq!(self.state(), state, "the state changed within {millis} ms");
        }
        self.now = end;
        self.settle();
    }

    /// Lets time pass until the state changes.
    fn wait_for_change(&mut self) {
        let (end, state) = (self.now.after(LONG_MS), self.state());
        while let Some(moment) =
            self.settle().filter(|moment| *moment < end && self.state() == state)
        {
            self.now = moment;
        }
    }

    /// Waits until this many pings of the current connection have been missed.
    fn miss(&mut self, pings: u32) {
        let missed = self.client.counters().missed_pings;
        self.answers_pings = false;
        while self.client.counters().missed_pings < missed.wrapping_add(pings) {
            self.now = self.settle().unwrap();
            self.settle();
        }
    }

    /// Returns the name of the state in the tables.
    fn state(&self) -> String {
        let Client { current, draining, next, .. } = &self.client;
        let path = match next {
            Next::Idle => "",
            Next::Backoff { .. } => "backoff",
            Next::AwaitingToken => "token",
            Next::Connecting { .. } => "opening",
            Next::Stopped(DisconnectReason::NotWanted) if current.is_some() => {
                return "leaving".to_string();
            }
            Next::Stopped(_) if current.is_some() => "stopped",
            Next::Stopped(_) => return "off".to_string(),
        };
        let name = |id: ConnectionId| if Some(id) == self.old { "old" } else { "new" };
        let current = current.as_ref().map(|link| match self.old {
            Some(_) => name(link.id),
            None => "",
        });
        let state = match (current, path) {
            (None, path) => path.to_string(),
            (Some(""), "") => "current".to_string(),
            (Some(current), "") => current.to_string(),
            (Some(current), path) => format!("{current} + {path}").trim_start().to_string(),
        };
        match draining {
            Some(draining) => format!("{state}, {} draining", name(draining.link.id)),
            None => state,
        }
    }
}

/// Returns the connection, or an identifier that the client has never returned.
fn or_unknown(connection: Option<ConnectionId>) -> ConnectionId {
    connection.unwrap_or(ConnectionId::from_number(1_000))
}

fn close_of(input: &str) -> (&str, CloseEvent) {
    match input.split_once(", ") {
        Some((which, "retry")) => (which, CloseEvent::abnormal()),
        Some((which, "new token")) => (which, CloseEvent::frame(3000, "")),
        Some((which, "end")) => (which, CloseEvent::frame(1000, "")),
        _ => panic!("unknown input {input:?}"),
    }
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|').replace('`', "");
    row.split('|').map(|cell| cell.trim().to_string()).collect()
}

/// Returns the only cell of a row.
fn only(cells: &[String]) -> String {
    assert_eq!(cells.len(), 1);
    cells.concat()
}

/// Inputs that may change the client without changing its state.
const SILENT: [&str; 4] = ["ERROR 401", "ERROR 401 on old", "one missed ping", "time passes"];

#[test]
fn every_input_in_every_state() {
    let mut tried = Vec::new();
    let (_legend, tables) = TABLES.split_once("## Without a connection").unwrap();
    let mut lines = tables.lines().filter(|line| line.starts_with('|')).peekable();
    let (mut states, mut is_for_all) = (Vec::new(), false);
    while let Some(line) = lines.next() {
        if lines.next_if(|line| line.starts_with("|:--")).is_some() {
            let columns = cells(line).split_off(1);
            if columns == ["all six"] {
                is_for_all = true;
            } else {
                (states, is_for_all) = (columns, false);
            }
            tried.push(0);
            continue;
        }
        let row = cells(line);
        let (input, expected) = row.split_first().unwrap();
        let expected =
            if is_for_all { vec![only(expected); states.len()] } else { expected.to_vec() };
        assert_eq!(expected.len(), states.len(), "{input}");
        for (state, expected) in states.iter().zip(&expected) {
            try_cell(state, input, expected);
            *tried.last_mut().unwrap() += 1;
        }
    }
    assert_eq!(tried, [4 * 12, 6 * 17, 6 * 4, 2 * 12]);
}

fn try_cell(state: &str, input: &str, expected: &str) {
    let mut host = Host::in_state(state);
    host.prepare(input);
    let before = host.clone();
    if !state.starts_with("old") {
        assert_eq!(before.state(), state);
    }
    host.input(input);
    match expected {
        "·" => {
            assert_eq!(host.state(), before.state(), "{state}: {input}");
            assert!(
                SILENT.contains(&input) || host.client == before.client,
                "{state}: {input} must not change the client"
            );
        }
        "restart" => {
            assert_eq!(host.state(), before.state(), "{state}: {input}");
            assert_ne!(host.fetch, before.fetch, "{state}: {input}");
        }
        expected => assert_eq!(host.state(), expected, "{state}: {input}"),
    }
}
