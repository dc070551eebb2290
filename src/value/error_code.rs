//! Error codes, from one table.

use core::fmt;

/// The code of an error.
///
/// Codes look like HTTP status codes, and have specific meanings for messaging operations.
///
/// Branch on the code, not on the message that accompanies it. Codes that the reference does not
/// list are kept.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::ErrorCode;
///
/// assert_eq!(ErrorCode::NOT_ACCEPTABLE.as_u16(), 406);
/// assert_eq!(ErrorCode::from(429).name(), Some("Too Many Requests"));
/// assert_eq!(ErrorCode::from(418).name(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(u16);

macro_rules! error_codes {
    ($(($constant:ident, $number:literal, $name:literal, $description:literal),)*
     http: $(($http_number:literal, $http_name:literal, $http_description:literal),)*) => {
        impl ErrorCode {
            $(
                #[doc = concat!($name, ", ", stringify!($number), ": ", $description)]
                pub const $constant: Self = Self($number);
            )*

            /// The codes of the reference's section "WebSocket Errors", in the same order.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];

            /// Returns the name in the reference's section "WebSocket Errors", or `None` for other
            /// codes.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)*
                    _ => None,
                }
            }

            /// Returns the meaning in the reference's section "WebSocket Errors".
            #[must_use]
            pub const fn description(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($description),)*
                    _ => None,
                }
            }

            /// Returns the name in the reference's section "HTTP Errors".
            ///
            /// The HTTP actions that return these errors are not part of this protocol.
            #[must_use]
            pub const fn http_name(self) -> Option<&'static str> {
                match self.0 {
                    $($http_number => Some($http_name),)*
                    _ => None,
                }
            }

            /// Returns the meaning in the reference's section "HTTP Errors".
            #[must_use]
            pub const fn http_description(self) -> Option<&'static str> {
                match self.0 {
                    $($http_number => Some($http_description),)*
                    _ => None,
                }
            }
        }
    };
}

error_codes! {
    (BAD_REQUEST, 400, "Bad Request", "the request is malformed or invalid"),
    (UNAUTHORIZED, 401, "Unauthorized", "the connection has expired, or the chat token is missing"),
    (FORBIDDEN, 403, "Forbidden",
     "the connection's capabilities do not permit the action, or the account is blocked until its \
      verification is done"),
    (NOT_FOUND, 404, "Not Found", "the room does not exist"),
    (NOT_ACCEPTABLE, 406, "Not Acceptable", "message review rejected the request"),
    (PAYLOAD_TOO_LARGE, 413, "Payload Too Large", "the request has fields that are too large"),
    (TOO_MANY_REQUESTS, 429, "Too Many Requests", "the application has exceeded its rate limits"),
    (INTERNAL_SERVER_ERROR, 500, "Internal Server Error", "a general error"),
    http:
    (400, "InvalidParameterValue", "the message exceeds the character limit"),
    (404, "ResourceNotFound", "a resource that the operation refers to or changes does not exist"),
}

impl ErrorCode {
    /// Creates a code from its number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

impl From<u16> for ErrorCode {
    fn from(number: u16) -> Self {
        Self(number)
    }
}

impl From<ErrorCode> for u16 {
    fn from(code: ErrorCode) -> Self {
        code.0
    }
}

impl PartialEq<u16> for ErrorCode {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

impl PartialEq<ErrorCode> for u16 {
    fn eq(&self, other: &ErrorCode) -> bool {
        *self == other.0
    }
}

/// Formats the number, and the name if there is one.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorCode({self})")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for ErrorCode {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}
