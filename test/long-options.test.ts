// Does an option's text of any length take linear time, and is an error about it short?
import { expect, test } from 'vitest';
import { parseLayout } from '../src/layout/layout.ts';
import { decode, encode, open, resolveSchema } from '../src/node.ts';
import { tableOf } from '../src/sinks/table.ts';
import { csvHeader } from '../src/text.ts';

const MIB = 2 ** 20;
const long = 'x'.repeat(MIB);
const fill = (text: string): string => text.repeat(Math.ceil(MIB / text.length));
const layoutOf = (fields: number): string =>
  `${Array.from({ length: fields }, (_, i) => `f${i}:u8`).join()},record`;
const where = (text: string) => open(new Uint8Array(0), { kind: 'iocb', where: text });
const ts = { kind: 'iocb', layout: 'ts' } as const;
const schema = resolveSchema({ kind: 'iocb', layout: layoutOf(4096) });
const names = schema.columns.map(({ name }) => name);

/** Calls that have to throw, each with a text of a mebibyte or so. */
const CALLS: Readonly<Record<string, () => unknown>> = {
  'a layout of 200,000 fields': () => parseLayout(layoutOf(200_000)),
  'a layout of one word': () => parseLayout(long),
  'a layout of one field': () => parseLayout(`${long}:u8,${long}:u8,record`),
  'a layout of a bad type': () => parseLayout(`a:${long},record`),
  'a layout of commas': () => parseLayout(fill(',')),
  'a layout around a ring': () => resolveSchema({ kind: 'aio_ring', layout: layoutOf(4096) }),
  'a kind': () => resolveSchema({ kind: long as 'iocb' }),
  'a column in a condition': () => where(`${long}=1`),
  'a condition without a comparison': () => where(long),
  'a condition of spaces': () => where(`aio_data${fill(' ')}x`),
  'a number': () => where(`aio_data=${fill('7')}`),
  'a size': () => where(`aio_nbytes=${fill('7')}K`),
  'a hex number': () => where(`aio_data=0x${fill('f')}`),
  flags: () => where(`aio_rw_flags=${fill('NOWAIT|')}x`),
  'a value of spaces': () => where(`aio_data=1${fill(' a')}`),
  'a value of commas': () => where(fill('aio_data=1,')),
  'an open quote': () => where(`aio_data="${fill('""')}x`),
  'open parentheses': () => where(fill('(')),
  alternatives: () => where(`${fill('aio_data=1 or ')}x`),
  'a time': () => open(new Uint8Array(0), { ...ts, from: fill('9') }),
  'a time of digits and a dot': () => open(new Uint8Array(0), { ...ts, from: `${fill('9')}.x` }),
  'a source': () => decode(long as unknown as Uint8Array, { kind: 'iocb' }),
  'a column': () => csvHeader(schema, [long]),
  columns: () => csvHeader(schema, [...names, ...names]),
  'a column of a batch': () => decode(new Uint8Array(0), { kind: 'iocb' }).numbers(long),
  'a column of a record': () => encode([{ [long]: 1 }], { kind: 'iocb' }),
  'a value of a record': () => encode([{ ts: long }], ts),
};

test.each(Object.entries(CALLS))('%s', (_, call) => {
  const begin = performance.now();
  let message = '';
  try {
    call();
  } catch (error) {
    message = (error as Error).message;
  }
  // They take milliseconds; what is quadratic takes minutes.
  expect(performance.now() - begin).toBeLessThan(5000);
  expect(message).not.toBe('');
  expect(message.length).toBeLessThan(1000);
});

test('long options that are valid', () => {
  const begin = performance.now();
  const conditions = `${fill('aio_data=1 or (aio_data=2, aio_key!=7) or ')}aio_data=3`;
  const batch = decode(encode([{ aio_data: 3n }, {}], { kind: 'iocb' }), {
    kind: 'iocb',
    where: conditions,
  });
  expect(batch.length).toBe(1);
  expect(tableOf(schema, { columns: names }).columns.length).toBe(names.length);
  expect(performance.now() - begin).toBeLessThan(10_000);
});

test('an error quotes the beginning of a text', () => {
  expect(() => where(`${long}=1`)).toThrow(
    `where '${'x'.repeat(79)}…': column '${'x'.repeat(79)}…' does not exist; the columns are aio_data, `,
  );
  expect(() => csvHeader(schema, ['zip'])).toThrow(/, f26, f27 and 4068 more$/);
});
