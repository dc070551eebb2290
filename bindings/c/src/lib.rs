//! C bindings for `ivs-chat-proto`. The generated header, `include/ivs_chat.h`, is the reference.
//!
//! Every function checks its pointers and lengths. A null pointer with a length of 0 is an empty
//! slice. Unsafe code is confined to `memory`, which converts between C pointers and Rust
//! references, and to the functions that call it.

#![allow(non_camel_case_types, reason = "the names are those of the C header")]

mod client;
mod codec;
mod framing;
mod memory;
mod token;
mod types;

pub use client::*;
pub use codec::*;
pub use framing::*;
pub use token::*;
pub use types::*;
