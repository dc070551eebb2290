//! A local Amazon IVS Chat endpoint for testing clients: `cargo run --bin mock_room`.
//!
//! [`mock::Room`](ivs_chat_proto::mock::Room) implements the rooms, and
//! [`server::Peer`](ivs_chat_proto::server::Peer) validates publishes. This program adds sockets, a
//! clock, and the limits that a server needs.
//!
//! | module | purpose |
//! |---|---|
//! | `host` | the rooms and their connections |
//! | `socket` | one WebSocket connection |
//! | `link` | a TCP stream that can fail silently |
//! | `token` | parsing of tokens |
//! | `session_end` | parsing of `--session-end` |
//! | `command` | parsing of input lines |
//! | `log`, `output` | output |
//!
//! ```text
#![doc = include_str!("usage.txt")]
//! ```

mod command;
mod host;
mod link;
mod log;
mod options;
mod output;
mod session_end;
mod socket;
mod token;

use core::net::SocketAddr;
use core::time::Duration;
use std::env;
use std::io;
use std::process::ExitCode;

use ivs_chat_tools::{exit, stdin};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use host::Host;
use options::{Command, Options, USAGE};
use output::Output;
use socket::CLOSE_TIMEOUT;
use token::EXAMPLES;

const NAME: &str = "mock_room";
/// The capacity of the event channel. Connections wait while it is full.
const MAX_EVENTS: usize = 64;

fn main() -> ExitCode {
    let options = match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Serve(options)) => *options,
        Ok(Command::Help) => return exit::print_help(NAME, USAGE),
        Err(error) => return exit::print_usage_error(NAME, &error, USAGE),
    };
    let runtime = Builder::new_current_thread().enable_all().build();
    let result = runtime.and_then(|runtime| runtime.block_on(run(options)));
    exit::exit_code(NAME, result.map(|()| 0))
}

/// Runs the event loop in a task.
///
/// The runtime prefers the future passed to `block_on` over tasks. As a task itself, the loop
/// leaves every connection its turn to write.
async fn run(options: Options) -> io::Result<()> {
    tokio::spawn(serve(options)).await.map_err(io::Error::other)?
}

/// Runs the event loop until `quit` is typed.
async fn serve(options: Options) -> io::Result<()> {
    let listener = TcpListener::bind(options.addr).await?;
    let mut output = Output::start();
    print_welcome(listener.local_addr()?, &mut output);
    let (event_sender, mut events) = mpsc::channel(MAX_EVENTS);
    let mut input = stdin::lines();
    let mut host = Host::new(options, event_sender, output)?;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, addr)) => host.accept(stream, addr),
                // The process may be out of file descriptors until a connection is closed.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some((number, event)) = events.recv() => host.handle_event(number, event)?,
            Some(line) = input.recv() => {
                // A command applies to every connection that was opened before it.
                while let Ok((number, event)) = events.try_recv() {
                    host.handle_event(number, event)?;
                }
                if host.handle_input(&line?) {
                    break;
                }
            }
            () = host.wait() => host.deliver_all(),
        }
    }
    let log = host.close();
    // Each open connection holds a sender of the event channel.
    let _ = timeout(CLOSE_TIMEOUT, async { while events.recv().await.is_some() {} }).await;
    log.close().await;
    Ok(())
}

/// Prints the URL and example tokens.
fn print_welcome(addr: SocketAddr, output: &mut Output) {
    output.print(&format!("ws://{addr}"));
    for (token, description) in EXAMPLES {
        let user = token.split('.').nth(1).unwrap_or_default();
        output.print(&format!("{user:<6}  {token:<40}  {description}"));
    }
}
