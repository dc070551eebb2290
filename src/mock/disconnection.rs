use super::rng::Rng;

/// How the room disconnects a user.
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
    /// Whether the user's own connections get the event `aws:DISCONNECT_USER`. All others always
    /// get it.
    pub has_event: bool,
    /// The code that the user's connections are closed with, together with the reason that the
    /// request has. 1005 means a close frame without a code, which has no reason either. With
    /// `None` they stay open: no payload is delivered on them any more and publishes get no answer,
    /// but pings do.
    pub close_code: Option<u16>,
}

impl Disconnection {
    /// The event, and then a close with 1000, as the service does it since late 2022. This is the
    /// default.
    pub const DEFAULT: Self = Self::new(Some(1000));

    /// The event, and then a close with this code, if any.
    #[must_use]
    pub const fn new(close_code: Option<u16>) -> Self {
        Self { has_event: true, close_code }
    }

    /// The same, but the user's own connections do not get the event.
    #[must_use]
    pub const fn without_event(self) -> Self {
        Self { has_event: false, ..self }
    }

    /// Returns any way that there may be.
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
