use super::rng::Rng;

/// The way in which the room disconnects a user.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::mock::Disconnection;
///
/// assert_eq!(Disconnection::default(), Disconnection::new(Some(1000)));
/// assert!(!Disconnection::new(None).without_event().has_event);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Disconnection {
    /// `true` if the user's own connections receive the event `aws:DISCONNECT_USER`. All other
    /// connections always receive it. Defaults to `true`.
    pub has_event: bool,
    /// The code with which the user's connections are closed. The close reason is the `Reason` of
    /// the request. Defaults to 1000.
    ///
    /// 1005 stands for a close frame without a code, which has no reason either. With `None`, the
    /// connections stay open, but no more payloads are delivered on them. The room then ignores
    /// their publishes and still answers their pings.
    pub close_code: Option<u16>,
}

impl Disconnection {
    /// The event, followed by a close with code 1000, as the service has done it since late 2022.
    pub const DEFAULT: Self = Self::new(Some(1000));

    /// Creates a disconnection with the event, followed by a close if there is a code.
    #[must_use]
    pub const fn new(close_code: Option<u16>) -> Self {
        Self { has_event: true, close_code }
    }

    /// Sets [`has_event`](Self::has_event) to `false`.
    #[must_use]
    pub const fn without_event(self) -> Self {
        Self { has_event: false, ..self }
    }

    /// Sets [`close_code`](Self::close_code).
    #[must_use]
    pub const fn with_close_code(self, close_code: Option<u16>) -> Self {
        Self { close_code, ..self }
    }

    pub(super) fn random(rng: &mut Rng) -> Self {
        let codes = [Some(1000), Some(1001), None];
        let disconnection = Self::new(rng.pick(&codes, None));
        if rng.below(3) == 0 { disconnection.without_event() } else { disconnection }
    }
}

impl Default for Disconnection {
    fn default() -> Self {
        Self::DEFAULT
    }
}
