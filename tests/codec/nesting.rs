//! The nesting limit: 127 arrays and objects may be open at once, counted from the outermost object
//! of the input.

use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{ChatLogEntry, DecodeErrorKind};

use crate::oracle::agrees_with_model;

/// Payloads with `§` in every position that allows a nested value: in known and unknown members,
/// and in members of other payloads.
const NESTED: &[&str] = &[
    r#"{"x":§,"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Type":"ERROR","x":§,"ErrorCode":400}"#,
    r#"{"Content":§,"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Attributes":§,"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Attributes":{"a":§},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Attributes":{"a":"b","c":§,"d":"e"},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Sender":§,"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Sender":{"x":§},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Sender":{"UserId":§},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Sender":{"Attributes":{"a":§}},"Type":"ERROR","ErrorCode":400}"#,
    r#"{"Type":"ERROR","Sender":{"Attributes":{"a":§}},"ErrorCode":400}"#,
    r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t","Sender":{"UserId":"u","x":§}}"#,
    r#"{"Type":"MESSAGE","Id":"i","Content":"c","SendTime":"t","Sender":{"x":§,"UserId":"u"}}"#,
    r#"{"Sender":{"x":§,"UserId":"u"},"Id":"i","Content":"c","SendTime":"t","Type":"MESSAGE"}"#,
    r#"{"Type":"LATER","x":§}"#,
    r#"{"x":§,"Type":"LATER"}"#,
    r#"{"Action":"DELETE_MESSAGE","Id":"i","x":§}"#,
    r#"{"Content":§,"Action":"DELETE_MESSAGE","Id":"i"}"#,
    r#"{"Attributes":{"a":§},"Action":"DELETE_MESSAGE","Id":"i"}"#,
];

#[test]
fn accepts_127_open_values_and_rejects_128() {
    let mut rejected_and_accepted = [0, 0];
    for template in NESTED {
        let (before, _) = template.split_once('§').expect("a mark");
        let outside = before.matches('{').count() - before.matches('}').count();
        for total in [outside + 1, 125, 126, 127, 128, 129] {
            for envelope in [0, 1] {
                let count = total - outside - envelope.min(total - outside);
                for (open, inside, close) in
                    [("[", "", "]"), (r#"{"":"#, "{}", "}"), (r#"[{"x":["#, "{}", "]}]")]
                {
                    let unit = open.matches(['[', '{']).count();
                    let value =
                        [open.repeat(count / unit), "[".repeat(count % unit), inside.into()]
                            .concat();
                    let value =
                        [value, "]".repeat(count % unit), close.repeat(count / unit)].concat();
                    let wire = template.replace('§', &value);
                    let verdict = match envelope {
                        0 if wire.contains("Action") => {
                            agrees_with_model::<Publish<'_>>(wire.as_bytes())
                        }
                        0 => agrees_with_model::<Subscribe<'_>>(wire.as_bytes()),
                        _ => {
                            for line in [
                                format!(r#"{{"payload":{wire}}}"#),
                                format!(r#"{{"x":{value},"payload":{{"Type":"LATER"}}}}"#),
                            ] {
                                let _ = agrees_with_model::<ChatLogEntry<'_>>(line.as_bytes());
                            }
                            continue;
                        }
                    };
                    let levels = total + inside.len() / 2;
                    let is_too_deep = matches!(verdict, Err((DecodeErrorKind::NestedTooDeep, _)));
                    assert_eq!(is_too_deep, levels > 127, "{wire}");
                    rejected_and_accepted[usize::from(verdict.is_ok())] += 1;
                }
            }
        }
    }
    assert!(rejected_and_accepted.iter().all(|count| *count > 50), "{rejected_and_accepted:?}");
}
