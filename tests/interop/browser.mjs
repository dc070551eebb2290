// Tests the package in bindings/js in headless Chromium against `mock_room`: first with the script for
// the official SDK, interop.mjs, then with more tests of its own.
//
// Usage: node browser.mjs CHROMIUM MOCK_ROOM. The pages report their results to a server.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [chromium, mockRoom] = process.argv.slice(2);
const timeoutMs = 300_000;
const types = {
    html: 'text/html',
    js: 'text/javascript',
    mjs: 'text/javascript',
    wasm: 'application/wasm',
};
const imports = {
    'amazon-ivs-chat-messaging': '/lib/index.js',
    'node:assert/strict': '/shims/assert.mjs',
    'node:child_process': '/shims/node.mjs',
    'node:events': '/shims/node.mjs',
    'node:readline': '/shims/node.mjs',
    'node:timers/promises': '/shims/node.mjs',
    ws: '/shims/ws.mjs',
};
const interopPage = `<!doctype html><meta charset="utf-8">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
    await import('/shims/node.mjs');
    await import('/interop.mjs').catch((error) => {
        console.log('FAILED ' + error.stack);
        process.exit(1);
    });
</script>`;
const page = '<!doctype html><meta charset="utf-8"><script type="module" src="/test.js"></script>';

/** Runs in the page. `url` is the address of the room. */
async function testPage(url) {
    const { ChatRoom, DecodeError, decode, ...requests } = await import('/lib/index.js');
    const { DeleteMessageRequest, DisconnectUserRequest, SendMessageRequest } = requests;
    const post = (path, body) => fetch(path, { method: 'POST', body });
    const report = (line) => post('/report', line);
    const exit = (code) => post('/exit', `${code}`);
    const events = [];
    let wake = () => {};
    const until = async (name) => {
        for (;;) {
            const index = events.findIndex(([found]) => found === name);
            if (index >= 0) {
                return events.splice(index, 1)[0][1];
            }
            await new Promise((resolve) => (wake = resolve));
        }
    };
    const expect = (condition, what) => {
        if (!condition) {
            throw new Error(`expected: ${what}`);
        }
    };
    try {
        const room = new ChatRoom({
            regionOrUrl: url,
            tokenProvider: async () => ({ token: 'lobby.astrid.send-delete-disconnect.3600' }),
        });
        for (const name of ['connect', 'disconnect', 'message', 'messageDelete', 'event']) {
            room.addListener(name, (detail) => {
                events.push([name, detail]);
                wake();
            });
        }
        room.connect();
        await until('connect');
        await report('ok the room connects');

        const text = 'Grüße 👋 "so" \\ it\tis';
        const sent = await room.sendMessage(new SendMessageRequest(text, { mood: 'happy' }));
        const message = await until('message');
        expect(sent.id === message.id && message.content === text, 'the echo');
        expect(message.attributes.mood === 'happy', 'the attributes');
        await report('ok a message is sent and echoed');

        const deleted = await room.deleteMessage(new DeleteMessageRequest(message.id, 'spam'));
        expect(deleted.messageId === message.id, 'the deletion');
        expect((await until('messageDelete')).reason === 'spam', 'the reason');
        await report('ok a message is deleted');

        const error = await room.sendMessage(new SendMessageRequest('x'.repeat(501))).then(
            () => undefined,
            (reason) => reason,
        );
        expect(error?.errorCode === 400, 'error 400');
        await report('ok a message that is too long is rejected');

        await new Promise((resolve) => setTimeout(resolve, 1_100));
        room.refresh();
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        expect(room.state === 'connected', 'no change of the state during a refresh');
        expect(!events.some(([name]) => name === 'disconnect'), 'no disconnection');
        await room.sendMessage(new SendMessageRequest('over the new connection'));
        await report('ok a refresh is invisible');

        await room.disconnectUser(new DisconnectUserRequest('astrid', 'enough'));
        expect((await until('disconnect')) === 'serverDisconnect', 'serverDisconnect');
        await report('ok a disconnected user does not come back');

        const count = (name) => events.filter(([found]) => found === name).length;
        room.disconnect();
        expect(count('disconnect') === 0, 'no second disconnection');
        room.connect();
        await until('connect');
        // The events of the first connection arrive during the second session.
        room.disconnect();
        room.connect();
        await until('connect');
        expect((await until('disconnect')) === 'clientDisconnect', 'clientDisconnect');
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect(room.state === 'connected' && count('disconnect') === 0, 'a second session');
        await room.sendMessage(new SendMessageRequest('in the second session'));
        room.disconnect();
        room.connect();
        room.disconnect();
        expect(room.state === 'disconnected' && count('disconnect') === 2, 'two disconnections');
        events.length = 0;
        room.connect();
        await until('connect');
        await report('ok a room can be left and joined at once');

        const invalid = [
            new SendMessageRequest(5),
            new SendMessageRequest(undefined),
            new SendMessageRequest(''),
            new SendMessageRequest('x', { number: 1 }),
            new SendMessageRequest('x', ['y']),
        ];
        for (const request of invalid) {
            const reason = await room.sendMessage(request).catch((reason) => reason);
            expect(reason.errorCode === 400, `400 for ${JSON.stringify(request)}`);
        }
        await room.sendMessage(new SendMessageRequest('still connected'));
        room.disconnect();
        await report('ok requests of wrong types are rejected');

        const ends = [new Date(Date.now() + 60_000), 'tomorrow', '', null, 1e999, '2030-01-01'];
        for (const sessionExpirationTime of ends) {
            const token = 'lobby.boris.send.3600';
            const tokenProvider = async () => ({ token, sessionExpirationTime });
            const other = new ChatRoom({ regionOrUrl: url, tokenProvider });
            other.logger.error = () => {};
            other.addListener('connect', () => {
                events.push(['other', undefined]);
                wake();
            });
            other.connect();
            await until('other');
            other.disconnect();
        }
        await report('ok an end of the session that cannot be read is ignored');

        for (const tokenProvider of [
            async () => {
                throw new Error('no token');
            },
            async () => undefined,
            async () => ({}),
        ]) {
            const other = new ChatRoom({
                regionOrUrl: url,
                tokenProvider,
                maxReconnectAttempts: 0,
            });
            other.logger.error = () => {};
            other.addListener('disconnect', (reason) => {
                events.push(['end', reason]);
                wake();
            });
            other.connect();
            expect((await until('end')) === 'fetchTokenError', 'fetchTokenError');
        }
        let isBroken = false;
        const fails = new ChatRoom({
            regionOrUrl: url,
            tokenProvider: async () => {
                if (isBroken) {
                    throw new Error('no token');
                }
                return { token: 'lobby.boris.send.3600' };
            },
        });
        fails.logger.error = () => {};
        for (const name of ['connect', 'disconnect']) {
            fails.addListener(name, (reason) => {
                events.push([`fails ${name}`, reason]);
                wake();
            });
        }
        fails.connect();
        await until('fails connect');
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        isBroken = true;
        fails.refresh();
        await new Promise((resolve) => setTimeout(resolve, 200));
        fails.disconnect();
        expect((await until('fails disconnect')) === 'clientDisconnect', 'not fetchTokenError');
        await report('ok a failure of the token provider is told');

        const logged = [];
        const log = (...parts) => logged.push(parts.join(' '));
        const refused = new ChatRoom({
            regionOrUrl: url,
            tokenProvider: async () => ({ token: 'not a subprotocol' }),
            maxReconnectAttempts: 0,
        });
        refused.logger = { debug: log, info: log, error: log };
        refused.addListener('disconnect', (reason) => {
            events.push(['end', reason]);
            wake();
        });
        refused.connect();
        expect((await until('end')) === 'socketError', 'socketError');
        expect(logged.length > 0 && !logged.join().includes('not a'), 'a log without the token');
        await report('ok a token that no WebSocket takes is not logged');

        const rejection =
            '{"Type":"ERROR","Id":"e1","RequestId":"r1","ErrorCode":406,"ErrorMessage":"no"}';
        const decoded = await decode(rejection);
        expect(decoded.kind === 'error' && decoded.payload.errorCode === 406, 'the error 406');
        expect((await decode('{"Type":"LATER","Id":"x"}')) === undefined, 'an unknown type');
        const emoji = '{"Type":"MESSAGE","Id":"👋",}';
        const failure = await decode(emoji).catch((reason) => reason);
        expect(failure instanceof DecodeError, 'a DecodeError');
        expect(failure.offset === emoji.indexOf('}'), `an offset in UTF-16 units: ${failure}`);
        await report(`ok payloads are decoded: ${failure.message}`);
        await exit(0);
    } catch (error) {
        await report(`FAILED ${error?.stack ?? JSON.stringify(error)}`);
        await exit(1);
    }
}

const room = spawn(mockRoom, ['--addr', '127.0.0.1:0', '--quiet']);
const [url] = await once(createInterface({ input: room.stdout }), 'line');
const profile = await mkdtemp(join(tmpdir(), 'ivs-chat-'));
let browser;

async function finish(code) {
    browser?.kill();
    room.kill();
    children.forEach((child) => child.process.kill());
    await sleep(300);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    process.exit(code);
}

// The processes of interop.mjs, by their number.
const children = [];

/** Starts `mock_room` for interop.mjs. Its output is recorded. */
function spawnChild(options) {
    const child = { process: spawn(mockRoom, options), output: [], response: undefined };
    const record = (...event) => {
        child.output.push(`${JSON.stringify(event)}\n`);
        child.response?.write(child.output.at(-1));
    };
    const lines = createInterface({ input: child.process.stdout });
    lines.on('line', (line) => record('stdout', 'line', line));
    child.process.stderr.on('data', (text) => record('stderr', 'data', `${text}`));
    child.process.on('exit', (...exit) => {
        record('process', 'exit', ...exit);
        child.response?.end(); // Browsers open six connections to a server at most.
    });
    return children.push(child) - 1;
}

/** Answers a request of a page. */
async function answer(pathname, number, body, response) {
    switch (pathname) {
        case '/report':
            console.log(body);
            break;
        case '/exit':
            await finish(Number(body));
            break;
        case '/spawn':
            response.write(`${spawnChild(JSON.parse(body))}`);
            break;
        case '/stdin':
            children[number].process.stdin.write(body);
            break;
        case '/output':
            children[number].response = response;
            response.write(children[number].output.join(''));
            return; // The rest follows.
    }
    response.end();
}

/** Returns a file, or `undefined` if there is none. */
async function file(pathname) {
    const folder = /^\/(lib|pkg)\//.test(pathname) ? 'bindings/js' : 'tests/interop';
    return readFile(join(folder, pathname)).catch(() => undefined);
}

const pages = {
    '/interop.html': interopPage,
    '/test.html': page,
    '/test.js': `(${testPage})(${JSON.stringify(url)});`,
};
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws:";

const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://localhost');
    if (request.method === 'POST') {
        let body = '';
        for await (const chunk of request) {
            body += chunk;
        }
        await answer(pathname, search.slice(1), body, response);
        return;
    }
    const body = pages[pathname] ?? (await file(pathname));
    response.writeHead(body === undefined ? 404 : 200, {
        'Content-Type': types[pathname.split('.').pop()] ?? 'text/plain',
        // The import map of the other page is not allowed by this policy.
        ...(pathname === '/test.html' && { 'Content-Security-Policy': policy }),
    });
    response.end(body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
browser = spawn(chromium, [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    `--user-data-dir=${profile}`,
    `http://127.0.0.1:${server.address().port}/interop.html`,
]);
let complaints = '';
browser.stderr.on('data', (text) => (complaints += text));
setTimeout(async () => {
    console.log(`FAILED: no result after ${timeoutMs / 1000} s\n${complaints}`);
    await finish(1);
}, timeoutMs);
