//! Paths of the compiled examples.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the path of an example, next to the test binaries. `cargo test` builds it, but
/// `cargo test --test NAME` does not, so this function builds it if it is missing.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let directory = test.ancestors().nth(2).unwrap();
    let binary = directory.join("examples").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !binary.exists() {
        build_into(directory, name);
    }
    binary
}

fn build_into(directory: &Path, name: &str) {
    let profile = match directory.file_name().and_then(OsStr::to_str).unwrap() {
        "debug" => "dev",
        other => other,
    };
    let features = if cfg!(feature = "mock") { "mock" } else { "" };
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--example",
            name,
            "--features",
            features,
            "--profile",
            profile,
            "--target-dir",
        ])
        .arg(directory.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(status.unwrap().success());
}
