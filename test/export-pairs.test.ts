// Do others read from exported pairs what the captures hold?
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { encode, openPairs, type PairBatch, type PairOptions } from '../src/node.ts';
import { arrowStream } from '../src/sinks/arrow.ts';
import { parquetPartitions } from '../src/sinks/parquet.ts';
import { bytesOf, captures, truthOf } from './support/captures.ts';
import { apache, joined, READERS } from './support/readers.ts';
import { type Cell, naiveCells } from './support/tables.ts';

interface Truth {
  readonly match_by_time: Readonly<
    Record<'matched' | 'data_equal', number> &
      Record<'latency_ns_min' | 'latency_ns_max' | 'latency_ns_sum', string>
  >;
}

/** Polls, refused flags, fsync, and many failures: pairs of others are like these. */
const SHOWN = ['case_poll', 'case_rwf', 'case_sync', 'fio_nowait'];
const found = (path: string): string | undefined =>
  [path, `${path}.gz`].find((candidate) => existsSync(candidate));
const sides = captures.flatMap(({ folder, name }) => {
  const [submissions, completions] = [
    found(join(folder, `${name}.iocb88`)),
    found(join(folder, `${name}.ioev56`)),
  ];
  return submissions === undefined || completions === undefined || !SHOWN.includes(name)
    ? []
    : [{ folder, name, submissions, completions }];
});

/** What a row has of each of its records. */
const OF_COMPLETION = {
  completionTs: 'ts',
  completionTid: 'tid',
  res: 'res',
  res2: 'res2',
} as const;

describe.each(sides)('pairs of $name', ({ folder, name, submissions, completions }) => {
  const { match_by_time: truth } = truthOf<Truth>(join(folder, `${name}.gt.json`));
  const requests = new Map(naiveCells(bytesOf(submissions), 'iocb', 'traced'));
  const events = new Map(naiveCells(bytesOf(completions), 'io_event', 'traced'));
  const big = (cell: Cell | undefined): bigint => BigInt(cell ?? 0);

  test.each(Object.keys(READERS))(
    'as %s: latencies of the ground truth, and both records of each pair',
    async (format) => {
      const engine = format === 'parquet' || format === 'csv' ? 'js' : 'wasm-simd';
      const rows = await READERS[format](await openPairs(submissions, completions, { engine }), {});
      const latencies = rows
        .map(({ latencyNs }) => big(latencyNs))
        .sort((a, b) => (a < b ? -1 : Number(a > b)));
      if (truth.data_equal === truth.matched) {
        const sum = latencies.reduce((a, b) => a + b, 0n);
        const { matched, latency_ns_min: min, latency_ns_max: max } = truth;
        expect([rows.length, `${latencies[0]}`, `${latencies.at(-1)}`, `${sum}`]).toEqual([
          matched,
          min,
          max,
          truth.latency_ns_sum,
        ]);
      }
      const wrong = rows.filter((row) => {
        const [s, c] = [Number(row.submissionIndex), Number(row.completionIndex)];
        const ofRequest = [...requests].every(
          ([column, cells]) => big(row[column]) === big(cells[s]),
        );
        const ofEvent = Object.entries(OF_COMPLETION).every(
          ([column, of]) => big(row[column]) === big(events.get(of)?.[c]),
        );
        const isJoined =
          big(row.aio_data) === big(events.get('data')?.[c]) &&
          big(row.addr) === big(events.get('obj')?.[c]);
        return !(
          ofRequest &&
          ofEvent &&
          isJoined &&
          big(row.latencyNs) === big(row.completionTs) - big(row.ts)
        );
      });
      expect(wrong).toEqual([]);
      expect(new Set(rows.map(({ submissionIndex }) => Number(submissionIndex))).size).toBe(
        rows.length,
      );
      expect(new Set(rows.map(({ completionIndex }) => Number(completionIndex))).size).toBe(
        rows.length,
      );
    },
  );
});

describe('pairs', () => {
  const { submissions, completions } = sides.find(({ name }) => name === 'case_sync') ?? sides[0];
  const pairs = (options: PairOptions = {}) => openPairs(submissions, completions, options);

  test('that meet conditions, with names, times and metadata', async () => {
    const all = await READERS.arrow(await pairs(), {});
    const wanted = all.filter(
      ({ latencyNs, aio_fildes }) => BigInt(latencyNs ?? 0) > 300_000n && aio_fildes === 4,
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(all.length);
    const options = { where: 'latencyNs>300000 and aio_fildes=4' };
    for (const format of Object.keys(READERS)) {
      const rows = await READERS[format](await pairs(options), {});
      expect(rows.map(({ submissionIndex }) => `${submissionIndex}`)).toEqual(
        wanted.map(({ submissionIndex }) => `${submissionIndex}`),
      );
    }
    const table = apache.tableFromIPC(
      await joined(arrowStream(await pairs(options), { names: true, tsType: 'timestamp' })),
    );
    const types = new Map(table.schema.fields.map(({ name, type }) => [name, type.toString()]));
    expect([types.get('ts'), types.get('completionTs'), types.get('latencyNs')]).toEqual([
      'Timestamp<NANOSECOND>',
      'Timestamp<NANOSECOND>',
      'Int64',
    ]);
    expect(new Set(table.getChild('aio_lio_opcode_name'))).toEqual(
      new Set(['IOCB_CMD_PWRITE', 'IOCB_CMD_FSYNC', 'IOCB_CMD_FDSYNC']),
    );
    expect(table.schema.metadata.get('kind')).toBe('pairs');
    expect(table.schema.metadata.has('check')).toBe(false);
  });

  test('of many batches keep their indexes where they are selected, and stay when they are copied', async () => {
    const layout = 'ts:u64,addr:u64,record';
    const numbers = Array.from({ length: 20_000 }, (_, i) => i);
    const requests = encode(
      numbers.map((i) => ({ ts: 10 * i, addr: 64 * i + 64, aio_data: i })),
      { kind: 'iocb', layout },
    );
    const results = encode(
      numbers.map((i) => ({ ts: 10 * i + 1 + ((7 * i) % 9), data: i, obj: 64 * i + 64 })),
      { kind: 'io_event', layout: 'ts' },
    );
    const given = {
      submissions: { layout, endian: 'little' },
      completions: { layout: 'ts', endian: 'little' },
    } as const;
    const stream = (where?: string) => openPairs(requests, results, { ...given, where });
    const places = (batch: PairBatch) =>
      Array.from(batch.columns['latencyNs'] as BigInt64Array, (ns, i) => ({
        ns,
        at: `${batch.indexOf(i)} ${batch.offsetOf(i)} ${ns}`,
      }));
    const all: ReturnType<typeof places> = [];
    let batches = 0;
    for await (const batch of await stream()) {
      all.push(...places(batch));
      batches += 1;
    }
    expect(batches).toBeGreaterThan(1);
    const { ns: limit } = all.toSorted((a, b) => Number(a.ns - b.ns))[all.length >> 1];
    const copies: PairBatch[] = [];
    for await (const batch of await stream(`latencyNs>${limit}`)) copies.push(batch.copy());
    expect(copies.flatMap(places)).toEqual(all.filter(({ ns }) => ns > limit));
  });

  test.each(Object.keys(READERS))('no pairs at all, as %s', async (format) => {
    expect(await READERS[format](await pairs({ where: 'latencyNs<0' }), {})).toEqual([]);
    const layout = 'ts:u64,addr:u64,record';
    const given = {
      submissions: { layout, endian: 'little' },
      completions: { layout: 'ts:u64,record', endian: 'little' },
    } as const;
    const none = await openPairs(
      encode([], { kind: 'iocb', layout }),
      encode([], { kind: 'io_event', layout: 'ts:u64,record' }),
      given,
    );
    expect(none.schema.columns.map(({ name }) => name)).toContain('latencyNs');
    expect(await READERS[format](none, {})).toEqual([]);
  });

  test('in partitions', async () => {
    const parts = new Map<string, Uint8Array[]>();
    for await (const { path, bytes } of parquetPartitions(await pairs(), { by: 'aio_lio_opcode' }))
      parts.set(path, [...(parts.get(path) ?? []), bytes]);
    let rows = 0;
    for (const chunks of parts.values())
      rows += (await parquetReadObjects({ file: Uint8Array.from(Buffer.concat(chunks)).buffer }))
        .length;
    expect([rows, [...parts.keys()].sort()]).toEqual([
      480,
      [1, 2, 3].map((opcode) => `aio_lio_opcode=${opcode}/part-0.parquet`),
    ]);
  });

  test('are read once, tell torn bytes, and are let go of', async () => {
    const torn = Buffer.concat([bytesOf(submissions), Buffer.alloc(5)]);
    const stream = await openPairs(torn, completions);
    let rows = 0;
    for await (const { length } of stream) rows += length;
    expect([
      rows,
      stream.quality.submissions.tornBytes,
      stream.quality.completions.tornBytes,
    ]).toEqual([480, 5, 0]);
    expect(() => stream[Symbol.asyncIterator]()).toThrow(
      'these pairs have been read; match again to read them again',
    );
    const unread = await pairs();
    await unread.close();
    expect(() => unread[Symbol.asyncIterator]()).toThrow('these pairs have been read');
    await expect(pairs({ where: 'zip=1' })).rejects.toThrow(
      "where 'zip=1': column 'zip' does not exist; the columns are aio_data,",
    );
  });
});
