//! Whatever the bytes are: as a subscribe, a line of a chat log or the reason of a close they are
//! read, or refused for a reason that can be pointed at.
#![no_main]

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oracle::any_bytes::<ivs_chat_proto::subscribe::Subscribe<'_>>(bytes);
    oracle::chat_log(bytes);
    oracle::close_reason(bytes);
});
