//! What the binaries share: a clock and standard input.

pub mod clock;
pub mod lines;
