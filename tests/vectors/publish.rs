//! Payloads of clients.

#![expect(clippy::too_many_lines, reason = "the functions are tables")]

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::{Content, DecodeErrorKind as Kind, Field};

use super::{Vector, invalid, invalid_bytes, noncanonical, pairs, text, valid, with};

/// Returns all vectors.
pub(super) fn all() -> Vec<Vector<Publish<'static>>> {
    [accepted(), single_errors(), errors_before_action(), unknown_actions()]
        .into_iter()
        .flatten()
        .collect()
}

/// Payloads that are accepted.
fn accepted() -> Vec<Vector<Publish<'static>>> {
    let send = |content: &'static str| {
        SendMessage::new(Content::new(content).expect("a content that can be sent"))
    };

    vec![
        valid(
            "send",
            r#"{"Action":"SEND_MESSAGE","RequestId":"8f0e3c52-6f6f-4b58-9d07-0d3fc6a2a8c1","Content":"¡Hola!","Attributes":{"tone":"warm"}}"#,
            with(send("¡Hola!"), |send| {
                send.request_id = text("8f0e3c52-6f6f-4b58-9d07-0d3fc6a2a8c1");
                send.attributes = pairs(&[("tone", "warm")]);
            }),
        ),
        valid(
            "send with only the required fields",
            r#"{"Action":"SEND_MESSAGE","Content":"x"}"#,
            send("x"),
        ),
        valid(
            "send with escapes",
            r#"{"Action":"SEND_MESSAGE","Content":"\"\\\n\u0001","Attributes":{"\t":"\ud83d\ude00"}}"#,
            with(send("\"\\\n\u{1}"), |send| send.attributes = pairs(&[("\t", "😀")])),
        ),
        valid(
            "send with null attributes",
            r#"{"Action":"SEND_MESSAGE","Content":"x","Attributes":null}"#,
            send("x"),
        ),
        valid(
            "send with empty attributes",
            r#"{"Action":"SEND_MESSAGE","Content":"x","Attributes":{}}"#,
            send("x"),
        ),
        noncanonical(
            "send with lower-case keys",
            r#"{"requestId":"r","action":"SEND_MESSAGE","content":"x","attributes":{"Content":"y"}}"#,
            r#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"x","Attributes":{"Content":"y"}}"#,
            with(send("x"), |send| {
                send.request_id = text("r");
                send.attributes = pairs(&[("Content", "y")]);
            }),
        ),
        noncanonical(
            "send with keys in any case, some escaped",
            r#"{"CONTENT":"x","aCTION":"\u0053END_MESSAGE","rEQUEST\u0069d":"r","Extra":{"Action":[]},"ID":5}"#,
            r#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":"x"}"#,
            with(send("x"), |send| send.request_id = text("r")),
        ),
        noncanonical(
            "send in the reference's field order, with an empty RequestId",
            r#"{"Action":"SEND_MESSAGE","Attributes":{"user_id":"u"},"Content":"c","RequestId":""}"#,
            r#"{"Action":"SEND_MESSAGE","Content":"c","Attributes":{"user_id":"u"}}"#,
            with(send("c"), |send| send.attributes = pairs(&[("user_id", "u")])),
        ),
        valid(
            "delete",
            r#"{"Action":"DELETE_MESSAGE","RequestId":"r","Id":"Ub3xYd7cQm0a","Reason":"spam"}"#,
            with(DeleteMessage::new("Ub3xYd7cQm0a"), |delete| {
                delete.request_id = text("r");
                delete.reason = text("spam");
            }),
        ),
        valid(
            "delete with only the required fields",
            r#"{"Action":"DELETE_MESSAGE","Id":""}"#,
            DeleteMessage::new(""),
        ),
        noncanonical(
            "delete with null optional fields",
            r#"{"Id":"i","Action":"DELETE_MESSAGE","Reason":null,"RequestId":null}"#,
            r#"{"Action":"DELETE_MESSAGE","Id":"i"}"#,
            DeleteMessage::new("i"),
        ),
        valid(
            "disconnect",
            r#"{"Action":"DISCONNECT_USER","RequestId":"r","UserId":"troll","Reason":"Be nice!"}"#,
            with(DisconnectUser::new("troll"), |disconnect| {
                disconnect.request_id = text("r");
                disconnect.reason = text("Be nice!");
            }),
        ),
        valid(
            "disconnect with an empty reason",
            r#"{"Action":"DISCONNECT_USER","UserId":"u","Reason":""}"#,
            with(DisconnectUser::new("u"), |disconnect| disconnect.reason = text("")),
        ),
        // Members of other payloads, with values that are errors in those payloads.
        noncanonical(
            "delete with a Content that is too long",
            format!(r#"{{"Content":"{}","Action":"DELETE_MESSAGE","Id":"i"}}"#, "é".repeat(501))
                .leak(),
            r#"{"Action":"DELETE_MESSAGE","Id":"i"}"#,
            DeleteMessage::new("i"),
        ),
        noncanonical(
            "delete with an empty Content and mistyped Attributes",
            r#"{"content":"","Attributes":{"a":1},"UserId":5,"attributes":[],"ACTION":"DELETE_MESSAGE","Id":"i","Content":null}"#,
            r#"{"Action":"DELETE_MESSAGE","Id":"i"}"#,
            DeleteMessage::new("i"),
        ),
        noncanonical(
            "disconnect with the members of other payloads, mistyped and twice",
            r#"{"Id":5,"id":6,"Content":7,"Attributes":[{}],"content":"","UserId":"u","Type":0,"Action":"DISCONNECT_USER","Sender":{"UserId":1}}"#,
            r#"{"Action":"DISCONNECT_USER","UserId":"u"}"#,
            DisconnectUser::new("u"),
        ),
        noncanonical(
            "send with a Reason and an Id, mistyped",
            r#"{"Reason":5,"Id":[1,2],"reason":{},"UserId":null,"Content":"x","Action":"SEND_MESSAGE","ID":1e3}"#,
            r#"{"Action":"SEND_MESSAGE","Content":"x"}"#,
            send("x"),
        ),
    ]
}

/// Payloads with one error.
fn single_errors() -> Vec<Vector<Publish<'static>>> {
    vec![
        invalid("an empty input", "§", Kind::UnexpectedEnd),
        invalid("an array", "§[]", Kind::NotAnObject),
        invalid("an empty object", "{§}", Kind::MissingField(Field::Action)),
        invalid(
            "a subscribe",
            r#"{"Type":"EVENT","EventName":"PING"§}"#,
            Kind::MissingField(Field::Action),
        ),
        invalid("an unknown Action", r#"{"action": §"JOIN","token":"t"}"#, Kind::UnknownAction),
        invalid(
            "an Action value in lower case",
            r#"{"Action":§"send_message","Content":"x"}"#,
            Kind::UnknownAction,
        ),
        invalid("Action is a number", r#"{"Action":§1}"#, Kind::WrongType(Field::Action)),
        invalid(
            "Action twice, in different letter cases",
            r#"{"Action":"SEND_MESSAGE","Content":"x",§"action":"SEND_MESSAGE"}"#,
            Kind::DuplicateField(Field::Action),
        ),
        invalid(
            "Content twice, in different letter cases",
            r#"{"Action":"SEND_MESSAGE","Content":"x",§"content":"x"}"#,
            Kind::DuplicateField(Field::Content),
        ),
        invalid(
            "a missing Content",
            r#"{"Action":"SEND_MESSAGE"§}"#,
            Kind::MissingField(Field::Content),
        ),
        invalid(
            "a missing Id",
            r#"{"Action":"DELETE_MESSAGE","MessageId":"i"§}"#,
            Kind::MissingField(Field::Id),
        ),
        invalid(
            "a missing UserId",
            r#"{"Action":"DISCONNECT_USER","Id":"i"§}"#,
            Kind::MissingField(Field::UserId),
        ),
        invalid(
            "an empty Content",
            r#"{"Action":"SEND_MESSAGE","Content": §""}"#,
            Kind::EmptyContent,
        ),
        invalid(
            "Content is null",
            r#"{"Action":"SEND_MESSAGE","Content":§null}"#,
            Kind::WrongType(Field::Content),
        ),
        invalid(
            "Reason is a number",
            r#"{"Action":"DELETE_MESSAGE","Id":"i","Reason":§1}"#,
            Kind::WrongType(Field::Reason),
        ),
        invalid(
            "a Content of 501 code points",
            &format!(r#"{{"Action":"SEND_MESSAGE","Content":§"{}"}}"#, "é".repeat(501)),
            Kind::ContentTooLong,
        ),
        invalid(
            "a Content of 501 escaped code points",
            &format!(r#"{{"content":§"{}","action":"SEND_MESSAGE"}}"#, r"\ud83d\ude00".repeat(501)),
            Kind::ContentTooLong,
        ),
        invalid(
            "a trailing comma",
            r#"{"Action":"SEND_MESSAGE","Content":"x",§}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "trailing bytes",
            r#"{"Action":"SEND_MESSAGE","Content":"x"}§x"#,
            Kind::TrailingBytes,
        ),
        invalid(
            "a raw line break",
            "{\"Action\":\"SEND_MESSAGE\",\"Content\":\"two§\nlines\"}",
            Kind::ControlCharacter,
        ),
        invalid(
            "arrays nested too deep",
            &format!(r#"{{"Action":"SEND_MESSAGE","x":{}§[]"#, "[".repeat(126)),
            Kind::NestedTooDeep,
        ),
    ]
}

/// Errors before `Action`. They count only if the payload of that action has the member.
fn errors_before_action() -> Vec<Vector<Publish<'static>>> {
    vec![
        invalid(
            "a Content that is too long before Action",
            &format!(
                r#"{{"Content":§"{}","Action":"SEND_MESSAGE","Attributes":5}}"#,
                "x".repeat(501)
            ),
            Kind::ContentTooLong,
        ),
        invalid(
            "a Content that is too long after another problem",
            &format!(
                r#"{{"Attributes":{{"a":§5}},"Content":"{}","Action":"SEND_MESSAGE"}}"#,
                "x".repeat(501)
            ),
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "a Content that is too long, then broken JSON, then Action",
            &format!(r#"{{"Content":"{}","x":tru§,"Action":"SEND_MESSAGE"}}"#, "x".repeat(501)),
            Kind::UnexpectedByte,
        ),
        invalid(
            "a Content that is too long, then Action, then broken JSON",
            &format!(r#"{{"Content":§"{}","Action":"SEND_MESSAGE","x":tru}}"#, "x".repeat(501)),
            Kind::ContentTooLong,
        ),
        invalid(
            "a Content that is too long, then Action, then the end",
            &format!(r#"{{"Content":§"{}","Action":"SEND_MESSAGE""#, "x".repeat(501)),
            Kind::ContentTooLong,
        ),
        invalid(
            "a Content that is too long and truncated",
            &format!(r#"{{"Action":"SEND_MESSAGE","Content":"{}§"#, "x".repeat(501)),
            Kind::UnexpectedEnd,
        ),
        invalid(
            "a Content that is too long, twice",
            &format!(
                r#"{{"Content":§"{}","content":"x","Action":"SEND_MESSAGE"}}"#,
                "x".repeat(501)
            ),
            Kind::ContentTooLong,
        ),
        invalid(
            "an empty Content before Action",
            r#"{"Content":§"","Id":5,"Action":"SEND_MESSAGE"}"#,
            Kind::EmptyContent,
        ),
        invalid(
            "an empty Content, twice",
            r#"{"Content":§"","content":"x","Action":"SEND_MESSAGE"}"#,
            Kind::EmptyContent,
        ),
        invalid(
            "a Content, then an empty one",
            r#"{"Content":"x",§"content":"","Action":"SEND_MESSAGE"}"#,
            Kind::DuplicateField(Field::Content),
        ),
        invalid(
            "Content is null before Action",
            r#"{"Content":§null,"Action":"SEND_MESSAGE"}"#,
            Kind::WrongType(Field::Content),
        ),
        invalid(
            "Id twice in different letter cases before Action",
            r#"{"id":"i",§"ID":"i","Action":"DELETE_MESSAGE"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        invalid(
            "Reason is a number before Action",
            r#"{"Reason":§1,"Action":"DISCONNECT_USER"}"#,
            Kind::WrongType(Field::Reason),
        ),
        invalid(
            "two errors before Action",
            r#"{"UserId":1,"Reason":§1,"Id":2,"Action":"DELETE_MESSAGE"}"#,
            Kind::WrongType(Field::Reason),
        ),
        invalid(
            "RequestId is empty twice",
            r#"{"RequestId":"",§"requestid":"","Action":"DELETE_MESSAGE"}"#,
            Kind::DuplicateField(Field::RequestId),
        ),
        invalid(
            "an error, and no Action",
            r#"{"Content":"","content":5§}"#,
            Kind::MissingField(Field::Action),
        ),
        invalid(
            "an error, no Action, and trailing bytes",
            r#"{"Content":""}§]"#,
            Kind::TrailingBytes,
        ),
        invalid(
            "an error before an Action that is null",
            r#"{"Content":"","Action":§null}"#,
            Kind::WrongType(Field::Action),
        ),
        invalid(
            "a hundred irrelevant errors, a relevant one, then Action",
            &format!(
                r#"{{{}"Reason":§5,"Action":"DELETE_MESSAGE"}}"#,
                r#""Content":5,"content":"","UserId":5,"Attributes":{"a":5},"attributes":5,"#
                    .repeat(20),
            ),
            Kind::WrongType(Field::Reason),
        ),
        invalid(
            "Id is null before Action",
            r#"{"id":§null,"Id":"i","Action":"DELETE_MESSAGE"}"#,
            Kind::WrongType(Field::Id),
        ),
    ]
}

/// Unknown actions, which are reported as soon as they have been read, and invalid UTF-8.
fn unknown_actions() -> Vec<Vector<Publish<'static>>> {
    vec![
        invalid(
            "an unknown Action after an error",
            r#"{"Content":7,"Action":§"JOIN"}"#,
            Kind::UnknownAction,
        ),
        invalid(
            "an unknown Action, and broken JSON",
            r#"{"Action":§"JOIN","x":tru}"#,
            Kind::UnknownAction,
        ),
        invalid(
            "broken JSON, and an unknown Action",
            r#"{"x":tru§,"Action":"JOIN"}"#,
            Kind::UnexpectedByte,
        ),
        invalid("an unknown Action, then the end", r#"{"Action":§"JOIN""#, Kind::UnknownAction),
        invalid("a truncated unknown Action", r#"{"Action":"JOIN§"#, Kind::UnexpectedEnd),
        invalid(
            "an unknown Action, then a known one",
            r#"{"Action":§"JOIN","Action":"SEND_MESSAGE"}"#,
            Kind::UnknownAction,
        ),
        invalid(
            "a known Action, then an unknown one",
            r#"{"Action":"SEND_MESSAGE",§"action":"JOIN"}"#,
            Kind::DuplicateField(Field::Action),
        ),
        invalid(
            "an unknown Action, and trailing bytes",
            r#"{"Action":§"JOIN"}x"#,
            Kind::UnknownAction,
        ),
        invalid_bytes(
            "an unknown Action, and invalid UTF-8",
            &[br#"{"Action":"#, b"\"JOIN\",\"x\":\"\xff\"}"],
            Kind::UnknownAction,
        ),
        invalid_bytes(
            "invalid UTF-8",
            &[br#"{"Action":"SEND_MESSAGE","Content":""#, b"\x80\"}"],
            Kind::InvalidUtf8,
        ),
        invalid_bytes(
            "a truncated character after a value",
            &[br#"{"Action":"SEND_MESSAGE""#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after an unknown Action",
            &[br#"{"Action":"#, b"\"JOIN\"\xe2\x82"],
            Kind::UnknownAction,
        ),
        invalid_bytes(
            "a truncated character in an Action",
            &[b"{\"Action\":\"JOIN\xe2\x82", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated character in a Content",
            &[b"{\"action\":\"SEND_MESSAGE\",\"content\":\"\xf0\x9f", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated character in place of an escape",
            &[br#"{"content":"a"#, b"\\\xe2\x82"],
            Kind::InvalidEscape,
        ),
        invalid_bytes("two bytes of a byte order mark", &[b"", b"\xef\xbb"], Kind::UnexpectedByte),
    ]
}
