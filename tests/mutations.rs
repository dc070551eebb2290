//! Frames with one change, at many places: the decoder, the reference decoder and `serde_json`
//! still agree, and the laws hold.
//!
//! The mutants are the same in every run.
#![cfg(all(feature = "alloc", feature = "serde"))]

mod oracle;
mod vectors;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use oracle::spelling::{Random, tokens};

const CAPTURE: &str = include_str!("../examples/capture.jsonl");

/// What is put in.
const PIECES: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b" ",
    b"\n",
    b"\t",
    b"\0",
    b"\x1f",
    b"\x7f",
    b"0",
    b"1",
    b"-",
    b"+",
    b".",
    b"e",
    b"E",
    b"u",
    b"d",
    b"n",
    b"null",
    b"true",
    b"{}",
    b"[]",
    b"\"\"",
    b"\"\":",
    b"\"Id\":",
    b",\"x\":1",
    b"\"x\":[{}],",
    b"\"Type\":\"ERROR\",",
    b"\\\"",
    b"\\/",
    b"\\n",
    b"\\x",
    b"\\u",
    b"\\u0041",
    b"\\ud83d",
    b"\\ude00",
    b"\\ud83d\\ude00",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\xc3",
    b"\xa9",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80",
    b"e400",
    b"65536",
    b"[[[[",
];

/// Calls `test` with mutants of a frame. Of a long one some places are passed over.
fn mutants(frame: &[u8], random: &mut Random, test: &mut impl FnMut(&[u8])) {
    for place in (0..=frame.len()).step_by(frame.len() / 120 + 1) {
        let (before, after) = frame.split_at(place);
        let mut spliced = |put: &[u8], removed: usize| {
            test(&[before, put, after.get(removed..).unwrap_or_default()].concat());
        };
        spliced(b"", 1);
        spliced(b"", 1 + random.below(8));
        spliced(after.get(..1).unwrap_or_default(), 0);
        spliced(&after[..after.len().min(random.below(20))], 0);
        spliced(&[after.first().map_or(0, |byte| byte ^ (1 << random.below(8)))], 1);
        for _ in 0..3 {
            spliced(random.pick(PIECES), 0);
            spliced(random.pick(PIECES), 1);
        }
    }
    let tokens = tokens(frame);
    for place in (0..tokens.len()).step_by(tokens.len() / 50 + 1) {
        let (before, after) = (&tokens[..place], &tokens[place + 1..]);
        let mut replaced = |by: &[&[u8]]| test(&[before, by, after].concat().concat());
        replaced(&[]);
        replaced(&[tokens[place], tokens[place]]);
        replaced(&[random.pick(PIECES)]);
        replaced(&[&tokens[place].to_ascii_lowercase()]);
        replaced(&[tokens[random.below(tokens.len())]]);
        let mut swapped = tokens.clone();
        swapped.swap(place, random.below(tokens.len()));
        test(&swapped.concat());
    }
    // A member is three tokens and a comma, unless its value is an object: that is a mutant as
    // well.
    for place in (1..tokens.len().saturating_sub(8)).step_by(4) {
        let mut swapped = tokens.clone();
        let (one, other) =
            swapped[place..].split_at_mut(4 * (1 + random.below((tokens.len() - place) / 4 - 1)));
        one[..3].swap_with_slice(&mut other[..3]);
        test(&swapped.concat());
    }
}

/// Tries mutants of all frames; on a few of them also the laws, which take more time.
fn try_all(seed: u64, frames: impl Iterator<Item = Vec<u8>>, agree: fn(&[u8]), laws: fn(&[u8])) {
    let mut random = Random(seed);
    let mut count = 0_usize;
    for frame in frames {
        mutants(&frame, &mut random, &mut |mutant| {
            agree(mutant);
            if count.is_multiple_of(23) {
                laws(mutant);
            }
            count += 1;
        });
    }
    println!("{count} mutants");
}

fn agree_on_subscribe(mutant: &[u8]) {
    oracle::differential::subscribe(mutant);
    let _ = oracle::agrees_with_model::<Subscribe<'_>>(mutant);
}

fn agree_on_publish(mutant: &[u8]) {
    oracle::differential::publish(mutant);
    let _ = oracle::agrees_with_model::<Publish<'_>>(mutant);
}

fn laws_of_subscribe(mutant: &[u8]) {
    oracle::any_bytes::<Subscribe<'_>>(mutant);
    oracle::chat_log(mutant);
    oracle::close_reason(mutant);
}

fn laws_of_publish(mutant: &[u8]) {
    oracle::any_bytes::<Publish<'_>>(mutant);
    oracle::peek_request_id(mutant);
}

fn capture() -> impl Iterator<Item = Vec<u8>> {
    CAPTURE.lines().map(Vec::from)
}

#[test]
fn subscribe_vectors() {
    let frames = vectors::subscribe().into_iter().map(|vector| vector.wire);
    try_all(1, frames, agree_on_subscribe, laws_of_subscribe);
}

#[test]
fn publish_vectors() {
    let frames = vectors::publish().into_iter().map(|vector| vector.wire);
    try_all(2, frames, agree_on_publish, laws_of_publish);
}

#[test]
fn captured_subscribes() {
    try_all(3, capture(), agree_on_subscribe, laws_of_subscribe);
}

#[test]
fn captured_publishes() {
    let is_publish = |frame: &Vec<u8>| Publish::decode(frame).is_ok();
    try_all(4, capture().filter(is_publish), agree_on_publish, laws_of_publish);
}
