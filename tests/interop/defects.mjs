// Shows the defects that were observed in the official SDK, and that the package in bindings/js has
// none of them. Both run through the same scenarios, with a fake WebSocket and a fake clock.
//
// Usage: node defects.mjs OFFICIAL OURS. Each argument is the path of a package's entry.
// Exits with 1 if the package has a defect, or if a scenario does not show the official SDK's.
//
// Every scenario runs in a process of its own, so that no timer or room of another one is left.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const START = Date.parse('2026-11-22T10:00:00Z');
const TOKEN = 'AQICAHhPsecret';
const realImmediate = setImmediate;
const realTimeout = setTimeout;
const realConsole = { ...console };

/** Lets promises settle. */
const settle = async () => {
    for (let turn = 0; turn < 5; turn++) {
        await new Promise((resolve) => realImmediate(resolve));
    }
};

// The fake clock.

let now = 0;
let timers = [];
let lastTimer = 0;

class FakeDate extends Date {
    constructor(...parts) {
        super(...(parts.length === 0 ? [START + now] : parts));
    }

    static now() {
        return START + now;
    }
}

globalThis.Date = FakeDate;
performance.now = () => now;
globalThis.setTimeout = (callback, delay = 0) => {
    timers.push({ id: ++lastTimer, at: now + Math.max(delay, 1), callback });
    return lastTimer;
};
globalThis.clearTimeout = (id) => (timers = timers.filter((timer) => timer.id !== id));

async function advance(ms) {
    const end = now + ms;
    await settle();
    for (;;) {
        const timer = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!timer) {
            break;
        }
        timers.splice(timers.indexOf(timer), 1);
        now = Math.max(now, timer.at);
        timer.callback();
        await settle();
    }
    now = end;
}

// The fake WebSocket.

let sockets = [];
let onSocket = () => {};

class FakeSocket {
    listeners = { open: [], message: [], close: [], error: [] };
    sent = [];
    closedWith;

    constructor(url, token) {
        this.token = token;
        sockets.push(this);
        onSocket(this);
    }

    addEventListener(name, listener) {
        this.listeners[name].push(listener);
    }

    removeEventListener(name, listener) {
        this.listeners[name] = this.listeners[name].filter((it) => it !== listener);
    }

    send(text) {
        this.sent.push(JSON.parse(text));
    }

    close(code) {
        this.closedWith = code;
    }

    emit(name, event = {}) {
        for (const listener of [...this.listeners[name]]) {
            listener(event);
        }
    }

    receive(payload) {
        this.emit('message', { data: JSON.stringify(payload) });
    }

    end(code, reason = '') {
        this.emit('close', { code, reason, wasClean: code !== 1006 });
    }
}

globalThis.WebSocket = FakeSocket;

// Payloads.

const SEND_TIME = '2026-11-22T10:00:00Z';
const message = (fields) => ({
    Type: 'MESSAGE',
    Id: 'm1',
    RequestId: '',
    Attributes: null,
    Content: 'hello',
    SendTime: SEND_TIME,
    Sender: { UserId: 'stranger', Attributes: {} },
    ...fields,
});
const deletion = (attributes, fields) => ({
    Type: 'EVENT',
    Id: 'e1',
    RequestId: '',
    EventName: 'aws:DELETE_MESSAGE',
    Attributes: { Reason: '', ...attributes },
    SendTime: SEND_TIME,
    ...fields,
});
const BOTH_IDS = { MessageID: 'm1', MessageId: 'm1' };

/** Creates a room, and lets it connect unless `socket` says otherwise. */
async function open(sdk, { token = () => ({}), open: opens = true } = {}) {
    const state = { tokens: 0, isBroken: false };
    onSocket = (socket) => opens && setTimeout(() => socket.emit('open'), 10);
    const room = new sdk.ChatRoom({
        regionOrUrl: 'us-west-2',
        tokenProvider: async () => {
            state.tokens += 1;
            if (state.isBroken) {
                throw new Error('no token');
            }
            return { token: TOKEN, ...token(state.tokens) };
        },
    });
    room.logger = { debug() {}, info() {}, error() {} };
    room.connect();
    await advance(1_500);
    assert.equal(room.state, opens ? 'connected' : 'connecting');
    assert.equal(sockets.length, 1);
    return { room, state };
}

/** The state of a promise after a minute. */
async function outcome(promise) {
    let result = 'pending';
    promise.then(
        () => (result = 'resolved'),
        () => (result = 'rejected'),
    );
    await advance(60_000);
    return result;
}

const soon = (ms) => new Date(START + now + ms);

// Each scenario returns `true` if the SDK has the defect.

const scenarios = {
    'refreshes by the expiry of tokens, not of the session': async (sdk) => {
        const token = () => ({
            tokenExpirationTime: soon(60_000),
            sessionExpirationTime: soon(3_600_000),
        });
        const { state } = await open(sdk, { token });
        await advance(600_000);
        return state.tokens > 1;
    },
    'closes a healthy room if a refresh fails': async (sdk) => {
        const token = () => ({ tokenExpirationTime: soon(60_000) });
        const { room, state } = await open(sdk, { token });
        state.isBroken = true;
        room.refresh?.();
        await advance(120_000);
        assert(state.tokens > 1, 'no refresh');
        return room.state !== 'connected' || sockets[0].closedWith !== undefined;
    },
    'never settles requests in flight when the connection breaks': async (sdk) => {
        const { room } = await open(sdk);
        const result = outcome(room.sendMessage(new sdk.SendMessageRequest('hello')));
        await settle();
        sockets[0].end(1006);
        return (await result) === 'pending';
    },
    'never settles a request that is not answered': async (sdk) => {
        const { room } = await open(sdk);
        return (await outcome(room.sendMessage(new sdk.SendMessageRequest('hello')))) === 'pending';
    },
    'swallows an error with the Id of a received message': async (sdk) => {
        const { room } = await open(sdk);
        sockets[0].receive(message());
        const request = new sdk.DeleteMessageRequest('m1');
        const result = outcome(room.deleteMessage(request));
        await settle();
        const error = { ErrorCode: 403, ErrorMessage: 'not permitted', Id: 'm1' };
        sockets[0].receive({ ...error, RequestId: request.requestId, Type: 'ERROR' });
        return (await result) !== 'rejected';
    },
    "lets a stranger's message settle a request": async (sdk) => {
        const { room } = await open(sdk);
        const request = new sdk.DeleteMessageRequest('m1');
        const result = outcome(room.deleteMessage(request));
        await settle();
        sockets[0].receive(message({ Id: 'm2', RequestId: request.requestId }));
        sockets[0].receive(deletion(BOTH_IDS, { RequestId: request.requestId }));
        return (await result) !== 'resolved';
    },
    'drops a deletion that has only MessageId': async (sdk) => {
        const { room } = await open(sdk);
        let deleted;
        room.addListener('messageDelete', (event) => (deleted = event.messageId));
        sockets[0].receive(deletion({ MessageId: 'm1' }));
        return deleted !== 'm1';
    },
    'remembers the Id of every message for ever': async (sdk) => {
        await open(sdk);
        const used = () => {
            globalThis.gc();
            const { heapUsed, external } = process.memoryUsage();
            return heapUsed + external;
        };
        const receive = (from, count) => {
            for (let id = from; id < from + count; id++) {
                sockets[0].receive(message({ Id: `message-${id}` }));
            }
        };
        receive(0, 1_000);
        const before = used();
        receive(1_000, 100_000);
        return used() - before > 2_000_000;
    },
    'reconnects without a wait to a server that drops connections': async (sdk) => {
        const { state } = await open(sdk, { open: false });
        onSocket = (socket) =>
            setTimeout(() => {
                socket.emit('open');
                socket.end(1006);
            }, 1);
        sockets[0].emit('open');
        sockets[0].end(1006);
        await advance(10_000);
        return state.tokens > 20;
    },
    'gives up when the server restarts (1012)': async (sdk) => {
        const { room } = await open(sdk);
        sockets[0].end(1012);
        await advance(60_000);
        return room.state !== 'connected';
    },
    'loses an error on the old connection after a refresh': async (sdk) => {
        const token = (count) => (count === 1 ? { tokenExpirationTime: soon(62_000) } : {});
        const { room } = await open(sdk, { token });
        const request = new sdk.SendMessageRequest('hello');
        const result = room.sendMessage(request);
        let state = 'pending';
        result.then(
            () => (state = 'resolved'),
            () => (state = 'rejected'),
        );
        room.refresh?.();
        for (let step = 0; step < 400 && sockets.length < 2; step++) {
            await advance(10);
        }
        await advance(20);
        assert.equal(sockets.length, 2, 'no refresh');
        const error = { ErrorCode: 406, ErrorMessage: 'rejected', Id: 'e9' };
        sockets[0].receive({ ...error, RequestId: request.requestId, Type: 'ERROR' });
        await settle();
        return state !== 'rejected';
    },
    'logs the token at the default level': async (sdk) => {
        const logged = [];
        for (const name of ['debug', 'info', 'log', 'warn', 'error']) {
            console[name] = (...parts) => logged.push(JSON.stringify(parts));
        }
        onSocket = (socket) => setTimeout(() => socket.emit('open'), 10);
        const tokenProvider = async () => ({ token: TOKEN });
        new sdk.ChatRoom({ regionOrUrl: 'us-west-2', tokenProvider }).connect();
        await advance(1_000);
        Object.assign(console, realConsole);
        return sockets.length !== 1 || logged.some((line) => line.includes(TOKEN));
    },
};

/** Runs one scenario in this process. Exits with 0 if the SDK has the defect, else with 10. */
async function run(path, name) {
    const sdk = await import(pathToFileURL(path));
    // A first room has the WebAssembly module loaded, which takes real time.
    new sdk.ChatRoom({ regionOrUrl: 'us-west-2', tokenProvider: async () => ({ token: TOKEN }) });
    await new Promise((resolve) => realTimeout(resolve, 100));
    process.exit((await scenarios[name](sdk)) ? 0 : 10);
}

/** Runs one scenario in a process of its own. Returns whether the SDK has the defect. */
function hasDefect(path, name) {
    const script = fileURLToPath(import.meta.url);
    const { status, stderr } = spawnSync(
        process.execPath,
        ['--expose-gc', script, '--scenario', name, path],
        { encoding: 'utf8', timeout: 60_000 },
    );
    if (status !== 0 && status !== 10) {
        throw new Error(`${name}: ${path}: status ${status}\n${stderr}`);
    }
    return status === 0;
}

const [first, second, third] = process.argv.slice(2);
if (first === '--scenario') {
    await run(third, second);
}
let failed = false;
console.log(`${'defect'.padEnd(62)}  official  ours`);
for (const name of Object.keys(scenarios)) {
    const [official, ours] = [hasDefect(first, name), hasDefect(second, name)];
    failed ||= !official || ours;
    const words = [official, ours].map((has) => (has ? 'yes' : 'no'));
    console.log(`${name.padEnd(62)}  ${words[0].padEnd(8)}  ${words[1]}`);
}
process.exit(failed ? 1 : 0);
