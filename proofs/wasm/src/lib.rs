//! The crate as a WebAssembly module without imports: functions to decode and encode messages, and
//! a client with a foreign function interface.
//!
//! The module has no imports, which also proves that it cannot panic. The panic handler calls
//! `this_code_can_panic`, which does not exist, so a module that can panic would import it.
//!
//! ```sh
//! cargo build --release --target wasm32-unknown-unknown
//! node run.mjs
//! ```
//!
//! A script writes to [`input`], calls a function with the length of the input, and reads the
//! answer from [`output`]. A negative number is an error.
#![no_std]

use core::cell::UnsafeCell;
use core::time::Duration;

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, FetchError, FetchId, Outcome,
    Output, Settled, TokenInfo,
};
use ivs_chat_proto::publish::SendMessage;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Content, DecodeError};

/// The size of `input` and of `output`, in bytes.
const BUFFER_SIZE: usize = 8192;

#[repr(transparent)]
struct Buffer(UnsafeCell<[u8; BUFFER_SIZE]>);

// SAFETY: the module has one thread.
unsafe impl Sync for Buffer {}

struct Session(UnsafeCell<Client<u32>>);

// SAFETY: the module has one thread.
unsafe impl Sync for Session {}

static CLIENT: Session = Session(UnsafeCell::new(Client::unseeded(Config::without_pings())));
static INPUT: Buffer = Buffer(UnsafeCell::new([0; BUFFER_SIZE]));
static OUTPUT: Buffer = Buffer(UnsafeCell::new([0; BUFFER_SIZE]));

/// Returns the address of the input buffer.
#[unsafe(no_mangle)]
pub extern "C" fn input() -> *mut u8 {
    INPUT.0.get().cast()
}

/// Returns the address of the output buffer.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.0.get().cast()
}

/// Decodes a subscribe payload. Returns 1 for a MESSAGE, 2 for an EVENT, 3 for an ERROR and 4 for
/// any other type. Returns -1 minus the offset of the cause if the payload is invalid.
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

/// Writes the content of a MESSAGE to the output. Returns its length, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn content(len: usize) -> i32 {
    with_output(|output| match Subscribe::decode(read(len)) {
        Ok(Subscribe::Message(message)) => message.content.decode_into(output).ok().map(str::len),
        _ => None,
    })
}

/// Writes a SEND_MESSAGE with the given content to the output. Returns its length, or -1 if the
/// content is invalid.
#[unsafe(no_mangle)]
pub extern "C" fn send_message(len: usize) -> i32 {
    with_output(|output| {
        let content = Content::new(core::str::from_utf8(read(len)).ok()?).ok()?;
        SendMessage::new(content).encode(output).ok().map(<[u8]>::len)
    })
}

/// Seeds the client with the 16 bytes of the input. Must be called once, before the connection.
/// Returns 0, or -1 if the input does not have 16 bytes.
#[unsafe(no_mangle)]
pub extern "C" fn client_seed(len: usize) -> i32 {
    let Ok(seed) = <[u8; 16]>::try_from(read(len)) else { return -1 };
    client().seed(seed);
    0
}

/// Asks the client to connect.
#[unsafe(no_mangle)]
pub extern "C" fn client_connect(now: u64) {
    client().connect(Instant::from_millis(now));
}

/// Reports the token of a fetch. Returns the number of the connection to open with it, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn client_handle_token(now: u64, fetch: u64, session_ms: u64) -> i64 {
    let mut info = TokenInfo::new();
    info.session_ms = Some(session_ms);
    let connection =
        client().handle_token(Instant::from_millis(now), FetchId::from_number(fetch), info);
    connection.and_then(|connection| i64::try_from(connection.number()).ok()).unwrap_or(-1)
}

/// Reports a temporary failure of a fetch, with a retry-after in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn client_handle_token_error(now: u64, fetch: u64, retry_after_ms: u64) {
    let retry_after = Some(Duration::from_millis(retry_after_ms));
    let error = FetchError::Temporary { retry_after };
    client().handle_token_error(Instant::from_millis(now), FetchId::from_number(fetch), error);
}

/// Asks for a new connection, after a change of the network or when the page becomes visible.
#[unsafe(no_mangle)]
pub extern "C" fn client_refresh(now: u64) {
    client().refresh(Instant::from_millis(now));
}

/// Reports that a connection is open.
#[unsafe(no_mangle)]
pub extern "C" fn client_handle_open(now: u64, connection: u64) {
    client().handle_open(Instant::from_millis(now), ConnectionId::from_number(connection));
}

/// Reports that a connection was closed with this code. The input is the reason.
#[unsafe(no_mangle)]
pub extern "C" fn client_handle_close(now: u64, connection: u64, code: u16, len: usize) {
    let reason = core::str::from_utf8(read(len)).unwrap_or_default();
    let (connection, event) =
        (ConnectionId::from_number(connection), CloseEvent::frame(code, reason));
    client().handle_close(Instant::from_millis(now), connection, event);
}

/// Writes a SEND_MESSAGE with the given content to the output. Returns its length, or -1. The
/// script must send it on the current connection. The outcome has the same `promise`.
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

/// Handles a received message. Returns its type, as [`decode`] does, or 0 if it is a duplicate or
/// from a closed connection. If it settles a request, writes the outcome to the output, as
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

/// Returns the connection for new requests, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn client_current() -> i64 {
    client().current().and_then(|connection| i64::try_from(connection.number()).ok()).unwrap_or(-1)
}

/// Returns the next output of the client, and writes two numbers to the output buffer:
///
/// | | output | first number | second number |
/// |---|---|---|---|
/// | 0 | `Wait` | the time, or the largest number | |
/// | 1 | `Close` | the connection | the code |
/// | 2 | `Settled` | the promise | 1 confirmed, 2 assumed, 3 unknown, or the error code |
/// | 3 | `State` | 0 disconnected, 1 connecting, 2 connected | |
/// | 4 | `FetchToken` | the fetch | |
/// | 5 | `PossibleGap` | | |
/// | 6 | `Replaced` | the old connection | the new connection |
#[unsafe(no_mangle)]
pub extern "C" fn client_poll(now: u64) -> i32 {
    let (output, numbers) = match client().poll(Instant::from_millis(now)) {
        Output::Wait(until) => (0, [until.map_or(u64::MAX, Instant::as_millis), 0]),
        Output::Close { connection, code } => (1, [connection.number(), code.into()]),
        Output::Settled(request) => (2, settled(&request)),
        Output::State(ConnectionState::Connected) => (3, [2, 0]),
        Output::State(ConnectionState::Connecting) => (3, [1, 0]),
        Output::State(_) => (3, [0, 0]),
        Output::FetchToken(fetch) => (4, [fetch.number(), 0]),
        Output::PossibleGap => (5, [0, 0]),
        Output::Replaced { from, to } => (6, [from.number(), to.number()]),
        // A client without pings emits no `Ping`.
        _ => (7, [0, 0]),
    };
    put_numbers(numbers);
    output
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
        for (bytes, number) in output.chunks_exact_mut(8).zip(numbers) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        None
    });
}

fn client() -> &'static mut Client<u32> {
    // SAFETY: each function of the module calls this once and does not keep the reference.
    unsafe { &mut *CLIENT.0.get() }
}

fn negative_offset(error: DecodeError) -> i32 {
    i32::try_from(error.offset()).map_or(i32::MIN, |offset| -1 - offset)
}

/// The control: a panic that depends on the script.
#[cfg(feature = "panic")]
#[unsafe(no_mangle)]
pub extern "C" fn out_of_bounds(len: usize) -> u8 {
    [1, 2, 3][len]
}

/// Returns the input.
fn read(len: usize) -> &'static [u8] {
    // SAFETY: the script writes only while no function of the module runs, and no function keeps
    // the reference beyond its call.
    let input: &'static [u8; BUFFER_SIZE] = unsafe { &*INPUT.0.get() };
    input.get(..len).unwrap_or_default()
}

fn with_output(write: impl FnOnce(&mut [u8]) -> Option<usize>) -> i32 {
    // SAFETY: the script reads only while no function of the module runs. No function calls this
    // again while it holds the reference.
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
