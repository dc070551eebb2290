//! What the payloads of one direction look like.

use super::field::Field;
use super::field_set::FieldSet;

/// The direction in which payloads travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From clients to the service. The names of members are read in any ASCII case, as the service
    /// reads them; `Content` has a maximum length; an unknown `Action` is an error.
    Publish,
    /// From the service to clients. The names of members are read exactly; an unknown `Type` is a
    /// payload that is kept as it is.
    Subscribe,
}

/// The members of one payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload {
    /// The value of `Action` or `Type`.
    pub(super) tag: &'static str,
    pub(super) required: FieldSet,
    /// All members but the tag.
    pub(super) known: FieldSet,
}

impl Payload {
    /// No members.
    pub(crate) const NONE: Self = Self::new("", &[], &[]);

    pub(crate) const fn new(tag: &'static str, required: &[Field], optional: &[Field]) -> Self {
        let required = FieldSet::of(required);
        Self { tag, required, known: required.union(FieldSet::of(optional)) }
    }
}

/// The payloads that one object can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) direction: Direction,
    /// The member that tells the payloads apart, unless there is only one.
    pub(crate) tag: Option<Field>,
    pub(crate) payloads: &'static [Payload],
    /// The members of the `Sender` in a payload that has one.
    pub(crate) sender: Payload,
}

impl Shape {
    /// Returns the set of the tag.
    pub(super) const fn tag(&self) -> FieldSet {
        match self.tag {
            Some(tag) => FieldSet::EMPTY.with(tag),
            None => FieldSet::EMPTY,
        }
    }

    /// Returns the members of any of the payloads, and the tag.
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
