//! What is typed.

use std::io::{self, BufRead};
use std::thread;

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::{Content, Text};
use tokio::sync::mpsc;

/// The lines of standard input, as they come. They are read by a thread that nobody waits for, since reading cannot be called off.
pub(crate) fn lines() -> mpsc::Receiver<io::Result<String>> {
    let (sender, lines) = mpsc::channel(1);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let line = match input.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).into()),
                Err(error) => Err(error),
            };
            let is_last = line.is_err();
            if sender.blocking_send(line).is_err() || is_last {
                break;
            }
        }
    });
    lines
}

pub(crate) fn is_quit(line: &str) -> bool {
    line.trim_end() == "/quit"
}

/// The request that a line stands for.
///
/// # Errors
///
/// Why it stands for none.
pub(crate) fn request(line: &str) -> Result<Publish<'_>, String> {
    let message = match line.strip_prefix('/') {
        None => line,
        Some(escaped) if escaped.starts_with('/') => escaped,
        Some(command) => return self::command(command),
    };
    match Content::new(message) {
        Ok(content) => Ok(SendMessage::new(content).into()),
        Err(error) => Err(format!("the content has {error}")),
    }
}

fn command(command: &str) -> Result<Publish<'_>, String> {
    let (name, operands) = split(command);
    let (id, reason) = split(operands);
    let reason = Some(Text::from(reason)).filter(|reason| !reason.is_empty());
    match name {
        "delete" | "disconnect" if id.is_empty() => Err(format!("/{name} needs an ID")),
        "delete" => {
            let mut delete = DeleteMessage::new(id.into());
            delete.reason = reason;
            Ok(delete.into())
        }
        "disconnect" => {
            let mut disconnect = DisconnectUser::new(id.into());
            disconnect.reason = reason;
            Ok(disconnect.into())
        }
        _ => Err("there is no such command: a message that begins with a slash is typed with two".into()),
    }
}

/// The first word, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    (word, rest.trim_start())
}
