//! Measurement in rounds, and medians.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use serde::Serialize;

use crate::functions::{Function, Input, Run};
use crate::table::{Key, Medians};

/// The time that a function takes for one run over its input.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Median {
    pub(crate) bytes: usize,
    pub(crate) nanoseconds: f64,
    /// The interquartile range, relative to the median.
    pub(crate) spread: f64,
}

impl Median {
    pub(crate) fn nanoseconds_per_byte(&self) -> f64 {
        self.nanoseconds / self.bytes as f64
    }
}

struct Measured {
    key: Key,
    input: &'static Input,
    run: Run,
    times: Vec<f64>,
}

/// Measures each of `keys` once per round.
///
/// All functions of one input run directly after each other, and a different one starts in each
/// round. The input is in the nearest caches before each measurement, regardless of the function
/// that ran before.
pub(crate) fn measure(inputs: &'static [Input], keys: &BTreeSet<Key>, rounds: usize) -> Medians {
    let mut groups: Vec<Vec<_>> = inputs.iter().map(|input| wanted(input, keys)).collect();
    groups.retain(|group| !group.is_empty());
    for round in 0..=rounds {
        for group in &mut groups {
            let first = round % group.len();
            let (before, after) = group.split_at_mut(first);
            for measured in after.iter_mut().chain(before) {
                measured.input.touch();
                let start = Instant::now();
                black_box((measured.run)());
                let time = start.elapsed();
                // The first round is a warm-up.
                if round > 0 {
                    measured.times.push(time.as_secs_f64() * 1e9);
                }
            }
        }
    }
    groups.into_iter().flatten().map(|measured| (measured.key, measured.median())).collect()
}

fn wanted(input: &'static Input, keys: &BTreeSet<Key>) -> Vec<Measured> {
    let key = |name| (name, input.id);
    let functions = input.functions().filter(|function| keys.contains(&key(function.name)));
    let measured = |function: &Function| Measured {
        key: key(function.name),
        input,
        run: function.prepare(input),
        times: Vec::new(),
    };
    functions.map(measured).collect()
}

impl Measured {
    fn median(mut self) -> Median {
        self.times.sort_unstable_by(f64::total_cmp);
        let quantile = |quarters| self.times[(self.times.len() - 1) * quarters / 4];
        let nanoseconds = quantile(2);
        let spread = (quantile(3) - quantile(1)) / nanoseconds;
        Median { bytes: self.input.bytes(), nanoseconds, spread }
    }
}
