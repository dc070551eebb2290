//! The members of the payloads of each direction.

use super::field::Field;
use super::field_set::FieldSet;

/// The direction of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From a client to the service.
    ///
    /// Like the service, the decoder ignores the ASCII case of member names. `Content` has a
    /// maximum length. An unknown `Action` is an error.
    Publish,
    /// From the service to a client.
    ///
    /// Member names are case-sensitive. A payload with an unknown `Type` is kept unchanged.
    Subscribe,
}

/// The members of one payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload {
    /// The value of `Action` or `Type`.
    pub(super) tag: &'static str,
    pub(super) required: FieldSet,
    /// All members except the tag.
    pub(super) known: FieldSet,
}

impl Payload {
    /// A payload without members.
    pub(crate) const NONE: Self = Self::new("", &[], &[]);

    pub(crate) const fn new(tag: &'static str, required: &[Field], optional: &[Field]) -> Self {
        let required = FieldSet::of(required);
        Self { tag, required, known: required.union(FieldSet::of(optional)) }
    }
}

/// The payloads that an object can represent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) direction: Direction,
    /// The member that identifies the payload, or `None` if there is only one payload.
    pub(crate) tag: Option<Field>,
    pub(crate) payloads: &'static [Payload],
    /// The members of a `Sender`.
    pub(crate) sender: Payload,
}

impl Shape {
    /// Returns a set of only the tag, or an empty set if there is none.
    pub(super) const fn tag(&self) -> FieldSet {
        match self.tag {
            Some(tag) => FieldSet::EMPTY.with(tag),
            None => FieldSet::EMPTY,
        }
    }

    /// Returns the members of all payloads, and the tag.
    pub(super) const fn known(&self) -> FieldSet {
        let mut known = self.tag();
        let mut rest = self.payloads;
        while let [payload, after @ ..] = rest {
            known = known.union(payload.known);
            rest = after;
        }
        known
    }
}
