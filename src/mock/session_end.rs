use alloc::borrow::ToOwned;
use alloc::string::String;

use super::probability::Probability;
use super::rng::Rng;
use crate::server::Close;

/// How the room ends a session that has expired.
///
/// How the service does it is not known, except that an unprompted ERROR 401 comes first. No client
/// should depend on what follows the error.
///
/// ```
/// use ivs_chat_proto::mock::{AfterExpiry, ExpiryReason, SessionEnd};
///
/// let end = SessionEnd::new(AfterExpiry::Close { code: 1001, reason: ExpiryReason::Empty });
/// assert!(end.has_error);
/// assert!(!end.without_error().has_error);
/// assert_eq!(SessionEnd::default(), SessionEnd::DEFAULT);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SessionEnd {
    /// Whether the client is told by an ERROR 401 without a `RequestId`.
    pub has_error: bool,
    /// What happens after that, or instead of it.
    pub then: AfterExpiry,
}

/// What happens to the connection whose session has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AfterExpiry {
    /// It is closed.
    Close {
        /// The code. 1005 means a close frame without a code, which has no reason either.
        code: u16,
        /// The reason.
        reason: ExpiryReason,
    },
    /// It breaks without a close frame, which clients report as 1006.
    Abort,
    /// It stays open. Every publish is answered with an ERROR 401, and no other payload is
    /// delivered. Pings are answered.
    StayOpen,
    /// It stays open, and no payload is delivered. Publishes get no answer, but pings do.
    Silence,
}

/// The close reason of a session that has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExpiryReason {
    /// No reason.
    Empty,
    /// The text `connection expired`.
    ConnectionExpired,
    /// A text that does not mention expiry. There are several, and one is picked at random.
    OtherText,
    /// The object of [`Close::EXPIRED`].
    Json,
    /// An object with the `ErrorCode` 401 and an `ErrorMessage` that does not mention expiry.
    JsonCode,
    /// The same object, with the string `"401"` as its `ErrorCode`.
    JsonStringCode,
    /// An object whose `ErrorMessage` is so long that the object is cut at 123 bytes, which is all
    /// that a close frame has room for. The `ErrorCode` is lost.
    LongJson,
    /// The object of [`Close::EXPIRED`], cut at this byte.
    CutJson(u8),
}

/// The texts of [`ExpiryReason::OtherText`].
const OTHER_TEXTS: [&str; 4] =
    ["Unauthorized", "please sign in again", "your time is up", "Bye {401}"];

const JSON_CODE: &str = r#"{"ErrorCode":401,"ErrorMessage":"Unauthorized"}"#;

const JSON_STRING_CODE: &str = r#"{"ErrorCode":"401","ErrorMessage":"Unauthorized"}"#;

const LONG_JSON: &str = concat!(
    r#"{"ErrorMessage":"The session of this connection has expired. Create another chat token, "#,
    r#"and connect to the room with it.","ErrorCode":401}"#
);

/// The room that a close frame has for a reason (RFC 6455, section 5.5.1).
const MAX_REASON: usize = 123;

impl SessionEnd {
    /// An ERROR 401, and then [`Close::EXPIRED`]. This is the default.
    pub const DEFAULT: Self =
        Self::new(AfterExpiry::Close { code: Close::EXPIRED.code(), reason: ExpiryReason::Json });

    /// The close codes that a session may end with, as far as other services are a guide. A random
    /// end has one of these.
    pub const CODES: [u16; 9] = [1000, 1001, 1005, 1008, 1011, 1012, 3000, 4001, 4401];

    /// An ERROR 401, and then this.
    #[must_use]
    pub const fn new(then: AfterExpiry) -> Self {
        Self { has_error: true, then }
    }

    /// The same without the ERROR.
    #[must_use]
    pub const fn without_error(self) -> Self {
        Self { has_error: false, ..self }
    }

    /// Returns any end that there may be.
    pub(super) fn random(rng: &mut Rng) -> Self {
        let then = match rng.below(8) {
            0 => AfterExpiry::Abort,
            1 => AfterExpiry::StayOpen,
            2 => AfterExpiry::Silence,
            _ => AfterExpiry::Close {
                code: rng.pick(&Self::CODES, 1000),
                reason: ExpiryReason::random(rng),
            },
        };
        Self { has_error: rng.roll(Probability::of_256(176)), then }
    }
}

impl Default for SessionEnd {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl ExpiryReason {
    /// Returns any reason that there may be.
    fn random(rng: &mut Rng) -> Self {
        let json_len = u8::try_from(Close::EXPIRED.reason().len()).unwrap_or(u8::MAX);
        let cut = u8::try_from(rng.below(json_len.into())).unwrap_or(0);
        let reasons = [
            Self::Empty,
            Self::ConnectionExpired,
            Self::OtherText,
            Self::Json,
            Self::JsonCode,
            Self::JsonStringCode,
            Self::LongJson,
            Self::CutJson(cut),
        ];
        rng.pick(&reasons, Self::Empty)
    }

    /// Returns the text in the close frame.
    pub(super) fn to_text(self, rng: &mut Rng) -> String {
        let (text, length) = match self {
            Self::Empty => ("", 0),
            Self::ConnectionExpired => ("connection expired", MAX_REASON),
            Self::OtherText => (rng.pick(&OTHER_TEXTS, ""), MAX_REASON),
            Self::Json => (Close::EXPIRED.reason(), MAX_REASON),
            Self::JsonCode => (JSON_CODE, MAX_REASON),
            Self::JsonStringCode => (JSON_STRING_CODE, MAX_REASON),
            Self::LongJson => (LONG_JSON, MAX_REASON),
            Self::CutJson(length) => (Close::EXPIRED.reason(), length.into()),
        };
        // The texts are ASCII.
        text.get(..length).unwrap_or(text).to_owned()
    }
}
