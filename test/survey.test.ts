// Does a survey on several threads, or of several analyses at once, give what each gives alone?
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Check } from '../src/analysis/check/check.ts';
import { checkPart } from '../src/analysis/check/check-part.ts';
import { reportPart } from '../src/analysis/report/report-part.ts';
import { summaryPart } from '../src/analysis/summary/summary-part.ts';
import type { SurveyPart } from '../src/analysis/survey/part.ts';
import { surveyOpened, surveyStream } from '../src/analysis/survey/survey-opened.ts';
import { nodeHost } from '../src/host/node/host.ts';
import { endsOf } from '../src/host/workers/shares.ts';
import {
  check,
  type EncodableRecord,
  encode,
  type FormatOptions,
  match,
  openSource,
  report,
  resolveSchema,
  summarize,
  survey,
} from '../src/node.ts';
import { useHost, webHost } from '../src/stream/host.ts';
import { bytesOf, captures, rings, shipped } from './support/captures.ts';

const PARTS: readonly SurveyPart<unknown>[] = [
  summaryPart(),
  reportPart({ check: 'linux' }),
  checkPart({ profile: 'linux' }),
];

/** What ranges of these bytes give, each counted alone, cloned and merged in order. */
async function merged(bytes: Uint8Array, format: FormatOptions, ends: readonly number[]) {
  const { stride } = resolveSchema(format);
  const results: unknown[] = [];
  for (const [i, end] of ends.entries()) {
    const begin = ends[i - 1] ?? 0;
    const opened = await openSource(bytes.subarray(begin, end), format);
    const firstRecord = begin / stride;
    const found = await surveyOpened(opened, PARTS, { firstRecord });
    for (const [p, part] of PARTS.entries())
      results[p] = part.join(results[p], structuredClone(part.stateOf(found[p])));
  }
  return JSON.stringify(results);
}

/** Ends of `count` ranges of whole records, of unequal lengths. */
function unequal(byteLength: number, stride: number, count: number): number[] {
  const records = Math.floor(byteLength / stride);
  const ends = Array.from(
    { length: count },
    (_, i) => Math.floor(records * ((i + 1) / count) ** 1.3) * stride,
  );
  return [...ends.slice(0, -1), byteLength];
}

describe.each(shipped)('$label', ({ path, kind, layout }) => {
  const bytes = bytesOf(path);
  const { stride } = resolveSchema({ kind, layout });

  test('in 1, 2, 3 and 7 ranges gives the JSON of the whole', async () => {
    const whole = await merged(bytes, { kind, layout }, [bytes.byteLength]);
    const alone = await openSource(bytes, { kind, layout });
    expect(whole).toBe(JSON.stringify(await surveyOpened(alone, PARTS, {})));
    for (const count of [2, 3, 7]) {
      const ends = unequal(bytes.byteLength, stride, count);
      expect(await merged(bytes, { kind, layout }, ends)).toBe(whole);
    }
  });

  test('in one pass gives what summarize, report and check give', async () => {
    const { summary, report: reported, check: checked } = await survey(bytes, { kind, layout });
    const given = { kind, layout } as const;
    expect(JSON.stringify(summary)).toBe(JSON.stringify(await summarize(bytes, given)));
    expect(JSON.stringify(reported)).toBe(JSON.stringify(await report(bytes, given)));
    expect(JSON.stringify(checked)).toBe(JSON.stringify(await check(bytes, given)));
  });
});

test.each(rings)('$label in one pass gives what each analysis gives', async ({ path }) => {
  for (const where of [undefined, 'res>=4096']) {
    const given = { kind: 'aio_ring', where } as const;
    const { zones, match, ...found } = await survey(bytesOf(path), given);
    expect([zones.map(({ count }) => count), match]).toEqual([[0], undefined]);
    const each = await Promise.all([
      summarize(bytesOf(path), given),
      report(bytesOf(path), given),
      check(bytesOf(path), given),
    ]);
    expect(JSON.stringify(Object.values(found))).toBe(JSON.stringify(each));
  }
});

test('captures are found, so that the tests above test something', () => {
  expect(captures.length).toBeGreaterThan(0);
  expect(shipped.length).toBeGreaterThan(0);
  expect(rings.length).toBeGreaterThan(0);
});

/** More threads, or more kinds of refused requests, than the tables keep. */
const OVERFLOWING: readonly [what: string, record: (i: number) => EncodableRecord][] = [
  ['threads', (i) => ({ ts: BigInt(i * 900), tid: 5000 - (i % 5000), aio_nbytes: 4096n })],
  ['refusals', (i) => ({ tid: 1, aio_fildes: i % 5000, aio_nbytes: 1n << 63n })],
];

test.each(OVERFLOWING)(
  'where a table of %s overflows, one thread reads it all',
  async (_, make) => {
    const records = Array.from({ length: 12_000 }, (_, i) => make(i));
    const format = { kind: 'iocb', layout: 'ts:u64,tid:u32,record' } as const;
    const bytes = encode(records, format);
    const whole = await report(bytes, format);
    const schema = resolveSchema(format);
    const ends = unequal(bytes.byteLength, schema.stride, 3);
    const part = PARTS[1];
    onTestFinished(() => useHost(nodeHost));
    useHost({
      ...webHost,
      async readOnWorkers(opened, { take, isExact }) {
        for (const [i, end] of ends.entries()) {
          const range = await openSource(bytes.subarray(ends[i - 1] ?? 0, end), format);
          const [found] = await surveyOpened(range, [part], {});
          take([structuredClone(part.stateOf(found))]);
        }
        const isRead = isExact();
        return { isRead, rest: opened, workersReason: isRead ? null : 'overflowed' };
      },
    });
    const opened = await openSource(bytes, format);
    const { results, workersReason } = await surveyStream(opened, [part], {});
    expect(workersReason).toBe('overflowed');
    expect(JSON.stringify(results[0])).toBe(JSON.stringify(whole));
  },
);

test.each(rings)('the state of the check of $label has its ring', async ({ path }) => {
  const found = await check(bytesOf(path), { kind: 'aio_ring' });
  const state = structuredClone(found.state());
  const same = new Check(found, 'linux').mergeState(state);
  expect(same.toJSON()).toEqual(found.toJSON());
  expect(() => new Check(found, 'gvisor').mergeState(state)).toThrow(
    'cannot merge a check of profile linux into one of profile gvisor',
  );
});

test('ranges cover a file without gaps, and get shorter towards its end', () => {
  for (const [byteLength, workers] of [
    [2 ** 28, 2],
    [2 ** 33 + 13, 3],
    [2 ** 31, 256],
  ] as const) {
    const ends = endsOf({ begin: 0, end: byteLength }, { stride: 88, workers });
    const lengths = ends.map((end, i) => end - (ends[i - 1] ?? 0));
    expect(ends.at(-1)).toBe(byteLength);
    expect(ends.slice(0, -1).every((end) => end % 88 === 0)).toBe(true);
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
    expect(ends.length).toBeLessThan(2 * workers * Math.log2(byteLength));
  }
});

test('a survey of a trace gives what report and match give, and a wrong number of workers is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-survey-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'dump');
  writeFileSync(path, encode([{ res: 1n }], { kind: 'io_event' }));
  await expect(survey(path, { kind: 'io_event', workers: 0 })).rejects.toThrow('workers is 0');
  const trace = new URL('./fixtures/case_rwf.trace', import.meta.url);
  const { check: checked } = await survey(trace, { kind: 'iocb' });
  expect(checked.inputs[0].records).toBeGreaterThan(0);
  const whole = await survey(trace);
  expect(whole.report.toJSON()).toEqual((await report(trace)).toJSON());
  expect(whole.match?.toJSON()).toEqual((await match(trace)).toJSON());
  expect(whole.zones.map(({ records }) => records)).toEqual(
    whole.report.inputs.map(({ records }) => records),
  );
});

test.each([
  {},
  { where: 'pid=2089' },
  { from: 1_795_405_898_700_000_000n },
  { kind: 'iocb' },
  { engine: 'js' },
] as const)('the check of a survey of a trace is that of check: %o', async (given) => {
  const trace = new URL('./fixtures/case_rwf.trace', import.meta.url);
  const expected = (await check(trace, given)).toJSON();
  expect((await survey(trace, given)).check.toJSON()).toEqual(expected);
  if ('kind' in given) return;
  const files = ['submissions.iocb88', 'refused.bin', 'completions.ioev56'];
  expect(expected.inputs.map(({ file }) => file.replace(/.*\//, ''))).toEqual(files);
  expect((await survey([trace], given)).check.toJSON()).toEqual(expected);
});

test('so is that of a trace without completions, and of several traces', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-survey-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const trace = fileURLToPath(new URL('./fixtures/case_rwf.trace', import.meta.url));
  const half = join(folder, 'half.trace');
  mkdirSync(half);
  for (const file of ['submissions.iocb88', 'refused.bin'])
    copyFileSync(join(trace, file), join(half, file));
  const alone = (await check(half)).toJSON();
  expect(alone.inputs.length).toBe(2);
  expect((await survey(half)).check.toJSON()).toEqual(alone);
  const { inputs, ...counts } = (await survey([trace, half])).check.toJSON();
  const both = (await check(trace)).merge(await check(half)).toJSON();
  expect(counts).toEqual({ ...both, inputs: undefined });
  const byFile = (all: typeof inputs) => all.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  expect(byFile(inputs)).toEqual(byFile(both.inputs));
});
