use super::config::Config;
use super::connection::{ConnectionId, Link};
use super::keyed_hasher::{HashDomain, KeyedHasher};
use super::settled::{Outcome, RequestHandle, Settled};
use crate::instant::Instant;
use crate::publish::Publish;
use crate::subscribe::{Event, EventKind};
use crate::value::Text;

/// After the proof that a request has arrived: how long its rejection may still be on the way.
const ANSWER_MS: u64 = 1_000;
/// Without pings: how long after a request a frame must come to count as evidence.
const EVIDENCE_MS: u64 = 1_000;
/// Without pings: how long a request waits for such a frame.
const UNPROVEN_MS: u64 = 30_000;

/// The requests that have no outcome yet, or one that has not been reported.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct InFlight<T, const N: usize> {
    requests: [Option<Request<T>>; N],
    length: usize,
    /// The bloom bits of all requests.
    bloom: u64,
    /// The bits of all messages whose deletion was requested and is no longer in flight.
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

/// What happens if the request succeeds. Texts are kept as hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ExpectedEcho {
    /// A message of this user.
    Message,
    /// The deletion of this message.
    Deletion(u64),
    /// The disconnection of this user.
    Disconnection(u64),
}

/// How far a request is from an outcome without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Waiting {
    sent_at: Instant,
    /// When the answer should have come.
    due: Instant,
    /// How many pings had been sent on the connection before. The answer to a later one proves that
    /// the request has arrived.
    pings_before: u32,
    /// From when on the request counts as done, once it is known to have arrived.
    assumed_at: Instant,
    /// Until when evidence is waited for, once the answer is overdue.
    evidence_until: Instant,
    /// Whether something has come that may have been the rejection.
    is_doubtful: bool,
    /// Until when it has been given more time because the caller came late. The origin if it has
    /// not.
    put_off_until: Instant,
    /// The outcome, if it is waiting to be reported.
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
            put_off_until: Instant::from_millis(0),
            outcome: None,
        }
    }

    /// When it is next decided about, without an answer.
    fn deadline(&self) -> Instant {
        if self.outcome.is_some() {
            Instant::NEVER
        } else if self.is_doubtful {
            self.due.max(self.put_off_until)
        } else if self.assumed_at != Instant::NEVER {
            self.due.max(self.assumed_at)
        } else if self.evidence_until != Instant::NEVER {
            self.evidence_until
        } else {
            self.due
        }
    }

    /// Decides, if it is time. Returns `true` if it has begun to wait for evidence.
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

    /// Records the proof that the request has arrived.
    fn has_arrived(&mut self, at: Instant) {
        self.assumed_at = self.assumed_at.min(at);
    }

    /// Starts to wait anew, once, if it would be decided now: an answer may lie unread in the
    /// socket.
    fn put_off(&mut self, now: Instant, pings: u32, config: &Config) {
        if self.put_off_until != Instant::from_millis(0) || !self.deadline().is_due(now) {
            return;
        }
        let wait = now.after(config.ping_timeout_ms.into());
        self.put_off_until = wait;
        if config.can_ping() {
            // The answer to a ping that is sent now comes after everything that is unread.
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

    /// Returns what an event says has happened.
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

/// Returns a bit that depends on the end of a `RequestId`, or all bits if escapes hide its end.
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

/// Returns a bit that depends on the hash of a message's ID.
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

    /// Returns `false` if there is no request with this `RequestId`, as for most of what others
    /// say.
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

    /// Removes a request that the service has answered on the connection `proof`: that proves that
    /// all earlier requests on the connection have arrived, if it is the request's own.
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

    /// Returns the deletion of this message, if no other deletion is waiting on this connection,
    /// and no earlier deletion of the message could be meant.
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

    /// Removes the oldest request with an outcome that has not been reported.
    pub(super) fn next_settled(&mut self) -> Option<Settled<T>> {
        let settled =
            self.iter().filter_map(|request| Some((request.handle, request.waiting.outcome?)));
        let (handle, outcome) = settled.min_by_key(|(handle, _)| *handle)?;
        self.take(handle).map(|Request { data, .. }| Settled { handle, outcome, data })
    }

    /// Returns when a request is next decided about.
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

    /// Decides about the requests on a connection whose time has come. Returns `true` if there was
    /// no evidence that a request has arrived, so that the connection may be dead.
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

    /// Records that a ping has been answered.
    pub(super) fn ping_answered(&mut self, now: Instant, link: &Link) {
        for request in self.waiting_on_mut(link.id) {
            if request.waiting.pings_before < link.pings.answered {
                request.waiting.has_arrived(now.after(ANSWER_MS));
            }
        }
    }

    /// Without pings: records that a frame has been received, which is evidence for what was sent
    /// some time before.
    pub(super) fn frame_received(&mut self, now: Instant, connection: ConnectionId) {
        for request in self.waiting_on_mut(connection) {
            if now.since(request.waiting.sent_at) >= EVIDENCE_MS {
                request.waiting.has_arrived(now);
            }
        }
    }

    /// Records that something has come that may have rejected any request on this connection.
    pub(super) fn doubt(&mut self, connection: ConnectionId) {
        self.waiting_on_mut(connection).for_each(|request| request.waiting.is_doubtful = true);
    }

    /// Ends the requests on a connection that has ended, those first that were due before.
    pub(super) fn end(&mut self, now: Instant, connection: ConnectionId, config: &Config) {
        for Request { waiting, .. } in self.waiting_on_mut(connection) {
            waiting.decide(now, config);
            waiting.outcome.get_or_insert(Outcome::Unknown);
        }
    }

    /// Gives every request on a connection that would be decided about now more time, once.
    pub(super) fn put_off(&mut self, now: Instant, link: &Link, config: &Config) {
        let pings = link.pings.sent;
        self.waiting_on_mut(link.id)
            .for_each(|request| request.waiting.put_off(now, pings, config));
    }
}
