//! The room, the hosts, and the network between them, in virtual time.

use std::collections::{BTreeMap, HashSet};

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{ConnectionId, FetchId};
use ivs_chat_proto::mock::{Delivery, Disconnection, Room, SessionEnd};

use crate::chat::Chat;
use crate::dice::Dice;
use crate::host::{Arrival, Host, Phase, place};
use crate::plan::{Network, Plan, Service};
use crate::service::Route;
use crate::tally::Tally;

/// What happens at its time. The first number is that of a host.
#[derive(Debug)]
pub(crate) enum Happening {
    /// The user does something.
    Acts(usize),
    /// The user sends a message.
    Speaks(usize),
    /// The next reading of the clock is wild.
    GoesWild(usize),
    /// The device falls asleep.
    Naps(usize),
    Wakes(usize),
    /// The token endpoint answers.
    Token(usize, FetchId),
    /// The handshake arrives at the service.
    Handshake(usize, ConnectionId, String),
    /// A request arrives at the service's gateway.
    Publish(usize, ConnectionId, usize, String),
    /// The gateway has handed the request on. It arrived at the time that comes last.
    Handled(usize, ConnectionId, usize, String, u64),
    Ping(usize, ConnectionId, [u8; 4]),
    /// So many things arrive at the client's end of a socket.
    Arrives(usize, ConnectionId, usize),
    /// The service learns that a connection is gone.
    Leaves(usize),
    /// The client must have noticed that the link has died.
    HasNoticed(usize, ConnectionId, u64),
    /// The application's server sends an event.
    Event,
}

pub(crate) struct World {
    pub(crate) is_told: bool,
    pub(crate) dice: Dice,
    pub(crate) plan: Plan,
    pub(crate) network: Network,
    pub(crate) service: Service,
    pub(crate) room: Room,
    /// By the number of the room's `ConnectionId`.
    pub(crate) routes: Vec<Route>,
    /// Those that were not over when that was last looked at.
    pub(crate) live: Vec<usize>,
    /// How the next session ends, and how the next user is disconnected.
    pub(crate) session_end: SessionEnd,
    pub(crate) disconnection: Disconnection,
    pub(crate) hosts: Vec<Host>,
    pub(crate) now: u64,
    happenings: BTreeMap<(u64, u64), Happening>,
    number: u64,
    /// Whether nothing goes wrong any more.
    pub(crate) is_calm: bool,
    /// When all clients left.
    pub(crate) left_at: u64,
    pub(crate) accepted: usize,
    /// When the room accepted each broadcast.
    pub(crate) broadcasts: Vec<Option<u64>>,
    /// The targets of deletions and disconnections that happened.
    pub(crate) deleted: HashSet<String>,
    pub(crate) disconnected: HashSet<String>,
    pub(crate) tally: Tally,
    pub(crate) buffer: String,
}

macro_rules! tell {
    ($world:expr, $($what:tt)*) => {
        if $world.is_told {
            println!("{:>11} ms  {}", $world.now, format_args!($($what)*));
        }
    };
}
pub(crate) use tell;

impl World {
    pub(crate) fn new(plan: Plan, mut dice: Dice, is_told: bool) -> Self {
        if is_told {
            println!("{:#?}", plan.room.faults);
            println!("{:?}\n{:?}", plan.service, plan.network);
        }
        let mut world = Self {
            is_told,
            room: Room::new(plan.room.clone(), dice.seed()),
            network: plan.network,
            service: plan.service,
            routes: Vec::new(),
            live: Vec::new(),
            session_end: plan.room.faults.session_end,
            disconnection: plan.room.faults.disconnection,
            hosts: Vec::new(),
            now: 0,
            happenings: BTreeMap::new(),
            number: 0,
            is_calm: false,
            left_at: u64::MAX,
            accepted: 0,
            broadcasts: Vec::new(),
            deleted: HashSet::new(),
            disconnected: HashSet::new(),
            tally: Tally::default(),
            buffer: String::new(),
            dice,
            plan,
        };
        for (number, plan) in world.plan.hosts.clone().into_iter().enumerate() {
            if is_told {
                println!("{number}: {plan:?}");
            }
            let client = Chat::new(plan.is_small, plan.config, world.dice.seed());
            if plan.acts_ms.is_some() {
                world.after(0, Happening::Acts(number));
            }
            if let Some(speaks_ms) = plan.speaks_ms {
                world.after(speaks_ms, Happening::Speaks(number));
            }
            if let Some(wild_ms) = plan.wild_ms {
                world.after(wild_ms, Happening::GoesWild(number));
            }
            if let Some(naps_ms) = plan.naps_ms {
                world.after(naps_ms, Happening::Naps(number));
            }
            world.hosts.push(Host::new(plan, client));
            world.connect(number);
        }
        if let Some((least, most)) = world.plan.events_ms {
            let next = world.dice.between(least, most);
            world.after(next, Happening::Event);
        }
        world.set_session_end();
        world
    }

    pub(crate) fn at(&mut self, moment: u64, happening: Happening) {
        self.happenings.insert((moment.max(self.now), self.number), happening);
        self.number += 1;
    }

    pub(crate) fn after(&mut self, millis: u64, happening: Happening) {
        self.at(self.now + millis, happening);
    }

    const fn latency(&mut self) -> u64 {
        self.dice.between(self.network.min_latency_ms, self.network.max_latency_ms)
    }

    /// Something goes to the service, after everything that has gone there on this socket.
    pub(crate) fn up(&mut self, number: usize, connection: ConnectionId, happening: Happening) {
        let arrives_at = self.now + self.latency();
        let socket = &mut self.hosts[number].sockets[place(connection)];
        socket.up_at = socket.up_at.max(arrives_at);
        let arrives_at = socket.up_at;
        self.at(arrives_at, happening);
    }

    /// Something comes from the service, after everything that has come from there on this socket.
    pub(crate) fn down(&mut self, number: usize, connection: ConnectionId, arrivals: Vec<Arrival>) {
        let arrives_at = self.now + self.latency();
        let socket = &mut self.hosts[number].sockets[place(connection)];
        if socket.phase == Phase::Over {
            return;
        }
        socket.down_at = socket.down_at.max(arrives_at);
        let (arrives_at, count) = (socket.down_at, arrivals.len());
        socket.inbox.extend(arrivals);
        self.at(arrives_at, Happening::Arrives(number, connection, count));
    }

    /// Lets everything happen until then.
    pub(crate) fn pass_until(&mut self, end: u64) {
        loop {
            self.poll_room();
            let next = self.happenings.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
            if next <= self.now {
                let (_, happening) = self.happenings.pop_first().expect("one is due");
                self.happens(happening);
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
            let next = self.happenings.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
            let next = next.min(room).min(timers.unwrap_or(u64::MAX));
            if next > end {
                self.now = end.max(self.now);
                return;
            }
            self.now = self.now.max(next);
        }
    }

    fn happens(&mut self, happening: Happening) {
        let host = match &happening {
            Happening::Acts(number)
            | Happening::Speaks(number)
            | Happening::Naps(number)
            | Happening::Wakes(number)
            | Happening::Token(number, _)
            | Happening::Arrives(number, ..) => Some(*number),
            _ => None,
        };
        if let Some(host) = host.map(|number| &self.hosts[number]) {
            if !host.is_awake(self.now) {
                let awake_at = host.asleep_until;
                return self.at(awake_at, happening);
            }
        }
        match happening {
            Happening::Acts(number) => self.acts(number),
            Happening::Speaks(number) => self.speaks(number),
            Happening::GoesWild(number) => self.goes_wild(number),
            Happening::Naps(number) => self.naps(number),
            Happening::Wakes(number) => self.wakes(number),
            Happening::Token(number, fetch) => self.token(number, fetch),
            Happening::Handshake(number, connection, token) => {
                self.handshake(number, connection, &token);
            }
            Happening::Publish(number, connection, request, payload) => {
                self.publish(number, connection, request, payload);
            }
            Happening::Handled(number, connection, request, payload, arrived_at) => {
                self.handled(number, connection, request, &payload, arrived_at);
            }
            Happening::Ping(number, connection, payload) => self.ping(number, connection, payload),
            Happening::Arrives(number, connection, count) => {
                (0..count).for_each(|_| self.arrives(number, connection));
            }
            Happening::Leaves(route) => self.leaves(route),
            Happening::HasNoticed(number, connection, since) => {
                self.has_noticed(number, connection, since);
            }
            Happening::Event => self.event(),
        }
        // Most hosts poll after every input. These do nearly always.
        if let Some(number) = host.filter(|_| !self.dice.one_in(8)) {
            if self.hosts[number].is_awake(self.now) {
                self.drive(number);
            }
        }
    }

    /// Takes what the room delivers.
    fn poll_room(&mut self) {
        let has_expired = self.expire();
        let mut waiting: Option<(usize, Vec<Arrival>)> = None;
        while let Some((conn, delivery)) = self.room.poll(Instant::from_millis(self.now)) {
            let route = place(conn);
            let arrival = match delivery {
                Delivery::Pong => {
                    Arrival::Pong(self.routes[route].pings.pop_front().expect("it was asked for"))
                }
                Delivery::Close { .. } | Delivery::Abort => {
                    assert!(
                        self.routes[route].is_over(),
                        "the room ended a connection that should live"
                    );
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
