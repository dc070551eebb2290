//! The defects that were observed in an official SDK, one test for each: the client has none of
//! them.

#[path = "transcript/mod.rs"]
mod transcript;

use core::mem::size_of;

use ivs_chat_proto::Token;
use ivs_chat_proto::client::{Client, CloseEvent, Config, Instant, Output, TokenInfo};
use ivs_chat_proto::subscribe::{EventKind, Subscribe};

use transcript::{play, play_each};

/// Until then, how many tokens a client fetches whose connections open at once, and end as they do.
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

/// Tokens that were valid for a minute made 21 sockets in ten minutes of a session of an hour. With
/// a clock that was ahead, there was a new one at every turn.
#[test]
fn refresh_by_token_expiry() {
    for session_ms in [3_600_000, 60_000, 0] {
        assert_eq!(tokens(600_000, Some(session_ms), None), 1);
    }
}

#[test]
fn without_backoff_an_accept_then_drop_server_gets_token_fetches_in_no_time() {
    let tokens = tokens(60_000, None, Some(CloseEvent::abnormal()));
    assert!((3..=10).contains(&tokens), "{tokens} tokens in a minute");
}

/// A connection that has lasted, and is being replaced.
const REFRESHING: &str = "
    30_001  stable              => wait 60_000
    50_000  refresh             => ping c0 2; fetch f1; wait 60_000
    50_001  pong c0 2           => wait 80_000
    ";

#[test]
fn a_failed_refresh_closes_a_healthy_room() {
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

#[test]
fn requests_in_flight_never_settle() {
    // The socket breaks.
    play(
        r#"
        0       connected           => wait 30_000
        1       send "1"            => r0 on c0; wait 5_001
        2       closed c0 broken    => r0 unknown; state connecting; wait 1_002
        "#,
    );
    // Nothing is heard of one.
    play(
        r#"
        0       connected           => wait 30_000
        4       send "2"            => r0 on c0; wait 5_004
        5_004   poll                => ping c0 1; wait 15_004
        5_010   pong c0 1           => wait 6_010
        6_010   poll                => r0 assumed; wait 35_004
        "#,
    );
    // The application leaves.
    play(
        r#"
        0       connected           => wait 30_000
        5       send "3"            => r0 on c0; wait 5_005
        6       disconnect          => close c0 1000; r0 unknown; state disconnected: not wanted
        "#,
    );
}

#[test]
fn dedup_by_id_alone_swallows_an_error() {
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

#[test]
fn a_strangers_message_resolves_our_send_or_hangs_our_delete() {
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

#[test]
fn a_delete_event_with_only_message_id_is_dropped() {
    for attributes in
        [r#"{"MessageId":"m1"}"#, r#"{"MessageID":"m1"}"#, r#"{"MessageID":"m1","MessageId":"m1"}"#]
    {
        let frame = format!(
            r#"{{"Type":"EVENT","Id":"e1","EventName":"aws:DELETE_MESSAGE","Attributes":{attributes},"SendTime":""}}"#
        );
        let Ok(Subscribe::Event(event)) = Subscribe::decode_str(&frame) else { panic!() };
        assert!(
            matches!(event.kind(), EventKind::DeletedMessage { message_id, .. } if message_id == "m1")
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

#[test]
fn the_dedup_set_grows_without_bound() {
    // Everything that a client remembers is part of it.
    assert_eq!(size_of::<Client<(), 16, 64>>() - size_of::<Client<(), 16, 0>>(), 64 * 12);
    // The oldest is forgotten: the client of the transcripts remembers four.
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

#[test]
fn a_clean_close_of_a_server_going_away_ends_the_chat() {
    play_each(
        &["1001", "1005", "1006", "1011"],
        "
        0      connected            => wait 30_000
        5      closed c0 {}         => state connecting; wait 1_005
        1_005  poll                 => fetch f1; wait 31_005
        ",
    );
}

#[test]
fn an_error_on_the_old_socket_after_hand_over_is_lost() {
    play(&format!(
        r#"{REFRESHING}
        50_002  token f1                   => c1; wait 80_000
        50_003  send "hi" #s               => r0 on c0; wait 55_003
        50_004  open c1                    => ping c0 3; replaced c0 c1; wait 55_003
        50_005  recv c0 error 406 #s       => error 406, r0 rejected 406; wait 60_004
        "#
    ));
}

/// The library has no log, and what a caller logs of a client or a token does not show it.
#[test]
fn the_token_is_logged() {
    let token = Token::new("AQICAHhPverysecret!#1").unwrap();
    let mut client: Client = Client::new(Config::with_pings(), [1; 16]);
    client.connect(Instant::from_millis(0));
    assert!(!format!("{token:?} {client:?} {:?}", Config::with_pings()).contains("verysecret"));
}
