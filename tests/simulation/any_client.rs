//! Clients of two sizes behind one type: for a computer and for a microcontroller.

use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, Counters, FetchError, FetchId,
    Output, Received, RequestHandle, SendError, Sent, TokenInfo,
};
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::{DecodeError, Instant};

/// A client of either size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AnyClient {
    Large(Box<Client<usize, 6, 1024>>),
    Small(Box<Client<usize, 2, 8>>),
}

macro_rules! each {
    ($any:expr, $client:ident => $call:expr) => {
        match $any {
            AnyClient::Large($client) => $call,
            AnyClient::Small($client) => $call,
        }
    };
}

impl AnyClient {
    pub(crate) fn new(is_small: bool, config: Config, seed: [u8; 16]) -> Self {
        if is_small {
            Self::Small(Box::new(Client::new(config, seed)))
        } else {
            Self::Large(Box::new(Client::new(config, seed)))
        }
    }

    pub(crate) fn config(&self) -> &Config {
        each!(self, client => client.config())
    }

    pub(crate) fn state(&self) -> ConnectionState {
        each!(self, client => client.state())
    }

    pub(crate) fn current(&self) -> Option<ConnectionId> {
        each!(self, client => client.current())
    }

    pub(crate) fn in_flight_len(&self) -> usize {
        each!(self, client => client.in_flight_len())
    }

    pub(crate) fn counters(&self) -> Counters {
        each!(self, client => client.counters())
    }

    pub(crate) fn connect(&mut self, now: Instant) {
        each!(self, client => client.connect(now));
    }

    pub(crate) fn disconnect(&mut self, now: Instant) {
        each!(self, client => client.disconnect(now));
    }

    pub(crate) fn disconnect_when_settled(&mut self, now: Instant) {
        each!(self, client => client.disconnect_when_settled(now));
    }

    pub(crate) fn refresh(&mut self, now: Instant) {
        each!(self, client => client.refresh(now));
    }

    pub(crate) fn send<'b>(
        &mut self,
        now: Instant,
        publish: Publish<'_>,
        data: usize,
        buffer: &'b mut String,
    ) -> Result<Sent<'b>, SendError<usize>> {
        each!(self, client => client.send_in_string(now, publish, data, buffer))
    }

    pub(crate) fn abandon(&mut self, handle: RequestHandle) -> Option<usize> {
        each!(self, client => client.abandon(handle))
    }

    pub(crate) fn handle_token(
        &mut self,
        now: Instant,
        fetch: FetchId,
        info: TokenInfo<'_>,
    ) -> Option<ConnectionId> {
        each!(self, client => client.handle_token(now, fetch, info))
    }

    pub(crate) fn handle_token_error(&mut self, now: Instant, fetch: FetchId, error: FetchError) {
        each!(self, client => client.handle_token_error(now, fetch, error));
    }

    pub(crate) fn handle_open(&mut self, now: Instant, connection: ConnectionId) {
        each!(self, client => client.handle_open(now, connection));
    }

    pub(crate) fn handle_message<'m>(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        message: &'m [u8],
    ) -> Result<Option<Received<'m, usize>>, DecodeError> {
        each!(self, client => client.handle_message(now, connection, message))
    }

    pub(crate) fn handle_pong(&mut self, now: Instant, connection: ConnectionId, payload: &[u8]) {
        each!(self, client => client.handle_pong(now, connection, payload));
    }

    pub(crate) fn handle_close(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        event: CloseEvent,
    ) {
        each!(self, client => client.handle_close(now, connection, event));
    }

    pub(crate) fn poll(&mut self, now: Instant) -> Output<usize> {
        each!(self, client => client.poll(now))
    }
}
