//! Limits the stack, so that the module needs only one page of memory.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg-cdylib=-zstack-size=8192");
}
