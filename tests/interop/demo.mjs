// Drives the demo page of bindings/js in headless Chromium, with a keyboard, against `mock_room`.
//
// Usage: node demo.mjs CHROMIUM MOCK_ROOM [SCREENSHOT]. Writes a picture of the page to SCREENSHOT.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [chromium, mockRoom, screenshot] = process.argv.slice(2);
const timeoutMs = 240_000;
const firstLine = async ({ stdout }) => (await once(createInterface({ input: stdout }), 'line'))[0];

// The fourth publish breaks the connection.
const room = spawn(mockRoom, ['--addr', '127.0.0.1:0', '--quiet', '--drop-every', '4']);
const server = spawn(process.execPath, ['bindings/js/demo/serve.mjs', '0']);
const [roomUrl, pageUrl] = await Promise.all([firstLine(room), firstLine(server)]);
const profile = await mkdtemp(join(tmpdir(), 'ivs-chat-'));
const browser = spawn(
    chromium,
    [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--window-size=1200,900',
        `--user-data-dir=${profile}`,
        '--remote-debugging-pipe',
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
);

async function finish(code) {
    browser.kill();
    server.kill();
    room.kill();
    await sleep(300);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    process.exit(code);
}

setTimeout(async () => {
    console.log(`FAILED: not finished after ${timeoutMs / 1000} s`);
    await finish(1);
}, timeoutMs);

// The Chrome DevTools Protocol over a pipe: JSON that ends with a zero byte.

const complaints = [];
const answers = new Map();
let lastId = 0;
let session;
let received = '';
browser.stdio[4].setEncoding('utf8').on('data', (text) => {
    const messages = (received + text).split('\0');
    received = messages.pop();
    for (const message of messages.map((it) => JSON.parse(it))) {
        answers.get(message.id)?.(message);
        if (message.method === 'Log.entryAdded' || message.method === 'Runtime.exceptionThrown') {
            complaints.push(JSON.stringify(message.params));
        }
    }
});

async function command(method, params = {}) {
    const id = ++lastId;
    const answer = new Promise((resolve) => answers.set(id, resolve));
    browser.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`);
    const { result, error } = await answer;
    assert(!error, `${method}: ${error?.message}`);
    return result;
}

async function evaluate(expression) {
    const { result, exceptionDetails } = await command('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
    });
    assert(!exceptionDetails, exceptionDetails?.exception?.description);
    return result.value;
}

async function until(expression, what) {
    for (let attempt = 0; attempt < 600; attempt++) {
        if (await evaluate(expression)) {
            console.log(`ok ${what}`);
            return;
        }
        await sleep(50);
    }
    const page = await evaluate('document.body.innerText');
    throw new Error(`not seen: ${what}\n${page}`);
}

const keys = { Enter: [13, '\r'], Tab: [9, undefined] };

async function press(key, modifiers = 0) {
    const [windowsVirtualKeyCode, text] = keys[key];
    const event = { key, code: key, windowsVirtualKeyCode, modifiers };
    await command('Input.dispatchKeyEvent', { ...event, type: 'keyDown', text });
    await command('Input.dispatchKeyEvent', { ...event, type: 'keyUp' });
}

/** Presses Tab until the element that matches the selector has the focus. */
async function tabTo(selector) {
    for (let count = 0; count < 30; count++) {
        if (await evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) {
            return;
        }
        await press('Tab');
    }
    throw new Error(`no Tab leads to ${selector}`);
}

async function type(selector, text) {
    await tabTo(selector);
    await evaluate('document.activeElement.select()');
    await command('Input.insertText', { text });
}

const status = (text) =>
    `document.getElementById('status').textContent === ${JSON.stringify(text)}`;
const lines = (text) =>
    `[...document.querySelectorAll('#log li')].filter(
        (line) => line.textContent.includes(${JSON.stringify(text)}),
    ).length`;

try {
    const { targetId } = await command('Target.createTarget', { url: 'about:blank' });
    const attached = await command('Target.attachToTarget', { targetId, flatten: true });
    session = attached.sessionId;
    for (const domain of ['Log', 'Runtime', 'Page', 'Accessibility']) {
        await command(`${domain}.enable`);
    }
    await command('Page.navigate', { url: pageUrl });
    await until("document.readyState === 'complete' && !!document.title", 'the page is loaded');

    await type('#url', roomUrl);
    await tabTo('#join-button');
    await press('Enter');
    await until(status('Connected'), 'Enter on "Join" joins the room');

    const markup = '<img src=x> & "Grüße" 👋';
    await type('#content', markup);
    const length = [...markup].length;
    await until(`count.textContent === '${length} of 500'`, 'the length counts code points');
    await press('Enter');
    await until(`${lines(`astrid ${markup}`)} === 1`, 'a message is shown as text, not as HTML');

    await tabTo('#log button');
    await press('Enter');
    await until(`${lines('deleted')} === 1`, 'a message is deleted with the keyboard');
    await until("document.activeElement.id === 'log'", 'the focus stays in the messages');

    await type('#content', 'x'.repeat(501));
    await press('Enter');
    await until(`${lines('Not sent: 400 ')} === 1`, 'a message that is too long is refused');
    await until('content.value.length === 501', 'its text is not lost');

    await sleep(1_100); // A connection is not replaced in its first second.
    await tabTo('#refresh');
    await press('Enter');
    await sleep(1_500);
    await type('#content', 'over the new connection');
    await press('Enter');
    await until(`${lines('over the new connection')} === 1`, 'a refresh works');
    await until(status('Connected'), 'and is not noticed');

    await type('#content', 'this one breaks the connection');
    await press('Enter');
    await until(`${lines('Not sent:')} === 2`, 'one line tells of a broken connection');
    await until(status('Connected'), 'the room is joined again');
    await press('Enter');
    await until(`${lines('astrid this one breaks')} === 1`, 'the text can be sent again');

    await type('#payload', '{"Type":"ERROR","Id":"e1","ErrorCode":406,"ErrorMessage":"rejected"}');
    await press('Tab');
    await press('Enter');
    await until("decoded.textContent.includes('\"errorCode\": 406')", 'a payload is decoded');

    await type('#payload', '{"Type":"MESSAGE","Id":"👋",,"Content":"hello"}');
    await press('Tab');
    await press('Enter');
    await until("document.querySelector('mark')?.textContent === ','", 'an error is marked');
    await until('payload.selectionStart === 28', 'and selected in the text');

    const { nodes } = await command('Accessibility.getFullAXTree');
    const roles = nodes.filter((node) => !node.ignored);
    for (const role of ['textbox', 'button']) {
        const found = roles.filter((node) => node.role.value === role);
        assert(found.length >= 3, `${role}: ${found.length}`);
        assert(found.every((node) => node.name.value !== ''), `a ${role} without a name`);
    }
    for (const role of ['log', 'status', 'main']) {
        assert(roles.some((node) => node.role.value === role), `no ${role}`);
    }
    console.log('ok every control has a name for screen readers');

    if (screenshot) {
        const { data } = await command('Page.captureScreenshot');
        await writeFile(screenshot, Buffer.from(data, 'base64'));
    }

    room.stdin.write('disconnect astrid enough\n');
    await until(status('The room ended the session'), 'a disconnected user is told so');
    await until(`${lines('astrid was disconnected: enough')} === 1`, 'and why');
    await until('content.disabled', 'and cannot send');
    assert.deepEqual(complaints, []);
    console.log('ok the console is empty');
    await finish(0);
} catch (error) {
    console.log(`FAILED ${error.stack}\n${complaints.join('\n')}`);
    await finish(1);
}
