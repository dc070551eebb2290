/** Payloads as the official SDK's types. */

import { Machine, load } from './wasm.js';

// The numbers of docs/numbers.md.
const Payload = { MESSAGE: 1, EVENT: 2, ERROR: 3 };
const EventKind = { DELETED_MESSAGE: 1, DISCONNECTED_USER: 2 };

/** An invalid payload. */
export class DecodeError extends Error {
    name = 'DecodeError';

    constructor(message, offset) {
        super(`${message} at offset ${offset}`);
        this.offset = offset;
    }
}

let decoder;

/** Decodes a payload that the room sends to clients. */
export async function decode(text) {
    await load();
    decoder ??= new Machine(new Uint8Array(), 0, 500);
    const type = decoder.decode(text);
    if (type < 0) {
        throw new DecodeError(decoder.error_text(), decoder.wait_until);
    }
    const [kind, payload] = payloadOf(decoder, type);
    return kind === undefined ? undefined : { kind, payload };
}

/**
 * Returns the machine's last payload as the official SDK's type, after the name of its listeners or
 * `error`. `type` is the number of its type.
 */
export function payloadOf(machine, type) {
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
                'error',
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

function parse(json) {
    return json === undefined ? undefined : JSON.parse(json);
}
