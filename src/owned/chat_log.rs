use alloc::string::String;

use super::{Subscribe, borrowed_text, owned_text, payloads, setters};
use crate::chat_log;
use crate::value::SendTime;

/// An owned [`ChatLogEntry`](crate::ChatLogEntry).
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{ErrorCode, owned};
///
/// let error = owned::ServiceError::new(ErrorCode::FORBIDDEN);
/// let entry = owned::ChatLogEntry::new(error.into()).with_version("1.0");
/// assert_eq!(entry.type_name.as_deref(), Some("ERROR"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ChatLogEntry {
    /// The time at which the entry was written, as received.
    pub event_timestamp: Option<String>,
    /// The `Type` of the payload.
    pub type_name: Option<String>,
    /// The payload that clients received.
    pub payload: Subscribe,
    /// The version of the format.
    pub version: Option<String>,
}

impl ChatLogEntry {
    /// Creates an entry with a payload and its `Type`.
    #[must_use]
    pub fn new(payload: Subscribe) -> Self {
        let type_name = Some(payload.as_borrowed().type_name().into());
        Self { event_timestamp: None, type_name, payload, version: None }
    }

    setters! {
        /// Sets the time at which the entry was written.
        with_event_timestamp: event_timestamp;
        /// Sets the version of the format.
        with_version: version;
    }

    /// Borrows the entry.
    #[must_use]
    pub fn as_borrowed(&self) -> chat_log::ChatLogEntry<'_> {
        let Self { event_timestamp, type_name, payload, version } = self;
        let mut entry = chat_log::ChatLogEntry::new(payload.as_borrowed());
        entry.event_timestamp = borrowed_text(event_timestamp.as_ref()).map(SendTime::from);
        entry.type_name = borrowed_text(type_name.as_ref());
        entry.version = borrowed_text(version.as_ref());
        entry
    }
}

impl From<chat_log::ChatLogEntry<'_>> for ChatLogEntry {
    fn from(entry: chat_log::ChatLogEntry<'_>) -> Self {
        let chat_log::ChatLogEntry { event_timestamp, type_name, payload, version } = entry;
        Self {
            event_timestamp: owned_text(event_timestamp.map(|time| time.text())),
            type_name: owned_text(type_name),
            payload: payload.into(),
            version: owned_text(version),
        }
    }
}

payloads! {
    ChatLogEntry: chat_log::ChatLogEntry<'_>;
}
