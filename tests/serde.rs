//! Payloads in and out of other formats, with the feature `serde`.
#![cfg(all(feature = "serde", feature = "alloc"))]

mod vectors;

use ivs_chat_proto::owned;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Attributes, Content, publish::SendMessage};

#[test]
fn borrowed_and_owned_are_written_as_they_are_encoded() {
    for vector in vectors::subscribe() {
        let Ok(payload) = vector.value else { continue };
        let repeats_an_attribute = vector.name == "message with an attribute that is there twice";
        for payload in [payload, Subscribe::decode(&vector.wire).expect("a payload")] {
            // Escapes that need not be there are not written.
            let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("JSON");
            let written = serde_json::to_string(&payload).expect("JSON");
            assert_eq!(value(&written), value(&payload.encode_to_string()), "{}", vector.name);
        }
        assert_eq!(serde_json::to_string(&payload).expect("JSON"), payload.encode_to_string(), "{}", vector.name);
        let kept = owned::Subscribe::from(payload);
        if !repeats_an_attribute {
            let same: owned::Subscribe = serde_json::from_str(&payload.encode_to_string()).expect("a payload");
            assert_eq!(same, kept, "{}", vector.name);
            assert_eq!(owned::Subscribe::from(kept.as_borrowed()), kept);
        }
    }
    for vector in vectors::publish() {
        let Ok(payload) = vector.value else { continue };
        assert_eq!(serde_json::to_string(&payload).expect("JSON"), payload.encode_to_string(), "{}", vector.name);
        let kept = owned::Publish::from(payload);
        assert_eq!(serde_json::from_str::<owned::Publish>(&payload.encode_to_string()).expect("a payload"), kept);
        assert_eq!(owned::Publish::from(kept.as_borrowed().expect("a content")), kept);
    }
}

#[test]
fn an_unknown_type_is_kept_whole() {
    let payload = r#"{"Type":"POLL","Options":["a",{"b":[]}],"Count":18446744073709551615,"Delta":-2,"Share":0.25,"Open":true,"Note":null,"Text":"\"\\\u0001é"}"#;
    let Ok(unknown @ Subscribe::Unknown(_)) = Subscribe::decode_str(payload) else { panic!() };
    let value: serde_json::Value = serde_json::from_str(payload).expect("JSON");
    assert_eq!(serde_json::to_value(unknown).expect("JSON"), value);
    let kept: owned::Subscribe = serde_json::from_value(value.clone()).expect("a payload");
    let owned::Subscribe::Unknown(unknown) = &kept else { panic!() };
    assert_eq!(unknown.r#type(), "POLL");
    assert_eq!(serde_json::from_str::<serde_json::Value>(unknown.raw()).expect("JSON"), value);
    assert_eq!(serde_json::to_value(&kept).expect("JSON"), value);
}

#[test]
fn an_operation_is_not_read_as_another() {
    let message = r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t","Sender":{"UserId":"u"}}"#;
    assert!(serde_json::from_str::<owned::Message>(message).is_ok());
    let error = serde_json::from_str::<owned::Event>(message).expect_err("no event");
    assert!(error.to_string().starts_with("not of the operation Event"), "{error}");
    let error = serde_json::from_str::<owned::Publish>(r#"{"action":"JOIN"}"#).expect_err("no publish");
    assert!(error.to_string().starts_with("unknown variant `JOIN`"), "{error}");
    let error = serde_json::from_str::<owned::Message>(r#"{"Type":"MESSAGE"}"#).expect_err("no message");
    assert!(error.to_string().starts_with("missing field `Id`"), "{error}");
}

#[test]
fn what_cannot_be_sent_is_not_written() {
    let send = SendMessage::new(Content::new("x").expect("a content"));
    let mut kept = owned::SendMessage::from(send);
    assert!(serde_json::to_string(&kept).is_ok());
    kept.content.clear();
    assert!(kept.as_borrowed().is_err());
    assert!(serde_json::to_string(&owned::Publish::SendMessage(kept)).is_err());
}

#[test]
fn no_attributes_are_written_where_nothing_was_said() {
    let mut send = SendMessage::new(Content::new("x").expect("a content"));
    assert_eq!(serde_json::to_string(&send).expect("JSON"), r#"{"Action":"SEND_MESSAGE","Content":"x"}"#);
    send.attributes = Attributes::from(&[("a", "b"); 0]);
    assert_eq!(serde_json::to_string(&send).expect("JSON"), send.encode_to_string());
    assert_eq!(serde_json::to_string(&Attributes::NONE).expect("JSON"), "{}");
}
