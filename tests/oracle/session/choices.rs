//! Turns bytes into configurations and inputs.

use core::num::NonZeroU8;

use ivs_chat_proto::client::{Config, ConnectionState, ReconnectAction};
use ivs_chat_proto::{Capabilities, Capability};

use super::input::{
    Failure, Fetch, How, Info, Input, MYSELF, Naming, Passing, Pong, Room, STRANGER, Sending, What,
    Who,
};
use super::{DEDUP, INFLIGHT, World};

/// Configurations that differ in which times are shorter than which.
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

/// The bytes that are still to be turned into inputs.
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

    fn who(&mut self) -> Who {
        use Who::{Connecting, Current, Draining, NoConnection, Over};
        self.pick(&[Current, Draining, Connecting, Current, Draining, Current, Over, NoConnection])
    }

    fn passing(&mut self) -> Passing {
        let millis =
            [0, 1, 100, 900, 999, 1_000, 1_001, 5_000, 10_000, 30_000, 60_000, 95_000, 3_600_000];
        match self.below(20) {
            0..=4 => Passing::PastWait(0),
            5 | 6 => Passing::NearlyToWait,
            7 => Passing::PastWait(1_000),
            8 => Passing::PastWait(1_001),
            9 => Passing::PastWait(self.pick(&[60_000, 90_000, 90_001, 100_000])),
            10 => Passing::PastWait(self.pick(&millis)),
            11 => Passing::Back(self.pick(&millis)),
            12 if self.byte() > 240 => Passing::WildReading,
            _ => Passing::By(self.pick(&millis)),
        }
    }

    fn token(&mut self, fetch: Fetch) -> Input {
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
        Input::Token(fetch, Info { session_ms, capabilities, user_id })
    }

    fn fetch(&mut self) -> Fetch {
        self.pick(&[Fetch::Latest, Fetch::Stale, Fetch::Future, Fetch::Latest])
    }

    fn failure(&mut self) -> Failure {
        match self.below(10) {
            0 => Failure::Permanent,
            1 | 2 => Failure::RetryAfter(self.pick(&[0, 500, 20_000, 3_600_000, u64::MAX])),
            _ => Failure::Temporary,
        }
    }

    fn how(&mut self) -> How {
        use How::{Abnormal, Action, Expired, ExpiredButEnd, Frame, Handshake, RetryAfter};
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

    fn pong(&mut self) -> Pong {
        self.pick(&[
            Pong::Latest,
            Pong::Latest,
            Pong::Oldest,
            Pong::Latest,
            Pong::Answered,
            Pong::Wrong,
            Pong::Empty,
        ])
    }

    fn what(&mut self) -> What {
        let number = self.below(INFLIGHT);
        let code = |choices: &mut Self| choices.pick(&[401, 400, 429, 200, 406, u16::MAX]);
        match self.below(20) {
            0 | 1 => What::Echo(number),
            2 => What::EscapedEcho(number),
            3 => What::StrangerEcho(number),
            4 => What::OtherKind(number),
            5 => What::OtherTarget(number),
            6 => What::ErrorFor(number, code(self)),
            7 => What::ErrorById(number, code(self)),
            8 => What::Error(code(self)),
            9 => What::MessageWithoutId,
            10 => What::Event,
            11 => What::Leave,
            12 | 13 => What::Again(self.below(2 * DEDUP)),
            14 => What::OtherKindAgain(self.below(2)),
            15 => What::Unknown,
            16 => What::Garbage,
            17 => What::TargetEvent(number),
            18 => What::StrangerError(code(self)),
            _ => What::Message,
        }
    }

    fn send(&mut self) -> Input {
        use Sending::{Delete, Disconnect, LongMessage, Message};
        let sending = self.pick(&[
            Message,
            Delete("m-a"),
            Disconnect("carla"),
            Delete("m-b"),
            Disconnect(MYSELF),
            Message,
            Disconnect("dora"),
            LongMessage,
        ]);
        let naming = match self.below(8) {
            0 => Naming::Own,
            1 => Naming::Again(self.below(INFLIGHT)),
            2 => self.pick(&[Naming::Empty, Naming::Short, Naming::Escaped]),
            _ => Naming::Generated,
        };
        let room = match self.below(16) {
            15 => Room::TooLittle,
            14 => Room::Growing,
            _ => Room::Enough,
        };
        Input::Send(sending, naming, room)
    }

    /// The input that brings a session forward.
    fn usual(&mut self, world: &World) -> Input {
        match world.client().state() {
            ConnectionState::Disconnected(_) => Input::Connect,
            _ if world.is_fetching() => self.token(Fetch::Latest),
            _ if world.is_there(Who::Connecting) => Input::Open(Who::Connecting),
            _ => Input::Pass(Passing::PastWait(0)),
        }
    }

    /// A few messages in a row and one of them again, on either connection.
    fn overlap(&mut self) -> Vec<Input> {
        let either = [Who::Current, Who::Draining];
        let few = 1 + self.below(DEDUP + 2);
        let mut inputs: Vec<_> =
            (0..few).map(|_| Input::Message(self.pick(&either), What::Message)).collect();
        inputs.push(Input::Message(self.pick(&either), What::Again(self.below(few))));
        inputs
    }

    pub(super) fn inputs(&mut self, world: &World) -> Vec<Input> {
        let input = match self.below(50) {
            0..=5 => self.usual(world),
            6..=11 => Input::Poll,
            12 => Input::PollOnce,
            13..=16 => Input::Pass(self.passing()),
            17..=22 => Input::Message(self.who(), self.what()),
            23 => return self.overlap(),
            24..=28 => self.send(),
            29 | 30 => Input::Close(self.who(), self.how()),
            31 => Input::TokenError(self.fetch(), self.failure()),
            32 => {
                let fetch = self.fetch();
                self.token(fetch)
            }
            33 => Input::Open(self.who()),
            34 | 35 => Input::Pong(self.who(), self.pong()),
            36 => Input::Abandon(self.below(INFLIGHT)),
            37 => Input::Connect,
            38 => Input::Message(self.who(), What::Error(401)),
            39 => Input::Pass(Passing::NearlyToWait),
            41 if self.byte() > 100 => Input::Disconnect,
            42 => Input::Close(Who::Connecting, self.how()),
            43..=45 => return vec![Input::Pass(Passing::PastWait(0)), Input::Poll],
            46 | 47 => return vec![Input::Poll, Input::Pong(Who::Current, Pong::Latest)],
            48 => Input::Pong(Who::Draining, Pong::Latest),
            _ => return vec![Input::Pass(self.passing()), Input::Poll],
        };
        vec![input]
    }
}
