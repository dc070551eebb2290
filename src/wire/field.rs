//! The fields of the reference: their names on the wire, and what their values look like.

use super::shape::Direction;
use crate::json::Str;
use crate::value::Text;

/// The JSON type of a field's value, as far as reading it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The string that says which payload an object is.
    Tag,
    Text,
    /// An object whose values are strings.
    Attributes,
    /// An integer of 16 bits.
    ErrorCode,
    /// The object in a `MESSAGE` whose members are fields, too.
    Sender,
    /// A whole payload.
    Payload,
}

/// The length of the identifiers that the service generates.
pub(super) const ID_LEN: usize = 12;
/// The length of a UUID, which the official SDKs and most applications use as identifiers.
pub(super) const UUID_LEN: usize = 36;
/// The length of a time with nine fractional digits. Times whose fraction ends in zeros are
/// shorter, because the service omits them.
pub(super) const TIME_LEN: usize = 30;

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident = $name:literal, $kind:ident $(of $usual_len:ident bytes)?;)*) => {
        /// A field of a payload, by the name that it has in the reference and on the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Field {
            $($(#[$doc])* $field,)*
        }

        impl Field {
            pub(super) const ALL: [Self; Self::COUNT] = [$(Self::$field),*];
            pub(super) const COUNT: usize = [$($name),*].len();

            /// Returns the name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                }
            }

            /// Returns the field with exactly this name.
            fn exactly(name: &str) -> Option<Self> {
                if cfg!(target_os = "none") {
                    // Slower than the comparisons below, which take 500 bytes of flash.
                    return Self::ALL.into_iter().find(|field| field.name() == name);
                }
                match name {
                    $($name => Some(Self::$field),)*
                    _ => None,
                }
            }

            #[inline]
            pub(super) const fn kind(self) -> Kind {
                match self {
                    $(Self::$field => Kind::$kind,)*
                }
            }

            /// Returns the length of nearly all values of the field; 0 if their lengths differ.
            #[inline]
            pub(super) const fn usual_len(self) -> usize {
                match self {
                    $(Self::$field => 0 $(+ $usual_len)?,)*
                }
            }
        }
    };
}

// Of several fields that are missing, the first in this order is reported.
fields! {
    /// What a publish payload asks for.
    Action = "Action", Tag;
    /// What a subscribe payload is.
    Type = "Type", Tag;
    /// The identifier of a message, an event or an operation.
    Id = "Id", Text of ID_LEN bytes;
    /// The identifier that a client specified for its request.
    RequestId = "RequestId", Text of UUID_LEN bytes;
    /// The name of an event.
    EventName = "EventName", Text;
    /// The details of a message, an event or a sender.
    Attributes = "Attributes", Attributes;
    /// The text of a message.
    Content = "Content", Text;
    /// When the service received a message or an event.
    SendTime = "SendTime", Text of TIME_LEN bytes;
    /// The sender of a message.
    Sender = "Sender", Sender;
    /// The user who sent a message, or the user to disconnect.
    UserId = "UserId", Text of UUID_LEN bytes;
    /// The number of an error.
    ErrorCode = "ErrorCode", ErrorCode;
    /// The description of an error.
    ErrorMessage = "ErrorMessage", Text;
    /// The reason for deleting a message or disconnecting a user.
    Reason = "Reason", Text;
    /// When a line of a chat log was written.
    EventTimestamp = "event_timestamp", Text;
    /// The `Type` of the payload in a line of a chat log.
    LogType = "type", Text;
    /// The payload in a line of a chat log.
    Payload = "payload", Payload;
    /// The version of a chat log's format.
    Version = "version", Text;
}

impl Field {
    #[expect(clippy::as_conversions, reason = "the only way to get a discriminant in a constant")]
    pub(super) const fn index(self) -> u32 {
        self as u32
    }
}

impl core::fmt::Display for Field {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

impl Field {
    /// Returns the field with a name, as it is read in a direction.
    pub(crate) fn named(name: &str, direction: Direction) -> Option<Self> {
        Self::exactly(name).or_else(|| match direction {
            Direction::Subscribe => None,
            Direction::Publish => {
                Self::ALL.into_iter().find(|field| name.eq_ignore_ascii_case(field.name()))
            }
        })
    }

    /// Returns the field that a key names. The key may be written with escapes.
    pub(super) fn with_key(key: Str<'_>, direction: Direction) -> Option<Self> {
        let mut buffer = [0; MAX_LEN];
        let name = match key.as_str() {
            Some(name) => name,
            None => Text::from_json(key).decode_into(&mut buffer).ok()?,
        };
        Self::named(name, direction)
    }
}

/// The length of the longest name.
const MAX_LEN: usize = "event_timestamp".len();

#[cfg(test)]
mod tests {
    use super::{Field, MAX_LEN};

    #[test]
    fn the_longest_name() {
        assert_eq!(Field::ALL.iter().map(|field| field.name().len()).max(), Some(MAX_LEN));
    }
}
