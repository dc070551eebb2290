//! Spellings: the same payloads with another member order, white space, escapes or letter case.
//!
//! Each spelling is a small transformation of a compact payload, so all spellings of a corpus have
//! the same values. [`check`] verifies this with `serde_json`.

use serde_json::Value;

use crate::Random;

/// A way to write a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// The compact form that the generator writes. Subscribes have the captured member order, and
    /// publishes that of the official SDKs.
    Original,
    /// One to three unknown members at the end, and sometimes one at the end of the `Sender`.
    ExtraMembers,
    /// `Type` after all other members.
    TypeLast,
    /// Two adjacent members swapped. The position differs between payloads.
    Swapped,
    /// The member order of the API reference, also in the sender.
    Reference,
    /// A random member order, also in the sender. It differs between payloads.
    Shuffled,
    /// A space after each comma and colon, as Python's `json.dumps` writes by default.
    Spaced,
    /// Non-ASCII characters as `\uXXXX`.
    UnicodeEscapes,
    /// Names that start with a lower-case letter, as in early samples of AWS.
    CamelCase,
    /// Names in lower case.
    LowerCase,
}

/// The spellings of subscribe payloads, and their names.
pub const SUBSCRIBE: [(&str, Spelling); 8] = [
    ("captured", Spelling::Original),
    ("extra-members", Spelling::ExtraMembers),
    ("type-last", Spelling::TypeLast),
    ("swapped", Spelling::Swapped),
    ("reference", Spelling::Reference),
    ("shuffled", Spelling::Shuffled),
    ("spaced", Spelling::Spaced),
    ("unicode-escapes", Spelling::UnicodeEscapes),
];

/// The spellings of publish payloads, and their names.
pub const PUBLISH: [(&str, Spelling); 6] = [
    ("sdk", Spelling::Original),
    ("reference", Spelling::Reference),
    ("shuffled", Spelling::Shuffled),
    ("camel-case", Spelling::CamelCase),
    ("lower-case", Spelling::LowerCase),
    ("spaced", Spelling::Spaced),
];

/// The member order of the reference, for each payload and for `Sender`.
const REFERENCE: [&[&str]; 7] = [
    &["Attributes", "Content", "Id", "RequestId", "Sender", "SendTime", "Type"],
    &["Attributes", "UserId"],
    &["Attributes", "EventName", "Id", "RequestId", "SendTime", "Type"],
    &["ErrorCode", "ErrorMessage", "Id", "RequestId", "Type"],
    &["Action", "Id", "Reason", "RequestId"],
    &["Action", "RequestId", "Reason", "UserId"],
    &["Action", "Attributes", "Content", "RequestId"],
];

/// Members that are unknown in every payload.
const EXTRA: [&str; 6] = [
    r#""RoomArn":"arn:aws:ivschat:us-west-2:123456789012:room/AbCdEfGhIjKl""#,
    r#""Edited":false"#,
    r#""Sequence":1048576"#,
    r#""ReplyTo":null"#,
    r#""Mentions":["astrid","björn"]"#,
    r#""Review":{"Score":0.25,"Labels":[]}"#,
];

/// Returns the payloads of a corpus in one spelling.
pub fn spell(payloads: &[String], spelling: Spelling) -> Vec<String> {
    let mut random = Random(0x9e37_79b9);
    payloads.iter().map(|payload| spelling.spell(payload, &mut random)).collect()
}

impl Spelling {
    fn spell(self, payload: &str, random: &mut Random) -> String {
        match self {
            Self::Original => payload.into(),
            Self::ExtraMembers => edit(payload, true, &mut |members| {
                let (first, most) = if has(members, "UserId") { (0, 2) } else { (1, 3) };
                let start = random.below(EXTRA.len());
                let count = first + random.below(most);
                members.extend((start..start + count).map(|i| EXTRA[i % EXTRA.len()].into()));
            }),
            Self::TypeLast => edit(payload, false, &mut |members| {
                members.sort_by_key(|member| name(member) == "Type");
            }),
            Self::Swapped => edit(payload, false, &mut |members| {
                let first = random.below(members.len() - 1);
                members.swap(first, first + 1);
            }),
            Self::Reference => edit(payload, true, &mut |members| {
                let all_in = |order: &&&[&str]| members.iter().all(|m| order.contains(&name(m)));
                let order = REFERENCE.iter().find(all_in).expect("a payload of the reference");
                members.sort_by_key(|member| order.iter().position(|known| *known == name(member)));
            }),
            Self::Shuffled => edit(payload, true, &mut |members| {
                for last in (1..members.len()).rev() {
                    members.swap(last, random.below(last + 1));
                }
            }),
            Self::Spaced => {
                let (mut scanner, mut spaced) = (Scanner::default(), String::new());
                for c in payload.chars() {
                    spaced.push(c);
                    if scanner.is_structural(c) && matches!(c, ',' | ':') {
                        spaced.push(' ');
                    }
                }
                spaced
            }
            Self::UnicodeEscapes => {
                let mut escaped = String::new();
                for c in payload.chars() {
                    if c.is_ascii() {
                        escaped.push(c);
                    } else {
                        super::push_unicode_escape(&mut escaped, c);
                    }
                }
                escaped
            }
            Self::CamelCase => edit(payload, false, &mut |members| {
                for member in members {
                    member[1..2].make_ascii_lowercase();
                }
            }),
            Self::LowerCase => edit(payload, false, &mut |members| {
                for member in members {
                    let length = name(member).len();
                    member[1..=length].make_ascii_lowercase();
                }
            }),
        }
    }
}

/// Changes the members of a compact object. With `with_sender`, changes those of its `Sender`
/// first.
fn edit(object: &str, with_sender: bool, change: &mut dyn FnMut(&mut Vec<String>)) -> String {
    let mut scanner = Scanner::default();
    let mut members: Vec<String> = object[1..object.len() - 1]
        .split(|c| scanner.is_structural(c) && c == ',' && scanner.depth == 0)
        .map(String::from)
        .collect();
    if with_sender {
        for member in &mut members {
            if let Some(sender) = member.strip_prefix(r#""Sender":"#) {
                *member = format!(r#""Sender":{}"#, edit(sender, false, change));
            }
        }
    }
    change(&mut members);
    format!("{{{}}}", members.join(","))
}

/// Returns the name of a member, which has no escapes.
fn name(member: &str) -> &str {
    member[1..].split('"').next().expect("a name")
}

fn has(members: &[String], wanted: &str) -> bool {
    members.iter().any(|member| name(member) == wanted)
}

/// Scans JSON one character at a time.
#[derive(Default)]
struct Scanner {
    depth: usize,
    in_string: bool,
    after_backslash: bool,
}

impl Scanner {
    /// Advances over `c` and returns `true` if it is not part of a string.
    const fn is_structural(&mut self, c: char) -> bool {
        if self.in_string {
            self.in_string = self.after_backslash || c != '"';
            self.after_backslash = !self.after_backslash && c == '\\';
            return false;
        }
        match c {
            '"' => self.in_string = true,
            '{' | '[' => self.depth += 1,
            '}' | ']' => self.depth -= 1,
            _ => {}
        }
        !self.in_string
    }
}

/// Checks with `serde_json` that a spelling preserves all values, except extra members and the
/// letter case of names.
///
/// # Panics
///
/// Panics if a value differs, or if the spelling changes at most half of the payloads.
pub fn check(payloads: &[String], spelling: Spelling) {
    let spelled = spell(payloads, spelling);
    let mut changed = 0;
    for (payload, spelled) in payloads.iter().zip(&spelled) {
        assert_eq!(meaning(payload), meaning(spelled), "{spelling:?}: {spelled}");
        changed += usize::from(payload != spelled);
    }
    let may_change_nothing = matches!(spelling, Spelling::Original | Spelling::UnicodeEscapes);
    assert!(may_change_nothing || changed > payloads.len() / 2, "{spelling:?} changes little");
}

/// Returns the value of a payload, without the extra members and with names in lower case.
fn meaning(payload: &str) -> Value {
    let known = |name: &str| EXTRA.iter().all(|member| self::name(member) != name);
    let Ok(Value::Object(mut members)) = serde_json::from_str(payload) else {
        panic!("not an object: {payload}");
    };
    members.retain(|name, _| known(name));
    if let Some(Value::Object(sender)) = members.get_mut("Sender") {
        sender.retain(|name, _| known(name));
    }
    members.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
}
