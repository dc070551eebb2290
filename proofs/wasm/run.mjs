// Runs the module in Node.js and asserts its results: node run.mjs [MODULE]

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const built = new URL("target/wasm32-unknown-unknown/release/wasm.wasm", import.meta.url);
const bytes = await readFile(process.argv[2] ?? built);
const module = await WebAssembly.compile(bytes);
assert.deepEqual(WebAssembly.Module.imports(module), [], "the module must not import anything");
const { memory, ...chat } = (await WebAssembly.instantiate(module)).exports;

/** Writes `text` to the input of the module and calls a function with its length. */
function call(name, text) {
  const utf8 = new TextEncoder().encode(text);
  new Uint8Array(memory.buffer, chat.input()).set(utf8);
  return chat[name](utf8.length);
}

/** Returns the text that a function writes to the output, or null. */
function ask(name, text) {
  const length = call(name, text);
  if (length < 0) return null;
  return new TextDecoder().decode(new Uint8Array(memory.buffer, chat.output(), length));
}

const message = JSON.stringify({
  Type: "MESSAGE",
  Id: "Ub3xYd7cQm0a",
  RequestId: "",
  Attributes: null,
  Content: 'hej "👋🏽"\n🏴‍☠️',
  SendTime: "2026-11-22T10:00:00.5Z",
  Sender: { UserId: "astrid", Attributes: {} },
});
assert.equal(call("decode", message), 1);
assert.equal(ask("content", message), 'hej "👋🏽"\n🏴‍☠️');
assert.equal(ask("content", message.replace("👋🏽", "\\ud83d\\udc4b")), 'hej "👋"\n🏴‍☠️');
assert.equal(call("decode", '{"Type":"EVENT","Id":"1","EventName":"quiz","SendTime":""}'), 2);
assert.equal(call("decode", '{"ErrorCode":429,"Type":"ERROR"}'), 3);
assert.equal(call("decode", '{"Type":"POLL","Of":[1,2.5e3,{}]}'), 4);
assert.equal(ask("content", '{"Type":"POLL"}'), null);

// An error has the offset of its cause. For a truncated payload, that is its end.
assert.equal(call("decode", '{"Type":"ERROR","ErrorCode":"429"}'), -1 - 28);
assert.equal(call("decode", '{"Type":"ERROR","Id":"\\ud83d"}'), -1 - 22);
for (let cut = 0; cut < message.indexOf("👋"); cut++) {
  assert.equal(call("decode", message.slice(0, cut)), -1 - cut);
}

const send = (Content) => JSON.stringify({ Action: "SEND_MESSAGE", Content });
const greeting = 'grüß "dich"\t\u0001👋🏽';
assert.equal(ask("send_message", greeting), send(greeting));
assert.equal(ask("send_message", "👋".repeat(500)), send("👋".repeat(500)));
assert.equal(ask("send_message", "👋".repeat(501)), null);
assert.equal(ask("send_message", ""), null);

// A client, from its first connection to a restart of the server.
const seed = (fill) => new Uint8Array(memory.buffer, chat.input()).fill(fill, 0, 16);
const numbers = () => [...new BigUint64Array(memory.buffer, chat.output(), 2)].map(Number);
const outputs = (now) => {
  const all = [];
  for (let what; (what = chat.client_poll(BigInt(now))) !== 0; ) all.push([what, ...numbers()]);
  return [all, numbers()[0]];
};
// Without a seed, the client stays disconnected.
chat.client_connect(0n);
assert.deepEqual(outputs(0)[0], [[3, 0, 0]]);
seed(7);
assert.equal(chat.client_seed(15), -1);
assert.equal(chat.client_seed(16), 0);
chat.client_connect(0n);
assert.deepEqual(outputs(0)[0], [[3, 1, 0], [4, 0, 0]]);
// The endpoint is busy and sends a retry-after.
chat.client_handle_token_error(5n, 0n, 2_000n);
const [waiting, again] = outputs(5);
assert.deepEqual(waiting, []);
assert(again > 2_005 && again <= 3_005);
assert.deepEqual(outputs(again)[0], [[4, 1, 0]]);
// The answer to an earlier fetch is ignored.
const t = BigInt(again);
assert.equal(chat.client_handle_token(t, 0n, 3_600_000n), -1n);
const first = chat.client_handle_token(t + 10n, 1n, 3_600_000n);
assert.equal(chat.client_handle_token(t + 10n, 1n, 3_600_000n), -1n);
assert.equal(chat.client_current(), -1n);
chat.client_handle_open(t + 20n, first);
const [connected, refresh] = outputs(again + 20);
assert.deepEqual(connected, [[3, 2, 0]]);
// 2 minutes before the end of the session, or earlier by up to a tenth of the session.
assert(refresh >= again + 10 + 3_120_000 && refresh <= again + 10 + 3_480_000);
assert.equal(chat.client_current(), first);

const input = () => new Uint8Array(memory.buffer, chat.input(), 8192);
const write = (text) => new TextEncoder().encodeInto(text, input()).written;
const output = (length) => new Uint8Array(memory.buffer, chat.output(), length);
const read = (length) => JSON.parse(new TextDecoder().decode(output(length)));
const receive = (now, connection, text) =>
  chat.client_handle_message(BigInt(now), connection, write(text));
const sent = read(chat.client_send(t + 100n, 41, write("hej")));
const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
assert.match(sent.RequestId, uuid4);
const echo = JSON.stringify({ ...JSON.parse(message), RequestId: sent.RequestId });
assert.equal(receive(again + 120, first, echo), 1);
assert.deepEqual(numbers(), [41, 1]);
const refused = read(chat.client_send(t + 130n, 42, write("hopp")));
const error = JSON.stringify({ Type: "ERROR", ErrorCode: 406, RequestId: refused.RequestId });
assert.equal(receive(again + 140, first, error), 3);
assert.deepEqual(numbers(), [42, 406]);
assert.equal(receive(again + 140, 99n, error), 0);
assert.equal(receive(again + 150, first, '{"Type":'), -1 - 8);

// The page is visible again: a new connection opens beside the old one, without duplicates.
const later = again + 60_000;
chat.client_refresh(BigInt(later));
assert.deepEqual(outputs(later)[0], [[4, 2, 0]]);
const second = chat.client_handle_token(BigInt(later), 2n, 3_600_000n);
chat.client_handle_open(BigInt(later + 10), second);
assert.deepEqual(outputs(later + 10)[0], [[6, Number(first), Number(second)]]);
assert.equal(chat.client_current(), second);
assert.equal(receive(later + 20, first, message), 1);
assert.equal(receive(later + 20, second, message), 0);
const [drained, closed] = outputs(later + 20);
assert.deepEqual(drained, []);
assert.deepEqual(outputs(closed)[0], [[1, Number(first), 1000]]);

// The server restarts with a request in flight.
const end = closed + 1_000;
chat.client_send(BigInt(end), 43, write("på väg"));
chat.client_handle_close(BigInt(end + 1), second, 1012, write("restart"));
const [afterwards, until] = outputs(end + 1);
assert.deepEqual(afterwards, [[2, 43, 3], [3, 1, 0]]);
assert(until >= end + 5_001 && until <= end + 30_001);
assert.deepEqual(outputs(until)[0], [[4, 3, 0]]);
const third = chat.client_handle_token(BigInt(until), 3n, 3_600_000n);
chat.client_handle_open(BigInt(until), third);
assert.deepEqual(outputs(until)[0], [[3, 2, 0], [5, 0, 0]]);

console.log(`${bytes.length} bytes, ${memory.buffer.byteLength / 1024} KB of memory, no imports`);
