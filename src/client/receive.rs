//! The handling of received payloads.

use super::close_event::DisconnectReason;
use super::connection::{ConnectionId, Link, Next};
use super::counters::count;
use super::dedup::Noted;
use super::in_flight::ExpectedEcho;
use super::keyed_hasher::{HashDomain, KeyedHasher};
use super::machine::Client;
use super::settled::{Outcome, Received, Settled};
use crate::instant::Instant;
use crate::subscribe::{Event, EventKind, Message, ServiceError, Subscribe};
use crate::value::ErrorCode;
use crate::value::Text;
use crate::wire::DecodeError;

/// The payload is a duplicate, or concerns only a connection that has been replaced.
struct Withheld;

impl<T, const INFLIGHT: usize, const DEDUP: usize> Client<T, INFLIGHT, DEDUP> {
    /// Reports a text message and decodes it.
    ///
    /// Returns `None` if the application need not see it: it is a duplicate from another
    /// connection, it only reports that a draining connection has expired, or the connection [is
    /// closed](super::Output::Close).
    ///
    /// # Errors
    ///
    /// Returns an error if the message cannot be decoded. The connection stays open. Since the
    /// message may have been an answer, requests in flight on this connection can no longer become
    /// [`Assumed`](Outcome::Assumed).
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// let event = br#"{"Type":"EVENT","Id":"e1","EventName":"lamp:on","SendTime":""}"#;
    /// let received = client.handle_message(now, connection, event)?.unwrap();
    /// assert!(received.settled.is_none());
    /// # Ok::<(), ivs_chat_proto::DecodeError>(())
    /// ```
    #[inline]
    pub fn handle_message<'m>(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        message: &'m [u8],
    ) -> Result<Option<Received<'m, T>>, DecodeError> {
        if !self.receive(now, connection) {
            return Ok(None);
        }
        match Subscribe::decode(message) {
            Ok(payload) => Ok(self
                .answered(connection, &payload)
                .ok()
                .map(|settled| Received { payload, settled })),
            Err(error) => Err(self.not_decoded(connection, error)),
        }
    }

    /// Reports a text message that is a `str`, like [`handle_message`](Self::handle_message).
    ///
    /// # Errors
    ///
    /// Returns an error if the message cannot be decoded.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = include_str!("doctest_connected.txt")]
    /// let event = r#"{"Type":"EVENT","Id":"e1","EventName":"lamp:on","SendTime":""}"#;
    /// assert!(client.handle_message_str(now, connection, event)?.is_some());
    /// # Ok::<(), ivs_chat_proto::DecodeError>(())
    /// ```
    #[inline]
    pub fn handle_message_str<'m>(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        message: &'m str,
    ) -> Result<Option<Received<'m, T>>, DecodeError> {
        if !self.receive(now, connection) {
            return Ok(None);
        }
        match Subscribe::decode_str(message) {
            Ok(payload) => Ok(self
                .answered(connection, &payload)
                .ok()
                .map(|settled| Received { payload, settled })),
            Err(error) => Err(self.not_decoded(connection, error)),
        }
    }

    /// Records the time of a message. Returns `false` if the connection is not open.
    #[inline]
    fn receive(&mut self, now: Instant, connection: ConnectionId) -> bool {
        if self.link(connection).is_none() {
            return false;
        }
        self.tick(now);
        if !self.config.can_ping() {
            self.frame_received(connection);
        }
        true
    }

    /// Records a frame, which is the only evidence of liveness without pings.
    #[cfg_attr(target_os = "none", inline(never))]
    fn frame_received(&mut self, connection: ConnectionId) {
        let now = self.clock.now();
        if let Some(link) = self.current.as_mut().filter(|link| link.id == connection) {
            link.heard(now, &self.config);
        }
        if self.in_flight.len() > 0 {
            self.in_flight.frame_received(now, connection);
        }
    }

    /// Returns the connection, if it is open.
    #[inline]
    pub(super) fn link(&self, connection: ConnectionId) -> Option<&Link> {
        match (&self.current, &self.draining) {
            (Some(current), _) if current.id == connection => Some(current),
            (_, Some(draining)) if draining.link.id == connection => Some(&draining.link),
            _ => None,
        }
    }

    #[cold]
    fn not_decoded(&mut self, connection: ConnectionId, error: DecodeError) -> DecodeError {
        count(&mut self.counters.not_decoded);
        self.in_flight.doubt(connection);
        error
    }

    /// Returns the request that a payload answers, if it answers one.
    #[inline]
    fn answered(
        &mut self,
        connection: ConnectionId,
        payload: &Subscribe<'_>,
    ) -> Result<Option<Settled<T>>, Withheld> {
        match payload {
            Subscribe::Message(_) if self.in_flight.len() == 0 && !self.is_overlapping() => {
                Ok(None)
            }
            Subscribe::Message(message) => {
                self.withhold_duplicate(connection, HashDomain::Message, message.id)?;
                Ok(self.echo(connection, message))
            }
            Subscribe::Event(event) => {
                self.withhold_duplicate(connection, HashDomain::Event, event.id)?;
                Ok(self.event(connection, event))
            }
            Subscribe::Error(error) => self.error(connection, error),
            Subscribe::Unknown(_) => {
                count(&mut self.counters.unknown);
                Ok(None)
            }
        }
    }

    /// Returns `true` if a received payload may be a duplicate or be duplicated later.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) const fn is_overlapping(&self) -> bool {
        let is_opening_beside =
            matches!((&self.next, &self.current), (Next::Connecting { .. }, Some(_)));
        is_opening_beside
            || self.draining.is_some()
            || self.clock.now().as_millis() < self.overlap_until.as_millis()
    }

    /// Withholds a duplicate message or event while connections overlap.
    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    fn withhold_duplicate(
        &mut self,
        connection: ConnectionId,
        domain: HashDomain,
        id: Text<'_>,
    ) -> Result<(), Withheld> {
        if !self.is_overlapping() || id.is_empty() {
            return Ok(());
        }
        let Some(side) = self.link(connection).map(|link| link.side) else { return Ok(()) };
        let noted = self.dedup.note(self.hasher.id_hash(domain, id), side);
        let Noted::Again { first, is_marked } = noted else { return Ok(()) };
        if let Some(draining) = self.draining.as_mut().filter(|_| first != side && is_marked) {
            draining.has_overlapped = true;
        }
        count(&mut self.counters.duplicates);
        Err(Withheld)
    }

    /// Returns the request that a message answers.
    ///
    /// The request has the same `RequestId`, and the sender is not known to be another user.
    #[inline]
    fn echo(&mut self, connection: ConnectionId, message: &Message<'_>) -> Option<Settled<T>> {
        let session = self.link(connection)?.session;
        let is_own = |hasher: &KeyedHasher| session.may_be(message.sender.user_id, hasher);
        self.confirm(connection, message.request_id?, |hasher| {
            is_own(hasher).then_some(ExpectedEcho::Message)
        })
    }

    /// Returns the request that an event answers, and ends the session if it disconnects this user.
    ///
    /// The request has the same target, and the same `RequestId` if the event has one.
    fn event(&mut self, connection: ConnectionId, event: &Event<'_>) -> Option<Settled<T>> {
        let session = self.link(connection)?.session;
        let settled = match event.request_id {
            Some(request_id) => {
                self.confirm(connection, request_id, |hasher| ExpectedEcho::of_event(event, hasher))
            }
            None => self.confirm_target(event),
        };
        if let EventKind::DisconnectedUser { user_id, .. } = event.kind() {
            if session.is(user_id, &self.hasher) {
                self.end_session(DisconnectReason::DisconnectedUser);
            }
        }
        settled
    }

    /// Confirms the oldest request for the target of an event.
    ///
    /// Another user may have made the same request, so this is no proof that the request arrived.
    fn confirm_target(&mut self, event: &Event<'_>) -> Option<Settled<T>> {
        if self.in_flight.len() == 0 {
            return None;
        }
        let happened = ExpectedEcho::of_event(event, &self.hasher)?;
        let handle = self.in_flight.waiting_for(happened)?;
        self.in_flight.answer(self.clock.now(), handle, Outcome::Confirmed, None)
    }

    /// Confirms the request with this `RequestId` if it expects this echo.
    fn confirm(
        &mut self,
        connection: ConnectionId,
        request_id: Text<'_>,
        happened: impl FnOnce(&KeyedHasher) -> Option<ExpectedEcho>,
    ) -> Option<Settled<T>> {
        if !self.in_flight.may_contain(request_id) {
            return None;
        }
        let id = self.hasher.id_hash(HashDomain::RequestId, request_id);
        let (handle, expected) = self.in_flight.waiting_as(id)?;
        if happened(&self.hasher) != Some(expected) {
            count(&mut self.counters.mismatched);
            return None;
        }
        self.in_flight.answer(self.clock.now(), handle, Outcome::Confirmed, Some(connection))
    }

    /// Returns the request on the same connection that an error answers.
    fn error(
        &mut self,
        connection: ConnectionId,
        error: &ServiceError<'_>,
    ) -> Result<Option<Settled<T>>, Withheld> {
        let settled = self.rejection(connection, error);
        if settled.is_none() {
            count(&mut self.counters.unsolicited_errors);
        }
        let is_expiry = error.error_code == ErrorCode::UNAUTHORIZED;
        if settled.is_none() || is_expiry {
            self.in_flight.doubt(connection);
        }
        if is_expiry && self.on_expired(connection) && settled.is_none() {
            return Err(Withheld);
        }
        Ok(settled)
    }

    fn rejection(
        &mut self,
        connection: ConnectionId,
        error: &ServiceError<'_>,
    ) -> Option<Settled<T>> {
        let handle = match error.request_id {
            Some(request_id) => self
                .in_flight
                .waiting_on(connection, self.hasher.id_hash(HashDomain::RequestId, request_id))?,
            None => self
                .in_flight
                .lone_deletion(connection, self.hasher.id_hash(HashDomain::Target, error.id?))?,
        };
        self.in_flight.answer(
            self.clock.now(),
            handle,
            Outcome::Rejected(error.error_code),
            Some(connection),
        )
    }
}
