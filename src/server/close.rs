/// How the service closes a connection, as far as that is known: what goes into the WebSocket close
/// frame.
///
/// ```
/// use ivs_chat_proto::CloseReason;
/// use ivs_chat_proto::server::Close;
///
/// let close = Close::disconnected("Kicked by moderator");
/// assert_eq!((close.code(), close.reason()), (1000, "Kicked by moderator"));
/// assert!(matches!(CloseReason::parse(Close::EXPIRED.reason()), CloseReason::Error { .. }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Close<'a> {
    code: u16,
    reason: &'a str,
}

/// The room that a close frame has for a reason ([RFC 6455], section 5.5.1).
///
/// [RFC 6455]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1
const MAX_REASON: usize = 123;

impl Close<'static> {
    /// The session is over. The reason is an object, with the `ErrorCode` 401. The code is not
    /// known; clients go by the [error](super::Rejection::expired) in front of it.
    pub const EXPIRED: Self =
        Self { code: 1000, reason: r#"{"ErrorMessage":"session expired","ErrorCode":401}"# };
}

impl<'a> Close<'a> {
    /// The user has been disconnected: code 1000, and plain text for a reason. What a close frame
    /// has no room for is cut off.
    #[must_use]
    pub fn disconnected(reason: &'a str) -> Self {
        let end =
            (0..=MAX_REASON.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end));
        Self { code: 1000, reason: end.and_then(|end| reason.get(..end)).unwrap_or_default() }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// The reason: at most 123 bytes.
    #[must_use]
    pub const fn reason(&self) -> &'a str {
        self.reason
    }
}
