//! The evaluation and the printing of rows.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::functions::InputId;
use crate::measure::Median;

/// A function over one input.
pub(crate) type Key = (&'static str, InputId);
pub(crate) type Medians = BTreeMap<Key, Median>;

/// A row of the table.
#[derive(Clone)]
pub(crate) struct Row {
    section: &'static str,
    name: &'static str,
    /// The function of the row, over the input of each corpus.
    of: Vec<Key>,
    ratios: Vec<Ratio>,
}

/// A ratio of times per byte.
#[derive(Clone)]
struct Ratio {
    to: &'static str,
    goals: Goals,
    cases: Vec<Case>,
}

/// A ratio in one corpus. Of several keys, only the fastest counts.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) numerators: Vec<Key>,
    pub(crate) denominators: Vec<Key>,
}

/// The required value and the goal of the worst case.
#[derive(Clone, Copy)]
pub(crate) struct Goals {
    larger_is_better: bool,
    must: Option<f64>,
    aim: Option<f64>,
}

/// An evaluated row.
#[derive(Serialize)]
pub(crate) struct Line {
    section: &'static str,
    name: &'static str,
    /// The throughput in the slowest corpus.
    megabytes_per_second: f64,
    ratios: Vec<Worst>,
}

/// The worst case of a ratio.
#[derive(Serialize)]
struct Worst {
    to: &'static str,
    ratio: f64,
    corpus: &'static str,
    /// The fastest competitor in that corpus, if the row has several.
    competitor: Option<&'static str>,
    larger_is_better: bool,
    must: Option<f64>,
    aim: Option<f64>,
    verdict: &'static str,
    /// The ratio in each corpus.
    cases: BTreeMap<&'static str, f64>,
}

impl Row {
    pub(crate) const fn new(section: &'static str, name: &'static str, of: Vec<Key>) -> Self {
        Self { section, name, of, ratios: Vec::new() }
    }

    /// Adds the speedup over the fastest of `functions`, over the same input.
    pub(crate) fn faster_than(
        self,
        to: &'static str,
        functions: &[&'static str],
        goals: Goals,
    ) -> Self {
        self.ratio(to, goals, |key| Case {
            numerators: functions.iter().map(|function| (*function, key.1)).collect(),
            denominators: vec![key],
        })
    }

    /// Adds the time relative to that of `function`, over the same input.
    pub(crate) fn slower_than(
        self,
        to: &'static str,
        function: &'static str,
        goals: Goals,
    ) -> Self {
        self.ratio(to, goals, |key| Case {
            numerators: vec![key],
            denominators: vec![(function, key.1)],
        })
    }

    /// Adds a ratio with a case for each corpus.
    pub(crate) fn ratio(
        mut self,
        to: &'static str,
        goals: Goals,
        case: impl Fn(Key) -> Case,
    ) -> Self {
        let cases = self.of.iter().map(|key| case(*key)).collect();
        self.ratios.push(Ratio { to, goals, cases });
        self
    }

    /// Adds a ratio with a single case.
    pub(crate) fn case(mut self, to: &'static str, goals: Goals, case: Case) -> Self {
        self.ratios.push(Ratio { to, goals, cases: vec![case] });
        self
    }

    /// Returns the text that filters search: `section/name`.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.section, self.name)
    }

    /// Returns the functions that must be measured for this row.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        let cases = self.ratios.iter().flat_map(|ratio| &ratio.cases);
        let keys = cases.flat_map(|case| case.numerators.iter().chain(&case.denominators));
        keys.chain(&self.of).copied()
    }

    pub(crate) fn evaluate(&self, medians: &Medians) -> Line {
        let times = self.of.iter().map(|key| medians[key].nanoseconds_per_byte());
        Line {
            section: self.section,
            name: self.name,
            megabytes_per_second: 1e3 / times.fold(0.0, f64::max),
            ratios: self.ratios.iter().map(|ratio| ratio.worst(medians)).collect(),
        }
    }
}

impl Ratio {
    fn worst(&self, medians: &Medians) -> Worst {
        let Goals { larger_is_better, must, aim } = self.goals;
        let cases = self.cases.iter().map(|case| case.evaluate(medians));
        let (ratio, numerator) = cases
            .clone()
            .reduce(|a, b| if (a.0 <= b.0) == larger_is_better { a } else { b })
            .expect("a case");
        let has_choice = self.cases.iter().any(|case| case.numerators.len() > 1);
        Worst {
            to: self.to,
            ratio,
            corpus: numerator.1.corpus,
            competitor: has_choice.then_some(numerator.0),
            larger_is_better,
            must,
            aim,
            verdict: self.goals.verdict(ratio),
            cases: cases.map(|(ratio, (_, id))| (id.corpus, ratio)).collect(),
        }
    }
}

impl Case {
    /// Returns the ratio and the fastest of the numerators.
    fn evaluate(&self, medians: &Medians) -> (f64, Key) {
        let fastest = |keys: &[Key]| {
            let times = keys.iter().map(|key| (medians[key].nanoseconds_per_byte(), *key));
            times.min_by(|(a, _), (b, _)| a.total_cmp(b)).expect("a key")
        };
        let (numerator, key) = fastest(&self.numerators);
        (numerator / fastest(&self.denominators).0, key)
    }
}

impl Goals {
    pub(crate) const LARGER_IS_BETTER: Self =
        Self { larger_is_better: true, must: None, aim: None };
    pub(crate) const SMALLER_IS_BETTER: Self =
        Self { larger_is_better: false, must: None, aim: None };

    pub(crate) const fn at_least(must: f64, aim: f64) -> Self {
        Self { larger_is_better: true, must: Some(must), aim: Some(aim) }
    }

    pub(crate) const fn at_most(must: f64, aim: f64) -> Self {
        Self { larger_is_better: false, must: Some(must), aim: Some(aim) }
    }

    /// Requires at most `must`, without a goal.
    pub(crate) const fn must(must: f64) -> Self {
        Self { larger_is_better: false, must: Some(must), aim: None }
    }

    /// Has the goal of at most `aim`, without a requirement.
    pub(crate) const fn aim(aim: f64) -> Self {
        Self { larger_is_better: false, must: None, aim: Some(aim) }
    }

    fn verdict(self, ratio: f64) -> &'static str {
        let clears = |goal: f64| if self.larger_is_better { ratio >= goal } else { ratio <= goal };
        match (self.must.map(clears), self.aim.map(clears)) {
            (None, None) => "",
            (Some(false), _) => MISSED,
            (_, Some(true)) => "aim met",
            (Some(true), _) => "must met",
            (None, Some(false)) => "aim missed",
        }
    }
}

/// The verdict on a ratio that misses its requirement.
const MISSED: &str = "MISSED";

/// Prints the lines and the number of missed requirements.
pub(crate) fn print(lines: &[Line]) {
    for section in lines.chunk_by(|a, b| a.section == b.section) {
        print!("\n{:<32}{:>6}", section[0].section, "MB/s");
        for ratio in &section[0].ratios {
            print!("  {:<45}{:>6}{:>7}  {:<10}", ratio.to, "must", "aim", "verdict");
        }
        println!();
        for line in section {
            print!("  {:<30}{:6.0}", line.name, line.megabytes_per_second);
            line.ratios.iter().for_each(Worst::print);
            println!();
        }
    }
    let ratios = lines.iter().flat_map(|line| &line.ratios);
    let [must, missed] = [
        ratios.clone().filter(|ratio| ratio.must.is_some()).count(),
        ratios.filter(|ratio| ratio.verdict == MISSED).count(),
    ];
    println!("\n{missed} of {must} requirements missed");
}

impl Worst {
    fn print(&self) {
        let at = match self.competitor {
            Some(competitor) => format!("{competitor}, {}", self.corpus),
            None => self.corpus.into(),
        };
        let [must, aim] = [self.must, self.aim]
            .map(|goal| goal.map_or(String::new(), |goal| format!("{goal:.2}x")));
        print!("  {:6.2}x {at:<37}{must:>6}{aim:>7}  {:<10}", self.ratio, self.verdict);
    }
}
