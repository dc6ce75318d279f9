// Is a file of a server read like the file: whole, by ranges, and with a clear error if it changes, ends early or is refused?
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { encode, report, summarize } from '../src/node.ts';
import { httpFileSource } from '../src/stream/http-file.ts';

const ETAG = '"one"';
const BYTES = encode(
  Array.from({ length: 50_000 }, (_, i) => ({ res: BigInt(i % 4096), obj: BigInt(i) })),
  { kind: 'io_event' },
);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server whose only file answers as `answer` does. */
async function serve(answer: Answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dump`;
  return { url, byteLength: BYTES.byteLength, etag: ETAG };
}

const rangeOf = ({ headers }: IncomingMessage) => {
  const [begin, end] = (headers.range ?? '').replace('bytes=', '').split('-').map(Number);
  return BYTES.subarray(begin, end + 1);
};

const whole: Answer = (request, response) => {
  if (request.headers['if-match'] !== ETAG) response.writeHead(412).end();
  else response.writeHead(206).end(rangeOf(request));
};

test('a file gives what its bytes give, and can be opened again', async () => {
  const source = httpFileSource(await serve(whole), 'dump');
  const alone = await summarize(BYTES, { kind: 'io_event', name: 'dump' });
  expect((await summarize(source, { kind: 'io_event' })).toJSON()).toEqual(alone.toJSON());
  const again = source.reopen?.();
  if (again === undefined) throw new Error('it cannot be opened again');
  const reported = await report(again, { kind: 'io_event' });
  expect(reported.toJSON()).toEqual(
    (await report(BYTES, { kind: 'io_event', name: 'dump' })).toJSON(),
  );
});

test('a range of a range has its bytes and its offset', async () => {
  const source = httpFileSource(await serve(whole), 'dump');
  const range = source.range?.(3200, 9600)?.range?.(320, 352);
  if (range === undefined) throw new Error('it has no ranges');
  expect([range.byteOffset, range.byteLength]).toEqual([3520, 32]);
  const bytes = new Uint8Array(64);
  let read = 0;
  for (let got = 1; got > 0; read += got) got = await range.read(bytes.subarray(read));
  expect(bytes.subarray(0, read)).toEqual(BYTES.subarray(3520, 3552));
});

const FAULTS: readonly [what: string, answer: Answer, code: string, words: string][] = [
  [
    'changed',
    (_, response) => response.writeHead(412).end(),
    'AIOSCOPE_CHANGED',
    'the file changed since it was chosen; choose it again',
  ],
  [
    'is gone',
    (_, response) => response.writeHead(404).end(),
    'AIOSCOPE_READ',
    'the server answered 404 to a request for bytes 0 to 1048576',
  ],
  [
    'ignores ranges',
    (_, response) => response.writeHead(200).end(BYTES),
    'AIOSCOPE_READ',
    'the server answered 200',
  ],
  [
    'ends early',
    (request, response) => response.writeHead(206).end(rangeOf(request).subarray(0, 3210)),
    'AIOSCOPE_SHRANK',
    'ended at byte 3210, expected 1600000 bytes',
  ],
  [
    'breaks off',
    (request, response) => {
      response.writeHead(206, { 'content-length': BYTES.byteLength });
      response.write(rangeOf(request).subarray(0, 3200), () => response.destroy());
    },
    'AIOSCOPE_READ',
    'every whole record before it was read',
  ],
];

test.each(FAULTS)('a file that %s is an error', async (_, answer, code, words) => {
  const source = httpFileSource(await serve(answer), 'dump');
  const fault = await summarize(source, { kind: 'io_event' }).catch((error) => error);
  expect(fault).toMatchObject({ code });
  expect(fault.message).toContain(words);
});

test('a source that was only looked at holds no connection', async () => {
  let open = 0;
  const file = await serve((request, response) => {
    open += 1;
    response.on('close', () => {
      open -= 1;
    });
    whole(request, response);
  });
  for (let i = 0; i < 8; i++) {
    const source = httpFileSource(file, 'dump');
    expect(await source.read(new Uint8Array(64))).toBe(64);
  }
  await expect.poll(() => open).toBe(0);
});

test('a server that does not answer is an error', async () => {
  const file = { url: 'http://127.0.0.1:9/dump', byteLength: 64, etag: ETAG };
  const reading = summarize(httpFileSource(file, 'dump'), { kind: 'io_event' });
  await expect(reading).rejects.toThrow('dump: the server does not answer');
});
