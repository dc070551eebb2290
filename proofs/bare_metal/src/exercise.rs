//! Checks every payload in both directions, and every method of its values.
//!
//! All input goes through [`unknown`], so the proof covers any input, not only these literals.

mod client;
mod feeding;
#[cfg(feature = "formatting")]
mod formatting;
mod server;

use core::cmp::Ordering;
use core::hash::{Hash, Hasher};
use core::hint::black_box;

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::{
    Event, EventKind, Message, Sender, ServiceError, Subscribe, SystemEvent,
};
use ivs_chat_proto::{
    Attributes, BufferTooSmall, Capability, ChatLogEntry, CloseReason, Content, DecodeErrorKind,
    Endpoint, ErrorCode, Field, SendTime, Text, Timestamp, Token,
};

/// The checks. A check returns `Some(true)` if it passes.
pub const CHECKS: &[fn() -> Option<bool>] = &[
    publish_send_message,
    publish_delete_message,
    publish_disconnect_user,
    publish_by_hand,
    request_id_of_a_broken_publish,
    subscribe_message,
    subscribe_deletion,
    subscribe_disconnection,
    subscribe_application_event,
    subscribe_error,
    subscribe_unknown,
    subscribe_by_hand,
    chat_log,
    close_reasons,
    refused,
    cut_anywhere,
    too_small_a_buffer,
    text,
    attributes,
    content,
    times,
    connecting,
    numbers_and_names,
    client::outcomes,
    client::refusals,
    client::hand_over,
    client::silence,
    client::refresh,
    client::endings,
    client::late_and_backwards,
    feeding::fragments,
    feeding::stream,
    server::peer,
    server::rejects,
    server::review,
    server::closes,
    #[cfg(feature = "formatting")]
    formatting::check,
    #[cfg(feature = "panic")]
    out_of_bounds,
    #[cfg(feature = "wrong")]
    (|| Some(false)),
];

/// Runs all checks. Returns 0, or the number of the first failed check.
pub fn run() -> u8 {
    let mut number = 0;
    for check in CHECKS {
        number += 1;
        if check() != Some(true) {
            return number;
        }
    }
    0
}

/// Returns `value`, opaque to the optimizer.
fn unknown<T: ?Sized>(value: &T) -> &T {
    black_box(value)
}

/// Returns `buffer`, with its size opaque to the optimizer.
fn unknown_mut(buffer: &mut [u8]) -> &mut [u8] {
    black_box(buffer)
}

/// Returns `true` if a payload is encoded as `expected`.
fn encodes(
    expected: &str,
    encoded_len: usize,
    encode: impl for<'b> Fn(&'b mut [u8]) -> Result<&'b [u8], BufferTooSmall>,
) -> bool {
    encoded_len == expected.len() && encode(unknown_mut(&mut [0; 512])) == Ok(expected.as_bytes())
}

const SEND: &str = r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"grüß \"dich\" 👋","Attributes":{"mood":"gl\u00fccklich"}}"#;

fn publish_send_message() -> Option<bool> {
    let publish = Publish::decode(unknown(SEND.as_bytes())).ok()?;
    let Publish::SendMessage(send) = publish else { return None };
    Some(
        send.request_id? == "r-1"
            && send.content == "grüß \"dich\" 👋"
            && send.content.code_point_count() == 13
            && send.attributes.get(unknown("mood"))? == "glücklich"
            && publish.required_capability() == Capability::SendMessage
            && encodes(SEND, publish.encoded_len(), |buffer| publish.encode(buffer))
            && encodes(SEND, send.encoded_len(), |buffer| send.encode(buffer)),
    )
}

fn publish_delete_message() -> Option<bool> {
    let payload = unknown(
        r#" { "reason" : null, "ID":"Ub3xYd7cQm0a", "actioN":"DELETE_MESSAGE", "new":[{},[1e5,true]] } "#,
    );
    let publish = Publish::decode(payload.as_bytes()).ok()?;
    let Publish::DeleteMessage(delete) = publish else { return None };
    let canonical = r#"{"Action":"DELETE_MESSAGE","Id":"Ub3xYd7cQm0a"}"#;
    Some(
        delete.id == "Ub3xYd7cQm0a"
            && delete.reason.is_none()
            && publish.action() == DeleteMessage::ACTION
            && encodes(canonical, publish.encoded_len(), |buffer| publish.encode(buffer))
            && encodes(canonical, delete.encoded_len(), |buffer| delete.encode(buffer)),
    )
}

fn publish_disconnect_user() -> Option<bool> {
    let payload = r#"{"Action":"DISCONNECT_USER","RequestId":"r-2","UserId":"astrid","Reason":"\ud83d\ude08"}"#;
    let publish = Publish::decode_str(unknown(payload)).ok()?;
    let Publish::DisconnectUser(disconnect) = publish else { return None };
    Some(
        disconnect.user_id == "astrid"
            && disconnect.reason? == "😈"
            && publish.request_id()? == "r-2"
            && encodes(payload, publish.encoded_len(), |buffer| publish.encode(buffer))
            && encodes(payload, disconnect.encoded_len(), |buffer| disconnect.encode(buffer)),
    )
}

fn publish_by_hand() -> Option<bool> {
    let mut send = SendMessage::new(Content::new(unknown("a\\b\n\u{1}")).ok()?);
    let pairs = [("key \"1\"", unknown("1")), ("2", unknown(""))];
    send.attributes = Attributes::from(unknown(pairs.as_slice()));
    let mut delete = DeleteMessage::new(unknown("m"));
    delete.reason = Some(unknown("spam").into());
    let mut disconnect = DisconnectUser::new(unknown("u"));
    disconnect.request_id = Some(unknown("r").into());
    let [send, delete, disconnect] =
        [Publish::from(send), Publish::from(delete), Publish::from(disconnect)];
    Some(
        encodes(
            r#"{"Action":"SEND_MESSAGE","Content":"a\\b\n\u0001","Attributes":{"key \"1\"":"1","2":""}}"#,
            send.encoded_len(),
            |buffer| send.encode(buffer),
        ) && encodes(
            r#"{"Action":"DELETE_MESSAGE","Id":"m","Reason":"spam"}"#,
            delete.encoded_len(),
            |buffer| delete.encode(buffer),
        ) && encodes(
            r#"{"Action":"DISCONNECT_USER","RequestId":"r","UserId":"u"}"#,
            disconnect.encoded_len(),
            |buffer| disconnect.encode(buffer),
        ),
    )
}

fn request_id_of_a_broken_publish() -> Option<bool> {
    let payload =
        unknown(br#"{"Action":"SEND_MESSAGE","requestid":"r-\u0033","Content":42}"#.as_slice());
    let error = Publish::decode(payload).err()?;
    Some(
        error.kind() == DecodeErrorKind::WrongType(Field::Content)
            && error.offset() == 58
            && Publish::peek_request_id(payload)? == "r-3"
            && Publish::peek_request_id(unknown(b"{\"Action\":\xff".as_slice())).is_none(),
    )
}

const MESSAGE: &str = r#"{"Type":"MESSAGE","Id":"Ub3xYd7cQm0a","RequestId":"r-1","Attributes":null,"Content":"hej \u003c3 🏴‍☠️","SendTime":"2026-11-22T10:00:00.5Z","Sender":{"UserId":"astrid","Attributes":{"name":"Astrid","links":"[\"a\\\\b\"]"}}}"#;

fn subscribe_message() -> Option<bool> {
    let payload = Subscribe::decode(unknown(MESSAGE.as_bytes())).ok()?;
    let Subscribe::Message(message) = payload else { return None };
    Some(
        message.id == "Ub3xYd7cQm0a"
            && message.request_id? == "r-1"
            && message.attributes.is_empty()
            && message.content == "hej <3 🏴‍☠️"
            && message.send_time.parse().ok()?.seconds() == 1_795_341_600
            && message.sender.user_id == "astrid"
            && message.sender.attributes.get(unknown("links"))? == r#"["a\\b"]"#
            && payload.type_name() == Message::TYPE
            && encodes(MESSAGE, payload.encoded_len(), |buffer| payload.encode(buffer))
            && encodes(MESSAGE, message.encoded_len(), |buffer| message.encode(buffer)),
    )
}

fn subscribe_deletion() -> Option<bool> {
    let payload = r#"{"Type":"EVENT","Id":"pT4nQ8sVw1Lz","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"Ub3xYd7cQm0a","Reason":"off topic"},"SendTime":"2026-11-22T10:00:09Z"}"#;
    let Subscribe::Event(event) = Subscribe::decode(unknown(payload.as_bytes())).ok()? else {
        return None;
    };
    let EventKind::DeletedMessage { message_id, reason } = event.kind() else { return None };
    Some(
        message_id == "Ub3xYd7cQm0a"
            && reason? == "off topic"
            && event.request_id.is_none()
            && encodes(payload, event.encoded_len(), |buffer| event.encode(buffer)),
    )
}

fn subscribe_disconnection() -> Option<bool> {
    let payload = unknown(
        r#"{"EventName":"aws:DISCONNECT\u005fUSER","Attributes":{"UserId":"bo"},"SendTime":"","Id":"1","\u0054ype":"EVENT"}"#,
    );
    let payload = Subscribe::decode_str(payload).ok()?;
    let Subscribe::Event(event) = payload else { return None };
    let EventKind::DisconnectedUser { user_id, reason } = event.kind() else { return None };
    let canonical = r#"{"Type":"EVENT","Id":"1","RequestId":"","EventName":"aws:DISCONNECT\u005fUSER","Attributes":{"UserId":"bo"},"SendTime":""}"#;
    Some(
        user_id == "bo"
            && reason.is_none()
            && event.send_time.parse().is_err()
            && encodes(canonical, payload.encoded_len(), |buffer| payload.encode(buffer)),
    )
}

fn subscribe_application_event() -> Option<bool> {
    let payload = unknown(
        r#"{"Type":"EVENT","Id":"1","EventName":"quiz","SendTime":"2026-11-22T10:00:09Z"}"#,
    );
    let Subscribe::Event(event) = Subscribe::decode_str(payload).ok()? else { return None };
    Some(
        event.kind() == EventKind::Application
            && event.event_name == "quiz"
            && event.attributes.is_empty(),
    )
}

fn subscribe_error() -> Option<bool> {
    let payload = r#"{"ErrorCode":406,"ErrorMessage":"say \"please\"","Id":"1","RequestId":"r-1","Type":"ERROR"}"#;
    let Subscribe::Error(error) = Subscribe::decode(unknown(payload.as_bytes())).ok()? else {
        return None;
    };
    Some(
        error.error_code == ErrorCode::NOT_ACCEPTABLE
            && error.error_message? == "say \"please\""
            && encodes(payload, error.encoded_len(), |buffer| error.encode(buffer)),
    )
}

fn subscribe_unknown() -> Option<bool> {
    let payload = unknown(r#" {"Type":"POLL","Of":[null,-0.5E+3,{"a":{}}]} "#);
    let payload = Subscribe::decode_str(payload).ok()?;
    let Subscribe::Unknown(poll) = payload else { return None };
    Some(
        poll.type_name() == "POLL"
            && encodes(poll.raw(), poll.encoded_len(), |buffer| poll.encode(buffer))
            && encodes(poll.raw(), payload.encoded_len(), |buffer| payload.encode(buffer)),
    )
}

fn subscribe_by_hand() -> Option<bool> {
    let (id, time) = (Text::new(unknown("1")), SendTime::from(unknown("2026-11-22T10:00:00Z")));
    let mut sender = Sender::new(unknown("astrid"));
    sender.attributes = Attributes::from(unknown([("name", "Astrid")].as_slice()));
    let message = Subscribe::from(Message::new(id, unknown("hej\t"), time, sender));
    let deletion = SystemEvent::delete_message(unknown("m"), None);
    let deletion = Subscribe::from(Event::system(id, unknown(&deletion), time));
    let disconnection = SystemEvent::disconnect_user(unknown("u"), Some(unknown("spam").into()));
    let disconnection = Subscribe::from(Event::system(id, unknown(&disconnection), time));
    let error = Subscribe::from(ServiceError::new(ErrorCode::new(*unknown(&65_535))));
    Some(
        encodes(
            r#"{"Type":"MESSAGE","Id":"1","RequestId":"","Attributes":null,"Content":"hej\t","SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"astrid","Attributes":{"name":"Astrid"}}}"#,
            message.encoded_len(),
            |buffer| message.encode(buffer),
        ) && encodes(
            r#"{"Type":"EVENT","Id":"1","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"m","MessageId":"m","Reason":""},"SendTime":"2026-11-22T10:00:00Z"}"#,
            deletion.encoded_len(),
            |buffer| deletion.encode(buffer),
        ) && encodes(
            r#"{"Type":"EVENT","Id":"1","RequestId":"","EventName":"aws:DISCONNECT_USER","Attributes":{"Reason":"spam","UserId":"u"},"SendTime":"2026-11-22T10:00:00Z"}"#,
            disconnection.encoded_len(),
            |buffer| disconnection.encode(buffer),
        ) && encodes(
            r#"{"ErrorCode":65535,"RequestId":"","Type":"ERROR"}"#,
            error.encoded_len(),
            |buffer| error.encode(buffer),
        ),
    )
}

fn chat_log() -> Option<bool> {
    let line = r#"{"event_timestamp":"2026-11-22T10:00:00.25Z","type":"ERROR","payload":{"ErrorCode":401,"RequestId":"","Type":"ERROR"},"version":"1.0"}"#;
    let log = ChatLogEntry::decode(unknown(line.as_bytes())).ok()?;
    let Subscribe::Error(error) = log.payload else { return None };
    let bare = ChatLogEntry::new(log.payload);
    Some(
        error.error_code == 401
            && log.event_timestamp?.parse().ok()?.nanoseconds() == 250_000_000
            && log.type_name? == "ERROR"
            && log.version? == "1.0"
            && encodes(line, log.encoded_len(), |buffer| log.encode(buffer))
            && encodes(
                r#"{"type":"ERROR","payload":{"ErrorCode":401,"RequestId":"","Type":"ERROR"}}"#,
                bare.encoded_len(),
                |buffer| bare.encode(buffer),
            ),
    )
}

fn close_reasons() -> Option<bool> {
    let expired =
        CloseReason::parse(unknown(r#"{"ErrorMessage":"session expired","ErrorCode":401}"#));
    let CloseReason::Error { error_code, error_message } = expired else { return None };
    Some(
        error_code? == ErrorCode::UNAUTHORIZED
            && error_message? == "session expired"
            && CloseReason::parse(unknown(r#"{"ErrorMessage":"sess"#))
                == CloseReason::Text(r#"{"ErrorMessage":"sess"#)
            && CloseReason::parse(unknown("")) == CloseReason::Empty,
    )
}

/// Invalid payloads, with the kind and the offset of the error.
fn refused() -> Option<bool> {
    let payloads: [(&[u8], DecodeErrorKind, usize); 12] = [
        (b"", DecodeErrorKind::UnexpectedEnd, 0),
        (b"[]", DecodeErrorKind::NotAnObject, 0),
        (b"{\"Type\":\"\xff", DecodeErrorKind::InvalidUtf8, 9),
        (b"\xef\xbb\xbf{}", DecodeErrorKind::ByteOrderMark, 0),
        (b"{\"Type\":\"\x01", DecodeErrorKind::ControlCharacter, 9),
        (br#"{"Type":"\x"#, DecodeErrorKind::InvalidEscape, 9),
        (br#"{"Type":"\ud800!"#, DecodeErrorKind::LoneSurrogate, 9),
        (br#"{"Type":"ERROR","ErrorCode":65536}"#, DecodeErrorKind::NumberOutOfRange, 28),
        (br#"{"Type":"ERROR","ErrorCode":429}!"#, DecodeErrorKind::TrailingBytes, 32),
        (br#"{"Type":"ERROR"}"#, DecodeErrorKind::MissingField(Field::ErrorCode), 15),
        (br#"{"Type":"ERROR","Id":"","Id":""}"#, DecodeErrorKind::DuplicateField(Field::Id), 24),
        (br#"{"Type":"ERROR","a":.5}"#, DecodeErrorKind::UnexpectedByte, 20),
    ];
    for &(payload, kind, offset) in unknown(payloads.as_slice()) {
        let error = Subscribe::decode(payload).err()?;
        if (error.kind(), error.offset()) != (kind, offset) {
            return None;
        }
    }
    let mut deep = [b'['; 132];
    deep.first_chunk_mut().map(|start| *start = *b"{\"a\":")?;
    let deep = Subscribe::decode(unknown(deep.as_slice())).err()?;
    let join = Publish::decode_str(unknown(r#"{"Action":"JOIN"}"#)).err()?;
    Some(
        (deep.kind(), deep.offset()) == (DecodeErrorKind::NestedTooDeep, 131)
            && (join.kind(), join.offset()) == (DecodeErrorKind::UnknownAction, 10),
    )
}

/// Every strict prefix of a payload is an unexpected end.
fn cut_anywhere() -> Option<bool> {
    let whole = unknown(MESSAGE.as_bytes());
    for length in 0..whole.len() {
        let error = Subscribe::decode(whole.get(..length)?).err()?;
        if (error.kind(), error.offset()) != (DecodeErrorKind::UnexpectedEnd, length) {
            return None;
        }
    }
    Some(true)
}

fn too_small_a_buffer() -> Option<bool> {
    let message = Subscribe::decode_str(unknown(MESSAGE)).ok()?;
    let mut buffer = [0; 512];
    for room in 0..MESSAGE.len() {
        if message.encode(unknown_mut(&mut buffer).get_mut(..room)?).err()?.needed()
            != MESSAGE.len()
        {
            return None;
        }
    }
    Some(true)
}

fn text() -> Option<bool> {
    let payload = unknown(
        r#"{"Type":"ERROR","ErrorCode":0,"ErrorMessage":"\u0041\ud83d\udc4b\t!","Id":"A👋"}"#,
    );
    let Subscribe::Error(error) = Subscribe::decode_str(payload).ok()? else { return None };
    let (escaped, plain) = (error.error_message?, error.id?);
    let copy =
        |text: Text<'_>, expected: &str| text.decode_into(unknown_mut(&mut [0; 8])) == Ok(expected);
    Some(
        escaped.as_str().is_none()
            && plain.as_str()? == "A👋"
            && escaped.code_point_count() == 4
            && plain.code_point_count() == 2
            && !escaped.is_empty()
            && escaped.chars().eq("A👋\t!".chars())
            && copy(escaped, "A👋\t!")
            && copy(plain, "A👋")
            && escaped.decode_into(unknown_mut(&mut [0; 6])).err()?.needed() == 7
            && escaped.cmp(&plain) == Ordering::Greater
            && plain.partial_cmp(&Text::new(unknown("B"))) == Some(Ordering::Less)
            && hash_of(escaped) == hash_of(Text::new(unknown("A👋\t!")))
            && hash_of(escaped) != hash_of(plain),
    )
}

/// The FNV-1a hash.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

fn hash_of(text: Text<'_>) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    text.hash(&mut hasher);
    hasher.finish()
}

fn attributes() -> Option<bool> {
    let payload = unknown(
        r#"{"Type":"EVENT","Id":"","EventName":"","SendTime":"","Attributes":{ "a":"1" , "\u0062":"\"" , "a":"3" }}"#,
    );
    let Subscribe::Event(event) = Subscribe::decode_str(payload).ok()? else { return None };
    let decoded = event.attributes;
    let pairs = [("a", "1"), ("b", "\""), ("a", "3")];
    Some(
        decoded.len() == 3
            && !decoded.is_empty()
            && decoded.get(unknown("a"))? == "3"
            && decoded.get(unknown("b"))? == "\""
            && decoded.get(unknown("c")).is_none()
            && decoded
                .iter()
                .zip(pairs)
                .all(|((name, value), pair)| name == pair.0 && value == pair.1)
            && decoded == Attributes::from(unknown(pairs.as_slice()))
            && decoded != Attributes::NONE,
    )
}

fn content() -> Option<bool> {
    let long = unknown([b'x'; 501].as_slice());
    let (long, longest) =
        (core::str::from_utf8(long).ok()?, core::str::from_utf8(long.get(1..)?).ok()?);
    let error = Content::with_limit(unknown("hello"), *unknown(&4)).err()?;
    Some(
        Content::new(longest).ok()?.code_point_count() == Content::MAX_CODE_POINTS
            && Content::new(long).is_err()
            && Content::new(unknown("")).is_err()
            && Content::with_limit(unknown("🏴‍☠️"), 4).ok()?.text() == "🏴‍☠️"
            && (error.code_point_count(), error.max_code_points()) == (5, 4),
    )
}

fn times() -> Option<bool> {
    let time = Timestamp::parse(unknown("2024-02-29T23:59:60.000000001-00:00")).ok()?;
    let payload = unknown(
        r#"{"Type":"EVENT","Id":"","EventName":"","SendTime":"2023-01-05T14:33:32\u002e894089757+01:00"}"#,
    );
    let Subscribe::Event(event) = Subscribe::decode_str(payload).ok()? else { return None };
    let escaped = event.send_time.parse().ok()?;
    Some(
        (time.seconds(), time.nanoseconds()) == (1_709_251_200, 1)
            && (escaped.seconds(), escaped.nanoseconds()) == (1_672_925_612, 894_089_757)
            && Timestamp::parse(unknown("2023-02-29T00:00:00Z")).is_err()
            && Timestamp::parse(unknown("0000-01-01T00:00:00+00:01")).is_err()
            && SendTime::from(unknown("yesterday")).parse().is_err()
            && Timestamp::new(*unknown(&1_709_251_200), *unknown(&1))? == time
            && Timestamp::new(*unknown(&i64::MAX), 0).is_none()
            && escaped < time,
    )
}

fn connecting() -> Option<bool> {
    let token = Token::new(unknown("AQICAHhP!#1")).ok()?;
    Some(
        token.header_value() == "AQICAHhP!#1"
            && Token::new(unknown("two, tokens")).err()?.offset() == 3
            && Endpoint::new(unknown("us-west-2")).ok()?.region() == "us-west-2"
            && Endpoint::new(unknown("example.com/")).is_err(),
    )
}

fn numbers_and_names() -> Option<bool> {
    let code = ErrorCode::from(*unknown(&429));
    Some(
        code.name()? == "Too Many Requests"
            && code.description()? == "the application has exceeded its rate limits"
            && ErrorCode::from(*unknown(&404)).http_name()? == "ResourceNotFound"
            && ErrorCode::from(*unknown(&418)).http_description().is_none()
            && Capability::from_name(unknown("DELETE_MESSAGE"))? == Capability::DeleteMessage,
    )
}

/// The control: a panic that depends on an input.
#[cfg(feature = "panic")]
fn out_of_bounds() -> Option<bool> {
    Some([1, 2, 3][*unknown(&0)] == 1)
}
