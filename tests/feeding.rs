//! Bytes that come in pieces: WebSocket messages by `MessageAssembler`, objects in a stream by
//! `JsonStream`.

mod oracle;
mod vectors;

use ivs_chat_proto::StreamErrorKind::{MessageTooLong, NotAnObject, Unfinished};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{JsonStream, MessageAssembler, StreamError};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use oracle::chunks::{self, Found};

const CAPTURE: &str = include_str!("../examples/capture.jsonl");

fn is_inside(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

// MessageAssembler.

/// What comes of some pieces: as many results as there are pieces.
fn push<const N: usize>(pieces: &[(&str, bool)]) -> Vec<Option<Result<String, usize>>> {
    let mut fragments = MessageAssembler::<N>::new();
    let text = |message: &[u8]| String::from_utf8(message.to_vec()).expect("text");
    let pushed = pieces.iter().map(|(piece, fin)| {
        fragments
            .push(piece.as_bytes(), *fin)
            .map(|found| found.map(text).map_err(|oversize| oversize.max_bytes()))
    });
    pushed.collect()
}

#[test]
fn pieces() {
    let ok = |message: &str| Some(Ok(message.to_owned()));
    let oversize = Some(Err(4));
    for (name, pieces, expected) in [
        ("one piece", &[("abcd", true)][..], vec![ok("abcd")]),
        ("two", &[("ab", false), ("cd", true)], vec![None, ok("abcd")]),
        ("byte by byte", &[("a", false), ("b", false), ("c", true)], vec![None, None, ok("abc")]),
        ("an empty message", &[("", true)], vec![ok("")]),
        ("an empty message of two pieces", &[("", false), ("", true)], vec![None, ok("")]),
        (
            "empty pieces",
            &[("", false), ("ab", false), ("", false), ("", true)],
            vec![None, None, None, ok("ab")],
        ),
        (
            "one behind another",
            &[("a", false), ("b", true), ("c", true), ("", true)],
            vec![None, ok("ab"), ok("c"), ok("")],
        ),
        (
            "and another",
            &[("a", true), ("b", false), ("", true), ("c", false), ("d", true)],
            vec![ok("a"), None, ok("b"), None, ok("cd")],
        ),
        (
            "one piece too long",
            &[("abcde", true), ("abcd", true)],
            vec![oversize.clone(), ok("abcd")],
        ),
        (
            "a first piece too long",
            &[("abcde", false), ("", true), ("abcd", true)],
            vec![oversize.clone(), None, ok("abcd")],
        ),
        (
            "a last piece too long",
            &[("abc", false), ("de", true), ("abcd", true)],
            vec![None, oversize.clone(), ok("abcd")],
        ),
        (
            "one too long is reported once",
            &[("abcd", false), ("e", false), ("f", false), ("abcde", true), ("a", true)],
            vec![None, oversize.clone(), None, None, ok("a")],
        ),
        (
            "one too long behind one that was joined",
            &[
                ("ab", false),
                ("cd", true),
                ("abcde", false),
                ("f", true),
                ("a", false),
                ("b", true),
            ],
            vec![None, ok("abcd"), oversize.clone(), None, None, ok("ab")],
        ),
        (
            "one too long behind another",
            &[("abcde", false), ("", true), ("abcde", true)],
            vec![oversize.clone(), None, oversize],
        ),
    ] {
        assert_eq!(push::<4>(pieces), expected, "{name}");
    }
    assert_eq!(
        push::<0>(&[("", true), ("a", true), ("", false), ("a", false), ("b", true)]),
        [ok(""), Some(Err(0)), None, Some(Err(0)), None]
    );
}

#[test]
fn what_waits_for_a_connection_that_is_gone_is_forgotten() {
    for gone in ["ab", "abcde"] {
        let mut fragments = MessageAssembler::<4>::new();
        let _ = fragments.push(gone.as_bytes(), false);
        assert_ne!(fragments, MessageAssembler::new());
        fragments.clear();
        assert_eq!(fragments, MessageAssembler::new());
        assert_eq!(fragments.push(b"cd", true), Some(Ok(b"cd".as_slice())));
    }
}

#[test]
fn what_was_handed_out_is_not_waiting() {
    let mut fragments = MessageAssembler::<4>::default();
    assert_eq!(fragments.push(b"ab", false), None);
    let before = fragments.clone();
    assert_eq!(
        format!("{fragments:?}"),
        "MessageAssembler { waiting_bytes: 2, is_skipping: false, .. }"
    );
    assert_eq!(fragments.push(b"cd", true), Some(Ok(b"abcd".as_slice())));
    assert_eq!(fragments, MessageAssembler::new());
    assert_ne!(fragments, before);
    assert_eq!(
        format!("{fragments:?}"),
        "MessageAssembler { waiting_bytes: 0, is_skipping: false, .. }"
    );
}

#[test]
fn a_message_in_one_piece_is_lent() {
    let mut fragments = MessageAssembler::<4>::new();
    for (before, is_lent) in [("", true), ("a", false), ("", true)] {
        if !before.is_empty() {
            assert_eq!(fragments.push(before.as_bytes(), false), None);
        }
        let piece = b"bcd";
        let message = fragments.push(piece, true).expect("a message").expect("short enough");
        assert_eq!((message.len(), is_inside(message, piece)), (before.len() + 3, is_lent));
    }
}

#[test]
fn every_payload_cut_in_two_and_byte_by_byte() {
    let mut fragments = MessageAssembler::<8192>::new();
    for vector in vectors::subscribe() {
        let wire = &vector.wire;
        for place in 0..=wire.len() {
            let (first, last) = wire.split_at(place);
            assert_eq!(fragments.push(first, false), None);
            let message = fragments.push(last, true).expect("a message").expect("short enough");
            assert_eq!(Subscribe::decode(message), Subscribe::decode(wire), "{}", vector.name);
        }
        for byte in wire {
            assert_eq!(fragments.push(&[*byte], false), None);
        }
        assert_eq!(fragments.push(b"", true), Some(Ok(wire.as_slice())), "{}", vector.name);
    }
}

// Streams.

/// The results of a stream: whole, in two pieces cut anywhere, with nothing in between, and byte by
/// byte.
fn found<const N: usize>(name: &str, input: &str) -> Vec<Found> {
    let input = input.as_bytes();
    let whole = chunks::feed(&mut JsonStream::<N>::new(), &[input]);
    for place in 0..=input.len() {
        let (first, last) = input.split_at(place);
        assert_eq!(
            chunks::feed(&mut JsonStream::<N>::new(), &[first, b"", last]),
            whole,
            "{name}, cut at {place}"
        );
    }
    let bytes: Vec<_> = input.chunks(1).collect();
    assert_eq!(chunks::feed(&mut JsonStream::<N>::new(), &bytes), whole, "{name}, byte by byte");
    chunks::stream::<N>(input, &[]);
    whole
}

#[expect(clippy::unnecessary_wraps, reason = "the tables have errors as well")]
fn object(text: &str) -> Found {
    Ok(text.into())
}

/// `§` stands in front of what is reported, and is not a part of the input.
fn check<const N: usize>(name: &str, marked: &str, expected: &[Found]) {
    let mut places = marked
        .match_indices('§')
        .enumerate()
        .map(|(number, (place, sign))| place - number * sign.len());
    let expected: Vec<_> = expected
        .iter()
        .map(|found| {
            found
                .clone()
                .map_err(|(kind, _)| (kind, places.next().expect("a place for every error")))
        })
        .collect();
    assert_eq!(places.next(), None, "{name}");
    assert_eq!(found::<N>(name, &marked.replace('§', "")), expected, "{name}");
}

const NOT_AN_OBJECT: Found = Err((NotAnObject, 0));
const UNFINISHED: Found = Err((Unfinished, 0));
const OVERSIZE: Found = Err((MessageTooLong, 0));

#[test]
fn objects() {
    for (name, input, expected) in [
        ("nothing", "", &[][..]),
        ("white space", " \t\r\n ", &[]),
        ("one", "{}", &[object("{}")]),
        ("with white space around", "\r\n {\"a\" : 1}\t\n", &[object("{\"a\" : 1}")]),
        (
            "several on a line",
            r#"{"a":1}{"b":2} {"c":3}"#,
            &[object(r#"{"a":1}"#), object(r#"{"b":2}"#), object(r#"{"c":3}"#)],
        ),
        (
            "one on each line",
            "{}\n{\"a\":1}\r\n\n{}\n",
            &[object("{}"), object(r#"{"a":1}"#), object("{}")],
        ),
        (
            "one on several lines",
            "{\n \"a\": [\n {},\n\n {\n }\n ],\n\"b\"\n:\n{}\n}",
            &[object("{\n \"a\": [\n {},\n\n {\n }\n ],\n\"b\"\n:\n{}\n}")],
        ),
        (
            "objects in it",
            r#"{"a":{"b":{}},"c":{}}{}"#,
            &[object(r#"{"a":{"b":{}},"c":{}}"#), object("{}")],
        ),
        (
            "braces in strings",
            r#"{"}":"{"}{"{":"}"}"#,
            &[object(r#"{"}":"{"}"#), object(r#"{"{":"}"}"#)],
        ),
        ("escaped quotes", r#"{"\"}":"\"{"}{}"#, &[object(r#"{"\"}":"\"{"}"#), object("{}")]),
        (
            "escaped backslashes",
            r#"{"a\\":"\\\\"}{"\\\"}":1}"#,
            &[object(r#"{"a\\":"\\\\"}"#), object(r#"{"\\\"}":1}"#)],
        ),
        ("long characters", r#"{"ключ":"{猫🌞}"}"#, &[object(r#"{"ключ":"{猫🌞}"}"#)]),
    ] {
        check::<64>(name, input, expected);
    }
}

#[test]
fn what_is_balanced_is_the_decoders_to_judge() {
    for input in [
        "{:::}",
        "{]}",
        "{\"a\":1,}",
        "{'a':\"}\"}",
        "{{}}",
        "{\\}",
        "{\"\t\r\u{1}\\x\"}",
        "{\"a\"\n\n1}",
        "{\"a\" {}}",
        "{\"a\":\n{}\n\n}",
        "{\"a\":1,\n{}}",
        "{[\n{}}",
    ] {
        check::<64>(input, input, &[object(input)]);
    }
}

#[test]
fn garbage() {
    let one = || object("{}");
    for (name, input, expected) in [
        ("nothing else", "§garbage", &[NOT_AN_OBJECT][..]),
        ("of one byte", "§}", &[NOT_AN_OBJECT]),
        ("in front", "  §12 \n null {}", &[NOT_AN_OBJECT, one()]),
        ("behind", "{} §] \n", &[one(), NOT_AN_OBJECT]),
        ("between", "{}§,{}§,\n{}", &[one(), NOT_AN_OBJECT, one(), NOT_AN_OBJECT, one()]),
        ("a byte order mark", "§\u{feff}{}", &[NOT_AN_OBJECT, one()]),
        (
            "white space elsewhere",
            "{}§\u{a0}{}§\u{b}{}",
            &[one(), NOT_AN_OBJECT, one(), NOT_AN_OBJECT, one()],
        ),
        ("a brace too many", "{}§}{}", &[one(), NOT_AN_OBJECT, one()]),
        ("an array", "§[{}§,{}§]", &[NOT_AN_OBJECT, one(), NOT_AN_OBJECT, one(), NOT_AN_OBJECT]),
        (
            "a quote is nothing here",
            "§\"{\"a\":\"}\"}§\"\n{}",
            &[NOT_AN_OBJECT, object("{\"a\":\"}\"}"), NOT_AN_OBJECT, one()],
        ),
    ] {
        check::<64>(name, input, expected);
    }
}

#[test]
fn cut_short() {
    let one = || object("{}");
    for (name, input, expected) in [
        ("at the end", "§{", &[UNFINISHED][..]),
        ("at the end, with white space", "{} §{\"a\":1 \n\n ", &[one(), UNFINISHED]),
        ("at the end, in a string", "§{\"a", &[UNFINISHED]),
        ("at the end, in an escape", "§{\"a\\", &[UNFINISHED]),
        ("by a line feed in a string", "§{\"a\n{}", &[UNFINISHED, one()]),
        (
            "by a line feed in a string, behind a carriage return",
            "§{\"a\r\n{}",
            &[UNFINISHED, one()],
        ),
        ("by a line feed behind a backslash", "§{\"a\\\n{}", &[UNFINISHED, one()]),
        (
            "by a line feed in a string of an inner object",
            "§{\"a\":{\"b\":\"c\n§}\n{}",
            &[UNFINISHED, NOT_AN_OBJECT, one()],
        ),
        ("behind a brace", "§{\n{}", &[UNFINISHED, one()]),
        ("behind a string", "§{\"a\"\n{}", &[UNFINISHED, one()]),
        ("behind a value", "§{\"a\":1\n{}", &[UNFINISHED, one()]),
        ("behind an inner object", "§{\"a\":{}\n{}", &[UNFINISHED, one()]),
        ("behind an inner array", "§{\"a\":[]\n{}", &[UNFINISHED, one()]),
        ("behind an unknown word", "§{\"a\":nu\n{}", &[UNFINISHED, one()]),
        ("with white space", "§{\"a\":1 \r\n\n \t{}", &[UNFINISHED, one()]),
        (
            "one behind another",
            "§{\"a\":1\n§{\"b\n§{\"c\":[1\n{}",
            &[UNFINISHED, UNFINISHED, UNFINISHED, one()],
        ),
    ] {
        check::<64>(name, input, expected);
    }
}

#[test]
fn nothing_else_is_taken_for_the_next_object() {
    for (name, input) in [
        ("on the same line", "§{\"a\":1 {} {\"b\":2}"),
        ("behind a colon", "§{\"a\":\n{\"b\":2}"),
        ("behind a comma", "§{\"a\":1,\n{\"b\":2}"),
        ("behind a bracket", "§{\"a\":[\n{\"b\":2}"),
        ("behind a colon, with white space", "§{\"a\": \t\r\n\n {\"b\":2}"),
        ("behind a line, but not first", "§{\"a\"\n1 {\"b\":2}"),
        ("in a string", "§{\"a\":\"{\\\"b\\\":2} {}"),
        ("in a string that is not closed, behind one that looks like an object", "§{\"a\":\"{}"),
        ("no opening brace", "§{\"a\":[1\n[2\n3\n\"4\"\n"),
    ] {
        check::<64>(name, input, &[UNFINISHED]);
    }
}

#[test]
fn too_long() {
    let one = || object("{}");
    let longest = || object("{\"abc\":1}");
    for (name, input, expected) in [
        ("as long as may be", "{\"abc\":1}{}", &[longest(), one()][..]),
        ("a byte more", "§{\"abcd\":1}{}", &[OVERSIZE, one()]),
        (
            "one behind another",
            "§{\"abcd\":1}§{\"abcd\":1}\n{\"abc\":1}",
            &[OVERSIZE, OVERSIZE, longest()],
        ),
        (
            "a good deal more",
            "§{\"abcd\":\"{}}\\\"{}\",\"b\":{\"c\":{}},\n{}} {}",
            &[OVERSIZE, one()],
        ),
        ("cut short at its longest, in a string", "§{\"abcdefg\n{}", &[UNFINISHED, one()]),
        ("cut short when it is too long, in a string", "§{\"abcdefgh\n{}", &[OVERSIZE, one()]),
        ("cut short at its longest, by white space", "§{\"abc\":1\n{}", &[UNFINISHED, one()]),
        ("cut short when it is too long, by white space", "§{\"abc\":1\n {}", &[OVERSIZE, one()]),
        (
            "cut short long after",
            "§{\"abc\":1,\"d\":2,\n\"e\n§f\"}{}",
            &[OVERSIZE, NOT_AN_OBJECT, one()],
        ),
        ("cut short by the next", "§{\"abc\":1,\"d\":2\n{}", &[OVERSIZE, one()]),
        ("at the end, at its longest", "§{\"abc\":1 ", &[UNFINISHED]),
        ("at the end", "§{\"abc\":1  ", &[OVERSIZE]),
    ] {
        check::<9>(name, input, expected);
    }
    check::<1>("no object fits", "§{}§{", &[OVERSIZE, UNFINISHED]);
    check::<0>("nothing fits", "§{}§x§{", &[OVERSIZE, NOT_AN_OBJECT, OVERSIZE]);
}

#[test]
fn an_object_in_one_input_is_lent() {
    let mut stream = JsonStream::<16>::new();
    let mut input = b" {\"a\":1}{\"b\":2} {\"c".as_slice();
    let whole = input;
    for expected in [b"{\"a\":1}", b"{\"b\":2}"] {
        let object = stream.next(&mut input).expect("an object").expect("no error");
        assert_eq!(object, expected);
        assert!(is_inside(object, whole));
    }
    assert_eq!((stream.next(&mut input), input), (None, &b""[..]));

    let mut input = b"\":3}{}".as_slice();
    let whole = input;
    assert_eq!(stream.next(&mut input), Some(Ok(b"{\"c\":3}".as_slice())));
    assert_eq!(input, b"{}");
    let object = stream.next(&mut input).expect("an object").expect("no error");
    assert!(object == b"{}" && is_inside(object, whole));
}

#[test]
fn errors_come_as_soon_as_they_are_known() {
    let mut stream = JsonStream::<4>::new();
    for (piece, kind) in [
        ("{\"a\"", None),
        (":", Some(MessageTooLong)),
        ("1}", None),
        ("x", Some(NotAnObject)),
        ("{\"a", None),
        ("\n", Some(Unfinished)),
    ] {
        let error =
            stream.next(&mut piece.as_bytes()).map(|found| found.expect_err("an error").kind());
        assert_eq!(error, kind, "{piece:?}");
    }
}

#[test]
fn a_stream_that_has_ended_can_go_on() {
    let mut stream = JsonStream::<16>::new();
    for (input, expected) in [
        ("{\"a\":", vec![Err((Unfinished, 0))]),
        ("1}{}x", vec![Err((NotAnObject, 5)), object("{}"), Err((NotAnObject, 9))]),
        ("y", vec![Err((NotAnObject, 10))]),
        ("{\"0123456789012345", vec![Err((MessageTooLong, 11))]),
        ("{}\n{\"a", vec![object("{}"), Err((Unfinished, 32))]),
        ("{}", vec![object("{}")]),
    ] {
        assert_eq!(chunks::feed(&mut stream, &[input.as_bytes()]), expected, "{input:?}");
    }
}

#[test]
fn every_payload_in_one_stream() {
    let payloads: Vec<_> = vectors::subscribe()
        .into_iter()
        .filter(|vector| vector.value.is_ok())
        .map(|vector| vector.wire.trim_ascii().to_vec())
        .collect();
    for between in ["", "\n", "\r\n\r\n \t"] {
        let input = payloads.join(between.as_bytes());
        let expected: Vec<Found> = payloads.iter().cloned().map(Ok).collect();
        let bytes: Vec<_> = input.chunks(1).collect();
        for pieces in [vec![input.as_slice()], input.chunks(7).collect(), bytes] {
            assert!(
                chunks::feed(&mut JsonStream::<8192>::new(), &pieces) == expected,
                "{between:?}"
            );
        }
    }
}

#[test]
fn the_capture() {
    let mut begin = 0;
    let expected: Vec<Found> = CAPTURE
        .split_inclusive('\n')
        .map(|line| {
            begin += line.len();
            if line.ends_with("}\n") {
                object(line.trim_end())
            } else {
                Err((Unfinished, begin - line.len()))
            }
        })
        .collect();
    assert!(expected.iter().any(Result::is_err));
    let pieces: Vec<_> = CAPTURE.as_bytes().chunks(17).collect();
    assert_eq!(chunks::feed(&mut JsonStream::<1024>::new(), &pieces), expected);
}

// Errors.

#[test]
fn wording_and_size() {
    let oversize =
        MessageAssembler::<4>::new().push(b"hello", true).expect("known").expect_err("too long");
    assert_eq!(
        (oversize.to_string().as_str(), oversize.max_bytes()),
        ("message exceeds 4 bytes", 4)
    );
    assert_eq!(size_of_val(&oversize), size_of::<usize>());
    for (kind, wording) in [
        (NotAnObject, "not an object"),
        (Unfinished, "unfinished object"),
        (MessageTooLong, "object too long"),
    ] {
        assert_eq!(kind.to_string(), wording);
    }
    let mut stream = JsonStream::<4>::new();
    assert_eq!(stream.next(&mut b" {".as_slice()), None);
    let error = stream.finish().expect_err("unfinished");
    assert_eq!((error.to_string().as_str(), error.offset()), ("unfinished object, at byte 1", 1));
    assert_eq!(size_of::<StreamError>(), 16);
    assert_eq!(size_of::<Option<Result<&[u8], StreamError>>>(), 24);
}

#[test]
fn little_is_kept_beside_the_bytes() {
    assert_eq!(size_of::<MessageAssembler<1024>>(), 1024 + 2 * size_of::<usize>());
    assert!(
        size_of::<JsonStream<1024>>() <= size_of::<MessageAssembler<1024>>() + 3 * size_of::<u64>()
    );
}

// Whatever comes.

/// Bytes of which streams of objects are made.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = || {
        prop_oneof![8 => select(b"{}\"\\\n:,[] a1".as_slice()), 1 => any::<u8>()]
            .prop_map(|byte| vec![byte])
    };
    let object =
        select(vec!["{}", r#"{"a":{"b":"\\\"}"}}"#, "{\"a\":[\n{},\n{}]}", r#"{"ключ":"猫🌞 }"}"#]);
    let piece = prop_oneof![3 => byte(), 1 => object.prop_map(|object| object.as_bytes().to_vec())];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cutting_gives_the_same(bytes in bytes(), choices in vec(any::<u8>(), 0..12)) {
        chunks::either::<0>(&bytes, &choices);
        chunks::either::<9>(&bytes, &choices);
        chunks::either::<1024>(&bytes, &choices);
    }

    #[test]
    fn what_came_before_does_not_matter(before in bytes(), after in bytes()) {
        let after = [b"{".as_slice(), &after].concat();
        let mut stream = JsonStream::<1024>::new();
        let mut input = before.as_slice();
        while stream.next(&mut input).is_some() {}
        // Between objects, perhaps behind garbage.
        if stream.finish().is_ok() {
            behind::<1024>(&before, &after);
            behind::<9>(&before, &after);
        }
    }
}

/// Behind other bytes, where no object has yet to end, a stream gives the same.
fn behind<const N: usize>(before: &[u8], after: &[u8]) {
    let mut stream = JsonStream::<N>::new();
    let mut input = before;
    while stream.next(&mut input).is_some() {}
    let moved = |found: Found| found.map_err(|(kind, offset)| (kind, before.len() + offset));
    let expected: Vec<_> =
        chunks::feed(&mut JsonStream::<N>::new(), &[after]).into_iter().map(moved).collect();
    assert_eq!(chunks::feed(&mut stream, &[after]), expected);
}
