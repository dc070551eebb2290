//! The transcript: the time, the sender, the text.

use core::fmt::{self, Display};
use std::collections::VecDeque;
use std::io::{self, Write};

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::{Event, EventKind, Message, ServiceError, Subscribe};
use ivs_chat_proto::{Attributes, SendTime, Text};

use crate::payload::{Error, Payload};
use terminal_text::{Visible, clip, escape_bytes, width};

/// The width of the column for the sender or the label.
const NAME: usize = 16;
/// The width of everything before the text.
const INDENT: usize = "20:15:00  * ".len() + NAME + 2;
/// The maximum width of the quotation of a message in another line.
const MAX_QUOTE: usize = 40;
/// The maximum width of an attribute's name or value.
const MAX_VALUE: usize = 60;
/// The number of messages kept for the lines about their deletion.
const HISTORY_LEN: usize = 256;
/// The maximum length of the `Id` and `UserId` of a kept message, in code points.
const MAX_ID: usize = 128;
/// The lengths of the excerpt of a frame before and after an error, in bytes.
const CONTEXT_BEFORE: usize = 40;
const CONTEXT_AFTER: usize = 24;
/// The attributes that applications use for the name of a user.
const NAME_ATTRIBUTES: [&str; 4] = ["display_name", "displayName", "username", "name"];

/// A transcript in progress.
#[derive(Default)]
pub(crate) struct Transcript {
    /// The latest printed date.
    date: String,
    /// The latest messages, in order.
    history: VecDeque<PastMessage>,
    messages: u64,
    deletions: u64,
    disconnections: u64,
    events: u64,
    errors: u64,
    unknown: u64,
    publishes: u64,
    not_decoded: u64,
}

struct PastMessage {
    id: String,
    user_id: String,
    name: String,
    quote: String,
}

impl Transcript {
    pub(crate) fn payload(
        &mut self,
        out: &mut impl Write,
        payload: &Payload<'_>,
    ) -> io::Result<()> {
        match payload {
            Payload::Subscribe(Subscribe::Message(message)) => self.message(out, message),
            Payload::Subscribe(Subscribe::Event(event)) => self.event(out, event),
            Payload::Subscribe(Subscribe::Error(error)) => self.error(out, error),
            Payload::Subscribe(Subscribe::Unknown(unknown)) => {
                self.unknown(out, unknown.type_name(), unknown.raw())
            }
            Payload::Subscribe(other) => self.unknown(out, other.type_name(), ""),
            Payload::Publish(publish) => self.publish(out, publish),
        }
    }

    fn message(&mut self, out: &mut impl Write, message: &Message<'_>) -> io::Result<()> {
        self.messages += 1;
        let name = display_name(message);
        self.line(out, Some(message.send_time), ' ', &clip(name, NAME), Visible(message.content))?;
        self.add_to_history(message, name);
        let is_shown = |(key, value): &(Text<'_>, _)| {
            *value != name || !NAME_ATTRIBUTES.iter().any(|name| key == name)
        };
        continuation(out, &pairs(message.attributes.iter().filter(is_shown)))
    }

    fn event(&mut self, out: &mut impl Write, event: &Event<'_>) -> io::Result<()> {
        let time = Some(event.send_time);
        match event.kind() {
            EventKind::DeletedMessage { message_id, reason } => {
                self.deletions += 1;
                let text = format!("{}{}", self.describe_message(message_id), ReasonSuffix(reason));
                self.line(out, time, '-', "deleted", text)
            }
            EventKind::DisconnectedUser { user_id, reason } => {
                self.disconnections += 1;
                let text = format!("{}{}", self.describe_user(user_id), ReasonSuffix(reason));
                self.line(out, time, '-', "disconnected", text)
            }
            _ => {
                self.events += 1;
                self.line(
                    out,
                    time,
                    '*',
                    &clip(event.event_name, MAX_VALUE),
                    pairs(event.attributes.iter()),
                )
            }
        }
    }

    fn error(&mut self, out: &mut impl Write, error: &ServiceError<'_>) -> io::Result<()> {
        self.errors += 1;
        let code = error.error_code;
        let description = match (code.name(), code.description()) {
            (Some(name), Some(text)) => format!("{name}: {text}"),
            _ => "undocumented error code".into(),
        };
        self.line(out, None, '!', &format!("error {}", code.as_u16()), description)?;
        let message = error.error_message.map(|message| format!("“{}”", Visible(message)));
        continuation(out, &joined(message.into_iter().chain(describe_request(error.request_id))))
    }

    fn unknown(&mut self, out: &mut impl Write, type_name: Text<'_>, raw: &str) -> io::Result<()> {
        self.unknown += 1;
        self.line(out, None, '?', &clip(type_name, MAX_VALUE), Visible(raw))
    }

    fn publish(&mut self, out: &mut impl Write, publish: &Publish<'_>) -> io::Result<()> {
        self.publishes += 1;
        match publish {
            Publish::SendMessage(send) => {
                self.line(out, None, '→', "send", Visible(send.content.text()))?;
                let attributes =
                    (!send.attributes.is_empty()).then(|| pairs(send.attributes.iter()));
                return continuation(
                    out,
                    &joined(attributes.into_iter().chain(describe_request(send.request_id))),
                );
            }
            Publish::DeleteMessage(delete) => {
                let text =
                    format!("{}{}", self.describe_message(delete.id), ReasonSuffix(delete.reason));
                self.line(out, None, '→', "delete", text)?;
            }
            Publish::DisconnectUser(disconnect) => {
                let text = format!(
                    "{}{}",
                    self.describe_user(disconnect.user_id),
                    ReasonSuffix(disconnect.reason)
                );
                self.line(out, None, '→', "disconnect", text)?;
            }
            _ => self.line(out, None, '→', publish.action(), "")?,
        }
        continuation(out, &joined(describe_request(publish.request_id())))
    }

    /// Writes a decoding error, with an excerpt of the frame unless the frame is too long.
    pub(crate) fn not_decoded(
        &mut self,
        out: &mut impl Write,
        number: u64,
        frame: Option<&[u8]>,
        error: &Error,
    ) -> io::Result<()> {
        self.not_decoded += 1;
        self.line(out, None, '✗', &format!("frame {number}"), error)?;
        let Some(frame) = frame else { return Ok(()) };
        let (before, after) = excerpt(frame, error.offset());
        continuation(out, &format!("{before}{after}"))?;
        writeln!(out, "{:1$}^", "", INDENT + width(&before))
    }

    /// Writes the number of payloads of each kind.
    pub(crate) fn summary(&self, out: &mut impl Write) -> io::Result<()> {
        let counts = [
            (self.messages, "message", "messages"),
            (self.deletions, "deletion", "deletions"),
            (self.disconnections, "disconnection", "disconnections"),
            (self.events, "event", "events"),
            (self.errors, "error", "errors"),
            (self.unknown, "unknown payload", "unknown payloads"),
            (self.publishes, "publish", "publishes"),
        ];
        let frames = counts.iter().map(|(count, ..)| count).sum::<u64>() + self.not_decoded;
        write!(out, "\n{frames} {}: ", if frames == 1 { "frame" } else { "frames" })?;
        for (count, one, several) in counts.into_iter().filter(|&(count, ..)| count > 0) {
            write!(out, "{count} {}, ", if count == 1 { one } else { several })?;
        }
        writeln!(out, "{} not decoded", self.not_decoded)
    }

    /// Writes a line, after a line with the date if that has changed.
    fn line(
        &mut self,
        out: &mut impl Write,
        time: Option<SendTime<'_>>,
        mark: char,
        name: &str,
        text: impl Display,
    ) -> io::Result<()> {
        let time = match time.map(|time| time.parse()) {
            Some(Ok(time)) => {
                let date_time = time.to_string();
                let (date, time) = date_time.split_once('T').unwrap_or_default();
                if self.date != date {
                    self.date = date.into();
                    writeln!(out, "{date}, UTC")?;
                }
                time.chars().take("20:15:00".len()).collect()
            }
            Some(Err(_)) => "??:??:??".into(),
            None => String::new(),
        };
        let padding = NAME.saturating_sub(width(name));
        writeln!(out, "{time:8}  {mark} {name}{:padding$}  {text}", "")
    }

    fn add_to_history(&mut self, message: &Message<'_>, name: Text<'_>) {
        let (id, user_id) = (message.id, message.sender.user_id);
        if id.code_point_count() > MAX_ID || user_id.code_point_count() > MAX_ID {
            return;
        }
        if self.history.len() == HISTORY_LEN {
            self.history.pop_front();
        }
        let (name, quote) = (clip(name, NAME), clip(message.content, MAX_QUOTE));
        self.history.push_back(PastMessage { id: id.into(), user_id: user_id.into(), name, quote });
    }

    /// Describes the message with this `Id`: a quotation if it is in the history.
    fn describe_message(&self, id: Text<'_>) -> String {
        match self.history.iter().rev().find(|message| id == *message.id) {
            Some(PastMessage { name, quote, .. }) => format!("“{quote}” by {name}"),
            None => format!("message {}", Visible(id)),
        }
    }

    /// Describes the user with this `UserId`, with a name if it is in the history.
    fn describe_user(&self, user_id: Text<'_>) -> String {
        match self.history.iter().rev().find(|message| user_id == *message.user_id) {
            Some(PastMessage { name, .. }) => format!("{name}, user {}", Visible(user_id)),
            None => format!("user {}", Visible(user_id)),
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

/// Displays a reason as a suffix, `: REASON`. Displays nothing if it is absent or empty.
struct ReasonSuffix<'a>(Option<Text<'a>>);

impl Display for ReasonSuffix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(reason) if !reason.is_empty() => write!(f, ": {}", Visible(reason)),
            _ => Ok(()),
        }
    }
}

fn describe_request(request_id: Option<Text<'_>>) -> Option<String> {
    request_id.map(|request_id| format!("request {}", Visible(request_id)))
}

/// Formats attributes as `name: value`.
fn pairs<'a>(attributes: impl Iterator<Item = (Text<'a>, Text<'a>)>) -> String {
    joined(
        attributes
            .map(|(name, value)| format!("{}: {}", clip(name, MAX_VALUE), clip(value, MAX_VALUE))),
    )
}

fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(" · ")
}

/// Writes a continuation line, unless it is empty.
fn continuation(out: &mut impl Write, text: &str) -> io::Result<()> {
    if text.is_empty() { Ok(()) } else { writeln!(out, "{:INDENT$}{text}", "") }
}

/// Returns an excerpt of a frame before and after an offset, with ellipses where it is clipped.
fn excerpt(frame: &[u8], offset: usize) -> (String, String) {
    let (before, after) = frame.split_at(offset.min(frame.len()));
    let is_boundary = |bytes: &[u8]| bytes.first().is_none_or(|byte| byte & 0xc0 != 0x80);

    // The excerpt starts and ends at character boundaries. A character has at most four bytes.
    let start = before.len().saturating_sub(CONTEXT_BEFORE);
    let start =
        (start..=before.len()).take(4).find(|&at| is_boundary(&before[at..])).unwrap_or(start);
    let end = CONTEXT_AFTER.min(after.len());
    let end = (end..=after.len()).take(4).find(|&at| is_boundary(&after[at..])).unwrap_or(end);

    let mut excerpt = (escape_bytes(&before[start..]), escape_bytes(&after[..end]));
    if start > 0 {
        excerpt.0.insert(0, '…');
    }
    if end < after.len() {
        excerpt.1.push('…');
    }
    excerpt
}
