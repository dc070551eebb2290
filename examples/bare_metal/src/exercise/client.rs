//! A client, through every input and every output.

use ivs_chat_proto::client::{
    ReconnectAction, Client, CloseEvent, Config, ConnectionId, Instant, Outcome, Output, DisconnectReason, SendErrorKind, ConnectionState, TokenInfo,
};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, SendMessage};
use ivs_chat_proto::{Capabilities, Capability, Content, Timestamp};

use super::{unknown, unknown_mut};

type Small = Client<u32, 4, 8>;

const CONFIG: Config = {
    let mut config = Config::new();
    config.idle_ms = Some(90_000);
    config
};

/// A moment that the optimiser does not know.
fn at(millis: u64) -> Instant {
    Instant::from_millis(*unknown(&millis))
}

/// Whether that is what the client says, and then that there is no more to do.
fn says(client: &mut Small, now: u64, expected: &[Output<u32>]) -> bool {
    for output in expected {
        if client.poll(at(now)) != *output {
            return false;
        }
    }
    matches!(client.poll(at(now)), Output::Wait(_))
}

fn token<'a>() -> TokenInfo<'a> {
    let mut info = TokenInfo::new();
    info.session_ms = Some(*unknown(&3_600_000));
    info.capabilities = Some(Capabilities::NONE.with(Capability::SendMessage).with(Capability::DeleteMessage));
    info.user_id = Some(unknown("astrid"));
    info
}

fn connected() -> Option<(Small, ConnectionId)> {
    let mut client = Small::new(CONFIG, *unknown(&[7; 16]));
    client.connect(at(0));
    if !says(&mut client, 0, &[Output::State(ConnectionState::Connecting), Output::FetchToken]) {
        return None;
    }
    let conn = client.token_ok(at(10), token())?;
    client.opened(at(20), conn);
    says(&mut client, 20, &[Output::State(ConnectionState::Connected)]).then_some((client, conn))
}

pub fn outcomes() -> Option<bool> {
    let (mut client, conn) = connected()?;
    let mut buffer = [0; 256];
    let mut send = SendMessage::new(Content::new(unknown("hej")).ok()?);
    send.request_id = Some(unknown("r-1").into());
    let delete = DeleteMessage::new(unknown("m1").into()).into();

    let echo = r#"{"Type":"MESSAGE","Id":"m1","RequestId":"r-1","Attributes":null,"Content":"hej","SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"astrid","Attributes":{}}}"#;
    let _ = client.send(at(100), &send.into(), 1, unknown_mut(&mut buffer)).ok()?;
    let confirmed = client.recv(at(150), conn, unknown(echo.as_bytes())).ok()??.settled?;

    let _ = client.send(at(200), &delete, 2, unknown_mut(&mut buffer)).ok()?;
    let error = client.recv_str(at(250), conn, unknown(r#"{"Type":"ERROR","ErrorCode":404,"Id":"m1"}"#));
    let rejected = error.ok()??.settled?;

    let _ = client.send(at(300), &delete, 3, unknown_mut(&mut buffer)).ok()?;
    let Output::Settled(assumed) = client.poll(at(5_300)) else { return None };

    let _ = client.send(at(6_000), &delete, 4, unknown_mut(&mut buffer)).ok()?;
    client.closed(at(6_001), conn, CloseEvent::frame(*unknown(&1012), unknown(r#"{"ErrorCode":500}"#)));
    let Output::Settled(lost) = client.poll(at(6_001)) else { return None };

    Some(
        (confirmed.data, confirmed.outcome) == (1, Outcome::Confirmed)
            && (rejected.data, rejected.outcome) == (2, Outcome::Rejected(404.into()))
            && (assumed.data, assumed.outcome) == (3, Outcome::Assumed)
            && (lost.data, lost.outcome) == (4, Outcome::Lost)
            && client.state() == ConnectionState::Connecting
            && client.in_flight() == 0
            && says(&mut client, 6_001, &[Output::State(ConnectionState::Connecting)])
            && says(&mut client, 7_001, &[Output::FetchToken]),
    )
}

pub fn refusals() -> Option<bool> {
    let (mut client, _) = connected()?;
    let mut buffer = [0; 256];
    let send = SendMessage::new(Content::new(unknown("hej")).ok()?).into();
    let disconnect = DisconnectUser::new(unknown("bo").into()).into();
    let not_permitted = client.send(at(100), &disconnect, 0, unknown_mut(&mut buffer)).err()?;
    let too_small = client.send(at(100), &send, 0, unknown_mut(&mut [0; 8])).err()?;
    let mut handles = [None; 4];
    for handle in &mut handles {
        *handle = Some(client.send(at(100), &send, 0, unknown_mut(&mut buffer)).ok()?.handle);
    }
    let full = client.send(at(100), &send, 7, unknown_mut(&mut buffer)).err()?;
    let forgotten = client.forget(handles[1]?)?;
    Some(
        not_permitted.kind == SendErrorKind::NotPermitted(Capability::DisconnectUser)
            && matches!(too_small.kind, SendErrorKind::BufferTooSmall(_))
            && (full.kind, full.data) == (SendErrorKind::TooManyInFlight, 7)
            && forgotten == 0
            && client.forget(handles[1]?).is_none()
            && client.in_flight() == 3,
    )
}

pub fn hand_over() -> Option<bool> {
    let (mut client, first) = connected()?;
    let event = unknown(br#"{"Type":"EVENT","Id":"e1","EventName":"quiz","SendTime":""}"#.as_slice());
    let expired = unknown(br#"{"Type":"ERROR","ErrorCode":401}"#.as_slice());
    client.alive(at(60_000), first);
    client.recv(at(60_001), first, expired).ok()??;
    if !says(&mut client, 60_001, &[Output::FetchToken]) {
        return None;
    }
    let second = client.token_ok(at(60_002), token())?;
    client.opened(at(60_003), second);
    client.recv(at(60_004), first, event).ok()??;
    let duplicate = client.recv(at(60_005), second, event).ok()?;
    let garbage = client.recv(at(60_006), second, unknown(b"{\"Type\":\xff".as_slice()));
    Some(
        duplicate.is_none()
            && garbage.err()?.offset() == 8
            && client.counters().duplicates == 1
            && client.counters().not_decoded == 1
            && says(&mut client, 60_007, &[Output::State(ConnectionState::Connected)])
            && says(&mut client, 70_003, &[Output::Close { conn: first, code: 1000 }]),
    )
}

pub fn endings() -> Option<bool> {
    let (mut client, conn) = connected()?;
    client.close(at(100));
    let not_wanted = Output::State(ConnectionState::Disconnected(DisconnectReason::NotWanted));
    if !says(&mut client, 100, &[Output::Close { conn, code: 1000 }, not_wanted]) {
        return None;
    }
    client.connect(at(200));
    says(&mut client, 200, &[Output::State(ConnectionState::Connecting), Output::FetchToken]);
    client.token_err(at(201), *unknown(&true));
    let no_token = says(&mut client, 201, &[Output::State(ConnectionState::Disconnected(DisconnectReason::NoToken))]);
    client.connect(at(300));
    says(&mut client, 300, &[Output::State(ConnectionState::Connecting), Output::FetchToken]);
    let conn = client.token_ok(at(301), TokenInfo::until(Timestamp::new(60, 0)?, Timestamp::new(0, 0)?))?;
    client.closed(at(302), conn, CloseEvent::handshake_rejected(*unknown(&403)));
    let refused = says(&mut client, 302, &[Output::State(ConnectionState::Disconnected(DisconnectReason::Refused(403)))]);
    let overridden = CloseEvent::abnormal().with_action(ReconnectAction::End);
    Some(no_token && refused && overridden.action() == ReconnectAction::End && client.config().settle_ms == 5_000)
}

pub fn late_and_backwards() -> Option<bool> {
    let (mut client, conn) = connected()?;
    let send = SendMessage::new(Content::new(unknown("hej")).ok()?).into();
    let _ = client.send(at(100), &send, 1, unknown_mut(&mut [0; 256])).ok()?;
    Some(
        says(&mut client, 100, &[])
            && says(&mut client, 50, &[])
            && says(&mut client, 1_000_000, &[])
            && client.poll(at(1_000_000)) == Output::Wait(Some(Instant::from_millis(1_005_000)))
            && says(&mut client, u64::MAX, &[Output::FetchToken])
            && client.counters().steps_back > 0
            && client.counters().late == 2
            && client.state() == ConnectionState::Connected,
    )
}
