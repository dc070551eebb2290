//! Decoding and encoding.

use core::ffi::c_char;
use core::mem;

use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};
use ivs_chat_proto::subscribe::{Event, EventKind, Message, Sender, ServiceError, Subscribe};
use ivs_chat_proto::{
    Attributes, BufferTooSmall, Capability, Content, DecodeError, ErrorCode, SendTime, Text,
};

use crate::memory::{
    Result, Scratch, buffer, bytes, optional, reference, string, to_result, write, write_if_wanted,
};
use crate::types::ivs_chat_result::{
    self, IVS_CHAT_BUFFER_TOO_SMALL, IVS_CHAT_CONTENT_LENGTH, IVS_CHAT_DECODE_ERROR,
    IVS_CHAT_INVALID_ARGUMENT, IVS_CHAT_NONE,
};
use crate::types::{ivs_chat_error, ivs_chat_str};

/// The maximum number of code points in the content of a message to send.
pub const IVS_CHAT_MAX_CODE_POINTS: u16 = 500;

/// The length of a buffer that is enough for every message with plain content, without attributes
/// and with a generated `RequestId`.
pub const IVS_CHAT_MAX_PLAIN_LEN: usize = 3089;

const _: () = assert!(IVS_CHAT_MAX_CODE_POINTS == Content::MAX_CODE_POINTS);
const _: () = assert!(IVS_CHAT_MAX_PLAIN_LEN == SendMessage::MAX_PLAIN_LEN);

/// A payload that the service sends to a client.
///
/// `type` determines which members are set. The others are absent or 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_subscribe {
    /// One of `IVS_CHAT_MESSAGE`, `IVS_CHAT_EVENT`, `IVS_CHAT_SERVICE_ERROR`, `IVS_CHAT_UNKNOWN`.
    pub r#type: u8,
    /// EVENT: one of `IVS_CHAT_DELETED_MESSAGE`, `IVS_CHAT_DISCONNECTED_USER`,
    /// `IVS_CHAT_APPLICATION_EVENT`. Ignored when encoding.
    pub event_kind: u8,
    /// ERROR: the code of the error.
    pub error_code: u16,
    /// The `Type`. Ignored when encoding.
    pub type_name: ivs_chat_str,
    /// The `Id`.
    pub id: ivs_chat_str,
    /// The `RequestId`, or absent.
    pub request_id: ivs_chat_str,
    /// MESSAGE, EVENT: the time at which the service received it, in the format of RFC 3339.
    pub send_time: ivs_chat_str,
    /// MESSAGE, EVENT: the attributes, a JSON object whose values are strings, or absent. See
    /// `ivs_chat_attributes()`.
    pub attributes: ivs_chat_str,
    /// MESSAGE: the content.
    pub content: ivs_chat_str,
    /// MESSAGE: the `UserId` of the sender.
    pub sender_user_id: ivs_chat_str,
    /// MESSAGE: the attributes of the sender's token, as `attributes`.
    pub sender_attributes: ivs_chat_str,
    /// EVENT: the name of the event.
    pub event_name: ivs_chat_str,
    /// EVENT of the kind `IVS_CHAT_DELETED_MESSAGE`: the `Id` of the deleted message. Of the kind
    /// `IVS_CHAT_DISCONNECTED_USER`: the `UserId` of the user. Ignored when encoding.
    pub event_target: ivs_chat_str,
    /// EVENT of these kinds: the reason, or absent. Ignored when encoding.
    pub event_reason: ivs_chat_str,
    /// ERROR: the message of the error, or absent.
    pub error_message: ivs_chat_str,
    /// A payload of an unknown type: the payload. Ignored when encoding.
    pub raw: ivs_chat_str,
}

/// The `type` of a MESSAGE.
pub const IVS_CHAT_MESSAGE: u8 = 1;
/// The `type` of an EVENT.
pub const IVS_CHAT_EVENT: u8 = 2;
/// The `type` of an ERROR.
pub const IVS_CHAT_SERVICE_ERROR: u8 = 3;
/// The `type` of a payload that is not in the reference.
pub const IVS_CHAT_UNKNOWN: u8 = 4;

/// The event `aws:DELETE_MESSAGE`: clients should remove a message from view.
pub const IVS_CHAT_DELETED_MESSAGE: u8 = 1;
/// The event `aws:DISCONNECT_USER`: the service disconnects a user.
pub const IVS_CHAT_DISCONNECTED_USER: u8 = 2;
/// An event whose meaning is defined by the application.
pub const IVS_CHAT_APPLICATION_EVENT: u8 = 3;

/// A payload that a client sends.
///
/// `action` determines which members are used. The others are ignored.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_publish {
    /// One of `IVS_CHAT_SEND_MESSAGE`, `IVS_CHAT_DELETE_MESSAGE`, `IVS_CHAT_DISCONNECT_USER`.
    pub action: u8,
    /// The `RequestId`, or absent.
    pub request_id: ivs_chat_str,
    /// `SEND_MESSAGE`: the content, of 1 to 500 code points.
    pub content: ivs_chat_str,
    /// `SEND_MESSAGE`: the attributes, a JSON object whose values are strings, or absent. See
    /// `ivs_chat_encode_attributes()`.
    pub attributes: ivs_chat_str,
    /// `DELETE_MESSAGE`: the `Id` of the message to delete.
    pub id: ivs_chat_str,
    /// `DISCONNECT_USER`: the `UserId` of the user to disconnect.
    pub user_id: ivs_chat_str,
    /// `DELETE_MESSAGE`, `DISCONNECT_USER`: the reason, or absent.
    pub reason: ivs_chat_str,
}

/// The `action` of a `SEND_MESSAGE`, and the bit 0 of capabilities.
pub const IVS_CHAT_SEND_MESSAGE: u8 = 1;
/// The `action` of a `DELETE_MESSAGE`.
pub const IVS_CHAT_DELETE_MESSAGE: u8 = 2;
/// The `action` of a `DISCONNECT_USER`.
pub const IVS_CHAT_DISCONNECT_USER: u8 = 3;

/// A name and a value.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ivs_chat_attribute {
    /// The name.
    pub name: ivs_chat_str,
    /// The value.
    pub value: ivs_chat_str,
}

/// Decodes a payload of the service, the content of one WebSocket text message.
///
/// `scratch` receives the texts that contain escapes. A length of `payload_len` is always enough.
/// The strings in `out` point into `payload`, `scratch` or static memory.
///
/// Returns `IVS_CHAT_DECODE_ERROR` if the payload is invalid. `error` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_decode_subscribe(
    payload: *const u8,
    payload_len: usize,
    scratch: *mut c_char,
    scratch_len: usize,
    out: *mut ivs_chat_subscribe,
    error: *mut ivs_chat_error,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let payload = bytes(payload, payload_len)?;
        let mut scratch = Scratch::new(buffer(scratch, scratch_len)?);
        let decoded = report(Subscribe::decode(payload), error)?;
        write(out, subscribe_to_c(&decoded, &mut scratch)?)
    })())
}

/// Decodes a payload of a client, the content of one WebSocket text message.
///
/// The arguments are those of `ivs_chat_decode_subscribe()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_decode_publish(
    payload: *const u8,
    payload_len: usize,
    scratch: *mut c_char,
    scratch_len: usize,
    out: *mut ivs_chat_publish,
    error: *mut ivs_chat_error,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let payload = bytes(payload, payload_len)?;
        let mut scratch = Scratch::new(buffer(scratch, scratch_len)?);
        let decoded = report(Publish::decode(payload), error)?;
        write(out, publish_to_c(&decoded, &mut scratch)?)
    })())
}

/// Encodes a payload of a client into `buffer`, as JSON without a terminating NUL.
///
/// `len` receives the length of the payload. It receives the necessary length if the result is
/// `IVS_CHAT_BUFFER_TOO_SMALL`.
///
/// Returns `IVS_CHAT_CONTENT_LENGTH` if the content does not have 1 to 500 code points, and
/// `IVS_CHAT_DECODE_ERROR` if `attributes` is not a JSON object whose values are strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_encode_publish(
    publish: *const ivs_chat_publish,
    buffer: *mut c_char,
    buffer_len: usize,
    len: *mut usize,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let publish = publish_from_c(reference(publish)?)?;
        let buffer = self::buffer(buffer, buffer_len)?;
        let needed = publish.encoded_len();
        write(len, needed)?;
        publish.encode(buffer).map(|_| ()).map_err(|_: BufferTooSmall| IVS_CHAT_BUFFER_TOO_SMALL)
    })())
}

/// Encodes a payload of the service into `buffer`, as JSON without a terminating NUL.
///
/// `len` receives the length of the payload, or the necessary length if the result is
/// `IVS_CHAT_BUFFER_TOO_SMALL`. A payload of an unknown type cannot be encoded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_encode_subscribe(
    subscribe: *const ivs_chat_subscribe,
    buffer: *mut c_char,
    buffer_len: usize,
    len: *mut usize,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let subscribe = subscribe_from_c(reference(subscribe)?)?;
        let buffer = self::buffer(buffer, buffer_len)?;
        write(len, subscribe.encoded_len())?;
        subscribe.encode(buffer).map(|_| ()).map_err(|_: BufferTooSmall| IVS_CHAT_BUFFER_TOO_SMALL)
    })())
}

/// Reads attributes into the array `out` of `capacity` elements.
///
/// `json` is the `attributes` or `sender_attributes` of a decoded payload, or absent. `count`
/// receives the number of attributes, even if it exceeds `capacity`; the result is then
/// `IVS_CHAT_BUFFER_TOO_SMALL`. `scratch` is as for `ivs_chat_decode_subscribe()`: a length of
/// `json.len` is always enough.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_attributes(
    json: ivs_chat_str,
    scratch: *mut c_char,
    scratch_len: usize,
    out: *mut ivs_chat_attribute,
    capacity: usize,
    count: *mut usize,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let attributes = attributes_from_c(json)?;
        let mut scratch = Scratch::new(buffer(scratch, scratch_len)?);
        if out.is_null() && capacity > 0 {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        let mut found = 0;
        for (name, value) in attributes {
            if found < capacity {
                let attribute =
                    ivs_chat_attribute { name: scratch.text(name)?, value: scratch.text(value)? };
                out.add(found).write(attribute);
            }
            found += 1;
        }
        write(count, found)?;
        if found > capacity { Err(IVS_CHAT_BUFFER_TOO_SMALL) } else { Ok(()) }
    })())
}

/// Encodes attributes as the JSON object that `ivs_chat_publish` and `ivs_chat_subscribe` take.
///
/// `len` receives the length of the object, or the necessary length if the result is
/// `IVS_CHAT_BUFFER_TOO_SMALL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_encode_attributes(
    attributes: *const ivs_chat_attribute,
    count: usize,
    buffer: *mut c_char,
    buffer_len: usize,
    len: *mut usize,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let buffer = self::buffer(buffer, buffer_len)?;
        let is_valid = count.checked_mul(mem::size_of::<ivs_chat_attribute>());
        let is_valid = is_valid.is_some_and(|size| isize::try_from(size).is_ok());
        if !is_valid || (attributes.is_null() && count > 0) {
            return Err(IVS_CHAT_INVALID_ARGUMENT);
        }
        let mut length = 0_usize;
        for index in 0..count {
            let attribute = attributes.add(index).read();
            let pair = [(string(attribute.name)?, string(attribute.value)?)];
            length = append(buffer, length, &Attributes::from(&pair));
        }
        if count == 0 {
            length = append(buffer, 0, &Attributes::NONE);
        }
        write(len, length)?;
        if length > buffer.len() { Err(IVS_CHAT_BUFFER_TOO_SMALL) } else { Ok(()) }
    })())
}

/// Returns the number of Unicode code points in a string, the unit of the content's length.
///
/// `count` receives the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_code_points(
    text: ivs_chat_str,
    count: *mut usize,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe { write(count, Text::new(string(text)?).code_point_count()) })())
}

/// Returns the `RequestId` of a payload of a client even if the payload cannot be decoded.
///
/// Returns `IVS_CHAT_NONE` if it cannot be found.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ivs_chat_peek_request_id(
    payload: *const u8,
    payload_len: usize,
    scratch: *mut c_char,
    scratch_len: usize,
    out: *mut ivs_chat_str,
) -> ivs_chat_result {
    // SAFETY: the caller vouches for the pointers, as the header demands.
    to_result((|| unsafe {
        let payload = bytes(payload, payload_len)?;
        let mut scratch = Scratch::new(buffer(scratch, scratch_len)?);
        let request_id = Publish::peek_request_id(payload).ok_or(IVS_CHAT_NONE)?;
        write(out, scratch.text(request_id)?)
    })())
}

/// Returns the name of an error code in the reference, or an absent string.
#[unsafe(no_mangle)]
pub extern "C" fn ivs_chat_error_code_name(error_code: u16) -> ivs_chat_str {
    ivs_chat_str::optional(ErrorCode::new(error_code).name())
}

/// Writes the error of a decoder to a pointer that may be null.
///
/// # Safety
///
/// As for [`write`].
pub(crate) unsafe fn report<T>(
    result: core::result::Result<T, DecodeError>,
    error: *mut ivs_chat_error,
) -> Result<T> {
    result.map_err(|found| {
        // SAFETY: the caller vouches for the pointer.
        unsafe { write_if_wanted(error, found.into()) };
        IVS_CHAT_DECODE_ERROR
    })
}

pub(crate) fn subscribe_to_c(
    subscribe: &Subscribe<'_>,
    scratch: &mut Scratch<'_>,
) -> Result<ivs_chat_subscribe> {
    let absent = ivs_chat_str::ABSENT;
    let mut out = ivs_chat_subscribe {
        r#type: subscribe.number(),
        event_kind: 0,
        error_code: 0,
        type_name: scratch.text(subscribe.type_name())?,
        id: scratch.optional(subscribe.id())?,
        request_id: scratch.optional(subscribe.request_id())?,
        send_time: absent,
        attributes: absent,
        content: absent,
        sender_user_id: absent,
        sender_attributes: absent,
        event_name: absent,
        event_target: absent,
        event_reason: absent,
        error_message: absent,
        raw: absent,
    };
    match subscribe {
        Subscribe::Message(message) => {
            out.send_time = scratch.text(message.send_time.text())?;
            out.attributes = ivs_chat_str::optional(message.attributes.raw());
            out.content = scratch.text(message.content)?;
            out.sender_user_id = scratch.text(message.sender.user_id)?;
            out.sender_attributes = ivs_chat_str::optional(message.sender.attributes.raw());
        }
        Subscribe::Event(event) => {
            out.send_time = scratch.text(event.send_time.text())?;
            out.attributes = ivs_chat_str::optional(event.attributes.raw());
            out.event_name = scratch.text(event.event_name)?;
            let kind = event.kind();
            out.event_kind = kind.number();
            if let EventKind::DeletedMessage { message_id: target, reason }
            | EventKind::DisconnectedUser { user_id: target, reason } = kind
            {
                out.event_target = scratch.text(target)?;
                out.event_reason = scratch.optional(reason)?;
            }
        }
        Subscribe::Error(error) => {
            out.error_code = error.error_code.as_u16();
            out.error_message = scratch.optional(error.error_message)?;
        }
        Subscribe::Unknown(unknown) => out.raw = ivs_chat_str::new(unknown.raw()),
        _ => {}
    }
    Ok(out)
}

/// # Safety
///
/// The strings must be valid.
unsafe fn subscribe_from_c(subscribe: &ivs_chat_subscribe) -> Result<Subscribe<'_>> {
    // SAFETY: the caller vouches for the strings.
    unsafe {
        let id = optional(subscribe.id)?;
        let request_id = optional(subscribe.request_id)?;
        let send_time = || Ok(SendTime::from(string(subscribe.send_time)?));
        Ok(match subscribe.r#type {
            IVS_CHAT_MESSAGE => {
                let mut sender = Sender::new(string(subscribe.sender_user_id)?);
                sender.attributes = attributes_from_c(subscribe.sender_attributes)?;
                let content = string(subscribe.content)?;
                let id = id.unwrap_or_default();
                let mut message = Message::new(id, content, send_time()?, sender);
                message.request_id = request_id;
                message.attributes = attributes_from_c(subscribe.attributes)?;
                message.into()
            }
            IVS_CHAT_EVENT => {
                let name = string(subscribe.event_name)?;
                let mut event = Event::new(id.unwrap_or_default(), name, send_time()?);
                event.request_id = request_id;
                event.attributes = attributes_from_c(subscribe.attributes)?;
                event.into()
            }
            IVS_CHAT_SERVICE_ERROR => {
                let mut error = ServiceError::new(ErrorCode::new(subscribe.error_code));
                error.error_message = optional(subscribe.error_message)?;
                error.id = id;
                error.request_id = request_id;
                error.into()
            }
            _ => return Err(IVS_CHAT_INVALID_ARGUMENT),
        })
    }
}

fn publish_to_c(publish: &Publish<'_>, scratch: &mut Scratch<'_>) -> Result<ivs_chat_publish> {
    let absent = ivs_chat_str::ABSENT;
    let mut out = ivs_chat_publish {
        action: publish.number(),
        request_id: scratch.optional(publish.request_id())?,
        content: absent,
        attributes: absent,
        id: absent,
        user_id: absent,
        reason: absent,
    };
    match publish {
        Publish::SendMessage(send) => {
            out.content = scratch.text(send.content.text())?;
            out.attributes = ivs_chat_str::optional(send.attributes.raw());
        }
        Publish::DeleteMessage(delete) => {
            out.id = scratch.text(delete.id)?;
            out.reason = scratch.optional(delete.reason)?;
        }
        Publish::DisconnectUser(disconnect) => {
            out.user_id = scratch.text(disconnect.user_id)?;
            out.reason = scratch.optional(disconnect.reason)?;
        }
        _ => {}
    }
    Ok(out)
}

/// # Safety
///
/// The strings must be valid.
pub(crate) unsafe fn publish_from_c(publish: &ivs_chat_publish) -> Result<Publish<'_>> {
    // SAFETY: the caller vouches for the strings.
    unsafe {
        let request_id = optional(publish.request_id)?;
        Ok(match publish.action {
            IVS_CHAT_SEND_MESSAGE => {
                let content = Content::new(string(publish.content)?);
                let mut send = SendMessage::new(content.map_err(|_| IVS_CHAT_CONTENT_LENGTH)?);
                send.request_id = request_id;
                send.attributes = attributes_from_c(publish.attributes)?;
                send.into()
            }
            IVS_CHAT_DELETE_MESSAGE => {
                let mut delete = DeleteMessage::new(string(publish.id)?);
                delete.request_id = request_id;
                delete.reason = optional(publish.reason)?;
                delete.into()
            }
            IVS_CHAT_DISCONNECT_USER => {
                let mut disconnect = DisconnectUser::new(string(publish.user_id)?);
                disconnect.request_id = request_id;
                disconnect.reason = optional(publish.reason)?;
                disconnect.into()
            }
            _ => return Err(IVS_CHAT_INVALID_ARGUMENT),
        })
    }
}

/// # Safety
///
/// The string must be valid.
unsafe fn attributes_from_c<'a>(json: ivs_chat_str) -> Result<Attributes<'a>> {
    if json.data.is_null() {
        return Ok(Attributes::NONE);
    }
    // SAFETY: the caller vouches for the string.
    let json = unsafe { string(json) }?;
    Attributes::decode_str(json).map_err(|_| IVS_CHAT_DECODE_ERROR)
}

/// Returns the capability with a number.
pub(crate) fn capability(number: u8) -> Option<Capability> {
    Capability::ALL.iter().copied().find(|capability| capability.number() == number)
}

/// Appends attributes to the JSON object of `len` bytes in `buffer`. Returns the new length, even if
/// the buffer is too small.
fn append(buffer: &mut [u8], len: usize, attributes: &Attributes<'_>) -> usize {
    // The new object replaces the closing brace, and a comma replaces its opening brace.
    let start = len.saturating_sub(1);
    if let Some(free) = buffer.get_mut(start..) {
        let is_encoded = attributes.encode(free).is_ok();
        if let (true, true, Some(brace)) = (is_encoded, len > 0, free.first_mut()) {
            *brace = b',';
        }
    }
    start.saturating_add(attributes.encoded_len())
}
