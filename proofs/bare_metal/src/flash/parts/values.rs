//! The values in payloads, chat log entries, and the values that open and close a connection.

use core::hint::black_box;

use ivs_chat_proto::client::TokenInfo;
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::{Attributes, Capability, ChatLogEntry, CloseReason, Endpoint, ErrorCode};
use ivs_chat_proto::{SendTime, Text, Timestamp, Token};

pub fn run() {
    texts(Text::new(black_box("")), *black_box(&Text::new("")));

    let decoded: Attributes<'_> = *black_box(&Attributes::NONE);
    black_box((decoded.get(black_box("")), decoded.len()));
    black_box(decoded == *black_box(&Attributes::NONE));

    if let Ok(time) = SendTime::from(black_box("")).parse() {
        black_box((time.seconds(), time.nanoseconds(), TokenInfo::until(time, time).session_ms));
    }
    _ = black_box(Timestamp::parse(black_box("")));
    _ = black_box(Timestamp::new(*black_box(&0), *black_box(&0)));

    let code = ErrorCode::new(*black_box(&0));
    black_box((code.name(), code.description()));
    black_box((code.http_name(), code.http_description()));
    black_box(Capability::from_name(black_box("")));
    _ = black_box((Token::new(black_box("")), Endpoint::new(black_box(""))));
    black_box(CloseReason::parse(black_box("")));

    match ChatLogEntry::decode(black_box::<&[u8]>(&[])) {
        Ok(line) => _ = black_box(line.encode(black_box::<&mut [u8]>(&mut []))),
        Err(error) => _ = black_box((error.kind(), error.offset())),
    }
    black_box(Publish::peek_request_id(black_box::<&[u8]>(&[])));
}

fn texts(one: Text<'_>, other: Text<'_>) {
    black_box((
        one.code_point_count(),
        one.is_empty(),
        one.as_str(),
        one == other,
        one.cmp(&other),
    ));
    for character in one.chars() {
        black_box(character);
    }
}
