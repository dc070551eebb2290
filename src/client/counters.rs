/// The counts of unusual events. They saturate.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{Client, Config};
///
/// let client: Client = Client::new(Config::with_pings(), *b"not random, alas");
/// assert_eq!(client.counters().duplicates, 0);
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Counters {
    /// Payloads that could not be decoded.
    pub not_decoded: u32,
    /// Payloads of an unknown `Type`.
    pub unknown: u32,
    /// Messages and events that were received twice while connections overlapped.
    pub duplicates: u32,
    /// Errors that answer no request.
    pub unsolicited_errors: u32,
    /// Messages and events with the `RequestId` of a request that they cannot answer, because of
    /// their sender, kind or target.
    pub mismatched: u32,
    /// Connections and attempts that ended although the client wanted them.
    pub lost_connections: u32,
    /// Token fetches that timed out.
    pub token_timeouts: u32,
    /// Pings whose pong timed out.
    pub missed_pings: u32,
    /// Readings of the caller's clock that were earlier than the one before.
    pub steps_back: u32,
    /// Calls that came more than a second after the moment of the last `Wait`.
    pub late: u32,
}

impl Counters {
    pub(super) const fn new() -> Self {
        Self {
            not_decoded: 0,
            unknown: 0,
            duplicates: 0,
            unsolicited_errors: 0,
            mismatched: 0,
            lost_connections: 0,
            token_timeouts: 0,
            missed_pings: 0,
            steps_back: 0,
            late: 0,
        }
    }
}

/// Adds one to a counter.
pub(super) const fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}
