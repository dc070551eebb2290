//! Do `MessageAssembler` and `JsonStream` find the same messages however the input is cut?

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

/// Returns `true` if `part` borrows from `whole`.
fn is_inside(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

// MessageAssembler.

/// Pushes pieces, and returns the result of each.
fn push<const N: usize>(pieces: &[(&str, bool)]) -> Vec<Option<Result<String, usize>>> {
    let mut assembler = MessageAssembler::<N>::new();
    let text = |message: &[u8]| String::from_utf8(message.to_vec()).expect("text");
    let pushed = pieces.iter().map(|(piece, fin)| {
        assembler
            .push(piece.as_bytes(), *fin)
            .map(|found| found.map(text).map_err(|too_long| too_long.max_bytes()))
    });
    pushed.collect()
}

#[test]
fn joins_the_fragments_of_a_message() {
    let ok = |message: &str| Some(Ok(message.to_owned()));
    let too_long = Some(Err(4));
    for (name, pieces, expected) in [
        ("one fragment", &[("abcd", true)][..], vec![ok("abcd")]),
        ("two fragments", &[("ab", false), ("cd", true)], vec![None, ok("abcd")]),
        ("byte by byte", &[("a", false), ("b", false), ("c", true)], vec![None, None, ok("abc")]),
        ("an empty message", &[("", true)], vec![ok("")]),
        ("an empty message of two fragments", &[("", false), ("", true)], vec![None, ok("")]),
        (
            "empty fragments",
            &[("", false), ("ab", false), ("", false), ("", true)],
            vec![None, None, None, ok("ab")],
        ),
        (
            "several messages",
            &[("a", false), ("b", true), ("c", true), ("", true)],
            vec![None, ok("ab"), ok("c"), ok("")],
        ),
        (
            "complete and fragmented messages",
            &[("a", true), ("b", false), ("", true), ("c", false), ("d", true)],
            vec![ok("a"), None, ok("b"), None, ok("cd")],
        ),
        (
            "one fragment too long",
            &[("abcde", true), ("abcd", true)],
            vec![too_long.clone(), ok("abcd")],
        ),
        (
            "a first fragment too long",
            &[("abcde", false), ("", true), ("abcd", true)],
            vec![too_long.clone(), None, ok("abcd")],
        ),
        (
            "a last fragment too long",
            &[("abc", false), ("de", true), ("abcd", true)],
            vec![None, too_long.clone(), ok("abcd")],
        ),
        (
            "a long message is reported once",
            &[("abcd", false), ("e", false), ("f", false), ("abcde", true), ("a", true)],
            vec![None, too_long.clone(), None, None, ok("a")],
        ),
        (
            "a long message after a joined one",
            &[
                ("ab", false),
                ("cd", true),
                ("abcde", false),
                ("f", true),
                ("a", false),
                ("b", true),
            ],
            vec![None, ok("abcd"), too_long.clone(), None, None, ok("ab")],
        ),
        (
            "a long message after a long one",
            &[("abcde", false), ("", true), ("abcde", true)],
            vec![too_long.clone(), None, too_long],
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
fn clear_discards_an_unfinished_message() {
    for unfinished in ["ab", "abcde"] {
        let mut assembler = MessageAssembler::<4>::new();
        let _ = assembler.push(unfinished.as_bytes(), false);
        assert_ne!(assembler, MessageAssembler::new());
        assembler.clear();
        assert_eq!(assembler, MessageAssembler::new());
        assert_eq!(assembler.push(b"cd", true), Some(Ok(b"cd".as_slice())));
    }
}

#[test]
fn returned_message_is_not_waiting() {
    let mut assembler = MessageAssembler::<4>::default();
    assert_eq!(assembler.push(b"ab", false), None);
    let before = assembler.clone();
    assert_eq!(
        format!("{assembler:?}"),
        "MessageAssembler { waiting_bytes: 2, is_skipping: false, .. }"
    );
    assert_eq!(assembler.push(b"cd", true), Some(Ok(b"abcd".as_slice())));
    assert_eq!(assembler, MessageAssembler::new());
    assert_ne!(assembler, before);
    assert_eq!(
        format!("{assembler:?}"),
        "MessageAssembler { waiting_bytes: 0, is_skipping: false, .. }"
    );
}

#[test]
fn message_of_one_fragment_is_borrowed_from_the_input() {
    let mut assembler = MessageAssembler::<4>::new();
    for (before, is_borrowed) in [("", true), ("a", false), ("", true)] {
        if !before.is_empty() {
            assert_eq!(assembler.push(before.as_bytes(), false), None);
        }
        let piece = b"bcd";
        let message = assembler.push(piece, true).expect("a message").expect("short enough");
        assert_eq!((message.len(), is_inside(message, piece)), (before.len() + 3, is_borrowed));
    }
}

#[test]
fn joins_every_vector_cut_in_two_and_byte_by_byte() {
    let mut assembler = MessageAssembler::<8192>::new();
    for vector in vectors::subscribe() {
        let wire = &vector.wire;
        for cut in 0..=wire.len() {
            let (first, last) = wire.split_at(cut);
            assert_eq!(assembler.push(first, false), None);
            let message = assembler.push(last, true).expect("a message").expect("short enough");
            assert_eq!(Subscribe::decode(message), Subscribe::decode(wire), "{}", vector.name);
        }
        for byte in wire {
            assert_eq!(assembler.push(&[*byte], false), None);
        }
        assert_eq!(assembler.push(b"", true), Some(Ok(wire.as_slice())), "{}", vector.name);
    }
}

// JsonStream.

/// Returns the results of a stream for the whole input. Checks that they are the same for every cut
/// into two pieces with an empty one between them, and byte by byte.
fn found<const N: usize>(name: &str, input: &str) -> Vec<Found> {
    let input = input.as_bytes();
    let whole = chunks::feed(&mut JsonStream::<N>::new(), &[input]);
    for cut in 0..=input.len() {
        let (first, last) = input.split_at(cut);
        assert_eq!(
            chunks::feed(&mut JsonStream::<N>::new(), &[first, b"", last]),
            whole,
            "{name}, cut at {cut}"
        );
    }
    let bytes: Vec<_> = input.chunks(1).collect();
    assert_eq!(chunks::feed(&mut JsonStream::<N>::new(), &bytes), whole, "{name}, byte by byte");
    chunks::check_stream::<N>(input, &[]);
    whole
}

#[expect(clippy::unnecessary_wraps, reason = "the tables also have errors")]
fn object(text: &str) -> Found {
    Ok(text.into())
}

/// Checks the results for an input. `§` marks the offset of each error and is not a part of the
/// input.
fn check<const N: usize>(name: &str, marked: &str, expected: &[Found]) {
    let mut offsets = marked
        .match_indices('§')
        .enumerate()
        .map(|(number, (offset, mark))| offset - number * mark.len());
    let expected: Vec<_> = expected
        .iter()
        .map(|found| {
            found
                .clone()
                .map_err(|(kind, _)| (kind, offsets.next().expect("a mark for every error")))
        })
        .collect();
    assert_eq!(offsets.next(), None, "{name}");
    assert_eq!(found::<N>(name, &marked.replace('§', "")), expected, "{name}");
}

const NOT_AN_OBJECT: Found = Err((NotAnObject, 0));
const UNFINISHED: Found = Err((Unfinished, 0));
const TOO_LONG: Found = Err((MessageTooLong, 0));

#[test]
fn finds_objects() {
    for (name, input, expected) in [
        ("an empty input", "", &[][..]),
        ("white space", " \t\r\n ", &[]),
        ("one", "{}", &[object("{}")]),
        ("surrounded by white space", "\r\n {\"a\" : 1}\t\n", &[object("{\"a\" : 1}")]),
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
            "nested objects",
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
        ("non-ASCII characters", r#"{"ключ":"{猫🌞}"}"#, &[object(r#"{"ключ":"{猫🌞}"}"#)]),
    ] {
        check::<64>(name, input, expected);
    }
}

#[test]
fn leaves_invalid_json_to_the_decoder() {
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
fn reports_garbage() {
    let one = || object("{}");
    for (name, input, expected) in [
        ("alone", "§garbage", &[NOT_AN_OBJECT][..]),
        ("of one byte", "§}", &[NOT_AN_OBJECT]),
        ("before an object", "  §12 \n null {}", &[NOT_AN_OBJECT, one()]),
        ("after an object", "{} §] \n", &[one(), NOT_AN_OBJECT]),
        ("between objects", "{}§,{}§,\n{}", &[one(), NOT_AN_OBJECT, one(), NOT_AN_OBJECT, one()]),
        ("a byte order mark", "§\u{feff}{}", &[NOT_AN_OBJECT, one()]),
        (
            "characters that are not JSON white space",
            "{}§\u{a0}{}§\u{b}{}",
            &[one(), NOT_AN_OBJECT, one(), NOT_AN_OBJECT, one()],
        ),
        ("an extra brace", "{}§}{}", &[one(), NOT_AN_OBJECT, one()]),
        ("an array", "§[{}§,{}§]", &[NOT_AN_OBJECT, one(), NOT_AN_OBJECT, one(), NOT_AN_OBJECT]),
        (
            "quotes outside an object",
            "§\"{\"a\":\"}\"}§\"\n{}",
            &[NOT_AN_OBJECT, object("{\"a\":\"}\"}"), NOT_AN_OBJECT, one()],
        ),
    ] {
        check::<64>(name, input, expected);
    }
}

#[test]
fn reports_unfinished_objects() {
    let one = || object("{}");
    for (name, input, expected) in [
        ("at the end", "§{", &[UNFINISHED][..]),
        ("at the end, with white space", "{} §{\"a\":1 \n\n ", &[one(), UNFINISHED]),
        ("at the end, in a string", "§{\"a", &[UNFINISHED]),
        ("at the end, in an escape", "§{\"a\\", &[UNFINISHED]),
        ("by a line feed in a string", "§{\"a\n{}", &[UNFINISHED, one()]),
        (
            "by a line feed in a string, after a carriage return",
            "§{\"a\r\n{}",
            &[UNFINISHED, one()],
        ),
        ("by a line feed after a backslash", "§{\"a\\\n{}", &[UNFINISHED, one()]),
        (
            "by a line feed in a string of an inner object",
            "§{\"a\":{\"b\":\"c\n§}\n{}",
            &[UNFINISHED, NOT_AN_OBJECT, one()],
        ),
        ("after a brace", "§{\n{}", &[UNFINISHED, one()]),
        ("after a string", "§{\"a\"\n{}", &[UNFINISHED, one()]),
        ("after a value", "§{\"a\":1\n{}", &[UNFINISHED, one()]),
        ("after an inner object", "§{\"a\":{}\n{}", &[UNFINISHED, one()]),
        ("after an inner array", "§{\"a\":[]\n{}", &[UNFINISHED, one()]),
        ("after an unknown word", "§{\"a\":nu\n{}", &[UNFINISHED, one()]),
        ("with white space", "§{\"a\":1 \r\n\n \t{}", &[UNFINISHED, one()]),
        (
            "one after another",
            "§{\"a\":1\n§{\"b\n§{\"c\":[1\n{}",
            &[UNFINISHED, UNFINISHED, UNFINISHED, one()],
        ),
    ] {
        check::<64>(name, input, expected);
    }
}

#[test]
fn resumes_only_at_an_object_that_begins_a_line() {
    for (name, input) in [
        ("on the same line", "§{\"a\":1 {} {\"b\":2}"),
        ("after a colon", "§{\"a\":\n{\"b\":2}"),
        ("after a comma", "§{\"a\":1,\n{\"b\":2}"),
        ("after a bracket", "§{\"a\":[\n{\"b\":2}"),
        ("after a colon, with white space", "§{\"a\": \t\r\n\n {\"b\":2}"),
        ("on the next line, but not first", "§{\"a\"\n1 {\"b\":2}"),
        ("in a string", "§{\"a\":\"{\\\"b\\\":2} {}"),
        ("in an unclosed string, after text that looks like an object", "§{\"a\":\"{}"),
        ("no opening brace", "§{\"a\":[1\n[2\n3\n\"4\"\n"),
    ] {
        check::<64>(name, input, &[UNFINISHED]);
    }
}

#[test]
fn reports_objects_that_are_too_long() {
    let one = || object("{}");
    let longest = || object("{\"abc\":1}");
    for (name, input, expected) in [
        ("the maximum length", "{\"abc\":1}{}", &[longest(), one()][..]),
        ("one byte more", "§{\"abcd\":1}{}", &[TOO_LONG, one()]),
        (
            "one after another",
            "§{\"abcd\":1}§{\"abcd\":1}\n{\"abc\":1}",
            &[TOO_LONG, TOO_LONG, longest()],
        ),
        (
            "many bytes more",
            "§{\"abcd\":\"{}}\\\"{}\",\"b\":{\"c\":{}},\n{}} {}",
            &[TOO_LONG, one()],
        ),
        ("unfinished at the maximum length, in a string", "§{\"abcdefg\n{}", &[UNFINISHED, one()]),
        (
            "unfinished beyond the maximum length, in a string",
            "§{\"abcdefgh\n{}",
            &[TOO_LONG, one()],
        ),
        (
            "unfinished at the maximum length, by white space",
            "§{\"abc\":1\n{}",
            &[UNFINISHED, one()],
        ),
        (
            "unfinished beyond the maximum length, by white space",
            "§{\"abc\":1\n {}",
            &[TOO_LONG, one()],
        ),
        (
            "unfinished long after the maximum length",
            "§{\"abc\":1,\"d\":2,\n\"e\n§f\"}{}",
            &[TOO_LONG, NOT_AN_OBJECT, one()],
        ),
        ("unfinished before the next object", "§{\"abc\":1,\"d\":2\n{}", &[TOO_LONG, one()]),
        ("unfinished at the end, at the maximum length", "§{\"abc\":1 ", &[UNFINISHED]),
        ("unfinished at the end, beyond the maximum length", "§{\"abc\":1  ", &[TOO_LONG]),
    ] {
        check::<9>(name, input, expected);
    }
    check::<1>("no object fits", "§{}§{", &[TOO_LONG, UNFINISHED]);
    check::<0>("nothing fits", "§{}§x§{", &[TOO_LONG, NOT_AN_OBJECT, TOO_LONG]);
}

#[test]
fn object_in_one_input_is_borrowed_from_it() {
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
fn reports_errors_at_the_earliest_byte() {
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
fn continues_after_finish() {
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
fn finds_every_valid_vector_in_one_stream() {
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
fn finds_every_object_of_the_capture() {
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
fn errors_have_a_fixed_wording_and_size() {
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
fn state_is_little_larger_than_the_buffer() {
    assert_eq!(size_of::<MessageAssembler<1024>>(), 1024 + 2 * size_of::<usize>());
    assert!(
        size_of::<JsonStream<1024>>() <= size_of::<MessageAssembler<1024>>() + 3 * size_of::<u64>()
    );
}

// Properties.

/// Streams of braces, quotes, escapes, line feeds and whole objects.
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
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_cut_gives_the_results_of_the_model(
        bytes in bytes(),
        choices in vec(any::<u8>(), 0..12),
    ) {
        chunks::check_both::<0>(&bytes, &choices);
        chunks::check_both::<9>(&bytes, &choices);
        chunks::check_both::<1024>(&bytes, &choices);
    }

    #[test]
    fn earlier_input_does_not_change_later_results(before in bytes(), after in bytes()) {
        let after = [b"{".as_slice(), &after].concat();
        let mut stream = JsonStream::<1024>::new();
        let mut input = before.as_slice();
        while stream.next(&mut input).is_some() {}
        // Between two objects, or in garbage.
        if stream.finish().is_ok() {
            check_after::<1024>(&before, &after);
            check_after::<9>(&before, &after);
        }
    }
}

/// Checks that a stream gives the same results for `after` alone and following `before`, which must
/// not end inside an object.
fn check_after<const N: usize>(before: &[u8], after: &[u8]) {
    let mut stream = JsonStream::<N>::new();
    let mut input = before;
    while stream.next(&mut input).is_some() {}
    let moved = |found: Found| found.map_err(|(kind, offset)| (kind, before.len() + offset));
    let expected: Vec<_> =
        chunks::feed(&mut JsonStream::<N>::new(), &[after]).into_iter().map(moved).collect();
    assert_eq!(chunks::feed(&mut stream, &[after]), expected);
}
