// Do others read from our Arrow what the records hold?
import { readFileSync } from 'node:fs';
import { type Table, tableFromIPC } from '@uwdata/flechette';
import { describe, expect, test } from 'vitest';
import { type BatchStream, decode, open, type RecordBatch, resolveSchema } from '../src/node.ts';
import { type ArrowOptions, arrowFile, arrowStream } from '../src/sinks/arrow.ts';
import { bytesOf, chunked, shipped, type Truth, truthOf } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { randomBytes } from './support/events.ts';
import { ENVELOPES, type EnvelopeName, KINDS } from './support/oracle.ts';
import { apache } from './support/readers.ts';
import { type Cell, type Cells, expectCells, fieldsOf, naiveCells } from './support/tables.ts';

const FORMATS = { stream: arrowStream, file: arrowFile } as const;
type Format = keyof typeof FORMATS;

/** The bytes of an export; views are taken as a caller that keeps to the rules takes them. */
async function exported(
  format: Format,
  batches: BatchStream,
  options: ArrowOptions = {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of FORMATS[format](batches, options))
    chunks.push(options.views ? chunk.slice() : chunk);
  return Buffer.concat(chunks);
}

const ofApache = (table: ReturnType<typeof apache.tableFromIPC>): Cells =>
  table.schema.fields.map(({ name }) => [name, [...table.getChild(name)]]);
function ofFlechette(bytes: Uint8Array): Cells {
  const table: Table = tableFromIPC(bytes, { useBigInt: true });
  return table.schema.fields.map(({ name }) => [
    name,
    [...(table.getChild(name)?.toArray() ?? [])] as Cell[],
  ]);
}

const IN_FILES = /^(case_rwf|case_vec|sysbench_fileio)/;

describe.each(['stream', 'file'] as const)('%s', (format) => {
  // A file has the blocks of a stream, and where they are.
  test.each(format === 'stream' ? shipped : shipped.filter(({ label }) => IN_FILES.test(label)))(
    '$label is its ground truth, field by field, to two readers',
    async ({ path, truthPath, kind, layout, section }) => {
      const bytes = bytesOf(path);
      const table = apache.tableFromIPC(await exported(format, open(bytes, { kind, layout })));
      const truth = truthOf<Truth>(truthPath);
      expect(table.numRows).toBe(truth.records[section]);
      const cells = ofApache(table);
      if (table.numRows > 0)
        expect(truth[section].fields).toMatchObject(
          fieldsOf(cells, Object.keys(truth[section].fields)),
        );
      expectCells(cells, naiveCells(bytes, kind as 'iocb', layout));
      if (table.numRows > 10_000) return;
      expectCells(
        ofFlechette(
          await exported(format, open(chunked(bytes), { kind, layout }), { views: true }),
        ),
        cells,
      );
    },
  );

  const layouts = Object.keys(ENVELOPES) as EnvelopeName[];
  describe.each(KINDS)('%s of any bytes', (kind) => {
    test.each(layouts)(
      'in %s, little- and big-endian, from batches of any size',
      async (layout) => {
        const { stride } = resolveSchema({ kind, layout });
        for (const [endian, counts] of [
          ['little', [0, 1, 7, 8, 9, 64, 5000]],
          ['big', [1, 64, 500]],
        ] as const) {
          for (const records of counts) {
            const bytes = randomBytes(records * stride, records + 1);
            const expected = naiveCells(bytes, kind, layout, endian);
            for (const batchSize of [8192, 4096, 37]) {
              const batches = open(bytes, { kind, layout, endian, batchSize });
              const made = await exported(format, batches, { views: batchSize !== 37 });
              expectCells(ofApache(apache.tableFromIPC(made)), expected);
              if (batchSize === 37) expectCells(ofFlechette(made), expected);
            }
          }
        }
      },
    );
  });

  test('short batches are put together, long ones are not copied, and the order stays', async () => {
    const bytes = randomBytes(40_000 * 32);
    const words = new Uint32Array(bytes.buffer);
    for (let i = 0; i < 40_000; i++) words[8 * i + 6] = i < 9000 || i % 10 === 0 ? 1 : 0;
    const batches = () => open(bytes, { kind: 'io_event', where: 'res2!=0', batchSize: 5000 });
    for (let i = 0; i < 40_000; i++) words[8 * i + 7] = 0;
    const table = apache.tableFromIPC(await exported(format, batches(), { views: true }));
    expect(table.batches.map(({ numRows }) => numRows)).toEqual([5000, 4100, 3000]);
    expect([...table.getChild('obj')]).toEqual([
      ...decode(bytes, { kind: 'io_event', where: 'res2!=0' }).columns.obj,
    ]);
  });

  test('a ring has slots and states', async () => {
    const image = readFileSync(fixture('fio_ring_threads.wrap.ring'));
    const batch = decode(image, { kind: 'aio_ring' });
    const rows = Array.from({ length: batch.length }, (_, i) => i);
    const table = apache.tableFromIPC(
      await exported(format, open(image, { kind: 'aio_ring', batchSize: 50 })),
    );
    expect([...table.getChild('slot')]).toEqual(rows.map((i) => batch.slotOf(i)));
    expect([...table.getChild('state')]).toEqual(rows.map((i) => batch.stateOf(i)));
    expect([...table.getChild('res')]).toEqual([...batch.columns.res]);
  });
});

describe('as a stream', () => {
  test('chunks own their bytes, unless views are asked for', async () => {
    const bytes = randomBytes(20_000 * 32);
    const batches = () => open(bytes, { kind: 'io_event', batchSize: 4096 });
    const collected: Uint8Array[] = [];
    for await (const chunk of arrowStream(batches())) collected.push(chunk);
    expect(
      Buffer.concat(collected).equals(await exported('stream', batches(), { views: true })),
    ).toBe(true);
    expect(new Set(collected.map(({ buffer }) => buffer)).size).toBe(collected.length);
  });

  test('whoever stops reading lets go of the source, and a source that fails is told', async () => {
    let closed = 0;
    async function* pieces() {
      try {
        for (;;) yield randomBytes(2 ** 20);
      } finally {
        closed += 1;
      }
    }
    const stream = arrowStream(open(pieces(), { kind: 'io_event' }));
    for await (const chunk of stream) if (chunk.byteLength > 2 ** 17) break;
    expect(closed).toBe(1);
    async function* failing() {
      yield randomBytes(64);
      throw new Error('the cable is out');
    }
    await expect(exported('stream', open(failing(), { kind: 'io_event' }))).rejects.toThrow(
      'the cable is out',
    );
  });

  test('several sources of one schema are one table', async () => {
    const [a, b] = [randomBytes(5000 * 32, 3), randomBytes(77 * 32, 4)];
    const stream: BatchStream = {
      schema: resolveSchema({ kind: 'io_event' }),
      async *[Symbol.asyncIterator]() {
        for (const bytes of [a, b])
          yield* open(bytes, { kind: 'io_event' }) as AsyncIterable<RecordBatch>;
      },
    };
    const table = apache.tableFromIPC(await exported('file', stream));
    expectCells(
      ofApache(table),
      naiveCells(new Uint8Array(Buffer.concat([a, b])), 'io_event', 'record'),
    );
  });
});
