// A static host on loopback: the page as it is built, and the modules of dist for the bench of workers.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../dist/', import.meta.url));
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
const BARE = '<!doctype html><title>bench</title><input type="file">';

/** `{ url, close }` */
export async function serveDist() {
  const server = createServer(({ url }, response) => {
    const name = new URL(url, 'http://localhost').pathname;
    if (name === '/bare') return response.setHeader('content-type', 'text/html').end(BARE);
    try {
      const bytes = readFileSync(join(ROOT, normalize(name)));
      response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream');
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
