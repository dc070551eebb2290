//! The log: one line per event, with the time, the room, the user and a label.

use core::fmt::Display;
use std::time::SystemTime;

use ivs_chat_proto::server::{Rejection, RejectionCause};
use ivs_chat_proto::subscribe::{EventKind, Subscribe};
use ivs_chat_proto::{Text, Timestamp};
use ivs_chat_tools::display::{ReasonSuffix, time_of_day};
use terminal_text::{Visible, clip, escape_bytes, width};

use crate::output::Output;

/// The widths of the columns.
const ROOM: usize = 10;
const USER: usize = 16;
const LABEL: usize = 12;
/// The maximum width of an attribute's name or value.
const MAX_VALUE: usize = 60;

pub(crate) struct Log {
    output: Output,
    is_quiet: bool,
}

impl Log {
    pub(crate) const fn new(output: Output, is_quiet: bool) -> Self {
        Self { output, is_quiet }
    }

    /// Waits, with a timeout, until everything has been printed.
    pub(crate) async fn close(self) {
        self.output.close().await;
    }

    /// Logs a payload that the room sends, if it is a message or an event.
    pub(crate) fn log_payload(&mut self, room: &str, payload: &str) {
        if self.is_quiet {
            return;
        }
        match Subscribe::decode_str(payload) {
            Ok(Subscribe::Message(message)) => {
                let user = clip(message.sender.user_id, USER);
                self.line(
                    room,
                    &user,
                    "message",
                    format_args!("{}  {}", message.id, Visible(message.content)),
                );
            }
            Ok(Subscribe::Event(event)) => match event.kind() {
                EventKind::DeletedMessage { message_id, reason } => {
                    self.line(room, "", "deleted", with_reason(message_id, reason));
                }
                EventKind::DisconnectedUser { user_id, reason } => {
                    self.line(room, "", "disconnected", with_reason(user_id, reason));
                }
                _ => {
                    let pair = |(key, value)| {
                        format!(" · {}: {}", clip(key, MAX_VALUE), clip(value, MAX_VALUE))
                    };
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

    /// Logs a rejected publish, with its beginning if it could not be decoded.
    pub(crate) fn log_rejection(
        &mut self,
        room: &str,
        user: &str,
        rejection: &Rejection<'_>,
        publish: &str,
    ) {
        let request =
            rejection.error.request_id.map(|id| format!(" · request {}", clip(id, MAX_VALUE)));
        let start = &publish.as_bytes()[..publish.len().min(MAX_VALUE)];
        let start = matches!(rejection.cause, RejectionCause::NotDecoded(_))
            .then(|| format!(" · {}", escape_bytes(start)));
        let details: String = request.into_iter().chain(start).collect();
        self.log_event(
            room,
            user,
            "rejected",
            format_args!("{}: {}{details}", rejection.error.error_code, rejection.cause),
        );
    }

    /// Logs any other event.
    pub(crate) fn log_event(&mut self, room: &str, user: &str, label: &str, details: impl Display) {
        if !self.is_quiet {
            self.line(room, &clip(Text::new(user), USER), label, details);
        }
    }

    /// Prints an error about a command, even with `--quiet`.
    pub(crate) fn print_error(&mut self, error: &str) {
        self.output.print(&format!("! {}", Visible(error)));
    }

    fn line(&mut self, room: &str, user: &str, label: &str, details: impl Display) {
        let time = time_of_day(Timestamp::try_from(SystemTime::now()).ok());
        let room = clip(Text::new(room), ROOM);
        let padding = USER.saturating_sub(width(user));
        let line =
            format!("{time}  {room:ROOM$}  {user}{:padding$}  {label:LABEL$}  {details}", "");
        self.output.print(line.trim_end());
    }
}

fn with_reason(id: Text<'_>, reason: Option<Text<'_>>) -> String {
    format!("{}{}", Visible(id), ReasonSuffix(reason))
}
