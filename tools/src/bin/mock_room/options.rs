//! The command line.

use core::net::SocketAddr;
use core::num::{NonZeroU8, NonZeroU32, NonZeroU64};
use core::str::FromStr;
use std::ffi::OsString;

use ivs_chat_proto::mock::{self, Disconnection, Probability};
use tokio_tungstenite::tungstenite::http::StatusCode;

use crate::link::Silence;
use crate::session_end;

/// What `--help` prints.
pub(crate) const USAGE: &str = include_str!("usage.txt");

/// What the command line asks for.
pub(crate) enum Command {
    Serve(Box<Options>),
    Help,
}

pub(crate) struct Options {
    pub(crate) addr: SocketAddr,
    pub(crate) connections: u16,
    pub(crate) expire_after: Option<NonZeroU32>,
    pub(crate) drop_every: Option<NonZeroU64>,
    pub(crate) duplicate: Option<NonZeroU64>,
    pub(crate) refuse: Option<Refuse>,
    /// In seconds.
    pub(crate) retry_after: Option<u32>,
    pub(crate) silence: Option<Silence>,
    /// How every room is.
    pub(crate) room: mock::Config,
    pub(crate) is_quiet: bool,
}

/// Which handshakes to refuse, and how.
#[derive(Clone, Copy)]
pub(crate) struct Refuse {
    pub(crate) status: StatusCode,
    pub(crate) every: NonZeroU64,
}

impl Command {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    ///
    /// What is wrong with them, to be told to whoever wrote them.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Options {
            addr: SocketAddr::from(([127, 0, 0, 1], 6789)),
            connections: 1024,
            expire_after: None,
            drop_every: None,
            duplicate: None,
            refuse: None,
            retry_after: None,
            silence: None,
            room: mock::Config::new(),
            is_quiet: false,
        };
        while let Some(argument) = arguments.next() {
            let option = argument.to_string_lossy();
            let mut value =
                || arguments.next().and_then(|value| value.into_string().ok()).unwrap_or_default();
            let needs = |what| format!("{option} needs {what}");
            match &*option {
                "--addr" => {
                    options.addr =
                        parsed(&value()).ok_or_else(|| needs("an IP address with a port"))?;
                }
                "--connections" => {
                    options.connections = parsed(&value()).ok_or_else(|| needs("a number"))?;
                }
                "--expire-after" => {
                    options.expire_after =
                        Some(parsed(&value()).ok_or_else(|| needs("a number of seconds"))?);
                }
                "--drop-every" => {
                    options.drop_every =
                        Some(parsed(&value()).ok_or_else(|| needs("a number from 1"))?);
                }
                "--refuse" => {
                    options.refuse = Some(
                        parsed(&value()).ok_or_else(|| needs("an HTTP status from 400 to 599"))?,
                    );
                }
                "--forbid" => {
                    let word = Some(value()).filter(|word| !word.is_empty());
                    options.room.blocked_words.push(word.ok_or_else(|| needs("a word"))?);
                }
                "--rate" => {
                    let limit =
                        limit(&value(), 10).ok_or_else(|| needs("a number from 0 to 10"))?;
                    options.room.requests_per_second = NonZeroU8::new(limit);
                }
                "--messages-per-second" => {
                    let limit =
                        limit(&value(), 100).ok_or_else(|| needs("a number from 0 to 100"))?;
                    options.room.messages_per_second = NonZeroU8::new(limit);
                }
                "--retry-after" => {
                    options.retry_after =
                        Some(parsed(&value()).ok_or_else(|| needs("a number of seconds"))?);
                }
                "--session-end" => {
                    let end = session_end::parse(&value()).ok_or_else(|| needs("a KIND"))?;
                    options.room.faults.session_end = end;
                }
                "--kick-close" => {
                    let code = match &*value() {
                        "none" => None,
                        code => Some(
                            session_end::close_code(code)
                                .ok_or_else(|| needs("a close code or \"none\""))?,
                        ),
                    };
                    options.room.faults.disconnection = Disconnection::new(code);
                }
                "--shuffle" => options.room.faults.shuffle = Probability::ALWAYS,
                "--duplicate" => {
                    options.duplicate =
                        Some(parsed(&value()).ok_or_else(|| needs("a number from 1"))?);
                }
                "--silent-after" => {
                    let silence = parsed(&value());
                    options.silence =
                        Some(silence.ok_or_else(|| needs("SECONDS, SECONDS:in, :out or :both"))?);
                }
                "--quiet" => options.is_quiet = true,
                "--help" => return Ok(Self::Help),
                _ => return Err(format!("there is no option {option:?}")),
            }
        }
        let can_retry = |refuse: Refuse| matches!(refuse.status.as_u16(), 429 | 503);
        if options.retry_after.is_some() && !options.refuse.is_some_and(can_retry) {
            return Err("--retry-after needs --refuse 429 or 503".into());
        }
        Ok(Self::Serve(Box::new(options)))
    }
}

fn parsed<T: FromStr>(value: &str) -> Option<T> {
    value.parse().ok()
}

fn limit(value: &str, most: u8) -> Option<u8> {
    parsed(value).filter(|limit| *limit <= most)
}

impl FromStr for Refuse {
    type Err = ();

    fn from_str(value: &str) -> Result<Self, ()> {
        let (status, every) = value.split_once(':').unwrap_or((value, "1"));
        let status = parsed(status)
            .filter(|status: &StatusCode| (400..600).contains(&status.as_u16()))
            .ok_or(())?;
        Ok(Self { status, every: parsed(every).ok_or(())? })
    }
}
