//! How much memory does the crate use? It allocates nothing: neither the codec, nor the framing,
//! nor the client, nor the server's end of a connection. The types have bounded sizes.

mod vectors;

use core::mem::size_of;

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, Counters, Output, Received,
    TokenInfo,
};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::server::{self, Close, Peer, Rejection, RoomRateLimiter};
use ivs_chat_proto::subscribe::{Event, Message, ServiceError, Subscribe, SystemEvent};
use ivs_chat_proto::{
    Attributes, BufferTooSmall, Capabilities, ChatLogEntry, CloseReason, Content, DecodeError,
    JsonStream, MessageAssembler, SendTime, Text, Timestamp, Token,
};

/// Returns the number of allocations of `work`.
fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn counter_counts_allocations() {
    assert_eq!(allocations(|| drop(core::hint::black_box(Box::new(1)))), 1);
    assert_eq!(allocations(|| drop(core::hint::black_box(vec![0; 100]))), 1);
}

#[test]
fn decoding_and_encoding_subscribes_allocate_nothing() {
    let mut buffer = [0; 2048];
    for vector in vectors::subscribe() {
        let count = allocations(|| {
            if let Ok(payload) = Subscribe::decode(&vector.wire) {
                payload.encode(&mut buffer).expect("room");
                assert!(payload.encoded_len() <= buffer.len());
                if let Subscribe::Message(message) = payload {
                    let _ = (message.send_time.parse(), message.content.code_point_count());
                    for (name, value) in message.attributes {
                        assert_eq!(
                            message.attributes.get("a") == Some(value),
                            name == "a" && value == "3" || value == "b"
                        );
                    }
                    message.content.decode_into(&mut buffer).expect("room");
                } else if let Subscribe::Event(event) = payload {
                    let _ = event.kind();
                }
            }
        });
        assert_eq!(count, 0, "{}", vector.name);
    }
}

#[test]
fn decoding_and_encoding_publishes_allocate_nothing() {
    let mut buffer = [0; 2048];
    for vector in vectors::publish() {
        let count = allocations(|| {
            if let Ok(payload) = Publish::decode(&vector.wire) {
                payload.encode(&mut buffer).expect("room");
                assert!(payload.encoded_len() <= buffer.len());
            }
            let _ = Publish::peek_request_id(&vector.wire);
        });
        assert_eq!(count, 0, "{}", vector.name);
    }
}

#[test]
fn values_allocate_nothing() {
    let mut buffer = [0; 512];
    let count = allocations(|| {
        Content::new("👩‍👩‍👧 and \"all\"").expect("short enough");
        Token::new("token").expect("a token");
        Timestamp::parse("2026-11-22T10:00:00.5Z").expect("a time");
        let _ = CloseReason::parse(r#"{"ErrorCode":401,"ErrorMessage":"session expired"}"#);
        assert!(CloseReason::parse(r#"{"ErrorMessage":"session \u0065xp"#).is_expiry());
        let deletion = SystemEvent::delete_message("m", Some("\n".into()));
        let event = Event::system("i", &deletion, "t");
        ChatLogEntry::new(event.into()).encode(&mut buffer).expect("room");
    });
    assert_eq!(count, 0);
}

#[test]
fn framing_allocates_nothing() {
    let input = include_bytes!("../examples/capture.jsonl");
    let mut objects = 0;
    let count = allocations(|| {
        let mut stream = JsonStream::<300>::new();
        let mut fragments = MessageAssembler::<256>::new();
        for chunk in input.chunks(7) {
            let mut rest = chunk;
            while let Some(next) = stream.next(&mut rest) {
                let object = next.unwrap_or(b"unfinished, or too long");
                for piece in object.chunks(11) {
                    let _ = fragments.push(piece, false);
                }
                let _ = fragments.push(b"", true);
                objects += 1;
            }
        }
        stream.finish().expect("a whole capture");
    });
    assert_eq!((count, objects), (0, input.split(|byte| *byte == b'\n').count() - 1));
}

/// A message of the user, with the `RequestId` of a request.
const ECHO: &str = concat!(
    r#"{"Type":"MESSAGE","Id":"m1","RequestId":"r-1","Attributes":null,"Content":"hello","#,
    r#""SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"me","Attributes":{}}}"#
);
const DELETED: &str = concat!(
    r#"{"Type":"EVENT","Id":"e1","EventName":"aws:DELETE_MESSAGE","#,
    r#""Attributes":{"MessageId":"m1"},"SendTime":""}"#
);
const DISCONNECTED: &str = concat!(
    r#"{"Type":"EVENT","Id":"e2","EventName":"aws:DISCONNECT_USER","#,
    r#""Attributes":{"UserId":"me"},"SendTime":""}"#
);
const ERROR_401: &str = r#"{"Type":"ERROR","ErrorCode":401,"ErrorMessage":"connection expired"}"#;
const ERROR_406: &str = r#"{"Type":"ERROR","ErrorCode":406,"RequestId":"r-1"}"#;

/// A host that allocates nothing, and the outputs of its client.
struct Host {
    client: Client<u8>,
    now: Instant,
    outputs: OutputCounts,
}

/// The number of outputs of each kind.
#[derive(Debug, Default, PartialEq)]
struct OutputCounts {
    closes: u32,
    pings: u32,
    settled: u32,
    states: u32,
    replaced: u32,
    gaps: u32,
    fetches: u32,
}

impl Host {
    fn new(config: Config) -> Self {
        Self {
            client: Client::new(config, [7; 16]),
            now: Instant::from_millis(0),
            outputs: OutputCounts::default(),
        }
    }

    /// Runs the client for `millis` milliseconds. Connections open at once, or close with `failure`
    /// if it is given.
    fn run(&mut self, millis: u64, answers_pings: bool, failure: Option<CloseEvent>) {
        let end = self.now.as_millis() + millis;
        loop {
            match self.client.poll(self.now) {
                Output::Wait(Some(moment)) if moment.as_millis() < end => self.now = moment,
                Output::Wait(_) => break,
                Output::FetchToken(fetch) => {
                    self.outputs.fetches += 1;
                    let mut info = TokenInfo::new();
                    (info.session_ms, info.user_id) = (Some(900_000), Some("me"));
                    let connection =
                        self.client.handle_token(self.now, fetch, info).expect("a wanted token");
                    match failure {
                        Some(event) => self.client.handle_close(self.now, connection, event),
                        None => self.client.handle_open(self.now, connection),
                    }
                }
                Output::Ping { connection, payload } => {
                    self.outputs.pings += 1;
                    if answers_pings {
                        self.client.handle_pong(self.now, connection, &payload);
                    }
                }
                Output::Close { .. } => self.outputs.closes += 1,
                Output::Settled(_) => self.outputs.settled += 1,
                Output::State(_) => self.outputs.states += 1,
                Output::Replaced { .. } => self.outputs.replaced += 1,
                Output::PossibleGap => self.outputs.gaps += 1,
                other => panic!("unexpected output {other:?}"),
            }
        }
        self.now = Instant::from_millis(end);
    }

    const fn current(&self) -> ConnectionId {
        self.client.current().expect("connected")
    }

    fn receive(&mut self, connection: ConnectionId, frame: &str) {
        if let Ok(Some(Received { settled: Some(_), .. })) =
            self.client.handle_message(self.now, connection, frame.as_bytes())
        {
            self.outputs.settled += 1;
        }
    }

    fn send(&mut self, data: u8) {
        let mut hello = SendMessage::new(Content::new("hello").expect("short"));
        hello.request_id = Some("r-1".into());
        let mut buffer = [0; SendMessage::MAX_PLAIN_LEN];
        let sent = self.client.send(self.now, hello, data, &mut buffer).expect("connected");
        assert_eq!(sent.request_id, "r-1");
        self.client.send(self.now, hello, data, &mut buffer).expect_err("already in flight");
    }
}

/// Runs a long session with every kind of event.
fn session(config: Config) -> (OutputCounts, Counters) {
    let mut host = Host::new(config);
    let (answers, silent) = (true, false);
    host.client.connect(host.now);
    host.run(1, answers, Some(CloseEvent::handshake_rejected(403)));
    host.client.connect(host.now);
    host.run(10_000, answers, Some(CloseEvent::handshake_rejected(503)));
    host.run(200_000, answers, None);
    // Every kind of outcome.
    for frame in [ECHO, ERROR_406, "{", DELETED] {
        host.send(1);
        let connection = host.current();
        let _ = host
            .client
            .send(host.now, DeleteMessage::new("m1"), 2, &mut [0; 256])
            .expect("connected");
        host.receive(connection, frame);
        host.run(100_000, answers, None);
    }
    // A refresh with requests on both connections, duplicates and a fallback.
    let old = host.current();
    host.client.refresh(host.now);
    host.run(1, answers, None);
    let new = host.current();
    assert_ne!(old, new, "replaced");
    host.send(3);
    host.receive(old, ECHO);
    host.receive(new, ECHO);
    host.client.handle_close(host.now, new, CloseEvent::frame(1012, ""));
    host.run(1, answers, None);
    assert_eq!(host.current(), old, "the old connection is current again");
    host.run(2_000_000, answers, None);
    // Expiry, a silent connection, a sleep of the host, and a clock that steps back.
    let connection = host.current();
    host.receive(connection, ERROR_401);
    host.run(100_000, answers, None);
    host.send(4);
    host.run(100_000, silent, None);
    host.run(100_000, answers, None);
    host.now = Instant::from_millis(host.now.as_millis() + 1_000_000);
    host.run(1_000_000, answers, None);
    host.now = Instant::from_millis(5);
    host.run(100_000, answers, None);
    // Two ends: the user is disconnected, and the client disconnects when settled.
    let connection = host.current();
    host.receive(connection, DISCONNECTED);
    host.run(1, answers, None);
    host.client.connect(host.now);
    host.run(100_000, answers, None);
    host.send(5);
    host.client.disconnect_when_settled(host.now);
    host.run(100_000, answers, None);
    assert!(matches!(host.client.state(), ConnectionState::Disconnected(_)));
    (host.outputs, host.client.counters())
}

#[test]
fn client_allocates_nothing() {
    for config in [Config::with_pings(), Config::without_pings()] {
        let mut result = None;
        let count = allocations(|| result = Some(session(config)));
        let (outputs, counters) = result.expect("a session");
        assert_eq!(count, 0);
        // The session reached every kind of output.
        let OutputCounts { closes, pings, settled, states, replaced, gaps, fetches } = outputs;
        for number in
            [closes, states, replaced, gaps, fetches, counters.duplicates, counters.not_decoded]
        {
            assert!(number > 0, "{outputs:?}, {counters:?}");
        }
        assert_eq!(settled, 11, "{outputs:?}");
        assert_eq!((pings > 0, counters.missed_pings > 0), (config.can_ping(), config.can_ping()));
        assert!(counters.late > 0 && counters.steps_back > 0, "{counters:?}");
    }
}

#[test]
fn server_allocates_nothing() {
    let mut buffer = [0; 2048];
    let (mut accepted, mut rejected) = (0, 0);
    for vector in vectors::publish() {
        let count = allocations(|| {
            let mut config = server::Config::new();
            config.capabilities = Capabilities::ALL;
            let mut peer = Peer::new(Instant::from_millis(0), config);
            let mut room = RoomRateLimiter::new(core::num::NonZeroU8::MIN);
            for now in [1, 2, 3_599_999, 3_600_000] {
                let now = Instant::from_millis(now);
                let verdict = peer.handle_message(now, &vector.wire);
                match verdict.and_then(|publish| room.check(now, &publish).map(|()| publish)) {
                    Ok(publish) => {
                        accepted += 1;
                        Rejection::not_acceptable(&publish, None)
                            .error
                            .encode(&mut buffer)
                            .expect("room");
                    }
                    Err(rejection) => {
                        rejected += 1;
                        rejection.error.encode(&mut buffer).expect("room");
                    }
                }
            }
            assert_eq!(Close::disconnected("Kicked").code(), 1000);
        });
        assert_eq!(count, 0, "{}", vector.name);
    }
    assert!(accepted > 30 && rejected > 30, "{accepted} {rejected}");
}

#[test]
fn types_have_bounded_sizes() {
    assert_eq!(size_of::<DecodeError>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<BufferTooSmall>(), size_of::<usize>());
    assert_eq!(size_of::<Text<'_>>(), 3 * size_of::<usize>());
    assert_eq!(size_of::<Option<Text<'_>>>(), size_of::<Text<'_>>());
    assert_eq!(size_of::<Attributes<'_>>(), 3 * size_of::<usize>());
    assert_eq!(size_of::<SendTime<'_>>(), size_of::<Text<'_>>());
    assert!(size_of::<Message<'_>>() <= 7 * size_of::<Text<'_>>());
    assert!(size_of::<Event<'_>>() <= 5 * size_of::<Text<'_>>());
    assert!(size_of::<ServiceError<'_>>() <= 4 * size_of::<Text<'_>>());
    assert!(
        size_of::<Result<Subscribe<'_>, DecodeError>>()
            <= 7 * size_of::<Text<'_>>() + size_of::<usize>()
    );
    assert!(size_of::<SendMessage<'_>>() <= 4 * size_of::<Text<'_>>());
    assert!(size_of::<DeleteMessage<'_>>() <= 3 * size_of::<Text<'_>>());
    assert!(size_of::<DisconnectUser<'_>>() <= 3 * size_of::<Text<'_>>());
    assert!(
        size_of::<Result<Publish<'_>, DecodeError>>()
            <= 4 * size_of::<Text<'_>>() + size_of::<usize>()
    );
    assert!(size_of::<Client>() <= 14_768);
    assert!(size_of::<Client<(), 2, 8>>() <= 1_120);
    assert_eq!(size_of::<Client<(), 2, 1_008>>() - size_of::<Client<(), 2, 8>>(), 12 * 1_000);
    assert!(size_of::<Output<()>>() <= 24);
    assert!(
        size_of::<Result<Option<Received<'_, ()>>, DecodeError>>() <= 8 * size_of::<Text<'_>>()
    );
}
