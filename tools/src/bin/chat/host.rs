//! What a [`Client`] needs around it on tokio: sockets, tokens, a clock and randomness.
//!
//! It knows nothing of terminals: an SDK could start from this file. The application calls
//! [`drive`](Host::drive) and awaits [`wait`](Host::wait), in turn. In between, it says what it wants:
//! with [`send`](Host::send), and by the [client](Host::client)'s own methods. What it has to know
//! comes as a [`Notice`].

use core::pin::Pin;
use core::time::Duration;
use std::collections::BTreeMap;
use std::io;

use futures_util::FutureExt;
use futures_util::future::Fuse;
use ivs_chat_proto::client::{
    Client, Config, ConnectionId, ConnectionState, FetchId, Output, Received, SendError, Settled,
};
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::{DecodeError, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::http::Uri;

use crate::sleep::{CHECK, SleepDetector};
use crate::socket::{GOODBYE, News, Socket};
use crate::tokens::{Fetched, NoToken, Tokens};
use ivs_chat_tools::clock::Clock;

/// The longest request in bytes. Longer ones are refused.
const BUFFER: usize = 16 << 10;
/// How much news may wait to be looked at. After that, the connections wait.
const NEWS: usize = 64;

/// A client and what it needs. The `T` of a request comes back with the request's outcome.
pub(crate) struct Host<T> {
    pub(crate) client: Box<Client<T>>,
    clock: Clock,
    sleep: SleepDetector,
    endpoint: Uri,
    tokens: Tokens,
    user_id: Option<String>,
    sockets: BTreeMap<ConnectionId, Socket>,
    reporter: mpsc::Sender<(ConnectionId, News)>,
    news: mpsc::Receiver<(ConnectionId, News)>,
    /// The fetch under way. It stops when it is dropped.
    fetch: Fuse<Pin<Box<dyn Future<Output = Fetch>>>>,
    buffer: Box<[u8]>,
}

type Fetch = (FetchId, Result<Fetched, NoToken>);
type Tell<'t, T> = dyn FnMut(Notice<'_, T>) + 't;

/// What the application has to know.
pub(crate) enum Notice<'n, T> {
    /// A payload, and perhaps the outcome of a request.
    Received(Received<'n, T>),
    NotDecoded(&'n str, DecodeError),
    /// The outcome of a request that no payload gave it.
    Settled(Settled<T>),
    /// The new state, and how long the client waits before it connects.
    State(ConnectionState, Duration),
    PossibleGap,
    NoToken(NoToken),
    /// A token is good, but something is wrong with what came with it.
    Warning(String),
    /// A connection has ended, in this way, that the client has not closed.
    Ended(ConnectionId, String),
}

impl<T> Host<T> {
    pub(crate) fn new(
        config: Config,
        endpoint: Uri,
        tokens: Tokens,
        user_id: Option<String>,
    ) -> io::Result<Self> {
        let mut seed = [0; 16];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        let (client, clock, sockets) =
            (Client::new(config, seed).into(), Clock::start(), BTreeMap::new());
        let (reporter, news) = mpsc::channel(NEWS);
        let (fetch, buffer) = (Fuse::terminated(), vec![0; BUFFER].into());
        Ok(Self {
            client,
            clock,
            sleep: SleepDetector::new(),
            endpoint,
            tokens,
            user_id,
            sockets,
            reporter,
            news,
            fetch,
            buffer,
        })
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(crate) fn send(&mut self, request: Publish<'_>, data: T) -> Result<(), SendError<T>> {
        let sent = self.client.send(self.clock.now(), request, data, &mut self.buffer)?;
        if let Some(socket) = self.sockets.get(&sent.connection) {
            socket.write(sent.payload);
        }
        Ok(())
    }

    /// Does what the client wants done. Returns the moment until which there is nothing more to do.
    pub(crate) fn drive(&mut self, tell: &mut Tell<'_, T>) -> Option<Instant> {
        if self.sleep.has_slept() {
            self.client.refresh(self.now());
        }
        loop {
            let now = self.now();
            match self.client.poll(now) {
                Output::Close { connection, code } => {
                    if let Some(socket) = self.sockets.remove(&connection) {
                        socket.close(code);
                    }
                }
                Output::Ping { connection, payload } => {
                    if let Some(socket) = self.sockets.get(&connection) {
                        socket.ping(payload);
                    }
                }
                Output::Settled(settled) => tell(Notice::Settled(settled)),
                Output::State(state) => {
                    let next = self.client.reconnect_at().unwrap_or(now);
                    tell(Notice::State(state, next.saturating_duration_since(now)));
                }
                Output::PossibleGap => tell(Notice::PossibleGap),
                Output::FetchToken(id) => self.fetch(id),
                Output::Wait(until) => return until,
                // Applications need not know that a connection has been replaced.
                _ => {}
            }
        }
    }

    /// Waits for a moment, or until something happens, and tells the client. Nothing is lost if the
    /// future is dropped.
    pub(crate) async fn wait(&mut self, until: Option<Instant>, tell: &mut Tell<'_, T>) {
        let check = self.now() + CHECK;
        let until = until.map_or(check, |until| until.min(check));
        tokio::select! {
            Some((connection, news)) = self.news.recv() => self.happened(connection, news, tell),
            (id, fetched) = &mut self.fetch => self.fetched(id, fetched, tell),
            () = self.clock.wait_until(Some(until)) => {}
        }
    }

    /// Begins to fetch a token. The client gives the fetch up in the end, and so does the host.
    fn fetch(&mut self, id: FetchId) {
        let patience = Duration::from_millis(self.client.config().token_timeout_ms.into());
        let fetch = timeout(patience, self.tokens.clone().fetch());
        let fetch = async move { (id, fetch.await.unwrap_or_else(|_| Err(NoToken::too_late()))) };
        self.fetch = (Box::pin(fetch) as Pin<Box<dyn Future<Output = Fetch>>>).fuse();
    }

    fn fetched(&mut self, id: FetchId, fetched: Result<Fetched, NoToken>, tell: &mut Tell<'_, T>) {
        let now = self.now();
        match fetched {
            Ok(token) => {
                token.warning.iter().for_each(|warning| tell(Notice::Warning(warning.clone())));
                let info = token.info(self.user_id.as_deref());
                if let Some(connection) = self.client.handle_token(now, id, info) {
                    let (endpoint, reporter) = (self.endpoint.clone(), self.reporter.clone());
                    self.sockets.insert(
                        connection,
                        Socket::open(connection, endpoint, token.header, reporter),
                    );
                }
            }
            Err(no_token) => {
                self.client.handle_token_error(now, id, no_token.error);
                tell(Notice::NoToken(no_token));
            }
        }
    }

    fn happened(&mut self, connection: ConnectionId, news: News, tell: &mut Tell<'_, T>) {
        let now = self.now();
        match news {
            News::Opened => self.client.handle_open(now, connection),
            News::Pong(payload) => self.client.handle_pong(now, connection, &payload),
            News::Received(text) => match self.client.handle_message_str(now, connection, &text) {
                Ok(Some(received)) => tell(Notice::Received(received)),
                Ok(None) => {}
                Err(error) => tell(Notice::NotDecoded(&text, error)),
            },
            News::Ended(end) => {
                self.client.handle_close(now, connection, end.event);
                if self.sockets.remove(&connection).is_some() {
                    tell(Notice::Ended(connection, end.words));
                }
            }
        }
    }

    /// Waits for the connections that are being closed. Each holds a sender of the channel.
    pub(crate) async fn leave(self) {
        let Self { sockets, reporter, mut news, .. } = self;
        drop((sockets, reporter));
        let _ = timeout(GOODBYE, async { while news.recv().await.is_some() {} }).await;
    }
}
