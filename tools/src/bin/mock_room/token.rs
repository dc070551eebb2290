//! The tokens of this program, which are self-contained.

use core::str::FromStr;

use ivs_chat_proto::{Capabilities, Capability, Token};

/// Example tokens with descriptions.
pub(crate) const EXAMPLES: [(&str, &str); 4] = [
    ("lobby.astrid.send-delete-disconnect.3600", "can do everything in the lobby"),
    ("lobby.birk.send.3600", "can only send"),
    ("lobby.cleo.none.3600", "can only read"),
    ("attic.dag.send-delete.60", "is in another room, for one minute"),
];

/// The maximum length of a session: 180 minutes.
const MAX_SECONDS: u32 = 10_800;

/// The maximum length of a name, in bytes. All characters of a token are ASCII.
const MAX_NAME_LEN: usize = 128;

const CAPABILITIES: [(&str, Capability); 3] = [
    ("send", Capability::SendMessage),
    ("delete", Capability::DeleteMessage),
    ("disconnect", Capability::DisconnectUser),
];

/// A parsed token, `ROOM.USER.CAPABILITIES.SECONDS`.
pub(crate) struct MockToken {
    pub(crate) room: String,
    pub(crate) user: String,
    pub(crate) capabilities: Capabilities,
    pub(crate) seconds: u32,
}

/// An error for a string that is not a [`MockToken`].
pub(crate) struct InvalidToken;

impl FromStr for MockToken {
    type Err = InvalidToken;

    fn from_str(token: &str) -> Result<Self, InvalidToken> {
        Token::new(token).map_err(|_| InvalidToken)?;
        let mut parts = token.split('.');
        let mut part = || parts.next().filter(|part| !part.is_empty()).ok_or(InvalidToken);
        let (room, user, names, seconds) = (part()?, part()?, part()?, part()?);
        if room.len() > MAX_NAME_LEN || user.len() > MAX_NAME_LEN {
            return Err(InvalidToken);
        }
        let capabilities = match names {
            "none" => Some(Capabilities::NONE),
            names => names.split('-').map(parse_capability).collect(),
        };
        let seconds = seconds.parse().ok().filter(|seconds| (1..=MAX_SECONDS).contains(seconds));
        match (capabilities, seconds, parts.next()) {
            (Some(capabilities), Some(seconds), None) => {
                Ok(Self { room: room.into(), user: user.into(), capabilities, seconds })
            }
            _ => Err(InvalidToken),
        }
    }
}

fn parse_capability(name: &str) -> Option<Capability> {
    CAPABILITIES.iter().find(|(known, _)| *known == name).map(|(_, capability)| *capability)
}

impl MockToken {
    /// Describes the capabilities for the log.
    pub(crate) fn permissions(&self) -> String {
        let permitted =
            CAPABILITIES.iter().filter(|(_, capability)| self.capabilities.permits(*capability));
        let names: Vec<_> = permitted.map(|(name, _)| *name).collect();
        if names.is_empty() { "can only read".into() } else { format!("can {}", names.join(", ")) }
    }
}
