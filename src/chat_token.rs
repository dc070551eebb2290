//! The response of `CreateChatToken`.

use core::fmt::{self, Write as _};
use core::ops::Range;
use core::time::Duration;

use crate::client::TokenInfo;
use crate::json::Cursor;
use crate::value::{BufferTooSmall, Text, Timestamp, Token};
use crate::wire::{DecodeError, DecodeErrorKind, decode_utf8};

/// The response of `CreateChatToken`, as the application's server passes it on: step 3 of
/// [Connecting to a Room].
///
/// `token` is required. `sessionExpirationTime` and `tokenExpirationTime` are optional, and unknown
/// members are ignored. `Debug` redacts the token, and no error contains it.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{ChatToken, Timestamp};
///
/// let response = br#"{
///     "token": "AQICAHhP!#1",
///     "sessionExpirationTime": "2026-11-22T11:00:00+00:00",
///     "tokenExpirationTime": "2026-11-22T10:01:00+00:00"
/// }"#;
/// let token = ChatToken::decode(response)?;
/// assert_eq!(token.token().unwrap().header_value(), "AQICAHhP!#1");
///
/// let now = Timestamp::parse("2026-11-22T10:00:00Z")?;
/// assert_eq!(token.info(now).session_ms, Some(3_600_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [Connecting to a Room]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/connecting.html
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChatToken<'a> {
    token: Text<'a>,
    session_expiration_time: Result<Option<Timestamp>, ExpirationError>,
    token_expiration_time: Result<Option<Timestamp>, ExpirationError>,
}

impl<'a> ChatToken<'a> {
    /// Decodes the JSON response.
    ///
    /// # Errors
    ///
    /// Returns an error if the response is not a JSON object (RFC 8259), if `token` is missing,
    /// is not a string or is not a valid [`Token`], or if a member occurs twice.
    pub fn decode(response: &'a [u8]) -> Result<Self, ChatTokenError> {
        let mut result = None;
        let decoded = decode_utf8(response, |cursor| {
            let token = Self::read(cursor);
            let outcome = match token {
                Err(ChatTokenError { kind: ChatTokenErrorKind::Json(kind), offset }) => {
                    Err(DecodeError::new(kind, offset))
                }
                _ => Ok(()),
            };
            result = Some(token);
            outcome
        });
        match (decoded, result) {
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(DecodeError::new(DecodeErrorKind::UnexpectedEnd, 0).into()),
        }
    }

    /// Decodes a JSON response that is known to be UTF-8.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`decode`](Self::decode).
    pub fn decode_str(response: &'a str) -> Result<Self, ChatTokenError> {
        Self::read(Cursor::new(response))
    }

    fn read(mut cursor: Cursor<'a>) -> Result<Self, ChatTokenError> {
        let mut members: [Option<Value<'a>>; MEMBERS.len()] = [None; MEMBERS.len()];
        cursor.skip_space();
        let mut is_closed = cursor.open_object()?;
        while !is_closed {
            let key_offset = cursor.offset();
            let name = Text::from_json(cursor.key()?);
            cursor.skip_space();
            let offset = cursor.offset();
            let json = cursor.value(1)?;
            let member = MEMBERS.iter().zip(&mut members).find(|(member, _)| name == **member);
            if let Some((_, member)) = member {
                if member.replace(Value { json, offset }).is_some() {
                    return Err(ChatTokenErrorKind::DuplicateMember.at(key_offset));
                }
            }
            is_closed = cursor.close_object()?;
        }
        let end = cursor.offset();
        cursor.end()?;
        let [token, session, expiration] = members;
        Ok(Self {
            token: token
                .ok_or(ChatTokenErrorKind::MissingToken.at(end.saturating_sub(1)))?
                .token()?,
            session_expiration_time: session.map_or(Ok(None), Value::time),
            token_expiration_time: expiration.map_or(Ok(None), Value::time),
        })
    }

    /// Returns the token, or `None` if the JSON contains it with escapes.
    ///
    /// [`decode_token_into`](Self::decode_token_into) works in either case.
    #[must_use]
    pub fn token(&self) -> Option<Token<'a>> {
        Token::new(self.token.as_str()?).ok()
    }

    /// Decodes the token into `buffer`.
    ///
    /// A buffer of the length of the response is always large enough.
    ///
    /// # Errors
    ///
    /// Returns an error if `buffer` is too small.
    pub fn decode_token_into<'b>(&self, buffer: &'b mut [u8]) -> Result<Token<'b>, BufferTooSmall> {
        let token = self.token.decode_into(buffer)?;
        // The token was validated when it was decoded.
        Token::new(token).map_err(|_| BufferTooSmall::new(self.token.len()))
    }

    /// Returns the end of the session, or `None` if the response does not state it.
    ///
    /// # Errors
    ///
    /// Returns an error if the response states it in a form that cannot be read. The length of the
    /// session is then unknown, and the client works without it.
    ///
    /// # Forms
    ///
    /// The service sends a time in the format of RFC 3339. Application servers often pass it on in
    /// the format of their language, so the following forms are accepted as well: a space instead
    /// of `T`; no seconds; an offset without a colon or without minutes; `UTC` or `GMT`, after a
    /// space; and the seconds (10 digits) or milliseconds (13 digits) since 1970, as a number or as
    /// a string.
    pub const fn session_expiration_time(&self) -> Result<Option<Timestamp>, ExpirationError> {
        self.session_expiration_time
    }

    /// Returns the time until which the token can be used to connect, or `None` if the response
    /// does not state it.
    ///
    /// This is not the end of the session.
    ///
    /// # Errors
    ///
    /// Returns an error if the response states it in a form that cannot be read.
    pub const fn token_expiration_time(&self) -> Result<Option<Timestamp>, ExpirationError> {
        self.token_expiration_time
    }

    /// Returns what [`Client::handle_token`](crate::client::Client::handle_token) needs to know,
    /// given the time `now` on the host's wall clock.
    ///
    /// The length of the session is unknown if
    /// [`session_expiration_time`](Self::session_expiration_time) returns `None` or an error.
    #[must_use]
    pub fn info(&self, now: Timestamp) -> TokenInfo<'static> {
        match self.session_expiration_time {
            Ok(Some(time)) => TokenInfo::until(time, now),
            _ => TokenInfo::new(),
        }
    }
}

impl fmt::Debug for ChatToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatToken")
            .field("token", &"redacted")
            .field("session_expiration_time", &self.session_expiration_time)
            .field("token_expiration_time", &self.token_expiration_time)
            .finish()
    }
}

/// The error for a response that is not a [`ChatToken`].
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{ChatToken, ChatTokenErrorKind};
///
/// let error = ChatToken::decode_str(r#"{"message":"Forbidden"}"#).unwrap_err();
/// assert_eq!(error.kind(), ChatTokenErrorKind::MissingToken);
/// assert_eq!(error.to_string(), "missing token, at byte 22");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind}, at byte {offset}")]
pub struct ChatTokenError {
    kind: ChatTokenErrorKind,
    offset: usize,
}

impl ChatTokenError {
    /// Returns the kind of the error.
    #[must_use]
    pub const fn kind(&self) -> ChatTokenErrorKind {
        self.kind
    }

    /// Returns the offset of the cause, in bytes from the start of the response.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl<E: Into<DecodeError>> From<E> for ChatTokenError {
    fn from(error: E) -> Self {
        let error = error.into();
        Self { kind: ChatTokenErrorKind::Json(error.kind()), offset: error.offset() }
    }
}

/// The kind of a [`ChatTokenError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ChatTokenErrorKind {
    /// The response is not a JSON object.
    #[error("{0}")]
    Json(DecodeErrorKind),
    /// The member `token` is missing.
    #[error("missing token")]
    MissingToken,
    /// The member `token` is not a string.
    #[error("invalid type for token: expected a string")]
    WrongType,
    /// The member `token` is empty, or contains a character that cannot be sent in a header.
    #[error("invalid token: expected HTTP token characters")]
    InvalidToken,
    /// A member occurs twice.
    #[error("duplicate member")]
    DuplicateMember,
}

impl ChatTokenErrorKind {
    const fn at(self, offset: usize) -> ChatTokenError {
        ChatTokenError { kind: self, offset }
    }
}

/// The error for an expiration time that cannot be read. It does not contain the text, because a
/// confused server may have put the token there.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{ChatToken, ExpirationError};
///
/// let response = r#"{"token":"AQICAHhP","sessionExpirationTime":"2026-11-22T11:00:00"}"#;
/// let error = ChatToken::decode_str(response)?.session_expiration_time().unwrap_err();
/// assert_eq!(error, ExpirationError::NoTimeZone);
/// # Ok::<(), ivs_chat_proto::ChatTokenError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ExpirationError {
    /// The time has no time zone.
    #[error("invalid expiration time: expected a time zone")]
    NoTimeZone,
    /// The value is not a time.
    #[error("invalid expiration time: expected an RFC 3339 date and time")]
    NotATime,
}

const MEMBERS: [&str; 3] = ["token", "sessionExpirationTime", "tokenExpirationTime"];

/// The value of a member, as JSON.
#[derive(Clone, Copy)]
struct Value<'a> {
    json: &'a str,
    offset: usize,
}

impl<'a> Value<'a> {
    fn text(self) -> Option<Text<'a>> {
        Cursor::new(self.json).string().ok().map(Text::from_json)
    }

    fn token(self) -> Result<Text<'a>, ChatTokenError> {
        let text = self.text().ok_or(ChatTokenErrorKind::WrongType.at(self.offset))?;
        let is_valid = text.chars().all(|character| {
            let mut buffer = [0; 4];
            Token::new(character.encode_utf8(&mut buffer)).is_ok()
        });
        if is_valid && !text.is_empty() {
            Ok(text)
        } else {
            Err(ChatTokenErrorKind::InvalidToken.at(self.offset))
        }
    }

    /// Reads an expiration time. Returns `None` for `null`.
    fn time(self) -> Result<Option<Timestamp>, ExpirationError> {
        if self.json == "null" {
            return Ok(None);
        }
        let mut buffer = [0; MAX_TIME_LEN];
        let text = match self.text() {
            Some(text) => {
                text.decode_into(&mut buffer).map_err(|_| ExpirationError::NotATime)?.trim_ascii()
            }
            None => self.json,
        };
        epoch(text).map_or_else(|| date_time(text), Ok).map(Some)
    }
}

/// The length of the longest accepted text, with generous white space.
const MAX_TIME_LEN: usize = 64;

/// The accepted seconds and milliseconds since 1970, from 2001 to 2286. The ranges are disjoint.
const SECONDS: Range<u64> = 1_000_000_000..10_000_000_000;
const MILLISECONDS: Range<u64> = 1_000_000_000_000..10_000_000_000_000;

/// Reads seconds or milliseconds since 1970.
fn epoch(number: &str) -> Option<Timestamp> {
    let since_1970 = if let Ok(number) = number.parse() {
        if SECONDS.contains(&number) {
            Duration::from_secs(number)
        } else if MILLISECONDS.contains(&number) {
            Duration::from_millis(number)
        } else {
            return None;
        }
    } else {
        let number: f64 = number.parse().ok()?;
        let in_unit = |unit| {
            let duration = Duration::try_from_secs_f64(number / unit).ok();
            duration.filter(|duration| SECONDS.contains(&duration.as_secs()))
        };
        in_unit(1.0).or_else(|| in_unit(1_000.0))?
    };
    Timestamp::new(i64::try_from(since_1970.as_secs()).ok()?, since_1970.subsec_nanos())
}

/// Reads a date and time in a form that is close to RFC 3339.
fn date_time(text: &str) -> Result<Timestamp, ExpirationError> {
    let not_a_time = ExpirationError::NotATime;
    if let Ok(time) = Timestamp::parse(text) {
        return Ok(time);
    }
    let (date, rest) = text.split_at_checked("2026-11-22".len()).ok_or(not_a_time)?;
    let time = rest.strip_prefix(['T', 't', ' ']).ok_or(not_a_time)?;
    let end = time.find(|character: char| !matches!(character, '0'..='9' | ':' | '.'));
    let (time, zone) = time.split_at_checked(end.unwrap_or(time.len())).ok_or(not_a_time)?;
    let zone = zone.trim_ascii_start();
    if zone.is_empty() {
        let is_time = rebuild(date, time, &["Z"]).is_some();
        return Err(if is_time { ExpirationError::NoTimeZone } else { not_a_time });
    }
    if matches!(zone, "Z" | "z" | "UTC" | "GMT") {
        return rebuild(date, time, &["Z"]).ok_or(not_a_time);
    }
    let (hours, minutes) = zone.split_at_checked("+00".len()).ok_or(not_a_time)?;
    let minutes = match minutes.strip_prefix(':') {
        Some(minutes) => minutes,
        None if minutes.is_empty() => "00",
        None => minutes,
    };
    rebuild(date, time, &[hours, ":", minutes]).ok_or(not_a_time)
}

/// Parses the time in the format of RFC 3339.
fn rebuild(date: &str, time: &str, offset: &[&str]) -> Option<Timestamp> {
    let mut text = heapless::String::<MAX_TIME_LEN>::new();
    let seconds = if time.len() == "20:15".len() { ":00" } else { "" };
    for part in [date, "T", time, seconds].iter().chain(offset) {
        text.write_str(part).ok()?;
    }
    Timestamp::parse(&text).ok()
}
