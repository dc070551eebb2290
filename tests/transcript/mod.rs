//! Sessions as transcripts.
//!
//! Each line has a time, an input and its results.
//!
//! ```text
//! 0       connect                      => state connecting; fetch f0; wait 30_000
//! 40      token f0 3_600_000 of me     => c0; wait 30_040
//! 90      open c0                      => state connected; wait 30_090
//! 100     send "hello" #r-1            => r0 on c0; wait 5_100
//! 180     recv c0 message m1 of me #r-1 => message, r0 confirmed; wait 30_090
//! 30_090  poll                         => ping c0 1; wait 40_090
//! 30_150  pong c0 1                    => wait 60_090
//! ```
//!
//! The results after `=>` are the return value of the call, if any, and then all outputs of `poll`.
//! The last one is the time of `Wait`, if any. A line that ends with `;` continues on the next one.
//! `c0`, `f0` and `r0` are the first connection, token fetch and request.
//!
//! # Inputs
//!
//! - Calls of the application: `connect`, `disconnect`, `leave` (`disconnect_when_settled`),
//!   `refresh`, `send "TEXT"`, `delete MESSAGE`, `disconnect_user USER`, `abandon r0`. A request
//!   may end with `#RequestId`.
//! - Events of the host: `token f0 [SESSION_MS] [of USER] [only CAPABILITY…]`,
//!   `no_token f0 for now [after 20s]`, `no_token f0 ever`, `open c0`, `pong c0 NUMBER`,
//!   `closed c0 HOW` (see [`close_event`]), `recv c0 PAYLOAD` (see [`payload`]).
//! - `poll` only polls.
//! - `connected …` opens the first connection. The rest of the line describes the token.
//! - `stable …` opens the first connection at 0, gets a ping at 30 s, and answers it now. After
//!   that, the connection is stable.
//! - `quiet` polls at every `Wait` since the previous line and answers every ping. No other output
//!   may occur.
//!
//! # Comments and settings
//!
//! Lines that begin with `#` are comments. Lines that begin with `set` change the [`Config`]:
//! `set without_pings`, which must be first, and `set FIELD VALUE`. By default, no wait is random:
//! a refresh has no jitter, and a backoff takes 1 s.

use core::time::Duration;

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, DisconnectReason, FetchError,
    FetchId, Outcome, Output, Received, ReconnectAction, RequestHandle, Settled, TokenInfo,
};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Capabilities, Capability, Content};

/// The client of the transcripts, with 3 requests in flight and a deduplication window of 4.
pub(crate) type SmallClient = Client<u64, 3, 4>;

/// Plays a transcript and asserts its results.
#[track_caller]
pub(crate) fn play(transcript: &str) -> SmallClient {
    let transcript = join_continuations(transcript);
    let lines = transcript.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let (settings, lines): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("set "));
    let mut host =
        Host { client: Client::new(config(&settings), *b"sixteen bytes!!!"), sent: 0, now: at(0) };
    let (mut mismatch, mut actual) = (None, String::new());
    for line in lines {
        let (input, expected) =
            line.split_once("=>").unwrap_or_else(|| panic!("expected =>: {line}"));
        let (moment, verb) =
            input.trim().split_once(' ').unwrap_or_else(|| panic!("expected an input: {line}"));
        let now = Instant::from_millis(number(moment));
        let mut results = Vec::from_iter(host.input(now, verb.trim()));
        results.extend(host.outputs(now));
        host.now = now;
        let results = results.join("; ");
        if mismatch.is_none() && without_separators(&results) != without_separators(expected.trim())
        {
            mismatch = Some(line);
        }
        actual.extend([input, "=> ", &results, "\n"]);
    }
    if let Some(line) = mismatch {
        panic!("wrong result: {line}\nactual transcript:\n{actual}");
    }
    host.client
}

/// Trims all lines, and joins each line that ends with `;` with the next.
fn join_continuations(transcript: &str) -> String {
    let mut joined = String::new();
    for line in transcript.lines().map(str::trim) {
        joined.push_str(line);
        joined.push(if line.ends_with(';') { ' ' } else { '\n' });
    }
    joined
}

/// Plays a transcript once for each word, which replaces `{}`.
#[track_caller]
pub(crate) fn play_each(words: &[&str], transcript: &str) {
    for word in words {
        play(&transcript.replace("{}", word));
    }
}

fn config(settings: &[&str]) -> Config {
    let mut config = Config::with_pings();
    if settings.first() == Some(&"set without_pings") {
        config = Config::without_pings();
    }
    config.refresh_jitter_percent = 0;
    (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms) = (1_000, 1_000, 1_000);
    for setting in
        settings.iter().filter_map(|setting| setting.trim_start_matches("set ").split_once(' '))
    {
        set(&mut config, setting.0, number(setting.1));
    }
    config
}

fn set(config: &mut Config, field: &str, value: u64) {
    let millis = u32::try_from(value).unwrap();
    match field {
        "max_code_points" => config.max_code_points = u16::try_from(value).unwrap(),
        "requests_per_second" => {
            config.requests_per_second = u8::try_from(value).unwrap().try_into().ok();
        }
        "settle_ms" => config.settle_ms = millis,
        "connect_timeout_ms" => config.connect_timeout_ms = millis,
        "token_timeout_ms" => config.token_timeout_ms = millis,
        "ping_interval_ms" => config.ping_interval_ms = millis,
        "ping_timeout_ms" => config.ping_timeout_ms = millis,
        "idle_ms" => config.idle_ms = Some(millis),
        "backoff_min_ms" => config.backoff_min_ms = millis,
        "backoff_base_ms" => config.backoff_base_ms = millis,
        "backoff_max_ms" => config.backoff_max_ms = millis,
        "max_attempts" => config.max_attempts = millis.try_into().ok(),
        "stable_ms" => config.stable_ms = millis,
        "refresh_lead_ms" => config.refresh_lead_ms = millis,
        "refresh_jitter_percent" => config.refresh_jitter_percent = u8::try_from(value).unwrap(),
        "refresh_floor_ms" => config.refresh_floor_ms = millis,
        "drain_ms" => config.drain_ms = millis,
        other => panic!("unknown setting {other}"),
    }
}

struct Host {
    client: SmallClient,
    /// The data of the next request, which equals the number of its handle.
    sent: u64,
    /// The time of the previous line.
    now: Instant,
}

impl Host {
    fn input(&mut self, now: Instant, input: &str) -> Option<String> {
        let (verb, rest) = input.split_once(' ').unwrap_or((input, ""));
        let rest = rest.trim();
        let (first, words) = rest.split_once(' ').unwrap_or((rest, ""));
        let client = &mut self.client;
        match verb {
            "connect" => client.connect(now),
            "disconnect" => client.disconnect(now),
            "leave" => client.disconnect_when_settled(now),
            "refresh" => client.refresh(now),
            "poll" => {}
            "connected" => self.connected(now, rest),
            "stable" => self.stable(now, rest),
            "quiet" => self.quiet_until(now),
            "token" => {
                let connection = client.handle_token(now, fetch(first), token(words));
                return Some(connection.map_or("ignored".into(), name));
            }
            "no_token" => client.handle_token_error(now, fetch(first), fetch_error(words)),
            "open" => client.handle_open(now, connection(first)),
            "pong" => client.handle_pong(now, connection(first), &pong(words)),
            "closed" => client.handle_close(now, connection(first), close_event(words)),
            "recv" => {
                let frame = payload(words);
                return Some(
                    match client.handle_message(now, connection(first), frame.as_bytes()) {
                        Ok(Some(received)) => describe(&received),
                        Ok(None) => "dropped".into(),
                        Err(error) => format!("error: {error}"),
                    },
                );
            }
            "send" | "delete" | "disconnect_user" => return Some(self.publish(now, verb, rest)),
            "abandon" => {
                let handle =
                    RequestHandle::from_number(rest.trim_start_matches('r').parse().unwrap());
                return Some(
                    client
                        .abandon(handle)
                        .map_or("unknown".into(), |data| format!("r{data} abandoned")),
                );
            }
            other => panic!("unknown input {other}"),
        }
        None
    }

    fn connected(&mut self, now: Instant, words: &str) {
        self.client.connect(now);
        let mut outputs = self.outputs(now);
        self.client.handle_token(now, fetch("f0"), token(words));
        outputs.extend(self.outputs(now));
        self.client.handle_open(now, connection("c0"));
        outputs.push(self.output(now).unwrap());
        outputs.retain(|output| !output.starts_with("wait"));
        assert_eq!(outputs, ["state connecting", "fetch f0", "state connected"]);
    }

    fn stable(&mut self, now: Instant, words: &str) {
        self.connected(at(0), words);
        assert_eq!(self.outputs(at(0)), ["wait 30000"]);
        assert_eq!(self.outputs(at(30_000)), ["ping c0 1", "wait 40000"]);
        self.client.handle_pong(now, connection("c0"), &pong("1"));
    }

    fn quiet_until(&mut self, end: Instant) {
        loop {
            match self.client.poll(self.now) {
                Output::Wait(Some(moment)) if moment < end => self.now = moment,
                Output::Wait(_) => return,
                Output::Ping { connection, payload } => {
                    self.client.handle_pong(self.now, connection, &payload);
                }
                other => panic!("output at {}: {other:?}", self.now),
            }
        }
    }

    fn publish(&mut self, now: Instant, verb: &str, rest: &str) -> String {
        let (what, request_id) = rest.rsplit_once('#').unwrap_or((rest, ""));
        let what = what.trim().trim_matches('"');
        let request_id = Some(request_id.into());
        let publish = match verb {
            "send" => {
                let mut send = SendMessage::new(Content::new(what).unwrap());
                send.request_id = request_id;
                Publish::from(send)
            }
            "delete" => {
                let mut delete = DeleteMessage::new(what);
                delete.request_id = request_id;
                Publish::from(delete)
            }
            _ => {
                let mut disconnect = DisconnectUser::new(what);
                disconnect.request_id = request_id;
                Publish::from(disconnect)
            }
        };
        let before = self.client.clone();
        match self.client.send(now, publish, self.sent, &mut [0; 112]) {
            Ok(sent) => {
                self.sent += 1;
                let decoded = Publish::decode(sent.payload.as_bytes()).unwrap();
                assert_eq!(decoded.request_id().unwrap(), sent.request_id);
                format!("r{} on {}", sent.handle.number(), name(sent.connection))
            }
            Err(error) => {
                assert_eq!(self.client, before, "a refused request changed the client");
                assert_eq!(error.data, self.sent);
                format!("refused: {error}")
            }
        }
    }

    /// Polls until `Wait`.
    fn outputs(&mut self, now: Instant) -> Vec<String> {
        let mut outputs = Vec::new();
        for _ in 0..20 {
            match self.client.poll(now) {
                Output::Wait(moment) => {
                    assert!(
                        moment.is_none_or(|moment| moment > now),
                        "Wait is {moment:?}, now is {now}"
                    );
                    outputs.extend(moment.map(|moment| format!("wait {}", moment.as_millis())));
                    return outputs;
                }
                other => outputs.push(output(&other)),
            }
        }
        panic!("no Wait after {outputs:?}");
    }

    /// Polls once.
    fn output(&mut self, now: Instant) -> Option<String> {
        match self.client.poll(now) {
            Output::Wait(_) => None,
            other => Some(output(&other)),
        }
    }
}

fn output(output: &Output<u64>) -> String {
    match output {
        Output::Close { connection, code } => format!("close {} {code}", name(*connection)),
        Output::Ping { connection, payload } => {
            format!("ping {} {}", name(*connection), u32::from_be_bytes(*payload))
        }
        Output::Settled(settled) => outcome(settled),
        Output::State(ConnectionState::Connecting) => "state connecting".into(),
        Output::State(ConnectionState::Connected) => "state connected".into(),
        Output::State(ConnectionState::Disconnected(reason)) => {
            format!("state disconnected: {}", describe_reason(*reason))
        }
        Output::Replaced { from, to } => format!("replaced {} {}", name(*from), name(*to)),
        Output::PossibleGap => "possible gap".into(),
        Output::FetchToken(id) => format!("fetch f{}", id.number()),
        other => panic!("unknown output {other:?}"),
    }
}

fn token(words: &str) -> TokenInfo<'_> {
    let mut info = TokenInfo::new();
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "of" => info.user_id = words.next(),
            "only" => {
                let names = words.by_ref().map(|name| Capability::from_name(name).unwrap());
                info.capabilities = Some(names.collect::<Capabilities>());
            }
            session => info.session_ms = Some(number(session)),
        }
    }
    info
}

/// Parses `for now`, `for now after 20s` or `ever`.
fn fetch_error(words: &str) -> FetchError {
    match words.split_once(" after ").unwrap_or((words, "")) {
        ("for now", "") => FetchError::Temporary { retry_after: None },
        ("for now", after) => FetchError::Temporary { retry_after: Some(seconds(after)) },
        ("ever", "") => FetchError::Permanent,
        other => panic!("unknown failure {other:?}"),
    }
}

/// Parses `broken`, `http STATUS` or `CODE [REASON]`.
///
/// `after 20s` may follow, and then `then retry`, `then new token` or `then end`.
fn close_event(words: &str) -> CloseEvent {
    let (words, action) = words.split_once(" then ").unwrap_or((words, ""));
    let (how, after) = words.split_once(" after ").unwrap_or((words, "0s"));
    let event = match how.split_once(' ').unwrap_or((how, "")) {
        ("broken", _) => CloseEvent::abnormal(),
        ("http", status) => CloseEvent::handshake_rejected(status.parse().unwrap()),
        (code, reason) => CloseEvent::frame(code.parse().unwrap(), reason),
    };
    let event = event.with_retry_after(seconds(after));
    match action {
        "" => event,
        "retry" => event.with_action(ReconnectAction::Retry),
        "new token" => event.with_action(ReconnectAction::NewToken),
        "end" => event.with_action(ReconnectAction::End),
        other => panic!("unknown action {other}"),
    }
}

/// Expands the short form of a payload.
///
/// The forms are `message ID of USER`, `deleted ID as EVENT`, `disconnected USER as EVENT`,
/// `event NAME as EVENT` and `error CODE [about ID]`, each optionally with `#RequestId`. `garbage`
/// and JSON are possible too.
fn payload(frame: &str) -> String {
    if frame.starts_with('{') {
        return frame.into();
    }
    let (what, request_id) = frame.split_once('#').unwrap_or((frame, ""));
    let words: Vec<_> = what.split_whitespace().collect();
    let event = |id: &str, name: &str, attributes: &str| {
        format!(
            concat!(
                r#"{{"Type":"EVENT","Id":"{id}","RequestId":"{request_id}","EventName":"{name}","#,
                r#""Attributes":{attributes},"SendTime":"2026-11-22T10:00:09Z"}}"#,
            ),
            id = id,
            request_id = request_id,
            name = name,
            attributes = attributes
        )
    };
    match words.as_slice() {
        ["garbage"] => "}".into(),
        ["message", id, "of", user] => format!(
            concat!(
                r#"{{"Type":"MESSAGE","Id":"{id}","RequestId":"{request_id}","#,
                r#""Attributes":null,"Content":"…","SendTime":"2026-11-22T10:00:09Z","#,
                r#""Sender":{{"UserId":"{user}","Attributes":{{}}}}}}"#,
            ),
            id = id,
            request_id = request_id,
            user = user
        ),
        ["deleted", id, "as", event_id] => event(
            event_id,
            "aws:DELETE_MESSAGE",
            &format!(r#"{{"MessageID":"{id}","MessageId":"{id}","Reason":""}}"#),
        ),
        ["disconnected", user, "as", event_id] => {
            event(event_id, "aws:DISCONNECT_USER", &format!(r#"{{"Reason":"","UserId":"{user}"}}"#))
        }
        ["event", name, "as"] => event("", name, "null"),
        ["event", name, "as", event_id] => event(event_id, name, "null"),
        ["error", code] => {
            format!(r#"{{"ErrorCode":{code},"RequestId":"{request_id}","Type":"ERROR"}}"#)
        }
        ["error", code, "about", id] => {
            format!(
                r#"{{"ErrorCode":{code},"Id":"{id}","RequestId":"{request_id}","Type":"ERROR"}}"#
            )
        }
        other => panic!("unknown payload {other:?}"),
    }
}

/// Returns the payload of the pong for a ping number, or other bytes.
fn pong(word: &str) -> Vec<u8> {
    word.parse::<u32>().map_or_else(|_| word.into(), |number| number.to_be_bytes().to_vec())
}

fn describe(received: &Received<'_, u64>) -> String {
    let what = match &received.payload {
        Subscribe::Message(_) => "message".into(),
        Subscribe::Event(_) => "event".into(),
        Subscribe::Error(error) => format!("error {}", error.error_code.as_u16()),
        other => other.type_name().to_string(),
    };
    match &received.settled {
        Some(settled) => format!("{what}, {}", outcome(settled)),
        None => what,
    }
}

fn outcome(settled: &Settled<u64>) -> String {
    assert_eq!(settled.handle.number(), settled.data, "data of another request");
    let outcome = match settled.outcome {
        Outcome::Confirmed => "confirmed".into(),
        Outcome::Rejected(code) => format!("rejected {}", code.as_u16()),
        Outcome::Assumed => "assumed".into(),
        Outcome::Unknown => "unknown".into(),
        other => panic!("unknown outcome {other:?}"),
    };
    format!("r{} {outcome}", settled.data)
}

fn describe_reason(reason: DisconnectReason) -> String {
    match reason {
        DisconnectReason::NotWanted => "not wanted".into(),
        DisconnectReason::NoToken => "no token".into(),
        DisconnectReason::Refused(status) => format!("refused {status}"),
        DisconnectReason::Closed(code) => format!("closed {code}"),
        DisconnectReason::DisconnectedUser => "disconnected user".into(),
        DisconnectReason::AttemptsExhausted => "attempts exhausted".into(),
        DisconnectReason::Unseeded => "unseeded".into(),
        other => panic!("unknown reason {other:?}"),
    }
}

fn connection(name: &str) -> ConnectionId {
    ConnectionId::from_number(name.trim_start_matches('c').parse().unwrap())
}

fn fetch(name: &str) -> FetchId {
    FetchId::from_number(name.trim_start_matches('f').parse().unwrap())
}

fn name(connection: ConnectionId) -> String {
    format!("c{}", connection.number())
}

const fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn seconds(word: &str) -> Duration {
    Duration::from_secs(word.trim_end_matches('s').parse().unwrap())
}

/// Parses a number, with or without separators. `end` is `u64::MAX`.
fn number(word: &str) -> u64 {
    if word == "end" { u64::MAX } else { without_separators(word.trim()).parse().unwrap() }
}

fn without_separators(text: &str) -> String {
    text.replace('_', "")
}
