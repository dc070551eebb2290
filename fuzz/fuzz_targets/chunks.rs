//! However a stream or a message is cut, the same comes of it, and the next is not affected.
#![no_main]

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::chunks::any_bytes(bytes));
