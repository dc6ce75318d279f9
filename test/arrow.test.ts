// Do others read from our Arrow what the records hold?
import { readFileSync } from 'node:fs';
import { type Table, tableFromIPC } from '@uwdata/flechette';
import { describe, expect, test } from 'vitest';
import {
  type BatchStream,
  decode,
  encode,
  type FormatOptions,
  open,
  type RecordBatch,
  resolveSchema,
  version,
} from '../src/node.ts';
import { type ArrowOptions, arrowFile, arrowStream } from '../src/sinks/arrow.ts';
import { bytesOf, chunked, dumps, type Truth, truthOf } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { randomBytes } from './support/events.ts';
import { ENVELOPES, type EnvelopeName, KINDS } from './support/oracle.ts';
import { installPeers } from './support/peers.ts';
import { type Cell, type Cells, expectCells, fieldsOf, naiveCells } from './support/tables.ts';

/** What the tests use of apache-arrow, whose types are not there when the types are checked. */
interface ApacheTable {
  readonly numRows: number;
  readonly schema: {
    readonly fields: { name: string; type: { toString(): string }; nullable: boolean }[];
    readonly metadata: Map<string, string>;
  };
  readonly batches: readonly { readonly numRows: number }[];
  getChild(name: string): Iterable<Cell>;
}
const apache = installPeers()('apache-arrow') as { tableFromIPC(bytes: Uint8Array): ApacheTable };

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

const ofApache = (table: ApacheTable): Cells =>
  table.schema.fields.map(({ name }) => [name, [...table.getChild(name)]]);
function ofFlechette(bytes: Uint8Array): Cells {
  const table: Table = tableFromIPC(bytes, { useBigInt: true });
  return table.schema.fields.map(({ name }) => [
    name,
    [...(table.getChild(name)?.toArray() ?? [])] as Cell[],
  ]);
}

describe.each(['stream', 'file'] as const)('%s', (format) => {
  test.each(dumps)(
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

describe('columns', () => {
  const layout = 'ts:u64,comm:char4,record';
  const made = (records: Parameters<typeof encode>[0], format: FormatOptions) =>
    open(encode(records, format), format);
  const read = async (batches: BatchStream, options: ArrowOptions) =>
    apache.tableFromIPC(await exported('stream', batches, options));

  test('types, extremes and metadata', async () => {
    const records = [
      {
        ts: 2n ** 64n - 1n,
        comm: 'é\xff',
        aio_data: 2n ** 63n,
        aio_offset: -(2n ** 63n),
        aio_fildes: -1,
        aio_reqprio: -32768,
        aio_lio_opcode: 65535,
      },
      {
        ts: 1n,
        comm: 'abcd',
        aio_offset: 2n ** 63n - 1n,
        aio_data: 2n ** 64n - 1n,
        aio_flags: 2 ** 31,
      },
    ];
    const table = await read(made(records, { kind: 'iocb', layout }), {
      metadata: { source: 'x' },
    });
    expect(
      table.schema.fields.map(
        ({ name, type, nullable }) => `${name} ${type}${nullable ? ' null' : ''}`,
      ),
    ).toEqual([
      ...[
        'aio_data Uint64',
        'aio_key Uint32',
        'aio_rw_flags Uint32',
        'aio_lio_opcode Uint16',
        'aio_reqprio Int16',
        'aio_fildes Int32',
      ],
      ...[
        'aio_buf Uint64',
        'aio_nbytes Uint64',
        'aio_offset Int64',
        'aio_reserved2 Uint64',
        'aio_flags Uint32',
        'aio_resfd Int32',
      ],
      ...['ts Uint64', 'comm Utf8'],
    ]);
    expect([...table.schema.metadata]).toEqual(
      Object.entries({ kind: 'iocb', layout, endian: 'little', aioscope: version, source: 'x' }),
    );
    expect([...table.getChild('aio_data')]).toEqual([2n ** 63n, 2n ** 64n - 1n]);
    expect([...table.getChild('aio_offset')]).toEqual([-(2n ** 63n), 2n ** 63n - 1n]);
    expect([...table.getChild('aio_fildes')]).toEqual([-1, 0]);
    expect([...table.getChild('aio_reqprio')]).toEqual([-32768, 0]);
    expect([...table.getChild('comm')]).toEqual(['é\xff', 'abcd']);
    expect([...table.getChild('ts')]).toEqual([2n ** 64n - 1n, 1n]);
  });

  test('names stand beside their numbers, and what has none is null', async () => {
    const results = [
      -5n,
      0n,
      4096n,
      -1n,
      -133n,
      -134n,
      -512n,
      -4095n,
      -4096n,
      -(2n ** 63n),
      -(2n ** 32n) + 5n,
      4294967291n,
    ];
    const table = await read(
      made(
        results.map((res) => ({ res })),
        { kind: 'io_event' },
      ),
      { names: true },
    );
    expect(table.schema.fields.map(({ name }) => name)).toEqual([
      'data',
      'obj',
      'res',
      'res_name',
      'res2',
    ]);
    const expected = [
      'EIO',
      null,
      null,
      'EPERM',
      'EHWPOISON',
      null,
      'ERESTARTSYS',
      null,
      null,
      null,
      null,
      null,
    ];
    expect([...table.getChild('res_name')]).toEqual(expected);
    const opcodes = [0, 8, 9, 65535, 5];
    const iocbs = await read(
      made(
        opcodes.map((aio_lio_opcode) => ({ aio_lio_opcode })),
        { kind: 'iocb' },
      ),
      {
        names: true,
        columns: ['aio_lio_opcode', 'aio_flags'],
      },
    );
    expect(iocbs.schema.fields.map(({ name }) => name)).toEqual([
      'aio_lio_opcode',
      'aio_lio_opcode_name',
      'aio_flags',
    ]);
    expect([...iocbs.getChild('aio_lio_opcode_name')]).toEqual([
      'IOCB_CMD_PREAD',
      'IOCB_CMD_PWRITEV',
      null,
      null,
      'IOCB_CMD_POLL',
    ]);
  });

  test('a ts is a timestamp, and one that cannot be is reported with its record', async () => {
    const format = { kind: 'io_event', layout: 'ts' } as const;
    const bytes = await exported('stream', made([{ ts: 2n ** 63n - 1n }, { ts: 7n }], format), {
      tsType: 'timestamp',
    });
    expect(apache.tableFromIPC(bytes).schema.fields.at(-1)?.type.toString()).toBe(
      'Timestamp<NANOSECOND>',
    );
    const column = tableFromIPC(bytes, {
      useTimestampNanos: true,
      useBigInt: true,
    } as object).getChild('ts');
    expect(column?.length).toBe(2);
    const beyond = exported('stream', made([{ ts: 7n }, { ts: 2n ** 63n }], format), {
      tsType: 'timestamp',
    });
    await expect(beyond).rejects.toThrow(
      'ts of record 1 is 9223372036854775808, beyond the last timestamp, 9223372036854775807; write it as a number',
    );
  });

  test('columns that do not exist, or would occur twice, are refused at once', () => {
    const batches = open(new Uint8Array(0), { kind: 'io_event', layout: 'res_name:u8,record' });
    const zip: string = 'zip';
    expect(() => arrowStream(batches, { columns: [zip] })).toThrow(
      "column 'zip' does not exist; the columns are data, obj, res, res2, res_name",
    );
    expect(() => arrowFile(batches, { names: true })).toThrow(
      "column 'res_name' would occur twice in the table",
    );
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
