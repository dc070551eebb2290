//! Drives a client by hand and prints every output: `cargo run --example session`.

use ivs_chat_proto::client::{Client, Config, FetchId, Output, TokenInfo};
use ivs_chat_proto::publish::SendMessage;
use ivs_chat_proto::{Content, Instant};

/// Polls the client until it waits. Returns the fetch that it asks for, if any.
fn drive(client: &mut Client<u32>, now: Instant) -> Option<FetchId> {
    let mut fetch = None;
    loop {
        let output = client.poll(now);
        println!("{output:?}");
        match output {
            Output::FetchToken(id) => fetch = Some(id),
            Output::Wait(_) => return fetch,
            _ => {} // A host pings or closes a connection, or notifies the application.
        }
    }
}

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let at = Instant::from_millis;
    let mut client = Client::new(Config::with_pings(), [0; 16]); // A host uses a random seed.
    client.connect(at(0));
    let fetch = drive(&mut client, at(0)).ok_or("no fetch")?; // A host calls `CreateChatToken`.
    let connection = client.handle_token(at(100), fetch, TokenInfo::new()).ok_or("stale fetch")?;
    client.handle_open(at(200), connection); // A host opens a WebSocket with the token first.
    drive(&mut client, at(200));
    let mut buffer = [0; SendMessage::MAX_PLAIN_LEN];
    let sent = client.send(at(300), SendMessage::new(Content::new("hello")?), 1, &mut buffer)?;
    println!("{}", sent.payload);
    let echo = r#"{"Type":"MESSAGE","Id":"m1","RequestId":"REQUEST_ID","Content":"hello",
        "SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"astrid"}}"#;
    let echo = echo.replace("REQUEST_ID", &sent.request_id.to_string());
    println!("{:?}", client.handle_message_str(at(400), connection, &echo)?);
    client.disconnect(at(500));
    drive(&mut client, at(500));
    Ok(())
}
