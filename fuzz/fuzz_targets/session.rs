//! Whatever the service, the caller and the clock do, the laws of a session hold.
#![no_main]

#[path = "../../tests/oracle/session.rs"]
mod session;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| session::any_session(bytes));
