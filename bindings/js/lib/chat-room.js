/**
 * `ChatRoom`, with the interface of the official SDK. The client's state machine in WebAssembly
 * makes all decisions. This module connects it to WebSockets, timers and tokens.
 */

import { Machine, load } from './wasm.js';

// The numbers of docs/numbers.md.
const Output = { CLOSE: 1, SETTLED: 3, STATE: 4, POSSIBLE_GAP: 6, FETCH_TOKEN: 7, WAIT: 8 };
const Payload = { MESSAGE: 1, EVENT: 2, ERROR: 3 };
const EventKind = { DELETED_MESSAGE: 1, DISCONNECTED_USER: 2 };
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
    #machine;
    #state = 'disconnected';
    #listeners = new Map();
    #sockets = new Map();
    #requests = new Map();
    #lastKey = 0;
    #timer;
    #isDriving = false;
    #wantsConnection = false;

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
        this.#wantsConnection = true;
        this.#setState('connecting');
        this.#loaded.then(
            () => {
                if (this.#wantsConnection) {
                    const seed = crypto.getRandomValues(new Uint8Array(16));
                    this.#machine = new Machine(seed, this.maxReconnectAttempts + 1, 500);
                    this.#call((machine, now) => machine.connect(now));
                }
            },
            (error) => {
                this.#log('error', 'The WebAssembly module could not be loaded', error);
                this.#end('socketError');
            },
        );
    }

    /** Ends the session. Pending requests are rejected. */
    disconnect() {
        this.#wantsConnection = false;
        if (this.#machine) {
            this.#call((machine, now) => machine.disconnect(now));
        } else if (this.#state !== 'disconnected') {
            this.#end('clientDisconnect');
        }
    }

    /** Requests a new connection, after a change of the network or a sleep of the device. */
    refresh() {
        if (this.#machine) {
            this.#call((machine, now) => machine.refresh(now));
        }
    }

    sendMessage(request) {
        const attributes = request.attributes ? JSON.stringify(request.attributes) : '';
        return this.#send(request, (machine, now, key, id) =>
            machine.send_message(now, key, id, request.content, attributes),
        );
    }

    deleteMessage(request) {
        return this.#send(request, (machine, now, key, id) =>
            machine.delete_message(now, key, id, request.id, request.reason ?? ''),
        );
    }

    disconnectUser(request) {
        return this.#send(request, (machine, now, key, id) =>
            machine.disconnect_user(now, key, id, request.userId, request.reason ?? ''),
        );
    }

    #send(request, accept) {
        return new Promise((resolve, reject) => {
            if (!this.#machine) {
                reject(chatError(request, 0, 'not connected'));
                return;
            }
            const machine = this.#machine;
            const key = ++this.#lastKey;
            const payload = accept(machine, now(), key, request.requestId);
            if (payload === '') {
                reject(chatError(request, machine.error_code, 'the request was not sent'));
                return;
            }
            this.#requests.set(key, { request, resolve, reject });
            this.#sockets.get(machine.connection)?.send(payload);
            this.#drive();
        });
    }

    /** Reports an event to the machine, and does what it says. */
    #call(report) {
        report(this.#machine, now());
        this.#drive();
    }

    #drive() {
        // A listener may call the room. The outer loop then goes on.
        if (this.#isDriving || !this.#machine) {
            return;
        }
        this.#isDriving = true;
        try {
            while (this.#doNext());
        } finally {
            this.#isDriving = false;
        }
    }

    /** Does what the next output says. Returns `false` when there is nothing to do. */
    #doNext() {
        const machine = this.#machine;
        switch (machine.poll(now())) {
            case Output.FETCH_TOKEN:
                this.#fetchToken(machine.fetch);
                break;
            case Output.CLOSE: {
                const socket = this.#sockets.get(machine.connection);
                this.#sockets.delete(machine.connection);
                socket?.close(machine.code);
                break;
            }
            case Output.SETTLED:
                this.#settle(machine.request, machine.outcome, machine.error_code);
                break;
            case Output.STATE:
                this.#changeState(STATES[machine.state_number], machine.reason);
                break;
            case Output.POSSIBLE_GAP:
                this.#emit('possibleGap');
                break;
            case Output.WAIT: {
                clearTimeout(this.#timer);
                const delay = Math.min(machine.wait_until - now(), MAX_DELAY);
                if (machine.wait_until !== Infinity) {
                    this.#timer = setTimeout(() => this.#drive(), Math.max(delay, 0));
                }
                return false;
            }
        }
        return true;
    }

    #changeState(state, reason) {
        if (state === 'disconnected') {
            this.#end(REASONS[reason] ?? 'socketError');
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
        this.#wantsConnection = false;
        this.#log('info', `State: disconnected (${reason})`);
        this.#emit('disconnect', reason);
    }

    async #fetchToken(fetch) {
        try {
            const response = await this.#tokenProvider();
            const end = response.sessionExpirationTime;
            const connection = this.#machine.handle_token(
                now(),
                fetch,
                end === undefined ? '' : new Date(end).toISOString(),
                Date.now(),
            );
            if (connection >= 0) {
                this.#open(connection, response.token);
            }
        } catch (error) {
            this.#log('error', 'The token could not be fetched', error);
            this.#machine.handle_token_error(now(), fetch);
        }
        this.#drive();
    }

    #open(connection, token) {
        let socket;
        try {
            socket = new WebSocket(this.#url, token);
        } catch {
            // The error's message has the token in it.
            this.#log('error', 'The WebSocket could not be created: the URL or token is invalid');
            this.#machine.handle_close(now(), connection, 1006, '');
            return;
        }
        this.#sockets.set(connection, socket);
        socket.addEventListener('open', () =>
            this.#call((machine, now) => machine.handle_open(now, connection)),
        );
        socket.addEventListener('message', ({ data }) => this.#receive(connection, data));
        socket.addEventListener('error', () => {}); // A close event follows.
        socket.addEventListener('close', ({ code, reason }) => {
            this.#sockets.delete(connection);
            this.#call((machine, now) => machine.handle_close(now, connection, code, reason));
        });
    }

    #receive(connection, data) {
        const machine = this.#machine;
        const type = machine.handle_message(now(), connection, data);
        if (type < 0) {
            this.#log('error', `Invalid payload: kind ${-type} at byte ${machine.wait_until}`);
        }
        const settled = machine.outcome && [machine.request, machine.outcome, machine.error_code];
        const [name, entity] = this.#entity(type);
        if (settled) {
            this.#settle(...settled, entity);
        }
        if (name) {
            this.#emit(name, entity);
        }
        this.#drive();
    }

    /** Returns the last payload as the official SDK's type, and the name of its listeners. */
    #entity(type) {
        const machine = this.#machine;
        const text = (field) => machine.text(field);
        const base = {
            id: text('Id'),
            sendTime: new Date(text('SendTime')),
            requestId: text('RequestId') ?? '',
            attributes: parse(machine.attributes(false)),
        };
        switch (type) {
            case Payload.MESSAGE: {
                const attributes = parse(machine.attributes(true));
                const sender = { userId: text('UserId'), attributes };
                return ['message', { ...base, content: text('Content'), sender }];
            }
            case Payload.EVENT: {
                const [target, reason] = [machine.event_text(false), machine.event_text(true)];
                switch (machine.event_kind()) {
                    case EventKind.DELETED_MESSAGE:
                        return ['messageDelete', { ...base, messageId: target, reason }];
                    case EventKind.DISCONNECTED_USER:
                        return ['userDisconnect', { ...base, userId: target, reason }];
                    default:
                        return ['event', { ...base, eventName: text('EventName') }];
                }
            }
            case Payload.ERROR:
                return [
                    undefined,
                    {
                        id: text('Id') ?? '',
                        errorCode: machine.payload_error_code(),
                        errorMessage: text('ErrorMessage') ?? '',
                        requestId: text('RequestId'),
                    },
                ];
            default:
                return [];
        }
    }

    /** Resolves or rejects the promise of a request. */
    #settle(key, outcome, errorCode, entity) {
        const pending = this.#requests.get(key);
        this.#requests.delete(key);
        if (!pending) {
            return;
        }
        const { request, resolve, reject } = pending;
        if (outcome === Outcome.CONFIRMED || outcome === Outcome.ASSUMED) {
            // Without an answer, success is assumed, as the API reference demands.
            resolve(entity);
        } else if (outcome === Outcome.REJECTED) {
            reject(entity ?? chatError(request, errorCode, ''));
        } else {
            reject(chatError(request, 0, 'it is unknown whether the request was performed'));
        }
    }

    #emit(name, ...details) {
        for (const listener of [...(this.#listeners.get(name) ?? [])]) {
            try {
                listener(...details);
            } catch (error) {
                this.#log('error', `A listener of ${name} failed`, error);
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

function uuid() {
    return crypto.randomUUID();
}

function parse(json) {
    return json === undefined ? undefined : JSON.parse(json);
}

function chatError(request, errorCode, errorMessage) {
    return { id: '', errorCode, errorMessage, requestId: request.requestId };
}

function webSocketUrl(regionOrUrl) {
    if (/^wss?:\/\//.test(regionOrUrl)) {
        return regionOrUrl;
    }
    if (!/^[a-zA-Z0-9-._~]+$/.test(regionOrUrl)) {
        throw new Error('Region contains invalid characters');
    }
    return `wss://edge.ivschat.${regionOrUrl}.amazonaws.com`;
}
