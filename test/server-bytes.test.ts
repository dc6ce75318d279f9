// Is each byte that the server gives out the file's, and an error what is not whole or has changed?
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture } from './support/cli.ts';
import { random } from './support/random.ts';
import { type Site, siteOf, temporaryFolder } from './support/server.ts';

const path = fixture('case_rwf.ioev56');
const content = readFileSync(path);
const LENGTH = content.byteLength;
const BYTES = '/api/files/0/bytes';

/** The list of files, as it is now. */
const listed = async ({ ask }: Site) => JSON.parse((await ask('/api/files')).body.toString());

const NO_PROC = 'only Linux lists the descriptors of a process';

test('a file is listed, and given out whole', async () => {
  const site = await siteOf([{ path }]);
  const [entry] = await listed(site);
  expect(entry).toEqual({ id: 0, name: 'case_rwf.ioev56', bytes: LENGTH, etag: entry.etag });
  const { status, headers, body } = await site.ask(BYTES);
  expect(status).toBe(200);
  expect(body.equals(content)).toBe(true);
  expect(headers).toMatchObject({
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
    'content-length': String(LENGTH),
    'content-type': 'application/octet-stream',
    etag: entry.etag,
  });
  expect(headers).not.toHaveProperty('content-range');
});

test('HEAD has the headers of GET, of a range too, and no bytes', async () => {
  const { ask } = await siteOf([{ path }]);
  for (const range of [undefined, 'bytes=5-9']) {
    const headers = range === undefined ? {} : { range };
    const [get, head] = [await ask(BYTES, headers), await ask(BYTES, headers, 'HEAD')];
    expect(head.body.byteLength).toBe(0);
    expect(head.status).toBe(get.status);
    expect({ ...head.headers, date: '' }).toEqual({ ...get.headers, date: '' });
  }
});

test.each([
  ['bytes=0-0', 0, 1],
  ['bytes=0-', 0, LENGTH],
  ['bytes=56-111', 56, 112],
  [`bytes=${LENGTH - 1}-`, LENGTH - 1, LENGTH],
  [`bytes=100-${LENGTH + 7}`, 100, LENGTH],
  ['bytes=100-99999999999999999999999', 100, LENGTH],
  ['bytes=-1', LENGTH - 1, LENGTH],
  [`bytes=-${LENGTH}`, 0, LENGTH],
  ['bytes=-99999999999999999999999', 0, LENGTH],
  ['Bytes = 3-4 ', 3, 5],
])('%s is bytes %d to before %d', async (range, begin, end) => {
  const { ask } = await siteOf([{ path }]);
  const { status, headers, body } = await ask(BYTES, { range });
  expect(status).toBe(206);
  expect(body.equals(content.subarray(begin, end))).toBe(true);
  expect(headers['content-length']).toBe(String(end - begin));
  expect(headers['content-range']).toBe(`bytes ${begin}-${end - 1}/${LENGTH}`);
});

test('a range in a unit that is not known is ignored, and the file is given out whole', async () => {
  const { ask } = await siteOf([{ path }]);
  const { status, body } = await ask(BYTES, { range: 'records=0-1' });
  expect([status, body.byteLength]).toEqual([200, LENGTH]);
});

test('any range is the same bytes of the file', async () => {
  const { ask } = await siteOf([{ path }]);
  const { below: next } = random(20);
  for (let i = 0; i < 60; i++) {
    const begin = next(LENGTH);
    const end = begin + 1 + next(LENGTH - begin);
    const { status, body } = await ask(BYTES, { range: `bytes=${begin}-${end - 1}` });
    expect([status, body.equals(content.subarray(begin, end))]).toEqual([206, true]);
  }
});

test.each([
  `bytes=${LENGTH}-`,
  `bytes=${LENGTH}-${LENGTH + 9}`,
  'bytes=99999999999999999999999-',
  'bytes=9-8',
  'bytes=-0',
  'bytes=-',
  'bytes=',
  'bytes',
  'bytes=0',
  'bytes=--5',
  'bytes=+1-2',
  'bytes=0x0-0x9',
  'bytes=1e1-1e2',
  'bytes=0-1.5',
  'bytes=0-1,5-6',
  'bytes=0-1,',
  'bytes=0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0',
  '0-1',
  '',
])('Range %j is answered with 416', async (range) => {
  const { ask } = await siteOf([{ path }]);
  const { status, headers, body } = await ask(BYTES, { range });
  expect(status).toBe(416);
  expect(headers['content-range']).toBe(`bytes */${LENGTH}`);
  expect(body.toString()).toBe('Request a single range within the file.\n');
});

/** A file of this size with a hole, and its path. */
function sparse(size: number, marks: Readonly<Record<string, number>> = {}): string {
  const file = join(temporaryFolder(), 'sparse.ioev56');
  const fd = openSync(file, 'w');
  ftruncateSync(fd, size);
  for (const [mark, at] of Object.entries(marks)) writeSync(fd, mark, at);
  closeSync(fd);
  return file;
}

test('bytes beyond 2 and 4 GiB are those of the file', async () => {
  const marks = { across2GiB: 2 ** 31 - 4, across4GiB: 2 ** 32 - 6, theEnd: 5 * 2 ** 30 - 6 };
  const site = await siteOf([{ path: sparse(5 * 2 ** 30, marks) }]);
  expect((await listed(site))[0].bytes).toBe(5 * 2 ** 30);
  for (const [mark, at] of Object.entries(marks)) {
    const range = `bytes=${at}-${at + mark.length - 1}`;
    const { status, headers, body } = await site.ask(BYTES, { range });
    expect([status, body.toString()]).toEqual([206, mark]);
    expect(headers['content-range']).toBe(`${range.replace('=', ' ')}/${5 * 2 ** 30}`);
  }
  expect((await site.ask(BYTES, { range: 'bytes=-6' })).body.toString()).toBe('theEnd');
  const whole = await site.ask(BYTES, {}, 'HEAD');
  expect(whole.headers['content-length']).toBe(String(5 * 2 ** 30));
});

test('an empty file has no bytes, and no range', async () => {
  const { ask } = await siteOf([{ path: sparse(0) }]);
  const { status, headers, body } = await ask(BYTES);
  expect([status, headers['content-length'], body.byteLength]).toEqual([200, '0', 0]);
  for (const range of ['bytes=0-', 'bytes=-1', 'bytes=0-0']) {
    const { status: refused, headers: found } = await ask(BYTES, { range });
    expect([refused, found['content-range']]).toEqual([416, 'bytes */0']);
  }
});

test.each(['1', '-1', '0x0', '1e0', '0.0', ' 0', '99999999999', 'NaN', 'length', '%00'])(
  'there is no file %j',
  async (id) => {
    const { ask } = await siteOf([{ path }]);
    const { status } = await ask(`/api/files/${encodeURI(id)}/bytes`);
    expect([400, 404]).toContain(status);
  },
);

test('a file that changed since it was chosen is answered with 412', async () => {
  const file = sparse(5600);
  const site = await siteOf([{ path: file }]);
  const [{ etag }] = await listed(site);
  const statusOf = async (match: string) => (await site.ask(BYTES, { 'if-match': match })).status;
  for (const match of [etag, '*', `"x", ${etag}`]) expect(await statusOf(match)).toBe(200);
  for (const match of ['"x"', `W/${etag}`, etag.slice(1, -1), ''])
    expect(await statusOf(match)).toBe(412);

  appendFileSync(file, Buffer.alloc(56, 1));
  expect(await statusOf(etag)).toBe(412);
  const { body } = await site.ask(BYTES, { 'if-match': etag });
  expect(body.toString()).toBe('The file changed since it was chosen.\n');
  // Without it, the file is given out as long as it is now.
  expect((await site.ask(BYTES)).body.byteLength).toBe(5656);
  const [grown] = await listed(site);
  expect(grown).toMatchObject({ bytes: 5656 });
  expect(await statusOf(grown.etag)).toBe(200);

  // Other bytes of the same number are told by the time, as rsync and make do.
  writeFileSync(file, Buffer.alloc(5656, 2));
  utimesSync(file, new Date(), new Date(Date.now() + 5000));
  expect(await statusOf(grown.etag)).toBe(412);
});

test('a range of a version that is no longer there is answered with the file (If-Range)', async () => {
  const site = await siteOf([{ path }]);
  const [{ etag }] = await listed(site);
  const ask = (known: string) => site.ask(BYTES, { range: 'bytes=0-9', 'if-range': known });
  expect((await ask(etag)).body.byteLength).toBe(10);
  const { status, body } = await ask('"old"');
  expect([status, body.byteLength]).toEqual([200, LENGTH]);
});

test('a file that is replaced has its old bytes until it is listed, and then its new ones', async () => {
  const file = sparse(56, { old: 0 });
  const site = await siteOf([{ path: file }]);
  const [{ etag }] = await listed(site);
  const text = async () => (await site.ask(BYTES, { range: 'bytes=0-2' })).body.toString();
  writeFileSync(`${file}.part`, 'new one');
  renameSync(`${file}.part`, file);
  expect(await text()).toBe('old');
  const [replaced] = await listed(site);
  expect(replaced).toMatchObject({ id: 0, bytes: 7 });
  expect(await text()).toBe('new');
  expect((await site.ask(BYTES, { 'if-match': etag })).status).toBe(412);

  rmSync(file);
  expect(await listed(site)).toMatchObject([{ bytes: 7 }]);
  expect(await text()).toBe('new');
});

test('a link in place of a file, or on the way to it, leads nowhere', async () => {
  const file = sparse(56, { mine: 0 });
  const site = await siteOf([{ path: file }]);
  const text = async () => (await site.ask(BYTES, { range: 'bytes=0-3' })).body.toString();
  const other = sparse(56, { else: 0 });
  rmSync(file);
  symlinkSync(other, file);
  expect((await listed(site))[0].bytes).toBe(56);
  expect(await text()).toBe('mine');

  rmSync(join(file, '..'), { recursive: true });
  symlinkSync(join(other, '..'), join(file, '..'));
  await listed(site);
  expect(await text()).toBe('mine');
});

test('a link that was given is followed', async () => {
  const link = join(temporaryFolder(), 'link.ioev56');
  symlinkSync(path, link);
  const site = await siteOf([{ path: link }]);
  expect((await listed(site))[0]).toMatchObject({ name: 'link.ioev56', bytes: LENGTH });
  expect((await site.ask(BYTES)).body.equals(content)).toBe(true);
});

const LONG = 2 ** 28;

test('a file that is cut during the answer breaks the connection off', async () => {
  const file = sparse(LONG);
  const { begin, faults } = await siteOf([{ path: file }]);
  const response = await begin(BYTES);
  let received = 0;
  const all = (async () => {
    for await (const chunk of response) {
      if (received === 0) truncateSync(file, 2 ** 20);
      received += chunk.byteLength;
    }
  })();
  await expect(all).rejects.toThrow('aborted');
  expect(received).toBeLessThan(LONG);
  expect(faults).toEqual([expect.stringMatching(/sparse\.ioev56: it was cut to \d+ bytes/)]);
});

test('with If-Match, so does one that is written to', async () => {
  const file = sparse(LONG);
  const site = await siteOf([{ path: file }]);
  const [{ etag }] = await listed(site);
  const response = await site.begin(BYTES, { 'if-match': etag });
  const all = (async () => {
    let isFirst = true;
    for await (const _ of response) {
      if (isFirst) utimesSync(file, new Date(), new Date(Date.now() + 5000));
      isFirst = false;
    }
  })();
  await expect(all).rejects.toThrow('aborted');
  expect(site.faults).toEqual([`${file}: it was written to while it was read`]);
});

/** How many descriptors of this process lead to deleted files of this name. */
const openDeleted = (file: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === `${file} (deleted)`;
    } catch {
      return false;
    }
  }).length;

test('a client that goes away ends the reading, and one that reads has its version to the end', async ({
  skip,
}) => {
  skip(process.platform !== 'linux', NO_PROC);
  const file = sparse(LONG);
  const site = await siteOf([{ path: file }]);
  const [goes, stays] = [await site.begin(BYTES), await site.begin(BYTES)];
  writeFileSync(`${file}.part`, 'new');
  renameSync(`${file}.part`, file);
  expect((await listed(site))[0].bytes).toBe(3);
  expect(openDeleted(file)).toBe(1);
  goes.destroy();
  let received = 0;
  for await (const chunk of stays) received += chunk.byteLength;
  expect(received).toBe(LONG);
  await expect.poll(() => openDeleted(file), { timeout: 20_000 }).toBe(0);
  expect(site.faults).toEqual([]);
});

/** How many bytes this process has read. */
const bytesRead = (): number =>
  Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);

test('a client that does not read stops the reading', async ({ skip }) => {
  skip(process.platform !== 'linux', NO_PROC);
  const { begin } = await siteOf([{ path: sparse(2 ** 33) }]);
  const before = bytesRead();
  const response = await begin(BYTES);
  let last = -1;
  // Until the buffers of both sockets are full.
  await expect
    .poll(
      () => {
        const read = bytesRead();
        const isStill = read - last < 2 ** 18;
        last = read;
        return isStill;
      },
      { interval: 300, timeout: 30_000 },
    )
    .toBe(true);
  expect(last - before).toBeLessThan(2 ** 26);
  response.destroy();
});

test('the end of the server cuts answers off, and closes the files', async () => {
  const file = sparse(LONG);
  const { begin, close } = await siteOf([{ path: file }]);
  const response = await begin(BYTES);
  await close();
  await expect(response.toArray()).rejects.toThrow('aborted');
  rmSync(file);
  if (process.platform === 'linux')
    await expect.poll(() => openDeleted(file), { timeout: 20_000 }).toBe(0);
});
