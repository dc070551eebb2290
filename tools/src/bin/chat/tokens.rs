//! Where tokens come from. What leaves here is a header that does not show its value.

use core::fmt::{self, Display};
use std::ffi::{OsStr, OsString};
use std::process::{Output, Stdio};
use std::time::SystemTime;

use ivs_chat_proto::client::{FetchError, TokenInfo};
use ivs_chat_proto::{Timestamp, Token, TokenError};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::session_end;

/// How much a command may print, in bytes. An answer of `CreateChatToken` has less than 2 KiB.
const MAX_OUTPUT: u64 = 64 << 10;

/// The source of tokens.
#[derive(Clone)]
pub(crate) enum Tokens {
    Same(HeaderValue),
    Command(OsString),
}

/// A token that has been fetched.
pub(crate) struct Fetched {
    pub(crate) header: HeaderValue,
    session_expiration_time: Option<Timestamp>,
    /// What is wrong with the answer, in one line, if the token is good all the same.
    pub(crate) warning: Option<String>,
}

/// Why there is no token.
pub(crate) struct NoToken {
    words: String,
    pub(crate) error: FetchError,
}

/// The answer of `CreateChatToken`, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    token: String,
    #[serde(default)]
    session_expiration_time: Value,
}

impl Tokens {
    /// The same token, again and again.
    pub(crate) fn same(token: &OsStr) -> Result<Self, TokenError> {
        header(&token.to_string_lossy()).map(Self::Same)
    }

    /// Fetches a token. A command is killed if this is dropped.
    pub(crate) async fn fetch(self) -> Result<Fetched, NoToken> {
        match self {
            Self::Same(header) => Ok(Fetched::new(header)),
            Self::Command(command) => {
                Fetched::from_output(&run(&command).await.map_err(NoToken::fatal)?)
            }
        }
    }
}

/// Runs a command as it would be typed. What is typed is not for the command, but its complaints
/// are to be seen.
async fn run(command: &OsStr) -> std::io::Result<Output> {
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(command);
    let mut shell = shell.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut stdout = Vec::new();
    if let Some(piped) = shell.stdout.take() {
        // The pipe is closed then: a command that prints more fails.
        piped.take(MAX_OUTPUT).read_to_end(&mut stdout).await?;
    }
    Ok(Output { status: shell.wait().await?, stdout, stderr: Vec::new() })
}

impl Fetched {
    /// A token of which nothing else is known.
    const fn new(header: HeaderValue) -> Self {
        Self { header, session_expiration_time: None, warning: None }
    }

    fn from_output(output: &Output) -> Result<Self, NoToken> {
        match output.status.code() {
            Some(0) => {}
            // By this the shell says that it cannot run it, or cannot find it.
            Some(126 | 127) => return Err(NoToken::fatal("the token command cannot be run")),
            _ => {
                return Err(NoToken::for_now(format_args!(
                    "the token command failed: {}",
                    output.status
                )));
            }
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let printed = printed.trim();
        let wrong = |error: TokenError| {
            NoToken::for_now(format_args!("what the token command printed is {error}"))
        };
        if !printed.starts_with('{') {
            return header(printed).map(Self::new).map_err(wrong);
        }
        // An error of JSON may quote what it is about: only the place is told.
        let answer: Answer = serde_json::from_str(printed).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            NoToken::for_now(format_args!(
                "the token command printed no answer, at line {line}, column {column}"
            ))
        })?;
        let fetched = Self::new(header(&answer.token).map_err(wrong)?);
        // Without a known end, the session lasts until the service ends it.
        Ok(match session_end::parse(&answer.session_expiration_time) {
            Ok(session_expiration_time) => Self { session_expiration_time, ..fetched },
            Err(unknown) => Self { warning: Some(unknown.to_string()), ..fetched },
        })
    }

    /// What the client has to know of it.
    pub(crate) fn info<'a>(&self, user_id: Option<&'a str>) -> TokenInfo<'a> {
        let today = Timestamp::try_from(SystemTime::now()).ok();
        let mut info = match (self.session_expiration_time, today) {
            (Some(session_expiration_time), Some(today)) => {
                TokenInfo::until(session_expiration_time, today)
            }
            _ => TokenInfo::new(),
        };
        info.user_id = user_id;
        info
    }
}

/// The value of the header that presents a token.
fn header(token: &str) -> Result<HeaderValue, TokenError> {
    let token = Token::new(token)?;
    let mut header =
        HeaderValue::from_str(token.header_value()).expect("a token can stand in a header");
    header.set_sensitive(true);
    Ok(header)
}

impl NoToken {
    fn for_now(words: impl Display) -> Self {
        Self { words: words.to_string(), error: FetchError::Temporary { retry_after: None } }
    }

    pub(crate) fn too_late() -> Self {
        Self::for_now("the token command takes too long")
    }

    fn fatal(words: impl Display) -> Self {
        Self { words: words.to_string(), error: FetchError::Permanent }
    }
}

impl Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
