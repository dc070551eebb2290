//! The server side of a connection matches its model, whatever messages it receives.
#![no_main]

#[path = "../../tests/oracle/peer.rs"]
mod peer;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| peer::any_bytes(bytes));
