//! What can happen to a client, and which of it does, by the bytes.

use core::num::NonZero;

use ivs_chat_proto::client::{
    CloseEvent, Config, ConnectionState, DisconnectReason, Outcome, Output, ReconnectAction, RequestHandle,
    SendErrorKind,
};
use ivs_chat_proto::{Capabilities, Capability};

use super::twin::LATE_MS;
use super::{DEDUP, INFLIGHT, World};

pub(super) const MYSELF: &str = "astrid";
pub(super) const SOMEBODY: &str = "bela";

/// One thing that happens to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    /// The clock goes, and nothing else happens.
    Pass(Passing),
    Connect,
    Close,
    TokenOk {
        session_ms: Option<u64>,
        capabilities: Option<Capabilities>,
        user_id: Option<&'static str>,
    },
    TokenErr {
        fatal: bool,
    },
    Opened(Who),
    Closed(Who, How),
    Alive(Who),
    Recv(Who, What),
    Send(Sending, Naming, Room),
    /// The n-th request that is in flight; or one that is not.
    Forget(usize),
    /// Once.
    PollOnce,
    /// Until it is to wait.
    Poll,
}

/// How the clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Passing {
    By(u64),
    /// To just before the moment that is waited for.
    NearlyToWait,
    /// To so much after it.
    PastWait(u64),
    Back(u64),
    ToTheEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Current,
    Draining,
    Connecting,
    /// The last that was told to close, or reported closed.
    Over,
    /// None that ever was.
    Nobody,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum How {
    Frame(u16),
    /// By a frame whose reason has the error 401.
    Expired(u16),
    Handshake(u16),
    Broken,
    /// Whatever it was, this is to follow.
    Then(ReconnectAction),
}

/// What is received. Numbers are of the requests in flight, the oldest first, or of what was received, the last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    Echo(usize),
    /// With characters escaped.
    EscapedEcho(usize),
    /// As the echo, but from somebody else.
    Stranger(usize),
    /// With the `RequestId`, but a message for an event and the other way about.
    OtherKind(usize),
    /// With the `RequestId`, but about something else.
    OtherTarget(usize),
    ErrorFor(usize, u16),
    /// Without a `RequestId`, but with the `Id` of the message to delete.
    ErrorById(usize, u16),
    Error(u16),
    Message,
    MessageWithoutId,
    Event,
    /// This user is disconnected.
    Leave,
    Again(usize),
    /// With the `Id`, but a message for an event and the other way about.
    OtherKindAgain(usize),
    Unknown,
    Garbage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sending {
    /// As long as may be.
    Message,
    LongMessage,
    Delete(&'static str),
    Disconnect(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Naming {
    Made,
    Empty,
    Own,
    /// Of one character.
    Short,
    /// As it was decoded, with an escape.
    Escaped,
    /// The `RequestId` of the n-th request that is in flight.
    Again(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Room {
    Enough,
    /// One byte less.
    TooLittle,
}

/// What came out of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    Output(Output<u32>),
    /// With a payload.
    Settled(Outcome),
    Swallowed,
    Refused(SendErrorKind),
    Accepted(RequestHandle),
}

impl How {
    pub(super) fn closed(self) -> CloseEvent {
        match self {
            Self::Frame(code) => CloseEvent::frame(code, "Kicked"),
            Self::Expired(code) => CloseEvent::frame(code, r#"{"ErrorMessage":"expired","ErrorCode":401}"#),
            Self::Handshake(status) => CloseEvent::handshake_rejected(status),
            Self::Broken => CloseEvent::abnormal(),
            Self::Then(after @ ReconnectAction::End) => CloseEvent::abnormal().with_action(after),
            Self::Then(after) => CloseEvent::frame(1000, "").with_action(after),
        }
    }

    pub(super) const fn after(self) -> ReconnectAction {
        match self {
            Self::Frame(1000 | 1008 | 3003 | 4000..=4999) | Self::Handshake(403 | 404) => ReconnectAction::End,
            Self::Handshake(401) => ReconnectAction::NewToken,
            Self::Frame(_) | Self::Expired(_) | Self::Handshake(_) | Self::Broken => ReconnectAction::Retry,
            Self::Then(after) => after,
        }
    }

    pub(super) const fn reason(self) -> Reason {
        match self {
            Self::Frame(code) | Self::Expired(code) => DisconnectReason::Closed(code),
            Self::Handshake(status) => DisconnectReason::Refused(status),
            Self::Broken | Self::Then(ReconnectAction::End) => DisconnectReason::Closed(1006),
            Self::Then(_) => DisconnectReason::Closed(1000),
        }
    }
}

/// A payload, as a service would write it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Said {
    pub(super) what: Saying,
    pub(super) id: String,
    pub(super) request_id: String,
    pub(super) is_escaped: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Saying {
    Message { user_id: &'static str },
    Event(Target),
    Error(u16),
    Unknown,
    Garbage,
}

/// What a request asks for, and what is said to have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Target {
    Sent,
    Deleted(&'static str),
    Disconnected(&'static str),
    Something,
}

impl Said {
    pub(super) fn wire(&self) -> String {
        let escaped = |text: &str| match text.chars().next() {
            Some(first) if self.is_escaped => {
                format!("\\u{:04x}{}", u32::from(first), &text[first.len_utf8()..])
            }
            _ => text.to_owned(),
        };
        let [id, request_id] = [&self.id, &self.request_id].map(|text| escaped(text));
        let event = |name: &str, attributes: &str| {
            format!(
                r#"{{"Type":"EVENT","Id":"{id}","RequestId":"{request_id}","EventName":"{name}","Attributes":{attributes},"SendTime":"2026-11-22T10:00:00Z"}}"#
            )
        };
        match &self.what {
            Saying::Message { user_id } => format!(
                r#"{{"Type":"MESSAGE","Id":"{id}","RequestId":"{request_id}","Attributes":null,"Content":"x","SendTime":"2026-11-22T10:00:00Z","Sender":{{"UserId":"{}","Attributes":{{}}}}}}"#,
                escaped(user_id)
            ),
            Saying::Event(Target::Deleted(id)) => {
                event("aws:DELETE_MESSAGE", &format!(r#"{{"MessageID":"{}","Reason":""}}"#, escaped(id)))
            }
            Saying::Event(Target::Disconnected(id)) => {
                event("aws:DISCONNECT_USER", &format!(r#"{{"Reason":"","UserId":"{}"}}"#, escaped(id)))
            }
            Saying::Event(_) => event("poll:open", "null"),
            Saying::Error(code) => format!(
                r#"{{"Type":"ERROR","Id":"{id}","RequestId":"{request_id}","ErrorCode":{code},"ErrorMessage":"no"}}"#
            ),
            Saying::Unknown => format!(r#"{{"Type":"POLL","Id":"{id}","RequestId":"{request_id}"}}"#),
            Saying::Garbage => format!(r#"{{"Type":"ERROR","Id":"{id}","RequestId":"{request_id}","#),
        }
    }
}

/// Configurations whose times differ in what is shorter than what, and what is nothing at all.
pub(crate) const fn config(choice: u8) -> Config {
    let mut config = Config::new();
    config.max_code_points = 5;
    match choice % 7 {
        0 => config.idle_ms = Some(20_000),
        1 => {
            config.requests_per_second = NonZero::new(2);
            config.drain_ms = 2_000;
            config.refresh_floor_ms = 1_500;
            config.refresh_lead_ms = 500;
            config.stable_ms = 3_000;
        }
        2 => {
            config.requests_per_second = None;
            config.settle_ms = 12_000;
            config.connect_timeout_ms = 700;
            config.idle_ms = Some(3_000);
            config.refresh_jitter_ms = 0;
            config.backoff_max_ms = 2_000;
        }
        3 => {
            config.settle_ms = 4;
            config.connect_timeout_ms = 6;
            config.idle_ms = Some(7);
            (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms) = (2, 3, 9);
            config.stable_ms = 5;
            (config.refresh_lead_ms, config.refresh_jitter_ms, config.refresh_floor_ms) = (3, 2, 4);
            config.drain_ms = 5;
        }
        4 => {
            (config.connect_timeout_ms, config.idle_ms, config.backoff_min_ms) = (0, Some(0), 0);
            config.requests_per_second = NonZero::new(200);
        }
        5 => {
            (config.settle_ms, config.drain_ms, config.stable_ms) = (0, 0, 0);
            (config.refresh_lead_ms, config.refresh_floor_ms) = (0, 1);
            (config.backoff_min_ms, config.backoff_base_ms) = (0, 0);
        }
        _ => {
            (config.settle_ms, config.drain_ms, config.stable_ms) = (u32::MAX, u32::MAX, u32::MAX);
            (config.backoff_min_ms, config.backoff_base_ms, config.backoff_max_ms) = (5_000, u32::MAX, 1_000);
            config.refresh_jitter_ms = u32::MAX;
        }
    }
    config
}

/// Bytes, taken for inputs.
pub(super) struct Choices<'b>(pub(super) &'b [u8]);

impl Choices<'_> {
    pub(super) const fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(super) fn who(&mut self) -> Who {
        use Who::{Connecting, Current, Draining, Nobody, Over};
        self.pick(&[Current, Draining, Connecting, Current, Draining, Over, Nobody])
    }

    pub(super) fn passing(&mut self) -> Passing {
        let millis = [0, 1, 100, 900, 1_000, 1_001, 5_000, 10_000, 30_000, 60_000, 3_600_000];
        match self.below(16) {
            0..=2 => Passing::PastWait(0),
            3 => Passing::NearlyToWait,
            4 => Passing::PastWait(LATE_MS),
            5 | 6 => Passing::PastWait(LATE_MS + 1),
            7 => Passing::PastWait(self.pick(&millis)),
            8 => Passing::Back(self.pick(&millis)),
            9 if self.byte() == 255 => Passing::ToTheEnd,
            _ => Passing::By(self.pick(&millis)),
        }
    }

    pub(super) fn token(&mut self) -> Input {
        let all = Capabilities::ALL;
        let message = Capabilities::NONE.with(Capability::SendMessage);
        let moderator = message.with(Capability::DeleteMessage);
        Input::TokenOk {
            session_ms: self.pick(&[None, Some(100_000), Some(0), Some(4_000), Some(20), Some(u64::MAX)]),
            capabilities: self.pick(&[
                None,
                Some(all),
                Some(all),
                Some(message),
                Some(moderator),
                Some(Capabilities::NONE),
            ]),
            user_id: self.pick(&[None, Some(MYSELF), Some(MYSELF), Some(SOMEBODY)]),
        }
    }

    pub(super) fn how(&mut self) -> How {
        use How::{Broken, Expired, Frame, Handshake, Then};
        self.pick(&[
            Broken,
            Frame(1001),
            Expired(4000),
            Handshake(500),
            Broken,
            Handshake(401),
            Handshake(429),
            Then(ReconnectAction::Retry),
            Then(ReconnectAction::NewToken),
            Frame(1012),
            Expired(1000),
            Frame(1000),
            Frame(1008),
            Frame(4001),
            Handshake(403),
            Then(ReconnectAction::End),
        ])
    }

    pub(super) fn what(&mut self) -> What {
        let number = self.below(INFLIGHT);
        let code = |choices: &mut Self| choices.pick(&[401, 400, 429, 200, 406, u16::MAX]);
        match self.below(18) {
            0 | 1 => What::Echo(number),
            2 => What::EscapedEcho(number),
            3 => What::Stranger(number),
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
            _ => What::Message,
        }
    }

    pub(super) fn send(&mut self) -> Input {
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
            _ => Naming::Made,
        };
        let room = if self.below(16) == 15 { Room::TooLittle } else { Room::Enough };
        Input::Send(sending, naming, room)
    }

    /// What brings a session on.
    pub(super) fn usual(&mut self, world: &World) -> Input {
        match world.client().state() {
            ConnectionState::Disconnected(_) => Input::Connect,
            _ if world.is_fetching() => self.token(),
            _ if world.is_there(Who::Connecting) => Input::Opened(Who::Connecting),
            _ => Input::Pass(Passing::PastWait(0)),
        }
    }

    /// A few messages in a row, and one of them again, on either connection.
    pub(super) fn overlap(&mut self) -> Vec<Input> {
        let either = [Who::Current, Who::Draining];
        let few = 1 + self.below(DEDUP + 2);
        let mut inputs: Vec<_> = (0..few).map(|_| Input::Recv(self.pick(&either), What::Message)).collect();
        inputs.push(Input::Recv(self.pick(&either), What::Again(self.below(few))));
        inputs
    }

    pub(super) fn inputs(&mut self, world: &World) -> Vec<Input> {
        let input = match self.below(40) {
            0..=5 => self.usual(world),
            6..=11 => Input::Poll,
            12 => Input::PollOnce,
            13..=16 => Input::Pass(self.passing()),
            17..=23 => Input::Recv(self.who(), self.what()),
            24 => return self.overlap(),
            25..=29 => self.send(),
            30 | 31 => Input::Closed(self.who(), self.how()),
            32 => Input::TokenErr { fatal: self.byte() > 200 },
            33 => self.token(),
            34 => Input::Opened(self.who()),
            35 => Input::Alive(self.who()),
            36 => Input::Forget(self.below(INFLIGHT)),
            37 => Input::Connect,
            38 => Input::Recv(self.who(), What::Error(401)),
            _ => Input::Close,
        };
        vec![input]
    }
}
