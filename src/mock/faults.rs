use super::disconnection::Disconnection;
use super::probability::Probability;
use super::session_end::SessionEnd;

/// Defines the fields, their defaults and their setters from one table.
macro_rules! faults {
    ($($(#[$doc:meta])* $field:ident, $setter:ident: $type:ty = $default:expr;)*) => {
        /// The faults that a room injects, each with its probability.
        ///
        /// A field of type [`Probability`] is the probability of the fault that its documentation
        /// describes. Every probability defaults to [`Probability::NEVER`].
        ///
        /// Some faults are failures of the service or of the links to it. The others make the room
        /// behave like a service that differs from this crate's assumptions, because much of the
        /// real service's behavior is not documented.
        ///
        /// | faults | rolled for each |
        /// |---|---|
        /// | `refuse_401` to `accept_then_drop` | handshake |
        /// | `shuffle` to `unknown_member` | payload |
        /// | `duplicate` to `unknown_type` | payload and connection that receives it |
        /// | `unknown_code` to `lose_link` | publish |
        /// | `lose_pong` | ping |
        /// | `random_session_end` | end of a session |
        /// | `random_disconnection` | disconnection of a user |
        ///
        /// # Examples
        ///
        /// ```
        /// use ivs_chat_proto::mock::{Faults, Probability};
        ///
        /// const FAULTS: Faults = Faults::none()
        ///     .with_duplicate(Probability::of_256(16))
        ///     .with_delay(Probability::ALWAYS)
        ///     .with_max_delay_ms(500);
        /// assert_eq!(FAULTS.shuffle, Probability::NEVER);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub struct Faults {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Faults {
            /// Creates settings that inject no faults.
            #[must_use]
            pub const fn none() -> Self {
                Self { $($field: $default,)* }
            }

            $(
                #[doc = concat!("Sets [`Faults::", stringify!($field), "`].")]
                #[must_use]
                pub const fn $setter(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }
    };
}

faults! {
    /// Answers the handshake with HTTP status 401 although the token is valid. Like every refused
    /// handshake, it uses up the token.
    refuse_401, with_refuse_401: Probability = Probability::NEVER;
    /// Answers the handshake with HTTP status 403.
    refuse_403, with_refuse_403: Probability = Probability::NEVER;
    /// Answers the handshake with HTTP status 404.
    refuse_404, with_refuse_404: Probability = Probability::NEVER;
    /// Answers the handshake with HTTP status 429.
    refuse_429, with_refuse_429: Probability = Probability::NEVER;
    /// Answers the handshake with HTTP status 503.
    refuse_503, with_refuse_503: Probability = Probability::NEVER;
    /// The value of the `Retry-After` header of the answers 429 and 503, in seconds. With `None`,
    /// they have no such header. Defaults to `None`.
    retry_after_s, with_retry_after_s: Option<u32> = None;
    /// Breaks the connection immediately after the handshake.
    accept_then_drop, with_accept_then_drop: Probability = Probability::NEVER;

    /// Writes the members of the payload, and those of its `Sender`, in random order.
    shuffle, with_shuffle: Probability = Probability::NEVER;
    /// Writes white space between the tokens of the payload.
    white_space, with_white_space: Probability = Probability::NEVER;
    /// Writes some characters in the strings of the payload, including member names, as `\u`
    /// escapes.
    escape, with_escape: Probability = Probability::NEVER;
    /// Adds a member to the payload that the reference does not define.
    unknown_member, with_unknown_member: Probability = Probability::NEVER;

    /// Delivers the payload twice in a row.
    duplicate, with_duplicate: Probability = Probability::NEVER;
    /// Delivers the payload again on the same connection, 1 ms to
    /// [`max_duplicate_delay_ms`](Self::max_duplicate_delay_ms) later. Other payloads may arrive in
    /// between.
    duplicate_later, with_duplicate_later: Probability = Probability::NEVER;
    /// The maximum delay of a late duplicate, in milliseconds. Defaults to 0.
    max_duplicate_delay_ms, with_max_duplicate_delay_ms: u32 = 0;
    /// Delays the payload, and everything after it on its connection, by up to
    /// [`max_delay_ms`](Self::max_delay_ms).
    delay, with_delay: Probability = Probability::NEVER;
    /// The maximum delay of a payload, in milliseconds. Defaults to 0.
    max_delay_ms, with_max_delay_ms: u32 = 0;
    /// Delivers the payload in fragments of one byte.
    fragment, with_fragment: Probability = Probability::NEVER;
    /// Delivers a message of 40,000 bytes, which is not JSON, before the payload.
    oversize, with_oversize: Probability = Probability::NEVER;
    /// Delivers the first half of the payload as a message of its own before the payload.
    garbage, with_garbage: Probability = Probability::NEVER;
    /// Delivers a payload of an unknown `Type` before the payload.
    unknown_type, with_unknown_type: Probability = Probability::NEVER;

    /// Rejects the publish with an `ErrorCode` that the reference does not list.
    unknown_code, with_unknown_code: Probability = Probability::NEVER;
    /// Rejects the publish and the next nine in the room with an error 429.
    burst_429, with_burst_429: Probability = Probability::NEVER;
    /// Omits the `RequestId` from the error that rejects the publish.
    error_without_request_id, with_error_without_request_id: Probability = Probability::NEVER;
    /// Breaks the connection after the publish was accepted and before its answer is delivered.
    drop_after_accept, with_drop_after_accept: Probability = Probability::NEVER;
    /// Breaks the connection before the publish is handled. The publish is lost.
    drop, with_drop: Probability = Probability::NEVER;
    /// Sends an unprompted error 401 although the session continues.
    unprompted_401, with_unprompted_401: Probability = Probability::NEVER;
    /// Ends the session early, after the publish.
    end_session, with_end_session: Probability = Probability::NEVER;
    /// Closes all connections with code 1012, as for a restart of the service.
    restart, with_restart: Probability = Probability::NEVER;
    /// Disconnects the user after the publish.
    kick, with_kick: Probability = Probability::NEVER;
    /// Stalls the link to the client for 1 ms to [`max_stall_ms`](Self::max_stall_ms) before the
    /// publish is handled. Nothing is lost, but the answer and everything after it, including
    /// pongs, arrives later.
    stall, with_stall: Probability = Probability::NEVER;
    /// The maximum duration of a stall, in milliseconds. Defaults to 0.
    max_stall_ms, with_max_stall_ms: u32 = 0;
    /// Silently breaks the link to the client before the publish is handled. This publish and later
    /// ones are handled, but nothing more is delivered, not even a close.
    lose_link_to_client, with_lose_link_to_client: Probability = Probability::NEVER;
    /// Silently breaks the link from the client. This publish and all later ones are lost, as are
    /// pings. Payloads are still delivered.
    lose_link_from_client, with_lose_link_from_client: Probability = Probability::NEVER;
    /// Silently breaks both directions of the link.
    lose_link, with_lose_link: Probability = Probability::NEVER;

    /// Leaves the ping unanswered although the link works.
    lose_pong, with_lose_pong: Probability = Probability::NEVER;

    /// How the room ends sessions. Defaults to [`SessionEnd::DEFAULT`].
    session_end, with_session_end: SessionEnd = SessionEnd::DEFAULT;
    /// Ends the session in a random way instead of [`session_end`](Self::session_end).
    random_session_end, with_random_session_end: Probability = Probability::NEVER;
    /// How the room disconnects users. Defaults to [`Disconnection::DEFAULT`].
    disconnection, with_disconnection: Disconnection = Disconnection::DEFAULT;
    /// Disconnects the user in a random way instead of [`disconnection`](Self::disconnection).
    random_disconnection, with_random_disconnection: Probability = Probability::NEVER;
}

impl Default for Faults {
    fn default() -> Self {
        Self::none()
    }
}
