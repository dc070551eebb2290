use alloc::collections::BTreeMap;

use super::delivery::Delivery;
use crate::client::ConnectionId;
use crate::instant::Instant;

/// A direction of the link between a client and the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// From the room to the client: deliveries and pongs.
    ToClient,
    /// From the client to the room: publishes and pings.
    FromClient,
    /// Both directions.
    Both,
}

/// The links to the clients, and what is on its way on them.
#[derive(Debug)]
pub(super) struct Links {
    by_connection: BTreeMap<ConnectionId, Link>,
    /// By the time at which they are due, and then in order.
    deliveries: BTreeMap<(Instant, u64), (ConnectionId, Delivery)>,
    pushed: u64,
}

#[derive(Debug)]
struct Link {
    /// When the last delivery is due. Nothing but late duplicates may overtake it.
    last_at: Instant,
    carries_to_client: bool,
    carries_from_client: bool,
}

impl Links {
    pub(super) const fn new() -> Self {
        Self { by_connection: BTreeMap::new(), deliveries: BTreeMap::new(), pushed: 0 }
    }

    pub(super) fn open(&mut self, now: Instant, conn: ConnectionId) {
        self.by_connection.insert(
            conn,
            Link { last_at: now, carries_to_client: true, carries_from_client: true },
        );
    }

    /// Whether what the client sends reaches the room.
    pub(super) fn carries_from_client(&self, conn: ConnectionId) -> bool {
        self.by_connection.get(&conn).is_some_and(|link| link.carries_from_client)
    }

    /// Whether what the room sends reaches the client.
    pub(super) fn carries_to_client(&self, conn: ConnectionId) -> bool {
        self.by_connection.get(&conn).is_some_and(|link| link.carries_to_client)
    }

    /// Delivers nothing more on the link before `at`.
    pub(super) fn hold(&mut self, conn: ConnectionId, at: Instant) {
        if let Some(link) = self.by_connection.get_mut(&conn) {
            link.last_at = link.last_at.max(at);
        }
    }

    /// Sends something, after all that has been sent before.
    pub(super) fn push(&mut self, now: Instant, conn: ConnectionId, delivery: Delivery) {
        let Some(link) = self.by_connection.get_mut(&conn) else { return };
        link.last_at = link.last_at.max(now);
        let (at, is_lost) = (link.last_at, !link.carries_to_client);
        if !is_lost {
            self.insert(at, conn, delivery);
        }
    }

    /// Sends something that is due `delay_ms` after all that has been sent before, but does not
    /// hold up what is sent next.
    pub(super) fn push_later(
        &mut self,
        now: Instant,
        conn: ConnectionId,
        delay_ms: u64,
        delivery: Delivery,
    ) {
        let Some(link) = self.by_connection.get(&conn).filter(|link| link.carries_to_client) else {
            return;
        };
        self.insert(link.last_at.max(now).after(delay_ms), conn, delivery);
    }

    fn insert(&mut self, at: Instant, conn: ConnectionId, delivery: Delivery) {
        self.deliveries.insert((at, self.pushed), (conn, delivery));
        self.pushed = self.pushed.wrapping_add(1);
    }

    /// Sends the last delivery of a link.
    pub(super) fn end(&mut self, now: Instant, conn: ConnectionId, last: Delivery) {
        self.push(now, conn, last);
        if let Some(link) = self.by_connection.remove(&conn) {
            // Duplicates that would come after the end do not come.
            self.deliveries.retain(|(at, _), (to, _)| *to != conn || *at <= link.last_at);
        }
    }

    /// Forgets a link, with all that is on its way to the client.
    pub(super) fn close(&mut self, conn: ConnectionId) {
        self.by_connection.remove(&conn);
        self.deliveries.retain(|_, (to, _)| *to != conn);
    }

    /// Lets a direction of a link die. What is on its way to the client is lost, too.
    pub(super) fn lose(&mut self, conn: ConnectionId, direction: Direction) {
        let Some(link) = self.by_connection.get_mut(&conn) else { return };
        link.carries_to_client &= direction == Direction::FromClient;
        link.carries_from_client &= direction == Direction::ToClient;
        if !link.carries_to_client {
            self.deliveries.retain(|_, (to, _)| *to != conn);
        }
    }

    /// Returns the next delivery that is due.
    pub(super) fn next(&mut self, now: Instant) -> Option<(ConnectionId, Delivery)> {
        let next = self.deliveries.first_entry().filter(|next| next.key().0 <= now)?;
        Some(next.remove())
    }

    /// Returns the time at which the next delivery is due.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.deliveries.first_key_value().map(|((at, _), _)| *at)
    }
}
