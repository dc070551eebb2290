//! The one table of payloads: what goes in, and the value, or the kind of error and its offset,
//! that must come out.

#![allow(dead_code, reason = "each test takes from the table what it needs")]

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::{Event, Message, Sender, ServiceError, Subscribe};
use ivs_chat_proto::{Attributes, Content, DecodeErrorKind, ErrorCode, Field, Text};

/// One payload.
pub(crate) struct Vector<P> {
    /// What it is there for.
    pub name: &'static str,
    /// As it arrives.
    pub wire: Vec<u8>,
    /// What it says, or what is wrong with it and where.
    pub value: Result<P, (DecodeErrorKind, usize)>,
    /// As it is encoded again, if that is not as it arrived.
    pub canonical: Option<&'static str>,
}

impl<P> Vector<P> {
    /// What the value is encoded as.
    pub(crate) fn encoded(&self) -> &[u8] {
        self.canonical.map_or(&self.wire, str::as_bytes)
    }
}

fn good<P>(name: &'static str, wire: &'static str, value: impl Into<P>) -> Vector<P> {
    Vector { name, wire: wire.into(), value: Ok(value.into()), canonical: None }
}

fn other<P>(
    name: &'static str,
    wire: &'static str,
    canonical: &'static str,
    value: impl Into<P>,
) -> Vector<P> {
    Vector { name, wire: wire.into(), value: Ok(value.into()), canonical: Some(canonical) }
}

/// The offset of an error is where `§` stands in `wire`; the sign itself is not sent.
fn bad<P>(name: &'static str, wire: &str, kind: DecodeErrorKind) -> Vector<P> {
    let (before, after) = wire.split_once('§').expect("a place for the error");
    Vector {
        name,
        wire: [before, after].concat().into(),
        value: Err((kind, before.len())),
        canonical: None,
    }
}

fn bad_bytes<P>(name: &'static str, wire: &[&[u8]], kind: DecodeErrorKind) -> Vector<P> {
    Vector { name, wire: wire.concat(), value: Err((kind, wire[0].len())), canonical: None }
}

fn pairs(pairs: &'static [(&'static str, &'static str)]) -> Attributes<'static> {
    pairs.into()
}

fn message(
    id: &'static str,
    content: &'static str,
    send_time: &'static str,
    user_id: &'static str,
    sender_attributes: &'static [(&'static str, &'static str)],
) -> Message<'static> {
    let mut sender = Sender::new(user_id.into());
    sender.attributes = pairs(sender_attributes);
    Message::new(id.into(), content.into(), send_time.into(), sender)
}

fn with<T>(mut payload: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut payload);
    payload
}

#[expect(clippy::unnecessary_wraps, reason = "it is what optional fields are given")]
fn text(text: &'static str) -> Option<Text<'static>> {
    Some(text.into())
}

/// Its digits alone are beyond the range of a double.
const LONG_NUMBER: &str = concat!(
    r#"{"Type":"MESSAGE","Id":"i","x":1"#,
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    r#"e-200,"Content":"c","SendTime":"t","Sender":{"UserId":"u"}}"#
);

/// What the service sends.
#[expect(clippy::too_many_lines, reason = "it is a table")]
pub(crate) fn subscribe() -> Vec<Vector<Subscribe<'static>>> {
    use DecodeErrorKind as Kind;

    let hej = || message("Ub3xYd7cQm0a", "hej!", "2026-11-22T10:00:00.123456789Z", "astrid", &[]);
    let deleted = |pairs| {
        with(
            Event::new(
                "pT4nQ8sVw1Lz".into(),
                Event::DELETE_MESSAGE.into(),
                "2026-11-22T10:00:09.25Z".into(),
            ),
            |event| {
                event.attributes = pairs;
            },
        )
    };
    let error = |code| ServiceError::new(ErrorCode::new(code));

    vec![
        good(
            "message",
            r#"{"Type":"MESSAGE","Id":"Ub3xYd7cQm0a","RequestId":"8f0e3c52-6f6f-4b58-9d07-0d3fc6a2a8c1","Attributes":{"mood":"sunny"},"Content":"God morgon!","SendTime":"2026-11-22T10:00:00.123456789Z","Sender":{"UserId":"astrid","Attributes":{"avatar":"https://cdn.example/a/17.png","badge":"founder"}}}"#,
            with(
                message(
                    "Ub3xYd7cQm0a",
                    "God morgon!",
                    "2026-11-22T10:00:00.123456789Z",
                    "astrid",
                    &[("avatar", "https://cdn.example/a/17.png"), ("badge", "founder")],
                ),
                |message| {
                    message.request_id = text("8f0e3c52-6f6f-4b58-9d07-0d3fc6a2a8c1");
                    message.attributes = pairs(&[("mood", "sunny")]);
                },
            ),
        ),
        good(
            "message without attributes",
            r#"{"Type":"MESSAGE","Id":"Ub3xYd7cQm0a","RequestId":"","Attributes":null,"Content":"hej!","SendTime":"2026-11-22T10:00:00.123456789Z","Sender":{"UserId":"astrid","Attributes":{}}}"#,
            hej(),
        ),
        good(
            "message with attributes the other way about",
            r#"{"Type":"MESSAGE","Id":"Ub3xYd7cQm0a","RequestId":"","Attributes":{},"Content":"hej!","SendTime":"2026-11-22T10:00:00.123456789Z","Sender":{"UserId":"astrid","Attributes":null}}"#,
            hej(),
        ),
        good(
            "message in many scripts",
            r#"{"Type":"MESSAGE","Id":"Zx1","RequestId":"","Attributes":{"имя":"Ольга","絵文字":"👩‍👩‍👧"},"Content":"سلام ¡नमस्ते! 你好 \u007f 🏳️‍🌈","SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"用户7","Attributes":{"":""}}}"#,
            with(
                message("Zx1", "سلام ¡नमस्ते! 你好 \u{7f} 🏳️‍🌈", "2026-11-22T10:00:00Z", "用户7", &[("", "")]),
                |message| {
                    message.attributes = pairs(&[("имя", "Ольга"), ("絵文字", "👩‍👩‍👧")]);
                },
            ),
        ),
        good(
            "message with every escape",
            r#"{"Type":"MESSAGE","Id":"\u0041","RequestId":"\/","Attributes":{"q\"":"\\\/\b\f\n\r\t"},"Content":"\u003cb\u003e \ud83d\ude00\u2028\uD83D\uDE00 \u0000","SendTime":"2026-11-22T10:00:00\u005a","Sender":{"UserId":"\u00fc","Attributes":{"nested":"{\"a\":\"{\\\"b\\\":\\\"c\\\\n\\\"}\"}"}}}"#,
            with(
                message(
                    "A",
                    "<b> 😀\u{2028}😀 \0",
                    "2026-11-22T10:00:00Z",
                    "ü",
                    &[("nested", r#"{"a":"{\"b\":\"c\\n\"}"}"#)],
                ),
                |message| {
                    message.request_id = text("/");
                    message.attributes = pairs(&[("q\"", "\\/\u{8}\u{c}\n\r\t")]);
                },
            ),
        ),
        other(
            "message in the order of the reference",
            r#"{"Attributes":{"a":"b"},"Content":"c","Id":"i","RequestId":"r","Sender":{"Attributes":{"d":"e"},"UserId":"u"},"SendTime":"no date","Type":"MESSAGE"}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"r","Attributes":{"a":"b"},"Content":"c","SendTime":"no date","Sender":{"UserId":"u","Attributes":{"d":"e"}}}"#,
            with(message("i", "c", "no date", "u", &[("d", "e")]), |message| {
                message.request_id = text("r");
                message.attributes = pairs(&[("a", "b")]);
            }),
        ),
        other(
            "message with only what is required",
            r#"{"Type":"MESSAGE","Id":"","Content":"","SendTime":"","Sender":{"UserId":""}}"#,
            r#"{"Type":"MESSAGE","Id":"","RequestId":"","Attributes":null,"Content":"","SendTime":"","Sender":{"UserId":"","Attributes":{}}}"#,
            message("", "", "", "", &[]),
        ),
        other(
            "message with null for what is optional",
            r#"{"Type":"MESSAGE","Id":"i","RequestId":null,"Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":null}}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":null}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        other(
            "message with members of tomorrow",
            r#"{"Type":"MESSAGE","Id":"i","New":[1,-2.5e+3,{"Type":"x","Type":[]},true,false,null,"\ud83d\ude00"],"Content":"c","EventName":7,"ErrorCode":"x","SendTime":"t","Sender":{"UserId":"u","New":{"UserId":{}},"Sender":0},"type":0,"":{}}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        other(
            "message with an escaped Type and escaped keys",
            r#"{"Typ\u0065":"\u004dESSAGE","\u0049d":"i","Content":"c","Send\u0054ime":"t","Sender":{"User\u0049d":"u"}}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        other(
            "message with a long number that is small",
            LONG_NUMBER,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        good(
            "message with an attribute that is there twice",
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":{"a":"1","b":"2","a":"3"},"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            with(message("i", "c", "t", "u", &[]), |message| {
                message.attributes = pairs(&[("a", "1"), ("b", "2"), ("a", "3")]);
            }),
        ),
        good(
            "deletion with the deprecated name",
            r#"{"Type":"EVENT","Id":"pT4nQ8sVw1Lz","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"Ub3xYd7cQm0a","Reason":"[removed]"},"SendTime":"2026-11-22T10:00:09.25Z"}"#,
            deleted(pairs(&[("MessageID", "Ub3xYd7cQm0a"), ("Reason", "[removed]")])),
        ),
        good(
            "deletion with both names",
            r#"{"Type":"EVENT","Id":"pT4nQ8sVw1Lz","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"Ub3xYd7cQm0a","MessageId":"Ub3xYd7cQm0a","Reason":""},"SendTime":"2026-11-22T10:00:09.25Z"}"#,
            deleted(pairs(&[("MessageID", "Ub3xYd7cQm0a"), ("MessageId", "Ub3xYd7cQm0a"), ("Reason", "")])),
        ),
        good(
            "disconnection",
            r#"{"Type":"EVENT","Id":"b4aYjM","RequestId":"","EventName":"aws:DISCONNECT_USER","Attributes":{"Reason":"Be nice!","UserId":"troll"},"SendTime":"2026-11-22T10:00:10Z"}"#,
            with(Event::new("b4aYjM".into(), Event::DISCONNECT_USER.into(), "2026-11-22T10:00:10Z".into()), |event| {
                event.attributes = pairs(&[("Reason", "Be nice!"), ("UserId", "troll")]);
            }),
        ),
        other(
            "event of the application",
            r#"{"Attributes":null,"EventName":"user_joined","Id":"e","RequestId":"q","SendTime":"t","Type":"EVENT"}"#,
            r#"{"Type":"EVENT","Id":"e","RequestId":"q","EventName":"user_joined","Attributes":null,"SendTime":"t"}"#,
            with(Event::new("e".into(), "user_joined".into(), "t".into()), |event| event.request_id = text("q")),
        ),
        good(
            "error",
            r#"{"ErrorCode":400,"ErrorMessage":"Message exceeds maximum length","Id":"IG5mcmlvdGlv","RequestId":"8f0e3c52","Type":"ERROR"}"#,
            with(error(400), |error| {
                error.error_message = text("Message exceeds maximum length");
                error.id = text("IG5mcmlvdGlv");
                error.request_id = text("8f0e3c52");
            }),
        ),
        other(
            "error with its Type first",
            r#"{"Type":"ERROR","Id":"","RequestId":"","ErrorCode":401,"ErrorMessage":""}"#,
            r#"{"ErrorCode":401,"ErrorMessage":"","Id":"","RequestId":"","Type":"ERROR"}"#,
            with(error(401), |error| {
                error.error_message = text("");
                error.id = text("");
            }),
        ),
        other(
            "error that is nothing but its number",
            r#"{"Type":"ERROR","ErrorCode":65535}"#,
            r#"{"ErrorCode":65535,"RequestId":"","Type":"ERROR"}"#,
            error(65535),
        ),
        other(
            "error with null for what is optional",
            r#"{"Type":"ERROR","ErrorCode":0,"ErrorMessage":null,"Id":null,"RequestId":null}"#,
            r#"{"ErrorCode":0,"RequestId":"","Type":"ERROR"}"#,
            error(0),
        ),
        // Members of other payloads, which would be errors there.
        other(
            "error with the members of other payloads, mistyped, before its Type",
            r#"{"Id":null,"Content":7,"SendTime":{},"Sender":[{"UserId":1}],"Attributes":{"a":1},"EventName":null,"UserId":0,"Type":"ERROR","ErrorCode":400}"#,
            r#"{"ErrorCode":400,"RequestId":"","Type":"ERROR"}"#,
            error(400),
        ),
        other(
            "error with the members of other payloads, twice",
            r#"{"Content":7,"Content":"c","Sender":{"UserId":1},"Type":"ERROR","Sender":{},"Attributes":[],"ErrorCode":400,"Attributes":{"a":"b"}}"#,
            r#"{"ErrorCode":400,"RequestId":"","Type":"ERROR"}"#,
            error(400),
        ),
        other(
            "event with the sender of a message, mistyped",
            r#"{"Sender":{"Attributes":{"a":1},"UserId":7,"UserId":8},"Id":"e","EventName":"n","SendTime":"t","Sender":{},"Type":"EVENT"}"#,
            r#"{"Type":"EVENT","Id":"e","RequestId":"","EventName":"n","Attributes":null,"SendTime":"t"}"#,
            Event::new("e".into(), "n".into(), "t".into()),
        ),
        other(
            "event with an ErrorCode that is too large",
            r#"{"ErrorCode":65536,"ErrorMessage":-1,"Id":"e","EventName":"n","SendTime":"t","Type":"EVENT","ErrorCode":0.5}"#,
            r#"{"Type":"EVENT","Id":"e","RequestId":"","EventName":"n","Attributes":null,"SendTime":"t"}"#,
            Event::new("e".into(), "n".into(), "t".into()),
        ),
        other(
            "message with an EventName and an ErrorCode before its Type",
            r#"{"EventName":["e"],"ErrorCode":"x","ErrorMessage":{},"EventName":1,"UserId":"v","Id":"i","Content":"c","SendTime":"t","Sender":{"Id":7,"Sender":{"UserId":"w"},"Content":null,"UserId":"u","Type":[]},"Type":"MESSAGE","ErrorCode":[]}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        other(
            "message with values nested as deep as is read, before its Type",
            format!(
                r#"{{"x":{}{},"Sender":{{"y":{}{},"UserId":"u"}},"SendTime":"t","Content":"c","Id":"i","Type":"MESSAGE"}}"#,
                "[".repeat(126),
                "]".repeat(126),
                "[".repeat(125),
                "]".repeat(125),
            )
            .leak(),
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        // What has no type, or is none.
        bad("nothing", "§", Kind::UnexpectedEnd),
        bad("white space", " \t\r\n§", Kind::UnexpectedEnd),
        bad("an array", " §[]", Kind::NotAnObject),
        bad("a string", r#"§"MESSAGE""#, Kind::NotAnObject),
        bad("a number", "§7", Kind::NotAnObject),
        bad("null", "§null", Kind::NotAnObject),
        bad("a word", "§MESSAGE", Kind::UnexpectedByte),
        bad("another byte", "§\0", Kind::UnexpectedByte),
        bad("an empty object", "{§}", Kind::MissingField(Field::Type)),
        bad("no Type, and more behind it", r#"{"x":1} §y"#, Kind::TrailingBytes),
        bad("a publish", r#"{"Action":"SEND_MESSAGE","Content":"c"§}"#, Kind::MissingField(Field::Type)),
        bad("a Type in another case", r#"{"type":"ERROR","ErrorCode":400§}"#, Kind::MissingField(Field::Type)),
        bad("a Type that is no string", r#"{"Id":"i","Type": §5}"#, Kind::WrongType(Field::Type)),
        bad("a Type that is null", r#"{"Type":§null}"#, Kind::WrongType(Field::Type)),
        bad("a keep-alive", r#"{"Type":"EVENT","EventName":"PING","Attributes":{}§}"#, Kind::MissingField(Field::Id)),
        // What is missing.
        bad(
            "no Id",
            r#"{"Type":"MESSAGE","Content":"c","SendTime":"t","Sender":{"UserId":"u"}§}"#,
            Kind::MissingField(Field::Id),
        ),
        bad(
            "no Content",
            r#"{"Type":"MESSAGE","Id":"i","SendTime":"t","Sender":{"UserId":"u"}§}"#,
            Kind::MissingField(Field::Content),
        ),
        bad(
            "no SendTime",
            r#"{"Type":"MESSAGE","Id":"i","Content":"c","Sender":{"UserId":"u"}§}"#,
            Kind::MissingField(Field::SendTime),
        ),
        bad(
            "no Sender",
            r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t"§} "#,
            Kind::MissingField(Field::Sender),
        ),
        bad(
            "no UserId",
            r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t","Sender":{"Attributes":{}§}}"#,
            Kind::MissingField(Field::UserId),
        ),
        bad("no EventName", r#"{"Type":"EVENT","Id":"i","SendTime":"t"§}"#, Kind::MissingField(Field::EventName)),
        bad("no ErrorCode", r#"{"Type":"ERROR","ErrorMessage":"m"§}"#, Kind::MissingField(Field::ErrorCode)),
        // What is there twice.
        bad("Type twice", r#"{"Type":"ERROR",§"Type":"ERROR","ErrorCode":400}"#, Kind::DuplicateField(Field::Type)),
        bad("Type twice, not first", r#"{"Id":"","Type":"NEW",§"Type":"NEW"}"#, Kind::DuplicateField(Field::Type)),
        bad(
            "Id twice",
            r#"{"Type":"EVENT","Id":"i", §"Id":"i","EventName":"e","SendTime":"t"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        bad(
            "RequestId twice, once empty",
            r#"{"Type":"ERROR","ErrorCode":400,"RequestId":"",§"RequestId":"r"}"#,
            Kind::DuplicateField(Field::RequestId),
        ),
        bad(
            "Attributes twice, once null",
            r#"{"Type":"EVENT","Attributes":null,§"Attributes":{}}"#,
            Kind::DuplicateField(Field::Attributes),
        ),
        bad(
            "Content twice, once escaped",
            r#"{"Type":"MESSAGE","Content":"c",§"\u0043ontent":"c"}"#,
            Kind::DuplicateField(Field::Content),
        ),
        bad(
            "UserId twice",
            r#"{"Type":"MESSAGE","Sender":{"UserId":"u",§"UserId":"u"}}"#,
            Kind::DuplicateField(Field::UserId),
        ),
        // What is of another type.
        bad("Id is a number", r#"{"Type":"MESSAGE","Id":§12}"#, Kind::WrongType(Field::Id)),
        bad("Id is null", r#"{"Type":"MESSAGE","Id":§null}"#, Kind::WrongType(Field::Id)),
        bad("RequestId is an object", r#"{"Type":"MESSAGE","RequestId": §{}}"#, Kind::WrongType(Field::RequestId)),
        bad("Attributes is a string", r#"{"Type":"MESSAGE","Attributes":§"{}"}"#, Kind::WrongType(Field::Attributes)),
        bad("Attributes is an array", r#"{"Type":"EVENT","Attributes":§[]}"#, Kind::WrongType(Field::Attributes)),
        bad(
            "an attribute is a number",
            r#"{"Type":"MESSAGE","Attributes":{"a":"b","c":§1}}"#,
            Kind::WrongType(Field::Attributes),
        ),
        bad(
            "an attribute is null",
            r#"{"Type":"MESSAGE","Attributes":{"a":§null}}"#,
            Kind::WrongType(Field::Attributes),
        ),
        bad(
            "an attribute is an object",
            r#"{"Type":"MESSAGE","Sender":{"UserId":"u","Attributes":{"a":§{}}}}"#,
            Kind::WrongType(Field::Attributes),
        ),
        bad("Sender is a string", r#"{"Type":"MESSAGE","Sender":§"u"}"#, Kind::WrongType(Field::Sender)),
        bad("Sender is null", r#"{"Type":"MESSAGE","Sender":§null}"#, Kind::WrongType(Field::Sender)),
        bad("UserId is true", r#"{"Type":"MESSAGE","Sender":{"UserId":§true}}"#, Kind::WrongType(Field::UserId)),
        bad("EventName is an array", r#"{"Type":"EVENT","EventName":§["e"]}"#, Kind::WrongType(Field::EventName)),
        bad("SendTime is a number", r#"{"Type":"EVENT","SendTime":§1669111200}"#, Kind::WrongType(Field::SendTime)),
        bad("ErrorCode is a string", r#"{"Type":"ERROR","ErrorCode":§"400"}"#, Kind::WrongType(Field::ErrorCode)),
        bad("ErrorCode is null", r#"{"Type":"ERROR","ErrorCode":§null}"#, Kind::WrongType(Field::ErrorCode)),
        bad("ErrorCode is no integer", r#"{"Type":"ERROR","ErrorCode":§400.0}"#, Kind::WrongType(Field::ErrorCode)),
        bad("ErrorCode has an exponent", r#"{"Type":"ERROR","ErrorCode":§4e2}"#, Kind::WrongType(Field::ErrorCode)),
        bad("ErrorCode is too large", r#"{"Type":"ERROR","ErrorCode":§65536}"#, Kind::NumberOutOfRange),
        bad("ErrorCode is negative", r#"{"Type":"ERROR","ErrorCode":§-1}"#, Kind::NumberOutOfRange),
        bad("ErrorMessage is a number", r#"{"Type":"ERROR","ErrorMessage":§1}"#, Kind::WrongType(Field::ErrorMessage)),
        // What is not JSON.
        bad_bytes(
            "a byte order mark",
            &[b"", b"\xef\xbb\xbf{\"Type\":\"ERROR\",\"ErrorCode\":400}"],
            Kind::ByteOrderMark,
        ),
        bad("trailing bytes", r#"{"Type":"ERROR","ErrorCode":400} §{}"#, Kind::TrailingBytes),
        bad("a trailing comma", r#"{"Type":"ERROR","ErrorCode":400,§}"#, Kind::UnexpectedByte),
        bad("a comma too many", r#"{"Type":"ERROR",§,"ErrorCode":400}"#, Kind::UnexpectedByte),
        bad("a comma in front", r#"{§,"Type":"ERROR"}"#, Kind::UnexpectedByte),
        bad("no comma", r#"{"Type":"ERROR" §"ErrorCode":400}"#, Kind::UnexpectedByte),
        bad("no colon", r#"{"Type" §"ERROR"}"#, Kind::UnexpectedByte),
        bad("a key without quotes", r#"{"Type":"ERROR",§ErrorCode:400}"#, Kind::UnexpectedByte),
        bad("an attribute without quotes", r#"{"Type":"EVENT","Attributes":{§a":"b"}}"#, Kind::UnexpectedByte),
        bad("an attribute without a value", r#"{"Type":"EVENT","Attributes":{"a"§}}"#, Kind::UnexpectedByte),
        bad("an attribute behind no comma", r#"{"Type":"EVENT","Attributes":{"a":"b"§"c":"d"}}"#, Kind::UnexpectedByte),
        bad(
            "an attribute behind two commas",
            r#"{"Type":"EVENT","Attributes":{"a":"b",§,"c":"d"}}"#,
            Kind::UnexpectedByte,
        ),
        bad("attributes with a trailing comma", r#"{"Type":"EVENT","Attributes":{"a":"b",§}}"#, Kind::UnexpectedByte),
        bad("a key with single quotes", "{§'Type':'ERROR'}", Kind::UnexpectedByte),
        bad("no value", r#"{"Type":"ERROR","ErrorCode":§}"#, Kind::UnexpectedByte),
        bad("the wrong bracket", r#"{"Type":"ERROR","ErrorCode":400§]"#, Kind::UnexpectedByte),
        bad("a leading zero", r#"{"Type":"ERROR","ErrorCode":0§400}"#, Kind::UnexpectedByte),
        bad("a plus sign", r#"{"Type":"ERROR","ErrorCode":§+400}"#, Kind::UnexpectedByte),
        bad("a hexadecimal number", r#"{"Type":"ERROR","ErrorCode":0§x190}"#, Kind::UnexpectedByte),
        bad("no digit behind the point", r#"{"Type":"ERROR","x":1.§,"ErrorCode":400}"#, Kind::UnexpectedByte),
        bad("no digit in front of the point", r#"{"Type":"ERROR","x":-§.5}"#, Kind::UnexpectedByte),
        bad("no digit in the exponent", r#"{"Type":"ERROR","x":1e+§}"#, Kind::UnexpectedByte),
        bad("not a number", r#"{"Type":"ERROR","x":§NaN}"#, Kind::UnexpectedByte),
        bad("a number beyond a double", r#"{"Type":"ERROR","x":[0,§1e400]}"#, Kind::NumberOutOfRange),
        bad("a number that ends the text", r#"{"Type":"ERROR","x":1e400§"#, Kind::UnexpectedEnd),
        bad("an ErrorCode that ends the text", r#"{"Type":"ERROR","ErrorCode":70000§"#, Kind::UnexpectedEnd),
        bad("half a word", r#"{"Type":"ERROR","x":tru§}"#, Kind::UnexpectedByte),
        bad("a word and a half", r#"{"Type":"ERROR","x":null§l}"#, Kind::UnexpectedByte),
        bad("half a null", r#"{"Type":"ERROR","Id":nul§,"ErrorCode":400}"#, Kind::UnexpectedByte),
        bad("a comment", r#"{"Type":"ERROR",§/**/"ErrorCode":400}"#, Kind::UnexpectedByte),
        bad("other white space", "{\"Type\":\"ERROR\",§\u{a0}\"ErrorCode\":400}", Kind::UnexpectedByte),
        bad("a form feed", "{\"Type\":\"ERROR\",§\u{c}\"ErrorCode\":400}", Kind::UnexpectedByte),
        bad("a line feed in a string", "{\"Type\":\"ERROR\",\"ErrorMessage\":\"a§\nb\"}", Kind::ControlCharacter),
        bad("a zero byte in a key", "{\"Type\":\"ERROR\",\"§\0\":1}", Kind::ControlCharacter),
        bad("a tab in what is skipped", "{\"Type\":\"ERROR\",\"x\":[\"§\t\"]}", Kind::ControlCharacter),
        bad("an escape that there is not", r#"{"Type":"ERROR","ErrorMessage":"ab§\x"}"#, Kind::InvalidEscape),
        bad("an escape in single quotes", r#"{"Type":"ERROR","x":"§\'"}"#, Kind::InvalidEscape),
        bad("a capital U", r#"{"Type":"ERROR","ErrorMessage":"§\U0041"}"#, Kind::InvalidEscape),
        bad("too few hexadecimal digits", r#"{"Type":"ERROR","ErrorMessage":"§\u041"}"#, Kind::InvalidEscape),
        bad("a sign among hexadecimal digits", r#"{"Type":"ERROR","ErrorMessage":"§\u+123"}"#, Kind::InvalidEscape),
        bad("a leading surrogate alone", r#"{"Type":"ERROR","ErrorMessage":"§\ud83d"}"#, Kind::LoneSurrogate),
        bad("a trailing surrogate alone", r#"{"Type":"ERROR","ErrorMessage":"§\ude00"}"#, Kind::LoneSurrogate),
        bad(
            "surrogates the wrong way round",
            r#"{"Type":"ERROR","ErrorMessage":"§\ude00\ud83d"}"#,
            Kind::LoneSurrogate,
        ),
        bad("two leading surrogates", r#"{"Type":"ERROR","ErrorMessage":"§\ud83d\ud83d\ude00"}"#, Kind::LoneSurrogate),
        bad("a leading surrogate and an escape", r#"{"Type":"ERROR","ErrorMessage":"§\ud83d\n"}"#, Kind::LoneSurrogate),
        bad("a leading surrogate in what is skipped", r#"{"Type":"ERROR","x":{"§\ud83d":0}}"#, Kind::LoneSurrogate),
        bad("a leading surrogate and a broken escape", r#"{"Type":"ERROR","x":"\ud83d§\u00g0"}"#, Kind::InvalidEscape),
        bad_bytes("bytes that are not UTF-8", &[br#"{"Type":"ERROR","ErrorMessage":""#, b"\xff\"}"], Kind::InvalidUtf8),
        bad_bytes(
            "an overlong character",
            &[br#"{"Type":"ERROR","ErrorMessage":""#, b"\xc0\xaf\"}"],
            Kind::InvalidUtf8,
        ),
        bad_bytes("a surrogate as bytes", &[br#"{"Type":"ERROR","x":""#, b"\xed\xa0\xbd\"}"], Kind::InvalidUtf8),
        bad_bytes(
            "a fault in front of bytes that are not UTF-8",
            &[br#"{"Type":"ERROR""#, b"x\xff\"}"],
            Kind::UnexpectedByte,
        ),
        bad_bytes(
            "bytes that are not UTF-8 behind the end",
            &[br#"{"Type":"ERROR","ErrorCode":400}"#, b"\xff"],
            Kind::TrailingBytes,
        ),
        bad_bytes(
            "a character cut short behind the end",
            &[br#"{"Type":"ERROR","ErrorCode":400}"#, b"\xe2\x82"],
            Kind::TrailingBytes,
        ),
        bad_bytes("UTF-16", &[b"", b"\xff\xfe{\0\"\0"], Kind::InvalidUtf8),
        // A character cut short is an unexpected end only where a character beyond ASCII may be.
        bad_bytes("a cut character after a value", &[br#"{"Type":"X""#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character and nothing else", &[b"", b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character after white space", &[b" \t\r\n", b"\xc3"], Kind::UnexpectedByte),
        bad_bytes("one byte of a byte order mark", &[b"", b"\xef"], Kind::UnexpectedByte),
        bad_bytes("two bytes of a byte order mark", &[b"", b"\xef\xbb"], Kind::UnexpectedByte),
        bad_bytes("a byte order mark alone", &[b"", b"\xef\xbb\xbf"], Kind::ByteOrderMark),
        bad_bytes("a byte order mark and a cut character", &[b"", b"\xef\xbb\xbf\xef\xbb"], Kind::ByteOrderMark),
        bad_bytes("two bytes of a byte order mark and a brace", &[b"", b"\xef\xbb{"], Kind::InvalidUtf8),
        bad_bytes("a byte order mark after a space", &[b" ", b"\xef\xbb\xbf{}"], Kind::UnexpectedByte),
        bad_bytes("two bytes of a byte order mark after a space", &[b" ", b"\xef\xbb"], Kind::UnexpectedByte),
        bad_bytes("a cut character for a key", &[b"{", b"\xf0\x9f\x98"], Kind::UnexpectedByte),
        bad_bytes("a cut character for a colon", &[br#"{"Type""#, b"\xf0\x9f"], Kind::UnexpectedByte),
        bad_bytes("a cut character for a value", &[br#"{"Type":"#, b"\xf0"], Kind::UnexpectedByte),
        bad_bytes("a cut character for a required text", &[br#"{"Type":"MESSAGE","Id": "#, b"\xe2"], Kind::UnexpectedByte),
        bad_bytes("a cut character for an optional text", &[br#"{"Type":"ERROR","Id":"#, b"\xe2"], Kind::UnexpectedByte),
        bad_bytes("a cut character for an ErrorCode", &[br#"{"Type":"ERROR","ErrorCode":"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character for a sender", &[br#"{"Type":"MESSAGE","Sender":"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character in a sender", &[br#"{"Type":"MESSAGE","Sender":{"UserId":"u" "#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character for attributes", &[br#"{"Type":"EVENT","Attributes":"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character for an attribute", &[br#"{"Type":"EVENT","Attributes":{"a":"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character after an attribute", &[br#"{"Type":"EVENT","Attributes":{"a":"b""#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character after attributes", &[br#"{"Type":"EVENT","Attributes":{"a":"b"}"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character after a comma", &[br#"{"Type":"EVENT","#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character in an array", &[br#"{"Type":"EVENT","x":[1,"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character in an object", &[br#"{"x":{"y":{}"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character in a word", &[br#"{"x":tru"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character in a null", &[br#"{"Type":"ERROR","Id":nul"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character after a sign", &[br#"{"x":-"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character after a point", &[br#"{"x":0."#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character in an exponent", &[br#"{"x":1e"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character after a number", &[br#"{"x":10"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character after an ErrorCode", &[br#"{"Type":"ERROR","ErrorCode":400"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a problem, then Type, then a cut character", &[br#"{"Id":"#, b"5,\"Type\":\"MESSAGE\"\xe2\x82"], Kind::WrongType(Field::Id)),
        bad_bytes("a problem, then a cut character", &[br#"{"Id":5"#, b"\xe2\x82"], Kind::UnexpectedByte),
        bad_bytes("a cut character after white space after the end", &[br#"{"Type":"X"} "#, b"\xe2\x82"], Kind::TrailingBytes),
        bad_bytes("bytes that are not UTF-8 after a value", &[br#"{"Type":"X""#, b"\xff"], Kind::InvalidUtf8),
        bad_bytes("a cut character in a Type", &[b"{\"Type\":\"M\xc3", b""], Kind::UnexpectedEnd),
        bad_bytes("a cut character in a key", &[b"{\"\xe2\x82", b""], Kind::UnexpectedEnd),
        bad_bytes("a cut character in a text", &[b"{\"Type\":\"MESSAGE\",\"Content\":\"\xf0\x9f\x98", b""], Kind::UnexpectedEnd),
        bad_bytes("a cut character in an attribute", &[b"{\"Type\":\"EVENT\",\"Attributes\":{\"a\":\"b\xf0", b""], Kind::UnexpectedEnd),
        bad_bytes("a cut character in what is skipped", &[b"{\"x\":[\"\xe2\x82", b""], Kind::UnexpectedEnd),
        bad_bytes("a cut character after an escape", &[b"{\"x\":\"\\n\xe2\x82", b""], Kind::UnexpectedEnd),
        bad_bytes("a cut character after a code unit", &[b"{\"x\":\"\\u0041\xe2\x82", b""], Kind::UnexpectedEnd),
        bad_bytes("a cut character after a surrogate pair", &[b"{\"x\":\"\\ud83d\\ude00\xe2\x82", b""], Kind::UnexpectedEnd),
        bad_bytes("half an overlong character", &[br#"{"x":""#, b"\xe0\x80"], Kind::InvalidUtf8),
        bad_bytes("half a surrogate as bytes", &[br#"{"x":""#, b"\xed\xa0"], Kind::InvalidUtf8),
        bad_bytes("half a character beyond Unicode", &[br#"{"x":""#, b"\xf4\x90"], Kind::InvalidUtf8),
        bad("a character for an escape", r#"{"x":"a§\é"}"#, Kind::InvalidEscape),
        bad("a character for a hexadecimal digit", r#"{"x":"a§\u12é"}"#, Kind::InvalidEscape),
        bad("a character after a leading surrogate", r#"{"x":"a§\ud83dé"}"#, Kind::LoneSurrogate),
        bad_bytes("a cut character for an escape", &[br#"{"x":"a"#, b"\\\xe2\x82"], Kind::InvalidEscape),
        bad_bytes("a cut character for an escape in a key", &[br#"{"a"#, b"\\\xe2\x82"], Kind::InvalidEscape),
        bad_bytes("a cut character for an escape in an attribute", &[br#"{"Type":"EVENT","Attributes":{"a":"b"#, b"\\\xe2\x82"], Kind::InvalidEscape),
        bad_bytes("a cut character for the first hexadecimal digit", &[br#"{"x":"a"#, b"\\u\xe2\x82"], Kind::InvalidEscape),
        bad_bytes("a cut character for the second hexadecimal digit", &[br#"{"x":"a"#, b"\\u1\xf0\x9f\x98"], Kind::InvalidEscape),
        bad_bytes("a cut character for the last hexadecimal digit", &[br#"{"x":"a"#, b"\\u123\xc3"], Kind::InvalidEscape),
        bad_bytes("a cut character after a leading surrogate", &[br#"{"x":"a"#, b"\\ud83d\xe2\x82"], Kind::LoneSurrogate),
        bad_bytes("a cut character for the escape of a trailing surrogate", &[br#"{"x":"a"#, b"\\ud83d\\\xe2\x82"], Kind::LoneSurrogate),
        bad_bytes("a cut character for a digit of a trailing surrogate", &[br#"{"x":"a\ud83d"#, b"\\ude0\xe2\x82"], Kind::InvalidEscape),
        // What is nested.
        bad(
            "arrays too deep",
            &format!(r#"{{"Type":"ERROR","x":{}§{}"#, "[".repeat(126), "[".repeat(500)),
            Kind::NestedTooDeep,
        ),
        bad(
            "objects too deep",
            &format!(r#"{{"Type":"ERROR","x":{}§{{"x":"#, r#"{"x":"#.repeat(126)),
            Kind::NestedTooDeep,
        ),
        bad(
            "too deep inside Sender",
            &format!(r#"{{"Type":"MESSAGE","Sender":{{"x":{}§["#, "[".repeat(125)),
            Kind::NestedTooDeep,
        ),
        bad("too deep for an unknown Type", &format!(r#"{{"x":{}§[1]"#, "[".repeat(126)), Kind::NestedTooDeep),
        bad("an array closed as an object", r#"{"Type":"ERROR","x":[[1]§}}"#, Kind::UnexpectedByte),
        bad("an object closed as an array", r#"{"Type":"ERROR","x":{"y":{}§]"#, Kind::UnexpectedByte),
        bad("an array without a comma", r#"{"Type":"ERROR","x":[1 §2]}"#, Kind::UnexpectedByte),
        bad("an array with a trailing comma", r#"{"Type":"ERROR","x":[1,§]}"#, Kind::UnexpectedByte),
        // A problem before `Type` counts only in a payload that has the member.
        bad("Id is a number before Type", r#"{"Id":§5,"Type":"MESSAGE"}"#, Kind::WrongType(Field::Id)),
        bad("Id is a number before Type, in an error", r#"{"Id":§5,"Type":"ERROR"}"#, Kind::WrongType(Field::Id)),
        bad("Id is null before Type", r#"{"Id":§null,"Id":null,"Type":"EVENT"}"#, Kind::WrongType(Field::Id)),
        bad(
            "Id is null twice, in an error",
            r#"{"Id":null,§"Id":null,"Type":"ERROR","ErrorCode":400}"#,
            Kind::DuplicateField(Field::Id),
        ),
        bad(
            "Id twice before Type, the second a number",
            r#"{"Id":"i",§"Id":5,"Type":"MESSAGE"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        bad("Id twice before Type, the first a number", r#"{"Id":§5,"Id":"i","Type":"EVENT"}"#, Kind::WrongType(Field::Id)),
        bad(
            "two problems before Type",
            r#"{"Content":§7,"Id":8,"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::Content),
        ),
        bad(
            "two problems before Type, only the second relevant",
            r#"{"ErrorCode":"x","Content":§7,"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::Content),
        ),
        bad(
            "two problems before Type, only the first relevant",
            r#"{"ErrorCode":§"x","Content":7,"Type":"ERROR"}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        bad(
            "many problems before Type, only the last relevant",
            r#"{"Content":1,"Content":2,"Sender":{},"Sender":3,"SendTime":4,"Id":"i","EventName":5,"EventName":6,"Attributes":{"a":1},§"Id":"j","Type":"ERROR"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        bad(
            "a problem before Type and one after it",
            r#"{"Content":§7,"Type":"MESSAGE","Id":8}"#,
            Kind::WrongType(Field::Content),
        ),
        bad("a problem before a Type that is null", r#"{"Id":5,"Type":§null}"#, Kind::WrongType(Field::Type)),
        bad("problems and no Type", r#"{"Id":5,"Id":6,"Sender":{}§}"#, Kind::MissingField(Field::Type)),
        bad("a problem, no Type, and trailing bytes", r#"{"Id":5} §x"#, Kind::TrailingBytes),
        bad("a Type in Sender only", r#"{"Sender":{"Type":"MESSAGE"},"Id":"i"§}"#, Kind::MissingField(Field::Type)),
        bad("a Type in Attributes only", r#"{"Attributes":{"Type":"EVENT"}§}"#, Kind::MissingField(Field::Type)),
        bad(
            "a hundred irrelevant problems, a relevant one, Type",
            &format!(
                r#"{{{}"Id":§5,{}"Type":"ERROR"}}"#,
                r#""Content":5,"SendTime":5,"Sender":{"UserId":5},"EventName":5,"Attributes":{"a":5},"#.repeat(20),
                r#""ErrorMessage":5,"Id":6,"Content":6,"#.repeat(20),
            ),
            Kind::WrongType(Field::Id),
        ),
        bad(
            "a hundred irrelevant problems, Type, a relevant one",
            &format!(
                r#"{{{}"Type":"MESSAGE","Id":§5}}"#,
                r#""ErrorCode":"x","ErrorMessage":5,"EventName":5,"UserId":5,"Reason":5,"#.repeat(20),
            ),
            Kind::WrongType(Field::Id),
        ),
        bad(
            "relevant problems in every field, Type",
            r#"{"Sender":{"Attributes":{"a":§1},"UserId":2},"SendTime":3,"Content":4,"Attributes":5,"RequestId":6,"Id":7,"Id":8,"Sender":9,"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::Attributes),
        ),
        bad(
            "an Id that is null, then a number, in an error",
            r#"{"Id":null,§"Id":5,"Type":"ERROR"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        bad(
            "a RequestId of the wrong type before Type",
            r#"{"RequestId":§[],"Type":"ERROR"}"#,
            Kind::WrongType(Field::RequestId),
        ),
        // Broken JSON up to the end of `Type` is reported first; after it, the order of position
        // counts.
        bad("a problem, then broken JSON, then Type", r#"{"Id":5,"x":tru§,"Type":"MESSAGE"}"#, Kind::UnexpectedByte),
        bad("a problem, then Type, then broken JSON", r#"{"Id":§5,"Type":"MESSAGE","x":tru}"#, Kind::WrongType(Field::Id)),
        bad("an irrelevant problem, then broken JSON", r#"{"EventName":5,"Type":"MESSAGE","x":tru§}"#, Kind::UnexpectedByte),
        bad("a problem, then a Type that is broken", r#"{"Id":5,"Type":"MESSAGE§\x"}"#, Kind::InvalidEscape),
        bad("a problem, then a Type without a colon", r#"{"Id":5,"Type"§"MESSAGE"}"#, Kind::UnexpectedByte),
        bad("a problem, then half a Type", r#"{"Id":5,"Type":"MESSAGE§"#, Kind::UnexpectedEnd),
        bad("a problem, then Type, then the end", r#"{"Id":§5,"Type":"MESSAGE""#, Kind::WrongType(Field::Id)),
        bad("a duplicate, then Type, then the end", r#"{"Id":"i",§"Id":"i","Type":"ERROR""#, Kind::DuplicateField(Field::Id)),
        bad("an irrelevant problem, then Type, then the end", r#"{"EventName":5,"Type":"MESSAGE"§"#, Kind::UnexpectedEnd),
        bad("a problem, then Type, then trailing bytes", r#"{"Id":§5,"Type":"MESSAGE"}x"#, Kind::WrongType(Field::Id)),
        bad("broken JSON in a value of the wrong type", r#"{"Type":"MESSAGE","Id":§[1 2]}"#, Kind::WrongType(Field::Id)),
        bad("broken JSON in a value of the wrong type before Type", r#"{"Id":[1 §2],"Type":"MESSAGE"}"#, Kind::UnexpectedByte),
        bad("broken JSON in a member of another payload", r#"{"Type":"MESSAGE","EventName":[1 §2]}"#, Kind::UnexpectedByte),
        bad("broken JSON in the sender of an event", r#"{"Type":"EVENT","Sender":{"UserId":1 §2}}"#, Kind::UnexpectedByte),
        bad("broken JSON in a duplicate", r#"{"Type":"EVENT","Id":"i",§"Id":[1 2]}"#, Kind::DuplicateField(Field::Id)),
        bad("broken JSON in a duplicate, before Type", r#"{"Id":"i","Id":[1 §2],"Type":"EVENT"}"#, Kind::UnexpectedByte),
        bad("a duplicate without a colon", r#"{"Type":"EVENT","Id":"i","Id"§}"#, Kind::UnexpectedByte),
        bad("a word other than null for a required text", r#"{"Type":"MESSAGE","Id":§nope}"#, Kind::WrongType(Field::Id)),
        bad("a word other than null for an optional text", r#"{"Type":"MESSAGE","RequestId":n§ope}"#, Kind::UnexpectedByte),
        bad("a word other than null before Type", r#"{"Id":n§ope,"Type":"MESSAGE"}"#, Kind::UnexpectedByte),
        bad_bytes("a problem, then Type, then bytes that are not UTF-8", &[br#"{"Id":"#, b"5,\"Type\":\"MESSAGE\",\"x\":\"\xff\"}"], Kind::WrongType(Field::Id)),
        bad_bytes("a problem, then bytes that are not UTF-8, then Type", &[br#"{"Id":5,"x":""#, b"\xff\",\"Type\":\"MESSAGE\"}"], Kind::InvalidUtf8),
        bad_bytes("a missing member, then bytes that are not UTF-8", &[br#"{"Type":"MESSAGE""#, b"}\xff"], Kind::MissingField(Field::Id)),
        bad_bytes("a missing member, then a character cut short", &[br#"{"Type":"MESSAGE""#, b"}\xe2\x82"], Kind::MissingField(Field::Id)),
        // `Type` more than once.
        bad("Type twice, the second different", r#"{"Type":"ERROR",§"Type":"MESSAGE","ErrorCode":"x"}"#, Kind::DuplicateField(Field::Type)),
        bad("Type, then a problem, then Type again", r#"{"Type":"ERROR","ErrorCode":§"x","Type":"MESSAGE"}"#, Kind::WrongType(Field::ErrorCode)),
        bad("a problem, then Type twice", r#"{"ErrorCode":§"x","Type":"ERROR","Type":5}"#, Kind::WrongType(Field::ErrorCode)),
        bad("Type twice, the first decides", r#"{"ErrorCode":"x","Type":"MESSAGE",§"Type":"ERROR"}"#, Kind::DuplicateField(Field::Type)),
        bad("Type twice, the second a number", r#"{"Type":"NEW",§"Type":5}"#, Kind::DuplicateField(Field::Type)),
        bad("Type twice, the first a number", r#"{"Type":§5,"Type":"NEW"}"#, Kind::WrongType(Field::Type)),
        // The members of a sender. Its closing brace is where `UserId` is missing.
        bad("UserId is a number before Type", r#"{"Sender":{"UserId":§7},"Type":"MESSAGE"}"#, Kind::WrongType(Field::UserId)),
        bad("no UserId before Type", r#"{"Sender":{"x":{}§},"Type":"MESSAGE"}"#, Kind::MissingField(Field::UserId)),
        bad("UserId twice before Type", r#"{"Sender":{"UserId":"u",§"UserId":"u"},"Type":"MESSAGE"}"#, Kind::DuplicateField(Field::UserId)),
        bad("Sender twice before Type", r#"{"Sender":{"UserId":"u"},§"Sender":{},"Type":"MESSAGE"}"#, Kind::DuplicateField(Field::Sender)),
        bad("Sender without a UserId, and twice", r#"{"Sender":{§},"Sender":{},"Type":"MESSAGE"}"#, Kind::MissingField(Field::UserId)),
        bad("no UserId comes before no Id", r#"{"Type":"MESSAGE","Sender":{§}}"#, Kind::MissingField(Field::UserId)),
        bad("no UserId comes before broken JSON", r#"{"Type":"MESSAGE","Sender":{§},"x":tru}"#, Kind::MissingField(Field::UserId)),
        bad("no UserId comes after broken JSON before Type", r#"{"Sender":{},"x":tru§,"Type":"MESSAGE"}"#, Kind::UnexpectedByte),
        bad("no UserId comes before trailing bytes", r#"{"Type":"MESSAGE","Sender":{§}}x"#, Kind::MissingField(Field::UserId)),
        bad("a UserId of the message is not the sender's", r#"{"Type":"MESSAGE","UserId":"u","Sender":{§}}"#, Kind::MissingField(Field::UserId)),
        bad("an Id of the sender is not the message's", r#"{"Type":"MESSAGE","Content":"c","SendTime":"t","Sender":{"UserId":"u","Id":"i"}§}"#, Kind::MissingField(Field::Id)),
        bad("a sender with a trailing comma", r#"{"Type":"MESSAGE","Sender":{"UserId":"u",§}}"#, Kind::UnexpectedByte),
        bad("a sender that is not closed", r#"{"Type":"MESSAGE","Sender":{"UserId":"u"§"#, Kind::UnexpectedEnd),
        bad("nothing but a Type", r#"{"Type":"MESSAGE"§}"#, Kind::MissingField(Field::Id)),
        bad("nothing but a Type, and trailing bytes", r#"{"Type":"MESSAGE"} §x"#, Kind::TrailingBytes),
        // Attributes, whose values are strings.
        bad("an attribute is a number before Type", r#"{"Attributes":{"a":"b","c":§1},"Type":"EVENT"}"#, Kind::WrongType(Field::Attributes)),
        bad("an attribute of the sender is null before Type", r#"{"Sender":{"UserId":"u","Attributes":{"a":§null}},"Type":"MESSAGE"}"#, Kind::WrongType(Field::Attributes)),
        bad("an attribute is a number, then broken JSON", r#"{"Type":"EVENT","Attributes":{"a":§1,"b":}}"#, Kind::WrongType(Field::Attributes)),
        bad("an attribute is a number, then broken JSON, then Type", r#"{"Attributes":{"a":1,"b":§},"Type":"EVENT"}"#, Kind::UnexpectedByte),
        bad("an attribute is a broken number", r#"{"Type":"EVENT","Attributes":{"a":§01}}"#, Kind::WrongType(Field::Attributes)),
        bad("an attribute is a broken number before Type", r#"{"Attributes":{"a":0§1},"Type":"EVENT"}"#, Kind::UnexpectedByte),
        bad("an attribute is nested, and deeper", r#"{"Attributes":{"a":"b","c":§{"d":1}},"Type":"MESSAGE"}"#, Kind::WrongType(Field::Attributes)),
        bad("Attributes twice before Type, once null", r#"{"Attributes":null,§"Attributes":null,"Type":"MESSAGE"}"#, Kind::DuplicateField(Field::Attributes)),
        bad("Attributes is a number, and twice", r#"{"Attributes":§1,"Attributes":{},"Type":"MESSAGE"}"#, Kind::WrongType(Field::Attributes)),
        // Numbers.
        bad("ErrorCode beyond a double", r#"{"Type":"ERROR","ErrorCode":§1e999}"#, Kind::WrongType(Field::ErrorCode)),
        bad("ErrorCode beyond a double before Type", r#"{"ErrorCode":§1e999,"Type":"ERROR"}"#, Kind::NumberOutOfRange),
        bad("ErrorCode beyond a double in a message", r#"{"ErrorCode":§1e999,"Type":"MESSAGE"}"#, Kind::NumberOutOfRange),
        bad("ErrorCode is too large before Type", r#"{"ErrorCode":§65536,"Type":"ERROR"}"#, Kind::NumberOutOfRange),
        bad("ErrorCode is no integer before Type", r#"{"ErrorCode":§4e2,"Type":"ERROR"}"#, Kind::WrongType(Field::ErrorCode)),
        bad("ErrorCode twice before Type", r#"{"ErrorCode":400,§"ErrorCode":65536,"Type":"ERROR"}"#, Kind::DuplicateField(Field::ErrorCode)),
        bad("Id beyond a double", r#"{"Type":"EVENT","Id":§1e999}"#, Kind::WrongType(Field::Id)),
        bad("Id beyond a double before Type", r#"{"ErrorCode":"x","Id":§1e999,"Type":"ERROR"}"#, Kind::NumberOutOfRange),
        // Depth.
        bad(
            "too deep before Type",
            &format!(r#"{{"x":{}§[{},"Type":"MESSAGE"}}"#, "[".repeat(126), "]".repeat(127)),
            Kind::NestedTooDeep,
        ),
        bad(
            "too deep inside a sender before Type",
            &format!(r#"{{"Sender":{{"x":{}§[{}}},"Type":"MESSAGE"}}"#, "[".repeat(125), "]".repeat(126)),
            Kind::NestedTooDeep,
        ),
        bad(
            "too deep inside the sender of an event",
            &format!(r#"{{"Type":"EVENT","Sender":{{"UserId":{}§[{}}}}}"#, "[".repeat(125), "]".repeat(126)),
            Kind::NestedTooDeep,
        ),
        bad(
            "too deep inside attributes",
            &format!(r#"{{"Type":"EVENT","Attributes":{{"a":§{}{}}}}}"#, "[".repeat(126), "]".repeat(126)),
            Kind::WrongType(Field::Attributes),
        ),
        bad(
            "too deep inside attributes before Type",
            &format!(r#"{{"Attributes":{{"a":{}§[{}}},"Type":"EVENT"}}"#, "[".repeat(125), "]".repeat(126)),
            Kind::NestedTooDeep,
        ),
        bad(
            "deep inside attributes before Type",
            &format!(r#"{{"Attributes":{{"a":§{}{}}},"Type":"EVENT"}}"#, "[".repeat(125), "]".repeat(125)),
            Kind::WrongType(Field::Attributes),
        ),
    ]
}

/// What clients send.
#[expect(clippy::too_many_lines, reason = "it is a table")]
pub(crate) fn publish() -> Vec<Vector<Publish<'static>>> {
    use DecodeErrorKind as Kind;

    let send = |content: &'static str| {
        SendMessage::new(Content::new(content).expect("a content that can be sent"))
    };

    vec![
        good(
            "send",
            r#"{"Action":"SEND_MESSAGE","RequestId":"8f0e3c52-6f6f-4b58-9d07-0d3fc6a2a8c1","Content":"¡Hola!","Attributes":{"tone":"warm"}}"#,
            with(send("¡Hola!"), |send| {
                send.request_id = text("8f0e3c52-6f6f-4b58-9d07-0d3fc6a2a8c1");
                send.attributes = pairs(&[("tone", "warm")]);
            }),
        ),
        good(
            "send with only what is required",
            r#"{"Action":"SEND_MESSAGE","Content":"x"}"#,
            send("x"),
        ),
        good(
            "send with escapes",
            r#"{"Action":"SEND_MESSAGE","Content":"\"\\\n\u0001","Attributes":{"\t":"\ud83d\ude00"}}"#,
            with(send("\"\\\n\u{1}"), |send| send.attributes = pairs(&[("\t", "😀")])),
        ),
        good(
            "send without attributes, said as null",
            r#"{"Action":"SEND_MESSAGE","Content":"x","Attributes":null}"#,
            send("x"),
        ),
        good(
            "send without attributes, said as {}",
            r#"{"Action":"SEND_MESSAGE","Content":"x","Attributes":{}}"#,
            send("x"),
        ),
        other(
            "send with lower-case keys",
            r#"{"requestId":"r","action":"SEND_MESSAGE","content":"x","attributes":{"Content":"y"}}"#,
            r#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"x","Attributes":{"Content":"y"}}"#,
            with(send("x"), |send| {
                send.request_id = text("r");
                send.attributes = pairs(&[("Content", "y")]);
            }),
        ),
        other(
            "send with keys in any case, some escaped",
            r#"{"CONTENT":"x","aCTION":"\u0053END_MESSAGE","rEQUEST\u0069d":"r","Extra":{"Action":[]},"ID":5}"#,
            r#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"x"}"#,
            with(send("x"), |send| send.request_id = text("r")),
        ),
        other(
            "send in the order of the reference, without a RequestId",
            r#"{"Action":"SEND_MESSAGE","Attributes":{"user_id":"u"},"Content":"c","RequestId":""}"#,
            r#"{"Action":"SEND_MESSAGE","Content":"c","Attributes":{"user_id":"u"}}"#,
            with(send("c"), |send| send.attributes = pairs(&[("user_id", "u")])),
        ),
        good(
            "delete",
            r#"{"Action":"DELETE_MESSAGE","RequestId":"r","Id":"Ub3xYd7cQm0a","Reason":"spam"}"#,
            with(DeleteMessage::new("Ub3xYd7cQm0a".into()), |delete| {
                delete.request_id = text("r");
                delete.reason = text("spam");
            }),
        ),
        good(
            "delete with only what is required",
            r#"{"Action":"DELETE_MESSAGE","Id":""}"#,
            DeleteMessage::new("".into()),
        ),
        other(
            "delete with null for what is optional",
            r#"{"Id":"i","Action":"DELETE_MESSAGE","Reason":null,"RequestId":null}"#,
            r#"{"Action":"DELETE_MESSAGE","Id":"i"}"#,
            DeleteMessage::new("i".into()),
        ),
        good(
            "disconnect",
            r#"{"Action":"DISCONNECT_USER","RequestId":"r","UserId":"troll","Reason":"Be nice!"}"#,
            with(DisconnectUser::new("troll".into()), |disconnect| {
                disconnect.request_id = text("r");
                disconnect.reason = text("Be nice!");
            }),
        ),
        good(
            "disconnect with an empty reason",
            r#"{"Action":"DISCONNECT_USER","UserId":"u","Reason":""}"#,
            with(DisconnectUser::new("u".into()), |disconnect| disconnect.reason = text("")),
        ),
        // Members of other payloads, which would be errors there.
        other(
            "delete with a Content that is too long",
            format!(r#"{{"Content":"{}","Action":"DELETE_MESSAGE","Id":"i"}}"#, "é".repeat(501))
                .leak(),
            r#"{"Action":"DELETE_MESSAGE","Id":"i"}"#,
            DeleteMessage::new("i".into()),
        ),
        other(
            "delete with an empty Content and mistyped Attributes",
            r#"{"content":"","Attributes":{"a":1},"UserId":5,"attributes":[],"ACTION":"DELETE_MESSAGE","Id":"i","Content":null}"#,
            r#"{"Action":"DELETE_MESSAGE","Id":"i"}"#,
            DeleteMessage::new("i".into()),
        ),
        other(
            "disconnect with the members of other payloads, mistyped and twice",
            r#"{"Id":5,"id":6,"Content":7,"Attributes":[{}],"content":"","UserId":"u","Type":0,"Action":"DISCONNECT_USER","Sender":{"UserId":1}}"#,
            r#"{"Action":"DISCONNECT_USER","UserId":"u"}"#,
            DisconnectUser::new("u".into()),
        ),
        other(
            "send with a Reason and an Id, mistyped",
            r#"{"Reason":5,"Id":[1,2],"reason":{},"UserId":null,"Content":"x","Action":"SEND_MESSAGE","ID":1e3}"#,
            r#"{"Action":"SEND_MESSAGE","Content":"x"}"#,
            send("x"),
        ),
        bad("nothing", "§", Kind::UnexpectedEnd),
        bad("an array", "§[]", Kind::NotAnObject),
        bad("an empty object", "{§}", Kind::MissingField(Field::Action)),
        bad(
            "a subscribe",
            r#"{"Type":"EVENT","EventName":"PING"§}"#,
            Kind::MissingField(Field::Action),
        ),
        bad("an unknown Action", r#"{"action": §"JOIN","token":"t"}"#, Kind::UnknownAction),
        bad(
            "an Action in another case",
            r#"{"Action":§"send_message","Content":"x"}"#,
            Kind::UnknownAction,
        ),
        bad("an Action that is no string", r#"{"Action":§1}"#, Kind::WrongType(Field::Action)),
        bad(
            "Action twice, in two cases",
            r#"{"Action":"SEND_MESSAGE","Content":"x",§"action":"SEND_MESSAGE"}"#,
            Kind::DuplicateField(Field::Action),
        ),
        bad(
            "Content twice, in two cases",
            r#"{"Action":"SEND_MESSAGE","Content":"x",§"content":"x"}"#,
            Kind::DuplicateField(Field::Content),
        ),
        bad("no Content", r#"{"Action":"SEND_MESSAGE"§}"#, Kind::MissingField(Field::Content)),
        bad(
            "no Id",
            r#"{"Action":"DELETE_MESSAGE","MessageId":"i"§}"#,
            Kind::MissingField(Field::Id),
        ),
        bad(
            "no UserId",
            r#"{"Action":"DISCONNECT_USER","Id":"i"§}"#,
            Kind::MissingField(Field::UserId),
        ),
        bad("an empty Content", r#"{"Action":"SEND_MESSAGE","Content": §""}"#, Kind::EmptyContent),
        bad(
            "Content is null",
            r#"{"Action":"SEND_MESSAGE","Content":§null}"#,
            Kind::WrongType(Field::Content),
        ),
        bad(
            "Reason is a number",
            r#"{"Action":"DELETE_MESSAGE","Id":"i","Reason":§1}"#,
            Kind::WrongType(Field::Reason),
        ),
        bad(
            "a Content of 501 code points",
            &format!(r#"{{"Action":"SEND_MESSAGE","Content":§"{}"}}"#, "é".repeat(501)),
            Kind::ContentTooLong,
        ),
        bad(
            "a Content of 501 escaped code points",
            &format!(r#"{{"content":§"{}","action":"SEND_MESSAGE"}}"#, r"\ud83d\ude00".repeat(501)),
            Kind::ContentTooLong,
        ),
        bad(
            "a trailing comma",
            r#"{"Action":"SEND_MESSAGE","Content":"x",§}"#,
            Kind::UnexpectedByte,
        ),
        bad("trailing bytes", r#"{"Action":"SEND_MESSAGE","Content":"x"}§x"#, Kind::TrailingBytes),
        bad(
            "a raw line break",
            "{\"Action\":\"SEND_MESSAGE\",\"Content\":\"two§\nlines\"}",
            Kind::ControlCharacter,
        ),
        bad(
            "too deep",
            &format!(r#"{{"Action":"SEND_MESSAGE","x":{}§[]"#, "[".repeat(126)),
            Kind::NestedTooDeep,
        ),
        // A problem before `Action` counts only in a payload that has the member.
        bad(
            "a Content that is too long before Action",
            &format!(
                r#"{{"Content":§"{}","Action":"SEND_MESSAGE","Attributes":5}}"#,
                "x".repeat(501)
            ),
            Kind::ContentTooLong,
        ),
        bad(
            "a Content that is too long after another problem",
            &format!(
                r#"{{"Attributes":{{"a":§5}},"Content":"{}","Action":"SEND_MESSAGE"}}"#,
                "x".repeat(501)
            ),
            Kind::WrongType(Field::Attributes),
        ),
        bad(
            "a Content that is too long, then broken JSON, then Action",
            &format!(r#"{{"Content":"{}","x":tru§,"Action":"SEND_MESSAGE"}}"#, "x".repeat(501)),
            Kind::UnexpectedByte,
        ),
        bad(
            "a Content that is too long, then Action, then broken JSON",
            &format!(r#"{{"Content":§"{}","Action":"SEND_MESSAGE","x":tru}}"#, "x".repeat(501)),
            Kind::ContentTooLong,
        ),
        bad(
            "a Content that is too long, then Action, then the end",
            &format!(r#"{{"Content":§"{}","Action":"SEND_MESSAGE""#, "x".repeat(501)),
            Kind::ContentTooLong,
        ),
        bad(
            "a Content that is too long and cut short",
            &format!(r#"{{"Action":"SEND_MESSAGE","Content":"{}§"#, "x".repeat(501)),
            Kind::UnexpectedEnd,
        ),
        bad(
            "a Content that is too long, twice",
            &format!(
                r#"{{"Content":§"{}","content":"x","Action":"SEND_MESSAGE"}}"#,
                "x".repeat(501)
            ),
            Kind::ContentTooLong,
        ),
        bad(
            "an empty Content before Action",
            r#"{"Content":§"","Id":5,"Action":"SEND_MESSAGE"}"#,
            Kind::EmptyContent,
        ),
        bad(
            "an empty Content, twice",
            r#"{"Content":§"","content":"x","Action":"SEND_MESSAGE"}"#,
            Kind::EmptyContent,
        ),
        bad(
            "a Content, then an empty one",
            r#"{"Content":"x",§"content":"","Action":"SEND_MESSAGE"}"#,
            Kind::DuplicateField(Field::Content),
        ),
        bad(
            "Content is null before Action",
            r#"{"Content":§null,"Action":"SEND_MESSAGE"}"#,
            Kind::WrongType(Field::Content),
        ),
        bad(
            "Id twice in two cases before Action",
            r#"{"id":"i",§"ID":"i","Action":"DELETE_MESSAGE"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        bad(
            "Reason is a number before Action",
            r#"{"Reason":§1,"Action":"DISCONNECT_USER"}"#,
            Kind::WrongType(Field::Reason),
        ),
        bad(
            "two problems before Action",
            r#"{"UserId":1,"Reason":§1,"Id":2,"Action":"DELETE_MESSAGE"}"#,
            Kind::WrongType(Field::Reason),
        ),
        bad(
            "RequestId is empty twice",
            r#"{"RequestId":"",§"requestid":"","Action":"DELETE_MESSAGE"}"#,
            Kind::DuplicateField(Field::RequestId),
        ),
        bad(
            "a problem, and no Action",
            r#"{"Content":"","content":5§}"#,
            Kind::MissingField(Field::Action),
        ),
        bad("a problem, no Action, and trailing bytes", r#"{"Content":""}§]"#, Kind::TrailingBytes),
        bad(
            "a problem before an Action that is null",
            r#"{"Content":"","Action":§null}"#,
            Kind::WrongType(Field::Action),
        ),
        bad(
            "a hundred irrelevant problems, a relevant one, Action",
            &format!(
                r#"{{{}"Reason":§5,"Action":"DELETE_MESSAGE"}}"#,
                r#""Content":5,"content":"","UserId":5,"Attributes":{"a":5},"attributes":5,"#
                    .repeat(20),
            ),
            Kind::WrongType(Field::Reason),
        ),
        bad(
            "Id is null before Action",
            r#"{"id":§null,"Id":"i","Action":"DELETE_MESSAGE"}"#,
            Kind::WrongType(Field::Id),
        ),
        // An unknown `Action` is reported as soon as it has been read.
        bad(
            "an unknown Action after a problem",
            r#"{"Content":7,"Action":§"JOIN"}"#,
            Kind::UnknownAction,
        ),
        bad(
            "an unknown Action, and broken JSON",
            r#"{"Action":§"JOIN","x":tru}"#,
            Kind::UnknownAction,
        ),
        bad(
            "broken JSON, and an unknown Action",
            r#"{"x":tru§,"Action":"JOIN"}"#,
            Kind::UnexpectedByte,
        ),
        bad("an unknown Action, then the end", r#"{"Action":§"JOIN""#, Kind::UnknownAction),
        bad("half an unknown Action", r#"{"Action":"JOIN§"#, Kind::UnexpectedEnd),
        bad(
            "an unknown Action, then a known one",
            r#"{"Action":§"JOIN","Action":"SEND_MESSAGE"}"#,
            Kind::UnknownAction,
        ),
        bad(
            "a known Action, then an unknown one",
            r#"{"Action":"SEND_MESSAGE",§"action":"JOIN"}"#,
            Kind::DuplicateField(Field::Action),
        ),
        bad("an unknown Action, and trailing bytes", r#"{"Action":§"JOIN"}x"#, Kind::UnknownAction),
        bad_bytes(
            "an unknown Action, and bytes that are not UTF-8",
            &[br#"{"Action":"#, b"\"JOIN\",\"x\":\"\xff\"}"],
            Kind::UnknownAction,
        ),
        bad_bytes(
            "bytes that are not UTF-8",
            &[br#"{"Action":"SEND_MESSAGE","Content":""#, b"\x80\"}"],
            Kind::InvalidUtf8,
        ),
        bad_bytes(
            "a cut character after a value",
            &[br#"{"Action":"SEND_MESSAGE""#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        bad_bytes(
            "a cut character after an unknown Action",
            &[br#"{"Action":"#, b"\"JOIN\"\xe2\x82"],
            Kind::UnknownAction,
        ),
        bad_bytes(
            "a cut character in an Action",
            &[b"{\"Action\":\"JOIN\xe2\x82", b""],
            Kind::UnexpectedEnd,
        ),
        bad_bytes(
            "a cut character in a Content",
            &[b"{\"action\":\"SEND_MESSAGE\",\"content\":\"\xf0\x9f", b""],
            Kind::UnexpectedEnd,
        ),
        bad_bytes(
            "a cut character for an escape",
            &[br#"{"content":"a"#, b"\\\xe2\x82"],
            Kind::InvalidEscape,
        ),
        bad_bytes("two bytes of a byte order mark", &[b"", b"\xef\xbb"], Kind::UnexpectedByte),
    ]
}
