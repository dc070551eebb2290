//! Encodes the three requests of a client into a buffer on the stack: `cargo run --example encode`.

use core::error::Error;

use ivs_chat_proto::Content;
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};

fn main() -> Result<(), Box<dyn Error>> {
    // `Content` checks the length, 1 to 500 code points, so a `SendMessage` is always valid.
    let send = SendMessage::new(Content::new("Good morning 🌞")?)
        .with_request_id("r-1")
        .with_attributes(&[("mood", "sunny"), ("lang", "en")]);
    let delete = DeleteMessage::new("m1").with_request_id("r-2").with_reason("off topic");
    let disconnect = DisconnectUser::new("u-1").with_reason("\"too loud\"");

    let mut buffer = [0; 256];
    for request in [Publish::from(send), delete.into(), disconnect.into()] {
        let payload = request.encode(&mut buffer)?;
        println!("{}", str::from_utf8(payload)?);
    }

    // The only possible error is a buffer that is too small.
    if let Err(error) = send.encode(&mut [0; 16]) {
        println!("{error}");
    }
    Ok(())
}
