//! The crate beside general JSON libraries: the same bytes, the same fields, in one process.
//!
//! `cargo run --release` prints one table: how many times as long the others take on each corpus of `benches/corpus/`,
//! and the worst of the three beside what it must be and what it aims at. Below, payloads made to be slow: how many
//! times as long a byte of them takes as one of the corpus.
//!
//! Each contestant in turn goes once over a whole corpus, 200 times or as often as the argument says, and the table
//! compares the medians. All are built alike, by cargo's release profile as it is, since that is how most applications
//! are built. The general libraries gain more than this crate by `CARGO_PROFILE_RELEASE_LTO=fat
//! CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1`: measure with your own. `RUSTFLAGS` such as `-C target-cpu=native`, which
//! sonic-rs asks for, are for whoever runs it to set, too. Wall clocks are noisy: ratios of one run can be compared, times of two runs hardly, and
//! where the linker happens to put a loop counts as well.
//!
//! `cargo run --release -- count ascii` goes only once over one corpus, and only with this crate. Instructions, unlike
//! times, are the same from run to run:
//!
//! ```text
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=measured_decode \
//!     target/release/ivs-chat-proto-peers count ascii
//! ```
//!
//! What the contestants do is the same where it can be: all of a payload is validated, and something of every field is
//! looked at, but nothing of what the attributes say. The others cannot but decode those, and escapes; this crate leaves
//! both until they are read. In the sections "attributes read" and "all texts decoded" they are, while the others still
//! do no more than before.

//!
//! What was tried for speed, and what it gave (medians, on one machine):
//!
//! - a word of eight bytes at a time in the search for the end of a string: the beginning of all else; sixteen bytes at a
//!   time, as two words, a 128-bit one or whatever the optimiser makes of sixteen comparisons: slower by 10 % and more, since
//!   most strings are short;
//! - a straight reading of the form that the service writes, which knows no errors and gives way to the general reader
//!   where it meets anything else: 1.3 times the speed;
//! - keeping the cursor in registers, by inlining what moves it into the loops and letting no address of it out: 2.5 times
//!   the speed over unknown members, 1.6 times in encoding plain texts;
//! - looking first whether an identifier or a time is as long as it always is, so that what follows need not wait for its
//!   end to be found: 1.15 times;
//! - four hexadecimal digits at once, and no search for the next escape where it follows at once: 1.2 times where there are
//!   many; all escapes of a word before the next is loaded: 1.05 times more, not worth its length;
//! - copying a word while it is searched, the last overlapping the one before: 1.5 times in encoding plain texts;
//! - no counting of code points where there are no more bytes than code points are allowed: 1.2 times in encoding a message;
//! - a piece of one byte stored by itself, instead of by a call that copies any length: twice the speed byte by byte.

#[path = "../../corpus/build.rs"]
mod build;
#[path = "../../corpus/mod.rs"]
mod corpus;
mod ours;
mod peers;
#[path = "../../corpus/room.rs"]
mod room;
mod table;
#[path = "../../corpus/typed.rs"]
mod typed;

use std::hint::black_box;
use std::time::Instant;

use ivs_chat_proto::subscribe::Subscribe;
use simd_json::Buffers;

use corpus::Corpus;
use ours::Door;
use room::Room;
use table::{Median, Medians};
use typed::{Owned, OwnedPublish, Plain, PlainPublish};

const ROUNDS: usize = 200;
/// How many bytes a hostile payload has.
const HOSTILE: usize = 16 * 1024;

fn main() {
    let corpora = corpus::all();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => table::print(&corpora.map(|corpus| measure(&corpus, ROUNDS))),
        ["count", name] => count(corpora.iter().find(|corpus| corpus.name == name).expect("ascii, emoji or escaped")),
        [rounds] => {
            let rounds = rounds.parse().expect("how many rounds");
            table::print(&corpora.map(|corpus| measure(&corpus, rounds)));
        }
        _ => panic!("nothing, a number of rounds, or `count` and the name of a corpus"),
    }
}

/// A corpus, and what encoders are given to write it again.
struct Inputs<'a> {
    decode: &'a [String],
    /// The same, behind each other.
    stream: &'a str,
    decode_send: &'a [String],
    encode: &'a [Subscribe<'a>],
    build: &'a [Plain<'a>],
    send: &'a [PlainPublish<'a>],
}

/// Prepares the inputs of a corpus, and makes sure that all agree on what it says.
fn with_inputs<T>(corpus: &Corpus, measure: impl FnOnce(&Inputs<'_>) -> T) -> T {
    let owned: Vec<Owned> = corpus.subscribe.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    let owned_send: Vec<OwnedPublish> = corpus.publish.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    let decoded: Vec<_> = corpus.subscribe.iter().map(|json| Subscribe::decode_str(json).unwrap()).collect();
    let plain: Vec<_> = owned.iter().map(Owned::to_plain).collect();
    let plain_send: Vec<_> = owned_send.iter().map(OwnedPublish::to_plain).collect();
    let inputs = Inputs {
        decode: &corpus.subscribe,
        stream: &corpus.subscribe.concat(),
        decode_send: &corpus.publish,
        encode: &decoded,
        build: &plain,
        send: &plain_send,
    };
    check(&inputs);
    measure(&inputs)
}

fn check(inputs: &Inputs<'_>) {
    let sum = peers::serde_json_owned(inputs.decode);
    assert_eq!(peers::serde_json_borrowed(inputs.decode), sum);
    assert_eq!(peers::sonic_rs_borrowed(inputs.decode), sum);
    assert_eq!(peers::simd_json_borrowed(inputs.decode, &mut Vec::new(), &mut Buffers::default()), sum);

    let (joined, stream) = (&mut ours::Joined::new(), &mut ours::Stream::new());
    let sum = ours::measured_decode(inputs.decode);
    assert_eq!(ours::measured_fragments(inputs.decode, joined), sum);
    assert_eq!(ours::measured_fragments_bytewise(inputs.decode, joined), sum);
    for mut room in [Room::new(0), Room::new(8), Room::overlapping(8)] {
        assert_eq!(ours::measured_recv(inputs.decode, &mut room), sum);
    }
    assert_eq!(
        ours::measured_peer_recv(inputs.decode_send, &mut Door::new()),
        ours::measured_decode_send(inputs.decode_send)
    );
    assert_eq!(ours::measured_stream(inputs.stream, stream), sum);
    assert_eq!(ours::measured_stream_bytewise(inputs.stream, stream), sum);

    let value = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
    let mut buffer = [0; ours::BUFFER];
    for ((json, decoded), plain) in inputs.decode.iter().zip(inputs.encode).zip(inputs.build) {
        assert_eq!(*decoded, build::build(plain));
        assert_eq!(value(decoded.encode(&mut buffer).unwrap()), value(json.as_bytes()));
        assert_eq!(value(build::build(plain).encode(&mut buffer).unwrap()), value(json.as_bytes()));
        assert_eq!(value(&serde_json::to_vec(plain).unwrap()), value(json.as_bytes()));
        assert_eq!(value(&sonic_rs::to_vec(plain).unwrap()), value(json.as_bytes()));
    }
    let (mut door, sender, mut copy) = (Door::new(), peers::sender_attributes(), Vec::new());
    for (json, plain) in inputs.decode_send.iter().zip(inputs.send) {
        let served = ours::serve(json, &mut door, &mut buffer);
        assert_eq!(value(served), value(peers::serde_json_serve(json, &sender, &mut copy)));
        assert_eq!(value(served)["Content"], plain.content);
        assert_eq!(value(build::build_send(plain).encode(&mut buffer).unwrap()), value(json.as_bytes()));
        assert_eq!(value(&serde_json::to_vec(plain).unwrap()), value(json.as_bytes()));
        assert_eq!(value(&sonic_rs::to_vec(plain).unwrap()), value(json.as_bytes()));
    }
}

type Contestant<'a> = (&'static str, usize, Box<dyn FnMut() -> usize + 'a>);

/// The medians of all contestants over one corpus, and of hostile payloads beside them.
fn measure(corpus: &Corpus, rounds: usize) -> Medians {
    let hostile = corpus::hostile(HOSTILE);
    let hostile_publish = corpus::hostile_publish(HOSTILE);
    with_inputs(corpus, |inputs| {
        let mut contestants = contestants(inputs);
        for (name, payload) in &hostile {
            contestants.push((name, payload.len(), Box::new(|| ours::hostile(payload))));
        }
        for (name, payload) in &hostile_publish {
            contestants.push((name, payload.len(), Box::new(|| ours::hostile_publish(payload))));
        }
        let mut times: Vec<_> = contestants.iter().map(|_| Vec::with_capacity(rounds)).collect();
        for _ in 0..rounds {
            for ((_, _, run), times) in contestants.iter_mut().zip(&mut times) {
                let start = Instant::now();
                black_box(run());
                times.push(start.elapsed());
            }
        }
        let medians = contestants.into_iter().zip(times).map(|((name, bytes, _), mut times)| {
            times.sort_unstable();
            Median { name, bytes, time: times[times.len() / 2] }
        });
        let hostile = hostile.iter().chain(&hostile_publish).map(|(name, _)| *name);
        Medians { corpus: corpus.name, of: medians.collect(), hostile: hostile.collect() }
    })
}

fn contestants<'a>(&Inputs { decode, stream, decode_send, encode, build, send }: &Inputs<'a>) -> Vec<Contestant<'a>> {
    let bytes = decode.iter().map(String::len).sum();
    let send_bytes = decode_send.iter().map(String::len).sum();
    let [mut copy, mut b1, mut b2, mut b3, mut b4, mut b5] = [const { Vec::new() }; 6];
    let (mut d1, mut d2, sender) = (Door::new(), Door::new(), peers::sender_attributes());
    let mut buffers = Buffers::default();
    let mut buffer = [0; ours::BUFFER];
    let [mut f1, mut f2] = [const { ours::Joined::new() }; 2];
    let (mut r1, mut r2, mut r3) = (Room::new(0), Room::new(8), Room::overlapping(8));
    let mut r4 = Room::new(0);
    let [mut s1, mut s2] = [const { ours::Stream::new() }; 2];
    vec![
        ("decode", bytes, Box::new(|| ours::measured_decode(decode))),
        ("decode bytes", bytes, Box::new(|| ours::measured_decode_bytes(decode))),
        ("decode attributes", bytes, Box::new(|| ours::measured_decode_attributes(decode))),
        ("decode texts", bytes, Box::new(|| ours::measured_decode_texts(decode))),
        ("fragments", bytes, Box::new(move || ours::measured_fragments(decode, &mut f1))),
        ("fragments bytewise", bytes, Box::new(move || ours::measured_fragments_bytewise(decode, &mut f2))),
        ("stream", bytes, Box::new(move || ours::measured_stream(stream, &mut s1))),
        ("recv", bytes, Box::new(move || ours::measured_recv(decode, &mut r1))),
        ("recv in flight", bytes, Box::new(move || ours::measured_recv(decode, &mut r2))),
        ("recv overlapping", bytes, Box::new(move || ours::measured_recv(decode, &mut r3))),
        ("client send", send_bytes, Box::new(move || ours::measured_client_send(send, &mut r4))),
        ("stream bytewise", bytes, Box::new(move || ours::measured_stream_bytewise(stream, &mut s2))),
        ("decode serde_json owned", bytes, Box::new(|| peers::serde_json_owned(decode))),
        ("decode serde_json", bytes, Box::new(|| peers::serde_json_borrowed(decode))),
        ("decode sonic-rs", bytes, Box::new(|| peers::sonic_rs_borrowed(decode))),
        ("decode simd-json", bytes, Box::new(move || peers::simd_json_borrowed(decode, &mut copy, &mut buffers))),
        ("from_utf8", bytes, Box::new(|| peers::from_utf8(decode))),
        ("copy", bytes, Box::new(move || peers::copy(decode, &mut buffer))),
        ("decode send", send_bytes, Box::new(|| ours::measured_decode_send(decode_send))),
        ("decode send serde_json", send_bytes, Box::new(|| peers::serde_json_decode_send(decode_send))),
        ("decode send sonic-rs", send_bytes, Box::new(|| peers::sonic_rs_decode_send(decode_send))),
        ("decode send bytes", send_bytes, Box::new(|| ours::measured_decode_send_bytes(decode_send))),
        ("peer recv", send_bytes, Box::new(move || ours::measured_peer_recv(decode_send, &mut d1))),
        ("serve", send_bytes, Box::new(move || ours::measured_serve(decode_send, &mut d2))),
        ("serve serde_json", send_bytes, Box::new(move || peers::serde_json_serve_all(decode_send, &sender, &mut b5))),
        ("encode", bytes, Box::new(|| ours::measured_encode(encode))),
        ("build", bytes, Box::new(|| ours::measured_build(build))),
        ("build serde_json", bytes, Box::new(move || peers::serde_json_encode(build, &mut b1))),
        ("build sonic-rs", bytes, Box::new(move || peers::sonic_rs_encode(build, &mut b2))),
        ("send", send_bytes, Box::new(|| ours::measured_send(send))),
        ("send serde_json", send_bytes, Box::new(move || peers::serde_json_encode(send, &mut b3))),
        ("send sonic-rs", send_bytes, Box::new(move || peers::sonic_rs_encode(send, &mut b4))),
    ]
}

/// Runs each function of this crate once.
fn count(corpus: &Corpus) {
    with_inputs(corpus, |inputs| {
        black_box(ours::measured_decode(inputs.decode));
        black_box(ours::measured_decode_bytes(inputs.decode));
        black_box(ours::measured_fragments(inputs.decode, &mut ours::Joined::new()));
        black_box(ours::measured_fragments_bytewise(inputs.decode, &mut ours::Joined::new()));
        black_box(ours::measured_recv(inputs.decode, &mut Room::new(8)));
        black_box(ours::measured_client_send(inputs.send, &mut Room::new(0)));
        black_box(ours::measured_stream(inputs.stream, &mut ours::Stream::new()));
        black_box(ours::measured_stream_bytewise(inputs.stream, &mut ours::Stream::new()));
        black_box(ours::measured_decode_attributes(inputs.decode));
        black_box(ours::measured_decode_texts(inputs.decode));
        black_box(ours::measured_decode_send(inputs.decode_send));
        black_box(ours::measured_decode_send_bytes(inputs.decode_send));
        black_box(ours::measured_peer_recv(inputs.decode_send, &mut Door::new()));
        black_box(ours::measured_serve(inputs.decode_send, &mut Door::new()));
        black_box(ours::measured_encode(inputs.encode));
        black_box(ours::measured_build(inputs.build));
        black_box(ours::measured_send(inputs.send));
    });
}
