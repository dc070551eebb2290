//! A seeded pseudorandom number generator.

/// A `SplitMix64` generator.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Returns a number from `first` to `last`, inclusive.
    pub(crate) const fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.next() % (last - first + 1)
    }

    /// Returns `true` once in `times` calls on average, or never if `times` is 0.
    pub(crate) const fn one_in(&mut self, times: u64) -> bool {
        let next = self.next();
        times != 0 && next.is_multiple_of(times)
    }

    /// Returns one of the values.
    pub(crate) fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        let place = self.next() % u64::try_from(values.len()).expect("few");
        values[usize::try_from(place).expect("few")]
    }

    pub(crate) fn seed(&mut self) -> [u8; 16] {
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&self.next().to_le_bytes());
        seed[8..].copy_from_slice(&self.next().to_le_bytes());
        seed
    }
}
