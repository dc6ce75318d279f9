// Does the server answer only its own page, by its own names, and only questions?
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture } from './support/cli.ts';
import { SCRIPT, type Site, siteOf } from './support/server.ts';

const FILE = { path: fixture('case_rwf.ioev56') };
const EVERY = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
    "worker-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

test.each(['127.0.0.1', 'localhost', '[::1]', 'LocalHost'])('%s is the server', async (name) => {
  const { port, ask } = await siteOf([FILE]);
  const { status, body } = await ask('/api/files', { host: `${name}:${port}` });
  expect(status).toBe(200);
  expect(JSON.parse(body.toString())).toMatchObject([{ name: 'case_rwf.ioev56' }]);
});

test('a tunnel may have another port: its page is answered, and other origins are refused', async () => {
  const { ask } = await siteOf([FILE]);
  const host = 'localhost:9000';
  expect((await ask('/api/files', { host })).status).toBe(200);
  expect((await ask('/api/files', { host, origin: 'http://localhost:9000' })).status).toBe(200);
  expect((await ask('/api/files', { host, origin: 'http://localhost:9001' })).status).toBe(403);
});

test.each([
  (port: number) => `example.com:${port}`,
  (port: number) => `127.0.0.1.example.com:${port}`,
  (port: number) => `localhost.:${port}`,
  (port: number) => `127.0.0.2:${port}`,
  (port: number) => `0.0.0.0:${port}`,
  (port: number) => `127.1:${port}`,
  () => 'example.com',
])('%s is another host: 421', async (hostOf) => {
  const { port, ask } = await siteOf([FILE]);
  for (const path of ['/', '/api/files', '/api/files/0/bytes', '/nothing']) {
    const { status, headers, body } = await ask(path, { host: hostOf(port) });
    expect(status).toBe(421);
    expect(headers).toMatchObject(EVERY);
    expect(body.toString()).toBe('This server answers only to localhost.\n');
  }
});

/** The status of a request that is written by hand. */
const statusOf = ({ port }: Site, lines: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    connect(port, '127.0.0.1')
      .on('data', (chunk) => {
        text += chunk;
      })
      .on('error', reject)
      .on('close', () => resolve(text.slice(0, 12)))
      .write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  });

test('a Host that is missing, given twice or strange is no way in, and nor is another URL', async () => {
  const site = await siteOf([FILE]);
  const own = `Host: 127.0.0.1:${site.port}`;
  const get = 'GET /api/files HTTP/1.1';
  const status = (...lines: string[]) => statusOf(site, lines);
  expect(await status(get, own)).toBe('HTTP/1.1 200');
  expect(await status('GET /api/files HTTP/1.0')).toBe('HTTP/1.1 400');
  expect(await status(get)).toBe('HTTP/1.1 400');
  expect(await status(get, `Host: me@127.0.0.1:${site.port}`)).toMatch(/ 4(00|21)$/);
  expect(await status(get, `Host: 127.0.0.1:${site.port}/x`)).toMatch(/ 4(00|21)$/);
  expect(await status(get, `${own}0`)).toMatch(/ 4(00|21)$/);
  expect(await status(get, own, 'Host: example.com')).toMatch(/ 4(00|21)$/);
  expect(await status(get, 'Host: example.com', own)).toMatch(/ 4(00|21)$/);
  const absolute = `GET http://127.0.0.1:${site.port}/api/files HTTP/1.1`;
  expect(await status(absolute, 'Host: example.com')).toBe('HTTP/1.1 421');
});

test('requests of its own page are answered, those of other origins with 403', async () => {
  const { port, ask } = await siteOf([FILE]);
  const own = [`http://127.0.0.1:${port}`];
  for (const origin of own) expect((await ask('/api/files', { origin })).status).toBe(200);
  const others = [
    ...['null', 'http://example.com', `https://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`],
    ...[`http://127.0.0.1:${port}.example.com`, `127.0.0.1:${port}`, ''],
  ];
  for (const origin of others)
    for (const path of ['/', `/${SCRIPT}`, '/api/files', '/api/files/0/bytes']) {
      const { status, headers } = await ask(path, { origin });
      expect(status, `${path} of ${origin}`).toBe(403);
      expect(headers).toMatchObject(EVERY);
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
});

test('a page of another site, also one at another port, loads the page and no file', async () => {
  const { ask } = await siteOf([FILE]);
  const statusFrom = async (path: string, site: string) =>
    (await ask(path, { 'sec-fetch-site': site })).status;
  for (const site of ['same-origin', 'none'])
    expect(await statusFrom('/api/files/0/bytes', site)).toBe(200);
  for (const site of ['same-site', 'cross-site']) {
    expect(await statusFrom('/api/files/0/bytes', site)).toBe(403);
    expect(await statusFrom('/api/files', site)).toBe(403);
    expect(await statusFrom('/', site)).toBe(200);
  }
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('%s: 405', async (method) => {
  const { ask } = await siteOf([FILE]);
  for (const path of ['/', '/api/files', '/api/files/0/bytes', '/nothing']) {
    const { status, headers } = await ask(path, {}, method);
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
    expect(headers).toMatchObject(EVERY);
  }
});

test('an answer that the app does not see has the security headers too', async () => {
  const { port, ask } = await siteOf([FILE]);
  const { status, headers } = await ask('/', { host: `127.0.0.1:${port}/x` });
  expect(status).toBe(400);
  expect(headers).toMatchObject(EVERY);
});

test('every answer has the security headers', async () => {
  const { ask } = await siteOf([FILE]);
  const { headers: index } = await ask('/');
  const asked = [
    ...[ask('/'), ask('/', {}, 'HEAD'), ask(`/${SCRIPT}`), ask('/api/files')],
    ...[ask('/', { 'if-none-match': String(index['etag']) }), ask(join('/', 'nothing'))],
    ...[
      ask('/api/files/7/bytes'),
      ask('/api/files/0/bytes'),
      ask('/api/files/0/bytes', {}, 'HEAD'),
    ],
    ask('/api/files/0/bytes', { range: 'bytes=0-9' }),
    ask('/api/files/0/bytes', { range: 'bytes=x' }),
    ask('/api/files/0/bytes', { 'if-match': '"x"' }),
  ];
  const statuses: number[] = [];
  for (const answer of asked) {
    const { status, headers } = await answer;
    statuses.push(status);
    expect(headers).toMatchObject(EVERY);
  }
  expect(statuses).toEqual([200, 200, 200, 200, 304, 404, 404, 200, 200, 206, 416, 412]);
});
