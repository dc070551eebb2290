//! Tokens of this program's own, which say everything themselves.

use core::str::FromStr;

use ivs_chat_proto::{Capabilities, Capability, Token};

/// Tokens to begin with, and what each is good for.
pub(crate) const READY: [(&str, &str); 4] = [
    ("lobby.astrid.send-delete-disconnect.3600", "may do everything in the lobby"),
    ("lobby.birk.send.3600", "may only send"),
    ("lobby.cleo.none.3600", "may only read"),
    ("attic.dag.send-delete.60", "is in another room, for a minute"),
];

/// The longest session, 180 minutes.
const MAX_SECONDS: u32 = 10_800;

/// The longest name, in characters: those of a token are of one byte.
const MAX_NAME: usize = 128;

const CAPABILITIES: [(&str, Capability); 3] = [
    ("send", Capability::SendMessage),
    ("delete", Capability::DeleteMessage),
    ("disconnect", Capability::DisconnectUser),
];

/// What a token says.
pub(crate) struct Pass {
    pub(crate) room: String,
    pub(crate) user: String,
    pub(crate) capabilities: Capabilities,
    pub(crate) seconds: u32,
}

/// A text that is not such a token.
pub(crate) struct NoPass;

impl FromStr for Pass {
    type Err = NoPass;

    fn from_str(token: &str) -> Result<Self, NoPass> {
        Token::new(token).map_err(|_| NoPass)?;
        let mut parts = token.split('.');
        let mut part = || parts.next().filter(|part| !part.is_empty()).ok_or(NoPass);
        let (room, user, names, seconds) = (part()?, part()?, part()?, part()?);
        if room.len() > MAX_NAME || user.len() > MAX_NAME {
            return Err(NoPass);
        }
        let capabilities = match names {
            "none" => Some(Capabilities::NONE),
            names => names.split('-').map(capability).collect(),
        };
        let seconds = seconds.parse().ok().filter(|seconds| (1..=MAX_SECONDS).contains(seconds));
        match (capabilities, seconds, parts.next()) {
            (Some(capabilities), Some(seconds), None) => {
                Ok(Self { room: room.into(), user: user.into(), capabilities, seconds })
            }
            _ => Err(NoPass),
        }
    }
}

fn capability(name: &str) -> Option<Capability> {
    CAPABILITIES.iter().find(|(known, _)| *known == name).map(|(_, capability)| *capability)
}

impl Pass {
    /// What its owner may do, in words.
    pub(crate) fn permitted(&self) -> String {
        let permitted =
            CAPABILITIES.iter().filter(|(_, capability)| self.capabilities.permits(*capability));
        let names: Vec<_> = permitted.map(|(name, _)| *name).collect();
        if names.is_empty() { "may only read".into() } else { format!("may {}", names.join(", ")) }
    }
}
