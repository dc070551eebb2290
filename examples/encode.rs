//! Encodes the three requests of a client into a buffer on the stack: `cargo run --example encode`.

use core::error::Error;

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::{Attributes, Content};

fn main() -> Result<(), Box<dyn Error>> {
    // `Content` checks the length, 1 to 500 code points, so a `SendMessage` is always valid.
    let mut send = SendMessage::new(Content::new("Good morning 🌞")?);
    send.request_id = Some("r-1".into());
    send.attributes = Attributes::from(&[("mood", "sunny"), ("lang", "en")]);

    let mut delete = DeleteMessage::new("m1");
    delete.request_id = Some("r-2".into());
    delete.reason = Some("off topic".into());

    let mut disconnect = DisconnectUser::new("u-1");
    disconnect.reason = Some("\"too loud\"".into());

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
