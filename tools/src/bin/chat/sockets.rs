//! The open connections and their events.

use std::collections::BTreeMap;

use ivs_chat_proto::client::ConnectionId;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};

use crate::socket::{CLOSE_TIMEOUT, Socket, SocketEvent};

/// The capacity of the event channel. Connections wait while it is full.
const MAX_EVENTS: usize = 64;

/// The sockets that the client has not closed.
pub(crate) struct Sockets {
    endpoint: Uri,
    open: BTreeMap<ConnectionId, Socket>,
    event_sender: mpsc::Sender<(ConnectionId, SocketEvent)>,
    events: mpsc::Receiver<(ConnectionId, SocketEvent)>,
}

impl Sockets {
    pub(crate) fn new(endpoint: Uri) -> Self {
        let (event_sender, events) = mpsc::channel(MAX_EVENTS);
        Self { endpoint, open: BTreeMap::new(), event_sender, events }
    }

    /// Starts to open a connection.
    pub(crate) fn open(&mut self, id: ConnectionId, token: HeaderValue) {
        let socket = Socket::open(id, self.endpoint.clone(), token, self.event_sender.clone());
        self.open.insert(id, socket);
    }

    /// Sends a text message.
    pub(crate) fn send(&self, id: ConnectionId, payload: &str) {
        if let Some(socket) = self.open.get(&id) {
            socket.send(payload);
        }
    }

    /// Sends a ping.
    pub(crate) fn ping(&self, id: ConnectionId, payload: [u8; 4]) {
        if let Some(socket) = self.open.get(&id) {
            socket.ping(payload);
        }
    }

    /// Closes a connection.
    pub(crate) fn close(&mut self, id: ConnectionId, code: u16) {
        if let Some(socket) = self.open.remove(&id) {
            socket.close(code);
        }
    }

    /// Removes a connection that has been closed. Returns `false` if the client had closed it.
    pub(crate) fn remove(&mut self, id: ConnectionId) -> bool {
        self.open.remove(&id).is_some()
    }

    /// Waits for the next event. It is cancel safe.
    pub(crate) async fn next_event(&mut self) -> (ConnectionId, SocketEvent) {
        self.events.recv().await.expect("`event_sender` keeps the channel open")
    }

    /// Waits until every connection is closed, for at most [`CLOSE_TIMEOUT`].
    pub(crate) async fn join(mut self) {
        // Each connection holds a sender of the event channel.
        drop((self.open, self.event_sender));
        let _ = timeout(CLOSE_TIMEOUT, async { while self.events.recv().await.is_some() {} }).await;
    }
}
