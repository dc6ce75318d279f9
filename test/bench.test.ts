// Does the bench time only what agrees, and say with which record a disagreement begins?
import { describe, expect, test } from 'vitest';
import { bench } from '../src/bench.ts';
import { benchRecords, rowsOf } from '../src/benchmark/bench.ts';
import type { BenchRecords } from '../src/benchmark/contender.ts';
import { readBenchInput } from '../src/benchmark/input.ts';
import { measure, measureWhole } from '../src/benchmark/measure.ts';
import { planArena } from '../src/engine/arena.ts';
import { jsEngine } from '../src/engine/js-kernels.ts';
import type { Engine, EngineName } from '../src/engine/kernel.ts';
import { wasmEngine } from '../src/engine/wasm.ts';
import { generate } from '../src/generate/index.ts';
import { firstDisagreement } from '../src/host/node/bench-file.ts';
import { type FormatOptions, resolveSchema } from '../src/layout/schema.ts';
import { Opened } from '../src/stream/open-source.ts';
import { byteSource } from '../src/stream/source.ts';
import { type Kernels, kernelsOf } from './support/memory.ts';
import { random } from './support/random.ts';

const found = wasmEngine();
if (typeof found === 'string') throw new Error(found);
const wasm: Engine = found;
const js = jsEngine(null);

/** Three blocks, of which two are measured in cache. */
function recordsOf(
  format: FormatOptions,
  blockRecords: number,
  content?: Uint8Array,
): BenchRecords {
  const schema = resolveSchema(format);
  const count = 3 * blockRecords;
  const bytes = new Uint8Array(content ?? random(5).bytes(count * schema.stride)).slice(
    0,
    count * schema.stride,
  );
  return { name: 'noise', schema, bytes, count, distinct: count, blockRecords };
}

const all = (records: BenchRecords, engines: readonly Engine[]) => [
  ...benchRecords(records, engines, 0.01),
];

describe('what agrees is measured', () => {
  test.each<FormatOptions>([
    { kind: 'io_event' },
    { kind: 'iocb' },
    { kind: 'io_event', endian: 'big' },
    { kind: 'iocb', endian: 'big', layout: 'traced' },
    { kind: 'io_event', layout: 'a:u8,b:u16,record,c:i32,d:char3,pad:5,e:i64' },
    { kind: 'iocb', layout: 'ebpf' },
  ])('random bytes as $kind, $endian, $layout', (format) => {
    const tasks = all(recordsOf(format, 128), [wasm, js]);
    const places = tasks.map(({ task, place }) => `${task} ${place}`);
    const both = ['views', 'owned', 'statistics'].flatMap((task) => [
      `${task} cache`,
      `${task} memory`,
    ]);
    expect(places).toEqual([...both, 'records cache']);
    const loops = format.endian === undefined && format.layout === undefined;
    for (const { task, rows, bestJs } of tasks) {
      const names = rows.filter(({ role }) => role !== 'ceiling').map(({ name }) => name);
      const expected =
        task === 'records'
          ? ['loop, object literals']
          : ['loop, BigInt64Array', 'loop, Uint32Array pairs'];
      expect(names).toEqual(['wasm-simd engine', 'js engine', ...(loops ? expected : [])]);
      expect(names.slice(1)).toContain(bestJs);
      expect(
        rows.filter(({ role }) => role === 'ceiling').map(({ ofCeiling }) => ofCeiling),
      ).toEqual([1]);
      for (const row of rows)
        expect(row.nsPerRecordP05 <= row.nsPerRecord && row.nsPerRecord <= row.nsPerRecordP95).toBe(
          true,
        );
    }
  });

  test('the extremes of 64 bits', () => {
    const pick = random(6);
    const extremes = [
      -(2n ** 63n),
      2n ** 63n - 1n,
      -1n,
      0n,
      2n ** 32n - 1n,
      2n ** 32n,
      -(2n ** 31n),
    ];
    const longs = BigInt64Array.from({ length: 3 * 128 * 8 }, () => pick.pick(extremes));
    for (const kind of ['io_event', 'iocb'] as const)
      expect(all(recordsOf({ kind }, 128, new Uint8Array(longs.buffer)), [wasm])).toHaveLength(7);
  });

  test('one engine alone has the loops beside it, or nothing to be held against', () => {
    const [bare] = all(recordsOf({ kind: 'iocb' }, 64), [wasm]);
    expect(bare.bestJs).toMatch(/^loop, /);
    const [swapped] = all(recordsOf({ kind: 'iocb', endian: 'big' }, 64), [wasm]);
    expect(swapped).toMatchObject({
      bestJs: null,
      rows: [{ ofBestJs: null }, { name: 'wasm-simd engine', ofBestJs: null }],
    });
  });
});

/** The reference with some kernels made wrong; arenas are used again by engines of one name, so each has its own. */
const broken = (
  name: string,
  kernels: (right: Kernels, byteLength: number) => Partial<Kernels>,
): Engine => ({
  name: name as EngineName,
  reason: null,
  origin: name,
  allocate(byteLength) {
    const arena = js.allocate(byteLength);
    const wrong = kernels(kernelsOf(arena), byteLength);
    const { buffer } = arena;
    return { engine: this, buffer, kernels: (set) => ({ ...arena.kernels(set), ...wrong }) };
  },
});

describe('what disagrees is an error that names the task and the first record', () => {
  const records = recordsOf({ kind: 'io_event' }, 256);
  /** Does not move the record that lies at `record` of the source. */
  const forgets =
    (record: number, when: (count: number, byteLength: number) => boolean) =>
    ({ decode_io_event }: Kernels, byteLength: number): Partial<Kernels> => ({
      decode_io_event(source, stride, count, target, rows) {
        const at = record - source / stride;
        const isWrong = at >= 0 && at < count && when(count, byteLength);
        decode_io_event(source, stride, isWrong ? at : count, target, rows);
      },
    });

  test.each([
    ['views', 300, forgets(300, () => true)],
    [
      'owned',
      17,
      forgets(17, (_, byteLength) => byteLength === planArena(records.schema, 4096, 1).byteLength),
    ],
    ['records', 44, forgets(44, (count) => count === 1)],
    [
      'statistics',
      100,
      ({ tally_i64 }: Kernels): Partial<Kernels> => ({
        tally_i64: (column, count, state) => tally_i64(column, Math.min(count, 100), state),
      }),
    ],
  ])('%s: record %i', (task, record, kernels) => {
    const code = 'AIOSCOPE_DISAGREEMENT';
    const message = `noise: ${task}: no-${task} engine and js engine differ, first at record ${record}; nothing was measured; please report this with the records`;
    expect(() => all(records, [wasm, broken(`no-${task}`, kernels)])).toThrow(
      expect.objectContaining({ code, message }),
    );
  });

  test('the record is one of the source, however often it stands in memory', () => {
    const repeated = { ...records, distinct: 200 };
    expect(() =>
      all(repeated, [
        broken(
          'repeated',
          forgets(300, () => true),
        ),
      ]),
    ).toThrow('first at record 100;');
  });

  test('of summaries the first record is found by halving', async () => {
    for (const wrong of [0, 1, 699, 999])
      expect(await firstDisagreement(1000, async (count) => count <= wrong)).toBe(wrong);
  });
});

describe('input', () => {
  const read = (bytes: Uint8Array, format: FormatOptions) =>
    readBenchInput(new Opened(byteSource(bytes), resolveSchema(format)));

  test('a small dump comes again and again, without what is torn off its end', async () => {
    const bytes = random(7).bytes(5 * 56 + 13);
    const input = await read(bytes, { kind: 'io_event', layout: 'traced' });
    expect(input).toMatchObject({ distinct: 5, tornBytes: 13, isWhole: true, blockRecords: 2048 });
    expect(input.count % input.blockRecords).toBe(0);
    expect(input.bytes.byteLength).toBe(input.count * 56);
    for (const record of [0, 4, 5, 6, 2048, input.count - 1]) {
      const from = (record % 5) * 56;
      expect(input.bytes.slice(record * 56, (record + 1) * 56)).toEqual(
        bytes.slice(from, from + 56),
      );
    }
  });

  test('of a long one the first 64 MiB are taken', async () => {
    const input = await read(new Uint8Array(2 ** 26 + 48), { kind: 'io_event' });
    expect(input).toMatchObject({
      distinct: 2 ** 21,
      count: 2 ** 21,
      isWhole: false,
      tornBytes: 0,
    });
  });

  test('of a ring its events are taken, live ones first', async () => {
    const [image] = generate({ kind: 'aio_ring', records: 20, seed: 4 });
    const input = await read(image, { kind: 'aio_ring' });
    const head = new Uint32Array(image.buffer, 8, 1)[0];
    expect(input.distinct).toBeGreaterThanOrEqual(20);
    expect(input.bytes.slice(0, 32)).toEqual(image.slice(32 * (head + 1), 32 * (head + 2)));
  });

  test.each<[string, Uint8Array, FormatOptions, string]>([
    [
      'nothing',
      new Uint8Array(0),
      { kind: 'iocb' },
      'memory: 0 bytes, and a record has 64: nothing to measure',
    ],
    [
      'less than a record',
      new Uint8Array(63),
      { kind: 'iocb' },
      'memory: 63 bytes, and a record has 64: nothing to measure',
    ],
  ])('%s cannot be measured', async (_, bytes, format, message) => {
    await expect(read(bytes, format)).rejects.toMatchObject({
      code: 'AIOSCOPE_SOURCE',
      message: expect.stringContaining(message),
    });
  });

  test.each([0, -1, Number.NaN, 61])(
    'a time of %d is refused before anything is read',
    async (time) => {
      const source = {
        name: 'untouched',
        byteLength: 0,
        read: () => expect.fail('it was read'),
        close: () => {},
      };
      await expect(bench(source, { kind: 'iocb', time })).rejects.toMatchObject({
        code: 'AIOSCOPE_OPTION',
        message: expect.stringContaining(`time is ${time};`),
      });
    },
  );
});

describe('measuring', () => {
  test('everything has its turn, three times at least', async () => {
    const order: string[] = [];
    const names = ['a', 'b', 'c'];
    const timings = measure(
      names.map((name) => ({ name, run: () => order.push(name) })),
      1e-6,
    );
    expect(order.slice(0, 12).join('')).toBe('abcabcbcacab');
    expect(timings.every(({ samples }) => samples >= 3)).toBe(true);
    order.length = 0;
    await measureWhole(
      names.map((name) => async () => order.push(name)),
      1e-6,
    );
    expect(order.slice(0, 9).join('')).toBe('abcbcacab');
  });

  test('rows say how many times as fast as the best JavaScript, and what part of the ceiling', () => {
    const contenders = [
      { name: 'copy', role: 'ceiling', isJs: false },
      { name: 'simd', role: 'engine', isJs: false },
      { name: 'slow', role: 'engine', isJs: true },
      { name: 'fast', role: 'loop', isJs: true },
    ] as const;
    const timings = [1000, 2000, 9000, 4000].map((median) => ({
      median,
      p05: median / 2,
      p95: 2 * median,
      samples: 5,
    }));
    const { bestJs, rows } = rowsOf(contenders, timings, { records: 100, bytes: 8000 });
    expect(bestJs).toBe('fast');
    expect(rows.map(({ ofBestJs }) => ofBestJs)).toEqual([4, 2, 0.4444, 1]);
    expect(rows.map(({ ofCeiling }) => ofCeiling)).toEqual([1, 0.5, 0.1111, 0.25]);
    expect(rows[1]).toMatchObject({
      gbPerSecond: 4,
      nsPerRecord: 20,
      nsPerRecordP05: 10,
      nsPerRecordP95: 40,
      samples: 5,
    });
  });
});
