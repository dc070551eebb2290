//! The table of the module's documentation, cell by cell.

use core::mem;
use std::string::{String, ToString};
use std::vec::Vec;

use super::connection::Next;
use super::{Client, CloseEvent, Config, ConnectionId, Instant, Output, TokenInfo};

const TABLE: &str = include_str!("table.md");
/// Long enough for a connection to have lasted.
const LATER: u64 = 60_000;
/// A connection that never was.
const NOBODY: ConnectionId = ConnectionId::from_number(1_000);
const ERROR_401: &[u8] = br#"{"Type":"ERROR","ErrorCode":401,"ErrorMessage":"connection expired"}"#;

struct World {
    client: Client,
    now: Instant,
    current: ConnectionId,
    next: ConnectionId,
}

impl World {
    fn new() -> Self {
        Self {
            client: Client::new(Config::new(), [7; 16]),
            now: Instant::from_millis(0),
            current: NOBODY,
            next: NOBODY,
        }
    }

    /// A world that has come to a state on the shortest way.
    fn in_state(state: &str) -> Self {
        let mut world = Self::new();
        let way: &[&str] = match state {
            "disconnected" => &[],
            "want" => &["connect"],
            "backoff" => &["connect", "token_err"],
            "connecting" => &["connect", "token_ok"],
            "open" => &["connect", "token_ok", "opened"],
            "open, want" => &["connect", "token_ok", "opened", "ERROR 401"],
            "open, backoff" => &["connect", "token_ok", "opened", "ERROR 401", "token_err"],
            "open, connecting" => &["connect", "token_ok", "opened", "ERROR 401", "token_ok"],
            "open, stopped" => &["connect", "token_ok", "opened", "ERROR 401", "token_err, fatal"],
            other => panic!("no state {other:?}"),
        };
        for input in way {
            world.input(input);
        }
        world
    }

    fn input(&mut self, input: &str) {
        let (client, now) = (&mut self.client, self.now);
        match input {
            "connect" => client.connect(now),
            "close" => client.close(now),
            "token_ok" => {
                let mut info = TokenInfo::new();
                info.session_ms = Some(3_600_000);
                self.next = client.token_ok(now, info).unwrap_or(self.next);
            }
            "token_err" => client.token_err(now, false),
            "token_err, fatal" => client.token_err(now, true),
            "opened" => {
                client.opened(now, self.next);
                if self.state() == "open" && self.next != NOBODY {
                    self.current = mem::replace(&mut self.next, NOBODY);
                    self.now = now.after(LATER);
                }
            }
            "next closed, retry" => client.closed(now, self.next, CloseEvent::abnormal()),
            "next closed, end" => client.closed(now, self.next, CloseEvent::handshake_rejected(403)),
            "closed, retry" => client.closed(now, self.current, CloseEvent::frame(1012, "")),
            "closed, end" => client.closed(now, self.current, CloseEvent::frame(1000, "")),
            "ERROR 401" => assert!(client.recv(now, self.current, ERROR_401).is_ok()),
            "time" => {
                if let Output::Wait(Some(moment)) = client.poll(now) {
                    self.now = moment;
                }
            }
            other => panic!("no input {other:?}"),
        }
        self.settle();
    }

    /// Polls until there is nothing more to do.
    fn settle(&mut self) {
        for _ in 0..10 {
            if let Output::Wait(_) = self.client.poll(self.now) {
                return;
            }
        }
        panic!("no end of outputs");
    }

    fn state(&self) -> &'static str {
        match (&self.client.current, &self.client.next) {
            (None, Next::Stopped(_)) => "disconnected",
            (None, Next::Backoff { .. }) => "backoff",
            (None, Next::Want) => "want",
            (None, Next::Connecting { .. }) => "connecting",
            (None, Next::Off) => "nothing is to come, and nobody said so",
            (Some(_), Next::Off) => "open",
            (Some(_), Next::Backoff { .. }) => "open, backoff",
            (Some(_), Next::Want) => "open, want",
            (Some(_), Next::Connecting { .. }) => "open, connecting",
            (Some(_), Next::Stopped(_)) => "open, stopped",
        }
    }
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|').replace(['`', '*'], "");
    row.split('|').map(|cell| cell.trim().to_string()).collect()
}

#[test]
fn every_state_with_every_input() {
    let mut rows = TABLE.lines();
    let inputs = cells(rows.next().unwrap());
    let mut tried = 0;
    for row in rows.skip(1).map(cells) {
        let (state, rest) = row.split_first().unwrap();
        assert_eq!(rest.len(), inputs.len() - 1, "{state}");
        for (input, expected) in inputs.iter().skip(1).zip(rest) {
            let mut world = World::in_state(state);
            assert_eq!(world.state(), state);
            let before = world.client.clone();
            world.input(input);
            if expected == "·" {
                assert_eq!(world.state(), state, "{input}");
                assert!(input == "ERROR 401" || world.client == before, "{state}: {input} has changed something");
            } else {
                assert_eq!(world.state(), expected, "{state}: {input}");
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 9 * 12);
}
