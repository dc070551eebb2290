//! A client and the loop that drives it, with every input in every order and every output.

use core::hint::black_box;

use ivs_chat_proto::client::{Client, CloseEvent, Config, RequestHandle, Instant, Output, TokenInfo};
use ivs_chat_proto::{Capabilities, Capability};

use super::{decode, encode};

pub fn run() {
    let mut client: Client = Client::new(*black_box(&Config::new()), *black_box(&[0; 16]));
    let mut conn = None;
    let mut handle = RequestHandle::from_number(0);
    loop {
        let now = Instant::from_millis(*black_box(&0));
        match (*black_box(&0), conn) {
            (0, _) => client.connect(now),
            (1, _) => client.close(now),
            (2, _) => conn = client.token_ok(now, token()),
            (3, _) => client.token_err(now, *black_box(&true)),
            (4, Some(conn)) => client.opened(now, conn),
            (5, Some(conn)) => {
                let closed = CloseEvent::frame(*black_box(&0), black_box(""));
                client.closed(now, conn, closed);
            }
            (6, Some(conn)) => client.closed(now, conn, CloseEvent::handshake_rejected(*black_box(&0))),
            (7, Some(conn)) => client.closed(now, conn, CloseEvent::abnormal()),
            (8, Some(conn)) => client.alive(now, conn),
            (9, Some(conn)) => match client.recv(now, conn, black_box::<&[u8]>(&[])) {
                Ok(Some(received)) => {
                    decode::show(&received.payload);
                    black_box(received.settled);
                }
                Ok(None) => {}
                Err(error) => _ = black_box((error.kind(), error.offset())),
            },
            (10, _) => {
                let Ok(publish) = encode::publish() else { continue };
                match client.send(now, &publish, (), black_box::<&mut [u8]>(&mut [])) {
                    Ok(sent) => {
                        handle = sent.handle;
                        black_box((sent.conn, sent.payload));
                    }
                    Err(error) => _ = black_box(error.kind),
                }
            }
            (11, _) => _ = black_box(client.forget(handle)),
            _ => {
                black_box((client.state(), client.next_attempt_at()));
                black_box((client.in_flight(), client.counters()));
            }
        }
        loop {
            match client.poll(now) {
                Output::Wait(until) => {
                    black_box(until);
                    break;
                }
                output => _ = black_box(output),
            }
        }
        if *black_box(&false) {
            return;
        }
    }
}

fn token() -> TokenInfo<'static> {
    let mut info = TokenInfo::new();
    info.session_ms = *black_box(&None);
    info.capabilities = Some(Capabilities::NONE.with(*black_box(&Capability::SendMessage)));
    info.user_id = *black_box(&None);
    info
}
