//! What is typed.

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::{Content, Text};

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
        _ => {
            Err("there is no such command: a message that begins with a slash is typed with two"
                .into())
        }
    }
}

/// The first word, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    (word, rest.trim_start())
}
