//! What is typed.

use std::collections::BTreeMap;

/// What a line asks for, and in which room; without one, in all.
pub(crate) struct Order<'a> {
    pub(crate) room: Option<&'a str>,
    pub(crate) command: Command<'a>,
}

pub(crate) enum Command<'a> {
    Event { name: &'a str, attributes: BTreeMap<String, String> },
    Delete { message_id: &'a str, reason: Option<&'a str> },
    Disconnect { user_id: &'a str, reason: Option<&'a str> },
    Quit,
}

impl<'a> Order<'a> {
    /// # Errors
    ///
    /// What is wrong with the line.
    pub(crate) fn parse(line: &'a str) -> Result<Self, String> {
        let (first, rest) = split(line);
        let (room, line) = match first.strip_prefix('@') {
            Some(room) => (Some(room), rest),
            None => (None, line),
        };
        let (name, operands) = split(line);
        let (operand, rest) = split(operands);
        let reason = Some(rest).filter(|reason| !reason.is_empty());
        let command = match name {
            "event" if operand.is_empty() => return Err("event needs a NAME".into()),
            "event" if operand.starts_with("aws:") => {
                return Err("names that begin with aws: are the service's".into());
            }
            "event" => Command::Event { name: operand, attributes: attributes(rest)? },
            "delete" | "disconnect" if operand.is_empty() => {
                return Err(format!("{name} needs an ID"));
            }
            "delete" => Command::Delete { message_id: operand, reason },
            "disconnect" => Command::Disconnect { user_id: operand, reason },
            "quit" => Command::Quit,
            _ => return Err("this is not event, delete, disconnect or quit".into()),
        };
        Ok(Self { room, command })
    }
}

fn attributes(pairs: &str) -> Result<BTreeMap<String, String>, String> {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((key, value)) => Ok((key.into(), value.into())),
        None => Err(format!("{pair} is not KEY=VALUE")),
    };
    pairs.split_whitespace().map(pair).collect()
}

/// The first word, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    (word, rest.trim_start())
}
