/**
 * `ChatRoom`, with the interface of the official SDK. The client's state machine in WebAssembly
 * makes all decisions. This module connects it to WebSockets, timers and tokens.
 */

import { payloadOf } from './payload.js';
import { Machine, load } from './wasm.js';

// The numbers of docs/numbers.md.
const Output = { CLOSE: 1, SETTLED: 3, STATE: 4, POSSIBLE_GAP: 6, FETCH_TOKEN: 7, WAIT: 8 };
const Outcome = { CONFIRMED: 1, REJECTED: 2, ASSUMED: 3 };
const STATES = [undefined, 'disconnected', 'connecting', 'connected'];
const REASONS = {
    1: 'clientDisconnect',
    2: 'fetchTokenError',
    3: 'socketError',
    4: 'serverDisconnect',
    5: 'serverDisconnect',
    6: 'socketError',
};
const ATTEMPTS_EXHAUSTED = 6;
/** The longest delay of `setTimeout`, in milliseconds. */
const MAX_DELAY = 0x7fff_ffff;

/** The error codes of the service. */
export const chatErrorCodes = Object.freeze({
    badRequest: 400,
    unauthorized: 401,
    forbidden: 403,
    notFound: 404,
    notAcceptable: 406,
    payloadTooLarge: 413,
    tooManyRequests: 429,
    internalServerError: 500,
});

export class SendMessageRequest {
    action = 'SEND_MESSAGE';
    requestId = uuid();

    constructor(content, attributes) {
        this.content = content;
        this.attributes = attributes;
    }
}

export class DeleteMessageRequest {
    action = 'DELETE_MESSAGE';
    requestId = uuid();

    constructor(id, reason) {
        this.id = id;
        this.reason = reason;
    }
}

export class DisconnectUserRequest {
    action = 'DISCONNECT_USER';
    requestId = uuid();

    constructor(userId, reason) {
        this.userId = userId;
        this.reason = reason;
    }
}

export class ConsoleLogger {
    debug(message, ...details) {
        console.debug(message, ...details);
    }

    info(message, ...details) {
        console.info(message, ...details);
    }

    error(message, ...details) {
        console.error(message, ...details);
    }
}

export class ChatRoom {
    logger = new ConsoleLogger();
    logLevel = 'error';
    #url;
    #tokenProvider;
    #loaded;
    #state = 'disconnected';
    #listeners = new Map();
    /** What belongs to the last `connect()`. Late events of an earlier one do not disturb it. */
    #session;
    #requests = new Map();
    #lastKey = 0;

    /** Loading of the WebAssembly module starts here. `connect` waits for it. */
    constructor({ regionOrUrl, tokenProvider, maxReconnectAttempts = 3, id = uuid() }) {
        this.#url = webSocketUrl(regionOrUrl);
        this.#tokenProvider = tokenProvider;
        this.id = id;
        this.maxReconnectAttempts = maxReconnectAttempts;
        this.#loaded = load();
        this.#loaded.catch(() => {}); // connect() reports it.
    }

    get state() {
        return this.#state;
    }

    /** Adds a listener. Returns a function that removes it. */
    addListener(name, listener) {
        if (!this.#listeners.has(name)) {
            this.#listeners.set(name, new Set());
        }
        this.#listeners.get(name).add(listener);
        return () => this.removeListener(name, listener);
    }

    removeListener(name, listener) {
        this.#listeners.get(name)?.delete(listener);
    }

    /** Starts the session. Has no effect unless the room is disconnected. */
    connect() {
        if (this.#state !== 'disconnected') {
            return;
        }
        const session = {
            machine: undefined,
            sockets: new Map(),
            timer: undefined,
            isDriving: false,
            hasToken: true, // Whether the last token was fetched.
        };
        this.#session = session;
        this.#setState('connecting');
        const isCurrent = () => this.#session === session && this.#state !== 'disconnected';
        this.#loaded.then(
            () => {
                if (isCurrent()) {
                    const seed = crypto.getRandomValues(new Uint8Array(16));
                    session.machine = new Machine(seed, this.maxReconnectAttempts + 1, 500);
                    this.#call(session, (machine, now) => machine.connect(now));
                }
            },
            (error) => {
                if (isCurrent()) {
                    this.#log('error', 'The WebAssembly module could not be loaded', error);
                    this.#end('socketError');
                }
            },
        );
    }

    /** Ends the session. Pending requests are rejected. */
    disconnect() {
        if (this.#state === 'disconnected') {
            return;
        }
        if (this.#session.machine) {
            this.#call(this.#session, (machine, now) => machine.disconnect(now));
        } else {
            this.#end('clientDisconnect');
        }
    }

    /** Requests a new connection, after a change of the network or a sleep of the device. */
    refresh() {
        if (this.#session?.machine) {
            this.#call(this.#session, (machine, now) => machine.refresh(now));
        }
    }

    async sendMessage(request) {
        return this.#send(request, [request.content], (machine, now, key, id) => {
            const attributes = request.attributes ? JSON.stringify(request.attributes) : '';
            return machine.send_message(now, key, id, request.content, attributes);
        });
    }

    async deleteMessage(request) {
        const [target, reason] = [request.id, request.reason ?? ''];
        return this.#send(request, [target, reason], (machine, now, key, id) =>
            machine.delete_message(now, key, id, target, reason),
        );
    }

    async disconnectUser(request) {
        const [target, reason] = [request.userId, request.reason ?? ''];
        return this.#send(request, [target, reason], (machine, now, key, id) =>
            machine.disconnect_user(now, key, id, target, reason),
        );
    }

    #send(request, texts, accept) {
        const session = this.#session;
        const machine = session?.machine;
        return new Promise((resolve, reject) => {
            if ([...texts, request.requestId].some((text) => typeof text !== 'string')) {
                reject(chatError(request, chatErrorCodes.badRequest, 'expected a string'));
                return;
            }
            if (!machine) {
                reject(chatError(request, 0, 'not connected'));
                return;
            }
            const key = ++this.#lastKey;
            const payload = accept(machine, now(), key, request.requestId);
            if (payload === '') {
                reject(chatError(request, machine.error_code, machine.error_text()));
                return;
            }
            this.#requests.set(key, { request, resolve, reject });
            session.sockets.get(machine.connection)?.send(payload);
            this.#drive(session);
        });
    }

    /** Reports an event to the machine, and does what it says. */
    #call(session, report) {
        report(session.machine, now());
        this.#drive(session);
    }

    #drive(session) {
        // A listener may call the room. The outer loop then goes on.
        if (session.isDriving) {
            return;
        }
        session.isDriving = true;
        try {
            while (this.#doNext(session));
        } finally {
            session.isDriving = false;
        }
    }

    /** Does what the next output says. Returns `false` when there is nothing to do. */
    #doNext(session) {
        const { machine, sockets } = session;
        switch (machine.poll(now())) {
            case Output.FETCH_TOKEN:
                this.#fetchToken(session, machine.fetch);
                break;
            case Output.CLOSE: {
                const socket = sockets.get(machine.connection);
                sockets.delete(machine.connection);
                socket?.close(machine.code);
                break;
            }
            case Output.SETTLED:
                this.#settle(machine.request, machine.outcome, machine.error_code);
                break;
            case Output.STATE:
                this.#changeState(session, STATES[machine.state_number], machine.reason);
                break;
            case Output.POSSIBLE_GAP:
                this.#emit('possibleGap');
                break;
            case Output.WAIT: {
                clearTimeout(session.timer);
                const delay = Math.min(machine.wait_until - now(), MAX_DELAY);
                if (machine.wait_until !== Infinity) {
                    session.timer = setTimeout(() => this.#drive(session), Math.max(delay, 0));
                }
                return false;
            }
        }
        return true;
    }

    #changeState(session, state, reason) {
        if (session !== this.#session || this.#state === 'disconnected') {
            return; // It was reported, or nobody waits for it.
        }
        if (state === 'disconnected') {
            const isTokenMissing = reason === ATTEMPTS_EXHAUSTED && !session.hasToken;
            this.#end(isTokenMissing ? 'fetchTokenError' : (REASONS[reason] ?? 'socketError'));
        } else {
            this.#setState(state);
        }
    }

    #setState(state) {
        if (this.#state !== state) {
            this.#state = state;
            this.#log('info', `State: ${state}`);
            this.#emit(state === 'connected' ? 'connect' : state);
        }
    }

    #end(reason) {
        this.#state = 'disconnected';
        this.#log('info', `State: disconnected (${reason})`);
        this.#emit('disconnect', reason);
    }

    async #fetchToken(session, fetch) {
        const { machine } = session;
        try {
            const { token, sessionExpirationTime } = await this.#tokenProvider();
            if (typeof token !== 'string' || token === '') {
                throw new Error('tokenProvider returned no token');
            }
            const end = timestamp(sessionExpirationTime);
            if (end === undefined) {
                this.#log('error', 'sessionExpirationTime cannot be read and is ignored');
            }
            const connection = machine.handle_token(now(), fetch, end ?? '', Date.now());
            if (connection >= 0) {
                session.hasToken = true;
                this.#open(session, connection, token);
            }
        } catch (error) {
            this.#log('error', 'The token could not be fetched', error);
            session.hasToken = false;
            machine.handle_token_error(now(), fetch);
        }
        this.#drive(session);
    }

    #open(session, connection, token) {
        let socket;
        try {
            socket = new WebSocket(this.#url, token);
        } catch {
            // The error's message has the token in it.
            const reason =
                typeof WebSocket === 'undefined'
                    ? 'there is no global WebSocket'
                    : 'the URL or token is invalid';
            this.#log('error', `The WebSocket could not be created: ${reason}`);
            session.machine.handle_close(now(), connection, 1006, '');
            return;
        }
        session.sockets.set(connection, socket);
        socket.addEventListener('open', () =>
            this.#call(session, (machine, now) => machine.handle_open(now, connection)),
        );
        socket.addEventListener('message', ({ data }) => this.#receive(session, connection, data));
        socket.addEventListener('error', () => {}); // A close event follows.
        socket.addEventListener('close', ({ code, reason }) => {
            session.sockets.delete(connection);
            this.#call(session, (machine, now) =>
                machine.handle_close(now, connection, code, reason),
            );
        });
    }

    #receive(session, connection, data) {
        const { machine } = session;
        if (typeof data !== 'string') {
            this.#log('error', 'A binary message was ignored');
            return;
        }
        const type = machine.handle_message(now(), connection, data);
        if (type < 0) {
            this.#log('error', `Invalid payload: kind ${-type} at byte ${machine.wait_until}`);
        }
        const settled = machine.outcome && [machine.request, machine.outcome, machine.error_code];
        const [name, payload] = payloadOf(machine, type);
        if (settled) {
            this.#settle(...settled, payload);
        }
        if (name && name !== 'error' && session === this.#session) {
            this.#emit(name, payload);
        }
        this.#drive(session);
    }

    /** Resolves or rejects the promise of a request. */
    #settle(key, outcome, errorCode, payload) {
        const pending = this.#requests.get(key);
        this.#requests.delete(key);
        if (!pending) {
            return;
        }
        const { request, resolve, reject } = pending;
        if (outcome === Outcome.CONFIRMED || outcome === Outcome.ASSUMED) {
            // Without an answer, success is assumed, as the API reference demands.
            resolve(payload);
        } else if (outcome === Outcome.REJECTED) {
            reject(payload ?? chatError(request, errorCode, ''));
        } else {
            reject(chatError(request, 0, 'it is unknown whether the request was performed'));
        }
    }

    #emit(name, ...details) {
        for (const listener of [...(this.#listeners.get(name) ?? [])]) {
            const fail = (error) => this.#log('error', `A listener of ${name} failed`, error);
            try {
                Promise.resolve(listener(...details)).catch(fail);
            } catch (error) {
                fail(error);
            }
        }
    }

    #log(level, message, ...details) {
        const levels = ['debug', 'info', 'error'];
        if (levels.indexOf(level) >= levels.indexOf(this.logLevel)) {
            this.logger[level](`[${this.id}] ${message}`, ...details);
        }
    }
}

function now() {
    return Math.floor(performance.now());
}

/**
 * Returns a time in the format of RFC 3339, an empty string if there is none, and `undefined` if it
 * cannot be read. A time without a time zone cannot.
 */
function timestamp(time) {
    if (time === undefined || time === null) {
        return '';
    }
    const isNumber = typeof time === 'number' || /^\d+$/.test(time);
    if (typeof time === 'string' && !isNumber && !/(Z|UTC|GMT|[+-]\d\d:?\d\d)$/i.test(time)) {
        return undefined;
    }
    // Seconds since 1970 have 10 digits, milliseconds 13.
    const date = new Date(isNumber ? Number(time) * (Number(time) < 1e11 ? 1_000 : 1) : time);
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function uuid() {
    return crypto.randomUUID();
}

function chatError(request, errorCode, errorMessage) {
    return { id: '', errorCode, errorMessage, requestId: request.requestId };
}

function webSocketUrl(regionOrUrl) {
    if (/^wss?:\/\//.test(regionOrUrl)) {
        return regionOrUrl;
    }
    if (typeof regionOrUrl !== 'string' || !/^[a-zA-Z0-9-._~]+$/.test(regionOrUrl)) {
        throw new Error('Region contains invalid characters');
    }
    return `wss://edge.ivschat.${regionOrUrl}.amazonaws.com`;
}
