use super::connection::ConnectionId;
use super::secret::{Secret, Use};
use super::settled::{Outcome, RequestHandle, Settled};
use crate::instant::Instant;
use crate::publish::Publish;
use crate::subscribe::{Event, EventKind};
use crate::text::Text;

/// The requests that have no outcome yet, or one that has not been told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct InFlight<T, const N: usize> {
    requests: [Option<Request<T>>; N],
    length: usize,
    /// The marks of all requests.
    marks: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Request<T> {
    pub(super) handle: RequestHandle,
    pub(super) conn: ConnectionId,
    /// The tag of its `RequestId`.
    pub(super) tag: u64,
    /// The [mark] of its `RequestId`.
    pub(super) mark: u64,
    pub(super) target: Target,
    pub(super) waiting: Waiting,
    pub(super) data: T,
}

/// What will have happened if the request succeeds. Texts are kept as tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// A message of ours.
    Sent,
    /// This message has been deleted.
    Deleted(u64),
    /// This user has been disconnected.
    Disconnected(u64),
}

/// A bit that depends on the end of a `RequestId`; all bits, if its end is not to be seen for escapes.
#[inline]
pub(super) fn mark(request_id: Text<'_>) -> u64 {
    match request_id.as_plain().map(|text| text.as_bytes().last_chunk()) {
        Some(Some(end)) => 1_u64.wrapping_shl(u32::from(u16::from_le_bytes(*end).wrapping_mul(0x9e37) >> 10)),
        Some(None) => 1,
        None => u64::MAX,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Waiting {
    /// For an answer: without one until then, it succeeded.
    Until(Instant),
    /// For this outcome to be told: its connection has ended.
    Ended(Outcome),
}

impl Target {
    pub(super) fn of_publish(publish: &Publish<'_>, secret: &Secret) -> Self {
        match publish {
            Publish::SendMessage(_) => Self::Sent,
            Publish::DeleteMessage(delete) => Self::Deleted(secret.tag(Use::Target, delete.id)),
            Publish::DisconnectUser(disconnect) => Self::Disconnected(secret.tag(Use::Target, disconnect.user_id)),
        }
    }

    /// What an event says has happened.
    pub(super) fn of_event(event: &Event<'_>, secret: &Secret) -> Option<Self> {
        match event.kind() {
            EventKind::DeletedMessage { message_id, .. } => Some(Self::Deleted(secret.tag(Use::Target, message_id))),
            EventKind::DisconnectedUser { user_id, .. } => Some(Self::Disconnected(secret.tag(Use::Target, user_id))),
            EventKind::Application => None,
        }
    }
}

impl<T> Request<T> {
    const fn is_waiting(&self) -> bool {
        matches!(self.waiting, Waiting::Until(_))
    }

    /// The outcome that needs no answer, if it is time for it.
    const fn due(&self, now: Instant) -> Option<Outcome> {
        match self.waiting {
            Waiting::Until(moment) if moment.is_due(now) => Some(Outcome::Assumed),
            Waiting::Until(_) => None,
            Waiting::Ended(outcome) => Some(outcome),
        }
    }

    /// When it has its outcome without an answer.
    const fn deadline(&self) -> Option<Instant> {
        match self.waiting {
            Waiting::Until(moment) => Some(moment),
            Waiting::Ended(_) => None,
        }
    }
}

impl<T, const N: usize> InFlight<T, N> {
    pub(super) const fn new() -> Self {
        Self { requests: [const { None }; N], length: 0, marks: 0 }
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

    fn waiting_mut(&mut self) -> impl Iterator<Item = &mut Request<T>> {
        self.requests.iter_mut().flatten().filter(|request| request.is_waiting())
    }

    /// Whether there is a request with this `RequestId`.
    pub(super) fn has(&self, tag: u64) -> bool {
        self.iter().any(|request| request.tag == tag)
    }

    /// Whether there can be a request with this `RequestId`. Most of what others say in a room need not be looked at any further.
    #[inline]
    pub(super) fn may_have(&self, request_id: Text<'_>) -> bool {
        self.marks & mark(request_id) != 0
    }

    /// Puts in a request, if it is not full.
    pub(super) fn insert(&mut self, request: Request<T>) {
        if let Some(slot) = self.requests.iter_mut().find(|slot| slot.is_none()) {
            self.marks |= request.mark;
            *slot = Some(request);
            self.length = self.length.wrapping_add(1);
        }
    }

    /// Takes out a request.
    pub(super) fn take(&mut self, handle: RequestHandle) -> Option<Request<T>> {
        let is_it = |request: &Request<T>| request.handle == handle;
        let request = self.requests.iter_mut().find(|slot| slot.as_ref().is_some_and(is_it))?.take();
        self.length = self.length.wrapping_sub(1);
        self.marks = self.iter().fold(0, |marks, request| marks | request.mark);
        request
    }

    /// Takes out a request that has its outcome.
    pub(super) fn settle(&mut self, handle: RequestHandle, outcome: Outcome) -> Option<Settled<T>> {
        self.take(handle).map(|Request { data, .. }| Settled { handle, outcome, data })
    }

    /// The request with this `RequestId` that waits for its answer, and what it asked for.
    pub(super) fn waiting_as(&self, tag: u64) -> Option<(RequestHandle, Target)> {
        let request = self.iter().find(|request| request.tag == tag && request.is_waiting())?;
        Some((request.handle, request.target))
    }

    /// The request with this `RequestId` that waits for its answer on this connection.
    pub(super) fn waiting_on(&self, conn: ConnectionId, tag: u64) -> Option<RequestHandle> {
        let is_it = |request: &&Request<T>| request.conn == conn && request.tag == tag;
        self.iter().find(is_it).filter(|request| request.is_waiting()).map(|request| request.handle)
    }

    /// The deletion of this message, if no other deletion waits for its answer on this connection.
    pub(super) fn lone_deletion(&self, conn: ConnectionId, message_id: u64) -> Option<RequestHandle> {
        let mut deletions = self.iter().filter(|request| {
            request.conn == conn && request.is_waiting() && matches!(request.target, Target::Deleted(_))
        });
        let (Some(deletion), None) = (deletions.next(), deletions.next()) else { return None };
        (deletion.target == Target::Deleted(message_id)).then_some(deletion.handle)
    }

    /// The oldest request whose outcome needs no answer, and the time for it has come.
    pub(super) fn next_due(&mut self, now: Instant) -> Option<Settled<T>> {
        let due = self.iter().filter_map(|request| Some((request.handle, request.due(now)?)));
        let (handle, outcome) = due.min_by_key(|(handle, _)| *handle)?;
        self.settle(handle, outcome)
    }

    /// When the next outcome is due by itself.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.iter().filter_map(Request::deadline).min()
    }

    /// Whether an answer is still waited for on a connection.
    pub(super) fn is_waiting_on(&self, conn: ConnectionId, now: Instant) -> bool {
        self.iter().any(|request| request.conn == conn && request.is_waiting() && request.due(now).is_none())
    }

    /// A connection has ended: what is waiting on it is lost, unless its time had come before.
    pub(super) fn lose(&mut self, conn: ConnectionId, now: Instant) {
        for request in self.waiting_mut().filter(|request| request.conn == conn) {
            request.waiting = Waiting::Ended(request.due(now).unwrap_or(Outcome::Lost));
        }
    }

    /// The waiting starts anew.
    pub(super) fn wait_until(&mut self, moment: Instant) {
        self.waiting_mut().for_each(|request| request.waiting = Waiting::Until(moment));
    }
}
