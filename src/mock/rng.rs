use alloc::string::String;

use siphasher::sip::SipHasher13;

use super::probability::Probability;

/// A pseudorandom number generator that is deterministic for a given seed.
#[derive(Clone, Debug)]
pub(super) struct Rng {
    hasher: SipHasher13,
    counter: u64,
}

impl Rng {
    pub(super) fn new(seed: [u8; 16]) -> Self {
        Self { hasher: SipHasher13::new_with_key(&seed), counter: 0 }
    }

    /// Returns a number below `end`, or 0 if `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.counter = self.counter.wrapping_add(1);
        self.hasher.hash(&self.counter.to_le_bytes()).checked_rem(end).unwrap_or(0)
    }

    /// Returns an index into a slice of this length, or 0 if the slice is empty.
    pub(super) fn index(&mut self, length: usize) -> usize {
        let end = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(end)).unwrap_or(0)
    }

    /// Returns `true` with this probability.
    pub(super) fn roll(&mut self, probability: Probability) -> bool {
        probability != Probability::NEVER && self.below(256) < probability.in_256().into()
    }

    /// Returns one of the items, or `default` if there are none.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T], default: T) -> T {
        items.get(self.index(items.len())).copied().unwrap_or(default)
    }

    /// Shuffles the items.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (2..=items.len()).rev() {
            items.swap(end.saturating_sub(1), self.index(end));
        }
    }

    /// Returns a string of this many ASCII letters and digits.
    pub(super) fn identifier(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(self.pick(ALPHABET, b'0'))).collect()
    }
}
