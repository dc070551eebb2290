use alloc::borrow::ToOwned;
use alloc::string::String;

use super::probability::Probability;
use super::rng::Rng;
use crate::server::Close;

/// The way in which the room ends an expired session.
///
/// The service is known to send an unprompted error 401 first. The rest of its behavior is not
/// known, so a client must not depend on it.
///
/// # Examples
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
    /// `true` if the room sends an error 401 without a `RequestId`. Defaults to `true`.
    pub has_error: bool,
    /// The fate of the connection, after the error if there is one. Defaults to a close with
    /// [`Close::EXPIRED`].
    pub then: AfterExpiry,
}

/// The fate of a connection whose session has expired.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Instant;
/// use ivs_chat_proto::mock::{AfterExpiry, Config, Delivery, Faults, Room, SessionEnd, User};
///
/// let faults = Faults::none()
///     .with_session_end(SessionEnd::new(AfterExpiry::Abort).without_error());
/// let mut room = Room::new(Config::new().with_faults(faults), [0; 16]);
/// let user = User::new("astrid").with_session_ms(60_000);
/// let conn = room.admit(Instant::from_millis(0), user)?;
/// assert_eq!(room.poll(Instant::from_millis(60_000)), Some((conn, Delivery::Abort)));
/// # Ok::<(), ivs_chat_proto::mock::ConnectError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AfterExpiry {
    /// The connection is closed.
    Close {
        /// The close code. 1005 stands for a close frame without a code, which has no reason
        /// either.
        code: u16,
        /// The close reason.
        reason: ExpiryReason,
    },
    /// The connection breaks without a close frame. Clients report this as 1006.
    Abort,
    /// The connection stays open. The room answers every publish with an error 401 and delivers no
    /// other payload. It answers pings.
    StayOpen,
    /// The connection stays open. The room ignores publishes and delivers no payload. It answers
    /// pings.
    Silence,
}

/// The close reason of an expired session.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::mock::{AfterExpiry, ExpiryReason, SessionEnd};
///
/// // The text of the reason is cut at its 30th byte.
/// let cut = AfterExpiry::Close { code: 1000, reason: ExpiryReason::CutJson(30) };
/// assert_eq!(SessionEnd::DEFAULT.with_then(cut), SessionEnd::new(cut));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExpiryReason {
    /// No reason.
    Empty,
    /// The text `connection expired`.
    ConnectionExpired,
    /// One of several texts that do not mention expiry, picked at random.
    OtherText,
    /// The JSON object of [`Close::EXPIRED`].
    Json,
    /// A JSON object with the `ErrorCode` 401 and an `ErrorMessage` that does not mention expiry.
    JsonCode,
    /// The same object with the string `"401"` as its `ErrorCode`.
    JsonStringCode,
    /// A JSON object whose long `ErrorMessage` does not fit into a close frame. The object is cut
    /// at 123 bytes, before its `ErrorCode`.
    LongJson,
    /// The JSON object of [`Close::EXPIRED`], cut to this number of bytes.
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

/// The maximum length of a close reason in bytes (RFC 6455, section 5.5.1).
const MAX_REASON_LEN: usize = 123;

impl SessionEnd {
    /// An error 401, followed by a close with [`Close::EXPIRED`].
    pub const DEFAULT: Self =
        Self::new(AfterExpiry::Close { code: Close::EXPIRED.code(), reason: ExpiryReason::Json });

    /// The close codes of [random session ends](super::Faults::random_session_end). Other services
    /// close expired sessions with these codes.
    pub const CODES: [u16; 9] = [1000, 1001, 1005, 1008, 1011, 1012, 3000, 4001, 4401];

    /// Creates a session end with an error 401, followed by `then`.
    #[must_use]
    pub const fn new(then: AfterExpiry) -> Self {
        Self { has_error: true, then }
    }

    /// Sets [`has_error`](Self::has_error) to `false`.
    #[must_use]
    pub const fn without_error(self) -> Self {
        Self { has_error: false, ..self }
    }

    /// Sets [`then`](Self::then).
    #[must_use]
    pub const fn with_then(self, then: AfterExpiry) -> Self {
        Self { then, ..self }
    }

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

    /// Returns the text of the close reason.
    pub(super) fn to_text(self, rng: &mut Rng) -> String {
        let (text, length) = match self {
            Self::Empty => ("", 0),
            Self::ConnectionExpired => ("connection expired", MAX_REASON_LEN),
            Self::OtherText => (rng.pick(&OTHER_TEXTS, ""), MAX_REASON_LEN),
            Self::Json => (Close::EXPIRED.reason(), MAX_REASON_LEN),
            Self::JsonCode => (JSON_CODE, MAX_REASON_LEN),
            Self::JsonStringCode => (JSON_STRING_CODE, MAX_REASON_LEN),
            Self::LongJson => (LONG_JSON, MAX_REASON_LEN),
            Self::CutJson(length) => (Close::EXPIRED.reason(), length.into()),
        };
        // The texts are ASCII.
        text.get(..length).unwrap_or(text).to_owned()
    }
}
