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

/// An accepted request, as recorded with [`Config::record_accepted`].
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::mock::{Config, Room, User};
///
/// let now = Instant::from_millis(0);
/// let mut room = Room::new(Config::new().with_record_accepted(), [0; 16]);
/// let conn = room.admit(now, User::new("astrid")).unwrap();
/// room.handle_message(now, conn, br#"{"Action":"DELETE_MESSAGE","Id":"Ub3xYd7cQm0a"}"#);
/// let accepted = &room.accepted()[0];
/// assert_eq!((accepted.conn, accepted.request_id.as_deref()), (conn, None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Accepted {
    /// The connection on which the request was received.
    pub conn: ConnectionId,
    /// The `RequestId`, if the request has one.
    pub request_id: Option<String>,
}

/// An in-memory room and its connections.
///
/// The caller reports the inputs of clients with [`connect`](Self::connect) or
/// [`admit`](Self::admit), [`handle_message`](Self::handle_message),
/// [`handle_ping`](Self::handle_ping) and [`handle_close`](Self::handle_close). After each input,
/// and at the time that [`next_at`](Self::next_at) returns, the caller must call
/// [`poll`](Self::poll) until it returns `None`.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::mock::{Config, Delivery, Room, User};
///
/// let now = Instant::from_millis(0);
/// let mut room = Room::new(Config::new(), [0; 16]);
/// let astrid = room.admit(now, User::new("astrid")).unwrap();
/// let birk = room.admit(now, User::new("birk")).unwrap();
///
/// room.handle_message(now, astrid, br#"{"Action":"SEND_MESSAGE","Content":"hej"}"#);
/// let mut receivers = Vec::new();
/// while let Some((conn, Delivery::Fragment { bytes, fin: true })) = room.poll(now) {
///     assert!(bytes.starts_with(br#"{"Type":"MESSAGE""#));
///     receivers.push(conn);
/// }
/// assert_eq!(receivers, [astrid, birk]);
/// ```
#[derive(Debug)]
pub struct Room {
    config: Config,
    pub(super) injector: FaultInjector,
    /// Generates tokens and identifiers.
    rng: Rng,
    pub(super) now: Instant,
    tokens: BTreeMap<String, User>,
    members: BTreeMap<ConnectionId, Member>,
    /// The number of connections opened so far, which is the number of the next one.
    opened: u64,
    expirations: BTreeSet<(Instant, ConnectionId)>,
    pub(super) links: Links,
    rate: Option<RoomRateLimiter>,
    accepted: Vec<Accepted>,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Member {
    user: Arc<User>,
    peer: Peer,
    service: ServiceLevel,
}

/// The extent to which the room serves a connection. Pings are always answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ServiceLevel {
    Full,
    /// Every publish is answered with an error 401, and no other payload is delivered.
    ErrorsOnly,
    /// Publishes are ignored, and no payload is delivered.
    PongsOnly,
}

impl Room {
    /// Creates an empty room.
    ///
    /// The same seed and the same calls produce the same deliveries.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::mock::{Config, Room};
    ///
    /// let room = Room::new(Config::new().with_max_code_points(200), [0; 16]);
    /// assert_eq!(room.connections(), 0);
    /// ```
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
            opened: 0,
            expirations: BTreeSet::new(),
            links: Links::new(),
            accepted: Vec::new(),
        }
    }

    /// Returns the accepted requests in order, if the room [records](Config::record_accepted) them.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new().with_record_accepted(), [0; 16]);
    /// let conn = room.admit(now, User::new("astrid")).unwrap();
    /// let publish = br#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hej"}"#;
    /// room.handle_message(now, conn, publish);
    /// assert_eq!(room.accepted()[0].request_id.as_deref(), Some("r-1"));
    /// ```
    #[must_use]
    pub fn accepted(&self) -> &[Accepted] {
        &self.accepted
    }

    /// Returns the number of open connections.
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
    /// assert_eq!(room.connections(), 1);
    /// room.handle_close(now, conn);
    /// assert_eq!(room.connections(), 0);
    /// ```
    #[must_use]
    pub fn connections(&self) -> usize {
        self.members.len()
    }

    /// Replaces the faults to inject.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Faults, Probability, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// assert!(room.admit(now, User::new("astrid")).is_ok());
    /// room.set_faults(Faults::none().with_refuse_403(Probability::ALWAYS));
    /// assert!(room.admit(now, User::new("astrid")).is_err());
    /// ```
    pub const fn set_faults(&mut self, faults: Faults) {
        self.config.faults = faults;
        self.injector.set_faults(faults);
    }

    // Operations of the application's server.

    /// Creates a token, like the HTTP action `CreateChatToken`.
    ///
    /// The token is valid for one [`connect`](Self::connect) call.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Instant;
    /// use ivs_chat_proto::mock::{Config, Room, User};
    ///
    /// let now = Instant::from_millis(0);
    /// let mut room = Room::new(Config::new(), [0; 16]);
    /// let token = room.create_token(now, User::new("astrid").with_session_ms(60_000));
    /// assert_eq!(token.len(), 24);
    /// ```
    #[must_use]
    pub fn create_token(&mut self, now: Instant, user: User) -> String {
        self.advance(now);
        let token = self.rng.identifier(24);
        self.tokens.insert(token.clone(), user);
        token
    }

    /// Sends an application's event to all connections, like the HTTP action `SendEvent`.
    ///
    /// # Examples
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
        self.advance(now);
        let (id, send_time) = self.new_id_and_time();
        let mut event = Event::new(Text::new(&id), Text::new(event_name), Text::new(&send_time));
        event.attributes = attributes.into();
        self.deliver_to_all(event.encode_to_string());
    }

    /// Announces the deletion of a message to all connections, like the HTTP action
    /// `DeleteMessage`.
    ///
    /// # Examples
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
        self.advance(now);
        self.delete(&DeleteMessage {
            reason: reason.map(Text::new),
            ..DeleteMessage::new(message_id)
        });
    }

    /// Disconnects a user, like the HTTP action `DisconnectUser`.
    ///
    /// All connections receive the event. The user's connections are then closed.
    /// [`Faults::disconnection`] can change this.
    ///
    /// # Examples
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
        self.advance(now);
        self.disconnect(&DisconnectUser {
            reason: reason.map(Text::new),
            ..DisconnectUser::new(user_id)
        });
    }

    // Inputs from clients.

    /// Opens a connection with a token from [`create_token`](Self::create_token).
    ///
    /// The token becomes invalid, even if the handshake is refused.
    ///
    /// # Errors
    ///
    /// Returns an error if the token is unknown or has already been used, or if a
    /// [fault](Faults::refuse_503) refuses the handshake.
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

    /// Opens a connection for a user whose token the caller has already checked.
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
        let now = self.advance(now);
        self.injector.check_handshake()?;
        let config = server::Config::new()
            .with_capabilities(user.capabilities)
            .with_session_ms(user.session_ms)
            .with_max_code_points(self.config.max_code_points)
            .with_requests_per_second(self.config.requests_per_second);
        let peer = Peer::new(now, config);
        let conn = ConnectionId::from_number(self.opened);
        self.opened = self.opened.wrapping_add(1);
        self.expirations.insert((peer.expires_at(), conn));
        self.members
            .insert(conn, Member { user: Arc::new(user), peer, service: ServiceLevel::Full });
        self.links.open(now, conn);
        self.inject_after_handshake(conn);
        Ok(conn)
    }

    /// Handles the end of a connection.
    ///
    /// Nothing more is delivered on the connection.
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
    /// room.delete_message(now, "Ub3xYd7cQm0a", None);
    /// room.handle_close(now, conn);
    /// assert_eq!(room.poll(now), None);
    /// ```
    pub fn handle_close(&mut self, now: Instant, conn: ConnectionId) {
        self.advance(now);
        self.remove(conn);
        self.links.close(conn);
    }

    /// Handles a text message from a client.
    ///
    /// Returns the room's verdict, for logs. The answer to the client is among the deliveries.
    ///
    /// Returns `None` if the room did not handle the message: because the connection does not
    /// exist, because the room no longer [serves](AfterExpiry::Silence) it, or because of a fault.
    /// Expired sessions are ended first, which may close the connection.
    ///
    /// # Errors
    ///
    /// Returns a [`Rejection`] if the room did not accept the publish.
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
    /// let verdict = room.handle_message(now, conn, br#"{"Action":"DANCE"}"#);
    /// assert_eq!(verdict.unwrap().unwrap_err().error.error_code, 400);
    /// ```
    pub fn handle_message<'m>(
        &mut self,
        now: Instant,
        conn: ConnectionId,
        message: &'m [u8],
    ) -> Option<Result<Publish<'m>, Rejection<'m>>> {
        let now = self.advance(now);
        self.end_expired_sessions();
        if !self.members.contains_key(&conn) {
            return None;
        }
        self.inject_link_faults(conn);
        if !self.links.carries_from_client(conn) || self.inject_drop(conn) {
            return None;
        }
        let member = self.members.get_mut(&conn)?;
        match member.service {
            ServiceLevel::Full => {}
            ServiceLevel::ErrorsOnly => {
                let mut rejection = Rejection::expired();
                rejection.error.request_id = Publish::peek_request_id(message);
                self.send_error(conn, rejection);
                return Some(Err(rejection));
            }
            ServiceLevel::PongsOnly => return None,
        }
        let user = Arc::clone(&member.user);
        let mut verdict = member.peer.handle_message(now, message);
        if let Ok(publish) = &verdict {
            verdict = self.review(now, publish).map(|()| *publish);
        }
        match &verdict {
            Ok(publish) => self.accept(conn, &user, publish),
            Err(rejection) => self.send_error(conn, *rejection),
        }
        self.inject_after_publish(conn, &user);
        Some(verdict)
    }

    /// Handles a ping from a client.
    ///
    /// Returns `true` if the room answers it. The [pong](Delivery::Pong) is delivered in order with
    /// the payloads.
    ///
    /// # Examples
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
        let now = self.advance(now);
        self.end_expired_sessions();
        let is_link_alive =
            self.links.carries_from_client(conn) && self.links.carries_to_client(conn);
        if !is_link_alive || self.injector.loses_pong() {
            return false;
        }
        self.links.push(now, conn, Delivery::Pong);
        true
    }

    /// Breaks a direction of the link to a client without closing the connection.
    ///
    /// Everything sent in this direction is lost from now on. If it is the direction to the client,
    /// pending deliveries are lost too, and so is the end of the connection. The room keeps the
    /// connection until its end or until [`handle_close`](Self::handle_close).
    ///
    /// # Examples
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
        self.advance(now);
        self.links.lose(conn, direction);
    }

    /// Returns the next delivery that is due.
    ///
    /// The caller must poll until there is none.
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
    /// room.handle_ping(now, conn);
    /// assert!(room.poll(now).is_some());
    /// assert!(room.poll(now).is_none());
    /// ```
    #[must_use]
    pub fn poll(&mut self, now: Instant) -> Option<(ConnectionId, Delivery)> {
        let now = self.advance(now);
        self.end_expired_sessions();
        self.links.next(now)
    }

    /// Returns the time at which the caller must [poll](Self::poll) next, if there is one.
    ///
    /// # Examples
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
    /// // The session ends after 60 minutes.
    /// assert_eq!(room.next_at(), Some(now + Duration::from_secs(3_600)));
    /// room.handle_close(now, conn);
    /// assert_eq!(room.next_at(), None);
    /// ```
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        let expiration = self.expirations.first().map(|(at, _)| *at);
        self.links.next_at().into_iter().chain(expiration).min()
    }

    // The handling of publishes.

    /// Checks a publish against the room's message rate and message review.
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

    pub(super) fn send_error(&mut self, conn: ConnectionId, rejection: Rejection<'_>) {
        let id = self.rng.identifier(12);
        let mut error = rejection.to_error(Text::new(&id));
        self.injector.alter_error(&mut error);
        let payload = self.injector.respell(error.encode_to_string());
        self.injector.deliver(&mut self.links, self.now, conn, &payload);
    }

    fn accept(&mut self, conn: ConnectionId, user: &User, publish: &Publish<'_>) {
        if self.config.record_accepted {
            self.accepted
                .push(Accepted { conn, request_id: publish.request_id().map(String::from) });
        }
        self.inject_after_acceptance(conn);
        match publish {
            Publish::SendMessage(send) => self.send(user, send),
            Publish::DeleteMessage(delete) => self.delete(delete),
            Publish::DisconnectUser(disconnect) => self.disconnect(disconnect),
        }
    }

    fn send(&mut self, user: &User, send: &SendMessage<'_>) {
        let (id, send_time) = self.new_id_and_time();
        let mut sender = Sender::new(Text::new(&user.id));
        sender.attributes = Attributes::from(&user.attributes);
        let mut message =
            Message::new(Text::new(&id), send.content.text(), Text::new(&send_time), sender);
        message.request_id = send.request_id;
        message.attributes = send.attributes;
        self.deliver_to_all(message.encode_to_string());
    }

    fn delete(&mut self, delete: &DeleteMessage<'_>) {
        let event = SystemEvent::delete_message(delete.id, delete.reason);
        let payload = self.system_event(&event, delete.request_id);
        self.deliver_to_all(payload);
    }

    pub(super) fn disconnect(&mut self, disconnect: &DisconnectUser<'_>) {
        let disconnection = self.injector.disconnection();
        let belongs_to_user = |member: &Member| {
            member.service == ServiceLevel::Full && disconnect.user_id == *member.user.id
        };
        let event = SystemEvent::disconnect_user(disconnect.user_id, disconnect.reason);
        let payload = self.system_event(&event, disconnect.request_id);
        self.deliver_to(payload, |member| disconnection.has_event || !belongs_to_user(member));
        let reason = disconnect.reason.unwrap_or_default().to_cow();
        for conn in self.connections_where(belongs_to_user) {
            match disconnection.close_code {
                Some(code) => {
                    let reason = Close::disconnected(&reason).reason();
                    self.end_connection(conn, Delivery::close(code, reason));
                }
                None => self.reduce_service(conn, ServiceLevel::PongsOnly),
            }
        }
    }

    fn system_event(&mut self, event: &SystemEvent<'_>, request_id: Option<Text<'_>>) -> String {
        let (id, send_time) = self.new_id_and_time();
        let mut event = Event::system(Text::new(&id), event, Text::new(&send_time));
        event.request_id = request_id.filter(|_| self.config.event_has_request_id);
        event.encode_to_string()
    }

    /// Returns a new identifier and the current `SendTime`.
    fn new_id_and_time(&mut self) -> (String, String) {
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

    fn deliver_to(&mut self, payload: String, is_recipient: impl Fn(&Member) -> bool) {
        let payload = self.injector.respell(payload);
        let receives =
            |member: &Member| member.service == ServiceLevel::Full && is_recipient(member);
        for conn in self.connections_where(receives) {
            self.injector.deliver(&mut self.links, self.now, conn, &payload);
        }
    }

    pub(super) fn connections_where(
        &self,
        predicate: impl Fn(&Member) -> bool,
    ) -> Vec<ConnectionId> {
        self.members.iter().filter(|(_, member)| predicate(member)).map(|(conn, _)| *conn).collect()
    }

    // The end of sessions and connections.

    fn end_expired_sessions(&mut self) {
        while let Some((_, conn)) =
            self.expirations.first().copied().filter(|(at, _)| *at <= self.now)
        {
            self.end_session(conn);
        }
    }

    pub(super) fn end_session(&mut self, conn: ConnectionId) {
        let end = self.injector.session_end();
        if end.has_error {
            self.send_error(conn, Rejection::expired());
        }
        match end.then {
            AfterExpiry::Close { code, reason } => {
                let reason = self.injector.expiry_reason(reason);
                self.end_connection(conn, Delivery::close(code, &reason));
            }
            AfterExpiry::Abort => self.end_connection(conn, Delivery::Abort),
            AfterExpiry::StayOpen => self.reduce_service(conn, ServiceLevel::ErrorsOnly),
            AfterExpiry::Silence => self.reduce_service(conn, ServiceLevel::PongsOnly),
        }
    }

    /// Keeps a connection open at a lower level of service, without a session that could expire.
    fn reduce_service(&mut self, conn: ConnectionId, service: ServiceLevel) {
        if let Some(member) = self.members.get_mut(&conn) {
            self.expirations.remove(&(member.peer.expires_at(), conn));
            member.service = service;
        }
    }

    /// Ends a connection with a last delivery.
    pub(super) fn end_connection(&mut self, conn: ConnectionId, last: Delivery) {
        self.links.end(self.now, conn, last);
        self.remove(conn);
    }

    fn remove(&mut self, conn: ConnectionId) {
        if let Some(member) = self.members.remove(&conn) {
            self.expirations.remove(&(member.peer.expires_at(), conn));
        }
    }

    pub(super) fn is_fully_served(&self, conn: ConnectionId) -> bool {
        self.members.get(&conn).is_some_and(|member| member.service == ServiceLevel::Full)
    }

    /// Advances the room's clock, which never goes back, and returns its time.
    fn advance(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }
}
