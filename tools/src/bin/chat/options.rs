//! The command line.

use std::ffi::{OsStr, OsString};

use ivs_chat_proto::{Content, Endpoint};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Uri;

use crate::tokens::{TokenSource, TokenSourceKind};

/// The text for `--help`.
pub(crate) const USAGE: &str = include_str!("usage.txt");

/// The maximum length of an option that error messages repeat.
const MAX_OPTION_LEN: usize = "--max-code-points".len();

/// A parsed command line.
pub(crate) enum Command {
    Chat(Options),
    Help,
}

pub(crate) struct Options {
    pub(crate) endpoint: Uri,
    pub(crate) tokens: TokenSource,
    pub(crate) max_code_points: Option<u16>,
}

impl Command {
    /// Parses the arguments after the program name.
    ///
    /// # Errors
    ///
    /// Returns a message for the user if the arguments are invalid. It never contains a token.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let (mut token_command, mut user_id, mut max_code_points) = (None, None, None);
        let mut operands = Vec::new();
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--token-command") => {
                    token_command =
                        Some(arguments.next().ok_or("--token-command requires a command")?);
                }
                Some("--user-id") => {
                    let id = arguments
                        .next()
                        .and_then(|id| id.into_string().ok())
                        .filter(|id| !id.is_empty());
                    user_id = Some(id.ok_or("--user-id requires a user ID")?);
                }
                Some("--max-code-points") => {
                    max_code_points = Some(parse_max_code_points(arguments.next().as_deref())?);
                }
                Some("--help") => return Ok(Self::Help),
                Some("--") => operands.extend(arguments.by_ref()),
                Some(option) if option.starts_with("--") => return Err(unknown_option(option)),
                _ => operands.push(argument),
            }
        }
        let mut operands = operands.into_iter();
        let endpoint = parse_endpoint(&operands.next().ok_or("missing ENDPOINT")?)?;
        let kind = match (operands.next(), token_command) {
            (Some(token), None) => {
                TokenSourceKind::fixed(&token).map_err(|error| format!("invalid TOKEN: {error}"))?
            }
            (None, Some(command)) => TokenSourceKind::Command(command),
            (None, None) => return Err("missing TOKEN or --token-command".into()),
            (Some(_), Some(_)) => {
                return Err("TOKEN and --token-command cannot be used together".into());
            }
        };
        if operands.next().is_some() {
            return Err("unexpected argument after ENDPOINT and TOKEN".into());
        }
        let tokens = TokenSource { kind, user_id };
        Ok(Self::Chat(Options { endpoint, tokens, max_code_points }))
    }
}

/// Returns the message for an unknown option. It repeats the option only if the option can neither
/// be a token nor control the terminal.
fn unknown_option(option: &str) -> String {
    let name = option.split_once('=').map_or(option, |(name, _)| name);
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    if name.len() <= MAX_OPTION_LEN && name.bytes().all(is_word) {
        format!("unknown option {name:?}")
    } else {
        "unknown option".into()
    }
}

/// Parses a region or a URL. Error messages do not repeat it, because it may be a misplaced token.
fn parse_endpoint(argument: &OsStr) -> Result<Uri, String> {
    let invalid = || {
        "invalid ENDPOINT: expected a region or a ws:// or wss:// URL, followed by TOKEN".to_owned()
    };
    let argument = argument.to_str().ok_or_else(invalid)?;
    let url = match Endpoint::new(argument) {
        Ok(endpoint) if is_region(argument) => endpoint.to_string(),
        _ => argument.into(),
    };
    let uri: Uri = url.parse().map_err(|_| invalid())?;
    let is_valid =
        matches!(uri.scheme_str(), Some("ws" | "wss")) && uri.clone().into_client_request().is_ok();
    if is_valid { Ok(uri) } else { Err(invalid()) }
}

/// Returns `true` for a name like `us-west-2`. A more lenient check could take a token for a region
/// and leak it in a DNS query.
fn is_region(argument: &str) -> bool {
    let mut parts = argument.rsplit('-');
    let is_number =
        |part: &str| matches!(part.len(), 1..=2) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |part: &str| {
        matches!(part.len(), 1..=12) && part.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    parts.next().is_some_and(is_number)
        && matches!(parts.clone().count(), 2..=3)
        && parts.all(is_word)
}

fn parse_max_code_points(value: Option<&OsStr>) -> Result<u16, String> {
    let number = value.and_then(OsStr::to_str).and_then(|value| value.parse().ok());
    let in_range = number.filter(|number| (1..=Content::MAX_CODE_POINTS).contains(number));
    in_range.ok_or_else(|| {
        format!("--max-code-points requires a number from 1 to {}", Content::MAX_CODE_POINTS)
    })
}
