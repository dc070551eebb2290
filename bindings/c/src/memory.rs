//! Conversions between C pointers and Rust references, with checks.

use core::ffi::c_char;
use core::{slice, str};

use ivs_chat_proto::Text;

use crate::types::ivs_chat_result::{
    self, IVS_CHAT_BUFFER_TOO_SMALL, IVS_CHAT_INVALID_ARGUMENT, IVS_CHAT_INVALID_UTF8, IVS_CHAT_OK,
};
use crate::types::ivs_chat_str;

pub(crate) type Result<T> = core::result::Result<T, ivs_chat_result>;

/// Returns the bytes at a pointer. A null pointer is valid if the length is 0.
///
/// # Safety
///
/// If `data` is not null, it must point to `len` readable bytes that do not change during `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: usize) -> Result<&'a [u8]> {
    if data.is_null() {
        return if len == 0 { Ok(&[]) } else { Err(IVS_CHAT_INVALID_ARGUMENT) };
    }
    if isize::try_from(len).is_err() {
        return Err(IVS_CHAT_INVALID_ARGUMENT);
    }
    // SAFETY: the pointer is not null, the length is in range, and the caller vouches for the rest.
    Ok(unsafe { slice::from_raw_parts(data, len) })
}

/// Returns the buffer at a pointer. A null pointer is valid if the length is 0.
///
/// # Safety
///
/// If `data` is not null, it must point to `len` writable bytes that nothing else accesses during
/// `'a`.
pub(crate) unsafe fn buffer<'a>(data: *mut c_char, len: usize) -> Result<&'a mut [u8]> {
    if data.is_null() {
        return if len == 0 { Ok(&mut []) } else { Err(IVS_CHAT_INVALID_ARGUMENT) };
    }
    if isize::try_from(len).is_err() {
        return Err(IVS_CHAT_INVALID_ARGUMENT);
    }
    // SAFETY: the pointer is not null, the length is in range, and the caller vouches for the rest.
    // Reading uninitialized bytes is avoided: the buffers are only written to.
    Ok(unsafe { slice::from_raw_parts_mut(data.cast(), len) })
}

/// Returns the string at a pointer.
///
/// # Safety
///
/// As for [`bytes`].
pub(crate) unsafe fn string<'a>(string: ivs_chat_str) -> Result<&'a str> {
    // SAFETY: the caller vouches for the pointer.
    let bytes = unsafe { bytes(string.data.cast(), string.len) }?;
    str::from_utf8(bytes).map_err(|_| IVS_CHAT_INVALID_UTF8)
}

/// Returns the string at a pointer, or `None` if the pointer is null.
///
/// # Safety
///
/// As for [`bytes`].
pub(crate) unsafe fn optional<'a>(text: ivs_chat_str) -> Result<Option<Text<'a>>> {
    // SAFETY: the caller vouches for the pointer.
    let string = unsafe { string(text) }?;
    Ok(if text.data.is_null() { None } else { Some(Text::new(string)) })
}

/// Returns the object at a pointer that must not be null.
///
/// # Safety
///
/// If `pointer` is not null, it must be valid for reads and properly aligned during `'a`.
pub(crate) unsafe fn reference<'a, T>(pointer: *const T) -> Result<&'a T> {
    // SAFETY: the caller vouches for the pointer.
    unsafe { pointer.as_ref() }.ok_or(IVS_CHAT_INVALID_ARGUMENT)
}

/// Returns the object at a pointer that must not be null.
///
/// # Safety
///
/// If `pointer` is not null, it must be valid for reads and writes, properly aligned, and not
/// accessed by anything else during `'a`.
pub(crate) unsafe fn reference_mut<'a, T>(pointer: *mut T) -> Result<&'a mut T> {
    // SAFETY: the caller vouches for the pointer.
    unsafe { pointer.as_mut() }.ok_or(IVS_CHAT_INVALID_ARGUMENT)
}

/// Writes a result to a pointer that must not be null. The target may be uninitialized.
///
/// # Safety
///
/// If `pointer` is not null, it must be valid for writes and properly aligned.
pub(crate) unsafe fn write<T>(pointer: *mut T, value: T) -> Result<()> {
    if pointer.is_null() {
        return Err(IVS_CHAT_INVALID_ARGUMENT);
    }
    // SAFETY: the pointer is not null, and the caller vouches for the rest.
    unsafe { pointer.write(value) };
    Ok(())
}

/// Writes a result to a pointer that may be null.
///
/// # Safety
///
/// As for [`write`].
pub(crate) unsafe fn write_if_wanted<T>(pointer: *mut T, value: T) {
    if !pointer.is_null() {
        // SAFETY: the pointer is not null, and the caller vouches for the rest.
        unsafe { pointer.write(value) };
    }
}

pub(crate) fn to_result(result: Result<()>) -> ivs_chat_result {
    match result {
        Ok(()) => IVS_CHAT_OK,
        Err(error) => error,
    }
}

/// A scratch buffer, in which text is decoded piece by piece.
pub(crate) struct Scratch<'a> {
    free: &'a mut [u8],
}

impl<'a> Scratch<'a> {
    pub(crate) fn new(free: &'a mut [u8]) -> Self {
        Self { free }
    }

    /// Returns a text without escapes. It is copied only if it has some.
    pub(crate) fn text(&mut self, text: Text<'_>) -> Result<ivs_chat_str> {
        if let Some(text) = text.as_str() {
            return Ok(ivs_chat_str::new(text));
        }
        let free = core::mem::take(&mut self.free);
        let (used, rest) =
            free.split_at_mut_checked(text.len()).ok_or(IVS_CHAT_BUFFER_TOO_SMALL)?;
        self.free = rest;
        text.decode_into(used).map(ivs_chat_str::new).map_err(|_| IVS_CHAT_BUFFER_TOO_SMALL)
    }

    pub(crate) fn optional(&mut self, text: Option<Text<'_>>) -> Result<ivs_chat_str> {
        text.map_or(Ok(ivs_chat_str::ABSENT), |text| self.text(text))
    }
}
