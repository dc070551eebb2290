//! Encoding of payloads: their length, bytes and `String` come from one description.

use crate::json::{BufferFull, Sink, SliceWriter};
use crate::value::BufferTooSmall;

/// A payload that can be encoded.
pub(crate) trait Encode {
    /// Writes the members of the payload in their canonical order.
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull>;
}

#[inline]
pub(crate) fn encoded_len(payload: &impl Encode) -> usize {
    let mut sink = SliceWriter::new(&mut []);
    // A full slice writer counts the missing bytes and does not fail.
    let _ = payload.write(&mut sink);
    sink.missing()
}

#[inline]
pub(crate) fn encode<'b>(
    payload: &impl Encode,
    buffer: &'b mut [u8],
) -> Result<&'b [u8], BufferTooSmall> {
    let capacity = buffer.len();
    let mut sink = SliceWriter::new(buffer);
    let _ = payload.write(&mut sink);
    let written = capacity.wrapping_sub(sink.free_len());
    let missing = sink.missing();
    match buffer.get(..written) {
        Some(written) if missing == 0 => Ok(written),
        _ => Err(BufferTooSmall::new(capacity.saturating_add(missing))),
    }
}

#[cfg(feature = "alloc")]
pub(crate) fn encode_to_string(payload: &impl Encode) -> alloc::string::String {
    let mut string = alloc::string::String::with_capacity(encoded_len(payload));
    // Writing to a `String` does not fail.
    let _ = payload.write(&mut string);
    string
}

/// Implements `encode`, `encoded_len` and `encode_to_string` for payloads.
macro_rules! encoders {
    ($($payload:ident),*) => {$(
        impl $payload<'_> {
            /// Encodes the payload as compact JSON at the start of `buffer`, and returns the
            /// encoded bytes.
            ///
            /// The bytes are UTF-8 and can be sent as a WebSocket text message. The contents of
            /// the rest of `buffer` are unspecified.
            ///
            /// # Errors
            ///
            /// Returns an error if `buffer` is shorter than [`encoded_len`](Self::encoded_len). The
            /// contents of `buffer` are then unspecified.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $crate::wire::encode::example!($payload)]
            /// let mut buffer = [0; 256];
            /// let encoded = payload.encode(&mut buffer)?;
            /// assert_eq!(encoded, payload.encode_to_string().as_bytes());
            ///
            /// let error = payload.encode(&mut [0; 8]).unwrap_err();
            /// assert_eq!(error.needed(), payload.encoded_len());
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn encode<'b>(
                &self,
                buffer: &'b mut [u8],
            ) -> Result<&'b [u8], $crate::BufferTooSmall> {
                $crate::wire::encode::encode(self, buffer)
            }

            /// Returns the exact number of bytes that [`encode`](Self::encode) writes.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $crate::wire::encode::example!($payload)]
            /// let mut buffer = vec![0; payload.encoded_len()];
            /// assert_eq!(payload.encode(&mut buffer)?.len(), payload.encoded_len());
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            #[must_use]
            pub fn encoded_len(&self) -> usize {
                $crate::wire::encode::encoded_len(self)
            }

            /// Encodes the payload as a `String` of compact JSON.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $crate::wire::encode::example!($payload)]
            /// assert_eq!(payload.encode_to_string().len(), payload.encoded_len());
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            #[cfg(feature = "alloc")]
            #[must_use]
            pub fn encode_to_string(&self) -> alloc::string::String {
                $crate::wire::encode::encode_to_string(self)
            }
        }
    )*};
}

/// Expands to the lines of an example that create a payload.
macro_rules! example {
    (Publish) => {
        "use ivs_chat_proto::publish::{DeleteMessage, Publish};\n\n\
        let payload = Publish::from(DeleteMessage::new(\"Ub3xYd7cQm0a\"));"
    };
    (SendMessage) => {
        "use ivs_chat_proto::{Content, publish::SendMessage};\n\n\
        let payload = SendMessage::new(Content::new(\"Good morning\")?);"
    };
    (DeleteMessage) => {
        "use ivs_chat_proto::publish::DeleteMessage;\n\n\
        let payload = DeleteMessage::new(\"Ub3xYd7cQm0a\");"
    };
    (DisconnectUser) => {
        "use ivs_chat_proto::publish::DisconnectUser;\n\n\
        let payload = DisconnectUser::new(\"astrid\");"
    };
    (Subscribe) => {
        "use ivs_chat_proto::{ErrorCode, subscribe::{ServiceError, Subscribe}};\n\n\
        let payload = Subscribe::from(ServiceError::new(ErrorCode::TOO_MANY_REQUESTS));"
    };
    (Message) => {
        "use ivs_chat_proto::subscribe::{Message, Sender};\n\n\
        let sender = Sender::new(\"astrid\");\n\
        let send_time = \"2026-11-22T10:00:00.5Z\";\n\
        let payload = Message::new(\"Ub3xYd7cQm0a\", \"hej!\", send_time, sender);"
    };
    (Event) => {
        "use ivs_chat_proto::subscribe::Event;\n\n\
        let send_time = \"2026-11-22T10:00:00.5Z\";\n\
        let payload = Event::new(\"pT4nQ8sVw1Lz\", \"app:POLL\", send_time);"
    };
    (ServiceError) => {
        "use ivs_chat_proto::{ErrorCode, subscribe::ServiceError};\n\n\
        let payload = ServiceError::new(ErrorCode::TOO_MANY_REQUESTS);"
    };
    (UnknownPayload) => {
        "use ivs_chat_proto::subscribe::Subscribe;\n\n\
        let json = r#\"{\"Type\":\"POLL\",\"Options\":[1,2]}\"#;\n\
        let Subscribe::Unknown(payload) = Subscribe::decode_str(json)? else { panic!() };"
    };
    (Attributes) => {
        "use ivs_chat_proto::Attributes;\n\n\
        let payload = Attributes::from(&[(\"mood\", \"happy\")]);"
    };
    (ChatLogEntry) => {
        "use ivs_chat_proto::{ChatLogEntry, ErrorCode, subscribe::ServiceError};\n\n\
        let error = ServiceError::new(ErrorCode::TOO_MANY_REQUESTS);\n\
        let payload = ChatLogEntry::new(error.into());"
    };
}

pub(crate) use {encoders, example};
