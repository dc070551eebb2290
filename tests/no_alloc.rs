//! Decoding, reading and encoding allocate nothing.

mod vectors;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::{Event, Subscribe, SystemEvent};
use ivs_chat_proto::{ChatLog, CloseReason, Content, Timestamp, Token};

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
        let deletion = SystemEvent::delete_message("m".into(), Some("\n".into()));
        let event = Event::system("i".into(), &deletion, "t".into());
        ChatLog::new(event.into()).encode(&mut buffer).expect("room");
    });
    assert_eq!(count, 0);
}
