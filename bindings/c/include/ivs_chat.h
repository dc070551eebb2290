/*
 * C interface to ivs-chat-proto: the Amazon IVS Chat messaging protocol.
 *
 * This file is generated. Do not edit it.
 *
 * Conventions
 *
 * - Nothing is allocated except by ivs_chat_client_new(). Nothing does I/O or reads a clock.
 * - Strings are UTF-8 with a length, and are not terminated by a NUL. In results, they point into
 *   the buffers that the caller passed to the same function, or into static memory.
 * - Functions return an ivs_chat_result. Output parameters are only set if it is IVS_CHAT_OK, unless
 *   their description says otherwise.
 * - A null pointer or an invalid number is reported as IVS_CHAT_INVALID_ARGUMENT. A pointer that is
 *   not null must be valid for its type and length.
 * - Functions may be called by any thread. An object must not be used by two threads at once.
 * - Times are milliseconds on a monotonic clock of the caller.
 * - Numbers of kinds, outcomes and states never change their meaning. docs/numbers.md lists them.
 *
 * A host's loop
 *
 *   ivs_chat_client_connect(client, now);
 *   for (;;) {
 *       do ivs_chat_client_poll(client, now, &output), and what the output says,
 *       until it is IVS_CHAT_OUTPUT_WAIT;
 *       wait for a message, a pong, an open or closed connection, a token, or the time to wake up;
 *       report it with an ivs_chat_client_handle_ function;
 *   }
 *
 * examples/chat.c is a complete host on a plain socket.
 */

#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/**
 * The name of the HTTP header that carries the token in the WebSocket handshake.
 */
#define IVS_CHAT_TOKEN_HEADER "Sec-WebSocket-Protocol"


/**
 * The length of a seed in bytes.
 */
#define IVS_CHAT_SEED_LEN 16

/**
 * The length of a ping's payload in bytes.
 */
#define IVS_CHAT_PING_LEN 4

/**
 * No time: there is nothing to do until something happens.
 */
#define IVS_CHAT_NEVER UINT64_MAX

/**
 * Close this connection with `code`, or stop opening it. The client has forgotten it.
 */
#define IVS_CHAT_OUTPUT_CLOSE 1

/**
 * Send a WebSocket ping, and report the pong with `ivs_chat_client_handle_pong()`.
 */
#define IVS_CHAT_OUTPUT_PING 2

/**
 * A request has an outcome that no payload gave it.
 */
#define IVS_CHAT_OUTPUT_SETTLED 3

/**
 * The state has changed.
 */
#define IVS_CHAT_OUTPUT_STATE 4

/**
 * Another connection is current. Applications need not know.
 */
#define IVS_CHAT_OUTPUT_REPLACED 5

/**
 * Messages may have been missed.
 */
#define IVS_CHAT_OUTPUT_POSSIBLE_GAP 6

/**
 * Fetch a token, and report it with `ivs_chat_client_handle_token()` or
 * `ivs_chat_client_handle_token_error()`.
 */
#define IVS_CHAT_OUTPUT_FETCH_TOKEN 7

/**
 * Wait until `wait_until_ms`, or until something happens. Then poll again.
 */
#define IVS_CHAT_OUTPUT_WAIT 8

/**
 * There is no connection, and the client does not try to connect.
 */
#define IVS_CHAT_STATE_DISCONNECTED 1

/**
 * There is no connection, and the client tries to connect.
 */
#define IVS_CHAT_STATE_CONNECTING 2

/**
 * There is a connection.
 */
#define IVS_CHAT_STATE_CONNECTED 3

/**
 * The caller wants no connection.
 */
#define IVS_CHAT_REASON_NOT_WANTED 1

/**
 * A token fetch failed permanently.
 */
#define IVS_CHAT_REASON_NO_TOKEN 2

/**
 * The service rejected the handshake with the HTTP status in `code`.
 */
#define IVS_CHAT_REASON_REFUSED 3

/**
 * The service closed the connection with the close code in `code`.
 */
#define IVS_CHAT_REASON_CLOSED 4

/**
 * The user was disconnected by a moderator or the application.
 */
#define IVS_CHAT_REASON_DISCONNECTED_USER 5

/**
 * Too many attempts to connect have failed.
 */
#define IVS_CHAT_REASON_ATTEMPTS_EXHAUSTED 6

/**
 * The service has performed the request.
 */
#define IVS_CHAT_OUTCOME_CONFIRMED 1

/**
 * The service has rejected the request with `error_code`.
 */
#define IVS_CHAT_OUTCOME_REJECTED 2

/**
 * The request has arrived, and no error was returned.
 */
#define IVS_CHAT_OUTCOME_ASSUMED 3

/**
 * It is unknown whether the service has performed the request.
 */
#define IVS_CHAT_OUTCOME_UNKNOWN 4

/**
 * The maximum number of code points in the content of a message to send.
 */
#define IVS_CHAT_MAX_CODE_POINTS 500

/**
 * The length of a buffer that is enough for every message with plain content, without attributes
 * and with a generated `RequestId`.
 */
#define IVS_CHAT_MAX_PLAIN_LEN 3089

/**
 * The `type` of a MESSAGE.
 */
#define IVS_CHAT_MESSAGE 1

/**
 * The `type` of an EVENT.
 */
#define IVS_CHAT_EVENT 2

/**
 * The `type` of an ERROR.
 */
#define IVS_CHAT_SERVICE_ERROR 3

/**
 * The `type` of a payload that is not in the reference.
 */
#define IVS_CHAT_UNKNOWN 4

/**
 * The event `aws:DELETE_MESSAGE`: clients should remove a message from view.
 */
#define IVS_CHAT_DELETED_MESSAGE 1

/**
 * The event `aws:DISCONNECT_USER`: the service disconnects a user.
 */
#define IVS_CHAT_DISCONNECTED_USER 2

/**
 * An event whose meaning is defined by the application.
 */
#define IVS_CHAT_APPLICATION_EVENT 3

/**
 * The `action` of a `SEND_MESSAGE`, and the bit 0 of capabilities.
 */
#define IVS_CHAT_SEND_MESSAGE 1

/**
 * The `action` of a `DELETE_MESSAGE`.
 */
#define IVS_CHAT_DELETE_MESSAGE 2

/**
 * The `action` of a `DISCONNECT_USER`.
 */
#define IVS_CHAT_DISCONNECT_USER 3

/**
 * The maximum length in bytes of a message that an assembler joins.
 */
#define IVS_CHAT_MAX_MESSAGE_LEN (32 * 1024)

/**
 * The session's length is not known.
 */
#define IVS_CHAT_SESSION_UNKNOWN UINT64_MAX

/**
 * The version of this header: major, minor and patch in one byte each.
 *
 * A program should compare the major number with that of `ivs_chat_version()`. While it is 0, it
 * should compare the minor number too.
 */
#define IVS_CHAT_VERSION 256

/**
 * The result of a function.
 */
typedef enum {
    /**
     * Success.
     */
    IVS_CHAT_OK = 0,
    /**
     * There is nothing to return. This is not an error.
     */
    IVS_CHAT_NONE = 1,
    /**
     * A pointer is NULL that must not be, a length is too large, or a number is out of range.
     */
    IVS_CHAT_INVALID_ARGUMENT = 2,
    /**
     * A string is not UTF-8.
     */
    IVS_CHAT_INVALID_UTF8 = 3,
    /**
     * A buffer is too small. The length that is needed is returned where the function says so.
     */
    IVS_CHAT_BUFFER_TOO_SMALL = 4,
    /**
     * JSON could not be decoded. The error is in the `ivs_chat_error`, if the function has one.
     */
    IVS_CHAT_DECODE_ERROR = 5,
    /**
     * The content of a message is empty or too long.
     */
    IVS_CHAT_CONTENT_LENGTH = 6,
    /**
     * The client does not accept the request. The reason is in the `ivs_chat_send_error`.
     */
    IVS_CHAT_NOT_SENT = 7,
} ivs_chat_result;

/**
 * Joins the fragments of WebSocket messages. Opaque.
 */
typedef struct ivs_chat_assembler ivs_chat_assembler;

/**
 * A client: one chat session, over any number of connections. Opaque.
 *
 * A client must not be used by two threads at the same time. It may move between threads.
 */
typedef struct ivs_chat_client ivs_chat_client;

/**
 * The settings of a client. Times are in milliseconds.
 *
 * Values out of range are replaced with the nearest valid ones.
 *
 * Initialize it with `ivs_chat_config_with_pings()` or `ivs_chat_config_without_pings()`, which set
 * the defaults.
 */
typedef struct {
    /**
     * Whether the host can send WebSocket pings and sees the pongs.
     */
    bool can_ping;
    /**
     * The room's `maximumMessageLength`, 1 to 500 code points. Defaults to 500.
     */
    uint16_t max_code_points;
    /**
     * The maximum number of requests in any second, 1 to 10, or 0 for no limit. Defaults to 10.
     */
    uint8_t requests_per_second;
    /**
     * The time to wait for the answer to a request before looking for evidence. Defaults to 5 s.
     */
    uint32_t settle_ms;
    /**
     * The time that a connection may take to open. Defaults to 30 s.
     */
    uint32_t connect_timeout_ms;
    /**
     * The time that a token fetch may take. Defaults to 30 s.
     */
    uint32_t token_timeout_ms;
    /**
     * With pings: the interval between pings. Defaults to 30 s.
     */
    uint32_t ping_interval_ms;
    /**
     * With pings: the time that a pong may take. Defaults to 10 s.
     */
    uint32_t ping_timeout_ms;
    /**
     * Without pings: the time without a frame after which a connection is replaced, or 0 for
     * never. Defaults to 0.
     */
    uint32_t idle_ms;
    /**
     * The minimum wait after a failed attempt. Defaults to 250 ms.
     */
    uint32_t backoff_min_ms;
    /**
     * The maximum wait after the first failed attempt. It doubles with each failure. Defaults to
     * 1 s.
     */
    uint32_t backoff_base_ms;
    /**
     * The maximum wait. Defaults to 60 s.
     */
    uint32_t backoff_max_ms;
    /**
     * The number of consecutive failed attempts after which the session ends, or 0 for no limit.
     * Defaults to 0.
     */
    uint32_t max_attempts;
    /**
     * The time after which a connection is stable, and earlier failures are forgotten. Defaults to
     * 30 s.
     */
    uint32_t stable_ms;
    /**
     * The time before the end of a session at which the connection is replaced. Defaults to 120 s.
     */
    uint32_t refresh_lead_ms;
    /**
     * The maximum random time by which it is replaced earlier, in percent of the session. Defaults
     * to 10.
     */
    uint8_t refresh_jitter_percent;
    /**
     * The minimum age of a connection that is replaced ahead of time. Defaults to 5 minutes.
     */
    uint32_t refresh_floor_ms;
    /**
     * The minimum time for which a replaced connection is kept. Defaults to 10 s.
     */
    uint32_t drain_ms;
} ivs_chat_config;

/**
 * A request that has its outcome.
 */
typedef struct {
    /**
     * One of the constants `IVS_CHAT_OUTCOME_…`.
     */
    uint8_t outcome;
    /**
     * If the outcome is `IVS_CHAT_OUTCOME_REJECTED`: the code of the error.
     */
    uint16_t error_code;
    /**
     * The number of the request.
     */
    uint64_t request;
    /**
     * The caller's data, as passed to `ivs_chat_client_send()`.
     */
    uint64_t user_data;
} ivs_chat_settled;

/**
 * What the host must do next. `ivs_chat_client_poll()` returns it.
 *
 * `kind` determines which members are set. The others are 0.
 */
typedef struct {
    /**
     * One of the constants `IVS_CHAT_OUTPUT_…`.
     */
    uint8_t kind;
    /**
     * STATE: one of the constants `IVS_CHAT_STATE_…`.
     */
    uint8_t state;
    /**
     * STATE, if disconnected: one of the constants `IVS_CHAT_REASON_…`.
     */
    uint8_t reason;
    /**
     * CLOSE: the code for the close frame. STATE: the HTTP status or the close code that belongs to
     * the reason, or 0.
     */
    uint16_t code;
    /**
     * PING: the payload.
     */
    uint8_t ping[IVS_CHAT_PING_LEN];
    /**
     * Numbers of connections start at 0. CLOSE, PING: the connection. REPLACED: the connection that is current now.
     */
    uint64_t connection;
    /**
     * REPLACED: the connection that was current before.
     */
    uint64_t replaced;
    /**
     * `FETCH_TOKEN`: the number of the fetch.
     */
    uint64_t fetch;
    /**
     * WAIT: the time until which there is nothing to do, or `IVS_CHAT_NEVER`.
     */
    uint64_t wait_until_ms;
    /**
     * SETTLED: the request and its outcome.
     */
    ivs_chat_settled settled;
} ivs_chat_output;

/**
 * A string of UTF-8. It is not terminated by a NUL.
 *
 * Input: `data` may be NULL if `len` is 0. Output: it points into a buffer that the caller passed
 * to the same function, or to static memory. An absent string has a `data` of NULL. An empty one
 * does not.
 */
typedef struct {
    /**
     * The first byte.
     */
    const char *data;
    /**
     * The length in bytes.
     */
    size_t len;
} ivs_chat_str;

/**
 * A payload that a client sends.
 *
 * `action` determines which members are used. The others are ignored.
 */
typedef struct {
    /**
     * One of `IVS_CHAT_SEND_MESSAGE`, `IVS_CHAT_DELETE_MESSAGE`, `IVS_CHAT_DISCONNECT_USER`.
     */
    uint8_t action;
    /**
     * The `RequestId`, or absent.
     */
    ivs_chat_str request_id;
    /**
     * `SEND_MESSAGE`: the content, of 1 to 500 code points.
     */
    ivs_chat_str content;
    /**
     * `SEND_MESSAGE`: the attributes, a JSON object whose values are strings, or absent. See
     * `ivs_chat_encode_attributes()`.
     */
    ivs_chat_str attributes;
    /**
     * `DELETE_MESSAGE`: the `Id` of the message to delete.
     */
    ivs_chat_str id;
    /**
     * `DISCONNECT_USER`: the `UserId` of the user to disconnect.
     */
    ivs_chat_str user_id;
    /**
     * `DELETE_MESSAGE`, `DISCONNECT_USER`: the reason, or absent.
     */
    ivs_chat_str reason;
} ivs_chat_publish;

/**
 * A request that the client has accepted. Send `payload` on `connection` as one text message.
 */
typedef struct {
    /**
     * The number of the request.
     */
    uint64_t request;
    /**
     * The connection on which to send the payload.
     */
    uint64_t connection;
    /**
     * The payload, in the buffer that the caller passed.
     */
    ivs_chat_str payload;
    /**
     * The `RequestId`, in the same buffer. If it needs escapes in JSON, the caller's own string.
     */
    ivs_chat_str request_id;
} ivs_chat_sent;

/**
 * Why the client does not accept a request.
 */
typedef struct {
    /**
     * The number of the `SendErrorKind`. See `docs/numbers.md`.
     */
    uint8_t kind;
    /**
     * The error code with which the service would have answered the request, or 0.
     */
    uint16_t error_code;
    /**
     * If too many requests were sent: the time at which the next one can be sent.
     */
    uint64_t retry_at_ms;
    /**
     * If the buffer is too small: the necessary length.
     */
    size_t needed;
} ivs_chat_send_error;

/**
 * What the client needs to know about a token.
 */
typedef struct {
    /**
     * The remaining time of the session in milliseconds, or `IVS_CHAT_SESSION_UNKNOWN`. 0 means
     * that the session is over.
     */
    uint64_t session_ms;
    /**
     * Whether `capabilities` is known.
     */
    bool has_capabilities;
    /**
     * The capabilities of the token: bit N-1 is set for the action N, such as
     * `1 << (IVS_CHAT_SEND_MESSAGE - 1)`. Other bits must be 0.
     */
    uint8_t capabilities;
    /**
     * The user's own `UserId`, or absent.
     */
    ivs_chat_str user_id;
} ivs_chat_token_info;

/**
 * How a connection ended.
 */
typedef struct {
    /**
     * The code of the close frame. 1005 stands for a frame without a code, and 1006 or 0 for no
     * frame at all.
     */
    uint16_t close_code;
    /**
     * The HTTP status that rejected the handshake, or 0 if it was not rejected.
     */
    uint16_t handshake_status;
    /**
     * The action that replaces the client's decision, or 0 to leave it to the client: the number
     * of a `ReconnectAction`. See `docs/numbers.md`.
     */
    uint8_t action;
    /**
     * The minimum time until the next attempt, such as that of a `Retry-After` header, or 0.
     */
    uint64_t retry_after_ms;
    /**
     * The reason in the close frame, or absent.
     */
    ivs_chat_str reason;
} ivs_chat_close_event;

/**
 * A payload that the service sends to a client.
 *
 * `type` determines which members are set. The others are absent or 0.
 */
typedef struct {
    /**
     * One of `IVS_CHAT_MESSAGE`, `IVS_CHAT_EVENT`, `IVS_CHAT_SERVICE_ERROR`, `IVS_CHAT_UNKNOWN`.
     */
    uint8_t type;
    /**
     * EVENT: one of `IVS_CHAT_DELETED_MESSAGE`, `IVS_CHAT_DISCONNECTED_USER`,
     * `IVS_CHAT_APPLICATION_EVENT`. Ignored when encoding.
     */
    uint8_t event_kind;
    /**
     * ERROR: the code of the error.
     */
    uint16_t error_code;
    /**
     * The `Type`. Ignored when encoding.
     */
    ivs_chat_str type_name;
    /**
     * The `Id`.
     */
    ivs_chat_str id;
    /**
     * The `RequestId`, or absent.
     */
    ivs_chat_str request_id;
    /**
     * MESSAGE, EVENT: the time at which the service received it, in the format of RFC 3339.
     */
    ivs_chat_str send_time;
    /**
     * MESSAGE, EVENT: the attributes, a JSON object whose values are strings, or absent. See
     * `ivs_chat_attributes()`.
     */
    ivs_chat_str attributes;
    /**
     * MESSAGE: the content.
     */
    ivs_chat_str content;
    /**
     * MESSAGE: the `UserId` of the sender.
     */
    ivs_chat_str sender_user_id;
    /**
     * MESSAGE: the attributes of the sender's token, as `attributes`.
     */
    ivs_chat_str sender_attributes;
    /**
     * EVENT: the name of the event.
     */
    ivs_chat_str event_name;
    /**
     * EVENT of the kind `IVS_CHAT_DELETED_MESSAGE`: the `Id` of the deleted message. Of the kind
     * `IVS_CHAT_DISCONNECTED_USER`: the `UserId` of the user. Ignored when encoding.
     */
    ivs_chat_str event_target;
    /**
     * EVENT of these kinds: the reason, or absent. Ignored when encoding.
     */
    ivs_chat_str event_reason;
    /**
     * ERROR: the message of the error, or absent.
     */
    ivs_chat_str error_message;
    /**
     * A payload of an unknown type: the payload. Ignored when encoding.
     */
    ivs_chat_str raw;
} ivs_chat_subscribe;

/**
 * A payload that was received, and the request that it settles.
 */
typedef struct {
    /**
     * The payload. Its strings point into the message, the scratch buffer or static memory.
     */
    ivs_chat_subscribe payload;
    /**
     * Whether the payload settles a request.
     */
    bool has_settled;
    /**
     * The request and its outcome.
     */
    ivs_chat_settled settled;
} ivs_chat_received;

/**
 * Why an input could not be decoded, and where.
 */
typedef struct {
    /**
     * The number of the `DecodeErrorKind`. See `docs/numbers.md`.
     */
    uint8_t kind;
    /**
     * The number of the `Field` that the error is about, or 0.
     */
    uint8_t field;
    /**
     * The offset in bytes of the cause, from the start of the input.
     */
    size_t offset;
} ivs_chat_error;

/**
 * A name and a value.
 */
typedef struct {
    /**
     * The name.
     */
    ivs_chat_str name;
    /**
     * The value.
     */
    ivs_chat_str value;
} ivs_chat_attribute;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sets the defaults for a host that can send WebSocket pings and sees the pongs.
 */
ivs_chat_result ivs_chat_config_with_pings(ivs_chat_config *out);

/**
 * Sets the defaults for a host that cannot send WebSocket pings.
 */
ivs_chat_result ivs_chat_config_without_pings(ivs_chat_config *out);

/**
 * Returns the size in bytes of the storage for a client.
 */
size_t ivs_chat_client_size(void);

/**
 * Creates a client in the caller's storage, which must be aligned as `max_align_t`. It needs no
 * destruction, and nothing is allocated.
 *
 * `seed` points to `IVS_CHAT_SEED_LEN` bytes from a source of randomness.
 *
 * Returns `IVS_CHAT_INVALID_ARGUMENT` if a pointer is NULL, or if the storage is too small or not
 * aligned. The storage is then unchanged.
 */
ivs_chat_result ivs_chat_client_init(void *storage,
                                     size_t storage_size,
                                     const ivs_chat_config *config,
                                     const uint8_t *seed,
                                     ivs_chat_client **out);

/**
 * Allocates a client. Free it with `ivs_chat_client_free()`.
 *
 * Returns NULL if a pointer is NULL.
 */
ivs_chat_client *ivs_chat_client_new(const ivs_chat_config *config, const uint8_t *seed);

/**
 * Frees a client that `ivs_chat_client_new()` returned. NULL is ignored.
 *
 * The client must not be used afterwards. A client in the caller's storage must not be freed.
 */
void ivs_chat_client_free(ivs_chat_client *client);

/**
 * Starts a session. The client fetches a token and connects, and reconnects when necessary.
 *
 * `now_ms` is the time in milliseconds on a monotonic clock, here and everywhere.
 */
ivs_chat_result ivs_chat_client_connect(ivs_chat_client *client, uint64_t now_ms);

/**
 * Ends the session at once. Requests in flight become `IVS_CHAT_OUTCOME_UNKNOWN`.
 */
ivs_chat_result ivs_chat_client_disconnect(ivs_chat_client *client, uint64_t now_ms);

/**
 * Ends the session when all requests in flight have their outcomes.
 */
ivs_chat_result ivs_chat_client_disconnect_when_settled(ivs_chat_client *client,
                                                        uint64_t now_ms);

/**
 * Asks for a new connection beside the current one, after a change of the network or a sleep of the
 * device.
 */
ivs_chat_result ivs_chat_client_refresh(ivs_chat_client *client,
                                        uint64_t now_ms);

/**
 * Returns the next thing to do. Call it after every other call, until it returns
 * `IVS_CHAT_OUTPUT_WAIT`.
 */
ivs_chat_result ivs_chat_client_poll(ivs_chat_client *client,
                                     uint64_t now_ms,
                                     ivs_chat_output *out);

/**
 * Sends a request.
 *
 * `user_data` comes back with the outcome. A `RequestId` is generated if `publish` has none.
 * `buffer` receives the payload. `IVS_CHAT_MAX_PLAIN_LEN` bytes are enough for a message without
 * attributes.
 *
 * Returns `IVS_CHAT_NOT_SENT` if the client does not accept the request, or if the buffer is too
 * small; the reason is in `error`, which may be NULL. Else returns the errors of
 * `ivs_chat_encode_publish()` for a `publish` that is invalid.
 */
ivs_chat_result ivs_chat_client_send(ivs_chat_client *client,
                                     uint64_t now_ms,
                                     const ivs_chat_publish *publish,
                                     uint64_t user_data,
                                     char *buffer,
                                     size_t buffer_len,
                                     ivs_chat_sent *out,
                                     ivs_chat_send_error *error);

/**
 * Forgets a request. Its outcome is not reported.
 *
 * Returns `IVS_CHAT_NONE` if the request is not in flight. `user_data` may be NULL.
 */
ivs_chat_result ivs_chat_client_abandon(ivs_chat_client *client,
                                        uint64_t request,
                                        uint64_t *user_data);

/**
 * Reports that a token was fetched. `connection` receives the number of the connection to open
 * with it.
 *
 * Returns `IVS_CHAT_NONE` if the token is no longer wanted.
 */
ivs_chat_result ivs_chat_client_handle_token(ivs_chat_client *client,
                                             uint64_t now_ms,
                                             uint64_t fetch,
                                             const ivs_chat_token_info *info,
                                             uint64_t *connection);

/**
 * Reports that a token could not be fetched.
 *
 * A permanent failure ends the session. After a temporary one the client tries again, not before
 * `retry_after_ms` have passed.
 */
ivs_chat_result ivs_chat_client_handle_token_error(ivs_chat_client *client,
                                                   uint64_t now_ms,
                                                   uint64_t fetch,
                                                   bool is_permanent,
                                                   uint64_t retry_after_ms);

/**
 * Reports that a connection is open: the handshake was answered with 101.
 */
ivs_chat_result ivs_chat_client_handle_open(ivs_chat_client *client,
                                            uint64_t now_ms,
                                            uint64_t connection);

/**
 * Reports that a connection has ended, or could not be opened.
 */
ivs_chat_result ivs_chat_client_handle_close(ivs_chat_client *client,
                                             uint64_t now_ms,
                                             uint64_t connection,
                                             const ivs_chat_close_event *event);

/**
 * Reports the payload of a pong.
 */
ivs_chat_result ivs_chat_client_handle_pong(ivs_chat_client *client,
                                            uint64_t now_ms,
                                            uint64_t connection,
                                            const uint8_t *payload,
                                            size_t payload_len);

/**
 * Reports a text message.
 *
 * `scratch` is as for `ivs_chat_decode_subscribe()`. It must have at least `message_len` bytes, so
 * that nothing is lost for lack of space; a shorter one is an invalid argument.
 *
 * Returns `IVS_CHAT_NONE` for a message that the application must not see, such as a duplicate, and
 * `IVS_CHAT_DECODE_ERROR` for a message that is invalid. `error` may be NULL.
 */
ivs_chat_result ivs_chat_client_handle_message(ivs_chat_client *client,
                                               uint64_t now_ms,
                                               uint64_t connection,
                                               const uint8_t *message,
                                               size_t message_len,
                                               char *scratch,
                                               size_t scratch_len,
                                               ivs_chat_received *out,
                                               ivs_chat_error *error);

/**
 * Returns the state, one of the constants `IVS_CHAT_STATE_…`, or 0 if `client` is NULL.
 */
uint8_t ivs_chat_client_state(const ivs_chat_client *client);

/**
 * Returns the current connection. Returns `IVS_CHAT_NONE` if there is none.
 */
ivs_chat_result ivs_chat_client_current(const ivs_chat_client *client, uint64_t *connection);

/**
 * Returns the number of requests in flight, or 0 if `client` is NULL.
 */
size_t ivs_chat_client_in_flight_len(const ivs_chat_client *client);

/**
 * Decodes a payload of the service, the content of one WebSocket text message.
 *
 * `scratch` receives the texts that contain escapes. A length of `payload_len` is always enough.
 * The strings in `out` point into `payload`, `scratch` or static memory.
 *
 * Returns `IVS_CHAT_DECODE_ERROR` if the payload is invalid. `error` may be NULL.
 */
ivs_chat_result ivs_chat_decode_subscribe(const uint8_t *payload,
                                          size_t payload_len,
                                          char *scratch,
                                          size_t scratch_len,
                                          ivs_chat_subscribe *out,
                                          ivs_chat_error *error);

/**
 * Decodes a payload of a client, the content of one WebSocket text message.
 *
 * The arguments are those of `ivs_chat_decode_subscribe()`.
 */
ivs_chat_result ivs_chat_decode_publish(const uint8_t *payload,
                                        size_t payload_len,
                                        char *scratch,
                                        size_t scratch_len,
                                        ivs_chat_publish *out,
                                        ivs_chat_error *error);

/**
 * Encodes a payload of a client into `buffer`, as JSON without a terminating NUL.
 *
 * `len` receives the length of the payload. It receives the necessary length if the result is
 * `IVS_CHAT_BUFFER_TOO_SMALL`.
 *
 * Returns `IVS_CHAT_CONTENT_LENGTH` if the content does not have 1 to 500 code points, and
 * `IVS_CHAT_DECODE_ERROR` if `attributes` is not a JSON object whose values are strings.
 */
ivs_chat_result ivs_chat_encode_publish(const ivs_chat_publish *publish,
                                        char *buffer,
                                        size_t buffer_len,
                                        size_t *len);

/**
 * Encodes a payload of the service into `buffer`, as JSON without a terminating NUL.
 *
 * `len` receives the length of the payload, or the necessary length if the result is
 * `IVS_CHAT_BUFFER_TOO_SMALL`. A payload of an unknown type cannot be encoded.
 */
ivs_chat_result ivs_chat_encode_subscribe(const ivs_chat_subscribe *subscribe,
                                          char *buffer,
                                          size_t buffer_len,
                                          size_t *len);

/**
 * Reads attributes into the array `out` of `capacity` elements.
 *
 * `json` is the `attributes` or `sender_attributes` of a decoded payload, or absent. `count`
 * receives the number of attributes, even if it exceeds `capacity`; the result is then
 * `IVS_CHAT_BUFFER_TOO_SMALL`. `scratch` is as for `ivs_chat_decode_subscribe()`: a length of
 * `json.len` is always enough.
 */
ivs_chat_result ivs_chat_attributes(ivs_chat_str json,
                                    char *scratch,
                                    size_t scratch_len,
                                    ivs_chat_attribute *out,
                                    size_t capacity,
                                    size_t *count);

/**
 * Encodes attributes as the JSON object that `ivs_chat_publish` and `ivs_chat_subscribe` take.
 *
 * `len` receives the length of the object, or the necessary length if the result is
 * `IVS_CHAT_BUFFER_TOO_SMALL`.
 */
ivs_chat_result ivs_chat_encode_attributes(const ivs_chat_attribute *attributes,
                                           size_t count,
                                           char *buffer,
                                           size_t buffer_len,
                                           size_t *len);

/**
 * Returns the number of Unicode code points in a string, the unit of the content's length.
 *
 * `count` receives the number.
 */
ivs_chat_result ivs_chat_code_points(ivs_chat_str text, size_t *count);

/**
 * Returns the `RequestId` of a payload of a client even if the payload cannot be decoded.
 *
 * Returns `IVS_CHAT_NONE` if it cannot be found.
 */
ivs_chat_result ivs_chat_peek_request_id(const uint8_t *payload,
                                         size_t payload_len,
                                         char *scratch,
                                         size_t scratch_len,
                                         ivs_chat_str *out);

/**
 * Returns the name of an error code in the reference, or an absent string.
 */
ivs_chat_str ivs_chat_error_code_name(uint16_t error_code);

/**
 * Returns the size in bytes of the storage for an assembler. Its alignment is that of `max_align_t`
 * or less.
 */
size_t ivs_chat_assembler_size(void);

/**
 * Creates an assembler in the caller's storage. It needs no destruction.
 *
 * Returns `IVS_CHAT_INVALID_ARGUMENT` if a pointer is NULL, or if the storage is too small or not
 * aligned. The storage is then unchanged.
 */
ivs_chat_result ivs_chat_assembler_init(void *storage,
                                        size_t storage_size,
                                        ivs_chat_assembler **out);

/**
 * Adds a fragment of a message. `fin` is true for the last one.
 *
 * `message` and `message_len` receive the message when it is complete. It is valid until the next
 * call, and until the fragment is freed. Returns `IVS_CHAT_NONE` if it is not complete yet, and
 * `IVS_CHAT_BUFFER_TOO_SMALL` once if it exceeds `IVS_CHAT_MAX_MESSAGE_LEN`; the rest of it is then
 * skipped.
 */
ivs_chat_result ivs_chat_assembler_push(ivs_chat_assembler *assembler,
                                        const uint8_t *fragment,
                                        size_t fragment_len,
                                        bool fin,
                                        const uint8_t **message,
                                        size_t *message_len);

/**
 * Discards the fragments of an incomplete message, for a new connection.
 */
ivs_chat_result ivs_chat_assembler_clear(ivs_chat_assembler *assembler);

/**
 * Decodes the response of `CreateChatToken`.
 *
 * `token` receives the token, which points into `response` or `scratch`. Never log it. `info` may
 * be NULL. It receives the session's length, given the current time `now_ms` in milliseconds since
 * 1970. If the response states it in a form that cannot be read, the length is unknown.
 *
 * `error` may be NULL. Its `kind` is 0 if the response is JSON without a valid token.
 */
ivs_chat_result ivs_chat_decode_token(const uint8_t *response,
                                      size_t response_len,
                                      int64_t now_ms,
                                      char *scratch,
                                      size_t scratch_len,
                                      ivs_chat_str *token,
                                      ivs_chat_token_info *info,
                                      ivs_chat_error *error);

/**
 * Checks that a token can be sent in a header.
 *
 * Returns `IVS_CHAT_INVALID_ARGUMENT` if it cannot.
 */
ivs_chat_result ivs_chat_check_token(ivs_chat_str token);

/**
 * Writes the URL of a region's endpoint into `buffer`, without a terminating NUL.
 *
 * `len` receives the length, or the necessary length if the result is
 * `IVS_CHAT_BUFFER_TOO_SMALL`.
 */
ivs_chat_result ivs_chat_endpoint(ivs_chat_str region,
                                  char *buffer,
                                  size_t buffer_len,
                                  size_t *len);

/**
 * Returns the version of the library, in the form of `IVS_CHAT_VERSION`.
 */
uint32_t ivs_chat_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus
