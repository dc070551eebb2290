//! The actions of users, and the faults of devices and networks.

use ivs_chat_proto::Content;
use ivs_chat_proto::client::{CloseEvent, ConnectionId, ConnectionState};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};

use crate::host::{Fate, Phase, Request, RequestKind};
use crate::invariants::SendFacts;
use crate::plan::BLOCKED;
use crate::simulation::{Event, Simulation, log};

impl Simulation {
    /// Performs a random action of the user.
    pub(crate) fn user_action(&mut self, number: usize) {
        if self.in_recovery {
            return;
        }
        let (least, most) = self.hosts[number].plan.action_interval_ms.expect("an interval");
        let next = if self.rng.one_in(10) {
            self.rng.between(1, 10)
        } else {
            self.rng.between(least, most)
        };
        self.after(next, Event::UserAction(number));
        if let ConnectionState::Disconnected(_) = self.hosts[number].client.state() {
            if self.rng.one_in(4) {
                self.connect(number);
            }
            return;
        }
        match self.rng.between(0, 99) {
            0..50 => {
                let kind = self.new_message();
                self.send(number, kind, false);
            }
            50..60 => {
                // If two requests name the same message, the event does not tell which it answers.
                let host = &self.hosts[number];
                let id = host.last_message.clone().filter(|_| host.foreign_request_id.is_none());
                let id = id.unwrap_or_else(|| format!("a message of {number}"));
                self.send(number, RequestKind::Delete(id), false);
            }
            60 => {
                let user = self.random_user();
                self.send(number, RequestKind::Disconnect(user), false);
            }
            61 => self.disconnect(number, false),
            62 => self.disconnect(number, true),
            // Cancels a pending disconnection.
            63 if self.hosts[number].is_disconnecting => self.connect(number),
            64..67 => self.abandon(number),
            67..71 if self.network.breaks => self.break_connection(number),
            71..74 if self.network.loses_links => {
                if let Some(route) = self.route_of(number) {
                    self.lose_link(route);
                }
            }
            74..77 => {
                if let Some(most) = self.hosts[number].plan.sleep_ms {
                    let millis = self.rng.between(most / 4, most);
                    self.sleep(number, millis);
                }
            }
            77..80 if self.hosts[number].plan.steps_back => {
                let millis = self.rng.pick(&[1, 900, 20_000, 3_600_000, 86_400_000]);
                log!(self, "{number}: the clock steps back by {millis} ms");
                self.coverage.note("clock: steps back");
                self.hosts[number].clock.step_back(self.now, millis);
            }
            80 if self.hosts[number].plan.has_outliers => {
                log!(self, "{number}: the next reading is an outlier");
                self.coverage.note("clock: outlier");
                self.hosts[number].clock.is_outlier_next = true;
                self.hosts[number].clock.disturbed_at = Some(self.now);
            }
            81..84 if self.hosts[number].plan.refreshes => {
                self.coverage.note("refresh");
                self.refresh(number);
            }
            84..86 if self.service.user_disconnections > 0 && self.rng.one_in(3) => {
                let user = self.random_user();
                let reason =
                    self.rng.pick(&[None, Some("spam"), Some("your session has expired, bye")]);
                self.disconnect_user(&user, reason);
            }
            86 => {
                self.deleted.insert("a message".to_owned());
                self.room.delete_message(
                    ivs_chat_proto::Instant::from_millis(self.now),
                    "a message",
                    None,
                );
            }
            _ => {}
        }
    }

    /// Sends a regular message of the user.
    pub(crate) fn user_message(&mut self, number: usize) {
        let number_of_text = self.broadcasts.len();
        self.broadcasts.push(None);
        let _ = self.send(
            number,
            RequestKind::Send(number_of_text, format!("#{number_of_text} hej")),
            false,
        );
        let next = self.hosts[number].plan.message_interval_ms.expect("an interval");
        self.after(next, Event::UserMessage(number));
    }

    /// Makes the next reading of the clock an outlier.
    pub(crate) fn outlier_reading(&mut self, number: usize) {
        self.hosts[number].clock.is_outlier_next = true;
        let next = self.hosts[number].plan.outlier_interval_ms.expect("an interval");
        self.after(next, Event::OutlierReading(number));
    }

    /// Returns a new message.
    pub(crate) fn new_message(&mut self) -> RequestKind {
        let number = self.broadcasts.len();
        self.broadcasts.push(None);
        let texts = ["hej", "say \"please\"\n", "👋🏽 привет", "more of it", "\u{1}\\", BLOCKED];
        let text = self.rng.pick(&texts);
        let text = if self.rng.one_in(20) { "é".repeat(480) } else { text.to_owned() };
        RequestKind::Send(number, format!("#{number} {text}"))
    }

    fn random_user(&mut self) -> String {
        let names: Vec<_> = self.hosts.iter().map(|host| host.plan.user.id.as_str()).collect();
        self.rng.pick(&names).to_owned()
    }

    /// Sends a request. Returns its number if the client accepts it.
    pub(crate) fn send(
        &mut self,
        number: usize,
        kind: RequestKind,
        is_probe: bool,
    ) -> Option<usize> {
        let now = self.now;
        let host = &mut self.hosts[number];
        let data = host.requests.len();
        let foreign_request_id = if matches!(kind, RequestKind::Disconnect(_)) {
            None
        } else {
            host.foreign_request_id.take()
        };
        let mut publish: Publish<'_> = match &kind {
            RequestKind::Send(_, text) => {
                SendMessage::new(Content::new(text).expect("1 to 500 code points")).into()
            }
            RequestKind::Delete(id) => DeleteMessage::new(&**id).into(),
            RequestKind::Disconnect(id) => DisconnectUser::new(&**id).into(),
        };
        match (&mut publish, foreign_request_id.as_deref()) {
            (Publish::SendMessage(send), Some(foreign_request_id)) => {
                send.request_id = Some(foreign_request_id.into());
            }
            (Publish::DeleteMessage(delete), Some(foreign_request_id)) => {
                delete.request_id = Some(foreign_request_id.into());
            }
            _ => {}
        }
        let capability = publish.required_capability();
        let is_permitted =
            !host.plan.knows_capabilities || host.plan.user.capabilities.permits(capability);
        let facts = SendFacts {
            capability,
            is_permitted,
            was_connected: host.client.state() == ConnectionState::Connected,
            received_401: host.current_socket().is_some_and(|socket| socket.received_401),
            was_disconnecting: host.is_disconnecting,
            is_wanted: host.is_wanted,
        };
        let reading = host.read(now);
        host.needs_poll = true;
        match host.client.send(reading, publish, data, &mut self.buffer) {
            Ok(sent) => {
                facts.check_accepted();
                let request_id = sent.request_id.to_string();
                let decoded = Publish::decode(sent.payload.as_bytes()).expect("a publish");
                assert_eq!(decoded.request_id().map(|id| id.to_string()), Some(request_id.clone()));
                if foreign_request_id
                    .is_some_and(|foreign_request_id| foreign_request_id == request_id)
                {
                    self.coverage.note("request: with the RequestId of another user");
                }
                let (handle, connection, payload) =
                    (sent.handle, sent.connection, sent.payload.to_owned());
                assert_eq!(host.client.current(), Some(connection));
                assert!(host.request_ids.insert(request_id.clone()), "{request_id} is reused");
                host.pending.push(data);
                host.requests.push(Request {
                    handle,
                    connection,
                    kind,
                    sent_at: now,
                    fate: Fate::Pending,
                    outcome: None,
                    is_abandoned: false,
                    is_probe,
                });
                assert_eq!(host.client.in_flight_len(), host.pending.len());
                log!(self, "{number}: sends on {}: {payload}", connection.number());
                self.up(number, connection, Event::Publish(number, connection, data, payload));
                Some(data)
            }
            Err(error) => {
                assert_eq!(error.data, data);
                self.coverage.note(facts.check_refused(error.kind));
                None
            }
        }
    }

    fn abandon(&mut self, number: usize) {
        let host = &mut self.hosts[number];
        let Some(request) = host.pending.pop() else { return };
        let asked = &mut host.requests[request];
        assert_eq!(host.client.abandon(asked.handle), Some(request));
        asked.is_abandoned = true;
        host.needs_poll = true;
        self.coverage.note("request: abandoned");
    }

    /// Returns a random connection of a host that is open at both ends.
    fn route_of(&mut self, number: usize) -> Option<usize> {
        let is_open = |route: &usize| {
            let route = &self.routes[*route];
            let phase = self.hosts[route.host].sockets[crate::host::place(route.connection)].phase;
            route.host == number && phase == Phase::Open && !route.is_dead() && !route.is_closed()
        };
        let open: Vec<_> = (0..self.routes.len()).filter(is_open).collect();
        (!open.is_empty()).then(|| self.rng.pick(&open))
    }

    /// Breaks a connection. The room learns of it later.
    fn break_connection(&mut self, number: usize) {
        let Some(route) = self.route_of(number) else { return };
        let connection: ConnectionId = self.routes[route].connection;
        log!(self, "{number}: {} breaks on the way", connection.number());
        self.coverage.note("network: broken");
        self.ended(number, connection, CloseEvent::abnormal(), None);
        let noticed_at = self.rng.between(0, 5_000);
        self.after(noticed_at, Event::ConnectionGone(route));
    }

    /// Puts the device to sleep.
    pub(crate) fn sleep(&mut self, number: usize, millis: u64) {
        log!(self, "{number}: sleeps for {millis} ms");
        self.coverage.note("host: sleeps");
        let now = self.now;
        let host = &mut self.hosts[number];
        host.asleep_until = now + millis;
        host.slept_at = Some(now + millis);
        host.clock.sleep(millis);
        self.after(millis, Event::WakeUp(number));
    }

    pub(crate) fn fall_asleep(&mut self, number: usize) {
        if self.in_recovery {
            return;
        }
        let plan = &self.hosts[number].plan;
        let (sleep_interval_ms, most) =
            (plan.sleep_interval_ms.expect("an interval"), plan.sleep_ms.expect("a maximum"));
        let millis = self.rng.between(most / 2, most);
        self.sleep(number, millis);
        let next = self.rng.between(sleep_interval_ms / 2, sleep_interval_ms);
        self.after(millis + next, Event::FallAsleep(number));
    }

    /// Wakes up the device. The host may poll before it reads its sockets, or after.
    pub(crate) fn wake_up(&mut self, number: usize) {
        log!(self, "{number}: wakes up");
        if self.hosts[number].plan.refreshes_on_waking {
            self.refresh(number);
        }
        if self.rng.one_in(2) {
            self.drive(number);
        }
    }
}
