//! Tests of the output of the examples `decode`, `encode` and `session`.

mod example;

use std::process::{Command, Stdio};

use ivs_chat_proto::publish::Publish;

use example::example;

/// Runs an example without input, and returns its output.
fn output(name: &str) -> String {
    let output = Command::new(example(name)).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn decode() {
    let output = output("decode");
    let lines: Vec<_> = output.lines().collect();
    let [message, deletion, event, error, failure] = lines[..] else { panic!("{output}") };
    assert_eq!(message, "astrid: Good morning 🌞");
    assert_eq!(deletion, "deleted: m1");
    assert_eq!(event, r#"event poll: {"question": "Tea?"}"#);
    assert_eq!(error, "error 429 Too Many Requests");
    assert!(failure.ends_with("at byte 38: 7}"), "{failure}");
}

#[test]
fn encode() {
    let output = output("encode");
    let lines: Vec<_> = output.lines().collect();
    let [send, delete, disconnect, error] = lines[..] else { panic!("{output}") };
    for (payload, action) in
        [(send, "SEND_MESSAGE"), (delete, "DELETE_MESSAGE"), (disconnect, "DISCONNECT_USER")]
    {
        assert_eq!(Publish::decode_str(payload).unwrap().action(), action);
    }
    assert!(send.contains(r#""Attributes":{"mood":"sunny","lang":"en"}"#), "{send}");
    assert!(error.contains("buffer"), "{error}");
}

#[test]
fn session() {
    let output = output("session");
    let mut lines = output.lines();
    for expected in [
        "State(Connecting)",
        "FetchToken(",
        "Wait(Some(",
        "State(Connected)",
        "Wait(Some(",
        r#"{"Action":"SEND_MESSAGE","RequestId":""#,
        "Some(Received { payload: Message(",
        "Close { connection: ConnectionId(0), code: 1000 }",
        "State(Disconnected(NotWanted))",
        "Wait(None)",
    ] {
        let line = lines.next().unwrap_or_default();
        assert!(line.starts_with(expected), "expected {expected:?} in:\n{output}");
    }
    assert_eq!(lines.next(), None, "{output}");
    assert!(output.contains("outcome: Confirmed, data: 1"), "{output}");
}
