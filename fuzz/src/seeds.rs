//! The seeds of the corpora, from the vectors and the captured payloads.

use crate::vectors;

const CAPTURE: &str = include_str!("../../examples/capture.jsonl");

/// Returns each fuzz target with its seeds.
#[must_use]
pub fn all() -> [(&'static str, Vec<Vec<u8>>); 9] {
    let publish: Vec<_> = vectors::publish().into_iter().map(|vector| vector.wire).collect();
    let subscribe: Vec<_> = vectors::subscribe().into_iter().map(|vector| vector.wire).collect();
    let capture: Vec<_> = CAPTURE.lines().map(Vec::from).collect();
    let all = [publish.as_slice(), &subscribe, &capture].concat();
    [
        ("abi", [all.as_slice(), &sessions()].concat()),
        ("chunks", chunks(&all)),
        ("decode_publish", [publish.as_slice(), &capture].concat()),
        ("decode_subscribe", [subscribe.as_slice(), &capture].concat()),
        ("encode_publish", all.clone()),
        ("encode_subscribe", all.clone()),
        ("differential", all),
        ("peer", peers(&publish)),
        ("session", sessions()),
    ]
}

/// Payloads after the bytes that choose the configuration and the times: each payload alone, and
/// groups of five.
fn peers(payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let single = payloads.iter().map(|payload| (payload, 0)).zip((0..=u8::MAX).cycle());
    let single = single.map(|((payload, how), number)| {
        [&[7 >> (number % 9 / 8), 255, 255, 255, 10, 1, how], &**payload].concat()
    });
    let groups = payloads.chunks(5).zip((0..=u8::MAX).cycle()).map(|(group, number)| {
        let script: Vec<_> =
            group.iter().map(|payload| [&[number.wrapping_mul(23)], &**payload].concat()).collect();
        [&[7, 20, 5, 12, 3, 2], &*script.join(&0xff)].concat()
    });
    single.chain(groups).collect()
}

/// Payloads after the bytes that choose the capacity and the cuts: each payload alone, and groups
/// of five with one payload per line.
fn chunks(payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let groups: Vec<_> = payloads.chunks(5).map(|group| group.join(&b'\n')).collect();
    let numbered = payloads.iter().chain(&groups).zip((0..=u8::MAX).cycle());
    numbered
        .map(|(payload, number)| {
            [&[number % 4 * 16 + 3, number, 131, 56], payload.as_slice()].concat()
        })
        .collect()
}

/// One session per configuration: a connection, a request and its answer, time that passes, and the
/// next connection.
fn sessions() -> Vec<Vec<u8>> {
    const CONNECTED: &[u8] = &[0, 6, 0, 1, 2, 1, 0, 6];
    const ANSWERED: &[u8] = &[25, 0, 3, 0, 6, 17, 0, 0, 0, 6, 25, 1, 3, 0, 13, 0, 6];
    const REPLACED: &[u8] = &[
        38, 0, 8, 1, 6, 25, 2, 3, 0, 0, 1, 2, 1, 0, 6, 24, 3, 0, 1, 0, 1, 0, 13, 5, 6, 30, 0, 0, 6,
        39, 6,
    ];
    (0..7).map(|config| [&[config, 0], CONNECTED, ANSWERED, REPLACED, CONNECTED].concat()).collect()
}
