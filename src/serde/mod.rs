//! Every implementation of serde's traits.

#[cfg(feature = "alloc")]
mod deserialize;
#[cfg(feature = "alloc")]
mod raw_value;
mod serialize;
#[cfg(feature = "alloc")]
mod serialize_owned;
