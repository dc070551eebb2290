//! Sets of fields.

use super::field::Field;

/// A set of fields: one bit per variant of [`Field`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSet(u32);

impl FieldSet {
    pub(super) const EMPTY: Self = Self(0);

    pub(super) const fn of(fields: &[Field]) -> Self {
        let mut set = Self::EMPTY;
        let mut rest = fields;
        while let [field, after @ ..] = rest {
            set = set.with(*field);
            rest = after;
        }
        set
    }

    const fn bit(field: Field) -> u32 {
        1_u32.wrapping_shl(field.index())
    }

    #[inline]
    pub(super) const fn with(self, field: Field) -> Self {
        Self(self.0 | Self::bit(field))
    }

    pub(super) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline]
    pub(super) const fn without(self, field: Field) -> Self {
        Self(self.0 & !Self::bit(field))
    }

    /// Returns the intersection of the sets.
    #[inline]
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline]
    pub(super) const fn contains(self, field: Field) -> bool {
        self.0 & Self::bit(field) != 0
    }

    #[inline]
    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the first field, in the order of the variants of [`Field`].
    pub(super) fn first(self) -> Option<Field> {
        Field::ALL.into_iter().find(|field| self.contains(*field))
    }
}
