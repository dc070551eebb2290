// Runs the module under node and asserts what it answers: node run.mjs [MODULE]

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const built = new URL("target/wasm32-unknown-unknown/release/wasm.wasm", import.meta.url);
const bytes = await readFile(process.argv[2] ?? built);
const module = await WebAssembly.compile(bytes);
assert.deepEqual(WebAssembly.Module.imports(module), [], "the module needs something from outside");
const { memory, ...chat } = (await WebAssembly.instantiate(module)).exports;

/** Writes `text` to the module's memory and calls one of its functions with its length. */
function call(name, text) {
  const utf8 = new TextEncoder().encode(text);
  new Uint8Array(memory.buffer, chat.input()).set(utf8);
  return chat[name](utf8.length);
}

/** The text that the function puts out, or null. */
function ask(name, text) {
  const length = call(name, text);
  return length < 0 ? null : new TextDecoder().decode(new Uint8Array(memory.buffer, chat.output(), length));
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

// A refusal points at its cause, and a payload that is cut short at its end.
assert.equal(call("decode", '{"Type":"ERROR","ErrorCode":"429"}'), -1 - 28);
assert.equal(call("decode", '{"Type":"ERROR","Id":"\\ud83d"}'), -1 - 22);
for (let cut = 0; cut < message.indexOf("👋"); cut++) assert.equal(call("decode", message.slice(0, cut)), -1 - cut);

const send = (Content) => JSON.stringify({ Action: "SEND_MESSAGE", Content });
assert.equal(ask("send_message", 'grüß "dich"\t\u0001👋🏽'), send('grüß "dich"\t\u0001👋🏽'));
assert.equal(ask("send_message", "👋".repeat(500)), send("👋".repeat(500)));
assert.equal(ask("send_message", "👋".repeat(501)), null);
assert.equal(ask("send_message", ""), null);

// A client: from wanting a connection to a restart of the server.
const seed = (fill) => new Uint8Array(memory.buffer, chat.input()).fill(fill, 0, 16);
const numbers = () => [...new BigUint64Array(memory.buffer, chat.output(), 2)].map(Number);
const outputs = (now) => {
  const all = [];
  for (let what; (what = chat.client_poll(BigInt(now))) !== 0; ) all.push([what, ...numbers()]);
  return [all, numbers()[0]];
};
seed(7);
assert.equal(chat.client_new(15), -1);
assert.equal(chat.client_new(16), 0);
chat.client_connect(0n);
assert.deepEqual(outputs(0)[0], [[3, 1, 0], [4, 0, 0]]);
const conn = chat.client_token_ok(10n, 3_600_000n);
assert.equal(chat.client_token_ok(10n, 0n), -1n);
chat.client_opened(20n, conn);
const [connected, refresh] = outputs(20);
assert.deepEqual(connected, [[3, 2, Number(conn)]]);
assert(refresh >= 3_530_010 && refresh <= 3_540_010);

const write = (text) => new TextEncoder().encodeInto(text, new Uint8Array(memory.buffer, chat.input(), 8192)).written;
const read = (length) => JSON.parse(new TextDecoder().decode(new Uint8Array(memory.buffer, chat.output(), length)));
const sent = read(chat.client_send(100n, 41, write("hej")));
assert.match(sent.RequestId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const echo = JSON.stringify({ ...JSON.parse(message), RequestId: sent.RequestId });
assert.equal(chat.client_recv(120n, conn, write(echo)), 1);
assert.deepEqual(numbers(), [41, 1]);
const refused = read(chat.client_send(130n, 42, write("hopp")));
const error = JSON.stringify({ Type: "ERROR", ErrorCode: 406, RequestId: refused.RequestId });
assert.equal(chat.client_recv(140n, conn, write(error)), 3);
assert.deepEqual(numbers(), [42, 406]);
assert.equal(chat.client_recv(140n, 99n, write(error)), 0);
assert.equal(chat.client_recv(150n, conn, write('{"Type":')), -1 - 8);

chat.client_send(200n, 43, write("på väg"));
chat.client_closed(201n, conn, 1012, write("restart"));
const [afterwards, until] = outputs(201);
assert.deepEqual(afterwards, [[2, 43, 3], [3, 1, 0]]);
assert(until > 201 && until <= 1201);

console.log(`${bytes.length} bytes, ${memory.buffer.byteLength / 1024} KB of memory, no imports`);
