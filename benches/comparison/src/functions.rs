//! The measured functions and their inputs.

use std::fmt;
use std::hint::black_box;

use ivs_chat_proto::subscribe::Subscribe;
use serde_json::value::RawValue;
use simd_json::Buffers;
use sonic_rs::LazyValue;

use crate::competitors::{self, Decoded, Lazy, Raw};
use crate::ours::{self, Assembler, Server, Stream};
use ivs_chat_benches::Corpus;
use ivs_chat_benches::client::ConnectedClient;
use ivs_chat_benches::spelling::{self, Spelling};
use ivs_chat_benches::typed::{
    BorrowedPublish, CamelCasePublish, LowerCasePublish, Owned, OwnedPublish, Pairs, Plain,
    PlainPublish, Text,
};

/// The payloads of one corpus in one spelling.
pub(crate) struct Input {
    pub(crate) id: InputId,
    pub(crate) payloads: Vec<String>,
    /// Selects the types of the competitors for publish payloads.
    spelling: Spelling,
    pub(crate) functions: &'static [&'static [Function]],
}

/// The name of an input, such as `ascii/shuffled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InputId {
    pub(crate) corpus: &'static str,
    pub(crate) spelling: &'static str,
}

/// Runs a function once over all payloads of an input.
pub(crate) type Run = Box<dyn FnMut() -> usize>;

/// A measured function.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) prepare: Prepare,
}

/// Prepares a function for an input. Inputs are never dropped.
pub(crate) enum Prepare {
    /// No preparation.
    None(fn(&'static [String]) -> usize),
    Some(fn(&'static Input) -> Run),
}

/// Payloads from another generator, which are not used for tuning.
pub(crate) const HOLDOUT: [(InputId, &str); 2] = [
    (holdout("compact"), include_str!("../../holdout/subscribe-compact.jsonl")),
    (holdout("spaced"), include_str!("../../holdout/subscribe-spaced.jsonl")),
];
pub(crate) const HOLDOUT_PUBLISH: [(InputId, &str); 2] = [
    (holdout("compact"), include_str!("../../holdout/publish-compact.jsonl")),
    (holdout("spaced"), include_str!("../../holdout/publish-spaced.jsonl")),
];

/// The two lengths of hostile payloads.
pub(crate) const HOSTILE_SIZES: [(&str, usize); 2] = [("4 KiB", 4 * 1024), ("64 KiB", 64 * 1024)];

/// Functions measured over every spelling of subscribe payloads.
const DECODE: &[Function] = &[
    function("decode", ours::decode),
    function("decode texts", ours::decode_texts),
    function("serde_json owned", competitors::serde_json::<Owned>),
    function("serde_json", competitors::serde_json::<Decoded<'_>>),
    function("serde_json RawValue", competitors::serde_json::<Raw<'_>>),
    function("sonic-rs", competitors::sonic_rs::<Decoded<'_>>),
    function("sonic-rs LazyValue", competitors::sonic_rs::<Lazy<'_>>),
    prepared("simd-json", |input| {
        let (mut copy, mut buffers) = (Vec::new(), Buffers::default());
        Box::new(move || competitors::simd_json(&input.payloads, &mut copy, &mut buffers))
    }),
];

/// Functions measured over the captured order only.
const CAPTURED: &[Function] = &[
    function("decode bytes", ours::decode_bytes),
    function("from_utf8 and decode", ours::check_and_decode),
    function("decode attributes", ours::decode_attributes),
    function("core::str::from_utf8", competitors::from_utf8),
    prepared("copy", |input| {
        let mut buffer = vec![0; ours::BUFFER];
        Box::new(move || competitors::copy(&input.payloads, &mut buffer))
    }),
    prepared("assemble whole", |input| assemble(input, ours::BUFFER)),
    prepared("assemble 64", |input| assemble(input, 64)),
    prepared("assemble 1", |input| assemble(input, 1)),
    prepared("stream whole", |input| stream(input, usize::MAX)),
    prepared("stream 64", |input| stream(input, 64)),
    prepared("stream 1", |input| stream(input, 1)),
    prepared("client", |input| client(input, ConnectedClient::new(0))),
    prepared("client in flight", |input| client(input, ConnectedClient::new(8))),
    prepared("client overlapping", |input| client(input, ConnectedClient::overlapping(8))),
    prepared("encode decoded", |input| {
        let decode = |json: &'static String| Subscribe::decode_str(json).unwrap();
        let payloads: Vec<_> = input.payloads.iter().map(decode).collect();
        Box::new(move || ours::encode(&payloads))
    }),
    prepared("encode plain", |input| {
        let payloads = plain(&input.payloads);
        Box::new(move || ours::encode_plain(&payloads))
    }),
    prepared("encode plain serde_json", |input| {
        let (payloads, mut buffer) = (plain(&input.payloads), Vec::new());
        Box::new(move || competitors::serde_json_encode(&payloads, &mut buffer))
    }),
    prepared("encode plain sonic-rs", |input| {
        let (payloads, mut buffer) = (plain(&input.payloads), Vec::new());
        Box::new(move || competitors::sonic_rs_encode(&payloads, &mut buffer))
    }),
];

/// Prepares a competitor for publish payloads, with the type for their letter case.
macro_rules! publish {
    ($library:ident, $attributes:ty) => {
        |input| match input.spelling {
            Spelling::CamelCase => Box::new(|| {
                competitors::$library::<CamelCasePublish<'_, $attributes>>(&input.payloads)
            }),
            Spelling::LowerCase => Box::new(|| {
                competitors::$library::<LowerCasePublish<'_, $attributes>>(&input.payloads)
            }),
            _ => Box::new(|| {
                competitors::$library::<BorrowedPublish<'_, $attributes>>(&input.payloads)
            }),
        }
    };
}

/// Functions measured over every spelling of publish payloads.
const PUBLISH: &[Function] = &[
    function("publish", ours::decode_publish),
    prepared("publish serde_json", publish!(serde_json, Pairs<Text<'_>>)),
    prepared("publish serde_json RawValue", publish!(serde_json, &RawValue)),
    prepared("publish sonic-rs", publish!(sonic_rs, Pairs<Text<'_>>)),
    prepared("publish sonic-rs LazyValue", publish!(sonic_rs, LazyValue<'_>)),
];

/// Functions measured over `SEND_MESSAGE` in the member order of the official SDKs.
const SEND: &[Function] = &[
    function("publish bytes", ours::decode_publish_bytes),
    prepared("peer", |input| {
        let mut server = Server::new();
        Box::new(move || ours::peer(&input.payloads, &mut server))
    }),
    prepared("serve", |input| {
        let mut server = Server::new();
        Box::new(move || ours::serve_all(&input.payloads, &mut server))
    }),
    prepared("serve serde_json", |input| {
        let (sender, mut buffer) = (competitors::sender_attributes(), Vec::new());
        Box::new(move || competitors::serve_all(&input.payloads, &sender, &mut buffer))
    }),
    prepared("encode send", |input| {
        let payloads = plain_send(&input.payloads);
        Box::new(move || ours::encode_send(&payloads))
    }),
    prepared("encode send serde_json", |input| {
        let (payloads, mut buffer) = (plain_send(&input.payloads), Vec::new());
        Box::new(move || competitors::serde_json_encode(&payloads, &mut buffer))
    }),
    prepared("encode send sonic-rs", |input| {
        let (payloads, mut buffer) = (plain_send(&input.payloads), Vec::new());
        Box::new(move || competitors::sonic_rs_encode(&payloads, &mut buffer))
    }),
    prepared("client send", |input| {
        let (payloads, mut connected) = (plain_send(&input.payloads), ConnectedClient::new(0));
        Box::new(move || ours::client_send(&payloads, &mut connected))
    }),
];

const HOSTILE: &[Function] = &[function("hostile", ours::decode)];
const HOSTILE_PUBLISH: &[Function] = &[function("hostile publish", ours::decode_publish)];

/// Returns every input.
pub(crate) fn inputs() -> &'static [Input] {
    let mut inputs = Vec::new();
    let mut add = |id, payloads, spelling, functions| {
        inputs.push(Input { id, payloads, spelling, functions });
    };
    for Corpus { name: corpus, subscribe, publish, send } in ivs_chat_benches::all() {
        for (spelling, how) in spelling::SUBSCRIBE {
            spelling::check(&subscribe, how);
            let functions: &[&[Function]] =
                if how == Spelling::Original { &[DECODE, CAPTURED] } else { &[DECODE] };
            let payloads = spelling::spell(&subscribe, how);
            add(InputId { corpus, spelling }, payloads, how, functions);
        }
        for (spelling, how) in spelling::PUBLISH {
            spelling::check(&publish, how);
            let payloads = spelling::spell(&publish, how);
            add(InputId { corpus, spelling }, payloads, how, &[PUBLISH]);
        }
        add(InputId { corpus, spelling: "send" }, send, Spelling::Original, &[SEND]);
    }
    for (id, json) in HOLDOUT {
        add(id, lines(json), Spelling::Original, &[DECODE]);
    }
    for (id, json) in HOLDOUT_PUBLISH {
        add(id, lines(json), Spelling::Original, &[PUBLISH]);
    }
    for (corpus, size) in HOSTILE_SIZES {
        // Short and long payloads have the same total number of bytes.
        let copies = 64 * 1024 / size;
        for (spelling, payload) in ivs_chat_benches::hostile(size) {
            let payloads = vec![payload; copies];
            add(InputId { corpus, spelling }, payloads, Spelling::Original, &[HOSTILE]);
        }
        for (spelling, payload) in ivs_chat_benches::hostile_publish(size) {
            let payloads = vec![payload; copies];
            add(InputId { corpus, spelling }, payloads, Spelling::Original, &[HOSTILE_PUBLISH]);
        }
    }
    inputs.leak()
}

const fn holdout(spelling: &'static str) -> InputId {
    InputId { corpus: "hold-out", spelling }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(String::from).collect()
}

const fn function(name: &'static str, run: fn(&'static [String]) -> usize) -> Function {
    Function { name, prepare: Prepare::None(run) }
}

const fn prepared(name: &'static str, prepare: fn(&'static Input) -> Run) -> Function {
    Function { name, prepare: Prepare::Some(prepare) }
}

impl Function {
    pub(crate) fn prepare(&self, input: &'static Input) -> Run {
        match self.prepare {
            Prepare::None(run) => Box::new(move || run(&input.payloads)),
            Prepare::Some(prepare) => prepare(input),
        }
    }
}

impl Input {
    pub(crate) fn bytes(&self) -> usize {
        self.payloads.iter().map(String::len).sum()
    }

    /// Reads one byte of every cache line.
    pub(crate) fn touch(&self) {
        let lines = self.payloads.iter().flat_map(|payload| payload.as_bytes().chunks(64));
        black_box(lines.fold(0_u8, |sum, line| sum.wrapping_add(line[0])));
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = &'static Function> {
        self.functions.iter().copied().flatten()
    }
}

impl fmt::Display for InputId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.corpus, self.spelling)
    }
}

fn assemble(input: &'static Input, length: usize) -> Run {
    let mut assembler = Assembler::new();
    Box::new(move || ours::assemble(&input.payloads, length, &mut assembler))
}

fn stream(input: &'static Input, length: usize) -> Run {
    let (payloads, mut stream) = (input.payloads.concat(), Stream::new());
    Box::new(move || ours::stream(&payloads, length, &mut stream))
}

fn client(input: &'static Input, mut connected: ConnectedClient) -> Run {
    Box::new(move || ours::client(&input.payloads, &mut connected))
}

/// Returns the values from which an encoder writes the payloads again.
pub(crate) fn plain(payloads: &[String]) -> Vec<Plain<'static>> {
    let owned: Vec<Owned> =
        payloads.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    owned.leak().iter().map(Owned::to_plain).collect()
}

pub(crate) fn plain_send(payloads: &[String]) -> Vec<PlainPublish<'static>> {
    let owned: Vec<OwnedPublish> =
        payloads.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    owned.leak().iter().map(OwnedPublish::to_plain).collect()
}
