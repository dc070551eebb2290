//! Flash of the client, the decoder of subscribe payloads and the encoder of publish payloads.
#![no_std]
#![no_main]

#[path = "../bare.rs"]
mod bare;
mod parts {
    pub mod client;
    pub mod decode;
    pub mod encode;
}

fn run() -> u8 {
    parts::decode::run();
    parts::encode::run();
    parts::client::run();
    0
}
