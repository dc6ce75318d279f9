// Do patterns of unusual records say what is left out, and do percentiles stay below the maximum?
import { expect, test } from 'vitest';
import { encode, report } from '../src/index.ts';
import { reportSections } from '../src/words/report.ts';
import { screenOf } from './support/first-screen.ts';

type Fields = Readonly<Record<string, number | bigint>>;

async function wordsOn(records: readonly Fields[]) {
  const whole = await report(encode(records, { kind: 'iocb' }), { kind: 'iocb' });
  const json = whole.toJSON();
  const parts = reportSections(json, false).pattern.flatMap((section) => section.parts);
  const warnings = parts.flatMap((part) =>
    part.kind === 'text' && part.role === 'warning' ? [part.text] : [],
  );
  return { json, lead: screenOf(json), warnings };
}

const several = (count: number, fields: Fields): Fields[] =>
  Array.from({ length: count }, (_, i) => ({
    aio_fildes: 3,
    aio_nbytes: 4096n,
    aio_offset: BigInt(i) * 4096n,
    ...fields,
  }));

test('writes with RWF_APPEND are writes, whose offsets count nowhere', async () => {
  const { json, lead, warnings } = await wordsOn(
    several(4, { aio_lio_opcode: 1, aio_rw_flags: 16 }),
  );
  expect(lead).toContain('write 4 – – 4 KiB –');
  expect(warnings).toEqual(['4 writes with RWF_APPEND left out: their offsets are ignored']);
  const { charts, distinct, patterns } = json.submissions ?? {};
  expect(patterns?.streams).toEqual([]);
  expect(charts?.index?.offsets.counts.flat()).toEqual([]);
  expect(distinct?.blocks).toMatchObject({ count: 0, left: { append: 4, outOfRange: 0 } });
});

test('reads with RWF_APPEND are in a pattern: the flag means nothing to them', async () => {
  const { json, lead, warnings } = await wordsOn(
    several(4, { aio_lio_opcode: 0, aio_rw_flags: 16 }),
  );
  expect(lead).toContain('read 4 – – 4 KiB sequential');
  expect(warnings).toEqual([]);
  expect(json.submissions?.distinct.blocks.count).toBe(4);
});

test('requests beyond the largest offset, and before 0, are requests', async () => {
  const far = several(3, { aio_lio_opcode: 0, aio_offset: 2n ** 53n });
  const { lead, warnings } = await wordsOn([
    ...far,
    ...several(2, { aio_lio_opcode: 1, aio_offset: -1n }),
    ...several(1, { aio_lio_opcode: 1, aio_rw_flags: 16 }),
  ]);
  expect(lead).toContain('all read 3 – – 4 KiB – – 0 write 3 – – 4 KiB – – 2');
  expect(warnings[1]).toBe('5 requests left out: offset negative or above 8 PiB − 4 GiB');
});

test('no percentile is above the maximum, in words and in JSON', async () => {
  const largest = several(3, { aio_lio_opcode: 0, aio_nbytes: 2n ** 21n });
  const [first] = several(1, { aio_lio_opcode: 0, aio_nbytes: 512n });
  const { json } = await wordsOn([first, ...largest]);
  const { sizes } = json.submissions ?? {};
  expect(sizes?.reads).toMatchObject({ max: 2 ** 21, percentiles: { p50: 2 ** 21 } });
  const text = JSON.stringify(reportSections(json, false).sizes);
  expect(text).toContain('p50 2 MiB');
});
