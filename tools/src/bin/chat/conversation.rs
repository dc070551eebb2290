//! The application: sends the lines of standard input, and prints a transcript.

use core::mem;
use std::collections::VecDeque;
use std::io::{self, Stdout};

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Config, ConnectionState, DisconnectReason, SendErrorKind};
use ivs_chat_tools::stdin;

use crate::command;
use crate::host::Host;
use crate::notice::Notice;
use crate::options::Options;
use crate::transcript::Transcript;

/// The maximum number of queued lines. Standard input is not read while the queue is full.
const MAX_QUEUED: usize = 64;

/// Runs a conversation until the client is disconnected.
pub(crate) async fn run(options: Options) -> io::Result<DisconnectReason> {
    let mut input = stdin::lines();
    let mut conversation = Conversation::new(options)?;
    let reason = loop {
        let deadline = conversation.drive()?;
        if let ConnectionState::Disconnected(reason) = conversation.host.client.state() {
            break reason;
        }
        let retry_at = match conversation.send_next()? {
            // Sending changes the client's deadline.
            SendProgress::Advanced => continue,
            SendProgress::Blocked { retry_at } => retry_at,
        };
        let deadline = [deadline, retry_at].into_iter().flatten().min();
        let accepts_input = conversation.accepts_input();
        let Conversation { host, transcript, .. } = &mut conversation;
        let mut notify = |notice: Notice<'_, String>| transcript.notice(notice);
        tokio::select! {
            () = host.wait(deadline, &mut notify) => transcript.take_error()?,
            line = input.recv(), if accepts_input => conversation.handle_input(line.transpose()?)?,
        }
    };
    conversation.host.close().await;
    Ok(reason)
}

struct Conversation {
    /// The host. Each request carries its input line.
    host: Host<String>,
    transcript: Transcript<Stdout>,
    /// The unsent lines.
    queue: VecDeque<String>,
    /// Whether the transcript shows that the first line of the queue is delayed.
    delay_is_shown: bool,
    input_has_ended: bool,
    is_disconnecting: bool,
}

/// The result of an attempt to send the first line of the queue.
enum SendProgress {
    /// The line was removed from the queue.
    Advanced,
    /// The queue is empty, or its first line must wait for an event or until `retry_at`.
    Blocked { retry_at: Option<Instant> },
}

/// The cause of a failure to send a line.
enum SendFailure {
    /// The line can be sent after an event, or at `retry_at`.
    Temporary { cause: String, retry_at: Option<Instant> },
    /// The line cannot be sent.
    Permanent(String),
}

impl Conversation {
    fn new(options: Options) -> io::Result<Self> {
        let mut config = Config::with_pings();
        config.max_code_points = options.max_code_points.unwrap_or(config.max_code_points);
        let mut host = Host::new(config, options.endpoint, options.tokens)?;
        host.client.connect(host.now());
        Ok(Self {
            host,
            transcript: Transcript::new(io::stdout()),
            queue: VecDeque::new(),
            delay_is_shown: false,
            input_has_ended: false,
            is_disconnecting: false,
        })
    }

    fn drive(&mut self) -> io::Result<Option<Instant>> {
        if self.input_has_ended && self.queue.is_empty() && !self.is_disconnecting {
            self.is_disconnecting = true;
            self.host.client.disconnect_when_settled(self.host.now());
        }
        let deadline = self.host.drive(&mut |notice| self.transcript.notice(notice));
        self.transcript.take_error()?;
        Ok(deadline)
    }

    /// Returns `true` if the queue can take another line.
    fn accepts_input(&self) -> bool {
        !self.input_has_ended && self.queue.len() < MAX_QUEUED
    }

    /// Handles a line of input, or the end of input.
    fn handle_input(&mut self, line: Option<String>) -> io::Result<()> {
        match line {
            Some(line) if command::is_quit(&line) => {
                self.host.client.disconnect(self.host.now());
                let mut unsent = mem::take(&mut self.queue).into_iter();
                unsent.try_for_each(|line| self.transcript.not_sent(&line, "you quit first"))?;
            }
            Some(line) if line.is_empty() => {}
            Some(line) => self.queue.push_back(line),
            None => self.input_has_ended = true,
        }
        Ok(())
    }

    /// Sends the first line of the queue if that is possible now. The client itself has no queue.
    fn send_next(&mut self) -> io::Result<SendProgress> {
        let Some(line) = self.queue.pop_front() else {
            return Ok(SendProgress::Blocked { retry_at: None });
        };
        match self.send(&line) {
            Ok(()) => {}
            Err(SendFailure::Permanent(cause)) => self.transcript.not_sent(&line, cause)?,
            Err(SendFailure::Temporary { cause, retry_at }) => {
                if !mem::replace(&mut self.delay_is_shown, true) {
                    self.transcript.delayed(&line, cause)?;
                }
                self.queue.push_front(line);
                return Ok(SendProgress::Blocked { retry_at });
            }
        }
        self.delay_is_shown = false;
        Ok(SendProgress::Advanced)
    }

    /// Sends the request of a line.
    fn send(&mut self, line: &str) -> Result<(), SendFailure> {
        let request = command::parse(line).map_err(SendFailure::Permanent)?;
        let Err(error) = self.host.send(request, line.into()) else { return Ok(()) };
        Err(match error.kind {
            cause @ (SendErrorKind::NotConnected | SendErrorKind::TooManyInFlight) => {
                SendFailure::Temporary { cause: cause.to_string(), retry_at: None }
            }
            SendErrorKind::TooManyRequests { retry_at } => {
                let millis = retry_at.saturating_duration_since(self.host.now()).as_millis();
                let cause = format!("too many requests per second; retrying in {millis} ms");
                SendFailure::Temporary { cause, retry_at: Some(retry_at) }
            }
            cause => SendFailure::Permanent(cause.to_string()),
        })
    }
}
