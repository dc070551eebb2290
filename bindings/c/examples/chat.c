/*
 * A chat client on a plain socket: chat ADDRESS PORT TOKEN [USER_ID]
 *
 * It sends the lines of standard input and prints what it receives.
 */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <time.h>

#include "ivs_chat.h"
#include "websocket.h"

enum { LINKS = 4 };

/* The client knows a WebSocket by its number. */
static struct link {
    uint64_t connection;
    struct websocket ws;
} links[LINKS];

static ivs_chat_client *client;
static const char *address, *port, *token, *user_id;

static uint64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static ivs_chat_str str(const char *text) {
    return (ivs_chat_str){text, text ? strlen(text) : 0};
}

static struct link *find(uint64_t connection) {
    for (struct link *link = links; link < links + LINKS; link++)
        if (link->ws.fd >= 0 && link->connection == connection) return link;
    return NULL;
}

static struct link *find_unused(void) {
    for (struct link *link = links; link < links + LINKS; link++)
        if (link->ws.fd < 0) return link;
    return NULL;
}

static void close_link(struct link *link, ivs_chat_close_event event) {
    ws_close(&link->ws);
    ivs_chat_client_handle_close(client, now_ms(), link->connection, &event);
}

static void open_link(uint64_t connection) {
    struct link *link = find_unused();
    if (!link) return;
    link->connection = connection;
    unsigned status = ws_open(&link->ws, address, port, token);
    if (status == 101)
        ivs_chat_client_handle_open(client, now_ms(), connection);
    else
        close_link(link, (ivs_chat_close_event){.handshake_status = (uint16_t)status});
}

static void show_settled(const ivs_chat_settled *settled) {
    static const char *const names[] = {"", "confirmed", "rejected", "assumed", "unknown"};
    printf("line %llu: %s\n", (unsigned long long)settled->user_data, names[settled->outcome]);
}

static void handle_message(struct link *link, const uint8_t *message, size_t len) {
    char scratch[WS_CAPACITY];
    ivs_chat_received received;
    ivs_chat_error error;
    ivs_chat_result result =
        ivs_chat_client_handle_message(client, now_ms(), link->connection, message, len, scratch,
                                       sizeof scratch, &received, &error);
    if (result == IVS_CHAT_DECODE_ERROR)
        printf("invalid payload: kind %u at byte %zu\n", error.kind, error.offset);
    if (result != IVS_CHAT_OK) return;
    const ivs_chat_subscribe *payload = &received.payload;
#define TEXT(text) (int)(text).len, (text).data ? (text).data : ""
    if (payload->type == IVS_CHAT_MESSAGE)
        printf("%.*s: %.*s\n", TEXT(payload->sender_user_id), TEXT(payload->content));
    else if (payload->type == IVS_CHAT_EVENT)
        printf("event %.*s %.*s\n", TEXT(payload->event_name), TEXT(payload->event_target));
    else if (payload->type == IVS_CHAT_SERVICE_ERROR)
        printf("error %u: %.*s\n", payload->error_code, TEXT(payload->error_message));
    if (received.has_settled) show_settled(&received.settled);
}

/* Reads from a link, and handles each complete frame. */
static void receive(struct link *link) {
    uint8_t opcode;
    const uint8_t *payload;
    size_t len, size;
    if (!ws_read(&link->ws)) close_link(link, (ivs_chat_close_event){.close_code = 1006});
    while (link->ws.fd >= 0 && (size = ws_frame(&link->ws, &opcode, &payload, &len)) > 0) {
        if (opcode == WS_TEXT) handle_message(link, payload, len);
        if (opcode == WS_PING) ws_write(&link->ws, WS_PONG, payload, len);
        if (opcode == WS_PONG)
            ivs_chat_client_handle_pong(client, now_ms(), link->connection, payload, len);
        if (opcode == WS_CLOSE)
            close_link(link, (ivs_chat_close_event){
                .close_code = len < 2 ? 1005 : (uint16_t)(payload[0] << 8 | payload[1]),
                .reason = {(const char *)payload + 2, len < 2 ? 0 : len - 2}});
        ws_discard(&link->ws, size);
    }
}

/* Does what the client wants. Returns the time to wake up, or 0 if the session is over. */
static uint64_t drive(void) {
    static const char *const states[] = {"", "disconnected", "connecting", "connected"};
    ivs_chat_output output;
    uint64_t connection;
    while (ivs_chat_client_poll(client, now_ms(), &output) == IVS_CHAT_OK) {
        struct link *link = find(output.connection);
        ivs_chat_token_info info = {.session_ms = IVS_CHAT_SESSION_UNKNOWN, .user_id = str(user_id)};
        uint8_t code[2] = {(uint8_t)(output.code >> 8), (uint8_t)output.code};
        switch (output.kind) {
        case IVS_CHAT_OUTPUT_FETCH_TOKEN:
            if (!ivs_chat_client_handle_token(client, now_ms(), output.fetch, &info, &connection))
                open_link(connection);
            break;
        case IVS_CHAT_OUTPUT_PING:
            if (link) ws_write(&link->ws, WS_PING, output.ping, sizeof output.ping);
            break;
        case IVS_CHAT_OUTPUT_CLOSE:
            if (link) ws_write(&link->ws, WS_CLOSE, code, sizeof code), ws_close(&link->ws);
            break;
        case IVS_CHAT_OUTPUT_SETTLED: show_settled(&output.settled); break;
        case IVS_CHAT_OUTPUT_STATE:
            printf("%s\n", states[output.state]);
            if (output.state == IVS_CHAT_STATE_DISCONNECTED) return 0;
            break;
        case IVS_CHAT_OUTPUT_POSSIBLE_GAP: printf("messages may have been missed\n"); break;
        case IVS_CHAT_OUTPUT_WAIT: return output.wait_until_ms;
        }
    }
    return 0;
}

static void send_line(const char *line, uint64_t number) {
    char buffer[IVS_CHAT_MAX_PLAIN_LEN];
    ivs_chat_publish publish = {.action = IVS_CHAT_SEND_MESSAGE, .content = str(line)};
    ivs_chat_send_error error = {0};
    ivs_chat_sent sent;
    ivs_chat_result result = ivs_chat_client_send(client, now_ms(), &publish, number, buffer,
                                                  sizeof buffer, &sent, &error);
    struct link *link = result == IVS_CHAT_OK ? find(sent.connection) : NULL;
    if (link)
        ws_write(&link->ws, WS_TEXT, sent.payload.data, sent.payload.len);
    else
        printf("not sent: %s: result %d, kind %u\n", line, (int)result, error.kind);
}

int main(int argc, char **argv) {
    uint8_t seed[IVS_CHAT_SEED_LEN];
    ivs_chat_config config;
    char line[4096];
    size_t len = 0;
    uint64_t lines = 0, until;
    bool has_input = true;
    if (argc < 4 || getrandom(seed, sizeof seed, 0) != sizeof seed) {
        fprintf(stderr, "usage: chat ADDRESS PORT TOKEN [USER_ID]\n");
        return 2;
    }
    address = argv[1], port = argv[2], token = argv[3], user_id = argv[4];
    for (int i = 0; i < LINKS; i++) links[i].ws.fd = -1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    ivs_chat_config_with_pings(&config);
    client = ivs_chat_client_new(&config, seed);
    ivs_chat_client_connect(client, now_ms());
    while ((until = drive()) != 0) {
        bool reads = has_input && ivs_chat_client_state(client) == IVS_CHAT_STATE_CONNECTED;
        struct pollfd fds[LINKS + 1] = {[LINKS] = {.fd = reads ? 0 : -1, .events = POLLIN}};
        for (int i = 0; i < LINKS; i++)
            fds[i] = (struct pollfd){.fd = links[i].ws.fd, .events = POLLIN};
        uint64_t now = now_ms(), wait = until > now ? until - now : 0;
        poll(fds, LINKS + 1, wait < 3600000 ? (int)wait : 3600000);
        for (int i = 0; i < LINKS; i++)
            if (fds[i].revents) receive(&links[i]);
        if (!fds[LINKS].revents) continue;
        if (read(0, line + len, 1) <= 0) {
            has_input = false;
            ivs_chat_client_disconnect_when_settled(client, now_ms());
        } else if (line[len] == '\n' || ++len == sizeof line - 1) {
            line[len] = 0;
            if (len > 0) send_line(line, ++lines);
            len = 0;
        }
    }
    ivs_chat_client_free(client);
}
