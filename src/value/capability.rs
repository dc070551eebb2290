//! What a token permits.

use core::fmt;

/// What a connection must be permitted to do for a publish, under the reference's heading "Required
/// Capability".
///
/// A token without any capability can still receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// `SEND_MESSAGE`.
    SendMessage,
    /// `DELETE_MESSAGE`.
    DeleteMessage,
    /// `DISCONNECT_USER`.
    DisconnectUser,
}

impl Capability {
    /// All capabilities.
    pub const ALL: &'static [Self] =
        &[Self::SendMessage, Self::DeleteMessage, Self::DisconnectUser];

    /// The name, as `CreateChatToken` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendMessage => "SEND_MESSAGE",
            Self::DeleteMessage => "DELETE_MESSAGE",
            Self::DisconnectUser => "DISCONNECT_USER",
        }
    }

    /// The capability with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|capability| capability.name() == name)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of capabilities: what a token permits.
///
/// ```
/// use ivs_chat_proto::{Capabilities, Capability};
///
/// let moderator = Capabilities::ALL;
/// let guest = Capabilities::NONE.with(Capability::SendMessage);
/// assert!(guest.permits(Capability::SendMessage) && !guest.permits(Capability::DeleteMessage));
/// assert_eq!(Capability::ALL.iter().copied().collect::<Capabilities>(), moderator);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u8);

impl Capabilities {
    /// To receive, which every token permits, and nothing else.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const ALL: Self = Self::NONE
        .with(Capability::SendMessage)
        .with(Capability::DeleteMessage)
        .with(Capability::DisconnectUser);

    /// These and one more.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | Self::bit(capability))
    }

    /// Whether it is one of these.
    #[must_use]
    pub const fn permits(self, capability: Capability) -> bool {
        self.0 & Self::bit(capability) != 0
    }

    const fn bit(capability: Capability) -> u8 {
        match capability {
            Capability::SendMessage => 1,
            Capability::DeleteMessage => 2,
            Capability::DisconnectUser => 4,
        }
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        capabilities.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(Capability::ALL.iter().filter(|capability| self.permits(**capability)))
            .finish()
    }
}
