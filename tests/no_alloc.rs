//! Decoding, reading, encoding, feeding, a client and the service's end of a connection allocate nothing.

mod vectors;

use ivs_chat_proto::client::{Client, CloseEvent, Config, Instant, Outcome, Output, TokenInfo};
use ivs_chat_proto::publish::{Publish, SendMessage};
use ivs_chat_proto::server::{self, Close, MessageRate, Peer, Reject};
use ivs_chat_proto::subscribe::{Event, Subscribe, SystemEvent};
use ivs_chat_proto::{Capabilities, ChatLog, CloseReason, Content, Fragments, JsonStream, Timestamp, Token};

/// How often `work` allocates.
fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(core::hint::black_box(Box::new(1)))), 1);
    assert_eq!(allocations(|| drop(core::hint::black_box(vec![0; 100]))), 1);
}

#[test]
fn subscribe() {
    let mut buffer = [0; 2048];
    for vector in vectors::subscribe() {
        let count = allocations(|| {
            if let Ok(payload) = Subscribe::decode(&vector.wire) {
                payload.encode(&mut buffer).expect("room");
                assert!(payload.encoded_len() <= buffer.len());
                if let Subscribe::Message(message) = payload {
                    let _ = (message.send_time.parse(), message.content.code_points());
                    for (name, value) in message.attributes {
                        assert_eq!(
                            message.attributes.get("a") == Some(value),
                            name == "a" && value == "3" || value == "b"
                        );
                    }
                    message.content.copy_to(&mut buffer).expect("room");
                } else if let Subscribe::Event(event) = payload {
                    let _ = event.kind();
                }
            }
        });
        assert_eq!(count, 0, "{}", vector.name);
    }
}

#[test]
fn publish() {
    let mut buffer = [0; 2048];
    for vector in vectors::publish() {
        let count = allocations(|| {
            if let Ok(payload) = Publish::decode(&vector.wire) {
                payload.encode(&mut buffer).expect("room");
                assert!(payload.encoded_len() <= buffer.len());
            }
            let _ = Publish::peek_request_id(&vector.wire);
        });
        assert_eq!(count, 0, "{}", vector.name);
    }
}

#[test]
fn values() {
    let mut buffer = [0; 512];
    let count = allocations(|| {
        Content::new("👩‍👩‍👧 and \"all\"").expect("short enough");
        Token::new("token").expect("a token");
        Timestamp::parse("2026-11-22T10:00:00.5Z").expect("a time");
        let _ = CloseReason::parse(r#"{"ErrorCode":401,"ErrorMessage":"session expired"}"#);
        assert!(CloseReason::parse(r#"{"ErrorMessage":"session \u0065xp"#).is_expiry());
        let deletion = SystemEvent::delete_message("m".into(), Some("\n".into()));
        let event = Event::system("i".into(), &deletion, "t".into());
        ChatLog::new(event.into()).encode(&mut buffer).expect("room");
    });
    assert_eq!(count, 0);
}

#[test]
fn feeding() {
    let input = include_bytes!("../examples/capture.jsonl");
    let mut objects = 0;
    let count = allocations(|| {
        let mut stream = JsonStream::<300>::new();
        let mut fragments = Fragments::<256>::new();
        for chunk in input.chunks(7) {
            let mut rest = chunk;
            while let Some(next) = stream.next(&mut rest) {
                let object = next.unwrap_or(b"unfinished, or too long");
                for piece in object.chunks(11) {
                    let _ = fragments.push(piece, false);
                }
                let _ = fragments.push(b"", true);
                objects += 1;
            }
        }
        stream.finish().expect("a whole capture");
    });
    assert_eq!((count, objects), (0, input.split(|byte| *byte == b'\n').count() - 1));
}

#[test]
fn client() {
    let echo = concat!(
        r#"{"Type":"MESSAGE","Id":"m1","RequestId":"r-1","Attributes":null,"Content":"hello","#,
        r#""SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"me","Attributes":{}}}"#
    );
    let mut outputs = 0;
    let count = allocations(|| {
        let mut client: Client<u8> = Client::new(Config::new(), [7; 16]);
        let mut now = Instant::from_millis(0);
        let mut buffer = [0; 256];
        client.connect(now);
        for data in 0..10 {
            loop {
                outputs += 1;
                match client.poll(now) {
                    Output::FetchToken => {
                        let conn = client.token_ok(now, TokenInfo::new()).expect("it is wanted");
                        client.opened(now, conn);
                        let mut send = SendMessage::new(Content::new("hello").expect("short"));
                        send.request_id = Some("r-1".into());
                        let _ = client.send(now, &send.into(), data, &mut buffer).expect("connected");
                        client.send(now, &send.into(), data, &mut buffer).expect_err("it is in flight");
                        let received = client.recv(now, conn, echo.as_bytes()).expect("a message").expect("a new one");
                        assert_eq!(received.settled.expect("its echo").outcome, Outcome::Confirmed);
                        client.recv(now, conn, b"{").expect_err("cut short");
                        let _ = client.send(now, &send.into(), data, &mut buffer).expect("connected");
                        client.closed(now, conn, CloseEvent::frame(1012, "{}"));
                    }
                    Output::Wait(until) => {
                        now = until.unwrap_or(now);
                        break;
                    }
                    _ => {}
                }
            }
        }
        client.close(now);
    });
    assert_eq!(count, 0);
    assert!(outputs > 30);
}

#[test]
fn server() {
    let mut buffer = [0; 2048];
    let (mut accepted, mut rejected) = (0, 0);
    for vector in vectors::publish() {
        let count = allocations(|| {
            let mut config = server::Config::new();
            config.capabilities = Capabilities::ALL;
            let mut peer = Peer::new(Instant::from_millis(0), config);
            let mut room = MessageRate::new(core::num::NonZeroU8::MIN);
            for now in [1, 2, 3_599_999, 3_600_000] {
                let now = Instant::from_millis(now);
                let verdict = peer.recv(now, &vector.wire);
                match verdict.and_then(|publish| room.admit(now, &publish).map(|()| publish)) {
                    Ok(publish) => {
                        accepted += 1;
                        Reject::not_acceptable(&publish, None).error.encode(&mut buffer).expect("room");
                    }
                    Err(reject) => {
                        rejected += 1;
                        reject.error.encode(&mut buffer).expect("room");
                    }
                }
            }
            assert_eq!(Close::disconnected("Kicked").code(), 1000);
        });
        assert_eq!(count, 0, "{}", vector.name);
    }
    assert!(accepted > 30 && rejected > 30, "{accepted} {rejected}");
}
