//! Parsing of `--session-end`.

use ivs_chat_proto::mock::{AfterExpiry, ExpiryReason, SessionEnd};

/// The length of the reason `cut`, in bytes.
const CUT_LEN: u8 = 30;

const REASONS: [(&str, ExpiryReason); 8] = [
    ("none", ExpiryReason::Empty),
    ("expired", ExpiryReason::ConnectionExpired),
    ("other", ExpiryReason::OtherText),
    ("json", ExpiryReason::Json),
    ("code", ExpiryReason::JsonCode),
    ("string", ExpiryReason::JsonStringCode),
    ("long", ExpiryReason::LongJson),
    ("cut", ExpiryReason::CutJson(CUT_LEN)),
];

/// Parses `[no-error,]HOW`.
pub(crate) fn parse(text: &str) -> Option<SessionEnd> {
    let (how, has_error) = match text.strip_prefix("no-error,") {
        Some(how) => (how, false),
        None => (text, true),
    };
    let after_expiry = match how {
        "no-code" => AfterExpiry::Close { code: 1005, reason: ExpiryReason::Empty },
        "abort" => AfterExpiry::Abort,
        "open" => AfterExpiry::StayOpen,
        "silence" => AfterExpiry::Silence,
        _ => {
            let (code, reason) = how.split_once(':').unwrap_or((how, "none"));
            let (_, reason) = REASONS.iter().find(|(name, _)| *name == reason)?;
            AfterExpiry::Close { code: parse_close_code(code)?, reason: *reason }
        }
    };
    let end = SessionEnd::new(after_expiry);
    Some(if has_error { end } else { end.without_error() })
}

/// Parses a close code that is valid in a close frame (RFC 6455, section 7.4).
pub(crate) fn parse_close_code(text: &str) -> Option<u16> {
    let code = text.parse().ok()?;
    let is_valid = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    is_valid.then_some(code)
}
