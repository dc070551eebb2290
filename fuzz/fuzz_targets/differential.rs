//! The decoder and `serde_json` agree, in both directions and in another spelling, on what is a
//! payload and what it says.
#![no_main]

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::differential::any_bytes(bytes));
