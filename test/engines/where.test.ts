// Do conditions select the records that a naive filter finds, wherever they are used?
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  decode,
  type EncodableRecord,
  encode,
  type FormatOptions,
  open,
  type SelectOptions,
  summarize,
} from '../../src/node.ts';
import { chunked, collect } from '../support/captures.ts';
import { fixture } from '../support/cli.ts';
import { printedHere } from '../support/cli-here.ts';
import { randomBytes } from '../support/events.ts';

type Row = Readonly<Record<string, bigint | string>>;
/** Every record as signed descriptors, wide numbers and text. */
const rowsOf = (batch: Iterable<object>): Row[] =>
  [...batch].map((record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [
        name,
        typeof value === 'number' ? BigInt(value) : (value as bigint),
      ]),
    ),
  );

const COMPARE: Readonly<Record<string, (a: bigint | string, b: bigint | string) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** The row numbers for which every `[column, comparison, value]` holds. */
const naive = (
  rows: readonly Row[],
  conditions: readonly (readonly [string, string, bigint | string])[],
): number[] =>
  rows.flatMap((row, i) =>
    conditions.every(([name, sign, value]) => COMPARE[sign](row[name], value)) ? [i] : [],
  );

/** Few distinct values, so that equal ones and neighbors occur. */
const extremes = [
  0n,
  1n,
  2n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
function adversarial(format: FormatOptions, records: number): Uint8Array {
  const { columns } = decode(new Uint8Array(0), format).schema;
  const picks = new Uint32Array(randomBytes(records * columns.length * 4, 7).buffer);
  const made = Array.from(
    { length: records },
    (_, i): EncodableRecord =>
      Object.fromEntries(
        columns.map(({ name, type, byteLength }, c) => {
          const value = extremes[picks[i * columns.length + c] % extremes.length];
          const bits = byteLength * 8;
          if (type === 'char') return [name, ['', 'a', 'ab', 'b\xe9'][Number(value % 4n)]];
          return [
            name,
            type.startsWith('i') ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value),
          ];
        }),
      ),
  );
  return encode(made, format);
}

const FORMATS: readonly FormatOptions[] = [
  { kind: 'io_event' },
  { kind: 'iocb' },
  { kind: 'iocb', layout: 'traced', endian: 'big' },
  { kind: 'io_event', layout: 'comm:char3,a:i8,record,b:i16,ts:u32' },
];

describe.each(FORMATS)('%o', (format) => {
  const bytes = adversarial(format, 700);
  const rows = rowsOf(decode(bytes, format));
  const { columns } = decode(new Uint8Array(0), format).schema;

  test.each(columns.map(({ name }) => name))('%s, against the naive reading', async (name) => {
    const values = [...new Set(rows.map((row) => row[name]))];
    for (const value of values) {
      for (const sign of Object.keys(COMPARE)) {
        if (
          typeof value === 'string' &&
          sign.length + Number(sign === '<' || sign === '>') !== (sign === '!=' ? 2 : 1)
        )
          continue;
        const expected = naive(rows, [[name, sign, value]]);
        const batch = decode(bytes, { ...format, where: `${name}${sign}${value}` });
        expect(Array.from({ length: batch.length }, (_, i) => batch.indexOf(i))).toEqual(expected);
        expect(rowsOf(batch)).toEqual(expected.map((i) => rows[i]));
        expect(batch.quality).toMatchObject({ records: 700, selected: expected.length });
      }
    }
  });

  test('several conditions, read in pieces and in batches of any size, with the places that the records have in the source', async () => {
    const [a, b] = columns.slice(-2).map(({ name }) => name);
    const expected = naive(rows, [
      [a, '!=', rows[3][a]],
      [b, '=', rows[5][b]],
    ]);
    const { stride } = decode(bytes, format).schema;
    for (const where of [
      `${a}!=${rows[3][a]} and ${b}=${rows[5][b]}`,
      [`${a} != ${rows[3][a]}`, `${b} == ${rows[5][b]}`],
    ]) {
      for (const batchSize of [1, 7, 64, 8192]) {
        const reader = open(chunked(bytes), { ...format, where, batchSize, owned: true });
        const batches = await collect(reader);
        expect(batches.every(({ length }) => length > 0)).toBe(true);
        const places = batches.flatMap((batch) =>
          Array.from({ length: batch.length }, (_, i) => [batch.indexOf(i), batch.offsetOf(i)]),
        );
        expect(places).toEqual(expected.map((i) => [i, i * stride]));
        expect(batches.flatMap((batch) => rowsOf(batch))).toEqual(expected.map((i) => rows[i]));
        expect(reader.quality).toMatchObject({
          records: 700,
          selected: expected.length,
          tornBytes: 0,
        });
      }
    }
  });

  test('a summary of a selection is the summary of the records selected', async () => {
    const [name] = columns.slice(-1).map((column) => column.name);
    const where = `${name}!=${rows[0][name]}`;
    const { stride } = decode(bytes, format).schema;
    const kept = naive(rows, [[name, '!=', rows[0][name]]]);
    const packed = new Uint8Array(
      Buffer.concat(kept.map((i) => bytes.subarray(i * stride, (i + 1) * stride))),
    );
    const found = (await summarize(bytes, { ...format, where })).toJSON();
    const expected = (await summarize(packed, format)).toJSON();
    expect(found.inputs[0]).toMatchObject({ records: 700, selected: kept.length });
    expect({ ...found, inputs: [] }).toEqual({ ...expected, inputs: [] });
  });
});

test('a ring keeps its slots and states, and its summary counts live and stale events apart', async () => {
  const image = readFileSync(fixture('fio_ring_threads.wrap.ring'));
  const all = decode(image, { kind: 'aio_ring' });
  const some = decode(image, { kind: 'aio_ring', where: 'res>4096' });
  const expected = naive(rowsOf(all), [['res', '>', 4096n]]);
  expect(expected.length).toBeGreaterThan(1);
  const place = (batch: typeof all, i: number) => [
    batch.slotOf(i),
    batch.stateOf(i),
    batch.offsetOf(i),
  ];
  expect(Array.from({ length: some.length }, (_, i) => place(some, i))).toEqual(
    expected.map((i) => place(all, i)),
  );
  const { inputs, io_event, io_event_all } = (
    await summarize(image, { kind: 'aio_ring', where: 'res>4096' })
  ).toJSON();
  const live = expected.filter((i) => all.stateOf(i) === 'live').length;
  expect([inputs[0].selected, io_event?.records, io_event_all?.records]).toEqual([
    live,
    live,
    expected.length,
  ]);
});

describe('names and times', () => {
  const requests = fixture('case_rwf.iocb');
  const [events, traced] = [fixture('case_rwf.ioev'), fixture('case_rwf.ioev56')];
  const count = (path: string, format: FormatOptions, given: SelectOptions) =>
    decode(readFileSync(path), { ...format, ...given }).length;

  test.each([
    [requests, { kind: 'iocb' }, 'aio_lio_opcode=IOCB_CMD_PWRITE', 'aio_lio_opcode=1'],
    [requests, { kind: 'iocb' }, 'aio_rw_flags=RWF_NOWAIT|RWF_HIPRI', 'aio_rw_flags=0x9'],
    [events, { kind: 'io_event' }, 'res=EAGAIN', 'res=-11'],
    [events, { kind: 'io_event' }, 'res=-EOPNOTSUPP', 'res=-95'],
    [requests, { kind: 'iocb' }, 'aio_resfd=4294967295', 'aio_resfd=-1'],
  ] as const)('%s %o: %s is %s', (path, format, named, number) => {
    expect(count(path, format, { where: named })).toBe(count(path, format, { where: number }));
  });

  test('an errno selects what the summary counts', async () => {
    const { io_event } = (await summarize(events)).toJSON();
    for (const { name, count: n } of io_event?.errors ?? [])
      expect(count(events, { kind: 'io_event' }, { where: `res=${name}` })).toBe(n);
  });

  const format = { kind: 'io_event', layout: 'traced' } as const;
  const ts = decode(readFileSync(traced), format).columns.ts as BigUint64Array;
  const between = (from: bigint, to: bigint) =>
    ts.filter((each) => each >= from && each < to).length;
  const [first, last] = [ts[0], ts[ts.length - 1]];

  test.each<[SelectOptions, number]>([
    [{ from: first + 1000n }, between(first + 1000n, 2n ** 64n)],
    [{ to: last }, between(0n, last)],
    [{ from: `${first}`, to: `${last}ns` }, between(first, last)],
    [{ from: '+1ms' }, between(first + 1_000_000n, 2n ** 64n)],
    [{ from: '+0.25ms', to: '+0.002s' }, between(first + 250_000n, first + 2_000_000n)],
    [{ from: '18446744073s', to: '+1s' }, 0],
    [{ to: '99999999999999999999s' }, ts.length],
    [{ to: '+99999999999999999999s' }, ts.length],
    [{ to: '0' }, 0],
  ])('%o', (given, expected) => {
    expect(count(traced, format, given)).toBe(expected);
  });

  test('print and summary take the options', async () => {
    const rows = (
      await printedHere([
        'print',
        '--ndjson',
        '--where',
        'res<0',
        '--where',
        'obj!=0',
        '--skip',
        '1',
        '--limit',
        '3',
        events,
      ])
    )
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { index: number; res: number });
    const batch = decode(readFileSync(events), { kind: 'io_event' });
    const expected = naive(rowsOf(batch), [
      ['res', '<', 0n],
      ['obj', '!=', 0n],
    ]).slice(1, 4);
    expect(rows.map(({ index, res }) => [index, `${res}`])).toEqual(
      expected.map((i) => [i, `${batch.columns.res[i]}`]),
    );
    const args = [
      'summary',
      '--json',
      '--kind',
      'io_event',
      '--layout',
      'traced',
      '--from',
      '+1ms',
      traced,
    ];
    const { inputs, io_event } = JSON.parse(await printedHere(args));
    expect([inputs[0].selected, io_event.records]).toEqual(
      Array(2).fill(between(first + 1_000_000n, 2n ** 64n)),
    );
    expect(await printedHere(args.filter((arg) => arg !== '--json'))).toContain(
      `${io_event.records} of 330 records`,
    );
  });
});
