//! Clients and a room, simulated in memory and in virtual time.
//!
//! A seed decides all faults of the service, the network, the hosts and their clocks. During a run,
//! the [`invariants`] relate every client to the truth that only the simulation knows. At the end
//! all faults stop, and the [`final_checks`] follow. The [`coverage`] ensures that every check is
//! exercised. The [`scenarios`] and the [`crowd`] are runs that are not random.
//!
//! Reproduce one seed and log all events:
//!
//! ```text
//! SEED=123 cargo test --features mock --test simulation -- --nocapture one_seed
//! ```
//!
//! Run all seeds of `.ci/run`. `FIRST` and `COUNT` choose other seeds:
//!
//! ```text
//! cargo test --release --features mock --test simulation -- --ignored --nocapture
//! ```

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

/// The number of seeds that `.ci/run` runs.
const ALL: u64 = 50_000;
/// The number of seeds that a plain `cargo test` runs.
const SOME: u64 = 200;

/// Prints the command that reproduces a failing seed.
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

/// Runs `count` seeds from `first`, on two threads.
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
        coverage.add(&other.join().expect("no panic"));
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
fn a_seed_always_gives_the_same_run() {
    for seed in 0..5 {
        assert_eq!(run(seed, false), run(seed, false));
    }
}

#[test]
#[ignore = "takes a while and needs a release build"]
fn all_seeds() {
    let first = number("FIRST").unwrap_or(0);
    let count = number("COUNT").unwrap_or(ALL);
    let start = Instant::now();
    let coverage = run_all(first, count);
    println!("{count} seeds from {first}, in {:.1} s", start.elapsed().as_secs_f64());
    println!("{coverage}");
    coverage.check();
    coverage.check_rare();
}
