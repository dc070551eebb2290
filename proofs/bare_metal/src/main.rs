//! The crate without a standard library, without an allocator and without a way to panic: on x86-64
//! Linux with no C library, and on a Cortex-M microcontroller with nothing at all.
//!
//! That this links proves two things. There is no allocator here, and `this_code_can_panic` does
//! not exist: had the optimiser not found that nothing of what [`exercise`] calls can panic,
//! whatever its input, the linker would look for it. That it exits with 0 proves that it works; any
//! other number is that of the first of [`exercise::CHECKS`] to fail, counted from 1.
//!
//! ```sh
//! cargo run --release
//! cargo build --profile small --target thumbv7em-none-eabi
//! qemu-system-arm -machine lm3s6965evb -cpu cortex-m4 -nographic -monitor none -serial none \
//!     -semihosting-config enable=on,target=native -kernel target/thumbv7em-none-eabi/small/bare_metal
//! ```
//!
//! The other binaries, in `flash/`, are not run. They show how much flash the parts of the crate
//! take.
//!
//! The controls are features, and each must break something: `alloc` and `panic` the linking,
//! `wrong` the exit code. `.ci/proofs` runs it all.
#![no_std]
#![no_main]

mod bare;
mod exercise;

use exercise::run;
