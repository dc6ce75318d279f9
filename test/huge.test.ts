// Are counts, offsets and statistics exact beyond 2 and 4 GiB, and is memory bounded, nothing left open, and nothing lost from slow writers?
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { encode, open, type SummaryJson, summarize } from '../src/node.ts';
import { environment, main, printed } from './support/cli.ts';
import { soon } from './support/events.ts';
import { TELL_PEAK } from './support/peak.ts';

const GIB = 2 ** 30;
const folder = mkdtempSync(join(tmpdir(), 'aioscope-huge-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of zeros that takes no room on the disk, with one io_event at each place. */
function sparse(name: string, byteLength: number, events: ReadonlyMap<number, bigint>): string {
  const path = join(folder, name);
  const fd = openSync(path, 'w');
  ftruncateSync(fd, byteLength);
  for (const [offset, res] of events)
    writeSync(fd, encode([{ obj: offset, res, data: 7n }], { kind: 'io_event' }), 0, 32, offset);
  closeSync(fd);
  return path;
}

describe('a file of more than 4 GiB', () => {
  const TORN = 17;
  const byteLength = 4.25 * GIB + TORN;
  const records = (byteLength - TORN) / 32;
  /** Where real records lie, and their `res`: at either side of every power that a word could overflow at, and at the end. */
  const events = new Map([
    [0, 1n],
    [2 * GIB - 32, -5n],
    [2 * GIB, 2n ** 62n],
    [4 * GIB - 32, -4096n],
    [4 * GIB, 2n ** 62n],
    [byteLength - TORN - 32, 4096n],
  ]);
  const path = sparse('beyond', byteLength, events);

  test('has its records at their offsets', async () => {
    const found = new Map<number, bigint>();
    const reader = open(path, { kind: 'io_event', batchSize: 65536 });
    for await (const batch of reader) {
      const { data, res } = batch.columns;
      for (let i = data.indexOf(7n); i >= 0; i = data.indexOf(7n, i + 1))
        found.set(batch.offsetOf(i), res[i]);
    }
    expect(found).toEqual(events);
    expect(reader.quality).toEqual({
      bytes: byteLength,
      records,
      tornBytes: TORN,
      tornOffset: byteLength - TORN,
    });
  });

  // Last: the file is in the page cache by now. 8 GiB are for `npm run huge`.
  test('is counted exactly, in less than 150 MB', () => {
    const args = [
      ...TELL_PEAK,
      main,
      'summary',
      '--kind',
      'io_event',
      '--workers',
      '2',
      '--json',
      path,
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: environment(),
    });
    const { inputs, io_event: section }: SummaryJson = JSON.parse(stdout);
    expect(inputs).toMatchObject([{ bytes: byteLength, records, tornBytes: TORN }]);
    const objs = [...events.keys()].reduce((sum, offset) => sum + offset, 0);
    expect(section?.columns).toEqual({
      data: { min: '0', max: '7', sum: String(7 * events.size) },
      obj: { min: '0', max: String(byteLength - TORN - 32), sum: String(objs) },
      res: { min: '-4096', max: String(2n ** 62n), sum: String(2n ** 63n + 1n - 5n) },
      res2: { min: '0', max: '0', sum: '0' },
    });
    expect(section).toMatchObject({
      records,
      succeeded: records - 2,
      failed: 2,
      bytes: String(2n ** 63n + 4097n),
      res2Nonzero: 0,
    });
    expect(section?.errors).toEqual([
      { errno: 5, name: 'EIO', count: 1 },
      { errno: null, name: null, count: 1 },
    ]);
    expect(Number(stderr) / 1024).toBeLessThan(150);
  });
});

test('a FIFO gives every record, however slowly and torn it is written', async () => {
  const fifo = join(folder, 'fifo');
  spawnSync('mkfifo', [fifo]);
  const bytes = encode(
    Array.from({ length: 300 }, (_, i) => ({ obj: 4096 + i, res: i })),
    { kind: 'io_event' },
  );
  const writer = `const { openSync, writeSync } = require('node:fs');
    const fd = openSync(process.argv[1], 'w');
    const bytes = Buffer.from(process.argv[2], 'base64');
    const step = (at) => { if (at < bytes.length) { writeSync(fd, bytes.subarray(at, at + 1001)); setTimeout(step, 15, at + 1001); } };
    step(0);`;
  spawn(
    process.execPath,
    ['-e', writer, fifo, Buffer.from(bytes.subarray(0, -3)).toString('base64')],
    { stdio: 'ignore' },
  );
  const { inputs, io_event: section } = (await summarize(fifo, { kind: 'io_event' })).toJSON();
  expect(inputs).toMatchObject([{ bytes: 9597, records: 299, tornBytes: 29 }]);
  expect(section?.columns['res']).toEqual({ min: '0', max: '298', sum: '44551' });
});

describe('many files', () => {
  const FILES = 200;
  const paths = Array.from({ length: FILES }, (_, i) => join(folder, `many-${i}`));
  for (const [i, path] of paths.entries()) {
    const records = Array.from({ length: 10 + i }, (_, k) => ({
      obj: 4096 + 64 * k,
      res: i === 7 ? -5 : 512 * i,
      res2: 0,
    }));
    writeFileSync(path, encode(records, { kind: 'io_event' }));
  }
  const lengths = paths.map((_, i) => 10 + i);
  const descriptors = () => readdirSync('/proc/self/fd').length;

  test('merge exactly', () => {
    const { inputs, io_event: section } = JSON.parse(
      printed(['summary', '--kind', 'io_event', '--json', ...paths]),
    );
    const bytes = lengths.reduce((sum, length, i) => sum + (i === 7 ? 0 : 512 * i * length), 0);
    expect(inputs.map(({ records }: { records: number }) => records)).toEqual(lengths);
    expect(section).toMatchObject({
      records: lengths.reduce((a, b) => a + b),
      failed: lengths[7],
      bytes: String(bytes),
    });
  });

  test('leave no descriptor open, whole or broken off, one after the other or all at once', async () => {
    await summarize(paths[0], { kind: 'io_event' });
    const before = descriptors();
    for (const path of paths) await summarize(path);
    for (const path of paths)
      for await (const batch of open(path, { kind: 'io_event', batchSize: 1 }))
        if (batch.length === 1) break;
    const all = await soon(Promise.all(paths.map((path) => summarize(path, { kind: 'io_event' }))));
    expect(all.map((summary) => summary.toJSON().io_event?.records)).toEqual(lengths);
    const aborted = AbortSignal.abort(new Error('enough'));
    await Promise.allSettled(
      paths.map((path) => summarize(path, { kind: 'io_event', signal: aborted })),
    );
    await Promise.allSettled(paths.map((path) => summarize(path, { kind: 'aio_ring' })));
    await Promise.allSettled(
      paths.map((path) => summarize(path, { kind: 'io_event', where: 'nope=1' })),
    );
    await Promise.allSettled(paths.map((path) => summarize(path, { where: 'nope=1' })));
    expect(descriptors()).toBe(before);
  });
});
