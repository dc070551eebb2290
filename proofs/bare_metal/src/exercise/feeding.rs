//! Checks messages and streams that arrive in pieces.

use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{JsonStream, MessageAssembler, StreamErrorKind};

use super::{MESSAGE, unknown};

pub fn fragments() -> Option<bool> {
    let whole = unknown(MESSAGE.as_bytes());
    let mut fragments = MessageAssembler::<512>::new();
    for length in 1..=whole.len() {
        for piece in whole.chunks(length) {
            if fragments.push(piece, *unknown(&false)).is_some() {
                return None;
            }
        }
        let message = fragments.push(unknown([].as_slice()), *unknown(&true))?.ok()?;
        if message != whole || !matches!(Subscribe::decode(message), Ok(Subscribe::Message(_))) {
            return None;
        }
    }
    let too_long = unknown([b' '; 300].as_slice());
    Some(
        fragments.push(too_long, *unknown(&false)).is_none()
            && fragments.push(too_long, *unknown(&false))?.err()?.max_bytes() == 512
            && fragments.push(too_long, *unknown(&true)).is_none()
            && fragments.push(whole, *unknown(&true))?.ok()? == whole
            && fragments.push(whole, *unknown(&false)).is_none()
            && {
                fragments.clear();
                fragments.push(unknown(b"{}".as_slice()), *unknown(&true))?.ok()? == b"{}"
            },
    )
}

pub fn stream() -> Option<bool> {
    let input =
        unknown(b"{\"a\":\"}\\\"\"}x{\"b\n {\"c\":1\n{\"d\":{}}{\"e\":\"too long\"}\n{".as_slice());
    let expected: [Result<&[u8], (StreamErrorKind, u64)>; 6] = [
        Ok(b"{\"a\":\"}\\\"\"}"),
        Err((StreamErrorKind::NotAnObject, 11)),
        Err((StreamErrorKind::Unfinished, 12)),
        Err((StreamErrorKind::Unfinished, 17)),
        Ok(b"{\"d\":{}}"),
        Err((StreamErrorKind::MessageTooLong, 32)),
    ];
    let mut stream = JsonStream::<12>::new();
    for length in 1..=input.len() {
        let mut expected = expected.iter();
        for mut piece in input.chunks(length) {
            while let Some(found) = stream.next(&mut piece) {
                if expected.next()? != &found.map_err(|error| (error.kind(), error.offset())) {
                    return None;
                }
            }
        }
        if expected.next().is_some() || stream.finish().err()?.kind() != StreamErrorKind::Unfinished
        {
            return None;
        }
        stream = JsonStream::new();
    }
    Some(true)
}
