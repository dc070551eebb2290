//! The report for people: when, who, what.

use core::fmt::{self, Display};
use std::collections::VecDeque;
use std::io::{self, Write};

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::{Event, EventKind, Message, ServiceError, Subscribe};
use ivs_chat_proto::{Attributes, SendTime, Text};

use crate::payload::{Error, Payload};
use terminal_text::{Visible, clip, escape_bytes, width};

/// The columns of the names, and of what they stand behind: the time of day and a mark.
const WHO: usize = 16;
const INDENT: usize = "20:15:00  * ".len() + WHO + 2;
/// The most columns that a message takes where another line speaks of it, and those of an
/// attribute's value.
const QUOTE: usize = 40;
const VALUE: usize = 60;
/// How many messages are remembered, for their deletions to speak of; and of them, the longest `Id`
/// and `UserId`.
const REMEMBERED: usize = 256;
const MAX_ID: usize = 128;
/// How much is shown of a frame around what is wrong with it, in bytes.
const BEFORE: usize = 40;
const AFTER: usize = 24;
/// The attributes by which applications name people.
const NAMES: [&str; 4] = ["display_name", "displayName", "username", "name"];

/// A transcript as far as it was written.
#[derive(Default)]
pub(crate) struct Transcript {
    /// The date of the latest time, as it was shown.
    date: String,
    /// The latest messages, the last at the end.
    remembered: VecDeque<Remembered>,
    messages: u64,
    deletions: u64,
    disconnections: u64,
    events: u64,
    errors: u64,
    unknown: u64,
    publishes: u64,
    not_decoded: u64,
}

struct Remembered {
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
        self.line(out, Some(message.send_time), ' ', &clip(name, WHO), Visible(message.content))?;
        self.remember(message, name);
        let says_more =
            |(key, value): &(Text<'_>, _)| *value != name || !NAMES.iter().any(|name| key == name);
        continuation(out, &pairs(message.attributes.iter().filter(says_more)))
    }

    fn event(&mut self, out: &mut impl Write, event: &Event<'_>) -> io::Result<()> {
        let time = Some(event.send_time);
        match event.kind() {
            EventKind::DeletedMessage { message_id, reason } => {
                self.deletions += 1;
                let what = format!("{}{}", self.described_message(message_id), Reason(reason));
                self.line(out, time, '-', "deleted", what)
            }
            EventKind::DisconnectedUser { user_id, reason } => {
                self.disconnections += 1;
                let who = format!("{}{}", self.described_user(user_id), Reason(reason));
                self.line(out, time, '-', "disconnected", who)
            }
            _ => {
                self.events += 1;
                self.line(
                    out,
                    time,
                    '*',
                    &clip(event.event_name, VALUE),
                    pairs(event.attributes.iter()),
                )
            }
        }
    }

    fn error(&mut self, out: &mut impl Write, error: &ServiceError<'_>) -> io::Result<()> {
        self.errors += 1;
        let code = error.error_code;
        let meaning = match (code.name(), code.description()) {
            (Some(name), Some(description)) => format!("{name}: {description}"),
            _ => "not a code of the reference".into(),
        };
        self.line(out, None, '!', &format!("error {}", code.as_u16()), meaning)?;
        let words = error.error_message.map(|words| format!("“{}”", Visible(words)));
        continuation(out, &joined(words.into_iter().chain(described_request(error.request_id))))
    }

    fn unknown(&mut self, out: &mut impl Write, type_name: Text<'_>, raw: &str) -> io::Result<()> {
        self.unknown += 1;
        self.line(out, None, '?', &clip(type_name, VALUE), Visible(raw))
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
                    &joined(attributes.into_iter().chain(described_request(send.request_id))),
                );
            }
            Publish::DeleteMessage(delete) => {
                let what =
                    format!("{}{}", self.described_message(delete.id), Reason(delete.reason));
                self.line(out, None, '→', "delete", what)?;
            }
            Publish::DisconnectUser(disconnect) => {
                let who = format!(
                    "{}{}",
                    self.described_user(disconnect.user_id),
                    Reason(disconnect.reason)
                );
                self.line(out, None, '→', "disconnect", who)?;
            }
            _ => self.line(out, None, '→', publish.action(), "")?,
        }
        continuation(out, &joined(described_request(publish.request_id())))
    }

    /// Writes that a frame could not be decoded, and shows the place in what there is of it.
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
        let (before, after) = around(frame, error.offset());
        continuation(out, &format!("{before}{after}"))?;
        writeln!(out, "{:1$}^", "", INDENT + width(&before))
    }

    /// Writes how much there was of everything.
    pub(crate) fn summary(&self, out: &mut impl Write) -> io::Result<()> {
        let counts = [
            (self.messages, "message", "messages"),
            (self.deletions, "deletion", "deletions"),
            (self.disconnections, "disconnection", "disconnections"),
            (self.events, "event", "events"),
            (self.errors, "error", "errors"),
            (self.unknown, "of unknown Type", "of unknown Type"),
            (self.publishes, "publish", "publishes"),
        ];
        let frames = counts.iter().map(|(count, ..)| count).sum::<u64>() + self.not_decoded;
        write!(out, "\n{frames} {}: ", if frames == 1 { "frame" } else { "frames" })?;
        for (count, one, several) in counts.into_iter().filter(|&(count, ..)| count > 0) {
            write!(out, "{count} {}, ", if count == 1 { one } else { several })?;
        }
        writeln!(out, "{} not decoded", self.not_decoded)
    }

    /// Writes a line; on another day than the line before, under its date.
    fn line(
        &mut self,
        out: &mut impl Write,
        time: Option<SendTime<'_>>,
        mark: char,
        who: &str,
        what: impl Display,
    ) -> io::Result<()> {
        let time = match time.map(|time| time.parse()) {
            Some(Ok(time)) => {
                let text = time.to_string();
                let (date, time) = text.split_once('T').unwrap_or_default();
                if self.date != date {
                    self.date = date.into();
                    writeln!(out, "{date}, UTC")?;
                }
                time.chars().take("20:15:00".len()).collect()
            }
            Some(Err(_)) => "??:??:??".into(),
            None => String::new(),
        };
        let padding = WHO.saturating_sub(width(who));
        writeln!(out, "{time:8}  {mark} {who}{:padding$}  {what}", "")
    }

    fn remember(&mut self, message: &Message<'_>, name: Text<'_>) {
        let (id, user_id) = (message.id, message.sender.user_id);
        if id.code_point_count() > MAX_ID || user_id.code_point_count() > MAX_ID {
            return;
        }
        if self.remembered.len() == REMEMBERED {
            self.remembered.pop_front();
        }
        let (name, quote) = (clip(name, WHO), clip(message.content, QUOTE));
        self.remembered.push_back(Remembered {
            id: id.into(),
            user_id: user_id.into(),
            name,
            quote,
        });
    }

    /// The message with this `Id`, as far as it is known.
    fn described_message(&self, id: Text<'_>) -> String {
        match self.remembered.iter().rev().find(|message| id == *message.id) {
            Some(Remembered { name, quote, .. }) => format!("“{quote}” by {name}"),
            None => format!("message {}", Visible(id)),
        }
    }

    /// The user with this `UserId`, as far as they are known.
    fn described_user(&self, user_id: Text<'_>) -> String {
        match self.remembered.iter().rev().find(|message| user_id == *message.user_id) {
            Some(Remembered { name, .. }) => format!("{name}, user {}", Visible(user_id)),
            None => format!("user {}", Visible(user_id)),
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

/// Why something was done, behind what was done.
struct Reason<'a>(Option<Text<'a>>);

impl Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(reason) if !reason.is_empty() => write!(f, ": {}", Visible(reason)),
            _ => Ok(()),
        }
    }
}

fn described_request(request_id: Option<Text<'_>>) -> Option<String> {
    request_id.map(|request_id| format!("request {}", Visible(request_id)))
}

/// Attributes, each with its name.
fn pairs<'a>(attributes: impl Iterator<Item = (Text<'a>, Text<'a>)>) -> String {
    joined(attributes.map(|(name, value)| format!("{}: {}", clip(name, VALUE), clip(value, VALUE))))
}

fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(" · ")
}

/// Writes a further line of what was written last, if there is more to say.
fn continuation(out: &mut impl Write, what: &str) -> io::Result<()> {
    if what.is_empty() { Ok(()) } else { writeln!(out, "{:INDENT$}{what}", "") }
}

/// What stands in a frame in front of and behind a place, with an ellipsis where there is more.
fn around(frame: &[u8], place: usize) -> (String, String) {
    let (before, after) = frame.split_at(place.min(frame.len()));
    let is_boundary = |bytes: &[u8]| bytes.first().is_none_or(|byte| byte & 0xc0 != 0x80);

    // A character is not cut, and is no longer than four bytes.
    let start = before.len().saturating_sub(BEFORE);
    let start =
        (start..=before.len()).take(4).find(|&at| is_boundary(&before[at..])).unwrap_or(start);
    let end = AFTER.min(after.len());
    let end = (end..=after.len()).take(4).find(|&at| is_boundary(&after[at..])).unwrap_or(end);

    let mut shown = (escape_bytes(&before[start..]), escape_bytes(&after[..end]));
    if start > 0 {
        shown.0.insert(0, '…');
    }
    if end < after.len() {
        shown.1.push('…');
    }
    shown
}
