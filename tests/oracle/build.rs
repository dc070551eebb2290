//! Payloads made of any bytes, with all that an encoder can meet, and what they must say:
//! [`super::built`] of each.

use std::collections::BTreeMap;

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::{
    Event, EventKind, Message, Sender, ServiceError, Subscribe, SystemEvent,
};
use ivs_chat_proto::{Attributes, Content, Text, owned};
use serde_json::{Map, Value, json};

/// Characters that have to be escaped or can be, and those at the ends of what UTF-8 and UTF-16
/// write alike.
pub(crate) const REMARKABLE: &str = "a\"\\/\u{8}\u{c}\n\r\t\0\u{1}\u{1f} \u{7f}é\u{301}\
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

/// Bytes, taken for choices; when there are no more, all choices are the first.
struct Choices<'b> {
    rest: &'b [u8],
    /// Whether a text has been made long: one is enough for a payload.
    is_long: bool,
}

impl<'b> Choices<'b> {
    const fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, is_long: false }
    }

    fn bytes(&mut self, most: usize) -> &'b [u8] {
        let (bytes, rest) = self.rest.split_at(most.min(self.rest.len()));
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
                character => text.extend(REMARKABLE.chars().cycle().nth(character.into())),
            }
        }
        text
    }

    /// A string of JSON that says `text`, its characters escaped in any way that there is.
    fn written(&mut self, text: &str) -> String {
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

    fn words(&mut self) -> Words {
        let said = self.string();
        let written = self.maybe(|choices| choices.written(&said));
        Words::new(said, written)
    }

    /// Not an empty one, since that is none when it comes back.
    fn request_id(&mut self) -> Option<Words> {
        self.maybe(Self::words).filter(|words| !words.said.is_empty())
    }

    fn named(&mut self) -> Named {
        let names = self.pick(&[1, 0, 2, 3, 9]);
        let mut pairs: Vec<(Words, Words)> =
            (0..names).map(|_| (self.words(), self.words())).collect();
        if let Some((name, _)) = pairs.first() {
            let again = Words::new(name.said.clone(), None);
            let value = self.maybe(Self::words);
            pairs.extend(value.map(|value| (again, value)));
        }
        let map =
            pairs.iter().map(|(name, value)| (name.said.clone(), value.said.clone())).collect();
        let form = match self.below(6) {
            0 => Form::Pairs,
            1 => Form::Texts,
            2 => Form::Map,
            3 => Form::Absent,
            _ => Form::Frame(self.frame(&pairs)),
        };
        Named { pairs, map, form }
    }

    /// An event with these attributes, in any way that there is of writing them.
    fn frame(&mut self, pairs: &[(Words, Words)]) -> String {
        let space = self.pick(&["", " ", "\n\t"]);
        let mut members = Vec::new();
        for (name, value) in pairs {
            members
                .push([&self.written(&name.said), ":", space, &self.written(&value.said)].concat());
        }
        let members = members.join(&format!("{space},"));
        format!(
            r#"{{"Type":"EVENT","Id":"","EventName":"","SendTime":"","Attributes":{{{space}{members}{space}}}}}"#
        )
    }
}

/// A string of JSON that says `text`, its characters escaped as the bytes choose.
pub(crate) fn written(text: &str, choices: &[u8]) -> String {
    Choices::new(choices).written(text)
}

/// A text, and an error that has it for a message if it is one that was decoded.
pub(crate) struct Words {
    said: String,
    frame: Option<String>,
}

impl Words {
    /// What is said, and the string of JSON that it is to be decoded from.
    pub(crate) fn new(said: String, written: Option<String>) -> Self {
        let frame = written
            .map(|written| format!(r#"{{"Type":"ERROR","ErrorCode":0,"ErrorMessage":{written}}}"#));
        Self { said, frame }
    }

    pub(crate) fn text(&self) -> Text<'_> {
        match &self.frame {
            None => Text::new(&self.said),
            Some(frame) => match Subscribe::decode_str(frame) {
                Ok(Subscribe::Error(ServiceError { error_message: Some(text), .. })) => text,
                other => panic!("{other:?} of {frame}"),
            },
        }
    }
}

fn text(words: Option<&Words>) -> Option<Text<'_>> {
    words.map(Words::text)
}

fn said(words: Option<&Words>) -> Option<&str> {
    words.map(|words| words.said.as_str())
}

/// Attributes.
struct Named {
    pairs: Vec<(Words, Words)>,
    map: BTreeMap<String, String>,
    form: Form,
}

/// What attributes are lent from.
enum Form {
    Absent,
    Pairs,
    Texts,
    Map,
    /// An event that has them.
    Frame(String),
}

impl Named {
    fn lend(&self, test: impl FnOnce(Attributes<'_>)) {
        let pairs: Vec<_> =
            self.pairs.iter().map(|(name, value)| (&*name.said, &*value.said)).collect();
        match &self.form {
            Form::Absent => said_by(&[], Attributes::NONE, test),
            Form::Pairs => said_by(&pairs, pairs.as_slice().into(), test),
            Form::Texts => {
                let texts: Vec<_> =
                    self.pairs.iter().map(|(name, value)| (name.text(), value.text())).collect();
                said_by(&pairs, texts.as_slice().into(), test);
            }
            Form::Map => {
                let sorted: Vec<_> =
                    self.map.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                said_by(&sorted, Attributes::from(&self.map), test);
            }
            Form::Frame(frame) => match Subscribe::decode_str(frame) {
                Ok(Subscribe::Event(event)) => said_by(&pairs, event.attributes, test),
                other => panic!("{other:?} of {frame}"),
            },
        }
    }

    /// What they must say, or `absent`.
    fn say(&self, absent: Value) -> Value {
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
}

impl Named {
    /// Returns what a publish says of them. The caller's own are not said if there are none.
    fn say_in_publish(&self) -> Value {
        match self.form {
            Form::Pairs | Form::Texts | Form::Map if self.pairs.is_empty() => Value::Null,
            _ => self.say(Value::Null),
        }
    }
}

/// Attributes are these names and values in this order, and no others.
fn said_by<'a>(
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

/// An object without those members that are `null`.
fn present(mut object: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.retain(|_, value| !value.is_null());
    }
    object
}

/// Builds attributes.
pub(crate) fn attributes(bytes: &[u8]) {
    Choices::new(bytes).named().lend(super::attributes);
}

/// Builds a payload of the service's.
pub(crate) fn subscribe(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let test = |payload: Subscribe<'_>, says: &Value| {
        super::built(&payload, says);
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
    let [id, content, send_time, user_id] = core::array::from_fn(|_| choices.words());
    let request_id = choices.request_id();
    let [attributes, of_sender] = core::array::from_fn(|_| choices.named());
    let says = json!({
        "Type": "MESSAGE", "Id": id.said, "RequestId": said(request_id.as_ref()).unwrap_or_default(),
        "Attributes": attributes.say(Value::Null), "Content": content.said, "SendTime": send_time.said,
        "Sender": { "UserId": user_id.said, "Attributes": of_sender.say(json!({})) },
    });
    attributes.lend(|attributes| {
        of_sender.lend(|of_sender| {
            let mut sender = Sender::new(user_id.text());
            sender.attributes = of_sender;
            let mut message =
                Message::new(id.text(), content.text(), send_time.text().into(), sender);
            message.attributes = attributes;
            message.request_id = text(request_id.as_ref());
            test(message.into(), &says);
        });
    });
}

fn event(choices: &mut Choices<'_>, test: impl FnOnce(Subscribe<'_>, &Value)) {
    let [id, event_name, send_time] = core::array::from_fn(|_| choices.words());
    let request_id = choices.request_id();
    let attributes = choices.named();
    let says = json!({
        "Type": "EVENT", "Id": id.said, "RequestId": said(request_id.as_ref()).unwrap_or_default(),
        "EventName": event_name.said, "Attributes": attributes.say(Value::Null), "SendTime": send_time.said,
    });
    attributes.lend(|attributes| {
        let mut event = Event::new(id.text(), event_name.text(), send_time.text().into());
        event.attributes = attributes;
        event.request_id = text(request_id.as_ref());
        test(event.into(), &says);
    });
}

fn system_event(choices: &mut Choices<'_>, test: impl FnOnce(Subscribe<'_>, &Value)) {
    let [id, whom, send_time] = core::array::from_fn(|_| choices.words());
    let reason = choices.maybe(Choices::words);
    let why = said(reason.as_ref()).unwrap_or_default();
    let is_deletion = choices.byte().is_multiple_of(2);
    let (name, attributes) = if is_deletion {
        (
            Event::DELETE_MESSAGE,
            json!({ "MessageID": whom.said, "MessageId": whom.said, "Reason": why }),
        )
    } else {
        (Event::DISCONNECT_USER, json!({ "Reason": why, "UserId": whom.said }))
    };
    let says = json!({
        "Type": "EVENT", "Id": id.said, "RequestId": "", "EventName": name, "Attributes": attributes,
        "SendTime": send_time.said,
    });
    let make = if is_deletion { SystemEvent::delete_message } else { SystemEvent::disconnect_user };
    let system = make(whom.text(), text(reason.as_ref()));
    let event = Event::system(id.text(), &system, send_time.text().into());
    let reason = Some(Text::new(why));
    let kind = match (whom.said.is_empty(), is_deletion) {
        // An empty identifier identifies nothing.
        (true, _) => EventKind::Application,
        (false, true) => EventKind::DeletedMessage { message_id: whom.text(), reason },
        (false, false) => EventKind::DisconnectedUser { user_id: whom.text(), reason },
    };
    assert_eq!(event.kind(), kind);
    test(event.into(), &says);
}

fn error(choices: &mut Choices<'_>, test: impl FnOnce(Subscribe<'_>, &Value)) {
    let code = match choices.byte() {
        0 => choices.pick(&[400, 0, 9, 10, 99, 100, 9999, 10_000, u16::MAX]),
        high => u16::from_le_bytes([choices.byte(), high]),
    };
    let [message, id] = core::array::from_fn(|_| choices.maybe(Choices::words));
    let request_id = choices.request_id();
    let says = present(json!({
        "ErrorCode": code, "ErrorMessage": said(message.as_ref()), "Id": said(id.as_ref()),
        "RequestId": said(request_id.as_ref()).unwrap_or_default(), "Type": "ERROR",
    }));
    let mut error = ServiceError::new(code.into());
    error.error_message = text(message.as_ref());
    error.id = text(id.as_ref());
    error.request_id = text(request_id.as_ref());
    test(error.into(), &says);
}

/// Builds a payload of a client's.
pub(crate) fn publish(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let test = |payload: Publish<'_>, says: Value| {
        super::built(&payload, &present(says));
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
    let words = choices.words();
    let request_id = choices.request_id();
    let attributes = choices.named();
    let limit = choices.pick(&[500, 500, 499, 501, 1, 0, 12, u16::MAX]);
    let content = super::content(words.text(), &words.said, limit);
    let says = json!({
        "Action": "SEND_MESSAGE", "RequestId": said(request_id.as_ref()),
        "Content": content.map_or("x", |_| &words.said), "Attributes": attributes.say_in_publish(),
    });
    attributes.lend(|attributes| {
        let mut send =
            SendMessage::new(content.unwrap_or_else(|| Content::new("x").expect("a content")));
        send.request_id = text(request_id.as_ref());
        send.attributes = attributes;
        test(send.into(), says);
    });
}

fn delete_message(choices: &mut Choices<'_>, test: impl FnOnce(Publish<'_>, Value)) {
    let id = choices.words();
    let request_id = choices.request_id();
    let reason = choices.maybe(Choices::words);
    let mut delete = DeleteMessage::new(id.text());
    delete.request_id = text(request_id.as_ref());
    delete.reason = text(reason.as_ref());
    let says = json!({
        "Action": "DELETE_MESSAGE", "RequestId": said(request_id.as_ref()), "Id": id.said, "Reason": said(reason.as_ref()),
    });
    test(delete.into(), says);
}

fn disconnect_user(choices: &mut Choices<'_>, test: impl FnOnce(Publish<'_>, Value)) {
    let user_id = choices.words();
    let request_id = choices.request_id();
    let reason = choices.maybe(Choices::words);
    let mut disconnect = DisconnectUser::new(user_id.text());
    disconnect.request_id = text(request_id.as_ref());
    disconnect.reason = text(reason.as_ref());
    let says = json!({
        "Action": "DISCONNECT_USER", "RequestId": said(request_id.as_ref()), "UserId": user_id.said,
        "Reason": said(reason.as_ref()),
    });
    test(disconnect.into(), says);
}
