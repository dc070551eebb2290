//! The client, as transcripts of sessions.

mod transcript;

use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, DisconnectReason, Instant, Outcome, Output, TokenInfo,
};

use transcript::play;

#[test]
fn a_session() {
    play(
        r#"
        0          connect                         => state connecting; fetch token
        40         token 3_600_000                 => c0; wait 30040
        90         opened c0                       => state connected c0; wait 3540040
        100        send "good morning"             => r0 on c0; wait 5100
        150        send "anybody here?" #r-1       => r1 on c0; wait 5100
        160        recv c0 message m1 of bo        => message; wait 5100
        200        recv c0 message m2 of me #r-1   => message, r1 confirmed; wait 5100
        5_100      poll                            => r0 assumed; wait 3540040
        # The session has an hour, less the minute in which the next one is to come.
        3_540_040  poll                            => fetch token
        3_540_100  token 3_600_000                 => c1; wait 3570100
        3_540_150  opened c1                       => state connected c1; wait 3550150
        3_540_160  send "still here"  #r-2         => r2 on c1; wait 3545160
        3_540_170  recv c0 message m3 of me #r-2   => message, r2 confirmed; wait 3550150
        3_540_180  recv c1 message m3 of me #r-2   => dropped; wait 3550150
        3_550_150  poll                            => close c0 1000; wait 7080100
        4_000_000  send "bye" #r-3                 => r3 on c1; wait 4005000
        4_000_001  close                           => close c1 1000; r3 lost; state disconnected: not wanted
        "#,
    );
}

#[test]
fn each_request_is_answered_by_its_kind_its_id_and_its_target() {
    let client = play(
        r#"
        0    connect                               => state connecting; fetch token
        0    token of me                           => c0; wait 30000
        0    opened c0                             => state connected c0
        0    delete m1 #d                          => r0 on c0; wait 5000
        0    disconnect bo #k                      => r1 on c0; wait 5000
        0    send "hi" #s                          => r2 on c0; wait 5000
        # Somebody else, other kinds, and other targets.
        1    recv c0 message x1 of bo #s           => message; wait 5000
        1    recv c0 message x2 of me #d           => message; wait 5000
        1    recv c0 deleted m2 as x3 #d           => event; wait 5000
        1    recv c0 disconnected m1 as x4 #d      => event; wait 5000
        1    recv c0 disconnected cy as x5 #k      => event; wait 5000
        1    recv c0 event quiz as x6 #k           => event; wait 5000
        1    recv c0 deleted s as x7 #s            => event; wait 5000
        # The right ones.
        2    recv c0 deleted m1 as x8 #d           => event, r0 confirmed; wait 5000
        2    recv c0 disconnected bo as x9 #k      => event, r1 confirmed; wait 5000
        2    recv c0 message x0 of me #s           => message, r2 confirmed
        # Only once.
        3    recv c0 deleted m1 as y8 #d           => event
        3    recv c0 disconnected bo as y9 #k      => event
        3    recv c0 message y0 of me #s           => message
        "#,
    );
    assert_eq!(client.counters().mismatched, 7);
}

#[test]
fn errors_reject_by_request_id_or_by_the_only_deletion() {
    let client = play(
        r#"
        0    connect                               => state connecting; fetch token
        0    token                                 => c0; wait 30000
        0    opened c0                             => state connected c0
        0    send "hi" #s                          => r0 on c0; wait 5000
        0    delete m1 #d                          => r1 on c0; wait 5000
        1    recv c0 error 429 #other              => error 429; wait 5000
        1    recv c0 error 429                     => error 429; wait 5000
        1    recv c0 error 429 about m2            => error 429; wait 5000
        1    recv c0 error 406 #s                  => error 406, r0 rejected 406; wait 5000
        2    delete m2 #e                          => r2 on c0; wait 5000
        # Which of the two? There is no telling.
        2    recv c0 error 404 about m1            => error 404; wait 5000
        2    recv c0 error 404 about m1 #e         => error 404, r2 rejected 404; wait 5000
        2    recv c0 error 403 about m1            => error 403, r1 rejected 403
        3    recv c0 error 418 #s                  => error 418
        "#,
    );
    assert_eq!(client.counters().unsolicited_errors, 5);
}

#[test]
fn each_refusal_of_a_request_is_one_of_its_own() {
    play(
        r#"
        set max_code_points 5
        set requests_per_second 4
        0    send "hello"                          => refused: not connected
        0    connect                               => state connecting; fetch token
        0    token only SEND_MESSAGE DELETE_MESSAGE  => c0; wait 30000
        0    send "hello"                          => refused: not connected; wait 30000
        0    opened c0                             => state connected c0
        0    disconnect bo                         => refused: the token does not permit DISCONNECT_USER
        0    send "hello!"                         => refused: the content has 6 code points where 1 to 5 are allowed
        0    send "🏴‍☠️!" #a                        => r0 on c0; wait 5000
        1    send "again" #a                       => refused: the RequestId is in flight already; wait 5000
        1    delete m1 #a                          => refused: the RequestId is in flight already; wait 5000
        1    send "2"                              => r1 on c0; wait 5000
        2    send "3"                              => r2 on c0; wait 5000
        3    send "4"                              => refused: too many requests in flight; wait 5000
        3    forget r1                             => r1 back; wait 5000
        3    forget r1                             => unknown; wait 5000
        3    send "4"                              => r3 on c0; wait 5000
        4    forget r0                             => r0 back; wait 5002
        4    send "5"                              => refused: too many requests in a second; wait 5002
        999  send "5"                              => refused: too many requests in a second; wait 5002
        1000 send "5"                              => r4 on c0; wait 5002
        1000 forget r2                             => r2 back; wait 5003
        1000 send "6"                              => refused: too many requests in a second; wait 5003
        1001 delete a-message-with-an-identifier-that-leaves-no-room-for-it-in-a-buffer-of-this-size  => refused: a buffer of 166 bytes is needed; wait 5003
        1001 send "6"                              => r5 on c0; wait 5003
        "#,
    );
}

#[test]
fn attempts_that_fail_are_followed_by_others() {
    for failure in ["http 429", "http 500", "http 503", "http 400", "broken", "1012", "1006", "1001"] {
        play(&format!(
            "
            0      connect              => state connecting; fetch token
            0      token                => c0; wait 30000
            9      closed c0 {failure}  => wait 1009
            1_009  poll                 => fetch token
            1_010  no_token for now     => wait 2010
            2_010  poll                 => fetch token
            2_010  token                => c1; wait 32010
            # Nobody answers.
            32_010 poll                 => close c1 3008; wait 33010
            33_010 poll                 => fetch token
            33_010 token                => c2; wait 63010
            33_011 opened c0            => wait 63010
            33_011 opened c1            => wait 63010
            33_011 opened c2            => state connected c2
            "
        ));
    }
}

#[test]
fn a_handshake_answered_with_401_asks_for_one_new_token() {
    play(
        "
        0      connect              => state connecting; fetch token
        0      token                => c0; wait 30000
        1      closed c0 http 401   => fetch token
        1      token                => c1; wait 30001
        2      closed c1 http 401   => state disconnected: refused 401
        # Another try, another token.
        3      connect              => state connecting; fetch token
        3      token                => c2; wait 30003
        4      closed c2 http 401   => fetch token
        5      token                => c3; wait 30005
        5      opened c3            => state connected c3
        # One that has lasted is forgiven.
        30_005 closed c3 broken     => state connecting; wait 31005
        31_005 poll                 => fetch token
        31_005 token                => c4; wait 61005
        31_006 closed c4 http 401   => fetch token
        31_006 token                => c5; wait 61006
        31_007 opened c5            => state connected c5
        31_008 closed c5 broken     => state connecting; wait 32008
        32_008 poll                 => fetch token
        32_008 token                => c6; wait 62008
        32_009 closed c6 http 401   => state disconnected: refused 401
        ",
    );
}

#[test]
fn what_a_refusal_and_a_close_code_are_followed_by() {
    for (how, reason) in [("http 403", "refused 403"), ("http 404", "refused 404"), ("1012 then end", "closed 1012")] {
        play(&format!(
            "
            0  connect          => state connecting; fetch token
            0  token            => c0; wait 30000
            1  closed c0 {how}  => state disconnected: {reason}
            "
        ));
    }
    for (how, reason) in [
        ("1000", "closed 1000"),
        ("1000 removed by a moderator", "closed 1000"),
        (r#"1008 {"ErrorCode":403}"#, "closed 1008"),
        ("3003", "closed 3003"),
        ("4000", "closed 4000"),
        ("4999", "closed 4999"),
        ("broken then end", "closed 1006"),
        ("1001 then end", "closed 1001"),
    ] {
        play(&format!(
            r#"
            0  connect          => state connecting; fetch token
            0  token            => c0; wait 30000
            1  opened c0        => state connected c0
            1  send "hi"        => r0 on c0; wait 5001
            2  closed c0 {how}  => r0 lost; state disconnected: {reason}
            "#
        ));
    }
    for how in [
        "1001",
        "1002",
        "1005",
        "1006",
        "1007",
        "1009",
        "1010",
        "1011",
        "1012",
        "1013",
        "1014",
        "1015",
        "3000",
        "3002",
        "3004",
        "3999",
        "5000",
        "0",
        "broken",
        r#"1000 {"ErrorCode":401,"ErrorMessage":"session expired"}"#,
        "1000 then retry",
        "4999 then retry",
    ] {
        play(&format!(
            r#"
            0  connect          => state connecting; fetch token
            0  token            => c0; wait 30000
            1  opened c0        => state connected c0
            1  send "hi"        => r0 on c0; wait 5001
            2  closed c0 {how}  => r0 lost; state connecting; wait 1002
            "#
        ));
    }
    play(
        "
        0  connect                     => state connecting; fetch token
        0  token                       => c0; wait 30000
        1  opened c0                   => state connected c0
        2  closed c0 1012 then new token  => state connecting; fetch token
        ",
    );
}

#[test]
fn a_disconnected_user_stays_out_whatever_the_close_code() {
    play(
        "
        0      connect                          => state connecting; fetch token
        0      token of me                      => c0; wait 30000
        0      opened c0                        => state connected c0
        5      recv c0 disconnected bo as e1    => event
        6      recv c0 disconnected me as e2    => event
        9_999  closed c0 1001 kicked            => state disconnected: disconnected user
        ",
    );
    // It is somebody else, the close comes for another reason, or the caller knows better.
    for (user, closed) in
        [("bo", "7 closed c0 1001"), ("me", "10_006 closed c0 1001"), ("me", "7 closed c0 1000 then retry")]
    {
        let now: u64 = closed.split(' ').next().unwrap().replace('_', "").parse().unwrap();
        play(&format!(
            "
            0      connect                          => state connecting; fetch token
            0      token of me                      => c0; wait 30000
            0      opened c0                        => state connected c0
            6      recv c0 disconnected {user} as e => event
            {closed}                                => state connecting; wait {}
            ",
            now + 1_000
        ));
    }
}

#[test]
fn a_new_session_does_not_inherit_a_disconnection() {
    play(
        "
        0   connect                          => state connecting; fetch token
        0   token of me                      => c0; wait 30000
        0   opened c0                        => state connected c0
        6   recv c0 disconnected me as e2    => event
        7   close                            => close c0 1000; state disconnected: not wanted
        8   connect                          => state connecting; fetch token
        8   token of me                      => c1; wait 30008
        9   opened c1                        => state connected c1
        10  closed c1 1012                   => state connecting; wait 1010
        ",
    );
}

#[test]
fn an_outcome_that_was_due_stays_what_it_was() {
    play(
        r#"
        0      connect                       => state connecting; fetch token
        0      token                         => c0; wait 30000
        0      opened c0                     => state connected c0
        0      send "hi" #r                  => r0 on c0; wait 5000
        5_500  closed c0 broken              => r0 assumed; state connecting; wait 6500
        "#,
    );
}

#[test]
fn an_error_401_gets_another_token_and_connection() {
    play(
        r#"
        0       connect                    => state connecting; fetch token
        0       token                      => c0; wait 30000
        0       opened c0                  => state connected c0
        # Not yet lasted: this may be how it goes on.
        10      recv c0 error 401          => error 401; wait 1010
        11      recv c0 error 401          => error 401; wait 1010
        1_010   poll                       => fetch token
        1_010   token                      => c1; wait 31010
        1_020   opened c1                  => state connected c1; wait 11020
        1_021   recv c0 error 401          => error 401; wait 11020
        11_020  poll                       => close c0 1000
        31_020  send "hi" #r               => r0 on c1; wait 36020
        31_030  recv c1 error 401 #r       => error 401, r0 rejected 401; fetch token
        "#,
    );
}

/// The moment that a client waits for, when all else is done.
fn wait<T, const I: usize, const D: usize>(client: &mut Client<T, I, D>, now: Instant) -> Instant {
    loop {
        if let Output::Wait(moment) = client.poll(now) {
            return moment.unwrap_or(now);
        }
    }
}

/// A client with a connection that is open.
fn connected(seed: u8, info: TokenInfo<'_>) -> (Client, ConnectionId) {
    let mut client = Client::new(Config::new(), [seed; 16]);
    client.connect(Instant::from_millis(0));
    wait(&mut client, Instant::from_millis(0));
    let conn = client.token_ok(Instant::from_millis(0), info).unwrap();
    client.opened(Instant::from_millis(0), conn);
    (client, conn)
}

/// After a connection that lasted so long: how long the client waits before each of ten attempts, all of which fail.
fn backoffs(seed: u8, lasted_ms: u64) -> Vec<u64> {
    let (mut client, conn) = connected(seed, TokenInfo::new());
    let mut now = Instant::from_millis(lasted_ms);
    client.closed(now, conn, CloseEvent::abnormal());
    let mut waits = Vec::new();
    for _ in 0..10 {
        let until = wait(&mut client, now);
        waits.push(until.since(now));
        now = until;
        assert_eq!(wait(&mut client, now), now, "a token is asked for");
        // By turns it is the token that cannot be had, and the connection.
        if waits.len() % 2 == 0 {
            client.token_err(now, false);
        } else {
            let conn = client.token_ok(now, TokenInfo::new()).unwrap();
            client.closed(now, conn, CloseEvent::handshake_rejected(503));
        }
    }
    waits
}

#[test]
fn backoff_grows_up_to_its_limit_and_is_spread() {
    let all: Vec<_> = (0..=u8::MAX).map(|seed| backoffs(seed, 60_000)).collect();
    for attempt in 0..10 {
        let limit = (1_000 << attempt).min(60_000);
        let (least, most) =
            (all.iter().map(|waits| waits[attempt]).min(), all.iter().map(|waits| waits[attempt]).max());
        let (least, most) = (least.unwrap(), most.unwrap());
        assert!(
            (250..250 + limit / 10).contains(&least) && (limit - limit / 10..=limit).contains(&most),
            "{attempt}: {least} to {most}"
        );
        let sum: u64 = all.iter().map(|waits| waits[attempt]).sum();
        assert!((sum / 256).abs_diff(u64::midpoint(250, limit)) < limit / 12, "{attempt}");
    }
}

#[test]
fn only_a_connection_that_lasted_resets_the_backoff() {
    // What was tried before, and how often, is forgotten after 30 s, and not before.
    let second = |lasted_ms: u64| {
        let longest = (0..=u8::MAX).map(|seed| {
            let (mut client, conn) = connected(seed, TokenInfo::new());
            client.closed(Instant::from_millis(0), conn, CloseEvent::abnormal());
            let now = wait(&mut client, Instant::from_millis(0));
            wait(&mut client, now);
            let conn = client.token_ok(now, TokenInfo::new()).unwrap();
            client.opened(now, conn);
            let now = now.after(lasted_ms);
            client.closed(now, conn, CloseEvent::abnormal());
            wait(&mut client, now).since(now)
        });
        longest.max().unwrap()
    };
    assert!((1_800..=2_000).contains(&second(29_999)));
    assert!((900..=1_000).contains(&second(30_000)));
}

#[test]
fn refreshes_are_spread_ahead_of_the_end_of_the_session() {
    let refresh_at = |session_ms| {
        let mut info = TokenInfo::new();
        info.session_ms = Some(session_ms);
        (0..=u8::MAX).map(move |seed| wait(&mut connected(seed, info).0, Instant::from_millis(0)).get())
    };
    let (first, last) = (refresh_at(3_600_000).min().unwrap(), refresh_at(3_600_000).max().unwrap());
    assert!((3_530_000..3_530_500).contains(&first) && (3_539_500..=3_540_000).contains(&last), "{first} to {last}");
    // Short ones, and those that are over already by a clock that is wrong.
    assert!(refresh_at(61_000).all(|at| at == 30_000));
    assert!(refresh_at(0).all(|at| at == 30_000));
    // Those without end.
    assert!(refresh_at(u64::MAX).all(|at| at > 1 << 60 || at == 0));
}

#[test]
fn a_silent_connection_is_given_up() {
    play(
        r#"
        set idle_ms 1000
        0     connect                      => state connecting; fetch token
        0     token                        => c0; wait 30000
        0     opened c0                    => state connected c0; wait 1000
        500   recv c0 event quiz as e1     => event; wait 1500
        700   recv c0 {"Type":             => error: unexpected end, at byte 8; wait 1700
        900   alive c0                     => wait 1900
        950   alive c9                     => wait 1900
        1_000 send "hi"                    => r0 on c0; wait 1900
        1_899 poll                         => wait 1900
        1_900 poll                         => close c0 3008; r0 lost; state connecting; wait 2900
        "#,
    );
}

#[test]
fn after_a_sleep_the_waiting_starts_anew() {
    let client = play(
        r#"
        set idle_ms 60000
        0       connect                    => state connecting; fetch token
        0       token                      => c0; wait 30000
        0       opened c0                  => state connected c0; wait 60000
        0       send "hi" #r               => r0 on c0; wait 5000
        # The lid is closed, and opened an hour later: there is something in the socket.
        3_600_000 recv c0 event quiz as e1 => event; wait 3605000
        3_600_001 recv c0 error 406 #r     => error 406, r0 rejected 406; wait 3660001
        # A little late is not asleep.
        3_600_002 send "hi"                => r1 on c0; wait 3605002
        3_606_002 poll                     => r1 assumed; wait 3660001
        3_606_002 send "hi"                => r2 on c0; wait 3611002
        3_612_003 poll                     => wait 3617003
        # Whoever is late all the time gets their outcome nevertheless.
        3_619_000 poll                     => wait 3624000
        3_626_000 poll                     => wait 3631000
        3_633_000 poll                     => r2 assumed; wait 3686000
        "#,
    );
    assert_eq!(client.counters().late, 4);
}

#[test]
fn nothing_on_the_way_outlives_a_close() {
    play(
        r#"
        0     close                        =>
        0     connect                      => state connecting; fetch token
        0     connect                      =>
        1     close                        => state disconnected: not wanted
        2     connect                      => state connecting
        # The token that was asked for first will do.
        3     token                        => c0; wait 30003
        4     close                        => close c0 1000; state disconnected: not wanted
        5     opened c0                    =>
        6     connect                      => state connecting; fetch token
        7     close                        => state disconnected: not wanted
        8     token                        => of no use
        9     token                        => of no use
        10    connect                      => state connecting; fetch token
        11    token 120_000                => c1; wait 30011
        12    opened c1                    => state connected c1; wait 60011
        60_011 poll                        => fetch token
        60_012 token                       => c2; wait 90012
        60_013 send "hi"                   => r0 on c1; wait 65013
        60_014 close                       => close c1 1000; close c2 1000; r0 lost; state disconnected: not wanted
        60_015 closed c1 1000              =>
        60_015 recv c1 message m1 of me    => dropped
        "#,
    );
}

#[test]
fn what_both_connections_deliver_is_received_once() {
    let client = play(
        "
        0       connect                       => state connecting; fetch token
        0       token 120_000                 => c0; wait 30000
        0       opened c0                     => state connected c0; wait 60000
        # There is only one connection: whatever it says.
        1       recv c0 message m1 of bo      => message; wait 60000
        2       recv c0 message m1 of bo      => message; wait 60000
        60_000  poll                          => fetch token
        60_000  token 120_000                 => c1; wait 90000
        # The service may have the new one in the room before this end knows it.
        60_001  recv c0 message m2 of bo      => message; wait 90000
        60_002  opened c1                     => state connected c1; wait 70002
        60_003  recv c1 message m2 of bo      => dropped; wait 70002
        60_004  recv c1 message m3 of bo      => message; wait 70002
        60_005  recv c0 message m3 of bo      => dropped; wait 70002
        # Without an identifier there is no telling.
        60_006  recv c0 event quiz as         => event; wait 70002
        60_006  recv c1 event quiz as         => event; wait 70002
        60_007  recv c0 message m4 of bo      => message; wait 70002
        70_002  poll                          => close c0 1000; wait 120000
        # It may still have something in its socket.
        80_001  recv c1 message m4 of bo      => dropped; wait 120000
        80_002  recv c1 message m4 of bo      => message; wait 120000
        ",
    );
    assert_eq!(client.counters().duplicates, 3);
    play(
        "
        0       connect                       => state connecting; fetch token
        0       token 120_000                 => c0; wait 30000
        0       opened c0                     => state connected c0; wait 60000
        60_000  poll                          => fetch token
        60_000  token                         => c1; wait 90000
        60_001  recv c0 message m1 of bo      => message; wait 90000
        # The old one breaks while the new one is being opened.
        60_002  closed c0 broken              => state connecting; wait 90000
        89_999  opened c1                     => state connected c1
        90_000  recv c1 message m1 of bo      => dropped
        99_998  recv c1 message m1 of bo      => dropped
        99_999  recv c1 message m1 of bo      => message
        ",
    );
}

#[test]
fn what_is_shown_to_people() {
    let (mut client, conn) = connected(7, TokenInfo::new());
    assert_eq!(client.state().to_string(), "connected");
    assert_eq!(client.next_attempt_at(), None);
    client.closed(Instant::from_millis(5), conn, CloseEvent::frame(1012, ""));
    assert_eq!(client.state().to_string(), "connecting");
    let next = wait(&mut client, Instant::from_millis(5));
    assert_eq!(client.next_attempt_at(), Some(next));
    assert_eq!(wait(&mut client, next), next);
    assert_eq!(client.next_attempt_at(), None);
    client.token_err(next, true);
    assert_eq!(client.state().to_string(), "disconnected: no token can be had");
    for (reason, shown) in [
        (DisconnectReason::NotWanted, "no connection is wanted"),
        (DisconnectReason::Refused(403), "the connection was refused with HTTP status 403"),
        (DisconnectReason::Closed(4000), "the connection was closed with code 4000"),
        (DisconnectReason::DisconnectedUser, "the user was disconnected"),
    ] {
        assert_eq!(reason.to_string(), shown);
    }
    for (outcome, shown) in [
        (Outcome::Confirmed, "confirmed"),
        (Outcome::Rejected(406.into()), "rejected: 406 Not Acceptable"),
        (Outcome::Assumed, "assumed to have succeeded"),
        (Outcome::Lost, "lost: the connection ended before an answer"),
    ] {
        assert_eq!(outcome.to_string(), shown);
    }
    assert_eq!(Instant::from_millis(5).to_string(), "5 ms");
}

#[test]
fn a_sleep_prolongs_the_overlap() {
    play(
        "
        0        connect                      => state connecting; fetch token
        0        token 120_000                => c0; wait 30000
        0        opened c0                    => state connected c0; wait 60000
        60_000   poll                         => fetch token
        60_000   token 3_600_000              => c1; wait 90000
        60_001   opened c1                    => state connected c1; wait 70001
        60_002   recv c0 message m1 of bo     => message; wait 70001
        # The lid is closed, and opened five minutes later.
        360_000  poll                         => wait 370000
        360_001  recv c1 message m1 of bo     => dropped; wait 370000
        360_002  recv c0 message m2 of bo     => message; wait 370000
        370_000  poll                         => close c0 1000; wait 3600000
        ",
    );
}

#[test]
fn a_hand_over_behind_the_end_of_the_session_is_a_gap() {
    play(
        "
        0        connect                      => state connecting; fetch token
        0        token 120_000                => c0; wait 30000
        0        opened c0                    => state connected c0; wait 60000
        60_000   poll                         => fetch token
        120_000  token                        => c1; wait 150000
        120_001  opened c1                    => state connecting; state connected c1; wait 130001
        ",
    );
}

#[test]
fn a_clock_that_steps_back_is_held() {
    let client = play(
        r#"
        1_000  connect                     => state connecting; fetch token
        500    token                       => c0; wait 31000
        0      opened c0                   => state connected c0
        0      send "hi"                   => r0 on c0; wait 6000
        5_999  poll                        => wait 6000
        6_000  poll                        => r0 assumed
        "#,
    );
    assert!(client.counters().steps_back > 0);
}
