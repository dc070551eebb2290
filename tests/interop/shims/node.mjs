// The parts of Node.js that interop.mjs uses. The server of browser.mjs runs the processes.

class Emitter {
    #listeners = [];

    on(name, listener) {
        this.#listeners.push([name, listener]);
    }

    emit(name, ...details) {
        for (const [, listener] of this.#listeners.filter(([found]) => found === name)) {
            listener(...details);
        }
    }
}

export const once = (emitter, name) =>
    new Promise((resolve) => emitter.on(name, (...details) => resolve(details)));
export const createInterface = ({ input }) => input;
export const setTimeout = (ms) => new Promise((resolve) => globalThis.setTimeout(resolve, ms));

const post = (path, body) => fetch(path, { method: 'POST', body });

/** Starts `mock_room`. Its standard output emits lines. */
export function spawn(_, options) {
    const child = Object.assign(new Emitter(), { stdout: new Emitter(), stderr: new Emitter() });
    const started = post('/spawn', JSON.stringify(options)).then((response) => response.text());
    let written = started;
    child.stdin = {
        write: (text) => (written = written.then(async () => post(`/stdin?${await started}`, text))),
    };
    follow(child, started);
    return child;
}

async function follow(child, started) {
    const response = await post(`/output?${await started}`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
        const { done, value } = await reader.read();
        if (done) {
            return;
        }
        const lines = (rest + value).split('\n');
        rest = lines.pop();
        for (const [stream, name, ...details] of lines.map((line) => JSON.parse(line))) {
            (child[stream] ?? child).emit(name, ...details);
        }
    }
}

let reported = Promise.resolve();
console.log = (line) => (reported = reported.then(() => post('/report', line)));

globalThis.process = {
    argv: ['node', 'interop.mjs', 'mock_room'],
    on() {}, // The server kills the processes.
    async exit(code = 0) {
        await reported;
        if (code === 0) {
            location.href = '/test.html';
        } else {
            await post('/exit', `${code}`);
        }
    },
};
