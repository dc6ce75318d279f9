// Are the rows of the page those of the library, and its searches those of a loop over all records?
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ioEvent } from '../src/abi/record.ts';
import { decode, encode, type Kind, resolveSchema } from '../src/index.ts';
import { answering } from '../src/page/rows/answer.ts';
import { readBytes } from '../src/page/rows/bytes.ts';
import { ABORTED, type AskBody, type Fault, type Tell } from '../src/page/rows/messages.ts';
import { firstAtOrAfter } from '../src/page/rows/zones.ts';
import type { Found, RaceRow, Rows } from '../src/page/session.ts';
import { recordCell } from '../src/words/record-cells.ts';
import { bytesOf, rings, shipped } from './support/captures.ts';
import { runs } from './support/runs.ts';

/** Asks as the page does; the last word is returned, and whatever was said before it. */
async function ask(body: AskBody): Promise<{ said: Tell[]; answer?: unknown; fault?: Fault }> {
  const said: Tell[] = [];
  await answering((tell) => said.push(tell))({ ...body, id: 7 });
  const last = said.pop();
  expect(last).toMatchObject({ id: 7, last: true });
  return { said, ...(last as object) };
}

const answerOf = async <T>(body: AskBody): Promise<T> => {
  const { answer, fault } = await ask(body);
  expect(fault).toBeUndefined();
  return answer as T;
};

const inBlob = (bytes: Uint8Array) => ({ name: 'dump', blob: new Blob([new Uint8Array(bytes)]) });

interface Format {
  readonly kind: Kind;
  readonly layout: string;
  readonly endian: 'little' | 'big';
}

/** All records as the library decodes them. */
function cellsOf(bytes: Uint8Array, format: Format): string[][] {
  const batch = decode(bytes, { ...format });
  const { columns } = resolveSchema({ ...format });
  return Array.from({ length: batch.length }, (_, i) =>
    columns.map((column) => recordCell(batch, column, i)),
  );
}

test.each(shipped.filter(({ path }) => !path.endsWith('.gz')))(
  '$label: rows anywhere',
  async (dump) => {
    const bytes = bytesOf(dump.path);
    const format = { kind: dump.kind, layout: dump.layout, endian: 'little' } as const;
    const { stride, columns } = resolveSchema({ ...format });
    const all = cellsOf(bytes, format);
    const source = inBlob(bytes);
    for (const [first, count] of [
      ...[
        [0, 50],
        [all.length - 3, 64],
        [Math.floor(all.length / 2), 700],
      ],
      ...[
        [all.length, 10],
        [0, 4096],
      ],
    ]) {
      const rows = await answerOf<Rows>({ op: 'rows', source, format, first, count });
      expect(rows.first).toBe(first);
      expect(rows.names).toEqual(columns.map(({ name }) => name));
      expect(rows.cells).toEqual(all.slice(first, first + count));
      const end = Math.min(bytes.byteLength, (first + count) * stride);
      expect(Buffer.compare(rows.bytes, bytes.subarray(first * stride, end))).toBe(0);
    }
  },
);

test.each(rings)('$label: rows are slots', async ({ path }) => {
  const bytes = bytesOf(path);
  const format = { kind: 'aio_ring', layout: 'record', endian: 'little' } as const;
  const batch = decode(bytes, { ...format });
  const { columns } = batch.schema;
  const source = inBlob(bytes);
  const { nr, header_length } = batch.ring?.header ?? { nr: 0, header_length: 0 };
  const rows = await answerOf<Rows>({ op: 'rows', source, format, first: 0, count: 4096 });
  expect(rows.cells.length).toBe(nr);
  const expected = new Map<number, string[]>();
  for (let i = 0; i < batch.length; i++) {
    const cells = columns.map((column) => recordCell(batch, column, i));
    expected.set(batch.slotOf(i) ?? -1, [batch.stateOf(i) ?? '', ...cells]);
  }
  rows.cells.forEach((cells, slot) => {
    if (cells[0] === 'empty') expect(expected.has(slot)).toBe(false);
    else expect(cells).toEqual(expected.get(slot));
  });
  expect(rows.names[0]).toBe('state');
  expect(rows.cells.filter(([state]) => state !== 'empty').length).toBe(batch.length);
  const [first, count] = [nr - 5, 64];
  const last = await answerOf<Rows>({ op: 'rows', source, format, first, count });
  expect(last.cells).toEqual(rows.cells.slice(-5));
  expect(
    Buffer.compare(last.bytes, bytes.subarray(header_length + first * 32, header_length + nr * 32)),
  ).toBe(0);
  const where = 'res<0 or obj>0';
  const met = [...expected.keys()].sort((a, b) => a - b);
  for (const from of [0, 3, nr - 1]) {
    const search = { where, from, direction: 'forward' } as const;
    const found = await answerOf<Found>({ op: 'find', source, format, search });
    expect(found.index).toBe(met.find((slot) => slot >= from));
    const back = { where, from, direction: 'backward' } as const;
    const before = await answerOf<Found>({ op: 'find', source, format, search: back });
    expect(before.index).toBe(met.findLast((slot) => slot <= from));
  }
});

test('a preview shows the first records as another format would read them', async () => {
  const bytes = new Uint8Array(64 * 10 + 5).map((_, i) => (i * 37) & 255);
  const format = { kind: 'iocb', layout: 'pid:u32,record', endian: 'big' } as const;
  const source = inBlob(bytes);
  // What else an opened file has is no option.
  const opened = { ...format, records: 9, name: 'dump' };
  const rows = await answerOf<Rows>({ op: 'preview', source, format: opened, count: 5 });
  expect(rows.cells).toEqual(cellsOf(bytes, format).slice(0, 5));
  const ring = { ...format, kind: 'aio_ring', layout: 'record' } as const;
  const { fault } = await ask({ op: 'preview', source, format: ring, count: 5 });
  expect(fault?.code).toBe('AIOSCOPE_RING');
});

test('gzip: rows as far as reading forward goes, and no search backward', async () => {
  const dump = shipped.find(({ label }) => label === 'fio_nowait.iocb88');
  const bytes = bytesOf(dump?.path ?? '');
  const format = { kind: 'iocb', layout: 'traced', endian: 'little' } as const;
  const file = { source: inBlob(gzipSync(bytes)), format, compression: 'gzip' } as const;
  const all = cellsOf(bytes, format);
  const first = all.length - 20;
  const rows = await answerOf<Rows>({ op: 'rows', ...file, first, count: 64 });
  expect(rows.cells).toEqual(all.slice(first));
  const far = await ask({ op: 'rows', ...file, first: 2 ** 30, count: 64 });
  const refusal =
    'dump: compressed files are read forward only; decompress the file for random access';
  expect(far.fault).toEqual({ code: 'AIOSCOPE_SOURCE', message: refusal });
  const search = { where: 'ts>0', from: first, direction: 'backward' } as const;
  const back = await ask({ op: 'find', ...file, search });
  expect(back.fault?.message).toBe(refusal);
  const forward = { where: 'ts>0', from: first, direction: 'forward' } as const;
  expect(await answerOf({ op: 'find', ...file, search: forward })).toEqual({ index: first });
});

/** Completions whose `res` and `ts` are given, in either byte order. */
function completions(values: readonly { res: bigint; ts: bigint }[], endian: 'little' | 'big') {
  const records = values.map(({ res, ts }) => ({ ts, data: 1n, obj: 0x7f00n, res, res2: 0n }));
  return encode(records, { kind: 'io_event', layout: 'ts:u64,record', endian });
}

const VALUES = fc.array(
  fc.record({ res: fc.constantFrom(-5n, 0n, 4096n), ts: fc.bigInt(0n, 500n) }),
  { maxLength: 400 },
);

test('find equals a loop, from anywhere in both directions', async () => {
  await fc.assert(
    fc.asyncProperty(VALUES, fc.nat(420), fc.boolean(), async (values, from, isBig) => {
      const endian = isBig ? 'big' : 'little';
      const format = { kind: 'io_event', layout: 'ts:u64,record', endian } as const;
      const source = inBlob(completions(values, endian));
      const isMet = ({ res }: { res: bigint }) => res < 0n;
      for (const direction of ['forward', 'backward'] as const) {
        const search = { where: 'res<0', from, direction };
        const { index } = await answerOf<Found>({ op: 'find', source, format, search });
        const naive =
          direction === 'forward'
            ? values.findIndex((each, i) => i >= from && isMet(each))
            : values.findLastIndex((each, i) => i <= from && isMet(each));
        expect(index ?? -1).toBe(naive);
      }
    }),
    { numRuns: runs(25) },
  );
});

const byTime = (a: bigint, b: bigint): number => Number(a - b);

test('a time is found as by a loop, with shuffled times, with zones and without', async () => {
  const zones = fc.option(
    fc.record({
      records: fc.integer({ min: 1, max: 50 }),
      cover: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(VALUES, fc.bigInt(-2n, 510n), zones, async (values, time, zoned) => {
      const format = { kind: 'io_event', layout: 'ts:u64,record', endian: 'little' } as const;
      const source = inBlob(completions(values, 'little'));
      const all: bigint[][] = [];
      for (let i = 0; zoned && i < values.length; i += zoned.records)
        all.push(values.slice(i, i + zoned.records).map(({ ts }) => ts));
      const covered = all.slice(0, Math.floor((zoned?.cover ?? 0) * all.length));
      const most = (some: bigint[]) => [...some].sort(byTime)[some.length - 1];
      // Only the first `count` are valid.
      const latest = BigUint64Array.from([...covered.map(most), 7n, 999n]);
      const first =
        zoned === null ? 0 : firstAtOrAfter({ count: covered.length, latest }, time, zoned.records);
      const { index } = await answerOf<Found>({ op: 'atTime', source, format, time, first });
      expect(index ?? -1).toBe(values.findIndex(({ ts }) => ts >= time));
    }),
    { numRuns: runs(25) },
  );
});

test('a search crosses chunks, tells how far it is, and stops', async () => {
  const records = 2 ** 20;
  const bytes = new Uint8Array(32 * records);
  const resOffset = ioEvent.fields[2].offset;
  for (const at of [0, 70_001, records - 1])
    new DataView(bytes.buffer).setBigInt64(at * 32 + resOffset, -5n, true);
  const source = inBlob(bytes);
  const format = { kind: 'io_event', layout: 'record', endian: 'little' } as const;
  for (const [from, direction, expected] of [
    ...([
      [1, 'forward', 70_001],
      [70_002, 'forward', records - 1],
    ] as const),
    ...([
      [records - 2, 'backward', 70_001],
      [70_000, 'backward', 0],
    ] as const),
  ]) {
    const search = { where: 'res=EIO', from, direction };
    expect(await answerOf({ op: 'find', source, format, search })).toEqual({ index: expected });
  }
  const said: Tell[] = [];
  const answer = answering((tell) => said.push(tell));
  const search = { where: 'res=12345', from: 0, direction: 'forward' } as const;
  const searching = answer({ id: 1, op: 'find', source, format, search });
  await answer({ id: 1, op: 'stop' });
  await searching;
  const fault = { code: ABORTED, message: 'stopped' };
  expect(said.at(-1)).toEqual({ id: 1, last: true, fault });
});

test('a bad condition says why, also for a file without records', async () => {
  const format = { kind: 'io_event', layout: 'record', endian: 'little' } as const;
  const search = { where: 'nothing=1', from: 0, direction: 'forward' } as const;
  const { fault } = await ask({ op: 'find', source: inBlob(new Uint8Array(0)), format, search });
  expect(fault?.code).toBe('AIOSCOPE_COLUMN');
  expect(fault?.message).toContain('the columns are data, obj, res, res2');
  const source = inBlob(new Uint8Array(64));
  const time = await ask({ op: 'atTime', source, format, time: 5n, first: 0 });
  expect(time.fault?.message).toContain('has no ts');
});

test('a file that changed is not read: of the browser and of a server', async () => {
  const blob = new Blob([new Uint8Array(64)]);
  const gone = () => Promise.reject(new DOMException('gone', 'NotReadableError'));
  const slice = () => Object.assign(blob.slice(0, 1), { arrayBuffer: gone });
  const changed = Object.assign(new Blob([new Uint8Array(64)]), { slice });
  const message = 'dump: the file changed since it was chosen; choose it again';
  await expect(readBytes({ name: 'dump', blob: changed }, 0, 64)).rejects.toThrow(message);
  const { fetch } = globalThis;
  const asked: (HeadersInit | undefined)[] = [];
  let status = 206;
  globalThis.fetch = async (_, init) => {
    asked.push(init?.headers);
    return new Response(new Uint8Array(16).fill(status === 206 ? 7 : 0), { status });
  };
  try {
    const source = { name: 'dump', url: 'http://here/dump', byteLength: 64, etag: '"a"' };
    expect(await readBytes(source, 48, 90)).toEqual(new Uint8Array(16).fill(7));
    expect(asked).toEqual([{ range: 'bytes=48-63', 'if-match': '"a"' }]);
    status = 412;
    await expect(readBytes(source, 0, 16)).rejects.toThrow(message);
    status = 200;
    await expect(readBytes(source, 0, 16)).rejects.toThrow('the server answered 200');
  } finally {
    globalThis.fetch = fetch;
  }
});

test.each(['record', 'ts:u64,addr:u64,pid:u32,tid:u32,comm:char5,record'])(
  'race: contenders of %s agree, and each is told',
  async (layout) => {
    for (const endian of ['little', 'big'] as const) {
      const format = { kind: 'iocb', layout, endian } as const;
      const { stride } = resolveSchema({ ...format });
      const bytes = new Uint8Array(64 * stride).map((_, i) => (i * 131) & 255);
      const said: RaceRow[] = [];
      const answer = answering((tell) => 'row' in tell && said.push(tell.row));
      const stop = () => said.length > 8 && answer({ id: 1, op: 'stop' });
      const timer = setInterval(stop, 50);
      await answer({ id: 1, op: 'race', source: inBlob(bytes), format });
      clearInterval(timer);
      expect(new Set(said.map(({ role }) => role))).toEqual(new Set(['wasm', 'js', 'plain']));
      for (const { bytesPerSecond, runs } of said) {
        expect(bytesPerSecond).toBeGreaterThan(0);
        expect(runs).toBeGreaterThan(0);
      }
    }
  },
);
