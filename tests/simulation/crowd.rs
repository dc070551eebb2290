//! Ten thousand clients whose sessions started together.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, FetchId, Output, TokenInfo,
};

use crate::rng::Rng;

const CROWD: usize = 10_000;
const MINUTE_MS: u64 = 60_000;

type CrowdClient = Client<(), 1, 1>;

/// Clients without a room. The network answers after a short time, and the service is silent.
struct Crowd {
    clients: Vec<CrowdClient>,
    rng: Rng,
    /// The next poll of each client.
    timers: BTreeSet<(u64, usize)>,
    timer_of: Vec<u64>,
    answers: BTreeMap<(u64, usize), Answer>,
    fetched_at: Vec<u64>,
    gaps: usize,
}

#[derive(Clone, Copy)]
enum Answer {
    Token(FetchId),
    Open(ConnectionId),
}

impl Crowd {
    fn new(config: Config) -> Self {
        let mut rng = Rng::new(7);
        let clients = (0..CROWD).map(|_| Client::new(config, rng.seed())).collect();
        Self {
            clients,
            rng,
            timers: BTreeSet::new(),
            timer_of: vec![u64::MAX; CROWD],
            answers: BTreeMap::new(),
            fetched_at: Vec::new(),
            gaps: 0,
        }
    }

    fn poll(&mut self, now: u64, number: usize) {
        self.timers.remove(&(self.timer_of[number], number));
        loop {
            match self.clients[number].poll(Instant::from_millis(now)) {
                Output::Wait(until) => {
                    self.timer_of[number] = until.map_or(u64::MAX, Instant::as_millis);
                    self.timers.insert((self.timer_of[number], number));
                    return;
                }
                Output::FetchToken(fetch) => {
                    self.fetched_at.push(now);
                    let delay = self.rng.between(20, 200);
                    self.answers.insert((now + delay, number), Answer::Token(fetch));
                }
                Output::Ping { connection, payload } => {
                    self.clients[number].handle_pong(
                        Instant::from_millis(now),
                        connection,
                        &payload,
                    );
                }
                Output::PossibleGap => self.gaps += 1,
                _ => {}
            }
        }
    }

    fn answer(&mut self, now: u64, number: usize, answer: Answer) {
        let reading = Instant::from_millis(now);
        match answer {
            Answer::Token(fetch) => {
                let mut info = TokenInfo::new();
                info.session_ms = Some(60 * MINUTE_MS);
                let connection =
                    self.clients[number].handle_token(reading, fetch, info).expect("a connection");
                let delay = self.rng.between(20, 200);
                self.answers.insert((now + delay, number), Answer::Open(connection));
            }
            Answer::Open(connection) => self.clients[number].handle_open(reading, connection),
        }
        self.poll(now, number);
    }

    fn run_until(&mut self, end: u64) {
        loop {
            let answer =
                self.answers.first_key_value().map(|(key, _)| *key).filter(|(at, _)| *at <= end);
            let timer = self.timers.first().copied().filter(|(at, _)| *at <= end);
            match (answer, timer) {
                (Some((at, number)), timer) if timer.is_none_or(|timer| at <= timer.0) => {
                    let answer = self.answers.remove(&(at, number)).expect("an answer");
                    self.answer(at, number, answer);
                }
                (_, Some((at, number))) => self.poll(at, number),
                _ => return,
            }
        }
    }

    /// Returns the maximum number of tokens per second in this time, and the time to fetch all.
    fn burst(&self, from: u64, until: u64) -> (usize, u64) {
        let mut times: Vec<_> =
            self.fetched_at.iter().copied().filter(|at| (from..until).contains(at)).collect();
        times.sort_unstable();
        let within = |(place, at): (usize, &u64)| {
            times[place..].partition_point(|other| *other < at + 1_000)
        };
        let most = times.iter().enumerate().map(within).max().unwrap_or(0);
        (most, times.last().unwrap_or(&from) - times.first().unwrap_or(&from))
    }
}

#[test]
fn refreshes_and_reconnections_are_spread_over_time() {
    for config in [Config::with_pings(), Config::without_pings()] {
        let mut crowd = Crowd::new(config);
        for number in 0..CROWD {
            crowd.clients[number].connect(Instant::from_millis(0));
            crowd.poll(0, number);
        }
        // All sessions start within half a second. Each is replaced 2 to 8 minutes before its end.
        crowd.run_until(61 * MINUTE_MS);
        let (most, spread_ms) = crowd.burst(1_000, 61 * MINUTE_MS);
        println!(
            "refreshes of {CROWD} clients: at most {most} tokens in a second, within {} s",
            spread_ms / 1_000
        );
        assert_eq!(crowd.fetched_at.len(), 2 * CROWD);
        // 10,000 in 360 s are 28 per second on average.
        assert!(most <= 60 && spread_ms > 350_000);
        assert_eq!(crowd.gaps, 0);

        // The service restarts.
        let now = 62 * MINUTE_MS;
        crowd.run_until(now);
        let before = crowd.fetched_at.len();
        for number in 0..CROWD {
            let connection = crowd.clients[number].current().expect("a connection");
            let reading = Instant::from_millis(now);
            crowd.clients[number].handle_close(reading, connection, CloseEvent::frame(1012, ""));
            crowd.poll(now, number);
        }
        crowd.run_until(now + MINUTE_MS);
        let fetched = &crowd.fetched_at[before..];
        let (most, spread_ms) = crowd.burst(now, now + MINUTE_MS);
        println!(
            "restart with 1012: at most {most} tokens in a second, within {} s",
            spread_ms / 1_000
        );
        assert!(fetched.iter().all(|at| (now + 5_000..=now + 30_000).contains(at)));
        // 10,000 in 25 s are 400 per second on average.
        assert!(fetched.len() == CROWD && most <= 500 && spread_ms > 24_000);
        assert!(crowd.clients.iter().all(|client| client.current().is_some()));
    }
}
