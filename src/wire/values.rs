//! The values of the members of an object, from which a payload is built.

use super::field::Field;
use crate::json::Str;
use crate::value::Attributes;
use crate::value::Content;
use crate::value::ErrorCode;
use crate::value::SendTime;
use crate::value::Text;

/// The value of a member.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// The member is missing or `null`.
    None,
    Text(Str<'a>),
    /// An object whose values are strings, validated, or `null`.
    Attributes(&'a str),
}

/// The object that contains a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Payload,
    /// The `Sender` of a `MESSAGE`.
    Sender,
}

/// The values of all members.
#[derive(Debug)]
pub(crate) struct Values<'a> {
    of: [Value<'a>; Field::COUNT],
    /// The `Attributes` of the `Sender`. No other field occurs at both levels.
    sender_attributes: Value<'a>,
    error_code: Option<ErrorCode>,
}

impl<'a> Values<'a> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { of: [Value::None; Field::COUNT], sender_attributes: Value::None, error_code: None }
    }

    #[inline]
    pub(super) fn set(&mut self, level: Level, field: Field, value: Value<'a>) {
        if (level, field) == (Level::Sender, Field::Attributes) {
            self.sender_attributes = value;
        } else if let Some(place) =
            usize::try_from(field.index()).ok().and_then(|index| self.of.get_mut(index))
        {
            *place = value;
        }
    }

    #[inline]
    pub(super) const fn set_error_code(&mut self, code: u16) {
        self.error_code = Some(ErrorCode::new(code));
    }

    /// Returns the value of a member, or the default of the type if the member is missing.
    #[inline]
    pub(crate) fn get<T: FromValue<'a>>(&self, level: Level, field: Field) -> T {
        T::from_value(self, level, field)
    }

    #[inline]
    fn value(&self, level: Level, field: Field) -> Value<'a> {
        if (level, field) == (Level::Sender, Field::Attributes) {
            return self.sender_attributes;
        }
        let index = usize::try_from(field.index()).ok();
        index.and_then(|index| self.of.get(index)).copied().unwrap_or(Value::None)
    }
}

/// A type that can be created from the value of a member.
pub(crate) trait FromValue<'a> {
    fn from_value(values: &Values<'a>, level: Level, field: Field) -> Self;
}

impl<'a> FromValue<'a> for Option<Text<'a>> {
    #[inline]
    fn from_value(values: &Values<'a>, level: Level, field: Field) -> Self {
        match values.value(level, field) {
            // The service writes an empty `RequestId` if there is none.
            Value::Text(text) if field == Field::RequestId => Text::from_json(text).not_empty(),
            Value::Text(text) => Some(Text::from_json(text)),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for Text<'a> {
    #[inline]
    fn from_value(values: &Values<'a>, level: Level, field: Field) -> Self {
        values.get::<Option<Self>>(level, field).unwrap_or_default()
    }
}

impl<'a> FromValue<'a> for Content<'a> {
    #[inline]
    fn from_value(values: &Values<'a>, level: Level, field: Field) -> Self {
        Self::from_checked(values.get(level, field))
    }
}

impl<'a> FromValue<'a> for SendTime<'a> {
    #[inline]
    fn from_value(values: &Values<'a>, level: Level, field: Field) -> Self {
        values.get::<Text<'a>>(level, field).into()
    }
}

impl<'a> FromValue<'a> for Option<SendTime<'a>> {
    #[inline]
    fn from_value(values: &Values<'a>, level: Level, field: Field) -> Self {
        values.get::<Option<Text<'a>>>(level, field).map(SendTime::from)
    }
}

impl<'a> FromValue<'a> for Attributes<'a> {
    #[inline]
    fn from_value(values: &Values<'a>, level: Level, field: Field) -> Self {
        match values.value(level, field) {
            Value::Attributes(json) => Self::from_json(json),
            _ => Self::NONE,
        }
    }
}

impl<'a> FromValue<'a> for Option<ErrorCode> {
    #[inline]
    fn from_value(values: &Values<'a>, _: Level, _: Field) -> Self {
        values.error_code
    }
}

impl<'a> FromValue<'a> for ErrorCode {
    #[inline]
    fn from_value(values: &Values<'a>, level: Level, field: Field) -> Self {
        values.get::<Option<Self>>(level, field).unwrap_or(Self::new(0))
    }
}

/// Declares the required and optional members of a payload or a `Sender`: each field of the struct,
/// and the corresponding field of the reference.
macro_rules! members {
    (
        $payload:ident at $level:ident $(tagged $tag:expr)?;
        required { $($required:ident: $required_field:ident,)* }
        optional { $($optional:ident: $optional_field:ident,)* }
    ) => {
        impl<'a> $payload<'a> {
            pub(crate) const MEMBERS: $crate::wire::Payload = $crate::wire::Payload::new(
                [$($tag,)? ""][0],
                &[$($crate::wire::Field::$required_field),*],
                &[$($crate::wire::Field::$optional_field),*],
            );

            #[inline]
            pub(crate) fn from_values(values: &$crate::wire::Values<'a>) -> Self {
                use $crate::wire::{Field, Level};
                Self {
                    $($required: values.get(Level::$level, Field::$required_field),)*
                    $($optional: values.get(Level::$level, Field::$optional_field),)*
                }
            }
        }
    };
}

pub(crate) use members;
