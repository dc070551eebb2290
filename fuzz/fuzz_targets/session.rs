//! The client matches its model, whatever the service, the caller and the clock do.
#![no_main]

#[path = "../../tests/session/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::check_session(bytes));
