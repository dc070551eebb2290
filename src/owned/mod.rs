//! Payloads that own their text.
//!
//! Each type has the fields of the borrowed payload of the same name. [`From`] and `into_owned` on
//! the borrowed payload create it. `as_borrowed` borrows it again, without copying. Each can also
//! be constructed with `new`, modified, and encoded.
//!
//! An owned payload has the meaning of the borrowed one, not its spelling: text is decoded,
//! attributes are a map in which the last value of a repeated name is kept, and there is no
//! difference between absent, `null` and empty attributes.
//!
//! # Examples
//!
//! ```
//! use ivs_chat_proto::owned::{Content, SendMessage};
//!
//! // The content is validated here. The message can be kept, changed and sent at any time.
//! let send = SendMessage::new(Content::new("Good morning")?).with_attribute("mood", "happy");
//! assert_eq!(
//!     send.encode_to_string(),
//!     r#"{"Action":"SEND_MESSAGE","Content":"Good morning","Attributes":{"mood":"happy"}}"#
//! );
//! # Ok::<(), ivs_chat_proto::ContentLengthError>(())
//! ```
//!
//! # serde
//!
//! With the feature `serde`, owned payloads are serialized to and deserialized from the form that
//! they have on the wire.
//!
//! They can be serialized to any format, including formats that need the length of a map in
//! advance. They can be deserialized only from self-describing formats that keep field names,
//! because `Type` or `Action` determines the other fields. JSON, CBOR, YAML and RON are such
//! formats, and so is `MessagePack` if it is written with field names (`rmp_serde::to_vec_named`).
//! TOML works except for an [`UnknownPayload`] that contains `null`, which TOML lacks. Postcard and
//! bincode are not self-describing. To store payloads in them, store the encoded JSON as a string.
//!
//! An [`UnknownPayload`] that was deserialized keeps its values but not its white space. Its
//! numbers are 64-bit integers or doubles. With the feature `arbitrary_precision` of `serde_json`,
//! [`UnknownPayload::raw`] has all of their digits, but serializing them again rounds to a double.

mod chat_log;
mod content;
mod publish;
mod subscribe;

pub use chat_log::ChatLogEntry;
pub use content::Content;
pub use publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
pub use subscribe::{Event, Message, Sender, ServiceError, Subscribe, UnknownPayload};

use alloc::collections::BTreeMap;
use alloc::string::String;

use crate::value;
use crate::value::Text;

/// Attributes as a map of names and values, sorted by name.
pub type Attributes = BTreeMap<String, String>;

fn owned_attributes(attributes: value::Attributes<'_>) -> Attributes {
    attributes.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// Borrows attributes. An empty map is borrowed as absent attributes.
fn borrowed_attributes(attributes: &Attributes) -> value::Attributes<'_> {
    if attributes.is_empty() { value::Attributes::NONE } else { attributes.into() }
}

fn owned_text(text: Option<Text<'_>>) -> Option<String> {
    text.map(String::from)
}

fn borrowed_text(text: Option<&String>) -> Option<Text<'_>> {
    text.map(Text::from)
}

/// Implements encoding and conversion for owned payloads.
macro_rules! payloads {
    ($($payload:ident: $borrowed:path;)*) => {$(
        impl $payload {
            /// Encodes the payload as compact JSON into the start of `buffer`, and returns that
            /// part.
            ///
            /// # Errors
            ///
            /// Returns an error if `buffer` is shorter than [`encoded_len`](Self::encoded_len).
            pub fn encode<'b>(
                &self,
                buffer: &'b mut [u8],
            ) -> Result<&'b [u8], $crate::BufferTooSmall> {
                self.as_borrowed().encode(buffer)
            }

            /// Returns the exact number of bytes that [`encode`](Self::encode) writes.
            #[must_use]
            pub fn encoded_len(&self) -> usize {
                self.as_borrowed().encoded_len()
            }

            /// Encodes the payload as a string of compact JSON.
            #[must_use]
            pub fn encode_to_string(&self) -> alloc::string::String {
                self.as_borrowed().encode_to_string()
            }
        }

        impl $borrowed {
            /// Copies the payload into one that owns its text.
            #[must_use]
            pub fn into_owned(self) -> $payload {
                self.into()
            }
        }
    )*};
}

/// Defines setters for fields that hold text.
macro_rules! setters {
    ($($(#[$doc:meta])* $setter:ident: $field:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $setter(mut self, $field: impl Into<alloc::string::String>) -> Self {
            self.$field = Some($field.into());
            self
        }
    )*};
    (attributes) => {
        /// Adds an attribute.
        #[must_use]
        pub fn with_attribute(
            mut self,
            name: impl Into<alloc::string::String>,
            value: impl Into<alloc::string::String>,
        ) -> Self {
            self.attributes.insert(name.into(), value.into());
            self
        }

        /// Sets the attributes.
        #[must_use]
        pub fn with_attributes(mut self, attributes: impl Into<super::Attributes>) -> Self {
            self.attributes = attributes.into();
            self
        }
    };
}

use {payloads, setters};
