//! The room for people: when, what it is called, who, what.

use core::fmt::{self, Display};
use core::mem;
use core::time::Duration;
use std::io::{self, Write};
use std::time::SystemTime;

use ivs_chat_proto::client::{ConnectionId, ConnectionState, DisconnectReason, Outcome, Settled};
use ivs_chat_proto::subscribe::{Event, EventKind, Message, ServiceError, Subscribe};
use ivs_chat_proto::{Attributes, DecodeError, ErrorCode, SendTime, Text, Timestamp};

use crate::host::Notice;
use terminal_text::{Visible, clip, escape_bytes, width};

/// The columns of the `Id` of a message, of the names, and of what they stand behind.
const ID: usize = 12;
const WHO: usize = 16;
const INDENT: usize = "20:15:00  ".len() + ID + 2 + WHO + 2;
/// An `Id` is shown whole up to here: it is to be typed.
const MAX_ID: usize = 128;
/// The most columns of an attribute, and of what is shown of a payload that cannot be read.
const VALUE: usize = 60;
/// The attributes by which applications name people.
const NAMES: [&str; 4] = ["display_name", "displayName", "username", "name"];

/// A transcript as far as it was written.
pub(crate) struct Transcript<W> {
    out: W,
    /// Whether notices could be written.
    written: io::Result<()>,
    has_begun: bool,
    /// Who spoke last, as it was shown.
    speaker: String,
}

impl<W: Write> Transcript<W> {
    pub(crate) const fn new(out: W) -> Self {
        Self { out, written: Ok(()), has_begun: false, speaker: String::new() }
    }

    /// Writes what the application has to know. [`written`](Self::written) tells whether that
    /// failed.
    pub(crate) fn notice(&mut self, notice: Notice<'_, String>) {
        let written = match notice {
            Notice::Received(received) => {
                self.received(&received.payload, received.settled.as_ref())
            }
            Notice::NotDecoded(payload, error) => self.not_decoded(payload, error),
            Notice::Settled(settled) => self.settled(&settled),
            Notice::State(state, wait) => self.state(state, wait),
            Notice::PossibleGap => self.note("~", "gap", "messages may have been missed"),
            Notice::NoToken(why) => self.note("!", "no token", why),
            Notice::Warning(what) => self.note("!", "token", what),
            Notice::Ended(connection, how) => self.ended(connection, &how),
        };
        if self.written.is_ok() {
            self.written = written;
        }
    }

    /// Returns the first error since the last call.
    pub(crate) const fn written(&mut self) -> io::Result<()> {
        mem::replace(&mut self.written, Ok(()))
    }

    // What is received.

    /// Writes a payload, and the request that it answers.
    fn received(
        &mut self,
        payload: &Subscribe<'_>,
        settled: Option<&Settled<String>>,
    ) -> io::Result<()> {
        match payload {
            Subscribe::Message(message) => self.message(message),
            Subscribe::Event(event) => self.event(event),
            Subscribe::Error(error) => self.error(error, settled),
            Subscribe::Unknown(unknown) => {
                self.note("?", &clip(unknown.type_name(), VALUE), clip(unknown.raw(), VALUE))
            }
            other => self.note("?", &clip(other.type_name(), VALUE), ""),
        }
    }

    fn message(&mut self, message: &Message<'_>) -> io::Result<()> {
        let name = display_name(message);
        let who = clip(name, WHO);
        self.line(
            message.send_time.parse().ok(),
            &clip(message.id, MAX_ID),
            &who,
            Visible(message.content),
        )?;
        let says_more =
            |(key, value): &(Text<'_>, _)| *value != name || !NAMES.iter().any(|name| key == name);
        let attributes = pairs(message.attributes.iter().filter(says_more));
        let user_id = clip(message.sender.user_id, MAX_ID);
        // Their id is needed to make them leave.
        let user = (user_id != who && user_id != self.speaker).then(|| format!("user {user_id}"));
        self.speaker = user_id;
        self.continuation(user.into_iter().chain(attributes))
    }

    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let time = event.send_time;
        match event.kind() {
            EventKind::DeletedMessage { message_id, reason } => self.happened(
                time,
                "-",
                "deleted",
                format_args!("message {}{}", Visible(message_id), Why(reason)),
            ),
            EventKind::DisconnectedUser { user_id, reason } => self.happened(
                time,
                "-",
                "disconnected",
                format_args!("user {}{}", Visible(user_id), Why(reason)),
            ),
            _ => {
                self.happened(time, "*", &clip(event.event_name, VALUE), "")?;
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
            None => self.note("!", "error", Meaning(error.error_code))?,
        }
        self.continuation(error.error_message.map(|words| format!("“{}”", Visible(words))))
    }

    /// Writes that a payload could not be decoded, and how it begins.
    fn not_decoded(&mut self, payload: &str, error: DecodeError) -> io::Result<()> {
        self.note("✗", "not decoded", error)?;
        let start = escape_bytes(&payload.as_bytes()[..payload.len().min(VALUE)]);
        self.continuation([start])
    }

    // What has become of what was typed.

    /// Writes the outcome of a request, unless it can be seen anyway.
    fn settled(&mut self, settled: &Settled<String>) -> io::Result<()> {
        let line = typed(&settled.data);
        match settled.outcome {
            Outcome::Confirmed => Ok(()),
            Outcome::Rejected(code) => {
                self.note("!", "refused", line)?;
                self.continuation([Meaning(code).to_string()])
            }
            Outcome::Assumed => {
                self.note("~", "no answer", line)?;
                self.continuation(["it is taken for done".into()])
            }
            Outcome::Unknown => {
                self.note("!", "unknown", line)?;
                self.continuation(["it is unknown whether it has been done".into()])
            }
            _ => self.note("~", "settled", line),
        }
    }

    /// Writes that a line has not been sent.
    pub(crate) fn not_sent(&mut self, line: &str, why: impl Display) -> io::Result<()> {
        self.note("!", "not sent", typed(line))?;
        self.continuation([why.to_string()])
    }

    /// Writes that a line cannot be sent yet.
    pub(crate) fn waits(&mut self, line: &str, why: impl Display) -> io::Result<()> {
        self.note("~", "waits", typed(line))?;
        self.continuation([why.to_string()])
    }

    // What has become of the connection.

    /// Writes the state. The wait before an attempt is told if it is long.
    fn state(&mut self, state: ConnectionState, wait: Duration) -> io::Result<()> {
        let has_begun = mem::replace(&mut self.has_begun, true);
        match state {
            ConnectionState::Connecting if !has_begun => self.note("~", "connecting", ""),
            ConnectionState::Connecting if wait < Duration::from_secs(1) => {
                self.note("~", "reconnecting", "")
            }
            ConnectionState::Connecting => {
                self.note("~", "reconnecting", format_args!("in {} s", wait.as_secs()))
            }
            ConnectionState::Connected => self.note("~", "connected", ""),
            ConnectionState::Disconnected(reason) => {
                self.note("~", "disconnected", meaning(reason))
            }
            _ => Ok(()),
        }
    }

    fn ended(&mut self, connection: ConnectionId, how: &str) -> io::Result<()> {
        self.note("~", &format!("connection {}", connection.number()), how)
    }

    // Lines.

    /// Writes a line of what happens here and now.
    fn note(&mut self, mark: &str, what: &str, details: impl Display) -> io::Result<()> {
        let now = Timestamp::try_from(SystemTime::now()).ok();
        self.line(now, &format!("{mark:>ID$}"), what, details)
    }

    /// Writes a line of what happened in the room.
    fn happened(
        &mut self,
        time: SendTime<'_>,
        mark: &str,
        what: &str,
        details: impl Display,
    ) -> io::Result<()> {
        self.line(time.parse().ok(), &format!("{mark:>ID$}"), what, details)
    }

    fn line(
        &mut self,
        time: Option<Timestamp>,
        id: &str,
        who: &str,
        what: impl Display,
    ) -> io::Result<()> {
        let time = time.map(|time| time.to_string());
        let time = time
            .as_deref()
            .and_then(|time| time.get("2026-11-22T".len()..)?.get(.."20:15:00".len()));
        let id_padding = ID.saturating_sub(width(id));
        let who_padding = WHO.saturating_sub(width(who));
        let line = format!(
            "{}  {id}{:id_padding$}  {who}{:who_padding$}  {what}",
            time.unwrap_or("??:??:??"),
            "",
            ""
        );
        writeln!(self.out, "{}", line.trim_end())
    }

    /// Writes a further line of what was written last, if there is more to say.
    fn continuation(&mut self, parts: impl IntoIterator<Item = String>) -> io::Result<()> {
        let parts: Vec<_> = parts.into_iter().collect();
        if parts.is_empty() {
            Ok(())
        } else {
            writeln!(self.out, "{:INDENT$}{}", "", parts.join(" · "))
        }
    }
}

/// What to call the sender of a message: by a name that the token gave or, without one, the
/// message; or the `UserId`.
fn display_name<'a>(message: &Message<'a>) -> Text<'a> {
    let named = |attributes: Attributes<'a>| {
        NAMES.iter().filter_map(move |name| attributes.get(name)).find(|name| !name.is_empty())
    };
    named(message.sender.attributes)
        .or_else(|| named(message.attributes))
        .unwrap_or(message.sender.user_id)
}

/// Attributes, each with its name.
fn pairs<'a>(
    attributes: impl Iterator<Item = (Text<'a>, Text<'a>)>,
) -> impl Iterator<Item = String> {
    attributes.map(|(name, value)| format!("{}: {}", clip(name, VALUE), clip(value, VALUE)))
}

/// All of a line that was typed: it is to be typed again.
const fn typed(line: &str) -> Visible<&str> {
    Visible(line)
}

/// Why something was done, behind what was done.
struct Why<'a>(Option<Text<'a>>);

impl Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(reason) if !reason.is_empty() => write!(f, ": {}", Visible(reason)),
            _ => Ok(()),
        }
    }
}

/// An error's number, name and meaning.
struct Meaning(ErrorCode);

impl Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.0.description().unwrap_or("not a code of the reference"))
    }
}

/// Why there is no connection, nor to be one.
fn meaning(reason: DisconnectReason) -> String {
    match reason {
        DisconnectReason::NotWanted => "as you wished".into(),
        DisconnectReason::NoToken => "no token can be had".into(),
        DisconnectReason::Refused(status) => {
            format!("the service refuses the connection, with HTTP status {status}")
        }
        DisconnectReason::Closed(code) => {
            format!("the service has ended the session, with code {code}")
        }
        DisconnectReason::DisconnectedUser => "you have been made to leave the room".into(),
        other => other.to_string(),
    }
}
