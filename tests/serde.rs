//! Do the `Serialize` and `Deserialize` implementations agree with the codec, in several formats?
#![cfg(all(feature = "serde", feature = "alloc"))]

mod vectors;

use ivs_chat_proto::owned;
use ivs_chat_proto::publish::{Publish, SendMessage};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Attributes, Content};
use serde::Serialize;
use serde::de::DeserializeOwned;

const MESSAGE: &str = concat!(
    r#"{"Type":"MESSAGE","Id":"i","Attributes":{},"Content":"c","SendTime":"t","#,
    r#""Sender":{"UserId":"u"}}"#
);
const ERROR: &str = r#"{"Type":"ERROR","ErrorCode":429}"#;

#[test]
fn serializes_as_the_encoder_encodes() {
    for vector in vectors::subscribe() {
        let Ok(payload) = vector.value else { continue };
        let has_duplicate_attribute = vector.name == "message with a duplicate attribute";
        for payload in [payload, Subscribe::decode(&vector.wire).expect("a payload")] {
            // `Serialize` does not write optional escapes, so the values are compared.
            let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("JSON");
            let written = serde_json::to_string(&payload).expect("JSON");
            assert_eq!(value(&written), value(&payload.encode_to_string()), "{}", vector.name);
        }
        assert_eq!(
            serde_json::to_string(&payload).expect("JSON"),
            payload.encode_to_string(),
            "{}",
            vector.name
        );
        let kept = owned::Subscribe::from(payload);
        if !has_duplicate_attribute {
            let same: owned::Subscribe =
                serde_json::from_str(&payload.encode_to_string()).expect("a payload");
            assert_eq!(same, kept, "{}", vector.name);
            assert_eq!(owned::Subscribe::from(kept.as_borrowed()), kept);
        }
    }
    for vector in vectors::publish() {
        let Ok(payload) = vector.value else { continue };
        assert_eq!(
            serde_json::to_string(&payload).expect("JSON"),
            payload.encode_to_string(),
            "{}",
            vector.name
        );
        let kept = owned::Publish::from(payload);
        assert_eq!(
            serde_json::from_str::<owned::Publish>(&payload.encode_to_string()).expect("a payload"),
            kept
        );
        assert_eq!(owned::Publish::from(kept.as_borrowed()), kept);
    }
}

#[test]
fn keeps_all_members_of_an_unknown_type() {
    let payload = concat!(
        r#"{"Type":"POLL","Options":["a",{"b":[]}],"Count":18446744073709551615,"Delta":-2,"#,
        r#""Share":0.25,"Open":true,"Note":null,"Text":"\"\\\u0001é"}"#
    );
    let Ok(unknown @ Subscribe::Unknown(_)) = Subscribe::decode_str(payload) else { panic!() };
    let value: serde_json::Value = serde_json::from_str(payload).expect("JSON");
    assert_eq!(serde_json::to_value(unknown).expect("JSON"), value);
    let kept: owned::Subscribe = serde_json::from_value(value.clone()).expect("a payload");
    let owned::Subscribe::Unknown(unknown) = &kept else { panic!() };
    assert_eq!(unknown.type_name(), "POLL");
    assert_eq!(serde_json::from_str::<serde_json::Value>(unknown.raw()).expect("JSON"), value);
    assert_eq!(serde_json::to_value(&kept).expect("JSON"), value);
}

#[test]
fn rejects_another_payload_type() {
    let message =
        r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t","Sender":{"UserId":"u"}}"#;
    assert!(serde_json::from_str::<owned::Message>(message).is_ok());
    let error = serde_json::from_str::<owned::Event>(message).expect_err("no event");
    assert!(error.to_string().starts_with("expected Event"), "{error}");
    let error =
        serde_json::from_str::<owned::Publish>(r#"{"action":"JOIN"}"#).expect_err("no publish");
    assert!(error.to_string().starts_with("unknown variant `JOIN`"), "{error}");
    let error =
        serde_json::from_str::<owned::Message>(r#"{"Type":"MESSAGE"}"#).expect_err("no message");
    assert!(error.to_string().starts_with("missing field `Id`"), "{error}");
}

#[test]
fn rejects_content_that_cannot_be_sent() {
    for content in [String::new(), "x".repeat(501)] {
        let json = serde_json::to_string(&content).expect("JSON");
        let error = serde_json::from_str::<owned::Content>(&json).expect_err("invalid content");
        assert!(error.to_string().starts_with("invalid content length"), "{error}");
        let json = format!(r#"{{"Action":"SEND_MESSAGE","Content":{json}}}"#);
        assert!(serde_json::from_str::<owned::SendMessage>(&json).is_err());
    }
    let content = owned::Content::new("x").expect("valid content");
    assert_eq!(serde_json::to_string(&content).expect("JSON"), r#""x""#);
    assert_eq!(serde_json::from_str::<owned::Content>(r#""x""#).expect("JSON"), content);
}

#[test]
fn omits_empty_attributes_of_a_publish() {
    let mut send = SendMessage::new(Content::new("x").expect("a content"));
    let without = r#"{"Action":"SEND_MESSAGE","Content":"x"}"#;
    assert_eq!(serde_json::to_string(&send).expect("JSON"), without);
    send.attributes = Attributes::from(&[("a", "b"); 0]);
    assert_eq!(serde_json::to_string(&send).expect("JSON"), without);
    assert_eq!(send.encode_to_string(), without);
    let wire = r#"{"Action":"SEND_MESSAGE","Content":"x","Attributes":{}}"#;
    let decoded = Publish::decode_str(wire).expect("a payload");
    assert_eq!(serde_json::to_string(&decoded).expect("JSON"), wire);
    assert_eq!(serde_json::to_string(&Attributes::NONE).expect("JSON"), "{}");
}

/// Returns an object that makes the same visitor calls as a number does with the feature
/// `arbitrary_precision` of `serde_json`.
///
/// With the feature, `serde_json` passes numbers to a visitor as a map, except for 64-bit integers.
fn as_map(digits: &str) -> String {
    format!(r#"{{"$serde_json::private::Number":"{digits}"}}"#)
}

#[test]
fn keeps_numbers_of_any_precision() {
    let payload = |numbers: [&str; 3]| {
        let [first, second, third] = numbers;
        format!(
            r#"{{"Type":"POLL","Values":[{first},{{"Deep":{second}}}],"Text":"4","Share":{third}}}"#
        )
    };
    let digits = ["18446744073709551616", "-0.10", "1e-400"];
    let raw = payload(digits);
    let maps = digits.map(as_map);
    for input in [raw.clone(), payload(maps.each_ref().map(String::as_str))] {
        let kept: owned::Subscribe = serde_json::from_str(&input).expect("a payload");
        let owned::Subscribe::Unknown(unknown) = &kept else { panic!() };
        // Without the feature, only the maps keep all digits.
        if input != raw
            || serde_json::from_str::<serde_json::Number>(digits[0]).expect("a number").to_string()
                == digits[0]
        {
            assert_eq!(unknown.raw(), raw, "{input}");
        }
        let values = |json: &str| serde_json::from_str::<Poll>(json).expect("JSON");
        assert_eq!(values(&serde_json::to_string(&kept).expect("JSON")), values(&raw), "{input}");
    }
    // The decoder also rejects numbers out of range for a double.
    let error = serde_json::from_str::<owned::Subscribe>(&payload(["1", &as_map("1e400"), "2"]))
        .expect_err("a number");
    assert!(error.to_string().starts_with("number out of range"), "{error}");
}

/// The payload of `keeps_numbers_of_any_precision`, with numbers as doubles.
#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Poll {
    r#type: String,
    values: (f64, std::collections::BTreeMap<String, f64>),
    text: String,
    share: f64,
}

#[test]
fn keeps_objects_that_resemble_numbers() {
    for text in ["", "4 }", "-", "01", "0x1", "NaN", "4,\\\"a\\\":4", "\\u0034 "] {
        let payload = format!(r#"{{"Type":"POLL","Value":{}}}"#, as_map(text));
        let owned::Subscribe::Unknown(unknown) = serde_json::from_str(&payload).expect("a payload")
        else {
            panic!()
        };
        assert_eq!(unknown.raw(), payload.replace("\\u0034", "4"));
    }
    for text in ["4", "1e400"] {
        let message = MESSAGE.replace("{}", &as_map(text));
        let owned::Subscribe::Message(message) = serde_json::from_str(&message).expect("a payload")
        else {
            panic!()
        };
        assert_eq!(message.attributes["$serde_json::private::Number"], text);
    }
    let error = ERROR.replace("429", &as_map("429"));
    assert!(serde_json::from_str::<owned::Subscribe>(&error).is_err());
}

/// CBOR is self-describing, like JSON.
#[test]
fn survives_a_round_trip_through_cbor() {
    fn copied<T: Serialize, U: DeserializeOwned>(payload: &T) -> U {
        let mut bytes = Vec::new();
        ciborium::into_writer(payload, &mut bytes).expect("CBOR");
        ciborium::from_reader(&bytes[..]).expect("a payload")
    }
    for vector in vectors::subscribe() {
        let Ok(payload) = vector.value else { continue };
        if vector.name == "message with a duplicate attribute" {
            continue;
        }
        let kept = owned::Subscribe::from(payload);
        for copy in [
            copied(&payload),
            copied(&kept),
            copied(&Subscribe::decode(&vector.wire).expect("a payload")),
        ] {
            match (&kept, copy) {
                // White space and the spelling of numbers are lost.
                (owned::Subscribe::Unknown(kept), owned::Subscribe::Unknown(copy)) => {
                    let value =
                        |raw: &str| serde_json::from_str::<serde_json::Value>(raw).expect("JSON");
                    assert_eq!(value(copy.raw()), value(kept.raw()), "{}", vector.name);
                }
                (kept, copy) => assert_eq!(copy, *kept, "{}", vector.name),
            }
        }
    }
    for vector in vectors::publish() {
        let Ok(payload) = vector.value else { continue };
        let kept = owned::Publish::from(payload);
        assert_eq!(copied::<_, owned::Publish>(&payload), kept, "{}", vector.name);
        assert_eq!(copied::<_, owned::Publish>(&kept), kept, "{}", vector.name);
    }
}

/// Postcard writes the length of a map before its entries, and is not self-describing.
#[test]
fn serializes_to_formats_that_need_lengths_first() {
    for vector in vectors::subscribe() {
        let Ok(payload) = vector.value else { continue };
        let decoded = Subscribe::decode(&vector.wire).expect("a payload");
        for written in [postcard::to_allocvec(&payload), postcard::to_allocvec(&decoded)] {
            written.expect(vector.name);
        }
        postcard::to_allocvec(&owned::Subscribe::from(payload)).expect(vector.name);
    }
    for vector in vectors::publish() {
        let Ok(payload) = vector.value else { continue };
        postcard::to_allocvec(&owned::Publish::from(payload)).expect(vector.name);
        postcard::to_allocvec(&payload).expect(vector.name);
    }

    let wire = MESSAGE.replace("{}", r#"{"a":"1" , "b":"\u0032","a":"3"}"#);
    let Ok(Subscribe::Message(message)) = Subscribe::decode_str(&wire) else { panic!() };
    let pairs = [("a", "1"), ("b", "2"), ("a", "3")];
    let entries: Vec<(String, String)> =
        pairs.map(|(name, value)| (name.into(), value.into())).into();
    for attributes in [message.attributes, Attributes::from(&pairs)] {
        // A map is written like a sequence of pairs.
        assert_eq!(postcard::to_allocvec(&attributes), postcard::to_allocvec(&entries));
    }
    for (attributes, bytes) in [(Attributes::NONE, [0]), (Attributes::from(&[("", ""); 0]), [0])] {
        assert_eq!(postcard::to_allocvec(&attributes).expect("bytes"), bytes);
    }

    let unknown = r#"{"Type":"POLL","A":[true,[],{},{"b":null,"c":["d"]}],"E":{}}"#;
    let Ok(unknown) = Subscribe::decode_str(unknown) else { panic!() };
    let expected = b"\x03\x04Type\x04POLL\x01A\x04\x01\x00\x00\x02\x01b\x01c\x01\x01d\x01E\x00";
    assert_eq!(postcard::to_allocvec(&unknown).expect("bytes"), expected);
}

#[test]
fn rejects_formats_that_are_not_self_describing() {
    let Ok(message) = Subscribe::decode_str(MESSAGE) else { panic!() };
    let bytes = postcard::to_allocvec(&message).expect("bytes");
    assert_eq!(
        postcard::from_bytes::<owned::Subscribe>(&bytes),
        Err(postcard::Error::WontImplement)
    );
}
