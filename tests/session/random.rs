//! The random driver: proptest or a seeded generator chooses the bytes of a session.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::model;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn short_sessions_match_the_model(bytes in vec(any::<u8>(), 0..60)) {
        model::check_session(&bytes);
    }

    #[test]
    fn long_sessions_match_the_model(bytes in vec(any::<u8>(), 500..3_000)) {
        model::check_session(&bytes);
    }
}

/// A pseudorandom number generator for the campaign.
struct Xorshift(u64);

impl Xorshift {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Runs random sessions for `CAMPAIGN_SECONDS`, starting from the seed `CAMPAIGN_SEED`.
///
/// They default to 60 and 1.
///
/// `cargo test --release --test session -- --exact random::campaign --ignored --nocapture`
#[test]
#[ignore = "takes a minute and needs a release build"]
fn campaign() {
    let number = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seconds = number("CAMPAIGN_SECONDS").unwrap_or(60);
    let mut rng =
        Xorshift(number("CAMPAIGN_SEED").unwrap_or(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let start = std::time::Instant::now();
    let (mut sessions, mut bytes_used) = (0_u64, 0);
    let mut bytes = Vec::new();
    while start.elapsed().as_secs() < seconds {
        let length = if rng.next().is_multiple_of(4) { 2_000 } else { 30 + rng.next() % 400 };
        bytes.clear();
        bytes.extend((0..length).map(|_| rng.next().to_le_bytes()[3]));
        if let Err(panic) = std::panic::catch_unwind(|| model::check_session(&bytes)) {
            eprintln!("session {sessions} of {} bytes: {bytes:?}", bytes.len());
            std::panic::resume_unwind(panic);
        }
        sessions += 1;
        bytes_used += bytes.len();
    }
    println!("{sessions} sessions of {bytes_used} bytes");
}

/// Runs the session whose bytes are in `SESSION`, separated by commas, to reproduce a failure.
///
/// With `TRANSCRIPT` set, the inputs and effects are printed.
#[test]
#[ignore = "needs the environment variable SESSION"]
fn one_session() {
    let session = std::env::var("SESSION").unwrap_or_default();
    let bytes: Vec<u8> = session.split(',').filter_map(|byte| byte.trim().parse().ok()).collect();
    model::check_session(&bytes);
}
