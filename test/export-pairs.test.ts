// Do others read from exported pairs, and from the columns of a check, what the captures hold?
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { RELEASES } from '../src/abi/index.ts';
import { encode, open, openPairs, type PairBatch, type PairOptions } from '../src/node.ts';
import { type ArrowOptions, arrowFile, arrowStream } from '../src/sinks/arrow.ts';
import { parquetFile, parquetPartitions } from '../src/sinks/parquet.ts';
import type { BatchStream } from '../src/stream/coalesce.ts';
import { csvHeader, csvRows, ndjsonRows } from '../src/text.ts';
import { IOCB_LINES, naiveIocb, naiveIoEvent, type Plain } from './naive/check.ts';
import { bytesOf, captures, collect, dumps, truthOf } from './support/captures.ts';
import { randomBytes } from './support/events.ts';
import { installPeers } from './support/peers.ts';
import { type Cell, DESCRIPTORS, naiveCells } from './support/tables.ts';

interface ApacheTable {
  readonly numRows: number;
  readonly schema: {
    readonly fields: { name: string; type: { toString(): string } }[];
    readonly metadata: Map<string, string>;
  };
  getChild(name: string): Iterable<Cell>;
}
const apache = installPeers()('apache-arrow') as { tableFromIPC(bytes: Uint8Array): ApacheTable };

type Rows = readonly Readonly<Record<string, Cell>>[];
const joined = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> =>
  Buffer.concat(await collect(chunks));

function ofApache(bytes: Uint8Array): Rows {
  const table = apache.tableFromIPC(bytes);
  const columns = table.schema.fields.map(({ name }) => [name, [...table.getChild(name)]] as const);
  return Array.from({ length: table.numRows }, (_, i) =>
    Object.fromEntries(columns.map(([name, cells]) => [name, cells[i]])),
  );
}

async function ofText(batches: BatchStream, rows: typeof csvRows): Promise<string[]> {
  let text = '';
  for await (const batch of batches) text += rows(batch);
  return text.split('\n').slice(0, -1);
}

/** Every format, read back by somebody else. */
const READERS: Readonly<
  Record<string, (batches: BatchStream, options: ArrowOptions) => Promise<Rows>>
> = {
  arrow: async (batches, options) => ofApache(await joined(arrowStream(batches, options))),
  'arrow-file': async (batches, options) => ofApache(await joined(arrowFile(batches, options))),
  parquet: async (batches, options) =>
    (await parquetReadObjects({
      file: Uint8Array.from(await joined(parquetFile(batches, options))).buffer,
    })) as Rows,
  csv: async (batches) => {
    const names = csvHeader(batches.schema).trim().split(',');
    const lines = await ofText(batches, csvRows);
    return lines.map((line) =>
      Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])),
    );
  },
  ndjson: async (batches) =>
    (await ofText(batches, ndjsonRows)).map((line) => JSON.parse(line) as Rows[number]),
};

interface Truth {
  readonly match_by_time: Readonly<
    Record<'matched' | 'data_equal', number> &
      Record<'latency_ns_min' | 'latency_ns_max' | 'latency_ns_sum', string>
  >;
}

const found = (path: string): string | undefined =>
  [path, `${path}.gz`].find((candidate) => existsSync(candidate));
const sides = captures.flatMap(({ folder, name }) => {
  const [submissions, completions] = [
    found(join(folder, `${name}.iocb88`)),
    found(join(folder, `${name}.ioev56`)),
  ];
  const isLong = name.startsWith('fio_medium');
  return submissions === undefined || completions === undefined || isLong
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

describe('the columns of a check', () => {
  const shipped = dumps.filter(
    ({ layout, label }) => layout === 'record' && !label.startsWith('fio_medium'),
  );
  const sources = [
    ...shipped.map(({ label, path, kind }) => ({
      label,
      kind: kind as 'iocb' | 'io_event',
      bytes: () => bytesOf(path),
    })),
    { label: 'random iocbs', kind: 'iocb' as const, bytes: () => randomBytes(64 * 3000, 5) },
    {
      label: 'random io_events',
      kind: 'io_event' as const,
      bytes: () => randomBytes(32 * 3000, 6),
    },
  ];

  test.each(sources)(
    'of $label are what a naive check says, in every format',
    async ({ kind, bytes }) => {
      const dump = bytes();
      const cells = naiveCells(dump, kind, 'record');
      const plain = (i: number): Plain =>
        Object.fromEntries(
          cells.map(([name, values]) => {
            const value = BigInt(values[i] ?? 0);
            return [name, DESCRIPTORS.includes(name) ? BigInt.asUintN(32, value) : value];
          }),
        );
      const verdicts = cells[0][1].map((_, i) =>
        kind === 'iocb' ? naiveIocb(plain(i), 'linux') : naiveIoEvent(plain(i)),
      );
      const numbers: string[] = [];
      for (const [at, format] of Object.keys(READERS).entries()) {
        const engine = at % 2 === 0 ? 'js' : 'wasm-simd';
        const rows = await READERS[format](open(dump, { kind, check: 'linux', engine }), {
          names: true,
        });
        expect(rows.length).toBe(verdicts.length);
        const found = rows
          .map(
            ({ anomalies, firstRefusal, minKernel }) => `${anomalies} ${firstRefusal} ${minKernel}`,
          )
          .join('\n');
        numbers.push(found);
        if (format === 'csv' || format === 'ndjson') continue;
        const wrong = rows.findIndex((row, i) => {
          const { anomalies, firstRefusal, minKernel = '–' } = verdicts[i];
          const reason = firstRefusal === '–' ? null : (firstRefusal.split(' ').at(-1) ?? '');
          const release = minKernel === '–' ? null : minKernel;
          return (
            row.anomalies_name !== anomalies.join('|') ||
            row.firstRefusal_name !== reason ||
            (row.minKernel_name ?? null) !== release
          );
        });
        expect([format, wrong]).toEqual([format, -1]);
        if (kind === 'io_event') continue;
        const place = (name: string) => IOCB_LINES.findIndex(([each]) => each === name);
        const mask = (names: readonly string[]) =>
          names.reduce((all, name) => (all | (1 << place(name))) >>> 0, 0);
        const release = (name: string | undefined) => RELEASES.indexOf(name ?? '') + 1;
        const expected = verdicts.map((verdict) => {
          const reason = place(verdict.firstRefusal.split(' ').at(-1) ?? '') + 1;
          return `${mask(verdict.anomalies)} ${reason} ${release(verdict.minKernel)}`;
        });
        expect(found === expected.join('\n')).toBe(true);
      }
      expect(new Set(numbers).size).toBe(1);
    },
  );

  test('select records by the number or the name of what refuses them', async () => {
    const random = randomBytes(64 * 3000, 7);
    const records = Array.from({ length: 8 }, (_, i) => ({ aio_lio_opcode: i, aio_fildes: 3 - i }));
    const dump = Buffer.concat([random, encode(records, { kind: 'iocb' })]);
    const read = (where?: string) =>
      READERS.arrow(open(dump, { kind: 'iocb', check: 'linux', where }), { names: true });
    const all = await read();
    const refused = all.filter(({ firstRefusal }) => firstRefusal !== 0);
    const negative = all.filter(({ firstRefusal_name }) => firstRefusal_name === 'fildes-negative');
    expect(negative.length).toBeGreaterThan(0);
    expect(await read('firstRefusal!=0')).toEqual(refused);
    expect(await read('firstRefusal=fildes-negative')).toEqual(negative);
    await expect(async () => read('firstRefusal=zip')).rejects.toThrow(
      "'zip' is not a value of firstRefusal; expected a whole number from 0 to 255, decimal or 0x hex, or a rule such as opcode-not-taken",
    );
    const table = apache.tableFromIPC(
      await joined(arrowStream(open(dump, { kind: 'iocb', check: 'gvisor' }))),
    );
    expect(table.schema.metadata.get('check')).toBe('gvisor');
  });
});
