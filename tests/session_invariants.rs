//! The invariants of a session, in sessions that proptest thinks of and in some that once broke
//! them.

#[path = "oracle/session.rs"]
mod session;

use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn short_sessions(bytes in vec(any::<u8>(), 0..60)) {
        session::any_session(&bytes);
    }

    #[test]
    fn long_sessions(bytes in vec(any::<u8>(), 500..3_000)) {
        session::any_session(&bytes);
    }
}

/// A small generator of random numbers, for the campaign.
struct Xorshift(u64);

impl Xorshift {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Random sessions for `CAMPAIGN_SECONDS`, 60 if that is not set, from the seed `CAMPAIGN_SEED`.
///
/// `cargo test --release --test session_invariants -- --ignored --nocapture`
#[test]
#[ignore = "takes a minute, and a release build"]
fn random_campaign() {
    let number = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seconds = number("CAMPAIGN_SECONDS").unwrap_or(60);
    let mut random =
        Xorshift(number("CAMPAIGN_SEED").unwrap_or(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let start = std::time::Instant::now();
    let (mut sessions, mut bytes_used) = (0_u64, 0);
    let mut bytes = Vec::new();
    while start.elapsed().as_secs() < seconds {
        let length = if random.next().is_multiple_of(4) { 2_000 } else { 30 + random.next() % 400 };
        bytes.clear();
        bytes.extend((0..length).map(|_| random.next().to_le_bytes()[3]));
        if let Err(panic) = std::panic::catch_unwind(|| session::any_session(&bytes)) {
            eprintln!("session {sessions} of {} bytes: {bytes:?}", bytes.len());
            std::panic::resume_unwind(panic);
        }
        sessions += 1;
        bytes_used += bytes.len();
    }
    println!("{sessions} sessions of {bytes_used} bytes");
}

/// The session of the bytes in `SESSION`, separated by commas, to look into one that fails.
#[test]
#[ignore = "needs a session"]
fn one_session() {
    let session = std::env::var("SESSION").unwrap_or_default();
    let bytes: Vec<u8> = session.split(',').filter_map(|byte| byte.trim().parse().ok()).collect();
    session::any_session(&bytes);
}
