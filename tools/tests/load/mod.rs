//! How much a room can bear: some send, all receive, everything is counted.

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

/// Who has received nothing for so long has lost something.
const SILENCE: Duration = Duration::from_secs(20);

/// Everybody sends, and receives what is sent in their room.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: u32,
    /// How many rooms they are evenly spread over.
    pub(crate) rooms: u32,
    /// How many messages each sends.
    pub(crate) messages: u32,
    /// How many bytes each message has besides its content, as an attribute; if any.
    pub(crate) attribute: usize,
    pub(crate) pace: Pace,
}

/// When each connection sends its next message.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// Every so often, whatever has come back.
    Every(Duration),
    /// At once, unless so many have not come back.
    Unanswered(u32),
}

/// What was counted.
pub(crate) struct Figures {
    load: Load,
    /// From the first message to the last delivery.
    took: Duration,
    /// How long each delivery took, from when its message was to be sent, sorted.
    delays: Vec<Duration>,
}

/// What one connection has received.
struct Received {
    room: u32,
    /// How many messages of each user.
    counts: BTreeMap<String, u32>,
    /// The users, in the order of their messages.
    order: Vec<String>,
    delays: Vec<Duration>,
    last: Instant,
}

impl Load {
    const fn members(&self) -> u32 {
        self.connections / self.rooms
    }

    /// Runs it, on one thread.
    ///
    /// # Panics
    ///
    /// If a delivery is missing, comes twice or out of turn, or others in the room have another
    /// order.
    pub(crate) fn run(self, addr: SocketAddr) -> Figures {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(self.run_all(addr))
    }

    async fn run_all(self, addr: SocketAddr) -> Figures {
        let mut sockets = Vec::new();
        for number in 0..self.connections {
            let user = format!("u{number}");
            let token = format!("r{}.{user}.send.3600", number % self.rooms);
            sockets.push((user, open(addr, &token).await));
        }
        // The handshake is answered before the room knows.
        let start = Instant::now() + Duration::from_secs(1);
        let mut clients = JoinSet::new();
        for ((user, socket), number) in sockets.into_iter().zip(0..) {
            clients.spawn(self.attend(start, number, user, socket));
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
        Figures { load: self, took: last - start, delays }
    }

    async fn attend(
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
            let answered = received.counts.get(&user).copied().unwrap_or(0);
            let (due, may_send) = match self.pace {
                // Not all at once.
                Pace::Every(period) => {
                    (start + period * sent + period * number / self.connections, true)
                }
                Pace::Unanswered(most) => (start.max(received.last), sent - answered < most),
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
                frame = timeout(SILENCE, socket.next()) => {
                    let Ok(Some(Ok(Frame::Text(payload)))) = frame else {
                        panic!("{user} has received {} of {expected}, and then {frame:?}", received.order.len())
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

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Load { connections, rooms, messages, pace, .. } = self.load;
        let seconds = self.took.as_secs_f64();
        let (publishes, deliveries) = (connections * messages, self.delays.len());
        let delay = |of_thousand: usize| {
            self.delays[(deliveries - 1) * of_thousand / 1000].as_secs_f64() * 1e3
        };
        let pace = match pace {
            Pace::Every(_) => "at a steady pace".into(),
            Pace::Unanswered(most) => format!("as fast as {most} of each come back"),
        };
        writeln!(
            f,
            "{connections} connections in {rooms} rooms, all of them sending, {pace}, for {seconds:.1} s:"
        )?;
        writeln!(f, "  {publishes} publishes, {:.0} a second", f64::from(publishes) / seconds)?;
        writeln!(
            f,
            "  {deliveries} deliveries, {:.0} a second, none lost or out of turn",
            deliveries as f64 / seconds
        )?;
        write!(
            f,
            "  after {:.1} ms (median), {:.1} ms (99 %), {:.1} ms (all)",
            delay(500),
            delay(990),
            delay(1000)
        )
    }
}
