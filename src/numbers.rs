//! Stable numbers for every enum that crosses a language boundary.
//!
//! A number never changes its meaning. New variants get new numbers. 0 is never used, so that
//! bindings can use it for "none". `docs/numbers.md` contains the same table, and a test compares
//! the two.

use crate::client::{
    ConnectionState, DisconnectReason, FetchError, Outcome, Output, ReconnectAction, SendErrorKind,
};
use crate::framing::StreamErrorKind;
use crate::publish::Publish;
use crate::server::RejectionCause;
use crate::subscribe::{EventKind, Subscribe};
use crate::value::{Capability, CloseReason, ErrorCode};
use crate::wire::{DecodeErrorKind, Field};

macro_rules! numbers {
    ($($enum:ident $(<$($generic:tt),+>)? $(impl<$parameter:ident>)? {
        $($number:literal $variant:ident $(($($field:tt)*))? $({$($named:tt)*})?,)*
    })*) => {
        $(
            impl$(<$parameter>)? $enum $(<$($generic),+>)? {
                /// Returns the stable number of the variant, for bindings to other languages.
                ///
                /// `docs/numbers.md` lists the numbers. 0 is not used.
                ///
                /// # Examples
                ///
                /// ```
                /// use ivs_chat_proto::Capability;
                ///
                /// assert_eq!(Capability::DeleteMessage.number(), 2);
                /// ```
                #[must_use]
                pub const fn number(&self) -> u8 {
                    match self {
                        $(Self::$variant $(($($field)*))? $({$($named)*})? => $number,)*
                    }
                }
            }
        )*

        #[cfg(test)]
        const TABLE: &[(&str, &[(u8, &str)])] = &[$(
            (stringify!($enum), &[$(($number, stringify!($variant)),)*]),
        )*];
    };
}

numbers! {
    Subscribe<'_> {
        1 Message(_),
        2 Event(_),
        3 Error(_),
        4 Unknown(_),
    }
    EventKind<'_> {
        1 DeletedMessage { .. },
        2 DisconnectedUser { .. },
        3 Application,
    }
    Publish<'_> {
        1 SendMessage(_),
        2 DeleteMessage(_),
        3 DisconnectUser(_),
    }
    Capability {
        1 SendMessage,
        2 DeleteMessage,
        3 DisconnectUser,
    }
    DecodeErrorKind {
        1 UnexpectedEnd,
        2 UnexpectedByte,
        3 InvalidUtf8,
        4 ByteOrderMark,
        5 ControlCharacter,
        6 InvalidEscape,
        7 LoneSurrogate,
        8 NumberOutOfRange,
        9 NestedTooDeep,
        10 TrailingBytes,
        11 NotAnObject,
        12 MissingField(_),
        13 DuplicateField(_),
        14 WrongType(_),
        15 UnknownAction,
        16 EmptyContent,
        17 ContentTooLong,
    }
    Field {
        1 Action,
        2 Type,
        3 Id,
        4 RequestId,
        5 EventName,
        6 Attributes,
        7 Content,
        8 SendTime,
        9 Sender,
        10 UserId,
        11 ErrorCode,
        12 ErrorMessage,
        13 Reason,
        14 EventTimestamp,
        15 LogType,
        16 Payload,
        17 Version,
    }
    StreamErrorKind {
        1 NotAnObject,
        2 MessageTooLong,
        3 Unfinished,
    }
    CloseReason<'_> {
        1 Empty,
        2 Text(_),
        3 Error { .. },
    }
    Output<T> impl<T> {
        1 Close { .. },
        2 Ping { .. },
        3 Settled(_),
        4 State(_),
        5 Replaced { .. },
        6 PossibleGap,
        7 FetchToken(_),
        8 Wait(_),
    }
    ConnectionState {
        1 Disconnected(_),
        2 Connecting,
        3 Connected,
    }
    DisconnectReason {
        1 NotWanted,
        2 NoToken,
        3 Refused(_),
        4 Closed(_),
        5 DisconnectedUser,
        6 AttemptsExhausted,
        7 Unseeded,
    }
    Outcome {
        1 Confirmed,
        2 Rejected(_),
        3 Assumed,
        4 Unknown,
    }
    SendErrorKind {
        1 NotConnected,
        2 Disconnecting,
        3 NotPermitted(_),
        4 TooLong(_),
        5 RequestIdInFlight,
        6 TooManyInFlight,
        7 TooManyRequests { .. },
        8 BufferTooSmall(_),
    }
    ReconnectAction {
        1 Retry,
        2 NewToken,
        3 End,
    }
    FetchError {
        1 Temporary { .. },
        2 Permanent,
    }
    RejectionCause {
        1 NotDecoded(_),
        2 ContentTooLong,
        3 Expired,
        4 NotPermitted(_),
        5 NotAcceptable,
        6 TooLarge,
        7 TooManyRequests { .. },
    }
}

impl SendErrorKind {
    /// Returns the error code with which the service would have answered the request, or `None` if
    /// it would not have answered it with an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::{Capability, ErrorCode, client::SendErrorKind};
    ///
    /// let kind = SendErrorKind::NotPermitted(Capability::SendMessage);
    /// assert_eq!(kind.error_code(), Some(ErrorCode::FORBIDDEN));
    /// assert_eq!(SendErrorKind::NotConnected.error_code(), None);
    /// ```
    #[must_use]
    pub const fn error_code(&self) -> Option<ErrorCode> {
        match self {
            Self::NotPermitted(_) => Some(ErrorCode::FORBIDDEN),
            Self::TooLong(_) => Some(ErrorCode::BAD_REQUEST),
            Self::TooManyRequests { .. } => Some(ErrorCode::TOO_MANY_REQUESTS),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::format;
    use std::string::String;

    use super::TABLE;

    #[test]
    fn numbers_are_unique_and_not_zero() {
        for (name, variants) in TABLE {
            let numbers: BTreeSet<u8> = variants.iter().map(|(number, _)| *number).collect();
            assert_eq!(numbers.len(), variants.len(), "{name}");
            assert!(!numbers.contains(&0), "{name}");
        }
    }

    #[test]
    fn the_committed_table_is_current() {
        let row = |(number, variant): &(u8, &str)| format!("| {number} | `{variant}` |\n");
        let section = |(name, variants): &(&str, &[(u8, &str)])| {
            let rows: String = variants.iter().map(row).collect();
            format!("\n## {name}\n\n| number | variant |\n|---:|---|\n{rows}")
        };
        let sections: String = TABLE.iter().map(section).collect();
        let table = [HEADER, &sections].concat();
        assert_eq!(table, include_str!("../docs/numbers.md"));
    }

    const HEADER: &str = "# Numbers\n
The stable numbers that `number()` returns, for bindings to other languages. A number never changes
its meaning, and new variants get new numbers. 0 is not used.
";
}
