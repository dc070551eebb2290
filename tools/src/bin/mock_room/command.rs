//! The commands that the operator types.

use std::collections::BTreeMap;

use ivs_chat_tools::stdin::split_first_word;

/// An input line: a command, and the room that it applies to. Without a room, it applies to all.
pub(crate) struct Input<'a> {
    pub(crate) room: Option<&'a str>,
    pub(crate) command: Command<'a>,
}

pub(crate) enum Command<'a> {
    Event { name: &'a str, attributes: BTreeMap<String, String> },
    Delete { message_id: &'a str, reason: Option<&'a str> },
    Disconnect { user_id: &'a str, reason: Option<&'a str> },
    Quit,
}

impl<'a> Input<'a> {
    /// Parses an input line.
    ///
    /// # Errors
    ///
    /// Returns a message for the operator if the line is invalid.
    pub(crate) fn parse(line: &'a str) -> Result<Self, String> {
        let (first, rest) = split_first_word(line);
        let (room, line) = match first.strip_prefix('@') {
            Some(room) => (Some(room), rest),
            None => (None, line),
        };
        let (name, operands) = split_first_word(line);
        let (operand, rest) = split_first_word(operands);
        let reason = Some(rest).filter(|reason| !reason.is_empty());
        let command = match name {
            "event" if operand.is_empty() => return Err("event requires a NAME".into()),
            "event" if operand.starts_with("aws:") => {
                return Err("event names that start with aws: are reserved for the service".into());
            }
            "event" => Command::Event { name: operand, attributes: parse_attributes(rest)? },
            "delete" | "disconnect" if operand.is_empty() => {
                return Err(format!("{name} requires an ID"));
            }
            "delete" => Command::Delete { message_id: operand, reason },
            "disconnect" => Command::Disconnect { user_id: operand, reason },
            "quit" => Command::Quit,
            _ => return Err("unknown command: expected event, delete, disconnect or quit".into()),
        };
        Ok(Self { room, command })
    }
}

fn parse_attributes(pairs: &str) -> Result<BTreeMap<String, String>, String> {
    let parse = |pair: &str| match pair.split_once('=') {
        Some((key, value)) => Ok((key.into(), value.into())),
        None => Err(format!("invalid attribute: expected KEY=VALUE, found {pair}")),
    };
    pairs.split_whitespace().map(parse).collect()
}
