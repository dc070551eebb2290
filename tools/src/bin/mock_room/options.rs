//! The command line.

use core::net::SocketAddr;
use core::num::{NonZeroU8, NonZeroU32, NonZeroU64};
use core::str::FromStr;
use std::ffi::OsString;

use ivs_chat_proto::mock::{self, Disconnection, Probability};
use tokio_tungstenite::tungstenite::http::StatusCode;

use crate::link::LinkFailure;
use crate::session_end;

/// The text for `--help`.
pub(crate) const USAGE: &str = include_str!("usage.txt");

/// A parsed command line.
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
    pub(crate) link_failure: Option<LinkFailure>,
    /// The configuration of every room.
    pub(crate) room: mock::Config,
    pub(crate) is_quiet: bool,
}

/// The handshakes to refuse, and the HTTP status of the responses.
#[derive(Clone, Copy)]
pub(crate) struct Refuse {
    pub(crate) status: StatusCode,
    pub(crate) every: NonZeroU64,
}

impl Command {
    /// Parses the arguments after the program name.
    ///
    /// # Errors
    ///
    /// Returns a message for the user if the arguments are invalid.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Options {
            addr: SocketAddr::from(([127, 0, 0, 1], 6789)),
            connections: 1024,
            expire_after: None,
            drop_every: None,
            duplicate: None,
            refuse: None,
            retry_after: None,
            link_failure: None,
            room: mock::Config::new(),
            is_quiet: false,
        };
        while let Some(argument) = arguments.next() {
            let option = argument.to_string_lossy();
            let mut value =
                || arguments.next().and_then(|value| value.into_string().ok()).unwrap_or_default();
            let invalid = |expected| format!("{option} requires {expected}");
            match &*option {
                "--addr" => {
                    options.addr =
                        parse(&value()).ok_or_else(|| invalid("an IP address and a port"))?;
                }
                "--connections" => {
                    options.connections =
                        parse(&value()).ok_or_else(|| invalid("a number from 0 to 65535"))?;
                }
                "--expire-after" => {
                    options.expire_after =
                        Some(parse(&value()).ok_or_else(|| invalid("a number of seconds"))?);
                }
                "--drop-every" => {
                    options.drop_every =
                        Some(parse(&value()).ok_or_else(|| invalid("a number of at least 1"))?);
                }
                "--refuse" => {
                    options.refuse = Some(
                        parse(&value()).ok_or_else(|| invalid("an HTTP status from 400 to 599"))?,
                    );
                }
                "--forbid" => {
                    let word = Some(value()).filter(|word| !word.is_empty());
                    options.room.blocked_words.push(word.ok_or_else(|| invalid("a word"))?);
                }
                "--rate" => {
                    let limit = parse_limit(&value(), 10)
                        .ok_or_else(|| invalid("a number from 0 to 10"))?;
                    options.room.requests_per_second = NonZeroU8::new(limit);
                }
                "--messages-per-second" => {
                    let limit = parse_limit(&value(), 100)
                        .ok_or_else(|| invalid("a number from 0 to 100"))?;
                    options.room.messages_per_second = NonZeroU8::new(limit);
                }
                "--retry-after" => {
                    options.retry_after =
                        Some(parse(&value()).ok_or_else(|| invalid("a number of seconds"))?);
                }
                "--session-end" => {
                    let end = session_end::parse(&value()).ok_or_else(|| invalid("a KIND"))?;
                    options.room.faults.session_end = end;
                }
                "--kick-close" => {
                    let code = match &*value() {
                        "none" => None,
                        code => Some(
                            session_end::parse_close_code(code)
                                .ok_or_else(|| invalid("a close code or \"none\""))?,
                        ),
                    };
                    options.room.faults.disconnection = Disconnection::new(code);
                }
                "--shuffle" => options.room.faults.shuffle = Probability::ALWAYS,
                "--duplicate" => {
                    options.duplicate =
                        Some(parse(&value()).ok_or_else(|| invalid("a number of at least 1"))?);
                }
                "--silent-after" => {
                    let failure = parse(&value());
                    options.link_failure =
                        Some(failure.ok_or_else(|| invalid("SECONDS[:in|out|both]"))?);
                }
                "--quiet" => options.is_quiet = true,
                "--help" => return Ok(Self::Help),
                _ => return Err(format!("unknown option {option:?}")),
            }
        }
        let can_retry = |refuse: Refuse| matches!(refuse.status.as_u16(), 429 | 503);
        if options.retry_after.is_some() && !options.refuse.is_some_and(can_retry) {
            return Err("--retry-after requires --refuse 429 or --refuse 503".into());
        }
        Ok(Self::Serve(Box::new(options)))
    }
}

fn parse<T: FromStr>(value: &str) -> Option<T> {
    value.parse().ok()
}

fn parse_limit(value: &str, max: u8) -> Option<u8> {
    parse(value).filter(|limit| *limit <= max)
}

impl FromStr for Refuse {
    type Err = ();

    fn from_str(value: &str) -> Result<Self, ()> {
        let (status, every) = value.split_once(':').unwrap_or((value, "1"));
        let status = parse(status)
            .filter(|status: &StatusCode| (400..600).contains(&status.as_u16()))
            .ok_or(())?;
        Ok(Self { status, every: parse(every).ok_or(())? })
    }
}
