use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::num::NonZeroU8;

use super::chance::Chance;
use super::faults::Faults;
use crate::attributes::Attributes;
use crate::capability::Capabilities;
use crate::client::ConnectionId;
use crate::content::Content;
use crate::error_code::ErrorCode;
use crate::instant::Instant;
use crate::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use crate::server::{self, Close, MessageRate, Peer, Reject};
use crate::subscribe::{Event, Message, Sender, SystemEvent};
use crate::text::Text;
use crate::time::Timestamp;

/// How a room is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Its `maximumMessageLength`, in code points. 500.
    pub max_code_points: u16,
    /// Its `maximumMessageRatePerSecond`, of all who send together; without it, any number. 10, as a new room of the service has it.
    pub messages_per_second: Option<NonZeroU8>,
    /// How many requests a connection may make in a second; without it, any number. 10.
    pub requests_per_second: Option<NonZeroU8>,
    /// A message with one of these in it is not accepted by the room's review. None.
    pub forbidden: Vec<String>,
    /// When the caller's clock started. The beginning of 2026.
    pub start: Timestamp,
    /// Whether to keep what has been [accepted](Room::accepted). No.
    pub records: bool,
    /// What goes wrong. Nothing.
    pub faults: Faults,
}

impl Config {
    /// A room in which nothing goes wrong.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_code_points: Content::MAX_CODE_POINTS,
            messages_per_second: NonZeroU8::new(10),
            requests_per_second: NonZeroU8::new(10),
            forbidden: Vec::new(),
            start: Timestamp::new(1_767_225_600, 0).unwrap_or(Timestamp::UNIX_EPOCH),
            records: false,
            faults: Faults::none(),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// Somebody in a room: what a token is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The `UserId`.
    pub id: String,
    /// The attributes that every message of this user has.
    pub attributes: BTreeMap<String, String>,
    /// What they may do. Everything.
    pub capabilities: Capabilities,
    /// How long their session lasts. 60 minutes.
    pub session_ms: u32,
}

impl User {
    /// A user who may do everything.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), attributes: BTreeMap::new(), capabilities: Capabilities::ALL, session_ms: 3_600_000 }
    }
}

/// What is to be done to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Send this: a piece of a text message, and the last one if `fin`.
    Piece {
        /// The bytes.
        bytes: Arc<[u8]>,
        /// Whether the message ends with them.
        fin: bool,
    },
    /// Close it, with this code and reason. The connection exists no more.
    Close {
        /// The code.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// Break it, without a close frame. The connection exists no more.
    Break,
}

/// A request that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// On which connection it came.
    pub conn: ConnectionId,
    /// Its `RequestId`, if it had one.
    pub request_id: Option<String>,
}

/// A room, with all who are in it.
#[derive(Debug)]
pub struct Room {
    config: Config,
    chance: Chance,
    now: Instant,
    tokens: BTreeMap<String, User>,
    members: BTreeMap<ConnectionId, Member>,
    connections: u64,
    expirations: BTreeSet<(Instant, ConnectionId)>,
    /// By when, and then in order.
    deliveries: BTreeMap<(Instant, u64), (ConnectionId, Delivery)>,
    delivered: u64,
    rate: Option<MessageRate>,
    /// How many publishes are still to be rejected with 429.
    burst: u8,
    accepted: Vec<Accepted>,
}

/// A connection.
#[derive(Debug)]
struct Member {
    user: Arc<User>,
    peer: Peer,
    /// When the last of what it is to get comes: nothing overtakes.
    last_at: Instant,
}

impl Room {
    /// An empty room.
    #[must_use]
    pub fn new(config: Config, seed: [u8; 16]) -> Self {
        Self {
            rate: config.messages_per_second.map(MessageRate::new),
            config,
            chance: Chance::new(seed),
            now: Instant::from_millis(0),
            tokens: BTreeMap::new(),
            members: BTreeMap::new(),
            connections: 0,
            expirations: BTreeSet::new(),
            deliveries: BTreeMap::new(),
            delivered: 0,
            burst: 0,
            accepted: Vec::new(),
        }
    }

    /// What was done, if the room [keeps](Config::records) that.
    #[must_use]
    pub fn accepted(&self) -> &[Accepted] {
        &self.accepted
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.members.len()
    }

    /// What goes wrong from now on.
    pub const fn set_faults(&mut self, faults: Faults) {
        self.config.faults = faults;
    }

    // What an application's server does.

    /// `CreateChatToken`: a token that is good for one connection of this user.
    pub fn create_token(&mut self, now: Instant, user: User) -> String {
        self.tick(now);
        let token = self.chance.identifier(24);
        self.tokens.insert(token.clone(), user);
        token
    }

    /// `SendEvent`: an event of the application's for all.
    pub fn send_event(&mut self, now: Instant, event_name: &str, attributes: &BTreeMap<String, String>) {
        self.tick(now);
        let (id, send_time) = self.stamp();
        let mut event = Event::new(Text::new(&id), Text::new(event_name), Text::new(&send_time).into());
        event.attributes = attributes.into();
        self.deliver_to_all(&event.encode_to_string());
    }

    /// `DeleteMessage`: all are told to delete it.
    pub fn delete_message(&mut self, now: Instant, message_id: &str, reason: Option<&str>) {
        self.tick(now);
        self.delete(&DeleteMessage { reason: reason.map(Text::new), ..DeleteMessage::new(message_id.into()) });
    }

    /// `DisconnectUser`: all connections of a user are closed, and all are told.
    pub fn disconnect_user(&mut self, now: Instant, user_id: &str, reason: Option<&str>) {
        self.tick(now);
        self.disconnect(&DisconnectUser { reason: reason.map(Text::new), ..DisconnectUser::new(user_id.into()) });
    }

    // What a client does.

    /// A connection with a token that was [made here](Self::create_token).
    ///
    /// # Errors
    ///
    /// The HTTP status that refuses it: 401 for a token that is not known or has been used.
    pub fn connect(&mut self, now: Instant, token: &str) -> Result<ConnectionId, u16> {
        let user = self.tokens.remove(token).ok_or(401_u16)?;
        self.admit(now, user)
    }

    /// A connection of a user whose token has been looked at elsewhere.
    ///
    /// # Errors
    ///
    /// The HTTP status that refuses it, if that goes [wrong](Faults::refuse).
    pub fn admit(&mut self, now: Instant, user: User) -> Result<ConnectionId, u16> {
        let now = self.tick(now);
        let faults = self.config.faults;
        if self.chance.happens(faults.refuse) {
            return Err(503);
        }
        if self.chance.happens(faults.refuse_token) {
            return Err(401);
        }
        let mut config = server::Config::new();
        config.capabilities = user.capabilities;
        config.session_ms = user.session_ms;
        config.max_code_points = self.config.max_code_points;
        config.requests_per_second = self.config.requests_per_second;
        let peer = Peer::new(now, config);
        let conn = ConnectionId::from_number(self.connections);
        self.connections = self.connections.wrapping_add(1);
        self.expirations.insert((peer.expires_at(), conn));
        self.members.insert(conn, Member { user: Arc::new(user), peer, last_at: now });
        if self.chance.happens(faults.accept_then_drop) {
            self.end(conn, Delivery::Break);
        }
        Ok(conn)
    }

    /// A connection is gone.
    pub fn leave(&mut self, now: Instant, conn: ConnectionId) {
        self.tick(now);
        self.remove(conn);
        self.deliveries.retain(|_, (to, _)| *to != conn);
    }

    /// A text message has been received: what came of it, for a log. Nothing, if there is no such connection, or none any more.
    pub fn receive<'m>(
        &mut self,
        now: Instant,
        conn: ConnectionId,
        message: &'m [u8],
    ) -> Option<Result<Publish<'m>, Reject<'m>>> {
        let now = self.tick(now);
        let faults = self.config.faults;
        let member = self.members.get_mut(&conn)?;
        let user = Arc::clone(&member.user);
        if self.chance.happens(faults.drop) {
            self.end(conn, Delivery::Break);
            return None;
        }
        let mut verdict = member.peer.recv(now, message);
        if let Ok(publish) = &verdict {
            verdict = self.review(now, publish).map(|()| *publish);
        }
        match &verdict {
            Ok(publish) => self.accept(conn, &user, publish),
            Err(reject) => self.reject(conn, *reject),
        }
        if self.chance.happens(faults.expire) {
            self.reject(conn, Reject::expired());
        }
        if self.chance.happens(faults.kick) {
            self.disconnect(&DisconnectUser::new(Text::new(&user.id)));
        }
        if self.chance.happens(faults.restart) {
            let all: Vec<_> = self.members.keys().copied().collect();
            for conn in all {
                self.end(conn, Delivery::Close { code: 1012, reason: "service restart".to_owned() });
            }
        }
        Some(verdict)
    }

    /// What is to be delivered by now, one at a time.
    pub fn poll(&mut self, now: Instant) -> Option<(ConnectionId, Delivery)> {
        let now = self.tick(now);
        while let Some((expires_at, conn)) = self.expirations.first().copied().filter(|(at, _)| *at <= now) {
            self.expirations.remove(&(expires_at, conn));
            self.reject(conn, Reject::expired());
            self.end(conn, close(Close::EXPIRED));
        }
        let next = self.deliveries.first_entry().filter(|next| next.key().0 <= now)?;
        Some(next.remove())
    }

    /// When there is next something to [deliver](Self::poll).
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        let delivery = self.deliveries.first_key_value().map(|((at, _), _)| *at);
        let expiration = self.expirations.first().map(|(at, _)| *at);
        delivery.into_iter().chain(expiration).min()
    }

    /// What the room has against a publish that is all right by itself.
    fn review<'m>(&mut self, now: Instant, publish: &Publish<'m>) -> Result<(), Reject<'m>> {
        let faults = self.config.faults;
        if self.burst == 0 && self.chance.happens(faults.burst_429) {
            self.burst = 10;
        }
        if self.burst > 0 {
            self.burst = self.burst.saturating_sub(1);
            return Err(Reject::too_many_requests(publish, now));
        }
        if self.chance.happens(faults.unknown_code) {
            let mut reject = Reject::not_acceptable(publish, None);
            reject.error.error_code = ErrorCode::new(499);
            return Err(reject);
        }
        if let Some(rate) = &mut self.rate {
            rate.admit(now, publish)?;
        }
        if let Publish::SendMessage(send) = publish {
            let content = send.content.text().to_cow();
            if self.config.forbidden.iter().any(|word| content.contains(word.as_str())) {
                return Err(Reject::not_acceptable(publish, None));
            }
        }
        Ok(())
    }

    fn reject(&mut self, conn: ConnectionId, reject: Reject<'_>) {
        let id = self.chance.identifier(12);
        self.deliver(conn, &reject.with_id(Text::new(&id)).encode_to_string());
    }

    fn accept(&mut self, conn: ConnectionId, user: &User, publish: &Publish<'_>) {
        if self.config.records {
            self.accepted.push(Accepted { conn, request_id: publish.request_id().map(String::from) });
        }
        if self.chance.happens(self.config.faults.drop_after_accept) {
            self.end(conn, Delivery::Break);
        }
        match publish {
            Publish::SendMessage(send) => self.send(user, send),
            Publish::DeleteMessage(delete) => self.delete(delete),
            Publish::DisconnectUser(disconnect) => self.disconnect(disconnect),
        }
    }

    fn send(&mut self, user: &User, send: &SendMessage<'_>) {
        let (id, send_time) = self.stamp();
        let mut sender = Sender::new(Text::new(&user.id));
        sender.attributes = Attributes::from(&user.attributes);
        let mut message = Message::new(Text::new(&id), send.content.text(), Text::new(&send_time).into(), sender);
        message.request_id = send.request_id;
        message.attributes = send.attributes;
        self.deliver_to_all(&message.encode_to_string());
    }

    fn delete(&mut self, delete: &DeleteMessage<'_>) {
        self.tell(&SystemEvent::delete_message(delete.id, delete.reason), delete.request_id);
    }

    fn disconnect(&mut self, disconnect: &DisconnectUser<'_>) {
        self.tell(&SystemEvent::disconnect_user(disconnect.user_id, disconnect.reason), disconnect.request_id);
        let reason = disconnect.reason.unwrap_or_default().to_cow();
        let is_theirs =
            |(conn, member): (&ConnectionId, &Member)| (disconnect.user_id == *member.user.id).then_some(*conn);
        let theirs: Vec<_> = self.members.iter().filter_map(is_theirs).collect();
        for conn in theirs {
            self.end(conn, close(Close::disconnected(&reason)));
        }
    }

    fn tell(&mut self, event: &SystemEvent<'_>, request_id: Option<Text<'_>>) {
        let (id, send_time) = self.stamp();
        let mut event = Event::system(Text::new(&id), event, Text::new(&send_time).into());
        event.request_id = request_id;
        self.deliver_to_all(&event.encode_to_string());
    }

    /// An identifier and the time, for something new.
    fn stamp(&mut self) -> (String, String) {
        let seconds = i64::try_from(self.now.as_millis() / 1_000).unwrap_or(i64::MAX);
        let nanoseconds = u32::try_from(self.now.as_millis() % 1_000).unwrap_or(0).saturating_mul(1_000_000);
        let time = Timestamp::new(self.config.start.seconds().saturating_add(seconds), nanoseconds);
        (self.chance.identifier(12), time.unwrap_or(self.config.start).to_string())
    }

    fn deliver_to_all(&mut self, payload: &str) {
        let bytes = Arc::from(payload.as_bytes());
        let all: Vec<_> = self.members.keys().copied().collect();
        for conn in all {
            self.deliver_bytes(conn, &bytes);
        }
    }

    fn deliver(&mut self, conn: ConnectionId, payload: &str) {
        self.deliver_bytes(conn, &Arc::from(payload.as_bytes()));
    }

    /// Delivers a payload, with all that can go wrong on the way.
    fn deliver_bytes(&mut self, conn: ConnectionId, bytes: &Arc<[u8]>) {
        let faults = self.config.faults;
        let Some(member) = self.members.get_mut(&conn) else { return };
        if self.chance.happens(faults.delay) {
            let delay = self.chance.below(u64::from(faults.max_delay_ms).saturating_add(1));
            member.last_at = member.last_at.max(self.now.after(delay));
        }
        if self.chance.happens(faults.oversize) {
            self.push_message(conn, &Arc::from(vec![b'['; 40_000]));
        }
        if self.chance.happens(faults.garbage) {
            let cut = bytes.get(..bytes.len() / 2).unwrap_or_default();
            self.push_message(conn, &Arc::from(cut));
        }
        if self.chance.happens(faults.unknown_type) {
            self.push_message(conn, &Arc::from(&br#"{"Type":"POLL","Id":"UNKNOWN00000","RequestId":""}"#[..]));
        }
        let times = if self.chance.happens(faults.duplicate) { 2 } else { 1 };
        for _ in 0..times {
            self.push_message(conn, bytes);
        }
    }

    fn push_message(&mut self, conn: ConnectionId, bytes: &Arc<[u8]>) {
        if !self.chance.happens(self.config.faults.cut) {
            self.push(conn, Delivery::Piece { bytes: Arc::clone(bytes), fin: true });
            return;
        }
        for byte in bytes.iter() {
            self.push(conn, Delivery::Piece { bytes: Arc::from(&[*byte][..]), fin: false });
        }
        self.push(conn, Delivery::Piece { bytes: Arc::default(), fin: true });
    }

    fn push(&mut self, conn: ConnectionId, delivery: Delivery) {
        let Some(member) = self.members.get_mut(&conn) else { return };
        member.last_at = member.last_at.max(self.now);
        self.deliveries.insert((member.last_at, self.delivered), (conn, delivery));
        self.delivered = self.delivered.wrapping_add(1);
    }

    /// The last that a connection gets.
    fn end(&mut self, conn: ConnectionId, last: Delivery) {
        self.push(conn, last);
        self.remove(conn);
    }

    fn remove(&mut self, conn: ConnectionId) {
        if let Some(member) = self.members.remove(&conn) {
            self.expirations.remove(&(member.peer.expires_at(), conn));
        }
    }

    fn tick(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }
}

fn close(close: Close<'_>) -> Delivery {
    Delivery::Close { code: close.code(), reason: close.reason().to_owned() }
}
