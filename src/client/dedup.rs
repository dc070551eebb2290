/// No entry.
const NONE: u16 = u16::MAX;

/// One of two overlapping connections. A connection and its replacement are on different sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Left,
    Right,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// The result of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// The payload is new.
    New,
    /// The payload is a duplicate.
    Again {
        /// The side that delivered it first.
        first: Side,
        /// `true` if that was after the mark.
        is_marked: bool,
    },
}

/// The last `N` messages and events, as hashes: the newest overwrites the oldest.
///
/// The entries form a ring. The entries of one bucket are linked, newest first. The hashes are
/// keyed, so a remote user cannot fill one bucket, and a lookup takes constant time. At most 65,535
/// entries are used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct DedupWindow<const N: usize> {
    /// The hashes, with the side in the lowest bit.
    hashes: [u64; N],
    /// For each entry, the next older one of the same bucket.
    older: [u16; N],
    /// The newest entry of each bucket.
    buckets: [u16; N],
    /// The oldest entry, which is the next to be written.
    oldest: u16,
    /// The number of entries written after the mark, at most `N`.
    marked: usize,
}

impl<const N: usize> DedupWindow<N> {
    pub(super) const fn new() -> Self {
        Self { hashes: [0; N], older: [NONE; N], buckets: [NONE; N], oldest: 0, marked: 0 }
    }

    /// Records a payload, unless it is a duplicate.
    pub(super) fn note(&mut self, hash: u64, side: Side) -> Noted {
        let hash = hash & !1;
        let bucket = Self::bucket(hash);
        let mut next = self.buckets.get(bucket).copied().unwrap_or(NONE);
        while next != NONE {
            let Some(known) = self.hashes.get(usize::from(next)) else { break };
            if known & !1 == hash {
                let first = if known & 1 == 0 { Side::Left } else { Side::Right };
                return Noted::Again { first, is_marked: self.is_marked(next) };
            }
            next = self.older.get(usize::from(next)).copied().unwrap_or(NONE);
        }
        self.insert(bucket, hash | u64::from(side == Side::Right));
        Noted::New
    }

    /// Sets the mark, which separates earlier from later payloads.
    pub(super) const fn mark(&mut self) {
        self.marked = 0;
    }

    /// Returns `true` if an entry was written after the mark.
    fn is_marked(&self, place: u16) -> bool {
        let (place, oldest) = (usize::from(place), usize::from(self.oldest));
        let newer = if place < oldest { oldest } else { oldest.wrapping_add(N.min(NONE.into())) };
        newer.wrapping_sub(place) <= self.marked
    }

    /// Returns the bucket of a hash: its upper 16 bits, scaled.
    fn bucket(hash: u64) -> usize {
        let buckets = u32::try_from(N).unwrap_or(u32::MAX).min(NONE.into());
        let [.., low, high] = hash.to_le_bytes();
        let scaled = u32::from(u16::from_le_bytes([low, high])).wrapping_mul(buckets) >> 16;
        usize::try_from(scaled).unwrap_or(0)
    }

    fn insert(&mut self, bucket: usize, hash: u64) {
        let place = self.oldest;
        self.remove(place);
        let slots = (
            self.hashes.get_mut(usize::from(place)),
            self.older.get_mut(usize::from(place)),
            self.buckets.get_mut(bucket),
        );
        let (Some(slot), Some(older), Some(newest)) = slots else { return };
        *slot = hash;
        *older = core::mem::replace(newest, place);
        self.marked = self.marked.saturating_add(1).min(N);
        let next = place.wrapping_add(1);
        self.oldest = if usize::from(next) < N && next < NONE { next } else { 0 };
    }

    /// Unlinks an entry from its bucket, if it is in one.
    fn remove(&mut self, place: u16) {
        let Some(hash) = self.hashes.get(usize::from(place)).copied() else { return };
        let following = self.older.get(usize::from(place)).copied().unwrap_or(NONE);
        let Some(newest) = self.buckets.get_mut(Self::bucket(hash)) else { return };
        if *newest == place {
            *newest = following;
            return;
        }
        let mut next = *newest;
        while next != NONE {
            let Some(older) = self.older.get_mut(usize::from(next)) else { return };
            if *older == place {
                *older = following;
                return;
            }
            next = *older;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::vec::Vec;

    use super::{DedupWindow, Noted, Side};

    /// Returns a well-mixed hash.
    fn hash(number: u64) -> u64 {
        let mut hash = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 29;
        hash.wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    /// The same window as a plain list: the oracle.
    #[derive(Default)]
    struct List {
        entries: VecDeque<(u64, Side, bool)>,
    }

    impl List {
        fn note(&mut self, hash: u64, side: Side, most: usize) -> Noted {
            if let Some((_, first, is_marked)) = self.entries.iter().find(|entry| entry.0 == hash) {
                return Noted::Again { first: *first, is_marked: *is_marked };
            }
            self.entries.push_back((hash, side, true));
            if self.entries.len() > most {
                self.entries.pop_front();
            }
            Noted::New
        }
    }

    fn agrees<const N: usize>() {
        let (mut window, mut list) = (DedupWindow::<N>::new(), List::default());
        for step in 0..20_000_u64 {
            let number = hash(step) % (3 * N as u64 + 2);
            let side = if hash(step + 7) & 1 == 0 { Side::Left } else { Side::Right };
            if hash(step + 9).is_multiple_of(50) {
                window.mark();
                list.entries.iter_mut().for_each(|entry| entry.2 = false);
            }
            assert_eq!(
                window.note(hash(number) & !1, side),
                list.note(hash(number) & !1, side, N),
                "{N}, step {step}"
            );
        }
    }

    #[test]
    fn agrees_with_a_list() {
        agrees::<1>();
        agrees::<2>();
        agrees::<3>();
        agrees::<64>();
        agrees::<100>();
        agrees::<1_024>();
    }

    #[test]
    fn remembers_the_last_of_any_size() {
        let mut window = std::boxed::Box::new(DedupWindow::<70_000>::new());
        let notes: Vec<_> =
            (0..65_535).map(|number| window.note(hash(number) & !1, Side::Left)).collect();
        assert!(notes.iter().all(|noted| *noted == Noted::New));
        assert_eq!(
            window.note(hash(0) & !1, Side::Right),
            Noted::Again { first: Side::Left, is_marked: true }
        );
        assert_eq!(window.note(hash(70_000), Side::Right), Noted::New);
        assert_eq!(window.note(hash(0) & !1, Side::Right), Noted::New, "the oldest has made room");
    }

    #[test]
    fn may_remember_nothing() {
        let mut window = DedupWindow::<0>::new();
        assert_eq!(window.note(1, Side::Left), Noted::New);
        assert_eq!(window.note(1, Side::Left), Noted::New);
    }
}
