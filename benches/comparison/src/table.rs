//! The rows of the table, their bars, and how they are printed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::contestants::Place;
use crate::corpus::spelling::{PUBLISH, SUBSCRIBE};
use crate::measure::Median;

/// A function over one input.
pub(crate) type Key = (&'static str, Place);
pub(crate) type Medians = BTreeMap<Key, Median>;

/// A line of the table.
pub(crate) struct Row {
    section: &'static str,
    name: String,
    /// What the throughput in this row is measured on; of several, the worst counts.
    throughput: Vec<Key>,
    ratios: Vec<Ratio>,
}

/// How many times as long one thing takes for a byte as another.
struct Ratio {
    to: &'static str,
    cases: Vec<Case>,
    bars: Bars,
}

/// A ratio in one corpus. Of several keys the fastest counts.
struct Case {
    numerators: Vec<Key>,
    denominators: Vec<Key>,
}

/// What the worst case must be, and what it aims at.
#[derive(Clone, Copy)]
enum Bars {
    None { worst_is_least: bool },
    AtLeast { must: f64, aim: f64 },
    AtMost { must: f64, aim: f64 },
}
use Bars::{AtLeast, AtMost};

const CORPORA: [&str; 3] = ["ascii", "emoji", "escaped"];

/// Decode texts only where they are asked to, as this crate does, or always.
const COMPETITORS: [&str; 6] = [
    "serde_json owned",
    "serde_json",
    "serde_json RawValue",
    "sonic-rs",
    "sonic-rs LazyValue",
    "simd-json",
];

/// Decode all texts, those of attributes as well.
const DECODING: [&str; 4] = ["serde_json owned", "serde_json", "sonic-rs", "simd-json"];

const PUBLISH_COMPETITORS: [&str; 4] = [
    "publish serde_json",
    "publish serde_json RawValue",
    "publish sonic-rs",
    "publish sonic-rs LazyValue",
];

/// All rows. The bars are those of the project's performance goals.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    decode_rows(&mut rows);
    publish_rows(&mut rows);
    rows
}

fn decode_rows(rows: &mut Vec<Row>) {
    for (spelling, _) in SUBSCRIBE {
        let (must, aim) = match spelling {
            "captured" => (3.0, 4.5),
            "spaced" => (1.8, 2.5),
            _ => (2.5, 3.5),
        };
        let fastest = ratio("the fastest competitor", AtLeast { must, aim }, |corpus| {
            let place = Place { corpus, spelling };
            (keys(&COMPETITORS, place), vec![("decode", place)])
        });
        let bars = match spelling {
            "captured" | "spaced" => Bars::None { worst_is_least: true },
            _ => AtLeast { must: 0.5, aim: 0.7 },
        };
        let captured = ratio("the captured order", bars, |corpus| {
            let captured = Place { corpus, spelling: "captured" };
            (vec![("decode", captured)], vec![("decode", Place { corpus, spelling })])
        });
        rows.push(Row {
            section: "decode",
            name: spelling.into(),
            throughput: CORPORA.map(|corpus| ("decode", Place { corpus, spelling })).into(),
            ratios: vec![fastest, captured],
        });
    }
    for (spelling, _) in SUBSCRIBE {
        let bars = AtLeast { must: 1.2, aim: 1.6 };
        let fastest = ratio("the fastest competitor that decodes", bars, |corpus| {
            let place = Place { corpus, spelling };
            (keys(&DECODING, place), vec![("decode texts", place)])
        });
        rows.push(Row {
            section: "decode, all texts decoded",
            name: spelling.into(),
            throughput: CORPORA.map(|corpus| ("decode texts", Place { corpus, spelling })).into(),
            ratios: vec![fastest],
        });
    }
}

fn publish_rows(rows: &mut Vec<Row>) {
    for (spelling, _) in PUBLISH {
        let bars = AtLeast { must: 2.5, aim: 3.5 };
        let fastest = ratio("the fastest competitor", bars, |corpus| {
            let place = Place { corpus, spelling };
            (keys(&PUBLISH_COMPETITORS, place), vec![("publish", place)])
        });
        let bars = Bars::None { worst_is_least: true };
        let sdk = ratio("the SDKs' order", bars, |corpus| {
            let sdk = Place { corpus, spelling: "sdk" };
            (vec![("publish", sdk)], vec![("publish", Place { corpus, spelling })])
        });
        rows.push(Row {
            section: "decode publishes",
            name: spelling.into(),
            throughput: CORPORA.map(|corpus| ("publish", Place { corpus, spelling })).into(),
            ratios: vec![fastest, sdk],
        });
    }
}

fn keys(functions: &[&'static str], place: Place) -> Vec<Key> {
    functions.iter().map(|function| (*function, place)).collect()
}

/// A ratio with a case for each corpus.
fn ratio(
    to: &'static str,
    bars: Bars,
    case: impl Fn(&'static str) -> (Vec<Key>, Vec<Key>),
) -> Ratio {
    let cases = CORPORA.map(|corpus| {
        let (numerators, denominators) = case(corpus);
        Case { numerators, denominators }
    });
    Ratio { to, cases: cases.into(), bars }
}

/// A row with its numbers.
#[derive(Serialize)]
pub(crate) struct Line {
    section: &'static str,
    name: String,
    megabytes_per_second: Option<f64>,
    ratios: Vec<Worst>,
}

/// The worst case of a ratio.
#[derive(Serialize)]
struct Worst {
    to: &'static str,
    ratio: f64,
    corpus: &'static str,
    /// The fastest of the competitors there.
    competitor: Option<&'static str>,
    must: Option<f64>,
    aim: Option<f64>,
    at_least: bool,
    verdict: &'static str,
    cases: Vec<(&'static str, f64)>,
}

impl Row {
    /// What filters look at.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.section, self.name)
    }

    /// Everything that has to be measured for this row.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        let cases = self.ratios.iter().flat_map(|ratio| &ratio.cases);
        let keys = cases.flat_map(|case| case.numerators.iter().chain(&case.denominators));
        keys.chain(&self.throughput).copied()
    }

    pub(crate) fn line(&self, medians: &Medians) -> Line {
        let slowest = self.throughput.iter().map(|key| medians[key].nanoseconds_per_byte());
        Line {
            section: self.section,
            name: self.name.clone(),
            megabytes_per_second: slowest.reduce(f64::max).map(|nanoseconds| 1e3 / nanoseconds),
            ratios: self.ratios.iter().map(|ratio| ratio.worst(medians)).collect(),
        }
    }
}

impl Ratio {
    fn worst(&self, medians: &Medians) -> Worst {
        let fastest = |keys: &[Key]| {
            let times = keys.iter().map(|key| (medians[key].nanoseconds_per_byte(), *key));
            times.min_by(|(a, _), (b, _)| a.total_cmp(b)).expect("a key")
        };
        let cases = self.cases.iter().map(|case| {
            let (numerator, key) = fastest(&case.numerators);
            let (denominator, _) = fastest(&case.denominators);
            let competitor = (case.numerators.len() > 1).then_some(key.0);
            (numerator / denominator, key.1.corpus, competitor)
        });
        let at_least = self.bars.are_least();
        let (ratio, corpus, competitor) = cases
            .clone()
            .reduce(|a, b| if (a.0 <= b.0) == at_least { a } else { b })
            .expect("a case");
        let (must, aim) = self.bars.values();
        Worst {
            to: self.to,
            ratio,
            corpus,
            competitor,
            must,
            aim,
            at_least,
            verdict: self.bars.verdict(ratio),
            cases: cases.map(|(ratio, corpus, _)| (corpus, ratio)).collect(),
        }
    }
}

impl Bars {
    const fn are_least(self) -> bool {
        matches!(self, AtLeast { .. } | Self::None { worst_is_least: true })
    }

    const fn values(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::None { .. } => (None, None),
            AtLeast { must, aim } | AtMost { must, aim } => (Some(must), Some(aim)),
        }
    }

    fn verdict(self, ratio: f64) -> &'static str {
        let (must, aim) = match self {
            Self::None { .. } => return "",
            AtLeast { must, aim } => (ratio >= must, ratio >= aim),
            AtMost { must, aim } => (ratio <= must, ratio <= aim),
        };
        match (must, aim) {
            (true, true) => "aim met",
            (true, false) => "must met",
            (false, _) => "MISSED",
        }
    }
}

/// Prints the lines, and how many bars were missed.
pub(crate) fn print(lines: &[Line]) {
    for section in lines.chunk_by(|a, b| a.section == b.section) {
        print!("\n{:<34}{:>6}", section[0].section, "MB/s");
        for ratio in &section[0].ratios {
            print!("   {:<50}{:>6} {:>6}{:10}", ratio.to, "must", "aim", "");
        }
        println!();
        for line in section {
            print!("  {:<32}", line.name);
            match line.megabytes_per_second {
                Some(throughput) => print!("{throughput:6.0}"),
                None => print!("{:6}", ""),
            }
            line.ratios.iter().for_each(print_ratio);
            println!();
        }
    }
    let ratios = lines.iter().flat_map(|line| &line.ratios);
    let with_bars = ratios.clone().filter(|ratio| ratio.must.is_some()).count();
    let missed = ratios.filter(|ratio| ratio.verdict == "MISSED").count();
    println!("\n{missed} of {with_bars} bars were missed");
}

fn print_ratio(worst: &Worst) {
    let Worst { ratio, corpus, competitor, must, aim, verdict, .. } = worst;
    let place = match competitor {
        Some(competitor) => format!("{competitor} ({corpus})"),
        None => format!("({corpus})"),
    };
    let bar = |bar: &Option<f64>| bar.map_or(String::new(), |bar| format!("{bar:.2}x"));
    print!("   {ratio:6.2}x {place:<42}{:>6} {:>6}  {verdict:<8}", bar(must), bar(aim));
}
