//! The endpoint of a connection and the token that opens it.

use core::fmt;

/// A chat token from `CreateChatToken`.
///
/// A client presents it once, in the WebSocket handshake, as the only subprotocol that it offers
/// ([Connecting to a Room], step 4). The token identifies the room. The endpoint does not.
///
/// The token is opaque: nothing is trimmed or encoded. `Debug` redacts it. Keep the request header
/// and the response header, which echoes the token, out of logs. Some WebSocket libraries log the
/// handshake at their most verbose level.
///
/// Tokens have about 870 characters, which some libraries do not expect of a subprotocol. The
/// `no_std` WebSocket crate `embedded-websocket` 0.9.5 panics when the server echoes a subprotocol
/// of more than 24 bytes, and the service echoes every token.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Token;
///
/// let token = Token::try_from("AQICAHhP!#1")?;
/// assert_eq!(Token::HEADER_NAME, "Sec-WebSocket-Protocol");
/// assert_eq!(token.header_value(), "AQICAHhP!#1");
/// assert_eq!(format!("{token:?}"), "Token(redacted)");
/// # Ok::<(), ivs_chat_proto::TokenError>(())
/// ```
///
/// [Connecting to a Room]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/connecting.html
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token<'a>(&'a str);

impl<'a> Token<'a> {
    /// The name of the header that carries the token.
    pub const HEADER_NAME: &'static str = "Sec-WebSocket-Protocol";

    /// Creates a token from the `token` member of the response of `CreateChatToken`.
    ///
    /// # Errors
    ///
    /// Returns an error if `token` is empty or contains a character that a `token` of
    /// [RFC 7230](https://www.rfc-editor.org/rfc/rfc7230#section-3.2.6) cannot contain. It could
    /// not be sent as a single subprotocol.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Token;
    ///
    /// assert!(Token::new("AQICAHhP!#1").is_ok());
    /// assert_eq!(Token::new("two, tokens").unwrap_err().offset(), 3);
    /// ```
    pub const fn new(token: &'a str) -> Result<Self, TokenError> {
        let mut rest = token.as_bytes();
        if rest.is_empty() {
            return Err(TokenError { offset: 0 });
        }
        while let [byte, after @ ..] = rest {
            if !is_tchar(*byte) {
                let offset = token.len().saturating_sub(rest.len());
                return Err(TokenError { offset });
            }
            rest = after;
        }
        Ok(Self(token))
    }

    /// Returns the value of the header, which is the token itself.
    #[must_use]
    pub const fn header_value(&self) -> &'a str {
        self.0
    }
}

/// Returns `true` for a `tchar` of RFC 7230.
const fn is_tchar(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`'
            | b'|' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'
    )
}

impl<'a> TryFrom<&'a str> for Token<'a> {
    type Error = TokenError;

    fn try_from(token: &'a str) -> Result<Self, TokenError> {
        Self::new(token)
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// The error for a text that is empty or contains a character that a token cannot contain.
///
/// It does not contain the text.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Token;
///
/// let error = Token::new("two, tokens").unwrap_err();
/// assert_eq!(error.to_string(), "invalid token: expected an HTTP token character, at byte 3");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("invalid token: expected an HTTP token character, at byte {offset}")]
pub struct TokenError {
    offset: usize,
}

impl TokenError {
    /// Returns the offset in bytes of the first invalid character, or 0 if the text is empty.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

/// The regions known to have a messaging endpoint.
///
/// An [`Endpoint`] accepts other regions too.
pub const REGIONS: &[&str] = &[
    "us-east-1",
    "us-west-2",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "eu-central-1",
    "eu-west-1",
];

/// The WebSocket endpoint of a region.
///
/// [`Display`](fmt::Display) formats its URL.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Endpoint;
///
/// let endpoint = Endpoint::new("us-west-2")?;
/// assert_eq!(endpoint.to_string(), "wss://edge.ivschat.us-west-2.amazonaws.com");
/// # Ok::<(), ivs_chat_proto::RegionError>(())
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint<'a> {
    region: &'a str,
}

impl<'a> Endpoint<'a> {
    /// Creates the endpoint of `region`.
    ///
    /// # Errors
    ///
    /// Returns an error if `region` is empty or contains a character other than ASCII letters,
    /// digits, `-`, `.`, `_` and `~`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Endpoint;
    ///
    /// assert_eq!(Endpoint::new("us-west-2")?.region(), "us-west-2");
    /// assert!(Endpoint::new("example.com/").is_err());
    /// # Ok::<(), ivs_chat_proto::RegionError>(())
    /// ```
    pub const fn new(region: &'a str) -> Result<Self, RegionError> {
        let mut rest = region.as_bytes();
        if rest.is_empty() {
            return Err(RegionError(()));
        }
        while let [byte, after @ ..] = rest {
            if !matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~')
            {
                return Err(RegionError(()));
            }
            rest = after;
        }
        Ok(Self { region })
    }

    /// Returns the region.
    #[must_use]
    pub const fn region(&self) -> &'a str {
        self.region
    }
}

impl<'a> TryFrom<&'a str> for Endpoint<'a> {
    type Error = RegionError;

    fn try_from(region: &'a str) -> Result<Self, RegionError> {
        Self::new(region)
    }
}

impl fmt::Display for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wss://edge.ivschat.{}.amazonaws.com", self.region)
    }
}

/// The error for a text that is not the name of a region.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Endpoint;
///
/// let error = Endpoint::new("").unwrap_err();
/// assert_eq!(error.to_string(), "invalid region: expected letters, digits, '-', '.', '_' or '~'");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("invalid region: expected letters, digits, '-', '.', '_' or '~'")]
pub struct RegionError(());
