//! Chats in a room of Amazon IVS Chat, in a terminal: `cargo run --example chat -- us-west-2
//! TOKEN`.
//!
//! It is also an example of a host for a [`Client`](ivs_chat_proto::client::Client) on an
//! asynchronous runtime:
//!
//! | module | |
//! |---|---|
//! | `host` | the client with all that it needs, to start an SDK from |
//! | `socket` | opens a WebSocket, carries messages and pings |
//! | `tokens`, `session_end` | fetch tokens |
//! | `clock` | tells the time, and of sleep |
//! | `conversation` | the application: sends what `typed` and `lines` read, shows what comes |
//! | `transcript`, `visible` | what is shown, so that nothing on the wire can drive the terminal |
//!
//! The clock stops while the device sleeps, on Linux and macOS. After a sleep, which shows in the
//! wall clock, the host calls [`refresh`](ivs_chat_proto::client::Client::refresh) within five
//! seconds. Neither `std` nor tokio tells of changes of the network: a connection that they break
//! is found by the client's pings.
//!
//! ```text
#![doc = include_str!("usage.txt")]
//! ```

mod conversation;
mod host;
mod options;
mod session_end;
mod sleep;
mod socket;
mod tokens;
mod transcript;
mod typed;

use core::fmt::Display;
use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use ivs_chat_proto::client::DisconnectReason;
use tokio::runtime::Builder;

use options::{Command, USAGE};

/// The exit status of a session that ended, or of an output that failed.
const ENDED: u8 = 1;
/// The exit status of a wrong command line.
const USED_WRONGLY: u8 = 2;

fn main() -> ExitCode {
    let options = match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Chat(options)) => options,
        Ok(Command::Help) => {
            return exit_code(io::stdout().lock().write_all(USAGE.as_bytes()).map(|()| 0));
        }
        Err(error) => {
            complain(format_args!("{error}\n\n{}", USAGE.trim_end()));
            return USED_WRONGLY.into();
        }
    };
    let runtime = Builder::new_current_thread().enable_all().build();
    let reason = runtime.and_then(|runtime| runtime.block_on(conversation::hold(options)));
    exit_code(reason.map(|reason| if reason == DisconnectReason::NotWanted { 0 } else { ENDED }))
}

/// The status to end with, unless the output failed.
fn exit_code(status: io::Result<u8>) -> ExitCode {
    match status {
        Ok(status) => status.into(),
        // A reader that has gone away has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(error);
            ENDED.into()
        }
    }
}

/// Says on standard error what is wrong. If that fails too, there is no other place to say it.
fn complain(what: impl Display) {
    let _ = writeln!(io::stderr(), "chat: {what}");
}
