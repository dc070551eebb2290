//! How the module is linked: with a stack for which one page of memory is enough.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg-cdylib=-zstack-size=8192");
}
