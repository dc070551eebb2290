use alloc::collections::BTreeMap;

use super::delivery::Delivery;
use crate::client::ConnectionId;
use crate::instant::Instant;

/// A direction of the link between a client and the room.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::mock::{Config, Direction, Room, User};
///
/// let now = Instant::from_millis(0);
/// let mut room = Room::new(Config::new(), [0; 16]);
/// let conn = room.admit(now, User::new("astrid"))?;
/// // The room receives publishes, but the client no longer receives answers.
/// room.lose_link(now, conn, Direction::ToClient);
/// # Ok::<(), ivs_chat_proto::mock::ConnectError>(())
/// ```
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

/// The links to the clients, with the deliveries in transit.
#[derive(Debug)]
pub(super) struct Links {
    by_connection: BTreeMap<ConnectionId, Link>,
    /// Ordered by due time, then by the order of sending.
    deliveries: BTreeMap<(Instant, u64), (ConnectionId, Delivery)>,
    push_count: u64,
}

#[derive(Debug)]
struct Link {
    /// The due time of the last delivery. Later deliveries other than late duplicates are due no
    /// earlier.
    last_at: Instant,
    carries_to_client: bool,
    carries_from_client: bool,
}

impl Links {
    pub(super) const fn new() -> Self {
        Self { by_connection: BTreeMap::new(), deliveries: BTreeMap::new(), push_count: 0 }
    }

    pub(super) fn open(&mut self, now: Instant, conn: ConnectionId) {
        self.by_connection.insert(
            conn,
            Link { last_at: now, carries_to_client: true, carries_from_client: true },
        );
    }

    /// Returns `true` if the room receives what the client sends.
    pub(super) fn carries_from_client(&self, conn: ConnectionId) -> bool {
        self.by_connection.get(&conn).is_some_and(|link| link.carries_from_client)
    }

    /// Returns `true` if the client receives what the room sends.
    pub(super) fn carries_to_client(&self, conn: ConnectionId) -> bool {
        self.by_connection.get(&conn).is_some_and(|link| link.carries_to_client)
    }

    /// Delays all further deliveries on the link until `at`.
    pub(super) fn hold(&mut self, conn: ConnectionId, at: Instant) {
        if let Some(link) = self.by_connection.get_mut(&conn) {
            link.last_at = link.last_at.max(at);
        }
    }

    /// Sends a delivery after all earlier ones.
    pub(super) fn push(&mut self, now: Instant, conn: ConnectionId, delivery: Delivery) {
        let Some(link) = self.by_connection.get_mut(&conn) else { return };
        link.last_at = link.last_at.max(now);
        let (at, is_lost) = (link.last_at, !link.carries_to_client);
        if !is_lost {
            self.insert(at, conn, delivery);
        }
    }

    /// Sends a delivery that is due `delay_ms` after all earlier ones, without delaying later ones.
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
        self.deliveries.insert((at, self.push_count), (conn, delivery));
        self.push_count = self.push_count.wrapping_add(1);
    }

    /// Sends the last delivery of a link and removes the link.
    pub(super) fn end(&mut self, now: Instant, conn: ConnectionId, last: Delivery) {
        self.push(now, conn, last);
        if let Some(link) = self.by_connection.remove(&conn) {
            // Drops late duplicates that are due after the end.
            self.deliveries.retain(|(at, _), (to, _)| *to != conn || *at <= link.last_at);
        }
    }

    /// Removes a link with all its deliveries.
    pub(super) fn close(&mut self, conn: ConnectionId) {
        self.by_connection.remove(&conn);
        self.deliveries.retain(|_, (to, _)| *to != conn);
    }

    /// Breaks a direction of a link. If it is the direction to the client, pending deliveries are
    /// lost.
    pub(super) fn lose(&mut self, conn: ConnectionId, direction: Direction) {
        let Some(link) = self.by_connection.get_mut(&conn) else { return };
        link.carries_to_client &= direction == Direction::FromClient;
        link.carries_from_client &= direction == Direction::ToClient;
        if !link.carries_to_client {
            self.deliveries.retain(|_, (to, _)| *to != conn);
        }
    }

    /// Removes and returns the next delivery that is due.
    pub(super) fn next(&mut self, now: Instant) -> Option<(ConnectionId, Delivery)> {
        let next = self.deliveries.first_entry().filter(|next| next.key().0 <= now)?;
        Some(next.remove())
    }

    /// Returns the due time of the next delivery.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.deliveries.first_key_value().map(|((at, _), _)| *at)
    }
}
