//! The lines that users type.

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::{Content, Text};
use ivs_chat_tools::stdin::split_first_word;

/// Returns `true` for the command that ends the chat at once.
pub(crate) fn is_quit(line: &str) -> bool {
    line.trim_end() == "/quit"
}

/// Parses a line into a request.
///
/// # Errors
///
/// Returns a message for the user if the line is not a valid request.
pub(crate) fn parse(line: &str) -> Result<Publish<'_>, String> {
    let message = match line.strip_prefix('/') {
        None => line,
        Some(escaped) if escaped.starts_with('/') => escaped,
        Some(command) => return parse_command(command),
    };
    match Content::new(message) {
        Ok(content) => Ok(SendMessage::new(content).into()),
        Err(error) => Err(format!("invalid message: {error}")),
    }
}

fn parse_command(command: &str) -> Result<Publish<'_>, String> {
    let (name, operands) = split_first_word(command);
    let (id, reason) = split_first_word(operands);
    let reason = Some(Text::from(reason)).filter(|reason| !reason.is_empty());
    match name {
        "delete" | "disconnect" if id.is_empty() => Err(format!("/{name} requires an ID")),
        "delete" => {
            let mut delete = DeleteMessage::new(id);
            delete.reason = reason;
            Ok(delete.into())
        }
        "disconnect" => {
            let mut disconnect = DisconnectUser::new(id);
            disconnect.reason = reason;
            Ok(disconnect.into())
        }
        _ => Err("unknown command; to send a message that starts with a slash, type two".into()),
    }
}
