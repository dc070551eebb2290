//! Where a connection is made, and the token that opens it.

use core::fmt;

/// A chat token, from `CreateChatToken`.
///
/// It is presented once, in the WebSocket handshake, as the only subprotocol that the client offers
/// ([Connecting to a Room], step 4); the service answers with the same subprotocol, so leave that
/// header, too, out of logs. The token says which room it is for: the endpoint does not.
///
/// It is opaque: nothing is trimmed from it and nothing encoded. `Debug` does not show it. What
/// becomes of the header's value is in the hands of the WebSocket library: some log the handshake
/// at their most talkative level.
///
/// Tokens are long, some 870 characters, and not every library expects that of a subprotocol. The
/// `no_std` WebSocket crate `embedded-websocket` 0.9.5 panics when the server echoes a subprotocol
/// of more than 24 bytes, as the service does with every token.
///
/// ```
/// use ivs_chat_proto::Token;
///
/// let token = Token::new("AQICAHhP!#1").unwrap();
/// assert_eq!((Token::HEADER_NAME, token.header_value()), ("Sec-WebSocket-Protocol", "AQICAHhP!#1"));
/// assert_eq!(format!("{token:?}"), "Token(redacted)");
/// assert!(Token::new("two, tokens").is_err());
/// ```
///
/// [Connecting to a Room]: https://docs.aws.amazon.com/ivs/latest/chatmsgapireference/connecting.html
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token<'a>(&'a str);

impl<'a> Token<'a> {
    /// The name of the header that carries the token.
    pub const HEADER_NAME: &'static str = "Sec-WebSocket-Protocol";

    /// A token that can stand in a header: not empty, and of the characters of a `token` of
    /// [RFC 7230](https://www.rfc-editor.org/rfc/rfc7230#section-3.2.6) only.
    ///
    /// # Errors
    ///
    /// If it could not be offered as one subprotocol.
    pub const fn new(token: &'a str) -> Result<Self, TokenError> {
        let mut rest = token.as_bytes();
        if rest.is_empty() {
            return Err(TokenError { offset: 0 });
        }
        while let [byte, after @ ..] = rest {
            if !is_tchar(*byte) {
                return Err(TokenError { offset: token.len().saturating_sub(rest.len()) });
            }
            rest = after;
        }
        Ok(Self(token))
    }

    /// The value of the header that carries the token: the token.
    #[must_use]
    pub const fn header_value(&self) -> &'a str {
        self.0
    }
}

/// `tchar` of RFC 7230.
const fn is_tchar(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'
    )
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// A text that cannot be a token: it is empty, or has a character that cannot stand in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("not a token, at byte {offset}")]
pub struct TokenError {
    offset: usize,
}

impl TokenError {
    /// Which byte it was.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

/// The regions that are known to have a messaging endpoint; an [`Endpoint`] takes any other as
/// well.
pub const REGIONS: &[&str] = &[
    "us-east-1",
    "us-west-2",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "eu-central-1",
    "eu-west-1",
];

/// The WebSocket endpoint of a region; [`Display`](fmt::Display) writes its URL.
///
/// ```
/// use ivs_chat_proto::Endpoint;
///
/// let endpoint = Endpoint::new("us-west-2").unwrap();
/// assert_eq!(endpoint.to_string(), "wss://edge.ivschat.us-west-2.amazonaws.com");
/// assert!(Endpoint::new("example.com/").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint<'a> {
    region: &'a str,
}

impl<'a> Endpoint<'a> {
    /// The endpoint of `region`, of letters, digits, `-`, `.`, `_` and `~`.
    ///
    /// # Errors
    ///
    /// If `region` is empty or has another character.
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

    /// The region.
    #[must_use]
    pub const fn region(&self) -> &'a str {
        self.region
    }
}

impl fmt::Display for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wss://edge.ivschat.{}.amazonaws.com", self.region)
    }
}

/// A text that is no name of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("not the name of a region")]
pub struct RegionError(());
