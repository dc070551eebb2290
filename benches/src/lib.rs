//! Payloads for benchmarks: three fixed corpora, and hostile payloads.
//!
//! Every payload of a corpus has different words, lengths and identifiers, so that branch
//! predictors cannot learn it. The generator has a fixed seed. It writes compact JSON in the member
//! order that was captured from the service. [`spelling`] derives other spellings.
//!
//! | corpus | texts | escapes |
//! |---|---|---|
//! | `ascii` | English | none |
//! | `emoji` | Chinese, Japanese, Korean, Russian, emoji | none |
//! | `escaped` | quotations, paths, lines, markup, emoji, JSON in attributes | `\"`, `\\`, `\n`, `\t`, `\u0041` |

pub mod build;
pub mod client;
pub mod spelling;
pub mod typed;

/// The number of payloads in each list of a corpus.
pub const PAYLOADS: usize = 1000;

/// Payloads with one kind of text, in the original spelling.
pub struct Corpus {
    pub name: &'static str,
    /// Subscribe payloads: 93 % MESSAGE, 5 % EVENT, 2 % ERROR.
    pub subscribe: Vec<String>,
    /// Publish payloads: 94 % `SEND_MESSAGE`, 4 % `DELETE_MESSAGE`, 2 % `DISCONNECT_USER`.
    pub publish: Vec<String>,
    /// `SEND_MESSAGE` payloads.
    pub send: Vec<String>,
}

/// Returns the three corpora.
pub fn all() -> [Corpus; 3] {
    [
        Corpus::new("ascii", ascii, false),
        Corpus::new("emoji", emoji, false),
        Corpus::new("escaped", escaped, true),
    ]
}

impl Corpus {
    fn new(
        name: &'static str,
        text: fn(&mut Random, TextKind) -> String,
        escape_fully: bool,
    ) -> Self {
        let mut writer = Writer { random: Random(0x2545_f491), text, escape_fully };
        let subscribe = (0..PAYLOADS).map(|number| writer.subscribe(number)).collect();
        let send: Vec<_> = (0..PAYLOADS).map(|_| writer.send_message()).collect();
        let publish = send.iter().enumerate().map(|(i, send)| writer.publish(i, send)).collect();
        Self { name, subscribe, publish, send }
    }
}

/// Returns valid messages of about `bytes` bytes, each of which is slow to decode in a different
/// way.
pub fn hostile(bytes: usize) -> Vec<(&'static str, String)> {
    let repeat = |piece: &str| piece.repeat(bytes / piece.len());
    let message = |members: &str, attributes: &str, content: &str, sender: &str| {
        [
            format!(
                r#"{{{members}"Id":"Ub3xYd7cQm0a","RequestId":"","Attributes":{{{attributes}}},"#
            ),
            format!(r#""Content":"{content}","SendTime":"","Sender":{{{sender}"UserId":"u"}}}}"#),
        ]
        .concat()
    };
    let typed = r#""Type":"MESSAGE","#;
    let content = |piece| message(typed, "", &repeat(piece), "");
    let attributes = |piece| message(typed, repeat(piece).trim_end_matches(','), "", "");
    let members = |piece: &str| message(&[typed, &repeat(piece)].concat(), "", "", "");
    let sender = |piece| message(typed, "", "", &repeat(piece));
    let type_last = |message: String| {
        let without_brace = message.strip_suffix('}').expect("an object");
        [without_brace, r#","Type":"MESSAGE"}"#].concat()
    };
    let nested = |open: &str, close: &str| {
        members(&[r#""a":"#, &open.repeat(126), "0", &close.repeat(126), ","].concat())
    };
    let array = |element: &str| {
        members(&[r#""a":["#, &[element, ","].concat().repeat(100), "0],"].concat())
    };
    vec![
        ("one long string", content("a")),
        ("three-byte characters", content("語")),
        ("short escapes", content("\\n")),
        ("long escapes", content("\\u0041")),
        ("surrogate pairs", content("\\ud83d\\ude00")),
        ("escapes between letters", content("\\\"a")),
        ("attributes", attributes(r#""a":"b","#)),
        ("empty attributes", attributes(r#""":"","#)),
        ("escaped attributes", attributes(r#""\n":"\n","#)),
        ("spaced attributes", attributes(r#" "a" : "b" ,"#)),
        ("unknown names", members(r#""unknown":0,"#)),
        ("empty names", members(r#""":0,"#)),
        ("escaped names", members(r#""\u0041":0,"#)),
        ("near-miss names", members(r#""SendTimf":0,"#)),
        ("another payload's name", members(r#""EventName":0,"#)),
        ("unknown names in the sender", sender(r#""unknown":0,"#)),
        ("white space", members(" ")),
        ("white space everywhere", members(r#" "a" : 0 ,"#)),
        ("nested arrays", nested("[", "]")),
        ("nested objects", nested(r#"{"a":"#, "}")),
        ("empty arrays", array("[]")),
        ("empty strings", array(r#""""#)),
        ("short numbers", array("1")),
        ("long numbers", members(&[r#""a":1"#, &"0".repeat(300), ","].concat())),
        ("unknown names, then Type", type_last(message(&repeat(r#""unknown":0,"#), "", "", ""))),
        ("short escapes, then Type", type_last(message("", "", &repeat("\\n"), ""))),
    ]
}

/// Returns publishes of the same kind as [`hostile`].
pub fn hostile_publish(bytes: usize) -> Vec<(&'static str, String)> {
    let repeat = |piece: &str| piece.repeat(bytes / piece.len());
    let send = |members: &str, attributes: &str| {
        [
            r#"{"Action":"SEND_MESSAGE","#,
            members,
            r#""Content":"a","Attributes":{"#,
            attributes,
            "}}",
        ]
        .concat()
    };
    let members = |piece| send(&repeat(piece), "");
    let attributes = |piece| send("", repeat(piece).trim_end_matches(','));
    vec![
        ("publish: unknown names", members(r#""unknown":0,"#)),
        ("publish: escaped names", members(r#""\u0041":0,"#)),
        ("publish: near-miss names", members(r#""REQUESTIE":0,"#)),
        ("publish: another action's name", members(r#""uSeRiD":0,"#)),
        ("publish: white space", members(" ")),
        ("publish: escaped attributes", attributes(r#""\n":"\n","#)),
    ]
}

/// A 32-bit xorshift generator (Marsaglia, 2003).
struct Random(u32);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        usize::try_from(self.0).expect("32 bits") % limit
    }

    /// Returns one of the choices, which are separated by vertical bars.
    fn pick<'a>(&mut self, choices: &'a str) -> &'a str {
        let choices: Vec<_> = choices.split('|').collect();
        choices[self.below(choices.len())]
    }

    /// Returns the words of a chat message. Most messages are short.
    fn words(&mut self, most: usize, choices: &str) -> String {
        let most = 1 + self.below(most);
        let count = 1 + self.below(most);
        (0..count).map(|_| self.pick(choices)).collect::<Vec<_>>().join(" ")
    }

    /// Returns `template` with each asterisk replaced by a character of `alphabet`.
    fn fill(&mut self, template: &str, alphabet: &str) -> String {
        let place = |c| {
            if c == '*' { char::from(alphabet.as_bytes()[self.below(alphabet.len())]) } else { c }
        };
        template.chars().map(place).collect()
    }
}

/// The purpose of a text.
#[derive(Clone, Copy)]
enum TextKind {
    Content,
    Attribute,
    Name,
    Url,
}

const HEXADECIMAL: &str = "0123456789abcdef";
const ALPHANUMERIC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const ENGLISH: &str = "a|again|all|and|anyone|are|brb|chat|clutch|did|does|everyone|first|for|\
    from|game|gg|go|good|great|have|hello|here|how|hype|i|in|is|it|just|keep|let's|lol|love|\
    moderator|music|nice|no|not|of|on|please|question|really|round|see|so|song|stream|thanks|\
    that|the|this|time|to|today|tomorrow|unbelievable|was|watching|we|welcome|what|when|who|why|\
    win|with|wow|yes|you|?|!|:)|10/10";
const LANGUAGES: [&str; 4] = [
    "你好|大家晚上好|谢谢|这个直播太棒了|加油|哈哈哈|什么时候开始|主播|第一次来|真的吗|，",
    "こんにちは|すごい|ありがとうございます|配信|おめでとう|初見です|かわいい|お疲れ様でした|。",
    "안녕하세요|대박|화이팅|감사합니다|언제|시작해요|진짜|ㅋㅋㅋ|처음|왔어요",
    "привет|всем|отлично|спасибо|посмотрим|когда|начало|да|нет|стрим|сегодня|вечером",
];
const EMOJI: &str = "😀|🔥🔥🔥|👏|❤️|🎉|👍🏽|😂😂|👨‍👩‍👧‍👦|🇯🇵|gg|wow";
const ESCAPED: &str = "she said \"wait\" and|\"really\"?|\"quote\"|C:\\Users\\guest|\\o/|\
    \\(^_^)/|first line\nsecond line|a\ttab|<3|a < b && c > d|R&D|😀|🔥🔥|é|日本|привет|and|then|\
    the stream|is|so good|lol|what|thanks|for|tonight|everyone";

fn ascii(random: &mut Random, text: TextKind) -> String {
    match text {
        TextKind::Content => random.words(16, ENGLISH),
        TextKind::Attribute => {
            random.pick("happy|sad|excited|reply|sticker:wave|subscriber|vip").into()
        }
        TextKind::Name => [random.pick(ENGLISH), random.pick("fox|Otter|_42|TV|99|-live")].concat(),
        TextKind::Url => {
            random.fill("https://images.example.com/avatars/****/********.png", HEXADECIMAL)
        }
    }
}

fn emoji(random: &mut Random, text: TextKind) -> String {
    let language = LANGUAGES[random.below(LANGUAGES.len())];
    match text {
        TextKind::Content => [random.words(5, language), random.words(2, EMOJI)].join(" "),
        TextKind::Attribute | TextKind::Name if random.below(2) == 0 => random.pick(EMOJI).into(),
        TextKind::Attribute | TextKind::Name => random.pick(language).into(),
        TextKind::Url => ascii(random, text),
    }
}

fn escaped(random: &mut Random, text: TextKind) -> String {
    match text {
        TextKind::Content => random.words(6, ESCAPED),
        TextKind::Attribute => {
            let inner =
                format!(r#"{{"{}":"{}"}}"#, random.pick("mood|to|badge"), random.pick(ENGLISH));
            match random.below(4) {
                0 => format!(r#"{{"reply":{}}}"#, quote(&inner, true)),
                _ => inner,
            }
        }
        TextKind::Name => {
            [random.pick(ENGLISH), random.pick(" \"the fox\"| & co|\\o/|🔥|TV|_42")].concat()
        }
        TextKind::Url => random.fill("https://example.com/avatar?id=********&size=**", HEXADECIMAL),
    }
}

/// Returns `text` as a JSON string. With `fully`, markup and non-ASCII characters are escaped too,
/// as the strictest writers do.
fn quote(text: &str, fully: bool) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            _ if fully && (matches!(character, '<' | '>' | '&') || !character.is_ascii()) => {
                push_unicode_escape(&mut quoted, character);
            }
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

/// Appends `character` as `\uXXXX`, or as a surrogate pair.
fn push_unicode_escape(json: &mut String, character: char) {
    json.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
}

struct Writer {
    random: Random,
    text: fn(&mut Random, TextKind) -> String,
    escape_fully: bool,
}

impl Writer {
    /// Returns a text as a JSON string.
    fn text(&mut self, text: TextKind) -> String {
        quote(&(self.text)(&mut self.random, text), self.escape_fully)
    }

    /// Returns the name and the value of an attribute.
    fn attribute(&mut self) -> String {
        format!(
            r#""{}":{}"#,
            self.random.pick("mood|kind|reply_to|badge"),
            self.text(TextKind::Attribute)
        )
    }

    fn id(&mut self) -> String {
        self.random.fill("************", ALPHANUMERIC)
    }

    fn uuid(&mut self) -> String {
        self.random.fill("********-****-4***-8***-************", HEXADECIMAL)
    }

    /// Returns a time with up to nine fraction digits, without trailing zeros.
    fn time(&mut self) -> String {
        let mut two = |least, count| format!("{:02}", least + self.random.below(count));
        let time = format!(
            "2026-{}-{}T{}:{}:{}",
            two(1, 12),
            two(1, 28),
            two(0, 24),
            two(0, 60),
            two(0, 60)
        );
        let fraction = self.random.fill(".*********", "0123456789");
        time + fraction.trim_end_matches('0').trim_end_matches('.') + "Z"
    }

    fn subscribe(&mut self, number: usize) -> String {
        // 37 and 100 are coprime, so each remainder occurs once per hundred, in mixed order.
        match number * 37 % 100 {
            0..93 => self.message(),
            93..98 => self.event(),
            98 => self.error(true),
            _ => self.error(false),
        }
    }

    fn message(&mut self) -> String {
        let (id, request_id, attribute, content) =
            (self.id(), self.uuid(), self.attribute(), self.text(TextKind::Content));
        let (send_time, user_id, avatar) = (self.time(), self.uuid(), self.text(TextKind::Url));
        let (color, name) = (self.random.fill("#******", HEXADECIMAL), self.text(TextKind::Name));
        [
            format!(r#"{{"Type":"MESSAGE","Id":"{id}","RequestId":"{request_id}","#),
            format!(r#""Attributes":{{{attribute}}},"Content":{content},"#),
            format!(r#""SendTime":"{send_time}","Sender":{{"UserId":"{user_id}","#),
            format!(r#""Attributes":{{"avatar":{avatar},"color":"{color}","name":{name}}}}}}}"#),
        ]
        .concat()
    }

    fn event(&mut self) -> String {
        let (id, message_id, reason, send_time) =
            (self.id(), self.id(), self.text(TextKind::Content), self.time());
        [
            format!(r#"{{"Type":"EVENT","Id":"{id}","RequestId":"","#),
            r#""EventName":"aws:DELETE_MESSAGE","#.into(),
            format!(r#""Attributes":{{"MessageID":"{message_id}","MessageId":"{message_id}","#),
            format!(r#""Reason":{reason}}},"#),
            format!(r#""SendTime":"{send_time}"}}"#),
        ]
        .concat()
    }

    /// Returns an error in the member order of the reference's sample, or with `Type` first.
    fn error(&mut self, as_sampled: bool) -> String {
        let (id, request_id, code) =
            (self.id(), self.uuid(), self.random.pick("400|401|403|406|429"));
        let message = self.text(TextKind::Content);
        let [before, after] =
            if as_sampled { ["", r#","Type":"ERROR""#] } else { [r#""Type":"ERROR","#, ""] };
        [
            format!(r#"{{{before}"ErrorCode":{code},"ErrorMessage":{message},"#),
            format!(r#""Id":"{id}","RequestId":"{request_id}"{after}}}"#),
        ]
        .concat()
    }

    /// Returns a `SEND_MESSAGE` as the official SDKs write it.
    fn send_message(&mut self) -> String {
        let (request_id, content, attribute) =
            (self.uuid(), self.text(TextKind::Content), self.attribute());
        [
            format!(r#"{{"Action":"SEND_MESSAGE","RequestId":"{request_id}","#),
            format!(r#""Content":{content},"Attributes":{{{attribute}}}}}"#),
        ]
        .concat()
    }

    /// Returns `send`, or a moderation request instead.
    fn publish(&mut self, number: usize, send: &str) -> String {
        match number * 37 % 100 {
            0..94 => send.into(),
            94..98 => self.moderation("DELETE_MESSAGE", "Id", Self::id),
            _ => self.moderation("DISCONNECT_USER", "UserId", Self::uuid),
        }
    }

    /// Returns a `DELETE_MESSAGE` or `DISCONNECT_USER` as the official SDKs write it.
    fn moderation(&mut self, action: &str, name: &str, target: fn(&mut Self) -> String) -> String {
        let (request_id, target, reason) =
            (self.uuid(), target(self), self.text(TextKind::Content));
        [
            format!(r#"{{"Action":"{action}","RequestId":"{request_id}","#),
            format!(r#""{name}":"{target}","Reason":{reason}}}"#),
        ]
        .concat()
    }
}
