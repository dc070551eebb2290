//! Tests of the example `inspect` as a process.

mod example;

use core::time::Duration;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;

use example::example;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

const CAPTURE: &str = include_str!("../examples/capture.jsonl");
const MESSAGE: &str = concat!(
    r#"{"Type":"MESSAGE","Id":"Kq83hZpLw0Xc","RequestId":"","Attributes":null,"Content":"hé \u003c3","#,
    r#""SendTime":"2026-11-21T20:15:02.12345678Z","Sender":{"UserId":"u-1","Attributes":{}}}"#
);
const SEND: &str = r#"{"Action":"SEND_MESSAGE","RequestId":"r-1","Content":"hello"}"#;
const CUT: &str = r#"{"Type":"MESSAGE","Id":"Kq83hZpLw0Xc","Content":"hel"#;

static INSPECT: LazyLock<PathBuf> = LazyLock::new(|| example("inspect"));

/// The result of a run.
#[derive(Debug, PartialEq)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn start<S: AsRef<OsStr>>(arguments: &[S]) -> Child {
    let mut command = Command::new(&*INSPECT);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn run<S: AsRef<OsStr>>(arguments: &[S], input: &[u8]) -> Run {
    let mut child = start(arguments);
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // The program may end before it has read all input.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn file(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// Returns the report of one frame.
fn report(arguments: &[&str], frame: &str) -> Value {
    let run = run(&[&["--json"], arguments, &["-"]].concat(), frame.as_bytes());
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{frame}");
    let [report] = &run.json()[..] else { panic!("{frame}: {}", run.out) };
    report.clone()
}

#[test]
fn report_members_and_order() {
    let input = [MESSAGE, SEND, r#"{"Type":"EVENT"}"#, CUT].join("\n");
    let expected = concat!(
        r#"{"frame":1,"ok":true,"type":"MESSAGE","wire":"{\"Type\":\"MESSAGE\",\"Id\":\"Kq83hZpLw0Xc\",\"RequestId\":\"\","#,
        r#"\"Attributes\":null,\"Content\":\"hé \\u003c3\",\"SendTime\":\"2026-11-21T20:15:02.12345678Z\","#,
        r#"\"Sender\":{\"UserId\":\"u-1\",\"Attributes\":{}}}","content_code_points":5}"#,
        "\n",
        r#"{"frame":2,"ok":true,"type":"SEND_MESSAGE","wire":"{\"Action\":\"SEND_MESSAGE\",\"RequestId\":\"r-1\","#,
        r#"\"Content\":\"hello\"}","content_code_points":5}"#,
        "\n",
        r#"{"frame":3,"ok":false,"error":"Id is missing, at byte 15","kind":"MissingField","offset":15}"#,
        "\n",
        r#"{"frame":4,"ok":false,"error":"unexpected end, at byte 52","kind":"UnexpectedEnd","offset":52}"#,
        "\n",
    );
    assert_eq!(run(&["--json", "-"], input.as_bytes()).out, expected);
}

#[test]
fn capture() {
    let run = run(&["--json"], b"");
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let reports = run.json();
    assert_eq!(reports.len(), CAPTURE.lines().count());

    let mut kinds = Vec::new();
    for (number, (report, line)) in reports.iter().zip(CAPTURE.lines()).enumerate() {
        assert_eq!(report["frame"], number + 1);
        let Ok(frame) = serde_json::from_str::<Value>(line) else {
            let expected = json!({"frame": number + 1, "ok": false, "kind": "UnexpectedEnd", "offset": line.len(),
                "error": format!("unexpected end, at byte {}", line.len())});
            assert_eq!(*report, expected);
            kinds.push("invalid");
            continue;
        };
        assert_eq!(report["ok"], true, "{line}");
        let wire = report["wire"].as_str().unwrap();
        let payload = frame.get("payload").unwrap_or(&frame);
        assert_eq!(serde_json::from_str::<Value>(wire).unwrap(), *payload);
        // An error whose members are in another order is encoded in the order of the reference.
        if !line.starts_with(r#"{"Type":"ERROR""#) {
            assert!(if frame == *payload { line == wire } else { line.contains(wire) }, "{line}");
        }
        let name = payload.get("Type").or(payload.get("Action")).unwrap();
        assert_eq!(report["type"], *name);
        let points =
            payload.get("Content").map(|content| content.as_str().unwrap().chars().count());
        assert_eq!(report.get("content_code_points"), points.map(Value::from).as_ref());
        kinds.extend(payload.get("ErrorCode").map(|code| match code.as_u64() {
            Some(400 | 401 | 403 | 404 | 406 | 413 | 429 | 500) => "error",
            _ => "undocumented error",
        }));
        kinds.push(if frame == *payload { "plain" } else { "log entry" });
    }
    for (kind, least) in
        [("plain", 35), ("error", 8), ("undocumented error", 0), ("invalid", 1), ("log entry", 1)]
    {
        assert!(kinds.iter().filter(|&&found| found == kind).count() >= least, "{kind}");
    }
}

#[test]
fn chunk_length_does_not_matter() {
    let mut bytes = CAPTURE.as_bytes().to_vec();
    bytes.extend(b"\r\n \r\n{\"Type\":\"\xe2\x82\xff\"}\r\n\xff\r\n");
    bytes.extend(MESSAGE.as_bytes());
    bytes.extend(format!("2026-11-21T20:15:02.123Z {SEND} , {MESSAGE}{CUT}").as_bytes());
    let path = file("chunks.jsonl", bytes);
    for mode in ["--json", "--strict"] {
        let (builtin, from_file) = (run(&[mode], b""), run(&[mode, &path], b""));
        assert_eq!(
            from_file.out.lines().count() - builtin.out.lines().count(),
            if mode == "--json" { 7 } else { 16 }
        );
        for chunk in ["1", "2", "3", "7", "64", "100000", &usize::MAX.to_string()] {
            assert_eq!(run(&[mode, "--chunk", chunk], b""), builtin, "{chunk}");
            assert_eq!(run(&[mode, "--chunk", chunk, &path], b""), from_file, "{chunk}");
            assert_eq!(
                run(&["--json", "--whole", "--chunk", chunk, &path], b"")
                    .out
                    .matches("TrailingBytes")
                    .count(),
                1,
                "{chunk}"
            );
        }
    }
}

#[test]
fn lines() {
    let plain = run(&["--json", "-"], format!("{MESSAGE}\n{CUT}\n{SEND}\n").as_bytes());
    assert_eq!(plain.out.lines().count(), 3);
    for input in [
        format!("{MESSAGE}\n{CUT}\n{SEND}"),
        format!("{MESSAGE}\r\n{CUT}\r\n{SEND}\r\n"),
        format!("\n\n{MESSAGE}\n \t\r\n{CUT}\n\r\n{SEND}\n\n  "),
        format!("\r\n{MESSAGE}\n{CUT}\r\n\r{SEND}\r"),
    ] {
        assert_eq!(run(&["--json", "-"], input.as_bytes()), plain, "{input:?}");
    }
    assert_eq!(run(&["--json", "-"], b"\n \n").out, "");
    // JSON has four white space characters.
    assert_eq!(run(&["--json", "-"], "\u{a0}\n\u{b}\n".as_bytes()).json().len(), 2);
}

/// Returns the type of each frame, or the kind and the offset of its error.
fn verdicts(input: impl AsRef<[u8]>) -> Vec<String> {
    let run = run(&["--json", "-"], input.as_ref());
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let verdict = |report: &Value| match report["type"].as_str() {
        Some(name) => name.to_owned(),
        None => format!("{} at {}", report["kind"].as_str().unwrap(), report["offset"]),
    };
    run.json().iter().map(verdict).collect()
}

#[test]
fn several_frames_on_one_line() {
    let log = format!(r#"{{"type":"MESSAGE","payload":{MESSAGE},"version":"1.0"}}"#);
    // Braces and quotation marks in strings are not structure.
    let braces = MESSAGE.replace(r"hé \u003c3", r#"}}{ \"}{ \\"#);
    let [message, send] = ["MESSAGE", "SEND_MESSAGE"];
    let cut_at = format!("UnexpectedEnd at {}", CUT.len());
    for (input, expected) in [
        (format!("{MESSAGE}{SEND}"), &[message, send][..]),
        (format!("{MESSAGE}{SEND}\n"), &[message, send]),
        (format!(" {MESSAGE}\t {SEND} \r\n{SEND}"), &[message, send, send]),
        (format!("{log}{braces}{log}"), &[message, message, message]),
        (format!("{MESSAGE}{CUT}"), &[message, &cut_at]),
        (format!("{MESSAGE}{CUT}\n{MESSAGE}{SEND}"), &[message, &cut_at, message, send]),
        // Offsets count from the start of the frame, not of the line.
        (format!("{MESSAGE}  {{}}{SEND}"), &[message, "MissingField at 1", send]),
        (format!(r#"{SEND}{{"Type":}}{SEND}"#), &[send, "UnexpectedByte at 8", send]),
        // Anything else on the line is a frame that fails to decode.
        (format!("{MESSAGE},{SEND}"), &[message, "UnexpectedByte at 0", send]),
        (format!("{MESSAGE}}}"), &[message, "UnexpectedByte at 0"]),
        (format!("{MESSAGE} and more"), &[message, "UnexpectedByte at 0"]),
        (format!("INFO {MESSAGE}\nINFO"), &["UnexpectedByte at 0", message, "UnexpectedByte at 0"]),
        (
            format!("[{MESSAGE}, {SEND}]"),
            &["NotAnObject at 0", message, "UnexpectedByte at 0", send, "UnexpectedByte at 0"],
        ),
        (format!("\u{feff}{MESSAGE}"), &["ByteOrderMark at 0", message]),
    ] {
        assert_eq!(verdicts(&input), expected, "{input}");
    }
    assert_eq!(
        verdicts([SEND.as_bytes(), b" \xff\xfe ", SEND.as_bytes()].concat()),
        [send, "InvalidUtf8 at 0", send]
    );
    // An object inside an invalid one is not a frame.
    assert_eq!(verdicts(format!(r#"{{"Type" {MESSAGE}}}{SEND}"#)), ["UnexpectedByte at 8", send]);
}

#[test]
fn time_stamps_before_frames() {
    for stamp in [
        "2026-11-21T20:15:02.123Z ",
        "2026-11-21T20:15:02Z\t",
        "2026-11-21T20:15:02.123456789Z  ",
        "2026-11-21T20:15:02.894000+00:00 ",
        "2026-11-21T20:15:02-0530 ",
        "2026-11-21 20:15:02,123 ",
        "2026-11-21T20:15:02 ",
        "  2026-11-21T20:15Z ",
        "2026-11-21T20:15:02.123Z",
    ] {
        let input = format!("{stamp}{MESSAGE}\n{stamp}{CUT}\r\n{stamp}{{}} {stamp}{SEND}\n");
        let cut_at = format!("UnexpectedEnd at {}", CUT.len());
        assert_eq!(
            verdicts(input),
            ["MESSAGE", &cut_at, "MissingField at 1", "SEND_MESSAGE"],
            "{stamp:?}"
        );
    }
    for invalid in [
        "2026-11-21 ",
        "20:15:02 ",
        "2026-11-21T20 ",
        "2026-11-21X20:15:02Z ",
        "2026-11-21T20:15:02. ",
        "2026-11-21T20:15:02.123Z INFO ",
        "2026-11-21T20:15:02+1 ",
        "2026-11-21T20:15:02.123Z 2026-11-21T20:15:02.123Z ",
        "2026-11-21T20:15:02.12345678901234567890123456789012345678901234567890123456789012345678901234567890Z ",
    ] {
        let found = verdicts(format!("{invalid}{MESSAGE}"));
        assert_eq!((found.len(), found[1].as_str()), (2, "MESSAGE"), "{invalid:?}");
    }
    // Without a frame after it, a time stamp is a frame that fails to decode.
    for input in ["2026-11-21T20:15:02.123Z \n", "2026-11-21T20:15:02.123Z"] {
        assert_eq!(verdicts(input), ["NotAnObject at 0"], "{input}");
    }
    let transcript = run(&["-"], b"2026-11-21T20:15:02.123Z {}\n").out;
    assert!(
        transcript.starts_with("          ✗ frame 1           Type is missing, at byte 1\n"),
        "{transcript}"
    );
    assert!(
        transcript
            .contains("\n                              {}\n                               ^\n"),
        "{transcript}"
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gzip_input() {
    let plain = run(&["--json", "-"], CAPTURE.as_bytes());
    // Two concatenated gzip files form one stream. They are divided inside a frame.
    let (start, end) = CAPTURE.as_bytes().split_at(CAPTURE.len() / 2);
    let zipped = [gzip(start), gzip(end)].concat();
    let path = file("capture.jsonl.gz", &zipped);
    for chunk in ["1", "7", "65536"] {
        assert_eq!(run(&["--json", "--chunk", chunk, "-"], &zipped), plain, "{chunk}");
        assert_eq!(run(&["--json", "--chunk", chunk, &path], b""), plain, "{chunk}");
    }
    assert_eq!(
        run(&["--json", "--whole", "-"], &gzip(SEND.as_bytes())).json()[0]["type"],
        "SEND_MESSAGE"
    );
    assert_eq!(run(&["--json", "-"], &gzip(b"")).out, "");

    // The frames before an error of the decompression are reported.
    let cut = run(&["--json", "-"], &zipped[..zipped.len() - 8]);
    assert_eq!((cut.code, cut.out), (Some(2), plain.out));
    assert!(cut.err.starts_with("inspect: standard input: "), "{}", cut.err);
    for invalid in
        [b"\x1f\x8b".to_vec(), b"\x1f\x8bnot gzip".to_vec(), [gzip(b"{}"), SEND.into()].concat()]
    {
        let run = run(&["--json", "-"], &invalid);
        assert_eq!(run.code, Some(2), "{invalid:?}");
    }
    // Without the second byte of the header, the input is not gzip.
    for other in [&b"\x1f"[..], b"\x1fx", b"\x1f{}"] {
        assert_eq!(run(&["--json", "-"], other).json()[0]["ok"], false, "{other:?}");
    }
}

#[test]
fn whole_files() {
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(MESSAGE).unwrap()).unwrap();
    let paths = [
        file("whole-pretty.json", format!("\n{pretty}\r\n\n")),
        file("whole-empty.json", ""),
        file("whole-blank.json", " \n"),
        file("whole-not-utf-8.json", b"{\"Type\":\n\"\xff\"}"),
        file("whole-two.json", format!("{MESSAGE}\n{SEND}")),
        file("whole-cut.json", format!("{CUT}\r\n")),
    ];
    let mut arguments = vec!["--whole", "--json"];
    arguments.extend(paths.iter().map(String::as_str));
    let run = run(&arguments, b"");
    assert_eq!(run.code, Some(0));
    let reports = run.json();
    assert_eq!(reports[0]["ok"], true);
    assert_eq!(reports[0]["wire"].as_str().unwrap(), MESSAGE.replace("\\u003c", "<"));
    let kinds: Vec<_> = reports[1..]
        .iter()
        .map(|report| (report["kind"].as_str(), report["offset"].as_u64()))
        .collect();
    let [message, cut] = [MESSAGE, CUT].map(|frame| u64::try_from(frame.len()).unwrap());
    assert_eq!(
        kinds,
        [
            (Some("UnexpectedEnd"), Some(0)),
            (Some("UnexpectedEnd"), Some(2)),
            (Some("InvalidUtf8"), Some(10)),
            (Some("TrailingBytes"), Some(message + 1)),
            (Some("ControlCharacter"), Some(cut)),
        ]
    );
}

#[test]
fn too_long_frames() {
    const MAX_FRAME: usize = 4 << 20;
    let padded = |length| format!("{{{}{}", " ".repeat(length - SEND.len()), &SEND[1..]);
    let (longest, too_long) = (padded(MAX_FRAME), padded(MAX_FRAME + 1));
    let skipped = |frame| {
        json!({"frame": frame, "ok": false, "error": "message exceeds 4194304 bytes", "kind": "MessageTooLong",
            "offset": MAX_FRAME})
    };

    let lines = file(
        "too-long.jsonl",
        [
            &longest,
            &too_long,
            MESSAGE,
            "",
            &too_long.repeat(2),
            &format!("{too_long}{SEND}"),
            &too_long,
        ]
        .join("\n"),
    );
    let whole = run(&["--json", &lines, "-"], MESSAGE.as_bytes());
    for chunk in ["4095", "1048576", "99999999"] {
        assert_eq!(
            run(&["--json", "--chunk", chunk, &lines, "-"], MESSAGE.as_bytes()),
            whole,
            "{chunk}"
        );
    }
    assert_eq!((whole.code, whole.err.as_str()), (Some(0), ""));
    let reports = whole.json();
    let types: Vec<_> = reports.iter().map(|report| report["type"].as_str()).collect();
    let [send, message] = [Some("SEND_MESSAGE"), Some("MESSAGE")];
    assert_eq!(types, [send, None, message, None, None, None, send, None, message]);
    for frame in [2, 4, 5, 6, 8] {
        assert_eq!(reports[frame - 1], skipped(frame));
    }

    // White space around a frame does not count.
    let space = " ".repeat(MAX_FRAME);
    assert_eq!(verdicts(format!("{space}{SEND} {space}\n{space}")), ["SEND_MESSAGE"]);
    // Frames that are not objects can be too long as well.
    assert_eq!(
        verdicts(format!("x{space}{SEND}")),
        [&format!("MessageTooLong at {MAX_FRAME}"), "SEND_MESSAGE"]
    );

    let frames = [
        ("whole-longest.json", longest),
        ("whole-too-long.json", too_long),
        ("whole-short.json", SEND.into()),
    ];
    let mut arguments = vec!["--strict".to_owned(), "--whole".to_owned()];
    arguments.extend(frames.map(|(name, frame)| file(name, frame)));
    let transcript = run(&arguments, b"");
    assert_eq!(transcript.code, Some(1));
    let line = "          → send              hello\n                              request r-1\n";
    let skipped = "          ✗ frame 2           message exceeds 4194304 bytes\n";
    let summary = "\n3 frames: 2 publishes, 1 not decoded\n";
    assert_eq!(transcript.out, [line, skipped, line, summary].concat());
}

#[test]
fn directions() {
    let delete = r#"{"action":"DELETE_MESSAGE","ID":"Kq83hZpLw0Xc"}"#;
    let log = format!(
        r#"{{"event_timestamp":"x","type":"MESSAGE","payload":{MESSAGE},"version":"1.0"}}"#
    );
    let broken_log = r#"{"payload":{"Type":"EVENT"}}"#;
    let untyped_log = r#"{"payload":{}}"#;
    let both = r#"{"Type":"POLL","Action":"SEND_MESSAGE","Content":"c"}"#;
    for (frame, detected, subscribe, publish) in [
        (MESSAGE, "MESSAGE", "MESSAGE", "Action is missing, at byte 179"),
        (SEND, "SEND_MESSAGE", "Type is missing, at byte 60", "SEND_MESSAGE"),
        (delete, "DELETE_MESSAGE", "Type is missing, at byte 46", "DELETE_MESSAGE"),
        (&log, "MESSAGE", "MESSAGE", "Action is missing, at byte 246"),
        (
            broken_log,
            "Id is missing, at byte 26",
            "Id is missing, at byte 26",
            "Action is missing, at byte 27",
        ),
        (
            untyped_log,
            "Type is missing, at byte 12",
            "Type is missing, at byte 12",
            "Action is missing, at byte 13",
        ),
        (both, "POLL", "POLL", "SEND_MESSAGE"),
        (
            "{}",
            "Type is missing, at byte 1",
            "Type is missing, at byte 1",
            "Action is missing, at byte 1",
        ),
        (
            r#"{"Action":"JOIN"}"#,
            "unknown Action, at byte 10",
            "Type is missing, at byte 16",
            "unknown Action, at byte 10",
        ),
        ("[]", "not an object, at byte 0", "not an object, at byte 0", "not an object, at byte 0"),
        (r#"{"Type":"A\u0042\n"}"#, "AB\n", "AB\n", "Action is missing, at byte 19"),
    ] {
        for (arguments, expected) in
            [(&[][..], detected), (&["--subscribe"], subscribe), (&["--publish"], publish)]
        {
            let report = report(arguments, frame);
            let found = report.get("type").or(report.get("error")).unwrap();
            assert_eq!(found, expected, "{arguments:?} {frame}");
            if frame == log && report["ok"] == true {
                assert_eq!(report["wire"], MESSAGE);
            }
        }
    }
}

#[test]
fn exit_codes() {
    let (good, bad) = (format!("{MESSAGE}\n"), format!("{MESSAGE}\n{CUT}\n{MESSAGE}\n"));
    for (arguments, input, code) in [
        (&["-"][..], &good, 0),
        (&["-"], &bad, 0),
        (&["--strict", "-"], &good, 0),
        (&["--strict", "-"], &bad, 1),
        (&["--strict", "--json", "-"], &bad, 1),
        (&["--json", "--strict", "-"], &good, 0),
        (&["--strict", "--publish", "-"], &good, 1),
    ] {
        let run = run(arguments, input.as_bytes());
        assert_eq!((run.code, run.err.as_str()), (Some(code), ""), "{arguments:?} {input}");
    }
}

#[test]
fn usage_errors() {
    for (arguments, message) in [
        (&["--jsonl"][..], "unknown option \"--jsonl\""),
        (&["-x"], "unknown option \"-x\""),
        (&["--chunk"], "--chunk requires a number of bytes"),
        (&["--chunk", "0"], "--chunk requires a number of bytes of at least 1, found 0"),
        (&["--chunk", "-1"], "--chunk requires a number of bytes of at least 1, found -1"),
        (&["--chunk", "many", "-"], "--chunk requires a number of bytes of at least 1, found many"),
        (&["--publish", "--subscribe"], "--publish and --subscribe cannot be used together"),
        (
            &["--subscribe", "--json", "--publish", "-"],
            "--publish and --subscribe cannot be used together",
        ),
    ] {
        let run = run(arguments, MESSAGE.as_bytes());
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(
            run.err.starts_with(&format!("inspect: {message}\n\nUsage: inspect [--json]")),
            "{}",
            run.err
        );
    }
}

#[test]
fn help() {
    let run = run(&["--strict", "--help", "--nonsense"], b"");
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    assert!(
        run.out.starts_with(
            "Usage: inspect [--json] [--strict] [--publish | --subscribe] [--whole] [--chunk N] [FILE…]\n"
        )
    );
    for option in ["json", "strict", "publish", "subscribe", "whole", "chunk N", "help"] {
        assert!(run.out.contains(&format!("\n  --{option} ")), "{option}");
    }
}

#[test]
fn several_inputs_with_unreadable_ones() {
    let one = file("several-one.jsonl", format!("{SEND}\n{MESSAGE}"));
    let two = file("several-two.jsonl", CUT);
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("no such file")
        .into_os_string()
        .into_string()
        .unwrap();
    let directory = env!("CARGO_TARGET_TMPDIR");

    let together = run(&["--json", &one, "-", &two], MESSAGE.as_bytes());
    assert_eq!(together.code, Some(0));
    let frames: Vec<_> =
        together.json().iter().map(|report| report["frame"].as_u64().unwrap()).collect();
    assert_eq!(frames, [1, 2, 3, 4]);
    assert_eq!(together.json()[3]["ok"], false);

    for whole in [false, true] {
        let mut arguments = vec!["--json", &missing, &one, directory, "-", &two];
        if whole {
            arguments.insert(0, "--whole");
        }
        let mixed = run(&arguments, MESSAGE.as_bytes());
        assert_eq!(mixed.code, Some(2));
        assert_eq!(mixed.json().len(), if whole { 3 } else { 4 });
        let errors: Vec<_> = mixed.err.lines().collect();
        assert_eq!(errors.len(), 2);
        assert!(errors[0].starts_with(&format!("inspect: {missing}: ")), "{}", mixed.err);
        assert!(errors[1].starts_with(&format!("inspect: {directory}: ")), "{}", mixed.err);
        if !whole {
            assert_eq!(mixed.out, together.out);
        }
    }
    // The exit code for an unreadable input takes precedence over that for an invalid frame.
    assert_eq!(run(&["--strict", &two, &missing], b"").code, Some(2));
    assert!(run(&["--", "--strict"], b"").err.starts_with("inspect: --strict: "));
}

#[test]
fn transcript() {
    let input = r#"{"Type":"MESSAGE","Id":"mAaaaaaaaaa1","RequestId":"","Attributes":{"name":"not this","mood":"calm"},"Content":"hello\nthere","SendTime":"2026-11-21T23:59:59.999999999Z","Sender":{"UserId":"u-1","Attributes":{"avatar":"a","displayName":"ねこ"}}}
{"Type":"MESSAGE","Id":"mAaaaaaaaaa2","RequestId":"","Attributes":{"username":"pixelfern"},"Content":"a message that is a good deal longer than a quotation may be","SendTime":"2026-11-22T00:00:00Z","Sender":{"UserId":"u-2","Attributes":{}}}
{"Type":"MESSAGE","Id":"mAaaaaaaaaa3","RequestId":"","Attributes":null,"Content":"when?","SendTime":"now","Sender":{"UserId":"f3ac1ee2-2f5c-4a26-8d03-7d6cf6c5f4a1","Attributes":{"name":""}}}
{"Type":"EVENT","Id":"eAaaaaaaaaa1","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"mAaaaaaaaaa2","Reason":"dull"},"SendTime":"2026-11-22T00:00:01Z"}
{"Type":"EVENT","Id":"eAaaaaaaaaa2","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"mAaaaaaaaaa0","Reason":""},"SendTime":"2026-11-22T00:00:01Z"}
{"Type":"EVENT","Id":"eAaaaaaaaaa3","RequestId":"","EventName":"aws:DISCONNECT_USER","Attributes":{"Reason":"dull","UserId":"u-2"},"SendTime":"2026-11-22T00:00:02Z"}
{"Type":"EVENT","Id":"eAaaaaaaaaa4","RequestId":"","EventName":"aws:DISCONNECT_USER","Attributes":{"UserId":"u-9"},"SendTime":"2026-11-22T00:00:02Z"}
{"Type":"EVENT","Id":"eAaaaaaaaaa5","RequestId":"","EventName":"poll","Attributes":{"a":"1","b":"2"},"SendTime":"2026-11-22T00:00:03Z"}
{"ErrorCode":406,"ErrorMessage":"no links","Id":"xAaaaaaaaaa1","RequestId":"r-1","Type":"ERROR"}
{"Type":"ERROR","ErrorCode":418}
{"Type":"LATER","More":[1]}
{"Action":"SEND_MESSAGE","RequestId":"r-2","Content":"hi"}
{"Action":"DELETE_MESSAGE","Id":"mAaaaaaaaaa1","Reason":"typo"}
{"Action":"DISCONNECT_USER","UserId":"u-1"}
{"Type":"MESSAGE","Id":"mAaaaaaaaaa1","RequestId":"","Attributes":nil,"Content":"ж"}
{}
"#;
    let expected = "\
2026-11-21, UTC
23:59:59    ねこ              hello⏎there
                              name: not this · mood: calm
2026-11-22, UTC
00:00:00    pixelfern         a message that is a good deal longer than a quotation may be
??:??:??    f3ac1ee2-2f5c-4…  when?
00:00:01  - deleted           “a message that is a good deal longer th…” by pixelfern: dull
00:00:01  - deleted           message mAaaaaaaaaa0
00:00:02  - disconnected      pixelfern, user u-2: dull
00:00:02  - disconnected      user u-9
00:00:03  * poll              a: 1 · b: 2
          ! error 406         Not Acceptable: message review rejected the request
                              “no links” · request r-1
          ! error 418         undocumented error code
          ? LATER             {\"Type\":\"LATER\",\"More\":[1]}
          → send              hi
                              request r-2
          → delete            “hello⏎there” by ねこ: typo
          → disconnect        ねこ, user u-1
          ✗ frame 15          unexpected byte, at byte 67
                              …aaaaaaaa1\",\"RequestId\":\"\",\"Attributes\":nil,\"Content\":\"ж\"}
                                                                       ^
          ✗ frame 16          Type is missing, at byte 1
                              {}
                               ^

16 frames: 3 messages, 2 deletions, 2 disconnections, 1 event, 2 errors, 1 unknown payload, 3 publishes, 2 not decoded
";
    let run = run(&["-"], input.as_bytes());
    assert_eq!(run.code, Some(0));
    assert!(run.out == expected, "{}", run.out);
}

#[test]
fn transcript_history_is_bounded() {
    let deletion = r#"{"Type":"EVENT","Id":"e","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"m0"},"SendTime":"x"}"#;
    for (messages, is_kept) in [(256, true), (257, false)] {
        let mut input: String = (0..messages)
            .map(|n| MESSAGE.replace("Kq83hZpLw0Xc", &format!("m{n}")) + "\n")
            .collect();
        input.push_str(deletion);
        let out = run(&["-"], input.as_bytes()).out;
        assert_eq!(out.contains("deleted           “hé <3” by u-1"), is_kept);
        assert_eq!(out.contains("deleted           message m0"), !is_kept);
    }
}

/// Returns `true` if a character could control a terminal or break a line.
const fn is_control(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0041}'
    )
}

#[test]
fn payloads_cannot_control_the_terminal() {
    let escaped = r"a\u001b[2J\u009b2J\u202e\u2066\u0007\r\n\t\u2028\u2029\u0085\u0000\u007f\u061c\u200b\udb40\udc41z";
    let plain = "a\u{7f}\u{9b}2J\u{85}\u{202e}\u{2066}\u{2028}\u{200b}\u{feff}\u{e0041}z";
    let templates = [
        r#"{"Type":"MESSAGE","Id":"@","RequestId":"@","Attributes":{"@":"@"},"Content":"@","SendTime":"@","Sender":{"UserId":"@","Attributes":{"name":"@","@":"@"}}}"#,
        r#"{"Type":"MESSAGE","Id":"@2","Content":"@","SendTime":"@","Sender":{"UserId":"@2"}}"#,
        r#"{"Type":"EVENT","Id":"@","RequestId":"@","EventName":"@","Attributes":{"@":"@"},"SendTime":"@"}"#,
        r#"{"Type":"EVENT","Id":"@","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageId":"@","Reason":"@"},"SendTime":"@"}"#,
        r#"{"Type":"EVENT","Id":"@","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageId":"@?","Reason":"@"},"SendTime":"@"}"#,
        r#"{"Type":"EVENT","Id":"@","EventName":"aws:DISCONNECT_USER","Attributes":{"UserId":"@","Reason":"@"},"SendTime":"@"}"#,
        r#"{"Type":"EVENT","Id":"@","EventName":"aws:DISCONNECT_USER","Attributes":{"UserId":"@?"},"SendTime":"@"}"#,
        r#"{"Type":"ERROR","ErrorCode":400,"ErrorMessage":"@","Id":"@","RequestId":"@"}"#,
        r#"{"Type":"@","@":"@"}"#,
        r#"{"Action":"SEND_MESSAGE","RequestId":"@","Content":"@","Attributes":{"@":"@"}}"#,
        r#"{"Action":"DELETE_MESSAGE","RequestId":"@","Id":"@","Reason":"@"}"#,
        r#"{"Action":"DISCONNECT_USER","RequestId":"@","UserId":"@","Reason":"@"}"#,
        r#"{"Action":"@"}"#,
        r#"{"Type":"@"} @"#,
        r#"{"Type":"@","@":"@"#,
    ];
    let mut input = Vec::new();
    for template in templates {
        for text in [escaped, plain] {
            input.extend_from_slice(template.replace('@', text).as_bytes());
            input.push(b'\n');
        }
    }
    input.extend_from_slice(b"{\"Type\":\"\x1b[2J\xff\xfe\x9b\xe2\x80z\x1b]0;owned\x07\"}\n");

    let transcript = run(&["-"], &input);
    assert_eq!((transcript.code, transcript.err.as_str()), (Some(0), ""));
    assert!(transcript.out.contains(
        r"a\u{1b}[2J\u{9b}2J\u{202e}\u{2066}\u{7}\r⏎\t\u{2028}\u{2029}\u{85}\u{0}\u{7f}\u{61c}\u{200b}\u{e0041}z"
    ));
    assert!(
        transcript
            .out
            .contains(r"a\u{7f}\u{9b}2J\u{85}\u{202e}\u{2066}\u{2028}\u{200b}\u{feff}\u{e0041}z")
    );
    assert!(transcript.out.contains("\\u{1b}[2J\\xff\\xfe\\x9b\\xe2\\x80z\\u{1b}]0;"));
    let json = run(&["--json", "-"], &input);
    for out in [&transcript.out, &json.out] {
        assert_eq!(out.chars().find(|&character| character != '\n' && is_control(character)), None);
    }
    // One of the templates consists of two frames, and two are not payloads. Escaping for the
    // terminal does not change the text.
    assert_eq!(json.json().len(), 2 * (templates.len() + 1) + 1);
    let reports = json.json();
    let same = reports
        .iter()
        .filter(|report| report["wire"].as_str().is_some_and(|wire| wire.contains(plain)));
    assert_eq!(same.count(), templates.len() - 2);
}

/// File names are escaped, because those in an archive of captures are untrusted as well.
#[test]
fn arguments_cannot_control_the_terminal() {
    let name = "no\u{1b}[2J\n\u{9b}\u{202e}\u{85}such\rcapture";
    let shown = "no\\u{1b}[2J⏎\\u{9b}\\u{202e}\\u{85}such\\rcapture";
    let missing = run(&[name], b"");
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.starts_with(&format!("inspect: {shown}: ")), "{:?}", missing.err);
    for arguments in [&[name][..], &["--", name], &["--chunk", name], &[&format!("--{name}")]] {
        let run = run(arguments, b"");
        assert_eq!(run.code, Some(2));
        let found = run.err.chars().find(|&character| character != '\n' && is_control(character));
        assert_eq!(found, None, "{arguments:?}");
        assert_eq!(run.err.lines().next().unwrap().matches("capture").count(), 1, "{:?}", run.err);
    }
}

#[cfg(unix)]
#[test]
fn non_utf_8_file_names_are_escaped() {
    use std::os::unix::ffi::OsStrExt;

    let name = OsStr::from_bytes(b"no\x9b2J\xff\x1b");
    let missing = run(&[name], b"");
    assert!(missing.err.starts_with("inspect: no\\x9b2J\\xff\\u{1b}: "), "{:?}", missing.err);
    assert!(run(&[OsStr::new("--chunk"), name], b"").err.contains(r"found no\x9b2J\xff\u{1b}"));
}

#[test]
fn joiners_are_not_escaped() {
    let frame = MESSAGE.replace(r"hé \u003c3", "👩🏽‍🎨 🏳️‍🌈 می‌خواهم क्‍ष");
    let out = run(&["-"], frame.as_bytes()).out;
    assert!(out.contains("  👩🏽‍🎨 🏳️‍🌈 می‌خواهم क्‍ष\n"), "{out}");
}

#[test]
fn closed_pipe_is_no_failure() {
    let path = file("long.jsonl", format!("{MESSAGE}\n").repeat(20_000));
    for mode in ["--json", "--strict"] {
        let mut child = start(&[mode, &path]);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
    }
}

#[test]
fn frames_are_printed_immediately() {
    let mut child = start(&["--json", "-"]);
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
    for number in 1..=3 {
        writeln!(input, "{MESSAGE}").unwrap();
        let line = lines.recv_timeout(Duration::from_secs(30)).unwrap();
        assert!(line.starts_with(&format!("{{\"frame\":{number},")));
    }
    // The report does not wait for the end of the line, or for the end of a frame that is too
    // long.
    write!(input, "{MESSAGE}").unwrap();
    assert!(lines.recv_timeout(Duration::from_secs(30)).unwrap().starts_with("{\"frame\":4,"));
    input.write_all(format!("{{{}", " ".repeat(4 << 20)).as_bytes()).unwrap();
    assert!(lines.recv_timeout(Duration::from_secs(30)).unwrap().contains("MessageTooLong"));
    drop(input);
    assert!(child.wait().unwrap().success());
}

/// Reads 24 MB with and without line breaks. The peak memory is far smaller, because the input is
/// not kept in memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded() {
    for mode in ["--json", "--strict"] {
        let mut child = Command::new(&*INSPECT)
            .args([mode, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let block = if mode == "--json" {
            CAPTURE.repeat(24)
        } else {
            format!("{MESSAGE}{SEND}").repeat(1000)
        };
        for _ in 0..100 {
            input.write_all(block.as_bytes()).unwrap();
        }
        // By now, the program has read all input except the last part in the pipe.
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(kilobytes < 8_000, "{kilobytes} kB");
        drop(input);
        child.wait().unwrap();
    }
}
