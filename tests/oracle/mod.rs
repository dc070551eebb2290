//! The oracles of the codec: properties that hold for every input, as functions that panic if one
//! does not.
//!
//! The vectors, the mutations, proptest and the fuzz targets all call these functions. They compare
//! the crate with three independent implementations: the reference decoder in [`model`], the
//! `serde` implementations of the owned types in [`differential`], and the reference framing in
//! [`chunks`].

#![allow(dead_code, reason = "no caller uses every item")]

#[cfg(feature = "alloc")]
pub(crate) mod build;
pub(crate) mod chunks;
pub(crate) mod model;
mod scanner;
pub(crate) mod spelling;

use core::fmt::Debug;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{
    Attributes, BufferTooSmall, ChatLogEntry, CloseReason, Content, DecodeError, DecodeErrorKind,
    Text,
};
use serde_json::Value;

use model::{Decoded, Verdict};

/// Encodes into a buffer of exactly `length` bytes.
fn encode_exactly(
    length: usize,
    encode: impl for<'b> Fn(&'b mut [u8]) -> Result<&'b [u8], BufferTooSmall>,
) -> String {
    let mut buffer = vec![0; length];
    let length = encode(&mut buffer).expect("room").len();
    buffer.truncate(length);
    String::from_utf8(buffer).expect("text")
}

/// A payload of either direction, or a chat log entry with one.
pub(crate) trait Payload: Copy + Debug {
    type Of<'a>: Payload;

    fn decode(payload: &[u8]) -> Result<Self::Of<'_>, DecodeError>;
    fn decode_str(payload: &str) -> Result<Self::Of<'_>, DecodeError>;
    fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall>;
    fn encoded_len(&self) -> usize;
    fn encode_to_string(&self) -> String;
    fn equals(&self, other: &Self::Of<'_>) -> bool;
    /// Returns the payload as written by `Serialize`, if the type implements it.
    fn serialized(&self) -> Option<Value> {
        None
    }
    /// Checks every accessor of every field.
    fn check_accessors(&self);
    /// Converts the payload to the reference decoder's representation.
    fn to_decoded(&self) -> Decoded;
    /// Decodes with the reference decoder.
    fn model(payload: &[u8]) -> Verdict;
}

macro_rules! payload {
    ($($payload:ident ($model:ident, $from:ident) $(: $serialized:ident)?),*) => {$(
        impl Payload for $payload<'_> {
            type Of<'a> = $payload<'a>;

            fn decode(payload: &[u8]) -> Result<$payload<'_>, DecodeError> {
                $payload::decode(payload)
            }

            fn decode_str(payload: &str) -> Result<$payload<'_>, DecodeError> {
                $payload::decode_str(payload)
            }

            fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall> {
                self.encode(buffer)
            }

            fn encoded_len(&self) -> usize {
                self.encoded_len()
            }

            fn encode_to_string(&self) -> String {
                let string = encode_exactly(self.encoded_len(), |buffer| self.encode(buffer));
                #[cfg(feature = "alloc")]
                assert_eq!(self.encode_to_string(), string);
                string
            }

            fn equals(&self, other: &$payload<'_>) -> bool {
                *self == *other
            }

            $(
                #[cfg(all(feature = "alloc", feature = "serde"))]
                fn $serialized(&self) -> Option<Value> {
                    Some(serde_json::to_value(self).expect("a value"))
                }
            )?

            fn check_accessors(&self) {
                accessors::$payload(self);
            }

            fn to_decoded(&self) -> Decoded {
                Decoded::$from(self)
            }

            fn model(payload: &[u8]) -> Verdict {
                model::$model(payload)
            }
        }
    )*};
}

payload! {
    Subscribe (subscribe, from_subscribe): serialized,
    Publish (publish, from_publish): serialized,
    ChatLogEntry (chat_log, from_chat_log)
}

#[allow(non_snake_case, reason = "the macro needs the names of the payload types")]
mod accessors {
    use super::{ChatLogEntry, Publish, Subscribe, check_attributes, check_text};

    pub(super) fn Subscribe(payload: &Subscribe<'_>) {
        check_text(payload.type_name());
        match payload {
            Subscribe::Message(message) => {
                [message.id, message.content, message.send_time.text(), message.sender.user_id]
                    .into_iter()
                    .for_each(check_text);
                message.request_id.into_iter().for_each(check_text);
                let _ = message.send_time.parse();
                check_attributes(message.attributes);
                check_attributes(message.sender.attributes);
            }
            Subscribe::Event(event) => {
                [event.id, event.event_name, event.send_time.text()]
                    .into_iter()
                    .for_each(check_text);
                event.request_id.into_iter().for_each(check_text);
                check_attributes(event.attributes);
                let _ = event.kind();
            }
            Subscribe::Error(error) => {
                [error.error_message, error.id, error.request_id]
                    .into_iter()
                    .flatten()
                    .for_each(check_text);
                let _ = (error.error_code.name(), error.error_code.description());
            }
            other => check_text(other.type_name()),
        }
    }

    pub(super) fn Publish(payload: &Publish<'_>) {
        payload.request_id().into_iter().for_each(check_text);
        match payload {
            Publish::SendMessage(send) => {
                check_text(send.content.text());
                assert!((1..=500).contains(&send.content.code_point_count()));
                assert_eq!(
                    usize::from(send.content.code_point_count()),
                    send.content.text().chars().count()
                );
                check_attributes(send.attributes);
            }
            Publish::DeleteMessage(delete) => {
                check_text(delete.id);
                delete.reason.into_iter().for_each(check_text);
            }
            Publish::DisconnectUser(disconnect) => {
                check_text(disconnect.user_id);
                disconnect.reason.into_iter().for_each(check_text);
            }
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn ChatLogEntry(log: &ChatLogEntry<'_>) {
        Subscribe(&log.payload);
        let time = log.event_timestamp.map(|time| time.text());
        [time, log.type_name, log.version].into_iter().flatten().for_each(check_text);
    }
}

/// Checks that all accessors of a text agree.
pub(crate) fn check_text(text: Text<'_>) {
    let whole: String = text.chars().collect();
    assert_eq!(text, whole.as_str());
    assert_eq!(text.to_string(), whole);
    #[cfg(feature = "alloc")]
    assert_eq!(text.to_cow(), whole);
    assert_eq!(text.code_point_count(), whole.chars().count());
    assert_eq!(text.is_empty(), whole.is_empty());
    assert!(text.as_str().is_none_or(|plain| plain == whole));
    let mut buffer = vec![0; whole.len()];
    assert_eq!(text.decode_into(&mut buffer), Ok(whole.as_str()));
    if let Some(shorter) = buffer.len().checked_sub(1) {
        assert_eq!(
            text.decode_into(&mut buffer[..shorter]).map_err(|error| error.needed()),
            Err(whole.len())
        );
    }
}

/// Checks that all accessors of attributes agree.
pub(crate) fn check_attributes(attributes: Attributes<'_>) {
    let all: Vec<_> = attributes.iter().collect();
    assert_eq!(attributes.len(), all.len());
    assert_eq!(attributes.is_empty(), all.is_empty());
    for (name, value) in &all {
        check_text(*name);
        check_text(*value);
        let last = all.iter().rev().find(|(other, _)| other == name).map(|(_, value)| *value);
        assert_eq!(attributes.get(&name.to_string()), last);
    }
    assert_eq!(attributes.get("an absent name"), None);
}

/// White space before a payload. It keeps the decoder off its fast path.
const SPACE: &[u8] = b"\t \r\n ";

/// Decodes any bytes, and checks the result.
///
/// A payload can be read and encoded. An error has the offset of its cause. The reference decoder
/// gives the same result, also for another spelling of the bytes.
pub(crate) fn check_bytes<P: Payload>(bytes: &[u8]) {
    let _ = agrees_with_model::<P>(bytes);
    match P::decode(bytes) {
        Ok(payload) => check_decoded(&payload, bytes),
        Err(error) => check_error::<P>(bytes, error),
    }
    if let Some(other) = spelling::respelled(bytes) {
        let found = agrees_with_model::<P>(&other);
        if let Ok(payload) = P::decode(bytes) {
            let expected = payload.to_decoded().without_spelling();
            assert_eq!(found.map(Decoded::without_spelling), Ok(expected));
        }
    }
}

/// Checks that the decoder and the reference decoder give the same values, or the same error and
/// offset. Returns this result.
pub(crate) fn agrees_with_model<P: Payload>(bytes: &[u8]) -> Verdict {
    let found = P::decode(bytes);
    let found =
        found.map(|payload| payload.to_decoded()).map_err(|error| (error.kind(), error.offset()));
    let expected = P::model(bytes);
    assert_eq!(found, expected, "{}", String::from_utf8_lossy(bytes));
    found
}

/// Checks a decoded payload: `decode`, `decode_str` and leading white space give the same value,
/// the accessors agree, it can be encoded, and every prefix is an unexpected end.
fn check_decoded<P: Payload>(payload: &P, bytes: &[u8]) {
    let text = core::str::from_utf8(bytes).expect("a payload is text");
    let spaced = [SPACE, bytes].concat();
    for again in [P::decode_str(text), P::decode(&spaced)] {
        assert!(payload.equals(&again.expect("a payload")), "{payload:?} is not {again:?}");
    }
    payload.check_accessors();
    check_encoding(payload);
    let payload = bytes.trim_ascii_end();
    for length in sample(payload.len()) {
        check_prefix::<P>(payload, length);
    }
}

/// Checks an error: the bytes before its offset are valid so far, its cause is at the offset, and
/// the bytes after the cause do not change it.
fn check_error<P: Payload>(bytes: &[u8], error: DecodeError) {
    use DecodeErrorKind as Kind;

    let (kind, offset) = (error.kind(), error.offset());
    if let Ok(text) = core::str::from_utf8(bytes) {
        assert_eq!(P::decode_str(text).err(), Some(error));
    }
    assert_eq!(kind == Kind::ByteOrderMark, bytes.starts_with("\u{feff}".as_bytes()));
    if kind != Kind::ByteOrderMark {
        let spaced = P::decode(&[SPACE, bytes].concat()).expect_err("an error");
        assert_eq!((spaced.kind(), spaced.offset()), (kind, SPACE.len() + offset));
    }
    let error_of =
        |bytes: &[u8]| P::decode(bytes).err().map(|error| (error.kind(), error.offset()));
    let error_of_first = |length: usize| error_of(&bytes[..length]);
    match kind {
        Kind::UnexpectedEnd => {
            assert_eq!(offset, bytes.len());
            let bytes = complete_last_character(bytes);
            return assert_eq!(error_of(&bytes), Some((kind, bytes.len())));
        }
        Kind::TrailingBytes => {
            assert_ne!(error_of_first(offset), Some((Kind::UnexpectedEnd, offset)));
        }
        _ => assert_eq!(error_of_first(offset), Some((Kind::UnexpectedEnd, offset)), "{error}"),
    }
    let is_cause = match (kind, bytes[offset]) {
        (Kind::MissingField(_), byte) => byte == b'}',
        (
            Kind::DuplicateField(_)
            | Kind::UnknownAction
            | Kind::EmptyContent
            | Kind::ContentTooLong,
            byte,
        ) => byte == b'"',
        (Kind::WrongType(_) | Kind::NotAnObject, byte) => b"\"[{tfn-0123456789".contains(&byte),
        (Kind::NumberOutOfRange, byte) => b"-0123456789".contains(&byte),
        (Kind::NestedTooDeep, byte) => b"[{".contains(&byte),
        (Kind::InvalidEscape | Kind::LoneSurrogate, byte) => byte == b'\\',
        (Kind::ControlCharacter, byte) => byte < b' ',
        _ => true,
    };
    assert!(is_cause, "{error}");
    // The cause of the other kinds is longer than a character, or a `Type` after the offset.
    if matches!(
        kind,
        Kind::UnexpectedByte | Kind::ControlCharacter | Kind::NestedTooDeep | Kind::TrailingBytes
    ) {
        let cause =
            bytes[offset..].utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
        if let Some(cause) = cause {
            assert_eq!(error_of_first(offset + cause.len_utf8()), Some((kind, offset)));
        }
    }
}

/// Completes a truncated character at the end of the bytes.
fn complete_last_character(bytes: &[u8]) -> Vec<u8> {
    let mut completed = bytes.to_vec();
    while let Err(error) = core::str::from_utf8(&completed) {
        assert_eq!(error.error_len(), None, "invalid UTF-8, not a truncated character");
        // Some first bytes restrict the range of the second byte.
        let next = match completed[error.valid_up_to()..] {
            [0xe0] => 0xa0,
            [0xf0] => 0x90,
            _ => 0x80,
        };
        completed.push(next);
    }
    completed
}

/// Returns up to 16 or so evenly spaced numbers below `length`, or all if there are fewer.
fn sample(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(length / 16 + 1)
}

/// Checks any bytes as a chat log entry and, if they are a payload, as the payload of one.
pub(crate) fn check_chat_log(bytes: &[u8]) {
    check_bytes::<ChatLogEntry<'_>>(bytes);
    if let Ok(payload) = Subscribe::decode(bytes) {
        let line = ChatLogEntry::new(payload);
        let line = encode_exactly(line.encoded_len(), |buffer| line.encode(buffer));
        match ChatLogEntry::decode_str(&line) {
            Ok(log) => {
                assert_eq!((log.payload, log.type_name), (payload, Some(payload.type_name())));
            }
            // The payload is one level deeper in the entry.
            Err(error) => assert_eq!(error.kind(), DecodeErrorKind::NestedTooDeep),
        }
    }
}

/// Checks any bytes as a close reason. It is an error if it is an object with a member of an error,
/// and otherwise the text itself.
pub(crate) fn check_close_reason(bytes: &[u8]) {
    let Ok(reason) = core::str::from_utf8(bytes) else { return };
    match CloseReason::parse(reason) {
        CloseReason::Empty => assert_eq!(reason, ""),
        CloseReason::Text(text) => assert_eq!(text, reason),
        CloseReason::Error { error_code, error_message } => {
            let object: Value = serde_json::from_str(reason).expect("an object");
            let member = |name: &str| object.get(name).filter(|value| !value.is_null()).cloned();
            assert_eq!(error_code.map(|code| code.as_u16().into()), member("ErrorCode"));
            assert_eq!(error_message.map(|text| text.to_string().into()), member("ErrorMessage"));
            assert!(error_code.is_some() || error_message.is_some());
        }
        other => panic!("{other:?}"),
    }
}

/// Checks `Publish::peek_request_id`: it agrees with the reference decoder, and with the decoder if
/// the bytes are a payload.
pub(crate) fn check_peek_request_id(bytes: &[u8]) {
    let found = Publish::peek_request_id(bytes);
    found.into_iter().for_each(check_text);
    assert_eq!(found.map(|request_id| request_id.to_string()), model::request_id(bytes));
    if let Ok(publish) = Publish::decode(bytes) {
        assert_eq!(found, publish.request_id());
    }
}

/// Checks that a text is a valid content if and only if it has from 1 to `limit` code points, and
/// no more than the service allows. `decoded` is the text without escapes.
pub(crate) fn check_content<'a>(text: Text<'a>, decoded: &str, limit: u16) -> Option<Content<'a>> {
    let code_points = decoded.chars().count();
    let max_code_points = limit.min(500);
    match Content::with_limit(text, limit) {
        Ok(content) => {
            assert!((1..=usize::from(max_code_points)).contains(&code_points));
            assert_eq!(
                (usize::from(content.code_point_count()), content.text()),
                (code_points, text)
            );
            Some(content)
        }
        Err(error) => {
            assert!(!(1..=usize::from(max_code_points)).contains(&code_points));
            assert_eq!(
                (error.code_point_count(), error.max_code_points()),
                (code_points, max_code_points)
            );
            None
        }
    }
}

/// Checks a payload that was built from values: `serde_json` reads `expected` from its encoding,
/// and `Serialize` writes `expected`.
pub(crate) fn check_built<P: Payload>(payload: &P, expected: &Value) {
    payload.check_accessors();
    check_encoding(payload);
    let encoded = payload.encode_to_string();
    assert_eq!(serde_json::from_str::<Value>(&encoded).expect("JSON"), *expected);
    assert_eq!(payload.serialized().unwrap_or_else(|| expected.clone()), *expected);
}

/// Checks the encoding of a payload: it has `encoded_len` bytes, it fits exactly the buffers of
/// that size or more, it decodes to the same payload, and encoding that payload gives the same
/// bytes.
pub(crate) fn check_encoding<P: Payload>(payload: &P) {
    let string = payload.encode_to_string();
    let length = payload.encoded_len();
    assert_eq!(length, string.len());
    let mut buffer = vec![0xff; length + 9];
    assert_eq!(payload.encode(&mut buffer).expect("room"), string.as_bytes());
    assert_eq!(payload.encode(&mut buffer[..length]).expect("room"), string.as_bytes());
    for size in sample(length).chain([length - 1]) {
        assert_eq!(payload.encode(&mut buffer[..size]).unwrap_err().needed(), length);
    }

    match P::decode(string.as_bytes()) {
        Ok(again) => {
            assert!(payload.equals(&again), "{payload:?} {again:?}");
            assert_eq!(again.encode_to_string(), string);
        }
        Err(error) => panic!("{error} in {string}"),
    }
}

/// Checks that every strict prefix of a payload is an unexpected end. The payload must have no
/// trailing white space.
pub(crate) fn check_prefixes<P: Payload>(payload: &[u8]) {
    for length in 0..payload.len() {
        check_prefix::<P>(payload, length);
    }
}

fn check_prefix<P: Payload>(payload: &[u8], length: usize) {
    let error = P::decode(&payload[..length]).expect_err("a prefix");
    assert_eq!((error.kind(), error.offset()), (DecodeErrorKind::UnexpectedEnd, length));
}

/// Differential tests against `serde_json` with the `Deserialize` of the owned types: both accept
/// the same payloads and read the same values, also from the output of `Serialize`.
#[cfg(all(feature = "alloc", feature = "serde"))]
pub(crate) mod differential {
    use ivs_chat_proto::owned;
    use ivs_chat_proto::publish::Publish;
    use ivs_chat_proto::subscribe::Subscribe;
    use serde_json::{Number, Value};

    use super::spelling;

    /// Checks any bytes in both directions, and another spelling of them.
    pub(crate) fn check_bytes(bytes: &[u8]) {
        for bytes in [Some(bytes), spelling::respelled(bytes).as_deref()].into_iter().flatten() {
            check_subscribe(bytes);
            check_publish(bytes);
        }
    }

    /// Checks any bytes as a payload of the service.
    pub(crate) fn check_subscribe(bytes: &[u8]) {
        let expected = serde_json::from_slice::<owned::Subscribe>(bytes);
        let found = Subscribe::decode(bytes);
        let serialized = found.ok().map(|payload| serde_json::to_string(&payload).expect("JSON"));
        match (found.map(owned::Subscribe::from), expected) {
            (Ok(owned::Subscribe::Unknown(found)), Ok(owned::Subscribe::Unknown(expected))) => {
                assert_eq!(found.type_name(), expected.type_name());
                let raw = value(expected.raw());
                assert!(are_equal(&value(found.raw()), &raw), "{} is not {raw}", found.raw());
                assert!(
                    are_equal(&value(&serialized.expect("a payload")), &raw),
                    "{} is not {raw}",
                    found.raw()
                );
            }
            (Ok(found), Ok(expected)) => {
                assert_eq!(found, expected);
                let by_serde = serde_json::to_string(&found.as_borrowed()).expect("JSON");
                assert_eq!(by_serde, found.as_borrowed().encode_to_string());
                assert_eq!(
                    serde_json::from_str::<owned::Subscribe>(&serialized.expect("a payload"))
                        .expect("JSON"),
                    found
                );
            }
            (Err(_), Err(_)) => {}
            (found, expected) => {
                panic!("{found:?} {expected:?} of {}", String::from_utf8_lossy(bytes))
            }
        }
    }

    /// Checks any bytes as a payload of a client.
    pub(crate) fn check_publish(bytes: &[u8]) {
        let expected = serde_json::from_slice::<owned::Publish>(bytes);
        let found = Publish::decode(bytes);
        let serialized = found.ok().map(|payload| serde_json::to_string(&payload).expect("JSON"));
        match (found.map(owned::Publish::from), expected) {
            (Ok(found), Ok(expected)) => {
                assert_eq!(found, expected);
                let borrowed = found.as_borrowed();
                assert_eq!(
                    serde_json::to_string(&borrowed).expect("JSON"),
                    borrowed.encode_to_string()
                );
                assert_eq!(
                    serde_json::from_str::<owned::Publish>(&serialized.expect("a payload"))
                        .expect("JSON"),
                    found
                );
            }
            (Err(_), Err(_)) => {}
            (found, expected) => {
                panic!("{found:?} {expected:?} of {}", String::from_utf8_lossy(bytes))
            }
        }
    }

    fn value(json: &str) -> Value {
        serde_json::from_str(json).expect("JSON")
    }

    /// Returns `true` if two values are equal, up to the last digits of doubles. `serde_json` reads
    /// doubles approximately by default.
    fn are_equal(one: &Value, other: &Value) -> bool {
        match (one, other) {
            (Value::Number(one), Value::Number(other)) => one == other || are_close(one, other),
            (Value::Array(one), Value::Array(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| are_equal(one, other))
            }
            (Value::Object(one), Value::Object(other)) => {
                one.len() == other.len()
                    && one.iter().all(|(name, value)| {
                        other.get(name).is_some_and(|other| are_equal(value, other))
                    })
            }
            _ => one == other,
        }
    }

    fn are_close(one: &Number, other: &Number) -> bool {
        match (one.as_f64(), other.as_f64()) {
            (Some(first), Some(second)) if one.is_f64() && other.is_f64() => {
                (first - second).abs() <= first.abs() * 4e-15 + 1e-320
            }
            _ => false,
        }
    }
}
