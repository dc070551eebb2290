//! Decodes payloads, one per line: `cargo run --example decode < FILE`, or a sample without input.

use std::io::{self, IsTerminal};

use ivs_chat_proto::subscribe::{EventKind, Subscribe};

const SAMPLE: &str = include_str!("decode.jsonl");

fn main() -> io::Result<()> {
    let stdin = io::stdin();
    let input = if stdin.is_terminal() { String::new() } else { io::read_to_string(stdin)? };
    for line in if input.is_empty() { SAMPLE } else { &input }.lines() {
        print(line);
    }
    Ok(())
}

fn print(payload: &str) {
    match Subscribe::decode_str(payload) {
        Ok(Subscribe::Message(message)) => {
            println!("{}: {}", message.sender.user_id, message.content);
        }
        Ok(Subscribe::Event(event)) => match event.kind() {
            EventKind::DeletedMessage { message_id, .. } => println!("deleted: {message_id}"),
            EventKind::DisconnectedUser { user_id, .. } => println!("disconnected: {user_id}"),
            _ => println!("event {}: {:?}", event.event_name, event.attributes),
        },
        Ok(Subscribe::Error(error)) => println!("error {}", error.error_code),
        Ok(other) => println!("unknown Type: {}", other.type_name()),
        Err(error) => {
            println!("{error}: {}", payload.get(error.offset()..).unwrap_or_default());
        }
    }
}
