//! The property of the C interface: it agrees with the crate, and its results point into the buffers
//! that it was given.

use core::ffi::c_char;
use core::mem::MaybeUninit;
use core::{ptr, slice};

use ivs_chat::ivs_chat_result::{
    IVS_CHAT_BUFFER_TOO_SMALL, IVS_CHAT_DECODE_ERROR, IVS_CHAT_INVALID_ARGUMENT, IVS_CHAT_NONE,
    IVS_CHAT_NOT_SENT, IVS_CHAT_OK,
};
use ivs_chat::{
    IVS_CHAT_OUTPUT_FETCH_TOKEN, IVS_CHAT_OUTPUT_WAIT, IVS_CHAT_SEND_MESSAGE,
    IVS_CHAT_SESSION_UNKNOWN, ivs_chat_client, ivs_chat_client_connect,
    ivs_chat_client_handle_close, ivs_chat_client_handle_message, ivs_chat_client_handle_open,
    ivs_chat_client_handle_pong, ivs_chat_client_handle_token, ivs_chat_client_handle_token_error,
    ivs_chat_client_init, ivs_chat_client_poll, ivs_chat_client_refresh, ivs_chat_client_send,
    ivs_chat_client_size, ivs_chat_close_event, ivs_chat_config_with_pings,
    ivs_chat_decode_publish, ivs_chat_decode_subscribe, ivs_chat_encode_publish, ivs_chat_error,
    ivs_chat_publish, ivs_chat_result, ivs_chat_str, ivs_chat_token_info,
};
use ivs_chat_proto::publish::Publish;
use ivs_chat_proto::subscribe::Subscribe;

const ABSENT: ivs_chat_str = ivs_chat_str { data: ptr::null(), len: 0 };

fn bytes_of<'a>(text: ivs_chat_str) -> &'a [u8] {
    if text.data.is_null() {
        assert_eq!(text.len, 0);
        return &[];
    }
    // SAFETY: the interface promises that its strings are readable, and the sanitizers check it.
    unsafe { slice::from_raw_parts(text.data.cast(), text.len) }
}

/// Checks the decoders and the client with any bytes.
pub(crate) fn check(bytes: &[u8]) {
    decode(bytes);
    session(bytes);
}

fn decode(bytes: &[u8]) {
    // Copies of the exact size let the sanitizers notice every access beyond the end.
    let payload = bytes.to_vec();
    let mut scratch = vec![0_u8; bytes.len()];
    let mut error = ivs_chat_error::default();
    let mut out = MaybeUninit::uninit();
    // SAFETY: the pointers are valid for their lengths.
    let result = unsafe {
        ivs_chat_decode_subscribe(
            payload.as_ptr(),
            payload.len(),
            scratch.as_mut_ptr().cast::<c_char>(),
            scratch.len(),
            out.as_mut_ptr(),
            &raw mut error,
        )
    };
    match Subscribe::decode(bytes) {
        Ok(expected) => {
            assert_eq!(result, IVS_CHAT_OK);
            // SAFETY: a successful call initializes the output.
            let out = unsafe { out.assume_init() };
            assert_eq!(out.r#type, expected.number());
            let text = |text: Option<ivs_chat_proto::Text<'_>>| text.map(|it| it.to_string());
            let found = |text: ivs_chat_str| {
                (!text.data.is_null())
                    .then(|| String::from_utf8(bytes_of(text).to_vec()).expect("UTF-8"))
            };
            assert_eq!(found(out.id), text(expected.id()));
            assert_eq!(found(out.request_id), text(expected.request_id()));
            if let Subscribe::Message(message) = expected {
                assert_eq!(found(out.content), text(Some(message.content)));
                assert_eq!(found(out.sender_user_id), text(Some(message.sender.user_id)));
            }
        }
        Err(expected) => {
            assert_eq!(result, IVS_CHAT_DECODE_ERROR);
            assert_eq!((error.kind, error.offset), (expected.kind().number(), expected.offset()));
        }
    }
    publish(bytes, &mut scratch);
}

fn publish(bytes: &[u8], scratch: &mut [u8]) {
    let mut out = MaybeUninit::uninit();
    // SAFETY: the pointers are valid for their lengths.
    let result = unsafe {
        ivs_chat_decode_publish(
            bytes.as_ptr(),
            bytes.len(),
            scratch.as_mut_ptr().cast(),
            scratch.len(),
            out.as_mut_ptr(),
            ptr::null_mut(),
        )
    };
    let Ok(expected) = Publish::decode(bytes) else {
        assert_eq!(result, IVS_CHAT_DECODE_ERROR);
        return;
    };
    assert_eq!(result, IVS_CHAT_OK);
    // SAFETY: a successful call initializes the output.
    let out: ivs_chat_publish = unsafe { out.assume_init() };
    let mut buffer = vec![0_u8; 6 * bytes.len() + 256];
    let mut len = 0;
    // SAFETY: the pointers are valid for their lengths.
    let result = unsafe {
        ivs_chat_encode_publish(
            &raw const out,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            &raw mut len,
        )
    };
    assert_eq!(result, IVS_CHAT_OK);
    assert_eq!(Publish::decode(&buffer[..len]), Ok(expected));
}

/// Drives a client with the bytes as choices.
fn session(bytes: &[u8]) {
    let mut storage = vec![0_u64; ivs_chat_client_size().div_ceil(8)];
    let client = new_client(&mut storage);
    let (mut now, mut connection, mut fetch) = (0_u64, 0_u64, 0_u64);
    let mut choices = bytes.iter();
    let mut buffer = [0 as c_char; 4096];
    while let Some(&choice) = choices.next() {
        now += u64::from(choices.next().copied().unwrap_or(0)) * 100;
        // SAFETY: all pointers are valid for their lengths.
        unsafe {
            match choice % 8 {
                0 => assert_eq!(ivs_chat_client_connect(client, now), IVS_CHAT_OK),
                1 => {
                    let info = ivs_chat_token_info {
                        session_ms: IVS_CHAT_SESSION_UNKNOWN,
                        has_capabilities: choice & 8 != 0,
                        capabilities: choice >> 4,
                        user_id: ABSENT,
                    };
                    let result = ivs_chat_client_handle_token(
                        client,
                        now,
                        fetch,
                        &raw const info,
                        &raw mut connection,
                    );
                    let expected = [IVS_CHAT_OK, IVS_CHAT_NONE, IVS_CHAT_INVALID_ARGUMENT];
                    assert!(expected.contains(&result));
                }
                2 => assert_eq!(ivs_chat_client_handle_open(client, now, connection), IVS_CHAT_OK),
                3 => {
                    let event = ivs_chat_close_event {
                        close_code: u16::from(choice) * 20,
                        handshake_status: u16::from(choices.next().copied().unwrap_or(0)) * 2,
                        action: choice >> 6,
                        retry_after_ms: 0,
                        reason: ABSENT,
                    };
                    let event = &raw const event;
                    let result = ivs_chat_client_handle_close(client, now, connection, event);
                    assert_eq!(result, IVS_CHAT_OK);
                }
                4 => {
                    let result = send(client, now, &mut buffer);
                    assert!([IVS_CHAT_OK, IVS_CHAT_NOT_SENT].contains(&result));
                }
                5 => {
                    let message = choices.as_slice();
                    let mut out = MaybeUninit::uninit();
                    let mut scratch = vec![0 as c_char; message.len()];
                    let result = ivs_chat_client_handle_message(
                        client,
                        now,
                        connection,
                        message.as_ptr(),
                        message.len(),
                        scratch.as_mut_ptr(),
                        scratch.len(),
                        out.as_mut_ptr(),
                        ptr::null_mut(),
                    );
                    assert_ne!(result, IVS_CHAT_BUFFER_TOO_SMALL);
                    assert_ne!(result, IVS_CHAT_INVALID_ARGUMENT);
                }
                6 => {
                    let pong = choices.as_slice();
                    let pong = &pong[..pong.len().min(4)];
                    let (data, len) = (pong.as_ptr(), pong.len());
                    let result = ivs_chat_client_handle_pong(client, now, connection, data, len);
                    assert_eq!(result, IVS_CHAT_OK);
                }
                _ => {
                    assert_eq!(ivs_chat_client_refresh(client, now), IVS_CHAT_OK);
                    let result = ivs_chat_client_handle_token_error(client, now, fetch, false, 0);
                    assert_eq!(result, IVS_CHAT_OK);
                }
            }
            let is_waiting = (0..64).any(|_| {
                let mut output = MaybeUninit::uninit();
                assert_eq!(ivs_chat_client_poll(client, now, output.as_mut_ptr()), IVS_CHAT_OK);
                let output = output.assume_init();
                if output.kind == IVS_CHAT_OUTPUT_FETCH_TOKEN {
                    fetch = output.fetch;
                }
                output.kind == IVS_CHAT_OUTPUT_WAIT
            });
            assert!(is_waiting, "poll returns WAIT after a bounded number of calls");
        }
    }
}

/// Creates a client in the storage.
fn new_client(storage: &mut [u64]) -> *mut ivs_chat_client {
    let mut config = MaybeUninit::uninit();
    let mut client = ptr::null_mut();
    // SAFETY: the pointers are valid for their lengths, and the storage is aligned.
    unsafe {
        assert_eq!(ivs_chat_config_with_pings(config.as_mut_ptr()), IVS_CHAT_OK);
        let result = ivs_chat_client_init(
            storage.as_mut_ptr().cast(),
            storage.len() * 8,
            config.as_ptr(),
            [7; 16].as_ptr(),
            &raw mut client,
        );
        assert_eq!(result, IVS_CHAT_OK);
    }
    client
}

/// Sends a message.
fn send(client: *mut ivs_chat_client, now: u64, buffer: &mut [c_char]) -> ivs_chat_result {
    let content = "hej";
    let publish = ivs_chat_publish {
        action: IVS_CHAT_SEND_MESSAGE,
        request_id: ABSENT,
        content: ivs_chat_str { data: content.as_ptr().cast(), len: content.len() },
        attributes: ABSENT,
        id: ABSENT,
        user_id: ABSENT,
        reason: ABSENT,
    };
    let mut sent = MaybeUninit::uninit();
    // SAFETY: the pointers are valid for their lengths.
    unsafe {
        ivs_chat_client_send(
            client,
            now,
            &raw const publish,
            now,
            buffer.as_mut_ptr(),
            buffer.len(),
            sent.as_mut_ptr(),
            ptr::null_mut(),
        )
    }
}
