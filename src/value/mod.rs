//! What a field can hold.

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
pub use capability::{Capabilities, Capability};
pub use close_reason::CloseReason;
pub use content::{Content, ContentLengthError};
pub use error_code::ErrorCode;
pub use text::{Text, TextChars};
pub use time::{ParseTimestampError, SendTime, Timestamp};
pub use token::{Endpoint, REGIONS, RegionError, Token, TokenError};

pub(crate) use close_reason::is_expiry;
