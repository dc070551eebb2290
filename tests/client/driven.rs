//! A host and a service that need no script, for what takes hours.

use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, Instant, Output, TokenInfo,
};

const ERROR_401: &str = r#"{"Type":"ERROR","ErrorCode":401,"ErrorMessage":"connection expired"}"#;

/// How the service behaves.
pub(crate) struct Service {
    /// Whether it answers the ping with this number.
    pub(crate) answers_ping: fn(u32) -> bool,
    /// After how long it ends a connection: with an error 401, and then a close without a reason.
    pub(crate) session_ms: u64,
    /// The length of the session by the host's clock, which may be wrong.
    pub(crate) stated_ms: Option<u64>,
}

impl Default for Service {
    fn default() -> Self {
        Self { answers_ping: |_| true, session_ms: u64::MAX, stated_ms: None }
    }
}

/// A client, its host and the service, at one moment.
pub(crate) struct Room {
    pub(crate) client: Client,
    /// All outputs but `Wait`, and their moments.
    pub(crate) outputs: Vec<(Instant, Output<()>)>,
    service: Service,
    now: Instant,
    /// The connection that the service ends next, and when.
    ends: Vec<(Instant, ConnectionId)>,
    /// Timers fire only at multiples of this time.
    pub(crate) timer_ms: u64,
}

impl Room {
    pub(crate) fn new(config: Config, seed: u8, service: Service) -> Self {
        let mut client = Client::new(config, [seed; 16]);
        client.connect(Instant::from_millis(0));
        Self {
            client,
            outputs: Vec::new(),
            service,
            now: Instant::from_millis(0),
            ends: Vec::new(),
            timer_ms: 1,
        }
    }

    pub(crate) fn run_until(&mut self, end_ms: u64) {
        while self.now.as_millis() < end_ms {
            let timer = self
                .serve()
                .map_or(u64::MAX, |wait| wait.as_millis().next_multiple_of(self.timer_ms));
            let end = self.ends.first().map_or(u64::MAX, |(end, _)| end.as_millis());
            self.now = Instant::from_millis(timer.min(end).min(end_ms));
            if end == self.now.as_millis() {
                let (_, connection) = self.ends.remove(0);
                let _ = self.client.handle_message_str(self.now, connection, ERROR_401).unwrap();
                self.client.handle_close(self.now, connection, CloseEvent::frame(1000, ""));
            }
        }
    }

    /// Does what the client says, and returns when it wants to be called again.
    fn serve(&mut self) -> Option<Instant> {
        let now = self.now;
        loop {
            let output = self.client.poll(now);
            match output {
                Output::Wait(moment) => return moment,
                Output::Ping { connection, payload }
                    if (self.service.answers_ping)(u32::from_be_bytes(payload)) =>
                {
                    self.client.handle_pong(now, connection, &payload);
                }
                Output::FetchToken(fetch) => {
                    let mut info = TokenInfo::new();
                    info.session_ms = self.service.stated_ms;
                    let connection = self.client.handle_token(now, fetch, info).unwrap();
                    self.client.handle_open(now, connection);
                    let end = now.as_millis().saturating_add(self.service.session_ms);
                    self.ends.push((Instant::from_millis(end), connection));
                }
                Output::Close { connection, .. } => {
                    self.ends.retain(|(_, open)| *open != connection);
                }
                _ => {}
            }
            self.outputs.push((now, output));
        }
    }

    /// Runs as long, with a call before every so many milliseconds.
    pub(crate) fn run_with(
        &mut self,
        end_ms: u64,
        every_ms: usize,
        call: impl Fn(&mut Client, Instant),
    ) {
        for moment in (0..=end_ms).step_by(every_ms) {
            self.run_until(moment);
            call(&mut self.client, self.now);
        }
    }

    /// The moments of these outputs.
    pub(crate) fn moments(&self, is_one: impl Fn(&Output<()>) -> bool) -> Vec<Instant> {
        self.outputs
            .iter()
            .filter(|(_, output)| is_one(output))
            .map(|(moment, _)| *moment)
            .collect()
    }
}
