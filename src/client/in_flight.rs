use super::config::Config;
use super::connection::{ConnectionId, Link};
use super::keyed_hasher::{HashDomain, KeyedHasher};
use super::settled::{Outcome, RequestHandle, Settled};
use crate::instant::Instant;
use crate::publish::Publish;
use crate::subscribe::{Event, EventKind};
use crate::value::Text;

/// The time for which a rejection may follow the evidence that a request arrived.
const ANSWER_MS: u64 = 1_000;
/// The minimum time between a request and a frame that is evidence, without pings.
const EVIDENCE_MS: u64 = 1_000;
/// The time for which a request waits for such a frame.
const UNPROVEN_MS: u64 = 30_000;

/// The requests without a reported outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct InFlight<T, const N: usize> {
    requests: [Option<Request<T>>; N],
    length: usize,
    /// The bloom bits of all requests.
    bloom: u64,
    /// The bits of all messages with a past deletion request.
    past_deletions: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Request<T> {
    pub(super) handle: RequestHandle,
    pub(super) connection: ConnectionId,
    /// The hash of its `RequestId`.
    pub(super) id: u64,
    /// The [bloom bit](bloom_bit) of its `RequestId`.
    pub(super) bloom: u64,
    pub(super) echo: ExpectedEcho,
    pub(super) waiting: Waiting,
    pub(super) data: T,
}

/// The effect of a request that succeeds. Texts are stored as hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ExpectedEcho {
    /// A message of this user.
    Message,
    /// The deletion of this message.
    Deletion(u64),
    /// The disconnection of this user.
    Disconnection(u64),
}

/// The deadlines of a request without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Waiting {
    sent_at: Instant,
    /// The deadline for the answer.
    due: Instant,
    /// The number of pings sent before on the connection. The pong of a later ping proves that the
    /// request arrived.
    pings_before: u32,
    /// The time at which success is assumed, once there is evidence.
    assumed_at: Instant,
    /// The deadline for evidence, once the answer is overdue.
    evidence_until: Instant,
    /// `true` if a possible rejection has been received.
    is_doubtful: bool,
    /// The deadline after a late call. The origin if there was no late call.
    extended_until: Instant,
    /// The outcome, if it has not been reported.
    outcome: Option<Outcome>,
}

impl Waiting {
    pub(super) fn new(now: Instant, link: &Link, config: &Config) -> Self {
        Self {
            sent_at: now,
            due: now.after(config.settle_ms.into()),
            pings_before: link.pings.sent,
            assumed_at: Instant::NEVER,
            evidence_until: Instant::NEVER,
            is_doubtful: false,
            extended_until: Instant::from_millis(0),
            outcome: None,
        }
    }

    /// Returns the next deadline.
    fn deadline(&self) -> Instant {
        if self.outcome.is_some() {
            Instant::NEVER
        } else if self.is_doubtful {
            self.due.max(self.extended_until)
        } else if self.assumed_at != Instant::NEVER {
            self.due.max(self.assumed_at)
        } else if self.evidence_until != Instant::NEVER {
            self.evidence_until
        } else {
            self.due
        }
    }

    /// Applies a deadline that is due. Returns `true` if the request begins to wait for evidence.
    fn decide(&mut self, now: Instant, config: &Config) -> bool {
        if !self.deadline().is_due(now) {
            return false;
        }
        if self.is_doubtful {
            self.outcome = Some(Outcome::Unknown);
        } else if self.assumed_at != Instant::NEVER {
            self.outcome = Some(Outcome::Assumed);
        } else if self.evidence_until != Instant::NEVER {
            self.outcome = Some(Outcome::Unknown);
        } else {
            let wait = now.after(config.ping_timeout_ms.into());
            self.evidence_until = if config.can_ping() {
                wait
            } else {
                self.sent_at.after(UNPROVEN_MS).max(now.after(1))
            };
            return true;
        }
        false
    }

    /// Records evidence that the request arrived.
    fn has_arrived(&mut self, at: Instant) {
        self.assumed_at = self.assumed_at.min(at);
    }

    /// Restarts a deadline that is due, once, because an answer may be unread in the socket.
    fn restart_deadlines(&mut self, now: Instant, pings: u32, config: &Config) {
        if self.extended_until != Instant::from_millis(0) || !self.deadline().is_due(now) {
            return;
        }
        let wait = now.after(config.ping_timeout_ms.into());
        self.extended_until = wait;
        if config.can_ping() {
            // The pong of a ping that is sent now follows all unread data.
            self.pings_before = pings;
            self.assumed_at = Instant::NEVER;
            self.evidence_until = Instant::NEVER;
        } else {
            self.due = wait;
            self.evidence_until =
                if self.evidence_until == Instant::NEVER { Instant::NEVER } else { wait };
        }
    }
}

impl ExpectedEcho {
    pub(super) fn of_publish(publish: &Publish<'_>, hasher: &KeyedHasher) -> Self {
        match publish {
            Publish::SendMessage(_) => Self::Message,
            Publish::DeleteMessage(delete) => {
                Self::Deletion(hasher.id_hash(HashDomain::Target, delete.id))
            }
            Publish::DisconnectUser(disconnect) => {
                Self::Disconnection(hasher.id_hash(HashDomain::Target, disconnect.user_id))
            }
        }
    }

    /// Returns the effect that an event reports.
    pub(super) fn of_event(event: &Event<'_>, hasher: &KeyedHasher) -> Option<Self> {
        match event.kind() {
            EventKind::DeletedMessage { message_id, .. } => {
                Some(Self::Deletion(hasher.id_hash(HashDomain::Target, message_id)))
            }
            EventKind::DisconnectedUser { user_id, .. } => {
                Some(Self::Disconnection(hasher.id_hash(HashDomain::Target, user_id)))
            }
            EventKind::Application => None,
        }
    }
}

/// Returns the Bloom filter bit of a `RequestId`, or all bits if it contains escapes.
#[inline]
pub(super) fn bloom_bit(request_id: Text<'_>) -> u64 {
    match request_id.as_str().map(|text| text.as_bytes().last_chunk()) {
        Some(Some(end)) => {
            1_u64.wrapping_shl(u32::from(u16::from_le_bytes(*end).wrapping_mul(0x9e37) >> 10))
        }
        Some(None) => 1,
        None => u64::MAX,
    }
}

/// Returns the Bloom filter bit of a message.
const fn past_deletion_bit(message_id: u64) -> u64 {
    1_u64 << (message_id >> 58)
}

impl<T> Request<T> {
    const fn is_waiting(&self) -> bool {
        self.waiting.outcome.is_none()
    }
}

impl<T, const N: usize> InFlight<T, N> {
    pub(super) const fn new() -> Self {
        Self { requests: [const { None }; N], length: 0, bloom: 0, past_deletions: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.length
    }

    pub(super) const fn is_full(&self) -> bool {
        self.length >= N
    }

    fn iter(&self) -> impl Iterator<Item = &Request<T>> {
        self.requests.iter().flatten()
    }

    fn waiting(&self) -> impl Iterator<Item = &Request<T>> {
        self.iter().filter(|request| request.is_waiting())
    }

    fn waiting_on_mut(
        &mut self,
        connection: ConnectionId,
    ) -> impl Iterator<Item = &mut Request<T>> {
        let is_it = move |request: &&mut Request<T>| {
            request.is_waiting() && request.connection == connection
        };
        self.requests.iter_mut().flatten().filter(is_it)
    }

    /// Returns `true` if there is a request with this `RequestId`.
    pub(super) fn has(&self, id: u64) -> bool {
        self.iter().any(|request| request.id == id)
    }

    /// Returns `false` if no request has this `RequestId`, as for most messages of other users.
    #[inline]
    pub(super) fn may_contain(&self, request_id: Text<'_>) -> bool {
        self.bloom & bloom_bit(request_id) != 0
    }

    /// Adds a request, unless there is no room.
    pub(super) fn insert(&mut self, request: Request<T>) {
        if let Some(slot) = self.requests.iter_mut().find(|slot| slot.is_none()) {
            self.bloom |= request.bloom;
            *slot = Some(request);
            self.length = self.length.wrapping_add(1);
        }
    }

    /// Removes a request.
    pub(super) fn take(&mut self, handle: RequestHandle) -> Option<Request<T>> {
        let is_it = |request: &Request<T>| request.handle == handle;
        let request =
            self.requests.iter_mut().find(|slot| slot.as_ref().is_some_and(is_it))?.take();
        self.length = self.length.wrapping_sub(1);
        self.bloom = self.iter().fold(0, |bloom, request| bloom | request.bloom);
        if let Some(Request { echo: ExpectedEcho::Deletion(message_id), .. }) = &request {
            self.past_deletions |= past_deletion_bit(*message_id);
        }
        request
    }

    /// Removes a request that the service has answered on the connection `proof`.
    ///
    /// If that is the request's own connection, all earlier requests on it have arrived.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        handle: RequestHandle,
        outcome: Outcome,
        proof: Option<ConnectionId>,
    ) -> Option<Settled<T>> {
        let Request { connection, data, .. } = self.take(handle)?;
        if proof == Some(connection) {
            for earlier in self.waiting_on_mut(connection).filter(|request| request.handle < handle)
            {
                earlier.waiting.has_arrived(now.after(ANSWER_MS));
            }
        }
        Some(Settled { handle, outcome, data })
    }

    /// Returns the waiting request with this `RequestId`, and the echo that it expects.
    pub(super) fn waiting_as(&self, id: u64) -> Option<(RequestHandle, ExpectedEcho)> {
        let request = self.waiting().find(|request| request.id == id)?;
        Some((request.handle, request.echo))
    }

    /// Returns the oldest waiting request that expects this echo.
    pub(super) fn waiting_for(&self, echo: ExpectedEcho) -> Option<RequestHandle> {
        self.waiting().filter(|request| request.echo == echo).map(|request| request.handle).min()
    }

    /// Returns the waiting request with this `RequestId` on this connection.
    pub(super) fn waiting_on(&self, connection: ConnectionId, id: u64) -> Option<RequestHandle> {
        let is_it = |request: &&Request<T>| request.connection == connection && request.id == id;
        self.waiting().find(is_it).map(|request| request.handle)
    }

    /// Returns the deletion of this message, if it is the only waiting deletion on this connection
    /// and the first of the message.
    pub(super) fn lone_deletion(
        &self,
        connection: ConnectionId,
        message_id: u64,
    ) -> Option<RequestHandle> {
        if self.past_deletions & past_deletion_bit(message_id) != 0 {
            return None;
        }
        let mut deletions = self.waiting().filter(|request| {
            request.connection == connection && matches!(request.echo, ExpectedEcho::Deletion(_))
        });
        let (Some(deletion), None) = (deletions.next(), deletions.next()) else { return None };
        (deletion.echo == ExpectedEcho::Deletion(message_id)).then_some(deletion.handle)
    }

    /// Removes the oldest request with an unreported outcome.
    pub(super) fn next_settled(&mut self) -> Option<Settled<T>> {
        let settled =
            self.iter().filter_map(|request| Some((request.handle, request.waiting.outcome?)));
        let (handle, outcome) = settled.min_by_key(|(handle, _)| *handle)?;
        self.take(handle).map(|Request { data, .. }| Settled { handle, outcome, data })
    }

    /// Returns the next deadline of all requests.
    pub(super) fn next_deadline(&self) -> Instant {
        self.waiting().map(|request| request.waiting.deadline()).fold(Instant::NEVER, Instant::min)
    }

    /// Returns `true` if a request is waiting on any connection.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting().next().is_some()
    }

    /// Returns `true` if a request is waiting on this connection.
    pub(super) fn is_waiting_on(&self, connection: ConnectionId) -> bool {
        self.waiting().any(|request| request.connection == connection)
    }

    /// Applies the deadlines of the requests on a connection. Returns `true` if a request lacks
    /// evidence, so that the connection may be dead.
    pub(super) fn decide(&mut self, now: Instant, link: &mut Link, config: &Config) -> bool {
        let mut is_unproven = false;
        for Request { waiting, .. } in self.waiting_on_mut(link.id) {
            if waiting.decide(now, config) && link.pings.sent == waiting.pings_before {
                link.pings.want(config);
            }
            let is_unknown = waiting.outcome == Some(Outcome::Unknown);
            is_unproven |= is_unknown && !waiting.is_doubtful;
        }
        is_unproven
    }

    /// Records a pong.
    pub(super) fn ping_answered(&mut self, now: Instant, link: &Link) {
        for request in self.waiting_on_mut(link.id) {
            if request.waiting.pings_before < link.pings.answered {
                request.waiting.has_arrived(now.after(ANSWER_MS));
            }
        }
    }

    /// Records a frame without pings. It is evidence for requests sent some time before.
    pub(super) fn frame_received(&mut self, now: Instant, connection: ConnectionId) {
        for request in self.waiting_on_mut(connection) {
            if now.since(request.waiting.sent_at) >= EVIDENCE_MS {
                request.waiting.has_arrived(now);
            }
        }
    }

    /// Records a possible rejection of any request on this connection.
    pub(super) fn doubt(&mut self, connection: ConnectionId) {
        self.waiting_on_mut(connection).for_each(|request| request.waiting.is_doubtful = true);
    }

    /// Ends the requests on a closed connection. Deadlines that are due apply first.
    pub(super) fn end(&mut self, now: Instant, connection: ConnectionId, config: &Config) {
        for Request { waiting, .. } in self.waiting_on_mut(connection) {
            waiting.decide(now, config);
            waiting.outcome.get_or_insert(Outcome::Unknown);
        }
    }

    /// Restarts the due deadlines of all requests on a connection, once.
    pub(super) fn restart_deadlines(&mut self, now: Instant, link: &Link, config: &Config) {
        let pings = link.pings.sent;
        self.waiting_on_mut(link.id)
            .for_each(|request| request.waiting.restart_deadlines(now, pings, config));
    }
}
