//! The properties of the fuzz targets, one function for each target.
//!
//! The oracles are those of the crate's tests. Each function panics if its property does not hold.

mod abi;
#[path = "../../tests/session/model/mod.rs"]
mod model;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;
#[path = "../../tests/oracle/peer.rs"]
mod peer;
pub mod seeds;
#[path = "../../tests/vectors/mod.rs"]
mod vectors;

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;

/// The C interface agrees with the crate, and its results point into the buffers of the caller.
pub fn abi(bytes: &[u8]) {
    abi::check(bytes);
}

/// Streams and messages give the same results however the input is cut.
pub fn chunks(bytes: &[u8]) {
    oracle::chunks::check_bytes(bytes);
}

/// Any bytes are a payload of a client that can be read, or an error with the offset of its cause.
pub fn decode_publish(bytes: &[u8]) {
    oracle::check_bytes::<Publish<'_>>(bytes);
    oracle::check_peek_request_id(bytes);
}

/// Any bytes are a payload of the service, a chat log entry or a close reason that can be read, or
/// an error with the offset of its cause.
pub fn decode_subscribe(bytes: &[u8]) {
    oracle::check_bytes::<Subscribe<'_>>(bytes);
    oracle::check_chat_log(bytes);
    oracle::check_close_reason(bytes);
}

/// The decoder and `serde_json` accept the same payloads and read the same values.
pub fn differential(bytes: &[u8]) {
    oracle::differential::check_bytes(bytes);
}

/// A payload of a client that is built from any values encodes them and decodes to them.
pub fn encode_publish(bytes: &[u8]) {
    oracle::build::check_publish(bytes);
}

/// A payload of the service that is built from any values encodes them and decodes to them.
pub fn encode_subscribe(bytes: &[u8]) {
    oracle::build::check_subscribe(bytes);
}

/// The server's end of a connection accepts messages, or answers them with errors, as its model
/// does.
pub fn peer(bytes: &[u8]) {
    peer::any_bytes(bytes);
}

/// The invariants of a session hold for any events of the service, the caller and the clock.
pub fn session(bytes: &[u8]) {
    model::check_session(bytes);
}
