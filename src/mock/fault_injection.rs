use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;

use super::connect_error::ConnectError;
use super::delivery::Delivery;
use super::disconnection::Disconnection;
use super::faults::Faults;
use super::links::{Direction, Links};
use super::probability::Probability;
use super::rng::Rng;
use super::session_end::{ExpiryReason, SessionEnd};
use super::spelling;
use crate::client::ConnectionId;
use crate::instant::Instant;
use crate::publish::Publish;
use crate::server::Rejection;
use crate::value::ErrorCode;

/// An `ErrorCode` that the reference does not know.
const UNKNOWN_CODE: ErrorCode = ErrorCode::new(499);

const UNKNOWN_TYPE: &[u8] = br#"{"Type":"POLL","Id":"UNKNOWN00000","RequestId":""}"#;

/// The length of an oversize message, in bytes.
const OVERSIZE: usize = 40_000;

/// The number of publishes that [`Faults::burst_429`] rejects.
const BURST: u8 = 10;

/// Decides which faults happen.
#[derive(Debug)]
pub(super) struct FaultInjector {
    faults: Faults,
    rng: Rng,
    /// The number of publishes that are still to be rejected with 429.
    burst_left: u8,
}

type Spell = fn(&str, &mut Rng) -> String;

impl FaultInjector {
    pub(super) fn new(faults: Faults, seed: [u8; 16]) -> Self {
        // Another generator than the room's own, so that the faults do not change the room's ids.
        let seed = seed.map(|byte| !byte);
        Self { faults, rng: Rng::new(seed), burst_left: 0 }
    }

    pub(super) const fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Refuses the handshake, or does not.
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

    /// Returns `true` if a fault happens.
    pub(super) fn roll(&mut self, fault: impl Fn(&Faults) -> Probability) -> bool {
        self.rng.roll(fault(&self.faults))
    }

    /// Disturbs the link that a publish comes on.
    pub(super) fn disturb_link(&mut self, links: &mut Links, now: Instant, conn: ConnectionId) {
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

    /// Rejects a publish, or does not.
    pub(super) fn check_publish<'m>(
        &mut self,
        now: Instant,
        publish: &Publish<'m>,
    ) -> Result<(), Rejection<'m>> {
        if self.burst_left == 0 && self.rng.roll(self.faults.burst_429) {
            self.burst_left = BURST;
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

    /// Returns how a session ends.
    pub(super) fn session_end(&mut self) -> SessionEnd {
        if self.rng.roll(self.faults.random_session_end) {
            return SessionEnd::random(&mut self.rng);
        }
        self.faults.session_end
    }

    /// Returns the text of a close reason.
    pub(super) fn expiry_reason(&mut self, reason: ExpiryReason) -> String {
        reason.to_text(&mut self.rng)
    }

    /// Returns how a user is disconnected.
    pub(super) fn disconnection(&mut self) -> Disconnection {
        if self.rng.roll(self.faults.random_disconnection) {
            return Disconnection::random(&mut self.rng);
        }
        self.faults.disconnection
    }

    /// Returns the bytes of a payload, perhaps in another spelling.
    pub(super) fn spell(&mut self, mut payload: String) -> Arc<[u8]> {
        let faults = self.faults;
        // In this order: the first two need a compact payload.
        let spellings: [(Probability, Spell); 4] = [
            (faults.unknown_member, spelling::add_unknown_member),
            (faults.shuffle, spelling::shuffle_members),
            (faults.white_space, spelling::add_white_space),
            (faults.escape, spelling::escape_characters),
        ];
        for (probability, spell) in spellings {
            if self.rng.roll(probability) {
                payload = spell(&payload, &mut self.rng);
            }
        }
        Arc::from(payload.as_bytes())
    }

    /// Delivers a payload, with the faults that happen on the way.
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
            self.send(&Arc::from(vec![b'['; OVERSIZE]), |fragment| links.push(now, conn, fragment));
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

    /// Sends a message, whole or in fragments.
    fn send(&mut self, bytes: &Arc<[u8]>, mut push: impl FnMut(Delivery)) {
        if !self.rng.roll(self.faults.fragment) {
            return push(Delivery::Fragment { bytes: Arc::clone(bytes), fin: true });
        }
        for byte in bytes.iter() {
            push(Delivery::Fragment { bytes: Arc::from(&[*byte][..]), fin: false });
        }
        push(Delivery::Fragment { bytes: Arc::default(), fin: true });
    }

    /// Returns a time from 1 to `max_ms` milliseconds.
    fn delay_ms(&mut self, max_ms: u32) -> u64 {
        self.rng.below(max_ms.into()).saturating_add(1).min(max_ms.into())
    }
}
