//! What is typed goes to the room, and what comes from the room is shown.

use core::mem;
use std::collections::VecDeque;
use std::io::{self, Stdout};

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Config, ConnectionState, DisconnectReason, SendErrorKind};

use crate::host::{Host, Notice};
use crate::options::Options;
use crate::transcript::Transcript;
use crate::typed;
use ivs_chat_tools::lines;

/// How many lines may wait. After that, the keyboard waits.
const WAITING: usize = 64;

/// Holds a conversation until the client is disconnected.
pub(crate) async fn hold(options: Options) -> io::Result<DisconnectReason> {
    let mut lines = lines::lines();
    let mut conversation = Conversation::new(options)?;
    let reason = loop {
        let wait = conversation.drive()?;
        if let ConnectionState::Disconnected(reason) = conversation.host.client.state() {
            break reason;
        }
        let retry_at = match conversation.send_what_waits()? {
            // What was sent changes what the client waits for.
            Waiting::Less => continue,
            Waiting::Until(retry_at) => retry_at,
        };
        let until = [wait, retry_at].into_iter().flatten().min();
        let is_listening = conversation.is_listening();
        let Conversation { host, transcript, .. } = &mut conversation;
        let mut tell = |notice: Notice<'_, String>| transcript.notice(notice);
        tokio::select! {
            () = host.wait(until, &mut tell) => transcript.written()?,
            line = lines.recv(), if is_listening => conversation.typed(line.transpose()?)?,
        }
    };
    conversation.host.leave().await;
    Ok(reason)
}

struct Conversation {
    /// Each request is known by the line that was typed.
    host: Host<String>,
    transcript: Transcript<Stdout>,
    /// The lines that are still to be sent.
    typed: VecDeque<String>,
    /// Whether it has been shown that the first of them waits.
    wait_is_shown: bool,
    input_has_ended: bool,
    is_leaving: bool,
}

/// What is left of the lines that are to be sent.
enum Waiting {
    /// Fewer than before.
    Less,
    /// As many, until this moment or until something happens.
    Until(Option<Instant>),
}

/// Why a line was not sent.
enum NotSent {
    /// It can be sent later: after something has happened, or at this moment.
    Yet {
        why: String,
        retry_at: Option<Instant>,
    },
    Ever(String),
}

impl Conversation {
    fn new(options: Options) -> io::Result<Self> {
        let mut config = Config::with_pings();
        config.max_code_points = options.max_code_points.unwrap_or(config.max_code_points);
        let mut host = Host::new(config, options.endpoint, options.tokens, options.user_id)?;
        host.client.connect(host.now());
        Ok(Self {
            host,
            transcript: Transcript::new(io::stdout()),
            typed: VecDeque::new(),
            wait_is_shown: false,
            input_has_ended: false,
            is_leaving: false,
        })
    }

    fn drive(&mut self) -> io::Result<Option<Instant>> {
        if self.input_has_ended && self.typed.is_empty() && !self.is_leaving {
            self.is_leaving = true;
            self.host.client.disconnect_when_settled(self.host.now());
        }
        let wait = self.host.drive(&mut |notice| self.transcript.notice(notice));
        self.transcript.written()?;
        Ok(wait)
    }

    /// Returns `true` if there is room for another line.
    fn is_listening(&self) -> bool {
        !self.input_has_ended && self.typed.len() < WAITING
    }

    /// Takes a line that was typed, or the end of the input.
    fn typed(&mut self, line: Option<String>) -> io::Result<()> {
        match line {
            Some(line) if typed::is_quit(&line) => {
                self.host.client.disconnect(self.host.now());
                let mut unsent = mem::take(&mut self.typed).into_iter();
                unsent.try_for_each(|line| self.transcript.not_sent(&line, "you have left"))?;
            }
            Some(line) if line.is_empty() => {}
            Some(line) => self.typed.push_back(line),
            None => self.input_has_ended = true,
        }
        Ok(())
    }

    /// Sends the line that has waited longest, if it can be sent now. The client queues nothing.
    fn send_what_waits(&mut self) -> io::Result<Waiting> {
        let Some(line) = self.typed.pop_front() else { return Ok(Waiting::Until(None)) };
        match self.send(&line) {
            Ok(()) => {}
            Err(NotSent::Ever(why)) => self.transcript.not_sent(&line, why)?,
            Err(NotSent::Yet { why, retry_at }) => {
                if !mem::replace(&mut self.wait_is_shown, true) {
                    self.transcript.waits(&line, why)?;
                }
                self.typed.push_front(line);
                return Ok(Waiting::Until(retry_at));
            }
        }
        self.wait_is_shown = false;
        Ok(Waiting::Less)
    }

    /// Sends what a line asks for.
    fn send(&mut self, line: &str) -> Result<(), NotSent> {
        let request = typed::request(line).map_err(NotSent::Ever)?;
        let Err(error) = self.host.send(request, line.into()) else { return Ok(()) };
        Err(match error.kind {
            why @ (SendErrorKind::NotConnected | SendErrorKind::TooManyInFlight) => {
                NotSent::Yet { why: why.to_string(), retry_at: None }
            }
            SendErrorKind::TooManyRequests { retry_at } => {
                let millis = retry_at.saturating_duration_since(self.host.now()).as_millis();
                let why = format!("too many requests in a second, for another {millis} ms");
                NotSent::Yet { why, retry_at: Some(retry_at) }
            }
            why => NotSent::Ever(why.to_string()),
        })
    }
}
