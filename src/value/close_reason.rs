//! The reason in a close frame.

use crate::json::{self, Cursor, ErrorKind, Str};
use crate::value::ErrorCode;
use crate::value::Text;
use crate::wire::{self, Direction, Field, Level, Members, Payload, Shape, Values};

enum Order {}

impl Members for Order {
    const SHAPE: Shape = Shape {
        direction: Direction::Subscribe,
        tag: None,
        payloads: &[Payload::new("", &[], &[Field::ErrorCode, Field::ErrorMessage])],
        sender: Payload::NONE,
    };
}

/// The reason in a WebSocket close frame.
///
/// The service sends plain text when it disconnects a user, and a JSON object when a token or a
/// session has expired. A close frame holds 123 bytes, so the object can be truncated. A truncated
/// object is parsed as plain text.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::{CloseReason, ErrorCode};
///
/// let reason = CloseReason::parse(r#"{"ErrorCode":401,"ErrorMessage":"session expired"}"#);
/// let CloseReason::Error { error_code, error_message } = reason else { panic!() };
/// assert_eq!(error_code, Some(ErrorCode::UNAUTHORIZED));
/// assert_eq!(error_message.unwrap(), "session expired");
/// assert_eq!(CloseReason::parse("Kicked by moderator"), CloseReason::Text("Kicked by moderator"));
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason<'a> {
    /// The frame has no reason.
    Empty,
    /// Plain text, or an object that is not valid.
    Text(&'a str),
    /// An object with at least one of these members.
    Error {
        /// The code of the error.
        error_code: Option<ErrorCode>,
        /// The message of the error.
        error_message: Option<Text<'a>>,
    },
}

impl<'a> CloseReason<'a> {
    /// Parses the reason of a close frame. This cannot fail.
    #[must_use]
    pub fn parse(reason: &'a str) -> Self {
        if reason.is_empty() {
            return Self::Empty;
        }
        match error_members(reason) {
            Some((error_code, error_message))
                if error_code.is_some() || error_message.is_some() =>
            {
                Self::Error { error_code, error_message }
            }
            _ => Self::Text(reason),
        }
    }

    /// Returns `true` if the reason says that the session or its token has expired.
    ///
    /// A JSON object indicates expiry if its `ErrorCode` is 401, as a number or as a string, or if
    /// its `ErrorMessage` contains "expir" in any ASCII case. The object may be truncated at any
    /// byte. A truncated message also indicates expiry if it ends with "exp" or "expi". Other
    /// members and nested objects are ignored. A number with a fraction or an exponent, such as
    /// `401.0`, is not an `ErrorCode`. If a member occurs twice, either occurrence is enough.
    ///
    /// Any other text indicates expiry only if it is one of the phrases "connection expired",
    /// "session expired" or "token expired", in any ASCII case, optionally followed by a full stop
    /// and surrounded by ASCII white space. It is not searched, because moderators write such text.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::CloseReason;
    ///
    /// let is_expiry = |reason| CloseReason::parse(reason).is_expiry();
    /// assert!(is_expiry(r#"{"ErrorCode":401,"ErrorMessage":"Unauthorized"}"#));
    /// assert!(is_expiry(r#"{"ErrorMessage":"Your session exp"#));
    /// assert!(is_expiry("Session expired."));
    /// assert!(!is_expiry("your welcome here has expired, goodbye"));
    /// assert!(!is_expiry(r#"{"ErrorCode":403}"#));
    /// ```
    #[must_use]
    pub fn is_expiry(&self) -> bool {
        match *self {
            Self::Empty => false,
            Self::Text(reason) => is_expiry(reason),
            Self::Error { error_code, error_message } => {
                error_code == Some(ErrorCode::UNAUTHORIZED)
                    || error_message.is_some_and(|text| expiry_len(text.chars()) == EXPIRY.len())
            }
        }
    }
}

/// Returns [`CloseReason::is_expiry`] of a reason that has not been parsed.
pub(crate) fn is_expiry(reason: &str) -> bool {
    let mut is_expiry = false;
    match read_object(reason, &mut is_expiry) {
        Ok(()) => is_expiry,
        // The object is truncated.
        Err(error) if error.kind == ErrorKind::UnexpectedEnd => is_expiry,
        Err(_) => {
            let text = reason.trim_ascii();
            let text = text.strip_suffix('.').unwrap_or(text);
            let phrases = ["connection expired", "session expired", "token expired"];
            phrases.iter().any(|phrase| phrase.eq_ignore_ascii_case(text))
        }
    }
}

/// Reads an object, and sets `is_expiry` if one of its members indicates expiry.
fn read_object(reason: &str, is_expiry: &mut bool) -> Result<(), json::Error> {
    let mut cursor = Cursor::new(reason);
    cursor.skip_space();
    let mut is_closed = cursor.open_object()?;
    while !is_closed {
        let name = Text::from_json(cursor.key()?);
        let start = cursor.offset();
        let value = cursor.value(1);
        // An error other than truncation is returned below, whatever the rest contains.
        let text = value.unwrap_or(reason.get(start..).unwrap_or_default());
        *is_expiry |= member_is_expiry(name, text, value.is_err());
        value?;
        is_closed = cursor.close_object()?;
    }
    cursor.end()
}

/// Returns `true` if a member indicates expiry. `value` is JSON, which may be truncated.
fn member_is_expiry(name: Text<'_>, value: &str, is_truncated: bool) -> bool {
    let Some(inside) = value.strip_prefix('"') else {
        return value == "401" && name == Field::ErrorCode.name();
    };
    let inside = if is_truncated { inside } else { inside.strip_suffix('"').unwrap_or(inside) };
    let text = Text::from_json(Str::Escaped(inside));
    if name == Field::ErrorMessage.name() {
        expiry_len(text.chars()) >= if is_truncated { TRUNCATED_EXPIRY_LEN } else { EXPIRY.len() }
    } else {
        name == Field::ErrorCode.name() && text == "401"
    }
}

/// The common prefix of "expired", "expiry" and "expiration".
const EXPIRY: &[u8] = b"expir";
/// The number of these letters that are enough at the end of a truncated message.
const TRUNCATED_EXPIRY_LEN: usize = 3;

/// Returns the length of the longest prefix of [`EXPIRY`] that the text ends with, or the length of
/// [`EXPIRY`] if the text contains it.
fn expiry_len(text: impl Iterator<Item = char>) -> usize {
    let mut length = 0_usize;
    for character in text {
        let Some(letter) = EXPIRY.get(length) else { break };
        length = if character.eq_ignore_ascii_case(&char::from(*letter)) {
            length.saturating_add(1)
        } else {
            // The first letter occurs only once in EXPIRY, so a new match can only start here.
            usize::from(character.eq_ignore_ascii_case(&'e'))
        };
    }
    length
}

/// Decodes a reason that is a complete JSON object. Returns its members.
fn error_members(reason: &str) -> Option<(Option<ErrorCode>, Option<Text<'_>>)> {
    let mut cursor = Cursor::new(reason);
    let mut values = Values::new();
    wire::read::<Order>(&mut cursor, 0, &mut values, None).ok()?;
    Some((
        values.get(Level::Payload, Field::ErrorCode),
        values.get(Level::Payload, Field::ErrorMessage),
    ))
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use serde_json::Value;

    use super::{CloseReason, is_expiry};

    /// Returns the verdict, which must not depend on whether the reason has been parsed.
    fn verdict(reason: &str) -> bool {
        let verdict = is_expiry(reason);
        assert_eq!(CloseReason::parse(reason).is_expiry(), verdict, "{reason}");
        verdict
    }

    fn check_verdicts(reasons: &[(&str, bool)]) {
        for (reason, expected) in reasons {
            assert_eq!(verdict(reason), *expected, "{reason}");
        }
    }

    #[test]
    fn text() {
        check_verdicts(&[
            ("", false),
            (" ", false),
            ("Kicked by moderator", false),
            ("connection expired", true),
            ("session expired", true),
            ("token expired", true),
            ("Session Expired.", true),
            (" \t\r\nTOKEN EXPIRED.\n", true),
            ("session expired..", false),
            ("session expired .", false),
            ("session  expired", false),
            ("session expired!", false),
            ("session expire", false),
            ("expired", false),
            ("your session expired", false),
            ("session expired, log in", false),
            ("your welcome here has expired, goodbye", false),
            (r#""session expired""#, false),
            ("401", false),
        ]);
    }

    #[test]
    fn complete_objects() {
        check_verdicts(&[
            (r#"{"ErrorMessage":"session expired","ErrorCode":401}"#, true),
            (r#"{"ErrorCode":401}"#, true),
            (r#"{"ErrorCode":"401"}"#, true),
            (r#"{"ErrorCode":"\u0034\u00301"}"#, true),
            (r#"{"\u0045rrorCode":401}"#, true),
            (" { \"ErrorCode\"\t:\r\n401 } ", true),
            (r#"{"ErrorMessage":"The connection EXPIRED"}"#, true),
            (r#"{"ErrorMessage":"session \u0065xp\u0049red"}"#, true),
            (r#"{"ErrorMessage":"expexpired"}"#, true),
            (r#"{"ErrorMessage":"eexpiry"}"#, true),
            (r#"{"ErrorMessage":"exp expiration"}"#, true),
            (r#"{"ErrorCode":403,"ErrorMessage":"expired"}"#, true),
            (r#"{"ErrorCode":401,"ErrorMessage":"banned"}"#, true),
            (r#"{"ErrorCode":403,"ErrorCode":401}"#, true),
            (r#"{"ErrorCode":401,"ErrorCode":403}"#, true),
            (r#"{"a":[{"b":[]}],"c":null,"ErrorCode":401}"#, true),
            ("{}", false),
            (r#"{"ErrorCode":403}"#, false),
            (r#"{"ErrorCode":4010}"#, false),
            (r#"{"ErrorCode":"4010"}"#, false),
            (r#"{"ErrorCode":" 401"}"#, false),
            (r#"{"ErrorCode":40}"#, false),
            (r#"{"ErrorCode":-401}"#, false),
            (r#"{"ErrorCode":401.0}"#, false),
            (r#"{"ErrorCode":4.01e2}"#, false),
            (r#"{"ErrorCode":[401]}"#, false),
            (r#"{"ErrorCode":"expired"}"#, false),
            (r#"{"ErrorMessage":401}"#, false),
            (r#"{"ErrorMessage":"401"}"#, false),
            (r#"{"ErrorMessage":"session exp"}"#, false),
            (r#"{"ErrorMessage":"experience"}"#, false),
            (r#"{"ErrorMessage":"exp ired"}"#, false),
            (r#"{"ErrorMessage":{"ErrorMessage":"expired"}}"#, false),
            (r#"{"errorCode":401}"#, false),
            (r#"{"ErrorCodes":401}"#, false),
            (r#"{"Reason":"expired","Message":"session expired"}"#, false),
            (r#"{"expired":"expired"}"#, false),
            (r#"{"More":{"ErrorCode":401,"ErrorMessage":"expired"}}"#, false),
            (r#"[{"ErrorCode":401}]"#, false),
        ]);
    }

    #[test]
    fn truncated_objects() {
        check_verdicts(&[
            (r#"{"ErrorCode":401"#, true),
            (r#"{"ErrorCode":401,"ErrorMess"#, true),
            (r#"{"ErrorCode":"401"#, true),
            (" {\"ErrorCode\":401 ", true),
            (r#"{"ErrorMessage":"expired","#, true),
            (r#"{"ErrorMessage":"session expired"#, true),
            (r#"{"ErrorMessage":"session expi"#, true),
            (r#"{"ErrorMessage":"session exp"#, true),
            (r#"{"ErrorMessage":"session EXP"#, true),
            (r#"{"ErrorMessage":"session exp\"#, true),
            (r#"{"ErrorMessage":"session exp\u"#, true),
            (r#"{"ErrorMessage":"session \u0065xp\u006"#, true),
            ("{", false),
            (r#"{"ErrorCode":40"#, false),
            (r#"{"ErrorCode":4010"#, false),
            (r#"{"ErrorCode":"40"#, false),
            (r#"{"ErrorCode":401."#, false),
            (r#"{"ErrorCode":403,"ErrorMessage":"ex"#, false),
            (r#"{"ErrorMessage":"session ex"#, false),
            (r#"{"ErrorMessage":"session ex\u0070"#, true),
            (r#"{"ErrorMessage":"session ex\u007"#, false),
            (r#"{"ErrorMessage":"session exp""#, false),
            (r#"{"ErrorMessage":"session exp "#, false),
            (r#"{"ErrorMessage":"session exp\n"#, false),
            (r#"{"ErrorMessage":"he exposed"#, false),
            (r#"{"Reason":"session expired"#, false),
            (r#"{"More":{"ErrorCode":401"#, false),
            (r#"{"session expired"#, false),
        ]);
    }

    #[test]
    fn neither_an_object_nor_the_beginning_of_one() {
        check_verdicts(&[
            (r#"{"ErrorCode":401} and more"#, false),
            (r#"{"ErrorCode":401}{"ErrorCode":401}"#, false),
            (r#"{"ErrorCode":401,}"#, false),
            (r#"{"ErrorCode":401 "ErrorMessage":"expired"}"#, false),
            (r#"{"ErrorCode":0401"#, false),
            (r#"{"ErrorMessage":"expired\x"#, false),
            (r#"{"ErrorMessage":"expired\ud83d\u0041"#, false),
            ("{\"ErrorMessage\":\"expired\n", false),
            (r"{'ErrorCode':401}", false),
            (r#""ErrorCode":401}"#, false),
            ("\u{feff}{\"ErrorCode\":401}", false),
            ("{session expired}", false),
        ]);
    }

    fn parse(json: &str) -> Option<Value> {
        serde_json::from_str(json).ok()
    }

    fn is_code(value: &Value) -> bool {
        *value == 401 || *value == "401"
    }

    fn is_message(value: &Value) -> bool {
        value.as_str().is_some_and(|text| text.to_ascii_lowercase().contains("expir"))
    }

    /// Applies the rule to a whole object.
    fn whole_says(object: &str) -> bool {
        let object = parse(object).unwrap();
        is_code(&object["ErrorCode"]) || is_message(&object["ErrorMessage"])
    }

    /// Applies the rule to the member in which an object is cut short.
    fn cut_says(name: &str, value: &str) -> bool {
        match (name, value.strip_prefix('"')) {
            ("ErrorCode", _) => {
                let value = parse(value).or_else(|| parse(&format!("{value}\"")));
                value.is_some_and(|value| is_code(&value))
            }
            ("ErrorMessage", Some(_)) => {
                // The longest part that ends between two characters.
                let mut parts = (0..=value.len()).rev().filter_map(|length| value.get(..length));
                let text = parts.find_map(|part| parse(&format!("{part}\""))).unwrap();
                let text = text.as_str().unwrap().to_ascii_lowercase();
                text.contains("expir") || text.ends_with("exp") || text.ends_with("expi")
            }
            _ => false,
        }
    }

    const CODES: &[(&str, &str)] = &[
        ("ErrorCode", "401"),
        ("ErrorCode", r#""401""#),
        ("Error\\u0043ode", r#""\u0034\u00301""#),
        ("ErrorCode", "403"),
        ("ErrorCode", "4010"),
        ("ErrorCode", "401.0"),
        ("ErrorCode", "4.01e2"),
        ("ErrorCode", "-401"),
        ("ErrorCode", "null"),
        ("ErrorCode", "[401]"),
        ("ErrorCode", r#"{"ErrorCode":401}"#),
        ("errorCode", "401"),
    ];
    const MESSAGES: &[(&str, &str)] = &[
        ("ErrorMessage", r#""session expired""#),
        ("ErrorMessage", r#""Token EXPIRY.""#),
        ("\\u0045rrorMessage", r#""\u0065x\u0070\u0069red""#),
        ("ErrorMessage", r#""exp expexpired""#),
        ("ErrorMessage", r#""experts, exp and expo""#),
        ("ErrorMessage", r#""exp\ud83d\ude00 \"exp\\i""#),
        ("ErrorMessage", r#""日本é exp""#),
        ("ErrorMessage", "null"),
        ("ErrorMessage", r#"["expired"]"#),
        ("Message", r#""session expired""#),
    ];
    const OTHERS: &[(&str, &str)] = &[
        ("Reason", r#""session expired""#),
        ("More", r#"{"ErrorCode":401,"ErrorMessage":"expired","a":[{},[[]],"}"]}"#),
        ("expired", "[true,false,-0.5e+3,null]"),
        ("", "401"),
    ];

    /// Checks an object with these members and all of its beginnings.
    fn check(members: &[(&str, &str)], space: &str) {
        let mut object = String::from("{");
        let mut has_said = false;
        for (index, (name, value)) in members.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let start = object.len();
            object.push_str(&[comma, space, "\"", name, "\"", space, ":", space].concat());
            for length in start..=object.len() {
                assert_eq!(verdict(&object[..length]), has_said, "{}", &object[..length]);
            }
            let name = parse(&format!("\"{name}\"")).unwrap();
            for (length, _) in value.char_indices() {
                let reason = format!("{object}{}", &value[..length]);
                let expected = has_said || cut_says(name.as_str().unwrap(), &value[..length]);
                assert_eq!(verdict(&reason), expected, "{reason}");
            }
            object += value;
            has_said = whole_says(&format!("{object}}}"));
            assert_eq!(verdict(&object), has_said, "{object}");
            object += space;
        }
        object += "}";
        assert_eq!(verdict(&object), whole_says(&object), "{object}");
    }

    #[test]
    fn objects_and_all_of_their_beginnings() {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let mut others = OTHERS.iter().cycle();
        for code in CODES {
            for message in MESSAGES {
                let other = others.next().unwrap();
                for [one, two, three] in orders {
                    let members = [*code, *message, *other];
                    let members = [members[one], members[two], members[three]];
                    check(&members, "");
                    check(&members[..1], " ");
                    check(&members[..2], "\r\n\t ");
                }
            }
        }
        check(&[], " ");
    }

    const PIECES: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        ".",
        "-",
        " ",
        "\n",
        "\u{1}",
        "é",
        "\\",
        "\\u",
        "\\u0065",
        "\\ud83d",
        "4",
        "0",
        "401",
        "1e999",
        "true",
        "exp",
        "expired",
        "session",
        "{\"",
        "\"ErrorCode\":",
        "\"ErrorMessage\":\"",
    ];
    const STARTS: &[&str] = &["", "{", "{\"ErrorMessage\":", "{\"ErrorCode\":401"];

    /// Any text, made of pieces that matter.
    #[test]
    fn any_text() {
        for count in 0..STARTS.len() * PIECES.len().pow(3) {
            let piece = |position: u32| PIECES[count / PIECES.len().pow(position) % PIECES.len()];
            let start = STARTS[count / PIECES.len().pow(3)];
            let reason = [start, piece(2), piece(1), piece(0)].concat();
            let text = reason.trim_ascii();
            let is_expiry = verdict(&reason);
            if parse(&reason).is_some_and(|value| value.is_object()) {
                assert_eq!(is_expiry, whole_says(&reason), "{reason}");
            } else if !text.starts_with('{') {
                assert_eq!(is_expiry, text == "session expired", "{reason}");
            }
        }
    }
}
