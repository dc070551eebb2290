//! Flash of the decoder of subscribe payloads.
#![no_std]
#![no_main]

#[path = "../bare.rs"]
mod bare;
mod parts {
    pub mod decode;
}

fn run() -> u8 {
    parts::decode::run();
    0
}
