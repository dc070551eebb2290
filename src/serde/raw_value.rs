//! A value of any type, deserialized from any format.
//!
//! A payload is kept in this form until its `Type` or `Action` is known.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use core::mem;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::json::{Cursor, ErrorKind, Sink, Str};

/// The key of the map that `serde_json` passes to a visitor for a number if its feature
/// `arbitrary_precision` is enabled. It still passes 64-bit integers as integers.
pub(super) const NUMBER: &str = "$serde_json::private::Number";

#[derive(Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    /// The JSON text of a number that was passed as a map with the key [`NUMBER`]. It may exceed
    /// the range of a double. It cannot be distinguished from an object with this single member,
    /// which `serde_json` treats as a number too.
    Number(String),
    String(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Creates the error for a value of the wrong type.
    pub(super) fn mistyped<E: Error>(&self, expected: &str) -> E {
        let found = match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Unsigned(value) => Unexpected::Unsigned(*value),
            Self::Signed(value) => Unexpected::Signed(*value),
            Self::Float(value) => Unexpected::Float(*value),
            Self::Number(_) => Unexpected::Other("a number"),
            Self::String(_) => Unexpected::Other("a string"),
            Self::Array(_) => Unexpected::Seq,
            Self::Object(_) => Unexpected::Map,
        };
        E::invalid_type(found, &expected)
    }

    /// Writes the value as JSON.
    ///
    /// # Errors
    ///
    /// Returns an error if a number is beyond the range of a double.
    pub(super) fn write(&self, json: &mut String) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(json, "{value}"),
            Self::Unsigned(value) => write!(json, "{value}"),
            Self::Signed(value) => write!(json, "{value}"),
            Self::Float(value) if value.is_finite() => write!(json, "{value:?}"),
            Self::Null | Self::Float(_) => json.write_str("null"),
            Self::Number(text) if check_number(text) == Ok(()) => json.write_str(text),
            Self::Number(_) => Err(fmt::Error),
            Self::String(text) => write_string(json, text),
            Self::Array(values) => {
                json.push('[');
                for (index, value) in values.iter().enumerate() {
                    json.push_str(if index == 0 { "" } else { "," });
                    value.write(json)?;
                }
                json.write_char(']')
            }
            Self::Object(members) => {
                json.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    json.push_str(if index == 0 { "" } else { "," });
                    write_string(json, name)?;
                    json.push(':');
                    value.write(json)?;
                }
                json.write_char('}')
            }
        }
    }
}

fn write_string(json: &mut String, text: &str) -> fmt::Result {
    json.string(Str::Unescaped(text)).map_err(|_| fmt::Error)
}

/// Returns `true` for a JSON number of any magnitude.
fn is_number(text: &str) -> bool {
    matches!(check_number(text), Ok(()) | Err(ErrorKind::NumberOutOfRange))
}

/// Checks that a text is a JSON number within the range of a double.
fn check_number(text: &str) -> Result<(), ErrorKind> {
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Err(ErrorKind::UnexpectedByte);
    }
    // To the cursor, a number at the end of the text may be truncated.
    let ended = format!("{text},");
    let value = Cursor::new(&ended).value(0).map_err(|error| error.kind)?;
    if value == text { Ok(()) } else { Err(ErrorKind::TrailingBytes) }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E: Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_none<E: Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
                Value::deserialize(deserializer)
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Unsigned(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
                Ok(u64::try_from(value).map_or(Value::Signed(value), Value::Unsigned))
            }

            // No field of the reference has more than 64 bits.
            #[expect(
                clippy::cast_precision_loss,
                clippy::as_conversions,
                reason = "other JSON readers round such numbers too"
            )]
            fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
                Ok(u64::try_from(value).map_or(Value::Float(value as f64), Value::Unsigned))
            }

            #[expect(
                clippy::cast_precision_loss,
                clippy::as_conversions,
                reason = "other JSON readers round such numbers too"
            )]
            fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
                Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Signed))
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Value, D::Error> {
                Value::deserialize(deserializer)
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Float(value))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
                Ok(Value::String(value.into()))
            }

            fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
                Ok(Value::String(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
                let mut array = Vec::new();
                while let Some(value) = values.next_element()? {
                    array.push(value);
                }
                Ok(Value::Array(array))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
                let mut object = Vec::new();
                while let Some(member) = members.next_entry()? {
                    object.push(member);
                }
                match &mut object[..] {
                    [(name, Value::String(text))] if name == NUMBER && is_number(text) => {
                        Ok(Value::Number(mem::take(text)))
                    }
                    _ => Ok(Value::Object(object)),
                }
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}
