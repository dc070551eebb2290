//! What a new user tries in the first hour: each of these must compile and do what it looks like.
#![cfg(feature = "std")]

use core::error::Error;
use core::fmt::{Debug, Display};
use core::hash::Hash;
use core::time::Duration;
use std::collections::{BTreeMap, HashMap, HashSet};

use ivs_chat_proto::client::{Client, Config, Output, SendErrorKind, TokenInfo};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::{Event, EventKind, Message, Sender, ServiceError, Subscribe};
use ivs_chat_proto::{
    Attributes, BufferTooSmall, Capabilities, Capability, ChatLogEntry, CloseReason, Content,
    ContentLengthError, DecodeError, Endpoint, ErrorCode, Instant, MessageTooLong,
    ParseCapabilityError, ParseTimestampError, RegionError, SendTime, StreamError, Text, Timestamp,
    Token, TokenError, owned,
};

type Result<T = ()> = core::result::Result<T, Box<dyn Error>>;

const MESSAGE: &str = r#"{"Type":"MESSAGE","Id":"m1","RequestId":"","Attributes":{"mood":"hap\u0070y"},
    "Content":"hej!","SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"astrid","Attributes":{}}}"#;

fn message() -> Message<'static> {
    match Subscribe::decode_str(MESSAGE) {
        Ok(Subscribe::Message(message)) => message,
        other => panic!("{other:?}"),
    }
}

/// Asserts that two values are equal, in both directions.
macro_rules! assert_both_eq {
    ($one:expr, $($other:expr),+) => {
        $(
            assert_eq!($one, $other);
            assert_eq!($other, $one);
        )+
    };
}

#[test]
fn texts_compare_with_strings_in_both_directions() -> Result {
    assert_both_eq!(message().content, "hej!", *"hej!", String::from("hej!"));
    assert_both_eq!(Content::new("hej!")?, "hej!", *"hej!", String::from("hej!"));
    let time = "2026-11-22T10:00:00Z";
    assert_both_eq!(message().send_time, time, *time, String::from(time));
    assert_both_eq!(ErrorCode::TOO_MANY_REQUESTS, 429);
    Ok(())
}

#[test]
fn values_parse_from_strings() -> Result {
    let time: Timestamp = "2026-11-22T10:00:00Z".parse()?;
    assert_eq!(Timestamp::try_from("2026-11-22T11:00:00+01:00")?, time);
    assert_eq!("SEND_MESSAGE".parse::<Capability>()?, Capability::SendMessage);
    assert_eq!(Token::try_from("AQICAHhP")?.header_value(), "AQICAHhP");
    assert_eq!(Endpoint::try_from("us-west-2")?.region(), "us-west-2");
    assert_eq!(Content::try_from("hej!")?, "hej!");
    assert_eq!(Content::try_from(&String::from("hej!"))?, "hej!");
    assert_eq!(Content::try_from(message().content)?, "hej!");
    assert_eq!("hej!".parse::<owned::Content>()?, "hej!");
    assert_eq!(ErrorCode::from(429), ErrorCode::TOO_MANY_REQUESTS);
    Ok(())
}

#[test]
fn any_string_is_text() -> Result {
    let bounded = heapless::String::<16>::try_from("hej!").map_err(|_| "too long")?;
    assert_eq!(Content::new(&bounded)?, "hej!");
    let boxed: Box<str> = "hej!".into();
    assert_eq!(Content::new(&boxed)?, "hej!");
    assert_eq!(Text::from(&String::from("hej!")), "hej!");
    assert_eq!(message().attributes.get("mood").map(|mood| mood.len()), Some(5));
    Ok(())
}

#[test]
fn attributes_come_from_pairs_and_maps() {
    let expected = Attributes::from(&[("mood", "happy")]);
    let pairs = vec![("mood", "happy")];
    let strings = vec![("mood".to_owned(), "happy".to_owned())];
    let tree: BTreeMap<String, String> = strings.iter().cloned().collect();
    let hash: HashMap<String, String> = strings.iter().cloned().collect();
    assert_eq!(Attributes::from(&pairs), expected);
    assert_eq!(Attributes::from(&pairs[..]), expected);
    assert_eq!(Attributes::from(&strings), expected);
    assert_eq!(Attributes::from(&tree), expected);
    assert_eq!(Attributes::from(&hash), expected);
    assert_eq!(message().attributes, expected);
    assert_eq!(message().attributes.raw(), Some(r#"{"mood":"hap\u0070y"}"#));
    for attributes in [Attributes::from(&strings), Attributes::from(&tree), Attributes::from(&hash)]
    {
        let send = SendMessage::new(Content::new("hi").unwrap()).with_attributes(attributes);
        assert_eq!(
            send.encode_to_string(),
            r#"{"Action":"SEND_MESSAGE","Content":"hi","Attributes":{"mood":"happy"}}"#
        );
    }
}

#[test]
fn payloads_are_built_in_one_expression() -> Result {
    let send = SendMessage::new(Content::new("hej!")?)
        .with_request_id("r-1")
        .with_attributes(&[("mood", "happy")]);
    let delete = DeleteMessage::new("m1").with_request_id("r-2").with_reason("off topic");
    let disconnect = DisconnectUser::new("birk").with_reason("spam");
    for publish in [Publish::from(send), delete.into(), disconnect.into()] {
        assert_eq!(Publish::decode_str(&publish.encode_to_string())?, publish);
    }
    let sender = Sender::new("astrid").with_attributes(&[("color", "red")]);
    let message = Message::new("m1", "hej!", "2026-11-22T10:00:00Z", sender).with_request_id("r-1");
    let event = Event::new("e1", "app:score", "2026-11-22T10:00:00Z");
    let error = ServiceError::new(ErrorCode::FORBIDDEN).with_error_message("not permitted");
    let entry = ChatLogEntry::new(message.into()).with_version("1.0");
    assert_eq!(ChatLogEntry::decode_str(&entry.encode_to_string())?, entry);
    for subscribe in [Subscribe::from(event), error.into()] {
        assert_eq!(Subscribe::decode_str(&subscribe.encode_to_string())?, subscribe);
    }
    Ok(())
}

#[test]
fn the_client_takes_references_and_durations() -> Result {
    let mut now = Instant::from_millis(0) + Duration::from_secs(1);
    now += Duration::from_millis(5);
    assert_eq!(now.as_millis(), 1_005);

    let mut client: Client<&str> = Client::new(Config::with_pings(), [7; 16]);
    client.connect(now);
    loop {
        match client.poll(now) {
            Output::FetchToken(fetch) => {
                let info = TokenInfo::new().with_user_id("astrid");
                let connection = client.handle_token(now, fetch, info).ok_or("stale")?;
                client.handle_open(now, connection);
            }
            Output::Wait(_) => break,
            _ => {}
        }
    }
    let mut buffer = [0; SendMessage::MAX_PLAIN_LEN];
    let hello = &SendMessage::new(Content::new("hej!")?);
    let sent = client.send(now, hello, "data", &mut buffer)?;
    assert!(sent.payload.starts_with(r#"{"Action":"SEND_MESSAGE","RequestId":""#));
    let owned = owned::DeleteMessage::new("m1");
    let sent = client.send(now, &owned, "data", &mut buffer)?;
    assert!(sent.payload.contains("DELETE_MESSAGE"));
    let error = client.send(now, hello, "data", &mut []).unwrap_err();
    assert!(matches!(error.kind, SendErrorKind::BufferTooSmall(_)));
    Ok(())
}

#[test]
fn capabilities_iterate_and_print() {
    let guest = Capabilities::from([Capability::SendMessage, Capability::DeleteMessage]);
    assert_eq!(guest.to_string(), "SEND_MESSAGE, DELETE_MESSAGE");
    assert_eq!(guest.into_iter().collect::<Vec<_>>().len(), 2);
    assert_eq!(guest.into_iter().collect::<Capabilities>(), guest);
    assert_eq!(Capabilities::NONE.to_string(), "none");
}

#[test]
fn owned_payloads_are_made_validated_encoded_and_converted() -> Result {
    let content = owned::Content::new(String::from("hej!"))?;
    let mut send = owned::SendMessage::new(content).with_attribute("mood", "happy");
    send.request_id = Some("r-1".into());
    let json = send.encode_to_string();
    let decoded = Publish::decode_str(&json)?;
    assert_eq!(decoded.into_owned(), owned::Publish::from(send.clone()));
    assert_eq!(Publish::from(send.as_borrowed()), decoded);
    assert_eq!(send.encoded_len(), json.len());

    let owned::Subscribe::Message(message) = Subscribe::decode_str(MESSAGE)?.into_owned() else {
        return Err("not a message".into());
    };
    assert_eq!(message.attributes["mood"], "happy");
    let event = owned::Event::delete_message("e1", "m1", Some("spam"), "2026-11-22T10:00:00Z");
    assert!(
        matches!(event.kind(), EventKind::DeletedMessage { message_id, .. } if message_id == "m1")
    );
    let event = owned::Event::disconnect_user("e1", "birk", None, "2026-11-22T10:00:00Z");
    assert!(
        matches!(event.kind(), EventKind::DisconnectedUser { user_id, .. } if user_id == "birk")
    );
    Ok(())
}

#[cfg(feature = "serde")]
#[test]
fn chat_log_entries_are_owned_and_serializable() -> Result {
    let json = format!(r#"{{"type":"MESSAGE","payload":{MESSAGE},"version":"1.0"}}"#);
    let entry = ChatLogEntry::decode_str(&json)?.into_owned();
    let serialized = serde_json::to_string(&entry)?;
    assert_eq!(serialized, entry.encode_to_string());
    assert_eq!(serde_json::from_str::<owned::ChatLogEntry>(&serialized)?, entry);
    assert_eq!(serde_json::from_str::<owned::ChatLogEntry>(&json)?, entry);
    assert_eq!(serde_json::to_string(&ChatLogEntry::decode_str(&serialized)?)?, serialized);
    let error = serde_json::from_str::<owned::ChatLogEntry>("{}").unwrap_err();
    assert!(error.to_string().starts_with("missing field `payload`"));
    Ok(())
}

#[test]
fn payloads_and_values_can_be_hashed() {
    fn is_hash<T: Hash + Eq>() {}

    is_hash::<(Text<'_>, Content<'_>, SendTime<'_>, Attributes<'_>, CloseReason<'_>)>();
    is_hash::<(Publish<'_>, Subscribe<'_>, ChatLogEntry<'_>, EventKind<'_>)>();
    is_hash::<(owned::Publish, owned::Subscribe, owned::ChatLogEntry)>();
    is_hash::<(Timestamp, Instant, Capabilities, ErrorCode, Endpoint<'_>, DecodeError)>();
    let messages = HashSet::from([message(), message()]);
    assert_eq!(messages.len(), 1);
}

#[test]
fn every_error_goes_through_a_question_mark() {
    fn is_error<T: Error + Send + Sync + 'static>() {}
    fn is_displayed<T: Display + Debug>() {}

    is_error::<DecodeError>();
    is_error::<BufferTooSmall>();
    is_error::<ContentLengthError>();
    is_error::<ParseTimestampError>();
    is_error::<ParseCapabilityError>();
    is_error::<TokenError>();
    is_error::<RegionError>();
    is_error::<StreamError>();
    is_error::<MessageTooLong>();
    is_error::<owned::ServiceError>();
    is_error::<ivs_chat_proto::client::SendError<String>>();
    is_error::<ivs_chat_proto::server::Rejection<'static>>();
    is_error::<ivs_chat_proto::server::RejectionCause>();
    is_displayed::<ServiceError<'_>>();
    is_displayed::<Instant>();
    is_displayed::<ivs_chat_proto::client::ConnectionState>();
    is_displayed::<ivs_chat_proto::client::Outcome>();
    is_displayed::<ivs_chat_proto::client::DisconnectReason>();
}
