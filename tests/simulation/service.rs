//! The service: the room, and the state of each connection at its end.

use std::collections::{BTreeMap, VecDeque};

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{ConnectionId, Outcome};
use ivs_chat_proto::mock::{AfterExpiry, Direction, Faults, Probability};
use ivs_chat_proto::publish::Publish;

use crate::host::{Arrival, Fate, Phase, RequestKind, place};
use crate::plan::{self, BLOCKED};
use crate::simulation::{Event, Simulation, log};

/// The service's end of a connection.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) host: usize,
    pub(crate) connection: ConnectionId,
    pub(crate) expires_at: u64,
    pub(crate) stage: Stage,
    pub(crate) carries_to_client: bool,
    pub(crate) carries_from_client: bool,
    /// The pings that will be answered.
    pub(crate) pings: VecDeque<[u8; 4]>,
}

/// The extent to which the service serves a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Served,
    /// It answers pings, and answers publishes with an error 401.
    Errors,
    /// It only answers pings.
    Pongs,
    Closed,
}

impl Route {
    pub(crate) const fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    pub(crate) const fn is_unserved(&self) -> bool {
        matches!(self.stage, Stage::Errors | Stage::Pongs)
    }

    pub(crate) const fn is_dead(&self) -> bool {
        !self.carries_to_client || !self.carries_from_client
    }
}

impl Simulation {
    const fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// Returns the faults of the room, with the next session end and disconnection.
    const fn faults(&self) -> Faults {
        let mut faults = if self.in_recovery { Faults::none() } else { self.plan.room.faults };
        faults.session_end = self.session_end;
        faults.disconnection = self.disconnection;
        faults
    }

    /// Chooses the way in which the next session ends.
    pub(crate) fn set_session_end(&mut self) {
        if self.service.has_random_end && !self.in_recovery {
            self.session_end = plan::session_end(&mut self.rng);
        }
        self.room.set_faults(self.faults());
    }

    fn session_ended(&mut self, route: usize, then: AfterExpiry) {
        self.routes[route].stage = match then {
            AfterExpiry::StayOpen => Stage::Errors,
            AfterExpiry::Silence => Stage::Pongs,
            _ => Stage::Closed,
        };
        log!(self, "    the session of route {route} ends: {:?}", self.session_end);
        self.coverage.note(match (then, self.session_end.has_error) {
            (AfterExpiry::StayOpen, _) => "session ended: stays open",
            (AfterExpiry::Silence, true) => "session ended: 401, then silence",
            (AfterExpiry::Silence, false) => "session ended: silence",
            (AfterExpiry::Abort, true) => "session ended: 401, then abort",
            (AfterExpiry::Abort, false) => "session ended: abort",
            (_, true) => "session ended: 401, then close",
            (_, false) => "session ended: close",
        });
    }

    /// Records the expired sessions, which the room ends at its next call.
    ///
    /// Returns `true` if there are any.
    pub(crate) fn expire(&mut self) -> bool {
        let mut has_expired = false;
        let mut place = 0;
        while let Some(route) = self.live.get(place).copied() {
            let Route { stage, expires_at, .. } = self.routes[route];
            if stage == Stage::Served && expires_at <= self.now {
                self.session_ended(route, self.session_end.then);
                has_expired = true;
            }
            if self.routes[route].is_closed() {
                self.live.swap_remove(place);
            } else {
                place += 1;
            }
        }
        has_expired
    }

    pub(crate) fn handshake(&mut self, number: usize, connection: ConnectionId, token: &str) {
        let before = self.room.connections();
        match self.room.connect(self.instant(), token) {
            Ok(conn) => {
                let is_broken = self.room.connections() == before;
                if is_broken {
                    self.coverage.note("fault: accept_then_drop");
                }
                let route = self.routes.len();
                assert_eq!(place(conn), route);
                let expires_at = self.now + u64::from(self.hosts[number].plan.user.session_ms);
                self.live.push(route);
                self.routes.push(Route {
                    host: number,
                    connection,
                    expires_at,
                    stage: if is_broken { Stage::Closed } else { Stage::Served },
                    carries_to_client: true,
                    carries_from_client: true,
                    pings: VecDeque::new(),
                });
                let socket = &mut self.hosts[number].sockets[place(connection)];
                socket.route = Some(route);
                if socket.phase == Phase::Closed {
                    // The client has abandoned the attempt in the meantime.
                    self.after(1_000, Event::ConnectionGone(route));
                }
                self.down(number, connection, vec![Arrival::Open]);
            }
            Err(error) => {
                self.coverage.note(match error.status() {
                    401 => "fault: refuse_401",
                    403 => "fault: refuse_403",
                    404 => "fault: refuse_404",
                    429 => "fault: refuse_429",
                    503 => "fault: refuse_503",
                    other => panic!("{other}"),
                });
                let (status, retry_after_s) = (error.status(), error.retry_after_s());
                self.down(number, connection, vec![Arrival::Refused { status, retry_after_s }]);
            }
        }
    }

    /// Processes the arrival of a request at the gateway.
    pub(crate) fn publish(
        &mut self,
        number: usize,
        connection: ConnectionId,
        request: usize,
        payload: String,
    ) {
        let lag =
            if self.in_recovery { 0 } else { self.rng.between(0, self.service.backend_lag_ms) };
        let socket = &mut self.hosts[number].sockets[place(connection)];
        let handled_at = socket.backend_at.max(self.now + lag);
        socket.backend_at = handled_at;
        if handled_at == self.now {
            return self.backend_publish(number, connection, request, &payload, self.now);
        }
        self.coverage.note("service: publish forwarded late");
        let arrived_at = self.now;
        self.at(
            handled_at,
            Event::BackendPublish(number, connection, request, payload, arrived_at),
        );
    }

    /// Processes a request at the backend, and records its fate.
    pub(crate) fn backend_publish(
        &mut self,
        number: usize,
        connection: ConnectionId,
        request: usize,
        payload: &str,
        arrived_at: u64,
    ) {
        let socket = &self.hosts[number].sockets[place(connection)];
        let Some(route) = socket.route.filter(|route| !self.routes[*route].is_closed()) else {
            self.hosts[number].requests[request].fate = Fate::ConnectionClosed;
            return;
        };
        if self.network.loses_links && !self.in_recovery && self.rng.one_in(100) {
            self.lose_link(route);
        }
        let mut faults = self.faults();
        if !self.in_recovery && self.routes[route].stage == Stage::Served {
            let mut always = |times| {
                if self.rng.one_in(times) { Probability::ALWAYS } else { Probability::NEVER }
            };
            faults.end_session = always(self.service.ends_early);
            faults.restart = always(self.service.restarts);
            let often = u64::from(faults.drop_after_accept.in_256());
            let is_dropped = self.rng.between(0, 255) < often;
            faults.drop_after_accept =
                if is_dropped { Probability::ALWAYS } else { Probability::NEVER };
        }
        self.room.set_faults(faults);
        let before = self.room.connections();
        let conn = ConnectionId::from_number(u64::try_from(route).expect("few"));
        let verdict =
            self.room.handle_message(Instant::from_millis(self.now), conn, payload.as_bytes());
        let after = self.room.connections();
        let fate = match &verdict {
            Some(Ok(_)) => Fate::Accepted,
            Some(Err(_)) => Fate::Rejected { held_ms: self.now - arrived_at },
            None if !self.routes[route].carries_from_client => {
                Fate::LinkDead { was_held: arrived_at < self.now }
            }
            None if after < before => {
                self.coverage.note("fault: drop");
                self.routes[route].stage = Stage::Closed;
                Fate::ConnectionClosed
            }
            None => {
                assert_eq!(self.routes[route].stage, Stage::Pongs);
                Fate::Unserved
            }
        };
        if let Some(Err(rejection)) = &verdict {
            if rejection.error.error_code == ivs_chat_proto::ErrorCode::new(499) {
                self.coverage.note("fault: unknown_code");
            }
        }
        let is_handled = verdict.is_some() && self.routes[route].stage == Stage::Served;
        if self.plan.room.record_accepted {
            assert_eq!(self.room.accepted().len() > self.accepted, fate == Fate::Accepted);
        }
        let kind = self.hosts[number].requests[request].kind.clone();
        log!(self, "{number}: {kind} on {}: {fate:?}", connection.number());
        let asked = &mut self.hosts[number].requests[request];
        assert_eq!(asked.fate, Fate::Pending);
        if asked.is_abandoned {
            self.coverage.note("request: arrives after it was abandoned");
        }
        asked.fate = fate;
        let asked = &self.hosts[number].requests[request];
        let request_came_through =
            asked.is_probe && matches!(fate, Fate::Accepted | Fate::Rejected { .. });
        let is_rejected = matches!(asked.outcome, Some((Outcome::Rejected(_), _)));
        assert!(
            fate != Fate::Accepted || !is_rejected,
            "{number}: rejected, but accepted: {asked:?}"
        );
        self.hosts[number].request_came_through |= request_came_through;
        if fate == Fate::Accepted {
            self.accepted += 1;
            if faults.drop_after_accept == Probability::ALWAYS {
                self.coverage.note("fault: drop_after_accept");
                self.routes[route].stage = Stage::Closed;
            }
            let permitted = self.hosts[number].plan.user.capabilities;
            let publish = Publish::decode(payload.as_bytes()).expect("a publish");
            assert!(permitted.permits(publish.required_capability()));
            self.accept(&kind);
        }
        if is_handled {
            if faults.end_session == Probability::ALWAYS
                && self.routes[route].stage == Stage::Served
            {
                self.coverage.note("fault: end_session");
                self.session_ended(route, self.session_end.then);
            }
            if faults.restart == Probability::ALWAYS {
                self.coverage.note("fault: restart");
                log!(self, "    the service restarts");
                assert_eq!(after, 0);
                self.routes.iter_mut().for_each(|route| route.stage = Stage::Closed);
            }
        }
        let known = self.live.iter().filter(|route| !self.routes[**route].is_closed()).count();
        assert_eq!(known, after, "the open connections of the room");
        self.set_session_end();
    }

    fn accept(&mut self, kind: &RequestKind) {
        match kind {
            RequestKind::Send(broadcast, text) => {
                assert!(!text.contains(BLOCKED));
                assert!(text.chars().count() <= usize::from(self.plan.room.max_code_points));
                self.record(*broadcast);
            }
            RequestKind::Delete(id) => {
                self.deleted.insert(id.clone());
            }
            RequestKind::Disconnect(user) => self.end_user(user),
        }
    }

    /// Records that the room accepted a broadcast, and to which clients it is due.
    pub(crate) fn record(&mut self, broadcast: usize) {
        assert_eq!(
            self.broadcasts[broadcast].replace(self.now),
            None,
            "broadcast {broadcast} accepted twice"
        );
        for (number, host) in self.hosts.iter_mut().enumerate() {
            let is_open = |route: &&Route| {
                route.host == number && host.sockets[place(route.connection)].phase == Phase::Open
            };
            let open = || self.live.iter().map(|route| &self.routes[*route]).filter(is_open);
            let seems_served =
                |route: &Route| route.is_unserved() && !(route.is_dead() && host.can_ping());
            let is_answered = open().any(seems_served);
            let was_dead = open().any(|route| !route.carries_to_client);
            let route = host.current_socket().and_then(|socket| socket.route);
            let is_due = host.is_connected();
            let entry = host.accounting.entry(broadcast);
            entry.is_due = is_due;
            entry.route = route.map(|route| u32::try_from(route).expect("few"));
            entry.is_unserved = is_answered;
            entry.was_dead = was_dead;
        }
    }

    /// Records that all connections of a user end.
    fn end_user(&mut self, user: &str) {
        self.disconnected.insert(user.to_owned());
        for route in &mut self.routes {
            if route.stage == Stage::Served && self.hosts[route.host].plan.user.id == user {
                route.stage = match self.disconnection.close_code {
                    Some(_) => Stage::Closed,
                    None => Stage::Pongs,
                };
            }
        }
    }

    /// Disconnects a user on behalf of the application's server.
    pub(crate) fn disconnect_user(&mut self, user: &str, reason: Option<&str>) {
        if self.service.has_random_end {
            self.disconnection = plan::disconnection(&mut self.rng);
            self.room.set_faults(self.faults());
        }
        log!(self, "    {user} is disconnected: {:?}", self.disconnection);
        self.coverage.note(match (self.disconnection.has_event, self.disconnection.close_code) {
            (true, Some(_)) => "user disconnected: event, then close",
            (false, Some(_)) => "user disconnected: close",
            (true, None) => "user disconnected: event",
            (false, None) => "user disconnected: silence",
        });
        self.room.disconnect_user(self.instant(), user, reason);
        self.end_user(user);
    }

    pub(crate) fn ping(&mut self, number: usize, connection: ConnectionId, payload: [u8; 4]) {
        let Some(route) = self.hosts[number].sockets[place(connection)].route else { return };
        let conn = ConnectionId::from_number(u64::try_from(route).expect("few"));
        if self.room.handle_ping(self.instant(), conn) {
            self.routes[route].pings.push_back(payload);
        } else if !self.routes[route].is_closed() && !self.routes[route].is_dead() {
            self.coverage.note("fault: lose_pong");
        }
    }

    /// Tells the service that a connection is gone.
    pub(crate) fn connection_gone(&mut self, route: usize) {
        let conn = ConnectionId::from_number(u64::try_from(route).expect("few"));
        self.room.handle_close(self.instant(), conn);
        self.routes[route].stage = Stage::Closed;
    }

    /// Kills a link without a close, in one direction or both.
    pub(crate) fn lose_link(&mut self, route: usize) {
        let direction = self.rng.pick(&[
            Direction::ToClient,
            Direction::FromClient,
            Direction::Both,
            Direction::Both,
        ]);
        self.coverage.note(match direction {
            Direction::ToClient => "network: link to the client dies",
            Direction::FromClient => "network: link from the client dies",
            _ => "network: link dies",
        });
        let conn = ConnectionId::from_number(u64::try_from(route).expect("few"));
        self.room.lose_link(self.instant(), conn, direction);
        let it = &mut self.routes[route];
        log!(self, "{}: the link of {} dies: {direction:?}", it.host, it.connection.number());
        it.carries_to_client &= direction == Direction::FromClient;
        it.carries_from_client &= direction == Direction::ToClient;
        let (host, connection) = (it.host, it.connection);
        let config = *self.hosts[host].client.config();
        if config.can_ping() && self.hosts[host].client.current() == Some(connection) {
            let (interval, timeout) =
                (u64::from(config.ping_interval_ms), u64::from(config.ping_timeout_ms));
            // A throttled timer is late each time, which extends each ping timeout.
            let lateness = match self.hosts[host].plan.throttle_ms {
                0 => 0,
                throttle => 6 * throttle,
            };
            let bound = interval + 2 * timeout + lateness + self.network.max_latency_ms;
            self.after(bound, Event::DeadLinkDeadline(host, connection, self.now));
        }
    }

    /// Sends an application event, and schedules the next.
    pub(crate) fn application_event(&mut self) {
        if let Some((least, most)) = self.plan.events_ms.filter(|_| !self.in_recovery) {
            let next = self.rng.between(least, most);
            self.after(next, Event::Application);
        }
        self.send_event();
    }

    pub(crate) fn send_event(&mut self) {
        let number = self.broadcasts.len();
        self.broadcasts.push(None);
        let attributes = BTreeMap::from([("n".to_owned(), number.to_string())]);
        self.room.send_event(self.instant(), "quiz", &attributes);
        self.record(number);
    }
}
