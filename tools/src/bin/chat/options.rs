//! The command line.

use std::ffi::{OsStr, OsString};

use ivs_chat_proto::{Content, Endpoint};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Uri;

use crate::tokens::Tokens;

/// What `--help` prints.
pub(crate) const USAGE: &str = include_str!("usage.txt");

/// The length of an option that may be repeated in an error.
const LONGEST_OPTION: usize = "--max-code-points".len();

/// What the command line asks for.
pub(crate) enum Command {
    Chat(Options),
    Help,
}

pub(crate) struct Options {
    pub(crate) endpoint: Uri,
    pub(crate) tokens: Tokens,
    pub(crate) user_id: Option<String>,
    pub(crate) max_code_points: Option<u16>,
}

impl Command {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    ///
    /// What is wrong with them, to be told to whoever wrote them. A token is not repeated there.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let (mut token_command, mut user_id, mut max_code_points) = (None, None, None);
        let mut operands = Vec::new();
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--token-command") => {
                    token_command =
                        Some(arguments.next().ok_or("--token-command needs a command")?);
                }
                Some("--user-id") => {
                    let id = arguments
                        .next()
                        .and_then(|id| id.into_string().ok())
                        .filter(|id| !id.is_empty());
                    user_id = Some(id.ok_or("--user-id needs the ID of a user")?);
                }
                Some("--max-code-points") => {
                    max_code_points = Some(code_points(arguments.next().as_deref())?);
                }
                Some("--help") => return Ok(Self::Help),
                Some("--") => operands.extend(arguments.by_ref()),
                Some(option) if option.starts_with("--") => return Err(no_option(option)),
                _ => operands.push(argument),
            }
        }
        let mut operands = operands.into_iter();
        let endpoint = endpoint(&operands.next().ok_or("there is no ENDPOINT")?)?;
        let tokens = match (operands.next(), token_command) {
            (Some(token), None) => {
                Tokens::same(&token).map_err(|error| format!("TOKEN is {error}"))?
            }
            (None, Some(command)) => Tokens::Command(command),
            (None, None) => return Err("there is neither a TOKEN nor a --token-command".into()),
            (Some(_), Some(_)) => return Err("TOKEN and --token-command exclude each other".into()),
        };
        if operands.next().is_some() {
            return Err("there is something behind ENDPOINT and TOKEN".into());
        }
        Ok(Self::Chat(Options { endpoint, tokens, user_id, max_code_points }))
    }
}

/// What is wrong with an option that does not exist. It is repeated only if it cannot be a token,
/// nor drive the terminal.
fn no_option(option: &str) -> String {
    let name = option.split_once('=').map_or(option, |(name, _)| name);
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    if name.len() <= LONGEST_OPTION && name.bytes().all(is_word) {
        format!("there is no option {name:?}")
    } else {
        "there is no such option".into()
    }
}

/// The endpoint of a region, or another. The argument is not repeated in an error, since it may be
/// the token.
fn endpoint(argument: &OsStr) -> Result<Uri, String> {
    let wrong = || {
        "ENDPOINT, which comes before TOKEN, is neither a region nor a URL of ws:// or wss://"
            .to_owned()
    };
    let argument = argument.to_str().ok_or_else(wrong)?;
    let url = match Endpoint::new(argument) {
        Ok(endpoint) if is_region(argument) => endpoint.to_string(),
        _ => argument.into(),
    };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let can_be_requested =
        matches!(uri.scheme_str(), Some("ws" | "wss")) && uri.clone().into_client_request().is_ok();
    if can_be_requested { Ok(uri) } else { Err(wrong()) }
}

/// Whether this looks like `us-west-2`. A token could be the name of a region otherwise, and would
/// be looked up as a part of a host's name.
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

/// The value of `--max-code-points`.
fn code_points(value: Option<&OsStr>) -> Result<u16, String> {
    let number = value.and_then(OsStr::to_str).and_then(|value| value.parse().ok());
    let fitting = number.filter(|number| (1..=Content::MAX_CODE_POINTS).contains(number));
    fitting.ok_or_else(|| {
        format!("--max-code-points needs a number from 1 to {}", Content::MAX_CODE_POINTS)
    })
}
