//! Checks that this crate and its competitors read the same values from the same payloads.

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use serde_json::{Map, Value};
use simd_json::Buffers;

use crate::competitors::{self, Decoded, Lazy, Raw};
use crate::functions::{Input, plain, plain_send};
use crate::ours::{self, Assembler, Server, Stream};
use ivs_chat_benches::build::{build, build_send};
use ivs_chat_benches::client::ConnectedClient;
use ivs_chat_benches::typed::Owned;

/// Checks all inputs.
///
/// # Panics
///
/// Panics if two functions disagree.
pub(crate) fn check(inputs: &'static [Input]) {
    for input in inputs {
        let has = |function| input.functions().any(|it| it.name == function);
        if has("decode") {
            check_decode(&input.payloads);
        }
        if has("decode bytes") {
            check_captured(&input.payloads);
        }
        if has("publish") {
            check_publish(input);
        }
        if has("serve") {
            check_send(&input.payloads);
        }
    }
}

fn check_decode(payloads: &'static [String]) {
    let sum = competitors::serde_json::<Owned>(payloads);
    assert_eq!(competitors::serde_json::<Decoded<'_>>(payloads), sum);
    assert_eq!(competitors::sonic_rs::<Decoded<'_>>(payloads), sum);
    let (mut copy, mut buffers) = (Vec::new(), Buffers::default());
    assert_eq!(competitors::simd_json(payloads, &mut copy, &mut buffers), sum);
    let sum = competitors::serde_json::<Raw<'_>>(payloads);
    assert_eq!(competitors::sonic_rs::<Lazy<'_>>(payloads), sum);
    let all_texts: usize = payloads.iter().map(|json| all_texts(json)).sum();
    assert_eq!(ours::decode_texts(payloads), all_texts);
}

/// Returns the length of all texts of a payload, decoded by `serde_json`.
fn all_texts(json: &str) -> usize {
    match serde_json::from_str(json).unwrap() {
        Owned::Message { id, request_id, attributes, content, send_time, sender } => {
            let texts = [id, request_id, content, send_time, sender.user_id];
            let pairs = [attributes, sender.attributes].into_iter().flatten().flatten();
            length(texts) + pairs.map(|(name, value)| length([name, value])).sum::<usize>()
        }
        Owned::Event { id, request_id, event_name, attributes, send_time } => {
            let pairs = attributes.into_iter().flatten();
            length([id, request_id, event_name, send_time])
                + pairs.map(|(name, value)| length([name, value])).sum::<usize>()
        }
        Owned::Error { error_message, id, request_id, .. } => {
            length([error_message, id, request_id])
        }
    }
}

fn length<const N: usize>(texts: [String; N]) -> usize {
    texts.iter().map(String::len).sum()
}

fn check_captured(payloads: &'static [String]) {
    let sum = ours::decode(payloads);
    assert_eq!(ours::decode_bytes(payloads), sum);
    assert_eq!(ours::check_and_decode(payloads), sum);
    for length in [1, 64, ours::BUFFER] {
        assert_eq!(ours::assemble(payloads, length, &mut Assembler::new()), sum);
        assert_eq!(ours::stream(&payloads.concat(), length, &mut Stream::new()), sum);
    }
    for mut connected in
        [ConnectedClient::new(0), ConnectedClient::new(8), ConnectedClient::overlapping(8)]
    {
        assert_eq!(ours::client(payloads, &mut connected), sum);
    }
    let mut buffer = [0; ours::BUFFER];
    for (json, plain) in payloads.iter().zip(&plain(payloads)) {
        let decoded = Subscribe::decode_str(json).unwrap();
        assert_eq!(decoded, build(plain));
        let wanted = value(json.as_bytes());
        assert_eq!(value(decoded.encode(&mut buffer).unwrap()), wanted);
        assert_eq!(value(build(plain).encode(&mut buffer).unwrap()), wanted);
        assert_eq!(value(&serde_json::to_vec(plain).unwrap()), wanted);
        assert_eq!(value(&sonic_rs::to_vec(plain).unwrap()), wanted);
    }
}

fn check_publish(input: &'static Input) {
    let run = |wanted: &str| {
        let function = input.functions().find(|function| function.name == wanted).unwrap();
        function.prepare(input)()
    };
    let sum = input.payloads.iter().map(|json| publish_texts(json)).sum::<usize>();
    assert_eq!(run("publish serde_json"), sum);
    assert_eq!(run("publish sonic-rs"), sum);
    assert_eq!(run("publish serde_json RawValue"), run("publish sonic-rs LazyValue"));
    let mut buffer = [0; ours::BUFFER];
    for json in &input.payloads {
        let written = members(Publish::decode_str(json).unwrap().encode(&mut buffer).unwrap());
        let read = members(json.as_bytes());
        assert!(written.len() > 1 && written.iter().all(|(name, value)| read[name] == *value));
    }
}

/// Returns the length of all texts of a publish payload except its action, plus the number of its
/// attributes.
fn publish_texts(json: &str) -> usize {
    let members = members(json.as_bytes());
    let texts = ["requestid", "content", "id", "userid", "reason"].map(|name| members.get(name));
    let texts = texts.into_iter().flatten().filter_map(Value::as_str).map(str::len).sum::<usize>();
    texts + members.get("attributes").and_then(Value::as_object).map_or(0, Map::len)
}

/// Returns the members of a payload, with names in lower case.
fn members(json: &[u8]) -> Map<String, Value> {
    let Value::Object(members) = value(json) else { panic!("not an object") };
    members.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
}

fn check_send(payloads: &'static [String]) {
    let mut buffer = [0; ours::BUFFER];
    let (mut server, sender, mut copy) =
        (Server::new(), competitors::sender_attributes(), Vec::new());
    assert_eq!(ours::peer(payloads, &mut Server::new()), ours::decode_publish(payloads));
    assert_eq!(ours::decode_publish_bytes(payloads), ours::decode_publish(payloads));
    for (json, plain) in payloads.iter().zip(&plain_send(payloads)) {
        let served = value(ours::serve(json, &mut server, &mut buffer));
        assert_eq!(served, value(competitors::serve(json, &sender, &mut copy)));
        assert_eq!(served["Content"], plain.content);
        let wanted = value(json.as_bytes());
        assert_eq!(value(build_send(plain).encode(&mut buffer).unwrap()), wanted);
        assert_eq!(value(&serde_json::to_vec(plain).unwrap()), wanted);
        assert_eq!(value(&sonic_rs::to_vec(plain).unwrap()), wanted);
    }
}

fn value(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap()
}
