//! Defects observed in an official SDK. Each test shows that the client does not have one.

#[path = "transcript/mod.rs"]
mod transcript;

use core::mem::size_of;

use ivs_chat_proto::Instant;
use ivs_chat_proto::Token;
use ivs_chat_proto::client::{Client, CloseEvent, Config, Output, TokenInfo};
use ivs_chat_proto::subscribe::{EventKind, Subscribe};

use transcript::{play, play_each};

/// Returns the tokens fetched by `until_ms`. Every connection opens at once and ends with `end`.
fn tokens(until_ms: u64, session_ms: Option<u64>, end: Option<CloseEvent>) -> usize {
    let mut client: Client = Client::new(Config::with_pings(), [1; 16]);
    let (mut tokens, mut now) = (0, Instant::from_millis(0));
    client.connect(now);
    while now.as_millis() < until_ms {
        match client.poll(now) {
            Output::FetchToken(fetch) => {
                tokens += 1;
                let mut info = TokenInfo::new();
                info.session_ms = session_ms;
                let connection = client.handle_token(now, fetch, info).unwrap();
                client.handle_open(now, connection);
                if let Some(event) = end {
                    client.handle_close(now, connection, event);
                }
            }
            Output::Ping { connection, payload } => client.handle_pong(now, connection, &payload),
            Output::Wait(moment) => now = moment.unwrap(),
            _ => {}
        }
    }
    tokens
}

/// Defect: with tokens valid for a minute, the SDK opened 21 sockets in the first ten minutes of an
/// hour-long session. With a fast clock, it opened sockets without a pause.
#[test]
fn a_short_token_lifetime_causes_no_refresh() {
    for session_ms in [3_600_000, 60_000, 0] {
        assert_eq!(tokens(600_000, Some(session_ms), None), 1);
    }
}

/// Defect: without a backoff, a server that accepts and drops connections causes constant fetches.
#[test]
fn an_accept_then_drop_server_causes_few_token_fetches() {
    let tokens = tokens(60_000, None, Some(CloseEvent::abnormal()));
    assert!((3..=10).contains(&tokens), "{tokens} tokens in a minute");
}

/// A stable connection during a refresh.
const REFRESHING: &str = "
    30_001  stable              => wait 60_000
    50_000  refresh             => ping c0 2; fetch f1; wait 60_000
    50_001  pong c0 2           => wait 80_000
    ";

/// Defect: a failed refresh closes a healthy room.
#[test]
fn a_failed_refresh_leaves_a_healthy_connection_open() {
    for (failure, wait) in [("no_token f1 for now", 51_002), ("no_token f1 ever", 80_000)] {
        play(&format!(
            "{REFRESHING}
            50_002  {failure}           => wait {wait}
            50_003  disconnect          => close c0 1000; state disconnected: not wanted
            "
        ));
    }
    for (failure, wait) in [
        ("http 401", 51_003),
        ("http 403", 51_003),
        ("http 500", 51_003),
        ("broken", 51_003),
        ("http 404", 80_000),
        ("1000", 80_000),
        ("4000 then end", 80_000),
    ] {
        play(&format!(
            "{REFRESHING}
            50_002  token f1            => c1; wait 80_000
            50_003  closed c1 {failure} => wait {wait}
            50_004  disconnect          => close c0 1000; state disconnected: not wanted
            "
        ));
    }
}

/// Defect: requests in flight never settle.
///
/// `tests/client/outcomes.rs` covers a request that is not answered.
#[test]
fn every_request_in_flight_settles() {
    // The connection breaks.
    play(
        r#"
        0       connected           => wait 30_000
        1       send "1"            => r0 on c0; wait 5_001
        2       closed c0 broken    => r0 unknown; state connecting; wait 1_002
        "#,
    );
    // The application disconnects.
    play(
        r#"
        0       connected           => wait 30_000
        5       send "3"            => r0 on c0; wait 5_005
        6       disconnect          => close c0 1000; r0 unknown; state disconnected: not wanted
        "#,
    );
}

/// Defect: deduplication by `Id` alone swallows an error with the `Id` of a message.
#[test]
fn an_error_with_the_id_of_a_message_is_no_duplicate() {
    play(&format!(
        "{REFRESHING}
        50_002  token f1                         => c1; wait 80_000
        50_003  recv c0 message m1 of bo         => message; wait 80_000
        50_004  open c1                          => ping c0 3; replaced c0 c1; wait 60_004
        50_005  recv c1 message m1 of bo         => dropped; wait 60_004
        50_006  delete m1 #d                     => r0 on c1; wait 55_006
        50_007  recv c1 error 403 about m1 #d    => error 403, r0 rejected 403; wait 60_004
        50_008  recv c1 error 403 about m1 #d    => error 403; wait 60_004
        "
    ));
}

/// Defect: a stranger's message with our `RequestId` resolves a send or blocks a deletion.
#[test]
fn a_strangers_message_settles_no_request() {
    play(
        r#"
        0   connected of me                      => wait 30_000
        0   send "hi" #s                         => r0 on c0; wait 5_000
        0   delete m1 #d                         => r1 on c0; wait 5_000
        1   recv c0 message x1 of stranger #s    => message; wait 5_000
        1   recv c0 message x2 of stranger #d    => message; wait 5_000
        2   recv c0 message m2 of me #s          => message, r0 confirmed; wait 5_000
        2   recv c0 deleted m1 as e1 #d          => event, r1 confirmed; wait 30_000
        "#,
    );
}

/// Defect: a deletion event with only `MessageId` is dropped.
#[test]
fn a_deletion_event_with_either_spelling_is_returned() {
    for attributes in
        [r#"{"MessageId":"m1"}"#, r#"{"MessageID":"m1"}"#, r#"{"MessageID":"m1","MessageId":"m1"}"#]
    {
        let frame = format!(
            concat!(
                r#"{{"Type":"EVENT","Id":"e1","EventName":"aws:DELETE_MESSAGE","#,
                r#""Attributes":{},"SendTime":""}}"#
            ),
            attributes
        );
        let Ok(Subscribe::Event(event)) = Subscribe::decode_str(&frame) else { panic!() };
        assert!(
            matches!(event.kind(), EventKind::DeletedMessage { message_id: id, .. } if id == "m1")
        );
        play(&format!(
            "
            0   connected           => wait 30_000
            0   delete m1           => r0 on c0; wait 5_000
            1   recv c0 {frame}     => event, r0 confirmed; wait 30_000
            "
        ));
    }
}

/// Defect: the deduplication set grows without bound.
#[test]
fn the_dedup_window_is_bounded() {
    // The window is part of the client's size.
    assert_eq!(size_of::<Client<(), 16, 64>>() - size_of::<Client<(), 16, 0>>(), 64 * 12);
    // The client of the transcripts has a window of four, which drops the oldest.
    let mut script = format!(
        "{REFRESHING}
        50_002  token f1              => c1; wait 80_000
        50_004  open c1               => ping c0 3; replaced c0 c1; wait 60_004
        ",
    );
    script.extend(
        (0..100).map(|id| format!("50_005 recv c0 message m{id} of bo => message; wait 60_004\n")),
    );
    script.extend(
        (96..100).map(|id| format!("50_006 recv c1 message m{id} of bo => dropped; wait 60_004\n")),
    );
    script += "50_007 recv c1 message m95 of bo => message; wait 60_004\n";
    play(&script);
}

/// Defect: a clean close by a server that is going away ends the chat.
#[test]
fn a_server_going_away_leads_to_a_reconnection() {
    play_each(
        &["1001", "1005", "1006", "1011"],
        "
        0      connected            => wait 30_000
        5      closed c0 {}         => state connecting; wait 1_005
        1_005  poll                 => fetch f1; wait 31_005
        ",
    );
}

/// Defect: an error on the old socket after a refresh is lost.
#[test]
fn an_error_on_a_replaced_connection_is_returned() {
    play(&format!(
        r#"{REFRESHING}
        50_002  token f1                   => c1; wait 80_000
        50_003  send "hi" #s               => r0 on c0; wait 55_003
        50_004  open c1                    => ping c0 3; replaced c0 c1; wait 55_003
        50_005  recv c0 error 406 #s       => error 406, r0 rejected 406; wait 60_004
        "#
    ));
}

/// Defect: the token is logged. This library does not log, and `Debug` never shows the token.
#[test]
fn debug_output_does_not_contain_the_token() {
    let token = Token::new("AQICAHhPverysecret!#1").unwrap();
    let mut client: Client = Client::new(Config::with_pings(), [1; 16]);
    client.connect(Instant::from_millis(0));
    assert!(!format!("{token:?} {client:?} {:?}", Config::with_pings()).contains("verysecret"));
}
