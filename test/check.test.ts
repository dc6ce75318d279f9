// Do the columns of a check equal a naive check, for any record, profile, engine, byte order and
// layout, and do parts merge?
import { describe, expect, test } from 'vitest';
import { IOCB_RULES } from '../src/abi/index.ts';
import {
  AioscopeError,
  type Check,
  check,
  type DecodedBatch,
  decode,
  encode,
  type FormatOptions,
  type Kind,
  open,
  resolveSchema,
} from '../src/node.ts';
import { ndjsonRows } from '../src/text.ts';
import {
  IOCB_LINES,
  naiveIocb,
  naiveIoEvent,
  type Plain,
  type Profile,
  type Verdict,
} from './naive/check.ts';
import { events, GOOD, iocbs, ZERO } from './support/check-records.ts';
import { random } from './support/random.ts';

const ENGINES = ['wasm-simd', 'js'] as const;
const PROFILES: readonly Profile[] = ['linux', 'linux-legacy', 'gvisor'];

const LAYOUTS = ['record', 'traced', 'a:u8,record,b:u16,comm:char3'] as const;

/** The columns of a check for record `i`, as they are printed. */
function verdictOf(batch: DecodedBatch, i: number): Verdict {
  const names = batch.named('anomalies', i);
  const verdict = {
    anomalies: names === '–' ? [] : names.split('|'),
    firstRefusal: batch.named('firstRefusal', i),
  };
  return batch.schema.record.name === 'iocb'
    ? { ...verdict, minKernel: batch.named('minKernel', i) }
    : verdict;
}

/** The columns of a check, as bytes. */
const checkBytes = ({ columns }: DecodedBatch): Buffer[] =>
  ['anomalies', 'firstRefusal', 'minKernel']
    .map((name) => columns[name])
    .filter((array) => array !== undefined)
    .map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));

describe.each(PROFILES)('%s', (profile) => {
  test.each(['iocb', 'io_event'] as const)(
    '%s: every bound of every field equals the naive check',
    (kind) => {
      const records = kind === 'iocb' ? iocbs : events;
      const batch = decode(encode(records, { kind }), { kind, check: profile, engine: 'js' });
      for (const [i, record] of records.entries()) {
        const expected = kind === 'iocb' ? naiveIocb(record, profile) : naiveIoEvent(record);
        const found = verdictOf(batch, i);
        if (JSON.stringify(found) !== JSON.stringify(expected))
          expect({ record, found }).toEqual({ record, found: expected });
      }
    },
  );

  test.each(['iocb', 'io_event'] as const)(
    '%s: all engines, byte orders and layouts produce the same bytes',
    (kind) => {
      const records = kind === 'iocb' ? iocbs : events;
      const reference = checkBytes(
        decode(encode(records, { kind }), { kind, check: profile, engine: 'js' }),
      );
      for (const engine of ENGINES) {
        for (const endian of ['little', 'big'] as const) {
          for (const layout of LAYOUTS) {
            const format: FormatOptions = { kind, endian, layout };
            const found = checkBytes(
              decode(encode(records, format), { ...format, check: profile, engine }),
            );
            expect(found.map((bytes, i) => bytes.equals(reference[i]))).toEqual(
              reference.map(() => true),
            );
          }
        }
      }
    },
  );

  test('every rule of the profile matches some record, and is a line of the naive check', () => {
    const met = new Set(iocbs.flatMap((record) => naiveIocb(record, profile).anomalies));
    const own = IOCB_RULES.filter(({ classes }) => profile in classes).map(({ name }) => name);
    expect([...met].sort()).toEqual([...own].sort());
    expect(IOCB_LINES.map(([name]) => name)).toEqual(IOCB_RULES.map(({ name }) => name));
  });
});

test('differences between profiles', () => {
  const refusal = (change: Plain, profile: Profile): string =>
    decode(encode([{ ...ZERO, ...GOOD, ...change }], { kind: 'iocb' }), {
      kind: 'iocb',
      check: profile,
    }).named('firstRefusal', 0);
  const all = (change: Plain) => PROFILES.map((profile) => refusal(change, profile));
  const noArguments = { aio_buf: 0n, aio_nbytes: 0n };
  expect(all({})).toEqual(['–', '–', '–']);
  expect(all({ aio_lio_opcode: 6n })).toEqual([
    'EINVAL opcode-not-taken',
    'EINVAL opcode-not-taken',
    '–',
  ]);
  expect(all({ aio_lio_opcode: 5n, aio_buf: 1n, aio_nbytes: 0n })).toEqual([
    '–',
    'EINVAL opcode-not-taken',
    'EINVAL opcode-not-taken',
  ]);
  expect(all({ aio_lio_opcode: 2n, ...noArguments })).toEqual([
    '–',
    'EINVAL opcode-not-taken',
    '–',
  ]);
  expect(all({ aio_lio_opcode: 2n, ...noArguments, aio_nbytes: 1n })).toEqual([
    'EINVAL fsync-fields',
    'EINVAL opcode-not-taken',
    '–',
  ]);
  expect(all({ aio_rw_flags: 0x200n })).toEqual([
    'EOPNOTSUPP rw-flags-unknown',
    'EINVAL reserved1-not-zero',
    '–',
  ]);
  expect(all({ aio_flags: 2n, aio_reqprio: -0x6000n })).toEqual([
    'EINVAL ioprio-invalid',
    '–',
    '–',
  ]);
  expect(all({ aio_nbytes: 2n ** 63n })).toEqual(Array(3).fill('EINVAL nbytes-negative'));
  expect(all({ aio_nbytes: 2n ** 63n - 1n })).toEqual(['–', '–', '–']);
  expect(all({ aio_reserved2: 1n, aio_fildes: 2n ** 32n - 1n })).toEqual(
    Array(3).fill('EINVAL reserved2-not-zero'),
  );
  const both = { aio_nbytes: 2n ** 63n, aio_fildes: 2n ** 32n - 1n };
  expect(all(both)).toEqual([
    'EINVAL nbytes-negative',
    'EINVAL nbytes-negative',
    'EBADF fildes-negative',
  ]);
});

const KIND = { iocb: 'iocb', io_event: 'io_event' } as const;

/** A check without its inputs; first records by their index in the whole. */
function counted(found: Check, begins: Readonly<Record<string, number>> = {}) {
  return JSON.parse(
    JSON.stringify(found.toJSON(), (key, value) => {
      if (key === 'inputs' || key === 'engine') return undefined;
      return key === 'first' ? (begins[value.file] ?? 0) + value.index : value;
    }),
  );
}

describe.each(['iocb', 'io_event'] as const)('%s', (kind) => {
  const records = (kind === 'iocb' ? iocbs : events).slice(0, 5000);
  const format = { kind: KIND[kind], layout: 'traced' };

  test.each(PROFILES)('a check counts its columns: %s', async (profile) => {
    const verdicts = records.map((record) =>
      kind === 'iocb' ? naiveIocb(record, profile) : naiveIoEvent(record),
    );
    const names = new Map<string, { count: number; first: number }>();
    for (const [i, { anomalies }] of verdicts.entries()) {
      for (const name of anomalies)
        names.set(name, {
          count: (names.get(name)?.count ?? 0) + 1,
          first: names.get(name)?.first ?? i,
        });
    }
    const bad = verdicts.filter(({ firstRefusal }) => firstRefusal !== '–');
    for (const engine of ENGINES) {
      const found = await check(encode(records, format), { ...format, profile, engine });
      const section = counted(found)[kind];
      expect(section.records).toBe(records.length);
      expect(
        Object.fromEntries(section.rules.map((each: { rule: string }) => [each.rule, each])),
      ).toMatchObject(Object.fromEntries(names));
      expect(section.rules.length).toBe(names.size);
      expect(section.classes[kind === 'iocb' ? 'refused' : 'impossible']).toBe(bad.length);
      const byReason = section.reasons.map(
        (each: { errno?: string; rule: string; count: number; first: number }) => {
          const word = each.errno === undefined ? each.rule : `${each.errno} ${each.rule}`;
          expect(verdicts.findIndex(({ firstRefusal }) => firstRefusal === word)).toBe(each.first);
          return [word, each.count];
        },
      );
      const expected = Object.fromEntries(
        [...new Set(bad.map(({ firstRefusal }) => firstRefusal))].map((word) => [word, 0]),
      );
      for (const { firstRefusal } of bad) expected[firstRefusal] += 1;
      expect(Object.fromEntries(byReason)).toEqual(expected);
      expect(found.hasRefusals).toBe(bad.length > 0);
      if (kind === 'io_event') continue;
      const releases = counted(found).iocb.releases as { release: string; count: number }[];
      for (const { release, count } of releases)
        expect(verdicts.filter((each) => each.minKernel === release).length).toBe(count);
      expect(releases.reduce((sum, { count }) => sum + count, 0)).toBe(
        profile === 'gvisor' ? 0 : records.length - bad.length,
      );
    }
  });

  test('parts, cut at any record and merged in order, equal the whole', async () => {
    const whole = counted(await check(encode(records, format), format));
    const { below } = random(52);
    for (let round = 0; round < 20; round++) {
      const cuts = Array.from({ length: below(5) }, () => below(records.length + 1)).sort(
        (a, b) => a - b,
      );
      const begins = [0, ...cuts];
      const parts = await Promise.all(
        begins.map((begin, i) =>
          check(encode(records.slice(begin, begins[i + 1] ?? records.length), format), {
            ...format,
            name: `${i}`,
            engine: ENGINES[(round + i) % 2],
          }),
        ),
      );
      const merged = parts.reduce((all, part) => all.merge(part));
      expect(
        counted(merged, Object.fromEntries(begins.map((begin, i) => [`${i}`, begin]))),
      ).toEqual(whole);
    }
  });
});

test('columns of the check come last, and only with the option', async () => {
  const bytes = encode([GOOD], { kind: 'iocb', layout: 'traced' });
  const format = { kind: 'iocb' as Kind, layout: 'traced' };
  const plain = decode(bytes, format).schema;
  expect(plain).toEqual(resolveSchema(format));
  for await (const batch of open(bytes, { ...format, check: 'linux', owned: true })) {
    const names = batch.schema.columns.map(({ name }) => name);
    expect(names).toEqual([
      ...plain.columns.map(({ name }) => name),
      'anomalies',
      'firstRefusal',
      'minKernel',
    ]);
    expect(batch.at(0)).toMatchObject({ anomalies: 0, firstRefusal: 0, minKernel: 1 });
    expect(ndjsonRows(batch, { columns: ['firstRefusal', 'minKernel'] })).toBe(
      '{"index":0,"offset":0,"firstRefusal":0,"minKernel":1}\n',
    );
    const cursor = batch.cursor();
    cursor.next();
    expect(cursor.get('minKernel')).toBe(1);
  }
});

test('unknown profiles, a reserved name and merged profiles are errors', async () => {
  const codeOf = async (run: () => unknown): Promise<string> => {
    try {
      await run();
    } catch (error) {
      return error instanceof AioscopeError ? `${error.code} ${error.message}` : String(error);
    }
    return 'nothing';
  };
  const bytes = new Uint8Array(64);
  const profile = 'windows' as 'linux';
  const choices = 'it must be one of linux, linux-legacy, gvisor';
  expect(await codeOf(() => open(bytes, { kind: 'iocb', check: profile }))).toBe(
    `AIOSCOPE_OPTION check is 'windows'; ${choices}`,
  );
  expect(await codeOf(() => check(bytes, { kind: 'iocb', profile }))).toBe(
    `AIOSCOPE_OPTION profile is 'windows'; ${choices}`,
  );
  expect(
    await codeOf(() =>
      decode(bytes, { kind: 'iocb', layout: 'anomalies:u8,record', check: 'linux' }),
    ),
  ).toBe(
    "AIOSCOPE_LAYOUT layout 'anomalies:u8,record': 'anomalies' is a column of the check already; " +
      'choose another name',
  );
  const [linux, gvisor] = await Promise.all(
    (['linux', 'gvisor'] as const).map((each) => check(bytes, { kind: 'iocb', profile: each })),
  );
  expect(await codeOf(() => linux.merge(gvisor))).toMatch(
    /^AIOSCOPE_OPTION cannot merge a check of profile gvisor into one of profile linux$/,
  );
});
