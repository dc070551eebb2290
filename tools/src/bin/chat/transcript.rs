//! The transcript of a chat: the time, the ID or a mark, the sender, the text.

use core::fmt::{self, Display};
use core::mem;
use core::time::Duration;
use std::io::{self, Write};
use std::time::SystemTime;

use ivs_chat_proto::client::{ConnectionId, ConnectionState, DisconnectReason, Outcome, Settled};
use ivs_chat_proto::subscribe::{Event, EventKind, Message, ServiceError, Subscribe};
use ivs_chat_proto::{Attributes, DecodeError, ErrorCode, SendTime, Text, Timestamp};
use ivs_chat_tools::display::{ReasonSuffix, time_of_day};
use terminal_text::{Visible, clip, escape_bytes, width};

use crate::notice::Notice;

/// The width of the column for the `Id` of a message.
const ID: usize = 12;
/// The width of the column for the sender or the label.
const NAME: usize = 16;
/// The width of everything before the text.
const INDENT: usize = "20:15:00  ".len() + ID + 2 + NAME + 2;
/// The maximum width of an `Id`. It exceeds the column, because users copy IDs into commands.
const MAX_ID: usize = 128;
/// The maximum width of an attribute's name or value, and of an excerpt of an invalid payload.
const MAX_VALUE: usize = 60;
/// The attributes that applications use for the name of a user.
const NAME_ATTRIBUTES: [&str; 4] = ["display_name", "displayName", "username", "name"];

/// A transcript in progress.
pub(crate) struct Transcript<W> {
    out: W,
    /// The first error in [`notice`](Self::notice).
    result: io::Result<()>,
    has_started: bool,
    /// The `UserId` of the latest message, as printed.
    latest_sender: String,
}

impl<W: Write> Transcript<W> {
    pub(crate) const fn new(out: W) -> Self {
        Self { out, result: Ok(()), has_started: false, latest_sender: String::new() }
    }

    /// Prints a notice. Errors are kept for [`take_error`](Self::take_error).
    pub(crate) fn notice(&mut self, notice: Notice<'_, String>) {
        let result = match notice {
            Notice::Received(received) => {
                self.received(&received.payload, received.settled.as_ref())
            }
            Notice::NotDecoded(payload, error) => self.not_decoded(payload, error),
            Notice::Settled(settled) => self.settled(&settled),
            Notice::State(state, delay) => self.state(state, delay),
            Notice::PossibleGap => self.local("~", "gap", "messages may have been missed"),
            Notice::FetchFailed(failure) => self.local("!", "no token", failure),
            Notice::TokenWarning(warning) => self.local("!", "token", warning),
            Notice::Closed(connection, description) => self.closed(connection, &description),
        };
        if self.result.is_ok() {
            self.result = result;
        }
    }

    /// Returns the first error since the last call.
    pub(crate) const fn take_error(&mut self) -> io::Result<()> {
        mem::replace(&mut self.result, Ok(()))
    }

    // Payloads.

    /// Prints a payload with the outcome that it carries.
    fn received(
        &mut self,
        payload: &Subscribe<'_>,
        settled: Option<&Settled<String>>,
    ) -> io::Result<()> {
        match payload {
            Subscribe::Message(message) => self.message(message),
            Subscribe::Event(event) => self.event(event),
            Subscribe::Error(error) => self.error(error, settled),
            Subscribe::Unknown(unknown) => self.local(
                "?",
                &clip(unknown.type_name(), MAX_VALUE),
                clip(unknown.raw(), MAX_VALUE),
            ),
            other => self.local("?", &clip(other.type_name(), MAX_VALUE), ""),
        }
    }

    fn message(&mut self, message: &Message<'_>) -> io::Result<()> {
        let name = display_name(message);
        let who = clip(name, NAME);
        self.line(
            message.send_time.parse().ok(),
            &clip(message.id, MAX_ID),
            &who,
            Visible(message.content),
        )?;
        let is_shown = |(key, value): &(Text<'_>, _)| {
            *value != name || !NAME_ATTRIBUTES.iter().any(|name| key == name)
        };
        let attributes = pairs(message.attributes.iter().filter(is_shown));
        let user_id = clip(message.sender.user_id, MAX_ID);
        // Users need the ID for `/disconnect`.
        let user =
            (user_id != who && user_id != self.latest_sender).then(|| format!("user {user_id}"));
        self.latest_sender = user_id;
        self.continuation(user.into_iter().chain(attributes))
    }

    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let time = event.send_time;
        match event.kind() {
            EventKind::DeletedMessage { message_id, reason } => self.remote(
                time,
                "-",
                "deleted",
                format_args!("message {}{}", Visible(message_id), ReasonSuffix(reason)),
            ),
            EventKind::DisconnectedUser { user_id, reason } => self.remote(
                time,
                "-",
                "disconnected",
                format_args!("user {}{}", Visible(user_id), ReasonSuffix(reason)),
            ),
            _ => {
                self.remote(time, "*", &clip(event.event_name, MAX_VALUE), "")?;
                self.continuation(pairs(event.attributes.iter()))
            }
        }
    }

    fn error(
        &mut self,
        error: &ServiceError<'_>,
        settled: Option<&Settled<String>>,
    ) -> io::Result<()> {
        match settled {
            Some(settled) => self.settled(settled)?,
            None => self.local("!", "error", Description(error.error_code))?,
        }
        self.continuation(error.error_message.map(|text| format!("“{}”", Visible(text))))
    }

    /// Prints a decoding error and the beginning of the payload.
    fn not_decoded(&mut self, payload: &str, error: DecodeError) -> io::Result<()> {
        self.local("✗", "not decoded", error)?;
        let start = escape_bytes(&payload.as_bytes()[..payload.len().min(MAX_VALUE)]);
        self.continuation([start])
    }

    // Requests.

    /// Prints the outcome of a request. The payload that confirms a request is printed anyway.
    fn settled(&mut self, settled: &Settled<String>) -> io::Result<()> {
        let line = Visible(&settled.data);
        match settled.outcome {
            Outcome::Confirmed => Ok(()),
            Outcome::Rejected(code) => {
                self.local("!", "rejected", line)?;
                self.continuation([Description(code).to_string()])
            }
            Outcome::Assumed => {
                self.local("~", "assumed", line)?;
                self.continuation(["no response; the request is assumed to have succeeded".into()])
            }
            Outcome::Unknown => {
                self.local("!", "unknown", line)?;
                self.continuation(["the request may or may not have succeeded".into()])
            }
            _ => self.local("~", "settled", line),
        }
    }

    /// Prints that a line was not sent.
    pub(crate) fn not_sent(&mut self, line: &str, cause: impl Display) -> io::Result<()> {
        self.local("!", "not sent", Visible(line))?;
        self.continuation([cause.to_string()])
    }

    /// Prints that a line cannot be sent yet.
    pub(crate) fn delayed(&mut self, line: &str, cause: impl Display) -> io::Result<()> {
        self.local("~", "waiting", Visible(line))?;
        self.continuation([cause.to_string()])
    }

    // The connection.

    /// Prints the state, and the delay before the next attempt unless it is short.
    fn state(&mut self, state: ConnectionState, delay: Duration) -> io::Result<()> {
        let has_started = mem::replace(&mut self.has_started, true);
        match state {
            ConnectionState::Connecting if !has_started => self.local("~", "connecting", ""),
            ConnectionState::Connecting if delay < Duration::from_secs(1) => {
                self.local("~", "reconnecting", "")
            }
            ConnectionState::Connecting => {
                self.local("~", "reconnecting", format_args!("in {} s", delay.as_secs()))
            }
            ConnectionState::Connected => self.local("~", "connected", ""),
            ConnectionState::Disconnected(reason) => {
                self.local("~", "disconnected", describe(reason))
            }
            _ => Ok(()),
        }
    }

    fn closed(&mut self, connection: ConnectionId, description: &str) -> io::Result<()> {
        self.local("~", &format!("connection {}", connection.number()), description)
    }

    // Output.

    /// Prints a local event, with the current time.
    fn local(&mut self, mark: &str, label: &str, details: impl Display) -> io::Result<()> {
        let now = Timestamp::try_from(SystemTime::now()).ok();
        self.line(now, &format!("{mark:>ID$}"), label, details)
    }

    /// Prints an event of the room, with its own time.
    fn remote(
        &mut self,
        time: SendTime<'_>,
        mark: &str,
        label: &str,
        details: impl Display,
    ) -> io::Result<()> {
        self.line(time.parse().ok(), &format!("{mark:>ID$}"), label, details)
    }

    fn line(
        &mut self,
        time: Option<Timestamp>,
        id: &str,
        name: &str,
        text: impl Display,
    ) -> io::Result<()> {
        let time = time_of_day(time);
        let id_padding = ID.saturating_sub(width(id));
        let name_padding = NAME.saturating_sub(width(name));
        let line = format!("{time}  {id}{:id_padding$}  {name}{:name_padding$}  {text}", "", "");
        writeln!(self.out, "{}", line.trim_end())
    }

    /// Prints a continuation line, unless there are no parts.
    fn continuation(&mut self, parts: impl IntoIterator<Item = String>) -> io::Result<()> {
        let parts: Vec<_> = parts.into_iter().collect();
        if parts.is_empty() {
            Ok(())
        } else {
            writeln!(self.out, "{:INDENT$}{}", "", parts.join(" · "))
        }
    }
}

/// Returns the name of the sender: an attribute of the token, an attribute of the message, or the
/// `UserId`.
fn display_name<'a>(message: &Message<'a>) -> Text<'a> {
    let named = |attributes: Attributes<'a>| {
        NAME_ATTRIBUTES
            .iter()
            .filter_map(move |name| attributes.get(name))
            .find(|name| !name.is_empty())
    };
    named(message.sender.attributes)
        .or_else(|| named(message.attributes))
        .unwrap_or(message.sender.user_id)
}

/// Formats attributes as `name: value`.
fn pairs<'a>(
    attributes: impl Iterator<Item = (Text<'a>, Text<'a>)>,
) -> impl Iterator<Item = String> {
    attributes.map(|(name, value)| format!("{}: {}", clip(name, MAX_VALUE), clip(value, MAX_VALUE)))
}

/// Displays an error code with its name and description.
struct Description(ErrorCode);

impl Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.0.description().unwrap_or("undocumented error code"))
    }
}

/// Describes the reason for a disconnection to the user.
fn describe(reason: DisconnectReason) -> String {
    match reason {
        DisconnectReason::NotWanted => "at your request".into(),
        DisconnectReason::NoToken => "no token is available".into(),
        DisconnectReason::Refused(status) => {
            format!("the service refused the connection with HTTP status {status}")
        }
        DisconnectReason::Closed(code) => {
            format!("the service ended the session with close code {code}")
        }
        DisconnectReason::DisconnectedUser => "you were disconnected from the room".into(),
        other => other.to_string(),
    }
}
