//! Sessions, as transcripts: each line is a moment, an input and what comes of it.
//!
//! ```text
//! 0      connect                      => state connecting; fetch token
//! 40     token 3600000                => wait 30040
//! 90     opened c0                    => state connected c0; wait 3540040
//! 100    send "hello" #r-1            => r0 on c0; wait 5100
//! 180    recv c0 message m1 of me #r-1 => message, r0 confirmed; wait 3540040
//! ```
//!
//! Behind `=>` stands first what the input itself gave, if it gave anything, and then all outputs, up to the one to wait.
//! Lines that begin with `#` are for the reader; lines `set field value` are for the `Config`, whose jitter is none unless set.

use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, DisconnectReason, Instant, Outcome, Output, Received,
    ReconnectAction, RequestHandle, Settled, TokenInfo,
};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Capabilities, Capability, Content};

/// Plays a transcript, and asserts that it comes out as it stands there.
#[track_caller]
pub(crate) fn play(transcript: &str) -> Client<u64, 3, 4> {
    let mut config = Config::new();
    config.refresh_jitter_ms = 0;
    config.backoff_min_ms = 1_000;
    config.backoff_max_ms = 1_000;
    let mut lines =
        transcript.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# ")).peekable();
    while let Some(setting) = lines.next_if(|line| line.starts_with("set ")) {
        set(&mut config, setting);
    }
    let mut host = Host { client: Client::new(config, *b"sixteen bytes!!!"), sent: 0 };
    for line in lines {
        let (input, expected) = line.split_once("=>").unwrap_or_else(|| panic!("no => in {line}"));
        let (now, input) = input.trim().split_once(' ').unwrap_or_else(|| panic!("no input in {line}"));
        let now = Instant::from_millis(now.replace('_', "").parse().unwrap());
        let mut came = Vec::from_iter(host.input(now, input.trim()));
        came.extend(host.outputs(now));
        assert_eq!(came.join("; "), expected.trim(), "in: {line}");
    }
    host.client
}

fn set(config: &mut Config, setting: &str) {
    let (field, value) = setting.trim_start_matches("set ").split_once(' ').unwrap();
    let value = value.trim().parse().unwrap();
    match field {
        "max_code_points" => config.max_code_points = u16::try_from(value).unwrap(),
        "requests_per_second" => config.requests_per_second = u8::try_from(value).unwrap().try_into().ok(),
        "settle_ms" => config.settle_ms = value,
        "idle_ms" => config.idle_ms = Some(value),
        other => panic!("no setting {other}"),
    }
}

struct Host {
    client: Client<u64, 3, 4>,
    /// What is given with the next request: the number that its handle will have.
    sent: u64,
}

impl Host {
    fn input(&mut self, now: Instant, input: &str) -> Option<String> {
        let (verb, rest) = input.split_once(' ').unwrap_or((input, ""));
        let rest = rest.trim();
        let client = &mut self.client;
        match verb {
            "connect" => client.connect(now),
            "close" => client.close(now),
            "poll" => {}
            "token" => return Some(client.token_ok(now, token(rest)).map_or("of no use".into(), name)),
            "no_token" => client.token_err(now, rest == "ever"),
            "opened" => client.opened(now, conn(rest)),
            "alive" => client.alive(now, conn(rest)),
            "closed" => {
                let (id, how) = rest.split_once(' ').unwrap();
                client.closed(now, conn(id), closed(how));
            }
            "recv" => {
                let (id, frame) = rest.split_once(' ').unwrap();
                let frame = payload(frame);
                return Some(match client.recv(now, conn(id), frame.as_bytes()) {
                    Ok(Some(received)) => described(&received),
                    Ok(None) => "dropped".into(),
                    Err(error) => format!("error: {error}"),
                });
            }
            "send" | "delete" | "disconnect" => return Some(self.publish(now, verb, rest)),
            "forget" => {
                let number = rest.trim_start_matches('r').parse().unwrap();
                return Some(
                    client
                        .forget(RequestHandle::from_number(number))
                        .map_or("unknown".into(), |data| format!("r{data} back")),
                );
            }
            other => panic!("no input {other}"),
        }
        None
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
                let mut delete = DeleteMessage::new(what.into());
                delete.request_id = request_id;
                Publish::from(delete)
            }
            _ => {
                let mut disconnect = DisconnectUser::new(what.into());
                disconnect.request_id = request_id;
                Publish::from(disconnect)
            }
        };
        let before = self.client.clone();
        match self.client.send(now, &publish, self.sent, &mut [0; 128]) {
            Ok(sent) => {
                self.sent += 1;
                assert!(Publish::decode(sent.payload).unwrap().request_id().is_some());
                format!("r{} on {}", sent.handle.number(), name(sent.conn))
            }
            Err(error) => {
                assert_eq!(self.client, before, "a refused request has changed something");
                let refused = format!("refused: {error}");
                assert_eq!(error.data, self.sent);
                refused
            }
        }
    }

    fn outputs(&mut self, now: Instant) -> Vec<String> {
        let mut outputs = Vec::new();
        loop {
            outputs.push(match self.client.poll(now) {
                Output::Close { conn, code } => format!("close {} {code}", name(conn)),
                Output::Settled(settled) => outcome(&settled),
                Output::State(ConnectionState::Connecting) => "state connecting".into(),
                Output::State(ConnectionState::Connected) => format!("state connected {}", name(conn)),
                Output::State(ConnectionState::Disconnected(reason)) => format!("state disconnected: {}", why(reason)),
                Output::FetchToken => "fetch token".into(),
                Output::Wait(Some(moment)) => {
                    assert!(moment > now);
                    outputs.push(format!("wait {}", moment.get()));
                    return outputs;
                }
                Output::Wait(None) => return outputs,
                other => panic!("no output {other:?}"),
            });
        }
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
            session => info.session_ms = Some(session.replace('_', "").parse().unwrap()),
        }
    }
    info
}

fn closed(how: &str) -> CloseEvent {
    let (how, after) = how.split_once(" then ").unwrap_or((how, ""));
    let closed = match how.split_once(' ').unwrap_or((how, "")) {
        ("broken", _) => CloseEvent::abnormal(),
        ("http", status) => CloseEvent::handshake_rejected(status.parse().unwrap()),
        (code, reason) => CloseEvent::frame(code.parse().unwrap(), reason),
    };
    match after {
        "" => closed,
        "retry" => closed.with_action(ReconnectAction::Retry),
        "new token" => closed.with_action(ReconnectAction::NewToken),
        "end" => closed.with_action(ReconnectAction::End),
        other => panic!("nothing is {other}"),
    }
}

/// A payload in short: `message ID of USER`, `deleted ID as EVENT`, `disconnected USER as EVENT`, `event NAME as EVENT` or `error CODE about ID`,
/// each with `#RequestId`; or JSON.
fn payload(frame: &str) -> String {
    if frame.starts_with('{') {
        return frame.into();
    }
    let (what, request_id) = frame.split_once('#').unwrap_or((frame, ""));
    let words: Vec<_> = what.split_whitespace().collect();
    let event = |id: &str, name: &str, attributes: &str| {
        format!(
            r#"{{"Type":"EVENT","Id":"{id}","RequestId":"{request_id}","EventName":"{name}","Attributes":{attributes},"SendTime":"2026-11-22T10:00:09Z"}}"#
        )
    };
    match words.as_slice() {
        ["message", id, "of", user] => format!(
            r#"{{"Type":"MESSAGE","Id":"{id}","RequestId":"{request_id}","Attributes":null,"Content":"…","SendTime":"2026-11-22T10:00:09Z","Sender":{{"UserId":"{user}","Attributes":{{}}}}}}"#
        ),
        ["deleted", id, "as", event_id] => {
            event(event_id, "aws:DELETE_MESSAGE", &format!(r#"{{"MessageID":"{id}","MessageId":"{id}","Reason":""}}"#))
        }
        ["disconnected", user, "as", event_id] => {
            event(event_id, "aws:DISCONNECT_USER", &format!(r#"{{"Reason":"","UserId":"{user}"}}"#))
        }
        ["event", name, "as"] => event("", name, "null"),
        ["event", name, "as", event_id] => event(event_id, name, "null"),
        ["error", code] => format!(r#"{{"ErrorCode":{code},"RequestId":"{request_id}","Type":"ERROR"}}"#),
        ["error", code, "about", id] => {
            format!(r#"{{"ErrorCode":{code},"Id":"{id}","RequestId":"{request_id}","Type":"ERROR"}}"#)
        }
        other => panic!("no payload {other:?}"),
    }
}

fn described(received: &Received<'_, u64>) -> String {
    let what = match &received.payload {
        Subscribe::Message(_) => "message".into(),
        Subscribe::Event(_) => "event".into(),
        Subscribe::Error(error) => format!("error {}", error.error_code.get()),
        other => other.r#type().to_string(),
    };
    match &received.settled {
        Some(settled) => format!("{what}, {}", outcome(settled)),
        None => what,
    }
}

fn outcome(settled: &Settled<u64>) -> String {
    assert_eq!(settled.handle.number(), settled.data, "what was given with another request");
    let outcome = match settled.outcome {
        Outcome::Confirmed => "confirmed".into(),
        Outcome::Rejected(code) => format!("rejected {}", code.get()),
        Outcome::Assumed => "assumed".into(),
        Outcome::Lost => "lost".into(),
        other => panic!("no outcome {other:?}"),
    };
    format!("r{} {outcome}", settled.data)
}

fn why(reason: DisconnectReason) -> String {
    match reason {
        DisconnectReason::NotWanted => "not wanted".into(),
        DisconnectReason::NoToken => "no token".into(),
        DisconnectReason::Refused(status) => format!("refused {status}"),
        DisconnectReason::Closed(code) => format!("closed {code}"),
        DisconnectReason::DisconnectedUser => "disconnected user".into(),
        other => panic!("no reason {other:?}"),
    }
}

fn conn(name: &str) -> ConnectionId {
    ConnectionId::from_number(name.trim_start_matches('c').parse().unwrap())
}

fn name(conn: ConnectionId) -> String {
    format!("c{}", conn.number())
}
