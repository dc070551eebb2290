//! The part of the JavaScript package that runs in WebAssembly: the client's state machine.
//!
//! Values cross the boundary as numbers and strings, which keeps the module small. The methods of
//! [`Machine`] store their result, and getters read it. `lib/chat-room.js` is the only caller.

use core::fmt::{Display, Write as _};

use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, DisconnectReason, FetchError,
    FetchId, Outcome, Output, Settled, TokenInfo,
};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::{EventKind, Subscribe};
use ivs_chat_proto::{Attributes, Content, ErrorCode, Instant, Timestamp, owned};
use wasm_bindgen::prelude::wasm_bindgen;

/// A client. `DEDUP` suffices for 100 messages per second and a lag of 5 seconds.
type SmallClient = Client<u32, 64, 512>;

/// A client and the result of the last call.
#[wasm_bindgen]
pub struct Machine {
    client: Box<SmallClient>,
    buffer: String,
    numbers: Numbers,
    payload: Option<owned::Subscribe>,
}

/// The numbers in the result of the last call.
#[derive(Default)]
struct Numbers {
    connection: f64,
    fetch: f64,
    code: u16,
    state_number: u8,
    reason: u8,
    outcome: u8,
    error_code: u16,
    request: u32,
    wait_until: f64,
}

#[expect(clippy::cast_precision_loss, reason = "numbers and times stay far below 2^53")]
fn to_f64(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a conversion from f64 saturates"
)]
fn to_u64(number: f64) -> u64 {
    number as u64
}

fn at(now: f64) -> Instant {
    Instant::from_millis(to_u64(now))
}

fn connection_id(number: f64) -> ConnectionId {
    ConnectionId::from_number(to_u64(number))
}

#[wasm_bindgen]
impl Machine {
    /// Creates a client for a host without pings. `max_attempts` is 0 for no limit.
    ///
    /// A seed that is not 16 bytes long leaves the client without a seed, so that it cannot connect.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: &[u8], max_attempts: u32, max_code_points: u16) -> Self {
        let mut config = Config::without_pings();
        config.max_attempts = core::num::NonZeroU32::new(max_attempts);
        config.max_code_points = max_code_points;
        let mut client = Box::new(SmallClient::unseeded(config));
        if let Ok(seed) = seed.try_into() {
            client.seed(seed);
        }
        Self { client, buffer: String::new(), numbers: Numbers::default(), payload: None }
    }

    /// Starts a session.
    pub fn connect(&mut self, now: f64) {
        self.client.connect(at(now));
    }

    /// Ends the session.
    pub fn disconnect(&mut self, now: f64) {
        self.client.disconnect(at(now));
    }

    /// Requests a new connection.
    pub fn refresh(&mut self, now: f64) {
        self.client.refresh(at(now));
    }

    /// Returns the number of the state.
    pub fn state(&self) -> u8 {
        self.client.state().number()
    }

    /// Returns the number of the next output.
    pub fn poll(&mut self, now: f64) -> u8 {
        let output = self.client.poll(at(now));
        let kind = output.number();
        self.numbers = Numbers::default();
        let numbers = &mut self.numbers;
        match output {
            Output::Close { connection, code } => {
                numbers.connection = to_f64(connection.number());
                numbers.code = code;
            }
            Output::Settled(settled) => self.set_settled(&settled),
            Output::State(state) => {
                numbers.state_number = state.number();
                if let ConnectionState::Disconnected(reason) = state {
                    numbers.reason = reason.number();
                    if let DisconnectReason::Refused(code) | DisconnectReason::Closed(code) = reason
                    {
                        numbers.code = code;
                    }
                }
            }
            Output::FetchToken(fetch) => numbers.fetch = to_f64(fetch.number()),
            Output::Wait(until) => {
                numbers.wait_until = until.map_or(f64::INFINITY, |until| to_f64(until.as_millis()));
            }
            _ => {}
        }
        kind
    }

    /// Reports a token. Returns the connection to open, or -1 if the token is not wanted.
    ///
    /// `session_end` is the `sessionExpirationTime` as text, or empty. `wall_clock` is the current
    /// time in milliseconds since 1970.
    pub fn handle_token(
        &mut self,
        now: f64,
        fetch: f64,
        session_end: &str,
        wall_clock: f64,
    ) -> f64 {
        let seconds = i64::try_from(to_u64(wall_clock) / 1_000).ok();
        let wall_clock = seconds.and_then(|seconds| Timestamp::new(seconds, 0));
        let info = match (Timestamp::parse(session_end), wall_clock) {
            (Ok(end), Some(wall_clock)) => TokenInfo::until(end, wall_clock),
            _ => TokenInfo::new(),
        };
        let fetch = FetchId::from_number(to_u64(fetch));
        let connection = self.client.handle_token(at(now), fetch, info);
        connection.map_or(-1.0, |connection| to_f64(connection.number()))
    }

    /// Reports a failed fetch.
    pub fn handle_token_error(&mut self, now: f64, fetch: f64) {
        let error = FetchError::Temporary { retry_after: None };
        self.client.handle_token_error(at(now), FetchId::from_number(to_u64(fetch)), error);
    }

    /// Reports that a connection is open.
    pub fn handle_open(&mut self, now: f64, connection: f64) {
        self.client.handle_open(at(now), connection_id(connection));
    }

    /// Reports that a connection has ended.
    pub fn handle_close(&mut self, now: f64, connection: f64, code: u16, reason: &str) {
        let event =
            if code == 1006 { CloseEvent::abnormal() } else { CloseEvent::frame(code, reason) };
        self.client.handle_close(at(now), connection_id(connection), event);
    }

    /// Reports a message. Returns the number of the payload's type, 0 if there is nothing to show, or
    /// the negative number of an error's kind; `offset` in `wait_until` is then its offset.
    pub fn handle_message(&mut self, now: f64, connection: f64, message: &str) -> i16 {
        self.numbers = Numbers::default();
        self.payload = None;
        match self.client.handle_message_str(at(now), connection_id(connection), message) {
            Ok(None) => 0,
            Ok(Some(received)) => {
                let kind = received.payload.number();
                if let Some(settled) = &received.settled {
                    self.set_settled(settled);
                }
                self.payload = Some(received.payload.into_owned());
                kind.into()
            }
            Err(error) => {
                self.numbers.wait_until = u32::try_from(error.offset()).map_or(0.0, f64::from);
                -i16::from(error.kind().number())
            }
        }
    }

    /// Decodes a payload that did not come from a connection. Returns the number of its type, or the
    /// negative number of the error's kind; `wait_until` is then its offset in UTF-16 units, and
    /// `error_text` describes it.
    pub fn decode(&mut self, text: &str) -> i16 {
        self.numbers = Numbers::default();
        self.payload = None;
        match Subscribe::decode_str(text) {
            Ok(payload) => {
                let number = payload.number();
                self.payload = Some(payload.into_owned());
                number.into()
            }
            Err(error) => {
                let before = text.get(..error.offset()).unwrap_or(text);
                let units = before.encode_utf16().count();
                self.numbers.wait_until = u32::try_from(units).map_or(0.0, f64::from);
                self.set_error_text(error.kind());
                -i16::from(error.kind().number())
            }
        }
    }

    fn set_error_text(&mut self, error: impl Display) {
        self.buffer.clear();
        let _ = write!(self.buffer, "{error}");
    }

    /// Returns the description of the error of the last call that decodes or sends.
    pub fn error_text(&self) -> String {
        self.buffer.clone()
    }

    /// Accepts a message. Returns an empty string if it is not accepted. `attributes` is a JSON
    /// object or empty.
    pub fn send_message(
        &mut self,
        now: f64,
        key: u32,
        request_id: &str,
        content: &str,
        attributes: &str,
    ) -> String {
        let content = match Content::new(content) {
            Ok(content) => content,
            Err(error) => return self.refuse(error),
        };
        let mut send = SendMessage::new(content).with_request_id(request_id);
        if !attributes.is_empty() {
            match Attributes::decode_str(attributes) {
                Ok(attributes) => send.attributes = attributes,
                Err(error) => return self.refuse(error),
            }
        }
        self.send(now, key, send.into())
    }

    /// Accepts a deletion. `reason` is empty for none.
    pub fn delete_message(
        &mut self,
        now: f64,
        key: u32,
        request_id: &str,
        id: &str,
        reason: &str,
    ) -> String {
        let mut delete = DeleteMessage::new(id).with_request_id(request_id);
        if !reason.is_empty() {
            delete = delete.with_reason(reason);
        }
        self.send(now, key, delete.into())
    }

    /// Accepts a disconnection. `reason` is empty for none.
    pub fn disconnect_user(
        &mut self,
        now: f64,
        key: u32,
        request_id: &str,
        user_id: &str,
        reason: &str,
    ) -> String {
        let mut disconnect = DisconnectUser::new(user_id).with_request_id(request_id);
        if !reason.is_empty() {
            disconnect = disconnect.with_reason(reason);
        }
        self.send(now, key, disconnect.into())
    }

    fn send(&mut self, now: f64, key: u32, publish: Publish<'_>) -> String {
        self.numbers = Numbers::default();
        match self.client.send_in_string(at(now), publish, key, &mut self.buffer) {
            Ok(sent) => {
                self.numbers.connection = to_f64(sent.connection.number());
                self.buffer.clone()
            }
            Err(error) => {
                let error_code = error.kind.error_code().map_or(0, ErrorCode::as_u16);
                self.numbers.error_code = error_code;
                self.set_error_text(error);
                String::new()
            }
        }
    }

    fn refuse(&mut self, error: impl Display) -> String {
        let error_code = ErrorCode::BAD_REQUEST.as_u16();
        self.numbers = Numbers { error_code, ..Numbers::default() };
        self.set_error_text(error);
        String::new()
    }

    fn set_settled(&mut self, settled: &Settled<u32>) {
        self.numbers.request = settled.data;
        self.numbers.outcome = settled.outcome.number();
        if let Outcome::Rejected(code) = settled.outcome {
            self.numbers.error_code = code.as_u16();
        }
    }

    /// Returns a field of the last payload by its name in the reference, or `undefined`.
    pub fn text(&self, field: &str) -> Option<String> {
        let payload = self.payload.as_ref()?;
        if field == "Id" {
            return payload.as_borrowed().id().map(String::from);
        }
        if field == "RequestId" {
            return payload.as_borrowed().request_id().map(String::from);
        }
        let text: &str = match (payload, field) {
            (owned::Subscribe::Message(message), "Content") => &message.content,
            (owned::Subscribe::Message(message), "SendTime") => &message.send_time,
            (owned::Subscribe::Message(message), "UserId") => &message.sender.user_id,
            (owned::Subscribe::Event(event), "EventName") => &event.event_name,
            (owned::Subscribe::Event(event), "SendTime") => &event.send_time,
            (owned::Subscribe::Error(error), "ErrorMessage") => error.error_message.as_ref()?,
            (owned::Subscribe::Unknown(unknown), "Type") => unknown.type_name(),
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// Returns the attributes of the last payload as a JSON object, or `undefined` if it has none.
    pub fn attributes(&self, of_sender: bool) -> Option<String> {
        let attributes = match self.payload.as_ref()? {
            owned::Subscribe::Message(message) if of_sender => &message.sender.attributes,
            owned::Subscribe::Message(message) => &message.attributes,
            owned::Subscribe::Event(event) => &event.attributes,
            _ => return None,
        };
        (!attributes.is_empty()).then(|| Attributes::from(attributes).encode_to_string())
    }

    /// Returns the number of the last event's kind, or 0.
    pub fn event_kind(&self) -> u8 {
        match &self.payload {
            Some(owned::Subscribe::Event(event)) => event.kind().number(),
            _ => 0,
        }
    }

    /// Returns the target of the last event, or its reason.
    pub fn event_text(&self, is_reason: bool) -> Option<String> {
        let Some(owned::Subscribe::Event(event)) = &self.payload else { return None };
        match event.kind() {
            EventKind::DeletedMessage { message_id: target, reason }
            | EventKind::DisconnectedUser { user_id: target, reason } => {
                if is_reason {
                    reason.map(String::from)
                } else {
                    Some(target.into())
                }
            }
            _ => None,
        }
    }

    /// Returns the code of the last error payload, or 0.
    pub fn payload_error_code(&self) -> u16 {
        match &self.payload {
            Some(owned::Subscribe::Error(error)) => error.error_code.as_u16(),
            _ => 0,
        }
    }
}

/// Defines getters for the numbers of the last result.
macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        #[wasm_bindgen]
        impl Machine {
            $(
                $(#[$doc])*
                #[wasm_bindgen(getter)]
                pub fn $name(&self) -> $type {
                    self.numbers.$name
                }
            )*
        }
    };
}

getters! {
    /// The connection to close, or to send on.
    connection: f64,
    /// The fetch.
    fetch: f64,
    /// The close code or HTTP status.
    code: u16,
    /// The number of the state.
    state_number: u8,
    /// The number of the reason for a disconnection.
    reason: u8,
    /// The number of the outcome, or 0.
    outcome: u8,
    /// The error code of a rejection or of a refused request, or 0.
    error_code: u16,
    /// The key of the settled request.
    request: u32,
    /// The time of `Wait`, or the offset of a decoding error.
    wait_until: f64,
}
