//! Derives configurations and inputs from bytes.

use core::num::NonZeroU8;

use ivs_chat_proto::client::{Config, ConnectionState, ReconnectAction};
use ivs_chat_proto::{Capabilities, Capability};

use super::input::{
    BufferSize, ClockStep, CloseKind, ConnectionRef, FetchFailure, FetchRef, Incoming, Input,
    MYSELF, PongKind, RequestIdChoice, RequestKind, STRANGER, TokenFields,
};
use super::{DEDUP, INFLIGHT, ModelCheck};

/// Returns one of 14 configurations. They differ in the relative order of their timeouts.
pub(crate) const fn config(choice: u8) -> Config {
    let mut config = if choice & 1 == 0 { Config::with_pings() } else { Config::without_pings() };
    config.max_code_points = 5;
    match choice / 2 % 7 {
        0 => {}
        1 => {
            config.requests_per_second = NonZeroU8::new(2);
            config.idle_ms = Some(20_000);
            config.drain_ms = 2_000;
            (config.refresh_floor_ms, config.refresh_lead_ms) = (31_000, 10_000);
            config.stable_ms = 3_000;
        }
        2 => {
            config.requests_per_second = None;
            (config.settle_ms, config.connect_timeout_ms, config.token_timeout_ms) =
                (12_000, 1_700, 1_500);
            config.idle_ms = Some(3_000);
            config.refresh_jitter_percent = 0;
            config.backoff_max_ms = 2_000;
        }
        3 => {
            (config.settle_ms, config.drain_ms) = (4, 5);
            (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms) = (2, 3, 9);
            (config.ping_interval_ms, config.ping_timeout_ms) = (5_000, 9_000);
        }
        4 => {
            (config.connect_timeout_ms, config.idle_ms, config.backoff_min_ms) = (0, Some(0), 0);
            (config.ping_interval_ms, config.ping_timeout_ms) = (0, 0);
            config.requests_per_second = NonZeroU8::new(200);
        }
        5 => {
            (config.settle_ms, config.drain_ms, config.stable_ms) = (0, 0, 0);
            (config.refresh_lead_ms, config.refresh_floor_ms) = (0, 1);
            (config.backoff_min_ms, config.backoff_base_ms) = (0, 0);
        }
        _ => {
            (config.settle_ms, config.drain_ms, config.stable_ms) = (u32::MAX, u32::MAX, u32::MAX);
            (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms) =
                (5_000, u32::MAX, 1_000);
            config.refresh_jitter_percent = 200;
        }
    }
    config
}

/// The unread bytes, which decide the inputs.
pub(super) struct Choices<'b>(pub(super) &'b [u8]);

impl Choices<'_> {
    pub(super) const fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn connection(&mut self) -> ConnectionRef {
        use ConnectionRef::{Closed, Connecting, Current, Draining, Nonexistent};
        self.pick(&[Current, Draining, Connecting, Current, Draining, Current, Closed, Nonexistent])
    }

    fn clock_step(&mut self) -> ClockStep {
        let millis =
            [0, 1, 100, 900, 999, 1_000, 1_001, 5_000, 10_000, 30_000, 60_000, 95_000, 3_600_000];
        match self.below(20) {
            0..=4 => ClockStep::AfterWait(0),
            5 | 6 => ClockStep::BeforeWait,
            7 => ClockStep::AfterWait(1_000),
            8 => ClockStep::AfterWait(1_001),
            9 => ClockStep::AfterWait(self.pick(&[60_000, 90_000, 90_001, 100_000])),
            10 => ClockStep::AfterWait(self.pick(&millis)),
            11 => ClockStep::Back(self.pick(&millis)),
            12 if self.byte() > 240 => ClockStep::OutlierReading,
            _ => ClockStep::By(self.pick(&millis)),
        }
    }

    fn token(&mut self, fetch: FetchRef) -> Input {
        let message = Capabilities::NONE.with(Capability::SendMessage);
        let moderator = message.with(Capability::DeleteMessage);
        let all = Some(Capabilities::ALL);
        let session_ms = self.pick(&[
            None,
            Some(60_000),
            Some(600_000),
            Some(3_600_000),
            Some(10_800_000),
            Some(59_999),
            Some(10_800_001),
            Some(0),
            Some(u64::MAX),
        ]);
        let capabilities = self.pick(&[
            None,
            all,
            all,
            all,
            Some(message),
            Some(moderator),
            Some(Capabilities::NONE),
        ]);
        let user_id = self.pick(&[None, Some(MYSELF), Some(MYSELF), Some(STRANGER)]);
        Input::Token(fetch, TokenFields { session_ms, capabilities, user_id })
    }

    fn fetch(&mut self) -> FetchRef {
        self.pick(&[FetchRef::Latest, FetchRef::Stale, FetchRef::Future, FetchRef::Latest])
    }

    fn failure(&mut self) -> FetchFailure {
        match self.below(10) {
            0 => FetchFailure::Permanent,
            1 | 2 => FetchFailure::RetryAfter(self.pick(&[0, 500, 20_000, 3_600_000, u64::MAX])),
            _ => FetchFailure::Temporary,
        }
    }

    fn close_kind(&mut self) -> CloseKind {
        use CloseKind::{Abnormal, Action, Expired, ExpiredButEnd, Frame, Handshake, RetryAfter};
        self.pick(&[
            Abnormal,
            Frame(1001),
            Expired(4000, r#"{"ErrorMessage":"expired","ErrorCode":401}"#),
            Handshake(503),
            Abnormal,
            Handshake(401),
            RetryAfter(429, 20_000),
            Action(ReconnectAction::Retry),
            Action(ReconnectAction::NewToken),
            Frame(1012),
            Expired(1000, "connection expired"),
            Frame(1000),
            Frame(1008),
            Frame(4001),
            Handshake(403),
            Action(ReconnectAction::End),
            Frame(3000),
            Frame(1013),
            RetryAfter(503, u64::MAX),
            Handshake(404),
            ExpiredButEnd,
            Frame(3003),
            Frame(1005),
            RetryAfter(401, 10_000),
            Expired(1012, r#"{"ErrorMessage":"session exp"#),
            Abnormal,
            Abnormal,
            Abnormal,
        ])
    }

    fn pong(&mut self) -> PongKind {
        self.pick(&[
            PongKind::Latest,
            PongKind::Latest,
            PongKind::Oldest,
            PongKind::Latest,
            PongKind::Answered,
            PongKind::Wrong,
            PongKind::Empty,
        ])
    }

    fn incoming(&mut self) -> Incoming {
        let number = self.below(INFLIGHT);
        let code = |choices: &mut Self| choices.pick(&[401, 400, 429, 200, 406, u16::MAX]);
        match self.below(20) {
            0 | 1 => Incoming::Echo(number),
            2 => Incoming::EscapedEcho(number),
            3 => Incoming::StrangerEcho(number),
            4 => Incoming::OtherKind(number),
            5 => Incoming::OtherTarget(number),
            6 => Incoming::ErrorFor(number, code(self)),
            7 => Incoming::ErrorById(number, code(self)),
            8 => Incoming::Error(code(self)),
            9 => Incoming::MessageWithoutId,
            10 => Incoming::Event,
            11 => Incoming::Leave,
            12 | 13 => Incoming::Again(self.below(2 * DEDUP)),
            14 => Incoming::OtherKindAgain(self.below(2)),
            15 => Incoming::Unknown,
            16 => Incoming::Garbage,
            17 => Incoming::TargetEvent(number),
            18 => Incoming::StrangerError(code(self)),
            _ => Incoming::Message,
        }
    }

    fn send(&mut self) -> Input {
        use RequestKind::{Delete, Disconnect, LongMessage, Message};
        let kind = self.pick(&[
            Message,
            Delete("m-a"),
            Disconnect("carla"),
            Delete("m-b"),
            Disconnect(MYSELF),
            Message,
            Disconnect("dora"),
            LongMessage,
        ]);
        let request_id = match self.below(8) {
            0 => RequestIdChoice::Own,
            1 => RequestIdChoice::Again(self.below(INFLIGHT)),
            2 => self.pick(&[
                RequestIdChoice::Empty,
                RequestIdChoice::Short,
                RequestIdChoice::Escaped,
            ]),
            _ => RequestIdChoice::Generated,
        };
        let buffer = match self.below(16) {
            15 => BufferSize::TooSmall,
            14 => BufferSize::Growing,
            _ => BufferSize::Enough,
        };
        Input::Send(kind, request_id, buffer)
    }

    /// Returns the input that advances the session.
    fn progress(&mut self, check: &ModelCheck) -> Input {
        match check.client().state() {
            ConnectionState::Disconnected(_) => Input::Connect,
            _ if check.is_fetching() => self.token(FetchRef::Latest),
            _ if check.exists(ConnectionRef::Connecting) => Input::Open(ConnectionRef::Connecting),
            _ => Input::Clock(ClockStep::AfterWait(0)),
        }
    }

    /// Returns a few messages in a row and a duplicate of one of them, on either connection.
    fn overlap(&mut self) -> Vec<Input> {
        let either = [ConnectionRef::Current, ConnectionRef::Draining];
        let few = 1 + self.below(DEDUP + 2);
        let mut inputs: Vec<_> =
            (0..few).map(|_| Input::Message(self.pick(&either), Incoming::Message)).collect();
        inputs.push(Input::Message(self.pick(&either), Incoming::Again(self.below(few))));
        inputs
    }

    pub(super) fn inputs(&mut self, check: &ModelCheck) -> Vec<Input> {
        let input = match self.below(50) {
            0..=5 => self.progress(check),
            6..=11 => Input::Poll,
            12 => Input::PollOnce,
            13..=16 => Input::Clock(self.clock_step()),
            17..=22 => Input::Message(self.connection(), self.incoming()),
            23 => return self.overlap(),
            24..=28 => self.send(),
            29 | 30 => Input::Close(self.connection(), self.close_kind()),
            31 => Input::TokenError(self.fetch(), self.failure()),
            32 => {
                let fetch = self.fetch();
                self.token(fetch)
            }
            33 => Input::Open(self.connection()),
            34 | 35 => Input::Pong(self.connection(), self.pong()),
            36 => Input::Abandon(self.below(INFLIGHT)),
            37 => Input::Connect,
            38 => Input::Message(self.connection(), Incoming::Error(401)),
            39 => Input::Clock(ClockStep::BeforeWait),
            41 if self.byte() > 100 => Input::Disconnect,
            42 => Input::Close(ConnectionRef::Connecting, self.close_kind()),
            43..=45 => return vec![Input::Clock(ClockStep::AfterWait(0)), Input::Poll],
            46 | 47 => {
                return vec![Input::Poll, Input::Pong(ConnectionRef::Current, PongKind::Latest)];
            }
            48 => Input::Pong(ConnectionRef::Draining, PongKind::Latest),
            _ => return vec![Input::Clock(self.clock_step()), Input::Poll],
        };
        vec![input]
    }
}
