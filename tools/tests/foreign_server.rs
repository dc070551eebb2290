//! The `chat` binary against an independent WebSocket server, in Python.
//!
//! `cargo test -p ivs-chat-tools --test foreign_server -- --nocapture` prints the transcripts.
#![cfg(unix)]

#[allow(dead_code, reason = "this test uses only a part of the module")]
mod terminal;

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc;
use std::thread;

use terminal::{TIMEOUT, Terminal};

/// A token command that prints a new token each time.
const TOKENS: &str = "printf 'token.%s' \"$(date +%s%N)\"";

/// The path of a Python with the package `websockets`, or the error of its installation.
static PYTHON: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let is_ready = |python: &Path| {
        let mut command = Command::new(python);
        command.args(["-c", "import websockets.asyncio.server"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if is_ready(Path::new("python3")) {
        return Ok("python3".into());
    }
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("websockets");
    let python = environment.join("bin/python3");
    if is_ready(&python) {
        return Ok(python);
    }
    let run = |command: &mut Command| match command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
    {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "websockets>=14"]))?;
    Ok(python)
});

/// The server, as a process that is killed when this is dropped.
struct Server {
    process: Child,
    port: u16,
    lines: mpsc::Receiver<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts the server. Prints that the test is skipped if there is no Python with `websockets`.
    fn start(scenario: &str) -> Option<Self> {
        let python = match &*PYTHON {
            Ok(python) => python,
            Err(error) => {
                println!(
                    "SKIPPED: chat against a Python server ({scenario}): no `websockets`: {error}"
                );
                return None;
            }
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign_server/server.py");
        let mut command = Command::new(python);
        command.arg(script).arg(scenario).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let first = lines.recv_timeout(TIMEOUT).unwrap();
        let port = first.strip_prefix("port ").unwrap().parse().unwrap();
        Some(Self { process, port, lines })
    }

    /// Returns the number of handshakes so far.
    fn handshake_count(&self) -> usize {
        self.lines.try_iter().count()
    }
}

/// Starts `chat`.
fn chat(server: &Server) -> Terminal {
    let url = format!("ws://127.0.0.1:{}", server.port);
    Terminal::start(
        env!("CARGO_BIN_EXE_chat"),
        &["--user-id", "astrid", "--token-command", TOKENS, &url],
    )
}

/// Types `/quit`, and prints the transcript.
#[track_caller]
fn quit(scenario: &str, mut chat: Terminal) {
    chat.type_line("/quit");
    let (status, output) = chat.wait();
    println!("== {scenario}\n{output}");
    assert_eq!(status, Some(0));
    assert!(!output.contains("token."), "the output contains a token");
}

#[test]
fn reconnects_after_expiry_with_any_close_frame() {
    for scenario in ["expiry-empty", "expiry-phrase", "expiry-cut"] {
        let Some(server) = Server::start(scenario) else { return };
        let mut chat = chat(&server);
        chat.wait_for("connected");
        chat.type_line("hello");
        chat.wait_for("astrid            hello");
        chat.type_line("now");
        chat.wait_for("unknown           now");
        chat.wait_for("messages may have been missed");
        chat.type_line("still here");
        chat.wait_for("astrid            still here");
        assert_eq!(server.handshake_count(), 2, "{scenario}");
        quit(scenario, chat);
    }
}

/// It takes 5 s until the ping and 10 s until its timeout.
#[test]
fn silent_connection_is_detected_without_false_outcomes() {
    let Some(server) = Server::start("silence") else { return };
    let mut chat = chat(&server);
    chat.wait_for("connected");
    chat.type_line("hello");
    chat.wait_for("astrid            hello");
    chat.type_line("now");
    chat.wait_for("unknown           now");
    chat.wait_for("messages may have been missed");
    chat.type_line("still here");
    chat.wait_for("astrid            still here");
    assert_eq!(server.handshake_count(), 2);
    quit("silence", chat);
}

#[test]
fn refused_token_is_replaced_once() {
    let Some(server) = Server::start("refused-once") else { return };
    let mut chat = chat(&server);
    chat.wait_for("connected");
    chat.type_line("hello");
    chat.wait_for("astrid            hello");
    assert_eq!(server.handshake_count(), 2);
    quit("refused-once", chat);
}

#[test]
fn second_refusal_ends_the_session() {
    let Some(server) = Server::start("refused-twice") else { return };
    let (status, output) = chat(&server).wait();
    println!("== refused-twice\n{output}");
    assert_eq!(status, Some(1));
    assert!(output.contains("403"), "{output}");
    assert_eq!(server.handshake_count(), 2);
}

#[test]
fn waits_5_to_30_seconds_after_a_restart() {
    let Some(server) = Server::start("restart") else { return };
    let mut chat = chat(&server);
    chat.wait_for("connected");
    chat.type_line("now");
    let line = chat.wait_for("reconnecting");
    let seconds: u64 =
        line.split("in ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    assert!((5..=30).contains(&seconds), "{line}");
    assert_eq!(server.handshake_count(), 1);
    quit("restart", chat);
}
