//! What happens, for people: when, in which room, who, what. One line each.

use core::fmt::Display;
use std::time::SystemTime;

use ivs_chat_proto::server::{Rejection, RejectionCause};
use ivs_chat_proto::subscribe::{EventKind, Subscribe};
use ivs_chat_proto::{Text, Timestamp};

use crate::output::Output;
use terminal_text::{Visible, clip, escape_bytes, width};

/// The columns of names, and of what happens.
const ROOM: usize = 10;
const WHO: usize = 16;
const WHAT: usize = 12;
/// The most columns of an attribute.
const VALUE: usize = 60;

pub(crate) struct Log {
    output: Output,
    is_quiet: bool,
}

impl Log {
    pub(crate) const fn new(output: Output, is_quiet: bool) -> Self {
        Self { output, is_quiet }
    }

    /// Waits until what was written has been printed, but not for long.
    pub(crate) async fn close(self) {
        self.output.close().await;
    }

    /// Writes what everybody in a room is told, when it is a message or an event.
    pub(crate) fn told(&mut self, room: &str, payload: &str) {
        if self.is_quiet {
            return;
        }
        match Subscribe::decode_str(payload) {
            Ok(Subscribe::Message(message)) => {
                let who = clip(message.sender.user_id, WHO);
                self.line(
                    room,
                    &who,
                    "message",
                    format_args!("{}  {}", message.id, Visible(message.content)),
                );
            }
            Ok(Subscribe::Event(event)) => match event.kind() {
                EventKind::DeletedMessage { message_id, reason } => {
                    self.line(room, "", "deleted", because(message_id, reason));
                }
                EventKind::DisconnectedUser { user_id, reason } => {
                    self.line(room, "", "disconnected", because(user_id, reason));
                }
                _ => {
                    let pair =
                        |(key, value)| format!(" · {}: {}", clip(key, VALUE), clip(value, VALUE));
                    let pairs: String = event.attributes.iter().map(pair).collect();
                    self.line(
                        room,
                        "",
                        "event",
                        format_args!("{}{pairs}", Visible(event.event_name)),
                    );
                }
            },
            _ => {}
        }
    }

    /// Writes that a publish was not accepted; and how it begins, if it could not be read.
    pub(crate) fn rejected(
        &mut self,
        room: &str,
        who: &str,
        rejection: &Rejection<'_>,
        publish: &str,
    ) {
        let request =
            rejection.error.request_id.map(|id| format!(" · request {}", clip(id, VALUE)));
        let start = &publish.as_bytes()[..publish.len().min(VALUE)];
        let start = matches!(rejection.cause, RejectionCause::NotDecoded(_))
            .then(|| format!(" · {}", escape_bytes(start)));
        let more: String = request.into_iter().chain(start).collect();
        self.happened(
            room,
            who,
            "rejected",
            format_args!("{}: {}{more}", rejection.error.error_code, rejection.cause),
        );
    }

    /// Writes anything else that happened.
    pub(crate) fn happened(&mut self, room: &str, who: &str, what: &str, details: impl Display) {
        if !self.is_quiet {
            self.line(room, &clip(Text::new(who), WHO), what, details);
        }
    }

    /// Writes an answer to what was typed, in any case.
    pub(crate) fn complain(&mut self, what: &str) {
        self.output.print(&format!("! {}", Visible(what)));
    }

    fn line(&mut self, room: &str, who: &str, what: &str, details: impl Display) {
        let time =
            Timestamp::try_from(SystemTime::now()).map(|time| time.to_string()).unwrap_or_default();
        let time = time
            .get("2026-11-22T".len()..)
            .and_then(|time| time.get(.."20:15:00".len()))
            .unwrap_or("??:??:??");
        let room = clip(Text::new(room), ROOM);
        let who_padding = WHO.saturating_sub(width(who));
        let line =
            format!("{time}  {room:ROOM$}  {who}{:who_padding$}  {what:WHAT$}  {details}", "");
        self.output.print(line.trim_end());
    }
}

/// What something was done to, and why.
fn because(what: Text<'_>, reason: Option<Text<'_>>) -> String {
    let reason = reason.filter(|reason| !reason.is_empty());
    let reason = reason.map(|reason| format!(": {}", Visible(reason)));
    format!("{}{}", Visible(what), reason.unwrap_or_default())
}
