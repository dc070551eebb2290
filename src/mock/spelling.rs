//! Alternative spellings of a payload: the same JSON values in another notation.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::rng::Rng;

/// Members that the reference does not define.
const UNKNOWN_MEMBERS: [&str; 5] = [
    r#""Version":1"#,
    r#""type":"message""#,
    r#""RoomArn":"arn:aws:ivschat:eu-west-1:123456789012:room\/aBcD""#,
    r#""Meta":{"Id":"x","Sender":{"UserId":7},"list":[1,null,{"a":[]}]}"#,
    r#""ReplyTo":null"#,
];

const SPACES: [&str; 6] = ["", " ", "\n", "\t", "\r\n", "    "];

/// Shuffles the members of an object, and those of its `Sender`.
pub(super) fn shuffle_members(payload: &str, rng: &mut Rng) -> String {
    map_members(payload, &mut |members: &mut Vec<String>| rng.shuffle(members))
}

/// Adds an unknown member to an object, and to its `Sender`.
pub(super) fn add_unknown_member(payload: &str, rng: &mut Rng) -> String {
    map_members(payload, &mut |members: &mut Vec<String>| {
        let member = rng.pick(&UNKNOWN_MEMBERS, r#""x":0"#);
        let index = rng.index(members.len().saturating_add(1)).min(members.len());
        members.insert(index, member.to_owned());
    })
}

/// Adds white space before the first token and after random tokens of a payload.
pub(super) fn add_white_space(payload: &str, rng: &mut Rng) -> String {
    // Guarantees at least one space if `rng` picks none.
    let mut spaced = String::from(" ");
    for token in Tokens(payload) {
        spaced.push_str(token);
        spaced.push_str(rng.pick(&SPACES, ""));
    }
    spaced
}

/// Writes `\u` escapes in the strings of a payload: for the first character of each string and for
/// about a quarter of the others. Strings that already contain escapes are unchanged.
pub(super) fn escape_characters(payload: &str, rng: &mut Rng) -> String {
    let mut escaped = String::with_capacity(payload.len());
    for token in Tokens(payload) {
        match token.strip_prefix('"').and_then(|token| token.strip_suffix('"')) {
            Some(text) if !text.contains('\\') => {
                escaped.push('"');
                escape_some(text, &mut escaped, rng);
                escaped.push('"');
            }
            _ => escaped.push_str(token),
        }
    }
    escaped
}

fn escape_some(text: &str, escaped: &mut String, rng: &mut Rng) {
    for (at, character) in text.char_indices() {
        if at > 0 && rng.below(4) > 0 {
            escaped.push(character);
            continue;
        }
        let is_upper_case = rng.below(2) == 0;
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a `String` cannot fail.
            let _ = if is_upper_case {
                write!(escaped, "\\u{unit:04X}")
            } else {
                write!(escaped, "\\u{unit:04x}")
            };
        }
    }
}

/// Applies `change` to the members of a compact object, and to those of its `Sender`. Returns any
/// other payload unchanged.
fn map_members(object: &str, change: &mut impl FnMut(&mut Vec<String>)) -> String {
    let Some(members) = members(object) else { return object.to_owned() };
    let mut changed: Vec<String> = Vec::new();
    for member in members {
        match member
            .strip_prefix(r#""Sender":"#)
            .and_then(|sender| Some((sender, self::members(sender)?)))
        {
            Some((_, sender)) => {
                let mut sender: Vec<String> = sender.into_iter().map(ToOwned::to_owned).collect();
                change(&mut sender);
                changed.push(format!(r#""Sender":{{{}}}"#, sender.join(",")));
            }
            None => changed.push(member.to_owned()),
        }
    }
    change(&mut changed);
    format!("{{{}}}", changed.join(","))
}

/// Splits a compact object into its members, each with its name and value.
fn members(object: &str) -> Option<Vec<&str>> {
    let mut rest = object.strip_prefix('{')?.strip_suffix('}')?;
    let mut members = Vec::new();
    while !rest.is_empty() {
        let length = member_len(rest);
        let (member, after) = rest.split_at_checked(length)?;
        members.push(member);
        rest = after.strip_prefix(',').unwrap_or_default();
    }
    Some(members)
}

/// Returns the length of the first member, in bytes.
fn member_len(members: &str) -> usize {
    let mut depth = 0_usize;
    let mut length = 0_usize;
    for token in Tokens(members) {
        match token {
            "{" | "[" => depth = depth.saturating_add(1),
            "}" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => return length,
            _ => {}
        }
        length = length.saturating_add(token.len());
    }
    length
}

/// An iterator over the tokens of a JSON text: strings with their quotes, structural characters and
/// other literals.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let length = match self.0.chars().next()? {
            '"' => string_len(self.0),
            '{' | '}' | '[' | ']' | ':' | ',' => 1,
            _ => self.0.find(['"', '{', '}', '[', ']', ':', ',']).unwrap_or(self.0.len()),
        };
        let (token, rest) = self.0.split_at_checked(length).unwrap_or((self.0, ""));
        self.0 = rest;
        Some(token)
    }
}

/// Returns the length of the string at the start of `text`, including its quotes, in bytes.
fn string_len(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at.saturating_add(1),
            _ => {}
        }
    }
    text.len()
}
