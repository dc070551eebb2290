/// The code and reason of a WebSocket close frame, as the service sends it.
///
/// # Examples
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

/// The maximum length of a close reason in bytes ([RFC 6455], section 5.5.1).
///
/// [RFC 6455]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1
const MAX_REASON_LEN: usize = 123;

impl Close<'static> {
    /// The end of a session: code 1000 and a JSON object with the `ErrorCode` 401.
    ///
    /// The service's close code is not known. Clients rely on the
    /// [error](super::Rejection::expired) that the server sends before the close.
    pub const EXPIRED: Self =
        Self { code: 1000, reason: r#"{"ErrorMessage":"session expired","ErrorCode":401}"# };
}

impl<'a> Close<'a> {
    /// Creates the close of a disconnected user: code 1000 and the reason as plain text.
    ///
    /// The reason is truncated to at most 123 bytes, at a character boundary.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::server::Close;
    ///
    /// assert_eq!(Close::disconnected("spam").reason(), "spam");
    /// assert_eq!(Close::disconnected(&"é".repeat(200)).reason(), "é".repeat(61));
    /// ```
    #[must_use]
    pub fn disconnected(reason: &'a str) -> Self {
        let end =
            (0..=MAX_REASON_LEN.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end));
        Self { code: 1000, reason: end.and_then(|end| reason.get(..end)).unwrap_or_default() }
    }

    /// Returns the close code.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// Returns the close reason, which has at most 123 bytes.
    #[must_use]
    pub const fn reason(&self) -> &'a str {
        self.reason
    }
}
