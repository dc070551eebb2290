//! The rows of the table, with the compared functions and the goals.

use crate::functions::{HOLDOUT, HOLDOUT_PUBLISH, HOSTILE_SIZES, InputId};
use crate::table::{Case, Goals, Key, Row};
use ivs_chat_benches::spelling::{PUBLISH, SUBSCRIBE, Spelling};
use ivs_chat_benches::{hostile, hostile_publish};

const CORPORA: [&str; 3] = ["ascii", "emoji", "escaped"];

/// The competitors of decoding. Those with raw attributes leave them undecoded, as this crate does.
const COMPETITORS: &[&str] = &[
    "serde_json owned",
    "serde_json",
    "serde_json RawValue",
    "sonic-rs",
    "sonic-rs LazyValue",
    "simd-json",
];

/// The competitors that decode all texts, including those of attributes.
const DECODING_COMPETITORS: &[&str] = &["serde_json owned", "serde_json", "sonic-rs", "simd-json"];

const PUBLISH_COMPETITORS: &[&str] = &[
    "publish serde_json",
    "publish serde_json RawValue",
    "publish sonic-rs",
    "publish sonic-rs LazyValue",
];

const FASTEST: &str = "speedup over the fastest competitor";

/// Returns all rows. The goals are those of the project.
pub(crate) fn rows() -> Vec<Row> {
    [decode(), publish(), holdout(), bytes(), encode(), sessions(), framing(), hostiles(), bounds()]
        .concat()
}

fn decode() -> Vec<Row> {
    let lazily = SUBSCRIBE.map(|(spelling, how)| {
        let (fastest, captured) = match how {
            Spelling::Original => (Goals::at_least(3.0, 4.5), Goals::LARGER_IS_BETTER),
            Spelling::Spaced => (Goals::at_least(1.8, 2.5), Goals::LARGER_IS_BETTER),
            _ => (Goals::at_least(2.5, 3.5), Goals::at_least(0.5, 0.7)),
        };
        Row::new("decode", spelling, in_corpora("decode", spelling))
            .faster_than(FASTEST, COMPETITORS, fastest)
            .ratio("speed vs captured order", captured, |(function, id)| Case {
                numerators: vec![(function, InputId { spelling: "captured", ..id })],
                denominators: vec![(function, id)],
            })
    });
    let texts = SUBSCRIBE.map(|(spelling, _)| {
        let of = in_corpora("decode texts", spelling);
        let goals = Goals::at_least(1.2, 1.6);
        Row::new("decode, all texts", spelling, of).faster_than(
            FASTEST,
            DECODING_COMPETITORS,
            goals,
        )
    });
    let of = in_corpora("decode attributes", "captured");
    let attributes = Row::new("decode, attributes read", "captured", of).faster_than(
        FASTEST,
        DECODING_COMPETITORS,
        Goals::LARGER_IS_BETTER,
    );
    lazily.into_iter().chain(texts).chain([attributes]).collect()
}

fn publish() -> Vec<Row> {
    let rows = PUBLISH.map(|(spelling, _)| {
        Row::new("decode publishes", spelling, in_corpora("publish", spelling))
            .faster_than(FASTEST, PUBLISH_COMPETITORS, Goals::at_least(2.5, 3.5))
            .ratio("speed vs SDK order", Goals::LARGER_IS_BETTER, |(function, id)| Case {
                numerators: vec![(function, InputId { spelling: "sdk", ..id })],
                denominators: vec![(function, id)],
            })
    });
    rows.into()
}

/// Returns the rows for payloads that are not used for tuning, with the same goals.
fn holdout() -> Vec<Row> {
    let row = |name, function, id, competitors, goals| {
        Row::new("hold-out", name, vec![(function, id)]).faster_than(FASTEST, competitors, goals)
    };
    let [compact, spaced] = HOLDOUT.map(|(id, _)| id);
    let [publish_compact, publish_spaced] = HOLDOUT_PUBLISH.map(|(id, _)| id);
    let (texts, publishes) = (Goals::at_least(1.2, 1.6), Goals::at_least(2.5, 3.5));
    vec![
        row("decode, compact", "decode", compact, COMPETITORS, Goals::at_least(2.5, 3.5)),
        row("decode, spaced", "decode", spaced, COMPETITORS, Goals::at_least(1.8, 2.5)),
        row("all texts, compact", "decode texts", compact, DECODING_COMPETITORS, texts),
        row("all texts, spaced", "decode texts", spaced, DECODING_COMPETITORS, texts),
        row("publishes, compact", "publish", publish_compact, PUBLISH_COMPETITORS, publishes),
        row("publishes, spaced", "publish", publish_spaced, PUBLISH_COMPETITORS, publishes),
    ]
}

fn bytes() -> Vec<Row> {
    let row = Row::new("decode bytes", "captured", in_corpora("decode bytes", "captured"));
    vec![
        row.slower_than(
            "time vs from_utf8, then decode",
            "from_utf8 and decode",
            Goals::must(1.05),
        )
        .slower_than("time vs decode", "decode", Goals::aim(1.35)),
    ]
}

fn encode() -> Vec<Row> {
    let (sonic_rs, serde_json) = (Goals::at_least(1.0, 1.3), Goals::at_least(1.5, 2.5));
    let row = |name, function, spelling, competitors: [_; 2], goals: [_; 2]| {
        Row::new("encode", name, in_corpora(function, spelling))
            .faster_than("speedup over sonic-rs", competitors[0], goals[0])
            .faster_than("speedup over serde_json", competitors[1], goals[1])
    };
    let plain = [&["encode plain sonic-rs"][..], &["encode plain serde_json"]];
    let send = [&["encode send sonic-rs"][..], &["encode send serde_json"]];
    vec![
        row("plain texts", "encode plain", "captured", plain, [sonic_rs, serde_json]),
        row("SEND_MESSAGE", "encode send", "send", send, [sonic_rs, serde_json]),
        row("decoded", "encode decoded", "captured", plain, [Goals::LARGER_IS_BETTER; 2]),
    ]
}

fn sessions() -> Vec<Row> {
    let client = |name, function| {
        let of = in_corpora(function, "captured");
        Row::new("client", name, of).slower_than(
            "time vs decode",
            "decode",
            Goals::at_most(1.3, 1.1),
        )
    };
    let other = |section, function, to, than| {
        let of = in_corpora(function, "send");
        Row::new(section, function, of).slower_than(to, than, Goals::SMALLER_IS_BETTER)
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
            Goals::LARGER_IS_BETTER,
        ),
    ]
}

fn framing() -> Vec<Row> {
    let row = |section, name, function, to, whole, goals| {
        Row::new(section, name, in_corpora(function, "captured")).slower_than(to, whole, goals)
    };
    let (none, to) = (Goals::SMALLER_IS_BETTER, "time vs whole");
    let [pieces, bytes] = [Goals::at_most(1.2, 1.1), Goals::at_most(4.0, 3.0)];
    let [message, stream] = ["framing, messages", "framing, streams"];
    let decode = "time vs decode bytes";
    vec![
        row(message, "64 bytes at a time", "assemble 64", to, "assemble whole", pieces),
        row(message, "byte by byte", "assemble 1", to, "assemble whole", bytes),
        row(stream, "64 bytes at a time", "stream 64", to, "stream whole", none),
        row(stream, "byte by byte", "stream 1", to, "stream whole", none),
        row(
            "framing, whole input",
            "whole messages",
            "assemble whole",
            decode,
            "decode bytes",
            none,
        ),
        row("framing, whole input", "whole streams", "stream whole", decode, "decode bytes", none),
    ]
}

fn hostiles() -> Vec<Row> {
    let row = |section, spelling, function, typical: Vec<Key>| {
        let [short, long] =
            HOSTILE_SIZES.map(|(corpus, _)| (function, InputId { corpus, spelling }));
        let per_byte = |key| Case { numerators: vec![key], denominators: typical.clone() };
        Row::new(section, spelling, vec![short, long])
            .ratio("time per byte vs typical payloads", Goals::at_most(6.0, 4.0), per_byte)
            .case(
                "time per byte, 64 KiB vs 4 KiB",
                Goals::must(2.0),
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
                Goals::SMALLER_IS_BETTER,
            )
        })
        .into()
}

fn in_corpora(function: &'static str, spelling: &'static str) -> Vec<Key> {
    CORPORA.map(|corpus| (function, InputId { corpus, spelling })).into()
}
