//! How often everything happened.

use core::fmt;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<&'static str, u64>);

/// What must happen in a run of many seeds: a check of what never happens is no check.
const REQUIRED: &[&str] = &[];

impl Tally {
    pub(crate) fn note(&mut self, what: &'static str) {
        self.notes(what, 1);
    }

    pub(crate) fn notes(&mut self, what: &'static str, times: u64) {
        *self.0.entry(what).or_default() += times;
    }

    /// Records the most of something. Its name begins with `at most`.
    pub(crate) fn most(&mut self, what: &'static str, number: u64) {
        let most = self.0.entry(what).or_default();
        *most = number.max(*most);
    }

    pub(crate) fn get(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (what, number) in &other.0 {
            if what.starts_with("at most") {
                self.most(what, *number);
            } else {
                self.notes(what, *number);
            }
        }
    }

    pub(crate) fn check(&self) {
        let missing: Vec<_> = REQUIRED.iter().filter(|what| !self.0.contains_key(*what)).collect();
        assert!(missing.is_empty(), "never: {missing:#?}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, number)| writeln!(f, "{number:12} {what}"))
    }
}
