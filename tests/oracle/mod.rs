//! What must hold of any payload: plain functions, called by the vectors, by proptest and by the
//! fuzz targets alike.

#![allow(dead_code, reason = "each caller takes the properties that it needs")]

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

/// What is encoded in a buffer of exactly this length.
fn string(
    length: usize,
    encode: impl for<'b> Fn(&'b mut [u8]) -> Result<&'b [u8], BufferTooSmall>,
) -> String {
    let mut buffer = vec![0; length];
    let length = encode(&mut buffer).expect("room").len();
    buffer.truncate(length);
    String::from_utf8(buffer).expect("text")
}

/// A payload of either direction, or the line of a log that has one.
pub(crate) trait Payload: Copy + Debug {
    type Of<'a>: Payload;

    fn decode(payload: &[u8]) -> Result<Self::Of<'_>, DecodeError>;
    fn decode_str(payload: &str) -> Result<Self::Of<'_>, DecodeError>;
    fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall>;
    fn encoded_len(&self) -> usize;
    fn encode_to_string(&self) -> String;
    fn equals(&self, other: &Self::Of<'_>) -> bool;
    /// What `Serialize` makes of it, if there is that.
    fn serialized(&self) -> Option<Value> {
        None
    }
    /// Reads every text and every attribute, in every way there is.
    fn read(&self);
    /// What the payload says.
    fn says(&self) -> Decoded;
    /// The verdict of the reference decoder.
    fn model(payload: &[u8]) -> Verdict;
}

macro_rules! payload {
    ($($payload:ident ($model:ident, $says:ident) $(: $serialized:ident)?),*) => {$(
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
                let string = string(self.encoded_len(), |buffer| self.encode(buffer));
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

            fn read(&self) {
                read::$payload(self);
            }

            fn says(&self) -> Decoded {
                Decoded::$says(self)
            }

            fn model(payload: &[u8]) -> Verdict {
                model::$model(payload)
            }
        }
    )*};
}

payload! {
    Subscribe (subscribe, of_subscribe): serialized,
    Publish (publish, of_publish): serialized,
    ChatLogEntry (chat_log, of_chat_log)
}

#[allow(non_snake_case, reason = "named for the payloads, so that the macro finds them")]
mod read {
    use super::{ChatLogEntry, Publish, Subscribe, attributes, text};

    pub(super) fn Subscribe(payload: &Subscribe<'_>) {
        text(payload.type_name());
        match payload {
            Subscribe::Message(message) => {
                [message.id, message.content, message.send_time.text(), message.sender.user_id]
                    .into_iter()
                    .for_each(text);
                message.request_id.into_iter().for_each(text);
                let _ = message.send_time.parse();
                attributes(message.attributes);
                attributes(message.sender.attributes);
            }
            Subscribe::Event(event) => {
                [event.id, event.event_name, event.send_time.text()].into_iter().for_each(text);
                event.request_id.into_iter().for_each(text);
                attributes(event.attributes);
                let _ = event.kind();
            }
            Subscribe::Error(error) => {
                [error.error_message, error.id, error.request_id]
                    .into_iter()
                    .flatten()
                    .for_each(text);
                let _ = (error.error_code.name(), error.error_code.description());
            }
            other => text(other.type_name()),
        }
    }

    pub(super) fn Publish(payload: &Publish<'_>) {
        payload.request_id().into_iter().for_each(text);
        match payload {
            Publish::SendMessage(send) => {
                text(send.content.text());
                assert!((1..=500).contains(&send.content.code_point_count()));
                assert_eq!(
                    usize::from(send.content.code_point_count()),
                    send.content.text().chars().count()
                );
                attributes(send.attributes);
            }
            Publish::DeleteMessage(delete) => {
                text(delete.id);
                delete.reason.into_iter().for_each(text);
            }
            Publish::DisconnectUser(disconnect) => {
                text(disconnect.user_id);
                disconnect.reason.into_iter().for_each(text);
            }
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn ChatLogEntry(log: &ChatLogEntry<'_>) {
        Subscribe(&log.payload);
        let time = log.event_timestamp.map(|time| time.text());
        [time, log.type_name, log.version].into_iter().flatten().for_each(text);
    }
}

/// All readings of a text agree.
pub(crate) fn text(text: Text<'_>) {
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

/// All readings of attributes agree.
pub(crate) fn attributes(attributes: Attributes<'_>) {
    let all: Vec<_> = attributes.iter().collect();
    assert_eq!(attributes.len(), all.len());
    assert_eq!(attributes.is_empty(), all.is_empty());
    for (name, value) in &all {
        text(*name);
        text(*value);
        let last = all.iter().rev().find(|(other, _)| other == name).map(|(_, value)| *value);
        assert_eq!(attributes.get(&name.to_string()), last);
    }
    assert_eq!(attributes.get("a name that nobody has"), None);
}

/// White space that may stand in front of a payload. With it, a payload is not written as usual,
/// and takes the long way through the decoder.
const SPACE: &[u8] = b"\t \r\n ";

/// Decoding any bytes ends with a payload that can be read and encoded, or an error that points at
/// its cause. The verdict is that of the reference decoder, also on another spelling.
pub(crate) fn any_bytes<P: Payload>(bytes: &[u8]) {
    let _ = agrees_with_model::<P>(bytes);
    match P::decode(bytes) {
        Ok(payload) => decoded(&payload, bytes),
        Err(error) => refused::<P>(bytes, error),
    }
    if let Some(other) = spelling::other(bytes) {
        let found = agrees_with_model::<P>(&other);
        if let Ok(payload) = P::decode(bytes) {
            let expected = payload.says().in_any_spelling();
            assert_eq!(found.map(Decoded::in_any_spelling), Ok(expected));
        }
    }
}

/// The decoder and the reference decoder give the same values, or the same error and offset.
pub(crate) fn agrees_with_model<P: Payload>(bytes: &[u8]) -> Verdict {
    let found = P::decode(bytes);
    let found = found.map(|payload| payload.says()).map_err(|error| (error.kind(), error.offset()));
    let expected = P::model(bytes);
    assert_eq!(found, expected, "{}", String::from_utf8_lossy(bytes));
    found
}

/// A payload that was decoded says the same however it is given, can be read and encoded, and
/// cannot be cut short.
fn decoded<P: Payload>(payload: &P, bytes: &[u8]) {
    let text = core::str::from_utf8(bytes).expect("a payload is text");
    let spaced = [SPACE, bytes].concat();
    for again in [P::decode_str(text), P::decode(&spaced)] {
        assert!(payload.equals(&again.expect("a payload")), "{payload:?} is not {again:?}");
    }
    payload.read();
    encodes(payload);
    let payload = bytes.trim_ascii_end();
    for length in some_of(payload.len()) {
        prefix::<P>(payload, length);
    }
}

/// Nothing is wrong in front of an error, and what follows it is of no account.
fn refused<P: Payload>(bytes: &[u8], error: DecodeError) {
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
    let verdict = |bytes: &[u8]| P::decode(bytes).err().map(|error| (error.kind(), error.offset()));
    let in_first = |length: usize| verdict(&bytes[..length]);
    match kind {
        Kind::UnexpectedEnd => {
            assert_eq!(offset, bytes.len());
            let bytes = with_last_character(bytes);
            return assert_eq!(verdict(&bytes), Some((kind, bytes.len())));
        }
        Kind::TrailingBytes => assert_ne!(in_first(offset), Some((Kind::UnexpectedEnd, offset))),
        _ => assert_eq!(in_first(offset), Some((Kind::UnexpectedEnd, offset)), "{error}"),
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
    // Of the other kinds the cause is longer than a character, or a `Type` that comes later.
    if matches!(
        kind,
        Kind::UnexpectedByte | Kind::ControlCharacter | Kind::NestedTooDeep | Kind::TrailingBytes
    ) {
        let cause =
            bytes[offset..].utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
        if let Some(cause) = cause {
            assert_eq!(in_first(offset + cause.len_utf8()), Some((kind, offset)));
        }
    }
}

/// The bytes, and what completes the character that they are cut short in.
fn with_last_character(bytes: &[u8]) -> Vec<u8> {
    let mut completed = bytes.to_vec();
    while let Err(error) = core::str::from_utf8(&completed) {
        assert_eq!(error.error_len(), None, "not the end, but bytes that are not UTF-8");
        // The second byte of a character is limited after some first bytes.
        let next = match completed[error.valid_up_to()..] {
            [0xe0] => 0xa0,
            [0xf0] => 0x90,
            _ => 0x80,
        };
        completed.push(next);
    }
    completed
}

/// A few numbers below `length`, spread out; all if they are few.
fn some_of(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(length / 16 + 1)
}

/// Any bytes as a line of a chat log, and a payload in one.
pub(crate) fn chat_log(bytes: &[u8]) {
    any_bytes::<ChatLogEntry<'_>>(bytes);
    if let Ok(payload) = Subscribe::decode(bytes) {
        let line = ChatLogEntry::new(payload);
        let line = string(line.encoded_len(), |buffer| line.encode(buffer));
        match ChatLogEntry::decode_str(&line) {
            Ok(log) => {
                assert_eq!((log.payload, log.type_name), (payload, Some(payload.type_name())));
            }
            // The line is one object more.
            Err(error) => assert_eq!(error.kind(), DecodeErrorKind::NestedTooDeep),
        }
    }
}

/// Any bytes as the reason of a close: an error if it is an object with a member of one, and else
/// as it came.
pub(crate) fn close_reason(bytes: &[u8]) {
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

/// The `RequestId` of a publish that can be decoded is found without decoding it, and of any other,
/// without panicking.
pub(crate) fn peek_request_id(bytes: &[u8]) {
    let found = Publish::peek_request_id(bytes);
    found.into_iter().for_each(text);
    assert_eq!(found.map(|request_id| request_id.to_string()), model::request_id(bytes));
    if let Ok(publish) = Publish::decode(bytes) {
        assert_eq!(found, publish.request_id());
    }
}

/// A text is a content if it has characters, and no more than `limit` and the service allow.
pub(crate) fn content<'a>(text: Text<'a>, says: &str, limit: u16) -> Option<Content<'a>> {
    let code_points = says.chars().count();
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

/// A payload that was built to say something says it, to whoever reads its JSON, and comes back.
pub(crate) fn built<P: Payload>(payload: &P, says: &Value) {
    payload.read();
    encodes(payload);
    assert_eq!(serde_json::from_str::<Value>(&payload.encode_to_string()).expect("JSON"), *says);
    assert_eq!(payload.serialized().unwrap_or_else(|| says.clone()), *says);
}

/// A payload is encoded in as many bytes as it says, in any buffer that has them and in no other,
/// and comes back when it is decoded; and then encoding it again gives the same.
pub(crate) fn encodes<P: Payload>(payload: &P) {
    let string = payload.encode_to_string();
    let length = payload.encoded_len();
    assert_eq!(length, string.len());
    let mut buffer = vec![0xff; length + 9];
    assert_eq!(payload.encode(&mut buffer).expect("room"), string.as_bytes());
    assert_eq!(payload.encode(&mut buffer[..length]).expect("room"), string.as_bytes());
    for size in some_of(length).chain([length - 1]) {
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

/// Every strict prefix of a payload without white space behind it is a payload cut short.
pub(crate) fn prefixes<P: Payload>(payload: &[u8]) {
    for length in 0..payload.len() {
        prefix::<P>(payload, length);
    }
}

fn prefix<P: Payload>(payload: &[u8], length: usize) {
    let error = P::decode(&payload[..length]).expect_err("a prefix");
    assert_eq!((error.kind(), error.offset()), (DecodeErrorKind::UnexpectedEnd, length));
}

/// The decoder and the owned types' `Deserialize`, with `serde_json` doing the reading, agree on
/// what is a payload and what it says; and so they do on what `Serialize` wrote.
#[cfg(all(feature = "alloc", feature = "serde"))]
pub(crate) mod differential {
    use ivs_chat_proto::owned;
    use ivs_chat_proto::publish::Publish;
    use ivs_chat_proto::subscribe::Subscribe;
    use serde_json::{Number, Value};

    use super::spelling;

    /// Any bytes in both directions, and another spelling of them.
    pub(crate) fn any_bytes(bytes: &[u8]) {
        for bytes in [Some(bytes), spelling::other(bytes).as_deref()].into_iter().flatten() {
            subscribe(bytes);
            publish(bytes);
        }
    }

    pub(crate) fn subscribe(bytes: &[u8]) {
        let expected = serde_json::from_slice::<owned::Subscribe>(bytes);
        let found = Subscribe::decode(bytes);
        let serialized = found.ok().map(|payload| serde_json::to_string(&payload).expect("JSON"));
        match (found.map(owned::Subscribe::from), expected) {
            (Ok(owned::Subscribe::Unknown(found)), Ok(owned::Subscribe::Unknown(expected))) => {
                assert_eq!(found.type_name(), expected.type_name());
                let raw = value(expected.raw());
                assert!(same(&value(found.raw()), &raw), "{} is not {raw}", found.raw());
                assert!(
                    same(&value(&serialized.expect("a payload")), &raw),
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

    pub(crate) fn publish(bytes: &[u8]) {
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

    /// Whether two values are the same, but for the last digits of doubles, which `serde_json`
    /// reads approximately unless told otherwise.
    fn same(one: &Value, other: &Value) -> bool {
        match (one, other) {
            (Value::Number(one), Value::Number(other)) => one == other || are_close(one, other),
            (Value::Array(one), Value::Array(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| same(one, other))
            }
            (Value::Object(one), Value::Object(other)) => {
                one.len() == other.len()
                    && one.iter().all(|(name, value)| {
                        other.get(name).is_some_and(|other| same(value, other))
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
