/// The numbers of unusual events, for monitoring. They saturate.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::client::{Client, Config};
///
/// let client: Client = Client::new(Config::with_pings(), [7; 16]);
/// assert_eq!(client.counters().missed_pings, 0);
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
    /// Messages and events with the `RequestId` of a request but another sender, kind or target.
    pub mismatched: u32,
    /// Connections and attempts that ended although the client did not end them.
    pub lost_connections: u32,
    /// Token fetches without an answer in time.
    pub token_timeouts: u32,
    /// Pings without a pong in time.
    pub missed_pings: u32,
    /// Times at which the caller's clock stepped back.
    pub steps_back: u32,
    /// Calls that were much later than the time that the last `Wait` contained.
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
