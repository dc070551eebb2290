"""A WebSocket server based on the PyPI package `websockets`, independent of this crate.

Usage: server.py SCENARIO

It prints its port, and then a line per handshake. It echoes every message as the service does,
until the message "now" starts the scenario. The scenarios refused-once and refused-twice refuse
handshakes instead.
"""

import asyncio
import json
import sys
from http import HTTPStatus

from websockets.asyncio.server import serve

SCENARIO = sys.argv[1]
ERROR_401 = '{"Type":"ERROR","Id":"e1","RequestId":"","ErrorCode":401,"ErrorMessage":"connection expired"}'
# Close code, reason, and whether an ERROR 401 comes first.
CLOSES = {
    "expiry-empty": (1000, "", True),
    "expiry-phrase": (1000, "connection expired", False),
    "expiry-cut": (1000, '{"ErrorMessage":"session exp', False),
    "restart": (1012, "", False),
}
handshakes = 0


def process_request(connection, request):
    global handshakes
    handshakes += 1
    print("handshake", handshakes, flush=True)
    if SCENARIO == "refused-twice" or (SCENARIO == "refused-once" and handshakes == 1):
        return connection.respond(HTTPStatus.FORBIDDEN, "no\n")
    return None


def select_subprotocol(connection, offered):
    return offered[0]


def echo(request, number):
    return json.dumps(
        {
            "SendTime": "2026-11-22T10:00:00.000000001Z",
            "Content": request["Content"],
            "Sender": {"UserId": "astrid", "Attributes": {}},
            "Id": f"m{number}",
            "Attributes": None,
            "RequestId": request.get("RequestId", ""),
            "Type": "MESSAGE",
        }
    )


async def handler(connection):
    is_first = handshakes == (2 if SCENARIO == "refused-once" else 1)
    number = 0
    async for text in connection:
        request = json.loads(text)
        if request["Action"] != "SEND_MESSAGE":
            continue
        if is_first and request["Content"] == "now":
            if SCENARIO == "silence":
                # Stop reading and answering, pings included, without closing the connection.
                connection.transport.pause_reading()
                await asyncio.Future()
            code, reason, has_error = CLOSES[SCENARIO]
            if has_error:
                await connection.send(ERROR_401)
            await connection.close(code, reason)
            return
        number += 1
        await connection.send(echo(request, f"{handshakes}{number}"))


async def main():
    server = await serve(
        handler,
        "127.0.0.1",
        0,
        process_request=process_request,
        select_subprotocol=select_subprotocol,
        ping_interval=None,
        close_timeout=1,
    )
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


asyncio.run(main())
