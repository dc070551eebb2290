//! The fields of the reference, once: their names on the wire, and how a key finds its field.

use crate::json::Str;
use crate::text::Text;

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident = $name:literal,)*) => {
        /// A field of a payload, by the name that it has in the reference and on the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Field {
            $($(#[$doc])* $field,)*
        }

        impl Field {
            const ALL: &'static [Self] = &[$(Self::$field),*];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                }
            }

            /// The field with exactly this name.
            #[inline]
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$field),)*
                    _ => None,
                }
            }
        }
    };
}

fields! {
    /// What a publish payload asks for.
    Action = "Action",
    /// What a subscribe payload is.
    Type = "Type",
    /// The identifier of a message, an event or an operation.
    Id = "Id",
    /// The sender's own identifier of its request.
    RequestId = "RequestId",
    /// What else there is to say of a message, an event or a sender.
    Attributes = "Attributes",
    /// The text of a message.
    Content = "Content",
    /// When the service received it.
    SendTime = "SendTime",
    /// Who sent a message.
    Sender = "Sender",
    /// The user who sent a message, or who is to be disconnected.
    UserId = "UserId",
    /// What an event is called.
    EventName = "EventName",
    /// The number of an error.
    ErrorCode = "ErrorCode",
    /// The description of an error.
    ErrorMessage = "ErrorMessage",
    /// Why a message is deleted or a user disconnected.
    Reason = "Reason",
    /// When a line of a chat log was written.
    EventTimestamp = "event_timestamp",
    /// The `Type` of what a line of a chat log holds.
    LogType = "type",
    /// What a line of a chat log holds.
    Payload = "payload",
    /// The version of a chat log's format.
    Version = "version",
}

impl Field {
    /// The field that a key of the service names. The key may be written with escapes.
    #[inline]
    pub(crate) fn of(key: Str<'_>) -> Option<Self> {
        match key.as_plain() {
            Some(name) => Self::named(name),
            None => Self::named(unescaped(key, &mut [0; MAX_LEN])?),
        }
    }

    /// The field that a key of a client names: in any ASCII case, as the service reads it.
    #[inline]
    pub(crate) fn of_any_case(key: Str<'_>) -> Option<Self> {
        match key.as_plain() {
            Some(name) => Self::named(name).or_else(|| Self::named_in_any_case(name)),
            None => Self::named_in_any_case(unescaped(key, &mut [0; MAX_LEN])?),
        }
    }

    /// The first field with this name in any ASCII case.
    #[cold]
    pub(crate) fn named_in_any_case(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| name.eq_ignore_ascii_case(field.name()))
    }
}

/// The length of the longest name.
const MAX_LEN: usize = "event_timestamp".len();

/// A key without its escapes, if it is short enough to be a field's.
#[cold]
fn unescaped<'b>(key: Str<'_>, buffer: &'b mut [u8; MAX_LEN]) -> Option<&'b str> {
    Text::from_json(key).copy_to(buffer).ok()
}

impl core::fmt::Display for Field {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, MAX_LEN};

    #[test]
    fn the_longest_name() {
        assert_eq!(Field::ALL.iter().map(|field| field.name().len()).max(), Some(MAX_LEN));
    }
}
