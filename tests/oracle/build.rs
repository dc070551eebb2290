//! Builds payloads from any bytes, with the JSON value that each must encode to, and checks them
//! with [`super::check_built`].

use std::collections::BTreeMap;

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::{
    Event, EventKind, Message, Sender, ServiceError, Subscribe, SystemEvent,
};
use ivs_chat_proto::{Attributes, Content, Text, owned};
use serde_json::{Map, Value, json};

/// Characters that must or may be escaped, and the first and last characters of each encoded length
/// in UTF-8 and UTF-16.
pub(crate) const SPECIAL_CHARACTERS: &str = "a\"\\/\u{8}\u{c}\n\r\t\0\u{1}\u{1f} \u{7f}é\u{301}\
    \u{7ff}\u{800}\u{2028}\u{d7ff}\u{e000}\u{feff}\u{ffff}😀\u{10ffff}";

const WORDS: &[&str] = &[
    "",
    "👩\u{200d}👩\u{200d}👧",
    "{\"a\":\"\\n\"}",
    "\\ud83d",
    "null",
    "0123456789abcdef",
    "MessageId",
];

/// Choices made by the bytes of the input. After the last byte, every choice is the first option.
struct Choices<'b> {
    rest: &'b [u8],
    /// `true` after the one long text of a payload.
    is_long: bool,
}

impl<'b> Choices<'b> {
    const fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, is_long: false }
    }

    fn bytes(&mut self, max: usize) -> &'b [u8] {
        let (bytes, rest) = self.rest.split_at(max.min(self.rest.len()));
        self.rest = rest;
        bytes
    }

    fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.byte().is_multiple_of(2)).then(|| make(self))
    }

    fn string(&mut self) -> String {
        let pieces = self.below(6);
        let mut text = String::new();
        for _ in 0..pieces {
            match self.byte() {
                255 if !self.is_long => {
                    self.is_long = true;
                    text += &self
                        .pick(&["a", "\n", "é", "😀"])
                        .repeat(self.pick(&[2, 7, 8, 9, 64, 499, 500, 501]));
                }
                length @ 224.. => {
                    text += &String::from_utf8_lossy(self.bytes((length & 0x1f).into()));
                }
                word @ 192.. => text += WORDS[usize::from(word) % WORDS.len()],
                character => text.extend(SPECIAL_CHARACTERS.chars().cycle().nth(character.into())),
            }
        }
        text
    }

    /// Returns a JSON string for `text`, with each character escaped in any valid way.
    fn json_string(&mut self, text: &str) -> String {
        format!("\"{}\"", text.chars().map(|character| self.escaped(character)).collect::<String>())
    }

    fn escaped(&mut self, character: char) -> String {
        let short =
            "\"\\/\u{8}\u{c}\n\r\t".find(character).map(|place| &r#""\/bfnrt"#[place..=place]);
        let must_be = character < ' ' || "\"\\".contains(character);
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        match (self.below(4), short) {
            (1, _) => units.map(|unit| format!("\\u{unit:04X}")).collect::<Vec<_>>().concat(),
            (2, Some(short)) => format!("\\{short}"),
            (3, _) => units.map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat(),
            _ if must_be => format!("\\u{:04x}", u32::from(character)),
            _ => character.into(),
        }
    }

    fn text(&mut self) -> TextSource {
        let value = self.string();
        let json = self.maybe(|choices| choices.json_string(&value));
        TextSource::new(value, json)
    }

    /// Never returns an empty identifier, because it would be decoded as none.
    fn request_id(&mut self) -> Option<TextSource> {
        self.maybe(Self::text).filter(|request_id| !request_id.value.is_empty())
    }

    fn attributes(&mut self) -> AttributesSource {
        let names = self.pick(&[1, 0, 2, 3, 9]);
        let mut pairs: Vec<(TextSource, TextSource)> =
            (0..names).map(|_| (self.text(), self.text())).collect();
        if let Some((name, _)) = pairs.first() {
            let duplicate = TextSource::new(name.value.clone(), None);
            let value = self.maybe(Self::text);
            pairs.extend(value.map(|value| (duplicate, value)));
        }
        let map =
            pairs.iter().map(|(name, value)| (name.value.clone(), value.value.clone())).collect();
        let form = match self.below(6) {
            0 => Form::Pairs,
            1 => Form::Texts,
            2 => Form::Map,
            3 => Form::Absent,
            _ => Form::Decoded(self.event(&pairs)),
        };
        AttributesSource { pairs, map, form }
    }

    /// Returns an event with these attributes, in any spelling.
    fn event(&mut self, pairs: &[(TextSource, TextSource)]) -> String {
        let space = self.pick(&["", " ", "\n\t"]);
        let mut members = Vec::new();
        for (name, value) in pairs {
            let (name, value) = (self.json_string(&name.value), self.json_string(&value.value));
            members.push([&name, ":", space, &value].concat());
        }
        let members = members.join(&format!("{space},"));
        let required = r#""Type":"EVENT","Id":"","EventName":"","SendTime":"""#;
        format!(r#"{{{required},"Attributes":{{{space}{members}{space}}}}}"#)
    }
}

/// Returns a JSON string for `text`, with each character escaped in the way that `choices` choose.
pub(crate) fn json_string(text: &str, choices: &[u8]) -> String {
    Choices::new(choices).json_string(text)
}

/// A string, and optionally the payload to decode its text from.
pub(crate) struct TextSource {
    value: String,
    /// An error with the text as its message.
    payload: Option<String>,
}

impl TextSource {
    /// Creates a source from a string and, for a text that is decoded, the JSON of the string.
    pub(crate) fn new(value: String, json: Option<String>) -> Self {
        let payload =
            json.map(|json| format!(r#"{{"Type":"ERROR","ErrorCode":0,"ErrorMessage":{json}}}"#));
        Self { value, payload }
    }

    pub(crate) fn text(&self) -> Text<'_> {
        match &self.payload {
            None => Text::new(&self.value),
            Some(payload) => match Subscribe::decode_str(payload) {
                Ok(Subscribe::Error(ServiceError { error_message: Some(text), .. })) => text,
                other => panic!("{other:?} of {payload}"),
            },
        }
    }
}

fn text(source: Option<&TextSource>) -> Option<Text<'_>> {
    source.map(TextSource::text)
}

fn value(source: Option<&TextSource>) -> Option<&str> {
    source.map(|source| source.value.as_str())
}

/// The names and values of attributes.
struct AttributesSource {
    pairs: Vec<(TextSource, TextSource)>,
    map: BTreeMap<String, String>,
    form: Form,
}

/// The data that `Attributes` borrows from.
enum Form {
    Absent,
    Pairs,
    Texts,
    Map,
    /// An event with the attributes.
    Decoded(String),
}

impl AttributesSource {
    /// Calls `test` with the attributes, after checking them.
    fn with_attributes(&self, test: impl FnOnce(Attributes<'_>)) {
        let pairs: Vec<_> =
            self.pairs.iter().map(|(name, value)| (&*name.value, &*value.value)).collect();
        match &self.form {
            Form::Absent => check_pairs(&[], Attributes::NONE, test),
            Form::Pairs => check_pairs(&pairs, pairs.as_slice().into(), test),
            Form::Texts => {
                let texts: Vec<_> =
                    self.pairs.iter().map(|(name, value)| (name.text(), value.text())).collect();
                check_pairs(&pairs, texts.as_slice().into(), test);
            }
            Form::Map => {
                let sorted: Vec<_> =
                    self.map.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                check_pairs(&sorted, Attributes::from(&self.map), test);
            }
            Form::Decoded(payload) => match Subscribe::decode_str(payload) {
                Ok(Subscribe::Event(event)) => check_pairs(&pairs, event.attributes, test),
                other => panic!("{other:?} of {payload}"),
            },
        }
    }

    /// Returns the expected JSON value, or `absent` if there are no attributes.
    fn expected(&self, absent: Value) -> Value {
        match self.form {
            Form::Absent => absent,
            _ => self
                .map
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().into()))
                .collect::<Map<_, _>>()
                .into(),
        }
    }

    /// Returns the expected JSON value in a payload of a client. Empty attributes of the caller are
    /// not written.
    fn expected_in_publish(&self) -> Value {
        match self.form {
            Form::Pairs | Form::Texts | Form::Map if self.pairs.is_empty() => Value::Null,
            _ => self.expected(Value::Null),
        }
    }
}

/// Checks that attributes have exactly these names and values, in this order.
fn check_pairs<'a>(
    pairs: &[(&str, &str)],
    attributes: Attributes<'a>,
    test: impl FnOnce(Attributes<'a>),
) {
    assert!(
        attributes
            .iter()
            .eq(pairs.iter().map(|&(name, value)| (Text::new(name), Text::new(value))))
    );
    assert_eq!(attributes, Attributes::from(pairs));
    for &(name, _) in pairs {
        let last =
            pairs.iter().rfind(|(other, _)| *other == name).map(|&(_, value)| Text::new(value));
        assert_eq!(attributes.get(name), last);
    }
    test(attributes);
}

/// Removes the members with the value `null` from an object.
fn without_nulls(mut object: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.retain(|_, value| !value.is_null());
    }
    object
}

/// Builds attributes, and checks them.
pub(crate) fn check_attributes(bytes: &[u8]) {
    Choices::new(bytes).attributes().with_attributes(super::check_attributes);
}

/// Builds a payload of the service, and checks it.
pub(crate) fn check_subscribe(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let test = |payload: Subscribe<'_>, expected: &Value| {
        super::check_built(&payload, expected);
        let kept = owned::Subscribe::from(payload);
        assert_eq!(owned::Subscribe::from(kept.as_borrowed()), kept);
    };
    match choices.below(5) {
        0 => message(&mut choices, test),
        1 => event(&mut choices, test),
        2 | 3 => system_event(&mut choices, test),
        _ => error(&mut choices, test),
    }
}

fn message(choices: &mut Choices<'_>, test: impl FnOnce(Subscribe<'_>, &Value)) {
    let [id, content, send_time, user_id] = core::array::from_fn(|_| choices.text());
    let request_id = choices.request_id();
    let [attributes, sender_attributes] = core::array::from_fn(|_| choices.attributes());
    let expected = json!({
        "Type": "MESSAGE",
        "Id": id.value,
        "RequestId": value(request_id.as_ref()).unwrap_or_default(),
        "Attributes": attributes.expected(Value::Null),
        "Content": content.value,
        "SendTime": send_time.value,
        "Sender": { "UserId": user_id.value, "Attributes": sender_attributes.expected(json!({})) },
    });
    attributes.with_attributes(|attributes| {
        sender_attributes.with_attributes(|sender_attributes| {
            let mut sender = Sender::new(user_id.text());
            sender.attributes = sender_attributes;
            let mut message = Message::new(id.text(), content.text(), send_time.text(), sender);
            message.attributes = attributes;
            message.request_id = text(request_id.as_ref());
            test(message.into(), &expected);
        });
    });
}

fn event(choices: &mut Choices<'_>, test: impl FnOnce(Subscribe<'_>, &Value)) {
    let [id, event_name, send_time] = core::array::from_fn(|_| choices.text());
    let request_id = choices.request_id();
    let attributes = choices.attributes();
    let expected = json!({
        "Type": "EVENT",
        "Id": id.value,
        "RequestId": value(request_id.as_ref()).unwrap_or_default(),
        "EventName": event_name.value,
        "Attributes": attributes.expected(Value::Null),
        "SendTime": send_time.value,
    });
    attributes.with_attributes(|attributes| {
        let mut event = Event::new(id.text(), event_name.text(), send_time.text());
        event.attributes = attributes;
        event.request_id = text(request_id.as_ref());
        test(event.into(), &expected);
    });
}

fn system_event(choices: &mut Choices<'_>, test: impl FnOnce(Subscribe<'_>, &Value)) {
    let [id, subject, send_time] = core::array::from_fn(|_| choices.text());
    let reason = choices.maybe(Choices::text);
    let reason_text = value(reason.as_ref()).unwrap_or_default();
    let is_deletion = choices.byte().is_multiple_of(2);
    let (name, attributes) = if is_deletion {
        (
            Event::DELETE_MESSAGE,
            json!({
                "MessageID": subject.value,
                "MessageId": subject.value,
                "Reason": reason_text,
            }),
        )
    } else {
        (Event::DISCONNECT_USER, json!({ "Reason": reason_text, "UserId": subject.value }))
    };
    let expected = json!({
        "Type": "EVENT",
        "Id": id.value,
        "RequestId": "",
        "EventName": name,
        "Attributes": attributes,
        "SendTime": send_time.value,
    });
    let make = if is_deletion { SystemEvent::delete_message } else { SystemEvent::disconnect_user };
    let system = make(subject.text(), text(reason.as_ref()));
    let event = Event::system(id.text(), &system, send_time.text());
    let reason = Some(Text::new(reason_text));
    let kind = match (subject.value.is_empty(), is_deletion) {
        // An event with an empty identifier is not an event of the service.
        (true, _) => EventKind::Application,
        (false, true) => EventKind::DeletedMessage { message_id: subject.text(), reason },
        (false, false) => EventKind::DisconnectedUser { user_id: subject.text(), reason },
    };
    assert_eq!(event.kind(), kind);
    test(event.into(), &expected);
}

fn error(choices: &mut Choices<'_>, test: impl FnOnce(Subscribe<'_>, &Value)) {
    let code = match choices.byte() {
        0 => choices.pick(&[400, 0, 9, 10, 99, 100, 9999, 10_000, u16::MAX]),
        high => u16::from_le_bytes([choices.byte(), high]),
    };
    let [message, id] = core::array::from_fn(|_| choices.maybe(Choices::text));
    let request_id = choices.request_id();
    let expected = without_nulls(json!({
        "ErrorCode": code,
        "ErrorMessage": value(message.as_ref()),
        "Id": value(id.as_ref()),
        "RequestId": value(request_id.as_ref()).unwrap_or_default(),
        "Type": "ERROR",
    }));
    let mut error = ServiceError::new(code.into());
    error.error_message = text(message.as_ref());
    error.id = text(id.as_ref());
    error.request_id = text(request_id.as_ref());
    test(error.into(), &expected);
}

/// Builds a payload of a client, and checks it.
pub(crate) fn check_publish(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let test = |payload: Publish<'_>, expected: Value| {
        super::check_built(&payload, &without_nulls(expected));
        let kept = owned::Publish::from(payload);
        assert_eq!(owned::Publish::from(kept.as_borrowed()), kept);
    };
    match choices.below(4) {
        0 => delete_message(&mut choices, test),
        1 => disconnect_user(&mut choices, test),
        _ => send_message(&mut choices, test),
    }
}

fn send_message(choices: &mut Choices<'_>, test: impl FnOnce(Publish<'_>, Value)) {
    let text_source = choices.text();
    let request_id = choices.request_id();
    let attributes = choices.attributes();
    let limit = choices.pick(&[500, 500, 499, 501, 1, 0, 12, u16::MAX]);
    let content = super::check_content(text_source.text(), &text_source.value, limit);
    let expected = json!({
        "Action": "SEND_MESSAGE",
        "RequestId": value(request_id.as_ref()),
        "Content": content.map_or("x", |_| &text_source.value),
        "Attributes": attributes.expected_in_publish(),
    });
    attributes.with_attributes(|attributes| {
        let mut send =
            SendMessage::new(content.unwrap_or_else(|| Content::new("x").expect("a content")));
        send.request_id = text(request_id.as_ref());
        send.attributes = attributes;
        test(send.into(), expected);
    });
}

fn delete_message(choices: &mut Choices<'_>, test: impl FnOnce(Publish<'_>, Value)) {
    let id = choices.text();
    let request_id = choices.request_id();
    let reason = choices.maybe(Choices::text);
    let mut delete = DeleteMessage::new(id.text());
    delete.request_id = text(request_id.as_ref());
    delete.reason = text(reason.as_ref());
    let expected = json!({
        "Action": "DELETE_MESSAGE",
        "RequestId": value(request_id.as_ref()),
        "Id": id.value,
        "Reason": value(reason.as_ref()),
    });
    test(delete.into(), expected);
}

fn disconnect_user(choices: &mut Choices<'_>, test: impl FnOnce(Publish<'_>, Value)) {
    let user_id = choices.text();
    let request_id = choices.request_id();
    let reason = choices.maybe(Choices::text);
    let mut disconnect = DisconnectUser::new(user_id.text());
    disconnect.request_id = text(request_id.as_ref());
    disconnect.reason = text(reason.as_ref());
    let expected = json!({
        "Action": "DISCONNECT_USER",
        "RequestId": value(request_id.as_ref()),
        "UserId": user_id.value,
        "Reason": value(reason.as_ref()),
    });
    test(disconnect.into(), expected);
}
