//! A client and its driver loop, with every input in any order, and every output.

use core::hint::black_box;
use core::time::Duration;

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{
    Client, CloseEvent, Config, FetchError, FetchId, Output, RequestHandle, TokenInfo,
};
use ivs_chat_proto::{Capabilities, Capability};

use super::{decode, encode};

pub fn run() {
    let mut client: Client = Client::unseeded(*black_box(&Config::with_pings()));
    client.seed(*black_box(&[0; 16]));
    let mut conn = None;
    let mut fetch = FetchId::from_number(0);
    let mut handle = RequestHandle::from_number(0);
    loop {
        let now = Instant::from_millis(*black_box(&0));
        match (*black_box(&0), conn) {
            (0, _) => client.connect(now),
            (1, _) => client.disconnect(now),
            (2, _) => conn = client.handle_token(now, fetch, token()),
            (3, _) => {
                let busy = FetchError::Temporary { retry_after: *black_box(&None) };
                client.handle_token_error(now, fetch, *black_box(&busy));
            }
            (4, Some(conn)) => client.handle_open(now, conn),
            (5, Some(conn)) => {
                let closed = CloseEvent::frame(*black_box(&0), black_box(""));
                client.handle_close(now, conn, closed);
            }
            (6, Some(conn)) => {
                let refused = CloseEvent::handshake_rejected(*black_box(&0));
                client.handle_close(
                    now,
                    conn,
                    refused.with_retry_after(*black_box(&Duration::ZERO)),
                );
            }
            (7, Some(conn)) => client.handle_close(now, conn, CloseEvent::abnormal()),
            (8, Some(conn)) => client.handle_pong(now, conn, black_box::<&[u8]>(&[])),
            (9, Some(conn)) => match client.handle_message(now, conn, black_box::<&[u8]>(&[])) {
                Ok(Some(received)) => {
                    decode::show(&received.payload);
                    black_box(received.settled);
                }
                Ok(None) => {}
                Err(error) => _ = black_box((error.kind(), error.offset())),
            },
            (10, _) => {
                let Ok(publish) = encode::publish() else { continue };
                match client.send(now, publish, (), black_box::<&mut [u8]>(&mut [])) {
                    Ok(sent) => {
                        handle = sent.handle;
                        black_box((sent.connection, sent.payload, sent.request_id));
                    }
                    Err(error) => _ = black_box(error.kind),
                }
            }
            (11, _) => _ = black_box(client.abandon(handle)),
            (12, _) => client.disconnect_when_settled(now),
            (13, _) => client.refresh(now),
            _ => {
                black_box((client.state(), client.current(), client.reconnect_at()));
                black_box((client.in_flight_len(), client.counters()));
            }
        }
        loop {
            match client.poll(now) {
                Output::Wait(until) => {
                    black_box(until);
                    break;
                }
                Output::FetchToken(id) => fetch = id,
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
