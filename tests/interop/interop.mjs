// Runs the official JavaScript SDK against `mock_room`. The argument is the path of `mock_room`.
// The script `run` in this folder installs the packages. browser.mjs runs it in a page.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import {
    ChatRoom,
    DeleteMessageRequest,
    DisconnectUserRequest,
    SendMessageRequest,
} from 'amazon-ivs-chat-messaging';
import WebSocket from 'ws';

const mockRoom = process.argv[2];
const timeoutMs = 45_000;
/** The status of a refused handshake, which browsers do not tell. */
const refusal = (status) =>
    globalThis.document ? undefined : `Unexpected server response: ${status}`;

/** Rejects if the promise is not settled in time. `what` names the expected result. */
async function withTimeout(promise, what) {
    let timer;
    const timeout = new Promise((_, reject) => {
        const error = new Error(`expected: ${what}\nfound: nothing for ${timeoutMs / 1000} s`);
        timer = setTimeout(() => reject(error), timeoutMs);
    });
    return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}

/** The `WebSocket` that the SDK expects from a browser. */
globalThis.WebSocket = class extends WebSocket {
    constructor(url, token) {
        super(url, token);
        User.ofToken.get(token).watch(this);
    }
};

/** A process of `mock_room` and its users. */
class Server {
    output = '';
    users = [];

    async start(options) {
        this.process = spawn(mockRoom, ['--addr', '127.0.0.1:0', ...options]);
        Server.last = this;
        this.process.stderr.on('data', (text) => (this.output += text));
        const lines = createInterface({ input: this.process.stdout });
        lines.on('line', (line) => (this.output += `${line}\n`));
        [this.url] = await withTimeout(once(lines, 'line'), 'the address printed by mock_room');
        assert.match(this.url, /^ws:\/\/127\.0\.0\.1:\d+$/);
    }

    user(id, options) {
        const user = new User(this.url, id, options);
        this.users.push(user);
        return user;
    }

    async connected(id, options) {
        const user = this.user(id, options);
        await user.connect();
        return user;
    }

    /** Types a line at the prompt of `mock_room`. */
    command(line) {
        this.process.stdin.write(`${line}\n`);
    }

    /** Stops `mock_room`, and asserts that no unexpected event occurred. */
    async quit() {
        for (const user of this.users) {
            assert.deepEqual(user.events, [], `unexpected events of ${user.id}`);
            user.chat.disconnect();
        }
        const exit = once(this.process, 'exit');
        this.command('quit');
        assert.deepEqual(
            await withTimeout(exit, 'mock_room exits'),
            [0, null],
            'exit code and signal of mock_room',
        );
    }
}

/** A user: a room of the SDK, the events of the room in order, and its sockets. */
class User {
    static ofToken = new Map();

    events = [];
    sockets = [];
    tokens = 0;
    /** Called when a socket opens, before the SDK is notified. */
    onOpen = () => {};
    #wake = () => {};

    /**
     * Creates a user. The options `seconds` and `tokenSeconds` are functions of the token's number.
     * They return the length of the session and the lifetime of the token that the SDK receives.
     */
    constructor(url, id, options = {}) {
        const {
            room = 'lobby',
            capabilities = 'send-delete-disconnect',
            seconds = () => 3600,
            tokenSeconds = () => undefined,
        } = options;
        this.id = id;
        this.chat = new ChatRoom({
            id,
            regionOrUrl: url,
            tokenProvider: async () => {
                this.tokens += 1;
                const token = `${room}.${id}.${capabilities}.${seconds(this.tokens)}`;
                User.ofToken.set(token, this);
                const life = tokenSeconds(this.tokens);
                return { token, tokenExpirationTime: life && new Date(Date.now() + life * 1000) };
            },
        });
        this.chat.logger = {
            debug() {},
            info() {},
            error: (text, ...details) => this.#recordLog(text, details),
        };
        for (const name of [
            'connecting',
            'connect',
            'disconnect',
            'message',
            'messageDelete',
            'userDisconnect',
            'event',
        ]) {
            this.chat.addListener(name, (detail) => this.#record(name, detail));
        }
    }

    watch(socket) {
        this.sockets.push(socket);
        socket.addEventListener('open', () => this.onOpen(socket));
        socket.addEventListener('error', ({ message }) => (socket.failure = message));
        const ids = new Set();
        socket.addEventListener('message', ({ data }) => {
            // The SDK does not report duplicates on one connection.
            const { Id } = JSON.parse(data);
            if (ids.has(Id)) {
                this.#record('duplicate', data);
            }
            ids.add(Id);
        });
        socket.end = new Promise((resolve) => {
            socket.addEventListener('close', ({ code, reason, wasClean }) =>
                resolve({ code, reason, wasClean }),
            );
        });
    }

    /** Records messages that the SDK cannot process, which it only logs. */
    #recordLog(text, details) {
        if (/fail|unknown|without|found/.test(text)) {
            const words = details.map((detail) =>
                detail instanceof Error ? detail.message : JSON.stringify(detail),
            );
            this.#record('log', [text, ...words].join(' '));
        }
    }

    #record(name, detail) {
        this.events.push([name, detail]);
        this.#wake();
    }

    /** Asserts the name and the given details of the next event. */
    async expect(name, details) {
        if (this.events.length === 0) {
            await withTimeout(
                new Promise((resolve) => (this.#wake = resolve)),
                `${name} for ${this.id}`,
            );
        }
        const [found, detail] = this.events.shift();
        assert.equal(
            found,
            name,
            `next event of ${this.id}: expected ${name}, found ${found}: ${JSON.stringify(detail)}`,
        );
        if (typeof details === 'object') {
            const those = Object.fromEntries(Object.keys(details).map((key) => [key, detail[key]]));
            assert.deepEqual(those, details);
        } else {
            assert.equal(detail, details);
        }
        return detail;
    }

    async connect() {
        this.chat.connect();
        await this.expect('connecting');
        await this.expect('connect');
    }

    /** Sends a message, and asserts that the SDK receives the echo. */
    async sendAndExpectEcho(content, attributes) {
        const echo = await withTimeout(
            this.send(content, attributes),
            `the echo of ${this.id}'s ${JSON.stringify(content)}`,
        );
        assert.deepEqual([echo.content, echo.sender.userId], [content, this.id]);
        await this.expect('message', echo);
        return echo;
    }

    send(content, attributes) {
        return this.chat.sendMessage(new SendMessageRequest(content, attributes));
    }

    delete(id, reason) {
        return this.chat.deleteMessage(new DeleteMessageRequest(id, reason));
    }

    disconnect(userId, reason) {
        return this.chat.disconnectUser(new DisconnectUserRequest(userId, reason));
    }

    /** Asserts that the user is disconnected and does not reconnect while `witness` stays. */
    async expectGone(reason, witness) {
        await this.expect('disconnect', 'serverDisconnect');
        assert.deepEqual(await withTimeout(this.sockets[0].end, `${this.id}'s socket closes`), {
            code: 1000,
            reason,
            wasClean: true,
        });
        await witness.sendAndExpectEcho(`without ${this.id}`);
        assert.deepEqual(
            [this.chat.state, this.tokens, this.sockets.length],
            ['disconnected', 1, 1],
        );
    }
}

process.on('exit', () => Server.last.process.kill());

/** Asserts that a request is rejected with this code. */
async function expectRejection(errorCode, request) {
    const outcome = await withTimeout(
        request.then(
            (done) => ({ done }),
            (error) => error,
        ),
        `error ${errorCode}`,
    );
    assert.equal(
        outcome.errorCode,
        errorCode,
        `expected: error ${errorCode}\nfound: ${JSON.stringify(outcome)}`,
    );
}

/** Runs one test against a new `mock_room` with these options. */
async function test(name, options, run) {
    const server = new Server();
    try {
        await server.start(options);
        await run(server);
        await server.quit();
    } catch (error) {
        console.log(`FAILED ${name}\n${error.stack ?? JSON.stringify(error)}`);
        console.log(`output of mock_room ${options.join(' ')}:\n${server.output}`);
        process.exit(1);
    }
    console.log(`ok ${name}`);
}

await test('a user connects, disconnects and connects again', [], async (server) => {
    const astrid = await server.connected('astrid');
    assert.equal(
        astrid.sockets[0].protocol,
        'lobby.astrid.send-delete-disconnect.3600',
        'the subprotocol',
    );
    astrid.chat.disconnect();
    await astrid.expect('disconnect', 'clientDisconnect');
    assert.deepEqual(await withTimeout(astrid.sockets[0].end, 'the socket closes'), {
        code: 1000,
        reason: '',
        wasClean: true,
    });
    await astrid.connect();
    assert.equal(astrid.tokens, 2);
});

await test(
    'messages are echoed to the sender and delivered to the room',
    ['--rate', '0'],
    async (server) => {
        const astrid = await server.connected('astrid');
        const bjorn = await server.connected('bjorn');
        const elsewhere = await server.connected('elsewhere', { room: 'attic' });
        const longest = '😀'.repeat(500);
        for (const content of [
            'hej',
            '"so" \\ it\tis\nsaid',
            '<b>&amp;</b> \u2028 \u0001',
            'Grüße, 日本, 👩‍👩‍👧‍👦',
            longest,
        ]) {
            for (const attributes of [
                undefined,
                { 'a key': 'ключ', json: JSON.stringify({ text: '"\n"' }), none: '' },
            ]) {
                const echo = await astrid.sendAndExpectEcho(content, attributes);
                assert.deepEqual(echo.attributes, attributes);
                assert.deepEqual(echo.sender, { userId: 'astrid', attributes: { name: 'astrid' } });
                assert.match(echo.id, /^[a-zA-Z0-9]{12}$/);
                assert.ok(
                    Math.abs(echo.sendTime - Date.now()) < 60_000,
                    `sent just now, not at ${echo.sendTime.toISOString()}`,
                );
                await bjorn.expect('message', echo);
            }
        }
        await elsewhere.sendAndExpectEcho('nobody else is here');
    },
);

await test('messages are deleted by a client and at the prompt', [], async (server) => {
    const astrid = await server.connected('astrid');
    const bjorn = await server.connected('bjorn');
    const both = [astrid, bjorn];
    const message = await astrid.sendAndExpectEcho('first');
    await bjorn.expect('message', message);

    const deletion = await withTimeout(
        bjorn.delete(message.id, 'not "nice"'),
        'an answer to the deletion',
    );
    for (const user of both) {
        await user.expect('messageDelete', {
            ...deletion,
            messageId: message.id,
            reason: 'not "nice"',
        });
    }
    await withTimeout(bjorn.delete(message.id), 'an answer to a deletion without a reason');
    for (const user of both) {
        await user.expect('messageDelete', { messageId: message.id });
    }
    server.command(`delete ${message.id} by the house`);
    for (const user of both) {
        await user.expect('messageDelete', {
            messageId: message.id,
            reason: 'by the house',
            requestId: '',
        });
    }
});

await test('a user disconnects another user', [], async (server) => {
    const astrid = await server.connected('astrid');
    const bjorn = await server.connected('bjorn');
    const clara = await server.connected('clara');
    const reason = 'ä'.repeat(100);
    const event = await withTimeout(
        astrid.disconnect('bjorn', reason),
        'an answer to the disconnection',
    );
    for (const user of [astrid, bjorn, clara]) {
        await user.expect('userDisconnect', { ...event, userId: 'bjorn', reason });
    }
    await bjorn.expectGone('ä'.repeat(61), clara);
    await astrid.expect('message', { content: 'without bjorn' });
});

await test('a user is disconnected at the prompt', [], async (server) => {
    const astrid = await server.connected('astrid');
    const bjorn = await server.connected('bjorn');
    server.command('disconnect bjorn Kicked by moderator');
    for (const user of [astrid, bjorn]) {
        await user.expect('userDisconnect', {
            userId: 'bjorn',
            reason: 'Kicked by moderator',
            requestId: '',
        });
    }
    await bjorn.expectGone('Kicked by moderator', astrid);
});

await test('application events are sent at the prompt', [], async (server) => {
    const astrid = await server.connected('astrid');
    server.command('event app:score home=3 away=0');
    await astrid.expect('event', {
        eventName: 'app:score',
        attributes: { home: '3', away: '0' },
        requestId: '',
    });
    server.command('event app:over');
    await astrid.expect('event', { eventName: 'app:over' });
});

await test('messages that are too long or empty are rejected with 400', [], async (server) => {
    const astrid = await server.connected('astrid');
    await expectRejection(400, astrid.send('😀'.repeat(501)));
    await expectRejection(400, astrid.send(''));
    await astrid.sendAndExpectEcho('and on');
});

await test('requests without permission are rejected with 403', [], async (server) => {
    const nobody = await server.connected('nobody', { capabilities: 'none' });
    await expectRejection(403, nobody.send('hej'));
    await expectRejection(403, nobody.delete('AAAAAAAAAAAA'));
    await expectRejection(403, nobody.disconnect('nobody'));
    const sender = await server.connected('sender', { capabilities: 'send' });
    await sender.sendAndExpectEcho('hej');
    await expectRejection(403, sender.delete('AAAAAAAAAAAA'));
    await nobody.expect('message', { content: 'hej' });
});

await test(
    'messages with forbidden words are rejected with 406',
    ['--forbid', 'cabbage', '--forbid', 'turnip'],
    async (server) => {
        const astrid = await server.connected('astrid');
        await expectRejection(406, astrid.send('a cabbage'));
        await expectRejection(406, astrid.send('a turnip'));
        await astrid.sendAndExpectEcho('a rose');
    },
);

await test('requests that are too large are rejected with 413', [], async (server) => {
    const astrid = await server.connected('astrid');
    await expectRejection(413, astrid.send('hej', { much: 'x'.repeat(45_000) }));
    await astrid.sendAndExpectEcho('and on');
});

for (const option of ['--rate', '--messages-per-second']) {
    await test(`requests beyond ${option} are rejected with 429`, [option, '2'], async (server) => {
        const astrid = await server.connected('astrid');
        const sent = await Promise.all(
            ['one', 'two'].map((content) =>
                withTimeout(astrid.send(content), `the echo of ${content}`),
            ),
        );
        await expectRejection(429, astrid.send('three'));
        for (const message of sent) {
            await astrid.expect('message', message);
        }
        const untilAccepted = () => astrid.send('four').catch(() => sleep(50).then(untilAccepted));
        await withTimeout(untilAccepted(), 'a message is accepted again');
        await astrid.expect('message', { content: 'four' });
    });
}

await test('the SDK reconnects with a new token after an expired session', [], async (server) => {
    const astrid = await server.connected('astrid', {
        seconds: (token) => (token === 1 ? 1 : 3600),
    });
    await astrid.expect('connecting');
    await astrid.expect('connect');
    const { code, reason } = await withTimeout(astrid.sockets[0].end, 'the first socket closes');
    assert.deepEqual([code, JSON.parse(reason).ErrorCode], [1000, 401]);
    assert.deepEqual([astrid.tokens, astrid.sockets.length], [2, 2]);
    await astrid.sendAndExpectEcho('still here');
});

await test('--expire-after ends every session', ['--expire-after', '1'], async (server) => {
    const astrid = await server.connected('astrid');
    for (const tokens of [2, 3]) {
        await astrid.expect('connecting');
        await astrid.expect('connect');
        assert.equal(astrid.tokens, tokens);
    }
});

await test('a refresh overlaps with the old connection', [], async (server) => {
    // The SDK opens the next connection 30 seconds before the token expires, which is at once.
    const astrid = server.user('astrid', {
        tokenSeconds: (token) => (token === 1 ? 30 : undefined),
    });
    const bjorn = await server.connected('bjorn');
    const echo = new Promise((resolve, reject) => {
        astrid.onOpen = () => {
            if (astrid.sockets.length === 2) {
                assert.equal(astrid.sockets[0].readyState, WebSocket.OPEN);
                astrid.send('over the old, back over the new').then(resolve, reject);
            }
        };
    });
    await astrid.connect();
    if (astrid.chat.refresh) {
        // This crate's package refreshes on request, or before the session expires. It ignores a
        // request for a connection that has just been opened.
        await sleep(1100);
        astrid.chat.refresh();
    }
    const message = await withTimeout(echo, 'an echo over the new connection');
    await bjorn.expect('message', message);
    await astrid.expect('message', message);
    assert.deepEqual(await withTimeout(astrid.sockets[0].end, 'the old socket closes'), {
        code: 1000,
        reason: '',
        wasClean: true,
    });
    await bjorn.expect('message', await astrid.sendAndExpectEcho('over the new'));
    assert.deepEqual([astrid.tokens, astrid.sockets.length], [2, 2]);
});

await test(
    'the SDK reconnects after a broken connection',
    ['--drop-every', '2'],
    async (server) => {
        const astrid = await server.connected('astrid');
        await astrid.sendAndExpectEcho('one');
        astrid.send('two').catch(() => {}); // The official SDK never reports the result.
        await astrid.expect('connecting');
        await astrid.expect('connect');
        assert.equal(
            (await withTimeout(astrid.sockets[0].end, 'the first socket breaks')).wasClean,
            false,
        );
        await astrid.sendAndExpectEcho('three');
    },
);

await test(
    'the SDK makes four attempts if handshakes are refused',
    ['--refuse', '403'],
    async (server) => {
        const astrid = server.user('astrid');
        astrid.chat.connect();
        await astrid.expect('connecting');
        await astrid.expect('disconnect', 'socketError');
        assert.equal(astrid.tokens, 4);
        assert.deepEqual(
            astrid.sockets.map(({ failure }) => failure),
            Array(4).fill(refusal(403)),
        );
    },
);

await test(
    'the SDK connects at the next attempt after one refused handshake',
    ['--refuse', '503:2'],
    async (server) => {
        await server.connected('astrid');
        const bjorn = await server.connected('bjorn');
        assert.deepEqual(
            [bjorn.tokens, bjorn.sockets[0].failure],
            [2, refusal(503)],
        );
    },
);

await test('an invalid token is refused', [], async (server) => {
    const astrid = server.user('astrid', { capabilities: 'fly' });
    astrid.chat.connect();
    await astrid.expect('connecting');
    await astrid.expect('disconnect', 'socketError');
    assert.equal(astrid.sockets[0].failure, refusal(401));
});

// Pending timers of the SDK would keep the process alive.
process.exit();
