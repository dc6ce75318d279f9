// Is a source that has been read, or that somebody else has, an error and never a dump without records?
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { decode, open, type Source, summarize } from '../../src/node.ts';
import { differsAt, outcomeOf, pieces, randomBytes, resOf } from '../support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-used-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kind = 'io_event';
const bytes = randomBytes(32 * 1000);
const res = resOf(bytes);
const path = join(folder, 'dump.ioev');
writeFileSync(path, bytes);

const streamOf = (chunk: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const part of [chunk.slice(0, 96), chunk.slice(96)]) controller.enqueue(part);
      controller.close();
    },
  });

async function drained<T extends AsyncIterable<unknown>>(stream: T): Promise<T> {
  for await (const _ of stream);
  return stream;
}

const USED: readonly (readonly [string, () => Source | Promise<Source>, RegExp])[] = [
  ['a Node stream', () => drained(createReadStream(path)), /^the stream has been read already; /],
  ['a Node stream of chunks', () => drained(Readable.from([bytes])), /^the stream has been read/],
  ['a Node stream that is destroyed', () => createReadStream(path).destroy(), /^the stream has /],
  ['a web stream', () => drained(streamOf(bytes)), /^the ReadableStream has been read already; /],
  [
    'a web stream that is cancelled',
    async () => {
      const stream = streamOf(bytes);
      await stream.cancel();
      return stream;
    },
    /^the ReadableStream has been read already; /,
  ],
  [
    'a web stream that is locked',
    () => {
      const stream = streamOf(bytes);
      stream.getReader();
      return stream;
    },
    /^the ReadableStream is locked: /,
  ],
  [
    'a Response',
    async () => {
      const response = new Response(Buffer.from(bytes));
      await response.arrayBuffer();
      return response;
    },
    /^the body of the Response has been read already; /,
  ],
  [
    'the body of a Response',
    async () => {
      const response = new Response(Buffer.from(bytes));
      await response.arrayBuffer();
      return response.body as ReadableStream<Uint8Array>;
    },
    /^the ReadableStream (is locked|has been read already)/,
  ],
  [
    'a generator that was read here',
    async () => {
      const chunks = pieces(bytes, 777);
      await outcomeOf(open(chunks, { kind }));
      return chunks;
    },
    /^the iterator has been read already; /,
  ],
  [
    'an iterator that was read here',
    async () => {
      const chunks = [bytes][Symbol.iterator]();
      await outcomeOf(open(chunks, { kind }));
      return chunks;
    },
    /^the iterator has been read already; /,
  ],
  [
    'an ArrayBuffer that was transferred',
    () => {
      const { buffer } = bytes.slice();
      structuredClone(buffer, { transfer: [buffer] });
      return buffer;
    },
    /^the ArrayBuffer is detached: /,
  ],
  [
    'a view of a buffer that was transferred',
    () => {
      const view = bytes.slice();
      structuredClone(view, { transfer: [view.buffer] });
      return view;
    },
    /^the ArrayBuffer is detached: /,
  ],
  [
    'a chunk whose buffer was transferred',
    () => {
      const view = bytes.slice();
      structuredClone(view, { transfer: [view.buffer] });
      return [view];
    },
    /^the ArrayBuffer is detached: /,
  ],
  [
    'a FileHandle that is closed',
    async () => {
      const handle = await openFile(path);
      await handle.close();
      return handle;
    },
    /^the FileHandle is closed; /,
  ],
];

test.each(USED)('%s', async (_, source, message) => {
  const expected = { name: 'AioscopeError', code: 'AIOSCOPE_SOURCE' };
  const given = await source();
  const reading = async () => {
    const { error } = await outcomeOf(open(given, { kind }));
    throw error;
  };
  await expect(reading()).rejects.toMatchObject({
    ...expected,
    message: expect.stringMatching(message),
  });
  const counting = async () => summarize(await source(), { kind });
  await expect(counting()).rejects.toMatchObject({
    ...expected,
    message: expect.stringMatching(message),
  });
});

test('decode takes no detached buffer either', () => {
  const view = bytes.slice();
  structuredClone(view, { transfer: [view.buffer] });
  for (const detached of [view, view.buffer])
    expect(() => decode(detached, { kind })).toThrow(/^the ArrayBuffer is detached: /);
});

test('bytes that are transferred while they are read', async () => {
  const view = randomBytes(2 ** 22);
  const reader = open(view, { kind })[Symbol.asyncIterator]();
  await reader.next();
  structuredClone(view, { transfer: [view.buffer] });
  const rest = async () => {
    while (!(await reader.next()).done);
  };
  await expect(rest()).rejects.toThrow(/^the ArrayBuffer is detached: /);
});

describe('what holds bytes still, or never did, is read', () => {
  test.each<[string, () => Source | Promise<Source>, number]>([
    ['an empty web stream', () => new ReadableStream({ start: (all) => all.close() }), 1000],
    ['an empty Node stream', () => Readable.from([]), 1000],
    ['an empty generator', () => pieces(new Uint8Array(0), 1), 1000],
    ['no chunks', () => [], 1000],
    ['an empty buffer', () => new ArrayBuffer(0), 1000],
    ['a Response without a body', () => new Response(null), 1000],
    [
      'the rest of a web stream',
      async () => {
        const stream = streamOf(bytes);
        const reader = stream.getReader();
        await reader.read();
        reader.releaseLock();
        return stream;
      },
      3,
    ],
    [
      'the rest of a Node stream',
      async () => {
        const stream = createReadStream(path);
        await once(stream, 'readable');
        stream.read(96);
        return stream;
      },
      3,
    ],
  ])('%s', async (_, source, from) => {
    const found = await outcomeOf(open(await source(), { kind }));
    expect(found.error).toBeUndefined();
    expect(differsAt(found.res, res.slice(from))).toBe(-1);
  });
});

describe('a FileHandle', () => {
  test('stays open, keeps its position, and is read from the beginning again and again', async () => {
    const handle = await openFile(path);
    onTestFinished(() => handle.close());
    await handle.read(new Uint8Array(100));
    for (let i = 0; i < 2; i++) {
      const reader = open(handle, { kind });
      expect(differsAt((await outcomeOf(reader)).res, res)).toBe(-1);
      expect(reader.sourceName).toBe('handle');
    }
    const { buffer } = await handle.read(new Uint8Array(28));
    expect(buffer).toEqual(bytes.subarray(100, 128));
  });

  test('that is closed while it is read is an error, whatever its number is by now', async () => {
    const long = join(folder, 'long.ioev');
    writeFileSync(long, randomBytes(2 ** 22));
    const handle = await openFile(long);
    const reader = open(handle, { kind })[Symbol.asyncIterator]();
    await reader.next();
    await handle.close();
    // It takes the number of the one that was closed.
    const other = await openFile(path);
    onTestFinished(() => other.close());
    const rest = async () => {
      while (!(await reader.next()).done);
    };
    await expect(rest()).rejects.toThrow(/^the FileHandle is closed; /);
  });

  test('that was not opened for reading is an error', async () => {
    const handle = await openFile(join(folder, 'out'), 'w');
    onTestFinished(() => handle.close());
    const { error } = await outcomeOf(open(handle, { kind }));
    expect(error).toMatchObject({
      code: 'AIOSCOPE_READ',
      message: expect.stringContaining('EBADF'),
    });
  });

  test('of a directory is an error', async () => {
    const handle = await openFile(folder);
    onTestFinished(() => handle.close());
    const { error } = await outcomeOf(open(handle, { kind }));
    expect(error).toMatchObject({
      message: 'handle: cannot be opened: it is a directory; name a file in it',
    });
  });
});

describe('a Response of fetch', () => {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/dump')) response.end(readFileSync(path));
    else response.writeHead(404).end('x'.repeat(64));
  }).listen(0, '127.0.0.1');
  afterAll(() => server.close());
  const at = async (name: string) => {
    if (!server.listening) await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`;
  };

  test('is called as its URL, without a query that may be secret', async () => {
    const reader = open(await fetch(await at('dump.ioev?token=secret')), { kind });
    expect(differsAt((await outcomeOf(reader)).res, res)).toBe(-1);
    expect(reader.sourceName).toBe(await at('dump.ioev'));
  });

  test('that reports an error is an error, not records of the page that says so', async () => {
    const response = await fetch(await at('nothing'));
    expect(() => open(response, { kind })).toThrow(/\/nothing: the server answered 404 Not Found$/);
    await response.body?.cancel();
  });
});
