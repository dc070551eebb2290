//! Writes what every fuzz target starts from: the payloads of the vectors and of the capture.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --bin seeds` puts them into `fuzz/corpus/`, a folder
//! for each target.

#[path = "../../../tests/vectors/mod.rs"]
mod vectors;

// All binaries here are built with instruments, whose runtime this is.
use libfuzzer_sys as _;

use std::path::Path;
use std::{fs, io};

const CAPTURE: &str = include_str!("../../../examples/capture.jsonl");

fn main() -> io::Result<()> {
    let publish: Vec<_> = vectors::publish().into_iter().map(|vector| vector.wire).collect();
    let subscribe: Vec<_> = vectors::subscribe().into_iter().map(|vector| vector.wire).collect();
    let capture: Vec<_> = CAPTURE.lines().map(Vec::from).collect();
    let all = [publish.as_slice(), &subscribe, &capture].concat();
    for (target, seeds) in [
        ("chunks", cut(&all)),
        ("decode_publish", [publish.as_slice(), &capture].concat()),
        ("decode_subscribe", [subscribe.as_slice(), &capture].concat()),
        ("encode_publish", all.clone()),
        ("encode_subscribe", all.clone()),
        ("differential", all),
        ("peer", published(&publish)),
        ("session", sessions()),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        }
        println!("{}: {} seeds", folder.display(), seeds.len());
    }
    Ok(())
}

/// Behind what a connection is allowed, mostly all, and how often and when they come: each alone,
/// and a few together.
fn published(payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let alone = payloads.iter().map(|payload| (payload, 0)).zip((0..=u8::MAX).cycle());
    let alone = alone.map(|((payload, how), number)| {
        [&[7 >> (number % 9 / 8), 255, 255, 255, 10, 1, how], &**payload].concat()
    });
    let together = payloads.chunks(5).zip((0..=u8::MAX).cycle()).map(|(some, number)| {
        let script: Vec<_> =
            some.iter().map(|payload| [&[number.wrapping_mul(23)], &**payload].concat()).collect();
        [&[7, 20, 5, 12, 3, 2], &*script.join(&0xff)].concat()
    });
    alone.chain(together).collect()
}

/// Behind how they are to be cut, and how much is allowed: each alone, and a few together, on lines
/// of their own.
fn cut(payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let together: Vec<_> = payloads.chunks(5).map(|some| some.join(&b'\n')).collect();
    let numbered = payloads.iter().chain(&together).zip((0..=u8::MAX).cycle());
    numbered
        .map(|(payload, number)| {
            [&[number % 4 * 16 + 3, number, 131, 56], payload.as_slice()].concat()
        })
        .collect()
}

/// With each configuration: what connects, a request and its answer, time that passes, and the next
/// connection.
fn sessions() -> Vec<Vec<u8>> {
    const CONNECTED: &[u8] = &[0, 6, 0, 1, 2, 1, 0, 6];
    const ANSWERED: &[u8] = &[25, 0, 3, 0, 6, 17, 0, 0, 0, 6, 25, 1, 3, 0, 13, 0, 6];
    const REPLACED: &[u8] = &[
        38, 0, 8, 1, 6, 25, 2, 3, 0, 0, 1, 2, 1, 0, 6, 24, 3, 0, 1, 0, 1, 0, 13, 5, 6, 30, 0, 0, 6,
        39, 6,
    ];
    (0..7).map(|config| [&[config, 0], CONNECTED, ANSWERED, REPLACED, CONNECTED].concat()).collect()
}
