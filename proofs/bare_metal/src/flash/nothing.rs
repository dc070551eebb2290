//! Flash of the entry point, without the crate. The other figures include it.
#![no_std]
#![no_main]

#[path = "../bare.rs"]
mod bare;

fn run() -> u8 {
    0
}
