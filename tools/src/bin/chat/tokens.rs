//! Sources of chat tokens.

use core::fmt::{self, Display};
use core::pin::Pin;
use core::time::Duration;
use std::ffi::{OsStr, OsString};
use std::process::{Output, Stdio};
use std::time::SystemTime;

use futures_util::FutureExt;
use futures_util::future::Fuse;
use ivs_chat_proto::client::{FetchError, FetchId, TokenInfo};
use ivs_chat_proto::{ChatToken, Timestamp, Token, TokenError};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::http::HeaderValue;

/// The maximum length of a command's output, in bytes. A response of `CreateChatToken` is shorter
/// than 2 KiB.
const MAX_OUTPUT_LEN: u64 = 64 << 10;

/// A source of tokens for one user.
#[derive(Clone)]
pub(crate) struct TokenSource {
    pub(crate) kind: TokenSourceKind,
    /// The `UserId` that the tokens belong to, if known.
    pub(crate) user_id: Option<String>,
}

#[derive(Clone)]
pub(crate) enum TokenSourceKind {
    /// One token for all connections.
    Fixed(HeaderValue),
    /// A shell command that prints a token.
    Command(OsString),
}

/// A fetched token.
pub(crate) struct FetchedToken {
    /// The header that presents the token. Its `Debug` output hides the value.
    pub(crate) header: HeaderValue,
    session_expiration_time: Option<Timestamp>,
    user_id: Option<String>,
    /// A one-line description of an invalid `sessionExpirationTime`.
    pub(crate) warning: Option<String>,
}

/// A failed fetch.
pub(crate) struct FetchFailure {
    message: String,
    pub(crate) error: FetchError,
}

pub(crate) type FetchResult = Result<FetchedToken, FetchFailure>;

/// Fetches tokens, one at a time.
pub(crate) struct TokenFetcher {
    source: TokenSource,
    /// The pending fetch. Dropping it cancels the fetch.
    pending: Fuse<Fetch>,
}

type Fetch = Pin<Box<dyn Future<Output = (FetchId, FetchResult)>>>;

impl TokenFetcher {
    pub(crate) fn new(source: TokenSource) -> Self {
        Self { source, pending: Fuse::terminated() }
    }

    /// Starts a fetch with a timeout. Cancels an earlier fetch.
    pub(crate) fn start(&mut self, id: FetchId, timeout_ms: u32) {
        let limit = Duration::from_millis(timeout_ms.into());
        let fetch = timeout(limit, self.source.clone().fetch());
        let fetch =
            async move { (id, fetch.await.unwrap_or_else(|_| Err(FetchFailure::timeout()))) };
        let fetch: Fetch = Box::pin(fetch);
        self.pending = fetch.fuse();
    }

    /// Waits for the result of the pending fetch. It is cancel safe.
    pub(crate) async fn next(&mut self) -> (FetchId, FetchResult) {
        (&mut self.pending).await
    }
}

impl TokenSource {
    /// Fetches a token. Dropping the future kills the command.
    async fn fetch(self) -> FetchResult {
        match self.kind {
            TokenSourceKind::Fixed(header) => Ok(FetchedToken::new(header, self.user_id)),
            TokenSourceKind::Command(command) => {
                let output = run(&command).await.map_err(FetchFailure::permanent)?;
                FetchedToken::from_output(&output, self.user_id)
            }
        }
    }
}

impl TokenSourceKind {
    /// Returns a source of one fixed token.
    ///
    /// # Errors
    ///
    /// Returns an error if the token is invalid.
    pub(crate) fn fixed(token: &OsStr) -> Result<Self, TokenError> {
        header(&token.to_string_lossy()).map(Self::Fixed)
    }
}

/// Runs a command in the shell.
///
/// Its standard input is empty, because the terminal's input belongs to the chat. Its standard
/// error is inherited, so that users see its error messages.
async fn run(command: &OsStr) -> std::io::Result<Output> {
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(command);
    let mut shell = shell.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut stdout = Vec::new();
    if let Some(pipe) = shell.stdout.take() {
        // Closing the pipe afterwards makes a command with more output fail.
        pipe.take(MAX_OUTPUT_LEN).read_to_end(&mut stdout).await?;
    }
    Ok(Output { status: shell.wait().await?, stdout, stderr: Vec::new() })
}

impl FetchedToken {
    /// Returns a token with an unknown session length.
    const fn new(header: HeaderValue, user_id: Option<String>) -> Self {
        Self { header, session_expiration_time: None, user_id, warning: None }
    }

    /// Reads a token from a command's output.
    fn from_output(output: &Output, user_id: Option<String>) -> FetchResult {
        match output.status.code() {
            Some(0) => {}
            // POSIX shells use these codes for a command that is not executable or not found.
            Some(126 | 127) => {
                return Err(FetchFailure::permanent("the token command could not be run"));
            }
            _ => {
                let status = output.status;
                return Err(FetchFailure::temporary(format_args!(
                    "the token command failed: {status}"
                )));
            }
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let printed = printed.trim();
        let invalid = |error: TokenError| {
            FetchFailure::temporary(format_args!("invalid token from the token command: {error}"))
        };
        if !printed.starts_with('{') {
            return header(printed).map(|header| Self::new(header, user_id)).map_err(invalid);
        }
        let response = ChatToken::decode_str(printed).map_err(|error| {
            FetchFailure::temporary(format_args!(
                "invalid response from the token command: {error}"
            ))
        })?;
        let mut buffer = vec![0; printed.len()];
        let token = response.decode_token_into(&mut buffer).map_err(FetchFailure::temporary)?;
        let token = Self::new(sensitive_header(token), user_id);
        // The token is usable in any case: with an unknown expiration time, the session lasts until
        // the service ends it.
        Ok(match response.session_expiration_time() {
            Ok(session_expiration_time) => Self { session_expiration_time, ..token },
            Err(error) => {
                let warning = format!("{error}; the end of the session is unknown");
                Self { warning: Some(warning), ..token }
            }
        })
    }

    /// Returns the information about the token for the client.
    pub(crate) fn info(&self) -> TokenInfo<'_> {
        let now = Timestamp::try_from(SystemTime::now()).ok();
        let mut info = match (self.session_expiration_time, now) {
            (Some(end), Some(now)) => TokenInfo::until(end, now),
            _ => TokenInfo::new(),
        };
        info.user_id = self.user_id.as_deref();
        info
    }
}

/// Returns the header that presents a token, marked as sensitive.
fn header(token: &str) -> Result<HeaderValue, TokenError> {
    Token::new(token).map(sensitive_header)
}

fn sensitive_header(token: Token<'_>) -> HeaderValue {
    let mut header =
        HeaderValue::from_str(token.header_value()).expect("a token is a valid header value");
    header.set_sensitive(true);
    header
}

impl FetchFailure {
    fn temporary(message: impl Display) -> Self {
        Self { message: message.to_string(), error: FetchError::Temporary { retry_after: None } }
    }

    fn timeout() -> Self {
        Self::temporary("the token command timed out")
    }

    fn permanent(message: impl Display) -> Self {
        Self { message: message.to_string(), error: FetchError::Permanent }
    }
}

impl Display for FetchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
