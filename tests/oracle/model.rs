//! The reference decoder: a slow decoder that follows the rules literally, and the oracle for the
//! crate's decoder.
//!
//! It reads a payload twice. The first pass finds the member that names the payload, `Type` or
//! `Action`. The second pass reads the payload of that name from the beginning. Each pass returns
//! the first error in order of position. Members that the payload does not have are skipped,
//! whatever their type.

use core::str;
use std::collections::{BTreeMap, BTreeSet};

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Attributes, ChatLogEntry, DecodeErrorKind as Kind, Field, Text};

use super::scanner::{Error, Scanner};

/// The fields of a payload, or the kind and offset of the error.
pub(crate) type Verdict = Result<Decoded, Error>;

/// The name of a payload, and its fields with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub name: String,
    pub fields: Fields,
}

type Fields = BTreeMap<&'static str, Value>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(u16),
    Attributes(Vec<(String, String)>),
    Sender(Fields),
    Payload(Box<Decoded>),
}

/// The type of a field.
#[derive(Clone, Copy)]
enum Read {
    Text,
    /// A string or `null`.
    OptionalText,
    /// A string or `null`. An empty string means no value.
    RequestId,
    /// A string of 1 to 500 code points.
    Content,
    /// An unsigned 16-bit integer.
    ErrorCode,
    /// An object of strings, or `null`.
    Attributes,
    Sender,
    /// A subscribe payload.
    Payload,
}

/// A member of a payload.
struct Member {
    field: Field,
    read: Read,
    is_required: bool,
}

const fn required(field: Field, read: Read) -> Member {
    Member { field, read, is_required: true }
}

const fn optional(field: Field, read: Read) -> Member {
    Member { field, read, is_required: false }
}

// If several required members are missing, the first one in the table is reported.

const MESSAGE: &[Member] = &[
    required(Field::Type, Read::Text),
    required(Field::Id, Read::Text),
    required(Field::Content, Read::Text),
    required(Field::SendTime, Read::Text),
    required(Field::Sender, Read::Sender),
    optional(Field::RequestId, Read::RequestId),
    optional(Field::Attributes, Read::Attributes),
];

const SENDER: &[Member] =
    &[required(Field::UserId, Read::Text), optional(Field::Attributes, Read::Attributes)];

const EVENT: &[Member] = &[
    required(Field::Type, Read::Text),
    required(Field::Id, Read::Text),
    required(Field::EventName, Read::Text),
    required(Field::SendTime, Read::Text),
    optional(Field::RequestId, Read::RequestId),
    optional(Field::Attributes, Read::Attributes),
];

const ERROR: &[Member] = &[
    required(Field::Type, Read::Text),
    required(Field::ErrorCode, Read::ErrorCode),
    optional(Field::ErrorMessage, Read::OptionalText),
    optional(Field::Id, Read::OptionalText),
    optional(Field::RequestId, Read::RequestId),
];

const UNKNOWN: &[Member] = &[required(Field::Type, Read::Text)];

const SEND_MESSAGE: &[Member] = &[
    required(Field::Action, Read::Text),
    required(Field::Content, Read::Content),
    optional(Field::RequestId, Read::RequestId),
    optional(Field::Attributes, Read::Attributes),
];

const DELETE_MESSAGE: &[Member] = &[
    required(Field::Action, Read::Text),
    required(Field::Id, Read::Text),
    optional(Field::RequestId, Read::RequestId),
    optional(Field::Reason, Read::OptionalText),
];

const DISCONNECT_USER: &[Member] = &[
    required(Field::Action, Read::Text),
    required(Field::UserId, Read::Text),
    optional(Field::RequestId, Read::RequestId),
    optional(Field::Reason, Read::OptionalText),
];

const CHAT_LOG: &[Member] = &[
    required(Field::Payload, Read::Payload),
    optional(Field::EventTimestamp, Read::OptionalText),
    optional(Field::LogType, Read::OptionalText),
    optional(Field::Version, Read::OptionalText),
];

/// The payloads of one direction, with their values of `Type` or `Action`.
type Payloads = &'static [(&'static str, &'static [Member])];

const SUBSCRIBE: Payloads = &[("MESSAGE", MESSAGE), ("EVENT", EVENT), ("ERROR", ERROR)];

const PUBLISH: Payloads = &[
    ("SEND_MESSAGE", SEND_MESSAGE),
    ("DELETE_MESSAGE", DELETE_MESSAGE),
    ("DISCONNECT_USER", DISCONNECT_USER),
];

fn members_of(payloads: Payloads, name: &str) -> Option<&'static [Member]> {
    payloads.iter().find(|(other, _)| *other == name).map(|(_, members)| *members)
}

/// Returns the names of all members that other payloads have and this payload does not.
pub(crate) fn foreign_to(payload: &str) -> Vec<&'static str> {
    let own = members_of(SUBSCRIBE, payload).or_else(|| members_of(PUBLISH, payload));
    foreign_to_members(own.unwrap_or(UNKNOWN))
}

/// Returns the names of all members that payloads have and the `Sender` object does not.
pub(crate) fn foreign_to_sender() -> Vec<&'static str> {
    foreign_to_members(SENDER)
}

fn foreign_to_members(own: &[Member]) -> Vec<&'static str> {
    let all = [SUBSCRIBE, PUBLISH, &[("", SENDER), ("", CHAT_LOG)]].concat();
    let names =
        all.iter().flat_map(|(_, members)| members.iter()).map(|member| member.field.name());
    let is_own = |name: &str| own.iter().any(|member| in_any_case(name, member.field));
    let foreign: BTreeSet<_> = names.filter(|name| !is_own(name)).collect();
    foreign.into_iter().collect()
}

/// Returns `true` if a key is the name of a field.
type IsNamed = fn(key: &str, field: Field) -> bool;

fn exactly(key: &str, field: Field) -> bool {
    key == field.name()
}

fn in_any_case(key: &str, field: Field) -> bool {
    key.eq_ignore_ascii_case(field.name())
}

/// Decodes a payload of the service.
pub(crate) fn subscribe(payload: &[u8]) -> Verdict {
    decode(payload, subscribe_text)
}

/// Decodes a payload of a client.
pub(crate) fn publish(payload: &[u8]) -> Verdict {
    decode(payload, publish_text)
}

/// Decodes a chat log entry.
pub(crate) fn chat_log(line: &[u8]) -> Verdict {
    decode(line, chat_log_text)
}

/// Returns the `RequestId` of a payload of a client, unless a JSON error comes before it.
pub(crate) fn request_id(publish: &[u8]) -> Option<String> {
    let valid = publish.utf8_chunks().next()?.valid();
    let mut json = Scanner::new(valid);
    json.open(Kind::NotAnObject).ok()?;
    let mut is_first = true;
    while let Some((key, _)) = json.key(&mut is_first).ok()? {
        if in_any_case(&key, Field::RequestId) {
            return match value(&mut json, Field::RequestId, Read::RequestId, 1) {
                Ok(Some(Value::Text(request_id))) => Some(request_id),
                _ => None,
            };
        }
        json.skip(1).ok()?;
    }
    None
}

fn decode(bytes: &[u8], decode_text: fn(&str) -> Verdict) -> Verdict {
    let error = match str::from_utf8(bytes) {
        Ok(text) => return decode_text(text),
        Err(error) => error,
    };
    let valid = str::from_utf8(&bytes[..error.valid_up_to()]).expect("valid so far");
    match decode_text(valid) {
        Ok(_) => Err((Kind::TrailingBytes, valid.len())),
        Err((Kind::UnexpectedEnd, _)) if error.error_len().is_none() => {
            Err(truncated_character(valid, bytes.len(), decode_text))
        }
        Err((Kind::UnexpectedEnd, _)) => Err((Kind::InvalidUtf8, valid.len())),
        Err(earlier) => Err(earlier),
    }
}

/// Returns the error of a text that ends inside a non-ASCII character.
///
/// It is an unexpected end only in a string, and there neither in an escape nor between the two
/// escapes of a surrogate pair. Elsewhere no further bytes could make the character valid.
fn truncated_character(before: &str, end: usize, decode_text: fn(&str) -> Verdict) -> Error {
    match decode_text(&format!("{before}\u{fffd}")) {
        Err((Kind::UnexpectedEnd, _)) => (Kind::UnexpectedEnd, end),
        Err(error @ (Kind::InvalidEscape | Kind::LoneSurrogate, _)) => error,
        _ => (Kind::UnexpectedByte, before.len()),
    }
}

fn subscribe_text(text: &str) -> Verdict {
    let mut json = Scanner::new(text);
    json.begin()?;
    subscribe_object(&mut json, 1)
}

/// Decodes a payload of the service: the whole text, or the payload of a chat log entry. `open` is
/// the number of open arrays and objects inside it.
fn subscribe_object(json: &mut Scanner<'_>, open: usize) -> Verdict {
    let (name, _) = find_name(json.clone(), Field::Type, open, exactly)?;
    let known = members_of(SUBSCRIBE, &name);
    let (mut fields, object) = payload(json, known.unwrap_or(UNKNOWN), open, exactly)?;
    fields.remove(Field::Type.name());
    if known.is_none() {
        fields.insert(RAW, Value::Text(object.into()));
    }
    Ok(Decoded { name, fields })
}

fn publish_text(text: &str) -> Verdict {
    let mut json = Scanner::new(text);
    json.begin()?;
    let (name, offset) = find_name(json.clone(), Field::Action, 1, in_any_case)?;
    let known = members_of(PUBLISH, &name).ok_or((Kind::UnknownAction, offset))?;
    let (mut fields, _) = payload(&mut json, known, 1, in_any_case)?;
    fields.remove(Field::Action.name());
    Ok(Decoded { name, fields })
}

/// Decodes a chat log entry in one pass. The payload in it takes two passes where it occurs.
fn chat_log_text(text: &str) -> Verdict {
    let mut json = Scanner::new(text);
    json.begin()?;
    let (fields, _) = payload(&mut json, CHAT_LOG, 1, exactly)?;
    Ok(Decoded { name: String::from("chat log"), fields })
}

/// The first pass: returns the value of `field` and its offset.
fn find_name(
    mut json: Scanner<'_>,
    field: Field,
    open: usize,
    is_named: IsNamed,
) -> Result<(String, usize), Error> {
    json.open(Kind::NotAnObject)?;
    let mut is_first = true;
    while let Some((key, _)) = json.key(&mut is_first)? {
        json.space();
        let offset = json.at;
        if is_named(&key, field) {
            return Ok((json.string(Kind::WrongType(field))?, offset));
        }
        json.skip(open)?;
    }
    let brace = json.at - 1;
    end(&mut json, open)?;
    Err((Kind::MissingField(field), brace))
}

/// Checks for the end of the text after a payload that is not inside another object.
fn end(json: &mut Scanner<'_>, open: usize) -> Result<(), Error> {
    if open == 1 { json.end() } else { Ok(()) }
}

/// The name of the field with the text of a payload of unknown type.
const RAW: &str = "the object";

/// The second pass: returns the fields, and the text of the object.
fn payload<'a>(
    json: &mut Scanner<'a>,
    known: &[Member],
    open: usize,
    is_named: IsNamed,
) -> Result<(Fields, &'a str), Error> {
    json.open(Kind::NotAnObject)?;
    let brace = json.at - 1;
    let read = read_members(json, known, open, is_named)?;
    let object = json.since(brace);
    end(json, open)?;
    Ok((read.complete(known)?, object))
}

/// Reads the members of an object after its opening brace. `open` is the number of open arrays and
/// objects inside it.
fn members(
    json: &mut Scanner<'_>,
    known: &[Member],
    open: usize,
    is_named: IsNamed,
) -> Result<Fields, Error> {
    read_members(json, known, open, is_named)?.complete(known)
}

/// The members of an object, and the offset of its closing brace.
struct ReadMembers {
    seen: Vec<Field>,
    fields: Fields,
    brace: usize,
}

impl ReadMembers {
    fn complete(self, known: &[Member]) -> Result<Fields, Error> {
        match known.iter().find(|member| member.is_required && !self.seen.contains(&member.field)) {
            Some(missing) => Err((Kind::MissingField(missing.field), self.brace)),
            None => Ok(self.fields),
        }
    }
}

fn read_members(
    json: &mut Scanner<'_>,
    known: &[Member],
    open: usize,
    is_named: IsNamed,
) -> Result<ReadMembers, Error> {
    let (mut seen, mut fields) = (Vec::new(), Fields::new());
    let mut is_first = true;
    while let Some((key, offset)) = json.key(&mut is_first)? {
        let Some(member) = known.iter().find(|member| is_named(&key, member.field)) else {
            json.skip(open)?;
            continue;
        };
        if seen.contains(&member.field) {
            return Err((Kind::DuplicateField(member.field), offset));
        }
        seen.push(member.field);
        let value = value(json, member.field, member.read, open)?;
        fields.extend(value.map(|value| (member.field.name(), value)));
    }
    Ok(ReadMembers { seen, fields, brace: json.at - 1 })
}

/// Reads the value of a field. Returns `None` for a value that means the same as a missing one.
fn value(
    json: &mut Scanner<'_>,
    field: Field,
    read: Read,
    open: usize,
) -> Result<Option<Value>, Error> {
    json.space();
    let mistyped = Kind::WrongType(field);
    let is_optional = matches!(read, Read::OptionalText | Read::RequestId | Read::Attributes);
    if is_optional && json.peek() == Some(b'n') {
        return json.literal("null").map(|()| None);
    }
    let value = match read {
        Read::Text | Read::OptionalText | Read::RequestId => Value::Text(json.string(mistyped)?),
        Read::Content => Value::Text(content(json)?),
        Read::ErrorCode => Value::Number(error_code(json)?),
        Read::Attributes => Value::Attributes(attributes(json)?),
        Read::Sender => {
            json.open(mistyped)?;
            Value::Sender(members(json, SENDER, open + 1, exactly)?)
        }
        Read::Payload => {
            let payload = subscribe_object(json, open + 1);
            Value::Payload(Box::new(payload.map_err(|(kind, offset)| {
                (if kind == Kind::NotAnObject { mistyped } else { kind }, offset)
            })?))
        }
    };
    let is_none = match (read, &value) {
        (Read::RequestId, Value::Text(request_id)) => request_id.is_empty(),
        (_, Value::Attributes(attributes)) => attributes.is_empty(),
        _ => false,
    };
    Ok(Some(value).filter(|_| !is_none))
}

fn content(json: &mut Scanner<'_>) -> Result<String, Error> {
    let start = json.at;
    let content = json.string(Kind::WrongType(Field::Content))?;
    match content.chars().count() {
        0 => Err((Kind::EmptyContent, start)),
        1..=500 => Ok(content),
        _ => Err((Kind::ContentTooLong, start)),
    }
}

fn error_code(json: &mut Scanner<'_>) -> Result<u16, Error> {
    let start = json.at;
    let mistyped = Kind::WrongType(Field::ErrorCode);
    if !matches!(json.peek(), Some(b'-' | b'0'..=b'9')) {
        return Err(json.mistyped(mistyped));
    }
    let number = json.number()?;
    if number.contains(['.', 'e', 'E']) {
        return Err((mistyped, start));
    }
    number.parse().map_err(|_| (Kind::NumberOutOfRange, start))
}

fn attributes(json: &mut Scanner<'_>) -> Result<Vec<(String, String)>, Error> {
    let mistyped = Kind::WrongType(Field::Attributes);
    json.open(mistyped)?;
    let mut pairs = Vec::new();
    let mut is_first = true;
    while let Some((name, _)) = json.key(&mut is_first)? {
        pairs.push((name, json.string(mistyped)?));
    }
    Ok(pairs)
}

// Conversions of the crate's payloads.

impl Decoded {
    pub(crate) fn from_subscribe(payload: &Subscribe<'_>) -> Self {
        let fields = match payload {
            Subscribe::Message(message) => {
                let sender =
                    [text(Field::UserId, message.sender.user_id), pairs(message.sender.attributes)];
                fields([
                    text(Field::Id, message.id),
                    message.request_id.and_then(|id| text(Field::RequestId, id)),
                    pairs(message.attributes),
                    text(Field::Content, message.content),
                    text(Field::SendTime, message.send_time.text()),
                    Some((Field::Sender, Value::Sender(fields(sender)))),
                ])
            }
            Subscribe::Event(event) => fields([
                text(Field::Id, event.id),
                event.request_id.and_then(|id| text(Field::RequestId, id)),
                text(Field::EventName, event.event_name),
                pairs(event.attributes),
                text(Field::SendTime, event.send_time.text()),
            ]),
            Subscribe::Error(error) => fields([
                Some((Field::ErrorCode, Value::Number(error.error_code.as_u16()))),
                error.error_message.and_then(|message| text(Field::ErrorMessage, message)),
                error.id.and_then(|id| text(Field::Id, id)),
                error.request_id.and_then(|id| text(Field::RequestId, id)),
            ]),
            Subscribe::Unknown(unknown) => Fields::from([(RAW, Value::Text(unknown.raw().into()))]),
            other => panic!("{other:?}"),
        };
        Self { name: payload.type_name().to_string(), fields }
    }

    pub(crate) fn from_publish(payload: &Publish<'_>) -> Self {
        let request_id = payload.request_id().and_then(|id| text(Field::RequestId, id));
        let [one, other] = match payload {
            Publish::SendMessage(send) => {
                [text(Field::Content, send.content.text()), pairs(send.attributes)]
            }
            Publish::DeleteMessage(delete) => [
                text(Field::Id, delete.id),
                delete.reason.and_then(|reason| text(Field::Reason, reason)),
            ],
            Publish::DisconnectUser(disconnect) => [
                text(Field::UserId, disconnect.user_id),
                disconnect.reason.and_then(|reason| text(Field::Reason, reason)),
            ],
            other => panic!("{other:?}"),
        };
        Self { name: payload.action().into(), fields: fields([request_id, one, other]) }
    }

    pub(crate) fn from_chat_log(log: &ChatLogEntry<'_>) -> Self {
        let payload = Box::new(Self::from_subscribe(&log.payload));
        let fields = fields([
            log.event_timestamp.and_then(|time| text(Field::EventTimestamp, time.text())),
            log.type_name.and_then(|name| text(Field::LogType, name)),
            Some((Field::Payload, Value::Payload(payload))),
            log.version.and_then(|version| text(Field::Version, version)),
        ]);
        Self { name: String::from("chat log"), fields }
    }

    /// Removes the fields that depend on the spelling.
    pub(crate) fn without_spelling(mut self) -> Self {
        self.fields.remove(RAW);
        if let Some(Value::Payload(payload)) = self.fields.get_mut(Field::Payload.name()) {
            payload.fields.remove(RAW);
        }
        self
    }
}

fn fields<const N: usize>(fields: [Option<(Field, Value)>; N]) -> Fields {
    fields.into_iter().flatten().map(|(field, value)| (field.name(), value)).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "fields are optional")]
fn text(field: Field, text: Text<'_>) -> Option<(Field, Value)> {
    Some((field, Value::Text(text.to_string())))
}

fn pairs(attributes: Attributes<'_>) -> Option<(Field, Value)> {
    let pairs: Vec<_> =
        attributes.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    (!pairs.is_empty()).then_some((Field::Attributes, Value::Attributes(pairs)))
}
