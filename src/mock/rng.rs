use alloc::string::String;

use siphasher::sip::SipHasher13;

/// Chance that is the same for the same seed.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    hasher: SipHasher13,
    drawn: u64,
}

impl Chance {
    pub(super) fn new(seed: [u8; 16]) -> Self {
        Self { hasher: SipHasher13::new_with_key(&seed), drawn: 0 }
    }

    /// A number below `end`, or 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.drawn = self.drawn.wrapping_add(1);
        self.hasher.hash(&self.drawn.to_le_bytes()).checked_rem(end).unwrap_or(0)
    }

    /// Whether something happens that does so `times` of 256.
    pub(super) fn happens(&mut self, times: u8) -> bool {
        times > 0 && self.below(256) < times.into()
    }

    /// So many letters and digits.
    pub(super) fn identifier(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let letter = |_| {
            let place = usize::try_from(self.below(62)).unwrap_or(0);
            ALPHABET.get(place).copied().map_or('0', char::from)
        };
        (0..length).map(letter).collect()
    }
}
