use core::fmt;
use core::hash::Hasher;

use siphasher::sip::{SipHasher13, SipHasher24};

use super::request_id::RequestId;
use crate::value::Text;

/// A source of keyed hashes and random numbers.
///
/// `SipHash` is a pseudorandom function: public values, such as every `RequestId`, reveal no other
/// value without the key. Public values use `SipHash-2-4`. Private values use the faster
/// `SipHash-1-3`. Each domain has its own key.
///
/// All hashes use `write` and `finish`, because `SipHasher13::hash` and the 128-bit variants would
/// each add another copy of the algorithm to the flash.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct KeyedHasher {
    /// Absent until the client is seeded.
    keys: Option<(u64, u64)>,
    /// The number of random numbers drawn.
    drawn: u64,
}

/// The purpose of a hash.
#[derive(Clone, Copy)]
pub(super) enum HashDomain {
    Random,
    RequestId,
    Target,
    UserId,
    Message,
    Event,
    /// The halves of a generated `RequestId`.
    GeneratedHigh,
    GeneratedLow,
}

impl HashDomain {
    const fn word(self) -> u64 {
        match self {
            Self::Random => 1,
            Self::RequestId => 2,
            Self::Target => 3,
            Self::UserId => 4,
            Self::Message => 5,
            Self::Event => 6,
            Self::GeneratedHigh => 7,
            Self::GeneratedLow => 8,
        }
    }
}

impl KeyedHasher {
    pub(super) const fn unseeded() -> Self {
        Self { keys: None, drawn: 0 }
    }

    pub(super) const fn new(seed: [u8; 16]) -> Self {
        let keys = match (seed.first_chunk(), seed.last_chunk()) {
            (Some(first), Some(second)) => {
                (u64::from_le_bytes(*first), u64::from_le_bytes(*second))
            }
            _ => (0, 0),
        };
        Self { keys: Some(keys), drawn: 0 }
    }

    pub(super) const fn is_seeded(&self) -> bool {
        self.keys.is_some()
    }

    const fn keys(&self, domain: HashDomain) -> (u64, u64) {
        match self.keys {
            Some((first, second)) => (first ^ domain.word(), second),
            None => (domain.word(), 0),
        }
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn hasher(&self, domain: HashDomain) -> SipHasher13 {
        let (first, second) = self.keys(domain);
        SipHasher13::new_with_keys(first, second)
    }

    /// Returns the hash that is stored instead of a text. Finding a collision requires the key.
    pub(super) fn id_hash(&self, domain: HashDomain, text: Text<'_>) -> u64 {
        let mut hasher = self.hasher(domain);
        match text.as_str() {
            Some(text) => hasher.write(text.as_bytes()),
            None => text.chars().for_each(|character| {
                hasher.write(character.encode_utf8(&mut [0; 4]).as_bytes());
            }),
        }
        finish(&hasher)
    }

    /// Returns the identifier of the request with this number.
    pub(super) fn request_id(&self, number: u64) -> RequestId {
        let [high, low] = [HashDomain::GeneratedHigh, HashDomain::GeneratedLow].map(|half| {
            let (first, second) = self.keys(half);
            let mut hasher = SipHasher24::new_with_keys(first, second);
            hasher.write(&number.to_le_bytes());
            hasher.finish()
        });
        RequestId::new(u128::from(high) << 64 | u128::from(low))
    }

    /// Returns a random number from 0 to `max`.
    pub(super) fn roll(&mut self, max: u32) -> u32 {
        let mut hasher = self.hasher(HashDomain::Random);
        hasher.write(&self.drawn.to_le_bytes());
        let [.., a, b, c, d] = finish(&hasher).to_le_bytes();
        self.drawn = self.drawn.wrapping_add(1);
        // A 32-bit fraction times the number of results, rounded down. A 64-bit division would add
        // 864 bytes of flash.
        let fraction = u64::from(u32::from_le_bytes([a, b, c, d]));
        let scaled = fraction.wrapping_mul(u64::from(max).wrapping_add(1)) >> 32;
        u32::try_from(scaled).unwrap_or(max)
    }
}

/// Returns the hash. It is not inlined on bare metal, to save flash.
#[cfg_attr(target_os = "none", inline(never))]
fn finish(hasher: &SipHasher13) -> u64 {
    hasher.finish()
}

impl fmt::Debug for KeyedHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHasher(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::string::ToString;

    use super::{HashDomain, KeyedHasher, Text};
    use crate::subscribe::Subscribe;

    #[test]
    fn escapes_do_not_change_the_hash() {
        let Ok(Subscribe::Error(error)) = Subscribe::decode_str(
            r#"{"Type":"ERROR","ErrorCode":1,"Id":"655c1d15\u002d78f6 \ud83d\udc4b\u0041","RequestId":"655c1d15-78f6 👋A"}"#,
        ) else {
            panic!()
        };
        let (escaped, plain) = (error.id.unwrap(), error.request_id.unwrap());
        assert!(escaped.as_str().is_none() && plain.as_str().is_some());
        let hasher = KeyedHasher::new([7; 16]);
        assert_eq!(
            hasher.id_hash(HashDomain::Message, escaped),
            hasher.id_hash(HashDomain::Message, plain)
        );
        assert_ne!(
            hasher.id_hash(HashDomain::Message, plain),
            hasher.id_hash(HashDomain::Event, plain)
        );
        assert_ne!(
            hasher.id_hash(HashDomain::Message, plain),
            KeyedHasher::new([8; 16]).id_hash(HashDomain::Message, plain)
        );
        assert_ne!(
            hasher.id_hash(HashDomain::Message, Text::new("")),
            hasher.id_hash(HashDomain::Message, Text::new("\0"))
        );
    }

    #[test]
    fn request_ids_depend_on_seed_and_number() {
        let ids: HashSet<_> = (0..100_u8)
            .flat_map(|seed| {
                (0..100).map(move |number| {
                    KeyedHasher::new([seed; 16]).request_id(number).text().to_string()
                })
            })
            .collect();
        assert_eq!(ids.len(), 10_000);
        // Every bit of the seed matters.
        let of = |seed: u128| KeyedHasher::new(seed.to_le_bytes()).request_id(0).text().to_string();
        assert!((0..128).all(|bit| of(1 << bit) != of(0)));
    }

    #[test]
    fn rolls_reach_their_bounds() {
        let mut hasher = KeyedHasher::new([7; 16]);
        for max in [0, 1, 5] {
            let drawn: HashSet<_> = (0..1_000).map(|_| hasher.roll(max)).collect();
            assert_eq!(drawn, (0..=max).collect());
        }
        assert!((0..100).any(|_| hasher.roll(u32::MAX) > u32::MAX / 2));
    }
}
