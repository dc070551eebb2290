//! The model's requests, and what settles them.

use ivs_chat_proto::client::{Instant, Outcome, RequestHandle, SendErrorKind};
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::{Capability, Content, ErrorCode};

use super::input::{Said, Saying, Target};
use super::model::{Model, NEVER, Noted, Phase, SECOND, Seen, Tri, later};
use super::{DEDUP, INFLIGHT};

/// Without pings, a request without evidence is decided about after this time.
const UNKNOWN_AFTER: u64 = 30_000;

/// A request whose outcome has not been reported.
#[derive(Clone, Debug, Hash)]
pub(super) struct InFlight {
    pub(super) handle: RequestHandle,
    pub(super) data: u32,
    pub(super) conn: usize,
    pub(super) request_id: String,
    pub(super) target: Target,
    pub(super) sent_at: u64,
    pub(super) order: u64,
    /// When the first evidence came that it had arrived.
    evidence_at: Option<u64>,
    /// From when on that lets it count as done.
    assumed_from: u64,
    is_doubted: bool,
    /// When `poll` first found that its answer was overdue, and asked for evidence.
    overdue_at: Option<u64>,
    /// The first `poll` after the time in which an answer should come, put off or not.
    found_at: Option<u64>,
    /// A late call has put its decision off until then, once.
    not_before: Option<u64>,
    /// Only pings after this one give evidence.
    pub(super) ping_order: u64,
    pub(super) decided: Option<Decision>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Decision {
    /// Its connection has ended. If its time had come before, it may be assumed.
    Ended { may_be_assumed: bool },
    /// `poll` reports it with this outcome.
    Reported(Outcome),
}

impl InFlight {
    pub(super) const fn is_decided(&self) -> bool {
        self.decided.is_some()
    }

    fn arrived(&mut self, at: u64, assumed_from: u64) {
        self.evidence_at = self.evidence_at.or(Some(at));
        self.assumed_from = self.assumed_from.min(assumed_from);
    }
}

/// What a payload means for a request: its handle, outcome and data.
pub(super) type Answer = Option<(RequestHandle, Outcome, u32)>;

impl Model {
    pub(super) fn accept(
        &mut self,
        handle: RequestHandle,
        data: u32,
        conn: usize,
        request_id: String,
        target: Target,
    ) {
        self.order += 1;
        self.accepted += 1;
        self.sent_at.push(self.now);
        let first = self.sent_at.len().saturating_sub(10);
        self.sent_at.drain(..first);
        self.requests.push(InFlight {
            handle,
            data,
            conn,
            request_id,
            target,
            sent_at: self.now,
            order: self.order,
            evidence_at: None,
            assumed_from: NEVER,
            is_doubted: false,
            overdue_at: None,
            found_at: None,
            not_before: None,
            ping_order: self.order,
            decided: None,
        });
    }

    /// A request is no longer in flight.
    pub(super) fn past(&mut self, request: &InFlight) {
        if let Target::Deleted(_) = request.target {
            self.past_deletions.push(request.target);
        }
    }

    /// Why a request is refused at this time, apart from the buffer.
    pub(super) fn refusal(&self, publish: &Publish<'_>, now: u64) -> Option<SendErrorKind> {
        let Some(conn) = self.current().filter(|conn| !self.conns[*conn].is_expired) else {
            return Some(SendErrorKind::NotConnected);
        };
        if self.is_leaving() {
            return Some(SendErrorKind::Disconnecting);
        }
        let capability = match publish {
            Publish::SendMessage(_) => Capability::SendMessage,
            Publish::DeleteMessage(_) => Capability::DeleteMessage,
            _ => Capability::DisconnectUser,
        };
        if self.conns[conn]
            .capabilities
            .is_some_and(|capabilities| !capabilities.permits(capability))
        {
            return Some(SendErrorKind::NotPermitted(capability));
        }
        if let Publish::SendMessage(send) = publish {
            let limited = Content::with_limit(send.content.text(), self.config.max_code_points);
            if let Err(error) = limited {
                return Some(SendErrorKind::TooLong(error));
            }
        }
        let is_it = |request: &InFlight| {
            publish.request_id().is_some_and(|id| id == request.request_id.as_str())
        };
        if self.requests.iter().any(is_it) {
            return Some(SendErrorKind::RequestIdInFlight);
        }
        if self.requests.len() == INFLIGHT {
            return Some(SendErrorKind::TooManyInFlight);
        }
        let limit = usize::from(self.config.requests_per_second?.get()).min(10);
        let retry_at = self.sent_at.iter().rev().nth(limit - 1)?.saturating_add(SECOND);
        (retry_at > now)
            .then_some(SendErrorKind::TooManyRequests { retry_at: Instant::from_millis(retry_at) })
    }

    // Deciding.

    /// The end of the time in which an answer should come.
    fn settles_at(&self, request: &InFlight) -> u64 {
        later(request.sent_at, self.config.settle_ms)
    }

    /// Without evidence: when the request is decided about.
    fn without_evidence(&self, request: &InFlight) -> u64 {
        if self.config.can_ping() {
            request.overdue_at.map_or(NEVER, |at| later(at, self.config.ping_timeout_ms))
        } else {
            self.settles_at(request).max(request.sent_at + UNKNOWN_AFTER)
        }
    }

    /// When a request is decided about.
    fn decided_at(&self, request: &InFlight) -> u64 {
        let settles_at = self.settles_at(request);
        let not_before = request.not_before.unwrap_or(0);
        if request.is_doubted {
            return settles_at.max(not_before);
        }
        match request.evidence_at {
            // The answer to a ping comes after everything that was unread.
            Some(_) if self.config.can_ping() => settles_at.max(request.assumed_from),
            Some(_) => settles_at.max(request.assumed_from).max(not_before),
            None => self.without_evidence(request).max(not_before),
        }
    }

    /// The moment by which a request must have its outcome.
    pub(super) fn decided_by(&self, request: &InFlight) -> u64 {
        let at = self.decided_at(request);
        if request.evidence_at.is_some() || request.is_doubted || self.config.can_ping() {
            return at;
        }
        // The poll that finds it overdue leaves it another millisecond.
        at.max(request.found_at.unwrap_or(self.now)).saturating_add(1)
    }

    /// A late call: an answer may lie unread in the socket.
    pub(super) fn put_off_requests(&mut self) {
        let not_before = Some(later(self.now, self.config.ping_timeout_ms));
        for place in 0..self.requests.len() {
            let request = &self.requests[place];
            let is_overdue = request.overdue_at.is_none() && self.settles_at(request) <= self.now;
            let is_due = self.decided_at(request) <= self.now
                || (is_overdue && request.evidence_at.is_none());
            if request.is_decided() || request.not_before.is_some() || !is_due {
                continue;
            }
            let (order, can_ping) = (self.order, self.config.can_ping());
            let request = &mut self.requests[place];
            request.not_before = not_before;
            request.found_at = None;
            if can_ping && !request.is_doubted {
                (request.evidence_at, request.overdue_at, request.ping_order) = (None, None, order);
                request.assumed_from = NEVER;
            }
        }
    }

    /// `poll` finds the requests whose answers are overdue.
    pub(super) fn note_overdue(&mut self) {
        for place in 0..self.requests.len() {
            let request = &self.requests[place];
            let is_waiting = request.overdue_at.is_none()
                && request.evidence_at.is_none()
                && !request.is_doubted;
            if is_waiting && self.settles_at(request) <= self.now {
                self.requests[place].overdue_at = Some(self.now);
            }
            let request = &self.requests[place];
            let due = self.settles_at(request).max(request.not_before.unwrap_or(0));
            if request.found_at.is_none() && due <= self.now {
                self.requests[place].found_at = Some(self.now);
            }
        }
    }

    /// Whether a request waits for a ping that has not been sent.
    pub(super) fn wants_ping(&self, request: &InFlight) -> bool {
        let is_open = self.conns[request.conn].is_open();
        let is_pinged =
            self.conns[request.conn].pings.iter().any(|ping| ping.order > request.ping_order);
        let is_waiting =
            request.evidence_at.is_none() && !request.is_doubted && !request.is_decided();
        is_open && is_waiting && !is_pinged
    }

    /// Whether `poll` may report this outcome now.
    fn may_decide(&self, request: &InFlight, outcome: Outcome) -> bool {
        if let Some(decision) = request.decided {
            return match decision {
                Decision::Ended { may_be_assumed } => {
                    outcome == Outcome::Unknown || (may_be_assumed && outcome == Outcome::Assumed)
                }
                Decision::Reported(reported) => outcome == reported,
            };
        }
        let has_come = self.now >= self.decided_at(request);
        let is_without = request.evidence_at.is_none_or(|at| at >= self.without_evidence(request));
        match outcome {
            Outcome::Assumed => has_come && request.evidence_at.is_some() && !request.is_doubted,
            Outcome::Unknown => has_come && (request.is_doubted || is_without),
            _ => false,
        }
    }

    /// Whether a request has this outcome whatever becomes of its connection.
    pub(super) fn may_decide_alone(&self, handle: RequestHandle, outcome: Outcome) -> bool {
        self.requests
            .iter()
            .any(|request| request.handle == handle && self.may_decide(request, outcome))
    }

    /// Requests whose outcomes `poll` is about to report.
    pub(super) fn decide(&mut self, handle: RequestHandle, outcome: Outcome, data: u32) {
        let place = self.requests.iter().position(|request| request.handle == handle);
        let Some(place) = place else { panic!("{handle:?} is {outcome:?} but not in flight") };
        let request = &self.requests[place];
        assert!(
            self.may_decide(request, outcome),
            "at {}: {outcome:?} of {request:?}, decided at {}",
            self.now,
            self.decided_at(request)
        );
        assert_eq!(request.data, data);
        let is_evidence_missing = request.decided.is_none()
            && request.evidence_at.is_none()
            && outcome == Outcome::Unknown;
        let (conn, was_doubted) = (request.conn, request.is_doubted);
        self.requests[place].decided = Some(Decision::Reported(outcome));
        if is_evidence_missing && !self.config.can_ping() {
            self.conns[conn].suspect(if was_doubted { Tri::Perhaps } else { Tri::Yes });
        }
    }

    /// A connection has ended, and what is in flight on it is unknown.
    pub(super) fn connection_ended(&mut self, conn: usize) {
        for place in 0..self.requests.len() {
            let request = &self.requests[place];
            if request.conn == conn && !request.is_decided() {
                let may_be_assumed = self.may_decide(request, Outcome::Assumed);
                self.requests[place].decided = Some(Decision::Ended { may_be_assumed });
            }
        }
    }

    // Evidence and doubt.

    /// A later request was answered. A rejection may follow close behind.
    fn later_answered(&mut self, conn: usize, order: u64) {
        let now = self.now;
        let earlier = |request: &&mut InFlight| request.conn == conn && request.order < order;
        self.requests
            .iter_mut()
            .filter(earlier)
            .for_each(|request| request.arrived(now, now + SECOND));
    }

    /// A ping was answered. A rejection may follow close behind.
    fn ping_answered(&mut self, conn: usize, order: u64) {
        let now = self.now;
        let earlier = |request: &&mut InFlight| request.conn == conn && request.ping_order < order;
        self.requests
            .iter_mut()
            .filter(earlier)
            .for_each(|request| request.arrived(now, now + SECOND));
    }

    /// Without pings: a frame came, a second or more after the request.
    fn frame_came(&mut self, conn: usize) {
        let now = self.now;
        let earlier =
            |request: &&mut InFlight| request.conn == conn && now >= request.sent_at + SECOND;
        self.requests.iter_mut().filter(earlier).for_each(|request| request.arrived(now, now));
    }

    fn doubt(&mut self, conn: usize) {
        self.requests
            .iter_mut()
            .filter(|request| request.conn == conn)
            .for_each(|request| request.is_doubted = true);
    }

    pub(super) fn pong(&mut self, conn: usize, payload: &[u8]) {
        let pings = &mut self.conns[conn].pings;
        let Some(place) =
            pings.iter().position(|ping| ping.payload == *payload && !ping.is_answered)
        else {
            return;
        };
        let order = pings[place].order;
        pings[..=place].iter_mut().for_each(|ping| ping.is_answered = true);
        let conn_order = self.conns[conn].replaced_order;
        let now = self.now;
        let this = &mut self.conns[conn];
        this.answered_at = Some(now);
        this.is_suspect = Tri::No;
        if this.phase == Phase::Draining && order > conn_order {
            this.has_shown = Tri::Yes;
        }
        self.ping_answered(conn, order);
    }

    // Payloads.

    /// Whether a payload that comes now may have come on another connection, or may still come.
    pub(super) fn is_overlapping(&self) -> bool {
        let is_opening = self.find(Phase::Connecting).is_some() && self.current().is_some();
        is_opening || self.find(Phase::Draining).is_some() || self.now < self.overlap_until
    }

    /// Takes a payload that was handed over, or withheld. Returns the request that it settles.
    pub(super) fn received(
        &mut self,
        conn: usize,
        said: &Said,
        (is_withheld, has_settled): (bool, bool),
        seen: &Seen,
    ) -> Answer {
        if !self.config.can_ping() {
            self.conns[conn].heard_at = self.now;
            self.frame_came(conn);
        }
        let happened = match said.what {
            Saying::Garbage => {
                self.counters.not_decoded += 1;
                self.doubt(conn);
                return None;
            }
            Saying::Unknown => {
                self.counters.unknown += 1;
                return None;
            }
            Saying::Error(code) => {
                return self.error(conn, said, code, (is_withheld, has_settled), seen);
            }
            Saying::Message { .. } => Target::Sent,
            Saying::Event(target) => target,
        };
        self.note(conn, happened == Target::Sent, &said.id, is_withheld);
        if is_withheld {
            return None;
        }
        let answer = self.confirm(conn, said, happened);
        let user_id = self.conns[conn].user_id;
        if matches!(happened, Target::Disconnected(id) if user_id == Some(id)) {
            self.end_session(ivs_chat_proto::client::DisconnectReason::DisconnectedUser);
        }
        answer
    }

    /// Notes a message or an event. What has come before is withheld while connections overlap.
    fn note(&mut self, conn: usize, is_message: bool, id: &str, is_withheld: bool) {
        let is_it = |noted: &Noted| (noted.is_message, noted.id.as_str()) == (is_message, id);
        let since = self.noted.iter().rposition(is_it).filter(|_| !id.is_empty());
        assert!(since.is_some() || !is_withheld, "{id:?} is withheld, and has never come");
        let is_overlapping = self.is_overlapping();
        assert!(is_overlapping || !is_withheld, "{id:?} is withheld, and nothing overlaps");
        let must = since.is_some_and(|since| {
            let noted = &self.noted[since];
            noted.was_overlapping
                && noted.conn != conn
                && is_overlapping
                && self.noted.len() - since <= DEDUP
        });
        assert!(!must || is_withheld, "{id:?} is handed over twice");
        if !is_withheld {
            if !id.is_empty() {
                let was_overlapping = is_overlapping;
                self.noted.push(Noted { is_message, id: id.to_owned(), conn, was_overlapping });
                let first = self.noted.len().saturating_sub(8 * DEDUP);
                self.noted.drain(..first);
            }
            return;
        }
        self.counters.duplicates += 1;
        let came_on = since.map(|since| self.noted[since].conn);
        if came_on != Some(conn) {
            if let Some(draining) = self.find(Phase::Draining) {
                let draining = &mut self.conns[draining];
                draining.has_shown = draining.has_shown.max(Tri::Perhaps);
            }
        }
    }

    fn confirm(&mut self, conn: usize, said: &Said, happened: Target) -> Answer {
        let waiting = |request: &InFlight| !request.is_decided();
        let has_id = !said.request_id.is_empty();
        if !has_id {
            let is_about = matches!(happened, Target::Deleted(_) | Target::Disconnected(_));
            let is_it = |request: &InFlight| waiting(request) && request.target == happened;
            // Another moderator may have done it, so that it is no evidence for other requests.
            let place = self.requests.iter().position(is_it).filter(|_| is_about)?;
            return Some(self.settle(place, Outcome::Confirmed));
        }
        let is_it = |request: &InFlight| request.request_id == said.request_id && waiting(request);
        let place = self.requests.iter().position(is_it)?;
        let user_id = self.conns[conn].user_id;
        let is_own = match said.what {
            Saying::Message { user_id: sender } => user_id.is_none_or(|user_id| user_id == sender),
            _ => true,
        };
        if happened != self.requests[place].target || !is_own {
            self.counters.mismatched += 1;
            return None;
        }
        let (sent_on, order) = (self.requests[place].conn, self.requests[place].order);
        if sent_on == conn {
            self.later_answered(sent_on, order);
        }
        Some(self.settle(place, Outcome::Confirmed))
    }

    fn settle(&mut self, place: usize, outcome: Outcome) -> (RequestHandle, Outcome, u32) {
        let request = self.requests.remove(place);
        self.past(&request);
        (request.handle, outcome, request.data)
    }

    fn error(
        &mut self,
        conn: usize,
        said: &Said,
        code: u16,
        (is_withheld, has_settled): (bool, bool),
        seen: &Seen,
    ) -> Answer {
        let is_here = |request: &InFlight| request.conn == conn && !request.is_decided();
        let place = if said.request_id.is_empty() {
            let deletes = |request: &InFlight| {
                is_here(request) && matches!(request.target, Target::Deleted(_))
            };
            let mut deletions =
                (0..self.requests.len()).filter(|place| deletes(&self.requests[*place]));
            let lone = deletions.next().filter(|_| deletions.next().is_none());
            let lone =
                lone.filter(|place| matches!(self.requests[*place].target, Target::Deleted(id) if id == said.id));
            // An earlier deletion of the message may be meant. Others of which that is feared are
            // not known here.
            let is_past = |target: &Target| matches!(target, Target::Deleted(id) if *id == said.id);
            let must_not = self.past_deletions.iter().any(is_past);
            assert!(
                !must_not || !has_settled || lone.is_none(),
                "an earlier deletion may be meant"
            );
            lone.filter(|_| !must_not && (self.past_deletions.is_empty() || has_settled))
        } else {
            self.requests
                .iter()
                .position(|request| is_here(request) && request.request_id == said.request_id)
        };
        let answer = place.map(|place| {
            let order = self.requests[place].order;
            self.later_answered(conn, order);
            self.settle(place, Outcome::Rejected(ErrorCode::new(code)))
        });
        self.counters.unsolicited_errors += u32::from(answer.is_none());
        if answer.is_none() || code == 401 {
            self.doubt(conn);
        }
        let hides = code == 401 && answer.is_none() && self.conns[conn].phase == Phase::Draining;
        assert_eq!(is_withheld, hides, "{said:?} on {:?}", self.conns[conn].phase);
        if code == 401 {
            self.expired(conn, seen);
        }
        answer
    }
}
