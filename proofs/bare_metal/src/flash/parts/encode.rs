//! Encodes publish payloads, as a device that sends messages does.

use core::hint::black_box;

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::{Attributes, Content, ContentLengthError, Text};

pub fn run() {
    match publish() {
        Ok(publish) => match publish.encode(black_box::<&mut [u8]>(&mut [])) {
            Ok(payload) => _ = black_box(payload),
            Err(error) => _ = black_box(error.needed()),
        },
        Err(error) => _ = black_box((error.code_point_count(), error.max_code_points())),
    }
}

/// Returns one of the three payloads. The choice and the options are opaque to the optimizer.
#[inline(never)]
pub fn publish() -> Result<Publish<'static>, ContentLengthError> {
    Ok(match *black_box(&0) {
        0 => {
            let mut send = SendMessage::new(Content::new(text())?);
            send.request_id = *black_box(&None);
            send.attributes = Attributes::from(*black_box(&[("", "")].as_slice()));
            send.into()
        }
        1 => {
            let mut delete = DeleteMessage::new(text());
            delete.request_id = *black_box(&None);
            delete.reason = *black_box(&None);
            delete.into()
        }
        _ => {
            let mut disconnect = DisconnectUser::new(text());
            disconnect.request_id = *black_box(&None);
            disconnect.reason = *black_box(&None);
            disconnect.into()
        }
    })
}

fn text() -> Text<'static> {
    Text::new(black_box(""))
}
