// Does a compressed dump read like the plain one, and do records that begin like one say what to do?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { encode, inspect, type SummaryJson, summarize } from '../../src/node.ts';
import { webHost } from '../../src/stream/host.ts';
import { fixture, printed } from '../support/cli.ts';
import { printedHere, ran } from '../support/cli-here.ts';
import { resOf } from '../support/events.ts';
import { outcomeOf, sourcesIn } from '../support/outcome.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-compression-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EVENTS = fixture('case_rwf.ioev');
const zstd = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../fixtures/${name}.zst`, import.meta.url)));
function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const plain = new Uint8Array(readFileSync(EVENTS));
const members = [
  plain.subarray(0, 100),
  new Uint8Array(0),
  plain.subarray(100, 5000),
  plain.subarray(5000),
].map((part) => gzipSync(part));
/** `zstd case_rwf.ioev`; its first 5000 bytes, a frame to skip, an empty frame and the rest. */
const [ZSTD, FRAMES] = [zstd('case_rwf.ioev'), zstd('case_rwf.frames.ioev')];
const SOURCES = sourcesIn(folder);
const HOW: readonly (readonly [string, Uint8Array, 'gzip' | 'zstd'])[] = [
  ['gzip', gzipSync(plain), 'gzip'],
  ['gzip -0', gzipSync(plain, { level: 0 }), 'gzip'],
  ['gzip -9', gzipSync(plain, { level: 9 }), 'gzip'],
  ['gzip of four members, one empty', Buffer.concat(members), 'gzip'],
  ['zstd', ZSTD, 'zstd'],
  ['zstd of several frames', FRAMES, 'zstd'],
];

describe.each(HOW)('%s', (_, packed, compression) => {
  test.each(SOURCES)('from %s', async (_, source) => {
    expect(await outcomeOf(source(packed))).toEqual({ res: resOf(plain), error: undefined });
    const statistics = ({ inputs, ...json }: SummaryJson) => ({
      ...json,
      inputs: inputs.map((input) => ({ ...input, file: '' })),
    });
    expect(statistics((await summarize(source(packed))).toJSON())).toEqual(
      statistics((await summarize(plain)).toJSON()),
    );
    expect(await inspect(source(packed))).toMatchObject({
      compression,
      kind: 'io_event',
      bytes: 10560,
      records: 330,
      tornBytes: 0,
    });
  });

  test('on the command line, and through the door of every runtime', async () => {
    const expected = await printedHere(['print', '--json', EVENTS]);
    expect(await printedHere(['print', '--json', file('dump.z', packed)])).toBe(expected);
    expect(
      printed(['print', '--json', '--kind', 'io_event', '--compression', 'auto', '-'], {
        input: packed,
      }),
    ).toBe(expected);
    expect(await outcomeOf(packed, webHost)).toEqual({ res: resOf(plain), error: undefined });
  });

  test('as it is', async () => {
    const { inputs } = (
      await summarize(packed, { kind: 'io_event', compression: 'none' })
    ).toJSON();
    expect(inputs).toMatchObject([{ bytes: packed.byteLength, tornBytes: packed.byteLength % 32 }]);
    const text = printed(
      ['summary', '--json', '--kind', 'io_event', '--compression', 'none', '-'],
      { input: packed },
    );
    expect((JSON.parse(text) as SummaryJson).inputs[0].bytes).toBe(packed.byteLength);
  });
});

describe('records that begin like a compressed file', () => {
  test.each([
    ['gzip', 0x08_8b1fn],
    ['zstd', 0xfd2f_b528n],
  ])('%s: an error, unless the bytes are taken as they are', async (name, data) => {
    const bytes = encode(
      Array.from({ length: 9 }, (_, i) => ({ data, obj: 0x7f0000001000n, res: i })),
      { kind: 'io_event' },
    );
    const path = file(`${name}.ioev`, bytes);
    const { status, stdout, stderr } = await ran(['summary', '--kind', 'io_event', '--json', path]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^aioscope: error: .*${name} data (is corrupt|ends too early)`),
    );
    const text = await printedHere([
      'summary',
      '--json',
      '--kind',
      'io_event',
      '--compression',
      'none',
      path,
    ]);
    expect((JSON.parse(text) as SummaryJson).io_event?.records).toBe(9);
    expect(
      await inspect(path, { kind: 'io_event', layout: 'bare', compression: 'none' }),
    ).toMatchObject({ compression: null, bytes: 288 });
  });

  // The error has no advice yet.
  test('the error has advice on how to read them', async () => {
    const bytes = encode([{ data: 0x08_8b1fn, obj: 4096 }], { kind: 'io_event' });
    await expect(summarize(bytes, { kind: 'io_event' })).rejects.toThrow(/compression.*none/);
  });

  test.each([1, 2, 3])('but %i bytes of the zstd magic are read as they are', async (bytes) => {
    expect(await outcomeOf(ZSTD.subarray(0, bytes))).toEqual({ res: [], error: undefined });
  });
});
