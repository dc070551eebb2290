//! Sets the linker arguments: on Linux, no C library and no startup files. Otherwise, the memory
//! map of a microcontroller.

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
