//! The decoder and `serde_json` agree, in both directions, on what is a payload and what it says.
#![no_main]

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oracle::differential::subscribe(bytes);
    oracle::differential::publish(bytes);
});
