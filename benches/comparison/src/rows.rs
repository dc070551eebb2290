//! What the rows of the table compare, and the bars that they have to clear.

use crate::contestants::{HOLDOUT, HOLDOUT_PUBLISH, HOSTILE_SIZES, Place};
use crate::table::{Bars, Case, Key, Row};
use ivs_chat_benches::spelling::{PUBLISH, SUBSCRIBE, Spelling};
use ivs_chat_benches::{hostile, hostile_publish};

const CORPORA: [&str; 3] = ["ascii", "emoji", "escaped"];

/// Those with raw attributes leave them undecoded, as this crate does.
const COMPETITORS: &[&str] = &[
    "serde_json owned",
    "serde_json",
    "serde_json RawValue",
    "sonic-rs",
    "sonic-rs LazyValue",
    "simd-json",
];

/// The competitors that decode all texts, those of attributes as well.
const DECODING_COMPETITORS: &[&str] = &["serde_json owned", "serde_json", "sonic-rs", "simd-json"];

const PUBLISH_COMPETITORS: &[&str] = &[
    "publish serde_json",
    "publish serde_json RawValue",
    "publish sonic-rs",
    "publish sonic-rs LazyValue",
];

const FASTEST: &str = "speedup over the fastest competitor";

/// All rows. The bars are the performance goals of the project.
pub(crate) fn rows() -> Vec<Row> {
    [decode(), publish(), holdout(), bytes(), encode(), sessions(), framing(), hostiles(), bounds()]
        .concat()
}

fn decode() -> Vec<Row> {
    let lazily = SUBSCRIBE.map(|(spelling, how)| {
        let (fastest, captured) = match how {
            Spelling::Original => (Bars::at_least(3.0, 4.5), Bars::LARGER_IS_BETTER),
            Spelling::Spaced => (Bars::at_least(1.8, 2.5), Bars::LARGER_IS_BETTER),
            _ => (Bars::at_least(2.5, 3.5), Bars::at_least(0.5, 0.7)),
        };
        Row::new("decode", spelling, in_corpora("decode", spelling))
            .faster_than(FASTEST, COMPETITORS, fastest)
            .ratio("speed vs captured order", captured, |(function, place)| Case {
                numerators: vec![(function, Place { spelling: "captured", ..place })],
                denominators: vec![(function, place)],
            })
    });
    let texts = SUBSCRIBE.map(|(spelling, _)| {
        let of = in_corpora("decode texts", spelling);
        let bars = Bars::at_least(1.2, 1.6);
        Row::new("decode, all texts", spelling, of).faster_than(FASTEST, DECODING_COMPETITORS, bars)
    });
    let of = in_corpora("decode attributes", "captured");
    let attributes = Row::new("decode, attributes read", "captured", of).faster_than(
        FASTEST,
        DECODING_COMPETITORS,
        Bars::LARGER_IS_BETTER,
    );
    lazily.into_iter().chain(texts).chain([attributes]).collect()
}

fn publish() -> Vec<Row> {
    let rows = PUBLISH.map(|(spelling, _)| {
        Row::new("decode publishes", spelling, in_corpora("publish", spelling))
            .faster_than(FASTEST, PUBLISH_COMPETITORS, Bars::at_least(2.5, 3.5))
            .ratio("speed vs SDK order", Bars::LARGER_IS_BETTER, |(function, place)| Case {
                numerators: vec![(function, Place { spelling: "sdk", ..place })],
                denominators: vec![(function, place)],
            })
    });
    rows.into()
}

/// The same bars for payloads that the crate was not tuned for.
fn holdout() -> Vec<Row> {
    let row = |name, function, place, competitors, bars| {
        Row::new("hold-out", name, vec![(function, place)]).faster_than(FASTEST, competitors, bars)
    };
    let [compact, spaced] = HOLDOUT.map(|(place, _)| place);
    let [publish_compact, publish_spaced] = HOLDOUT_PUBLISH.map(|(place, _)| place);
    let (texts, publishes) = (Bars::at_least(1.2, 1.6), Bars::at_least(2.5, 3.5));
    vec![
        row("decode, compact", "decode", compact, COMPETITORS, Bars::at_least(2.5, 3.5)),
        row("decode, spaced", "decode", spaced, COMPETITORS, Bars::at_least(1.8, 2.5)),
        row("all texts, compact", "decode texts", compact, DECODING_COMPETITORS, texts),
        row("all texts, spaced", "decode texts", spaced, DECODING_COMPETITORS, texts),
        row("publishes, compact", "publish", publish_compact, PUBLISH_COMPETITORS, publishes),
        row("publishes, spaced", "publish", publish_spaced, PUBLISH_COMPETITORS, publishes),
    ]
}

fn bytes() -> Vec<Row> {
    let row = Row::new("decode bytes", "captured", in_corpora("decode bytes", "captured"));
    vec![
        row.slower_than("time vs from_utf8, then decode", "from_utf8 and decode", Bars::must(1.05))
            .slower_than("time vs decode", "decode", Bars::aim(1.35)),
    ]
}

fn encode() -> Vec<Row> {
    let (sonic_rs, serde_json) = (Bars::at_least(1.0, 1.3), Bars::at_least(1.5, 2.5));
    let row = |name, function, spelling, competitors: [_; 2], bars: [_; 2]| {
        Row::new("encode", name, in_corpora(function, spelling))
            .faster_than("speedup over sonic-rs", competitors[0], bars[0])
            .faster_than("speedup over serde_json", competitors[1], bars[1])
    };
    let plain = [&["encode plain sonic-rs"][..], &["encode plain serde_json"]];
    let send = [&["encode send sonic-rs"][..], &["encode send serde_json"]];
    vec![
        row("plain texts", "encode plain", "captured", plain, [sonic_rs, serde_json]),
        row("SEND_MESSAGE", "encode send", "send", send, [sonic_rs, serde_json]),
        row("decoded", "encode decoded", "captured", plain, [Bars::LARGER_IS_BETTER; 2]),
    ]
}

fn sessions() -> Vec<Row> {
    let client = |name, function| {
        let of = in_corpora(function, "captured");
        Row::new("client", name, of).slower_than(
            "time vs decode",
            "decode",
            Bars::at_most(1.3, 1.1),
        )
    };
    let other = |section, function, to, than| {
        let of = in_corpora(function, "send");
        Row::new(section, function, of).slower_than(to, than, Bars::SMALLER_IS_BETTER)
    };
    vec![
        client("nothing in flight", "client"),
        client("8 requests in flight", "client in flight"),
        client("overlapping connections", "client overlapping"),
        other("client, sending", "client send", "time vs encode SEND_MESSAGE", "encode send"),
        other("server", "peer", "time vs decode bytes", "publish bytes"),
        Row::new("server, forwarding", "serve", in_corpora("serve", "send")).faster_than(
            "speedup over serde_json",
            &["serve serde_json"],
            Bars::LARGER_IS_BETTER,
        ),
    ]
}

fn framing() -> Vec<Row> {
    let row = |section, name, function, to, whole, bars| {
        Row::new(section, name, in_corpora(function, "captured")).slower_than(to, whole, bars)
    };
    let (none, to) = (Bars::SMALLER_IS_BETTER, "time vs whole");
    let [pieces, bytes] = [Bars::at_most(1.2, 1.1), Bars::at_most(4.0, 3.0)];
    let [message, stream] = ["framing, messages", "framing, streams"];
    let decode = "time vs decode bytes";
    vec![
        row(message, "64 bytes at a time", "assemble 64", to, "assemble whole", pieces),
        row(message, "byte by byte", "assemble 1", to, "assemble whole", bytes),
        row(stream, "64 bytes at a time", "stream 64", to, "stream whole", none),
        row(stream, "byte by byte", "stream 1", to, "stream whole", none),
        row("framing, whole input", "whole messages", "assemble whole", decode, "decode bytes", none),
        row("framing, whole input", "whole streams", "stream whole", decode, "decode bytes", none),
    ]
}

fn hostiles() -> Vec<Row> {
    let row = |section, spelling, function, typical: Vec<Key>| {
        let [short, long] = HOSTILE_SIZES.map(|(corpus, _)| (function, Place { corpus, spelling }));
        let per_byte = |key| Case { numerators: vec![key], denominators: typical.clone() };
        Row::new(section, spelling, vec![short, long])
            .ratio("time per byte vs typical payloads", Bars::at_most(6.0, 4.0), per_byte)
            .case(
                "time per byte, 64 KiB vs 4 KiB",
                Bars::must(2.0),
                Case { numerators: vec![long], denominators: vec![short] },
            )
    };
    let typical = || in_corpora("decode", "captured");
    let typical_publish = || in_corpora("publish", "sdk");
    let names = hostile(0).into_iter().map(|(name, _)| name);
    let publish_names = hostile_publish(0).into_iter().map(|(name, _)| name);
    names
        .map(|name| row("hostile", name, "hostile", typical()))
        .chain(
            publish_names
                .map(|name| row("hostile publishes", name, "hostile publish", typical_publish())),
        )
        .collect()
}

fn bounds() -> Vec<Row> {
    ["core::str::from_utf8", "copy"]
        .map(|function| {
            Row::new("lower bounds", function, in_corpora(function, "captured")).slower_than(
                "time vs decode",
                "decode",
                Bars::SMALLER_IS_BETTER,
            )
        })
        .into()
}

fn in_corpora(function: &'static str, spelling: &'static str) -> Vec<Key> {
    CORPORA.map(|corpus| (function, Place { corpus, spelling })).into()
}
