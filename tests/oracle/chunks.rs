//! The oracles of the framing: input cut into any pieces gives the same results as the whole input,
//! and the same results as a slow model that sees all of it.

use ivs_chat_proto::{JsonStream, MessageAssembler, StreamError, StreamErrorKind};

/// A result of a stream: an object, or an error and its offset.
pub(crate) type Found = Result<Vec<u8>, (StreamErrorKind, usize)>;

/// Checks any bytes. The first byte chooses the capacity, and the number of bytes after it that
/// choose how the rest is cut.
pub(crate) fn check_bytes(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let (choices, bytes) = rest.split_at(usize::from(first % 16).min(rest.len()));
    match first / 16 % 4 {
        0 => check_both::<8192>(bytes, choices),
        1 => check_both::<300>(bytes, choices),
        2 => check_both::<20>(bytes, choices),
        _ => check_both::<2>(bytes, choices),
    }
}

/// Checks a stream and a message assembler with a capacity of `N` bytes.
pub(crate) fn check_both<const N: usize>(bytes: &[u8], choices: &[u8]) {
    check_stream::<N>(bytes, choices);
    check_assembler::<N>(bytes, choices);
}

/// Checks that a stream gives the results of the model for the whole input, for the chosen pieces
/// and byte by byte, also when it continues after its end.
pub(crate) fn check_stream<const N: usize>(bytes: &[u8], choices: &[u8]) {
    let expected = model_stream(bytes, N);
    let mut stream = JsonStream::<N>::new();
    let mut begin = 0;
    for pieces in [vec![bytes], pieces(bytes, choices), bytes.chunks(1).collect()] {
        let found: Vec<_> = feed(&mut stream, &pieces)
            .into_iter()
            .map(|found| found.map_err(|(kind, offset)| (kind, offset - begin)))
            .collect();
        assert_eq!(found, expected, "capacity {N}, pieces {pieces:?}");
        begin += bytes.len();
    }
}

/// Returns all results of a stream for these pieces, up to its end.
pub(crate) fn feed<const N: usize>(stream: &mut JsonStream<N>, pieces: &[&[u8]]) -> Vec<Found> {
    let pair = |error: StreamError| {
        (error.kind(), usize::try_from(error.offset()).expect("an offset in the input"))
    };
    let mut all = Vec::new();
    for piece in pieces {
        let mut input = *piece;
        while let Some(found) = stream.next(&mut input) {
            all.push(found.map(<[u8]>::to_vec).map_err(pair));
        }
        assert!(input.is_empty(), "unread input: {input:?}");
    }
    all.extend(stream.finish().err().map(|error| Err(pair(error))));
    assert_eq!(stream.finish(), Ok(()));
    all
}

/// The model of a stream. It looks back and forth in the whole input.
fn model_stream(bytes: &[u8], max_bytes: usize) -> Vec<Found> {
    let mut all = Vec::new();
    let mut begin = 0;
    while let Some(byte) = bytes.get(begin) {
        let rest = &bytes[begin..];
        begin += match byte {
            b' ' | b'\t' | b'\n' | b'\r' => 1,
            b'{' => {
                let (object, is_complete) = model_object(rest);
                all.push(if object.len() > max_bytes {
                    Err((StreamErrorKind::MessageTooLong, begin))
                } else if is_complete {
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

/// Returns the object at the beginning of the bytes, and `true` if it is complete.
fn model_object(bytes: &[u8]) -> (&[u8], bool) {
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

/// Checks that a message assembler gives the same messages as a growing vector, also after the
/// connection was replaced.
pub(crate) fn check_assembler<const N: usize>(bytes: &[u8], choices: &[u8]) {
    let pieces = pieces(bytes, choices);
    // Odd choices end a message.
    let fins = || choices.iter().map(|choice| choice % 2 == 1).chain([true]).cycle();
    let mut assembler = MessageAssembler::<N>::new();
    for _ in 0..2 {
        let mut message = Vec::new();
        for (piece, fin) in pieces.iter().zip(fins()) {
            let is_reported = message.len() > N;
            message.extend_from_slice(piece);
            let expected = match message.len() {
                _ if is_reported => None,
                length if length > N => Some(Err(N)),
                _ => fin.then_some(Ok(message.as_slice())),
            };
            let found = assembler
                .push(piece, fin)
                .map(|found| found.map_err(|too_long| too_long.max_bytes()));
            assert_eq!(found, expected, "capacity {N}, pieces {pieces:?}, choices {choices:?}");
            if fin {
                message.clear();
            }
        }
        assembler.clear();
        assert_eq!(assembler, MessageAssembler::new());
    }
}

/// Cuts bytes into pieces of the chosen lengths, which may be zero, and a last piece.
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
