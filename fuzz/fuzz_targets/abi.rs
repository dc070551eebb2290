#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ivs_chat_proto_fuzz::abi(bytes));
