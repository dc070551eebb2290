//! Whatever payload of a client's can be built is encoded, says what it was built to say, and comes
//! back.
#![no_main]

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::build::publish(bytes));
