// Does `open` without a kind read what `summarize` counts, and say what it found?
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type OpenOptions, open, openSource, type RecordBatch, summarize } from '../../src/node.ts';
import { arrowStream } from '../../src/sinks/arrow.ts';
import { fixture } from '../support/cli.ts';
import { pieces } from '../support/events.ts';

const CAPTURES = [
  'fio_nowait.ioev',
  'fio_nowait.ioev56',
  'fio_nowait.iocb88',
  'case_rwf.iocb',
  'fio_ring_threads.wrap.ring',
  'sysbench_fileio.ioev56.gz',
];

/** The format and number of the records that a reader yields. */
async function readOf(reader: AsyncIterable<RecordBatch>) {
  let records = 0;
  let format: object | undefined;
  for await (const { schema, length, kind } of reader) {
    expect(kind).toBe(schema.kind);
    format = { kind, endian: schema.endian, layout: schema.layout.text };
    records += length;
  }
  return { ...format, records };
}

test.each(CAPTURES)('%s', async (name) => {
  const path = fixture(name);
  const [{ kind, endian, layout }] = (await summarize(path)).inputs;
  const reader = open(path);
  const found = await readOf(reader);
  expect(found).toMatchObject({ kind, endian, layout });
  expect(found.records).toBe(reader.quality.records);
  expect({ kind: reader.schema.kind, layout: reader.schema.layout.text }).toEqual({ kind, layout });
});

test.each<[string, Omit<OpenOptions, 'kind'>]>([
  ['a layout', { layout: 'traced' }],
  ['a byte order', { endian: 'little' }],
  ['a check, which adds its columns', { check: 'linux' }],
  ['conditions', { where: 'res<0' }],
])('with %s given, the rest is detected', async (_, options) => {
  const path = fixture('fio_nowait.ioev56');
  const whole = { ...options, kind: 'io_event', layout: 'traced', endian: 'little' } as const;
  const expected = open(path, whole);
  const reader = open(path, options);
  expect(await readOf(reader)).toEqual(await readOf(expected));
  expect(reader.quality).toEqual(expected.quality);
  expect(reader.schema).toEqual(expected.schema);
});

describe('the schema', () => {
  const path = fixture('fio_nowait.iocb88');

  test('is known at once if the kind is given, or the source is open', async () => {
    expect(open(path, { kind: 'iocb', layout: 'traced' }).schema.stride).toBe(88);
    const reader = open(await openSource(path));
    expect(reader.schema.stride).toBe(88);
    await reader.close();
  });

  test('has to be waited for otherwise', async () => {
    const reader = open(path);
    const message = `${path}: its format is not known yet: wait for ready() of the reader, or give a kind`;
    for (const early of [() => reader.schema, () => reader.plan, () => arrowStream(reader)])
      expect(early).toThrow(expect.objectContaining({ code: 'AIOSCOPE_UNKNOWN', message }));
    expect(reader.quality.records).toBe(0);
    expect(await reader.ready()).toBe(reader);
    expect(reader.schema).toMatchObject({ kind: 'iocb', stride: 88 });
    expect((await readOf(await reader.ready())).records).toBe(4096);
  });

  test('can be waited for of a source that is read once', async () => {
    const bytes = readFileSync(fixture('fio_nowait.ioev'));
    const reader = await open(pieces(bytes, 777), { layout: 'record' }).ready();
    expect(reader.schema.kind).toBe('io_event');
    expect((await readOf(reader)).records).toBe(4096);
  });

  test('is an error of ready(), and of iterating, if nothing is recognized', async () => {
    const reader = open(new TextEncoder().encode('not a dump at all\n'.repeat(40)));
    const unknown = {
      code: 'AIOSCOPE_UNKNOWN',
      message: expect.stringMatching(/^memory: not recognized/),
    };
    await expect(reader.ready()).rejects.toMatchObject(unknown);
    await expect(readOf(reader)).rejects.toMatchObject(unknown);
    await reader.close();
  });
});

test('options that depend on the format are errors once it is known, and the file is closed', async () => {
  const path = fixture('fio_nowait.ioev');
  for (const options of [{ where: 'nope=1' }, { batchSize: 2 ** 21 }])
    await expect(open(path, options).ready()).rejects.toMatchObject({ name: 'AioscopeError' });
  expect(() => open(path, { workers: 0 })).toThrow('workers is 0');
});
