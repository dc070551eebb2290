//! Compares this crate with general JSON libraries, on the same bytes and fields in one process.
//!
//! ```text
//! ivs-chat-proto-comparison [ROUNDS] [FILTER…] [--json FILE]
//! ivs-chat-proto-comparison count FUNCTION INPUT
//! ```
//!
//! The first form prints a table with a verdict for each row. The second form runs one function
//! once, so that callgrind can count its instructions. `benches/README.md` describes both.

mod checks;
mod competitors;
mod functions;

mod measure;
mod ours;
mod rows;
mod table;

use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;

use functions::Input;
use table::{Key, Row};

const ROUNDS: usize = 200;
/// With fewer rounds, a single interruption by another process can change a median.
const MEANINGFUL_ROUNDS: usize = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [command, function, id] = &arguments[..]
        && command == "count"
    {
        return count(function, id);
    }
    let (mut rounds, mut filters, mut json) = (ROUNDS, Vec::new(), None);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--json" {
            json = Some(arguments.next().ok_or("--json expects a file name")?);
        } else if let Ok(number) = argument.parse() {
            rounds = number;
        } else {
            filters.push(argument);
        }
    }
    compare(rounds.max(1), &filters, json)
}

/// Measures and prints the rows that the filters select.
fn compare(rounds: usize, filters: &[String], json: Option<String>) -> Result<(), Box<dyn Error>> {
    let inputs = functions::inputs();
    checks::check(inputs);
    let selected =
        |row: &Row| filters.is_empty() || filters.iter().any(|filter| row.path().contains(filter));
    let mut rows = rows::rows();
    rows.retain(selected);
    let keys: BTreeSet<Key> = rows.iter().flat_map(Row::keys).collect();
    let medians = measure::measure(inputs, &keys, rounds);
    let lines: Vec<_> = rows.iter().map(|row| row.evaluate(&medians)).collect();
    println!("{rounds} rounds; {}", profile());
    if rounds < MEANINGFUL_ROUNDS {
        println!("too few rounds for verdicts: this run only checks that everything works");
    }
    table::print(&lines);
    if let Some(file) = json {
        let medians: Vec<_> = medians
            .iter()
            .map(|((function, id), median)| {
                serde_json::json!({
                    "function": function,
                    "corpus": id.corpus,
                    "spelling": id.spelling,
                    "bytes": median.bytes,
                    "nanoseconds": median.nanoseconds,
                    "spread": median.spread,
                })
            })
            .collect();
        let all = serde_json::json!({
            "rounds": rounds, "profile": profile(), "rows": lines, "medians": medians,
        });
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

/// Runs one function once over one input, for callgrind.
fn count(function: &str, id: &str) -> Result<(), Box<dyn Error>> {
    let inputs = functions::inputs();
    let has = |input: &&Input| {
        input.id.to_string() == id && input.functions().any(|it| it.name == function)
    };
    let Some(input) = inputs.iter().find(has) else {
        for input in inputs {
            for it in input.functions() {
                println!("count {:?} {:?}", it.name, input.id.to_string());
            }
        }
        return Err("unknown function or input: expected one of the above".into());
    };
    let function = input.functions().find(|it| it.name == function).expect("found above");
    let mut run = function.prepare(input);
    black_box(counted(&mut *run));
    println!("{} bytes", input.bytes());
    Ok(())
}

/// Keeps its symbol, by which callgrind selects the instructions to count.
#[inline(never)]
#[unsafe(no_mangle)]
fn counted(run: &mut dyn FnMut() -> usize) -> usize {
    run()
}

/// Returns the build settings: the profile in the manifest, and the overrides in the environment.
fn profile() -> String {
    let manifest = include_str!("../Cargo.toml");
    let profile = manifest.split("[profile.release]\n").nth(1).unwrap_or_default();
    let mut settings: Vec<_> = profile.lines().map(String::from).collect();
    for (name, value) in [
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", option_env!("CARGO_PROFILE_RELEASE_OPT_LEVEL")),
        ("CARGO_PROFILE_RELEASE_LTO", option_env!("CARGO_PROFILE_RELEASE_LTO")),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", option_env!("CARGO_PROFILE_RELEASE_CODEGEN_UNITS")),
        ("RUSTFLAGS", option_env!("RUSTFLAGS")),
    ] {
        settings.extend(value.map(|value| format!("{name}={value}")));
    }
    if cfg!(debug_assertions) {
        settings.push("debug assertions".into());
    }
    if cfg!(target_feature = "avx2") {
        settings.push("AVX2".into());
    }
    settings.join(", ")
}
