//! An automatic host and service, for sessions of many hours.

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{Client, CloseEvent, Config, ConnectionId, Output, TokenInfo};

const ERROR_401: &str = r#"{"Type":"ERROR","ErrorCode":401,"ErrorMessage":"connection expired"}"#;

/// The behavior of the service.
pub(crate) struct Service {
    /// Returns `true` if the service answers the ping with this number.
    pub(crate) answers_ping: fn(u32) -> bool,
    /// The time after which the service sends an error 401 and closes without a reason.
    pub(crate) session_ms: u64,
    /// The session length in the token, which a wrong wall clock distorts.
    pub(crate) stated_ms: Option<u64>,
}

impl Default for Service {
    fn default() -> Self {
        Self { answers_ping: |_| true, session_ms: u64::MAX, stated_ms: None }
    }
}

/// A client, its host and the service.
pub(crate) struct AutoHost {
    pub(crate) client: Client,
    /// All outputs except `Wait`, and their times.
    pub(crate) outputs: Vec<(Instant, Output<()>)>,
    service: Service,
    now: Instant,
    /// The connections that the service will close, and the times.
    ends: Vec<(Instant, ConnectionId)>,
    /// Timers fire only at multiples of this time. Defaults to 1 ms.
    pub(crate) timer_ms: u64,
}

impl AutoHost {
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

    /// Follows all outputs of the client, and returns the time of `Wait`.
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

    /// Runs until `end_ms`, with a call every `every_ms` milliseconds.
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

    /// Returns the times of these outputs.
    pub(crate) fn moments(&self, is_one: impl Fn(&Output<()>) -> bool) -> Vec<Instant> {
        self.outputs
            .iter()
            .filter(|(_, output)| is_one(output))
            .map(|(moment, _)| *moment)
            .collect()
    }
}
