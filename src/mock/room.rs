use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::config::{Config, User};
use super::connect_error::ConnectError;
use super::delivery::Delivery;
use super::fault_injection::FaultInjector;
use super::faults::Faults;
use super::links::{Direction, Links};
use super::rng::Rng;
use super::session_end::AfterExpiry;
use crate::client::ConnectionId;
use crate::instant::Instant;
use crate::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use crate::server::{self, Close, Peer, Rejection, RoomRateLimiter};
use crate::subscribe::{Event, Message, Sender, SystemEvent};
use crate::value::Attributes;
use crate::value::Text;
use crate::value::Timestamp;

/// A request that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The connection that it came on.
    pub conn: ConnectionId,
    /// Its `RequestId`, if it has one.
    pub request_id: Option<String>,
}

/// A room and its connections. See the [module](super).
#[derive(Debug)]
pub struct Room {
    config: Config,
    injector: FaultInjector,
    /// Makes tokens and identifiers.
    rng: Rng,
    now: Instant,
    tokens: BTreeMap<String, User>,
    members: BTreeMap<ConnectionId, Member>,
    /// The number of connections that there have ever been.
    connections: u64,
    expirations: BTreeSet<(Instant, ConnectionId)>,
    links: Links,
    rate: Option<RoomRateLimiter>,
    accepted: Vec<Accepted>,
}

/// A connection.
#[derive(Debug)]
struct Member {
    user: Arc<User>,
    peer: Peer,
    service: Service,
}

/// What the room still does for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    /// Everything.
    BufferFull,
    /// It answers publishes with an ERROR 401.
    Errors,
    /// It answers pings.
    Pongs,
}

impl Room {
    /// Creates an empty room. The same seed and calls give the same deliveries.
    #[must_use]
    pub fn new(config: Config, seed: [u8; 16]) -> Self {
        Self {
            rate: config.messages_per_second.map(RoomRateLimiter::new),
            injector: FaultInjector::new(config.faults, seed),
            config,
            rng: Rng::new(seed),
            now: Instant::from_millis(0),
            tokens: BTreeMap::new(),
            members: BTreeMap::new(),
            connections: 0,
            expirations: BTreeSet::new(),
            links: Links::new(),
            accepted: Vec::new(),
        }
    }

    /// Returns the requests that were accepted, if the room
    /// [records](Config::record_accepted) them.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut config = Config::new();
    /// config.record_accepted = true;
    /// let mut room = Room::new(config, [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// let publish = br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej"}"#;
    /// room.handle_message(now, conn, publish);
    /// assert_eq!(room.accepted()[0].request_id.as_deref(), Some("r-1"));
    /// ```
    #[must_use]
    pub fn accepted(&self) -> &[Accepted] {
        &self.accepted
    }

    /// Returns the number of connections.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// assert_eq!(room.connections(), 1);
    /// room.handle_close(now, conn);
    /// assert_eq!(room.connections(), 0);
    /// ```
    #[must_use]
    pub fn connections(&self) -> usize {
        self.members.len()
    }

    /// Sets the faults from now on.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Faults, Probability, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// assert!(room.admit(now, User::new("astrid")).is_ok());
    /// let mut faults = Faults::none();
    /// faults.refuse_403 = Probability::ALWAYS;
    /// room.set_faults(faults);
    /// assert!(room.admit(now, User::new("astrid")).is_err());
    /// ```
    pub const fn set_faults(&mut self, faults: Faults) {
        self.config.faults = faults;
        self.injector.set_faults(faults);
    }

    // What an application's server does.

    /// Does what `CreateChatToken` does: returns a token that is good for one connection of a user.
    /// [`connect`](Self::connect) takes it.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let mut user = User::new("astrid");
    /// user.session_ms = 60_000;
    /// let token = room.create_token(now, user);
    /// assert_eq!(token.len(), 24);
    /// ```
    pub fn create_token(&mut self, now: Instant, user: User) -> String {
        self.tick(now);
        let token = self.rng.identifier(24);
        self.tokens.insert(token.clone(), user);
        token
    }

    /// Does what `SendEvent` does: sends an event of the application to all connections.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Delivery, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// let attributes = [("home".to_owned(), "3".to_owned())].into();
    /// room.send_event(now, "app:score", &attributes);
    /// let Some((to, Delivery::Fragment { bytes, .. })) = room.poll(now) else { panic!() };
    /// assert_eq!(to, conn);
    /// assert!(bytes.starts_with(br#"{"Type":"EVENT""#));
    /// ```
    pub fn send_event(
        &mut self,
        now: Instant,
        event_name: &str,
        attributes: &BTreeMap<String, String>,
    ) {
        self.tick(now);
        let (id, send_time) = self.stamp();
        let mut event =
            Event::new(Text::new(&id), Text::new(event_name), Text::new(&send_time).into());
        event.attributes = attributes.into();
        self.deliver_to_all(event.encode_to_string());
    }

    /// Does what the HTTP action `DeleteMessage` does: tells all connections to delete a message.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Delivery, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// room.delete_message(now, "Ub3xYd7cQm0a", Some("off topic"));
    /// assert!(matches!(room.poll(now), Some((to, Delivery::Fragment { .. })) if to == conn));
    /// ```
    pub fn delete_message(&mut self, now: Instant, message_id: &str, reason: Option<&str>) {
        self.tick(now);
        self.delete(&DeleteMessage {
            reason: reason.map(Text::new),
            ..DeleteMessage::new(message_id.into())
        });
    }

    /// Does what the HTTP action `DisconnectUser` does: tells all connections, and closes those of
    /// the user.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Delivery, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// room.disconnect_user(now, "astrid", Some("too loud"));
    /// assert!(matches!(room.poll(now), Some((_, Delivery::Fragment { .. }))));
    /// let close = Delivery::Close { code: 1000, reason: "too loud".to_owned() };
    /// assert_eq!(room.poll(now), Some((conn, close)));
    /// ```
    pub fn disconnect_user(&mut self, now: Instant, user_id: &str, reason: Option<&str>) {
        self.tick(now);
        self.disconnect(&DisconnectUser {
            reason: reason.map(Text::new),
            ..DisconnectUser::new(user_id.into())
        });
    }

    // What a client does.

    /// Opens a connection with a token that this room [created](Self::create_token).
    ///
    /// # Errors
    ///
    /// Returns an error if the token is not known or has been used, or if a
    /// [fault](Faults::refuse_503) refuses the handshake. The token has been used in any case.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, ConnectError, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let token = room.create_token(now, User::new("astrid"));
    /// assert!(room.connect(now, &token).is_ok());
    /// assert_eq!(room.connect(now, &token), Err(ConnectError::InvalidToken));
    /// ```
    pub fn connect(&mut self, now: Instant, token: &str) -> Result<ConnectionId, ConnectError> {
        let user = self.tokens.remove(token).ok_or(ConnectError::InvalidToken)?;
        self.admit(now, user)
    }

    /// Opens a connection for a user whose token the caller has checked.
    ///
    /// # Errors
    ///
    /// Returns an error if a [fault](Faults::refuse_503) refuses the handshake.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// assert_eq!(conn.number(), 0);
    /// ```
    pub fn admit(&mut self, now: Instant, user: User) -> Result<ConnectionId, ConnectError> {
        let now = self.tick(now);
        self.injector.check_handshake()?;
        let mut config = server::Config::new();
        config.capabilities = user.capabilities;
        config.session_ms = user.session_ms;
        config.max_code_points = self.config.max_code_points;
        config.requests_per_second = self.config.requests_per_second;
        let peer = Peer::new(now, config);
        let conn = ConnectionId::from_number(self.connections);
        self.connections = self.connections.wrapping_add(1);
        self.expirations.insert((peer.expires_at(), conn));
        self.members
            .insert(conn, Member { user: Arc::new(user), peer, service: Service::BufferFull });
        self.links.open(now, conn);
        if self.injector.roll(|faults| faults.accept_then_drop) {
            self.end(conn, Delivery::Abort);
        }
        Ok(conn)
    }

    /// Handles the end of a connection. Nothing is delivered on it any more.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// room.delete_message(now, "Ub3xYd7cQm0a", None);
    /// room.handle_close(now, conn);
    /// assert_eq!(room.poll(now), None);
    /// ```
    pub fn handle_close(&mut self, now: Instant, conn: ConnectionId) {
        self.tick(now);
        self.remove(conn);
        self.links.close(conn);
    }

    /// Handles a text message, and returns the verdict for a log.
    ///
    /// Returns `None` if there is no such connection, if the room does not
    /// [serve](AfterExpiry::Silence) it any more, or if a fault keeps the message from being
    /// handled. Sessions that are over end first, so that the connection may be gone by now.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// let verdict = room.handle_message(now, conn, br#"{"Action":"DANCE"}"#);
    /// assert_eq!(verdict.unwrap().unwrap_err().error.error_code, 400);
    /// ```
    pub fn handle_message<'m>(
        &mut self,
        now: Instant,
        conn: ConnectionId,
        message: &'m [u8],
    ) -> Option<Result<Publish<'m>, Rejection<'m>>> {
        let now = self.tick(now);
        self.end_expired_sessions();
        if !self.members.contains_key(&conn) {
            return None;
        }
        self.injector.disturb_link(&mut self.links, now, conn);
        if !self.links.carries_from_client(conn) {
            return None;
        }
        if self.injector.roll(|faults| faults.drop) {
            self.end(conn, Delivery::Abort);
            return None;
        }
        let member = self.members.get_mut(&conn)?;
        match member.service {
            Service::BufferFull => {}
            Service::Errors => {
                let mut rejection = Rejection::expired();
                rejection.error.request_id = Publish::peek_request_id(message);
                self.rejection(conn, rejection);
                return Some(Err(rejection));
            }
            Service::Pongs => return None,
        }
        let user = Arc::clone(&member.user);
        let mut verdict = member.peer.handle_message(now, message);
        if let Ok(publish) = &verdict {
            verdict = self.review(now, publish).map(|()| *publish);
        }
        match &verdict {
            Ok(publish) => self.accept(conn, &user, publish),
            Err(rejection) => self.rejection(conn, *rejection),
        }
        self.inject_after_publish(conn, &user);
        Some(verdict)
    }

    /// Handles a ping. Returns `true` if a [pong](Delivery::Pong) is on its way: it comes in order
    /// with the other deliveries.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Delivery, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// assert!(room.handle_ping(now, conn));
    /// assert_eq!(room.poll(now), Some((conn, Delivery::Pong)));
    /// ```
    pub fn handle_ping(&mut self, now: Instant, conn: ConnectionId) -> bool {
        let now = self.tick(now);
        self.end_expired_sessions();
        let is_heard = self.links.carries_from_client(conn) && self.links.carries_to_client(conn);
        if !is_heard || self.injector.roll(|faults| faults.lose_pong) {
            return false;
        }
        self.links.push(now, conn, Delivery::Pong);
        true
    }

    /// Lets the link to a client die without a sign. The room keeps the connection, but what is
    /// sent in this direction is lost, and so is what is on its way to the client. Not even the end
    /// of the connection is delivered then. [`handle_close`](Self::handle_close) works as always.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Direction, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// room.lose_link(now, conn, Direction::FromClient);
    /// assert!(!room.handle_ping(now, conn));
    /// assert_eq!(room.connections(), 1);
    /// ```
    pub fn lose_link(&mut self, now: Instant, conn: ConnectionId, direction: Direction) {
        self.tick(now);
        self.links.lose(conn, direction);
    }

    /// Returns the next delivery that is due. The caller must poll until there is none.
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// room.handle_ping(now, conn);
    /// assert!(room.poll(now).is_some());
    /// assert!(room.poll(now).is_none());
    /// ```
    #[must_use]
    pub fn poll(&mut self, now: Instant) -> Option<(ConnectionId, Delivery)> {
        let now = self.tick(now);
        self.end_expired_sessions();
        self.links.next(now)
    }

    /// Returns the time at which to [poll](Self::poll) next, if there is one.
    ///
    /// ```
    /// use core::time::Duration;
    ///
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// // The end of the session.
    /// assert_eq!(room.next_at(), Some(now + Duration::from_secs(3_600)));
    /// room.handle_close(now, conn);
    /// assert_eq!(room.next_at(), None);
    /// ```
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        let expiration = self.expirations.first().map(|(at, _)| *at);
        self.links.next_at().into_iter().chain(expiration).min()
    }

    // Publishes.

    /// Checks a publish against the limits and the review of the room.
    fn review<'m>(&mut self, now: Instant, publish: &Publish<'m>) -> Result<(), Rejection<'m>> {
        self.injector.check_publish(now, publish)?;
        if let Some(rate) = &mut self.rate {
            rate.check(now, publish)?;
        }
        if let Publish::SendMessage(send) = publish {
            let content = send.content.text().to_cow();
            if self.config.blocked_words.iter().any(|word| content.contains(word.as_str())) {
                return Err(Rejection::not_acceptable(publish, None));
            }
        }
        Ok(())
    }

    fn rejection(&mut self, conn: ConnectionId, rejection: Rejection<'_>) {
        let id = self.rng.identifier(12);
        let mut error = rejection.to_error(Text::new(&id));
        if self.injector.roll(|faults| faults.error_without_request_id) {
            error.request_id = None;
        }
        let payload = self.injector.spell(error.encode_to_string());
        self.injector.deliver(&mut self.links, self.now, conn, &payload);
    }

    fn accept(&mut self, conn: ConnectionId, user: &User, publish: &Publish<'_>) {
        if self.config.record_accepted {
            self.accepted
                .push(Accepted { conn, request_id: publish.request_id().map(String::from) });
        }
        if self.injector.roll(|faults| faults.drop_after_accept) {
            self.end(conn, Delivery::Abort);
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
        let mut message =
            Message::new(Text::new(&id), send.content.text(), Text::new(&send_time).into(), sender);
        message.request_id = send.request_id;
        message.attributes = send.attributes;
        self.deliver_to_all(message.encode_to_string());
    }

    fn delete(&mut self, delete: &DeleteMessage<'_>) {
        let event = SystemEvent::delete_message(delete.id, delete.reason);
        let payload = self.system_event(&event, delete.request_id);
        self.deliver_to_all(payload);
    }

    fn disconnect(&mut self, disconnect: &DisconnectUser<'_>) {
        let how = self.injector.disconnection();
        let is_theirs = |member: &Member| {
            member.service == Service::BufferFull && disconnect.user_id == *member.user.id
        };
        let event = SystemEvent::disconnect_user(disconnect.user_id, disconnect.reason);
        let payload = self.system_event(&event, disconnect.request_id);
        self.deliver_to(payload, |member| how.has_event || !is_theirs(member));
        let reason = disconnect.reason.unwrap_or_default().to_cow();
        for conn in self.connections_where(is_theirs) {
            match how.close_code {
                Some(code) => self.end(conn, close(code, Close::disconnected(&reason).reason())),
                None => self.reduce_service(conn, Service::Pongs),
            }
        }
    }

    fn system_event(&mut self, event: &SystemEvent<'_>, request_id: Option<Text<'_>>) -> String {
        let (id, send_time) = self.stamp();
        let mut event = Event::system(Text::new(&id), event, Text::new(&send_time).into());
        event.request_id = request_id.filter(|_| self.config.event_has_request_id);
        event.encode_to_string()
    }

    /// Returns an identifier and the time, for a new payload.
    fn stamp(&mut self) -> (String, String) {
        let seconds = i64::try_from(self.now.as_millis() / 1_000).unwrap_or(i64::MAX);
        let nanoseconds =
            u32::try_from(self.now.as_millis() % 1_000).unwrap_or(0).saturating_mul(1_000_000);
        let time = Timestamp::new(self.config.start.seconds().saturating_add(seconds), nanoseconds);
        (self.rng.identifier(12), time.unwrap_or(self.config.start).to_string())
    }

    // Deliveries.

    fn deliver_to_all(&mut self, payload: String) {
        self.deliver_to(payload, |_| true);
    }

    fn deliver_to(&mut self, payload: String, is_meant: impl Fn(&Member) -> bool) {
        let payload = self.injector.spell(payload);
        for conn in self
            .connections_where(|member| member.service == Service::BufferFull && is_meant(member))
        {
            self.injector.deliver(&mut self.links, self.now, conn, &payload);
        }
    }

    fn connections_where(&self, is_meant: impl Fn(&Member) -> bool) -> Vec<ConnectionId> {
        self.members.iter().filter(|(_, member)| is_meant(member)).map(|(conn, _)| *conn).collect()
    }

    // The end of sessions and connections.

    fn end_expired_sessions(&mut self) {
        while let Some((_, conn)) =
            self.expirations.first().copied().filter(|(at, _)| *at <= self.now)
        {
            self.end_session(conn);
        }
    }

    fn end_session(&mut self, conn: ConnectionId) {
        let end = self.injector.session_end();
        if end.has_error {
            self.rejection(conn, Rejection::expired());
        }
        match end.then {
            AfterExpiry::Close { code, reason } => {
                let reason = self.injector.expiry_reason(reason);
                self.end(conn, close(code, &reason));
            }
            AfterExpiry::Abort => self.end(conn, Delivery::Abort),
            AfterExpiry::StayOpen => self.reduce_service(conn, Service::Errors),
            AfterExpiry::Silence => self.reduce_service(conn, Service::Pongs),
        }
    }

    /// Keeps a connection open whose session is over.
    fn reduce_service(&mut self, conn: ConnectionId, service: Service) {
        if let Some(member) = self.members.get_mut(&conn) {
            self.expirations.remove(&(member.peer.expires_at(), conn));
            member.service = service;
        }
    }

    /// Ends a connection with a last delivery.
    fn end(&mut self, conn: ConnectionId, last: Delivery) {
        self.links.end(self.now, conn, last);
        self.remove(conn);
    }

    fn remove(&mut self, conn: ConnectionId) {
        if let Some(member) = self.members.remove(&conn) {
            self.expirations.remove(&(member.peer.expires_at(), conn));
        }
    }

    fn inject_after_publish(&mut self, conn: ConnectionId, user: &User) {
        if self.is_served(conn) && self.injector.roll(|faults| faults.unprompted_401) {
            self.rejection(conn, Rejection::expired());
        }
        if self.is_served(conn) && self.injector.roll(|faults| faults.end_session) {
            self.end_session(conn);
        }
        if self.injector.roll(|faults| faults.kick) {
            self.disconnect(&DisconnectUser::new(Text::new(&user.id)));
        }
        if self.injector.roll(|faults| faults.restart) {
            for conn in self.connections_where(|_| true) {
                self.end(conn, close(1012, "service restart"));
            }
        }
    }

    fn is_served(&self, conn: ConnectionId) -> bool {
        self.members.get(&conn).is_some_and(|member| member.service == Service::BufferFull)
    }

    fn tick(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }
}

/// A close frame without a code has no reason.
fn close(code: u16, reason: &str) -> Delivery {
    let reason = if code == 1005 { "" } else { reason };
    Delivery::Close { code, reason: reason.to_owned() }
}
