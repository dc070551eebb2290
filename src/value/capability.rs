//! The capabilities of a token.

use core::fmt;
use core::str::FromStr;

/// A capability that a publish requires (the reference's heading "Required Capability").
///
/// A connection without any capability can still receive.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Capability;
///
/// assert_eq!("SEND_MESSAGE".parse(), Ok(Capability::SendMessage));
/// assert_eq!(Capability::DeleteMessage.to_string(), "DELETE_MESSAGE");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
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

    /// Returns the name that `CreateChatToken` expects.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendMessage => "SEND_MESSAGE",
            Self::DeleteMessage => "DELETE_MESSAGE",
            Self::DisconnectUser => "DISCONNECT_USER",
        }
    }

    /// Returns the capability with this name, or `None` if there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|capability| capability.name() == name)
    }
}

impl FromStr for Capability {
    type Err = ParseCapabilityError;

    fn from_str(name: &str) -> Result<Self, ParseCapabilityError> {
        Self::from_name(name).ok_or(ParseCapabilityError(()))
    }
}

/// The error for a text that is not the name of a [`Capability`].
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Capability;
///
/// let error = "BAN_USER".parse::<Capability>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown capability: expected SEND_MESSAGE, DELETE_MESSAGE or DISCONNECT_USER"
/// );
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("unknown capability: expected SEND_MESSAGE, DELETE_MESSAGE or DISCONNECT_USER")]
pub struct ParseCapabilityError(());

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The set of capabilities of a token.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{Capabilities, Capability};
///
/// let guest = Capabilities::NONE.with(Capability::SendMessage);
/// assert!(guest.permits(Capability::SendMessage) && !guest.permits(Capability::DeleteMessage));
/// assert_eq!(guest, Capabilities::from([Capability::SendMessage]));
/// assert_eq!(guest.with(Capability::DeleteMessage).to_string(), "SEND_MESSAGE, DELETE_MESSAGE");
/// assert_eq!(Capabilities::ALL.iter().count(), 3);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u8);

impl Capabilities {
    /// No capabilities. The connection can only receive.
    pub const NONE: Self = Self(0);
    /// All capabilities.
    pub const ALL: Self = Self::NONE
        .with(Capability::SendMessage)
        .with(Capability::DeleteMessage)
        .with(Capability::DisconnectUser);

    /// Returns the set with `capability` added.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | Self::bit(capability))
    }

    /// Returns `true` if the set contains `capability`.
    #[must_use]
    pub const fn permits(self, capability: Capability) -> bool {
        self.0 & Self::bit(capability) != 0
    }

    /// Returns an iterator over the capabilities in the set, in the order of [`Capability::ALL`].
    #[must_use]
    pub fn iter(self) -> CapabilitiesIter {
        CapabilitiesIter { set: self, rest: Capability::ALL.iter() }
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

impl<const N: usize> From<[Capability; N]> for Capabilities {
    fn from(capabilities: [Capability; N]) -> Self {
        capabilities.into_iter().collect()
    }
}

impl Extend<Capability> for Capabilities {
    fn extend<I: IntoIterator<Item = Capability>>(&mut self, capabilities: I) {
        *self = capabilities.into_iter().fold(*self, Self::with);
    }
}

impl IntoIterator for Capabilities {
    type Item = Capability;
    type IntoIter = CapabilitiesIter;

    fn into_iter(self) -> CapabilitiesIter {
        self.iter()
    }
}

/// Formats the names, separated by commas, or "none" for an empty set.
impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("none");
        }
        let mut separator = "";
        self.iter().try_for_each(|capability| {
            f.write_str(separator)?;
            separator = ", ";
            f.write_str(capability.name())
        })
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// An iterator over [`Capabilities`], created by [`Capabilities::iter`].
#[derive(Clone, Debug)]
pub struct CapabilitiesIter {
    set: Capabilities,
    rest: core::slice::Iter<'static, Capability>,
}

impl Iterator for CapabilitiesIter {
    type Item = Capability;

    fn next(&mut self) -> Option<Capability> {
        self.rest.find(|capability| self.set.permits(**capability)).copied()
    }
}

impl core::iter::FusedIterator for CapabilitiesIter {}

#[cfg(feature = "defmt")]
impl defmt::Format for Capabilities {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}
