// Drives the official JavaScript SDK against `mock_room`, whose path is the argument. `run`, beside this, installs what it needs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { ChatRoom, DeleteMessageRequest, DisconnectUserRequest, SendMessageRequest } from 'amazon-ivs-chat-messaging';
import WebSocket from 'ws';

const mockRoom = process.argv[2];
const patience = 20_000;

async function within(promise, what) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`expected: ${what}\ngot: nothing for ${patience / 1000} s`)), patience);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** What the SDK takes for the browser's. */
globalThis.WebSocket = class extends WebSocket {
    constructor(url, token) {
        super(url, token);
        User.ofToken.get(token).watch(this);
    }
};

/** A process of `mock_room`, and those who connect to it. */
class Server {
    said = '';
    users = [];

    async start(options) {
        this.process = spawn(mockRoom, ['--addr', '127.0.0.1:0', ...options]);
        Server.last = this;
        this.process.stderr.on('data', (text) => (this.said += text));
        const lines = createInterface({ input: this.process.stdout });
        lines.on('line', (line) => (this.said += `${line}\n`));
        [this.url] = await within(once(lines, 'line'), 'the endpoint, printed by mock_room');
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

    type(line) {
        this.process.stdin.write(`${line}\n`);
    }

    /** The end. Nothing has happened that was not expected. */
    async quit() {
        for (const user of this.users) {
            assert.deepEqual(user.unread, [], `what else ${user.id} was told`);
            user.chat.disconnect();
        }
        const exit = once(this.process, 'exit');
        this.type('quit');
        assert.deepEqual(await within(exit, 'the end of mock_room'), [0, null], 'exit code and signal of mock_room');
    }
}

/** A user: the SDK's room, all that it tells, in order, and the sockets that it opens. */
class User {
    static ofToken = new Map();

    unread = [];
    sockets = [];
    tokens = 0;
    /** Is called when a socket opens, before the SDK hears of it. */
    onOpen = () => {};
    #wake = () => {};

    /** Of a token's number: `seconds` is how long the session lasts, `tokenSeconds` how soon the SDK is told that the token expires. */
    constructor(url, id, options = {}) {
        const { room = 'lobby', capabilities = 'send-delete-disconnect', seconds = () => 3600, tokenSeconds = () => undefined } = options;
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
        this.chat.logger = { debug() {}, info() {}, error: (text, ...details) => this.#complain(text, details) };
        for (const name of ['connecting', 'connect', 'disconnect', 'message', 'messageDelete', 'userDisconnect', 'event']) {
            this.chat.addListener(name, (detail) => this.#hear(name, detail));
        }
    }

    watch(socket) {
        this.sockets.push(socket);
        socket.addEventListener('open', () => this.onOpen(socket));
        socket.addEventListener('error', ({ message }) => (socket.failure = message));
        const ids = new Set();
        socket.addEventListener('message', ({ data }) => {
            // On one connection nothing comes twice. The SDK would not tell.
            const { Id } = JSON.parse(data);
            if (ids.has(Id)) {
                this.#hear('the same again', data);
            }
            ids.add(Id);
        });
        socket.end = new Promise((resolve) => {
            socket.addEventListener('close', ({ code, reason, wasClean }) => resolve({ code, reason, wasClean }));
        });
    }

    /** What the SDK cannot read, or cannot make sense of, it only logs. */
    #complain(text, details) {
        if (/fail|unknown|without|found/.test(text)) {
            const words = details.map((detail) => (detail instanceof Error ? detail.message : JSON.stringify(detail)));
            this.#hear('complaint', [text, ...words].join(' '));
        }
    }

    #hear(name, detail) {
        this.unread.push([name, detail]);
        this.#wake();
    }

    /** The next that the SDK tells: it is this, and as far as details are given, those are its. */
    async expect(name, details) {
        if (this.unread.length === 0) {
            await within(new Promise((resolve) => (this.#wake = resolve)), `${name} for ${this.id}`);
        }
        const [got, detail] = this.unread.shift();
        assert.equal(got, name, `what ${this.id} is told next is not ${name}, but ${got}: ${JSON.stringify(detail)}`);
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

    /** Sends, and the SDK gets the echo. */
    async say(content, attributes) {
        const echo = await within(this.send(content, attributes), `the echo of ${this.id}'s ${JSON.stringify(content)}`);
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

    /** The user is disconnected, and does not come back, also not while others go on. */
    async expectGone(reason, witness) {
        await this.expect('disconnect', 'serverDisconnect');
        assert.deepEqual(await within(this.sockets[0].end, `${this.id}'s socket closes`), { code: 1000, reason, wasClean: true });
        await witness.say(`without ${this.id}`);
        assert.deepEqual([this.chat.state, this.tokens, this.sockets.length], ['disconnected', 1, 1]);
    }
}

process.on('exit', () => Server.last.process.kill());

async function rejected(errorCode, request) {
    const outcome = await within(request.then((done) => ({ done }), (error) => error), `an error ${errorCode}`);
    assert.equal(outcome.errorCode, errorCode, `expected: an error ${errorCode}\ngot: ${JSON.stringify(outcome)}`);
}

async function step(name, options, run) {
    const server = new Server();
    try {
        await server.start(options);
        await run(server);
        await server.quit();
    } catch (error) {
        console.log(`FAILED ${name}\n${error.stack ?? JSON.stringify(error)}\nmock_room ${options.join(' ')} said:\n${server.said}`);
        process.exit(1);
    }
    console.log(`ok ${name}`);
}

await step('connect, disconnect, connect again', [], async (server) => {
    const astrid = await server.connected('astrid');
    assert.equal(astrid.sockets[0].protocol, 'lobby.astrid.send-delete-disconnect.3600', 'the subprotocol');
    astrid.chat.disconnect();
    await astrid.expect('disconnect', 'clientDisconnect');
    assert.deepEqual(await within(astrid.sockets[0].end, 'the socket closes'), { code: 1000, reason: '', wasClean: true });
    await astrid.connect();
    assert.equal(astrid.tokens, 2);
});

await step('send, and get the echo', ['--rate', '0'], async (server) => {
    const astrid = await server.connected('astrid');
    const bjorn = await server.connected('bjorn');
    const elsewhere = await server.connected('elsewhere', { room: 'attic' });
    const longest = '😀'.repeat(500);
    for (const content of ['hej', '"so" \\ it\tis\nsaid', '<b>&amp;</b> \u2028 \u0001', 'Grüße, 日本, 👩‍👩‍👧‍👦', longest]) {
        for (const attributes of [undefined, { 'a key': 'ключ', json: JSON.stringify({ text: '"\n"' }), none: '' }]) {
            const echo = await astrid.say(content, attributes);
            assert.deepEqual(echo.attributes, attributes);
            assert.deepEqual(echo.sender, { userId: 'astrid', attributes: { name: 'astrid' } });
            assert.match(echo.id, /^[a-zA-Z0-9]{12}$/);
            assert.ok(Math.abs(echo.sendTime - Date.now()) < 60_000, `sent just now, not at ${echo.sendTime.toISOString()}`);
            await bjorn.expect('message', echo);
        }
    }
    await elsewhere.say('nobody else is here');
});

await step('delete, as a client and at the prompt', [], async (server) => {
    const astrid = await server.connected('astrid');
    const bjorn = await server.connected('bjorn');
    const both = [astrid, bjorn];
    const message = await astrid.say('first');
    await bjorn.expect('message', message);

    const deletion = await within(bjorn.delete(message.id, 'not "nice"'), 'an answer to the deletion');
    for (const user of both) {
        await user.expect('messageDelete', { ...deletion, messageId: message.id, reason: 'not "nice"' });
    }
    await within(bjorn.delete(message.id), 'an answer to a deletion without a reason');
    for (const user of both) {
        await user.expect('messageDelete', { messageId: message.id });
    }
    server.type(`delete ${message.id} by the house`);
    for (const user of both) {
        await user.expect('messageDelete', { messageId: message.id, reason: 'by the house', requestId: '' });
    }
});

await step('disconnect another user', [], async (server) => {
    const astrid = await server.connected('astrid');
    const bjorn = await server.connected('bjorn');
    const clara = await server.connected('clara');
    const reason = 'ä'.repeat(100);
    const event = await within(astrid.disconnect('bjorn', reason), 'an answer to the disconnection');
    for (const user of [astrid, bjorn, clara]) {
        await user.expect('userDisconnect', { ...event, userId: 'bjorn', reason });
    }
    await bjorn.expectGone('ä'.repeat(61), clara);
    await astrid.expect('message', { content: 'without bjorn' });
});

await step('kick at the prompt', [], async (server) => {
    const astrid = await server.connected('astrid');
    const bjorn = await server.connected('bjorn');
    server.type('disconnect bjorn Kicked by moderator');
    for (const user of [astrid, bjorn]) {
        await user.expect('userDisconnect', { userId: 'bjorn', reason: 'Kicked by moderator', requestId: '' });
    }
    await bjorn.expectGone('Kicked by moderator', astrid);
});

await step('application events at the prompt', [], async (server) => {
    const astrid = await server.connected('astrid');
    server.type('event app:score home=3 away=0');
    await astrid.expect('event', { eventName: 'app:score', attributes: { home: '3', away: '0' }, requestId: '' });
    server.type('event app:over');
    await astrid.expect('event', { eventName: 'app:over' });
});

await step('400: too long, empty', [], async (server) => {
    const astrid = await server.connected('astrid');
    await rejected(400, astrid.send('😀'.repeat(501)));
    await rejected(400, astrid.send(''));
    await astrid.say('and on');
});

await step('403: not permitted', [], async (server) => {
    const nobody = await server.connected('nobody', { capabilities: 'none' });
    await rejected(403, nobody.send('hej'));
    await rejected(403, nobody.delete('AAAAAAAAAAAA'));
    await rejected(403, nobody.disconnect('nobody'));
    const sender = await server.connected('sender', { capabilities: 'send' });
    await sender.say('hej');
    await rejected(403, sender.delete('AAAAAAAAAAAA'));
    await nobody.expect('message', { content: 'hej' });
});

await step('406: review', ['--forbid', 'cabbage', '--forbid', 'turnip'], async (server) => {
    const astrid = await server.connected('astrid');
    await rejected(406, astrid.send('a cabbage'));
    await rejected(406, astrid.send('a turnip'));
    await astrid.say('a rose');
});

await step('413: too large', [], async (server) => {
    const astrid = await server.connected('astrid');
    await rejected(413, astrid.send('hej', { much: 'x'.repeat(20_000) }));
    await astrid.say('and on');
});

for (const option of ['--rate', '--messages-per-second']) {
    await step(`429: ${option}`, [option, '2'], async (server) => {
        const astrid = await server.connected('astrid');
        const sent = await Promise.all(['one', 'two'].map((content) => within(astrid.send(content), `the echo of ${content}`)));
        await rejected(429, astrid.send('three'));
        for (const message of sent) {
            await astrid.expect('message', message);
        }
        const untilAccepted = () => astrid.send('four').catch(() => pause(50).then(untilAccepted));
        await within(untilAccepted(), 'a message is accepted again');
        await astrid.expect('message', { content: 'four' });
    });
}

await step('a session is over: reconnect with a new token', [], async (server) => {
    const astrid = await server.connected('astrid', { seconds: (token) => (token === 1 ? 1 : 3600) });
    await astrid.expect('connecting');
    await astrid.expect('connect');
    const { code, reason } = await within(astrid.sockets[0].end, 'the first socket closes');
    assert.deepEqual([code, JSON.parse(reason).ErrorCode], [1000, 401]);
    assert.deepEqual([astrid.tokens, astrid.sockets.length], [2, 2]);
    await astrid.say('still here');
});

await step('every session is over soon: --expire-after', ['--expire-after', '1'], async (server) => {
    const astrid = await server.connected('astrid');
    for (const tokens of [2, 3]) {
        await astrid.expect('connecting');
        await astrid.expect('connect');
        assert.equal(astrid.tokens, tokens);
    }
});

await step('refresh, with overlap', [], async (server) => {
    // The SDK opens the next connection 30 seconds before the token expires: at once.
    const astrid = server.user('astrid', { tokenSeconds: (token) => (token === 1 ? 30 : undefined) });
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
    const message = await within(echo, 'an echo over the new connection');
    await bjorn.expect('message', message);
    await astrid.expect('message', message);
    assert.deepEqual(await within(astrid.sockets[0].end, 'the old socket closes'), { code: 1000, reason: '', wasClean: true });
    await bjorn.expect('message', await astrid.say('over the new'));
    assert.deepEqual([astrid.tokens, astrid.sockets.length], [2, 2]);
});

await step('a broken connection: reconnect', ['--drop-every', '2'], async (server) => {
    const astrid = await server.connected('astrid');
    await astrid.say('one');
    astrid.send('two'); // The SDK never tells what became of it.
    await astrid.expect('connecting');
    await astrid.expect('connect');
    assert.equal((await within(astrid.sockets[0].end, 'the first socket breaks')).wasClean, false);
    await astrid.say('three');
});

await step('a refused handshake: three more attempts', ['--refuse', '403'], async (server) => {
    const astrid = server.user('astrid');
    astrid.chat.connect();
    await astrid.expect('connecting');
    await astrid.expect('disconnect', 'socketError');
    assert.equal(astrid.tokens, 4);
    assert.deepEqual(astrid.sockets.map(({ failure }) => failure), Array(4).fill('Unexpected server response: 403'));
});

await step('a handshake refused once: the next attempt succeeds', ['--refuse', '503:2'], async (server) => {
    await server.connected('astrid');
    const bjorn = await server.connected('bjorn');
    assert.deepEqual([bjorn.tokens, bjorn.sockets[0].failure], [2, 'Unexpected server response: 503']);
});

await step('a token that is none is refused', [], async (server) => {
    const astrid = server.user('astrid', { capabilities: 'fly' });
    astrid.chat.connect();
    await astrid.expect('connecting');
    await astrid.expect('disconnect', 'socketError');
    assert.match(astrid.sockets[0].failure, /^Unexpected server response: 40\d$/);
});

// Timers of the SDK may be left.
process.exit();
