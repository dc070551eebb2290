//! Other spellings of a payload: reordered members, white space between tokens, unknown members.
//!
//! The input does not have to be JSON. Truncated and broken objects are split as far as possible.

/// A random number generator (splitmix64).
pub(crate) struct Random(pub u64);

impl Random {
    /// Creates a generator, seeded with the hash of the bytes (FNV-1a).
    fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a length");
        usize::try_from(self.next() % end).expect("below a length")
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (2..=items.len()).rev() {
            items.swap(end - 1, self.below(end));
        }
    }
}

/// Values of every JSON type.
pub(crate) const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "-12",
    "65536",
    "3.25",
    "-0.5e-7",
    "1E+308",
    "12345678901234567890123",
    r#""""#,
    r#""x""#,
    r#""\"}],{:\\""#,
    r#""\u00e9\ud83d\ude00\/\b\f\n\r\t""#,
    r#""éあ🏳️‍🌈""#,
    r#""MESSAGE""#,
    r#""seventeen bytes..""#,
    r#""a text that is longer than thirty-two bytes, and has no escape""#,
    r#""a text that is longer than thirty-two bytes, but escaped: \\""#,
    "[]",
    "{}",
    "[ ]",
    "{\n}",
    "[0]",
    r#"[[],{},[{}],"]",null,true,-1.5]"#,
    r#"{"":{}}"#,
    r#"{"x":"y"}"#,
    r#"{"Type":"ERROR","Id":5,"Id":[],"Sender":{"UserId":7},"Action":null}"#,
    r#"{"UserId":"v","Attributes":{"k":"v"}}"#,
    r#"{"a":[{"b":[{"c":["}","]","\\\""]}]}]}"#,
];

/// Keys that no payload has in any letter case.
pub(crate) const UNKNOWN_KEYS: &[&str] = &[
    r#""x""#,
    r#""""#,
    r#""Typ""#,
    r#""Types""#,
    r#""Id ""#,
    r#"" Content""#,
    r#""Sender.UserId""#,
    r#""\u0000""#,
    r#""Type\u0000""#,
    r#""é""#,
    r#""Sendér""#,
    r#""a key that is longer than that of any member of the reference""#,
];

/// Splits bytes into strings with their quotes, structural characters, and the bytes between them.
pub(crate) fn tokens(bytes: &[u8]) -> Vec<&[u8]> {
    let mut tokens = Vec::new();
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let length = match first {
            b'"' => {
                let mut is_escaped = false;
                let end = rest.iter().skip(1).position(|byte| {
                    let is_end = *byte == b'"' && !is_escaped;
                    is_escaped = *byte == b'\\' && !is_escaped;
                    is_end
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            b'{' | b'}' | b'[' | b']' | b':' | b',' => 1,
            _ => rest.iter().position(|byte| b"\"{}[]:,".contains(byte)).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// An object, or the beginning of one, split into its members.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub members: Vec<Vec<u8>>,
    /// The closing brace and the bytes after it.
    end: Vec<u8>,
}

impl Object {
    /// Splits bytes that begin with an object, after optional white space.
    pub(crate) fn split(bytes: &[u8]) -> Option<Self> {
        let tokens = tokens(bytes.trim_ascii_start());
        let (first, rest) = tokens.split_first()?;
        if *first != b"{" {
            return None;
        }
        let mut members = vec![Vec::new()];
        let mut depth = 0_usize;
        for (index, token) in rest.iter().enumerate() {
            match *token {
                b"{" | b"[" => depth += 1,
                b"}" | b"]" if depth == 0 => {
                    return Some(Self::new(members, rest[index..].concat()));
                }
                b"}" | b"]" => depth -= 1,
                b"," if depth == 0 => {
                    members.push(Vec::new());
                    continue;
                }
                _ => {}
            }
            members.last_mut()?.extend(*token);
        }
        Some(Self::new(members, Vec::new()))
    }

    fn new(mut members: Vec<Vec<u8>>, end: Vec<u8>) -> Self {
        if members.iter().all(|member| member.trim_ascii().is_empty()) && members.len() == 1 {
            members.clear();
        }
        Self { members, end }
    }

    pub(crate) fn join(&self) -> Vec<u8> {
        self.with(&self.members)
    }

    /// Returns the object with other members.
    pub(crate) fn with(&self, members: &[Vec<u8>]) -> Vec<u8> {
        [b"{", members.join(&b',').as_slice(), &self.end].concat()
    }

    /// Returns the object with more members, each inserted at its index.
    pub(crate) fn with_members(&self, more: &[(usize, &str)]) -> Vec<u8> {
        let mut members = self.members.clone();
        for (index, member) in more {
            members.insert(*index, (*member).into());
        }
        self.with(&members)
    }

    /// Returns the index of the member `Sender`, and its value.
    pub(crate) fn sender(&self) -> Option<(usize, Self)> {
        self.members.iter().enumerate().find_map(|(index, member)| {
            let (key, value) = split_member(member)?;
            let sender = Self::split(value)?;
            (key == br#""Sender""#).then_some((index, sender))
        })
    }

    /// Returns the object with another value for the member at `index`.
    pub(crate) fn with_value(&self, index: usize, value: &[u8]) -> Vec<u8> {
        let mut members = self.members.clone();
        if let Some((key, _)) = split_member(&self.members[index]) {
            members[index] = [key, b":", value].concat();
        }
        self.with(&members)
    }
}

/// Splits a member into its key and its value, and trims white space around them.
pub(crate) fn split_member(member: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut key_len, tokens) = (0, tokens(member));
    let colon = tokens.iter().position(|token| *token == b":")?;
    key_len += tokens[..colon].iter().map(|token| token.len()).sum::<usize>();
    Some((member[..key_len].trim_ascii(), member[key_len + 1..].trim_ascii()))
}

/// Returns the bytes with white space from `choose` before, between and after all tokens.
pub(crate) fn spaced<'a>(bytes: &[u8], mut choose: impl FnMut() -> &'a str) -> Vec<u8> {
    let mut spaced = Vec::from(choose());
    for token in tokens(bytes) {
        spaced.extend(token);
        spaced.extend(choose().as_bytes());
    }
    spaced
}

/// All JSON white space, and long runs of it.
pub(crate) const SPACES: &[&str] = &[
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    " \n\t\r  ",
    "                                                                 ",
    "\n\n\n\n\n\n\n\n\t\t\t\t\t\t\t\t                ",
];

/// Returns another spelling of an object, chosen by its bytes: members in another order, unknown
/// members, and white space. The same goes for the members of a `Sender`.
pub(crate) fn respelled(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut random = Random::from_bytes(bytes);
    let mut object = Object::split(bytes)?;
    if let Some((index, mut sender)) = object.sender() {
        respell(&mut sender, &mut random);
        object = Object::split(&object.with_value(index, &sender.join()))?;
    }
    respell(&mut object, &mut random);
    let compact = object.join();
    Some(match random.below(4) {
        0 | 1 => compact,
        2 => spaced(&compact, || if random.below(4) == 0 { random.pick(SPACES) } else { "" }),
        _ => spaced(&compact, || random.pick(SPACES)),
    })
}

fn respell(object: &mut Object, random: &mut Random) {
    random.shuffle(&mut object.members);
    for _ in 0..random.below(3) {
        let index = random.below(object.members.len() + 1);
        let member = format!("{}:{}", random.pick(UNKNOWN_KEYS), random.pick(VALUES));
        object.members.insert(index, member.into());
    }
}
