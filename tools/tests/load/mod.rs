//! A load test: clients send messages, and count the messages that they receive.

use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;

use futures_util::{SinkExt, StreamExt};
use ivs_chat_proto::publish::SendMessage;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Content, Token};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

/// The timeout for the next delivery. After it, a message counts as lost.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(20);

/// The parameters of a test. Each client sends messages and receives all messages of its room.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: u32,
    /// The number of rooms. All have the same number of connections.
    pub(crate) rooms: u32,
    /// The number of messages per connection.
    pub(crate) messages: u32,
    /// The length of an attribute of each message, in bytes, or 0 for no attribute.
    pub(crate) attribute: usize,
    pub(crate) pace: Pace,
}

/// The schedule on which each connection sends its messages.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// At regular intervals, independently of the echoes.
    Every(Duration),
    /// As soon as fewer than this many messages lack an echo.
    MaxPending(u32),
}

/// The results of a test.
pub(crate) struct Report {
    load: Load,
    /// The time from the first message to the last delivery.
    duration: Duration,
    /// The sorted delays of the deliveries, from the scheduled time of sending.
    delays: Vec<Duration>,
}

/// The messages that one connection has received.
struct Received {
    room: u32,
    /// The number of messages per user.
    counts: BTreeMap<String, u32>,
    /// The senders, in the order of their messages.
    order: Vec<String>,
    delays: Vec<Duration>,
    last: Instant,
}

impl Load {
    const fn members(&self) -> u32 {
        self.connections / self.rooms
    }

    /// Runs the test on one thread.
    ///
    /// # Panics
    ///
    /// Panics if a delivery is missing, duplicated or out of order, or if the members of a room
    /// receive messages in different orders.
    pub(crate) fn run(self, addr: SocketAddr) -> Report {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(self.run_all(addr))
    }

    async fn run_all(self, addr: SocketAddr) -> Report {
        let mut sockets = Vec::new();
        for number in 0..self.connections {
            let user = format!("u{number}");
            let token = format!("r{}.{user}.send.3600", number % self.rooms);
            sockets.push((user, open(addr, &token).await));
        }
        // The room admits the clients after their handshakes.
        let start = Instant::now() + Duration::from_secs(1);
        let mut clients = JoinSet::new();
        for ((user, socket), number) in sockets.into_iter().zip(0..) {
            clients.spawn(self.run_client(start, number, user, socket));
        }
        let mut orders = BTreeMap::new();
        let (mut delays, mut last) = (Vec::new(), start);
        for received in clients.join_all().await {
            assert_eq!(received.counts.len(), self.members() as usize);
            assert!(received.counts.values().all(|count| *count == self.messages));
            assert!(
                orders.entry(received.room).or_insert_with(|| received.order.clone())
                    == &received.order
            );
            delays.extend(received.delays);
            last = last.max(received.last);
        }
        delays.sort_unstable();
        Report { load: self, duration: last - start, delays }
    }

    async fn run_client(
        self,
        start: Instant,
        number: u32,
        user: String,
        mut socket: WebSocketStream<TcpStream>,
    ) -> Received {
        let room = number % self.rooms;
        let mut received = Received {
            room,
            counts: BTreeMap::new(),
            order: Vec::new(),
            delays: Vec::new(),
            last: start,
        };
        let expected = (self.messages * self.members()) as usize;
        let mut sent = 0;
        while received.order.len() < expected {
            let echoed = received.counts.get(&user).copied().unwrap_or(0);
            let (due, may_send) = match self.pace {
                // The connections are spread over each period.
                Pace::Every(period) => {
                    (start + period * sent + period * number / self.connections, true)
                }
                Pace::MaxPending(max) => (start.max(received.last), sent - echoed < max),
            };
            tokio::select! {
                () = sleep_until(due), if may_send && sent < self.messages => {
                    let content = format!("{sent} {}", (due - start).as_micros());
                    let mut publish = SendMessage::new(Content::new(&content).unwrap());
                    let attributes = BTreeMap::from([("a".to_owned(), "x".repeat(self.attribute))]);
                    if self.attribute > 0 {
                        publish.attributes = (&attributes).into();
                    }
                    socket.send(Frame::text(publish.encode_to_string())).await.unwrap();
                    sent += 1;
                }
                frame = timeout(DELIVERY_TIMEOUT, socket.next()) => {
                    let Ok(Some(Ok(Frame::Text(payload)))) = frame else {
                        let count = received.order.len();
                        panic!("{user} received {count} of {expected} messages, then {frame:?}")
                    };
                    received.count(&payload, start);
                }
            }
        }
        received
    }
}

async fn open(addr: SocketAddr, token: &str) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut request = format!("ws://{addr}").into_client_request().unwrap();
    request.headers_mut().insert(Token::HEADER_NAME, token.parse().unwrap());
    client_async(request, stream).await.unwrap().0
}

impl Received {
    fn count(&mut self, payload: &str, start: Instant) {
        self.last = Instant::now();
        let Ok(Subscribe::Message(message)) = Subscribe::decode_str(payload) else {
            panic!("{payload}")
        };
        let content = message.content.to_string();
        let (number, due) = content.split_once(' ').unwrap();
        let user = message.sender.user_id.to_string();
        let count = self.counts.entry(user.clone()).or_default();
        assert_eq!(number.parse(), Ok(*count), "of {user}");
        *count += 1;
        self.order.push(user);
        self.delays.push(
            self.last
                .saturating_duration_since(start + Duration::from_micros(due.parse().unwrap())),
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "the report is rounded")]
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Load { connections, rooms, messages, pace, .. } = self.load;
        let seconds = self.duration.as_secs_f64();
        let (publishes, deliveries) = (connections * messages, self.delays.len());
        let delay =
            |per_mille: usize| self.delays[(deliveries - 1) * per_mille / 1000].as_secs_f64() * 1e3;
        let pace = match pace {
            Pace::Every(_) => "at a steady rate".into(),
            Pace::MaxPending(max) => format!("with at most {max} pending messages each"),
        };
        writeln!(
            f,
            "{connections} connections in {rooms} rooms, sending {pace} for {seconds:.1} s:"
        )?;
        writeln!(f, "  {publishes} publishes, {:.0} per second", f64::from(publishes) / seconds)?;
        writeln!(
            f,
            "  {deliveries} deliveries, {:.0} per second, none lost or out of order",
            deliveries as f64 / seconds
        )?;
        write!(
            f,
            "  delays of {:.1} ms (median), {:.1} ms (99th percentile), {:.1} ms (maximum)",
            delay(500),
            delay(990),
            delay(1000)
        )
    }
}
