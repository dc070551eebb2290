//! One client session, checked against one model of the client.
//!
//! [`model`] holds the model: a slow client that is written from the documentation, and the check
//! that compares it with the real client after every input. Three drivers choose the inputs:
//!
//! - [`exhaustive`]: every short sequence of inputs from a small alphabet.
//! - [`random`]: inputs that proptest or a seeded generator chooses.
//! - `fuzz/fuzz_targets/session.rs`: inputs that the fuzzer chooses.

mod exhaustive;
mod model;
mod random;
