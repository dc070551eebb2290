//! Whatever is published to a connection, and when: it is accepted, or answered with an error, as
//! the rules say.
#![no_main]

#[path = "../../tests/oracle/peer.rs"]
mod peer;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| peer::any_bytes(bytes));
