//! The faults that were observed in an official SDK, one test for each: none of them is possible here.

mod transcript;

use core::mem::size_of;

use ivs_chat_proto::client::{Client, ConnectionState, Instant, Output, TokenInfo};
use ivs_chat_proto::subscribe::{EventKind, Subscribe};
use ivs_chat_proto::{Token, client::Config};

use transcript::play;

/// Tokens that were valid for a minute made 21 sockets in ten minutes of a session of an hour; a clock that was ahead, a new one at
/// every turn.
#[test]
fn refresh_by_token_expiry() {
    // Ten minutes of a session of an hour, and of one that is over already, by a clock that is ahead.
    for (session_ms, most_tokens) in [(3_600_000, 1), (0, 20)] {
        let mut client: Client = Client::new(Config::new(), [1; 16]);
        let mut tokens = 0;
        let mut now = Instant::from_millis(0);
        client.connect(now);
        while now < Instant::from_millis(600_000) {
            match client.poll(now) {
                Output::FetchToken => {
                    tokens += 1;
                    let mut info = TokenInfo::new();
                    info.session_ms = Some(session_ms);
                    let conn = client.token_ok(now, info).unwrap();
                    client.opened(now, conn);
                }
                Output::Wait(moment) => now = moment.unwrap_or(Instant::from_millis(600_000)),
                _ => {}
            }
        }
        assert!((1..=most_tokens).contains(&tokens), "{tokens} tokens");
    }
}

#[test]
fn a_failed_refresh_closes_a_healthy_room() {
    for failure in ["no_token for now", "no_token ever"] {
        let wait = if failure.ends_with("ever") { "" } else { "wait 61001" };
        let client = play(&format!(
            "
            0       connect             => state connecting; fetch token
            0       token 120_000       => c0; wait 30000
            0       opened c0           => state connected c0; wait 60000
            60_000  poll                => fetch token
            60_001  {failure}           => {wait}
            60_002  close               => close c0 1000; state disconnected: not wanted
            "
        ));
        assert_eq!(client.counters().lost_connections, 1);
        let client = play(&format!(
            "
            0       connect             => state connecting; fetch token
            0       token 120_000       => c0; wait 30000
            0       opened c0           => state connected c0; wait 60000
            60_000  poll                => fetch token
            60_001  {failure}           => {wait}
            "
        ));
        assert!(matches!(client.state(), ConnectionState::Connected));
    }
    for failure in ["http 401", "http 403", "http 500", "broken", "1000", "4000 then end"] {
        let next = match failure {
            "http 401" => "fetch token",
            "http 500" | "broken" => "wait 61002",
            _ => "",
        };
        let client = play(&format!(
            "
            0       connect             => state connecting; fetch token
            0       token 120_000       => c0; wait 30000
            0       opened c0           => state connected c0; wait 60000
            60_000  poll                => fetch token
            60_001  token               => c1; wait 90001
            60_002  closed c1 {failure} => {next}
            "
        ));
        assert!(matches!(client.state(), ConnectionState::Connected), "{failure}");
    }
}

#[test]
fn requests_in_flight_never_settle() {
    play(
        r#"
        0       connect             => state connecting; fetch token
        0       token               => c0; wait 30000
        0       opened c0           => state connected c0
        # The socket breaks.
        1       send "1"            => r0 on c0; wait 5001
        2       closed c0 broken    => r0 lost; state connecting; wait 1002
        1_002   poll                => fetch token
        1_002   token               => c1; wait 31002
        1_003   opened c1           => state connected c1
        # Nothing is heard.
        1_004   send "2"            => r1 on c1; wait 6004
        6_004   poll                => r1 assumed
        # It is enough.
        6_005   send "3"            => r2 on c1; wait 11005
        6_006   close               => close c1 1000; r2 lost; state disconnected: not wanted
        "#,
    );
}

#[test]
fn dedup_by_id_alone_swallows_an_error() {
    play(
        "
        0       connect                          => state connecting; fetch token
        0       token 120_000                    => c0; wait 30000
        0       opened c0                        => state connected c0; wait 60000
        60_000  poll                             => fetch token
        60_001  token                            => c1; wait 90001
        60_002  recv c0 message m1 of bo         => message; wait 90001
        60_003  opened c1                        => state connected c1; wait 70003
        60_004  recv c1 message m1 of bo         => dropped; wait 70003
        60_005  delete m1 #d                     => r0 on c1; wait 65005
        60_006  recv c1 error 403 about m1 #d    => error 403, r0 rejected 403; wait 70003
        60_007  recv c1 error 403 about m1 #d    => error 403; wait 70003
        # An event and a message may have the same identifier as well.
        60_008  recv c1 event quiz as m1         => event; wait 70003
        60_009  recv c0 event quiz as m1         => dropped; wait 70003
        ",
    );
}

#[test]
fn a_strangers_message_resolves_our_send_or_hangs_our_delete() {
    play(
        r#"
        0   connect                              => state connecting; fetch token
        0   token of me                          => c0; wait 30000
        0   opened c0                            => state connected c0
        0   send "hi" #s                         => r0 on c0; wait 5000
        0   delete m1 #d                         => r1 on c0; wait 5000
        1   recv c0 message x1 of stranger #s    => message; wait 5000
        1   recv c0 message x2 of stranger #d    => message; wait 5000
        2   recv c0 message m2 of me #s          => message, r0 confirmed; wait 5000
        2   recv c0 deleted m1 as e1 #d          => event, r1 confirmed
        "#,
    );
}

#[test]
fn a_delete_event_with_only_message_id_is_dropped() {
    for attributes in [r#"{"MessageId":"m1"}"#, r#"{"MessageID":"m1"}"#, r#"{"MessageID":"m1","MessageId":"m1"}"#] {
        let frame = format!(
            r#"{{"Type":"EVENT","Id":"e1","RequestId":"d","EventName":"aws:DELETE_MESSAGE","Attributes":{attributes},"SendTime":""}}"#
        );
        let Ok(Subscribe::Event(event)) = Subscribe::decode_str(&frame) else { panic!() };
        assert!(matches!(event.kind(), EventKind::DeletedMessage { message_id, .. } if message_id == "m1"));
        play(&format!(
            "
            0   connect             => state connecting; fetch token
            0   token               => c0; wait 30000
            0   opened c0           => state connected c0
            0   delete m1 #d        => r0 on c0; wait 5000
            1   recv c0 {frame}     => event, r0 confirmed
            "
        ));
    }
}

/// What a client remembers of what it has seen is part of it, and so is all else.
#[test]
fn the_dedup_set_grows_without_bound() {
    assert_eq!(size_of::<Client<(), 16, 64>>() - size_of::<Client<(), 16, 0>>(), 64 * size_of::<u64>());
    // The oldest of more than it can remember is forgotten: the transcripts' client remembers four.
    let mut script = String::from(
        "
        0       connect               => state connecting; fetch token
        0       token 120_000         => c0; wait 30000
        0       opened c0             => state connected c0; wait 60000
        60_000  poll                  => fetch token
        60_000  token                 => c1; wait 90000
        60_000  opened c1             => state connected c1; wait 70000
        ",
    );
    script.extend((0..100).map(|id| format!("60_001 recv c0 message m{id} of bo => message; wait 70000\n")));
    script.extend((96..100).map(|id| format!("60_002 recv c1 message m{id} of bo => dropped; wait 70000\n")));
    script += "60_003 recv c1 message m95 of bo => message; wait 70000\n";
    play(&script);
}

#[test]
fn without_backoff_an_accept_then_drop_server_gets_token_fetches_in_no_time() {
    let mut client: Client = Client::new(Config::new(), [1; 16]);
    let mut tokens = 0;
    let mut now = Instant::from_millis(0);
    client.connect(now);
    while now < Instant::from_millis(60_000) {
        match client.poll(now) {
            Output::FetchToken => {
                tokens += 1;
                let conn = client.token_ok(now, TokenInfo::new()).unwrap();
                client.opened(now, conn);
                client.closed(now, conn, ivs_chat_proto::client::CloseEvent::abnormal());
            }
            Output::Wait(moment) => now = moment.unwrap(),
            _ => {}
        }
    }
    assert!((3..=10).contains(&tokens), "{tokens} tokens in a minute");
}

#[test]
fn a_clean_close_of_a_server_going_away_ends_the_chat() {
    for code in [1001, 1012] {
        play(&format!(
            "
            0      connect              => state connecting; fetch token
            0      token                => c0; wait 30000
            0      opened c0            => state connected c0
            5      closed c0 {code}     => state connecting; wait 1005
            1_005  poll                 => fetch token
            "
        ));
    }
}

#[test]
fn an_error_on_the_old_socket_after_hand_over_is_lost() {
    play(
        r#"
        0       connect                    => state connecting; fetch token
        0       token 120_000              => c0; wait 30000
        0       opened c0                  => state connected c0; wait 60000
        60_000  poll                       => fetch token
        60_001  token                      => c1; wait 90001
        60_002  send "hi" #s               => r0 on c0; wait 65002
        60_003  opened c1                  => state connected c1; wait 65002
        # Not on the new one, where somebody else may have said it: it was never sent there.
        60_004  recv c1 error 406 #s       => error 406; wait 65002
        60_005  recv c0 error 406 #s       => error 406, r0 rejected 406; wait 70003
        "#,
    );
}

/// There is no log here; and whatever a caller logs of a client or a token has nothing of it.
#[test]
fn the_token_is_logged() {
    let token = Token::new("AQICAHhPverysecret!#1").unwrap();
    let mut client: Client = Client::new(Config::new(), [1; 16]);
    client.connect(Instant::from_millis(0));
    assert!(!format!("{token:?} {client:?} {:?}", Config::new()).contains("verysecret"));
    // Nor has it the seed, with which `RequestId`s could be guessed.
    assert!(format!("{client:?}").contains("redacted"));
}
