//! Attributes: a text for each of some names.

use core::fmt;

use crate::json::{BufferFull, Cursor, Sink};
use crate::value::Text;

/// The attributes of a message, an event or a sender: names and values, both any text.
///
/// Decoded attributes stay the JSON object that they came as, validated once, and are read when
/// they are asked for; attributes to be encoded are a slice of pairs:
///
/// ```
/// use ivs_chat_proto::{Attributes, Content, publish::SendMessage};
///
/// let mut message = SendMessage::new(Content::new("Hi!").unwrap());
/// message.attributes = Attributes::from(&[("mood", "happy"), ("font", "serif")]);
/// assert_eq!(message.attributes.get("mood").unwrap(), "happy");
/// ```
///
/// No attributes can come as a missing field, as `null` and as `{}`. All three are empty, and
/// equal. `null` and `{}` are encoded as they came. Attributes in another order are not equal.
///
/// A publish is encoded without the member if the caller's slice or map is empty, as it is with
/// [`NONE`](Self::NONE).
#[derive(Clone, Copy, Default)]
pub struct Attributes<'a>(Repr<'a>);

#[derive(Clone, Copy, Default)]
enum Repr<'a> {
    /// Nothing was said of attributes.
    #[default]
    Absent,
    /// An object whose values are strings, or `null`: as it came, validated.
    Json(&'a str),
    /// The caller's own.
    Pairs(&'a [(&'a str, &'a str)]),
    /// The caller's own, from texts that were decoded.
    Texts(&'a [(Text<'a>, Text<'a>)]),
    /// Those of an owned payload.
    #[cfg(feature = "alloc")]
    Map(&'a alloc::collections::BTreeMap<alloc::string::String, alloc::string::String>),
}

impl<'a> Attributes<'a> {
    /// No attributes.
    pub const NONE: Self = Self(Repr::Absent);

    /// Those of a validated object, or of `null`.
    #[inline]
    pub(crate) const fn from_json(json: &'a str) -> Self {
        Self(Repr::Json(json))
    }

    /// Returns `true` if a publish is written without attributes: they are absent, or the caller's
    /// slice or map is empty. Those that were decoded are written as they came.
    #[inline]
    pub(crate) fn is_omitted(&self) -> bool {
        !matches!(self.0, Repr::Json(_)) && self.is_empty()
    }

    /// Whether nothing was said of attributes.
    #[cfg(feature = "serde")]
    #[inline]
    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self.0, Repr::Absent)
    }

    /// Whether they came as `null`.
    #[cfg(feature = "serde")]
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.0, Repr::Json("null"))
    }

    /// Names and values in the order in which they stand. A name that stands there twice is shown
    /// twice.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> AttributesIter<'a> {
        AttributesIter(match self.0 {
            Repr::Absent => Source::Pairs([].iter()),
            Repr::Json(json) => Source::Json(Members::new(json)),
            Repr::Pairs(pairs) => Source::Pairs(pairs.iter()),
            Repr::Texts(texts) => Source::Texts(texts.iter()),
            #[cfg(feature = "alloc")]
            Repr::Map(map) => Source::Map(map.iter()),
        })
    }

    /// The value of `name`: the last, should there be several.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Text<'a>> {
        self.iter().filter(|(key, _)| key == name).last().map(|(_, value)| value)
    }

    /// How many there are. Decoded attributes are counted one by one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Writes the attributes, and `absent` if nothing was said of them.
    pub(crate) fn write(&self, sink: &mut impl Sink, absent: &str) -> Result<(), BufferFull> {
        match self.0 {
            Repr::Absent => sink.put(absent),
            Repr::Json(json) => sink.put(json),
            // One copy of the loop is enough where it has to fit.
            _ if cfg!(target_os = "none") => write_object(sink, self.iter()),
            Repr::Pairs(pairs) => {
                write_object(sink, pairs.iter().map(|&(name, value)| (name.into(), value.into())))
            }
            Repr::Texts(texts) => write_object(sink, texts.iter().copied()),
            #[cfg(feature = "alloc")]
            Repr::Map(map) => {
                write_object(sink, map.iter().map(|(name, value)| (name.into(), value.into())))
            }
        }
    }
}

/// Writes names and values as an object.
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

impl<'a> From<&'a [(&'a str, &'a str)]> for Attributes<'a> {
    #[inline]
    fn from(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(Repr::Pairs(pairs))
    }
}

impl<'a, const N: usize> From<&'a [(&'a str, &'a str); N]> for Attributes<'a> {
    #[inline]
    fn from(pairs: &'a [(&'a str, &'a str); N]) -> Self {
        Self(Repr::Pairs(pairs))
    }
}

impl<'a> From<&'a [(Text<'a>, Text<'a>)]> for Attributes<'a> {
    #[inline]
    fn from(texts: &'a [(Text<'a>, Text<'a>)]) -> Self {
        Self(Repr::Texts(texts))
    }
}

impl<'a, const N: usize> From<&'a [(Text<'a>, Text<'a>); N]> for Attributes<'a> {
    #[inline]
    fn from(texts: &'a [(Text<'a>, Text<'a>); N]) -> Self {
        Self(Repr::Texts(texts))
    }
}

#[cfg(feature = "alloc")]
impl<'a> From<&'a alloc::collections::BTreeMap<alloc::string::String, alloc::string::String>>
    for Attributes<'a>
{
    #[inline]
    fn from(
        map: &'a alloc::collections::BTreeMap<alloc::string::String, alloc::string::String>,
    ) -> Self {
        Self(Repr::Map(map))
    }
}

/// The same names and values in the same order.
impl PartialEq for Attributes<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Attributes<'_> {}

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

/// The names and values of [`Attributes`]; see [`Attributes::iter`].
#[derive(Clone, Debug)]
pub struct AttributesIter<'a>(Source<'a>);

#[derive(Clone, Debug)]
enum Source<'a> {
    Json(Members<'a>),
    Pairs(core::slice::Iter<'a, (&'a str, &'a str)>),
    Texts(core::slice::Iter<'a, (Text<'a>, Text<'a>)>),
    #[cfg(feature = "alloc")]
    Map(alloc::collections::btree_map::Iter<'a, alloc::string::String, alloc::string::String>),
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
            Source::Map(map) => map.next().map(|(name, value)| (name.into(), value.into())),
        }
    }
}

impl core::iter::FusedIterator for AttributesIter<'_> {}

/// The members of an object that has been validated, so that reading it ends only at its end;
/// `null` has none.
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
