//! The one table.

use std::time::Duration;

/// What was measured over one corpus.
pub(crate) struct Medians {
    pub(crate) corpus: &'static str,
    pub(crate) of: Vec<Median>,
    pub(crate) hostile: Vec<&'static str>,
}

/// The time that a contestant takes for its bytes.
pub(crate) struct Median {
    pub(crate) name: &'static str,
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
}

impl Medians {
    fn of(&self, name: &str) -> &Median {
        self.of.iter().find(|median| median.name == name).expect("a contestant of that name")
    }
}

impl Median {
    fn seconds(&self) -> f64 {
        self.time.as_secs_f64()
    }

    fn nanoseconds_per_byte(&self) -> f64 {
        self.seconds() * 1e9 / self.bytes as f64
    }
}

/// A ratio of times, and what the worst of the corpora must be and aims at.
struct Ratio {
    name: &'static str,
    of: &'static str,
    to: &'static str,
    bars: Option<Bars>,
}

enum Bars {
    AtLeast { must: f64, aim: f64 },
    AtMost { must: f64, aim: f64 },
}

impl Bars {
    fn worst(&self, ratios: &[f64]) -> f64 {
        match self {
            Self::AtLeast { .. } => ratios.iter().copied().fold(f64::INFINITY, f64::min),
            Self::AtMost { .. } => ratios.iter().copied().fold(0.0, f64::max),
        }
    }

    fn verdict(&self, worst: f64) -> &'static str {
        let (must, aim) = match *self {
            Self::AtLeast { must, aim } => (worst >= must, worst >= aim),
            Self::AtMost { must, aim } => (worst <= must, worst <= aim),
        };
        if aim {
            "aim met"
        } else if must {
            "must met"
        } else {
            "MISSED"
        }
    }
}

/// How many times as long `of` takes as `to`.
const fn ratio(name: &'static str, of: &'static str, to: &'static str, bars: Option<Bars>) -> Ratio {
    Ratio { name, of, to, bars }
}

const fn at_least(must: f64, aim: f64) -> Option<Bars> {
    Some(Bars::AtLeast { must, aim })
}

const fn at_most(must: f64, aim: f64) -> Option<Bars> {
    Some(Bars::AtMost { must, aim })
}

/// What this crate does, by which name it was measured, and its ratios.
const SECTIONS: &[(&str, &str, &[Ratio])] = &[
    (
        "decode &str, attributes lazy",
        "decode",
        &[
            ratio("serde_json, owned", "decode serde_json owned", "decode", at_least(6.0, 10.0)),
            ratio("serde_json, borrowed", "decode serde_json", "decode", at_least(2.3, 3.5)),
            ratio("sonic-rs, borrowed", "decode sonic-rs", "decode", at_least(2.2, 3.0)),
            ratio("simd-json, borrowed", "decode simd-json", "decode", at_least(3.0, 5.0)),
            ratio("core::str::from_utf8", "from_utf8", "decode", None),
            ratio("copy", "copy", "decode", None),
        ],
    ),
    (
        "decode &[u8], attributes lazy",
        "decode bytes",
        &[ratio("this, to the above", "decode bytes", "decode", at_most(1.35, 1.15))],
    ),
    (
        "feeding, 64 bytes at a time",
        "fragments",
        &[
            ratio("this, to the above", "fragments", "decode bytes", at_most(1.5, 1.2)),
            ratio("byte by byte, to the above", "fragments bytewise", "decode bytes", at_most(6.0, 3.0)),
            ratio("a stream, to the above", "stream", "decode bytes", None),
            ratio("byte by byte, to that", "stream bytewise", "stream", None),
        ],
    ),
    (
        "received by a client",
        "recv",
        &[
            ratio("this, to decode &str", "recv", "decode", at_most(1.3, 1.1)),
            ratio("with 8 requests in flight", "recv in flight", "decode", at_most(1.3, 1.1)),
            ratio("and connections overlapping", "recv overlapping", "decode", at_most(1.3, 1.1)),
            ratio("sending, to encode SEND_MESSAGE", "client send", "send", None),
        ],
    ),
    (
        "decode &str, attributes read",
        "decode attributes",
        &[
            ratio("serde_json, owned", "decode serde_json owned", "decode attributes", None),
            ratio("serde_json, borrowed", "decode serde_json", "decode attributes", None),
            ratio("sonic-rs, borrowed", "decode sonic-rs", "decode attributes", None),
            ratio("simd-json, borrowed", "decode simd-json", "decode attributes", None),
        ],
    ),
    (
        "decode &str, all texts decoded",
        "decode texts",
        &[
            ratio("serde_json, owned", "decode serde_json owned", "decode texts", None),
            ratio("serde_json, borrowed", "decode serde_json", "decode texts", None),
            ratio("sonic-rs, borrowed", "decode sonic-rs", "decode texts", None),
            ratio("simd-json, borrowed", "decode simd-json", "decode texts", None),
        ],
    ),
    (
        "decode SEND_MESSAGE",
        "decode send",
        &[
            ratio("serde_json, borrowed", "decode send serde_json", "decode send", None),
            ratio("sonic-rs, borrowed", "decode send sonic-rs", "decode send", None),
        ],
    ),
    (
        "the server's path",
        "serve",
        &[
            ratio("serde_json, borrowed", "serve serde_json", "serve", at_least(2.3, 3.5)),
            ratio("Peer::recv, to decode &[u8]", "peer recv", "decode send bytes", None),
        ],
    ),
    (
        "encode what was decoded",
        "encode",
        &[
            ratio("serde_json", "build serde_json", "encode", at_least(2.7, 4.0)),
            ratio("sonic-rs", "build sonic-rs", "encode", at_least(0.95, 1.3)),
        ],
    ),
    (
        "encode plain texts",
        "build",
        &[
            ratio("serde_json", "build serde_json", "build", at_least(2.7, 4.0)),
            ratio("sonic-rs", "build sonic-rs", "build", at_least(0.95, 1.3)),
        ],
    ),
    (
        "encode SEND_MESSAGE",
        "send",
        &[
            ratio("serde_json", "send serde_json", "send", at_least(2.7, 4.0)),
            ratio("sonic-rs", "send sonic-rs", "send", at_least(0.95, 1.3)),
        ],
    ),
];

pub(crate) fn print(measured: &[Medians]) {
    print!("{:34}", "");
    measured.iter().for_each(|medians| print!("{:>9}", medians.corpus));
    println!("{:>9}{:>8}{:>8}", "worst", "must", "aim");
    for (section, ours, ratios) in SECTIONS {
        print!("{:34}", format!("{section}, MB/s"));
        measured.iter().for_each(|medians| print!("{:9.0}", 1e3 / medians.of(ours).nanoseconds_per_byte()));
        println!();
        for Ratio { name, of, to, bars } in *ratios {
            let ratio = |medians: &Medians| medians.of(of).seconds() / medians.of(to).seconds();
            print_row(name, measured.iter().map(ratio).collect(), bars.as_ref());
        }
    }
    println!("hostile payloads, time per byte, to that of the first section");
    for name in &measured[0].hostile {
        let time = |medians: &Medians, name| medians.of(name).nanoseconds_per_byte();
        let ratio = |medians: &Medians| time(medians, name) / time(medians, "decode");
        print_row(name, measured.iter().map(ratio).collect(), at_most(6.0, 3.0).as_ref());
    }
}

fn print_row(name: &str, ratios: Vec<f64>, bars: Option<&Bars>) {
    print!("  {name:32}");
    ratios.iter().for_each(|ratio| print!("{ratio:8.2}x"));
    if let Some(bars) = bars {
        let worst = bars.worst(&ratios);
        let (Bars::AtLeast { must, aim } | Bars::AtMost { must, aim }) = bars;
        print!("{worst:8.2}x{must:7.2}x{aim:7.2}x  {}", bars.verdict(worst));
    }
    println!();
}
