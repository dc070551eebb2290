use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU8;

use super::faults::Faults;
use crate::value::Capabilities;
use crate::value::Content;
use crate::value::Timestamp;

/// The settings of a [`Room`](super::Room).
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::mock::{Config, Faults, Probability};
///
/// let config = Config::new()
///     .with_max_code_points(200)
///     .with_messages_per_second(None)
///     .with_blocked_words(["spam"])
///     .with_faults(Faults::none().with_shuffle(Probability::ALWAYS));
/// assert_eq!(config.requests_per_second, 10.try_into().ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// The room's `maximumMessageLength`, in code points. Defaults to 500.
    pub max_code_points: u16,
    /// The room's `maximumMessageRatePerSecond`, for all senders together. `None` means no limit.
    /// Defaults to 10, as in a new room of the service.
    pub messages_per_second: Option<NonZeroU8>,
    /// The maximum number of requests on one connection in any second. `None` means no limit.
    /// Defaults to 10.
    pub requests_per_second: Option<NonZeroU8>,
    /// The words that message review rejects. A message that contains any of them is answered with
    /// an error 406. Defaults to none.
    pub blocked_words: Vec<String>,
    /// `true` if the event about a deletion or a disconnection carries the `RequestId` of the
    /// client's request. Defaults to `true`.
    ///
    /// The reference states this of both requests ("this appears in corresponding subscribe
    /// operations"). The events captured in live rooms have an empty `RequestId`, but their
    /// requests may have had none. Clients should support both.
    pub event_has_request_id: bool,
    /// The wall-clock time at which the caller's clock started. Defaults to the beginning of 2026.
    pub start: Timestamp,
    /// `true` if the room records [accepted requests](super::Room::accepted). Defaults to `false`.
    pub record_accepted: bool,
    /// The faults to inject. Defaults to none.
    pub faults: Faults,
}

impl Config {
    /// Creates the settings of a new room of the service, without faults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_code_points: Content::MAX_CODE_POINTS,
            messages_per_second: NonZeroU8::new(10),
            requests_per_second: NonZeroU8::new(10),
            blocked_words: Vec::new(),
            event_has_request_id: true,
            start: Timestamp::new(1_767_225_600, 0).unwrap_or(Timestamp::UNIX_EPOCH),
            record_accepted: false,
            faults: Faults::none(),
        }
    }

    /// Sets [`max_code_points`](Self::max_code_points).
    #[must_use]
    pub const fn with_max_code_points(mut self, max_code_points: u16) -> Self {
        self.max_code_points = max_code_points;
        self
    }

    /// Sets [`messages_per_second`](Self::messages_per_second).
    #[must_use]
    pub const fn with_messages_per_second(
        mut self,
        messages_per_second: Option<NonZeroU8>,
    ) -> Self {
        self.messages_per_second = messages_per_second;
        self
    }

    /// Sets [`requests_per_second`](Self::requests_per_second).
    #[must_use]
    pub const fn with_requests_per_second(
        mut self,
        requests_per_second: Option<NonZeroU8>,
    ) -> Self {
        self.requests_per_second = requests_per_second;
        self
    }

    /// Sets [`blocked_words`](Self::blocked_words).
    #[must_use]
    pub fn with_blocked_words<W: Into<String>>(
        mut self,
        words: impl IntoIterator<Item = W>,
    ) -> Self {
        self.blocked_words = words.into_iter().map(Into::into).collect();
        self
    }

    /// Sets [`event_has_request_id`](Self::event_has_request_id) to `false`.
    #[must_use]
    pub const fn without_event_request_id(mut self) -> Self {
        self.event_has_request_id = false;
        self
    }

    /// Sets [`start`](Self::start).
    #[must_use]
    pub const fn with_start(mut self, start: Timestamp) -> Self {
        self.start = start;
        self
    }

    /// Sets [`record_accepted`](Self::record_accepted) to `true`.
    #[must_use]
    pub const fn with_record_accepted(mut self) -> Self {
        self.record_accepted = true;
        self
    }

    /// Sets [`faults`](Self::faults).
    #[must_use]
    pub const fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// A user of a room, as described by a token.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::mock::User;
/// use ivs_chat_proto::{Capabilities, Capability};
///
/// let guest = User::new("astrid")
///     .with_attributes([("name", "Astrid")])
///     .with_capabilities(Capabilities::NONE.with(Capability::SendMessage))
///     .with_session_ms(60_000);
/// assert_eq!(guest.attributes["name"], "Astrid");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct User {
    /// The user's `UserId`.
    pub id: String,
    /// The attributes of the token. Every message of the user carries them in its `Sender`.
    /// Defaults to none.
    pub attributes: BTreeMap<String, String>,
    /// The actions that the token permits. Defaults to all.
    pub capabilities: Capabilities,
    /// The length of the user's session, in milliseconds. Defaults to 60 minutes.
    pub session_ms: u32,
}

impl User {
    /// Creates a user with this `UserId`, whose token permits every action.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            attributes: BTreeMap::new(),
            capabilities: Capabilities::ALL,
            session_ms: 3_600_000,
        }
    }

    /// Sets [`attributes`](Self::attributes).
    #[must_use]
    pub fn with_attributes<N: Into<String>, V: Into<String>>(
        mut self,
        attributes: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.attributes =
            attributes.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    /// Sets [`capabilities`](Self::capabilities).
    #[must_use]
    pub const fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Sets [`session_ms`](Self::session_ms).
    #[must_use]
    pub const fn with_session_ms(mut self, session_ms: u32) -> Self {
        self.session_ms = session_ms;
        self
    }
}
