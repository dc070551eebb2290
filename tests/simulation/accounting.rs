//! The accounting of broadcasts: those due to a client, and those that it returned.

use ivs_chat_proto::client::ConnectionId;

/// One broadcast at one client. A broadcast is a message or an application event.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub(crate) struct Entry {
    /// Whether the client reported to be connected when the room accepted the broadcast.
    pub(crate) is_due: bool,
    /// The room's end of the connection that was current at that time.
    pub(crate) route: Option<u32>,
    /// Whether the service delivered nothing on one of the client's connections at that time, but
    /// answered pings. That connection may be current or become current again.
    pub(crate) is_unserved: bool,
    /// Whether one of the client's connections had a dead link to the client at that time.
    pub(crate) was_dead: bool,
    /// Whether it was received, but corrupted and not decodable.
    pub(crate) is_corrupt: bool,
    /// Whether the host reported it to the client on the current connection.
    pub(crate) is_reported: bool,
    /// The connection on which the client first returned it.
    pub(crate) first: Option<u32>,
    /// The number of times that the client returned it.
    pub(crate) times: u32,
}

/// All broadcasts of a room at one client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounting {
    entries: Vec<Entry>,
    /// The times at which the client disclosed a possible gap, or that it is not connected.
    disclosures: Vec<u64>,
    /// The times of `PossibleGap`.
    pub(crate) gaps: Vec<u64>,
}

impl Accounting {
    pub(crate) fn entry(&mut self, number: usize) -> &mut Entry {
        if self.entries.len() <= number {
            self.entries.resize(number + 1, Entry::default());
        }
        &mut self.entries[number]
    }

    pub(crate) fn get(&self, number: usize) -> Entry {
        self.entries.get(number).copied().unwrap_or_default()
    }

    pub(crate) fn disclose(&mut self, now: u64) {
        self.disclosures.push(now);
    }

    /// Returns the first time, at `time` or later, at which the client disclosed a possible gap.
    pub(crate) fn disclosed_at(&self, time: u64) -> Option<u64> {
        self.disclosures.get(self.disclosures.partition_point(|at| *at < time)).copied()
    }

    /// Records that the client returned a broadcast.
    ///
    /// Returns `true` if it was first returned on another connection.
    pub(crate) fn record_return(&mut self, number: usize, connection: ConnectionId) -> bool {
        let connection = u32::try_from(connection.number()).expect("few connections");
        let entry = self.entry(number);
        entry.times += 1;
        *entry.first.get_or_insert(connection) != connection
    }
}
