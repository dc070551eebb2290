//! The output of `--json`.

use std::io::{self, Write};

use crate::payload::{Error, Payload};
use terminal_text::is_hidden;

/// Writes the result for a frame as one line of JSON.
pub(crate) fn write_line(
    out: &mut impl Write,
    frame: u64,
    decoded: &Result<Payload<'_>, Error>,
) -> io::Result<()> {
    write!(out, r#"{{"frame":{frame},"ok":{}"#, decoded.is_ok())?;
    match decoded {
        Ok(payload) => {
            write_member(out, "type", &payload.name().to_cow())?;
            write_member(out, "wire", &payload.encode_to_string())?;
            if let Some(content) = payload.content() {
                write!(out, r#","content_code_points":{}"#, content.code_point_count())?;
            }
        }
        Err(error) => {
            write_member(out, "error", &error.to_string())?;
            write_member(out, "kind", error.name())?;
            write!(out, r#","offset":{}"#, error.offset())?;
        }
    }
    out.write_all(b"}\n")
}

/// Writes a member with a string value.
///
/// In addition to the characters that JSON requires, it escapes those that could control a
/// terminal, and those that some programs treat as line breaks.
fn write_member(out: &mut impl Write, name: &str, value: &str) -> io::Result<()> {
    write!(out, r#","{name}":""#)?;
    let mut rest = value;
    while let Some(run) =
        rest.find(|character| matches!(character, '"' | '\\') || is_hidden(character))
    {
        out.write_all(&rest.as_bytes()[..run])?;
        let mut chars = rest[run..].chars();
        match chars.next() {
            Some(special @ ('"' | '\\')) => write!(out, "\\{special}")?,
            hidden => write_escapes(out, hidden.unwrap_or_default())?,
        }
        rest = chars.as_str();
    }
    out.write_all(rest.as_bytes())?;
    out.write_all(b"\"")
}

fn write_escapes(out: &mut impl Write, character: char) -> io::Result<()> {
    character.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))
}
