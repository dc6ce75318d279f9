// Does the server give out the files of the page, as they were built, and no other file?
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPage } from '../src/server/page.ts';
import { INDEX, SCRIPT, siteOf, temporaryFolder, writePage } from './support/server.ts';

const IMMUTABLE = 'public, max-age=31536000, immutable';

test('the page learns that a server answers, and is else as it was built', async () => {
  const { ask } = await siteOf();
  const served = INDEX.replace('<html ', '<html data-api="api" ');
  for (const path of ['/', '/index.html', '/?theme=dark']) {
    const { status, headers, body } = await ask(path);
    expect([status, body.toString()]).toEqual([200, served]);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(Buffer.byteLength(served)),
      'cache-control': 'no-cache',
    });
  }
});

test('an element without attributes is marked too, and none but the first', async () => {
  const page = writePage(temporaryFolder());
  writeFileSync(join(page, 'index.html'), '<html><!-- <html > --><htmlx></html>');
  const index = (await readPage(page)).get('/');
  expect(new TextDecoder().decode(index?.body)).toBe(
    '<html data-api="api"><!-- <html > --><htmlx></html>',
  );
});

test.each([
  [SCRIPT, 'text/javascript; charset=utf-8', 'console.log(1);\n', IMMUTABLE],
  ['assets/style-0a1b2c3d.css', 'text/css; charset=utf-8', 'p {}\n', IMMUTABLE],
  ['assets/kernel.wasm', 'application/wasm', '\0asm', 'no-cache'],
  ['icon.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'no-cache'],
])('%s has its type, and is cached as its name allows', async (path, type, text, cache) => {
  const { ask } = await siteOf();
  const { status, headers, body } = await ask(`/${path}`);
  expect([status, body.toString()]).toEqual([200, text]);
  expect(headers).toMatchObject({ 'content-type': type, 'cache-control': cache });
  const head = await ask(`/${path}`, {}, 'HEAD');
  expect([head.status, head.body.byteLength]).toEqual([200, 0]);
  expect({ ...head.headers, date: '' }).toEqual({ ...headers, date: '' });
});

test('a browser that has a file gets 304, and another version whole', async () => {
  const { ask } = await siteOf();
  const first = await ask(`/${SCRIPT}`);
  const etag = String(first.headers['etag']);
  expect(etag).toMatch(/^"[\w-]{22}"$/);
  for (const known of [etag, `W/${etag}`, `"old", ${etag}`, '*']) {
    const { status, headers, body } = await ask(`/${SCRIPT}`, { 'if-none-match': known });
    expect([status, headers['etag'], body.byteLength]).toEqual([304, etag, 0]);
    expect(headers['cache-control']).toBe(IMMUTABLE);
  }
  expect((await ask(`/${SCRIPT}`, { 'if-none-match': '"old"' })).status).toBe(200);
  expect((await ask('/')).headers['etag']).not.toBe(etag);
});

const SECRET = 'what nobody may read';

test.each([
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/%2e%2e%2fsecret.txt',
  '/%252e%252e%252fsecret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/..\\secret.txt',
  '/..%5csecret.txt',
  '/....//secret.txt',
  '//secret.txt',
  '/%00/../secret.txt',
  '/link.txt',
  '/folder/secret.txt',
  '/late.txt',
  '/assets',
  '/assets/',
  '/index.html%00',
  '/index.html/',
  '/%',
  '/%ff',
  '/__proto__',
  '/constructor',
  '/toString',
  '/api',
  '/api/',
  '/api/files/',
  '/api/files/../../secret.txt',
  '/api/files/..%2f..%2fsecret.txt/bytes',
  '/api/files/secret.txt/bytes',
])('%s gives nothing', async (path) => {
  const folder = temporaryFolder();
  const page = writePage(folder);
  writeFileSync(join(folder, 'secret.txt'), SECRET);
  mkdirSync(join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'elsewhere/secret.txt'), SECRET);
  symlinkSync('../secret.txt', join(page, 'link.txt'));
  symlinkSync('../elsewhere', join(page, 'folder'));
  const { ask } = await siteOf([], page);
  // The list of files was read at the start.
  writeFileSync(join(page, 'late.txt'), SECRET);
  const { status, body } = await ask(path);
  expect([400, 404]).toContain(status);
  expect(body.toString()).not.toContain(SECRET);
});

test('a page that was not built is an error that says what to do', async () => {
  const folder = temporaryFolder();
  const message = 'the page is not there: build it (npm run build), or install aioscope again';
  for (const path of [folder, join(folder, 'missing')])
    await expect(siteOf([], path)).rejects.toMatchObject({
      code: 'AIOSCOPE_READ',
      message: `${path}: ${message}`,
    });
});
