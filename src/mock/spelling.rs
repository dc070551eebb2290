//! Other spellings of a payload: the same JSON values, written by another service.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::rng::Rng;

/// Members that no payload of the reference has.
const UNKNOWN_MEMBERS: [&str; 5] = [
    r#""Version":1"#,
    r#""type":"message""#,
    r#""RoomArn":"arn:aws:ivschat:eu-west-1:123456789012:room\/aBcD""#,
    r#""Meta":{"Id":"x","Sender":{"UserId":7},"list":[1,null,{"a":[]}]}"#,
    r#""ReplyTo":null"#,
];

const SPACES: [&str; 6] = ["", " ", "\n", "\t", "\r\n", "    "];

/// Returns the object with its members in a random order, and those of its `Sender` likewise.
pub(super) fn shuffle_members(payload: &str, rng: &mut Rng) -> String {
    map_members(payload, &mut |members: &mut Vec<String>| rng.shuffle(members))
}

/// Returns the object with one more member, and its `Sender` likewise.
pub(super) fn add_unknown_member(payload: &str, rng: &mut Rng) -> String {
    map_members(payload, &mut |members: &mut Vec<String>| {
        let member = rng.pick(&UNKNOWN_MEMBERS, r#""x":0"#);
        let place = rng.index(members.len().saturating_add(1)).min(members.len());
        members.insert(place, member.to_owned());
    })
}

/// Returns the payload with white space between its tokens.
pub(super) fn add_white_space(payload: &str, rng: &mut Rng) -> String {
    // At least one, whatever is picked for the other places.
    let mut spaced = String::from(" ");
    for token in Tokens(payload) {
        spaced.push_str(token);
        spaced.push_str(rng.pick(&SPACES, ""));
    }
    spaced
}

/// Returns the payload with `\u` escapes in its strings: for the first character of each, and for
/// about every fourth that follows. Strings that have escapes already are left as they are.
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
        let in_upper_case = rng.below(2) == 0;
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a `String` cannot fail.
            let _ = if in_upper_case {
                write!(escaped, "\\u{unit:04X}")
            } else {
                write!(escaped, "\\u{unit:04x}")
            };
        }
    }
}

/// Returns the object with its members changed, and those of its `Sender` likewise. Returns
/// anything else as it is.
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

/// Returns the members of a compact object, name and value together.
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

/// Returns the length of the first member.
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

/// The tokens of a JSON text: strings with their quotes, structural characters, and what is between
/// them.
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

/// Returns the length of the string at the beginning, with its quotes.
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
