//! Formatting shared by the transcript of `chat` and the log of `mock_room`.

use core::fmt;

use ivs_chat_proto::{Text, Timestamp};
use terminal_text::Visible;

/// Formats the time of day in UTC as `HH:MM:SS`, or as `??:??:??` if the time is unknown.
#[must_use]
pub fn time_of_day(time: Option<Timestamp>) -> String {
    let date_time = time.map(|time| time.to_string()).unwrap_or_default();
    let time = date_time.get("2026-11-22T".len()..).and_then(|time| time.get(.."20:15:00".len()));
    time.unwrap_or("??:??:??").into()
}

/// Displays a reason as a suffix, `: REASON`. Displays nothing if it is absent or empty.
#[derive(Clone, Copy, Debug)]
pub struct ReasonSuffix<'a>(pub Option<Text<'a>>);

impl fmt::Display for ReasonSuffix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(reason) if !reason.is_empty() => write!(f, ": {}", Visible(reason)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ivs_chat_proto::Timestamp;

    use super::{ReasonSuffix, time_of_day};

    #[test]
    fn formats() {
        let time = Timestamp::parse("2026-11-22T20:15:01.5Z").ok();
        assert_eq!((&*time_of_day(time), &*time_of_day(None)), ("20:15:01", "??:??:??"));
        let suffixes = [None, Some("".into()), Some("a\tb".into())].map(ReasonSuffix);
        assert_eq!(suffixes.map(|suffix| suffix.to_string()), ["", "", r": a\tb"]);
    }
}
