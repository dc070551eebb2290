//! Rounds and their medians.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use serde::Serialize;

use crate::contestants::{Function, Input, Run};
use crate::table::{Key, Medians};

/// How long a function takes to go once over its input.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Median {
    pub(crate) bytes: usize,
    pub(crate) nanoseconds: f64,
    /// The distance between the quartiles, as a part of the median.
    pub(crate) spread: f64,
}

impl Median {
    pub(crate) fn nanoseconds_per_byte(&self) -> f64 {
        self.nanoseconds / self.bytes as f64
    }
}

struct Contestant {
    key: Key,
    input: &'static Input,
    run: Run,
    times: Vec<f64>,
}

/// Measures each of `keys` once per round. All functions over one input run directly after each
/// other, and each round another one begins. Each finds its input in the nearest caches, whichever
/// function ran before.
pub(crate) fn measure(inputs: &'static [Input], keys: &BTreeSet<Key>, rounds: usize) -> Medians {
    let mut contestants: Vec<Vec<_>> = inputs.iter().map(|input| wanted(input, keys)).collect();
    contestants.retain(|of_input| !of_input.is_empty());
    for round in 0..=rounds {
        for of_input in &mut contestants {
            let first = round % of_input.len();
            let (before, after) = of_input.split_at_mut(first);
            for contestant in after.iter_mut().chain(before) {
                contestant.input.touch();
                let start = Instant::now();
                black_box((contestant.run)());
                let time = start.elapsed();
                // The first round is there to warm up.
                if round > 0 {
                    contestant.times.push(time.as_secs_f64() * 1e9);
                }
            }
        }
    }
    contestants
        .into_iter()
        .flatten()
        .map(|contestant| (contestant.key, contestant.median()))
        .collect()
}

fn wanted(input: &'static Input, keys: &BTreeSet<Key>) -> Vec<Contestant> {
    let key = |name| (name, input.place);
    let functions = input.functions().filter(|function| keys.contains(&key(function.name)));
    let contestant = |function: &Function| Contestant {
        key: key(function.name),
        input,
        run: function.prepare(input),
        times: Vec::new(),
    };
    functions.map(contestant).collect()
}

impl Contestant {
    fn median(mut self) -> Median {
        self.times.sort_unstable_by(f64::total_cmp);
        let quantile = |quarters| self.times[(self.times.len() - 1) * quarters / 4];
        let nanoseconds = quantile(2);
        let spread = (quantile(3) - quantile(1)) / nanoseconds;
        Median { bytes: self.input.bytes(), nanoseconds, spread }
    }
}
