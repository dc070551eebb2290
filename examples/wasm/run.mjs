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

console.log(`${bytes.length} bytes, ${memory.buffer.byteLength / 1024} KB of memory, no imports`);
