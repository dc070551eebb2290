//! Clients and a room, in memory and in virtual time, with everything going wrong that can: what the room has accepted and what
//! the clients were told agree, and all are connected again in the end, or not for the reason that they should be.
//!
//! `SEED=123 cargo test --features mock --test simulation -- --nocapture one_seed` runs one seed, and tells all that happens. All seeds of
//! `.ci/run`: `cargo test --release --features mock --test simulation -- --ignored --nocapture`; as many others with `FIRST=10000` in front.

#![cfg(feature = "mock")]

#[path = "simulation/device.rs"]
mod device;
#[path = "simulation/dice.rs"]
mod dice;
#[path = "simulation/plan.rs"]
mod plan;
#[path = "simulation/tally.rs"]
mod tally;
#[path = "simulation/world.rs"]
mod world;

use std::time::Instant;

use tally::Tally;
use world::World;

/// How many seeds `.ci/run` goes through, and how many a plain `cargo test`.
const ALL: u64 = 10_000;
const SOME: u64 = 200;

/// Tells how a seed that fails is run again.
struct Reproduction(u64);

impl Drop for Reproduction {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("SEED={} cargo test --features mock --test simulation -- --nocapture one_seed", self.0);
        }
    }
}

fn run(seed: u64, is_told: bool) -> Tally {
    let _reproduction = Reproduction(seed);
    World::new(seed, is_told).run()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn one_seed() {
    let seed = number("SEED");
    run(seed.unwrap_or(0), seed.is_some());
}

#[test]
fn some_seeds() {
    let mut tally = Tally::default();
    (0..SOME).for_each(|seed| tally.add(&run(seed, false)));
    tally.check();
}

#[test]
fn the_same_seed_goes_the_same_way() {
    for seed in 0..5 {
        assert_eq!(run(seed, false), run(seed, false));
    }
}

#[test]
#[ignore = "takes a while unless optimised"]
fn all_seeds() {
    let first = number("FIRST").unwrap_or(0);
    let start = Instant::now();
    let mut tally = Tally::default();
    (first..first + ALL).for_each(|seed| tally.add(&run(seed, false)));
    println!("{ALL} seeds from {first} on, in {:.1} s", start.elapsed().as_secs_f64());
    println!("{tally}");
    tally.check();
}
