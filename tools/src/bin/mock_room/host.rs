//! The rooms, and who is in them.

use core::fmt::Display;
use core::net::SocketAddr;
use core::sync::atomic::AtomicU64;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use ivs_chat_proto::client::ConnectionId;
use ivs_chat_proto::mock::{Config, Delivery, Room, User};
use ivs_chat_proto::{Text, Timestamp};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::log::Log;
use crate::options::Options;
use crate::output::Output;
use crate::pass::Pass;
use crate::prompt::{Command, Order};
use crate::socket::{self, Entrance, MAX_WAITING, News, Reporter, Socket};
use ivs_chat_tools::clock::Clock;
use terminal_text::Visible;

/// What the rooms have none of: sockets, a clock, chance.
pub(crate) struct Host {
    options: Options,
    clock: Clock,
    /// By their names: those with somebody in them.
    rooms: BTreeMap<Arc<str>, Hall>,
    /// By their numbers: the connections that are in a room.
    places: BTreeMap<u64, (Arc<str>, ConnectionId)>,
    accepted: u64,
    publishes: u64,
    payloads: u64,
    permits: Arc<Semaphore>,
    entrance: Arc<Entrance>,
    news: mpsc::Sender<(u64, News)>,
    log: Log,
}

/// A room, and the sockets of those in it.
struct Hall {
    room: Room,
    members: BTreeMap<ConnectionId, Member>,
}

struct Member {
    number: u64,
    user: String,
    socket: Socket,
}

impl Host {
    pub(crate) fn new(
        mut options: Options,
        news: mpsc::Sender<(u64, News)>,
        output: Output,
    ) -> io::Result<Self> {
        let clock = Clock::start();
        options.room.start = Timestamp::try_from(SystemTime::now()).map_err(io::Error::other)?;
        let entrance = Entrance {
            refuse: options.refuse,
            retry_after: options.retry_after,
            silence: options.silence,
            handshakes: AtomicU64::new(0),
        };
        Ok(Self {
            clock,
            rooms: BTreeMap::new(),
            places: BTreeMap::new(),
            accepted: 0,
            publishes: 0,
            payloads: 0,
            permits: Arc::new(Semaphore::new(options.connections.into())),
            entrance: Arc::new(entrance),
            news,
            log: Log::new(output, options.is_quiet),
            options,
        })
    }

    /// Waits until something is due in a room.
    pub(crate) async fn wait(&self) {
        let next_at = self.rooms.values().filter_map(|hall| hall.room.next_at()).min();
        self.clock.wait_until(next_at).await;
    }

    /// A TCP connection has been accepted.
    pub(crate) fn accept(&mut self, stream: TcpStream, from: SocketAddr) {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            let details = format!("{from}: there are {} connections", self.options.connections);
            return self.log.happened("-", "", "not opened", details);
        };
        let reporter = Reporter { number: self.accepted, news: self.news.clone() };
        self.accepted += 1;
        tokio::spawn(socket::run(stream, from, Arc::clone(&self.entrance), reporter, permit));
    }

    /// Something has happened on a connection.
    pub(crate) fn happened(&mut self, number: u64, news: News) -> io::Result<()> {
        match news {
            News::Opened(pass, socket) => self.enter(number, pass, socket)?,
            News::NotOpened(words) => self.log.happened("-", "", "not opened", words),
            News::Received(text) => self.received(number, &text),
            News::Silenced(silence) => self.silenced(number, silence.words()),
            News::Ended(how, words) => self.remove(number, how, words),
        }
        Ok(())
    }

    fn enter(&mut self, number: u64, pass: Pass, socket: Socket) -> io::Result<()> {
        let now = self.clock.now();
        let seconds =
            self.options.expire_after.map_or(pass.seconds, |most| pass.seconds.min(most.get()));
        let mut user = User::new(&pass.user);
        user.attributes.insert("name".into(), pass.user.clone());
        user.capabilities = pass.capabilities;
        user.session_ms = seconds * 1_000;
        let name: Arc<str> = pass.room.as_str().into();
        let hall = match self.rooms.entry(Arc::clone(&name)) {
            Entry::Occupied(hall) => hall.into_mut(),
            Entry::Vacant(place) => place.insert(Hall::open(self.options.room.clone())?),
        };
        let Ok(conn) = hall.room.admit(now, user) else {
            // Only by mistake, and none is asked for.
            socket.cut();
            return Ok(());
        };
        self.log.happened(
            &name,
            &pass.user,
            "connected",
            format_args!("{}, for {seconds} s", pass.permitted()),
        );
        hall.members.insert(conn, Member { number, user: pass.user, socket });
        self.places.insert(number, (name, conn));
        Ok(())
    }

    fn received(&mut self, number: u64, text: &str) {
        let now = self.clock.now();
        // From a connection that is being closed nothing is taken any more.
        let Some((name, conn)) = self.places.get(&number).cloned() else { return };
        self.publishes += 1;
        if self.options.drop_every.is_some_and(|every| self.publishes.is_multiple_of(every.get())) {
            let details = format!("with publish {}", self.publishes);
            return self.remove(number, "broken", details);
        }
        let Some(hall) = self.rooms.get_mut(&name) else { return };
        if let Some(Err(rejection)) = hall.room.handle_message(now, conn, text.as_bytes()) {
            let who = hall.members.get(&conn).map_or("", |member| &member.user);
            self.log.rejected(&name, who, &rejection, text);
        }
        self.deliver(&name);
    }

    fn silenced(&mut self, number: u64, words: &str) {
        let Some((name, conn)) = self.places.get(&number) else { return };
        let who = self
            .rooms
            .get(name)
            .and_then(|hall| hall.members.get(conn))
            .map_or("", |member| &member.user);
        self.log.happened(name, who, "silent", words);
    }

    /// Ends a connection that is in a room, when what waits for it has been written.
    fn remove(&mut self, number: u64, what: &str, details: impl Display) {
        let now = self.clock.now();
        let Some((name, conn)) = self.places.remove(&number) else { return };
        let Some(hall) = self.rooms.get_mut(&name) else { return };
        hall.room.handle_close(now, conn);
        if let Some(member) = hall.members.remove(&conn) {
            self.log.happened(&name, &member.user, what, details);
        }
        if hall.members.is_empty() {
            self.rooms.remove(&name);
        }
    }

    /// Delivers what is due in any room.
    pub(crate) fn deliver_all(&mut self) {
        let names: Vec<_> = self.rooms.keys().cloned().collect();
        for name in &names {
            self.deliver(name);
        }
    }

    /// Delivers what is due in a room.
    fn deliver(&mut self, name: &Arc<str>) {
        let now = self.clock.now();
        let Some(hall) = self.rooms.get_mut(name) else { return };
        // The payload for all is made once.
        let mut last: Option<(Arc<[u8]>, Utf8Bytes, bool)> = None;
        while let Some((conn, delivery)) = hall.room.poll(now) {
            match delivery {
                // Without faults, every fragment is a whole message.
                Delivery::Fragment { bytes, .. } => {
                    let (payload, is_doubled) = match &last {
                        Some((same, payload, is_doubled)) if Arc::ptr_eq(same, &bytes) => {
                            (payload.clone(), *is_doubled)
                        }
                        _ => {
                            let payload =
                                Utf8Bytes::from(String::from_utf8_lossy(&bytes).into_owned());
                            self.log.told(name, &payload);
                            self.payloads += 1;
                            let every = self.options.duplicate;
                            let is_doubled = every
                                .is_some_and(|every| self.payloads.is_multiple_of(every.get()));
                            last = Some((bytes, payload.clone(), is_doubled));
                            (payload, is_doubled)
                        }
                    };
                    let write = |member: &Member| {
                        (!is_doubled || member.socket.write(payload.clone()))
                            && member.socket.write(payload)
                    };
                    if hall.members.get(&conn).is_none_or(write) {
                        continue;
                    }
                    hall.room.handle_close(now, conn);
                    if let Some(member) = hall.members.remove(&conn) {
                        self.places.remove(&member.number);
                        member.socket.cut();
                        let details = format!(
                            "does not read what is sent: more than {} MiB wait",
                            MAX_WAITING >> 20
                        );
                        self.log.happened(name, &member.user, "broken", details);
                    }
                }
                Delivery::Close { code, reason } => {
                    if let Some(member) = hall.members.remove(&conn) {
                        self.places.remove(&member.number);
                        member.socket.close(code, &reason);
                        if code == 1005 {
                            self.log.happened(name, &member.user, "closed", "without a code");
                        } else {
                            let details = format!("with {code}: {}", Visible(Text::new(&reason)));
                            self.log.happened(name, &member.user, "closed", details);
                        }
                    }
                }
                Delivery::Abort => {
                    // The socket breaks when what waits has been written.
                    if let Some(member) = hall.members.remove(&conn) {
                        self.places.remove(&member.number);
                        self.log.happened(name, &member.user, "broken", "by the room");
                    }
                }
                // The library answers pings itself.
                _ => {}
            }
        }
        debug_assert_eq!(hall.room.connections(), hall.members.len());
        if hall.members.is_empty() {
            self.rooms.remove(name);
        }
    }

    /// Does what a line asks for. True if that is to end.
    pub(crate) fn typed(&mut self, line: &str) -> bool {
        if line.trim().is_empty() {
            return false;
        }
        let order = match Order::parse(line) {
            Ok(order) => order,
            Err(why) => {
                self.log.complain(&why);
                return false;
            }
        };
        let is_meant = |name: &str| order.room.is_none_or(|room| room == name);
        let names: Vec<_> = self.rooms.keys().filter(|name| is_meant(name)).cloned().collect();
        if matches!(order.command, Command::Quit) {
            return true;
        }
        if names.is_empty() {
            self.log.complain("there is nobody");
        }
        let now = self.clock.now();
        for name in &names {
            let Some(hall) = self.rooms.get_mut(name) else { continue };
            match &order.command {
                Command::Event { name, attributes } => hall.room.send_event(now, name, attributes),
                Command::Delete { message_id, reason } => {
                    hall.room.delete_message(now, message_id, *reason);
                }
                Command::Disconnect { user_id, reason } => {
                    hall.room.disconnect_user(now, user_id, *reason);
                }
                Command::Quit => {}
            }
            self.deliver(name);
        }
        false
    }

    /// Closes all connections.
    pub(crate) fn close(self) -> Log {
        for member in self.rooms.into_values().flat_map(|hall| hall.members.into_values()) {
            member.socket.close(1001, "the room is closed");
        }
        self.log
    }
}

impl Hall {
    fn open(config: Config) -> io::Result<Self> {
        let mut seed = [0; 16];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        Ok(Self { room: Room::new(config, seed), members: BTreeMap::new() })
    }
}
