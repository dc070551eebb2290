//! Benchmarks of decoding and encoding, with `serde_json` beside them, and of framing and
//! receiving.
//!
//! `cargo bench --bench codec` measures. `cargo bench --bench codec -- --test` only checks that
//! everything works. Throughput is that of a whole corpus, one payload after another. Hostile
//! payloads should have a throughput of the same order of magnitude, independent of their length.
//! `benches/README.md` describes the corpora and the comparison with more libraries.

use core::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{JsonStream, MessageAssembler};
use serde::{Deserialize, Serialize};

use ivs_chat_benches::client::ConnectedClient;
use ivs_chat_benches::typed::{Borrowed, BorrowedPublish, Owned, OwnedPublish, Pairs, Text};
use ivs_chat_benches::{self as corpus, Corpus, PAYLOADS, build, spelling};

/// More than the length of the longest payload of a corpus.
const BUFFER: usize = 4096;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for corpus in corpus::all() {
        if corpus.name == "ascii" {
            decode_spellings(&mut criterion, &corpus);
        }
        decode(&mut criterion, &corpus);
        decode_publish(&mut criterion, &corpus);
        encode(&mut criterion, &corpus);
        encode_publish(&mut criterion, &corpus);
        assemble(&mut criterion, &corpus);
        stream(&mut criterion, &corpus);
        client(&mut criterion, &corpus);
    }
    for kibibytes in [4, 64] {
        hostile(&mut criterion, kibibytes);
        hostile_stream(&mut criterion, kibibytes);
    }
    criterion.final_summary();
}

fn decode(criterion: &mut Criterion, corpus: &Corpus) {
    let payloads = &corpus.subscribe;
    let mut group = group(criterion, "decode", corpus, payloads);
    bench(&mut group, "str", payloads, |json| Subscribe::decode_str(json).is_ok());
    bench(&mut group, "bytes", payloads, |json| Subscribe::decode(json.as_bytes()).is_ok());
    bench(&mut group, "serde_json owned", payloads, |json| parses::<Owned>(json));
    bench(&mut group, "serde_json borrowed", payloads, |json| {
        parses::<Borrowed<'_, Pairs<Text<'_>>>>(json)
    });
}

/// Decodes the corpus in every spelling.
fn decode_spellings(criterion: &mut Criterion, corpus: &Corpus) {
    for (name, how) in spelling::SUBSCRIBE {
        spelling::check(&corpus.subscribe, how);
        let payloads = spelling::spell(&corpus.subscribe, how);
        let mut group = group(criterion, "decode spellings", corpus, &payloads);
        bench(&mut group, name, &payloads, |json| Subscribe::decode_str(json).is_ok());
    }
    for (name, how) in spelling::PUBLISH {
        spelling::check(&corpus.publish, how);
        let payloads = spelling::spell(&corpus.publish, how);
        let mut group = group(criterion, "decode publish spellings", corpus, &payloads);
        bench(&mut group, name, &payloads, |json| Publish::decode_str(json).is_ok());
    }
}

fn decode_publish(criterion: &mut Criterion, corpus: &Corpus) {
    let payloads = &corpus.publish;
    let mut group = group(criterion, "decode publish", corpus, payloads);
    bench(&mut group, "str", payloads, |json| Publish::decode_str(json).is_ok());
    bench(&mut group, "bytes", payloads, |json| Publish::decode(json.as_bytes()).is_ok());
    bench(&mut group, "serde_json borrowed", payloads, |json| {
        parses::<BorrowedPublish<'_, Pairs<Text<'_>>>>(json)
    });
}

fn encode(criterion: &mut Criterion, corpus: &Corpus) {
    let decoded: Vec<_> =
        corpus.subscribe.iter().map(|json| Subscribe::decode_str(json).unwrap()).collect();
    let owned: Vec<Owned> =
        corpus.subscribe.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    let plain: Vec<_> = owned.iter().map(Owned::to_plain).collect();
    let (mut buffer, mut vec) = ([0; BUFFER], Vec::new());
    let mut group = group(criterion, "encode", corpus, &corpus.subscribe);
    bench(&mut group, "decoded", &decoded, |payload| payload.encode(&mut buffer).is_ok());
    bench(&mut group, "plain", &plain, |payload| build::build(payload).encode(&mut buffer).is_ok());
    bench(&mut group, "serde_json plain", &plain, |payload| writes(&mut vec, payload));
}

fn encode_publish(criterion: &mut Criterion, corpus: &Corpus) {
    let owned: Vec<OwnedPublish> =
        corpus.send.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    let plain: Vec<_> = owned.iter().map(OwnedPublish::to_plain).collect();
    let (mut buffer, mut vec) = ([0; BUFFER], Vec::new());
    let mut group = group(criterion, "encode publish", corpus, &corpus.send);
    bench(&mut group, "plain", &plain, |payload| {
        build::build_send(payload).encode(&mut buffer).is_ok()
    });
    bench(&mut group, "serde_json plain", &plain, |payload| writes(&mut vec, payload));
}

/// Assembles messages from fragments and decodes them.
fn assemble(criterion: &mut Criterion, corpus: &Corpus) {
    let payloads = &corpus.subscribe;
    let mut assembler = MessageAssembler::<BUFFER>::new();
    let mut group = group(criterion, "assemble and decode", corpus, payloads);
    for (name, length) in [("whole", BUFFER), ("64 bytes at a time", 64), ("byte by byte", 1)] {
        bench(&mut group, name, payloads, |json| {
            let (before, last) = json.as_bytes().split_at((json.len() - 1) / length * length);
            for piece in before.chunks_exact(length) {
                assert!(assembler.push(piece, false).is_none());
            }
            assembler.push(last, true).is_some_and(|message| {
                message.is_ok_and(|message| Subscribe::decode(message).is_ok())
            })
        });
    }
}

fn stream(criterion: &mut Criterion, corpus: &Corpus) {
    let input = corpus.subscribe.concat();
    let mut stream = JsonStream::<BUFFER>::new();
    let mut group = group(criterion, "stream", corpus, &corpus.subscribe);
    for (name, length) in [("whole", input.len()), ("byte by byte", 1)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                assert_eq!(objects(&mut stream, black_box(input.as_bytes()), length), PAYLOADS);
            });
        });
    }
}

fn client(criterion: &mut Criterion, corpus: &Corpus) {
    let payloads = &corpus.subscribe;
    let mut group = group(criterion, "client", corpus, payloads);
    for (name, in_flight, is_overlapping) in [
        ("nothing in flight", 0, false),
        ("8 requests in flight", 8, false),
        ("overlapping connections", 8, true),
    ] {
        let mut connected = if is_overlapping {
            ConnectedClient::overlapping(in_flight)
        } else {
            ConnectedClient::new(in_flight)
        };
        let ConnectedClient { client, connection } = &mut connected;
        bench(&mut group, name, payloads, |json| {
            client
                .handle_message_str(ConnectedClient::NOW, *connection, json)
                .is_ok_and(|it| it.is_some())
        });
    }
}

/// Counts the objects in `input`, in pieces of `length` bytes.
fn objects<const N: usize>(stream: &mut JsonStream<N>, input: &[u8], length: usize) -> usize {
    let mut objects = 0;
    for mut piece in input.chunks(length) {
        while let Some(object) = stream.next(&mut piece) {
            assert!(object.is_ok());
            objects += 1;
        }
    }
    objects
}

/// Streams that are slow byte by byte: objects that never end, and input without objects.
fn hostile_stream(criterion: &mut Criterion, kibibytes: usize) {
    let mut group = criterion.benchmark_group(format!("hostile streams, {kibibytes} KiB"));
    let mut stream = Box::new(JsonStream::<{ 128 * 1024 }>::new());
    for (name, piece) in [
        ("braces", "{"),
        ("braces on lines", "{\"\":\n"),
        ("objects cut short", "{\n"),
        ("empty objects", "{}"),
        ("escapes", "{\"\\\\\\\\\\\\\"}"),
        ("white space", "\n"),
        ("garbage", "\""),
    ] {
        let input = piece.repeat(kibibytes * 1024 / piece.len());
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for byte in black_box(input.as_bytes()).chunks_exact(1) {
                    black_box(stream.next(&mut &*byte));
                }
                stream.finish().is_ok()
            });
        });
    }
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

/// Measures `succeeds` over all payloads, and asserts that it returns `true` for each.
fn bench<T>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    payloads: &[T],
    mut succeeds: impl FnMut(&T) -> bool,
) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            assert_eq!(
                payloads.iter().filter(|payload| succeeds(black_box(payload))).count(),
                PAYLOADS
            );
        });
    });
}

fn parses<'a, T: Deserialize<'a>>(json: &'a str) -> bool {
    black_box(serde_json::from_str::<T>(json)).is_ok()
}

fn writes(vec: &mut Vec<u8>, payload: &impl Serialize) -> bool {
    vec.clear();
    serde_json::to_writer(&mut *vec, payload).is_ok()
}
