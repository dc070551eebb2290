//! Names and values attached to messages, events and senders.

#[cfg(feature = "alloc")]
use alloc::collections::{BTreeMap, btree_map};
#[cfg(feature = "alloc")]
use alloc::string::String;
#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
#[cfg(feature = "std")]
use std::collections::{HashMap, hash_map};

use crate::json::{BufferFull, Cursor, Sink};
use crate::value::Text;
use crate::wire::encode::{Encode, encoders};
use crate::wire::{DecodeError, Field};

/// The attributes of a message, an event or a sender: pairs of a name and a value.
///
/// Decoded attributes borrow the JSON object, which the decoder has validated. They are read
/// lazily, in time linear in the length of the object. Attributes to be encoded borrow the caller's
/// slice, `Vec` or map of pairs.
///
/// Absent attributes, `null` and `{}` are all empty and compare equal. Attributes in a different
/// order do not compare equal. Decoded attributes are encoded as they were received. A publish with
/// an empty slice or map is encoded without the member, as with [`NONE`](Self::NONE).
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
/// use ivs_chat_proto::Attributes;
///
/// let attributes = Attributes::from(&[("mood", "happy"), ("font", "serif")]);
/// assert_eq!(attributes.get("mood").unwrap(), "happy");
///
/// let map = BTreeMap::from([("mood".to_owned(), "happy".to_owned())]);
/// assert_eq!(Attributes::from(&map), Attributes::from(&[("mood", "happy")]));
///
/// let pairs = vec![("mood".to_owned(), String::from("happy"))];
/// assert_eq!(Attributes::from(&pairs), Attributes::from(&map));
/// ```
#[derive(Clone, Copy, Default)]
pub struct Attributes<'a>(Repr<'a>);

#[derive(Clone, Copy, Default)]
enum Repr<'a> {
    /// No attributes were specified.
    #[default]
    Absent,
    /// A validated JSON object whose values are strings, or `null`.
    Json(&'a str),
    /// The caller's pairs.
    Pairs(&'a [(&'a str, &'a str)]),
    /// The caller's pairs of decoded texts.
    Texts(&'a [(Text<'a>, Text<'a>)]),
    /// The caller's owned pairs.
    #[cfg(feature = "alloc")]
    Strings(&'a [(String, String)]),
    /// The caller's map, or the attributes of an owned payload.
    #[cfg(feature = "alloc")]
    BTreeMap(&'a BTreeMap<String, String>),
    /// The caller's map.
    #[cfg(feature = "std")]
    HashMap(&'a HashMap<String, String>),
}

impl<'a> Attributes<'a> {
    /// No attributes.
    pub const NONE: Self = Self(Repr::Absent);

    /// Creates attributes from a validated JSON object, or from `null`.
    #[inline]
    pub(crate) const fn from_json(json: &'a str) -> Self {
        Self(Repr::Json(json))
    }

    /// Returns `true` if a publish is encoded without attributes: they are absent, or the caller's
    /// slice or map is empty.
    #[inline]
    pub(crate) fn is_omitted(&self) -> bool {
        !matches!(self.0, Repr::Json(_)) && self.is_empty()
    }

    /// Returns `true` if no attributes were specified.
    #[cfg(feature = "serde")]
    #[inline]
    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self.0, Repr::Absent)
    }

    /// Returns `true` if the attributes were received as `null`.
    #[cfg(feature = "serde")]
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.0, Repr::Json("null"))
    }

    /// Returns an iterator over the pairs of a name and a value, in order.
    ///
    /// A name that occurs twice is returned twice. The order of a `HashMap` is arbitrary.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Attributes;
    ///
    /// for (name, value) in &Attributes::from(&[("mood", "happy")]) {
    ///     assert_eq!(format!("{name}={value}"), "mood=happy");
    /// }
    /// ```
    #[must_use]
    #[inline]
    pub fn iter(&self) -> AttributesIter<'a> {
        AttributesIter(match self.0 {
            Repr::Absent => Source::Pairs([].iter()),
            Repr::Json(json) => Source::Json(Members::new(json)),
            Repr::Pairs(pairs) => Source::Pairs(pairs.iter()),
            Repr::Texts(texts) => Source::Texts(texts.iter()),
            #[cfg(feature = "alloc")]
            Repr::Strings(strings) => Source::Strings(strings.iter()),
            #[cfg(feature = "alloc")]
            Repr::BTreeMap(map) => Source::BTreeMap(map.iter()),
            #[cfg(feature = "std")]
            Repr::HashMap(map) => Source::HashMap(map.iter()),
        })
    }

    /// Returns the value of `name`, or the last value if the name occurs more than once.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Attributes;
    ///
    /// let attributes = Attributes::from(&[("mood", "happy")]);
    /// assert_eq!(attributes.get("mood").unwrap(), "happy");
    /// assert_eq!(attributes.get("font"), None);
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Text<'a>> {
        self.iter().filter(|(key, _)| key == name).last().map(|(_, value)| value)
    }

    /// Returns the number of pairs.
    ///
    /// For decoded attributes, this takes time linear in the length of the object.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Returns `true` if there are no attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Returns the JSON of decoded attributes as received: an object or `null`.
    ///
    /// Returns `None` if the attributes were absent or were not decoded.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::publish::Publish;
    ///
    /// let json = r#"{"Action":"SEND_MESSAGE","Content":"hi","Attributes":{"mood":"happy"}}"#;
    /// let Publish::SendMessage(send) = Publish::decode_str(json)? else { panic!() };
    /// assert_eq!(send.attributes.raw(), Some(r#"{"mood":"happy"}"#));
    /// # Ok::<(), ivs_chat_proto::DecodeError>(())
    /// ```
    #[must_use]
    pub const fn raw(&self) -> Option<&'a str> {
        match self.0 {
            Repr::Json(json) => Some(json),
            _ => None,
        }
    }

    /// Decodes attributes from JSON: an object whose values are strings, or `null`.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid JSON (RFC 8259), or if a value is not a string.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Attributes;
    ///
    /// let attributes = Attributes::decode_str(r#"{"mood":"happy"}"#)?;
    /// assert_eq!(attributes.get("mood").unwrap(), "happy");
    /// assert!(Attributes::decode_str(r#"{"votes":3}"#).is_err());
    /// # Ok::<(), ivs_chat_proto::DecodeError>(())
    /// ```
    pub fn decode_str(json: &'a str) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(json);
        cursor.skip_space();
        let is_null = cursor.next() == Some(b'n');
        let result = if is_null { cursor.null() } else { cursor.string_map() };
        let json = result.map_err(|error| DecodeError::from(error).in_field(Field::Attributes))?;
        cursor.end()?;
        Ok(Self::from_json(json))
    }

    /// Writes the attributes, or `absent` if none were specified.
    pub(crate) fn write(&self, sink: &mut impl Sink, absent: &str) -> Result<(), BufferFull> {
        match self.0 {
            Repr::Absent => sink.put(absent),
            Repr::Json(json) => sink.put(json),
            // On bare metal, one copy of the loop saves flash.
            _ if cfg!(target_os = "none") => write_object(sink, self.iter()),
            Repr::Pairs(pairs) => write_object(sink, pairs.iter().map(to_texts)),
            Repr::Texts(texts) => write_object(sink, texts.iter().copied()),
            #[cfg(feature = "alloc")]
            Repr::Strings(strings) => write_object(sink, strings.iter().map(to_texts)),
            #[cfg(feature = "alloc")]
            Repr::BTreeMap(map) => write_object(sink, map.iter().map(to_texts_by_ref)),
            #[cfg(feature = "std")]
            Repr::HashMap(map) => write_object(sink, map.iter().map(to_texts_by_ref)),
        }
    }
}

#[inline]
fn to_texts((name, value): &(impl AsRef<str>, impl AsRef<str>)) -> (Text<'_>, Text<'_>) {
    (name.into(), value.into())
}

#[cfg(feature = "alloc")]
#[inline]
fn to_texts_by_ref<'a>((name, value): (&'a String, &'a String)) -> (Text<'a>, Text<'a>) {
    (name.into(), value.into())
}

impl Encode for Attributes<'_> {
    fn write<S: Sink>(&self, sink: &mut S) -> Result<(), BufferFull> {
        self.write(sink, "{}")
    }
}

encoders!(Attributes);

/// Writes pairs as a JSON object.
#[inline]
fn write_object<'a>(
    sink: &mut impl Sink,
    mut members: impl Iterator<Item = (Text<'a>, Text<'a>)>,
) -> Result<(), BufferFull> {
    let Some((name, value)) = members.next() else { return sink.put("{}") };
    sink.put("{\"")?;
    write_member(sink, name, value)?;
    for (name, value) in members {
        sink.put("\",\"")?;
        write_member(sink, name, value)?;
    }
    sink.put("\"}")
}

#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
fn write_member(sink: &mut impl Sink, name: Text<'_>, value: Text<'_>) -> Result<(), BufferFull> {
    sink.string_body(name.to_json())?;
    sink.put("\":\"")?;
    sink.string_body(value.to_json())
}

/// Converts a borrowed slice, array or `Vec` of pairs.
macro_rules! from_pairs {
    ($($repr:ident($pair:ty);)*) => {$(
        impl<'a> From<&'a [$pair]> for Attributes<'a> {
            #[inline]
            fn from(pairs: &'a [$pair]) -> Self {
                Self(Repr::$repr(pairs))
            }
        }

        impl<'a, const N: usize> From<&'a [$pair; N]> for Attributes<'a> {
            #[inline]
            fn from(pairs: &'a [$pair; N]) -> Self {
                Self(Repr::$repr(pairs))
            }
        }

        #[cfg(feature = "alloc")]
        impl<'a> From<&'a Vec<$pair>> for Attributes<'a> {
            #[inline]
            fn from(pairs: &'a Vec<$pair>) -> Self {
                Self(Repr::$repr(pairs))
            }
        }
    )*};
}

from_pairs! {
    Pairs((&'a str, &'a str));
    Texts((Text<'a>, Text<'a>));
}

#[cfg(feature = "alloc")]
from_pairs! {
    Strings((String, String));
}

#[cfg(feature = "alloc")]
impl<'a> From<&'a BTreeMap<String, String>> for Attributes<'a> {
    #[inline]
    fn from(map: &'a BTreeMap<String, String>) -> Self {
        Self(Repr::BTreeMap(map))
    }
}

#[cfg(feature = "std")]
impl<'a> From<&'a HashMap<String, String>> for Attributes<'a> {
    #[inline]
    fn from(map: &'a HashMap<String, String>) -> Self {
        Self(Repr::HashMap(map))
    }
}

/// Compares names and values, in order.
impl PartialEq for Attributes<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Attributes<'_> {}

impl Hash for Attributes<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.iter().for_each(|pair| pair.hash(state));
        state.write_u8(0xff);
    }
}

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for Attributes<'a> {
    type Item = (Text<'a>, Text<'a>);
    type IntoIter = AttributesIter<'a>;

    #[inline]
    fn into_iter(self) -> AttributesIter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Attributes<'a> {
    type Item = (Text<'a>, Text<'a>);
    type IntoIter = AttributesIter<'a>;

    #[inline]
    fn into_iter(self) -> AttributesIter<'a> {
        self.iter()
    }
}

/// An iterator over the pairs of [`Attributes`], created by [`Attributes::iter`].
#[derive(Clone, Debug)]
pub struct AttributesIter<'a>(Source<'a>);

#[derive(Clone, Debug)]
enum Source<'a> {
    Json(Members<'a>),
    Pairs(core::slice::Iter<'a, (&'a str, &'a str)>),
    Texts(core::slice::Iter<'a, (Text<'a>, Text<'a>)>),
    #[cfg(feature = "alloc")]
    Strings(core::slice::Iter<'a, (String, String)>),
    #[cfg(feature = "alloc")]
    BTreeMap(btree_map::Iter<'a, String, String>),
    #[cfg(feature = "std")]
    HashMap(hash_map::Iter<'a, String, String>),
}

impl<'a> Iterator for AttributesIter<'a> {
    type Item = (Text<'a>, Text<'a>);

    #[cfg_attr(not(target_os = "none"), inline)]
    #[cfg_attr(target_os = "none", inline(never))]
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Json(members) => members.next(),
            Source::Pairs(pairs) => pairs.next().map(|&(name, value)| (name.into(), value.into())),
            Source::Texts(texts) => texts.next().copied(),
            #[cfg(feature = "alloc")]
            Source::Strings(strings) => strings.next().map(to_texts),
            #[cfg(feature = "alloc")]
            Source::BTreeMap(map) => map.next().map(to_texts_by_ref),
            #[cfg(feature = "std")]
            Source::HashMap(map) => map.next().map(to_texts_by_ref),
        }
    }
}

impl core::iter::FusedIterator for AttributesIter<'_> {}

/// The members of a validated JSON object, or of `null`, which has none.
#[derive(Clone, Debug)]
struct Members<'a> {
    cursor: Cursor<'a>,
    is_closed: bool,
}

impl<'a> Members<'a> {
    #[inline]
    fn new(json: &'a str) -> Self {
        let mut cursor = Cursor::new(json);
        let is_closed = cursor.open_object().unwrap_or(true);
        Self { cursor, is_closed }
    }

    #[inline]
    fn next(&mut self) -> Option<(Text<'a>, Text<'a>)> {
        if self.is_closed {
            return None;
        }
        let mut cursor = self.cursor;
        let name = cursor.key().ok()?;
        let value = cursor.string().ok()?;
        self.is_closed = cursor.close_object().ok()?;
        self.cursor = cursor;
        Some((Text::from_json(name), Text::from_json(value)))
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Attributes<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Debug2Format(self));
    }
}
