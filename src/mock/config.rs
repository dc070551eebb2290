use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU8;

use super::faults::Faults;
use crate::value::Capabilities;
use crate::value::Content;
use crate::value::Timestamp;

/// The settings of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The room's `maximumMessageLength`, in code points. Defaults to 500.
    pub max_code_points: u16,
    /// The room's `maximumMessageRatePerSecond`, of all senders together. `None` means no limit.
    /// Defaults to 10, as a new room of the service has it.
    pub messages_per_second: Option<NonZeroU8>,
    /// The number of requests that a connection may make in a second. `None` means no limit.
    /// Defaults to 10.
    pub requests_per_second: Option<NonZeroU8>,
    /// The room's review rejects messages that contain one of these, with an ERROR 406. Defaults to
    /// none.
    pub blocked_words: Vec<String>,
    /// Whether the event about a deletion or a disconnection carries the `RequestId` of the client
    /// that asked for it. Defaults to `true`: the reference says so of both requests ("this appears
    /// in corresponding subscribe operations"). The events that were captured in live rooms have
    /// `""`, but nothing shows whether their requests had a `RequestId`. Clients should work with
    /// both.
    pub event_has_request_id: bool,
    /// The time at which the caller's clock started. Defaults to the beginning of 2026.
    pub start: Timestamp,
    /// Whether to record the requests that were [accepted](super::Room::accepted). Defaults to
    /// `false`.
    pub record_accepted: bool,
    /// The faults to inject. Defaults to none.
    pub faults: Faults,
}

impl Config {
    /// A room without faults.
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
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// A user of a room, as a token describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The `UserId`.
    pub id: String,
    /// The attributes of the token, which every message of this user has in its `Sender`. Defaults
    /// to none.
    pub attributes: BTreeMap<String, String>,
    /// What the user is permitted to do. Defaults to everything.
    pub capabilities: Capabilities,
    /// The length of the user's session, in milliseconds. Defaults to 60 minutes.
    pub session_ms: u32,
}

impl User {
    /// A user who is permitted to do everything.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            attributes: BTreeMap::new(),
            capabilities: Capabilities::ALL,
            session_ms: 3_600_000,
        }
    }
}
