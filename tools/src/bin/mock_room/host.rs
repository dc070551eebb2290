//! The rooms and their connections.

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
use ivs_chat_tools::clock::Clock;
use terminal_text::Visible;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::command::{Command, Input};
use crate::log::Log;
use crate::options::Options;
use crate::output::Output;
use crate::socket::{self, EventSender, MAX_QUEUED, Policy, Socket, SocketEvent};
use crate::token::MockToken;

/// A host for [`Room`]s: sockets, a clock and randomness.
pub(crate) struct Host {
    options: Options,
    clock: Clock,
    /// The rooms with connections, by name.
    rooms: BTreeMap<Arc<str>, OpenRoom>,
    /// The connections in rooms, by number.
    connections: BTreeMap<u64, (Arc<str>, ConnectionId)>,
    accepted_count: u64,
    publish_count: u64,
    payload_count: u64,
    permits: Arc<Semaphore>,
    policy: Arc<Policy>,
    events: mpsc::Sender<(u64, SocketEvent)>,
    log: Log,
}

/// A room with its connections.
struct OpenRoom {
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
        events: mpsc::Sender<(u64, SocketEvent)>,
        output: Output,
    ) -> io::Result<Self> {
        let clock = Clock::start();
        options.room.start = Timestamp::try_from(SystemTime::now()).map_err(io::Error::other)?;
        let policy = Policy {
            refuse: options.refuse,
            retry_after: options.retry_after,
            link_failure: options.link_failure,
            handshake_count: AtomicU64::new(0),
        };
        Ok(Self {
            clock,
            rooms: BTreeMap::new(),
            connections: BTreeMap::new(),
            accepted_count: 0,
            publish_count: 0,
            payload_count: 0,
            permits: Arc::new(Semaphore::new(options.connections.into())),
            policy: Arc::new(policy),
            events,
            log: Log::new(output, options.is_quiet),
            options,
        })
    }

    /// Waits until a delivery is due in a room.
    pub(crate) async fn wait(&self) {
        let deadline = self.rooms.values().filter_map(|open| open.room.next_at()).min();
        self.clock.wait_until(deadline).await;
    }

    /// Handles an accepted TCP connection.
    pub(crate) fn accept(&mut self, stream: TcpStream, addr: SocketAddr) {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            let limit = self.options.connections;
            let details = format!("{addr}: the limit of {limit} connections is reached");
            return self.log.log_event("-", "", "refused", details);
        };
        let events = EventSender { number: self.accepted_count, events: self.events.clone() };
        self.accepted_count += 1;
        tokio::spawn(socket::run(stream, addr, Arc::clone(&self.policy), events, permit));
    }

    /// Handles an event on a connection.
    pub(crate) fn handle_event(&mut self, number: u64, event: SocketEvent) -> io::Result<()> {
        match event {
            SocketEvent::Opened(token, socket) => self.admit(number, token, socket)?,
            SocketEvent::Refused(details) => self.log.log_event("-", "", "refused", details),
            SocketEvent::Message(text) => self.handle_message(number, &text),
            SocketEvent::LinkFailed(failure) => {
                self.log_link_failure(number, failure.description());
            }
            SocketEvent::Closed { label, details } => self.remove(number, label, details),
        }
        Ok(())
    }

    fn admit(&mut self, number: u64, token: MockToken, socket: Socket) -> io::Result<()> {
        let now = self.clock.now();
        let seconds =
            self.options.expire_after.map_or(token.seconds, |max| token.seconds.min(max.get()));
        let mut user = User::new(&token.user);
        user.attributes.insert("name".into(), token.user.clone());
        user.capabilities = token.capabilities;
        user.session_ms = seconds * 1_000;
        let name: Arc<str> = token.room.as_str().into();
        let open = match self.rooms.entry(Arc::clone(&name)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(OpenRoom::new(self.options.room.clone())?),
        };
        let Ok(id) = open.room.admit(now, user) else {
            // Rooms refuse users only as an injected fault, which no option requests.
            socket.abort();
            return Ok(());
        };
        self.log.log_event(
            &name,
            &token.user,
            "connected",
            format_args!("{}; session of {seconds} s", token.permissions()),
        );
        open.members.insert(id, Member { number, user: token.user, socket });
        self.connections.insert(number, (name, id));
        Ok(())
    }

    fn handle_message(&mut self, number: u64, text: &str) {
        let now = self.clock.now();
        // Messages on a connection that is being closed are ignored.
        let Some((name, id)) = self.connections.get(&number).cloned() else { return };
        self.publish_count += 1;
        let count = self.publish_count;
        if self.options.drop_every.is_some_and(|every| count.is_multiple_of(every.get())) {
            return self.remove(number, "aborted", format_args!("at publish {count}"));
        }
        let Some(open) = self.rooms.get_mut(&name) else { return };
        if let Some(Err(rejection)) = open.room.handle_message(now, id, text.as_bytes()) {
            let user = open.members.get(&id).map_or("", |member| &member.user);
            self.log.log_rejection(&name, user, &rejection, text);
        }
        self.deliver(&name);
    }

    fn log_link_failure(&mut self, number: u64, details: &str) {
        let Some((name, id)) = self.connections.get(&number) else { return };
        let user = self
            .rooms
            .get(name)
            .and_then(|open| open.members.get(id))
            .map_or("", |member| &member.user);
        self.log.log_event(name, user, "link failed", details);
    }

    /// Removes a connection from its room. The socket is closed after the queued payloads.
    fn remove(&mut self, number: u64, label: &str, details: impl Display) {
        let now = self.clock.now();
        let Some((name, id)) = self.connections.remove(&number) else { return };
        let Some(open) = self.rooms.get_mut(&name) else { return };
        open.room.handle_close(now, id);
        if let Some(member) = open.members.remove(&id) {
            self.log.log_event(&name, &member.user, label, details);
        }
        if open.members.is_empty() {
            self.rooms.remove(&name);
        }
    }

    /// Makes the due deliveries of all rooms.
    pub(crate) fn deliver_all(&mut self) {
        let names: Vec<_> = self.rooms.keys().cloned().collect();
        for name in &names {
            self.deliver(name);
        }
    }

    /// Makes the due deliveries of a room.
    fn deliver(&mut self, name: &Arc<str>) {
        let now = self.clock.now();
        let Some(open) = self.rooms.get_mut(name) else { return };
        // The members of the room share one copy of a payload.
        let mut latest: Option<(Arc<[u8]>, Utf8Bytes, bool)> = None;
        while let Some((id, delivery)) = open.room.poll(now) {
            match delivery {
                // The rooms have no fragmentation faults, so a fragment is a whole message.
                Delivery::Fragment { bytes, .. } => {
                    let (payload, is_doubled) = match &latest {
                        Some((same, payload, is_doubled)) if Arc::ptr_eq(same, &bytes) => {
                            (payload.clone(), *is_doubled)
                        }
                        _ => {
                            let payload =
                                Utf8Bytes::from(String::from_utf8_lossy(&bytes).into_owned());
                            self.log.log_payload(name, &payload);
                            self.payload_count += 1;
                            let count = self.payload_count;
                            let every = self.options.duplicate;
                            let is_doubled =
                                every.is_some_and(|every| count.is_multiple_of(every.get()));
                            latest = Some((bytes, payload.clone(), is_doubled));
                            (payload, is_doubled)
                        }
                    };
                    let send = |member: &Member| {
                        (!is_doubled || member.socket.send(payload.clone()))
                            && member.socket.send(payload)
                    };
                    if open.members.get(&id).is_none_or(send) {
                        continue;
                    }
                    open.room.handle_close(now, id);
                    if let Some(member) = open.members.remove(&id) {
                        self.connections.remove(&member.number);
                        member.socket.abort();
                        let details = format!(
                            "the client does not read; more than {} MiB are queued",
                            MAX_QUEUED >> 20
                        );
                        self.log.log_event(name, &member.user, "aborted", details);
                    }
                }
                Delivery::Close { code, reason } => {
                    if let Some(member) = open.members.remove(&id) {
                        self.connections.remove(&member.number);
                        member.socket.close(code, &reason);
                        if code == 1005 {
                            self.log.log_event(name, &member.user, "closed", "without a code");
                        } else {
                            let details = format!("with {code}: {}", Visible(Text::new(&reason)));
                            self.log.log_event(name, &member.user, "closed", details);
                        }
                    }
                }
                Delivery::Abort => {
                    // Dropping the socket aborts the connection after the queued payloads.
                    if let Some(member) = open.members.remove(&id) {
                        self.connections.remove(&member.number);
                        self.log.log_event(name, &member.user, "aborted", "by the room");
                    }
                }
                // The WebSocket library answers pings.
                _ => {}
            }
        }
        debug_assert_eq!(open.room.connections(), open.members.len());
        if open.members.is_empty() {
            self.rooms.remove(name);
        }
    }

    /// Handles a line of input. Returns `true` for `quit`.
    pub(crate) fn handle_input(&mut self, line: &str) -> bool {
        if line.trim().is_empty() {
            return false;
        }
        let input = match Input::parse(line) {
            Ok(input) => input,
            Err(error) => {
                self.log.print_error(&error);
                return false;
            }
        };
        if matches!(input.command, Command::Quit) {
            return true;
        }
        let applies_to = |name: &str| input.room.is_none_or(|room| room == name);
        let names: Vec<_> = self.rooms.keys().filter(|name| applies_to(name)).cloned().collect();
        if names.is_empty() {
            self.log.print_error("no such room is open");
        }
        let now = self.clock.now();
        for name in &names {
            let Some(open) = self.rooms.get_mut(name) else { continue };
            match &input.command {
                Command::Event { name, attributes } => open.room.send_event(now, name, attributes),
                Command::Delete { message_id, reason } => {
                    open.room.delete_message(now, message_id, *reason);
                }
                Command::Disconnect { user_id, reason } => {
                    open.room.disconnect_user(now, user_id, *reason);
                }
                Command::Quit => {}
            }
            self.deliver(name);
        }
        false
    }

    /// Closes all connections. Returns the log, which outlives them.
    pub(crate) fn close(self) -> Log {
        for member in self.rooms.into_values().flat_map(|open| open.members.into_values()) {
            member.socket.close(1001, "the room is closed");
        }
        self.log
    }
}

impl OpenRoom {
    fn new(config: Config) -> io::Result<Self> {
        let mut seed = [0; 16];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        Ok(Self { room: Room::new(config, seed), members: BTreeMap::new() })
    }
}
