//! Flash of the whole crate except `Display` and `Debug`: both directions of every payload, values,
//! framing, client and server.
#![no_std]
#![no_main]

#[path = "../bare.rs"]
mod bare;
mod parts {
    pub mod client;
    pub mod decode;
    pub mod encode;
    pub mod framing;
    pub mod server;
    pub mod values;
}

fn run() -> u8 {
    parts::decode::run();
    parts::encode::run();
    parts::client::run();
    parts::framing::run();
    parts::server::run();
    parts::values::run();
    0
}
