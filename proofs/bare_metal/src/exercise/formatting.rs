//! Checks the `Display` implementations.
//!
//! The `Debug` implementation of `Text` is excluded. It escapes characters by tables of `core`,
//! whose indices the optimizer cannot check.

use core::fmt::{self, Write as _};

use ivs_chat_proto::publish::DeleteMessage;
use ivs_chat_proto::server::{Config, Peer};
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{
    Content, Endpoint, ErrorCode, Instant, JsonStream, MessageAssembler, Text, Timestamp, Token,
};

use super::{unknown, unknown_mut};

/// A writer into a buffer.
struct Line<'b> {
    buffer: &'b mut [u8],
    end: usize,
}

impl fmt::Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.end.saturating_add(text.len());
        let place = self.buffer.get_mut(self.end..end).ok_or(fmt::Error)?;
        for (to, from) in place.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        self.end = end;
        Ok(())
    }
}

fn is_written(expected: &str, value: fmt::Arguments<'_>) -> bool {
    let mut buffer = [0; 128];
    let mut line = Line { buffer: unknown_mut(&mut buffer), end: 0 };
    line.write_fmt(value).is_ok() && line.buffer.get(..line.end) == Some(expected.as_bytes())
}

pub fn check() -> Option<bool> {
    let payload = unknown(br#"{"Type":"MESSAGE","Content":7}"#.as_slice());
    let refused = Subscribe::decode(payload).err()?;
    let needed = DeleteMessage::new(unknown("m")).encode(unknown_mut(&mut [])).err()?;
    let too_long = Content::with_limit(unknown("hello"), *unknown(&4)).err()?;
    let oversize =
        MessageAssembler::<4>::new().push(unknown(b"hello".as_slice()), *unknown(&true))?.err()?;
    let garbage = JsonStream::<4>::new().next(&mut unknown(b" hello".as_slice()))?.err()?;
    let time = Timestamp::parse(unknown("2026-11-22T12:00:00.250+01:00")).ok()?;
    let [whole, least] =
        [*unknown(&0), *unknown(&1)].map(|nanoseconds| Timestamp::new(-1, nanoseconds));
    let mut peer = Peer::new(Instant::from_millis(*unknown(&0)), *unknown(&Config::new()));
    let publishes = [r#"{"Action":"SEND_MESSAGE","Content":"hej"}"#, r#"{"Action":"JOIN"}"#];
    let mut causes = publishes
        .map(|publish| {
            peer.handle_message(Instant::from_millis(1), unknown(publish.as_bytes())).err()
        })
        .into_iter();
    let [forbidden, unheard] = [causes.next()??, causes.next()??];
    Some(
        is_written(
            "invalid type for Content: expected a string, at byte 28",
            format_args!("{refused}"),
        ) && is_written("buffer too small: 36 bytes are needed", format_args!("{needed}"))
            && is_written(
                "invalid content length: expected 1 to 4 code points, found 5",
                format_args!("{too_long}"),
            )
            && is_written("message exceeds 4 bytes", format_args!("{oversize}"))
            && is_written("not an object, at byte 1", format_args!("{garbage}"))
            && is_written("2026-11-22T11:00:00.25Z", format_args!("{time}"))
            && time.format_into(unknown_mut(&mut [0; 64])).ok()? == "2026-11-22T11:00:00.25Z"
            && time.format_into(unknown_mut(&mut [0; 5])).is_err()
            && is_written("1969-12-31T23:59:59Z", format_args!("{}", whole?))
            && is_written("1969-12-31T23:59:59.000000001Z", format_args!("{}", least?))
            && is_written(
                "429 Too Many Requests",
                format_args!("{}", ErrorCode::new(*unknown(&429))),
            )
            && is_written(
                "wss://edge.ivschat.us-west-2.amazonaws.com",
                format_args!("{}", Endpoint::new(unknown("us-west-2")).ok()?),
            )
            && is_written("SEND_MESSAGE is not permitted", format_args!("{}", forbidden.cause))
            && is_written("unknown Action, at byte 10", format_args!("{}", unheard.cause))
            && is_written(
                "Token(redacted)",
                format_args!("{:?}", Token::new(unknown("secret")).ok()?),
            )
            && is_written("hej", format_args!("{}", Text::new(unknown("hej")))),
    )
}
