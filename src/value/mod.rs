//! The values of fields.

mod attributes;
mod buffer_too_small;
mod capability;
mod close_reason;
mod content;
mod error_code;
mod text;
mod time;
mod token;

pub use attributes::{Attributes, AttributesIter};
pub use buffer_too_small::BufferTooSmall;
pub use capability::{Capabilities, CapabilitiesIter, Capability, ParseCapabilityError};
pub use close_reason::CloseReason;
pub use content::{Content, ContentLengthError};
pub use error_code::ErrorCode;
pub use text::{Text, TextChars};
pub use time::{ParseTimestampError, SendTime, Timestamp};
pub use token::{Endpoint, REGIONS, RegionError, Token, TokenError};

pub(crate) use close_reason::is_expiry;

/// Implements comparison with strings, in both directions, for types that convert to a [`Text`].
macro_rules! eq_str {
    ($value:ident) => {
        eq_str!($value, str);
        eq_str!($value, &str);
        #[cfg(feature = "alloc")]
        eq_str!($value, alloc::string::String);
    };
    ($value:ident, $string:ty) => {
        impl PartialEq<$string> for $value<'_> {
            #[inline]
            fn eq(&self, other: &$string) -> bool {
                crate::value::Text::from(*self) == crate::value::Text::from(other)
            }
        }

        impl PartialEq<$value<'_>> for $string {
            #[inline]
            fn eq(&self, other: &$value<'_>) -> bool {
                other == self
            }
        }
    };
}

use eq_str;
