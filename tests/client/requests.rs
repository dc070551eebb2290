//! Sent and refused requests, and their payloads.

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Client, Config, Output, SendErrorKind, TokenInfo};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::{Attributes, Content, Text};

use crate::transcript::play;

#[test]
fn each_refusal_has_its_reason() {
    play(
        r#"
        set max_code_points 5
        set requests_per_second 4
        0    send "hello"                          => refused: not connected
        0    connect                               => state connecting; fetch f0; wait 30_000
        0    token f0 only SEND_MESSAGE DELETE_MESSAGE  => c0; wait 30_000
        0    send "hello"                          => refused: not connected; wait 30_000
        0    open c0                               => state connected; wait 30_000
        0    disconnect_user bo   => refused: the token does not permit DISCONNECT_USER; wait 30_000
        0    send "hello!" => refused: invalid content length: expected 1 to 5 code points, found 6;
                wait 30_000
        0    send "🏴‍☠️!" #a                        => r0 on c0; wait 5_000
        1    send "again" #a              => refused: a request with the same RequestId is in flight; wait 5_000
        1    delete m1 #a                 => refused: a request with the same RequestId is in flight; wait 5_000
        1    send "2"                              => r1 on c0; wait 5_000
        2    send "3"                              => r2 on c0; wait 5_000
        3    send "4"                            => refused: too many requests in flight; wait 5_000
        3    abandon r1                            => r1 abandoned; wait 5_000
        3    abandon r1                            => unknown; wait 5_000
        3    send "4"                              => r3 on c0; wait 5_000
        4    abandon r0                            => r0 abandoned; wait 5_002
        4    send "5"                          => refused: too many requests per second; wait 5_002
        999  send "5"                          => refused: too many requests per second; wait 5_002
        1000 send "5"                              => r4 on c0; wait 5_002
        1000 abandon r2                            => r2 abandoned; wait 5_003
        1000 send "6"                          => refused: too many requests per second; wait 5_003
        1001 delete an-identifier-that-is-too-long => refused: buffer too small: 116 bytes are needed;
             wait 5_003
        1001 send "6"                              => r5 on c0; wait 5_003
        "#,
    );
}

#[test]
fn requests_are_refused_after_an_error_401() {
    play(
        r#"
        0       connected                          => wait 30_000
        1       send "hi" #a                       => r0 on c0; wait 5_001
        10      recv c0 error 401                  => error 401; wait 1_010
        11      send "ho"                          => refused: not connected; wait 1_010
        12      recv c0 message m1 of me #a        => message, r0 confirmed; wait 1_010
        1_010   poll                               => fetch f1; wait 30_000
        1_010   token f1                           => c1; wait 30_000
        1_010   send "ho"                          => refused: not connected; wait 30_000
        1_020   open c1                      => ping c0 1; replaced c0 c1; possible gap; wait 11_020
        1_021   send "ho"                          => r1 on c1; wait 6_021
        "#,
    );
}

#[test]
fn an_abandoned_request_has_no_outcome() {
    play(
        r#"
        0    connected                             => wait 30_000
        0    send "hi" #a                          => r0 on c0; wait 5_000
        1    abandon r0                            => r0 abandoned; wait 30_000
        2    recv c0 message m1 of me #a           => message; wait 30_000
        3    send "hi" #a                          => r1 on c0; wait 5_003
        4    recv c0 message m2 of me #a           => message, r1 confirmed; wait 30_000
        5    abandon r1                            => unknown; wait 30_000
        6    abandon r9                            => unknown; wait 30_000
        "#,
    );
}

#[test]
fn without_a_rate_limit_no_request_is_refused() {
    let mut config = Config::with_pings();
    config.requests_per_second = None;
    let mut client: Client<(), 20> = connected(config);
    for _ in 0..20 {
        assert!(client.send(at(0), DeleteMessage::new("m"), (), &mut [0; 128]).is_ok());
    }
    let mut client: Client<(), 20> = connected(Config::with_pings());
    for _ in 0..10 {
        assert!(client.send(at(0), DeleteMessage::new("m"), (), &mut [0; 128]).is_ok());
    }
    let refused = client.send(at(0), DeleteMessage::new("m"), (), &mut [0; 128]).unwrap_err();
    assert_eq!(refused.kind, SendErrorKind::TooManyRequests { retry_at: at(1_000) });
}

const fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn connected<const INFLIGHT: usize>(config: Config) -> Client<(), INFLIGHT> {
    connected_with(config, 7)
}

fn connected_with<const INFLIGHT: usize>(config: Config, seed: u8) -> Client<(), INFLIGHT> {
    let mut client = Client::new(config, [seed; 16]);
    client.connect(at(0));
    loop {
        if let Output::FetchToken(fetch) = client.poll(at(0)) {
            let connection = client.handle_token(at(0), fetch, TokenInfo::new()).unwrap();
            client.handle_open(at(0), connection);
            return client;
        }
    }
}

/// Returns a request of each kind.
fn requests(request_id: Option<Text<'_>>) -> [Publish<'_>; 3] {
    let mut send = SendMessage::new(Content::new("good \"morning\" 🌞").unwrap());
    let mut delete = DeleteMessage::new("m1");
    let mut disconnect = DisconnectUser::new("bo");
    send.request_id = request_id;
    send.attributes = Attributes::from(&[("RequestId", "not this one")]);
    delete.request_id = request_id;
    disconnect.request_id = request_id;
    [send.into(), delete.into(), disconnect.into()]
}

#[test]
fn the_payload_decodes_to_the_request() {
    // The caller's RequestId: plain, with characters that need escapes, and with raw escapes.
    let frame = br#"{"Action":"DELETE_MESSAGE","RequestId":"caf\u00e9 \"\\\n","Id":"m"}"#;
    let escaped = Publish::decode(frame).unwrap().request_id().unwrap();
    for request_id in ["r-1".into(), "café \"\\\n".into(), escaped] {
        for request in requests(Some(request_id)) {
            let (mut client, mut buffer) = (connected::<16>(Config::with_pings()), [0; 512]);
            let sent = client.send(at(0), request, (), &mut buffer).unwrap();
            assert_eq!(sent.request_id, request_id);
            assert_eq!(Publish::decode(sent.payload.as_bytes()).unwrap(), request);
            assert_eq!(Some(sent.connection), client.current());
        }
    }
    // A missing or empty RequestId is replaced by a UUID.
    for request_id in [None, Some("".into())] {
        for request in requests(request_id) {
            let (mut client, mut buffer) = (connected::<16>(Config::with_pings()), [0; 512]);
            let sent = client.send(at(0), request, (), &mut buffer).unwrap();
            let decoded = Publish::decode(sent.payload.as_bytes()).unwrap();
            assert_eq!(decoded.request_id(), Some(sent.request_id));
            let uuid = sent.request_id.to_string();
            assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'4'), "{uuid}");
        }
    }
}

#[test]
fn request_ids_are_unique_across_requests_and_seeds() {
    let mut seen = std::collections::HashSet::new();
    for seed in 0..16 {
        let mut client: Client<(), 16> = connected_with(Config::with_pings(), seed);
        for second in 0..10 {
            let delete = DeleteMessage::new("m");
            let mut buffer = [0; 128];
            let sent = client.send(at(second * 1_000), delete, (), &mut buffer).unwrap();
            assert!(seen.insert(sent.request_id.to_string()));
        }
    }
}

#[test]
#[cfg(feature = "alloc")]
fn a_string_buffer_always_suffices() {
    let mut in_string = connected::<16>(Config::with_pings());
    let mut in_buffer = in_string.clone();
    let content = "🌞".repeat(500);
    let mut buffer = String::from("previous content");
    for request in
        requests(None).into_iter().chain([SendMessage::new(Content::new(&content).unwrap()).into()])
    {
        let mut bytes = [0; 4_096];
        let sent = in_string.send_in_string(at(0), request, (), &mut buffer).unwrap();
        assert_eq!(sent, in_buffer.send(at(0), request, (), &mut bytes).unwrap());
    }
    assert_eq!(in_string, in_buffer);
    // All other refusals are the same.
    let refused = connected::<0>(Config::with_pings()).send_in_string(
        at(0),
        requests(None)[0],
        (),
        &mut buffer,
    );
    assert_eq!(refused.unwrap_err().kind, SendErrorKind::TooManyInFlight);
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    for request in requests(None) {
        let mut client = connected::<16>(Config::with_pings());
        let before = client.clone();
        let needed = request.encoded_len() + 51;
        for length in [0, 1, needed - 1] {
            let refused = client.send(at(0), request, (), &mut vec![0; length]).unwrap_err();
            assert!(matches!(refused.kind, SendErrorKind::BufferTooSmall(_)));
            assert_eq!(client, before);
        }
        assert!(client.send(at(0), request, (), &mut vec![0; needed]).is_ok());
    }
}
