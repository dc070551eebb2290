/*
 * A minimal WebSocket client (RFC 6455) on a plain socket, for the example.
 *
 * It has no TLS, does not verify the server's handshake, and expects frames of less than 32 KiB that
 * are not fragmented. Use a WebSocket library in earnest.
 */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WS_CAPACITY = 32 * 1024, WS_TEXT = 1, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

struct websocket {
    int fd; /* -1 if it is closed. */
    size_t len;
    uint8_t data[WS_CAPACITY];
};

/* Connects, and returns the HTTP status of the handshake, or 0 if there was none. */
static unsigned ws_open(struct websocket *ws, const char *address, const char *port,
                        const char *subprotocol) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    char text[2048];
    size_t len = 0;
    unsigned status = 0;
    ws->len = 0;
    ws->fd = socket(AF_INET, SOCK_STREAM, 0);
    int size = snprintf(text, sizeof text,
                        "GET / HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        "Sec-WebSocket-Protocol: %s\r\n\r\n",
                        address, port, subprotocol);
    if (size < (int)sizeof text && inet_pton(AF_INET, address, &to.sin_addr) == 1 &&
        !connect(ws->fd, (struct sockaddr *)&to, sizeof to) &&
        send(ws->fd, text, (size_t)size, MSG_NOSIGNAL) == size)
        while (len < sizeof text - 1 && read(ws->fd, text + len, 1) == 1)
            if (++len >= 4 && !memcmp(text + len - 4, "\r\n\r\n", 4)) break;
    text[len] = 0;
    return sscanf(text, "HTTP/1.1 %u", &status) == 1 ? status : 0;
}

static void ws_close(struct websocket *ws) {
    close(ws->fd);
    ws->fd = -1;
}

/* Writes one masked frame. A connection on which that fails is shut down. */
static void ws_write(struct websocket *ws, uint8_t opcode, const void *payload, size_t len) {
    uint8_t frame[WS_CAPACITY], mask[4];
    size_t at = 2;
    if (len > WS_CAPACITY - 8 || getrandom(mask, sizeof mask, 0) != sizeof mask) return;
    frame[0] = 0x80 | opcode;
    frame[1] = 0x80 | (len < 126 ? (uint8_t)len : 126);
    if (len >= 126) frame[at++] = (uint8_t)(len >> 8), frame[at++] = (uint8_t)len;
    memcpy(frame + at, mask, sizeof mask);
    at += sizeof mask;
    for (size_t i = 0; i < len; i++) frame[at++] = ((const uint8_t *)payload)[i] ^ mask[i % 4];
    if (send(ws->fd, frame, at, MSG_NOSIGNAL) != (ssize_t)at) shutdown(ws->fd, SHUT_RDWR);
}

/* Reads what has arrived. Returns false at the end of the connection. */
static bool ws_read(struct websocket *ws) {
    ssize_t size = read(ws->fd, ws->data + ws->len, WS_CAPACITY - ws->len);
    if (size > 0) ws->len += (size_t)size;
    return size > 0;
}

/* Returns the size of the first frame, and its payload, or 0 if the frame is incomplete. */
static size_t ws_frame(const struct websocket *ws, uint8_t *opcode, const uint8_t **payload,
                       size_t *len) {
    if (ws->len < 4 && (ws->len < 2 || (ws->data[1] & 0x7f) == 126)) return 0;
    size_t header = (ws->data[1] & 0x7f) == 126 ? 4 : 2;
    *len = header == 4 ? (size_t)ws->data[2] << 8 | ws->data[3] : ws->data[1] & 0x7f;
    *opcode = ws->data[0] & 0x0f;
    *payload = ws->data + header;
    return ws->len < header + *len ? 0 : header + *len;
}

/* Discards the first frame. */
static void ws_discard(struct websocket *ws, size_t size) {
    ws->len -= size;
    memmove(ws->data, ws->data + size, ws->len);
}

#endif
