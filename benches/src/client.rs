//! The client that is measured.

use core::time::Duration;

use ivs_chat_proto::Content;
use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Client, Config, ConnectionId, Output, TokenInfo};
use ivs_chat_proto::publish::SendMessage;

/// A client whose deduplication window is smaller than a corpus. A larger one would treat the
/// second run over a corpus as duplicates.
type Measured = Client<(), 16, 512>;

/// A client and its open connection.
pub struct ConnectedClient {
    pub client: Measured,
    pub connection: ConnectionId,
}

impl ConnectedClient {
    /// The time at which everything is received and sent.
    pub const NOW: Instant = Instant::from_millis(20_000);

    /// Creates a connected client with this many requests in flight.
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

    /// Creates a connected client that is opening a second connection, so that it remembers the
    /// identifiers of received messages.
    pub fn overlapping(in_flight: usize) -> Self {
        let mut connected = Self::new(in_flight);
        connected.client.refresh(ConnectedClient::NOW);
        // The client waits a random part of a second before it replaces an unproven connection.
        fetch_token(&mut connected.client, ConnectedClient::NOW + Duration::from_secs(1));
        connected
    }
}

/// Polls the client until it fetches a token, and supplies the token. Waits at most once.
fn fetch_token(client: &mut Measured, mut now: Instant) -> ConnectionId {
    let mut has_waited = false;
    loop {
        match client.poll(now) {
            Output::FetchToken(id) => {
                return client.handle_token(now, id, TokenInfo::new()).unwrap();
            }
            Output::Wait(Some(until)) if !has_waited => (now, has_waited) = (until, true),
            Output::Wait(_) => panic!("expected a token fetch"),
            _ => {}
        }
    }
}
