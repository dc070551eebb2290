//! The event queue of a run: the room, the hosts and the network in virtual time.

use std::collections::{BTreeMap, HashSet};

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{ConnectionId, FetchId};
use ivs_chat_proto::mock::{Delivery, Disconnection, Room, SessionEnd};

use crate::any_client::AnyClient;
use crate::coverage::Coverage;
use crate::host::{Arrival, Host, Phase, place};
use crate::plan::{Network, Plan, Service};
use crate::rng::Rng;
use crate::service::Route;

/// A scheduled event. The first field is the number of a host, except where stated.
#[derive(Debug)]
pub(crate) enum Event {
    /// The user performs a random action.
    UserAction(usize),
    /// The user sends a regular message.
    UserMessage(usize),
    /// The next reading of the clock becomes an outlier.
    OutlierReading(usize),
    /// The device falls asleep.
    FallAsleep(usize),
    WakeUp(usize),
    /// The token endpoint answers.
    Token(usize, FetchId),
    /// A handshake arrives at the service.
    Handshake(usize, ConnectionId, String),
    /// A request arrives at the service's gateway.
    Publish(usize, ConnectionId, usize, String),
    /// A request arrives at the backend. The last field is its arrival at the gateway.
    BackendPublish(usize, ConnectionId, usize, String, u64),
    Ping(usize, ConnectionId, [u8; 4]),
    /// This many arrivals reach the client's end of a socket.
    Arrival(usize, ConnectionId, usize),
    /// The service learns that the connection with this route is gone.
    ConnectionGone(usize),
    /// The deadline for noticing a dead link, and the time at which it died.
    DeadLinkDeadline(usize, ConnectionId, u64),
    /// The application's server sends an event.
    Application,
}

/// A run of clients and a room.
pub(crate) struct Simulation {
    pub(crate) is_verbose: bool,
    pub(crate) rng: Rng,
    pub(crate) plan: Plan,
    pub(crate) network: Network,
    pub(crate) service: Service,
    pub(crate) room: Room,
    /// The connections of the room, by the number of the room's `ConnectionId`.
    pub(crate) routes: Vec<Route>,
    /// The routes that were open at the latest check.
    pub(crate) live: Vec<usize>,
    /// The way in which the next session ends.
    pub(crate) session_end: SessionEnd,
    /// The way in which the next user is disconnected.
    pub(crate) disconnection: Disconnection,
    pub(crate) hosts: Vec<Host>,
    pub(crate) now: u64,
    queue: BTreeMap<(u64, u64), Event>,
    number: u64,
    /// Whether all faults have stopped.
    pub(crate) in_recovery: bool,
    /// The time at which all clients are disconnected at the end.
    pub(crate) disconnected_at: u64,
    pub(crate) accepted: usize,
    /// The time at which the room accepted each broadcast.
    pub(crate) broadcasts: Vec<Option<u64>>,
    /// The deleted messages.
    pub(crate) deleted: HashSet<String>,
    /// The disconnected users.
    pub(crate) disconnected: HashSet<String>,
    pub(crate) coverage: Coverage,
    pub(crate) buffer: String,
}

macro_rules! log {
    ($simulation:expr, $($what:tt)*) => {
        if $simulation.is_verbose {
            println!("{:>11} ms  {}", $simulation.now, format_args!($($what)*));
        }
    };
}
pub(crate) use log;

impl Simulation {
    pub(crate) fn new(plan: Plan, mut rng: Rng, is_verbose: bool) -> Self {
        if is_verbose {
            println!("{:#?}", plan.room.faults);
            println!("{:?}\n{:?}", plan.service, plan.network);
        }
        let mut simulation = Self {
            is_verbose,
            room: Room::new(plan.room.clone(), rng.seed()),
            network: plan.network,
            service: plan.service,
            routes: Vec::new(),
            live: Vec::new(),
            session_end: plan.room.faults.session_end,
            disconnection: plan.room.faults.disconnection,
            hosts: Vec::new(),
            now: 0,
            queue: BTreeMap::new(),
            number: 0,
            in_recovery: false,
            disconnected_at: u64::MAX,
            accepted: 0,
            broadcasts: Vec::new(),
            deleted: HashSet::new(),
            disconnected: HashSet::new(),
            coverage: Coverage::default(),
            buffer: String::new(),
            rng,
            plan,
        };
        for (number, plan) in simulation.plan.hosts.clone().into_iter().enumerate() {
            if is_verbose {
                println!("{number}: {plan:?}");
            }
            let client = AnyClient::new(plan.is_small, plan.config, simulation.rng.seed());
            if plan.action_interval_ms.is_some() {
                simulation.after(0, Event::UserAction(number));
            }
            if let Some(message_interval_ms) = plan.message_interval_ms {
                simulation.after(message_interval_ms, Event::UserMessage(number));
            }
            if let Some(outlier_interval_ms) = plan.outlier_interval_ms {
                simulation.after(outlier_interval_ms, Event::OutlierReading(number));
            }
            if let Some(sleep_interval_ms) = plan.sleep_interval_ms {
                simulation.after(sleep_interval_ms, Event::FallAsleep(number));
            }
            simulation.hosts.push(Host::new(plan, client));
            simulation.connect(number);
        }
        if let Some((least, most)) = simulation.plan.events_ms {
            let next = simulation.rng.between(least, most);
            simulation.after(next, Event::Application);
        }
        simulation.set_session_end();
        simulation
    }

    pub(crate) fn at(&mut self, moment: u64, event: Event) {
        self.queue.insert((moment.max(self.now), self.number), event);
        self.number += 1;
    }

    pub(crate) fn after(&mut self, millis: u64, event: Event) {
        self.at(self.now + millis, event);
    }

    const fn latency(&mut self) -> u64 {
        self.rng.between(self.network.min_latency_ms, self.network.max_latency_ms)
    }

    /// Schedules an arrival at the service, after all earlier ones on this socket.
    pub(crate) fn up(&mut self, number: usize, connection: ConnectionId, event: Event) {
        let arrives_at = self.now + self.latency();
        let socket = &mut self.hosts[number].sockets[place(connection)];
        socket.up_at = socket.up_at.max(arrives_at);
        let arrives_at = socket.up_at;
        self.at(arrives_at, event);
    }

    /// Schedules arrivals at the client, after all earlier ones on this socket.
    pub(crate) fn down(&mut self, number: usize, connection: ConnectionId, arrivals: Vec<Arrival>) {
        let arrives_at = self.now + self.latency();
        let socket = &mut self.hosts[number].sockets[place(connection)];
        if socket.phase == Phase::Closed {
            return;
        }
        socket.down_at = socket.down_at.max(arrives_at);
        let (arrives_at, count) = (socket.down_at, arrivals.len());
        socket.inbox.extend(arrivals);
        self.at(arrives_at, Event::Arrival(number, connection, count));
    }

    /// Runs all events until `end`.
    pub(crate) fn run_until(&mut self, end: u64) {
        loop {
            self.poll_room();
            let next = self.queue.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
            if next <= self.now {
                let (_, event) = self.queue.pop_first().expect("an event");
                self.handle(event);
                continue;
            }
            for number in 0..self.hosts.len() {
                let host = &self.hosts[number];
                if host.is_awake(self.now) && (host.needs_poll || host.timer_at <= self.now) {
                    self.drive(number);
                }
            }
            let room = self.room.next_at().map_or(u64::MAX, Instant::as_millis);
            let timers = self.hosts.iter().map(|host| host.timer_at.max(host.asleep_until)).min();
            let next = self.queue.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
            let next = next.min(room).min(timers.unwrap_or(u64::MAX));
            if next > end {
                self.now = end.max(self.now);
                return;
            }
            self.now = self.now.max(next);
        }
    }

    fn handle(&mut self, event: Event) {
        let host = match &event {
            Event::UserAction(number)
            | Event::UserMessage(number)
            | Event::FallAsleep(number)
            | Event::WakeUp(number)
            | Event::Token(number, _)
            | Event::Arrival(number, ..) => Some(*number),
            _ => None,
        };
        if let Some(host) = host.map(|number| &self.hosts[number]) {
            if !host.is_awake(self.now) {
                let awake_at = host.asleep_until;
                return self.at(awake_at, event);
            }
        }
        match event {
            Event::UserAction(number) => self.user_action(number),
            Event::UserMessage(number) => self.user_message(number),
            Event::OutlierReading(number) => self.outlier_reading(number),
            Event::FallAsleep(number) => self.fall_asleep(number),
            Event::WakeUp(number) => self.wake_up(number),
            Event::Token(number, fetch) => self.token(number, fetch),
            Event::Handshake(number, connection, token) => {
                self.handshake(number, connection, &token);
            }
            Event::Publish(number, connection, request, payload) => {
                self.publish(number, connection, request, payload);
            }
            Event::BackendPublish(number, connection, request, payload, arrived_at) => {
                self.backend_publish(number, connection, request, &payload, arrived_at);
            }
            Event::Ping(number, connection, payload) => self.ping(number, connection, payload),
            Event::Arrival(number, connection, count) => {
                (0..count).for_each(|_| self.arrival(number, connection));
            }
            Event::ConnectionGone(route) => self.connection_gone(route),
            Event::DeadLinkDeadline(number, connection, since) => {
                self.check_dead_link_noticed(number, connection, since);
            }
            Event::Application => self.application_event(),
        }
        // Most hosts poll after every input. These do so almost always.
        if let Some(number) = host.filter(|_| !self.rng.one_in(8)) {
            if self.hosts[number].is_awake(self.now) {
                self.drive(number);
            }
        }
    }

    /// Schedules the deliveries of the room.
    fn poll_room(&mut self) {
        let has_expired = self.expire();
        let mut waiting: Option<(usize, Vec<Arrival>)> = None;
        while let Some((conn, delivery)) = self.room.poll(Instant::from_millis(self.now)) {
            let route = place(conn);
            let arrival = match delivery {
                Delivery::Pong => {
                    Arrival::Pong(self.routes[route].pings.pop_front().expect("a ping"))
                }
                Delivery::Close { .. } | Delivery::Abort => {
                    assert!(self.routes[route].is_closed(), "the room closed an open connection");
                    Arrival::Delivery(delivery)
                }
                delivery => Arrival::Delivery(delivery),
            };
            match &mut waiting {
                Some((same, arrivals)) if *same == route => arrivals.push(arrival),
                _ => {
                    if let Some((route, arrivals)) = waiting.replace((route, vec![arrival])) {
                        let Route { host, connection, .. } = self.routes[route];
                        self.down(host, connection, arrivals);
                    }
                }
            }
        }
        if let Some((route, arrivals)) = waiting {
            let Route { host, connection, .. } = self.routes[route];
            self.down(host, connection, arrivals);
        }
        if has_expired {
            self.set_session_end();
        }
    }
}
