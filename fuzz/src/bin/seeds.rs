//! Writes what every fuzz target starts from: the payloads of the vectors and of the capture.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --bin seeds` puts them into `fuzz/corpus/`, a folder for each target.

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
        ("decode_publish", [publish.as_slice(), &capture].concat()),
        ("decode_subscribe", [subscribe.as_slice(), &capture].concat()),
        ("encode_publish", all.clone()),
        ("encode_subscribe", all.clone()),
        ("differential", all),
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
