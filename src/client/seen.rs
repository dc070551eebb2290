use heapless::Vec;

/// What was received last, as tags, the oldest overwritten by the newest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seen<const N: usize> {
    tags: Vec<u64, N>,
    oldest: usize,
}

impl<const N: usize> Seen<N> {
    pub(super) const fn new() -> Self {
        Self { tags: Vec::new(), oldest: 0 }
    }

    /// Notes a tag, and says whether it was there.
    pub(super) fn note(&mut self, tag: u64) -> bool {
        if self.tags.contains(&tag) {
            return true;
        }
        if let Err(tag) = self.tags.push(tag) {
            if let Some(oldest) = self.tags.get_mut(self.oldest) {
                *oldest = tag;
            }
            self.oldest = self.oldest.wrapping_add(1);
            if self.oldest >= N {
                self.oldest = 0;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn knows_the_last_so_many() {
        let mut seen = Seen::<3>::new();
        assert!([1, 2, 3, 4, 5].iter().all(|tag| !seen.note(*tag)));
        assert!(seen.note(3) && seen.note(4) && seen.note(5));
        assert!(!seen.note(2) && seen.note(4) && seen.note(5) && !seen.note(3));
    }

    #[test]
    fn may_know_nothing() {
        let mut seen = Seen::<0>::new();
        assert!(!seen.note(1) && !seen.note(1));
    }
}
