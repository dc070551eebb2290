//! What each client was owed, and what it got.

use ivs_chat_proto::client::ConnectionId;

/// What became of one broadcast (a message, or an event of the application) at one client.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says something else")]
pub(crate) struct Entry {
    /// Whether the client was connected by its own account when the room accepted it.
    pub(crate) is_due: bool,
    /// The room's connection that was the client's current one at that time.
    pub(crate) route: Option<u32>,
    /// Whether the service delivered nothing on one of its connections at that time, but answered
    /// the pings there, if the client sends any. It may be current, or become current again.
    pub(crate) is_unserved: bool,
    /// Whether the link of one of its connections was dead towards the client.
    pub(crate) was_dead: bool,
    /// Whether it came so corrupt that it could not be decoded.
    pub(crate) is_corrupt: bool,
    /// Whether it was reported to the client on its current connection.
    pub(crate) is_reported: bool,
    /// The connection on which it was handed over first.
    pub(crate) first: Option<u32>,
    /// How often it was handed over.
    pub(crate) times: u32,
}

/// The broadcasts of a room, as one client got them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounting {
    entries: Vec<Entry>,
    /// When the client said that messages may have been missed, or that it is not connected.
    disclosures: Vec<u64>,
    /// When it said `PossibleGap`.
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

    /// Returns when the client first said, at `time` or later, that it may have missed something.
    pub(crate) fn disclosed_at(&self, time: u64) -> Option<u64> {
        self.disclosures.get(self.disclosures.partition_point(|at| *at < time)).copied()
    }

    /// Records that it was handed over. Returns `true` if it had been, on another connection.
    pub(crate) fn record_return(&mut self, number: usize, connection: ConnectionId) -> bool {
        let connection = u32::try_from(connection.number()).expect("few connections");
        let entry = self.entry(number);
        entry.times += 1;
        *entry.first.get_or_insert(connection) != connection
    }
}
