use super::disconnection::Disconnection;
use super::probability::Probability;
use super::session_end::SessionEnd;

/// The faults of a room, and how likely each of them is.
///
/// They are of two kinds: failures of the service and of the links to it, and other services than
/// the one that this crate assumes, since much about the real one is not known.
///
/// ```
/// use ivs_chat_proto::mock::{Faults, Probability};
///
/// let mut faults = Faults::none();
/// faults.duplicate = Probability::of_256(16);
/// assert_eq!(faults.delay, Probability::NEVER);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Faults {
    // With each handshake.
    /// The handshake is answered with HTTP status 401, although the token was good. The token has
    /// been used by that, as by all refusals.
    pub refuse_401: Probability,
    /// The handshake is answered with HTTP status 403.
    pub refuse_403: Probability,
    /// The handshake is answered with HTTP status 404.
    pub refuse_404: Probability,
    /// The handshake is answered with HTTP status 429.
    pub refuse_429: Probability,
    /// The handshake is answered with HTTP status 503.
    pub refuse_503: Probability,
    /// The `Retry-After` of the answers 429 and 503, in seconds. `None` means that they have none.
    pub retry_after_s: Option<u32>,
    /// The connection breaks as soon as it is open.
    pub accept_then_drop: Probability,

    // With each payload, before it is sent to anyone.
    /// The members of the payload, and those of its `Sender`, come in a random order.
    pub shuffle: Probability,
    /// The payload has white space between its tokens.
    pub white_space: Probability,
    /// Some characters in the strings of the payload, names included, are `\u` escapes.
    pub escape: Probability,
    /// The payload has a member that the reference does not know.
    pub unknown_member: Probability,

    // With each payload and each connection that it is sent to.
    /// The payload is delivered twice in a row.
    pub duplicate: Probability,
    /// The payload is delivered again later, by 1 to `max_duplicate_delay_ms` milliseconds, on the
    /// same connection. Other payloads may come in between.
    pub duplicate_later: Probability,
    /// The longest time until a late duplicate, in milliseconds.
    pub max_duplicate_delay_ms: u32,
    /// The payload comes later, by up to `max_delay_ms` milliseconds, and so does all that follows
    /// it on its connection.
    pub delay: Probability,
    /// The longest delay, in milliseconds.
    pub max_delay_ms: u32,
    /// The payload comes in fragments of one byte.
    pub fragment: Probability,
    /// A message of 40,000 bytes, which is not JSON, comes before the payload.
    pub oversize: Probability,
    /// The first half of the payload comes before it, as a message.
    pub garbage: Probability,
    /// A payload of an unknown `Type` comes before the payload.
    pub unknown_type: Probability,

    // With each publish.
    /// The publish is rejected with an `ErrorCode` that the reference does not know.
    pub unknown_code: Probability,
    /// The publish and the next nine in the room are rejected with an ERROR 429.
    pub burst_429: Probability,
    /// The ERROR that rejects the publish has no `RequestId`.
    pub error_without_request_id: Probability,
    /// The connection breaks after the publish was accepted, before its answer.
    pub drop_after_accept: Probability,
    /// The connection breaks, and the publish is not done.
    pub drop: Probability,
    /// An unprompted ERROR 401 comes, although the session is not over and goes on.
    pub unprompted_401: Probability,
    /// The session ends after the publish, before its time.
    pub end_session: Probability,
    /// All connections are closed with 1012: the service restarts.
    pub restart: Probability,
    /// The user is disconnected after the publish.
    pub kick: Probability,
    /// The link to the client stalls before the publish is handled, for 1 to `max_stall_ms`
    /// milliseconds. Nothing is lost, but the answer and all else, pongs included, comes later.
    pub stall: Probability,
    /// The longest stall, in milliseconds.
    pub max_stall_ms: u32,
    /// The link to the client dies without a sign before the publish is handled. The publish and
    /// later ones are handled, but nothing is delivered any more, not even a close.
    pub lose_link_to_client: Probability,
    /// The link from the client dies without a sign, and the publish and all later ones are lost,
    /// as are pings. Payloads are still delivered.
    pub lose_link_from_client: Probability,
    /// Both directions die.
    pub lose_link: Probability,

    // With each ping.
    /// The ping is not answered, although the link is alive.
    pub lose_pong: Probability,

    // At the end of a session, and at the disconnection of a user.
    /// How sessions end. Defaults to [`SessionEnd::DEFAULT`].
    pub session_end: SessionEnd,
    /// A session ends in a random way instead.
    pub random_session_end: Probability,
    /// How users are disconnected. Defaults to [`Disconnection::DEFAULT`].
    pub disconnection: Disconnection,
    /// A user is disconnected in a random way instead.
    pub random_disconnection: Probability,
}

impl Faults {
    /// No faults.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            refuse_401: Probability::NEVER,
            refuse_403: Probability::NEVER,
            refuse_404: Probability::NEVER,
            refuse_429: Probability::NEVER,
            refuse_503: Probability::NEVER,
            retry_after_s: None,
            accept_then_drop: Probability::NEVER,
            shuffle: Probability::NEVER,
            white_space: Probability::NEVER,
            escape: Probability::NEVER,
            unknown_member: Probability::NEVER,
            duplicate: Probability::NEVER,
            duplicate_later: Probability::NEVER,
            max_duplicate_delay_ms: 0,
            delay: Probability::NEVER,
            max_delay_ms: 0,
            fragment: Probability::NEVER,
            oversize: Probability::NEVER,
            garbage: Probability::NEVER,
            unknown_type: Probability::NEVER,
            unknown_code: Probability::NEVER,
            burst_429: Probability::NEVER,
            error_without_request_id: Probability::NEVER,
            drop_after_accept: Probability::NEVER,
            drop: Probability::NEVER,
            unprompted_401: Probability::NEVER,
            end_session: Probability::NEVER,
            restart: Probability::NEVER,
            kick: Probability::NEVER,
            stall: Probability::NEVER,
            max_stall_ms: 0,
            lose_link_to_client: Probability::NEVER,
            lose_link_from_client: Probability::NEVER,
            lose_link: Probability::NEVER,
            lose_pong: Probability::NEVER,
            session_end: SessionEnd::DEFAULT,
            random_session_end: Probability::NEVER,
            disconnection: Disconnection::DEFAULT,
            random_disconnection: Probability::NEVER,
        }
    }
}
