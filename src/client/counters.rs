/// How often something happened that should not. What cannot be counted any more stays at the largest number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Counters {
    /// Payloads that could not be decoded.
    pub not_decoded: u32,
    /// Payloads of a `Type` that is not known.
    pub unknown: u32,
    /// Messages and events that came twice, while connections overlapped.
    pub duplicates: u32,
    /// Errors that answer no request.
    pub unsolicited_errors: u32,
    /// Messages and events with the `RequestId` of a request that they cannot be the answer to: from somebody else, of another kind, or
    /// about something else.
    pub mismatched: u32,
    /// Connections, and attempts at one, that ended without this end having wanted it.
    pub lost_connections: u32,
    /// Moments earlier than one before.
    pub steps_back: u32,
    /// Moments much later than the one that was waited for.
    pub late: u32,
}

/// Counts one more.
pub(super) const fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}
