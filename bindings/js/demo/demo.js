/** A chat and a decoder on the package, without a framework. */

import { ChatRoom, DeleteMessageRequest, SendMessageRequest, decode } from '../lib/index.js';

const $ = (id) => document.getElementById(id);
const MAX_CODE_POINTS = 500;
/** The number of messages that stay in the page. */
const MAX_LINES = 500;

let room;

// The room.

$('join').addEventListener('submit', (event) => {
    event.preventDefault();
    if (room && room.state !== 'disconnected') {
        room.disconnect();
    } else {
        join();
    }
});
$('refresh').addEventListener('click', () => room.refresh());

function join() {
    const token = $('token').value.trim();
    try {
        room = new ChatRoom({
            regionOrUrl: $('url').value.trim(),
            // A page of your own fetches the token from your server.
            tokenProvider: async () => ({ token }),
        });
    } catch (error) {
        showStatus(error.message);
        return;
    }
    const texts = {
        connecting: 'Connecting…',
        connect: 'Connected',
        clientDisconnect: 'You left the room',
        serverDisconnect: 'The room ended the session',
        socketError: 'The room cannot be reached',
        fetchTokenError: 'The token could not be fetched',
    };
    room.addListener('connecting', () => showStatus(texts.connecting));
    room.addListener('connect', () => showStatus(texts.connect));
    room.addListener('disconnect', (reason) => showStatus(texts[reason]));
    room.addListener('message', showMessage);
    room.addListener('messageDelete', ({ messageId, reason }) => showDeletion(messageId, reason));
    room.addListener('userDisconnect', ({ userId, reason }) =>
        showNote(`${userId} was disconnected${reason ? `: ${reason}` : ''}`),
    );
    room.addListener('event', ({ eventName, attributes }) =>
        showNote(`${eventName} ${attributes ? JSON.stringify(attributes) : ''}`),
    );
    room.addListener('possibleGap', () => showNote('Messages may be missing here'));
    room.connect();
}

/** Shows the state of the room, and enables what can be done in it. */
function showStatus(text) {
    $('status').textContent = text;
    const isActive = room !== undefined && room.state !== 'disconnected';
    $('join-button').textContent = isActive ? 'Leave' : 'Join';
    for (const id of ['content', 'send-button', 'refresh']) {
        $(id).disabled = !isActive;
    }
}

// The messages.

function showMessage({ id, sender, content }) {
    const line = document.createElement('li');
    line.dataset.id = id;
    const name = document.createElement('b');
    name.textContent = sender.attributes?.name ?? sender.userId;
    const text = document.createElement('span');
    text.textContent = content;
    const button = document.createElement('button');
    button.textContent = 'Delete';
    button.setAttribute('aria-label', `Delete the message “${content}”`);
    button.addEventListener('click', () => remove(id, button));
    line.append(name, ' ', text, button);
    append(line);
}

function showNote(text) {
    const line = document.createElement('li');
    line.className = 'note';
    line.textContent = text;
    append(line);
}

function append(line) {
    const log = $('log');
    const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.append(line);
    if (log.children.length > MAX_LINES) {
        log.firstElementChild.remove();
    }
    if (isAtEnd) {
        log.scrollTop = log.scrollHeight;
    }
}

function showDeletion(id, reason) {
    const line = [...$('log').children].find((line) => line.dataset.id === id);
    if (line) {
        line.className = 'deleted';
        line.querySelector('span').textContent = reason ? `deleted: ${reason}` : 'deleted';
        line.querySelector('button')?.remove();
    }
}

async function remove(id, button) {
    button.disabled = true;
    try {
        await room.deleteMessage(new DeleteMessageRequest(id));
        $('log').focus(); // The button is gone.
    } catch (error) {
        button.disabled = false;
        showNote(`Not deleted: ${describe(error)}`);
    }
}

$('content').addEventListener('input', () => {
    const length = [...$('content').value].length;
    $('count').textContent = `${length} of ${MAX_CODE_POINTS}`;
});

$('send').addEventListener('submit', async (event) => {
    event.preventDefault();
    const content = $('content').value;
    if (content === '') {
        return;
    }
    $('content').value = '';
    $('content').dispatchEvent(new Event('input'));
    try {
        await room.sendMessage(new SendMessageRequest(content));
    } catch (error) {
        showNote(`Not sent: ${describe(error)}`);
        if ($('content').value === '') {
            $('content').value = content;
            $('content').dispatchEvent(new Event('input'));
        }
    }
});

function describe({ errorCode, errorMessage }) {
    return [errorCode || '', errorMessage].join(' ').trim();
}

// The decoder.

$('decode').addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = $('payload').value;
    const [status, output] = [$('decode-status'), $('decoded')];
    output.hidden = false;
    try {
        const decoded = await decode(text);
        status.textContent = decoded ? `Valid: ${decoded.kind}` : 'Valid, of an unknown type';
        output.textContent = decoded ? JSON.stringify(decoded.payload, undefined, 4) : '';
    } catch (error) {
        status.textContent = `Invalid: ${error.message}`;
        if (error.offset === undefined) {
            output.hidden = true;
            return;
        }
        const [character = ''] = text.slice(error.offset);
        const mark = document.createElement('mark');
        mark.textContent = character.trim() || '␣';
        const after = text.slice(error.offset + character.length);
        output.replaceChildren(text.slice(0, error.offset), mark, after);
        $('payload').focus();
        $('payload').setSelectionRange(error.offset, error.offset + character.length);
    }
});
