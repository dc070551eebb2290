//! Does the crate follow the tables of the Chat Messaging API Reference, row by row and in their
//! order?

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::{Event, EventKind, Message, ServiceError, Subscribe, SystemEvent};
use ivs_chat_proto::{
    Attributes, BufferTooSmall, Capability, CloseReason, Content, DecodeErrorKind, Endpoint,
    ErrorCode, Field, REGIONS, Text, Timestamp, Token,
};
use serde_json::{Value, json};

/// A field, and `true` if it is required.
type Row = (Field, bool);

/// Removes each field of the template, and then replaces it with `null`. Either is an error for a
/// required field only. The template must have these fields and no others.
fn check_fields<'a, P: core::fmt::Debug>(
    template: &Value,
    rows: &[Row],
    decode: impl Fn(&str) -> Result<P, ivs_chat_proto::DecodeError> + 'a,
) {
    decode(&template.to_string()).expect("the template");
    for &(field, required) in rows {
        let mut without = template.clone();
        without
            .as_object_mut()
            .expect("an object")
            .remove(field.name())
            .expect("a field of the template");
        let found = decode(&without.to_string()).map_err(|error| error.kind());
        let expected = required.then_some(DecodeErrorKind::MissingField(field));
        assert_eq!(found.err(), expected, "without {field}");

        let mut null = template.clone();
        null[field.name()] = Value::Null;
        let found = decode(&null.to_string()).map_err(|error| error.kind());
        let expected = required.then_some(DecodeErrorKind::WrongType(field));
        assert_eq!(found.err(), expected, "{field} is null");
    }
    let names: Vec<_> = rows.iter().map(|(field, _)| field.name()).collect();
    assert_eq!(template.as_object().expect("an object").len(), names.len(), "{names:?}");
}

/// Converts an encoded payload to a string.
fn string(encoded: Result<&[u8], BufferTooSmall>) -> String {
    String::from_utf8(encoded.expect("room").into()).expect("text")
}

#[test]
fn endpoint_and_token_follow_the_reference() {
    let token = Token::new("eyJhbGci_-.~!#1").expect("a token");
    assert_eq!(Token::HEADER_NAME.to_ascii_lowercase(), "sec-websocket-protocol");
    assert_eq!(token.header_value(), "eyJhbGci_-.~!#1");
    for region in REGIONS {
        let endpoint = Endpoint::new(region).expect("a region");
        assert_eq!(endpoint.to_string(), format!("wss://edge.ivschat.{region}.amazonaws.com"));
        assert_eq!(endpoint.region(), *region);
    }
}

#[test]
fn delete_message_publish_has_the_fields_of_the_reference() {
    assert_eq!(DeleteMessage::REQUIRED_CAPABILITY, Capability::DeleteMessage);
    assert_eq!(Capability::DeleteMessage.name(), "DELETE_MESSAGE");
    let template = json!({"Action": "DELETE_MESSAGE", "Id": "i", "Reason": "r", "RequestId": "q"});
    check_fields(
        &template,
        &[
            (Field::Action, true),
            (Field::Id, true),
            (Field::Reason, false),
            (Field::RequestId, false),
        ],
        |json| {
            Publish::decode_str(json)
                .map(|publish| assert_eq!(publish.action(), DeleteMessage::ACTION))
        },
    );
    let json = template.to_string();
    let Ok(Publish::DeleteMessage(delete)) = Publish::decode_str(&json) else { panic!() };
    assert_eq!(
        (delete.id, delete.reason, delete.request_id),
        (Text::new("i"), Some("r".into()), Some("q".into()))
    );
}

#[test]
fn disconnect_user_publish_has_the_fields_of_the_reference() {
    assert_eq!(DisconnectUser::REQUIRED_CAPABILITY, Capability::DisconnectUser);
    assert_eq!(Capability::DisconnectUser.name(), "DISCONNECT_USER");
    let template =
        json!({"Action": "DISCONNECT_USER", "RequestId": "q", "Reason": "r", "UserId": "u"});
    check_fields(
        &template,
        &[
            (Field::Action, true),
            (Field::RequestId, false),
            (Field::Reason, false),
            (Field::UserId, true),
        ],
        |json| {
            Publish::decode_str(json)
                .map(|publish| assert_eq!(publish.action(), DisconnectUser::ACTION))
        },
    );
    let json = template.to_string();
    let Ok(Publish::DisconnectUser(disconnect)) = Publish::decode_str(&json) else { panic!() };
    assert_eq!(disconnect.user_id, "u");
    assert_eq!((disconnect.reason, disconnect.request_id), (Some("r".into()), Some("q".into())));
}

#[test]
fn send_message_publish_has_the_fields_of_the_reference() {
    assert_eq!(SendMessage::REQUIRED_CAPABILITY, Capability::SendMessage);
    assert_eq!(Capability::SendMessage.name(), "SEND_MESSAGE");
    let attributes = json!({"user_id": "u", "display_name": "d"});
    let template = json!({
        "Action": "SEND_MESSAGE", "Attributes": attributes, "Content": "c", "RequestId": "q",
    });
    check_fields(
        &template,
        &[
            (Field::Action, true),
            (Field::Attributes, false),
            (Field::Content, true),
            (Field::RequestId, false),
        ],
        |json| {
            Publish::decode_str(json)
                .map(|publish| assert_eq!(publish.action(), SendMessage::ACTION))
        },
    );
    let json = template.to_string();
    let Ok(Publish::SendMessage(send)) = Publish::decode_str(&json) else { panic!() };
    assert_eq!((send.content.text(), send.content.code_point_count()), ("c".into(), 1));
    assert_eq!(send.attributes.get("display_name"), Some("d".into()));
}

#[test]
fn content_is_counted_in_code_points() {
    // One to four bytes in UTF-8, one and two code units in UTF-16, and one or more code points per
    // visible character.
    for (text, code_points) in
        [("a", 1), ("é", 1), ("語", 1), ("😀", 1), ("e\u{301}", 2), ("👩‍👩‍👧", 5), ("🇯🇵", 2)]
    {
        assert_eq!(
            Content::new(text).expect("short enough").code_point_count(),
            code_points,
            "{text}"
        );
        let repeats = 500 / usize::from(code_points);
        let exact = text.repeat(repeats) + &"x".repeat(500 - repeats * usize::from(code_points));
        assert_eq!(
            Content::new(exact.as_str()).expect("exactly long enough").code_point_count(),
            500
        );
        let longer = exact.clone() + "x";
        let error = Content::new(longer.as_str()).expect_err("too long");
        assert_eq!((error.code_point_count(), error.max_code_points()), (501, 500));
        let payload = json!({"Action": "SEND_MESSAGE", "Content": exact}).to_string();
        assert!(Publish::decode_str(&payload).is_ok());
        let payload = json!({"Action": "SEND_MESSAGE", "Content": longer}).to_string();
        assert_eq!(
            Publish::decode_str(&payload).unwrap_err().kind(),
            DecodeErrorKind::ContentTooLong
        );
    }
    assert!(Content::with_limit("four", 4).is_ok());
    assert_eq!(Content::with_limit("fives", 4).unwrap_err().max_code_points(), 4);
    // No limit exceeds that of the API, and no limit allows an empty content.
    assert_eq!(
        Content::with_limit("x".repeat(501).as_str(), 1000).unwrap_err().max_code_points(),
        500
    );
    assert_eq!(Content::with_limit("", 500).unwrap_err().code_point_count(), 0);
    assert!(Content::with_limit("x", 0).is_err());
}

#[test]
fn publish_is_written_without_empty_attributes() {
    let encoded = |attributes: Attributes<'_>| {
        let mut send = SendMessage::new(Content::new("c").expect("short enough"));
        send.attributes = attributes;
        let encoded = string(send.encode(&mut [0; 128]));
        assert_eq!(send.encoded_len(), encoded.len());
        encoded
    };
    let without = r#"{"Action":"SEND_MESSAGE","Content":"c"}"#;
    let pairs: &[(&str, &str)] = &[];
    let texts: &[(Text<'_>, Text<'_>)] = &[];
    assert_eq!(encoded(Attributes::NONE), without);
    assert_eq!(encoded(pairs.into()), without);
    assert_eq!(encoded(texts.into()), without);
    #[cfg(feature = "alloc")]
    assert_eq!(encoded(Attributes::from(&std::collections::BTreeMap::new())), without);
    // All other attributes are written, including empty names and values. Decoded attributes are
    // written as received.
    let with = |attributes: &str| without.replace('}', &format!(r#","Attributes":{attributes}}}"#));
    assert_eq!(encoded(Attributes::from(&[("", "")])), with(r#"{"":""}"#));
    for attributes in ["{}", "{ }", "null"] {
        let payload = with(attributes);
        let publish = Publish::decode_str(&payload).expect("a payload");
        assert_eq!(string(publish.encode(&mut [0; 128])), payload);
    }

    // The service always writes the member, so a subscribe has it, too.
    let mut event = Event::new("i", "e", "t");
    for (attributes, expected) in [(Attributes::NONE, "null"), (pairs.into(), "{}")] {
        event.attributes = attributes;
        let encoded = string(event.encode(&mut [0; 128]));
        assert!(encoded.contains(&format!(r#","Attributes":{expected},"#)), "{encoded}");
    }
}

#[test]
fn max_plain_len_is_exactly_enough() {
    let encoded_len = |content: &str| {
        let mut send = SendMessage::new(Content::new(content).expect("short enough"));
        send.request_id = Some("8f0e3c52-6f6f-4b58-9d07-0d3fc6a2a8c1".into());
        send.encoded_len()
    };
    let longest = "\u{1}".repeat(500);
    assert_eq!(encoded_len(&longest), SendMessage::MAX_PLAIN_LEN);
    let mut send = SendMessage::new(Content::new(longest.as_str()).expect("short enough"));
    send.request_id = Some("8f0e3c52-6f6f-4b58-9d07-0d3fc6a2a8c1".into());
    let mut buffer = [0; SendMessage::MAX_PLAIN_LEN];
    assert!(send.encode(&mut buffer[1..]).is_err());
    let encoded = send.encode(&mut buffer).expect("room");
    assert_eq!(encoded.len(), SendMessage::MAX_PLAIN_LEN);
    let decoded = Publish::decode(encoded).expect("a payload");
    assert_eq!(decoded, send.into());

    // No character is longer: neither alone, nor next to itself or to another character.
    let alone = encoded_len("\u{1}");
    for character in char::MIN..=char::MAX {
        assert!(encoded_len(character.encode_utf8(&mut [0; 4])) <= alone, "{character:?}");
    }
    let beyond_ascii = "\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}😀\u{10ffff}";
    let representatives = (0..0x80).map(char::from).chain(beyond_ascii.chars());
    for one in representatives.clone() {
        for other in representatives.clone().step_by(7) {
            let content = [one, other].repeat(250).into_iter().collect::<String>();
            assert!(encoded_len(&content) <= SendMessage::MAX_PLAIN_LEN, "{one:?}, {other:?}");
        }
        let content = String::from(one).repeat(500);
        assert!(encoded_len(&content) <= SendMessage::MAX_PLAIN_LEN, "{one:?}");
    }
}

#[test]
fn operations_convert_by_value_and_by_reference() {
    let mut send = SendMessage::new(Content::new("c").expect("short enough"));
    send.attributes = Attributes::from(&[("a", "b")]);
    let delete = DeleteMessage::new("i");
    let disconnect = DisconnectUser::new("u");
    for (by_value, by_reference, expected) in [
        (Publish::from(send), Publish::from(&send), Publish::SendMessage(send)),
        (Publish::from(delete), Publish::from(&delete), Publish::DeleteMessage(delete)),
        (
            Publish::from(disconnect),
            Publish::from(&disconnect),
            Publish::DisconnectUser(disconnect),
        ),
    ] {
        assert_eq!(by_value, expected);
        assert_eq!(by_reference, expected);
        assert_eq!(Publish::from(&expected), expected);
    }
}

#[test]
fn event_subscribe_has_the_fields_of_the_reference() {
    let template = json!({
        "Attributes": {"string": "string"}, "EventName": "user_joined", "Id": "i", "RequestId": "q",
        "SendTime": "string::date-time", "Type": "EVENT",
    });
    check_fields(
        &template,
        &[
            (Field::Attributes, false),
            (Field::EventName, true),
            (Field::Id, true),
            (Field::RequestId, false),
            (Field::SendTime, true),
            (Field::Type, true),
        ],
        |json| {
            Subscribe::decode_str(json)
                .map(|subscribe| assert_eq!(subscribe.type_name(), Event::TYPE))
        },
    );
    let json = template.to_string();
    let Ok(Subscribe::Event(event)) = Subscribe::decode_str(&json) else { panic!() };
    assert_eq!(event.kind(), EventKind::Application);
    assert!(event.send_time.parse().is_err());
}

/// Returns the kind of an event with this name and these attributes.
fn kind<'a>(name: &'a str, attributes: &'a [(&'a str, &'a str)]) -> EventKind<'a> {
    let mut event = Event::new("i", name, "t");
    event.attributes = Attributes::from(attributes);
    event.kind()
}

#[test]
fn service_events_are_recognized() {
    let deleted = |message_id: &'static str, reason: Option<&'static str>| {
        EventKind::DeletedMessage { message_id: message_id.into(), reason: reason.map(Text::from) }
    };
    assert_eq!(
        kind("aws:DELETE_MESSAGE", &[("MessageId", "m"), ("MessageID", "n"), ("Reason", "r")]),
        deleted("m", Some("r"))
    );
    assert_eq!(
        kind("aws:DELETE_MESSAGE", &[("MessageID", "n"), ("Reason", "")]),
        deleted("n", Some(""))
    );
    assert_eq!(kind("aws:DELETE_MESSAGE", &[("MessageId", "m")]), deleted("m", None));
    assert_eq!(
        kind("aws:DELETE_MESSAGE", &[("MessageId", ""), ("MessageID", "n")]),
        deleted("n", None)
    );
    assert_eq!(kind("aws:DELETE_MESSAGE", &[("MessageID", "")]), EventKind::Application);
    assert_eq!(kind("aws:DISCONNECT_USER", &[("UserId", "")]), EventKind::Application);
    let disconnected =
        EventKind::DisconnectedUser { user_id: "u".into(), reason: Some("r".into()) };
    assert_eq!(kind("aws:DISCONNECT_USER", &[("Reason", "r"), ("UserId", "u")]), disconnected);
    for (name, attributes) in [
        ("aws:DELETE_MESSAGE", &[("messageid", "m")]),
        ("aws:DISCONNECT_USER", &[("MessageId", "m")]),
        ("aws:delete_message", &[("MessageId", "m")]),
        ("aws:SOMETHING_NEW", &[("MessageId", "m")]),
        ("DELETE_MESSAGE", &[("MessageId", "m")]),
    ] {
        assert_eq!(kind(name, attributes), EventKind::Application, "{name}");
    }

    let deletion = SystemEvent::delete_message("m", None);
    let event = Event::system("i", &deletion, "t");
    assert_eq!(event.kind(), deleted("m", Some("")));
    assert_eq!(
        string(event.encode(&mut [0; 512])),
        concat!(
            r#"{"Type":"EVENT","Id":"i","RequestId":"","EventName":"aws:DELETE_MESSAGE","#,
            r#""Attributes":{"MessageID":"m","MessageId":"m","Reason":""},"SendTime":"t"}"#,
        )
    );
    let disconnection = SystemEvent::disconnect_user("u", Some("r".into()));
    let event = Event::system("i", &disconnection, "t");
    assert_eq!(event.kind(), disconnected);
    assert_eq!(
        string(event.encode(&mut [0; 512])),
        concat!(
            r#"{"Type":"EVENT","Id":"i","RequestId":"","EventName":"aws:DISCONNECT_USER","#,
            r#""Attributes":{"Reason":"r","UserId":"u"},"SendTime":"t"}"#,
        )
    );
}

#[test]
fn message_subscribe_has_the_fields_of_the_reference() {
    let template = json!({
        "Attributes": {"string": "string"}, "Content": "c", "Id": "i", "RequestId": "q",
        "Sender": {"Attributes": {"name": "n"}, "UserId": "u"}, "SendTime": "string::date-time",
        "Type": "MESSAGE",
    });
    let decode = |json: &str| {
        Subscribe::decode_str(json)
            .map(|subscribe| assert_eq!(subscribe.type_name(), Message::TYPE))
    };
    check_fields(
        &template,
        &[
            (Field::Attributes, false),
            (Field::Content, true),
            (Field::Id, true),
            (Field::RequestId, false),
            (Field::Sender, true),
            (Field::SendTime, true),
            (Field::Type, true),
        ],
        decode,
    );
    check_fields(
        &template["Sender"],
        &[(Field::Attributes, false), (Field::UserId, true)],
        |sender| {
            let mut message = template.clone();
            message["Sender"] = sender.parse().expect("JSON");
            decode(&message.to_string())
        },
    );
}

#[test]
fn error_subscribe_has_the_fields_and_codes_of_the_reference() {
    let template = json!({
        "ErrorCode": 400, "ErrorMessage": "Messages must be less than 240 chars",
        "Id": "IG5mcmlvdGlv", "RequestId": "497f6eca", "Type": "ERROR",
    });
    check_fields(
        &template,
        &[
            (Field::ErrorCode, true),
            (Field::ErrorMessage, false),
            (Field::Id, false),
            (Field::RequestId, false),
            (Field::Type, true),
        ],
        |json| {
            Subscribe::decode_str(json)
                .map(|subscribe| assert_eq!(subscribe.type_name(), ServiceError::TYPE))
        },
    );

    let rows = [
        ("Bad Request", 400, ErrorCode::BAD_REQUEST, "the request is malformed or invalid"),
        (
            "Unauthorized",
            401,
            ErrorCode::UNAUTHORIZED,
            "the connection has expired, or the chat token is missing",
        ),
        (
            "Forbidden",
            403,
            ErrorCode::FORBIDDEN,
            "the connection's capabilities do not permit the action, or the account is blocked until its verification is done",
        ),
        ("Not Found", 404, ErrorCode::NOT_FOUND, "the room does not exist"),
        ("Not Acceptable", 406, ErrorCode::NOT_ACCEPTABLE, "message review rejected the request"),
        (
            "Payload Too Large",
            413,
            ErrorCode::PAYLOAD_TOO_LARGE,
            "the request has fields that are too large",
        ),
        (
            "Too Many Requests",
            429,
            ErrorCode::TOO_MANY_REQUESTS,
            "the application has exceeded its rate limits",
        ),
        ("Internal Server Error", 500, ErrorCode::INTERNAL_SERVER_ERROR, "a general error"),
    ];
    assert_eq!(ErrorCode::ALL, rows.map(|(_, _, code, _)| code));
    for (name, number, code, description) in rows {
        assert_eq!(code.as_u16(), number);
        assert_eq!(code, number);
        assert_eq!(ErrorCode::from(number), code);
        assert_eq!(code.name(), Some(name));
        assert_eq!(code.description(), Some(description));
        assert_eq!(code.to_string(), format!("{number} {name}"));
    }
    for number in 0..=u16::MAX {
        let is_listed = rows.iter().any(|(_, listed, ..)| *listed == number);
        let code = ErrorCode::new(number);
        assert_eq!(
            (code.name().is_some(), code.description().is_some()),
            (is_listed, is_listed),
            "{number}"
        );
        let payload = format!(r#"{{"ErrorCode":{number},"RequestId":"","Type":"ERROR"}}"#);
        let Ok(Subscribe::Error(error)) = Subscribe::decode_str(&payload) else {
            panic!("{number}")
        };
        assert_eq!(error.error_code, code);
        assert_eq!(string(error.encode(&mut [0; 512])), payload);
    }
}

#[test]
fn http_errors_have_the_names_of_the_reference() {
    for number in 0..=u16::MAX {
        let expected = match number {
            400 => Some(("InvalidParameterValue", "the message exceeds the character limit")),
            404 => Some((
                "ResourceNotFound",
                "a resource that the operation refers to or changes does not exist",
            )),
            _ => None,
        };
        let code = ErrorCode::new(number);
        assert_eq!(code.http_name().zip(code.http_description()), expected);
    }
}

#[test]
fn send_time_is_parsed_as_rfc_3339() {
    let nanoseconds = |text: &str| {
        let time = Timestamp::parse(text).unwrap_or_else(|_| panic!("{text}"));
        (time.seconds(), time.nanoseconds())
    };
    assert_eq!(nanoseconds("1970-01-01T00:00:00Z"), (0, 0));
    assert_eq!(nanoseconds("2022-10-14T20:08:11.258800067Z"), (1_665_778_091, 258_800_067));
    assert_eq!(nanoseconds("2023-01-05T14:33:47.33098344Z"), (1_672_929_227, 330_983_440));
    assert_eq!(nanoseconds("2023-01-05T14:33:47.3Z"), (1_672_929_227, 300_000_000));
    assert_eq!(nanoseconds("2023-01-05T16:03:47+01:30"), (1_672_929_227, 0));
    assert_eq!(nanoseconds("2023-01-05t04:33:47-10:00"), (1_672_929_227, 0));
    assert_eq!(nanoseconds("2024-02-29T23:59:59z"), (1_709_251_199, 0));
    assert_eq!(nanoseconds("2016-12-31T23:59:60Z"), (1_483_228_800, 0));
    assert_eq!(nanoseconds("2017-01-01T00:59:60+01:00"), (1_483_228_800, 0));
    assert_eq!(nanoseconds("0000-01-01T00:00:00Z"), (-62_167_219_200, 0));
    assert_eq!(nanoseconds("9999-12-31T23:59:59.999999999Z"), (253_402_300_799, 999_999_999));
    for text in [
        "",
        "string::date-time",
        "2023-01-05",
        "2023-01-05T14:33:47",
        "2023-01-05 14:33:47Z",
        "2023-1-5T14:33:47Z",
        "2023-00-05T14:33:47Z",
        "2023-13-05T14:33:47Z",
        "2023-02-29T14:33:47Z",
        "1900-02-29T14:33:47Z",
        "2023-04-31T14:33:47Z",
        "2023-01-00T14:33:47Z",
        "2023-01-05T24:00:00Z",
        "2023-01-05T14:60:47Z",
        "2023-01-05T14:33:60Z",
        "2023-01-05T14:33:61Z",
        "2023-01-05T14:33:47.Z",
        "2023-01-05T14:33:47.0000000000Z",
        "2023-01-05T14:33:47,5Z",
        "2023-01-05T14:33:47+0100",
        "2023-01-05T14:33:47+24:00",
        "2023-01-05T14:33:47+01:60",
        "2023-01-05T14:33:47Z ",
        "2023-01-05T14:33:47ZZ",
        "+2023-01-05T14:33:47Z",
        "２023-01-05T14:33:47Z",
        "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ] {
        assert_eq!(
            Timestamp::parse(text).unwrap_err().to_string(),
            "invalid time: expected an RFC 3339 date and time",
            "{text}"
        );
    }
    // An escaped time is read. A text that is far too long for a time is not.
    let time = |text: &str| {
        let payload = format!(r#"{{"Type":"EVENT","Id":"","EventName":"","SendTime":"{text}"}}"#);
        let Ok(Subscribe::Event(event)) = Subscribe::decode_str(&payload) else { panic!() };
        event.send_time.parse().ok().map(Timestamp::seconds)
    };
    assert_eq!(time(r"2023\u002d01-05T14:33:47Z"), Some(1_672_929_227));
    assert_eq!(time(&r"\u0032".repeat(400)), None);
}

#[cfg(feature = "std")]
#[test]
fn send_time_converts_to_the_system_clock() {
    use core::time::Duration;
    use std::time::SystemTime;

    for text in [
        "1969-12-31T23:59:59.75Z",
        "1970-01-01T00:00:00Z",
        "2023-01-05T14:33:47.33098344Z",
        "1601-01-01T00:00:00Z",
    ] {
        let time = Timestamp::parse(text).expect("a time");
        assert_eq!(Timestamp::try_from(SystemTime::from(time)), Ok(time));
        assert_eq!(time.to_string(), text);
        let mut buffer = vec![0; text.len()];
        assert_eq!(time.format_into(&mut buffer), Ok(text));
        assert_eq!(
            time.format_into(&mut buffer[1..]).map_err(|error| error.needed()),
            Err(text.len())
        );
    }
    let late = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    assert!(Timestamp::try_from(late).is_err());
    assert_eq!(Timestamp::new(253_402_300_800, 0), None);
    assert_eq!(Timestamp::new(0, 1_000_000_000), None);
}

#[test]
fn close_reasons_are_parsed() {
    let error = |error_code: Option<u16>, error_message: Option<&'static str>| CloseReason::Error {
        error_code: error_code.map(ErrorCode::new),
        error_message: error_message.map(Text::from),
    };
    for (reason, expected) in [
        ("", CloseReason::Empty),
        ("Kicked by moderator", CloseReason::Text("Kicked by moderator")),
        (
            r#"{"ErrorMessage":"session expired","ErrorCode":401}"#,
            error(Some(401), Some("session expired")),
        ),
        (r#" { "ErrorCode" : 429 } "#, error(Some(429), None)),
        (r#"{"ErrorMessage":"\u0041","More":[{}],"ErrorCode":null}"#, error(None, Some("A"))),
        (
            r#"{"ErrorMessage":null,"ErrorCode":null}"#,
            CloseReason::Text(r#"{"ErrorMessage":null,"ErrorCode":null}"#),
        ),
        (
            r#"{"ErrorMessage":"a","ErrorCode":"401"}"#,
            CloseReason::Text(r#"{"ErrorMessage":"a","ErrorCode":"401"}"#),
        ),
        (r#"{"ErrorMessage":"\u0041","More":[{}]}"#, error(None, Some("A"))),
        (r#"{"ErrorMessage":"session exp"#, CloseReason::Text(r#"{"ErrorMessage":"session exp"#)),
        (r#"{"ErrorCode":401} and more"#, CloseReason::Text(r#"{"ErrorCode":401} and more"#)),
        (r#"{"Reason":"x"}"#, CloseReason::Text(r#"{"Reason":"x"}"#)),
        ("{}", CloseReason::Text("{}")),
        ("[401]", CloseReason::Text("[401]")),
    ] {
        assert_eq!(CloseReason::parse(reason), expected, "{reason}");
    }
}

#[test]
fn capabilities_have_the_names_of_the_reference() {
    assert_eq!(
        Capability::ALL.iter().map(|capability| capability.name()).collect::<Vec<_>>(),
        ["SEND_MESSAGE", "DELETE_MESSAGE", "DISCONNECT_USER"]
    );
    for capability in Capability::ALL {
        assert_eq!(Capability::from_name(capability.name()), Some(*capability));
    }
    assert_eq!(Capability::from_name("send_message"), None);
}
