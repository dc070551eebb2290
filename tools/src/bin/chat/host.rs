//! A host for a [`Client`] on tokio: sockets, tokens, a clock and randomness.
//!
//! An SDK can start from this module, because it does no terminal I/O. The application runs a loop:
//!
//! ```text
//! host.client.connect(host.now());
//! loop {
//!     let deadline = host.drive(&mut notify);     // Do what the client asks for.
//!     if is_disconnected(host.client.state()) { break }
//!     host.wait(deadline, &mut notify).await;     // Tell the client what happened.
//! }
//! host.close().await;
//! ```
//!
//! In between, it can [`send`](Host::send) requests and call the [client](Host::client).

use std::io;

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Client, Config, ConnectionId, FetchId, Output, SendError};
use ivs_chat_proto::publish::Publish;
use ivs_chat_tools::clock::Clock;
use tokio_tungstenite::tungstenite::http::Uri;

use crate::notice::Notice;
use crate::sleep::{CHECK_INTERVAL, SleepDetector};
use crate::socket::SocketEvent;
use crate::sockets::Sockets;
use crate::tokens::{FetchResult, TokenFetcher, TokenSource};

/// The maximum length of an encoded request, in bytes.
const MAX_REQUEST_LEN: usize = 16 << 10;

/// A client with its sockets, tokens and clock. `T` is the application's data for a request.
pub(crate) struct Host<T> {
    pub(crate) client: Box<Client<T>>,
    clock: Clock,
    sleep: SleepDetector,
    tokens: TokenFetcher,
    sockets: Sockets,
    buffer: Box<[u8]>,
}

type Notify<'f, T> = dyn FnMut(Notice<'_, T>) + 'f;

impl<T> Host<T> {
    pub(crate) fn new(config: Config, endpoint: Uri, tokens: TokenSource) -> io::Result<Self> {
        let mut seed = [0; 16];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        Ok(Self {
            client: Box::new(Client::new(config, seed)),
            clock: Clock::start(),
            sleep: SleepDetector::new(),
            tokens: TokenFetcher::new(tokens),
            sockets: Sockets::new(endpoint),
            buffer: vec![0; MAX_REQUEST_LEN].into(),
        })
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Sends a request. Its outcome carries `data`.
    pub(crate) fn send(&mut self, request: Publish<'_>, data: T) -> Result<(), SendError<T>> {
        let sent = self.client.send(self.clock.now(), request, data, &mut self.buffer)?;
        self.sockets.send(sent.connection, sent.payload);
        Ok(())
    }

    /// Does everything that the client asks for. Returns the deadline for [`wait`](Self::wait).
    pub(crate) fn drive(&mut self, notify: &mut Notify<'_, T>) -> Option<Instant> {
        if self.sleep.has_slept() {
            self.client.refresh(self.now());
        }
        loop {
            let now = self.now();
            match self.client.poll(now) {
                Output::FetchToken(id) => {
                    self.tokens.start(id, self.client.config().token_timeout_ms);
                }
                Output::Ping { connection, payload } => self.sockets.ping(connection, payload),
                Output::Close { connection, code } => self.sockets.close(connection, code),
                Output::Settled(settled) => notify(Notice::Settled(settled)),
                Output::State(state) => {
                    let reconnect_at = self.client.reconnect_at().unwrap_or(now);
                    notify(Notice::State(state, reconnect_at.saturating_duration_since(now)));
                }
                Output::PossibleGap => notify(Notice::PossibleGap),
                Output::Wait(deadline) => return deadline,
                // Applications need not know that a connection was replaced.
                _ => {}
            }
        }
    }

    /// Waits for one event or for the deadline, and informs the client. It is cancel safe.
    pub(crate) async fn wait(&mut self, deadline: Option<Instant>, notify: &mut Notify<'_, T>) {
        let check_at = self.now() + CHECK_INTERVAL;
        let deadline = deadline.map_or(check_at, |deadline| deadline.min(check_at));
        tokio::select! {
            (id, event) = self.sockets.next_event() => self.handle_event(id, event, notify),
            (id, result) = self.tokens.next() => self.handle_fetch(id, result, notify),
            () = self.clock.wait_until(Some(deadline)) => {}
        }
    }

    fn handle_event(&mut self, id: ConnectionId, event: SocketEvent, notify: &mut Notify<'_, T>) {
        let now = self.now();
        match event {
            SocketEvent::Opened => self.client.handle_open(now, id),
            SocketEvent::Pong(payload) => self.client.handle_pong(now, id, &payload),
            SocketEvent::Message(text) => match self.client.handle_message_str(now, id, &text) {
                Ok(Some(received)) => notify(Notice::Received(received)),
                Ok(None) => {}
                Err(error) => notify(Notice::NotDecoded(&text, error)),
            },
            SocketEvent::Closed(closed) => {
                self.client.handle_close(now, id, closed.event);
                if self.sockets.remove(id) {
                    notify(Notice::Closed(id, closed.description));
                }
            }
        }
    }

    fn handle_fetch(&mut self, id: FetchId, result: FetchResult, notify: &mut Notify<'_, T>) {
        let now = self.now();
        match result {
            Ok(token) => {
                if let Some(connection) = self.client.handle_token(now, id, token.info()) {
                    self.sockets.open(connection, token.header);
                }
                if let Some(warning) = token.warning {
                    notify(Notice::TokenWarning(warning));
                }
            }
            Err(failure) => {
                self.client.handle_token_error(now, id, failure.error);
                notify(Notice::FetchFailed(failure));
            }
        }
    }

    /// Waits until the connections that are being closed are closed.
    pub(crate) async fn close(self) {
        self.sockets.join().await;
    }
}
