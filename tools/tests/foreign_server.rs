//! The `chat` example against a WebSocket server that was not made for it: a plain one in Python.
//!
//! `cargo test --test foreign_server -- --nocapture` prints what the user of `chat` sees.
#![cfg(unix)]

#[allow(dead_code, reason = "only a part of it is needed here")]
mod terminal;

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc;
use std::thread;

use terminal::{PATIENCE, Terminal};

/// Prints a new token each time, as `--token-command` wants it.
const TOKENS: &str = "printf 'token.%s' \"$(date +%s%N)\"";

/// A Python with the package `websockets`, or why there is none.
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

/// The server, as a process that ends when the test does.
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
    /// Starts the server, or says aloud that there can be none.
    fn start(scenario: &str) -> Option<Self> {
        let python = match &*PYTHON {
            Ok(python) => python,
            Err(error) => {
                println!(
                    "SKIPPED: chat against a server in Python ({scenario}), for lack of `websockets`: {error}"
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
        let first = lines.recv_timeout(PATIENCE).unwrap();
        let port = first.strip_prefix("port ").unwrap().parse().unwrap();
        Some(Self { process, port, lines })
    }

    /// How many handshakes there have been.
    fn handshakes(&self) -> usize {
        self.lines.try_iter().count()
    }
}

/// Starts `chat` with a command that prints a new token each time.
fn chat(server: &Server) -> Terminal {
    let url = format!("ws://127.0.0.1:{}", server.port);
    Terminal::start(
        env!("CARGO_BIN_EXE_chat"),
        &["--user-id", "astrid", "--token-command", TOKENS, &url],
    )
}

/// Types `/quit`, and prints everything that was shown.
#[track_caller]
fn quit(scenario: &str, mut chat: Terminal) {
    chat.write("/quit");
    let (status, shown) = chat.wait();
    println!("== {scenario}\n{shown}");
    assert_eq!(status, Some(0));
    assert!(!shown.contains("token."), "a token is shown");
}

#[test]
fn an_expiry_is_survived_however_the_connection_is_closed() {
    for scenario in ["expiry-empty", "expiry-phrase", "expiry-cut"] {
        let Some(server) = Server::start(scenario) else { return };
        let mut chat = chat(&server);
        chat.see("connected");
        chat.write("hello");
        chat.see("astrid            hello");
        chat.write("now");
        chat.see("unknown           now");
        chat.see("messages may have been missed");
        chat.write("still here");
        chat.see("astrid            still here");
        assert_eq!(server.handshakes(), 2, "{scenario}");
        quit(scenario, chat);
    }
}

/// 5 s until the ping, 10 s for its answer.
#[test]
fn a_silent_death_is_noticed_and_nothing_is_assumed() {
    let Some(server) = Server::start("silence") else { return };
    let mut chat = chat(&server);
    chat.see("connected");
    chat.write("hello");
    chat.see("astrid            hello");
    chat.write("now");
    chat.see("unknown           now");
    chat.see("messages may have been missed");
    chat.write("still here");
    chat.see("astrid            still here");
    assert_eq!(server.handshakes(), 2);
    quit("silence", chat);
}

#[test]
fn a_refused_token_is_replaced_once() {
    let Some(server) = Server::start("refused-once") else { return };
    let mut chat = chat(&server);
    chat.see("connected");
    chat.write("hello");
    chat.see("astrid            hello");
    assert_eq!(server.handshakes(), 2);
    quit("refused-once", chat);
}

#[test]
fn a_second_refusal_ends_the_session() {
    let Some(server) = Server::start("refused-twice") else { return };
    let (status, shown) = chat(&server).wait();
    println!("== refused-twice\n{shown}");
    assert_eq!(status, Some(1));
    assert!(shown.contains("403"), "{shown}");
    assert_eq!(server.handshakes(), 2);
}

#[test]
fn after_a_restart_the_client_waits_for_5_to_30_seconds() {
    let Some(server) = Server::start("restart") else { return };
    let mut chat = chat(&server);
    chat.see("connected");
    chat.write("now");
    let line = chat.see("reconnecting");
    let seconds: u64 =
        line.split("in ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    assert!((5..=30).contains(&seconds), "{line}");
    assert_eq!(server.handshakes(), 1);
    quit("restart", chat);
}
