//! Writes the seeds of every fuzz target to `fuzz/corpus/`, one folder per target.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --bin seeds`

// The build instruments every binary, and libFuzzer is the runtime of the instruments.
use libfuzzer_sys as _;

use std::path::Path;
use std::{fs, io};

use ivs_chat_proto_fuzz::seeds;

fn main() -> io::Result<()> {
    for (target, seeds) in seeds::all() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        }
        println!("{}: {} seeds", folder.display(), seeds.len());
    }
    Ok(())
}
