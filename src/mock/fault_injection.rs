//! The injection of faults: which faults occur, and their effects on the room.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;

use super::config::User;
use super::connect_error::ConnectError;
use super::delivery::Delivery;
use super::disconnection::Disconnection;
use super::faults::Faults;
use super::links::{Direction, Links};
use super::probability::Probability;
use super::rng::Rng;
use super::room::Room;
use super::session_end::{ExpiryReason, SessionEnd};
use super::spelling;
use crate::client::ConnectionId;
use crate::instant::Instant;
use crate::publish::{DisconnectUser, Publish};
use crate::server::Rejection;
use crate::subscribe::ServiceError;
use crate::value::{ErrorCode, Text};

/// An `ErrorCode` that the reference does not list.
const UNKNOWN_CODE: ErrorCode = ErrorCode::new(499);

const UNKNOWN_TYPE: &[u8] = br#"{"Type":"POLL","Id":"UNKNOWN00000","RequestId":""}"#;

/// The length of the message of [`Faults::oversize`], in bytes.
const OVERSIZE_LEN: usize = 40_000;

/// The number of publishes that [`Faults::burst_429`] rejects.
const BURST_LEN: u8 = 10;

/// The faults of a room and the random generator that decides when they occur.
#[derive(Debug)]
pub(super) struct FaultInjector {
    faults: Faults,
    rng: Rng,
    /// The number of further publishes that the current burst rejects with 429.
    burst_left: u8,
}

type Respell = fn(&str, &mut Rng) -> String;

impl FaultInjector {
    pub(super) fn new(faults: Faults, seed: [u8; 16]) -> Self {
        // A generator of its own, so that faults do not change the identifiers in the room.
        let seed = seed.map(|byte| !byte);
        Self { faults, rng: Rng::new(seed), burst_left: 0 }
    }

    pub(super) const fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    pub(super) fn check_handshake(&mut self) -> Result<(), ConnectError> {
        let faults = self.faults;
        for (probability, status) in [
            (faults.refuse_401, 401),
            (faults.refuse_403, 403),
            (faults.refuse_404, 404),
            (faults.refuse_429, 429),
            (faults.refuse_503, 503),
        ] {
            if self.rng.roll(probability) {
                let retry_after_s = faults.retry_after_s.filter(|_| matches!(status, 429 | 503));
                return Err(ConnectError::Refused { status, retry_after_s });
            }
        }
        Ok(())
    }

    /// Returns `true` if the next ping remains unanswered.
    pub(super) fn loses_pong(&mut self) -> bool {
        self.roll(|faults| faults.lose_pong)
    }

    /// Applies faults to the error that rejects a publish.
    pub(super) fn alter_error(&mut self, error: &mut ServiceError<'_>) {
        if self.roll(|faults| faults.error_without_request_id) {
            error.request_id = None;
        }
    }

    /// Returns `true` if the fault occurs.
    fn roll(&mut self, fault: impl Fn(&Faults) -> Probability) -> bool {
        self.rng.roll(fault(&self.faults))
    }

    /// Applies faults to the link of the client that sent a publish.
    fn disturb_link(&mut self, links: &mut Links, now: Instant, conn: ConnectionId) {
        let faults = self.faults;
        if self.rng.roll(faults.stall) {
            let at = now.after(self.delay_ms(faults.max_stall_ms));
            links.hold(conn, at);
        }
        for (probability, direction) in [
            (faults.lose_link_to_client, Direction::ToClient),
            (faults.lose_link_from_client, Direction::FromClient),
            (faults.lose_link, Direction::Both),
        ] {
            if self.rng.roll(probability) {
                links.lose(conn, direction);
            }
        }
    }

    pub(super) fn check_publish<'m>(
        &mut self,
        now: Instant,
        publish: &Publish<'m>,
    ) -> Result<(), Rejection<'m>> {
        if self.burst_left == 0 && self.rng.roll(self.faults.burst_429) {
            self.burst_left = BURST_LEN;
        }
        if self.burst_left > 0 {
            self.burst_left = self.burst_left.saturating_sub(1);
            return Err(Rejection::too_many_requests(publish, now));
        }
        if self.rng.roll(self.faults.unknown_code) {
            let mut rejection = Rejection::not_acceptable(publish, None);
            rejection.error.error_code = UNKNOWN_CODE;
            return Err(rejection);
        }
        Ok(())
    }

    /// Returns the way in which the next session ends.
    pub(super) fn session_end(&mut self) -> SessionEnd {
        if self.rng.roll(self.faults.random_session_end) {
            return SessionEnd::random(&mut self.rng);
        }
        self.faults.session_end
    }

    pub(super) fn expiry_reason(&mut self, reason: ExpiryReason) -> String {
        reason.to_text(&mut self.rng)
    }

    /// Returns the way in which the next user is disconnected.
    pub(super) fn disconnection(&mut self) -> Disconnection {
        if self.rng.roll(self.faults.random_disconnection) {
            return Disconnection::random(&mut self.rng);
        }
        self.faults.disconnection
    }

    /// Returns the bytes of a payload, respelled if a fault demands it.
    pub(super) fn respell(&mut self, mut payload: String) -> Arc<[u8]> {
        let faults = self.faults;
        // The first two need a compact payload, so they precede the others.
        let spellings: [(Probability, Respell); 4] = [
            (faults.unknown_member, spelling::add_unknown_member),
            (faults.shuffle, spelling::shuffle_members),
            (faults.white_space, spelling::add_white_space),
            (faults.escape, spelling::escape_characters),
        ];
        for (probability, respell) in spellings {
            if self.rng.roll(probability) {
                payload = respell(&payload, &mut self.rng);
            }
        }
        Arc::from(payload.as_bytes())
    }

    /// Delivers a payload to one connection, applying faults.
    pub(super) fn deliver(
        &mut self,
        links: &mut Links,
        now: Instant,
        conn: ConnectionId,
        payload: &Arc<[u8]>,
    ) {
        let faults = self.faults;
        if self.rng.roll(faults.delay) {
            let delay = self.rng.below(u64::from(faults.max_delay_ms).saturating_add(1));
            links.hold(conn, now.after(delay));
        }
        if self.rng.roll(faults.oversize) {
            let oversize = Arc::from(vec![b'['; OVERSIZE_LEN]);
            self.send(&oversize, |fragment| links.push(now, conn, fragment));
        }
        if self.rng.roll(faults.garbage) {
            let half = payload.get(..payload.len() / 2).unwrap_or_default();
            self.send(&Arc::from(half), |fragment| links.push(now, conn, fragment));
        }
        if self.rng.roll(faults.unknown_type) {
            self.send(&Arc::from(UNKNOWN_TYPE), |fragment| links.push(now, conn, fragment));
        }
        self.send(payload, |fragment| links.push(now, conn, fragment));
        if self.rng.roll(faults.duplicate) {
            self.send(payload, |fragment| links.push(now, conn, fragment));
        }
        if self.rng.roll(faults.duplicate_later) {
            let delay_ms = self.delay_ms(faults.max_duplicate_delay_ms);
            self.send(payload, |fragment| links.push_later(now, conn, delay_ms, fragment));
        }
    }

    /// Sends a message, in fragments if a fault demands it.
    fn send(&mut self, bytes: &Arc<[u8]>, mut push: impl FnMut(Delivery)) {
        if !self.rng.roll(self.faults.fragment) {
            return push(Delivery::Fragment { bytes: Arc::clone(bytes), fin: true });
        }
        for byte in bytes.iter() {
            push(Delivery::Fragment { bytes: Arc::from(&[*byte][..]), fin: false });
        }
        push(Delivery::Fragment { bytes: Arc::default(), fin: true });
    }

    /// Returns a random delay from 1 to `max_ms`, in milliseconds.
    fn delay_ms(&mut self, max_ms: u32) -> u64 {
        self.rng.below(max_ms.into()).saturating_add(1).min(max_ms.into())
    }
}

/// The points at which a room injects faults that change its state.
impl Room {
    pub(super) fn inject_after_handshake(&mut self, conn: ConnectionId) {
        if self.injector.roll(|faults| faults.accept_then_drop) {
            self.end_connection(conn, Delivery::Abort);
        }
    }

    pub(super) fn inject_link_faults(&mut self, conn: ConnectionId) {
        self.injector.disturb_link(&mut self.links, self.now, conn);
    }

    /// Returns `true` if the publish is lost because its connection broke.
    pub(super) fn inject_drop(&mut self, conn: ConnectionId) -> bool {
        let is_dropped = self.injector.roll(|faults| faults.drop);
        if is_dropped {
            self.end_connection(conn, Delivery::Abort);
        }
        is_dropped
    }

    pub(super) fn inject_after_acceptance(&mut self, conn: ConnectionId) {
        if self.injector.roll(|faults| faults.drop_after_accept) {
            self.end_connection(conn, Delivery::Abort);
        }
    }

    pub(super) fn inject_after_publish(&mut self, conn: ConnectionId, user: &User) {
        if self.is_fully_served(conn) && self.injector.roll(|faults| faults.unprompted_401) {
            self.send_error(conn, Rejection::expired());
        }
        if self.is_fully_served(conn) && self.injector.roll(|faults| faults.end_session) {
            self.end_session(conn);
        }
        if self.injector.roll(|faults| faults.kick) {
            self.disconnect(&DisconnectUser::new(Text::new(&user.id)));
        }
        if self.injector.roll(|faults| faults.restart) {
            for conn in self.connections_where(|_| true) {
                self.end_connection(conn, Delivery::close(1012, "service restart"));
            }
        }
    }
}
