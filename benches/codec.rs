//! Decoding and encoding, beside `serde_json` with types that a user would write for it.
//!
//! `cargo bench --bench codec` measures; `cargo test --benches` only makes sure that all of it works. The throughput is
//! that of the payloads of one corpus, one after the other. That of hostile payloads should be of the same order, and
//! the same whether they are short or long. `benches/peers` has more to compare with.

mod corpus;

#[path = "corpus/build.rs"]
mod build;
#[path = "corpus/typed.rs"]
mod typed;

use core::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use serde::{Deserialize, Serialize};

use corpus::{Corpus, PAYLOADS};
use typed::{Borrowed, BorrowedPublish, Owned, OwnedPublish};

/// More than the longest payload of a corpus.
const BUFFER: usize = 4096;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for corpus in corpus::all() {
        decode(&mut criterion, &corpus);
        decode_publish(&mut criterion, &corpus);
        encode(&mut criterion, &corpus);
        encode_publish(&mut criterion, &corpus);
    }
    for kibibytes in [4, 64] {
        hostile(&mut criterion, kibibytes);
    }
    criterion.final_summary();
}

fn decode(criterion: &mut Criterion, corpus: &Corpus) {
    let payloads = &corpus.subscribe;
    let mut group = group(criterion, "decode", corpus, payloads);
    bench(&mut group, "str", payloads, |json| Subscribe::decode_str(json).is_ok());
    bench(&mut group, "bytes", payloads, |json| Subscribe::decode(json.as_bytes()).is_ok());
    bench(&mut group, "serde_json owned", payloads, |json| parses::<Owned>(json));
    bench(&mut group, "serde_json borrowed", payloads, |json| parses::<Borrowed<'_>>(json));
}

fn decode_publish(criterion: &mut Criterion, corpus: &Corpus) {
    let payloads = &corpus.publish;
    let mut group = group(criterion, "decode publish", corpus, payloads);
    bench(&mut group, "str", payloads, |json| Publish::decode_str(json).is_ok());
    bench(&mut group, "bytes", payloads, |json| Publish::decode(json.as_bytes()).is_ok());
    bench(&mut group, "serde_json owned", payloads, |json| parses::<OwnedPublish>(json));
    bench(&mut group, "serde_json borrowed", payloads, |json| parses::<BorrowedPublish<'_>>(json));
}

fn encode(criterion: &mut Criterion, corpus: &Corpus) {
    let decoded: Vec<_> = corpus.subscribe.iter().map(|json| Subscribe::decode_str(json).unwrap()).collect();
    let owned: Vec<Owned> = corpus.subscribe.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    let plain: Vec<_> = owned.iter().map(Owned::to_plain).collect();
    let (mut buffer, mut vec) = ([0; BUFFER], Vec::new());
    let mut group = group(criterion, "encode", corpus, &corpus.subscribe);
    bench(&mut group, "decoded", &decoded, |payload| payload.encode(&mut buffer).is_ok());
    bench(&mut group, "plain", &plain, |payload| build::build(payload).encode(&mut buffer).is_ok());
    bench(&mut group, "serde_json plain", &plain, |payload| writes(&mut vec, payload));
}

fn encode_publish(criterion: &mut Criterion, corpus: &Corpus) {
    let owned: Vec<OwnedPublish> = corpus.publish.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    let plain: Vec<_> = owned.iter().map(OwnedPublish::to_plain).collect();
    let (mut buffer, mut vec) = ([0; BUFFER], Vec::new());
    let mut group = group(criterion, "encode publish", corpus, &corpus.publish);
    bench(&mut group, "plain", &plain, |payload| build::build_send(payload).encode(&mut buffer).is_ok());
    bench(&mut group, "serde_json plain", &plain, |payload| writes(&mut vec, payload));
}

fn hostile(criterion: &mut Criterion, kibibytes: usize) {
    let mut group = criterion.benchmark_group(format!("hostile, {kibibytes} KiB"));
    for (name, payload) in corpus::hostile(kibibytes * 1024) {
        group.throughput(Throughput::Bytes(payload.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert!(Subscribe::decode_str(black_box(&payload)).is_ok()));
        });
    }
    for (name, payload) in corpus::hostile_publish(kibibytes * 1024) {
        group.throughput(Throughput::Bytes(payload.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert!(Publish::decode_str(black_box(&payload)).is_ok()));
        });
    }
}

fn group<'a>(
    criterion: &'a mut Criterion,
    name: &str,
    corpus: &Corpus,
    payloads: &[String],
) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(format!("{name}, {}", corpus.name));
    group.throughput(Throughput::Bytes(payloads.iter().map(String::len).sum::<usize>() as u64));
    group
}

/// Measures `succeeds` over all the payloads, and that it does.
fn bench<T>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    payloads: &[T],
    mut succeeds: impl FnMut(&T) -> bool,
) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| assert_eq!(payloads.iter().filter(|payload| succeeds(black_box(payload))).count(), PAYLOADS));
    });
}

fn parses<'a, T: Deserialize<'a>>(json: &'a str) -> bool {
    black_box(serde_json::from_str::<T>(json)).is_ok()
}

fn writes(vec: &mut Vec<u8>, payload: &impl Serialize) -> bool {
    vec.clear();
    serde_json::to_writer(&mut *vec, payload).is_ok()
}
