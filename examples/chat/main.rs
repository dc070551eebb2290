//! Chats in a room of Amazon IVS Chat, in a terminal: `cargo run --example chat -- us-west-2 TOKEN`.
//!
//! It is meant to be read, too: as what there is around a [`Client`] on an asynchronous runtime. That is [`chat`], a loop that waits for
//! whatever happens next, tells the client, and does what the client then wants done. `socket` opens connections and carries messages, `tokens`
//! fetches tokens, `typed` and `lines` read what is typed. None of them knows when to connect, to whom a payload is an answer, or what has come
//! twice: the client does. Here are a socket, a clock, a source of tokens and 16 bytes of chance, which it has none of.
//!
//! What is printed, `transcript` prints. Nothing on the wire can drive the terminal: `visible` stands between the two.
//!
//! ```text
#![doc = include_str!("usage.txt")]
//! ```

mod clock;
mod lines;
mod options;
mod session_end;
mod socket;
mod tokens;
mod transcript;
mod typed;
#[path = "../inspect/visible.rs"]
mod visible;

use core::fmt::Display;
use std::collections::{BTreeMap, VecDeque};
use std::env;
use std::io::{self, Stdout, Write};
use std::process::ExitCode;

use ivs_chat_proto::client::{
    Client, Config, ConnectionId, ConnectionState, DisconnectReason, Instant, Output, SendErrorKind,
};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use clock::Clock;
use options::{Command, Options, USAGE};
use socket::{GOODBYE, News, Socket};
use tokens::{Fetched, NoToken};
use transcript::Transcript;

/// The exit status of a session that ended, or an output that failed.
const ENDED: u8 = 1;
/// The exit status of a wrong command line.
const USED_WRONGLY: u8 = 2;
/// How long a connection may be silent: three pings without an answer.
const IDLE_MS: u32 = 90_000;
/// Room for one request. What does not fit is refused, and that is told.
const BUFFER: usize = 16 << 10;
/// How much may have happened that has not been looked at; then the connections wait.
const NEWS: usize = 64;
/// How many lines may wait; then the keyboard waits.
const WAITING: usize = 64;

fn main() -> ExitCode {
    let options = match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Chat(options)) => options,
        Ok(Command::Help) => return exit_code(io::stdout().lock().write_all(USAGE.as_bytes()).map(|()| 0)),
        Err(error) => {
            complain(format_args!("{error}\n\n{}", USAGE.trim_end()));
            return USED_WRONGLY.into();
        }
    };
    let reason = Builder::new_current_thread().enable_all().build().and_then(|runtime| runtime.block_on(chat(options)));
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

/// Says on standard error what is wrong; if even that fails, there is nobody left to tell.
fn complain(what: impl Display) {
    let _ = writeln!(io::stderr(), "chat: {what}");
}

/// The loop: until there is no connection, nor to be one.
async fn chat(options: Options) -> io::Result<DisconnectReason> {
    let (news_sender, mut news) = mpsc::channel(NEWS);
    let mut lines = lines::lines();
    let mut host = Host::new(options, news_sender)?;
    host.client.connect(host.clock.now());
    let reason = loop {
        let wait = match host.drive()? {
            Next::Wait(wait) => wait,
            Next::End(reason) => break reason,
        };
        let wait = match host.send_what_waits()? {
            // What was sent changes what the client waits for.
            Waiting::Less => continue,
            Waiting::Until(retry_at) => [wait, retry_at].into_iter().flatten().min(),
        };
        tokio::select! {
            Some((conn, news)) = news.recv() => host.happened(conn, news)?,
            Some(fetched) = host.fetches.join_next() => host.fetched(fetched.unwrap_or_else(|e| Err(NoToken::fatal(e))))?,
            line = lines.recv(), if host.listens() => host.typed(line.transpose()?)?,
            () = host.clock.wait_until(wait) => {}
        }
    };
    // The connections that are being closed have the last word: they hold the other ends of this channel.
    drop(host);
    let _ = timeout(GOODBYE, async { while news.recv().await.is_some() {} }).await;
    Ok(reason)
}

/// What the client has none of.
struct Host {
    /// Each request is known by the line that was typed.
    client: Client<String>,
    clock: Clock,
    options: Options,
    sockets: BTreeMap<ConnectionId, Socket>,
    news: mpsc::Sender<(ConnectionId, News)>,
    /// At most one, for the client asks for no second token before it has the first.
    fetches: JoinSet<Result<Fetched, NoToken>>,
    /// The lines that are still to be sent.
    typed: VecDeque<String>,
    /// Whether it has been said that the first of them waits.
    wait_is_told: bool,
    input_has_ended: bool,
    transcript: Transcript<Stdout>,
    buffer: Vec<u8>,
}

/// What is left when the client has nothing to be done.
enum Next {
    Wait(Option<Instant>),
    End(DisconnectReason),
}

/// What is left of the lines that were to be sent.
enum Waiting {
    /// Fewer than before.
    Less,
    /// As many, until this moment or something happens.
    Until(Option<Instant>),
}

/// Why a line was not sent.
enum NotSent {
    /// It can be, later: after something has happened, or at this moment.
    Yet {
        why: String,
        retry_at: Option<Instant>,
    },
    Ever(String),
}

impl Host {
    fn new(options: Options, news: mpsc::Sender<(ConnectionId, News)>) -> io::Result<Self> {
        let mut config = Config::new();
        config.idle_ms = Some(IDLE_MS);
        config.max_code_points = options.max_code_points.unwrap_or(config.max_code_points);
        let mut seed = [0; 16];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        Ok(Self {
            client: Client::new(config, seed),
            clock: Clock::start(),
            options,
            sockets: BTreeMap::new(),
            news,
            fetches: JoinSet::new(),
            typed: VecDeque::new(),
            wait_is_told: false,
            input_has_ended: false,
            transcript: Transcript::new(io::stdout()),
            buffer: vec![0; BUFFER],
        })
    }

    /// Does what the client wants done, until it wants nothing more than to wait.
    fn drive(&mut self) -> io::Result<Next> {
        if self.input_has_ended && self.typed.is_empty() && self.client.in_flight() == 0 {
            self.client.close(self.clock.now());
        }
        loop {
            match self.client.poll(self.clock.now()) {
                Output::Close { conn, code } => {
                    if let Some(socket) = self.sockets.remove(&conn) {
                        socket.close(code);
                    }
                }
                Output::Settled(settled) => self.transcript.settled(&settled)?,
                Output::State(state) => {
                    self.transcript.state(state)?;
                    if let ConnectionState::Disconnected(reason) = state {
                        return Ok(Next::End(reason));
                    }
                }
                Output::FetchToken => {
                    self.fetches.spawn(self.options.tokens.clone().fetch());
                }
                Output::Wait(wait) => return Ok(Next::Wait(wait)),
                _ => {}
            }
        }
    }

    /// Uses a token for the connection that the client wants, if it still wants one.
    fn fetched(&mut self, fetched: Result<Fetched, NoToken>) -> io::Result<()> {
        let now = self.clock.now();
        match fetched {
            Ok(token) => {
                if let Some(conn) = self.client.token_ok(now, token.info(self.options.user_id.as_deref())) {
                    let socket = Socket::open(conn, self.options.endpoint.clone(), token.header, self.news.clone());
                    self.sockets.insert(conn, socket);
                }
                Ok(())
            }
            Err(error) => {
                self.client.token_err(now, error.is_fatal);
                self.transcript.no_token(error)
            }
        }
    }

    /// Tells the client what happened on a connection.
    fn happened(&mut self, conn: ConnectionId, news: News) -> io::Result<()> {
        let now = self.clock.now();
        match news {
            News::Opened => self.client.opened(now, conn),
            News::Alive => self.client.alive(now, conn),
            News::Received(text) => match self.client.recv_str(now, conn, &text) {
                Ok(Some(received)) => self.transcript.received(&received.payload, received.settled.as_ref())?,
                Ok(None) => {}
                Err(error) => self.transcript.not_decoded(&text, error)?,
            },
            News::Ended(end) => {
                self.client.closed(now, conn, end.closed);
                // One that the client had closed itself is no news.
                if self.sockets.remove(&conn).is_some() {
                    self.transcript.ended(conn, &end.words)?;
                }
            }
        }
        Ok(())
    }

    /// Whether another line can be taken.
    fn listens(&self) -> bool {
        !self.input_has_ended && self.typed.len() < WAITING
    }

    /// Takes a line that was typed; without one, there are no more.
    fn typed(&mut self, line: Option<String>) -> io::Result<()> {
        match line {
            Some(line) if typed::is_quit(&line) => {
                self.client.close(self.clock.now());
                let mut unsent = self.typed.drain(..);
                unsent.try_for_each(|line| self.transcript.not_sent(&line, "you have left"))?;
            }
            Some(line) if line.is_empty() => {}
            Some(line) => self.typed.push_back(line),
            None => self.input_has_ended = true,
        }
        Ok(())
    }

    /// Sends the line that has waited longest, if it can be sent now. The client holds nothing back for later: who has to wait, and
    /// for how long, is decided here.
    fn send_what_waits(&mut self) -> io::Result<Waiting> {
        let Some(line) = self.typed.pop_front() else { return Ok(Waiting::Until(None)) };
        match self.send(&line) {
            Ok(()) => {}
            Err(NotSent::Ever(why)) => self.transcript.not_sent(&line, why)?,
            Err(NotSent::Yet { why, retry_at }) => {
                if !self.wait_is_told {
                    self.transcript.waits(&line, why)?;
                    self.wait_is_told = true;
                }
                self.typed.push_front(line);
                return Ok(Waiting::Until(retry_at));
            }
        }
        self.wait_is_told = false;
        Ok(Waiting::Less)
    }

    /// Sends what a line asks for.
    fn send(&mut self, line: &str) -> Result<(), NotSent> {
        let now = self.clock.now();
        let request = typed::request(line).map_err(NotSent::Ever)?;
        match self.client.send(now, &request, line.into(), &mut self.buffer) {
            Ok(sent) => {
                if let Some(socket) = self.sockets.get(&sent.conn) {
                    socket.write(String::from_utf8_lossy(sent.payload).into_owned());
                }
                Ok(())
            }
            Err(error) => Err(match error.kind {
                why @ (SendErrorKind::NotConnected | SendErrorKind::TooManyInFlight) => {
                    NotSent::Yet { why: why.to_string(), retry_at: None }
                }
                SendErrorKind::TooManyRequests { retry_at } => {
                    let why = format!("too many requests in a second, for another {} ms", retry_at.since(now));
                    NotSent::Yet { why, retry_at: Some(retry_at) }
                }
                why => NotSent::Ever(why.to_string()),
            }),
        }
    }
}
