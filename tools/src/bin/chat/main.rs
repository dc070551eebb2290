//! A terminal client for Amazon IVS Chat: `cargo run --bin chat -- us-west-2 TOKEN`.
//!
//! It also shows how to host a [`Client`](ivs_chat_proto::client::Client) on an asynchronous
//! runtime. An SDK can start from the module `host`.
//!
//! | module | purpose |
//! |---|---|
//! | `host`, `notice` | the client with its sockets, tokens and clock |
//! | `sockets`, `socket` | WebSocket connections, messages and pings |
//! | `tokens` | fetching tokens |
//! | `sleep` | detection of system sleep |
//! | `conversation` | the application: sends input and prints the transcript |
//! | `command` | parsing of input lines |
//! | `transcript` | output, with every character escaped that could control the terminal |
//!
//! On Linux and macOS, the monotonic clock stops while the device sleeps. The host detects a sleep
//! by the wall clock, and calls [`refresh`](ivs_chat_proto::client::Client::refresh) within five
//! seconds of waking up. Neither `std` nor tokio reports network changes. The client's pings detect
//! the connections that a network change breaks.
//!
//! ```text
#![doc = include_str!("usage.txt")]
//! ```

mod command;
mod conversation;
mod host;
mod notice;
mod options;
mod sleep;
mod socket;
mod sockets;
mod tokens;
mod transcript;

use std::env;
use std::process::ExitCode;

use ivs_chat_proto::client::DisconnectReason;
use ivs_chat_tools::exit;
use tokio::runtime::Builder;

use options::{Command, USAGE};

const NAME: &str = "chat";

fn main() -> ExitCode {
    let options = match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Chat(options)) => options,
        Ok(Command::Help) => return exit::print_help(NAME, USAGE),
        Err(error) => return exit::print_usage_error(NAME, &error, USAGE),
    };
    let runtime = Builder::new_current_thread().enable_all().build();
    let result = runtime.and_then(|runtime| runtime.block_on(conversation::run(options)));
    exit::exit_code(
        NAME,
        result.map(|reason| match reason {
            DisconnectReason::NotWanted => 0,
            _ => exit::FAILURE,
        }),
    )
}
