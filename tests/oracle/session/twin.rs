//! What is known of a client from outside, by the documentation alone: a naive twin.

use ivs_chat_proto::client::{
    Config, ConnectionId, ConnectionState, Counters, DisconnectReason, Instant, Outcome, ReconnectAction,
    RequestHandle, SendErrorKind,
};
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::{Capabilities, Capability, Content, ErrorCode};

use super::input::{How, Said, Saying, Target};
use super::{DEDUP, INFLIGHT};

/// No moment.
pub(super) const NEVER: u64 = u64::MAX;
pub(super) const LATE_MS: u64 = 1_000;
pub(super) const LATE_IN_A_ROW: u8 = 3;
pub(super) const DISCONNECTION_MS: u64 = 10_000;
pub(super) const WINDOW_MS: u64 = 1_000;

/// What is known of a client from outside, by the documentation alone.
#[derive(Clone, Debug, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "what it knows is of no shape")]
pub(super) struct Twin {
    pub(super) config: Config,
    pub(super) now: u64,
    pub(super) wait: u64,
    pub(super) late_in_a_row: u8,
    pub(super) conns: Vec<Conn>,
    /// What is to be told to close, and with which code.
    pub(super) closing: Vec<(usize, u16)>,
    pub(super) next: Next,
    pub(super) is_fetching: bool,
    pub(super) failures: u32,
    pub(super) has_replaced: bool,
    /// When the last token was asked for, since a connection was wanted; whether one was refused since; and how many were replaced at once.
    pub(super) fetched_at: Option<u64>,
    pub(super) was_refused: bool,
    pub(super) replaced: usize,
    /// Until when a close means that this user was disconnected.
    pub(super) leaving_until: u64,
    pub(super) reported: ConnectionState,
    /// Whether there was no connection at some time since that was reported.
    pub(super) had_gap: bool,
    pub(super) requests: Vec<InFlight>,
    pub(super) accepted: u64,
    /// When the last requests were sent, the last one last.
    pub(super) sent_at: Vec<u64>,
    /// The messages and events that were received.
    pub(super) noted: Vec<Noted>,
    /// Whether the connection that is being opened is, or was, beside another.
    pub(super) is_beside: bool,
    pub(super) overlap_until: u64,
    pub(super) counters: Counters,
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Conn {
    pub(super) phase: Phase,
    pub(super) capabilities: Option<Capabilities>,
    pub(super) user_id: Option<&'static str>,
    pub(super) ends_at: u64,
    /// When it is given up, if it does not open; then, if it has been replaced, when it has been drained.
    pub(super) until: u64,
    pub(super) opened_at: u64,
    pub(super) ended_at: Option<u64>,
    pub(super) heard_at: u64,
    /// When it is refreshed: from then until then, by chance.
    pub(super) refresh: (u64, u64),
}

#[derive(Clone, Debug, Hash)]
pub(super) struct Noted {
    pub(super) is_message: bool,
    pub(super) id: String,
    pub(super) is_overlapping: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Connecting,
    Current,
    Draining,
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    Off,
    /// A token is fetched at some time from then until then, by chance.
    Backoff(u64, u64),
    /// One is fetched at once, or being fetched.
    Wanted,
    Connecting,
    Stopped(DisconnectReason),
}

/// A request without an outcome that has been told.
#[derive(Clone, Debug, Hash)]
pub(super) struct InFlight {
    pub(super) handle: RequestHandle,
    pub(super) data: u32,
    pub(super) conn: usize,
    pub(super) request_id: String,
    pub(super) target: Target,
    pub(super) due: u64,
    /// If its connection has ended.
    pub(super) outcome: Option<Outcome>,
}

pub(super) const fn is_due(moment: u64, now: u64) -> bool {
    moment <= now && moment != NEVER
}

pub(super) fn later(moment: u64, millis: u32) -> u64 {
    moment.saturating_add(millis.into())
}

impl Twin {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            now: 0,
            wait: NEVER,
            late_in_a_row: 0,
            conns: Vec::new(),
            closing: Vec::new(),
            next: Next::Stopped(DisconnectReason::NotWanted),
            is_fetching: false,
            failures: 0,
            has_replaced: false,
            fetched_at: None,
            was_refused: false,
            replaced: 0,
            leaving_until: 0,
            reported: ConnectionState::Disconnected(DisconnectReason::NotWanted),
            had_gap: true,
            requests: Vec::new(),
            accepted: 0,
            sent_at: Vec::new(),
            noted: Vec::new(),
            is_beside: false,
            overlap_until: 0,
            counters: Counters::default(),
        }
    }

    pub(super) fn find(&self, phase: Phase) -> Option<usize> {
        let mut found = (0..self.conns.len()).filter(|conn| self.conns[*conn].phase == phase);
        let last = found.next_back();
        assert!(phase == Phase::Over || found.next().is_none(), "two are {phase:?}");
        last
    }

    pub(super) fn state(&self) -> ConnectionState {
        match (self.find(Phase::Current), &self.next) {
            (Some(conn), _) => ConnectionState::Connected(conn_id(conn)),
            (None, Next::Stopped(reason)) => ConnectionState::Disconnected(*reason),
            (None, _) => ConnectionState::Connecting,
        }
    }

    pub(super) fn tick(&mut self, now: u64) {
        if now < self.now {
            self.counters.steps_back += 1;
            return;
        }
        if is_due(self.wait, now) {
            if now > self.wait.saturating_add(LATE_MS) && self.late_in_a_row < LATE_IN_A_ROW {
                self.late_in_a_row += 1;
                self.counters.late += 1;
                let due = later(now, self.config.settle_ms);
                self.requests.iter_mut().for_each(|request| request.due = due);
                self.conns.iter_mut().for_each(|conn| conn.heard_at = now);
                if self.now < self.overlap_until {
                    self.overlap_until = self.overlap_until.max(later(now, self.config.drain_ms));
                }
                if let Some(draining) = self.find(Phase::Draining) {
                    self.conns[draining].until = later(now, self.config.drain_ms.max(self.config.settle_ms));
                }
            } else {
                self.late_in_a_row = 0;
            }
            self.wait = NEVER;
        }
        self.now = now;
    }

    // Requests.

    /// Why a request is refused, but for the buffer.
    pub(super) fn refusal(&self, publish: &Publish<'_>) -> Option<SendErrorKind> {
        let Some(conn) = self.find(Phase::Current) else { return Some(SendErrorKind::NotConnected) };
        let capability = match publish {
            Publish::SendMessage(_) => Capability::SendMessage,
            Publish::DeleteMessage(_) => Capability::DeleteMessage,
            _ => Capability::DisconnectUser,
        };
        if self.conns[conn].capabilities.is_some_and(|capabilities| !capabilities.permits(capability)) {
            return Some(SendErrorKind::NotPermitted(capability));
        }
        if let Publish::SendMessage(send) = publish
            && let Err(error) = Content::with_limit(send.content.text(), self.config.max_code_points)
        {
            return Some(SendErrorKind::TooLong(error));
        }
        if self.requests.iter().any(|request| publish.request_id().is_some_and(|id| id == request.request_id.as_str()))
        {
            return Some(SendErrorKind::RequestIdInFlight);
        }
        if self.requests.len() == INFLIGHT {
            return Some(SendErrorKind::TooManyInFlight);
        }
        let limit = usize::from(self.config.requests_per_second?.get()).min(10);
        let retry_at = self.sent_at.iter().rev().nth(limit - 1)?.saturating_add(WINDOW_MS);
        (retry_at > self.now).then_some(SendErrorKind::TooManyRequests { retry_at: Instant::from_millis(retry_at) })
    }

    /// What is in flight on a connection that ends now.
    pub(super) fn end_requests(&mut self, conn: usize) {
        for request in self.requests.iter_mut().filter(|request| request.conn == conn && request.outcome.is_none()) {
            let was_due = is_due(request.due, self.now);
            request.outcome = Some(if was_due { Outcome::Assumed } else { Outcome::Lost });
        }
    }

    /// The requests whose outcome is to be told.
    pub(super) fn told(&self) -> impl Iterator<Item = (&InFlight, Outcome)> {
        self.requests.iter().filter_map(|request| {
            let assumed = is_due(request.due, self.now).then_some(Outcome::Assumed);
            Some((request, request.outcome.or(assumed)?))
        })
    }

    pub(super) fn settle(&mut self, place: usize, outcome: Outcome) -> (RequestHandle, Outcome, u32) {
        let request = self.requests.remove(place);
        (request.handle, outcome, request.data)
    }

    /// Notes a message or an event, and whether it has been swallowed.
    pub(super) fn note(&mut self, is_message: bool, id: &str, is_swallowed: bool) {
        let since = self.noted.iter().rposition(|noted| (noted.is_message, noted.id.as_str()) == (is_message, id));
        let is_known = since.is_some() && !id.is_empty();
        assert!(is_known || !is_swallowed, "{id:?} is swallowed at first sight");
        let was_overlapping =
            since.is_some_and(|since| self.noted[since].is_overlapping && self.noted.len() - since <= DEDUP);
        let is_overlapping = self.is_overlapping();
        assert!(!is_known || !was_overlapping || !is_overlapping || is_swallowed, "{id:?} is not swallowed");
        if is_swallowed {
            self.counters.duplicates += 1;
        } else if !id.is_empty() {
            self.noted.push(Noted { is_message, id: id.to_owned(), is_overlapping });
        }
    }

    /// Whether connections overlap: from when one is being opened beside another.
    pub(super) fn is_overlapping(&self) -> bool {
        let is_opening = self.find(Phase::Connecting).is_some() && self.is_beside;
        is_opening || self.find(Phase::Draining).is_some() || self.now < self.overlap_until
    }

    /// Which request is settled by what is received on a connection that is there.
    pub(super) fn received(
        &mut self,
        conn: usize,
        said: &Said,
        is_swallowed: bool,
    ) -> Option<(RequestHandle, Outcome, u32)> {
        let happened = match said.what {
            Saying::Garbage => {
                self.counters.not_decoded += 1;
                return None;
            }
            Saying::Unknown => {
                self.counters.unknown += 1;
                return None;
            }
            Saying::Error(code) => return self.error(conn, said, code),
            Saying::Message { .. } => Target::Sent,
            Saying::Event(target) => target,
        };
        self.note(happened == Target::Sent, &said.id, is_swallowed);
        if is_swallowed {
            return None;
        }
        let user_id = self.conns[conn].user_id;
        if let Target::Disconnected(id) = happened
            && user_id == Some(id)
        {
            self.leaving_until = self.now.saturating_add(DISCONNECTION_MS);
        }
        let is_it = |request: &InFlight| request.request_id == said.request_id && request.outcome.is_none();
        let place = self.requests.iter().position(is_it)?;
        let is_from_me = match said.what {
            Saying::Message { user_id: sender } => user_id.is_none_or(|user_id| user_id == sender),
            _ => true,
        };
        if happened == self.requests[place].target && is_from_me {
            Some(self.settle(place, Outcome::Confirmed))
        } else {
            self.counters.mismatched += 1;
            None
        }
    }

    pub(super) fn error(&mut self, conn: usize, said: &Said, code: u16) -> Option<(RequestHandle, Outcome, u32)> {
        let is_here = |request: &InFlight| request.conn == conn && request.outcome.is_none();
        let is_deletion = |request: &InFlight| is_here(request) && matches!(request.target, Target::Deleted(_));
        let place = if said.request_id.is_empty() {
            let mut deletions = (0..self.requests.len()).filter(|place| is_deletion(&self.requests[*place]));
            let lone = deletions.next().filter(|_| deletions.next().is_none());
            lone.filter(|place| matches!(self.requests[*place].target, Target::Deleted(id) if id == said.id))
        } else {
            self.requests.iter().position(|request| is_here(request) && request.request_id == said.request_id)
        };
        let settled = place.map(|place| self.settle(place, Outcome::Rejected(ErrorCode::new(code))));
        self.counters.unsolicited_errors += u32::from(settled.is_none());
        if code == 401 && self.next == Next::Off && self.find(Phase::Current) == Some(conn) {
            if self.has_lasted() {
                self.next = Next::Wanted;
            } else {
                self.back_off();
            }
        }
        settled
    }

    // Connections.

    pub(super) fn end(&mut self, conn: usize) {
        self.conns[conn].phase = Phase::Over;
        self.conns[conn].ended_at = Some(self.now);
        self.end_requests(conn);
    }

    pub(super) fn tell_to_close(&mut self, conn: usize, code: u16) {
        self.end(conn);
        self.closing.push((conn, code));
    }

    pub(super) fn opened(&mut self, conn: usize) {
        self.next = Next::Off;
        self.drained();
        if let Some(current) = self.find(Phase::Current) {
            self.had_gap |= is_due(self.conns[current].ends_at, self.now);
            self.conns[current].phase = Phase::Draining;
            self.conns[current].until = later(self.now, self.config.drain_ms.max(self.config.settle_ms));
        }
        if core::mem::take(&mut self.is_beside) {
            self.overlap_until = later(self.now, self.config.drain_ms);
        }
        let Config { refresh_lead_ms, refresh_jitter_ms, refresh_floor_ms, .. } = self.config;
        let floor = later(self.now, refresh_floor_ms);
        let refreshed = |early: u64| match self.conns[conn].ends_at {
            NEVER => NEVER,
            ends_at => ends_at.saturating_sub(early).max(floor),
        };
        let lead = u64::from(refresh_lead_ms);
        let refresh = (refreshed(lead + u64::from(refresh_jitter_ms)), refreshed(lead));
        let conn = &mut self.conns[conn];
        conn.phase = Phase::Current;
        (conn.opened_at, conn.heard_at, conn.refresh) = (self.now, self.now, refresh);
    }

    /// Whether the current connection has lasted when the next one is first sought; then what failed before it counts no more.
    pub(super) fn has_lasted(&mut self) -> bool {
        assert_eq!(self.next, Next::Off);
        let Some(current) = self.find(Phase::Current) else { return false };
        let has_lasted = self.now - self.conns[current].opened_at >= self.config.stable_ms.into();
        if has_lasted {
            (self.failures, self.has_replaced) = (0, false);
        }
        has_lasted
    }

    pub(super) fn lost(&mut self, how: How) {
        if self.next == Next::Off {
            self.has_lasted();
        }
        self.counters.lost_connections += 1;
        self.find(Phase::Current).into_iter().for_each(|conn| self.end(conn));
        self.had_gap = true;
        if self.now < self.leaving_until && !matches!(how, How::Then(_)) {
            self.stop(DisconnectReason::DisconnectedUser);
        } else if self.next == Next::Off || how.action() == ReconnectAction::End {
            self.follow(how);
        } else if let Next::Stopped(_) = self.next {
            self.drained();
        }
    }

    pub(super) fn not_opened(&mut self, how: How) {
        self.counters.lost_connections += 1;
        self.follow(how);
    }

    pub(super) fn follow(&mut self, how: How) {
        match how.after() {
            ReconnectAction::Retry => self.back_off(),
            ReconnectAction::NewToken if !self.has_replaced => {
                (self.has_replaced, self.was_refused) = (true, true);
                self.next = Next::Wanted;
            }
            _ => self.stop(how.reason()),
        }
    }

    pub(super) fn back_off(&mut self) {
        let Config { backoff_min_ms, backoff_base_ms, backoff_max_ms, .. } = self.config;
        let doublings = self.failures.min(32);
        let longest = (u64::from(backoff_base_ms) << doublings).min(backoff_max_ms.into()).max(backoff_min_ms.into());
        self.failures += 1;
        self.next = Next::Backoff(later(self.now, backoff_min_ms), self.now.saturating_add(longest));
    }

    pub(super) fn stop(&mut self, reason: DisconnectReason) {
        self.find(Phase::Connecting).into_iter().for_each(|conn| self.tell_to_close(conn, 1000));
        self.next = Next::Stopped(reason);
        if self.find(Phase::Current).is_none() {
            self.drained();
        }
    }

    pub(super) fn drained(&mut self) {
        if let Some(conn) = self.find(Phase::Draining) {
            self.tell_to_close(conn, 1000);
            self.overlap_until = later(self.now, self.config.drain_ms);
        }
    }

    pub(super) fn idle_at(&self) -> u64 {
        match (self.find(Phase::Current), self.config.idle_ms) {
            (Some(conn), Some(idle_ms)) => later(self.conns[conn].heard_at, idle_ms),
            _ => NEVER,
        }
    }

    /// Until when the connection in this phase has time.
    pub(super) fn until(&self, phase: Phase) -> u64 {
        self.find(phase).map_or(NEVER, |conn| self.conns[conn].until)
    }

    /// What is due now, but for what chance has a say in.
    pub(super) fn run_timers(&mut self) {
        if let Some(conn) = self.find(Phase::Connecting)
            && is_due(self.conns[conn].until, self.now)
        {
            self.tell_to_close(conn, 3008);
            self.not_opened(How::Broken);
        }
        if let Some(conn) = self.find(Phase::Current)
            && is_due(self.idle_at(), self.now)
        {
            self.closing.push((conn, 3008));
            self.lost(How::Broken);
        }
        let is_waiting = |request: &InFlight| request.outcome.is_none() && !is_due(request.due, self.now);
        if let Some(conn) = self.find(Phase::Draining)
            && is_due(self.conns[conn].until, self.now)
            && !self.requests.iter().any(|request| request.conn == conn && is_waiting(request))
        {
            self.drained();
        }
    }

    /// When the next connection is to be sought: from then until then.
    pub(super) fn sought(&self) -> (u64, u64) {
        match (&self.next, self.find(Phase::Current)) {
            (Next::Backoff(from, to), _) => (*from, *to),
            (Next::Off, Some(conn)) => self.conns[conn].refresh,
            _ => (NEVER, NEVER),
        }
    }

    /// The next connection has begun to be sought, by chance.
    pub(super) fn seeks(&mut self) {
        let (from, _) = self.sought();
        assert!(
            self.next == Next::Wanted || is_due(from, self.now),
            "a token too early: {:?} at {}",
            self.next,
            self.now
        );
        if self.next == Next::Off {
            self.has_lasted();
        }
        self.next = Next::Wanted;
    }

    /// The next attempt is to be made then: chance has said so.
    pub(super) fn attempts_at(&mut self, moment: Option<u64>) {
        match (&mut self.next, moment) {
            (Next::Backoff(from, to), Some(moment)) => {
                assert!((*from..=*to).contains(&moment), "an attempt at {moment}, not from {from} to {to}");
                (*from, *to) = (moment, moment);
            }
            (Next::Backoff(..), None) => panic!("no attempt to come"),
            (_, moment) => assert_eq!(moment, None),
        }
    }

    /// A token is asked for. Whatever the service does, tokens are not asked for more often than this.
    pub(super) fn fetches(&mut self) {
        assert!(!self.is_fetching, "a second token at once");
        self.is_fetching = true;
        let Config { backoff_min_ms, refresh_floor_ms, stable_ms, .. } = self.config;
        let soonest = |before| later(before, backoff_min_ms.min(refresh_floor_ms).min(stable_ms));
        if self.fetched_at.is_some_and(|before| self.now < soonest(before)) {
            assert!(self.was_refused, "a token too soon after another");
            self.replaced += 1;
            let has_lasted =
                |conn: &&Conn| conn.ended_at.unwrap_or(self.now).saturating_sub(conn.opened_at) >= stable_ms.into();
            assert!(self.replaced <= 1 + self.conns.iter().filter(has_lasted).count(), "too many tokens are replaced");
        }
        (self.fetched_at, self.was_refused) = (Some(self.now), false);
    }

    /// It has not, and is to be at `wait`, or something else is to happen then.
    pub(super) fn waits(&mut self, wait: u64) {
        let (from, to) = self.sought();
        assert!(self.next != Next::Wanted || self.is_fetching, "no token is asked for");
        assert!(!is_due(to, self.now), "a token too late: {:?} at {}", self.next, self.now);
        let drained_at = Some(self.until(Phase::Draining)).filter(|until| *until > self.now);
        let others = [self.idle_at(), self.until(Phase::Connecting), drained_at.unwrap_or(NEVER)];
        let known = self.requests.iter().map(|request| request.due).chain(others).min().unwrap_or(NEVER);
        assert!(wait > self.now || wait == NEVER, "to wait until {wait}, and it is {}", self.now);
        assert!(wait <= known.min(to), "to wait until {wait}, and something is due at {known} or {to}");
        assert!(wait == known || wait >= from, "to wait until {wait}, and nothing is due until {known} or {from}");
        if let (Next::Off, Some(conn)) = (&self.next, self.find(Phase::Current))
            && wait < known
        {
            // That is what chance has said.
            self.conns[conn].refresh = (wait, wait);
        }
        self.wait = wait;
    }
}

pub(super) fn conn_id(number: usize) -> ConnectionId {
    ConnectionId::from_number(number.try_into().expect("few"))
}
