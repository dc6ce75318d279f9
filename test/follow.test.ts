// Is a growing file followed record by record, and does following end as it should?

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { encode, open, summarize } from '../src/node.ts';
import { environment, fixture, main } from './support/cli.ts';

const kind = 'io_event';
const folder = mkdtempSync(join(tmpdir(), 'aioscope-follow-'));
afterAll(() => rmSync(folder, { recursive: true }));

const events = (from: number, to: number): Uint8Array =>
  encode(
    Array.from({ length: to - from }, (_, i) => ({ data: BigInt(from + i), obj: 8n })),
    { kind },
  );
const fileWith = (name: string, bytes: Uint8Array): string => {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
};

test('records come as soon as they are whole, each once, and following ends when its signal fires', async () => {
  const file = fileWith('grows', events(0, 10));
  const follow = new AbortController();
  const reader = open(file, { kind, follow: follow.signal });
  const seen: bigint[] = [];
  const whole = events(10, 25);
  // Appended at each step: part of a record, its rest with more, and records across several reads.
  const steps = [
    () => appendFileSync(file, whole.subarray(0, 40)),
    () => appendFileSync(file, whole.subarray(40)),
    () => follow.abort(),
  ];
  for await (const batch of reader) {
    seen.push(...batch.columns.data);
    steps.shift()?.();
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => BigInt(i)));
  expect(reader.quality).toEqual({ bytes: 25 * 32, records: 25, tornBytes: 0, tornOffset: null });
});

test('a summary of a followed file is of all that came until then, torn bytes counted', async () => {
  const file = fileWith('summary', events(0, 5).subarray(0, 150));
  const follow = new AbortController();
  setTimeout(() => appendFileSync(file, events(0, 100).subarray(150, 32 * 100)), 150);
  setTimeout(() => follow.abort(), 500);
  const { io_event, inputs } = (await summarize(file, { kind, follow: follow.signal })).toJSON();
  expect(io_event).toMatchObject({ records: 100, columns: { data: { sum: '4950' } } });
  expect(inputs[0]).toMatchObject({ bytes: 3200, tornBytes: 0 });
});

test('a followed file that is cut is an error, after every record before', async () => {
  const file = fileWith('cut', events(0, 10));
  const reader = open(file, { kind, follow: new AbortController().signal });
  let records = 0;
  const reading = (async () => {
    for await (const batch of reader) {
      records += batch.length;
      truncateSync(file, 64);
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: 'AIOSCOPE_SHRANK', byteOffset: 64 });
  expect(records).toBe(10);
});

test('an abort ends the waiting, and breaking off closes the file', async () => {
  const file = fileWith('abort', events(0, 3));
  const abort = new AbortController();
  const reader = open(file, { kind, follow: new AbortController().signal, signal: abort.signal });
  setTimeout(() => abort.abort(), 100);
  const reading = (async () => {
    for await (const _ of reader);
  })();
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
});

test('the command prints what is there at once, and ends at Ctrl-C with exit code 0', async () => {
  const file = fileWith('command', events(0, 2));
  const child = spawn(
    process.execPath,
    [main, 'print', '--follow', '--kind', kind, '--format', 'csv', '--columns', 'data', file],
    {
      env: environment(),
    },
  );
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.endsWith('1,32,1\n')) appendFileSync(file, events(2, 3));
    if (printed.endsWith('2,64,2\n')) child.kill('SIGINT');
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(printed).toBe('index,offset,data\n0,0,0\n1,32,1\n2,64,2\n');
});

test('a live pipe is recognized by what its first write had', async () => {
  const child = spawn(process.execPath, [main, 'print', '--follow', '--ndjson', '-'], {
    env: environment(),
  });
  child.stdin.write(readFileSync(fixture('case_rwf.ioev')));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.split('\n').length === 331) child.stdin.end();
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(printed.split('\n').length).toBe(331);
});

test('a live pipe is printed as it comes', async () => {
  const child = spawn(
    process.execPath,
    [main, 'print', '--follow', '--kind', kind, '--format', 'csv', '--columns', 'data', '-'],
    {
      env: environment(),
    },
  );
  child.stdin.write(events(0, 1));
  const [first] = await once(child.stdout.setEncoding('utf8'), 'data');
  expect(first).toBe('index,offset,data\n0,0,0\n');
  child.stdin.end(events(1, 2));
  const [second] = await once(child.stdout, 'data');
  expect(second).toBe('1,32,1\n');
  expect(await once(child, 'close')).toEqual([0, null]);
});
