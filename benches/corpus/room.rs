//! A client to measure.

use ivs_chat_proto::Content;
use ivs_chat_proto::client::{Client, Config, ConnectionId, Instant, Output, TokenInfo};
use ivs_chat_proto::publish::SendMessage;

/// A client in a room.
pub(crate) struct Room {
    pub(crate) client: Client,
    pub(crate) conn: ConnectionId,
}

impl Room {
    /// The time of everything that is received and sent.
    pub(crate) const NOW: Instant = Instant::from_millis(20_000);

    /// A connected client with this many requests in flight.
    pub(crate) fn new(in_flight: usize) -> Self {
        let mut config = Config::new();
        config.requests_per_second = None;
        let mut client = Client::new(config, *b"sixteen bytes!!!");
        client.connect(Instant::from_millis(0));
        let conn = fetch_token(&mut client, Instant::from_millis(0));
        client.opened(Instant::from_millis(0), conn);
        for _ in 0..in_flight {
            let send = SendMessage::new(Content::new("hello").unwrap()).into();
            let _ = client.send(Instant::from_millis(0), &send, (), &mut [0; 128]).unwrap();
        }
        Self { client, conn }
    }

    /// As [`Room::new`], while another connection is being opened, so that the client remembers what
    /// it receives.
    pub(crate) fn overlapping(in_flight: usize) -> Self {
        let mut room = Self::new(in_flight);
        room.client.recv_str(Room::NOW, room.conn, r#"{"Type":"ERROR","ErrorCode":401}"#).unwrap();
        fetch_token(&mut room.client, Room::NOW.after(1_000));
        room
    }
}

fn fetch_token(client: &mut Client, now: Instant) -> ConnectionId {
    while client.poll(now) != Output::FetchToken {}
    client.token_ok(now, TokenInfo::new()).unwrap()
}
