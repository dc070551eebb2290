//! Whole messages from fragments.

use core::mem;

use ivs_chat_proto::MessageAssembler;

use crate::memory::{bytes, reference_mut, to_result, write};
use crate::types::ivs_chat_result::{
    self, IVS_CHAT_BUFFER_TOO_SMALL, IVS_CHAT_INVALID_ARGUMENT, IVS_CHAT_NONE,
};

/// The maximum length in bytes of a message that an assembler joins.
pub const IVS_CHAT_MAX_MESSAGE_LEN: usize = 32 * 1024;

/// Joins the fragments of WebSocket messages. Opaque.
pub struct ivs_chat_assembler(MessageAssembler<IVS_CHAT_MAX_MESSAGE_LEN>);

/// Returns the size in bytes of the storage for an assembler. Its alignment is that of `max_align_t`
/// or less.
#[unsafe(no_mangle)]
pub extern "C" fn ivs_chat_assembler_size() -> usize {
    mem::size_of::<ivs_chat_assembler>()
}

/// Creates an assembler in the caller's storage. It needs no destruction.
///
/// Returns `IVS_CHAT_INVALID_ARGUMENT` if a pointer is NULL, or if the storage is too small or not
/// aligned. The storage is then unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_assembler_init(
    storage: *mut core::ffi::c_void,
    storage_size: usize,
    out: *mut *mut ivs_chat_assembler,
) -> ivs_chat_result {
    let assembler: *mut ivs_chat_assembler = storage.cast();
    if storage_size < ivs_chat_assembler_size() || !assembler.is_aligned() {
        return IVS_CHAT_INVALID_ARGUMENT;
    }
    // SAFETY: the storage is large enough and aligned. The caller vouches for the rest.
    to_result((|| unsafe {
        if out.is_null() {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        write(assembler, ivs_chat_assembler(MessageAssembler::new()))?;
        write(out, assembler)
    })())
}

/// Adds a fragment of a message. `fin` is true for the last one.
///
/// `message` and `message_len` receive the message when it is complete. It is valid until the next
/// call, and until the fragment is freed. Returns `IVS_CHAT_NONE` if it is not complete yet, and
/// `IVS_CHAT_BUFFER_TOO_SMALL` once if it exceeds `IVS_CHAT_MAX_MESSAGE_LEN`; the rest of it is then
/// skipped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_assembler_push(
    assembler: *mut ivs_chat_assembler,
    fragment: *const u8,
    fragment_len: usize,
    fin: bool,
    message: *mut *const u8,
    message_len: *mut usize,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let assembler = reference_mut(assembler)?;
        let fragment = bytes(fragment, fragment_len)?;
        if message.is_null() || message_len.is_null() {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        match assembler.0.push(fragment, fin) {
            Some(Ok(complete)) => {
                write(message, complete.as_ptr())?;
                write(message_len, complete.len())
            }
            Some(Err(_)) => Err(IVS_CHAT_BUFFER_TOO_SMALL),
            None => Err(IVS_CHAT_NONE),
        }
    })())
}

/// Discards the fragments of an incomplete message, for a new connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_assembler_clear(
    assembler: *mut ivs_chat_assembler,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result((|| unsafe {
        reference_mut(assembler)?.0.clear();
        Ok(())
    })())
}
