//! The crate without a standard library, an allocator or panics, on x86-64 Linux without a C
//! library and on a Cortex-M microcontroller without an operating system.
//!
//! A successful link proves two things. The crate needs no allocator, because the binary has none.
//! The functions that [`exercise`] calls cannot panic for any input, because the panic handler
//! calls `this_code_can_panic`, which does not exist. The linker finds no reference to it only if
//! the optimizer removed every panic.
//!
//! The exit code 0 proves that the checks pass. Any other code is the number of the first failed
//! check in [`exercise::CHECKS`], counted from 1.
//!
//! ```sh
//! cargo run --release
//! cargo build --profile small --target thumbv7em-none-eabi
//! qemu-system-arm -machine lm3s6965evb -cpu cortex-m4 -nographic -monitor none -serial none \
//!     -semihosting-config enable=on,target=native \
//!     -kernel target/thumbv7em-none-eabi/small/bare_metal
//! ```
//!
//! The binaries in `flash/` are not run. They measure the flash of the parts of the crate.
//!
//! The controls are features. With `alloc` or `panic`, linking must fail. With `wrong`, the exit
//! code must not be 0. `.ci/proofs` runs everything.
#![no_std]
#![no_main]

mod bare;
mod exercise;

use exercise::run;
