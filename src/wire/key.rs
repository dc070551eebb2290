//! Recognition of keys without a search for their end.

use super::field::Field;
use super::shape::Direction;

/// The key of a field, in a form that can be compared with the next 16 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The name with its quotes and its colon.
    text: u128,
    /// The bits to compare: all bits of the key, except the case of letters in publish payloads.
    mask: u128,
    pub(super) len: usize,
}

// Found by trial. In each direction, two keys share a slot only if the first four bytes of their
// names agree, which a test checks.
const SUBSCRIBE_MULTIPLIER: u32 = 21;
const PUBLISH_MULTIPLIER: u32 = 33;

impl Key {
    /// Returns the key of a field, whose name must have at most 13 bytes.
    #[expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "only called in constants"
    )]
    pub(crate) const fn new(field: Field, direction: Direction) -> Self {
        let name = field.name().as_bytes();
        assert!(name.len() <= 13, "the key is longer than 16 bytes");
        let (mut text, mut mask) = ([0; 16], [0; 16]);
        (text[0], mask[0]) = (b'"', 0xff);
        let mut at = 0;
        while at < name.len() {
            text[at + 1] = name[at];
            mask[at + 1] = match direction {
                Direction::Subscribe => 0xff,
                // Upper and lower case of an ASCII letter differ in this bit.
                Direction::Publish => !0x20,
            };
            at += 1;
        }
        (text[at + 1], mask[at + 1]) = (b'"', 0xff);
        (text[at + 2], mask[at + 2]) = (b':', 0xff);
        at = 0;
        while at < 16 {
            text[at] &= mask[at];
            at += 1;
        }
        Self {
            text: u128::from_le_bytes(text),
            mask: u128::from_le_bytes(mask),
            len: name.len() + 3,
        }
    }

    /// Returns the slot, 0 to 15, of the four bytes after the opening quote.
    ///
    /// Two keys share a slot only if these bytes agree.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "four bytes")]
    pub(crate) const fn slot(window: u128, direction: Direction) -> u32 {
        let bytes = (window >> 8) as u32;
        match direction {
            Direction::Subscribe => bytes.wrapping_mul(SUBSCRIBE_MULTIPLIER) >> 28,
            // Bit 5 is the case of a letter.
            Direction::Publish => (bytes | 0x2020_2020).wrapping_mul(PUBLISH_MULTIPLIER) >> 28,
        }
    }

    /// Returns `true` if the next 16 bytes start with the key.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(super) const fn matches(self, window: u128) -> bool {
        window & self.mask == self.text
    }

    /// Returns the slot of the key of `field`.
    pub(crate) const fn own_slot(field: Field, direction: Direction) -> u32 {
        Self::slot(Self::new(field, direction).text, direction)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Key;
    use crate::wire::{Direction, Field};

    /// If two other fields shared a slot, the fast path would never reach one of them, and the slow
    /// path would read it.
    #[test]
    fn fields_with_one_slot_start_alike() {
        use Field::*;
        let subscribe = [
            Type,
            Id,
            RequestId,
            EventName,
            Attributes,
            Content,
            SendTime,
            Sender,
            ErrorCode,
            ErrorMessage,
        ];
        let publish = [Action, RequestId, Content, Id, UserId, Attributes, Reason];
        for (direction, fields) in
            [(Direction::Subscribe, subscribe.as_slice()), (Direction::Publish, publish.as_slice())]
        {
            let mut starts = BTreeMap::new();
            for field in fields {
                let start = field.name().get(..4).unwrap_or(field.name());
                let slot = Key::own_slot(*field, direction);
                assert_eq!(*starts.entry(slot).or_insert(start), start, "{field}");
            }
        }
    }

    #[test]
    fn letter_case() {
        let window = |text: &str| u128::from_le_bytes(*text.as_bytes().first_chunk().unwrap());
        for direction in [Direction::Publish, Direction::Subscribe] {
            let key = Key::new(Field::RequestId, direction);
            let in_any_case = direction == Direction::Publish;
            for (text, matches) in [
                ("\"RequestId\":\"r-1\"", true),
                ("\"requestId\":\"r-1\"", in_any_case),
                ("\"REQUESTID\":\"r-1\"", in_any_case),
                ("\"RequestId\" :\"r-1\"", false),
                ("\"Request\u{29}d\":\"r-1\"", false),
                ("\"RequestIds\":\"r-1", false),
            ] {
                assert_eq!(key.matches(window(text)), matches, "{text}");
                let is_own_slot = Key::slot(window(text), direction)
                    == Key::own_slot(Field::RequestId, direction);
                assert!(is_own_slot || !matches, "{text}");
            }
        }
    }
}
