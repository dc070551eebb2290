//! What must hold of bytes that come in pieces: cut anywhere, they give what they give whole, and
//! what a slow twin finds in them.

use ivs_chat_proto::{JsonStream, MessageAssembler, StreamError, StreamErrorKind};

/// What a stream gave: an object, or what was there instead, and where.
pub(crate) type Found = Result<Vec<u8>, (StreamErrorKind, usize)>;

/// Any bytes, whose first says how much is allowed, and how many of those behind it say how the
/// rest is cut.
pub(crate) fn any_bytes(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let (choices, bytes) = rest.split_at(usize::from(first % 16).min(rest.len()));
    match first / 16 % 4 {
        0 => either::<8192>(bytes, choices),
        1 => either::<300>(bytes, choices),
        2 => either::<20>(bytes, choices),
        _ => either::<2>(bytes, choices),
    }
}

/// A stream and messages of at most `N` bytes.
pub(crate) fn either<const N: usize>(bytes: &[u8], choices: &[u8]) {
    stream::<N>(bytes, choices);
    fragments::<N>(bytes, choices);
}

/// A stream gives the same whole, cut as chosen, and byte by byte; and again, when it has ended and
/// goes on.
pub(crate) fn stream<const N: usize>(bytes: &[u8], choices: &[u8]) {
    let expected = stream_twin(bytes, N);
    let mut stream = JsonStream::<N>::new();
    let mut begin = 0;
    for pieces in [vec![bytes], pieces(bytes, choices), bytes.chunks(1).collect()] {
        let found: Vec<_> = feed(&mut stream, &pieces)
            .into_iter()
            .map(|found| found.map_err(|(kind, offset)| (kind, offset - begin)))
            .collect();
        assert_eq!(found, expected, "at most {N} bytes, as {pieces:?}");
        begin += bytes.len();
    }
}

/// All that a stream gives of some pieces, up to its end.
pub(crate) fn feed<const N: usize>(stream: &mut JsonStream<N>, pieces: &[&[u8]]) -> Vec<Found> {
    let pair = |error: StreamError| {
        (error.kind(), usize::try_from(error.offset()).expect("not that long"))
    };
    let mut all = Vec::new();
    for piece in pieces {
        let mut input = *piece;
        while let Some(found) = stream.next(&mut input) {
            all.push(found.map(<[u8]>::to_vec).map_err(pair));
        }
        assert!(input.is_empty(), "{input:?} is left");
    }
    all.extend(stream.finish().err().map(|error| Err(pair(error))));
    assert_eq!(stream.finish(), Ok(()));
    all
}

/// What a stream finds, by looking back and forth in all of it.
fn stream_twin(bytes: &[u8], max_bytes: usize) -> Vec<Found> {
    let mut all = Vec::new();
    let mut begin = 0;
    while let Some(byte) = bytes.get(begin) {
        let rest = &bytes[begin..];
        begin += match byte {
            b' ' | b'\t' | b'\n' | b'\r' => 1,
            b'{' => {
                let (object, is_whole) = object_twin(rest);
                all.push(if object.len() > max_bytes {
                    Err((StreamErrorKind::MessageTooLong, begin))
                } else if is_whole {
                    Ok(object.to_vec())
                } else {
                    Err((StreamErrorKind::Unfinished, begin))
                });
                object.len()
            }
            _ => {
                all.push(Err((StreamErrorKind::NotAnObject, begin)));
                rest.iter().position(|byte| *byte == b'{').unwrap_or(rest.len())
            }
        };
    }
    all
}

/// The object that some bytes begin with, and whether it is whole.
fn object_twin(bytes: &[u8]) -> (&[u8], bool) {
    let (mut braces, mut in_string) = (0, false);
    for (at, byte) in bytes.iter().enumerate() {
        let before = &bytes[..at];
        match byte {
            b'\n' if in_string => return (before, false),
            b'"' if !in_string => in_string = true,
            b'"' => {
                let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
                in_string = backslashes % 2 == 1;
            }
            _ if in_string => {}
            b'{' => {
                let is_blank = |byte: &&u8| b" \t\n\r".contains(*byte);
                let last = before.iter().rfind(|byte| !is_blank(byte));
                let has_line_feed =
                    before.iter().rev().take_while(is_blank).any(|byte| *byte == b'\n');
                if has_line_feed && !last.is_some_and(|last| b":,[".contains(last)) {
                    return (before, false);
                }
                braces += 1;
            }
            b'}' if braces == 1 => return (&bytes[..=at], true),
            b'}' => braces -= 1,
            _ => {}
        }
    }
    (bytes, false)
}

/// The pieces of messages give what a vector that grows as it must says; and again, when the
/// connection has gone.
pub(crate) fn fragments<const N: usize>(bytes: &[u8], choices: &[u8]) {
    let pieces = pieces(bytes, choices);
    // Odd choices end a message.
    let fins = || choices.iter().map(|choice| choice % 2 == 1).chain([true]).cycle();
    let mut fragments = MessageAssembler::<N>::new();
    for _ in 0..2 {
        let mut message = Vec::new();
        for (piece, fin) in pieces.iter().zip(fins()) {
            let is_known = message.len() > N;
            message.extend_from_slice(piece);
            let expected = match message.len() {
                _ if is_known => None,
                length if length > N => Some(Err(N)),
                _ => fin.then_some(Ok(message.as_slice())),
            };
            let found = fragments
                .push(piece, fin)
                .map(|found| found.map_err(|oversize| oversize.max_bytes()));
            assert_eq!(found, expected, "at most {N} bytes, as {pieces:?} by {choices:?}");
            if fin {
                message.clear();
            }
        }
        fragments.clear();
        assert_eq!(fragments, MessageAssembler::new());
    }
}

/// Some bytes in pieces as long as chosen, which may be empty, and a last one.
fn pieces<'b>(bytes: &'b [u8], choices: &[u8]) -> Vec<&'b [u8]> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for choice in choices.iter().cycle().take(bytes.len()) {
        let (piece, after) = rest.split_at(usize::from(choice / 8).min(rest.len()));
        pieces.push(piece);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    pieces.push(rest);
    pieces
}
