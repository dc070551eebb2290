// Serves the demo page.
//
// Usage: node serve.mjs [PORT]. The port defaults to 8080. With 0, a free one is selected.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';

const port = Number(process.argv[2] ?? 8080);
const types = {
    '.css': 'text/css',
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.wasm': 'application/wasm',
};
const policy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws: wss:";

const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/') {
        response.writeHead(302, { Location: '/demo/index.html' }).end();
        return;
    }
    if (pathname === '/favicon.ico') {
        response.writeHead(204).end();
        return;
    }
    try {
        // A URL's path has no "..", so that nothing outside the three folders is served.
        if (!/^\/(demo|lib|pkg)\//.test(pathname)) {
            throw new Error('not served');
        }
        const body = await readFile(new URL(`..${pathname}`, import.meta.url));
        response.writeHead(200, {
            'Content-Type': types[extname(pathname)] ?? 'text/plain',
            'Content-Security-Policy': policy,
        });
        response.end(body);
    } catch {
        response.writeHead(404).end();
    }
});
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
