//! The requests of the model, and the evidence for their outcomes.

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Outcome, RequestHandle, SendErrorKind};
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::{Capability, Content, ErrorCode};

use super::input::{Payload, PayloadKind, Target};
use super::state::{Certainty, Delivered, Model, NEVER, Observed, Phase, SECOND, later};
use super::{DEDUP, INFLIGHT};

/// Without pings, a request without evidence is settled after this time.
const UNKNOWN_AFTER: u64 = 30_000;

/// A request without a reported outcome.
#[derive(Clone, Debug, Hash)]
pub(super) struct InFlight {
    pub(super) handle: RequestHandle,
    pub(super) data: u32,
    pub(super) conn: usize,
    pub(super) request_id: String,
    pub(super) target: Target,
    pub(super) sent_at: u64,
    pub(super) order: u64,
    /// The time of the first evidence that the request arrived.
    evidence_at: Option<u64>,
    /// The earliest time at which the evidence allows `Assumed`.
    assumed_from: u64,
    is_doubted: bool,
    /// The time of the `poll` that found the answer overdue and started to look for evidence.
    overdue_at: Option<u64>,
    /// The time of the first `poll` after `settle_ms`, or after the postponed time.
    found_at: Option<u64>,
    /// The time to which a late call has postponed the decision. It does so once.
    not_before: Option<u64>,
    /// Only a ping with a greater `order` is evidence.
    pub(super) ping_order: u64,
    pub(super) decided: Option<Decision>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Decision {
    /// The connection ended. `Assumed` is allowed if it was due before.
    Ended { may_be_assumed: bool },
    /// `poll` is about to return this outcome.
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

/// The handle, outcome and data of the request that a payload settles.
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

    /// Records that a request is no longer in flight.
    pub(super) fn retire(&mut self, request: &InFlight) {
        if let Target::Deleted(_) = request.target {
            self.past_deletions.push(request.target);
        }
    }

    /// Returns the reason to refuse a request now, if any. The buffer is not considered.
    pub(super) fn refusal(&self, publish: &Publish<'_>, now: u64) -> Option<SendErrorKind> {
        let Some(conn) = self.current().filter(|conn| !self.conns[*conn].is_expired) else {
            return Some(SendErrorKind::NotConnected);
        };
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
        let has_same_id = |request: &InFlight| {
            publish.request_id().is_some_and(|id| id == request.request_id.as_str())
        };
        if self.requests.iter().any(has_same_id) {
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

    // Decisions.

    /// Returns the time at which the answer is overdue.
    fn settles_at(&self, request: &InFlight) -> u64 {
        later(request.sent_at, self.config.settle_ms)
    }

    /// Returns the time of the decision if no evidence is found.
    fn without_evidence(&self, request: &InFlight) -> u64 {
        if self.config.can_ping() {
            request.overdue_at.map_or(NEVER, |at| later(at, self.config.ping_timeout_ms))
        } else {
            self.settles_at(request).max(request.sent_at + UNKNOWN_AFTER)
        }
    }

    /// Returns the time of the decision.
    fn decided_at(&self, request: &InFlight) -> u64 {
        let settles_at = self.settles_at(request);
        let not_before = request.not_before.unwrap_or(0);
        if request.is_doubted {
            return settles_at.max(not_before);
        }
        match request.evidence_at {
            // A pong is received after all input that was unread at the late call.
            Some(_) if self.config.can_ping() => settles_at.max(request.assumed_from),
            Some(_) => settles_at.max(request.assumed_from).max(not_before),
            None => self.without_evidence(request).max(not_before),
        }
    }

    /// Returns the deadline for the outcome.
    pub(super) fn decided_by(&self, request: &InFlight) -> u64 {
        let at = self.decided_at(request);
        if request.evidence_at.is_some() || request.is_doubted || self.config.can_ping() {
            return at;
        }
        // The poll that finds it overdue grants another millisecond.
        at.max(request.found_at.unwrap_or(self.now)).saturating_add(1)
    }

    /// Postpones decisions after a late call, because an answer may be unread in the socket.
    pub(super) fn postpone_decisions(&mut self) {
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

    /// Records the overdue requests at a `poll`.
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

    /// Returns `true` if a request needs a ping that has not been sent.
    pub(super) fn wants_ping(&self, request: &InFlight) -> bool {
        let is_open = self.conns[request.conn].is_open();
        let is_pinged =
            self.conns[request.conn].pings.iter().any(|ping| ping.order > request.ping_order);
        let is_waiting =
            request.evidence_at.is_none() && !request.is_doubted && !request.is_decided();
        is_open && is_waiting && !is_pinged
    }

    /// Returns `true` if `poll` may return this outcome now.
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

    /// Returns `true` if this outcome is allowed even if the connection stays open.
    pub(super) fn may_decide_alone(&self, handle: RequestHandle, outcome: Outcome) -> bool {
        self.requests
            .iter()
            .any(|request| request.handle == handle && self.may_decide(request, outcome))
    }

    /// Checks and records an outcome that `poll` is about to return.
    pub(super) fn decide(&mut self, handle: RequestHandle, outcome: Outcome, data: u32) {
        let place = self.requests.iter().position(|request| request.handle == handle);
        let Some(place) = place else { panic!("{handle:?} is {outcome:?}, but not in flight") };
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
            self.conns[conn].suspect(if was_doubted { Certainty::Maybe } else { Certainty::Yes });
        }
    }

    /// Decides all requests on a connection that has ended.
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

    /// Records the answer to a later request as evidence. A rejection may follow within a second.
    fn later_answered(&mut self, conn: usize, order: u64) {
        let now = self.now;
        let earlier = |request: &&mut InFlight| request.conn == conn && request.order < order;
        self.requests
            .iter_mut()
            .filter(earlier)
            .for_each(|request| request.arrived(now, now + SECOND));
    }

    /// Records a pong as evidence. A rejection may follow within a second.
    fn ping_answered(&mut self, conn: usize, order: u64) {
        let now = self.now;
        let earlier = |request: &&mut InFlight| request.conn == conn && request.ping_order < order;
        self.requests
            .iter_mut()
            .filter(earlier)
            .for_each(|request| request.arrived(now, now + SECOND));
    }

    /// Without pings: records a frame, received a second or more after the request, as evidence.
    fn frame_received(&mut self, conn: usize) {
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
        this.is_suspect = Certainty::No;
        if this.phase == Phase::Draining && order > conn_order {
            this.is_proven_drained = Certainty::Yes;
        }
        self.ping_answered(conn, order);
    }

    // Payloads.

    /// Returns `true` if a payload received now may be delivered on another connection too.
    pub(super) fn is_overlapping(&self) -> bool {
        let is_opening = self.find(Phase::Connecting).is_some() && self.current().is_some();
        is_opening || self.find(Phase::Draining).is_some() || self.now < self.overlap_until
    }

    /// Processes a payload that the client returned or withheld. Returns the request that it
    /// settles.
    pub(super) fn received(
        &mut self,
        conn: usize,
        payload: &Payload,
        (is_withheld, has_settled): (bool, bool),
        observed: &Observed,
    ) -> Answer {
        if !self.config.can_ping() {
            self.conns[conn].received_at = self.now;
            self.frame_received(conn);
        }
        let target = match payload.kind {
            PayloadKind::Garbage => {
                self.counters.not_decoded += 1;
                self.doubt(conn);
                return None;
            }
            PayloadKind::Unknown => {
                self.counters.unknown += 1;
                return None;
            }
            PayloadKind::Error(code) => {
                return self.error(conn, payload, code, (is_withheld, has_settled), observed);
            }
            PayloadKind::Message { .. } => Target::Sent,
            PayloadKind::Event(target) => target,
        };
        self.record_delivery(conn, target == Target::Sent, &payload.id, is_withheld);
        if is_withheld {
            return None;
        }
        let answer = self.confirm(conn, payload, target);
        let user_id = self.conns[conn].user_id;
        if matches!(target, Target::Disconnected(id) if user_id == Some(id)) {
            self.end_session(ivs_chat_proto::client::DisconnectReason::DisconnectedUser);
        }
        answer
    }

    /// Records a message or an event. Duplicates are withheld while connections overlap.
    fn record_delivery(&mut self, conn: usize, is_message: bool, id: &str, is_withheld: bool) {
        let is_same = |delivered: &Delivered| {
            (delivered.is_message, delivered.id.as_str()) == (is_message, id)
        };
        let since = self.delivered.iter().rposition(is_same).filter(|_| !id.is_empty());
        assert!(since.is_some() || !is_withheld, "{id:?} is withheld, but was never received");
        let is_overlapping = self.is_overlapping();
        assert!(is_overlapping || !is_withheld, "{id:?} is withheld, but no connections overlap");
        let must = since.is_some_and(|since| {
            let delivered = &self.delivered[since];
            delivered.was_overlapping
                && delivered.conn != conn
                && is_overlapping
                && self.delivered.len() - since <= DEDUP
        });
        assert!(!must || is_withheld, "{id:?} is returned twice");
        if !is_withheld {
            if !id.is_empty() {
                let was_overlapping = is_overlapping;
                self.delivered.push(Delivered {
                    is_message,
                    id: id.to_owned(),
                    conn,
                    was_overlapping,
                });
                let first = self.delivered.len().saturating_sub(8 * DEDUP);
                self.delivered.drain(..first);
            }
            return;
        }
        self.counters.duplicates += 1;
        let came_on = since.map(|since| self.delivered[since].conn);
        if came_on != Some(conn) {
            if let Some(draining) = self.find(Phase::Draining) {
                let draining = &mut self.conns[draining];
                draining.is_proven_drained = draining.is_proven_drained.max(Certainty::Maybe);
            }
        }
    }

    fn confirm(&mut self, conn: usize, payload: &Payload, target: Target) -> Answer {
        let waiting = |request: &InFlight| !request.is_decided();
        let has_id = !payload.request_id.is_empty();
        if !has_id {
            let is_about = matches!(target, Target::Deleted(_) | Target::Disconnected(_));
            let has_target = |request: &InFlight| waiting(request) && request.target == target;
            // Another moderator may have caused it, so it is no evidence for other requests.
            let place = self.requests.iter().position(has_target).filter(|_| is_about)?;
            return Some(self.settle(place, Outcome::Confirmed));
        }
        let has_request_id =
            |request: &InFlight| request.request_id == payload.request_id && waiting(request);
        let place = self.requests.iter().position(has_request_id)?;
        let user_id = self.conns[conn].user_id;
        let is_own = match payload.kind {
            PayloadKind::Message { user_id: sender } => {
                user_id.is_none_or(|user_id| user_id == sender)
            }
            _ => true,
        };
        if target != self.requests[place].target || !is_own {
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
        self.retire(&request);
        (request.handle, outcome, request.data)
    }

    fn error(
        &mut self,
        conn: usize,
        payload: &Payload,
        code: u16,
        (is_withheld, has_settled): (bool, bool),
        observed: &Observed,
    ) -> Answer {
        let is_here = |request: &InFlight| request.conn == conn && !request.is_decided();
        let place = if payload.request_id.is_empty() {
            let deletes = |request: &InFlight| {
                is_here(request) && matches!(request.target, Target::Deleted(_))
            };
            let mut deletions =
                (0..self.requests.len()).filter(|place| deletes(&self.requests[*place]));
            let lone = deletions.next().filter(|_| deletions.next().is_none());
            let deletes_it =
                |target: &Target| matches!(target, Target::Deleted(id) if *id == payload.id);
            let lone = lone.filter(|place| deletes_it(&self.requests[*place].target));
            // The error may answer an earlier deletion of the message. The client remembers these
            // in a Bloom filter, so it may decline other errors too.
            let must_not = self.past_deletions.iter().any(deletes_it);
            assert!(
                !must_not || !has_settled || lone.is_none(),
                "the error may answer an earlier deletion"
            );
            lone.filter(|_| !must_not && (self.past_deletions.is_empty() || has_settled))
        } else {
            self.requests
                .iter()
                .position(|request| is_here(request) && request.request_id == payload.request_id)
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
        assert_eq!(is_withheld, hides, "{payload:?} on {:?}", self.conns[conn].phase);
        if code == 401 {
            self.expired(conn, observed);
        }
        answer
    }
}
