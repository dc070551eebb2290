//! Chat tokens and endpoints.

use core::ffi::c_char;
use core::fmt::{self, Write as _};

use ivs_chat_proto::client::TokenInfo;
use ivs_chat_proto::{Capabilities, ChatToken, ChatTokenErrorKind, Endpoint, Timestamp, Token};

use crate::codec::capability;
use crate::memory::{Result, buffer, bytes, string, to_result, write, write_if_wanted};
use crate::types::ivs_chat_result::{
    self, IVS_CHAT_BUFFER_TOO_SMALL, IVS_CHAT_DECODE_ERROR, IVS_CHAT_INVALID_ARGUMENT,
};
use crate::types::{ivs_chat_error, ivs_chat_str};

/// The session's length is not known.
pub const IVS_CHAT_SESSION_UNKNOWN: u64 = u64::MAX;

/// What the client needs to know about a token.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_token_info {
    /// The remaining time of the session in milliseconds, or `IVS_CHAT_SESSION_UNKNOWN`. 0 means
    /// that the session is over.
    pub session_ms: u64,
    /// Whether `capabilities` is known.
    pub has_capabilities: bool,
    /// The capabilities of the token: bit N-1 is set for the action N, such as
    /// `1 << (IVS_CHAT_SEND_MESSAGE - 1)`. Other bits must be 0.
    pub capabilities: u8,
    /// The user's own `UserId`, or absent.
    pub user_id: ivs_chat_str,
}

/// Decodes the response of `CreateChatToken`.
///
/// `token` receives the token, which points into `response` or `scratch`. Never log it. `info` may
/// be NULL. It receives the session's length, given the current time `now_ms` in milliseconds since
/// 1970. If the response states it in a form that cannot be read, the length is unknown.
///
/// `error` may be NULL. Its `kind` is 0 if the response is JSON without a valid token.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_decode_token(
    response: *const u8,
    response_len: usize,
    now_ms: i64,
    scratch: *mut c_char,
    scratch_len: usize,
    token: *mut ivs_chat_str,
    info: *mut ivs_chat_token_info,
    error: *mut ivs_chat_error,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let response = bytes(response, response_len)?;
        let scratch = buffer(scratch, scratch_len)?;
        let decoded = ChatToken::decode(response).map_err(|found| {
            let kind = match found.kind() {
                ChatTokenErrorKind::Json(kind) => kind.number(),
                _ => 0,
            };
            let found = ivs_chat_error { kind, field: 0, offset: found.offset() };
            write_if_wanted(error, found);
            IVS_CHAT_DECODE_ERROR
        })?;
        let plain = match decoded.token() {
            Some(plain) => plain,
            None => decoded.decode_token_into(scratch).map_err(|_| IVS_CHAT_BUFFER_TOO_SMALL)?,
        };
        write(token, ivs_chat_str::new(plain.header_value()))?;
        let nanoseconds = u32::try_from(now_ms.rem_euclid(1_000)).unwrap_or(0) * 1_000_000;
        let now = Timestamp::new(now_ms.div_euclid(1_000), nanoseconds);
        let now = now.ok_or(IVS_CHAT_INVALID_ARGUMENT)?;
        let session_ms = decoded.info(now).session_ms;
        write_if_wanted(
            info,
            ivs_chat_token_info {
                session_ms: session_ms.unwrap_or(IVS_CHAT_SESSION_UNKNOWN),
                has_capabilities: false,
                capabilities: 0,
                user_id: ivs_chat_str::ABSENT,
            },
        );
        Ok(())
    })())
}

/// Checks that a token can be sent in a header.
///
/// Returns `IVS_CHAT_INVALID_ARGUMENT` if it cannot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_check_token(token: ivs_chat_str) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result((|| unsafe {
        Token::new(string(token)?).map(|_| ()).map_err(|_| IVS_CHAT_INVALID_ARGUMENT)
    })())
}

/// Writes the URL of a region's endpoint into `buffer`, without a terminating NUL.
///
/// `len` receives the length, or the necessary length if the result is
/// `IVS_CHAT_BUFFER_TOO_SMALL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_endpoint(
    region: ivs_chat_str,
    buffer: *mut c_char,
    buffer_len: usize,
    len: *mut usize,
) -> ivs_chat_result {
    struct Counter<'b> {
        buffer: &'b mut [u8],
        len: usize,
    }

    impl fmt::Write for Counter<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let end = self.len.saturating_add(text.len());
            if let Some(free) = self.buffer.get_mut(self.len..end) {
                free.copy_from_slice(text.as_bytes());
            }
            self.len = end;
            Ok(())
        }
    }

    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let endpoint = Endpoint::new(string(region)?).map_err(|_| IVS_CHAT_INVALID_ARGUMENT)?;
        let mut counter = Counter { buffer: self::buffer(buffer, buffer_len)?, len: 0 };
        // The writer never fails. It counts what it cannot write.
        let _ = write!(counter, "{endpoint}");
        write(len, counter.len)?;
        let fits = counter.len <= counter.buffer.len();
        if fits { Ok(()) } else { Err(IVS_CHAT_BUFFER_TOO_SMALL) }
    })())
}

/// # Safety
///
/// The string must be valid.
pub(crate) unsafe fn info_from_c(info: &ivs_chat_token_info) -> Result<TokenInfo<'_>> {
    let mut to = TokenInfo::new();
    to.session_ms = Some(info.session_ms).filter(|&ms| ms != IVS_CHAT_SESSION_UNKNOWN);
    if info.has_capabilities {
        let mut capabilities = Capabilities::NONE;
        for number in 1..=8 {
            if info.capabilities & (1 << (number - 1)) != 0 {
                let capability = capability(number).ok_or(IVS_CHAT_INVALID_ARGUMENT)?;
                capabilities = capabilities.with(capability);
            }
        }
        to.capabilities = Some(capabilities);
    }
    if !info.user_id.data.is_null() {
        // SAFETY: the caller vouches for the string.
        to.user_id = Some(unsafe { string(info.user_id) }?);
    }
    Ok(to)
}
