//! The server's end of a connection: decodes and checks publishes, and encodes subscribe payloads.

use core::hint::black_box;
use core::num::NonZeroU8;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::server::{Close, Config, Peer, Rejection, RoomRateLimiter};
use ivs_chat_proto::subscribe::{Event, Message, Sender, Subscribe, SystemEvent};
use ivs_chat_proto::{Capabilities, Capability, Instant, SendTime, Text};

pub fn run() {
    let mut config = Config::new();
    config.capabilities = Capabilities::NONE.with(*black_box(&Capability::SendMessage));
    let mut peer = Peer::new(now(), *black_box(&config));
    let mut room = RoomRateLimiter::new(*black_box(&NonZeroU8::MIN));
    while *black_box(&true) {
        let now = now();
        if now >= peer.expires_at() {
            send(Rejection::expired().error.into());
            close(Close::EXPIRED);
        }
        match peer.handle_message(now, black_box::<&[u8]>(&[])) {
            Ok(publish) => match room.check(now, &publish) {
                Ok(()) => accept(&publish),
                Err(rejection) => send(rejection.to_error(text()).into()),
            },
            Err(rejection) => {
                black_box(rejection.cause);
                send(rejection.to_error(text()).into());
            }
        }
    }
}

fn accept(publish: &Publish<'_>) {
    let time = SendTime::from(text());
    match publish {
        Publish::SendMessage(request) => {
            if *black_box(&false) {
                let rejection = Rejection::not_acceptable(publish, *black_box(&None));
                return send(rejection.error.into());
            }
            let content = request.content.text();
            let mut message = Message::new(text(), content, time, Sender::new(text()));
            message.request_id = request.request_id;
            message.attributes = request.attributes;
            send(message.into());
        }
        Publish::DeleteMessage(request) => {
            let event = SystemEvent::delete_message(request.id, request.reason);
            send(Event::system(text(), &event, time).into());
        }
        Publish::DisconnectUser(request) => {
            let event = SystemEvent::disconnect_user(request.user_id, request.reason);
            send(Event::system(text(), &event, time).into());
            close(Close::disconnected(black_box("")));
        }
        _ => {}
    }
}

#[inline(never)]
fn send(payload: Subscribe<'_>) {
    _ = black_box(payload.encode(black_box::<&mut [u8]>(&mut [])));
}

#[inline(never)]
fn close(close: Close<'_>) {
    black_box((close.code(), close.reason()));
}

fn now() -> Instant {
    Instant::from_millis(*black_box(&0))
}

fn text() -> Text<'static> {
    Text::new(black_box(""))
}
