//! Checks a client with every input and every output.

use core::time::Duration;

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, DisconnectReason, FetchError,
    FetchId, Outcome, Output, ReconnectAction, SendErrorKind, TokenInfo,
};
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::{Capabilities, Capability, Content, Timestamp};

use super::{unknown, unknown_mut};

type Small = Client<u32, 4, 8>;

const EVENT: &[u8] = br#"{"Type":"EVENT","Id":"e1","EventName":"quiz","SendTime":""}"#;
const EXPIRED: &[u8] = br#"{"Type":"ERROR","ErrorCode":401}"#;

/// Returns a point in time that is opaque to the optimizer.
fn at(millis: u64) -> Instant {
    Instant::from_millis(*unknown(&millis))
}

/// Returns `true` if the client emits exactly these outputs and then `Wait`.
fn emits(client: &mut Small, now: u64, expected: &[Output<u32>]) -> bool {
    for output in expected {
        if client.poll(at(now)) != *output {
            return false;
        }
    }
    matches!(client.poll(at(now)), Output::Wait(_))
}

/// Returns the time until which the client waits, if its next output is `Wait`.
fn wait_until(client: &mut Small, now: u64) -> Option<u64> {
    let Output::Wait(until) = client.poll(at(now)) else { return None };
    until.map(Instant::as_millis)
}

fn fetch(number: u64) -> FetchId {
    FetchId::from_number(*unknown(&number))
}

fn token<'a>() -> TokenInfo<'a> {
    let mut info = TokenInfo::new();
    info.session_ms = Some(*unknown(&3_600_000));
    info.capabilities =
        Some(Capabilities::NONE.with(Capability::SendMessage).with(Capability::DeleteMessage));
    info.user_id = Some(unknown("astrid"));
    info
}

fn connected(config: Config) -> Option<(Small, ConnectionId)> {
    let mut client = Small::unseeded(config);
    client.seed(*unknown(&[7; 16]));
    client.connect(at(0));
    if !emits(
        &mut client,
        0,
        &[Output::State(ConnectionState::Connecting), Output::FetchToken(fetch(0))],
    ) {
        return None;
    }
    let connection = client.handle_token(at(10), fetch(0), token())?;
    client.handle_open(at(20), connection);
    emits(&mut client, 20, &[Output::State(ConnectionState::Connected)])
        .then_some((client, connection))
}

pub fn outcomes() -> Option<bool> {
    let (mut client, connection) = connected(Config::with_pings())?;
    let mut buffer = [0; 256];
    let mut send = SendMessage::new(Content::new(unknown("hej")).ok()?);
    send.request_id = Some(unknown("r-1").into());
    let delete = DeleteMessage::new(unknown("m1"));

    let echo = r#"{"Type":"MESSAGE","Id":"m1","RequestId":"r-1","Attributes":null,"Content":"hej","SendTime":"2026-11-22T10:00:00Z","Sender":{"UserId":"astrid","Attributes":{}}}"#;
    let sent = client.send(at(100), send, 1, unknown_mut(&mut buffer)).ok()?;
    let is_named = Publish::decode_str(sent.payload).ok()?.request_id() == Some(sent.request_id);
    let confirmed =
        client.handle_message(at(150), connection, unknown(echo.as_bytes())).ok()??.settled?;

    let _ = client.send(at(200), delete, 2, unknown_mut(&mut buffer)).ok()?;
    let error = unknown(r#"{"Type":"ERROR","ErrorCode":404,"Id":"m1"}"#);
    let rejected = client.handle_message_str(at(250), connection, error).ok()??.settled?;

    // Without an answer, a pong is the evidence that the request arrived.
    let _ = client.send(at(300), delete, 3, unknown_mut(&mut buffer)).ok()?;
    let pinged = emits(&mut client, 300, &[])
        && emits(&mut client, 5_300, &[Output::Ping { connection, payload: [0, 0, 0, 1] }]);
    client.handle_pong(at(5_310), connection, unknown(&[0, 0, 0, 1]));
    let sure_at = wait_until(&mut client, 5_310)?;
    let Output::Settled(assumed) = client.poll(at(sure_at)) else { return None };

    let _ = client.send(at(7_000), delete, 4, unknown_mut(&mut buffer)).ok()?;
    let restart = CloseEvent::frame(*unknown(&1012), unknown(r#"{"ErrorCode":500}"#));
    client.handle_close(at(7_001), connection, restart);
    let Output::Settled(lost) = client.poll(at(7_001)) else { return None };

    Some(
        is_named
            && pinged
            && (confirmed.data, confirmed.outcome) == (1, Outcome::Confirmed)
            && (rejected.data, rejected.outcome) == (2, Outcome::Rejected(404.into()))
            && (assumed.data, assumed.outcome) == (3, Outcome::Assumed)
            && (lost.data, lost.outcome) == (4, Outcome::Unknown)
            && client.state() == ConnectionState::Connecting
            && client.in_flight_len() == 0
            && emits(&mut client, 7_001, &[Output::State(ConnectionState::Connecting)])
            && client.reconnect_at()? >= at(12_001)
            && emits(&mut client, 37_001, &[Output::FetchToken(fetch(1))]),
    )
}

pub fn refusals() -> Option<bool> {
    let (mut client, _) = connected(Config::without_pings())?;
    let mut buffer = [0; 256];
    let send = SendMessage::new(Content::new(unknown("hej")).ok()?);
    let disconnect = DisconnectUser::new(unknown("bo"));
    let not_permitted = client.send(at(100), disconnect, 0, unknown_mut(&mut buffer)).err()?;
    let too_small = client.send(at(100), send, 0, unknown_mut(&mut [0; 8])).err()?;
    let mut handles = [None; 4];
    for handle in &mut handles {
        *handle = Some(client.send(at(100), send, 0, unknown_mut(&mut buffer)).ok()?.handle);
    }
    let full = client.send(at(100), send, 7, unknown_mut(&mut buffer)).err()?;
    let abandoned = client.abandon(handles[1]?)?;
    client.disconnect_when_settled(at(200));
    let leaving = client.send(at(200), send, 8, unknown_mut(&mut buffer)).err()?;
    Some(
        not_permitted.kind == SendErrorKind::NotPermitted(Capability::DisconnectUser)
            && matches!(too_small.kind, SendErrorKind::BufferTooSmall(_))
            && (full.kind, full.data) == (SendErrorKind::TooManyInFlight, 7)
            && abandoned == 0
            && client.abandon(handles[1]?).is_none()
            && (leaving.kind, leaving.data) == (SendErrorKind::Disconnecting, 8)
            && client.in_flight_len() == 3
            && client.state() == ConnectionState::Connected,
    )
}

pub fn hand_over() -> Option<bool> {
    let (mut client, first) = connected(Config::without_pings())?;
    let (event, expired) = (unknown(EVENT), unknown(EXPIRED));
    let _ = client.handle_message(at(60_001), first, expired).ok()??;
    if !emits(&mut client, 60_001, &[Output::FetchToken(fetch(1))]) {
        return None;
    }
    let second = client.handle_token(at(60_002), fetch(1), token())?;
    client.handle_open(at(60_003), second);
    let _ = client.handle_message(at(60_004), first, event).ok()??;
    let duplicate = client.handle_message(at(60_005), second, event).ok()?;
    let told_twice = client.handle_message(at(60_005), first, expired).ok()?;
    let garbage = client.handle_message(at(60_006), second, unknown(b"{\"Type\":\xff".as_slice()));
    let replaced = [Output::Replaced { from: first, to: second }, Output::PossibleGap];
    Some(
        duplicate.is_none()
            && told_twice.is_none()
            && garbage.err()?.offset() == 8
            && client.counters().duplicates == 1
            && client.counters().not_decoded == 1
            && client.current() == Some(second)
            && emits(&mut client, 60_007, &replaced)
            && emits(&mut client, 70_003, &[Output::Close { connection: first, code: 1000 }]),
    )
}

/// A connection that does not answer is replaced and then closed.
pub fn silence() -> Option<bool> {
    let (mut client, first) = connected(Config::with_pings())?;
    let ping = |connection, number| Output::Ping { connection, payload: [0, 0, 0, number] };
    if !emits(&mut client, 30_020, &[ping(first, 1)]) {
        return None;
    }
    client.handle_pong(at(30_021), first, unknown(&[0, 0, 0, 1]));
    let missed = emits(&mut client, 30_021, &[])
        && emits(&mut client, 60_020, &[ping(first, 2)])
        && emits(&mut client, 70_020, &[ping(first, 3), Output::FetchToken(fetch(1))]);
    let second = client.handle_token(at(70_030), fetch(1), token())?;
    client.handle_open(at(70_040), second);
    let replaced = [
        Output::Close { connection: first, code: 3008 },
        Output::Replaced { from: first, to: second },
        Output::PossibleGap,
    ];
    Some(missed && emits(&mut client, 70_040, &replaced) && client.counters().missed_pings == 1)
}

/// The host requests a refresh, and the new connection breaks.
pub fn refresh() -> Option<bool> {
    let (mut client, first) = connected(Config::without_pings())?;
    client.refresh(at(60_000));
    if !emits(&mut client, 60_000, &[Output::FetchToken(fetch(1))]) {
        return None;
    }
    let second = client.handle_token(at(60_001), fetch(1), token())?;
    client.handle_open(at(60_002), second);
    let replaced = emits(&mut client, 60_002, &[Output::Replaced { from: first, to: second }]);
    client.handle_close(at(60_003), second, CloseEvent::abnormal());
    // Without pings, the host requests a refresh when the old connection may be dead.
    let fallen_back = [Output::Replaced { from: second, to: first }, Output::PossibleGap];
    Some(replaced && emits(&mut client, 60_003, &fallen_back))
}

pub fn endings() -> Option<bool> {
    let (mut client, connection) = connected(Config::with_pings())?;
    client.disconnect(at(100));
    let ended = |reason| Output::State(ConnectionState::Disconnected(reason));
    let not_wanted = ended(DisconnectReason::NotWanted);
    if !emits(&mut client, 100, &[Output::Close { connection, code: 1000 }, not_wanted]) {
        return None;
    }
    let connecting = Output::State(ConnectionState::Connecting);
    client.connect(at(200));
    let mut passed = emits(&mut client, 200, &[connecting.clone(), Output::FetchToken(fetch(1))]);
    client.handle_token_error(at(201), fetch(1), *unknown(&FetchError::Permanent));
    passed &= emits(&mut client, 201, &[ended(DisconnectReason::NoToken)]);

    // The client respects the retry-after of a busy server, and replaces a refused token once.
    client.connect(at(300));
    passed &= emits(&mut client, 300, &[connecting, Output::FetchToken(fetch(2))]);
    let busy = FetchError::Temporary { retry_after: Some(Duration::from_secs(*unknown(&20))) };
    client.handle_token_error(at(301), fetch(2), busy);
    let again = client.reconnect_at()?.as_millis();
    passed &= again >= 20_301 && emits(&mut client, again, &[Output::FetchToken(fetch(3))]);
    for number in 3..5 {
        let now = again + number;
        let info = TokenInfo::until(Timestamp::new(60, 0)?, Timestamp::new(0, 0)?);
        let connection = client.handle_token(at(now), fetch(number), info)?;
        passed &= client.handle_token(at(now), fetch(number), info).is_none();
        client.handle_close(at(now), connection, CloseEvent::handshake_rejected(*unknown(&403)));
        let refused = ended(DisconnectReason::Refused(403));
        let expected = if number == 3 { Output::FetchToken(fetch(4)) } else { refused };
        passed &= emits(&mut client, now, &[expected]);
    }
    let overridden = CloseEvent::abnormal().with_action(ReconnectAction::End);
    Some(
        passed && overridden.action() == ReconnectAction::End && client.config().settle_ms == 5_000,
    )
}

pub fn late_and_backwards() -> Option<bool> {
    let (mut client, connection) = connected(Config::with_pings())?;
    let send = SendMessage::new(Content::new(unknown("hej")).ok()?);
    let _ = client.send(at(100), send, 1, unknown_mut(&mut [0; 256])).ok()?;
    let ping = Output::Ping { connection, payload: [0, 0, 0, 1] };
    let passed = emits(&mut client, 100, &[])
        && emits(&mut client, 50, &[])
        // After a sleep, the answer may be unread in the socket: it gets one more ping timeout.
        && emits(&mut client, 1_000_000, &[ping])
        && wait_until(&mut client, 1_000_000) == Some(1_010_000)
        && client.counters().steps_back == 1
        && client.counters().late == 1;
    // At the largest time, too, `poll` reaches `Wait` in few calls.
    let mut outcome = None;
    for _ in 0..10 {
        match client.poll(at(u64::MAX)) {
            Output::Settled(settled) => outcome = Some(settled.outcome),
            Output::Wait(_) => return Some(passed && outcome == Some(Outcome::Unknown)),
            _ => {}
        }
    }
    None
}
