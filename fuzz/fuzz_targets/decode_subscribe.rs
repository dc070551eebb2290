#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ivs_chat_proto_fuzz::decode_subscribe(bytes));
