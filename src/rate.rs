//! Rate limiting over a sliding window.

use core::mem;
use core::num::NonZeroU8;

use crate::instant::Instant;

/// A rate limiter that keeps the times of the `MOST` most recent requests, newest first.
///
/// No window of `WINDOW_MS` milliseconds, regardless of its start, contains more requests than the
/// limit. A limit above `MOST` is treated as `MOST`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rate<const MOST: usize, const WINDOW_MS: u64 = 1_000> {
    sent: [Instant; MOST],
}

impl<const MOST: usize, const WINDOW_MS: u64> Rate<MOST, WINDOW_MS> {
    pub(crate) const fn new() -> Self {
        Self { sent: [Instant::NEVER; MOST] }
    }

    /// Returns the time of the next permitted request, or `None` if a request is permitted `now`.
    pub(crate) fn retry_at(&self, limit: Option<NonZeroU8>, now: Instant) -> Option<Instant> {
        let limit = usize::from(limit?.get()).min(MOST);
        let sent = *self.sent.get(limit.checked_sub(1)?)?;
        Some(sent.after(WINDOW_MS)).filter(|retry_at| sent != Instant::NEVER && *retry_at > now)
    }

    /// Records a request made `now`.
    pub(crate) fn note(&mut self, now: Instant) {
        let mut newer = now;
        self.sent.iter_mut().for_each(|sent| mem::swap(sent, &mut newer));
    }
}

#[cfg(test)]
mod tests {
    use super::{Instant, NonZeroU8, Rate};

    #[test]
    fn no_second_has_more_than_the_limit() {
        for limit in 1..=12 {
            let (mut rate, mut sent) = (Rate::<10>::new(), std::vec::Vec::new());
            for now in 0..5_000 {
                if let Some(retry_at) =
                    rate.retry_at(NonZeroU8::new(limit), Instant::from_millis(now))
                {
                    assert!(retry_at > Instant::from_millis(now));
                } else {
                    rate.note(Instant::from_millis(now));
                    sent.push(now);
                }
            }
            let allowed = limit.min(10).into();
            let fullest = (0..4_000).map(|start| {
                sent.iter().filter(|now| (start..start + 1_000).contains(*now)).count()
            });
            assert_eq!(fullest.max(), Some(allowed));
            assert_eq!(sent.len(), 5 * allowed);
        }
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        let mut rate = Rate::<10>::new();
        (0..100).for_each(|_| rate.note(Instant::from_millis(0)));
        assert_eq!(rate.retry_at(None, Instant::from_millis(0)), None);
    }
}
