//! A client to measure.

use core::time::Duration;

use ivs_chat_proto::Content;
use ivs_chat_proto::client::{Client, Config, ConnectionId, Instant, Output, TokenInfo};
use ivs_chat_proto::publish::SendMessage;

/// A client that remembers fewer messages and events than a corpus has, so that it does not take
/// the second time that it sees the corpus for duplicates.
type Measured = Client<(), 16, 512>;

/// A client in a room.
pub struct ConnectedClient {
    pub client: Measured,
    pub connection: ConnectionId,
}

impl ConnectedClient {
    /// The time of everything that is received and sent.
    pub const NOW: Instant = Instant::from_millis(20_000);

    /// A connected client with this many requests in flight.
    pub fn new(in_flight: usize) -> Self {
        let mut config = Config::with_pings();
        config.requests_per_second = None;
        let mut client = Measured::new(config, *b"sixteen bytes!!!");
        client.connect(Instant::from_millis(0));
        let connection = fetch_token(&mut client, Instant::from_millis(0));
        client.handle_open(Instant::from_millis(0), connection);
        let mut buffer = [0; SendMessage::MAX_PLAIN_LEN];
        for _ in 0..in_flight {
            let send = SendMessage::new(Content::new("hello").unwrap());
            let _ = client.send(Instant::from_millis(0), send, (), &mut buffer).unwrap();
        }
        Self { client, connection }
    }

    /// As [`ConnectedClient::new`], while another connection is being opened, so that the client
    /// remembers what it receives.
    pub fn overlapping(in_flight: usize) -> Self {
        let mut room = Self::new(in_flight);
        room.client.refresh(ConnectedClient::NOW);
        // A connection that has not proven itself is replaced after a random part of a second.
        fetch_token(&mut room.client, ConnectedClient::NOW + Duration::from_secs(1));
        room
    }
}

/// Does what the client asks for until it has a token, and is connecting. It waits at most once.
fn fetch_token(client: &mut Measured, mut now: Instant) -> ConnectionId {
    let mut has_waited = false;
    loop {
        match client.poll(now) {
            Output::FetchToken(id) => {
                return client.handle_token(now, id, TokenInfo::new()).unwrap();
            }
            Output::Wait(Some(until)) if !has_waited => (now, has_waited) = (until, true),
            Output::Wait(_) => panic!("no token is asked for"),
            _ => {}
        }
    }
}
