//! What users do, and what goes wrong with devices and networks.

use ivs_chat_proto::Content;
use ivs_chat_proto::client::{CloseEvent, ConnectionId, ConnectionState, SendErrorKind};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};

use crate::host::{Asks, Fate, Phase, Request};
use crate::plan::BLOCKED;
use crate::world::{Happening, World, tell};

impl World {
    /// The user does something.
    pub(crate) fn acts(&mut self, number: usize) {
        if self.is_calm {
            return;
        }
        let (least, most) = self.hosts[number].plan.acts_ms.expect("a user who acts");
        let next = if self.dice.one_in(10) {
            self.dice.between(1, 10)
        } else {
            self.dice.between(least, most)
        };
        self.after(next, Happening::Acts(number));
        if let ConnectionState::Disconnected(_) = self.hosts[number].client.state() {
            if self.dice.one_in(4) {
                self.connect(number);
            }
            return;
        }
        match self.dice.between(0, 99) {
            0..50 => {
                let asks = self.message();
                self.send(number, asks, false);
            }
            50..60 => {
                // The event does not say whose request it answers, if both are for the same
                // message.
                let host = &self.hosts[number];
                let id = host.last_message.clone().filter(|_| host.stolen.is_none());
                let id = id.unwrap_or_else(|| format!("a message of {number}"));
                self.send(number, Asks::Delete(id), false);
            }
            60 => {
                let user = self.somebody();
                self.send(number, Asks::Disconnect(user), false);
            }
            61 => self.disconnect(number, false),
            62 => self.disconnect(number, true),
            // It cancels a disconnection that has not happened yet.
            63 if self.hosts[number].is_leaving => self.connect(number),
            64..67 => self.abandon(number),
            67..71 if self.network.breaks => self.breaks(number),
            71..74 if self.network.loses_links => {
                if let Some(route) = self.route_of(number) {
                    self.lose_link(route);
                }
            }
            74..77 => {
                if let Some(most) = self.hosts[number].plan.sleep_ms {
                    let millis = self.dice.between(most / 4, most);
                    self.sleep(number, millis);
                }
            }
            77..80 if self.hosts[number].plan.steps_back => {
                let millis = self.dice.pick(&[1, 900, 20_000, 3_600_000, 86_400_000]);
                tell!(self, "{number}: the clock steps back by {millis} ms");
                self.tally.note("clock: steps back");
                self.hosts[number].clock.step_back(self.now, millis);
            }
            80 if self.hosts[number].plan.is_wild => {
                tell!(self, "{number}: the next reading is wild");
                self.tally.note("clock: wild");
                self.hosts[number].clock.is_wild = true;
                self.hosts[number].clock.troubled_at = Some(self.now);
            }
            81..84 if self.hosts[number].plan.refreshes => {
                self.tally.note("refresh");
                self.refresh(number);
            }
            84..86 if self.service.kicks > 0 && self.dice.one_in(3) => {
                let user = self.somebody();
                let reason =
                    self.dice.pick(&[None, Some("spam"), Some("your session has expired, bye")]);
                self.kick(&user, reason);
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

    /// The user sends a message.
    pub(crate) fn speaks(&mut self, number: usize) {
        let number_of_text = self.broadcasts.len();
        self.broadcasts.push(None);
        let _ =
            self.send(number, Asks::Send(number_of_text, format!("#{number_of_text} hej")), false);
        let next = self.hosts[number].plan.speaks_ms.expect("a user who speaks");
        self.after(next, Happening::Speaks(number));
    }

    /// The next reading of the clock is wild.
    pub(crate) fn goes_wild(&mut self, number: usize) {
        self.hosts[number].clock.is_wild = true;
        let next = self.hosts[number].plan.wild_ms.expect("a clock that goes wild");
        self.after(next, Happening::GoesWild(number));
    }

    /// Makes a message that has not been sent before.
    pub(crate) fn message(&mut self) -> Asks {
        let number = self.broadcasts.len();
        self.broadcasts.push(None);
        let texts = ["hej", "say \"please\"\n", "👋🏽 привет", "more of it", "\u{1}\\", BLOCKED];
        let text = self.dice.pick(&texts);
        let text = if self.dice.one_in(20) { "é".repeat(480) } else { text.to_owned() };
        Asks::Send(number, format!("#{number} {text}"))
    }

    fn somebody(&mut self) -> String {
        let names: Vec<_> = self.hosts.iter().map(|host| host.plan.user.id.as_str()).collect();
        self.dice.pick(&names).to_owned()
    }

    /// Sends a request, if the client takes it, and returns its number.
    pub(crate) fn send(&mut self, number: usize, asks: Asks, is_probe: bool) -> Option<usize> {
        let now = self.now;
        let host = &mut self.hosts[number];
        let data = host.requests.len();
        let stolen = if matches!(asks, Asks::Disconnect(_)) { None } else { host.stolen.take() };
        let mut publish: Publish<'_> = match &asks {
            Asks::Send(_, text) => SendMessage::new(Content::new(text).expect("1 to 500")).into(),
            Asks::Delete(id) => DeleteMessage::new((&**id).into()).into(),
            Asks::Disconnect(id) => DisconnectUser::new((&**id).into()).into(),
        };
        match (&mut publish, stolen.as_deref()) {
            (Publish::SendMessage(send), Some(stolen)) => send.request_id = Some(stolen.into()),
            (Publish::DeleteMessage(delete), Some(stolen)) => {
                delete.request_id = Some(stolen.into());
            }
            _ => {}
        }
        let capability = publish.required_capability();
        let is_permitted =
            !host.plan.knows_capabilities || host.plan.user.capabilities.permits(capability);
        let was_connected = host.client.state() == ConnectionState::Connected;
        let was_told = host.current_socket().is_some_and(|socket| socket.was_told_401);
        let was_leaving = host.is_leaving;
        let reading = host.read(now);
        host.needs_poll = true;
        match host.client.send(reading, publish, data, &mut self.buffer) {
            Ok(sent) => {
                assert!(is_permitted && was_connected && !was_told && !was_leaving);
                let request_id = sent.request_id.to_string();
                let decoded = Publish::decode(sent.payload.as_bytes()).expect("a publish");
                assert_eq!(decoded.request_id().map(|id| id.to_string()), Some(request_id.clone()));
                if stolen.is_some_and(|stolen| stolen == request_id) {
                    self.tally.note("request: with the RequestId of another user");
                }
                let (handle, connection, payload) =
                    (sent.handle, sent.connection, sent.payload.to_owned());
                assert_eq!(host.client.current(), Some(connection));
                assert!(host.request_ids.insert(request_id.clone()), "{request_id} again");
                host.pending.push(data);
                host.requests.push(Request {
                    handle,
                    connection,
                    asks,
                    sent_at: now,
                    fate: Fate::OnItsWay,
                    outcome: None,
                    is_abandoned: false,
                    is_probe,
                });
                assert_eq!(host.client.in_flight_len(), host.pending.len());
                tell!(self, "{number}: sends on {}: {payload}", connection.number());
                self.up(number, connection, Happening::Publish(number, connection, data, payload));
                Some(data)
            }
            Err(error) => {
                assert_eq!(error.data, data);
                self.tally.note(match error.kind {
                    SendErrorKind::NotConnected => {
                        assert!(!was_connected || was_told || !host.is_wanted);
                        if was_told { "not sent: expired" } else { "not sent: not connected" }
                    }
                    SendErrorKind::Disconnecting => {
                        assert!(was_leaving);
                        "not sent: disconnecting"
                    }
                    SendErrorKind::NotPermitted(refused) => {
                        assert!(!is_permitted && refused == capability);
                        "not sent: not permitted"
                    }
                    SendErrorKind::TooLong(_) => "not sent: too long",
                    SendErrorKind::TooManyInFlight => "not sent: too many in flight",
                    SendErrorKind::TooManyRequests { .. } => "not sent: too many in a second",
                    other => panic!("{other}"),
                });
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
        self.tally.note("request: abandoned");
    }

    /// Returns a connection of a host that is open at both ends.
    fn route_of(&mut self, number: usize) -> Option<usize> {
        let is_open = |route: &usize| {
            let route = &self.routes[*route];
            let phase = self.hosts[route.host].sockets[crate::host::place(route.connection)].phase;
            route.host == number && phase == Phase::Open && !route.is_dead() && !route.is_over()
        };
        let open: Vec<_> = (0..self.routes.len()).filter(is_open).collect();
        (!open.is_empty()).then(|| self.dice.pick(&open))
    }

    /// A connection breaks, and the room learns of it later.
    fn breaks(&mut self, number: usize) {
        let Some(route) = self.route_of(number) else { return };
        let connection: ConnectionId = self.routes[route].connection;
        tell!(self, "{number}: {} breaks on the way", connection.number());
        self.tally.note("network: broken");
        self.ended(number, connection, CloseEvent::abnormal(), None);
        let noticed_at = self.dice.between(0, 5_000);
        self.after(noticed_at, Happening::Leaves(route));
    }

    /// The device falls asleep for a while.
    pub(crate) fn sleep(&mut self, number: usize, millis: u64) {
        tell!(self, "{number}: sleeps for {millis} ms");
        self.tally.note("host: sleeps");
        let now = self.now;
        let host = &mut self.hosts[number];
        host.asleep_until = now + millis;
        host.slept_at = Some(now + millis);
        host.clock.sleep(millis);
        self.after(millis, Happening::Wakes(number));
    }

    pub(crate) fn naps(&mut self, number: usize) {
        if self.is_calm {
            return;
        }
        let plan = &self.hosts[number].plan;
        let (naps_ms, most) = (plan.naps_ms.expect("it naps"), plan.sleep_ms.expect("it sleeps"));
        let millis = self.dice.between(most / 2, most);
        self.sleep(number, millis);
        let next = self.dice.between(naps_ms / 2, naps_ms);
        self.after(millis + next, Happening::Naps(number));
    }

    /// The device wakes up. Some hosts poll first, and others read first what has come.
    pub(crate) fn wakes(&mut self, number: usize) {
        tell!(self, "{number}: wakes up");
        if self.hosts[number].plan.refreshes_on_waking {
            self.refresh(number);
        }
        if self.dice.one_in(2) {
            self.drive(number);
        }
    }
}
