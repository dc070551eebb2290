//! The crate in WebAssembly, with nothing from outside: what a script needs to send messages and to read what comes.
//!
//! The module imports nothing, and with that it is proven to be unable to panic: the function that would be called then,
//! `this_code_can_panic`, does not exist, so that it would have to be imported.
//!
//! ```sh
//! cargo build --release --target wasm32-unknown-unknown
//! node run.mjs
//! ```
//!
//! A script writes to [`input`], calls one of the functions with the length of what it wrote, and reads the answer from
//! [`output`]. What could not be done is a negative number.
#![no_std]

use core::cell::UnsafeCell;

use ivs_chat_proto::publish::SendMessage;
use ivs_chat_proto::subscribe::Subscribe;
use ivs_chat_proto::{Content, DecodeError};

/// How many bytes `input` and `output` hold each.
const ROOM: usize = 8192;

#[repr(transparent)]
struct Buffer(UnsafeCell<[u8; ROOM]>);

// SAFETY: the module has one thread.
unsafe impl Sync for Buffer {}

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

/// What a subscribe payload is: 1 a MESSAGE, 2 an EVENT, 3 an ERROR, 4 anything else. If it is none, the offset of the
/// cause, from -1 downwards.
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
        Ok(Subscribe::Message(message)) => message.content.copy_to(output).ok().map(str::len),
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
    // SAFETY: the script writes only while no function of the module runs, and what is lent here is not kept beyond its call.
    let input: &'static [u8; ROOM] = unsafe { &*INPUT.0.get() };
    input.get(..len).unwrap_or_default()
}

fn with_output(write: impl FnOnce(&mut [u8]) -> Option<usize>) -> i32 {
    // SAFETY: the script reads only while no function of the module runs, and each of those comes here once.
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
