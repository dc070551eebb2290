//! The command line.

use core::net::SocketAddr;
use core::num::{NonZeroU8, NonZeroU32, NonZeroU64};
use core::str::FromStr;
use std::ffi::OsString;

use ivs_chat_proto::mock;
use tokio_tungstenite::tungstenite::http::StatusCode;

/// What `--help` prints.
pub(crate) const USAGE: &str = include_str!("usage.txt");

/// What the command line asks for.
pub(crate) enum Command {
    Serve(Options),
    Help,
}

pub(crate) struct Options {
    pub(crate) addr: SocketAddr,
    pub(crate) connections: u16,
    pub(crate) expire_after: Option<NonZeroU32>,
    pub(crate) drop_every: Option<NonZeroU64>,
    pub(crate) refuse: Option<Refuse>,
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
            refuse: None,
            room: mock::Config::new(),
            is_quiet: false,
        };
        while let Some(argument) = arguments.next() {
            let option = argument.to_string_lossy();
            let mut value = || arguments.next().and_then(|value| value.into_string().ok()).unwrap_or_default();
            let needs = |what| format!("{option} needs {what}");
            match &*option {
                "--addr" => options.addr = parsed(&value()).ok_or_else(|| needs("an IP address with a port"))?,
                "--connections" => options.connections = parsed(&value()).ok_or_else(|| needs("a number"))?,
                "--expire-after" => {
                    options.expire_after = Some(parsed(&value()).ok_or_else(|| needs("a number of seconds"))?);
                }
                "--drop-every" => options.drop_every = Some(parsed(&value()).ok_or_else(|| needs("a number from 1"))?),
                "--refuse" => {
                    options.refuse = Some(parsed(&value()).ok_or_else(|| needs("an HTTP status from 400 to 599"))?);
                }
                "--forbid" => {
                    let word = Some(value()).filter(|word| !word.is_empty());
                    options.room.blocked_words.push(word.ok_or_else(|| needs("a word"))?);
                }
                "--rate" => {
                    let limit = limit(&value(), 10).ok_or_else(|| needs("a number from 0 to 10"))?;
                    options.room.requests_per_second = NonZeroU8::new(limit);
                }
                "--messages-per-second" => {
                    let limit = limit(&value(), 100).ok_or_else(|| needs("a number from 0 to 100"))?;
                    options.room.messages_per_second = NonZeroU8::new(limit);
                }
                "--quiet" => options.is_quiet = true,
                "--help" => return Ok(Self::Help),
                _ => return Err(format!("there is no option {option:?}")),
            }
        }
        Ok(Self::Serve(options))
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
        let status = parsed(status).filter(|status: &StatusCode| (400..600).contains(&status.as_u16())).ok_or(())?;
        Ok(Self { status, every: parsed(every).ok_or(())? })
    }
}
