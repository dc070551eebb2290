//! Byte and token mutations of the vectors and of captured payloads. The decoder, the reference
//! decoder and `serde_json` agree on each, and all invariants hold.
//!
//! The mutants are the same in every run.

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;

use crate::oracle;
use crate::oracle::spelling::{Random, tokens};
use crate::vectors;

const CAPTURE: &str = include_str!("../../examples/capture.jsonl");

/// Bytes to insert.
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

/// Calls `test` with mutants of a payload. Long payloads are mutated at a sample of their offsets.
fn for_each_mutant(payload: &[u8], random: &mut Random, test: &mut impl FnMut(&[u8])) {
    for offset in (0..=payload.len()).step_by(payload.len() / 120 + 1) {
        let (before, after) = payload.split_at(offset);
        let mut splice = |inserted: &[u8], removed: usize| {
            test(&[before, inserted, after.get(removed..).unwrap_or_default()].concat());
        };
        splice(b"", 1);
        splice(b"", 1 + random.below(8));
        splice(after.get(..1).unwrap_or_default(), 0);
        splice(&after[..after.len().min(random.below(20))], 0);
        splice(&[after.first().map_or(0, |byte| byte ^ (1 << random.below(8)))], 1);
        for _ in 0..3 {
            splice(random.pick(PIECES), 0);
            splice(random.pick(PIECES), 1);
        }
    }
    let tokens = tokens(payload);
    for index in (0..tokens.len()).step_by(tokens.len() / 50 + 1) {
        let (before, after) = (&tokens[..index], &tokens[index + 1..]);
        let mut replace = |by: &[&[u8]]| test(&[before, by, after].concat().concat());
        replace(&[]);
        replace(&[tokens[index], tokens[index]]);
        replace(&[random.pick(PIECES)]);
        replace(&[&tokens[index].to_ascii_lowercase()]);
        replace(&[tokens[random.below(tokens.len())]]);
        let mut swapped = tokens.clone();
        swapped.swap(index, random.below(tokens.len()));
        test(&swapped.concat());
    }
    // Swaps members. A member is three tokens and a comma, unless its value is an object. In that
    // case the swap cuts the object, which is a mutant, too.
    for index in (1..tokens.len().saturating_sub(8)).step_by(4) {
        let mut swapped = tokens.clone();
        let (one, other) =
            swapped[index..].split_at_mut(4 * (1 + random.below((tokens.len() - index) / 4 - 1)));
        one[..3].swap_with_slice(&mut other[..3]);
        test(&swapped.concat());
    }
}

/// Checks mutants of all payloads for agreement, and one in 23 for the invariants, which take more
/// time.
fn check_mutants(
    seed: u64,
    payloads: impl Iterator<Item = Vec<u8>>,
    agreement: fn(&[u8]),
    invariants: fn(&[u8]),
) {
    let mut random = Random(seed);
    let mut count = 0_usize;
    for payload in payloads {
        for_each_mutant(&payload, &mut random, &mut |mutant| {
            agreement(mutant);
            if count.is_multiple_of(23) {
                invariants(mutant);
            }
            count += 1;
        });
    }
    println!("{count} mutants");
}

fn subscribe_agreement(mutant: &[u8]) {
    oracle::differential::check_subscribe(mutant);
    let _ = oracle::agrees_with_model::<Subscribe<'_>>(mutant);
}

fn publish_agreement(mutant: &[u8]) {
    oracle::differential::check_publish(mutant);
    let _ = oracle::agrees_with_model::<Publish<'_>>(mutant);
}

fn subscribe_invariants(mutant: &[u8]) {
    oracle::check_bytes::<Subscribe<'_>>(mutant);
    oracle::check_chat_log(mutant);
    oracle::check_close_reason(mutant);
}

fn publish_invariants(mutant: &[u8]) {
    oracle::check_bytes::<Publish<'_>>(mutant);
    oracle::check_peek_request_id(mutant);
}

fn capture() -> impl Iterator<Item = Vec<u8>> {
    CAPTURE.lines().map(Vec::from)
}

#[test]
fn oracles_agree_on_mutated_subscribe_vectors() {
    let payloads = vectors::subscribe().into_iter().map(|vector| vector.wire);
    check_mutants(1, payloads, subscribe_agreement, subscribe_invariants);
}

#[test]
fn oracles_agree_on_mutated_publish_vectors() {
    let payloads = vectors::publish().into_iter().map(|vector| vector.wire);
    check_mutants(2, payloads, publish_agreement, publish_invariants);
}

#[test]
fn oracles_agree_on_mutated_captures_as_subscribes() {
    check_mutants(3, capture(), subscribe_agreement, subscribe_invariants);
}

#[test]
fn oracles_agree_on_mutated_captured_publishes() {
    let is_publish = |payload: &Vec<u8>| Publish::decode(payload).is_ok();
    check_mutants(4, capture().filter(is_publish), publish_agreement, publish_invariants);
}
