//! How the binary is linked: with nothing of an operating system, or by the map of a
//! microcontroller's memory.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=memory.x");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        for arg in ["-nostartfiles", "-nostdlib", "-static", "-no-pie"] {
            println!("cargo:rustc-link-arg-bins={arg}");
        }
    } else {
        println!(
            "cargo:rustc-link-arg-bins=-T{}/memory.x",
            env::var("CARGO_MANIFEST_DIR").unwrap()
        );
    }
}
