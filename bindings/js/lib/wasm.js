/** Loads the WebAssembly module, once. */

import init, { Machine, initSync } from '../pkg/ivs_chat_js.js';

export { Machine };

let loading;

/**
 * Resolves when the module is loaded. In a page with a Content Security Policy, `script-src` needs
 * `'wasm-unsafe-eval'`.
 */
export function load() {
    const url = new URL('../pkg/ivs_chat_js_bg.wasm', import.meta.url);
    loading ??= instantiate(url).catch((error) => {
        loading = undefined; // A later room tries again.
        throw error;
    });
    return loading;
}

async function instantiate(url) {
    if (url.protocol === 'file:' && globalThis.process?.versions?.node) {
        const { readFile } = await import('node:fs/promises');
        initSync({ module: await readFile(url) });
    } else {
        await init({ module_or_path: url });
    }
}
