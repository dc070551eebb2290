//! Payloads of the service.

#![expect(clippy::too_many_lines, reason = "the functions are tables")]

use ivs_chat_proto::subscribe::{Event, ServiceError, Subscribe};
use ivs_chat_proto::{DecodeErrorKind as Kind, ErrorCode, Field};

use super::{Vector, invalid, invalid_bytes, message, noncanonical, pairs, text, valid, with};

/// A message with a number whose digits alone are out of range for a double.
const LONG_NUMBER: &str = concat!(
    r#"{"Type":"MESSAGE","Id":"i","x":1"#,
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    r#"e-200,"Content":"c","SendTime":"t","Sender":{"UserId":"u"}}"#
);

/// Returns all vectors.
pub(super) fn all() -> Vec<Vector<Subscribe<'static>>> {
    [
        accepted(),
        unusable_types(),
        missing_fields(),
        duplicate_fields(),
        wrong_types(),
        invalid_json(),
        truncated_characters(),
        nesting(),
        errors_before_type(),
        order_of_errors(),
        repeated_types(),
        sender_members(),
        attributes(),
        numbers(),
        nesting_before_type(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Payloads that are accepted.
fn accepted() -> Vec<Vector<Subscribe<'static>>> {
    let hello = || message("Ub3xYd7cQm0a", "hej!", "2026-11-22T10:00:00.123456789Z", "astrid", &[]);
    let deleted = |pairs| {
        with(
            Event::new("pT4nQ8sVw1Lz", Event::DELETE_MESSAGE, "2026-11-22T10:00:09.25Z"),
            |event| {
                event.attributes = pairs;
            },
        )
    };
    let error = |code| ServiceError::new(ErrorCode::new(code));

    vec![
        valid(
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
        valid(
            "message with null attributes and empty sender attributes",
            r#"{"Type":"MESSAGE","Id":"Ub3xYd7cQm0a","RequestId":"","Attributes":null,"Content":"hej!","SendTime":"2026-11-22T10:00:00.123456789Z","Sender":{"UserId":"astrid","Attributes":{}}}"#,
            hello(),
        ),
        valid(
            "message with empty attributes and null sender attributes",
            r#"{"Type":"MESSAGE","Id":"Ub3xYd7cQm0a","RequestId":"","Attributes":{},"Content":"hej!","SendTime":"2026-11-22T10:00:00.123456789Z","Sender":{"UserId":"astrid","Attributes":null}}"#,
            hello(),
        ),
        valid(
            "message in many scripts",
            r#"{"Type":"MESSAGE","Id":"Zx1","RequestId":"","Attributes":{"имя":"Ольга","絵文字":"👩‍👩‍👧"},"Content":"سلام ¡नमस्ते! 你好 \u007f 🏳️‍🌈","SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"用户7","Attributes":{"":""}}}"#,
            with(
                message("Zx1", "سلام ¡नमस्ते! 你好 \u{7f} 🏳️‍🌈", "2026-11-22T10:00:00Z", "用户7", &[("", "")]),
                |message| {
                    message.attributes = pairs(&[("имя", "Ольга"), ("絵文字", "👩‍👩‍👧")]);
                },
            ),
        ),
        valid(
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
        noncanonical(
            "message in the reference's field order",
            r#"{"Attributes":{"a":"b"},"Content":"c","Id":"i","RequestId":"r","Sender":{"Attributes":{"d":"e"},"UserId":"u"},"SendTime":"no date","Type":"MESSAGE"}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"r","Attributes":{"a":"b"},"Content":"c","SendTime":"no date","Sender":{"UserId":"u","Attributes":{"d":"e"}}}"#,
            with(message("i", "c", "no date", "u", &[("d", "e")]), |message| {
                message.request_id = text("r");
                message.attributes = pairs(&[("a", "b")]);
            }),
        ),
        noncanonical(
            "message with only the required fields",
            r#"{"Type":"MESSAGE","Id":"","Content":"","SendTime":"","Sender":{"UserId":""}}"#,
            r#"{"Type":"MESSAGE","Id":"","RequestId":"","Attributes":null,"Content":"","SendTime":"","Sender":{"UserId":"","Attributes":{}}}"#,
            message("", "", "", "", &[]),
        ),
        noncanonical(
            "message with null optional fields",
            r#"{"Type":"MESSAGE","Id":"i","RequestId":null,"Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":null}}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":null}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        noncanonical(
            "message with unknown members",
            r#"{"Type":"MESSAGE","Id":"i","New":[1,-2.5e+3,{"Type":"x","Type":[]},true,false,null,"\ud83d\ude00"],"Content":"c","EventName":7,"ErrorCode":"x","SendTime":"t","Sender":{"UserId":"u","New":{"UserId":{}},"Sender":0},"type":0,"":{}}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        noncanonical(
            "message with an escaped Type and escaped keys",
            r#"{"Typ\u0065":"\u004dESSAGE","\u0049d":"i","Content":"c","Send\u0054ime":"t","Sender":{"User\u0049d":"u"}}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        noncanonical(
            "message with a long number of small value",
            LONG_NUMBER,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        valid(
            "message with a duplicate attribute",
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":{"a":"1","b":"2","a":"3"},"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            with(message("i", "c", "t", "u", &[]), |message| {
                message.attributes = pairs(&[("a", "1"), ("b", "2"), ("a", "3")]);
            }),
        ),
        valid(
            "deletion with the deprecated attribute name",
            r#"{"Type":"EVENT","Id":"pT4nQ8sVw1Lz","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"Ub3xYd7cQm0a","Reason":"[removed]"},"SendTime":"2026-11-22T10:00:09.25Z"}"#,
            deleted(pairs(&[("MessageID", "Ub3xYd7cQm0a"), ("Reason", "[removed]")])),
        ),
        valid(
            "deletion with both attribute names",
            r#"{"Type":"EVENT","Id":"pT4nQ8sVw1Lz","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"Ub3xYd7cQm0a","MessageId":"Ub3xYd7cQm0a","Reason":""},"SendTime":"2026-11-22T10:00:09.25Z"}"#,
            deleted(pairs(&[("MessageID", "Ub3xYd7cQm0a"), ("MessageId", "Ub3xYd7cQm0a"), ("Reason", "")])),
        ),
        valid(
            "disconnection",
            r#"{"Type":"EVENT","Id":"b4aYjM","RequestId":"","EventName":"aws:DISCONNECT_USER","Attributes":{"Reason":"Be nice!","UserId":"troll"},"SendTime":"2026-11-22T10:00:10Z"}"#,
            with(Event::new("b4aYjM", Event::DISCONNECT_USER, "2026-11-22T10:00:10Z"), |event| {
                event.attributes = pairs(&[("Reason", "Be nice!"), ("UserId", "troll")]);
            }),
        ),
        noncanonical(
            "application event",
            r#"{"Attributes":null,"EventName":"user_joined","Id":"e","RequestId":"q","SendTime":"t","Type":"EVENT"}"#,
            r#"{"Type":"EVENT","Id":"e","RequestId":"q","EventName":"user_joined","Attributes":null,"SendTime":"t"}"#,
            with(Event::new("e", "user_joined", "t"), |event| event.request_id = text("q")),
        ),
        valid(
            "error",
            r#"{"ErrorCode":400,"ErrorMessage":"Message exceeds maximum length","Id":"IG5mcmlvdGlv","RequestId":"8f0e3c52","Type":"ERROR"}"#,
            with(error(400), |error| {
                error.error_message = text("Message exceeds maximum length");
                error.id = text("IG5mcmlvdGlv");
                error.request_id = text("8f0e3c52");
            }),
        ),
        noncanonical(
            "error with its Type first",
            r#"{"Type":"ERROR","Id":"","RequestId":"","ErrorCode":401,"ErrorMessage":""}"#,
            r#"{"ErrorCode":401,"ErrorMessage":"","Id":"","RequestId":"","Type":"ERROR"}"#,
            with(error(401), |error| {
                error.error_message = text("");
                error.id = text("");
            }),
        ),
        noncanonical(
            "error with only the required fields",
            r#"{"Type":"ERROR","ErrorCode":65535}"#,
            r#"{"ErrorCode":65535,"RequestId":"","Type":"ERROR"}"#,
            error(65535),
        ),
        noncanonical(
            "error with null optional fields",
            r#"{"Type":"ERROR","ErrorCode":0,"ErrorMessage":null,"Id":null,"RequestId":null}"#,
            r#"{"ErrorCode":0,"RequestId":"","Type":"ERROR"}"#,
            error(0),
        ),
        // Members of other payloads, with values that are errors in those payloads.
        noncanonical(
            "error with the members of other payloads, mistyped, before its Type",
            r#"{"Id":null,"Content":7,"SendTime":{},"Sender":[{"UserId":1}],"Attributes":{"a":1},"EventName":null,"UserId":0,"Type":"ERROR","ErrorCode":400}"#,
            r#"{"ErrorCode":400,"RequestId":"","Type":"ERROR"}"#,
            error(400),
        ),
        noncanonical(
            "error with the members of other payloads, twice",
            r#"{"Content":7,"Content":"c","Sender":{"UserId":1},"Type":"ERROR","Sender":{},"Attributes":[],"ErrorCode":400,"Attributes":{"a":"b"}}"#,
            r#"{"ErrorCode":400,"RequestId":"","Type":"ERROR"}"#,
            error(400),
        ),
        noncanonical(
            "event with the sender of a message, mistyped",
            r#"{"Sender":{"Attributes":{"a":1},"UserId":7,"UserId":8},"Id":"e","EventName":"n","SendTime":"t","Sender":{},"Type":"EVENT"}"#,
            r#"{"Type":"EVENT","Id":"e","RequestId":"","EventName":"n","Attributes":null,"SendTime":"t"}"#,
            Event::new("e", "n", "t"),
        ),
        noncanonical(
            "event with an ErrorCode that is too large",
            r#"{"ErrorCode":65536,"ErrorMessage":-1,"Id":"e","EventName":"n","SendTime":"t","Type":"EVENT","ErrorCode":0.5}"#,
            r#"{"Type":"EVENT","Id":"e","RequestId":"","EventName":"n","Attributes":null,"SendTime":"t"}"#,
            Event::new("e", "n", "t"),
        ),
        noncanonical(
            "message with an EventName and an ErrorCode before its Type",
            r#"{"EventName":["e"],"ErrorCode":"x","ErrorMessage":{},"EventName":1,"UserId":"v","Id":"i","Content":"c","SendTime":"t","Sender":{"Id":7,"Sender":{"UserId":"w"},"Content":null,"UserId":"u","Type":[]},"Type":"MESSAGE","ErrorCode":[]}"#,
            r#"{"Type":"MESSAGE","Id":"i","RequestId":"","Attributes":null,"Content":"c","SendTime":"t","Sender":{"UserId":"u","Attributes":{}}}"#,
            message("i", "c", "t", "u", &[]),
        ),
        noncanonical(
            "message with values at the maximum nesting depth before its Type",
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
    ]
}

/// Inputs without a usable `Type`.
fn unusable_types() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid("an empty input", "§", Kind::UnexpectedEnd),
        invalid("white space", " \t\r\n§", Kind::UnexpectedEnd),
        invalid("an array", " §[]", Kind::NotAnObject),
        invalid("a string", r#"§"MESSAGE""#, Kind::NotAnObject),
        invalid("a number", "§7", Kind::NotAnObject),
        invalid("null", "§null", Kind::NotAnObject),
        invalid("a bare word", "§MESSAGE", Kind::UnexpectedByte),
        invalid("a NUL byte", "§\0", Kind::UnexpectedByte),
        invalid("an empty object", "{§}", Kind::MissingField(Field::Type)),
        invalid("no Type, and trailing bytes", r#"{"x":1} §y"#, Kind::TrailingBytes),
        invalid(
            "a publish",
            r#"{"Action":"SEND_MESSAGE","Content":"c"§}"#,
            Kind::MissingField(Field::Type),
        ),
        invalid(
            "Type in lower case",
            r#"{"type":"ERROR","ErrorCode":400§}"#,
            Kind::MissingField(Field::Type),
        ),
        invalid("Type is a number", r#"{"Id":"i","Type": §5}"#, Kind::WrongType(Field::Type)),
        invalid("Type is null", r#"{"Type":§null}"#, Kind::WrongType(Field::Type)),
        invalid(
            "a keep-alive",
            r#"{"Type":"EVENT","EventName":"PING","Attributes":{}§}"#,
            Kind::MissingField(Field::Id),
        ),
    ]
}

/// Payloads without a required field.
fn missing_fields() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid(
            "a missing Id",
            r#"{"Type":"MESSAGE","Content":"c","SendTime":"t","Sender":{"UserId":"u"}§}"#,
            Kind::MissingField(Field::Id),
        ),
        invalid(
            "a missing Content",
            r#"{"Type":"MESSAGE","Id":"i","SendTime":"t","Sender":{"UserId":"u"}§}"#,
            Kind::MissingField(Field::Content),
        ),
        invalid(
            "a missing SendTime",
            r#"{"Type":"MESSAGE","Id":"i","Content":"c","Sender":{"UserId":"u"}§}"#,
            Kind::MissingField(Field::SendTime),
        ),
        invalid(
            "a missing Sender",
            r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t"§} "#,
            Kind::MissingField(Field::Sender),
        ),
        invalid(
            "a missing UserId",
            r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t","Sender":{"Attributes":{}§}}"#,
            Kind::MissingField(Field::UserId),
        ),
        invalid(
            "a missing EventName",
            r#"{"Type":"EVENT","Id":"i","SendTime":"t"§}"#,
            Kind::MissingField(Field::EventName),
        ),
        invalid(
            "a missing ErrorCode",
            r#"{"Type":"ERROR","ErrorMessage":"m"§}"#,
            Kind::MissingField(Field::ErrorCode),
        ),
    ]
}

/// Payloads with a duplicate field.
fn duplicate_fields() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid(
            "Type twice",
            r#"{"Type":"ERROR",§"Type":"ERROR","ErrorCode":400}"#,
            Kind::DuplicateField(Field::Type),
        ),
        invalid(
            "Type twice, not first",
            r#"{"Id":"","Type":"NEW",§"Type":"NEW"}"#,
            Kind::DuplicateField(Field::Type),
        ),
        invalid(
            "Id twice",
            r#"{"Type":"EVENT","Id":"i", §"Id":"i","EventName":"e","SendTime":"t"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        invalid(
            "RequestId twice, once empty",
            r#"{"Type":"ERROR","ErrorCode":400,"RequestId":"",§"RequestId":"r"}"#,
            Kind::DuplicateField(Field::RequestId),
        ),
        invalid(
            "Attributes twice, once null",
            r#"{"Type":"EVENT","Attributes":null,§"Attributes":{}}"#,
            Kind::DuplicateField(Field::Attributes),
        ),
        invalid(
            "Content twice, once escaped",
            r#"{"Type":"MESSAGE","Content":"c",§"\u0043ontent":"c"}"#,
            Kind::DuplicateField(Field::Content),
        ),
        invalid(
            "UserId twice",
            r#"{"Type":"MESSAGE","Sender":{"UserId":"u",§"UserId":"u"}}"#,
            Kind::DuplicateField(Field::UserId),
        ),
    ]
}

/// Fields with values of the wrong type.
fn wrong_types() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid("Id is a number", r#"{"Type":"MESSAGE","Id":§12}"#, Kind::WrongType(Field::Id)),
        invalid("Id is null", r#"{"Type":"MESSAGE","Id":§null}"#, Kind::WrongType(Field::Id)),
        invalid(
            "RequestId is an object",
            r#"{"Type":"MESSAGE","RequestId": §{}}"#,
            Kind::WrongType(Field::RequestId),
        ),
        invalid(
            "Attributes is a string",
            r#"{"Type":"MESSAGE","Attributes":§"{}"}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "Attributes is an array",
            r#"{"Type":"EVENT","Attributes":§[]}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "an attribute is a number",
            r#"{"Type":"MESSAGE","Attributes":{"a":"b","c":§1}}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "an attribute is null",
            r#"{"Type":"MESSAGE","Attributes":{"a":§null}}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "an attribute is an object",
            r#"{"Type":"MESSAGE","Sender":{"UserId":"u","Attributes":{"a":§{}}}}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "Sender is a string",
            r#"{"Type":"MESSAGE","Sender":§"u"}"#,
            Kind::WrongType(Field::Sender),
        ),
        invalid(
            "Sender is null",
            r#"{"Type":"MESSAGE","Sender":§null}"#,
            Kind::WrongType(Field::Sender),
        ),
        invalid(
            "UserId is true",
            r#"{"Type":"MESSAGE","Sender":{"UserId":§true}}"#,
            Kind::WrongType(Field::UserId),
        ),
        invalid(
            "EventName is an array",
            r#"{"Type":"EVENT","EventName":§["e"]}"#,
            Kind::WrongType(Field::EventName),
        ),
        invalid(
            "SendTime is a number",
            r#"{"Type":"EVENT","SendTime":§1669111200}"#,
            Kind::WrongType(Field::SendTime),
        ),
        invalid(
            "ErrorCode is a string",
            r#"{"Type":"ERROR","ErrorCode":§"400"}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        invalid(
            "ErrorCode is null",
            r#"{"Type":"ERROR","ErrorCode":§null}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        invalid(
            "ErrorCode has a fraction",
            r#"{"Type":"ERROR","ErrorCode":§400.0}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        invalid(
            "ErrorCode has an exponent",
            r#"{"Type":"ERROR","ErrorCode":§4e2}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        invalid(
            "ErrorCode is too large",
            r#"{"Type":"ERROR","ErrorCode":§65536}"#,
            Kind::NumberOutOfRange,
        ),
        invalid(
            "ErrorCode is negative",
            r#"{"Type":"ERROR","ErrorCode":§-1}"#,
            Kind::NumberOutOfRange,
        ),
        invalid(
            "ErrorMessage is a number",
            r#"{"Type":"ERROR","ErrorMessage":§1}"#,
            Kind::WrongType(Field::ErrorMessage),
        ),
    ]
}

/// Inputs that are not JSON.
fn invalid_json() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid_bytes(
            "a byte order mark",
            &[b"", b"\xef\xbb\xbf{\"Type\":\"ERROR\",\"ErrorCode\":400}"],
            Kind::ByteOrderMark,
        ),
        invalid("trailing bytes", r#"{"Type":"ERROR","ErrorCode":400} §{}"#, Kind::TrailingBytes),
        invalid("a trailing comma", r#"{"Type":"ERROR","ErrorCode":400,§}"#, Kind::UnexpectedByte),
        invalid("two commas", r#"{"Type":"ERROR",§,"ErrorCode":400}"#, Kind::UnexpectedByte),
        invalid("a leading comma", r#"{§,"Type":"ERROR"}"#, Kind::UnexpectedByte),
        invalid("a missing comma", r#"{"Type":"ERROR" §"ErrorCode":400}"#, Kind::UnexpectedByte),
        invalid("a missing colon", r#"{"Type" §"ERROR"}"#, Kind::UnexpectedByte),
        invalid("a key without quotes", r#"{"Type":"ERROR",§ErrorCode:400}"#, Kind::UnexpectedByte),
        invalid(
            "an attribute without quotes",
            r#"{"Type":"EVENT","Attributes":{§a":"b"}}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an attribute without a value",
            r#"{"Type":"EVENT","Attributes":{"a"§}}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "attributes without a comma between them",
            r#"{"Type":"EVENT","Attributes":{"a":"b"§"c":"d"}}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "attributes with two commas between them",
            r#"{"Type":"EVENT","Attributes":{"a":"b",§,"c":"d"}}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "attributes with a trailing comma",
            r#"{"Type":"EVENT","Attributes":{"a":"b",§}}"#,
            Kind::UnexpectedByte,
        ),
        invalid("a key with single quotes", "{§'Type':'ERROR'}", Kind::UnexpectedByte),
        invalid("a missing value", r#"{"Type":"ERROR","ErrorCode":§}"#, Kind::UnexpectedByte),
        invalid(
            "a mismatched bracket",
            r#"{"Type":"ERROR","ErrorCode":400§]"#,
            Kind::UnexpectedByte,
        ),
        invalid("a leading zero", r#"{"Type":"ERROR","ErrorCode":0§400}"#, Kind::UnexpectedByte),
        invalid("a plus sign", r#"{"Type":"ERROR","ErrorCode":§+400}"#, Kind::UnexpectedByte),
        invalid(
            "a hexadecimal number",
            r#"{"Type":"ERROR","ErrorCode":0§x190}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "no digit after the decimal point",
            r#"{"Type":"ERROR","x":1.§,"ErrorCode":400}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "no digit before the decimal point",
            r#"{"Type":"ERROR","x":-§.5}"#,
            Kind::UnexpectedByte,
        ),
        invalid("no digit in the exponent", r#"{"Type":"ERROR","x":1e+§}"#, Kind::UnexpectedByte),
        invalid("not a number", r#"{"Type":"ERROR","x":§NaN}"#, Kind::UnexpectedByte),
        invalid(
            "a number beyond a double",
            r#"{"Type":"ERROR","x":[0,§1e400]}"#,
            Kind::NumberOutOfRange,
        ),
        invalid(
            "a number at the end of the input",
            r#"{"Type":"ERROR","x":1e400§"#,
            Kind::UnexpectedEnd,
        ),
        invalid(
            "an ErrorCode at the end of the input",
            r#"{"Type":"ERROR","ErrorCode":70000§"#,
            Kind::UnexpectedEnd,
        ),
        invalid("an incomplete literal", r#"{"Type":"ERROR","x":tru§}"#, Kind::UnexpectedByte),
        invalid(
            "a literal with an extra letter",
            r#"{"Type":"ERROR","x":null§l}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an incomplete null",
            r#"{"Type":"ERROR","Id":nul§,"ErrorCode":400}"#,
            Kind::UnexpectedByte,
        ),
        invalid("a comment", r#"{"Type":"ERROR",§/**/"ErrorCode":400}"#, Kind::UnexpectedByte),
        invalid(
            "a no-break space",
            "{\"Type\":\"ERROR\",§\u{a0}\"ErrorCode\":400}",
            Kind::UnexpectedByte,
        ),
        invalid(
            "a form feed",
            "{\"Type\":\"ERROR\",§\u{c}\"ErrorCode\":400}",
            Kind::UnexpectedByte,
        ),
        invalid(
            "a line feed in a string",
            "{\"Type\":\"ERROR\",\"ErrorMessage\":\"a§\nb\"}",
            Kind::ControlCharacter,
        ),
        invalid("a zero byte in a key", "{\"Type\":\"ERROR\",\"§\0\":1}", Kind::ControlCharacter),
        invalid(
            "a tab in a skipped value",
            "{\"Type\":\"ERROR\",\"x\":[\"§\t\"]}",
            Kind::ControlCharacter,
        ),
        invalid(
            "an unknown escape",
            r#"{"Type":"ERROR","ErrorMessage":"ab§\x"}"#,
            Kind::InvalidEscape,
        ),
        invalid("an escape in single quotes", r#"{"Type":"ERROR","x":"§\'"}"#, Kind::InvalidEscape),
        invalid("a capital U", r#"{"Type":"ERROR","ErrorMessage":"§\U0041"}"#, Kind::InvalidEscape),
        invalid(
            "too few hexadecimal digits",
            r#"{"Type":"ERROR","ErrorMessage":"§\u041"}"#,
            Kind::InvalidEscape,
        ),
        invalid(
            "a sign among hexadecimal digits",
            r#"{"Type":"ERROR","ErrorMessage":"§\u+123"}"#,
            Kind::InvalidEscape,
        ),
        invalid(
            "a lone leading surrogate",
            r#"{"Type":"ERROR","ErrorMessage":"§\ud83d"}"#,
            Kind::LoneSurrogate,
        ),
        invalid(
            "a lone trailing surrogate",
            r#"{"Type":"ERROR","ErrorMessage":"§\ude00"}"#,
            Kind::LoneSurrogate,
        ),
        invalid(
            "surrogates in the wrong order",
            r#"{"Type":"ERROR","ErrorMessage":"§\ude00\ud83d"}"#,
            Kind::LoneSurrogate,
        ),
        invalid(
            "two leading surrogates",
            r#"{"Type":"ERROR","ErrorMessage":"§\ud83d\ud83d\ude00"}"#,
            Kind::LoneSurrogate,
        ),
        invalid(
            "a leading surrogate and an escape",
            r#"{"Type":"ERROR","ErrorMessage":"§\ud83d\n"}"#,
            Kind::LoneSurrogate,
        ),
        invalid(
            "a leading surrogate in a skipped value",
            r#"{"Type":"ERROR","x":{"§\ud83d":0}}"#,
            Kind::LoneSurrogate,
        ),
        invalid(
            "a leading surrogate and an invalid escape",
            r#"{"Type":"ERROR","x":"\ud83d§\u00g0"}"#,
            Kind::InvalidEscape,
        ),
        invalid_bytes(
            "invalid UTF-8",
            &[br#"{"Type":"ERROR","ErrorMessage":""#, b"\xff\"}"],
            Kind::InvalidUtf8,
        ),
        invalid_bytes(
            "an overlong character",
            &[br#"{"Type":"ERROR","ErrorMessage":""#, b"\xc0\xaf\"}"],
            Kind::InvalidUtf8,
        ),
        invalid_bytes(
            "a surrogate as bytes",
            &[br#"{"Type":"ERROR","x":""#, b"\xed\xa0\xbd\"}"],
            Kind::InvalidUtf8,
        ),
        invalid_bytes(
            "an error before invalid UTF-8",
            &[br#"{"Type":"ERROR""#, b"x\xff\"}"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "invalid UTF-8 after the end",
            &[br#"{"Type":"ERROR","ErrorCode":400}"#, b"\xff"],
            Kind::TrailingBytes,
        ),
        invalid_bytes(
            "a truncated character after the end",
            &[br#"{"Type":"ERROR","ErrorCode":400}"#, b"\xe2\x82"],
            Kind::TrailingBytes,
        ),
        invalid_bytes("UTF-16", &[b"", b"\xff\xfe{\0\"\0"], Kind::InvalidUtf8),
    ]
}

/// Inputs that end inside a character, and bytes near such an end.
///
/// A truncated character is an unexpected end only where any non-ASCII character is allowed.
fn truncated_characters() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid_bytes(
            "a truncated character after a value",
            &[br#"{"Type":"X""#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character and nothing else",
            &[b"", b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after white space",
            &[b" \t\r\n", b"\xc3"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes("one byte of a byte order mark", &[b"", b"\xef"], Kind::UnexpectedByte),
        invalid_bytes("two bytes of a byte order mark", &[b"", b"\xef\xbb"], Kind::UnexpectedByte),
        invalid_bytes("a byte order mark alone", &[b"", b"\xef\xbb\xbf"], Kind::ByteOrderMark),
        invalid_bytes(
            "a byte order mark and a truncated character",
            &[b"", b"\xef\xbb\xbf\xef\xbb"],
            Kind::ByteOrderMark,
        ),
        invalid_bytes(
            "two bytes of a byte order mark and a brace",
            &[b"", b"\xef\xbb{"],
            Kind::InvalidUtf8,
        ),
        invalid_bytes(
            "a byte order mark after a space",
            &[b" ", b"\xef\xbb\xbf{}"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "two bytes of a byte order mark after a space",
            &[b" ", b"\xef\xbb"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in place of a key",
            &[b"{", b"\xf0\x9f\x98"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in place of a colon",
            &[br#"{"Type""#, b"\xf0\x9f"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in place of a value",
            &[br#"{"Type":"#, b"\xf0"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in place of a required string",
            &[br#"{"Type":"MESSAGE","Id": "#, b"\xe2"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in place of an optional string",
            &[br#"{"Type":"ERROR","Id":"#, b"\xe2"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in place of an ErrorCode",
            &[br#"{"Type":"ERROR","ErrorCode":"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in place of a sender",
            &[br#"{"Type":"MESSAGE","Sender":"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in a sender",
            &[br#"{"Type":"MESSAGE","Sender":{"UserId":"u" "#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in place of attributes",
            &[br#"{"Type":"EVENT","Attributes":"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in place of an attribute",
            &[br#"{"Type":"EVENT","Attributes":{"a":"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after an attribute",
            &[br#"{"Type":"EVENT","Attributes":{"a":"b""#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after attributes",
            &[br#"{"Type":"EVENT","Attributes":{"a":"b"}"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after a comma",
            &[br#"{"Type":"EVENT","#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in an array",
            &[br#"{"Type":"EVENT","x":[1,"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in an object",
            &[br#"{"x":{"y":{}"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in a literal",
            &[br#"{"x":tru"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in a null",
            &[br#"{"Type":"ERROR","Id":nul"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after a sign",
            &[br#"{"x":-"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after a point",
            &[br#"{"x":0."#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character in an exponent",
            &[br#"{"x":1e"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after a number",
            &[br#"{"x":10"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after an ErrorCode",
            &[br#"{"Type":"ERROR","ErrorCode":400"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "an error, then Type, then a truncated character",
            &[br#"{"Id":"#, b"5,\"Type\":\"MESSAGE\"\xe2\x82"],
            Kind::WrongType(Field::Id),
        ),
        invalid_bytes(
            "an error, then a truncated character",
            &[br#"{"Id":5"#, b"\xe2\x82"],
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "a truncated character after white space after the end",
            &[br#"{"Type":"X"} "#, b"\xe2\x82"],
            Kind::TrailingBytes,
        ),
        invalid_bytes(
            "invalid UTF-8 after a value",
            &[br#"{"Type":"X""#, b"\xff"],
            Kind::InvalidUtf8,
        ),
        invalid_bytes(
            "a truncated character in a Type",
            &[b"{\"Type\":\"M\xc3", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated character in a key",
            &[b"{\"\xe2\x82", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated character in a string",
            &[b"{\"Type\":\"MESSAGE\",\"Content\":\"\xf0\x9f\x98", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated character in an attribute",
            &[b"{\"Type\":\"EVENT\",\"Attributes\":{\"a\":\"b\xf0", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated character in a skipped value",
            &[b"{\"x\":[\"\xe2\x82", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated character after an escape",
            &[b"{\"x\":\"\\n\xe2\x82", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated character after a code unit",
            &[b"{\"x\":\"\\u0041\xe2\x82", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated character after a surrogate pair",
            &[b"{\"x\":\"\\ud83d\\ude00\xe2\x82", b""],
            Kind::UnexpectedEnd,
        ),
        invalid_bytes(
            "a truncated overlong character",
            &[br#"{"x":""#, b"\xe0\x80"],
            Kind::InvalidUtf8,
        ),
        invalid_bytes(
            "a truncated surrogate as bytes",
            &[br#"{"x":""#, b"\xed\xa0"],
            Kind::InvalidUtf8,
        ),
        invalid_bytes(
            "a truncated character beyond Unicode",
            &[br#"{"x":""#, b"\xf4\x90"],
            Kind::InvalidUtf8,
        ),
        invalid(
            "a non-ASCII character in place of an escape",
            r#"{"x":"a§\é"}"#,
            Kind::InvalidEscape,
        ),
        invalid(
            "a non-ASCII character in place of a hexadecimal digit",
            r#"{"x":"a§\u12é"}"#,
            Kind::InvalidEscape,
        ),
        invalid(
            "a non-ASCII character after a leading surrogate",
            r#"{"x":"a§\ud83dé"}"#,
            Kind::LoneSurrogate,
        ),
        invalid_bytes(
            "a truncated character in place of an escape",
            &[br#"{"x":"a"#, b"\\\xe2\x82"],
            Kind::InvalidEscape,
        ),
        invalid_bytes(
            "a truncated character in place of an escape in a key",
            &[br#"{"a"#, b"\\\xe2\x82"],
            Kind::InvalidEscape,
        ),
        invalid_bytes(
            "a truncated character in place of an escape in an attribute",
            &[br#"{"Type":"EVENT","Attributes":{"a":"b"#, b"\\\xe2\x82"],
            Kind::InvalidEscape,
        ),
        invalid_bytes(
            "a truncated character in place of the first hexadecimal digit",
            &[br#"{"x":"a"#, b"\\u\xe2\x82"],
            Kind::InvalidEscape,
        ),
        invalid_bytes(
            "a truncated character in place of the second hexadecimal digit",
            &[br#"{"x":"a"#, b"\\u1\xf0\x9f\x98"],
            Kind::InvalidEscape,
        ),
        invalid_bytes(
            "a truncated character in place of the last hexadecimal digit",
            &[br#"{"x":"a"#, b"\\u123\xc3"],
            Kind::InvalidEscape,
        ),
        invalid_bytes(
            "a truncated character after a leading surrogate",
            &[br#"{"x":"a"#, b"\\ud83d\xe2\x82"],
            Kind::LoneSurrogate,
        ),
        invalid_bytes(
            "a truncated character in place of the escape of a trailing surrogate",
            &[br#"{"x":"a"#, b"\\ud83d\\\xe2\x82"],
            Kind::LoneSurrogate,
        ),
        invalid_bytes(
            "a truncated character in place of a digit of a trailing surrogate",
            &[br#"{"x":"a\ud83d"#, b"\\ude0\xe2\x82"],
            Kind::InvalidEscape,
        ),
    ]
}

/// Values that are nested too deep, and mismatched brackets.
fn nesting() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid(
            "arrays nested too deep",
            &format!(r#"{{"Type":"ERROR","x":{}§{}"#, "[".repeat(126), "[".repeat(500)),
            Kind::NestedTooDeep,
        ),
        invalid(
            "objects nested too deep",
            &format!(r#"{{"Type":"ERROR","x":{}§{{"x":"#, r#"{"x":"#.repeat(126)),
            Kind::NestedTooDeep,
        ),
        invalid(
            "too deep inside Sender",
            &format!(r#"{{"Type":"MESSAGE","Sender":{{"x":{}§["#, "[".repeat(125)),
            Kind::NestedTooDeep,
        ),
        invalid(
            "too deep for an unknown Type",
            &format!(r#"{{"x":{}§[1]"#, "[".repeat(126)),
            Kind::NestedTooDeep,
        ),
        invalid(
            "an array closed as an object",
            r#"{"Type":"ERROR","x":[[1]§}}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an object closed as an array",
            r#"{"Type":"ERROR","x":{"y":{}§]"#,
            Kind::UnexpectedByte,
        ),
        invalid("an array without a comma", r#"{"Type":"ERROR","x":[1 §2]}"#, Kind::UnexpectedByte),
        invalid(
            "an array with a trailing comma",
            r#"{"Type":"ERROR","x":[1,§]}"#,
            Kind::UnexpectedByte,
        ),
    ]
}

/// Errors before `Type`. They count only if the payload of that type has the member.
fn errors_before_type() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid("Id is a number before Type", r#"{"Id":§5,"Type":"MESSAGE"}"#, Kind::WrongType(Field::Id)),
        invalid("Id is a number before Type, in an ERROR payload", r#"{"Id":§5,"Type":"ERROR"}"#, Kind::WrongType(Field::Id)),
        invalid("Id is null before Type", r#"{"Id":§null,"Id":null,"Type":"EVENT"}"#, Kind::WrongType(Field::Id)),
        invalid(
            "Id is null twice, in an ERROR payload",
            r#"{"Id":null,§"Id":null,"Type":"ERROR","ErrorCode":400}"#,
            Kind::DuplicateField(Field::Id),
        ),
        invalid(
            "Id twice before Type, the second a number",
            r#"{"Id":"i",§"Id":5,"Type":"MESSAGE"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        invalid("Id twice before Type, the first a number", r#"{"Id":§5,"Id":"i","Type":"EVENT"}"#, Kind::WrongType(Field::Id)),
        invalid(
            "two errors before Type",
            r#"{"Content":§7,"Id":8,"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::Content),
        ),
        invalid(
            "two errors before Type, only the second relevant",
            r#"{"ErrorCode":"x","Content":§7,"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::Content),
        ),
        invalid(
            "two errors before Type, only the first relevant",
            r#"{"ErrorCode":§"x","Content":7,"Type":"ERROR"}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        invalid(
            "many errors before Type, only the last relevant",
            r#"{"Content":1,"Content":2,"Sender":{},"Sender":3,"SendTime":4,"Id":"i","EventName":5,"EventName":6,"Attributes":{"a":1},§"Id":"j","Type":"ERROR"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        invalid(
            "an error before Type and one after it",
            r#"{"Content":§7,"Type":"MESSAGE","Id":8}"#,
            Kind::WrongType(Field::Content),
        ),
        invalid("an error before a Type that is null", r#"{"Id":5,"Type":§null}"#, Kind::WrongType(Field::Type)),
        invalid("errors and no Type", r#"{"Id":5,"Id":6,"Sender":{}§}"#, Kind::MissingField(Field::Type)),
        invalid("an error, no Type, and trailing bytes", r#"{"Id":5} §x"#, Kind::TrailingBytes),
        invalid("a Type in Sender only", r#"{"Sender":{"Type":"MESSAGE"},"Id":"i"§}"#, Kind::MissingField(Field::Type)),
        invalid("a Type in Attributes only", r#"{"Attributes":{"Type":"EVENT"}§}"#, Kind::MissingField(Field::Type)),
        invalid(
            "a hundred irrelevant errors, a relevant one, then Type",
            &format!(
                r#"{{{}"Id":§5,{}"Type":"ERROR"}}"#,
                r#""Content":5,"SendTime":5,"Sender":{"UserId":5},"EventName":5,"Attributes":{"a":5},"#.repeat(20),
                r#""ErrorMessage":5,"Id":6,"Content":6,"#.repeat(20),
            ),
            Kind::WrongType(Field::Id),
        ),
        invalid(
            "a hundred irrelevant errors, then Type, then a relevant one",
            &format!(
                r#"{{{}"Type":"MESSAGE","Id":§5}}"#,
                r#""ErrorCode":"x","ErrorMessage":5,"EventName":5,"UserId":5,"Reason":5,"#.repeat(20),
            ),
            Kind::WrongType(Field::Id),
        ),
        invalid(
            "relevant errors in every field, then Type",
            r#"{"Sender":{"Attributes":{"a":§1},"UserId":2},"SendTime":3,"Content":4,"Attributes":5,"RequestId":6,"Id":7,"Id":8,"Sender":9,"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "an Id that is null, then a number, in an ERROR payload",
            r#"{"Id":null,§"Id":5,"Type":"ERROR"}"#,
            Kind::DuplicateField(Field::Id),
        ),
        invalid(
            "a RequestId of the wrong type before Type",
            r#"{"RequestId":§[],"Type":"ERROR"}"#,
            Kind::WrongType(Field::RequestId),
        ),
    ]
}

/// The order of errors.
///
/// Invalid JSON up to the end of `Type` is reported first. After `Type`, the first error in order
/// of position is reported.
fn order_of_errors() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid(
            "an error, then broken JSON, then Type",
            r#"{"Id":5,"x":tru§,"Type":"MESSAGE"}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an error, then Type, then broken JSON",
            r#"{"Id":§5,"Type":"MESSAGE","x":tru}"#,
            Kind::WrongType(Field::Id),
        ),
        invalid(
            "an irrelevant problem, then broken JSON",
            r#"{"EventName":5,"Type":"MESSAGE","x":tru§}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an error, then a Type with an invalid escape",
            r#"{"Id":5,"Type":"MESSAGE§\x"}"#,
            Kind::InvalidEscape,
        ),
        invalid(
            "an error, then a Type without a colon",
            r#"{"Id":5,"Type"§"MESSAGE"}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an error, then a truncated Type",
            r#"{"Id":5,"Type":"MESSAGE§"#,
            Kind::UnexpectedEnd,
        ),
        invalid(
            "an error, then Type, then the end",
            r#"{"Id":§5,"Type":"MESSAGE""#,
            Kind::WrongType(Field::Id),
        ),
        invalid(
            "a duplicate, then Type, then the end",
            r#"{"Id":"i",§"Id":"i","Type":"ERROR""#,
            Kind::DuplicateField(Field::Id),
        ),
        invalid(
            "an irrelevant problem, then Type, then the end",
            r#"{"EventName":5,"Type":"MESSAGE"§"#,
            Kind::UnexpectedEnd,
        ),
        invalid(
            "an error, then Type, then trailing bytes",
            r#"{"Id":§5,"Type":"MESSAGE"}x"#,
            Kind::WrongType(Field::Id),
        ),
        invalid(
            "broken JSON in a value of the wrong type",
            r#"{"Type":"MESSAGE","Id":§[1 2]}"#,
            Kind::WrongType(Field::Id),
        ),
        invalid(
            "broken JSON in a value of the wrong type before Type",
            r#"{"Id":[1 §2],"Type":"MESSAGE"}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "broken JSON in a member of another payload",
            r#"{"Type":"MESSAGE","EventName":[1 §2]}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "broken JSON in the Sender of an event",
            r#"{"Type":"EVENT","Sender":{"UserId":1 §2}}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "broken JSON in a duplicate",
            r#"{"Type":"EVENT","Id":"i",§"Id":[1 2]}"#,
            Kind::DuplicateField(Field::Id),
        ),
        invalid(
            "broken JSON in a duplicate, before Type",
            r#"{"Id":"i","Id":[1 §2],"Type":"EVENT"}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "a duplicate without a colon",
            r#"{"Type":"EVENT","Id":"i","Id"§}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an invalid literal for a required string",
            r#"{"Type":"MESSAGE","Id":§nope}"#,
            Kind::WrongType(Field::Id),
        ),
        invalid(
            "an invalid literal for an optional string",
            r#"{"Type":"MESSAGE","RequestId":n§ope}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an invalid literal before Type",
            r#"{"Id":n§ope,"Type":"MESSAGE"}"#,
            Kind::UnexpectedByte,
        ),
        invalid_bytes(
            "an error, then Type, then invalid UTF-8",
            &[br#"{"Id":"#, b"5,\"Type\":\"MESSAGE\",\"x\":\"\xff\"}"],
            Kind::WrongType(Field::Id),
        ),
        invalid_bytes(
            "an error, then invalid UTF-8, then Type",
            &[br#"{"Id":5,"x":""#, b"\xff\",\"Type\":\"MESSAGE\"}"],
            Kind::InvalidUtf8,
        ),
        invalid_bytes(
            "a missing member, then invalid UTF-8",
            &[br#"{"Type":"MESSAGE""#, b"}\xff"],
            Kind::MissingField(Field::Id),
        ),
        invalid_bytes(
            "a missing member, then a truncated character",
            &[br#"{"Type":"MESSAGE""#, b"}\xe2\x82"],
            Kind::MissingField(Field::Id),
        ),
    ]
}

/// Payloads with more than one `Type`.
fn repeated_types() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid(
            "Type twice, the second different",
            r#"{"Type":"ERROR",§"Type":"MESSAGE","ErrorCode":"x"}"#,
            Kind::DuplicateField(Field::Type),
        ),
        invalid(
            "Type, then an error, then Type again",
            r#"{"Type":"ERROR","ErrorCode":§"x","Type":"MESSAGE"}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        invalid(
            "an error, then Type twice",
            r#"{"ErrorCode":§"x","Type":"ERROR","Type":5}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        invalid(
            "Type twice, the first decides",
            r#"{"ErrorCode":"x","Type":"MESSAGE",§"Type":"ERROR"}"#,
            Kind::DuplicateField(Field::Type),
        ),
        invalid(
            "Type twice, the second a number",
            r#"{"Type":"NEW",§"Type":5}"#,
            Kind::DuplicateField(Field::Type),
        ),
        invalid(
            "Type twice, the first a number",
            r#"{"Type":§5,"Type":"NEW"}"#,
            Kind::WrongType(Field::Type),
        ),
    ]
}

/// The members of `Sender`. A missing `UserId` is reported at its closing brace.
fn sender_members() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid(
            "UserId is a number before Type",
            r#"{"Sender":{"UserId":§7},"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::UserId),
        ),
        invalid(
            "a missing UserId before Type",
            r#"{"Sender":{"x":{}§},"Type":"MESSAGE"}"#,
            Kind::MissingField(Field::UserId),
        ),
        invalid(
            "UserId twice before Type",
            r#"{"Sender":{"UserId":"u",§"UserId":"u"},"Type":"MESSAGE"}"#,
            Kind::DuplicateField(Field::UserId),
        ),
        invalid(
            "Sender twice before Type",
            r#"{"Sender":{"UserId":"u"},§"Sender":{},"Type":"MESSAGE"}"#,
            Kind::DuplicateField(Field::Sender),
        ),
        invalid(
            "a Sender without a UserId, then another Sender",
            r#"{"Sender":{§},"Sender":{},"Type":"MESSAGE"}"#,
            Kind::MissingField(Field::UserId),
        ),
        invalid(
            "a missing UserId comes before a missing Id",
            r#"{"Type":"MESSAGE","Sender":{§}}"#,
            Kind::MissingField(Field::UserId),
        ),
        invalid(
            "a missing UserId comes before broken JSON",
            r#"{"Type":"MESSAGE","Sender":{§},"x":tru}"#,
            Kind::MissingField(Field::UserId),
        ),
        invalid(
            "a missing UserId comes after broken JSON before Type",
            r#"{"Sender":{},"x":tru§,"Type":"MESSAGE"}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "a missing UserId comes before trailing bytes",
            r#"{"Type":"MESSAGE","Sender":{§}}x"#,
            Kind::MissingField(Field::UserId),
        ),
        invalid(
            "a UserId of the message is not the sender's",
            r#"{"Type":"MESSAGE","UserId":"u","Sender":{§}}"#,
            Kind::MissingField(Field::UserId),
        ),
        invalid(
            "an Id of the sender is not the message's",
            r#"{"Type":"MESSAGE","Content":"c","SendTime":"t","Sender":{"UserId":"u","Id":"i"}§}"#,
            Kind::MissingField(Field::Id),
        ),
        invalid(
            "a sender with a trailing comma",
            r#"{"Type":"MESSAGE","Sender":{"UserId":"u",§}}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "a sender that is not closed",
            r#"{"Type":"MESSAGE","Sender":{"UserId":"u"§"#,
            Kind::UnexpectedEnd,
        ),
        invalid("only a Type", r#"{"Type":"MESSAGE"§}"#, Kind::MissingField(Field::Id)),
        invalid("only a Type, and trailing bytes", r#"{"Type":"MESSAGE"} §x"#, Kind::TrailingBytes),
    ]
}

/// Attributes, whose values must be strings.
fn attributes() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid(
            "an attribute is a number before Type",
            r#"{"Attributes":{"a":"b","c":§1},"Type":"EVENT"}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "an attribute of the sender is null before Type",
            r#"{"Sender":{"UserId":"u","Attributes":{"a":§null}},"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "an attribute is a number, then broken JSON",
            r#"{"Type":"EVENT","Attributes":{"a":§1,"b":}}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "an attribute is a number, then broken JSON, then Type",
            r#"{"Attributes":{"a":1,"b":§},"Type":"EVENT"}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an attribute is a malformed number",
            r#"{"Type":"EVENT","Attributes":{"a":§01}}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "an attribute is a malformed number before Type",
            r#"{"Attributes":{"a":0§1},"Type":"EVENT"}"#,
            Kind::UnexpectedByte,
        ),
        invalid(
            "an attribute is an object with a number",
            r#"{"Attributes":{"a":"b","c":§{"d":1}},"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "Attributes twice before Type, once null",
            r#"{"Attributes":null,§"Attributes":null,"Type":"MESSAGE"}"#,
            Kind::DuplicateField(Field::Attributes),
        ),
        invalid(
            "Attributes is a number, and twice",
            r#"{"Attributes":§1,"Attributes":{},"Type":"MESSAGE"}"#,
            Kind::WrongType(Field::Attributes),
        ),
    ]
}

/// Numbers in and around `ErrorCode`.
fn numbers() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid(
            "ErrorCode beyond a double",
            r#"{"Type":"ERROR","ErrorCode":§1e999}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        invalid(
            "ErrorCode beyond a double before Type",
            r#"{"ErrorCode":§1e999,"Type":"ERROR"}"#,
            Kind::NumberOutOfRange,
        ),
        invalid(
            "ErrorCode beyond a double in a message",
            r#"{"ErrorCode":§1e999,"Type":"MESSAGE"}"#,
            Kind::NumberOutOfRange,
        ),
        invalid(
            "ErrorCode is too large before Type",
            r#"{"ErrorCode":§65536,"Type":"ERROR"}"#,
            Kind::NumberOutOfRange,
        ),
        invalid(
            "ErrorCode is no integer before Type",
            r#"{"ErrorCode":§4e2,"Type":"ERROR"}"#,
            Kind::WrongType(Field::ErrorCode),
        ),
        invalid(
            "ErrorCode twice before Type",
            r#"{"ErrorCode":400,§"ErrorCode":65536,"Type":"ERROR"}"#,
            Kind::DuplicateField(Field::ErrorCode),
        ),
        invalid(
            "Id beyond a double",
            r#"{"Type":"EVENT","Id":§1e999}"#,
            Kind::WrongType(Field::Id),
        ),
        invalid(
            "Id beyond a double before Type",
            r#"{"ErrorCode":"x","Id":§1e999,"Type":"ERROR"}"#,
            Kind::NumberOutOfRange,
        ),
    ]
}

/// Values that are nested too deep before `Type` or in other members.
fn nesting_before_type() -> Vec<Vector<Subscribe<'static>>> {
    vec![
        invalid(
            "too deep before Type",
            &format!(r#"{{"x":{}§[{},"Type":"MESSAGE"}}"#, "[".repeat(126), "]".repeat(127)),
            Kind::NestedTooDeep,
        ),
        invalid(
            "too deep inside a sender before Type",
            &format!(
                r#"{{"Sender":{{"x":{}§[{}}},"Type":"MESSAGE"}}"#,
                "[".repeat(125),
                "]".repeat(126)
            ),
            Kind::NestedTooDeep,
        ),
        invalid(
            "too deep inside the sender of an event",
            &format!(
                r#"{{"Type":"EVENT","Sender":{{"UserId":{}§[{}}}}}"#,
                "[".repeat(125),
                "]".repeat(126)
            ),
            Kind::NestedTooDeep,
        ),
        invalid(
            "too deep inside attributes",
            &format!(
                r#"{{"Type":"EVENT","Attributes":{{"a":§{}{}}}}}"#,
                "[".repeat(126),
                "]".repeat(126)
            ),
            Kind::WrongType(Field::Attributes),
        ),
        invalid(
            "too deep inside attributes before Type",
            &format!(
                r#"{{"Attributes":{{"a":{}§[{}}},"Type":"EVENT"}}"#,
                "[".repeat(125),
                "]".repeat(126)
            ),
            Kind::NestedTooDeep,
        ),
        invalid(
            "deep inside attributes before Type",
            &format!(
                r#"{{"Attributes":{{"a":§{}{}}},"Type":"EVENT"}}"#,
                "[".repeat(125),
                "]".repeat(125)
            ),
            Kind::WrongType(Field::Attributes),
        ),
    ]
}
