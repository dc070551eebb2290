//! The room, the devices, and the network between them, in virtual time.

use std::collections::BTreeMap;

use ivs_chat_proto::client::{
    Client, CloseEvent, ConnectionId, ConnectionState, Instant, Outcome, Output, SendErrorKind, TokenInfo,
};
use ivs_chat_proto::mock::{Delivery, Faults, Room};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::server::{Cause, Reject};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{CloseReason, Content, ErrorCode};

use crate::device::{Asks, Device, Phase, Socket, place};
use crate::dice::Dice;
use crate::plan::{self, Network};
use crate::tally::Tally;

/// The longest that anything is on its way.
const LATE_MS: u64 = 10_000;
/// Every how often a device that is awake shows that it is alive.
const PING_MS: u64 = 8_000;
/// How long the room goes on talking to a connection that has fallen silent.
const SILENCE_MS: u64 = 30_000;
/// How long it may take until all are connected when nothing goes wrong any more: the longest wait, and for what was hanging then.
const CALM_MS: u64 = 240_000;
/// How often everyone says something in the end, so that connections are handed over meanwhile.
const ROUNDS: usize = 4;
const ROUND_MS: u64 = 12_000;

/// What happens at its time. Numbers are of devices.
#[derive(Debug)]
enum Happening {
    /// Whoever has the device does something.
    Acts(usize),
    Pings(usize),
    Wakes(usize),
    /// The token has come, or cannot be had.
    Token(usize),
    /// The handshake has come to the room.
    Handshake(usize, ConnectionId, String),
    Opened(usize, ConnectionId),
    Refused(usize, ConnectionId, u16),
    /// A request has come to the room.
    Request(usize, ConnectionId, usize, Vec<u8>),
    /// So many deliveries have come from the room.
    Deliveries(usize, ConnectionId, usize),
    /// The room notices that a connection is gone.
    Leaves(ConnectionId),
}

/// A connection, as the room has it.
struct Route {
    device: usize,
    conn: ConnectionId,
    expires_at: u64,
    /// Whether it was broken for a reason that has been counted.
    is_broken: bool,
}

pub(crate) struct World {
    is_told: bool,
    dice: Dice,
    network: Network,
    max_code_points: u16,
    room: Room,
    /// When something has last come to the room.
    room_at: u64,
    routes: Vec<Route>,
    devices: Vec<Device>,
    now: u64,
    happenings: BTreeMap<(u64, u64), Happening>,
    number: u64,
    /// Whether nothing goes wrong any more.
    is_calm: bool,
    accepted: usize,
    /// How many publishes were rejected in a row for a 429 without end.
    burst: u32,
    tally: Tally,
}

macro_rules! tell {
    ($world:expr, $($what:tt)*) => {
        if $world.is_told {
            println!("{:9.3} s  {}", f64::from(u32::try_from($world.now).expect("short")) / 1e3, format_args!($($what)*));
        }
    };
}

impl World {
    pub(crate) fn new(seed: u64, is_told: bool) -> Self {
        let mut dice = Dice::new(seed);
        let network = Network::new(&mut dice);
        let faults = plan::faults(&mut dice);
        let config = plan::room(&mut dice, faults);
        let delay_ms = if faults.delay > 0 { faults.max_delay_ms.into() } else { 0 };
        let slowest_ms = network.latency_ms * 2 + delay_ms;
        let users = plan::users(&mut dice);
        if is_told {
            println!("{network:?}\n{config:?}");
        }
        let mut world = Self {
            is_told,
            max_code_points: config.max_code_points,
            room: Room::new(config, dice.seed()),
            room_at: 0,
            network,
            routes: Vec::new(),
            devices: Vec::new(),
            now: 0,
            happenings: BTreeMap::new(),
            number: 0,
            is_calm: false,
            accepted: 0,
            burst: 0,
            tally: Tally::default(),
            dice,
        };
        for (number, user) in users.into_iter().enumerate() {
            let mut config = plan::client(&mut world.dice, &network);
            if world.dice.one_in(2) {
                config.max_code_points = world.max_code_points;
            }
            if is_told {
                println!("{number}: {user:?}\n   {config:?}");
            }
            let mut device = Device::new(Client::new(config, world.dice.seed()), user);
            device.knows_session = !world.dice.one_in(4);
            device.knows_capabilities = !world.dice.one_in(3);
            device.knows_user = !world.dice.one_in(4);
            device.is_prompt = slowest_ms < config.settle_ms.into() && !network.falls_silent && !network.devices_sleep;
            device.connect(0);
            world.devices.push(device);
            world.after(0, Happening::Acts(number));
            world.after(PING_MS, Happening::Pings(number));
        }
        world
    }

    /// From the beginning to the end.
    pub(crate) fn run(mut self) -> Tally {
        let end = self.dice.between(30_000, 120_000);
        self.pass_until(end);

        tell!(self, "now nothing goes wrong any more");
        self.is_calm = true;
        self.room.set_faults(Faults::none());
        self.pass_until(end + LATE_MS);
        for device in &self.devices {
            if !matches!(device.client.state(), ConnectionState::Disconnected(_)) {
                self.tally.note("end: connected by itself");
            }
        }
        self.all_connect();
        for round in 0..ROUNDS {
            self.everyone_speaks(round);
        }
        self.all_leave();
        self.tally
    }

    /// Whoever was told to go or does not want a connection is asked to connect again; all others do so by themselves.
    fn all_connect(&mut self) {
        let end = self.now + CALM_MS;
        loop {
            for device in &mut self.devices {
                if device.is_awake(self.now) && matches!(device.state, ConnectionState::Disconnected(_)) {
                    self.tally.note("end: connected when asked to");
                    device.connect(self.now);
                }
            }
            self.pass_until(self.now + 500);
            let is_there = |device: &Device| match device.client.state() {
                ConnectionState::Connected => !device.sockets[place(conn)].is_silent && device.is_awake(self.now),
                _ => false,
            };
            if self.devices.iter().all(is_there) {
                return;
            }
            assert!(self.now < end, "not connected: {:?}", self.devices.iter().map(|it| it.state).collect::<Vec<_>>());
        }
    }

    /// Everyone says something. It is confirmed, and comes to everyone once, also while connections are handed over.
    fn everyone_speaks(&mut self, round: usize) {
        self.devices.iter_mut().for_each(|device| device.has_gap = !matches!(device.state, ConnectionState::Connected));
        let mut sent = Vec::new();
        for number in 0..self.devices.len() {
            let text = format!("round {round} of {number}");
            if let Some(request) = self.send(number, Asks::Send(text)) {
                sent.push((number, request));
            }
            // Less than the room's rate and the connection's.
            self.pass_until(self.now + 1_100);
        }
        self.pass_until(self.now + ROUND_MS);
        let mut confirmed = Vec::new();
        for (number, request) in sent {
            let device = &self.devices[number];
            match device.requests[request].outcome.expect("an outcome by now") {
                Outcome::Confirmed => confirmed.push((number, request)),
                Outcome::Rejected(code) => {
                    let is_right = match code {
                        ErrorCode::FORBIDDEN => device.user.capabilities != ivs_chat_proto::Capabilities::ALL,
                        // The room still counts what was said before; the session ended while it was on its way.
                        ErrorCode::TOO_MANY_REQUESTS | ErrorCode::UNAUTHORIZED => true,
                        _ => false,
                    };
                    assert!(is_right, "{code}, and nothing was wrong");
                }
                Outcome::Lost => {
                    let is_accepted = device.requests[request].is_accepted;
                    assert!(device.has_gap || !is_accepted, "lost, and nothing was wrong");
                }
                other => assert!(other == Outcome::Assumed && !self.is_quick(), "{other}, and nothing was wrong"),
            }
        }
        for (number, request) in confirmed {
            self.tally.note("end: confirmed");
            let device = &self.devices[number];
            let id = device.said.get(&request).expect("it was confirmed by its message").clone();
            for (other, device) in self.devices.iter().enumerate().filter(|(_, device)| !device.has_gap) {
                assert_eq!(device.times_received(&id), 1, "{id} of {number}, at {other}");
                self.tally.note("end: received by all");
            }
        }
    }

    /// Whether everything is answered before it is taken for a success.
    const fn is_quick(&self) -> bool {
        self.network.latency_ms * 2 < 2_000
    }

    /// All leave, and nothing is left of them.
    fn all_leave(&mut self) {
        for device in &mut self.devices {
            device.client.close(Instant::from_millis(self.now));
            device.wants = false;
            device.is_due = true;
        }
        self.pass_until(self.now + SILENCE_MS + 10_000);
        for device in &self.devices {
            device.check_end();
            self.tally.most("at most: tokens fetched by a device", device.fetches);
        }
        assert_eq!((self.room.connections(), self.room.next_at()), (0, None), "somebody is left");
        assert_eq!(self.room.accepted().len(), self.accepted);
        self.tally.most("at most: connections of a room", u64::try_from(self.routes.len()).expect("few"));
        self.tally.most("at most: requests accepted by a room", u64::try_from(self.accepted).expect("few"));
    }

    fn at(&mut self, moment: u64, happening: Happening) {
        self.happenings.insert((moment.max(self.now), self.number), happening);
        self.number += 1;
    }

    fn after(&mut self, millis: u64, happening: Happening) {
        self.at(self.now + millis, happening);
    }

    /// How long something takes on its way.
    const fn latency(&mut self) -> u64 {
        self.dice.between(1, self.network.latency_ms)
    }

    /// Something goes to the room, behind all that has gone there on this connection.
    fn up(&mut self, number: usize, conn: ConnectionId, happening: Happening) {
        let arrives_at = self.now + self.latency();
        let socket = &mut self.devices[number].sockets[place(conn)];
        socket.up_at = socket.up_at.max(arrives_at);
        let arrives_at = socket.up_at;
        self.at(arrives_at, happening);
    }

    /// Something comes from the room, behind all that has come from there on this connection.
    fn down(&mut self, number: usize, conn: ConnectionId, happening: Happening) {
        let arrives_at = self.now + self.latency();
        let socket = &mut self.devices[number].sockets[place(conn)];
        socket.down_at = socket.down_at.max(arrives_at);
        let arrives_at = socket.down_at;
        self.at(arrives_at, happening);
    }

    /// Lets everything happen until then.
    fn pass_until(&mut self, end: u64) {
        loop {
            self.poll_room();
            let next = self.happenings.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
            if next <= self.now {
                let ((at, _), happening) = self.happenings.pop_first().expect("one that is due");
                self.happens(at, happening);
                continue;
            }
            for number in 0..self.devices.len() {
                let device = &self.devices[number];
                if device.is_awake(self.now) && (device.is_due || device.wait <= self.now) {
                    self.drive(number);
                }
            }
            let room = self.room.next_at().map_or(u64::MAX, Instant::as_millis);
            let waits = self.devices.iter().map(|device| device.wait.max(device.awake_at)).min();
            let next = self.happenings.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
            let next = next.min(room).min(waits.unwrap_or(u64::MAX));
            if next > end {
                self.now = end;
                return;
            }
            self.now = self.now.max(next);
        }
    }

    fn happens(&mut self, at: u64, happening: Happening) {
        let device = match &happening {
            Happening::Acts(number)
            | Happening::Pings(number)
            | Happening::Token(number)
            | Happening::Opened(number, _)
            | Happening::Refused(number, ..)
            | Happening::Deliveries(number, ..)
            | Happening::Wakes(number) => Some(*number),
            _ => None,
        };
        if let Some(device) = device.map(|number| &self.devices[number]) {
            if !device.is_awake(at) {
                let awake_at = device.awake_at;
                return self.at(awake_at, happening);
            }
        }
        match happening {
            Happening::Acts(number) => self.acts(number),
            Happening::Pings(number) => self.pings(number),
            Happening::Wakes(_) => {}
            Happening::Token(number) => self.token(number),
            Happening::Handshake(number, conn, token) => self.handshake(number, conn, &token),
            Happening::Opened(number, conn) => self.opened(number, conn),
            Happening::Refused(number, conn, status) => self.refused(number, conn, status),
            Happening::Request(number, conn, request, payload) => self.request(number, conn, request, &payload),
            Happening::Deliveries(number, conn, count) => (0..count).for_each(|_| self.delivered(number, conn)),
            Happening::Leaves(conn) => self.room.leave(Instant::from_millis(self.now), conn),
        }
        // Most hosts poll after every input; this one, nearly always.
        if let Some(number) = device.filter(|_| !self.dice.one_in(8)) {
            self.drive(number);
        }
    }

    // The room.

    fn poll_room(&mut self) {
        let mut waiting: Option<(usize, ConnectionId, usize)> = None;
        while let Some((conn, delivery)) = self.room.poll(Instant::from_millis(self.now)) {
            let Route { device, conn, expires_at, is_broken } = self.routes[place(conn)];
            match &delivery {
                Delivery::Piece { bytes, fin: true } if bytes.is_empty() => self.tally.note("fault: cut"),
                Delivery::Piece { bytes, .. } if bytes.starts_with(b"[[") => self.tally.note("fault: oversize"),
                Delivery::Piece { bytes, .. } if bytes.starts_with(br#"{"ErrorCode":401"#) && self.now < expires_at => {
                    self.tally.note("fault: expire");
                }
                Delivery::Close { code: 1012, .. } => self.tally.note("fault: restart"),
                Delivery::Piece { bytes, .. } if bytes.starts_with(br#"{"Type":"M"#) && self.now > self.room_at => {
                    self.tally.note("fault: delay");
                }
                Delivery::Break if !is_broken => self.tally.note("fault: drop_after_accept"),
                _ => {}
            }
            let socket = &mut self.devices[device].sockets[place(conn)];
            if socket.is_silent || socket.phase == Phase::Over {
                continue;
            }
            socket.inbox.push_back(delivery);
            match &mut waiting {
                Some((same_device, same, count)) if (*same_device, *same) == (device, conn) => *count += 1,
                _ => {
                    if let Some((device, conn, count)) = waiting.replace((device, conn, 1)) {
                        self.down(device, conn, Happening::Deliveries(device, conn, count));
                    }
                }
            }
        }
        if let Some((device, conn, count)) = waiting {
            self.down(device, conn, Happening::Deliveries(device, conn, count));
        }
    }

    fn handshake(&mut self, number: usize, conn: ConnectionId, token: &str) {
        if self.devices[number].sockets[place(conn)].phase == Phase::Over {
            return;
        }
        let before = self.room.connections();
        match self.room.connect(Instant::from_millis(self.now), token) {
            Ok(room) => {
                let is_broken = self.room.connections() == before;
                if is_broken {
                    self.tally.note("fault: accept_then_drop");
                }
                assert_eq!(place(room), self.routes.len());
                let expires_at = self.now + u64::from(self.devices[number].user.session_ms);
                self.routes.push(Route { device: number, conn, expires_at, is_broken });
                self.devices[number].sockets[place(conn)].room = Some(room);
                self.down(number, conn, Happening::Opened(number, conn));
            }
            Err(status) => {
                self.tally.note(match status {
                    401 => "fault: refuse_token",
                    503 => "fault: refuse",
                    other => panic!("{other}"),
                });
                self.down(number, conn, Happening::Refused(number, conn, status));
            }
        }
    }

    /// A request is done, or rejected; and if it is done, with reason.
    fn request(&mut self, number: usize, conn: ConnectionId, request: usize, payload: &[u8]) {
        let socket = &self.devices[number].sockets[place(conn)];
        let Some(room) = socket.room.filter(|_| !socket.is_silent) else { return };
        self.room_at = self.now;
        let before = self.room.connections();
        let verdict = self.room.receive(Instant::from_millis(self.now), room, payload);
        let is_accepted = self.room.accepted().len() > self.accepted;
        assert_eq!(is_accepted, matches!(verdict, Some(Ok(_))));
        let device = &mut self.devices[number];
        let asked = &mut device.requests[request];
        match verdict {
            Some(Ok(publish)) => {
                self.accepted += 1;
                let accepted = self.room.accepted().last().expect("the last");
                assert_eq!((accepted.conn, &accepted.request_id), (room, &publish.request_id().map(String::from)));
                assert!(!asked.is_accepted && device.user.capabilities.permits(publish.required_capability()));
                if let Asks::Send(content) = &asked.asks {
                    assert!(!content.contains(plan::FORBIDDEN));
                    assert!(content.chars().count() <= usize::from(self.max_code_points));
                }
                asked.is_accepted = true;
                tell!(self, "{number}: {} has been done", asked.asks);
                self.burst = 0;
            }
            Some(Err(Reject { error, cause, .. })) => {
                tell!(self, "{number}: {} has been rejected: {cause}", asked.asks);
                match cause {
                    Cause::TooManyRequests { retry_at } if retry_at.get() == self.now => self.burst += 1,
                    _ => self.burst = 0,
                }
                if self.burst == 10 {
                    self.tally.note("fault: burst_429");
                }
                if error.error_code == ErrorCode::new(499) {
                    self.tally.note("fault: unknown_code");
                }
            }
            None if self.room.connections() < before => {
                self.routes[place(room)].is_broken = true;
                self.tally.note("fault: drop");
            }
            None => {}
        }
        assert!(self.room.connections() <= before);
    }

    // The devices.

    /// Does all that a client wants.
    fn drive(&mut self, number: usize) {
        for _ in 0..50 {
            let now = Instant::from_millis(self.now);
            let device = &mut self.devices[number];
            let output = device.client.poll(now);
            device.is_due = false;
            match output {
                Output::Wait(until) => {
                    assert!(until.is_none_or(|until| until > now));
                    device.waits(self.now, until.map_or(u64::MAX, Instant::as_millis));
                    return;
                }
                Output::Close { conn, code } => self.close(number, conn, code),
                Output::Settled(settled) => {
                    device.settle(self.now, &settled, &mut self.tally);
                    tell!(self, "{number}: {}: {}", device.requests[settled.data].asks, settled.outcome);
                }
                Output::State(state) => {
                    tell!(self, "{number}: {state}");
                    device.reported(self.now, state, &mut self.tally);
                }
                Output::FetchToken => {
                    device.fetch(self.now);
                    let takes_ms = if self.dice.one_in(16) { self.dice.between(1, 20_000) } else { self.latency() };
                    self.after(takes_ms, Happening::Token(number));
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("{number}: no end of outputs");
    }

    /// The client wants a connection closed: one that is there.
    fn close(&mut self, number: usize, conn: ConnectionId, code: u16) {
        tell!(self, "{number}: closes {}, {code}", conn.number());
        let device = &mut self.devices[number];
        if device.sockets[place(conn)].has_crossed {
            return;
        }
        let is_opening = device.sockets[place(conn)].phase == Phase::Opening;
        match code {
            1000 => self.tally.note("close: 1000"),
            3008 => {
                self.tally.note("close: 3008");
                device.failed(self.now);
                let may_be = is_opening || device.client.config().idle_ms.is_some();
                assert!(may_be, "given up, and nothing was wrong");
            }
            other => panic!("{other}"),
        }
        let socket = &mut device.sockets[place(conn)];
        assert_ne!(socket.phase, Phase::Over, "closed twice");
        socket.phase = Phase::Over;
        if self.dice.one_in(4) {
            self.ignores(number, conn);
        }
        let socket = &mut self.devices[number].sockets[place(conn)];
        socket.inbox.clear();
        if let Some(room) = socket.room {
            self.up(number, conn, Happening::Leaves(room));
        }
    }

    /// Nothing that is told of a connection that is over changes anything.
    fn ignores(&mut self, number: usize, conn: ConnectionId) {
        self.tally.note("device: told of a connection that is over");
        let now = Instant::from_millis(self.now);
        let Device { client, sockets, .. } = &mut self.devices[number];
        let before = client.clone();
        client.opened(now, conn);
        client.alive(now, conn);
        client.closed(now, conn, CloseEvent::frame(1000, ""));
        for delivery in &sockets[place(conn)].inbox {
            if let Delivery::Piece { bytes, .. } = delivery {
                assert_eq!(client.recv(now, conn, bytes), Ok(None));
            }
        }
        assert!(*client == before, "it has changed something");
    }

    fn token(&mut self, number: usize) {
        let now = Instant::from_millis(self.now);
        let device = &mut self.devices[number];
        device.is_fetching = false;
        device.is_due = true;
        if !self.is_calm && self.dice.one_in(12) {
            let is_fatal = self.dice.one_in(6);
            let was = device.client.state();
            device.client.token_err(now, is_fatal);
            device.has_fatal_token |= is_fatal;
            device.failed(self.now);
            assert!(
                !is_fatal || was != ConnectionState::Connecting || device.client.state() != ConnectionState::Connecting
            );
            self.tally.note(if is_fatal { "device: token never to be had" } else { "device: token not to be had" });
            return;
        }
        let token = self.room.create_token(now, device.user.clone());
        let mut info = TokenInfo::new();
        info.session_ms = device.knows_session.then_some(device.user.session_ms.into());
        info.capabilities = device.knows_capabilities.then_some(device.user.capabilities);
        info.user_id = device.knows_user.then_some(&*device.user.id);
        let Some(conn) = device.client.token_ok(now, info) else { return };
        assert!(device.wants && place(conn) == device.sockets.len());
        device.sockets.push(Socket::new(self.now, device.user.session_ms.into()));
        if !self.is_calm && self.dice.one_in(40) {
            return self.tally.note("network: handshake without an answer");
        }
        self.up(number, conn, Happening::Handshake(number, conn, token));
    }

    fn opened(&mut self, number: usize, conn: ConnectionId) {
        let device = &mut self.devices[number];
        let socket = &mut device.sockets[place(conn)];
        if socket.phase == Phase::Opening {
            socket.phase = Phase::Open;
            socket.opened_at = self.now;
            socket.fetches = device.fetches;
            device.client.opened(Instant::from_millis(self.now), conn);
            assert!(device.is_due || device.client.state() == ConnectionState::Connected);
            device.is_due = true;
            device.refusals_in_a_row = 0;
        }
    }

    fn refused(&mut self, number: usize, conn: ConnectionId, status: u16) {
        tell!(self, "{number}: connection {} is refused, {status}", conn.number());
        let device = &mut self.devices[number];
        if device.sockets[place(conn)].phase == Phase::Opening {
            device.closed(self.now, conn, CloseEvent::handshake_rejected(status), false);
            if status == 401 {
                device.refusals += 1;
                device.refusals_in_a_row += 1;
                device.may_fetch_at_once = true;
            }
        }
    }

    fn delivered(&mut self, number: usize, conn: ConnectionId) {
        let device = &mut self.devices[number];
        let socket = &mut device.sockets[place(conn)];
        let Some(delivery) = socket.inbox.pop_front() else { return };
        assert_eq!(socket.phase, Phase::Open);
        match delivery {
            Delivery::Piece { bytes, fin } => self.piece(number, conn, &bytes, fin),
            Delivery::Close { code, reason } => {
                tell!(self, "{number}: connection {} was closed, {code} {reason:?}", conn.number());
                let is_error = matches!(CloseReason::parse(&reason), CloseReason::Error { .. });
                device.closed(self.now, conn, CloseEvent::frame(code, &reason), code == 1000 && !is_error);
            }
            Delivery::Break => {
                tell!(self, "{number}: connection {} broke", conn.number());
                device.closed(self.now, conn, CloseEvent::abnormal(), false);
            }
            other => panic!("{other:?}"),
        }
    }

    /// A piece of a message, or two or three if the host's buffers are small.
    fn piece(&mut self, number: usize, conn: ConnectionId, bytes: &[u8], fin: bool) {
        let cuts = if self.dice.one_in(4) { self.dice.between(1, 2) } else { 0 };
        let mut rest = bytes;
        for _ in 0..cuts {
            let length = self.dice.between(0, u64::try_from(rest.len()).expect("short"));
            let (piece, behind) = rest.split_at(usize::try_from(length).expect("short"));
            self.push(number, conn, piece, false);
            rest = behind;
        }
        self.push(number, conn, rest, fin);
    }

    fn push(&mut self, number: usize, conn: ConnectionId, piece: &[u8], fin: bool) {
        let device = &mut self.devices[number];
        let fragments = &mut device.sockets[place(conn)].fragments;
        let mut joined = core::mem::take(fragments);
        match joined.push(piece, fin) {
            Some(Ok(message)) => {
                tell!(self, "{number}: on {}: {}", conn.number(), String::from_utf8_lossy(message));
                device.receive(self.now, conn, message, &mut self.tally);
                self.steal(number, message);
            }
            Some(Err(_)) => tell!(self, "{number}: on {}: too long", conn.number()),
            None => {}
        }
        self.devices[number].sockets[place(conn)].fragments = joined;
    }

    /// What others send has names, and a device may well take them for its own: once, and not if it would itself take the one for the
    /// other.
    fn steal(&mut self, number: usize, message: &[u8]) {
        // An event does not say whose request it answers.
        let (request_id, sender) = match Subscribe::decode(message) {
            Ok(Subscribe::Message(message)) => (message.request_id, Some(message.sender.user_id)),
            Ok(Subscribe::Event(event)) => (event.request_id, None),
            _ => return,
        };
        let Some(request_id) = request_id.map(String::from) else { return };
        let user = self.devices[number].user.clone();
        let is_free = self
            .devices
            .iter()
            .filter(|other| other.user.id == user.id)
            .all(|other| !other.named.contains(&request_id) && other.stolen.is_none());
        let device = &mut self.devices[number];
        if is_free && device.knows_user && sender.is_none_or(|sender| sender != *user.id) && self.dice.one_in(8) {
            device.stolen = Some(request_id);
        }
    }

    fn pings(&mut self, number: usize) {
        let device = &mut self.devices[number];
        for (conn, socket) in (0..).zip(&device.sockets) {
            if socket.is_open() && !socket.is_silent {
                device.client.alive(Instant::from_millis(self.now), ConnectionId::from_number(conn));
                device.is_due = true;
            }
        }
        self.after(PING_MS, Happening::Pings(number));
    }

    // What people do.

    fn acts(&mut self, number: usize) {
        if self.is_calm {
            return;
        }
        let next = if self.dice.one_in(10) { self.dice.between(1, 10) } else { self.dice.between(100, 2_500) };
        self.after(next, Happening::Acts(number));
        if let ConnectionState::Disconnected(_) = self.devices[number].client.state() {
            if self.dice.one_in(3) {
                self.devices[number].connect(self.now);
            }
            return;
        }
        match self.dice.between(0, 99) {
            0..60 => {
                let text = self.text();
                self.send(number, Asks::Send(text));
            }
            60..75 => {
                // Whose request an event answers, nobody can tell if both are for the same.
                let device = &self.devices[number];
                let id = device.last_message.clone().filter(|_| device.stolen.is_none());
                let id = id.unwrap_or_else(|| format!("a message of {number}"));
                self.send(number, Asks::Delete(id));
            }
            75 => {
                let id = self.somebody();
                self.send(number, Asks::Disconnect(id));
            }
            76..78 => {
                tell!(self, "{number}: wants no connection any more");
                let device = &mut self.devices[number];
                device.client.close(Instant::from_millis(self.now));
                device.wants = false;
                device.is_due = true;
            }
            78..81 => self.devices[number].forget(&mut self.tally),
            81..85 if self.network.breaks => self.breaks(number),
            85..87 if self.network.falls_silent => self.falls_silent(number),
            87..90 if self.network.devices_sleep => {
                let awake_at = self.now + self.dice.between(1, 40_000);
                tell!(self, "{number}: sleeps until {awake_at} ms");
                self.tally.note("device: asleep");
                self.devices[number].awake_at = awake_at;
                if self.dice.one_in(2) {
                    // It polls first, and then reads what has come.
                    self.at(awake_at, Happening::Wakes(number));
                }
            }
            90 => self.application(),
            _ => {}
        }
    }

    fn text(&mut self) -> String {
        let texts = ["hej", "say \"please\"\n", "👋🏽 привет", "spam and eggs", "twenty-one characters", "\u{1}\\", "x"];
        let text = *self.dice.of(&texts).expect("some");
        if self.dice.one_in(20) { "é".repeat(500) } else { text.to_owned() }
    }

    fn somebody(&mut self) -> String {
        let names: Vec<_> = self.devices.iter().map(|device| &device.user.id).collect();
        self.dice.of(&names).map_or_else(String::new, |name| String::clone(name))
    }

    /// Sends a request, if the client takes it: its number.
    fn send(&mut self, number: usize, asks: Asks) -> Option<usize> {
        let now = Instant::from_millis(self.now);
        let device = &mut self.devices[number];
        let request = device.requests.len();
        let is_disconnect = matches!(asks, Asks::Disconnect(_));
        let stolen = if is_disconnect { None } else { device.stolen.take() };
        let mut publish: Publish<'_> = match &asks {
            Asks::Send(text) => SendMessage::new(Content::new(text).expect("1 to 500")).into(),
            Asks::Delete(id) => DeleteMessage::new((&**id).into()).into(),
            Asks::Disconnect(id) => DisconnectUser::new((&**id).into()).into(),
        };
        if let Some(stolen) = stolen.as_deref() {
            match &mut publish {
                Publish::SendMessage(send) => send.request_id = Some(stolen.into()),
                Publish::DeleteMessage(delete) => delete.request_id = Some(stolen.into()),
                other => panic!("{other:?}"),
            }
        }
        let mut buffer = [0; 2_048];
        let state = device.client.state();
        let capability = publish.required_capability();
        let is_permitted = !device.knows_capabilities || device.user.capabilities.permits(capability);
        device.is_due = true;
        match device.client.send(now, &publish, request, &mut buffer) {
            Ok(sent) => {
                let decoded = Publish::decode(sent.payload).expect("a publish");
                let request_id = decoded.request_id().expect("one was made").to_string();
                if stolen.is_some_and(|stolen| stolen == request_id) {
                    self.tally.note("device: RequestId of somebody else");
                }
                assert!(is_permitted);
                let (conn, payload) = (sent.conn, sent.payload.to_owned());
                tell!(self, "{number}: sends on {}: {}", conn.number(), String::from_utf8_lossy(&payload));
                device.sent(self.now, sent.handle, conn, request_id, asks);
                self.up(number, conn, Happening::Request(number, conn, request, payload));
                Some(request)
            }
            Err(error) => {
                assert_eq!(error.data, request);
                self.tally.note(match error.kind {
                    SendErrorKind::NotConnected => {
                        assert!(!matches!(state, ConnectionState::Connected));
                        "not sent: not connected"
                    }
                    SendErrorKind::NotPermitted(refused) => {
                        assert!(!is_permitted && refused == capability);
                        "not sent: not permitted"
                    }
                    SendErrorKind::TooLong(_) => "not sent: too long",
                    SendErrorKind::TooManyInFlight => "not sent: too many in flight",
                    SendErrorKind::TooManyRequests { .. } => "not sent: too many in a second",
                    other => panic!("{other}"),
                });
                None
            }
        }
    }

    /// A connection of a device, if it has one that is open.
    fn open_connection(&mut self, number: usize) -> Option<ConnectionId> {
        let sockets = (0..).zip(&self.devices[number].sockets);
        let open: Vec<_> = sockets.filter(|(_, socket)| socket.is_open() && !socket.is_silent).collect();
        self.dice.of(&open).map(|(conn, _)| ConnectionId::from_number(*conn))
    }

    /// A connection breaks, and the room learns of it later.
    fn breaks(&mut self, number: usize) {
        let Some(conn) = self.open_connection(number) else { return };
        tell!(self, "{number}: connection {} breaks on the way", conn.number());
        self.tally.note("network: broken");
        self.devices[number].closed(self.now, conn, CloseEvent::abnormal(), false);
        let room = self.devices[number].sockets[place(conn)].room.expect("it was open");
        let noticed = self.dice.between(0, 5_000);
        self.after(noticed, Happening::Leaves(room));
    }

    fn falls_silent(&mut self, number: usize) {
        let Some(conn) = self.open_connection(number) else { return };
        tell!(self, "{number}: connection {} falls silent", conn.number());
        self.tally.note("network: silent");
        let socket = &mut self.devices[number].sockets[place(conn)];
        socket.is_silent = true;
        socket.inbox.clear();
        let room = socket.room.expect("it was open");
        self.after(SILENCE_MS, Happening::Leaves(room));
    }

    /// The application's server does something.
    fn application(&mut self) {
        let now = Instant::from_millis(self.now);
        match self.dice.between(0, 5) {
            0 => {
                let user = self.somebody();
                self.room.disconnect_user(now, &user, Some("the application"));
            }
            1 | 2 => self.room.delete_message(now, "a message", None),
            _ => self.room.send_event(now, "quiz", &BTreeMap::from([("answer".to_owned(), "42".to_owned())])),
        }
    }
}
