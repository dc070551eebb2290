//! The client's state machine.

use core::ffi::{c_char, c_void};
use core::num::{NonZeroU8, NonZeroU32};
use core::time::Duration;
use core::{mem, slice};

use ivs_chat_proto::Instant;
use ivs_chat_proto::client::{
    Client, CloseEvent, Config, ConnectionId, ConnectionState, DisconnectReason, FetchError,
    FetchId, Outcome, Output, ReconnectAction, RequestHandle, SendErrorKind, Settled,
};

use crate::codec::{ivs_chat_publish, ivs_chat_subscribe, publish_from_c, report, subscribe_to_c};
use crate::memory::{
    Result, Scratch, buffer, bytes, reference, reference_mut, string, to_result, write,
    write_if_wanted,
};
use crate::token::{info_from_c, ivs_chat_token_info};
use crate::types::ivs_chat_result::{
    self, IVS_CHAT_INVALID_ARGUMENT, IVS_CHAT_NONE, IVS_CHAT_NOT_SENT,
};
use crate::types::{ivs_chat_error, ivs_chat_str};

/// A client: one chat session, over any number of connections. Opaque.
///
/// A client must not be used by two threads at the same time. It may move between threads.
pub struct ivs_chat_client(Client<u64>);

/// The length of a seed in bytes.
pub const IVS_CHAT_SEED_LEN: usize = 16;
/// The length of a ping's payload in bytes.
pub const IVS_CHAT_PING_LEN: usize = 4;
/// No time: there is nothing to do until something happens.
pub const IVS_CHAT_NEVER: u64 = u64::MAX;

/// The settings of a client. Times are in milliseconds.
///
/// Values out of range are replaced with the nearest valid ones.
///
/// Initialize it with `ivs_chat_config_with_pings()` or `ivs_chat_config_without_pings()`, which set
/// the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_config {
    /// Whether the host can send WebSocket pings and sees the pongs.
    pub can_ping: bool,
    /// The room's `maximumMessageLength`, 1 to 500 code points. Defaults to 500.
    pub max_code_points: u16,
    /// The maximum number of requests in any second, 1 to 10, or 0 for no limit. Defaults to 10.
    pub requests_per_second: u8,
    /// The time to wait for the answer to a request before looking for evidence. Defaults to 5 s.
    pub settle_ms: u32,
    /// The time that a connection may take to open. Defaults to 30 s.
    pub connect_timeout_ms: u32,
    /// The time that a token fetch may take. Defaults to 30 s.
    pub token_timeout_ms: u32,
    /// With pings: the interval between pings. Defaults to 30 s.
    pub ping_interval_ms: u32,
    /// With pings: the time that a pong may take. Defaults to 10 s.
    pub ping_timeout_ms: u32,
    /// Without pings: the time without a frame after which a connection is replaced, or 0 for
    /// never. Defaults to 0.
    pub idle_ms: u32,
    /// The minimum wait after a failed attempt. Defaults to 250 ms.
    pub backoff_min_ms: u32,
    /// The maximum wait after the first failed attempt. It doubles with each failure. Defaults to
    /// 1 s.
    pub backoff_base_ms: u32,
    /// The maximum wait. Defaults to 60 s.
    pub backoff_max_ms: u32,
    /// The number of consecutive failed attempts after which the session ends, or 0 for no limit.
    /// Defaults to 0.
    pub max_attempts: u32,
    /// The time after which a connection is stable, and earlier failures are forgotten. Defaults to
    /// 30 s.
    pub stable_ms: u32,
    /// The time before the end of a session at which the connection is replaced. Defaults to 120 s.
    pub refresh_lead_ms: u32,
    /// The maximum random time by which it is replaced earlier, in percent of the session. Defaults
    /// to 10.
    pub refresh_jitter_percent: u8,
    /// The minimum age of a connection that is replaced ahead of time. Defaults to 5 minutes.
    pub refresh_floor_ms: u32,
    /// The minimum time for which a replaced connection is kept. Defaults to 10 s.
    pub drain_ms: u32,
}

/// Sets the defaults for a host that can send WebSocket pings and sees the pongs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_config_with_pings(out: *mut ivs_chat_config) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result(unsafe { write(out, config_to_c(&Config::with_pings())) })
}

/// Sets the defaults for a host that cannot send WebSocket pings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_config_without_pings(
    out: *mut ivs_chat_config,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result(unsafe { write(out, config_to_c(&Config::without_pings())) })
}

/// Returns the size in bytes of the storage for a client.
#[unsafe(no_mangle)]
pub extern "C" fn ivs_chat_client_size() -> usize {
    mem::size_of::<ivs_chat_client>()
}

/// Creates a client in the caller's storage, which must be aligned as `max_align_t`. It needs no
/// destruction, and nothing is allocated.
///
/// `seed` points to `IVS_CHAT_SEED_LEN` bytes from a source of randomness.
///
/// Returns `IVS_CHAT_INVALID_ARGUMENT` if a pointer is NULL, or if the storage is too small or not
/// aligned. The storage is then unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_init(
    storage: *mut c_void,
    storage_size: usize,
    config: *const ivs_chat_config,
    seed: *const u8,
    out: *mut *mut ivs_chat_client,
) -> ivs_chat_result {
    let client: *mut ivs_chat_client = storage.cast();
    if storage_size < ivs_chat_client_size() || !client.is_aligned() {
        return IVS_CHAT_INVALID_ARGUMENT;
    }
    // SAFETY: the storage is large enough and aligned. The caller vouches for the rest.
    to_result((|| unsafe {
        if out.is_null() {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        write(client, new_client(config, seed)?)?;
        write(out, client)
    })())
}

/// Allocates a client. Free it with `ivs_chat_client_free()`.
///
/// Returns NULL if a pointer is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_new(
    config: *const ivs_chat_config,
    seed: *const u8,
) -> *mut ivs_chat_client {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    match unsafe { new_client(config, seed) } {
        Ok(client) => Box::into_raw(Box::new(client)),
        Err(_) => core::ptr::null_mut(),
    }
}

/// Frees a client that `ivs_chat_client_new()` returned. NULL is ignored.
///
/// The client must not be used afterwards. A client in the caller's storage must not be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_free(client: *mut ivs_chat_client) {
    if !client.is_null() {
        // SAFETY: the pointer is not null, and came from `ivs_chat_client_new`.
        drop(unsafe { Box::from_raw(client) });
    }
}

/// Starts a session. The client fetches a token and connects, and reconnects when necessary.
///
/// `now_ms` is the time in milliseconds on a monotonic clock, here and everywhere.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_connect(
    client: *mut ivs_chat_client,
    now_ms: u64,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result((|| unsafe {
        reference_mut(client)?.0.connect(Instant::from_millis(now_ms));
        Ok(())
    })())
}

/// Ends the session at once. Requests in flight become `IVS_CHAT_OUTCOME_UNKNOWN`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_disconnect(
    client: *mut ivs_chat_client,
    now_ms: u64,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result((|| unsafe {
        reference_mut(client)?.0.disconnect(Instant::from_millis(now_ms));
        Ok(())
    })())
}

/// Ends the session when all requests in flight have their outcomes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_disconnect_when_settled(
    client: *mut ivs_chat_client,
    now_ms: u64,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result((|| unsafe {
        reference_mut(client)?.0.disconnect_when_settled(Instant::from_millis(now_ms));
        Ok(())
    })())
}

/// Asks for a new connection beside the current one, after a change of the network or a sleep of the
/// device.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_refresh(
    client: *mut ivs_chat_client,
    now_ms: u64,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result((|| unsafe {
        reference_mut(client)?.0.refresh(Instant::from_millis(now_ms));
        Ok(())
    })())
}

/// What the host must do next. `ivs_chat_client_poll()` returns it.
///
/// `kind` determines which members are set. The others are 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_output {
    /// One of the constants `IVS_CHAT_OUTPUT_…`.
    pub kind: u8,
    /// STATE: one of the constants `IVS_CHAT_STATE_…`.
    pub state: u8,
    /// STATE, if disconnected: one of the constants `IVS_CHAT_REASON_…`.
    pub reason: u8,
    /// CLOSE: the code for the close frame. STATE: the HTTP status or the close code that belongs to
    /// the reason, or 0.
    pub code: u16,
    /// PING: the payload.
    pub ping: [u8; IVS_CHAT_PING_LEN],
    /// Numbers of connections start at 0. CLOSE, PING: the connection. REPLACED: the connection that is current now.
    pub connection: u64,
    /// REPLACED: the connection that was current before.
    pub replaced: u64,
    /// `FETCH_TOKEN`: the number of the fetch.
    pub fetch: u64,
    /// WAIT: the time until which there is nothing to do, or `IVS_CHAT_NEVER`.
    pub wait_until_ms: u64,
    /// SETTLED: the request and its outcome.
    pub settled: ivs_chat_settled,
}

/// A request that has its outcome.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct ivs_chat_settled {
    /// One of the constants `IVS_CHAT_OUTCOME_…`.
    pub outcome: u8,
    /// If the outcome is `IVS_CHAT_OUTCOME_REJECTED`: the code of the error.
    pub error_code: u16,
    /// The number of the request.
    pub request: u64,
    /// The caller's data, as passed to `ivs_chat_client_send()`.
    pub user_data: u64,
}

/// Close this connection with `code`, or stop opening it. The client has forgotten it.
pub const IVS_CHAT_OUTPUT_CLOSE: u8 = 1;
/// Send a WebSocket ping, and report the pong with `ivs_chat_client_handle_pong()`.
pub const IVS_CHAT_OUTPUT_PING: u8 = 2;
/// A request has an outcome that no payload gave it.
pub const IVS_CHAT_OUTPUT_SETTLED: u8 = 3;
/// The state has changed.
pub const IVS_CHAT_OUTPUT_STATE: u8 = 4;
/// Another connection is current. Applications need not know.
pub const IVS_CHAT_OUTPUT_REPLACED: u8 = 5;
/// Messages may have been missed.
pub const IVS_CHAT_OUTPUT_POSSIBLE_GAP: u8 = 6;
/// Fetch a token, and report it with `ivs_chat_client_handle_token()` or
/// `ivs_chat_client_handle_token_error()`.
pub const IVS_CHAT_OUTPUT_FETCH_TOKEN: u8 = 7;
/// Wait until `wait_until_ms`, or until something happens. Then poll again.
pub const IVS_CHAT_OUTPUT_WAIT: u8 = 8;

/// There is no connection, and the client does not try to connect.
pub const IVS_CHAT_STATE_DISCONNECTED: u8 = 1;
/// There is no connection, and the client tries to connect.
pub const IVS_CHAT_STATE_CONNECTING: u8 = 2;
/// There is a connection.
pub const IVS_CHAT_STATE_CONNECTED: u8 = 3;

/// The caller wants no connection.
pub const IVS_CHAT_REASON_NOT_WANTED: u8 = 1;
/// A token fetch failed permanently.
pub const IVS_CHAT_REASON_NO_TOKEN: u8 = 2;
/// The service rejected the handshake with the HTTP status in `code`.
pub const IVS_CHAT_REASON_REFUSED: u8 = 3;
/// The service closed the connection with the close code in `code`.
pub const IVS_CHAT_REASON_CLOSED: u8 = 4;
/// The user was disconnected by a moderator or the application.
pub const IVS_CHAT_REASON_DISCONNECTED_USER: u8 = 5;
/// Too many attempts to connect have failed.
pub const IVS_CHAT_REASON_ATTEMPTS_EXHAUSTED: u8 = 6;

/// The service has performed the request.
pub const IVS_CHAT_OUTCOME_CONFIRMED: u8 = 1;
/// The service has rejected the request with `error_code`.
pub const IVS_CHAT_OUTCOME_REJECTED: u8 = 2;
/// The request has arrived, and no error was returned.
pub const IVS_CHAT_OUTCOME_ASSUMED: u8 = 3;
/// It is unknown whether the service has performed the request.
pub const IVS_CHAT_OUTCOME_UNKNOWN: u8 = 4;

/// Returns the next thing to do. Call it after every other call, until it returns
/// `IVS_CHAT_OUTPUT_WAIT`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_poll(
    client: *mut ivs_chat_client,
    now_ms: u64,
    out: *mut ivs_chat_output,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let client = reference_mut(client)?;
        if out.is_null() {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        write(out, output_to_c(client.0.poll(Instant::from_millis(now_ms))))
    })())
}

/// A request that the client has accepted. Send `payload` on `connection` as one text message.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_sent {
    /// The number of the request.
    pub request: u64,
    /// The connection on which to send the payload.
    pub connection: u64,
    /// The payload, in the buffer that the caller passed.
    pub payload: ivs_chat_str,
    /// The `RequestId`, in the same buffer. If it needs escapes in JSON, the caller's own string.
    pub request_id: ivs_chat_str,
}

/// Why the client does not accept a request.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct ivs_chat_send_error {
    /// The number of the `SendErrorKind`. See `docs/numbers.md`.
    pub kind: u8,
    /// The error code with which the service would have answered the request, or 0.
    pub error_code: u16,
    /// If too many requests were sent: the time at which the next one can be sent.
    pub retry_at_ms: u64,
    /// If the buffer is too small: the necessary length.
    pub needed: usize,
}

/// Sends a request.
///
/// `user_data` comes back with the outcome. A `RequestId` is generated if `publish` has none.
/// `buffer` receives the payload. `IVS_CHAT_MAX_PLAIN_LEN` bytes are enough for a message without
/// attributes.
///
/// Returns `IVS_CHAT_NOT_SENT` if the client does not accept the request, or if the buffer is too
/// small; the reason is in `error`, which may be NULL. Else returns the errors of
/// `ivs_chat_encode_publish()` for a `publish` that is invalid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_send(
    client: *mut ivs_chat_client,
    now_ms: u64,
    publish: *const ivs_chat_publish,
    user_data: u64,
    buffer: *mut c_char,
    buffer_len: usize,
    out: *mut ivs_chat_sent,
    error: *mut ivs_chat_send_error,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let client = reference_mut(client)?;
        let request = reference(publish)?;
        let publish = publish_from_c(request)?;
        let buffer = self::buffer(buffer, buffer_len)?;
        if out.is_null() {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        let now = Instant::from_millis(now_ms);
        match client.0.send(now, publish, user_data, buffer) {
            Ok(sent) => {
                let mut scratch = Scratch::new(&mut []);
                write(
                    out,
                    ivs_chat_sent {
                        request: sent.handle.number(),
                        connection: sent.connection.number(),
                        payload: ivs_chat_str::new(sent.payload),
                        request_id: scratch.text(sent.request_id).unwrap_or(request.request_id),
                    },
                )
            }
            Err(refused) => {
                write_if_wanted(error, send_error_to_c(&refused.kind));
                Err(IVS_CHAT_NOT_SENT)
            }
        }
    })())
}

/// Forgets a request. Its outcome is not reported.
///
/// Returns `IVS_CHAT_NONE` if the request is not in flight. `user_data` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_abandon(
    client: *mut ivs_chat_client,
    request: u64,
    user_data: *mut u64,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let data = reference_mut(client)?.0.abandon(RequestHandle::from_number(request));
        write_if_wanted(user_data, data.ok_or(IVS_CHAT_NONE)?);
        Ok(())
    })())
}

/// Reports that a token was fetched. `connection` receives the number of the connection to open
/// with it.
///
/// Returns `IVS_CHAT_NONE` if the token is no longer wanted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_handle_token(
    client: *mut ivs_chat_client,
    now_ms: u64,
    fetch: u64,
    info: *const ivs_chat_token_info,
    connection: *mut u64,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let client = reference_mut(client)?;
        let info = info_from_c(reference(info)?)?;
        if connection.is_null() {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        let (now, fetch) = (Instant::from_millis(now_ms), FetchId::from_number(fetch));
        let opened = client.0.handle_token(now, fetch, info).ok_or(IVS_CHAT_NONE)?;
        write(connection, opened.number())
    })())
}

/// Reports that a token could not be fetched.
///
/// A permanent failure ends the session. After a temporary one the client tries again, not before
/// `retry_after_ms` have passed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_handle_token_error(
    client: *mut ivs_chat_client,
    now_ms: u64,
    fetch: u64,
    is_permanent: bool,
    retry_after_ms: u64,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result((|| unsafe {
        let retry_after = Some(Duration::from_millis(retry_after_ms)).filter(|it| !it.is_zero());
        let error = if is_permanent {
            FetchError::Permanent
        } else {
            FetchError::Temporary { retry_after }
        };
        let fetch = FetchId::from_number(fetch);
        reference_mut(client)?.0.handle_token_error(Instant::from_millis(now_ms), fetch, error);
        Ok(())
    })())
}

/// Reports that a connection is open: the handshake was answered with 101.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_handle_open(
    client: *mut ivs_chat_client,
    now_ms: u64,
    connection: u64,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    to_result((|| unsafe {
        let connection = ConnectionId::from_number(connection);
        reference_mut(client)?.0.handle_open(Instant::from_millis(now_ms), connection);
        Ok(())
    })())
}

/// How a connection ended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_close_event {
    /// The code of the close frame. 1005 stands for a frame without a code, and 1006 or 0 for no
    /// frame at all.
    pub close_code: u16,
    /// The HTTP status that rejected the handshake, or 0 if it was not rejected.
    pub handshake_status: u16,
    /// The action that replaces the client's decision, or 0 to leave it to the client: the number
    /// of a `ReconnectAction`. See `docs/numbers.md`.
    pub action: u8,
    /// The minimum time until the next attempt, such as that of a `Retry-After` header, or 0.
    pub retry_after_ms: u64,
    /// The reason in the close frame, or absent.
    pub reason: ivs_chat_str,
}

/// Reports that a connection has ended, or could not be opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_handle_close(
    client: *mut ivs_chat_client,
    now_ms: u64,
    connection: u64,
    event: *const ivs_chat_close_event,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let client = reference_mut(client)?;
        let event = close_event_from_c(reference(event)?)?;
        let connection = ConnectionId::from_number(connection);
        client.0.handle_close(Instant::from_millis(now_ms), connection, event);
        Ok(())
    })())
}

/// Reports the payload of a pong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_handle_pong(
    client: *mut ivs_chat_client,
    now_ms: u64,
    connection: u64,
    payload: *const u8,
    payload_len: usize,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let client = reference_mut(client)?;
        let payload = bytes(payload, payload_len)?;
        let connection = ConnectionId::from_number(connection);
        client.0.handle_pong(Instant::from_millis(now_ms), connection, payload);
        Ok(())
    })())
}

/// A payload that was received, and the request that it settles.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_received {
    /// The payload. Its strings point into the message, the scratch buffer or static memory.
    pub payload: ivs_chat_subscribe,
    /// Whether the payload settles a request.
    pub has_settled: bool,
    /// The request and its outcome.
    pub settled: ivs_chat_settled,
}

/// Reports a text message.
///
/// `scratch` is as for `ivs_chat_decode_subscribe()`. It must have at least `message_len` bytes, so
/// that nothing is lost for lack of space; a shorter one is an invalid argument.
///
/// Returns `IVS_CHAT_NONE` for a message that the application must not see, such as a duplicate, and
/// `IVS_CHAT_DECODE_ERROR` for a message that is invalid. `error` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_handle_message(
    client: *mut ivs_chat_client,
    now_ms: u64,
    connection: u64,
    message: *const u8,
    message_len: usize,
    scratch: *mut c_char,
    scratch_len: usize,
    out: *mut ivs_chat_received,
    error: *mut ivs_chat_error,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let client = reference_mut(client)?;
        let message = bytes(message, message_len)?;
        let scratch = buffer(scratch, scratch_len)?;
        if out.is_null() || scratch.len() < message.len() {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        let (now, connection) =
            (Instant::from_millis(now_ms), ConnectionId::from_number(connection));
        let received = report(client.0.handle_message(now, connection, message), error)?;
        let received = received.ok_or(IVS_CHAT_NONE)?;
        write(
            out,
            ivs_chat_received {
                payload: subscribe_to_c(&received.payload, &mut Scratch::new(scratch))?,
                has_settled: received.settled.is_some(),
                settled: received.settled.as_ref().map(settled_to_c).unwrap_or_default(),
            },
        )
    })())
}

/// Returns the state, one of the constants `IVS_CHAT_STATE_…`, or 0 if `client` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_state(client: *const ivs_chat_client) -> u8 {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    unsafe { reference(client) }.map_or(0, |client| client.0.state().number())
}

/// Returns the current connection. Returns `IVS_CHAT_NONE` if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_current(
    client: *const ivs_chat_client,
    connection: *mut u64,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let current = reference(client)?.0.current().ok_or(IVS_CHAT_NONE)?;
        write(connection, current.number())
    })())
}

/// Returns the number of requests in flight, or 0 if `client` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_client_in_flight_len(client: *const ivs_chat_client) -> usize {
    // SAFETY: the caller vouches for the pointer, as the header demands.
    unsafe { reference(client) }.map_or(0, |client| client.0.in_flight_len())
}

/// # Safety
///
/// The pointers must be valid or null.
unsafe fn new_client(config: *const ivs_chat_config, seed: *const u8) -> Result<ivs_chat_client> {
    // SAFETY: the caller vouches for the pointers.
    let (config, seed) = unsafe {
        let config = config_from_c(reference(config)?);
        if seed.is_null() {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        (config, slice::from_raw_parts(seed, IVS_CHAT_SEED_LEN))
    };
    let seed = seed.try_into().map_err(|_| IVS_CHAT_INVALID_ARGUMENT)?;
    Ok(ivs_chat_client(Client::new(config, seed)))
}

fn config_to_c(config: &Config) -> ivs_chat_config {
    ivs_chat_config {
        can_ping: config.can_ping(),
        max_code_points: config.max_code_points,
        requests_per_second: config.requests_per_second.map_or(0, NonZeroU8::get),
        settle_ms: config.settle_ms,
        connect_timeout_ms: config.connect_timeout_ms,
        token_timeout_ms: config.token_timeout_ms,
        ping_interval_ms: config.ping_interval_ms,
        ping_timeout_ms: config.ping_timeout_ms,
        idle_ms: config.idle_ms.unwrap_or(0),
        backoff_min_ms: config.backoff_min_ms,
        backoff_base_ms: config.backoff_base_ms,
        backoff_max_ms: config.backoff_max_ms,
        max_attempts: config.max_attempts.map_or(0, NonZeroU32::get),
        stable_ms: config.stable_ms,
        refresh_lead_ms: config.refresh_lead_ms,
        refresh_jitter_percent: config.refresh_jitter_percent,
        refresh_floor_ms: config.refresh_floor_ms,
        drain_ms: config.drain_ms,
    }
}

fn config_from_c(config: &ivs_chat_config) -> Config {
    let mut to = if config.can_ping { Config::with_pings() } else { Config::without_pings() };
    to.max_code_points = config.max_code_points;
    to.requests_per_second = NonZeroU8::new(config.requests_per_second);
    to.settle_ms = config.settle_ms;
    to.connect_timeout_ms = config.connect_timeout_ms;
    to.token_timeout_ms = config.token_timeout_ms;
    to.ping_interval_ms = config.ping_interval_ms;
    to.ping_timeout_ms = config.ping_timeout_ms;
    to.idle_ms = Some(config.idle_ms).filter(|&ms| ms > 0);
    to.backoff_min_ms = config.backoff_min_ms;
    to.backoff_base_ms = config.backoff_base_ms;
    to.backoff_max_ms = config.backoff_max_ms;
    to.max_attempts = NonZeroU32::new(config.max_attempts);
    to.stable_ms = config.stable_ms;
    to.refresh_lead_ms = config.refresh_lead_ms;
    to.refresh_jitter_percent = config.refresh_jitter_percent;
    to.refresh_floor_ms = config.refresh_floor_ms;
    to.drain_ms = config.drain_ms;
    to
}

/// # Safety
///
/// The string must be valid.
unsafe fn close_event_from_c(event: &ivs_chat_close_event) -> Result<CloseEvent> {
    // SAFETY: the caller vouches for the string.
    let reason = unsafe { string(event.reason) }?;
    let mut to = match (event.handshake_status, event.close_code) {
        (0, 0 | 1006) => CloseEvent::abnormal(),
        (0, code) => CloseEvent::frame(code, reason),
        (status, _) => CloseEvent::handshake_rejected(status),
    };
    if event.action != 0 {
        let actions = [ReconnectAction::Retry, ReconnectAction::NewToken, ReconnectAction::End];
        let action = actions.into_iter().find(|action| action.number() == event.action);
        to = to.with_action(action.ok_or(IVS_CHAT_INVALID_ARGUMENT)?);
    }
    if event.retry_after_ms > 0 {
        to = to.with_retry_after(Duration::from_millis(event.retry_after_ms));
    }
    Ok(to)
}

fn settled_to_c(settled: &Settled<u64>) -> ivs_chat_settled {
    ivs_chat_settled {
        outcome: settled.outcome.number(),
        error_code: match settled.outcome {
            Outcome::Rejected(code) => code.as_u16(),
            _ => 0,
        },
        request: settled.handle.number(),
        user_data: settled.data,
    }
}

fn output_to_c(output: Output<u64>) -> ivs_chat_output {
    let mut out = ivs_chat_output {
        kind: output.number(),
        state: 0,
        reason: 0,
        code: 0,
        ping: [0; IVS_CHAT_PING_LEN],
        connection: 0,
        replaced: 0,
        fetch: 0,
        wait_until_ms: 0,
        settled: ivs_chat_settled::default(),
    };
    match output {
        Output::Close { connection, code } => {
            out.connection = connection.number();
            out.code = code;
        }
        Output::Ping { connection, payload } => {
            out.connection = connection.number();
            out.ping = payload;
        }
        Output::Settled(settled) => out.settled = settled_to_c(&settled),
        Output::State(state) => {
            out.state = state.number();
            if let ConnectionState::Disconnected(reason) = state {
                out.reason = reason.number();
                out.code = match reason {
                    DisconnectReason::Refused(code) | DisconnectReason::Closed(code) => code,
                    _ => 0,
                };
            }
        }
        Output::Replaced { from, to } => {
            out.replaced = from.number();
            out.connection = to.number();
        }
        Output::FetchToken(fetch) => out.fetch = fetch.number(),
        Output::Wait(until) => {
            out.wait_until_ms = until.map_or(IVS_CHAT_NEVER, ivs_chat_proto::Instant::as_millis);
        }
        _ => {}
    }
    out
}

fn send_error_to_c(kind: &SendErrorKind) -> ivs_chat_send_error {
    let mut out = ivs_chat_send_error {
        kind: kind.number(),
        error_code: kind.error_code().map_or(0, ivs_chat_proto::ErrorCode::as_u16),
        ..Default::default()
    };
    match kind {
        SendErrorKind::TooManyRequests { retry_at } => out.retry_at_ms = retry_at.as_millis(),
        SendErrorKind::BufferTooSmall(error) => out.needed = error.needed(),
        _ => {}
    }
    out
}
