//! Rooms of Amazon IVS Chat on this machine, to try clients with: `cargo run --features mock
//! --example mock_room`.
//!
//! What a room does is [`mock::Room`](ivs_chat_proto::mock::Room)'s, and what is wrong with a
//! publish
//! [`server::Peer`](ivs_chat_proto::server::Peer)'s. Here are the sockets, a clock, and the bounds
//! that a server needs: `socket` carries messages for one connection, `link` can lose them, `host`
//! joins the connections and the rooms, `pass` reads tokens, `session_end` the option of that name,
//! `prompt` what is typed, and `log` prints what happens.
//!
//! ```text
#![doc = include_str!("usage.txt")]
//! ```

mod host;
mod link;
mod log;
mod options;
mod output;
mod pass;
mod prompt;
mod session_end;
mod socket;

use core::fmt::Display;
use core::net::SocketAddr;
use core::time::Duration;
use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use ivs_chat_tools::lines;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use host::Host;
use options::{Command, Options, USAGE};
use output::Output;
use pass::READY;
use socket::GOODBYE;

/// The exit status of a failure.
const FAILED: u8 = 1;
/// The exit status of a wrong command line.
const USED_WRONGLY: u8 = 2;
/// How much may have happened that has not been looked at; then the connections wait.
const NEWS: usize = 64;

fn main() -> ExitCode {
    let options = match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Serve(options)) => *options,
        Ok(Command::Help) => return exit_code(io::stdout().lock().write_all(USAGE.as_bytes())),
        Err(error) => {
            complain(format_args!("{error}\n\n{}", USAGE.trim_end()));
            return USED_WRONGLY.into();
        }
    };
    exit_code(
        Builder::new_current_thread()
            .enable_all()
            .build()
            .and_then(|runtime| runtime.block_on(run(options))),
    )
}

fn exit_code(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // A reader that has gone away has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(error);
            FAILED.into()
        }
    }
}

/// Says on standard error what is wrong; if even that fails, there is nobody left to tell.
fn complain(what: impl Display) {
    let _ = writeln!(io::stderr(), "mock_room: {what}");
}

/// Runs the loop as a task like those of the connections, so that each of them gets its turn to
/// write before the loop goes on. The runtime would prefer the future that it blocks on.
async fn run(options: Options) -> io::Result<()> {
    tokio::spawn(serve(options)).await.map_err(io::Error::other)?
}

/// The loop: until it is told to end.
async fn serve(options: Options) -> io::Result<()> {
    let listener = TcpListener::bind(options.addr).await?;
    let mut output = Output::start();
    print_invitation(listener.local_addr()?, &mut output);
    let (news_sender, mut news) = mpsc::channel(NEWS);
    let mut lines = lines::lines();
    let mut host = Host::new(options, news_sender, output)?;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => host.accept(stream, from),
                // There may be no descriptor for it until others are closed; nothing can be done
                // but wait.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some((number, news)) = news.recv() => host.happened(number, news)?,
            Some(line) = lines.recv() => {
                // Whoever has seen a connection open may type what is meant for it.
                while let Ok((number, news)) = news.try_recv() {
                    host.happened(number, news)?;
                }
                if host.typed(&line?) {
                    break;
                }
            }
            () = host.wait() => host.deliver_all(),
        }
    }
    let log = host.close();
    // The connections that are being closed hold the other ends of this channel.
    let _ = timeout(GOODBYE, async { while news.recv().await.is_some() {} }).await;
    log.close().await;
    Ok(())
}

/// Prints where to connect, and with what.
fn print_invitation(addr: SocketAddr, output: &mut Output) {
    output.print(&format!("ws://{addr}"));
    for (token, what) in READY {
        let user = token.split('.').nth(1).unwrap_or_default();
        output.print(&format!("{user:<6}  {token:<40}  {what}"));
    }
}
