//! Clients and a room, in memory and in virtual time, with everything going wrong that can: what
//! the room has accepted and what the clients said agree, and all are connected again in the end,
//! or not for the right reason.
//!
//! `SEED=123 cargo test --features mock --test simulation -- --nocapture one_seed` runs one seed,
//! and tells everything that happens. All seeds of `.ci/run`: `cargo test --release --features mock
//! --test simulation -- --ignored --nocapture`; as many others with `FIRST=10000` in front.

#![cfg(feature = "mock")]

mod accounting;
mod actions;
mod any_client;
mod clock;
mod coverage;
mod crowd;
mod driver;
mod final_checks;
mod host;
mod invariants;
mod plan;
mod rng;
#[path = "../session/model/rules.rs"]
mod rules;
mod scenarios;
mod service;
mod simulation;

use std::time::Instant;

use coverage::Coverage;
use plan::Plan;
use rng::Rng;
use simulation::Simulation;

/// How many seeds `.ci/run` goes through, and how many a plain `cargo test`.
const ALL: u64 = 50_000;
const SOME: u64 = 200;

/// Says how to run a seed again that fails.
struct Reproduction(u64);

impl Drop for Reproduction {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!(
                "SEED={} cargo test --features mock --test simulation -- --nocapture one_seed",
                self.0
            );
        }
    }
}

fn run(seed: u64, is_verbose: bool) -> Coverage {
    let _reproduction = Reproduction(seed);
    let mut rng = Rng::new(seed);
    let plan = Plan::random(&mut rng);
    Simulation::new(plan, rng, is_verbose).run()
}

/// Runs seeds on two threads.
fn run_all(first: u64, count: u64) -> Coverage {
    let half = |parity: u64| {
        let mut coverage = Coverage::default();
        (first..first + count)
            .filter(|seed| seed % 2 == parity)
            .for_each(|seed| coverage.add(&run(seed, false)));
        coverage
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let mut coverage = half(0);
        coverage.add(&other.join().expect("the other half"));
        coverage
    })
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
    run_all(0, SOME).check();
}

#[test]
fn the_same_seed_goes_the_same_way() {
    for seed in 0..5 {
        assert_eq!(run(seed, false), run(seed, false));
    }
}

#[test]
#[ignore = "takes a while unless optimized"]
fn all_seeds() {
    let first = number("FIRST").unwrap_or(0);
    let count = number("COUNT").unwrap_or(ALL);
    let start = Instant::now();
    let coverage = run_all(first, count);
    println!("{count} seeds from {first} on, in {:.1} s", start.elapsed().as_secs_f64());
    println!("{coverage}");
    coverage.check();
    coverage.check_rare();
}
