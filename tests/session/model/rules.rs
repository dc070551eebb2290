//! Documented rules that need no state. The model and the simulation share them.

use ivs_chat_proto::client::Output;

/// Returns `true` if a close frame with this code, which does not state expiry, ends the session.
pub(crate) const fn is_closed_on_purpose(code: u16) -> bool {
    matches!(code, 1000 | 1008 | 3003 | 4000..=4999)
}

/// Returns `true` if a session may have this length. Other lengths are treated as unknown.
pub(crate) const fn is_plausible_session(session_ms: u64) -> bool {
    matches!(session_ms, 60_000..=10_800_000)
}

/// Returns the rank of an output in the documented order.
pub(crate) const fn output_rank<T>(output: &Output<T>) -> u8 {
    match output {
        Output::Close { .. } => 0,
        Output::Ping { .. } => 1,
        Output::Settled(_) => 2,
        Output::State(_) => 3,
        Output::Replaced { .. } => 4,
        Output::PossibleGap => 5,
        Output::FetchToken(_) => 6,
        _ => 7,
    }
}
