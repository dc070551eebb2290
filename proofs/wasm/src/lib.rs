//! The crate in WebAssembly, with nothing from outside: what a script needs to send messages and to
//! read what comes, and a client behind a foreign function interface.
//!
//! The module imports nothing, and with that it is proven to be unable to panic: the function that
//! would be called then, `this_code_can_panic`, does not exist, so that it would have to be
//! imported.
//!
//! ```sh
//! cargo build --release --target wasm32-unknown-unknown
//! node run.mjs
//! ```
//!
//! A script writes to [`input`], calls one of the functions with the length of what it wrote, and
//! reads the answer from
//! [`output`]. What could not be done is a negative number.
#![no_std]

use core::cell::UnsafeCell;
use core::time::Duration;

use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, FetchError, FetchId, Instant,
    Outcome, Output, Settled, TokenInfo,
};
use ivs_chat_proto::publish::SendMessage;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Content, DecodeError};

/// How many bytes `input` and `output` hold each.
const ROOM: usize = 8192;

#[repr(transparent)]
struct Buffer(UnsafeCell<[u8; ROOM]>);

// SAFETY: the module has one thread.
unsafe impl Sync for Buffer {}

struct Session(UnsafeCell<Client<u32>>);

// SAFETY: the module has one thread.
unsafe impl Sync for Session {}

static CLIENT: Session = Session(UnsafeCell::new(Client::unseeded(Config::without_pings())));
static INPUT: Buffer = Buffer(UnsafeCell::new([0; ROOM]));
static OUTPUT: Buffer = Buffer(UnsafeCell::new([0; ROOM]));

/// Where a script writes.
#[unsafe(no_mangle)]
pub extern "C" fn input() -> *mut u8 {
    INPUT.0.get().cast()
}

/// Where a script reads.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.0.get().cast()
}

/// What a subscribe payload is: 1 a MESSAGE, 2 an EVENT, 3 an ERROR, 4 anything else. If it is
/// none, the offset of the cause, from -1 downwards.
#[unsafe(no_mangle)]
pub extern "C" fn decode(len: usize) -> i32 {
    match Subscribe::decode(read(len)) {
        Ok(Subscribe::Message(_)) => 1,
        Ok(Subscribe::Event(_)) => 2,
        Ok(Subscribe::Error(_)) => 3,
        Ok(_) => 4,
        Err(error) => negative_offset(error),
    }
}

/// Puts out the content of a MESSAGE: its length, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn content(len: usize) -> i32 {
    with_output(|output| match Subscribe::decode(read(len)) {
        Ok(Subscribe::Message(message)) => message.content.decode_into(output).ok().map(str::len),
        _ => None,
    })
}

/// Puts out a SEND_MESSAGE with a content: its length, or -1 if it is no content.
#[unsafe(no_mangle)]
pub extern "C" fn send_message(len: usize) -> i32 {
    with_output(|output| {
        let content = Content::new(core::str::from_utf8(read(len)).ok()?).ok()?;
        SendMessage::new(content).encode(output).ok().map(<[u8]>::len)
    })
}

/// Seeds the client with the 16 bytes of the input, once and before the connection: 0, or -1 if
/// they are not 16.
#[unsafe(no_mangle)]
pub extern "C" fn client_seed(len: usize) -> i32 {
    let Ok(seed) = <[u8; 16]>::try_from(read(len)) else { return -1 };
    client().seed(seed);
    0
}

/// A connection is wanted.
#[unsafe(no_mangle)]
pub extern "C" fn client_connect(now: u64) {
    client().connect(Instant::from_millis(now));
}

/// A fetch has its token: the number of the connection to open with it, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn client_handle_token(now: u64, fetch: u64, session_ms: u64) -> i64 {
    let mut info = TokenInfo::new();
    info.session_ms = Some(session_ms);
    let connection =
        client().handle_token(Instant::from_millis(now), FetchId::from_number(fetch), info);
    connection.and_then(|connection| i64::try_from(connection.number()).ok()).unwrap_or(-1)
}

/// A fetch has failed, but may succeed in this many milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn client_handle_token_error(now: u64, fetch: u64, retry_after_ms: u64) {
    let retry_after = Some(Duration::from_millis(retry_after_ms));
    let error = FetchError::Temporary { retry_after };
    client().handle_token_error(Instant::from_millis(now), FetchId::from_number(fetch), error);
}

/// The network has changed, or the page has become visible.
#[unsafe(no_mangle)]
pub extern "C" fn client_refresh(now: u64) {
    client().refresh(Instant::from_millis(now));
}

/// The connection is open.
#[unsafe(no_mangle)]
pub extern "C" fn client_handle_open(now: u64, connection: u64) {
    client().handle_open(Instant::from_millis(now), ConnectionId::from_number(connection));
}

/// The connection was closed with this code and, as input, reason.
#[unsafe(no_mangle)]
pub extern "C" fn client_handle_close(now: u64, connection: u64, code: u16, len: usize) {
    let reason = core::str::from_utf8(read(len)).unwrap_or_default();
    let (connection, event) =
        (ConnectionId::from_number(connection), CloseEvent::frame(code, reason));
    client().handle_close(Instant::from_millis(now), connection, event);
}

/// Puts out a SEND_MESSAGE with a content, to be written to the connection: its length, or -1.
/// `promise` comes back with its outcome.
#[unsafe(no_mangle)]
pub extern "C" fn client_send(now: u64, promise: u32, len: usize) -> i32 {
    with_output(|output| {
        let content = Content::new(core::str::from_utf8(read(len)).ok()?).ok()?;
        let sent = client()
            .send(Instant::from_millis(now), SendMessage::new(content), promise, output)
            .ok()?;
        Some(sent.payload.len())
    })
}

/// What a message is, as [`decode`] has it; 0 if it need not be looked at. If it answers a request,
/// puts out what became of it, as
/// [`client_poll`] does.
#[unsafe(no_mangle)]
pub extern "C" fn client_handle_message(now: u64, connection: u64, len: usize) -> i32 {
    match client().handle_message(
        Instant::from_millis(now),
        ConnectionId::from_number(connection),
        read(len),
    ) {
        Ok(Some(received)) => {
            put_numbers(received.settled.as_ref().map_or([0, 0], settled));
            match received.payload {
                Subscribe::Message(_) => 1,
                Subscribe::Event(_) => 2,
                Subscribe::Error(_) => 3,
                _ => 4,
            }
        }
        Ok(None) => 0,
        Err(error) => negative_offset(error),
    }
}

/// The connection on which requests are sent, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn client_current() -> i64 {
    client().current().and_then(|connection| i64::try_from(connection.number()).ok()).unwrap_or(-1)
}

/// What is to be done, and two numbers with it:
///
/// | | what | first number | second number |
/// |---|---|---|---|
/// | 0 | wait | until when, or the greatest number | |
/// | 1 | close | the connection | the code |
/// | 2 | a request has its outcome | its promise | 1 confirmed, 2 assumed, 3 unknown, or the number of the error |
/// | 3 | the state has changed | 0 disconnected, 1 connecting, 2 connected | |
/// | 4 | fetch a token | the fetch | |
/// | 5 | messages may have been missed | | |
/// | 6 | a connection has been replaced | it | the one that is current now |
#[unsafe(no_mangle)]
pub extern "C" fn client_poll(now: u64) -> i32 {
    let (what, numbers) = match client().poll(Instant::from_millis(now)) {
        Output::Wait(until) => (0, [until.map_or(u64::MAX, Instant::as_millis), 0]),
        Output::Close { connection, code } => (1, [connection.number(), code.into()]),
        Output::Settled(outcome) => (2, settled(&outcome)),
        Output::State(ConnectionState::Connected) => (3, [2, 0]),
        Output::State(ConnectionState::Connecting) => (3, [1, 0]),
        Output::State(_) => (3, [0, 0]),
        Output::FetchToken(fetch) => (4, [fetch.number(), 0]),
        Output::PossibleGap => (5, [0, 0]),
        Output::Replaced { from, to } => (6, [from.number(), to.number()]),
        // A client without pings asks for none.
        _ => (7, [0, 0]),
    };
    put_numbers(numbers);
    what
}

fn settled(settled: &Settled<u32>) -> [u64; 2] {
    let outcome = match settled.outcome {
        Outcome::Confirmed => 1,
        Outcome::Assumed => 2,
        Outcome::Rejected(code) => code.as_u16(),
        _ => 3,
    };
    [settled.data.into(), outcome.into()]
}

fn put_numbers(numbers: [u64; 2]) {
    with_output(|output| {
        for (place, number) in output.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        None
    });
}

fn client() -> &'static mut Client<u32> {
    // SAFETY: each function of the module comes here once, and keeps nothing.
    unsafe { &mut *CLIENT.0.get() }
}

fn negative_offset(error: DecodeError) -> i32 {
    i32::try_from(error.offset()).map_or(i32::MIN, |offset| -1 - offset)
}

/// The control: a panic that the script decides on.
#[cfg(feature = "panic")]
#[unsafe(no_mangle)]
pub extern "C" fn out_of_bounds(len: usize) -> u8 {
    [1, 2, 3][len]
}

/// What the script wrote.
fn read(len: usize) -> &'static [u8] {
    // SAFETY: the script writes only while no function of the module runs, and what is lent here is
    // not kept beyond its call.
    let input: &'static [u8; ROOM] = unsafe { &*INPUT.0.get() };
    input.get(..len).unwrap_or_default()
}

fn with_output(write: impl FnOnce(&mut [u8]) -> Option<usize>) -> i32 {
    // SAFETY: the script reads only while no function of the module runs, and each of those comes
    // here once.
    let output = unsafe { &mut *OUTPUT.0.get() };
    write(output).and_then(|len| i32::try_from(len).ok()).unwrap_or(-1)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        /// Does not exist.
        safe fn this_code_can_panic() -> !;
    }
    this_code_can_panic()
}
