//! The three ways out of a payload, all from its one description.

use crate::json::{BufferFull, Sink, SliceWriter};
use crate::value::BufferTooSmall;

/// A payload's description: its members, in the order in which they are written.
pub(crate) trait Encode {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull>;
}

#[inline]
pub(crate) fn encoded_len(payload: &impl Encode) -> usize {
    let mut sink = SliceWriter::new(&mut []);
    // A slice writer goes on counting when there is no room.
    let _ = payload.write(&mut sink);
    sink.missing()
}

#[inline]
pub(crate) fn encode<'b>(
    payload: &impl Encode,
    buffer: &'b mut [u8],
) -> Result<&'b [u8], BufferTooSmall> {
    let room = buffer.len();
    let mut sink = SliceWriter::new(buffer);
    let _ = payload.write(&mut sink);
    let written = room.wrapping_sub(sink.free_len());
    let missing = sink.missing();
    match buffer.get(..written) {
        Some(written) if missing == 0 => Ok(written),
        _ => Err(BufferTooSmall::new(room.saturating_add(missing))),
    }
}

#[cfg(feature = "alloc")]
pub(crate) fn encode_to_string(payload: &impl Encode) -> alloc::string::String {
    let mut string = alloc::string::String::with_capacity(encoded_len(payload));
    // A string grows as it must.
    let _ = payload.write(&mut string);
    string
}

/// Gives payloads their `encode`, `encoded_len` and `encode_to_string`.
macro_rules! encoders {
    ($($payload:ident),*) => {$(
        impl $payload<'_> {
            /// Writes the payload as compact JSON to the start of `buffer`, and returns that part
            /// of it. It is UTF-8, and can be sent as a WebSocket text message.
            ///
            /// What the rest of `buffer` holds afterwards is not specified.
            ///
            /// # Errors
            ///
            /// Returns an error if `buffer` is smaller than [`encoded_len`](Self::encoded_len).
            /// What `buffer` holds then is not specified.
            pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], $crate::BufferTooSmall> {
                $crate::wire::encode::encode(self, buffer)
            }

            /// How many bytes [`encode`](Self::encode) writes, exactly.
            #[must_use]
            pub fn encoded_len(&self) -> usize {
                $crate::wire::encode::encoded_len(self)
            }

            /// The payload as a `String` of compact JSON.
            #[cfg(feature = "alloc")]
            #[must_use]
            pub fn encode_to_string(&self) -> alloc::string::String {
                $crate::wire::encode::encode_to_string(self)
            }
        }
    )*};
}

pub(crate) use encoders;
