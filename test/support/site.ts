// A local static server of the project, for a page without a bundler.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface Site {
  readonly url: string;
  close(): void;
}

/** Serves the project on 127.0.0.1 under a Content-Security-Policy; `/` is an empty page. */
export async function serve(policy?: string): Promise<Site> {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://site');
    const headers = {
      // The port is another one for each site.
      'cache-control': 'max-age=3600',
      ...(policy !== undefined && { 'content-security-policy': policy }),
    };
    if (pathname === '/')
      return response
        .writeHead(200, { ...headers, 'content-type': TYPES['.html'] })
        .end('<!doctype html><title>empty</title>');
    try {
      const bytes = await readFile(fileURLToPath(new URL(`.${pathname}`, ROOT)));
      response
        .writeHead(200, {
          ...headers,
          'content-type': TYPES[extname(pathname)] ?? 'application/octet-stream',
        })
        .end(bytes);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
