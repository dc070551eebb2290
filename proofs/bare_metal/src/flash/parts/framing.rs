//! Assembles messages and streams from pieces.

use core::hint::black_box;

use ivs_chat_proto::{JsonStream, MessageAssembler};

pub fn run() {
    let mut fragments = MessageAssembler::<64>::new();
    while let Some(message) = fragments.push(black_box::<&[u8]>(&[]), *black_box(&true)) {
        _ = black_box(message.map_err(|error| error.max_bytes()));
    }
    fragments.clear();

    let mut stream = JsonStream::<64>::new();
    let mut piece = black_box::<&[u8]>(&[]);
    while let Some(object) = stream.next(&mut piece) {
        _ = black_box(object.map_err(|error| (error.kind(), error.offset())));
    }
    _ = black_box(stream.finish().map_err(|error| (error.kind(), error.offset())));
}
