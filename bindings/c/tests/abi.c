/* Tests of the C interface. Prints what fails, and exits with 1 if anything does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ivs_chat.h"

static int failures, checks;

#define CHECK(condition)                                                  \
    do {                                                                  \
        checks++;                                                         \
        if (!(condition)) {                                               \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);        \
            failures++;                                                   \
        }                                                                 \
    } while (0)

static ivs_chat_str str(const char *text) {
    return (ivs_chat_str){text, text ? strlen(text) : 0};
}

static bool is(ivs_chat_str found, const char *expected) {
    if (!expected) return !found.data && found.len == 0;
    return found.data && found.len == strlen(expected) && !memcmp(found.data, expected, found.len);
}

static ivs_chat_result decode(const char *json, char *scratch, ivs_chat_subscribe *out,
                              ivs_chat_error *error) {
    return ivs_chat_decode_subscribe((const uint8_t *)json, strlen(json), scratch, strlen(json), out,
                                     error);
}

static const char MESSAGE[] =
    "{\"Type\":\"MESSAGE\",\"Id\":\"m1\",\"RequestId\":\"r-1\",\"Attributes\":{\"mo\\u006fd\":\"a\\nb\","
    "\"font\":\"serif\"},\"Content\":\"say \\\"hej\\\" \xf0\x9f\x8c\x9e\",\"SendTime\":"
    "\"2026-11-22T10:00:00Z\",\"Sender\":{\"UserId\":\"astrid\",\"Attributes\":{}}}";

static void test_decode_message(void) {
    char scratch[512];
    ivs_chat_subscribe payload;
    CHECK(decode(MESSAGE, scratch, &payload, NULL) == IVS_CHAT_OK);
    CHECK(payload.type == IVS_CHAT_MESSAGE && is(payload.type_name, "MESSAGE"));
    CHECK(is(payload.id, "m1") && is(payload.request_id, "r-1"));
    CHECK(is(payload.content, "say \"hej\" \xf0\x9f\x8c\x9e"));
    CHECK(is(payload.sender_user_id, "astrid") && is(payload.sender_attributes, "{}"));
    CHECK(is(payload.send_time, "2026-11-22T10:00:00Z") && is(payload.event_name, NULL));

    ivs_chat_attribute attributes[2];
    size_t count = 0, points = 0;
    CHECK(ivs_chat_attributes(payload.attributes, scratch, sizeof scratch, attributes, 2, &count) ==
          IVS_CHAT_OK);
    CHECK(count == 2 && is(attributes[0].name, "mood") && is(attributes[0].value, "a\nb"));
    CHECK(is(attributes[1].name, "font") && is(attributes[1].value, "serif"));
    CHECK(ivs_chat_attributes(payload.attributes, scratch, sizeof scratch, attributes, 1, &count) ==
          IVS_CHAT_BUFFER_TOO_SMALL);
    CHECK(count == 2);
    CHECK(ivs_chat_attributes(str(NULL), NULL, 0, NULL, 0, &count) == IVS_CHAT_OK && count == 0);
    CHECK(ivs_chat_code_points(str("\xf0\x9f\x8c\x9e!"), &points) == IVS_CHAT_OK && points == 2);
    CHECK(ivs_chat_code_points(str("\xff"), &points) == IVS_CHAT_INVALID_UTF8);
}

static void test_decode_others(void) {
    char scratch[512];
    ivs_chat_subscribe payload;
    CHECK(decode("{\"Type\":\"EVENT\",\"Id\":\"e1\",\"EventName\":\"aws:DELETE_MESSAGE\",\"SendTime\":\"\","
                 "\"Attributes\":{\"MessageID\":\"m1\",\"Reason\":\"sp\\u0061m\"}}",
                 scratch, &payload, NULL) == IVS_CHAT_OK);
    CHECK(payload.type == IVS_CHAT_EVENT && payload.event_kind == IVS_CHAT_DELETED_MESSAGE);
    CHECK(is(payload.event_target, "m1") && is(payload.event_reason, "spam"));
    CHECK(decode("{\"Type\":\"ERROR\",\"ErrorCode\":429}", scratch, &payload, NULL) == IVS_CHAT_OK);
    CHECK(payload.type == IVS_CHAT_SERVICE_ERROR && payload.error_code == 429);
    CHECK(is(payload.error_message, NULL) && is(payload.request_id, NULL));
    CHECK(is(ivs_chat_error_code_name(429), "Too Many Requests"));
    CHECK(is(ivs_chat_error_code_name(418), NULL));
    CHECK(decode(" {\"Type\":\"POLL\"} ", scratch, &payload, NULL) == IVS_CHAT_OK);
    CHECK(payload.type == IVS_CHAT_UNKNOWN && is(payload.raw, "{\"Type\":\"POLL\"}"));

    ivs_chat_publish publish;
    const char *json = "{\"ACTION\":\"DELETE_MESSAGE\",\"id\":\"m1\",\"Reason\":\"spam\"}";
    CHECK(ivs_chat_decode_publish((const uint8_t *)json, strlen(json), scratch, sizeof scratch,
                                  &publish, NULL) == IVS_CHAT_OK);
    CHECK(publish.action == IVS_CHAT_DELETE_MESSAGE && is(publish.id, "m1"));
    CHECK(is(publish.reason, "spam") && is(publish.content, NULL));
    ivs_chat_str request_id;
    json = "{\"Action\":\"SEND_MESSAGE\",\"RequestId\":\"r-1\",\"Content\":42}";
    CHECK(ivs_chat_peek_request_id((const uint8_t *)json, strlen(json), scratch, sizeof scratch,
                                   &request_id) == IVS_CHAT_OK);
    CHECK(is(request_id, "r-1"));
    CHECK(ivs_chat_peek_request_id((const uint8_t *)"{}", 2, NULL, 0, &request_id) == IVS_CHAT_NONE);
}

/* Every strict prefix of a payload is an unexpected end at its length. */
static void test_decode_errors(void) {
    char scratch[512];
    ivs_chat_subscribe payload;
    ivs_chat_error error;
    for (size_t len = 0; len < strlen(MESSAGE); len++) {
        uint8_t *copy = malloc(len ? len : 1);
        memcpy(copy, MESSAGE, len);
        memset(&error, 0xff, sizeof error);
        CHECK(ivs_chat_decode_subscribe(copy, len, scratch, sizeof scratch, &payload, &error) ==
              IVS_CHAT_DECODE_ERROR);
        CHECK(error.kind == 1 && error.field == 0 && error.offset == len);
        free(copy);
    }
    CHECK(decode("{\"Type\":\"ERROR\"}", scratch, &payload, &error) == IVS_CHAT_DECODE_ERROR);
    CHECK(error.kind == 12 && error.field == 11 && error.offset == 15);
    CHECK(ivs_chat_decode_subscribe((const uint8_t *)MESSAGE, strlen(MESSAGE), scratch, 4, &payload,
                                    NULL) == IVS_CHAT_BUFFER_TOO_SMALL);
    CHECK(ivs_chat_decode_subscribe(NULL, 1, scratch, 4, &payload, NULL) == IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_decode_subscribe(NULL, 0, NULL, 0, &payload, NULL) == IVS_CHAT_DECODE_ERROR);
    CHECK(ivs_chat_decode_subscribe((const uint8_t *)"{}", SIZE_MAX, NULL, 0, &payload, NULL) ==
          IVS_CHAT_INVALID_ARGUMENT);
    CHECK(decode("{\"Type\":\"POLL\"}", scratch, NULL, NULL) == IVS_CHAT_INVALID_ARGUMENT);
}

static void test_encode(void) {
    static char buffer[4096], object[256];
    size_t len = 0;
    ivs_chat_attribute pairs[] = {{str("mood"), str("a\"b")}, {str("font"), str("serif")}};
    const char *json = "{\"mood\":\"a\\\"b\",\"font\":\"serif\"}";
    CHECK(ivs_chat_encode_attributes(pairs, 2, object, sizeof object, &len) == IVS_CHAT_OK);
    CHECK(is((ivs_chat_str){object, len}, json));
    for (size_t capacity = 0; capacity <= strlen(json); capacity++) {
        char *exact = malloc(capacity ? capacity : 1);
        ivs_chat_result result = ivs_chat_encode_attributes(pairs, 2, exact, capacity, &len);
        CHECK(len == strlen(json));
        CHECK(result == (capacity < len ? IVS_CHAT_BUFFER_TOO_SMALL : IVS_CHAT_OK));
        CHECK(result != IVS_CHAT_OK || !memcmp(exact, json, len));
        free(exact);
    }
    CHECK(ivs_chat_encode_attributes(pairs, SIZE_MAX, object, sizeof object, &len) ==
          IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_encode_attributes(NULL, 0, object, sizeof object, &len) == IVS_CHAT_OK);
    CHECK(is((ivs_chat_str){object, len}, "{}"));

    ivs_chat_publish send = {.action = IVS_CHAT_SEND_MESSAGE,
                             .request_id = str("r-1"),
                             .content = str("hej"),
                             .attributes = str(json)};
    CHECK(ivs_chat_encode_publish(&send, buffer, sizeof buffer, &len) == IVS_CHAT_OK);
    CHECK(is((ivs_chat_str){buffer, len},
             "{\"Action\":\"SEND_MESSAGE\",\"RequestId\":\"r-1\",\"Content\":\"hej\",\"Attributes\":"
             "{\"mood\":\"a\\\"b\",\"font\":\"serif\"}}"));
    CHECK(ivs_chat_encode_publish(&send, buffer, len - 1, &len) == IVS_CHAT_BUFFER_TOO_SMALL);
    send.attributes = str("{\"votes\":3}");
    CHECK(ivs_chat_encode_publish(&send, buffer, sizeof buffer, &len) == IVS_CHAT_DECODE_ERROR);
    send.attributes = str(NULL);
    send.content = str("");
    CHECK(ivs_chat_encode_publish(&send, buffer, sizeof buffer, &len) == IVS_CHAT_CONTENT_LENGTH);
    send.content = str("\xff");
    CHECK(ivs_chat_encode_publish(&send, buffer, sizeof buffer, &len) == IVS_CHAT_INVALID_UTF8);
    send.action = 9;
    CHECK(ivs_chat_encode_publish(&send, buffer, sizeof buffer, &len) == IVS_CHAT_INVALID_ARGUMENT);

    char scratch[512];
    ivs_chat_subscribe payload;
    CHECK(decode(MESSAGE, scratch, &payload, NULL) == IVS_CHAT_OK);
    CHECK(ivs_chat_encode_subscribe(&payload, buffer, sizeof buffer, &len) == IVS_CHAT_OK);
    CHECK(is((ivs_chat_str){buffer, len}, MESSAGE));
    payload.type = IVS_CHAT_UNKNOWN;
    CHECK(ivs_chat_encode_subscribe(&payload, buffer, sizeof buffer, &len) ==
          IVS_CHAT_INVALID_ARGUMENT);
}

static void test_tokens(void) {
    char scratch[256];
    ivs_chat_str token;
    ivs_chat_token_info info;
    ivs_chat_error error;
    const char *json = "{\"token\":\"AQIC\\u002bHhP\",\"sessionExpirationTime\":\"2026-11-22 11:00:00+00:00\"}";
    CHECK(ivs_chat_decode_token((const uint8_t *)json, strlen(json), 1795341600000, scratch,
                                sizeof scratch, &token, &info, &error) == IVS_CHAT_OK);
    CHECK(is(token, "AQIC+HhP") && info.session_ms == 3600000);
    CHECK(ivs_chat_check_token(token) == IVS_CHAT_OK);
    CHECK(ivs_chat_check_token(str("two, tokens")) == IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_decode_token((const uint8_t *)"{}", 2, 0, scratch, sizeof scratch, &token, NULL,
                                &error) == IVS_CHAT_DECODE_ERROR);
    CHECK(error.kind == 0 && error.offset == 1);
    size_t len;
    CHECK(ivs_chat_endpoint(str("us-west-2"), scratch, sizeof scratch, &len) == IVS_CHAT_OK);
    CHECK(is((ivs_chat_str){scratch, len}, "wss://edge.ivschat.us-west-2.amazonaws.com"));
    CHECK(ivs_chat_endpoint(str("us-west-2"), scratch, 8, &len) == IVS_CHAT_BUFFER_TOO_SMALL);
    CHECK(ivs_chat_endpoint(str("a/b"), scratch, 8, &len) == IVS_CHAT_INVALID_ARGUMENT);
}

/* Polls until the client waits. Returns the number of the fetch, the last state and so on. */
static ivs_chat_output poll_for(ivs_chat_client *client, uint64_t now, uint8_t kind) {
    ivs_chat_output output, found = {0};
    for (int i = 0; i < 100; i++) {
        CHECK(ivs_chat_client_poll(client, now, &output) == IVS_CHAT_OK);
        if (output.kind == kind) found = output;
        if (output.kind == IVS_CHAT_OUTPUT_WAIT) return found;
    }
    CHECK(!"the client waits");
    return found;
}

static void test_session(ivs_chat_client *client) {
    static char buffer[IVS_CHAT_MAX_PLAIN_LEN], scratch[4096], echo[4096];
    uint64_t connection = 0, other = 0, user_data = 0;
    CHECK(ivs_chat_client_state(client) == IVS_CHAT_STATE_DISCONNECTED);
    CHECK(ivs_chat_client_connect(client, 0) == IVS_CHAT_OK);
    ivs_chat_output output = poll_for(client, 0, IVS_CHAT_OUTPUT_FETCH_TOKEN);
    CHECK(output.kind == IVS_CHAT_OUTPUT_FETCH_TOKEN);
    ivs_chat_token_info info = {IVS_CHAT_SESSION_UNKNOWN, true, 1 << (IVS_CHAT_SEND_MESSAGE - 1),
                                str("astrid")};
    CHECK(ivs_chat_client_handle_token(client, 1, output.fetch, &info, &connection) == IVS_CHAT_OK);
    CHECK(ivs_chat_client_handle_token(client, 1, output.fetch, &info, &other) == IVS_CHAT_NONE);
    CHECK(ivs_chat_client_current(client, &other) == IVS_CHAT_NONE);
    CHECK(ivs_chat_client_handle_open(client, 2, connection) == IVS_CHAT_OK);
    CHECK(ivs_chat_client_current(client, &other) == IVS_CHAT_OK && other == connection);
    output = poll_for(client, 2, IVS_CHAT_OUTPUT_STATE);
    CHECK(output.state == IVS_CHAT_STATE_CONNECTED);

    ivs_chat_publish send = {.action = IVS_CHAT_SEND_MESSAGE, .content = str("hej")};
    ivs_chat_sent sent;
    ivs_chat_send_error error;
    CHECK(ivs_chat_client_send(client, 3, &send, 42, buffer, 8, &sent, &error) == IVS_CHAT_NOT_SENT);
    CHECK(error.kind == 8 && error.needed > 8 && error.error_code == 0);
    CHECK(ivs_chat_client_send(client, 3, &send, 42, buffer, sizeof buffer, &sent, &error) ==
          IVS_CHAT_OK);
    CHECK(sent.connection == connection && sent.request_id.len == 36);
    CHECK(ivs_chat_client_in_flight_len(client) == 1);
    ivs_chat_config config;
    CHECK(ivs_chat_config_with_pings(&config) == IVS_CHAT_OK);
    const uint8_t seed[IVS_CHAT_SEED_LEN] = {0};
    CHECK(ivs_chat_client_init(client, ivs_chat_client_size(), &config, seed, NULL) ==
          IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_client_in_flight_len(client) == 1);
    ivs_chat_publish with_escapes = send;
    with_escapes.request_id = str("a\"b");
    ivs_chat_sent sent_escapes;
    CHECK(ivs_chat_client_send(client, 3, &with_escapes, 45, buffer, sizeof buffer, &sent_escapes,
                               NULL) == IVS_CHAT_OK);
    CHECK(is(sent_escapes.request_id, "a\"b"));
    CHECK(ivs_chat_client_abandon(client, sent_escapes.request, NULL) == IVS_CHAT_OK);
    ivs_chat_publish delete_message = {.action = IVS_CHAT_DELETE_MESSAGE, .id = str("m1")};
    CHECK(ivs_chat_client_send(client, 3, &delete_message, 43, buffer, sizeof buffer, &sent,
                               &error) == IVS_CHAT_NOT_SENT);
    CHECK(error.kind == 3 && error.error_code == 403);

    ivs_chat_publish sent_publish;
    char request_id[64] = {0};
    CHECK(ivs_chat_client_abandon(client, 999, NULL) == IVS_CHAT_NONE);
    CHECK(ivs_chat_client_send(client, 3, &send, 44, buffer, sizeof buffer, &sent, NULL) ==
          IVS_CHAT_OK);
    CHECK(ivs_chat_decode_publish((const uint8_t *)sent.payload.data, sent.payload.len, scratch,
                                  sizeof scratch, &sent_publish, NULL) == IVS_CHAT_OK);
    memcpy(request_id, sent_publish.request_id.data, 36);
    snprintf(echo, sizeof echo,
             "{\"Type\":\"MESSAGE\",\"Id\":\"m2\",\"RequestId\":\"%s\",\"Content\":\"hej\",\"SendTime\":\"\","
             "\"Sender\":{\"UserId\":\"astrid\"}}",
             request_id);
    ivs_chat_received received;
    CHECK(ivs_chat_client_handle_message(client, 5, connection, (const uint8_t *)echo, strlen(echo),
                                         scratch, 4, &received, NULL) == IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_client_handle_message(client, 5, connection, (const uint8_t *)echo, strlen(echo),
                                         scratch, sizeof scratch, &received, NULL) == IVS_CHAT_OK);
    CHECK(received.has_settled && received.settled.user_data == 44);
    CHECK(received.settled.outcome == IVS_CHAT_OUTCOME_CONFIRMED);
    CHECK(is(received.payload.content, "hej"));
    ivs_chat_error decode_error;
    CHECK(ivs_chat_client_handle_message(client, 5, connection, (const uint8_t *)"{", 1, scratch,
                                         sizeof scratch, &received,
                                         &decode_error) == IVS_CHAT_DECODE_ERROR);
    CHECK(decode_error.kind == 1 && decode_error.offset == 1);
    CHECK(ivs_chat_client_handle_message(client, 5, 999, (const uint8_t *)echo, strlen(echo),
                                         scratch, sizeof scratch, &received, NULL) == IVS_CHAT_NONE);

    ivs_chat_close_event event = {4000, 0, 0, 0, str("bye")};
    CHECK(ivs_chat_client_handle_close(client, 6, connection, &event) == IVS_CHAT_OK);
    ivs_chat_output settled = {0}, state = {0};
    do {
        CHECK(ivs_chat_client_poll(client, 6, &output) == IVS_CHAT_OK);
        if (output.kind == IVS_CHAT_OUTPUT_SETTLED) settled = output;
        if (output.kind == IVS_CHAT_OUTPUT_STATE) state = output;
    } while (output.kind != IVS_CHAT_OUTPUT_WAIT);
    CHECK(settled.settled.user_data == 42 && settled.settled.outcome == IVS_CHAT_OUTCOME_UNKNOWN);
    CHECK(state.state == IVS_CHAT_STATE_DISCONNECTED && state.reason == IVS_CHAT_REASON_CLOSED);
    CHECK(state.code == 4000 && output.wait_until_ms == IVS_CHAT_NEVER);
    CHECK(ivs_chat_client_abandon(client, sent.request, &user_data) == IVS_CHAT_NONE);

    event = (ivs_chat_close_event){.action = 7};
    CHECK(ivs_chat_client_handle_close(client, 6, connection, &event) == IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_client_handle_token_error(client, 6, 999, true, 0) == IVS_CHAT_OK);
    CHECK(ivs_chat_client_handle_pong(client, 6, connection, NULL, 0) == IVS_CHAT_OK);
    CHECK(ivs_chat_client_refresh(client, 7) == IVS_CHAT_OK);
    CHECK(ivs_chat_client_disconnect_when_settled(client, 7) == IVS_CHAT_OK);
    CHECK(ivs_chat_client_disconnect(client, 7) == IVS_CHAT_OK);
}

static void test_client(void) {
    static const uint8_t seed[IVS_CHAT_SEED_LEN] = "sixteen bytes!!";
    ivs_chat_config config;
    ivs_chat_client *client = NULL;
    CHECK(ivs_chat_config_without_pings(&config) == IVS_CHAT_OK && !config.can_ping);
    CHECK(ivs_chat_config_with_pings(&config) == IVS_CHAT_OK && config.can_ping);
    CHECK(config.requests_per_second == 10 && config.ping_interval_ms == 30000);

    void *storage = malloc(ivs_chat_client_size());
    CHECK(ivs_chat_client_init(storage, ivs_chat_client_size(), &config, seed, &client) ==
          IVS_CHAT_OK);
    CHECK((void *)client == storage);
    test_session(client);
    CHECK(ivs_chat_client_init(storage, ivs_chat_client_size() - 1, &config, seed, &client) ==
          IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_client_init((char *)storage + 1, ivs_chat_client_size(), &config, seed, &client) ==
          IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_client_init(NULL, ivs_chat_client_size(), &config, seed, &client) ==
          IVS_CHAT_INVALID_ARGUMENT);
    free(storage);

    client = ivs_chat_client_new(&config, seed);
    CHECK(client != NULL);
    test_session(client);
    ivs_chat_client_free(client);
    ivs_chat_client_free(NULL);
    CHECK(ivs_chat_client_new(NULL, seed) == NULL && ivs_chat_client_new(&config, NULL) == NULL);
    CHECK(ivs_chat_client_connect(NULL, 0) == IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_client_poll(NULL, 0, NULL) == IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_client_state(NULL) == 0 && ivs_chat_client_in_flight_len(NULL) == 0);
}

static void test_framing(void) {
    void *storage = malloc(ivs_chat_assembler_size());
    ivs_chat_assembler *assembler = NULL;
    const uint8_t *message = NULL;
    size_t len = 0;
    CHECK(ivs_chat_assembler_init(storage, ivs_chat_assembler_size(), &assembler) == IVS_CHAT_OK);
    CHECK(ivs_chat_assembler_push(assembler, (const uint8_t *)"{\"a", 3, false, &message, &len) ==
          IVS_CHAT_NONE);
    CHECK(ivs_chat_assembler_push(assembler, (const uint8_t *)"\":1}", 4, true, &message, NULL) ==
          IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_assembler_init(storage, ivs_chat_assembler_size(), NULL) ==
          IVS_CHAT_INVALID_ARGUMENT);
    CHECK(ivs_chat_assembler_push(assembler, (const uint8_t *)"\":1}", 4, true, &message, &len) ==
          IVS_CHAT_OK);
    CHECK(len == 7 && !memcmp(message, "{\"a\":1}", 7));
    uint8_t *large = calloc(1, IVS_CHAT_MAX_MESSAGE_LEN + 1);
    CHECK(ivs_chat_assembler_push(assembler, large, IVS_CHAT_MAX_MESSAGE_LEN + 1, true, &message,
                                  &len) == IVS_CHAT_BUFFER_TOO_SMALL);
    CHECK(ivs_chat_assembler_push(assembler, large, 5, false, &message, &len) == IVS_CHAT_NONE);
    CHECK(ivs_chat_assembler_clear(assembler) == IVS_CHAT_OK);
    CHECK(ivs_chat_assembler_push(assembler, large, 1, true, &message, &len) == IVS_CHAT_OK);
    CHECK(len == 1);
    CHECK(ivs_chat_assembler_init(storage, 1, &assembler) == IVS_CHAT_INVALID_ARGUMENT);
    free(large);
    free(storage);
}

int main(void) {
    CHECK(ivs_chat_version() == IVS_CHAT_VERSION);
    test_decode_message();
    test_decode_others();
    test_decode_errors();
    test_encode();
    test_tokens();
    test_client();
    test_framing();
    printf("%d checks, %d failures\n", checks, failures);
    return failures != 0;
}
