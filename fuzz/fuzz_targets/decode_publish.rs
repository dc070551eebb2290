//! Whatever the bytes are: as a publish they are read, or refused for a reason that can be pointed
//! at.
#![no_main]

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oracle::any_bytes::<ivs_chat_proto::publish::Publish<'_>>(bytes);
    oracle::peek_request_id(bytes);
});
